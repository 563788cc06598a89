"""The house as one piece: who imports whom, what is heavy, what is dead, and whether the map is true.

It is read from the sources, so nothing is imported and nothing runs but mypy.
"""

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

HOME = Path(__file__).parents[1]
PACKAGE = HOME / "ballet_lib"

HEAVY = {
    "IPython", "anywidget", "cv2", "distributed", "imageio", "ipywidgets", "joblib", "keras", "keras_tuner",
    "matplotlib", "mediapipe", "nbclient", "nbformat", "pandas", "requests", "scipy", "seaborn", "skimage",
    "sklearn", "tensorflow",
}  # fmt: skip
HEAVY_AT_ONCE = {
    "ballet_lib.app.film_analysis": {"anywidget"},
    "ballet_lib.checks.quiz": {"anywidget"},
    "ballet_lib.cluster": {"distributed", "joblib"},
    "ballet_lib.recording.label_tool": {"ipywidgets"},
    "ballet_lib.recording.recorder_widget": {"ipywidgets"},
    "ballet_lib.recording.screen": {"anywidget"},
    "ballet_lib.recording.tool": {"ipywidgets"},
    "ballet_lib.studio.camera": {"cv2"},
    "ballet_lib.studio.flesh": {"scipy"},
    "ballet_lib.studio.render": {"cv2"},
    "ballet_lib.studio.rooms": {"cv2"},
    "ballet_lib.studio.stage": {"cv2"},
    "ballet_lib.studio.surface": {"scipy", "skimage"},
    "ballet_lib.training_callbacks": {"keras"},
    "ballet_lib.tuning.tuner": {"keras_tuner"},
    "ballet_lib.webcam.camera_check": {"anywidget"},
    "ballet_lib.webcam.webcam": {"anywidget"},
    "ballet_lib.widgets.confusion": {"anywidget"},
}
"""Modules whose classes extend a heavy one, or that draw with nothing else; whoever needs them imports them
inside a function."""
LIGHT = ["ballet_lib", "ballet_lib.cli", "ballet_lib.plots", "ballet_lib.takes", "ballet_lib.pose",
         "ballet_lib.classifier", "ballet_lib.live", "ballet_lib.styles.videos"]  # fmt: skip
"""What learners import first; nothing heavy comes with it."""

NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "tools", "core"}
USED_BY_TESTS_ONLY = {
    "to_body25": "the way back of from_body25, as to_coco17 is that of from_coco17",
    "rest_motion": "of the studio, whose source is part of a fingerprint and stays as it is",
}


def test_nothing_is_imported_from_below():
    """The README's map says what stands on what: a room knows those on its own line and above."""
    storey = {one: number for number, rooms in enumerate(the_map()) for one in rooms}
    upward = [
        f"{module} imports {other}"
        for module in modules()
        for other in imports(module)
        if room(other) and storey[room(module)] < storey[room(other)]
    ]
    assert not upward, f"{upward}: move what is shared up, or mend the order of the map in README.md"


def test_no_module_imports_itself_on_the_way():
    graph = {module: imports(module, at_once=True) for module in modules() | packages()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"{' -> '.join(error.args[1])}: import one of them inside a function")


def test_what_is_heavy_waits_until_it_is_needed():
    found = {module: heavy for module in modules() | packages() if (heavy := heavy_of(module))}
    assert found == HEAVY_AT_ONCE
    for module in LIGHT:
        assert not comes_with(module) & HEAVY_AT_ONCE.keys(), module


def test_every_module_says_what_it_is():
    for module, path in sources().items():
        assert ast.get_docstring(tree(path)), f"{module} has no docstring"
        parts = set(module.split("."))
        assert not parts & NAMES_THAT_SAY_NOTHING, f"{module}: name it for what is in it"


