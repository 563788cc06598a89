"""Positions of the arms, told from shoulders and arms alone: for somebody who sits, or stands behind a desk.

The six movements are movements of the legs. From the arms they cannot be told, and in the course's takes must
not be: more than half of those have arms that the movement does not ask for. What arms do say is their own
position, which every class names, and which geometry tells without a network.
"""

import numpy as np

from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.skeleton import INDEX

POSITIONS: dict[str, tuple[float, float, float]] = {
    "bras_bas": (0.0, -0.90, 0.20),
    "premiere": (0.0, -0.50, 0.70),
    "seconde": (0.90, -0.20, 0.25),
    "couronne": (-0.05, 0.87, 0.33),
}
"""Where the hand is from its shoulder: outwards, up, to the front, in lengths of the arm. Both arms alike."""

DEPTH = 0.4
"""What a difference to the front counts against one in the picture: depth is the extractor's guess."""

NEAR, SHARPNESS = 0.34, 0.12
"""Distance at which a position is as likely as none, and how sharply that changes; chosen on films of the
studio from the hips up, judged on others (`tests/test_arms.py`)."""

FRAMES, FPS = 10, 20.0
"""The window: half a second, over which the hands' places are medians."""


class ArmPositions:
    """The probability of each position of the arms, with ``other`` for all between and beside them.

    It answers as a `CompiledClassifier` does, and has no weights.
    """

    labels = (*POSITIONS, "other")
    frames, fps = FRAMES, FPS

    def probabilities(self, window: PoseSequence) -> np.ndarray:
        """Return how probable each label is for a window: float32 (5,), which sums to 1."""
        hands = hands_from_shoulders(window)
        hands = hands[np.isfinite(hands).all(axis=(1, 2))]
        if len(hands) == 0:
            return np.eye(len(self.labels), dtype=np.float32)[-1]
        hands = np.median(hands, axis=0)
        apart = (hands - np.array(list(POSITIONS.values()))[:, None]) * (1, 1, DEPTH)
        distance = np.append(np.linalg.norm(apart, axis=2).max(axis=1), NEAR)  # the worse of both arms
        likely = np.exp(-0.5 * (distance / SHARPNESS) ** 2)
        return (likely / likely.sum()).astype(np.float32)


def hands_from_shoulders(poses: PoseSequence) -> np.ndarray:
    """Return where each wrist is from its shoulder, as the dancer would say it.

    Parameters
    ----------
    poses
        T frames before an upright camera; hips and legs are not looked at.

    Returns
    -------
        float (T, 2, 3): left and right; outwards, up and to the front, in lengths of the arm. NaN where
        nobody was found.
    """
    width, height = poses.size
    flat = poses.landmarks[..., :3] * (width / height, 1, width / height)  # as far as there is no depth
    points = flat if poses.world is None else poses.world
    shoulders, elbows, wrists = (
        points[:, [INDEX[f"left_{part}"], INDEX[f"right_{part}"]]] for part in ("shoulder", "elbow", "wrist")
    )
    to_left = (shoulders[:, 0] - shoulders[:, 1]) * (1, 0, 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        to_left /= np.linalg.norm(to_left, axis=-1, keepdims=True)
        to_front = np.cross(to_left, (0.0, -1.0, 0.0))
        arm = np.linalg.norm(elbows - shoulders, axis=-1) + np.linalg.norm(wrists - elbows, axis=-1)
        hands = (wrists - shoulders) / arm[..., None]
    outwards = (hands * np.stack([to_left, -to_left], axis=1)).sum(axis=-1)
    return np.stack([outwards, -hands[..., 1], (hands * to_front[:, None]).sum(axis=-1)], axis=-1)
