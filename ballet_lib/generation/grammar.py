"""A grammar of exercises: which orders of movements, sides and counts a teacher would accept.

It is a caricature of a class. What is true in it is the order of things: knees are warmed before legs work,
legs work before they balance, what one leg does the other repeats, and music comes in phrases of eight
(Vaganova, "Basic Principles of Classical Ballet", on the order of the lesson). The numbers, such as how many
balances one leg can bear, are ours.

An exercise is a tuple of tokens. The rules read it from left to right and remember little of what they read,
a `State`; so the same rules judge an exercise, tell what may come next, and count how many exercises there
are.
"""

from bisect import bisect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.generation.tokens import BALANCES, BOTH_FEET, OTHER, PHRASE, Exercise, Token, parse, text
from ballet_lib.vocabulary import BALLET_MOVEMENTS, MOVEMENTS

__all__ = [
    "LEVELS", "LONGEST", "RULES", "TOKENS", "Exercise", "Level", "Rule", "State", "Token", "Violation",
    "check", "check_possible", "is_grammatical", "number_of_exercises", "parse", "sample", "text",
]  # fmt: skip

LONGEST = 12
"""Movements of the longest exercise that can be asked for."""


@dataclass(frozen=True)
class Level:
    """What a teacher asks of a class at one difficulty."""

    aim: str
    """The movement that is new, and that an exercise works towards."""
    movements: tuple[str, ...]
    quick: tuple[str, ...]
    """Movements that may take 4 counts instead of 8."""
    remembered: int
    """How many movements one leg may dance before the other repeats them."""
    balances: int
    """How often running a dancer may balance on the same leg."""
    out_of_retire: bool = False
    """Whether a balance may grow out of a retiré without a preparation of its own."""


_EASY = ("demi_plie", "battement_tendu", "releve")

LEVELS: dict[int, Level] = {
    1: Level("retire_devant", (*_EASY, "retire_devant"), (), remembered=1, balances=1),
    2: Level(
        "attitude_croisee", (*_EASY, "retire_devant", "attitude_croisee"), _EASY, remembered=2, balances=2
    ),
    3: Level("first_arabesque", BALLET_MOVEMENTS, _EASY, remembered=3, balances=3, out_of_retire=True),
}
"""The three difficulties."""

_YEAR = {level.aim: number for number, level in LEVELS.items()}


@dataclass(frozen=True)
class State:
    """What the rules remember of an exercise so far."""

    last: Token | None = None
    waiting: Exercise = ()
    """What the other leg has to repeat, in this order."""
    repeating: bool = False
    """Whether the other leg has begun."""
    leg: str = "both"
    """The leg that worked in the last balance, and in the `balances` before it."""
    balances: int = 0
    counts: int = 0
    """Within the musical phrase."""
    year: int = 0
    """The highest difficulty whose aim was danced."""

    def after(self, token: Token) -> "State":
        """Return the state after one more movement, whether it was allowed or not."""
        waiting, repeating = self.waiting, self.repeating
        if token.side != "both":
            if waiting and token == waiting[0]:
                waiting, repeating = waiting[1:], len(waiting) > 1
            elif token in waiting:  # out of turn: told, and not asked for again
                at = waiting.index(token)
                waiting, repeating = waiting[:at] + waiting[at + 1 :], True
            else:
                waiting = (*waiting, token.other_side)
        leg, balances = self.leg, self.balances
        if token.movement in BALANCES:
            leg, balances = token.side, balances + 1 if token.side == leg else 1
        counts = self.counts + token.counts
        counts = 0 if counts >= PHRASE else counts  # off the beat is told once, and counted anew
        year = max(self.year, _YEAR.get(token.movement, 0))
        return State(token, waiting, repeating, leg, balances, counts, year)


Judge = Callable[[State, Token | None, Level], str | None]


@dataclass(frozen=True)
class Rule:
    """A rule of the grammar: its name, why a teacher wants it, and a judge of the next movement."""

    name: str
    why: str
    judge: Judge
    """Says what is wrong with a movement, or with ending here (None), after a state; None if nothing is."""


@dataclass(frozen=True)
class Violation:
    """A rule that an exercise breaks, where, and in words."""

    rule: str
    position: int
    """Number of the movement, 1 for the first; one more than there are for the end."""
    words: str
    why: str

    def __str__(self) -> str:
        return f"{self.position}. {self.words} ({self.rule}: {self.why})"


