"""Figures of work that is shared: its parts, what more workers bring, and when each piece was finished."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.plots.style import FAINT, INK, PALETTE, QUIET, canvas, ink_on, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DASHES = ("-", "--", "-.", (0, (1, 1)))


@styled
def parts(
    amounts: Mapping[str, float], *, unit: str, title: str | None = None, ax: "Axes | None" = None
) -> "Figure":
    """Draw what a whole is made of, as one bar cut into pieces.

    Parameters
    ----------
    amounts
        How much each part is, by name, in `unit`.

    Raises
    ------
    BalletError
        If there is no part, or one is negative.
    """
    if not amounts or min(amounts.values()) < 0 or not sum(amounts.values()):
        raise BalletError("A whole needs parts of which none is negative. Measure each of them.")
    figure, ax = canvas(ax, (8.6, 1.9))
    whole, begin = sum(amounts.values()), 0.0
    for number, (name, amount) in enumerate(amounts.items()):
        colour = PALETTE[number % len(PALETTE)]
        ax.barh(0, amount, left=begin, height=0.62, color=colour, ec="white", lw=1.5)
        wide = amount > 0.14 * whole
        told = f"{name}\n{amount:.3g} {unit}"
        if wide:
            ax.text(begin + amount / 2, 0, told, ha="center", va="center", color=ink_on(colour), fontsize=9)
        else:  # above the bar, by turns high and low
            height = 0.86 - 0.34 * (number % 2)
            middle = begin + amount / 2
            ax.plot([middle, middle], [0.31, height], color=QUIET, lw=0.8)
            ax.text(middle, height, told.replace("\n", " "), va="bottom", fontsize=9,
                    ha="right" if middle > whole / 2 else "left")  # fmt: skip
        begin += amount
    ax.set(xlim=(0, whole), ylim=(-0.4, 1.45), yticks=[], xlabel=unit)
    ax.spines["left"].set_visible(False)
    if title:
        ax.set_title(title)
    return figure


@styled
def speed_up(
    curves: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    *,
    measured: Mapping[str, tuple[float, float]] | None = None,
    title: str | None = None,
    ax: "Axes | None" = None,
) -> "Figure":
    """Draw how many times quicker work gets with more workers, beside the diagonal that nobody reaches.

    Parameters
    ----------
    curves
        Of each kind of work, by name: numbers of workers, and how many times quicker they are than one.
    measured
        Single points (workers, times quicker) by name.
    """
    if not curves:
        raise BalletError("There is no curve to draw. Give at least one, by its name.")
    figure, ax = canvas(ax, (7.2, 4.2))
    most = max(max(workers) for workers, _ in curves.values())
    ax.plot([1, most], [1, most], ":", color=QUIET, lw=1.5)
    ax.text(most**0.5, most**0.5, "as many times as workers  ", ha="right", color=QUIET, fontsize=9)
    for (name, (workers, quicker)), dashes in zip(
        curves.items(), ("-", "--", "-.", (0, (1, 1))), strict=False
    ):
        (line,) = ax.plot(workers, quicker, ls=dashes)
        ax.annotate(name, (workers[-1], quicker[-1]), (6, 0), textcoords="offset points", va="center",
                    color=line.get_color(), fontsize=9, annotation_clip=False)  # fmt: skip
    for (name, point), marker in zip((measured or {}).items(), "osD^", strict=False):
        ax.plot(*point, marker, color=INK, ms=8, mfc="white", mew=1.8, zorder=5, ls="none", label=name)
    ax.set(xlabel="workers", ylabel="times quicker than one", xscale="log", yscale="log")
    ticks = [2**k for k in range(int(np.log2(most)) + 1)]
    ax.set_xticks(ticks, [str(tick) for tick in ticks])
    ax.set_yticks(ticks, [str(tick) for tick in ticks])
    ax.minorticks_off()
    ax.set_xlim(0.93, most * 1.05)
    if measured:
        ax.legend(loc="upper left")
    if title:
        ax.set_title(title)
    return figure


@styled
def finished(
    runs: Mapping[str, Sequence[float]],
    *,
    marks: Mapping[str, float] | None = None,
    title: str | None = None,
    ax: "Axes | None" = None,
) -> "Figure":
    """Draw how many pieces of work were finished by when, a flight of stairs for each run.

    Parameters
    ----------
    runs
        Of each run, by name, when its pieces were finished, in seconds from its start.
    marks
        Moments to draw a line at, in seconds, by what happened then.
    """
    if not runs or not all(len(times) for times in runs.values()):
        raise BalletError("A run that finished nothing cannot be drawn. Leave it out.")
    figure, ax = canvas(ax, (8.2, 4.0))
    last = max(max(times) for times in runs.values())
    for what, when in (marks or {}).items():
        ax.axvline(when, color=INK, ls=":", lw=1.5)
        ax.text(when, 0.93, f" {what}", color=INK, fontsize=9, transform=ax.get_xaxis_transform())
    for (name, told), dashes in zip(runs.items(), _DASHES, strict=False):
        times = np.sort(told)
        done = np.arange(len(times) + 1)
        (line,) = ax.step([0, *times], done, where="post", ls=dashes, label=name)
        ax.plot(times[-1], done[-1], "o", color=line.get_color(), ms=6)
    ax.set(xlabel="seconds", ylabel="videos finished", xlim=(0, 1.04 * last))
    ax.yaxis.get_major_locator().set_params(integer=True)  # type: ignore[call-arg]  # a MaxNLocator
    ax.grid(axis="y")
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0))
    if title:
        ax.set_title(title)
    return figure


@styled
def sizes(
    amounts: Mapping[str, float], *, unit: str, label: str, title: str | None = None, ax: "Axes | None" = None
) -> "Figure":
    """Draw amounts that differ by powers of ten, a bar each, with their numbers in `unit`."""
    from matplotlib.ticker import EngFormatter

    if not amounts or min(amounts.values()) <= 0:
        raise BalletError("Amounts on a logarithmic axis must be positive. Leave out what is none.")
    figure, ax = canvas(ax, (7.6, 0.9 + 0.42 * len(amounts)))
    rows = np.arange(len(amounts))[::-1]
    written = EngFormatter(unit=unit, places=0)
    floor = min(amounts.values()) / 10
    ax.barh(rows, [amount - floor for amount in amounts.values()], height=0.6, color=PALETTE[0], left=floor)
    for row, amount in zip(rows, amounts.values(), strict=True):
        ax.text(amount * 1.15, row, written(amount), va="center", fontsize=9)
    ax.set_yticks(rows, list(amounts))
    ax.set(xscale="log", xlabel=label)
    ax.xaxis.set_major_formatter(written)
    ax.set_xlim(min(amounts.values()) / 5, max(amounts.values()) * 6)
    ax.grid(axis="x", color=FAINT)
    if title:
        ax.set_title(title)
    return figure
