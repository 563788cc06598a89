"""From recipes to data sets: film each scene, let the real pose model look, and pack what it saw.

Each finished take is kept in the cache until its set is packed, so a build that was stopped goes on where it
was. The cache's name holds a fingerprint of the studio's source: other dancers never get mixed in.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ballet_lib import DATASETS
from ballet_lib.errors import BalletError
from ballet_lib.files import replacing, writable_folder
from ballet_lib.pose_model import cache_folder, pose_model
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.studio.recipes import FILMED, SETS, Recipe
from ballet_lib.takes import Take, TakeSet, in_order

TOLERANCE = {"exact": 0.003, "landmarks": 0.005, "found": 0.05}
"""`verify` allows this: metres at any exact joint; shares of the picture, as the median over landmarks, since
MediaPipe rounds differently from processor to processor; share of frames that only one side found."""


def make_take(recipe: Recipe, film: Path | None = None, frames: int | None = None) -> Take:
    """Film a recipe and extract the landmarks with the real pose model, as a stream.

    Parameters
    ----------
    film
        Where to keep the mp4 of a recipe that wants one; the landmarks then come from the file.
    frames
        Only so many from the beginning; all of them by default.
    """
    from ballet_lib.pose import PoseExtractor
    from ballet_lib.video import read_frames, write_video

    count = min(frames or recipe.frames, recipe.frames)
    pictures: Iterable[np.ndarray] = _pictures(recipe, count)
    if film is not None:
        pictures = read_frames(write_video(film, pictures, recipe.scene.fps))
    with PoseExtractor(model=pose_model()) as extractor, extractor.stream() as stream:
        seen = [stream.frame(rgb, i / recipe.scene.fps) for i, rgb in enumerate(pictures)]
    poses = PoseSequence(
        np.concatenate([one.landmarks for one in seen]),
        np.concatenate([one.world for one in seen]),
        recipe.scene.fps,
        recipe.scene.size,
        f"{recipe.take_id}.mp4",
    )
    camera = recipe.scene.framed
    points = recipe.scene.points[recipe.start : recipe.start + count]
    exact = ((points - camera.eye) @ camera.axes.T).astype(np.float32)
    return Take(poses, recipe.movement, recipe.dancer, recipe.take_id, dict(recipe.meta), exact)


def _pictures(recipe: Recipe, count: int) -> Iterator[np.ndarray]:
    only = range(recipe.start, recipe.start + count)
    for number, picture in enumerate(recipe.scene.pictures(only=only)):
        yield np.zeros_like(picture.rgb) if number in recipe.dark else picture.rgb


def build(
    names: Sequence[str] = (), folder: Path | None = None, workers: int | None = None, progress: bool = True
) -> list[Path]:
    """Make data sets, or all of them, on all cores, and return the files.

    Parameters
    ----------
    names
        Keys of `SETS`; none for all.
    folder
        Where to put them; the course's own datasets/ by default.
    workers
        Processes at the same time; one for each core by default.

    Raises
    ------
    BalletError
        If a name is unknown, the pose model cannot be had, or the folder cannot be written to.
    """
    import joblib
    from tqdm.auto import tqdm

    folder = writable_folder(folder or DATASETS)
    pose_model()  # fetched once, here, not by every worker
    chosen = check_names(names)
    work = cache_folder() / "build" / fingerprint()
    jobs = [(name, take_id) for name in chosen for take_id in SETS[name].recipes()]
    jobs.sort(key=lambda job: -SETS[job[0]].frames)  # the long ones first, so that all cores end together
    waiting = [job for job in jobs if not _file(work, *job).exists()]
    total, left = (sum(SETS[name].frames for name, _ in some) for some in (jobs, waiting))
    with tqdm(total=total, initial=total - left, unit="frame", desc="build", disable=not progress) as bar:
        parallel = joblib.Parallel(n_jobs=workers or os.cpu_count(), return_as="generator_unordered")
        for name in parallel(joblib.delayed(_make)(work, *job) for job in waiting):
            bar.update(SETS[name].frames)
    files = [_pack(name, work, folder) for name in chosen]
    shutil.rmtree(work, ignore_errors=True)
    return files


def _file(work: Path, name: str, take_id: str) -> Path:
    return work / name / f"{take_id}.npz"


def _make(work: Path, name: str, take_id: str) -> str:
    from ballet_lib.take_files import write_take

    recipe = SETS[name].recipes()[take_id]()
    film = work / name / f"{take_id}.mp4" if recipe.film else None
    write_take(make_take(recipe, film), work / name)
    return name


def _pack(name: str, work: Path, folder: Path) -> Path:
    from ballet_lib.take_files import read_take

    takes = [read_take(_file(work, name, take_id)) for take_id in SETS[name].recipes()]
    path = TakeSet(takes).save(folder / f"{name}.npz")
    for film in sorted((work / name).glob("*.mp4")):
        with replacing(folder / film.name) as temporary:
            shutil.copy(film, temporary)
    return path


@dataclass(frozen=True)
class Comparison:
    """A take made anew beside the one that ships; largest difference in metres, median in shares, share."""

    take_id: str
    exact: float
    landmarks: float
    found: float

    @property
    def ok(self) -> bool:
        """Whether all differences are within `TOLERANCE`."""
        return all(getattr(self, name) <= most for name, most in TOLERANCE.items())


def verify(
    names: Sequence[str] = (), takes: int = 3, seed: int = 0, tell: Callable[[str, Comparison], None] = print
) -> list[Comparison]:
    """Make a sample of each set anew and compare it with what ships; of long takes the first 100 frames.

    Raises
    ------
    BalletError
        If a set is unknown or its file is missing or damaged.
    """
    from ballet_lib.take_files import unpack

    compared = []
    for name in check_names(names):
        shipped = {take.take_id: take for take in unpack(DATASETS / f"{name}.npz")}
        recipes = SETS[name].recipes()
        if set(recipes) != set(shipped):
            raise BalletError(f"{name} holds other takes than its recipes. Build it: ballet datasets build.")
        sample = np.random.default_rng(seed).permutation([t for t in recipes if t not in FILMED])[:takes]
        for take_id in sample:
            made = make_take(recipes[take_id](), frames=100)
            compared.append(compare(made, shipped[made.take_id]))
            tell(name, compared[-1])
    return compared


def compare(made: Take, shipped: Take) -> Comparison:
    """Compare a take with another, as far as the shorter goes."""
    frames = min(len(made), len(shipped))
    ours, theirs = made.poses[:frames], shipped.poses[:frames]
    both = ours.found & theirs.found
    apart = np.abs(ours.landmarks - theirs.landmarks)[both][..., :2]
    return Comparison(
        made.take_id,
        float(np.abs(made.exact[:frames] - shipped.exact[:frames]).max()),
        float(np.median(apart)) if both.any() else float("inf"),
        float((ours.found != theirs.found).mean()),
    )


def describe(name: str) -> dict:
    """Tell what a shipped set holds.

    Returns
    -------
    dict
        `name`, `about` and `file`; `megabytes`, `takes`, `frames` and lists of `dancers` and `labels`, or
        None for each of these if the set has not been built.
    """
    from ballet_lib.take_files import unpack

    path = DATASETS / f"{name}.npz"
    told = {"name": name, "about": SETS[name].about, "file": str(path)}
    if not path.is_file():
        return told | dict.fromkeys(("megabytes", "takes", "frames", "dancers", "labels"))
    takes = unpack(path)
    labels = {label for take in takes for _, _, label in take.timeline}
    return told | {
        "megabytes": round(path.stat().st_size / 1e6, 2),
        "takes": len(takes),
        "frames": sum(map(len, takes)),
        "dancers": list(takes.dancers),
        "labels": list(in_order(labels)),
    }


def check_names(names: Sequence[str]) -> list[str]:
    """Return the names of known sets, all if none is given."""
    if unknown := [name for name in names if name not in SETS]:
        raise BalletError(f"There is no data set {unknown[0]!r}. There are: {', '.join(SETS)}.")
    return list(dict.fromkeys(names)) or list(SETS)


def fingerprint() -> str:
    """Return a hash of the studio's source: other source may make other takes."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
