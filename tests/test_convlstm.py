"""The convolutional LSTMs: what they are, how they are taught, and their files."""

import json

import keras
import numpy as np
import pytest

from ballet_lib import DATASETS
from ballet_lib.errors import BalletError
from ballet_lib.generation import forecast_training as module
from ballet_lib.generation.convlstm import FAR, ConvLSTM, distances
from ballet_lib.generation.forecast_training import _answer, _weighted_crossentropy, batches
from ballet_lib.generation.forecasting import LinearExtrapolation, fit_convlstm, grey_clips, roll
from ballet_lib.networks.convlstm import lean, paper
from ballet_lib.silhouettes import Silhouettes
from ballet_lib.video import write_video


def sway(frames: int, row: int, speed: float) -> np.ndarray:
    """A block that goes from side to side, twice as fast in one clip as in another."""
    clip = np.zeros((frames, 96, 64), bool)
    for frame in range(frames):
        left = round(22 + 16 * np.sin(speed * frame))
        clip[frame, row : row + 40, left : left + 10] = True
    return clip


@pytest.fixture(scope="module")
def swaying():
    return Silhouettes({f"a_{n}": sway(40, 10 + 4 * n, 0.2 + 0.05 * n) for n in range(4)})


@pytest.fixture(scope="module")
def taught(swaying):
    return fit_convlstm(swaying, epochs=5, bar=False)


def kinds(model: keras.Model) -> list[str]:
    return [type(layer).__name__ for layer in model.layers]


# --- The networks ---


def test_the_papers_network_is_as_it_says():
    model = paper()
    told = [
        (layer.filters, layer.kernel_size, layer.activation.__name__)
        for layer in model.layers if hasattr(layer, "filters")
    ]  # fmt: skip
    assert told == [
        (64, (5, 5), "relu"),
        (64, (3, 3), "relu"),
        (64, (1, 1), "relu"),
        (1, (3, 3, 3), "sigmoid"),
    ]
    assert kinds(model)[1:] == [
        "ConvLSTM2D", "BatchNormalization", "ConvLSTM2D", "BatchNormalization", "ConvLSTM2D", "Conv3D"
    ]  # fmt: skip
    assert model.input_shape == model.output_shape == (None, None, 60, 90, 1)


def test_the_papers_network_learns_steps():
    keras.utils.set_random_seed(0)
    model = paper((12, 18), filters=2)
    clips = np.random.default_rng(0).random((2, 5, 12, 18, 1)).astype(np.float32) ** 3
    model.compile("adam", "binary_crossentropy", jit_compile=False)
    losses = [float(model.train_on_batch(clips[:, :-1], clips[:, 1:])) for _ in range(6)]
    assert losses[-1] < losses[0]


def test_the_papers_network_sees_the_answer_and_the_lean_one_does_not():
    rng = np.random.default_rng(0)
    clip = rng.random((1, 6, 16, 16, 1)).astype(np.float32)
    other = clip.copy()
    other[:, 4:] = rng.random((1, 2, 16, 16, 1))
    keras.utils.set_random_seed(0)  # two filters might both be dead
    peeking, causal = paper((16, 16), filters=4), lean((16, 16), filters=2)
    told, changed = (peeking.predict_on_batch(each) for each in (clip, other))
    assert np.allclose(told[:, :3], changed[:, :3]) and not np.allclose(told[:, 3], changed[:, 3])
    causal.get_layer("next_frames").set_weights([
        rng.normal(size=each.shape) for each in causal.get_layer("next_frames").get_weights()
    ])  # fmt: skip
    told, changed = (causal.predict_on_batch(np.repeat(each, 6, axis=-1)) for each in (clip, other))
    assert np.allclose(told[:, :4], changed[:, :4], atol=1e-5)
    assert not np.allclose(told[:, 4], changed[:, 4], atol=1e-3)


def test_the_lean_network_is_a_convlstm_and_begins_by_saying_that_motion_goes_on():
    model = lean((32, 16), filters=4)
    assert kinds(model).count("ConvLSTM2D") == 3 and "Lambda" not in kinds(model)
    seen = np.random.default_rng(0).uniform(-1, 1, (2, 7, 32, 16, 6)).astype(np.float32)
    told = model.predict_on_batch(seen)
    assert told.shape == (2, 7, 5, 32, 16)
    assert np.array_equal(told > 0, np.moveaxis(seen[..., 1:] > 0, -1, 2))


# --- Teaching ---


