"""Figures of dance styles: skeletons over time, rhythms, and what a model says from moment to moment."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.plots.style import (
    INK,
    LEFT,
    MIDDLE,
    PALETTE,
    QUIET,
    RIGHT,
    canvas,
    headline,
    styled,
    subplots,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ballet_lib.styles.videos import DanceVideo

LEFT_LINES = ((5, 7), (7, 9), (11, 13), (13, 15))
RIGHT_LINES = ((6, 8), (8, 10), (12, 14), (14, 16))
TORSO_LINES = ((5, 6), (11, 12), (5, 11), (6, 12))
"""Between which of the 17 keypoints of COCO a line is drawn."""
HEAD = range(5)

NARROW = 0.76
"""Width of a cell with a skeleton, in heights."""

HATCHES = ("", "////", "....", "xxxx", "\\\\\\\\", "++++")
"""Of the bands after the first, so that they differ in more than hue."""


def style_name(label: str) -> str:
    """Return how a style's key is written: `"hip_hop"` is hip-hop; a key that nobody knows loses its `_`."""
    from ballet_lib.vocabulary import STYLES

    return STYLES[label].name if label in STYLES else label.replace("_", " ")


def style_colours(labels: Sequence[str]) -> dict[str, str]:
    """Return a colour for each style, the same in every figure that is given the same labels."""
    return {label: PALETTE[number % len(PALETTE)] for number, label in enumerate(labels)}


# --- Poses over time ----------------------------------------------------------------------------------------


@styled
def pose_strips(
    videos: "Sequence[DanceVideo]",
    *,
    n: int = 10,
    start: float = 0.0,
    seconds: float = 2.0,
    names: Sequence[str] | None = None,
    title: str | None = None,
) -> "Figure":
    """Draw each video as a row of `n` pictures of its skeletons, evenly spaced in time, everybody in it.

    Parameters
    ----------
    videos
        One row each. A row keeps one scale and one frame, so that what moves in it has moved.
    n
        Pictures in a row.
    start, seconds
        The stretch of time that is shown.
    names
        What to write beside each row; the styles by default.
    title
        What the figure shows, as a finding.

    Raises
    ------
    BalletError
        If there is no video, not one name for each, or a video ends before `start`.
    """
    names = [style_name(video.style) for video in videos] if names is None else names
    if len(videos) == 0 or len(names) != len(videos) or n < 1:
        raise BalletError(f"There are {len(videos)} videos and {len(names)} names. Give one name a video.")
    figure, axes = subplots(len(videos), n, size=(11, 1.45 * len(videos) + 0.75), squeeze=False)
    figure.get_layout_engine().set(w_pad=0.01, h_pad=0.02, wspace=0, hspace=0)
    for row, video, name in zip(axes, videos, names, strict=True):
        frames = np.round((start + np.arange(n) * seconds / n) * video.fps).astype(int)
        if not len(video.keypoints) or not 0 <= frames[0] < len(video.keypoints):
            raise BalletError(f"{video.name} has nothing to show from {start:g} s on. Begin earlier.")
        frames = np.minimum(frames, len(video.keypoints) - 1)
        middle, half = _view(video.keypoints[frames])
        for ax, frame in zip(row, frames, strict=True):
            ax.set(xlim=(-NARROW, NARROW), ylim=(1, -1), aspect="equal", xticks=[], yticks=[])
            ax.spines[:].set_visible(False)
            people = [each for each in video.keypoints[frame, ..., :2] if np.isfinite(each).any()]
            for person in people:
                _draw_person(ax, (person - middle) / half)
            if not people:
                ax.text(0, 0, "nobody", ha="center", va="center", color=QUIET, fontsize=8)
            if ax in axes[0]:
                ax.set_title(
                    f"{frame / video.fps:.1f} s", fontsize=9, fontweight="normal", loc="center", pad=3
                )
        row[0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=9)
    if title:
        headline(figure, title)
    from ballet_lib.plots.pictures import name_sides

    name_sides(figure, loc="outside lower center", ncols=2)
    return figure


