"""Words for every picture, and colours that hold for the three common colour-vision deficiencies.

What keys reach and whether texts of widgets can be read, `browser/test_keyboard_in_browser.py` tells.
"""

import itertools
import re
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest

from ballet_lib.plots.curves import _shades as visibility_shades
from ballet_lib.plots.evaluation import _shades as matrix_shades
from ballet_lib.plots.live import _LINES
from ballet_lib.plots.measures import DASHES
from ballet_lib.plots.recognition import hill_line
from ballet_lib.plots.saliency import colour_scale
from ballet_lib.plots.style import FAINT, INK, LEFT, PALETTE, QUIET, RIGHT, ink_on
from ballet_lib.plots.tuning import _depths as epoch_shades
from ballet_lib.vocabulary import BALLET_MOVEMENTS

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))
from alt_text import caption, describe, words_of  # noqa: E402
from notebook_runner import widget_models  # noqa: E402

NOTEBOOKS = [
    path for room in ("notebooks", "exercises", "solutions") for path in sorted((ROOT / room).glob("*.ipynb"))
]
PAGES = [
    ROOT / "README.md",
    *(path for room in ("docs", "teaching", "datasets") for path in sorted((ROOT / room).rglob("*.md"))),
]
LEAST = 4
"""Words that say anything of a picture."""
_LINKED = re.compile(r"!\[([^\]]*)\]\(|<img\b([^>]*)>")

