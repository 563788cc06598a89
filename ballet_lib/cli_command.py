"""What subcommands of ``ballet`` are made of: how one is declared, and the types of arguments that many take.

Exit status 0 when done, 1 when the input is at fault (one line says what and what to do), 2 for wrong usage.
With ``--json`` exactly one JSON document goes to standard output; bars and messages go to standard error.
"""

import argparse
import glob
import os
from collections.abc import Callable
from typing import NamedTuple

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""


class Command(NamedTuple):
    """A subcommand.

    Attributes
    ----------
    name
        As it is typed.
    about
        Its help, a sentence.
    declare
        Adds its arguments to a parser.
    run
        Takes the parsed arguments and returns the exit status.
    """

    name: str
    about: str
    declare: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def command(
    declare: Callable[[argparse.ArgumentParser], None],
) -> Callable[[Callable[[argparse.Namespace], int]], Command]:
    """Make the decorated function a subcommand of its name; the first line of its docstring is its help."""

    def made(run: Callable[[argparse.Namespace], int]) -> Command:
        name = run.__name__.rstrip("_")  # `import_`, since `import` is Python's
        return Command(name, (run.__doc__ or "").strip().partition("\n")[0], declare, run)

    return made


def positive(text: str) -> int:
    """Read a whole number from 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive whole number")
    return number


positive.__name__ = "whole number"  # argparse names the type in its message


def probability(text: str) -> float:
    """Read a number from 0 to 1."""
    number = float(text)
    if not 0 <= number <= 1:
        raise ValueError(text)
    return number


probability.__name__ = "probability from 0 to 1"


def listed(text: str) -> tuple[str, ...]:
    """Read names with commas between them."""
    return tuple(name.strip() for name in text.split(","))


def counted(count: int, what: str) -> str:
    """Return ``1 frame`` or ``2 frames``."""
    return f"{count} {what}{'s' * (count != 1)}"


def matching(names: list[str]) -> list[str]:
    """Expand ``*.mp4`` where the shell does not, as on Windows."""
    found = []
    for name in names:
        matches = [] if os.path.exists(name) else sorted(glob.glob(name))
        found += matches or [name]
    return found
