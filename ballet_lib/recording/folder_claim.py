"""One writer to a folder of takes at a time, known by name to the next who asks."""

import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from ballet_lib.errors import BalletError
from ballet_lib.files import PARTIAL, replacing

LOCK = ".takes.lock"
HOLDER = ".takes.holder.json"


class FolderClaim:
    """The right to write into a folder of takes, until `release` or the end of the process.

    The operating system holds the lock, so a killed process leaves none. Under it, what an earlier process
    left half written is removed.

    Parameters
    ----------
    folder
        Is made if it is not there.
    who
        What the next one is told, such as ``the recorder of anna``.

    Raises
    ------
    BalletError
        If another has the folder, who is named; or if it cannot be written to.
    """

    def __init__(self, folder: str | os.PathLike, who: str):
        self.folder = Path(folder)
        # Not local to a thread: a button's callback may release what a cell took.
        self._lock = FileLock(self.folder / LOCK, timeout=0, thread_local=False)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
        except Timeout:
            raise BalletError(
                f"{self.folder} is open in {_holder(self.folder)}, and two would overwrite each other's "
                "list. Close that one with .close() or by restarting its kernel, or choose another folder."
            ) from None
        except OSError as error:
            raise BalletError(
                f"{self.folder} cannot be written to ({error.strerror or error}). Choose another folder."
            ) from error
        try:
            self._tidy()
            self._sign(who)
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Let others write; does nothing the second time."""
        self._lock.release()

    @property
    def held(self) -> bool:
        """Whether this claim still stands."""
        return self._lock.is_locked

    def _sign(self, who: str) -> None:
        # In a file of its own, because Windows lets nobody read a locked one.
        now = datetime.now(UTC).isoformat(timespec="seconds")
        known = {"who": who, "process": os.getpid(), "computer": platform.node(), "since": now}
        with replacing(self.folder / HOLDER) as temporary:
            temporary.write_text(json.dumps(known, ensure_ascii=False), encoding="utf-8")

    def _tidy(self) -> None:
        for leftover in self.folder.glob(f".*{PARTIAL}*"):
            if leftover.suffix in (".npz", ".csv", ".json", ".mp4"):
                leftover.unlink(missing_ok=True)


def _holder(folder: Path) -> str:
    try:
        known = json.loads((folder / HOLDER).read_text(encoding="utf-8"))
        here = "this process" if known["process"] == os.getpid() else f"process {known['process']}"
        place = "" if known["computer"] == platform.node() else f" on {known['computer']}"
        return f"{known['who']} ({here}{place}, since {known['since'][11:16]} UTC)"
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return "another recorder"
