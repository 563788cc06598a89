"""Let's Dance (Castro et al., 2018) as videos: frames and poses, in folders by style.

::

    letsdance/
        rgb/ballet/6Y5JYhxqQBI_001_0001.jpg         style, video, frame from 1
        densepose/ballet/6Y5JYhxqQBI_001_0001.json  or skeleton/, or densepose/rgb/

`formats.lets_dance` says how people are written in a JSON. A frame without one shows nobody. The first 11
letters of a video tell the film it was cut from, as YouTube numbers them: videos of one film stay together.
"""

import json
import os
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.files import whole_folder
from ballet_lib.formats.keypoints import COCO_NAMES, to_landmarks
from ballet_lib.formats.lets_dance import FPS, people_in
from ballet_lib.formats.people import Detections, takes_of
from ballet_lib.formats.reading import AnswerNeeded, Reading
from ballet_lib.formats.source import find_files, frames_by_video, opened
from ballet_lib.names import file_names
from ballet_lib.styles.conversion import Names, video_of
from ballet_lib.styles.pictures import picture_size, read_picture, shown
from ballet_lib.styles.videos import SIDE, DanceVideo, DanceVideos

MOST_FRAMES = 200_000
"""Frames of one video, two hours; the data set has 300."""
_POSES = {"densepose", "skeleton", "skeletons", "pose"}
_FILM = re.compile(r"([\w-]{11})_\d+")


class _Files(NamedTuple):
    """The files of one video by number of frame."""

    style: str
    video: str
    frames: dict[int, Path]
    poses: dict[int, Path]


def read_lets_dance(
    folder: str | os.PathLike,
    every: int = 1,
    pictures: bool = True,
    follow: bool = True,
    size: tuple[int, int] | None = None,
    fps: float = FPS,
    skip_damaged: bool = False,
    progress: bool = False,
) -> DanceVideos:
    """Read Let's Dance, of whatever styles there are folders.

    Parameters
    ----------
    folder
        The folder that holds ``rgb`` and the poses, or a zip of it.
    every
        Read each `every`-th frame only.
    pictures
        Whether to read the frames too; without, only their sizes are looked at.
    follow
        Tell people apart by following them from frame to frame. Else the n-th of a frame's file is the n-th
        person, whoever that is.
    size
        (width, height) in pixels of all videos, where there are no frames that tell it.
    fps
        Frames per second.
    skip_damaged
        Leave damaged pose files out, where otherwise the first one ends the reading.
    progress
        Show a bar.

    Returns
    -------
        A video for each, with up to 20 people.

    Raises
    ------
    BalletError
        If there is no video, a file holds no people, its name no number, or a picture's size is unknown.

    Warns
    -----
    UserWarning
        For videos without poses or pictures, frames of several sizes, and people that were left out.
    """
    if every < 1:
        raise BalletError(f"Each {every}-th frame cannot be read. Give 1 for all, 5 for a fifth.")
    reading = Reading(fps=fps, size=size, skip_damaged=skip_damaged, bar=progress)
    names = Names()
    with opened(folder) as root:
        found = _find(root, reading)
        videos = [
            _video(files, names.of(files.video, files.style), every, pictures, follow, reading)
            for files in reading.going_through(found, "video")
        ]
    if reading.skipped:
        reading.note(f"{len(reading.skipped)} damaged files were left out, the first: {reading.skipped[0]}")
    for note in reading.notes:
        warnings.warn(note, stacklevel=2)
    return DanceVideos(tuple(videos), tuple(sorted({video.style for video in videos})))


# --- Which files there are --------------------------------------------------------------------------------