# --- The rules ---


def _difficulty(state: State, token: Token | None, level: Level) -> str | None:
    if token is None:
        return None
    if token.movement not in level.movements:
        return f"{_french(token)} is for a later year"
    if token.counts < PHRASE and token.movement not in level.quick:
        return f"{_french(token)} on {token.counts} counts is too quick"
    return None


def _opening(state: State, token: Token | None, level: Level) -> str | None:
    if state.last is not None or (token and token.movement == "demi_plie"):
        return None
    return "nothing is danced" if token is None else f"it begins with {_french(token)}, not with a demi-plié"


def _aim(state: State, token: Token | None, level: Level) -> str | None:
    if token is not None or state.year >= _YEAR[level.aim]:
        return None
    return f"there is no {MOVEMENTS[level.aim].french} in it"


def _closing(state: State, token: Token | None, level: Level) -> str | None:
    if token is not None or state.last is None or state.last.side == "both":
        return None
    return f"it ends with {_french(state.last)}, not on both feet"


def _second_side(state: State, token: Token | None, level: Level) -> str | None:
    if not state.waiting or (token and token.side == "both"):
        return None
    owed = ", ".join(map(str, state.waiting))
    if token is None:
        return f"it ends, and the other leg still has to dance {owed}"
    if token == state.waiting[0]:
        return None
    repeats = token.side == state.waiting[0].side
    if state.repeating or repeats:
        return f"{token} comes before {state.waiting[0]}, which the other leg has to repeat first"
    return None


def _memory(state: State, token: Token | None, level: Level) -> str | None:
    if token is None or token.side == "both" or token in state.waiting:
        return None
    held = len(state.waiting) + 1
    return f"{held} movements wait for the other leg" if held > level.remembered else None


def _preparation(state: State, token: Token | None, level: Level) -> str | None:
    if token is None or token.movement not in BALANCES:
        return None
    last = state.last
    if last is None:
        return f"nothing prepares {_french(token)}"
    prepared = last.movement == "demi_plie" or (
        last.movement == "battement_tendu" and last.side == token.side
    )
    grows = level.out_of_retire and last.movement == "retire_devant" and last.side == token.side
    if prepared or (grows and token.movement != "retire_devant"):
        return None
    return f"{last} does not prepare {token}"


def _standing_leg(state: State, token: Token | None, level: Level) -> str | None:
    if token is None or token.movement not in BALANCES:
        return None
    running = state.after(token).balances
    if running <= level.balances:
        return None
    return f"balance number {running} running on the {OTHER[token.side]} leg"


def _change(state: State, token: Token | None, level: Level) -> str | None:
    last = state.last
    if token is None or last is None or (token.movement, token.side) != (last.movement, last.side):
        return None
    return f"{_french(token)} follows itself"


def _music(state: State, token: Token | None, level: Level) -> str | None:
    if token is None:
        return f"it ends on count {state.counts} of a phrase" if state.counts else None
    if state.counts + token.counts > PHRASE:
        return f"{token} lies across the end of a phrase"
    return None


RULES: tuple[Rule, ...] = (
    Rule("opening", "knees are warmed before anything else", _opening),
    Rule("difficulty", "a class is asked for what it has learned", _difficulty),
    Rule("aim", "an exercise works towards what its year has newly learned", _aim),
    Rule("preparation", "a balance grows out of a plié, or of a tendu of the same leg", _preparation),
    Rule("standing leg", "a leg that carries the body tires", _standing_leg),
    Rule("second side", "what one leg has danced the other repeats, in the same order", _second_side),
    Rule("memory", "what waits for the other leg must be remembered", _memory),
    Rule("change", "a movement that is to last longer takes more counts instead", _change),
    Rule("music", "movements begin and end with the phrases of eight counts", _music),
    Rule("closing", "an exercise ends standing on both feet, with a demi-plié or a relevé", _closing),
)
"""What makes an exercise one that a teacher would accept."""

TOKENS: Exercise = tuple(
    Token(movement, side, counts)
    for movement in BALLET_MOVEMENTS
    for side in (("both",) if movement in BOTH_FEET else ("right", "left"))
    for counts in (4, PHRASE)
    if counts == PHRASE or movement in LEVELS[3].quick
)
"""Every token that some difficulty allows."""


# --- Judging ---


