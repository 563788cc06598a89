"""Three questions at the end of a lesson, as widgets; and the same as text where there are none."""

import random
from typing import TYPE_CHECKING

from ballet_lib.checks.base import Question, questions
from ballet_lib.checks.notes import Note, in_html, trouble
from ballet_lib.checks.progress import answered
from ballet_lib.errors import BalletError

if TYPE_CHECKING:
    from ipywidgets import VBox

_RIGHT, _WRONG = ("✓", "#1b8a5a"), ("✗", "#d55e00")


class Quiz:
    """The quiz of one lesson: choose an option, and read what there is to say about it."""

    def __init__(self, lesson: str, asked: tuple[Question, ...]):
        self.lesson, self.questions = lesson, asked

    def widget(self) -> "VBox":
        """Return the questions one below the other, each with its options and room for feedback."""
        from ipywidgets import VBox

        return VBox([self._one(number, one) for number, one in enumerate(self.questions, start=1)])

    def _one(self, number: int, question: Question) -> "VBox":
        from ipywidgets import HTML, Layout, RadioButtons, VBox

        head = HTML(f"<b>{number}.</b> {in_html(question.text)}")
        choice = RadioButtons(
            options=shuffled(question), index=None, layout=Layout(width="auto", margin="0 0 0 1em")
        )
        told = HTML(layout=Layout(margin="0 0 1em 1em"))

        def answer(change):
            if change["new"] is None:
                told.value = ""
                return
            right = change["new"] == question.right
            mark, colour = _RIGHT if right else _WRONG
            told.value = (
                f"<div role='status' style='border-left:4px solid {colour};padding:.2em .8em'>"
                f"<b style='color:{colour}'>{mark}</b> {in_html(question.options[change['new']])}</div>"
            )
            answered(self.lesson, number, right)

        choice.observe(answer, "value")
        return VBox([head, choice, told])

    def __repr__(self) -> str:
        lines = []
        for number, question in enumerate(self.questions, start=1):
            lines += [f"{number}. {question.text}"]
            lines += [f"   {letter}) {option}" for letter, option in _lettered(question)]
        answers = [
            f"{number} {next(letter for letter, option in _lettered(question) if option == question.right)}: "
            f"{question.options[question.right]}"
            for number, question in enumerate(self.questions, start=1)
        ]
        return "\n".join([*lines, "", "Answers", *answers])

    def _repr_mimebundle_(self, **_) -> dict:
        """Offer the widget, and for pages without a kernel the questions with their answers folded away."""
        bundle = dict(self.widget()._repr_mimebundle_())
        return bundle | {"text/html": self._as_html(), "text/plain": repr(self)}

    def _as_html(self) -> str:
        asked = "".join(
            f"<li>{in_html(question.text)}<ol type='a'>"
            + "".join(f"<li>{in_html(option)}</li>" for _, option in _lettered(question))
            + "</ol></li>"
            for question in self.questions
        )
        answers = "".join(
            f"<li>{in_html(question.right)}: {in_html(question.options[question.right])}</li>"
            for question in self.questions
        )
        folded = f"<details><summary>Answers</summary><ol>{answers}</ol></details>"
        return f"<ol>{asked}</ol>{folded}"


def shuffled(question: Question) -> list[str]:
    """Return the options in an order that does not give the answer away, always the same for a question."""
    options = list(question.options)
    random.Random(question.text).shuffle(options)
    return options


def _lettered(question: Question) -> list[tuple[str, str]]:
    return list(zip("abcdefgh", shuffled(question), strict=False))


def quiz(lesson: str) -> Quiz | Note:
    """Ask the questions of one lesson, such as ``"03"``; nothing is raised if there is none."""
    try:
        asked = questions(lesson)
    except BalletError as error:
        return trouble(str(error))
    return Quiz(lesson, asked) if asked else trouble(f"Lesson {lesson} has no quiz.")
