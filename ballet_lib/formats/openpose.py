"""OpenPose's `--write_json` folders: one file a frame, BODY-25.

::

    openpose/
        releve/                                       the label
            anna_01/                                  a folder a video, or none
                anna_01_000000000000_keypoints.json   the frame's number, from 0
                anna_01_000000000001_keypoints.json
                ...

    {"version": 1.3,
     "people": [{"person_id": [-1], "pose_keypoints_2d": [x, y, score] * 25, "face_keypoints_2d": [], ...}]}

A keypoint of zeros was not found. `person_id` is [-1] unless OpenPose tracked, so people are followed by
place. x and y are pixels, or shares of the picture with `--keypoint_scale 3`. With `--model_pose COCO` there
are 18 points, which are read as well (no feet); MPI's 15 are not.

Source: doc/02_output.md of CMU-Perceptual-Computing-Lab/openpose.
"""

from pathlib import Path
from typing import Any

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.formats.json_files import LARGEST_FRAME, a_list, an_object, numbers, read_json, whole_number
from ballet_lib.formats.keypoints import to_landmarks
from ballet_lib.formats.people import Detections, takes_of
from ballet_lib.formats.reading import Reading
from ballet_lib.formats.source import find_files, frames_by_video
from ballet_lib.takes import Take, TakeSet

ENDING = "_keypoints.json"

Person = tuple[np.ndarray, int | None]
"""float64 (K, 3) and the tracker's number."""


def read(source: Path, reading: Reading) -> TakeSet:
    """Read a folder of frames, or of labels and videos; each person of a video becomes a take.

    Raises
    ------
    BalletError
        If a file is no frame of OpenPose, a number is missing in its name, the label or the picture's size.
    """
    files = find_files(source, (ENDING,), reading.notes)
    videos = frames_by_video(files, ENDING, f"clip_000000000012{ENDING}", reading.sparing, nameless=True)
    takes: list[Take] = []
    for (folder, video), frames in reading.going_through(videos.items(), "video"):
        with reading.sparing():
            takes += _video(source, folder, video, frames, reading)
    return reading.finish(takes, f"file such as releve/anna_01/anna_01_000000000000{ENDING} "
                                 f"with people in {source}")  # fmt: skip


def _video(source: Path, folder: Path, video: str, frames: dict[int, Path], reading: Reading) -> list[Take]:
    above = folder.relative_to(source).parts if source.is_dir() else ()
    label = above[-2] if len(above) > 1 else above[0] if above else None
    own = "/".join(above)
    name = (
        own if above and above[-1] == video else "/".join(part for part in (own, video) if part) or "frames"
    )
    size = reading.ask_size(str(folder))
    found: list[tuple[int, Person]] = []
    for number, path in frames.items():
        with reading.sparing():
            found += [(number, person) for person in _frame(path)]
    if not found:
        reading.note(f"{name} shows nobody in {len(frames)} frames and became no take.")
        return []
    kinds = {len(points) for _, (points, _) in found}
    if len(kinds) > 1:
        raise BalletError(f"{folder} mixes people of {' and '.join(map(str, sorted(kinds)))} keypoints. "
                          "Run OpenPose again with one model.")  # fmt: skip
    detections = Detections(
        np.array([number for number, _ in found]) - min(frames),
        to_landmarks(np.stack([points for _, (points, _) in found]), size, reading, str(folder)),
        [person for _, (_, person) in found],
        np.array([points[:, 2].sum() for _, (points, _) in found]),
    )
    return takes_of(detections, name, label, size, reading, "openpose", kinds.pop())


def _frame(path: Path) -> list[Person]:
    """Read one file: everybody in the frame."""
    document = an_object(read_json(path, LARGEST_FRAME), str(path), "people")
    return [_person(person, f"{path}, people[{i}]")
            for i, person in enumerate(a_list(document["people"], f"{path}, people"))]  # fmt: skip


def _person(person: Any, where: str) -> Person:
    person = an_object(person, where)
    key = "pose_keypoints" if "pose_keypoints" in person else "pose_keypoints_2d"  # the former before 2018
    points = numbers(an_object(person, where, key)[key], f"{where}, {key}").ravel()
    if points.size not in (75, 54):
        raise BalletError(
            f"{where} has {points.size} numbers, not 75 (BODY-25) or 54 (COCO). "
            "Run OpenPose with --model_pose BODY_25."
        )
    said = person.get("person_id", -1)
    said = said[0] if isinstance(said, list) and said else said
    tracked = None if said in (-1, [], None) else whole_number(said, f"{where}, person_id")
    return points.reshape(-1, 3), tracked
