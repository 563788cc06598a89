"""Sequence models, by name: each is a function of the input's shape that returns a plain `keras.Model`.

Every function is called as ``network((frames, features), classes, **sizes)`` and returns a model that is not
compiled: float32 (N, frames, features) in, probabilities (N, classes) out. All are made of Keras' own layers,
so that a stored model loads with safe mode on.

The course's own begin with a layer called ``normalise`` that `training.fit` adapts to the training set. The
variants named after papers take their inputs as the papers did; only those that are tuned begin with a batch
normalisation, called ``batch_norm``, that has been told the training set's mean and variance.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from ballet_lib.errors import BalletError
from ballet_lib.networks import attention, bilstm, lstm, tcn

if TYPE_CHECKING:
    import keras

Network = Callable[..., "keras.Model"]
"""A function of (frames, features), the number of classes, and sizes by name."""

NETWORKS: dict[str, Network] = {
    "lstm": lstm.lstm, "bilstm": bilstm.bilstm, "attention": attention.attention, "tcn": tcn.tcn,
    "frame-attention": attention.frame_attention,
    "lstm-paper": lstm.paper, "lstm-style": lstm.style,
    "bilstm-paper": bilstm.paper, "bilstm-tuned": bilstm.tuned, "lstm-tuned": lstm.tuned,
}  # fmt: skip
"""The course's own first, then the papers'."""


def build(network: str, shape: tuple[int, int], classes: int, **sizes) -> "keras.Model":
    """Build a network by name, see the functions of this package for its sizes.

    Raises
    ------
    BalletError
        If there is no such network, or it has no such size.
    """
    import inspect

    if network not in NETWORKS:
        raise BalletError(f"There is no network {network!r}. There are: {', '.join(NETWORKS)}.")
    known = list(inspect.signature(NETWORKS[network]).parameters)[2:]
    if unknown := sorted(set(sizes) - set(known)):
        raise BalletError(
            f"The network {network} has no size {', '.join(unknown)}. "
            f"It has: {', '.join(known) or 'none that can be changed'}."
        )
    return NETWORKS[network](shape, classes, **sizes)
