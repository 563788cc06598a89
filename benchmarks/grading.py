"""How long grading a class takes, beside the time its notebooks run."""

import json
import tempfile
import time
from pathlib import Path

LESSONS = ("01", "03", "07")
LEARNERS = 30
WORKERS = 2
SOLUTIONS = Path(__file__).resolve().parents[1] / "solutions"


def measure() -> list[tuple]:
    """Grade thirty solved notebooks one after the other, then two at a time; some six minutes."""
    from ballet_lib.grading import Limits, grade
    from ballet_lib.grading.grades import FINISHED

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "class"
        hand_in(folder)
        began = time.perf_counter()
        alone = grade(folder, Path(place) / "alone.csv", Limits(300), workers=1, progress=False)
        wall_alone = time.perf_counter() - began
        began = time.perf_counter()
        together = grade(folder, Path(place) / "together.csv", Limits(300), WORKERS, progress=False)
        wall = time.perf_counter() - began
        kept = (Path(place) / "together.csv").with_suffix(FINISHED).stat().st_size
        empty = seconds_of_an_empty_notebook(Path(place))
    return rows_of(alone, together, wall_alone, wall, kept, empty)


def rows_of(alone, together, wall_alone: float, wall: float, kept: int, empty: float) -> list[tuple]:
    """Write the figures as rows."""
    ran = [row.seconds for row in alone.rows]
    ratio = wall / (sum(ran) / WORKERS)
    right = sum(row.right for row in together.rows), sum(row.right for row in alone.rows)
    in_force = [what for what, on in together.isolation.items() if on]
    return [
        (f"grading {LEARNERS} notebooks, {WORKERS} workers", "≤ 1.15 × run times / workers",
         f"{ratio:.2f} ×", ratio <= 1.15,
         f"{wall:.0f} s for {sum(ran):.0f} s of notebooks run one at a time by the same runner "
         f"(that took {wall_alone:.0f} s); solved notebooks of lessons {', '.join(LESSONS)}, "
         f"{min(ran):.1f} to {max(ran):.1f} s each, one core each"),
        ("verdicts the same one at a time and two at a time", "all", f"{right[0]} and {right[1]} right",
         [row.verdicts for row in together.rows] == [row.verdicts for row in alone.rows],
         "each grading has its own seed"),
        ("what a notebook costs besides its cells", "none", f"{empty * 1000:.0f} ms", None,
         "median of five empty ones: fork, confine, judge nothing, clean up"),
        ("isolation in force", "none", ", ".join(in_force) or "none", None, f"beside the table {kept} bytes"),
    ]  # fmt: skip


def hand_in(folder: Path) -> None:
    """Give each learner a solved notebook of their own."""
    for learner in range(LEARNERS):
        lesson = LESSONS[learner % len(LESSONS)]
        (source,) = SOLUTIONS.glob(f"{lesson}_*.ipynb")
        notebook = json.loads(source.read_text(encoding="utf-8"))
        notebook["cells"].append({"cell_type": "code", "source": f"learner = {learner}", "metadata": {},
                                  "outputs": [], "execution_count": None})  # fmt: skip
        place = folder / f"learner{learner:02}" / source.name
        place.parent.mkdir(parents=True)
        place.write_text(json.dumps(notebook), encoding="utf-8")


def seconds_of_an_empty_notebook(place: Path) -> float:
    """Grade five notebooks without a cell; return the median of their times."""
    import statistics

    from ballet_lib.grading import grade

    folder = place / "empty"
    folder.mkdir()
    for number in range(5):
        cells = [{"cell_type": "markdown", "source": str(number), "metadata": {}}]
        notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
        (folder / f"learner{number}_01.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    graded = grade(folder, place / "empty.csv", progress=False)
    return statistics.median(row.seconds for row in graded.rows)
