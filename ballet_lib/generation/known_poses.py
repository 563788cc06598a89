"""Poses that were learnt from, to which a dance that goes astray is pulled back.

Most vectors are no dancer. A model that errs a little in each of forty numbers makes a pose that nobody
holds, has never learnt what follows it, and errs more: silhouettes lose heads, and bodies fall.
"""

from collections.abc import Sequence

import numpy as np

NEAREST = 5


class KnownPoses:
    """Moves vectors part of the way to the poses that are known and nearest.

    Parameters
    ----------
    known
        (K, D), vectors that were learnt from.
    pull
        Share of the way, from 0 to 1.
    free
        Distance to which nothing is pulled.
    """

    def __init__(self, known: np.ndarray, pull: float, free: float = 0.0):
        self.known, self.pull, self.free = known, pull, free
        self._squares = np.square(known).sum(axis=1)

    def __call__(self, made: np.ndarray) -> np.ndarray:
        """Return vectors (N, D) after the pull.

        They move towards a mean of the five nearest poses, in which the nearest weighs most, so that the aim
        changes smoothly on the way.
        """
        apart = np.square(made).sum(axis=1)[:, None] + self._squares - 2 * made @ self.known.T
        few = min(NEAREST, len(self.known) - 1)
        nearest = np.argpartition(apart, few, axis=1)[:, :few]
        apart = np.maximum(np.take_along_axis(apart, nearest, axis=1), 1e-9)
        weight = np.exp(-2 * apart / apart.min(axis=1, keepdims=True))
        poses = (self.known[nearest] * weight[..., None]).sum(axis=1) / weight.sum(axis=1, keepdims=True)
        way = poses - made
        beyond = np.maximum(1 - self.free / np.maximum(np.linalg.norm(way, axis=1), 1e-9), 0)
        return made + self.pull * beyond[:, None] * way


def usual_distance(sequences: Sequence[np.ndarray], share: float, every: int = 10) -> float:
    """Return how far the vectors of a sequence usually are from the nearest of all others.

    Parameters
    ----------
    sequences
        Two or more, (T, D) each.
    share
        Of the vectors that are at most so far.
    every
        Only each so many-th vector is looked at.
    """
    from scipy.spatial.distance import cdist

    nearest = [
        np.min([cdist(one[::every], other).min(axis=1) for other in sequences if other is not one], axis=0)
        for one in sequences
    ]
    return float(np.quantile(np.concatenate(nearest), share))
