"""Puts back what a notebook changed in the library and in what its checks rest on.

A patched ``numpy.allclose`` would make every answer right. This undoes what is done by assignment, on purpose
or by mistake. It cannot undo what is done below Python, with ctypes for example.
"""

import sys
import threading
from contextlib import suppress
from types import ModuleType
from typing import Any

RESTED_ON = ("builtins", "os", "time", "json", "math", "inspect", "ast", "importlib", "numpy", "ballet_lib")
"""Packages whose functions and classes are remembered."""
CHECKS = "ballet_lib.checks"


class LibraryGuard:
    """Remembers functions, classes and modules as they are now; `restore` puts them back."""

    def __init__(self):
        self._table, self._modules = sys.modules, dict(sys.modules)
        self._owned = [
            (vars(owner), owner, name, value)
            for module_name, module in self._modules.items()
            if module_name.split(".")[0] in RESTED_ON
            for owner in _owners(module)
            for name, value in list(vars(owner).items())
            if callable(value) or isinstance(value, (ModuleType, classmethod, staticmethod, property))
        ]
        self._lists = (sys.meta_path, sys.path_hooks, sys.path)
        self._finders: list[tuple[Any, list]] = [(each, list(each)) for each in self._lists]

    def set_checks_aside(self) -> None:
        """Let a notebook import copies of its own of the checks, so that what it does to them is lost."""
        for name in [name for name in sys.modules if name.startswith(CHECKS)]:
            del sys.modules[name]
        package = sys.modules[CHECKS.split(".")[0]]
        with suppress(AttributeError):
            delattr(package, CHECKS.split(".")[1])

    def restore(self) -> None:
        """Put everything back as it was."""
        sys.settrace(None)
        sys.setprofile(None)
        threading.settrace(None)
        sys.modules = self._table
        sys.meta_path, sys.path_hooks, sys.path = self._lists
        for each, entries in self._finders:
            each[:] = entries
        for names, owner, name, value in self._owned:
            if names.get(name) is not value:
                with suppress(AttributeError, TypeError):
                    setattr(owner, name, value)
        for name in [name for name in sys.modules if name.startswith(CHECKS)]:
            del sys.modules[name]
        sys.modules.update(self._modules)


def _owners(module: ModuleType) -> list[Any]:
    """Return the module and, if it is the library's, its classes."""
    own = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and value.__module__ == module.__name__
    ]
    return [module, *(own if module.__name__.startswith("ballet_lib") else [])]
