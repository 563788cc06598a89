"""An autoencoder of silhouettes: its training, squeezing and drawing again, and its files."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.model_files import given_or_shipped, read_parts, write_model
from ballet_lib.silhouettes import HEIGHT, WIDTH

if TYPE_CHECKING:
    import keras
    import pandas as pd

KIND, FORMAT = "silhouette autoencoder", 1
"""What a model card says of such a model, and the card's version."""
NETWORKS = ("lean", "paper")
EPOCHS = 20
FEWEST = 16
"""Silhouettes that are worth a training."""
CHECKED = 200
"""Frames, evenly spread, that the score on others is measured with in each epoch."""
AT_A_TIME = 256
"""Frames that are computed at a time."""


@dataclass
class Autoencoder:
    """A trained autoencoder with its card.

    Attributes
    ----------
    model
        Takes float32 (N, 96, 64, 1) and returns probabilities of the same shape; its layers ``encoder`` and
        ``decoder`` are models of their own, see `networks.autoencoder`.
    card
        What `fit_autoencoder` wrote about the training, as JSON holds it.
    history
        A row an epoch: epoch, seconds (from the beginning), loss, iou (of the varied pictures it learns
        from), val_iou (NaN without validation). None if unknown.
    """

    model: "keras.Model"
    card: dict
    history: "pd.DataFrame | None" = None

    def __repr__(self) -> str:
        return f"Autoencoder {self.card['network']}: {HEIGHT} x {WIDTH} pixels -> {self.numbers} numbers"

    @property
    def numbers(self) -> int:
        """How many numbers a silhouette is squeezed to."""
        return int(self.card["numbers"])

    @property
    def encoder(self) -> "keras.Model":
        """The half that squeezes: float32 (N, 96, 64, 1) to (N, numbers), or a list if it is variational."""
        return self.model.get_layer("encoder")

    @property
    def decoder(self) -> "keras.Model":
        """The half that draws: float32 (N, numbers) to probabilities (N, 96, 64, 1)."""
        return self.model.get_layer("decoder")

    def encode(self, frames: np.ndarray) -> np.ndarray:
        """Squeeze silhouettes: bool, or probabilities, (N, 96, 64) to float32 (N, numbers).

        Of a variational network, these are the means.

        Raises
        ------
        BalletError
            If the frames are of another size.
        """
        from ballet_lib.silhouette_pictures import check_silhouettes

        pictures = check_silhouettes(frames)[..., None].astype(np.float32)
        return _in_parts(self.encoder, pictures, (self.numbers,))

    def decode(self, numbers: np.ndarray) -> np.ndarray:
        """Draw numbers: float (N, numbers) to probabilities, float32 (N, 96, 64).

        Raises
        ------
        BalletError
            If there are more or fewer numbers a frame, or one is not finite.
        """
        numbers = np.asarray(numbers, np.float32)
        if numbers.ndim != 2 or numbers.shape[1] != self.numbers or not np.isfinite(numbers).all():
            raise BalletError(
                f"This decoder draws from finite numbers (N, {self.numbers}), not {numbers.shape}. "
                "Take them from encode of the same autoencoder."
            )
        return _in_parts(self.decoder, numbers, (HEIGHT, WIDTH, 1))[..., 0]

    def reconstruct(self, frames: np.ndarray) -> np.ndarray:
        """Squeeze silhouettes and draw them again: probabilities, float32 (N, 96, 64).

        Raises
        ------
        BalletError
            If the frames are of another size.
        """
        return self.decode(self.encode(frames))

    def save(self, path: str | os.PathLike) -> Path:
        """Write ``path``, which ends in .keras, and its card beside it; both are new or both as they were.

        Raises
        ------
        BalletError
            If the name ends otherwise, or the files cannot be written.
        """
        return write_model(self.model, self.card, self.history, path)

    @classmethod
    def load(cls, path: str | os.PathLike = "silhouettes") -> "Autoencoder":
        """Read what `save` wrote; ``"silhouettes"`` is the one that ships.

        Raises
        ------
        BalletError
            If a file is missing or damaged, is another kind of model or for another size of pictures, would
            run code of its own, or model and card do not belong together.
        """
        file = given_or_shipped(path, "silhouettes", "Autoencoder.save")
        return cls(*read_parts(file, _problem, _check_parts))


