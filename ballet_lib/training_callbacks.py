"""Callbacks of training: a row an epoch, a bar, and progress on disk that a killed training goes on from.

This module imports Keras; `training` imports it when it trains.
"""

import json
import os
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
from tqdm.auto import tqdm

from ballet_lib.array_files import read_npz
from ballet_lib.errors import BalletError
from ballet_lib.files import replacing, writable_folder

PROGRESS = "progress.npz"
"""The file that a training goes on from."""


class Rows(keras.callbacks.Callback):
    """Keeps what Keras measured in each epoch, its learning rate and its seconds, in `rows`."""

    def __init__(self):
        super().__init__()
        self.rows: list[dict[str, float]] = []

    def on_epoch_begin(self, epoch, logs=None):
        """Note the time and the learning rate, which other callbacks change afterwards."""
        self._began = time.perf_counter()
        self._learning_rate = float(self.model.optimizer.learning_rate)

    def on_epoch_end(self, epoch, logs=None):
        """Add a row."""
        names = [name for name in ("loss", "accuracy", "val_loss", "val_accuracy") if name in logs]
        self.rows.append({name: float(logs[name]) for name in names} | {
            "learning_rate": self._learning_rate, "seconds": time.perf_counter() - self._began
        })  # fmt: skip


class Bar(keras.callbacks.Callback):
    """One line: epochs done and to come, time left at most, and the score on the validation takes."""

    def __init__(self, name: str, epochs: int, done: int):
        super().__init__()
        self._bar = tqdm(total=epochs, initial=done, desc=name, unit="epoch", dynamic_ncols=True)

    def on_epoch_end(self, epoch, logs=None):
        """Move on by one epoch."""
        score, told = ("val_accuracy", "validation") if "val_accuracy" in logs else ("accuracy", "training")
        self._bar.set_postfix_str(f"{told} accuracy {logs[score]:.1%}", refresh=False)
        self._bar.update()

    def close(self):
        """Leave the line as it stands: early stopping may end it before its end."""
        self._bar.close()


class Progress(keras.callbacks.Callback):
    """Writes all that the next epoch depends on after every epoch, and puts it back in a later process.

    That is the weights, the states of optimizer and dropout, the rows so far, and what early stopping and
    the plateau schedule remember. A training that was killed and resumed ends with the same numbers, to the
    last bit, as one that ran through.

    Parameters
    ----------
    folder
        Where `PROGRESS` is written.
    fingerprint
        Of data and settings: another training's progress is not gone on with.
    rows
        The callback that keeps the rows.
    remembering
        The callbacks whose memory is kept: EarlyStopping, ReduceLROnPlateau.
    """

    MEMORY = ("wait", "best", "best_epoch", "cooldown_counter")

    def __init__(self, folder: str | os.PathLike, fingerprint: str, rows: Rows, remembering: list):
        super().__init__()
        self._file = writable_folder(folder) / PROGRESS
        self._fingerprint, self._rows, self._remembering = fingerprint, rows, remembering
        self._stored = self._read()

    @property
    def epochs(self) -> int:
        """How many epochs are done."""
        return 0 if self._stored is None else len(self._stored[0]["rows"])

    @property
    def stopped(self) -> bool:
        """Whether early stopping had ended the training."""
        return self._stored is not None and self._stored[0]["stopped"]

    def _read(self) -> tuple[dict, dict[str, np.ndarray]] | None:
        if not self._file.exists():
            return None
        arrays = read_npz(self._file)
        try:
            state = json.loads(arrays.pop("state").tobytes())
            ours = state["fingerprint"] == self._fingerprint
        except (KeyError, ValueError, TypeError) as error:
            raise BalletError(f"{self._file} is damaged. Remove it, and training begins anew.") from error
        if not ours:
            raise BalletError(
                f"{self._file} is the progress of a training with other takes or settings. "
                "Name another folder, or remove it."
            )
        return state, arrays

    def _variables(self) -> list:
        self.model.optimizer.build(self.model.trainable_variables)
        return [*self.model.variables, *self.model.optimizer.variables]

    def on_train_begin(self, logs=None):
        """Put back what was stored; the other callbacks have begun before, with empty memories."""
        if self._stored is None:
            return
        state, arrays = self._stored
        for number, variable in enumerate(self._variables()):
            variable.assign(arrays[f"variable_{number}"])
        self._rows.rows = list(state["rows"])
        best = [arrays[f"best_{number}"] for number in range(state["best_weights"])]
        for callback, memory in zip(self._remembering, state["memories"], strict=True):
            for name, value in memory.items():
                setattr(callback, name, value)
            if best and hasattr(callback, "best_weights"):
                callback.best_weights = best

    def on_epoch_end(self, epoch, logs=None):
        """Write everything into one file, which is the old or the new one at any moment."""
        best = next((c.best_weights for c in self._remembering if getattr(c, "best_weights", None)), [])
        state = {
            "fingerprint": self._fingerprint,
            "rows": self._rows.rows,
            "stopped": bool(self.model.stop_training),
            "best_weights": len(best),
            "memories": [self._memory(callback) for callback in self._remembering],
        }
        arrays: dict[str, Any] = {
            f"variable_{number}": np.asarray(variable) for number, variable in enumerate(self._variables())
        }
        arrays |= {f"best_{number}": np.asarray(weights) for number, weights in enumerate(best)}
        arrays["state"] = np.frombuffer(json.dumps(state).encode(), dtype=np.uint8)
        with replacing(self._file) as temporary, temporary.open("wb") as file:
            np.savez(file, **arrays)

    def _memory(self, callback) -> dict:
        names = [name for name in self.MEMORY if hasattr(callback, name)]
        return {name: _plain(getattr(callback, name)) for name in names}

    @property
    def folder(self) -> Path:
        """Where the progress is kept."""
        return self._file.parent


def _plain(value):
    return value if value is None else float(value) if isinstance(value, np.floating) else value
