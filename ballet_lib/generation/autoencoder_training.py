"""How an autoencoder of silhouettes is taught: losses, learning rate, and how silhouettes are varied."""

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from ballet_lib.silhouettes import HEIGHT, WIDTH, iou

if TYPE_CHECKING:
    import keras
    import pandas as pd

    from ballet_lib.generation.autoencoder import Autoencoder

BATCH = 16
RATE = {"lean": 2e-3, "paper": 1e-3}
OVERLAP = 0.1
"""Weight of the soft Dice loss beside the cross-entropy of a pixel, for the lean network."""
DIVERGENCE = 1e-4
"""Weight of the Kullback-Leibler divergence of a frame in the variational form."""
SHIFT, ZOOM, SHEAR = 4.0, 0.1, 0.05
"""By how much a silhouette is varied at most: pixels, and shares of its size."""


def teach(trained: "Autoencoder", frames, validation, seconds, epochs, rng, bar) -> "pd.DataFrame":
    """Train until the time or the epochs are over; return the history."""
    import pandas as pd

    began = time.perf_counter()
    pupil = _pupil(trained)
    pace, line = _pace(trained, pupil, seconds, epochs and epochs * -(-len(frames) // BATCH), bar)
    rows: list[dict[str, float]] = []
    with line:
        while len(rows) < (epochs or np.inf) and not pupil.stop_training:
            X = (frames if rng is None else vary(frames, rng))[..., None].astype(np.float32)
            targets = [X, np.zeros((len(X), 1), np.float32)][: len(pupil.outputs)]
            told = pupil.fit(X, targets, batch_size=BATCH, verbose=0, callbacks=[pace]).history
            score = np.nan
            if validation is not None:
                score = float(iou(trained.reconstruct(validation), validation).mean())
            known = next(told[name][0] for name in told if name.endswith("iou"))
            rows.append({"epoch": len(rows) + 1, "seconds": time.perf_counter() - began,
                         "loss": told["loss"][0], "iou": known, "val_iou": score})  # fmt: skip
            line.set_postfix_str(f"IoU {known if np.isnan(score) else score:.3f}", refresh=False)
    return pd.DataFrame(rows)


def _pace(trained: "Autoencoder", pupil: "keras.Model", seconds, steps, bar: bool) -> tuple:
    """Return what lets the learning rate fall, moves the bar on, and ends in time; and the bar."""
    import keras
    from tqdm.auto import tqdm

    began, rate = time.perf_counter(), RATE[trained.card["network"]]
    line = tqdm(
        total=steps or round(seconds, 1), unit="step" if steps else "s", disable=not bar, mininterval=0.5,
        desc=f"autoencoder ({trained.card['network']})", dynamic_ncols=True,
    )  # fmt: skip
    done = 0

    def before_each_step(batch, logs=None):
        nonlocal done
        passed = time.perf_counter() - began
        share = done / steps if steps else min(1.0, passed / seconds)
        pupil.optimizer.learning_rate = rate * (1 + np.cos(np.pi * share)) / 2
        line.update(1 if steps else min(int(passed), line.total) - line.n)
        done += 1
        pupil.stop_training = seconds is not None and passed >= seconds

    return keras.callbacks.LambdaCallback(on_train_batch_begin=before_each_step), line


def _pupil(trained: "Autoencoder") -> "keras.Model":
    """Return the model as it is taught: compiled, and drawing from its spread if it is variational."""
    import keras

    losses = {"lean": _entropy_and_overlap, "paper": "binary_crossentropy"}
    score = keras.metrics.MeanMetricWrapper(_overlap, name="iou")
    told: dict[str, Any] = {"loss": [losses[trained.card["network"]]], "metrics": [[score]]}
    pupil = keras.Model(trained.model.inputs, trained.model.outputs)  # else its optimizer would be stored
    if trained.card["variational"]:
        pupil = _sampling(trained)
        told = {"loss": [*told["loss"], "mae"], "metrics": [[score], []], "loss_weights": [1, DIVERGENCE]}
    pupil.compile(keras.optimizers.Adam(), jit_compile=False, **told)
    return pupil


def _sampling(trained: "Autoencoder") -> "keras.Model":
    """Return the variational form as it is taught: what is drawn from a sample, and the divergence of it."""
    import keras
    from keras import layers, ops

    seen = layers.Input(trained.model.input_shape[1:])
    mean, log_variance = trained.encoder(seen)
    log_variance = ops.clip(log_variance, -10, 10)
    noise = layers.GaussianNoise(1.0)(ops.zeros_like(mean))  # silent outside training
    drawn = trained.decoder(mean + ops.exp(log_variance / 2) * noise)
    apart = (ops.exp(log_variance) + mean**2 - 1 - log_variance) / 2
    return keras.Model(seen, [drawn, ops.sum(apart, axis=1, keepdims=True)])


def _entropy_and_overlap(truth, drawn):
    """Binary cross-entropy of each pixel, and soft Dice (Milletari et al. 2016) of each picture."""
    from keras import ops

    entropy = ops.mean(ops.binary_crossentropy(truth, drawn), axis=(1, 2, 3))
    common, both = ops.sum(truth * drawn, axis=(1, 2, 3)), ops.sum(truth + drawn, axis=(1, 2, 3))
    return entropy + OVERLAP * (1 - (2 * common + 1) / (both + 1))


def _overlap(truth, drawn):
    """Intersection over union of each picture."""
    from keras import ops

    drawn = ops.cast(drawn >= 0.5, truth.dtype)
    common = ops.sum(truth * drawn, axis=(1, 2, 3))
    return common / ops.maximum(ops.sum(ops.maximum(truth, drawn), axis=(1, 2, 3)), 1)


def vary(frames: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Mirror half of the silhouettes, move, stretch and shear all: bool (N, 96, 64), what leaves is lost."""
    import cv2

    number = len(frames)
    stretched = 1 + ZOOM * rng.uniform(-1, 1, (number, 2))
    stretched[rng.random(number) < 0.5, 0] *= -1
    sheared, moved = SHEAR * rng.uniform(-1, 1, number), SHIFT * rng.uniform(-1, 1, (number, 2))
    middle = np.array([(WIDTH - 1) / 2, (HEIGHT - 1) / 2])
    varied = np.empty_like(frames)
    for n, frame in enumerate(frames):
        matrix = np.array([[stretched[n, 0], sheared[n]], [0, stretched[n, 1]]])
        shift = middle - matrix @ middle + moved[n]
        grey = np.where(frame, np.uint8(255), np.uint8(0))
        varied[n] = cv2.warpAffine(grey, np.c_[matrix, shift], (WIDTH, HEIGHT)) >= 128
    return varied
