"""Features: what networks are fed, made from landmarks.

A feature is a function of a `PoseSequence` that returns float32 (T, F). `FEATURES` holds the course's own by
name; any function of that kind will do as well. `feature_array` joins several and closes gaps first.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.skeleton import ANGLES, INDEX, LANDMARKS, joint_angles, normalise

Feature = Callable[[PoseSequence], np.ndarray]
"""A function of a sequence of T frames that returns (T, F)."""

MISSING = ("interpolate", "zero", "nan")
"""What can stand where nobody was found."""

_HIPS = [INDEX["left_hip"], INDEX["right_hip"]]


# --- The features -----------------------------------------------------------------------------------------


def raw(poses: PoseSequence) -> np.ndarray:
    """Return x, y, z, visibility of the 33 landmarks as extracted: (T, 132), as in the ballet paper."""
    return poses.landmarks.reshape(len(poses), 132)


def normalised(poses: PoseSequence) -> np.ndarray:
    """Return image x, y, z from the hips' middle, in torsos: (T, 99), see `skeleton.normalise`.

    Place, distance and the picture's shape no longer matter. A sequence without depth lies in the plane of
    the picture: z is 0.

    Raises
    ------
    BalletError
        If no frame shows shoulders and hips, so that there is no torso to measure by.
    """
    return _in_torsos(_with_depth(poses.landmarks[..., :3]), poses.size).reshape(len(poses), 99)


def centred(poses: PoseSequence) -> np.ndarray:
    """Return image x, y from the middle of the hips' way: (T, 66), in torsos.

    `normalised` moves each frame to its own hips, and so forgets that a relevé rises and a plié sinks.
    Here the whole sequence is moved at once, by the median of the hips over its frames, so place and distance
    no longer matter and the way through the picture is kept. Depth is left out: z is the extractor's guess.

    Raises
    ------
    BalletError
        If no frame shows shoulders and hips, so that there is no torso to measure by.
    """
    points = normalise(poses.landmarks[..., :2], poses.size, centre="sequence")
    return _measured(points, poses.landmarks).reshape(len(poses), 66)


def world(poses: PoseSequence) -> np.ndarray:
    """Return world x, y, z from the hips' middle, in torsos instead of metres: (T, 99).

    Raises
    ------
    BalletError
        If the sequence has no world coordinates, or no frame shows shoulders and hips.
    """
    if poses.world is None:
        raise BalletError("There are no world coordinates. Use the features 'normalised' instead.")
    return _in_torsos(poses.world, None).reshape(len(poses), 99)


def angles(poses: PoseSequence) -> np.ndarray:
    """Return the joint angles of `skeleton.ANGLES` in half turns: (T, 10), 1 for a straight limb.

    They are measured in world coordinates where the sequence has them, else in normalised image coordinates.
    A limb without length, as after filling landmarks that are never found, counts as straight.
    """
    flat = None if poses.world is not None else normalised(poses).reshape(len(poses), 33, 3)
    points = poses.world if flat is None else flat
    degrees = np.stack(list(joint_angles(points).values()), axis=-1)
    known = np.isfinite(points[:, list(ANGLES.values())]).all(axis=(2, 3))
    return (np.where(known & np.isnan(degrees), 180, degrees) / 180).astype(np.float32)


def velocities(poses: PoseSequence) -> np.ndarray:
    """Return how fast each normalised landmark moves, in torsos a second: (T, 99), the first row 0.

    Row t is the way from frame t - 1 to frame t, so that a live recogniser can compute it too.
    """
    points = normalised(poses)
    return np.diff(points, axis=0, prepend=points[:1]) * np.float32(poses.fps)


FEATURES: dict[str, Feature] = {
    "raw": raw, "normalised": normalised, "centred": centred, "world": world, "angles": angles,
    "velocities": velocities,
}  # fmt: skip
"""The course's features by name."""

_POINTS = tuple(f"{landmark}.{axis}" for landmark in LANDMARKS for axis in "xyz")
_COLUMNS: dict[Feature, tuple[str, ...]] = {
    raw: tuple(f"{landmark}.{axis}" for landmark in LANDMARKS for axis in (*"xyz", "visibility")),
    centred: tuple(f"{landmark}.{axis}" for landmark in LANDMARKS for axis in "xy"),
    normalised: _POINTS, world: _POINTS, velocities: _POINTS, angles: tuple(ANGLES),
}  # fmt: skip


# --- What to_arrays calls ---------------------------------------------------------------------------------


def feature_array(
    poses: PoseSequence,
    features: str | Feature | Sequence[str | Feature] = "raw",
    missing: str = "interpolate",
) -> np.ndarray:
    """Compute features of a sequence: float32 (T, F), several of them side by side.

    Parameters
    ----------
    poses
        T frames.
    features
        A name of `FEATURES`, a function of a PoseSequence that returns (T, F), or several of either.
    missing
        `"interpolate"` calls `fill_missing` first; nothing is NaN afterwards. `"zero"` computes the features
        of what was found and puts 0 where they are open, as the papers do. `"nan"` leaves them open.

    Raises
    ------
    BalletError
        If a feature is unknown or returns another shape, if numbers are infinite, or if no frame shows a
        person (unless `missing` is `"nan"`).
    """
    if missing not in MISSING:
        raise BalletError(f"Missing frames cannot be treated by {missing!r}. Choose {', '.join(MISSING)}.")
    functions = _functions(features)
    if np.isinf(poses.landmarks).any() or (poses.world is not None and np.isinf(poses.world).any()):
        raise BalletError("Some landmarks are infinite. Leave the take out, or make its file anew.")
    if missing != "nan":
        _check_somebody(poses)
    if missing == "interpolate":
        poses = fill_missing(poses)
    array = np.concatenate([_computed(function, poses) for function in functions], axis=1)
    if missing == "zero":
        array = np.where(np.isnan(array), np.float32(0), array)
    if np.isinf(array).any() or (missing == "interpolate" and np.isnan(array).any()):
        raise BalletError("The features hold values that are no numbers. Check the function that makes them.")
    return array


