"""As `works`, what needs TensorFlow: imported here, and never run before a fork, so that it has no thread."""

import os
from pathlib import Path

from ballet_lib.quiet_tensorflow import import_keras

keras = import_keras()
import pandas  # noqa: E402, F401
import tensorflow  # noqa: E402
from test_training import company  # noqa: E402
from works import told  # noqa: E402

import ballet_lib.tuning.tuner  # noqa: E402, F401
from ballet_lib.errors import BalletError  # noqa: E402, F401
from ballet_lib.networks import NETWORKS  # noqa: E402
from ballet_lib.recipes import RECIPES, Recipe  # noqa: E402
from ballet_lib.training import fit, forget_progress  # noqa: E402
from ballet_lib.tuning import trial, tune  # noqa: E402

os.environ["TF_NUM_INTEROP_THREADS"] = os.environ["TF_NUM_INTRAOP_THREADS"] = "1"


def tiny(shape, classes, units=4):
    """A network that is built in no time."""
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input(shape),
            layers.GlobalAveragePooling1D(),
            layers.Dropout(0.1),
            layers.Dense(units, activation="tanh"),
            layers.Dense(classes, activation="softmax", name="probabilities"),
        ]
    )


NETWORKS["tiny"], RECIPES["tiny"] = tiny, Recipe(mixed=0.0)
COMMON = {"features": "normalised", "frames": 6, "bar": False, "copies": 0}


def training(folder: Path) -> None:
    """Train a classifier with a checkpoint and save it, as `ballet train` does."""
    tensorflow.config.run_functions_eagerly(True)
    checkpoint = folder / "checkpoint"
    classifier = fit(company(4, each=2), "tiny", **COMMON, epochs=4, refit=True, schedule="plateau",
                     checkpoint=checkpoint, keep_progress=True)  # fmt: skip
    classifier.save(folder / "model.keras")
    forget_progress(checkpoint)


SPACE = {"network": ("tiny",), "units": (2, 3, 4, 5), "learning_rate": (1e-1, 1e-3)}


def tuning(folder: Path) -> None:
    """Search by Hyperband, and write down which trial is trained."""
    tensorflow.config.run_functions_eagerly(True)
    run = trial.run

    def watched(record, *more, **options):
        told(folder, f"trains:{record.trial}")
        run(record, *more, **options)

    trial.run = watched
    tune(company(4, each=2), SPACE, **COMMON, max_epochs=3, factor=3, batch_size=16, folder=folder)
