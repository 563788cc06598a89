"""What learners have handed in: a folder a learner, or a file a learner."""

import hashlib
import json
import os
import re
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ballet_lib.errors import BalletError

LARGEST = 30_000_000  # bytes of a notebook; a solved one with all its pictures has 2 MB
_LESSON = re.compile(r"(?:^|[_\- ])(\d\d)(?=[_\- .]|$)")
_CHECK = re.compile(r"\bcheck\(\s*[\"'](\d\d)\.\d")
_WITH_NAME = re.compile(r"^(?P<learner>.*?[^_\- ])[_\- ]+\d\d(?:[_\- ].*)?$")


@dataclass(frozen=True)
class Notebook:
    """One file that was handed in, read but not run.

    Attributes
    ----------
    learner
        Whose it is.
    name
        Where it lies in the class folder, for messages.
    lesson
        Two digits, or None if that cannot be told.
    cells
        The code cells.
    problem
        Why it cannot be run, or None.
    digest
        Of its content: the same digest, the same notebook.
    """

    learner: str
    name: str
    lesson: str | None = None
    cells: tuple[str, ...] = ()
    problem: str | None = None
    digest: str = ""


def handed_in(folder: str | os.PathLike) -> tuple[list[str], list[Notebook]]:
    """Return all learners, and the notebooks that they have handed in.

    In FOLDER a folder is a learner, with all notebooks in it and below: ``anna/01_pose_extraction.ipynb``.
    A notebook beside the folders is a learner's too: ``anna.ipynb``, or ``anna_01_pose_extraction.ipynb``,
    where what stands before the lesson's number is the name. Which lesson it is stands in the notebook
    (where the course's builder wrote it), else in its name, else in its ``check("01.2", …)`` calls. Links,
    hidden folders and what is not a notebook are left alone.

    Raises
    ------
    BalletError
        If there is no such folder, nothing in it, or it is one learner's.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise BalletError(f"There is no folder {folder}. Name the one that holds what learners handed in.")
    entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith((".", "__")))
    found, learners = [], {}
    for entry in entries:
        if entry.is_dir() and not entry.is_symlink():
            learners[entry.name] = True
            found += [(entry.name, path) for path in _notebooks_below(entry)]
        elif entry.suffix == ".ipynb":
            named = _WITH_NAME.match(entry.stem)
            learner = named["learner"] if named else entry.stem
            learners[learner] = True
            found.append((learner, entry))
    if not learners:
        raise BalletError(f"There is no notebook in {folder}. It should hold a folder or a file a learner.")
    if all(re.match(r"\d\d_", name) for name in learners):
        raise BalletError(
            f"The notebooks in {folder} belong to nobody: {next(iter(learners))}. Name the folder above, "
            "in which each learner has one."
        )
    return sorted(learners), [_read(learner, path, folder) for learner, path in found]


def _notebooks_below(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):  # does not follow links
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__MACOSX")
        yield from (Path(place) / name for name in sorted(files)
                    if name.endswith(".ipynb") and not name.startswith("."))  # fmt: skip


def _read(learner: str, path: Path, folder: Path) -> Notebook:
    name = path.relative_to(folder).as_posix()
    in_name = _LESSON.search(path.stem)
    lesson = in_name[1] if in_name else None
    try:
        content = _content(path)
        notebook = json.loads(content)
        told, cells = _lesson_told(notebook), tuple(_code(notebook))
    except _Unreadable as error:
        return Notebook(learner, name, lesson, problem=f"{name} {error}")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Notebook(learner, name, lesson, problem=f"{name} is damaged or no notebook")
    lesson = told or lesson or _lesson_checked(cells)
    problem = None if lesson else f"{name}: which lesson is this? Put its number into the file's name"
    return Notebook(learner, name, lesson, cells, problem, hashlib.sha256(content).hexdigest())


class _Unreadable(Exception):
    pass


def _content(path: Path) -> bytes:
    """Read a regular file of bearable size; not what a link points to, nor a pipe, which would never end."""
    if path.is_symlink():
        raise _Unreadable("is a link, which is not followed")
    flags = (
        os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    )
    try:
        with open(os.open(path, flags), "rb") as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise _Unreadable("is no file")
            if about.st_size > LARGEST:
                raise _Unreadable(f"has {about.st_size / 1e6:,.0f} MB; {LARGEST / 1e6:.0f} is the most")
            if about.st_size == 0:
                raise _Unreadable("is empty")
            return file.read(LARGEST)
    except OSError as error:
        raise _Unreadable(f"cannot be read ({error.strerror})") from None


def _lesson_told(notebook: dict) -> str | None:
    about = notebook["metadata"].get("ballet")
    told = about.get("exercise") if isinstance(about, dict) else None
    return told if isinstance(told, str) and re.fullmatch(r"[0-9]{2}", told) else None


def _code(notebook: dict) -> Iterator[str]:
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            source = cell["source"]
            yield source if isinstance(source, str) else "".join(source)


def _lesson_checked(cells: tuple[str, ...]) -> str | None:
    checked = Counter(lesson for cell in cells for lesson in _CHECK.findall(cell))
    return checked.most_common(1)[0][0] if checked else None
