"""Frame features: each frame of a take as the numbers that a frozen picture encoder gives for it.

The paper on sixteen dance styles feeds its BiLSTM so, with InceptionV3 trained on photographs. Those weights
take 88 MB. The course has an encoder of its own for those who have not got them, trained on drawn dancers
that no data set holds; `tools/make_frames.py` makes it, and the pictures of ``ballet6`` that ship.
"""

import hashlib
import json
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ballet_lib import DATASETS
from ballet_lib.array_files import read_npz, write_npz
from ballet_lib.errors import BalletError
from ballet_lib.files import replacing
from ballet_lib.takes import TakeSet

if TYPE_CHECKING:
    import keras

    from ballet_lib.studio.scene import Scene

SIDE = 64
"""Width and height of a picture, in pixels."""
KEPT = range(2, 40, 4)
"""The frames of a take of 40 that are kept as pictures: 10, five a second."""
MARGIN = 1.15
"""Side of the square that is cut out, in sizes of what must lie in it."""
GREYS = 8
"""Steps of the 256 greys that are stored as one; so few pixels show no difference, and the file halves."""
SHIPPED = DATASETS / "frames.npz"


# --- Pictures ---------------------------------------------------------------------------------------------


class Frames(NamedTuple):
    """Pictures of takes: `pictures` uint8 (N, 10, 64, 64), grey, and the ids of the N takes."""

    pictures: np.ndarray
    take_ids: tuple[str, ...]

    def of(self, takes: TakeSet) -> np.ndarray:
        """Return the pictures of these takes, in their order.

        Raises
        ------
        BalletError
            If a take has none.
        """
        row = {take_id: number for number, take_id in enumerate(self.take_ids)}
        if lacking := [take.take_id for take in takes if take.take_id not in row]:
            raise BalletError(f"There are no pictures of {lacking[0]}. Take one of: {self.take_ids[0]}, ...")
        return self.pictures[[row[take.take_id] for take in takes]]


def save_frames(frames: Frames, path: str | os.PathLike = SHIPPED) -> Path:
    """Write pictures into one ``.npz``, each but the first of a take as its change from the one before.

    The room behind the dancer does not change, so most of what is stored is zero. Greys are rounded down to
    `GREYS`.
    """
    coarse = frames.pictures // GREYS
    changes = np.diff(coarse, axis=1, prepend=np.zeros_like(coarse[:, :1]))  # uint8, which wraps round
    with replacing(path) as file:
        write_npz(file, {"changes": changes, "take_ids": np.array(frames.take_ids)})
    return Path(path)


def load_frames(path: str | os.PathLike = SHIPPED) -> Frames:
    """Read what `save_frames` wrote; by default the pictures of ``ballet6`` that ship.

    Raises
    ------
    BalletError
        If the file is missing, damaged, or holds something else.
    """
    arrays = read_npz(path)
    changes, ids = arrays.get("changes"), arrays.get("take_ids")
    if (
        changes is None or ids is None or changes.dtype != np.uint8
        or changes.shape != (ids.size, len(KEPT), SIDE, SIDE)
    ):  # fmt: skip
        raise BalletError(
            f"{path} holds no pictures of takes. Make it with: python tools/make_frames.py frames"
        )
    pictures = np.add.accumulate(changes, axis=1, dtype=np.uint8) * np.uint8(GREYS)
    return Frames(pictures, tuple(ids.astype(str).tolist()))


def draw_frames(
    scene: "Scene", kept: Sequence[int], margin: float = MARGIN, shift: tuple[float, float] = (0, 0)
) -> tuple[np.ndarray, np.ndarray]:
    """Draw frames of a scene, cut out the dancer, and tell where her joints are.

    The pictures are clean: without grain and without the traces of JPEG, which would not compress. One square
    holds the dancer in all frames, as a tracker would cut it; what lies beyond the picture repeats its edge.

    Parameters
    ----------
    scene
        Who dances what before which camera.
    kept
        Numbers of n frames.
    margin
        Side of the square, in sizes of the dance.
    shift
        By which the square misses the dancer's middle, right and down, in sides.

    Returns
    -------
        Grey pictures, uint8 (n, 64, 64), and joints, float32 (n, 33, 2), from 0 to 1 of the square.
    """
    pictures, joints, _ = draw_frames_with_masks(scene, kept, margin, shift)
    return pictures, joints


