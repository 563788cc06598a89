"""Readers of other people's dances: each gives `DanceVideos`, as the set that ships is.

docs/styles.md says what to download and where to put it. What a format cannot say is asked for or assumed,
and what was assumed is said in a warning.
"""

import os
import warnings
from collections.abc import Sequence
from pathlib import PurePosixPath

from ballet_lib.formats import import_takes
from ballet_lib.formats.reading import Reading
from ballet_lib.styles.conversion import Names, from_pose_sequence, from_takes, plain_name, video_of
from ballet_lib.styles.lets_dance import read_lets_dance, write_lets_dance
from ballet_lib.styles.videos import DanceVideos

__all__ = [
    "from_pose_sequence",
    "from_takes",
    "read_alphapose",
    "read_lets_dance",
    "read_text51",
    "write_lets_dance",
]


def read_alphapose(
    source: str | os.PathLike,
    size: tuple[int, int],
    fps: float | None = None,
    style: str | None = None,
    skip_damaged: bool = False,
    progress: bool = False,
) -> DanceVideos:
    """Read AlphaPose's results: ``style/video.json`` or ``style/video/alphapose-results.json``.

    Parameters
    ----------
    source
        A folder, a zip of it, or one file.
    size
        (width, height) of the videos in pixels, which the files do not tell.
    fps
        Frames per second; 30 are assumed, and said, if it is not given.
    style
        What is danced in all of them, if no folder tells it.
    skip_damaged
        Leave damaged files out, where otherwise the first one ends the reading.
    progress
        Show a bar.

    Returns
    -------
        A video for each file. People are told apart by `idx` if AlphaPose tracked them, else by place.

    Raises
    ------
    BalletError
        If a file is no result of AlphaPose, or nothing says the style.

    Warns
    -----
    UserWarning
        For each thing that was assumed or left out.
    """
    reading = Reading(size=size, fps=fps, label=style, skip_damaged=skip_damaged, bar=progress)
    takes = import_takes("alphapose", source, reading)
    _say(reading)
    return from_takes(takes)


def read_text51(
    source: str | os.PathLike,
    steps: int = 100,
    size: tuple[int, int] | None = None,
    fps: float | None = None,
    label_names: Sequence[str] = (),
    labels: str | os.PathLike | None = None,
    style: str | None = None,
) -> DanceVideos:
    """Read text of 51 columns, as the style project makes it; each block is a video of one person.

    The files do not say where a video ends. Blocks that seem to go on where the one before stopped share a
    `film`, so that `DanceVideos.folds` keeps them together; other blocks of one video do not, and the files
    cannot tell.

    Parameters
    ----------
    source
        A folder of ``X*.txt`` and ``Y*.txt``, a zip of it, or one ``X*.txt``.
    steps
        Lines of a block.
    size
        (width, height) of the pictures in pixels; the largest coordinates, if it is not given.
    fps
        Lines per second; 30 are assumed, and said, if it is not given.
    label_names
        Styles by number, if ``labels.txt`` does not name them.
    labels
        The file of labels, if its name is not that of the data with Y for X.
    style
        What is danced in all blocks, if there are no labels.

    Raises
    ------
    BalletError
        If a line has not 51 numbers, its columns are not those of COCO's 17 points, the lines make no whole
        blocks, or there are fewer or more labels than blocks.

    Warns
    -----
    UserWarning
        For each thing that was assumed, and where the lines of several dancers take turns.
    """
    reading = Reading(
        size=size, fps=fps, sequence_length=steps, label_names=tuple(label_names), labels=labels, label=style
    )
    takes = import_takes("text51", source, reading)
    _say(reading)
    names, videos = Names(), []
    for take in takes:
        file = PurePosixPath(take.performance.partition(" from line ")[0]).with_suffix("")
        name = names.of(f"{file}_{take.meta['block'] + 1:04d}", take.movement)
        videos.append(video_of([take], name, plain_name(take.performance)))
    return DanceVideos(tuple(videos), tuple(takes.labels))


def _say(reading: Reading) -> None:
    """Warn of what a reader assumed or left out."""
    for note in reading.notes:
        warnings.warn(note, stacklevel=3)
