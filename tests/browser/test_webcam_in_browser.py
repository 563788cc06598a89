"""Webcam in JupyterLab: a fake camera that shows a routine, the real pose model, and all that goes wrong."""

import base64

import cv2
import nbformat
import numpy as np
import pytest
from lab_session import ROOT, browser_page, camera_film, faults_on, open_notebook, run_all
from test_camera_check import ALL_ENDED, REMEMBER_STREAMS, kernel_comes_to_say, kernel_says

from ballet_lib.skeleton import INDEX
from ballet_lib.takes import TakeSet
from ballet_lib.video import read_frames
from ballet_lib.webcam.frames import decode

ROUTINE = ROOT / "datasets" / "r01_routine_1.mp4"
BEGINS, LASTS = 22.5, 8.5  # seconds of the routine: a demi-plié, and a retiré devant
RECOGNISED = """
from ballet_lib.live import Recogniser
from ballet_lib.webcam import Webcam
w = Webcam(Recogniser())
w
"""
PLAIN = """
from ballet_lib.webcam import Webcam
w = Webcam()
w
"""
RECORD = """
from ballet_lib.recording import Recorder
from ballet_lib.webcam import Webcam
w = Webcam()
tool = Recorder({folder!r}, "anna", w, takes=1, count_in=1)
tool
"""
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
SHOWN = "document.querySelector('.ballet-webcam canvas').drawn"
DRAWN = f"() => ({SHOWN}?.number ?? 0)"

# What the page drew last: the picture it had sent, the points that came back, and the canvas itself.
PICTURE = f"""() => {{
    const [canvas, shown] = [document.querySelector(".ballet-webcam canvas"), {SHOWN}];
    const bytes = new Uint8Array(shown.jpeg);
    let text = "";
    for (const byte of bytes) text += String.fromCharCode(byte);
    return {{ jpeg: btoa(text), points: [...shown.points], png: canvas.toDataURL("image/png") }};
}}"""


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return camera_film(ROUTINE, tmp_path_factory.mktemp("camera"), BEGINS, LASTS)


@pytest.fixture
def opened(lab, tmp_path):
    """Open a page with a notebook of one cell in it; nothing of it may break on the way."""
    broken = []

    def watch(page):
        page.on("pageerror", lambda error: broken.append(str(error)))
        return page

    def open_with(page, source):
        name = f"{tmp_path.name}.ipynb"
        cells = [nbformat.v4.new_code_cell(source), nbformat.v4.new_code_cell("'no key may cut this'")]
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=KERNEL), lab.folder / name)
        watch(page)
        open_notebook(page, lab, name)
        run_all(page)
        page.evaluate(REMEMBER_STREAMS)
        assert faults_on(page) == []
        return name

    open_with.watch = watch
    yield open_with
    assert [said for said in broken if "ballet" in said.lower() or "session" in said] == []


def comes_to_be(page, state, seconds=60):
    page.wait_for_function(
        "state => document.querySelector('.ballet-webcam')?.dataset.state === state",
        arg=state, timeout=1000 * seconds,
    )  # fmt: skip


def comes_to_say(page, words):
    page.wait_for_function(
        "words => document.querySelector('.ballet-webcam [role=status]').innerText.includes(words)", arg=words
    )


def more_is_drawn(page, frames=3):
    before = page.evaluate(DRAWN)
    page.wait_for_function(f"least => ({DRAWN})() >= least", arg=before + frames)


def press(page, name):
    page.locator(".ballet-webcam").get_by_role("button", name=name).press("Enter")


def start(page):
    press(page, "Start camera")
    comes_to_be(page, "camera")
    more_is_drawn(page)


def execute(page, command):
    page.evaluate("command => window.jupyterapp.commands.execute(command)", command)


