"""By default no picture reaches the disk; an upload is there only while it is looked at."""

import json
import os
import subprocess
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from default_use import holds_pixels

from ballet_lib.pose_model import cache_folder
from ballet_lib.recording.film import to_jpeg
from ballet_lib.video import read_frames, write_video
from ballet_lib.webcam.webcam import RECORDED

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> dict:
    """What `default_use` says after it used everything in an empty home."""
    place, given = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("given")
    frames = list(islice(read_frames(RECORDED), 440, 496))
    film = write_video(given / "mine.mp4", frames[:24], 20)
    np.savez(
        given / "jpegs.npz",
        **{f"{n:03d}": np.frombuffer(to_jpeg(f, 70), np.uint8) for n, f in enumerate(frames)},
    )
    home = dict.fromkeys(
        ("HOME", "TMPDIR", "TEMP", "TMP", "XDG_CACHE_HOME", "IPYTHONDIR", "MPLCONFIGDIR"), str(place)
    )
    environment = os.environ | home | {"BALLET_CACHE": str(cache_folder())}
    command = [sys.executable, HERE / "default_use.py", film, given / "jpegs.npz"]
    ran = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, timeout=280)
    assert ran.returncode == 0, ran.stderr[-3000:]
    return json.loads(ran.stdout.splitlines()[-1])


@pytest.mark.parametrize("use", ["camera", "recorder", "film"])
def test_no_pixel_reaches_the_disk(told, use):
    assert told[use]["done"], "it was used, and somebody was seen"
    assert told[use]["pixels"] == []


def test_an_upload_lies_in_a_temporary_folder_and_goes(told):
    names = [Path(path) for path in told["app"]["pixels"]]
    assert {path.name for path in names} == {"uploaded.video", "annotated.mp4"}, (
        "the film, and the one drawn on it"
    )
    assert all(path.parent.name.startswith("film-") for path in names)
    assert told["app"]["done"], "the film with its annotations went to the page"


def test_the_pages_say_so():
    app = Path(HERE.parents[1] / "ballet_lib" / "app" / "film_analysis.js").read_text(encoding="utf-8")
    assert "stays on this machine and is deleted after the analysis" in app
    live = Path(HERE.parents[1] / "ballet_lib" / "webcam" / "webcam.js").read_text(encoding="utf-8")
    assert "Frames stay on this machine and are not stored." in live


def test_the_witness_knows_pixels_when_it_sees_them(tmp_path):
    frames = np.zeros((3, 48, 64, 3), np.uint8)
    np.savez_compressed(tmp_path / "pixels.npz", frames=frames)
    np.savez_compressed(
        tmp_path / "poses.npz", landmarks=np.zeros((40, 33, 4), np.float32), fps=np.float64(20)
    )
    assert holds_pixels((tmp_path / "pixels.npz").read_bytes()) and holds_pixels(to_jpeg(frames[0], 70))
    assert not holds_pixels((tmp_path / "poses.npz").read_bytes()) and not holds_pixels(b"take_id,movement\n")
