"""What a convolutional network looks at in a picture: gradient, guided backpropagation, Grad-CAM.

A model takes float32 (N, H, W, C). What is explained is the logit of an answer, the number before the
softmax, or the mean of a layer's features. Pictures come as the model takes them, or (N, H, W) for a model of
grey ones; maps of single pixels have their shape.
"""

from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.quiet_tensorflow import import_keras
from ballet_lib.saliency.answers import each_target
from ballet_lib.stills import MARGIN, dilated

if TYPE_CHECKING:
    import keras

BATCH = 64
"""Pictures that are explained at a time."""


# --- Maps -------------------------------------------------------------------------------------------------


def gradient(model: "keras.Model", pictures: np.ndarray, target=None, layer: str | None = None) -> np.ndarray:
    """Return how the answer changes with each pixel (Simonyan et al. 2014, section 3).

    Parameters
    ----------
    model
        Pictures (N, H, W, C) in, answers (N, K) out; a softmax at its end is left out.
    pictures
        (N, H, W, C), or (N, H, W) for a model of grey pictures; uint8, or float in the model's range.
    target
        Number of the answer to explain: int (N,), one for all, or None for what the model answers.
    layer
        Explain the mean of this layer's features instead of an answer, as the report on two streams does.

    Returns
    -------
        Signed, float32, in the shape of `pictures`.

    Raises
    ------
    BalletError
        If pictures, target or layer do not fit to the model.
    """
    X = _pictures(model, pictures)
    maps = _pixel_gradients(_inside(model, layer), X, _target(model, X, target, layer))
    return maps.reshape(np.shape(pictures))


def guided_backpropagation(
    model: "keras.Model", pictures: np.ndarray, target=None, layer: str | None = None
) -> np.ndarray:
    """Return the gradient that passes a ReLU only where both input and gradient are positive.

    Springenberg et al. (2015), "Striving for Simplicity", section 3.4. The maps are sharp, and much of their
    sharpness comes from the picture: they hardly depend on the upper layers' weights (Adebayo et al. 2018).

    Parameters
    ----------
    model, pictures, target, layer
        As in `gradient`.

    Returns
    -------
        Signed, float32, in the shape of `pictures`.

    Raises
    ------
    BalletError
        As `gradient`, or if the model has no ReLU.
    """
    X = _pictures(model, pictures)
    maps = _pixel_gradients(_inside(guided(model), layer), X, _target(model, X, target, layer))
    return maps.reshape(np.shape(pictures))


def grad_cam(model: "keras.Model", pictures: np.ndarray, target=None, layer: str | None = None) -> np.ndarray:
    """Return where the last convolution finds what speaks for an answer: Grad-CAM.

    Each channel is weighted by its mean gradient, the sum cut off below zero and enlarged to the picture
    (Selvaraju et al. 2017, section 3).

    Parameters
    ----------
    model, pictures, target
        As in `gradient`.
    layer
        Name of the layer whose channels are weighted; by default the last convolution, after the ReLU that
        follows it.

    Returns
    -------
        Not negative, float32 (N, H, W); all zero where nothing speaks for the answer.

    Raises
    ------
    BalletError
        As `gradient`, or if the model has no convolution, or that layer's output no height and width.
    """
    import tensorflow as tf

    X = _pictures(model, pictures)
    inside, maps = _inside(model, None, via=_channels(model, layer)), []
    for x, t in _batches(X, _target(model, X, target, None)):
        with tf.GradientTape() as tape:
            tape.watch(x)
            channels, logits = inside(x, training=False)
            told = tf.gather(logits, t, axis=1, batch_dims=1)
        weights = tf.reduce_mean(tape.gradient(told, channels), axis=(1, 2), keepdims=True)
        coarse = tf.nn.relu(tf.reduce_sum(weights * channels, axis=-1, keepdims=True))
        maps.append(tf.image.resize(coarse, X.shape[1:3])[..., 0].numpy())
    return np.concatenate(maps)


# --- Are they true? ---------------------------------------------------------------------------------------


def mass_within(maps: np.ndarray, masks: np.ndarray, margin: float = MARGIN) -> np.ndarray:
    """Return the share of each map's size that lies on the dancer: (N,), NaN for a map of zeros.

    Parameters
    ----------
    maps
        (N, H, W), or (N, H, W, C) whose channels are added; signs do not count.
    masks
        bool (N, H, W): true on the dancer.
    margin
        How far round her still counts, in longer sides of the picture: a map is coarser than a mask.

    Raises
    ------
    BalletError
        If the shapes differ.
    """
    sizes = np.abs(np.asarray(maps, dtype=np.float64))
    sizes = sizes.sum(axis=-1) if sizes.ndim == 4 else sizes
    if sizes.shape != np.shape(masks):
        raise BalletError(
            f"Maps {np.shape(maps)} and masks {np.shape(masks)} belong to other pictures. "
            "Give masks (N, H, W) of the pictures that the maps explain."
        )
    within = np.where(dilated(masks, margin), sizes, 0).sum(axis=(1, 2))
    with np.errstate(invalid="ignore"):
        return within / sizes.sum(axis=(1, 2))


