"""Figures of a stream: what is drawn where, what a threshold costs, and how late it was."""

import numpy as np
import pytest

from ballet_lib import BalletError, plots
from ballet_lib.event_scores import EventScores
from ballet_lib.takes import Segment
from ballet_lib.vocabulary import MOVEMENTS

LABELS = tuple(MOVEMENTS)
WHEN = np.arange(20.0)
TRUTH = [Segment(2, 6, "releve"), Segment(6, 8, "other"), Segment(9, 14, "demi_plie")]


def probabilities():
    P = np.full((20, 7), 0.05)
    P[5, LABELS.index("releve")] = 0.9
    return P


def words(ax):
    return [text.get_text() for text in ax.texts]


def test_a_stream_shows_what_is_danced_and_what_was_told_when():
    told = {"a rule": [(5.5, "releve"), (5.6, "demi_plie"), (13.0, "releve")]}
    figure = plots.stream(WHEN, probabilities(), LABELS, TRUTH, told, threshold=0.8, title="One")
    above, below = figure.axes
    releve = next(line for line in above.lines if line.get_label() == "relevé")
    assert releve.get_xdata()[releve.get_ydata().argmax()] == 5
    assert [(bar.get_x(), bar.get_width()) for bar in below.patches] == [(2, 4), (6, 2), (9, 5)]
    assert [float(mark.get_xdata()[0]) for mark in below.lines] == [5.5, 5.6, 13.0]
    assert [label.get_text() for label in below.get_yticklabels()] == ["danced", "a rule"]
    assert words(below) == ["relevé", "demi-plié", "demi-plié", "relevé"], "no name fits between 5.5 and 5.6"
    assert figure.get_suptitle() == "One"


def test_a_movement_has_one_colour_in_every_row():
    figure = plots.stream(WHEN, probabilities(), LABELS, TRUTH, {"a rule": [(5.0, "releve")]})
    above, below = figure.axes
    releve = next(line for line in above.lines if line.get_label() == "relevé").get_color()
    assert below.lines[0].get_color() == releve
    assert below.patches[0].get_facecolor()[:3] == pytest.approx(
        tuple(int(releve[i : i + 2], 16) / 255 for i in (1, 3, 5))
    )


def test_a_rule_that_tells_nothing_has_an_empty_row():
    below = plots.stream(WHEN, probabilities(), LABELS, TRUTH, {"silent": []}).axes[1]
    assert len(below.lines) == 0 and len(below.get_yticks()) == 2


def test_a_stream_wants_a_row_a_window_and_a_column_a_label():
    with pytest.raises(BalletError, match=r"\(20, 7\).*19 windows"):
        plots.stream(WHEN[1:], probabilities(), LABELS, TRUTH)


def scores(found, told):
    return EventScores(found, 10, told, 120.0, ())


def test_threshold_costs_are_misses_in_percent_and_false_events_a_minute():
    curves = {"ours": [scores(9, 13), scores(6, 6)], "theirs": [scores(9, 29), scores(5, 7)]}
    figure = plots.threshold_costs(curves, [0.5, 0.8], marked=0.8)
    missed, false = ([list(line.get_ydata()) for line in ax.lines[:2]] for ax in figure.axes)
    np.testing.assert_allclose(missed, [[10, 40], [10, 50]])
    np.testing.assert_allclose(false, [[2, 0], [10, 1]])
    assert len({line.get_linestyle() for line in figure.axes[0].lines[:2]}) == 2, "told apart without colour"
    with pytest.raises(BalletError, match="3 thresholds"):
        plots.threshold_costs(curves, [0.5, 0.6, 0.8])


def test_a_trade_off_sets_misses_against_false_events_and_marks_the_threshold_in_use():
    figure = plots.trade_off({"ours": [scores(9, 13), scores(6, 6)]}, marked=1)
    curve, mark = figure.axes[0].lines
    np.testing.assert_allclose(np.transpose(curve.get_data()), [(2, 10), (0, 40)])
    np.testing.assert_allclose(np.ravel(mark.get_data()), (0, 40))


def test_delays_stand_below_the_parts_that_they_should_be_made_of():
    figure = plots.delays([0.5, 1.1, 1.2, -0.3], {"window": 1.0, "hold": 0.2}, title="Late")
    above, below = figure.axes
    placed = [(bar.get_x(), bar.get_width()) for bar in above.patches]
    np.testing.assert_allclose(placed, [(0, 1.0), (1.0, 0.2)])
    assert sum(bar.get_height() for bar in below.patches) == 4, "every delay is in a bar"
    assert [float(line.get_xdata()[0]) for line in below.lines] == pytest.approx([1.2, 0.8])
    with pytest.raises(BalletError, match="none was late"):
        plots.delays([], {"window": 1.0})


def test_passing_draws_the_median_and_passes_over_what_is_unknown():
    offsets = np.array([-1.0, 0.0, 1.0])
    own = np.array([[0.0, 0.8, np.nan], [0.2, 0.9, 0.4], [0.4, 1.0, 0.6]])
    figure, ax = plots.subplots()
    assert plots.passing(offsets, {"its name": own}, name="a model", ax=ax) is figure
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [0.2, 0.9, 0.5])
    assert ax.get_title(loc="left") == "a model"
    with pytest.raises(BalletError, match="movements, 2"):
        plots.passing(offsets[:2], {"its name": own})
