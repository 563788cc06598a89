"""The 33 landmarks: names, connections, maps to other skeletons, and geometry on arrays of them.

Landmark arrays end in ``(..., 33, C)``. In an image, x runs right and y runs down, both in [0, 1]; in world
coordinates the same axes are in metres. Left and right are the dancer's. Missing points are NaN and stay
NaN through every function here.
"""

import numpy as np

from ballet_lib.errors import BalletError

LANDMARKS: tuple[str, ...] = (
    "nose",
    "left_eye_inner", "left_eye", "left_eye_outer",
    "right_eye_inner", "right_eye", "right_eye_outer",
    "left_ear", "right_ear",
    "mouth_left", "mouth_right",
    "left_shoulder", "right_shoulder",
    "left_elbow", "right_elbow",
    "left_wrist", "right_wrist",
    "left_pinky", "right_pinky",
    "left_index", "right_index",
    "left_thumb", "right_thumb",
    "left_hip", "right_hip",
    "left_knee", "right_knee",
    "left_ankle", "right_ankle",
    "left_heel", "right_heel",
    "left_foot_index", "right_foot_index",
)  # fmt: skip
"""Names of the 33 landmarks in MediaPipe's order (BlazePose GHUM topology)."""

INDEX: dict[str, int] = {name: i for i, name in enumerate(LANDMARKS)}
"""Position of each landmark by name."""


def _pairs(*names: str) -> tuple[tuple[int, int], ...]:
    return tuple((INDEX[a], INDEX[b]) for a, b in (name.split("-") for name in names))


FACE_CONNECTIONS = _pairs(
    "nose-left_eye_inner", "left_eye_inner-left_eye", "left_eye-left_eye_outer", "left_eye_outer-left_ear",
    "nose-right_eye_inner", "right_eye_inner-right_eye", "right_eye-right_eye_outer",
    "right_eye_outer-right_ear",
    "mouth_left-mouth_right",
)  # fmt: skip
TORSO_CONNECTIONS = _pairs(
    "left_shoulder-right_shoulder", "left_shoulder-left_hip", "right_shoulder-right_hip", "left_hip-right_hip"
)
LEFT_CONNECTIONS = _pairs(
    "left_shoulder-left_elbow", "left_elbow-left_wrist", "left_wrist-left_pinky", "left_wrist-left_index",
    "left_wrist-left_thumb", "left_pinky-left_index", "left_hip-left_knee", "left_knee-left_ankle",
    "left_ankle-left_heel", "left_heel-left_foot_index", "left_ankle-left_foot_index",
)  # fmt: skip

MIRRORED: tuple[int, ...] = tuple(
    INDEX[name.replace("left", "?").replace("right", "left").replace("?", "right")] for name in LANDMARKS
)
"""For each landmark, the index of its twin on the other side of the body."""

RIGHT_CONNECTIONS = tuple((MIRRORED[a], MIRRORED[b]) for a, b in LEFT_CONNECTIONS)
CONNECTIONS: tuple[tuple[int, int], ...] = (
    FACE_CONNECTIONS + TORSO_CONNECTIONS + LEFT_CONNECTIONS + RIGHT_CONNECTIONS
)
"""Pairs of landmark indices that a drawn skeleton joins."""

_BOTH = ("left", "right")
COCO_17: tuple[int, ...] = (
    INDEX["nose"],
    *(INDEX[f"{side}_{part}"] for part in ("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")
      for side in _BOTH),
)  # fmt: skip
"""For each COCO keypoint, the landmark that it is. The hands, the feet and half the face are lost."""

BODY_25: tuple[tuple[int, ...], ...] = tuple(
    tuple(INDEX[name] for name in names)
    for names in (
        ("nose",), ("left_shoulder", "right_shoulder"),
        ("right_shoulder",), ("right_elbow",), ("right_wrist",),
        ("left_shoulder",), ("left_elbow",), ("left_wrist",),
        ("left_hip", "right_hip"),
        ("right_hip",), ("right_knee",), ("right_ankle",),
        ("left_hip",), ("left_knee",), ("left_ankle",),
        ("right_eye",), ("left_eye",), ("right_ear",), ("left_ear",),
        ("left_foot_index",), (), ("left_heel",),
        ("right_foot_index",), (), ("right_heel",),
    )
)  # fmt: skip
"""For each OpenPose BODY-25 keypoint, the landmarks whose mean it is; none for the small toes."""

