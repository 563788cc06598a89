"""Fill the timetables in teaching/schedules.md: starts, measured minutes of lessons, and what room is left.

    python tools/schedules.py           write what changed
    python tools/schedules.py --check   write nothing; list what does not match or does not fit

A timetable is a table below a heading that ends in its length, such as `### Monday · 90 min`. A row with a
link to a notebook gets that lesson's measured minutes; a row that links exercises and names some of their
tasks, or all, gets the sum of theirs; a row that begins with `Room` gets what is left. All other minutes are
typed, and stay.
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from course_table import Cost

ROOT = Path(__file__).resolve().parents[1]
SCHEDULES = ROOT / "teaching" / "schedules.md"

HEADING = re.compile(r"^#+ .*· (\d+) min$")
ROW = re.compile(r"^\|([^|]*)\|([^|]*)\|(.*)\|$")
LESSON = re.compile(r"\]\(\.\./notebooks/(\w+)\.ipynb\)")
TASKS = re.compile(r"\]\(\.\./exercises/(\d\d)_\w+\.ipynb\): (all tasks|tasks? .*)$")
ROOM = "Room"


@dataclass
class Row:
    """A line of a timetable: which line of the text, how long, and what happens."""

    line: int
    minutes: int
    what: str


@dataclass
class Block:
    """A timetable: its heading, its length in minutes, and its rows."""

    heading: str
    length: int
    rows: list[Row]

    @property
    def room(self) -> int:
        """Minutes left when all but the room for questions has happened; below 0 if it does not fit."""
        return self.length - sum(row.minutes for row in self.rows if not row.what.startswith(ROOM))


def blocks(text: str, root: Path = ROOT) -> list[Block]:
    """Read the timetables of a text, with measured minutes in place of those that stand there."""
    found: list[Block] = []
    for number, line in enumerate(text.splitlines()):
        if heading := HEADING.match(line):
            found.append(Block(line.strip("# "), int(heading[1]), []))
        elif line.startswith("#") and found:
            found.append(Block("", 0, []))  # what follows belongs to no timetable
        elif found and found[-1].heading and (row := ROW.match(line)) and row[2].strip().isdigit():
            what = row[3].strip()
            found[-1].rows.append(Row(number, measured(what, int(row[2]), root), what))
    return [block for block in found if block.rows]


def measured(what: str, typed: int, root: Path = ROOT) -> int:
    """Return the minutes of a lesson or of tasks that a row names; those typed where it names none."""
    if lesson := LESSON.search(what):
        return Cost.of(root / "notebooks" / f"{lesson[1]}.ipynb").minutes or typed
    if named := TASKS.search(what):
        there = tasks_of(named[1])
        keys = there if named[2] == "all tasks" else re.findall(r"\d\d\.\d", named[2])
        known = [there.get(key, 0) for key in keys]
        return sum(known) if known and all(known) else typed
    return typed


def tasks_of(lesson: str) -> dict[str, int]:
    """Return the minutes of each task of a lesson's exercises by its key; empty if there are none."""
    from ballet_lib.checks.base import tasks
    from ballet_lib.errors import BalletError

    try:
        return {task.key: task.minutes for task in tasks(lesson)}
    except (BalletError, ImportError):
        return {}


def filled(text: str, root: Path = ROOT) -> str:
    """Return the text with every timetable's starts, measured minutes and room as they are now."""
    lines = text.splitlines()
    for block in blocks(text, root):
        start = 0
        for row in block.rows:
            if row.what.startswith(ROOM):
                row.minutes = max(block.room, 0)
            lines[row.line] = f"| {start // 60}:{start % 60:02} | {row.minutes} | {row.what} |"
            start += row.minutes
    return "\n".join(lines) + "\n"


def overfull(text: str, root: Path = ROOT) -> list[str]:
    """Name each timetable that does not fit its length."""
    return [
        f"{block.heading}: {-block.room} minutes too long." for block in blocks(text, root) if block.room < 0
    ]


def main() -> int:
    """Fill or check the timetables; return the exit status."""
    text = SCHEDULES.read_text(encoding="utf-8")
    faults = overfull(text)
    if "--check" in sys.argv[1:]:
        if filled(text) != text:
            faults.append("teaching/schedules.md has other minutes than the notebooks. Run: make notebooks")
    elif filled(text) != text:
        half = SCHEDULES.with_name(SCHEDULES.name + ".half")
        half.write_text(filled(text), encoding="utf-8", newline="\n")
        half.replace(SCHEDULES)
    print("\n".join(faults) or "Every timetable fits.")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
