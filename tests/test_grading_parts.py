"""The parts of grading, each alone: layouts, shown solutions, the library put back, other systems, Ctrl-C."""

import csv
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest
from test_grading import ANSWER, notebook

from ballet_lib.grading import supervisor
from ballet_lib.grading.as_shown import as_shown
from ballet_lib.grading.class_folder import handed_in
from ballet_lib.grading.library_guard import LibraryGuard
from ballet_lib.grading.packets import packet, read_packet


@pytest.mark.parametrize(
    ("path", "learner", "lesson"),
    [
        ("anna/01_pose_extraction.ipynb", "anna", "01"),
        ("anna/week 2/my 03 lstm.ipynb", "anna", "03"),
        ("anna.ipynb", "anna", "07"),
        ("anna_01_pose_extraction.ipynb", "anna", "01"),
        ("anna_maria-04.ipynb", "anna_maria", "04"),
        ("Anna Müller 2_05_attention_and_tcn (1).ipynb", "Anna Müller 2", "05"),
        ("anna2024.ipynb", "anna2024", "07"),
    ],
)
def test_who_and_which_lesson(tmp_path, path, learner, lesson):
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text(notebook(['check("07.1", x)', "check('07.2', y)", 'check("08.1", z)'], None))
    learners, (found,) = handed_in(tmp_path)
    assert (learners, found.learner, found.lesson, found.problem) == ([learner], learner, lesson, None)


def test_what_the_builder_wrote_counts_more_than_the_name(tmp_path):
    (tmp_path / "anna_01.ipynb").write_text(notebook([], "09"))
    assert handed_in(tmp_path)[1][0].lesson == "09"


def test_hidden_copies_are_no_second_notebook(tmp_path):
    for folder in ("anna", "anna/.ipynb_checkpoints", "__MACOSX", ".git"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "01.ipynb").write_text(notebook([]))
    learners, found = handed_in(tmp_path)
    assert learners == ["anna"]
    assert [one.name for one in found] == ["anna/01.ipynb"]


def test_a_notebook_without_a_lesson_asks_for_its_number(tmp_path):
    (tmp_path / "anna.ipynb").write_text(notebook(["x = 1"], None))
    assert "which lesson is this?" in handed_in(tmp_path)[1][0].problem


SHOWN = {
    "01.2": 'def knee(world, side):\n    """Return it."""\n    hip = world[side]\n    return np.abs(hip - 1)',
    "01.3": "import numpy as np\nhalf = lambda x: x / 2\n\ndef other(a):\n    return half(a)",
}


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ([SHOWN["01.2"]], {"01.2"}),
        (["def mine(w: dict, s) -> float:\n    h = w[s]  # my idea\n    return np.abs(h - 1)\nknee = mine"],
         {"01.2"}),
        (["def knee(world, side):\n    hip = world[side]\n    return np.abs(hip - 2)"], set()),
        (["def knee(world, side):\n    hip = side[world]\n    return np.abs(hip - 1)"], set()),
        (["def other(a):\n    return half(a)"], set()),
        (["def f(b):\n    return g(b)", "g = lambda y: y / 2"], {"01.3"}),
        (["%matplotlib inline\n" + SHOWN["01.2"], "((" * 5000, "x = '\0'"], set()),
        ([], set()),
    ],
)  # fmt: skip
def test_a_shown_solution_is_known_under_other_names(cells, found):
    assert as_shown(cells, SHOWN) == found


def test_the_library_is_put_back():
    from ballet_lib.takes import TakeSet

    guard = LibraryGuard()
    before = np.allclose, TakeSet.load, json.dumps, list(sys.meta_path), sys.modules["json"]
    np.allclose = json.dumps = lambda *_, **__: True
    load, TakeSet.load = TakeSet.__dict__["load"], None
    sys.meta_path.insert(0, object())
    sys.modules["json"] = None
    guard.restore()
    assert (np.allclose, TakeSet.load, json.dumps, sys.meta_path, sys.modules["json"]) == before
    assert TakeSet.__dict__["load"] is load


def test_a_packet_comes_out_as_it_went_in(tmp_path):
    (tmp_path / "stream").write_bytes(packet({"a": "é" * 100_000}) + b"\x05\0\0\0ab")
    with open(tmp_path / "stream", "rb") as stream:
        assert read_packet(stream) == {"a": "é" * 100_000}
        with pytest.raises(EOFError):
            read_packet(stream)


def test_no_verdict_is_believed_without_the_token():
    (down_out, down_in), (up_out, up_in), (out, into) = os.pipe(), os.pipe(), os.pipe()
    child = supervisor._Child({"seed": 12345, "cells": []}, os.fdopen(down_in, "wb", 0),
                              os.fdopen(up_out, "rb", 0), os.fdopen(out, "rb", 0))  # fmt: skip
    control = os.fdopen(down_out, "rb", 0)
    job = read_packet(control)
    assert "seed" not in job
    right = {"key": "01.1", "status": "right", "message": ""}
    told = [
        {"cell": 1},
        right,
        "text",
        [1],
        {"raised": "x"},
        {"phase": "judging"},
        right,
        right | {"token": "a"},
    ]
    os.write(up_in, b"".join(json.dumps(each).encode() + b"\n" for each in told) + b"not json\n")
    reply = read_packet(control)
    assert reply["seed"] == 12345
    os.write(up_in, json.dumps({"key": "01.2", "status": "wrong", "message": "", **reply}).encode() + b"\n")
    for end in (up_in, into):
        os.close(end)
    account = child.account(None, 1.0)
    control.close()
    assert account["verdicts"] == {"01.2": {"status": "wrong", "message": ""}}
    assert account["stopped"].startswith("ended Python itself")


