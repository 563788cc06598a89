"""Convolutional LSTMs (Shi et al. 2015): networks with a picture for a state that tell the next frame.

Both are three layers of ConvLSTM2D with batch normalisation between them and a Conv3D at the end. They are
fed frames 0 to n-1 and taught frames 1 to n; the lean one also those after that, up to `ahead` of them.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

CELL = 4
"""Pixels of a side of the cells that the lean network works on."""
MOMENTUM = 0.9
"""Of the normalisation's running means: Keras' 0.99 would still remember the beginning after 300 steps."""


def paper(size: tuple[int, int] = (60, 90), filters: int = 64) -> "keras.Model":
    """Build the network of the next-frame paper: float32 (N, T, *size, 1) in [0, 1], and the same out.

    ConvLSTM2D of 64 filters with kernels of 5, 3 and 1 and ReLU, batch normalisation between them, Conv3D of
    one filter of 3 x 3 x 3 with a sigmoid; it is trained by binary cross-entropy with Adam, 5 clips a batch.

    Its last kernel reaches one frame ahead in time: the output for frame t sees frame t+1, which is the
    answer. Only the last output of a clip is a forecast, so that is the one to read, and the one to judge by.

    Parameters
    ----------
    size
        Height and width of the grey pictures, in pixels.
    filters
        Of each recurrent layer.
    """
    import keras
    from keras import layers

    frames = layers.Input((None, *size, 1))
    x = frames
    for number, kernel in enumerate((5, 3, 1), start=1):
        x = layers.ConvLSTM2D(filters, kernel, padding="same", activation="relu", return_sequences=True,
                              name=f"recurrent_{number}")(x)  # fmt: skip
        if number < 3:
            x = layers.BatchNormalization(name=f"normalisation_{number}")(x)
    x = layers.Conv3D(1, 3, padding="same", activation="sigmoid", name="next_frame")(x)
    return keras.Model(frames, x, name="convlstm_paper")


def lean(
    size: tuple[int, int] = (96, 64), filters: int = 32, detail: int = 32, ahead: int = 5
) -> "keras.Model":
    """Build the course's network: float32 (N, T, *size, 1 + ahead) in, logits (N, T, ahead, *size) out.

    It is fed distances to the outline, from -1 far beside the dancer to 1 deep within her, see
    `convlstm.distances`: where a silhouette jumps from 0 to 1, a distance rises evenly, so that a sum of
    distances can move an edge. Channel 0 is of the frame; the others are of that frame as the motion so far
    would carry it on, 1 to `ahead` steps. After frame t it tells frames t+1 to t+ahead at once, and nothing
    in it looks ahead in time.

    It works on cells of 4 x 4 pixels, whose pixels become channels (as Shi et al. 2015 did), and its
    recurrent layers on cells of 16 x 16. In the end channels become pixels again (sub-pixel convolution, Shi
    et al. 2016). What it has drawn is added to a weighted sum of what it was fed, which untaught says that
    motion goes on.

    Parameters
    ----------
    size
        Height and width of the silhouettes, in pixels; both can be divided by 16.
    filters
        Of each recurrent layer.
    detail
        Channels with which the pixels of a cell are drawn.
    ahead
        How many frames are told at once.
    """
    import keras
    from keras import layers

    high, wide = size[0] // CELL, size[1] // CELL
    seen = layers.Input((None, *size, 1 + ahead))
    x = layers.Reshape((-1, high, CELL, wide, CELL, 1 + ahead))(seen)
    x = layers.Permute((1, 2, 4, 6, 3, 5))(x)
    cells = layers.Reshape((-1, high, wide, (1 + ahead) * CELL**2), name="cells")(x)
    x = _convolution(_convolution(cells, 16, strides=2), filters, strides=2)
    for number in (1, 2, 3):
        recurrent = layers.ConvLSTM2D(filters, 3, padding="same", return_sequences=True,
                                      name=f"recurrent_{number}")  # fmt: skip
        x = recurrent(x)
        x = layers.BatchNormalization(momentum=MOMENTUM, name=f"normalisation_{number}")(x)
    x = _convolution(x, 8 * CELL**2, kernel=1)
    x = layers.Permute((1, 2, 4, 3, 5, 6))(layers.Reshape((-1, high // 4, wide // 4, 4, 4, 8))(x))
    x = layers.Concatenate()([layers.Reshape((-1, high, wide, 8))(x), cells])
    x = _convolution(_convolution(x, detail), detail)
    drawn = layers.Conv3D(ahead * CELL**2, (1, 3, 3), padding="same", kernel_initializer="zeros",
                          name="next_frames")(x)  # fmt: skip
    fed = layers.Conv3D(ahead * CELL**2, 1, use_bias=False, name="fed")
    x = layers.Reshape((-1, high, wide, ahead, CELL, CELL))(layers.Add()([drawn, fed(cells)]))
    x = layers.Reshape((-1, ahead, *size))(layers.Permute((1, 4, 2, 5, 3, 6))(x))
    _begin_with_motion(fed, ahead)
    return keras.Model(seen, x, name="convlstm_lean")


def _convolution(x, filters: int, kernel: int = 3, strides: int = 1):
    """Convolve each frame by itself, normalise, and cut off what is negative."""
    from keras import layers

    x = layers.Conv3D(filters, (1, kernel, kernel), (1, strides, strides), padding="same", use_bias=False)(x)
    return layers.Activation("relu")(layers.BatchNormalization(momentum=MOMENTUM)(x))


def _begin_with_motion(fed: "keras.Layer", ahead: int) -> None:
    """Let a layer pass on what motion says of each pixel, the less surely the further ahead."""
    import numpy as np

    pixels = np.arange(ahead * CELL**2)
    kernel = np.zeros_like(fed.get_weights()[0])
    kernel[0, 0, 0, CELL**2 + pixels, pixels] = 8 / (1 + pixels // CELL**2)  # the frame itself comes first
    fed.set_weights([kernel])
