"""Text of 51 columns: the dance-style web project's files, made from AlphaPose.

``X_train.txt`` has one line a time step and 51 numbers a line: x, y in pixels and the score of the 17 COCO
keypoints, separated by commas or blanks. ``Y_train.txt`` says in one number a block what each block of 100
lines shows (or in one a line)::

    X_train.txt                                  Y_train.txt     labels.txt (ours, optional)
    292.1815, 379.9465, 0.946, 297.9408, ...     1               1 afrobeat
    164.6723, 372.5235, 0.910, 171.3487, ...     1               2 classical
    ...                                          2               3 hiphop

A first line may name the columns, ``nose_x, nose_y, nose_score, left_eye_x, ...``: they are then put into
COCO's order, and others are passed over. Without it the order is taken on trust; no number tells its joint.

A line is a *detection*, not a frame: where AlphaPose found two dancers, their lines take turns, and a "step"
of the sequence jumps across the stage. Reading says so; it cannot be mended here. Nor does the file say where
one video ends: blocks that go on where the one before stopped are taken to be of one performance.
"""

import io
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.files import whole_folder
from ballet_lib.formats.json_files import FARTHEST
from ballet_lib.formats.keypoints import COCO_NAMES, about, from_landmarks, lost, to_landmarks
from ballet_lib.formats.reading import AnswerNeeded, Reading, read_text
from ballet_lib.formats.source import find_files, relative
from ballet_lib.names import check_label
from ballet_lib.takes import Take, TakeSet

COLUMNS = 51


def read(source: Path, reading: Reading) -> TakeSet:
    """Read one file of lines, or all ``X*.txt`` of a folder; each block becomes a take.

    Labels come from `reading.labels`, else from the file that has Y for X in its name, else from
    `reading.label`. Numbers are named by `reading.label_names`, else by ``labels.txt``, else by themselves.

    Raises
    ------
    BalletError
        If a line has not 51 numbers, the lines make no whole blocks, or labels are missing.
    """
    paths = find_files(source, (".txt",), reading.notes)
    if source.is_dir():
        paths = [path for path in paths if path.name.startswith("X")]
    takes = []
    for path in reading.going_through(paths, "file"):
        with reading.sparing():
            takes += _blocks(path, relative(path, source), reading)
    return reading.finish(takes, f"file such as X_train.txt in {source}")


