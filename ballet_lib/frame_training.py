"""Training of the network that names a movement from one frame; `training` is for sequences."""

from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.quiet_tensorflow import import_keras
from ballet_lib.stills import Stills, dilated, in_other_rooms

if TYPE_CHECKING:
    import keras

EPOCHS, BATCH, RATE = 40, 16, 4e-3
PRICE = 3.0
"""Loss for each unit that a channel shows beside the dancer; chosen by dancers d07 to d09."""
SHIFT = 4
"""Pixels by which a picture is moved at most, in each direction."""


def fit_frame_cnn(
    stills: Stills,
    *,
    rooms: bool = True,
    price: float = PRICE,
    epochs: int = EPOCHS,
    seed: int = 0,
    bar: bool = True,
) -> "keras.Model":
    """Train `networks.frame_cnn` on stills; same seed, same machine: same weights.

    Its first two blocks begin as those of the picture encoder, which has learnt elsewhere to find joints.
    Every epoch shows each picture once: mirrored or not, moved, in another light. Two things keep the network
    to the dancer, `rooms` and `price`; the masks that they need are not needed to use it.

    Parameters
    ----------
    stills
        To learn from; keep the dancers that shall test the model out of it.
    rooms
        Put each dancer into another room of these stills in each epoch, so that no room, shadow or thing on
        the wall can tell the movement. Without it, pictures are as they were drawn.
    price
        How dear it is to find something beside the dancer: weight of the mean of the last channels there,
        added to the cross-entropy. The idea is that of Ross et al. (2017), "Right for the Right Reasons",
        who charge for gradients. 0 for none.
    epochs
        How often each picture is shown.
    seed
        Of the first weights, of what is varied, and of the order.
    bar
        Whether to show progress.

    Raises
    ------
    BalletError
        If there are no stills, no whole number of epochs above 0, or the price is negative.
    """
    if len(stills) == 0 or epochs < 1 or epochs != int(epochs) or not 0 <= price < np.inf:
        raise BalletError(
            f"{len(stills)} stills, {epochs} epochs and a price of {price} teach nothing. "
            "Give at least one still and one epoch, and a price from 0."
        )
    keras = import_keras()
    from tqdm.auto import tqdm

    from ballet_lib.frame_features import encoder
    from ballet_lib.networks.frame_cnn import frame_cnn, take_stem

    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    model = frame_cnn(stills.pictures.shape[1], len(stills.labels))
    take_stem(model, encoder("course").model)
    pupil = _with_price(model, price)
    behind = stills.rooms[np.unique(stills.take_ids, return_index=True)[1]]
    nothing = np.zeros((len(stills), pupil.output_shape[1][-1]), np.float32)
    for epoch in (line := tqdm(range(epochs), desc="frame CNN", unit="epoch", disable=not bar)):
        pupil.optimizer.learning_rate = RATE * (1 + np.cos(np.pi * epoch / epochs)) / 2
        shown = in_other_rooms(stills, behind, rng) if rooms else stills.pictures
        X, hers = varied(shown, stills.masks, rng)
        inputs = [X, _beside(hers, pupil.input_shape[1][1])]
        told = pupil.fit(inputs, [stills.y, nothing], batch_size=BATCH, verbose=0).history
        line.set_postfix_str(f"training accuracy {told['movements_accuracy'][0]:.0%}", refresh=False)
    return model


def _with_price(model: "keras.Model", price: float) -> "keras.Model":
    """Add a second input, what lies beside the dancer, and a second output, what the model finds there."""
    import keras
    from keras import layers

    from ballet_lib.networks.frame_cnn import CHANNELS

    channels = model.get_layer(CHANNELS).output
    beside = layers.Input((*channels.shape[1:3], 1))
    found = layers.GlobalAveragePooling2D(name="beside")(layers.Multiply()([channels, beside]))
    pupil = keras.Model([model.inputs[0], beside], [model.outputs[0], found])
    pupil.compile(
        keras.optimizers.Adam(), ["sparse_categorical_crossentropy", "mae"], loss_weights=[1, price],
        metrics=[["accuracy"], []], jit_compile=False,
    )  # fmt: skip
    return pupil


def _beside(masks: np.ndarray, grid: int) -> np.ndarray:
    """Return which share of each cell is not on the dancer nor close to her: float32 (N, grid, grid, 1)."""
    cell = masks.shape[1] // grid
    hers = dilated(masks).reshape(len(masks), grid, cell, grid, cell).mean(axis=(2, 4))
    return (1 - hers)[..., None].astype(np.float32)


def varied(
    pictures: np.ndarray, masks: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Mirror half of the pictures, move all, change their light; masks go along.

    uint8 and bool (N, H, W) to float32 (N, H, W, 1) and bool (N, H, W).
    """
    number, height, width = pictures.shape
    mirrored = rng.random((number, 1, 1)) < 0.5
    moves = rng.integers(0, 2 * SHIFT + 1, (number, 2))

    def moved(layer: np.ndarray, mode: str) -> np.ndarray:
        seen = np.where(mirrored, layer[:, :, ::-1], layer)
        wide = np.pad(seen, ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT)), mode=mode)
        return np.stack([one[y : y + height, x : x + width] for one, (y, x) in zip(wide, moves, strict=True)])

    contrast, light = rng.uniform(0.7, 1.3, (number, 1, 1)), rng.normal(0, 20, (number, 1, 1))
    lit = np.clip((moved(pictures, "edge") - 127.5) * contrast + 127.5 + light, 0, 255)
    return lit[..., None].astype(np.float32), moved(masks, "constant")


def answers(model: "keras.Model", pictures: np.ndarray) -> np.ndarray:
    """Return the probabilities for uint8 pictures (N, H, W): float32 (N, classes)."""
    X = pictures[..., None].astype(np.float32)
    parts = [model.predict_on_batch(X[start : start + 256]) for start in range(0, len(X), 256)]
    return np.concatenate(parts)
