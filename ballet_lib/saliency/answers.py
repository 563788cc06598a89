"""The logit of an answer and its gradient: what every map of a sequence model is made of."""

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.quiet_tensorflow import import_keras

if TYPE_CHECKING:
    import keras

ROWS = 512
"""Sequences that are computed at a time."""
NORMALISE = "normalise"
"""Name of the layer that knows what an average frame is, see `networks`."""


class Answers:
    """A sequence model up to its logits, and their gradients, as two graphs that are built once.

    The model's weights are shared, not copied: what is trained later is explained as it is then. Dropout is
    off.

    Parameters
    ----------
    model
        Takes float32 (N, T, F), returns probabilities (N, K) by a softmax.

    Raises
    ------
    BalletError
        If the model has no time axis, or does not end in a softmax.
    """

    def __init__(self, model: "keras.Model"):
        import_keras()
        import tensorflow as tf

        shape = model.input_shape
        if not (isinstance(shape, tuple) and len(shape) == 3):
            raise BalletError(
                f"The model {model.name} takes {shape}, not sequences (takes, frames, features). "
                "Explain models of pictures with saliency.pictures."
            )
        self.model, self.shape = model, shape[1:]
        logits = logits_of(model)
        batch = tf.TensorSpec((None, *self.shape), tf.float32)

        def gradients(X, target):
            with tf.GradientTape() as tape:
                tape.watch(X)
                told = tf.gather(logits(X), target, axis=1, batch_dims=1)
            return tape.gradient(told, X)

        self._logits = tf.function(logits, [batch], autograph=False)
        self._gradients = tf.function(gradients, [batch, tf.TensorSpec((None,), tf.int32)], autograph=False)

    def logits(self, X: np.ndarray) -> np.ndarray:
        """Return the logits of (N, T, F): float32 (N, K)."""
        return np.concatenate([self._logits(part).numpy() for part in _parts(X)])

    def probabilities(self, X: np.ndarray) -> np.ndarray:
        """Return the probabilities of (N, T, F): float32 (N, K)."""
        from scipy.special import softmax

        return softmax(self.logits(X), axis=1)

    def gradients(self, X: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Return the gradient of each row's logit `target` (N,): float32 (N, T, F)."""
        parts = zip(_parts(X), _parts(target), strict=True)
        return np.concatenate([self._gradients(x, t).numpy() for x, t in parts])

    def inputs(self, X: np.ndarray) -> np.ndarray:
        """Return X as float32 (N, T, F).

        Raises
        ------
        BalletError
            If it has another shape than the model takes, holds no take, or values that are no numbers.
        """
        X = np.asarray(X, dtype=np.float32)
        fits = X.ndim == 3 and all(
            known in (None, given) for known, given in zip(self.shape, X.shape[1:], strict=True)
        )
        if not fits:
            raise BalletError(
                f"The model takes the shape (takes, {', '.join(map(str, self.shape))}), not {X.shape}. "
                "Make X with Classifier.inputs."
            )
        if len(X) == 0:
            raise BalletError("There is no take to explain. Check what was filtered out.")
        if not np.isfinite(X).all():
            raise BalletError(
                "X holds values that are no numbers. Close the gaps first: missing='interpolate' or 'zero'."
            )
        return X

    def target(self, X: np.ndarray, target=None) -> np.ndarray:
        """Return the answer to explain for each take as a number: int32 (N,).

        Parameters
        ----------
        X
            As `inputs` returns it.
        target
            int (N,), one int for all, or None for what the model answers.

        Raises
        ------
        BalletError
            If it is not one whole number a take, or the model has no such answer.
        """
        classes = self.model.output_shape[-1]
        if target is None:
            return self.logits(X).argmax(axis=1).astype(np.int32)
        return each_target(target, len(X), classes, "takes")

    def baseline(self, X: np.ndarray, baseline=None) -> np.ndarray:
        """Return what stands for nothing, as large as X: float32 (N, T, F).

        Parameters
        ----------
        X
            As `inputs` returns it.
        baseline
            (F,), (T, F) or (N, T, F); None for the average frame that the layer ``normalise`` has learnt,
            or zeros where there is no such layer.

        Raises
        ------
        BalletError
            If it does not fit to X, or holds values that are no numbers.
        """
        if baseline is None:
            learnt = self._normalise()
            baseline = 0 if learnt is None else np.ravel(learnt.mean)
        try:
            whole = np.broadcast_to(np.asarray(baseline, dtype=np.float32), X.shape)
        except (ValueError, TypeError) as error:
            raise BalletError(
                f"A baseline of shape {np.shape(baseline)} does not fit to {X.shape}. "
                "Give one frame, one sequence, or one sequence a take."
            ) from error
        if not np.isfinite(whole).all():
            raise BalletError("The baseline holds values that are no numbers. Give an average frame, say.")
        return whole

    def deviation(self, X: np.ndarray) -> np.ndarray:
        """Return how far each feature spreads: float32 (F,), as ``normalise`` has learnt it, or in X."""
        learnt = self._normalise()
        if learnt is None:
            return X.std(axis=(0, 1))
        return np.sqrt(np.ravel(learnt.variance)).astype(np.float32)

    def _normalise(self):
        return next((layer for layer in self.model.layers if layer.name == NORMALISE), None)


def answers_of(model: "keras.Model") -> Answers:
    """Return the `Answers` of a model, the same ones when it is asked again: building takes the time.

    Raises
    ------
    BalletError
        As `Answers`, or if it is no Keras model.
    """
    if not isinstance(model, import_keras().Model):
        raise BalletError(f"A {type(model).__name__} is no Keras model. Give Classifier.model, for example.")
    return _built(model)


_built = lru_cache(maxsize=8)(Answers)


def logits_of(model: "keras.Model"):
    """Return a function from a batch of inputs to the model's logits, the numbers before its softmax.

    Raises
    ------
    BalletError
        If the last layer is neither a softmax nor a dense layer with one.
    """
    import keras
    import tensorflow as tf
    from keras import layers

    softmax, last = keras.activations.softmax, model.layers[-1]
    if isinstance(last, layers.Softmax) or getattr(last, "activation", None) is softmax:
        before = keras.Model(model.inputs, last.input)
        if isinstance(last, layers.Dense):
            bias = last.bias if last.use_bias else 0.0
            return lambda X: tf.matmul(before(X, training=False), last.kernel) + bias
        if isinstance(last, layers.Softmax | layers.Activation):
            return lambda X: before(X, training=False)
    raise BalletError(
        f"The last layer of {model.name} is {last.name}, no softmax, so there is no answer to explain. "
        "Let the network end in Dense(classes, activation='softmax')."
    )


def each_target(target, count: int, classes: int, what: str) -> np.ndarray:
    """Return the answer that is asked for, one for each of so many takes or pictures: int32 (count,).

    Raises
    ------
    BalletError
        If it is not one whole number each, or there is no such answer among the classes.
    """
    given = np.asarray(target)
    if given.shape not in ((), (count,)) or not np.issubdtype(given.dtype, np.integer):
        raise BalletError(
            f"The target is {given.dtype} of shape {given.shape}. Give one whole number for each of the "
            f"{count} {what}, or None for what the model answers."
        )
    if given.min() < 0 or given.max() >= classes:
        raise BalletError(
            f"The model has {classes} answers, numbered from 0; the target asks for {int(given.min())} to "
            f"{int(given.max())}. Count as the model's labels do."
        )
    return np.broadcast_to(given, count).astype(np.int32)


def _parts(array: np.ndarray) -> list[np.ndarray]:
    return [array[start : start + ROWS] for start in range(0, len(array), ROWS)]
