"""Plausible wrong answers to the tasks of lesson 06, each with what the feedback must say."""

from math import ceil, log

import numpy as np


def _random_search(audition):
    scores = [audition.rehearse(one, audition.longest) for one in range(12)]
    return int(np.argmax(scores))


def _halving(audition):
    left, rehearsals = list(range(81)), 1
    while True:
        scores = {one: audition.rehearse(one, rehearsals) for one in left}
        left = sorted(left, key=scores.get, reverse=True)[: max(1, len(left) // 3)]
        if rehearsals == audition.longest:
            return left[0]
        rehearsals *= 3


def _at_first_sight(audition):
    return int(np.argmax([audition.rehearse(one, 1) for one in range(81)]))


def _everybody(audition):
    return int(np.argmax([audition.rehearse(one, audition.longest) for one in range(81)]))


def _her_score(audition):
    return max(audition.rehearse(one, 4) for one in range(81))


def _knows_the_end(audition):
    audition.rehearse(0, 1)
    return int(audition.curves[:, -1].argmax())


def _by_lot(audition):
    return 7


def _from_1(audition):
    return max(range(1, 82), key=lambda one: audition.rehearse(one, 4))


WRONG = {
    "06.1": [
        (lambda share, sure: ceil(1 / share), "on average"),
        (lambda share, sure: log(1 - sure) / log(1 - share), "Round up"),
        (lambda share, sure: ceil(log(1 - share) / log(1 - sure)), "exchanged"),
        (lambda share, sure: int(log(1 - sure) / log(1 - share)), "reach only"),
        (lambda share, sure: ceil(log(1 - sure) / log(1 - share)) + 1, "would do"),
    ],
    "06.2": [
        (lambda low, high, rng: rng.uniform(low, high), "*exponent*"),
        (lambda low, high, rng: rng.uniform(np.log10(low), np.log10(high)), "Is that the exponent?"),
        (lambda low, high, rng: np.exp(rng.uniform(np.log10(low), np.log10(high))), "same base"),
        (
            lambda low, high, rng: np.exp(np.random.default_rng(0).uniform(np.log(low), np.log(high))),
            "`rng` that is given",
        ),
        (lambda low, high, rng: rng.choice([1e-4, 1e-3, 1e-2, 1e-1]), "choice from a list"),
        (lambda low, high, rng: 10 ** rng.uniform(-4, -1), "Use `low`, `high`"),
    ],
    "06.3": [
        (lambda validation, strangers: validation.max() - strangers.max(), "Who chooses cannot judge"),
        (lambda validation, strangers: (validation - strangers).mean(), "mean over all trials"),
        (lambda validation, strangers: (validation - strangers)[strangers.argmax()], "by the strangers"),
        (lambda validation, strangers: -(validation - strangers)[validation.argmax()], "sign"),
        (lambda validation, strangers: validation.max() - strangers.mean(), "How did the winner do"),
        (lambda validation, strangers: validation - strangers, "One number"),
    ],
    "06.4": [
        (_random_search, "You see too few candidates"),
        (_halving, "drop them before they can show it"),
        (_at_first_sight, "3 and 8 are allowed"),
        (_everybody, "The studio is booked for"),
        (_her_score, "Return one candidate"),
        (_knows_the_end, "Nobody can tell beforehand"),
        (_by_lot, "without having seen anybody"),
        (_from_1, "There are candidates 0 to 80"),
    ],
}
