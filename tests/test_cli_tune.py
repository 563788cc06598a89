"""`ballet tune` as a user calls it."""

import json

import pandas as pd
import pytest
from test_training import company

from ballet_lib.classifier import Classifier
from ballet_lib.cli import main
from ballet_lib.tuning import Search, trial

QUICK = ("--max-epochs", 1, "--budget", 2, "--features", "normalised", "--hold-out", "dancer=d1,d3")


@pytest.fixture(scope="module")
def takes(tmp_path_factory):
    return str(company(5, each=2).save(tmp_path_factory.mktemp("takes") / "company.npz"))


@pytest.fixture(scope="module")
def tuned(takes, tmp_path_factory):
    """A finished search of two epochs, its exit status."""
    folder = tmp_path_factory.mktemp("searches") / "s"
    return folder, tune(takes, "-o", folder, "--method", "random", *QUICK, "--copies", 1, "--json")


def tune(*arguments):
    return main(["tune", *map(str, arguments)])


def test_it_searches_judges_once_and_writes_what_it_found(takes, tuned, capfd):
    folder, status = tuned
    assert status == 0
    assert tune(takes, "-o", folder, "--method", "random", *QUICK, "--copies", 1, "--json") == 0, (
        "reads what is there"
    )
    told = capfd.readouterr()
    report = json.loads(told.out)
    assert told.err == "" and report["finished"] and report["epochs"] == report["budget"] == 2
    assert report["held_out"]["n"] == 12 and report["held_out"]["dancers"] == ["d1", "d3"]
    assert len(report["tried"]) == len(pd.read_csv(folder / "trials.csv")) == 2
    model = Classifier.load(folder / "best.keras")
    assert model.card["recipe"]["copies"] == 1
    held = company(5, each=2).filter(dancer=["d1", "d3"])
    right = (model.predict(held) == [take.movement for take in held]).mean()
    assert (
        model.card["held_out"]["accuracy"] == report["held_out"]["accuracy"] == pytest.approx(right, abs=1e-3)
    )
    seen = {*model.card["data"]["train"]["dancers"], *model.card["data"]["validation"]["dancers"]}
    assert not seen & {"d1", "d3"}
    assert report["best"]["sizes"] == Search.load(folder).best["sizes"]
    assert str(folder) not in (folder / "best.json").read_text()


def test_it_tells_people_what_it_did(takes, tuned, capsys):
    folder, _ = tuned
    assert tune(takes, "-o", folder, "--method", "random", *QUICK, "--copies", 1) == 0
    told = capsys.readouterr().out
    for words in ("searched  random, 2 trials, 2 of 2 epochs", "among 1,944 combinations", "learning rate",
                  "held out  12 takes of d1, d3: accuracy", "the best of many",
                  "again     fit(takes, network=", "best.keras"):  # fmt: skip
        assert words in told


def test_brackets_are_printed_as_planned_and_run_and_failures_with_their_reason(
    takes, tmp_path, capsys, monkeypatch
):
    whole, calls = trial.run, []

    def first_fails(*arguments):
        calls.append(1)
        if len(calls) == 1:
            raise MemoryError
        whole(*arguments)

    monkeypatch.setattr(trial, "run", first_fails)
    hyperband = ("--factor", 2, *QUICK[:2], *QUICK[4:])
    assert tune(takes, "-o", tmp_path / "s", *hyperband, "--budget", 3) == 0
    told = capsys.readouterr().out
    assert "trials ran" in told and "failed    0: ran out of memory" in told
    assert "hyperband, 3 trials, 1 of them failed" in told


def test_ctrl_c_says_how_to_go_on_and_asks_nobody_yet(takes, tmp_path, capsys, monkeypatch):
    whole, calls = trial.run, []

    def stopped(*arguments):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        whole(*arguments)

    monkeypatch.setattr(trial, "run", stopped)
    arguments = (takes, "-o", tmp_path / "s", "--method", "random", *QUICK)
    assert tune(*arguments) == 130
    told = capsys.readouterr()
    assert f"goes on from {tmp_path / 's'}" in told.err and "nobody is asked before" in told.out
    assert Classifier.load(tmp_path / "s" / "best.keras").card["held_out"] is None
    assert tune(*arguments, "--json") == 0 and json.loads(capsys.readouterr().out)["epochs"] == 2
    assert len(calls) == 3


def test_another_search_in_the_folder_is_one_line(takes, tuned, capsys):
    folder, _ = tuned
    assert tune(takes, "-o", folder, "--method", "random", *QUICK, "--seed", 5, "--json") == 1
    told = capsys.readouterr()
    assert "another search" in told.err and told.err.count("\n") == 1 and "error" in json.loads(told.out)
