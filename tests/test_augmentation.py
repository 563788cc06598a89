"""Changes that leave a movement what it is: where landmarks go, what is kept, what a seed decides."""

from dataclasses import replace

import numpy as np
import pytest

from ballet_lib import BalletError
from ballet_lib.augmentation import (
    augment,
    augmented,
    jitter,
    lose_landmarks,
    mirror,
    shift_and_zoom,
    turn,
    warp_time,
)
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.skeleton import INDEX, joint_angles, normalise
from ballet_lib.studio.camera import Camera
from ballet_lib.studio.scene import Scene
from ballet_lib.takes import Take, TakeSet

NOSE, KNEE = INDEX["nose"], INDEX["left_knee"]
CHANGES = {
    "mirror": lambda take, rng: mirror(take),
    "turn": lambda take, rng: turn(take, 12),
    "warp_time": warp_time,
    "jitter": jitter,
    "lose_landmarks": lambda take, rng: lose_landmarks(take, rng, 0.2, 0.1),
    "shift_and_zoom": lambda take, rng: shift_and_zoom(take, 0.1, -0.05, 1.2),
    "augment": augment,
}


def filmed(yaw=0.0, pitch=0.0, distance=6.0):
    """A tendu with the camera at `yaw`, far enough that limbs hardly grow as they come nearer."""
    camera = Camera(yaw=yaw, pitch=pitch, distance=distance, focal=2.5)
    scene = Scene("battement_tendu", camera=camera, fill=None, size=(640, 480))
    exact = ((scene.points - camera.eye) @ camera.axes.T).astype(np.float32)
    meta = {"side": "right", "yaw": yaw, "camera": {"roll": 3.0, "stage": "studio"}, "focal": camera.focal}
    poses = replace(scene.exact, meta={}, source="tendu.mp4")
    return Take(poses, "battement_tendu", "d1", "tendu", meta, exact)


@pytest.fixture
def take():
    return filmed()


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def everything(take):
    return [take.poses.landmarks, take.poses.world, take.exact]


# All of them


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_leaves_its_input_alone_and_remembers_where_it_came_from(take, rng, name):
    before = [array.copy() for array in everything(take)]
    meta = repr(take.meta)
    changed = CHANGES[name](take, rng)
    assert all(np.array_equal(a, b) for a, b in zip(everything(take), before, strict=True))
    assert repr(take.meta) == meta and changed.meta["augmented"], "what was done is listed"
    assert not np.array_equal(changed.poses.landmarks, take.poses.landmarks, equal_nan=True)
    assert (len(changed), changed.movement, changed.dancer) == (len(take), take.movement, take.dancer)
    assert replace(changed, take_id="renamed").performance == "tendu"
    assert changed.poses.landmarks.dtype == changed.poses.world.dtype == np.float32


@pytest.mark.parametrize("name", CHANGES)
def test_a_frame_without_anybody_stays_without(take, rng, name):
    take.poses.landmarks[10:13] = np.nan
    take.poses.world[10:13] = np.nan
    changed = CHANGES[name](take, rng)
    lost = ~changed.poses.found
    if name in ("warp_time", "augment"):
        assert 1 <= lost.sum() <= 12, "the gap moves along"
    else:
        assert lost[10:13].all() and (name == "lose_landmarks" or lost.sum() == 3)


@pytest.mark.parametrize("name", CHANGES)
def test_takes_without_world_exact_joints_or_meta(take, rng, name):
    plain = Take(replace(take.poses, world=None), "releve", "d1", "plain")
    changed = CHANGES[name](plain, rng)
    assert changed.poses.world is None and changed.exact is None and changed.performance == "plain"


@pytest.mark.parametrize("name", ["warp_time", "jitter", "lose_landmarks", "augment"])
def test_the_seed_decides(take, name):
    def change(seed):
        return CHANGES[name](take, np.random.default_rng(seed)).poses.landmarks

    assert np.array_equal(change(1), change(1), equal_nan=True)
    assert not np.array_equal(change(1), change(2), equal_nan=True)


# Mirror


