"""A convolutional LSTM that forecasts silhouettes: its rolling on, and its files.

`forecast_training` trains it.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.generation.baselines import carried_on, check_seen, signed_distance
from ballet_lib.silhouettes import HEIGHT, WIDTH

if TYPE_CHECKING:
    import keras
    import pandas as pd

KIND, FORMAT = "silhouette forecaster", 1
"""What a model card says of such a model, and the card's version."""
NETWORKS = ("lean", "paper")
FAR = 8.0
"""Pixels from the outline beyond which a distance says no more."""
AT_A_TIME = 64
"""Clips that are forecast at a time."""


@dataclass
class ConvLSTM:
    """A trained network that forecasts frames, with its card.

    Attributes
    ----------
    model
        Takes frames (N, T, 96, 64, channels) and returns, for each frame, those that follow it: logits (N, T,
        K, 96, 64) of the lean network, probabilities (N, T, 96, 64, 1) of the paper's.
    card
        What `fit_convlstm` wrote about the training, as JSON holds it.
    history
        A row an epoch: epoch, seconds, loss. None if unknown.
    """

    model: "keras.Model"
    card: dict
    history: "pd.DataFrame | None" = None

    def __repr__(self) -> str:
        return f"ConvLSTM {self.card['network']}: sees {self.context} frames, forecasts {self.ahead} at once"

    @property
    def context(self) -> int:
        """How many frames it must see."""
        return int(self.card["context"])

    @property
    def ahead(self) -> int:
        """How many frames it forecasts at once; further ones come from rolling on."""
        return int(self.card["ahead"])

    def forecast(self, seen: np.ndarray, steps: int, kept: int | None = None) -> np.ndarray:
        """Return the next `steps` frames, rolling on its own forecasts.

        Only the last `context` frames are looked at.

        Parameters
        ----------
        seen
            bool or probabilities (N, context or more, 96, 64).
        steps
            How many frames to make.
        kept
            How many of the frames that it forecasts at once are kept before it looks again; all by default.
            With 1 they stay sharp, but each builds on the errors of the one before.

        Returns
        -------
        np.ndarray
            Probabilities, float32 (N, steps, 96, 64).

        Raises
        ------
        BalletError
            If the frames are too few or of another size, or none or more than all shall be kept.
        """
        known = check_seen(seen, self.context, steps)[:, -self.context :]
        kept = self.ahead if kept is None else kept
        if kept not in range(1, self.ahead + 1):
            raise BalletError(
                f"{kept} frames of the {self.ahead} forecast at once cannot be kept. Keep 1 to {self.ahead}."
            )
        made: list[np.ndarray] = []
        for _ in range(0, steps, kept):
            made.append(self._next(known)[:, :kept])
            known = np.concatenate([known, made[-1]], axis=1)[:, -self.context :]
        return np.concatenate(made, axis=1)[:, :steps]

    def _next(self, known: np.ndarray) -> np.ndarray:
        """Return the frames after those known: float32 (N, ahead, 96, 64)."""
        from scipy.special import expit

        parts = []
        lean = self.card["network"] == "lean"
        for start in range(0, len(known), AT_A_TIME):
            some = known[start : start + AT_A_TIME]
            shown = distances(some, self.ahead) if lean else some[..., None]
            # The last frame's answer is the only one that has seen all of them, see `networks.convlstm`.
            told = self.model.predict_on_batch(shown)[:, -1]
            parts.append(expit(told) if lean else told[:, None, ..., 0])
        return np.concatenate(parts).astype(np.float32, copy=False)

    def save(self, path: str | os.PathLike) -> Path:
        """Write ``path``, which ends in .keras, and its card beside it; both are new or both as they were.

        Raises
        ------
        BalletError
            If the name ends otherwise, or the files cannot be written.
        """
        from ballet_lib.model_files import write_model

        return write_model(self.model, self.card, self.history, path)

    @classmethod
    def load(cls, path: str | os.PathLike) -> "ConvLSTM":
        """Read what `save` wrote.

        Raises
        ------
        BalletError
            If a file is missing or damaged, is another kind of model or for another size of frames, would run
            code of its own, or model and card do not belong together.
        """
        from ballet_lib.model_files import read_parts

        path = Path(path)
        if not path.is_file():
            raise BalletError(
                f"There is no model at {path}. Give a .keras file that ConvLSTM.save has written."
            )
        return cls(*read_parts(path, _problem, _check_frames))


def _check_frames(model: "keras.Model", card: dict, path: Path) -> None:
    """Raise if the network reads other frames than its card says."""
    wanted = (HEIGHT, WIDTH, 1 + card["ahead"] if card["network"] == "lean" else 1)
    if len(model.inputs) != 1 or tuple(model.input_shape[2:]) != wanted:
        raise BalletError(
            f"{path} is a model for frames of {model.input_shape[2:]}, not {wanted}. "
            "Train one on silhouettes with fit_convlstm."
        )


def distances(clips: np.ndarray, ahead: int) -> np.ndarray:
    """Return how far each pixel is from the outline, now and where the motion so far would carry it.

    Parameters
    ----------
    clips
        bool or probabilities (N, T, H, W); these count as the dancer from 0.5.
    ahead
        How many steps the motion is carried on.

    Returns
    -------
    np.ndarray
        float32 (N, T, H, W, 1 + ahead), from -1 (`FAR` pixels beside the dancer, or more) to 1 (within her).
    """
    dark = (clips >= 0.5).astype(np.float32)
    carried = [
        [carried_on(clip[max(number - 1, 0)], frame, ahead) for number, frame in enumerate(clip)]
        for clip in dark
    ]
    frames = np.concatenate([dark[:, :, None], np.asarray(carried)], axis=2)
    return np.clip(np.moveaxis(signed_distance(frames >= 0.5), 2, -1) / FAR, -1, 1)


def _problem(card: dict) -> str | None:
    """Say what keeps a card from being that of a forecaster."""
    if card.get("kind") != KIND:
        return f"it is not that of a {KIND}"
    if card.get("network") not in NETWORKS:
        return "it does not say which network it is"
    if not all(isinstance(card.get(name), int) and 1 <= card[name] <= 1000 for name in ("context", "ahead")):
        return "it does not say how many frames are seen and forecast"
    return None
