"""What the builder promises: filled minutes, a check that notices any difference, nothing of this machine."""

from base64 import b64decode, b64encode
from io import BytesIO

import nbformat
import numpy as np
import pytest
from course_table import COURSE_SECONDS, Cost, announced, closing, mapped, whole
from notebook_cleaning import FALLBACK, VIEW, smaller
from notebook_runner import widget_models
from PIL import Image

import notebooks as builder

LESSON = """# %% [markdown]
# # A plié
# ⏱ {{minutes}}

# %%
import sys
from pathlib import Path

import ipywidgets as w
from tqdm.notebook import tqdm
from IPython.display import display

print(Path.cwd(), sys.executable)
print("W0000 feedback manager", file=sys.stderr)
list(tqdm(range(3)))
object()

# %% tags=["raises-exception"]
1 / 0

# %%
unseen = w.IntSlider(description="unseen")
play, slider = w.Play(), w.IntSlider(description="frame")
w.jslink((play, "value"), (slider, "value"))
display(w.HBox([play, slider]))
"""


@pytest.fixture
def lesson(tmp_path):
    (tmp_path / "notebooks").mkdir()
    source = builder.Source(tmp_path / "00_plie.py", tmp_path / "notebooks" / "00_plie.ipynb")
    source.text.write_text(LESSON, encoding="utf-8")
    return source


def test_built_notebook_is_clean_and_the_same_again(lesson):
    assert builder.build(lesson, "course")
    first = lesson.notebook.read_text(encoding="utf-8")
    notebook = nbformat.reads(first, as_version=4)
    assert "about 2 min: 2 min to read, under 1 min of computing" in notebook.cells[0].source
    assert str(builder.ROOT) not in first and str(lesson.text.parent) not in first
    assert "feedback manager" not in str(notebook.cells[1].outputs)
    assert "at 0x…" in notebook.cells[1].outputs[-1].data["text/plain"]
    assert notebook.cells[2].outputs[0].ename == "ZeroDivisionError"

    assert not any(
        "tqdm" in str(output) or VIEW in output.get("data", {}) for output in notebook.cells[1].outputs
    )

    models = widget_models(notebook)
    names = sorted(model["model_name"] for model in models.values())
    assert "FloatProgressModel" not in names
    assert "LinkModel" in names, "the link between play and slider is needed"
    assert not any(model["state"].get("description") == "unseen" for model in models.values())
    view = notebook.cells[3].outputs[0].data
    assert view[VIEW]["model_id"] in models
    assert view["text/plain"] == FALLBACK

    assert builder.build(lesson, "course")
    assert lesson.notebook.read_text(encoding="utf-8") == first


def test_check_notices_each_kind_of_difference(lesson):
    assert "missing" in builder.mismatch(lesson)[0]
    assert builder.build(lesson, "course")
    assert builder.mismatch(lesson) == []

    built = lesson.notebook.read_text(encoding="utf-8")
    lesson.notebook.write_text(built.replace("# A plié", "# A tendu"), encoding="utf-8")
    assert "does not match" in builder.mismatch(lesson)[0]

    lesson.notebook.write_text(built, encoding="utf-8")
    lesson.text.write_text(LESSON.replace("1 / 0", "2 / 0"), encoding="utf-8")
    assert "does not match" in builder.mismatch(lesson)[0]


def test_faulty_lesson_leaves_the_old_notebook(lesson, capsys):
    lesson.notebook.write_text("old", encoding="utf-8")
    lesson.text.write_text(LESSON.replace(' tags=["raises-exception"]', ""), encoding="utf-8")
    assert not builder.build(lesson, "course")
    assert lesson.notebook.read_text(encoding="utf-8") == "old"
    assert "cell 3: ZeroDivisionError" in capsys.readouterr().out


def test_notebook_over_the_limit_is_refused(lesson, capsys, monkeypatch):
    monkeypatch.setattr(builder, "LARGEST", 1000)
    assert not builder.build(lesson, "course")
    assert not lesson.notebook.exists()
    assert "the limit is" in capsys.readouterr().out


