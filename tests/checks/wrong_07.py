"""Plausible wrong answers to the tasks of lesson 07, and what the check says of each."""

import numpy as np

from ballet_lib.takes import TakeSet

GRID = np.linspace(0, 1, 101)


def missed(counts, label):
    return 1 - counts[label, label] / counts[label].sum()


def precision(counts, label):
    return counts[label, label] / counts[:, label].sum()


def of_all(counts, label):
    return (counts[:, label].sum() - counts[label, label]) / counts.sum()


def over_draws(draw):
    def interval(right, dancers, rng):
        return np.quantile([draw(right, dancers, rng) for _ in range(1000)], [0.025, 0.975])

    return interval


def draw_takes(right, dancers, rng):
    return rng.choice(right, len(right)).mean()


def draw_without_replacement(right, dancers, rng):
    names = np.unique(dancers)
    drawn = rng.choice(names, len(names), replace=False)
    return np.concatenate([right[dancers == name] for name in drawn]).mean()


def draw_each_once(right, dancers, rng):
    names = np.unique(dancers)
    return right[np.isin(dancers, rng.choice(names, len(names)))].mean()


def draw_means(right, dancers, rng):
    names = np.unique(dancers)
    return np.mean([right[dancers == name].mean() for name in rng.choice(names, len(names))])


def draw_dancers(right, dancers, rng):
    names = np.unique(dancers)
    return np.concatenate([right[dancers == name] for name in rng.choice(names, len(names))]).mean()


def draw_by_numpy(right, dancers, rng):
    return draw_dancers(right, dancers, np.random.default_rng())


def from_worst_to_best(right, dancers, rng):
    draws = [draw_dancers(right, dancers, rng) for _ in range(1000)]
    return min(draws), max(draws)


def same_seed(right, dancers, rng):
    return over_draws(draw_dancers)(right, dancers, np.random.default_rng(0))


def nine_in_ten(right, dancers, rng):
    return np.quantile([draw_dancers(right, dancers, rng) for _ in range(1000)], [0.05, 0.95])


def thresholds(choose):
    def of_each(told, promise):
        return np.array([choose(told, label, promise) for label in range(len(told.labels))])

    return of_each


def keeping(told, answers, promise):
    """All thresholds that keep the promise for some answers."""
    given = [answers & (told.confidence >= t) for t in GRID]
    return [t for t, g in zip(GRID, given, strict=True) if g.any() and told.right[g].mean() >= promise]


def by_danced(told, label, promise):
    return min(keeping(told, told.y == label, promise), default=np.inf) if label < 3 else np.inf


def one_for_all(told, label, promise):
    return min(keeping(told, told.predicted >= 0, promise)) if label < 3 else np.inf


def highest(told, label, promise):
    return max(keeping(told, told.predicted == label, promise), default=np.inf)


def zero_where_none(told, label, promise):
    return min(keeping(told, told.predicted == label, promise), default=0)


def at_least_the_promise(told, label, promise):
    return promise if label < 3 else np.inf


class Seats:
    def __init__(self, model, seats):
        self.model, self.seats, self.labels = model, seats, model.labels

    def asked(self, takes):
        return [self.model.probabilities(TakeSet([seat(take) for take in takes])) for seat in self.seats]


class Sum(Seats):
    def probabilities(self, takes):
        return sum(self.asked(takes))


class First(Seats):
    def probabilities(self, takes):
        return self.asked(takes)[0]


class Last(Seats):
    def probabilities(self, takes):
        for answers in self.asked(takes):
            told = answers
        return told


class OverTakes(Seats):
    def probabilities(self, takes):
        return np.mean(self.asked(takes), axis=1)


class Votes(Seats):
    def probabilities(self, takes):
        return np.mean([np.eye(len(self.labels))[each.argmax(1)] for each in self.asked(takes)], axis=0)


class Product(Seats):
    def probabilities(self, takes):
        product = np.prod(self.asked(takes), axis=0)
        return product / product.sum(axis=1, keepdims=True)


class Nameless(Seats):
    def __init__(self, model, seats):
        self.model, self.seats = model, seats

    def probabilities(self, takes):
        return np.mean(self.asked(takes), axis=0)


WRONG = {
    "07.1": [
        (missed, "1 − recall"),
        (precision, "the precision"),
        (of_all, "divided by all takes"),
        (lambda counts, label: 100 * (1 - precision(counts, label)), "not percent"),
    ],
    "07.2": [
        (over_draws(draw_takes), "You drew takes, not dancers"),
        (over_draws(draw_without_replacement), "with replacement"),
        (over_draws(draw_each_once), "twice count"),
        (over_draws(draw_means), "averaged the dancers' accuracies"),
        (over_draws(draw_by_numpy), "same seed"),
        (same_seed, "Whatever seed"),
        (from_worst_to_best, "worst and the best draw"),
        (nine_in_ten, "too narrow"),
    ],
    "07.3": [
        (thresholds(by_danced), "by what was danced"),
        (thresholds(one_for_all), "same threshold"),
        (thresholds(highest), "take the lowest"),
        (thresholds(zero_where_none), "never answered"),
        (thresholds(at_least_the_promise), "promise is no threshold"),
    ],
    "07.4": [
        (Sum, "sums to 2"),
        (First, "first seat only"),
        (Last, "last seat only"),
        (OverTakes, "averaged over the takes"),
        (Votes, "one vote"),
        (Product, "multiplied"),
        (Nameless, "by name"),
    ],
}
