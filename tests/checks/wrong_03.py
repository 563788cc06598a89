"""Wrong answers to the tasks of lesson 03, as learners give them, and what each should be told."""

import numpy as np

from ballet_lib.quiet_tensorflow import import_keras

keras = import_keras()
from keras import layers, ops  # noqa: E402


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _once(bias, steps):
    return _sigmoid(bias)


def _times(bias, steps):
    return _sigmoid(bias) * steps


def _what_goes(bias, steps):
    return (1 - _sigmoid(bias)) ** steps


def _what_is_lost(bias, steps):
    return 1 - _sigmoid(bias) ** steps


def _bias_for_gate(bias, steps):
    return bias**steps


def _one_frame_too_few(bias, steps):
    return _sigmoid(bias) ** (steps - 1)


def _gru(x, h, W, R, b):
    return [np.split(each, 3, axis=-1) for each in (W, R, b)]


def _exchanged(x, h, W, R, b):
    (Wz, Wr, Wg), (Rz, Rr, Rg), (bz, br, bg) = _gru(x, h, W, R, b)
    z, r = _sigmoid(x @ Wz + h @ Rz + bz), _sigmoid(x @ Wr + h @ Rr + br)
    return (1 - z) * h + z * np.tanh(x @ Wg + (r * h) @ Rg + bg)


def _reset_after(x, h, W, R, b):
    (Wz, Wr, Wg), (Rz, Rr, Rg), (bz, br, bg) = _gru(x, h, W, R, b)
    z, r = _sigmoid(x @ Wz + h @ Rz + bz), _sigmoid(x @ Wr + h @ Rr + br)
    return z * h + (1 - z) * np.tanh(x @ Wg + r * (h @ Rg) + bg)


def _no_reset(x, h, W, R, b):
    (Wz, _, Wg), (Rz, _, Rg), (bz, _, bg) = _gru(x, h, W, R, b)
    z = _sigmoid(x @ Wz + h @ Rz + bz)
    return z * h + (1 - z) * np.tanh(x @ Wg + h @ Rg + bg)


def _blocks_in_another_order(x, h, W, R, b):
    (Wr, Wz, Wg), (Rr, Rz, Rg), (br, bz, bg) = _gru(x, h, W, R, b)
    z, r = _sigmoid(x @ Wz + h @ Rz + bz), _sigmoid(x @ Wr + h @ Rr + br)
    return z * h + (1 - z) * np.tanh(x @ Wg + (r * h) @ Rg + bg)


def _candidate_is_a_gate(x, h, W, R, b):
    (Wz, Wr, Wg), (Rz, Rr, Rg), (bz, br, bg) = _gru(x, h, W, R, b)
    z, r = _sigmoid(x @ Wz + h @ Rz + bz), _sigmoid(x @ Wr + h @ Rr + br)
    return z * h + (1 - z) * _sigmoid(x @ Wg + (r * h) @ Rg + bg)


def _no_bias(x, h, W, R, b):
    (Wz, Wr, Wg), (Rz, Rr, Rg), _ = _gru(x, h, W, R, b)
    z, r = _sigmoid(x @ Wz + h @ Rz), _sigmoid(x @ Wr + h @ Rr)
    return z * h + (1 - z) * np.tanh(x @ Wg + (r * h) @ Rg)


def _two_states(x, h, W, R, b):
    return h, h


def _length(gradients):
    return np.sqrt(sum((each**2).sum() for each in gradients))


def _each_array(gradients, longest):
    return [each * min(1, longest / max(np.linalg.norm(each), 1e-9)) for each in gradients]


def _each_number(gradients, longest):
    return [np.clip(each, -longest, longest) for each in gradients]


def _always(gradients, longest):
    return [each * longest / max(_length(gradients), 1e-9) for each in gradients]


def _divides_by_nothing(gradients, longest):
    return [
        each * min(1, longest / np.float64(_length(gradients))) if each.any() else each / 0.0
        for each in gradients
    ]


