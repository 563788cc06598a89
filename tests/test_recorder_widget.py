"""Recorder, the widget: driven by clicks and keys, fed by a source in a thread."""

import threading
import time

import cv2
import ipywidgets
import numpy as np
import pytest

from ballet_lib import BalletError
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.recording import Recorder, VideoSource
from ballet_lib.recording.recorder import IDLE, REVIEW
from ballet_lib.takes import TakeSet
from ballet_lib.video import write_video

SIZE = (64, 48)
GREEN = np.zeros((48, 64, 3), np.uint8) + np.array([0, 200, 0], np.uint8)


def pose(number):
    points = np.tile(np.array([0.5, 0.5, 0.0, 0.9], np.float32), (1, 33, 1))
    points[0, 0, 0] = 0.2 + 0.001 * number
    return PoseSequence(points, points[..., :3] - 0.5, 1.0, SIZE, "stream")


class Camera:
    """A source that delivers when the test says so, from a thread of its own as a real one does."""

    name = "test camera"

    def __init__(self):
        self.running, self.number, self.started = False, 0, 0

    def start(self, frame, ended):
        self.frame, self.ended, self.running = frame, ended, True
        self.started += 1

    def stop(self):
        self.running = False

    def give(self, seconds):
        def run():
            for _ in range(round(seconds * 20)):
                self.number += 1
                self.frame(GREEN, pose(self.number), self.number / 20)

        self._within(run)

    def end(self, error=None):
        self._within(lambda: self.ended(error))

    @staticmethod
    def _within(action):
        thread = threading.Thread(target=action)
        thread.start()
        thread.join(20)
        assert not thread.is_alive()


@pytest.fixture
def camera():
    return Camera()


@pytest.fixture
def tool(tmp_path, camera):
    tool = Recorder(tmp_path / "takes", "anna", camera, takes=2)
    yield tool
    tool.close()


def click(tool, name):
    assert not tool.buttons[name].disabled, f"{name} cannot be pressed now"
    tool.buttons[name].click()


def press(tool, key):
    assert key in tool.screen.taken
    tool.screen._handle_custom_msg({"key": key}, [])


def enabled(tool):
    return {name for name, button in tool.buttons.items() if not button.disabled}


def picture(tool):
    """The picture that was shown last: mean RGB."""
    bgr = cv2.imdecode(np.frombuffer(tool.screen._last, np.uint8), cv2.IMREAD_COLOR)
    return bgr[2:10, 2:10].mean(axis=(0, 1))[::-1]


def is_green(tool):
    red, green, blue = picture(tool)
    return green > 150 > 60 > max(red, blue)


def test_one_take_by_mouse(tool, camera):
    assert enabled(tool) == {"record", "next"} and "demi-plié" in tool.now.value
    assert "both knees bend" in tool.now.value and "0 of 2" in tool.bars.value
    click(tool, "record")
    camera.give(0.5)
    assert camera.running and tool.screen.big == "3" and is_green(tool)
    camera.give(2)
    assert tool.screen.big == "1"
    camera.give(1.5)
    assert tool.screen.kind == "rec" and 0.3 < tool.screen.share < 0.8 and tool.screen.big == ""
    assert enabled(tool) == {"next", "stop"}
    camera.give(2)
    assert tool.recorder.state == REVIEW and "good take" in tool.message.value
    assert enabled(tool) == {"record", "keep", "again", "discard", "stop"}
    assert picture(tool).min() > 230, "the review shows landmarks, and no picture of the dancer"
    click(tool, "keep")
    assert "Kept demi-plié, 1 of 2" in tool.message.value and "1 of 2" in tool.bars.value
    assert tool.progress["demi_plie"] == 1 == len(TakeSet.load(tool.recorder.folder))
    click(tool, "stop")
    assert not camera.running and enabled(tool) == {"record", "next"}
    assert picture(tool).min() > 230, "nobody's last picture stays on"
    tool.raise_error()


def test_the_same_by_keyboard(tool, camera):
    press(tool, "n")
    assert "battement tendu" in tool.now.value
    press(tool, "r")
    camera.give(6)
    press(tool, "a")
    assert tool.recorder.state == "count-in"
    camera.give(6)
    press(tool, "d")
    assert "Discarded" in tool.message.value
    press(tool, "r")
    camera.give(6)
    press(tool, "k")
    assert tool.progress["battement_tendu"] == 1 and len(tool.kept) == 1
    press(tool, "s")
    assert not camera.running and camera.started == 1
    assert tool.error is None


def test_slips_are_told(tool):
    press(tool, "k")
    assert "no take to keep" in tool.message.value and "bad" in tool.message._dom_classes
    with pytest.raises(BalletError, match="no take"):
        tool.raise_error()
    press(tool, "n")
    assert "bad" not in tool.message._dom_classes


def test_a_flawed_take_is_told_and_keep_is_not_the_first_choice(tool, camera, monkeypatch):
    monkeypatch.setitem(globals(), "pose", lambda number: pose_without_person())
    click(tool, "record")
    camera.give(6)
    assert "Nobody was seen" in tool.message.value and "warn" in tool.message._dom_classes
    assert "primary" in tool.buttons["record"]._dom_classes
    click(tool, "keep")
    assert "teaches nothing" in tool.message.value and tool.recorder.state == REVIEW


def pose_without_person():
    return PoseSequence(np.full((1, 33, 4), np.nan), np.full((1, 33, 3), np.nan), 1.0, SIZE, "stream")


def test_hands_free_is_switched_in_the_page(tool, camera):
    tool.hands_free.set_state({"value": True})
    click(tool, "record")
    camera.give(16)
    assert tool.progress["demi_plie"] == 2 and tool.recorder.movement == "battement_tendu"
    click(tool, "stop")
    assert tool.recorder.state == IDLE


