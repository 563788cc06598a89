"""Poses as vectors, and vectors as a motion of fixed bones on a floor.

A frame is what the 21 joints of the studio's dancer are turned by. What a network makes of such numbers is no
pose yet: `to_motion` makes turns of it, and lets a body dance them.
"""

from dataclasses import replace

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.silhouettes import FPS
from ballet_lib.skeleton import INDEX, angle_between
from ballet_lib.studio.body import JOINT, JOINTS, PARENTS, Body, Motion

Limits = dict[str, tuple[float, float]]
"""Least and greatest bend of ``elbow`` and ``knee``: degrees, 0 for straight."""
HINGES: dict[str, tuple[int, list[int]]] = {
    f"{side}_{joint}": (JOINT[f"{side}_{joint}"], [JOINT[f"{side}_{part}"] for part in below])
    for side in ("left", "right")
    for joint, below in {"elbow": ("wrist",), "knee": ("ankle", "toes")}.items()
}
"""Elbows and knees, and the joints that hang on each."""
FEET = [INDEX[f"{side}_{part}"] for side in ("left", "right") for part in ("heel", "foot_index")]


def to_vectors(motion: Motion) -> np.ndarray:
    """Write the turns of a motion as the first two columns of each rotation: float32 (T, 126).

    Six numbers a joint have no jumps, where angles and quaternions have some (Zhou et al. 2019, "On the
    continuity of rotation representations in neural networks").
    """
    return motion.rotation[..., :2].reshape(len(motion), -1).astype(np.float32)


def to_rotations(vectors: np.ndarray) -> np.ndarray:
    """Make the pure rotations (T, 21, 3, 3) that are closest to vectors (T, 126) in Gram and Schmidt's way.

    Raises
    ------
    BalletError
        If they are not (T, 126).
    """
    vectors = np.asarray(vectors, dtype=float)
    if vectors.ndim != 2 or vectors.shape[1] != 6 * len(JOINTS):
        raise BalletError(
            f"Turns of {len(JOINTS)} joints are (T, {6 * len(JOINTS)}), and these are {vectors.shape}. "
            "Make them with to_vectors."
        )
    columns = vectors.reshape(len(vectors), len(JOINTS), 3, 2)
    first = _unit(columns[..., 0])
    second = _unit(columns[..., 1] - (first * columns[..., 1]).sum(axis=-1, keepdims=True) * first)
    return np.stack([first, second, np.cross(first, second)], axis=-1)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def within_limits(rotation: np.ndarray, limits: Limits) -> np.ndarray:
    """Bend elbows and knees back to what they can do: rotations (T, 21, 3, 3), changed only where beyond.

    The lower limb turns in the plane of the bend, and what hangs on it turns along.
    """
    from scipy.spatial.transform import Rotation

    rotation, rest = rotation.copy(), Body().rest
    for name, (joint, below) in HINGES.items():
        upper = rotation[:, PARENTS[joint]] @ (rest[joint] - rest[PARENTS[joint]])
        lower = rotation[:, joint] @ (rest[below[0]] - rest[joint])
        bend = angle_between(upper, lower)
        away = np.radians(np.clip(bend, *limits[name.split("_")[1]]) - bend)
        turn = Rotation.from_rotvec(_unit(np.cross(upper, lower)) * away[:, None]).as_matrix()
        for part in (joint, *below):
            rotation[:, part] = turn @ rotation[:, part]
    return rotation


def to_motion(vectors: np.ndarray, body: Body, fps: float = FPS, limits: Limits | None = None) -> Motion:
    """Let a body dance these turns: forward kinematics with its own bones, on a floor.

    The lowest point of the feet is on the floor in every frame. Whichever foot is down stays where it is, so
    the dancer walks by her steps and does not slide.

    Parameters
    ----------
    vectors
        (T, 126), see `to_vectors`.
    body
        Whose bones.
    fps
        Frames a second.
    limits
        How far elbows and knees bend, see `within_limits`; any way if not given.

    Raises
    ------
    BalletError
        If they are not (T, 126).
    """
    rotation, rest = to_rotations(vectors), body.rest
    if limits:
        rotation = within_limits(rotation, limits)
    position = np.zeros((*rotation.shape[:2], 3))
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            bone = rest[joint] - rest[parent]
            position[:, joint] = position[:, parent] + rotation[:, parent] @ bone
    motion = Motion(position, rotation, fps)
    feet = body.landmarks(motion)[:, FEET]
    place = np.zeros((len(position), 3))
    place[:, 1] = body.rest_landmarks[1][FEET, 1].min() - feet[..., 1].min(axis=1)
    place[:, [0, 2]] = _planted(feet)
    return replace(motion, position=position + place[:, None])


def _planted(feet: np.ndarray, give: float = 0.01) -> np.ndarray:
    """Return where the pelvis goes (T, 2) if the lowest of some points (T, P, 3) stay where they are.

    `give` are the metres over which a rising foot hands on the weight.
    """
    height = feet[..., 1] - feet[..., 1].min(axis=1, keepdims=True)
    down = np.exp(-height / give)
    both = np.sqrt(down[1:] * down[:-1])
    slide = np.diff(feet[..., [0, 2]], axis=0)
    step = -(both[..., None] * slide).sum(axis=1) / both.sum(axis=1)[:, None]
    start = -feet[0][:, [0, 2]].mean(axis=0)
    return start + np.concatenate([np.zeros((1, 2)), step.cumsum(axis=0)])


def in_between(vectors: np.ndarray, times: float) -> np.ndarray:
    """Resample (T, D) to `times` as many a second, along a smooth curve."""
    if times == 1 or len(vectors) < 2:
        return vectors
    from scipy.interpolate import CubicSpline

    frames = np.arange(len(vectors))
    return CubicSpline(frames, vectors)(np.arange(0, len(vectors) - 1 + 1e-9, 1 / times))
