"""The window holds the last two seconds, whatever the camera does."""

from dataclasses import replace

import numpy as np
import pytest

from ballet_lib.errors import BalletError
from ballet_lib.sliding_window import SlidingWindow
from ballet_lib.takes import TakeSet


@pytest.fixture(scope="module")
def poses():
    return TakeSet.load("routines")[0].poses[:200]


def fed(poses, when, fps=20.0):
    """A window to which the dance was shown at these seconds."""
    from ballet_lib.pose_sequence import points_at

    window = SlidingWindow(40, 20)
    places = np.asarray(when) * poses.fps
    points, space = points_at(poses.landmarks, places), points_at(poses.world, places)
    for number, second in enumerate(when):
        window.add(replace(poses[0], landmarks=points[[number]], world=space[[number]]), second)
    return window


def test_at_the_training_rate_it_is_the_last_forty_frames(poses):
    window = SlidingWindow(40, 20)
    for number in range(90):
        assert (window.poses is None) == (number < 40)
        window.add(poses[number], 7 + number / 20)
    np.testing.assert_allclose(window.poses.landmarks, poses.landmarks[50:90], atol=1e-5)
    assert len(window._kept) <= 42


@pytest.mark.parametrize("fps", [8, 12.5, 24, 30, 60])
def test_any_rate_gives_the_same_window(poses, fps):
    when = np.arange(0, 6, 1 / fps)
    last = when[-1]
    window = fed(poses, when).poses
    from ballet_lib.pose_sequence import points_at

    wanted = points_at(poses.landmarks, (last - 1.95 + np.arange(40) / 20) * 20)
    both = window.found & ~np.isnan(wanted[:, 0, 0])
    away = np.abs(window.landmarks[both, :, :2] - wanted[both, :, :2])
    assert np.median(away) < 0.002 and np.percentile(away, 99) < 0.05


def test_a_changing_rate_and_dropped_frames_do_not_matter(poses):
    rng = np.random.default_rng(0)
    when = np.cumsum(rng.choice([1 / 60, 1 / 30, 1 / 10, 0.25], 200, p=(0.3, 0.4, 0.2, 0.1)))
    when = when[when < 8]
    window, even = fed(poses, when).poses, fed(poses, np.arange(when[-1] - 4, when[-1] + 1e-9, 0.05)).poses
    assert np.nanmedian(np.abs(window.landmarks[..., :2] - even.landmarks[..., :2])) < 0.004


def test_frames_out_of_order_are_passed_over(poses):
    window = SlidingWindow(40, 20)
    assert window.add(poses[0], 1.0) and not window.add(poses[1], 1.0) and not window.add(poses[1], 0.9)
    assert not window.add(poses[1], float("nan")) and window.add(poses[1], 1.05)
    with pytest.raises(BalletError, match="one frame"):
        window.add(poses[:2], 2.0)


def test_it_begins_anew_after_a_pause_a_jump_and_another_size(poses):
    for change in ("pause", "jump", "size"):
        window = SlidingWindow(40, 20)
        for number in range(60):
            window.add(poses[number], number / 20)
        assert window.poses is not None
        later = {"pause": 59 / 20 + 1.2, "jump": -100.0, "size": 3.0}[change]
        pose = replace(poses[60], size=(480, 640)) if change == "size" else poses[60]
        window.add(pose, later)
        assert window.poses is None and window.restarts == 1, change


def test_nobody_for_a_moment_is_bridged_and_for_longer_begins_anew(poses):
    gone = replace(poses[0], landmarks=poses.landmarks[:1] * np.nan, world=poses.world[:1] * np.nan)
    window = SlidingWindow(40, 20)
    for number in range(100):
        window.add(gone if 50 <= number < 60 else poses[number], number / 20)
        assert (window.poses is None) == (number < 39), number
    for number in range(100, 130):
        window.add(gone, number / 20)
    assert window.poses is None and window.is_empty and window.restarts == 1


def test_another_person_begins_anew(poses):
    elsewhere = poses.landmarks.copy()
    elsewhere[..., 0] += 0.45
    other = replace(poses, landmarks=elsewhere)
    window = SlidingWindow(40, 20)
    for number in range(60):
        window.add(poses[number], number / 20)
    window.add(other[60], 3.0)
    assert window.restarts == 1 and window.poses is None
    for number in range(61, 110):
        window.add(other[number], number / 20)
    assert window.restarts == 1 and window.poses is not None


def test_a_quick_dancer_is_not_taken_for_another(poses):
    for take in TakeSet.load("routines")[:4]:
        window = SlidingWindow(40, 20)
        for number in range(len(take)):
            window.add(take.poses[number], number / 20)
        whole = take.poses.found.mean() == 1
        assert window.restarts == 0 or not whole, take.take_id