@pytest.mark.parametrize(
    ("cell", "status", "stopped"), [(ANSWER, "right", None), ("sum(iter(int, 1))", None, "stopped after")]
)
def test_without_forking_it_is_the_same(monkeypatch, cell, status, stopped):
    monkeypatch.setattr(supervisor, "FORKS", False)
    job = {"lesson": "01", "cells": [cell], "seconds": 20 if status else 4, "memory": 2 * 10**9, "seed": 1}
    run = supervisor.supervise(job)
    assert run["verdicts"].get("01.1", {}).get("status") == status
    assert (run["stopped"] or "").startswith(stopped or "")
    assert bool(run["stopped"]) == bool(stopped)


TRIED = """
import json, os, socket, sys
from pathlib import Path
from ballet_lib.grading import isolation

{before}
folder, secret = Path(sys.argv[1]), sys.argv[2]
os.chdir(folder)
in_force = isolation.confine(folder, 2 * 10**9, 60)

def may(act):
    try:
        act()
    except OSError:
        return False
    return True

def network(kind, family=socket.AF_INET):
    return may(lambda: socket.socket(family, kind).close())

print(json.dumps(in_force | {{
    "reads": may(lambda: open(secret).read()),
    "lists": may(lambda: os.listdir(Path(secret).parent)),
    "writes": may(lambda: open(secret, "a").close()),
    "truncates": may(lambda: os.truncate(secret, 0)),
    "moves": may(lambda: os.rename(secret, folder / "x")),
    "own": may(lambda: Path("mine").write_text("x")),
    "tcp": network(socket.SOCK_STREAM),
    "udp": network(socket.SOCK_DGRAM),
    "local": network(socket.SOCK_STREAM, getattr(socket, "AF_UNIX", socket.AF_INET)),
    "pair": may(socket.socketpair),
    "library": may(lambda: __import__("ballet_lib.takes")),
}}))
"""


@pytest.mark.parametrize("before", ["", "isolation._CREATE_RULESET = 9999; isolation._DENIED = {}"])
def test_what_is_said_to_be_in_force_is(tmp_path, before):
    (tmp_path / "own").mkdir()
    (tmp_path / "secret").write_text("x")
    program = [sys.executable, "-c", TRIED.format(before=before)]
    places = [str(tmp_path / "own"), str(tmp_path / "secret")]
    tried = subprocess.run([*program, *places], capture_output=True, text=True, timeout=60)
    told = json.loads(tried.stdout)
    assert told["own"] and told["pair"] and told["library"]
    assert all(told[act] is not told["files"] for act in ("reads", "lists", "writes", "moves"))
    assert all(told[kind] is not told["network"] for kind in ("tcp", "local", "udp"))
    if told["files"]:
        assert (tmp_path / "secret").read_text() == "x"
    if before:
        assert not (told["files"] or told["network"] or told["signals"])


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="Ctrl-C reaches a whole console on Windows")
def test_ctrl_c_keeps_what_is_done_and_leaves_nobody_running(tmp_path):
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "anna.ipynb").write_text(notebook([ANSWER]))
    (tmp_path / "class" / "ben.ipynb").write_text(notebook(["import time\ntime.sleep(60)", ANSWER]))
    command = [sys.executable, "-m", "ballet_lib", "grade", str(tmp_path / "class"),
               "-o", str(tmp_path / "grades.csv"), "--workers", "1"]  # fmt: skip
    (tmp_path / "temporary").mkdir()
    environment = os.environ | {"TMPDIR": str(tmp_path / "temporary")}
    grading = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    finished = tmp_path / "grades.finished.json"
    ends = time.monotonic() + 30
    while not finished.exists() and time.monotonic() < ends:
        time.sleep(0.05)
    started = psutil.Process(grading.pid).children(recursive=True)
    grading.send_signal(signal.SIGINT)
    _, said = grading.communicate(timeout=30)
    assert grading.returncode == 130
    assert "stopped. What was finished is kept" in said
    assert not psutil.wait_procs(started, timeout=5)[1]
    assert not (tmp_path / "grades.csv").exists()
    assert not list((tmp_path / "temporary").iterdir())
    assert len(json.loads(finished.read_text())["runs"]) == 1


def test_the_command_prints_one_json_document(tmp_path):
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "anna.ipynb").write_text(notebook([ANSWER]))
    (tmp_path / "json.py").write_text("raise SystemExit('this is not the json of Python')")
    command = [sys.executable, "-P", "-m", "ballet_lib", "grade", "class", "-o", "out/grades.csv", "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    report = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert set(report["isolation"]) == {"files", "network", "signals"}
    assert [(row["learner"], row["right"]) for row in report["learners"]] == [("anna", 1)]
    with open(tmp_path / "out" / "grades.csv", encoding="utf-8", newline="") as file:
        assert next(csv.DictReader(file))["01.1"] == "right"
