"""Drawings of recurrent networks: what is drawn is what was given."""

import numpy as np
import pandas as pd
import pytest

from ballet_lib import BalletError, plots
from ballet_lib.plots.cells import GATES
from ballet_lib.plots.style import png
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.takes import Take

T, UNITS = 12, 3


def drawn(figure):
    """Draw it in full: what is wrong with a layout shows only then."""
    return png(figure)


@pytest.fixture
def parts():
    rng = np.random.default_rng(0)
    parts = {name: rng.uniform(0, 1, (T, UNITS)) for name in GATES}
    parts["hidden"] = np.zeros((T, UNITS))
    parts["hidden"][[8, 2, 5], [0, 1, 2]] = 1, -1, 1  # unit 1 is the first to speak, unit 0 the last
    return parts


@pytest.fixture
def takes():
    rng = np.random.default_rng(0)
    landmarks = rng.uniform(0, 1, (2, T, 33, 4)).astype(np.float32)
    landmarks[1, :4] = np.nan
    return [
        Take(PoseSequence(each, None, 10.0, (640, 480), "s"), "releve", "d1", f"t{number}")
        for number, each in enumerate(landmarks)
    ]


def history(epochs=5, best=3, validation=True):
    table = pd.DataFrame({"loss": np.linspace(2, 0.1, epochs), "accuracy": np.linspace(0.1, 1, epochs)})
    if validation:
        table["val_loss"] = np.abs(np.arange(epochs) - best + 1) + 0.5
        table["val_accuracy"] = np.linspace(0.1, 0.8, epochs)
    return table


# Gates


def heat_maps(figure):
    return {
        ax.get_title(loc="left"): ax.images[0] for ax in figure.axes if ax.images and ax.get_title(loc="left")
    }


def test_each_part_of_a_cell_is_drawn_with_units_in_order_of_time(parts):
    figure = plots.gates(parts, fps=4)
    maps = heat_maps(figure)
    assert list(maps) and set(maps) == set(GATES.values())
    np.testing.assert_array_equal(maps["forget gate"].get_array(), parts["forget"].T[[1, 2, 0]])
    assert maps["forget gate"].get_clim() == (0, 1)
    assert maps["hidden state"].get_clim() == (-1, 1)
    assert maps["hidden state"].get_extent()[:2] == [0, T / 4]


def test_the_cell_state_has_a_scale_that_holds_it(parts):
    parts["cell"][3, 1] = -7
    low, high = heat_maps(plots.gates(parts))["cell state"].get_clim()
    assert (low, high) == (-7, 7)


def test_the_curve_stands_above_on_the_same_axis(parts):
    figure = plots.gates(parts, fps=4, curve=np.arange(T), label="apart (m)", title="It lets go")
    above, *_ = figure.axes
    np.testing.assert_array_equal(above.lines[0].get_ydata(), np.arange(T))
    assert above.get_xlim() == (0, T / 4) and above.get_ylabel() == "apart (m)"
    assert figure.get_suptitle() == "It lets go"
    assert drawn(figure)


@pytest.mark.parametrize(
    "spoil",
    [lambda p: p.pop("cell"), lambda p: p.update(cell=np.zeros((T, 2))), lambda p: p.update(cell=[1])],
)
def test_a_cell_that_is_not_whole_is_refused(parts, spoil):
    spoil(parts)
    with pytest.raises(BalletError, match="cell"):
        plots.gates(parts)


def test_a_curve_of_another_length_is_refused(parts):
    with pytest.raises(BalletError, match="5 values"):
        plots.gates(parts, curve=np.zeros(5))


# Gradients


def test_median_and_band_of_gradients():
    norms = {"RNN": np.array([[1.0, 1e-2, 1e-4], [1e-8, 1e-9, 1e-10]]), "LSTM": np.ones((2, 3))}
    (ax,) = plots.gradient_norms(norms, [5, 100], title="It fades").axes
    assert ax.get_yscale() == "log"
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [1e-2, 1e-9])
    band = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert band.min() == pytest.approx(1e-10) and band.max() == 1
    assert [text.get_text() for text in ax.get_legend().texts] == ["LSTM", "RNN"]  # as they end, top down


def test_gradients_that_are_zero_or_infinite_are_left_out():
    norms = {"ReLU": np.array([[1.0, 0.0, np.inf], [2.0, np.nan, 4.0]])}
    (ax,) = plots.gradient_norms(norms, [5, 10]).axes
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [1, 3])


@pytest.mark.parametrize("norms", [{}, {"a": np.ones(2)}, {"a": np.ones((3, 2))}, {"a": np.zeros((2, 2))}])
def test_gradients_that_cannot_be_drawn_are_refused(norms):
    with pytest.raises(BalletError):
        plots.gradient_norms(norms, [5, 10])


# Training


def test_training_is_dashed_validation_solid_and_the_best_epoch_marked():
    loss, accuracy = plots.training_curves({"tanh": history(best=3)}).axes
    training, validation, best = loss.lines
    assert training.get_linestyle() == "--" and validation.get_linestyle() == "-"
    assert best.get_xdata() == [3] and best.get_ydata() == [0.5]
    assert accuracy.lines[2].get_xdata() == [3]  # best by the validation loss there too
    np.testing.assert_array_equal(training.get_xdata(), [1, 2, 3, 4, 5])


def test_seeds_of_a_run_share_its_colour():
    runs = {"tanh": [history(best=2), history(best=4)], "ReLU": history()}
    figure = plots.training_curves(runs, log=True, title="One of three fails")
    loss = figure.axes[0]
    colours = [line.get_color() for line in loss.lines[::3]]
    assert colours[0] == colours[1] != colours[2] and loss.get_yscale() == "log"
    assert drawn(figure)


def test_a_run_without_validation_has_no_best_epoch():
    figure = plots.training_curves({"all": history(validation=False)})
    assert len(figure.axes[0].lines) == 1
    assert "validation" not in [text.get_text() for text in figure.legends[0].texts]


@pytest.mark.parametrize(
    "histories", [{}, {"a": history(0)}, {"a": []}, {"a": pd.DataFrame({"loss": [1.0]})}]
)
def test_a_history_that_cannot_be_drawn_is_refused(histories):
    with pytest.raises(BalletError):
        plots.training_curves(histories)


# Attention


def test_weights_stand_below_their_take_and_the_largest_has_its_time(takes):
    weights = np.full((2, 6), 0.1)
    weights[0, 4] = weights[1, 1] = 0.5
    figure = plots.attention(weights, takes, n=4, names=["first", "second"])
    bars = [ax for ax in figure.axes if ax.patches and ax.get_ylabel()]
    assert [ax.get_ylabel() for ax in bars] == ["first", "second"]
    assert [bar.get_height() for bar in bars[0].patches] == pytest.approx(weights[0])
    assert bars[0].get_xlim() == (0, 1.2)  # 12 frames at 10 a second
    assert [ax.texts[0].get_text() for ax in bars] == ["0.9 s", "0.3 s"]
    assert drawn(figure)


def test_a_frame_without_a_person_has_no_skeleton(takes):
    figure = plots.attention(np.full((2, T), 1 / T), takes, n=4)
    strips = [ax for ax in figure.axes if ax.child_axes]
    assert [len(ax.child_axes) for ax in strips] == [4, 3]


@pytest.mark.parametrize("weights", [np.ones((1, 5)), np.ones(5), np.ones((2, 0))])
def test_weights_that_do_not_fit_the_takes_are_refused(takes, weights):
    with pytest.raises(BalletError, match="2 takes"):
        plots.attention(weights, takes)
