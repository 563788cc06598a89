"""The next vectors: an LSTM that reads a sequence, says what may follow, and rolls on by itself.

It is the model behind dancing in latent space (`latent_dance`: a vector is a silhouette in few numbers) and
in pose space (`pose_dance`: a vector is the turn of every joint).

It goes in strides of four vectors. One drawn by itself at every frame would tremble: each draw is independent
of the one before, while a limb that has set out goes on. Four at once are drawn as one smooth movement.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.networks.mixture import MixtureHead, check_temperature
from ballet_lib.quiet_tensorflow import import_keras

if TYPE_CHECKING:
    import keras
    import pandas as pd

HEADS = ("mean", "mixture")
STRIDE = 4
"""Vectors that are answered at once: with the one before, the five frames that the paper seeds with."""
CONTEXT = STRIDE + 1
VARIANCE = 0.99
"""Share of the strides' variance that their principal components keep."""
WINDOW = 12
"""Strides that the network reads in a row while it learns: about five seconds of dance."""
BATCH, RATE = 32, 5e-3
NOISE = 0.6
"""How far what is read in training strays from the truth with each stride, in root mean square strides."""
KEPT = 0.5
"""Share of a stray that is left after a stride: the network learns to come back to the dance, not at a jump.

One that has only ever read the truth does not know the way back from its own mistakes, which it reads as soon
as it rolls on by itself: they add up until there is no dance left, or it stands still."""


@dataclass(frozen=True)
class Strides:
    """How strides of vectors become numbers that a network reads and answers, and back.

    A stride is where four vectors are, seen from the one before them, in principal components.

    Attributes
    ----------
    centre, scale
        (D,) each: what standardises vectors.
    basis
        (M, 4 D), the components.
    size
        Root mean square of a stride's numbers, which scales them.
    """

    centre: np.ndarray
    scale: np.ndarray
    basis: np.ndarray
    size: float

    @classmethod
    def of(cls, sequences: Sequence[np.ndarray]) -> "Strides":
        """Learn centre, scale and components from sequences (T, D), T above 4."""
        together = np.concatenate(sequences)
        strides = np.concatenate([
            np.lib.stride_tricks.sliding_window_view(one[1:], STRIDE, axis=0).swapaxes(1, 2)
            - one[: len(one) - STRIDE, None] for one in sequences
        ]).reshape(-1, STRIDE * together.shape[1])  # fmt: skip
        strength, vectors = np.linalg.eigh(strides.T @ strides / len(strides))
        strength, vectors = np.maximum(strength[::-1], 1e-12), vectors[:, ::-1]
        kept = int(np.searchsorted(np.cumsum(strength) / strength.sum(), VARIANCE)) + 1
        size = float(np.sqrt(strength[:kept].mean()))
        # What hardly varies is not enlarged: its errors would be, too.
        scale = np.maximum(together.std(axis=0), size / STRIDE)
        return cls(together.mean(axis=0), scale, vectors[:, :kept].T, size)

    def numbers(self, strides: np.ndarray) -> np.ndarray:
        """Write strides (..., 4, D) as numbers (..., M) of about 1."""
        return strides.reshape(*strides.shape[:-2], -1) @ self.basis.T / self.size

    def strides(self, numbers: np.ndarray) -> np.ndarray:
        """Return the strides (..., 4, D) that numbers (..., M) stand for."""
        strides = numbers @ self.basis * self.size
        return strides.reshape(*strides.shape[:-1], STRIDE, len(self.centre))

    def inputs(self, vectors: np.ndarray, strides: np.ndarray) -> np.ndarray:
        """Return what the network reads: vectors (..., D) and the strides that led to them, (..., D + M)."""
        standard = (vectors - self.centre) / self.scale
        return np.concatenate([standard, self.numbers(strides)], axis=-1).astype(np.float32)


