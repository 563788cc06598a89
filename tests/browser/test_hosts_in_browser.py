"""Other hosts than JupyterLab: Notebook 7 as it is; one without a camera and one without buffers, as if."""

import nbformat
import pytest
from lab_session import browser_page, faults_on, open_at, open_notebook, run_all, run_cell
from test_webcam_in_browser import KERNEL, comes_to_be, comes_to_say, more_is_drawn, press, start

PLAIN = "from ballet_lib.webcam import Webcam\nw = Webcam()\nw"
WITHOUT_BUFFERS = """
from ipykernel.comm.comm import BaseComm
send, receive = BaseComm.publish_msg, BaseComm.handle_msg
BaseComm.handle_msg = lambda self, message: receive(self, message | {"buffers": []})
def send_words(self, kind, data=None, metadata=None, buffers=None, **keys):
    send(self, kind, data, metadata, None, **keys)
BaseComm.publish_msg = send_words
"""
"""Makes a kernel whose messages lose their binary part on the way, to the page and from it."""


def written(lab, name, *sources):
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=KERNEL), lab.folder / name)
    return name


def test_a_lesson_and_the_camera_in_notebook_7(lab):
    pytest.importorskip("notebook")
    with browser_page("works") as page:
        open_at(page, lab.url_in_notebook("00_start_here.ipynb"))
        assert page.locator("#jupyter-config-data").count() and "/notebooks/" in page.url
        assert page.locator(".jp-OutputArea-output img").count() > 3
        run_cell(page, 'quiz("')
        quiz = page.locator(".jp-Cell:has-text('quiz(\"') .ballet-quiz")
        quiz.get_by_role("radio").first.check()
        quiz.get_by_role("status").first.wait_for()
        assert faults_on(page) == []

        open_at(page, lab.url_in_notebook(written(lab, "camera in notebook.ipynb", PLAIN)))
        run_all(page)
        start(page)
        press(page, "Stop")
        press(page, "Recorded routine")
        comes_to_be(page, "clip")
        more_is_drawn(page)
        assert faults_on(page) == []


def test_a_host_without_a_camera_plays_the_recorded_routine(lab):
    with browser_page("works") as page:
        open_notebook(page, lab, written(lab, "no camera.ipynb", PLAIN))
        run_all(page)
        page.evaluate("() => Object.defineProperty(navigator, 'mediaDevices', { value: undefined })")
        press(page, "Start camera")
        comes_to_say(page, "gives notebooks no camera")
        press(page, "Play the recorded routine")
        comes_to_be(page, "clip")
        more_is_drawn(page)


def test_a_host_without_buffers_says_so_and_does_not_hang(lab):
    with browser_page("works") as page:
        open_notebook(page, lab, written(lab, "no buffers.ipynb", WITHOUT_BUFFERS, PLAIN))
        run_all(page)
        press(page, "Start camera")
        comes_to_say(page, "carries no pictures")
        comes_to_be(page, "off")
        press(page, "Play the recorded routine")
        comes_to_say(page, "The recorded routine cannot be shown here")
        comes_to_be(page, "off")
        assert faults_on(page) == []
