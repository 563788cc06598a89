"""The teacher's table: one row a learner, one column a task."""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ballet_lib.files import replacing
from ballet_lib.grading.class_folder import Notebook

STATUSES = ("right", "wrong", "error", "not attempted", "stopped", "missing")
"""From best to worst: of two notebooks of one lesson, each task counts as the better one has it."""
MUCH_OUTPUT = 1_000_000  # bytes printed that are worth a word


@dataclass(frozen=True)
class Verdict:
    """What became of one task, and why."""

    status: str
    message: str = ""


@dataclass(frozen=True)
class Row:
    """One learner.

    Attributes
    ----------
    verdicts
        Of each task of the table.
    seconds
        That the notebooks ran.
    as_shown
        Right answers that are the course's shown solution, names aside: see `as_shown`.
    notes
        All problems in words, the gravest first.
    """

    learner: str
    verdicts: dict[str, Verdict]
    seconds: float
    as_shown: int
    notes: tuple[str, ...]

    @property
    def right(self) -> int:
        """How many tasks are right."""
        return sum(verdict.status == "right" for verdict in self.verdicts.values())


@dataclass(frozen=True)
class Grades:
    """All learners' rows, in order, and what kept the notebooks apart (see `isolation.confine`)."""

    tasks: tuple[str, ...]
    rows: tuple[Row, ...]
    isolation: dict[str, bool]
    output: str = ""

    def save(self, path: Path) -> None:
        """Write the table as CSV, whole or not at all.

        Raises
        ------
        BalletError
            If the file cannot be written.
        """
        with replacing(path) as temporary, open(temporary, "w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(["learner", *self.tasks, "right", "of", "as_shown", "seconds", "note"])
            for row in self.rows:
                statuses = [row.verdicts[key].status for key in self.tasks]
                table.writerow([_cell(row.learner), *statuses, row.right, len(self.tasks), row.as_shown,
                                f"{row.seconds:.1f}", _cell(_first(row.notes))])  # fmt: skip


def grades_of(learners: Sequence[str], notebooks: Sequence[Notebook], runs: dict[str, dict]) -> Grades:
    """Gather the runs of all notebooks into one row a learner.

    Parameters
    ----------
    learners
        All, also those who handed in nothing.
    notebooks
        What was handed in.
    runs
        What `supervisor.supervise` returned, by the notebook's digest.
    """
    from ballet_lib.checks.base import lessons, tasks

    there = set(lessons())
    handed_in = sorted({one.lesson for one in notebooks if one.lesson in there})
    keys = tuple(task.key for lesson in handed_in for task in tasks(lesson))
    rows = tuple(
        _row(learner, [one for one in notebooks if one.learner == learner], keys, runs)
        for learner in learners
    )
    ran = [runs[one.digest]["isolation"] for one in notebooks if one.digest in runs]
    told = [one for one in ran if one]
    isolation = {what: bool(told) and all(one.get(what) is True for one in told)
                 for what in ("files", "network", "signals")}  # fmt: skip
    return Grades(keys, rows, isolation)


def _row(learner: str, notebooks: Sequence[Notebook], keys: Sequence[str], runs: dict[str, dict]) -> Row:
    verdicts = dict.fromkeys(keys, Verdict("missing"))
    shown: set[str] = set()
    notes = [] if notebooks else ["no notebook"]
    ran = [one for one in notebooks if one.problem is None and one.digest in runs]
    for notebook in ran:
        run = runs[notebook.digest]
        for key in keys:
            if key.startswith(f"{notebook.lesson}."):
                verdict = _verdict(key, run)
                if STATUSES.index(verdict.status) < STATUSES.index(verdicts[key].status):
                    verdicts[key] = verdict
                    shown = (shown | {key}) if key in run["shown"] else shown - {key}
                elif verdicts[key] == Verdict("missing"):
                    verdicts[key] = verdict
    notes += [one.problem for one in notebooks if one.problem]
    notes += [f"{one.name}: {note}" if len(notebooks) > 1 else note
              for one in ran for note in _notes(runs[one.digest])]  # fmt: skip
    twice = [lesson for lesson, count in Counter(one.lesson for one in ran).items() if count > 1]
    notes += [f"lesson {lesson} twice: the better answer to each task counts" for lesson in twice]
    absent = sorted({key.split(".")[0] for key in keys} - {one.lesson for one in notebooks})
    if notebooks and absent:
        notes.append(f"not handed in: lesson {', '.join(absent)}")
    return Row(learner, verdicts, sum(runs[one.digest]["seconds"] for one in ran),
               sum(verdicts[key].status == "right" for key in shown), tuple(notes))  # fmt: skip


def _verdict(key: str, run: dict) -> Verdict:
    if key in run["verdicts"]:
        told = run["verdicts"][key]
        return Verdict(told["status"] if told["status"] in STATUSES else "error", told["message"])
    return Verdict("stopped", run["stopped"] or "")


def _notes(run: dict) -> list[str]:
    """Say what went wrong in a run: that it was stopped, then what is missing, then what was raised."""
    told = run["verdicts"].values()
    notes = [run["stopped"]] if run["stopped"] else []
    notes += [f"cell {cell} was {error}" for cell, error in run["raised"] if error.startswith("stopped ")]
    notes += [one["message"] for status in ("stopped", "missing") for one in told if one["status"] == status]
    notes += [f"cell {cell}: {error}" for cell, error in run["raised"] if not error.startswith("stopped ")]
    if run["printed"] > MUCH_OUTPUT:
        notes.append(f"printed {run['printed'] / 1e6:,.0f} MB")
    return notes


def _first(notes: Sequence[str]) -> str:
    if len(notes) < 2:
        return "".join(notes)
    return f"{notes[0]} (and {len(notes) - 1} more)"


def _cell(text: str) -> str:
    """Make sure that no spreadsheet takes a learner's words for a formula, or for another row."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return f"'{plain}" if plain.lstrip().startswith(("=", "+", "-", "@")) else plain
