"""Positions of the arms: on exact joints, on what the pose model saw of strangers, and without legs."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from ballet_lib.arms import ArmPositions, hands_from_shoulders
from ballet_lib.live import Recogniser
from ballet_lib.skeleton import INDEX
from ballet_lib.studio.camera import Camera
from ballet_lib.studio.choreography import ARMS, STANDING, Style, at, both, port_de_bras
from ballet_lib.studio.scene import Scene
from ballet_lib.takes import TakeSet
from ballet_lib.vocabulary import ARM_POSITIONS, french

STUDIO = {"bras_bas": "bras bas", "premiere": "première", "seconde": "seconde", "couronne": "couronne"}
ELSEWHERE = ("demi-seconde", "attitude", "troisième", "arabesque", "arms up")
FPS, TEMPO, BELOW = 20.0, 80.0, INDEX["left_hip"]


def seated(names, yaw=0.0):
    """Exact poses of somebody who holds these arms, a second and a half each; nothing is known below."""
    counts = [count for number in range(len(names)) for count in (3.5 * number, 3.5 * number + 2)]
    held = [name for name in names for _ in range(2)]
    feet = both(spot_out=0.09, foot=15, turnout=15)
    keys = [at(0, STANDING, feet), *port_de_bras(held, counts)]
    scene = Scene("other", style=Style(tempo=TEMPO), keys=keys, camera=Camera(yaw=yaw), fps=FPS)
    poses = scene.exact
    landmarks, world = poses.landmarks.copy(), poses.world.copy()
    landmarks[:, BELOW:], world[:, BELOW:] = np.nan, np.nan
    return replace(poses, landmarks=landmarks, world=world)


def told(poses, recogniser):
    recogniser.reset()
    for number in range(len(poses)):
        recogniser.feed(poses[number], number / FPS)
    return [event.movement for event in recogniser.events]


@pytest.mark.parametrize("yaw", [0, 45, -60])
def test_each_position_is_told_once_without_legs(yaw):
    recogniser = Recogniser(seated=True)
    assert told(seated(list(STUDIO.values()), yaw), recogniser) == list(STUDIO)
    assert recogniser.delay < 1
    for number, event in enumerate(recogniser.events):
        arrived, left = (count * 60 / TEMPO for count in (3.5 * number, 3.5 * number + 2))
        assert arrived - 0.7 < event.start < arrived + 0.4 and left - 0.4 < event.end < left + 0.7


@pytest.mark.parametrize("name", ELSEWHERE)
def test_other_arms_are_none_of_them(name):
    assert told(seated([name, name]), Recogniser(seated=True)) == []


def test_what_is_taken_for_bras_bas():
    """Said on the page and in docs/accessibility.md: hands that rest low."""
    for name in ("arms at sides", "hands on hips"):
        assert set(told(seated([name, name]), Recogniser(seated=True))) <= {"bras_bas"}


def test_strangers_whom_the_pose_model_saw():
    """Within 60° of the front, nine of ten windows of d10 to d12 that show a position are called by it."""
    arms, found = ArmPositions(), Counter()
    for take in TakeSet.load("ballet6").filter(dancer=["d10", "d11", "d12"]):
        if abs(take.meta["yaw"]) > 60:
            continue
        for start in range(0, len(take) - arms.frames + 1, 10):
            window = slice(start, start + arms.frames)
            truth, seen = (arms.probabilities(poses[window]) for poses in (take.truth, take.poses))
            if truth.max() >= 0.8 and arms.labels[truth.argmax()] != "other":
                found[bool(seen.argmax() == truth.argmax() and seen.max() >= 0.8)] += 1
    assert found.total() > 80
    assert found[True] / found.total() >= 0.88, found


def test_hands_are_measured_from_the_shoulders():
    poses = seated(["seconde", "seconde"])
    hands = np.median(hands_from_shoulders(poses), axis=0)
    wanted = np.array([ARMS["seconde"][f"left_hand_{axis}"] for axis in ("out", "up", "front")])
    wanted *= ARMS["seconde"]["left_reach"]
    np.testing.assert_allclose(hands, [wanted, wanted], atol=0.12)
    flat = hands_from_shoulders(replace(poses, world=None))  # from the picture alone
    np.testing.assert_allclose(np.median(flat, axis=0), hands, atol=0.15)


def test_nobody_is_none_of_them():
    poses = seated(["seconde"])[: ArmPositions.frames]
    nobody = replace(poses, landmarks=poses.landmarks * np.nan, world=poses.world * np.nan)
    assert ArmPositions().probabilities(nobody).tolist() == [0, 0, 0, 0, 1]


def test_every_position_has_a_name():
    assert [french(label) for label in ArmPositions.labels[:-1]] == list(STUDIO.values())
    assert tuple(ARM_POSITIONS) == ArmPositions.labels[:-1]
