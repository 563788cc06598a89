"""Training of networks of two streams on dance videos; `settings` says how each learns."""

import time
from contextlib import suppress
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.styles.classifier import FORMAT, KIND, StyleClassifier
from ballet_lib.styles.settings import LIKE_RECIPE, Recipe, recipe_of
from ballet_lib.styles.streams import at_rate, check_length, each_video, encoded, stacked
from ballet_lib.styles.variation import moments, read_at, varied
from ballet_lib.styles.videos import DanceVideos

if TYPE_CHECKING:
    import keras

    from ballet_lib.styles.streams import VideoStreams

MOMENTUM = 0.9


def fit_style(
    videos: DanceVideos,
    network: str = "lstm",
    streams: str = "both",
    *,
    settings: str | None = None,
    every: int | None = None,
    seconds: float | None = LIKE_RECIPE,
    epochs: int | None = None,
    vary: bool | None = None,
    sizes: dict | None = None,
    encoder: str = "course",
    seed: int = 0,
    bar: bool = True,
) -> StyleClassifier:
    """Train a network of two streams on videos; same seed, same machine: same numbers.

    What is not given is as the recipe says. Ctrl-C ends the training with what has been learnt so far, and
    ``card["interrupted"]`` says so.

    Parameters
    ----------
    videos
        To learn from; keep those that shall test the model out of it.
    network
        ``lstm``, ``attention``, ``tcn``, or ``frame``, which sees one frame at a time and lets them vote.
    streams
        ``both``, ``poses`` or ``pictures``.
    settings
        ``course`` or ``paper``; by default as `BALLET_PACE` says.
    every, seconds, epochs, vary
        See `settings.Recipe`; `every` counts the frames of these videos, and `seconds` may be None.
    sizes
        Of the network, such as ``{"units": 32}``.
    encoder
        Of the pictures, see `streams.picture_encoder`.
    seed
        Of the first weights, dropout, the order and what is varied.
    bar
        Whether to show progress.

    Raises
    ------
    BalletError
        If videos or settings are unfit to train on; it says which.
    """
    began = time.perf_counter()
    from ballet_lib.networks.two_stream import Shape, build
    from ballet_lib.quiet_tensorflow import import_keras

    fps = float(np.median([video.fps for video in videos]))
    recipe = recipe_of(
        network, settings, fps, every=every, seconds=seconds, epochs=epochs, vary=vary, sizes=sizes
    )
    _check_styles(videos)
    data = _Data(videos, streams, encoder, fps, recipe)
    if network != "frame" and data.steps < 2:
        raise BalletError(
            f"With every {recipe.every} frames a sequence has one step, which shows no change. "
            "Take more of the frames, or longer videos."
        )
    import_keras().utils.set_random_seed(seed)
    shape = Shape(data.picture_values, streams != "pictures")
    model = build(network, shape, len(videos.labels), **recipe.sizes)
    history, interrupted = _teach(model, data, recipe, network, seed, bar)
    card = {
        "kind": KIND, "format": FORMAT, "network": network, "streams": streams, "encoder": encoder,
        "labels": list(videos.labels), "fps": fps, "every": recipe.every, "steps": data.steps,
        "recipe": asdict(recipe), "parameters": model.count_params(), "seed": seed,
        "videos": videos.names.tolist(), "dancers": list(videos.dancers), "interrupted": interrupted,
        "seconds": round(time.perf_counter() - began, 2), "versions": {"keras": import_keras().__version__},
    }  # fmt: skip
    return StyleClassifier(model, card, history)


def _check_styles(videos: DanceVideos) -> None:
    counts = np.bincount(videos.y, minlength=len(videos.labels))
    if (counts > 0).sum() < 2:
        raise BalletError(
            f"There is nothing to tell apart: all {len(videos)} videos show {videos[0].style}. "
            "Add videos of another style."
        )
    if not counts.all():
        raise BalletError(
            f"No video shows {videos.labels[counts.argmin()]}. Add some, or leave the style out of labels."
        )