def _blocks(path: Path, name: str, reading: Reading) -> list[Take]:
    steps = reading.sequence_length
    lines = read_lines(path)
    if len(lines) % steps:
        raise BalletError(
            f"{path} has {len(lines)} lines, which make no whole blocks of {steps}. "
            "Give the length of a block with --sequence-length, or delete the last lines."
        )
    labels = _labels(path, len(lines) // steps, steps, reading)
    size = reading.size or _guess_size(lines, path, reading)
    reading.count_frames(len(lines), name)
    landmarks = to_landmarks(lines, size, reading, str(path))
    blocks = landmarks.reshape(-1, steps, 33, 4)
    _note_jumps(blocks, size, name, reading)
    takes, begun = [], 0
    for number, (block, label) in enumerate(zip(blocks, labels, strict=True)):
        if number and (label != labels[number - 1] or not _goes_on(blocks[number - 1], block, size)):
            begun = number
        performance = f"{name} from line {begun * steps + 1}"
        takes.append(
            reading.take(block.copy(), label, performance, "text51", size=size, poses=about(17),
                         block=number, first_frame=(number - begun) * steps)
        )  # fmt: skip
    return takes


def read_lines(path: Path) -> np.ndarray:
    """Read lines of 51 numbers: float64 (N, 17, 3) x, y, score; `nan` is a missing number.

    Raises
    ------
    BalletError
        If a line holds anything else; it is named.
    """
    return parse_lines(read_text(path), path)


def parse_lines(text: str, path: str | Path) -> np.ndarray:
    """Read lines of a text as `read_lines` does those of a file; `path` names it in errors."""
    named = _header(text, path)
    columns = COLUMNS if named is None else named.size
    text = text.replace(",", " ")
    if not text.strip():
        raise BalletError(f"{path} is empty. Copy it again.")
    try:
        table = np.loadtxt(io.StringIO(text), comments=None, ndmin=2, skiprows=int(named is not None))
        if table.shape[1] != columns or (np.abs(table) > FARTHEST).any():
            raise ValueError
    except ValueError:
        raise _bad_line(path, text, columns, named is not None) from None
    return (table if named is None else table[:, named.order]).reshape(-1, 17, 3)


class _Header(NamedTuple):
    """What a first line of names says: how many columns there are, and where the 51 stand in them."""

    size: int
    order: list[int]


def _header(text: str, path: str | Path) -> _Header | None:
    """Read the names of the columns, if the first line holds any."""
    first = text.partition("\n")[0].strip()
    cells = [cell.strip(" \"'") for cell in (first.split(",") if "," in first else first.split())]
    there = {re.sub(r"[ .]", "_", cell).lower(): number for number, cell in enumerate(cells)}
    wanted = [f"{joint}_{what}" for joint in COCO_NAMES for what in ("x", "y", "score")]
    if not there.keys() & set(wanted):
        return None
    if missing := [name for name in wanted if name not in there]:
        raise BalletError(
            f"{path}: its first line names no column {missing[0]}; {len(missing)} of {COLUMNS} are missing. "
            "Name them nose_x, nose_y, nose_score, left_eye_x and so on, or delete that line."
        )
    return _Header(len(cells), [there[name] for name in wanted])


def _bad_line(path: str | Path, text: str, columns: int, named: bool) -> BalletError:
    """Find the line that loadtxt stumbled over, counting as an editor does."""
    for number, line in enumerate(text.splitlines(), start=1):
        cells = line.split()
        if named and number == 1:
            continue
        if cells and len(cells) != columns:
            like = "x, y, score of 17 joints" if columns == COLUMNS else "as its first line names them"
            return BalletError(
                f"{path}, line {number}: {len(cells)} numbers, not {columns} ({like}). "
                "Mend the line, or check which tool wrote the file."
            )
        for cell in cells:
            try:
                if not abs(float(cell)) <= FARTHEST and cell.lower() != "nan":
                    raise ValueError
            except ValueError:
                return BalletError(f"{path}, line {number}: {cell[:40]!r} is no coordinate. Mend the line.")
    return BalletError(f"{path} is no table of {columns} numbers a line. Check which tool wrote it.")


def _labels(path: Path, blocks: int, steps: int, reading: Reading) -> list[str]:
    """Return the label of each block."""
    twin = path.with_name("Y" + path.name[1:]) if path.name.startswith("X") else None
    lower = path.with_name("y" + path.name[1:])
    where = reading.labels or next(
        (p for p in (twin, lower) if p and p.is_file() and not p.is_symlink()), None
    )
    if where is None:
        if reading.label is None:
            raise AnswerNeeded(f"{path} has no file of labels beside it ({(twin or lower).name}). "
                              "Give one with --labels, or one label for all with --label.")  # fmt: skip
        return [reading.label] * blocks
    said = [line.strip() for line in read_text(Path(where)).split("\n")]
    while said and not said[-1]:
        said.pop()
    if len(said) == blocks * steps != blocks:
        mixed = [i for i in range(blocks) if len(set(said[i * steps : (i + 1) * steps])) > 1]
        if mixed:
            raise BalletError(
                f"{where}, line {mixed[0] * steps + 1}: the labels change within a block of {steps}. "
                "Give the right --sequence-length, or mend the labels."
            )
        said = said[::steps]
    if len(said) != blocks:
        raise BalletError(f"{where} has {len(said)} labels for {blocks} blocks of {steps} lines. "
                          "Give the right --sequence-length, or mend the labels.")  # fmt: skip
    return _named(said, path, Path(where), reading)


def _named(said: list[str], path: Path, where: Path, reading: Reading) -> list[str]:
    """Give numbers their names; labels that are names already stay."""
    names: dict[str, str] = {}
    beside = path.with_name("labels.txt")
    whole = all(text.isascii() and text.isdigit() and len(text) < 10 for text in said)
    if whole and reading.label_names:
        least = min(map(int, said), default=0)
        names = {str(least + i): name for i, name in enumerate(reading.label_names)}
    elif whole and beside.is_file() and not beside.is_symlink():
        pairs = (line.split(maxsplit=1) for line in read_text(beside).splitlines() if line.strip())
        names = {pair[0]: pair[-1].strip() for pair in pairs}
    labels = []
    for line, text in enumerate(said, start=1):
        try:
            if names and text not in names:
                raise BalletError(f"{text} has no name; named are {', '.join(names)[:200]}. Name them all.")
            labels.append(check_label(names.get(text, text)))
        except BalletError as error:
            raise BalletError(f"{where}, line {line}: {error}") from error
    if whole and not names:
        reading.note("Labels are numbers. Name them in order with --label-names afrobeat,classical,hiphop.")
    return labels


def _guess_size(lines: np.ndarray, path: Path, reading: Reading) -> tuple[int, int]:
    right, down = (max(float(np.nanmax(lines[..., axis], initial=0)), 1.0) for axis in (0, 1))
    if max(right, down) <= 2:  # shares of the picture
        raise BalletError(f"{path} does not count in pixels, so --size WxH is needed for its proportions.")
    size = (int(np.ceil(right)), int(np.ceil(down)))
    reading.note(f"{path.name} does not say how large the picture was; {size[0]}x{size[1]}, its largest "
                 "coordinates, are assumed. Give --size if you know it.")  # fmt: skip
    return size


# --- Where lines jump ----------------------------------------------------------------------------------


def _note_jumps(blocks: np.ndarray, size: tuple[int, int], name: str, reading: Reading) -> None:
    """Say so where more than a tenth of a block's steps lead more than half a body away."""
    if blocks.shape[1] < 2:
        return
    jumping = [i for i, block in enumerate(blocks) if np.mean(_steps(block, size) > 0.5) > 0.1]
    if jumping:
        reading.note(
            f"{name}: in {len(jumping)} of {len(blocks)} blocks, such as the one from line "
            f"{jumping[0] * blocks.shape[1] + 1}, lines jump between places: several dancers take turns. "
            "Import AlphaPose's own JSON to tell them apart."
        )


def _steps(landmarks: np.ndarray, size: tuple[int, int], apart: int = 1) -> np.ndarray:
    """Return how far the body moves from line to line, in body heights: (T - apart,), 0 if unseen."""
    place = landmarks[..., :2] * (size[0] / size[1], 1)
    far = np.linalg.norm(place[apart:] - place[:-apart], axis=-1)
    seen = ~np.isnan(far)
    far = np.where(seen, far, 0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    tall = np.where(np.isnan(place[..., 1]), -np.inf, place[..., 1]).max(axis=1)
    tall = tall - np.where(np.isnan(place[..., 1]), np.inf, place[..., 1]).min(axis=1)
    tall = tall[np.isfinite(tall) & (tall > 0)]
    return far / (np.median(tall) if len(tall) else 1.0)


def _goes_on(before: np.ndarray, after: np.ndarray, size: tuple[int, int]) -> bool:
    """Whether a block's first line is close to one of the last four lines of the block before."""
    joint = np.concatenate([before[-4:], after[:1]])
    near = [_steps(joint[[i, -1]], size)[0] for i in range(len(joint) - 1) if _both(joint[i], joint[-1])]
    return bool(near) and min(near) < 0.2


def _both(a: np.ndarray, b: np.ndarray) -> bool:
    return bool((~np.isnan(a[:, 0]) & ~np.isnan(b[:, 0])).any())


# --- Writing -------------------------------------------------------------------------------------------


def write(takes: TakeSet, destination: Path) -> list[str]:
    """Write ``X.txt``, ``Y.txt`` (numbers from 1, as the project has them) and ``labels.txt`` (their names).

    Returns
    -------
    list of str
        What was lost.

    Raises
    ------
    BalletError
        If there is something at `destination`, or the takes differ in length or size of picture.
    """
    lengths = {len(take) for take in takes}
    if len(lengths) != 1 or 0 in lengths:
        raise BalletError(
            f"Blocks have one length, and the takes have {', '.join(map(str, sorted(lengths)[:9]))} frames. "
            "Give --frames 100, say."
        )
    sizes = {take.poses.size for take in takes}
    if len(sizes) > 1:
        raise BalletError("The takes are of pictures of several sizes, which this format cannot tell. "
                          "Export those of one size at a time.")  # fmt: skip
    with whole_folder(destination) as folder:
        with (folder / "X.txt").open("w", encoding="utf-8") as file:
            for take in takes:
                points = from_landmarks(take.poses.landmarks, take.poses.size).reshape(len(take), COLUMNS)
                np.savetxt(file, points, fmt="%.6g", delimiter=", ")
        labels = [f"{takes.label_map[take.movement] + 1}\n" for take in takes]
        (folder / "Y.txt").write_text("".join(labels), encoding="utf-8")
        names = [f"{number} {label}\n" for number, label in enumerate(takes.labels, start=1)]
        (folder / "labels.txt").write_text("".join(names), encoding="utf-8")
    width, height = sizes.pop()
    return [
        lost(17),
        f"the size of the picture ({width}x{height}: give it as --size on import), frame rate, dancers",
    ]
