"""Every widget by keyboard alone, named for those who hear the page, and readable on light and dark pages.

The widgets with a script of their own are drawn in an empty page, without Jupyter and its half minute; the
two tools made of ipywidgets need JupyterLab.
"""

import json
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from lab_session import ROOT, browser_page, faults_on, open_notebook, run_all

from ballet_lib.app import FilmAnalysis
from ballet_lib.checks import quiz
from ballet_lib.evaluation import Predictions
from ballet_lib.live import Recogniser
from ballet_lib.takes import TakeSet
from ballet_lib.webcam import CameraCheck, Webcam
from ballet_lib.widgets import ConfusionMatrix

TOOLS = f"""
from IPython.display import display
from ballet_lib.recording import LabelTool, Recorder
from ballet_lib.takes import TakeSet
tool = LabelTool(TakeSet.load("ballet6")[0].poses, marks="m.json", folder="label", progress=False)
display(tool, Recorder("record", "anna", {str(ROOT / "datasets" / "r01_routine_1.mp4")!r}))
"""
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
WIDGETS = ("quiz", "camera check", "confusion matrix", "webcam", "film")

# Draws a widget as its host would, with a model that answers nothing; bytes come as lists of numbers.
DRAW = """async ([source, facts, style, id]) => {
    const buffer = ({ bytes }) => new DataView(Uint8Array.from(bytes).buffer);
    const state = JSON.parse(facts, (_, value) => (value?.bytes ? buffer(value) : value));
    const nothing = () => {};
    const model = { get: (name) => state[name], set: (name, value) => (state[name] = value),
        save_changes: nothing, on: nothing, off: nothing, send: nothing };
    const el = document.body.appendChild(Object.assign(document.createElement("div"), { id }));
    document.head.appendChild(document.createElement("style")).textContent = style;
    let widget = (await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })))).default;
    if (typeof widget === "function") widget = await widget();
    await widget.initialize?.({ model });
    await widget.render({ model, el });
}"""

# JupyterLab's colours, which widgets follow.
DARK = """() => {
    document.body.dataset.jpThemeLight = "false";
    const theme = { "ui-font-color1": "rgba(255, 255, 255, .87)", "layout-color0": "#111",
        "layout-color1": "#212121", "layout-color2": "#424242", "border-color1": "#616161",
        "border-color2": "#424242" };
    const style = document.body.style;
    for (const [name, colour] of Object.entries(theme)) style.setProperty(`--jp-${name}`, colour);
    style.background = "#212121";
}"""

# Controls of a widget that a key must reach; of radio buttons of one name, one is.
CONTROLS = """(root) => {
    const kinds = "button, input, select, textarea, a[href], video[controls], [tabindex]";
    const shown = (one) => one.checkVisibility({ visibilityProperty: true });
    const stops = (one) => shown(one) && !one.disabled && one.tabIndex >= 0;
    const groups = new Set();
    return [...root.querySelectorAll(kinds)].filter(stops).filter((one) => {
        if (one.type !== "radio") return true;
        if (groups.has(one.name)) return false;
        groups.add(one.name);
        return true;
    });
}"""
FOCUSED = """() => {
    const [one, style] = [document.activeElement, getComputedStyle(document.activeElement)];
    const labels = [...(one.labels ?? [])].map((label) => label.textContent).join(" ");
    const name = one.getAttribute("aria-label") || labels || (one.options ? "" : one.textContent) || "";
    one.dataset.reached = "yes";
    const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    const around = getComputedStyle(one.parentElement);
    const wider = around.outlineStyle !== "none" && parseFloat(around.outlineWidth) >= 2;
    return { name: name.trim(), ring: ring || wider, html: one.outerHTML.slice(0, 160) };
}"""

