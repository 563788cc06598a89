"""Writing files so that nobody ever meets half of one."""

import os
import platform
import shutil
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
    with _unfinished(path) as temporary:
        yield temporary
        os.replace(temporary, path)


@contextmanager
def whole_folder(path: str | os.PathLike) -> Iterator[Path]:
    """Yield a temporary folder that becomes `path` if the block succeeds, and vanishes otherwise.

    What killed processes of this computer left of `path` is removed too.

    Raises
    ------
    BalletError
        If something is there already, or the folder cannot be written.
    """
    path = Path(path)
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise BalletError(f"{path} is there already and is not overwritten. Choose another folder.")
    with _unfinished(path) as temporary:
        temporary.mkdir()
        yield temporary
        if path.exists():
            path.rmdir()
        temporary.replace(path)


def remove_partial(path: str | os.PathLike) -> None:
    """Remove what killed processes left of the unfinished `path`, and nothing that is being written."""
    with suppress(OSError):  # what may not be removed does no harm
        for leftover in leftovers(path):
            _remove(leftover)


def leftovers(path: str | os.PathLike) -> list[Path]:
    """Return what killed processes of this computer left of the unfinished `path`, whole or half."""
    path = Path(path)
    if not path.parent.is_dir():
        return []
    start = f".{path.stem}{PARTIAL}"
    ours = [one for one in path.parent.iterdir() if one.name.startswith(start)]
    alike = [one for one in ours if Path(one.name.removeprefix(start)).suffix == path.suffix]
    return [one for one in alike if not _in_use(one)]


@contextmanager
def _unfinished(path: Path) -> Iterator[Path]:
    """Yield a name beside `path` that tells whose it is; what stands there in the end is removed."""
    temporary = _partial(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_partial(path)
        yield temporary
    except OSError as error:
        raise BalletError(
            f"{path} cannot be written: {error.strerror or error}. "
            "Choose a folder you may write to, with room left."
        ) from error
    finally:
        with suppress(OSError):  # a folder that could not be written to holds nothing to remove
            _remove(temporary)


def _partial(path: Path) -> Path:
    """Return a name for the unfinished `path`. The suffix stays last: encoders choose by it."""
    whose = f"{_COMPUTER}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    return path.with_name(f".{path.stem}{PARTIAL}{whose}{path.suffix}")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _in_use(partial: Path) -> bool:
    """Tell whether the process that writes it may still be there: on another computer nobody knows."""
    import psutil

    computer, _, rest = partial.name.rpartition(PARTIAL)[2].partition("-")
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
