"""Figures of squeezed silhouettes: what is drawn where, and what is refused."""

import numpy as np
import pytest
from matplotlib.offsetbox import AnnotationBbox

from ballet_lib import plots
from ballet_lib.errors import BalletError
from ballet_lib.plots.silhouettes import _far_apart

RNG = np.random.default_rng(0)


@pytest.fixture
def frames():
    frames = np.zeros((30, 24, 16), bool)
    frames[:, 4:20, 5:11] = True
    return frames


def test_numbers_stand_below_their_silhouette_on_one_scale(frames):
    numbers = RNG.normal(size=(3, 32))
    figure = plots.number_grids(frames[:3], numbers, (8, 4), names=["a", "b", "c"], title="Found")
    above, below = figure.axes[:3], figure.axes[3:6]
    for column in range(3):
        assert np.array_equal(below[column].images[0].get_array(), numbers[column].reshape(8, 4))
        assert np.array_equal(above[column].images[0].get_array(), 1 - frames[column])
        low, high = below[column].images[0].get_clim()
        assert -low == high == np.abs(numbers).max(), "nothing is white but zero"
    assert [ax.get_title() for ax in above] == ["a", "b", "c"]
    assert len(plots.number_grids(frames[:1], numbers[:1], (8, 4)).axes) == 3, "one silhouette, too"


def test_a_dance_is_a_way_with_silhouettes_on_it(frames):
    points = np.stack([np.linspace(0, 3, 30), np.sin(np.linspace(0, 6, 30))], axis=1)
    figure = plots.dance_map(points, frames, background=points + 0.1, pictures=5, fps=10, title="A way")
    ax = figure.axes[0]
    way = ax.collections[0]
    assert np.allclose([one[0] for one in way.get_segments()], points[:-1])
    assert np.allclose(way.get_array(), (np.arange(1, 30) + 0.5) / 10), "seconds"
    shown = [artist.xy for artist in ax.artists if isinstance(artist, AnnotationBbox)]
    assert len(shown) == 5 and all((points == at).all(axis=1).any() for at in shown)
    assert [text.get_text() for text in ax.texts] == ["begins", "ends"]
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    assert left < 0 and right > 3 and low < points[:, 1].min() and high > points[:, 1].max()


def test_pictures_are_chosen_far_apart():
    line = np.stack([np.linspace(0, 1, 101), np.zeros(101)], axis=1)
    assert sorted(_far_apart(line, 3)) == [0, 50, 100]
    assert len(_far_apart(line, 100)) < 20, "none covers another"
    assert len(_far_apart(np.zeros((5, 2)), 4)) == 1


def test_what_does_not_belong_together_is_refused(frames):
    with pytest.raises(BalletError, match="do not belong together"):
        plots.number_grids(frames[:2], np.zeros((2, 31)), (8, 4))
    with pytest.raises(BalletError, match="do not belong together"):
        plots.number_grids(frames[:0], np.zeros((0, 32)), (8, 4))
    with pytest.raises(BalletError, match="do not belong together"):
        plots.number_grids(frames[:2], np.zeros((2, 32)), (8, 4), names=["a"])
    for points in (np.zeros((29, 2)), np.zeros((30, 3)), np.full((30, 2), np.nan)):
        with pytest.raises(BalletError, match="make no way"):
            plots.dance_map(points, frames)
    with pytest.raises(BalletError, match="make no way"):
        plots.dance_map(np.zeros((1, 2)), frames[:1])
