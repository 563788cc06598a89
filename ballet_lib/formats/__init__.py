"""Other people's files: what each format looks like stands at the top of its module.

`FORMATS` lists them. `read_takes` turns files of one of them into a `TakeSet`, `write_takes` writes a set
back where a format can hold one::

    takes = read_takes("alphapose", "results/", size=(1280, 720))
    write_takes("mp-data", takes, "MP_Data")

What a format cannot say (who dances, how many frames a second, how large the picture was) is asked for or
assumed, and what was assumed or lost is said in a warning. Nothing is unpickled, no link that leads out of
the folder is followed, nothing beside the destination is written.
"""

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ballet_lib.errors import BalletError
from ballet_lib.formats import alphapose, coco17, lets_dance, mp_data, openpose, text51
from ballet_lib.formats.reading import Reading
from ballet_lib.formats.source import opened
from ballet_lib.takes import TakeSet

__all__ = ["FORMATS", "Format", "Reading", "check_output", "import_takes", "read_takes", "write_takes"]


class Format(NamedTuple):
    """A format: its reader, its writer if takes can be written back, and one line on what it is."""

    read: Callable[[Path, Reading], TakeSet]
    write: Callable[[TakeSet, Path], list[str]] | None
    about: str


FORMATS: dict[str, Format] = {
    "mp-data": Format(
        mp_data.read, mp_data.write, "label/sequence/frame.npy of 132, 258 or 1662 numbers from MediaPipe"
    ),
    "coco17": Format(
        coco17.read, coco17.write, "label/clip.npy of 17 keypoints a frame, or COCO's annotation JSON"
    ),
    "alphapose": Format(alphapose.read, None, "label/video.json as AlphaPose writes it, several people"),
    "openpose": Format(
        openpose.read, None, "label/video/..._keypoints.json, one a frame, BODY-25, several people"
    ),
    "text51": Format(
        text51.read, text51.write, "X.txt of 51 numbers a line in blocks of equal length, labels in Y.txt"
    ),
    "lets-dance": Format(
        lets_dance.read, None, "style/video_0001.json of the Let's Dance data set, up to 20 people"
    ),
}
"""The formats by the name that `ballet import` takes."""


def import_takes(name: str, source: str | os.PathLike, reading: Reading) -> TakeSet:
    """Read files as `reading` says; what was assumed and lost stands in it afterwards.

    Raises
    ------
    BalletError
        If the format is unknown, or the files are not as their format is.
    """
    with opened(source) as place:
        return _format(name).read(place, reading)


def read_takes(name: str, source: str | os.PathLike, **choices) -> TakeSet:
    """Read files of a format: a file, a folder, or a zip archive of it.

    Parameters
    ----------
    name
        A key of `FORMATS`.
    source
        Where the files are.
    choices
        Fields of `Reading`, such as `dancer="anna"`, `fps=25`, `size=(1280, 720)`.

    Raises
    ------
    BalletError
        If the format is unknown, or the files are not as their format is.

    Warns
    -----
    UserWarning
        For each thing that was assumed or left out, and for what the takes cannot hold.
    """
    reading = Reading(**choices)
    takes = import_takes(name, source, reading)
    for text in (*(f"Lost: {what}." for what in reading.lost), *reading.notes):
        warnings.warn(text, stacklevel=2)
    return takes


def check_output(where: str | os.PathLike, takes: TakeSet | None = None) -> None:
    """Refuse to write over a file that holds other takes, or that is none of ours; ask again with `takes`.

    `TakeSet.save` refuses a folder of other takes by itself; a packed file it would replace.

    Raises
    ------
    BalletError
        If a file is there and holds no takes, or others than `takes`.
    """
    where = Path(where)
    if not where.exists() or where.is_dir():
        return
    there = {take.take_id for take in TakeSet.load(where)}
    if takes is not None and (others := sorted(there - {take.take_id for take in takes})):
        raise BalletError(
            f"{where} holds other takes, such as {others[0]}, which are not overwritten. Choose another name."
        )


def write_takes(name: str, takes: TakeSet, destination: str | os.PathLike) -> list[str]:
    """Write takes in a format, into a folder that is not there yet, and return what was lost.

    Raises
    ------
    BalletError
        If the format is unknown or not written, or the destination exists or cannot be written.
    """
    write = _format(name).write
    if write is None:
        written = ", ".join(key for key, form in FORMATS.items() if form.write)
        raise BalletError(f"{name} is read and not written. Written are: {written}.")
    if not len(takes):
        raise BalletError("There is no take to write. Check what was filtered out.")
    return write(takes, Path(destination))


def _format(name: str) -> Format:
    if name not in FORMATS:
        raise BalletError(f"There is no format {name!r}. There are: {', '.join(FORMATS)}.")
    return FORMATS[name]
