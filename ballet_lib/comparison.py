"""Is one model better than another, or was it luck?

`compare` needs both models' answers to the same takes. Papers publish only how many were right;
`compare_counts` says what can be concluded from that, and `smallest_difference` what a test of some size can
tell apart at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ballet_lib import intervals
from ballet_lib.errors import BalletError
from ballet_lib.evaluation import Predictions

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Comparison:
    """Two models on the same takes, differences always the first minus the second.

    Attributes
    ----------
    names
        Of the two models.
    both_right, only_first, only_second, neither
        How many takes were recognised by whom.
    p_value
        Of McNemar's exact test: how often as uneven a share of the takes on which they differ, or a more
        uneven one, would come from two models that are equally good. It takes the takes as independent.
    accuracy, macro_f1
        The differences.
    accuracy_interval, macro_f1_interval
        (low, high) for other dancers, by drawing the same dancers for both models; NaN with fewer than 3
        dancers, or where all dancers agree.
    dancers
        How many were drawn from.
    """

    names: tuple[str, str]
    both_right: int
    only_first: int
    only_second: int
    neither: int
    p_value: float
    accuracy: float
    accuracy_interval: tuple[float, float]
    macro_f1: float
    macro_f1_interval: tuple[float, float]
    dancers: int

    def __str__(self) -> str:
        first, second = self.names
        ends = self.accuracy_interval
        spread = f" [{100 * ends[0]:+.1f}, {100 * ends[1]:+.1f}]" if np.isfinite(ends).all() else ""
        return (
            f"{first} against {second}: {100 * self.accuracy:+.1f}{spread} points of accuracy.\n"
            f"Of {self.only_first + self.only_second} takes that one alone recognised, {first} has "
            f"{self.only_first}, {second} {self.only_second}: p = {self.p_value:.2g} (McNemar, exact)."
        )


def compare(
    first: Predictions,
    second: Predictions,
    names: tuple[str, str] = ("first", "second"),
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> Comparison:
    """Compare two models that answered about the same takes: McNemar's test, and a paired bootstrap.

    Takes may stand in another order and labels have other numbers; both are matched by name. McNemar (1947),
    in the exact form, looks only at takes that one model recognised and the other did not. The interval is
    that over dancers, and never narrower than that over single takes.

    Raises
    ------
    BalletError
        If they answered about different takes, or the same under other labels.
    """
    second = _same_takes(first, second)
    if len(names) != 2 or names[0] == names[1]:
        raise BalletError(f"{names} do not tell two models apart. Give two different names.")
    only_first = int((first.right & ~second.right).sum())
    only_second = int((~first.right & second.right).sum())
    people, single = _differences(first, second, draws, seed)

    def interval(score: str) -> tuple[float, float]:
        over_dancers = intervals.percentiles(getattr(people, score), len(first.dancers), level)
        return intervals.hull(over_dancers, intervals.between(getattr(single, score), (1 - level) / 2))

    return Comparison(
        names=(names[0], names[1]),
        both_right=int((first.right & second.right).sum()),
        only_first=only_first,
        only_second=only_second,
        neither=int((~first.right & ~second.right).sum()),
        p_value=mcnemar(only_first, only_second),
        accuracy=first.accuracy - second.accuracy,
        accuracy_interval=interval("accuracy"),
        macro_f1=first.macro_f1 - second.macro_f1,
        macro_f1_interval=interval("macro_f1"),
        dancers=len(first.dancers),
    )


class _Differences(NamedTuple):
    """First minus second in many draws: (B,) each."""

    accuracy: np.ndarray
    macro_f1: np.ndarray


def _differences(first: Predictions, second: Predictions, draws: int, seed: int) -> list[_Differences]:
    """Draw dancers, and single takes: by chance three dancers may agree more than their takes would."""
    found = []
    for units in (first.groups, np.array(first.take_ids)):
        drawn = intervals.draw_dancers(len(np.unique(units)), draws, seed)
        one, other = (_scores(told, units, drawn) for told in (first, second))
        found.append(_Differences(one.accuracy - other.accuracy, one.macro_f1 - other.macro_f1))
    return found


def _scores(told: Predictions, units: np.ndarray, drawn: np.ndarray) -> intervals.Scores:
    counts = intervals.tally(told.y, told.predicted, units, len(told.labels))
    return intervals.scores(intervals.Tally(*(drawn @ each for each in counts)))


def _same_takes(first: Predictions, second: Predictions) -> Predictions:
    """Return the second in the order of the first, or say how they differ."""
    if set(first.take_ids) != set(second.take_ids):
        alone = sorted(set(first.take_ids) ^ set(second.take_ids))
        raise BalletError(
            f"The models answered about different takes: {', '.join(alone[:3])}"
            f"{f' and {len(alone) - 3} more' if len(alone) > 3 else ''} had one of them only. "
            "Evaluate both on the same set."
        )
    places = {take_id: place for place, take_id in enumerate(second.take_ids)}
    second = second[[places[take_id] for take_id in first.take_ids]]
    for take_id, mine, theirs, dancer, other in zip(
        first.take_ids, first.y, second.y, first.groups, second.groups, strict=True
    ):
        if first.labels[mine] != second.labels[theirs] or dancer != other:
            raise BalletError(
                f"{take_id} is {first.labels[mine]!r} by {dancer} for one model and "
                f"{second.labels[theirs]!r} by {other} for the other. Evaluate both on the same set."
            )
    return second


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the two-sided p value of McNemar's exact test; 1 if the models differ on no take."""
    from scipy.stats import binomtest

    if only_first < 0 or only_second < 0:
        raise BalletError(f"{only_first} and {only_second} are no counts. Give 0 or more takes.")
    discordant = only_first + only_second
    return float(binomtest(only_first, discordant, 0.5).pvalue) if discordant else 1.0


