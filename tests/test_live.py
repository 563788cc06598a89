"""The recogniser: routines as they come, and everything that goes wrong before a camera."""

from dataclasses import replace

import numpy as np
import pytest

from ballet_lib.decisions import Event, MovementCounter, TutorialRule
from ballet_lib.errors import BalletError
from ballet_lib.event_scores import score_events
from ballet_lib.live import AROUND, Recogniser
from ballet_lib.takes import TakeSet


@pytest.fixture(scope="module")
def recogniser():
    return Recogniser()


@pytest.fixture(scope="module")
def routines():
    return TakeSet.load("routines")


@pytest.fixture(scope="module")
def routine(routines):
    return routines.filter(lambda take: take.take_id == "r01_routine_1")[0]


def shown(recogniser, poses, start=0.0, fps=None):
    """Show a dance from the second `start` on; return the readings."""
    fps = fps or poses.fps
    return [recogniser.feed(poses[number], start + number / fps) for number in range(len(poses))]


def without_anybody(poses):
    return replace(poses[0], landmarks=poses.landmarks[:1] * np.nan, world=poses.world[:1] * np.nan)


@pytest.fixture
def fresh(recogniser):
    recogniser.reset()
    recogniser.threshold = 0.8
    return recogniser


def danced(take):
    return tuple(segment.label for segment in take.timeline if segment.label != "other")


def test_a_routine_becomes_an_exercise(fresh, routine):
    readings = shown(fresh, routine.poses)
    assert fresh.exercises == [danced(routine)]
    assert readings[-1].exercise == danced(routine) and readings[-1].complete
    told = [reading.event for reading in readings if reading.event]
    assert [event.movement for event in told] == list(danced(routine)), "each is announced once"
    lengths = [len(reading.exercise) for reading in readings]
    assert set(np.diff(lengths)) == {0, 1}


def test_strangers_are_recognised_in_time(fresh, routines):
    """A floor far under the bar of the bench, so that a broken model or rule is noticed at once."""
    scores = None
    for take in routines[::5]:
        fresh.reset()
        shown(fresh, take.poses)
        new = score_events(fresh.events, take.timeline, take.poses.seconds)
        scores = new if scores is None else scores + new
    assert scores.f1 > 0.75 and scores.false_a_minute < 2 and scores.median_delay < 0.7


@pytest.mark.parametrize("fps", [10, 30])
def test_the_cameras_rate_does_not_matter(fresh, routine, fps):
    shown(fresh, routine.poses.resample(fps=fps), start=1e6)
    assert fresh.exercises == [danced(routine)]


def test_dropped_frames_and_a_changing_rate_do_not_matter(fresh, routine):
    rng = np.random.default_rng(0)
    for number in range(len(routine)):
        if rng.random() < 0.7 or number % 50 < 25:
            fresh.feed(routine.poses[number], number / 20)
    assert fresh.exercises == [danced(routine)]


def test_nothing_is_told_of_an_empty_room(fresh, routine):
    nobody = replace(
        routine.poses[0], landmarks=np.full((1, 33, 4), np.nan), world=np.full((1, 33, 3), np.nan)
    )
    readings = [fresh.feed(nobody, number / 20) for number in range(100)]
    assert not any(reading.person or reading.movement for reading in readings)
    assert all(reading.probabilities.max() == 0 for reading in readings) and fresh.events == []


def test_who_leaves_and_comes_back_goes_on_with_her_exercise(fresh, routine):
    segment = next(one for one in routine.timeline if one.label != "other")
    upto = int((segment.end + 1.5) * 20)
    shown(fresh, routine.poses[:upto])
    assert fresh.exercises == [(segment.label,)]
    nobody = replace(
        routine.poses[0], landmarks=np.full((1, 33, 4), np.nan), world=np.full((1, 33, 3), np.nan)
    )
    gone = [fresh.feed(nobody, upto / 20 + number / 20) for number in range(60)]
    assert gone[-1].movement is None and gone[-1].exercise == (segment.label,)
    shown(fresh, routine.poses[upto:], start=upto / 20 + 3)
    assert fresh.exercises == [danced(routine)]


def test_a_second_person_does_not_disturb(fresh, routines, routine):
    other = routines[9].poses
    nobody = without_anybody(other)
    for number in range(len(routine)):
        beside = other[number] if 200 <= number < 500 else nobody
        fresh.feed([routine.poses[number], beside], number / 20)
    assert fresh.exercises == [danced(routine)]


def test_when_the_first_person_leaves_the_second_is_followed(fresh, routine):
    nobody = replace(
        routine.poses[0], landmarks=np.full((1, 33, 4), np.nan), world=np.full((1, 33, 3), np.nan)
    )
    for number in range(60):
        fresh.feed([routine.poses[number], nobody], number / 20)
    for number in range(40):
        fresh.feed([nobody, nobody], 3 + number / 20)
    for number in range(len(routine)):
        fresh.feed([nobody, routine.poses[number]], 5 + number / 20)
    assert fresh.exercises == [danced(routine)]


def test_after_five_the_next_exercise_begins(fresh, routine):
    poses, length = routine.poses, routine.poses.seconds + 2
    shown(fresh, poses)
    shown(fresh, poses, start=length)
    assert fresh.exercises == [danced(routine)] * 2
    fresh.reset()
    assert fresh.events == [] and fresh.exercises == []


def test_the_poses_of_a_movement_can_be_looked_at(fresh, routine):
    for number in range(len(routine)):
        reading = fresh.feed(routine.poses[number], number / 20)
        if reading.event:
            break
    poses = fresh.poses_of(reading.event)
    assert poses.fps == 20 and poses.found.mean() > 0.9
    first = round((reading.event.start - AROUND) * 20)
    away = np.abs(poses.landmarks[5, :, :2] - routine.poses.landmarks[first + 5, :, :2])
    assert away.max() < 0.05, "within a frame or two"
    assert fresh.poses_of(Event("releve", -50, -48, 0.9, -47)) is None


def test_it_states_its_delay(fresh):
    rule = MovementCounter(fresh.labels)
    assert fresh.delay == pytest.approx(1.95 / 2 + rule.smoothing + rule.hold)


def test_another_rule_can_decide(routine):
    recogniser = Recogniser("lstm", rule=TutorialRule(Recogniser("lstm").labels))
    shown(recogniser, routine.poses)
    assert len(recogniser.events) >= 4


def test_bad_input_is_refused(fresh, routine):
    with pytest.raises(BalletError, match="one frame"):
        fresh.feed(routine.poses[:2], 0)
    with pytest.raises(BalletError, match="no pose"):
        fresh.feed([], 0)
    with pytest.raises(BalletError, match="threshold"):
        fresh.threshold = 1.5
    with pytest.raises(BalletError, match="exercise"):
        Recogniser(exercise=0)
    with pytest.raises(BalletError, match="no model"):
        Recogniser("nijinsky")