def test_mirror_swaps_sides_in_the_picture_in_space_and_in_words(take):
    mirrored = mirror(take)
    knee, other = INDEX["left_knee"], INDEX["right_knee"]
    np.testing.assert_allclose(
        mirrored.poses.landmarks[:, knee, 0], 1 - take.poses.landmarks[:, other, 0], atol=1e-6
    )
    assert np.array_equal(mirrored.poses.world[:, knee, 0], -take.poses.world[:, other, 0])
    assert mirrored.meta["side"] == "left" and mirrored.meta["yaw"] == 0
    assert mirrored.meta["camera"] == {"roll": -3.0, "stage": "studio"}
    back = mirror(mirrored)
    np.testing.assert_allclose(back.poses.landmarks, take.poses.landmarks, atol=1e-6)
    assert back.meta["side"] == "right"
    np.testing.assert_allclose(mirrored.truth.landmarks, mirrored.poses.landmarks, atol=1e-4)


def test_mirror_reflects_masks_too(take):
    masks = np.zeros((len(take), 4, 6), np.uint8)
    masks[:, 1, 0] = 255
    mirrored = mirror(replace(take, poses=replace(take.poses, masks=masks)))
    assert (mirrored.poses.masks[:, 1, 5] == 255).all() and mirrored.poses.masks.sum() == masks.sum()


# Turn


@pytest.mark.parametrize("degrees", [-20, 15])
def test_a_turn_is_what_a_camera_sees_that_goes_round_the_dancer(take, degrees):
    turned, seen = turn(take, degrees), filmed(yaw=degrees)
    np.testing.assert_allclose(turned.poses.world, seen.poses.world, atol=1e-4)
    np.testing.assert_allclose(
        normalise(turned.exact), normalise(seen.exact), atol=1e-3, err_msg="exact joints"
    )
    ours, theirs = (normalise(one.poses.landmarks[..., :3], one.poses.size) for one in (turned, seen))
    still = normalise(take.poses.landmarks[..., :3], take.poses.size)
    apart, untouched = np.abs(ours - theirs)[..., 0].mean(), np.abs(still - theirs)[..., 0].mean()
    assert apart < untouched / 3, "weak perspective is close"
    assert np.abs(ours - theirs).mean() < 0.015, "torsos"
    assert turned.meta["yaw"] == degrees


def test_a_turn_keeps_angles_hips_and_heights(take):
    turned = turn(take, 40)
    for name, degrees in joint_angles(turned.poses.world).items():
        np.testing.assert_allclose(degrees, joint_angles(take.poses.world)[name], atol=0.05, err_msg=name)
    assert np.array_equal(turned.poses.landmarks[..., [1, 3]], take.poses.landmarks[..., [1, 3]])
    hips = [INDEX["left_hip"], INDEX["right_hip"]]
    middle, before = (one.poses.landmarks[:, hips, 0].mean(axis=1) for one in (turned, take))
    np.testing.assert_allclose(middle, before, atol=1e-3)
    np.testing.assert_allclose(turn(turned, -40).poses.landmarks, take.poses.landmarks, atol=1e-5)


def test_a_lost_hip_does_not_cost_the_frame(take):
    take.poses.landmarks[5, INDEX["left_hip"]] = np.nan
    turned = turn(take, 10).poses.landmarks
    assert np.isnan(turned[5]).any(axis=-1).sum() == 1
    np.testing.assert_allclose(turned[5, NOSE], turn(filmed(), 10).poses.landmarks[5, NOSE], atol=0.002)


@pytest.mark.parametrize("unknown", [np.nan, 0])
def test_without_depth_nothing_can_be_turned(take, rng, unknown):
    take.poses.landmarks[..., 2] = unknown
    with pytest.raises(BalletError, match="no depth"):
        turn(take, 10)
    assert not any("turn" in done for done in augment(take, rng).meta["augmented"])


# Time


def test_time_runs_on_and_keeps_its_ends(take, rng):
    clock = np.broadcast_to(np.arange(len(take), dtype=np.float32)[:, None, None], (len(take), 33, 4))
    told = replace(take, poses=replace(take.poses, landmarks=clock.copy()))
    for strength in (0.1, 0.5):
        when = warp_time(told, rng, strength).poses.landmarks[:, 0, 0]
        assert when[0] == 0 and when[-1] == pytest.approx(len(take) - 1)
        assert (np.diff(when) > 0).all(), "never back, never still"
    changes = [np.log(np.diff(warp_time(told, rng, 0.2).poses.landmarks[:, 0, 0])) for _ in range(300)]
    assert np.std(changes) == pytest.approx(0.2, abs=0.04), "the strength is what it says"
    assert np.array_equal(warp_time(told, rng, 0).poses.landmarks[:, 0, 0], np.arange(len(take)))


