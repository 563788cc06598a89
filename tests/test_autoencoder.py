"""The autoencoder of silhouettes: its networks, its training, its files, and the one that ships."""

import json
from itertools import pairwise

import keras
import numpy as np
import pytest
from keras.ops import convert_to_numpy as numpy

from ballet_lib.classifier import Classifier
from ballet_lib.errors import BalletError
from ballet_lib.generation.autoencoder import Autoencoder, fit_autoencoder
from ballet_lib.generation.autoencoder_training import (
    SHIFT,
    _entropy_and_overlap,
    _overlap,
    _sampling,
    vary,
)
from ballet_lib.model_files import SHIPPED
from ballet_lib.networks.autoencoder import _to_depth, _to_space, lean, paper, patch_of
from ballet_lib.silhouettes import Silhouettes, iou


@pytest.fixture(scope="module")
def silhouettes():
    return Silhouettes.load("silhouettes")


@pytest.fixture(scope="module")
def few(silhouettes):
    return silhouettes.filter(["r11", "r12"]).frames[::20]


@pytest.fixture(scope="module")
def trained(few):
    return fit_autoencoder(few, epochs=8, validation=few[::5], seed=3, bar=False)


# --- Networks ---


def test_the_papers_layers_are_the_papers():
    model = paper()
    encoder, decoder = model.get_layer("encoder"), model.get_layer("decoder")
    filters = [layer.filters for layer in encoder.layers if isinstance(layer, keras.layers.Conv2D)]
    assert filters == [128, 64, 64, 32, 64, 32, 64, 32, 32]
    back = [layer.filters for layer in decoder.layers if isinstance(layer, keras.layers.Conv2D)]
    assert back == [*filters[::-1], 1]
    dense = [layer.units for layer in encoder.layers if isinstance(layer, keras.layers.Dense)]
    assert dense == [256, 128] and encoder.layers[-1].activation is keras.activations.sigmoid
    kinds = [type(layer).__name__ for layer in (*encoder.layers, *decoder.layers)]
    assert kinds.count("MaxPooling2D") == kinds.count("UpSampling2D") == 4
    convolutions = [1, *filters], [32, *back]
    count = sum(9 * a * b + b for some in convolutions for a, b in pairwise(some))
    count += sum(a * b + b for a, b in ((768, 256), (256, 128), (128, 256), (256, 768)))
    assert model.count_params() == count == 896_641
    assert model.output_shape == (None, 96, 64, 1)


def test_the_lean_one_is_small_and_squeezes_as_much():
    model = lean()
    assert model.get_layer("encoder").output_shape == (None, 128)
    assert model.count_params() < 896_641 / 5
    assert model.output_shape == model.input_shape == (None, 96, 64, 1)


def test_what_is_learnt_at_one_place_holds_at_another():
    """A figure moved by whole patches moves the numbers by as many places, away from the edge."""
    keras.utils.set_random_seed(0)
    encoder = lean().get_layer("encoder")
    picture = np.zeros((1, 96, 64, 1), np.float32)
    picture[0, 40:50, 26:38] = np.random.default_rng(0).random((10, 12, 1)) > 0.5
    moved = np.roll(picture, (6, 8), axis=(1, 2))
    before, after = (encoder.predict_on_batch(one).reshape(16, 8) for one in (picture, moved))
    assert np.allclose(np.roll(before, (1, 1), axis=(0, 1))[2:-2, 2:-2], after[2:-2, 2:-2], atol=1e-5)
    assert not np.allclose(before, after, atol=1e-3)


def test_pixels_go_to_channels_and_back():
    x = np.random.default_rng(0).random((2, 12, 16, 3)).astype(np.float32)
    deep = numpy(_to_depth(x, (3, 4)))
    assert deep.shape == (2, 4, 4, 36)
    assert np.array_equal(deep[1, 2, 3], x[1, 6:9, 12:16].ravel())
    assert np.array_equal(numpy(_to_space(deep, (3, 4))), x)


def test_numbers_fill_the_picture_or_are_refused():
    assert [patch_of((96, 64), numbers) for numbers in (512, 128, 32, 8)] == [
        (3, 4), (6, 8), (12, 16), (24, 32)
    ]  # fmt: skip
    for numbers in (100, 0, -128, 7):
        with pytest.raises(BalletError, match="do not lie evenly"):
            lean(numbers=numbers)
    with pytest.raises(BalletError, match="halves a picture four times"):
        paper((90, 60))


