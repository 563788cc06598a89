"""Silhouettes: a dance as black figures on white, 64 pixels wide and 96 high, ten a second.

So small that a network can learn to draw them within a minute. They come from a film, by the pose model's
mask or, where the dancer is dark on a light ground, by a threshold; a zip of numbered PNGs keeps them.
"""

import os
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.names import check_id, file_names
from ballet_lib.silhouette_pictures import (
    FPS,
    HEIGHT,
    WIDTH,
    as_pictures,
    check_silhouettes,
    frame_dancer,
    iou,
)
from ballet_lib.video import probe, read_frames

__all__ = [
    "FPS",
    "HEIGHT",
    "WIDTH",
    "Silhouettes",
    "as_pictures",
    "clip_name",
    "frame_dancer",
    "iou",
    "join",
    "read_silhouettes",
]

CUTS = ("person", "threshold")
"""How a dancer is cut out: by the pose model's mask of a person, or because she is dark on a light ground."""
MOST_FRAMES = 36_000
"""Silhouettes in one zip, an hour of them: 220 MB in memory."""


@dataclass(frozen=True, repr=False)
class Silhouettes:
    """Clips of silhouettes.

    Attributes
    ----------
    clips
        For each name bool (T, 96, 64), true on the dancer, row 0 on top: in time order and without gaps. Up
        to its first ``_`` a name tells the dancer: ``anna_2`` is the second clip of ``anna``.
    fps
        Frames per second.
    """

    clips: dict[str, np.ndarray]
    fps: float = FPS

    def __post_init__(self) -> None:
        if not self.clips:
            raise BalletError("There is no clip of silhouettes. Give at least one.")
        for name, frames in self.clips.items():
            check_id(name, "name of a clip")
            if not len(check_silhouettes(frames)):
                raise BalletError(f"The clip {name} holds no frame. Leave it out.")
        if not (np.isfinite(self.fps) and 0 < self.fps <= 1000):
            raise BalletError(f"{self.fps} frames per second make no dance. Give a number such as {FPS:g}.")

    def __repr__(self) -> str:
        return f"Silhouettes({len(self)} frames of {', '.join(self.dancers)}, {self.fps:.4g} a second)"

    def __len__(self) -> int:
        return sum(map(len, self.clips.values()))

    @cached_property
    def frames(self) -> np.ndarray:
        """All clips one after the other: bool (N, 96, 64)."""
        return np.concatenate(list(self.clips.values()))

    @cached_property
    def groups(self) -> np.ndarray:
        """The dancer of each frame: str (N,)."""
        return np.repeat([_dancer(name) for name in self.clips], list(map(len, self.clips.values())))

    @property
    def dancers(self) -> tuple[str, ...]:
        """Who dances, in the order of the clips."""
        return tuple(dict.fromkeys(map(_dancer, self.clips)))

    def filter(self, dancer: str | Sequence[str]) -> "Silhouettes":
        """Return the clips of one dancer, or of several.

        Raises
        ------
        BalletError
            If a dancer is named who is not there, or none.
        """
        wanted = {dancer} if isinstance(dancer, str) else set(dancer)
        if strange := sorted(wanted - set(self.dancers)):
            raise BalletError(
                f"There are no silhouettes of {strange[0]}. There are: {', '.join(self.dancers)}."
            )
        return replace(self, clips={name: f for name, f in self.clips.items() if _dancer(name) in wanted})

    def split(self, dancers: str | Sequence[str]) -> tuple["Silhouettes", "Silhouettes"]:
        """Return the silhouettes of all others, and those of these dancers.

        Raises
        ------
        BalletError
            If a dancer is not there, or nobody else.
        """
        those = self.filter(dancers)
        others = [one for one in self.dancers if one not in those.dancers]
        if not others:
            raise BalletError("Nobody is left to learn from. Hold out fewer dancers.")
        return self.filter(others), those

    def windows(self, length: int, step: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """Cut stretches of `length` frames out, one every `step` frames, none across two clips.

        Returns
        -------
            bool (M, length, 96, 64), and the dancer of each, str (M,).

        Raises
        ------
        BalletError
            If no clip is as long, or a number is not positive.
        """
        if length < 1 or step < 1:
            raise BalletError(f"Windows of {length} frames every {step} cannot be. Give positive numbers.")
        long = {name: frames for name, frames in self.clips.items() if len(frames) >= length}
        if not long:
            raise BalletError(
                f"No clip is {length} frames long; the longest has {max(map(len, self.clips.values()))}. "
                "Take shorter windows or a longer dance."
            )
        starts = {name: range(0, len(frames) - length + 1, step) for name, frames in long.items()}
        cut = [long[name][start : start + length] for name, some in starts.items() for start in some]
        return np.stack(cut), np.repeat([_dancer(name) for name in starts], list(map(len, starts.values())))

    def save(self, path: str | os.PathLike) -> Path:
        """Write all clips into one zip of numbered PNGs, see `silhouette_files`.

        Raises
        ------
        BalletError
            If the name does not end in .zip, there are too many frames, or the file cannot be written.
        """
        from ballet_lib import silhouette_files

        return silhouette_files.save(self, path)

    @classmethod
    def load(cls, path: str | os.PathLike = "silhouettes") -> "Silhouettes":
        """Read a zip of numbered PNGs; ``"silhouettes"`` is the set that ships.

        Raises
        ------
        BalletError
            If it is missing or damaged, or holds anything but pictures 64 wide and 96 high, black on white,
            numbered without a gap: see `silhouette_files`.
        """
        from ballet_lib import silhouette_files

        return silhouette_files.load(path)


def join(several: Sequence[Silhouettes]) -> Silhouettes:
    """Put the clips of several sets into one.

    Raises
    ------
    BalletError
        If two clips have one name, or the sets differ by more than a tenth in frames per second.
    """
    check_together([name for one in several for name in one.clips], [one.fps for one in several])
    fps = float(np.median([one.fps for one in several]))
    return Silhouettes({name: frames for one in several for name, frames in one.clips.items()}, fps)


def check_together(names: Sequence[str], rates: Sequence[float]) -> None:
    """Refuse clips that cannot be in one set, by their names and their frames per second.

    Raises
    ------
    BalletError
        If two have one name, or the slowest and the fastest differ by more than a tenth.
    """
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise BalletError(f"Two clips are named {twice[0]}. Rename one of the films.")
    if max(rates) > 1.1 * min(rates):
        raise BalletError(
            f"Clips of {min(rates):.4g} and of {max(rates):.4g} frames a second make no set: one dance "
            "would have two speeds. Write a zip of each, or convert the films to one rate."
        )


def clip_name(text: str) -> str:
    """Make the name of a clip from that of a file or folder: ``Anna (2)`` gives ``anna_2``.

    Raises
    ------
    BalletError
        If nothing of it can name a clip.
    """
    plain = file_names([text])[text].lower()
    return check_id(re.sub(r"[^a-z0-9]+", "_", plain).strip("_"), "name of a clip")


def _dancer(clip: str) -> str:
    return clip.split("_")[0]


# --- Films ------------------------------------------------------------------------------------------------

MOST_FILLED = 3
"""Frames in a row without a dancer that are filled from their neighbours; more divide the clip."""
SHORTEST = 10
"""Frames of a clip that is worth keeping: a second."""
_SIDE = 256  # pixels of a mask's longer side, as the pose model's
_CONTRAST = 64  # grey levels between a dark dancer and a light ground, at least
_LIGHT_EDGE = 0.8  # share of the picture's edge that is light, if its ground is


def read_silhouettes(
    video: str | os.PathLike,
    every: int | None = None,
    cut: str = "person",
    *,
    name: str | None = None,
    progress: bool | Callable[[int], None] = True,
) -> Silhouettes:
    """Cut the dancer out of a film, frame by frame, and frame her, see `frame_dancer`.

    Up to three frames in a row without her are filled from the nearest; where she is away longer, one clip
    ends and the next begins: ``name_1``, ``name_2``. Clips of less than ten frames are left out. An hour of
    film takes 0.7 GB of memory.

    Parameters
    ----------
    video
        A film that `read_frames` reads.
    every
        Take the first of each `every` frames. By default so many that ten a second remain as nearly as
        possible: every other of 20, every third of 30.
    cut
        ``"person"`` asks the pose model, whatever is behind her; ``"threshold"`` (Otsu 1979) takes the
        largest dark figure on a light ground, and needs no model.
    name
        Of the clip; the film's own by default.
    progress
        Whether to show a bar; or a function called with 1 after each frame.

    Raises
    ------
    BalletError
        If the film cannot be read, is too long, or shows nobody for a second.

    Warns
    -----
    UserWarning
        If frames are left out, because nobody is in them or they are too few in a row.
    """
    from ballet_lib.pose import decoded_ahead, progress_bar

    if cut not in CUTS:
        raise BalletError(f"There is no cut '{cut}'. Choose one of {', '.join(CUTS)}.")
    path, info = Path(video), probe(video)
    name = clip_name(path.stem if name is None else name)
    every = step_between(info.fps) if every is None else every
    frames_read = read_frames(path, every)
    if (long := info.frames or 0) / every > MOST_FRAMES:
        raise BalletError(
            f"{path} is too long: {long / every:,.0f} silhouettes, and {MOST_FRAMES:,} is the most. "
            f"Cut it into pieces, or take fewer frames with every={int(long / MOST_FRAMES) + 1}."
        )
    masks = _Masks()
    with (
        _CUTTERS[cut](info.fps / every) as mask_of,
        progress_bar(progress, info.frames, every, path.name) as step,
        decoded_ahead(frames_read) as frames,
    ):
        for number, frame in enumerate(frames):
            masks.append(mask_of(frame, number))
            step(1)
    return Silhouettes(_clips(path, name, masks, info.fps / every, cut), info.fps / every)


def step_between(fps: float) -> int:
    """Return of how many frames one is taken, so that ten a second remain as nearly as possible."""
    return max(1, round(fps / FPS))


class _Masks:
    """Masks of one film, packed to bits, since an hour of them would take gigabytes."""

    def __init__(self) -> None:
        self._packed: list[np.ndarray] = []
        self._width = 0
        self.found: list[bool] = []

    def append(self, mask: np.ndarray) -> None:
        self._packed.append(np.packbits(mask, axis=-1))
        self._width = mask.shape[1]
        self.found.append(bool(mask.any()))

    def some(self, numbers: np.ndarray) -> "_Masks":
        chosen = _Masks()
        chosen._packed, chosen._width = [self._packed[number] for number in numbers], self._width
        return chosen

    def __len__(self) -> int:
        return len(self._packed)

    def __getitem__(self, number: int) -> np.ndarray:
        return np.unpackbits(self._packed[number], axis=-1, count=self._width).astype(bool)


@contextmanager
def _person(fps: float) -> Iterator[Callable[[np.ndarray, int], np.ndarray]]:
    """Yield the function that cuts out a person by the pose model's mask."""
    from ballet_lib.pose import PoseExtractor

    with PoseExtractor() as extractor, extractor.stream(masks=True) as stream:
        # A frame without a person has an empty mask.
        yield lambda frame, number: _largest(np.asarray(stream.frame(frame, number / fps).masks)[0] >= 128)


@contextmanager
def _dark(fps: float) -> Iterator[Callable[[np.ndarray, int], np.ndarray]]:
    """Yield the function that cuts out the largest dark figure; nothing, if the ground is not light."""
    yield lambda frame, number: _dark_figure(frame)


_CUTTERS = dict(zip(CUTS, (_person, _dark), strict=True))


def _dark_figure(frame: np.ndarray) -> np.ndarray:
    import cv2

    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    scale = min(1.0, _SIDE / max(grey.shape))
    size = [max(1, round(side * scale)) for side in grey.shape[::-1]]
    grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    dark = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)[1].astype(bool)
    edge = np.concatenate([dark[0], dark[-1], dark[:, 0], dark[:, -1]])
    nobody = dark.all() or not dark.any() or 1 - edge.mean() < _LIGHT_EDGE
    if nobody or grey[~dark].mean() - grey[dark].mean() < _CONTRAST:
        return np.zeros_like(dark)
    return _largest(dark)


