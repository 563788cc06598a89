"""Every check: it rejects the mistakes that learners make, in words that help, and never raises."""

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from ballet_lib.checks.base import LEVELS, TITLES, judge, lessons, questions, tasks

WITH_TASKS = [number for number in lessons() if tasks(number)]
TASKS = [pytest.param(one, id=one.key) for one in tasks()]

NONSENSE = {
    "none": None,
    "a number": 3,
    "nan": float("nan"),
    "a word": "plié",
    "an empty array": np.empty((0, 3)),
    "a ragged list": [[1, 2], [3]],
    "a dictionary": {"frames": -1},
    "a class": object,
    "no argument": lambda: 1,
    "gives nothing": lambda *_, **__: None,
    "gives a word": lambda *_, **__: "plié",
    "gives back": lambda *given, **__: given[0] if given else 0,
    "raises": lambda *_, **__: 1 / 0,
    "leaves": lambda *_, **__: exit(1),
}


def wrong_answers(lesson: str) -> dict:
    return import_module(f"wrong_{lesson}").WRONG


@pytest.fixture(autouse=True, scope="module")
def beside_this_file():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parent))
        yield


def test_lessons_01_to_12_have_tasks():
    assert [f"{number:02}" for number in range(1, 13)] == WITH_TASKS
    assert set(lessons()) == set(TITLES)


@pytest.mark.parametrize("lesson", WITH_TASKS)
def test_tasks_rise_from_a_line_to_something_of_ones_own(lesson):
    there = tasks(lesson)
    assert 3 <= len(there) <= 5
    assert [one.key for one in there] == [f"{lesson}.{number}" for number in range(1, len(there) + 1)]
    levels = [list(LEVELS).index(one.level) for one in there]
    assert levels == sorted(levels) and set(levels) == {0, 1, 2}
    assert len({one.name for one in there}) == len(there)
    for one in there:
        assert 1 <= one.minutes <= 45 and len(one.hints) >= 2 and one.name.isidentifier()
        assert all(hint[-1] in ".`?)" for hint in one.hints), one.key


@pytest.mark.parametrize("lesson", lessons())
def test_quiz_says_something_to_every_option(lesson):
    asked = questions(lesson)
    assert len(asked) == 3
    for question in asked:
        assert len(question.options) == 3
        assert all(len(said) > 15 for said in question.options.values()), question.text


@pytest.mark.parametrize("one", TASKS)
def test_wrong_answers_are_diagnosed(one):
    wrong = wrong_answers(one.lesson)[one.key]
    assert len(wrong) >= 2
    for answer, phrase in wrong:
        for seed in (0, 1):
            feedback = judge(one.key, answer, seed)
            assert feedback.status in ("wrong", "error"), f"seed {seed}: {feedback}"
            assert phrase in feedback.message, f"seed {seed}: {feedback}"
    assert len({phrase for _, phrase in wrong}) > 1, "every mistake gets the same words"


@pytest.mark.parametrize("one", TASKS)
def test_nonsense_is_judged_and_never_raises(one, capfd):
    for kind, answer in NONSENSE.items():
        assert judge(one.key, answer).status != "right", kind
    assert capfd.readouterr().out == ""
