"""What a learner calls in a notebook: `check`, `hint` and `solution`."""

import json
from pathlib import Path
from typing import Any

from ballet_lib.checks.base import Task, find, judge, tasks
from ballet_lib.checks.notes import Feedback, Note, hint_note, trouble
from ballet_lib.checks.progress import Record, change, read
from ballet_lib.errors import BalletError

SOLUTIONS = Path(__file__).with_name("solutions.json")
"""One way to solve each task, written by ``tools/notebooks.py``; a class may be built without it."""


def check(key: str, answer: Any = ...) -> Feedback | Note:
    """Judge the answer to a task, and keep what came of it in the learner's progress.

    Parameters
    ----------
    key
        Which task, such as ``"01.2"``.
    answer
        The function, value or model that the task asks for.

    Returns
    -------
    Feedback or Note
        Shown by the notebook: right, not yet and why, an error in the code and where, or not attempted.
        Nothing is raised, whatever the answer.
    """
    try:
        feedback = judge(key, answer)
    except BalletError as error:
        return trouble(str(error))

    def note(record: Record) -> None:
        if feedback.status != "not attempted":
            record.tries += 1
        record.right = record.right or feedback.status == "right"

    change(key, note)
    if feedback.status == "right":
        return _praised(feedback)
    if feedback.status == "wrong" and feedback.task.hints:
        return Feedback(feedback.task, "wrong", f'{feedback.message}\nStuck? `hint("{key}")`')
    return feedback


def _praised(feedback: Feedback) -> Feedback:
    there, records = tasks(feedback.task.lesson), read().tasks
    done = sum(records[one.key].right for one in there if one.key in records)
    return Feedback(feedback.task, "right", f"{done} of {len(there)} done in this lesson." if done else "")


def hint(key: str) -> Note:
    """Give one more hint for a task, below those given before."""
    try:
        chosen = find(key)
    except BalletError as error:
        return trouble(str(error))
    if not chosen.hints:
        return hint_note(f"{key} Hint:", "There is none for this task.")

    def note(record: Record) -> None:
        record.hints = min(record.hints + 1, len(chosen.hints))

    given = max(change(key, note).hints, 1)
    told = "\n".join(f"{number}. {text}" for number, text in enumerate(chosen.hints[:given], start=1))
    last = f'\nThat was the last. `solution("{key}")` shows one way.' if given == len(chosen.hints) else ""
    return hint_note(f"{key} Hint {given} of {len(chosen.hints)}:", f"\n{told}{last}")


def solution(key: str) -> Note:
    """Show one way to solve a task, unless the class was built without solutions."""
    try:
        chosen = find(key)
    except BalletError as error:
        return trouble(str(error))
    code = shown_solutions().get(key)
    if code is None:
        return hint_note(f"{key} Solution:", "Your teacher gives it out in class. " + _next_step(chosen))

    def note(record: Record) -> None:
        record.shown = True

    change(key, note)
    return hint_note(f"{key} One way:", "", code)


def _next_step(chosen: Task) -> str:
    return f'Until then: `hint("{chosen.key}")`' if chosen.hints else "Until then, try again."


def shown_solutions() -> dict[str, str]:
    """Return the code that `solution` shows, by task; empty in a class without solutions."""
    try:
        return json.loads(SOLUTIONS.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
