"""A short clip of a dance in which each joint swells and darkens as it matters to a network."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.plots.saliency import GHOST, LOOK, colour_scale
from ballet_lib.plots.style import FAINT, rgb_of
from ballet_lib.skeleton import (
    INDEX,
    LANDMARKS,
    LEFT_CONNECTIONS,
    RIGHT_CONNECTIONS,
    TORSO_CONNECTIONS,
)

if TYPE_CHECKING:
    from ballet_lib.takes import Take

FINER = 3
"""Pictures are drawn so many times larger and made smaller again, which smooths what moves slowly."""

_MARGIN, _BARS = 0.1, 0.16  # of the width: around the dancer, and the height of the bars below her
_FACE = tuple(range(INDEX["left_shoulder"]))


def saliency_video(
    take: "Take", joint_map: np.ndarray, path: str | os.PathLike, *, size: int = 240, speed: float = 0.5
) -> Path:
    """Write a clip of a dance: pale limbs, joints by saliency, and below them a bar for each frame.

    The map is averaged over three frames, so that it does not flicker. The bars are the sum over the body;
    those that have been danced are purple.

    Parameters
    ----------
    take
        The dance.
    joint_map
        (T, 33), one row for each frame of the take; signed or not.
    path
        Where to, ending in .gif or .mp4.
    size
        Width in pixels; the height is a quarter more.
    speed
        Of the dancer's: 0.5 is half.

    Raises
    ------
    BalletError
        If the map does not fit to the take, nobody is seen, `size` is below 80, `speed` is not positive, or
        the file cannot be written.
    """
    from ballet_lib.video import write_video

    values = np.asarray(joint_map, dtype=float)
    if values.shape != (len(take), len(LANDMARKS)) or not np.isfinite(values).all():
        raise BalletError(
            f"The take has {len(take)} frames and the map the shape {values.shape}. "
            "Give a number for each frame and landmark: saliency.joint_maps(maps, features)[number]."
        )
    if not (size >= 80 and speed > 0):
        raise BalletError(f"A clip {size} wide at speed {speed} cannot be drawn. Try 240 and 0.5.")
    if not take.poses.found.any():
        raise BalletError("No frame shows a person. Choose another take.")
    return write_video(path, _pictures(take, _smooth(values), int(size)), take.poses.fps * speed)


def _smooth(values: np.ndarray) -> np.ndarray:
    """Average over three frames and scale the largest size to 1."""
    padded = np.pad(values, ((1, 1), (0, 0)), mode="edge")
    mean = (padded[:-2] + padded[1:-1] + padded[2:]) / 3
    return mean / (np.abs(mean).max() or 1.0)


def _pictures(take: "Take", values: np.ndarray, size: int) -> Iterator[np.ndarray]:
    """Yield the frames: uint8 (5/4 size, size, 3)."""
    import cv2

    wide, high = size * FINER, round(size * 1.25) * FINER
    points, torso = _on_stage(take, wide, round(high - _BARS * wide))
    signed = (values < 0).any()
    body = np.abs(values).sum(axis=1)
    for frame, strength in enumerate(values):
        picture = np.full((high, wide, 3), 255, np.uint8)
        if take.poses.found[frame]:
            _draw(picture, points[frame], strength, torso, bool(signed))
        _draw_bars(picture, body / body.max() if body.any() else body, frame)
        yield cv2.resize(picture, (size, high // FINER), interpolation=cv2.INTER_AREA)


def _on_stage(take: "Take", wide: int, high: int) -> tuple[np.ndarray, float]:
    """Return points (T, 33, 2) in pixels at one scale for the whole dance, and the torso's length in them."""
    width, height = take.poses.size
    points = take.poses.landmarks[..., :2] * (width, height)
    low, high_end = np.nanpercentile(points, 0.5, axis=(0, 1)), np.nanpercentile(points, 99.5, axis=(0, 1))
    scale = (1 - 2 * _MARGIN) * min(np.array([wide, high]) / np.maximum(high_end - low, 1e-6))
    points = (points - (low + high_end) / 2) * scale + (wide / 2, high / 2)
    shoulders, hips = (
        (points[:, INDEX[f"left_{part}"]] + points[:, INDEX[f"right_{part}"]]) / 2
        for part in ("shoulder", "hip")
    )
    return points, float(np.nanmedian(np.linalg.norm(shoulders - hips, axis=-1)))


def _draw(picture: np.ndarray, points: np.ndarray, strength: np.ndarray, torso: float, signed: bool) -> None:
    import cv2

    scale, thick = colour_scale(signed), max(2, round(torso / 22))
    seen = np.isfinite(points).all(axis=1)
    ends = np.where(seen[:, None], np.clip(points, -1e4, 1e4), 0).round().astype(int)
    for connections, dashed in (
        (TORSO_CONNECTIONS, False), (RIGHT_CONNECTIONS, True), (LEFT_CONNECTIONS, False),
    ):  # fmt: skip
        for a, b in connections:
            if seen[a] and seen[b]:
                _limb(picture, ends[a], ends[b], thick, dashed)

    def shade(value: float) -> tuple[int, ...]:
        return tuple(round(255 * part) for part in scale((value + 1) / 2 if signed else value)[:3])

    face = [index for index in _FACE if seen[index]]
    if face:
        middle = ends[face].mean(axis=0).round().astype(int)
        head = strength[max(face, key=lambda index: abs(strength[index]))]
        cv2.circle(picture, middle, round(0.29 * torso), shade(head), cv2.FILLED)
        cv2.circle(picture, middle, round(0.29 * torso), rgb_of(GHOST), thick)
    order = [index for index in np.argsort(np.abs(strength)) if index not in _FACE and seen[index]]
    for index in order:  # the strongest on top
        radius = torso * (0.025 + 0.16 * np.sqrt(abs(strength[index])))
        for grow, colour in ((thick / 2, (255, 255, 255)), (0, shade(strength[index]))):
            _joint(picture, ends[index], round(radius + grow), colour, "left" in LANDMARKS[index])


def _limb(picture: np.ndarray, start: np.ndarray, end: np.ndarray, thick: int, dashed: bool) -> None:
    import cv2

    steps = max(1, round(float(np.hypot(*(end - start))) / (4 * thick))) if dashed else 1
    for number in range(steps):
        share = np.array([number, number + (0.55 if dashed else 1)])[:, None] / steps
        first, last = (start + (end - start) * share).round().astype(int)
        cv2.line(picture, first, last, rgb_of(GHOST), thick)


def _joint(picture: np.ndarray, middle: np.ndarray, radius: int, colour: tuple, left: bool) -> None:
    import cv2

    if left:
        cv2.circle(picture, middle, radius, colour, cv2.FILLED)
    else:
        half = round(0.88 * radius)
        cv2.rectangle(picture, middle - half, middle + half, colour, cv2.FILLED)


def _draw_bars(picture: np.ndarray, body: np.ndarray, now: int) -> None:
    high, wide = picture.shape[:2]
    edges = np.linspace(0.06 * wide, 0.94 * wide, len(body) + 1).round().astype(int)
    bottom, gap = round(high - 0.03 * wide), max(1, (edges[1] - edges[0]) // 6)
    for frame, strength in enumerate(body):
        top = bottom - max(1, round(strength * 0.8 * _BARS * wide))
        colour = LOOK if frame <= now else FAINT
        picture[top:bottom, edges[frame] : edges[frame + 1] - gap] = rgb_of(colour)
