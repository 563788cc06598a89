"""Recording take after take, without a widget: the states, the clock, the folder, what is stored."""

import errno
import json
import multiprocessing
import os
import re
import zipfile
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from ballet_lib import BalletError, take_files
from ballet_lib.files import PARTIAL
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.recording import TakeRecorder
from ballet_lib.recording.recorder import COUNT_IN, IDLE, RECORDING, REVIEW
from ballet_lib.skeleton import INDEX
from ballet_lib.takes import TakeSet
from ballet_lib.vocabulary import MOVEMENTS

SIZE = (64, 48)
STANDING = np.tile(np.array([0.5, 0.5, 0.0, 0.9], np.float32), (33, 1))
PICTURE = np.zeros((48, 64, 3), np.uint8)


def pose(seconds=0.0, found=True, size=SIZE, feet=0.9):
    """One frame of a dancer whose nose moves with time, so that a frame tells when it was taken."""
    points = STANDING.copy()
    points[INDEX["nose"], 0] = 0.1 + 0.01 * seconds
    points[[INDEX["left_heel"], INDEX["right_heel"]], 1] = feet
    world = points[:, :3] - 0.5
    if not found:
        points, world = np.full_like(points, np.nan), np.full_like(world, np.nan)
    return PoseSequence(points[None], world[None], 1.0, size, "stream")


def feed(recorder, seconds, fps=20.0, start=0.0, make=pose, **more):
    """Feed so many seconds of frames, and return the last moment and the clock after it."""
    moment = recorder.moment
    for number in range(round(seconds * fps)):
        when = start + number / fps
        moment = recorder.feed(make(when), when, **more)
    return moment, start + round(seconds * fps) / fps


def record(recorder, fps=20.0, start=0.0, **more):
    """Record a take up to its review; return the clock after it."""
    recorder.start()
    moment, clock = feed(recorder, recorder.count_in + 2.5, fps, start, **more)
    assert moment.state == REVIEW, moment
    return clock


@pytest.fixture
def recorder(tmp_path):
    with TakeRecorder(tmp_path / "mes prises", "Zoé", takes=2) as recorder:
        yield recorder


def files(folder):
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


# From idle to kept


def test_a_take_from_record_to_keep(recorder):
    assert recorder.state == IDLE and recorder.movement == "demi_plie"
    assert recorder.start().state == COUNT_IN
    seen = [recorder.feed(pose(n / 20), n / 20) for n in range(101)]
    assert [m.count for m in seen if m.state == COUNT_IN] == [3] * 20 + [2] * 20 + [1] * 20
    shares = [m.share for m in seen if m.state == RECORDING]
    assert shares[0] == 0 and 0.9 < shares[-1] < 1 and shares == sorted(shares)
    assert seen[-1].state == REVIEW and "Keep" in seen[-1].message
    take = recorder.keep()
    assert recorder.state == IDLE and recorder.take is None
    assert recorder.progress == {**dict.fromkeys(MOVEMENTS, 0), "demi_plie": 1}
    (loaded,) = TakeSet.load(recorder.folder)
    assert (loaded.movement, loaded.dancer, loaded.take_id) == ("demi_plie", "Zoé", take.take_id)
    assert len(loaded) == 40 and loaded.poses.fps == 20 and loaded.poses.size == SIZE
    nose = loaded.poses.landmarks[:, INDEX["nose"], 0]
    np.testing.assert_allclose(nose, 0.1 + 0.01 * (3 + np.arange(40) / 20), atol=1e-6)


def test_the_take_tells_how_it_came_to_be(recorder):
    record(recorder, fps=25)
    meta = recorder.keep().meta
    recorded = datetime.fromisoformat(meta["recorded"])
    assert recorded.tzinfo == UTC and abs(datetime.now(UTC) - recorded) < timedelta(minutes=1)
    assert meta["source"] == "camera" and meta["camera_fps"] == 25 and meta["found"] == 1.0


