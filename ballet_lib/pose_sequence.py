"""One person's landmarks over time, in memory and on disk.

Image landmarks have x right and y down, in [0, 1] of the picture. World landmarks are in metres from the
middle of the hips; MediaPipe's y points *down* there too, so a head has a negative y.
"""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ballet_lib.array_files import read_npz
from ballet_lib.errors import BalletError
from ballet_lib.files import replacing

LARGEST_META = 1 << 25
"""Bytes of what a pose file says about itself, 32 MB: JSON may take twenty times as much in memory."""


class WhenAsked:
    """An attribute that may be given as a function, which is then called when it is first asked for."""

    def __init__(self, required: bool = False):
        self._required = required

    def __set_name__(self, owner: type, name: str):
        self.name = f"_{name}"

    def __get__(self, holder, owner: type) -> Any:
        if holder is None:  # the dataclass asks for a default
            if self._required:
                raise AttributeError
            return None
        if callable(value := holder.__dict__[self.name]):
            holder.__dict__[self.name] = value = value()
        return value

    def __set__(self, holder, value: np.ndarray | Callable[[], np.ndarray] | None) -> None:
        holder.__dict__[self.name] = value


@dataclass
class PoseSequence:
    """One person's landmarks over time.

    Attributes
    ----------
    landmarks
        float32 (T, 33, 4): x, y in [0, 1] of the picture (y down), z in the same scale as x with the hips
        at 0, visibility in [0, 1]. A frame without the person is all NaN.
    world
        float32 (T, 33, 3) in metres from the middle of the hips, y down, NaN in the same frames; or None. May
        be given as a function that returns it, called when it is first asked for.
    fps
        Frames of this sequence per second; 1 for a single picture.
    size
        (width, height) of the picture in pixels.
    source
        Name of the file that the frames came from.
    masks
        uint8 (T, h, w): how surely a pixel shows the person, 0 to 255; or None, unless asked for.
    meta
        Anything else worth keeping that JSON can hold, such as how the landmarks were made.
    """

    landmarks: np.ndarray
    if TYPE_CHECKING:
        world: Any
    else:
        world: np.ndarray | Callable[[], np.ndarray] | None = WhenAsked(required=True)
    fps: float
    size: tuple[int, int]
    source: str
    masks: np.ndarray | None = None
    meta: dict = field(default_factory=dict)

    def __post_init__(self):
        self.landmarks = _array("landmarks", self.landmarks, np.float32, (None, 33, 4))
        frames = len(self.landmarks)
        world = self.__dict__["_world"]
        if world is not None and not callable(world):
            self.world = _array("world", world, np.float32, (frames, 33, 3))
        if self.masks is not None:
            self.masks = _array("masks", self.masks, np.uint8, (frames, None, None))
        if not (np.isfinite(self.fps) and self.fps > 0):
            raise BalletError(f"A sequence of {self.fps} frames per second cannot be. Give a number above 0.")
        if len(self.size) != 2 or not all(side > 0 for side in self.size):
            raise BalletError(f"A picture of size {self.size} has no area. Give (width, height) in pixels.")
        self.fps, self.size = float(self.fps), (int(self.size[0]), int(self.size[1]))

    def __len__(self) -> int:
        return len(self.landmarks)

    def __getitem__(self, frames: int | slice | Sequence[int]) -> "PoseSequence":
        """Return a sequence of some of the frames: one, a slice, or those of a list."""
        frames = slice(frames, frames + 1 or None) if isinstance(frames, int | np.integer) else frames
        world, masks = (None if array is None else array[frames] for array in (self.world, self.masks))
        return replace(self, landmarks=self.landmarks[frames], world=world, masks=masks)

    @property
    def found(self) -> np.ndarray:
        """bool (T,): in which frames the person was found."""
        return ~np.isnan(self.landmarks[:, :, 0]).all(axis=1)

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return len(self) / self.fps

    def resample(self, fps: float | None = None, frames: int | None = None) -> "PoseSequence":
        """Return the same time in other frames: at another rate, or in a number of frames.

        Points are interpolated linearly; a new frame is missing (NaN) where the nearest old one is, and
        where only its other neighbour is missing, the nearest stands in. Masks are dropped.

        Parameters
        ----------
        fps
            Frames per second of the result, which ends no later than this sequence.
        frames
            Or the number of frames: the first and the last frame stay, the rate follows.

        Raises
        ------
        BalletError
            If not exactly one of the two is given, or it is not positive, or there is no frame.
        """
        wanted = [number for number in (fps, frames) if number is not None]
        if len(wanted) != 1 or not 0 < wanted[0] < np.inf or len(self) == 0:
            raise BalletError(
                "Resampling needs frames to start from, and a positive fps or number of frames."
            )
        last = len(self) - 1
        if fps is not None:
            when = np.arange(int(last / self.fps * fps + 1e-6) + 1) * self.fps / fps
        else:
            when = np.linspace(0, last, int(wanted[0]))
            fps = self.fps * (wanted[0] - 1) / last if last and wanted[0] > 1 else self.fps
        when = np.minimum(when, last)
        return replace(self, landmarks=points_at(self.landmarks, when), fps=fps, masks=None,
                       world=None if self.world is None else points_at(self.world, when))  # fmt: skip

    def save(self, path: str | os.PathLike, **more: np.ndarray) -> Path:
        """Write the sequence to an ``.npz`` file, which appears under its name only when it is complete.

        `more` arrays go into the same file; `load` passes over them.

        Raises
        ------
        BalletError
            If the name does not end in .npz or the file cannot be written.
        """
        path = Path(path)
        if path.suffix != ".npz":
            raise BalletError(f"{path.name} is no name for a pose file. End it in .npz.")
        optional: dict[str, Any] = {"world": self.world, "masks": self.masks}
        with replacing(path) as temporary:
            np.savez_compressed(
                temporary,
                landmarks=self.landmarks,
                fps=np.float64(self.fps),
                size=np.array(self.size),
                source=np.array(self.source),
                meta=np.array(json.dumps(self.meta)),
                **{name: array for name, array in (optional | more).items() if array is not None},
            )
        return path

    @classmethod
    def load(cls, path: str | os.PathLike) -> "PoseSequence":
        """Read a sequence that `save` wrote; nothing in the file is ever executed.

        Raises
        ------
        BalletError
            If the file is missing, cut off, or no pose file.
        """
        path = Path(path)
        if not path.is_file():
            raise BalletError(
                f"{path} is not there. Check the spelling, or make it with: ballet extract VIDEO -o DIR"
            )
        mend = "Make it anew with: ballet extract VIDEO -o DIR"
        arrays = read_npz(path)
        try:
            if "meta" in arrays and arrays["meta"].nbytes > LARGEST_META:
                raise BalletError("it says more about itself than can be.")
            return cls(
                landmarks=arrays["landmarks"],
                world=arrays.get("world"),
                fps=float(arrays["fps"]),
                size=tuple(int(side) for side in arrays["size"]),  # type: ignore[arg-type]  # two? it is checked
                source=str(arrays["source"]),
                masks=arrays.get("masks"),
                meta=json.loads(str(arrays["meta"])) if "meta" in arrays else {},
            )
        except KeyError as error:
            raise BalletError(f"{path} holds no {error}, so it is no pose file. {mend}") from error
        except BalletError as error:
            raise BalletError(f"{path} is no pose file: {error} {mend}") from error
        except Exception as error:  # arrays of another tool fail in a dozen ways
            raise BalletError(f"{path} is no pose file ({type(error).__name__}). {mend}") from error


def points_at(points: np.ndarray, when: np.ndarray) -> np.ndarray:
    """Interpolate (T, 33, C) at fractional frames (N,): (N, 33, C)."""
    before = np.floor(when).astype(int)
    after = np.minimum(before + 1, len(points) - 1)
    share = (when - before).astype(np.float32)[:, None, None]
    mixed = points[before] + (points[after] - points[before]) * share
    nearest = points[np.round(when).astype(int)]
    return np.where(np.isnan(mixed) | np.isnan(nearest), nearest, mixed)


def _array(name: str, array, dtype, shape: tuple) -> np.ndarray:
    array = np.asarray(array)
    if array.ndim != len(shape) or any(
        side not in (None, has) for side, has in zip(shape, array.shape, strict=True)
    ):
        wanted = ", ".join("any" if side is None else str(side) for side in shape)
        raise BalletError(f"The {name} have the shape {array.shape}, not ({wanted}). Check the axes.")
    if not (np.issubdtype(array.dtype, np.number)):
        raise BalletError(f"The {name} are {array.dtype}, not numbers. Check what was put in.")
    return array.astype(dtype, copy=False)