class _Data:
    """The streams of the videos that teach, also in a mirror, and draws of sequences from them."""

    def __init__(self, videos: DanceVideos, streams: str, encoder: str, fps: float, recipe: Recipe):
        same_rate = [at_rate(video, fps) for video in videos]
        self.recipe, self.y = recipe, videos.y
        self.rows = self.mirrored = each_video(same_rate, streams, encoder)
        if unseen := [row.name for row in self.rows if not row.seen.any()]:
            raise BalletError(f"{unseen[0]} shows nobody in any frame. Leave it out.")
        self.steps = recipe.steps(fps, min(map(len, self.rows)))
        for row in self.rows:
            check_length(row[:: recipe.every], self.steps)
        if recipe.vary and streams != "poses":
            pictures = encoded(same_rate, encoder, mirrored=True)
            self.mirrored = [replace(row, pictures=p) for row, p in zip(self.rows, pictures, strict=True)]

    @property
    def picture_values(self) -> int:
        """How many numbers describe a picture; 0 without pictures."""
        first = self.rows[0].pictures
        return 0 if first is None else first.shape[1]

    def draw(self, rng: np.random.Generator) -> list[np.ndarray]:
        """Return one sequence of each video, in order: what the network is fed."""
        pieces = [self._piece(number, rng) for number in range(len(self.rows))]
        return [stream for stream in stacked(pieces) if stream is not None]

    def _piece(self, number: int, rng: np.random.Generator) -> "VideoStreams":
        recipe, row = self.recipe, self.rows[number]
        if not recipe.vary:
            return row[:: recipe.every][: self.steps]
        flip = rng.random() < 0.5
        when = moments(len(row), self.steps, recipe.every, rng)
        piece = read_at((self.mirrored if flip else self.rows)[number], when)
        return piece if piece.poses is None else replace(piece, poses=varied(piece.poses, flip, rng))


def _teach(model: "keras.Model", data: _Data, recipe: Recipe, name: str, seed: int, bar: bool) -> tuple:
    """Train to the end or to Ctrl-C; return the history and whether it was interrupted."""
    import keras
    import pandas as pd
    from tqdm.auto import tqdm

    rng = np.random.default_rng(seed)
    pupil = keras.Model(model.inputs, model.outputs)  # else its optimizer would be stored
    pupil.compile(
        _optimizer(recipe), "sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False
    )
    rows: list[dict[str, float]] = []
    began = time.perf_counter()
    line = tqdm(total=recipe.epochs, desc=name, unit="epoch", dynamic_ncols=True, disable=not bar)
    with line, suppress(KeyboardInterrupt):
        while len(rows) < recipe.epochs:
            if recipe.optimizer == "adam":
                falling = (1 + np.cos(np.pi * len(rows) / recipe.epochs)) / 2
                pupil.optimizer.learning_rate = recipe.rate * falling
            told = _epoch(pupil, data.draw(rng), data.y, recipe.batch_size, rng)
            rows.append({"epoch": len(rows) + 1, "seconds": time.perf_counter() - began} | told)
            line.set_postfix_str(f"training accuracy {told['accuracy']:.0%}", refresh=False)
            line.update()
    if not rows:
        raise KeyboardInterrupt  # nothing is learnt yet
    return pd.DataFrame(rows), len(rows) < recipe.epochs


def _epoch(
    pupil: "keras.Model", inputs: list[np.ndarray], y: np.ndarray, size: int, rng: np.random.Generator
) -> dict:
    """Show each sequence once; return loss and accuracy over all of them."""
    if len(pupil.output_shape) == 3:  # each frame answers
        y = np.repeat(y[:, None], inputs[0].shape[1], axis=1)
    order = rng.permutation(len(y))
    pupil.reset_metrics()
    for start in range(0, len(y), size):
        chosen = order[start : start + size]
        told = pupil.train_on_batch([stream[chosen] for stream in inputs], y[chosen], return_dict=True)
    return {name: float(value) for name, value in told.items()}


def _optimizer(recipe: Recipe) -> "keras.Optimizer":
    import keras

    if recipe.optimizer == "adam":
        return keras.optimizers.Adam(recipe.rate)
    return keras.optimizers.SGD(recipe.rate, momentum=MOMENTUM, nesterov=True)
