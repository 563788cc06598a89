"""The works that faults befall: the library's own writing, with stand-ins for what takes long in between.

Each takes a folder, does all that is not done there yet, and ends with the same files whatever happened
before. What it has told its user to be finished it writes down beside the folder, see `told`.
"""

import argparse
import json
import os
from functools import partial
from pathlib import Path

import joblib  # noqa: F401  the imports that the library does late are done once, in the server
import numpy as np
import psutil  # noqa: F401
from tqdm.auto import tqdm  # noqa: F401

from ballet_lib import extraction
from ballet_lib.checks import base as checks_base
from ballet_lib.cli_takes import datasets
from ballet_lib.errors import BalletError
from ballet_lib.grading import Limits, grade, grades
from ballet_lib.model_files import write_model
from ballet_lib.pose_model import ModelFile
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.recording import TakeRecorder
from ballet_lib.studio import build
from ballet_lib.studio.recipes import DataSet
from ballet_lib.takes import Take
from ballet_lib.video import write_video

TAKES, FRAMES = 3, 12
SIZE = (64, 48)


def told(folder: Path, what: str) -> None:
    """Write down, as an empty file where no fault strikes, what was said to be finished."""
    beside = Path(f"{folder}.told")
    beside.mkdir(exist_ok=True)
    (beside / f"{len(list(beside.iterdir())):04d}:{what}").touch()


def all_told(folder: Path) -> list[str]:
    """Return what was said to be finished so far, in order."""
    return [one.name.partition(":")[2] for one in sorted(Path(f"{folder}.told").glob("*"))]


def poses(seed: int, frames: int = FRAMES) -> PoseSequence:
    """Noise, which compresses badly, so that there is something to write."""
    rng = np.random.default_rng(seed)
    landmarks, world = rng.random((frames, 33, 4), np.float32), rng.random((frames, 33, 3), np.float32)
    landmarks[0, 0, 0] = seed / 10  # tells which it is
    return PoseSequence(landmarks, world, 20.0, SIZE, f"noise {seed}")


def pictures(count: int = 10) -> list[np.ndarray]:
    """Noise to look at."""
    rng = np.random.default_rng(count)
    return [rng.integers(0, 255, (48, 64, 3), dtype=np.uint8) for _ in range(count)]


# --- Recording ------------------------------------------------------------------------------------------


def recording(folder: Path, pixels: bool = False) -> None:
    """Record takes of one dancer until all are there."""
    with TakeRecorder(
        folder, "anna", ["releve"], takes=TAKES, count_in=0, frames=FRAMES, fps=20, pixels=pixels
    ) as recorder:
        clock, film = 0.0, pictures(FRAMES)
        while not recorder.done:
            whole = poses(recorder.progress["releve"])
            recorder.start()
            for number in range(FRAMES):
                clock += 1 / 20
                recorder.feed(whole[number : number + 1], clock, film[number] if pixels else None)
            told(folder, recorder.keep().take_id)


filming = partial(recording, pixels=True)

# --- Extraction -----------------------------------------------------------------------------------------

VIDEOS = 4


class SeesNoise:
    """Stands in for the pose extractor: two people of noise in every video."""

    def __init__(self, variant, model):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def video(self, video, every, progress, people):
        """Return noise that follows from the video's name."""
        return [poses(2 * int(video.stem) + person) for person in range(people)]


def before_extracting(folder: Path) -> None:
    """Put the videos beside the folder."""
    (folder.parent / "videos").mkdir()
    for number in range(VIDEOS):
        (folder.parent / "videos" / f"{number}.mp4").write_bytes(b"video %d" % number)


def extracting(folder: Path) -> None:
    """Extract all videos, of two people each."""
    extraction.PoseExtractor = SeesNoise
    extraction.locate = lambda variant: ModelFile(folder / "model.task", "stand-in", "0")
    videos = sorted((folder.parent / "videos").iterdir())
    made = extraction.extract_all(videos, folder, extraction.Settings(people=2), progress=False)
    if failed := [one.error for one in made if one.status == "failed"]:
        raise BalletError(failed[0])


# --- Building -------------------------------------------------------------------------------------------


class _Recipe:
    """As much of a recipe as the build looks at."""

    def __init__(self, take_id: str, film: bool):
        self.take_id, self.film = take_id, film


def _made(recipe: _Recipe, film: Path | None = None) -> Take:
    if film is not None:
        write_video(film, pictures(5), 20)
    seen = poses(len(recipe.take_id))
    return Take(seen, "releve", "anna", recipe.take_id, {}, seen.world)


def building(folder: Path) -> None:
    """Build two data sets, one with a film, by way of the cache."""

    def recipes(*take_ids: str) -> dict:
        return {one: partial(_Recipe, one, film=one.startswith("film")) for one in take_ids}

    build.SETS = {
        "small": DataSet("small", "three takes", lambda: recipes("a", "bb", "ccc"), FRAMES),
        "filmed": DataSet("filmed", "one take", lambda: recipes("film_1"), FRAMES),
    }
    build.make_take, build.pose_model = _made, lambda: None
    os.environ["BALLET_CACHE"], build.fingerprint = str(folder / "cache"), lambda: "fingerprint"
    asked = {"what": "build", "names": [], "output": folder / "data", "workers": 1, "json": False}
    datasets.run(argparse.Namespace(**asked))


# --- Models ---------------------------------------------------------------------------------------------

MODELS = 3


class _Network:
    """As much of a Keras model as is looked at when it is saved."""

    def __init__(self, number: int):
        self.number = number

    def save(self, path: Path) -> None:
        """Write what no other network writes."""
        path.write_bytes(poses(self.number).landmarks.tobytes())


def saving(folder: Path) -> None:
    """Save one model after the other under the same name, as somebody does who trains again."""
    for number in range(MODELS):
        write_model(_Network(number), {"number": number}, None, folder / "model.keras")
        told(folder, "model.keras")


# --- Clips ----------------------------------------------------------------------------------------------


def clips(folder: Path) -> None:
    """Write a film for browsers and a gif."""
    for name in ("clip.mp4", "clip.gif"):
        write_video(folder / name, pictures(), 10)
        told(folder, name)


# --- Grading --------------------------------------------------------------------------------------------

LEARNERS = 5


def before_grading(folder: Path) -> None:
    """Put what learners handed in beside the folder."""
    (folder.parent / "class").mkdir()
    for number in range(LEARNERS):
        cell = {"cell_type": "code", "source": f"answer = {number}", "metadata": {}, "outputs": []}
        notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"ballet": {"exercise": "01"}}}
        handed_in = folder.parent / "class" / f"learner{number}.ipynb"
        handed_in.write_text(json.dumps(notebook | {"cells": [cell]}))


def grading(folder: Path) -> None:
    """Grade all notebooks; running one is stood in for, and written down."""

    def ran(self, notebook) -> dict:
        told(folder, f"ran:{notebook.digest}")
        verdicts = {task.key: {"status": "right", "message": ""} for task in checks_base.tasks("01")}
        return {"stopped": None, "verdicts": verdicts, "raised": [], "shown": [], "isolation": {},
                "seconds": 1.0, "printed": 0, "judging": None}  # fmt: skip

    def keep(self, digest, run) -> None:
        kept(self, digest, run)
        told(folder, f"kept:{digest}")

    kept, grades._Finished.keep = grades._Finished.keep, keep
    grades._Worker._run_of, grades.secrets.randbits = ran, lambda bits: 7
    grade(folder.parent / "class", folder / "grades.csv", Limits(), progress=False)