def test_the_end_of_a_source_is_told(tool, camera):
    click(tool, "record")
    camera.give(1)
    assert is_green(tool)
    camera.end()
    assert "is over" in tool.message.value and tool.recorder.state == IDLE
    assert picture(tool).min() > 230 and tool.screen.badge == "test camera is off"
    assert enabled(tool) == {"record", "next"}
    click(tool, "record")
    assert camera.started == 2


def test_an_error_of_the_source_is_shown_and_kept(tool, camera):
    click(tool, "record")
    camera.end(BalletError("The camera was unplugged. Plug it in."))
    assert "unplugged" in tool.message.value and "bad" in tool.message._dom_classes
    with pytest.raises(BalletError, match="unplugged"):
        tool.raise_error()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_our_own_fault_in_a_thread_is_shown_and_raised_there(tool, camera):
    raised = []
    hook, threading.excepthook = threading.excepthook, lambda event: raised.append(event.exc_value)
    try:
        click(tool, "record")
        camera.end(ZeroDivisionError("division by zero"))
    finally:
        threading.excepthook = hook
    assert "ZeroDivisionError" in tool.message.value
    assert [type(error) for error in raised] == [ZeroDivisionError]
    with pytest.raises(ZeroDivisionError):
        tool.raise_error()


def test_a_source_that_does_not_start(tool, camera, monkeypatch):
    def refuse(*_):
        raise BalletError("No camera was found. Plug one in.")

    monkeypatch.setattr(camera, "start", refuse)
    click(tool, "record")
    assert "No camera" in tool.message.value and tool.recorder.state == IDLE
    assert enabled(tool) == {"record", "next"}


def test_running_the_cell_again_takes_over(tool, camera, tmp_path):
    click(tool, "record")
    camera.give(6)
    with pytest.raises(BalletError, match="take in review"):
        Recorder(tmp_path / "takes", "anna", Camera())
    click(tool, "keep")
    again = Recorder(tmp_path / "takes", "anna", Camera())
    assert again.progress["demi_plie"] == 1 and "Going on" in again.message.value
    assert not camera.running
    with pytest.raises(BalletError, match="closed"):
        tool.record()
    again.close()


def test_no_picture_is_part_of_what_a_notebook_saves(tool, camera):
    click(tool, "record")
    camera.give(2)
    assert is_green(tool)

    def saved(widget):
        yield from widget.get_state().values()
        for child in getattr(widget, "children", ()):
            yield from saved(child)

    assert not [value for value in saved(tool) if isinstance(value, bytes | memoryview) and len(value)]
    assert not [value for value in saved(tool) if isinstance(value, str) and "base64" in value]


def test_pixels_are_announced_in_red(tmp_path, camera):
    tool = Recorder(tmp_path, "anna", camera, pixels=True)
    head = tool.children[0].value
    assert 'class="pixels"' in head and "PICTURES ARE STORED" in head
    tool.close()


def test_a_view_of_the_source_is_shown(tmp_path, camera):
    camera.view = ipywidgets.HTML("the camera's own picture")
    tool = Recorder(tmp_path, "anna", camera)
    assert camera.view in tool.children[1].children[0].children
    tool.record()
    camera.frame(None, pose(1), 0.0)  # such a source need not hand its pictures over
    tool.close()


# A video as the source


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    from skimage.data import astronaut

    person = cv2.resize(astronaut(), (256, 256), interpolation=cv2.INTER_AREA)
    return write_video(tmp_path_factory.mktemp("films") / "film.mp4", [person] * 30, 20.0)


def test_a_video_feeds_the_recorder(tmp_path, film):
    tool = Recorder(tmp_path, "anna", VideoSource(film, pace=False), count_in=0.5, takes=1)
    tool.record()
    deadline = time.monotonic() + 60
    while tool.recorder.state != REVIEW and time.monotonic() < deadline:
        time.sleep(0.05)
    tool.stop()
    take = tool.recorder.keep()
    assert take.poses.found.mean() > 0.9 and take.meta["source"] == "film.mp4"
    assert take.meta["camera_fps"] == 20
    tool.close()
    tool.raise_error()


def test_a_video_ends_once_and_can_be_played_again(film):
    source = VideoSource(film, pace=False, loop=False)
    for _ in range(2):
        seen, ends = [], []
        source.start(
            lambda rgb, pose, when, seen=seen: seen.append((rgb.shape, len(pose), when)), ends.append
        )
        with pytest.raises(BalletError, match="playing already"):
            source.start(None, None)
        assert source.wait(60)
        assert ends == [None] and len(seen) == 30
        assert seen[0] == ((256, 256, 3), 1, 0.0) and seen[-1][2] == pytest.approx(29 / 20)


def test_a_video_at_its_own_pace(film):
    times = []
    source = VideoSource(film, loop=False)
    source.start(lambda rgb, pose, when: times.append((time.monotonic(), when)), lambda error: None)
    assert source.wait(60)
    passed, film_time = times[-1][0] - times[0][0], times[-1][1] - times[0][1]
    assert film_time == pytest.approx(29 / 20, abs=0.3) and passed > 0.8 * film_time


def test_an_error_in_the_callback_reaches_the_end(film):
    ends = []

    def broken(*_):
        raise KeyError("x")

    source = VideoSource(film, pace=False)
    source.start(broken, ends.append)
    assert source.wait(60) and isinstance(ends[0], KeyError)


def test_what_is_no_video(tmp_path):
    (tmp_path / "a.mp4").write_text("hello")
    with pytest.raises(BalletError, match="not a video"):
        Recorder(tmp_path / "takes", "anna", tmp_path / "a.mp4")
    assert not (tmp_path / "takes").exists()
