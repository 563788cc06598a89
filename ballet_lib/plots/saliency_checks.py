"""Whether a saliency map is true: deletion, randomised weights, and what a movement's definition says."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib import intervals
from ballet_lib.errors import BalletError
from ballet_lib.plots.measures import DASHES
from ballet_lib.plots.style import FAINT, INK, PALETTE, QUIET, canvas, headline, name_lines, styled, subplots
from ballet_lib.vocabulary import french

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DRAWS, LEVEL = 1000, 0.95
MARKS = "os^DvP"


@styled
def deletion(
    certainty: Mapping[str, np.ndarray],
    shares: Sequence[float],
    *,
    label: str = "certainty left (%)",
    title: str | None = None,
    ax: "Axes | None" = None,
) -> "Figure":
    """Draw how sure a network remains of its answer while ever more of the input is deleted.

    The line is the mean over takes; the band is where it would lie for other takes (bootstrap, 95%). An
    order called ``random`` is grey.

    Parameters
    ----------
    certainty
        (N, S) by the order in which is deleted, as shares of the certainty before: `saliency.Deletion`.
    shares
        (S,) of the input that is gone.
    label
        What the certainty is, with its unit.
    title
        What the figure shows, as a finding.
    ax
        Axes to draw in; new ones when not given.

    Raises
    ------
    BalletError
        If there is no curve, or one has not a column for each share.
    """
    curves = {name: np.asarray(each, dtype=float) for name, each in certainty.items()}
    if not curves or any(c.ndim != 2 or not len(c) or c.shape[1] != len(shares) for c in curves.values()):
        raise BalletError(
            f"A curve holds a row a take and a column for each of the {len(shares)} shares. "
            "Give Deletion.certainty and its shares."
        )
    figure, ax = canvas(ax, size=(8.2, 3.9))
    across, lines = 100 * np.asarray(shares, dtype=float), []
    for number, (name, each) in enumerate(curves.items()):
        colour = QUIET if name.startswith("random") else PALETTE[number % len(PALETTE)]
        middle, (low, high) = 100 * each.mean(axis=0), 100 * _ends(each)
        ax.fill_between(across, low, high, color=colour, alpha=0.14, lw=0)
        (line,) = ax.plot(
            across, middle, color=colour, linestyle=DASHES[number % len(DASHES)],
            marker=MARKS[number % len(MARKS)], ms=5.5, mec="white", label=name,
        )  # fmt: skip
        lines.append((np.trapezoid(middle, across), line))
    name_lines(ax, lines)
    ax.set(xlabel="deleted (%)", ylabel=label, xlim=(across[0], across[-1]))
    ax.set_ylim(0, None)
    ax.grid(axis="y")
    if title:
        ax.set_title(title)
    return figure


def _ends(curves: np.ndarray) -> np.ndarray:
    """Where the mean of as many takes would lie: (2, S)."""
    drawn = intervals.draw_dancers(len(curves), DRAWS, seed=0) @ curves / len(curves)
    return np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)


@styled
def randomisation(
    agreement: Mapping[str, Sequence[np.ndarray]],
    layers: Sequence[str],
    *,
    label: str = "agreement with the trained\nnetwork's map (rank correlation)",
    title: str | None = None,
    ax: "Axes | None" = None,
) -> "Figure":
    """Draw how much a map resembles the trained network's, while the network forgets layer after layer.

    The dot is the median over takes, the upright line the middle half. A method that stays high does not look
    at the weights.

    Parameters
    ----------
    agreement
        For each method one array (N,) a layer; NaN is left out.
    layers
        Names of the layers in the order in which they are randomised, from the top.
    label
        What the agreement is.
    title
        What the figure shows, as a finding.
    ax
        Axes to draw in; new ones when not given.

    Raises
    ------
    BalletError
        If there is no method, or not one array a layer.
    """
    if not agreement or not layers or any(len(each) != len(layers) for each in agreement.values()):
        raise BalletError(f"Give for each method one array for each of the {len(layers)} layers.")
    figure, ax = canvas(ax, size=(8.6, 3.9))
    places, lines = np.arange(len(layers) + 1), []
    ax.axhline(0, color=QUIET, lw=0.9, zorder=1)
    for number, (name, each) in enumerate(agreement.items()):
        quarters = np.array([np.nanquantile(np.asarray(one, dtype=float), [0.25, 0.5, 0.75]) for one in each])
        low, middle, high = np.vstack([[1, 1, 1], quarters]).T
        colour = PALETTE[number % len(PALETTE)]
        beside = places + 0.035 * (number - (len(agreement) - 1) / 2)  # else the ends would hide each other
        ax.vlines(beside[1:], low[1:], high[1:], color=colour, lw=1.6, alpha=0.55)
        (line,) = ax.plot(
            beside, middle, color=colour, linestyle=DASHES[number % len(DASHES)],
            marker=MARKS[number % len(MARKS)], ms=6, mec="white", label=name,
        )  # fmt: skip
        lines.append((middle[-1], line))
    name_lines(ax, lines)
    ax.set_xticks(places, ["as\ntrained", *(name.replace("_", "\n") for name in layers)], fontsize=8.5)
    ax.set(xlabel="randomised down to this layer", ylabel=label, xlim=(-0.1, len(layers) + 0.1))
    ax.set_ylim(min(-0.05, ax.get_ylim()[0]), 1.04)
    ax.grid(axis="y")
    if title:
        ax.set_title(title)
    return figure


@styled
def group_shares(
    shares: Mapping[str, Sequence[float]],
    groups: Sequence[str],
    *,
    defining: Mapping[str, Sequence[str]] | None = None,
    even: Sequence[float] | None = None,
    title: str | None = None,
) -> "Figure":
    """Draw where a map lies on the body: a panel for each movement, a bar for each group of landmarks.

    Parameters
    ----------
    shares
        (groups,) by movement, each of sum 1.
    groups
        Names of the groups, from the top.
    defining
        Groups that make each movement what it is: full colour and a bold name, the others pale.
    even
        (groups,) the share that an even map would have, as a black tick.
    title
        What the figure shows, as a finding.

    Raises
    ------
    BalletError
        If there is no movement, or not one share for each group.
    """
    given = [*shares.values(), *([] if even is None else [even])]
    if not shares or any(np.shape(each) != (len(groups),) for each in given):
        raise BalletError(f"Give for each movement one share for each of the {len(groups)} groups.")
    columns = min(len(shares), 3)
    rows = -(-len(shares) // columns)
    size = (11, rows * (0.2 * len(groups) + 0.62) + 0.75)
    figure, axes = subplots(rows, columns, size=size, sharex=True, squeeze=False)
    figure.get_layout_engine().set(wspace=0.03)
    for ax in axes.flat[len(shares) :]:
        ax.set_axis_off()
    places = np.arange(len(groups))
    for ax, (name, each) in zip(axes.flat, shares.items(), strict=False):
        named = [group in (defining or {}).get(name, ()) for group in groups]
        colours = [PALETTE[3] if one else FAINT for one in named]
        ax.barh(places, 100 * np.asarray(each, dtype=float), height=0.74, color=colours)
        if even is not None:
            ax.vlines(100 * np.asarray(even), places - 0.45, places + 0.45, color=INK, lw=1.4)
        ax.set_yticks(places, groups, fontsize=8.5)
        for text, one in zip(ax.get_yticklabels(), named, strict=True):
            text.set_fontweight("bold" if one else "normal")
        ax.invert_yaxis()
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        ax.set_title(french(name), fontsize=10, fontweight="normal", pad=4)
    for ax in axes[-1]:
        ax.set_xlabel("share of the map (%)")
    _explain_bars(figure, defining, even)
    if title:
        headline(figure, title)
    return figure


def _explain_bars(figure: "Figure", defining, even) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    keys: list = (
        [Patch(fc=PALETTE[3], label="in the definition"), Patch(fc=FAINT, label="not in it")]
        if defining
        else []
    )
    if even is not None:
        keys.append(Line2D([], [], color=INK, marker="|", ms=11, mew=1.6, lw=0, label="an even map"))
    if keys:
        figure.legend(handles=keys, loc="outside lower center", ncols=3)
