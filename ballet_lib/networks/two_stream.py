"""Two streams: what a frame's picture shows and how the people in it stand, joined, then read through time.

After the report on ten styles of Let's Dance: 512 numbers of a picture from ResNet-18 and 102 of the poses
are concatenated in every frame (late fusion), and an LSTM, an LSTM with self-attention, or a TCN reads the
sequence. Its sizes are the defaults here. What we know of its pose network is that 102 numbers come out: the
one below is ours, and so is the batch normalisation of both streams before they are joined.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ballet_lib.errors import BalletError

if TYPE_CHECKING:
    import keras

POSE_VALUES = 102
"""Numbers that describe the poses of a frame; the report's."""
HIDDEN = 96
"""Filters before them; ours."""
COLUMNS = 51
"""x, y and score of 17 keypoints."""
TCN_LEVELS = 6


class Shape(NamedTuple):
    """What a network of two streams is fed.

    Attributes
    ----------
    pictures
        Numbers that describe the picture of a step; 0 without that stream.
    poses
        Whether there is a stream of poses.
    steps
        How many steps; None for any number.
    """

    pictures: int = 0
    poses: bool = True
    steps: int | None = None


def lstm(
    shape: Shape,
    classes: int,
    units: int = 128,
    dropout: float = 0.7,
    decay: float = 0.0284,
    filters: int = 0,
    unseen: float = 0.0,
    changes: bool = False,
) -> "keras.Model":
    """Build the report's LSTM: dropout on what it reads, one layer, and its final state decides.

    Takes float32 (N, steps, F) of pictures, (N, steps, people, 51) of poses, or both in this order, and
    returns probabilities (N, classes). So do `attention` and `tcn`.

    Parameters
    ----------
    shape
        Of the inputs.
    classes
        Number of styles.
    units
        Size of the state.
    dropout
        Share of the joined features that is hidden in each training step.
    decay
        Weight decay: half of it times the sum of squares of all kernels is added to the loss.
    filters
        Of two convolutions before the LSTM, as in the course's own (`networks.lstm.lstm`), each of which
        joins five steps and keeps every other; 0 leaves them out, as the report does.
    unseen
        Share of sequences whose pictures are hidden altogether in each training step, so that the poses must
        do (the idea is that of Neverova et al. 2016, "ModDrop"). The report does not.
    changes
        Whether the network reads by how much each feature has changed since the step before, instead of the
        feature: what stands still, such as the room, is gone then. The report does not.
    """
    from keras import layers

    inputs, x = _joined(shape, decay, unseen, changes)
    x = layers.Dropout(dropout, name="hidden")(x)
    x = _joining_steps(x, filters, dropout, decay)
    x = layers.LSTM(units, name="lstm", **_decayed(decay, "kernel", "recurrent"))(x)
    return _deciding(inputs, x, classes, decay, "lstm")


def attention(
    shape: Shape,
    classes: int,
    units: int = 32,
    dropout: float = 0.05,
    decay: float = 1e-5,
    filters: int = 0,
    unseen: float = 0.0,
    changes: bool = False,
) -> "keras.Model":
    """Build the report's LSTM with self-attention: its final state attends over all its outputs.

    The attention is that of `networks.attention`. Parameters are those of `lstm`.
    """
    from keras import layers

    from ballet_lib.networks.attention import attended

    inputs, x = _joined(shape, decay, unseen, changes)
    x = layers.Dropout(dropout, name="hidden")(x)
    x = _joining_steps(x, filters, dropout, decay)
    sizes = {"return_sequences": True, "return_state": True, "name": "lstm"}
    outputs, final, _ = layers.LSTM(units, **sizes, **_decayed(decay, "kernel", "recurrent"))(x)
    return _deciding(inputs, attended(outputs, final), classes, decay, "attention")


def tcn(
    shape: Shape,
    classes: int,
    units: int = 128,
    kernel: int = 3,
    dropout: float = 0.02,
    decay: float = 0.0,
    unseen: float = 0.0,
    changes: bool = False,
) -> "keras.Model":
    """Build the report's temporal convolutional network: six levels, whose last step decides.

    The blocks are those of `networks.tcn`. `units` are the filters of each convolution, `kernel` its taps;
    the other parameters are those of `lstm`.
    """
    from keras import layers

    from ballet_lib.networks.tcn import residual_blocks

    inputs, x = _joined(shape, decay, unseen, changes)
    x = layers.Conv1D(units, 1, name="projection")(x)
    x = residual_blocks(x, units, kernel, [2**level for level in range(TCN_LEVELS)], dropout)
    return _deciding(inputs, x[:, -1], classes, decay, "tcn")


