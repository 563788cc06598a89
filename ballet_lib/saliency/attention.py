"""Attention roll-out: how much of each frame reaches the answer, by the weights that the network gives."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.errors import BalletError

if TYPE_CHECKING:
    import keras

RESIDUAL = 0.5
"""Share of what a layer is given that passes beside its attention (Abnar and Zuidema 2020, section 3)."""


def rollout(matrices: Sequence[np.ndarray], residual: float = RESIDUAL) -> np.ndarray:
    """Follow attention through several layers: (..., T, T), row i says what output i is made of.

    Each layer's weights are mixed with what passes beside them, and the layers are multiplied (Abnar and
    Zuidema 2020, section 3).

    Parameters
    ----------
    matrices
        Weights (..., T, T) of each layer, the first layer first; row i sums to 1 and says at which positions
        position i looks. Average several heads before.
    residual
        Share of a layer's input that passes beside its attention.

    Raises
    ------
    BalletError
        If there is no matrix, one is not square or of another size, or a row does not sum to 1.
    """
    matrices = [np.asarray(matrix, dtype=np.float32) for matrix in matrices]
    if not matrices or any(m.ndim < 2 or m.shape[-1] != m.shape[-2] for m in matrices):
        raise BalletError(
            "Roll-out needs the weights (..., T, T) of one layer or more. Give square matrices."
        )
    if len({matrix.shape[-1] for matrix in matrices}) > 1:
        raise BalletError("The layers attend to sequences of different length. Give layers of one length.")
    if not all(np.allclose(matrix.sum(axis=-1), 1, atol=1e-3) for matrix in matrices):
        raise BalletError("A row of weights does not sum to 1. Give the weights after their softmax.")
    beside = np.eye(matrices[0].shape[-1], dtype=np.float32)
    mixed = [(1 - residual) * matrix + residual * beside for matrix in matrices]
    rolled = mixed[0]
    for matrix in mixed[1:]:
        rolled = matrix @ rolled
    return rolled


def attention_rollout(model: "keras.Model", X: np.ndarray) -> np.ndarray:
    """Return how much of each frame reaches the answer: float32 (N, T), every row sums to 1.

    The network ``attention`` also hands its last state on beside the attention, so half of the answer is the
    last frame's. In ``frame-attention`` nothing passes beside it, and the weights are the roll-out. Neither
    says more than the weights do: in an LSTM, a frame's output remembers the frames before (lesson 05).

    Parameters
    ----------
    model
        As `networks.attention` builds it.
    X
        float32 (N, T, F).

    Raises
    ------
    BalletError
        If the model has no attention, or X does not fit to it.
    """
    from keras import layers

    from ballet_lib.networks.attention import attention_weights
    from ballet_lib.saliency.answers import answers_of

    weights = attention_weights(model, answers_of(model).inputs(X))
    if any(isinstance(layer, layers.Concatenate) for layer in model.layers):  # of context and last state
        weights = (1 - RESIDUAL) * weights
        weights[:, -1] += RESIDUAL
    return weights
