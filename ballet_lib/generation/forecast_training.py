"""Training of the convolutional LSTM that forecasts silhouettes, and grey pictures for the paper's."""

import os
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.generation.convlstm import FORMAT, KIND, NETWORKS, ConvLSTM, distances
from ballet_lib.silhouettes import HEIGHT, WIDTH, Silhouettes

if TYPE_CHECKING:
    import keras

EPOCHS = {"lean": 5, "paper": 10}
BATCH = {"lean": 4, "paper": 5}
RATE = {"lean": 4e-3, "paper": 1e-3}
SHOWN = 12
"""Frames of the clips that are taught; a forecaster of 5 frames must also know how to begin."""
WARM_UP = 2
"""Frames of a clip after which a forecast counts in training: one frame alone does not tell where it goes."""
MOVING = 2.0
"""How much more a pixel counts that has moved, or is beside one that has."""
RISE = 15
"""Steps in which the learning rate rises from nothing."""
SHIFT, ZOOM, SLANT = 4, 0.12, 0.1
"""By how much a clip is moved (pixels), made larger or smaller, and slanted at most: bodies differ."""


def fit_convlstm(
    silhouettes: Silhouettes,
    network: str = "lean",
    *,
    context: int = 5,
    epochs: int | None = None,
    seed: int = 0,
    bar: bool = True,
) -> ConvLSTM:
    """Train a network to forecast silhouettes; same seed, same machine: the same, but for rounding.

    The paper's way is x = frames 0 to n-1, y = frames 1 to n. The lean network is taught so too, and in
    addition the frames up to `ahead` after each, with weight on the pixels that move; each epoch shows the
    clips mirrored or not, moved, stretched and slanted a little, and cut at other places.

    Parameters
    ----------
    silhouettes
        To learn from; keep the dancers that shall test it out of it.
    network
        ``lean``, or ``paper`` for the paper's 64 filters, which take about a minute an epoch.
    context
        How many frames it must see before it forecasts.
    epochs
        How often all clips are shown; the network's own number by default.
    seed
        Of the first weights, of what is varied, and of the order.
    bar
        Whether to show progress.

    Raises
    ------
    BalletError
        If there is no such network, a number makes no sense, or no clip is long enough.
    """
    import pandas as pd

    from ballet_lib.quiet_tensorflow import import_keras

    epochs = EPOCHS.get(network, 1) if epochs is None else epochs
    _check_settings(network, context, epochs)
    keras = import_keras()
    from tqdm.auto import tqdm

    from ballet_lib.networks import convlstm

    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    lean = network == "lean"
    model = convlstm.lean((HEIGHT, WIDTH)) if lean else convlstm.paper((HEIGHT, WIDTH))
    ahead = model.output_shape[2] if lean else 1
    _compile(model, network)
    taught = _taught(silhouettes, ahead, lean)
    planned = epochs * sum(1 for _ in batches(taught, SHOWN + ahead, BATCH[network], rng))
    rows, began, steps = [], time.perf_counter(), 0
    for epoch in (line := tqdm(range(epochs), desc="ConvLSTM", unit="epoch", disable=not bar)):
        losses = []
        for clips in batches(taught, SHOWN + ahead, BATCH[network], rng):
            if lean:
                model.optimizer.learning_rate = _rate(steps / planned, steps)
            answer = _answer((clips[..., 0] > 0).astype(np.float32), ahead, network)
            losses.append(float(model.train_on_batch(_seen(clips), answer)))
            steps += 1
        rows.append({"epoch": epoch + 1, "seconds": time.perf_counter() - began, "loss": np.mean(losses)})
        line.set_postfix_str(f"loss {rows[-1]['loss']:.3f}", refresh=False)
    card = {"kind": KIND, "format": FORMAT, "network": network, "context": context, "ahead": ahead,
            "parameters": model.count_params(), "dancers": list(silhouettes.dancers),
            "frames": len(silhouettes), "epochs": epochs, "seed": seed}  # fmt: skip
    return ConvLSTM(model, card, pd.DataFrame(rows))


def _taught(silhouettes: Silhouettes, ahead: int, lean: bool) -> list[np.ndarray]:
    """Return what a network is shown of each clip, in bytes: int8 (T, 96, 64, channels), 127 for 1."""
    clips = silhouettes.clips.values()
    shown = [distances(clip[None], ahead)[0] if lean else clip[..., None] for clip in clips]
    return [np.round(127 * clip.astype(np.float32)).astype(np.int8) for clip in shown]


def batches(
    clips: list[np.ndarray], length: int, size: int, rng: np.random.Generator
) -> Iterator[np.ndarray]:
    """Cut clips into stretches, beginning anywhere, and yield all of them varied and in any order.

    Parameters
    ----------
    clips
        int8 (T, H, W, channels) each.
    length, size
        Frames of a stretch, and how many stretches make a batch.

    Yields
    ------
    np.ndarray
        float32 (size or fewer, length, H, W, channels), 1 for 127; each clip varied as a whole.

    Raises
    ------
    BalletError
        If no clip is as long.
    """
    long = [clip for clip in clips if len(clip) >= length]
    if not long:
        raise BalletError(
            f"No clip has {length} frames, which training takes at a time. Give a longer dance."
        )
    places = []
    for clip in long:
        room = len(clip) - length
        first = int(rng.integers(0, min(SHOWN, room + 1)))
        places += [clip[start : start + length] for start in range(first, room + 1, SHOWN)]
    order = rng.permutation(len(places))
    for start in range(0, len(order), size):
        yield np.stack([_varied(places[row], rng) for row in order[start : start + size]]) / np.float32(127)