def frame(
    shape: Shape,
    classes: int,
    units: int = 128,
    dropout: float = 0.5,
    decay: float = 0.0,
    unseen: float = 0.0,
) -> "keras.Model":
    """Build the baseline that sees one frame at a time: probabilities (N, steps, classes).

    It has no way from one frame to another. Let the frames vote for the video. Parameters are those of
    `lstm`; `units` is the width of its one hidden layer.
    """
    from keras import layers

    inputs, x = _joined(shape, decay, unseen, changes=False)
    x = layers.Dropout(dropout, name="hidden")(x)
    x = layers.Dense(units, activation="relu", name="dense", **_decayed(decay, "kernel"))(x)
    return _deciding(inputs, x, classes, decay, "frame")


NETWORKS: dict[str, Callable[..., "keras.Model"]] = {
    "lstm": lstm, "attention": attention, "tcn": tcn, "frame": frame
}  # fmt: skip


def build(network: str, shape: Shape, classes: int, **sizes) -> "keras.Model":
    """Build a network by name, see the functions of this module for its sizes.

    Raises
    ------
    BalletError
        If there is no such network, it has no such size, or there is no stream.
    """
    import inspect

    if network not in NETWORKS:
        raise BalletError(
            f"There is no network {network!r} of two streams. There are: {', '.join(NETWORKS)}."
        )
    known = list(inspect.signature(NETWORKS[network]).parameters)[2:]
    if unknown := sorted(set(sizes) - set(known)):
        raise BalletError(f"The network {network} has no size {unknown[0]}. It has: {', '.join(known)}.")
    if not shape.pictures and not shape.poses:
        raise BalletError("A network without a stream sees nothing. Give it pictures, poses, or both.")
    return NETWORKS[network](shape, classes, **sizes)


def _joined(shape: Shape, decay: float, unseen: float, changes: bool) -> tuple[list, "keras.KerasTensor"]:
    """Return the inputs and their features side by side in every step: (N, steps, values)."""
    from keras import layers

    inputs, features = [], []
    if shape.pictures:
        inputs.append(layers.Input((shape.steps, shape.pictures), name="pictures"))
        features.append(inputs[-1])
    if shape.poses:
        inputs.append(layers.Input((shape.steps, None, COLUMNS), name="poses"))
        features.append(_pose_features(inputs[-1], decay))
    if changes:
        features = [x[:, 1:] - x[:, :-1] for x in features]
    features = [layers.BatchNormalization(momentum=0.9)(x) for x in features]
    if len(features) == 1:
        return inputs, features[0]
    features[0] = layers.Dropout(unseen, noise_shape=(None, 1, 1), name="unseen")(features[0])
    return inputs, layers.Concatenate(name="joined")(features)


def _pose_features(poses, decay: float):
    """Describe the people of each step: (N, steps, people, 51) to (N, steps, 102).

    A convolution whose kernel spans one person, so that everybody is seen by the same weights, and the
    largest value over the people: neither their order nor the number of empty slots makes a difference. It
    has no biases, so an empty slot, which is all zeros, stays so. The scores of those who are there, close
    to 1, stand in for them.
    """
    from keras import layers, ops

    for number, filters in enumerate((HIDDEN, POSE_VALUES), start=1):
        poses = layers.Conv2D(
            filters, 1, activation="relu", use_bias=False, name=f"pose_{number}", **_decayed(decay, "kernel")
        )(poses)
    return ops.max(poses, axis=2)


def _joining_steps(x, filters: int, dropout: float, decay: float):
    """Let two convolutions each join five steps and keep every other; none with 0 filters."""
    from keras import layers

    for _ in range(2 if filters else 0):
        sizes = {"strides": 2, "padding": "same", "activation": "relu"}
        x = layers.Conv1D(filters, 5, **sizes, **_decayed(decay, "kernel"))(x)
        x = layers.Dropout(dropout / 2)(x)
    return x


def _deciding(inputs: list, x, classes: int, decay: float, name: str) -> "keras.Model":
    import keras
    from keras import layers

    decide = layers.Dense(classes, activation="softmax", name="probabilities", **_decayed(decay, "kernel"))
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], decide(x), name=f"two_stream_{name}")


def _decayed(decay: float, *which: str) -> dict:
    """Return the arguments of a layer that add `decay` / 2 times the squares of these kernels to the loss.

    It is what weight decay of plain gradient descent amounts to.
    """
    import keras

    names = {"kernel": "kernel_regularizer", "recurrent": "recurrent_regularizer"}
    return {names[one]: keras.regularizers.L2(decay / 2) for one in which} if decay else {}
