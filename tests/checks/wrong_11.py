"""Wrong answers to the tasks of lesson 11, each a mistake that somebody makes."""

import numpy as np

from ballet_lib.skeleton import INDEX
from ballet_lib.studio.choreography import (
    ARMS,
    at,
    both,
    demi_plie,
    first_position,
    retire_devant,
    right,
)


def the_same_share_always(before, answer, gone, smoothing):
    return before + 0.3 * (answer - before)


def linear(before, answer, gone, smoothing):
    return before + gone / smoothing * (answer - before)


def linear_and_capped(before, answer, gone, smoothing):
    return before + min(gone / smoothing, 1) * (answer - before)


def past_and_present_exchanged(before, answer, gone, smoothing):
    return before + np.exp(-gone / smoothing) * (answer - before)


def last_frames(landmarks, seconds, frames=40, length=1.95):
    return landmarks[-frames:]


def nearest_frames(landmarks, seconds, frames=40, length=1.95):
    when = np.linspace(seconds[-1] - length, seconds[-1], frames)
    return landmarks[np.abs(seconds[None] - when[:, None]).argmin(axis=1)]


def from_the_beginning(landmarks, seconds, frames=40, length=1.95):
    return _at(landmarks, seconds, np.linspace(seconds[0], seconds[0] + length, frames))


def without_the_newest(landmarks, seconds, frames=40, length=1.95):
    return _at(landmarks, seconds, np.linspace(seconds[-1] - length, seconds[-1], frames, endpoint=False))


def scrambled(landmarks, seconds, frames=40, length=1.95):
    when = np.linspace(seconds[-1] - length, seconds[-1], frames)
    return _at(landmarks, seconds, when).reshape(frames, 4, 33).transpose(0, 2, 1)


def _at(landmarks, seconds, when):
    tracks = landmarks.reshape(len(landmarks), -1)
    read = [np.interp(when, seconds, track) for track in tracks.T]
    return np.stack(read, axis=-1).reshape(len(when), 33, 4)


def _rises(world):
    heels, toes = (
        world[:, [INDEX[f"left_{part}"], INDEX[f"right_{part}"]], 1] for part in ("heel", "foot_index")
    )
    return toes - heels


def _begins(up):
    return int((np.diff(up.astype(int)) == 1).sum())


def upside_down(world):
    return _begins(-_rises(world).min(axis=1) > 0.08)


def one_threshold(world):
    return _begins(_rises(world).min(axis=1) > 0.08)


def either_foot(world):
    return _counted(_rises(world).max(axis=1))


def counts_frames(world):
    return int((_rises(world).min(axis=1) > 0.08).sum())


def any_at_all(world):
    return int((_rises(world).min(axis=1) > 0.08).any())


def too_high(world):
    return _counted(_rises(world).min(axis=1), up=0.13)


def _counted(rise, up=0.08, down=0.04):
    risen, number = False, 0
    for each in rise:
        if not risen and each > up:
            risen, number = True, number + 1
        elif each < down:
            risen = False
    return number


def my_plie(style):
    return demi_plie(style)


def nearly_a_retire(style):
    return [*retire_devant(style), at(2.2, nod=6), at(3.1, nod=6)]


def weight_on_both(style):
    keys = retire_devant(style)
    return [(count, {name: v for name, v in key.items() if "weight" not in name}) for count, key in keys]


def jumps(style):
    air = both(free=1, extension=0.7)
    stand = first_position(style.turnout)
    return [at(0, stand), at(1, both(free=0)), at(2, air), at(3, air), at(4, both(free=0)), at(5, stand)]


def folded(style):
    stand = first_position(style.turnout)
    return [at(0, stand), at(3, both(heel=30), plie=175), at(6, stand)]


def knees_backwards(style):
    stand = first_position(style.turnout)
    return [at(0, stand), at(3, both(knee_in=180), plie=70), at(6, stand, both(knee_in=0))]


def thrown(style):
    return [at(0, first_position(style.turnout), ARMS["bras bas"]), at(0.05, ARMS["arms up"]), at(3, plie=9)]


def misspelt(style):
    return [at(0, first_position(style.turnout)), at(2, right(knee=40)), at(4, right(knee=0))]


def stands_still(style):
    return [at(0, first_position(style.turnout)), at(4, first_position(style.turnout))]


def one_pose(style):
    return [at(0, first_position(style.turnout), plie=40)]


WRONG = {
    "11.1": [
        (the_same_share_always, "for a minute"),
        (linear, "more than all of it"),
        (linear_and_capped, "another pace"),
        (past_and_present_exchanged, "for a minute"),
    ],
    "11.2": [
        (last_frames, "times its tempo"),
        (nearest_frames, "do not take the nearest"),
        (from_the_beginning, "before the newest frame"),
        (without_the_newest, "must end with it"),
        (scrambled, "another's place"),
    ],
    "11.3": [
        (upside_down, "y points down"),
        (one_threshold, "tremble"),
        (either_foot, "Look at both heels"),
        (counts_frames, "that is frames"),
        (any_at_all, "without a pause"),
        (too_high, "A child"),
    ],
    "11.4": [
        (my_plie, "cannot be told from a demi-plié"),
        (nearly_a_retire, "cannot be told from a retiré devant"),
        (weight_on_both, "beside her feet"),
        (jumps, "no jumps"),
        (folded, "met the thigh"),
        (knees_backwards, "over the toes"),
        (thrown, "m/s"),
        (misspelt, "no channel"),
        (stands_still, "stands still"),
        (one_pose, "One key is a pose"),
    ],
}
