"""Plausible wrong answers to the tasks of lesson 09, and what the check says of each."""

import numpy as np
from scipy.sparse.csgraph import dijkstra
from scipy.spatial.distance import cdist

from ballet_lib.quiet_tensorflow import import_keras

keras = import_keras()


def lost(danced, drawn):
    return (danced & (drawn < 0.5)).sum() / danced.sum()


def of_the_dancer(danced, drawn):
    return ((drawn >= 0.5) & ~danced).sum() / danced.sum()


def all_mistakes(danced, drawn):
    ink = drawn >= 0.5
    return (ink != danced).sum() / ink.sum()


def above_a_half(danced, drawn):
    ink = drawn > 0.5
    return (ink & ~danced).sum() / ink.sum()


def norms(numbers):
    return np.linalg.norm(np.diff(numbers, axis=0), axis=1)


def with_cuts(speed, clip):
    return np.where(np.diff(clip) == 0, speed, np.nan)


def over_the_cuts(numbers, clip, fps):
    return norms(numbers) * fps


def cuts_left_out(numbers, clip, fps):
    return (norms(numbers) * fps)[np.diff(clip) == 0]


def clips_count_up(numbers, clip, fps):
    return np.where(np.diff(clip) > 0, np.nan, norms(numbers) * fps)


def for_each_frame(numbers, clip, fps):
    return with_cuts(norms(numbers), clip)


def divided(numbers, clip, fps):
    return with_cuts(norms(numbers) / fps, clip)


def sizes_added(numbers, clip, fps):
    return with_cuts(np.abs(np.diff(numbers, axis=0)).sum(axis=1) * fps, clip)


def one_more(numbers, clip, fps):
    return np.append(over_the_cuts(numbers, clip, fps), 0)


class Lots(keras.layers.Layer):
    """The right layer, whose parts go wrong below."""

    def __init__(self):
        super().__init__()
        self.seed = keras.random.SeedGenerator(0)

    def spread(self, log_variance):
        return keras.ops.exp(log_variance / 2)

    def noise(self, mean):
        return keras.random.normal(keras.ops.shape(mean), seed=self.seed)

    def call(self, inputs, training=False):
        mean, log_variance = inputs
        if not training:
            return mean
        return mean + self.spread(log_variance) * self.noise(mean)


class AlwaysDraws(Lots):
    def call(self, inputs, training=False):
        return super().call(inputs, training=True)


class NeverDraws(Lots):
    def call(self, inputs, training=False):
        return super().call(inputs, training=False)


class Variance(Lots):
    def spread(self, log_variance):
        return keras.ops.exp(log_variance)


class Logarithm(Lots):
    def spread(self, log_variance):
        return log_variance


class NoSpread(Lots):
    def spread(self, log_variance):
        return 1.0


class SameEachCall(Lots):
    def noise(self, mean):
        return keras.random.normal(keras.ops.shape(mean), seed=0)


class SameForAllFrames(Lots):
    def noise(self, mean):
        return keras.random.normal(keras.ops.shape(mean)[1:], seed=self.seed)


class Uniform(Lots):
    def noise(self, mean):
        return keras.random.uniform(keras.ops.shape(mean), -(3**0.5), 3**0.5, seed=self.seed)


class OnePositive(Lots):
    def noise(self, mean):
        return keras.random.uniform(keras.ops.shape(mean), seed=self.seed)


class KnownShape(Lots):
    def noise(self, mean):
        return np.random.default_rng().normal(size=tuple(mean.shape)).astype("float32")


def leap(numbers, first, last):
    return [first, last]


def walked(costs, first, last):
    _, before = dijkstra(costs, indices=first, return_predecessors=True)
    frames = [last]
    while frames[-1] != first:
        frames.append(int(before[frames[-1]]))
    return frames


def backwards(numbers, first, last):
    return walked(cdist(numbers, numbers, "sqeuclidean"), first, last)


def without_its_end(numbers, first, last):
    return backwards(numbers, first, last)[:0:-1]


def by_plain_distance(numbers, first, last):
    costs = cdist(numbers, numbers) ** 1.0
    return walked(costs, first, last)[::-1]


def always_the_nearest(numbers, first, last):
    frames, left = [first], set(range(len(numbers))) - {first}
    while frames[-1] != last:
        nearest = min(left, key=lambda n: np.sum((numbers[n] - numbers[frames[-1]]) ** 2))
        frames.append(nearest)
        left.remove(nearest)
    return frames


def in_the_order_of_the_film(numbers, first, last):
    return list(range(first, last + 1)) if first < last else list(range(first, last - 1, -1))


WRONG = {
    "09.1": [
        (lost, "what got lost"),
        (of_the_dancer, "divided by the dancer"),
        (all_mistakes, "every mistake"),
        (above_a_half, "something else"),
    ],
    "09.2": [
        (over_the_cuts, "nobody danced"),
        (cuts_left_out, "left the cuts out"),
        (clips_count_up, "down as well as up"),
        (for_each_frame, "multiply by fps"),
        (divided, "so multiply"),
        (sizes_added, "sum of their squares"),
        (one_more, "N − 1 steps"),
    ],
    "09.3": [
        (AlwaysDraws, "different each time"),
        (NeverDraws, "nothing is drawn"),
        (Variance, "by the variance"),
        (Logarithm, "the logarithm itself"),
        (NoSpread, "does not count"),
        (SameEachCall, "same noise"),
        (SameForAllFrames, "All frames get the same noise"),
        (Uniform, "not normal"),
        (OnePositive, "not around zero"),
        (KnownShape, "not known yet"),
    ],
    "09.4": [
        (leap, "leaps"),
        (backwards, "Turn it round"),
        (without_its_end, "not with `last`"),
        (by_plain_distance, "leap"),
        (always_the_nearest, "cheaper way"),
        (in_the_order_of_the_film, "cheaper way"),
    ],
}