def feature_names(features: str | Feature | Sequence[str | Feature] = "raw") -> tuple[str, ...]:
    """Name the columns of `feature_array`: `raw.nose.x`, `angles.left_knee` and so on.

    A function of your own names its columns in an attribute: ``mine.columns = ("speed", "height")``.

    Raises
    ------
    BalletError
        If a feature is unknown, or a function does not tell its columns.
    """
    names: list[str] = []
    for function in _functions(features):
        columns = _COLUMNS.get(function, getattr(function, "columns", None))
        if columns is None:
            raise BalletError(
                f"The columns of {_name(function)} have no names. Set {_name(function)}.columns = (...)."
            )
        names += [f"{_name(function)}.{column}" for column in columns]
    return tuple(names)


def fill_missing(poses: PoseSequence) -> PoseSequence:
    """Close every gap: no coordinate of the result is NaN.

    Between frames in which a landmark was found it moves in a straight line; before the first and after the
    last it stands still. A landmark that is never found (a hand, in a file of 17 keypoints) is put at the
    middle of the hips with visibility 0; where the hips are never found either, at the middle of what is.
    Depth that is never given is 0, and visibility that is never given 1. World coordinates without a single
    number become None.

    Raises
    ------
    BalletError
        If no frame shows a person.
    """
    _check_somebody(poses)
    landmarks = _interpolated(poses.landmarks)
    lost = np.isnan(landmarks[0, :, :2]).any(axis=-1)  # the same in all frames by now
    hips = [hip for hip in _HIPS if not lost[hip]] or np.flatnonzero(~lost)
    landmarks[:, lost, :2] = landmarks[:, hips, :2].mean(axis=1, keepdims=True)
    landmarks[:, lost, 2:] = 0
    landmarks[np.isnan(landmarks[..., 2]), 2] = 0
    landmarks[np.isnan(landmarks[..., 3]), 3] = 1
    in_space = None
    if poses.world is not None and not np.isnan(poses.world).all():
        in_space = _interpolated(poses.world)
        in_space[np.isnan(in_space)] = 0  # the hips' middle is the origin
    return replace(poses, landmarks=landmarks, world=in_space)


def _functions(features) -> list[Feature]:
    several = [features] if isinstance(features, str) or callable(features) else list(features)
    if not several:
        raise BalletError(f"There is no feature to compute. Name one of: {', '.join(FEATURES)}.")
    if unknown := [one for one in several if not (callable(one) or one in FEATURES)]:
        raise BalletError(
            f"There is no feature {unknown[0]!r}. There are: {', '.join(FEATURES)}; or give a function."
        )
    return [one if callable(one) else FEATURES[one] for one in several]


def _name(function: Feature) -> str:
    known = {known: name for name, known in FEATURES.items()}
    return known.get(function, getattr(function, "__name__", "feature"))


def _computed(function: Feature, poses: PoseSequence) -> np.ndarray:
    array = np.asarray(function(poses))
    if array.ndim != 2 or len(array) != len(poses) or not np.issubdtype(array.dtype, np.number):
        raise BalletError(
            f"The feature {_name(function)} returned {array.dtype} of shape {array.shape}, not numbers of "
            f"shape ({len(poses)}, F). Return one row a frame."
        )
    return array.astype(np.float32, copy=False)


def _check_somebody(poses: PoseSequence) -> None:
    # One landmark known whole is the least that says where somebody is.
    if not (~np.isnan(poses.landmarks[..., :2])).any(axis=0).all(axis=-1).any():
        raise BalletError("No frame shows a person. Leave the take out, or record it again.")


def _with_depth(points: np.ndarray) -> np.ndarray:
    """Lay points whose depth is never given into the picture's plane."""
    if not np.isnan(points[..., 2]).all():
        return points
    return np.concatenate([points[..., :2], points[..., :1] * 0], axis=-1)


def _in_torsos(points: np.ndarray, size: tuple[int, int] | None) -> np.ndarray:
    return _measured(normalise(points, size), points)


def _measured(measured: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return what was measured of the points, unless that is nothing."""
    if np.isnan(measured).all() and not np.isnan(points).all():
        raise BalletError(
            "No frame shows shoulders and hips, so there is no torso to measure by. Use the features 'raw'."
        )
    return measured


def _interpolated(points: np.ndarray) -> np.ndarray:
    """Interpolate each coordinate that has gaps: (T, 33, C); one that is NaN throughout stays so."""
    frames = len(points)
    tracks = points.reshape(frames, -1).copy()
    known = ~np.isnan(tracks)
    gappy = known.any(axis=0) & ~known.all(axis=0)
    if gappy.any():
        part, known, row = tracks[:, gappy], known[:, gappy], np.arange(frames)[:, None]
        before = np.maximum.accumulate(np.where(known, row, -1), axis=0)
        after = np.minimum.accumulate(np.where(known, row, frames)[::-1], axis=0)[::-1]
        before = np.where(before < 0, after, before)
        after = np.where(after == frames, before, after)
        share = ((row - before) / np.maximum(after - before, 1)).astype(np.float32)
        first, last = (np.take_along_axis(part, which, axis=0) for which in (before, after))
        tracks[:, gappy] = first + (last - first) * share
    return tracks.reshape(points.shape)
