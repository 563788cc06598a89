"""Events against what was danced: counted by hand."""

import math

import pytest

from ballet_lib.decisions import Event
from ballet_lib.errors import BalletError
from ballet_lib.event_scores import score_events
from ballet_lib.takes import Segment

DANCED = [
    Segment(1, 4, "releve"),
    Segment(4, 6, "other"),
    Segment(6, 9, "demi_plie"),
    Segment(9, 12, "releve"),
]


def event(movement, start, end, counted=None):
    return Event(movement, start, end, 0.9, end if counted is None else counted)


def test_all_found():
    told = [event("releve", 1, 4, 3.5), event("demi_plie", 6.2, 9.3, 9.2), event("releve", 9, 12, 12.4)]
    scores = score_events(told, DANCED, 60)
    assert (scores.found, scores.danced, scores.told) == (3, 3, 3)
    assert scores.f1 == scores.recall == scores.precision == 1 and scores.false_a_minute == 0
    assert scores.delays == pytest.approx((-0.5, 0.2, 0.4)) and scores.median_delay == pytest.approx(0.2)


def test_another_label_is_both_a_miss_and_false():
    scores = score_events([event("battement_tendu", 1, 4)], DANCED, 30)
    assert (scores.found, scores.recall, scores.precision, scores.false_a_minute) == (0, 0, 0, 2)


def test_a_movement_counted_twice_is_found_once():
    scores = score_events([event("demi_plie", 6, 7.5), event("demi_plie", 7.5, 9)], DANCED, 60)
    assert (scores.found, scores.told, scores.false_a_minute) == (1, 2, 1)


def test_one_event_over_two_of_the_same_finds_one():
    scores = score_events([event("releve", 1, 12)], DANCED, 60)
    assert (scores.found, scores.danced) == (1, 3)


@pytest.mark.parametrize(("start", "found"), [(6, 1), (7.5, 1), (8.5, 0), (3.0, 0)])
def test_overlap_decides(start, found):  # 3 s each: moved by 1.5 s they share a third
    assert score_events([event("demi_plie", start, start + 3)], DANCED, 60).found == found
    assert score_events([event("demi_plie", start, start + 3)], DANCED, 60, overlap=0.5).found == (start == 6)


def test_nothing_danced_or_told():
    scores = score_events([], DANCED[1:2], 60)
    assert math.isnan(scores.f1) and math.isnan(scores.median_delay) and scores.false_a_minute == 0
    pooled = scores + score_events([event("releve", 1, 4)], DANCED, 60)
    assert (pooled.found, pooled.danced, pooled.seconds) == (1, 3, 120)


def test_senseless_numbers_are_refused():
    for options in ({"overlap": 0}, {"seconds": 0}):
        with pytest.raises(BalletError, match="makes no sense"):
            score_events([], DANCED, **({"seconds": 60} | options))
