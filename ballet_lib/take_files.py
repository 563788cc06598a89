"""Sets of takes on disk: a folder to work in, and a packed file that loads at once.

The folder holds `takes.csv`, which is the truth about labels and dancers and may be edited by hand, one
``.npz`` a take named by its id, and `labels.json`. Each file is written under a temporary name and renamed,
the take before its line in the list, so that a kill leaves no half take and no line without a take.

The packed file holds all takes in a few arrays of whole numbers. Coordinates are rounded to a step (stated in
`STEPS`), and each is stored as its difference from the frame before, which compresses well.
"""

import csv
import io
import json
import os
import warnings
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from ballet_lib import DATASETS
from ballet_lib.array_files import read_npz, write_npz
from ballet_lib.errors import BalletError
from ballet_lib.files import replacing
from ballet_lib.names import check_id
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.takes import Take, TakeSet, in_order, with_labels

LIST = "takes.csv"
LABELS = "labels.json"
COLUMNS = ("take_id", "movement", "dancer", "frames", "fps", "source", "meta")
PACKED = "ballet_lib takes 1"

LARGEST_LIST, LARGEST_HEAD = 1 << 24, 1 << 25
"""Bytes of a list of takes, in a folder and in a packed file: a hundred times what the course's have."""

STEPS: dict[str, tuple[float, ...]] = {
    "landmarks": (1e-4, 1e-4, 2e-3, 1e-2),
    "world": (2e-3, 2e-3, 2e-3),
    "exact": (2e-3, 2e-3, 2e-3),
}
"""What a packed file rounds to: shares of the picture, then of certainty; metres. All far below the noise of
the extractor."""


def load(where: str | os.PathLike) -> TakeSet:
    """Read a set from a folder, from a packed file, or by the name of one that ships.

    Raises
    ------
    BalletError
        If nothing is there, or it is damaged or holds no takes.
    """
    path = Path(where)
    if path.is_dir():
        return read(path)
    if path.is_file():
        return unpack(path)
    if (shipped := DATASETS / f"{where}.npz").is_file() and shipped.parent == DATASETS:
        return unpack(shipped)
    ships = ", ".join(sorted(file.stem for file in DATASETS.glob("*.npz")))
    raise BalletError(f"There are no takes at {where}. Give a folder, an .npz file, or one of: {ships}.")


# --- A folder ------------------------------------------------------------------------------------------


def write(takes: TakeSet, folder: Path) -> Path:
    """Write a set into a folder that holds no other takes."""
    if (folder / LIST).exists():
        there = {row["take_id"] for row in _rows(folder)}
        if others := sorted(there - {take.take_id for take in takes}):
            raise BalletError(
                f"{folder} holds other takes, such as {others[0]}, which are not overwritten. "
                "Choose another folder, or load it and join the sets with +."
            )
    for take in takes:
        write_take(take, folder)
    write_list(takes, folder)
    return folder


def write_take(take: Take, folder: Path) -> Path:
    """Write one take's file, which tells everything about the take also without the list."""
    _json(take.meta, take.take_id)
    known = {"movement": take.movement, "dancer": take.dancer, "take_id": take.take_id, "meta": take.meta}
    poses = replace(take.poses, meta={"take": known, "poses": take.poses.meta})
    more = {} if take.exact is None else {"exact": take.exact.astype(np.float32)}
    return poses.save(folder / f"{check_id(take.take_id)}.npz", **more)


def read_take(path: Path) -> Take:
    """Read one take's file.

    Raises
    ------
    BalletError
        If it is missing, damaged, or a pose file that is no take.
    """
    poses = PoseSequence.load(path)
    try:
        known, own = poses.meta["take"], poses.meta.get("poses", {})
        exact = read_npz(path).get("exact")
        return Take(replace(poses, meta=own), known["movement"], known["dancer"], known["take_id"],
                    dict(known["meta"]), exact)  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        raise BalletError(
            f"{path} holds poses, and not who danced what. Label it first, for example with LabelTool."
        ) from error


def write_list(takes: TakeSet, folder: Path) -> None:
    """Write `takes.csv` and `labels.json`, each whole or not at all."""
    with replacing(folder / LABELS) as temporary:
        temporary.write_text(json.dumps(list(takes.labels), ensure_ascii=False), encoding="utf-8")
    with replacing(folder / LIST) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file)
        lines.writerow(COLUMNS)
        for take in takes:
            lines.writerow((take.take_id, take.movement, take.dancer, len(take), f"{take.poses.fps:g}",
                            take.poses.source, _json(take.meta, take.take_id)))  # fmt: skip


