"""The live camera's Python side: every frame answered, one page at a time, and a source for a recorder."""

import json
import sys
import threading
import time
from types import ModuleType, SimpleNamespace

import cv2
import numpy as np
import pytest

from ballet_lib import BalletError
from ballet_lib.decisions import Event
from ballet_lib.live import Reading
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.recording import Recorder
from ballet_lib.recording.film import to_jpeg
from ballet_lib.recording.recorder import REVIEW
from ballet_lib.takes import TakeSet
from ballet_lib.video import write_video
from ballet_lib.vocabulary import MOVEMENTS
from ballet_lib.webcam import Webcam
from ballet_lib.webcam.frames import LARGEST, FrameHandler, decode
from ballet_lib.webcam.webcam import FALLBACK, OBSTACLES, RECORDED

SIZE = (640, 480)
PICTURE = np.random.default_rng(0).integers(0, 255, (480, 640, 3)).astype(np.uint8)
JPEG = to_jpeg(cv2.GaussianBlur(PICTURE, (0, 0), 3), 70)


def pose(found=True, nose=0.25):
    points = np.tile(np.array([0.5, 0.5, 0.0, 0.9], np.float32), (1, 33, 1))
    points[0, 0, 0] = nose
    points = points if found else points * np.nan
    return PoseSequence(points, points[..., :3], 1.0, SIZE, "stream")


class Extractor:
    """Finds what it is told to, at once; counts what it was asked."""

    def __init__(self):
        self.seconds, self.finds, self.streams = [], lambda: pose(), 0

    def stream(self, people):
        self.streams += 1
        return SimpleNamespace(frame=self._frame, close=lambda: None)

    def _frame(self, rgb, seconds):
        assert rgb.shape == (480, 640, 3) and rgb.dtype == np.uint8
        self.seconds.append(seconds)
        return self.finds()


class Recogniser:
    """Says what the test wants it to say."""

    labels, length, delay, threshold = tuple(MOVEMENTS), 5, 1.5, 0.8
    seated = False

    def __init__(self):
        self.reset()

    def reset(self):
        self.events, self.movement, self.event, self.fed = [], None, None, []

    @property
    def exercises(self):
        names = [event.movement for event in self.events]
        return [tuple(names[at : at + 5]) for at in range(0, len(names), 5)]

    def counts(self, movement):
        self.movement, self.event = movement, Event(movement, 0.0, 1.0, 0.9, 1.0)

    def feed(self, pose, seconds):
        self.fed.append(seconds)
        event, self.event = self.event, None
        self.events += [event] if event else []
        shares = np.linspace(0, 0.6, len(self.labels))
        return Reading(seconds, bool(pose.found[0]), shares, self.movement, event, (), False)

    def poses_of(self, event):
        return pose()


@pytest.fixture
def extractor():
    return Extractor()


@pytest.fixture
def camera(extractor):
    camera = with_extractor(Webcam(), extractor)
    yield camera
    camera.close()


def with_extractor(camera, extractor, recogniser=None, **options):
    camera._handler = FrameHandler(recogniser, extractor=extractor, **options)
    camera.told = []
    camera.send = lambda message, buffers=None: camera.told.append((message, buffers))
    return camera


class Page:
    """One browser tab."""

    def __init__(self, camera, client="one"):
        self.camera, self.client, self.number = camera, client, 0

    def tell(self, kind, buffers=(), **more):
        self.camera._handle_custom_msg({"kind": kind, "client": self.client, **more}, list(buffers))
        assert self.camera._busy.acquire(blocking=False), "the lock is free between messages"
        self.camera._busy.release()

    def begin(self, source="camera"):
        self.tell("hello")
        self.tell("begin", **{"from": source})
        return self

    def frame(self, seconds, jpeg=JPEG, **more):
        """Send a frame; return the answer to it and its points."""
        self.number += 1
        before = len(self.camera.told)
        self.tell("frame", [memoryview(jpeg)], number=self.number, seconds=seconds, **more)
        answers = [each for each in self.camera.told[before:] if each[0]["kind"] == "answer"]
        ((answer, (points,)),) = answers if answers[0][1] else [(answers[0][0], (b"",))]
        json.dumps(answer, allow_nan=False)
        assert (answer["client"], answer["number"]) == (self.client, self.number)
        return answer, np.frombuffer(points, np.float32).reshape(-1, 3)

    def heard(self, kind):
        return [m for m, _ in self.camera.told if m["kind"] == kind and m["client"] == self.client]


