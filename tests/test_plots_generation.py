"""Figures of what a model makes: which picture stands where, what is drawn over which horizon, bad input."""

import numpy as np
import pandas as pd
import pytest

from ballet_lib import BalletError, plots
from ballet_lib.decisions import Event
from ballet_lib.generation.studio_exercise import Verification
from ballet_lib.generation.tokens import Token
from ballet_lib.plots.film_strip import GAP, LARGEST, OUTLINE, PAPER, SEEN, WIDEST


def square(first: int) -> np.ndarray:
    picture = np.zeros((12, 8), bool)
    picture[first : first + 4, 2:6] = True
    return picture


def sheet(figure) -> np.ndarray:
    return figure.axes[0].images[0].get_array()


def cell(figure, row: int, column: int, columns: int) -> np.ndarray:
    """The middle of a cell, away from its neighbours."""
    pixels, rows = sheet(figure), len(figure.axes[0].get_yticks())
    high, wide = pixels.shape[0] / rows, pixels.shape[1] / columns
    top, left = int(row * high), int(column * wide)
    return pixels[top + 2 : int(top + high - 4), left + 2 : int(left + wide - 4)]


def test_a_strip_shows_dark_dancers_and_seed_frames_on_a_ground_of_their_own():
    truth = np.stack([square(1), square(3), square(6)])
    figure = plots.film_strip({"danced": truth}, seen=2, names=["a", "b", "c"], title="A finding")
    assert figure.get_suptitle() == "A finding"
    assert [text.get_text() for text in figure.axes[0].get_xticklabels()] == ["a", "b", "c"]
    for column, ground in enumerate((SEEN, SEEN, PAPER)):
        pixels = cell(figure, 0, column, 3)
        assert (pixels[0, 0] == ground).all()
        dark = (pixels < 60).all(axis=-1)
        assert dark.mean() == pytest.approx(truth[column].mean(), abs=0.06)
    assert (cell(figure, 0, 0, 3) < 60).any(axis=(1, 2)).argmax() < (cell(figure, 0, 2, 3) < 60).any(
        axis=(1, 2)
    ).argmax()


def test_a_forecast_stands_below_the_frames_that_it_forecasts():
    truth = np.stack([square(4)] * 4)
    unsure = 0.5 * truth[2:]
    figure = plots.film_strip({"danced": truth, "forecast": unsure}, seen=2)
    assert (cell(figure, 1, 1, 4) == 255).all(), "nothing is forecast of what was seen"
    darkest = [cell(figure, row, 3, 4).min() for row in (0, 1)]
    assert darkest[0] < 60 and 100 < darkest[1] < 180, "what is unsure is grey"


def test_the_truth_is_outlined_on_forecasts_alone():
    truth = np.stack([square(4)] * 3)
    figure = plots.film_strip({"danced": truth, "empty": 0.0 * truth[1:]}, seen=1, outline=truth[1:])

    def orange(pixels):
        return (pixels == OUTLINE).all(axis=-1).sum()

    assert orange(cell(figure, 0, 2, 3)) == 0
    assert orange(cell(figure, 1, 1, 3)) > 20 and orange(cell(figure, 1, 2, 3)) > 20


def test_a_strip_stays_as_wide_as_a_page_and_keeps_the_shape_of_its_pictures():
    for columns in (2, 5, 11):
        figure = plots.film_strip({"danced": np.zeros((columns, 96, 64), bool)})
        height, width = sheet(figure).shape[:2]
        assert width <= WIDEST
        each = (width - (columns - 1) * GAP) / columns
        assert height / each == pytest.approx(1.5, abs=0.02) and each <= LARGEST


@pytest.mark.parametrize(
    "rows", [{}, {"a": np.zeros((0, 4, 4))}, {"a": np.zeros((2, 4, 4)), "b": np.zeros((2, 5, 4))}]
)
def test_a_strip_wants_pictures_of_one_size(rows):
    with pytest.raises(BalletError, match="of one size"):
        plots.film_strip(rows)
    with pytest.raises(BalletError, match="2 columns and 1 names"):
        plots.film_strip({"a": np.zeros((2, 4, 4))}, names=["x"])


def horizons(**more) -> pd.DataFrame:
    rows = [
        {"method": method, "horizon": horizon, "moving_error": error * horizon}
        for method, error in (("repeat", 0.1), ("network", 0.05))
        for horizon in (2, 1, 3)
    ]
    return pd.DataFrame(rows).assign(**more)


def test_errors_are_in_percent_over_seconds_ahead_and_the_worst_stands_on_top():
    figure = plots.error_by_horizon(horizons(), fps=10, title="A finding")
    (ax,) = figure.axes
    np.testing.assert_allclose(ax.lines[0].get_xdata(), [0.1, 0.2, 0.3])
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [10, 20, 30])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["repeat", "network"]
    assert len(ax.collections) == 0, "no band without an interval"
    assert ax.lines[0].get_linestyle() != ax.lines[1].get_linestyle(), "told apart without colour"


