"""LabelTool and Recorder in JupyterLab: real keys, a real line to drag, a real video with a dancer."""

import json

import nbformat
import pytest
from lab_session import browser_page, faults_on, open_notebook, run_all
from test_camera_check import kernel_comes_to_say

from ballet_lib.studio.scene import Scene
from ballet_lib.takes import TakeSet

LABEL = """
from ballet_lib.recording import LabelTool
tool = LabelTool({film!r}, folder={folder!r}, dancer="anna", progress=False)
tool
"""
RECORD = """
from ballet_lib.recording import Recorder
tool = Recorder({folder!r}, "anna", {film!r}, takes=2, count_in=1)
tool
"""
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
MARK = ".ballet-mark"
PIXELS = "() => document.querySelector('.ballet-screen canvas').toDataURL()"


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    scene = Scene("retire_devant", size=(240, 320))
    return scene.film(tmp_path_factory.mktemp("films") / "retiré.mp4")


@pytest.fixture
def opened(lab, film, tmp_path):
    """A page with the tool of a source in it; checks at the end that nothing broke."""

    def open_with(source):
        cell = nbformat.v4.new_code_cell(source.format(film=str(film), folder=str(tmp_path / "takes")))
        after = nbformat.v4.new_code_cell("'a cell that no key may cut'")
        name = f"{tmp_path.name}.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=[cell, after], metadata=KERNEL), lab.folder / name)
        open_notebook(page, lab, name)
        run_all(page)
        assert faults_on(page) == []
        page.wait_for_selector(".ballet-screen[data-drawn]")
        return page

    with browser_page() as page:
        broken = []
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.on("console", lambda said: said.type == "error" and broken.append(said.text))
        yield open_with
        assert faults_on(page) == []
        assert [said for said in broken if "ballet" in said or "widget" in said.lower()] == []
        assert kernel_comes_to_say(page, "tool.error", "None")


def keys(page, *names):
    for name in names:
        page.keyboard.press(name)


def frame_comes_to_be(page, frame):
    page.wait_for_function(
        "frame => document.querySelector('.ballet-timeline').getAttribute('aria-valuenow') === String(frame)",
        arg=frame,
    )


def marks_come_to_be(page, *names):
    page.wait_for_function(
        "names => JSON.stringify([...document.querySelectorAll('.ballet-mark')].map(m => m.title)) "
        "=== JSON.stringify(names)",
        arg=list(names),
    )


def message_comes_to_say(page, words):
    page.wait_for_function(
        "words => document.querySelector('.ballet-message').textContent.includes(words)", arg=words
    )


def test_a_video_is_labelled_by_keyboard(opened, film, tmp_path):
    page = opened(LABEL)
    first = page.evaluate(PIXELS)
    page.locator(".ballet-screen").click()
    keys(page, *["ArrowRight"] * 5, "i", "Shift+ArrowRight", "Shift+ArrowRight", "ArrowLeft")
    frame_comes_to_be(page, 24)
    page.wait_for_function(f"first => ({PIXELS})() !== first", arg=first)
    assert page.locator(".ballet-open").is_visible()
    keys(page, "o")
    marks_come_to_be(page, "demi-plié")
    keys(page, "6")
    marks_come_to_be(page, "retiré devant")
    strip, block = page.locator(".ballet-lane").bounding_box(), page.locator(MARK).bounding_box()
    assert (block["x"] - strip["x"]) / strip["width"] == pytest.approx(5 / 69, abs=0.01)
    assert block["width"] / strip["width"] == pytest.approx(20 / 69, abs=0.01)
    status = page.get_by_role("status").filter(has_text="retiré devant")
    assert status.first.get_attribute("aria-live") == "polite"
    keys(page, "u")
    marks_come_to_be(page, "demi-plié")
    keys(page, "Control+z")
    marks_come_to_be(page)
    keys(page, "Shift+U", "Control+Shift+Z")
    marks_come_to_be(page, "retiré devant")
    stored = json.loads((film.parent / "retiré.mp4.marks.json").read_text(encoding="utf-8"))
    assert [(m["start"], m["end"], m["movement"]) for m in stored["marks"]] == [(5, 25, "retire_devant")]
    page.get_by_role("button", name="Export takes").click()
    message_comes_to_say(page, "1 take of anna")
    (take,) = TakeSet.load(tmp_path / "takes")
    assert take.movement == "retire_devant" and len(take) == 20 and take.poses.found.all()


def test_keys_go_where_the_focus_is(opened):
    page = opened(LABEL)
    page.locator(".ballet-screen").click()
    cells = page.locator(".jp-Cell").count()
    keys(page, "x", "d", "d", "a", "b", "Enter", "m")  # each does something to a cell in JupyterLab
    page.wait_for_timeout(500)
    assert page.locator(".jp-Cell").count() == cells
    before = page.locator(MARK).count()
    field = page.locator(".ballet-tool input[type=text]").last
    field.fill("")
    field.press_sequentially("i o u 1")  # names may hold these letters
    assert field.input_value() == "i o u 1"
    assert page.locator(".ballet-open").count() == 0 and page.locator(MARK).count() == before
    play = page.get_by_role("button", name="Play")
    play.focus()
    keys(page, "ArrowRight", "Home")  # keys work wherever in the tool the focus is
    frame_comes_to_be(page, 0)
    keys(page, "Space")  # the button's own, so once and not twice
    page.get_by_role("button", name="Pause").wait_for()
    frame_comes_to_be(page, 68)
    play.wait_for()


def test_the_line_is_dragged(opened):
    page = opened(LABEL)
    lane = page.locator(".ballet-lane").bounding_box()
    middle = lane["y"] + lane["height"] / 2
    page.mouse.move(lane["x"] + 3, middle)
    page.mouse.down()
    for step in range(1, 11):
        page.mouse.move(lane["x"] + lane["width"] * (0.5 + step / 20) - 1, middle)
    page.mouse.up()
    frame_comes_to_be(page, 68)
    assert kernel_comes_to_say(page, "tool.frame", "68")
    tool = page.locator(".ballet-tool")
    assert tool.evaluate("tool => tool.scrollWidth <= tool.clientWidth"), "nothing is cut off"
    assert page.locator(".ballet-screen").get_attribute("aria-keyshortcuts")
    before = page.evaluate(PIXELS)
    page.mouse.click(lane["x"] + lane["width"] / 2, middle)
    frame_comes_to_be(page, 34)
    page.wait_for_function(f"before => ({PIXELS})() !== before", arg=before)


def test_a_take_is_recorded(opened, tmp_path):
    page = opened(RECORD)
    page.locator(".ballet-screen").click()
    keys(page, "r")
    page.wait_for_function("() => document.querySelector('.ballet-big').textContent === '1'")
    page.wait_for_selector(".ballet-badge[data-kind=rec]")
    page.wait_for_selector(".ballet-badge[data-kind=review]")
    message_comes_to_say(page, "good take")
    page.wait_for_timeout(300)
    drawn = int(page.locator(".ballet-screen").get_attribute("data-drawn"))
    page.wait_for_function(
        "drawn => Number(document.querySelector('.ballet-screen').dataset.drawn) > drawn + 5", arg=drawn
    )  # the take is played in review
    keys(page, "k")
    message_comes_to_say(page, "Kept demi-plié, 1 of 2")
    keys(page, "s")
    assert kernel_comes_to_say(page, "tool._running", "False")
    (take,) = TakeSet.load(tmp_path / "takes")
    assert len(take) == 40 and take.meta["source"] == "retiré.mp4"
    assert kernel_comes_to_say(page, "tool.close()", "None")
    assert page.locator(".ballet-screen").count() == 0
