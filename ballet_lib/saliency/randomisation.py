"""Does a map depend on what was learnt? Randomise the weights layer by layer, and see whether it changes.

A method whose maps stay as they are when the network has forgotten everything shows the input, not the
network (Adebayo et al. 2018, "Sanity Checks for Saliency Maps").
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.errors import BalletError

if TYPE_CHECKING:
    import keras


def randomised(model: "keras.Model", seed: int = 0) -> "Iterator[tuple[str, keras.Model]]":
    """Go down from the last layer, and forget one more each time: (name of the layer, new model).

    Each model is a copy in which this layer and all above it have new weights, drawn by the layers' own
    initialisers (Adebayo et al. 2018, section 3.1, cascading). Layers without weights are passed over, and so
    is ``normalise``, which holds what was measured and not what was learnt. The model given is not changed.

    Parameters
    ----------
    model
        Of sequences or of pictures.
    seed
        Of the new weights. TensorFlow's and NumPy's own random states are set by it.
    """
    import keras
    from keras import layers

    keras.utils.set_random_seed(seed)
    fresh = {layer.name: layer.get_weights() for layer in keras.models.clone_model(model).layers}
    forgotten: list[str] = []
    for layer in reversed(model.layers):
        if not layer.weights or isinstance(layer, layers.Normalization):
            continue
        forgotten.append(layer.name)
        copy = copied(model)
        for name in forgotten:
            copy.get_layer(name).set_weights(fresh[name])
        yield layer.name, copy


def copied(model: "keras.Model") -> "keras.Model":
    """Return a second model of the same layers with the same weights, which can be changed by itself."""
    import keras
    from keras import layers

    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    for layer in copy.layers:
        if isinstance(layer, layers.Normalization):
            layer.finalize_state()  # it computes with mean and variance made of its weights
    return copy


def agreement(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the rank correlation (Spearman) of the sizes of two maps, take by take: (N,).

    NaN where a map is flat.

    Parameters
    ----------
    a, b
        (N, ...) of one shape.

    Raises
    ------
    BalletError
        If the shapes differ.
    """
    from scipy.stats import rankdata

    if np.shape(a) != np.shape(b) or np.ndim(a) < 2:
        raise BalletError(
            f"Maps of the shapes {np.shape(a)} and {np.shape(b)} cannot be compared. Use one shape."
        )
    ranks = []
    for maps in (a, b):
        rank = rankdata(np.abs(maps).reshape(len(maps), -1), axis=1)
        ranks.append(rank - rank.mean(axis=1, keepdims=True))
    with np.errstate(invalid="ignore"):
        return (ranks[0] * ranks[1]).sum(1) / np.sqrt((ranks[0] ** 2).sum(1) * (ranks[1] ** 2).sum(1))