def draw_frames_with_masks(
    scene: "Scene", kept: Sequence[int], margin: float = MARGIN, shift: tuple[float, float] = (0, 0)
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw frames as `draw_frames` does, and tell which of their pixels show the dancer.

    Parameters
    ----------
    scene, kept, margin, shift
        As in `draw_frames`.

    Returns
    -------
        Pictures and joints as in `draw_frames`, and masks, bool (n, 64, 64): true where the dancer covers at
        least half of a pixel.
    """
    from dataclasses import replace

    import cv2

    clean = replace(scene, damage=None)
    kept = [int(number) for number in kept]
    points = clean.framed.landmarks(clean.points[kept], clean.size)[..., :2] * clean.size
    low, high = points.min(axis=(0, 1)), points.max(axis=(0, 1))
    side = max(round(float((high - low).max()) * margin), 2)
    corner = np.round((low + high) / 2 - side / 2 + np.array(shift) * side).astype(int)

    def cut(layer: np.ndarray, beyond: int) -> np.ndarray:
        wide = cv2.copyMakeBorder(layer, side, side, side, side, beyond)
        x, y = np.clip(corner + side, 0, np.array(wide.shape[::-1]) - side)
        return cv2.resize(wide[y : y + side, x : x + side], (SIDE, SIDE), interpolation=cv2.INTER_AREA)

    pictures, masks = [], []
    for picture in clean.pictures(only=kept):
        pictures.append(cut(cv2.cvtColor(picture.rgb, cv2.COLOR_RGB2GRAY), cv2.BORDER_REPLICATE))
        masks.append(cut(picture.mask.astype(np.uint8) * 255, cv2.BORDER_CONSTANT) >= 128)
    return np.stack(pictures), ((points - corner) / side).astype(np.float32), np.stack(masks)


# --- Encoders ---------------------------------------------------------------------------------------------

VARIABLE = "BALLET_ENCODER"
ENCODERS = ("inception", "course")
MODEL = DATASETS / "models" / "encoder.keras"
BATCH = 128
"""Pictures that are encoded at a time."""

INCEPTION_FILE = "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5"
INCEPTION_ADDRESS = (
    f"https://storage.googleapis.com/tensorflow/keras-applications/inception_v3/{INCEPTION_FILE}"
)
INCEPTION_MD5 = "bcbd6486424b2319ff4ef7d526e38f63"
"""Of the weights that Keras publishes without the top layer, as its source states it."""
QUICK = 8.0
"""Seconds that a download may take which nobody has asked for."""
SILENCE = 3.0
"""Seconds without an answer after which a download is given up."""


@dataclass(frozen=True)
class Encoder:
    """A frozen picture encoder.

    Attributes
    ----------
    name
        `"inception"` or `"course"`.
    model
        Takes pictures of its own size and returns float32 (N, values).
    about
        What it was trained on, in half a sentence.
    """

    name: str
    model: "keras.Model"
    about: str

    @property
    def values(self) -> int:
        """How many numbers describe a picture."""
        return int(self.model.output_shape[-1])

    def __call__(self, pictures: np.ndarray) -> np.ndarray:
        """Encode grey pictures, uint8 (..., height, width), to float32 (..., values).

        Raises
        ------
        BalletError
            If they have another shape or type, or there are none.
        """
        pictures = np.asarray(pictures)
        if pictures.dtype != np.uint8 or pictures.ndim < 3 or pictures.size == 0:
            raise BalletError(
                f"Pictures are grey, uint8 (..., height, width), not {pictures.dtype} {pictures.shape}. "
                "Take the mean of the colours first."
            )
        flat = pictures.reshape(-1, *pictures.shape[-2:], 1)
        parts = [flat[start : start + BATCH] for start in range(0, len(flat), BATCH)]
        values = np.concatenate([self.model.predict_on_batch(self._resized(part)) for part in parts])
        return values.reshape(*pictures.shape[:-2], -1).astype(np.float32, copy=False)

    def _resized(self, pictures: np.ndarray) -> np.ndarray:
        import keras

        pictures = pictures.astype(np.float32)
        height, width, channels = self.model.input_shape[1:]
        if pictures.shape[1:3] != (height, width):
            pictures = np.asarray(keras.ops.image.resize(pictures, (height, width)))
        return np.repeat(pictures, channels, axis=-1)


def encoder(which: str | None = None) -> Encoder:
    """Return a frozen encoder: InceptionV3 where its weights can be had at once, else the course's own.

    Parameters
    ----------
    which
        `"inception"` or `"course"`; by default what the environment variable `BALLET_ENCODER` says, and
        without it InceptionV3 if Keras has its weights already, or they come within `QUICK` seconds.

    Raises
    ------
    BalletError
        If there is no such encoder, or the one that was asked for cannot be had.
    """
    which = which or os.environ.get(VARIABLE, "").strip().lower() or None
    if which not in (None, *ENCODERS):
        raise BalletError(f"There is no encoder {which!r}. Set {VARIABLE} to {' or '.join(ENCODERS)}.")
    if which == "course":
        return _course()
    weights = _inception_weights(QUICK if which is None else None)
    if weights is not None:
        return _inception(weights)
    if which == "inception":
        raise BalletError(
            f"The weights of InceptionV3 cannot be had from {INCEPTION_ADDRESS}. Put that file into "
            f"{_keras_models()}, or set {VARIABLE}=course."
        )
    return _course()


def _course() -> Encoder:
    """Read the encoder that ships, with safe mode on."""
    from ballet_lib.quiet_tensorflow import import_keras

    keras = import_keras()
    try:
        model = keras.saving.load_model(MODEL, compile=False, safe_mode=True)
        card = json.loads(MODEL.with_suffix(".json").read_text(encoding="utf-8"))
    except Exception as error:  # Keras raises nearly anything
        raise BalletError(
            f"The course's encoder {MODEL.name} cannot be read ({type(error).__name__}). "
            "Make it with: python tools/make_frames.py encoder"
        ) from error
    model.trainable = False
    return Encoder("course", model, card["about"])


def _inception(weights: Path | None) -> Encoder:
    """Build InceptionV3 without its top, as the paper on sixteen styles uses it: 2 048 numbers a picture.

    The paper's pictures have 299 pixels a side. At the course's pace 96 must do, which is ten times quicker.
    """
    from ballet_lib.pace import choose
    from ballet_lib.quiet_tensorflow import import_keras

    keras = import_keras()
    side = choose(course=96, paper=299)
    pictures = keras.layers.Input((side, side, 3))
    scaled = keras.layers.Rescaling(1 / 127.5, offset=-1)(pictures)
    inception = keras.applications.InceptionV3(
        include_top=False, pooling="avg", weights=None if weights is None else str(weights),
        input_shape=(side, side, 3),
    )  # fmt: skip
    model = keras.Model(pictures, inception(scaled), name="inception")
    model.trainable = False
    return Encoder("inception", model, "InceptionV3, trained on the photographs of ImageNet")


def _keras_models() -> Path:
    """Where Keras keeps what it downloads."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "models"


def _inception_weights(seconds: float | None) -> Path | None:
    """Return the weights, downloaded if that takes no longer than `seconds`; None if they cannot be had."""
    from threading import Thread

    path = _keras_models() / INCEPTION_FILE
    if not path.is_file():
        # In a thread, since looking up an address has no time limit where the network is half broken.
        loading = Thread(target=_fetch, args=(path, seconds), daemon=True)
        loading.start()
        loading.join(seconds)
    return path if path.is_file() else None


def _fetch(path: Path, seconds: float | None) -> None:
    """Download the weights to `path`, or leave nothing: no network, too slow, no room, another file."""
    from http.client import HTTPException

    deadline = time.monotonic() + (float("inf") if seconds is None else seconds)
    with suppress(OSError, HTTPException, ValueError, BalletError), replacing(path) as file:
        _download(INCEPTION_ADDRESS, file, deadline)
        if hashlib.md5(file.read_bytes()).hexdigest() != INCEPTION_MD5:
            raise ValueError("it is another file")


def _download(address: str, file: Path, deadline: float) -> None:
    """Fetch a file, and give up after the deadline or `SILENCE` without a byte."""
    from urllib.request import urlopen

    with urlopen(address, timeout=SILENCE) as answer, file.open("wb") as out:
        while part := answer.read(1 << 18):
            out.write(part)
            if time.monotonic() > deadline:
                raise TimeoutError("the network is too slow")