ANGLES: dict[str, tuple[int, int, int]] = {
    f"{side}_{joint}": (INDEX[f"{side}_{first}"], INDEX[f"{side}_{middle}"], INDEX[f"{side}_{last}"])
    for joint, (first, middle, last) in {
        "elbow": ("shoulder", "elbow", "wrist"),
        "shoulder": ("hip", "shoulder", "elbow"),
        "hip": ("shoulder", "hip", "knee"),
        "knee": ("hip", "knee", "ankle"),
        "ankle": ("knee", "ankle", "foot_index"),
    }.items()
    for side in _BOTH
}
"""Joint angles by name: the angle at the middle landmark between the other two."""


def to_coco17(landmarks: np.ndarray) -> np.ndarray:
    """Select the 17 COCO keypoints: (..., 33, C) to (..., 17, C)."""
    return _check(landmarks)[..., COCO_17, :]


def to_body25(landmarks: np.ndarray) -> np.ndarray:
    """Map to OpenPose BODY-25: (..., 33, C) to (..., 25, C); neck and mid-hip are means, small toes NaN."""
    landmarks = _check(landmarks)
    missing = np.full_like(landmarks[..., 0, :], np.nan)
    points = [landmarks[..., list(m), :].mean(axis=-2) if m else missing for m in BODY_25]
    return np.stack(points, axis=-2)


def from_coco17(keypoints: np.ndarray) -> np.ndarray:
    """Place 17 COCO keypoints among the 33 landmarks: (..., 17, C) to (..., 33, C), the other 16 NaN."""
    keypoints = np.asarray(keypoints)
    if keypoints.ndim < 2 or keypoints.shape[-2] != 17:
        raise BalletError(
            f"COCO keypoints have the shape (..., 17, C), not {keypoints.shape}. Check the axes."
        )
    landmarks = np.full((*keypoints.shape[:-2], 33, keypoints.shape[-1]), np.nan, dtype=np.float32)
    landmarks[..., COCO_17, :] = keypoints
    return landmarks


def from_body25(keypoints: np.ndarray) -> np.ndarray:
    """Place OpenPose BODY-25 keypoints among the 33 landmarks: (..., 25, C) to (..., 33, C).

    Big toes become foot indices and heels stay heels. Neck, mid-hip and small toes are no landmarks and are
    left out; the 12 landmarks that BODY-25 does not know (hands, inner and outer eyes, mouth) are NaN.
    """
    keypoints = np.asarray(keypoints)
    if keypoints.ndim < 2 or keypoints.shape[-2] != 25:
        raise BalletError(
            f"BODY-25 keypoints have the shape (..., 25, C), not {keypoints.shape}. Check the axes."
        )
    landmarks = np.full((*keypoints.shape[:-2], 33, keypoints.shape[-1]), np.nan, dtype=np.float32)
    single = [(names[0], i) for i, names in enumerate(BODY_25) if len(names) == 1]
    places, origins = zip(*single, strict=True)
    landmarks[..., places, :] = keypoints[..., origins, :]
    return landmarks