# --- Training ---


def test_losses_are_what_they_say(few):
    truth = few[:3, ..., None].astype(np.float32)
    drawn = np.random.default_rng(0).uniform(0.01, 0.99, truth.shape).astype(np.float32)
    entropy = -(truth * np.log(drawn) + (1 - truth) * np.log(1 - drawn)).mean((1, 2, 3))
    dice = (2 * (truth * drawn).sum((1, 2, 3)) + 1) / ((truth + drawn).sum((1, 2, 3)) + 1)
    told = numpy(_entropy_and_overlap(truth, drawn))
    assert np.allclose(told, entropy + 0.1 * (1 - dice), atol=1e-4)
    assert np.allclose(numpy(_overlap(truth, drawn)), iou(few[:3], drawn[..., 0]), atol=1e-6)


def test_varied_silhouettes_are_the_same_dancer_elsewhere(few):
    before = few.copy()
    varied = vary(few, np.random.default_rng(0))
    assert np.array_equal(few, before) and varied.dtype == bool and varied.shape == few.shape
    size = varied.sum((1, 2)) / few.sum((1, 2))
    assert size.min() > 0.75 and size.max() < 1.25

    def middle(frames):
        return (frames.sum(1) * np.arange(64)).sum(1) / frames.sum((1, 2))

    straight, mirrored = (np.abs(middle(varied) - one) for one in (middle(few), 63 - middle(few)))
    assert np.minimum(straight, mirrored).max() < 2 * SHIFT
    assert 0.2 < (iou(varied, few) > iou(varied, few[:, :, ::-1])).mean() < 0.8, "half of them are mirrored"


def test_training_helps_and_repeats_itself(few, trained):
    again = fit_autoencoder(few, epochs=8, validation=few[::5], seed=3, bar=False)
    assert np.array_equal(trained.encode(few[:9]), again.encode(few[:9]))
    assert list(trained.history.columns) == ["epoch", "seconds", "loss", "iou", "val_iou"]
    assert trained.history.loss.iloc[-1] < 0.6 * trained.history.loss.iloc[0]
    mean = np.repeat(few.mean(axis=0, keepdims=True), len(few), axis=0)
    assert iou(trained.reconstruct(few), few).mean() > iou(mean, few).mean() + 0.2
    assert trained.history.val_iou.iloc[-1] == pytest.approx(
        iou(trained.reconstruct(few[::5]), few[::5]).mean(), abs=1e-6
    )
    other = fit_autoencoder(few, epochs=1, seed=4, bar=False)
    assert not np.array_equal(trained.encode(few[:1]), other.encode(few[:1]))
    assert other.history.val_iou.isna().all()


def test_squeezing_and_drawing_are_the_two_halves_of_the_model(few, trained):
    code = trained.encode(few)
    assert code.shape == (len(few), 128) and code.dtype == np.float32
    drawn = trained.decode(code)
    assert drawn.shape == few.shape and drawn.dtype == np.float32 and drawn.min() >= 0 and drawn.max() <= 1
    whole = trained.model.predict_on_batch(few[..., None].astype(np.float32))[..., 0]
    assert np.allclose(drawn, whole, atol=1e-5)
    assert np.allclose(trained.encode(few.astype(np.float64)), code, atol=1e-5), "probabilities are welcome"
    assert trained.encode(few[:0]).shape == (0, 128) and trained.decode(code[:0]).shape == (0, 96, 64)


def test_the_time_is_kept(few):
    one = fit_autoencoder(np.repeat(few, 40, axis=0), seconds=0.5, bar=False)
    assert len(one.history) == 1, "it stopped within the first epoch"
    assert np.isfinite(one.history.loss).all() and one.card["frames"] == 40 * len(few)


def test_the_variational_form_draws_from_a_spread_and_encodes_the_mean(few):
    one = fit_autoencoder(few[:32], epochs=1, variational=True, bar=False)
    pictures = few[:4, ..., None].astype(np.float32)
    mean, log_variance = one.encoder.predict_on_batch(pictures)
    assert np.allclose(one.encode(few[:4]), mean, atol=1e-6)
    divergence = (np.exp(log_variance) + mean**2 - 1 - log_variance).sum(axis=1, keepdims=True) / 2
    pupil = _sampling(one)
    drawn, told = pupil(pictures, training=False)
    assert np.allclose(told, divergence, rtol=1e-3) and np.allclose(
        drawn[..., 0], one.reconstruct(few[:4]), atol=1e-5
    )
    assert not np.allclose(pupil(pictures, training=True)[0], drawn, atol=1e-3)


