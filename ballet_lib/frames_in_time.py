"""Frames that came when they came, made into frames at even steps of time."""

from dataclasses import replace
from typing import Any

import numpy as np

from ballet_lib.pose_sequence import PoseSequence

LONGEST_GAP = 0.3
"""Seconds without a frame across which a movement is still drawn through; longer ones stay missing."""


def even_frames(
    poses: list[PoseSequence], seconds: np.ndarray, fps: float, frames: int, first: float | None = None
) -> PoseSequence:
    """Return `frames` frames at `fps`, the first at the moment `first`, by default that of `seconds`.

    Parameters
    ----------
    poses
        N sequences of one frame each.
    seconds
        float (N,), rising: when each was taken.

    Returns
    -------
    PoseSequence
        Points are interpolated linearly in time; a frame is missing (NaN) where the nearest that came is
        missing, and inside a gap longer than `LONGEST_GAP`.
    """
    seconds = np.asarray(seconds, dtype=float)
    wanted = (seconds[0] if first is None else first) + np.arange(frames) / fps
    after = np.clip(np.searchsorted(seconds, wanted), 1, max(1, len(seconds) - 1))
    before, after = after - 1, np.minimum(after, len(seconds) - 1)
    step = np.maximum(seconds[after] - seconds[before], 1e-9)
    share = np.clip((wanted - seconds[before]) / step, 0, 1)
    near = np.where(share < 0.5, before, after)
    wide = seconds[after] - seconds[before] > LONGEST_GAP + 1e-6
    share = np.where(wide, near == after, share)
    lost = wide & (np.abs(seconds[near] - wanted) > 0.5 / fps)

    def at(name: str) -> Any:
        if any(getattr(pose, name) is None for pose in poses):
            return None
        points = np.concatenate([getattr(pose, name) for pose in poses])
        weight = share[:, None, None].astype(np.float32)
        mixed = points[before] * (1 - weight) + points[after] * weight
        chosen = np.where(np.isnan(mixed) | np.isnan(points[near]), points[near], mixed)
        chosen[lost] = np.nan
        return chosen

    return replace(poses[0], landmarks=at("landmarks"), world=at("world"), fps=fps, masks=None)


def nearest_frames(seconds: np.ndarray, fps: float, frames: int) -> np.ndarray:
    """Return int (frames,): which of the frames that came at `seconds` is nearest to each even step."""
    seconds = np.asarray(seconds, dtype=float)
    wanted = seconds[0] + np.arange(frames) / fps
    return np.abs(seconds[None] - wanted[:, None]).argmin(axis=1)
