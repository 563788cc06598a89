"""MP_Data: MediaPipe landmarks as the sign-language tutorial and the ballet paper store them.

One folder a label, in it one folder a sequence, in it one array a frame::

    MP_Data/
        demi_plie/
            0/
                0.npy  1.npy ... 39.npy
            1/
                ...

Each array is one vector of numbers: 132 (33 landmarks, each x, y, z, visibility), 258 (these, then 21 points
x, y, z of the left and of the right hand) or 1662 (the 33, 468 points of the face, both hands). The tutorial
(nicknochnack, ActionDetectionforSignLanguage) writes zeros where nobody was found; takes have NaN there.
"""

from pathlib import Path

import numpy as np

from ballet_lib.array_files import read_npy
from ballet_lib.errors import BalletError
from ballet_lib.files import whole_folder
from ballet_lib.formats.reading import AnswerNeeded, Reading
from ballet_lib.formats.source import find_files, relative
from ballet_lib.names import file_names
from ballet_lib.takes import Take, TakeSet

SIZES: dict[int, str] = {132: "pose", 258: "pose and hands", 1662: "pose, face and hands"}
"""Numbers in a frame, and what they are; the pose always comes first."""

TUTORIAL_SIZE = (640, 480)
"""Pixels of the tutorial's camera, OpenCV's own default."""

_LARGEST = 1 << 20  # bytes of one frame, whose 1662 numbers need 13 KB


def read(source: Path, reading: Reading) -> TakeSet:
    """Read a folder of labels, sequences and frames; each sequence becomes a take.

    A frame that is missing among the numbers, and one whose pose is all zeros, is NaN; notes say which.

    Raises
    ------
    BalletError
        If a file is no vector of 132, 258 or 1662 numbers, a sequence lacks more frames than it has, or
        there are no frames at all.
    """
    if source.is_file():
        raise BalletError(f"{source} is one file. Give the folder MP_Data, or the one above the labels.")
    sequences: dict[Path, list[Path]] = {}
    for path in find_files(source, (".npy",), reading.notes):
        sequences.setdefault(path.parent, []).append(path)
    takes = []
    for folder, paths in reading.going_through(sequences.items(), "sequence"):
        with reading.sparing():
            takes.append(_sequence(source, folder, paths, reading))
    return reading.finish(takes, f"frame such as demi_plie/0/0.npy in {source}")


def _sequence(root: Path, folder: Path, paths: list[Path], reading: Reading) -> Take:
    above = folder.relative_to(root).parts
    if len(above) < 2 and reading.label is None and reading.labels is None:
        raise AnswerNeeded(
            f"{folder} holds frames and lies in no folder named by a label. "
            "Give the folder above, as in MP_Data/demi_plie/0/0.npy, or --label."
        )
    name = relative(folder, root) if above else folder.name
    label = above[-2] if len(above) > 1 else None
    movement, dancer = reading.who_and_what(name, label)
    numbers = _frame_numbers(folder, paths, reading)
    reading.count_frames(max(numbers) + 1, name)
    landmarks = np.full((max(numbers) + 1, 33, 4), np.nan, dtype=np.float32)
    for number, path in numbers.items():
        with reading.sparing():
            landmarks[number] = _frame(path, reading)
    if reading.size is None:
        reading.note(
            "The files do not say how large the picture was; the tutorial's 640x480 is assumed (--size)."
        )
    return reading.take(
        landmarks, movement, name, "mp-data", dancer=dancer, size=reading.size or TUTORIAL_SIZE
    )


def _frame_numbers(folder: Path, paths: list[Path], reading: Reading) -> dict[int, Path]:
    """Return the files by frame number, and say which numbers are missing."""
    numbers: dict[int, Path] = {}
    for path in paths:
        if not (path.stem.isascii() and path.stem.isdigit() and len(path.stem) < 10):
            raise BalletError(
                f"{path} is no frame: its name is no number. Frames are 0.npy, 1.npy and so on."
            )
        if int(path.stem) in numbers:
            raise BalletError(f"{path} and {numbers[int(path.stem)].name} are the same frame. Delete one.")
        numbers[int(path.stem)] = path
    count = max(numbers) + 1
    if count > 2 * len(numbers):
        raise BalletError(
            f"{folder} has frames up to {count - 1} and holds only {len(numbers)}. "
            "Number the frames from 0 without gaps, or record the sequence again."
        )
    if missing := sorted(set(range(count)) - set(numbers)):
        few = ", ".join(map(str, missing[:5])) + (" ..." if len(missing) > 5 else "")
        reading.note(f"{folder.parent.name}/{folder.name} lacks frames {few}; nobody is seen in them.")
    return numbers


def _frame(path: Path, reading: Reading) -> np.ndarray:
    """Read one frame: float32 (33, 4), NaN where the tutorial wrote zeros."""
    if path.stat().st_size == 0:
        raise BalletError(f"{path} is empty. Delete it, or record the sequence again.")
    vector = read_npy(path, _LARGEST)
    if vector.ndim != 1 or vector.size not in SIZES or vector.dtype.kind not in "fiu":
        raise BalletError(
            f"{path} holds {vector.dtype} {vector.shape}, not a vector of 132, 258 or 1662 numbers. "
            "Check which program wrote it."
        )
    if vector.size > 132:
        reading.lose("the hands" if vector.size == 258 else "the face and the hands")
    pose = vector[:132].astype(np.float64).reshape(33, 4)
    if not pose.any() or np.isnan(pose).all():
        return np.full((33, 4), np.nan, dtype=np.float32)
    if np.isinf(pose).any() or np.nanmax(np.abs(pose)) > 100:
        raise BalletError(
            f"{path} reaches {np.nanmax(np.abs(pose)):g}, and landmarks are shares of the picture. "
            "Check which program wrote it."
        )
    pose[np.isnan(pose).any(axis=1)] = np.nan
    return pose.astype(np.float32)


def write(takes: TakeSet, destination: Path) -> list[str]:
    """Write each take as a sequence of vectors of 132 numbers, zeros where nobody was found.

    Sequences are numbered from 0 within their label, labels become folders by `names.file_names`.

    Returns
    -------
    list of str
        What was lost.

    Raises
    ------
    BalletError
        If there is something at `destination`, or two labels would share a folder.
    """
    folders = file_names(takes.labels)
    with whole_folder(destination) as folder:
        counts = dict.fromkeys(takes.labels, 0)
        for take in takes:
            sequence = folder / folders[take.movement] / str(counts[take.movement])
            counts[take.movement] += 1
            sequence.mkdir(parents=True)
            for number, pose in enumerate(take.poses.landmarks):
                np.save(sequence / f"{number}.npy", np.nan_to_num(pose, nan=0.0).astype(np.float64).ravel())
    renamed = [f"{label} is called {name}" for label, name in folders.items() if label != name]
    return ["dancers, frame rate, picture size, metres and what else is known of a take", *renamed]
