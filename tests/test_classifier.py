"""Classifiers: in memory, on disk, and files that somebody else has made."""

import errno
import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from test_training import QUICK, company, fit

from ballet_lib import BalletError
from ballet_lib import classifier as module
from ballet_lib.classifier import Classifier
from ballet_lib.features import FEATURES
from ballet_lib.networks import build
from ballet_lib.quiet_tensorflow import import_keras
from ballet_lib.takes import TakeSet

keras = import_keras()


@pytest.fixture(scope="module")
def trained():
    return fit(company(), **QUICK)


@pytest.fixture
def saved(trained, tmp_path):
    return trained.save(tmp_path / "model.keras")


def edit_card(path, **changes):
    card = path.with_suffix(".json")
    card.write_text(json.dumps(json.loads(card.read_text()) | changes))


def rewrite(path, **members):
    """Change members of a .keras archive, and the card's sum with it, as an attacker would."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    content |= {name.replace("_json", ".json"): data for name, data in members.items()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    card = path.with_suffix(".json")
    told = json.loads(card.read_text())
    told.pop("model_sha256")
    card.write_text(json.dumps(told))


# In memory


def test_probabilities_and_answers_belong_together(trained, monkeypatch):
    takes = company()
    told = trained.probabilities(takes)
    assert told.shape == (len(takes), 3) and told.dtype == np.float32
    assert np.allclose(told.sum(axis=1), 1, atol=1e-5)
    assert list(trained.predict(takes)) == [trained.labels[number] for number in told.argmax(axis=1)]
    monkeypatch.setattr(module, "BATCH", 7)
    assert np.allclose(trained.probabilities(takes), told, atol=1e-6)


def test_takes_with_labels_unknown_to_the_model_get_answers_too(trained):
    strange = company(1, movements=("jump",))
    assert set(trained.predict(strange)) <= set(trained.labels)


def test_takes_that_cannot_be_fed_are_named(trained):
    takes = company(1)
    nobody = replace(takes[1].poses, landmarks=np.full((10, 33, 4), np.nan, dtype=np.float32))
    with pytest.raises(BalletError, match=takes[1].take_id):
        trained.probabilities(TakeSet([takes[0], replace(takes[1], poses=nobody)]))
    with pytest.raises(BalletError, match="no take"):
        trained.predict(takes[:0])


def test_a_feature_that_has_changed_since_training_is_noticed(trained, monkeypatch):
    monkeypatch.setitem(FEATURES, "normalised", lambda poses: np.zeros((len(poses), 5)))
    with pytest.raises(BalletError, match="5 numbers a frame"):
        trained.predict(company(1))


# On disk


def test_what_is_saved_is_loaded(trained, saved):
    again = Classifier.load(saved)
    assert np.array_equal(again.probabilities(company()), trained.probabilities(company()))
    assert (again.labels, again.features, again.frames) == (trained.labels, ["normalised"], 8)
    assert np.allclose(again.history, trained.history, atol=1e-6)
    assert list(again.history) == list(trained.history)
    assert sorted(file.name for file in saved.parent.iterdir()) == ["model.json", "model.keras"]
    again.save(saved)
    assert Classifier.load(saved).card["labels"] == trained.card["labels"]


def test_a_model_that_ships_is_loaded_by_name(trained, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "SHIPPED", tmp_path)
    trained.save(tmp_path / "lstm.keras")
    assert Classifier.load("lstm").labels == trained.labels
    with pytest.raises(BalletError, match=r"no model at gru.*one of: lstm"):
        Classifier.load("gru")
    with pytest.raises(BalletError, match="no model at"):
        Classifier.load("../lstm")


def test_other_endings_are_refused_before_anything_is_written(trained, tmp_path):
    with pytest.raises(BalletError, match=r"Call it model\.keras"):
        trained.save(tmp_path / "model.h5")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("part", ["model", "card"])
def test_a_full_disk_leaves_the_old_pair_whole(trained, saved, monkeypatch, part):
    before = {file: file.read_bytes() for file in saved.parent.iterdir()}

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    if part == "model":
        monkeypatch.setattr(type(trained.model), "save", full)
    else:
        monkeypatch.setattr("pathlib.Path.write_text", full)
    with pytest.raises(BalletError, match="No space left on device"):
        trained.save(saved)
    assert {file: file.read_bytes() for file in saved.parent.iterdir()} == before


# Files that are not what they should be


def test_missing_files_are_named(saved):
    with pytest.raises(BalletError, match="no model at"):
        Classifier.load(saved.with_name("other.keras"))
    with pytest.raises(BalletError, match="no model at"):
        Classifier.load(saved.parent)
    saved.with_suffix(".json").unlink()
    with pytest.raises(BalletError, match=r"no model card model\.json"):
        Classifier.load(saved)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 99}, r"later ballet_lib.*Update"),
        ({"format": "1"}, "no format"),
        ({"labels": []}, "labels are missing"),
        ({"labels": ["a", "a", "b"]}, "stands twice"),
        ({"labels": ["a", "b"]}, "and 2 labels"),
        ({"features": "normalised"}, "features are missing"),
        ({"frames": 9}, "9 frames"),
        ({"frames": -1}, "how many frames"),
        ({"missing": "guess"}, "missing landmarks"),
        ({"history": [1, 2]}, "history"),
        ({"temperature": 0}, "its temperature is 0"),
        ({"fps": "20"}, "its fps is"),
        ({"model_sha256": "0" * 64}, "not the model that its card speaks of"),
    ],
)
def test_a_card_that_does_not_fit_is_refused(saved, changes, message):
    edit_card(saved, **changes)
    with pytest.raises(BalletError, match=message):
        Classifier.load(saved)


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 100_000, "\ufeff{}", "null"])
def test_a_card_that_is_no_card_is_refused(saved, text):
    saved.with_suffix(".json").write_text(text, encoding="utf-8")
    with pytest.raises(BalletError, match="no model card"):
        Classifier.load(saved)


@pytest.mark.parametrize("damage", ["empty", "text", "cut", "hdf5"])
def test_a_damaged_model_is_refused(saved, damage):
    whole = saved.read_bytes()
    saved.write_bytes(
        {"empty": b"", "text": b"hello", "cut": whole[:-200], "hdf5": b"\x89HDF\r\n\x1a\n"}[damage]
    )
    with pytest.raises(BalletError, match="damaged, or no Keras model"):
        Classifier.load(saved)


def test_a_lambda_layer_is_refused_and_never_run(trained, tmp_path):
    model = keras.Sequential(
        [
            keras.layers.Input((8, 99)),
            keras.layers.Lambda(lambda x: x * 1),
            keras.layers.GlobalAveragePooling1D(),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    path = Classifier(model, trained.card).save(tmp_path / "lambda.keras")
    with pytest.raises(BalletError, match="Lambda, __lambda__, which would run code"):
        Classifier.load(path)


def test_layers_of_somebodys_own_are_named(trained, tmp_path):
    class Pirouette(keras.layers.Layer):
        def call(self, x):
            return x[:, 0, :3]

    model = keras.Sequential([keras.layers.Input((8, 99)), Pirouette()])
    path = Classifier(model, trained.card).save(tmp_path / "own.keras")
    with pytest.raises(BalletError, match="holds Pirouette, which Keras does not know"):
        Classifier.load(path)


def test_safe_mode_alone_would_refuse_it_too(trained, tmp_path, monkeypatch):
    model = keras.Sequential([keras.layers.Input((8, 99)), keras.layers.Lambda(lambda x: x[:, 0, :3])])
    path = Classifier(model, trained.card).save(tmp_path / "lambda.keras")
    monkeypatch.setattr("ballet_lib.model_files.RUNS_CODE", frozenset())
    with pytest.raises(BalletError, match="cannot read"):
        Classifier.load(path)


def test_layers_that_fetch_programs_are_refused_wherever_they_hide(saved):
    with zipfile.ZipFile(saved) as archive:
        config = json.loads(archive.read("config.json"))
    config["config"]["layers"][1]["config"]["hidden"] = [{"class_name": "TFSMLayer"}]
    rewrite(saved, config_json=json.dumps(config))
    with pytest.raises(BalletError, match="TFSMLayer"):
        Classifier.load(saved)


def test_a_model_of_another_keras_is_refused_with_its_version(saved):
    with zipfile.ZipFile(saved) as archive:
        config = json.loads(archive.read("config.json"))
    config["config"]["layers"][1]["class_name"] = "LayerOfTheFuture"
    rewrite(saved, config_json=json.dumps(config))
    edit_card(saved, versions={"keras": "9.1"})
    with pytest.raises(BalletError, match=r"cannot read.*which Keras 9\.1 wrote"):
        Classifier.load(saved)


def test_an_archive_that_unpacks_to_too_much_is_not_unpacked(saved, monkeypatch):
    monkeypatch.setattr("ballet_lib.model_files.LARGEST", 1_000)
    with pytest.raises(BalletError, match="would unpack to more than"):
        Classifier.load(saved)


def test_weights_that_unpack_to_too_much_are_not_read(saved):
    import h5py

    file = io.BytesIO()
    with h5py.File(file, "w") as weights:
        weights.create_dataset("bomb", (30_000_000, 2), "f8", chunks=(1_000_000, 2), compression="gzip")
    rewrite(saved, **{"model.weights.h5": file.getvalue()})
    with pytest.raises(BalletError, match="take more than 200 MB"):
        Classifier.load(saved)


def test_a_model_of_another_shape_is_refused(trained, tmp_path):
    path = Classifier(build("lstm", (40, 12), 5), trained.card).save(tmp_path / "other.keras")
    with pytest.raises(BalletError, match="8 frames and 3 labels"):
        Classifier.load(path)
