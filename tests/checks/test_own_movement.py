"""A movement of one's own: what falls, what breaks, what is told apart."""

import numpy as np
import pytest

from ballet_lib.checks.own_movement import (
    CLEARLY,
    distance_to_support,
    nearest_of_six,
    stumbles,
    takes,
)
from ballet_lib.studio.body import Body
from ballet_lib.studio.choreography import (
    ARMS,
    LOOK_AHEAD,
    PHRASES,
    Style,
    at,
    both,
    demi_plie,
    first_position,
)
from ballet_lib.vocabulary import BALLET_MOVEMENTS


def grand_plie(style):
    low = both(heel=35 * style.amplitude) | {"plie": 115 * style.amplitude}
    stand = first_position(style.turnout)
    return [
        at(0, stand, ARMS["seconde"], LOOK_AHEAD),
        at(3, low, ARMS["bras bas"]),
        at(3.5, low),
        at(6.5, stand, ARMS["seconde"]),
    ]


def cambre(style):
    stand = first_position(style.turnout)
    back = {"bend": -35 * style.amplitude, "nod": -15}
    return [at(0, stand, ARMS["bras bas"]), at(3, ARMS["couronne"], back), at(4, back), at(6, bend=0, nod=0)]


def side_bend(style):
    stand = first_position(style.turnout)
    bent = {"lean": 30 * style.amplitude}
    return [at(0, stand, ARMS["seconde"], lean=0), at(2, bent), at(3, bent), at(5, lean=0)]


def test_distance_to_support_agrees_with_a_square():
    square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], float)
    points = np.random.default_rng(0).uniform(-3, 3, (300, 2))
    wanted = np.linalg.norm(np.maximum(np.abs(points) - 1, 0), axis=1)
    assert np.allclose([distance_to_support(point, square) for point in points], wanted)


@pytest.mark.parametrize("corners", [[[0.0, 0.0]], [[0.0, 0.0], [0.0, 2.0]]])
def test_distance_to_a_point_or_a_line(corners):
    assert distance_to_support(np.array([3.0, 0.0]), np.array(corners)) == pytest.approx(3)


@pytest.mark.parametrize("label", BALLET_MOVEMENTS)
def test_the_six_are_danced_without_stumbling(label):
    rng = np.random.default_rng(0)
    for _ in range(4):
        style = Style.draw(rng)
        assert stumbles(PHRASES[label][0](style), Body.draw(rng), style) is None


@pytest.mark.parametrize("phrase", [grand_plie, cambre, side_bend], ids=lambda one: one.__name__)
def test_other_movements_are_accepted(phrase):
    assert stumbles(phrase(Style()), Body(), Style()) is None
    _, ratio, taken = nearest_of_six(phrase)
    assert ratio > 1.5 * CLEARLY and taken is None


def test_one_of_the_six_is_not_told_from_itself():
    nearest, ratio, _ = nearest_of_six(demi_plie)
    assert nearest == "demi_plie" and ratio < 1.2


def test_takes_are_those_of_the_contract():
    danced = takes({"mine": cambre, "demi_plie": demi_plie}, range(3))
    assert [take.movement for take in danced] == ["mine", "demi_plie"] * 3
    assert len(danced.dancers) == 3 and all(len(take) == 40 for take in danced)
