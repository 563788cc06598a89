"""Silhouettes frame by frame: what a model was shown, what it made, and what was danced."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.plots.style import headline, styled, subplots

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PAPER, SEEN = (247, 247, 247), (214, 229, 241)
"""Behind a dancer, and behind one that the model was shown."""
INK, OUTLINE = 38, (213, 94, 0)
WIDEST, LARGEST, GAP, DOTS = 880, 130, 3, 100
"""Pixels of a row of pictures and of a picture at most, between pictures, and of an inch."""


@styled
def film_strip(
    rows: Mapping[str, np.ndarray],
    *,
    seen: int = 0,
    outline: np.ndarray | None = None,
    names: Sequence[str] | None = None,
    title: str | None = None,
) -> "Figure":
    """Show silhouettes frame by frame, a row each; grey is where a forecast is not sure.

    Parameters
    ----------
    rows
        bool or probabilities (n, H, W) by name. All rows end together, so that a forecast, which has no seed
        frames, stands below the frames that it forecasts.
    seen
        How many of the first columns the model was shown. They have a blue ground.
    outline
        bool (n, H, W), such as the truth, drawn as a thin line on all rows but the first; it ends with them.
    names
        One short text for each column.
    title
        What the figure shows, as a finding.

    Raises
    ------
    BalletError
        If there is no picture, pictures of several sizes, or not one name for each column.
    """
    columns = max((len(each) for each in rows.values()), default=0)
    sizes = {np.shape(each)[1:] for each in rows.values() if len(each)}
    if len(sizes) != 1 or len(*sizes) != 2:
        raise BalletError("Give silhouettes (n, H, W), all of one size, and at least one of them.")
    if names is not None and len(names) != columns:
        raise BalletError(f"There are {columns} columns and {len(names)} names. Give one for each column.")
    height, width = sizes.pop()
    wide = min(LARGEST, WIDEST // columns - GAP)
    size = (round(wide * height / width), wide)
    step = np.array(size) + GAP
    sheet = np.full((*(step * (len(rows), columns) - GAP), 3), 255, np.uint8)
    for row, each in enumerate(rows.values()):
        first = columns - len(each)
        for column, picture in enumerate(each, start=first):
            ground = SEEN if column < seen else PAPER
            cell = draw_silhouette(picture, size, ground)
            if outline is not None and row and column >= columns - len(outline):
                cell[_edge(_resized(outline[column - columns], size) >= 0.5)] = OUTLINE
            top, left = step * (row, column)
            sheet[top : top + size[0], left : left + size[1]] = cell
    return _framed(sheet, step, list(rows), names or [], title)


def _resized(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Bring a picture smoothly to a size (height, width)."""
    import cv2

    return cv2.resize(np.asarray(picture, np.float32), size[::-1], interpolation=cv2.INTER_LINEAR)


def draw_silhouette(picture: np.ndarray, size: tuple[int, int], ground: tuple = PAPER) -> np.ndarray:
    """Draw a silhouette or probabilities (H, W) in ink on a ground: uint8 RGB of `size` (height, width)."""
    steps = np.round(np.clip(_resized(picture, size), 0, 1) * 20)[..., None] / 20  # few greys cost few bytes
    return np.round(np.array(ground) * (1 - steps) + INK * steps).astype(np.uint8)


def _edge(mask: np.ndarray) -> np.ndarray:
    """Return the pixels just outside a mask."""
    near = mask.copy()
    near[1:] |= mask[:-1]
    near[:-1] |= mask[1:]
    near[:, 1:] |= mask[:, :-1]
    near[:, :-1] |= mask[:, 1:]
    return near & ~mask


def _framed(
    sheet: np.ndarray, step: np.ndarray, rows: list[str], columns: Sequence[str], title: str | None
) -> "Figure":
    """Lay a sheet of pictures, pixel for pixel, on a figure with its names."""
    left = 12 + 6.6 * max(len(line) for row in rows for line in row.split("\n"))
    lines = max((name.count("\n") + 1 for name in columns), default=0)
    above = 16 * lines + 6 * bool(lines) + 34 * bool(title)
    size = (left + sheet.shape[1], above + sheet.shape[0])
    figure, ax = subplots(size=(size[0] / DOTS, size[1] / DOTS))
    figure.set_layout_engine("none")
    ax.set_position((left / size[0], 0, sheet.shape[1] / size[0], sheet.shape[0] / size[1]))
    ax.imshow(sheet, interpolation="nearest", aspect="auto")
    middles = (np.arange(len(rows)) + 0.5) * step[0], (np.arange(len(columns)) + 0.5) * step[1]
    ax.set_yticks(middles[0], rows)
    ax.set_xticks(middles[1], columns)
    ax.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False, pad=4)
    ax.spines[:].set_visible(False)
    if title:
        headline(figure, title, y=1, va="top")
    return figure
