"""Feedback for learners: `check` judges an answer, `hint` helps, `solution` shows one way, `quiz` asks.

One module a lesson (``lesson_01`` …) holds its tasks and its quiz; ``base`` tells right from wrong, not
attempted and an error in the learner's code; ``progress`` keeps what was done in one small local file.
"""

from ballet_lib.checks.progress import progress
from ballet_lib.checks.quiz import quiz
from ballet_lib.checks.session import check, hint, solution

__all__ = ["check", "hint", "progress", "quiz", "solution"]
