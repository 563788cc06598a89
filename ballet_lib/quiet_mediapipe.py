"""MediaPipe without the TensorFlow it does not need and without its chatter in the terminal."""

import os
import sys
import types
from contextlib import contextmanager
from typing import Any


def import_mediapipe():
    """Import and return ``mediapipe`` without TensorFlow, which it would load for its documentation."""
    name = "mediapipe.tasks.python.core.optional_dependencies"
    if name not in sys.modules:
        # That module imports TensorFlow, where installed, for one decorator that marks what not to document:
        # four seconds and 300 MB in every process. This is what it holds where TensorFlow is not installed.
        stand_in: Any = types.ModuleType(name)
        stand_in.doc_controls = types.SimpleNamespace(do_not_generate_docs=lambda it: it)
        sys.modules[name] = stand_in
    import mediapipe

    return mediapipe


@contextmanager
def quiet(enabled: bool = True):
    """Silence what MediaPipe's C++ writes to the terminal by itself; its errors come as exceptions."""
    if not enabled:
        yield
        return
    try:
        sys.stderr.flush()
        saved = os.dup(2)
    except (OSError, ValueError, AttributeError):  # no terminal at all, as under pythonw
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)
