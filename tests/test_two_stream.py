"""Networks of two streams: what they are fed, what they can and cannot see, and the report's sizes."""

import numpy as np
import pytest

from ballet_lib.errors import BalletError
from ballet_lib.networks.two_stream import NETWORKS, POSE_VALUES, Shape, build
from ballet_lib.quiet_tensorflow import import_keras

keras = import_keras()
SMALL = {"units": 8}
BOTH = Shape(pictures=6)


def fed(steps: int = 8, people: int = 2, rows: int = 3, seed: int = 0) -> list[np.ndarray]:
    """Draw pictures and poses of `rows` sequences."""
    rng = np.random.default_rng(seed)
    shapes = (rows, steps, BOTH.pictures), (rows, steps, people, 51)
    return [rng.normal(size=shape).astype(np.float32) for shape in shapes]


@pytest.mark.parametrize("network", NETWORKS)
def test_each_network_tells_probabilities_of_any_streams(network):
    pictures, poses = fed()
    for shape, inputs in (
        (BOTH, [pictures, poses]), (Shape(), poses), (Shape(pictures=6, poses=False), pictures)
    ):  # fmt: skip
        told = build(network, shape, 4, **SMALL).predict_on_batch(inputs)
        assert told.shape == ((3, 8, 4) if network == "frame" else (3, 4))
        np.testing.assert_allclose(told.sum(axis=-1), 1, atol=1e-5)


@pytest.mark.parametrize("network", NETWORKS)
def test_order_of_people_and_empty_slots_make_no_difference(network):
    model = build(network, BOTH, 3, **SMALL)
    pictures, poses = fed(people=3)
    filled = np.zeros((3, 8, 20, 51), np.float32)
    filled[:, :, [17, 0, 5]] = poses
    told = model.predict_on_batch([pictures, poses])
    np.testing.assert_allclose(model.predict_on_batch([pictures, filled]), told, atol=1e-5)
    poses[:, :, 1] = 0  # while a person who leaves does
    assert np.abs(model.predict_on_batch([pictures, poses]) - told).max() > 1e-3


def test_poses_become_the_largest_value_over_the_people():
    model = build("frame", Shape(), 3, **SMALL)
    poses = fed(people=4)[1]
    first, second = (model.get_layer(f"pose_{number}").get_weights()[0][0, 0] for number in (1, 2))
    described = np.maximum(np.maximum(poses @ first, 0) @ second, 0).max(axis=2)
    seen = keras.Model(model.inputs, model.get_layer("hidden").output).predict_on_batch(poses)
    assert described.shape == (3, 8, POSE_VALUES)
    np.testing.assert_allclose(seen, described, rtol=2e-3)  # but for the new batch normalisation's epsilon


def test_frames_answer_for_themselves():
    model = build("frame", BOTH, 3, **SMALL)
    inputs = fed()
    told = model.predict_on_batch(inputs)
    backwards = model.predict_on_batch([stream[:, ::-1] for stream in inputs])
    np.testing.assert_allclose(backwards, told[:, ::-1], atol=1e-5)


@pytest.mark.parametrize("network", [name for name in NETWORKS if name != "frame"])
def test_sequences_are_read_in_their_order(network):
    model = build(network, BOTH, 3, **SMALL)
    inputs = fed()
    backwards = model.predict_on_batch([stream[:, ::-1] for stream in inputs])
    assert np.abs(backwards - model.predict_on_batch(inputs)).max() > 1e-3


@pytest.mark.parametrize("network", ["lstm", "attention", "tcn"])
def test_of_changes_what_stands_still_is_gone(network):
    model = build(network, BOTH, 3, **SMALL, changes=True)
    pictures, poses = fed()
    told = model.predict_on_batch([pictures, poses])
    np.testing.assert_allclose(model.predict_on_batch([pictures + 5, poses]), told, atol=1e-4)
    pictures[:, 4] += 5
    assert np.abs(model.predict_on_batch([pictures, poses]) - told).max() > 1e-3


def test_pictures_are_hidden_for_whole_sequences_in_training_alone():
    model = build("lstm", BOTH, 3, **SMALL, unseen=0.5)
    features = keras.Model(model.inputs, model.get_layer("unseen").output)
    pictures, poses = fed(rows=200)
    shown = np.asarray(features([pictures, poses], training=True))
    hidden = (shown == 0).all(axis=(1, 2))
    assert 60 < hidden.sum() < 140 and (shown[~hidden] != 0).all()
    assert np.asarray(features([pictures, poses])).all()


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("steps", [5, 30])
def test_any_number_of_steps_will_do(network, steps):
    filters = {"filters": 8} if network in ("lstm", "attention") else {}
    told = build(network, BOTH, 3, **SMALL, **filters).predict_on_batch(fed(steps))
    assert np.isfinite(told).all()


def test_defaults_are_the_reports():
    lstm = build("lstm", Shape(pictures=512), 10)
    assert lstm.get_layer("lstm").get_weights()[0].shape == (512 + 102, 4 * 128)
    assert lstm.get_layer("hidden").rate == 0.7
    attention = build("attention", Shape(pictures=512), 10)
    assert (attention.get_layer("lstm").units, attention.get_layer("hidden").rate) == (32, 0.05)
    tcn = build("tcn", Shape(pictures=512), 10)
    layers = [one for one in tcn.layers if isinstance(one, keras.layers.Conv1D)]
    convolutions = [one for one in layers if one.kernel_size[0] > 1]
    assert [one.dilation_rate[0] for one in convolutions] == [1, 1, 2, 2, 4, 4, 8, 8, 16, 16, 32, 32]
    assert {(one.filters, one.kernel_size[0]) for one in convolutions} == {(128, 3)}


def test_decay_adds_half_the_squares_of_all_kernels():
    model = build("lstm", BOTH, 3, **SMALL, decay=0.5)
    kernels = [one.numpy() for one in model.trainable_variables if "kernel" in one.path]
    assert len(kernels) == 5  # two of poses, two of the LSTM, the last
    added = 0.5 / 2 * sum(float((kernel**2).sum()) for kernel in kernels)
    assert float(sum(model.losses)) == pytest.approx(added, rel=1e-4)
    assert not build("lstm", BOTH, 3, **SMALL, decay=0.0).losses


@pytest.mark.parametrize("network", NETWORKS)
def test_networks_load_in_safe_mode(network, tmp_path):
    model, inputs = build(network, BOTH, 3, **SMALL), fed()
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras", compile=False, safe_mode=True)
    np.testing.assert_allclose(again.predict_on_batch(inputs), model.predict_on_batch(inputs), atol=1e-6)


def test_unknown_networks_sizes_and_no_stream_are_refused():
    with pytest.raises(BalletError, match="There are: lstm, attention, tcn, frame"):
        build("gru", BOTH, 3)
    with pytest.raises(BalletError, match=r"no size heads\. It has: units"):
        build("attention", BOTH, 3, heads=4)
    with pytest.raises(BalletError, match="without a stream sees nothing"):
        build("lstm", Shape(poses=False), 3)
