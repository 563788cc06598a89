"""Saliency of sequences: maps against independent computation, planted models, and bad input."""

import numpy as np
import pytest

from ballet_lib import BalletError, saliency
from ballet_lib.classifier import Classifier
from ballet_lib.networks import NETWORKS, build
from ballet_lib.quiet_tensorflow import import_keras
from ballet_lib.saliency.answers import answers_of
from ballet_lib.skeleton import INDEX

keras = import_keras()

FRAMES, CENTRED = 6, 66
BY_GRADIENT = {
    "gradient": saliency.gradient,
    "gradient x input": saliency.gradient_times_input,
    "smoothgrad": lambda *given: saliency.smoothgrad(*given, copies=3),
    "integrated": lambda *given: saliency.integrated_gradients(*given, steps=4),
}


def some(takes=3, frames=FRAMES, columns=CENTRED, seed=0):
    return np.random.default_rng(seed).normal(size=(takes, frames, columns)).astype(np.float32)


def linear(weights, softmax_layer=False):
    """A model whose logits are flat inputs times weights (T * F, K)."""
    weights = np.asarray(weights, dtype=np.float32)
    layers = [keras.layers.Input((FRAMES, len(weights) // FRAMES)), keras.layers.Flatten()]
    if softmax_layer:
        layers += [keras.layers.Dense(weights.shape[1]), keras.layers.Softmax()]
    else:
        layers += [keras.layers.Dense(weights.shape[1], activation="softmax")]
    model = keras.Sequential(layers)
    dense = next(layer for layer in model.layers if layer.weights)
    dense.set_weights([weights, np.ones(weights.shape[1], dtype=np.float32)])
    return model


@pytest.fixture(scope="module")
def bilstm():
    keras.utils.set_random_seed(0)
    return build("bilstm", (FRAMES, CENTRED), 3, units=6)


@pytest.fixture(scope="module")
def looks_at_left_ankle():
    """An LSTM, not linear, that is fed nothing but the left ankle's two columns."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([
        keras.layers.Input((FRAMES, CENTRED)), keras.layers.LSTM(4, name="lstm"),
        keras.layers.Dense(3, activation="softmax"),
    ])  # fmt: skip
    kernel, *others = model.get_layer("lstm").get_weights()
    blind = np.repeat(np.arange(33), 2) != INDEX["left_ankle"]
    model.get_layer("lstm").set_weights([np.where(blind[:, None], 0, kernel), *others])
    return model


# --- Gradients --------------------------------------------------------------------------------------------


def test_a_gradient_is_what_finite_differences_find(bilstm):
    X, step = some(1), 0.05
    answers = answers_of(bilstm)
    map_ = saliency.gradient(bilstm, X, target=1)[0]
    for frame, column in ((0, 0), (3, 17), (5, 65)):
        ends = []
        for way in (-step, step):
            moved = X.copy()
            moved[0, frame, column] += way
            ends.append(np.log(bilstm(moved, training=False).numpy()[0].astype(float)))
        low, high = ends
        # Log-probabilities differ from logits by one number for all answers, so differences of two agree.
        found = ((high - low)[1] - (high - low)[2]) / (2 * step)
        other = saliency.gradient(bilstm, X, target=2)[0, frame, column]
        assert map_[frame, column] - other == pytest.approx(found, abs=2e-4)
    assert answers.logits(X).shape == (1, 3)


@pytest.mark.parametrize("softmax_layer", [False, True])
def test_a_linear_model_is_explained_exactly_whatever_its_certainty(softmax_layer):
    rng = np.random.default_rng(1)
    weights = 20 * rng.normal(size=(FRAMES * 5, 3))  # so sure that its probabilities have no slope
    model, X, baseline = linear(weights, softmax_layer), some(4, columns=5), rng.normal(size=5)
    target = np.array([0, 2, 1, 1])
    slope = weights.T[target].reshape(X.shape)
    np.testing.assert_allclose(saliency.gradient(model, X, target), slope, rtol=1e-5)
    np.testing.assert_allclose(saliency.smoothgrad(model, X, target), slope, rtol=1e-4)
    for steps in (1, 7):
        maps = saliency.integrated_gradients(model, X, target, baseline, steps)
        np.testing.assert_allclose(maps, slope * (X - baseline), rtol=1e-3, atol=1e-4)
        assert saliency.completeness(model, X, maps, target, baseline).max() < 1e-4
    times = saliency.gradient_times_input(model, X, target, baseline)
    np.testing.assert_allclose(times, slope * (X - baseline), rtol=1e-3, atol=1e-4)


def test_without_a_target_the_models_own_answer_is_explained(bilstm):
    X = some(5)
    answered = bilstm(X, training=False).numpy().argmax(axis=1)
    np.testing.assert_array_equal(saliency.gradient(bilstm, X), saliency.gradient(bilstm, X, answered))
    np.testing.assert_array_equal(
        saliency.gradient(bilstm, X, 2), saliency.gradient(bilstm, X, np.full(5, 2))
    )


@pytest.mark.parametrize("network", list(NETWORKS))
def test_integrated_gradients_are_complete_in_every_network(network):
    keras.utils.set_random_seed(3)
    model = build(network, (10, 12), 4)
    X, still = (0.5 * some(3, frames=10, columns=12, seed=seed) for seed in (0, 1))
    # From zeros an untrained TCN jumps: its layer norms see frames without any spread.
    still = still if network == "tcn" else np.zeros_like(X)
    maps = saliency.integrated_gradients(model, X, 1, still, steps=200)
    assert maps.shape == X.shape and maps.dtype == np.float32
    logits = answers_of(model).logits
    moved = np.abs(logits(X) - logits(still))[:, 1]
    missed = saliency.completeness(model, X, maps, 1, still) * moved
    assert missed.max() < 0.01 * moved.max()


def test_a_map_that_does_not_add_up_is_made_again_on_a_finer_line(bilstm):
    X = np.linspace(0.1, 20, 6, dtype="float32")[:, None, None] * some(6)
    asked = {"steps": 2, "baseline": np.zeros_like(X)}
    once = saliency.integrated_gradients(bilstm, X, **asked, tolerance=None)
    maps = saliency.integrated_gradients(bilstm, X, **asked, tolerance=0.05)
    before, after = (saliency.completeness(bilstm, X, each, baseline=0 * X) for each in (once, maps))
    again = before > 0.05
    assert again.any() and not again.all()
    assert (after <= 0.05).all()
    np.testing.assert_array_equal(maps[~again], once[~again])


def test_the_baseline_is_the_average_frame_that_the_network_has_learnt():
    keras.utils.set_random_seed(0)
    model, X = build("bilstm", (FRAMES, 5), 3, units=4), 3 + 2 * some(40, columns=5)
    model.get_layer("normalise").adapt(X)
    average = X.mean(axis=(0, 1))
    np.testing.assert_allclose(
        saliency.integrated_gradients(model, X[:2]),
        saliency.integrated_gradients(model, X[:2], baseline=average), atol=1e-5,
    )  # fmt: skip
    still = np.broadcast_to(average, X[:2].shape)
    assert np.abs(saliency.integrated_gradients(model, still)).max() < 1e-5


def test_smoothgrad_is_repeatable_and_no_map_depends_on_its_neighbours(bilstm):
    X = some(4)
    np.testing.assert_allclose(
        saliency.smoothgrad(bilstm, X, copies=2, noise=0), saliency.gradient(bilstm, X), atol=1e-6
    )
    whole = saliency.smoothgrad(bilstm, X, copies=30)
    np.testing.assert_array_equal(whole, saliency.smoothgrad(bilstm, X, copies=30))
    np.testing.assert_allclose(whole[2:3], saliency.smoothgrad(bilstm, X[2:3], copies=30), atol=1e-6)
    assert not np.allclose(whole, saliency.smoothgrad(bilstm, X, copies=30, seed=1), atol=1e-6)
    assert not np.allclose(whole, saliency.gradient(bilstm, X), atol=1e-6)


def test_many_takes_are_explained_as_few_are(bilstm, monkeypatch):
    X = some(7)
    at_once = saliency.integrated_gradients(bilstm, X, steps=5)
    monkeypatch.setattr("ballet_lib.saliency.answers.ROWS", 3)
    monkeypatch.setattr("ballet_lib.saliency.gradients.ROWS", 11)
    np.testing.assert_allclose(saliency.integrated_gradients(bilstm, X, steps=5), at_once, atol=1e-6)


def test_new_weights_are_explained_at_once():
    model, X = linear(np.ones((FRAMES * 2, 2))), some(1, columns=2)
    assert np.allclose(saliency.gradient(model, X, 0), 1)
    model.layers[-1].set_weights([np.full((FRAMES * 2, 2), 5), np.zeros(2)])
    assert np.allclose(saliency.gradient(model, X, 0), 5)


# --- Attention --------------------------------------------------------------------------------------------


def test_rollout_of_two_layers_by_hand():
    first, second = np.array([[1, 0], [0.5, 0.5]]), np.array([[0.2, 0.8], [0, 1]])
    # Mixed with half of the identity: [[1, 0], [.25, .75]] and [[.6, .4], [0, 1]]; second after first.
    by_hand = [[0.6 + 0.4 * 0.25, 0.4 * 0.75], [0.25, 0.75]]
    np.testing.assert_allclose(saliency.rollout([first, second]), by_hand, atol=1e-6)
    np.testing.assert_allclose(saliency.rollout([first, second], residual=0), second @ first, atol=1e-6)


def test_rollout_of_the_attention_network_counts_the_state_that_passes_beside():
    from ballet_lib.networks.attention import attention_weights

    keras.utils.set_random_seed(0)
    model, alone = (build(n, (FRAMES, 5), 3, units=4) for n in ("attention", "frame-attention"))
    X = some(4, columns=5)
    rolled, weights = saliency.attention_rollout(model, X), attention_weights(model, X)
    np.testing.assert_allclose(rolled.sum(axis=1), 1, atol=1e-5)
    only_the_last_asks = np.tile(np.eye(FRAMES), (4, 1, 1))
    only_the_last_asks[:, -1] = weights
    np.testing.assert_allclose(rolled, saliency.rollout([only_the_last_asks])[:, -1], atol=1e-6)
    np.testing.assert_allclose(saliency.attention_rollout(alone, X), attention_weights(alone, X))


# --- Occlusion --------------------------------------------------------------------------------------------


def test_hiding_what_a_linear_model_adds_up_takes_that_much_away():
    rng = np.random.default_rng(2)
    weights, X, baseline = rng.normal(size=(FRAMES * CENTRED, 3)), some(3), rng.normal(size=CENTRED)
    model = linear(weights)
    fall = saliency.occlusion(model, X, "centred", windows=2, target=1, baseline=baseline)
    assert fall.shape == (3, 2, 8)
    parts = ((X - baseline) * weights[:, 1].reshape(FRAMES, CENTRED)).reshape(3, 2, FRAMES // 2, 33, 2)
    for number, landmarks in enumerate(saliency.GROUPS.values()):
        by_hand = parts[:, :, :, list(landmarks)].sum(axis=(2, 3, 4))
        np.testing.assert_allclose(fall[..., number], by_hand, atol=2e-3)


# --- A model whose secret is known ------------------------------------------------------------------------


@pytest.mark.parametrize("method", BY_GRADIENT.values(), ids=BY_GRADIENT)
def test_every_method_finds_the_only_landmark_that_is_used(looks_at_left_ankle, method):
    on_joints = saliency.joint_maps(method(looks_at_left_ankle, some()), ["centred"], absolute=True)
    used = np.abs(on_joints).sum(axis=(0, 1)) > 0
    assert np.flatnonzero(used).tolist() == [INDEX["left_ankle"]]
    shares = saliency.group_shares(on_joints)
    np.testing.assert_allclose(shares[:, list(saliency.GROUPS).index("left foot")], 1, atol=1e-6)


def test_occlusion_finds_the_only_landmark_that_is_used(looks_at_left_ankle):
    fall = saliency.occlusion(looks_at_left_ankle, some(), ["centred"], windows=3)
    for number, group in enumerate(saliency.GROUPS):
        assert (np.abs(fall[..., number]).max() > 1e-3) == (group == "left foot"), group


def test_deletion_finds_the_only_landmark_that_is_used(looks_at_left_ankle):
    X, rest = some(), np.ones((3, FRAMES, 33))
    rest[..., INDEX["left_ankle"]] = 0
    unused_first = saliency.deletion(
        looks_at_left_ankle, X, saliency.spread(rest, "centred"), shares=(0, 0.5, 64 / 66, 1)
    )
    np.testing.assert_allclose(unused_first.certainty[:, :3], 1, atol=1e-6)
    assert (np.abs(unused_first.certainty[:, 3] - 1) > 1e-3).all()


# --- Bad input --------------------------------------------------------------------------------------------


def test_a_model_without_a_time_axis_is_refused():
    model = keras.Sequential([keras.layers.Input((8,)), keras.layers.Dense(2, activation="softmax")])
    with pytest.raises(BalletError, match="not sequences"):
        saliency.gradient(model, np.zeros((1, 8)))
    pictures = keras.Sequential([
        keras.layers.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(2, activation="softmax"),
    ])  # fmt: skip
    with pytest.raises(BalletError, match=r"saliency\.pictures"):
        saliency.integrated_gradients(pictures, np.zeros((1, 8, 8, 1)))


def test_a_model_without_softmax_is_refused():
    model = keras.Sequential([keras.layers.Input((4, 2)), keras.layers.LSTM(3), keras.layers.Dense(2)])
    with pytest.raises(BalletError, match="no softmax"):
        saliency.gradient(model, np.zeros((1, 4, 2)))


def test_a_classifier_is_no_keras_model():
    with pytest.raises(BalletError, match=r"Classifier\.model"):
        saliency.gradient(Classifier(None, {}), np.zeros((1, 4, 2)))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda X: X[0], "takes the shape"),
        (lambda X: X[:, :, :-1], "takes the shape"),
        (lambda X: X[:, :-1], "takes the shape"),
        (lambda X: X[:0], "no take to explain"),
        (lambda X: np.where(np.arange(CENTRED) == 3, np.nan, X), "no numbers"),
    ],
)
def test_inputs_that_do_not_fit_are_refused_by_every_method(bilstm, change, says):
    X = change(some())
    order = np.zeros(X.shape)
    asks = [
        *(lambda method=method: method(bilstm, X) for method in BY_GRADIENT.values()),
        lambda: saliency.occlusion(bilstm, X, "centred"),
        lambda: saliency.deletion(bilstm, X, order),
        lambda: saliency.completeness(bilstm, X, order),
    ]
    for ask in asks:
        with pytest.raises(BalletError, match=says):
            ask()


@pytest.mark.parametrize("target", [3, -1, [0, 1, 3], [0, 1], [0.0, 1.0, 2.0], "demi_plie"])
def test_a_target_that_the_model_does_not_have_is_refused(bilstm, target):
    with pytest.raises(BalletError, match="target"):
        saliency.gradient(bilstm, some(), target)


@pytest.mark.parametrize("baseline", [np.zeros(65), np.zeros((2, FRAMES, CENTRED)), np.nan, "mean"])
def test_a_baseline_that_does_not_fit_is_refused(bilstm, baseline):
    with pytest.raises(BalletError, match="baseline"):
        saliency.integrated_gradients(bilstm, some(), baseline=baseline)


def test_settings_that_make_no_sense_are_refused(bilstm):
    X = some()
    for ask, says in (
        (lambda: saliency.integrated_gradients(bilstm, X, steps=0), "steps"),
        (lambda: saliency.integrated_gradients(bilstm, X, tolerance=-1), "tolerance"),
        (lambda: saliency.smoothgrad(bilstm, X, copies=0), "copies"),
        (lambda: saliency.smoothgrad(bilstm, X, noise=-1), "noise"),
        (lambda: saliency.occlusion(bilstm, X, "centred", windows=0), "windows"),
        (lambda: saliency.occlusion(bilstm, X, "centred", windows=7), "7 windows"),
        (lambda: saliency.occlusion(bilstm, X, "angles"), "10 columns"),
        (lambda: saliency.occlusion(bilstm, X, "centred", {"tail": (33,)}), r"no landmarks \[33\]"),
        (lambda: saliency.attention_rollout(bilstm, X), "no attention"),
        (lambda: saliency.rollout([]), "one layer or more"),
        (lambda: saliency.rollout([np.ones((2, 3)) / 3]), "square"),
        (lambda: saliency.rollout([np.eye(2), np.eye(3)]), "one length"),
        (lambda: saliency.rollout([np.ones((2, 2))]), "sum to 1"),
    ):
        with pytest.raises(BalletError, match=says):
            ask()
