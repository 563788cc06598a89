import json

import pytest

from ballet_lib.checks import check
from ballet_lib.cli import main


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    monkeypatch.setenv("BALLET_PROGRESS", str(tmp_path / "progress.json"))


def test_progress_prints_a_bar_for_each_lesson(capsys):
    assert main(["progress"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("00 Start here") and "0 of" in told


def test_progress_as_json(capsys, tmp_path):
    check("01.1", 3)  # wrong, but tried
    assert main(["progress", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["file"] == str(tmp_path / "progress.json")
    assert told["right"] == 0 and told["tasks"] == sum(row["tasks"] for row in told["lessons"])
