"""Names, maps and geometry of the 33 landmarks."""

import numpy as np
import pytest

from ballet_lib import BalletError
from ballet_lib.skeleton import (
    ANGLES,
    BODY_25,
    COCO_17,
    CONNECTIONS,
    INDEX,
    LANDMARKS,
    LEFT_CONNECTIONS,
    MIRRORED,
    RIGHT_CONNECTIONS,
    from_body25,
    from_coco17,
    joint_angles,
    mirror,
    normalise,
    to_body25,
    to_coco17,
)


@pytest.fixture
def sequence():
    return np.random.default_rng(0).uniform(0.2, 0.8, (5, 33, 4)).astype(np.float32)


def test_the_order_is_mediapipes():
    from mediapipe.tasks.python.vision import PoseLandmark, PoseLandmarksConnections

    assert [mark.name.lower() for mark in PoseLandmark] == list(LANDMARKS)
    theirs = {frozenset((c.start, c.end)) for c in PoseLandmarksConnections.POSE_LANDMARKS}
    assert {frozenset(pair) for pair in CONNECTIONS} == theirs


def test_mirrored_pairs_left_with_right():
    assert all(MIRRORED[MIRRORED[i]] == i for i in range(33))
    assert MIRRORED[INDEX["nose"]] == INDEX["nose"]
    assert MIRRORED[INDEX["mouth_left"]] == INDEX["mouth_right"]
    assert not set(LEFT_CONNECTIONS) & set(RIGHT_CONNECTIONS)


def test_coco_keypoints_are_in_cocos_order_and_come_back(sequence):
    assert [LANDMARKS[i] for i in COCO_17[:4]] == ["nose", "left_eye", "right_eye", "left_ear"]
    assert [LANDMARKS[i] for i in COCO_17[-2:]] == ["left_ankle", "right_ankle"]
    back = from_coco17(to_coco17(sequence))
    assert np.array_equal(to_coco17(back), to_coco17(sequence))
    assert np.isnan(back[..., INDEX["left_thumb"], :]).all()


def test_body25_takes_means_and_leaves_small_toes_missing(sequence):
    body = to_body25(sequence)
    assert body.shape == (5, 25, 4) and len(BODY_25) == 25
    neck = (sequence[:, INDEX["left_shoulder"]] + sequence[:, INDEX["right_shoulder"]]) / 2
    assert np.allclose(body[:, 1], neck)
    assert np.isnan(body[:, [20, 23]]).all() and np.isfinite(np.delete(body, [20, 23], axis=1)).all()


def test_body25_comes_back_with_its_feet_and_without_neck(sequence):
    back = from_body25(to_body25(sequence))
    there = np.isfinite(back[0, :, 0])
    assert there.sum() == 21 and np.array_equal(back[:, there], sequence[:, there])
    assert there[[INDEX["left_foot_index"], INDEX["right_heel"], INDEX["left_ear"]]].all()
    assert not there[[INDEX["left_thumb"], INDEX["mouth_left"], INDEX["right_eye_outer"]]].any()


def test_normalise_forgets_place_distance_and_picture_shape(sequence):
    plain = normalise(sequence, (640, 480))
    moved = sequence.copy()
    moved[..., :3] = moved[..., :3] * 0.5  # twice as far away
    moved[..., :2] += 0.1  # and elsewhere
    assert np.allclose(normalise(moved, (640, 480)), plain, atol=1e-4)
    wide = sequence.copy()
    wide[..., [0, 2]] /= 2  # the same scene in a picture twice as wide
    assert np.allclose(normalise(wide, (1280, 480)), plain, atol=1e-4)
    assert np.array_equal(plain[..., 3], sequence[..., 3]), "visibility passes unchanged"


def test_normalise_keeps_a_missing_frame_missing_and_the_rest_whole(sequence):
    plain = normalise(sequence, (480, 640))
    sequence[2] = np.nan
    with_gap = normalise(sequence, (480, 640))
    assert np.isnan(with_gap[2]).all() and np.isfinite(np.delete(with_gap, 2, axis=0)).all()
    assert np.isfinite(plain).all()


def test_normalise_may_centre_the_whole_sequence_and_keep_its_way(sequence):
    rising = sequence.copy()
    rising[..., 1] -= np.linspace(0, 0.1, len(rising))[:, None]
    each, whole = (normalise(rising, (640, 480), centre) for centre in ("frame", "sequence"))
    apart = whole[..., :2] - each[..., :2]
    assert np.allclose(apart, apart[:, :1], atol=1e-4), "a frame moves as one"
    assert np.allclose(np.median(apart[:, 0], axis=0), 0, atol=1e-4)
    assert apart[-1, 0, 1] < apart[0, 0, 1] - 0.1, "and rises in the picture"
    with pytest.raises(BalletError, match="centred by 'floor'"):
        normalise(sequence, (640, 480), "floor")


def test_a_straight_limb_is_180_degrees_and_a_square_one_90():
    points = np.zeros((1, 33, 3))
    points[0, INDEX["left_hip"]] = 0, 0, 0
    points[0, INDEX["left_knee"]] = 0, 1, 0
    points[0, INDEX["left_ankle"]] = 0, 2, 0
    points[0, INDEX["right_knee"]] = 0, 1, 0
    points[0, INDEX["right_ankle"]] = 1, 1, 0
    angles = joint_angles(points)
    assert list(angles) == list(ANGLES)
    assert angles["left_knee"][0] == pytest.approx(180) and angles["right_knee"][0] == pytest.approx(90)
    points[0, INDEX["left_ankle"]] = np.nan
    assert np.isnan(joint_angles(points)["left_knee"][0])


def test_mirror_twice_is_the_same_and_once_swaps_sides(sequence):
    assert np.allclose(mirror(mirror(sequence)), sequence, atol=1e-6)
    assert np.allclose(mirror(sequence)[:, INDEX["left_knee"], 0], 1 - sequence[:, INDEX["right_knee"], 0])
    assert np.allclose(mirror(sequence, world=True)[:, INDEX["nose"], 0], -sequence[:, INDEX["nose"], 0])


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: normalise(np.zeros((5, 17, 3))), "from_coco17"),
        (lambda: normalise(np.zeros((33, 3))), "one sequence"),
        (lambda: normalise(np.zeros((5, 33, 3)), (0, 480)), "no area"),
        (lambda: joint_angles(np.zeros((5, 33, 4))), "visibility"),
        (lambda: from_coco17(np.zeros((5, 25, 3))), "17"),
        (lambda: from_body25(np.zeros((5, 17, 3))), "25"),
        (lambda: mirror(np.zeros((5, 33, 7))), "2 to 4"),
    ],
)
def test_wrong_shapes_are_named(call, says):
    with pytest.raises(BalletError, match=says):
        call()