def _varied(clip: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Mirror a clip or not, move, stretch and slant it, as if somebody else danced; the edge is repeated."""
    import cv2

    size = np.array(clip.shape[2:0:-1])
    across, upright = 1 + rng.uniform(-ZOOM, ZOOM, 2)
    turn = np.array([[across * rng.choice([-1, 1]), rng.uniform(-SLANT, SLANT)], [0, upright]])
    middle = (size - 1) / 2
    matrix = np.column_stack([turn, middle - turn @ middle + rng.uniform(-SHIFT, SHIFT, 2)])
    return np.stack([
        cv2.warpAffine(frame, matrix, size.tolist(), borderMode=cv2.BORDER_REPLICATE).reshape(frame.shape)
        for frame in clip.astype(np.float32)
    ])  # fmt: skip


def _seen(clips: np.ndarray) -> np.ndarray:
    """Return what is shown of batches; before the first frame nothing is known to have moved."""
    seen = clips[:, :SHOWN].copy()
    seen[:, 0] = seen[:, 0, ..., :1]
    return seen


def _check_settings(network: str, context: int, epochs: int) -> None:
    if network not in NETWORKS:
        raise BalletError(f"There is no network '{network}'. Choose one of {', '.join(NETWORKS)}.")
    for name, number, least in (("context", context, WARM_UP + 1), ("epochs", epochs, 1)):
        if isinstance(number, bool) or number != int(number) or not least <= number <= 1000:
            raise BalletError(f"{name}={number} makes no sense. Give a whole number from {least} to 1000.")


def _compile(model: "keras.Model", network: str) -> None:
    import keras

    loss = _weighted_crossentropy if network == "lean" else "binary_crossentropy"
    model.compile(keras.optimizers.Adam(RATE[network]), loss, jit_compile=False)


def _answer(clips: np.ndarray, ahead: int, network: str) -> np.ndarray:
    """Return what is to be told of clips (N, SHOWN + ahead, 96, 64).

    For the paper's network frames 1 to n, (N, SHOWN, 96, 64, 1). For the lean one, each frame itself and
    those after it, (N, SHOWN, 1 + ahead, 96, 64), because the loss has to know what moved.
    """
    if network == "paper":
        return clips[:, 1 : SHOWN + 1, ..., None]
    return np.stack([clips[:, step : step + SHOWN] for step in range(ahead + 1)], axis=2)


def _weighted_crossentropy(truth, logits):
    """Binary cross-entropy after the warm-up, with more weight where the truth moves."""
    from keras import ops

    now, later = truth[:, WARM_UP:, :1], truth[:, WARM_UP:, 1:]
    losses = ops.binary_crossentropy(later, logits[:, WARM_UP:], from_logits=True)
    weight = 1 + MOVING * _widened(ops.abs(later - now))
    return ops.sum(losses * weight) / ops.sum(weight)


def _widened(moved):
    """Let a pixel count as moved where it or a neighbour has; quicker than pooling a single channel."""
    from keras import ops

    wide = ops.pad(moved, [(0, 0)] * 3 + [(1, 1), (1, 1)])
    rows = ops.maximum(ops.maximum(wide[..., :-2, :], wide[..., 1:-1, :]), wide[..., 2:, :])
    return ops.maximum(ops.maximum(rows[..., :-2], rows[..., 1:-1]), rows[..., 2:])


def _rate(share: float, steps: int) -> float:
    """Return the learning rate of the lean network: a short rise, then half a cosine."""
    return RATE["lean"] * max(0.01, (1 + np.cos(np.pi * min(share, 1.0))) / 2) * min(1.0, (steps + 1) / RISE)


def grey_clips(
    video: str | os.PathLike, size: tuple[int, int] = (60, 90), every: int = 2, length: int = 10
) -> np.ndarray:
    """Read a film as the next-frame paper does: grey, 60 x 90, in clips of ten frames.

    Parameters
    ----------
    video
        A film.
    size
        Height and width of the pictures; others are stretched.
    every
        Take the first of so many frames.
    length
        Frames of a clip; what is left at the end is not taken.

    Returns
    -------
    np.ndarray
        float32 (N, length, *size, 1) in [0, 1].

    Raises
    ------
    BalletError
        If the film cannot be read, or is shorter than a clip.
    """
    import cv2

    from ballet_lib.video import read_frames

    high, wide = size
    frames = [
        cv2.resize(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), (wide, high), interpolation=cv2.INTER_AREA)
        for frame in read_frames(video, every)
    ]
    clips = len(frames) // length
    if not clips:
        raise BalletError(
            f"{video} gives {len(frames)} frames, less than a clip of {length}. Take a longer film."
        )
    return np.array(frames[: clips * length], np.float32).reshape(clips, length, high, wide, 1) / 255
