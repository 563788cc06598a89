"""A classifier compiled once, for one window at a time: what a live camera needs."""

import numpy as np

from ballet_lib.classifier import Classifier
from ballet_lib.features import feature_array
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.quiet_tensorflow import import_keras


class CompiledClassifier:
    """The probabilities of one window in about a millisecond, where `model.predict` needs eighty.

    `Model.predict` builds a data pipeline and callbacks on every call. Here the network, with the temperature
    of its model card, is compiled once for a batch of one (XLA, or a plain graph where XLA is not to be had).

    Parameters
    ----------
    classifier
        A trained classifier.
    """

    def __init__(self, classifier: Classifier):
        self.classifier = classifier
        self.labels, self.frames, self.fps = classifier.labels, classifier.frames, classifier.fps
        self._shape = (1, *classifier.model.input_shape[1:])
        self._function = self._compile()

    def probabilities(self, window: PoseSequence) -> np.ndarray:
        """Return how probable each label is for a window as long as a take: float32 (K,).

        Raises
        ------
        BalletError
            If nobody is in the window, or a feature cannot be computed from it.
        """
        card = self.classifier.card
        return self(feature_array(window, self.classifier.features, card["missing"]))

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """Return the probabilities for features (frames, F): float32 (K,)."""
        return self._function(np.ascontiguousarray(features[None], dtype=np.float32)).numpy()[0]

    def _compile(self):
        import_keras()
        import tensorflow as tf

        model, temperature = self.classifier.model, self.classifier.temperature

        def tempered(batch):
            told = model(batch, training=False)
            return told if temperature == 1 else tf.nn.softmax(tf.math.log(told + 1e-12) / temperature)

        signature = [tf.TensorSpec(self._shape, tf.float32)]
        for with_xla in (True, False):
            function = tf.function(tempered, input_signature=signature, jit_compile=with_xla)
            try:
                function(np.zeros(self._shape, dtype=np.float32))
                return function
            except (tf.errors.OpError, NotImplementedError, ValueError):  # no XLA for this processor or layer
                if not with_xla:
                    raise