# Text that stands on a ground with less contrast than WCAG asks for; what is disabled need not.
FAINT = """(root) => {
    const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const rgba = (colour) => {
        pen.clearRect(0, 0, 1, 1);
        pen.fillStyle = colour;
        pen.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
        return [r, g, b, a / 255];
    };
    const over = (top, ground) => [0, 1, 2].map((c) => top[c] * top[3] + ground[c] * (1 - top[3]));
    const ground = (element) => {
        if (!element) return [255, 255, 255];
        const own = rgba(getComputedStyle(element).backgroundColor);
        return own[3] === 1 ? own.slice(0, 3) : over(own, ground(element.parentElement));
    };
    const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const light = ([r, g, b]) =>
        0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
    const faint = [];
    const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const [text, element] = [walk.currentNode.textContent.trim(), walk.currentNode.parentElement];
        if (!text || !element.checkVisibility({ visibilityProperty: true })) continue;
        const off = element.closest(":disabled, .announce, option")
            || element.closest("label")?.control?.disabled;
        if (off) continue;
        const style = getComputedStyle(element);
        const below = ground(element);
        const pair = [light(over(rgba(style.color), below)), light(below)].sort((a, b) => b - a);
        const contrast = (pair[0] + 0.05) / (pair[1] + 0.05);
        const size = parseFloat(style.fontSize);
        const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
        if (contrast < (large ? 3 : 4.5)) faint.push(`${contrast.toFixed(2)} ${text.slice(0, 40)}`);
    }
    return faint;
}"""
UNNAMED = """(root) => [...root.querySelectorAll("canvas, video, img")]
    .filter((one) => one.checkVisibility() && !(one.getAttribute("aria-label") || one.alt))
    .map((one) => one.outerHTML)"""


def made() -> dict:
    takes = TakeSet.load("ballet6").filter(dancer="d01")
    probabilities = np.full((len(takes), 7), 0.05)
    probabilities[np.arange(len(takes)), np.where(np.arange(len(takes)) % 10 < 8, 2, takes.y)] = 0.7
    ids = [take.take_id for take in takes]
    told = Predictions(takes.y, probabilities, takes.groups, takes.labels, ids)
    film, camera = FilmAnalysis(), Webcam(Recogniser(seated=True))
    widgets = (quiz("01"), CameraCheck(seconds=1), ConfusionMatrix(told, takes), camera, film)
    return dict(zip(WIDGETS, widgets, strict=True))


def facts(widget) -> str:
    """What the page knows of a widget."""
    state = {name: getattr(widget, name) for name in widget.keys if not name.startswith("_")}
    state = {name: {"bytes": list(value)} if isinstance(value, bytes | memoryview) else value
             for name, value in state.items() if name not in ("layout", "comm")}  # fmt: skip
    return json.dumps(state)


@pytest.fixture(scope="module")
def browser(browser_there):
    with browser_page() as page:
        page.context.set_default_timeout(60_000)
        yield page.context


@pytest.fixture(scope="module")
def empty(browser):
    """A page that holds the widgets with scripts of their own, and no Jupyter; nothing may break in it."""
    page, broken = browser.new_page(), []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.emulate_media(reduced_motion="reduce")
    for name, widget in made().items():
        page.evaluate(DRAW, [str(widget._esm), facts(widget), str(getattr(widget, "_css", "")), name])
    yield page
    assert broken == []


@pytest.fixture(scope="module")
def notebook(browser, lab):
    """A notebook in JupyterLab that shows both tools."""
    cells = [nbformat.v4.new_code_cell(TOOLS), nbformat.v4.new_code_cell("'a cell that no key may cut'")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=KERNEL), lab.folder / "keyboard.ipynb")
    page = browser.new_page()
    page.emulate_media(reduced_motion="reduce")
    open_notebook(page, lab, "keyboard.ipynb")
    run_all(page)
    page.wait_for_selector(".ballet-tool >> nth=1")
    yield page
    assert faults_on(page) == []
    assert page.locator(".jp-Cell").count() == 2


@pytest.mark.parametrize("widget", WIDGETS)
def test_a_widget_by_keyboard_and_in_words(empty, widget):
    root = empty.query_selector(f"[id='{widget}']")
    check_words(root)
    check_tab(empty, root)


