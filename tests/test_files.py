import os

import pytest

from ballet_lib.errors import BalletError
from ballet_lib.files import _partial, whole_folder


@pytest.fixture
def ended_process(monkeypatch):
    """Return a process number that is nobody's; names made within the test are of that process."""
    number = 2**22 + 1  # above what Linux gives
    with monkeypatch.context() as patch:
        patch.setattr(os, "getpid", lambda: number)
        yield


def test_a_folder_is_there_when_it_is_whole(tmp_path):
    with whole_folder(tmp_path / "new" / "frames") as folder:
        (folder / "1.txt").write_text("one")
        assert not (tmp_path / "new" / "frames").exists()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["frames"]
    assert (tmp_path / "new" / "frames" / "1.txt").read_text() == "one"


def test_a_folder_that_failed_leaves_nothing(tmp_path):
    with pytest.raises(ZeroDivisionError), whole_folder(tmp_path / "frames") as folder:
        (folder / "1.txt").write_text("one")
        raise ZeroDivisionError
    assert not list(tmp_path.iterdir())


def test_a_folder_with_files_is_not_overwritten(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(BalletError, match="not overwritten"), whole_folder(tmp_path):
        pass
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_what_a_killed_process_left_of_a_folder_is_swept(tmp_path, ended_process):
    left = _partial(tmp_path / "frames")
    left.mkdir()
    (left / "1.txt").write_text("one")
    with whole_folder(tmp_path / "frames") as folder:
        assert folder.is_dir() and not left.exists()


def test_what_another_process_is_writing_stays(tmp_path):
    theirs = _partial(tmp_path / "frames")  # this process is alive
    theirs.mkdir()
    with whole_folder(tmp_path / "frames"):
        pass
    assert theirs.is_dir()
