"""Writing files so that nobody ever meets half of one."""

import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ballet_lib.errors import BalletError

PARTIAL = ".partial-"
"""What the name of an unfinished file holds, so that leftovers of a killed process can be told apart."""


@contextmanager
def replacing(path: str | os.PathLike) -> Iterator[Path]:
    """Yield a temporary path beside `path`; move it into place if the block succeeds, else remove it.

    Raises
    ------
    BalletError
        If the folder cannot be made or written to.
    """
    path = Path(path)
    # The suffix stays last because encoders choose the format by it.
    temporary = path.with_name(f".{path.stem}{PARTIAL}{uuid.uuid4().hex[:8]}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
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
    """Remove what a killed process left of the unfinished file `path`."""
    path = Path(path)
    if path.parent.is_dir():
        for leftover in path.parent.iterdir():
            if leftover.name.startswith(f".{path.stem}{PARTIAL}") and leftover.suffix == path.suffix:
                leftover.unlink(missing_ok=True)


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
