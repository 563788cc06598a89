"""The lessons in JupyterLab, as a learner opens and runs them."""

import json

import pytest
from lab_session import ROOT, browser_page, faults_on, open_notebook, outputs, run_all

VIEW = "application/vnd.jupyter.widget-view+json"
FIRST = "00_start_here.ipynb"
WRITTEN = sorted(f"{path.stem}.ipynb" for path in (ROOT / "lessons").glob("[0-9][0-9]_*.py"))
WIDGETS = (".jupyter-widgets", ".ballet-camera", ".ballet-webcam")
LONG = 75  # seconds of computing; tests/notebooks runs every lesson whole, and once is enough for these


def computes_for_long(lesson):
    notebook = json.loads((ROOT / "notebooks" / lesson).read_text(encoding="utf-8"))
    return notebook["metadata"]["ballet"]["seconds"] > LONG


@pytest.mark.parametrize("lesson", WRITTEN)
def test_lesson_runs_in_the_browser(lab, lesson):
    if not (ROOT / "notebooks" / lesson).exists():
        pytest.fail(f"notebooks/{lesson} is missing. Build it with: make course")
    with browser_page("works") as page:
        open_notebook(page, lab, lesson)
        if computes_for_long(lesson):
            page.locator(".jp-OutputArea-output img").first.wait_for()
        else:
            run_all(page)
        assert faults_on(page) == []
        figures = page.locator(".jp-OutputArea-output img")
        assert figures.count() > 0
        assert figures.first.evaluate("picture => picture.complete && picture.naturalWidth > 100")
        if computes_for_long(lesson):
            return
        shown = sum(VIEW in output.get("data", {}) for output in outputs(page))
        drawn = page.locator(", ".join(f".jp-OutputArea-output {one}" for one in WIDGETS))
        assert drawn.count() >= shown
        if lesson == FIRST:
            page.get_by_role("button", name="Check my camera").click()
            page.wait_for_function("() => document.querySelector('.ballet-camera').dataset.state === 'works'")