def _in_parts(model: "keras.Model", inputs: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return the first output for all inputs, `AT_A_TIME` at a time: float32 (N, *shape)."""
    model.jit_compile = False  # XLA would compile for seconds what runs in milliseconds
    parts = [np.empty((0, *shape), np.float32)]
    for start in range(0, len(inputs), AT_A_TIME):
        told = model.predict_on_batch(inputs[start : start + AT_A_TIME])
        parts.append(told[0] if isinstance(told, list) else told)
    return np.concatenate(parts).astype(np.float32, copy=False)


def _problem(card: dict) -> str | None:
    """Say what keeps a card from being that of an autoencoder."""
    if card.get("kind") != KIND:
        return f"it is not that of a {KIND}"
    if card.get("network") not in NETWORKS:
        return "it does not say which network it is"
    numbers = card.get("numbers")
    if isinstance(numbers, bool) or not (isinstance(numbers, int) and 1 <= numbers <= 100_000):
        return "it does not say to how many numbers it squeezes"
    return None


def _check_parts(model: "keras.Model", card: dict, path: Path) -> None:
    """Refuse a model that is not an encoder and a decoder of silhouettes of this size."""
    pictures, code = (None, HEIGHT, WIDTH, 1), (None, card["numbers"])
    names = [layer.name for layer in model.layers]
    if "encoder" in names and "decoder" in names and model.input_shape == pictures == model.output_shape:
        encoder, decoder = model.get_layer("encoder"), model.get_layer("decoder")
        ends = [tuple(one.shape) for one in (*encoder.inputs, encoder.outputs[0])]
        if ends == [pictures, code] and (decoder.input_shape, decoder.output_shape) == (code, pictures):
            return
    raise BalletError(
        f"{path} turns {model.input_shape} into {model.output_shape} and is no autoencoder of "
        f"{HEIGHT} x {WIDTH} pixels with {card['numbers']} numbers. Train one with fit_autoencoder."
    )


# --- Training ---------------------------------------------------------------------------------------------


def fit_autoencoder(
    frames: np.ndarray,
    network: str = "lean",
    *,
    seconds: float | None = None,
    epochs: int | None = None,
    validation: np.ndarray | None = None,
    numbers: int = 128,
    variational: bool = False,
    varied: bool = True,
    seed: int = 0,
    bar: bool = True,
) -> Autoencoder:
    """Train an autoencoder on silhouettes: each is shown, and shall come out as it went in.

    The learning rate falls along a cosine to nothing, over the epochs or over the time. With `epochs` the
    training repeats itself on one machine; with `seconds` it ends in time on any.

    Parameters
    ----------
    frames
        bool (N, 96, 64), at least 16. Keep the dancers that shall test it out of it.
    network
        ``lean`` is taught by binary cross-entropy and soft Dice (Milletari et al. 2016), for which a small
        dancer counts as much as a large one; ``paper``, the silhouette paper's, by binary cross-entropy.
    seconds
        Wall time after which the training ends, in the middle of an epoch if need be.
    epochs
        How often each frame is shown; 20 if neither this nor `seconds` is given.
    validation
        Silhouettes of others, to measure `val_iou` with after each epoch, at most 200 of them.
    numbers
        To how many each silhouette is squeezed.
    variational
        Let the encoder tell a spread for each number, too, and draw from it in training; only ``lean``.
    varied
        Show each frame mirrored or not, moved, stretched and sheared, anew in each epoch.
    seed
        Of the first weights, the order, and what is varied.
    bar
        Whether to show progress.

    Raises
    ------
    BalletError
        If the frames are too few or of another size, there is no such network or it cannot have such
        numbers, or `seconds` and `epochs` are both given or not positive.
    """
    frames, validation = _checked(frames, network, seconds, epochs, validation, variational)
    from ballet_lib.quiet_tensorflow import import_keras

    keras = import_keras()
    from ballet_lib.generation.autoencoder_training import teach
    from ballet_lib.networks import autoencoder as networks

    keras.utils.set_random_seed(seed)
    sizes = {"variational": True} if variational else {}
    model = networks.NETWORKS[network]((HEIGHT, WIDTH), numbers, **sizes)
    card = {
        "kind": KIND, "format": FORMAT, "network": network, "numbers": numbers, "variational": variational,
        "frames": len(frames), "varied": varied, "seed": seed, "parameters": model.count_params(),
        "versions": {"keras": keras.__version__},
    }  # fmt: skip
    trained = Autoencoder(model, card)
    epochs = epochs or (None if seconds else EPOCHS)
    rng = np.random.default_rng(seed) if varied else None
    trained.history = teach(trained, frames, validation, seconds, epochs, rng, bar)
    card |= {"epochs": len(trained.history), "seconds": round(float(trained.history.seconds.iloc[-1]), 1)}
    return trained


def _checked(frames, network, seconds, epochs, validation, variational) -> tuple:
    """Refuse what cannot be trained; return the frames, and those to check with, as bool."""
    from ballet_lib.silhouette_pictures import check_silhouettes

    if network not in NETWORKS or (variational and network != "lean"):
        kind = "variational network" if variational else "network"
        known = "lean" if variational else ", ".join(NETWORKS)
        raise BalletError(f"There is no {kind} {network!r}. There are: {known}.")
    if seconds is not None and epochs is not None:
        raise BalletError("Both seconds and epochs are given. Give the one that shall end the training.")
    if (seconds is not None and not 0 < seconds < np.inf) or (
        epochs is not None and (epochs < 1 or epochs != int(epochs))
    ):
        raise BalletError(
            f"{seconds} seconds or {epochs} epochs teach nothing. Give a positive time, or a whole number."
        )
    frames = check_silhouettes(frames) >= 0.5
    if len(frames) < FEWEST:
        raise BalletError(f"{len(frames)} silhouettes are too few to learn from. Give at least {FEWEST}.")
    if validation is not None:
        validation = check_silhouettes(validation) >= 0.5
        if not len(validation):
            raise BalletError("There is no silhouette to check with. Leave validation out, or give some.")
        validation = validation[
            np.linspace(0, len(validation) - 1, min(CHECKED, len(validation))).astype(int)
        ]
    return frames, validation