def normalise(
    landmarks: np.ndarray, size: tuple[int, int] | None = None, centre: str = "frame"
) -> np.ndarray:
    """Centre on the hips and scale by the torso, so that place and distance no longer matter.

    Parameters
    ----------
    landmarks
        (T, 33, C) with C of 2 to 4: x, y, then z and visibility if given. Visibility passes unchanged.
    size
        (width, height) of the picture in pixels for image coordinates, whose x is stretched by
        width / height; None for world coordinates, which are in metres already.
    centre
        `"frame"` moves each frame to its own hips; `"sequence"` moves all frames at once, by the median of
        the hips, and so keeps how the dancer rises, sinks and travels.

    Returns
    -------
    np.ndarray
        Same shape, float32. The unit is the torso (middle of the shoulders to middle of the hips), taken as
        the median over the frames, so that a bow shortens the torso and not the dancer. In a picture it is
        measured on the picture, since its z is the least certain of the coordinates. Aspect ratio is kept.

    Raises
    ------
    BalletError
        If the array does not hold 33 landmarks a frame, `size` is not two positive numbers, or `centre` is
        neither.
    """
    if centre not in ("frame", "sequence"):
        raise BalletError(f"Nothing can be centred by {centre!r}. Choose 'frame' or 'sequence'.")
    points = _check(landmarks).astype(np.float32, copy=True)
    if points.ndim != 3:
        raise BalletError(
            f"normalise takes one sequence (T, 33, C), not the shape {points.shape}. Loop over takes."
        )
    axes = min(points.shape[-1], 3)
    if size is not None:
        width, height = size
        if not (width > 0 and height > 0):
            raise BalletError(f"A picture of size {size} has no area. Give (width, height) in pixels.")
        points[..., 0] *= width / height
        points[..., 2:3] *= width / height  # MediaPipe gives z in the scale of x
    hips = _middle(points, "hip")[..., :axes]
    torso = _middle(points, "shoulder")[..., :axes] - hips
    lengths = np.linalg.norm(torso[..., : axes if size is None else 2], axis=-1)
    unit = np.median(lengths[np.isfinite(lengths)]) if np.isfinite(lengths).any() else np.nan
    if centre == "sequence" and (seen := np.isfinite(hips).all(axis=-1)).any():
        hips = np.median(hips[seen], axis=0, keepdims=True)
    points[..., :axes] = (points[..., :axes] - hips[:, None]) / (unit if unit > 1e-6 else np.nan)
    return points


def joint_angles(points: np.ndarray) -> dict[str, np.ndarray]:
    """Measure the angles of `ANGLES` in degrees, 180 for a straight limb.

    Parameters
    ----------
    points
        (..., 33, 2 or 3) in one unit on every axis: world coordinates, or the result of `normalise` without
        its visibility. Raw image coordinates are stretched and give wrong angles.

    Returns
    -------
    dict of str to np.ndarray
        (...) degrees in [0, 180] for each name; NaN where a point is missing.
    """
    points = _check(points)
    if points.shape[-1] not in (2, 3):
        raise BalletError(
            f"Angles need x, y or x, y, z, not {points.shape[-1]} values. Cut off the visibility."
        )
    first, middle, last = (points[..., part, :] for part in np.transpose(list(ANGLES.values())))
    degrees = angle_between(first - middle, last - middle)
    return {name: degrees[..., number] for number, name in enumerate(ANGLES)}


def angle_between(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Return the angle between vectors in degrees: (..., D) and (..., D) to (...); NaN for a zero vector."""
    with np.errstate(invalid="ignore", divide="ignore"):
        cosine = (u * v).sum(-1) / (np.linalg.norm(u, axis=-1) * np.linalg.norm(v, axis=-1))
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def mirror(points: np.ndarray, world: bool = False) -> np.ndarray:
    """Reflect left and right: landmarks change sides, and x becomes 1 - x (image) or -x (world)."""
    mirrored = _check(points)[..., MIRRORED, :].copy()
    mirrored[..., 0] = -mirrored[..., 0] if world else 1 - mirrored[..., 0]
    return mirrored


def _middle(points: np.ndarray, part: str) -> np.ndarray:
    return (points[..., INDEX[f"left_{part}"], :] + points[..., INDEX[f"right_{part}"], :]) / 2


def _check(landmarks: np.ndarray) -> np.ndarray:
    landmarks = np.asarray(landmarks)
    if landmarks.ndim < 2 or landmarks.shape[-2] != 33 or not 2 <= landmarks.shape[-1] <= 4:
        raise BalletError(
            f"Landmarks have the shape (..., 33, 2 to 4), not {landmarks.shape}. "
            "Map other skeletons first, for example with from_coco17."
        )
    return landmarks
