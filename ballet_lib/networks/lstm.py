"""LSTM networks: the course's own, the ballet paper's, the dance-style project's, and one to tune."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

STYLE_L2 = 0.0015
"""The style project's weight decay, as its loss counts it: 0.0015 / 2 times the sum of squares."""


def lstm(
    shape: tuple[int, int], classes: int, units: int = 96, filters: int = 96, dropout: float = 0.5
) -> "keras.Model":
    """Build the course's default: normalised inputs, two convolutions, one tanh LSTM, dropout, softmax.

    Each convolution joins five frames into one and keeps every other, so that the noise of single frames
    averages out and the LSTM reads 10 steps of a take instead of 40. The largest value that each of its units
    ever takes decides, so that a movement counts wherever in the take it comes.

    Parameters
    ----------
    shape
        Frames and features of one take.
    classes
        Number of labels.
    units
        Size of the LSTM's state.
    filters
        Of each convolution; 0 leaves both out, and the LSTM reads the frames themselves.
    dropout
        Share of what the last layer sees that is hidden in each training step; half of it for convolutions.
    """
    from keras import Sequential, layers

    def joining() -> list:
        convolution = layers.Conv1D(filters, 5, strides=2, padding="same", activation="relu")
        return [convolution, layers.Dropout(dropout / 2)]

    return Sequential(
        [
            layers.Input(shape),
            layers.Normalization(name="normalise"),
            *(joining() + joining() if filters else []),
            layers.LSTM(units, return_sequences=True, name="lstm"),
            layers.GlobalMaxPooling1D(),
            layers.Dropout(dropout),
            layers.Dense(classes, activation="softmax", name="probabilities"),
        ],
        name="lstm",
    )


def paper(shape: tuple[int, int], classes: int) -> "keras.Model":
    """Build the ballet LSTM paper's network: three LSTM and two dense layers, ReLU throughout, softmax.

    It takes x, y, z and visibility of 33 landmarks as extracted (the features ``raw``), 0 where nobody was
    found. The sizes 64, 128, 64, 64, 32 are those of the sign-language tutorial that the paper follows. A
    ReLU state has no upper bound, so that it can grow from frame to frame: lesson 03 counts how often.
    """
    from keras import Sequential, layers

    return Sequential(
        [
            layers.Input(shape),
            layers.LSTM(64, activation="relu", return_sequences=True),
            layers.LSTM(128, activation="relu", return_sequences=True),
            layers.LSTM(64, activation="relu"),
            layers.Dense(64, activation="relu"),
            layers.Dense(32, activation="relu"),
            layers.Dense(classes, activation="softmax", name="probabilities"),
        ],
        name="lstm_paper",
    )


def style(shape: tuple[int, int], classes: int, units: int = 20) -> "keras.Model":
    """Build the dance-style project's network: a ReLU projection of each frame, then two LSTM layers.

    Many to one: the last state decides. Every weight and bias is held small by L2. The project's article has
    20 units, its notebook 60.

    Parameters
    ----------
    shape
        Frames and features of one take.
    classes
        Number of labels.
    units
        Size of the projection and of both LSTM layers.
    """
    from keras import Sequential, layers, regularizers

    def small() -> regularizers.L2:
        return regularizers.L2(STYLE_L2 / 2)  # TensorFlow's l2_loss, which the project sums, halves

    def recurrent(**more) -> layers.LSTM:
        return layers.LSTM(
            units,
            kernel_regularizer=small(),
            recurrent_regularizer=small(),
            bias_regularizer=small(),
            **more,
        )

    def dense(size: int, **more) -> layers.Dense:
        return layers.Dense(size, kernel_regularizer=small(), bias_regularizer=small(), **more)

    return Sequential(
        [
            layers.Input(shape),
            dense(units, activation="relu", name="projection"),
            recurrent(return_sequences=True),
            recurrent(),
            dense(classes, activation="softmax", name="probabilities"),
        ],
        name="lstm_style",
    )


def tuned(
    shape: tuple[int, int],
    classes: int,
    units: int = 448,
    dense_1: int = 320,
    dense_2: int = 160,
    activation: str = "tanh",
    dropout: float = 0.2,
) -> "keras.Model":
    """Build the 16-style paper's tuned network with an LSTM that reads in one direction only.

    `tuning.SPACES` searches over both. The paper tuned the other one, see `bilstm.tuned`.

    Parameters
    ----------
    shape
        Frames and features of one take.
    classes
        Number of labels.
    units
        Size of the LSTM's state.
    dense_1, dense_2
        Widths of the two dense layers after it.
    activation
        Of the dense layers.
    dropout
        Share of the final state that is hidden in each training step.
    """
    from keras import layers

    sizes = (dense_1, dense_2), activation, dropout
    return after_batch_norm(shape, classes, "lstm_tuned", layers.LSTM(units), *sizes, first="batch_norm")


def after_batch_norm(
    shape: tuple[int, int],
    classes: int,
    name: str,
    reader: "keras.layers.Layer",
    dense: tuple[int, int],
    activation: str,
    dropout: float,
    first: str | None = None,
) -> "keras.Model":
    """Build what the 16-style paper's networks share: batch normalisation, a reader, two dense layers.

    With `first` the normalisation is called so; `training_data.first_model` tells one called ``batch_norm``
    what normal is, which it would otherwise take hundreds of steps to find out.
    """
    from keras import Sequential, layers

    return Sequential(
        [
            layers.Input(shape),
            layers.BatchNormalization(name=first),
            reader,
            layers.Dropout(dropout),
            layers.Dense(dense[0], activation=activation),
            layers.Dense(dense[1], activation=activation),
            layers.Dense(classes, name="linear"),
            layers.Softmax(name="probabilities"),
        ],
        name=name,
    )
