"""LabelTool, driven as the browser drives it: keys and line as messages, buttons as clicks."""

import base64
import json
import re
import threading
import time
from pathlib import Path

import cv2
import ipywidgets
import numpy as np
import pytest
from ipywidgets.widgets.widget import Widget

import ballet_lib.recording.label_tool as module
from ballet_lib import BalletError
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.recording import LabelTool
from ballet_lib.recording.screen import IN_FLIGHT, Screen
from ballet_lib.takes import TakeSet
from ballet_lib.video import write_video

FRAMES, FPS = 60, 20.0


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    frames = (np.full((48, 64, 3), 4 * number, np.uint8) for number in range(FRAMES))
    return write_video(tmp_path_factory.mktemp("films") / "film.mp4", frames, FPS)


@pytest.fixture
def tool(film, tmp_path):
    missing = np.full((FRAMES, 33, 4), np.nan, np.float32)
    missing[::2] = 0.5
    poses = PoseSequence(missing, None, FPS, (64, 48), "film.mp4")
    tool = LabelTool(
        film, poses, tmp_path / "m.json", folder=tmp_path / "takes", dancer="anna", progress=False
    )
    yield tool
    tool.close()


def press(tool, *keys):
    """Send keys as the page does."""
    for key in keys:
        assert key in tool.screen.taken, f"the page would not send {key}"
        tool.screen._handle_custom_msg({"key": key}, [])


def drag(tool, frame):
    tool.timeline.set_state({"frame": frame})


def click(tool, text):
    (button,) = [b for b in widgets(tool) if isinstance(b, ipywidgets.Button) and b.description == text]
    assert not button.disabled
    button.click()


