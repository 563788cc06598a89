"""Arrays from files that anybody may have made: nothing is unpickled, and no header is believed.

A ``.npy`` states its shape before its numbers; one that claims terabytes would make NumPy ask for them. Here
the claim is compared with what the file holds, and with a limit, before anything is read.
"""

import io
import os
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ballet_lib.errors import BalletError

LARGEST = 1 << 29
"""Bytes that one file may unpack to, 512 MB, unless the reader says otherwise."""

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
        with zipfile.ZipFile(_existing(path) if content is None else io.BytesIO(content)) as archive:
            members = {member.filename.removesuffix(".npy"): member for member in archive.infolist()
                       if member.filename.endswith(".npy")}  # fmt: skip
            total = sum(member.file_size for member in archive.infolist())
            _check_size(total, path, largest)
            wanted = {name: member for name, member in members.items() if only is None or only(name)}
            read = partial(_read_member, archive, path=path, largest=largest)
            if total < SMALL:
                return {name: read(member) for name, member in wanted.items()}
            with ThreadPoolExecutor(max_workers=4) as pool:  # zlib lets go of the interpreter
                return dict(zip(wanted, pool.map(read, wanted.values()), strict=True))
    except _DAMAGED as error:
        raise BalletError(f"{path} is damaged or no .npz file. Copy it again or make it anew.") from error
    except OSError as error:
        raise BalletError(f"{path} cannot be read ({error.strerror or error}). Copy it again.") from error


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
