"""A small convolutional network that names the movement in a single frame: no sequence, a picture."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

STEM = 2
"""Blocks that are built as the picture encoder's first ones, see `encoder.joint_finder`, and may start so."""
CHANNELS = "channels"
"""Name of the layer whose channels are averaged: the one that Grad-CAM weighs."""


def frame_cnn(side: int = 64, classes: int = 6, dropout: float = 0.1) -> "keras.Model":
    """Build the network: float32 (N, side, side, 1) from 0 to 255 in, probabilities (N, classes) out.

    Its answer is a weighted sum over places (average pooling, then one dense layer; Lin et al. 2014, "Network
    in Network", section 3.2), so a map of places can say where it comes from. Only two strides leave a grid
    of side / 4: fine enough for an arm.

    Parameters
    ----------
    side
        Width and height of the pictures, in pixels.
    classes
        How many movements there are.
    dropout
        Share of the averaged channels that are left out in training.
    """
    import keras
    from keras import layers

    pictures = layers.Input((side, side, 1))
    x = layers.Rescaling(1 / 127.5, offset=-1)(pictures)
    for number, (filters, strides) in enumerate(((16, 2), (32, 2), (48, 1), (64, 1)), start=1):
        name = f"convolution_{number}"
        x = layers.Conv2D(filters, 3, strides, padding="same", use_bias=False, name=name)(x)
        x = layers.BatchNormalization(name=f"normalisation_{number}")(x)
        x = layers.Activation("relu", name=CHANNELS if number == 4 else f"relu_{number}")(x)
    x = layers.GlobalAveragePooling2D(name="average")(x)
    x = layers.Dropout(dropout, name="dropout")(x)
    movements = layers.Dense(classes, activation="softmax", name="movements")(x)
    return keras.Model(pictures, movements, name="frame_cnn")


def take_stem(model: "keras.Model", encoder: "keras.Model") -> None:
    """Copy the weights of the picture encoder's first blocks, which have seen 600 strangers."""
    from keras import layers

    learnt = (layers.Conv2D, layers.BatchNormalization)
    ours, theirs = ([layer for layer in one.layers if isinstance(layer, learnt)] for one in (model, encoder))
    for mine, other in zip(ours[: 2 * STEM], theirs[: 2 * STEM], strict=True):
        mine.set_weights(other.get_weights())
