"""Plausible wrong answers to the tasks of lesson 08, and what the check says of each."""

import numpy as np

from ballet_lib.quiet_tensorflow import import_keras
from ballet_lib.skeleton import LANDMARKS

keras = import_keras()


def against(find, in_seconds=True):
    def speaks_against(by_joint, fps):
        frame, joint = find(by_joint)
        return LANDMARKS[joint], frame / fps if in_seconds else frame

    return speaks_against


def smallest(by_joint):
    return np.unravel_index(by_joint.argmin(), by_joint.shape)


def largest_by_size(by_joint):
    return np.unravel_index(np.abs(by_joint).argmax(), by_joint.shape)


def smallest_in_all(by_joint):
    joint = by_joint.sum(axis=0).argmin()
    return by_joint[:, joint].argmin(), joint


def numbers(by_joint, fps):
    frame, joint = smallest(by_joint)
    return joint, frame / fps


def hiding(hide, fall=lambda whole, left: whole - left):
    def falls(logit, x, parts, nothing):
        found = {}
        for name, columns in parts.items():
            hidden = x.copy()
            hide(hidden, columns, nothing)
            found[name] = fall(logit(x), logit(hidden))
        return found

    return falls


def columns_gone(hidden, columns, nothing):
    hidden[..., columns] = nothing[..., columns]


def frames_gone(hidden, columns, nothing):
    hidden[:, columns] = nothing[:, columns]


def zeros(hidden, columns, nothing):
    hidden[..., columns] = 0


def still_gone(logit, x, parts, nothing):
    hidden, found = x.copy(), {}
    for name, columns in parts.items():
        hidden[..., columns] = nothing[..., columns]
        found[name] = logit(x) - logit(hidden)
    return found


def no_copy(logit, x, parts, nothing):
    found = {}
    for name, columns in parts.items():
        hidden = x
        hidden[..., columns] = nothing[..., columns]
        found[name] = logit(x) - logit(hidden)
    return found


def deleting(places):
    def without(x, size, share, nothing):
        gone = x.copy()
        some = places(size, round(share * x.size))
        gone.flat[some] = nothing.flat[some]
        return gone

    return without


def smallest_first(size, count):
    return np.argsort(size, axis=None)[:count]


def from_the_end(size, count):
    return np.argsort(size, axis=None)[-count:]


def as_many_in_each_frame(size, count):
    order = np.argsort(-size, axis=2)[..., : count // size.shape[1]]
    frames = np.arange(size.shape[1])[None, :, None]
    return (frames * size.shape[2] + order).ravel()


def above_a_share_of_the_largest(x, size, share, nothing):
    return np.where(size >= (1 - share) * size.max(), nothing, x)


def in_place(x, size, share, nothing):
    largest = np.argsort(-size, axis=None)[: round(share * x.size)]
    x.flat[largest] = nothing.flat[largest]
    return x


class Folded(keras.layers.Layer):
    def __init__(self, columns, average):
        super().__init__()
        self.average = np.float32(average)
        self.hidden = np.isin(np.arange(len(average)), columns)


class Zeros(Folded):
    def call(self, x):
        return x * (1 - self.hidden.astype("float32"))


class Inverted(Folded):
    def call(self, x):
        return keras.ops.where(self.hidden, x, self.average)


class Frames(Folded):
    def call(self, x):
        return keras.ops.where(self.hidden[: x.shape[1], None], self.average, x)


class Peeping(Folded):
    def call(self, x):
        keras.ops.where(self.hidden, self.average, x)
        return x


class OfTheBatch(Folded):
    def call(self, x):
        return keras.ops.where(self.hidden, keras.ops.mean(x, axis=(0, 1)), x)


class Numpy(Folded):
    def call(self, x):
        return np.where(self.hidden, self.average, x)


WRONG = {
    "08.1": [
        (against(smallest, in_seconds=False), "number of the frame"),
        (against(largest_by_size), "speaks *for* the answer"),
        (against(smallest_in_all), "all the time"),
        (numbers, "name of a landmark"),
    ],
    "08.2": [
        (hiding(columns_gone, lambda whole, left: left - whole), "sign is turned"),
        (hiding(columns_gone, lambda whole, left: left), "logit that is left"),
        (hiding(frames_gone), "You hid frames"),
        (hiding(zeros), "Zero is a place"),
        (still_gone, "fresh copy"),
        (no_copy, "Nothing falls"),
    ],
    "08.3": [
        (deleting(smallest_first), "matters least"),
        (deleting(from_the_end), "`order[-0:]` is the whole list"),
        (deleting(as_many_in_each_frame), "as many in each frame"),
        (above_a_share_of_the_largest, "you deleted"),
        (in_place, "changed `x` itself"),
    ],
    "08.4": [
        (Zeros, "put the average"),
        (Inverted, "what should be hidden"),
        (Frames, "You hid frames"),
        (Peeping, "Everything passes"),
        (OfTheBatch, "what just comes in"),
        (Numpy, "did NumPy get in between"),
    ],
}
