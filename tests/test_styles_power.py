"""What n clips can tell apart, checked against SciPy's tests and simulations."""

import numpy as np
import pytest

from ballet_lib.comparison import smallest_difference
from ballet_lib.errors import BalletError
from ballet_lib.splits import accuracy_interval
from ballet_lib.styles import power
from ballet_lib.styles.power import (
    CLIPS,
    REPORTED,
    can_tell,
    independent_clips,
    smallest_unpaired_difference,
    what_clips_tell,
)


@pytest.mark.parametrize("n", [1, 7, 91])
def test_the_p_values_are_those_of_fishers_exact_test(n):
    from scipy.stats import fisher_exact

    table = power._fisher(n)
    rng = np.random.default_rng(n)
    for a, b in rng.integers(0, n + 1, (40, 2)):
        expected = fisher_exact([[a, n - a], [b, n - b]]).pvalue
        assert table[a, b] == pytest.approx(expected, rel=1e-6), (a, b)


def test_the_smallest_unpaired_lead_is_the_one_that_a_simulation_finds():
    rng = np.random.default_rng(0)
    lead = smallest_unpaired_difference(CLIPS, 0.6)
    for better, enough in ((lead, True), (lead - 2 / CLIPS, False)):
        one, other = rng.binomial(CLIPS, [[0.6 + better], [0.6]], (2, 20_000))
        assert (np.mean(power._fisher(CLIPS)[one, other] <= 0.05) >= 0.8) is np.bool_(enough)


def test_a_test_on_the_same_clips_finds_smaller_leads():
    lead = smallest_unpaired_difference(CLIPS, 0.6)
    assert lead > smallest_difference(CLIPS, 0.6, 0.2)
    assert np.isnan(smallest_unpaired_difference(5, 0.9))
    four = smallest_unpaired_difference(4 * CLIPS, 0.6)
    assert lead / four == pytest.approx(2, abs=0.35), "four times the clips halve it"


def test_the_table_says_more_clips_tell_more():
    table = what_clips_tell((40, 91, 300), 0.6)
    assert list(table.columns) == ["clips", "low", "high", "unpaired", "paired"]
    assert (table.low[1], table.high[1]) == accuracy_interval(55, 91)
    for column in (table.high - table.low, table.unpaired, table.paired):
        assert (np.diff(column) < 0).all()
    assert (table.paired < table.unpaired).all()


def test_of_the_reports_own_differences_none_is_sure():
    answers = {(a, b): can_tell(REPORTED[a], REPORTED[b])
               for a, b in (("LSTM", "attention"), ("attention", "TCN"), ("LSTM", "TCN"))}  # fmt: skip
    assert [answer.answer for answer in answers.values()] == ["no", "no", "perhaps"]
    assert all(answer.low < 0 < answer.high for answer in answers.values())
    assert can_tell(80, 40).answer == "yes" and can_tell(40, 80) == can_tell(80, 40)
    assert [round(100 * count / CLIPS, 1) for count in REPORTED.values()] == [65.9, 63.7, 58.2]


def test_chunks_of_a_video_are_worth_fewer_clips():
    """Draw videos whose ten chunks are right together or not, so that they correlate by 0.4."""
    rng = np.random.default_rng(0)
    videos, chunks, r, p = 30, 10, 0.4, 0.6
    own = rng.random((4000, videos, chunks)) < p
    shared = rng.random((4000, videos, 1)) < p
    together = rng.random((4000, videos, chunks)) < np.sqrt(r)
    spread = np.where(together, shared, own).mean(axis=(1, 2)).var()
    worth = independent_clips(videos * chunks, chunks, r)
    assert p * (1 - p) / spread == pytest.approx(worth, rel=0.07)
    assert independent_clips(300, 10, 1) == 30 and independent_clips(300, 10, 0) == 300


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: smallest_unpaired_difference(0, 0.6), "from 1 to 2000"),
        (lambda: smallest_unpaired_difference(9, -0.1), "no accuracies"),
        (lambda: what_clips_tell((5_000,)), "5000 clips cannot"),
        (lambda: what_clips_tell((2.5,)), "whole number"),
        (lambda: can_tell(92, 60), "0 to 91 each"),
        (lambda: can_tell(60, -1), "0 to 91 each"),
        (lambda: independent_clips(10, 20, 0.5), "at least one chunk a video"),
        (lambda: independent_clips(10, 2, 1.5), "correlation from 0 to 1"),
    ],
)
def test_what_cannot_be_is_refused(ask, says):
    with pytest.raises(BalletError, match=says):
        ask()
