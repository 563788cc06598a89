"""The dancer obeys physics that a viewer notices, and the movements are what their names say."""

import numpy as np
import pytest

from ballet_lib import BalletError
from ballet_lib.skeleton import INDEX, joint_angles
from ballet_lib.studio.balance import NEUTRAL, centre_of_mass, embody
from ballet_lib.studio.body import JOINT, JOINTS, PARENTS, Body
from ballet_lib.studio.choreography import ARMS, PHRASES, Style
from ballet_lib.studio.performance import dance, interpolate, minimum_jerk, perform, phrase, reflect
from ballet_lib.vocabulary import MOVEMENTS

NAMES = [one.__name__ for phrases in PHRASES.values() for one in phrases]
STYLES = [Style(), *(Style.draw(np.random.default_rng(seed)) for seed in range(4))]
BODIES = [Body(), *(Body.draw(np.random.default_rng(seed)) for seed in range(4))]
DRAWN = [
    pytest.param(body, style, id=f"draw{i}")
    for i, (body, style) in enumerate(zip(BODIES, STYLES, strict=True))
]


def test_every_label_of_the_vocabulary_can_be_danced():
    assert list(PHRASES) == list(MOVEMENTS)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("body", "style"), DRAWN)
def test_limbs_keep_their_length(name, body, style):
    motion = dance(name, body, style)
    rest = body.rest
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            length = np.linalg.norm(motion.position[:, joint] - motion.position[:, parent], axis=-1)
            assert np.allclose(length, np.linalg.norm(rest[joint] - rest[parent]), atol=1e-6), JOINTS[joint]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("body", "style"), DRAWN)
def test_a_supporting_foot_does_not_slide(name, body, style):
    motion, weight = dance_on_the_right(name, body, style)
    for side in ("left", "right"):
        ball = motion.position[:, JOINT[f"{side}_toes"]]
        held = weight[side] > 0.05
        together = np.flatnonzero(held[1:] & held[:-1])
        moved = np.linalg.norm(ball[together + 1] - ball[together], axis=-1)
        assert moved.sum() < 0.01, f"{side} foot slides {moved.sum() * 100:.1f} cm in {name}"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("body", "style"), DRAWN)
def test_nothing_goes_through_the_floor(name, body, style):
    assert body.landmarks(dance(name, body, style))[..., 1].min() > 0


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("body", "style"), DRAWN)
def test_the_body_stays_over_its_support(name, body, style):
    motion, weight = dance_on_the_right(name, body, style)
    middle = (
        sum(
            weight[side][:, None]
            * (motion.position[:, JOINT[f"{side}_toes"]] + motion.position[:, JOINT[f"{side}_ankle"]])
            for side in weight
        )
        / (2 * sum(weight.values()))[:, None]
    )
    away = np.linalg.norm((centre_of_mass(motion.position) - middle)[:, [0, 2]], axis=-1)
    assert away.max() < 0.09, "more than half a foot's length from the middle of the support"


@pytest.mark.parametrize("name", NAMES)
def test_motion_is_smooth(name):
    motion = dance(name, fps=60)
    speed = np.linalg.norm(np.diff(motion.position, axis=0), axis=-1) * 60
    assert speed.max() < 6, "nothing in an adagio moves faster than 6 m/s"
    assert np.abs(np.diff(speed, axis=0)).max() < 1.2, "a jump of speed within one frame is a jerk"


def dance_on_the_right(name, body, style):
    """Dance without mirroring, and return each leg's share of the weight beside the motion."""
    from dataclasses import replace

    style = replace(style, side="right", facing=0.0)
    keys = phrase(name, style)(style)
    motion = perform(keys, body, style)
    score = interpolate(keys, np.linspace(0, max(count for count, _ in keys), len(motion)))
    return motion, {side: score[f"{side}_weight"] for side in ("left", "right")}


def angles_and_points(name, **style):
    points = Body().landmarks(dance(name, style=Style(sway=0, **style)))
    return joint_angles(points), {mark: points[:, i] for mark, i in INDEX.items()}


def test_demi_plie_bends_both_knees_over_the_toes_with_the_heels_down():
    angles, points = angles_and_points("demi_plie")
    assert angles["left_knee"].min() < 125 and angles["right_knee"].min() < 125
    assert np.ptp(points["left_heel"][:, 1]) < 0.002
    deepest = angles["left_knee"].argmin()
    thigh = (points["left_knee"] - points["left_hip"])[deepest, [0, 2]]
    foot = (points["left_foot_index"] - points["left_heel"])[deepest, [0, 2]]
    assert thigh @ foot / np.linalg.norm(thigh) / np.linalg.norm(foot) > np.cos(np.radians(8))


