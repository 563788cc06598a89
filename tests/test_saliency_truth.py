"""Whether a map is true and right: deletion, randomised weights, the body, a movement's definition."""

import numpy as np
import pytest

from ballet_lib import BalletError, saliency
from ballet_lib.features import FEATURES, feature_names
from ballet_lib.networks import build
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.quiet_tensorflow import import_keras
from ballet_lib.saliency.scores import defining_groups
from ballet_lib.skeleton import INDEX, LANDMARKS
from ballet_lib.takes import Take, TakeSet

keras = import_keras()

FRAMES, COLUMNS = 8, 10
MOVEMENTS = tuple(saliency.DEFINING)


@pytest.fixture(scope="module")
def trained():
    """A small LSTM that has learnt which of three pairs of columns is raised, and takes like its own."""
    rng = np.random.default_rng(0)
    y = np.arange(150) % 3
    X = rng.normal(0, 0.5, (150, FRAMES, COLUMNS)).astype(np.float32)
    for number, label in enumerate(y):
        X[number, 2:6, 2 * label : 2 * label + 2] += 1.5
    keras.utils.set_random_seed(0)
    model = build("lstm", (FRAMES, COLUMNS), 3, units=12, filters=12)
    model.get_layer("normalise").adapt(X)
    fitting = keras.Model(model.inputs, model.outputs)
    fitting.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", jit_compile=False)
    fitting.fit(X[:120], y[:120], epochs=20, batch_size=32, verbose=0)
    assert (model(X[120:]).numpy().argmax(1) == y[120:]).mean() > 0.9
    return model, X[120:], y[120:]


def take(movement, number=0, side="left"):
    poses = PoseSequence(np.zeros((FRAMES, 33, 4), np.float32), None, 20, (640, 480), "")
    meta = {} if side is None else {"side": side}
    return Take(poses, movement, f"d{number % 3}", f"{movement}-{number}", meta)


def on(*names):
    """A map of one take that lies on some landmarks alone, 1 on each in every frame."""
    drawn = np.zeros((1, FRAMES, 33))
    drawn[..., [INDEX[name] for name in names]] = 1
    return drawn


# --- Deletion and insertion -------------------------------------------------------------------------------


def linear_two():
    """Two answers; the logit of the first is the sum of the inputs, 2 frames of 2 numbers."""
    model = keras.Sequential([
        keras.layers.Input((2, 2)), keras.layers.Flatten(), keras.layers.Dense(2, activation="softmax"),
    ])  # fmt: skip
    model.layers[-1].set_weights([np.tile([[1.0, 0.0]], (4, 1)), np.zeros(2)])
    return model


def test_deletion_and_insertion_by_hand():
    X, order = np.array([[[1.0, 2.0], [3.0, 4.0]]]), np.array([[[0.1, 0.9], [0.2, 0.4]]])
    shares = (0, 0.25, 0.5, 1)
    sure = lambda total: 1 / (1 + np.exp(-total)) / (1 / (1 + np.exp(-10)))  # noqa: E731
    deleted = saliency.deletion(linear_two(), X, order, shares, baseline=-1, target=0)
    # 2 goes first, then 4, and each becomes -1: the sums are 10, 7, 2 and -4.
    np.testing.assert_allclose(deleted.certainty[0], sure(np.array([10, 7, 2, -4])), rtol=1e-5)
    inserted = saliency.insertion(linear_two(), X, order, shares, baseline=-1, target=0)
    np.testing.assert_allclose(inserted.certainty[0], sure(np.array([-4, -1, 4, 10])), rtol=1e-5)
    a, b, c, d = deleted.certainty[0]
    assert deleted.area[0] == pytest.approx((a + b) / 8 + (b + c) / 8 + (c + d) / 4)


def test_deletion_by_integrated_gradients_beats_random_order(trained):
    model, X, _ = trained
    groups = np.arange(len(X)) % 5
    random = saliency.deletion(model, X, saliency.random_order(X.shape)).area
    by_map = saliency.deletion(model, X, saliency.integrated_gradients(model, X)).area
    better = saliency.advantage(by_map, random, groups)
    assert better.low > 0 and better.low < better.mean < better.high
    assert better.mean == pytest.approx((random - by_map).mean(), abs=1e-6)
    no_better = saliency.advantage(
        saliency.deletion(model, X, saliency.random_order(X.shape, seed=1)).area, random, groups
    )
    assert no_better.low < 0 < no_better.high


def test_a_random_order_is_repeatable_and_can_take_whole_landmarks():
    drawn = saliency.random_order((2, 3, 66), seed=5)
    np.testing.assert_array_equal(drawn, saliency.random_order((2, 3, 66), seed=5))
    whole = saliency.random_order((2, 3, 66), "centred").reshape(2, 3, 33, 2)
    np.testing.assert_array_equal(whole[..., 0], whole[..., 1])
    assert len(np.unique(whole)) == 2 * 3 * 33


