"""Autoencoders of silhouettes: an encoder to a few numbers, and a decoder back to a picture.

Both networks take float32 (N, height, width, 1), 1 on the dancer, and return how sure they are of her in each
pixel, from 0 to 1. Their parts are models of their own, ``model.get_layer("encoder")`` and ``"decoder"``.
"""

from typing import TYPE_CHECKING

from ballet_lib.errors import BalletError

if TYPE_CHECKING:
    import keras

CHANNELS = 64
"""Of every convolution of the lean network."""

PAPER = ((128, 64), (64, 32, 64), (32, 64), (32, 32))
"""Channels of the paper's nine convolutions; after each group follows a pooling."""
PAPER_DENSE = 256


def lean(size: tuple[int, int] = (96, 64), numbers: int = 128, variational: bool = False) -> "keras.Model":
    """Build the course's network: convolutions on a coarse grid with one number a place, and no dense layer.

    The picture is laid out in patches, one for each number: 16 x 8 patches of 6 x 8 pixels for 128. The
    pixels of a patch become channels at once (space to depth; the way back is the pixel shuffle of Shi et al.
    2016), so that convolutions run on 128 places instead of 6144. Through them a number knows of the patches
    around it. What is learnt of a hand at one place holds for all others, which is what lets the network draw
    dancers whom it has never seen.

    Parameters
    ----------
    size
        Height and width of the silhouettes, in pixels.
    numbers
        To how many a silhouette is squeezed: 8, 32, 128 or 512 for 96 x 64.
    variational
        Let the encoder return two outputs, means and logarithms of variances (Kingma and Welling 2014); the
        model decodes the means.

    Raises
    ------
    BalletError
        If patches three high and four wide, or a multiple of that, do not fill the picture so.
    """
    from keras import layers

    patch = patch_of(size, numbers)
    grid = (size[0] // patch[0], size[1] // patch[1])
    pictures = layers.Input((*size, 1))
    x = _to_depth(pictures, patch)
    for _ in range(2):
        x = _convolution(x)
    outputs = [layers.Flatten(name="numbers")(layers.Conv2D(1, 1)(x))]
    if variational:
        outputs.append(layers.Flatten(name="log_variance")(layers.Conv2D(1, 1)(x)))

    code = layers.Input((numbers,))
    x = layers.Reshape((*grid, 1))(code)
    for _ in range(3):
        x = _convolution(x)
    x = layers.Conv2D(patch[0] * patch[1], 3, padding="same", activation="sigmoid")(x)
    return _joined(pictures, outputs, code, _to_space(x, patch), "lean")


def patch_of(size: tuple[int, int], numbers: int) -> tuple[int, int]:
    """Return height and width of a patch, 3 to 4, of which `numbers` fill a picture.

    Raises
    ------
    BalletError
        If there is no such patch.
    """
    height, width = size
    for side in range(1, min(height // 3, width // 4) + 1):
        rest = height % (3 * side) or width % (4 * side)
        if not rest and (height // (3 * side)) * (width // (4 * side)) == numbers:
            return 3 * side, 4 * side
    raise BalletError(
        f"{numbers} numbers do not lie evenly on {height} x {width} pixels. "
        "Take 128 for 96 x 64, or one of 8, 32, 512."
    )


def paper(size: tuple[int, int] = (96, 64), numbers: int = 128) -> "keras.Model":
    """Build the silhouette paper's network: nine convolutions with ELU, four poolings, two dense layers.

    Channels 128-64-64-32-64-32-64-32-32, all 3 x 3, then Dense 256 and Dense 128 with a sigmoid; the decoder
    mirrors it with upsampling, and ends in one more convolution with a sigmoid. Between which convolutions
    the four poolings stand is not told; here they follow the second, fifth, seventh and ninth.

    Parameters
    ----------
    size
        Height and width of the silhouettes, in pixels: multiples of 16.
    numbers
        To how many a silhouette is squeezed.

    Raises
    ------
    BalletError
        If the size cannot be halved four times, or there are no numbers.
    """
    from keras import layers

    if any(side % 2 ** len(PAPER) or side < 1 for side in size) or numbers < 1:
        raise BalletError(
            f"The paper's network halves a picture four times, and {size[0]} x {size[1]} cannot be, or "
            f"{numbers} numbers are none. Take multiples of 16 and at least one number."
        )
    small = tuple(side // 2 ** len(PAPER) for side in size)
    last = PAPER[-1][-1]
    pictures = layers.Input((*size, 1))
    x = pictures
    for group in PAPER:
        for channels in group:
            x = layers.Conv2D(channels, 3, padding="same", activation="elu")(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Dense(PAPER_DENSE, activation="elu")(layers.Flatten()(x))
    outputs = [layers.Dense(numbers, activation="sigmoid", name="numbers")(x)]

    code = layers.Input((numbers,))
    x = layers.Dense(PAPER_DENSE, activation="elu")(code)
    x = layers.Dense(small[0] * small[1] * last, activation="elu")(x)
    x = layers.Reshape((*small, last))(x)
    for group in reversed(PAPER):
        x = layers.UpSampling2D()(x)
        for channels in reversed(group):
            x = layers.Conv2D(channels, 3, padding="same", activation="elu")(x)
    drawn = layers.Conv2D(1, 3, padding="same", activation="sigmoid")(x)
    return _joined(pictures, outputs, code, drawn, "paper")


NETWORKS = {"lean": lean, "paper": paper}


def _joined(pictures, outputs: list, code, drawn, name: str) -> "keras.Model":
    """Make encoder and decoder models of these tensors, and the model that runs one after the other."""
    import keras
    from keras import layers

    encoder = keras.Model(pictures, outputs if len(outputs) > 1 else outputs[0], name="encoder")
    decoder = keras.Model(code, drawn, name="decoder")
    seen = layers.Input(pictures.shape[1:], name="silhouettes")
    told = encoder(seen)
    return keras.Model(seen, decoder(told[0] if len(outputs) > 1 else told), name=name)


def _convolution(x):
    """Convolve, normalise over the batch (Ioffe and Szegedy 2015), and cut off what is negative."""
    from keras import layers

    x = layers.Conv2D(CHANNELS, 3, padding="same", use_bias=False)(x)
    return layers.Activation("relu")(layers.BatchNormalization(momentum=0.9)(x))


def _to_depth(x, patch: tuple[int, int]):
    """Turn each patch of pixels into the channels of one place: (N, H, W, C) to (N, H/a, W/b, a b C)."""
    from keras import layers

    height, width, channels = x.shape[1:]
    a, b = patch
    x = layers.Reshape((height // a, a, width // b, b * channels))(x)
    x = layers.Permute((1, 3, 2, 4))(x)
    return layers.Reshape((height // a, width // b, a * b * channels))(x)


def _to_space(x, patch: tuple[int, int]):
    """Turn the channels of each place into a patch of pixels; undoes `_to_depth`."""
    from keras import layers

    height, width, channels = x.shape[1:]
    a, b = patch
    x = layers.Reshape((height, width, a, channels // a))(x)
    x = layers.Permute((1, 3, 2, 4))(x)
    return layers.Reshape((height * a, width * b, channels // (a * b)))(x)
