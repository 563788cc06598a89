"""`ballet evaluate` as a user calls it, with a stand-in for the model."""

import json

import numpy as np
import pytest

from ballet_lib import BalletError
from ballet_lib.classifier import Classifier
from ballet_lib.cli import main
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.takes import Take, TakeSet

LABELS = ("demi_plie", "releve", "other")


class Model:
    """Knows the labels, but takes every relevé of d3 for a demi-plié."""

    labels = LABELS

    def __init__(self, train=(), validation=None):
        self.card = {"data": {"train": {"dancers": list(train)}, "held_out": None,
                              "validation": validation and {"dancers": list(validation)}}}  # fmt: skip

    def probabilities(self, takes):
        told = np.full((len(takes), 3), 0.05)
        for row, take in zip(told, takes, strict=True):
            mistaken = take.dancer == "d3" and take.movement == "releve"
            row[0 if mistaken else LABELS.index(take.movement)] = 0.9
        return told


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    rng = np.random.default_rng(0)
    takes = TakeSet(
        Take(PoseSequence(rng.random((4, 33, 4), dtype=np.float32), None, 20, (64, 48), f"{d}{label}{n}"),
             label, f"d{d}", f"d{d}-{label}-{n}")
        for d in range(4) for label in LABELS for n in range(2)
    )  # fmt: skip
    return str(takes.save(tmp_path_factory.mktemp("evaluate") / "takes"))


@pytest.fixture
def model(monkeypatch):
    def use(loaded):
        monkeypatch.setattr(Classifier, "load", classmethod(lambda cls, path: loaded))

    return use


def report(capsys, *arguments):
    assert main(["evaluate", "m.keras", *arguments, "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return json.loads(out)


def test_json_tells_scores_matrix_and_calibration(model, folder, capsys):
    model(Model(train=["x1"], validation=["x2"]))
    told = report(capsys, folder)
    held_out = told["held_out"]
    assert held_out["n"] == 24 and held_out["accuracy"] == pytest.approx(22 / 24, abs=1e-6)
    assert held_out["per_class"]["releve"]["recall"] == 0.75 and held_out["per_class"]["releve"]["n"] == 8
    assert held_out["intervals"]["method"] == "bootstrap over 4 dancers"
    assert told["confusion_matrix"] == {"of": "held_out", "labels": list(LABELS),
                                        "counts": [[8, 0, 0], [2, 6, 0], [0, 0, 8]]}  # fmt: skip
    assert told["calibration"]["answered"] == 1 and told["calibration"]["threshold"] == 0.8
    assert told["calibration"]["other_accepted"] == 0
    assert told["seen"] is None and told["warnings"] == [] and told["model"] == "m.keras"
    assert told["seconds"] >= 0


def test_dancers_of_training_and_validation_are_scored_apart(model, folder, capsys):
    model(Model(train=["d0", "d1"], validation=["d2"]))
    told = report(capsys, folder)
    assert told["held_out"]["dancers"] == ["d3"] and told["held_out"]["accuracy"] == pytest.approx(
        4 / 6, abs=1e-6
    )
    assert told["seen"]["dancers"] == ["d0", "d1", "d2"] and told["seen"]["accuracy"] == 1
    (warning,) = told["warnings"]
    assert "18 takes of 3 dancers (d0, d1, d2)" in warning
    assert main(["evaluate", "m.keras", folder]) == 0
    out, err = capsys.readouterr()
    assert "seen      18 takes of 3 dancers (d0, d1, d2): accuracy 1.000" in out and "warning: " in err
    assert "held out  6 takes of 1 dancer (d3)\naccuracy  0.667 [0.22, 0.96]" in out


def test_a_score_of_training_dancers_alone_is_not_called_held_out(model, folder, capsys):
    model(Model(train=["d0", "d1", "d2", "d3"]))
    told = report(capsys, folder, "--dancers", "d0,d3")
    assert told["held_out"] is None and told["seen"]["n"] == 12
    assert told["confusion_matrix"]["of"] == "seen"
    assert "say nothing about strangers" in told["warnings"][0]


def test_a_card_that_does_not_say_who_was_in_training_is_a_warning(model, folder, capsys):
    unknown = Model()
    unknown.card = {}
    model(unknown)
    told = report(capsys, folder)
    assert told["held_out"]["n"] == 24 and "does not say who was in training" in told["warnings"][0]


def test_people_read_tables(model, folder, capsys):
    model(Model(train=["x1"]))
    assert main(["evaluate", "m.keras", folder, "--threshold", "0.95"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "held out  24 takes of 4 dancers" in out and "bootstrap over 4 dancers" in out
    assert "the mean over 3 labels that occur" in out
    (row,) = (line for line in out.splitlines() if line.startswith("releve") and "[" in line)
    assert row.split()[:4] == ["releve", "8", "1.00", "0.75"]
    (cells,) = (line for line in out.splitlines() if line.startswith("releve") and "[" not in line)
    assert cells.split() == ["releve", "2", "2", "6", "."]
    assert "threshold 0.95: 0% of the takes get an answer\n" in out
    assert max(map(len, out.splitlines())) <= 130


def test_the_figure_is_a_png_and_nothing_else_is(model, folder, capsys, tmp_path):
    model(Model(train=["x1"]))
    file = tmp_path / "deep" / "matrix.png"
    assert main(["evaluate", "m.keras", folder, "--figure", str(file)]) == 0
    assert file.read_bytes().startswith(b"\x89PNG") and len(list(file.parent.iterdir())) == 1
    assert main(["evaluate", "m.keras", folder, "--figure", str(tmp_path / "matrix.exe")]) == 1
    assert ".png" in capsys.readouterr().err


def test_what_is_wrong_is_said_in_one_line(model, folder, capsys, monkeypatch):
    model(Model())
    assert main(["evaluate", "m.keras", folder, "--dancers", "nobody", "--json"]) == 1
    assert "nobody" in json.loads(capsys.readouterr().out)["error"]
    ignorant = Model()
    ignorant.labels = LABELS[:2]
    model(ignorant)
    assert main(["evaluate", "m.keras", folder]) == 1
    assert "show other, which the model never saw" in capsys.readouterr().err

    def damaged(path):
        raise BalletError("m.keras is damaged. Train it again.")

    monkeypatch.setattr(Classifier, "load", damaged)
    assert main(["evaluate", "m.keras", folder]) == 1
    assert capsys.readouterr().err == "ballet: m.keras is damaged. Train it again.\n"


def test_a_model_that_is_not_there_or_no_model(tmp_path, folder, capsys):
    assert main(["evaluate", str(tmp_path / "gone.keras"), folder]) == 1
    assert "gone.keras" in capsys.readouterr().err
    broken = tmp_path / "broken.keras"
    broken.write_bytes(b"no zip")
    assert main(["evaluate", str(broken), folder]) == 1
    err = capsys.readouterr().err
    assert err.startswith("ballet: ") and err.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["m.keras"], ["m.keras", "t", "--threshold", "80"]])
def test_wrong_usage(arguments):
    with pytest.raises(SystemExit) as stopped:
        main(["evaluate", *arguments])
    assert stopped.value.code == 2