@dataclass
class NextVector:
    """A trained model of what follows; `fit_next` makes one.

    Attributes
    ----------
    model
        float32 (N, T, D + M) in, see `Strides.inputs`; the numbers of the next stride out, or their mixture.
    space
        What strides are to the network.
    head
        The mixture, or None where the model answers with the mean.
    context
        Vectors that it must have read before it rolls on.
    history
        A row an epoch: epoch, seconds, loss.
    """

    model: "keras.Model"
    space: Strides
    head: MixtureHead | None
    context: int
    history: "pd.DataFrame" = field(repr=False)

    def __post_init__(self):
        self._advance = _compiled(self.model)

    def roll(
        self,
        seen: np.ndarray,
        steps: int,
        temperature: float = 1.0,
        seed: int = 0,
        mend: Callable[[np.ndarray], np.ndarray] | None = None,
    ) -> np.ndarray:
        """Go on from what was seen, each stride from those before, its own included.

        Parameters
        ----------
        seen
            (T, D), or (N, T, D) for several sequences at once; T at least `context`.
        steps
            How many vectors to add.
        temperature
            See `MixtureHead.sample`; without a mixture there is nothing to draw.
        seed
            Of what is drawn.
        mend
            Takes vectors (M, D) that were made and returns what shall stand, and be read, instead.

        Returns
        -------
            float32 (steps, D) or (N, steps, D).

        Raises
        ------
        BalletError
            If too little was seen, the vectors are of another size, there are no steps, or the temperature is
            not above 0.
        """
        check_temperature(temperature)
        seen = self._checked(seen, steps)
        rng = np.random.default_rng(seed)
        several = seen if seen.ndim == 3 else seen[None]
        read = (several.shape[1] - 1) // STRIDE
        now = several[:, -1 - read * STRIDE]
        known = several[:, several.shape[1] - read * STRIDE :].reshape(len(several), read, STRIDE, -1)
        states = np.zeros((2, len(several), self.model.get_layer("lstm").units), np.float32)
        made: list[np.ndarray] = []
        for number in range(read - 1 + -(-steps // STRIDE)):
            # First the strides that were seen, then those that were made.
            path = known[:, number] if number < read else made[-1]
            outputs, states = self._advance(self.space.inputs(path[:, -1], path - now[:, None]), states)
            now = path[:, -1]
            if number >= read - 1:
                outputs = outputs.numpy()
                drawn = self.head.sample(outputs, temperature, rng) if self.head else outputs
                path = now[:, None] + self.space.strides(drawn)
                made.append(mend(path.reshape(-1, path.shape[-1])).reshape(path.shape) if mend else path)
        whole = np.concatenate(made, axis=1)[:, :steps].astype(np.float32)
        return whole if seen.ndim == 3 else whole[0]

    def _checked(self, seen: np.ndarray, steps: int) -> np.ndarray:
        seen, size = np.asarray(seen, dtype=float), len(self.space.centre)
        if seen.ndim not in (2, 3) or seen.shape[-1] != size or not np.isfinite(seen).all():
            raise BalletError(
                f"This model goes on from finite vectors (T, {size}), and these are {seen.shape}. "
                "Give vectors like those it learnt from."
            )
        if seen.shape[-2] < self.context:
            raise BalletError(
                f"The model must see {self.context} frames before it goes on, and these are "
                f"{seen.shape[-2]}. Give a longer beginning."
            )
        if steps < 1:
            raise BalletError(f"{steps} steps lead nowhere. Ask for at least one.")
        return seen


def fit_next(
    sequences: Sequence[np.ndarray],
    head: str = "mixture",
    *,
    units: int = 192,
    components: int = 5,
    context: int = CONTEXT,
    window: int = WINDOW,
    noise: float = NOISE,
    dropout: float = 0.1,
    epochs: int = 20,
    batches: int = 30,
    seed: int = 0,
    bar: bool = True,
) -> NextVector:
    """Train a model of the next vectors on sequences in time order.

    It reads each vector and the stride that led to it, and answers with the next stride.

    Parameters
    ----------
    sequences
        Arrays (T, D), each without gaps; T may differ.
    head
        ``mixture`` for a mixture density, ``mean`` for the mean (squared error).
    units
        Of the LSTM.
    components
        Gaussians of the mixture.
    context
        Vectors that a beginning must have, at least 5.
    window
        Strides that are read in a row in training; they start anywhere.
    noise
        How far what is read strays from the truth with each stride, in root mean square strides.
    dropout
        Share of the LSTM's outputs that are hidden in each step of training.
    epochs, batches
        Epochs, and batches of 32 windows in each.
    seed
        Of the first weights, the windows, and the noise.
    bar
        Whether to show progress.

    Raises
    ------
    BalletError
        If sequences or settings are unfit to learn from.
    """
    sequences = _fit_to_learn(sequences, head, context, window, epochs)
    keras = import_keras()
    import pandas as pd
    from tqdm.auto import tqdm

    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    space = Strides.of(sequences)
    answered, size = len(space.basis), sequences[0].shape[1]
    mixture = MixtureHead(answered, components) if head == "mixture" else None
    model = _network(size + answered, units, dropout, mixture or answered)
    optimiser = keras.optimizers.Adam(clipnorm=1.0)
    model.compile(optimiser, mixture.loss if mixture else "mse", jit_compile=False)
    began, rows = time.perf_counter(), []
    for epoch in (line := tqdm(range(epochs), desc="next vector", unit="epoch", disable=not bar)):
        optimiser.learning_rate = RATE * (1 + np.cos(np.pi * epoch / epochs)) / 2
        drawn = (_batch(sequences, space, window, noise, rng) for _ in range(batches))
        loss = float(np.mean([model.train_on_batch(x, y) for x, y in drawn]))
        rows.append((epoch + 1, time.perf_counter() - began, loss))
        line.set_postfix_str(f"loss {loss:.2f}", refresh=False)
    history = pd.DataFrame(rows, columns=["epoch", "seconds", "loss"])
    return NextVector(model, space, mixture, context, history)


def _fit_to_learn(sequences, head: str, context: int, window: int, epochs: int) -> list[np.ndarray]:
    if head not in HEADS:
        raise BalletError(f"There is no head {head!r}. Choose one of {', '.join(HEADS)}.")
    if context < CONTEXT or window < 1 or epochs < 1:
        raise BalletError(
            f"A context of {context}, windows of {window} and {epochs} epochs teach nothing. "
            f"Give a context of {CONTEXT} or more, and at least one of each other."
        )
    arrays = [np.asarray(one, dtype=float) for one in sequences]
    sizes = {one.shape[1] for one in arrays if one.ndim == 2}
    if len(sizes) != 1 or any(one.ndim != 2 or not np.isfinite(one).all() for one in arrays):
        raise BalletError(
            "Sequences to learn from are arrays (T, D) of finite numbers with the same D. Check their shapes."
        )
    least = (window + 1) * STRIDE + 1
    long = [one for one in arrays if len(one) >= least]
    if not long:
        raise BalletError(
            f"No sequence has {least} vectors, which windows of {window} strides take. "
            "Give longer sequences, or a shorter window."
        )
    return long


def _network(inputs: int, units: int, dropout: float, answer: MixtureHead | int) -> "keras.Model":
    """Build the LSTM, with a mixture for an answer or with so many numbers."""
    from keras import Sequential, layers

    last = layers.Dense(answer, name="mean") if isinstance(answer, int) else answer.layer()
    return Sequential(
        [
            layers.Input((None, inputs)),
            layers.LSTM(units, return_sequences=True, name="lstm"),
            layers.Dropout(dropout),
            last,
        ],
        name="next_vector",
    )


def _compiled(model: "keras.Model"):
    """Compile one step in time, which keeps the LSTM's state: the model itself would read all again."""
    import_keras()
    import tensorflow as tf

    cell, answer = model.get_layer("lstm").cell, model.layers[-1]

    @tf.function(jit_compile=False, reduce_retracing=True)
    def advance(inputs, states):
        output, states = cell(inputs, tf.unstack(states, num=2))
        return answer(output), tf.stack(states)

    return advance


def _batch(
    sequences: list[np.ndarray], space: Strides, window: int, noise: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw windows: inputs (32, window, D + M), and the numbers of the strides that follow (32, window, M).

    What is read strays from the truth as a model's own dance would, a little more with each stride (an
    autoregressive process of first order); the stride to learn makes up for a share of it.
    """
    length = (window + 1) * STRIDE + 1
    room = np.array([len(one) - length + 1 for one in sequences])
    which = rng.choice(len(sequences), BATCH, p=room / room.sum())
    start = rng.integers(room[which])
    true = np.stack([sequences[k][at : at + length] for k, at in zip(which, start, strict=True)])
    size = true.shape[2]
    stray = rng.standard_normal((BATCH, window + 1, size)) * rng.random((BATCH, 1, 1))
    stray *= noise * space.size / np.sqrt(size)
    for number in range(1, window + 1):
        stray[:, number] += KEPT * stray[:, number - 1]
    share = np.arange(1, STRIDE + 1)[:, None] / STRIDE
    paths = true[:, 1:].reshape(BATCH, window + 1, STRIDE, size)
    before = true[:, :-1:STRIDE] + stray
    led = (
        paths[:, :-1] + stray[:, :-1, None] * (1 - share) + stray[:, 1:, None] * share - before[:, :-1, None]
    )
    on = paths[:, 1:] + stray[:, 1:, None] * (1 - (1 - KEPT) * share) - before[:, 1:, None]
    return space.inputs(before[:, 1:], led), space.numbers(on).astype(np.float32)
