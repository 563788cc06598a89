"""Two recipes that see one stream: the style project's LSTM on poses, the 16-style paper's on pictures.

The networks are `networks.lstm.style` and `networks.bilstm.paper`. At the course's pace (`BALLET_PACE`) they
learn in smaller batches and faster, because 48 videos are fewer than the hundreds of the project and of the
paper. The papers' pace has their numbers.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.pace import choose
from ballet_lib.recipes import check_count
from ballet_lib.styles.videos import DanceVideos

if TYPE_CHECKING:
    import keras
    import pandas as pd

STEPS = 100
"""Frames of a block, as in the style project."""
DECAY, DECAY_EVERY = 0.96, 100_000
"""The style project multiplies its learning rate by 0.96 after every 100 000 blocks shown. Its notebook shows
849 blocks 200 times, so that this happens once: the rate is as good as constant."""
SEEN = 0.5
"""Share of a block's frames in which somebody must be found to count as a dancer of it."""
AT_A_TIME = 256


class Training(NamedTuple):
    """How often the data are shown, in batches of how many, and Adam's learning rate at first."""

    epochs: int
    batch_size: int
    learning_rate: float


def style_lstm_training() -> Training:
    """Return how the style project's LSTM is trained at the pace that is set."""
    return choose(course=Training(60, 16, 3e-3), paper=Training(200, 512, 5e-4))


def chunk_bilstm_training() -> Training:
    """Return how the chunked BiLSTM is trained at the pace that is set."""
    return choose(course=Training(20, 32, 2e-3), paper=Training(20, 128, 1e-4))


# --- The style project: 51 columns, 100 steps -------------------------------------------------------------


class Blocks(NamedTuple):
    """What the style project's network eats: `X` float32 (R, 100, 51), and `video` int (R,), whose it is."""

    X: np.ndarray
    video: np.ndarray


def blocks(videos: DanceVideos, normalised: bool = True) -> Blocks:
    """Return each dancer of each video as blocks of 100 frames of 51 numbers.

    The project writes one line for each detection, so that two dancers take turns in its blocks. Here each
    has blocks of his or her own. What is left over after the last whole block is left out.

    Parameters
    ----------
    videos
        Of at least 100 frames each.
    normalised
        Stretch each skeleton's bounding box to [-1, 1]. Without, x and y are pixels, as in the project.

    Raises
    ------
    BalletError
        If a video is shorter than a block, or nobody is found in it.
    """
    from ballet_lib.styles.skeletons import box_normalised, columns

    rows, owner = [], []
    for number, video in enumerate(videos):
        if len(video) < STEPS:
            raise BalletError(
                f"{video.name} has {len(video)} frames, and a block is {STEPS} of them. Leave the video out."
            )
        whole = len(video) // STEPS
        for part in video.keypoints[: whole * STEPS].reshape(whole, STEPS, -1, 17, 3):
            for person in _dancers(part, video.name):
                shown = part[:, person]
                rows.append(columns(box_normalised(shown) if normalised else shown))
                owner.append(number)
    return Blocks(np.stack(rows), np.array(owner))


def _dancers(part: np.ndarray, name: str) -> np.ndarray:
    """Return who is found in at least half of the frames, or whoever is found most."""
    found = np.isfinite(part).any(axis=(2, 3)).mean(axis=0)
    if not found.any():
        raise BalletError(f"Nobody is found in {name} for {STEPS} frames. Leave the video out.")
    return np.flatnonzero(found >= min(SEEN, found.max()))


@dataclass(frozen=True)
class StyleLSTM:
    """The style project's network, trained.

    Attributes
    ----------
    model
        Takes float32 (R, 100, 51) and returns probabilities (R, K).
    labels
        K styles.
    normalised
        Whether it takes box-normalised columns, or pixels.
    history
        A row an epoch: epoch, loss, accuracy.
    """

    model: "keras.Model"
    labels: tuple[str, ...]
    normalised: bool
    history: "pd.DataFrame"

    def __repr__(self) -> str:
        takes = "box-normalised columns" if self.normalised else "pixels"
        return f"StyleLSTM({self.model.count_params()} weights, from {takes}: {', '.join(self.labels)})"

    def probabilities(self, videos: DanceVideos) -> np.ndarray:
        """Return the mean of the probabilities of each video's blocks: float32 (N, K).

        Raises
        ------
        BalletError
            If a video is shorter than a block, or nobody is found in it.
        """
        shown = blocks(videos, self.normalised)
        told = answers(self.model, shown.X)
        sums = np.zeros((len(videos), told.shape[1]), np.float32)
        np.add.at(sums, shown.video, told)
        return sums / np.bincount(shown.video, minlength=len(videos))[:, None]


def fit_style_lstm(
    videos: DanceVideos,
    *,
    units: int = 20,
    normalised: bool = True,
    epochs: int | None = None,
    seed: int = 0,
    bar: bool = True,
) -> StyleLSTM:
    """Train the style project's network on poses: a ReLU projection, two LSTM layers, L2 on all weights.

    Parameters
    ----------
    videos
        To learn from; keep the videos that shall test the model out of them.
    units
        Size of the projection and of both LSTM layers: 20 in the project's article, 60 in its notebook.
    normalised
        See `blocks`.
    epochs
        How often each block is shown; by default as the pace says.
    seed
        Of the first weights and of the order.
    bar
        Whether to show progress.

    Raises
    ------
    BalletError
        If there is one style only, or a video cannot be cut into blocks.
    """
    check_count("units", units)
    _check_styles(videos.y, videos.labels)
    shown = blocks(videos, normalised)
    training = _asked(style_lstm_training(), epochs)

    from ballet_lib.training_data import first_model

    model = first_model("lstm-style", shown.X, len(videos.labels), {"units": units}, seed)
    _compile(model, _falling(training))
    history = _teach(model, shown.X, videos.y[shown.video], training, "style LSTM", bar)
    return StyleLSTM(model, videos.labels, normalised, history)


