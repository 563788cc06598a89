"""A full disk, a folder that may not be written to: one sentence each, the old files as they were, no litter.

The disk is full by three means: an error at the n-th file that is opened, a limit to how far files may grow,
and, where root may mount one, a real disk of few kilobytes.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from cases import CASES, digests, unfinished

from ballet_lib.files import PARTIAL

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows does not fork")


def refused(server, case, *fault) -> str:
    """Let a work meet a fault; return the one or two sentences it ends with."""
    answer = server.order(case.work, case.folder, *fault)
    assert answer["ended"] == "refused", f"{case.work} ended as {answer['ended']} under {fault}"
    case.check()
    assert unfinished(case.folder) == [], "a half file is left"
    said = answer["said"]
    assert "\n" not in said and PARTIAL not in said and said.count(". ") >= 1 and said.endswith(".")
    return said


@pytest.mark.parametrize("work", [work for work in CASES if work != "clips"])  # FFmpeg opens its file itself
def test_a_disk_that_fills_up_at_any_file(work, server, tmp_path):
    whole = CASES[work](tmp_path / "whole" / "work")
    files = server.order(work, whole.folder)["files"]
    outcome, case = whole.outcome(), CASES[work](tmp_path / "1" / "work", digests(whole.folder))
    tried = 0
    for number in (2, files // 4, files // 2, 3 * files // 4):
        answer = server.order(work, case.folder, "full", number)
        if answer["ended"] == "done":
            break
        tried += 1
        assert "No space left on device" in answer["said"]
        case.check()
        assert unfinished(case.folder) == []
    assert tried >= 1
    assert server.order(work, case.folder)["ended"] == "done", "there is room again, and it goes on"
    case.check()
    assert case.outcome() == outcome


@pytest.mark.parametrize("work", CASES)
def test_a_disk_that_fills_up_within_a_file(work, server, tmp_path):
    whole = CASES[work](tmp_path / "whole" / "work")
    server.order(work, whole.folder)
    largest = max(path.stat().st_size for path in whole.folder.rglob("*") if path.is_file())
    outcome, case = whole.outcome(), CASES[work](tmp_path / "1" / "work", digests(whole.folder))
    for share in (0.03, 0.5, 0.95):
        assert "cannot be written" in refused(server, case, "limit", int(share * largest))
    assert server.order(work, case.folder)["ended"] == "done"
    assert case.outcome() == outcome


@pytest.mark.parametrize("work", CASES)
def test_a_finished_folder_on_a_full_disk_stays_as_it_is(work, server, tmp_path):
    case = CASES[work](tmp_path / "work" / "work")
    server.order(work, case.folder)
    before = digests(case.folder)
    server.order(work, case.folder, "full", 1)
    server.order(work, case.folder, "limit", 100)
    assert digests(case.folder) == before and unfinished(case.folder) == []


@pytest.mark.parametrize("work", CASES)
def test_a_folder_that_may_only_be_read(work, server, tmp_path):
    case = CASES[work](tmp_path / "work" / "work")
    case.folder.mkdir()
    said = refused(server, case, "closed")
    assert "cannot be written" in said and str(case.folder) in said and "Permission denied" in said
    assert list(case.folder.iterdir()) == []


@pytest.fixture
def small_disk():
    """A folder on a disk of 64 kB."""
    place = Path(tempfile.mkdtemp())
    if sys.platform != "linux" or os.geteuid() or not shutil.which("mount"):
        pytest.skip("only root mounts disks")
    mounting = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(place)]
    if subprocess.run(mounting, capture_output=True).returncode:
        place.rmdir()
        pytest.skip("root may not mount disks here")
    yield place
    subprocess.run(["umount", str(place)], check=True)
    place.rmdir()


@pytest.mark.parametrize("work", ["filming", "extracting", "building", "clips"])
def test_a_real_disk_of_few_kilobytes(work, server, small_disk):
    case = CASES[work](small_disk / "1" / "work")
    said = refused(server, case)
    assert "No space left on device" in said
