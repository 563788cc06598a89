"""Two streams of a dance video: its pictures as an encoder's numbers, its people as normalised keypoints."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.styles.videos import PEOPLE, DanceVideo, DanceVideos

STREAMS = ("both", "poses", "pictures")
AT_A_TIME = 32
"""Pictures that a large encoder sees at a time."""


@dataclass(frozen=True, eq=False)
class Streams:
    """Sequences of N videos, ready for a network.

    Attributes
    ----------
    pictures
        float32 (N, steps, values), or None without this stream.
    poses
        float32 (N, steps, 20, 51): the people of each step in `skeletons.slots`; None without this stream.
    y
        Number of the style of each: int (N,).
    names
        Of the videos: str (N,).
    labels
        The styles.
    """

    pictures: np.ndarray | None
    poses: np.ndarray | None
    y: np.ndarray
    names: np.ndarray
    labels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.y)

    @property
    def inputs(self) -> list[np.ndarray]:
        """What a network of `networks.two_stream` is fed: pictures and poses, as far as they are there."""
        return [stream for stream in (self.pictures, self.poses) if stream is not None]


@dataclass(frozen=True, eq=False)
class VideoStreams:
    """Both streams of one video, frame by frame.

    Attributes
    ----------
    name
        Of the video.
    pictures
        float32 (T, values), or None.
    poses
        float32 (T, P, 51) of the P people who are followed, or None.
    """

    name: str
    pictures: np.ndarray | None
    poses: np.ndarray | None

    def __len__(self) -> int:
        return len(self.poses if self.pictures is None else self.pictures)

    def __getitem__(self, frames) -> "VideoStreams":
        """Return some of the frames: a slice, or int (n,)."""
        some = [stream if stream is None else stream[frames] for stream in (self.pictures, self.poses)]
        return VideoStreams(self.name, *some)

    @property
    def seen(self) -> np.ndarray:
        """In which frames there is somebody, as far as the poses tell: bool (T,)."""
        return np.ones(len(self), bool) if self.poses is None else self.poses.any(axis=(1, 2))


def two_streams(
    videos: DanceVideos,
    every: int = 5,
    steps: int | None = None,
    encoder: str = "course",
    streams: str = "both",
) -> Streams:
    """Take every k-th frame of each video as the numbers that a network of two streams reads.

    Parameters
    ----------
    videos
        N videos.
    every
        How many frames further the next step is.
    steps
        How many steps, from the beginning; by default as many as the shortest video has.
    encoder
        ``course``, ``resnet50`` or ``inception``, see `picture_encoder`.
    streams
        ``both``, ``poses`` or ``pictures``.

    Raises
    ------
    BalletError
        If a video is too short, has no pictures where they are asked for, or a setting is unknown.
    """
    if every < 1 or every != int(every) or (steps is not None and steps < 1):
        raise BalletError(f"Every {every} frames and {steps} steps cannot be. Give whole numbers from 1.")
    rows = each_video(videos, streams, encoder, every)
    steps = steps or min(map(len, rows))
    return Streams(
        *stacked([check_length(row, steps)[:steps] for row in rows], people=PEOPLE),
        videos.y, videos.names, videos.labels,
    )  # fmt: skip


def check_length(video: VideoStreams, steps: int) -> VideoStreams:
    """Return a video that has so many steps; raise `BalletError` if it has fewer."""
    if len(video) < steps:
        raise BalletError(
            f"{video.name} has {len(video)} steps, too short for sequences of {steps}. "
            "Leave it out, or take fewer steps or more of its frames."
        )
    return video


def stacked(
    rows: list[VideoStreams], people: int | None = None
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Stack pieces of equal length: pictures (N, steps, values) and poses (N, steps, people, 51), or None.

    Where there are fewer people, slots of zeros stand for the others; `people` is by default the most of
    any row, so that no network computes slots that all are empty.
    """
    pictures = poses = None
    if rows[0].pictures is not None:
        pictures = np.stack([row.pictures for row in rows])
    if rows[0].poses is not None:
        most = people or max(row.poses.shape[1] for row in rows)
        poses = np.zeros((len(rows), len(rows[0]), most, rows[0].poses.shape[2]), np.float32)
        for number, row in enumerate(rows):
            poses[number, :, : row.poses.shape[1]] = row.poses
    return pictures, poses


