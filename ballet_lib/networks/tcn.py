"""A temporal convolutional network: causal convolutions that look further back in every block."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ballet_lib.errors import BalletError

if TYPE_CHECKING:
    import keras

DILATIONS = (1, 2, 4, 8, 16, 32)
"""Frames between the taps of the kernel in each of the six blocks: 2 to the power of i."""
CONVOLUTIONS_PER_BLOCK = 2


def tcn(
    shape: tuple[int, int],
    classes: int,
    channels: int = 24,
    kernel: int = 3,
    dilations: Sequence[int] = DILATIONS,
    dropout: float = 0.1,
) -> "keras.Model":
    """Build six residual blocks of dilated causal convolutions; the last frame decides.

    After Bai, Kolter and Koltun 2018, section 3: causal, so that a frame never sees a later one; dilated, so
    that the reach doubles with every block; residual. Layer normalisation stands in for their weight
    normalisation. `receptive_field` counts how many frames the last one sees.

    Parameters
    ----------
    shape
        Frames and features of one take.
    classes
        Number of labels.
    channels
        Filters of each convolution.
    kernel
        Taps of each convolution.
    dilations
        One a block.
    dropout
        Share of whole channels that is hidden after each convolution in training.
    """
    import keras
    from keras import layers

    takes = layers.Input(shape)
    x = layers.Normalization(name="normalise")(takes)
    x = layers.Conv1D(channels, 1, name="projection")(x)  # so that every block can add what it was given
    x = residual_blocks(x, channels, kernel, dilations, dropout)
    last = layers.Flatten()(layers.Cropping1D((shape[0] - 1, 0), name="last_frame")(x))
    probabilities = layers.Dense(classes, activation="softmax", name="probabilities")(last)
    return keras.Model(takes, probabilities, name="tcn")


def residual_blocks(x, channels: int, kernel: int, dilations: Sequence[int], dropout: float):
    """Go through a block for each dilation: (N, T, channels) to the same shape."""
    from keras import layers

    for dilation in dilations:
        before = x
        for _ in range(CONVOLUTIONS_PER_BLOCK):
            x = layers.Conv1D(channels, kernel, padding="causal", dilation_rate=dilation)(x)
            x = layers.LayerNormalization()(x)
            x = layers.Activation("relu")(x)
            x = layers.SpatialDropout1D(dropout)(x)
        x = layers.Add(name=f"block_{dilation}")([before, x])
    return x


def receptive_field(
    kernel: int = 3,
    dilations: Sequence[int] = DILATIONS,
    convolutions_per_block: int = CONVOLUTIONS_PER_BLOCK,
) -> int:
    """Return how many frames, the present one among them, an output of `tcn` depends on.

    Each convolution adds (kernel - 1) * dilation frames of the past. It can be more than a take is long.

    Raises
    ------
    BalletError
        If a number is below 1.
    """
    if min(kernel, convolutions_per_block, *dilations, 1) < 1:
        raise BalletError(
            "Kernel, dilations and convolutions are counted from 1. Give whole numbers above 0."
        )
    return 1 + (kernel - 1) * convolutions_per_block * sum(dilations)
