"""Plausible wrong answers to the tasks of lesson 05, each with what the feedback must say."""

from math import ceil, log2

import numpy as np

from ballet_lib.checks.lesson_05 import softmax


def _scores(query, keys):
    return keys @ query / np.sqrt(len(query))


def _zeroed(query, keys, found):
    return softmax(_scores(query, keys) * found)


def _hidden_too_late(query, keys, found):
    return softmax(_scores(query, keys)) * found


def _minus_a_million(query, keys, found):
    return softmax(_scores(query, keys) - 1e6 * ~found)


def _the_wrong_ones(query, keys, found):
    return softmax(np.where(found, -np.inf, _scores(query, keys)))


def _unscaled(query, keys, found):
    return softmax(np.where(found, keys @ query, -np.inf))


def _counted(seconds, fps, kernel, convolutions=2, taps=1, present=1):
    blocks = 1
    while present + convolutions * (kernel - taps) * (2**blocks - 1) < seconds * fps:
        blocks += 1
    return blocks


def _bootstrap(units, first, second, rng, paired=True):
    """Draw units with replacement; for each network its own, or the same for both."""
    names = np.unique(units)
    rates = [np.array([right[units == name].mean() for name in names]) for right in (first, second)]
    drawn = rng.integers(len(names), size=(2, 1000, len(names)))
    return np.percentile(
        rates[0][drawn[0]].mean(1) - rates[1][drawn[0 if paired else 1]].mean(1), [2.5, 97.5]
    )


def _by_take(first, second, dancers, rng):
    return _bootstrap(np.arange(len(first)), first, second, rng)


def _unpaired(first, second, dancers, rng):
    return _bootstrap(dancers, first, second, rng, paired=False)


def _turned_round(first, second, dancers, rng):
    return _bootstrap(dancers, second, first, rng)


def _points(first, second, dancers, rng):
    return 100 * _bootstrap(dancers, first, second, rng)


def _without_replacement(first, second, dancers, rng):
    names = np.unique(dancers)
    leads = np.array([first[dancers == n].mean() - second[dancers == n].mean() for n in names])
    return np.percentile([rng.permutation(leads).mean() for _ in range(200)], [2.5, 97.5])


def _reader(shape, middle=None, after=None, name="attention", activation="softmax"):
    """Build attention over frames that `middle` has treated, and whose mean `after` treats."""
    import keras
    from keras import layers

    takes = layers.Input(shape)
    frames = layers.Dense(16, activation="relu")(takes)
    frames = middle(layers)(frames) if middle else frames
    values = layers.Dense(16, activation="tanh")(frames)
    scores = layers.Flatten()(layers.Dense(1)(values))
    weights = layers.Softmax(name=name)(scores)
    context = layers.Dot(axes=(1, 1))([weights, values])
    context = after(layers)(context) if after else context
    return keras.Model(takes, layers.Dense(2, activation=activation)(context))


def _blind(shape):
    return _reader(shape, after=lambda layers: layers.Dense(16, activation="relu"))


def _with_memory(shape):
    return _reader(shape, lambda layers: layers.LSTM(16, return_sequences=True))


def _without_softmax(shape):
    return _reader(shape, activation=None)


def _without_a_name(shape):
    return _reader(shape, name="weights")


def _its_output(shape):
    return _reader(shape).output


def _of_half_the_frames(shape):
    return _reader(shape, lambda layers: layers.AveragePooling1D(2))


WRONG = {
    "05.1": [
        (_zeroed, "a score of 0 is not a weight of 0"),
        (_hidden_too_late, "*before* the softmax"),
        (_minus_a_million, "still NaN"),
        (_the_wrong_ones, "only where nobody is"),
        (_unscaled, "not the softmax of their scores"),
        (lambda query, keys, found: softmax(_scores(query, keys)), "as if everybody were there"),
    ],
    "05.2": [
        (lambda s, f, k: _counted(s, f, k, convolutions=1), "two convolutions"),
        (lambda s, f, k: _counted(s, f, k, taps=0), "hear only"),
        (lambda s, f, k: _counted(s, f, k, present=0), "the present frame"),
        (lambda s, f, k: ceil(log2(s * f)), "more than it takes"),
        (lambda s, f, k: 1 + 2 * (k - 1) * (2**4 - 1), "more than it takes"),
    ],
    "05.3": [
        (_by_take, "other *dancers*"),
        (_unpaired, "Let both meet the same"),
        (_turned_round, "first minus second"),
        (_points, "those are points"),
        (_without_replacement, "with replacement"),
        (lambda first, second, dancers, rng: first.mean() - second.mean(), "(low, high)"),
    ],
    "05.4": [
        (_blind, "heap of poses"),
        (_with_memory, "There is memory in it"),
        (_without_softmax, "End with a softmax"),
        (_without_a_name, 'called "attention"'),
        (_its_output, "not its output"),
        (_of_half_the_frames, "one weight a frame"),
    ],
}
