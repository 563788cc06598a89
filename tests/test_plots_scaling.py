import numpy as np
import pytest

from ballet_lib import BalletError
from ballet_lib.plots import scaling


def test_the_parts_fill_the_whole():
    ax = scaling.parts({"decode": 30.0, "pose": 600.0, "write": 2.0}, unit="ms", title="95%").axes[0]
    bars = ax.patches
    assert [bar.get_width() for bar in bars] == [30, 600, 2]
    assert [bar.get_x() for bar in bars] == [0, 30, 630] and ax.get_xlim() == (0, 632)
    assert {"decode 30 ms", "pose\n600 ms"} <= {text.get_text() for text in ax.texts}


def test_speed_up_holds_curves_points_and_the_diagonal():
    workers = np.array([1, 2, 4, 8])
    ax = scaling.speed_up({"short": (workers, workers**0.5)}, measured={"here": (2, 1.8)}).axes[0]
    diagonal, curve, point = ax.lines
    assert (diagonal.get_ydata() == [1, 8]).all() and np.allclose(curve.get_ydata(), workers**0.5)
    assert point.get_xydata().tolist() == [[2, 1.8]]


def test_stairs_end_at_the_last_piece():
    ax = scaling.finished({"alone": [3.0, 1.0, 2.0]}, marks={"killed": 1.5}).axes[0]
    stairs = next(line for line in ax.lines if len(line.get_xdata()) == 4)
    assert stairs.get_xdata().tolist() == [0, 1, 2, 3] and stairs.get_ydata().tolist() == [0, 1, 2, 3]
    assert any("killed" in text.get_text() for text in ax.texts)


def test_a_bar_ends_at_its_amount():
    ax = scaling.sizes({"pixels": 1e9, "numbers": 1e4}, unit="B", label="bytes").axes[0]
    ends = [bar.get_x() + bar.get_width() for bar in ax.patches]
    assert np.allclose(ends, [1e9, 1e4], rtol=1e-9) and ax.get_xscale() == "log"
    assert [text.get_text() for text in ax.texts] == ["1 GB", "10 kB"]


@pytest.mark.parametrize(
    "draw, wrong",
    [
        (lambda: scaling.parts({}, unit="s"), "needs parts"),
        (lambda: scaling.parts({"a": -1.0}, unit="s"), "needs parts"),
        (lambda: scaling.speed_up({}), "no curve"),
        (lambda: scaling.finished({"a": []}), "finished nothing"),
        (lambda: scaling.sizes({"a": 0.0}, unit="B", label="bytes"), "must be positive"),
    ],
)
def test_nothing_to_draw(draw, wrong):
    with pytest.raises(BalletError, match=wrong):
        draw()
