"""`ballet silhouettes` as a user calls it."""

import json

import numpy as np
import pytest

from ballet_lib import silhouette_files
from ballet_lib.cli import INTERRUPTED, main
from ballet_lib.silhouettes import Silhouettes, as_pictures, iou
from ballet_lib.video import write_video


@pytest.fixture(scope="module")
def dance():
    return Silhouettes.load().clips["r15_1"][100:120]


@pytest.fixture(scope="module")
def film(dance, tmp_path_factory):
    """Two seconds of a dark dancer on a light ground, 20 frames a second."""
    path = tmp_path_factory.mktemp("film") / "Anna_1.mp4"
    return str(write_video(path, as_pictures(dance.repeat(2, axis=0)), 20))


@pytest.fixture(scope="module")
def faster(dance, tmp_path_factory):
    """Another film of hers, 30 frames a second."""
    path = tmp_path_factory.mktemp("film") / "Anna_2.mp4"
    return str(write_video(path, as_pictures(dance[::-1].repeat(3, axis=0)), 30))


def test_films_become_a_zip_to_train_on(film, faster, dance, tmp_path, capsys):
    output = tmp_path / "mine" / "dance.zip"
    assert main(["silhouettes", film, faster, "-o", str(output), "--cut", "threshold"]) == 0
    made = Silhouettes.load(output)
    assert (list(made.clips), made.dancers, made.fps) == (["anna_1", "anna_2"], ("anna",), 10.0)
    assert iou(made.frames, np.concatenate([dance, dance[::-1]])).min() > 0.97
    said = capsys.readouterr().out
    assert "anna_1: 20 frames, 2.0 s" in said and "40 pictures of 64 x 96, 10 a second" in said
    advice = said.split("Train on it:")[1].strip().splitlines()
    assert all(compile(line.strip(), "advice", "exec") for line in advice if line.strip())
    assert f"fit_autoencoder(Silhouettes.load({str(output)!r}).frames)" in advice[-1]


def test_json_is_one_document(film, tmp_path, capsys):
    output = str(tmp_path / "dance.zip")
    assert main(["silhouettes", film, "-o", output, "--every", "4", "--cut", "threshold", "--json"]) == 0
    said = capsys.readouterr()
    report = json.loads(said.out)
    assert (report["output"], report["clips"], report["fps"]) == (output, {"anna_1": 10}, 5.0)
    assert (report["frames"], report["dancers"], report["warnings"]) == (10, ["anna"], [])
    assert said.err == ""


def test_what_is_left_out_is_told(dance, tmp_path, capsys):
    late = dance.copy()
    late[:5] = False
    film = str(write_video(tmp_path / "late.mp4", as_pictures(late), 10))
    output = str(tmp_path / "dance.zip")
    assert main(["silhouettes", film, "-o", output, "--cut", "threshold", "--json"]) == 0
    said = capsys.readouterr()
    assert "5 of 20 frames are left out" in said.err
    assert "5 of 20" in json.loads(said.out)["warnings"][0]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["{film}", "-o", "x.npz"], "does not end in .zip"),
        (["{film}", "{wall}", "-o", "x.zip"], "wall.mp4 shows a dark dancer on a light ground in 0 of 12"),
        (["nowhere.mp4", "-o", "x.zip"], "nowhere.mp4 is not there"),
    ],
)
def test_mistakes_are_told_in_a_line_and_nothing_is_written(more, said, film, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    wall = str(write_video(tmp_path / "wall.mp4", [np.full((96, 64, 3), 90, np.uint8)] * 12, 10))
    arguments = [word.format(film=film, wall=wall) for word in more]
    assert main(["silhouettes", *arguments, "--cut", "threshold", "--json"]) == 1
    told = capsys.readouterr()
    assert said in json.loads(told.out)["error"] and len(told.err.strip().splitlines()) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["wall.mp4"]


def test_wrong_usage(film, capsys):
    for wrong in ([film], [film, "-o", "x.zip", "--every", "0"], [film, "-o", "x.zip", "--cut", "scissors"]):
        with pytest.raises(SystemExit) as stopped:
            main(["silhouettes", *wrong])
        assert stopped.value.code == 2
    capsys.readouterr()


def test_films_that_do_not_go_together_are_refused_before_they_are_cut(
    film, faster, dance, tmp_path, capsys, monkeypatch
):
    monkeypatch.delattr("ballet_lib.cli_silhouettes.read_silhouettes")
    output = tmp_path / "x.zip"
    assert main(["silhouettes", film, faster, "-o", str(output), "--every", "2", "--cut", "threshold"]) == 1
    assert "of 10 and of 15 frames a second" in capsys.readouterr().err and not output.exists()
    twin = str(write_video(tmp_path / "anna 1.mp4", as_pictures(dance), 20))
    assert main(["silhouettes", film, twin, "-o", str(output), "--cut", "threshold"]) == 1
    assert "Two clips are named anna_1" in capsys.readouterr().err


def test_ctrl_c_leaves_the_old_file(film, dance, tmp_path, capsys, monkeypatch):
    output = Silhouettes({"old": dance}).save(tmp_path / "dance.zip")
    before = output.read_bytes()
    encoded, left = silhouette_files._encoded, iter(range(7))

    def stopped(frame):
        if next(left, None) is None:
            raise KeyboardInterrupt
        return encoded(frame)

    monkeypatch.setattr(silhouette_files, "_encoded", stopped)
    assert main(["silhouettes", film, "-o", str(output), "--cut", "threshold"]) == INTERRUPTED
    assert output.read_bytes() == before and [file.name for file in tmp_path.iterdir()] == ["dance.zip"]
    assert "stopped" in capsys.readouterr().err
