"""Keras without the lines that TensorFlow writes by itself."""

import logging
import os

from ballet_lib.quiet_mediapipe import quiet


def import_keras():
    """Import TensorFlow in silence and return ``keras``; its errors come as exceptions all the same.

    TensorFlow announces oneDNN and a missing graphics card, twice, on the file descriptor that notebooks show
    under the cell, and it takes several small models in a row for one that is traced too often.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with quiet():  # some lines come before that variable is read
        import keras
        import tensorflow as tf
    tf.get_logger().addFilter(_no_talk_of_tracing)
    return keras


def _no_talk_of_tracing(record: logging.LogRecord) -> bool:
    return "tf.function retracing" not in record.getMessage()
