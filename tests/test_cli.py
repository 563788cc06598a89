import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from skimage.data import astronaut

from ballet_lib import BalletError, __version__
from ballet_lib.cli import main
from ballet_lib.extraction import output_names
from ballet_lib.pose import PoseSequence
from ballet_lib.video import write_video

PERSON = astronaut()
EMPTY = np.full((128, 128, 3), 128, np.uint8)


def ballet(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "ballet_lib", *map(str, arguments)], capture_output=True, text=True, **options
    )


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    """Two films of one name in two folders, a film of nobody, and a file that is no film."""
    folder = tmp_path_factory.mktemp("des vidéos")
    for day, count in (("lundi", 4), ("mardi été", 6)):
        (folder / day).mkdir()
        write_video(folder / day / "clip.mp4", [PERSON] * count, fps=10)
    write_video(folder / "nobody.mp4", [EMPTY] * 3, fps=10)
    (folder / "broken.mp4").write_bytes(b"PK\x03\x04 not a video")
    return folder


def test_a_video_becomes_a_pose_file(films, tmp_path, capsys):
    assert main(["extract", str(films / "mardi été" / "clip.mp4"), "-o", str(tmp_path / "où")]) == 0
    poses = PoseSequence.load(tmp_path / "où" / "clip.npz")
    assert poses.landmarks.shape == (6, 33, 4) and poses.found.all() and poses.source == "clip.mp4"
    assert "person in 6 of 6 frames" in capsys.readouterr().out
    assert str(films) not in json.dumps(poses.meta)  # nobody's folders travel with the file


@pytest.mark.parametrize("workers", [1, 2])
def test_many_videos_keep_what_works_and_list_what_failed(films, tmp_path, workers, capsys):
    videos = [
        films / "lundi/clip.mp4",
        films / "broken.mp4",
        films / "mardi été/clip.mp4",
        films / "nobody.mp4",
    ]
    arguments = ["extract", *map(str, videos), "-o", str(tmp_path), "--workers", str(workers)]
    assert main(arguments) == 1
    said = capsys.readouterr()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "lundi_clip.npz",
        "mardi été_clip.npz",
        "nobody.npz",
    ]
    assert len(PoseSequence.load(tmp_path / "lundi_clip.npz")) == 4
    assert len(PoseSequence.load(tmp_path / "mardi été_clip.npz")) == 6
    assert not PoseSequence.load(tmp_path / "nobody.npz").found.any()
    assert "failed: " in said.err and "zip archive" in said.err and "Traceback" not in said.err
    assert "nobody.mp4: no person in any frame" in said.err
    assert said.err.count("extract:") >= 1  # one bar for the whole


def test_second_run_skips_what_is_done(films, tmp_path, capsys):
    arguments = ["extract", str(films / "lundi/clip.mp4"), "-o", str(tmp_path), "--json"]
    main(arguments)
    poses = tmp_path / "clip.npz"
    before = poses.stat().st_mtime_ns
    capsys.readouterr()
    assert main(arguments) == 0
    (outcome,) = json.loads(capsys.readouterr().out)["videos"]
    assert (outcome["status"], outcome["frames"], outcome["found"]) == ("skipped", 4, 4)
    assert poses.stat().st_mtime_ns == before


def test_other_settings_or_a_damaged_file_are_done_again(films, tmp_path):
    arguments = ["extract", str(films / "lundi/clip.mp4"), "-o", str(tmp_path)]
    main(arguments)
    assert main([*arguments, "--every", "2"]) == 0
    poses = tmp_path / "clip.npz"
    assert len(PoseSequence.load(poses)) == 2
    poses.write_bytes(poses.read_bytes()[:200])
    assert main(arguments) == 0
    assert len(PoseSequence.load(poses)) == 4


def test_another_videos_poses_are_never_overwritten(films, tmp_path, capsys):
    main(["extract", str(films / "lundi/clip.mp4"), "-o", str(tmp_path)])
    before = (tmp_path / "clip.npz").read_bytes()
    assert main(["extract", str(films / "mardi été/clip.mp4"), "-o", str(tmp_path)]) == 1
    assert "was made from another video" in capsys.readouterr().err
    assert (tmp_path / "clip.npz").read_bytes() == before
    np.savez(tmp_path / "nobody.npz", mine=np.arange(3))
    assert main(["extract", str(films / "nobody.mp4"), "-o", str(tmp_path)]) == 1
    assert "is no pose file" in capsys.readouterr().err
    assert np.load(tmp_path / "nobody.npz").files == ["mine"]


