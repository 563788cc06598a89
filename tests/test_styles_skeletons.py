"""Skeletons for style networks: 17 points in pixels, columns, boxes, slots."""

import numpy as np
import pytest

from ballet_lib.errors import BalletError
from ballet_lib.formats.keypoints import COCO_NAMES, from_landmarks
from ballet_lib.skeleton import INDEX
from ballet_lib.styles.skeletons import box_normalised, coco17, columns, slots, surest

RNG = np.random.default_rng(5)


def people(*shape):
    points = RNG.uniform(10, 300, (*shape, 17, 3))
    points[..., 2] = RNG.uniform(0.2, 1, points.shape[:-1])
    return points


def test_coco17_takes_the_named_points_in_pixels():
    landmarks = RNG.uniform(0, 1, (5, 33, 4)).astype(np.float32)
    landmarks[2] = np.nan
    points = coco17(landmarks, (640, 480))
    for number, name in enumerate(COCO_NAMES):
        x, y, _, visibility = landmarks[:, INDEX[name]].T
        np.testing.assert_allclose(points[:, number], np.stack([x * 640, y * 480, visibility], 1), rtol=1e-6)
    assert np.isnan(points[2]).all() and points.dtype == np.float32
    np.testing.assert_allclose(np.nan_to_num(points), from_landmarks(landmarks, (640, 480)), rtol=1e-6)
    assert coco17(landmarks[None], (640, 480)).shape == (1, 5, 17, 3)
    with pytest.raises(BalletError, match="33, 4"):
        coco17(points, (640, 480))


def test_columns_are_x_y_score_of_each_point_and_0_where_missing():
    points = people(4)
    points[1, 3] = np.nan
    points[2] = np.nan
    lines = columns(points)
    assert lines.shape == (4, 51) and lines.dtype == np.float32
    np.testing.assert_allclose(lines[0, 3:6], points[0, 1], rtol=1e-6)
    assert (lines[1, 9:12] == 0).all() and (lines[1, :9] != 0).all() and (lines[2] == 0).all()
    with pytest.raises(BalletError, match="17, 3"):
        columns(np.zeros((4, 18, 3)))


def test_a_box_reaches_from_minus_one_to_one():
    points = people(6, 3)
    points[0, 0, :4] = np.nan
    boxed = box_normalised(points)
    for frame in range(6):
        for person in range(3):
            given, found = points[frame, person], np.isfinite(points[frame, person, :, 0])
            for axis in (0, 1):  # by hand, for each skeleton alone
                values = given[found, axis]
                expected = 2 * (values - values.min()) / np.ptp(values) - 1
                np.testing.assert_allclose(boxed[frame, person, found, axis], expected, atol=1e-6)
            np.testing.assert_allclose(boxed[frame, person, found, 2], given[found, 2], rtol=1e-6)
    assert (boxed[0, 0, :4] == 0).all() and boxed.dtype == np.float32


def test_a_box_does_not_know_where_and_how_large():
    points = people(3)
    elsewhere = points * (2.5, 0.4, 1) + (100, -30, 0)
    np.testing.assert_allclose(box_normalised(points), box_normalised(elsewhere), atol=1e-5)


def test_a_missing_point_does_not_widen_the_box():
    points = people(1)
    without = points.copy()
    points[0, 0, :2] = -5000
    without[0, 0] = np.nan
    rest = box_normalised(without)[0, 1:, :2]
    np.testing.assert_allclose([rest.min(0), rest.max(0)], [[-1, -1], [1, 1]], atol=1e-6)
    assert np.ptp(box_normalised(points)[0, 1:, 0]) < 0.2


def test_a_point_has_no_box_and_a_line_has_one_side():
    nobody = np.full((17, 3), np.nan)
    point = nobody.copy()
    point[5] = (100, 50, 0.9)
    heap = np.full((17, 3), 7.0)
    line = nobody.copy()
    line[5:8] = [(100, 50, 0.9), (100, 60, 0.8), (100, 80, 0.7)]
    boxed = box_normalised(np.stack([nobody, point, heap, line]))
    assert np.isfinite(boxed).all() and (boxed[:3] == 0).all()
    np.testing.assert_allclose(boxed[3, 5:8], [(0, -1, 0.9), (0, -1 / 3, 0.8), (0, 1, 0.7)], atol=1e-6)


def test_slots_are_padded_with_zeros():
    points = people(4, 2)
    filled = slots(points)
    assert filled.shape == (4, 20, 51) and (filled[:, 2:] == 0).all()
    np.testing.assert_array_equal(filled[:, :2], columns(box_normalised(points)))
    assert slots(np.zeros((4, 0, 17, 3)), 3).shape == (4, 3, 51)
    assert slots(points[:, :1], 1).shape == (4, 1, 51)


def test_of_forty_people_the_twenty_surest_are_kept_in_their_order():
    points = people(5, 40)
    points[..., 2] = RNG.permutation(40)[:, None] / 40
    points[1:, 7, :, 2] = 1.0
    points[1:, 7, :, :2] = np.nan  # sure, and seen once in five frames
    mean = np.where(np.isnan(points[..., 0]), 0, points[..., 2]).mean((0, 2))
    best = sorted(sorted(range(40), key=lambda one: -mean[one])[:20])
    with pytest.warns(UserWarning, match="Of 40 people the 20 with the highest mean score"):
        filled = slots(points)
    np.testing.assert_array_equal(filled, columns(box_normalised(points[:, best])))
    assert 7 not in best
    with pytest.warns(UserWarning, match="the 3 with"):
        assert surest(points, 3).shape == (5, 3, 17, 3)


def test_slots_refuse_other_shapes():
    with pytest.raises(BalletError, match=r"keypoints\[:, None\]"):
        slots(people(4))
    with pytest.raises(BalletError, match="Give 1 or more"):
        slots(people(4, 2), 0)
    with pytest.raises(BalletError, match=r"reshape\(-1, 17, 3\)"):
        box_normalised(np.zeros((4, 51)))
