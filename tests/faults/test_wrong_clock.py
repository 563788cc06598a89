"""A clock that is wrong, or set back in the middle: the work ends as ever, and no time is negative."""

import ast
import os
import sys
import time
from pathlib import Path

import pytest
from cases import CASES, digests, unfinished

import ballet_lib
from ballet_lib.pose import PoseStream
from ballet_lib.tuning.folder import SearchFolder

HOUR = 3600.0
forks = pytest.mark.skipif(sys.platform == "win32", reason="Windows does not fork")


@forks
@pytest.mark.parametrize("work", CASES)
def test_a_clock_set_back_and_files_from_the_future(work, server, tmp_path):
    whole = CASES[work](tmp_path / "whole" / "work")
    files = server.order(work, whole.folder)["files"]
    outcome, case = whole.outcome(), CASES[work](tmp_path / "1" / "work", digests(whole.folder))
    assert server.order(work, case.folder, "file", 3 * files // 4)["ended"] == "killed"
    case.check()
    later = time.time() + 10 * 365 * 24 * HOUR
    for path in case.folder.rglob("*"):
        os.utime(path, (later, later))
    assert server.order(work, case.folder, "clock", HOUR)["ended"] == "done"
    case.check()
    assert case.outcome() == outcome and unfinished(case.folder) == []


def test_the_clock_of_a_search_never_goes_back(tmp_path, monkeypatch):
    chief, worker, now = SearchFolder(tmp_path), SearchFolder(tmp_path), time.time()
    chief.start_clock(behind=5.0)
    first = chief.clock()
    monkeypatch.setattr(time, "time", lambda: now - HOUR)
    worker.plan = dict(chief.plan)
    assert 5.0 <= first <= chief.clock() < 15.0
    assert 5.0 <= worker.clock() <= worker.clock() < 15.0, "one that joins after the clock was set back"
    chief.stop_clock()
    assert 5.0 <= chief.plan["seconds"] < 15.0


class Seen:
    """Stands in for the model: keeps the moments it was given, and fails at one that is not later."""

    def __init__(self):
        self.moments: list[int] = []

    def detect(self, rgb, milliseconds: int) -> list:
        assert not self.moments or milliseconds > self.moments[-1], "MediaPipe refuses this"
        self.moments.append(milliseconds)
        return []


def test_live_frames_keep_their_pace_when_the_clock_was_set_back(monkeypatch):
    import numpy as np

    seen = Seen()
    stream = PoseStream(seen, people=1, masks=False)
    for number in range(40):
        seconds = 2 * HOUR + number / 20 - (HOUR if number >= 20 else 0)
        stream.frame(np.zeros((8, 8, 3), np.uint8), seconds)
    steps = np.diff(seen.moments)
    assert (np.delete(steps, 19) == 50).all(), "frames that seem a millisecond apart are smoothed into a lag"


def test_no_duration_hangs_on_the_time_of_day():
    """`time.time` jumps when somebody sets the clock; only processes that share a folder agree by it."""
    root, found = Path(ballet_lib.__file__).parent, set()
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and ast.unparse(node) == "time.time":
                found.add(path.relative_to(root).as_posix())
    assert found == {"tuning/folder.py"}
