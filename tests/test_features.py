"""What networks are fed: shapes, units, filled gaps, names of columns."""

import numpy as np
import pytest

from ballet_lib import BalletError
from ballet_lib.features import FEATURES, feature_array, feature_names, fill_missing
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.skeleton import ANGLES, COCO_17, INDEX, from_coco17, to_coco17
from ballet_lib.studio.scene import Scene
from ballet_lib.takes import Take, TakeSet

COCO_LOST = np.setdiff1d(np.arange(33), COCO_17)
WIDTHS = {"raw": 132, "normalised": 99, "centred": 66, "world": 99, "angles": 10, "velocities": 99}


@pytest.fixture(scope="module")
def scene():
    return Scene("demi_plie").exact


@pytest.fixture
def poses(scene):
    return PoseSequence(scene.landmarks.copy(), scene.world.copy(), scene.fps, scene.size, "plié.mp4")


def coco(poses):
    """The same dance as a tool of 17 keypoints tells it: no depth, no world."""
    points = to_coco17(poses.landmarks).copy()
    points[..., 2] = np.nan
    return PoseSequence(from_coco17(points), None, poses.fps, poses.size, "coco.json")


# The features


def test_each_feature_has_its_width_and_a_name_for_each_column(poses):
    assert set(FEATURES) == set(WIDTHS)
    for name, width in WIDTHS.items():
        array = feature_array(poses, name)
        assert array.shape == (len(poses), width) and array.dtype == np.float32
        assert np.isfinite(array).all()
        assert len(feature_names(name)) == len(set(feature_names(name))) == width


def test_raw_is_what_was_extracted(poses):
    array = feature_array(poses, "raw")
    assert np.array_equal(array, poses.landmarks.reshape(len(poses), 132))
    column = feature_names("raw").index("raw.left_knee.y")
    assert np.array_equal(array[:, column], poses.landmarks[:, INDEX["left_knee"], 1])


@pytest.mark.parametrize("name", ["normalised", "world"])
def test_hips_are_the_origin_and_the_torso_the_unit(poses, name):
    points = feature_array(poses, name).reshape(-1, 33, 3)
    hips = points[:, [INDEX["left_hip"], INDEX["right_hip"]]].mean(axis=1)
    shoulders = points[:, [INDEX["left_shoulder"], INDEX["right_shoulder"]]].mean(axis=1)
    np.testing.assert_allclose(hips, 0, atol=1e-5)
    seen = 2 if name == "normalised" else 3  # on a picture, the torso is measured on the picture
    assert np.median(np.linalg.norm(shoulders[:, :seen], axis=-1)) == pytest.approx(1, abs=1e-4)


def test_a_plie_bends_the_knees_by_what_the_angles_say(poses):
    array = feature_array(poses, "angles")
    knee = array[:, feature_names("angles").index("angles.left_knee")]
    assert 0 < knee.min() < 0.85 < 0.9 < knee.max() <= 1, "half turns: 1 is straight"
    with_depth = PoseSequence(poses.landmarks, None, poses.fps, poses.size, "")
    from_image = feature_array(with_depth, "angles")
    assert not np.array_equal(from_image, array) and np.abs(from_image - array).max() < 0.25


