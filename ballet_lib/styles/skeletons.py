"""From landmarks to what style networks read: 17 keypoints in pixels, 51 columns, boxes, slots for people."""

import warnings

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.skeleton import COCO_17
from ballet_lib.styles.videos import PEOPLE

COLUMNS = 51
"""Numbers that describe a person in a frame: x, y and score of 17 points."""


def coco17(landmarks: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Take COCO's 17 points from the 33 landmarks of MediaPipe, in pixels.

    Parameters
    ----------
    landmarks
        (..., 33, 4): x and y as shares of the picture, z, visibility; NaN where nobody was found.
    size
        (width, height) of the picture in pixels.

    Returns
    -------
        float32 (..., 17, 3): x, y and, as score, the visibility; NaN where a point is missing.

    Raises
    ------
    BalletError
        If the landmarks have another shape.
    """
    landmarks = np.asarray(landmarks)
    if landmarks.ndim < 2 or landmarks.shape[-2:] != (33, 4):
        raise BalletError(
            f"Landmarks have the shape (..., 33, 4), not {landmarks.shape}. Keypoints in pixels are COCO-17 "
            "already."
        )
    points = landmarks[..., COCO_17, :][..., [0, 1, 3]] * np.array([*size, 1.0])
    return np.where(_missing(points), np.nan, points).astype(np.float32)


def columns(keypoints: np.ndarray) -> np.ndarray:
    """Write each person's 17 points as a line of 51 numbers, 0 where one is missing.

    Parameters
    ----------
    keypoints
        (..., 17, 3): x, y and score.

    Returns
    -------
        float32 (..., 51).

    Raises
    ------
    BalletError
        If the keypoints have another shape.
    """
    points = _checked(keypoints)
    return np.where(_missing(points), 0, points).reshape(*points.shape[:-2], COLUMNS).astype(np.float32)


def box_normalised(keypoints: np.ndarray) -> np.ndarray:
    """Scale each skeleton to its bounding box, x and y each from -1 to 1, as the two-stream network has it.

    Where somebody stands, how large and how far away, is gone then; so is whether they are broad or tall.
    Missing points do not count in the box. A skeleton of a single point, or all of whose points are at one
    place, has no box and counts as nobody; one that is a line has 0 across.

    Parameters
    ----------
    keypoints
        (..., 17, 3): x, y and score, NaN where missing.

    Returns
    -------
        float32 (..., 17, 3): x and y from -1 to 1 and the score; 0 where missing.

    Raises
    ------
    BalletError
        If the keypoints have another shape.
    """
    points = _checked(keypoints).astype(np.float64)
    missing = _missing(points)
    place = points[..., :2]
    low = np.where(missing, np.inf, place).min(axis=-2, keepdims=True)
    high = np.where(missing, -np.inf, place).max(axis=-2, keepdims=True)
    extent = np.where(high > low, high - low, 0)  # 0 for nobody, too
    missing = missing | (extent == 0).all(axis=-1, keepdims=True)
    middle = np.where(extent > 0, low + extent / 2, 0)
    scaled = np.where(extent > 0, (place - middle) / np.where(extent > 0, extent / 2, 1), 0)
    return np.where(missing, 0, np.concatenate([scaled, points[..., 2:]], axis=-1)).astype(np.float32)


def slots(keypoints: np.ndarray, people: int = PEOPLE) -> np.ndarray:
    """Put everybody, each scaled to their box, into a fixed number of slots; empty ones are 0.

    Parameters
    ----------
    keypoints
        (T, P, 17, 3) of one video.
    people
        How many slots there are.

    Returns
    -------
        float32 (T, people, 51).

    Raises
    ------
    BalletError
        If the keypoints have another shape, or there is no slot.

    Warns
    -----
    UserWarning
        If there are more people than slots: the surest are kept.
    """
    kept = surest(keypoints, people)
    filled = np.zeros((len(kept), people, COLUMNS), np.float32)
    filled[:, : kept.shape[1]] = columns(box_normalised(kept))
    return filled


def surest(keypoints: np.ndarray, people: int = PEOPLE) -> np.ndarray:
    """Keep the people with the highest mean score over the video; a point that is missing scores 0.

    Parameters
    ----------
    keypoints
        (T, P, 17, 3) of one video.
    people
        How many to keep.

    Returns
    -------
        (T, at most people, 17, 3), those kept in the order they had.

    Raises
    ------
    BalletError
        If the keypoints have another shape, or nobody is to be kept.

    Warns
    -----
    UserWarning
        If somebody is left out.
    """
    points = _checked(keypoints)
    if points.ndim != 4:
        raise BalletError(
            f"Keypoints of a video have the shape (T, P, 17, 3), not {points.shape}. "
            "For one person write keypoints[:, None]."
        )
    if people < 1:
        raise BalletError(f"{people} people cannot be kept. Give 1 or more.")
    if points.shape[1] <= people:
        return points
    score = np.where(_missing(points)[..., 0], 0, points[..., 2]).mean(axis=(0, 2))
    best = np.sort(np.argsort(-score, kind="stable")[:people])
    warnings.warn(
        f"Of {points.shape[1]} people the {people} with the highest mean score are kept.", stacklevel=2
    )
    return points[:, best]


def _checked(keypoints: np.ndarray) -> np.ndarray:
    keypoints = np.asarray(keypoints)
    if keypoints.ndim < 2 or keypoints.shape[-2:] != (17, 3):
        raise BalletError(
            f"Keypoints have the shape (..., 17, 3), not {keypoints.shape}. "
            "Take COCO-17 with x, y and score; lines of 51 numbers become so by reshape(-1, 17, 3)."
        )
    return keypoints


def _missing(points: np.ndarray) -> np.ndarray:
    return np.isnan(points).any(axis=-1, keepdims=True)
