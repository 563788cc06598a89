"""Does 80% mean right in 80 of 100 cases? And what does a threshold buy?"""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.classifier import tempered
from ballet_lib.errors import BalletError
from ballet_lib.evaluation import Predictions
from ballet_lib.splits import accuracy_interval

if TYPE_CHECKING:
    import pandas as pd

THRESHOLD = 0.8
"""The probability under which the ballet LSTM paper gives no answer."""

COLDEST, HOTTEST = 0.05, 20.0
"""Between these a temperature is sought."""


def reliability_table(predictions: Predictions, bins: int = 10) -> "pd.DataFrame":
    """Compare confidence with accuracy in bins of equal width, as a reliability diagram draws it.

    Returns
    -------
    pandas.DataFrame
        One row a bin: `low`, `high`, its ends; `n`, the takes whose most probable label lies in it;
        `confidence`, the mean of those probabilities; `accuracy` of those takes; `accuracy_low`,
        `accuracy_high`, its exact 95% interval as of independent takes. NaN in empty bins.

    Raises
    ------
    BalletError
        If there is not at least one bin.
    """
    import pandas as pd

    if not (isinstance(bins, int | np.integer) and bins >= 1):
        raise BalletError(f"{bins!r} bins cannot be. Give a whole number such as 10.")
    edges = np.linspace(0, 1, bins + 1)
    confidence, right = np.clip(predictions.confidence, 0, 1), predictions.right
    # As Guo et al. (2017): a bin holds its upper end, not its lower one.
    places = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)
    rows = []
    for number in range(bins):
        inside = places == number
        n = int(inside.sum())
        ends = accuracy_interval(right[inside].sum(), n) if n else (np.nan, np.nan)
        rows.append({
            "low": edges[number], "high": edges[number + 1], "n": n,
            "confidence": confidence[inside].mean() if n else np.nan,
            "accuracy": right[inside].mean() if n else np.nan,
            "accuracy_low": ends[0], "accuracy_high": ends[1],
        })  # fmt: skip
    return pd.DataFrame(rows)


def expected_calibration_error(predictions: Predictions, bins: int = 10) -> float:
    """Return the mean distance between confidence and accuracy over the bins, each weighing as its takes.

    Guo et al. (2017), section 2. With few takes it is above 0 even for a perfectly calibrated model.
    """
    filled = reliability_table(predictions, bins).query("n > 0")
    return float(np.average((filled.confidence - filled.accuracy).abs(), weights=filled.n))


def threshold_curve(
    predictions: Predictions, thresholds: Iterable[float] | None = None, rejection: str = "other"
) -> "pd.DataFrame":
    """Say what happens if only labels of at least a threshold's probability are answered.

    Parameters
    ----------
    predictions
        Answers to takes.
    thresholds
        Probabilities from 0 to 1; every hundredth from 0 to 1 by default.
    rejection
        The label of what is no movement at all.

    Returns
    -------
    pandas.DataFrame
        One row a threshold: `threshold`; `answered`, the share of takes that get an answer; `accuracy` of the
        answers, NaN if there are none; `wrong`, the share of all takes that get a wrong one;
        `other_accepted`, the share of the takes of `rejection` that are called one of the other labels, NaN
        if there are no such takes.

    Raises
    ------
    BalletError
        If a threshold is not between 0 and 1.
    """
    import pandas as pd

    thresholds = np.linspace(0, 1, 101) if thresholds is None else np.array(list(thresholds), dtype=float)
    if thresholds.size == 0 or not ((thresholds >= 0) & (thresholds <= 1)).all():
        raise BalletError("Thresholds are probabilities. Give numbers from 0 to 1, such as 0.8.")
    answered = predictions.confidence >= thresholds[:, None]  # (thresholds, N)
    right = predictions.right
    none_danced = np.array(predictions.labels)[predictions.y] == rejection
    called_other = np.array(predictions.labels)[predictions.predicted] == rejection
    given = answered.sum(axis=1)
    with np.errstate(invalid="ignore"):  # 0 / 0 is NaN: nothing answered, or no take of `rejection`
        return pd.DataFrame({
            "threshold": thresholds,
            "answered": given / len(predictions),
            "accuracy": (answered & right).sum(axis=1) / given,
            "wrong": (answered & ~right).sum(axis=1) / len(predictions),
            "other_accepted": (answered & none_danced & ~called_other).sum(axis=1) / none_danced.sum(),
        })  # fmt: skip


def fit_temperature(predictions: Predictions) -> float:
    """Find the temperature that makes the probabilities most likely: above 1, the model was too sure.

    Guo et al. (2017), section 4.2. Fit it on validation takes, and judge it on others.
    """
    from scipy.optimize import minimize_scalar

    def surprise(log_temperature: float) -> float:
        told = with_temperature(predictions, np.exp(log_temperature)).probabilities
        return -float(np.log(np.maximum(told[np.arange(len(told)), predictions.y], 1e-300)).mean())

    found = minimize_scalar(surprise, bounds=np.log([COLDEST, HOTTEST]), method="bounded")
    return float(np.exp(found.x))


def with_temperature(predictions: Predictions, temperature: float) -> Predictions:
    """Divide the logarithms of the probabilities by a temperature; the most probable label stays the same.

    Raises
    ------
    BalletError
        If the temperature is not positive.
    """
    if not temperature > 0:
        raise BalletError(f"A temperature of {temperature!r} cannot be. Give a number above 0.")
    return replace(predictions, probabilities=tempered(predictions.probabilities, temperature))
