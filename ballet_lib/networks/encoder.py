"""A picture encoder: a small convolutional network that is trained to find joints, and then only looks."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

VALUES = "values"
"""Name of the layer whose output describes the picture."""


def joint_finder(side: int = 64, joints: int = 33, values: int = 96) -> "keras.Model":
    """Build the network that the encoder is trained in: a grey picture in, the place of each joint out.

    To say where the joints are, the layer before the last must know how the dancer stands, and need not know
    who she is or what the room looks like. That layer is what `encoder` keeps.

    Parameters
    ----------
    side
        Width and height of the pictures; they come as float32 (N, side, side, 1) from 0 to 255.
    joints
        The output is float32 (N, joints, 2): x and y from 0 to 1 of the picture.
    values
        Numbers that describe a picture.
    """
    import keras
    from keras import layers

    pictures = layers.Input((side, side, 1))
    x = layers.Rescaling(1 / 127.5, offset=-1)(pictures)
    for filters in (16, 32, 48, 64):  # each halves the picture: 64, 32, 16, 8, 4
        x = layers.Conv2D(filters, 3, strides=2, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        x = layers.Activation("relu")(x)
    x = layers.Flatten()(x)  # no pooling: where something is matters more than whether
    x = layers.Dense(values, activation="tanh", name=VALUES)(x)
    places = layers.Dense(joints * 2, bias_initializer=keras.initializers.Constant(0.5))(x)
    return keras.Model(pictures, layers.Reshape((joints, 2), name="joints")(places), name="joint_finder")


def encoder(finder: "keras.Model") -> "keras.Model":
    """Return what a trained `joint_finder` sees, frozen: (N, side, side, 1) to float32 (N, values)."""
    import keras

    seeing = keras.Model(finder.inputs, finder.get_layer(VALUES).output, name="encoder")
    seeing.trainable = False
    return seeing