def test_an_advantage_knows_that_takes_of_one_dancer_are_alike():
    rng = np.random.default_rng(0)
    dancers = np.repeat(np.arange(6), 20)
    difference = rng.normal(0.5, 1, 6)[dancers] + rng.normal(0, 0.01, 120)
    by_dancer = saliency.advantage(np.zeros(120), difference, dancers)
    by_take = saliency.advantage(np.zeros(120), difference, np.arange(120))
    assert by_dancer.high - by_dancer.low > 2 * (by_take.high - by_take.low)
    assert np.isnan(saliency.advantage(np.zeros(4), np.ones(4), np.arange(4)).low)  # all alike: nothing known


@pytest.mark.parametrize("shares", [(0.5,), (0, 0), (0.5, 0.1), (-0.1, 1), (0, 1.1)])
def test_shares_that_do_not_rise_are_refused(trained, shares):
    model, X, _ = trained
    with pytest.raises(BalletError, match="shares"):
        saliency.deletion(model, X, X, shares)


def test_what_does_not_belong_to_X_is_refused(trained):
    model, X, _ = trained
    with pytest.raises(BalletError, match="order"):
        saliency.deletion(model, X, X[:-1])
    with pytest.raises(BalletError, match="some are NaN"):
        saliency.insertion(model, X, np.full(X.shape, np.nan))
    with pytest.raises(BalletError, match="maps"):
        saliency.completeness(model, X, X[:, :-1])
    with pytest.raises(BalletError, match="one each for every take"):
        saliency.advantage(np.zeros(3), np.zeros(4), np.zeros(4))
    with pytest.raises(BalletError, match="cannot be compared"):
        saliency.agreement(X, X[:-1])


# --- Randomised weights -----------------------------------------------------------------------------------


def test_layers_are_forgotten_from_the_top_and_stay_forgotten(trained):
    model, _, _ = trained
    before = [weights.copy() for weights in model.get_weights()]
    layers = [layer.name for layer in model.layers if layer.weights and layer.name != "normalise"]
    steps = list(saliency.randomised(model))
    assert [name for name, _ in steps] == layers[::-1]
    for number, (_, copy) in enumerate(steps):
        for layer in model.layers:
            same = all(
                np.array_equal(a, b)
                for a, b in zip(layer.get_weights(), copy.get_layer(layer.name).get_weights(), strict=True)
            )
            assert same == (layer.name not in layers[::-1][: number + 1]), layer.name
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    again, other = (next(saliency.randomised(model, seed)) for seed in (0, 1))
    np.testing.assert_array_equal(again[1].get_weights()[-2], steps[0][1].get_weights()[-2])
    assert not np.array_equal(other[1].get_weights()[-2], steps[0][1].get_weights()[-2])


def test_a_copy_answers_as_the_model_does(trained):
    from ballet_lib.saliency.randomisation import copied

    model, X, _ = trained
    np.testing.assert_allclose(copied(model)(X).numpy(), model(X).numpy(), atol=1e-6)


def test_maps_change_when_the_network_forgets(trained):
    model, X, _ = trained
    target = model(X).numpy().argmax(axis=1)
    *_, (_, forgotten) = saliency.randomised(model)
    for method in (saliency.gradient, saliency.integrated_gradients):
        maps = method(model, X, target)
        assert saliency.agreement(maps, -2 * maps) == pytest.approx(1)  # sizes count, not signs or units
        assert np.median(saliency.agreement(maps, method(forgotten, X, target))) < 0.6


def test_agreement_is_spearmans():
    from scipy.stats import spearmanr

    a, b = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    found = [spearmanr(np.abs(x).ravel(), np.abs(y).ravel())[0] for x, y in zip(a, b, strict=True)]
    np.testing.assert_allclose(saliency.agreement(a, b), found)
    assert np.isnan(saliency.agreement(np.zeros((1, 4)), np.ones((1, 4)))).all()


# --- The body ---------------------------------------------------------------------------------------------


def test_every_landmark_is_in_one_group():
    everywhere = [landmark for group in saliency.GROUPS.values() for landmark in group]
    assert sorted(everywhere) == list(range(33))
    for side in ("left", "right"):
        for part in ("arm", "leg", "foot"):
            assert all(LANDMARKS[n].startswith(side) for n in saliency.GROUPS[f"{side} {part}"])


@pytest.mark.parametrize("feature", list(FEATURES))
def test_every_column_counts_for_the_landmark_in_its_name(feature):
    names = feature_names(feature)
    lifts = {"hip": "knee", "shoulder": "elbow"}
    for name, landmark in zip(names, saliency.landmark_of_columns(feature), strict=True):
        column = name.split(".")[1]
        if feature == "angles":
            side, joint = column.split("_")
            column = f"{side}_{lifts.get(joint, joint)}"
        assert LANDMARKS[landmark] == column


