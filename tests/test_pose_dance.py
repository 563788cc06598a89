"""Dancing on in pose space: turns as vectors, bones and floor, dances, their pictures and judges."""

import numpy as np
import pytest

from ballet_lib.errors import BalletError
from ballet_lib.generation import pose_dance as module
from ballet_lib.generation.pose_dance import fit_pose_dance, pictures, routine_motions, silhouettes_of
from ballet_lib.generation.pose_judges import bend_limits, bends, between_dancers, nearest_motion
from ballet_lib.generation.pose_vectors import FEET, to_motion, to_rotations, to_vectors
from ballet_lib.studio.body import JOINT, JOINTS, PARENTS, Body, Motion
from ballet_lib.studio.choreography import Style
from ballet_lib.studio.performance import dance, reflect

BRIEF = {"units": 24, "window": 5, "epochs": 4, "batches": 10, "bar": False}
MOVEMENTS = ("demi_plie", "retire_devant", "battement_tendu", "walk")


@pytest.fixture(scope="module")
def motions():
    return {
        f"{who}_{name}": dance(name, style=Style(tempo=tempo, seed=tempo), fps=10.0)
        for who, tempo in (("a", 80), ("b", 70))
        for name in MOVEMENTS
    }


@pytest.fixture(scope="module")
def dancer(motions):
    return fit_pose_dance(motions, **BRIEF)


def bone_lengths(motion: Motion) -> np.ndarray:
    children = [joint for joint, parent in enumerate(PARENTS) if parent >= 0]
    parents = [PARENTS[joint] for joint in children]
    return np.linalg.norm(motion.position[:, children] - motion.position[:, parents], axis=-1)


# --- Turns and motions ---


def test_a_motion_comes_back_from_its_vectors(motions):
    true = motions["a_walk"]
    vectors = to_vectors(true)
    assert vectors.shape == (len(true), 126) and vectors.dtype == np.float32
    back = to_motion(vectors, Body())
    assert np.allclose(back.rotation, true.rotation, atol=1e-5)
    assert np.allclose(back.position[..., 1], true.position[..., 1], atol=1e-3), "it stands on the floor"
    walked, true_way = (np.ptp(one.position[:, 0, 2]) for one in (back, true))
    assert true_way > 0.4 and walked == pytest.approx(true_way, rel=0.1), "it walks by its steps"


def test_any_numbers_become_pure_turns():
    turns = to_rotations(np.random.default_rng(0).normal(0, 1, (7, 126)))
    assert turns.shape == (7, 21, 3, 3)
    assert np.allclose(turns @ turns.swapaxes(-1, -2), np.eye(3), atol=1e-9)
    assert np.allclose(np.linalg.det(turns), 1)
    assert np.isfinite(to_rotations(np.zeros((1, 126)))).all()
    with pytest.raises(BalletError, match="126"):
        to_rotations(np.zeros((7, 125)))


def test_bones_are_rigid_and_feet_stand_on_the_floor_without_sliding(motions):
    body = Body(height=1.8, legs=1.04)
    noisy = to_vectors(motions["a_retire_devant"]) + np.random.default_rng(0).normal(0, 0.02, (1, 126))
    motion = to_motion(noisy, body)
    assert np.ptp(bone_lengths(motion), axis=0).max() < 1e-9
    assert np.allclose(bone_lengths(motion)[0], bone_lengths(to_motion(to_vectors(motion), body))[0])
    feet = body.landmarks(motion)[:, FEET]
    assert np.allclose(feet[..., 1].min(axis=1), body.rest_landmarks[1][FEET, 1].min())
    lowest = feet[..., 1].argmin(axis=1)
    stays = lowest[1:] == lowest[:-1]
    steps = np.linalg.norm(np.diff(feet[..., [0, 2]], axis=0), axis=-1)
    assert steps[np.flatnonzero(stays), lowest[1:][stays]].max() < 0.02


def test_elbows_and_knees_are_bent_back_to_what_they_can_do(motions):
    true = to_vectors(motions["a_demi_plie"])
    wild = true + np.random.default_rng(0).normal(0, 0.5, true.shape)
    limits = bend_limits(motions.values())
    free, bound = (bend_limits([to_motion(wild, Body(), limits=one)]) for one in (None, limits))
    for joint, (least, most) in limits.items():
        assert free[joint][0] < least or free[joint][1] > most
        assert least - 1e-3 <= bound[joint][0] and bound[joint][1] <= most + 1e-3
    motion = to_motion(true, Body(), limits=limits)
    assert np.allclose(motion.position, to_motion(true, Body()).position, atol=1e-5), "nothing else changes"


# --- Generated ---


def test_a_generated_dance_is_a_motion_of_the_body_asked_for(dancer):
    body = Body(height=1.55)
    motion = dancer.dance(20, seed=3, body=body)
    assert len(motion) == 20 and motion.fps == 10.0 and np.isfinite(motion.position).all()
    assert np.allclose(bone_lengths(motion), bone_lengths(to_motion(to_vectors(motion), body)))
    again, other = dancer.dance(20, seed=3, body=body), dancer.dance(20, seed=4, body=body)
    assert np.array_equal(motion.position, again.position)
    assert not np.array_equal(motion.position, other.position)


