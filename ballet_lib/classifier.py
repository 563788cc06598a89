"""A classifier: a Keras model that knows what its inputs and outputs mean, in memory and on disk.

On disk it is two files: ``name.keras``, Keras' own archive, and beside it the model card ``name.json``, which
says which features it eats, what its outputs are called, what it was trained on and how well it did. Loading
runs no code that a file brings along.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.model_files import SHIPPED, SUFFIX, write_model
from ballet_lib.networks import NETWORKS
from ballet_lib.takes import TakeSet

if TYPE_CHECKING:
    import keras
    import pandas as pd

CARD_FORMAT = 1
"""Version of the model card."""
FPS = 20.0
"""Frames a second of the course's takes."""
BATCH = 256
"""Takes that are computed at a time."""


@dataclass
class Classifier:
    """A trained network with its model card.

    Attributes
    ----------
    model
        Takes float32 (N, frames, F) and returns probabilities (N, labels). It is not compiled.
    card
        What `training.fit` wrote about the training, as JSON holds it.
    history
        A row an epoch: loss, accuracy, val_loss, val_accuracy, learning_rate, seconds. None if unknown.
    """

    model: "keras.Model"
    card: dict
    history: "pd.DataFrame | None" = None

    def __repr__(self) -> str:
        return (
            f"Classifier {self.card.get('network', 'of its own kind')}: {self.frames} frames of "
            f"{', '.join(self.features)} -> {', '.join(self.labels)}"
        )

    @property
    def labels(self) -> tuple[str, ...]:
        """What the outputs mean, in order."""
        return tuple(self.card["labels"])

    @property
    def features(self) -> list[str]:
        """Names of the features that it is fed, see `features.FEATURES`."""
        return list(self.card["features"])

    @property
    def frames(self) -> int:
        """Length to which every take is resampled."""
        return int(self.card["frames"])

    @property
    def temperature(self) -> float:
        """What the logarithms of the probabilities are divided by, see `calibration.fit_temperature`."""
        return float(self.card.get("temperature", 1.0))

    @property
    def fps(self) -> float:
        """Frames a second of the takes that it learned from, as far as its card says; else the course's."""
        return float(self.card.get("fps", FPS))

    def inputs(self, takes: TakeSet) -> np.ndarray:
        """Return what the model is fed for these takes: float32 (N, frames, F).

        Raises
        ------
        BalletError
            If there is no take, nobody is seen in one, or a feature cannot be computed from it.
        """
        X = takes.to_arrays(self.features, self.frames, self.card["missing"]).X
        if X.shape[1:] != tuple(self.model.input_shape[1:]):
            raise BalletError(
                f"The features {', '.join(self.features)} give {X.shape[2]} numbers a frame, and the model "
                f"was trained on {self.model.input_shape[2]}. Train it again with the features as they are."
            )
        return X

    def probabilities(self, takes: TakeSet) -> np.ndarray:
        """Return how sure the model is of each label: float32 (N, labels), every row sums to 1.

        The takes may bear any labels, which are not looked at.

        Raises
        ------
        BalletError
            As `inputs`.
        """
        told = probabilities(self.model, self.inputs(takes))
        return told if self.temperature == 1 else tempered(told, self.temperature)

    def predict(self, takes: TakeSet) -> np.ndarray:
        """Return the likeliest label of each take: str (N,).

        Raises
        ------
        BalletError
            As `inputs`.
        """
        return np.array(self.labels)[self.probabilities(takes).argmax(axis=1)]

    def save(self, path: str | os.PathLike) -> Path:
        """Write ``path``, which ends in .keras, and its card beside it; both are new or both as they were.

        Raises
        ------
        BalletError
            If the name ends otherwise, or the files cannot be written. What was there before is whole then.
        """
        return write_model(self.model, self.card, self.history, path)

    @classmethod
    def load(cls, path: str | os.PathLike) -> "Classifier":
        """Read a classifier from a ``.keras`` file, or by the name of one that ships: ``load("lstm")``.

        Raises
        ------
        BalletError
            If a file is missing or damaged, is of another version, would run code of its own (a Lambda
            layer, say), or model and card do not belong together.
        """
        from ballet_lib.model_files import read_parts

        return cls(*read_parts(_found(path)))


def probabilities(model: "keras.Model", X: np.ndarray) -> np.ndarray:
    """Return the model's outputs for X, `BATCH` takes at a time: float32 (N, K).

    `Model.predict` builds its machinery anew on every call, which takes longer than the network.
    """
    model.jit_compile = False  # XLA would compile for seconds what runs in milliseconds
    batches = [model.predict_on_batch(X[start : start + BATCH]) for start in range(0, len(X), BATCH)]
    return np.concatenate(batches).astype(np.float32, copy=False)


def tempered(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Divide the logarithms of probabilities (N, K) by a temperature, and let each row sum to 1 again."""
    from scipy.special import softmax

    return softmax(np.log(np.maximum(probabilities, 1e-12)) / temperature, axis=1)


def _found(path: str | os.PathLike) -> Path:
    """Return the model's file, whether given as a path or as the name of one that ships."""
    given = Path(path)
    if given.is_file():
        return given
    shipped = SHIPPED / f"{given}{SUFFIX}"
    if shipped.parent == SHIPPED and shipped.is_file():
        return shipped
    ships = ", ".join(name for name in (*NETWORKS, "live") if (SHIPPED / f"{name}{SUFFIX}").is_file())
    hint = f", or one of: {ships}" if ships else " that 'ballet train' has written"
    raise BalletError(f"There is no model at {path}. Give a {SUFFIX} file{hint}.")