def each_video(
    videos: Iterable[DanceVideo], streams: str = "both", encoder: str = "course", every: int = 1
) -> list[VideoStreams]:
    """Return the streams of each video, of every k-th frame.

    Parameters
    ----------
    videos, streams, encoder, every
        As in `two_streams`.

    Raises
    ------
    BalletError
        If a video has no pictures where they are asked for, or there is no such stream or encoder.
    """
    from ballet_lib.styles.skeletons import slots

    if streams not in STREAMS:
        raise BalletError(f"There is no stream {streams!r}. There are: {', '.join(STREAMS)}.")
    videos = list(videos)
    pictures = [None] * len(videos) if streams == "poses" else encoded(videos, encoder, every)
    poses = [None] * len(videos)
    if streams != "pictures":
        poses = [slots(one.keypoints[::every], PEOPLE)[:, : max(1, one.people)] for one in videos]
    return [VideoStreams(one.name, p, q) for one, p, q in zip(videos, pictures, poses, strict=True)]


_ENCODED: WeakKeyDictionary[DanceVideo, dict[tuple, np.ndarray]] = WeakKeyDictionary()
"""What encoders have said of videos, as long as they are there: every training and every fold asks again."""


def encoded(
    videos: Sequence[DanceVideo], encoder: str = "course", every: int = 1, mirrored: bool = False
) -> list[np.ndarray]:
    """Return what an encoder says of the pictures of each video: float32 (T / every, values) each.

    It is computed once for a video, of which the pictures must not be changed.

    Parameters
    ----------
    videos, encoder, every
        As in `two_streams`.
    mirrored
        Encode the pictures as a mirror shows them.

    Raises
    ------
    BalletError
        If a video has no pictures, or there is no such encoder.
    """
    key = (encoder, every, mirrored)
    encode = None
    for video in videos:
        if video.pictures is None:
            raise BalletError(f'{video.name} has no pictures. Give streams="poses", or videos with pictures.')
        if key not in (known := _ENCODED.setdefault(video, {})):
            encode = encode or picture_encoder(encoder)
            known[key] = encode(video.pictures[::every, :, :: -1 if mirrored else 1])
            known[key].flags.writeable = False
    return [_ENCODED[video][key] for video in videos]


def picture_encoder(which: str = "course") -> Callable[[np.ndarray], np.ndarray]:
    """Return what turns grey pictures, uint8 (T, H, W), into float32 (T, values).

    Parameters
    ----------
    which
        ``course``, the encoder that ships, with 96 values; ``resnet50`` or ``inception`` with 2048, of whose
        weights Keras must have a copy: nothing is downloaded.

    Raises
    ------
    BalletError
        If there is no such encoder, or its weights are not here.
    """
    if which == "course":
        from ballet_lib.frame_features import encoder

        return encoder("course")
    from ballet_lib.pretrained import ARCHITECTURES, pretrained

    if which not in ARCHITECTURES:
        raise BalletError(f"There is no encoder {which!r}. There are: course, {', '.join(ARCHITECTURES)}.")
    large = pretrained(which)

    def encode(pictures: np.ndarray) -> np.ndarray:
        parts = [pictures[start : start + AT_A_TIME] for start in range(0, len(pictures), AT_A_TIME)]
        maps = [large.model.predict_on_batch(large.prepare(part)) for part in parts]
        return np.concatenate([one.mean(axis=(1, 2)) for one in maps])

    return encode


def at_rate(video: DanceVideo, fps: float) -> DanceVideo:
    """Return a video with `fps` frames a second: at each moment, the frame that was shown then."""
    if abs(video.fps - fps) < 0.01 * fps:
        return video
    moments = np.arange(max(1, int(len(video) * fps / video.fps)))
    shown = np.minimum((moments * video.fps / fps + 0.5).astype(int), len(video) - 1)
    pictures = None if video.pictures is None else video.pictures[shown]
    return replace(video, keypoints=video.keypoints[shown], pictures=pictures, fps=fps)
