"""Figures of styles: what is drawn where, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from ballet_lib import plots
from ballet_lib.errors import BalletError
from ballet_lib.plots.styles import spectra, style_name
from ballet_lib.styles.videos import DanceVideo

RNG = np.random.default_rng(0)


def video(name="one", people=1, frames=40):
    """People who stand still, 80 pixels apart, the first of them a little lower in each frame."""
    keypoints = np.ones((frames, people, 17, 3), np.float32)
    keypoints[..., 0] = 100 + RNG.uniform(-20, 20, 17) + 80 * np.arange(people)[:, None]
    keypoints[..., 1] = np.linspace(40, 260, 17)
    keypoints[:, 0, :, 1] += np.arange(frames)[:, None]
    return DanceVideo(name, "hip_hop", keypoints, 10.0, (320, 320))


# --- Skeletons and rhythms ----------------------------------------------------------------------------------


def test_a_strip_shows_everybody_at_the_moments_it_names():
    gone = video("gone")
    gone.keypoints[0] = np.nan
    figure = plots.pose_strips([video("two", 2), gone], n=4, start=1.0, seconds=2.0, title="Found")
    axes = np.reshape(figure.axes, (2, 4))
    assert [ax.get_title() for ax in axes[0]] == ["1.0 s", "1.5 s", "2.0 s", "2.5 s"]
    assert [len(ax.collections) for ax in axes[0]] == [6] * 4, "torso, right and left of two people"
    assert axes[0, 0].get_ylabel() == style_name("hip_hop")
    heights = [ax.collections[0].get_segments()[0][0, 1] for ax in axes[0]]
    assert np.allclose(np.diff(heights), heights[1] - heights[0]) and heights[1] > heights[0], "one scale"
    for ax in axes.flat:
        inside = np.concatenate([np.concatenate(each.get_segments()) for each in ax.collections])
        assert np.abs(inside[:, 1]).max() <= 1 and np.abs(inside[:, 0]).max() <= ax.get_xlim()[1]


def test_nobody_is_written_where_nobody_is():
    gone = video()
    gone.keypoints[:2] = np.nan
    figure = plots.pose_strips([gone], n=2, seconds=1.0, names=["she"])
    assert [text.get_text() for text in figure.axes[0].texts] == ["nobody"]
    assert not figure.axes[1].texts and len(figure.axes[1].collections) == 3
    gone.keypoints[:] = np.nan
    assert plots.pose_strips([gone], n=3), "a video without anybody can be shown, too"


def test_a_point_that_is_missing_takes_its_lines_with_it():
    lame = video()
    lame.keypoints[:, :, 15] = np.nan  # the left ankle
    ax = plots.pose_strips([lame], n=1).axes[0]
    left = next(each for each in ax.collections if each.get_gid() == "left")
    assert len(left.get_segments()) == 3


def test_a_spectrum_tells_how_often_and_how_far():
    seconds = np.arange(100) / 10
    waves = 5 * np.sin(2 * np.pi * np.array([[1.0], [3.0]]) * seconds) + 40 + 2 * seconds
    waves[0, 7] = np.nan
    frequencies, sizes = spectra(waves, 10)
    assert frequencies[sizes.argmax(axis=1)] == pytest.approx([1, 3])
    assert sizes.max(axis=1) == pytest.approx(5, abs=0.4), "in the unit of the curve"
    assert np.isfinite(spectra(np.full((1, 9), np.nan), 10)[1]).all()


def test_rhythm_draws_one_dancer_and_the_spectra_of_all():
    curves = {"classical": RNG.normal(size=(5, 30)), "afrobeat": RNG.normal(size=(3, 30))}
    axes = np.reshape(plots.rhythm(curves, 10, label="x", shown={"classical": 2, "afrobeat": 0}).axes, (2, 2))
    assert np.array_equal(axes[0, 0].lines[0].get_ydata(), curves["classical"][2])
    assert [len(ax.lines) for ax in axes[:, 1]] == [6, 4], "each dancer, and their mean"
    assert all(line.get_ydata().sum() == pytest.approx(100) for line in axes[0, 1].lines), "shares of each"
    assert axes[0, 1].get_xlim() == (0, 5), "up to half the frame rate"


def test_bands_fill_the_height():
    p = RNG.dirichlet([1, 1, 1], 6)
    ax = plots.over_time(np.arange(6) + 1.5, p, ["a", "hip_hop", "c"], truth="hip_hop").axes[0]
    bands = [each.get_paths()[0].vertices for each in ax.collections]
    assert min(band[:, 1].min() for band in bands) == 0
    assert max(band[:, 1].max() for band in bands) == pytest.approx(1)
    assert ax.get_xlim() == (1, 7), "half a step before the first middle, and after the last"
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["c", f"{style_name('hip_hop')} (danced)", "a"], "in the order of the bands"
    assert len({each.get_hatch() for each in ax.collections}) == 3, "told apart by more than hue"
    assert plots.over_time([2.0], p[:1], ["a", "b", "c"]), "one window"


# --- Scores -------------------------------------------------------------------------------------------------


def test_two_splits_stand_in_pairs_with_their_intervals():
    rows = [("true", "chunks", 0.97, 0.9, 1.0), ("true", "videos", 0.6, 0.5, 0.7)]
    rows += [("lot", split, 0.4, 0.3, 0.5) for split in ("chunks", "videos")]
    table = pd.DataFrame(rows, columns=["name", "split", "accuracy", "low", "high"])
    figure = plots.two_splits(table, chance=1 / 3, title="Two numbers")
    ax = figure.axes[0]
    dots = [line for line in ax.lines if line.get_linestyle() == "None"]
    assert [float(dot.get_xdata()[0]) for dot in dots] == pytest.approx([97, 60, 40, 40])
    assert len({float(dot.get_ydata()[0]) for dot in dots}) == 4, "none hides another"
    assert ax.texts[0].get_text() == "97  [90, 100]"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["chunks", "videos"]


def test_sub_sampling_is_drawn_over_frames_a_second():
    table = pd.DataFrame({"every": [5, 1, 2], "accuracy": [0.5, 0.9, 0.8]}).assign(low=0.4, high=1.0)
    ax = plots.sub_sampling(table, fps=10, needed=4, chance=1 / 3).axes[0]
    assert list(ax.lines[0].get_xdata()) == [10, 5, 2] and list(ax.lines[0].get_ydata()) == [90, 80, 50]
    ticks = [text.get_text() for text in ax.get_xticklabels()]
    assert sorted(ticks) == ["10\nall", "2\nevery 5th", "5\nevery 2nd"]
    both = pd.concat([table.assign(name="LSTM"), table.assign(name="vote")])
    legend = plots.sub_sampling(both).axes[0].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["LSTM", "vote"]


def test_a_lead_that_is_not_found_leaves_a_gap():
    figure = plots.power_curve(
        [10, 91, 1000], {"unpaired": [np.nan, 0.2, 0.06]}, marked=91, published={"theirs": (91, 0.077)}
    )
    ax = figure.axes[0]
    assert np.isnan(ax.lines[0].get_ydata()[0]) and ax.lines[0].get_ydata()[1] == pytest.approx(20)
    assert ax.lines[1].get_ydata() == pytest.approx(7.7)
    assert [text.get_text() for text in ax.get_xticklabels()] == ["10", "30", "91", "300", "1000"]


def test_what_does_not_belong_together_is_refused():
    table = pd.DataFrame({"every": [1], "accuracy": [0.5], "low": [0.4]})
    for draw, match in (
        (lambda: plots.pose_strips([]), "one name a video"),
        (lambda: plots.pose_strips([video()], names=["a", "b"]), "one name a video"),
        (lambda: plots.pose_strips([video()], start=9.0), "Begin earlier"),
        (lambda: plots.rhythm({}, 10, label="x"), "at least four frames"),
        (lambda: plots.rhythm({"a": np.zeros((2, 3))}, 10, label="x"), "at least four frames"),
        (lambda: plots.over_time([0, 1], np.ones((2, 2)), ["a"]), "a column for each label"),
        (lambda: plots.over_time([], np.ones((0, 1)), ["a"]), "a row for each window"),
        (lambda: plots.two_splits(pd.DataFrame()), "lacks name, split"),
        (lambda: plots.sub_sampling(table), "lacks high"),
        (lambda: plots.sub_sampling(table.assign(high=1)[:0]), "lacks rows"),
        (lambda: plots.power_curve([10], {}), "one lead for each"),
        (lambda: plots.power_curve([10, 20], {"a": [0.1]}), "one lead for each"),
    ):
        with pytest.raises(BalletError, match=match):
            draw()