def test_battement_tendu_is_straight_with_the_toes_on_the_floor():
    angles, points = angles_and_points("battement_tendu")
    out = points["right_foot_index"][:, 0].argmin()
    assert angles["right_knee"][out] > 174 and angles["left_knee"][out] > 174
    assert points["right_foot_index"][out, 1] < 0.04 and points["right_heel"][out, 1] > 0.08


def test_releve_lifts_both_heels_with_straight_knees():
    angles, points = angles_and_points("releve")
    assert min(np.ptp(points[f"{side}_heel"][:, 1]) for side in ("left", "right")) > 0.07
    assert min(angles["left_knee"].min(), angles["right_knee"].min()) > 174


def test_arabesque_is_straight_behind_and_attitude_is_bent():
    for name, straight in (("first_arabesque", True), ("attitude_croisee", False)):
        angles, points = angles_and_points(name)
        top = points["right_ankle"][:, 1].argmax()
        assert points["right_ankle"][top, 1] > 0.45 * 1.68
        assert points["right_ankle"][top, 2] < points["right_hip"][top, 2] - 0.4, "behind the hip"
        assert (angles["right_knee"][top] > 170) == straight
        assert angles["left_knee"][top] > 174, "the supporting knee is straight"


def test_retire_brings_the_toes_to_the_supporting_knee_in_front():
    _, points = angles_and_points("retire_devant")
    top = points["right_ankle"][:, 1].argmax()
    away = points["right_foot_index"][top] - points["left_knee"][top]
    assert np.linalg.norm(away) < 0.13 and away[2] > 0
    assert points["right_knee"][top, 0] < points["right_hip"][top, 0] - 0.15, "the knee opens to the side"


def test_the_other_side_is_the_mirror_image():
    right_leg, left_leg = (
        dance("battement_tendu", style=Style(side="right")),
        dance("battement_tendu", style=Style(side="left")),
    )
    assert np.allclose(reflect(right_leg).position, left_leg.position)
    rotation = reflect(left_leg).rotation
    assert np.allclose(np.linalg.det(rotation), 1)


def test_facing_turns_the_dancer_to_her_left():
    motion = dance("releve", style=Style(facing=90, sway=0))
    assert motion.position[0, JOINT["left_hip"], 2] < motion.position[0, JOINT["right_hip"], 2]


def test_amplitude_and_arms_vary_independently():
    small = joint_angles(Body().landmarks(dance("demi_plie", style=Style(amplitude=0.5))))["left_knee"].min()
    large = joint_angles(Body().landmarks(dance("demi_plie", style=Style(amplitude=1.1))))["left_knee"].min()
    assert small > large + 20
    up = dance("demi_plie", style=Style(arms="couronne"))
    assert (up.position[:, JOINT["left_wrist"], 1] > up.position[:, JOINT["head"], 1]).all()


def test_same_seed_same_dance_other_seed_other_dance():
    assert np.array_equal(
        dance("gesture", style=Style(seed=3)).position, dance("gesture", style=Style(seed=3)).position
    )
    assert not np.allclose(
        dance("stand", style=Style(seed=3)).position, dance("stand", style=Style(seed=4)).position
    )


def test_minimum_jerk_starts_and_ends_at_rest():
    share = minimum_jerk(np.linspace(0, 1, 101))
    assert share[0] == 0 and share[-1] == 1 and share[50] == pytest.approx(0.5)
    assert np.diff(share)[[0, -1]].max() < 1e-4


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: dance("pirouette"), "movement 'pirouette'"),
        (lambda: dance("releve", style=Style(tempo=0)), "counts a minute"),
        (lambda: dance("releve", style=Style(side="middle")), "'middle' leg"),
        (lambda: dance("releve", style=Style(arms="windmill")), "called 'windmill'"),
        (lambda: embody(Body(), {"tail": np.zeros(3)}, 20), "channel 'tail'"),
        (lambda: embody(Body(), {"plie": np.zeros(3), "nod": np.zeros(4)}, 20), "same length"),
        (lambda: embody(Body(), {"left_weight": np.zeros(3), "right_weight": np.zeros(3)}, 20), "weight=1"),
    ],
)
def test_mistakes_are_named(call, says):
    with pytest.raises(BalletError, match=says):
        call()


def test_arms_name_channels_that_exist():
    assert all(set(channels) <= set(NEUTRAL) for channels in ARMS.values())
