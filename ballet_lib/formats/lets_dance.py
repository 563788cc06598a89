"""Let's Dance (Castro et al., 2018): dance videos as frames and poses, in folders by style.

::

    letsdance/
        densepose/                              or skeleton/, or any folder
            ballet/                             the style
                6Y5JYhxqQBI_001_0001.json       video, frame from 1
                ...
        rgb/
            ballet/
                6Y5JYhxqQBI_001_0001.jpg        the frame itself, for its size, if there

A JSON is a list of people (up to 20 or so), each a list that begins with a text such as "person" and goes on
with named points in pixels, as its public readers expect them::

    [["person", ["nose", [312.4, 98.1]], ["left_eye", [318.0, 91.2]], ...], ...]

The data set comes in more than one edition, so these are read as people too: ``[[x, y, score] * 17]``,
``{"keypoints": [...]}`` with 17 rows or 51 numbers, ``{"nose": [x, y], ...}``; and ``{"people": [...]}``
around them. Points without a score get visibility 1. A frame without a file shows nobody.
"""

from pathlib import Path
from typing import Any

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.formats.json_files import LARGEST_FRAME, a_list, an_object, numbers, read_json
from ballet_lib.formats.keypoints import named_points, to_landmarks
from ballet_lib.formats.people import Detections, takes_of
from ballet_lib.formats.reading import Reading
from ballet_lib.formats.source import find_files, frames_by_video, relative
from ballet_lib.takes import Take, TakeSet

FPS = 30.0
"""Frames per second of the data set, as public code that reads it has them."""


def read(source: Path, reading: Reading) -> TakeSet:
    """Read all poses below a folder; each person of a video becomes a take.

    Raises
    ------
    BalletError
        If a file holds no people as above, its name no frame number, or the picture's size is unknown.
    """
    files = find_files(source, (".json",), reading.notes)
    videos = frames_by_video(files, ".json", "video_0001.json", reading.sparing)
    takes: list[Take] = []
    for (folder, video), frames in reading.going_through(videos.items(), "video"):
        with reading.sparing():
            takes += _video(source, folder, video, frames, reading)
    return reading.finish(takes, f"file such as ballet/video_0001.json with people in {source}")


def _video(source: Path, folder: Path, video: str, frames: dict[int, Path], reading: Reading) -> list[Take]:
    above = folder.relative_to(source).parts if source.is_dir() else ()
    name = "/".join((*above, video))
    size = _size(source, frames, reading) or reading.ask_size(str(folder))
    numbers_, points = [], []
    for number, path in frames.items():
        with reading.sparing():
            people = people_in(path)
            numbers_ += [number] * len(people)
            points += people
    if not points:
        reading.note(f"{name} shows nobody in {len(frames)} frames and became no take.")
        return []
    found = Detections(
        np.array(numbers_) - min(frames),
        to_landmarks(np.stack(points), size, reading, str(folder / video)),
        [None] * len(points),
        np.ones(len(points)),
    )
    return takes_of(found, name, above[-1] if above else None, size, reading, "lets-dance", 17,
                    reading.fps or FPS)  # fmt: skip


def people_in(path: Path) -> list[np.ndarray]:
    """Read the file of one frame: float64 (17, 3) in pixels for everybody in it, 0 where a point is missing.

    Raises
    ------
    BalletError
        If the file holds no people as above.
    """
    document = read_json(path, LARGEST_FRAME)
    if isinstance(document, dict):
        document = an_object(document, str(path), "people")["people"]
    return [_person(person, f"{path}, person {i}") for i, person in enumerate(a_list(document, str(path)))]


def _person(person: Any, where: str) -> np.ndarray:
    if isinstance(person, dict) and "keypoints" not in person:
        named = [(name, numbers(point, where)) for name, point in person.items() if isinstance(point, list)]
        return named_points(named, where)
    if isinstance(person, list) and person and isinstance(person[0], str):
        pairs = [pair for pair in person[1:] if isinstance(pair, list) and len(pair) > 1]
        return named_points([(str(pair[0]), numbers(pair[1], where)) for pair in pairs], where)
    points = numbers(person["keypoints"] if isinstance(person, dict) else person, where)
    if points.size == 51:
        points = points.reshape(17, 3)
    if points.shape not in ((17, 2), (17, 3)):
        raise BalletError(
            f"{where} has keypoints of the shape {points.shape}, not 17 of x, y and a score. "
            "docs/formats.md says what is read."
        )
    if points.shape[1] == 2:
        points = np.concatenate([points, (points != 0).any(axis=1, keepdims=True)], axis=1)
    return points


def _size(source: Path, frames: dict[int, Path], reading: Reading) -> tuple[int, int] | None:
    """Return the size of a frame's picture: beside the JSON, or in the folder rgb."""
    if reading.size is not None:
        return reading.size
    root = source if source.is_dir() else source.parent
    for path in list(frames.values())[:3]:
        parts = Path(relative(path, root)).with_suffix(".jpg").parts
        places = [parts, *[("rgb", *parts[i:]) for i in range(len(parts))],
                  *[("rgb", "rgb", *parts[i:]) for i in range(len(parts))]]  # fmt: skip
        for place in places:
            picture = root.joinpath(*place)
            if picture.is_file() and picture.resolve().is_relative_to(root.resolve()):
                return _picture_size(picture)
    return None


def _picture_size(path: Path) -> tuple[int, int] | None:
    """Read width and height from a picture's header; the picture itself is not decoded."""
    from PIL import Image

    try:
        with Image.open(path) as picture:
            return picture.size
    except Exception:  # a damaged picture only leaves the size unknown
        return None