def edges(pictures: np.ndarray) -> np.ndarray:
    """Return how much the grey changes around each pixel: float32 (N, H, W), the size of Sobel's gradient.

    What any edge detector sees, without having learnt anything: the yardstick for a map that looks good.

    Parameters
    ----------
    pictures
        (N, H, W), or (N, H, W, C) whose channels are averaged.

    Raises
    ------
    BalletError
        If they have another shape.
    """
    import cv2

    grey = np.asarray(pictures, dtype=np.float32)
    if grey.ndim not in (3, 4) or grey.size == 0:
        raise BalletError(f"Pictures are (N, H, W) or (N, H, W, C), not {grey.shape}. Give several.")
    grey = grey.mean(axis=-1) if grey.ndim == 4 else grey
    return np.stack([np.hypot(cv2.Sobel(one, -1, 1, 0), cv2.Sobel(one, -1, 0, 1)) for one in grey])


# --- The model, seen from inside --------------------------------------------------------------------------


def guided(model: "keras.Model") -> "keras.Model":
    """Return a model with the same layers and weights, each ReLU of which only passes positive gradients.

    Forwards it computes the same.

    Raises
    ------
    BalletError
        If it has no ReLU.
    """
    keras = import_keras()
    found = []

    def clone(layer):
        copy = layer.__class__.from_config(layer.get_config())
        if isinstance(layer, keras.layers.ReLU) and not layer.negative_slope and not layer.threshold:
            found.append(layer.name)
            copy = keras.layers.Activation(_guided_relu(layer.max_value), name=layer.name)
        elif getattr(layer, "activation", None) is keras.activations.relu:
            found.append(layer.name)
            copy.activation = _guided_relu(None)
        return copy

    twin = keras.models.clone_model(model, clone_function=clone)
    if not found:
        raise BalletError(
            f"The model {model.name} has no ReLU, so guided backpropagation would be its gradient. "
            "Use gradient, or train a network with ReLUs."
        )
    twin.set_weights(model.get_weights())
    return twin


def _guided_relu(most: float | None):
    """Make a ReLU whose gradient passes where it is positive and the ReLU lets it through."""
    import tensorflow as tf

    @tf.custom_gradient
    def relu(x):
        y = tf.nn.relu(x) if most is None else tf.clip_by_value(x, 0.0, most)

        def back(upstream):
            passes = (x > 0) & (upstream > 0)
            if most is not None:
                passes &= x < most
            return tf.where(passes, upstream, tf.zeros_like(upstream))

        return y, back

    relu.guided = True
    return relu


def _inside(model: "keras.Model", layer: str | None, via: str | None = None) -> "keras.Model":
    """Return a model of the same layers that ends in what is explained: (N, K) logits, or (N, 1) a mean.

    With `via`, the output of the layer of that name comes first.
    """
    keras = import_keras()
    if layer is None:
        told = _logits(model)
    else:
        flat = keras.layers.Flatten()(_layer(model, layer).output)
        told = keras.ops.mean(flat, axis=1, keepdims=True)
    return keras.Model(model.inputs, told if via is None else [_layer(model, via).output, told])


def _logits(model: "keras.Model"):
    """Return the symbolic output of the model without its softmax."""
    keras = import_keras()
    last = model.layers[-1]
    if isinstance(last, keras.layers.Softmax):
        return last.input
    if getattr(last, "activation", None) is not keras.activations.softmax:
        return model.output
    linear = last.__class__.from_config(last.get_config() | {"activation": "linear"})
    told = linear(last.input)
    linear.set_weights(last.get_weights())
    return told


def _layer(model: "keras.Model", name: str) -> "keras.layers.Layer":
    """Return a layer by its name.

    Raises
    ------
    BalletError
        If there is none.
    """
    names = [layer.name for layer in model.layers]
    if name not in names:
        raise BalletError(
            f"The model {model.name} has no layer {name!r}. Its last ones are: {', '.join(names[-6:])}."
        )
    return model.get_layer(name)


