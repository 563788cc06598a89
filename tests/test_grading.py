"""A class full of notebooks that go wrong, graded in one go: one row each, and no harm done."""

import csv
import json
import os
import socket
import sys
from pathlib import Path

import psutil
import pytest

import ballet_lib
from ballet_lib.errors import BalletError
from ballet_lib.grading import Limits, grade
from ballet_lib.grading.grades import _Finished

LINUX = sys.platform == "linux"
SECONDS = 6
MARK = "987.6543"  # seconds that a process left behind would sleep, to find it by

ANSWER = """
import numpy as np
from ballet_lib.skeleton import INDEX

def arms_overhead(landmarks):
    wrists = landmarks[:, [INDEX["left_wrist"], INDEX["right_wrist"]], 1]
    return (wrists < landmarks[:, [INDEX["nose"]], 1]).all(axis=1)
"""
WRONG = ANSWER.replace("wrists <", "wrists >")

FORGE = """
import json, os
for stream in range(64):
    for line in ({"phase": "judging"}, {"key": "01.1", "status": "right", "message": "", "token": ""},
                 {"phase": "end", "token": ""}):
        try:
            os.write(stream, json.dumps(line).encode() + b"\\n")
        except OSError:
            pass
os._exit(0)
"""
PATCH = """
import builtins, inspect, json, sys
import numpy as np
import ballet_lib.checks as checks
import ballet_lib.checks.base as base
import ballet_lib.checks.lesson_01 as lesson
from ballet_lib.checks.notes import Feedback
always = lambda *a, **k: True
base.judge = checks.check = lambda key, *a, **k: Feedback(base.find(key), "right", "")
base.expect = base.expect_close = base.expect_shape = lambda *a, **k: None
lesson.expect = lambda *a, **k: None
np.array_equal = np.allclose = np.isclose = always
np.flatnonzero = lambda *a: []
builtins.len = lambda *a: 0
json.dumps = lambda *a, **k: '{"key": "01.1", "status": "right", "message": ""}'
base.Task.test = property(lambda self: always)
"""
BREAK = """
import builtins, json, os, sys
print = builtins.print = builtins.open = json.dumps = os.write = None
sys.stdout = sys.stderr = None
sys.meta_path.clear()
sys.modules.clear()
"""
LEAVE = f"""
import subprocess, sys
for _ in range(2):
    subprocess.Popen([sys.executable, "-c", "import os, time; os.fork(); os.setsid(); time.sleep({MARK})"])
"""
PRINT = """
import os
for _ in range(500):
    print("x" * 10**6)
    os.write(1, b"y" * 10**6)
"""
BLOCK = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if hasattr(signal, "pthread_sigmask"):
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
"""
YES = """
class Yes:
    def __call__(self, *a):
        return self
    def __getattr__(self, name):
        raise BaseException("no")
arms_overhead = Yes()
"""
RIDDLE = """
class Riddle(Exception):
    def __str__(self):
        raise ValueError
