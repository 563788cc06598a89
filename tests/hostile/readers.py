"""Every reader of files that somebody else may have made: a small valid file of ours, and how it is read."""

import json
import shutil
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ballet_lib import DATASETS
from ballet_lib.formats import Reading, import_takes
from ballet_lib.formats.reading import read_label_table
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.takes import Take, TakeSet

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "formats")]
import foreign_files as foreign  # noqa: E402

MODELS = DATASETS / "models"


@dataclass(frozen=True)
class Reader:
    """How to make something valid in an empty folder, which of its files to damage, and how it is read."""

    make: Callable[[Path], object]
    read: Callable[[Path], object]
    files: tuple[str, ...] = ("*",)
    """Patterns of the files that are damaged, one at a time."""


def poses(frames: int = 4, **more) -> PoseSequence:
    """A few frames of the studio's dancer."""
    landmarks = foreign.dancer(frames=frames)
    return PoseSequence(landmarks, landmarks[..., :3].copy(), 20.0, foreign.SIZE, "a.mp4", **more)


def takes() -> TakeSet:
    """Two short takes with all that a take can hold."""
    meta = {"first_frame": 3, "timeline": [[0, 2, "releve"], [2, 4, "other"]], "note": "é"}
    return TakeSet(
        Take(poses(), movement, dancer, take_id, meta, poses().world)
        for movement, dancer, take_id in (("releve", "anna", "a_1"), ("demi_plie", "ben", "b_1"))
    )


def looked_at(value: TakeSet) -> TakeSet:
    """Ask for what is read late."""
    for take in value:
        _ = take.poses.world, take.exact, take.frame_labels
    return value


# --- Arrays and tables ------------------------------------------------------------------------------------


def _pose_file(folder: Path) -> None:
    masks = np.zeros((4, 6, 8), np.uint8)
    poses(masks=masks, meta={"settings": {"every": 1}}).save(folder / "a.npz")


def _dance_videos(folder: Path) -> None:
    _videos().save(folder / "a.npz")


def _videos():
    from ballet_lib.styles.videos import DanceVideo, DanceVideos

    points, small = foreign.pixels(foreign.dancer(frames=3))[:, None], np.zeros((3, 64, 64), np.uint8)
    return DanceVideos(
        tuple(
            DanceVideo(f"{style}_1", style, points, 10, foreign.SIZE, ("anna",), small)
            for style in ("waltz", "tango")
        )
    )


def _load_videos(path: Path) -> object:
    from ballet_lib.styles.videos import DanceVideos

    return DanceVideos.load(path / "a.npz")


def _shipped_styles(folder: Path) -> None:
    from ballet_lib.styles.shipped import save_shipped

    save_shipped(_videos(), folder)


def _load_shipped(folder: Path) -> object:
    from ballet_lib.styles.shipped import load_shipped

    return load_shipped(folder)


def _frames(folder: Path) -> None:
    from ballet_lib.frame_features import KEPT, Frames, save_frames
    from ballet_lib.stills import save_masks

    pictures = np.zeros((2, len(KEPT), 64, 64), np.uint8)
    save_frames(Frames(pictures, ("a_1", "b_1")), folder / "frames.npz")
    save_masks(Frames(pictures.astype(bool), ("a_1", "b_1")), folder / "masks.npz")


def _load_frames(folder: Path) -> None:
    from ballet_lib.frame_features import load_frames
    from ballet_lib.stills import load_masks

    load_frames(folder / "frames.npz")
    load_masks(folder / "masks.npz")


def _silhouettes(folder: Path) -> None:
    from ballet_lib.silhouettes import Silhouettes

    frames = np.zeros((3, 96, 64), bool)
    frames[:, 20:80, 20:40] = True
    Silhouettes({"anna_1": frames, "ben_1": frames[:2]}, 10).save(folder / "a.zip")


