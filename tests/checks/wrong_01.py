"""Wrong answers to the tasks of lesson 01, as learners give them, and what each should be told."""

import numpy as np

from ballet_lib.skeleton import INDEX
from ballet_lib.studio.choreography import ARMS, at, both, first_position

_WRISTS = [INDEX["left_wrist"], INDEX["right_wrist"]]
_NOSE = [INDEX["nose"]]


def _triple(world, side="left"):
    return [world[:, INDEX[f"{side}_{joint}"]] for joint in ("hip", "knee", "ankle")]


def _angle(u, v):
    cosine = (u * v).sum(-1) / np.linalg.norm(u, axis=-1) / np.linalg.norm(v, axis=-1)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def _overhead_in_a_graph(landmarks):
    return (landmarks[:, _WRISTS, 1] > landmarks[:, _NOSE, 1]).all(axis=1)


def _one_arm(landmarks):
    return (landmarks[:, _WRISTS, 1] < landmarks[:, _NOSE, 1]).any(axis=1)


def _left_arm(landmarks):
    return landmarks[:, _WRISTS[0], 1] < landmarks[:, _NOSE[0], 1]


def _not_below(landmarks):
    return ~(landmarks[:, _WRISTS, 1] >= landmarks[:, _NOSE, 1]).any(axis=1)


def _each_arm(landmarks):
    return landmarks[:, _WRISTS, 1] < landmarks[:, _NOSE, 1]


def _radians(world, side):
    hip, knee, ankle = _triple(world, side)
    return np.radians(_angle(hip - knee, ankle - knee))


def _bent(world, side):
    hip, knee, ankle = _triple(world, side)
    return _angle(knee - hip, ankle - knee)


def _always_left(world, side):
    hip, knee, ankle = _triple(world)
    return _angle(hip - knee, ankle - knee)


def _shadow(world, side):
    hip, knee, ankle = _triple(world[..., :2], side)
    return _angle(hip - knee, ankle - knee)


def _unclipped(world, side):
    hip, knee, ankle = _triple(world, side)
    u, v = hip - knee, ankle - knee
    return np.degrees(np.arccos((u * v).sum(-1) / np.linalg.norm(u, axis=-1) / np.linalg.norm(v, axis=-1)))


def _filled_knee(world, side):
    return np.nan_to_num(_angle(*(point - _triple(world, side)[1] for point in _triple(world, side)[::2])))


def _hips_and_torso(points, median=np.nanmedian):
    hips = points[:, [INDEX["left_hip"], INDEX["right_hip"]]].mean(axis=1, keepdims=True)
    shoulders = points[:, [INDEX["left_shoulder"], INDEX["right_shoulder"]]].mean(axis=1, keepdims=True)
    return hips, median(np.linalg.norm(shoulders - hips, axis=-1))


def _stretched(landmarks, size):
    hips, torso = _hips_and_torso(landmarks)
    return (landmarks - hips) / torso


def _each_its_own(landmarks, size):
    points = landmarks * (size[0] / size[1], 1)
    hips, torso = _hips_and_torso(points, lambda lengths: lengths[..., None])
    return (points - hips) / torso


def _spoilt_by_nan(landmarks, size):
    points = landmarks * (size[0] / size[1], 1)
    hips, torso = _hips_and_torso(points, np.median)
    return (points - hips) / torso


def _no_unit(landmarks, size):
    points = landmarks * (size[0] / size[1], 1)
    return points - _hips_and_torso(points)[0]


def _one_hip(landmarks, size):
    points = landmarks * (size[0] / size[1], 1)
    return (points - points[:, [INDEX["left_hip"]]]) / _hips_and_torso(points)[1]


def _in_place(landmarks, size):
    landmarks *= (size[0] / size[1], 1)
    hips, torso = _hips_and_torso(landmarks)
    return (landmarks - hips) / torso


_BEGIN = at(0, first_position(55), ARMS["bras bas"])
_END = at(9, first_position(55), ARMS["bras bas"])
_UP = (both(heel=50), ARMS["couronne"])

WRONG = {
    "01.1": [
        (_overhead_in_a_graph, "y points down"),
        (_one_arm, "one arm is enough"),
        (_left_arm, "left wrist only"),
        (_not_below, "nobody is there"),
        (_each_arm, "One answer a frame"),
    ],
    "01.2": [
        (_radians, "radians"),
        (_bent, "how far the knee is bent"),
        (_always_left, "Use `side`"),
        (_shadow, "shadow"),
        (_unclipped, "straight leg gives NaN"),
        (_filled_knee, "stay NaN"),
    ],
    "01.3": [
        (_stretched, "is stretched"),
        (_each_its_own, "When she bows"),
        (_spoilt_by_nan, "np.nanmedian"),
        (_no_unit, "unit is still the picture's height"),
        (_one_hip, "not one hip"),
        (_in_place, "Work on a copy"),
    ],
    "01.4": [
        ([_BEGIN, at(4, *_UP), at(6, *_UP), _END], "No plié"),
        ([_BEGIN, at(2, plie=60), at(4, plie=0, **_UP[1]), at(6, *_UP[1:]), _END], "demi-pointe"),
        (
            [_BEGIN, at(2, plie=60), at(4, both(heel=0), plie=0), at(4.5, *_UP), at(5, both(heel=0)), _END],
            "half a second",
        ),
        ([_BEGIN, at(2, plie=60), at(4, *_UP, plie=60), at(6, *_UP, plie=60), _END], "still bent"),
        ([_BEGIN, at(2, plie=60), at(4, plie=0), at(4, *_UP), at(6, *_UP)], "end as she began"),
        ([_BEGIN, at(2, *_UP), at(4, *_UP), at(6, plie=60), _END], "put it first"),
        ([_BEGIN, at(2, plie=60), at(4, heel=50), _END], "need a side"),
        ([_BEGIN, at(0.5, plie=60), at(1, *_UP, plie=0), at(2, first_position(55))], "Between 3 and 12 s"),
    ],
}
