"""Forecasts of the next frames of a dance.

A forecaster has a `context`, the number of frames that it must see, and a method ``forecast(seen, steps)``:
bool or float32 (N, context or more, 96, 64) in, probabilities float32 (N, steps, 96, 64) out. A learnt one
rolls on: what it has forecast is what it sees next. The measures are in `judges`.
"""

import os
from pathlib import Path

import numpy as np

from ballet_lib.generation.baselines import Forecaster, LinearExtrapolation, RepeatLast, check_seen
from ballet_lib.generation.convlstm import ConvLSTM
from ballet_lib.generation.forecast_training import fit_convlstm, grey_clips
from ballet_lib.silhouettes import FPS, as_pictures
from ballet_lib.video import write_video

__all__ = [
    "ConvLSTM", "Forecaster", "LinearExtrapolation", "RepeatLast", "beside_truth", "check_seen",
    "fit_convlstm", "grey_clips", "roll",
]  # fmt: skip

SEED_COLOUR = (200, 30, 40)
"""Of the line over frames that were seen, not made."""


def roll(forecaster: Forecaster, seen: np.ndarray, steps: int) -> np.ndarray:
    """Let any forecaster dance on from the frames that it has seen.

    Parameters
    ----------
    forecaster
        Any.
    seen
        bool or probabilities, (N, T, 96, 64), or (T, 96, 64) for one dance; T is at least its context.
    steps
        How many frames to make.

    Returns
    -------
    np.ndarray
        Probabilities, float32 (N, steps, 96, 64), or (steps, 96, 64) for one dance.

    Raises
    ------
    BalletError
        As `check_seen`.
    """
    seen = np.asarray(seen)
    return forecaster.forecast(seen[None], steps)[0] if seen.ndim == 3 else forecaster.forecast(seen, steps)


def beside_truth(
    truth: np.ndarray,
    generated: np.ndarray,
    path: str | os.PathLike,
    *,
    seeds: np.ndarray | None = None,
    fps: float = FPS,
    scale: int = 4,
) -> Path:
    """Write a clip ``.gif`` or ``.mp4``: the truth on the left, what was generated on the right.

    Parameters
    ----------
    truth, generated
        bool or probabilities (T, 96, 64). The longer one is cut.
    path
        Where to; it appears there only when the last frame is in.
    seeds
        The frames that were seen, (S, 96, 64): shown first, on both sides, under a line in red.
    fps
        Frames a second.
    scale
        Pixels of the clip for one of a silhouette.

    Raises
    ------
    BalletError
        If frames are of another size, or the file cannot be written.
    """
    truth, generated = (check_seen(np.asarray(each)[None], 1, 1)[0] for each in (truth, generated))
    shown = min(len(truth), len(generated))
    seen = truth[:0] if seeds is None else check_seen(np.asarray(seeds)[None], 1, 1)[0]

    def pictures():
        pairs = [*zip(seen, seen, strict=True), *zip(truth[:shown], generated[:shown], strict=True)]
        for number, pair in enumerate(pairs):
            left, right = as_pictures(np.stack(pair), scale)
            picture = np.concatenate([left, np.full((len(left), 2 * scale, 3), 200, np.uint8), right], axis=1)
            if number < len(seen):
                picture[:scale] = SEED_COLOUR
            yield picture

    return write_video(path, pictures(), fps)
