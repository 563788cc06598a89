"""Bidirectional LSTM networks, reading a take from both ends: the course's own and the 16-style paper's."""

from typing import TYPE_CHECKING

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
    return _after_batch_norm(shape, classes, "bilstm_paper", units=64, dense=(32, 16), activation="relu")


def tuned(shape: tuple[int, int], classes: int) -> "keras.Model":
    """Build the 16-style paper's network after its Hyperband search: 448, 320, 160, tanh.

    Its learning rate is 1e-4.
    """
    return _after_batch_norm(shape, classes, "bilstm_tuned", units=448, dense=(320, 160), activation="tanh")


def _after_batch_norm(
    shape: tuple[int, int], classes: int, name: str, units: int, dense: tuple[int, int], activation: str
) -> "keras.Model":
    from keras import Sequential, layers

    return Sequential(
        [
            layers.Input(shape),
            layers.BatchNormalization(),
            layers.Bidirectional(layers.LSTM(units)),
            layers.Dropout(0.2),
            layers.Dense(dense[0], activation=activation),
            layers.Dense(dense[1], activation=activation),
            layers.Dense(classes, name="linear"),
            layers.Softmax(name="probabilities"),
        ],
        name=name,
    )
