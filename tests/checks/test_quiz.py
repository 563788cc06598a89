"""The quiz: feedback on every choice, an order that gives nothing away, and text where no widget shows."""

import pytest

from ballet_lib.checks import quiz
from ballet_lib.checks.base import Question, lessons, questions
from ballet_lib.checks.progress import read
from ballet_lib.checks.quiz import Quiz, shuffled

ASKED = (
    Question("Is `<b>` bold?", {"yes": "Right, it is.", "no": "Yes & no.", "always": "Never."}, right="yes"),
    Question("Two?", {"1": "Too few.", "2": "Two it is.", "3": "Too many."}, right="2"),
)


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    monkeypatch.setenv("BALLET_PROGRESS", str(tmp_path / "progress.json"))


def test_every_choice_gets_its_feedback():
    for question, box in zip(ASKED, Quiz("00", ASKED).widget().children, strict=True):
        _, choice, told = box.children
        assert choice.value is None and told.value == ""
        for option, said in question.options.items():
            choice.value = option
            assert said.replace("&", "&amp;") in told.value
            assert ("✓" in told.value) == (option == question.right)
        choice.value = None
        assert told.value == ""


def test_the_first_choice_is_kept():
    first, second = Quiz("00", ASKED).widget().children
    first.children[1].value = "no"
    first.children[1].value = "yes"
    second.children[1].value = "2"
    assert read().quizzes == {"00": {"1": False, "2": True}}


def test_text_holds_questions_options_and_answers():
    bundle = Quiz("00", ASKED)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    text = bundle["text/plain"]
    for question in ASKED:
        assert question.text in text and all(option in text for option in question.options)
    assert text.index("Answers") < text.index("Two it is.")
    assert "<code>&lt;b&gt;</code>" in bundle["text/html"] and "<details>" in bundle["text/html"]


def test_a_question_must_have_its_answer():
    with pytest.raises(ValueError, match="not among the options"):
        Question("?", {"a": "b"}, right="c")


def test_the_right_option_stands_in_every_place():
    asked = [question for lesson in lessons() for question in questions(lesson)]
    places = {shuffled(question).index(question.right) for question in asked}
    assert places == {0, 1, 2}
    assert all(shuffled(question) == shuffled(question) for question in asked)


def test_no_quiz_is_told_and_not_raised():
    assert "no lesson '99'" in repr(quiz("99"))
