"""Figures of tuning: what stands in them, and what they refuse."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from ballet_lib import BalletError, plots
from ballet_lib.plots.style import png
from ballet_lib.plots.tuning import DROPPED, SURVIVOR, WINNER


def searches(rows):
    return pd.DataFrame(rows, columns=["method", "seed", "epochs", "best"])


def step_at(line, epoch):
    x, y = line.get_data()
    return y[np.searchsorted(x, epoch, side="right") - 1]


def test_best_so_far_draws_the_median_and_range_of_the_seeds_at_every_epoch():
    rows = [("random", seed, 1, 0.2 + 0.1 * seed) for seed in range(3)]
    rows += [("random", 2, 5, 0.9), ("random", 0, 8, 0.8), ("Hyperband", 0, 1, 0.5)]
    figure = plots.best_so_far(searches(rows), title="A finding")
    (ax,) = figure.axes
    random, hyperband = ax.lines
    assert [round(step_at(random, epoch), 6) for epoch in (1, 4, 5, 7, 8)] == [30, 30, 30, 30, 80]
    band = ax.collections[0].get_paths()[0].vertices
    at_six = band[np.isclose(band[:, 0], 6), 1]
    assert at_six.min() == pytest.approx(20) and at_six.max() == pytest.approx(90)
    assert step_at(hyperband, 8) == pytest.approx(50)  # what was reached holds to the end
    assert ax.get_title(loc="left") == "A finding"


def test_best_so_far_begins_where_every_seed_has_a_score():
    rows = [("random", 0, 1, 0.2), ("random", 1, 3, 0.4), ("random", 1, 6, 0.5)]
    (line,) = plots.best_so_far(searches(rows)).axes[0].lines
    assert line.get_xdata()[0] == 3


def test_methods_differ_by_more_than_hue():
    rows = [(method, 0, 1, 0.5) for method in ("random", "Hyperband")]
    one, other = plots.best_so_far(searches(rows)).axes[0].lines
    assert one.get_linestyle() != other.get_linestyle() and to_hex(one.get_color()) != other.get_color()


def test_a_table_without_its_columns_is_refused():
    with pytest.raises(BalletError, match="lacks seed, best"):
        plots.best_so_far(pd.DataFrame({"method": ["random"], "epochs": [1]}))
    with pytest.raises(BalletError, match="lacks rows"):
        plots.best_so_far(searches([]))


def test_halving_tells_dropped_surviving_and_winning_trials_apart():
    curves = {"one": [np.array([0.2]), np.array([0.3, 0.5, 0.6]), np.array([0.3, 0.6, 0.7])]}
    figure = plots.successive_halving(curves | {"two": [np.array([0.9, 0.9])]}, title="One of three")
    one, two = figure.axes
    colours = [to_hex(line.get_color()) for line in one.lines[::2]]
    assert colours == [DROPPED, SURVIVOR, WINNER]
    assert {line.get_marker() for line in one.lines[1::2]} == {"X", "o", "D"}
    assert to_hex(two.lines[0].get_color()) == SURVIVOR  # better, but it was trained for fewer epochs
    assert list(one.get_xticks()) == [1, 3] and figure.get_suptitle() == "One of three"


def test_what_lay_beyond_begins_where_a_trial_was_dropped():
    whole = np.array([[0.1, 0.5, 0.9], [0.3, 0.4, 0.5]])
    figure = plots.successive_halving([whole[0, :1], whole[1]], beyond=whole)
    dotted = [line for line in figure.axes[0].lines if line.get_linestyle() == ":"]
    np.testing.assert_allclose(dotted[0].get_xydata(), [[1, 10], [2, 50], [3, 90]])
    assert len(dotted[1].get_xdata()) == 1


@pytest.mark.parametrize("curves", [{}, [], {"one": []}, [np.array([])]])
def test_a_bracket_without_scores_is_refused(curves):
    with pytest.raises(BalletError, match="without scores"):
        plots.successive_halving(curves)


def test_beyond_must_fit():
    with pytest.raises(BalletError, match="one curve for each"):
        plots.successive_halving([np.array([0.1])], beyond=[[0.1], [0.2]])


def test_optimism_draws_each_gap_and_their_mean_with_its_interval():
    figure = plots.optimism(["a", "b"], [0.9, 0.8], [0.8, 0.78], interval=(0.01, 0.11), title="6 points")
    png(figure)
    ax, beside = figure.axes
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["a", "b"]
    np.testing.assert_allclose(ax.lines[0].get_xdata(), [90, 80])
    np.testing.assert_allclose(beside.lines[1].get_xdata(), [10, 2])
    np.testing.assert_allclose(beside.lines[2].get_xdata(), [1, 11])
    np.testing.assert_allclose(beside.lines[3].get_xdata(), [6])
    assert [text.get_text() for text in beside.texts] == ["mean +6.0  [+1.0, +11.0]"]


def test_optimism_needs_two_scores_a_row():
    for names, claimed in (([], []), (["a"], [0.5, 0.6])):
        with pytest.raises(BalletError, match="as many scores"):
            plots.optimism(names, claimed, claimed)


def trials():
    return pd.DataFrame({
        "units": [64, 32, 64, 32, 128], "activation": ["tanh", "relu", "tanh", "selu", "relu"],
        "score": [0.5, 0.9, 0.7, np.nan, 0.6], "end": [1, 9, 3, 0, 1],
    })  # fmt: skip


def test_hyperparameters_stand_in_order_with_every_trial_above_its_value():
    units, activation = plots.hyperparameters(trials(), ["units", "activation"]).axes
    assert [tick.get_text() for tick in units.get_xticklabels()] == ["32", "64", "128"]
    assert [tick.get_text() for tick in activation.get_xticklabels()] == ["relu", "selu", "tanh"]
    dots = units.collections[0].get_offsets()
    np.testing.assert_array_equal(dots[:, 0].round(), [1, 0, 1, 2])
    np.testing.assert_allclose(dots[:, 1], [50, 90, 70, 60])


def test_the_best_trial_is_ringed_and_a_failed_one_crossed():
    units, _ = plots.hyperparameters(trials(), ["units", "activation"]).axes
    cross, ring = units.lines
    assert cross.get_xdata().round().tolist() == [0] and max(cross.get_ydata()) < 50
    assert ring.get_xdata().round() == [0] and ring.get_ydata() == [90]


def test_hyperparameters_without_a_score_are_refused():
    with pytest.raises(BalletError, match="no score to draw"):
        plots.hyperparameters(trials().assign(score=np.nan), ["units"])
    with pytest.raises(BalletError, match="lacks momentum"):
        plots.hyperparameters(trials(), ["momentum"])
