"""Dance videos in one ``.npz``: the arrays of all videos one after the other, and how long each is."""

import os
from pathlib import Path

import numpy as np

from ballet_lib.array_files import read_npz, write_npz
from ballet_lib.errors import BalletError
from ballet_lib.files import replacing
from ballet_lib.styles.videos import SIDE, DanceVideo, DanceVideos

LARGEST = 1 << 31
"""Bytes that a file may unpack to, 2 GB: four hours of pictures at 30 frames a second."""

_TEXTS = ("names", "styles", "films", "labels", "dancers")
_NUMBERS = ("frames", "people", "pictured", "dancing", "fps", "sizes", "keypoints", "pictures")


def save(videos: DanceVideos, path: str | os.PathLike) -> Path:
    """Write videos into one ``.npz``.

    Raises
    ------
    BalletError
        If the name does not end in .npz, or the file cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() != ".npz":
        raise BalletError(f"{path} does not end in .npz. Give the videos such a name.")
    pictures = [video.pictures for video in videos if video.pictures is not None]
    arrays = {
        "names": videos.names,
        "styles": np.array([video.style for video in videos]),
        "films": np.array([video.film for video in videos]),
        "labels": np.array(videos.labels),
        "dancers": np.array([dancer for video in videos for dancer in video.dancers], dtype=str),
        "dancing": np.array([len(video.dancers) for video in videos]),
        "frames": np.array([len(video) for video in videos]),
        "people": np.array([video.people for video in videos]),
        "pictured": np.array([video.pictures is not None for video in videos]),
        "fps": np.array([video.fps for video in videos], dtype=np.float64),
        "sizes": np.array([video.size for video in videos]),
        "keypoints": np.concatenate([video.keypoints.reshape(-1, 17, 3) for video in videos]),
        "pictures": np.concatenate(pictures) if pictures else np.zeros((0, SIDE, SIDE), np.uint8),
    }
    with replacing(path) as file:
        write_npz(file, arrays, soon=("",))
    return path


def load(path: str | os.PathLike) -> DanceVideos:
    """Read what `save` wrote.

    Raises
    ------
    BalletError
        If the file is missing, damaged, or holds something else.
    """
    arrays = read_npz(path, LARGEST)
    _check(arrays, path)
    frames, people, dancing = arrays["frames"], arrays["people"], arrays["dancing"]
    keypoints = np.split(arrays["keypoints"], np.cumsum(frames * people)[:-1])
    pictures = np.split(arrays["pictures"], np.cumsum(frames * arrays["pictured"])[:-1])
    dancers = np.split(arrays["dancers"], np.cumsum(dancing)[:-1])
    videos = [
        DanceVideo(
            str(name), str(arrays["styles"][row]), keypoints[row].reshape(frames[row], people[row], 17, 3),
            float(arrays["fps"][row]), tuple(arrays["sizes"][row].tolist()), tuple(dancers[row].tolist()),
            pictures[row].copy() if arrays["pictured"][row] else None, str(arrays["films"][row]),
        )
        for row, name in enumerate(arrays["names"])
    ]  # fmt: skip
    return DanceVideos(tuple(videos), tuple(arrays["labels"].tolist()))


def _check(arrays: dict[str, np.ndarray], path: str | os.PathLike) -> None:
    """See that all arrays are there, of the right kind, and as long as they say of each other."""
    refused = BalletError(f"{path} holds no dance videos. Write it with DanceVideos.save.")
    if lacking := {*_TEXTS, *_NUMBERS} - arrays.keys():
        raise refused from KeyError(sorted(lacking)[0])
    if any(arrays[name].dtype.kind != "U" or arrays[name].ndim != 1 for name in _TEXTS):
        raise refused
    whole = {name: arrays[name] for name in ("frames", "people", "dancing", "sizes")}
    if any(array.dtype.kind != "i" or (array < 0).any() or (array > 1e9).any() for array in whole.values()):
        raise refused
    if arrays["pictured"].dtype != bool or any(
        arrays[name].dtype.kind != "f" for name in ("fps", "keypoints")
    ):
        raise refused
    count = arrays["names"].size
    if any(arrays[name].shape != (count,) for name in ("styles", "films", "frames", "people", "pictured",
                                                       "dancing", "fps")):  # fmt: skip
        raise refused
    frames = arrays["frames"]
    shapes = {
        "sizes": (count, 2),
        "dancers": (arrays["dancing"].sum(),),
        "keypoints": ((frames * arrays["people"]).sum(), 17, 3),
        "pictures": (frames[arrays["pictured"]].sum(), SIDE, SIDE),
    }
    if any(arrays[name].shape != shape for name, shape in shapes.items()):
        raise refused
