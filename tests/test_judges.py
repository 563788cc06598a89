"""Judges, by cases where the answer is known: the truth, a frozen clip, a copied one, noise."""

import numpy as np
import pytest
from skimage.metrics import structural_similarity

from ballet_lib.errors import BalletError
from ballet_lib.generation.forecasting import RepeatLast
from ballet_lib.generation.judges import (
    by_horizon,
    found_share,
    freezing,
    improvement,
    motion_energy,
    moving_region,
    nearest_clip,
)
from ballet_lib.silhouettes import Silhouettes
from ballet_lib.video import read_image


def dance(frames: int, row: int = 40, speed: int = 1, width: int = 10) -> np.ndarray:
    """A dancer of 20 x `width` pixels that goes to the right, and comes in again on the left."""
    clip = np.zeros((frames, 96, 64), bool)
    clip[0, row : row + 20, 5 : 5 + width] = True
    for frame in range(1, frames):
        clip[frame] = np.roll(clip[frame - 1], speed, axis=1)
    return clip


@pytest.fixture
def real():
    return Silhouettes({"a_1": dance(40, 20), "a_2": dance(40, 30), "b_1": dance(40, 60)})


@pytest.fixture
def known():
    """Twelve clips of four dancers, the last frame that was seen and five that follow."""
    clips = np.stack([dance(6, row=5 * number, speed=1 + number % 3) for number in range(12)])
    return clips[:, 0], clips[:, 1:], np.repeat(["a", "b", "c", "d"], 3)


# --- Near the truth ---


def test_the_region_is_what_moved_and_its_neighbours():
    clip = dance(3)
    region = moving_region(clip[:1], clip[None, 1:])
    # One step uncovers column 5 and covers column 15; a pixel more in each direction.
    assert set(np.flatnonzero(region[0, 0].any(axis=0))) == {4, 5, 6, 14, 15, 16}
    assert set(np.flatnonzero(region[0, 0].any(axis=1))) == set(range(39, 61))
    assert set(np.flatnonzero(region[0, 1].any(axis=0))) == {4, 5, 6, 7, 14, 15, 16, 17}
    assert not moving_region(clip[:1], clip[None, :1]).any()


def test_the_truth_is_perfect_and_the_last_frame_is_wrong_where_it_moved(known):
    last, truth, _ = known
    table = by_horizon({"truth": truth, "repeat": RepeatLast().forecast(last[:, None], 5)}, *known)
    perfect = table[table.method == "truth"]
    assert np.allclose(perfect[["iou", "ssim"]], 1) and np.allclose(perfect[["moving_error", "brier"]], 0)
    repeated = table[table.method == "repeat"].set_index("horizon")
    region = moving_region(last, truth)
    for horizon in (1, 5):
        changed = truth[:, horizon - 1] != last
        assert repeated.moving_error[horizon] == pytest.approx(changed.sum() / region[:, horizon - 1].sum())
        assert repeated.brier[horizon] == pytest.approx(changed.mean())
    assert repeated.iou[1] > repeated.iou[5], "further ahead is harder"
    assert list(table.horizon[:5]) == [1, 2, 3, 4, 5]
    assert np.allclose(repeated.moving_error, repeated.moving_brier), "who is always sure"
    assert (
        structural_similarity(last[0].astype(np.float32), truth[0, 0].astype(np.float32), data_range=1.0)
        > repeated.ssim[5]
    )


def test_an_error_beside_what_moves_does_not_count_as_one_on_moving_pixels(known):
    last, truth, groups = known
    blot = truth.copy()
    blot[..., 90:, 60:] ^= True
    table = by_horizon({"blot": blot}, last, truth, groups).set_index("horizon")
    assert (table.moving_error == 0).all() and (table.iou < 1).all() and (table.brier > 0).all()


def test_a_half_sure_forecast_has_the_brier_score_of_a_half(known):
    last, truth, groups = known
    table = by_horizon({"grey": np.full(truth.shape, 0.4)}, last, truth, groups)
    assert table.brier.between(0.16, 0.36).all() and (table.iou == 0).all()


def test_intervals_hold_the_score_and_need_three_dancers(known):
    last, truth, groups = known
    repeat = RepeatLast().forecast(last[:, None], 5)
    table = by_horizon({"repeat": repeat}, last, truth, groups)
    assert (table.moving_error_low <= table.moving_error).all()
    assert (table.moving_error <= table.moving_error_high).all()
    few = by_horizon({"repeat": repeat[:6]}, last[:6], truth[:6], groups[:6])
    assert few.moving_error_low.isna().all() and few.moving_error.notna().all()