def test_batches_are_stretches_of_the_clips_varied_as_a_whole():
    rng = np.random.default_rng(0)
    times = np.arange(40, dtype=np.int8)[:, None, None, None]
    made = np.concatenate(list(batches([times * np.ones((1, 20, 16, 2), np.int8)] * 2, 17, 3, rng))) * 127
    assert made.shape[1:] == (17, 20, 16, 2) and 4 <= len(made) <= 6
    assert np.allclose(made, made[:, :, :1, :1, :1]), "the edge is repeated"
    assert np.allclose(np.diff(made[:, :, 0, 0, 0]), 1), "one frame after the other"
    ramp = np.broadcast_to(np.arange(-64, 64, 2, dtype=np.int8)[None, None, :, None], (30, 96, 64, 1))
    varied = np.concatenate([clip for _ in range(9) for clip in batches([ramp], 17, 3, rng)]) * 127
    assert np.allclose(varied, varied[:, :1]), "all frames of a clip alike"
    slopes = np.median(np.diff(varied[:, 0, 48, 20:44, 0]), axis=1)
    assert {1, -1} == set(np.sign(slopes)), "some are mirrored"
    assert (abs(slopes) > 2 / 1.14).all() and (abs(slopes) < 2 / 0.86).all() and np.ptp(abs(slopes)) > 0.1


def test_the_answers_are_the_frames_that_follow():
    clips = np.arange(module.SHOWN + 5, dtype=np.float32)[None, :, None, None] * np.ones(
        (1, 1, 4, 4), np.float32
    )
    lean_answer, paper_answer = _answer(clips, 5, "lean"), _answer(clips, 1, "paper")
    assert lean_answer.shape == (1, module.SHOWN, 6, 4, 4)
    assert lean_answer[0, 3, :, 0, 0].tolist() == [3, 4, 5, 6, 7, 8]
    assert paper_answer[0, :, 0, 0, 0].tolist() == list(range(1, module.SHOWN + 1))


def test_the_loss_is_the_weighted_crossentropy():
    rng = np.random.default_rng(0)
    truth = (rng.random((2, module.WARM_UP + 3, 4, 8, 8)) < 0.2).astype(np.float32)
    truth[:, :, 1:] = np.where(rng.random(truth[:, :, 1:].shape) < 0.1, 1 - truth[:, :, :1], truth[:, :, :1])
    logits = rng.normal(size=truth[:, :, 1:].shape).astype(np.float32)
    from scipy.ndimage import maximum_filter

    kept, told = truth[:, module.WARM_UP :], 1 / (1 + np.exp(-logits[:, module.WARM_UP :]))
    near = maximum_filter(kept[:, :, 1:] != kept[:, :, :1], size=(1, 1, 1, 3, 3))
    weight = 1 + module.MOVING * near
    losses = -np.where(kept[:, :, 1:] > 0, np.log(told), np.log(1 - told))
    wanted = (losses * weight).sum() / weight.sum()
    assert float(_weighted_crossentropy(truth, logits)) == pytest.approx(wanted, rel=1e-4)


def test_the_network_is_shown_distances_now_and_where_motion_goes_on():
    clip = sway(4, 20, 0.2)[None]
    shown = distances(clip, 3)
    assert shown.shape == (1, 4, 96, 64, 4) and abs(shown).max() == 1
    assert np.array_equal(shown[..., 0] > 0, clip)
    right = np.flatnonzero(clip[0, 2, 40])[-1]
    assert shown[0, 2, 40, right + 1 : right + 4, 0] * FAR == pytest.approx([-0.5, -1.5, -2.5])
    assert np.array_equal(shown[:, 0, ..., 1:], np.repeat(shown[:, 0, ..., :1], 3, axis=-1)), "no motion yet"
    carried = LinearExtrapolation().forecast(clip[:, :3], 3)[0] >= 0.5
    assert ((np.moveaxis(shown[0, 2, ..., 1:], -1, 0) > 0) != carried).mean() < 0.01
    grey = np.where(clip, 0.7, 0.2)
    assert (distances(grey, 3) != shown).mean() < 0.01, "but for rounding in flow"


def test_training_repeats_itself_but_for_rounding(swaying, taught):
    again = fit_convlstm(swaying, epochs=5, bar=False)
    seen = swaying.clips["a_0"][None, :5]
    assert np.abs(again.forecast(seen, 1) - taught.forecast(seen, 1)).max() < 1e-3
    assert list(taught.history.epoch) == [1, 2, 3, 4, 5] and taught.history.seconds.is_monotonic_increasing
    assert taught.card["dancers"] == ["a"] and "ConvLSTM lean" in repr(taught)


def test_it_learns(taught):
    assert taught.history.loss.iloc[-1] < taught.history.loss.iloc[0]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"network": "large"}, "no network 'large'"),
        ({"epochs": 0}, "epochs=0"),
        ({"context": 1}, "context=1"),
        ({"context": 2.5}, "context=2.5"),
    ],
)
def test_settings_without_sense_are_refused(swaying, settings, words):
    with pytest.raises(BalletError, match=words):
        fit_convlstm(swaying, bar=False, **settings)


