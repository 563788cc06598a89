"""From the columns of a map to the body: 33 landmarks, and eight groups of them."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.features import feature_names
from ballet_lib.skeleton import ANGLES, INDEX, LANDMARKS


def _of(side: str, *parts: str) -> tuple[int, ...]:
    return tuple(INDEX[f"{side}_{part}"] for part in parts)


_ARM = ("elbow", "wrist", "pinky", "index", "thumb")
_FOOT = ("ankle", "heel", "foot_index")

GROUPS: Mapping[str, tuple[int, ...]] = MappingProxyType({
    "head": tuple(range(INDEX["left_shoulder"])),
    "trunk": (*_of("left", "shoulder", "hip"), *_of("right", "shoulder", "hip")),
    "left arm": _of("left", *_ARM), "right arm": _of("right", *_ARM),
    "left leg": _of("left", "knee"), "right leg": _of("right", "knee"),
    "left foot": _of("left", *_FOOT), "right foot": _of("right", *_FOOT),
})  # fmt: skip
"""Landmarks by part of the body; each landmark is in one group."""

_LIFTED = {"shoulder": "elbow", "hip": "knee"}
"""The angle at a shoulder says how the arm is lifted, and that at a hip how the leg is; both count for the
limb, not for the trunk. Every other angle counts for its own joint."""


def landmark_of_columns(features) -> np.ndarray:
    """Return the landmark that each column of some features counts for: int (F,).

    The coordinates, speed and visibility of a landmark count for it. An angle counts for its joint; those at
    shoulder and hip, which say how a limb is lifted, for elbow and knee.

    Parameters
    ----------
    features
        As `Classifier.features`: names of `features.FEATURES`.

    Raises
    ------
    BalletError
        If a feature is unknown, or its columns belong to no landmark.
    """
    angles = {name: INDEX[_limb(name)] for name in ANGLES}
    found = []
    for name in feature_names(features):
        column = name.split(".", 1)[1]
        landmark = angles.get(column, INDEX.get(column.split(".")[0]))
        if landmark is None:
            raise BalletError(
                f"The column {name} belongs to no landmark, so it has no place on the body. "
                "Explain it as it is, or use features of landmarks."
            )
        found.append(landmark)
    return np.array(found)


def joint_maps(maps: np.ndarray, features, absolute: bool = False) -> np.ndarray:
    """Sum a map over the columns of each landmark: (N, T, F) to float32 (N, T, 33).

    Parameters
    ----------
    maps
        (N, T, F), of any method.
    features
        As in `landmark_of_columns`.
    absolute
        Sum sizes, so that columns of opposite sign do not cancel. Gradients want it; where the sum means
        something, as with integrated gradients, the sign may be kept.

    Raises
    ------
    BalletError
        As `landmark_of_columns`, or if the map has another number of columns than the features.
    """
    maps, place = _fitting(maps, features, None)
    summed = np.zeros((len(place), len(LANDMARKS)), dtype=np.float32)
    summed[np.arange(len(place)), place] = 1
    return (np.abs(maps) if absolute else maps) @ summed


def spread(joint_maps: np.ndarray, features) -> np.ndarray:
    """Give every column the value of its landmark: (N, T, 33) to (N, T, F), to delete whole landmarks.

    Raises
    ------
    BalletError
        As `landmark_of_columns`, or if there are not 33 landmarks.
    """
    joint_maps, place = _fitting(joint_maps, features, len(LANDMARKS))
    return joint_maps[..., place]


def group_shares(joint_maps: np.ndarray, groups=GROUPS) -> np.ndarray:
    """Return the share of a map's size that lies on each group, over all frames: (N, groups).

    Rows sum to 1 when every landmark is in a group; a map of zeros has no shares (NaN).

    Parameters
    ----------
    joint_maps
        (N, T, 33), as `joint_maps` returns them.
    groups
        Landmarks by name, in the order of the columns.

    Raises
    ------
    BalletError
        If there are not 33 landmarks.
    """
    if np.ndim(joint_maps) != 3 or np.shape(joint_maps)[-1] != len(LANDMARKS):
        raise BalletError(
            f"Shares need maps of the shape (takes, frames, 33), not {np.shape(joint_maps)}. "
            "Call joint_maps first."
        )
    sizes = np.abs(joint_maps).sum(axis=1)
    with np.errstate(invalid="ignore"):
        shares = sizes / sizes.sum(axis=1, keepdims=True)
    return np.stack([shares[:, list(landmarks)].sum(axis=1) for landmarks in groups.values()], axis=1)


def _limb(angle: str) -> str:
    side, joint = angle.split("_")
    return f"{side}_{_LIFTED.get(joint, joint)}"


def _fitting(maps, features, columns: int | None) -> tuple[np.ndarray, np.ndarray]:
    maps, place = np.asarray(maps, dtype=np.float32), landmark_of_columns(features)
    columns = columns or len(place)
    if maps.ndim != 3 or maps.shape[-1] != columns:
        raise BalletError(
            f"The map has the shape {maps.shape}, and (takes, frames, {columns}) is needed. "
            "Give the features that the model was fed."
        )
    return maps, place
