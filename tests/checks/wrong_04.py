"""Plausible wrong answers to the tasks of lesson 04, each with what the feedback must say."""

import numpy as np

from ballet_lib.checks.lesson_04 import plie_and_bow, way_down
from ballet_lib.studio.choreography import ARMS, at, both, demi_plie, first_position


def _labels_only(model, take):
    said = model(take[None])[0].argmax(-1)
    furthest = 0
    for frame in range(len(take)):
        other = take.copy()
        other[frame] += 1
        changed = np.flatnonzero(model(other[None])[0].argmax(-1) != said)
        furthest = max(furthest, frame - changed[0] if len(changed) else 0)
    return furthest


def _memory_too(model, take):
    said = model(take[None])[0]
    furthest = 0
    for frame in range(len(take)):
        other = take.copy()
        other[frame] += 1
        changed = np.flatnonzero(np.abs(model(other[None])[0] - said).max(-1) > 1e-6)
        furthest = max(furthest, *np.abs(changed - frame), 0)
    return furthest


def _last_frame_only(model, take):
    said = model(take[None])[0]
    other = take.copy()
    other[-1] += 1
    changed = np.flatnonzero(np.abs(model(other[None])[0] - said).max(-1) > 1e-6)
    return len(take) - 1 - changed[0] if len(changed) else 0


def _in_place(model, take):
    said = model(take[None])[0]
    furthest = 0
    for frame in range(len(take)):
        take[frame] += 1
        changed = np.flatnonzero(np.abs(model(take[None])[0] - said).max(-1) > 1e-6)
        furthest = max(furthest, frame - changed[0] if len(changed) else 0)
    return furthest


def _nothing_but_a_plie(style):
    return [*demi_plie(style), at(5, plie=0)]


def _arms_too_early(style):
    return [*demi_plie(style)[:1], at(1.5, ARMS["couronne"]), at(5, ARMS["couronne"], plie=0)]


def _too_fast(style):
    return [*way_down(style), at(2.1, ARMS["couronne"], both(heel=50), plie=0), at(5, ARMS["bras bas"])]


def _not_unpacked(style):
    return [way_down(style), at(5, ARMS["couronne"], plie=0)]


def _misspelt(style):
    return [*way_down(style), at(5, heel=50, plie=0)]


def _both_legs_free(style):
    bent = both(free=1, extension=0.6, weight=0.5)
    return [*way_down(style), at(4, bent, plie=0), at(6, first_position(style.turnout))]


def _reader(*end, padding=None, recurrent=None):
    """Return a function that builds a model of these parts."""

    def patient_reader(features, labels, ahead):
        import keras
        from keras import layers

        middle = recurrent(layers) if recurrent else layers.LSTM(8, return_sequences=True)
        pad = {"both": ahead // 2, "start": (ahead, 0), "end": (0, ahead), "none": 0}[padding or "end"]
        return keras.Sequential([
            layers.Input((None, features)),
            middle,
            layers.ZeroPadding1D(pad),
            *[part(layers, ahead) for part in end],
            layers.Dense(labels, activation="softmax"),
        ])  # fmt: skip

    return patient_reader


def _wide(layers, ahead):
    return layers.Conv1D(8, ahead + 1, activation="tanh")


def _same(layers, ahead):
    return layers.Conv1D(8, ahead + 1, padding="same", activation="tanh")


def _two_ways(layers):
    return layers.Bidirectional(layers.LSTM(8, return_sequences=True))


def _one_answer(features, labels, ahead):
    import keras
    from keras import layers

    return keras.Sequential([
        layers.Input((None, features)), layers.LSTM(8), layers.Dense(labels, activation="softmax"),
    ])  # fmt: skip


def _no_softmax(features, labels, ahead):
    import keras
    from keras import layers

    return keras.Sequential([
        layers.Input((None, features)), layers.LSTM(8, return_sequences=True),
        layers.ZeroPadding1D((0, ahead)), layers.Conv1D(labels, ahead + 1),
    ])  # fmt: skip


WRONG = {
    "04.1": [
        (lambda ahead, back: np.concatenate([ahead, back], axis=1), "turn them round"),
        (lambda ahead, back: np.concatenate([ahead, back[::-1]], axis=0), "along the units"),
        (lambda ahead, back: np.concatenate([ahead, back[:, ::-1]], axis=1), "not its columns"),
        (lambda ahead, back: np.concatenate([back[::-1], ahead], axis=1), "forward one first"),
        (lambda ahead, back: np.concatenate([ahead[::-1], back], axis=1), "already seen the end"),
        (lambda ahead, back: ahead + back[::-1], "(7, 6)"),
    ],
    "04.2": [
        (_labels_only, "probabilities"),
        (_memory_too, "memory"),
        (_last_frame_only, "every frame"),
        (_in_place, "copy"),
        (lambda model, take: len(take) - 1, "forwards"),
    ],
    "04.3": [
        (_nothing_but_a_plie, "a demi-plié to the end"),
        (plie_and_bow, "example's bow"),
        (_arms_too_early, "forward reader could know"),
        (_too_fast, "more counts"),
        (_not_unpacked, "each made by `at(count, ...)`"),
        (_misspelt, "you name heel"),
        (_both_legs_free, "in the air"),
    ],
    "04.4": [
        (_reader(_wide, recurrent=_two_ways), "read backwards"),
        (_reader(_wide, padding="start"), "does not wait at all"),
        (_reader(_same, padding="none"), "not used"),
        (_reader(_wide, padding="none"), "zeros behind the dance"),
        (_reader(_wide, recurrent=lambda layers: layers.Dense(8)), "memory"),
        (_one_answer, "return_sequences"),
        (_no_softmax, "softmax"),
    ],
}
