"""When does a stream of probabilities mean that a movement was danced, once?"""

import numpy as np
import pytest

from ballet_lib.decisions import MovementCounter, TutorialRule
from ballet_lib.errors import BalletError

LABELS = ("demi_plie", "releve", "other")


def told(*pieces, fps=20.0):
    """Return probabilities over time from (label, probability, seconds): the rest of 1 is `other`'s."""
    rows = []
    for label, probability, seconds in pieces:
        row = np.zeros(3)
        row[LABELS.index(label)] = probability
        row[2] += 1 - probability
        rows += [row] * round(seconds * fps)
    return np.array(rows), np.arange(len(rows)) / fps


def events(rule, rows, when):
    rule.reset()
    return [event for row, second in zip(rows, when, strict=True) if (event := rule.step(row, second))]


def names(found):
    return [event.movement for event in found]


@pytest.fixture
def counter():
    return MovementCounter(LABELS)


@pytest.mark.parametrize("fps", [5, 12, 20, 30, 60])
def test_a_movement_counts_once_at_any_frame_rate(counter, fps):
    stream = told(("other", 1, 1), ("releve", 0.95, 2), ("other", 1, 1), ("demi_plie", 0.9, 2), fps=fps)
    found = events(counter, *stream)
    assert names(found) == ["releve", "demi_plie"]
    assert found[0].probability == pytest.approx(0.95, abs=0.2)
    assert 1 <= found[0].counted <= 1 + counter.hold + 4 * counter.smoothing + 2 / fps


def test_below_the_threshold_nothing_counts(counter):
    assert events(counter, *told(("releve", 0.75, 5))) == []
    counter.threshold = 0.7
    assert names(events(counter, *told(("releve", 0.75, 5)))) == ["releve"]


def test_other_never_counts(counter):
    assert events(counter, *told(("other", 1, 9))) == []


def test_a_flicker_does_not_count(counter):
    stream = told(("other", 1, 1), *[("releve", 1, 0.1), ("other", 1, 0.3)] * 10)
    assert events(counter, *stream) == []
    assert len(events(TutorialRule(LABELS), *stream)) == 10, "the tutorial's rule counts each"


def test_a_wavering_movement_counts_once(counter):
    stream = told(("other", 1, 1), *[("releve", 0.95, 0.6), ("releve", 0.6, 0.4)] * 5)
    assert names(events(counter, *stream)) == ["releve"]


def test_the_same_again_needs_a_rest(counter):
    for pause, times in ((0.3, 1), (2.0, 2)):
        stream = told(("other", 1, 1), ("releve", 0.95, 2), ("other", 1, pause), ("releve", 0.95, 2))
        assert names(events(counter, *stream)) == ["releve"] * times, pause


def test_the_end_of_a_long_movement_becomes_known(counter):
    found = events(counter, *told(("other", 1, 1), ("releve", 0.95, 6), ("other", 1, 2)))
    assert len(found) == 1 and counter.latest.end > found[0].end + 3
    assert counter.latest.start == found[0].start


def test_reset_forgets(counter):
    events(counter, *told(("releve", 0.95, 3)))
    counter.reset()
    assert counter.held is None and counter.latest is None and counter.smoothed.max() == 0


def test_the_tutorial_knows_no_rest_and_no_repeat():
    rule = TutorialRule(LABELS)
    stream = told(("releve", 0.95, 2), ("releve", 0.4, 3), ("releve", 0.95, 2))
    assert names(events(rule, *stream)) == ["releve"], "two relevés in a row are one"
    stream = told(("releve", 0.95, 2), ("demi_plie", 0.9, 0.05), ("releve", 0.95, 2))
    assert names(events(rule, *stream)) == ["releve", "demi_plie", "releve"], "one frame makes two more"


@pytest.mark.parametrize(
    "options", [{"threshold": 0}, {"threshold": 1.2}, {"release": 1.1}, {"hold": -1}, {"rest": float("nan")}]
)
def test_senseless_numbers_are_refused(options):
    with pytest.raises(BalletError):
        MovementCounter(LABELS, **options)
