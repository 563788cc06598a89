"""JSON that anybody may have written: limited in size before it is read, and checked as it is used."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from ballet_lib.errors import BalletError

LARGEST = 200 << 20
"""Bytes of a JSON file that holds a whole film; Python needs about five times as much to hold it."""

LARGEST_FRAME = 20 << 20
"""Bytes of a JSON file that holds one frame."""

MOST_MEMORY = 900_000_000
"""Bytes that a document may take in memory. A list of empty lists takes twenty times what its text does."""

FARTHEST = 1e6
"""Pixels from the corner beyond which no keypoint can lie."""


def read_json(path: Path, largest: int = LARGEST) -> Any:
    """Read a JSON document.

    Raises
    ------
    BalletError
        If it is larger than `largest` bytes, cut off, nested without end, or no JSON; the line is named.
    """
    try:
        size = path.stat().st_size
        if size > largest:
            raise BalletError(
                f"{path} has {size / 1e6:,.0f} MB, and {largest / 1e6:,.0f} MB is the most that is read. "
                "Divide it into a file for each video."
            )
        content = path.read_bytes()
        if _unfolded(content) > MOST_MEMORY:
            raise BalletError(
                f"{path} would fill {_unfolded(content) / 1e6:,.0f} MB of memory. "
                "Divide it into smaller files."
            )
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise BalletError(f"{path} cannot be read ({error.strerror}). Check that you may read it.") from error
    except UnicodeDecodeError as error:
        raise BalletError(f"{path} is no UTF-8 text, so no JSON. Check which file it is.") from error
    if not text.strip():
        raise BalletError(f"{path} is empty. Copy it again or make it anew.")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        cut = " It seems cut off." if error.pos >= len(text.rstrip()) - 1 else ""
        raise BalletError(
            f"{path} is no valid JSON: line {error.lineno}, column {error.colno}: {error.msg}.{cut} "
            "Copy it again or make it anew."
        ) from error
    except RecursionError as error:
        raise BalletError(f"{path} is nested without end. It is no file of poses; leave it out.") from error
    except ValueError as error:  # a number of thousands of digits
        raise BalletError(f"{path} holds a number that cannot be ({error}). Make it anew.") from error


def _unfolded(content: bytes) -> int:
    """Return about how many bytes a document takes in memory, at most: text, objects, lists, values."""
    objects, lists, values = (content.count(sign) for sign in (b"{", b"[", b","))
    return 2 * len(content) + 200 * objects + 64 * lists + 64 * values


def a_list(value: Any, where: str) -> list:
    """Return the value if it is a list, or say where one was expected."""
    if not isinstance(value, list):
        raise BalletError(f"{where} should be a list and is {_kind(value)}. Check which tool wrote the file.")
    return value


def an_object(value: Any, where: str, *keys: str) -> dict:
    """Return the value if it is an object that has the keys, or say where one was expected."""
    if not isinstance(value, dict):
        raise BalletError(
            f"{where} should be an object and is {_kind(value)}. Check which tool wrote the file."
        )
    if missing := [key for key in keys if key not in value]:
        raise BalletError(f"{where} has no {missing[0]!r}. Check which tool wrote the file.")
    return value


def numbers(values: Any, where: str) -> np.ndarray:
    """Return a (nested) list of numbers as float64; null and NaN, both "not found", become NaN.

    Raises
    ------
    BalletError
        If anything else is in it, the rows differ in length, or a number is no place in a picture.
    """
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise BalletError(
            f"{where} should hold numbers, all rows of one length. Check which tool wrote the file."
        ) from error
    if (np.abs(array) > FARTHEST).any():
        raise BalletError(f"{where} holds a number beyond {FARTHEST:,.0f}, which is no place in a picture. "
                          "The file is damaged; make it anew.")  # fmt: skip
    return array


def whole_number(value: Any, where: str) -> int:
    """Return a value that should be a whole number of at most nine digits."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e9:
        raise BalletError(f"{where} should be a whole number and is {str(value)[:40]!r}. "
                          "Check which tool wrote the file.")  # fmt: skip
    return int(value)


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", type(None): "null", bool: "true or false"}
    return names.get(type(value), "a number")
