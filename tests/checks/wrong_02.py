"""Wrong answers to the tasks of lesson 02, as learners give them, and what each should be told."""

import numpy as np

from ballet_lib.augmentation import augment, augmented, mirror
from ballet_lib.skeleton import MIRRORED
from ballet_lib.splits import split_by_dancer
from ballet_lib.takes import TakeSet


def _only_the_picture(landmarks):
    return landmarks * (-1, 1, 1, 1) + (1, 0, 0, 0)


def _only_the_names(landmarks):
    return landmarks[:, list(MIRRORED)]


def _minus_x(landmarks):
    return landmarks[:, list(MIRRORED)] * (-1, 1, 1, 1)


def _list_reversed(landmarks):
    return _only_the_picture(landmarks)[:, ::-1]


def _in_place(landmarks):
    landmarks[..., 0] = 1 - landmarks[..., 0]
    return landmarks[:, list(MIRRORED)]


def _line(heights):
    known = np.flatnonzero(~np.isnan(heights))
    return known, np.interp(np.arange(len(heights)), known, heights[known])


def _zeros(heights):
    return np.nan_to_num(heights)


def _mean(heights):
    return np.where(np.isnan(heights), np.nanmean(heights), heights)


def _freezes(heights):
    known, _ = _line(heights)
    frames = np.arange(len(heights))
    return heights[known[np.clip(np.searchsorted(known, frames, side="right") - 1, 0, None)]]


def _open_ends(heights):
    known, filled = _line(heights)
    filled[: known[0]], filled[known[-1] + 1 :] = np.nan, np.nan
    return filled


def _overwritten(heights):
    _, heights[:] = _line(heights)
    return heights


def _only_the_known(heights):
    return heights[~np.isnan(heights)]


def _hardly_moves(landmarks):
    return (np.abs(np.diff(landmarks, axis=0)) < 0.02).all(axis=(1, 2)).mean()


def _nose_only(landmarks):
    return (landmarks[1:, 0] == landmarks[:-1, 0]).all(axis=1).mean()


def _any_landmark(landmarks):
    return (landmarks[1:] == landmarks[:-1]).all(axis=2).any(axis=1).mean()


def _steps(landmarks):
    return int((landmarks[1:] == landmarks[:-1]).all(axis=(1, 2)).sum())


def _of_the_frames(landmarks):
    return (landmarks[1:] == landmarks[:-1]).all(axis=(1, 2)).sum() / len(landmarks)


def _dark_hangs(landmarks):
    landmarks = np.nan_to_num(landmarks)
    return (landmarks[1:] == landmarks[:-1]).all(axis=(1, 2)).mean()


def _glass(take, rng):
    return mirror(take)


def _cut_first(takes, seed):
    windows = takes.windows(20, 10)
    test = np.random.default_rng(seed).random(len(windows)) < 0.25
    return augmented(windows[~test], 1, change=_glass), windows[test]


def _mirrored_first(takes, seed):
    both = augmented(takes, 1, change=_glass)
    test = np.random.default_rng(seed).random(len(both)) < 0.25
    return both[~test].windows(20, 10), both[test].windows(20, 10)


def _takes_at_random(takes, seed):
    test = np.random.default_rng(seed).random(len(takes)) < 0.25
    return augmented(takes[~test].windows(20, 10), 1, change=_glass), takes[test].windows(20, 10)


def _mirrored_test(takes, seed):
    split = split_by_dancer(takes, 0.25, seed)
    return tuple(augmented(side.windows(20, 10), 1, change=_glass) for side in (split.train, split.test))


def _touching(takes, seed):
    split = split_by_dancer(takes, 0.25, seed)
    return augmented(split.train.windows(20), 1, change=_glass), split.test.windows(20)


def _no_mirror(takes, seed):
    split = split_by_dancer(takes, 0.25, seed)
    return split.train.windows(20, 10), split.test.windows(20, 10)


def _anything(takes, seed):
    split = split_by_dancer(takes, 0.25, seed)
    return augmented(split.train.windows(20, 10), 1, change=augment), split.test.windows(20, 10)


def _always_the_last(takes, seed):
    split = split_by_dancer(takes, takes.dancers[-2:])
    return augmented(split.train.windows(20, 10), 1, change=_glass), split.test.windows(20, 10)


def _half(takes, seed):
    split = split_by_dancer(takes, 0.5, seed)
    return augmented(split.train.windows(20, 10), 1, change=_glass), split.test.windows(20, 10)


def _only_one(takes, seed):
    return split_by_dancer(takes, 0.25, seed).train


def _nobody(takes, seed):
    return takes, TakeSet([], takes.labels)


WRONG = {
    "02.1": [
        (_only_the_picture, "the names are not"),
        (_only_the_names, "nothing moved"),
        (_minus_x, "outside the picture"),
        (_list_reversed, "her toes are called nose"),
        (_in_place, "Work on a copy"),
    ],
    "02.2": [
        (_zeros, "Zeros again"),
        (_mean, "mean of the take"),
        (_freezes, "freezes and then jumps"),
        (_open_ends, "beginning or the end"),
        (_overwritten, "work on a copy"),
        (_only_the_known, "A height for each frame"),
    ],
    "02.3": [
        (_hardly_moves, "she trembles"),
        (_nose_only, "all 33 landmarks"),
        (_any_landmark, "all 33 landmarks"),
        (_steps, "share of all steps"),
        (_of_the_frames, "Forty frames have 39 steps"),
        (_dark_hangs, "take the dark for a film that hangs"),
    ],
    "02.4": [
        (_cut_first, "You cut before you divided"),
        (_mirrored_first, "You mirrored before you divided"),
        (_takes_at_random, "dances on both sides"),
        (_mirrored_test, "test are mirror images"),
        (_touching, "Is the stride 10?"),
        (_no_mirror, "no mirror image in training"),
        (_anything, "no mirror image of its window"),
        (_always_the_last, "Whatever the seed"),
        (_half, "A quarter are 2"),
        (_only_one, "Two sets of takes"),
        (_nobody, "One side is empty"),
    ],
}
