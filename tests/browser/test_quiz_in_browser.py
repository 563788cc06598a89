"""A quiz in JupyterLab: mouse and keyboard, feedback at once, and the kernel hears of it."""

import nbformat
from lab_session import browser_page, faults_on, open_notebook, run_all
from test_camera_check import kernel_comes_to_say

QUIZ = "from ballet_lib.checks import quiz\nasked = quiz('00')\nasked"
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}


def test_a_quiz_answers_to_mouse_and_keyboard(lab):
    cells = [nbformat.v4.new_code_cell(QUIZ), nbformat.v4.new_code_cell("'a cell that no key may cut'")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=KERNEL), lab.folder / "quiz.ipynb")
    with browser_page() as page:
        open_notebook(page, lab, "quiz.ipynb")
        run_all(page)
        first = page.get_by_role("group", name="A landmark has y = 1.3")
        first.get_by_label("Above the upper edge").check()
        first.get_by_role("status").filter(has_text="y points down").wait_for()
        assert first.get_by_role("status").get_attribute("data-right") == "false"
        first.get_by_label("Above the upper edge").focus()
        page.keyboard.press("ArrowUp")  # from the first option to the last
        first.get_by_role("status").filter(has_text="0 at the top to 1 at the bottom").wait_for()
        assert first.get_by_role("status").get_attribute("data-right") == "true"
        assert page.get_by_role("status").filter(has_text="That is one frame").count() == 0
        cells = page.locator(".jp-Cell").count()
        page.keyboard.press("x")
        assert page.locator(".jp-Cell").count() == cells
        assert kernel_comes_to_say(page, "asked.answers", "{'1': 'Below the lower edge of the picture'}")
        assert faults_on(page) == []
