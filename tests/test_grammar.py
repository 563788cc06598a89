"""The grammar of exercises: what a teacher objects to, what is drawn, and how many there are."""

import itertools
import unicodedata
from collections import Counter

import numpy as np
import pytest

from ballet_lib.errors import BalletError
from ballet_lib.generation import grammar
from ballet_lib.generation.grammar import LEVELS, LONGEST, RULES, TOKENS, Token, check, parse, sample, text

GOOD = (
    "demi-plié 4, relevé 4, battement tendu right 4, battement tendu left 4, demi-plié 8, "
    "attitude croisée right 8, demi-plié 8, attitude croisée left 8, relevé 8"
)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_a_good_exercise_is_accepted_and_written_as_people_do():
    exercise = parse(GOOD)
    assert check(exercise, 2) == [] and grammar.is_grammatical(exercise)
    assert text(exercise) == GOOD
    assert exercise[2] == Token("battement_tendu", "right", 4) and exercise[4] == Token("demi_plie")
    assert exercise[2].other_side == exercise[3] and exercise[0].other_side == exercise[0]


BAD = [
    ("", 1, {("opening", 1), ("aim", 1)}),
    (GOOD.replace("demi-plié 4, relevé 4, ", "relevé 8, "), 2, {("opening", 1)}),
    (GOOD.replace(", relevé 8", ""), 2, {("closing", 9)}),
    (GOOD.replace("croisée left", "croisée right"), 2, {("second side", 10)}),
    (GOOD.replace("attitude croisée left 8, ", ""), 2, {("second side", 9)}),
    (GOOD, 1, {("difficulty", place) for place in (1, 2, 3, 4, 6, 8)}),
    (GOOD, 3, {("aim", 10)}),
    (GOOD.replace("demi-plié 8, attitude croisée left", "relevé 8, attitude croisée left"), 2,
     {("preparation", 8)}),
    (GOOD.replace("tendu left 4, demi-plié 8, att", "tendu left 4, att"), 2, {("preparation", 5)}),
    (GOOD.replace("demi-plié 4, ", "demi-plié 8, "), 2, {("music", 5)}),
    (GOOD.replace("relevé 8", "relevé 4"), 2, {("music", 10)}),
    ("demi-plié 8, retiré devant right 8, demi-plié 8, demi-plié 8, retiré devant left 8, relevé 8", 1,
     {("change", 4)}),
    ("demi-plié 8, battement tendu right 8, demi-plié 8, retiré devant right 8, battement tendu left 8, "
     "retiré devant left 8, relevé 8", 1, {("memory", 4)}),
    ("demi-plié 8, battement tendu right 8, demi-plié 8, attitude croisée right 8, demi-plié 8, "
     "attitude croisée left 8, battement tendu left 8, relevé 8", 2, {("second side", 6)}),
    ("demi-plié 8, retiré devant right 8, demi-plié 8, retiré devant left 8, demi-plié 8, "
     "retiré devant left 8, demi-plié 8, retiré devant right 8, relevé 8", 1, {("standing leg", 6)}),
]  # fmt: skip


@pytest.mark.parametrize(("words", "difficulty", "broken"), BAD)
def test_a_teacher_says_which_rule_is_broken_and_where(words, difficulty, broken):
    found = check(parse(words) if words else (), difficulty)
    assert {(one.rule, one.position) for one in found} == broken
    whys = {rule.name: rule.why for rule in RULES}
    assert all(one.why == whys[one.rule] and one.words and one.words in str(one) for one in found)


def test_every_rule_has_an_exercise_that_breaks_it():
    assert {rule for _, _, broken in BAD for rule, _ in broken} == {rule.name for rule in RULES}


def test_retire_grows_into_arabesque_in_the_third_year_only():
    words = "demi-plié, retiré devant right, {0} right, demi-plié, retiré devant left, {0} left, relevé"
    assert grammar.is_grammatical(parse(words.format("première arabesque")), 3)
    assert {one.rule for one in check(parse(words.format("attitude croisée")), 2)} == {"preparation"}


def test_thousands_of_drawn_exercises_are_grammatical_by_rules_and_by_counting(rng):
    for number in range(3000):
        difficulty = 1 + number % 3
        exercise = sample(rng, None if number % 2 else int(rng.integers(5, LONGEST + 1)), difficulty)
        assert check(exercise, difficulty) == []
        counted = Counter(exercise)
        assert all(counted[token] == counted[token.other_side] for token in exercise)
        assert sum(token.counts for token in exercise) % 8 == 0
        assert exercise[0].movement == "demi_plie" and exercise[-1].side == "both"
        assert {token.movement for token in exercise} >= {LEVELS[difficulty].aim}
        assert {token.movement for token in exercise} <= set(LEVELS[difficulty].movements)


def test_the_number_of_exercises_is_what_trying_all_of_them_gives():
    easy = [token for token in TOKENS if token.counts == 8 and token.movement in LEVELS[1].movements]
    for length in range(1, 6):
        tried = itertools.product(easy, repeat=length)
        assert grammar.number_of_exercises(length, 1) == sum(grammar.is_grammatical(one, 1) for one in tried)
    opening = [token for token in TOKENS if token.movement == "demi_plie"]
    closing = [token for token in TOKENS if token.side == "both"]
    tried = list(itertools.product(opening, *[TOKENS] * 3, closing))
    for difficulty in (2, 3):
        good = sum(grammar.is_grammatical(one, difficulty) for one in tried)
        assert grammar.number_of_exercises(5, difficulty) == good > 0


def test_every_exercise_of_a_length_is_as_likely(rng):
    drawn = Counter(sample(rng, 7, 1) for _ in range(5600))
    assert len(drawn) == grammar.number_of_exercises(7, 1) == 28
    expected = 5600 / 28
    assert sum((seen - expected) ** 2 / expected for seen in drawn.values()) < 55  # chi², 27 d. f., p = 0.001


def test_words_are_read_as_people_type_them():
    typed = unicodedata.normalize("NFD", " Demi-Plié ,battement  tendu right 4")
    assert parse(typed) == (Token("demi_plie"), Token("battement_tendu", "right", 4))
    assert parse("first_arabesque left") == (Token("first_arabesque", "left"),)


@pytest.mark.parametrize(
    ("words", "said"),
    [("pirouette right 8", "no movement"), ("", "no movement"), ("attitude croisée 8", "no side 'both'"),
     ("relevé left 8", "no side 'left'"), ("relevé 5", "on 5 counts"), ("other", "no movement")],
)  # fmt: skip
def test_words_that_mean_nothing_are_refused(words, said):
    with pytest.raises(BalletError, match=said):
        parse(words)


def test_what_cannot_be_drawn_or_judged_is_refused(rng):
    for difficulty in (0, 4, True, "2", None, [1]):
        with pytest.raises(BalletError, match="no difficulty"):
            sample(rng, 6, difficulty)
        with pytest.raises(BalletError, match="no difficulty"):
            check((), difficulty)
    for length in (0, -1, LONGEST + 1, 6.5, True, "6"):
        with pytest.raises(BalletError, match="cannot be"):
            sample(rng, length, 2)
    for length in (1, 4):
        with pytest.raises(BalletError, match="is grammatical at difficulty 3"):
            sample(rng, length, 3)
    for not_one in ("demi_plie", (None,), [("demi_plie", "both", 8)]):
        with pytest.raises(BalletError, match="no movement of an exercise"):
            check(not_one)
