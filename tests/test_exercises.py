"""Language models of exercises: what they learn, what they generate, and what is thrown away."""

import itertools
from collections import Counter

import numpy as np
import pytest

from ballet_lib.errors import BalletError
from ballet_lib.generation import exercises as module
from ballet_lib.generation import grammar
from ballet_lib.generation.exercises import (
    Bigram,
    Corpus,
    draw_corpus,
    fit_exercises,
    generate,
    grammatical_share,
    ideal_perplexity,
    novelty,
    numbers,
    perplexity,
)
from ballet_lib.generation.grammar import TOKENS, parse


class Unmoved:
    """A model that says the same whatever was danced."""

    def __init__(self, probabilities):
        self.probabilities = np.asarray(probabilities, float)

    def next_movement(self, danced, length, difficulty):
        return np.tile(self.probabilities, (len(danced), 1))


@pytest.fixture(scope="module")
def corpus():
    return draw_corpus(3000)


@pytest.fixture(scope="module")
def unseen(corpus):
    return draw_corpus(600, seed=1).without(corpus)


@pytest.fixture(scope="module")
def lstm(corpus):
    return fit_exercises(corpus, units=48, epochs=6, bar=False)


def test_a_corpus_is_grammatical_and_what_is_kept_back_is_new(corpus, unseen):
    assert all(grammar.is_grammatical(exercise, difficulty) for exercise, difficulty in corpus)
    assert {len(one) for one in corpus.exercises} == set(range(module.SHORTEST, grammar.LONGEST + 1))
    assert set(corpus.difficulties) == {1, 2, 3}
    assert 100 < len(unseen) < 600 and not set(unseen.exercises) & set(corpus.exercises)
    assert novelty(unseen.exercises, corpus) == 1 and novelty(corpus.exercises, corpus) == 0
    assert draw_corpus(50, seed=3) == draw_corpus(50, seed=3) != draw_corpus(50, seed=4)


def test_the_bigram_gives_what_summing_over_all_exercises_gives(corpus):
    bigram, begin, difficulty = Bigram(corpus, smoothing=0.5), module.BEGIN, 2
    follows = bigram.follows[difficulty]

    def probability(line):
        walk = [begin, *line, module.END]
        return np.prod([follows[a, b] for a, b in itertools.pairwise(walk)])

    every = {line: probability(line) for line in itertools.product(range(len(TOKENS)), repeat=3)}
    exercise = parse("demi-plié 4, relevé 4, battement tendu right 8")
    told = bigram.log_likelihood(Corpus((exercise,), (difficulty,)))
    assert np.isclose(told[0], np.log(every[tuple(numbers(exercise))] / sum(every.values())))
    after = bigram.next_movement(np.array([numbers(exercise[:1])]), 3, difficulty)[0]
    first = numbers(exercise)[0]
    mine = [sum(p for line, p in every.items() if line[:2] == (first, token)) for token in range(len(TOKENS))]
    assert np.allclose(after, np.array(mine) / sum(mine))


def test_movement_by_movement_and_whole_exercises_agree(corpus, unseen, lstm):
    some = Corpus(unseen.exercises[:5], unseen.difficulties[:5])
    for model in (lstm, Bigram(corpus)):
        whole = model.log_likelihood(some)
        for (exercise, difficulty), said in zip(some, whole, strict=True):
            line, logs = numbers(exercise), []
            for at, token in enumerate(line):
                told = model.next_movement(np.array([line[:at]], int).reshape(1, at), len(line), difficulty)
                assert np.isclose(told.sum(), 1, atol=1e-5)
                logs.append(np.log(told[0, token]))
            assert np.isclose(sum(logs), said, atol=1e-3)


