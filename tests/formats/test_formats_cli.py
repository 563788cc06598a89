"""`ballet import` and `ballet export`."""

import json

import numpy as np
import pytest
from foreign_files import alphapose, beside, dancer, mp_data, pixels, text51, write_json

from ballet_lib.cli import main
from ballet_lib.takes import TakeSet


def test_import_says_what_was_read_lost_and_assumed(tmp_path, capsys):
    write_json(tmp_path / "in" / "releve" / "a.json", alphapose([pixels(dancer()), pixels(beside(dancer()))]))
    out = tmp_path / "takes"
    status = main(["import", "alphapose", str(tmp_path / "in"), "-o", str(out), "--size", "480x640",
                   "--dancer", "Anna"])  # fmt: skip
    said = capsys.readouterr()
    assert status == 0
    assert "2 takes (releve 2), 1 dancers" in said.out and "12, with a person in 12" in said.out
    assert "lost     16 of the 33 landmarks" in said.out and "warning: The files do not say" in said.err
    takes = TakeSet.load(out)
    assert takes.dancers == ("Anna",) and takes[0].poses.size == (480, 640)
    assert str(tmp_path) not in (out / "takes.csv").read_text()


def test_import_and_export_go_round(tmp_path, capsys):
    mp_data(tmp_path / "MP_Data", sequences=3)
    steps = [
        [
            "import",
            "mp-data",
            tmp_path / "MP_Data",
            "-o",
            tmp_path / "a.npz",
            "--fps",
            "20",
            "--size",
            "480x640",
        ],
        ["export", "text51", tmp_path / "a.npz", "-o", tmp_path / "text", "--frames", "10"],
        [
            "import",
            "text51",
            tmp_path / "text",
            "-o",
            tmp_path / "b",
            "--sequence-length",
            "10",
            "--fps",
            "20",
        ],
        ["export", "mp-data", tmp_path / "b", "-o", tmp_path / "again"],
    ]
    for step in steps:
        assert main([*map(str, step), "--json"]) == 0
        report = json.loads(capsys.readouterr().out)
        assert report["takes"] == 3 and isinstance(report["lost"], list)
    assert sorted(path.name for path in (tmp_path / "again").iterdir()) == ["releve"]
    assert len(list((tmp_path / "again" / "releve" / "2").iterdir())) == 10


def test_json_is_one_document(tmp_path, capsys):
    (text51(tmp_path / "in") / "X_bad.txt").write_text("1 2 3")
    choices = ["--json", "--skip-damaged", "--sequence-length", "6", "--label-names", "afro, hip hop"]
    assert main(["import", "text51", str(tmp_path / "in"), "-o", str(tmp_path / "out"), *choices]) == 0
    said = capsys.readouterr()
    report = json.loads(said.out)
    assert report["labels"] == {"afro": 1, "hip hop": 1} and len(report["skipped"]) == 1 and said.err == ""
    assert report["frames"] == report["found"] == 12 and report["warnings"]


def test_faults_of_the_input_are_status_1_and_write_nothing(tmp_path, capsys):
    write_json(tmp_path / "a.json", alphapose([pixels(dancer())]))
    arguments = ["import", "alphapose", str(tmp_path / "a.json"), "-o", str(tmp_path / "out")]
    assert main(arguments) == 1
    assert "--size 1280x720" in capsys.readouterr().err and not (tmp_path / "out").exists()
    assert main([*arguments, "--size", "480x640", "--labels", str(tmp_path / "none.csv")]) == 1
    assert main(["export", "mp-data", str(tmp_path / "none"), "-o", str(tmp_path / "out")]) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["out", "out.npz"])
def test_other_takes_are_never_overwritten(tmp_path, name, capsys):
    for label in ("a", "b"):
        mp_data(tmp_path / label, label)
    out = tmp_path / name
    assert main(["import", "mp-data", str(tmp_path / "a"), "-o", str(out)]) == 0
    assert main(["import", "mp-data", str(tmp_path / "b"), "-o", str(out)]) == 1
    assert "holds other takes" in capsys.readouterr().err and TakeSet.load(out).labels == ("a",)
    assert main(["import", "mp-data", str(tmp_path / "a"), "-o", str(out)]) == 0  # the same again is welcome
    np.savez(tmp_path / "mine.npz", x=np.zeros(3))
    assert main(["import", "mp-data", str(tmp_path / "a"), "-o", str(tmp_path / "mine.npz")]) == 1
    assert np.load(tmp_path / "mine.npz").files == ["x"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["import"],
        ["import", "bvh", "x", "-o", "y"],
        ["import", "mp-data", "x"],
        ["import", "mp-data", "x", "-o", "y", "--size", "large"],
        ["import", "mp-data", "x", "-o", "y", "--size", "0x5"],
        ["import", "mp-data", "x", "-o", "y", "--people", "21"],
        ["export", "alphapose", "x", "-o", "y"],
    ],
)
def test_wrong_usage_is_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2 and "usage: ballet" in capsys.readouterr().err