def _falling(training: Training) -> "keras.optimizers.schedules.LearningRateSchedule":
    """Return the style project's schedule, which counts blocks; Keras counts batches."""
    from keras.optimizers.schedules import ExponentialDecay

    batches = -(-DECAY_EVERY // training.batch_size)
    return ExponentialDecay(training.learning_rate, batches, DECAY, staircase=True)


# --- The 16-style paper: chunks of 30 frames of picture features ------------------------------------------


def fit_chunk_bilstm(
    X: np.ndarray,
    y: np.ndarray,
    classes: int,
    *,
    epochs: int | None = None,
    seed: int = 0,
    again: "keras.Model | None" = None,
    bar: bool = False,
) -> "keras.Model":
    """Train the 16-style paper's BiLSTM on chunks; it takes (M, length, F) and returns (M, classes).

    Parameters
    ----------
    X
        Features of the chunks' frames, float32 (M, length, F).
    y
        The style of each chunk, int (M,), from 0.
    classes
        How many styles there are.
    epochs
        How often each chunk is shown; by default as the pace says.
    seed
        Of the first weights, dropout and the order.
    again
        A model that this function has returned for such chunks and that is no longer needed. It forgets all
        and is trained anew, which saves the seconds that TensorFlow takes to prepare another one.
    bar
        Whether to show progress.

    Raises
    ------
    BalletError
        If the chunks are of one style only, or X and y do not belong together.
    """
    X, y = np.asarray(X, np.float32), np.asarray(y)
    if X.ndim != 3 or not np.isfinite(X).all() or y.shape != (len(X),):
        raise BalletError(
            f"Chunks are finite numbers (M, length, F) with M styles, not {X.shape} with {y.shape}. "
            "Make them with leak.chunk_features."
        )
    if not np.isin(y, range(classes)).all():
        raise BalletError(
            f"Styles are numbers from 0 to {classes - 1}, not {y.min()} to {y.max()}. Number them so."
        )
    _check_styles(y, tuple(map(str, range(classes))))
    training = _asked(chunk_bilstm_training(), epochs)
    from ballet_lib.training_data import first_model

    model = first_model("bilstm-paper", X, classes, None, seed)
    if again is None:
        _compile(model, training.learning_rate)
    else:
        model = _as_new(again, model)
    _teach(model, X, y, training, "chunk BiLSTM", bar)
    return model


# --- Both -------------------------------------------------------------------------------------------------


def answers(model: "keras.Model", X: np.ndarray) -> np.ndarray:
    """Return a model's probabilities for sequences (R, ...): float32 (R, classes)."""
    model.jit_compile = False  # XLA would compile for seconds what runs in milliseconds
    parts = [model.predict_on_batch(X[start : start + AT_A_TIME]) for start in range(0, len(X), AT_A_TIME)]
    return np.concatenate(parts)


def _check_styles(y: np.ndarray, labels: tuple[str, ...]) -> None:
    if len(np.unique(y)) < 2:
        raise BalletError(
            f"There is nothing to tell apart: all show {labels[int(y[0])] if len(y) else 'nothing'}. "
            "Add videos of another style."
        )


def _asked(training: Training, epochs: int | None) -> Training:
    if epochs is None:
        return training
    check_count("epochs", epochs)
    return training._replace(epochs=int(epochs))


def _as_new(used: "keras.Model", new: "keras.Model") -> "keras.Model":
    """Give a model that was trained the weights and the random state of a new one."""
    if used.input_shape != new.input_shape or used.output_shape != new.output_shape:
        raise BalletError(
            f"A model of {used.input_shape} to {used.output_shape} cannot be trained again on "
            f"{new.input_shape} to {new.output_shape}. Leave `again` away."
        )
    for mine, other in zip(used.variables, new.variables, strict=True):
        mine.assign(other)
    rate = float(used.optimizer.learning_rate)
    for memory in used.optimizer.variables:  # Adam's moments and its count of steps, and the rate
        memory.assign(memory * 0)
    used.optimizer.learning_rate = rate
    return used


def _compile(model: "keras.Model", rate) -> None:
    import keras

    model.compile(
        keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"],
        jit_compile=False,
    )  # fmt: skip


def _teach(
    model: "keras.Model", X: np.ndarray, y: np.ndarray, training: Training, name: str, bar: bool
) -> "pd.DataFrame":
    """Train a compiled model; return a row an epoch."""
    import pandas as pd

    from ballet_lib.training_callbacks import Bar

    line = [Bar(name, training.epochs, 0)] if bar else []
    shown = {"batch_size": training.batch_size, "epochs": training.epochs}
    try:
        told = model.fit(X, y, callbacks=line, verbose=0, **shown).history
    finally:
        for one in line:
            one.close()
    return pd.DataFrame({"epoch": np.arange(1, training.epochs + 1), **told})
