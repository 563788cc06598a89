"""A second way to draw a dancer: a paper doll cut from flat shapes, which no model here has learned from.

What is recognised on the studio's own dancer may hang on how she looks. The doll dances exactly the same and
looks like nobody, and the pose model errs differently on it.
"""

import numpy as np

from ballet_lib.skeleton import INDEX
from ballet_lib.takes import Take

Colour = tuple[int, int, int]
SKIN, SUIT, TIGHTS, SHOE, HAIR, DARK, LIPS, WALL, FLOOR = (
    (232, 190, 160), (60, 70, 120), (225, 205, 205), (240, 180, 180), (70, 45, 30), (40, 30, 30),
    (190, 80, 90), (205, 215, 220), (150, 120, 95),
)  # fmt: skip

_LEG = (("hip", "knee", 0.26, TIGHTS), ("knee", "ankle", 0.19, TIGHTS), ("heel", "foot_index", 0.13, SHOE),
        ("ankle", "foot_index", 0.12, SHOE))  # fmt: skip
_ARM = (("shoulder", "elbow", 0.15, SKIN), ("elbow", "wrist", 0.12, SKIN), ("wrist", "index", 0.11, SKIN))
_TRUNK = ("left_shoulder", "right_shoulder", "right_hip", "left_hip")
_SHIFT = 4  # OpenCV takes sixteenths of a pixel


def draw_doll(take: Take) -> list[np.ndarray]:
    """Draw a synthetic take with a doll in place of the dancer: a picture uint8 (H, W, 3) for each frame.

    Raises
    ------
    BalletError
        If the exact landmarks are not known, as with every real dancer.
    """
    landmarks, (width, height) = take.truth.landmarks, take.poses.size
    points = np.concatenate([landmarks[..., :2] * (width, height), take.exact[..., 2:]], axis=-1)
    trunk = points[:, [INDEX[name] for name in _TRUNK], :2]
    torso = float(np.median(np.linalg.norm(trunk[:, :2].mean(axis=1) - trunk[:, 2:].mean(axis=1), axis=-1)))
    return [_Doll(frame, torso).on(_stage(width, height)) for frame in points]


def _stage(width: int, height: int) -> np.ndarray:
    picture = np.full((height, width, 3), WALL, dtype=np.uint8)
    picture[int(height * 0.8) :] = FLOOR
    return picture


class _Doll:
    """One frame's doll: points (33, 3) in pixels with their depth, and the torso's length in pixels."""

    def __init__(self, points: np.ndarray, torso: float):
        self.at = {name: points[index, :2] for name, index in INDEX.items()}
        self.depth = {name: float(points[index, 2]) for name, index in INDEX.items()}
        self.torso = torso

    def on(self, picture: np.ndarray) -> np.ndarray:
        """Draw it, far parts first."""
        self.picture = picture
        parts = [(self._far(*_TRUNK), self._trunk), (self._far("left_ear", "right_ear", "nose"), self._head)]
        for side in ("left", "right"):
            for start, end, wide, colour in (*_LEG, *_ARM):
                limb = (f"{side}_{start}", f"{side}_{end}", wide, colour)
                parts.append((self._far(*limb[:2]), lambda limb=limb: self._limb(*limb)))
        for _, draw in sorted(parts, key=lambda part: -part[0]):
            draw()
        return picture

    def _far(self, *names: str) -> float:
        return float(np.mean([self.depth[name] for name in names]))

    def _limb(self, start: str, end: str, wide: float, colour: Colour) -> None:
        self._line(self.at[start], self.at[end], wide, colour)

    def _trunk(self) -> None:
        import cv2

        corners = np.array([_fine(self.at[name]) for name in _TRUNK])
        cv2.fillPoly(self.picture, [corners], SUIT, cv2.LINE_AA, _SHIFT)
        for start, end in zip(_TRUNK, (*_TRUNK[1:], _TRUNK[0]), strict=True):
            self._limb(start, end, 0.22, SUIT)

    def _head(self) -> None:
        ears = (self.at["left_ear"] + self.at["right_ear"]) / 2
        neck = (self.at["left_shoulder"] + self.at["right_shoulder"]) / 2
        ahead = self.at["nose"] - ears
        self._line(neck, ears, 0.17, SKIN)
        self._disc(ears - 0.45 * ahead - (0, 0.06 * self.torso), 0.315, HAIR)
        self._disc(ears + 0.12 * ahead, 0.27, SKIN)
        if self.depth["nose"] < self._far("left_ear", "right_ear") + 0.02:  # metres: she looks this way
            for eye in ("left_eye", "right_eye"):
                self._disc(self.at[eye], 0.045, DARK)
            self._line(self.at["mouth_left"], self.at["mouth_right"], 0.04, LIPS)

    def _line(self, start: np.ndarray, end: np.ndarray, wide: float, colour: Colour) -> None:
        import cv2

        thick = max(1, round(wide * self.torso))
        cv2.line(self.picture, _fine(start), _fine(end), colour, thick, cv2.LINE_AA, _SHIFT)

    def _disc(self, middle: np.ndarray, radius: float, colour: Colour) -> None:
        import cv2

        size = max(1, round(radius * self.torso * (1 << _SHIFT)))
        cv2.circle(self.picture, _fine(middle), size, colour, cv2.FILLED, cv2.LINE_AA, _SHIFT)


def _fine(point: np.ndarray) -> tuple[int, int]:
    x, y = np.clip(point, -1e4, 1e4) * (1 << _SHIFT)
    return round(float(x)), round(float(y))
