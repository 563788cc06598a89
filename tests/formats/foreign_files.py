"""Small files in everybody's formats, made from the studio's dancer, whose joints are known."""

import json
from functools import cache

import numpy as np

from ballet_lib.skeleton import to_body25, to_coco17
from ballet_lib.studio.scene import Scene

SIZE = (480, 640)


@cache
def dancer(movement="releve", frames=6):
    """Landmarks of a dance: float32 (frames, 33, 4), shares of a picture of SIZE."""
    landmarks = Scene(movement).exact.landmarks
    return landmarks[np.linspace(0, len(landmarks) - 1, frames).astype(int)]


def beside(landmarks, x=0.5, shrink=0.4):
    """The same dancer smaller and elsewhere."""
    moved = landmarks.copy()
    moved[..., :2] = moved[..., :2] * shrink + (x, 0.3)
    return moved


def pixels(landmarks, skeleton=to_coco17):
    """Keypoints in pixels: float64 (T, K, 3), zeros where missing."""
    points = skeleton(landmarks)[..., [0, 1, 3]].astype(float) * (*SIZE, 1)
    return np.nan_to_num(points)


def body25(landmarks):
    return pixels(landmarks, to_body25)


def write_json(path, document):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def mp_data(folder, label="releve", sequences=2, numbers=132, movement="releve"):
    for sequence in range(sequences):
        place = folder / label / str(sequence)
        place.mkdir(parents=True)
        for i, pose in enumerate(dancer(movement)):
            more = np.full(numbers - 132, 7.0)
            np.save(place / f"{i}.npy", np.concatenate([pose.ravel() + 0.001 * sequence, more]))
    return folder


def alphapose(people, ids=None, extra=0):
    """AlphaPose's list for several dancers' pixels (T, K, 3)."""
    results = []
    for frame in range(len(people[0])):
        for person, points in enumerate(people):
            result = {"image_id": f"{frame}.jpg", "category_id": 1, "score": 2.5 - person,
                      "keypoints": [*points[frame].ravel(), *[0.5] * extra * 3],
                      "box": [1.0, 2.0, 3.0, 4.0]}  # fmt: skip
            results.append(result | ({} if ids is None else {"idx": ids[person]}))
    return results


def openpose(folder, people, name="anna_01", person_id=-1):
    for frame in range(len(people[0])):
        document = {"version": 1.3, "people": [
            {"person_id": [person_id], "pose_keypoints_2d": points[frame].ravel().tolist(),
             "face_keypoints_2d": []} for points in people]}  # fmt: skip
        write_json(folder / f"{name}_{frame:012d}_keypoints.json", document)
    return folder


NAMES = ("nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder",
         "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip",
         "left_knee", "right_knee", "left_ankle", "right_ankle")  # fmt: skip


def lets_dance(folder, people, video="6Y5JYh_001"):
    for frame in range(len(people[0])):
        named = [zip(NAMES, points[frame, :, :2].tolist(), strict=True) for points in people]
        document = [["person", *map(list, points)] for points in named]
        write_json(folder / f"{video}_{frame + 1:04d}.json", document)
    return folder


def coco(landmarks, flags=2):
    """COCO's annotation document for one dancer."""
    points = pixels(landmarks)
    points[..., 2] = flags
    return {
        "images": [{"id": 10 + i, "file_name": f"{i}.jpg", "width": SIZE[0], "height": SIZE[1]}
                   for i in range(len(points))],
        "annotations": [{"id": i, "image_id": 10 + i, "category_id": 1, "num_keypoints": 17,
                         "keypoints": frame.ravel().tolist()} for i, frame in enumerate(points)],
    }  # fmt: skip


def text51(folder, blocks=2, labels="1\n2\n", frames=6):
    folder.mkdir(parents=True, exist_ok=True)
    lines = [", ".join(map(str, points.ravel())) for points in pixels(dancer(frames=frames))] * blocks
    (folder / "X_train.txt").write_text("\n".join(lines) + "\n")
    (folder / "Y_train.txt").write_text(labels)
    return folder