@pytest.mark.parametrize("number", [0, 1], ids=["label tool", "recorder"])
def test_a_tool_by_keyboard_and_in_words(notebook, number):
    root = notebook.locator(".ballet-tool").nth(number).element_handle()
    check_words(root)
    check_tab(notebook, root)
    assert root.evaluate(FAINT) == []


def check_words(root):
    assert root.evaluate(UNNAMED) == []
    assert root.query_selector("[aria-live], [role=status], [role=alert]"), "results are not announced"
    assert root.evaluate("root => root.getAnimations({ subtree: true }).length") == 0


def check_tab(page, root):
    """Tab reaches every control, a ring shows where, and it leads out."""
    wanted = root.evaluate_handle(CONTROLS)
    count = wanted.evaluate("controls => controls.length")
    assert count > 0
    wanted.evaluate("controls => controls[0].focus({ focusVisible: true })")
    for _ in range(count + 3):
        if not root.evaluate("root => root.contains(document.activeElement)"):
            break
        here = page.evaluate(FOCUSED)
        assert here["name"], f"no name: {here['html']}"
        assert here["ring"], f"no ring around the focus: {here['html']}"
        page.keyboard.press("Tab")
    else:
        pytest.fail("Tab does not lead out of it")
    missed = "controls => controls.filter((one) => !one.dataset.reached).map((one) => one.outerHTML)"
    assert wanted.evaluate(missed) == []


def test_keys_work_what_they_reach(empty):
    empty.locator(".ballet-quiz input").first.press(" ")
    empty.locator(".ballet-told:visible").wait_for()
    empty.get_by_role("button", name="Check my camera").press("Enter")
    empty.locator(".ballet-camera [role=status]", has_text="recorded clip").wait_for()
    empty.locator(".ballet-grid [tabindex='0']").press("End")
    assert empty.locator(".ballet-grid td:focus").count() == 1
    controls = empty.locator(".ballet-controls button").first
    assert controls.inner_text() == "Play"  # nothing moves by itself
    controls.press("Enter")
    assert controls.inner_text() == "Pause"
    controls.press("Enter")
    webcam = empty.locator(".ballet-webcam")
    assert "legs need not" in webcam.inner_text() and "seconde" in webcam.inner_text()
    webcam.get_by_role("button", name="Start camera").press("Enter")
    webcam.get_by_role("button", name="Play the recorded routine").wait_for()
    with empty.expect_file_chooser():
        empty.get_by_role("button", name="Choose a file").press("Enter")


def test_tools_answer_to_keys(notebook):
    notebook.locator(".ballet-timeline").press("ArrowRight")
    notebook.wait_for_selector(".ballet-timeline[aria-valuenow='1']")
    recorder = notebook.locator(".ballet-tool").nth(1)
    recorder.locator(".ballet-screen").press("n")
    recorder.locator(".ballet-now b", has_text="battement tendu").wait_for()


def test_text_can_be_read_on_light_and_dark(empty):
    for theme in ("() => 'light'", DARK):
        empty.evaluate(theme)
        faint = {name: empty.query_selector(f"[id='{name}']").evaluate(FAINT) for name in WIDGETS}
        assert {name: texts for name, texts in faint.items() if texts} == {}, theme


def test_the_text_of_tools_can_be_read_in_the_dark_theme(notebook):
    themes = Path(sys.prefix) / "share" / "jupyter" / "lab" / "themes" / "@jupyterlab"
    notebook.add_style_tag(path=themes / "theme-dark-extension" / "index.css")
    ground = notebook.evaluate("""() => {
        document.body.dataset.jpThemeLight = "false";
        document.querySelector("link[href*='theme-light-extension']").remove();
        return getComputedStyle(document.body).getPropertyValue("--jp-layout-color0").trim();
    }""")
    assert ground in ("#111", "#111111", "#212121", "black"), "the theme is not the dark one"
    faint = [tool.evaluate(FAINT) for tool in notebook.locator(".ballet-tool").all()]
    assert faint == [[], []]
