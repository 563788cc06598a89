"""LSTM networks: the course's own, the ballet paper's, and the dance-style project's."""

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