def test_ids_name_neither_movement_nor_dancer(tmp_path):
    with TakeRecorder(tmp_path, "anna", ["grand écart", "take_me"], takes=1) as recorder:
        clock = record(recorder)
        recorder.keep()
        record(recorder, start=clock)
        recorder.keep()
        for take in recorder.kept:
            assert re.fullmatch(r"take-\d{8}t\d{6}-[0-9a-f]{6}", take.take_id)


@pytest.mark.parametrize("fps", [8, 10, 15, 20, 24, 29.97, 30, 50, 60])
def test_every_rate_becomes_the_training_rate(recorder, fps):
    record(recorder, fps)
    poses = recorder.take.poses
    assert len(poses) == 40 and poses.fps == 20 and poses.found.all()
    nose = poses.landmarks[:, INDEX["nose"], 0]
    steps = np.diff(nose) / 0.01  # seconds that passed between two frames, read off the nose
    np.testing.assert_allclose(steps, 1 / 20, atol=2e-5)
    assert abs(recorder.take.meta["camera_fps"] - fps) < 0.1
    assert any("frames a second" in said for said in recorder.problems) == (fps < 12)


def test_frames_at_uneven_times_keep_their_time(recorder):
    rng = np.random.default_rng(0)
    recorder.start()
    clock = 100.0
    while recorder.state != REVIEW:
        clock += rng.uniform(0.01, 0.09)
        recorder.feed(pose(clock), clock)
    nose = recorder.take.poses.landmarks[:, INDEX["nose"], 0]
    np.testing.assert_allclose(np.diff(nose) / 0.01, 1 / 20, atol=1e-4)


def test_a_short_gap_is_drawn_through_and_a_longer_one_stays_missing(recorder):
    def times(gap):
        return [n / 20 for n in range(200) if not 3.5 < n / 20 < 3.5 + gap - 1e-9]

    for gap, found in ((0.25, 40), (0.8, 40 - 15)):
        recorder.start()
        shift = (recorder._last_seconds or 0) + 0.05
        for when in times(gap):
            if recorder.state == REVIEW:
                break
            recorder.feed(pose(when), shift + when)
        assert recorder.take.poses.found.sum() == found


# The clock


def test_frames_that_are_not_later_are_passed_over(recorder):
    recorder.start()
    for n in range(120):
        recorder.feed(pose(n / 20), n / 20)
        recorder.feed(pose(99.0), n / 20)  # the same moment again
        recorder.feed(pose(99.0), n / 20 - 0.03)  # out of order
        recorder.feed(pose(99.0), float("nan"))
    nose = recorder.take.poses.landmarks[:, INDEX["nose"], 0]
    np.testing.assert_allclose(np.diff(nose) / 0.01, 1 / 20, atol=2e-5)


@pytest.mark.parametrize("jump", [-3600.0, 3600.0, 1.5])
def test_a_jump_of_the_clock_begins_the_take_anew(recorder, jump):
    recorder.start()
    moment, clock = feed(recorder, 4)
    assert moment.state == RECORDING
    moment = recorder.feed(pose(), clock + jump)
    assert moment.state == COUNT_IN and "begins again" in moment.message and moment.count == 3
    moment, _ = feed(recorder, 5.5, start=clock + jump + 0.05)
    assert moment.state == REVIEW and recorder.take.poses.found.all()
    assert np.ptp(recorder.take.poses.landmarks[:, INDEX["nose"], 0]) == pytest.approx(0.0195, abs=1e-4)


def test_a_jump_does_not_shorten_the_count_in(recorder):
    recorder.start()
    recorder.feed(pose(), 5.0)
    recorder.feed(pose(), 500.0)
    assert recorder.moment.count == 3


def test_a_picture_of_another_size_begins_the_take_anew(recorder):
    recorder.start()
    _, clock = feed(recorder, 4)
    assert recorder.feed(pose(size=(48, 64)), clock).state == COUNT_IN
    assert "size" in recorder.message


# What is wrong with a take


def said_about(recorder, make):
    record(recorder, make=make)
    return " ".join(recorder.problems)


def test_nobody_there_is_said_and_never_stored(recorder):
    assert "Nobody" in said_about(recorder, lambda when: pose(when, found=False))
    with pytest.raises(BalletError, match="Nobody"):
        recorder.keep()
    assert recorder.state == REVIEW and files(recorder.folder) == []
    recorder.discard()
    assert recorder.state == IDLE


