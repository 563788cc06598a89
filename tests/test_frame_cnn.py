"""Stills, the network that names a movement from one, what keeps it to the dancer, and pretrained ones."""

import keras
import make_frames
import numpy as np
import pytest

from ballet_lib import pretrained as others
from ballet_lib import stills as module
from ballet_lib.errors import BalletError
from ballet_lib.frame_features import Frames, draw_frames, draw_frames_with_masks, encoder, load_frames
from ballet_lib.frame_training import _beside, _with_price, answers, fit_frame_cnn, varied
from ballet_lib.networks.frame_cnn import CHANNELS, frame_cnn, take_stem
from ballet_lib.saliency import pictures as sp
from ballet_lib.saliency.randomisation import agreement, randomised
from ballet_lib.stills import in_other_rooms, load_masks, load_stills, room_behind, save_masks, with_marks
from ballet_lib.studio.recipes import ballet6
from ballet_lib.takes import TakeSet

STRANGERS = ["d10", "d11", "d12"]


@pytest.fixture(scope="module")
def stills():
    return load_stills()


@pytest.fixture(scope="module")
def marked(stills):
    """Trained for a moment on four dancers with posters."""
    train, test = stills.split(STRANGERS)
    few = train[np.isin(train.groups, ["d01", "d02", "d03", "d04"])]
    poster, _ = with_marks(few, np.random.default_rng(0))
    return fit_frame_cnn(poster, rooms=False, price=0, epochs=24, bar=False), test


# --- Stills ---


def test_stills_are_pictures_of_the_six_movements_with_their_masks(stills):
    assert len(stills) == len(stills.masks) == len(stills.y) > 800
    assert set(stills.y.tolist()) == set(range(6))
    assert stills.pictures.any(axis=(1, 2)).all(), "a dark frame shows nothing"
    takes = {take.take_id: take for take in TakeSet.load("ballet6")}
    for row in range(0, len(stills), 97):
        take = takes[stills.take_ids[row]]
        assert (take.dancer, take.movement) == (stills.groups[row], stills.labels[stills.y[row]])
        whole = load_frames().of(TakeSet([take]))[0]
        assert any(np.array_equal(stills.pictures[row], one) for one in whole[module.HEIGHT])


def test_masks_lie_where_the_joints_are():
    takes = ballet6()
    one = takes["d05_retire_devant_1"]()
    kept = [one.start + 18, one.start + 22]
    pictures, joints, masks = draw_frames_with_masks(one.scene, kept)
    assert all(
        np.array_equal(a, b) for a, b in zip((pictures, joints), draw_frames(one.scene, kept), strict=True)
    )
    at = np.clip((joints[:, 11:] * 64).astype(int), 0, 63)
    near = module.dilated(masks, 0.02)
    assert np.mean([near[n, y, x] for n in range(2) for x, y in at[n]]) > 0.95
    assert 0.05 < masks.mean() < 0.3


def test_the_masks_that_ship_can_be_drawn_again():
    name = "d02_first_arabesque_1"
    again = make_frames.draw_masks(ballet6()[name])
    shipped = load_masks()
    assert shipped.take_ids == load_frames().take_ids
    shown = shipped.pictures[shipped.take_ids.index(name)]
    assert (again != shown).mean() < 0.002
    assert module.SHIPPED.stat().st_size < 170_000


def test_masks_come_back_from_a_file(tmp_path):
    masks = np.random.default_rng(0).random((2, 10, 64, 64)) < 0.3
    back = load_masks(save_masks(Frames(masks, ("a", "b")), tmp_path / "masks.npz"))
    assert back.take_ids == ("a", "b") and np.array_equal(back.pictures, masks)
    np.savez(tmp_path / "other.npz", masks=masks, take_ids=np.array(["a", "b"]))
    with pytest.raises(BalletError, match="no masks"):
        load_masks(tmp_path / "other.npz")


def test_stills_are_divided_by_dancer(stills):
    train, test = stills.split(STRANGERS)
    assert len(train) + len(test) == len(stills)
    assert set(test.groups) == set(STRANGERS) and not set(train.groups) & set(STRANGERS)
    assert np.array_equal(stills[stills.groups == "d11"].pictures, test[test.groups == "d11"].pictures)
    assert len(stills[3]) == 1 and len(stills[[1, 2]]) == 2
    with pytest.raises(BalletError, match="d99"):
        stills.split(["d99"])
    with pytest.raises(BalletError, match="Nobody"):
        stills.split(np.unique(stills.groups).tolist())


