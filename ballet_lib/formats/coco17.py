"""COCO keypoints: arrays of 17 points a frame, and COCO's own annotation JSON.

Clips lie in folders named by their label::

    clips/
        demi_plie/
            anna_01.npy     array (T, 17, 2 or 3): x, y in pixels, and a score; or (T, 51)
            anna_02.npz     the same, as the only array, or the one called keypoints
            anna_03.json    annotations

Arrays are what MMPose, YOLO-pose or ViTPose users save; they do not say how large the picture was, so
`--size` is needed. Annotations are what COCO, CVAT and Label Studio export::

    {"images": [{"id": 1, "file_name": "0001.jpg", "width": 640, "height": 480}, ...],
     "annotations": [{"image_id": 1, "category_id": 1, "track_id": 0,
                      "keypoints": [x, y, v] * 17, ...}, ...]}

with v 0 for a point that nobody marked (missing), 1 for marked but hidden (visibility 0.5), 2 for seen (1). A
file is one clip, its images in the order of their names, several people told apart by `track_id` or by place.
"""

from pathlib import Path
from typing import Any

import numpy as np

from ballet_lib.array_files import read_npy, read_npz
from ballet_lib.errors import BalletError
from ballet_lib.files import whole_folder
from ballet_lib.formats.json_files import FARTHEST, a_list, an_object, numbers, read_json, whole_number
from ballet_lib.formats.keypoints import about, from_landmarks, lost, to_landmarks
from ballet_lib.formats.people import Detections, takes_of
from ballet_lib.formats.reading import Reading
from ballet_lib.formats.source import counting, find_files, relative
from ballet_lib.names import file_names
from ballet_lib.takes import Take, TakeSet

VISIBILITY = np.array([0.0, 0.5, 1.0])
"""What COCO's flags 0, 1, 2 become."""


def read(source: Path, reading: Reading) -> TakeSet:
    """Read one file, or every array and annotation file of a folder.

    Raises
    ------
    BalletError
        If a file is no such array or annotation, a label or the picture's size is missing.
    """
    paths = find_files(source, (".npy", ".npz", ".json"), reading.notes)
    takes: list[Take] = []
    for path in reading.going_through(paths, "clip"):
        with reading.sparing():
            name = relative(path, source)
            folder = path.parent.name if path.parent != source and source.is_dir() else None
            takes += (_annotated if path.suffix.lower() == ".json" else _array)(path, name, folder, reading)
    return reading.finish(takes, f"clip such as demi_plie/anna_01.npy in {source}")


# --- Arrays --------------------------------------------------------------------------------------------


def _array(path: Path, name: str, folder: str | None, reading: Reading) -> list[Take]:
    points = read_npy(path) if path.suffix.lower() == ".npy" else _only_array(path)
    if points.ndim == 2 and points.shape[1] == 51:
        points = points.reshape(-1, 17, 3)
    if (
        points.ndim != 3
        or points.shape[1] != 17
        or points.shape[2] not in (2, 3)
        or points.dtype.kind not in "fiu"
    ):
        raise BalletError(
            f"{path} holds {points.dtype} {points.shape}, not (T, 17, 2 or 3) numbers. "
            "One person a file, axes in the order frame, keypoint, x y score."
        )
    if not len(points):
        raise BalletError(f"{path} holds no frame. Leave it out, or make it anew.")
    movement, dancer = reading.who_and_what(name, folder)
    size = reading.ask_size(str(path))
    reading.count_frames(len(points), name)
    points = points.astype(np.float64)
    if (np.abs(points) > FARTHEST).any():  # also infinite; NaN is missing
        raise BalletError(f"{path} holds a number beyond {FARTHEST:,.0f}. It is damaged; make it anew.")
    if points.shape[2] == 2:
        found = (points != 0).any(axis=2, keepdims=True).astype(np.float64)
        points = np.concatenate([points, found], axis=2)
    landmarks = to_landmarks(points, size, reading, str(path))
    return [reading.take(landmarks, movement, name, "coco17", size=size, dancer=dancer, poses=about(17))]


def _only_array(path: Path) -> np.ndarray:
    arrays = read_npz(path)
    if "keypoints" in arrays:
        return arrays["keypoints"]
    if len(arrays) != 1:
        raise BalletError(
            f"{path} holds {len(arrays)} arrays ({', '.join(sorted(arrays)[:5])}) and none called keypoints. "
            "Save the keypoints alone, or under that name."
        )
    return next(iter(arrays.values()))


