"""What a task is, and how an answer to it is judged."""

import io
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from ballet_lib.checks.answers import (
    InYourCode,
    NotAttempted,
    Wrong,
    asked,
    is_attempted,
    place_in_your_code,
)
from ballet_lib.checks.notes import Feedback
from ballet_lib.errors import BalletError

LEVELS = {"fill in": "●○○", "write": "●●○", "build": "●●●"}
"""From a line, over a function, to something of one's own."""

TITLES = {
    "00": "Start here",
    "01": "Pose extraction",
    "02": "Dataset labelling",
    "03": "LSTM",
    "04": "BiLSTM",
    "05": "Attention and TCN",
    "06": "Hyperband tuning",
    "07": "Confusion matrices",
    "08": "Saliency maps",
    "09": "Silhouette autoencoder",
    "10": "Generating dance",
    "11": "Live recognition",
    "12": "Dance styles",
    "13": "Scaling out",
}
"""What the lessons are called."""


@dataclass(frozen=True)
class Task:
    """One task: what the learner writes under `name`, and the `test` that judges it."""

    key: str
    name: str
    title: str
    level: str
    minutes: int
    hints: tuple[str, ...]
    test: Callable[[Any, np.random.Generator], None]

    @property
    def lesson(self) -> str:
        """The lesson's number, such as ``"01"``."""
        return self.key.split(".")[0]


@dataclass(frozen=True)
class Question:
    """One question of a quiz: each option with what is said to those who choose it."""

    text: str
    options: dict[str, str]
    right: str

    def __post_init__(self):
        if self.right not in self.options:
            raise ValueError(f"{self.right!r} is not among the options of {self.text!r}.")


_TASKS: dict[str, Task] = {}


def task(key: str, name: str, title: str, level: str, minutes: int, hints: tuple[str, ...] = ()):
    """Register the decorated test as the one of task `key`.

    Parameters
    ----------
    key
        Lesson and number, such as ``"01.2"``.
    name
        What the learner's notebook calls the answer.
    level
        One of `LEVELS`.
    minutes
        What a learner is expected to need.
    hints
        Given one after the other.
    """
    if level not in LEVELS:
        raise ValueError(f"{level!r} is no level. There are: {', '.join(LEVELS)}.")

    def register(test: Callable[[Any, np.random.Generator], None]):
        _TASKS[key] = Task(key, name, title, level, minutes, tuple(hints), test)
        return test

    return register


def lessons() -> tuple[str, ...]:
    """Return the numbers of the lessons that have a module here, in order."""
    return tuple(
        sorted(path.stem.split("_")[1] for path in Path(__file__).parent.glob("lesson_[0-9][0-9].py"))
    )


def tasks(lesson: str | None = None) -> tuple[Task, ...]:
    """Return the tasks of one lesson, or of all, in order.

    Raises
    ------
    BalletError
        If there is no such lesson.
    """
    for number in lessons() if lesson is None else (lesson,):
        _module(number)
    return tuple(found for key, found in sorted(_TASKS.items()) if lesson in (None, found.lesson))


def questions(lesson: str) -> tuple[Question, ...]:
    """Return the quiz of one lesson.

    Raises
    ------
    BalletError
        If there is no such lesson.
    """
    return tuple(getattr(_module(lesson), "QUIZ", ()))


def find(key: str) -> Task:
    """Return the task `key`.

    Raises
    ------
    BalletError
        If there is none; the message names those of its lesson.
    """
    there = tasks(str(key).split(".")[0])
    for found in there:
        if found.key == key:
            return found
    names = ", ".join(found.key for found in there) or "no tasks"
    raise BalletError(f"There is no task {key!r}. This lesson has {names}.")


def _module(lesson: str):
    if lesson not in lessons():
        raise BalletError(f"There is no lesson {lesson!r} with tasks. There are: {', '.join(lessons())}.")
    return import_module(f"ballet_lib.checks.lesson_{lesson}")


def judge(key: str, answer: Any, seed: int = 0) -> Feedback:
    """Judge an answer, and keep no record of it.

    Parameters
    ----------
    key
        Which task, such as ``"01.2"``.
    answer
        What the learner's notebook holds under the task's name.
    seed
        Of the data that the check makes up; the verdict does not depend on it.

    Returns
    -------
    Feedback
        ``right``, ``wrong``, ``error`` (raised by the learner's code) or ``not attempted``, and why.

    Raises
    ------
    BalletError
        If there is no such task. Whatever the answer is, nothing else is raised.
    """
    chosen = find(key)
    try:
        if not is_attempted(answer):
            raise NotAttempted
        # What a function prints at each of our calls would bury the verdict.
        with warnings.catch_warnings(), redirect_stdout(_Nowhere()), redirect_stderr(_Nowhere()):
            warnings.simplefilter("ignore")
            chosen.test(asked(answer, chosen.name), np.random.default_rng(seed))
    except (NotAttempted, NotImplementedError):
        return Feedback(
            chosen, "not attempted", f"Write `{chosen.name}` in the cell above, in place of `...`"
        )
    except Wrong as wrong:
        return Feedback(chosen, "wrong", str(wrong))
    except InYourCode as error:
        return Feedback(chosen, "error", str(error))
    except (Exception, SystemExit) as error:
        if place := place_in_your_code(error):
            return Feedback(chosen, "error", place)
        return Feedback(
            chosen,
            "wrong",
            f"`{chosen.name}` gave something that cannot be read here ({type(error).__name__}: "
            f"{str(error)[:200]}). Compare its shape and type with what the task asks for.",
        )
    return Feedback(chosen, "right", "")


def expect(condition: Any, message: str) -> None:
    """Let a check go on if `condition` holds, else end it with the diagnosis `message`."""
    if not condition:
        raise Wrong(message)


def expect_shape(got: Any, shape: tuple[int, ...], message: str | None = None) -> None:
    """Ask that `got` is an array, or can be one, of `shape`; -1 stands for any length."""
    try:
        found = np.shape(got)
    except ValueError:
        raise Wrong("The rows have different lengths, so this is no array.") from None
    fits = len(found) == len(shape) and all(n in (-1, m) for n, m in zip(shape, found, strict=True))
    expect(fits, message or f"The shape is {found}; the task asks for {shape}.")


def expect_close(got: Any, wanted: Any, message: str, rtol: float = 1e-4, atol: float = 1e-6) -> None:
    """Ask that the numbers of `got` are those of `wanted`, within a tolerance; NaN where NaN is wanted."""
    expect_shape(got, np.shape(wanted))
    try:
        numbers = np.asarray(got, dtype=float)
    except (TypeError, ValueError):
        raise Wrong("Numbers were asked for, and these are not.") from None
    expect(np.allclose(numbers, wanted, rtol, atol, equal_nan=True), message)


class _Nowhere(io.TextIOBase):
    """A stream that forgets at once: not even a gigabyte fills it."""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        return len(text)
