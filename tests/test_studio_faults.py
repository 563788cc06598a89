"""A planted fault has the size that was asked for, and the dancer dances the rest as before."""

import numpy as np
import pytest

from ballet_lib.errors import BalletError
from ballet_lib.studio.body import Body
from ballet_lib.studio.camera import Camera
from ballet_lib.studio.choreography import Style
from ballet_lib.studio.faults import FAULTS, HEIGHTS, plant, planted
from ballet_lib.studio.performance import perform
from ballet_lib.studio.scene import Scene
from ballet_lib.technique_measures import QUANTITIES, Seen
from ballet_lib.technique_rules import RULES
from ballet_lib.vocabulary import BALLET_MOVEMENTS

PAIRS = [(fault, movement) for fault, one in FAULTS.items() for movement in one.movements]
STYLE = Style(sway=0)


def shown(fault, movement, size, style=STYLE):
    """Measure what exact landmarks show of a fault at the movement's height, in its unit."""
    level = Camera(pitch=0.0)
    keys = plant(fault, movement, size, style)
    exact = Scene(movement, style=style, camera=level, keys=keys).exact
    rule = next(rule for rule in RULES[movement] if rule.key == FAULTS[fault].rule)
    working = "left" if movement in ("demi_plie", "releve") else style.side
    seen = Seen.of(exact, working)
    _, there, stays, _ = HEIGHTS[movement]
    middle = round((there + stays) / 2 * 60 / style.tempo * exact.fps)
    return float(QUANTITIES[rule.quantity].truth(seen, rule.sides(working)[0])[middle])


@pytest.mark.parametrize(("fault", "movement"), PAIRS)
def test_exact_landmarks_show_the_size_that_was_planted(fault, movement):
    good = shown(fault, movement, 0)
    straight = fault in ("bent_supporting_knee", "bent_working_knee", "bent_knees")
    good = 180.0 if straight else good  # a straight knee of the studio keeps 4 degrees, which the bend takes
    for size in (8, 15, 25):
        assert abs(abs(shown(fault, movement, size) - good) - size) < 3.5, size


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_fault_is_the_dancers_whichever_leg_works(side):
    style = Style(sway=0, side=side)
    assert shown("bent_supporting_knee", "retire_devant", 20, style) == pytest.approx(160, abs=1)


@pytest.mark.parametrize(("fault", "movement"), PAIRS)
def test_before_and_after_the_height_nothing_changes(fault, movement):
    ends = {}
    for size in (0, 20):
        motion = perform(plant(fault, movement, size, STYLE), Body(), STYLE)
        ends[size] = motion.position[[0, -1]]
    assert np.allclose(ends[0], ends[20], atol=1e-6)


def test_size_zero_is_the_movement_itself():
    for movement in BALLET_MOVEMENTS:
        fault = next(name for name, one in FAULTS.items() if movement in one.movements)
        good, none = (perform(keys, Body(), STYLE) for keys in (
            plant(fault, movement, 0, STYLE), plant(fault, movement, 1e-9, STYLE)))  # fmt: skip
        if fault != "bent_supporting_knee":  # planted, it says "plie" where the movement says nothing
            assert np.allclose(good.position, none.position, atol=1e-4)


def test_every_fault_has_a_rule_that_should_notice_it():
    for fault, movement in PAIRS:
        assert FAULTS[fault].rule in {rule.key for rule in RULES[movement]}, (fault, movement)


def test_planted_recipes_cross_sizes_and_views_and_repeat():
    recipes = planted(
        "a", range(1, 10), (8, 15, 25), ("front", "diagonal", "side"), ("bent_supporting_knee",)
    )
    made = [draw() for draw in recipes.values()]
    assert {(one.meta["size"], one.meta["view"]) for one in made} == {
        (size, view) for size in (8, 15, 25) for view in ("front", "diagonal", "side")
    }
    assert all(abs(one.meta["yaw"]) <= 30 for one in made if one.meta["view"] == "front")
    assert len({one.dancer for one in made}) == 9
    again = next(iter(recipes.values()))
    first, other = again(), planted("b", [1], (8,), ("front",), ("bent_supporting_knee",))
    assert next(iter(other.values()))().scene.body != first.scene.body, "another name, another dancer"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: plant("flat_feet", "releve", 5), "fault 'flat_feet'"),
        (lambda: plant("low_foot", "releve", 5), "only into retire_devant"),
    ],
)
def test_mistakes_are_named(call, says):
    with pytest.raises(BalletError, match=says):
        call()