# One frame


def test_a_frame_is_answered_with_its_landmarks(extractor):
    handler = FrameHandler(extractor=extractor)
    answer = handler.answer(JPEG, 1.5)
    assert answer.facts == {"person": True}
    points = np.frombuffer(answer.points, np.float32).reshape(33, 3)
    np.testing.assert_allclose(points[0], [0.25, 0.5, 0.9])
    extractor.finds = lambda: pose(found=False)
    assert handler.answer(JPEG, 1.6).facts == {"person": False} and handler.answer(JPEG, 1.7).points == b""
    assert extractor.seconds == [1.5, 1.6, 1.7] and extractor.streams == 1


def bomb():
    """A JPEG whose header claims 60,000 x 60,000 pixels."""
    data = bytearray(JPEG)
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = (60_000).to_bytes(2, "big") * 2
    return bytes(data)


PNG = cv2.imencode(".png", PICTURE)[1].tobytes()
TINY = to_jpeg(np.zeros((4, 4, 3), np.uint8))
WIDE = to_jpeg(np.zeros((20, 4000, 3), np.uint8))


@pytest.mark.parametrize(
    "wrong", [b"", b"no picture", JPEG[:100], PNG, TINY, WIDE, bomb(), JPEG + bytes(LARGEST)],
    ids=["nothing", "text", "cut", "png", "tiny", "wide", "bomb", "huge"],
)  # fmt: skip
def test_what_is_no_frame_is_answered_in_words_and_the_next_is_looked_at(extractor, wrong):
    handler = FrameHandler(extractor=extractor)
    answer = handler.answer(wrong, 1.0)
    assert "JPEG" in answer.facts["error"] or "damaged" in answer.facts["error"]
    assert isinstance(handler.error, BalletError) and extractor.seconds == []
    assert handler.answer(JPEG, 1.1).facts == {"person": True} and handler.error is None


def test_colours_come_out_as_they_went_in():
    red = np.zeros((48, 64, 3), np.uint8) + np.array([220, 20, 20], np.uint8)
    np.testing.assert_allclose(decode(to_jpeg(red)), red, atol=6)


def test_the_recogniser_is_fed_and_told(extractor):
    recogniser = Recogniser()
    handler = FrameHandler(recogniser, extractor=extractor)
    facts = handler.answer(JPEG, 2.0).facts
    assert recogniser.fed == [2.0] and handler.reading.seconds == 2.0
    assert facts["probabilities"] == [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6] and facts["movement"] is None


# Technique


@pytest.fixture
def teacher(monkeypatch):
    """A technique of one rule; `finding` is what it finds."""
    teacher = ModuleType("ballet_lib.technique")
    teacher.judged = []
    teacher.finding = SimpleNamespace(verdict="fault", words="Stretch the knee.", landmarks=(25,), frame=0)
    teacher.assess = lambda poses, movement: [teacher.finding] if teacher.finding else []

    def correction(poses, movement):
        teacher.judged.append(movement)
        return teacher.finding if teacher.finding and teacher.finding.verdict == "fault" else None

    teacher.correction = correction
    monkeypatch.setitem(sys.modules, "ballet_lib.technique", teacher)
    return teacher


def dance(handler, recogniser, *movements):
    """Each movement counts, is held for a frame, and ends; None is a moment between two."""
    for movement in movements:
        if movement:
            recogniser.counts(movement)
            handler.answer(JPEG, 0.0)
            handler.answer(JPEG, 0.0)
        else:
            recogniser.movement = None
            handler.answer(JPEG, 0.0)


def test_a_movement_is_corrected_once_it_is_over(extractor, teacher):
    handler = FrameHandler(recogniser := Recogniser(), extractor=extractor)
    dance(handler, recogniser, "releve")
    assert teacher.judged == [] and handler.correction == {}
    dance(handler, recogniser, None)
    said = handler.correction
    assert (said["name"], said["verdict"], said["words"]) == ("relevé", "fault", "Stretch the knee.")
    assert said["marks"] == [25] and np.shape(said["points"]) == (33, 3) and said["aspect"] == 4 / 3
    dance(handler, recogniser, "demi_plie", "first_arabesque", "releve", None, None)
    assert teacher.judged == ["releve", "demi_plie", "first_arabesque", "releve"], "each once, in order"


