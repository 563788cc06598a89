"""Dance videos: the keypoints of everybody in each frame, the style that is danced, and small pictures.

A video is what train and test are divided by: all of it lies on one side, and so do all videos of a dancer.
"""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import overload

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.names import check_label

PEOPLE = 20
"""People that are kept of a picture; Let's Dance shows up to twenty."""
SIDE = 64
"""Width and height of a video's small pictures, in pixels."""


@dataclass(frozen=True, eq=False, repr=False)
class DanceVideo:
    """One video of T frames with up to P people in each.

    Attributes
    ----------
    name
        Of the video, another one for each.
    style
        What is danced.
    keypoints
        float32 (T, P, 17, 3): x and y in pixels and a score, in COCO's order, P at most 20. What was not
        found is NaN: a point, a person, everybody.
    fps
        Frames per second.
    size
        (width, height) of the picture in pixels.
    dancers
        Who dances, if that is known.
    pictures
        uint8 (T, 64, 64), grey: the whole frame, with bars where it is no square. None without pictures.
    film
        What the video was cut from, if other videos were cut from it too.
    """

    name: str
    style: str
    keypoints: np.ndarray
    fps: float
    size: tuple[int, int]
    dancers: tuple[str, ...] = ()
    pictures: np.ndarray | None = None
    film: str = ""

    def __post_init__(self) -> None:
        put = object.__setattr__  # the only way into a frozen dataclass
        put(self, "name", check_label(self.name, "name of a video"))
        put(self, "style", check_label(self.style, "style"))
        dancers = (self.dancers,) if isinstance(self.dancers, str) else tuple(self.dancers)
        put(self, "dancers", tuple(check_label(dancer, "dancer") for dancer in dancers))
        put(self, "film", check_label(self.film, "film") if self.film else "")
        put(self, "keypoints", _checked_keypoints(self.keypoints, self.name))
        if not (np.isfinite(self.fps) and 0 < self.fps <= 1000):
            raise BalletError(
                f"{self.name}: {self.fps} frames per second cannot be. Give a number such as 30."
            )
        put(self, "size", _checked_size(self.size, self.name))
        if self.pictures is not None:
            _check_pictures(self.pictures, len(self), self.name)

    def __repr__(self) -> str:
        return f"DanceVideo({self.name}: {self.style}, {self.seconds:.3g} s, {self.people} people)"

    def __len__(self) -> int:
        return len(self.keypoints)

    @property
    def people(self) -> int:
        """How many people are followed."""
        return self.keypoints.shape[1]

    @property
    def seconds(self) -> float:
        """How long the video is."""
        return len(self) / self.fps


def _checked_keypoints(keypoints: np.ndarray, name: str) -> np.ndarray:
    keypoints = np.asarray(keypoints)
    if keypoints.ndim != 4 or keypoints.shape[2:] != (17, 3) or keypoints.dtype.kind not in "fiu":
        raise BalletError(
            f"{name}: keypoints are numbers of the shape (T, P, 17, 3): frames, people, points, x y score; "
            f"not {keypoints.dtype} {keypoints.shape}. For one person write keypoints[:, None]."
        )
    if not len(keypoints):
        raise BalletError(f"{name} holds no frame. Leave it out.")
    if keypoints.shape[1] > PEOPLE:
        raise BalletError(
            f"{name} has {keypoints.shape[1]} people, and {PEOPLE} are kept at most. "
            "Take those with the highest scores: skeletons.surest."
        )
    if np.isinf(keypoints).any():
        raise BalletError(f"{name}: keypoints hold infinite numbers. Write NaN for what was not found.")
    keypoints = keypoints.astype(np.float32)
    keypoints[np.isnan(keypoints).any(axis=-1)] = np.nan  # a point is found, or it is not
    return keypoints


def _checked_size(size: Sequence[int], name: str) -> tuple[int, int]:
    if np.shape(size) != (2,) or not all(0 < side <= 100_000 for side in size):
        raise BalletError(f"{name}: a picture of {size} cannot be. Give width and height in pixels.")
    return int(size[0]), int(size[1])


def _check_pictures(pictures: np.ndarray, frames: int, name: str) -> None:
    if getattr(pictures, "dtype", None) != np.uint8 or pictures.shape != (frames, SIDE, SIDE):
        what = f"{getattr(pictures, 'dtype', type(pictures).__name__)} {np.shape(pictures)}"
        raise BalletError(
            f"{name}: pictures of its {frames} frames are uint8 ({frames}, {SIDE}, {SIDE}), not {what}. "
            "Scale them to that size, in grey, or give None."
        )


