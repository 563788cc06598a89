"""ConfusionMatrix in JupyterLab: real keys and clicks, skeletons that move, themes, a kernel that is gone."""

import nbformat
import pytest
from lab_session import browser_page, faults_on, open_notebook, run_all
from test_camera_check import kernel_comes_to_say, kernel_says

MATRIX = """
import numpy as np
from ballet_lib.evaluation import Predictions
from ballet_lib.takes import TakeSet
from ballet_lib.widgets import ConfusionMatrix
takes = TakeSet.load("ballet6").filter(dancer=["d01", "d02"])
answers = np.where(np.arange(len(takes)) % 10 < 8, 2, takes.y)
probabilities = np.full((len(takes), 7), 0.05)
probabilities[np.arange(len(takes)), answers] = 0.7
ids = [take.take_id for take in takes]
matrix = ConfusionMatrix(Predictions(takes.y, probabilities, takes.groups, takes.labels, ids), takes)
matrix
"""
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
FIRST = "() => document.querySelector('.ballet-clip canvas').toDataURL()"


def open_matrix(page, lab, name):
    cells = [nbformat.v4.new_code_cell(MATRIX), nbformat.v4.new_code_cell("'a cell that no key may cut'")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=KERNEL), lab.folder / name)
    open_notebook(page, lab, name)


@pytest.fixture(scope="module")
def notebook(lab):
    """A page with a notebook that makes the matrix; checks at the end that nothing broke."""
    with browser_page() as page:
        broken = []
        page.on("pageerror", lambda error: broken.append(str(error)))
        open_matrix(page, lab, "confusion matrix.ipynb")
        yield page
        assert faults_on(page) == []
        assert [said for said in broken if "ballet" in said or "widget" in said.lower()] == []


@pytest.fixture
def page(notebook):
    """A matrix made anew."""
    notebook.emulate_media(reduced_motion="no-preference")
    run_all(notebook)
    notebook.wait_for_selector(".ballet-clip")
    return notebook


def cell(page, row, column):
    return page.get_by_role("row").nth(row + 1).get_by_role("gridcell").nth(column)


def comes_to_show(page, row, column, number=0):
    page.wait_for_function(
        "([cell, number]) => { const shown = document.querySelector('.ballet-confusion').dataset; "
        "return shown.cell === cell && shown.page === number; }",
        arg=[f"{row} {column}", str(number)],
    )


def test_it_opens_with_the_largest_confusion_and_its_takes_dance(page):
    assert page.get_by_role("grid").get_attribute("aria-label").startswith("Confusion matrix")
    chosen = page.locator("[role=gridcell][aria-selected=true]")
    assert chosen.count() == 1 and "taken for relevé: 8 of 10 (80%)" in chosen.get_attribute("aria-label")
    assert page.locator(".ballet-clip").count() == 6
    assert "taken for relevé: 8 of 10" in page.get_by_role("status").first.inner_text()
    assert "0.70" in page.locator(".ballet-clip").first.inner_text()
    assert "Skeleton of d0" in page.locator(".ballet-clip canvas").first.get_attribute("aria-label")
    before = page.evaluate(FIRST)
    page.wait_for_function(f"before => ({FIRST})() !== before", arg=before)


def test_both_sides_of_the_body_are_drawn(page):
    page.get_by_role("button", name="Pause").click()
    colours = page.evaluate(
        """() => {
            const canvas = document.querySelector(".ballet-clip canvas");
            const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
            let [blue, orange] = [0, 0];
            for (let i = 0; i < data.length; i += 4) {
                if (data[i + 3] < 128) continue;
                if (data[i + 2] > data[i] + 80) blue++;
                if (data[i] > data[i + 2] + 80) orange++;
            }
            return [blue, orange];
        }"""
    )
    assert min(colours) > 50