def test_nothing_to_correct_is_said_and_no_rules_say_nothing(extractor, teacher):
    handler = FrameHandler(recogniser := Recogniser(), extractor=extractor)
    teacher.finding.verdict = "good"
    dance(handler, recogniser, "releve", None)
    assert handler.correction["verdict"] == "good" and "Nothing to correct" in handler.correction["words"]
    teacher.finding.verdict, teacher.finding.words = "unsure", "Turn to the front for this."
    dance(handler, recogniser, "releve", None)
    assert handler.correction["verdict"] == "unsure" and "Turn to the front" in handler.correction["words"]
    before, teacher.finding = handler.correction, None
    dance(handler, recogniser, "demi_plie", None)
    assert handler.correction is before
    silent = FrameHandler(recogniser, technique=False, extractor=extractor)
    dance(silent, recogniser, "releve", None)
    assert silent.correction == {}


def test_points_that_are_missing_come_as_json(extractor, teacher):
    handler = FrameHandler(recogniser := Recogniser(), extractor=extractor)
    recogniser.poses_of = lambda event: pose(found=False)
    dance(handler, recogniser, "releve", None)
    assert handler.correction["points"][0] == [None] * 3
    json.dumps(handler.correction, allow_nan=False)


# Pages


def test_the_pose_model_is_announced_before_the_first_answer(camera):
    page = Page(camera).begin()
    assert camera.state == "camera"
    page.frame(1.0)
    kinds = [message["kind"] for message, _ in camera.told]
    assert kinds == ["loading", "answer"] and camera.state == "camera"
    page.frame(1.1)
    assert len(page.heard("loading")) == 1


def test_every_frame_is_answered_whatever_it_is(camera):
    page = Page(camera).begin()
    assert "person" in page.frame(1.0)[0]
    assert "JPEG" in page.frame(1.1, jpeg=b"nonsense")[0]["error"]
    for time_ in (None, "noon", float("nan"), True):
        answer = page.frame(time_)[0]
        assert ("error" in answer) == (time_ is not True)
    before = len(page.heard("answer"))
    page.tell("frame", [], number=99, seconds=2.0)
    assert page.heard("answer")[-1] == {"kind": "answer", "client": "one", "number": 99, "empty": True}
    assert len(page.heard("answer")) == before + 1
    assert len(page.frame(3.0)[1]) == 33


def test_what_is_no_message_does_nothing(camera):
    for odd in (
        None,
        [],
        "frame",
        {},
        {"kind": "frame"},
        {"kind": [], "client": {}},
        {"kind": "x", "client": "y"},
    ):
        camera._handle_custom_msg(odd, [])
    assert camera.told == [] and camera.state == "off"


def test_a_fault_of_ours_is_shown_and_the_loop_goes_on(camera, extractor):
    page = Page(camera).begin()

    def stumble():
        raise ZeroDivisionError("two left feet")

    extractor.finds = stumble
    error = page.frame(1.0)[0]["error"]
    assert "ZeroDivisionError" in error and "two left feet" in error
    assert isinstance(camera.error, ZeroDivisionError)
    extractor.finds = pose
    assert "error" not in page.frame(1.1)[0]


def test_one_page_at_a_time(camera, extractor):
    first, second = Page(camera, "one").begin(), Page(camera, "two")
    first.frame(1000.0)
    assert second.frame(5.0)[0]["refused"] and extractor.seconds == [1000.0]
    second.begin()
    assert len(first.heard("gone")) == 1 and camera.owner == "two"
    assert first.frame(1000.1)[0]["refused"]
    second.frame(5.1)
    second.frame(5.2)
    assert extractor.seconds[1] > 1001, "the clock goes on, whichever page it comes from"
    assert extractor.seconds[2] - extractor.seconds[1] == pytest.approx(0.1)
    first.tell("end")
    assert camera.owner == "two", "a page that has nothing cannot end the other's"
    second.tell("end")
    assert (camera.owner, camera.state) == ("", "off")


def test_the_exercise_and_the_threshold(extractor):
    recogniser = Recogniser()
    camera = with_extractor(Webcam(recogniser), extractor, recogniser, technique=False)
    page = Page(camera).begin()
    assert camera.names[0] == "demi-plié" and camera.delay == 1.5
    for number, movement in enumerate(["releve", "demi_plie", "releve", "retire_devant", "releve"]):
        recogniser.counts(movement)
        page.frame(number)
    assert camera.exercise["complete"] and camera.exercise["movements"][3] == "retire_devant"
    recogniser.counts("demi_plie")
    page.frame(6.0)
    assert camera.exercise == {"number": 2, "movements": ["demi_plie"], "complete": False}
    assert "relevé, retiré devant" in repr(camera)
    page.tell("anew")
    assert camera.exercise == {"number": 1, "movements": [], "complete": False} and recogniser.events == []
    camera.set_state({"threshold": 0.6})
    assert recogniser.threshold == 0.6
    with pytest.raises(BalletError, match="probability"):
        camera.threshold = 1.5
    assert recogniser.threshold == 0.6