@dataclass(frozen=True, eq=False, repr=False)
class DanceVideos:
    """Videos and the styles that are told apart.

    Attributes
    ----------
    videos
        At least one; each has a name of its own.
    labels
        The styles in the order of their numbers; by default those of the videos in order of appearance.
    """

    videos: tuple[DanceVideo, ...]
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "videos", tuple(self.videos))
        if not self.videos:
            raise BalletError("There is no video. Give at least one.")
        labels = tuple(self.labels) or tuple(dict.fromkeys(video.style for video in self.videos))
        object.__setattr__(self, "labels", tuple(check_label(label, "style") for label in labels))
        for what, texts in (("videos", [video.name for video in self.videos]), ("styles", self.labels)):
            if twice := [text for text, count in Counter(texts).items() if count > 1]:
                raise BalletError(f"Two {what} are named {twice[0]}. Rename one of them.")
        if strange := [video for video in self.videos if video.style not in self.labels]:
            raise BalletError(
                f"{strange[0].name} shows {strange[0].style}, which is none of {', '.join(self.labels)}. "
                "Name all styles in labels, or leave labels away."
            )

    def __repr__(self) -> str:
        count = Counter(video.style for video in self.videos)
        return f"DanceVideos({', '.join(f'{count[label]} {label}' for label in self.labels)})"

    def __len__(self) -> int:
        return len(self.videos)

    def __iter__(self) -> Iterator[DanceVideo]:
        return iter(self.videos)

    @overload
    def __getitem__(self, rows: int) -> DanceVideo: ...

    @overload
    def __getitem__(self, rows: slice | Sequence[int] | np.ndarray) -> "DanceVideos": ...

    def __getitem__(self, rows):
        """Return one video by its number, or a set of some: a slice, a list of rows, or bool (N,)."""
        if isinstance(rows, int | np.integer):
            return self.videos[rows]
        chosen = np.atleast_1d(np.arange(len(self))[rows])
        if not len(chosen):
            raise BalletError("No video is left of this choice. Choose at least one.")
        return replace(self, videos=tuple(self.videos[row] for row in chosen))

    @property
    def y(self) -> np.ndarray:
        """The style of each video as its number in `labels`: int (N,)."""
        number = {label: row for row, label in enumerate(self.labels)}
        return np.array([number[video.style] for video in self.videos])

    @property
    def names(self) -> np.ndarray:
        """The name of each video: str (N,)."""
        return np.array([video.name for video in self.videos])

    @property
    def dancers(self) -> tuple[str, ...]:
        """Everybody who is known to dance, in order of appearance."""
        return tuple(dict.fromkeys(dancer for video in self.videos for dancer in video.dancers))

    def split(self, names: str | Sequence[str]) -> tuple["DanceVideos", "DanceVideos"]:
        """Return all other videos, and those of these names.

        Raises
        ------
        BalletError
            If a name is not there, or no other video.
        """
        wanted = {names} if isinstance(names, str) else set(map(str, names))
        if strange := sorted(wanted - set(self.names.tolist())):
            raise BalletError(
                f"There is no video {strange[0]}. There are: {self.names[0]}, ... {self.names[-1]}."
            )
        those = np.isin(self.names, sorted(wanted))
        if those.all():
            raise BalletError("No video is left to learn from. Hold out fewer.")
        return self[~those], self[those]

    def folds(self, count: int = 4, seed: int = 0) -> Iterator[tuple["DanceVideos", "DanceVideos"]]:
        """Hold out each video once, in `count` parts with as much of each style as can be.

        Videos that share a dancer or a film stay together: none of them is ever on both sides.

        Parameters
        ----------
        count
            How many parts.
        seed
            Which videos go together.

        Returns
        -------
            Iterator of (train, test).

        Raises
        ------
        BalletError
            If there are fewer than two parts, or a style has fewer videos that share nothing than parts.
        """
        part = self._parts(count, seed)
        return ((self[part != number], self[part == number]) for number in range(count))

    @property
    def groups(self) -> np.ndarray:
        """A number for each video, the same one where a dancer or a film is shared: int (N,)."""
        group = np.arange(len(self))
        first: dict[tuple[str, str], int] = {}
        for row, video in enumerate(self.videos):
            shared = [("dancer", dancer) for dancer in video.dancers]
            for key in shared + [("film", video.film)] * bool(video.film):
                group[group == group[row]] = group[first.setdefault(key, row)]
        return np.unique(group, return_inverse=True)[1]

    def _parts(self, count: int, seed: int) -> np.ndarray:
        """Say in which part each video is held out: int (N,)."""
        if count < 2:
            raise BalletError(f"{count} parts make no folds. Give 2 or more.")
        groups = self.groups
        styles = np.zeros((groups.max() + 1, len(self.labels)), int)  # videos of each group by style
        np.add.at(styles, (groups, self.y), 1)
        for label, some in zip(self.labels, (styles > 0).sum(axis=0), strict=True):
            if 0 < some < count:
                alone = "video" if some == 1 else "videos without a dancer or film in common"
                raise BalletError(
                    f"{label} has {some} {alone}, too few for {count} folds. "
                    f"Add videos of {label}, leave the style out, or ask for fewer folds."
                )
        order = np.random.default_rng(seed).permutation(len(styles))
        order = order[np.argsort(-styles[order].sum(axis=1), kind="stable")]  # the largest first
        held = np.zeros((count, len(self.labels)), int)
        part = np.zeros(len(styles), int)
        for group in order:
            # Where least is held out of its styles, and of those where least is held out at all.
            part[group] = np.lexsort((held.sum(axis=1), held @ styles[group]))[0]
            held[part[group]] += styles[group]
        return part[groups]

    def save(self, path: str | os.PathLike) -> Path:
        """Write all videos into one ``.npz``.

        Raises
        ------
        BalletError
            If the name does not end in .npz, or the file cannot be written.
        """
        from ballet_lib.styles import video_files

        return video_files.save(self, path)

    @classmethod
    def load(cls, path: str | os.PathLike = "styles") -> "DanceVideos":
        """Read what `save` wrote; ``"styles"`` is the set that ships.

        Raises
        ------
        BalletError
            If it is missing, damaged, or holds something else.
        """
        from ballet_lib.styles import shipped, video_files

        if str(path) == "styles" and not Path(path).is_file():
            return shipped.load_shipped()
        return video_files.load(path)
