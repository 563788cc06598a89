"""The learner's answer: whether there is one yet, and where in it an error was raised."""

import ast
import functools
import inspect
import linecache
import re
import sysconfig
import textwrap
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_INSTALLED = {sysconfig.get_paths()[name] for name in ("stdlib", "purelib", "platlib")}
_NOT_YOURS = (str(Path(__file__).parents[1]), *_INSTALLED, "<frozen")


class Wrong(Exception):
    """An answer that is not right yet; the message says what is wrong with it."""


class NotAttempted(Exception):
    """The stub is still as it was."""


class InYourCode(Exception):
    """The learner's code raised; the message names the error and its line."""


def asked(answer: Any, name: str) -> Any:
    """Return a function so wrapped that its errors and a forgotten `return` are told; else `answer`."""
    if not (inspect.isroutine(answer) or isinstance(answer, functools.partial)):
        return answer
    return _asked(answer, name)


def _asked(function: Callable, name: str) -> Callable:
    @functools.wraps(function)
    def ask(*arguments, **named):
        try:
            result = function(*arguments, **named)
        except NotImplementedError:
            raise NotAttempted from None
        except (Exception, SystemExit) as error:
            raise InYourCode(place_in_your_code(error) or f"{type(error).__name__}: {error}") from error
        if result is None:
            raise Wrong(f"`{name}` returned None. Is a `return` missing?")
        return result

    return ask


def is_attempted(answer: Any) -> bool:
    """Tell whether anything was written: no `...` is left in the answer's source or among its values."""
    if answer is None or answer is Ellipsis or answer is NotImplemented:
        return False
    if isinstance(answer, dict):
        return all(is_attempted(value) for value in answer.values())
    if isinstance(answer, (list, tuple)):
        return not any(value is Ellipsis for value in answer)
    return not any(map(_has_gap, _sources(answer)))


def _sources(answer: Any) -> Iterator[str]:
    """Yield the source of a function, or of the methods of a class or object that the learner wrote."""
    if isinstance(answer, functools.partial):
        answer = answer.func
    if inspect.isroutine(answer):
        functions = [answer]
    else:
        owner = answer if inspect.isclass(answer) else type(answer)
        functions = [value for value in vars(owner).values() if inspect.isfunction(value)]
    for function in functions:
        try:
            if _is_yours(inspect.unwrap(function).__code__.co_filename):
                yield inspect.getsource(function)
        except (AttributeError, OSError, TypeError, ValueError):  # built in, or typed where no source is kept
            continue


def _has_gap(source: str) -> bool:
    """Tell whether `...` stands for something: in `x[..., 0]` and `tuple[int, ...]` it does not."""
    try:
        tree = ast.parse(textwrap.dedent(source))
    except SyntaxError:  # a lambda in the middle of a line
        return False
    inside = {
        id(node)
        for part in ast.walk(tree)
        if isinstance(part, ast.Subscript)
        for node in ast.walk(part.slice)
    }
    return any(
        isinstance(node, ast.Constant) and node.value is Ellipsis and id(node) not in inside
        for node in ast.walk(tree)
    )


def place_in_your_code(error: BaseException) -> str | None:
    """Say what was raised and in which line of the learner's code; None if it was not raised there."""
    yours = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_yours(frame.filename)]
    if not yours:
        return None
    last = yours[-1]
    line = (last.line or linecache.getline(last.filename, last.lineno or 0)).strip()
    where = f" in line {last.lineno}" + (f", `{line}`" if line else "")
    return f"{type(error).__name__}: {_plain(str(error))[:300]}{where}"


def _plain(message: str) -> str:
    """Return what Keras put in bold between what it was calling and with what, or the whole message."""
    bold = re.search(r"\x1b\[1m(.*?)\x1b\[0m", message, re.DOTALL)
    return bold[1] if bold else message


def _is_yours(filename: str) -> bool:
    return not filename.startswith(_NOT_YOURS)
