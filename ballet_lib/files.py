"""Writing files so that nobody ever meets half of one."""

import os
import platform
import tempfile
import uuid
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ballet_lib.errors import BalletError

PARTIAL = ".partial-"
"""What the name of an unfinished file holds, so that leftovers of a killed process can be told apart."""

_COMPUTER = f"{zlib.crc32(platform.node().encode()):08x}"


@contextmanager
def replacing(path: str | os.PathLike) -> Iterator[Path]:
    """Yield a temporary path beside `path`; move it into place if the block succeeds, else remove it.

    What killed processes of this computer left of `path` is removed too.

    Raises
    ------
    BalletError
        If the folder cannot be made or written to.
    """
    path = Path(path)
    # The suffix stays last because encoders choose the format by it.
    whose = f"{_COMPUTER}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    temporary = path.with_name(f".{path.stem}{PARTIAL}{whose}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_partial(path)
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        raise BalletError(
            f"{path} cannot be written: {error.strerror or error}. "
            "Choose a folder you may write to, with room left."
        ) from error
    finally:
        with suppress(OSError):  # a folder that could not be written to holds nothing to remove
            temporary.unlink(missing_ok=True)


def remove_partial(path: str | os.PathLike) -> None:
    """Remove what killed processes left of the unfinished file `path`, and nothing that is being written."""
    with suppress(OSError):  # what may not be removed does no harm
        for leftover in leftovers(path):
            leftover.unlink(missing_ok=True)


def leftovers(path: str | os.PathLike) -> list[Path]:
    """Return what killed processes of this computer left of the unfinished file `path`, whole or half."""
    path = Path(path)
    if not path.parent.is_dir():
        return []
    ours = [one for one in path.parent.iterdir() if one.name.startswith(f".{path.stem}{PARTIAL}")]
    return [one for one in ours if one.suffix == path.suffix and not _in_use(one)]


def _in_use(partial: Path) -> bool:
    """Tell whether the process that writes a file may still be there: on another computer nobody knows."""
    import psutil

    computer, _, rest = partial.stem.rpartition(PARTIAL)[2].partition("-")
    process = rest.partition("-")[0]
    return process.isdecimal() and (computer != _COMPUTER or psutil.pid_exists(int(process)))


@contextmanager
def alone(lock: str | os.PathLike, doing: str) -> Iterator[None]:
    """Hold a lock, which ends with this process, so that no two do the same at once.

    Parameters
    ----------
    lock
        A file that stays there, empty.
    doing
        What the other process is said to do, such as ``is grading into grades.csv``.

    Raises
    ------
    BalletError
        If another process holds it, or it cannot be written.
    """
    from filelock import FileLock, Timeout

    lock = Path(lock)
    held = FileLock(writable_folder(lock.parent) / lock.name, timeout=0)
    try:
        held.acquire()
    except Timeout:
        raise BalletError(
            f"Another process {doing}. Wait for its end, and give the same command again."
        ) from None
    except OSError as error:
        raise BalletError(
            f"{lock.parent} cannot be written to ({error.strerror or error}). Choose another folder."
        ) from error
    try:
        yield
    finally:
        held.release()


def writable_folder(folder: str | os.PathLike) -> Path:
    """Make the folder and write into it once, so that hours of work do not end at a locked door.

    Raises
    ------
    BalletError
        If it cannot be made or written to.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        raise BalletError(
            f"{folder} cannot be written to ({error.strerror}). Choose another folder."
        ) from error