def _view(keypoints: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the middle of everything that is found (2,), and half the height of a cell that holds it."""
    points = keypoints[..., :2].reshape(-1, 2)
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        return np.zeros(2), 1.0
    low, high = points.min(axis=0), points.max(axis=0)
    return (low + high) / 2, max(float(((high - low) / (NARROW, 1)).max()) * 0.57, 1e-6)


def _draw_person(ax: "Axes", points: np.ndarray) -> None:
    """Draw one skeleton (17, 2): left and right told apart as everywhere, the head a circle."""
    from matplotlib.collections import LineCollection
    from matplotlib.patches import Circle

    for lines, side, width in (
        (TORSO_LINES, MIDDLE, 1.3),
        (RIGHT_LINES, RIGHT, 1.7),
        (LEFT_LINES, LEFT, 1.7),
    ):
        whole = [points[[a, b]] for a, b in lines if np.isfinite(points[[a, b]]).all()]
        ax.add_collection(
            LineCollection(
                whole, colors=side.colour, linewidths=width, linestyles=[side.dashes], gid=side.name
            )
        )
    head = points[list(HEAD)][np.isfinite(points[list(HEAD)]).all(axis=1)]
    if len(head):
        extent = np.nanmax(points, axis=0) - np.nanmin(points, axis=0)
        ax.add_patch(
            Circle(head.mean(axis=0), 0.062 * max(extent), fill=False, edgecolor=INK, lw=1.1, clip_on=False)
        )


@styled
def rhythm(
    curves: Mapping[str, np.ndarray],
    fps: float,
    *,
    label: str,
    shown: int | Mapping[str, int] = 0,
    title: str | None = None,
) -> "Figure":
    """Draw what one dancer of each style does over time, and which frequencies it has in all of them.

    Parameters
    ----------
    curves
        By style, one measured quantity of N dancers: (N, T). NaN is bridged.
    fps
        Frames per second.
    label
        What is measured, with its unit.
    shown
        Which dancer's curve is drawn at the left: one number for all styles, or one for each.
    title
        What the figure shows, as a finding.

    Raises
    ------
    BalletError
        If there is no style, or one without a curve of at least four frames.
    """
    if not curves or any(
        np.ndim(each) != 2 or not len(each) or np.shape(each)[1] < 4 for each in curves.values()
    ):
        raise BalletError("Give for each style an array (dancers, frames) of at least four frames.")
    shown = shown if isinstance(shown, Mapping) else dict.fromkeys(curves, shown)
    figure, axes = subplots(
        len(curves), 2, size=(11, 1.5 * len(curves) + 0.8), sharex="col", sharey="col", squeeze=False,
        width_ratios=(2.1, 1),
    )  # fmt: skip
    for row, ((name, each), colour) in zip(
        axes, zip(curves.items(), _cycle(PALETTE), strict=False), strict=True
    ):
        frequencies, size = spectra(each, fps)
        time = np.arange(np.shape(each)[1]) / fps
        row[0].plot(time, each[shown[name]], color=colour, lw=1.6)
        shares = 100 * size / np.maximum(size.sum(axis=1, keepdims=True), 1e-12)
        row[1].plot(frequencies, shares.T, color=colour, lw=0.6, alpha=0.25)
        row[1].plot(frequencies, shares.mean(axis=0), color=colour, lw=2.2)
        row[0].set_title(style_name(name), fontsize=10, color=colour, pad=4)
        row[0].grid(axis="y")
        row[1].set_xlim(0, fps / 2)
    axes[-1, 0].set_xlabel("seconds, one dancer")
    axes[-1, 1].set_xlabel("times a second, all dancers")
    axes[len(curves) // 2, 0].set_ylabel(label)
    axes[len(curves) // 2, 1].set_ylabel("share of it (%)")
    if title:
        headline(figure, title)
    return figure


def spectra(curves: np.ndarray, fps: float) -> tuple[np.ndarray, np.ndarray]:
    """Return frequencies in Hz (F,) and by dancer the amplitude of each, in units of the curves (N, F).

    The mean and the drift over the curve are taken out, and a Hann window keeps what is left from smearing.
    """
    from scipy.signal import detrend

    curves = np.array(curves, float)
    frames = np.arange(curves.shape[1])
    for row in curves:
        known = np.isfinite(row)
        row[:] = np.interp(frames, frames[known], row[known]) if known.any() else 0.0
    window = np.hanning(curves.shape[1] + 2)[1:-1]
    sizes = np.abs(np.fft.rfft(detrend(curves, axis=1) * window, axis=1)) * 2 / window.sum()
    return np.fft.rfftfreq(curves.shape[1], 1 / fps), sizes


@styled
def over_time(
    seconds: np.ndarray,
    probabilities: np.ndarray,
    labels: Sequence[str],
    *,
    truth: str | None = None,
    title: str | None = None,
    ax: "Axes | None" = None,
) -> "Figure":
    """Draw how probable each style is over time, as bands that fill the height together.

    Parameters
    ----------
    seconds
        (M,) the middle of each window.
    probabilities
        (M, K); each row sums to 1. NaN where nobody was seen leaves a gap.
    labels
        K names of the columns.
    truth
        The style that is danced; its band is marked in the legend.
    title
        What the figure shows, as a finding.
    ax
        Axes to draw in; new ones when not given.

    Raises
    ------
    BalletError
        If there is no window, or the arrays do not belong together.
    """
    seconds, probabilities = np.asarray(seconds, float), np.asarray(probabilities, float)
    if not len(seconds) or probabilities.shape != (len(seconds), len(labels)):
        raise BalletError(
            f"The probabilities have the shape {probabilities.shape}, for {len(seconds)} windows and "
            f"{len(labels)} labels. Give a row for each window and a column for each label."
        )
    figure, ax = canvas(ax, size=(9.6, 2.6))
    edges = _edges(seconds)
    heights = np.repeat(probabilities, 2, axis=0)  # each window is a step as wide as the way to the next
    tops = np.cumsum(heights, axis=1)
    for number, (label, colour) in enumerate(style_colours(labels).items()):
        bottom = tops[:, number] - heights[:, number]
        name = style_name(label) + (" (danced)" if label == truth else "")
        ax.fill_between(edges, bottom, tops[:, number], facecolor=colour, edgecolor="white", lw=0,
                        hatch=HATCHES[number % len(HATCHES)], label=name)  # fmt: skip
        ax.plot(edges, tops[:, number], color="white", lw=1.2)
    ax.set(
        xlim=(edges[0], edges[-1]), ylim=(0, 1), yticks=(0, 0.5, 1), xlabel="seconds", ylabel="probability"
    )
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), reverse=True)
    if title:
        ax.set_title(title)
    return figure


def _edges(seconds: np.ndarray) -> np.ndarray:
    """Return where each window's step begins and ends, halfway to its neighbours: (2 M,)."""
    if len(seconds) == 1:
        return seconds[0] + np.array([-0.5, 0.5])
    between = (seconds[1:] + seconds[:-1]) / 2
    first, last = 2 * seconds[0] - between[0], 2 * seconds[-1] - between[-1]
    return np.concatenate([[first], np.repeat(between, 2), [last]])


def _cycle(items: Sequence) -> list:
    return list(items) * 4