def test_what_cannot_be_trained_is_refused(few):
    for bad in ({"epochs": 0}, {"epochs": 1.5}, {"seconds": 0}, {"seconds": float("nan")}):
        with pytest.raises(BalletError, match="teach nothing"):
            fit_autoencoder(few, bar=False, **bad)
    with pytest.raises(BalletError, match="Both seconds and epochs"):
        fit_autoencoder(few, seconds=1, epochs=1)
    with pytest.raises(BalletError, match="no network 'gan'"):
        fit_autoencoder(few, "gan")
    with pytest.raises(BalletError, match="no variational network 'paper'"):
        fit_autoencoder(few, "paper", variational=True)
    with pytest.raises(BalletError, match="too few"):
        fit_autoencoder(few[:5])
    with pytest.raises(BalletError, match="no silhouette to check with"):
        fit_autoencoder(few, validation=few[:0])
    with pytest.raises(BalletError, match="Silhouettes are bool"):
        fit_autoencoder(few[:, :90])
    with pytest.raises(BalletError, match="do not lie evenly"):
        fit_autoencoder(few, numbers=100)


# --- Files ---


def test_it_comes_back_from_a_file(few, trained, tmp_path):
    back = Autoencoder.load(trained.save(tmp_path / "mine.keras"))
    assert np.array_equal(back.reconstruct(few[:5]), trained.reconstruct(few[:5]))
    assert np.allclose(back.history, trained.history, atol=1e-6)
    assert (back.numbers, back.card["seed"]) == (128, 3)
    assert "96 x 64 pixels -> 128 numbers" in repr(back)
    with pytest.raises(BalletError, match=r"does not end in \.keras"):
        trained.save(tmp_path / "mine.h5")


def test_other_models_and_sizes_are_refused(trained, tmp_path):
    with pytest.raises(BalletError, match="There is no model"):
        Autoencoder.load(tmp_path / "none.keras")
    with pytest.raises(BalletError, match="not that of a silhouette autoencoder"):
        Autoencoder.load(SHIPPED / "lstm.keras")
    path = trained.save(tmp_path / "mine.keras")
    with pytest.raises(BalletError, match="no model card"):
        Classifier.load(path)
    card = json.loads(path.with_suffix(".json").read_text())
    for change, said in (
        ({"numbers": 64}, "is no autoencoder of 96 x 64 pixels with 64 numbers"),
        ({"numbers": "128"}, "to how many numbers"),
        ({"network": None}, "which network"),
        ({"format": 99}, "later ballet_lib"),
        ({"model_sha256": "0" * 64}, "not the model that its card speaks of"),
        ({"history": [1]}, "history is damaged"),
    ):
        path.with_suffix(".json").write_text(json.dumps(card | change))
        with pytest.raises(BalletError, match=said):
            Autoencoder.load(path)


def test_a_model_of_another_size_is_refused(tmp_path):
    card = {"kind": "silhouette autoencoder", "format": 1, "network": "lean", "numbers": 32}
    small = Autoencoder(lean((48, 32), 32), card).save(tmp_path / "small.keras")
    with pytest.raises(BalletError, match="is no autoencoder of 96 x 64"):
        Autoencoder.load(small)


def test_frames_and_numbers_of_other_sizes_are_refused(few, trained):
    with pytest.raises(BalletError, match="Silhouettes are bool"):
        trained.encode(few[:, :, :60])
    for bad in (np.zeros((2, 64)), np.zeros(128), np.full((1, 128), np.nan)):
        with pytest.raises(BalletError, match="finite numbers"):
            trained.decode(bad)


# --- The one that ships ---


def test_the_one_that_ships_draws_a_stranger(silhouettes):
    shipped = Autoencoder.load("silhouettes")
    stranger = silhouettes.filter("r15").frames[::4]
    assert set(shipped.card["dancers"]) == {"r11", "r12", "r13", "r14"}
    score = iou(shipped.reconstruct(stranger), stranger).mean()
    assert score >= 0.90
    assert score == pytest.approx(shipped.card["stranger"]["r15"], abs=0.01)
    sizes = [(SHIPPED / f"silhouettes.{ending}").stat().st_size for ending in ("keras", "json")]
    assert sum(sizes) < 1_300_000
