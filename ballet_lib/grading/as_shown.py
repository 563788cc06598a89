"""Which answers are the course's shown solutions, whatever their variables are called."""

import ast
import builtins
from collections.abc import Iterable, Sequence

_KEPT = frozenset(dir(builtins))


def as_shown(cells: Sequence[str], solutions: dict[str, str]) -> set[str]:
    """Return the tasks whose whole shown solution stands in the notebook, statement by statement.

    Names of variables, functions and arguments do not count, nor do comments, docstrings and imports. A short
    solution can be found by anybody: this is information, no proof.

    Parameters
    ----------
    cells
        Code of the notebook.
    solutions
        The shown code of each task, by its key.
    """
    written = {form for cell in cells for form in _forms(cell)}
    shown = {key: set(_forms(code)) for key, code in solutions.items()}
    return {key for key, forms in shown.items() if forms and forms <= written}


def _forms(code: str) -> Iterable[str]:
    """Yield each top-level statement in a form that does not depend on names."""
    try:
        statements = ast.parse(code).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # magics, null bytes, towers of brackets
        return
    for statement in statements:
        if not isinstance(statement, (ast.Import, ast.ImportFrom)):
            yield _form(statement)


def _form(statement: ast.stmt) -> str:
    numbers: dict[str, str] = {}

    def plain(name: str) -> str:
        return name if name in _KEPT else numbers.setdefault(name, f"_{len(numbers)}")

    for node in ast.walk(statement):
        if isinstance(node, ast.Name):
            node.id = plain(node.id)
        elif isinstance(node, ast.arg):
            node.arg, node.annotation = plain(node.arg), None
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            node.name, node.body = plain(node.name), _without_docstring(node.body)
            if not isinstance(node, ast.ClassDef):
                node.returns = None
    return ast.dump(statement)


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0]
    told = first.value if isinstance(first, ast.Expr) else None
    return body[1:] if isinstance(told, ast.Constant) and isinstance(told.value, str) else body
