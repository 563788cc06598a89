"""The next vectors: strides, what the model learns of them, how it rolls on, and what it refuses."""

import numpy as np
import pytest

from ballet_lib.errors import BalletError
from ballet_lib.generation.known_poses import KnownPoses, usual_distance
from ballet_lib.generation.vectors import STRIDE, Strides, fit_next

SMALL = {"units": 24, "window": 6, "epochs": 15, "batches": 20, "bar": False}


def circle(frames: int, phase: float) -> np.ndarray:
    """Go round once in 16 steps; the third number does not change."""
    angle = phase + 2 * np.pi / 16 * np.arange(frames)
    return np.stack([np.cos(angle), np.sin(angle), np.full(frames, 7.0)], axis=1)


@pytest.fixture(scope="module")
def round_and_round():
    return fit_next([circle(60, phase) for phase in range(6)], "mean", **SMALL)


@pytest.fixture(scope="module")
def drawn():
    """Go round for 9 steps, then on or back, nobody knows which."""
    ways = []
    for phase in np.linspace(0, 2 * np.pi, 24, endpoint=False):
        on = circle(13, phase)
        ways += [on, np.concatenate([on[:9], on[7:3:-1]])]
    two = {
        "window": 2,
        "dropout": 0.0,
        "epochs": 30,
    }  # so that each window is a beginning and one stride into the unknown
    return fit_next(ways, "mixture", components=4, noise=0.05, **(SMALL | two))


def test_strides_are_written_and_read_without_loss_where_the_data_is_smooth():
    space = Strides.of([circle(60, phase) for phase in range(6)])
    path = circle(5, 0.7)
    numbers = space.numbers(path[1:] - path[0])
    assert len(numbers) < STRIDE * 3, "fewer numbers than four vectors have"
    assert np.allclose(space.strides(numbers), path[1:] - path[0], atol=0.05)
    assert 0.3 < np.sqrt(np.mean(np.square(numbers))) < 3


def test_it_goes_on_with_what_it_has_learnt(round_and_round):
    seen, truth = circle(13, 0.5), circle(93, 0.5)[13:]
    made = round_and_round.roll(seen, 80)
    assert made.shape == (80, 3) and made.dtype == np.float32
    assert abs(made[:8] - truth[:8]).max() < 0.25
    radius = np.hypot(made[-40:, 0], made[-40:, 1])
    assert radius.min() > 0.6 and radius.max() < 1.4, "it neither freezes nor explodes"
    assert abs(made[:, 2] - 7).max() < 0.2
    history = round_and_round.history
    assert list(history.columns) == ["epoch", "seconds", "loss"]
    assert history["loss"].iloc[-1] < 0.3 * history["loss"].iloc[0]


def test_several_sequences_roll_as_each_alone(round_and_round):
    seen = np.stack([circle(9, phase) for phase in (0.0, 1.0, 2.0)])
    together = round_and_round.roll(seen, 15)
    assert together.shape == (3, 15, 3)
    for one, alone in zip(together, seen, strict=True):
        assert np.allclose(one, round_and_round.roll(alone, 15), atol=1e-4)


def test_what_is_mended_is_what_stands_and_is_read(round_and_round):
    seen = circle(9, 0)
    flat = round_and_round.roll(seen, 6, mend=lambda made: made * [1, 1, 0])
    free = round_and_round.roll(seen, 6)
    assert (flat[:, 2] == 0).all() and np.allclose(flat[:STRIDE, :2], free[:STRIDE, :2])
    assert not np.allclose(flat[STRIDE:, :2], free[STRIDE:, :2], atol=1e-3)


def test_only_what_is_far_from_all_known_is_pulled_and_no_nearer_than_asked():
    known = KnownPoses(circle(16, 0), pull=1.0, free=0.5)
    near, far = circle(16, 0.1), circle(16, 0) * [3, 3, 1]
    assert np.allclose(known(near), near)
    moved = known(far)
    left = np.linalg.norm(moved[:, None] - circle(16, 0), axis=-1).min(axis=1)
    assert left.max() < 0.7, "half a unit from the aim, which is a mean of neighbours"
    half = KnownPoses(circle(16, 0), pull=0.5, free=0.5)(far)
    assert np.allclose(half, (far + moved) / 2)


