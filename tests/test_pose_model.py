import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest

from ballet_lib import BalletError, pose_model
from ballet_lib.pose_model import locate
from ballet_lib.task_bundle import HOLISTIC_MEMBERS, POSE_MEMBERS, holistic_bundle, pose_bundle

DEAD = "http://127.0.0.1:9/"  # the discard port: nobody listens


@pytest.fixture(scope="module")
def parts():
    """The parts as MediaPipe publishes them, taken out of the wheel once."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        return pose_model._parts_from_wheel(tuple(pose_model.WHEEL_FOLDERS), Path(folder))


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache of this test's own."""
    folder = tmp_path / "caché"
    monkeypatch.setenv("BALLET_CACHE", str(folder))
    monkeypatch.delenv("BALLET_POSE_MODEL", raising=False)
    return folder


@pytest.fixture
def offline(monkeypatch):
    """A dead package index and a dead asset storage."""
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.setenv(name, DEAD + "simple")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "0")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setattr(pose_model, "ASSETS", DEAD)


@pytest.fixture
def wheel_at_hand(monkeypatch, parts):
    """Spare the network where the download is not what is tested; count the calls."""
    calls = []

    def read(needed, folder):
        calls.append(needed)
        return {name: parts[name] for name in needed}

    monkeypatch.setattr(pose_model, "_parts_from_wheel", read)
    return calls


def test_fetched_once_then_cached(cache, wheel_at_hand):
    first, second = locate(), locate()
    assert first == second and len(wheel_at_hand) == 1
    assert first.path == cache / "pose_landmarker_full.task"
    assert "mediapipe==0.10.21" in first.source
    assert first.sha256 == hashlib.sha256(first.path.read_bytes()).hexdigest()
    assert sorted(path.name for path in cache.iterdir()) == [
        "pose_landmarker_full.json",
        "pose_landmarker_full.task",
    ]


@pytest.mark.parametrize("build, members", [(pose_bundle, POSE_MEMBERS), (holistic_bundle, HOLISTIC_MEMBERS)])
def test_bundle_is_reproducible_and_aligned(parts, build, members):
    if build is pose_bundle:
        parts = {name: parts[name] for name in ("pose_detection.tflite", "pose_landmark_full.tflite")}
    first, second = build(parts), build(parts)
    assert first == second
    with zipfile.ZipFile(io.BytesIO(first)) as bundle:
        assert tuple(bundle.namelist()) == members
        for name in bundle.namelist():
            assert bundle.getinfo(name).compress_type == zipfile.ZIP_STORED
            assert first.index(bundle.read(name)) % 64 == 0
        assert bundle.read("pose_detector.tflite") == parts["pose_detection.tflite"]


def test_holistic_finds_body_face_and_no_hands_where_none_are(cache, wheel_at_hand):
    from skimage.data import astronaut

    from ballet_lib.quiet_mediapipe import import_mediapipe, quiet

    with quiet():
        mediapipe = import_mediapipe()
        from mediapipe.tasks.python import BaseOptions, vision

        options = vision.HolisticLandmarkerOptions(BaseOptions(str(pose_model.pose_model("holistic"))))
        with vision.HolisticLandmarker.create_from_options(options) as landmarker:
            found = landmarker.detect(mediapipe.Image(mediapipe.ImageFormat.SRGB, astronaut()))
    assert (len(found.pose_landmarks), len(found.face_landmarks)) == (33, 478)
    assert not found.left_hand_landmarks and not found.right_hand_landmarks  # cut off by the picture
    face, body = found.face_landmarks, found.pose_landmarks
    # The face's iris centres and the body's eyes are the same eyes, found by two models.
    for iris, eye in ((468, 5), (473, 2)):
        assert abs(face[iris].x - body[eye].x) < 0.02 and abs(face[iris].y - body[eye].y) < 0.02
    corners = sorted((face[33].x, face[133].x))
    assert corners[0] < face[468].x < corners[1]


@pytest.mark.parametrize("damage", ["cut", "flipped", "no note", "note of another", "note not JSON"])
def test_corrupt_cache_mends_itself(cache, wheel_at_hand, damage):
    whole = locate()
    content = whole.path.read_bytes()
    note = whole.path.with_suffix(".json")
    if damage == "cut":
        whole.path.write_bytes(content[:1000])
    elif damage == "flipped":
        whole.path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    elif damage == "no note":
        note.unlink()
    elif damage == "note of another":
        note.write_text(json.dumps({"source": "?", "sha256": "0" * 64}))
    else:
        note.write_text("{")
    assert locate() == whole
    assert whole.path.read_bytes() == content and len(wheel_at_hand) == 2


