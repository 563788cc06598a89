"""How far a score would move with other dancers: a bootstrap that draws whole dancers again.

Takes of one dancer resemble each other, so the dancer is the unit, not the take. Each dancer is first counted
into three numbers a label (right, danced, answered); a draw then only adds up dancers, which makes a thousand
draws a matter of milliseconds.
"""

from typing import NamedTuple

import numpy as np

from ballet_lib.splits import accuracy_interval

FEWEST, FEW = 3, 6
"""Under 3 dancers there is nothing to draw from. Under 6 even the range from the worst dancer to the best
misses the median dancer more than once in twenty times: (1/2)^5 on either side."""

NOWHERE = (float("nan"), float("nan"))
"""The interval of what cannot be known."""


class Intervals(NamedTuple):
    """Where the scores would lie for other dancers, and how that was found.

    Attributes
    ----------
    accuracy, macro_f1
        (low, high); NaN where nothing can be said.
    recall
        (low, high) by label.
    method
        `"bootstrap over 4 dancers"`, say.
    note
        What to keep in mind when reading them; empty if nothing.
    level
        The share of such intervals that should hold the truth.
    """

    accuracy: tuple[float, float]
    macro_f1: tuple[float, float]
    recall: dict[str, tuple[float, float]]
    method: str
    note: str
    level: float

    def to_json(self) -> dict:
        """Return the intervals as JSON can hold them: `[low, high]`, or null for what cannot be known."""
        plain = {
            "accuracy": _plain(self.accuracy),
            "macro_f1": _plain(self.macro_f1),
            "recall": {label: _plain(ends) for label, ends in self.recall.items()},
        }
        return plain | {"method": self.method, "note": self.note, "level": self.level}


class Tally(NamedTuple):
    """Counts by dancer and label, int (D, K) each: takes recognised rightly, danced, and so answered.

    Or by draw and label, (B, K).
    """

    right: np.ndarray
    danced: np.ndarray
    answered: np.ndarray


class Scores(NamedTuple):
    """Scores of many draws: accuracy (B,), macro-F1 (B,), recall (B, K), NaN where a label is not danced."""

    accuracy: np.ndarray
    macro_f1: np.ndarray
    recall: np.ndarray


def tally(y: np.ndarray, predicted: np.ndarray, groups: np.ndarray, classes: int) -> Tally:
    """Count each dancer's takes by label; dancers in the order of the alphabet."""
    dancers, dancer = np.unique(groups, return_inverse=True)

    def count(labels, chosen=slice(None)):
        cells = np.ravel_multi_index((dancer[chosen], labels[chosen]), (len(dancers), classes))
        return np.bincount(cells, minlength=len(dancers) * classes).reshape(len(dancers), classes)

    return Tally(count(y, y == predicted), count(y), count(predicted))


def draw_dancers(dancers: int, draws: int, seed: int) -> np.ndarray:
    """Draw as many dancers as there are, with replacement: int (draws, dancers), how often each came."""
    shares = np.full(dancers, 1 / dancers)
    return np.random.default_rng(seed).multinomial(dancers, shares, size=draws)


def draw_takes(confusion: np.ndarray, draws: int, seed: int) -> Tally:
    """Draw as many single takes as there are, with replacement, from a confusion matrix (K, K) of counts."""
    count = confusion.sum()
    cells = np.random.default_rng(seed).multinomial(count, confusion.ravel() / count, size=draws)
    cells = cells.reshape(draws, *confusion.shape)
    return Tally(np.diagonal(cells, axis1=1, axis2=2), cells.sum(axis=2), cells.sum(axis=1))


def scores(counts: Tally) -> Scores:
    """Score each row; macro-F1 over the labels that are danced or answered in it."""
    right, danced, answered = counts
    with np.errstate(invalid="ignore"):  # 0 / 0 is NaN: the label does not occur in this draw
        recall = right / danced
        f1 = 2 * right / (danced + answered)
    return Scores(right.sum(axis=1) / danced.sum(axis=1), np.nanmean(f1, axis=1), recall)


def percentiles(values: np.ndarray, dancers: int, level: float) -> tuple[float, float]:
    """Return the ends of the expanded percentile interval (Hesterberg 2015, "What Teachers Should Know").

    Plain percentiles are too narrow for few dancers. Expanded ones go as far out as a t interval would.
    Values without any spread yield NaN: where all dancers are alike, drawing them again shows nothing.
    """
    from scipy.stats import norm, t

    if dancers < FEWEST:
        return NOWHERE
    outer = norm.cdf(-np.sqrt(dancers / (dancers - 1)) * t.ppf((1 + level) / 2, dancers - 1))
    return between(values, outer)


def between(values: np.ndarray, outer: float) -> tuple[float, float]:
    """Leave the share `outer` out at either end; NaN if all values are the same."""
    known = values[np.isfinite(values)]
    if len(known) == 0 or np.ptp(known) < 1e-12:
        return NOWHERE
    low, high = np.quantile(known, [outer, 1 - outer])
    return float(low), float(high)


def bootstrap_scores(
    y: np.ndarray,
    predicted: np.ndarray,
    groups: np.ndarray,
    labels: tuple[str, ...],
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> Intervals:
    """Estimate intervals of accuracy, macro-F1 and recall for other dancers.

    No interval is narrower than that of as many independent takes (exact, Clopper-Pearson; for macro-F1 by
    drawing single takes): takes of one dancer tell less than takes of many, not more. In a simulation with 3
    to 12 dancers of 35 takes each, 95% intervals made so held the true accuracy in 85 to 97% of cases,
    those of plain percentiles in 64 to 92%.
    """
    dancers, classes = len(np.unique(groups)), len(labels)
    counts = tally(y, predicted, groups, classes)
    drawn = scores(Tally(*(draw_dancers(dancers, draws, seed) @ each for each in counts)))
    confusion = np.bincount(y * classes + predicted, minlength=classes**2).reshape(classes, classes)
    single = scores(draw_takes(confusion, draws, seed))
    right, danced = np.diagonal(confusion), confusion.sum(axis=1)
    return Intervals(
        accuracy=hull(percentiles(drawn.accuracy, dancers, level), _exact(right.sum(), len(y), level)),
        macro_f1=hull(percentiles(drawn.macro_f1, dancers, level), between(single.macro_f1, (1 - level) / 2)),
        recall={
            label: hull(percentiles(column, dancers, level), _exact(right[number], danced[number], level))
            for number, (label, column) in enumerate(zip(labels, drawn.recall.T, strict=True))
        },
        method=_method(dancers, len(y)),
        note=_note(dancers),
        level=level,
    )


def _exact(right: int, of: int, level: float) -> tuple[float, float]:
    return accuracy_interval(right, of, level) if of else NOWHERE


def hull(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    """Return the interval that holds both, of which either may be unknown."""
    return float(np.fmin(one[0], other[0])), float(np.fmax(one[1], other[1]))


def _method(dancers: int, takes: int) -> str:
    if dancers < FEWEST:
        return f"exact (Clopper-Pearson) as of {takes} independent takes"
    return f"bootstrap over {dancers} dancers"


def _note(dancers: int) -> str:
    if dancers < FEWEST:
        who = "one dancer" if dancers == 1 else "two dancers"
        return f"From {who} nothing can be said about others: the intervals tell of these alone."
    if dancers < FEW:
        return f"{dancers} dancers are few: the intervals for others are wider than these."
    return ""


def _plain(ends: tuple[float, float]) -> list[float] | None:
    return [round(end, 6) for end in ends] if np.isfinite(ends).all() else None
