"""`ballet recognise` as a user calls it."""

import json
import sys
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import pytest

from ballet_lib import DATASETS
from ballet_lib.cli import main
from ballet_lib.takes import TakeSet
from ballet_lib.video import probe, read_frames, write_video
from ballet_lib.vocabulary import french

ROUTINE = "r01_routine_1"


@dataclass(frozen=True)
class Finding:
    """What `technique` tells, as far as it is printed."""

    words: str
    frame: int = 10
    landmarks: tuple = (25,)


@pytest.fixture(autouse=True)
def teacher(monkeypatch):
    """Stand in for `technique`: a teacher who says the same of every relevé."""
    module = ModuleType("ballet_lib.technique")
    module.correction = lambda poses, movement: (
        Finding("Stretch the left knee.") if movement == "releve" else None
    )
    monkeypatch.setitem(sys.modules, "ballet_lib.technique", module)


@pytest.fixture(scope="module")
def routine():
    return TakeSet.load("routines").filter(lambda take: take.take_id == ROUTINE)[0]


@pytest.fixture(scope="module")
def poses(routine, tmp_path_factory):
    return str(routine.poses.save(tmp_path_factory.mktemp("poses") / "routine.npz"))


@pytest.fixture(scope="module")
def first(routine):
    """The first movement of the routine, in seconds."""
    return next(segment for segment in routine.timeline if segment.label != "other")


@pytest.fixture(scope="module")
def film(first, tmp_path_factory):
    """A film of the first movement, a second before it to a second after."""
    frames = list(read_frames(DATASETS / f"{ROUTINE}.mp4"))
    some = frames[max(0, round((first.start - 1) * 20)) : round((first.end + 1) * 20)]
    return str(write_video(tmp_path_factory.mktemp("film") / "first.mp4", some, 20))


def danced(routine):
    return [segment.label for segment in routine.timeline if segment.label != "other"]


def test_a_film_becomes_one_json_document_a_figure_a_table_and_a_film(film, first, tmp_path, capsys):
    out = [str(tmp_path / "made" / name) for name in ("f.png", "v.mp4", "e.csv")]
    assert main(["recognise", film, "--json", "--figure", out[0], "--video", out[1], "--csv", out[2]]) == 0
    said, told = capsys.readouterr()
    document = json.loads(said)
    (event,) = (event for event in document["events"] if event["movement"] == first.label)
    assert set(event) == {"movement", "start", "end", "probability"} and 0.8 <= event["probability"] <= 1
    assert 0 <= event["start"] < 1.5 < event["end"] <= document["seconds"]
    assert document["fps"] == 20 and document["seconds"] == probe(film).seconds
    assert document["exercise"][0] == document["events"][0]["movement"]
    assert len(document["corrections"]) == len(document["events"])
    assert "looking at first.mp4" in told and "drawing v.mp4" in told, "bars go to standard error"
    assert (tmp_path / "made" / "f.png").read_bytes().startswith(b"\x89PNG")
    assert probe(out[1]).frames == probe(film).frames and probe(out[1]).width > probe(film).width
    assert (tmp_path / "made" / "e.csv").read_text().startswith("movement,start,end,probability,correction\n")
    assert len(list((tmp_path / "made").iterdir())) == 3, "no half files are left"


def test_people_read_a_timeline_the_exercise_and_what_to_correct(poses, routine, capsys, tmp_path):
    assert main(["recognise", poses, "--csv", str(tmp_path / "e.csv")]) == 0
    said = capsys.readouterr().out
    lines = [line.split("  ") for line in said.splitlines()]
    rows = [line[0] for line in lines if line[-1].endswith("%")]
    assert rows == [french(label) for label in danced(routine)]
    assert f"exercise    {', '.join(map(french, danced(routine)))}\n" in said
    assert said.count("Stretch the left knee.") == danced(routine).count("releve")
    assert "relevé: Stretch the left knee.\n" in said and f"written   {tmp_path / 'e.csv'}\n" in said
    assert (
        f"{ROUTINE}.mp4, 0:{routine.poses.seconds:04.1f}, somebody in 100% of {len(routine)} frames" in said
    )


def test_exercises_threshold_and_silence_about_technique_are_as_asked_for(poses, routine, capsys):
    assert main(["recognise", poses, "--exercise", "2", "--no-technique", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    labels = danced(routine)
    assert document["exercises"] == [labels[0:2], labels[2:4], labels[4:]]
    assert document["exercise"] == labels[:2] and document["corrections"] == [None] * 5
    assert main(["recognise", poses, "--threshold", "0.999"]) == 0
    said = capsys.readouterr().out
    assert "movements none; the likeliest was " in said and "exercise" not in said


def refused(capsys, *arguments):
    """Return the one line that says what is wrong."""
    assert main(["recognise", *map(str, arguments)]) == 1
    out, err = capsys.readouterr()
    last = err.strip().split("\r")[-1].strip()
    assert out == "" and last.startswith("ballet: ") and "\n" not in last
    return last


def test_what_is_wrong_is_said_in_one_line(poses, tmp_path, capsys):
    assert "is not there" in refused(capsys, tmp_path / "gone.mp4")
    assert "no model at nothing" in refused(capsys, poses, "--model", "nothing")
    assert "ballet evaluate" in refused(capsys, DATASETS / "ballet6-paper.npz")
    (tmp_path / "text.mp4").write_text("not a film, only words")
    assert "is not a video" in refused(capsys, tmp_path / "text.mp4")
    assert main(["recognise", str(tmp_path / "gone.mp4"), "--json"]) == 1
    assert "is not there" in json.loads(capsys.readouterr().out)["error"]


def test_a_film_without_anybody_says_so(tmp_path, capsys):
    empty = write_video(tmp_path / "empty.mp4", np.full((12, 120, 160, 3), 200, np.uint8), 20)
    assert "Nobody is found in the 12 frames of empty.mp4" in refused(capsys, empty)


def test_names_are_checked_before_the_work_and_a_film_is_not_overwritten(film, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("ballet_lib.recognition.recognise", lambda *a, **k: pytest.fail("began to work"))
    assert ".png" in refused(capsys, film, "--figure", tmp_path / "f.jpg")
    assert ".mp4" in refused(capsys, film, "--video", tmp_path / "v.avi")
    assert "the film itself" in refused(capsys, film, "--video", film)
    (tmp_path / "file").write_text("no folder")
    assert "cannot be written" in refused(capsys, film, "--csv", tmp_path / "file" / "e.csv")


@pytest.mark.parametrize("arguments", [[], ["f.mp4", "--threshold", "80"], ["f.mp4", "--exercise", "0"]])
def test_wrong_usage(arguments):
    with pytest.raises(SystemExit) as stopped:
        main(["recognise", *arguments])
    assert stopped.value.code == 2