def test_the_routine_before_the_camera_is_recognised(opened, film):
    with browser_page(film) as page:
        opened(page, RECOGNISED)
        assert "stay on this machine and are not stored" in page.locator(".ballet-webcam").inner_text()
        comes_to_say(page, "whole body")
        start(page)
        wanted = "{'demi_plie', 'retire_devant'}"
        assert kernel_comes_to_say(
            page, "{e.movement for e in w.recogniser.events} & " + wanted + " == " + wanted, "True", 40
        )
        slots = page.locator(".ballet-webcam li[data-filled=true]")
        assert {"demi-plié", "retiré devant"} <= set(slots.locator("span").all_inner_texts())
        picture = page.evaluate(PICTURE)
        check_that_it_lies_on_the_dancer(picture)
        assert colours_at_the_joints(picture, mirrored=True) >= 8
        page.get_by_label("Mirror").press(" ")
        assert kernel_comes_to_say(page, "w.mirror", "False")
        page.wait_for_timeout(200)
        assert colours_at_the_joints(page.evaluate(PICTURE), mirrored=False) >= 8
        slider = page.locator(".ballet-webcam input[type=range]")
        slider.press("ArrowRight")
        assert kernel_comes_to_say(page, "w.recogniser.threshold", "0.81")
        press(page, "Start the exercise anew")
        assert kernel_comes_to_say(page, "len(w.recogniser.events) <= 1", "True")
        assert page.locator(".jp-Cell").count() == 2, "no key got through to JupyterLab"
        assert kernel_says(page, "w.error") == "None"
        check_busy_and_restart(page)


def check_that_it_lies_on_the_dancer(picture):
    """Find the film's frame that was sent, and compare with the joints as they were rendered."""
    sent = decode(base64.b64decode(picture["jpeg"]))
    assert sent.shape == (480, 640, 3)

    def small(rgb):
        return cv2.resize(rgb, (160, 120), interpolation=cv2.INTER_AREA).astype(float)

    first = round(BEGINS * 20)
    frames = [small(rgb) for rgb in list(read_frames(ROUTINE))[first : first + round(LASTS * 20) + 1]]
    number = first + int(np.argmin([np.abs(small(sent) - frame).mean() for frame in frames]))
    take = TakeSet.load("routines").filter(lambda take: take.take_id == ROUTINE.stem)[0]
    joints = [INDEX[f"{side}_{part}"] for side in ("left", "right")
              for part in ("shoulder", "elbow", "hip", "knee", "ankle")]  # fmt: skip
    truth = take.truth.landmarks[number, joints, :2]
    points = np.array(picture["points"]).reshape(33, 3)[joints, :2]
    apart = np.linalg.norm((points - truth) * (4 / 3, 1), axis=1)  # in heights of the picture
    assert np.median(apart) < 0.03, apart


def colours_at_the_joints(picture, mirrored):
    """Count the joints of ten at which the canvas has the colour of their side."""
    png = np.frombuffer(base64.b64decode(picture["png"].split(",")[1]), np.uint8)
    canvas = cv2.cvtColor(cv2.imdecode(png, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB).astype(int)
    points = np.array(picture["points"]).reshape(33, 3)
    right = 0
    for side, colour in (("left", (0, 114, 178)), ("right", (213, 94, 0))):
        for part in ("shoulder", "elbow", "hip", "knee", "ankle"):
            x, y, _ = points[INDEX[f"{side}_{part}"]]
            x = 1 - x if mirrored else x
            at = canvas[int(y * canvas.shape[0]), int(x * canvas.shape[1])]
            right += np.abs(at - colour).max() < 30
    return right


def check_busy_and_restart(page):
    """Frames go on beside a cell, wait for a kernel that is held up, and end with it."""
    page.evaluate(
        """() => { window.jupyterapp.shell.currentWidget.sessionContext.session.kernel
            .requestExecute({ code: "import time; time.sleep(3)" }); }"""
    )
    more_is_drawn(page)
    page.evaluate(
        """() => { window.jupyterapp.shell.currentWidget.sessionContext.session.kernel
            .requestExecute({ code: "with w._busy: time.sleep(5)" }); }"""
    )
    comes_to_say(page, "The kernel is busy")
    page.wait_for_function("() => document.querySelector('.ballet-webcam .words').hidden")
    more_is_drawn(page)
    assert not page.evaluate(ALL_ENDED)
    page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart().then(() => null)"
    )
    comes_to_be(page, "off")
    comes_to_say(page, "restarted")
    page.wait_for_function(ALL_ENDED)
    press(page, "Start camera")  # nobody would look at its pictures
    page.wait_for_timeout(500)
    assert page.locator(".ballet-webcam").get_attribute("data-state") == "off"
    assert page.evaluate("() => window.streams.length") == 1


