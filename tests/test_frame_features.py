"""Pictures of takes, and the encoders that read them; without a network and without large weights."""

import hashlib
import io
import json
import time

import make_frames
import numpy as np
import pytest

from ballet_lib import frame_features
from ballet_lib.errors import BalletError
from ballet_lib.frame_features import (
    GREYS,
    KEPT,
    MODEL,
    SHIPPED,
    Encoder,
    Frames,
    draw_frames,
    encoder,
    load_frames,
    save_frames,
)
from ballet_lib.studio.camera import Damage
from ballet_lib.studio.recipes import ballet6
from ballet_lib.studio.scene import Scene
from ballet_lib.takes import TakeSet


@pytest.fixture
def some():
    pictures = np.random.default_rng(0).integers(0, 256, (3, 10, 64, 64), dtype=np.uint8)
    return Frames(pictures, ("a", "b", "c"))


@pytest.fixture
def no_inception(monkeypatch, tmp_path):
    """Neither cached weights nor a network; counts the attempts."""
    attempts = []

    def nobody_answers(address, timeout):
        attempts.append(timeout)
        raise OSError("no network")

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv(frame_features.VARIABLE, raising=False)
    monkeypatch.setattr("urllib.request.urlopen", nobody_answers)
    return attempts


# --- Pictures ---


