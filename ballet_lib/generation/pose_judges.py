"""Judges of motions: does the dance copy, and does it bend elbows and knees as dancers do.

Whether it freezes, the judges of silhouettes tell, see `judges` and `pose_dance.silhouettes_of`.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.generation.judges import along_clips
from ballet_lib.generation.pose_vectors import HINGES, Limits, to_motion, to_vectors
from ballet_lib.skeleton import angle_between
from ballet_lib.studio.body import PARENTS, Body, Motion


def bends(motion: Motion) -> dict[str, np.ndarray]:
    """Return how far elbows and knees are bent in each frame: degrees (T,) by joint, 0 for straight."""
    place = motion.position
    return {
        name: angle_between(place[:, joint] - place[:, PARENTS[joint]], place[:, below[0]] - place[:, joint])
        for name, (joint, below) in HINGES.items()
    }


def bend_limits(motions: Iterable[Motion]) -> Limits:
    """Return between what elbows and knees bend in motions, left and right alike."""
    angles = [bends(motion) for motion in motions]
    return {
        joint: (float(min(some)), float(max(some)))
        for joint in ("elbow", "knee")
        for some in [np.concatenate([one[f"{side}_{joint}"] for one in angles for side in ("left", "right")])]
    }


def nearest_motion(motion: Motion, motions: Sequence[Motion], length: int = 10) -> np.ndarray:
    """Return how far each clip of a motion is from the most similar one of others: metres (T - length + 1,).

    All are danced by the average body, seen from its pelvis; the distance of two clips is the mean over their
    frames and joints.

    Parameters
    ----------
    motion, motions
        At the same rate of frames.
    length
        Frames of a clip.

    Raises
    ------
    BalletError
        If there is nothing to compare with, or a motion is shorter than a clip.
    """
    if not motions or min(len(one) for one in (motion, *motions)) < length:
        raise BalletError(
            f"Clips of {length} frames cannot be compared. Give motions that long, and at least one to "
            "compare with."
        )
    own = _from_pelvis(motion)
    return np.min([_clip_distances(own, _from_pelvis(one), length).min(axis=1) for one in motions], axis=0)


def between_dancers(motions: dict[str, Motion]) -> float:
    """Return how far the clips of each dancer are from the nearest of the others, on average: metres.

    A dancer's name is a take's up to the first ``_``.

    Raises
    ------
    BalletError
        If all motions are of one dancer, or one is too short.
    """
    dancer = {name: name.split("_")[0] for name in motions}
    if len(set(dancer.values())) < 2:
        raise BalletError("One dancer cannot be compared with others. Give motions of two or more.")
    apart = [
        nearest_motion(one, [motions[other] for other in motions if dancer[other] != dancer[name]])
        for name, one in motions.items()
    ]
    return float(np.concatenate(apart).mean())


def _from_pelvis(motion: Motion) -> np.ndarray:
    place = to_motion(to_vectors(motion), Body(), motion.fps).position
    return place - place[:, :1]


def _clip_distances(one: np.ndarray, other: np.ndarray, length: int) -> np.ndarray:
    """Return the distances of all clips of two dances (T, 21, 3): (T1 - length + 1, T2 - length + 1)."""
    from scipy.spatial.distance import cdist

    apart = [cdist(one[:, joint], other[:, joint]) for joint in range(1, one.shape[1])]
    return along_clips(np.mean(apart, axis=0), length)
