"""Attention, whose weights can be read: after an LSTM whose last state asks, and over frames alone."""

from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.errors import BalletError

if TYPE_CHECKING:
    import keras

WEIGHTS = "attention"
"""Name of the layer whose output is the weight of each frame."""


def attention(shape: tuple[int, int], classes: int, units: int = 48, dropout: float = 0.3) -> "keras.Model":
    """Build an LSTM whose final state attends over its outputs by a scaled dot product.

    The weight of frame t is softmax_t(h_t · h_T / √units); the weighted mean of the outputs and the final
    state decide together (Vaswani et al. 2017, section 3.2.1, with one query and no projections).

    Parameters
    ----------
    shape
        Frames and features of one take.
    classes
        Number of labels.
    units
        Size of the LSTM's state.
    dropout
        Share of what the last layer sees that is hidden in each training step.
    """
    import keras
    from keras import layers

    takes = layers.Input(shape)
    frames = layers.Normalization(name="normalise")(takes)
    outputs, final, _ = layers.LSTM(units, return_sequences=True, return_state=True, name="lstm")(frames)
    seen = layers.Dropout(dropout)(attended(outputs, final))
    probabilities = layers.Dense(classes, activation="softmax", name="probabilities")(seen)
    return keras.Model(takes, probabilities, name="attention")


def attended(outputs, final):
    """Let a final state (N, units) attend over outputs (N, T, units): their weighted mean, then the state."""
    from keras import layers

    scores = layers.Dot(axes=(2, 1), name="scores")([outputs, final])
    scores = layers.Rescaling(1 / np.sqrt(final.shape[-1]), name="scaled")(scores)
    weights = layers.Softmax(name=WEIGHTS)(scores)
    context = layers.Dot(axes=(1, 1), name="context")([weights, outputs])
    return layers.Concatenate()([context, final])


def frame_attention(
    shape: tuple[int, int], classes: int, units: int = 64, dropout: float = 0.3
) -> "keras.Model":
    """Build a network without memory: each frame is encoded for itself, and a learnt query weighs the frames.

    The weights are the only way from a frame to the answer, so that they say what it rests on; after an LSTM
    they do not, since its last output has seen every frame (lesson 05). It does not know their order.

    Parameters
    ----------
    shape
        Frames and features of one take.
    classes
        Number of labels.
    units
        Size of both layers that encode a frame.
    dropout
        Share that is hidden in each training step, between these two and before the last layer.
    """
    import keras
    from keras import layers

    takes = layers.Input(shape)
    frames = layers.Normalization(name="normalise")(takes)
    frames = layers.Dense(units, activation="relu")(frames)
    frames = layers.Dropout(dropout)(frames)
    values = layers.Dense(units, activation="tanh", name="values")(frames)
    scores = layers.Flatten()(layers.Dense(1, use_bias=False, name="query")(values))
    weights = layers.Softmax(name=WEIGHTS)(scores)
    context = layers.Dropout(dropout)(layers.Dot(axes=(1, 1), name="context")([weights, values]))
    probabilities = layers.Dense(classes, activation="softmax", name="probabilities")(context)
    return keras.Model(takes, probabilities, name="frame_attention")


def attention_weights(model: "keras.Model", X: np.ndarray, batch_size: int = 256) -> np.ndarray:
    """Return the weight that each frame of each take has: float32 (N, T), every row sums to 1.

    Parameters
    ----------
    model
        As `attention` or `frame_attention` builds it.
    X
        float32 (N, T, F).
    batch_size
        Takes at a time.

    Raises
    ------
    BalletError
        If the model has no attention.
    """
    import keras

    if WEIGHTS not in {layer.name for layer in model.layers}:
        raise BalletError(f"The model {model.name} has no attention to read. Train the network 'attention'.")
    reader = keras.Model(model.inputs, model.get_layer(WEIGHTS).output)
    batches = [X[start : start + batch_size] for start in range(0, len(X), batch_size)]
    if not batches:
        return np.zeros((0, X.shape[1]), dtype=np.float32)
    return np.concatenate([reader.predict_on_batch(batch) for batch in batches])
