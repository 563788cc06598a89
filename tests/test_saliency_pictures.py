"""Maps of pictures: against networks small enough to follow by hand, and on well-known architectures."""

import keras
import numpy as np
import pytest
from keras import layers

from ballet_lib.errors import BalletError
from ballet_lib.saliency import pictures as sp


def dense_net(W, V, softmax=True):
    """Two layers on pictures of 2 x 2: ReLU(x W) V."""
    x = layers.Input((2, 2, 1))
    hidden = layers.Dense(W.shape[1], activation="relu", use_bias=False, name="hidden")(layers.Flatten()(x))
    told = layers.Dense(V.shape[1], "softmax" if softmax else None, use_bias=False)(hidden)
    model = keras.Model(x, told)
    model.set_weights([W, V])
    return model


@pytest.fixture
def by_hand():
    rng = np.random.default_rng(3)
    W, V = rng.normal(size=(4, 7)), rng.normal(size=(7, 3))
    return dense_net(W, V), W, V, rng.normal(size=(5, 2, 2)).astype(np.float32)


@pytest.fixture(scope="module")
def cnn():
    keras.utils.set_random_seed(1)
    x = layers.Input((16, 16, 1))
    y = layers.Rescaling(1 / 127.5, -1)(x)
    y = layers.Conv2D(8, 3, padding="same", activation="relu", name="first")(y)
    y = layers.MaxPooling2D()(y)
    y = layers.Conv2D(8, 3, padding="same", name="second")(y)
    y = layers.ReLU(name="after")(layers.BatchNormalization(name="norm")(y))
    y = layers.GlobalAveragePooling2D(name="average")(y)
    return keras.Model(x, layers.Dense(4, activation="softmax", name="answers")(y), name="little")


@pytest.fixture(scope="module")
def grey():
    return np.random.default_rng(0).integers(0, 256, (6, 16, 16), dtype=np.uint8)


# --- By hand ---


def test_the_gradient_is_that_of_the_logit_not_of_the_probability(by_hand):
    model, W, V, X = by_hand
    flat = X.reshape(5, 4)
    expected = ((flat @ W > 0) * V[:, 2]) @ W.T
    assert np.allclose(sp.gradient(model, X, 2).reshape(5, 4), expected, atol=1e-5)


def test_guided_backpropagation_drops_negative_gradients_at_each_relu(by_hand):
    model, W, V, X = by_hand
    flat = X.reshape(5, 4)
    expected = ((flat @ W > 0) * np.maximum(V[:, 1], 0)) @ W.T
    assert np.allclose(sp.guided_backpropagation(model, X, 1).reshape(5, 4), expected, atol=1e-5)
    assert not np.allclose(expected, ((flat @ W > 0) * V[:, 1]) @ W.T)


def test_a_layer_is_explained_by_the_mean_of_its_features(by_hand):
    model, W, _, X = by_hand
    expected = (X.reshape(5, 4) @ W > 0) @ W.T / W.shape[1]
    for method in (sp.gradient, sp.guided_backpropagation):
        assert np.allclose(method(model, X, layer="hidden").reshape(5, 4), expected, atol=1e-5)


def test_without_a_target_the_models_answer_is_explained(by_hand):
    model, _, _, X = by_hand
    answers = model.predict_on_batch(X[..., None]).argmax(1)
    assert np.array_equal(sp.gradient(model, X), sp.gradient(model, X, answers))


def test_a_model_that_ends_in_logits_has_the_same_maps(by_hand):
    model, W, V, X = by_hand
    assert np.allclose(sp.gradient(model, X, 0), sp.gradient(dense_net(W, V, softmax=False), X, 0), atol=1e-6)


