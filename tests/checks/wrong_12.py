"""Wrong answers to the tasks of lesson 12, each a mistake that somebody makes."""

import numpy as np


def two_are_enough(fps, bounces):
    return max(int(fps / (2 * bounces)), 1)


def one_a_bounce(fps, bounces):
    return int(fps / bounces)


def rounded_up(fps, bounces):
    return int(np.ceil(fps / (2 * bounces)))


def not_whole(fps, bounces):
    return fps / (2 * bounces)


def none_left(fps, bounces):
    return int(np.ceil(fps / (2 * bounces) / 2)) - 1


def always_all(fps, bounces):
    return 1


def nan_everywhere(points):
    low, high = points.min(axis=1, keepdims=True), points.max(axis=1, keepdims=True)
    return 2 * (points - low) / (high - low) - 1


def still_nan(points):
    low, high = np.nanmin(points, axis=1, keepdims=True), np.nanmax(points, axis=1, keepdims=True)
    return 2 * (points - low) / (high - low) - 1


def zero_is_a_place(points):
    return nan_everywhere(np.nan_to_num(points))


def from_zero_to_one(points):
    return np.nan_to_num((still_nan(points) + 1) / 2)


def one_box_for_all(points):
    low, high = (edge(points, axis=(0, 1)) for edge in (np.nanmin, np.nanmax))
    return np.nan_to_num(2 * (points - low) / (high - low) - 1)


def one_scale(points):
    low, high = np.nanmin(points, axis=(1, 2), keepdims=True), np.nanmax(points, axis=(1, 2), keepdims=True)
    return np.nan_to_num(2 * (points - low) / (high - low) - 1)


def zeros_before_stretching(points):
    low, high = np.nanmin(points, axis=1, keepdims=True), np.nanmax(points, axis=1, keepdims=True)
    return 2 * (np.where(np.isnan(points), low, points) - low) / (high - low) - 1


def chunks_shuffled(y, groups, rng):
    return rng.permutation(y)


def drawn_anew(y, groups, rng):
    _, group = np.unique(groups, return_inverse=True)
    return rng.choice([0, 0, 0, 1, 2], group.max() + 1)[group]


def renamed(y, groups, rng):
    return np.array([1, 2, 0])[y]


def as_it_was(y, groups, rng):
    return y


def always_the_same(y, groups, rng):
    _, first, group = np.unique(groups, return_index=True, return_inverse=True)
    return np.random.default_rng(7).permutation(y[first])[group]


def _hips_above_feet(video):
    x_y = video.keypoints[..., :2]
    return (x_y[:, :, [15, 16], 1] - x_y[:, :, [11, 12], 1]).mean(axis=2)


def in_pixels(video):
    step = np.diff(_hips_above_feet(video), axis=0)
    turns = np.nanmean(step[1:] * step[:-1] < 0)
    return [np.nanmean(np.abs(step)), turns]


def posture_only(video):
    x_y = video.keypoints[..., :2]
    torso = np.nanmedian(x_y[:, :, 11, 1] - x_y[:, :, 5, 1])
    return [np.nanmean(x_y[:, :, [5, 6], 1] - x_y[:, :, [9, 10], 1]) / torso]


def whole_pose(video):
    return np.nan_to_num(np.nanmean(video.keypoints[..., :2], axis=(0, 1))).ravel()


def without_nan_family(video):
    height = _hips_above_feet(video)
    return [height.std() / height.mean()] if not np.isnan(height).any() else [np.nan]


def reads_the_label(video):
    return [["classical", "hip_hop", "afrobeat"].index(video.style)]


WRONG = {
    "12.1": [
        (two_are_enough, "exactly two a bounce"),
        (one_a_bounce, "A bounce needs more than two"),
        (rounded_up, "A bounce needs more than two"),
        (not_whole, "whole number"),
        (none_left, "still enough"),
        (always_all, "still enough"),
    ],
    "12.2": [
        (nan_everywhere, "makes a whole skeleton NaN"),
        (still_nan, "No network eats that"),
        (zero_is_a_place, "no corner at 0"),
        (from_zero_to_one, "must run from"),
        (one_box_for_all, "by its own box"),
        (one_scale, "Each of both"),
        (zeros_before_stretching, "Put 0 there"),
    ],
    "12.3": [
        (chunks_shuffled, "find no leak"),
        (drawn_anew, "10 videos of each style"),
        (renamed, "renamed is not shuffled"),
        (as_it_was, "keep their style"),
        (always_the_same, "Every draw is the same"),
    ],
    "12.4": [
        (in_pixels, "they are pixels"),
        (posture_only, "what would tell"),
        (whole_pose, "at most"),
        (without_nan_family, "np.nanmean"),
        (reads_the_label, "not in list"),
    ],
}
