"""What a network looks at in pictures: each picture beside its maps, the dancer's outline on all of them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.plots.saliency import BRIGHTEST
from ballet_lib.plots.style import headline, styled, subplots

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

OUTLINE = "#00b386"
STEPS = 8
"""Of a map from 0 to its brightest: more cannot be told apart, and cost bytes in a notebook."""
LARGEST, WIDEST, GAP = 130, 900, 3
"""Pixels of one picture at most, of a row of them, and between them, at 100 dots an inch."""


@styled
def picture_maps(
    pictures: np.ndarray,
    maps: Mapping[str, np.ndarray],
    *,
    masks: np.ndarray | None = None,
    names: Sequence[str] | None = None,
    title: str | None = None,
) -> "Figure":
    """Draw each picture as a column, and below it what each method makes of it.

    A map with negative values is drawn by itself, grey where nothing matters, as papers show guided
    backpropagation. Any other is laid over the picture, which it tints where it is high. Each map has its
    own scale.

    Parameters
    ----------
    pictures
        (N, H, W) or (N, H, W, 1) grey, or (N, H, W, 3) RGB, from 0 to 255.
    maps
        (N, H, W) or (N, H, W, channels) by method; channels are summed.
    masks
        bool (N, H, W), where the dancer is, drawn as a thin outline.
    names
        What to write above each picture.
    title
        What the figure shows, as a finding.

    Raises
    ------
    BalletError
        If there is no picture, or not one map, mask and name for each, or one of another size.
    """
    pictures = np.asarray(pictures)
    flat = {name: _flat(each) for name, each in maps.items()}
    shape = pictures.shape[:3]
    if pictures.ndim not in (3, 4) or 0 in shape:
        raise BalletError(f"Pictures have the shape (N, H, W) or (N, H, W, channels), not {pictures.shape}.")
    others = [*flat.values(), *([] if masks is None else [np.asarray(masks)])]
    if any(each.shape != shape for each in others) or (names is not None and len(names) != shape[0]):
        raise BalletError(
            f"There are {shape[0]} pictures of {shape[1]} by {shape[2]} pixels. Give one map, one mask and "
            "one name of each, of that size."
        )
    figure, axes = _grid(shape, ["picture", *flat], above=0.24 * bool(names) + 0.32 * bool(title))
    for column in range(shape[0]):
        _show(axes[0, column], pictures[column])
        for row, each in enumerate(flat.values(), start=1):
            _show(axes[row, column], pictures[column], each[column], signed=bool((each < 0).any()))
        for ax in axes[:, column]:
            if masks is not None:
                _outline(ax, np.asarray(masks)[column])
        if names is not None:
            axes[0, column].set_title(names[column], fontsize=9, fontweight="normal", loc="center", pad=5)
    if title:
        headline(figure, title, y=1, va="top")
    return figure


def _grid(shape: tuple, names: Sequence[str], above: float) -> tuple["Figure", np.ndarray]:
    """Make a figure with a cell for each picture and map, in which a pixel is a whole number of the screen's.

    Pixels that are repeated evenly look as they are, and take a fraction of the bytes in a notebook.
    """
    (columns, height, width), dots = shape, 100
    times = max(1, int(min(LARGEST, WIDEST / columns) / width))
    wide, high = (times * side if times * side <= LARGEST else LARGEST for side in (width, height))
    left = 12 + 6.4 * max(len(line) for name in names for line in name.split("\n"))
    size = (left + columns * (wide + GAP), round(dots * above) + len(names) * (high + GAP))
    figure, axes = subplots(len(names), columns, size=(size[0] / dots, size[1] / dots), squeeze=False)
    figure.set_layout_engine("none")
    for (row, column), ax in np.ndenumerate(axes):
        x, y = round(left) + column * (wide + GAP), (len(names) - 1 - row) * (high + GAP)
        ax.set_position((x / size[0], y / size[1], wide / size[0], high / size[1]))
    for ax, name in zip(axes[:, 0], names, strict=True):
        ax.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=9, labelpad=6)
    return figure, axes


def _flat(maps: np.ndarray) -> np.ndarray:
    maps = np.asarray(maps, dtype=float)
    return maps.sum(axis=-1) if maps.ndim == 4 else maps


def _show(ax: "Axes", picture: np.ndarray, values: np.ndarray | None = None, signed: bool = False) -> None:
    """Show a picture, or a map on it or by itself."""
    picture = np.clip(np.asarray(picture, dtype=float) / 255, 0, 1)
    picture = picture[..., 0] if picture.ndim == 3 and picture.shape[2] == 1 else picture
    grey = picture if picture.ndim == 2 else picture.mean(axis=2)
    colours: str | None = "gray"
    if values is None:
        shown = picture
    else:
        limit = np.percentile(np.abs(values), BRIGHTEST) or np.abs(values).max() or 1.0
        strength = np.round(np.clip(values / limit, -1, 1) * STEPS) / STEPS
        shown, colours = ((strength + 1) / 2, colours) if signed else (_tinted(grey, strength), None)
    ax.imshow(shown, cmap=colours, vmin=0, vmax=1, interpolation="nearest", aspect="auto")
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)


def _tinted(grey: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """Lay a map from 0 to 1 over a picture: pale where it is 0, in full colour where it is 1."""
    from matplotlib import colormaps

    colour = colormaps["inferno"](0.25 + 0.7 * strength)[..., :3]
    weight = 0.78 * np.sqrt(strength)[..., None]
    pale = 0.45 + 0.5 * grey[..., None]
    return (1 - weight) * pale + weight * colour


def _outline(ax: "Axes", mask: np.ndarray) -> None:
    if mask.any() and not mask.all():
        ax.contour(mask.astype(float), [0.5], colors=OUTLINE, linewidths=1.2)