def test_grad_cam_of_a_linear_head_is_the_class_activation_map(cnn, grey):
    """Selvaraju et al. 2017, section 3.1: with average pooling and a dense layer Grad-CAM is CAM."""
    channels = keras.Model(cnn.inputs, cnn.get_layer("after").output).predict_on_batch(grey[..., None])
    cam = np.maximum(channels @ cnn.get_layer("answers").get_weights()[0][:, 3], 0) / 64
    found = sp.grad_cam(cnn, grey, 3)
    assert found.shape == (6, 16, 16)
    # Two pixels of the fine map lie between two of the coarse one; the first is 3/4 of one, 1/4 of the other.
    inner = 0.75 * cam[:, :-1] + 0.25 * cam[:, 1:]
    inner = 0.75 * inner[:, :, :-1] + 0.25 * inner[:, :, 1:]
    assert np.allclose(found[:, 1:-1:2, 1:-1:2], inner, atol=1e-6)


def test_grad_cam_takes_the_channels_after_the_relu_by_itself(cnn, grey):
    assert np.array_equal(sp.grad_cam(cnn, grey), sp.grad_cam(cnn, grey, layer="after"))
    assert not np.allclose(sp.grad_cam(cnn, grey), sp.grad_cam(cnn, grey, layer="second"))


def test_mass_within_a_mask_by_hand():
    maps, masks = np.zeros((3, 20, 20)), np.zeros((3, 20, 20), bool)
    masks[:, 8:12, 8:12] = True
    maps[0, 9, 9], maps[0, 0, 0] = 3, -1  # a sign does not count
    maps[1, 9, 12], maps[1, 9, 13] = 1, 1  # one and two pixels beside the mask; 5% of 20 is one
    assert np.allclose(sp.mass_within(maps[:2], masks[:2]), [0.75, 0.5])
    assert np.allclose(sp.mass_within(maps[:2], masks[:2], margin=0.1), [0.75, 1])
    assert np.isnan(sp.mass_within(maps[2:], masks[2:])).all()
    assert np.allclose(sp.mass_within(np.ones((1, 20, 20, 3)), masks[:1], 0), 16 / 400)


def test_an_empty_mask_holds_nothing_and_does_not_grow():
    empty = np.zeros((1, 8, 8), bool)
    assert not sp.dilated(empty, 0.5).any()
    assert sp.mass_within(np.ones((1, 8, 8)), empty) == 0


def test_edges_are_where_the_grey_changes():
    half = np.zeros((1, 9, 9), np.uint8)
    half[:, :, 5:] = 100
    found = sp.edges(half)[0]
    assert found[:, 4:6].min() > 0 and not found[:, :4].any() and not found[:, 6:].any()
    assert np.array_equal(sp.edges(half[..., None].repeat(3, -1)), sp.edges(half))


# --- The guided twin ---


def test_the_guided_twin_computes_the_same_and_leaves_the_model_alone(cnn, grey):
    before = sp.gradient(cnn, grey, 0)
    twin = sp.guided(cnn)
    x = grey[..., None].astype(np.float32)
    assert np.allclose(twin.predict_on_batch(x), cnn.predict_on_batch(x), atol=1e-6)
    assert np.array_equal(before, sp.gradient(cnn, grey, 0))
    assert not np.allclose(before, sp.guided_backpropagation(cnn, grey, 0))


def test_a_clipped_relu_passes_nothing_above_its_limit():
    x = layers.Input((1, 3, 1))
    model = keras.Model(x, layers.Flatten()(layers.ReLU(max_value=6, name="six")(x)))
    X = np.float32([[[-1, 3, 9]]])
    assert sp.guided_backpropagation(model, X, layer="six").ravel().tolist() == pytest.approx([0, 1 / 3, 0])


def test_large_batches_are_cut_without_a_trace(cnn, grey, monkeypatch):
    whole = [sp.grad_cam(cnn, grey, 1), sp.guided_backpropagation(cnn, grey, np.arange(6) % 4)]
    monkeypatch.setattr(sp, "BATCH", 4)
    cut = [sp.grad_cam(cnn, grey, 1), sp.guided_backpropagation(cnn, grey, np.arange(6) % 4)]
    assert all(np.allclose(a, b, atol=1e-6) for a, b in zip(whole, cut, strict=True))