def test_the_camera_is_released(opened):
    with browser_page("works") as page:
        opened(page, PLAIN)
        start(page)
        assert not page.evaluate(ALL_ENDED)
        assert kernel_comes_to_say(page, "w.state", "'camera'")
        press(page, "Stop")
        page.wait_for_function(ALL_ENDED)
        assert kernel_comes_to_say(page, "(w.state, w.owner)", "('off', '')")

        assert kernel_says(page, "w.start()") == "None"  # asked for from a cell
        comes_to_be(page, "camera")
        more_is_drawn(page)
        assert kernel_says(page, "w.stop()") == "None"
        comes_to_be(page, "off")
        page.wait_for_function(ALL_ENDED)

        start(page)
        run_all(page)  # the cell once more: a new widget in place of the old
        page.wait_for_function(ALL_ENDED)
        comes_to_be(page, "off")
        start(page)
        execute(page, "notebook:clear-all-cell-outputs")
        page.wait_for_function(ALL_ENDED)
        assert kernel_comes_to_say(page, "w.state", "'off'")

        run_all(page)
        start(page)
        assert kernel_says(page, "w.close()") == "None"
        page.wait_for_function(ALL_ENDED)
        assert page.locator(".ballet-webcam").count() == 0
        assert page.evaluate("() => window.streams.length") == 5


def test_two_tabs(opened, lab):
    with browser_page("works") as first:
        name = opened(first, PLAIN)
        execute(first, "docmanager:save")
        start(first)
        second = opened.watch(first.context.new_page())
        open_notebook(second, lab, name)
        second.evaluate(REMEMBER_STREAMS)
        comes_to_say(second, "runs in another tab")
        start(second)
        comes_to_be(first, "off")
        comes_to_say(first, "Another tab has taken over")
        first.wait_for_function(ALL_ENDED)
        before = first.evaluate(DRAWN)
        more_is_drawn(second, 5)
        assert first.evaluate(DRAWN) == before, "what the second tab sees stays there"
        second.close()
        assert kernel_comes_to_say(first, "(w.state, w.owner)", "('off', '')")
        start(first)


def test_denied_or_insecure_the_recorded_routine_plays(opened):
    with browser_page("denied") as page:
        opened(page, PLAIN)
        press(page, "Start camera")
        comes_to_say(page, "was not allowed")
        assert kernel_comes_to_say(page, "w.state", "'denied'")
        page.evaluate("() => Object.defineProperty(window, 'isSecureContext', { value: false })")
        press(page, "Start camera")
        comes_to_say(page, "address is not secure")
        assert kernel_comes_to_say(page, "w.state", "'not secure'")
        press(page, "Play the recorded routine")
        comes_to_be(page, "clip")
        more_is_drawn(page, 5)
        assert len(page.evaluate(f"() => [...{SHOWN}.points]")) == 99, "the dancer was found"
        assert kernel_says(page, "w.state") == "'clip'"
        press(page, "Stop")
        assert kernel_comes_to_say(page, "(w.state, w._clip)", "('off', None)")


def test_without_a_camera_a_film_of_ones_own(opened, tmp_path):
    film = tmp_path / "my film.mp4"
    film.write_bytes(ROUTINE.read_bytes())
    (tmp_path / "notes.mp4").write_text("no film")
    with browser_page("missing") as page:
        opened(page, PLAIN)
        press(page, "Start camera")
        comes_to_say(page, "No camera was found")
        choose = page.locator(".ballet-webcam input[type=file]")
        choose.set_input_files(tmp_path / "notes.mp4")
        comes_to_say(page, "cannot play this file")
        choose.set_input_files(film)
        comes_to_be(page, "film")
        more_is_drawn(page, 5)
        assert kernel_says(page, "w.state") == "'film'"
        assert len(page.evaluate(f"() => [...{SHOWN}.points]")) == 99
        press(page, "Stop")
        comes_to_be(page, "off")
        assert kernel_comes_to_say(page, "w.state", "'off'")


def test_a_take_is_recorded_at_the_camera(opened, film, tmp_path):
    with browser_page(film) as page:
        opened(page, RECORD.format(folder=str(tmp_path / "takes")))
        page.get_by_role("button", name="Record", exact=True).click()
        comes_to_be(page, "camera")
        page.wait_for_selector(".ballet-webcam .badge[data-kind=rec]")
        page.wait_for_selector(".ballet-badge[data-kind=review]")
        assert page.locator(".ballet-webcam").is_hidden()
        page.get_by_role("button", name="Keep").click()
        page.wait_for_function("() => document.querySelector('.ballet-message').textContent.includes('Kept')")
        page.locator(".ballet-webcam").wait_for()
        page.get_by_role("button", name="Stop").last.click()
        page.wait_for_function(ALL_ENDED)
        assert kernel_comes_to_say(page, "(tool.error, w.error)", "(None, None)")
    (take,) = TakeSet.load(tmp_path / "takes")
    assert len(take) == 40 and take.poses.found.any() and take.meta["source"] == "camera"
