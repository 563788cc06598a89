"""Judges of generated dance: is it near the truth, does it freeze, does it copy, is there a dancer in it.

Most of a picture never moves, which flatters whoever repeats the last frame: errors are taken where it does.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.intervals import draw_dancers, percentiles
from ballet_lib.silhouettes import Silhouettes

if TYPE_CHECKING:
    import pandas as pd

LAST = 50
"""How many frames at a dance's end tell whether it has frozen."""
CLIP = 10
"""Frames of the clips that are compared in search of copies: one second."""
MEASURES = ("iou", "ssim", "moving_error", "moving_brier", "brier")
DRAWS = 1000


# --- Near the truth -----------------------------------------------------------------------------------------


def moving_region(seen_last: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return where the truth has moved: pixels that differ from the last frame seen, and their neighbours.

    It depends on the truth alone. A limb that has come back by then has not moved.

    Parameters
    ----------
    seen_last
        bool (N, 96, 64), the last frame that was seen.
    truth
        bool (N, H, 96, 64), the H frames after it.

    Returns
    -------
    np.ndarray
        bool (N, H, 96, 64).

    Raises
    ------
    BalletError
        If the sizes do not belong together.
    """
    from scipy.ndimage import maximum_filter

    last, truth = np.asarray(seen_last) >= 0.5, np.asarray(truth) >= 0.5
    if truth.ndim != 4 or last.shape != (len(truth), *truth.shape[2:]):
        raise BalletError(
            f"The last frames {last.shape} and the truth {truth.shape} do not belong together. "
            "Give (N, 96, 64) and (N, H, 96, 64)."
        )
    return maximum_filter(truth != last[:, None], size=(1, 1, 3, 3))


def by_horizon(
    forecasts: Mapping[str, np.ndarray],
    last: np.ndarray,
    truth: np.ndarray,
    groups: np.ndarray,
    level: float = 0.95,
    seed: int = 0,
) -> "pd.DataFrame":
    """Score forecasts against the truth, each horizon by itself, with intervals over dancers.

    Parameters
    ----------
    forecasts
        Probabilities by name of the method, (N, H, 96, 64) each.
    last
        bool (N, 96, 64), the last frame that all of them saw.
    truth
        bool (N, H, 96, 64).
    groups
        str (N,), the dancers; with fewer than three there are no intervals.
    level
        Share of such intervals that should hold the truth.
    seed
        Of the bootstrap.

    Returns
    -------
    pd.DataFrame
        A row a method and horizon (from 1), with ``iou``, ``ssim``, ``moving_error`` (share of the pixels in
        `moving_region` that are wrong at 0.5), ``moving_brier`` (mean squared error of the probabilities
        there; Brier 1950), ``brier`` (the same of all pixels), and ``iou_low``, ``iou_high`` and so on.

    Raises
    ------
    BalletError
        If there is no forecast, or sizes do not belong together.
    """
    import pandas as pd

    last, truth, groups = (np.asarray(each) for each in (last, truth, groups))
    region = _checked(forecasts, last, truth, groups)
    dancers, dancer = np.unique(groups, return_inverse=True)
    draws = draw_dancers(len(dancers), DRAWS, seed)
    rows = []
    for method, forecast in forecasts.items():
        for name, (over, under) in _fractions(np.asarray(forecast, np.float32), truth >= 0.5, region).items():
            over, under = _by_dancer(over, dancer), _by_dancer(under, dancer)
            for horizon, (value, drawn) in enumerate(zip(*_ratios(over, under, draws), strict=True), start=1):
                ends = percentiles(drawn, len(dancers), level)
                rows.append((method, horizon, name, value, *ends))
    table = pd.DataFrame(rows, columns=["method", "horizon", "measure", "", "_low", "_high"])
    wide = table.pivot(index=["method", "horizon"], columns="measure")
    wide.columns = [f"{measure}{end}" for end, measure in wide.columns]
    order = [f"{measure}{end}" for measure in MEASURES for end in ("", "_low", "_high")]
    return wide.loc[list(forecasts), order].reset_index()


def improvement(
    forecast: np.ndarray,
    baseline: np.ndarray,
    last: np.ndarray,
    truth: np.ndarray,
    groups: np.ndarray,
    level: float = 0.95,
    seed: int = 0,
    squared: bool = False,
) -> "pd.DataFrame":
    """Return by what share a forecast's error on moving pixels is smaller than a baseline's.

    Both are judged on the same draws of dancers, so that what makes a dancer hard cancels out.

    Parameters
    ----------
    forecast, baseline
        Probabilities, (N, H, 96, 64).
    last, truth, groups, level, seed
        As `by_horizon`.
    squared
        Compare ``moving_brier``, which counts how sure a forecast is, in place of ``moving_error``.

    Returns
    -------
    pd.DataFrame
        A row a horizon: ``horizon``, ``improvement`` (0.2 is a fifth fewer errors), ``low``, ``high``.

    Raises
    ------
    BalletError
        As `by_horizon`.
    """
    import pandas as pd

    last, truth, groups = (np.asarray(each) for each in (last, truth, groups))
    region = _checked({"forecast": forecast, "baseline": baseline}, last, truth, groups)
    dancers, dancer = np.unique(groups, return_inverse=True)
    draws = draw_dancers(len(dancers), DRAWS, seed)
    dark = truth >= 0.5
    ours, theirs = (
        _by_dancer((_errors(np.asarray(each), dark, squared) * region).sum(axis=(2, 3)), dancer)
        for each in (forecast, baseline)
    )
    shares, drawn = _ratios(ours, theirs, draws)
    ends = [percentiles(1 - each, len(dancers), level) for each in drawn]
    return pd.DataFrame({
        "horizon": np.arange(1, truth.shape[1] + 1), "improvement": 1 - shares,
        "low": [low for low, _ in ends], "high": [high for _, high in ends],
    })  # fmt: skip


def _errors(forecast: np.ndarray, dark: np.ndarray, squared: bool) -> np.ndarray:
    return (forecast.astype(np.float32) - dark) ** 2 if squared else (forecast >= 0.5) != dark


def _checked(forecasts: Mapping[str, np.ndarray], last, truth, groups) -> np.ndarray:
    """Return the moving region, if everything belongs together."""
    if not forecasts:
        raise BalletError("There is no forecast to judge. Give at least one by name.")
    region = moving_region(last, truth)
    for name, forecast in forecasts.items():
        if np.shape(forecast) != truth.shape:
            raise BalletError(
                f"The forecast of {name} is {np.shape(forecast)} and the truth {truth.shape}. "
                "Forecast as many frames as are known."
            )
    if len(groups) != len(truth) or not len(truth):
        raise BalletError(f"There are {len(groups)} dancers' names for {len(truth)} clips. Give one a clip.")
    return region


def _fractions(
    forecast: np.ndarray, truth: np.ndarray, region: np.ndarray
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return numerators and denominators of each measure, (N, H) each, whose sums may be drawn again."""
    from skimage.metrics import structural_similarity

    dark, places = forecast >= 0.5, (2, 3)
    one, moving = np.ones(truth.shape[:2]), region.sum(axis=places)
    squared = (forecast - truth) ** 2
    both, either = (dark & truth).sum(axis=places), (dark | truth).sum(axis=places)
    ssim = [
        [structural_similarity(*pair, data_range=1.0) for pair in zip(drawn, real, strict=True)]
        for drawn, real in zip(forecast, truth.astype(np.float32), strict=True)
    ]
    return {
        "iou": (np.where(either, both / np.maximum(either, 1), 1.0), one),
        "ssim": (np.array(ssim), one),
        "brier": (squared.mean(axis=places), one),
        "moving_error": (((dark != truth) & region).sum(axis=places), moving),
        "moving_brier": ((squared * region).sum(axis=places), moving),
    }


def _by_dancer(values: np.ndarray, dancer: np.ndarray) -> np.ndarray:
    """Add up (N, H) over each dancer's clips: (D, H)."""
    sums = np.zeros((dancer.max() + 1, values.shape[1]))
    np.add.at(sums, dancer, values)
    return sums


def _ratios(over: np.ndarray, under: np.ndarray, draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Divide sums over dancers, as they are (H,) and as they were drawn (H, draws); 0 / 0 is NaN."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return over.sum(axis=0) / under.sum(axis=0), ((draws @ over) / (draws @ under)).T


# --- Freezing -----------------------------------------------------------------------------------------------


def motion_energy(frames: np.ndarray) -> np.ndarray:
    """Return how much moves from each frame to the next, as a share of the dancer's pixels: float64 (T-1,).

    Parameters
    ----------
    frames
        bool or probabilities (T, 96, 64). Pixels that change, over the mean of both frames' dark pixels; 0
        where there is no dancer.

    Raises
    ------
    BalletError
        If there are fewer than two frames.
    """
    dark = _dance(frames, 2)
    changed = (dark[1:] != dark[:-1]).sum(axis=(1, 2))
    area = dark.sum(axis=(1, 2))
    return changed / np.maximum((area[1:] + area[:-1]) / 2, 1)


def freezing(frames: np.ndarray, real: Silhouettes | np.ndarray, last: int = LAST) -> float:
    """Return how much the end of a generated dance moves, as a multiple of real dance: 0 is frozen.

    Parameters
    ----------
    frames
        bool or probabilities (T, 96, 64).
    real
        Silhouettes of real dance at the same rate of frames, or one dance (T, 96, 64).
    last
        How many of the last frames count.

    Raises
    ------
    BalletError
        If a dance is too short, or the real one does not move.
    """
    if last < 2:
        raise BalletError(f"The last {last} frames cannot move. Look at 2 or more.")
    energy = np.mean(np.concatenate([motion_energy(clip) for clip in _dances(real)]))
    if energy == 0:
        raise BalletError("The real dance does not move, so nothing can be measured by it. Give another.")
    return float(motion_energy(_dance(frames, last)[-last:]).mean() / energy)


# --- Copying ------------------------------------------------------------------------------------------------


def nearest_clip(
    generated: np.ndarray, training: Silhouettes | Iterable[np.ndarray], length: int = CLIP
) -> np.ndarray:
    """Return how far each second of a dance is from the most similar one in the training set.

    The distance of two clips is the mean over their frames of 1 - IoU (Jaccard's): 0 for a copy, 1 if no
    pixel is shared. It counts in shares of the dancer, not of the picture, and is a metric.

    Parameters
    ----------
    generated
        bool or probabilities (T, 96, 64).
    training
        Silhouettes, or several dances (T, 96, 64).
    length
        Frames of a clip.

    Returns
    -------
    np.ndarray
        float64 (T - length + 1,).

    Raises
    ------
    BalletError
        If a dance is shorter than a clip, or there is none to compare with.
    """
    dance = _dance(generated, length)
    found = [_clip_distances(dance, clip, length).min(axis=1) for clip in _dances(training, length)]
    return np.min(found, axis=0)


def _clip_distances(one: np.ndarray, other: np.ndarray, length: int) -> np.ndarray:
    """Return the distances of all clips of two dances: (T1 - length + 1, T2 - length + 1)."""
    flat, others = (np.reshape(each, (len(each), -1)).astype(np.float32) for each in (one, other))
    both = flat @ others.T
    either = flat.sum(axis=1)[:, None] + others.sum(axis=1) - both
    return along_clips(np.where(either > 0, 1 - both / np.maximum(either, 1), 0.0), length)


def along_clips(apart: np.ndarray, length: int) -> np.ndarray:
    """Return the distances of all clips of two dances whose frames are `apart`, (T1, T2).

    Frame k of one clip is compared with frame k of the other: (T1 - length + 1, T2 - length + 1).
    """
    rows, columns = (size - length + 1 for size in apart.shape)
    return np.asarray(sum(apart[k : k + rows, k : k + columns] for k in range(length)) / length)


# --- A dancer -----------------------------------------------------------------------------------------------


def found_share(pictures: Iterable[np.ndarray]) -> float:
    """Return the share of pictures in which the pose extractor finds a person, each by itself.

    Parameters
    ----------
    pictures
        uint8 (H, W, 3), RGB.

    Raises
    ------
    BalletError
        If there is none, or the extractor's model cannot be had.
    """
    from ballet_lib.pose import PoseExtractor

    with PoseExtractor() as extractor:
        found = [bool(extractor.image(picture).found.all()) for picture in pictures]
    if not found:
        raise BalletError("There is no picture to look for a dancer in. Give at least one.")
    return float(np.mean(found))


def _dances(given: Silhouettes | Mapping[str, np.ndarray] | Iterable[np.ndarray], least: int = 2):
    """Yield single dances, bool (T, 96, 64), from a set of them, or from one."""
    clips: Any = getattr(given, "clips", given)
    if isinstance(clips, np.ndarray) and clips.ndim == 3:
        clips = [clips]
    several = list(clips.values() if isinstance(clips, Mapping) else clips)
    if not several:
        raise BalletError("There is no real dance to compare with. Give at least one.")
    for dance in several:
        yield _dance(dance, least)


def _dance(frames: np.ndarray, least: int) -> np.ndarray:
    """Return frames as bool (T, H, W), if there are at least so many."""
    frames = np.asarray(frames)
    if frames.ndim != 3 or len(frames) < least:
        raise BalletError(
            f"A dance is (T, 96, 64) with {least} frames or more here, not {frames.shape}. Give a longer one."
        )
    return frames >= 0.5
