"""Figures of takes: what is drawn, and what is left empty."""

import numpy as np
import pytest

from ballet_lib import BalletError, plots
from ballet_lib.skeleton import LANDMARKS
from ballet_lib.studio.scene import Scene
from ballet_lib.takes import Take


@pytest.fixture(scope="module")
def take():
    return Take(Scene("first_arabesque").exact[:40], "first_arabesque", "ann", "a1")


def skeletons(ax):
    return sum(line.get_gid() in LANDMARKS for line in ax.lines) / len(LANDMARKS)


def test_a_strip_shows_each_take_in_a_row_and_leaves_missing_frames_empty(take):
    gone = Take(take.poses[:], "first_arabesque", "bea", "b1")
    gone.poses.landmarks = take.poses.landmarks.copy()
    gone.poses.landmarks[0] = np.nan
    figure = plots.take_strips([take, gone], n=3, title="Two")
    axes = np.reshape(figure.axes, (2, 3))
    assert [[skeletons(ax) for ax in row] for row in axes] == [[1, 1, 1], [0, 1, 1]]
    assert axes[1, 0].texts[0].get_text() == "nobody"
    assert axes[0, 0].get_ylabel() == "ann\npremière arabesque"
    assert [ax.get_title() for ax in axes[0]] == ["0.0 s", "1.0 s", "1.9 s"]


def test_strips_want_a_name_each(take):
    with pytest.raises(BalletError, match="1 takes and 2 names"):
        plots.take_strips([take], names=["one", "two"])
    with pytest.raises(BalletError, match="0 takes"):
        plots.take_strips([])


def test_class_curves_draw_every_take_and_the_median():
    curves = {"releve": np.arange(12.0).reshape(3, 4), "other": np.ones((2, 4))}
    figure = plots.class_curves(curves, fps=2, label="degrees", title="A finding")
    first, second = figure.axes[:2]
    assert (len(first.lines), len(second.lines)) == (4, 3)
    np.testing.assert_allclose(first.lines[-1].get_ydata(), [4, 5, 6, 7])
    np.testing.assert_allclose(first.lines[0].get_xdata(), [0, 0.5, 1, 1.5])
    assert first.get_title(loc="left") == "relevé" and figure.get_suptitle() == "A finding"
    with pytest.raises(BalletError, match="each class"):
        plots.class_curves({"releve": np.zeros((0, 4))}, fps=2, label="degrees")


def test_timelines_name_the_movements_where_they_are(take):
    long = Take(take.poses, "routine", "ann", "r1", {"timeline": [[0, 0.5, "other"], [0.5, 1.5, "releve"]]})
    ax = plots.timelines([long]).axes[0]
    assert [text.get_text() for text in ax.texts] == ["relevé"]
    assert ax.texts[0].get_position() == (1.0, 0)
    assert [bar.get_width() for bar in ax.patches] == [2.0, 0.5, 1.0]
    with pytest.raises(BalletError, match="no performance"):
        plots.timelines([])
