"""What a dancer should hear about a take before keeping it."""

import numpy as np

from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.skeleton import INDEX

SEEN_ENOUGH = 0.9
"""Share of frames in which the dancer must be found for a take to pass without a word."""

_FEET = [INDEX[f"{side}_{part}"] for side in ("left", "right") for part in ("ankle", "heel", "foot_index")]


def problems(poses: PoseSequence, camera_fps: float) -> list[str]:
    """Say in words what is wrong with a take, each with what to do; nothing if it is good.

    `camera_fps` is how many frames a second the camera gave before the take was resampled.
    """
    found = poses.found
    if not found.any():
        return ["Nobody was seen. Stand so that your whole body is in the picture."]
    said = []
    if found.mean() < SEEN_ENOUGH:
        said.append(
            f"You were seen in only {100 * found.mean():.0f}% of the frames. "
            "Step back, and let light fall on you from the front."
        )
    points = poses.landmarks[found]
    outside = _share_outside(points[:, _FEET])
    if outside > 0.2:
        said.append(
            f"Your feet were out of the picture in {100 * outside:.0f}% of the frames. "
            "Step back or tilt the camera down."
        )
    if _share_outside(points[:, [INDEX["nose"]]]) > 0.2:
        said.append("Your head was out of the picture. Step back or tilt the camera up.")
    if len(points) > 1 and np.ptp(points[:, :, :2], axis=0).max() < 1e-6:
        said.append("The picture stood still. Check that the camera is running.")
    if camera_fps < 12:
        said.append(
            f"The camera gave only {camera_fps:.0f} frames a second, so quick movements are smoothed. "
            "More light helps."
        )
    return said


def _share_outside(points: np.ndarray) -> float:
    """Share of frames (T, n, 4) in which one of the points lies beyond the picture's edge."""
    with np.errstate(invalid="ignore"):
        inside = (points[..., :2] >= 0).all(axis=-1) & (points[..., :2] <= 1).all(axis=-1)
    return float((~inside).any(axis=1).mean())