def test_every_function_and_class_is_used():
    """Tests alone keep nothing alive: what only they call is dead."""
    words = Counter()
    for folder in ("ballet_lib", "lessons", "tools", "benchmarks", "teaching"):
        for path in (HOME / folder).rglob("*.py"):
            words.update(re.findall(r"\w+", path.read_text(encoding="utf-8")))
    dead = {
        name
        for path in sources().values()
        for name in public_names(tree(path))
        if words[name] < 2 and name not in USED_BY_TESTS_ONLY
    }
    assert not dead
    revived = {name for name in USED_BY_TESTS_ONLY if words[name] > 1}
    assert not revived, "no longer needs its excuse"


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="later Pythons have a NumPy of other hints")
def test_the_type_hints_hold():
    pytest.importorskip("mypy")
    told = subprocess.run([sys.executable, "-m", "mypy"], cwd=HOME, capture_output=True, text=True)
    assert told.returncode == 0, told.stdout


def test_the_map_names_what_there_is():
    drawn = [one for rooms in the_map() for one in rooms]
    assert len(drawn) == len(set(drawn))
    assert set(drawn) == {room(module) for module in modules()}
    text = (HOME / "README.md").read_text(encoding="utf-8")
    for folder in re.findall(r"^ {4}(\w+)/ ", text[text.index("## The map") :], re.MULTILINE):
        assert (HOME / folder).is_dir(), folder


# --- Reading the sources ----------------------------------------------------------------------------------


@cache
def sources() -> dict[str, Path]:
    """Every module and package of the library by its dotted name."""
    named = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(HOME).with_suffix("").parts
        named[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return named


def modules() -> set[str]:
    """Those that stand in a room: neither the package itself nor `python -m ballet_lib`."""
    return set(sources()) - {"ballet_lib", "ballet_lib.__main__"}


def packages() -> set[str]:
    return {"ballet_lib"}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def room(module: str) -> str:
    """Of ballet_lib.plots.style, plots."""
    return module.partition(".")[2].partition(".")[0]


@cache
def the_map() -> list[set[str]]:
    """The rooms of ballet_lib/ in the README, a set a line of the map (a comma goes on)."""
    text = (HOME / "README.md").read_text(encoding="utf-8")
    drawn = text[text.index("    ballet_lib/ ") : text.index("    datasets/ ")].replace(
        "ballet_lib/", " " * 11
    )
    rooms = {room(module) for module in modules()}
    lines: list[set[str]] = []
    goes_on = False
    for line in drawn.splitlines():
        names = line[20:62].strip()
        if not names:  # more words about the line above
            continue
        told = [name.strip().rstrip("/") for name in names.split(",") if name.strip()]
        found = {each for name in told for each in (matching(rooms, name) if "*" in name else {name})}
        if goes_on:
            lines[-1] |= found
        else:
            lines.append(found)
        goes_on = names.endswith(",")
    return lines


def matching(rooms: set[str], pattern: str) -> set[str]:
    return {room for room in rooms if fnmatch(room, pattern)}


@cache
def imports(module: str, at_once: bool = False) -> frozenset[str]:
    """What it imports of the library; `at_once` leaves out functions and what is for type checkers only."""
    nodes = at_import(tree(sources()[module]).body) if at_once else ast.walk(tree(sources()[module]))
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module}: relative imports are not used here"
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    kept = found & sources().keys()
    parents = {one for one in kept if any(other.startswith(f"{one}.") for other in kept)}
    return frozenset(kept - parents - {module})


def at_import(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run when a module is imported."""
    for node in body:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for block in ("body", "orelse", "finalbody"):
                yield from at_import(getattr(node, block, []))


def heavy_of(module: str) -> set[str]:
    """The heavy libraries that importing it brings at once."""
    found = set()
    for node in at_import(tree(sources()[module]).body):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found & HEAVY


def comes_with(module: str) -> set[str]:
    """All modules of the library that are imported when this one is."""
    found, waiting = set(), [module]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            outer = one.rpartition(".")[0]
            waiting += [*imports(one, at_once=True), *([outer] if outer else [])]
    return found


def public_names(module: ast.Module) -> Iterator[str]:
    """Yield functions and classes; what is decorated may have registered itself (`@exercise("01.1")`)."""
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            registered = any(isinstance(each, ast.Call) for each in node.decorator_list)
            if not registered:
                yield node.name
