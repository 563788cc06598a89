"""From other skeletons' keypoints in pixels to the 33 landmarks, and what that loses.

What the three families share are the 12 joints and part of the face:

====================  ======  ==============================================================================
family                points  of the 33 landmarks it knows
====================  ======  ==============================================================================
COCO-17 and COCO-18       17  nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles
with feet (Halpe,         21  these, big toes (foot index) and heels
COCO-WholeBody, BODY-25)
MediaPipe                 33  all: also mouth, inner and outer eyes, three fingers of each hand
====================  ======  ==============================================================================

Landmarks that a family does not know are NaN in all frames. None of them measures depth: z is set to 0, as if
everybody were flat, because a NaN would reach the networks and a zero says nothing to them.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.formats.reading import Reading
from ballet_lib.skeleton import INDEX, LANDMARKS, from_body25, from_coco17

COCO_18_TO_17: tuple[int, ...] = (0, 15, 14, 17, 16, 5, 2, 6, 3, 7, 4, 11, 8, 12, 9, 13, 10)
"""Where each COCO-17 keypoint stands in OpenPose's COCO-18, whose number 1, the neck, is left out."""

FEET: dict[int, dict[str, int]] = {
    26: {"left_foot_index": 20, "right_foot_index": 21, "left_heel": 24, "right_heel": 25},
    133: {"left_foot_index": 17, "left_heel": 19, "right_foot_index": 20, "right_heel": 22},
    136: {"left_foot_index": 20, "right_foot_index": 21, "left_heel": 24, "right_heel": 25},
}
"""Where big toes and heels stand in Halpe-26, COCO-WholeBody (133) and Halpe (136), after COCO-17."""

COCO_NAMES: tuple[str, ...] = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder",
    "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip",
    "left_knee", "right_knee", "left_ankle", "right_ankle",
)  # fmt: skip
"""The 17 keypoints of COCO in order."""

SKELETONS = {
    17: "COCO-17",
    18: "COCO-18",
    25: "BODY-25",
    26: "Halpe-26",
    133: "COCO-WholeBody",
    136: "Halpe",
}
"""The skeletons that are read, by their number of keypoints."""


HIGHEST_SCORE = 10.0
"""What no tool writes as a score: old AlphaPose goes above 1, flags are 2, Halpe's are below."""

MANY = 0.1
"""Share of keypoints outside the picture from which its size is doubted."""


def to_landmarks(
    keypoints: np.ndarray, size: tuple[int, int], reading: Reading, where: str, shares: bool | None = None
) -> np.ndarray:
    """Turn keypoints of pixels into landmarks: (N, K, 3) x, y, score to float32 (N, 33, 4).

    Parameters
    ----------
    keypoints
        K of 17, 18, 25, 26, 133 or 136, in the order of COCO, OpenPose, Halpe or COCO-WholeBody. A point is
        missing where x, y and score are 0 or any of them is NaN.
    size
        (width, height) of the picture in pixels.
    shares
        Whether x and y are shares of the picture already; None to see it by their being small.

    Raises
    ------
    BalletError
        If K is another number, or most points lie outside the picture.
    """
    known = check_skeleton(keypoints.shape[1], where)
    reading.lose(lost(known))
    places, origins = _same_points(known)
    points = np.take(np.moveaxis(keypoints, 2, 0), origins, axis=2).astype(np.float32)
    x, y, score = points  # apart, since sums over an axis of three are slow
    missing = np.isnan(x) | np.isnan(y) | np.isnan(score) | ((x == 0) & (y == 0) & (score == 0))
    points[:, missing] = np.nan
    _check_scores(score, where)
    if shares is None:
        shares = _are_shares(points[:2], reading, where)
    if not shares:
        points[:2] /= np.array(size, np.float32)[:, None, None]
    _check_inside(points[:2], size, reading, where)
    depth = np.where(missing, np.nan, np.float32(0))
    landmarks = np.full((len(keypoints), len(places) + 1, 4), np.nan, dtype=np.float32)  # one more: unknown
    for axis, values in enumerate((x, y, depth, np.clip(score, 0, 1))):
        landmarks[:, :-1, axis] = values
    origin = np.full(33, len(places))
    origin[places] = np.arange(len(places))
    return np.take(landmarks, origin, axis=1)


