"""The networks: the papers' layer by layer, the course's own, and what can be read from them."""

import io
import json
import zipfile

import numpy as np
import pytest

from ballet_lib import BalletError
from ballet_lib.networks import NETWORKS, build
from ballet_lib.networks.attention import attention_weights
from ballet_lib.networks.tcn import receptive_field
from ballet_lib.quiet_tensorflow import import_keras

keras = import_keras()


def layers(model):
    """Kind, size and activation of each layer that has weights, or does something to its input."""
    told = []
    for layer in model.layers:
        inner = getattr(layer, "forward_layer", layer)
        size = getattr(inner, "units", getattr(inner, "rate", None))
        activation = getattr(inner, "activation", None)
        told.append((type(layer).__name__, size, activation.__name__ if activation else None))
    return [one for one in told if one[0] != "InputLayer"]


def test_the_ballet_papers_network_is_exact():
    model = build("lstm-paper", (40, 132), 6)
    assert layers(model) == [
        ("LSTM", 64, "relu"), ("LSTM", 128, "relu"), ("LSTM", 64, "relu"),
        ("Dense", 64, "relu"), ("Dense", 32, "relu"), ("Dense", 6, "softmax"),
    ]  # fmt: skip
    assert [layer.return_sequences for layer in model.layers[:3]] == [True, True, False]
    lstm = 4 * 64 * (132 + 64 + 1) + 4 * 128 * (64 + 128 + 1) + 4 * 64 * (128 + 64 + 1)
    dense = (64 + 1) * 64 + (64 + 1) * 32 + (32 + 1) * 6
    assert model.count_params() == lstm + dense == 205_094


def test_the_style_projects_network_is_exact():
    model = build("lstm-style", (100, 51), 3)
    assert layers(model) == [
        ("Dense", 20, "relu"), ("LSTM", 20, "tanh"), ("LSTM", 20, "tanh"), ("Dense", 3, "softmax"),
    ]  # fmt: skip
    assert model.count_params() == (51 + 1) * 20 + 2 * 4 * 20 * (20 + 20 + 1) + (20 + 1) * 3 == 7_663
    assert build("lstm-style", (100, 51), 3, units=60).layers[1].units == 60


def test_the_style_projects_weight_decay_holds_every_weight_and_bias():
    model = build("lstm-style", (5, 4), 3)
    model.set_weights([weights + 0.1 for weights in model.get_weights()])  # so that biases count
    half_squares = sum(float((weights**2).sum()) / 2 for weights in model.get_weights())
    assert float(sum(model.losses)) == pytest.approx(0.0015 * half_squares, rel=1e-5)


@pytest.mark.parametrize(
    ("network", "units", "dense", "activation"),
    [("bilstm-paper", 64, (32, 16), "relu"), ("bilstm-tuned", 448, (320, 160), "tanh")],
)
def test_the_16_style_papers_networks_are_exact(network, units, dense, activation):
    model = build(network, (30, 24), 16)
    assert layers(model) == [
        ("BatchNormalization", None, None), ("Bidirectional", units, "tanh"), ("Dropout", 0.2, None),
        ("Dense", dense[0], activation), ("Dense", dense[1], activation), ("Dense", 16, "linear"),
        ("Softmax", None, None),
    ]  # fmt: skip
    recurrent = 2 * 4 * units * (24 + units + 1)
    fully = (2 * units + 1) * dense[0] + (dense[0] + 1) * dense[1] + (dense[1] + 1) * 16
    assert model.count_params() == 4 * 24 + recurrent + fully


@pytest.mark.parametrize("network", NETWORKS)
def test_every_network_returns_probabilities_and_loads_in_safe_mode(network, tmp_path):
    model = build(network, (6, 5), 3)
    X = np.random.default_rng(0).normal(size=(4, 6, 5)).astype(np.float32)
    out = model.predict_on_batch(X)
    assert out.shape == (4, 3) and np.allclose(out.sum(axis=1), 1, atol=1e-5) and out.dtype == np.float32
    assert getattr(model, "optimizer", None) is None
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert np.array_equal(again.predict_on_batch(X), out)


