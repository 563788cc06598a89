"""Is a map true? It must add up, and what it points at must be what the network needs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ballet_lib import intervals
from ballet_lib.errors import BalletError
from ballet_lib.saliency.answers import Answers, answers_of

if TYPE_CHECKING:
    import keras

SHARES = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0)
"""Of the numbers of a take that are deleted, unless somebody wants others."""


def completeness(
    model: "keras.Model", X: np.ndarray, maps: np.ndarray, target=None, baseline=None
) -> np.ndarray:
    """Return how far each map is from summing to what it explains: float (N,), 0.01 for 1%.

    The sum of a map is compared with logit(X) - logit(baseline), relative to the size of that difference: the
    axiom of integrated gradients (Sundararajan et al. 2017, proposition 1).

    Parameters
    ----------
    model, X, target, baseline
        As in `gradient_times_input`, and as the maps were made.
    maps
        (N, T, F).

    Raises
    ------
    BalletError
        As `gradient_times_input`, or if the maps have another shape than X.
    """
    answers = answers_of(model)
    X = answers.inputs(X)
    maps = _as_large_as(X, maps, "maps")
    return missed_by(answers, X, maps, answers.baseline(X, baseline), answers.target(X, target))


def missed_by(answers: Answers, X, maps, start, target) -> np.ndarray:
    """Return what `completeness` does, of arrays that have been checked."""
    rows = np.arange(len(X))
    ends = (answers.logits(part)[rows, target] for part in (X, start))
    difference = np.subtract(*ends, dtype=np.float64)
    missed = np.abs(maps.sum(axis=(1, 2), dtype=np.float64) - difference)
    return missed / np.maximum(np.abs(difference), 1e-9)


@dataclass(frozen=True)
class Deletion:
    """How sure a network remains of its answers while its inputs go, or how sure it becomes as they come.

    Attributes
    ----------
    shares
        (S,), of the numbers that are gone, or there.
    certainty
        (N, S), the probability of the answer divided by that to the whole input.
    """

    shares: np.ndarray
    certainty: np.ndarray

    @property
    def area(self) -> np.ndarray:
        """Mean certainty over the shares, (N,): small where deletion hits what is needed."""
        width = self.shares[-1] - self.shares[0]
        return np.trapezoid(self.certainty, self.shares, axis=1) / width


def deletion(
    model: "keras.Model", X: np.ndarray, order: np.ndarray, shares=SHARES, baseline=None, target=None
) -> Deletion:
    """Replace ever more numbers by the baseline, the largest of `order` first (Petsiuk et al. 2018).

    Parameters
    ----------
    model, X, target, baseline
        As in `gradient_times_input`.
    order
        (N, T, F): a map is its own order, and `random_order` one to compare with. Of a gradient, which says
        only where the answer would change, give the size. To delete whole landmarks, `spread` them.
    shares
        Of the T * F numbers, from small to large.

    Raises
    ------
    BalletError
        As `gradient_times_input`, if the order has another shape than X, or the shares do not rise from 0 or
        more to at most 1.
    """
    answers = answers_of(model)
    X = answers.inputs(X)
    return _curve(answers, X, answers.baseline(X, baseline), order, shares, target, deleting=True)


def insertion(
    model: "keras.Model", X: np.ndarray, order: np.ndarray, shares=SHARES, baseline=None, target=None
) -> Deletion:
    """Begin with the baseline and put ever more numbers in, the largest of `order` first: see `deletion`."""
    answers = answers_of(model)
    X = answers.inputs(X)
    return _curve(answers, X, answers.baseline(X, baseline), order, shares, target, deleting=False)


def random_order(shape: tuple[int, int, int], features=None, seed: int = 0) -> np.ndarray:
    """Draw an order to delete in: float32 (N, T, F), every number a place, or every landmark of a frame one.

    Parameters
    ----------
    shape
        Of X.
    features
        If given, all columns of a landmark share a place in a frame, as after `spread`.
    seed
        Of the draw.
    """
    from ballet_lib.saliency.joints import spread

    rng = np.random.default_rng(seed)
    if features is None:
        return rng.random(shape, dtype=np.float32)
    return spread(rng.random((*shape[:2], 33), dtype=np.float32), features)


class Advantage(NamedTuple):
    """A mean difference, and where it would lie for other dancers."""

    mean: float
    low: float
    high: float


def advantage(
    area: np.ndarray, reference: np.ndarray, groups: np.ndarray, level: float = 0.95, seed: int = 0
) -> Advantage:
    """Return by how much `reference` lies above `area`, take by take, with an interval over dancers.

    As everywhere in the course, the interval is never narrower than that over single takes.

    Parameters
    ----------
    area, reference
        (N,), such as `Deletion.area` of a map and of a random order.
    groups
        (N,), the dancers: `TakeSet.groups`.
    level
        Share of such intervals that should hold the truth.
    seed
        Of the bootstrap.

    Raises
    ------
    BalletError
        If there is not one number and one dancer for each take.
    """
    area, reference, groups = (np.asarray(each) for each in (area, reference, groups))
    if not (area.ndim == 1 and area.shape == reference.shape == groups.shape and len(area)):
        raise BalletError(
            f"There are {area.shape} areas, {reference.shape} to compare with, {groups.shape} dancers. "
            "Give one each for every take."
        )
    difference = reference - area
    ends = []
    for units in (groups, np.arange(len(groups))):
        _, unit = np.unique(units, return_inverse=True)
        drawn = intervals.draw_dancers(unit.max() + 1, 1000, seed)
        means = drawn @ np.bincount(unit, difference) / (drawn @ np.bincount(unit))
        if units is groups:
            ends.append(intervals.percentiles(means, unit.max() + 1, level))
        else:
            ends.append(intervals.between(means, (1 - level) / 2))
    return Advantage(float(difference.mean()), *intervals.hull(*ends))


def _curve(answers: Answers, X, start, order, shares, target, deleting: bool) -> Deletion:
    order, shares = _as_large_as(X, order, "order"), np.asarray(shares, dtype=float)
    if shares.ndim != 1 or len(shares) < 2 or (np.diff(shares) <= 0).any() or shares[0] < 0 or shares[-1] > 1:
        raise BalletError("The shares must rise, from 0 or more to at most 1. Give (0, 0.1, 0.5), say.")
    rows, target = np.arange(len(X)), answers.target(X, target)
    before = answers.probabilities(X)[rows, target]
    first = np.argsort(-order.reshape(len(X), -1), axis=1, kind="stable")
    place = np.empty_like(first)
    np.put_along_axis(place, first, np.arange(first.shape[1])[None], axis=1)
    place = place.reshape(X.shape)
    certainty = []
    for share in shares:
        chosen = place < round(share * first.shape[1])
        changed = np.where(chosen == deleting, start, X)
        certainty.append(answers.probabilities(changed)[rows, target] / before)
    return Deletion(shares, np.stack(certainty, axis=1))


def _as_large_as(X: np.ndarray, array, name: str) -> np.ndarray:
    array = np.asarray(array)
    if array.shape != X.shape or np.isnan(array).any():
        raise BalletError(
            f"The {name} must hold a number for each of X, {X.shape}; the shape is {array.shape}"
            f"{', and some are NaN' if np.isnan(array).any() else ''}. Make the {name} of the same X."
        )
    return array
