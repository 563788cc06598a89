"""One trial: the training that a tuner's choice of hyperparameters gets, from one epoch to another.

This module imports Keras when a trial runs. A trial that goes on with another continues from the *last*
epoch of that one, with the state of its optimizer and its dropout, as successive halving means it (Keras
Tuner's own Hyperband goes back to the best epoch and forgets Adam's moments). So a trial in several rounds
ends with the very numbers of one that was trained in a single run. The weights of the best epoch are kept
apart.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ballet_lib.array_files import read_npz
from ballet_lib.files import replacing
from ballet_lib.quiet_tensorflow import import_keras
from ballet_lib.recipes import Recipe, recipe_of
from ballet_lib.tuning.folder import LARGEST, SearchFolder
from ballet_lib.tuning.records import COMPLETED, Record
from ballet_lib.tuning.spaces import LEARNING_RATE, NETWORK

if TYPE_CHECKING:
    import keras

STATE = "state.npz"
KEPT = 12
"""Networks that a process keeps for the trials that may go on with them."""


class TrialFailed(Exception):
    """Ends a trial that is of no use; its text stands in the table."""


@dataclass
class State:
    """What a trial leaves behind: the weights of its best epoch, and all that the next epoch depends on.

    Attributes
    ----------
    best
        Weights in the order of `keras.Model.get_weights`.
    variables
        Of the model and its optimizer after the last epoch; empty if nobody will go on with it.
    """

    best: list[np.ndarray]
    variables: list[np.ndarray]

    def write(self, folder: Path) -> None:
        """Write one file, whole or not at all."""
        arrays: dict[str, Any] = {f"best_{n}": array for n, array in enumerate(self.best)}
        arrays |= {f"variable_{n}": array for n, array in enumerate(self.variables)}
        with replacing(folder / STATE) as temporary, temporary.open("wb") as file:
            np.savez(file, **arrays)

    @classmethod
    def read(cls, folder: Path) -> "State":
        """Read it back.

        Raises
        ------
        BalletError
            If the file is missing or damaged.
        """
        arrays = read_npz(folder / STATE, LARGEST)

        def numbered(kind: str) -> list[np.ndarray]:
            return [arrays[f"{kind}_{n}"] for n in range(sum(name.startswith(kind) for name in arrays))]

        return cls(numbered("best"), numbered("variable"))


def sizes_of(values: dict) -> dict:
    """Return those hyperparameters that are sizes of the network."""
    return {name: value for name, value in values.items() if name not in (NETWORK, LEARNING_RATE)}


def trial_recipe(values: dict, settings: dict) -> Recipe:
    """Return the recipe of a trial: the network's, at a constant learning rate and without early stopping."""
    return recipe_of(
        values[NETWORK], features=settings["features"], learning_rate=values.get(LEARNING_RATE),
        batch_size=settings["batch_size"], copies=settings["copies"], schedule=None, patience=None,
        refit=False,
    )  # fmt: skip


def run(
    record: Record,
    folder: SearchFolder,
    tell: Callable[[Record], None] = lambda record: None,
    networks: "dict[int, keras.Model] | None" = None,
) -> None:
    """Train a trial from its start to its end, and write its state and its record.

    Parameters
    ----------
    record
        What to train; is filled in.
    folder
        Of the search.
    tell
        Is called after every epoch.
    networks
        Those of earlier trials of this process, by number, and afterwards this one's. Who goes on with one of
        them need not build it again, which takes longer than a short trial; its numbers are read from the
        folder all the same.

    Raises
    ------
    TrialFailed
        If the loss is no longer a number, or the trial that it continues had failed.
    """
    from ballet_lib.training_data import batches, first_model, one_hot

    settings, classes = folder.plan["settings"], len(folder.plan["labels"])
    recipe = trial_recipe(record.values, settings)
    train, valid = folder.arrays(recipe.missing)
    networks = {} if networks is None else networks
    model = None if record.parent is None else networks.pop(record.parent, None)
    if model is None:
        model = first_model(record.values[NETWORK], train.X, classes, sizes_of(record.values), record.seed)
        compile_for_training(model, recipe, classes)
    record.parameters = model.count_params()
    watch = _watch(record, folder, tell)
    if record.parent is not None:
        watch.best = _go_on(model, record, folder, record.parent)
    model.fit(
        batches(train, classes, recipe, record.seed, record.start, record.end), shuffle=False,
        steps_per_epoch=-(-len(train.X) // recipe.batch_size),
        validation_data=(valid.X, one_hot(valid.y, classes)), validation_batch_size=len(valid.X),
        initial_epoch=record.start, epochs=record.end, callbacks=[watch], verbose=0,
    )  # fmt: skip
    record.status = COMPLETED
    last = record.end >= settings["max_epochs"] or settings["method"] == "random"
    variables = [] if last else [np.asarray(variable) for variable in _variables(model)]
    State(watch.best, variables).write(folder.trial(record.trial))
    if not last:
        networks[record.trial] = model
        for oldest in list(networks)[:-KEPT]:
            del networks[oldest]


def compile_for_training(model: "keras.Model", recipe: Recipe, classes: int) -> None:
    """Compile a model so that its training step is traced once.

    Keras makes the variables of optimizer and metrics within the first step, after which TensorFlow traces
    that step once more, which takes longer than a short trial. So they are made before.
    """
    import keras

    optimizer = keras.optimizers.Adam(recipe.learning_rate)
    model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    optimizer.build(model.trainable_variables)
    anything = np.full((1, classes), 1 / classes, np.float32)
    model.compute_metrics(None, anything, anything)
    model.reset_metrics()


def _variables(model: "keras.Model") -> list:
    return [*model.variables, *model.optimizer.variables]


def _go_on(model: "keras.Model", record: Record, folder: SearchFolder, before: int) -> list[np.ndarray]:
    """Put the model where its parent ended; return the parent's best weights."""
    parent = Record.read(folder.trial(before))
    if parent is None or parent.status != COMPLETED:
        raise TrialFailed(f"trial {before}, which it continues, had failed")
    state = State.read(folder.trial(before))
    for variable, array in zip(_variables(model), state.variables, strict=True):
        variable.assign(array)
    record.score, record.loss, record.best_epoch = parent.score, parent.loss, parent.best_epoch
    return state.best


def _watch(
    record: Record, folder: SearchFolder, tell: Callable[[Record], None]
) -> "keras.callbacks.Callback":
    """Return a callback that writes down every epoch and remembers the best one's weights, in `best`."""
    keras: Any = import_keras()

    class Watch(keras.callbacks.Callback):
        best: list[np.ndarray]

        def on_epoch_begin(self, epoch, logs=None):
            self.began = time.perf_counter()

        def on_epoch_end(self, epoch, logs=None):
            for name in ("loss", "val_loss"):
                if not math.isfinite(logs[name]):
                    raise TrialFailed(f"{name} was {logs[name]} after epoch {epoch + 1}")
            names = ("loss", "accuracy", "val_loss", "val_accuracy")
            row = {"epoch": epoch + 1} | {name: float(logs[name]) for name in names}
            record.rows.append(row | {"seconds": time.perf_counter() - self.began, "clock": folder.clock()})
            score, loss = row["val_accuracy"], row["val_loss"]
            if (score, -loss) > record.rank:
                record.score, record.loss, record.best_epoch = score, loss, epoch + 1
                self.best = self.model.get_weights()
            record.write(folder.trial(record.trial))
            tell(record)

    return Watch()
