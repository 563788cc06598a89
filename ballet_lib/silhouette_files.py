"""Zips of silhouettes: numbered PNGs, a folder a clip, read from anybody without being unpacked to disk.

    anna_1/00001.png  anna_1/00002.png ...  anna_2/00001.png ...

The comment of the zip tells the frames per second. A zip from elsewhere may hold its pictures without a
folder (one clip) and number them from 0 or 1, with or without zeros in front. What a member claims is not
believed: no more is unpacked than a small picture needs, and a picture is decoded when its size is right.
"""

import io
import os
import re
import stat
import struct
import zipfile
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np

from ballet_lib import DATASETS
from ballet_lib.array_files import check_directory
from ballet_lib.errors import BalletError
from ballet_lib.files import replacing
from ballet_lib.silhouettes import FPS, HEIGHT, MOST_FRAMES, WIDTH, Silhouettes, clip_name

SHIPPED = DATASETS / "silhouettes.zip"
LARGEST = 1 << 26
"""Bytes of a zip, 64 MB: ten times what an hour needs."""
LARGEST_PICTURE = 1 << 16
"""Bytes of one PNG; 64 x 96 pixels in full colour take 18 kB."""

_MOMENT = (1980, 1, 1, 0, 0, 0)  # else the same silhouettes would make another file every time
_LEFT_BY_SYSTEMS = {".DS_Store", "Thumbs.db", "desktop.ini"}
_NUMBERED = re.compile(r"(.*?)(\d{1,9})\.png", re.IGNORECASE | re.DOTALL)
_PNG = b"\x89PNG\r\n\x1a\n"


class _Picture(NamedTuple):
    """A member of the zip that is to be read."""

    clip: str
    series: str
    number: int
    member: zipfile.ZipInfo


# --- Writing ----------------------------------------------------------------------------------------------


def save(silhouettes: Silhouettes, path: str | os.PathLike) -> Path:
    """Write silhouettes into a zip; the same silhouettes give the same bytes, and nobody meets half of it.

    Raises
    ------
    BalletError
        If the name does not end in .zip, there are more than 36,000 frames, or the file cannot be written.
    """
    path = check_output(path)
    if len(silhouettes) > MOST_FRAMES:
        raise BalletError(
            f"{len(silhouettes):,} silhouettes are too many for one zip; {MOST_FRAMES:,} is the most. "
            "Write shorter films, or fewer frames of them."
        )
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
        archive.comment = f"silhouettes at {silhouettes.fps:.6g} frames per second".encode()
        for clip, frames in silhouettes.clips.items():
            for number, frame in enumerate(frames, start=1):
                member = zipfile.ZipInfo(f"{clip}/{number:05d}.png", _MOMENT)
                member.create_system, member.external_attr = 3, 0o644 << 16
                archive.writestr(member, _encoded(frame))
    return path


def check_output(path: str | os.PathLike) -> Path:
    """Return the path of a zip to be written.

    Raises
    ------
    BalletError
        If its name does not end in .zip.
    """
    path = Path(path)
    if path.suffix.lower() != ".zip":
        raise BalletError(f"{path} does not end in .zip. Give the silhouettes such a name.")
    return path


def _encoded(frame: np.ndarray) -> bytes:
    from PIL import Image

    content = io.BytesIO()
    Image.fromarray(~np.asarray(frame, dtype=bool)).save(content, "PNG", optimize=True)
    return content.getvalue()


# --- Reading ----------------------------------------------------------------------------------------------


def load(path: str | os.PathLike = SHIPPED) -> Silhouettes:
    """Read a zip of silhouettes; ``"silhouettes"`` is the one that ships.

    Raises
    ------
    BalletError
        If it is missing, damaged, encrypted, too large or empty; if a name in it leads elsewhere or is no
        numbered PNG; if a number is missing or twice there; if a picture is not 64 wide and 96 high, holds
        grey, or shows a light dancer on a dark ground.
    """
    path = SHIPPED if str(path) == SHIPPED.stem and not Path(path).exists() else Path(path)
    if not path.is_file():
        raise BalletError(
            f"{path} is not there. Give a .zip, or '{SHIPPED.stem}' for the silhouettes that ship."
        )
    _check_size(path, path.stat().st_size)
    try:
        check_directory(path, path)
        with zipfile.ZipFile(path) as archive:
            numbered = _in_order(path, _pictures(path, archive.infolist()))
            clips = {name: _clip(path, archive, some) for name, some in numbered.items()}
            fps = re.search(rb"([0-9.]+) frames per second", archive.comment)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, ValueError, EOFError) as error:
        raise BalletError(f"{path} is damaged or no zip. Copy it again or make it anew.") from error
    except OSError as error:
        raise BalletError(f"{path} cannot be read ({error.strerror or error}). Copy it again.") from error
    silhouettes = Silhouettes(clips, _number(fps))
    if np.mean([frames.mean() for frames in clips.values()]) > 0.5:
        raise BalletError(f"{path} shows a light dancer on a dark ground. Make negatives of the pictures.")
    return silhouettes


def _number(found: re.Match | None) -> float:
    try:
        return float(found[1]) if found else FPS
    except ValueError:  # dots and no digits
        return FPS


