"""The one look: colours that hold for colour-blind readers, quiet axes, a title at the left."""

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from cycler import cycler

from ballet_lib.errors import BalletError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

INK, QUIET, FAINT = "#262626", "#6b6b6b", "#dcdcdc"
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#9c5a97", "#b8860b", "#4d4d4d")
"""Colours of series, after Okabe and Ito (2008), each with a contrast of at least 3 on white.

The first three are told apart with any of the three common colour-vision deficiencies, and so are the last
three. Across the halves they are not: four and more series differ in marks or dashes too."""


@dataclass(frozen=True)
class Side:
    """How one side of the body is drawn."""

    name: str
    colour: str
    dashes: Any
    marker: str


LEFT = Side("left", "#0072b2", "-", "o")
RIGHT = Side("right", "#d55e00", (0, (2.2, 1.1)), "s")
MIDDLE = Side("middle", INK, "-", "o")

_SETTINGS: Any = {
    "font.family": "sans-serif",
    "font.size": 10,
    "figure.dpi": 100,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "savefig.dpi": "figure",
    "axes.facecolor": "white",
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.titlecolor": INK,
    "axes.labelcolor": INK,
    "axes.labelsize": 10,
    "axes.edgecolor": "#9a9a9a",
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.8,
    "axes.axisbelow": True,
    "axes.prop_cycle": cycler(color=PALETTE),
    "xtick.color": "#9a9a9a",
    "ytick.color": "#9a9a9a",
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "lines.linewidth": 2,
    "lines.solid_capstyle": "round",
    "legend.frameon": False,
    "legend.fontsize": 9,
    "hatch.linewidth": 0.6,
    "text.color": INK,
}


def ink_on(colour: str) -> str:
    """Return black or white, whichever is easier to read on a colour: a contrast of at least 4.5."""
    from matplotlib.colors import to_rgb

    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    luminance = sum(share * c for share, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return "white" if 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 else "black"


def style() -> AbstractContextManager:
    """Return a context in which matplotlib draws in the course's look: `with plots.style(): ...`."""
    import matplotlib

    return matplotlib.rc_context(_SETTINGS)


def headline(figure: "Figure", title: str, **place) -> None:
    """Write what the whole figure says at its upper left; `place` as in `Figure.suptitle`."""
    figure.suptitle(title, x=0.005, ha="left", fontsize=12, fontweight="bold", **place)


def styled(draw: Callable) -> Callable:
    """Make a function draw in the course's look."""

    @functools.wraps(draw)
    def inside(*args, **kwargs):
        with style():
            return draw(*args, **kwargs)

    return inside


@styled
def subplots(rows: int = 1, columns: int = 1, size: tuple[float, float] = (6.4, 4.0), **options) -> tuple:
    """Make a figure of `size` inches with axes in the course's look: (figure, axes), as pyplot's `subplots`.

    The figure is shown only where it is returned or displayed, never a second time behind a cell's back, and
    it is safe to make in a widget's callback. `options` go to `Figure.subplots`.
    """
    figure = _figure_class()(figsize=size, layout="constrained")
    return figure, figure.subplots(rows, columns, **options)


@styled
def png(figure: "Figure", tight: bool = True) -> bytes:
    """Return a figure as the bytes of a PNG file, `tight` around what is drawn."""
    file = BytesIO()
    figure.savefig(file, format="png", bbox_inches="tight" if tight else None)
    return file.getvalue()


@functools.cache
def _figure_class() -> type:
    from matplotlib.figure import Figure

    class ShownFigure(Figure):
        """A figure that shows itself in Jupyter without pyplot."""

        def _repr_png_(self) -> bytes:
            return png(self)

    return ShownFigure


def rgb_of(colour: str) -> tuple[int, int, int]:
    """Return ``#0072b2`` as three numbers up to 255, for what is drawn without matplotlib."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return red, green, blue


def name_lines(ax: "Axes", lines: list[tuple[float, "Line2D"]]) -> None:
    """Name lines to the right of the axes, the highest first; each comes with its height at the end."""
    ordered = [line for _, line in sorted(lines, key=lambda pair: -pair[0])]
    ax.legend(ordered, [str(line.get_label()) for line in ordered], loc="center left",
              bbox_to_anchor=(1.01, 0.5), handlelength=3.2)  # fmt: skip


def canvas(ax: "Axes | None", size: tuple[float, float], **options) -> tuple["Figure", "Axes"]:
    """Return the caller's axes with their figure, or new ones."""
    return subplots(size=size, **options) if ax is None else (figure_of(ax), ax)


def figure_of(ax: "Axes") -> "Figure":
    """Return the figure that the axes stand in, around all of its parts."""
    figure = ax.get_figure(root=True)
    if figure is None:
        raise BalletError("These axes stand in no figure. Give axes of one, or none.")
    return figure
