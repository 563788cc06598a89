"""What a learner has done, in one small local file that two browsers may share."""

import html
import json
import os
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ballet_lib.errors import BalletError
from ballet_lib.files import replacing

VERSION = 1
LARGEST = 1_000_000  # bytes; a real one has a few thousand
PATIENCE = 5.0  # seconds to wait for another browser that is just writing


@dataclass
class Record:
    """What became of one task."""

    right: bool = False
    tries: int = 0
    hints: int = 0
    shown: bool = False


_unsaved: dict[str, Record] = {}
"""What this session did where no file can be written."""


@dataclass
class Progress:
    """The records of all tasks and quizzes, by task and lesson."""

    tasks: dict[str, Record] = field(default_factory=dict)
    quizzes: dict[str, dict[str, bool]] = field(default_factory=dict)
    """For each lesson the numbers of the questions answered, and whether the first answer was right."""


def where() -> Path:
    """Return the path of the progress file: ``BALLET_PROGRESS``, or a folder of the user's."""
    if named := os.environ.get("BALLET_PROGRESS"):
        return Path(named)
    from platformdirs import user_data_path

    return user_data_path("ballet_lib", appauthor=False) / "progress.json"


def read() -> Progress:
    """Return what is on file; nothing done yet if there is no file or it cannot be understood."""
    try:
        return _read(where())
    except (OSError, ValueError):
        return Progress()


def _read(path: Path) -> Progress:
    """Raise ValueError for a file of another version or a damaged one."""
    if not path.exists():
        return Progress()
    if not path.is_file() or path.stat().st_size > LARGEST:
        raise ValueError("damaged")
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except RecursionError as error:
        raise ValueError("damaged") from error
    if not isinstance(kept, dict) or kept.get("version") not in range(1000):  # becomes part of a file's name
        raise ValueError("damaged")
    if kept["version"] != VERSION:
        raise ValueError(f"version-{kept['version']}")
    try:
        return Progress(
            {str(key): _record(told) for key, told in kept["tasks"].items()},
            {str(key): _answers(told) for key, told in kept["quizzes"].items()},
        )
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise ValueError("damaged") from error


def _record(told: dict) -> Record:
    plain = asdict(Record())
    return Record(**{name: type(value)(told[name]) for name, value in plain.items() if name in told})


def _answers(told: dict) -> dict[str, bool]:
    return {str(number): bool(right) for number, right in told.items()}


def change(key: str, how: Callable[[Record], None]) -> Record:
    """Change the record of one task on file, and return it as it is then.

    What another browser wrote meanwhile stays. A file of another version, or a damaged one, is kept under
    another name. Where nothing can be written, as in a folder for reading only, learning goes on without.
    """
    record = None
    with suppress(OSError, BalletError), _open() as progress:
        record = progress.tasks.setdefault(key, Record())
        how(record)
    if record is None:
        record = _unsaved.setdefault(key, Record())
        how(record)
    return record


def answered(lesson: str, number: int, right: bool) -> None:
    """Keep the first answer to a question of a quiz."""
    with suppress(OSError, BalletError), _open() as progress:
        progress.quizzes.setdefault(lesson, {}).setdefault(str(number), right)


@contextmanager
def _open():
    """Yield the progress on file, alone with it, and write it back."""
    from filelock import FileLock, Timeout

    path = where()
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(path.with_name(path.name + ".lock"), timeout=PATIENCE):
            try:
                progress = _read(path)
            except (UnicodeDecodeError, json.JSONDecodeError):
                progress = _set_aside(path, "damaged")
            except ValueError as error:
                progress = _set_aside(path, str(error))
            yield progress
            with replacing(path) as temporary:
                temporary.write_text(json.dumps({"version": VERSION, **asdict(progress)}, indent=1))
    except Timeout as error:
        raise OSError("another process holds the progress file") from error


def _set_aside(path: Path, why: str) -> Progress:
    """Keep a file that cannot be gone on with, under a name that says why."""
    other, number = path.with_name(f"{path.name}.{why}"), 1
    while other.exists():
        number += 1
        other = path.with_name(f"{path.name}.{why}-{number}")
    path.rename(other)
    return Progress()


@dataclass(frozen=True)
class Row:
    """One lesson of the bar: tasks right, and quiz questions right at the first answer."""

    lesson: str
    title: str
    right: int
    tasks: int
    quiz: int
    questions: int

    @property
    def done(self) -> str:
        """How many of its tasks are right, in words; nothing where it has none."""
        return f"{self.right} of {self.tasks}" if self.tasks else ""


@dataclass(frozen=True)
class Report:
    """The progress of a learner, lesson by lesson."""

    rows: tuple[Row, ...]

    @property
    def right(self) -> int:
        """Tasks that are right."""
        return sum(row.right for row in self.rows)

    @property
    def tasks(self) -> int:
        """All tasks."""
        return sum(row.tasks for row in self.rows)

    def __repr__(self) -> str:
        width = max((row.tasks for row in self.rows), default=0)
        lines = [
            f"{row.lesson} {row.title:22} {'■' * row.right + '□' * (row.tasks - row.right):{width}}"
            f"  {row.done or 'no'} tasks, quiz {row.quiz} of {row.questions}"
            for row in self.rows
        ]
        return "\n".join([*lines, f"{self.right} of {self.tasks} tasks done"])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td style='text-align:left'>{row.lesson} {html.escape(row.title)}</td>"
            f"<td style='text-align:left;letter-spacing:.15em;color:#0072b2'>"
            f"{'■' * row.right}{'□' * (row.tasks - row.right)}</td>"
            f"<td>{row.done}</td><td>{row.quiz} of {row.questions}</td></tr>"
            for row in self.rows
        )
        head = "<tr><th style='text-align:left'>lesson</th><th></th><th>tasks</th><th>quiz</th></tr>"
        return (
            f"<table>{head}{rows}</table><progress max='{max(self.tasks, 1)}' value='{self.right}' "
            f"style='width:22em'></progress> {self.right} of {self.tasks} tasks done"
        )


def progress() -> Report:
    """Return how far the learner has come; a notebook shows it as a bar for each lesson."""
    from ballet_lib.checks.base import TITLES, lessons, questions, tasks

    kept, rows = read(), []
    for lesson in lessons():
        there, quiz = tasks(lesson), kept.quizzes.get(lesson, {})
        right = sum(kept.tasks[one.key].right for one in there if one.key in kept.tasks)
        asked = questions(lesson)
        known = sum(quiz.get(str(number), False) for number in range(1, len(asked) + 1))
        rows.append(Row(lesson, TITLES[lesson], right, len(there), known, len(asked)))
    return Report(tuple(rows))
