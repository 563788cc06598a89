"""Dance videos from what this library reads and extracts: takes of any format, and sequences of poses."""

import re
from collections.abc import Iterable, Sequence

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.names import LONGEST, check_label
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.styles.skeletons import coco17
from ballet_lib.styles.videos import PEOPLE, DanceVideo, DanceVideos
from ballet_lib.takes import Take

_NOBODY = {"unknown"}  # what takes of an unknown dancer say


def from_takes(takes: Iterable[Take]) -> DanceVideos:
    """Put the takes of each performance into one video: people who were filmed together dance together.

    So takes of every format of `formats.read_takes` become videos, and those of this library.

    Parameters
    ----------
    takes
        Whose movement is the style. Where each begins in its performance stands in its meta.

    Raises
    ------
    BalletError
        If there is no take, the pictures of a performance differ in size or rate, or it has too many people.
    """
    performances: dict[tuple[str, str], list[Take]] = {}
    for take in takes:
        performances.setdefault((take.movement, take.performance), []).append(take)
    names = Names()
    videos = [
        video_of(some, names.of(performance, style)) for (style, performance), some in performances.items()
    ]
    return DanceVideos(tuple(videos), tuple(sorted({video.style for video in videos})))


def video_of(takes: Sequence[Take], name: str, film: str = "", frames: int | None = None) -> DanceVideo:
    """Put takes of one performance side by side.

    Parameters
    ----------
    takes
        At most 20.
    name, film
        Of the video, and of what it was cut from.
    frames
        How many frames it has; by default those from the first take's beginning to the last one's end.

    Raises
    ------
    BalletError
        If the takes differ in size or rate of the picture.
    """
    first = 0 if frames is not None else min(take.first_frame for take in takes)
    if len({(take.poses.size, take.poses.fps) for take in takes}) > 1:
        raise BalletError(
            f"{name}: its takes are of several sizes or rates of pictures. Divide it into videos."
        )
    ends = [take.first_frame - first + len(take) for take in takes]
    size = takes[0].poses.size
    keypoints = np.full((frames or max(ends), len(takes), 17, 3), np.nan, np.float32)
    for person, (take, end) in enumerate(zip(takes, ends, strict=True)):
        keypoints[end - len(take) : end, person] = coco17(take.poses.landmarks, size)
    dancers = tuple(dict.fromkeys(take.dancer for take in takes if take.dancer not in _NOBODY))
    return DanceVideo(name, takes[0].movement, keypoints, takes[0].poses.fps, size, dancers, film=film)


def from_pose_sequence(
    poses: PoseSequence | Sequence[PoseSequence],
    style: str,
    name: str | None = None,
    dancers: str | Sequence[str] = (),
    pictures: np.ndarray | None = None,
) -> DanceVideo:
    """Make a video of what `PoseExtractor` found: one person, or several in one film.

    Parameters
    ----------
    poses
        A sequence for each person, of the same frames.
    style
        What is danced.
    name
        Of the video; by default the name of the file.
    dancers
        Who they are.
    pictures
        uint8 (T, 64, 64), see `pictures.letterboxed`.

    Raises
    ------
    BalletError
        If there is no sequence, more than 20, or they are not of one film.
    """
    poses = [poses] if isinstance(poses, PoseSequence) else list(poses)
    if not 0 < len(poses) <= PEOPLE:
        raise BalletError(f"{len(poses)} sequences make no video. Give one to {PEOPLE}, one for each person.")
    if len({(len(one), one.size, one.fps) for one in poses}) > 1:
        raise BalletError(
            "The sequences differ in frames, rate or size of the picture. Give those of one film."
        )
    size = poses[0].size
    keypoints = np.stack([coco17(one.landmarks, size) for one in poses], axis=1)
    name = name or Names().of(re.sub(r"\.[A-Za-z0-9]{2,4}$", "", poses[0].source), style)
    return DanceVideo(name, style, keypoints, poses[0].fps, size, tuple(dancers), pictures)


class Names:
    """Names for videos made of those of files, another one for each."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, source: str, style: str) -> str:
        """Return a name for ``ballet/video.json``: ``video``, and ``video-2`` if that is taken."""
        source = re.sub(r"\.json(?=/|$)", "", source).replace("\\", "/")
        parts = [part for part in source.split("/") if part]
        parts = parts[1:] if len(parts) > 1 and parts[0] == style else parts
        plain = plain_name("_".join(parts))
        name, twins = plain, 1
        while name in self._taken:
            twins += 1
            name = f"{plain}-{twins}"
        self._taken.add(name)
        return name


def plain_name(text: str) -> str:
    """Make a name that `check_label` takes of whatever a file is called; the end of it, if it is long."""
    plain = re.sub(r"[^\w ().,+-]+", "_", text)[-LONGEST + 5 :].strip(" ._")  # 5 for "-1234"
    try:
        return check_label(plain)
    except BalletError:  # a device's name, or no Latin letter
        return f"video_{plain}"[: LONGEST - 5]
