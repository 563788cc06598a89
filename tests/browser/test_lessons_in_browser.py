"""The lessons in JupyterLab, as a learner opens them: figures and widgets are there, and answer.

The first lesson runs here whole. Of the others only the quiz runs: `tests/notebooks` runs every cell of each
and uses every widget, and once is enough.
"""

import json

import pytest
from lab_session import ROOT, browser_page, end_kernel, faults_on, open_notebook, run_all, run_cell
from notebook_cleaning import VIEW

FIRST = "00_start_here.ipynb"
WRITTEN = sorted(f"{path.stem}.ipynb" for path in (ROOT / "lessons").glob("[0-9][0-9]_*.py"))
WIDGETS = ".jupyter-widgets, [class^='ballet-']"


@pytest.fixture(scope="module")
def page():
    with browser_page("works") as page:
        yield page


def code_cells(lesson: str) -> list[dict]:
    notebook = json.loads((ROOT / "notebooks" / lesson).read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def check_that_all_is_shown(page, lesson: str) -> None:
    """Each widget has its controls, the figures have pixels, and there is no red error."""
    widgets = sum(VIEW in output.get("data", {}) for cell in code_cells(lesson) for output in cell["outputs"])
    assert widgets >= 1, "a lesson has something to play with"
    drawn = page.locator(".jp-OutputArea-child").filter(has=page.locator(WIDGETS))
    drawn.nth(widgets - 1).wait_for(state="attached")
    assert faults_on(page) == []
    figures = page.locator(".jp-OutputArea-output img")
    assert figures.count() > 0
    assert figures.first.evaluate("picture => picture.complete && picture.naturalWidth > 100")


@pytest.mark.parametrize("lesson", WRITTEN)
def test_lesson_opens_and_its_quiz_answers(lab, page, lesson):
    if not (ROOT / "notebooks" / lesson).exists():
        pytest.fail(f"notebooks/{lesson} is missing. Build it with: make notebooks")
    open_notebook(page, lab, lesson)
    check_that_all_is_shown(page, lesson)
    run_cell(page, 'quiz("')
    quiz = page.locator(".jp-Cell:has-text('quiz(\"') .ballet-quiz")
    quiz.get_by_role("radio").first.check()
    quiz.get_by_role("status").first.wait_for()
    assert faults_on(page) == []
    end_kernel(page)


def test_the_first_lesson_runs_and_its_widgets_work(lab, page):
    open_notebook(page, lab, FIRST)
    run_all(page)
    check_that_all_is_shown(page, FIRST)
    turned = page.locator(".jp-OutputArea-output .widget-image").first
    before = turned.get_attribute("src")
    page.locator(".jp-OutputArea-output [role=slider]").first.press("ArrowRight")
    page.wait_for_function("before => document.querySelector('.widget-image').src !== before", arg=before)
    page.get_by_role("button", name="Check my camera").click()
    page.wait_for_function("() => document.querySelector('.ballet-camera').dataset.state === 'works'")
    assert faults_on(page) == []