def _check_size(path: Path, size: int) -> None:
    if size > LARGEST:
        raise BalletError(
            f"{path} is larger than {LARGEST / 1e6:.0f} MB, which no zip of silhouettes is. Divide it."
        )


def _pictures(path: Path, members: list[zipfile.ZipInfo]) -> list[_Picture]:
    """Look at the names of all members before any is opened."""
    pictures = []
    for member in members:
        name = member.orig_filename
        parts = name.split("/")
        _check_place(path, member, parts)
        if member.is_dir() or parts[0] == "__MACOSX" or parts[-1] in _LEFT_BY_SYSTEMS:
            continue
        found = _NUMBERED.fullmatch(parts[-1])
        if not found:
            raise BalletError(
                f"{path} holds {name[:80]!r}, which is no numbered PNG. Leave nothing but pictures such as "
                "00001.png in it."
            )
        if len(pictures) == MOST_FRAMES:
            raise BalletError(f"{path} holds more than {MOST_FRAMES:,} pictures. Divide it.")
        folder = str(PurePosixPath(name).parent)
        pictures.append(_Picture("" if folder == "." else folder, found[1], int(found[2]), member))
    if not pictures:
        raise BalletError(f"{path} holds no picture. Put numbered PNGs such as 00001.png into it.")
    return pictures


def _check_place(path: Path, member: zipfile.ZipInfo, parts: list[str]) -> None:
    name = member.orig_filename
    if not name or set(name) & set("\\:\0") or ".." in parts or name.startswith("/"):
        raise BalletError(
            f"{path} holds {name[:80]!r}, a name that leads out of it. Do not trust this file; make it anew."
        )
    if stat.S_ISLNK(member.external_attr >> 16):
        raise BalletError(f"{path} holds {name[:80]!r}, a link and no picture. Put the picture into it.")
    if member.flag_bits & 1:
        raise BalletError(f"{path} is encrypted. Make it anew without a password.")


def _in_order(path: Path, pictures: list[_Picture]) -> dict[str, list[_Picture]]:
    """Sort the pictures into clips, by number; a clip is named by its folder, without one by the zip."""
    folders: dict[str, list[_Picture]] = {}
    for picture in pictures:
        folders.setdefault(picture.clip, []).append(picture)
    clips: dict[str, list[_Picture]] = {}
    for folder, some in folders.items():
        name = clip_name(PurePosixPath(folder).name if folder else path.stem)
        if name in clips:
            raise BalletError(f"{path} holds two folders for one clip, {name}. Rename one of them.")
        some.sort(key=lambda picture: picture.number)
        _check_numbers(f"{path} ({folder})" if folder else str(path), some)
        clips[name] = some
    return clips


def _check_numbers(where: str, pictures: list[_Picture]) -> None:
    series = sorted({picture.series for picture in pictures})
    if len(series) > 1:
        raise BalletError(
            f"{where} holds pictures of two names, {series[0][:40]!r} and {series[1][:40]!r} with a number. "
            "Give each clip a folder of its own."
        )
    wanted = min(pictures[0].number, 1)
    for picture in pictures:
        if picture.number < wanted:
            raise BalletError(f"{where} holds two pictures number {picture.number}. Keep one of them.")
        if picture.number > wanted:
            raise BalletError(
                f"{where} misses picture {wanted}: a dance with a gap is two. Number the pictures without "
                "gaps, or put what follows into a folder of its own."
            )
        wanted += 1


def _clip(path: Path, archive: zipfile.ZipFile, pictures: list[_Picture]) -> np.ndarray:
    return np.stack([_decoded(path, archive, picture.member) for picture in pictures])


def _decoded(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    where = f"{path} ({member.orig_filename[:80]})"
    try:
        with archive.open(member) as packed:
            content = packed.read(LARGEST_PICTURE + 1)
    except Exception as error:  # zlib, lzma and zipfile fail in a dozen ways on a damaged member
        raise BalletError(f"{where} is damaged. Copy the zip again or make it anew.") from error
    if content[:8] != _PNG or content[12:16] != b"IHDR" or len(content) < 24:
        raise BalletError(f"{where} is no PNG, whatever its name. Save the picture as one.")
    width, height = struct.unpack(">2I", content[16:24])
    if (width, height) != (WIDTH, HEIGHT):
        raise BalletError(
            f"{where} is {width} x {height} pixels; silhouettes are {WIDTH} wide and {HEIGHT} high. Cut them "
            "anew with 'ballet silhouettes', or scale all pictures to that size."
        )
    if len(content) > LARGEST_PICTURE:
        raise BalletError(f"{where} unpacks to over {LARGEST_PICTURE // 1024} kB. Save it as a plain PNG.")
    return _dark(where, content)


def _dark(where: str, content: bytes) -> np.ndarray:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=["PNG"]) as picture:
            grey = np.asarray(picture.convert("L"))
    except Exception as error:  # a damaged picture fails in as many ways
        raise BalletError(f"{where} is damaged. Save the picture anew.") from error
    if not np.isin(grey, (0, 255)).all():
        raise BalletError(f"{where} holds grey. Make every pixel black, where the dancer is, or white.")
    return grey == 0
