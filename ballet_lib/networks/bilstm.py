"""Bidirectional LSTM networks, reading a take from both ends: the course's own and the 16-style paper's."""

from typing import TYPE_CHECKING

from ballet_lib.networks.lstm import after_batch_norm

if TYPE_CHECKING:
    import keras


def bilstm(shape: tuple[int, int], classes: int, units: int = 32, dropout: float = 0.3) -> "keras.Model":
    """Build the course's own: normalised inputs, one tanh LSTM in either direction, dropout, softmax.

    The backward state has seen the take's end first, so nothing can be said before the take is over.

    Parameters
    ----------
    shape
        Frames and features of one take.
    classes
        Number of labels.
    units
        Size of the state in each direction.
    dropout
        Share of the two final states that is hidden in each training step.
    """
    from keras import Sequential, layers

    return Sequential(
        [
            layers.Input(shape),
            layers.Normalization(name="normalise"),
            layers.Bidirectional(layers.LSTM(units), name="bilstm"),
            layers.Dropout(dropout),
            layers.Dense(classes, activation="softmax", name="probabilities"),
        ],
        name="bilstm",
    )


def paper(shape: tuple[int, int], classes: int) -> "keras.Model":
    """Build the 16-style paper's base line: BiLSTM of 64, then dense layers of 32 and 16 with ReLU.

    The paper feeds it one vector of 2 048 numbers a frame, the average pool of InceptionV3.
    """
    return after_batch_norm(shape, classes, "bilstm_paper", _both_ways(64), (32, 16), "relu", 0.2)


def tuned(
    shape: tuple[int, int],
    classes: int,
    units: int = 448,
    dense_1: int = 320,
    dense_2: int = 160,
    activation: str = "tanh",
    dropout: float = 0.2,
) -> "keras.Model":
    """Build the 16-style paper's network after its Hyperband search: 448, 320, 160, tanh.

    Its learning rate is 1e-4. `tuning.SPACES` searches its sizes anew.

    Parameters
    ----------
    shape
        Frames and features of one take.
    classes
        Number of labels.
    units
        Size of the state in each direction.
    dense_1, dense_2
        Widths of the two dense layers after it.
    activation
        Of the dense layers.
    dropout
        Share of the two final states that is hidden in each training step.
    """
    sizes = (dense_1, dense_2), activation, dropout
    return after_batch_norm(shape, classes, "bilstm_tuned", _both_ways(units), *sizes, first="batch_norm")


def _both_ways(units: int) -> "keras.layers.Layer":
    from keras import layers

    return layers.Bidirectional(layers.LSTM(units))