def test_the_usual_distance_is_that_to_other_sequences():
    flat = [np.full((20, 2), height) for height in (0.0, 1.0, 3.0)]
    assert usual_distance(flat, 0.5) == pytest.approx(np.sqrt(2))
    assert usual_distance(flat, 1.0) == pytest.approx(2 * np.sqrt(2))


def test_one_stride_at_a_time_is_what_the_model_says_of_the_whole(round_and_round):
    seen, space = circle(14, 0.3), round_and_round.space  # the first vector fills no stride
    paths = seen[2:].reshape(3, STRIDE, 3)
    whole = space.inputs(paths[:, -1], paths - seen[1:-1:STRIDE, None])
    told = round_and_round.model.predict_on_batch(whole[None])[0, -1]
    assert np.allclose(round_and_round.roll(seen, STRIDE), seen[-1] + space.strides(told), atol=1e-4)
    assert np.allclose(round_and_round.roll(seen, 2), round_and_round.roll(seen, 7)[:2], atol=1e-5)


def test_a_mixture_takes_one_of_both_ways_and_never_the_mean(drawn):
    many = np.repeat(circle(9, 0.5)[None], 200, axis=0)
    last = drawn.roll(many, STRIDE)[:, -1]
    on, back = circle(13, 0.5)[12], circle(9, 0.5)[4]
    away = np.linalg.norm(last[:, None] - np.stack([on, back]), axis=-1)
    assert np.linalg.norm(on - back) > 1.9
    assert (away.min(axis=1) < 0.75).mean() > 0.9, "the mean is 1 from both"
    assert 0.25 < (away[:, 0] < away[:, 1]).mean() < 0.75


def test_seed_and_temperature_rule_what_is_drawn(drawn):
    seen = circle(9, 0.5)
    one, again, other = (drawn.roll(seen, 30, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one, again) and not np.array_equal(one, other)
    many = np.repeat(seen[None], 200, axis=0)

    def scatter(heat: float) -> float:
        """How far draws of the same way lie from one another."""
        last = drawn.roll(many, STRIDE, heat)[:, -1]
        way = np.linalg.norm(last - circle(13, 0.5)[12], axis=-1) < 1
        return max(last[side].std(axis=0).max() for side in (way, ~way) if side.sum() > 20)

    assert scatter(0.05) < scatter(1.0) < scatter(3.0)


def test_the_same_seed_trains_the_same_model():
    sequences = [circle(40, phase) for phase in range(3)]
    brief = SMALL | {"epochs": 1, "batches": 3}
    one, again, other = (fit_next(sequences, seed=seed, **brief) for seed in (0, 0, 1))
    seen = circle(8, 0)
    assert np.array_equal(one.roll(seen, 5), again.roll(seen, 5))
    assert not np.array_equal(one.roll(seen, 5), other.roll(seen, 5))


def test_a_beginning_must_fit(round_and_round):
    assert round_and_round.context == 5
    with pytest.raises(BalletError, match="must see 5 frames"):
        round_and_round.roll(circle(4, 0), 10)
    with pytest.raises(BalletError, match=r"\(T, 3\)"):
        round_and_round.roll(circle(9, 0)[:, :2], 10)
    with pytest.raises(BalletError, match="finite"):
        round_and_round.roll(np.full((9, 3), np.nan), 10)
    with pytest.raises(BalletError, match="at least one"):
        round_and_round.roll(circle(9, 0), 0)
    with pytest.raises(BalletError, match="temperature"):
        round_and_round.roll(circle(9, 0), 5, temperature=0)


def test_what_teaches_nothing_is_refused():
    walks = [circle(40, 0)]
    with pytest.raises(BalletError, match="no head"):
        fit_next(walks, "median")
    with pytest.raises(BalletError, match="No sequence has 45"):
        fit_next(walks, window=10)
    with pytest.raises(BalletError, match="same D"):
        fit_next([*walks, np.zeros((50, 2))])
    with pytest.raises(BalletError, match="same D"):
        fit_next([])
    with pytest.raises(BalletError, match="finite"):
        fit_next([np.full((60, 3), np.nan)])
    with pytest.raises(BalletError, match="at least one of each"):
        fit_next(walks, epochs=0)
    with pytest.raises(BalletError, match="context of 5 or more"):
        fit_next(walks, context=3)
