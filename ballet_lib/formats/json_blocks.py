"""A long JSON list of objects in blocks: never more than one block of the file is in memory."""

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from ballet_lib.errors import BalletError

BLOCK = 192 << 10
"""Bytes read at a time: few enough to stay in the processor's cache with all that is parsed of them."""

LARGEST_OBJECT = 1 << 20
"""Bytes that one object of the list may have."""

_BLANK = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*")  # with the mark of UTF-8 that some editors set


def _blank(buffer: bytearray, filled: int) -> int:
    """Return where the blanks at the beginning end."""
    blank = _BLANK.match(buffer, 0, filled)
    return blank.end() if blank else 0


class NotInBlocks(Exception):
    """The file is no plain list of objects, or damaged: only reading it as a whole can tell."""


def read_blocks(path: Path, progress: Callable[[int], object] | None = None) -> Iterator[memoryview]:
    """Yield a file's list in parts, each a JSON list of whole objects if the file is valid.

    The file is cut behind a closing brace. Where that was the brace of an object inside another, or one in a
    text, the part is no valid JSON.

    Parameters
    ----------
    path
        A file that holds ``[{...}, {...}, ...]``.
    progress
        Called with the number of bytes after each reading.

    Yields
    ------
    memoryview
        Bytes that are good until the next part is asked for.

    Raises
    ------
    NotInBlocks
        If the file begins or ends otherwise, or an object is larger than `LARGEST_OBJECT` bytes.
    BalletError
        If the file cannot be read.
    """
    try:
        with path.open("rb", buffering=0) as file:
            yield from _cut(file, progress or (lambda _: None))
    except OSError as error:
        raise BalletError(f"{path} cannot be read ({error.strerror}). Check that you may read it.") from error


def _cut(file: io.RawIOBase, progress: Callable[[int], object]) -> Iterator[memoryview]:
    """Make lists in place, by writing the brackets over the commas between two objects."""
    buffer = bytearray(LARGEST_OBJECT + BLOCK + 1)
    view = memoryview(buffer)
    filled, mark = 0, b"["  # bytes that wait to be yielded, and the mark that has to stand before them
    while count := file.readinto(view[filled : filled + BLOCK]):
        progress(count)
        filled += count
        if not (end := buffer.rfind(b"}", 0, filled) + 1):
            if filled > LARGEST_OBJECT:
                raise NotInBlocks
            continue
        start = _blank(buffer, filled)
        if buffer[start : start + 1] != mark:
            raise NotInBlocks
        behind = buffer[end:filled]
        buffer[start], buffer[end] = b"[]"
        yield view[start : end + 1]
        filled, mark = len(behind), b","
        buffer[:filled] = behind
    left = b"".join(bytes(buffer[_blank(buffer, filled) : filled]).split())
    if left != (b"]" if mark == b"," else b"[]"):
        raise NotInBlocks