def test_patterns_that_the_shell_left_alone(films, tmp_path):
    assert main(["extract", str(films / "*" / "clip.mp4"), "-o", str(tmp_path)]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lundi_clip.npz", "mardi été_clip.npz"]


def test_two_people_make_two_files(films, tmp_path):
    assert main(["extract", str(films / "lundi/clip.mp4"), "-o", str(tmp_path), "--people", "2"]) == 0
    assert PoseSequence.load(tmp_path / "clip.npz").found.all()
    assert not PoseSequence.load(tmp_path / "clip.person2.npz").found.any()


def test_json_is_one_document_and_nothing_else(films, tmp_path):
    run = ballet("extract", films / "nobody.mp4", films / "broken.mp4", "-o", tmp_path, "--json")
    outcomes = json.loads(run.stdout)["videos"]
    assert run.returncode == 1
    assert [outcome["status"] for outcome in outcomes] == ["done", "failed"]
    assert outcomes[0]["warnings"] and "zip archive" in outcomes[1]["error"]


@pytest.mark.parametrize("json_too", [[], ["--json"]])
def test_folder_that_cannot_be_written(films, tmp_path, json_too, capsys):
    (tmp_path / "file").write_text("")
    target = str(tmp_path / "file" / "poses")
    assert main(["extract", str(films / "nobody.mp4"), "-o", target, *json_too]) == 1
    said = capsys.readouterr()
    assert said.err.count("\n") == 1 and "cannot be written" in said.err
    if json_too:
        assert "cannot be written" in json.loads(said.out)["error"]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["dance"],
        ["extract"],
        ["extract", "clip.mp4"],
        ["extract", "clip.mp4", "-o", "x", "--every", "0"],
        ["extract", "clip.mp4", "-o", "x", "--workers", "many"],
        ["extract", "clip.mp4", "-o", "x", "--people", "7"],
        ["extract", "clip.mp4", "-o", "x", "--variant", "huge"],
    ],
)
def test_wrong_usage_is_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2 and "usage: ballet" in capsys.readouterr().err


def test_version_and_help_are_quick():
    begun = time.perf_counter()
    run = ballet("--version")
    assert run.stdout.strip() == f"ballet-lib {__version__}" and time.perf_counter() - begun < 2
    help = ballet("--help").stdout
    assert "extract" in help and "Turn videos into pose files" in help


def test_no_network_and_no_model_is_one_clear_error(films, tmp_path):
    named = tmp_path / "model.task"
    named.write_bytes(b"not a model")
    run = ballet(
        "extract", films / "nobody.mp4", "-o", tmp_path, env=os.environ | {"BALLET_POSE_MODEL": str(named)}
    )
    assert run.returncode == 1 and run.stderr.count("\n") == 1 and "cannot be read" in run.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send to one process")
@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_keeps_what_is_finished_and_nothing_half(films, tmp_path, workers):
    long = films / "long.mp4"
    if not long.exists():
        write_video(long, (PERSON for _ in range(600)), fps=25)
    out = tmp_path / "poses"
    videos = [films / "lundi/clip.mp4", films / "nobody.mp4", long]
    command = [sys.executable, "-m", "ballet_lib", "extract", *videos, "-o", out, "--workers", str(workers)]
    # A session of its own, so that the interrupt reaches the whole family, as from a keyboard.
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + 60
    while len(list(out.glob("[!.]*.npz"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate(timeout=30)[1]
    assert process.returncode == 130, said
    assert "Traceback" not in said and "run the same command again" in said
    assert sorted(path.name for path in out.iterdir()) == ["clip.npz", "nobody.npz"]
    assert len(PoseSequence.load(out / "clip.npz")) == 4


def test_leftovers_of_a_killed_run_are_swept(films, tmp_path):
    leftover = tmp_path / ".nobody.partial-0123abcd.npz"
    leftover.write_bytes(b"half")
    assert main(["extract", str(films / "nobody.mp4"), "-o", str(tmp_path)]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["nobody.npz"]


# The rule of the names


@pytest.mark.parametrize(
    "videos, names",
    [
        (["a/clip.mp4"], ["clip"]),
        (["a/clip.mp4", "b/other.mp4"], ["clip", "other"]),
        (["a/clip.mp4", "b/clip.mp4", "b/other.mp4"], ["a_clip", "b_clip", "other"]),
        (["a/x/clip.mp4", "b/x/clip.mp4"], ["a_x_clip", "b_x_clip"]),
        (["a/clip.mp4", "a/clip.mov"], ["clip.mp4", "clip.mov"]),
        (["a/Clip.mp4", "b/clip.mp4"], ["a_Clip", "b_clip"]),
        (["a/clip.mp4", "a/clip.mp4", "a/../a/clip.mp4"], ["clip"]),
        (["a/clip.mp4", "b/clip.mp4", "c/a_clip.mp4"], ["x_a_clip", "b_clip", "c_a_clip"]),
    ],
)
def test_names_never_clash(tmp_path, monkeypatch, videos, names):
    (tmp_path / "x").mkdir()
    monkeypatch.chdir(tmp_path / "x")
    found = list(output_names(videos).values())
    assert found == names


def test_second_person_and_another_video_of_that_name(films, tmp_path, capsys):
    videos = [str(tmp_path / "clip.mp4"), str(tmp_path / "clip.person2.mp4")]
    assert main(["extract", *videos, "-o", str(tmp_path), "--people", "2"]) == 1
    assert "both write clip.person2.npz" in capsys.readouterr().err


def test_commands_report_any_ballet_error_as_status_1(monkeypatch, capsys):
    import ballet_lib.extraction

    def fails(*_, **__):
        raise BalletError("This is wrong. Do that.")

    monkeypatch.setattr(ballet_lib.extraction, "extract_all", fails)
    assert main(["extract", "clip.mp4", "-o", "x"]) == 1
    assert capsys.readouterr().err == "ballet: This is wrong. Do that.\n"