def _load_silhouettes(folder: Path) -> object:
    from ballet_lib.silhouettes import Silhouettes

    return Silhouettes.load(folder / "a.zip")


def _label_table(folder: Path) -> None:
    (folder / "labels.csv").write_text("source,label,dancer\na.json,releve,anna\nb.json,demi plié,\n")


# --- Formats of other people ------------------------------------------------------------------------------


def _import(name: str) -> Callable[[Path], object]:
    def read(folder: Path) -> object:
        choices = {"size": foreign.SIZE, "sequence_length": 6, "people": 4}
        return looked_at(import_takes(name, folder, Reading(**choices)))

    return read


def _mp_data(folder: Path) -> None:
    foreign.mp_data(folder, sequences=1)


def _coco(folder: Path) -> None:
    foreign.write_json(folder / "releve" / "a.json", foreign.coco(foreign.dancer(frames=3)))
    np.save(folder / "releve" / "b.npy", foreign.pixels(foreign.dancer(frames=3)))
    np.savez(folder / "releve" / "c.npz", keypoints=foreign.pixels(foreign.dancer(frames=3)))


def _alphapose(folder: Path) -> None:
    people = [foreign.pixels(foreign.dancer(frames=3))]
    foreign.write_json(folder / "releve" / "a.json", foreign.alphapose(people, ids=[1]))
    whole = {"0.jpg": {"people": [{"pose_keypoints_2d": [9.0] * 54}]}}
    foreign.write_json(folder / "releve" / "b.json", whole)


def _openpose(folder: Path) -> None:
    foreign.openpose(folder / "releve" / "a", [foreign.body25(foreign.dancer(frames=3))])


def _lets_dance(folder: Path) -> None:
    from PIL import Image

    foreign.lets_dance(folder / "ballet", [foreign.pixels(foreign.dancer(frames=3))])
    (folder / "rgb" / "ballet").mkdir(parents=True)
    for frame in (1, 2, 3):
        Image.new("RGB", foreign.SIZE).save(folder / "rgb" / "ballet" / f"6Y5JYh_001_{frame:04d}.jpg")


def _read_lets_dance(folder: Path) -> None:
    from ballet_lib.styles.readers import read_lets_dance

    import_takes("lets-dance", folder, Reading(people=4))
    read_lets_dance(folder)


def _text51(folder: Path) -> None:
    foreign.text51(folder)
    (folder / "labels.txt").write_text("1 afrobeat\n2 classical\n")


def _zipped(folder: Path) -> None:
    inside = folder.with_name(f"{folder.name}-inside")
    _coco(inside)
    shutil.make_archive(str(folder / "a"), "zip", inside)
    shutil.rmtree(inside)


def _import_zip(folder: Path) -> object:
    return import_takes("coco17", folder / "a.zip", Reading(size=foreign.SIZE))


# --- Notes of our own: progress, marks, cards, searches, notebooks -----------------------------------------


def _progress(folder: Path) -> None:
    told = {"right": True, "tries": 2, "hints": 1, "shown": False}
    kept = {"version": 1, "tasks": {"01.1": told, "02.1": told}, "quizzes": {"01": {"1": True}}}
    (folder / "progress.json").write_text(json.dumps(kept))


def _read_progress(folder: Path) -> None:
    import importlib
    import os

    progress = importlib.import_module(
        "ballet_lib.checks.progress"
    )  # the package has a function of that name
    os.environ["BALLET_PROGRESS"] = str(folder / "progress.json")
    repr(progress.progress())
    progress.change("01.1", lambda record: None)
    progress.answered("01", 2, True)


def _marks(folder: Path) -> None:
    from ballet_lib.recording.marks import MarkList

    marks = MarkList(folder / "a.marks.json", 100, 25.0, "a.mp4")
    marks.add(3, 20, "releve")
    marks.add(30, 50, "demi_plie")


