"""Forecasts without learning, rolling, and clips beside the truth."""

import numpy as np
import pytest

from ballet_lib.errors import BalletError
from ballet_lib.generation.baselines import signed_distance
from ballet_lib.generation.forecasting import LinearExtrapolation, RepeatLast, beside_truth, roll
from ballet_lib.video import probe, read_frames


def walk(frames: int, speed: int = 2) -> np.ndarray:
    """A block that goes to the right."""
    clip = np.zeros((frames, 96, 64), bool)
    for frame in range(frames):
        clip[frame, 30:70, 10 + speed * frame : 24 + speed * frame] = True
    return clip


# --- Baselines ---


def test_repeating_shows_the_last_frame():
    seen = np.stack([walk(4), walk(4)[::-1]])
    told = RepeatLast().forecast(seen, 3)
    assert told.shape == (2, 3, 96, 64) and told.dtype == np.float32
    assert (told == seen[:, -1:]).all()


def test_an_outline_that_goes_on_linearly_goes_on_linearly():
    dance = walk(8)
    told = LinearExtrapolation("outline").forecast(dance[None, :3], 2)[0]
    # Its two long sides move on evenly, as far as its middle line; corners are rounded.
    assert np.array_equal(told[:, 45:55] >= 0.5, dance[3:5, 45:55])
    still = np.repeat(dance[:1], 2, axis=0)
    assert (LinearExtrapolation("outline").forecast(still[None], 3) == dance[0]).all()


def test_motion_that_goes_on_carries_the_dancer_along():
    rng = np.random.default_rng(0)
    blot = np.zeros((96, 64), bool)
    blot[30:60, 10:30] = rng.random((30, 20)) < 0.5
    dance = np.stack([np.roll(blot, 2 * step, axis=1) for step in range(6)])
    told = LinearExtrapolation().forecast(dance[None, :2], 4)[0]
    for number in range(4):
        right = ((told[number] >= 0.5) == dance[2 + number]).mean()
        assert right > ((dance[1] == dance[2 + number]).mean() + 2) / 3
    still = LinearExtrapolation().forecast(np.repeat(dance[None, :1], 2, axis=1), 3)[0]
    assert np.array_equal(still >= 0.5, np.repeat(dance[:1], 3, axis=0))


def test_black_and_white_pixels_that_go_on_linearly_are_the_last_frame():
    dance = np.random.default_rng(0).random((1, 2, 96, 64)) < 0.4
    told = LinearExtrapolation("pixels").forecast(dance, 4)
    assert np.array_equal(told, RepeatLast().forecast(dance, 4))
    grey = np.linspace(0.1, 0.2, 2, dtype=np.float32)[None, :, None, None] * np.ones((1, 2, 96, 64))
    told = LinearExtrapolation("pixels").forecast(grey, 9)
    assert np.allclose(told[0, :, 0, 0], np.clip(0.2 + 0.1 * np.arange(1, 10), 0, 1), atol=1e-5)
    with pytest.raises(BalletError, match="motion, outline or pixels"):
        LinearExtrapolation("edges")


def test_signed_distance_is_that_to_the_outline():
    rng = np.random.default_rng(0)
    mask = rng.random((2, 12, 9)) < 0.5
    found = signed_distance(mask)
    for number, row, column in ((0, 3, 4), (1, 11, 8), (0, 0, 0)):
        rows, columns = np.nonzero(mask[number] != mask[number, row, column])
        nearest = np.hypot(rows - row, columns - column).min()
        assert abs(found[number, row, column]) == pytest.approx(nearest - 0.5, abs=1e-3)
        assert (found[number, row, column] > 0) == mask[number, row, column]
    nobody = signed_distance(np.zeros((1, 12, 9), bool))
    assert np.isfinite(nobody).all() and (nobody < -12).all()


# --- Rolling ---


def test_one_dance_rolls_as_several_do():
    dance = walk(5)
    several = roll(LinearExtrapolation(), dance[None], 6)
    assert np.array_equal(roll(LinearExtrapolation(), dance, 6), several[0])


@pytest.mark.parametrize(
    ("seen", "steps", "words"),
    [
        (walk(1), 3, "must see 2"),
        (walk(3)[:, :60], 3, r"not \(1, 3, 60, 64\)"),
        (walk(3)[0], 3, "Frames of silhouettes are"),
        (walk(3) * 255.0, 3, "from 0 to 1"),
        (np.full((3, 96, 64), np.nan), 3, "from 0 to 1"),
        (walk(3), 0, "whole number"),
        (walk(3), 2.5, "whole number"),
    ],
)
def test_seeds_that_nothing_can_go_on_from_are_refused(seen, steps, words):
    with pytest.raises(BalletError, match=words):
        roll(LinearExtrapolation(), seen, steps)


def test_no_dance_at_all_is_refused():
    with pytest.raises(BalletError, match="silhouettes"):
        roll(RepeatLast(), np.zeros((0, 3, 96, 64), bool), 2)


# --- Beside the truth ---


def test_the_clip_shows_the_truth_beside_what_was_made(tmp_path):
    dance = walk(10)
    made = roll(RepeatLast(), dance[:4], 6)
    path = beside_truth(dance[4:], made, tmp_path / "beside.mp4", seeds=dance[:4], scale=2)
    info = probe(path)
    assert (info.width, info.height, info.frames) == (2 * 128 + 4, 192, 10) and info.fps == pytest.approx(10)
    frames = list(read_frames(path))
    red = [frame[0, :, 0].mean() - frame[0, :, 1].mean() > 80 for frame in frames]
    assert red == [True] * 4 + [False] * 6, "seeds stand under a red line"
    dark = frames[9][4:, :, 0] < 128
    assert np.array_equal(dark[:, :128][::2, ::2][:, :], dance[9][2:])
    assert np.array_equal(dark[:, 132:][::2, ::2], dance[3][2:])


def test_clips_of_different_length_end_with_the_shorter_one(tmp_path):
    dance = walk(10)
    beside_truth(dance, dance[:7], tmp_path / "short.gif", scale=1)
    assert sum(1 for _ in read_frames(tmp_path / "short.gif")) == 7


def test_an_interrupted_clip_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "dance.mp4"
    path.write_bytes(b"the old one")
    from ballet_lib.generation import forecasting

    drawn = forecasting.as_pictures
    calls = iter(range(100))

    def interrupted(frames, scale):
        if next(calls) == 5:
            raise KeyboardInterrupt
        return drawn(frames, scale)

    monkeypatch.setattr(forecasting, "as_pictures", interrupted)
    with pytest.raises(KeyboardInterrupt):
        beside_truth(walk(10), walk(10), path)
    assert path.read_bytes() == b"the old one"
    assert [each.name for each in tmp_path.iterdir()] == ["dance.mp4"]


def test_frames_of_another_size_are_not_written(tmp_path):
    with pytest.raises(BalletError, match="Frames of silhouettes"):
        beside_truth(walk(5)[:, :50], walk(5)[:, :50], tmp_path / "a.gif")
    with pytest.raises(BalletError, match=r"End the name in \.mp4 or \.gif"):
        beside_truth(walk(5), walk(5), tmp_path / "a.avi")
    assert not list(tmp_path.iterdir())
