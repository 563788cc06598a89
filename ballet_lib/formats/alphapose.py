"""AlphaPose's results: one JSON a video, a list of people, each with the picture it was found in.

Videos lie in folders named by their label: ``label/video.json``, ``label/video/alphapose-results.json``::

    [{"image_id": "0.jpg", "category_id": 1, "keypoints": [x, y, score] * 17, "score": 2.9,
      "box": [x, y, width, height], "idx": 1},
     {"image_id": "0.jpg", ...},            the second person of that picture
     {"image_id": "1.jpg", ...}, ...]

`idx` is there if AlphaPose tracked (`--pose_track`); without it people are followed by place. Models of more
points are read too, since they begin with the same 17: Halpe-26, COCO-WholeBody (133) and Halpe (136), whose
heels and big toes are kept. With `--format open` or `cmu` AlphaPose writes an object by picture instead, 18
points a person in OpenPose's order, ``{"0.jpg": {"people": [{"pose_keypoints_2d": [...]}]}}`` or
``{"0.jpg": {"bodies": [{"joints": [...]}]}}``, and those are read as well. Scores of old versions above 1
count as 1.

Sources: `write_json` in alphapose/utils/pPose_nms.py of MVIG-SJTU/AlphaPose; doc/output.md; Halpe-FullBody.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.formats.json_files import a_list, an_object, numbers, read_json, whole_number
from ballet_lib.formats.keypoints import check_skeleton, to_landmarks
from ballet_lib.formats.people import Detections, takes_of
from ballet_lib.formats.reading import Reading
from ballet_lib.formats.source import counting, find_files, numbered, relative
from ballet_lib.takes import Take, TakeSet

RESULTS = "alphapose-results.json"
"""What AlphaPose calls its file; the folder around it then tells the video."""


class Person(NamedTuple):
    """One skeleton of the file: the picture's name, float64 (K, 3), the tracker's number, how sure."""

    picture: str
    points: np.ndarray
    idx: int | None
    score: float


def read(source: Path, reading: Reading) -> TakeSet:
    """Read one file of results, or all of a folder.

    Raises
    ------
    BalletError
        If a file is no result of AlphaPose, or a label or the picture's size is missing.
    """
    takes: list[Take] = []
    for path in reading.going_through(find_files(source, (".json",), reading.notes), "video"):
        if path.parent.name == "sep-json":  # the same again, a file each picture
            continue
        with reading.sparing():
            takes += _video(path, source, reading)
    return reading.finish(takes, f"file such as afrobeat/{RESULTS} with people in {source}")


def _video(path: Path, source: Path, reading: Reading) -> list[Take]:
    size = reading.ask_size(str(path))
    above = path.parent.relative_to(source).parts if source.is_dir() else ()
    name = relative(path, source)
    if path.name == RESULTS and len(above) > 1:
        name, above = "/".join(above), above[:-1]
    people = list(_people(read_json(path), str(path)))
    if not people:
        reading.note(f"{name} lists nobody and became no take.")
        return []
    takes = []
    for clip, members in _clips(people).items():
        video = f"{name}/{clip}" if clip else name
        kinds = {len(person.points) for person in members.values() for person in person}
        if len(kinds) > 1:
            raise BalletError(f"{path} mixes people of {' and '.join(map(str, sorted(kinds)))} keypoints. "
                              "Run AlphaPose again with one model.")  # fmt: skip
        found = _detections(members, size, reading, str(path))
        takes += takes_of(found, video, above[-1] if above else None, size, reading, "alphapose", kinds.pop())
    return takes


def _people(document: Any, where: str) -> Iterator[Person]:
    """Go through everybody in the file, whichever of the three forms it has."""
    if isinstance(document, list):
        for i, result in enumerate(document):
            result = an_object(result, f"{where}, person {i}", "image_id", "keypoints")
            picture = result["image_id"]
            if not isinstance(picture, str | int):
                raise BalletError(
                    f"{where}, person {i}: image_id is no name of a picture. Run AlphaPose again."
                )
            score = result.get("score")
            yield Person(
                str(picture),
                _points(result["keypoints"], f"{where}, person {i}"),
                _track(result.get("idx"), f"{where}, person {i}"),
                float(score) if isinstance(score, int | float) and abs(score) < 1e9 else 0.0,
            )
        return
    for picture, content in an_object(document, where).items():
        inside = f"{where}, {picture[:40]}"
        content = an_object(content, inside)
        lists, key = ("bodies", "joints") if "bodies" in content else ("people", "pose_keypoints_2d")
        people = a_list(an_object(content, inside, lists)[lists], f"{inside}, {lists}")
        for i, person in enumerate(people):
            person = an_object(person, f"{inside}, {lists}[{i}]", key)
            yield Person(picture, _points(person[key], f"{inside}, {lists}[{i}]"), None, 0.0)


def _points(values: Any, where: str) -> np.ndarray:
    points = numbers(values, f"{where}, keypoints").ravel()
    if points.size % 3:
        raise BalletError(f"{where} has {points.size} numbers in keypoints, no multiple of 3 (x, y, score). "
                          "Check which tool wrote the file.")  # fmt: skip
    check_skeleton(points.size // 3, where)
    return points.reshape(-1, 3)


def _track(idx: Any, where: str) -> int | None:
    """Return the tracker's number; some versions write it as a list, of lists even."""
    while isinstance(idx, list) and idx:
        idx = idx[0]
    return None if idx is None or idx == [] else whole_number(idx, f"{where}, idx")


def _clips(people: list[Person]) -> dict[str, dict[int, list[Person]]]:
    """Gather people by clip and frame: ``a_001.jpg`` and ``b_001.jpg`` are frames of two clips."""
    stems = {person.picture: PurePosixPath(person.picture.replace("\\", "/")).stem for person in people}
    parted = {picture: numbered(stem) for picture, stem in stems.items()}
    if any(number is None for _, number in parted.values()):  # names, not numbers: in their order
        order = sorted(parted, key=counting)
        parted = {picture: ("", place) for place, picture in enumerate(order)}
    several = len({clip for clip, _ in parted.values()}) > 1
    clips: dict[str, dict[int, list[Person]]] = {}
    for person in people:
        clip, number = parted[person.picture]
        clips.setdefault(clip if several else "", {}).setdefault(number, []).append(person)
    return clips


def _detections(frames: dict[int, list[Person]], size, reading: Reading, where: str) -> Detections:
    everybody = [(frame, person) for frame, people in frames.items() for person in people]
    first = min(frames)
    return Detections(
        np.array([frame - first for frame, _ in everybody]),
        to_landmarks(np.stack([person.points for _, person in everybody]), size, reading, where),
        [person.idx for _, person in everybody],
        np.array([person.score for _, person in everybody]),
    )