def test_a_timeline_goes_along(take, rng):
    half = len(take) // 2
    timeline = [[0, half / 20, "battement_tendu"], [half / 20, len(take) / 20, "other"]]
    clock = take.poses.landmarks.copy()
    clock[:half, 0, 0], clock[half:, 0, 0] = 0, 1
    told = replace(take, poses=replace(take.poses, landmarks=clock), meta={"timeline": timeline})
    shifts = set()
    for _ in range(10):
        warped = warp_time(told, rng, 0.4)
        labels = warped.frame_labels
        shown = warped.poses.landmarks[:, 0, 0]
        sure = (shown == 0) | (shown == 1)
        assert np.array_equal(labels[sure] == "other", shown[sure] == 1)
        assert warped.timeline[0].start == 0
        assert warped.timeline[1].end == pytest.approx(take.poses.seconds)
        shifts.add((labels == "other").sum())
    assert len(shifts) > 2, "and it did move"


# Noise and losses


def test_jitter_is_as_large_as_it_says_in_every_direction(take, rng):
    poses = replace(take.poses, size=(1280, 480))
    shaken = jitter(replace(take, poses=poses), rng, 0.05)
    before = normalise(poses.landmarks, poses.size)
    torso = np.linalg.norm(normalise(poses.landmarks[..., :2], poses.size)[0, 11:13].mean(axis=0))
    assert torso == pytest.approx(1, abs=0.1)
    hips = poses.landmarks[:, [23, 24]].mean(axis=1, keepdims=True)
    scale = np.median(
        (before[:, NOSE, :2] * [480 / 1280, 1])[:, 1] / (poses.landmarks - hips)[:, NOSE, 1]
    )  # torsos a picture height
    change = (shaken.poses.landmarks - poses.landmarks) * scale * [1280 / 480, 1, 1280 / 480, 1]
    np.testing.assert_allclose(change[..., :3].std(axis=(0, 1)), 0.05, rtol=0.12)
    assert (change[..., 3] == 0).all()
    space = (shaken.poses.world - poses.world) / np.linalg.norm(
        poses.world[:, [11, 12]].mean(axis=1), axis=-1
    ).mean()
    np.testing.assert_allclose(space.std(axis=(0, 1)), 0.05, rtol=0.1)
    assert np.corrcoef(space[..., 1].ravel(), change[..., 1].ravel())[0, 1] > 0.99
    assert np.array_equal(shaken.exact, take.exact), "the truth does not shake"


def test_jitter_needs_a_torso(take, rng):
    take.poses.landmarks[:, 11:13] = np.nan
    with pytest.raises(BalletError, match="tendu shows shoulders"):
        jitter(take, rng)


def test_losses_come_in_bursts_and_in_the_share_asked_for(rng):
    landmarks = np.full((400, 33, 4), 0.5, np.float32)
    take = Take(PoseSequence(landmarks, None, 20, (640, 480), ""), "releve", "d1", "long")
    single, ends = [], 0
    for _ in range(30):
        gone = np.isnan(lose_landmarks(take, rng, 0.1, 0, burst=8).poses.landmarks[..., 0])
        single.append(gone.mean())
        ends += (np.diff(gone.astype(int), axis=0) == 1).sum()
    assert np.mean(single) == pytest.approx(0.1, rel=0.1)
    assert np.mean(single) * 30 * 400 * 33 / ends == pytest.approx(8, rel=0.15)
    whole = [(~lose_landmarks(take, rng, 0, 0.2).poses.found).mean() for _ in range(100)]
    assert np.mean(whole) == pytest.approx(0.2, rel=0.15)


def test_a_lost_landmark_is_lost_in_space_too_and_a_hidden_one_only_dims(take, rng):
    lost = lose_landmarks(take, rng, 0.2, 0.1).poses
    gone = np.isnan(lost.landmarks).all(axis=-1)
    assert gone.any() and np.array_equal(gone, np.isnan(lost.world).all(axis=-1))
    hidden = lose_landmarks(take, rng, 0.2, 0, hidden=True).poses
    assert np.array_equal(hidden.landmarks[..., :3], take.poses.landmarks[..., :3])
    dim = hidden.landmarks[..., 3] < 0.3
    assert 0.1 < dim.mean() < 0.3 and (hidden.landmarks[~dim, 3] == 1).all()


def test_somebody_always_stays(take):
    for seed in range(50):
        assert lose_landmarks(take, np.random.default_rng(seed), 0, 0.99, 30).poses.found.any()


# Place