@pytest.mark.parametrize(("name", "side", "relus"), [("ResNet50", 32, 49), ("InceptionV3", 75, 94)])
def test_well_known_architectures_can_be_explained(name, side, relus):
    model = getattr(keras.applications, name)(weights=None, input_shape=(side, side, 3), classes=5)
    X = np.random.default_rng(0).normal(size=(2, side, side, 3)).astype(np.float32)
    twin = sp.guided(model)
    changed = [layer for layer in twin.layers if getattr(getattr(layer, "activation", None), "guided", False)]
    assert len(changed) == relus
    last = next(layer.name for layer in model.layers if isinstance(layer, layers.GlobalAveragePooling2D))
    maps = sp.guided_backpropagation(model, X, layer=last)
    assert maps.shape == X.shape and np.isfinite(maps).all() and maps.any()
    if name == "ResNet50":
        assert sp.grad_cam(model, X, 1).shape == (2, side, side)


# --- Bad input ---


def test_pictures_that_do_not_fit_are_refused(cnn, grey):
    with pytest.raises(BalletError, match="Resize"):
        sp.gradient(cnn, grey[:, :12])
    with pytest.raises(BalletError, match="colours to one of three"):
        sp.grad_cam(cnn, np.repeat(grey[..., None], 3, axis=-1))
    with pytest.raises(BalletError, match="no picture"):
        sp.grad_cam(cnn, grey[:0])
    with pytest.raises(BalletError, match="0 to 255"):
        sp.gradient(cnn, grey / 255)
    with pytest.raises(BalletError, match="0 to 255"):
        sp.gradient(cnn, grey.astype(np.float32) - 128)
    with pytest.raises(BalletError, match="no numbers"):
        sp.gradient(cnn, np.where(grey > 200, np.nan, grey))
    with pytest.raises(BalletError, match="bool"):
        sp.gradient(cnn, grey > 100)


@pytest.mark.parametrize("target", [4, -1, [0, 1], 1.0, np.zeros((6, 1), int)])
def test_a_target_that_the_model_does_not_have_is_refused(cnn, grey, target):
    with pytest.raises(BalletError, match="target"):
        sp.grad_cam(cnn, grey, target)


def test_layers_that_do_not_fit_are_named(cnn, grey):
    with pytest.raises(BalletError, match=r"no layer 'third'.*answers"):
        sp.grad_cam(cnn, grey, layer="third")
    with pytest.raises(BalletError, match="average"):
        sp.grad_cam(cnn, grey, layer="average")
    with pytest.raises(BalletError, match="not both"):
        sp.gradient(cnn, grey, 1, layer="second")


def test_models_of_another_kind_are_refused(by_hand):
    with pytest.raises(BalletError, match="no convolution"):
        sp.grad_cam(by_hand[0], by_hand[3])
    x = layers.Input((2, 2, 1))
    smooth = keras.Model(x, layers.Dense(2, "softmax")(layers.Flatten()(layers.Conv2D(2, 1)(x))))
    with pytest.raises(BalletError, match="no ReLU"):
        sp.guided_backpropagation(smooth, by_hand[3])
    sequence = keras.Sequential([layers.Input((4, 3)), layers.Flatten(), layers.Dense(2, "softmax")])
    with pytest.raises(BalletError, match="sequences"):
        sp.gradient(sequence, np.zeros((1, 4, 3)))


def test_masks_of_other_pictures_are_refused():
    with pytest.raises(BalletError, match="other pictures"):
        sp.mass_within(np.ones((1, 8, 8)), np.ones((2, 8, 8), bool))
    with pytest.raises(BalletError, match="bool"):
        sp.dilated(np.ones((1, 8, 8)))
