"""A scene knows the truth about its own pictures, and an extractor is measured against it."""

from dataclasses import replace

import numpy as np
import pytest

from ballet_lib import BalletError
from ballet_lib.pose import PoseExtractor
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.skeleton import INDEX, MIRRORED, joint_angles
from ballet_lib.studio.camera import Camera
from ballet_lib.studio.measure import JUDGED, bootstrap_interval, landmark_errors, measure_scene, pck
from ballet_lib.studio.scene import Scene
from ballet_lib.video import probe
from ballet_lib.vocabulary import BALLET_MOVEMENTS


@pytest.fixture(scope="module")
def scene():
    return Scene("battement_tendu", camera=Camera(yaw=20), size=(240, 320))


def test_exact_landmarks_fulfil_the_contract(scene):
    exact = scene.exact
    assert exact.landmarks.shape == (len(scene.motion), 33, 4) and exact.world.shape[1:] == (33, 3)
    hips = exact.world[:, [INDEX["left_hip"], INDEX["right_hip"]]].mean(axis=1)
    assert np.abs(hips).max() < 1e-6, "the origin is the middle of the hips"
    assert (exact.world[:, INDEX["nose"], 1] < -0.4).all(), "y points down"
    inside = exact.landmarks[..., :2]
    assert inside.min() > 0 and inside.max() < 1, "the camera frames the whole dance"


def test_the_world_is_rigid_whatever_the_view(scene):
    turned = replace(scene, camera=Camera(yaw=140, pitch=15))
    knee, other = (joint_angles(one.exact.world)["left_knee"] for one in (scene, turned))
    assert np.allclose(knee, other, atol=0.1)


def test_the_picture_shows_the_dancer_where_the_landmarks_are(scene):
    picture = next(scene.pictures(only=[10]))
    width, height = scene.size
    column, row = (scene.exact.landmarks[10, list(JUDGED), :2] * (width, height)).astype(int).T
    assert picture.mask[row, column].mean() > 0.8
    assert picture.mask.mean() < 0.4, "the rest is room"


def test_the_same_scene_gives_the_same_pictures(scene):
    drawn = Scene.draw("releve", np.random.default_rng(4), size=(120, 160))
    again = Scene.draw("releve", np.random.default_rng(4), size=(120, 160))
    other = Scene.draw("releve", np.random.default_rng(5), size=(120, 160))
    one, two, three = (next(s.pictures(only=[3])).rgb for s in (drawn, again, other))
    assert np.array_equal(one, two) and not np.array_equal(one, three)


def test_film_writes_a_video_of_the_whole_dance(scene, tmp_path):
    info = probe(replace(scene, size=(96, 128)).film(tmp_path / "tendu.mp4"))
    assert (info.width, info.height, info.fps) == (96, 128, 20) and info.frames == len(scene.motion)


@pytest.mark.parametrize("movement", BALLET_MOVEMENTS)
def test_the_real_model_finds_the_dancer(movement):
    """A smoke test of two scenes a movement; the figures themselves are in benchmarks/results.md."""
    with PoseExtractor() as extractor:
        for seed in range(2):
            scene = Scene.draw(movement, np.random.default_rng([99, seed]))
            table = measure_scene(scene, extractor, frames=5)
            assert table["error"].notna().all(), "found in every frame"
            assert pck(table["error_in_picture"].to_numpy(), 5) > 0.75


def test_measure_scene_as_a_stream_takes_every_frame(scene):
    with PoseExtractor() as extractor:
        table = measure_scene(scene, extractor, frames=None, clip=3)
    assert len(table) == len(scene.motion) * len(JUDGED) and (table["clip"] == 3).all()
    assert table["error"].median() < 3, "percent of her height"
    assert set(table["hidden"]) <= {True, False}


def test_measure_scene_notices_swapped_sides(scene):
    class Extractor:
        def __init__(self, order):
            self.order = order

        def image(self, rgb):
            return replace(scene.exact[0], landmarks=scene.exact[0].landmarks[:, self.order])

    assert not measure_scene(scene, Extractor(list(range(33))), frames=1)["swapped"].any()
    assert measure_scene(scene, Extractor(list(MIRRORED)), frames=1)["swapped"].all()


def test_landmark_errors_are_in_picture_heights_and_nan_where_nobody_is():
    exact = PoseSequence(np.full((2, 33, 4), 0.5), None, 20, (200, 400), "test")
    moved = exact.landmarks.copy()
    moved[0, :, 0] += 0.1  # 20 pixels of 400
    moved[1] = np.nan
    errors = landmark_errors(PoseSequence(moved, None, 20, (200, 400), "test"), exact)
    assert errors[0] == pytest.approx(0.05) and np.isnan(errors[1]).all()
    with pytest.raises(BalletError, match="cannot be compared"):
        landmark_errors(exact[0], exact)


def test_pck_counts_the_missing_as_wrong():
    assert pck(np.array([0.01, 0.05, 0.2, np.nan])) == 0.5


def test_the_bootstrap_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    covered = 0
    for trial in range(200):
        clips = [
            rng.normal(rng.normal(0, 1), 0.3, 10) for _ in range(25)
        ]  # frames of a clip resemble each other
        low, high = bootstrap_interval(clips, repeats=200, seed=trial)
        covered += low <= 0 <= high
    assert 0.88 <= covered / 200 <= 0.98
    with pytest.raises(BalletError, match="at least one clip"):
        bootstrap_interval([])