def read(folder: str | os.PathLike) -> TakeSet:
    """Read a folder; `takes.csv` decides what belongs to the set, and its labels and dancers count.

    Raises
    ------
    BalletError
        If the list or a file that it names is missing or damaged; the line is named.

    Warns
    -----
    UserWarning
        If takes lie in the folder that the list does not name, as after a kill or a line deleted.
    """
    folder = Path(folder)
    takes = []
    rows = _rows(folder)
    for row in rows:
        where = f"{folder / LIST}, line {row['line']}"
        try:
            take = read_take(folder / f"{check_id(row['take_id'])}.npz")
            takes.append(replace(take, movement=row["movement"], dancer=row["dancer"], take_id=row["take_id"],
                                 meta=_meta(row.get("meta"), take.meta)))  # fmt: skip
        except BalletError as error:
            raise BalletError(f"{where}: {error} Or delete the line.") from error
    if left_out := sorted(unlisted(folder, {row["take_id"] for row in rows})):
        warnings.warn(
            f"{folder} holds {len(left_out)} takes that takes.csv does not list, such as {left_out[0]}. "
            "They are left out; `recover` in take_files adds them.",
            stacklevel=3,
        )
    return TakeSet(takes, _labels(folder, takes))


def recover(folder: str | os.PathLike) -> list[str]:
    """Add finished takes to `takes.csv` that a kill kept out of it, and return their ids.

    Warns
    -----
    UserWarning
        If a file is no take, or bears another name than its take; it is left where it is.
    """
    folder = Path(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        listed = read(folder) if (folder / LIST).exists() else TakeSet()
    found = []
    for take_id in sorted(unlisted(folder, {take.take_id for take in listed})):
        try:
            take = read_take(folder / f"{take_id}.npz")
        except BalletError as error:  # one stray file must not keep the others lost
            warnings.warn(f"Left out: {error}", stacklevel=2)
            continue
        if take.take_id == take_id:
            found.append(take)
        else:
            warnings.warn(f"Left out: {take_id}.npz holds the take {take.take_id}.", stacklevel=2)
    if found:
        labels = with_labels(listed.labels, (take.movement for take in found))
        write_list(TakeSet([*listed, *found], labels), folder)
    return [take.take_id for take in found]


def unlisted(folder: Path, listed: set[str]) -> set[str]:
    """Return the ids of files in the folder that look like takes and are not listed."""
    return {path.stem for path in folder.glob("*.npz") if not path.name.startswith(".")} - listed


def _rows(folder: Path) -> list[dict]:
    """Read `takes.csv` as a person or a spreadsheet may have left it."""
    path = folder / LIST
    try:
        if path.stat().st_size > LARGEST_LIST:
            raise BalletError(f"{path} is no list of takes: it is far too long. Restore it from a copy.")
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise BalletError(f"{folder} holds no {LIST}, so it is no set of takes. Check the folder.") from None
    except UnicodeDecodeError:
        raise BalletError(f"{path} is not UTF-8 text. Save it from your spreadsheet as CSV UTF-8.") from None
    except OSError as error:
        raise BalletError(f"{path} cannot be read ({error.strerror}). Check that you may read it.") from error
    head = text.split("\n", 1)[0]
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if head.count(";") > 1 else ",")
        rows = [row | {"line": reader.line_num} for row in reader if any(row.values())]
    except csv.Error as error:
        raise BalletError(f"{path} is no table ({error}). Restore it from a copy.") from error
    if missing := [name for name in COLUMNS[:3] if name not in (reader.fieldnames or ())]:
        raise BalletError(f"{path} has no column {', '.join(missing)}. Its first line names the columns.")
    seen: set[str] = set()
    for row in rows:
        if row["take_id"] in seen:
            raise BalletError(
                f"{path}, line {row['line']}: {row['take_id']} is listed twice. Delete one line."
            )
        seen.add(row["take_id"])
    return rows