def test_a_dancer_who_is_lost_now_and_then(recorder):
    said = said_about(recorder, lambda when: pose(when, found=round(when * 20) % 5 < 3))
    assert "only 60%" in said
    assert recorder.keep().meta["found"] == 0.6  # it may be kept all the same


def test_feet_and_head_out_of_the_picture(recorder):
    assert "feet were out" in said_about(recorder, lambda when: pose(when, feet=1.1))
    recorder.discard()

    def beheaded(when):
        there = pose(when)
        there.landmarks[:, INDEX["nose"], 1] = -0.2
        return there

    assert "head was out" in said_about(recorder, beheaded)


def test_a_frozen_camera(recorder):
    assert "stood still" in said_about(recorder, lambda when: pose(0.0))


def test_a_good_take_is_not_complained_of(recorder):
    assert said_about(recorder, pose) == ""


# From movement to movement


def test_movements_follow_when_they_have_their_takes(tmp_path):
    with TakeRecorder(tmp_path, "anna", ["releve", "other"], takes=2) as recorder:
        danced, clock = [], 0.0
        while not recorder.done:
            clock = record(recorder, start=clock)
            danced.append(recorder.keep().movement)
        assert danced == ["releve", "releve", "other", "other"]
        assert "All takes" in recorder.message
        clock = record(recorder, start=clock)  # more are welcome
        recorder.keep()
        assert sum(recorder.progress.values()) == 5


def test_choosing_and_going_on(recorder):
    recorder.choose("releve")
    recorder.next_movement()
    assert recorder.movement == "attitude_croisee"
    recorder.start()
    feed(recorder, 1)
    recorder.choose("other")
    assert recorder.state == IDLE
    recorder.next_movement()
    assert recorder.movement == "demi_plie"
    with pytest.raises(BalletError, match="grand_jete"):
        recorder.choose("grand_jete")
    record(recorder, start=10)
    with pytest.raises(BalletError, match="Keep or discard"):
        recorder.next_movement()


def test_again_discard_and_stop_store_nothing(recorder):
    clock = record(recorder)
    first = recorder.take
    recorder.again()
    _, clock = feed(recorder, 5.5, start=clock)
    assert recorder.take.take_id != first.take_id
    recorder.stop()
    assert recorder.state == REVIEW, "a take in review is not lost by stopping"
    recorder.discard()
    recorder.start()
    feed(recorder, 4, start=clock)
    recorder.stop()
    assert recorder.state == IDLE and files(recorder.folder) == []
    for action in (recorder.keep, recorder.discard):
        with pytest.raises(BalletError, match="no take"):
            action()


def test_hands_free_keeps_good_takes_and_repeats_others(tmp_path):
    with TakeRecorder(tmp_path, "anna", ["releve", "other"], takes=1, hands_free=True) as recorder:
        recorder.start()
        _, clock = feed(recorder, 8, make=lambda when: pose(when, feet=1.2))
        assert recorder.state in (COUNT_IN, RECORDING) and recorder.progress["releve"] == 0
        assert "feet" in recorder.message or recorder.state == RECORDING
        feed(recorder, 22, start=clock)
        assert recorder.done and recorder.state == IDLE
    assert sorted(take.movement for take in TakeSet.load(tmp_path)) == ["other", "releve"]


def test_what_is_fed_is_checked(recorder):
    with pytest.raises(BalletError, match="one frame"):
        recorder.feed([pose(), pose()], 0.0)
    with pytest.raises(BalletError, match="one frame"):
        recorder.feed(pose()[:0], 0.0)


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"dancer": "../anna"}, "dancer"),
        ({"dancer": ""}, "empty"),
        ({"movements": ["../../x"]}, "cannot be a label"),
        ({"movements": ["plie", "con"]}, "Windows"),
        ({"movements": ["plié", "plie"]}, "share the file name"),
        ({"movements": []}, "no movement"),
        ({"takes": 0}, "takes=0"),
        ({"takes": "many"}, "takes='many'"),
        ({"frames": 1}, "frames=1"),
        ({"fps": float("nan")}, "fps=nan"),
        ({"count_in": -1}, "count_in=-1"),
    ],
)
def test_bad_labels_and_numbers_touch_nothing(tmp_path, changes, said):
    with pytest.raises(BalletError, match=said):
        TakeRecorder(tmp_path / "takes", **({"dancer": "anna"} | changes))
    assert list(tmp_path.iterdir()) == []