def _find(root: Path, reading: Reading) -> list[_Files]:
    """List the videos by style and name."""
    if not root.is_dir():
        raise BalletError(f"{root} is one file. Give the folder that holds rgb and the poses.")
    poses = _by_video(root, find_files(root, (".json",), reading.notes), ".json", reading)
    jpgs = find_files(root, (".jpg",), [])
    frames = [path for path in jpgs if _in_rgb(path.relative_to(root).parts)]
    if not frames:  # beside the poses
        folders = {path.parent for some in poses.values() for path in some.values()}
        frames = [path for path in jpgs if path.parent in folders]
    pictured = _by_video(root, frames, ".jpg", reading)
    if not poses and not pictured:
        raise BalletError(
            f"{root} holds no file such as densepose/ballet/video_0001.json or rgb/ballet/video_0001.jpg. "
            "Give the folder around rgb and densepose."
        )
    both = sorted(poses.keys() | pictured.keys())
    _note_missing(reading, both, pictured, "frames", "they have no pictures")
    _note_missing(reading, both, poses, "pose files", "they show nobody")
    return [_Files(style, video, pictured.get((style, video), {}), poses.get((style, video), {}))
            for style, video in both]  # fmt: skip


def _in_rgb(parts: tuple[str, ...]) -> bool:
    return "rgb" in parts and not _POSES & set(parts[: parts.index("rgb")])


def _by_video(root: Path, paths: list[Path], ending: str, reading: Reading) -> dict:
    """Group files by (style, video): {frame: file}."""
    grouped: dict[tuple[str, str], dict[int, Path]] = {}
    example = f"video_0001{ending}"
    for (folder, video), frames in frames_by_video(paths, ending, example, reading.sparing).items():
        if folder == root:
            raise BalletError(f"{folder / video}: no folder tells its style. Give the folder around {root}.")
        before = grouped.setdefault((folder.name, video), {})
        if twice := before.keys() & frames.keys():
            number = min(twice)
            raise BalletError(f"{frames[number]} and {before[number]} are the same frame. Move one away.")
        before |= frames
    return grouped


def _note_missing(reading: Reading, both: list, there: dict, what: str, so: str) -> None:
    if lacking := [video for style, video in both if (style, video) not in there]:
        reading.note(f"{len(lacking)} of {len(both)} videos, such as {lacking[0]}, have no {what}: {so}.")


# --- One video --------------------------------------------------------------------------------------------


def _video(
    files: _Files, name: str, every: int, pictures: bool, follow: bool, reading: Reading
) -> DanceVideo:
    numbers = sorted(files.frames.keys() | files.poses.keys())
    if numbers[-1] - numbers[0] >= MOST_FRAMES:
        raise BalletError(
            f"The frames of {name} go from {numbers[0]} to {numbers[-1]}, more than {MOST_FRAMES:,}. "
            "Check the names of its files."
        )
    kept = range(numbers[0], numbers[-1] + 1, every)
    sizes, small = _look(files, kept, read_picture if pictures else _only_size)
    size = sizes[min(sizes)] if sizes else reading.size
    if size is None:
        raise AnswerNeeded(f"{name} has no frame that tells its size. Give it, for example size=(1280, 720).")
    if len(set(sizes.values())) > 1:
        reading.note(
            f"{name} has frames of {len(set(sizes.values()))} sizes; its keypoints are scaled to the first, "
            f"{size[0]}x{size[1]}."
        )
    if missing := [number for number in kept if number not in small] if small else []:
        reading.note(
            f"{name}: {len(missing)} of {len(kept)} frames have no picture, such as {missing[0]}; "
            "the one before is repeated."
        )
    keypoints = _poses(files, name, kept, sizes, size, follow, reading)
    film = _FILM.fullmatch(files.video)
    return DanceVideo(
        name, files.style, keypoints, reading.rate / every, size,
        pictures=_filled(small, kept) if small else None, film=film[1] if film else "",
    )  # fmt: skip


def _only_size(path: Path) -> tuple[None, tuple[int, int]] | None:
    size = picture_size(path)
    return None if size is None else (None, size)