def test_a_cell_is_chosen_by_mouse_and_by_keyboard(page):
    cell(page, 2, 2).click()
    comes_to_show(page, 2, 2)
    assert kernel_comes_to_say(page, "matrix.cell", "(2, 2)")
    cell(page, 2, 2).focus()
    cells = page.locator(".jp-Cell").count()
    for key in ("ArrowLeft", "ArrowUp", "ArrowUp", "ArrowUp", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    label = page.evaluate("() => document.activeElement.getAttribute('aria-label')")
    assert label.startswith("battement tendu taken for relevé")
    assert page.locator("[role=gridcell][tabindex='0']").count() == 1
    comes_to_show(page, 2, 2)  # moving does not choose
    page.keyboard.press("Enter")
    comes_to_show(page, 1, 2)
    page.keyboard.press("End")
    page.keyboard.press("Space")
    comes_to_show(page, 1, 6)
    assert "Nothing to watch" in page.get_by_role("status").first.inner_text()
    for key in ("x", "d", "d", "a", "b"):  # each does something to a cell in JupyterLab
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    assert page.locator(".jp-Cell").count() == cells


def test_the_next_six_and_what_the_kernel_chooses(page):
    page.get_by_role("button", name="Next 6").click()
    page.wait_for_function("() => document.querySelectorAll('.ballet-clip').length === 2")
    assert page.get_by_role("button", name="Next 6").is_disabled()
    page.get_by_role("button", name="Previous 6").press("Enter")
    page.wait_for_function("() => document.querySelectorAll('.ballet-clip').length === 6")
    kernel_says(page, "matrix.choose('releve', 'releve')")
    comes_to_show(page, 2, 2)
    assert kernel_comes_to_say(page, "len(matrix.selected_takes)", "10")


def test_pause_and_a_chosen_moment_stand_still(page):
    page.get_by_role("button", name="Pause").click()
    before = page.evaluate(FIRST)
    page.wait_for_timeout(400)
    assert page.evaluate(FIRST) == before
    page.get_by_role("slider", name="Moment").fill("0.3")
    assert page.evaluate(FIRST) != before and "0.3 s" in page.locator(".ballet-moment").inner_text()
    page.get_by_role("combobox", name="Speed").select_option("0.25")
    page.get_by_role("button", name="Play").press("Enter")
    page.get_by_role("button", name="Pause").wait_for()


def test_nothing_moves_by_itself_for_who_wants_less_motion(page):
    page.emulate_media(reduced_motion="reduce")
    run_all(page)
    page.get_by_role("button", name="Play").wait_for()
    before = page.evaluate(FIRST)
    page.wait_for_timeout(400)
    assert page.evaluate(FIRST) == before


# The light one last, since the server keeps the theme for the tests after this one.
@pytest.mark.parametrize(("theme", "light"), [("JupyterLab Dark", "false"), ("JupyterLab Light", "true")])
def test_numbers_are_readable_in_every_theme(page, theme, light):
    page.evaluate(
        "theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", arg=theme
    )
    page.wait_for_selector(f"body[data-jp-theme-light={light}]", state="attached")
    page.wait_for_timeout(500)
    shades = page.evaluate(
        """() => [...document.querySelectorAll(".ballet-confusion [role=gridcell]")].map((cell) => {
            const paint = document.createElement("canvas").getContext("2d");
            return ["color", "backgroundColor"].map((what) => {
                paint.fillStyle = getComputedStyle(cell)[what];
                paint.fillRect(0, 0, 1, 1);
                return [...paint.getImageData(0, 0, 1, 1).data].slice(0, 3);
            });
        })"""
    )
    assert min(contrast(*pair) for pair in shades) > 3


def contrast(one, other):
    """The contrast ratio of WCAG 2.2."""

    def luminance(colour):
        parts = [part / 255 for part in colour]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_an_error_of_the_kernel_and_a_kernel_that_is_gone_are_said(notebook, lab):
    page = notebook.context.browser.new_page()
    open_matrix(page, lab, "no kernel.ipynb")
    run_all(page)
    kernel_says(page, "matrix._complain('Cut off.')")
    page.locator(".ballet-complaint", has_text="Cut off.").wait_for()
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    cell(page, 3, 3).click()
    page.locator(".ballet-complaint", has_text="kernel does not answer").wait_for()
    page.close()