# Severity 1 of Machado, Oliveira and Fernandes, A physiologically-based model for simulation of color vision
# deficiency (2009), for linear RGB.
DEFICIENCIES = {
    "none": np.eye(3),
    "protan": [
        [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [
        [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [
        [1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}  # fmt: skip
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = (0.95047, 1.0, 1.08883)
APART = 15.0
"""Distance in CIELAB from which two colours are told apart at a glance; one just noticed is 2.3."""


# --- Words ------------------------------------------------------------------------------------------------


def says_something(words: str) -> bool:
    return len(words.split()) >= LEAST and not re.search(r"\.(png|jpe?g|gif|svg|mp4)\b|\{\{", words)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_picture_of_a_notebook_has_words(path):
    notebook = nbformat.read(path, as_version=4)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    outputs += [
        output for model in widget_models(notebook).values() for output in model["state"].get("outputs", ())
    ]
    told = [words for output in outputs for words in words_of(output)]
    told += [
        words for cell in notebook.cells if cell.cell_type == "markdown" for words in linked(cell.source)
    ]
    assert [words for words in told if not says_something(words)] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_picture_of_a_page_has_words(path):
    assert [words for words in linked(path.read_text(encoding="utf-8")) if not says_something(words)] == []


def linked(text: str) -> list[str]:
    """The words of each picture in Markdown; empty where it has none."""
    found = []
    for in_markdown, in_html in _LINKED.findall(text):
        alt = re.search(r'\balt="([^"]*)"', in_html)
        found.append(alt[1] if alt else in_markdown)
    return found


def test_a_caption_becomes_the_words_of_picture_and_film():
    cells = [
        nbformat.v4.new_code_cell("draw()", outputs=[picture(), picture("image/jpeg")]),
        nbformat.v4.new_markdown_cell("*A `curve` that falls, then **rises**.*\n\n*Not this.*"),
        nbformat.v4.new_code_cell("play()", outputs=[picture("text/html", "<video controls></video>")]),
        nbformat.v4.new_code_cell("draw()", outputs=[picture()], metadata={"alt": 'Two "quoted" dancers'}),
        nbformat.v4.new_code_cell("draw_more()", outputs=[picture()]),
        nbformat.v4.new_markdown_cell("**Predict** What now?"),
    ]
    cells[2].metadata["alt"] = 'A film of "one" dancer'
    notebook = nbformat.v4.new_notebook(cells=cells)
    assert describe(notebook) == ["draw_more()"]
    told = [words_of(output) for cell in cells if cell.cell_type == "code" for output in cell.outputs]
    falls = ["A curve that falls, then rises."]
    assert told == [falls, falls, ['A film of "one" dancer'], ['Two "quoted" dancers'], [""]]
    again = cells[2].outputs[0].data["text/html"]
    describe(notebook)
    assert cells[2].outputs[0].data["text/html"] == again


def test_what_is_no_caption():
    for text in ("Plain words.", "**Predict** What now?", "*One* word in italics", "- *a list*"):
        assert caption(nbformat.v4.new_markdown_cell(text)) == ""
    assert caption(None) == "" == caption(nbformat.v4.new_code_cell("*args*"))


def picture(kind="image/png", data="…"):
    return nbformat.v4.new_output("display_data", {kind: data})


# --- Colours ----------------------------------------------------------------------------------------------


def linear(colour: str) -> np.ndarray:
    values = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    t = XYZ @ np.clip(rgb, 0, 1) / WHITE
    x, y, z = np.where(t > 216 / 24389, np.cbrt(t), (24389 / 27 * t + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def apart(one: str, other: str, deficiency: str) -> float:
    seen = [lab(np.array(DEFICIENCIES[deficiency]) @ linear(colour)) for colour in (one, other)]
    return float(np.linalg.norm(seen[0] - seen[1]))


def contrast(one: str, other: str) -> float:
    low, high = sorted(XYZ[1] @ linear(colour) + 0.05 for colour in (one, other))
    return high / low


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_each_half_of_the_palette_is_told_apart(deficiency):
    for half in (PALETTE[:3], PALETTE[3:]):
        for pair in itertools.combinations(half, 2):
            assert apart(*pair, deficiency) >= APART, pair


def test_where_colours_are_too_near_another_sign_differs():
    """The halves share near colours; so a figure of four and more series has dashes, and hills differ too."""
    near = []
    for one, other in itertools.combinations(range(len(PALETTE)), 2):
        if min(apart(PALETTE[one], PALETTE[other], each) for each in DEFICIENCIES) < APART:
            near.append((one, other))
    assert near  # or the dashes of the hills could go
    for one, other in near:
        assert DASHES[one] != DASHES[other]
        assert hill_line(BALLET_MOVEMENTS[one]) != hill_line(BALLET_MOVEMENTS[other])
    assert len(set(map(str, _LINES))) == len(_LINES) >= 3


def test_left_and_right_differ_in_more_than_hue():
    assert LEFT.dashes != RIGHT.dashes and LEFT.marker != RIGHT.marker
    assert min(apart(LEFT.colour, RIGHT.colour, each) for each in DEFICIENCIES) >= 3 * APART


def test_lines_and_texts_stand_out_from_their_ground():
    assert min(contrast(colour, "#ffffff") for colour in PALETTE) >= 3  # graphics
    assert min(contrast(colour, "#ffffff") for colour in (INK, QUIET)) >= 4.5  # text
    names = {"white": "#ffffff", "black": "#000000"}
    for colour in (*PALETTE, FAINT, "#ffffff", "#000000"):
        assert contrast(names[ink_on(colour)], colour) >= 4.5


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
@pytest.mark.parametrize(
    "shades",
    [visibility_shades(), matrix_shades(PALETTE[0]), matrix_shades(PALETTE[1]), epoch_shades(),
     colour_scale(False), "cividis", "inferno"],
    ids=lambda shades: getattr(shades, "name", shades),
)  # fmt: skip
def test_a_scale_only_grows_darker_or_only_lighter(shades, deficiency):
    from matplotlib import colormaps

    colours = (colormaps[shades] if isinstance(shades, str) else shades)(np.linspace(0, 1, 64))[:, :3]
    linear_rgb = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    lightness = np.array([lab(np.array(DEFICIENCIES[deficiency]) @ rgb)[0] for rgb in linear_rgb])
    steps = np.diff(lightness) * np.sign(lightness[-1] - lightness[0])
    assert (steps > -0.5).all() and abs(lightness[-1] - lightness[0]) > 20