def _no_root(gradients, longest):
    return [each * longest / _length(gradients) ** 2 for each in gradients]


def _in_place(gradients, longest):
    factor = longest / max(_length(gradients), longest)
    for each in gradients:
        each *= factor
    return gradients


def _one_vector(gradients, longest):
    return np.concatenate([each.ravel() for each in gradients])


class _Cell(layers.Layer):
    """The right cell, from which each mistake departs."""

    start, width = 4.0, None

    def __init__(self, units, **rest):
        super().__init__(**rest)
        self.units = self.state_size = units

    def build(self, shape):
        self.W = self.add_weight(shape=(shape[-1], self.units), name="W")
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", name="b")
        start = keras.initializers.Constant(self.start)
        self.forget = self.add_weight(shape=(self.width or self.units,), initializer=start, name="forget")

    def call(self, x, states):
        c = self.next(ops.sigmoid(self.forget), states[0], x @ self.W + self.b)
        return c, [c]

    def next(self, f, c, frame):
        return f * c + (1 - f) * ops.tanh(frame)


class _BeginsAtZero(_Cell):
    start = 0.0


class _OneGateForAll(_Cell):
    width = 1


class _NotTrained(_Cell):
    def build(self, shape):
        super().build(shape)
        self.forget.trainable = False


class _BiasForGate(_Cell):
    def next(self, f, c, frame):
        return self.forget * c + (1 - self.forget) * ops.tanh(frame)


class _AddsUp(_Cell):
    def next(self, f, c, frame):
        return f * c + ops.tanh(frame)


class _NotSqueezed(_Cell):
    def next(self, f, c, frame):
        return f * c + (1 - f) * frame


class _SqueezedByASigmoid(_Cell):
    def next(self, f, c, frame):
        return f * c + (1 - f) * ops.sigmoid(frame)


class _OldAndNewExchanged(_Cell):
    def next(self, f, c, frame):
        return (1 - f) * c + f * ops.tanh(frame)


class _NoMemory(_Cell):
    def next(self, f, c, frame):
        return (1 - f) * ops.tanh(frame)


class _OneResult(_Cell):
    def call(self, x, states):
        return super().call(x, states)[0]


class _Raises(_Cell):
    def call(self, x, states):
        return self.gate * states[0]


def _a_function(units):
    return layers.LSTMCell(units)


WRONG = {
    "03.1": [
        (_once, "a single frame"),
        (_times, "more than all"),
        (_what_goes, "in spite of its name"),
        (_what_is_lost, "what is lost"),
        (_bias_for_gate, "The bias is not the gate"),
        (_one_frame_too_few, "After two frames"),
    ],
    "03.2": [
        (_exchanged, "exchanged old and new"),
        (_reset_after, "Keras' default"),
        (_no_reset, "reset gate does nothing"),
        (_blocks_in_another_order, "z, then r, then g"),
        (_candidate_is_a_gate, "Take tanh"),
        (_no_bias, "bias is missing"),
        (_two_states, "A GRU has one state"),
    ],
    "03.3": [
        (_each_array, "Each array is clipped for itself"),
        (_each_number, "Each number is clipped for itself"),
        (_always, "A short step became longer"),
        (_divides_by_nothing, "became NaN"),
        (_no_root, "root of the sum"),
        (_in_place, "Return new arrays"),
        (_one_vector, "a list of arrays should go out"),
    ],
    "03.4": [
        (_BeginsAtZero, "after 40 frames nothing is left"),
        (_OneGateForAll, "one number a unit"),
        (_NotTrained, "should be trained"),
        (_BiasForGate, "took the bias for the gate"),
        (_AddsUp, "not weighed by 1 - f"),
        (_NotSqueezed, "Squeeze it"),
        (_SqueezedByASigmoid, "sigmoid(0) is 0.5"),
        (_OldAndNewExchanged, "lets go what it should keep"),
        (_NoMemory, "gone after a single frame"),
        (_OneResult, "`call` returns two things"),
        (_Raises, "gate"),
        (_a_function, "A class is asked for"),
    ],
}
