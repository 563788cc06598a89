"""The puppets dance within what a body can do, differ in rhythm more than in posture, and are told apart."""

from functools import cache

import numpy as np
import pytest

from ballet_lib.errors import BalletError
from ballet_lib.studio.balance import NEUTRAL, centre_of_mass
from ballet_lib.studio.body import JOINT, PARENTS, Body
from ballet_lib.studio.choreography import Style
from ballet_lib.studio.performance import interpolate, perform
from ballet_lib.styles.caricature import BLOCK, POSITIONS, Habits, choreograph
from ballet_lib.vocabulary import STYLES

BLOCKS, FPS, TEMPO = 6, 20, 105


def dance(style, seed, habits=None):
    """Dance six figures: body, keys and motion."""
    rng = np.random.default_rng([seed, list(STYLES).index(style)])
    body, drawn = Body.draw(rng), Habits.draw(style, rng)
    keys = choreograph(style, habits or drawn, BLOCKS, rng)
    return body, keys, perform(keys, body, Style((habits or drawn).amplitude, TEMPO, seed=seed), FPS)


CASES = [pytest.param(style, seed, id=f"{style}{seed}") for style in STYLES for seed in range(3)]


@pytest.mark.parametrize(("style", "seed"), CASES)
def test_a_puppet_keeps_its_limbs_its_balance_and_its_feet_on_the_floor(style, seed):
    body, keys, motion = dance(style, seed)
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            length = np.linalg.norm(motion.position[:, joint] - motion.position[:, parent], axis=-1)
            assert np.allclose(length, np.linalg.norm(body.rest[joint] - body.rest[parent]), atol=1e-6)
    assert body.landmarks(motion)[..., 1].min() > 0, "through the floor"
    score = interpolate(keys, np.linspace(0, max(count for count, _ in keys), len(motion)))
    middle = 0
    for side in ("left", "right"):
        ball, weight = motion.position[:, JOINT[f"{side}_toes"]], score[f"{side}_weight"]
        held = (weight > 0.05)[1:] & (weight > 0.05)[:-1]
        assert np.linalg.norm(np.diff(ball, axis=0), axis=-1)[held].sum() < 0.01, f"the {side} foot slides"
        middle += weight[:, None] * (ball + motion.position[:, JOINT[f"{side}_ankle"]]) / 2
    away = np.linalg.norm((centre_of_mass(motion.position) - middle)[:, [0, 2]], axis=-1)
    assert away.max() < 0.09, "falls over"


@pytest.mark.parametrize("style", STYLES)
def test_the_same_generator_makes_the_same_dance(style):
    (_, first, _), (_, again, _), (_, other, _) = dance(style, 1), dance(style, 1), dance(style, 2)
    assert first == again
    assert first != other


@pytest.mark.parametrize("style", STYLES)
def test_other_habits_dance_the_same_figures_otherwise(style):
    small, large = (
        Habits(low=20, wide=0.1, turnout=30, forward=5, arms=0, amplitude=size, late=0) for size in (0.5, 1.1)
    )
    (_, first, _), (_, second, _) = dance(style, 1, small), dance(style, 1, large)
    assert [(count, set(change)) for count, change in first] == [(c, set(change)) for c, change in second]
    assert first != second


def test_keys_name_channels_that_exist_and_fill_their_figures():
    for style in STYLES:
        _, keys, motion = dance(style, 0)
        assert {name for _, change in keys for name in change} <= set(NEUTRAL)
        assert BLOCKS * BLOCK <= max(count for count, _ in keys) < BLOCKS * BLOCK + 0.2
        assert len(motion) / FPS == pytest.approx(BLOCKS * BLOCK * 60 / TEMPO, rel=0.02)
    assert all(set(channels) <= set(NEUTRAL) for channels in POSITIONS.values())


# --- Rhythm ----------------------------------------------------------------------------------------------


@cache
def bounces(style):
    """How the knees bend: (counts, degrees) of eight dancers, 12 samples a count, without their delay."""
    counts = np.arange(0, 16 * BLOCK, 1 / 12)
    bends = []
    for seed in range(8):
        rng = np.random.default_rng([seed, 5])
        habits = Habits(low=20, wide=0.1, turnout=30, forward=5, arms=0, amplitude=0.8, late=0)
        bends.append(interpolate(choreograph(style, habits, 16, rng), counts)["plie"])
    return counts, np.array(bends)


def strength(style, per_count):
    """Mean amplitude of the knees' bend at a frequency, in degrees, and its phase at count 0."""
    counts, bends = bounces(style)
    waves = (bends * np.exp(-2j * np.pi * per_count * counts)).mean(axis=1) * 2
    return np.abs(waves).mean(), np.angle(waves.mean())


def test_each_style_bounces_at_its_own_rate():
    found = {style: (strength(style, 1)[0], strength(style, 1.5)[0]) for style in STYLES}
    assert max(found["classical"]) < 1.5, "classical does not bounce"
    assert found["hip_hop"][0] > 6 > 3 > found["hip_hop"][1], "hip-hop once a count"
    assert found["afrobeat"][1] > 6 > 3 > found["afrobeat"][0], "afrobeat three times in two counts"


def test_hip_hop_is_down_on_the_beat_and_afrobeat_up():
    assert abs(strength("hip_hop", 1)[1]) < np.pi / 4, "knees bend most on the count"
    assert abs(strength("afrobeat", 1.5)[1]) > 3 * np.pi / 4, "and least"


def test_hip_hop_arms_jump_and_hold_where_classical_arms_glide():
    def moving(style):  # share of the time in which a hand is on its way, and how fast it is then
        still, fast = [], []
        for seed in range(6):
            _, _, motion = dance(style, seed)
            hand = motion.position[:, JOINT["left_wrist"]] - motion.position[:, JOINT["left_shoulder"]]
            speed = np.linalg.norm(np.diff(hand, axis=0), axis=-1) * FPS
            still.append((speed < 0.15 * speed.max()).mean())
            fast.append(speed.max())
        return np.mean(still), np.mean(fast)

    (jumping, fast), (gliding, slow) = moving("hip_hop"), moving("classical")
    assert jumping > gliding + 0.1
    assert fast > 1.5 * slow


def test_habits_overlap_between_styles():
    drawn = {
        style: np.array([
            list(vars(Habits.draw(style, np.random.default_rng(seed))).values()) for seed in range(200)
        ])
        for style in STYLES
    }  # fmt: skip
    means, spreads = (np.array([f(values, axis=0) for values in drawn.values()]) for f in (np.mean, np.std))
    assert (means.std(axis=0) < spreads.mean(axis=0)).all(), "no habit gives a style away"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: Habits.draw("polka", np.random.default_rng(0)), "style 'polka'"),
        (lambda: choreograph("polka", None, 3, np.random.default_rng(0)), "Choose among classical"),
        (lambda: choreograph("hip_hop", None, 0, np.random.default_rng(0)), "at least 1"),
    ],
)
def test_mistakes_are_named(call, says):
    with pytest.raises(BalletError, match=says):
        call()