# --- Published counts -------------------------------------------------------------------------------------


def compare_counts(right: Mapping[str, int], of: int, level: float = 0.95) -> "pd.DataFrame":
    """Compare models of which only is known how many of the same clips each recognised, as papers print it.

    Which clips those were is not known, and McNemar's p value depends on it: it is least if the better model
    recognised all that the other did, and most if they had as few in common as can be.

    Parameters
    ----------
    right
        Clips recognised by model, such as `{"LSTM": 60, "attention": 58, "TCN": 53}`.
    of
        Clips in the test, such as 91.

    Returns
    -------
    pandas.DataFrame
        A row for each pair: `better`, `worse`, `difference` of their accuracies, `low` and `high` of its
        interval (Newcombe 1998, method 10, as if each had clips of its own), and `p_least`, `p_most`.

    Raises
    ------
    BalletError
        If there are fewer than two models, or a count that cannot be.
    """
    import pandas as pd

    if len(right) < 2 or of < 1 or any(not 0 <= count <= of for count in right.values()):
        raise BalletError(
            f"{dict(right)} of {of} cannot be compared. Give two models or more, 0 to {of} each."
        )
    rows = []
    for better, worse in combinations(sorted(right, key=lambda name: -right[name]), 2):
        most, least = right[better], right[worse]
        shared = max(0, most + least - of)  # clips that both must have recognised
        low, high = _newcombe(most, least, of, level)
        rows.append({
            "better": better, "worse": worse, "difference": (most - least) / of, "low": low, "high": high,
            "p_least": mcnemar(most - least, 0), "p_most": mcnemar(most - shared, least - shared),
        })  # fmt: skip
    return pd.DataFrame(rows)


def _newcombe(most: int, least: int, of: int, level: float) -> tuple[float, float]:
    """Return the interval of a difference of proportions from the Wilson intervals of each."""
    from scipy.stats import binomtest

    one, other = (binomtest(count, of).proportion_ci(level, method="wilson") for count in (most, least))
    p, q = most / of, least / of
    below, above = np.hypot(p - one.low, other.high - q), np.hypot(one.high - p, q - other.low)
    return float(p - q - below), float(p - q + above)


# --- What a test can tell apart ---------------------------------------------------------------------------


def power(n: int, accuracies: tuple[float, float], disagreement: float | None = None, level: float = 0.05):
    """Return how probably McNemar's exact test on `n` takes finds that two models differ.

    Parameters
    ----------
    n
        Independent takes.
    accuracies
        The true ones.
    disagreement
        The share of takes that exactly one of the two recognises; as of models that err independently of each
        other if not given. Models that err on the same takes disagree less, and are told apart sooner.
    level
        The p value below which a difference is called real.

    Raises
    ------
    BalletError
        If no two models can have these accuracies and disagree so often.
    """
    from scipy.stats import binom

    p, q = accuracies
    disagreement = p * (1 - q) + q * (1 - p) if disagreement is None else disagreement
    slack = 1e-9
    if (
        n < 1
        or not (0 <= q <= 1 and 0 <= p <= 1)
        or not (abs(p - q) - slack <= disagreement <= min(p + q, 2 - p - q) + slack)
    ):
        raise BalletError(
            f"Models with accuracies of {p:g} and {q:g} cannot disagree on {disagreement:g} of {n} takes. "
            "Give shares from 0 to 1, and a disagreement no smaller than the difference."
        )
    if disagreement < slack:
        return 0.0
    discordant = np.arange(n + 1)
    tail = binom.ppf(level / 2, discordant, 0.5)  # the most that the loser may have: one less, unless it fits
    tail -= binom.cdf(tail, discordant, 0.5) > level / 2
    share = np.clip((1 + (p - q) / disagreement) / 2, 0, 1)
    found = binom.cdf(tail, discordant, share) + binom.cdf(tail, discordant, 1 - share)
    return float(binom.pmf(discordant, n, min(disagreement, 1.0)) @ found)


def smallest_difference(
    n: int, accuracy: float, disagreement: float | None = None, probability: float = 0.8, level: float = 0.05
) -> float:
    """Return the smallest lead over a model of `accuracy` that a test on `n` takes finds with `probability`.

    NaN if not even a perfect model would be told apart. See `power` for `disagreement`, here what the models
    disagree on at the least: a lead of 0.2 cannot come with less than 0.2.
    """
    if not (n >= 1 and 0 <= accuracy <= 1 and 0 < probability < 1):
        raise BalletError(
            f"A test of {n} takes at an accuracy of {accuracy:g} cannot be. Give shares below 1."
        )
    for difference in np.arange(1, n + 1) / n:
        if (better := accuracy + difference) > 1 + 1e-9:
            break
        better = min(better, 1.0)
        most = 2 - better - accuracy
        least = None if disagreement is None else min(max(disagreement, better - accuracy), most)
        if power(n, (better, accuracy), least, level) >= probability:
            return float(difference)
    return float("nan")
