"""What the course costs: seconds and memory of each lesson as its notebook keeps them, told in tables."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

LESSON_SECONDS = 180
LESSON_MEMORY = 3e9  # bytes
COURSE_SECONDS = 25 * 60

ALL = "all lessons"


@dataclass(frozen=True)
class Cost:
    """What building a lesson took; 0 where its notebook does not say."""

    name: str
    minutes: int = 0
    seconds: int = 0
    memory: float = 0.0

    @classmethod
    def of(cls, notebook: Path) -> "Cost":
        """Read what a notebook keeps in its metadata."""
        if not notebook.exists():
            return cls(notebook.stem)
        kept = json.loads(notebook.read_text(encoding="utf-8"))["metadata"].get("ballet", {})
        told = re.search(r"(\d+) min", kept.get("minutes", ""))
        return cls(
            notebook.stem, int(told[1]) if told else 0, kept.get("seconds", 0), kept.get("memory", 0.0)
        )

    @property
    def within(self) -> bool:
        """Whether the lesson keeps to what is promised."""
        return self.seconds <= LESSON_SECONDS and self.memory <= LESSON_MEMORY

    def cells(self) -> tuple[str, str, str]:
        """Write minutes with reading, time of computing and memory, as the README does."""
        hours, minutes = divmod(self.minutes, 60)
        spent = f"{hours} h {minutes:02} min" if hours else f"{minutes} min"
        computing = f"{self.seconds} s" if self.seconds < 600 else f"{self.seconds / 60:.0f} min"
        return spent, computing, f"{self.memory / 1e9:.1f} GB" if self.memory else "?"


def whole(costs: list[Cost]) -> Cost:
    """Return what all lessons take one after the other, and the most memory of any."""
    return Cost(
        ALL,
        sum(cost.minutes for cost in costs),
        sum(cost.seconds for cost in costs),
        max((cost.memory for cost in costs), default=0.0),
    )


def announced(costs: list[Cost]) -> str:
    """Say how long a run will take, by what it took when the kept notebooks were built."""
    minutes = whole(costs).seconds / 60
    return f"{len(costs)} lessons take some {minutes:.0f} minutes on an idle machine of two cores."


def closing(costs: list[Cost]) -> str:
    """Write a line a lesson, and their sum beside what is promised."""
    total = whole(costs)
    lines = [
        f"{cost.name:32}{cost.seconds:5} s {cost.memory / 1e9:5.1f} GB{'' if cost.within else '  too much'}"
        for cost in costs
    ]
    bars = f"{COURSE_SECONDS // 60} min, {LESSON_SECONDS} s and {LESSON_MEMORY / 1e9:.0f} GB a lesson"
    last = f"{ALL:32}{total.seconds / 60:5.1f} min{total.memory / 1e9:4.1f} GB  promised: {bars}"
    return "\n".join([*lines, last])


def mapped(text: str, costs: list[Cost]) -> str:
    """Return the README with what each lesson was measured to take in the last columns of its row.

    The row of all lessons is filled in where every lesson is known.
    """
    for cost in [*costs, whole(costs)] if all(cost.seconds for cost in costs) else costs:
        begins = ALL if cost.name == ALL else rf"\[[^|]*\]\(notebooks/{cost.name}\.ipynb\)"
        row = rf"^(\| {begins} \|[^|\n]*\|)[^|\n]*\|[^|\n]*\|[^|\n]*\|$"
        filled = rf"\g<1> {' | '.join(cost.cells())} |"
        text = re.sub(row, filled, text, flags=re.MULTILINE)
    return text