# The folder


def test_opening_again_goes_on(tmp_path):
    with TakeRecorder(tmp_path, "anna", takes=2) as recorder:
        clock = record(recorder)
        recorder.keep()
        record(recorder, start=clock)
        recorder.keep()
        clock = record(recorder, start=clock + 9)
        recorder.keep()
    with TakeRecorder(tmp_path, "anna", takes=2) as again:
        assert again.progress["demi_plie"] == 2 and again.progress["battement_tendu"] == 1
        assert again.movement == "battement_tendu" and "3 takes" in again.message
    with TakeRecorder(tmp_path, "berta", takes=2) as other:
        assert sum(other.progress.values()) == 0 and len(other.kept) == 3
        record(other)
        other.keep()
    assert TakeSet.load(tmp_path).dancers == ("anna", "berta")
    assert TakeSet.load(tmp_path).labels == tuple(MOVEMENTS)


def test_a_finished_take_beside_the_list_comes_back(tmp_path):
    with TakeRecorder(tmp_path, "anna") as recorder:
        clock = record(recorder)
        recorder.keep()
        listed = (tmp_path / "takes.csv").read_bytes()
        record(recorder, start=clock)
        late = recorder.keep()
    (tmp_path / "takes.csv").write_bytes(listed)  # as after a kill between the take and the list
    (tmp_path / f".{late.take_id}{PARTIAL}12345678.npz").write_bytes(b"half")
    with TakeRecorder(tmp_path, "anna") as again:
        assert again.progress["demi_plie"] == 2 and "missing from the list: 1" in again.message
    assert late.take_id in [take.take_id for take in TakeSet.load(tmp_path)]
    assert not list(tmp_path.glob(f".*{PARTIAL}*"))


def test_a_line_corrected_by_hand_meanwhile_is_heeded(recorder):
    clock = record(recorder)
    first = recorder.keep()
    path = recorder.folder / "takes.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(",demi_plie,", ",releve,"), encoding="utf-8")
    record(recorder, start=clock)
    recorder.keep()
    assert {t.take_id: t.movement for t in TakeSet.load(recorder.folder)}[first.take_id] == "releve"
    assert recorder.progress["releve"] == 1


def test_a_damaged_list_is_named_and_left_alone(tmp_path):
    (tmp_path / "takes.csv").write_bytes(b"\xff\xfe nonsense")
    with pytest.raises(BalletError, match=r"takes\.csv"):
        TakeRecorder(tmp_path, "anna")
    assert (tmp_path / "takes.csv").read_bytes() == b"\xff\xfe nonsense"
    (tmp_path / "takes.csv").unlink()
    TakeRecorder(tmp_path, "anna").close()  # the failed one holds no lock


def test_the_second_recorder_is_told_of_the_first(tmp_path):
    with TakeRecorder(tmp_path, "anna") as first:
        with pytest.raises(BalletError, match=r"recorder of anna .*this process"):
            TakeRecorder(tmp_path, "berta")
        record(first)
        first.keep()  # the first is unharmed
    with TakeRecorder(tmp_path, "berta") as second:
        assert len(second.kept) == 1
    with pytest.raises(BalletError, match="is closed"):
        first.start()


def _hold(folder, ready, end):
    with TakeRecorder(folder, "Zoé"):
        ready.set()
        end.wait(30)


def test_the_second_recorder_in_another_process(tmp_path):
    context = multiprocessing.get_context("spawn")
    ready, end = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(tmp_path, ready, end))
    other.start()
    try:
        assert ready.wait(30)
        with pytest.raises(BalletError, match=rf"recorder of Zoé .process {other.pid}"):
            TakeRecorder(tmp_path, "anna")
    finally:
        other.kill()
        other.join()
    TakeRecorder(tmp_path, "anna").close()  # the lock went with the killed process