def check(exercise: Exercise, difficulty: int = 2) -> list[Violation]:
    """Return what a teacher would object to, in the order of the exercise; an empty list if nothing.

    Parameters
    ----------
    exercise
        Tokens in the order in which they are danced.
    difficulty
        1 to 3.

    Raises
    ------
    BalletError
        If the difficulty is unknown, or something in the exercise is no `Token`.
    """
    level, state, found = _level(difficulty), State(), []
    for position, token in enumerate((*exercise, None), start=1):
        if position <= len(exercise) and not isinstance(token, Token):
            raise BalletError(f"{token!r} is no movement of an exercise. Give Token('demi_plie'), say.")
        for rule in RULES:
            if words := rule.judge(state, token, level):
                found.append(Violation(rule.name, position, words, rule.why))
        state = state.after(token) if token else state
    return found


def is_grammatical(exercise: Exercise, difficulty: int = 2) -> bool:
    """Tell whether a teacher would accept the exercise at this difficulty."""
    return not check(exercise, difficulty)


# --- Sampling ---


def number_of_exercises(length: int, difficulty: int = 2) -> int:
    """Count the grammatical exercises of so many movements.

    Raises
    ------
    BalletError
        If the difficulty is unknown, or the length is no whole number from 1 to 12.
    """
    return _completions(State(), _length(length), _checked(difficulty))


def sample(rng: np.random.Generator, length: int | None = None, difficulty: int = 2) -> Exercise:
    """Draw a grammatical exercise; of one length, every exercise is as likely as every other.

    Movement by movement, each with the share of the exercises that go on with it.

    Parameters
    ----------
    rng
        Draws.
    length
        Number of movements; one from 5 to 12 if None.
    difficulty
        1 to 3.

    Raises
    ------
    BalletError
        If no exercise of this length and difficulty is grammatical.
    """
    length = int(rng.integers(5, 13)) if length is None else length
    check_possible(length, difficulty)
    state, danced = State(), []
    for left in range(length - 1, -1, -1):
        ways, upto = _choices(state, left, difficulty)
        token, state = ways[bisect(upto, rng.random() * upto[-1])]
        danced.append(token)
    return tuple(danced)


def check_possible(length: int, difficulty: int) -> None:
    """Raise BalletError if there is no exercise of this length and difficulty."""
    if number_of_exercises(length, difficulty) == 0:
        raise BalletError(
            f"No exercise of {length} movement{'s' if length != 1 else ''} is grammatical at difficulty "
            f"{difficulty}: it opens with a demi-plié, shows a {MOVEMENTS[LEVELS[difficulty].aim].french} "
            "with either leg, and closes on both feet. Ask for 5 or more."
        )


@cache
def _completions(state: State, left: int, difficulty: int) -> int:
    """Count the ways to go on for `left` movements and end well."""
    if left == 0:
        return int(all(rule.judge(state, None, LEVELS[difficulty]) is None for rule in RULES))
    if len(state.waiting) >= left:  # too late for the other leg, and for the closing after it
        return 0
    return sum(_completions(after, left - 1, difficulty) for _, after in _next(state, difficulty))


@cache
def _choices(state: State, left: int, difficulty: int) -> tuple[tuple[tuple[Token, State], ...], list[int]]:
    """Return the movements with which an exercise can go on, and sums of the ways to end well after them."""
    ways = _next(state, difficulty)
    return ways, list(accumulate(_completions(after, left, difficulty) for _, after in ways))


@cache
def _next(state: State, difficulty: int) -> tuple[tuple[Token, State], ...]:
    """Return the movements that no rule forbids after a state, each with the state after it."""
    level = LEVELS[difficulty]
    return tuple(
        (token, state.after(token))
        for token in TOKENS
        if all(rule.judge(state, token, level) is None for rule in RULES)
    )


def _level(difficulty: int) -> Level:
    return LEVELS[_checked(difficulty)]


def _checked(difficulty: int) -> int:
    if isinstance(difficulty, bool) or difficulty not in tuple(LEVELS):
        raise BalletError(f"There is no difficulty {difficulty!r}. Give 1, 2 or 3.")
    return int(difficulty)


def _length(length: int) -> int:
    if isinstance(length, bool) or length not in range(1, LONGEST + 1):
        raise BalletError(f"An exercise of {length!r} movements cannot be. Give 1 to {LONGEST}.")
    return int(length)


def _french(token: Token) -> str:
    return MOVEMENTS[token.movement].french
