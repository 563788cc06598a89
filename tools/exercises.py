"""From one source to two notebooks: the exercise, where the solution is cut out, and the solution.

A source in lessons/exercises/ marks what a learner writes:

    def lost_frames(landmarks):
        ### BEGIN SOLUTION
        return int(np.isnan(landmarks[:, 0, 0]).sum())
        ### END SOLUTION

In the exercise the marked lines become `...` at the same indent. `{{task 01.1}}` becomes the task's heading
with its level and minutes, which the library knows.
"""

import re
from collections.abc import Iterator

from nbformat import NotebookNode

from ballet_lib.checks.base import LEVELS, find, tasks

TASK = re.compile(r"\{\{task (\d\d\.\d+)\}\}")
_SOLUTION = re.compile(
    r"^([ \t]*)### BEGIN SOLUTION\n(.*?)^[ \t]*### END SOLUTION(?:\n|\Z)", re.DOTALL | re.MULTILINE
)
_MARK = "### BEGIN SOLUTION", "### END SOLUTION"


def cut(notebook: NotebookNode) -> None:
    """Make the exercise: put `...` where the solutions stand, in place."""
    for cell in _code(notebook):
        cell.source = _checked(_SOLUTION.sub(r"\1...\n", cell.source)).rstrip("\n")


def solved(notebook: NotebookNode) -> None:
    """Make the solution: drop the marks, in place."""
    for cell in _code(notebook):
        cell.source = _without_marks(cell.source)


def solutions(notebook: NotebookNode) -> dict[str, str]:
    """Return by task the cells of a source that hold marked lines, as `solution` shows them."""
    found: dict[str, list[str]] = {}
    key = None
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (heading := TASK.search(cell.source)):
            key = heading[1]
        elif cell.cell_type == "code" and key and _MARK[0] in cell.source:
            found.setdefault(key, []).append(_without_marks(cell.source))
    return {key: "\n\n".join(cells) for key, cells in found.items()}


def entitle(notebook: NotebookNode) -> None:
    """Write each task's heading where `{{task 01.1}}` stands, in place."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = TASK.sub(lambda match: heading(match[1]), cell.source)


def heading(key: str) -> str:
    """Return a task's heading, with its level and minutes below."""
    task = find(key)
    return f"## {key} · {task.title}\n\n{LEVELS[task.level]} *{task.level}, about {task.minutes} min*"


def minutes(lesson: str) -> str:
    """Say how long the tasks of a lesson take a learner: an estimate, no measurement."""
    there = tasks(lesson)
    return f"about {sum(task.minutes for task in there)} min for {len(there)} tasks (an estimate)"


def _code(notebook: NotebookNode) -> Iterator[NotebookNode]:
    return (cell for cell in notebook.cells if cell.cell_type == "code")


def _without_marks(source: str) -> str:
    kept = [line for line in source.splitlines() if line.strip() not in _MARK]
    return _checked("\n".join(kept))


def _checked(source: str) -> str:
    if "### BEGIN" in source or "### END" in source:
        raise ValueError(f"A mark of a solution has no partner in:\n{source}")
    return source