def _full(*_, **__):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("where", ["take", "list"])
def test_a_full_disk_leaves_the_take_in_review(recorder, monkeypatch, where):
    clock = record(recorder)
    first = recorder.keep()
    record(recorder, start=clock)
    with monkeypatch.context() as patch:
        if where == "take":
            patch.setattr(np, "savez_compressed", _full)
        else:
            patch.setattr(take_files.csv, "writer", _full)
        for _ in range(2):
            with pytest.raises(BalletError, match="No space left"):
                recorder.keep()
            assert recorder.state == REVIEW
            with pytest.warns(UserWarning) if where == "list" else nullcontext():
                assert [take.take_id for take in TakeSet.load(recorder.folder)] == [first.take_id]
    second = recorder.keep()
    assert {t.take_id for t in TakeSet.load(recorder.folder)} == {first.take_id, second.take_id}
    assert recorder.progress["demi_plie"] == 2


def test_what_a_full_disk_left_of_a_discarded_take_does_not_come_back(recorder, monkeypatch):
    record(recorder)
    with monkeypatch.context() as patch:
        patch.setattr(take_files.csv, "writer", _full)
        with pytest.raises(BalletError, match="No space left"):
            recorder.keep()
    assert len(list(recorder.folder.glob("*.npz"))) == 1
    recorder.discard()
    assert list(recorder.folder.glob("*.npz")) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows sets no limit to a file's size")
def test_a_write_that_the_system_breaks_off(recorder):
    import resource

    record(recorder)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (600, limits[1]))
    try:
        with pytest.raises(BalletError, match="cannot be written"):
            recorder.keep()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert recorder.state == REVIEW and files(recorder.folder) == []
    recorder.keep()
    assert len(TakeSet.load(recorder.folder)) == 1


# Pixels


def marked(number):
    picture = PICTURE.copy()
    picture[:, :, 0] = 5 * (number % 50)
    return picture


def holds_a_picture(folder):
    """Look into every file, hidden ones too, and into every array of archives."""
    for path in folder.rglob("*"):
        if path.suffix in (".json", ".csv", ".lock") and path.is_file():
            path.read_text(encoding="utf-8")  # text throughout
        elif path.suffix == ".npz":
            with zipfile.ZipFile(path) as archive, np.load(path) as arrays:
                if {name.removesuffix(".npy") for name in archive.namelist()} != set(arrays.files):
                    return True
                if set(arrays.files) != {"landmarks", "world", "fps", "size", "source", "meta"}:
                    return True
                json.loads(str(arrays["meta"]))
        elif path.is_file():
            return True
    return False


def test_no_picture_reaches_the_disk_unless_asked(recorder):
    recorder.start()
    for n in range(120):
        recorder.feed(pose(n / 20), n / 20, marked(n))
    recorder.keep()
    assert "Only landmarks" in recorder.notice
    assert not holds_a_picture(recorder.folder)
    (recorder.folder / "film.mp4").write_bytes(b"x")
    assert holds_a_picture(recorder.folder), "the search itself must find one"


def test_pixels_are_stored_when_asked_and_it_says_so(tmp_path):
    from ballet_lib.video import read_frames

    with TakeRecorder(tmp_path, "anna", pixels=True, count_in=1) as recorder:
        assert "PICTURES ARE STORED" in recorder.notice and str(tmp_path) in recorder.notice
        with pytest.raises(BalletError, match="needs the pictures"):
            recorder.feed(pose(), 0.0)
        recorder.start()
        for n in range(140):
            recorder.feed(pose(n / 40), n / 40, marked(n))
        take = recorder.keep()
        record(recorder, start=9, rgb=PICTURE)
        gone = recorder.take.take_id
        recorder.discard()
    frames = list(read_frames(tmp_path / f"{take.take_id}.mp4"))
    assert len(frames) == 40 == len(take)
    assert not list(tmp_path.glob(f"{gone}*"))
    assert len(TakeSet.load(tmp_path)) == 1
