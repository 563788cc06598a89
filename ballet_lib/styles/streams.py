"""Two streams of a dance video: its pictures as an encoder's numbers, its people as normalised keypoints."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.styles.videos import PEOPLE, DanceVideo

STREAMS = ("both", "poses", "pictures")
AT_A_TIME = 32
"""Pictures that a large encoder sees at a time."""


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
        stream: Any = self.poses if self.pictures is None else self.pictures
        return len(stream)

    def __getitem__(self, frames) -> "VideoStreams":
        """Return some of the frames: a slice, or int (n,)."""
        some = [stream if stream is None else stream[frames] for stream in (self.pictures, self.poses)]
        return VideoStreams(self.name, *some)

    @property
    def seen(self) -> np.ndarray:
        """In which frames there is somebody, as far as the poses tell: bool (T,)."""
        return np.ones(len(self), bool) if self.poses is None else np.any(self.poses, axis=(1, 2))


def check_length(video: VideoStreams, steps: int) -> None:
    """Raise BalletError if a video has fewer steps than that."""
    if len(video) < steps:
        raise BalletError(
            f"{video.name} has {len(video)} steps, too short for sequences of {steps}. "
            "Leave it out, or take fewer steps or more of its frames."
        )


def stacked(rows: list[VideoStreams]) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Stack pieces of equal length: pictures (N, steps, values) and poses (N, steps, people, 51), or None.

    There are as many people as in the fullest piece; elsewhere slots of zeros stand for those who lack.
    """
    pictures = [row.pictures for row in rows if row.pictures is not None]
    shown = [row.poses for row in rows if row.poses is not None]
    poses = None
    if shown:
        most = max(one.shape[1] for one in shown)
        poses = np.zeros((len(shown), len(shown[0]), most, shown[0].shape[2]), np.float32)
        for number, one in enumerate(shown):
            poses[number, :, : one.shape[1]] = one
    return np.stack(pictures) if pictures else None, poses


def each_video(
    videos: Iterable[DanceVideo], streams: str = "both", encoder: str = "course", every: int = 1
) -> list[VideoStreams]:
    """Return the streams of each video, of every k-th frame.

    Parameters
    ----------
    videos
        To read.
    streams
        ``both``, ``poses`` or ``pictures``.
    encoder
        ``course``, ``resnet50`` or ``inception``, see `picture_encoder`.
    every
        How many frames further the next step is.

    Raises
    ------
    BalletError
        If a video has no pictures where they are asked for, or there is no such stream or encoder.
    """
    from ballet_lib.styles.skeletons import slots

    if streams not in STREAMS:
        raise BalletError(f"There is no stream {streams!r}. There are: {', '.join(STREAMS)}.")
    videos = list(videos)
    pictures: Sequence[np.ndarray | None] = [None] * len(videos)
    poses: Sequence[np.ndarray | None] = [None] * len(videos)
    if streams != "poses":
        pictures = encoded(videos, encoder, every)
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
        As in `each_video`.
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