def test_pace_reaches_the_cells_and_its_own_folder(lesson):
    lesson.text.write_text("# %%\nimport os\nprint(os.environ['BALLET_PACE'])\n", encoding="utf-8")
    assert builder.build(lesson, "paper")
    assert nbformat.read(lesson.notebook, as_version=4).cells[0].outputs[0].text == "paper\n"
    assert all("build" in source.notebook.parts for source in builder.sources("paper"))


def test_the_course_map_in_the_readme_has_what_was_measured():
    plie, tendu = Cost("00_plie", 11, 24, 6e8), Cost("01_tendu", 60, 900, 2.1e9)
    rows = [
        "[00](notebooks/00_plie.ipynb) | to bend",
        "[01](notebooks/01_tendu.ipynb) | to stretch",
        "all lessons |",
    ]
    text = "".join(f"| {row} | ? | ? | ? |\n" for row in rows) + "| later | and | more | it | costs |\n"
    told = mapped(text, [plie, tendu])
    assert (
        "to bend | 11 min | 24 s | 0.6 GB |\n" in told
        and "to stretch | 1 h 00 min | 15 min | 2.1 GB |" in told
    )
    assert "| all lessons | | 1 h 11 min | 15 min | 2.1 GB |" in told
    assert told.endswith("| later | and | more | it | costs |\n") and mapped(told, [plie, tendu]) == told
    assert "| all lessons | | ? |" in mapped(text, [plie, Cost("01_tendu")]).replace("|  |", "| |")


def test_a_lesson_that_takes_too_much_is_named_and_all_are_summed():
    short, long, large = Cost("a", 9, 60, 1e9), Cost("b", 9, 240, 1e9), Cost("c", 9, 60, 4e9)
    *lines, last = closing([short, long, large]).splitlines()
    assert [line.endswith("too much") for line in lines] == [False, True, True]
    assert "6.0 min" in last and "4.0 GB" in last
    assert "some 6 minutes" in announced([short, long, large])


def test_every_lesson_keeps_to_its_time_and_memory():
    costs = builder.costs()
    assert all(cost.seconds and cost.memory for cost in costs)
    assert [cost.name for cost in costs if not cost.within] == []


@pytest.mark.xfail(reason="25.4 minutes on a machine at half its speed, 22 on an idle one")
def test_all_lessons_keep_to_their_time():
    costs = builder.costs()
    assert whole(costs).seconds <= COURSE_SECONDS, closing(costs)


def output_of(pixels: np.ndarray) -> dict:
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return {"image/png": b64encode(file.getvalue()).decode(), "text/plain": "<Figure>"}


def picture_in(data: dict, kind: str) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(b64decode(data[kind]))).convert("RGB")).astype(int)


def test_a_figure_of_lines_stays_a_png_in_fewer_bytes():
    rows, columns = np.mgrid[:200, :300]
    lines = np.stack([rows % 50 * 5, columns % 60 * 4, (rows + columns) % 2 * 255], axis=-1).astype(np.uint8)
    made = smaller(output_of(lines))
    assert list(made) == ["image/png", "text/plain"]
    assert len(made["image/png"]) <= len(output_of(lines)["image/png"])
    assert np.abs(picture_in(made, "image/png") - lines).mean() < 12


def test_a_figure_with_a_dancer_becomes_a_jpeg_on_white_that_looks_the_same():
    rng = np.random.default_rng(0)
    smooth = np.add.outer(np.linspace(0, 120, 200), np.linspace(0, 120, 300))[..., None] + [0, 8, 15]
    photo = np.empty((200, 300, 4), np.uint8)
    photo[..., :3], photo[..., 3] = smooth + rng.integers(0, 12, smooth.shape), 255
    photo[:20, ..., 3] = 0  # a transparent margin, as figures may have
    made = smaller(output_of(photo))
    assert list(made) == ["image/jpeg", "text/plain"]
    assert len(made["image/jpeg"]) < len(output_of(photo)["image/png"]) / 2
    shown = picture_in(made, "image/jpeg")
    assert np.abs(shown[30:] - photo[30:, :, :3]).mean() < 3
    assert shown[:10].min() > 245
