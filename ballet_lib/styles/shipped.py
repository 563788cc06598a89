"""The set that ships: 51-column text in ``styles.zip``, as others have theirs, and small pictures.

::

    X.txt        a line of 51 numbers for each frame of a dancer (see `formats.text51`), 0 where nothing was
                 found; as many lines a block as a video has frames, a block for each dancer
    Y.txt        the style of each block as a number from 1
    labels.txt   the names of these numbers
    videos.csv   block, video, style, dancer, slot, first_line, width, height, fps

Two dancers of a video are two blocks; their slots tell them apart. The pictures are stored as changes from
frame to frame, as `frame_features.save_frames` does.
"""

import csv
import io
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ballet_lib import DATASETS
from ballet_lib.array_files import check_directory, read_npz, write_npz
from ballet_lib.errors import BalletError
from ballet_lib.files import replacing
from ballet_lib.formats.text51 import COLUMNS, parse_lines
from ballet_lib.frame_features import GREYS
from ballet_lib.styles.videos import PEOPLE, SIDE, DanceVideo, DanceVideos

TEXTS, FRAMES = "styles.zip", "style_frames.npz"
MEMBERS = ("X.txt", "Y.txt", "labels.txt", "videos.csv")
TABLE = ("block", "video", "style", "dancer", "slot", "first_line", "width", "height", "fps")
LARGEST = 1 << 26
"""Bytes that a text of the zip may unpack to, 64 MB."""

_MOMENT = (1980, 1, 1, 0, 0, 0)  # else the same videos would make another file every time


# --- Writing ----------------------------------------------------------------------------------------------


def save_shipped(videos: DanceVideos, folder: str | os.PathLike = DATASETS) -> tuple[Path, Path]:
    """Write `styles.zip` and `style_frames.npz`; the same videos give the same bytes.

    Places are rounded to a tenth of a pixel, scores to hundredths, greys down to steps of `GREYS`.

    Raises
    ------
    BalletError
        If videos differ in length, one has no pictures or not a dancer's name for everybody, or a file
        cannot be written.
    """
    if len({len(video) for video in videos}) > 1:
        raise BalletError(
            "The videos differ in length, and blocks have one length. Cut them to the shortest."
        )
    for video in videos:
        if video.pictures is None or not video.people or len(video.dancers) != video.people:
            raise BalletError(
                f"{video.name} has no pictures, or {len(video.dancers)} names for {video.people} people. "
                "What ships has pictures of all videos and names all dancers."
            )
    folder = Path(folder)
    with (
        replacing(folder / TEXTS) as path,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
    ):
        for name, text in zip(MEMBERS, _texts(videos), strict=True):
            member = zipfile.ZipInfo(name, _MOMENT)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system, member.external_attr = 3, 0o644 << 16
            archive.writestr(member, text)
    coarse = np.stack([np.asarray(video.pictures) for video in videos]) // GREYS
    changes = np.diff(coarse, axis=1, prepend=np.zeros_like(coarse[:, :1]))  # uint8, which wraps round
    with replacing(folder / FRAMES) as path:
        write_npz(path, {"changes": changes, "names": videos.names})
    return folder / TEXTS, folder / FRAMES


def _texts(videos: DanceVideos) -> tuple[str, ...]:
    """Return the four texts, in the order of `MEMBERS`."""
    lines, numbers = [], []
    table = io.StringIO(newline="")
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(TABLE)
    for video, number in zip(videos, videos.y + 1, strict=True):
        for slot, dancer in enumerate(video.dancers):
            numbers.append(number)
            who = (video.name, video.style, dancer, slot)
            rows.writerow([len(numbers), *who, len(lines) + 1, *video.size, f"{video.fps:g}"])
            points = np.nan_to_num(video.keypoints[:, slot].astype(np.float64))
            rounded = np.concatenate([np.round(points[..., :2], 1), np.round(points[..., 2:], 2)], axis=-1)
            lines += [",".join(f"{value:g}" for value in line) for line in rounded.reshape(-1, COLUMNS)]
    labels = [f"{number} {label}" for number, label in enumerate(videos.labels, start=1)]
    return *("\n".join([*map(str, some), ""]) for some in (lines, numbers, labels)), table.getvalue()


# --- Reading ----------------------------------------------------------------------------------------------