def test_velocities_are_torsos_a_second_whatever_the_rate(poses):
    points = feature_array(poses, "normalised")
    speed = feature_array(poses, "velocities")
    assert (speed[0] == 0).all()
    np.testing.assert_allclose(speed[1:], np.diff(points, axis=0) * poses.fps, atol=1e-4)
    half = feature_array(poses[::2][: len(poses) // 2], "velocities")
    poses.fps /= 2
    np.testing.assert_allclose(
        feature_array(poses[::2][: len(poses) // 2], "velocities"), half / 2, atol=1e-4
    )


def test_a_plie_sinks_only_where_the_whole_dance_is_centred_at_once(poses):
    nose = INDEX["nose"]
    height = {name: feature_array(poses, name).reshape(len(poses), 33, -1)[:, nose, 1]
              for name in ("centred", "normalised")}  # fmt: skip
    assert np.ptp(height["centred"]) > 4 * np.ptp(height["normalised"])
    moved = poses.landmarks * np.float32([0.5, 0.5, 0.5, 1]) + np.float32([0.2, 0.1, 0, 0])
    elsewhere = PoseSequence(moved, poses.world, poses.fps, poses.size, "elsewhere")
    assert np.allclose(feature_array(elsewhere, "centred"), feature_array(poses, "centred"), atol=1e-3)


def test_several_features_stand_side_by_side_in_order(poses):
    def height(poses):
        return poses.landmarks[:, INDEX["nose"], 1:2]

    height.columns = ("nose",)
    joined = feature_array(poses, ["angles", height, "raw"])
    assert joined.shape[1] == 10 + 1 + 132
    assert np.array_equal(joined[:, :10], feature_array(poses, "angles"))
    assert np.array_equal(joined[:, 10], poses.landmarks[:, INDEX["nose"], 1])
    names = feature_names(["angles", height, "raw"])
    assert names[0] == f"angles.{next(iter(ANGLES))}" and names[10] == "height.nose"
    assert names[11] == "raw.nose.x" and names[-1] == "raw.right_foot_index.visibility"
    assert feature_names(FEATURES["world"])[0] == "world.nose.x"


# What is missing


def test_gaps_are_closed_by_straight_lines_and_ends_are_held(poses):
    poses.landmarks[:2] = np.nan
    poses.landmarks[5:9] = np.nan
    poses.landmarks[-3:, INDEX["left_wrist"]] = np.nan
    poses.world[5:9] = np.nan
    before = poses.landmarks.copy()
    filled = fill_missing(poses)
    assert np.array_equal(poses.landmarks, before, equal_nan=True), "the input stays as it was"
    assert np.isfinite(filled.landmarks).all() and np.isfinite(filled.world).all()
    there = np.isfinite(before)
    assert np.array_equal(filled.landmarks[there], before[there]), "what was found is not touched"
    third = before[4] + (before[9] - before[4]) * 3 / 5
    np.testing.assert_allclose(filled.landmarks[7], third, atol=1e-5)
    assert (filled.landmarks[:2] == before[2]).all()
    wrist = INDEX["left_wrist"]
    assert (filled.landmarks[-3:, wrist] == before[-4, wrist]).all()


def test_seventeen_keypoints_give_no_nan_and_say_what_was_never_seen(poses):
    filled = fill_missing(coco(poses))
    assert np.isfinite(filled.landmarks).all() and filled.world is None
    assert (filled.landmarks[:, COCO_LOST, 3] == 0).all(), "never seen"
    assert (filled.landmarks[..., 2] == 0).all(), "no depth is depth 0"
    hips = filled.landmarks[:, [INDEX["left_hip"], INDEX["right_hip"]], :2].mean(axis=1)
    np.testing.assert_allclose(filled.landmarks[:, COCO_LOST, :2], np.repeat(hips[:, None], 16, axis=1))
    for name in ("raw", "normalised", "angles", "velocities"):
        assert np.isfinite(feature_array(coco(poses), name)).all(), name
    centred = feature_array(coco(poses), "normalised").reshape(-1, 33, 3)
    np.testing.assert_allclose(centred[:, COCO_LOST], 0, atol=1e-5)
    with pytest.raises(BalletError, match="normalised"):
        feature_array(coco(poses), "world")


def test_depth_or_visibility_that_is_never_given(poses):
    poses.landmarks[..., 2:] = np.nan
    filled = fill_missing(poses)
    assert (filled.landmarks[..., 2] == 0).all() and (filled.landmarks[..., 3] == 1).all()


def test_without_hips_the_rest_still_stands_somewhere(poses):
    poses.landmarks[:, 23:] = np.nan  # head and arms alone, as at a desk
    filled = fill_missing(poses)
    middle = poses.landmarks[:, :23, :2].mean(axis=1)
    np.testing.assert_allclose(filled.landmarks[:, INDEX["left_hip"], :2], middle, atol=1e-6)
    assert np.isfinite(feature_array(poses, "normalised")).all()


def test_zero_puts_zeros_where_nobody_was_and_nowhere_else(poses):
    poses.landmarks[3:6] = np.nan
    poses.world[3:6] = np.nan
    for name in FEATURES:
        filled, opened = (feature_array(poses, name, missing) for missing in ("zero", "nan"))
        assert np.isnan(opened[3:6]).all() and np.isfinite(opened[7:]).all()
        assert (filled[3:6] == 0).all() and np.array_equal(filled[7:], opened[7:])
    unit = feature_array(poses, "normalised", "zero").reshape(-1, 33, 3)[0, INDEX["nose"]]
    assert 1 < np.linalg.norm(unit) < 2, "empty frames do not shrink the unit"


def test_zero_serves_seventeen_keypoints_too(poses):
    array = feature_array(coco(poses), "normalised", "zero").reshape(-1, 33, 3)
    assert (array[:, COCO_LOST] == 0).all() and (array[:, INDEX["nose"], 1] < -1).all()


def test_to_arrays_closes_gaps_and_names_the_take_that_it_cannot_close(poses):
    poses.landmarks[4] = np.nan
    takes = TakeSet([Take(poses, "demi_plie", "d1", "a"), Take(poses, "releve", "d2", "b")])
    X, y, groups = takes.to_arrays(["normalised", "angles"])
    assert X.shape == (2, 40, 109) and X.dtype == np.float32 and np.isfinite(X).all()
    assert y.tolist() == [0, 1] and groups.tolist() == ["d1", "d2"]
    empty = PoseSequence(np.full((5, 33, 4), np.nan), None, 20, (640, 480), "")
    with pytest.raises(BalletError, match=r"nobody: No frame shows a person"):
        TakeSet([*takes, Take(empty, "releve", "d1", "nobody")]).to_arrays()


@pytest.mark.parametrize("missing", ["interpolate", "zero"])
@pytest.mark.parametrize("frames", [0, 5])
def test_nobody_at_all_is_an_error_unless_left_open(frames, missing):
    empty = PoseSequence(np.full((frames, 33, 4), np.nan), None, 20, (640, 480), "")
    with pytest.raises(BalletError, match="No frame shows a person"):
        feature_array(empty, "raw", missing)
    assert feature_array(empty, ["raw", "velocities"], "nan").shape == (frames, 231)


def test_one_frame_is_enough(poses):
    for name, width in WIDTHS.items():
        assert feature_array(poses[:1], name).shape == (1, width)


# What is refused


def bad_rows(poses):
    return np.zeros(3)


def bad_type(poses):
    return np.full((len(poses), 2), "x")


def gives_nan(poses):
    return np.full((len(poses), 2), np.nan)


@pytest.mark.parametrize(
    ("features", "missing", "says"),
    [
        ("position", "zero", "no feature 'position'"),
        ([], "zero", "no feature to compute"),
        (["raw", 3], "zero", "no feature 3"),
        ("raw", "mean", "interpolate, zero, nan"),
        (bad_rows, "zero", r"bad_rows returned float64 of shape \(3,\)"),
        (bad_type, "zero", "bad_type"),
        (gives_nan, "interpolate", "no numbers"),
    ],
)
def test_what_cannot_be_computed_is_named(poses, features, missing, says):
    with pytest.raises(BalletError, match=says):
        feature_array(poses, features, missing)


def test_infinite_landmarks_are_refused_before_they_spread(poses):
    poses.landmarks[2, 3, 0] = np.inf
    poses.landmarks[3] = np.nan
    with pytest.raises(BalletError, match="infinite"):
        feature_array(poses, "angles")


def test_without_shoulders_there_is_no_unit(poses):
    poses.landmarks[:, :23] = np.nan  # legs alone
    assert np.isfinite(feature_array(poses, "raw")).all()
    for missing in ("interpolate", "zero", "nan"):
        with pytest.raises(BalletError, match="torso"):
            feature_array(poses, "normalised", missing)


def test_columns_of_a_function_that_tells_none():
    with pytest.raises(BalletError, match=r"bad_rows\.columns"):
        feature_names(["raw", bad_rows])
