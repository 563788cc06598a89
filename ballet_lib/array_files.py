"""Arrays from files that anybody may have made: nothing is unpickled, and no header is believed.

A ``.npy`` states its shape before its numbers; one that claims terabytes would make NumPy ask for them. Here
the claim is compared with what the file holds, and with a limit, before anything is read.
"""

import io
import os
import struct
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ballet_lib.errors import BalletError

LARGEST = 1 << 29
"""Bytes that one file may unpack to, 512 MB, unless the reader says otherwise."""

LARGEST_DIRECTORY = 1 << 24
"""Bytes that the list of an archive's members may take, 16 MB: in memory it is ten times as large."""

SMALL = 1 << 20
"""Bytes below which several threads would not unpack sooner than one."""


_DAMAGED = (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError, ValueError)
"""What zipfile raises for a damaged archive; ValueError for names that are no text."""


def read_npy(path: str | os.PathLike, largest: int = LARGEST) -> np.ndarray:
    """Read one array from a ``.npy`` file.

    Raises
    ------
    BalletError
        If the file is missing, damaged, larger than `largest` bytes, or holds pickled objects.
    """
    path = _existing(path)
    with path.open("rb") as file:
        return _read(file, path.stat().st_size, str(path), largest)


def read_npz(
    path: str | os.PathLike,
    largest: int = LARGEST,
    only: Callable[[str], bool] | None = None,
    content: bytes | None = None,
) -> dict[str, np.ndarray]:
    """Read the arrays of an ``.npz`` file, which together unpack to at most `largest` bytes.

    Parameters
    ----------
    path
        The file.
    largest
        Bytes.
    only
        Says by its name whether an array is wanted; all are by default.
    content
        The bytes of the file, if they were read before.

    Raises
    ------
    BalletError
        If the file is missing, damaged, too large, or holds pickled objects.
    """
    try:
        check_directory(_existing(path) if content is None else io.BytesIO(content), path)
        with zipfile.ZipFile(path if content is None else io.BytesIO(content)) as archive:
            members = {member.filename.removesuffix(".npy"): member for member in archive.infolist()
                       if member.filename.endswith(".npy")}  # fmt: skip
            total = sum(member.file_size for member in archive.infolist())
            _check_size(total, path, largest)
            wanted = {name: member for name, member in members.items() if only is None or only(name)}
            read = partial(_read_member, archive, path=Path(path), largest=largest)
            if total < SMALL:
                return {name: read(member) for name, member in wanted.items()}
            with ThreadPoolExecutor(max_workers=4) as pool:  # zlib lets go of the interpreter
                return dict(zip(wanted, pool.map(read, wanted.values()), strict=True))
    except _DAMAGED as error:
        raise BalletError(f"{path} is damaged or no .npz file. Copy it again or make it anew.") from error
    except OSError as error:
        raise BalletError(f"{path} cannot be read ({error.strerror or error}). Copy it again.") from error


def check_directory(archive: Path | io.BytesIO, name, largest: int = LARGEST_DIRECTORY) -> None:
    """Refuse a zip archive, called `name`, whose list of members would fill the memory when it is opened.

    The list's size stands at the end of the file, in one or both of two places.

    Raises
    ------
    BalletError
        If it is larger than `largest` bytes.
    """
    with nullcontext(archive) if isinstance(archive, io.BytesIO) else open(archive, "rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - (1 << 16) - 200))
        end = file.read()
    told = [found for mark, where, kind in ((b"PK\5\6", 12, "<I"), (b"PK\6\6", 40, "<Q"))
            for found in _numbers_behind(end, mark, where, kind)]  # fmt: skip
    if any(largest < size != 0xFFFFFFFF for size in told):
        raise BalletError(f"{name} has more members than can be listed. Divide it into smaller files.")


def _numbers_behind(content: bytes, mark: bytes, where: int, kind: str) -> Iterator[int]:
    """Yield the number that stands `where` bytes behind each `mark`."""
    at = content.find(mark)
    while at >= 0:
        if at + where + struct.calcsize(kind) <= len(content):
            yield struct.unpack_from(kind, content, at + where)[0]
        at = content.find(mark, at + 1)


def write_npz(path: str | os.PathLike, arrays: dict[str, np.ndarray], soon: tuple[str, ...] = ()) -> Path:
    """Write an ``.npz`` as small as can be: the same arrays give the same bytes.

    Parameters
    ----------
    path
        The file; the caller sees to it that nobody meets half of it.
    arrays
        By name. Objects are refused.
    soon
        How the names begin of those that every reader wants at once. They are packed as what unpacks fast;
        LZMA makes all others a quarter smaller.
    """
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED if name.startswith(soon) else zipfile.ZIP_LZMA
            with archive.open(member, "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.asarray(array), allow_pickle=False)
    return Path(path)


def _read_member(archive, member: zipfile.ZipInfo, path: Path, largest: int) -> np.ndarray:
    where = f"{path} ({member.filename})"
    try:
        with archive.open(member) as packed:
            content = packed.read(member.file_size + 1)
    except Exception as error:  # zlib, lzma and zipfile fail in a dozen ways on a damaged member
        raise BalletError(f"{where} is damaged. Copy the file again or make it anew.") from error
    return _read(io.BytesIO(content), len(content), where, largest)


def _read(file: BinaryIO, size: int, where: str, largest: int) -> np.ndarray:
    _check_size(size, where, largest)
    try:
        version = np.lib.format.read_magic(file)
        reader = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        shape, by_columns, dtype = reader[version](file)
    except Exception as error:  # the header is Python text, which its tokenizer refuses in a dozen ways
        raise BalletError(f"{where} is damaged or no .npy array. Copy it again or make it anew.") from error
    if dtype.hasobject:
        raise BalletError(
            f"{where} holds pickled Python objects, which could run anything and are never opened. "
            "Ask for the plain numbers."
        )
    claimed = int(np.prod([int(side) for side in shape], dtype=object)) * dtype.itemsize
    if any(side < 0 for side in shape) or dtype.itemsize == 0 or claimed != size - file.tell():
        raise BalletError(
            f"{where} claims an array of shape {shape}, {claimed:,} bytes, and holds {size - file.tell():,}. "
            "It is damaged; copy it again."
        )
    try:
        numbers = np.frombuffer(file.read(), dtype) if claimed else np.empty(0, dtype)
        return numbers.reshape(shape, order="F" if by_columns else "C").copy(order="K")  # to write into
    except (ValueError, MemoryError, OSError, EOFError) as error:
        raise BalletError(f"{where} is damaged. Copy it again or make it anew.") from error


def _check_size(size: int, where, largest: int) -> None:
    if size > largest:
        raise BalletError(
            f"{where} unpacks to {size / 1e6:,.0f} MB, and {largest / 1e6:,.0f} MB is the most that is read. "
            "Divide it into smaller files."
        )


def _existing(path: str | os.PathLike) -> Path:
    path = Path(path)
    if not path.is_file():
        raise BalletError(f"{path} is not there. Check the spelling and the folder.")
    return path
