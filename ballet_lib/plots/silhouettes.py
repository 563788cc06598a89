"""Figures of squeezed silhouettes: the numbers of a silhouette, and a dance as a way through them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.plots.style import FAINT, INK, QUIET, canvas, headline, styled, subplots

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import LineCollection
    from matplotlib.figure import Figure

COLOURS, LIGHTEST = "cividis", 0.8
"""Of time along a way: even in lightness, the same for colour-blind readers, and never paler than this."""


@styled
def number_grids(
    frames: np.ndarray,
    numbers: np.ndarray,
    grid: tuple[int, int],
    *,
    names: Sequence[str] | None = None,
    title: str | None = None,
) -> "Figure":
    """Show silhouettes, and below each its numbers where they lie in the picture: purple up, orange down.

    Parameters
    ----------
    frames
        bool or probabilities (n, H, W).
    numbers
        float (n, rows x columns), row by row, as the lean autoencoder's `encode` gives them.
    grid
        Rows and columns of the numbers.
    names
        One short text for each silhouette.
    title
        What the figure shows, as a finding.

    Raises
    ------
    BalletError
        If there is no silhouette, or not as many numbers and names as belong to them.
    """
    frames, numbers = np.asarray(frames, np.float32), np.asarray(numbers)
    count = len(frames)
    if not count or numbers.shape != (count, grid[0] * grid[1]) or (names and len(names) != count):
        raise BalletError(
            f"{frames.shape} silhouettes and numbers {numbers.shape} do not belong together on a grid of "
            f"{grid[0]} x {grid[1]}. Give one row of numbers and one name for each."
        )
    figure, axes = subplots(2, count, size=(1.12 * count + 0.9, 3.3 + 0.3 * bool(title)))
    axes = np.reshape(axes, (2, count))
    most = np.abs(numbers).max()
    for column in range(count):
        axes[0, column].imshow(1 - frames[column], cmap="gray", vmin=0, vmax=1.15)
        shown = axes[1, column].imshow(
            numbers[column].reshape(grid), cmap="PuOr", vmin=-most, vmax=most,
            aspect=grid[1] / grid[0] * frames.shape[1] / frames.shape[2],
        )  # fmt: skip
        for ax in axes[:, column]:
            ax.set(xticks=(), yticks=())
            ax.spines[:].set(visible=True, color=FAINT)
        if names:
            axes[0, column].set_title(names[column], fontsize=9, fontweight="normal", loc="center", pad=4)
    figure.colorbar(shown, ax=list(axes[1]), shrink=0.9, pad=0.015).outline.set_visible(False)
    if title:
        headline(figure, title)
    return figure


@styled
def dance_map(
    points: np.ndarray,
    frames: np.ndarray,
    *,
    background: np.ndarray | None = None,
    fps: float = 10.0,
    pictures: int = 16,
    labels: tuple[str, str] = ("first direction", "second direction"),
    title: str | None = None,
    ax: "Axes | None" = None,
) -> "Figure":
    """Draw a dance as a way through a plane, coloured by time, with silhouettes at some of its places.

    Parameters
    ----------
    points
        Where each frame lies: float (T, 2).
    frames
        bool or probabilities (T, H, W), the silhouettes of these frames.
    background
        float (M, 2): where frames of other dances lie, as faint dots.
    fps
        Frames per second.
    pictures
        How many silhouettes to show at most. They are chosen as far apart from each other as can be.
    labels
        What the two axes are.
    title
        What the figure shows, as a finding.
    ax
        Axes to draw in; new ones when not given.

    Raises
    ------
    BalletError
        If there are fewer than two frames, or not one point for each.
    """
    points, frames = np.asarray(points, float), np.asarray(frames)
    if points.shape != (len(frames), 2) or len(frames) < 2 or not np.isfinite(points).all():
        raise BalletError(
            f"{len(frames)} frames and points {points.shape} make no way. Give one finite (x, y) for each of "
            "at least two frames."
        )
    figure, ax = canvas(ax, (7.8, 6.0))
    if background is not None:
        ax.plot(*np.asarray(background).T, ".", color=FAINT, ms=3, zorder=0)
    seconds = (np.arange(len(points)) + 0.5) / fps
    way = _way(ax, points, seconds)
    low, high = points.min(axis=0), points.max(axis=0)
    for number in _far_apart((points - low) / (high - low + 1e-9), pictures):
        _thumbnail(ax, points[number], frames[number], tuple(way.to_rgba(seconds[number])))
    for name, number in (("begins", 0), ("ends", len(points) - 1)):
        _marker(ax, points[number], name, tuple(way.to_rgba(seconds[number])))
    room = 0.13 * (high - low) + 1e-9
    ax.set_xlim(low[0] - room[0], high[0] + room[0])
    ax.set_ylim(low[1] - room[1], high[1] + room[1])
    ax.set(xlabel=labels[0], ylabel=labels[1], title=title or "")
    ax.tick_params(colors=QUIET)
    figure.colorbar(way, ax=ax, label="seconds", shrink=0.6, pad=0.01).outline.set_visible(False)
    return figure


def _way(ax: "Axes", points: np.ndarray, seconds: np.ndarray) -> "LineCollection":
    """Draw the line from point to point, coloured by time."""
    from matplotlib import colormaps
    from matplotlib.collections import LineCollection
    from matplotlib.colors import ListedColormap

    colours = ListedColormap(colormaps[COLOURS](np.linspace(0, LIGHTEST, 128)))
    steps = np.stack([points[:-1], points[1:]], axis=1)
    way = LineCollection(list(steps), array=seconds[1:], cmap=colours, lw=1.6)
    ax.add_collection(way)
    return way


def _marker(ax: "Axes", at: np.ndarray, name: str, colour: Sequence[float]) -> None:
    """Mark a place by a dot, and write its name over whatever is there."""
    from matplotlib.patheffects import withStroke

    ax.plot(*at, "o", ms=6, color=colour, mec="white", zorder=6)
    look: dict[str, Any] = {"color": INK, "fontsize": 9, "fontweight": "bold", "ha": "center", "zorder": 6}
    around = [withStroke(linewidth=3, foreground="white")]
    ax.annotate(name, (at[0], at[1]), xytext=(0, 7), textcoords="offset points", path_effects=around, **look)


def _far_apart(points: np.ndarray, count: int) -> list[int]:
    """Choose points one by one, each as far as can be from those before, until they would touch."""
    chosen = [int(np.argmax(np.linalg.norm(points - points.mean(axis=0), axis=1)))]
    nearest = np.linalg.norm(points - points[chosen[0]], axis=1)
    while len(chosen) < min(count, len(points)) and nearest.max() > 0.12:
        chosen.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, np.linalg.norm(points - points[chosen[-1]], axis=1))
    return chosen


def _thumbnail(ax: "Axes", at: np.ndarray, frame: np.ndarray, colour: Sequence[float]) -> None:
    """Lay a small silhouette, see-through around the dancer, on a place of the map."""
    from matplotlib.offsetbox import AnnotationBbox, OffsetImage

    picture = np.zeros((*frame.shape, 4))
    picture[..., :3] = colour[:3]
    picture[..., 3] = np.clip(frame, 0, 1)
    image = OffsetImage(picture, zoom=0.58, interpolation="bilinear")
    ax.add_artist(AnnotationBbox(image, (at[0], at[1]), frameon=False, zorder=4, pad=0))
