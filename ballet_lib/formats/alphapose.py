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

A list is read in blocks by simdjson, so that a film of an hour takes a second and no more memory than its
people; whatever simdjson or the usual layout does not know is read by Python's own `json`.

Sources: `write_json` in alphapose/utils/pPose_nms.py of MVIG-SJTU/AlphaPose; doc/output.md; Halpe-FullBody.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.formats.json_blocks import NotInBlocks, read_blocks
from ballet_lib.formats.json_files import (
    FARTHEST,
    LARGEST,
    a_list,
    an_object,
    numbers,
    read_json,
    whole_number,
)
from ballet_lib.formats.keypoints import SKELETONS, check_skeleton, to_landmarks
from ballet_lib.formats.people import Detections, takes_of
from ballet_lib.formats.reading import MOST_FRAMES, Reading
from ballet_lib.formats.source import counting, find_files, numbered, relative
from ballet_lib.takes import Take, TakeSet

RESULTS = "alphapose-results.json"
"""What AlphaPose calls its file; the folder around it then tells the video."""


class People(NamedTuple):
    """Everybody in a file of results, in its order.

    Attributes
    ----------
    points
        float32 (N, K, 3): x, y in pixels and a score; NaN where the file has none.
    pictures
        The name of the picture that each was found in.
    clips
        The name of the clip that each picture belongs to; empty if the file is of one clip.
    frames
        int (N,): the number of the picture in its clip, as its name says it.
    ids
        The tracker's number of each, or None.
    scores
        float (N,): how sure AlphaPose was of each.
    """

    points: np.ndarray
    pictures: list[str]
    clips: list[str]
    frames: np.ndarray
    ids: list[int | None]
    scores: np.ndarray


class _Part(NamedTuple):
    """People of a part of a file, of one skeleton: names of pictures, (N, K, 3), ids, scores."""

    pictures: list[str]
    points: np.ndarray
    ids: list[int | None]
    scores: np.ndarray


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
    with reading.going_into(path) as progress:
        people = read_people(path, progress)
    if not people.pictures:
        reading.note(f"{name} lists nobody and became no take.")
        return []
    landmarks = to_landmarks(people.points, size, reading, str(path))
    ids = np.array(people.ids, dtype=object)
    clips: dict[str, list[int]] = {}
    for row, clip in enumerate(people.clips):
        clips.setdefault(clip, []).append(row)
    takes = []
    for clip, rows in clips.items():
        which = rows if len(clips) > 1 else slice(None)  # a slice copies nothing
        frames = people.frames[which]
        found = Detections(frames - frames.min(), landmarks[which], ids[which], people.scores[which])
        video, folder = f"{name}/{clip}" if clip else name, above[-1] if above else None
        takes += takes_of(found, video, folder, size, reading, "alphapose", people.points.shape[1])
    return takes


def read_people(path: Path, progress: Callable[[int], object] | None = None) -> People:
    """Read everybody in a file of results, whichever of the three forms it has.

    Parameters
    ----------
    path
        The file.
    progress
        Called now and then with the number of bytes read since.

    Raises
    ------
    BalletError
        If the file is no result of AlphaPose, is damaged, or mixes skeletons.
    """
    try:
        parts = _parts(path, progress)
    except NotInBlocks:
        if path.stat().st_size > LARGEST:
            raise BalletError(f"{path} is cut off, damaged, or not the list of people that AlphaPose writes. "
                              "Copy it again or make it anew.") from None  # fmt: skip
        parts = [_collected(list(_people(read_json(path), str(path))), str(path))]
    parts = [part for part in parts if part.pictures] or [_collected([], str(path))]
    _check_one_skeleton({part.points.shape[1] for part in parts}, str(path))
    pictures = [picture for part in parts for picture in part.pictures]
    clips, frames = _places(pictures)
    ids = [idx for part in parts for idx in part.ids]
    points = np.concatenate([part.points for part in parts])
    scores = np.concatenate([part.scores for part in parts])
    return People(points, pictures, clips, frames, ids, scores)


# --- A list, block by block ----------------------------------------------------------------------------


def _parts(path: Path, progress: Callable | None) -> list[_Part]:
    import simdjson

    parser, parts, before = simdjson.Parser(), [], 0
    for block in read_blocks(path, progress):
        try:
            part = _usual(block, parser)
        except Exception:  # there are as many kinds of error as ways to be unusual; json tells which it is
            part = _unusual(block, path, before)
            parser = simdjson.Parser()  # the old one may be held by the error's traceback
        parts.append(part)
        before += len(part.pictures)
        if before > MOST_FRAMES:
            raise BalletError(f"{path} lists more than {MOST_FRAMES:,} people, which fill the memory. "
                              "Divide it into a file for each video.")  # fmt: skip
    return parts