# --- Annotations ---------------------------------------------------------------------------------------


def _annotated(path: Path, name: str, folder: str | None, reading: Reading) -> list[Take]:
    document = an_object(read_json(path), str(path), "images", "annotations")
    places, sizes = _images(document["images"], path, reading)
    rows: list[tuple[int, np.ndarray, int | None, float]] = []
    for i, annotation in enumerate(a_list(document["annotations"], f"{path}, annotations")):
        where = f"{path}, annotations[{i}]"
        annotation = an_object(annotation, where, "image_id")
        if "keypoints" not in annotation or not annotation.get("num_keypoints", 1):
            continue  # a box without points, or a crowd
        image = _key(annotation["image_id"])
        if image not in places:
            raise BalletError(f"{where} is of the image {str(image)[:40]}, which is not listed. "
                              "Export the file again.")  # fmt: skip
        points = _keypoints(annotation["keypoints"], where)
        track = annotation.get("track_id")
        rows.append((places[image], points / (*sizes[image], 1), track, float(len(rows))))
    size = next(iter(sizes.values()))
    if len(set(sizes.values())) > 1:
        reading.note(f"{name} has pictures of several sizes; {size[0]}x{size[1]} stands for all.")
    if not rows:
        reading.note(f"{name} has no annotation with keypoints and became no take.")
        return []
    points = np.stack([row[1] for row in rows])
    found = Detections(
        np.array([row[0] for row in rows]),
        to_landmarks(points, size, reading, str(path), shares=True),
        [None if row[2] is None else whole_number(row[2], f"{path}, a track_id") for row in rows],
        np.array([row[3] for row in rows]),
    )
    return takes_of(found, name, folder, size, reading, "coco17", 17)


def _images(listed: Any, path: Path, reading: Reading) -> tuple[dict, dict]:
    """Return the place in time of each image, and its size, by id."""
    images = []
    for i, image in enumerate(a_list(listed, f"{path}, images")):
        where = f"{path}, images[{i}]"
        image = an_object(image, where, "id")
        if "width" in image and "height" in image:
            size = tuple(whole_number(image[side], f"{where}, {side}") for side in ("width", "height"))
            if min(size) < 1:
                raise BalletError(f"{where} has a picture of {size[0]}x{size[1]}. Export the file again.")
        else:
            size = reading.ask_size(where)
        images.append((counting(str(image.get("file_name", ""))), str(image["id"]), _key(image["id"]), size))
    if not images:
        raise BalletError(f"{path} lists no images. Export the file again.")
    images.sort(key=lambda image: (image[0], counting(image[1])))
    places = {image[2]: place for place, image in enumerate(images)}
    if len(places) < len(images):
        raise BalletError(f"{path} lists two images with one id. Export the file again.")
    return places, {image[2]: image[3] for image in images}


def _key(value: Any) -> int | str:
    """Return an id that can be looked up: ids are numbers or texts."""
    return value if isinstance(value, int | str) else str(value)


def _keypoints(values: Any, where: str) -> np.ndarray:
    """Return 51 numbers as (17, 3), flags made visibilities, points that nobody marked NaN."""
    points = numbers(values, f"{where}, keypoints")
    if points.shape != (51,):
        raise BalletError(f"{where} has {points.size} numbers in keypoints, not 51 (17 times x, y, v). "
                          "Export the 17 keypoints of COCO.")  # fmt: skip
    points = points.reshape(17, 3)
    flags = points[:, 2]
    if np.isin(flags[~np.isnan(flags)], (0, 1, 2)).all():
        flags = VISIBILITY[np.nan_to_num(flags).astype(int)]
    points[np.isnan(flags) | (flags == 0)] = np.nan
    points[:, 2] = np.where(np.isnan(points[:, 2]), np.nan, flags)
    return points


# --- Writing -------------------------------------------------------------------------------------------


def write(takes: TakeSet, destination: Path) -> list[str]:
    """Write each take as ``label/take_id.npy``, float32 (T, 17, 3) in pixels, zeros where missing.

    Returns
    -------
    list of str
        What was lost.
    """
    folders = file_names(takes.labels)
    with whole_folder(destination) as folder:
        for take in takes:
            (folder / folders[take.movement]).mkdir(exist_ok=True)
            points = from_landmarks(take.poses.landmarks, take.poses.size).astype(np.float32)
            np.save(folder / folders[take.movement] / f"{take.take_id}.npy", points)
    return [lost(17), "the size of the pictures (give it as --size on import), frame rate, dancers"]
