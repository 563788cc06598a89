"""Three questions at the end of a lesson, as a widget; and the same as text where there are none."""

import random
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from ballet_lib.checks.base import Question, questions
from ballet_lib.checks.notes import Note, in_html, trouble
from ballet_lib.checks.progress import answered
from ballet_lib.errors import BalletError

_HERE = Path(__file__).parent


class Quiz(anywidget.AnyWidget):
    """The quiz of one lesson: choose an option, and read what there is to say about it.

    It is one widget, whose feedback needs no kernel: a kept notebook still answers.

    Attributes
    ----------
    answers
        What was chosen last, by the number of the question: ``{"1": "Below the picture"}``. The first
        answer to each question goes into the learner's progress.
    """

    _esm = _HERE / "quiz.js"
    _css = _HERE / "quiz.css"
    asked = traitlets.List(help="text, options with their feedback, and which is right").tag(sync=True)
    answers = traitlets.Dict(help="option chosen, by the number of the question").tag(sync=True)

    def __init__(self, lesson: str, asked: tuple[Question, ...]):
        self.lesson, self.questions = lesson, asked
        super().__init__(asked=[_for_the_page(question) for question in asked])
        self.observe(self._answered, "answers")

    def _answered(self, change: dict) -> None:
        for number, question in enumerate(self.questions, start=1):
            chosen = change["new"].get(str(number))
            if chosen in question.options and chosen != change["old"].get(str(number)):
                answered(self.lesson, number, chosen == question.right)

    def __repr__(self) -> str:
        """Ask in plain text, with the answers at the end."""
        lines, answers = [], []
        for number, question in enumerate(self.questions, start=1):
            lines.append(f"{number}. {question.text}")
            for letter, option in zip("abcdefgh", shuffled(question), strict=False):
                lines.append(f"   {letter}) {option}")
                if option == question.right:
                    answers.append(f"{number} {letter}: {question.options[option]}")
        return "\n".join([*lines, "", "Answers", *answers])

    def _repr_mimebundle_(self, **named) -> Any:
        """Offer the widget, and for pages that show none the questions with their answers folded away."""
        bundle: Any = super()._repr_mimebundle_(**named)
        data, *metadata = bundle if isinstance(bundle, tuple) else (bundle,)
        data = dict(data) | {"text/html": self._as_html(), "text/plain": repr(self)}
        return (data, *metadata) if metadata else data

    def _as_html(self) -> str:
        asked = "".join(
            f"<li>{in_html(question.text)}<ol type='a'>"
            + "".join(f"<li>{in_html(option)}</li>" for option in shuffled(question))
            + "</ol></li>"
            for question in self.questions
        )
        answers = "".join(
            f"<li>{in_html(question.right)}: {in_html(question.options[question.right])}</li>"
            for question in self.questions
        )
        folded = f"<details><summary>Answers</summary><ol>{answers}</ol></details>"
        return f"<ol>{asked}</ol>{folded}"


def _for_the_page(question: Question) -> dict:
    """Return a question as the page shows it; texts are safe HTML, with code where backticks stood."""
    options = [
        {"value": option, "text": in_html(option), "feedback": in_html(question.options[option]),
         "right": option == question.right}
        for option in shuffled(question)
    ]  # fmt: skip
    return {"text": in_html(question.text), "options": options}


def shuffled(question: Question) -> list[str]:
    """Return the options in an order that does not give the answer away, always the same for a question."""
    options = list(question.options)
    random.Random(question.text).shuffle(options)
    return options


def quiz(lesson: str) -> Quiz | Note:
    """Ask the questions of one lesson, such as ``"03"``; nothing is raised if there is none."""
    try:
        asked = questions(lesson)
    except BalletError as error:
        return trouble(str(error))
    return Quiz(lesson, asked) if asked else trouble(f"Lesson {lesson} has no quiz.")