def test_a_map_on_joints_keeps_its_sum():
    features, rng = ["centred", "angles", "raw"], np.random.default_rng(0)
    maps = rng.normal(size=(2, 3, 66 + 10 + 132))
    on_joints = saliency.joint_maps(maps, features)
    assert on_joints.shape == (2, 3, 33)
    np.testing.assert_allclose(on_joints.sum(axis=2), maps.sum(axis=2), atol=1e-4)
    sizes = saliency.joint_maps(maps, features, absolute=True)
    np.testing.assert_allclose(sizes.sum(axis=2), np.abs(maps).sum(axis=2), rtol=1e-5)
    nose = maps[..., 0] + maps[..., 1] + maps[..., 76:80].sum(axis=-1)
    np.testing.assert_allclose(on_joints[..., 0], nose, atol=1e-5)


def test_shares_by_hand():
    drawn = on("nose", "left_knee", "right_heel") + 2 * on("left_wrist")
    drawn[:, 0] *= -1  # sizes count
    shares = dict(zip(saliency.GROUPS, saliency.group_shares(drawn)[0], strict=True))
    assert shares == pytest.approx({
        "head": 0.2, "trunk": 0, "left arm": 0.4, "right arm": 0, "left leg": 0.2, "right leg": 0,
        "left foot": 0, "right foot": 0.2,
    })  # fmt: skip
    assert np.isnan(saliency.group_shares(np.zeros((1, 2, 33)))).all()


def test_maps_and_features_must_belong_together():
    def mine(poses):
        return poses.landmarks[:, 0, :2]

    with pytest.raises(BalletError, match="no names"):
        saliency.joint_maps(np.zeros((1, 2, 2)), mine)
    mine.columns = ("speed", "height")
    with pytest.raises(BalletError, match="no landmark"):
        saliency.joint_maps(np.zeros((1, 2, 2)), mine)
    with pytest.raises(BalletError, match="no feature 'angels'"):
        saliency.joint_maps(np.zeros((1, 2, 10)), "angels")
    with pytest.raises(BalletError, match="66"):
        saliency.joint_maps(np.zeros((1, 2, 99)), "centred")
    with pytest.raises(BalletError, match="33"):
        saliency.spread(np.zeros((1, 2, 32)), "centred")
    with pytest.raises(BalletError, match="joint_maps first"):
        saliency.group_shares(np.zeros((1, 2, 66)))


# --- A movement's definition ------------------------------------------------------------------------------


def test_the_working_side_is_the_takes_own():
    assert defining_groups(take("battement_tendu", side="right")) == ("right leg", "right foot")
    assert defining_groups(take("first_arabesque", side="left")) == ("left leg", "left foot")
    assert defining_groups(take("releve", side=None)) == ("left foot", "right foot")
    assert defining_groups(take("other")) == ()
    with pytest.raises(BalletError, match="working leg"):
        defining_groups(take("retire_devant", side=None))


def test_every_movement_is_defined_by_groups_that_exist():
    from ballet_lib.vocabulary import BALLET_MOVEMENTS

    assert set(MOVEMENTS) == set(BALLET_MOVEMENTS)
    for movement in MOVEMENTS:
        for side in ("left", "right"):
            assert set(defining_groups(take(movement, side=side))) <= set(saliency.GROUPS)


def test_shares_on_the_definition_and_on_the_working_leg():
    takes = TakeSet([
        take("retire_devant", 0, "left"), take("retire_devant", 1, "right"), take("releve", 2),
        take("demi_plie", 3), take("other", 4),
    ])  # fmt: skip
    drawn = on("left_knee", "left_heel", "right_ankle", "nose").repeat(5, axis=0)
    expected = [0.5, 0.25, 0.5, 0.25, np.nan]
    np.testing.assert_allclose(saliency.definition_share(drawn, takes), expected)
    np.testing.assert_allclose(
        saliency.working_leg_share(drawn, takes), [2 / 3, 1 / 3, np.nan, np.nan, np.nan]
    )
    with pytest.raises(BalletError, match="one map for each take"):
        saliency.definition_share(drawn[:-1], takes)


def test_an_even_map_has_a_lift_of_one_and_one_on_the_definition_more():
    takes = TakeSet(take(movement, number) for number, movement in enumerate((*MOVEMENTS, "other")))
    features = ["centred", "angles"]
    even = saliency.score_table(np.full((7, FRAMES, 76), -3.0), takes, features)
    np.testing.assert_allclose(even["lift"][:-1], 1, rtol=1e-5)
    assert even.loc["releve-2", "even"] == pytest.approx((6 * 2 + 2) / 76)
    assert np.isnan(even.loc["other-6", "lift"])
    feet = saliency.spread(on("left_heel", "right_heel").repeat(7, axis=0), features)
    assert saliency.score_table(feet, takes, features).loc["releve-2", "lift"] == pytest.approx(76 / 14)


def test_a_departure_is_seen_without_asking_the_network(trained):
    model, X, _ = trained
    normalise = model.get_layer("normalise")
    found = saliency.departure(model, X)
    np.testing.assert_allclose(found, np.abs(normalise(X).numpy()), rtol=1e-4, atol=1e-5)
    *_, (_, forgotten) = saliency.randomised(model)
    np.testing.assert_array_equal(saliency.departure(forgotten, X), found)
