"""Following several people from frame to frame, so that a slot stays with one of them."""

import numpy as np

from ballet_lib.skeleton import INDEX

_TORSO = [INDEX[f"{side}_{part}"] for part in ("shoulder", "hip") for side in ("left", "right")]
_REACH = 0.6  # of a body size: how far from the expected place a person may turn up in the next frame
_REACH_GROWTH = 0.1  # and how much farther for each frame out of sight
_SAME_BODY = 0.08  # of a body size: two skeletons as close as this are one person found twice


class PeopleTracker:
    """Give each person found in a frame the slot that this person had before.

    Slots fill in the order of size on first sight. Where a person is expected follows from the last place
    and the speed, so that two people who cross keep their slots. Someone out of sight keeps the slot
    until a newcomer finds no other.
    """

    def __init__(self, people: int, size: tuple[int, int]):
        """Follow up to `people` in pictures of `size` (width, height) pixels."""
        self.people = people
        self._aspect = size[0] / size[1]
        self._place: list[np.ndarray | None] = [None] * people  # (4, 2) torso corners, in picture heights
        self._speed = np.zeros((people, 2))
        self._body = np.ones(people)
        self._unseen = np.zeros(people, dtype=int)

    def assign(self, found: list[np.ndarray]) -> list[int | None]:
        """Return, for each slot, the index in `found` of its person or None; found are (33, 4) landmarks."""
        torsos = [landmarks[_TORSO, :2] * (self._aspect, 1) for landmarks in found]
        bodies = [body_size(landmarks, self._aspect) for landmarks in found]
        by_size = sorted(range(len(found)), key=lambda i: -bodies[i])
        chosen: list[int] = []
        for i in by_size:
            if all(_distance(torsos[i], torsos[j]) > _SAME_BODY * bodies[j] for j in chosen):
                chosen.append(i)
        chosen = chosen[: self.people]
        slots = self._match(chosen, torsos)
        for slot, seat in enumerate(slots):
            self._update(slot, None if seat is None else torsos[seat], 1.0 if seat is None else bodies[seat])
        return slots

    def _match(self, chosen: list[int], torsos: list[np.ndarray]) -> list[int | None]:
        """Seat the people found so that they are nearest to where they are expected, all in all."""
        from scipy.optimize import linear_sum_assignment

        slots: list[int | None] = [None] * self.people
        if chosen:
            cost = [[self._cost(slot, torsos[i]) for slot in range(self.people)] for i in chosen]
            for row, slot in zip(*linear_sum_assignment(cost), strict=True):
                slots[slot] = chosen[row]
        return slots

    def _cost(self, slot: int, torso: np.ndarray) -> float:
        """Return the distance from the place expected for the slot, in reaches; newcomers cost 1 or more."""
        if self._place[slot] is None:
            return 1 + 1e-3 * slot  # the first free slot, so that the largest newcomer comes first
        gap = self._unseen[slot]
        expected = self._place[slot] + self._speed[slot] * (1 + min(gap, 5))
        reach = (_REACH + _REACH_GROWTH * gap) * self._body[slot]
        distance = _distance(torso, expected) / reach
        # Someone too far away to be this person takes the slot only if there is no free one; rather that
        # of a person long out of sight.
        return distance if distance < 1 else 10 + distance - min(gap, 1000) / 100

    def _update(self, slot: int, torso: np.ndarray | None, body: float) -> None:
        if torso is None:
            self._unseen[slot] += 1
            return
        if self._place[slot] is not None and self._unseen[slot] < 5:
            step = (torso - self._place[slot]).mean(0) / (1 + self._unseen[slot])
            self._speed[slot] += 0.5 * (step - self._speed[slot])
        else:
            self._speed[slot] = 0
        self._place[slot], self._body[slot], self._unseen[slot] = torso, body, 0


def is_one_person(landmarks: np.ndarray, frames: np.ndarray, size: tuple[int, int]) -> bool:
    """Tell whether `PeopleTracker` would keep all skeletons in one slot, much sooner than by asking it.

    Parameters
    ----------
    landmarks
        (N, 33, C) without NaN in x and y, the only skeleton of each frame.
    frames
        int (N,): in which frame each was found, ascending.
    size
        (width, height) of the picture in pixels.
    """
    aspect = size[0] / size[1]
    torsos = landmarks[:, _TORSO, :2] * (aspect, 1)
    width, height = np.ptp(np.clip(landmarks[..., :2], 0, 1), axis=1).T
    bodies = np.maximum(np.hypot(width * aspect, height), 1e-6)
    unseen = np.diff(frames) - 1
    steps = np.diff(torsos, axis=0).mean(axis=1) / (1 + unseen)[:, None]
    speeds, x, y = np.zeros_like(steps), 0.0, 0.0
    for i, ((across, down), gap) in enumerate(zip(steps.tolist(), unseen.tolist(), strict=True)):
        speeds[i] = x, y  # when frame i + 1 is awaited
        x, y = (x + 0.5 * (across - x), y + 0.5 * (down - y)) if gap < 5 else (0.0, 0.0)
    expected = torsos[:-1] + (speeds * (1 + np.minimum(unseen, 5))[:, None])[:, None]
    reach = (_REACH + _REACH_GROWTH * unseen) * bodies[:-1]
    return bool((np.linalg.norm(torsos[1:] - expected, axis=-1).mean(axis=1) < reach).all())


def body_size(landmarks: np.ndarray, aspect: float) -> float:
    """Return the diagonal of the box around (33, C) landmarks in picture heights; `aspect` is W / H.

    What lies outside the picture does not count, since the model only guesses there.
    """
    width, height = np.ptp(np.clip(landmarks[:, :2], 0, 1), axis=0)
    return float(max(np.hypot(width * aspect, height), 1e-6))


def _distance(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.linalg.norm(a - b, axis=-1).mean())
