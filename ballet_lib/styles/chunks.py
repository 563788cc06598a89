"""Fewer frames, and shorter pieces: every so-manieth frame of a video, and chunks of thirty frames.

A chunk is no video. Chunks of one video show the same people in the same room, so that whoever divides train
and test by chunks asks what the model knows already; `Chunks.groups` tells the video of each.
"""

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.styles.videos import DanceVideo, DanceVideos

EVERY = (1, 5, 15, 30, 60)
"""The two-stream paper's sub-samplings, at 30 frames a second: every frame to one in two seconds."""
LENGTH = 30
"""Frames of a chunk, as in the paper on sixteen styles."""


def subsample(video: DanceVideo, every: int, first: int = 0) -> DanceVideo:
    """Keep each `every`-th frame.

    Parameters
    ----------
    video
        T frames.
    every
        1 keeps all.
    first
        The first frame that is kept.

    Returns
    -------
        The same video of ceil((T - first) / every) frames, at `every`-th of its frames a second.

    Raises
    ------
    BalletError
        If `every` is not positive, or there is no frame `first`.
    """
    if every < 1 or not 0 <= first < len(video):
        raise BalletError(
            f"{video.name} of {len(video)} frames has no frames {first}, {first} + {every}, and so on. "
            "Give a positive step, and a first frame that is there."
        )
    pictures = None if video.pictures is None else video.pictures[first::every]
    return replace(video, keypoints=video.keypoints[first::every], pictures=pictures, fps=video.fps / every)


@dataclass(frozen=True, eq=False)
class Chunks:
    """Where M chunks of videos begin.

    Attributes
    ----------
    video
        int (M,): the number of each chunk's video.
    start
        int (M,): its first frame.
    length
        Frames of each.
    """

    video: np.ndarray
    start: np.ndarray
    length: int

    def __len__(self) -> int:
        return len(self.video)

    def __getitem__(self, rows) -> "Chunks":
        """Return some chunks: a slice, a list of rows, or a mask of bool (M,)."""
        rows = np.atleast_1d(np.arange(len(self))[rows])
        return replace(self, video=self.video[rows], start=self.start[rows])

    def groups(self, names: Sequence[str]) -> np.ndarray:
        """Return the name of each chunk's video, what `names` (N,) tells of the videos: (M,)."""
        return self._of_videos(names, "names")[self.video]

    def of(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        """Cut the chunks out of what there is of each video.

        Parameters
        ----------
        arrays
            For each of the N videos an array (T, ...), as many frames as the video has.

        Returns
        -------
            (M, length, ...).

        Raises
        ------
        BalletError
            If there are fewer arrays than videos, one is too short, or they differ in more than length.
        """
        if not len(self):
            raise BalletError("There is no chunk. Choose at least one.")
        self._of_videos([len(array) for array in arrays], "arrays")
        cut = [
            arrays[video][start : start + self.length]
            for video, start in zip(self.video, self.start, strict=True)
        ]
        shapes = {piece.shape for piece in cut}
        if len(shapes) > 1 or len(cut[0]) != self.length:
            raise BalletError(
                f"Chunks of {self.length} frames come out as {', '.join(map(str, sorted(shapes)))}. Give "
                "arrays of all frames, of one kind: keypoints of several people go through skeletons.slots."
            )
        return np.stack(cut)

    def _of_videos(self, values: Sequence, what: str) -> np.ndarray:
        if len(values) <= self.video.max(initial=-1):
            raise BalletError(
                f"There are {len(values)} {what} and chunks of {self.video.max() + 1} videos. "
                "Give one for each video that was cut."
            )
        return np.asarray(values)


def cut(videos: Iterable[DanceVideo] | DanceVideos, length: int = LENGTH, step: int | None = None) -> Chunks:
    """Cut videos into chunks; a rest that is shorter than a chunk is left out.

    Parameters
    ----------
    videos
        N videos.
    length
        Frames of a chunk.
    step
        Frames from one beginning to the next; by default chunks do not overlap.

    Raises
    ------
    BalletError
        If a number is not positive, or no video is as long.

    Warns
    -----
    UserWarning
        If a video is shorter than a chunk; it is named.
    """
    step = length if step is None else step
    if length < 1 or step < 1:
        raise BalletError(f"Chunks of {length} frames every {step} cannot be. Give positive numbers.")
    videos = list(videos)
    starts = [np.arange(0, len(video) - length + 1, step) for video in videos]
    short = [video for video, some in zip(videos, starts, strict=True) if not len(some)]
    if len(short) == len(videos):
        longest = max(map(len, videos), default=0)
        raise BalletError(
            f"No video is {length} frames long; the longest has {longest}. "
            "Take shorter chunks or more frames."
        )
    if short:
        warnings.warn(
            f"{', '.join(video.name for video in short[:5])}{' and others' * (len(short) > 5)}: "
            f"{len(short)} of {len(videos)} videos are shorter than a chunk of {length} frames and left out.",
            stacklevel=2,
        )
    return Chunks(np.repeat(np.arange(len(videos)), list(map(len, starts))), np.concatenate(starts), length)
