"""Training: from takes to a classifier with a model card, the same numbers for the same seed."""

import hashlib
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ballet_lib.classifier import CARD_FORMAT, Classifier
from ballet_lib.recipes import AS_IN_RECIPE, DECAY, RECIPES, SCHEDULES, Recipe, check_count, recipe_of
from ballet_lib.takes import FRAMES, TakeSet
from ballet_lib.tensorboard_server import tensorboard
from ballet_lib.training_data import (
    batches,
    divide,
    first_model,
    one_hot,
    split_with_all_labels,
    told,
    versions,
    with_copies,
)

if TYPE_CHECKING:
    import keras
    import pandas as pd

__all__ = ["RECIPES", "SCHEDULES", "Recipe", "fit", "forget_progress", "split_with_all_labels", "tensorboard"]

EVERYBODY = "everybody"
"""The folder within a checkpoint for the progress of the second training, see `Recipe.refit`."""


def fit(
    takes: TakeSet,
    network: str = "lstm",
    *,
    validation: float | str | Sequence[str] | TakeSet | None = 0.2,
    features: str | Sequence[str] | None = None,
    frames: int = FRAMES,
    refit: bool | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    schedule: str | None = AS_IN_RECIPE,
    patience: int | str | None = AS_IN_RECIPE,
    class_weights: bool | None = None,
    copies: int | None = None,
    mixed: float | None = None,
    seed: int = 0,
    logs: str | os.PathLike | None = None,
    checkpoint: str | os.PathLike | None = None,
    keep_progress: bool = False,
    bar: bool = True,
    sizes: dict | None = None,
) -> Classifier:
    """Train a network on takes, and return it with the weights of its best epoch.

    What is not given is as the network's recipe says (`RECIPES`). Only training takes are augmented, and
    only they teach the network what normal is. Same seed, same machine: same numbers. The seed is that of
    Python, NumPy and TensorFlow from here on (`keras.utils.set_random_seed`).

    Where the recipe says `refit`, the network is then trained once more on everybody, the dancers of
    validation included, for as many epochs as were best, with the learning rates squeezed into them;
    validation scores are those of the first training.

    Ctrl-C ends the training after which the best weights so far are returned, with ``card["interrupted"]``.

    Parameters
    ----------
    takes
        All takes to learn from; keep those that shall test the model out of it.
    network
        A name of `networks.NETWORKS`.
    validation
        Whom to choose the best epoch by: a share of the dancers, their names, a set of takes that shares no
        dance with `takes`, or None for training all epochs without looking.
    features
        Names of `features.FEATURES`.
    frames
        Length to which every take is resampled.
    refit, epochs, batch_size, learning_rate, schedule, patience, class_weights, copies, mixed
        See `Recipe`; `schedule` and `patience` may be None.
    seed
        Of the split, the augmentation, the first weights, dropout and the order of the takes.
    logs
        A folder for TensorBoard, see `tensorboard`.
    checkpoint
        A folder for the progress: the same call goes on there after a crash, or after Ctrl-C.
    keep_progress
        Leave the progress there at the end too, for `forget_progress` to remove once the classifier is saved.
    bar
        Whether to show progress.
    sizes
        Of the network, such as ``{"units": 32}``.

    Raises
    ------
    BalletError
        If takes or settings are unfit to train on; it says which.
    LeakError
        If validation would ask what training has shown.
    """
    began = time.perf_counter()
    recipe = recipe_of(
        network, features=features, epochs=epochs, batch_size=batch_size, learning_rate=learning_rate,
        schedule=schedule, patience=patience, class_weights=class_weights, copies=copies,
        refit=refit, mixed=mixed,
    )  # fmt: skip
    check_count("frames", frames)
    data = divide(takes, validation, seed)
    eaten = (recipe.features, frames, recipe.missing)
    train = with_copies(data.train, recipe, seed).to_arrays(*eaten)
    valid = data.validation.to_arrays(*eaten) if data.validation else None
    model = first_model(network, train.X, len(data.labels), sizes, seed)
    card = {
        "format": CARD_FORMAT, "network": network, "sizes": sizes or {}, "parameters": model.count_params(),
        "labels": list(data.labels), "features": list(recipe.features), "frames": frames,
        "missing": recipe.missing, "data": told(data, train, valid), "split": data.split, "seed": seed,
        "recipe": asdict(recipe) | {"epochs": recipe.most_epochs},
    }  # fmt: skip
    first = _Training(model, recipe, seed, card, logs, checkpoint, bar)
    history, outcome = first.run(train, valid)
    if recipe.refit and data.validation and not outcome["interrupted"]:
        everybody = with_copies(data.train + data.validation, recipe, seed).to_arrays(*eaten)
        again = first_model(network, everybody.X, len(data.labels), sizes, seed)
        rates = _squeezed(history["learning_rate"], outcome["epochs"]["best"])
        finished = first.again_with(again, rates).finish(everybody)
        model, outcome["refit"], outcome["interrupted"] = again if finished else model, finished, not finished
    if outcome["interrupted"]:
        _tell_interruption(outcome, first)
    elif checkpoint is not None and not keep_progress:
        forget_progress(checkpoint)
    card |= outcome | {
        "held_out": None,
        "versions": versions(),
        "seconds": round(time.perf_counter() - began, 2),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return Classifier(model, card, history)


def forget_progress(checkpoint: str | os.PathLike) -> None:
    """Remove the progress that `fit` kept in a folder, once the classifier is saved."""
    from ballet_lib.training_callbacks import PROGRESS

    for folder in (Path(checkpoint), Path(checkpoint) / EVERYBODY):
        (folder / PROGRESS).unlink(missing_ok=True)


def _squeezed(rates: Sequence[float], epochs: int) -> list[float]:
    """Go through the same learning rates in so many epochs, so that the last ones are as small again."""
    return np.interp(np.linspace(0, len(rates) - 1, epochs), np.arange(len(rates)), rates).tolist()


# --- Training ---------------------------------------------------------------------------------------------


class _Training:
    """One run of Keras over the data, with its callbacks."""

    def __init__(self, model, recipe: Recipe, seed: int, card: dict, logs, checkpoint, bar: bool, rates=None):
        from ballet_lib.training_callbacks import Rows

        self.network, self.recipe, self.seed, self.card = model, recipe, seed, card
        self.logs, self.checkpoint, self.bar, self.rates = logs, checkpoint, bar, rates
        self.epochs = len(rates) if rates else recipe.most_epochs
        self.rows = Rows()
        self.early = None
        self.progress: Any = None

    def run(self, train, valid) -> "tuple[pd.DataFrame, dict]":
        """Train; return the history and what the card says of it."""
        import pandas as pd

        callbacks = self._callbacks(valid is not None)
        done = self.progress.epochs if self.progress else 0
        last = done if self.progress and self.progress.stopped else max(self.epochs, done)
        bar = self._bar(done)
        model = self._compiled()
        classes = len(self.card["labels"])
        interrupted = False
        try:
            model.fit(
                batches(train, classes, self.recipe, self.seed, done, last), shuffle=False,
                steps_per_epoch=-(-len(train.X) // self.recipe.batch_size),
                validation_data=valid and (valid.X, one_hot(valid.y, classes)), validation_batch_size=256,
                initial_epoch=done, epochs=last, callbacks=callbacks + bar, verbose=0,
            )  # fmt: skip
        except KeyboardInterrupt:
            if not self.rows.rows:
                raise  # nothing is learned yet
            interrupted = True
            if self.early is not None and self.early.best_weights is not None:
                model.set_weights(self.early.best_weights)
        finally:
            for one in bar:
                one.close()
        return pd.DataFrame(self.rows.rows), self._outcome(interrupted)

    def again_with(self, model, rates: list[float]) -> "_Training":
        """Return the training of another model with these learning rates, one an epoch, to the end."""
        folder = None if self.checkpoint is None else Path(self.checkpoint) / EVERYBODY
        recipe = replace(self.recipe, schedule=None, patience=None)
        return _Training(
            model, recipe, self.seed, self.card | {"rates": rates}, None, folder, self.bar, rates
        )

    def finish(self, everybody) -> bool:
        """Train without validation, and tell whether it came to its end."""
        try:
            return not self.run(everybody, None)[1]["interrupted"]
        except KeyboardInterrupt:
            return False

    def _compiled(self) -> "keras.Model":
        """Return a second model of the same layers, so that the one that is kept carries no optimizer."""
        import keras

        model = keras.Model(self.network.inputs, self.network.outputs)
        model.compile(
            keras.optimizers.Adam(self.recipe.learning_rate), "categorical_crossentropy",
            metrics=["accuracy"], jit_compile=False,  # XLA takes seconds to compile and gains little here
        )  # fmt: skip
        return model

    def _bar(self, done: int) -> list:
        from ballet_lib.training_callbacks import Bar

        name = self.card["network"] + (", everybody" if self.rates else "")
        return [Bar(name, self.epochs, done)] if self.bar else []

    def _callbacks(self, validated: bool) -> list:
        from keras import callbacks

        from ballet_lib.training_callbacks import Progress

        rate, watched = self.recipe.learning_rate, "val_loss" if validated else "loss"
        made, remembering = [], []
        if self.rates:
            made.append(callbacks.LearningRateScheduler(lambda epoch: self.rates[epoch]))
        if self.recipe.schedule == "exponential":
            made.append(callbacks.LearningRateScheduler(lambda epoch: rate * DECAY**epoch))
        if self.recipe.schedule == "cosine":
            made.append(callbacks.LearningRateScheduler(
                lambda epoch: rate * (1 + np.cos(np.pi * epoch / self.epochs)) / 2))  # fmt: skip
        made.append(self.rows)
        if self.recipe.patience is not None and validated:
            self.early = callbacks.EarlyStopping(patience=self.recipe.patience, restore_best_weights=True)
            remembering.append(self.early)
        if self.recipe.schedule == "plateau":
            patience = max(2, (self.recipe.patience or 12) // 3)
            remembering.append(callbacks.ReduceLROnPlateau(watched, factor=0.5, patience=patience))
        made += remembering
        if self.checkpoint is not None:
            self.progress = Progress(self.checkpoint, _fingerprint(self.card), self.rows, remembering)
            made.append(self.progress)
        if self.logs is not None:
            made.append(callbacks.TensorBoard(self.logs, write_graph=False))
        return made

    def _outcome(self, interrupted: bool) -> dict:
        rows = self.rows.rows
        best = len(rows) if self.early is None else self.early.best_epoch + 1
        scores = {k: round(v, 4) for k, v in rows[best - 1].items() if k in ("val_loss", "val_accuracy")}
        return {"epochs": {"most": self.epochs, "run": len(rows), "best": best},
                "validation": scores or None, "interrupted": interrupted, "refit": False}  # fmt: skip


def _tell_interruption(outcome: dict, training: _Training) -> None:
    best = outcome["epochs"]["best"]
    more = f" The same call goes on from {training.progress.folder}." if training.progress else ""
    print(f"Stopped after epoch {len(training.rows.rows)}; kept the weights of epoch {best}.{more}",
          file=sys.stderr)  # fmt: skip


# --- The model card ---------------------------------------------------------------------------------------


def _fingerprint(card: dict) -> str:
    """Sum up all that the numbers of a training depend on."""
    return hashlib.sha256(json.dumps(card, sort_keys=True).encode()).hexdigest()
