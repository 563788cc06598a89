"""Joined phrases are still danced by a body with weight, and the timeline says what is seen."""

from dataclasses import replace

import numpy as np
import pytest

from ballet_lib import BalletError
from ballet_lib.skeleton import INDEX
from ballet_lib.studio.balance import centre_of_mass
from ballet_lib.studio.body import JOINT, Body
from ballet_lib.studio.choreography import PHRASES, Style
from ballet_lib.studio.performance import dance, interpolate, perform
from ballet_lib.studio.recipes import LABEL_OF, routines
from ballet_lib.studio.routine import Figure, join

NAMES = [one.__name__ for phrases in PHRASES.values() for one in phrases]


def everything(seed):
    """All phrases in any order, with turns, pauses and drawn styles, danced by a drawn body."""
    rng = np.random.default_rng(seed)
    figures = [
        Figure(str(name), Style.draw(rng), rng.uniform(0.85, 1.25), rng.uniform(-40, 40), rng.uniform(0, 1.5))
        for name in rng.permutation(NAMES)
    ]
    routine = join(figures, LABEL_OF)
    body = Body.draw(rng)
    motion = perform(routine.keys, body, Style(tempo=rng.uniform(75, 130), sway=1.5, seed=seed))
    score = interpolate(routine.keys, np.linspace(0, routine.counts, len(motion)))
    return body, motion, score


@pytest.fixture(scope="module", params=range(5))
def danced(request):
    return everything(request.param)


def test_no_foot_slides_while_it_carries_weight(danced):
    _, motion, score = danced
    for side in ("left", "right"):
        ball = motion.position[:, JOINT[f"{side}_toes"]]
        held = score[f"{side}_weight"] > 0.05
        together = np.flatnonzero(held[1:] & held[:-1])
        moved = np.linalg.norm(ball[together + 1] - ball[together], axis=-1)
        assert moved.max() < 0.002, f"{side} foot slides {moved.max() * 100:.1f} cm within a frame"


def test_nobody_falls_sinks_or_jerks(danced):
    body, motion, score = danced
    assert body.landmarks(motion)[..., 1].min() > 0
    feet = {
        side: (motion.position[:, JOINT[f"{side}_toes"]] + motion.position[:, JOINT[f"{side}_ankle"]]) / 2
        for side in ("left", "right")
    }
    weight = {side: score[f"{side}_weight"][:, None] for side in feet}
    support = sum(weight[side] * feet[side] for side in feet) / sum(weight.values())
    assert np.linalg.norm((centre_of_mass(motion.position) - support)[:, [0, 2]], axis=-1).max() < 0.09
    speed = np.linalg.norm(np.diff(motion.position, axis=0), axis=-1) * motion.fps
    assert speed.max() < 8, "in allegro a hand passes 8 m/s, not here"


def test_a_phrase_alone_is_danced_as_ever():
    for side in ("left", "right"):
        style = Style(side=side, seed=3, sway=0)
        alone = dance("first_arabesque", style=style)
        joined = perform(join([Figure("first_arabesque", style)], LABEL_OF).keys, Body(), Style(sway=0))
        assert np.allclose(joined.position, alone.position, atol=1e-9), side


def test_a_turned_phrase_is_the_same_dance_turned():
    style = Style(seed=3, sway=0, side="left")
    turned = join([Figure("retire_devant", style, turned=70)], LABEL_OF)
    assert np.allclose(
        perform(turned.keys, Body(), Style(sway=0)).position,
        dance("retire_devant", style=replace(style, facing=70)).position,
        atol=1e-6,
    )


def test_walking_carries_the_next_phrase_along():
    routine = join([Figure("walk"), Figure("releve")], LABEL_OF)
    motion = perform(routine.keys, Body(), Style(sway=0))
    pelvis = motion.position[:, JOINT["pelvis"], 2]
    assert pelvis[-1] - pelvis[0] > 0.35
    assert abs(pelvis[-1] - pelvis[-30]) < 0.05, "the relevé is danced where the walk ended"


def test_the_timeline_says_what_is_seen():
    recipe = routines()["r02_routine_3"]()
    points, fps = recipe.scene.points, recipe.scene.fps
    ankles = points[:, [INDEX["left_ankle"], INDEX["right_ankle"]], 1]
    lifted = ankles.max(axis=1) - ankles.min(axis=1)
    for start, end, label in recipe.meta["timeline"]:
        highest = lifted[round(start * fps) : round(end * fps)].max()
        if label in ("first_arabesque", "attitude_croisee", "retire_devant"):
            assert highest > 0.25, label
        if label in ("demi_plie", "releve"):
            assert highest < 0.15, label


def test_nothing_and_unknown_figures_are_refused():
    with pytest.raises(BalletError, match="nothing"):
        join([], LABEL_OF)
    with pytest.raises(BalletError, match="pirouette"):
        join([Figure("pirouette")], LABEL_OF)