def test_the_lstm_learns_what_a_bigram_cannot(corpus, unseen, lstm):
    bigram = Bigram(corpus)
    assert ideal_perplexity(unseen) < perplexity(lstm, unseen) < 0.85 * perplexity(bigram, unseen)
    ours, theirs = (grammatical_share(generate(model, 9, 2, n=100, seed=0)) for model in (lstm, bigram))
    assert ours > theirs + 0.2
    cool = grammatical_share(generate(lstm, 9, 2, n=100, temperature=0.5, seed=0))
    hot = grammatical_share(generate(lstm, 9, 2, n=100, temperature=2, seed=0))
    assert cool > ours > hot


def test_what_is_filtered_is_grammatical_and_as_long_as_asked(lstm):
    for length, difficulty in ((5, 3), (8, 1), (12, 2)):
        made = generate(lstm, length, difficulty, n=20, seed=5, only_grammatical=True)
        assert len(made) == 20 and {len(one) for one in made} == {length}
        assert grammatical_share(made, difficulty) == 1
    assert generate(lstm, 8, seed=1, n=3) == generate(lstm, 8, seed=1, n=3) != generate(lstm, 8, seed=2, n=3)


def test_temperature_raises_probabilities_to_a_power():
    shares = np.linspace(1, 2, len(TOKENS))
    for temperature in (0.25, 1.0, 4.0):
        made = generate(Unmoved(shares / shares.sum()), 5, n=4000, temperature=temperature, seed=0)
        seen = Counter(token for exercise in made for token in exercise)
        wanted = shares ** (1 / temperature) / (shares ** (1 / temperature)).sum()
        assert np.allclose([seen[token] / 20_000 for token in TOKENS], wanted, atol=0.01)
    certain = np.eye(len(TOKENS))[3]
    assert set(generate(Unmoved(certain), 6, n=50, temperature=100)) == {(TOKENS[3],) * 6}


def test_training_repeats_itself(corpus):
    few = Corpus(corpus.exercises[:200], corpus.difficulties[:200])
    one, other = (fit_exercises(few, units=8, epochs=1, seed=2, bar=False) for _ in range(2))
    assert np.array_equal(one.log_likelihood(few), other.log_likelihood(few))


def test_what_cannot_be_generated_is_refused(corpus):
    bigram = Bigram(corpus)
    for temperature in (0, -1, float("nan"), float("inf")):
        with pytest.raises(BalletError, match="temperature"):
            generate(bigram, 6, temperature=temperature)
    for length in (4, 1):
        with pytest.raises(BalletError, match="is grammatical at difficulty 2"):
            generate(bigram, length, 2)
    with pytest.raises(BalletError, match="cannot be"):
        generate(bigram, grammar.LONGEST + 1)
    with pytest.raises(BalletError, match="no difficulty"):
        generate(bigram, 6, 7)
    for n in (0, -2, 1.5, True):
        with pytest.raises(BalletError, match="cannot be generated"):
            generate(bigram, 6, n=n)
    with pytest.raises(BalletError, match="Of 100 exercises that the model made, 0 are grammatical"):
        generate(Unmoved(np.eye(len(TOKENS))[0]), 6, n=2, only_grammatical=True)


def test_nothing_to_learn_is_refused(corpus):
    empty = Corpus((), ())
    for settings in ({"epochs": 0}, {"units": 0}):
        with pytest.raises(BalletError, match="teach nothing"):
            fit_exercises(corpus, bar=False, **settings)
    with pytest.raises(BalletError, match="teach nothing"):
        fit_exercises(empty, bar=False)
    for given in ((empty,), (corpus, 0), (corpus, float("nan"))):
        with pytest.raises(BalletError, match="teach nothing"):
            Bigram(*given)
    for number in (0, -1, 2.5, True):
        with pytest.raises(BalletError, match="cannot be drawn"):
            draw_corpus(number)
    with pytest.raises(BalletError, match="no movement of the vocabulary"):
        numbers(["demi_plie"])
    assert np.isnan(novelty([], corpus)) and np.isnan(grammatical_share([]))