def test_takes_without_movement_or_pictures_are_refused():
    takes = TakeSet.load("ballet6")
    with pytest.raises(BalletError, match="No take shows"):
        load_stills(takes[[row for row, take in enumerate(takes) if take.movement == "other"]])
    with pytest.raises(BalletError, match="no pictures"):
        load_stills(takes)


# --- Rooms ---


def test_the_room_is_what_is_seen_beside_the_dancer():
    room = np.random.default_rng(0).integers(1, 250, (20, 20)).astype(np.uint8)
    masks = np.zeros((3, 20, 20), bool)
    for number, column in enumerate((2, 8, 14)):
        masks[number, 5:15, column : column + 4] = True
    pictures = np.where(masks, 255, room)
    dark = np.concatenate([pictures, np.zeros((1, 20, 20), np.uint8)])
    nobody = np.concatenate([masks, np.zeros((1, 20, 20), bool)])
    assert np.array_equal(room_behind(pictures, masks), room)
    assert np.array_equal(room_behind(dark, nobody), room), "a dark frame counted"


def test_what_is_never_seen_is_filled_from_around():
    masks = np.zeros((2, 20, 20), bool)
    masks[:, 8:12, 8:12] = True
    room = room_behind(np.where(masks, 255, 77).astype(np.uint8), masks)
    assert abs(room.astype(int) - 77).max() <= 3


def test_dancers_move_to_other_rooms_unchanged(stills):
    some = stills[::50]
    rooms = np.arange(5, dtype=np.uint8)[:, None, None] * np.ones((1, 64, 64), np.uint8)
    moved = in_other_rooms(some, rooms, np.random.default_rng(0))
    assert np.array_equal(moved[some.masks], some.pictures[some.masks])
    assert set(np.unique(moved[~some.masks])) == set(range(5))


def test_marks_tell_the_movement_and_hang_behind_the_dancer(stills):
    some = stills[::7]
    before = some.pictures.copy()
    marked, shown = with_marks(some, np.random.default_rng(0))
    assert np.array_equal(some.pictures, before)
    changed = marked.pictures != some.pictures
    assert not (changed & some.masks).any() and not (changed & ~shown).any()
    assert 40 < np.median(shown.sum(axis=(1, 2))) <= module.MARK**2
    tables = [{marked.pictures[row][shown[row]].tobytes() for row in np.flatnonzero(some.y == y)
               if shown[row].sum() == module.MARK**2} for y in range(6)]  # fmt: skip
    assert all(len(one) == 1 for one in tables) and len(set.union(*tables)) == 6
    shuffled, there = with_marks(some, np.random.default_rng(0), shuffled=True)
    whole = (some.y == 0) & (there.sum(axis=(1, 2)) == module.MARK**2)
    assert len({shuffled.pictures[row][there[row]].tobytes() for row in np.flatnonzero(whole)}) > 2


# --- The network and its training ---


def test_masks_go_along_with_what_is_mirrored_and_moved(stills):
    some = stills[::40]
    painted = np.where(some.masks, 255, 0).astype(np.uint8)
    X, masks = varied(painted, some.masks, np.random.default_rng(1))
    bright = X[..., 0] > X[..., 0].mean(axis=(1, 2), keepdims=True)
    inner = np.s_[:, 4:-4, 4:-4]  # the picture's edge is repeated, the mask's is not
    assert np.array_equal(bright[inner], masks[inner])
    assert not np.array_equal(masks, some.masks)
    assert X.min() >= 0 and X.max() <= 255 and X.dtype == np.float32


def test_what_is_found_beside_the_dancer_is_what_is_charged(stills):
    some = stills[:4]
    model = frame_cnn()
    pupil = _with_price(model, 2.0)
    X, beside = some.pictures[..., None].astype(np.float32), _beside(some.masks, 16)
    _, found = pupil.predict_on_batch([X, beside])
    channels = keras.Model(model.inputs, model.get_layer(CHANNELS).output).predict_on_batch(X)
    assert np.allclose(found, (channels * beside).mean(axis=(1, 2)), atol=1e-5)
    assert beside.shape == (4, 16, 16, 1) and beside.min() == 0 and beside.max() == 1