def _channels(model: "keras.Model", name: str | None) -> str:
    """Return the layer whose channels Grad-CAM weighs: the one asked for, or the last convolution's ReLU.

    Between a convolution and its ReLU may stand a normalisation; what comes after the ReLU belongs to others.
    """
    layers = import_keras().layers
    if name is not None:
        if len(getattr(_layer(model, name).output, "shape", ())) != 4:
            raise BalletError(
                f"The layer {name} of {model.name} has no height and width. Name a convolution."
            )
        return name
    convolutions = (layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D)
    last = max((n for n, layer in enumerate(model.layers) if isinstance(layer, convolutions)), default=None)
    if last is None:
        raise BalletError(
            f"The model {model.name} has no convolution among its layers, so there is no map of channels. "
            "Hand over a convolutional network, unpacked if it is a layer of another model."
        )
    following = model.layers[last:]
    passed = (*convolutions, layers.BatchNormalization, layers.Activation, layers.ReLU)
    end = next((n for n, layer in enumerate(following) if not isinstance(layer, passed)), len(following))
    return following[end - 1].name


# --- What goes in -----------------------------------------------------------------------------------------


def _pictures(model: "keras.Model", pictures: np.ndarray) -> np.ndarray:
    """Return pictures as the model takes them: float32 (N, H, W, C).

    Raises
    ------
    BalletError
        If the model takes no pictures, or others; there is none; or they have another range of values.
    """
    X, shape = np.asarray(pictures), model.input_shape
    if not (isinstance(shape, tuple) and len(shape) == 4):
        raise BalletError(
            f"The model {model.name} takes {shape}, not pictures (N, H, W, C). "
            "Explain models of sequences with saliency.gradient and its like."
        )
    takes = f"The model {model.name} takes pictures (N, {', '.join(map(str, shape[1:]))})"
    if X.dtype.kind not in "uif":
        raise BalletError(f"{takes}, and these are {X.dtype}. Give numbers: uint8, or float32.")
    X = X[..., None] if X.ndim == 3 and shape[-1] == 1 else X
    fits = X.ndim == 4 and all(
        known in (None, given) for known, given in zip(shape[1:], X.shape[1:], strict=True)
    )
    if not fits:
        raise BalletError(
            f"{takes}, and these are {np.shape(pictures)}. Resize them, and give grey ones to a model of one "
            "channel, colours to one of three."
        )
    if len(X) == 0:
        raise BalletError("There is no picture to explain. Check what was filtered out.")
    if not np.isfinite(X).all():
        raise BalletError("The pictures hold values that are no numbers. Close the gaps first.")
    _check_range(model, X, takes)
    return X.astype(np.float32)


def _check_range(model: "keras.Model", X: np.ndarray, takes: str) -> None:
    """A model that scales 0..255 by itself would see black where pictures from 0 to 1 come."""
    scaling = any(isinstance(layer, import_keras().layers.Rescaling) for layer in model.layers[:3])
    if scaling and (X.min() < 0 or X.max() > 255 or (X.dtype.kind == "f" and X.max() <= 1)):
        raise BalletError(
            f"{takes} with values from 0 to 255, and these go from {X.min():g} to {X.max():g}. "
            "Give them as uint8, or multiply them first."
        )


def _target(model: "keras.Model", X: np.ndarray, target, layer: str | None) -> np.ndarray:
    """Return which answer is explained for each picture: int32 (N,), zeros for a layer's mean.

    Raises
    ------
    BalletError
        If it is not one whole number a picture, the model has no such answer, or a layer is asked for too.
    """
    if layer is not None:
        if target is not None:
            raise BalletError("A layer's features have no target. Give target or layer, not both.")
        return np.zeros(len(X), np.int32)
    if len(model.output_shape) != 2:
        raise BalletError(
            f"The model {model.name} gives {model.output_shape}, not answers (N, K). "
            "Explain a layer instead: layer=..."
        )
    if target is None:
        parts = [model.predict_on_batch(X[start : start + BATCH]) for start in range(0, len(X), BATCH)]
        return np.concatenate(parts).argmax(axis=1).astype(np.int32)
    return each_target(target, len(X), model.output_shape[-1], "pictures")


def _batches(X: np.ndarray, target: np.ndarray):
    """Yield pictures and targets as tensors, `BATCH` at a time."""
    import tensorflow as tf

    for start in range(0, len(X), BATCH):
        some = slice(start, start + BATCH)
        yield tf.constant(X[some]), tf.constant(target[some])


def _pixel_gradients(inside: "keras.Model", X: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the gradient of the explained number with respect to the pixels: (N, H, W, C)."""
    import tensorflow as tf

    maps = []
    for x, t in _batches(X, target):
        with tf.GradientTape() as tape:
            tape.watch(x)
            told = tf.gather(inside(x, training=False), t, axis=1, batch_dims=1)
        maps.append(tape.gradient(told, x).numpy())
    return np.concatenate(maps)
