"""The camera sees what a camera there would see, and damages pictures as asked."""

from dataclasses import replace

import numpy as np
import pytest

from ballet_lib import BalletError
from ballet_lib.skeleton import INDEX
from ballet_lib.studio.body import Body, rest_motion
from ballet_lib.studio.camera import Camera, Damage

SIZE = (480, 640)


@pytest.fixture(scope="module")
def landmarks():
    return Body().landmarks(rest_motion(Body()))[0]


def test_the_target_is_in_the_middle_at_its_distance():
    camera = Camera(yaw=33, pitch=12, distance=4, roll=5)
    pixels, depth = camera.project(np.array(camera.target), SIZE)
    assert np.allclose(pixels, (240, 320)) and np.isclose(depth, 4)


def test_size_follows_focal_length_and_distance():
    camera = Camera(pitch=0, distance=2.7, focal=1.35, target=(0, 1, 0))
    (low, high), _ = camera.project(np.array([[0, 0.5, 0], [0, 1.5, 0]]), SIZE)
    assert np.isclose(low[1] - high[1], 640 * 1.35 / 2.7), "one metre at 2.7 m"


def test_from_the_front_the_dancers_left_is_on_the_right(landmarks):
    front, back = (Camera(yaw=yaw).landmarks(landmarks, SIZE) for yaw in (0, 180))
    for part in ("shoulder", "hip", "ankle", "eye", "wrist"):
        left, right = INDEX[f"left_{part}"], INDEX[f"right_{part}"]
        assert front[left, 0] > front[right, 0] and back[left, 0] < back[right, 0]
    assert front[INDEX["nose"], 1] < front[INDEX["left_ankle"], 1], "y runs down"


def test_positive_yaw_moves_to_the_dancers_left(landmarks):
    assert Camera(yaw=40).eye[0] > 0
    z = Camera(yaw=40).landmarks(landmarks, SIZE)[:, 2]
    assert z[INDEX["left_shoulder"]] < z[INDEX["right_shoulder"]], "the left side is nearer"


def test_depth_is_in_the_scale_of_x_and_zero_at_the_hips(landmarks):
    seen = Camera(yaw=90, pitch=0, distance=50, focal=20).landmarks(landmarks, SIZE)
    left, right = seen[INDEX["left_hip"]], seen[INDEX["right_hip"]]
    assert abs(left[2] + right[2]) < 1e-6
    front = Camera(yaw=0, pitch=0, distance=50, focal=20).landmarks(landmarks, SIZE)
    width = front[INDEX["left_hip"], 0] - front[INDEX["right_hip"], 0]
    assert np.isclose(right[2] - left[2], width, rtol=0.01)


def test_rays_undo_the_projection():
    camera = Camera(yaw=-70, pitch=10, roll=-4)
    rays = camera.rays(SIZE)
    pixels, _ = camera.project(camera.eye + 3 * rays[100, 300], SIZE)
    assert np.allclose(pixels, (300.5, 100.5))


def test_framing_fills_the_picture(landmarks):
    for yaw in (0, 60, 180):
        pixels, _ = Camera(yaw=yaw, pitch=8).framing(landmarks, SIZE, 0.8).project(landmarks, SIZE)
        low, high = pixels.min(0) / SIZE, pixels.max(0) / SIZE
        assert np.isclose((high - low).max(), 0.8, atol=0.01)
        assert np.allclose((low + high) / 2, 0.5, atol=0.01)


def test_what_lies_behind_the_camera_is_nan():
    pixels, depth = Camera(pitch=0).project(np.array([0.0, 1, 9]), SIZE)
    assert np.isnan(pixels).all() and np.isnan(depth)


@pytest.mark.parametrize("wrong", [{"distance": 0}, {"focal": -1}, {"pitch": 90}])
def test_impossible_cameras_are_refused(wrong):
    with pytest.raises(BalletError):
        Camera(**wrong)


def test_drawn_cameras_stay_in_range_and_above_the_floor(landmarks):
    for seed in range(50):
        camera = Camera.draw(np.random.default_rng(seed), yaw=(-60, 60))
        assert -60 <= camera.yaw <= 60
        assert camera.framing(landmarks, SIZE, 0.7).eye[1] > 0.1


def test_damage_repeats_with_its_seed_and_nothing_is_no_damage():
    picture = np.random.default_rng(0).integers(0, 256, (64, 48, 3), dtype=np.uint8)
    assert np.array_equal(Damage()(picture, np.random.default_rng(0)), picture)
    worn = Damage.draw(np.random.default_rng(3))
    one, two, three = (worn(picture, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one, two) and not np.array_equal(one, three)
    assert one.shape == picture.shape and one.dtype == np.uint8


def test_each_damage_does_what_it_says():
    rng = np.random.default_rng(0)
    grey = np.full((80, 80, 3), 120, np.uint8)
    assert Damage(exposure=0.5)(grey, rng).mean() > 125 > 115 > Damage(exposure=-0.5)(grey, rng).mean()
    assert 4 < Damage(grain=5)(grey, rng).std() < 7
    warm = Damage(cast=(1.1, 1, 0.9))(grey, rng).mean((0, 1))
    assert warm[0] > warm[1] > warm[2]
    edge = grey.copy()
    edge[:, 40:] = 220
    steepest = [np.abs(np.diff(d(edge, rng).astype(int), axis=1)).max() for d in (Damage(), Damage(blur=1.5))]
    assert steepest[1] < steepest[0] / 2
    assert not np.array_equal(Damage(jpeg=10)(edge, rng), edge)
    with pytest.raises(BalletError):
        replace(Damage(), jpeg=101)
