"""Figures of what a model makes: errors by horizon, how a dance goes on, two futures, asked and seen."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.plots.measures import DASHES
from ballet_lib.plots.recognition import chief_word, movement_colours
from ballet_lib.plots.style import FAINT, INK, PALETTE, QUIET, canvas, headline, styled, subplots

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ballet_lib.generation.studio_exercise import Verification


@styled
def error_by_horizon(
    table: "pd.DataFrame",
    measure: str = "moving_error",
    *,
    fps: float = 10.0,
    label: str = "error where something moved (%)",
    title: str | None = None,
    ax: "Axes | None" = None,
) -> "Figure":
    """Draw how far forecasts miss the truth, over how far ahead they look, with bands where there are any.

    Parameters
    ----------
    table
        As `generation.judges.by_horizon` returns it: columns `method`, `horizon` (frames), the measure, and
        `..._low` and `..._high` of it, NaN or left out where there is no interval.
    measure
        The column to draw, a share.
    fps
        Frames a second.
    label
        What the measure is, in percent.
    title
        What the figure shows, as a finding.
    ax
        Axes to draw in; new ones when not given.

    Raises
    ------
    BalletError
        If the table is empty or has no such column.
    """
    if len(table) == 0 or not {"method", "horizon", measure} <= set(table.columns):
        raise BalletError(
            f"The table needs rows and the columns method, horizon and {measure}, not "
            f"{', '.join(map(str, table.columns)) or 'none'}. Give what by_horizon returns."
        )
    figure, ax = canvas(ax, (8.4, 3.8))
    methods = {name: rows.sort_values("horizon") for name, rows in table.groupby("method", sort=False)}
    lines = {}
    for (name, rows), colour, dashes in zip(methods.items(), _cycle(PALETTE), _cycle(DASHES), strict=False):
        when = rows["horizon"] / fps
        ends = [rows.get(f"{measure}_{end}") for end in ("low", "high")]
        if all(end is not None for end in ends):
            ax.fill_between(when, 100 * ends[0], 100 * ends[1], color=colour, alpha=0.13, lw=0)
        (lines[name],) = ax.plot(when, 100 * rows[measure], ls=dashes, color=colour, marker="o", ms=4)
    ax.set(xlabel="seconds ahead", ylabel=label, ylim=(0, None))
    ax.grid(axis="y")
    last = {name: rows[measure].iloc[-1] for name, rows in methods.items()}
    order = sorted(last, key=lambda name: -last[name])  # as the lines end, from top to bottom
    ax.legend([lines[name] for name in order], order, loc="center left", bbox_to_anchor=(1.01, 0.5),
              handlelength=3)  # fmt: skip
    if title:
        ax.set_title(title)
    return figure


@styled
def motion_energy(
    dances: Mapping[str, np.ndarray],
    real: Sequence[np.ndarray],
    *,
    fps: float = 10.0,
    over: float = 2.0,
    title: str | None = None,
) -> "Figure":
    """Draw how much moves over time: a line for each dance, and a band in which real dance lies.

    Parameters
    ----------
    dances
        Motion energy (T,) by name, the share of the dancer's pixels that changed, as `judges.motion_energy`
        returns it.
    real
        The same of real dances. The band holds the middle 80% of their running means.
    fps
        Frames a second.
    over
        Seconds over which the running mean is taken.
    title
        What the figure shows, as a finding.

    Raises
    ------
    BalletError
        If there is no dance, no real one, or one shorter than the running mean.
    """
    frames = max(1, round(over * fps))
    every = [*dances.values(), *real]
    if not dances or len(real) == 0 or any(np.ndim(e) != 1 or len(e) < frames for e in every):
        raise BalletError(
            f"Give the energies (T,) of dances and of real ones, each of {frames} frames or more."
        )
    window = np.ones(frames) / frames
    smooth = {name: np.convolve(each, window, "valid") for name, each in dances.items()}
    known = np.concatenate([np.convolve(each, window, "valid") for each in real])
    low, middle, high = 100 * np.quantile(known, [0.1, 0.5, 0.9])
    figure, ax = subplots(size=(9.4, 3.6))
    ax.axhspan(low, high, color=FAINT, alpha=0.55, lw=0, zorder=0)
    ax.axhline(middle, color=QUIET, lw=0.9, zorder=1)
    ax.text(1.005, middle, "real\ndance", transform=ax.get_yaxis_transform(), va="center", color=QUIET,
            fontsize=9)  # fmt: skip
    for (name, each), colour, dashes in zip(smooth.items(), _cycle(PALETTE), _cycle(DASHES), strict=False):
        when = (np.arange(len(each)) + frames / 2) / fps
        ax.plot(when, 100 * each, ls=dashes, color=colour, label=name)
    ax.set(xlabel="seconds", ylabel="her pixels that change (%)", ylim=(0, None), xlim=(0, None))
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=4, handlelength=3)
    if title:
        ax.set_title(title)
    return figure


@styled
def temperature_sweep(
    table: "pd.DataFrame",
    measures: Mapping[str, tuple[str, float | None, float | None]],
    *,
    title: str | None = None,
) -> "Figure":
    """Draw what the temperature does to a dance: a point for each dance, a line through their means.

    Parameters
    ----------
    table
        A row for each dance, with a column `temperature` and one for each measure, 0 or more.
    measures
        By column: what it is, and the bounds within which a dance shall lie, None where there is none.
    title
        What the figure shows, as a finding.

    Raises
    ------
    BalletError
        If the table is empty or lacks a column.
    """
    missing = {"temperature", *measures} - set(table.columns)
    if len(table) == 0 or missing or not measures:
        raise BalletError(
            f"The table lacks {', '.join(sorted(missing)) or 'rows or measures'}. "
            "Give a row for each dance, with its temperature and each measure."
        )
    figure, axes = subplots(1, len(measures), size=(4.7 * len(measures), 3.5), squeeze=False)
    for ax, (column, (label, low, high)), colour in zip(axes[0], measures.items(), PALETTE, strict=False):
        means = table.groupby("temperature")[column].mean()
        ax.plot(table["temperature"], table[column], "o", color=colour, alpha=0.35, ms=5, mec="none")
        ax.plot(means.index, means, color=colour)
        top = 1.15 * max(table[column].max(), high or 0)
        ax.set_ylim(0, top)
        if low is not None or high is not None:
            ax.axhspan(low or 0, high or top, color=PALETTE[2], alpha=0.1, lw=0, zorder=0)
        ax.set(xlabel="temperature", ylabel=label)
        ax.set_xticks(list(means.index))
    if title:
        headline(figure, title)
    return figure


@styled
def two_futures(
    x: np.ndarray,
    y: np.ndarray,
    told: Mapping[str, np.ndarray],
    *,
    labels: tuple[str, str] = ("now", "next"),
    title: str | None = None,
) -> "Figure":
    """Draw what follows on what, a panel for what happened and one for what each model told of the same x.

    Parameters
    ----------
    x, y
        (N,) what was seen, and what came.
    told
        (N,) by the name of a model.
    labels
        Of the two axes.
    title
        What the figure shows, as a finding.

    Raises
    ------
    BalletError
        If an array has not one value for each x.
    """
    if len(x) == 0 or any(np.shape(each) != np.shape(x) for each in (y, *told.values())):
        raise BalletError(f"There are {len(x)} values of x. Give one y, and one of each model, for each.")
    panels = {"what happens": y, **told}
    figure, axes = subplots(1, len(panels), size=(2.75 * len(panels), 2.9), sharex=True, sharey=True)
    for ax, (name, each), colour in zip(
        np.ravel(axes), panels.items(), (INK, *_cycle(PALETTE)), strict=False
    ):
        if name != "what happens":
            ax.plot(x, y, "o", ms=2.5, color=FAINT, mec="none", zorder=0)
        ax.plot(x, each, "o", ms=3, color=colour, alpha=0.6, mec="none")
        ax.set_title(name, fontsize=10, fontweight="normal")
        ax.set_xlabel(labels[0])
    np.ravel(axes)[0].set_ylabel(labels[1])
    if title:
        headline(figure, title)
    return figure


@styled
def asked_and_seen(
    checked: "Verification", pictures: Sequence[np.ndarray] | None = None, title: str | None = None
) -> "Figure":
    """Draw movement by movement what was asked for and what was seen, in the movements' colours.

    Parameters
    ----------
    checked
        What `generation.studio_exercise.verify` returns.
    pictures
        RGB (H, W, 3), one of each movement of the exercise.
    title
        What the figure shows, as a finding.

    Raises
    ------
    BalletError
        If there is not one picture of each movement.
    """
    exercise, pairs = checked.exercise, checked.pairs
    if pictures is not None and len(pictures) != len(exercise):
        raise BalletError(
            f"There are {len(exercise)} movements and {len(pictures)} pictures. Give one of each."
        )
    told = [event.movement for event in checked.events]
    colours = movement_colours([*(token.movement for token in exercise), *told])
    above = 1.5 * (pictures is not None)
    figure, ax = subplots(size=(11, 1.55 + above))
    for column, (asked, seen) in enumerate(pairs):
        token, event = None if asked is None else exercise[asked], None if seen is None else told[seen]
        if token is None:
            _name_movement(ax, column, 1, None, colours)
        else:
            side = "" if token.side == "both" else f"{token.side} "
            _name_movement(ax, column, 1, token.movement, colours, f"\n{side}{token.counts}")
        _name_movement(ax, column, 0, event, colours)
        agree = token is not None and token.movement == event
        ax.text(column, 0.5, "=" if agree else "≠", ha="center", va="center", fontsize=11, fontweight="bold",
                color=PALETTE[2] if agree else PALETTE[1])  # fmt: skip
        if pictures is not None and asked is not None:
            place = ax.inset_axes((column - 0.47, 1.5, 0.94, 2.4), transform=ax.transData)
            place.imshow(pictures[asked])
            place.axis("off")
    ax.set(xlim=(-0.5, len(pairs) - 0.5), ylim=(-0.42, 1.42 + 2.5 * bool(above)), xticks=())
    ax.set_yticks((1, 0), ("asked", "seen"))
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    if title:
        headline(figure, title)
    return figure


def _name_movement(
    ax: "Axes", column: int, row: int, label: str | None, colours: dict[str, str], note: str = ""
) -> None:
    bar: dict[str, Any] = {"height": 0.66, "left": column - 0.45}
    text: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 8.5, "linespacing": 1.25}
    if label is None:
        ax.barh(row, 0.9, color="white", ec=QUIET, ls=(0, (4, 3)), lw=1, **bar)
        ax.text(column, row, "nothing", color=QUIET, **text)
    else:
        ax.barh(row, 0.9, color=colours[label], **bar)
        ax.text(column, row, chief_word(label) + note, color="white", **text)


def _cycle(items: Sequence) -> list:
    return list(items) * 4
