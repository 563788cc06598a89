"""Figures of scores: what stands in them, and what they refuse."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from ballet_lib import BalletError, plots
from ballet_lib.calibration import with_temperature
from ballet_lib.comparison import compare
from ballet_lib.evaluation import Predictions
from ballet_lib.plots.style import png
from ballet_lib.vocabulary import MOVEMENTS


def some(seed=0, labels=tuple(MOVEMENTS), dancers=4, skill=1.5):
    rng = np.random.default_rng(seed)
    y = np.tile(np.repeat(np.arange(len(labels)), 5), dancers)
    told = rng.normal(size=(len(y), len(labels)))
    told[np.arange(len(y)), y] += skill
    told = np.exp(2 * told)
    told /= told.sum(axis=1, keepdims=True)
    groups = np.repeat([f"d{n}" for n in range(dancers)], 5 * len(labels))
    return Predictions(y, told, groups, labels, [f"t{n}" for n in range(len(y))])


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_the_matrix_shows_counts_and_shares_under_french_names():
    figure = plots.confusion_matrix(
        np.array([[6, 2], [0, 5]]), ["demi_plie", "grand saut"], unit="videos", title="Two of eight"
    )
    (ax,) = figure.axes
    assert sorted(texts(ax)) == sorted(["6\n75%", "2\n25%", "5\n100%"])
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["demi-plié  (8)", "grand saut  (5)"]
    assert (figure.get_suptitle(), ax.get_ylabel()) == ("Two of eight", "danced (videos)")


def test_right_is_blue_wrong_is_orange_and_never_danced_is_said():
    figure = plots.confusion_matrix(np.array([[1, 1], [0, 0]]), ["a", "b"], normalise=False)
    png(figure)  # colours are computed when drawn
    (ax,) = figure.axes
    blue, orange = (mesh.get_facecolors() for mesh in ax.collections)
    assert to_hex(blue[0]) == "#0072b2" and to_hex(orange[1]) == "#d55e00"
    assert texts(ax) == ["1", "1", "not in the test"]


def test_names_of_columns_do_not_overlap():
    for labels in (tuple(MOVEMENTS), tuple(f"a long style {n}" for n in range(16))):
        figure = plots.confusion_matrix(some(labels=labels))
        png(figure)  # lays it out
        (ax,) = figure.axes
        boxes = [tick.get_window_extent() for tick in ax.get_yticklabels()]
        assert all(not a.overlaps(b) for a, b in pairwise(boxes))
        starts = [tick.get_window_extent().x1 for tick in ax.get_xticklabels()]
        heights = [tick.get_window_extent().height for tick in ax.get_xticklabels()]
        assert min(np.diff(starts)) > 12 and max(heights) < 150


def test_a_matrix_without_fitting_labels_is_refused():
    for counts, labels in ((np.eye(3), ["a", "b"]), (np.ones((2, 3)), ["a", "b"]), (np.eye(2), None)):
        with pytest.raises(BalletError, match="label for each row"):
            plots.confusion_matrix(counts, labels)


def test_each_label_has_its_recall_its_interval_and_its_takes():
    told = some()
    (ax,) = plots.per_class(told).axes
    lines, (recall, precision) = ax.lines[:7], ax.lines[7:]
    np.testing.assert_allclose(recall.get_xdata(), 100 * told.report().recall)
    np.testing.assert_allclose(precision.get_xdata(), 100 * told.report().precision)
    np.testing.assert_allclose(lines[2].get_xdata(), 100 * np.array(told.intervals().recall["releve"]))
    assert ax.get_yticklabels()[0].get_text() == "demi-plié  (20)"


def test_models_stand_side_by_side_if_their_labels_agree():
    (ax,) = plots.per_class({"LSTM": some(), "TCN": some(1)}).axes
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["LSTM", "TCN"]
    with pytest.raises(BalletError, match="same labels"):
        plots.per_class({"LSTM": some(), "TCN": some(labels=("a", "b"))})


def test_reliability_shows_the_error_and_all_takes():
    told = some()
    figure = plots.reliability({"trained": told, "cooled": with_temperature(told, 3)}, title="Too sure")
    ax, below = figure.axes
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names[0].startswith("trained  ECE 0.") and names[1].startswith("cooled  ECE 0.")
    assert sum(bar.get_height() for bar in below.patches) == 2 * len(told)
    with pytest.raises(BalletError, match="no predictions"):
        plots.reliability({})


def test_the_threshold_is_marked_with_what_it_buys():
    told = some()
    (ax,) = plots.threshold_curve(told, threshold=0.8).axes
    named = [text.get_text() for text in ax.get_legend().get_texts()]
    share = 100 * (told.confidence >= 0.8).mean()
    assert f"{share:.0f}% of the takes get an answer" in named and len(named) == 3
    (ax,) = plots.threshold_curve(some(labels=("a", "b"))).axes
    assert len(ax.get_legend().get_texts()) == 2  # nobody danced `other`


def test_a_learning_curve_goes_through_the_means():
    table = pd.DataFrame({"dancers": [2, 2, 4, 4], "repeat": [0, 1, 0, 1], "macro_f1": [0.5, 0.7, 0.8, 0.9]})
    (ax,) = plots.learning_curve(table, title="More dancers, more sure").axes
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [0.6, 0.85])
    np.testing.assert_allclose(ax.lines[1].get_ydata(), table.macro_f1)
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["2", "4"]
    for bad in (table[:0], table.drop(columns="macro_f1")):
        with pytest.raises(BalletError, match="macro_f1"):
            plots.learning_curve(bad)


def test_differences_are_a_forest_around_zero():
    found = compare(some(), some(1, skill=3.0), ("LSTM", "TCN"))
    (ax,) = plots.differences([found, compare(some(), some(), ("LSTM", "itself"))]).axes
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["LSTM − TCN", "LSTM − itself"]
    assert texts(ax)[0].startswith("−") and texts(ax)[0].endswith("p < 0.001")
    assert texts(ax)[1] == "+0.0   p = 1"  # no interval where nothing differs
    low, high = ax.get_xlim()
    assert low == -high
    with pytest.raises(BalletError, match="at least one"):
        plots.differences([])
    with pytest.raises(BalletError, match="recall"):
        plots.differences([found], score="recall")