def _usual(block: memoryview, parser) -> _Part:
    """Read a block as AlphaPose writes it; any error means that it is not so."""
    people = list(parser.parse(block))
    (_,) = {len(person) for person in people}  # one more key may be a key twice, which each reads its way
    keypoints = [person["keypoints"] for person in people]
    (count,) = {len(values) for values in keypoints}
    points = np.frombuffer(b"".join([values.as_buffer(of_type="d") for values in keypoints]))
    points = points.reshape(len(keypoints), count // 3, 3)
    pictures = [person["image_id"] for person in people]
    ids = [person.get("idx") for person in people]
    scores = np.array([person.get("score", 0.0) for person in people])
    names = {*map(type, pictures)}
    if (
        points.shape[1] not in SKELETONS
        or max(points.max(), -points.min()) > FARTHEST
        or not names <= {str, int}
        or not all(idx is None or (type(idx) is int and abs(idx) < 1e9) for idx in set(ids))
        or scores.dtype.kind not in "fi"
        or np.abs(scores).max() >= 1e9
    ):
        raise ValueError
    if names != {str}:
        pictures = [*map(str, pictures)]
    return _Part(pictures, points.astype(np.float32), ids, scores)


def _unusual(block: memoryview, path: Path, before: int) -> _Part:
    """Read a block of which only JSON is expected; the people in it are counted from `before`."""
    try:
        document = json.loads(bytes(block))
    except (ValueError, RecursionError) as error:
        raise NotInBlocks from error
    return _collected(list(_people(document, str(path), before)), str(path))


# --- Any form, person by person ------------------------------------------------------------------------


class _Person(NamedTuple):
    picture: str
    points: np.ndarray
    idx: int | None
    score: float


def _collected(people: list[_Person], where: str) -> _Part:
    _check_one_skeleton({len(person.points) for person in people}, where)
    if not people:
        return _Part([], np.empty((0, 17, 3), np.float32), [], np.empty(0))
    pictures, points, ids, scores = zip(*people, strict=True)
    return _Part(list(pictures), np.stack(points).astype(np.float32), list(ids), np.array(scores))


def _check_one_skeleton(kinds: set[int], where: str) -> None:
    if len(kinds) > 1:
        raise BalletError(f"{where} mixes people of {' and '.join(map(str, sorted(kinds)))} keypoints. "
                          "Run AlphaPose again with one model.")  # fmt: skip


def _people(document: Any, where: str, before: int = 0) -> Iterator[_Person]:
    """Go through everybody in the file, whichever of the three forms it has."""
    if isinstance(document, list):
        for i, result in enumerate(document, start=before):
            result = an_object(result, f"{where}, person {i}", "image_id", "keypoints")
            picture = result["image_id"]
            if not isinstance(picture, str | int):
                raise BalletError(
                    f"{where}, person {i}: image_id is no name of a picture. Run AlphaPose again."
                )
            score = result.get("score")
            yield _Person(
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
            yield _Person(picture, _points(person[key], f"{inside}, {lists}[{i}]"), None, 0.0)


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


# --- Pictures ------------------------------------------------------------------------------------------


def _places(pictures: list[str]) -> tuple[list[str], np.ndarray]:
    """Return the clip and the frame of each picture: ``a_001.jpg`` and ``b_001.jpg`` are of two clips."""
    if (frames := _plain_numbers(pictures)) is not None:
        return [""] * len(pictures), frames
    stems = {picture: PurePosixPath(picture.replace("\\", "/")).stem for picture in pictures}
    parted = {picture: numbered(stem) for picture, stem in stems.items()}
    if any(number is None for _, number in parted.values()):  # names, not numbers: in their order
        order = sorted(parted, key=counting)
        parted = {picture: ("", place) for place, picture in enumerate(order)}
    several = len({clip for clip, _ in parted.values()}) > 1
    clips = [parted[picture][0] if several else "" for picture in pictures]
    return clips, np.array([parted[picture][1] for picture in pictures], dtype=np.int64)


def _plain_numbers(pictures: list[str]) -> np.ndarray | None:
    """Return the frames of pictures that are named ``0.jpg``, ``1.jpg`` and so on, or None."""
    ending = PurePosixPath(pictures[0]).suffix if pictures else ""
    stems = [picture.removesuffix(ending) for picture in pictures]
    digits = "".join(stems)
    if not (digits.isascii() and digits.isdecimal() and max(map(len, stems)) <= 12 and all(stems)):
        return None
    return np.fromiter(map(int, stems), np.int64, len(stems))
