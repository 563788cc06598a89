"""Two paces: the course's, for two cores and a class that waits, and the papers', for those who have time."""

import os
from typing import TypeVar

from ballet_lib.errors import BalletError

VARIABLE = "BALLET_PACE"
PACES = ("course", "paper")

Value = TypeVar("Value")


def pace() -> str:
    """Return the pace that the environment variable `BALLET_PACE` asks for: ``course`` if it is not set.

    Raises
    ------
    BalletError
        If it names no pace.
    """
    named = os.environ.get(VARIABLE, "").strip().lower() or "course"
    if named not in PACES:
        raise BalletError(
            f"There is no pace {named!r}. Set {VARIABLE} to {' or '.join(PACES)}, or not at all."
        )
    return named


def choose(course: Value, paper: Value) -> Value:
    """Return the one of two values that belongs to the pace: ``epochs=choose(course=60, paper=2000)``.

    Raises
    ------
    BalletError
        If `BALLET_PACE` names no pace.
    """
    return {"course": course, "paper": paper}[pace()]