def test_obstacles_are_known_by_name(camera):
    page = Page(camera)
    for state in OBSTACLES:
        page.tell("obstacle", state=state, words="No camera.")
        assert camera.state == state
    page.tell("obstacle", state="haunted")
    assert camera.state == "host cannot"


def test_no_picture_is_part_of_what_a_notebook_is_saved_with(camera):
    page = Page(camera).begin()
    page.frame(1.0)
    state = camera.get_state()
    script = state.pop("_esm"), state.pop("_css")
    assert all(script) and JPEG[:20] not in repr(state).encode() and len(repr(state)) < 3000
    shown, _ = Webcam()._repr_mimebundle_()
    assert shown["text/plain"] == FALLBACK and "recorded routine" in FALLBACK


# A source


class Receiver:
    def __init__(self):
        self.frames, self.ends = [], []

    def frame(self, rgb, pose, seconds):
        self.frames.append((rgb, pose, seconds))

    def ended(self, error):
        self.ends.append(error)


def test_frames_are_handed_over_until_stop_returns(camera):
    page, receiver = Page(camera), Receiver()
    camera.start(receiver.frame, receiver.ended)
    assert camera.told == [], "nobody shows the widget yet"
    page.tell("hello")
    assert len(page.heard("start")) == 1
    page.tell("begin", **{"from": "camera"})
    page.frame(7.0)
    page.frame(7.1)
    (rgb, found, seconds), _ = receiver.frames
    assert rgb.shape == (480, 640, 3) and len(found) == 1 and seconds == 7.0
    camera.stop()
    assert len(page.heard("stop")) == 1 and camera.state == "off"
    assert page.frame(7.2)[0]["refused"] and len(receiver.frames) == 2 and receiver.ends == []
    camera.start(receiver.frame, receiver.ended)
    assert len(page.heard("start")) == 2
    camera.close()
    with pytest.raises(BalletError, match="closed"):
        camera.start(receiver.frame, receiver.ended)


def test_stop_waits_for_the_frame_under_way(camera, extractor):
    page, receiver = Page(camera).begin(), Receiver()
    camera.start(receiver.frame, receiver.ended)
    looking, go_on = threading.Event(), threading.Event()

    def slow():
        looking.set()
        assert go_on.wait(10)
        return pose()

    extractor.finds = slow
    message = {"kind": "frame", "client": "one", "number": 1, "seconds": 1.0}
    thread = threading.Thread(target=camera._handle_custom_msg, args=(message, [JPEG]))
    thread.start()
    assert looking.wait(10)
    stopper = threading.Thread(target=camera.stop)
    stopper.start()
    stopper.join(0.2)
    assert stopper.is_alive()
    go_on.set()
    stopper.join(10)
    delivered = len(receiver.frames)
    thread.join(10)
    assert not stopper.is_alive() and not thread.is_alive() and delivered == len(receiver.frames)
    assert page.heard("answer")[-1]["person"], "the page gets its answer all the same"


def test_who_records_is_told_why_no_more_comes(camera):
    page, receiver = Page(camera), Receiver()
    page.tell("hello")
    camera.start(receiver.frame, receiver.ended)
    page.tell("obstacle", state="denied", words="The camera was not allowed. Allow it.")
    (error,) = receiver.ends
    assert isinstance(error, BalletError) and "not allowed" in str(error)
    page.begin()
    camera.start(receiver.frame, receiver.ended)
    page.tell("end")
    assert receiver.ends[1:] == [None]
    page.tell("end")
    assert len(receiver.ends) == 2, "once"


def test_an_error_of_who_records_stands_on_the_picture(camera):
    page = Page(camera).begin()

    def full(rgb, pose, seconds):
        raise BalletError("The disk is full. Make room.")

    camera.start(full, lambda error: None)
    assert page.frame(1.0)[0]["error"] == "The disk is full. Make room."