@cache
def _same_points(known: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the landmarks that a skeleton of so many keypoints knows, and the keypoint that each is."""
    numbers = np.arange(known, dtype=np.float32)[:, None]
    if known == 25:
        origins = from_body25(numbers)[:, 0]
    else:
        origins = from_coco17(numbers[list(COCO_18_TO_17)] if known == 18 else numbers[:17])[:, 0]
        for name, position in FEET.get(known, {}).items():
            origins[INDEX[name]] = position
    places = np.flatnonzero(~np.isnan(origins))
    return places, origins[places].astype(int)


def check_skeleton(points: int, where: str) -> int:
    """Return the number of keypoints of a skeleton if it is a known one."""
    if points not in SKELETONS:
        known = ", ".join(f"{number} ({name})" for number, name in SKELETONS.items())
        raise BalletError(f"{where} has {points} keypoints a person. Known are {known}; "
                          "let the tool write one of these.")  # fmt: skip
    return points


def about(points: int) -> dict:
    """Return what a sequence's meta says of landmarks that came from so many keypoints."""
    return {"skeleton": SKELETONS[points], "z": "unknown, set to 0"}


def lost(points: int) -> str:
    """Say which of the 33 landmarks, and which of the keypoints, do not survive."""
    if points == 33:
        return "nothing of the 33 landmarks"
    if points in FEET or points == 25:
        return (
            "12 of the 33 landmarks are unknown (hands, mouth, inner and outer eyes); depth is unknown; "
            "other points (neck, small toes, face, fingers) are left out"
        )
    return (
        "16 of the 33 landmarks are unknown (hands, feet below the ankle, mouth, inner and outer eyes); "
        "depth is unknown"
    )


def named_points(named: Sequence[tuple[str, np.ndarray]], where: str) -> np.ndarray:
    """Put points with names into COCO's order: float64 (17, 3); a point without a score gets 1.

    Names are read without heed to capitals, blanks and underscores (``LeftEye``, ``left eye``); those that
    COCO-17 does not know are passed over.
    """
    points = np.zeros((17, 3))
    order = {name.replace("_", ""): i for i, name in enumerate(COCO_NAMES)}
    for name, point in named:
        position = order.get(str(name).lower().replace("_", "").replace(" ", ""))
        if position is not None:
            if np.ndim(point) != 1 or len(point) not in (2, 3):
                raise BalletError(f"{where}: {name} should be [x, y] or [x, y, score]. Check the file.")
            points[position] = [*point[:2], point[2] if len(point) == 3 else 1]
    if not points.any():
        raise BalletError(f"{where} names none of the 17 keypoints of COCO. Names are such as left_eye.")
    return points


def from_landmarks(landmarks: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Turn landmarks into COCO-17 in pixels: (T, 33, 4) to float64 (T, 17, 3), zeros where missing."""
    points = landmarks[:, [LANDMARKS.index(name) for name in COCO_NAMES]][..., [0, 1, 3]].astype(np.float64)
    points[..., :2] *= size
    return np.where(np.isnan(points).any(axis=-1, keepdims=True), 0.0, points)


def _are_shares(place: np.ndarray, reading: Reading, where: str) -> bool:
    """Whether x and y, (2, N, K), are shares of the picture: then none is as large as even two pixels."""
    if np.isnan(place).all() or np.nanmax(place) > 2:
        return False
    if np.nanmin(place) < -0.5:
        raise BalletError(
            f"{where} seems scaled to -1 to 1. Write pixels, or shares of the picture (0 to 1)."
        )
    reading.note("Coordinates are shares of the picture already, not pixels.")
    return True


def _check_scores(score: np.ndarray, where: str) -> None:
    """Refuse coordinates in the place of scores; old AlphaPose has scores a little above 1."""
    found = score[~np.isnan(score)]
    if np.count_nonzero(np.abs(found) > HIGHEST_SCORE) > len(found) / 2:
        raise BalletError(
            f"The third number of most keypoints of {where} is no score: it reaches "
            f"{np.abs(found).max():.0f}. Put the columns into the order x, y, score, keypoint after keypoint."
        )


def _check_inside(place: np.ndarray, size: tuple[int, int], reading: Reading, where: str) -> None:
    """Refuse places, (2, N, K), that are mostly outside the picture, and note it where many are."""
    found = np.count_nonzero(~np.isnan(place[0]))
    outside = np.count_nonzero(place > 1, axis=(1, 2)).max()
    if outside <= found * MANY:
        return
    right, down = np.nanmax(place, axis=(1, 2)) * size
    picture = f"lie outside a picture of {size[0]}x{size[1]}: they reach {right:.0f}, {down:.0f}."
    if outside > found / 2:
        raise BalletError(f"Most keypoints of {where} {picture} Give the right --size.")
    reading.note(f"{outside / found:.0%} of the keypoints of {where} {picture} "
                 "If pictures differ in size, import those of one size at a time.")  # fmt: skip
