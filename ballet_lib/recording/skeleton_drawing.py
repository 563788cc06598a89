"""Skeletons drawn into live pictures: in a millisecond, where a figure takes a hundred.

The look is that of `plots`: the dancer's left is blue, solid and round; the right is orange, dashed and
square; a white line underneath keeps both readable on any picture.
"""

import numpy as np

from ballet_lib.plots.style import LEFT, MIDDLE, RIGHT, rgb_of
from ballet_lib.skeleton import (
    FACE_CONNECTIONS,
    LANDMARKS,
    LEFT_CONNECTIONS,
    RIGHT_CONNECTIONS,
    TORSO_CONNECTIONS,
)

FAINTEST = 0.3
"""Visibility below which a point is left out: a guess drawn boldly would mislead."""

_BODY = range(11, 33)
_SHIFT = 4  # OpenCV takes sixteenths of a pixel, which keeps a slow limb from jumping


def draw_skeleton(rgb: np.ndarray, landmarks: np.ndarray, face: bool = False) -> np.ndarray:
    """Return the picture with one person's skeleton on it.

    Parameters
    ----------
    rgb
        uint8 (H, W, 3); is left as it is.
    landmarks
        float (33, 4): x, y in [0, 1] of the picture, z, visibility. Missing points are left out.
    face
        Whether to draw the face's lines, for a picture that does not show the face itself.
    """
    import cv2

    picture = np.ascontiguousarray(rgb).copy()
    height, width = picture.shape[:2]
    points = landmarks[:, :2] * (width, height)
    shown = np.isfinite(points).all(axis=1) & (np.nan_to_num(landmarks[:, 3]) >= FAINTEST)
    thick = max(2, round(min(height, width) / 150))
    whole = np.where(shown[:, None], points, 0)
    for a, b in FACE_CONNECTIONS if face else ():
        if shown[a] and shown[b]:
            _line(picture, whole[a], whole[b], rgb_of(MIDDLE.colour), max(1, thick // 2), dashed=False)
    groups = ((TORSO_CONNECTIONS, MIDDLE), (RIGHT_CONNECTIONS, RIGHT), (LEFT_CONNECTIONS, LEFT))
    for lines, under in ((thick + 3, True), (thick, False)):
        for connections, side in groups:
            colour = (255, 255, 255) if under else rgb_of(side.colour)
            for a, b in connections:
                if shown[a] and shown[b]:
                    _line(picture, whole[a], whole[b], colour, lines, dashed=side is RIGHT and not under)
    for index in _BODY:
        if shown[index]:
            _joint(cv2, picture, whole[index], LANDMARKS[index], thick)
    return picture


def _line(picture: np.ndarray, start, end, colour, thick: int, dashed: bool) -> None:
    import cv2

    pieces = [(0.0, 1.0)]
    if dashed:
        steps = max(1, round(float(np.hypot(*(end - start))) / (4.5 * thick)))
        pieces = [((k + 0.0) / steps, (k + 0.6) / steps) for k in range(steps)]
    for first, last in pieces:
        ends = [_fine(start + (end - start) * share) for share in (first, last)]
        cv2.line(picture, *ends, colour, thick, cv2.LINE_AA, _SHIFT)


def _joint(cv2, picture: np.ndarray, point, name: str, thick: int) -> None:
    left, radius = name.startswith("left"), thick * 1.25
    for grow, colour in ((1.5, (255, 255, 255)), (0, rgb_of((LEFT if left else RIGHT).colour))):
        if left:
            size = round((radius + grow) * (1 << _SHIFT))
            cv2.circle(picture, _fine(point), size, colour, cv2.FILLED, cv2.LINE_AA, _SHIFT)
        else:
            half = radius + grow
            corners = _fine(point - half), _fine(point + half)
            cv2.rectangle(picture, *corners, colour, cv2.FILLED, cv2.LINE_AA, _SHIFT)


def _fine(point) -> tuple[int, int]:
    x, y = np.clip(point, -1e4, 1e4) * (1 << _SHIFT)
    return round(float(x)), round(float(y))
