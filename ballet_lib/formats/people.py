"""Several people in one video: who is who from frame to frame, and a take for each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ballet_lib.formats.keypoints import about
from ballet_lib.formats.reading import Reading
from ballet_lib.takes import Take
from ballet_lib.tracking import PeopleTracker, is_one_person

_BRIEF = 0.25  # of the frames of whoever is seen longest: below it somebody may only be passing by
_LONG = 60  # frames of nobody after which it no longer matters how many more there are


@dataclass
class Detections:
    """Everybody found in one video.

    Attributes
    ----------
    frames
        int (N,): in which frame each skeleton was found.
    landmarks
        float32 (N, 33, 4).
    ids
        For each skeleton the number that a tracker gave, or None.
    scores
        float (N,): how sure the detector was; of two with one id in a frame the better one stays.
    """

    frames: np.ndarray
    landmarks: np.ndarray
    ids: np.ndarray | Sequence[int | None]
    scores: np.ndarray


def takes_of(
    found: Detections, source: str, folder: str | None, size: tuple[int, int], reading: Reading, form: str,
    points: int, fps: float | None = None,
) -> list[Take]:  # fmt: skip
    """Make a take for each person in a video, from the first to the last frame the person is seen in.

    Frames between in which the person is not seen are NaN. Each take's meta tells the `performance` (the
    video), the `person` and the `first_frame`, so that people of one video are kept together by splits.
    """
    somebody = ~np.isnan(found.landmarks[..., 0]).all(axis=1)
    rows = np.flatnonzero(somebody)
    movement, dancer = reading.who_and_what(source, folder)
    if not len(rows):
        reading.note(f"{source} shows nobody in any frame and became no take.")
        return []
    order = rows[np.argsort(found.frames[rows], kind="stable")]
    known = [found.ids[row] is not None for row in order]
    tracked = all(known)
    if not tracked and any(known):
        reading.note("Some skeletons have no id of a tracker, so that people were followed by place instead.")
    follow = _by_id if tracked else _by_place
    people = follow(found, order, size, reading)
    longest = max(map(len, people.values()))
    reading.passers_by += sum(len(rows) < _BRIEF * longest for rows in people.values())
    takes = []
    for person, hers in sorted(people.items()):
        first, last = found.frames[hers[0]], found.frames[hers[-1]]
        reading.count_frames(int(last - first) + 1, source)
        if len(hers) == last - first + 1:
            landmarks = found.landmarks[hers]
        else:
            landmarks = np.full((last - first + 1, 33, 4), np.nan, dtype=np.float32)
            landmarks[found.frames[hers] - first] = found.landmarks[hers]
        takes.append(
            reading.take(landmarks, movement, source, form, size=size, fps=fps, dancer=dancer,
                         poses=about(points), person=int(person), first_frame=int(first))
        )  # fmt: skip
    return takes


def _by_id(found: Detections, order: np.ndarray, size, reading: Reading) -> dict[int, np.ndarray]:
    """Gather rows by the tracker's number; the people seen in most frames, if there are too many."""
    ids, frames = np.array([found.ids[row] for row in order]), found.frames[order]
    surest_first = np.lexsort((-found.scores[order], frames, ids))
    order, ids, frames = order[surest_first], ids[surest_first], frames[surest_first]
    twin = np.zeros(len(order), dtype=bool)
    twin[1:] = (np.diff(ids) == 0) & (np.diff(frames) == 0)
    if twin.any():
        reading.note("Skeletons that share an id with a surer one in their frame were left out.")
        order, ids = order[~twin], ids[~twin]
    starts = np.flatnonzero(np.diff(ids, prepend=ids[0] - 1))
    people = dict(zip(ids[starts].tolist(), np.split(order, starts[1:]), strict=True))
    if len(people) > reading.people:
        reading.note(f"Of more than {reading.people} people, those seen longest were kept (--people).")
    longest = sorted(people, key=lambda person: -len(people[person]))[: reading.people]
    return {person: people[person] for person in longest}


def _by_place(found: Detections, order: np.ndarray, size, reading: Reading) -> dict[int, np.ndarray]:
    """Follow people through the frames by where they are expected."""
    frames = found.frames[order]
    if (np.diff(frames) > 0).all():
        alone = _whole(found.landmarks[order])
        if reading.people == 1 or is_one_person(alone, _without_long_gaps(frames), size):
            return {0: order}
    tracker = PeopleTracker(reading.people, size)
    people: dict[int, list[int]] = {}
    left_out, last = 0, found.frames[order[0]]
    steps = np.diff(found.frames[order], prepend=found.frames[order[0]])
    for rows in np.split(order, np.flatnonzero(steps)):
        for _ in range(min(found.frames[rows[0]] - last - 1, _LONG)):
            tracker.assign([])
        last = found.frames[rows[0]]
        slots = tracker.assign([_whole(found.landmarks[row]) for row in rows])
        left_out += len(rows) - sum(i is not None for i in slots)
        for slot, i in enumerate(slots):
            if i is not None:
                people.setdefault(slot, []).append(int(rows[i]))
    if left_out:
        reading.note(
            f"Skeletons were left out where one body was found twice or more than {reading.people} people "
            "were in a frame (--people)."
        )
    return {person: np.array(hers) for person, hers in people.items()}


def _without_long_gaps(frames: np.ndarray) -> np.ndarray:
    steps = np.minimum(np.diff(frames, prepend=frames[0]), _LONG + 1)
    return np.cumsum(steps)


def _whole(landmarks: np.ndarray) -> np.ndarray:
    """Put missing landmarks, of one or more skeletons, into the middle of those found: x and y without NaN.

    The tracker needs the torso's corners.
    """
    place = landmarks[..., :2]
    return np.where(np.isnan(place), np.nanmean(place, axis=-2, keepdims=True), place)