def test_the_stem_is_the_encoders():
    model, eye = frame_cnn(), encoder("course").model
    take_stem(model, eye)
    X = np.random.default_rng(0).uniform(0, 255, (2, 64, 64, 1)).astype(np.float32)
    relus = [layer for layer in eye.layers if isinstance(layer, keras.layers.Activation)]
    theirs = keras.Model(eye.inputs, relus[1].output).predict_on_batch(X)
    ours = keras.Model(model.inputs, model.get_layer("relu_2").output).predict_on_batch(X)
    assert np.allclose(ours, theirs, atol=1e-4)


def test_it_stores_and_loads_without_code_of_its_own(tmp_path):
    model = frame_cnn(32, 3)
    model.save(tmp_path / "frame.keras")
    back = keras.saving.load_model(tmp_path / "frame.keras", safe_mode=True, compile=False)
    assert back.input_shape == (None, 32, 32, 1) and back.output_shape == (None, 3)


def test_training_repeats_itself(stills):
    few = stills[::60]
    one, other = (fit_frame_cnn(few, epochs=1, seed=4, bar=False) for _ in range(2))
    assert np.array_equal(answers(one, few.pictures), answers(other, few.pictures))
    assert np.allclose(answers(one, few.pictures).sum(axis=1), 1, atol=1e-5)


def test_nothing_to_learn_is_refused(stills):
    for bad in ({"epochs": 0}, {"price": -1}, {"price": float("nan")}):
        with pytest.raises(BalletError, match="teach nothing"):
            fit_frame_cnn(stills[:4], bar=False, **bad)
    with pytest.raises(BalletError, match="teach nothing"):
        fit_frame_cnn(stills[:0], bar=False)


def test_marks_are_believed_and_grad_cam_shows_it(marked):
    model, test = marked
    poster, shown = with_marks(test, np.random.default_rng(1))
    right = (answers(model, poster.pictures).argmax(1) == test.y).mean()
    plain = (answers(model, test.pictures).argmax(1) == test.y).mean()
    assert right > plain + 0.25
    maps = sp.grad_cam(model, poster.pictures)
    on_mark, on_dancer = sp.mass_within(maps, shown), sp.mass_within(maps, test.masks)
    assert np.nanmean(on_mark) > 5 * shown.mean(), "an eye for posters looks at posters"
    assert np.nanmean(on_mark / module.dilated(shown).mean()) > np.nanmean(
        on_dancer / module.dilated(test.masks).mean()
    )


def test_guided_backpropagation_forgets_less_than_the_gradient(marked):
    model, test = marked
    some = test.pictures[::20]
    forgotten = next(one for name, one in randomised(model) if name == "convolution_4")
    kept = {
        method: agreement(method(model, some, 0), method(forgotten, some, 0)).mean()
        for method in (sp.gradient, sp.guided_backpropagation)
    }
    assert kept[sp.guided_backpropagation] > kept[sp.gradient] + 0.1


# --- Pretrained networks ---


@pytest.fixture
def small(monkeypatch, tmp_path):
    """A ResNet50 of 32 pixels, and a file of its weights as random as they come."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setitem(others.ARCHITECTURES, "resnet50", others.ARCHITECTURES["resnet50"]._replace(side=32))
    keras.utils.set_random_seed(0)
    model = keras.applications.ResNet50(include_top=False, weights=None, input_shape=(32, 32, 3))
    model.save_weights(tmp_path / "mine.weights.h5")
    return tmp_path / "mine.weights.h5"


def test_a_pretrained_network_is_read_and_explained_at_its_last_layer(small):
    net = others.pretrained("resnet50", small)
    X = net.prepare(np.random.default_rng(0).integers(0, 256, (2, 64, 64), dtype=np.uint8))
    assert X.shape == (2, 32, 32, 3)
    assert sp.guided_backpropagation(net.model, X, layer=net.layer).any()
    with pytest.raises(BalletError, match="uint8"):
        net.prepare(X)


def test_weights_that_are_not_here_are_not_downloaded(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(BalletError, match="notop"):
        others.pretrained()
    with pytest.raises(BalletError, match="no network 'vgg'"):
        others.pretrained("vgg")
    with pytest.raises(BalletError, match="is not there"):
        others.pretrained("inception", tmp_path / "none.h5")
    (tmp_path / "bad.weights.h5").write_bytes(b"nothing")
    with pytest.raises(BalletError, match="does not hold"):
        others.pretrained("resnet50", tmp_path / "bad.weights.h5")