def load_shipped(folder: str | os.PathLike = DATASETS) -> DanceVideos:
    """Read what `save_shipped` wrote; by default the set that ships.

    Raises
    ------
    BalletError
        If a file is missing, damaged, or holds something else.
    """
    folder = Path(folder)
    texts = _members(folder / TEXTS)
    where = f"{folder / TEXTS} (X.txt)"
    lines = parse_lines(texts["X.txt"], where)
    rows = _table(texts["videos.csv"], f"{folder / TEXTS} (videos.csv)")
    if len(lines) % len(rows):
        raise BalletError(f"{where} has {len(lines)} lines for {len(rows)} blocks. Copy the file again.")
    blocks = lines.reshape(len(rows), -1, 17, 3)
    blocks[(blocks == 0).all(axis=-1)] = np.nan
    by_video: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        by_video.setdefault(row["video"], []).append(number)
    pictures = _pictures(folder / FRAMES, tuple(by_video), blocks.shape[1])
    labels = [line.split(maxsplit=1)[-1].strip() for line in texts["labels.txt"].splitlines() if line.strip()]
    videos = [
        _video([rows[number] for number in numbers], blocks[numbers], one)
        for numbers, one in zip(by_video.values(), pictures, strict=True)
    ]
    return DanceVideos(tuple(videos), tuple(labels))


def _video(rows: Sequence[dict], blocks: np.ndarray, pictures: np.ndarray) -> DanceVideo:
    """Put the blocks of one video, (P, T, 17, 3), into the places that the table gives them."""
    first = rows[0]
    order = np.argsort([row["slot"] for row in rows])
    return DanceVideo(
        first["video"], first["style"], blocks[order].swapaxes(0, 1), first["fps"],
        (first["width"], first["height"]), tuple(rows[row]["dancer"] for row in order), pictures,
    )  # fmt: skip


def _members(path: Path) -> dict[str, str]:
    """Read the four texts in memory; no member is larger than `LARGEST`, whatever its header says."""
    if not path.is_file():
        raise BalletError(f"{path} is not there. Install the package again, or run tools/make_styles.py.")
    damaged = f"{path} is damaged or no set of styles. Copy it again, or run tools/make_styles.py."
    texts = {}
    try:
        check_directory(path, path)
        with zipfile.ZipFile(path) as archive:
            if sorted(archive.namelist()) != sorted(MEMBERS):
                raise BalletError(damaged)
            for name in MEMBERS:
                with archive.open(name) as packed:
                    content = packed.read(LARGEST + 1)
                if len(content) > LARGEST:
                    raise BalletError(f"{path} unpacks to more than {LARGEST / 1e6:.0f} MB. Do not trust it.")
                texts[name] = content.decode("utf-8")
    except BalletError:
        raise
    except Exception as error:  # zlib and zipfile fail in a dozen ways on a damaged member
        raise BalletError(damaged) from error
    return texts


def _table(text: str, where: str) -> list[dict]:
    """Read the table of blocks, its numbers as numbers."""
    reader = csv.DictReader(io.StringIO(text, newline=""))
    if tuple(reader.fieldnames or ()) != TABLE:
        raise BalletError(f"{where} has other columns than {', '.join(TABLE)}. Copy the file again.")
    try:
        rows: list[dict] = [
            row | {name: int(row[name]) for name in ("block", "slot", "first_line", "width", "height")}
            | {"fps": float(row["fps"])}
            for row in reader
        ]  # fmt: skip
    except (TypeError, ValueError, csv.Error) as error:
        raise BalletError(f"{where} is damaged ({error}). Copy the file again.") from error
    if [row["block"] for row in rows] != list(range(1, len(rows) + 1)) or not rows:
        raise BalletError(f"{where} does not number its blocks from 1. Copy the file again.")
    if any(not 0 <= row["slot"] < PEOPLE for row in rows):
        raise BalletError(f"{where} holds a slot that is none of 0 to {PEOPLE - 1}. Copy the file again.")
    return rows


def _pictures(path: Path, names: Sequence[str], frames: int) -> np.ndarray:
    """Read the pictures of these videos: uint8 (N, T, 64, 64)."""
    arrays = read_npz(path)
    changes, known = arrays.get("changes"), arrays.get("names")
    if (
        changes is None
        or known is None
        or changes.dtype != np.uint8
        or changes.shape != (len(names), frames, SIDE, SIDE)
        or known.astype(str).tolist() != list(names)
    ):
        raise BalletError(f"{path} holds no pictures of these videos. Run tools/make_styles.py.")
    return np.add.accumulate(changes, axis=1, dtype=np.uint8) * np.uint8(GREYS)
