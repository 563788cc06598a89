"""Maps by gradient: what would change the answer, and, summed along a way, what the answer is made of."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.recipes import check_count
from ballet_lib.saliency.answers import ROWS, Answers, answers_of
from ballet_lib.saliency.faithfulness import missed_by

if TYPE_CHECKING:
    import keras

PIECES = (4, 16, 64)
"""Into how many the line of integrated gradients is cut, one after the other, where a map is not complete."""


def gradient(model: "keras.Model", X: np.ndarray, target=None) -> np.ndarray:
    """Return how fast the answer's logit rises with each number: float32 (N, T, F).

    After Simonyan, Vedaldi and Zisserman 2014, section 3, with its sign.

    Parameters
    ----------
    model
        As `Classifier.model`.
    X
        float32 (N, T, F), as `Classifier.inputs` returns it.
    target
        int (N,), the answer to explain; None for the one that the model gives.

    Raises
    ------
    BalletError
        If the model has no time axis or no softmax, or X or target do not fit to it.
    """
    answers = answers_of(model)
    X = answers.inputs(X)
    return answers.gradients(X, answers.target(X, target))


def gradient_times_input(model: "keras.Model", X: np.ndarray, target=None, baseline=None) -> np.ndarray:
    """Return the gradient times how far the input is from the baseline: float32 (N, T, F).

    For a linear model this is each number's share in the answer (Shrikumar et al. 2017, section 2).

    Parameters
    ----------
    model, X, target
        As in `gradient`.
    baseline
        What stands for nothing: (F,), (T, F) or (N, T, F). None for the average frame that the layer
        ``normalise`` has learnt, or zeros where there is none.

    Raises
    ------
    BalletError
        As `gradient`, or if the baseline does not fit to X.
    """
    answers = answers_of(model)
    X = answers.inputs(X)
    return answers.gradients(X, answers.target(X, target)) * (X - answers.baseline(X, baseline))


def smoothgrad(
    model: "keras.Model", X: np.ndarray, target=None, copies: int = 25, noise: float = 0.15, seed: int = 0
) -> np.ndarray:
    """Return the mean gradient over noisy copies of the input: float32 (N, T, F) (Smilkov et al. 2017).

    Every take gets the same noise, so that its map does not depend on which others are explained with it.

    Parameters
    ----------
    model, X, target
        As in `gradient`. Without a target, the answer to the input without noise.
    copies
        How many; the paper sees little change after 50.
    noise
        Standard deviation as a share of each feature's, which the layer ``normalise`` has learnt (in X where
        there is none). The paper takes 10 to 20% of a picture's range.
    seed
        Of the noise.

    Raises
    ------
    BalletError
        As `gradient`, or if `copies` is below 1 or `noise` below 0.
    """
    check_count("copies", copies)
    if not (np.isfinite(noise) and noise >= 0):
        raise BalletError(f"noise is {noise!r}. Give a share of at least 0, such as 0.15.")
    answers = answers_of(model)
    X = answers.inputs(X)
    drawn = np.random.default_rng(seed).standard_normal((copies, *X.shape[1:]), dtype=np.float32)
    drawn *= noise * answers.deviation(X)

    def noisy(some: slice) -> np.ndarray:
        return X[some, None] + drawn

    return _mean_gradient(answers, answers.target(X, target), noisy, np.full(copies, 1 / copies))


def integrated_gradients(
    model: "keras.Model",
    X: np.ndarray,
    target=None,
    baseline=None,
    steps: int = 50,
    tolerance: float | None = 0.01,
) -> np.ndarray:
    """Return each number's share in the way from the baseline's logit to the input's: float32 (N, T, F).

    The gradient is averaged along the straight line between the two and multiplied by the way (Sundararajan,
    Taly and Yan 2017, section 3), so that a map sums to the difference of the logits: see `completeness`.
    The points on the line are those of Gauss and Legendre, which need fewer steps than even ones.

    Parameters
    ----------
    model, X, target, baseline
        As in `gradient_times_input`.
    steps
        Points on the line. With 50, every held-out take of `ballet6` is complete to 1% in the course's
        LSTM, BiLSTM and attention; the many kinks of its TCN need more.
    tolerance
        A take whose map misses the difference by a larger share is done again on a line cut into 4 pieces of
        `steps` points, and if need be into 16 and 64. A difference near zero may be missed even so. None for
        one line.

    Raises
    ------
    BalletError
        As `gradient_times_input`, or if `steps` is below 1 or `tolerance` no number from 0.
    """
    check_count("steps", steps)
    if tolerance is not None and not tolerance >= 0:
        raise BalletError(f"tolerance is {tolerance!r}. Give a share, such as 0.01, or None.")
    answers = answers_of(model)
    X = answers.inputs(X)
    start, target = answers.baseline(X, baseline), answers.target(X, target)
    maps = _along_the_line(answers, X, start, target, steps, pieces=1)
    for pieces in PIECES if tolerance is not None else ():
        missed = missed_by(answers, X, maps, start, target) > tolerance
        if not missed.any():
            break
        maps[missed] = _along_the_line(answers, X[missed], start[missed], target[missed], steps, pieces)
    return maps


def _along_the_line(answers: Answers, X, start, target, steps: int, pieces: int) -> np.ndarray:
    """Integrate over the line from start to X, cut into pieces of Gauss and Legendre's points."""
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    along = ((np.arange(pieces)[:, None] + (nodes + 1) / 2) / pieces).ravel()
    shares = along.astype(np.float32)[:, None, None]

    def line(some: slice) -> np.ndarray:
        return start[some, None] + shares * (X - start)[some, None]

    return _mean_gradient(answers, target, line, np.tile(weights / 2 / pieces, pieces)) * (X - start)


def _mean_gradient(
    answers: Answers, target: np.ndarray, points: Callable[[slice], np.ndarray], weights: np.ndarray
) -> np.ndarray:
    """Return the weighted mean of gradients at P points a take: (N, T, F).

    `points` returns (n, P, T, F) for some of the takes, so that never all points are in memory.
    """
    count, size = len(weights), max(1, ROWS // len(weights))
    found = []
    for first in range(0, len(target), size):
        some = slice(first, first + size)
        where = points(some)
        each = answers.gradients(where.reshape(-1, *where.shape[2:]), np.repeat(target[some], count))
        found.append(np.einsum("p,np...->n...", weights.astype(np.float32), each.reshape(where.shape)))
    return np.concatenate(found)
