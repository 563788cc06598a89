"""`ballet train` as a user calls it."""

import json

import pytest
from test_training import company, stop_in

from ballet_lib.classifier import Classifier
from ballet_lib.cli import main
from ballet_lib.splits import split_by_dancer


@pytest.fixture(scope="module")
def takes(tmp_path_factory):
    return str(company(5).save(tmp_path_factory.mktemp("takes") / "company.npz"))


def train(*arguments):
    return main(["train", *map(str, arguments)])


def test_it_trains_judges_and_writes_what_it_judged(takes, tmp_path, capfd):
    output = tmp_path / "new" / "model.keras"
    assert train(takes, "-o", output, "--hold-out", "dancer=d1,d3", "--epochs", 3, "--json") == 0
    told = capfd.readouterr()
    report = json.loads(told.out)
    assert {"accuracy", "macro_f1", "n", "per_class"} <= set(report["held_out"])
    assert report["held_out"]["n"] == 24 and report["seconds"] > 0 and report["model"] == str(output)
    assert told.err == ""
    model = Classifier.load(output)
    assert model.card["data"]["held_out"] == {"takes": 24, "dancers": ["d1", "d3"]}
    assert not {"d1", "d3"} & {
        *model.card["data"]["train"]["dancers"],
        *model.card["data"]["validation"]["dancers"],
    }
    held_out = split_by_dancer(company(5), ["d1", "d3"]).test
    right = (model.predict(held_out) == [take.movement for take in held_out]).mean()
    assert (
        model.card["held_out"]["accuracy"] == report["held_out"]["accuracy"] == pytest.approx(right, abs=1e-3)
    )
    assert str(tmp_path) not in output.with_suffix(".json").read_text()


def test_it_tells_people_what_it_did_and_holds_out_a_quarter(takes, tmp_path, capsys):
    arguments = ("--epochs", 2, "--features", "angles,normalised", "--network", "tcn", "--seed", 1)
    assert train(takes, "-o", tmp_path / "m.keras", *arguments, "--logs", tmp_path / "logs") == 0
    told = capsys.readouterr().out
    assert "held out  12 takes of d" in told and "macro-F1" in told and "m.json" in told
    assert Classifier.load(tmp_path / "m.keras").features == ["angles", "normalised"]
    assert any((tmp_path / "logs").iterdir())


def test_without_hold_out_everybody_teaches_and_nothing_is_claimed(takes, tmp_path, capsys):
    assert train(takes, "-o", tmp_path / "m.keras", "--hold-out", "none", "--epochs", 1, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["held_out"] is None and report["card"]["data"]["takes"] == 60


def test_one_dancer_is_told_what_to_do(tmp_path, capsys):
    alone = company(1).save(tmp_path / "alone.npz")
    assert train(alone, "-o", tmp_path / "m.keras", "--json") == 1
    told = capsys.readouterr()
    assert "danced by d0" in told.err and "--hold-out none" in told.err and told.err.count("\n") == 1
    assert "error" in json.loads(told.out) and not (tmp_path / "m.keras").exists()
    assert train(alone, "-o", tmp_path / "m.keras", "--hold-out", "none", "--epochs", 1) == 0
    assert "no dancer can be spared for validation" in capsys.readouterr().err


def test_two_dancers_are_one_to_learn_from_and_one_to_judge_by(tmp_path, capsys):
    pair = company(2).save(tmp_path / "pair.npz")
    assert train(pair, "-o", tmp_path / "m.keras", "--epochs", 1, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["held_out"]["n"] == 12 and report["validation"] is None


def test_ctrl_c_saves_the_best_and_says_where(takes, tmp_path, monkeypatch, capsys):
    stop_in(2, monkeypatch)
    assert train(takes, "-o", tmp_path / "m.keras", "--json") == 130
    told = capsys.readouterr()
    assert f"{tmp_path / 'm.keras'} holds the best weights so far" in told.err
    assert json.loads(told.out)["interrupted"]
    assert Classifier.load(tmp_path / "m.keras").card["interrupted"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "model.h5"], "model.keras"),
        (["-o", "m.keras", "--hold-out", "dancer=nobody"], "no dancer nobody"),
        (["-o", "m.keras", "--hold-out", "dancer=d0,d1,d2,d3,d4"], "Hold out at least one, and not all"),
        (["-o", "m.keras", "--features", "smell"], "no feature smell"),
    ],
)
def test_faults_are_one_line(takes, tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert train(takes, *arguments) == 1
    told = capsys.readouterr().err
    assert message in told and told.count("\n") == 1
    assert not list(tmp_path.glob("*.keras"))


def test_a_label_that_only_held_out_dancers_show_is_named(tmp_path, capsys):
    takes = company(3) + company(4, movements=("jump",)).filter(dancer="d3")
    path = takes.save(tmp_path / "takes.npz")
    assert train(path, "-o", tmp_path / "m.keras", "--hold-out", "dancer=d3") == 1
    assert "show jump" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [[], ["-o", "m.keras", "--network", "gru"], ["-o", "m.keras", "--hold-out", "d1"],
     ["-o", "m.keras", "--epochs", "0"], ["-o", "m.keras", "--hold-out", "dancer="]],
)  # fmt: skip
def test_wrong_usage(takes, arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        train(takes, *arguments)
    assert stopped.value.code == 2
