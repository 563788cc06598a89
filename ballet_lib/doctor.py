"""Whether this machine can give the course: every check says OK or FAIL, and how to mend what fails."""

import importlib.metadata
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ballet_lib import DATASETS, BalletError

LOCK = Path(__file__).parents[1] / "requirements.lock"
"""The pinned versions, in a clone; an installed package falls back on its own requirements."""
PICTURE = DATASETS / "dancer.jpg"
"""The bundled picture that the model must find a dancer in."""
FREE_GB = 1.0
"""What the course writes at most: model, datasets, trained networks."""


@dataclass(frozen=True)
class Check:
    """One finding; `found` and `wanted` are versions where the check is about one."""

    name: str
    ok: bool
    detail: str
    mend: str = ""
    found: str | None = None
    wanted: str | None = None

    def __str__(self) -> str:
        return f"{'OK  ' if self.ok else 'FAIL'}  {self.name}: {self.detail}" + (
            "" if self.ok else f"  {self.mend}"
        )


def examine() -> Iterator[Check]:
    """Yield the checks one by one, the slow ones last."""
    for examine_one in (python, packages, cores, disk, opencv, camera, model):
        yield from _guarded(examine_one)


def _guarded(examine_one: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """A check that breaks is a finding too, never a traceback."""
    name = examine_one.__name__
    try:
        yield from examine_one()
    except BalletError as error:
        wrong, _, mend = str(error).partition("\n")
        yield Check(name, False, wrong, mend)
    except Exception as error:
        yield Check(name, False, f"{type(error).__name__}: {error}.", "Install again from requirements.lock.")


def python() -> Iterator[Check]:
    """Python 3.11 to 3.13."""
    version = platform.python_version()
    ok = (3, 11) <= sys.version_info[:2] <= (3, 13)
    detail = f"{version} on {platform.system()} {platform.machine()}"
    yield Check(
        "Python", ok, detail, "Make the environment with Python 3.11, 3.12 or 3.13.", version, "3.11-3.13"
    )


def packages(lock: Path = LOCK) -> Iterator[Check]:
    """Every package of the lock, or, without one, every requirement of the installed ballet-lib."""
    from packaging.requirements import Requirement

    if lock.is_file():
        lines = (line.split("#")[0].strip() for line in lock.read_text(encoding="utf-8").splitlines())
        wanted = [Requirement(line) for line in lines if line]
        mend = "Run: python -m pip install -r requirements.lock"
    else:
        wanted = [Requirement(line) for line in importlib.metadata.requires("ballet-lib") or []]
        mend = "Run: python -m pip install --upgrade ballet-lib"
    for requirement in wanted:
        # Extras such as the developers' tools are not wanted, and some packages only on other systems.
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        yield _package(requirement, mend)


def _package(requirement, mend: str) -> Check:
    specifier = str(requirement.specifier)
    wanted = specifier.removeprefix("==")
    try:
        found = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return Check(requirement.name, False, f"missing, wanted {wanted or 'any'}.", f"{mend}.", None, wanted)
    if requirement.specifier.contains(found, prereleases=True):
        detail = found if not specifier or found == wanted else f"{found} (wanted {wanted})"
        return Check(requirement.name, True, detail, "", found, wanted)
    return Check(requirement.name, False, f"{found}, wanted {wanted}.", f"{mend}.", found, wanted)


def cores() -> Iterator[Check]:
    """Cores this process may use; the lessons' minutes hold for two."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    slow = ", so lessons take longer than they say" if count < 2 else ""
    yield Check("cores", True, f"{count}{slow}")


def disk() -> Iterator[Check]:
    """Room where the model is kept and where the course works."""
    from ballet_lib.pose_model import cache_folder

    for name, folder in (("disk, cache", cache_folder()), ("disk, here", Path.cwd())):
        there = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.exists())
        free = shutil.disk_usage(there).free / 1e9
        yield Check(
            name, free >= FREE_GB, f"{free:.1f} GB free at {folder}.", f"Free at least {FREE_GB:.0f} GB."
        )


def opencv() -> Iterator[Check]:
    """OpenCV loads; on Linux it needs libGL from the system."""
    mend = "Run: python -m pip install --force-reinstall -r requirements.lock."
    try:
        import cv2
    except ImportError as error:
        if sys.platform == "linux" and ".so" in str(error):
            mend = "Install it with: apt-get install libgl1 libglib2.0-0 (dnf: mesa-libGL glib2)."
        yield Check("OpenCV and libGL", False, f"{error}.", mend)
        return
    library = " with libGL" if sys.platform == "linux" else ""
    yield Check("OpenCV and libGL", True, f"OpenCV {cv2.__version__} loads{library}")


def camera() -> Iterator[Check]:
    """What a browser asks for before it gives a page the camera."""
    yield Check(
        "camera",
        True,
        "a browser gives it to pages on localhost or https only, and asks you first; "
        "with Jupyter on another machine, use https or: ssh -L 8888:localhost:8888 MACHINE",
    )


def model() -> Iterator[Check]:
    """The pose model is there, whole, where it came from, and it finds a dancer."""
    from ballet_lib.pose_model import locate

    try:
        found = locate()
    except BalletError as error:
        wrong, _, mend = str(error).partition("\n")
        yield Check("pose model", False, wrong, mend)
        yield Check("extraction", False, "not tried without a pose model.", "Mend the pose model first.")
        return
    where = f"{found.path} from {found.source}, SHA-256 {found.sha256}"
    yield Check("pose model", True, where, found=found.sha256)
    yield from _guarded(extraction)


def extraction(picture: Path = PICTURE) -> Iterator[Check]:
    """The model finds the dancer in the bundled picture."""
    import time

    from ballet_lib.pose import PoseExtractor
    from ballet_lib.video import read_image

    mend = "Fetch the course again: its datasets folder is incomplete."
    if not picture.is_file():
        yield Check("extraction", False, f"the bundled picture {picture} is missing.", mend)
        return
    rgb = read_image(picture)
    with PoseExtractor() as extractor:
        extractor.image(rgb)
        begun = time.perf_counter()
        pose = extractor.image(rgb)
        took = 1000 * (time.perf_counter() - begun)
    seen = float(pose.landmarks[0, :, 3].mean()) if pose.found[0] else 0.0
    mend = "Delete the cached pose model, or unset BALLET_POSE_MODEL, and try again."
    detail = f"33 landmarks in {picture.name} in {took:.0f} ms, mean visibility {seen:.2f}"
    if not pose.found[0]:
        detail = f"no person found in {picture.name}."
    yield Check("extraction", bool(pose.found[0]), detail, mend)