def _read_marks(folder: Path) -> None:
    from ballet_lib.recording.marks import MarkList

    marks = MarkList(folder / "a.marks.json", 100, 25.0, "a.mp4")
    for mark in marks:
        repr(mark)
    marks.add(97, 99, "releve")


def _notebook(folder: Path) -> None:
    cells = [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": ["# Hello"]},
        {"cell_type": "code", "id": "b", "metadata": {}, "execution_count": 1, "source": 'check("01.1", 3)',
         "outputs": [{"output_type": "stream", "name": "stdout", "text": ["x"]}]},
    ]  # fmt: skip
    about = {"metadata": {"ballet": {"exercise": "01"}}, "nbformat": 4, "nbformat_minor": 5, "cells": cells}
    (folder / "anna").mkdir()
    (folder / "anna" / "01_pose.ipynb").write_text(json.dumps(about))
    (folder / "ben.ipynb").write_text(json.dumps(about | {"metadata": {}}))
    kept = {"version": 1, "checks": "x", "limits": {"seconds": 120.0, "memory": 2000}, "seed": 1, "runs": {}}
    (folder / "grades.finished.json").write_text(json.dumps(kept))


def _read_notebooks(folder: Path) -> None:
    from ballet_lib.grading import grades
    from ballet_lib.grading.class_folder import handed_in

    handed_in(folder)
    grades._checks_digest = lambda: "x"
    grades._Finished(folder / "grades.finished.json", grades.Limits())


def _search(folder: Path) -> None:
    """A search of two trials, as `tune` leaves it."""
    from ballet_lib.tuning.folder import SearchFolder
    from ballet_lib.tuning.records import COMPLETED, Record

    settings = {"method": "random", "seed": 1, "budget": 4, "space": {"network": ["lstm"], "units": [8, 16]},
                "max_epochs": 2, "factor": 2, "features": ["normalised"], "frames": 6, "batch_size": 16,
                "copies": 1}  # fmt: skip
    search = SearchFolder(folder)
    search.plan = {"format": 1, "finished": True, "seconds": 3.0, "settings": settings,
                   "labels": ["releve", "other"], "data": {"sha256": "x"}, "taught": ["anna"]}  # fmt: skip
    search.write()
    row = {"epoch": 1, "loss": 1.0, "accuracy": 0.5, "val_loss": 1.0, "val_accuracy": 0.5, "seconds": 1.0,
           "clock": 2.0}  # fmt: skip
    for number in range(2):
        search.trial(number).mkdir()
        Record(number, {"network": "lstm", "units": 8}, 3, 0, 2, status=COMPLETED, score=0.5, loss=1.0,
               best_epoch=1, parameters=9, rows=[row, row]).write(search.trial(number))  # fmt: skip
    (folder / "searches.json").write_bytes(json.dumps(_searches()).encode())


def _searches() -> list:
    return json.loads((DATASETS / "searches.json").read_text())[:2]


def _read_search(folder: Path) -> None:
    from ballet_lib.tuning.experiment import Competition
    from ballet_lib.tuning.result import Search

    Competition.load(folder / "searches.json")
    search = Search.load(folder)
    repr(search)
    _ = search.trials, search.score, search.seconds, search.curve


# --- Networks, films, pictures ----------------------------------------------------------------------------