@pytest.mark.parametrize("network", ["lstm", "bilstm", "attention", "tcn"])
def test_the_courses_own_normalise_first_and_are_small(network, tmp_path):
    model = build(network, (40, 198), 7)
    first = next(layer for layer in model.layers if type(layer).__name__ != "InputLayer")
    assert first.name == "normalise" and type(first).__name__ == "Normalization"
    model.save(tmp_path / "model.keras")
    assert (tmp_path / "model.keras").stat().st_size < 1_000_000
    config = json.loads(zipfile.ZipFile(tmp_path / "model.keras").read("config.json"))
    assert "ballet_lib" not in io.StringIO(json.dumps(config)).read()  # Keras' own layers alone


def test_attention_is_the_scaled_dot_product_of_the_last_state_with_all():
    model = build("attention", (7, 4), 3, units=5)
    X = np.random.default_rng(0).normal(size=(6, 7, 4)).astype(np.float32)
    states = keras.Model(model.inputs, model.get_layer("lstm").output[0]).predict_on_batch(X)
    scores = np.einsum("ntu,nu->nt", states, states[:, -1]) / np.sqrt(5)
    expected = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    weights = attention_weights(model, X, batch_size=4)
    assert weights.shape == (6, 7) and np.allclose(weights, expected, atol=1e-5)
    assert attention_weights(model, X[:0]).shape == (0, 7)


def test_a_network_without_attention_has_no_weights_to_read():
    with pytest.raises(BalletError, match="no attention"):
        attention_weights(build("lstm", (7, 4), 3), np.zeros((1, 7, 4), dtype=np.float32))


def test_a_convolution_never_sees_a_later_frame():
    model = build("tcn", (20, 3), 2, dilations=(1, 2, 4))
    blocks = keras.Model(model.inputs, model.get_layer("block_4").output)
    X = np.random.default_rng(0).normal(size=(1, 20, 3)).astype(np.float32)
    changed = X.copy()
    changed[:, 12] += 5
    moved = np.abs(blocks.predict_on_batch(changed) - blocks.predict_on_batch(X)).max(axis=(0, 2))
    assert not moved[:12].any() and moved[12] > 1e-4


@pytest.mark.parametrize(("kernel", "dilations"), [(3, (1, 2)), (2, (1, 2, 4)), (3, (3,))])
def test_the_receptive_field_is_what_the_last_frame_depends_on(kernel, dilations):
    keras.utils.set_random_seed(0)
    frames = receptive_field(kernel, dilations) + 4
    model = build("tcn", (frames, 3), 2, kernel=kernel, dilations=dilations, channels=8)
    X = np.random.default_rng(0).normal(size=(1, frames, 3)).astype(np.float32)
    each = np.repeat(X, frames, axis=0)
    each[range(frames), range(frames)] += 10  # row t differs in frame t alone
    reached = np.abs(model.predict_on_batch(each) - model.predict_on_batch(X)).max(axis=1) > 1e-7
    assert not reached[:4].any() and reached[4] and reached[-1]


def test_receptive_fields_by_hand():
    assert receptive_field() == 1 + 2 * 2 * (1 + 2 + 4 + 8 + 16 + 32) == 253
    assert receptive_field(convolutions_per_block=1) == 127
    with pytest.raises(BalletError, match="counted from 1"):
        receptive_field(kernel=0)


def test_unknown_networks_and_sizes_are_named():
    with pytest.raises(BalletError, match=r"'gru'.*lstm, bilstm"):
        build("gru", (4, 3), 2)
    with pytest.raises(BalletError, match=r"no size layers.*units, filters, dropout"):
        build("lstm", (4, 3), 2, layers=3)
    with pytest.raises(BalletError, match="none that can be changed"):
        build("lstm-paper", (4, 3), 2, units=3)