def test_two_processes_at_once_both_end_well(cache):
    code = "from ballet_lib.pose_model import locate; m = locate(); print(m.sha256)"
    with ThreadPoolExecutor() as pool:
        runs = list(
            pool.map(
                lambda _: subprocess.run([sys.executable, "-c", code], capture_output=True, text=True),
                range(2),
            )
        )
    assert [run.returncode for run in runs] == [0, 0], runs
    assert {run.stdout.strip() for run in runs} == {locate().sha256}
    assert len(list(cache.iterdir())) == 2


def test_part_with_another_hash_is_refused(cache, offline, monkeypatch, parts):
    forged = {name: content[:-1] + b"?" for name, content in parts.items()}
    monkeypatch.setattr(pose_model, "_parts_from_wheel", lambda needed, folder: forged)
    with pytest.raises(BalletError, match="another content than MediaPipe publishes"):
        locate()
    assert not cache.exists()


def test_without_network_every_source_is_listed_with_its_reason(cache, offline):
    with pytest.raises(BalletError) as caught:
        locate()
    message = str(caught.value)
    for said in (
        "mediapipe==0.10.21",
        DEAD,
        str(cache),
        "cannot be reached",
        "BALLET_POSE_MODEL",
        "https://",
    ):
        assert said in message, message
    assert "Traceback" not in message and len(message.splitlines()) == 5


def test_without_pip_says_so(cache, offline, monkeypatch):
    import importlib.util
    import shutil

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(BalletError, match="no pip in this environment"):
        locate()


def test_storage_is_tried_when_the_wheel_fails(cache, offline, monkeypatch, parts):
    monkeypatch.setattr(pose_model, "_parts_from_storage", lambda needed, folder: dict(parts))
    assert "asset storage" in locate().source


def test_storage_download_is_hash_checked(tmp_path, monkeypatch, parts):
    import functools
    import http.server
    import threading

    name = "pose_detection.tflite"
    (tmp_path / "served").mkdir()
    handler = functools.partial(_Silent, directory=tmp_path / "served")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(pose_model, "ASSETS", f"http://127.0.0.1:{server.server_port}/")
        (tmp_path / "served" / name).write_bytes(parts[name])
        assert pose_model._parts_from_storage((name,), tmp_path / "one") == {name: parts[name]}
        (tmp_path / "served" / name).write_bytes(b"forged")
        with pytest.raises(pose_model._Unavailable, match="hash"):
            pose_model._parts_from_storage((name,), tmp_path / "two")
        server.shutdown()


def _silent():
    import http.server

    class Silent(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    return Silent


_Silent = _silent()


def test_lite_and_heavy_say_that_the_wheel_lacks_them(cache, offline):
    with pytest.raises(BalletError, match=r"does not hold pose_landmark_heavy\.tflite"):
        locate("heavy")


def test_unknown_variant():
    with pytest.raises(BalletError, match="Choose one of lite, full, heavy, holistic"):
        locate("huge")


def test_read_only_cache_falls_back_with_a_warning(cache, wheel_at_hand, monkeypatch):
    # Permission bits do not bind root, and a file in the folder's place binds everybody.
    cache.write_text("in the way")
    with pytest.warns(UserWarning, match="BALLET_CACHE"):
        found = locate()
    assert found.path.is_file() and cache not in found.path.parents
    assert found.sha256 == hashlib.sha256(found.path.read_bytes()).hexdigest()


def test_named_file_comes_first(cache, wheel_at_hand, monkeypatch, tmp_path):
    own = tmp_path / "mon modèle.task"
    own.write_bytes(locate().path.read_bytes())
    monkeypatch.setenv("BALLET_POSE_MODEL", str(own))
    assert locate().path == own and locate().source == "a file you named"


def _not_a_bundle(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("something.txt", "else")


@pytest.mark.parametrize(
    "make, said",
    [
        (lambda path: None, "is not there"),
        (lambda path: path.write_bytes(b"not a zip"), "cannot be read"),
        (lambda path: path.mkdir(), "is not there"),
        (_not_a_bundle, "holds no pose_detector"),
    ],
)
def test_unreadable_named_file(cache, monkeypatch, tmp_path, make, said):
    path = tmp_path / "model.task"
    make(path)
    monkeypatch.setenv("BALLET_POSE_MODEL", str(path))
    with pytest.raises(BalletError, match=said) as caught:
        locate()
    assert "unset BALLET_POSE_MODEL" in str(caught.value)
