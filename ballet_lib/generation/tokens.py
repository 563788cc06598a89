"""The words of exercises: a movement, its side and its counts are one token; tokens in order, an exercise."""

import unicodedata
from dataclasses import dataclass, replace

from ballet_lib.errors import BalletError
from ballet_lib.vocabulary import BALLET_MOVEMENTS, MOVEMENTS

BOTH_FEET = ("demi_plie", "releve")
BALANCES = ("retire_devant", "attitude_croisee", "first_arabesque")
SIDES = ("left", "right", "both")
PHRASE = 8
"""Counts of a musical phrase."""

OTHER = {"left": "right", "right": "left"}


@dataclass(frozen=True)
class Token:
    """One movement of an exercise: what, with which leg, and on how many counts.

    Raises
    ------
    BalletError
        If it is none of the six movements, the side does not belong to it, or counts are not 4 or 8.
    """

    movement: str
    side: str = "both"
    """The working leg; the dancer stands on the other. `"both"` for what both feet do."""
    counts: int = PHRASE

    def __post_init__(self):
        if self.movement not in BALLET_MOVEMENTS:
            raise BalletError(
                f"{self.movement!r} is no movement of an exercise. There are {', '.join(BALLET_MOVEMENTS)}."
            )
        sides = ("both",) if self.movement in BOTH_FEET else ("left", "right")
        if self.side not in sides:
            raise BalletError(
                f"A {MOVEMENTS[self.movement].french} has no side {self.side!r}. Give {' or '.join(sides)}."
            )
        if self.counts not in (4, PHRASE):
            raise BalletError(f"A movement on {self.counts!r} counts is not in this grammar. Give 4 or 8.")

    @property
    def other_side(self) -> "Token":
        """The same with the other leg."""
        return replace(self, side=OTHER.get(self.side, self.side))

    def __str__(self) -> str:
        side = "" if self.side == "both" else f" {self.side}"
        return f"{MOVEMENTS[self.movement].french}{side} {self.counts}"


Exercise = tuple[Token, ...]


def text(exercise: Exercise) -> str:
    """Write an exercise for people: ``demi-plié 8, battement tendu right 4, ...``."""
    return ", ".join(map(str, exercise))


def parse(words: str) -> Exercise:
    """Read an exercise as `text` writes it, French terms or keys: ``demi-plié 8, battement tendu right 4``.

    A side that is left out means both feet, counts that are left out mean 8.

    Raises
    ------
    BalletError
        If a movement, a side or a number of counts is not known.
    """
    keys = {movement.french: key for key, movement in MOVEMENTS.items()}
    tokens = []
    for part in unicodedata.normalize("NFC", words).casefold().split(","):
        names = part.split()
        counts = int(names.pop()) if names and names[-1].isdecimal() else PHRASE
        side = names.pop() if names and names[-1] in SIDES else "both"
        name = " ".join(names)
        tokens.append(Token(keys.get(name, name), side, counts))
    return tuple(tokens)