def test_a_recorder_records_at_the_camera(tmp_path, camera):
    page = Page(camera)
    tool = Recorder(tmp_path / "takes", "anna", camera, takes=1, count_in=1)
    page.tell("hello")
    tool.buttons["record"].click()
    assert len(page.heard("start")) == 1
    page.tell("begin", **{"from": "camera"})
    shown = []
    tool.screen.show, sent = shown.append, 0
    while tool.recorder.state != REVIEW and sent < 100:
        page.frame(sent / 20)
        sent += 1
        if sent == 10:
            assert camera.big == "1" and camera.badge == "Take your place"
            assert tool.screen.layout.display == "none" and camera.layout.display is None
    assert sent == 60, "one second of count-in, 40 frames"
    assert len(shown) == 1, "only the review is drawn here; the camera shows the rest itself"
    assert camera.layout.display == "none" and tool.screen.layout.display is None
    tool.buttons["keep"].click()
    assert camera.layout.display is None
    (take,) = TakeSet.load(tmp_path / "takes")
    assert len(take) == 40 and take.meta["source"] == "camera"
    tool.buttons["stop"].click()
    assert camera.state == "off" and camera.badge == "" and len(page.heard("stop")) == 1
    tool.close()


# The recorded clip


@pytest.fixture
def clip(tmp_path, monkeypatch, extractor):
    import ballet_lib.pose

    extractor.finds = pose
    extractor.close = lambda: None
    streaming = SimpleNamespace(frame=lambda rgb, seconds: pose())
    extractor.stream = lambda people: _Within(streaming)
    monkeypatch.setattr(ballet_lib.pose, "PoseExtractor", lambda: extractor)
    return write_video(tmp_path / "clip.mp4", [np.full((48, 64, 3), 99, np.uint8)] * 30, 30)


class _Within:
    def __init__(self, stream):
        self.stream = stream

    def __enter__(self):
        return self.stream

    def __exit__(self, *_):
        pass


def until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert condition()


def test_the_clip_is_played_by_the_kernel_no_faster_than_it_is_drawn(clip):
    camera = with_extractor(Webcam(recorded=clip), None)
    page, receiver = Page(camera), Receiver()
    camera.start(receiver.frame, receiver.ended)
    page.tell("clip")
    until(lambda: len(receiver.frames) >= 8)
    assert [message["number"] for message in page.heard("picture")] == [1, 2, 3], "nothing was drawn yet"
    jpeg = next(buffers[1] for message, buffers in camera.told if message["kind"] == "picture")
    assert decode(jpeg).mean() == pytest.approx(99, abs=3)
    page.tell("drawn", number=3)
    until(lambda: len(page.heard("picture")) >= 5)
    assert camera.state == "clip"
    camera.stop()
    count = len(receiver.frames)
    time.sleep(0.2)
    assert len(receiver.frames) == count and camera.state == "off"
    page.begin()
    assert camera.state == "camera"
    camera.close()


def test_a_page_that_is_gone_ends_the_clip(clip, monkeypatch):
    monkeypatch.setattr("ballet_lib.webcam.webcam._PATIENCE", 0.3)
    camera, receiver = with_extractor(Webcam(recorded=clip), None), Receiver()
    Page(camera).tell("clip")
    camera.start(receiver.frame, receiver.ended)
    until(lambda: camera.state == "off")
    assert receiver.ends == [None]
    camera.close()


def test_a_clip_that_is_no_film(tmp_path, camera):
    (tmp_path / "notes.mp4").write_text("no film")
    with pytest.raises(BalletError, match="not a video"):
        Webcam(recorded=tmp_path / "notes.mp4")
    assert RECORDED.is_file()
    camera._recorded = tmp_path / "notes.mp4"
    page = Page(camera)
    page.tell("clip")
    assert "not a video" in page.heard("over")[0]["words"] and camera.state == "off"


# With the real model


def test_the_whole_way_from_jpeg_to_event():
    from ballet_lib.live import Recogniser
    from ballet_lib.video import read_frames

    handler = FrameHandler(Recogniser(), technique=False)
    try:
        for number, rgb in enumerate(read_frames(RECORDED)):
            if number < 440:
                continue
            if number == 600:
                break
            answer = handler.answer(to_jpeg(rgb, 70), number / 20)
            assert "error" not in answer.facts and len(answer.points) == 33 * 3 * 4
        assert [event.movement for event in handler.recogniser.events] == ["demi_plie", "retire_devant"]
    finally:
        handler.close()
