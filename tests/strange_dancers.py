"""Dancers who have nothing to do with the studio: 17 joints in metres, moved by sines, seen by a camera.

Three invented styles differ in where the movement is and in its rhythm. Six dancers differ in size, tempo,
phase and in where the camera stands. `coco17`, `openpose` and `alphapose` write their clips as other tools
would: with gaps, jitter and points that were not found.
"""

import json

import numpy as np

STYLES = ("sway", "hop", "windmill")
DANCERS = tuple(f"dancer{number}" for number in range(6))
SIZE = (1280, 720)
FPS = 15

# where a grown-up's joints are, in metres: x to the dancer's left, y down, z away from the camera
_STANDING = np.array(
    [(0, -1.65, -0.1), (0.03, -1.69, -0.08), (-0.03, -1.69, -0.08), (0.07, -1.66, 0), (-0.07, -1.66, 0),
     (0.19, -1.4, 0), (-0.19, -1.4, 0), (0.24, -1.12, 0), (-0.24, -1.12, 0), (0.26, -0.86, 0),
     (-0.26, -0.86, 0), (0.12, -0.92, 0), (-0.12, -0.92, 0), (0.13, -0.5, 0), (-0.13, -0.5, 0),
     (0.13, -0.08, 0), (-0.13, -0.08, 0)]
)  # fmt: skip
_LEFT_ARM, _RIGHT_ARM = [7, 9], [8, 10]


def joints(style, dancer, clip, frames=45):
    """Joints of a clip in metres: (frames, 17, 3), of COCO's keypoints in their order."""
    rng = np.random.default_rng([STYLES.index(style), DANCERS.index(dancer), clip])
    beat = 2 * np.pi * rng.uniform(0.9, 1.2) * np.arange(frames) / FPS + rng.uniform(0, 6)
    body = np.tile(_STANDING, (frames, 1, 1))
    high = body[:, :, 1] / body[:, :, 1].min()  # 0 at the floor, 1 at the eyes
    if style == "sway":
        body[..., 0] += 0.22 * np.sin(beat / 2)[:, None] * high
    elif style == "hop":
        bend = 0.14 * (1 - np.cos(2 * beat))[:, None]
        body[..., 1] += bend * np.minimum(high * 2, 1)
        body[:, 13:15, 2] -= 1.5 * bend
    else:
        for arm, shoulder, side in ((_LEFT_ARM, 5, 0), (_RIGHT_ARM, 6, np.pi)):
            out = body[:, arm] - body[:, [shoulder]]
            far = np.linalg.norm(out, axis=-1)
            turn = (beat + side)[:, None]
            body[:, arm, 0] = body[:, [shoulder], 0] + far * np.sin(turn)
            body[:, arm, 1] = body[:, [shoulder], 1] + far * np.cos(turn)
    return body * rng.uniform(0.85, 1.1) + rng.normal(0, 0.02, (17, 3))


def seen(metres, dancer, clip):
    """Project joints to a picture: float64 (T, 17, 3), x, y in pixels and a score, not rounded."""
    rng = np.random.default_rng([DANCERS.index(dancer), clip, 9])
    yaw = rng.uniform(-0.7, 0.7)
    turned = metres @ np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    x, y, z = np.moveaxis(turned + np.array([rng.uniform(-0.6, 0.6), 0.9, rng.uniform(3.5, 5)]), -1, 0)
    focal = 800
    pixels = np.stack([focal * x / z + SIZE[0] / 2, focal * y / z + SIZE[1] / 2], axis=-1)
    score = rng.uniform(0.6, 0.98, (*pixels.shape[:2], 1))
    return np.concatenate([pixels + rng.normal(0, 1.5, pixels.shape), score], axis=-1)


def clips(style, each=2):
    """Yield (dancer, clip, keypoints) of a style, with points and frames in which nothing was found."""
    for dancer in DANCERS:
        for clip in range(each):
            points = seen(joints(style, dancer, clip), dancer, clip)
            rng = np.random.default_rng([DANCERS.index(dancer), clip, 5])
            points[rng.random(points.shape[:2]) < 0.02] = 0
            points[12:15] = 0  # nobody
            points[:, 4] = 0  # an ear that is never found
            yield dancer, clip, points


def table(folder, ending=""):
    """Write who dances what, as `--labels` reads it, and return its path."""
    rows = [f"{style}/{dancer}_{clip}{ending},{style},{dancer}"
            for style in STYLES for dancer, clip, _ in clips(style)]  # fmt: skip
    path = folder / "labels.csv"
    path.write_text("\n".join(["source,label,dancer", *rows]) + "\n")
    return path


def coco17(folder):
    """Write ``style/dancer_clip.npy`` of float32 (T, 17, 3)."""
    for style in STYLES:
        (folder / style).mkdir(parents=True)
        for dancer, clip, points in clips(style):
            np.save(folder / style / f"{dancer}_{clip}.npy", points.astype(np.float32))
    return table(folder, ".npy")


def alphapose(folder):
    """Write ``style/dancer_clip.json``, tracked, with a passer-by in some frames."""
    for style in STYLES:
        (folder / style).mkdir(parents=True)
        for dancer, clip, points in clips(style):
            results = [_result(frame, person, 1) for frame, person in enumerate(points) if person.any()]
            small = points[:4] * (0.3, 0.3, 0.8)
            results += [_result(frame, person, 2) for frame, person in enumerate(small)]
            (folder / style / f"{dancer}_{clip}.json").write_text(json.dumps(results))
    return table(folder, ".json")


def _result(frame, points, idx):
    keypoints = [float(number) for number in points.astype(np.float32).ravel()]
    return {"image_id": f"{frame}.jpg", "category_id": 1, "keypoints": keypoints, "score": 2.7,
            "box": [1.0, 2.0, 30.0, 40.0], "idx": idx}  # fmt: skip


_BODY_25 = (0, None, 6, 8, 10, 5, 7, 9, None, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3)


def openpose(folder):
    """Write ``style/dancer_clip/..._keypoints.json``, a file a frame, of BODY-25."""
    for style in STYLES:
        for dancer, clip, points in clips(style):
            place = folder / style / f"{dancer}_{clip}"
            place.mkdir(parents=True)
            for frame, person in enumerate(points):
                people = [{"person_id": [-1], "pose_keypoints_2d": [*body25(person).ravel().tolist()]}]
                (place / f"{dancer}_{clip}_{frame:012d}_keypoints.json").write_text(
                    json.dumps({"version": 1.3, "people": people if person.any() else []})
                )
    return table(folder)


def body25(person):
    """Keypoints of BODY-25 (25, 3): neck and mid-hip between their joints, feet before the ankles."""
    rows = [np.zeros(3) if origin is None else person[origin] for origin in _BODY_25]
    rows[1], rows[8] = (person[5] + person[6]) / 2, (person[11] + person[12]) / 2
    for ankle in (person[15], person[16]):
        rows += [ankle + np.array(foot) for foot in ((9, 12, 0), (12, 11, 0), (-5, 9, 0))]
    return np.array(rows)