def test_a_dance_too_short_to_teach_is_refused():
    with pytest.raises(BalletError, match="No clip has 17 frames"):
        fit_convlstm(Silhouettes({"a_1": sway(16, 20, 0.2)}), epochs=1, bar=False)


# --- Forecasts ---


def test_it_rolls_on_what_it_has_forecast(swaying, taught):
    seen = swaying.clips["a_0"][:5]
    told = roll(taught, seen, 12)
    assert told.shape == (12, 96, 64) and told.dtype == np.float32
    assert told.min() >= 0 and told.max() <= 1
    first = roll(taught, seen, 5)
    assert np.allclose(told[:5], first, atol=1e-5)
    assert np.allclose(told[5:10], roll(taught, first, 5), atol=1e-5), "it has seen its own frames only"
    long = roll(taught, swaying.clips["a_0"][:9], 3)
    assert np.allclose(long, roll(taught, swaying.clips["a_0"][4:9], 3), atol=1e-5)
    single = taught.forecast(seen[None], 3, kept=1)[0]
    assert np.allclose(single[1], roll(taught, np.concatenate([seen, single[:1]]), 1)[0], atol=1e-5)
    with pytest.raises(BalletError, match="Keep 1 to 5"):
        taught.forecast(seen[None], 3, kept=6)
    with pytest.raises(BalletError, match="must see 5"):
        roll(taught, seen[:4], 3)


def test_the_papers_network_forecasts_through_the_same_door():
    keras.utils.set_random_seed(0)
    model = paper((96, 64), filters=1)
    card = {"kind": module.KIND, "format": 1, "network": "paper", "context": 3, "ahead": 1}
    seen = np.random.default_rng(0).random((2, 3, 96, 64)).astype(np.float32)
    told = roll(ConvLSTM(model, card), seen, 2)
    assert told.shape == (2, 2, 96, 64)
    first = model.predict_on_batch(seen[..., None])[:, -1, ..., 0]
    assert np.allclose(told[:, 0], first, atol=1e-5)


# --- Files ---


def test_a_saved_one_forecasts_the_same(tmp_path, swaying, taught):
    path = taught.save(tmp_path / "mine.keras")
    back = ConvLSTM.load(path)
    seen = swaying.clips["a_1"][None, :5]
    assert np.allclose(back.forecast(seen, 6), taught.forecast(seen, 6), atol=1e-6)
    assert back.context == 5 and back.ahead == 5 and len(back.history) == 5


def test_files_that_are_not_its_own_are_refused(tmp_path, taught):
    with pytest.raises(BalletError, match="no model at"):
        ConvLSTM.load(tmp_path / "none.keras")
    with pytest.raises(BalletError, match="not that of a silhouette forecaster"):
        ConvLSTM.load(DATASETS / "models" / "lstm.keras")
    path = taught.save(tmp_path / "mine.keras")
    card = json.loads(path.with_suffix(".json").read_text())
    path.with_suffix(".json").write_text(json.dumps(card | {"context": 0}))
    with pytest.raises(BalletError, match="how many frames"):
        ConvLSTM.load(path)
    path.with_suffix(".json").write_text(json.dumps(card | {"model_sha256": "0" * 64}))
    with pytest.raises(BalletError, match="not the model that its card speaks of"):
        ConvLSTM.load(path)
    with pytest.raises(BalletError, match="does not end in"):
        taught.save(tmp_path / "mine.h5")


def test_a_model_for_another_size_is_refused(tmp_path, taught):
    small = ConvLSTM(lean((32, 16), filters=2), taught.card)
    with pytest.raises(BalletError, match=r"for frames of \(32, 16, 6\)"):
        ConvLSTM.load(small.save(tmp_path / "small.keras"))


# --- Grey pictures ---


def test_grey_clips_are_stretches_of_the_film(tmp_path):
    film = [np.full((120, 180, 3), 5 * number, np.uint8) for number in range(50)]
    write_video(tmp_path / "film.mp4", film, fps=20)
    clips = grey_clips(tmp_path / "film.mp4")
    assert clips.shape == (2, 10, 60, 90, 1) and clips.dtype == np.float32
    told = clips.mean(axis=(2, 3, 4)).ravel() * 255
    assert np.allclose(told, np.arange(0, 200, 10), atol=5), "every other frame, one after the other"
    with pytest.raises(BalletError, match="less than a clip"):
        grey_clips(tmp_path / "film.mp4", length=30)
