"""What a test of n clips can tell: how exact an accuracy is, and which differences it finds.

`comparison` has the paired test, for two models on the same clips. Papers that print counts alone leave the
unpaired one, which needs more clips, and chunks cut from few videos are worth fewer clips than they are.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ballet_lib.comparison import compare_counts, smallest_difference
from ballet_lib.errors import BalletError
from ballet_lib.splits import accuracy_interval

if TYPE_CHECKING:
    import pandas as pd

CLIPS = 91
"""Test clips of the two-stream report."""
REPORTED = {"LSTM": 60, "attention": 58, "TCN": 53}
"""Clips that its networks recognised: 65.9, 63.7 and 58.2%."""
LARGEST_TEST = 2000
"""Clips up to which the unpaired test is worked out."""


def _fisher(n: int) -> np.ndarray:
    """Return the two-sided p value for each pair of counts of n: float (n + 1, n + 1).

    With equally many clips the hypergeometric distribution is symmetric: two tails are twice the smaller.
    """
    from scipy.special import gammaln

    def log_choose(of: int, some: np.ndarray) -> np.ndarray:
        return gammaln(of + 1) - gammaln(some + 1) - gammaln(of - some + 1)

    counts = np.arange(n + 1)
    apart = log_choose(n, counts)[:, None] + log_choose(n, counts)
    tail = np.exp(apart - log_choose(2 * n, np.add.outer(counts, counts)))
    for row in range(1, n + 1):  # one right more here, one less there: the total stays
        tail[row, :-1] += tail[row - 1, 1:]
    return np.minimum(2 * np.minimum(tail, tail.T), 1.0)


def smallest_unpaired_difference(
    n: int, accuracy: float, probability: float = 0.8, level: float = 0.05
) -> float:
    """Return the smallest lead over a model of `accuracy` that Fisher's test finds with `probability`.

    NaN if not even a perfect model would be told apart. For the paired test see
    `comparison.smallest_difference`.

    Raises
    ------
    BalletError
        If there is no such test, accuracy or probability.
    """
    from scipy.stats import binom

    _check(n, accuracy, probability)
    counts = np.arange(n + 1)
    found = binom.pmf(counts, n, accuracy) @ (_fisher(n) <= level)
    better = accuracy + np.arange(1, int((1 - accuracy) * n + 1e-9) + 1) / n
    power = binom.pmf(counts[:, None], n, np.minimum(better, 1.0)).T @ found
    enough = np.flatnonzero(power >= probability)
    return float(better[enough[0]] - accuracy) if len(enough) else float("nan")


def what_clips_tell(
    numbers: tuple[int, ...] = (30, 50, CLIPS, 200, 400, 1000),
    accuracy: float = 0.6,
    disagreement: float = 0.2,
) -> "pd.DataFrame":
    """Say for tests of several sizes how exact an accuracy is, and the smallest lead that is found.

    Parameters
    ----------
    numbers
        Independent clips.
    accuracy
        Of the model that another one shall beat.
    disagreement
        Share of clips that one of two models alone recognises, for the column `paired`.

    Returns
    -------
    pandas.DataFrame
        A row a number: `clips`, `low` and `high` of the accuracy's 95% interval, and the smallest lead found
        with a probability of 80%: `unpaired` (Fisher's exact test, each model on clips of its own) and
        `paired` (McNemar's exact test, both on the same).

    Raises
    ------
    BalletError
        If there is no such test or no such accuracy.
    """
    import pandas as pd

    rows = []
    for n in numbers:
        _check(n, accuracy)
        low, high = accuracy_interval(round(accuracy * n), n)
        rows.append({
            "clips": n, "low": low, "high": high, "unpaired": smallest_unpaired_difference(n, accuracy),
            "paired": smallest_difference(n, accuracy, disagreement),
        })  # fmt: skip
    return pd.DataFrame(rows)


class Verdict(NamedTuple):
    """Whether two counts of the same clips tell two models apart.

    Attributes
    ----------
    answer
        ``"yes"``: whichever clips they were. ``"no"``: not even if the better model recognised all that the
        other did. ``"perhaps"``: that depends on which clips they were.
    difference, low, high
        Of the accuracies, with the interval for models on clips of their own.
    p_least, p_most
        Of McNemar's exact test.
    """

    answer: str
    difference: float
    low: float
    high: float
    p_least: float
    p_most: float


def can_tell(right_a: int, right_b: int, n: int = CLIPS, level: float = 0.05) -> Verdict:
    """Say whether two models differ of which only is known how many of the same n clips each recognised.

    See `comparison.compare_counts`. 60 and 53 of 91: perhaps. 60 and 58: no.

    Parameters
    ----------
    right_a, right_b
        Clips that each model recognised.
    n
        Clips of the test.
    level
        The p value below which a difference is called real.

    Raises
    ------
    BalletError
        If there are more right answers than clips, or fewer than none.
    """
    row = compare_counts({"a": right_a, "b": right_b}, n, 1 - level).iloc[0]
    told = "yes" if row.p_most < level else "perhaps" if row.p_least < level else "no"
    return Verdict(told, *(float(row[name]) for name in Verdict._fields[1:]))


def independent_clips(chunks: int, a_video: float, correlation: float) -> float:
    """Return how many independent clips so many chunks are worth, if a video gives several.

    The design effect of sampling in clusters (Kish 1965, "Survey Sampling"): chunks / (1 + (m - 1) r).

    Parameters
    ----------
    chunks
        In the test.
    a_video
        m, chunks cut from each video.
    correlation
        r, of being right about two chunks of one video: 1 if a video is named right or wrong as a whole.

    Raises
    ------
    BalletError
        If there are no chunks, less than one a video, or the correlation is not between 0 and 1.
    """
    if not (chunks >= 1 and 1 <= a_video <= chunks and 0 <= correlation <= 1):
        raise BalletError(
            f"{chunks} chunks, {a_video} a video, with a correlation of {correlation} cannot be. "
            "Give at least one chunk a video, and a correlation from 0 to 1."
        )
    return chunks / (1 + (a_video - 1) * correlation)


def _check(n: int, *shares: float) -> None:
    if isinstance(n, bool) or not (isinstance(n, int | np.integer) and 1 <= n <= LARGEST_TEST):
        raise BalletError(
            f"A test of {n!r} clips cannot be worked out. Give a whole number from 1 to {LARGEST_TEST}."
        )
    if not all(0 <= share <= 1 for share in shares):
        raise BalletError(f"{', '.join(map(str, shares))} are no accuracies. Give shares from 0 to 1.")