def _json(meta: dict, take_id: str) -> str:
    try:
        return json.dumps(meta, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise BalletError(
            f"The meta of {take_id} cannot be stored: {error}. Use plain texts, numbers, lists and dicts."
        ) from error


def _meta(text: str | None, default: dict) -> dict:
    try:
        meta = json.loads(text) if text else default
    except (json.JSONDecodeError, RecursionError):
        meta = None
    if not isinstance(meta, dict) or not _sensible(meta):
        raise BalletError(
            "The column meta is no JSON object, or its first_frame is no number, or its timeline no list of "
            "[start, end, label]. Empty the cell to restore it."
        )
    return meta


def _sensible(meta: dict) -> bool:
    def number(value) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool)

    timeline = meta.get("timeline", [])
    return number(meta.get("first_frame", 0)) and isinstance(timeline, list) and all(
        isinstance(part, list) and len(part) == 3 and number(part[0]) and number(part[1]) for part in timeline
    )  # fmt: skip


def _labels(folder: Path, takes: list[Take]) -> tuple[str, ...]:
    """The label map as stored; labels that were typed into the list come after it."""
    found = [take.movement for take in takes]
    try:
        stored = json.loads((folder / LABELS).read_text(encoding="utf-8"))
        stored = [label for label in stored if isinstance(label, str)]
    except (OSError, ValueError, RecursionError, TypeError):
        return in_order(found)
    return (*dict.fromkeys(stored), *(label for label in in_order(found) if label not in stored))


# --- A packed file -------------------------------------------------------------------------------------


def pack(takes: TakeSet, path: Path) -> Path:
    """Write a set into one small file, rounded to `STEPS`."""
    table = [
        {"take_id": t.take_id, "movement": t.movement, "dancer": t.dancer, "frames": len(t), "meta": t.meta,
         "fps": t.poses.fps, "size": t.poses.size, "source": t.poses.source, "poses": t.poses.meta,
         "has": [name for name in STEPS if _of(t, name) is not None]}
        for t in takes
    ]  # fmt: skip
    for take in takes:
        _json(take.meta | {"poses": take.poses.meta}, take.take_id)
    arrays = {}
    for name, steps in STEPS.items():
        parts = [part for take in takes if (part := _of(take, name)) is not None]
        if parts:
            arrays |= {
                f"{name}_{key}": value for key, value in _squeeze(np.concatenate(parts), steps).items()
            }
    head = {"format": PACKED, "labels": takes.labels, "takes": table}
    text = np.frombuffer(json.dumps(head, ensure_ascii=False).encode(), np.uint8)
    with replacing(path) as temporary:
        write_npz(temporary, arrays | {"head": text}, soon=("head", "landmarks_"))
    return path


def unpack(path: str | os.PathLike) -> TakeSet:
    """Read a packed file.

    Raises
    ------
    BalletError
        If it is damaged or holds no set of takes.
    """
    path = Path(path)
    content = _content(path)
    arrays = read_npz(path, only=lambda name: name.startswith(("head", "landmarks_")), content=content)
    try:
        if arrays["head"].nbytes > LARGEST_HEAD:
            raise ValueError("head")
        head = json.loads(arrays["head"].tobytes())
        if head["format"] != PACKED:
            raise KeyError(head["format"])
        empty = np.empty((0, 33, 4), np.float32)
        landmarks = _unfold(arrays, "landmarks", STEPS["landmarks"]) if head["takes"] else empty
        later = {name: _Later(name, path, content) for name in ("world", "exact")}
        done = dict.fromkeys(STEPS, 0)
        takes = []
        for row in head["takes"]:
            part: dict[str, Any] = {}
            if type(row["frames"]) is not int or row["frames"] < 0:
                raise ValueError(row["frames"])
            for name in row["has"]:
                first, done[name] = done[name], done[name] + row["frames"]
                some = slice(first, done[name])
                part[name] = partial(later[name].cut, some) if name in later else landmarks[some]
            poses = PoseSequence(part["landmarks"], part.get("world"), row["fps"], tuple(row["size"]),
                                 row["source"], meta=row["poses"])  # fmt: skip
            takes.append(Take(poses, row["movement"], row["dancer"], row["take_id"], dict(row["meta"]),
                              part.get("exact")))  # fmt: skip
            if len(poses) != row["frames"]:
                raise ValueError(row["frames"])
        if done["landmarks"] != len(landmarks):
            raise ValueError("frames that belong to no take")
        for name in later:
            later[name].frames = done[name]
        return TakeSet(takes, head["labels"])
    except BalletError:
        raise
    except Exception as error:  # a file of another tool fails in a dozen ways
        raise BalletError(
            f"{path} is no set of takes ({type(error).__name__}). For poses of one video use PoseSequence."
        ) from error


