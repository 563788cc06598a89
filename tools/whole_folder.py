"""Write a folder whole or not at all."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ballet_lib.errors import BalletError


@contextmanager
def half_written(output: Path) -> Iterator[tuple[Path, Path]]:
    """Yield the absolute `output` and an empty folder beside it, to fill and move there; what is left goes.

    Raises
    ------
    BalletError
        If a file cannot be written or moved.
    """
    output = Path(os.path.abspath(output))
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        half = Path(tempfile.mkdtemp(prefix=f".{output.name}-", dir=output.parent))
        try:
            half.chmod(0o755)
            yield output, half
        finally:
            shutil.rmtree(half, ignore_errors=True)
    except OSError as error:
        raise BalletError(
            f"{output} could not be written ({error.strerror}). Make room, or choose another folder with -o."
        ) from error