def _look(files: _Files, kept: range, read: Callable) -> tuple[dict, dict]:
    """Return the sizes of frames, and the small pictures, both by number; what cannot be read is left out."""
    sizes, small = {}, {}
    for number in kept:
        if number in files.frames and (seen := read(files.frames[number])) is not None:
            picture, sizes[number] = seen
            if picture is not None:
                small[number] = picture
    return sizes, small


def _filled(small: dict[int, np.ndarray], kept: range) -> np.ndarray:
    """Stack pictures; where one is missing, the one before stands still."""
    last = small[min(small)]
    filled = []
    for number in kept:
        last = small.get(number, last)
        filled.append(last)
    return np.stack(filled)


def _poses(
    files: _Files, name: str, kept: range, sizes: dict, size: tuple[int, int], follow: bool, reading: Reading
) -> np.ndarray:
    """Read everybody: float32 (T, P, 17, 3) in pixels of `size`."""
    frames, points, ids = [], [], []
    for place, number in enumerate(kept):
        if number not in files.poses:
            continue
        with reading.sparing():
            people = people_in(files.poses[number])
            scale = np.array([*size, 1.0]) / np.array([*sizes.get(number, size), 1.0])
            frames += [place] * len(people)
            points += [person * scale for person in people]
            ids += list(range(len(people)))
    if not points:
        return np.full((len(kept), 0, 17, 3), np.nan, np.float32)
    one = Reading(fps=reading.fps, label=files.style, notes=reading.notes)
    landmarks = to_landmarks(np.stack(points), size, one, str(next(iter(files.poses.values())).parent / name))
    score = np.array([np.nan_to_num(person[:, 2]).mean() for person in points])
    found = Detections(np.array(frames), landmarks, [None] * len(ids) if follow else ids, score)
    takes = takes_of(found, name, files.style, size, one, "lets-dance", 17)
    if not takes:
        return np.full((len(kept), 0, 17, 3), np.nan, np.float32)
    return video_of(takes, name, frames=len(kept)).keypoints


# --- Writing ----------------------------------------------------------------------------------------------


def write_lets_dance(videos: DanceVideos, destination: str | os.PathLike) -> list[str]:
    """Write videos in the layout of Let's Dance, into a folder that is not there yet, to look inside.

    Parameters
    ----------
    videos
        With or without pictures; pictures are blown up to the size of the video.
    destination
        Gets ``densepose`` and, if there are pictures, ``rgb``.

    Returns
    -------
    list of str
        What was lost.

    Raises
    ------
    BalletError
        If the folder is there, or cannot be written.
    """
    from PIL import Image

    styles = file_names(video.style for video in videos)
    names = file_names(video.name for video in videos)
    with whole_folder(destination) as folder:
        for video in videos:
            poses, frames = (folder / part / styles[video.style] for part in ("densepose", "rgb"))
            poses.mkdir(parents=True, exist_ok=True)
            for number, people in enumerate(video.keypoints, start=1):
                path = poses / f"{names[video.name]}_{number:04d}.json"
                path.write_text(json.dumps([_written(person) for person in people if _found(person)]))
            for number, picture in enumerate(video.pictures if video.pictures is not None else (), start=1):
                frames.mkdir(parents=True, exist_ok=True)
                left, top, width, height = shown(video.size)
                cut = Image.fromarray(picture[top : top + height, left : left + width])
                path = frames / f"{names[video.name]}_{number:04d}.jpg"
                cut.resize(video.size, Image.Resampling.BICUBIC).save(path, quality=90)
    return [
        "scores of keypoints, frames per second, dancers, who is who",
        f"pictures finer than {SIDE} pixels",
    ]


def _found(person: np.ndarray) -> bool:
    return not np.isnan(person[:, 0]).all()


def _written(person: np.ndarray) -> list:
    """Write somebody as the data set does: a text, then a name and a place for each point."""
    points = zip(COCO_NAMES, person[:, :2].astype(float), strict=True)
    return ["person", *([name, [round(x, 2), round(y, 2)]] for name, (x, y) in points if not np.isnan(x))]
