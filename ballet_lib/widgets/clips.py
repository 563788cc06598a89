"""Takes made small enough to travel to a page and dance there."""

import numpy as np

from ballet_lib.plots.pictures import FACE
from ballet_lib.skeleton import (
    INDEX,
    LEFT_CONNECTIONS,
    RIGHT_CONNECTIONS,
    TORSO_CONNECTIONS,
)
from ballet_lib.takes import Take

SHAPE = (4, 5)
"""Width to height of the stage on which a take dances."""

LONGEST = 160
"""Frames of a take that are sent; of a longer one every second, third, ... frame is."""

MISSING = 65535
"""Stands for a coordinate that is not known."""

LINES = {"middle": TORSO_CONNECTIONS, "right": RIGHT_CONNECTIONS, "left": LEFT_CONNECTIONS}
"""What a page joins with lines, by the side of the body."""

_MARGIN = 0.06  # of the stage, on each side
_HEAD = 0.29  # radius, in torsos


def clip(take: Take) -> tuple[dict, np.ndarray]:
    """Prepare a take for the page.

    Returns
    -------
    dict
        `frames`, `fps`, and `head`, the radius of the head in widths of the stage.
    np.ndarray
        uint16 (frames, 34, 3): x and y as shares of the stage's width and height, and visibility, all in
        65534ths; `MISSING` where not known. The last point is the middle of the face. The stage holds the
        whole take at one scale, so that a dancer who sinks is seen to sink.
    """
    every = -(-len(take) // LONGEST)
    landmarks = take.poses.landmarks[::every].astype(float)
    width, height = take.poses.size
    points = landmarks[..., :2] * (width / height, 1)
    points = np.concatenate([points, _middle(points[:, FACE])], axis=1)
    visible = np.nan_to_num(landmarks[..., 3:], nan=1.0)
    visible = np.concatenate([visible, visible[:, :1]], axis=1)
    points, head = _on_stage(points)
    numbers = np.round(np.concatenate([points, visible], axis=-1).clip(0, 1) * (MISSING - 1))
    numbers[np.isnan(points).any(axis=-1)] = MISSING
    facts = {"frames": len(numbers), "fps": take.poses.fps / every, "head": head}
    return facts, numbers.astype(np.uint16)


def _on_stage(points: np.ndarray) -> tuple[np.ndarray, float]:
    """Move and scale points (T, 34, 2) so that all frames fill the stage; return the head's radius too."""
    radius = _HEAD * _torso(points)
    heads = points[:, -1:] + [[0, -radius], [0, radius]]
    reach = np.concatenate([points, heads], axis=1).reshape(-1, 2)
    reach = reach[np.isfinite(reach).all(axis=1)]
    if len(reach) == 0:
        return points, 0.0
    # A landmark that flew off for a moment must not make the dancer small.
    low, high = np.percentile(reach, [0.5, 99.5], axis=0)
    flat = SHAPE[0] / SHAPE[1]
    scale = (1 - 2 * _MARGIN) / max(high[0] - low[0], (high[1] - low[1]) * flat, 1e-6)
    return (points - (low + high) / 2) * scale * (1, flat) + 0.5, float(radius * scale)


def _torso(points: np.ndarray) -> float:
    """Measure the torso, the median over the frames; 0 where it is never seen."""
    shoulders, hips = (
        (points[:, INDEX[f"left_{part}"]] + points[:, INDEX[f"right_{part}"]]) / 2
        for part in ("shoulder", "hip")
    )
    lengths = np.linalg.norm(shoulders - hips, axis=-1)
    return float(np.median(lengths[np.isfinite(lengths)])) if np.isfinite(lengths).any() else 0.0


def _middle(face: np.ndarray) -> np.ndarray:
    """Return the mean of the points that are known: (T, n, 2) to (T, 1, 2), NaN where none is."""
    known = np.isfinite(face).all(axis=-1, keepdims=True)
    counts = known.sum(axis=1, keepdims=True)
    total = np.where(known, face, 0).sum(axis=1, keepdims=True)
    return np.where(counts > 0, total / np.maximum(counts, 1), np.nan)