def widgets(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from widgets(child)


def marks(tool):
    return [(mark.start, mark.end, mark.movement) for mark in tool.session.marks]


def said(tool):
    return tool.message.value


# Marking


def test_a_mark_by_keyboard_alone(tool):
    press(tool, *["ArrowRight"] * 5, "i", "Shift+ArrowRight", "Shift+ArrowRight", "ArrowLeft")
    assert tool.frame == 24 and tool.timeline.start == 5
    press(tool, "o", "3")
    assert marks(tool) == [(5, 25, "releve")] and tool.timeline.start == -1
    (block,) = tool.timeline.marks
    assert (block["start"], block["end"], block["name"]) == (5, 25, "relevé")
    assert "relevé: 1" in tool.counts.value and "1 mark, saved" in tool.counts.value
    press(tool, "u")
    assert marks(tool) == [(5, 25, "demi_plie")]
    press(tool, "Ctrl+z")
    assert marks(tool) == [] == tool.timeline.marks
    press(tool, "Shift+u", "Ctrl+y")
    assert marks(tool) == [(5, 25, "releve")]
    press(tool, "Delete")
    assert marks(tool) == [] and "Deleted relevé" in said(tool)
    assert tool.error is None


def test_a_mark_by_mouse_alone(tool):
    drag(tool, 40)
    click(tool, "Start")
    drag(tool, 20)  # backwards will do
    tool.movement.set_state({"index": 5})
    click(tool, "End")
    assert marks(tool) == [(20, 41, "retire_devant")]
    tool.movement.set_state({"index": 6})
    click(tool, "Rename")
    assert marks(tool) == [(20, 41, "other")]
    click(tool, "Undo")
    click(tool, "Undo")
    click(tool, "Redo")
    assert marks(tool) == [(20, 41, "retire_devant")]
    click(tool, "Delete")
    assert marks(tool) == []


def test_brackets_mark_too_and_shift_moves_the_ends(tool):
    drag(tool, 10)
    press(tool, "[")
    drag(tool, 20)
    press(tool, "]")
    drag(tool, 5)
    press(tool, "Shift+i")
    drag(tool, 30)
    press(tool, "Shift+o")
    assert marks(tool) == [(5, 31, "demi_plie")]


def test_a_number_names_the_mark_under_the_line_and_the_next_one(tool):
    tool.session.add(0, 10, "releve")
    drag(tool, 30)
    press(tool, "7")
    assert marks(tool) == [(0, 10, "releve")] and tool.movement.value == "other"
    drag(tool, 9)
    press(tool, "2")
    assert marks(tool) == [(0, 10, "battement_tendu")]


@pytest.mark.parametrize(
    "keys, words",
    [
        (["o"], "press I first"),
        (["Delete"], "no mark under the line"),
        (["Shift+i"], "no mark here"),
        (["Shift+o"], "no mark here"),
        (["i", "o"], "no movement"),
    ],
)
def test_a_slip_is_told_in_the_message_line_and_kept(tool, keys, words):
    press(tool, *keys)
    assert words in said(tool) and "bad" in tool.message._dom_classes
    with pytest.raises(BalletError, match=words):
        tool.raise_error()
    tool.raise_error()  # told once
    press(tool, "ArrowRight", "7")
    assert "bad" not in tool.message._dom_classes


def test_marks_do_not_run_into_each_other(tool):
    tool.session.add(20, 30, "releve")
    drag(tool, 25)
    press(tool, "i")
    assert "already" in said(tool) and tool.timeline.start == -1
    drag(tool, 10)
    press(tool, "i")
    drag(tool, 40)
    press(tool, "o")
    assert "overlap" in said(tool) and tool.timeline.start == 10, "the start waits for another end"
    drag(tool, 19)
    press(tool, "o")
    assert marks(tool) == [(10, 20, "demi_plie"), (20, 30, "releve")]


def test_a_start_is_forgotten_by_delete(tool):
    press(tool, "i", "Backspace")
    assert tool.timeline.start == -1


def test_our_own_fault_is_shown_and_raised(tool, monkeypatch):
    monkeypatch.setattr(tool.session, "undo", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        tool.screen.press("u")
    assert "ZeroDivisionError" in said(tool)
    with pytest.raises(ZeroDivisionError):
        tool.raise_error()


def test_opening_again_shows_the_marks(tool, film, tmp_path):
    tool.session.add(20, 30, "releve")
    again = LabelTool(film, tool.session.poses, tmp_path / "m.json", progress=False)
    assert [block["name"] for block in again.timeline.marks] == ["relevé"]


# Seeing


def shown(tool):
    """The grey of the picture that was sent last, as a frame's number."""
    picture = cv2.imdecode(np.frombuffer(tool.screen._last, np.uint8), cv2.IMREAD_COLOR)
    return round(picture[5, 5].mean() / 4)


def test_the_line_chooses_the_picture(tool):
    for frame in (31, 0, 59):
        drag(tool, frame)
        assert shown(tool) == frame
        assert f"frame {frame} of 60" in tool.time.value and f"Frame {frame} " in tool.screen.alt
    drag(tool, 5000)
    assert tool.frame == 59
    press(tool, "ArrowRight")
    assert tool.frame == 59
    press(tool, "Home", "ArrowLeft")
    assert tool.frame == 0
    press(tool, "End")
    assert tool.frame == 59 and tool.error is None


def test_play_and_pause(tool):
    press(tool, "End", " ")  # from the end it begins anew
    deadline = time.monotonic() + 5
    while tool.frame < 10 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert 10 <= tool.frame < 59 and tool.play_button.description == "Pause"
    press(tool, " ")
    there = tool.frame
    time.sleep(0.2)
    assert tool.frame == there and tool.play_button.description == "Play"
    tool.frame = 55
    tool.play()
    tool._player.join(5)
    assert tool.frame == 59 and tool.play_button.description == "Play"
    tool.frame = 0
    tool.play()
    tool.close()
    assert "film" not in [thread.name for thread in threading.enumerate()]


def test_what_the_widgets_save_holds_the_first_frame_and_no_other(tool):
    drag(tool, 50)
    assert shown(tool) == 50
    saved = [value for widget in widgets(tool) for value in widget.get_state().values()]
    pictures = [bytes(value) for value in saved if isinstance(value, bytes | memoryview) and len(value)]
    assert len(pictures) == 1
    still = cv2.imdecode(np.frombuffer(pictures[0], np.uint8), cv2.IMREAD_COLOR)
    assert still[5, 5].mean() < 8


def test_it_reads_where_widgets_do_not_live(tool):
    tool.session.add(20, 40, "releve")
    data, _ = tool._repr_mimebundle_()
    assert "relevé 1.0 to 2.0 s" in data["text/plain"]
    assert base64.b64decode(data["image/jpeg"])[:3] == b"\xff\xd8\xff"
    assert "application/vnd.jupyter.widget-view+json" in data


def test_pictures_do_not_queue_up_before_a_slow_page(monkeypatch):
    screen = Screen({})
    sent = []
    monkeypatch.setattr(screen, "send", lambda message, buffers: sent.append(buffers[0]))
    for number in range(20):
        screen.show(b"%d" % number)
    assert sent == [b"%d" % n for n in range(IN_FLIGHT)]
    screen._handle_custom_msg({"drawn": 1}, [])
    assert sent[-1] == b"19", "the newest, and none of those between"
    screen._handle_custom_msg({"drawn": 1}, [])
    screen._handle_custom_msg({"drawn": "99"}, [])
    assert len(sent) == IN_FLIGHT + 1
    screen._handle_custom_msg({"ready": True}, [])  # a new view of it
    assert sent[-1] == b"19" and len(sent) == IN_FLIGHT + 2


# Export


def test_export(tool, tmp_path):
    click(tool, "Export takes")
    assert "no mark" in said(tool)
    tool.session.add(10, 50, "releve")
    click(tool, "Export takes")
    assert "1 take of anna" in said(tool)
    tool.dancer.set_state({"value": "../x"})
    click(tool, "Export takes")
    assert "cannot be a dancer" in said(tool)
    (take,) = TakeSet.load(tmp_path / "takes")
    assert take.dancer == "anna"


# The page's side


def test_every_key_that_is_named_is_taken(tool):
    line = tool.children[-1].value
    named = re.findall(r"<kbd>(.*?)</kbd>", line)
    names = {"Space": " ", "←": "ArrowLeft", "→": "ArrowRight", "Del": "Delete", "1–7": "7",
             "⇧←": "Shift+ArrowLeft", "⇧→": "Shift+ArrowRight"}  # fmt: skip
    for key in named:
        expected = names.get(key) or ("Shift+" + key[1].lower() if key[0] == "⇧" else key.lower())
        assert expected in tool.screen.taken, key
    assert len(named) > 10


def test_state_is_json_and_widgets_are_closed(tool):
    json.dumps(tool.timeline.get_state())
    folder = Path(module.__file__).parent
    assert 'model.get("taken")' in (folder / "screen.js").read_text(encoding="utf-8")
    tool.close()
    assert tool.comm is None or tool.model_id not in Widget.widgets


def test_marks_made_in_a_cell_are_shown_at_once(tool):
    number = tool.session.add(20, 30, "releve").number
    assert [block["start"] for block in tool.timeline.marks] == [20]
    tool.session.delete(number)
    assert tool.timeline.marks == []