def _model(name: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        shutil.copy(MODELS / f"{name}.keras", folder / "a.keras")
        card = json.loads((MODELS / f"{name}.json").read_text())
        card.pop("model_sha256")  # as whoever damages the file on purpose would
        (folder / "a.json").write_text(json.dumps(card | {"history": (card.get("history") or [])[:3]}))

    return make


def _load_model(module: str, kind: str) -> Callable[[Path], object]:
    def read(folder: Path) -> object:
        import importlib

        model = getattr(importlib.import_module(f"ballet_lib.{module}"), kind).load(folder / "a.keras")
        repr(model)
        return model

    return read


def _film(suffix: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        from ballet_lib.video import write_video

        rng = np.random.default_rng(0)
        write_video(folder / f"a{suffix}", list(rng.integers(0, 255, (12, 48, 64, 3)).astype(np.uint8)), 12)

    return make


def _read_film(folder: Path) -> None:
    from ballet_lib.video import probe, read_frames

    (film,) = folder.iterdir()
    probe(film)
    for _ in read_frames(film):
        pass


def _pictures(folder: Path) -> None:
    from PIL import Image

    for suffix in (".jpg", ".png", ".webp", ".tif", ".bmp"):
        Image.fromarray(np.arange(40 * 30 * 3, dtype=np.uint8).reshape(30, 40, 3)).save(folder / f"a{suffix}")


def _read_pictures(folder: Path) -> None:
    from ballet_lib import BalletError
    from ballet_lib.styles.pictures import read_picture
    from ballet_lib.video import read_image
    from ballet_lib.webcam.frames import decode

    for path in folder.iterdir():
        read_picture(path)
        for read in (read_image, lambda path: decode(path.read_bytes())):
            with suppress(BalletError):
                read(path)


def _bundle(folder: Path) -> None:
    import zipfile

    with zipfile.ZipFile(folder / "a.task", "w") as archive:
        archive.writestr("pose_detector.tflite", b"detector" * 20)
        archive.writestr("pose_landmarks_detector.tflite", b"landmarks" * 20)


def _read_bundle(folder: Path) -> None:
    from ballet_lib.pose_model import check_bundle

    check_bundle(folder / "a.task")


READERS: dict[str, Reader] = {
    "pose file": Reader(_pose_file, lambda folder: PoseSequence.load(folder / "a.npz")),
    "takes, folder": Reader(lambda folder: takes().save(folder),
                            lambda folder: looked_at(TakeSet.load(folder)),
                            ("takes.csv", "labels.json", "*.npz")),
    "takes, packed": Reader(lambda folder: takes().save(folder / "a.npz"),
                            lambda folder: looked_at(TakeSet.load(folder / "a.npz"))),
    "dance videos": Reader(_dance_videos, _load_videos),
    "styles that ship": Reader(_shipped_styles, _load_shipped),
    "frames and masks": Reader(_frames, _load_frames),
    "silhouettes": Reader(_silhouettes, _load_silhouettes),
    "label table": Reader(_label_table, lambda folder: read_label_table(folder / "labels.csv")),
    "mp-data": Reader(_mp_data, _import("mp-data"), ("**/0.npy", "**/3.npy")),
    "coco17": Reader(_coco, _import("coco17"), ("**/*.json", "**/*.np?")),
    "alphapose": Reader(_alphapose, _import("alphapose"), ("**/*.json",)),
    "openpose": Reader(_openpose, _import("openpose"), ("**/*.json",)),
    "lets-dance": Reader(_lets_dance, _read_lets_dance, ("**/*.json", "**/*.jpg")),
    "text51": Reader(_text51, _import("text51")),
    "zip of a format": Reader(_zipped, _import_zip),
    "progress file": Reader(_progress, _read_progress),
    "marks": Reader(_marks, _read_marks),
    "notebooks": Reader(_notebook, _read_notebooks, ("**/*.ipynb", "*.json")),
    "search": Reader(_search, _read_search, ("*.json", "trial_*/*.json")),
    "pictures": Reader(_pictures, _read_pictures),
    "task bundle": Reader(_bundle, _read_bundle),
    "film, mp4": Reader(_film(".mp4"), _read_film),
    "film, gif": Reader(_film(".gif"), _read_film),
    "classifier": Reader(_model("lstm"), _load_model("classifier", "Classifier")),
    "style classifier": Reader(_model("styles"), _load_model("styles.classifier", "StyleClassifier")),
    "autoencoder": Reader(_model("silhouettes"), _load_model("generation.autoencoder", "Autoencoder")),
}  # fmt: skip

warnings.simplefilter("ignore")