def test_pictures_come_back_but_for_the_last_bits(some, tmp_path):
    back = load_frames(save_frames(some, tmp_path / "frames.npz"))
    assert back.take_ids == some.take_ids
    assert np.array_equal(back.pictures, some.pictures // GREYS * GREYS)


def test_a_room_that_stands_still_costs_little(tmp_path):
    still = np.random.default_rng(0).integers(0, 256, (1, 1, 64, 64), dtype=np.uint8)
    moving = np.random.default_rng(0).integers(0, 256, (1, 10, 64, 64), dtype=np.uint8)
    small = save_frames(Frames(still.repeat(10, axis=1), ("a",)), tmp_path / "still.npz")
    large = save_frames(Frames(moving, ("a",)), tmp_path / "moving.npz")
    assert small.stat().st_size < large.stat().st_size / 5


def test_pictures_of_takes_come_in_the_order_of_the_takes(some):
    takes = TakeSet.load("ballet6")[:2]
    both = Frames(some.pictures[:2], (takes[1].take_id, takes[0].take_id))
    assert np.array_equal(both.of(takes), some.pictures[[1, 0]])


def test_a_take_without_pictures_is_named(some):
    takes = TakeSet.load("ballet6")[:1]
    with pytest.raises(BalletError, match=takes[0].take_id):
        some.of(takes)


@pytest.mark.parametrize(
    "arrays",
    [
        {"changes": np.zeros((1, 10, 64, 64), np.uint8)},
        {"changes": np.zeros((1, 10, 64, 63), np.uint8), "take_ids": np.array(["a"])},
        {"changes": np.zeros((1, 10, 64, 64), np.float32), "take_ids": np.array(["a"])},
        {"changes": np.zeros((2, 10, 64, 64), np.uint8), "take_ids": np.array(["a"])},
        {"changes": np.zeros((1, 10, 64, 64), np.uint8), "take_ids": np.array([{}], dtype=object)},
    ],
    ids=["no ids", "another shape", "floats", "too many", "pickled ids"],
)
def test_a_file_that_holds_something_else_is_refused(arrays, tmp_path):
    np.savez_compressed(tmp_path / "other.npz", **arrays)
    with pytest.raises(BalletError):
        load_frames(tmp_path / "other.npz")


def test_a_missing_or_damaged_file_is_refused(tmp_path):
    with pytest.raises(BalletError, match="not there"):
        load_frames(tmp_path / "none.npz")
    (tmp_path / "bad.npz").write_bytes(b"PK nothing")
    with pytest.raises(BalletError, match="damaged"):
        load_frames(tmp_path / "bad.npz")


def test_the_pictures_that_ship_belong_to_takes_of_ballet6():
    frames = load_frames(SHIPPED)
    takes = {take.take_id: take for take in TakeSet.load("ballet6")}
    assert set(frames.take_ids) <= set(takes)
    assert len({takes[one].dancer for one in frames.take_ids}) == 12
    assert len({takes[one].movement for one in frames.take_ids}) == 7
    assert frames.pictures.max() > 240, "they were stored with other GREYS"
    assert SHIPPED.stat().st_size < 1_500_000


def test_the_pictures_that_ship_can_be_drawn_again():
    frames = load_frames(SHIPPED)
    take_id = "d03_releve_2"
    again = make_frames.draw_take(ballet6()[take_id])
    apart = again.astype(int) - frames.pictures[frames.take_ids.index(take_id)]
    assert np.abs(apart).mean() < GREYS, "the recipes have changed: python tools/make_frames.py frames"


# --- Drawing ---


@pytest.fixture(scope="module")
def scene():
    return Scene("releve", size=(120, 160), damage=Damage(grain=20))


def test_the_square_holds_every_joint(scene):
    pictures, joints = draw_frames(scene, [0, 10])
    assert (pictures.shape, pictures.dtype) == ((2, 64, 64), np.uint8)
    assert (joints.shape, joints.dtype) == ((2, 33, 2), np.float32)
    assert joints.min() > 0
    assert joints.max() < 1


def test_a_shifted_square_shifts_the_joints(scene):
    _, straight = draw_frames(scene, [5])
    _, shifted = draw_frames(scene, [5], shift=(0.1, 0))
    assert np.allclose((straight - shifted).mean(axis=(0, 1)), (0.1, 0), atol=0.01)


def test_drawn_pictures_have_no_grain(scene):
    pictures, _ = draw_frames(scene, [0, 0])
    assert np.array_equal(*pictures)


def test_joints_lie_on_the_dancer(scene):
    """The picture changes where she moves, and she moves where her joints are."""
    pictures, joints = draw_frames(scene, [0, len(scene.motion) // 2])
    changed = np.argwhere(np.abs(np.diff(pictures.astype(int), axis=0))[0] > 25)[:, ::-1] / 64
    assert len(changed) > 10
    nearest = np.linalg.norm(changed[:, None] - joints.reshape(-1, 2)[None], axis=-1).min(axis=1)
    assert np.median(nearest) < 0.1


# --- Encoders ---


def test_the_courses_own_encoder_stands_in_without_a_network(no_inception, some):
    encode = encoder()
    assert encode.name == "course"
    assert encode.model.trainable_weights == []
    values = encode(some.pictures)
    assert values.shape == (3, len(KEPT), encode.values)
    assert values.dtype == np.float32
    assert np.isfinite(values).all()
    assert no_inception == [frame_features.SILENCE]


def test_pictures_are_encoded_one_by_one(no_inception, some, monkeypatch):
    encode = encoder("course")
    whole = encode(some.pictures)
    monkeypatch.setattr(frame_features, "BATCH", 7)
    assert np.allclose(encode(some.pictures), whole, atol=1e-5)
    assert np.allclose(encode(some.pictures[1, 4:5]), whole[1, 4:5], atol=1e-5)


def test_asking_for_the_courses_own_asks_no_network(no_inception, monkeypatch):
    monkeypatch.setenv(frame_features.VARIABLE, "Course")
    assert encoder().name == "course"
    assert no_inception == []


def test_inception_that_cannot_be_had_is_said_when_it_was_asked_for(no_inception):
    with pytest.raises(BalletError, match="BALLET_ENCODER=course"):
        encoder("inception")


def test_an_unknown_encoder_is_refused(monkeypatch):
    with pytest.raises(BalletError, match="inception or course"):
        encoder("vgg")
    monkeypatch.setenv(frame_features.VARIABLE, "resnet")
    with pytest.raises(BalletError, match="resnet"):
        encoder()


class Trickle(io.BytesIO):
    """A server that sends a little now and then."""

    def read(self, size=-1):
        time.sleep(0.02)
        return super().read(1)


def test_a_slow_download_is_given_up_and_leaves_nothing(no_inception, monkeypatch, tmp_path):
    monkeypatch.setattr("urllib.request.urlopen", lambda address, timeout: Trickle(b"x" * 10_000))
    began = time.monotonic()
    assert frame_features._inception_weights(0.1) is None
    assert time.monotonic() - began < 5
    time.sleep(0.5)  # until the thread has noticed, too
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_network_that_never_answers_is_given_up(no_inception, monkeypatch):
    def asleep(address, timeout):
        time.sleep(2)
        raise OSError("no answer")

    monkeypatch.setattr("urllib.request.urlopen", asleep)
    began = time.monotonic()
    assert frame_features._inception_weights(0.1) is None
    assert time.monotonic() - began < 1.5


def test_weights_that_are_there_are_not_fetched_again(no_inception, tmp_path):
    there = tmp_path / "models" / frame_features.INCEPTION_FILE
    there.parent.mkdir()
    there.write_bytes(b"weights")
    assert frame_features._inception_weights(0.1) == there
    assert no_inception == []


def test_a_download_that_is_what_keras_publishes_is_kept(no_inception, monkeypatch):
    monkeypatch.setattr("urllib.request.urlopen", lambda address, timeout: io.BytesIO(b"weights"))
    monkeypatch.setattr(frame_features, "INCEPTION_MD5", hashlib.md5(b"weights").hexdigest())
    assert frame_features._inception_weights(5).read_bytes() == b"weights"


def test_another_file_than_keras_publishes_is_not_kept(no_inception, monkeypatch, tmp_path):
    monkeypatch.setattr("urllib.request.urlopen", lambda address, timeout: io.BytesIO(b"something else"))
    assert encoder().name == "course"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_inception_gives_2048_numbers_a_picture(some):
    encode = frame_features._inception(None)  # its weights drawn at random: the plumbing is what is tested
    values = encode(some.pictures[0, :2])
    assert values.shape == (2, 2048)
    assert encode.model.trainable_weights == []


@pytest.mark.parametrize(
    "pictures",
    [np.zeros((2, 64, 64), np.float32), np.zeros((64, 64), np.uint8), np.zeros((0, 64, 64), np.uint8)],
    ids=["floats", "a single one", "none"],
)
def test_what_is_no_picture_is_refused(pictures):
    with pytest.raises(BalletError, match="uint8"):
        Encoder("mine", None, "nothing")(pictures)


def test_a_damaged_encoder_is_said(monkeypatch, tmp_path):
    (tmp_path / "encoder.keras").write_bytes(b"nothing")
    monkeypatch.setattr(frame_features, "MODEL", tmp_path / "encoder.keras")
    with pytest.raises(BalletError, match="make_frames"):
        encoder("course")


def test_the_encoders_card_tells_how_it_came_to_be():
    card = json.loads(MODEL.with_suffix(".json").read_text(encoding="utf-8"))
    assert card["made_by"] == "python tools/make_frames.py encoder"
    assert MODEL.stat().st_size < 1_000_000


def test_the_encoder_that_ships_tells_a_pose_from_another(no_inception):
    """Two dancers in one pose are nearer to each other than one dancer in two."""
    encode = encoder("course")
    plie = [draw_frames(Scene("demi_plie", size=(240, 320)), [0, 20])[0]]
    arabesque = draw_frames(Scene("first_arabesque", size=(240, 320)), [0, 30])[0]
    standing = encode(np.stack([plie[0][0], arabesque[0]]))
    lifted = encode(arabesque[1:])[0]
    assert np.linalg.norm(standing[0] - standing[1]) < np.linalg.norm(standing[1] - lifted)
