"""Dancing on in latent space: eigensilhouettes, forecasts and dances, on a few frames of the shipped set."""

import numpy as np
import pytest

from ballet_lib.errors import BalletError
from ballet_lib.generation.forecasting import roll
from ballet_lib.generation.latent_dance import Eigensilhouettes, fit_latent
from ballet_lib.silhouettes import Silhouettes, iou

BRIEF = {"components": 12, "units": 24, "window": 5, "epochs": 6, "batches": 10, "bar": False}


@pytest.fixture(scope="module")
def clips():
    shipped = Silhouettes.load()
    return Silhouettes({name: frames[:120] for name, frames in list(shipped.clips.items())[:4]})


@pytest.fixture(scope="module")
def linear(clips):
    return Eigensilhouettes(clips.frames, 24)


@pytest.fixture(scope="module")
def forecaster(clips, linear):
    return fit_latent(linear, clips, **BRIEF)


def test_eigensilhouettes_draw_better_the_more_numbers_they_have(clips, linear):
    frames = clips.frames[::5]
    few = Eigensilhouettes(clips.frames, 4)
    coarse, fine = (iou(one.decode(one.encode(frames)) >= 0.5, frames).mean() for one in (few, linear))
    assert linear.encode(frames).shape == (len(frames), 24)
    assert coarse < fine and fine > 0.8
    drawn = linear.decode(linear.encode(frames))
    assert drawn.dtype == np.float32 and drawn.min() >= 0 and drawn.max() <= 1
    with pytest.raises(BalletError, match="do not make"):
        Eigensilhouettes(frames[:10], 24)


def test_a_forecast_is_one_of_frames_and_near_at_first(clips, forecaster):
    windows, _ = clips.windows(forecaster.context + 3, step=25)
    seen, truth = np.split(windows, [forecaster.context], axis=1)
    made = forecaster.forecast(seen, 3)
    assert made.shape == truth.shape and made.dtype == np.float32
    assert made.min() >= 0 and made.max() <= 1
    near = iou(made[:, 0] >= 0.5, truth[:, 0]).mean()
    shuffled = iou(np.roll(made[:, 0], 7, axis=0) >= 0.5, truth[:, 0]).mean()
    assert near > 0.7 and near > shuffled + 0.1
    assert np.allclose(roll(forecaster, seen[0], 3), forecaster.forecast(seen[:1], 3)[0], atol=1e-3)


def test_a_dance_is_ruled_by_its_seed(clips, forecaster):
    seen = clips.frames[:8]
    one, again, other = (forecaster.dance(seen, 12, seed=seed) for seed in (1, 1, 2))
    assert one.shape == (12, 96, 64) and np.isfinite(one).all()
    assert np.array_equal(one, again) and not np.array_equal(one, other)
    calm, wild = (np.abs(np.diff(forecaster.dance(seen, 30, heat), axis=0)).mean() for heat in (0.05, 3.0))
    assert calm < wild


def test_a_dance_keeps_nearer_to_known_poses_than_a_free_one(clips, forecaster, monkeypatch):
    def away() -> float:
        frames = forecaster.dance(clips.frames[:8], 40, temperature=3.0) >= 0.5
        return np.mean([1 - iou(np.repeat(one[None], len(clips), 0), clips.frames).max() for one in frames])

    pulled = away()
    monkeypatch.setattr(forecaster.known, "pull", 0)
    assert pulled < away()


def test_what_cannot_be_gone_on_from_is_refused(clips, linear, forecaster):
    seen = clips.frames[:8]
    with pytest.raises(BalletError, match="must see 5"):
        forecaster.dance(seen[:4], 10)
    with pytest.raises(BalletError, match="96"):
        forecaster.dance(seen[:, :64], 10)
    with pytest.raises(BalletError, match="temperature"):
        forecaster.dance(seen, 10, temperature=-1)
    with pytest.raises(BalletError, match="components"):
        fit_latent(linear, clips, components=25)
    with pytest.raises(BalletError, match="no head"):
        fit_latent(linear, clips, "mode", **BRIEF)