raise Riddle
"""
NOTEBOOKS = {
    "anna": [ANSWER],
    "loops": ["while True:\n    pass", ANSWER],
    "stubborn": [ANSWER, BLOCK, "sum(iter(int, 1))"],
    "catches": [ANSWER, "while True:\n    try:\n        while True: pass\n    except BaseException: pass"],
    "leaves": [LEAVE, ANSWER],
    "multiplies": ["import os, time\nfor _ in range(6):\n    os.fork()\ntime.sleep(30)"],
    "eats": ["kept = []\nwhile True:\n    kept.append(bytearray(10**7))"],
    "empty_cells": [],
    "renames": [ANSWER.replace("arms_overhead", "arms")],
    "cannot_import": ["import a_package_of_my_own", ANSWER],
    "made_by_raising": ["arms_overhead = 1 / 0"],
    "prints": [PRINT, ANSWER],
    "reads": ["secret = open({other!r}).read()", "open({table!r}, 'w').write('reads,right')",
              "import socket\nsocket.create_connection(('127.0.0.1', {port}), 2).send(b'hello')",
              "import os\nos.kill(os.getppid(), 9)", "open(f'/proc/{{os.getppid()}}/environ').read()",
              ANSWER],
    "fills": ["for n in range(100):\n    open(f'{{n}}', 'wb').write(bytes(10**8))"],
    "patches": [WRONG, PATCH],
    "forges": [WRONG, FORGE],
    "leaves_early": [ANSWER, "import os\nos._exit(0)"],
    "exits": ["import sys\nsys.exit()", ANSWER, "exit()"],
    "breaks": [ANSWER, BREAK],
    "answers_anything": [YES],
    "asks_and_raises": ["def arms_overhead(landmarks):\n    raise SystemExit"],
    "loops_when_asked": ["def arms_overhead(landmarks):\n    while True: pass", "knee_angle = ..."],
    "raises_a_riddle": [RIDDLE, ANSWER],
    "half_a_letter": ["raise ValueError('\ud800')", ANSWER],
    "=1+1": [ANSWER],
}  # fmt: skip
LINUX_ONLY = {"leaves", "multiplies"}


def notebook(cells, lesson="01") -> str:
    told = {"ballet": {"exercise": lesson}} if lesson else {}
    made = [{"cell_type": "code", "source": cell, "metadata": {}, "outputs": []} for cell in cells]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": told, "cells": made})


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    """The class folder, graded once: (folder, grades, rows of the table by learner)."""
    folder = tmp_path_factory.mktemp("room") / "class"
    table = folder.parent / "grades.csv"
    listening = socket.create_server(("127.0.0.1", 0))
    places = {"other": str(folder / "anna" / "01.ipynb"), "table": str(table),
              "port": listening.getsockname()[1]}  # fmt: skip
    for learner, cells in NOTEBOOKS.items():
        if LINUX or learner not in LINUX_ONLY:
            (folder / learner).mkdir(parents=True)
            filled = [cell.format(**places) if learner in ("reads", "fills") else cell for cell in cells]
            (folder / learner / "01.ipynb").write_text(notebook(filled), encoding="utf-8")
    (folder / "damaged.ipynb").write_text("{", encoding="utf-8")
    (folder / "nothing_01_pose.ipynb").write_text("", encoding="utf-8")
    (folder / "not_a_notebook_01.ipynb").write_text("[1, 2]", encoding="utf-8")
    (folder / "tower.ipynb").write_text("[" * 100_000, encoding="utf-8")
    with open(folder / "huge_01.ipynb", "wb") as file:
        file.truncate(2 * 10**9)  # on most disks nothing is written
    (folder / "absent").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe_01.ipynb")
        (folder / "links").mkdir()
        (folder / "links" / "01.ipynb").symlink_to(folder / "anna" / "01.ipynb")
        (folder / "borrowed").symlink_to(folder / "anna")
    os.environ["A_KEY_OF_THE_TEACHERS"] = "secret"
    try:
        grades = grade(folder, table, Limits(SECONDS, 700), workers=2, progress=False)
    finally:
        del os.environ["A_KEY_OF_THE_TEACHERS"]
        listening.close()
    with open(table, encoding="utf-8", newline="") as file:
        rows = {row["learner"]: row for row in csv.DictReader(file)}
    return folder, grades, rows


def told(room, learner) -> tuple[str, str]:
    """What task 01.1 came to, and all that is said about the learner."""
    row = next(row for row in room[1].rows if row.learner == learner)
    verdict = row.verdicts["01.1"]
    return verdict.status, f"{verdict.message} | {' | '.join(row.notes)}"


def test_each_learner_has_one_row_and_no_row_is_missing(room):
    folder, grades, rows = room
    assert [row.learner for row in grades.rows] == sorted({row.learner for row in grades.rows})
    handed_in = {path.name for path in folder.iterdir() if path.is_dir() and not path.is_symlink()}
    files = {"damaged", "nothing", "not_a_notebook", "tower", "huge"} | (
        {"pipe"} if hasattr(os, "mkfifo") else set()
    )
    assert {row.learner for row in grades.rows} == handed_in | files
    assert len(rows) == len(grades.rows)
    assert {"01.1", "01.2", "right", "of", "as_shown", "seconds", "note"} <= set(rows["anna"])


@pytest.mark.parametrize(
    ("learner", "status", "message"),
    [
        ("anna", "right", ""),
        ("loops", "right", "cell 1 was stopped after 3 s"),
        ("stubborn", "stopped", "stopped after 6 s in cell 3"),
        ("catches", "right stopped", "stopped after"),
        ("eats", "missing stopped", "more than 700 MB"),
        ("multiplies", "stopped", "started more than 32 processes"),
        ("empty_cells", "missing", "no `arms_overhead` in this notebook: was it renamed?"),
        ("renames", "missing", "was it renamed?"),
        ("cannot_import", "right", "cell 1: ModuleNotFoundError: No module named 'a_package_of_my_own'"),
        ("made_by_raising", "missing", "no `arms_overhead`, since cell 1 raised ZeroDivisionError"),
        ("fills", "stopped missing", "File too large wrote more than"),
        ("patches", "wrong", "points down"),
        ("forges", "stopped", "ended Python itself"),
        ("leaves_early", "stopped", "ended Python itself in cell 2"),
        ("exits", "right", "cell 1: SystemExit"),
        ("breaks", "right", ""),
        ("answers_anything", "wrong error", ""),
        ("asks_and_raises", "error", "SystemExit"),
        ("loops_when_asked", "stopped", "`arms_overhead` stopped after"),
        ("raises_a_riddle", "right", "cell 1: Riddle"),
        ("half_a_letter", "right", "cell 1: "),
        ("damaged", "missing", "damaged.ipynb is damaged or no notebook"),
        ("nothing", "missing", "is empty"),
        ("not_a_notebook", "missing", "is damaged or no notebook"),
        ("tower", "missing", "is damaged or no notebook"),
        ("huge", "missing", "has 2,000 MB"),
        ("absent", "missing", "no notebook"),
    ],
)
def test_what_becomes_of_it(room, learner, status, message):
    got, notes = told(room, learner)
    assert got in status.split()
    if learner == "fills":
        assert "too large" in notes or "wrote more than" in notes
    else:
        assert message in notes


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes and links here")
def test_neither_links_nor_pipes_are_followed(room):
    assert "is a link" in told(room, "links")[1]
    assert "is no file" in told(room, "pipe")[1]
    assert not any(row.learner == "borrowed" for row in room[1].rows)


@pytest.mark.skipif(not LINUX, reason="orphans are found on Linux only")
def test_nothing_is_left_running(room):
    assert told(room, "leaves")[0] == "right"
    running = [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]
    assert not any(MARK in line for line in running)
    assert not any("ballet_lib.grading.supervisor" in " ".join(process.cmdline())
                   for process in psutil.Process().children(recursive=True))  # fmt: skip


def test_a_gigabyte_printed_is_counted_and_dropped(room):
    status, notes = told(room, "prints")
    assert status == "right"
    assert "printed 1,0" in notes


def test_other_learners_the_table_and_the_network_are_out_of_reach(room):
    _, grades, rows = room
    status, notes = told(room, "reads")
    assert status == "right"
    assert rows["reads"]["01.2"] == "missing"
    if grades.isolation["files"]:
        assert "cell 1: PermissionError" in notes
        assert "cell 2: PermissionError" in notes
        assert "cell 5: PermissionError" in notes
    if grades.isolation["network"]:
        assert "cell 3: PermissionError" in notes
    if grades.isolation["signals"]:
        assert "cell 4: PermissionError" in notes


@pytest.mark.skipif(not LINUX, reason="seccomp is Linux's")
def test_linux_keeps_the_network_away(room):
    assert room[1].isolation["network"]


def test_a_name_is_never_a_formula(room):
    assert "'=1+1" in room[2]
    assert "=1+1" not in room[2]


def test_a_second_run_runs_only_what_has_changed(tmp_path):
    folder, table = tmp_path / "class", tmp_path / "grades.csv"
    folder.mkdir()
    slow = ["import time\ntime.sleep(0.4)", ANSWER]
    (folder / "anna.ipynb").write_text(notebook(slow))
    (folder / "ben.ipynb").write_text(notebook(["x = 1"]))
    first = grade(folder, table, progress=False)
    kept = json.loads((tmp_path / "grades.finished.json").read_text())
    (folder / "ben.ipynb").write_text(notebook([ANSWER]))
    second = grade(folder, table, progress=False)
    assert [row.right for row in first.rows] == [1, 0]
    assert [row.right for row in second.rows] == [1, 1]
    assert second.rows[0].seconds == first.rows[0].seconds >= 0.4
    again = json.loads((tmp_path / "grades.finished.json").read_text())
    assert again["seed"] == kept["seed"]
    assert len(again["runs"]) == 3


@pytest.mark.parametrize("kept", ["", "[]", "{", '{"version": 99, "runs": []}', '{"version": 1}', "\0"])
def test_a_file_of_another_version_is_begun_anew(tmp_path, kept):
    path = tmp_path / "grades.finished.json"
    path.write_text(kept)
    finished = _Finished(path, Limits())
    assert finished.runs == {}
    finished.keep("digest", {"seconds": 1.0})
    assert _Finished(path, Limits()).runs == {"digest": {"seconds": 1.0}}
    assert _Finished(path, Limits(seconds=99)).runs == {}


def test_of_two_notebooks_the_better_answer_counts(tmp_path):
    (tmp_path / "class" / "anna" / "again").mkdir(parents=True)
    (tmp_path / "class" / "anna" / "01.ipynb").write_text(notebook([WRONG]))
    (tmp_path / "class" / "anna" / "again" / "01.ipynb").write_text(notebook([ANSWER]))
    (tmp_path / "class" / "anna_01.ipynb").write_text(notebook([WRONG + "\nmore = 1"]))
    (row,) = grade(tmp_path / "class", tmp_path / "grades.csv", progress=False).rows
    assert row.verdicts["01.1"].status == "right"
    assert any("lesson 01 twice" in note for note in row.notes)


@pytest.mark.parametrize(
    ("folder", "output", "message"),
    [
        ("nowhere", "grades.csv", "There is no folder"),
        ("empty", "grades.csv", "There is no notebook in"),
        ("of_one", "grades.csv", "belong to nobody"),
        ("of_two", "grades.txt", "ends in .csv"),
        ("of_two", "folder.csv", "is a folder"),
    ],
)
def test_refused(tmp_path, folder, output, message):
    for name in ("empty", "of_one", "of_two", "folder.csv"):
        (tmp_path / name).mkdir()
    (tmp_path / "of_one" / "01_pose_extraction.ipynb").write_text(notebook([ANSWER]))
    (tmp_path / "of_two" / "anna.ipynb").write_text(notebook([ANSWER]))
    with pytest.raises(BalletError, match=message):
        grade(tmp_path / folder, tmp_path / output, progress=False)


def test_neither_the_class_nor_its_table_may_lie_where_notebooks_read(tmp_path):
    library = Path(ballet_lib.__file__).parent
    (tmp_path / "anna.ipynb").write_text(notebook([ANSWER]))
    for folder, table in ((library, tmp_path / "grades.csv"), (tmp_path, library / "grades.csv")):
        with pytest.raises(BalletError, match="which every notebook may read"):
            grade(folder, table, progress=False)


def test_limits_that_cannot_be():
    with pytest.raises(BalletError, match="seconds are no limit"):
        Limits(seconds=0)
    with pytest.raises(BalletError, match="MB are no limit"):
        Limits(memory=10)
