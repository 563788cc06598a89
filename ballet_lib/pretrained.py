"""Large networks trained on photographs, where their weights are at hand; nothing is downloaded."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.frame_features import INCEPTION_FILE
from ballet_lib.quiet_tensorflow import import_keras

if TYPE_CHECKING:
    import keras


class Architecture(NamedTuple):
    """A network of `keras.applications`: its function, its module, the file of its weights, and its side."""

    function: str
    module: str
    file: str
    side: int


ARCHITECTURES = {
    "resnet50": Architecture(
        "ResNet50", "resnet50", "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5", 224
    ),
    "inception": Architecture("InceptionV3", "inception_v3", INCEPTION_FILE, 299),
}


class Pretrained(NamedTuple):
    """A network up to its last features, with all its layers; `name` is that of `ARCHITECTURES`."""

    name: str
    model: "keras.Model"

    @property
    def layer(self) -> str:
        """Name of the layer that gives the last features."""
        return self.model.layers[-1].name

    def prepare(self, pictures: np.ndarray) -> np.ndarray:
        """Return uint8 pictures (N, H, W) or (N, H, W, 3) as the network takes them: float32 (N, S, S, 3).

        Raises
        ------
        BalletError
            If they have another shape or type.
        """
        import cv2

        keras = import_keras()
        pictures = np.asarray(pictures)
        grey = pictures.ndim == 3
        if pictures.dtype != np.uint8 or not (grey or (pictures.ndim == 4 and pictures.shape[-1] == 3)):
            raise BalletError(
                f"Pictures are uint8 (N, H, W) or (N, H, W, 3), not {pictures.dtype} {pictures.shape}. "
                "Give several at a time, grey or in colours, from 0 to 255."
            )
        about = ARCHITECTURES[self.name]
        colours = np.repeat(pictures[..., None], 3, axis=-1) if grey else pictures
        large = [cv2.resize(one, (about.side, about.side)) for one in colours]
        module = getattr(keras.applications, about.module)
        return module.preprocess_input(np.array(large, np.float32).reshape(-1, about.side, about.side, 3))


def pretrained(which: str | None = None, file: str | os.PathLike | None = None) -> Pretrained:
    """Return a network that was trained on ImageNet, without its last layer, from a file of its weights.

    Parameters
    ----------
    which
        A name of `ARCHITECTURES`; None for the first whose weights Keras has downloaded before.
    file
        The weights as Keras publishes them, "notop"; None to look where Keras keeps its downloads.

    Raises
    ------
    BalletError
        If there is no such network, its weights are not here, or the file holds others.
    """
    if which is not None and which not in ARCHITECTURES:
        raise BalletError(f"There is no network {which!r}. Choose from {', '.join(ARCHITECTURES)}.")
    if file is not None:
        if which is None or not Path(file).is_file():
            raise BalletError(
                f"{file} is not there, or it is not said whose weights it holds. "
                "Call pretrained('resnet50', file), say, with the path of a file."
            )
        return _read(which, Path(file))
    folder = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "models"
    for name in ARCHITECTURES if which is None else [which]:
        if (found := folder / ARCHITECTURES[name].file).is_file():
            return _read(name, found)
    wanted = " or ".join(ARCHITECTURES[name].file for name in ([which] if which else ARCHITECTURES))
    raise BalletError(
        f"The weights are not in {folder}. Put {wanted} there, as keras.applications does when it is "
        "called with include_top=False, weights='imagenet'."
    )


def _read(name: str, file: Path) -> Pretrained:
    keras = import_keras()
    about = ARCHITECTURES[name]
    build = getattr(keras.applications, about.function)
    try:
        model = build(include_top=False, weights=str(file), input_shape=(about.side, about.side, 3))
    except Exception as error:  # Keras and h5py raise nearly anything
        raise BalletError(
            f"{file} does not hold the weights of {about.function} ({type(error).__name__}). "
            "Download it again, in the version without the top layer."
        ) from error
    model.trainable = False
    return Pretrained(name, model)