def test_shift_and_zoom_move_the_picture_and_not_the_dancer(take):
    moved = shift_and_zoom(take, 0.2, -0.1, 1.5).poses
    hips = [INDEX["left_hip"], INDEX["right_hip"]]
    before, after = (
        np.median(one.landmarks[:, hips, :2].reshape(-1, 2), axis=0) for one in (take.poses, moved)
    )
    np.testing.assert_allclose(after - before, [0.2, -0.1], atol=1e-5)
    for axes in (2, 3):
        np.testing.assert_allclose(
            normalise(moved.landmarks[..., :axes], moved.size),
            normalise(take.poses.landmarks[..., :axes], moved.size), atol=1e-4,
        )  # fmt: skip
    height = np.ptp(take.poses.landmarks[0, :, 1])
    assert np.ptp(moved.landmarks[0, :, 1]) == pytest.approx(1.5 * height, rel=1e-4)
    assert np.array_equal(moved.world, take.poses.world)
    assert shift_and_zoom(take).exact is None


# Several


def test_augment_does_all_and_each_can_be_switched_off(take):
    some = [augment(take, np.random.default_rng(seed)).meta["augmented"] for seed in range(40)]
    mirrored = sum("mirror" in done for done in some)
    assert 10 < mirrored < 30
    assert all(len(done) == 5 + ("mirror" in done) for done in some)
    off = {"mirrored": 0, "turned": 0, "warped": 0, "jittered": 0, "lost": 0, "shifted": 0, "zoomed": 0}
    assert augment(take, np.random.default_rng(0), **off) is take
    only = augment(take, np.random.default_rng(0), **(off | {"turned": 30}))
    assert len(only.meta["augmented"]) == 1 and "turn" in only.meta["augmented"][0]
    assert only.meta["augmented"] == [
        one for one in augment(take, np.random.default_rng(0), turned=30).meta["augmented"] if "turn" in one
    ], "switching one change off leaves the draws of the others"


def test_augment_is_mild(take):
    plain = normalise(take.poses.landmarks[..., :2], take.poses.size)
    for seed in range(20):
        copy = augment(take, np.random.default_rng(seed), mirrored=0)
        moved = np.abs(normalise(copy.poses.landmarks[..., :2], copy.poses.size) - plain)
        assert np.nanmedian(moved) < 0.15 and copy.poses.found.mean() > 0.6


def test_copies_stand_beside_the_originals(take):
    takes = TakeSet([take, replace(take, take_id="b", meta={})], labels=("other", "battement_tendu"))
    more = augmented(takes, copies=2, seed=3)
    assert [one.take_id for one in more] == ["tendu", "b", "tendu.a01", "tendu.a02", "b.a01", "b.a02"]
    assert list(more)[:2] == list(takes) and more.labels == takes.labels
    assert [one.performance for one in more][2:] == ["tendu", "tendu", "b", "b"]
    landmarks = [one.poses.landmarks.tobytes() for one in more]
    assert len(set(landmarks)) == 5, "only the two originals are alike"
    alone = augmented(takes[1:], copies=2, seed=3)
    assert np.array_equal(alone[2].poses.landmarks, more[5].poses.landmarks, equal_nan=True)
    assert not np.array_equal(
        augmented(takes, seed=4)[2].poses.landmarks, more[2].poses.landmarks, equal_nan=True
    )
    with pytest.raises(BalletError, match=r"tendu\.a01 already"):
        augmented(more)


def test_a_change_of_your_own_cannot_hide_its_origin(take):
    def renamed(take, rng):
        return Take(take.poses, take.movement, take.dancer, "nobody-knows")

    copy = augmented(TakeSet([take]), change=renamed)[1]
    assert (copy.take_id, copy.performance) == ("tendu.a01", "tendu") and copy.meta["augmented"]


@pytest.mark.parametrize(
    "call",
    [
        lambda take, rng: turn(take, float("nan")),
        lambda take, rng: warp_time(take, rng, -0.1),
        lambda take, rng: jitter(take, rng, -1),
        lambda take, rng: lose_landmarks(take, rng, 1.0),
        lambda take, rng: lose_landmarks(take, rng, burst=0),
        lambda take, rng: shift_and_zoom(take, zoom=0),
        lambda take, rng: shift_and_zoom(take, right=float("inf")),
        lambda take, rng: augment(take, rng, zoomed=1),
        lambda take, rng: augmented(TakeSet([take]), copies=-1),
    ],
)
def test_numbers_that_make_no_sense(take, rng, call):
    with pytest.raises(BalletError, match=r"\."):
        call(take, rng)
