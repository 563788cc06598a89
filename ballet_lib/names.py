"""Labels that people type, and the file names made of them.

A label such as ``demi_plie`` or ``grand écart`` may one day name a folder, so what no file system takes
(``../x``, ``a/b``, ``CON``) is refused when the label is given, not when a folder is written.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from ballet_lib.errors import BalletError

LONGEST = 60
"""Characters in a label."""

_RESERVED = {"con", "prn", "aux", "nul"} | {f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10)}
_ID = re.compile(r"[a-z0-9](?:[a-z0-9_.-]{0,98}[a-z0-9])?")
_UNFOLDED = str.maketrans({"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ß": "ss",
                           "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE"})  # fmt: skip


def check_label(text: str, what: str = "label") -> str:
    """Return a label in one Unicode form (NFC), or say why it cannot be one; `what` names it in the error.

    Raises
    ------
    BalletError
        If it is empty, longer than 60 characters, begins or ends with a space, holds a slash, a control
        character or another that Windows refuses, is no more than dots, or is reserved on Windows.
    """
    if not isinstance(text, str):
        raise BalletError(f"A {what} is a text, not {text!r}. Give one such as 'demi_plie'.")
    return _checked(text, what)


@lru_cache(maxsize=1024)  # a set of takes asks for the same few labels over and over
def _checked(text: str, what: str) -> str:
    text = unicodedata.normalize("NFC", text)
    if problem := _problem(text):
        raise BalletError(f"{text[:80]!r} cannot be a {what}: {problem}. Give one such as 'demi_plie'.")
    return text


def _problem(text: str) -> str | None:
    if not text.strip():
        return "it is empty"
    if len(text) > LONGEST:
        return f"it has {len(text)} characters, and {LONGEST} is the most"
    if text != text.strip():
        return "it begins or ends with a space"
    if refused := sorted({c for c in text if c in '/\\:*?"<>|' or unicodedata.category(c)[0] == "C"}):
        return f"it holds {', '.join(map(repr, refused))}, which no file name may"
    if text.startswith(".") or text.endswith("."):
        return "it begins or ends with a dot"
    if text.split(".")[0].strip().casefold() in _RESERVED:
        return "Windows keeps that name for a device"
    if not (folded := _fold(text)):
        return "it holds no Latin letter or digit to name a file by"
    if folded.split(".")[0].casefold() in _RESERVED:  # "cön" would become con
        return f"its file name would be {folded}, which Windows keeps for a device"
    return None


def file_names(labels: Iterable[str]) -> dict[str, str]:
    """Give each label a file name of ASCII letters, digits, ``_``, ``-`` and dots: ``plié`` is ``plie``.

    Raises
    ------
    BalletError
        If a label cannot be one, or two fold to the same name, heeding that many file systems do not tell
        ``Plie`` from ``plie``.
    """
    names: dict[str, str] = {}
    taken: dict[str, str] = {}
    for label in dict.fromkeys(check_label(label) for label in labels):
        name = _fold(label)
        if (other := taken.get(name.casefold())) is not None:
            raise BalletError(
                f"The labels {other!r} and {label!r} would share the file name {name!r}. Rename one of them."
            )
        names[label] = name
        taken[name.casefold()] = label
    return names


def check_id(text: str, what: str = "take_id") -> str:
    """Return a name that is a file name as it is: small ASCII letters, digits, ``_``, ``-``, inner dots.

    Raises
    ------
    BalletError
        If it is anything else, longer than 100 characters, or reserved on Windows.
    """
    if not isinstance(text, str) or not _ID.fullmatch(text) or text.split(".")[0] in _RESERVED:
        raise BalletError(
            f"{str(text)[:120]!r} cannot be a {what}, since it names a file. Use a to z, 0 to 9, _ and -."
        )
    return text


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.translate(_UNFOLDED)).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", plain).strip("_.")