def test_improvement_compares_the_same_dancers(known):
    last, truth, _ = known
    repeat = RepeatLast().forecast(last[:, None], 5)
    assert (improvement(truth, repeat, *known).improvement == 1).all()
    grey = improvement(np.full(truth.shape, 0.5), repeat, *known, squared=True)
    wrong = by_horizon({"repeat": repeat}, *known).moving_error
    assert np.allclose(grey.improvement, 1 - 0.25 / wrong)
    same = improvement(repeat, repeat, *known)
    assert (same.improvement == 0).all()
    half = np.where(np.arange(12)[:, None, None, None] % 2 == 0, truth, repeat)
    gained = improvement(half, repeat, *known)
    assert gained.improvement.between(0.1, 0.9).all() and (gained.low <= gained.improvement).all()


def test_what_does_not_belong_together_is_refused(known):
    last, truth, groups = known
    with pytest.raises(BalletError, match="no forecast"):
        by_horizon({}, *known)
    with pytest.raises(BalletError, match="forecast of short"):
        by_horizon({"short": truth[:, :3]}, *known)
    with pytest.raises(BalletError, match="names"):
        by_horizon({"truth": truth}, last, truth, groups[:5])
    with pytest.raises(BalletError, match="belong together"):
        moving_region(last[:3], truth)


# --- Freezing ---


def test_motion_energy_counts_what_changes():
    # One step changes two columns of ten.
    assert np.allclose(motion_energy(dance(10)), 0.2)
    assert np.allclose(motion_energy(dance(10, speed=3)), 0.6)
    assert (motion_energy(dance(10, speed=0)) == 0).all()
    assert (motion_energy(np.zeros((3, 96, 64))) == 0).all()
    with pytest.raises(BalletError, match="2 frames or more"):
        motion_energy(dance(1))


def test_a_frozen_end_is_found_and_noise_moves_too_much(real):
    moving, still = dance(60, 10), dance(60, speed=0)
    assert freezing(moving, real) == pytest.approx(1)
    assert freezing(np.concatenate([moving, still]), real) == 0
    assert freezing(np.concatenate([still, moving]), real) == pytest.approx(1), "only the end counts"
    noise = np.random.default_rng(0).random((60, 96, 64))
    assert freezing(noise, real) > 3
    assert freezing(np.concatenate([moving, moving[-1:]]), moving, last=2) == 0


def test_freezing_needs_enough_frames_and_a_dance_to_compare_with(real):
    with pytest.raises(BalletError, match="50 frames or more"):
        freezing(dance(49), real)
    with pytest.raises(BalletError, match="does not move"):
        freezing(dance(60), dance(60, speed=0))
    with pytest.raises(BalletError, match="2 or more"):
        freezing(dance(60), real, last=1)


# --- Copying ---


def test_a_copy_has_no_distance_wherever_it_was_taken_from(real):
    copied = np.concatenate([real.clips["a_2"][7:30], real.clips["b_1"][2:20]])
    distances = nearest_clip(copied, real)
    assert len(distances) == len(copied) - 9
    assert np.allclose(distances[:14], 0) and np.allclose(distances[-9:], 0)
    assert not nearest_clip(real.clips["a_1"], real).any()


def test_distance_is_the_mean_over_the_frames_of_the_best_clip():
    rng = np.random.default_rng(0)
    made, trained = (rng.random((size, 96, 64)) < 0.3 for size in (12, 15))
    found = nearest_clip(made, [trained], length=4)

    def apart(one, other):
        return np.mean([1 - (a & b).sum() / (a | b).sum() for a, b in zip(one, other, strict=True)])

    wanted = [
        min(apart(made[i : i + 4], trained[j : j + 4]) for j in range(12)) for i in range(9)
    ]  # fmt: skip
    assert np.allclose(found, wanted)


def test_another_performance_is_new_and_noise_is_newer(real):
    other = nearest_clip(dance(40, 70), real).mean()
    noise = np.random.default_rng(0).random((20, 96, 64)) < 0.5
    assert 0 < other < nearest_clip(noise, real).mean()
    with pytest.raises(BalletError, match="no real dance"):
        nearest_clip(dance(20), [])


def test_no_clip_reaches_across_two_performances():
    halves = [dance(10)[:5], dance(10)[5:]]
    with pytest.raises(BalletError, match="10 frames or more"):
        nearest_clip(dance(10), halves)
    assert nearest_clip(dance(10), halves, length=5).max() == pytest.approx(
        nearest_clip(dance(10)[3:8], halves, length=5)[0], abs=1
    )


# --- A dancer ---


def test_the_extractor_finds_the_dancer_and_nobody_in_noise():
    from ballet_lib import DATASETS

    dancer = read_image(DATASETS / "dancer.jpg")
    noise = np.random.default_rng(0).integers(0, 256, (96, 64, 3), dtype=np.uint8)
    assert found_share([dancer, noise]) == 0.5
    with pytest.raises(BalletError, match="no picture"):
        found_share([])
