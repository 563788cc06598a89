"""How far an extractor's landmarks are from the truth, which only a studio knows."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.skeleton import INDEX, MIRRORED

if TYPE_CHECKING:
    import pandas as pd

    from ballet_lib.pose import PoseExtractor
    from ballet_lib.studio.scene import Scene

BODY_PARTS: dict[str, tuple[int, ...]] = {
    part: (INDEX[f"left_{name}"], INDEX[f"right_{name}"])
    for part, name in {
        "shoulders": "shoulder", "elbows": "elbow", "wrists": "wrist", "hips": "hip",
        "knees": "knee", "ankles": "ankle", "toes": "foot_index",
    }.items()
}  # fmt: skip
"""The fourteen landmarks that the course judges an extractor by, in pairs."""

JUDGED: tuple[int, ...] = tuple(index for pair in BODY_PARTS.values() for index in pair)


def landmark_errors(found: PoseSequence, exact: PoseSequence) -> np.ndarray:
    """Measure how far each landmark lies from its true place in the picture.

    Parameters
    ----------
    found, exact
        Sequences of the same T frames and picture size.

    Returns
    -------
    np.ndarray
        float (T, 33), in shares of the picture's height; NaN where nobody was found.

    Raises
    ------
    BalletError
        If the two do not show the same frames.
    """
    if len(found) != len(exact) or found.size != exact.size:
        raise BalletError(
            f"{len(found)} frames of {found.size} cannot be compared with {len(exact)} of {exact.size}. "
            "Extract from the film of the same scene."
        )
    width, height = exact.size
    away = (found.landmarks[..., :2] - exact.landmarks[..., :2]) * (width / height, 1)
    return np.linalg.norm(away, axis=-1)


def pck(errors: np.ndarray, threshold: float = 0.05) -> float:
    """Return the share of correct keypoints, errors within the threshold; a missing one is wrong.

    The measure of Yang and Ramanan (2013), with the picture's height (or whatever unit the errors have) in
    place of the person's size.
    """
    return float((np.nan_to_num(errors, nan=np.inf) <= threshold).mean())


def bootstrap_interval(
    groups: list[np.ndarray], statistic=np.nanmean, repeats: int = 1000, level: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """Estimate where a statistic would lie for other clips, by drawing whole clips again, with replacement.

    Frames of one clip resemble each other, so the clip is the unit, not the frame.

    Parameters
    ----------
    groups
        One array of values for each clip.
    statistic
        A function of all values together.

    Returns
    -------
    tuple of float
        The ends of the percentile interval (Efron 1979).
    """
    if not groups:
        raise BalletError("An interval needs at least one clip. Measure something first.")
    rng = np.random.default_rng(seed)
    draws = [
        statistic(np.concatenate([groups[i] for i in rng.integers(len(groups), size=len(groups))]))
        for _ in range(repeats)
    ]
    low, high = np.nanquantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def measure_scene(
    scene: "Scene", extractor: "PoseExtractor", frames: int | None = 8, **labels
) -> "pd.DataFrame":
    """Film a scene, extract some of its frames one by one, and compare with the truth.

    Parameters
    ----------
    scene
        What to film.
    extractor
        An open extractor.
    frames
        How many frames to take, evenly spread over the dance, each a picture of its own; None for all of
        them as a stream, in which the model follows the dancer.
    labels
        Columns to add to every row, such as `clip=3` or `view="side"`.

    Returns
    -------
    pandas.DataFrame
        One row for each frame and judged landmark: `frame`, `part` (of `BODY_PARTS`), `hidden` (behind the
        dancer's own body, or out of the picture), `swapped` (left and right exchanged fit the frame better),
        `error` in % of the dancer's height and `error_in_picture` in % of the picture's, both NaN where
        nobody was found.
    """
    import pandas as pd

    every = len(scene.motion)
    chosen = np.unique(np.linspace(0, every - 1, frames or every).round().astype(int))
    stream = extractor.stream() if frames is None else None
    names = [part for part, pair in BODY_PARTS.items() for _ in pair]
    tables = []
    for frame, picture in zip(chosen, scene.pictures(only=chosen), strict=True):
        found = stream.frame(picture.rgb, frame / scene.fps) if stream else extractor.image(picture.rgb)
        exact = scene.exact[int(frame)]
        error = landmark_errors(found, exact)[0, list(JUDGED)] * 100
        mirrored = landmark_errors(found, replace(exact, landmarks=exact.landmarks[:, list(MIRRORED)]))
        swapped = bool(mirrored[0, list(JUDGED)].mean() * 100 < error.mean())
        hidden = picture.hidden(scene.points[frame])[list(JUDGED)]
        row = {"frame": frame, "part": names, "hidden": hidden, "swapped": swapped, "error_in_picture": error}
        tables.append(pd.DataFrame(row | {"error": error / scene.exact.meta["body_height"]} | labels))
    return pd.concat(tables, ignore_index=True)