def test_intervals_are_bands():
    table = horizons()
    table["moving_error_low"], table["moving_error_high"] = (
        table.moving_error - 0.02,
        table.moving_error + 0.02,
    )
    bands = plots.error_by_horizon(table).axes[0].collections
    assert len(bands) == 2
    assert bands[1].get_paths()[0].vertices[:, 1].min() == pytest.approx(3)


def test_errors_by_horizon_want_their_columns():
    with pytest.raises(BalletError, match="moving_error, not a"):
        plots.error_by_horizon(pd.DataFrame({"a": [1]}))
    with pytest.raises(BalletError, match="needs rows"):
        plots.error_by_horizon(horizons()[:0])


def test_energy_is_a_running_mean_above_a_band_of_real_dance():
    dying = np.r_[np.full(50, 0.2), np.zeros(50)]
    figure = plots.motion_energy({"dying": dying}, [np.full(60, 0.1), np.full(60, 0.3)], over=1.0)
    (ax,) = figure.axes
    line = ax.lines[-1]
    assert len(line.get_ydata()) == 91 and line.get_xdata()[0] == 0.5
    np.testing.assert_allclose(line.get_ydata()[[0, 45, -1]], [20, 10, 0], atol=1e-9)
    band = ax.patches[0]
    assert (band.get_y(), band.get_y() + band.get_height()) == pytest.approx((10, 30))
    with pytest.raises(BalletError, match="20 frames or more"):
        plots.motion_energy({"short": dying[:10]}, [dying])
    with pytest.raises(BalletError, match="real ones"):
        plots.motion_energy({"dying": dying}, [])


def test_a_sweep_has_a_point_for_each_dance_and_a_line_through_means():
    table = pd.DataFrame({"temperature": [0.5, 0.5, 1.0, 1.0], "energy": [0.2, 0.4, 0.9, 1.1]})
    figure = plots.temperature_sweep(table, {"energy": ("energy", 0.5, 2.0)}, title="A finding")
    (ax,) = figure.axes
    np.testing.assert_allclose(ax.lines[0].get_ydata(), table.energy)
    np.testing.assert_allclose(ax.lines[1].get_ydata(), [0.3, 1.0])
    band = ax.patches[0]
    assert (band.get_y(), band.get_y() + band.get_height()) == pytest.approx((0.5, 2.0))
    with pytest.raises(BalletError, match="lacks copying"):
        plots.temperature_sweep(table, {"copying": ("distance", 0.5, None)})


def test_two_futures_have_a_panel_each_with_the_truth_behind():
    x = np.linspace(0, 1, 20)
    figure = plots.two_futures(x, np.abs(x), {"mean": 0 * x}, labels=("time", "place"), title="A finding")
    first, second = figure.axes
    np.testing.assert_allclose(first.lines[0].get_ydata(), x)
    assert len(second.lines) == 2 and not second.lines[1].get_ydata().any()
    assert first.get_ylabel() == "place" and second.get_xlabel() == "time"
    with pytest.raises(BalletError, match="20 values"):
        plots.two_futures(x, x, {"mean": x[:5]})


def checked(pairs):
    exercise = (Token("demi_plie"), Token("battement_tendu", "left", 4), Token("releve"))
    events = tuple(Event(name, 0.0, 1.0, 0.9, 1.0) for name in ("demi_plie", "releve"))
    return Verification(exercise, (), events, pairs, None)


def test_what_was_asked_and_seen_agree_in_colour():
    figure = plots.asked_and_seen(checked(((0, 0), (1, None), (2, 1))), title="A finding")
    (ax,) = figure.axes
    colour = {(bar.get_x() + 0.45, bar.get_y() + 0.33): bar.get_facecolor() for bar in ax.patches}
    colour = {(round(x), round(y)): value for (x, y), value in colour.items()}
    assert colour[0, 1] == colour[0, 0] != colour[1, 1] and colour[2, 1] == colour[2, 0]
    words = [text.get_text() for text in ax.texts]
    assert words.count("=") == 2 and words.count("≠") == 1 and words.count("nothing") == 1
    assert "tendu\nleft 4" in words and "relevé\n8" in words


def test_an_event_that_nobody_asked_for_has_a_place_of_its_own():
    (ax,) = plots.asked_and_seen(checked(((0, None), (1, 0), (2, None), (None, 1)))).axes
    words = [text.get_text() for text in ax.texts]
    assert words.count("≠") == 4 and words.count("nothing") == 3


def test_pictures_stand_above_what_was_asked():
    picture, pairs = np.zeros((30, 20, 3), np.uint8), ((0, 0), (1, None), (2, 1))
    (ax,) = plots.asked_and_seen(checked(pairs), [picture] * 3).axes
    assert sum(len(place.images) for place in ax.child_axes) == 3
    with pytest.raises(BalletError, match="3 movements and 1 pictures"):
        plots.asked_and_seen(checked(pairs), [picture])