class _Later:
    """An array of a packed set, unpacked when any take's part of it is first asked for."""

    def __init__(self, name: str, path: Path, content: bytes):
        self.name, self.path, self.content, self.frames = name, path, content, 0

    def cut(self, frames: slice) -> np.ndarray:
        return self._points[frames]

    @cached_property
    def _points(self) -> np.ndarray:
        mine = f"{self.name}_"
        arrays = read_npz(self.path, only=lambda name: name.startswith(mine), content=self.content)
        try:
            points = _unfold(arrays, self.name, STEPS[self.name])
            if len(points) != self.frames:
                raise ValueError(len(points))
        except Exception as error:
            raise BalletError(
                f"The {self.name} coordinates in {self.path} are damaged ({type(error).__name__}). "
                "Copy the file again."
            ) from error
        return points


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise BalletError(f"{path} is not there. Check the spelling and the folder.") from None
    except OSError as error:
        raise BalletError(
            f"{path} cannot be read ({error.strerror}). Check the name and the disk."
        ) from error


def _of(take: Take, name: str) -> np.ndarray | None:
    return take.exact if name == "exact" else getattr(take.poses, name)


def _squeeze(points: np.ndarray, steps: tuple[float, ...]) -> dict[str, np.ndarray]:
    """Store (T, 33, C) as low and high bytes of differences in time; missing points repeat the last."""
    holes = np.isnan(points)
    missing = holes.all(axis=-1)
    whole = np.round(np.where(holes, 0, points) / np.array(steps))
    if np.abs(whole).max(initial=0) > 32767:
        raise BalletError(
            f"Coordinates up to {np.nanmax(np.abs(points)):.0f} are too large to pack. Save into a folder."
        )
    last = np.maximum.accumulate(np.where(missing, 0, np.arange(len(points))[:, None]), axis=0)
    whole = np.take_along_axis(whole.astype(np.int16), last[..., None], axis=0)
    # One track after the other, since a coordinate resembles itself a frame ago. int16 wraps both ways.
    tracks = np.ascontiguousarray(whole.reshape(len(points), -1).T)
    change = np.diff(tracks, axis=1, prepend=np.int16(0)).view(np.uint16)
    zigzag = (change << 1) ^ (change.view(np.int16) >> 15).view(np.uint16)  # small numbers of either sign
    low = (zigzag & 255).astype(np.uint8)
    squeezed = {
        "low": low[: len(low) // 2],
        "low2": low[len(low) // 2 :],  # the bulk in two parts, which two threads unpack sooner
        "high": (zigzag >> 8).astype(np.uint8),
        "missing": np.packbits(missing.T),
    }
    if (part := holes & ~missing[..., None]).any():  # as from 17 keypoints, which have no depth
        squeezed["gaps"] = np.packbits(part.reshape(len(points), -1).T)
    return squeezed


def _unfold(arrays: dict[str, np.ndarray], name: str, steps: tuple[float, ...]) -> np.ndarray:
    """Undo `_squeeze`: float32 (T, 33, C)."""
    low, high = np.concatenate([arrays[f"{name}_low"], arrays[f"{name}_low2"]]), arrays[f"{name}_high"]
    # Shapes that only broadcast would unfold to more than the file was allowed to hold.
    if low.ndim != 2 or low.shape != high.shape or len(low) != 33 * len(steps) or high.dtype != low.dtype:
        raise ValueError(low.shape)
    frames, scale = low.shape[1], np.tile(np.array(steps, np.float32), 33)
    points: np.ndarray = np.empty((frames, len(low)), np.float32)
    for first in range(0, len(low), 16):  # as many tracks as fit a processor's cache, and a line of it
        some = slice(first, first + 16)
        zigzag = low[some] | (high[some].astype(np.uint16) << 8)
        change = ((zigzag >> 1) ^ (0 - (zigzag & 1))).view(np.int16)
        # NumPy adds up int32 five times as fast; back in int16 it has wrapped as it should.
        tracks = np.add.accumulate(change, axis=1, dtype=np.int32).astype(np.int16)
        np.multiply(tracks.T, scale[some], out=points[:, some])
    points = points.reshape(frames, 33, len(steps))
    if (packed := arrays[f"{name}_missing"]).any():
        missing = np.unpackbits(packed, count=33 * frames).reshape(33, frames).T.astype(bool)
        points[missing] = np.nan
    if (gaps := arrays.get(f"{name}_gaps")) is not None:
        part = np.unpackbits(gaps, count=points.size).reshape(-1, frames).T
        points[part.reshape(points.shape).astype(bool)] = np.nan
    return points