def _largest(mask: np.ndarray) -> np.ndarray:
    """Keep the largest connected piece of a mask."""
    import cv2

    pieces, stats = cv2.connectedComponentsWithStats(mask.astype(np.uint8))[1:3]
    return pieces == 1 + stats[1:, cv2.CC_STAT_AREA].argmax() if len(stats) > 1 else mask


def _clips(path: Path, name: str, masks: _Masks, fps: float, cut: str) -> dict[str, np.ndarray]:
    """Divide a film where the dancer is away, and frame each clip by itself."""
    found = np.flatnonzero(masks.found)
    parts = np.split(found, np.flatnonzero(np.diff(found) > MOST_FILLED + 1) + 1)
    parts = [part for part in parts if len(part) and part[-1] - part[0] + 1 >= SHORTEST]
    if not parts:
        what, instead = ("a dark dancer on a light ground", "person") if cut == "threshold" else (
            "a dancer", "threshold")  # fmt: skip
        raise BalletError(
            f"{path} shows {what} in {len(found)} of {len(masks)} frames, nowhere for {SHORTEST} in a row. "
            f"See that she is whole in the picture and well lit, give a longer film, or try cut='{instead}'."
        )
    kept = sum(part[-1] - part[0] + 1 for part in parts)
    if kept < len(masks):
        warnings.warn(
            f"{path}: {len(masks) - kept} of {len(masks)} frames are left out, since they show no dancer "
            f"for {SHORTEST} frames in a row.",
            stacklevel=3,
        )
    names = [name] if len(parts) == 1 else [f"{name}_{number}" for number in range(1, len(parts) + 1)]
    framed = {}
    for each, part in zip(names, parts, strict=True):
        some: Any = masks.some(_nearest(part))  # it has a length and items, which is all that is asked
        framed[each] = frame_dancer(some, fps)
    return framed


def _nearest(found: np.ndarray) -> np.ndarray:
    """Return for each frame from the first found to the last the nearest in which she was found."""
    frames = np.arange(found[0], found[-1] + 1)
    after = np.searchsorted(found, frames)
    before = np.maximum(after - 1, 0)
    return np.where(frames - found[before] < found[after] - frames, found[before], found[after])