def test_a_dance_goes_on_from_a_start(dancer, motions):
    start = motions["b_demi_plie"][:10]
    on = dancer.dance(4, temperature=0.1, start=start)
    apart = abs(to_motion(to_vectors(start), Body()).rotation[-1] - on.rotation[0]).mean()
    others = [abs(one.rotation[20] - on.rotation[0]).mean() for one in motions.values()]
    assert apart < min(others)


def test_more_frames_are_put_in_between_on_the_same_way(dancer):
    slow, smooth = dancer.dance(15, seed=1), dancer.dance(15, seed=1, fps=20.0)
    assert len(smooth) == 29 and smooth.fps == 20.0
    assert np.allclose(smooth.rotation[::2], slow.rotation, atol=1e-6)
    assert np.allclose(smooth.position[::2, :, 1], slow.position[..., 1], atol=1e-6)


def test_what_cannot_be_danced_or_learnt_is_refused(dancer, motions):
    with pytest.raises(BalletError, match="temperature"):
        dancer.dance(5, temperature=0)
    with pytest.raises(BalletError, match="must see 5"):
        dancer.dance(5, start=motions["a_walk"][:3])
    with pytest.raises(BalletError, match="frames a second"):
        dancer.dance(5, fps=0)
    with pytest.raises(BalletError, match="every other"):
        fit_pose_dance({"a": dance("walk", fps=20.0)}, **BRIEF)
    with pytest.raises(BalletError, match="share below 1"):
        fit_pose_dance(motions, variance=1.5, **BRIEF)


def test_routines_are_computed_once_at_ten_frames_a_second():
    routine_motions.cache_clear()
    first = routine_motions((11,), 1)
    assert list(first) == ["r11_routine_1"] and first["r11_routine_1"].fps == module.FPS
    assert 250 < len(first["r11_routine_1"]) < 650
    assert routine_motions((11,), 1) is first


# --- Seen and judged ---


def test_pictures_show_the_whole_dancer(motions):
    motion = motions["a_retire_devant"][[0, 20, 30]]
    drawn = list(pictures(motion, size=(96, 128), finesse=1))
    assert [one.shape for one in drawn] == [(128, 96, 3)] * 3 and drawn[0].dtype == np.uint8
    assert abs(drawn[0].astype(int) - drawn[1]).max() > 50, "she moves"
    shapes = silhouettes_of(motion)
    assert shapes.shape == (3, 96, 64) and shapes.dtype == bool
    assert ((shapes.mean(axis=(1, 2)) > 0.1) & (shapes.mean(axis=(1, 2)) < 0.5)).all()
    assert not (shapes[:, 0].any() or shapes[:, -1].any()), "head and feet are in the picture"


def test_bends_are_nought_at_rest_and_deep_in_a_plie(motions):
    knees = bends(motions["a_demi_plie"])
    assert set(knees) == {"left_elbow", "right_elbow", "left_knee", "right_knee"}
    assert knees["left_knee"].min() < 15 < 50 < knees["left_knee"].max()
    assert np.allclose(knees["left_knee"], bends(reflect(motions["a_demi_plie"]))["right_knee"])


def test_a_copy_is_found_and_another_dance_is_not(motions):
    copy = motions["a_walk"][5:30]
    real, apart = list(motions.values()), between_dancers(motions)
    assert nearest_motion(copy, real) == pytest.approx(0, abs=1e-6)
    fresh = dance("bow", style=Style(tempo=80), fps=10.0)
    assert nearest_motion(fresh, real).mean() > 0.5 * apart
    away = nearest_motion(copy, [motions["a_demi_plie"]])
    assert away.shape == (25 - 9,) and away.min() > 0.02
    single = nearest_motion(motions["a_walk"][[7]], [motions["b_walk"]], 1)
    own, other = (
        to_motion(to_vectors(one), Body()).position for one in (motions["a_walk"][[7]], motions["b_walk"])
    )
    own, other = own - own[:, :1], other - other[:, :1]
    by_hand = np.linalg.norm(own - other, axis=-1)[:, 1:].mean(axis=1).min()
    assert single[0] == pytest.approx(by_hand)
    assert JOINTS[0] == "pelvis" and JOINT["pelvis"] == 0


def test_judges_need_something_to_compare_with(motions):
    with pytest.raises(BalletError, match="at least one"):
        nearest_motion(motions["a_walk"], [])
    with pytest.raises(BalletError, match="10 frames"):
        nearest_motion(motions["a_walk"][:5], [motions["b_walk"]])
    with pytest.raises(BalletError, match="two or more"):
        between_dancers({"a_1": motions["a_walk"], "a_2": motions["a_demi_plie"]})
