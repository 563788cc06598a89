"""The progress file: what was done stays, whoever else writes, and whatever is found in its place."""

import json
import multiprocessing
import os

import pytest

from ballet_lib.checks import base, check, hint, progress, session, solution
from ballet_lib.checks.progress import LARGEST, Record, answered, change, read, where


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    path = tmp_path / "home" / "progress.json"
    monkeypatch.setenv("BALLET_PROGRESS", str(path))
    monkeypatch.setattr(base, "_TASKS", {})
    monkeypatch.setattr(session, "SOLUTIONS", tmp_path / "solutions.json")

    @base.task("00.1", "count", "Count", level="fill in", minutes=1, hints=("One.", "Two."))
    def count(answer, rng):
        base.expect(answer == 3, "not three")

    return path


def test_right_stays_right_and_tries_are_counted():
    check("00.1", ...)
    assert read().tasks["00.1"] == Record(right=False, tries=0)
    for answer in (1, 3, 2):
        check("00.1", answer)
    assert read().tasks["00.1"] == Record(right=True, tries=3)


def test_one_more_hint_each_time_and_the_last_says_so():
    assert "1. One." in repr(hint("00.1")) and "Two" not in repr(read())
    assert "2. Two.\nThat was the last" in repr(hint("00.1"))
    assert "2. Two." in repr(hint("00.1"))
    assert read().tasks["00.1"].hints == 2


def test_solution_is_shown_and_remembered_or_withheld():
    assert "Your teacher gives it out" in repr(solution("00.1"))
    assert not read().tasks
    session.SOLUTIONS.write_text(json.dumps({"00.1": "count = 3"}))
    assert repr(solution("00.1")).endswith("    count = 3")
    assert read().tasks["00.1"].shown


@pytest.mark.parametrize("ask", [check, hint, solution])
def test_unknown_task_is_told_and_not_raised(ask):
    assert "There is no task '00.7'" in repr(ask("00.7"))
    assert "There is no lesson 'plié'" in repr(ask("plié"))


def test_first_answer_of_a_quiz_counts():
    answered("00", 1, False)
    answered("00", 1, True)
    answered("00", 2, True)
    assert read().quizzes == {"00": {"1": False, "2": True}}


@pytest.mark.parametrize(
    ("text", "kept_as"),
    [
        (json.dumps({"version": 7, "tasks": {"00.1": "gold"}}), "version-7"),
        ("{half", "damaged"),
        ("[]", "damaged"),
        (json.dumps({"version": 1, "tasks": [], "quizzes": {}}), "damaged"),
        (json.dumps({"version": 1, "tasks": {"a": 3}, "quizzes": {}}), "damaged"),
        (json.dumps({"version": True, "tasks": {}}), "damaged"),
        ("\udcff", "damaged"),
        (" " * (LARGEST + 1), "damaged"),
    ],
)
def test_a_file_of_another_version_or_a_damaged_one_is_kept_aside(file, text, kept_as):
    file.parent.mkdir()
    written = text.encode("utf-8", "surrogateescape")
    file.write_bytes(written)
    assert read().tasks == {}
    assert file.read_bytes() == written, "reading must not touch it"
    check("00.1", 3)
    assert read().tasks["00.1"].right
    assert file.with_name(f"progress.json.{kept_as}").read_bytes() == written


def test_a_second_damaged_file_does_not_overwrite_the_first(file):
    file.parent.mkdir()
    for text in ("one", "two"):
        file.write_text(text)
        check("00.1", 3)
    assert file.with_name("progress.json.damaged").read_text() == "one"
    assert file.with_name("progress.json.damaged-2").read_text() == "two"


def _try_often(path, key):
    os.environ["BALLET_PROGRESS"] = path
    for _ in range(20):
        change(key, lambda record: setattr(record, "tries", record.tries + 1))


def test_two_browsers_lose_nothing_of_each_other(file):
    context = multiprocessing.get_context("spawn")
    both = [context.Process(target=_try_often, args=(str(file), key)) for key in ("00.1", "00.1", "01.2")]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert {key: record.tries for key, record in read().tasks.items()} == {"00.1": 40, "01.2": 20}


def test_learning_goes_on_where_nothing_can_be_written(file):
    file.parent.write_text("a file where the folder should be")
    assert check("00.1", 3).status == "right"
    assert "1. One." in repr(hint("00.1")) and "2. Two." in repr(hint("00.1"))


def test_killed_while_writing_leaves_the_old_file_whole(file, monkeypatch):
    check("00.1", 3)
    before = file.read_bytes()
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    check("00.1", 2)
    assert file.read_bytes() == before


def test_bar_shows_lessons_with_their_tasks():
    check("00.1", 3)
    answered("00", 3, True)
    report = progress()
    row = report.rows[0]
    assert (row.title, row.right, row.tasks, row.quiz, row.questions) == ("Start here", 1, 1, 1, 3)
    assert "00 Start here             ■" in repr(report)
    assert f"1 of {report.tasks} tasks done" in report._repr_html_()


def test_the_file_is_the_users_own_by_default(monkeypatch):
    monkeypatch.delenv("BALLET_PROGRESS")
    assert where().name == "progress.json" and where().parent.name == "ballet_lib"
