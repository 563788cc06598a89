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


def test_the_page_is_told_what_to_say_to_every_choice():
    for question, told in zip(ASKED, Quiz("00", ASKED).asked, strict=True):
        assert {one["value"] for one in told["options"]} == set(question.options)
        for one in told["options"]:
            assert one["feedback"] == question.options[one["value"]].replace("&", "&amp;")
            assert one["right"] == (one["value"] == question.right)
    assert Quiz("00", ASKED).asked[0]["text"] == "Is <code>&lt;b&gt;</code> bold?"


def test_the_first_choice_is_kept_and_nonsense_of_a_page_is_not():
    asked = Quiz("00", ASKED)
    for answers in ({"1": "no"}, {"1": "yes"}, {"1": "yes", "2": "2"}, {"3": "yes", "2": 5, "x": None}):
        asked.answers = answers
    assert read().quizzes == {"00": {"1": False, "2": True}}


def test_text_holds_questions_options_and_answers():
    bundle = Quiz("00", ASKED)._repr_mimebundle_()
    bundle = bundle[0] if isinstance(bundle, tuple) else bundle
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
