"""What goes on in a recurrent network: its gates, its gradients, its training, and where attention looks."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.plots.measures import DASHES
from ballet_lib.plots.pictures import FACE, draw_skeleton, name_sides
from ballet_lib.plots.style import INK, PALETTE, QUIET, canvas, headline, name_lines, styled, subplots
from ballet_lib.plots.takes import ABOVE, BELOW, HALF_WIDTH
from ballet_lib.skeleton import normalise
from ballet_lib.vocabulary import french

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ballet_lib.takes import Take

GATES = {
    "input": "input gate", "forget": "forget gate", "output": "output gate",
    "candidate": "candidate", "cell": "cell state", "hidden": "hidden state",
}  # fmt: skip
"""The parts of an LSTM by the names that `gates` knows; the first three lie in [0, 1]."""

Histories: TypeAlias = "Mapping[str, pd.DataFrame | Sequence[pd.DataFrame]]"


# --- Inside the cell --------------------------------------------------------------------------------------


@styled
def gates(
    parts: Mapping[str, np.ndarray],
    fps: float | None = None,
    *,
    curve: np.ndarray | None = None,
    label: str = "",
    title: str | None = None,
) -> "Figure":
    """Draw the gates, the cell state and the hidden state of an LSTM over the frames of one take.

    Units stand in the order in which their hidden state is largest, so that what follows in time stands
    below.

    Parameters
    ----------
    parts
        (T, units) for each name of `GATES`.
    fps
        Frames per second; the axis counts frames when not given.
    curve
        (T,) something of the movement to compare with, drawn above on the same time axis.
    label
        What the curve is, with its unit.
    title
        What the figure shows, as a finding.

    Raises
    ------
    BalletError
        If a part is missing, or they differ in shape.
    """
    parts = _whole_cell(parts)
    frames, units = parts["hidden"].shape
    if curve is not None and np.shape(curve) != (frames,):
        raise BalletError(
            f"The curve has {np.size(curve)} values and the cell {frames} frames. Give as many."
        )
    order = np.abs(parts["hidden"]).argmax(axis=0).argsort(kind="stable")
    rows = 3 + (curve is not None)
    figure, axes = subplots(
        rows, 2, size=(11, 1.75 * rows + 0.5), sharex=True, height_ratios=[0.75] * (rows - 3) + [1] * 3
    )
    length = frames / (fps or 1)
    if curve is not None:
        for ax in axes[0]:
            ax.plot((np.arange(frames) + 0.5) / (fps or 1), curve, color=INK)
            ax.grid(axis="x")
        axes[0, 0].set_ylabel(label)
    for ax, name in zip(axes[-3:].T.flat, GATES, strict=True):
        gate = name in ("input", "forget", "output")
        limit = max(1.0, np.abs(parts["cell"]).max()) if name == "cell" else 1.0
        image = ax.imshow(
            parts[name].T[order], cmap="cividis" if gate else "PuOr_r",
            vmin=0 if gate else -limit, vmax=limit,
            aspect="auto", interpolation="nearest", extent=(0, length, units, 0),
        )  # fmt: skip
        ax.set_title(GATES[name], fontsize=10, fontweight="normal", pad=4)
        ax.set_yticks([])
        ax.spines[:].set_visible(False)
        bar = figure.colorbar(image, ax=ax, pad=0.015, aspect=9, ticks=[0, 1] if gate else [-limit, 0, limit])
        bar.ax.set_yticklabels(["0", "1"] if gate else [f"−{limit:.2g}", "0", f"{limit:.2g}"])
        bar.outline.set_visible(False)
    for ax in axes[-3:, 0]:
        ax.set_ylabel(f"{units} units")
    for ax in axes[-1]:
        ax.set_xlabel("time (s)" if fps else "frame")
        ax.set_xlim(0, length)
    _name(figure, title)
    return figure


def _whole_cell(parts: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    if lost := [name for name in GATES if name not in parts]:
        raise BalletError(f"The cell's {', '.join(lost)} is missing. Give (T, units) for {', '.join(GATES)}.")
    arrays = {name: np.asarray(parts[name], dtype=float) for name in GATES}
    shapes = {array.shape for array in arrays.values()}
    if len(shapes) > 1 or len(arrays["hidden"].shape) != 2 or arrays["hidden"].size == 0:
        raise BalletError(
            f"The parts of a cell share one shape (T, units), not {sorted(shapes)}. Take one take."
        )
    return arrays


@styled
def gradient_norms(
    norms: Mapping[str, np.ndarray],
    steps: Sequence[int],
    *,
    label: str = "gradient of the last output\nby the first frame",
    title: str | None = None,
    ax: "Axes | None" = None,
) -> "Figure":
    """Draw the size of gradients against the number of steps they went back, on a logarithmic axis.

    Parameters
    ----------
    norms
        (steps, seeds) by cell: the median is the line, from the smallest to the largest is the band. Zeros,
        and what is not finite, cannot stand on this axis and are left out.
    steps
        How many steps back.
    label
        What was measured.
    title
        What the figure shows, as a finding.
    ax
        Axes to draw in; new ones when not given.

    Raises
    ------
    BalletError
        If there is no cell, or not a row of positive numbers for each count of steps.
    """
    if not norms or any(np.ndim(each) != 2 or len(each) != len(steps) for each in norms.values()):
        raise BalletError("Give an array (steps, seeds) for each cell, with a row for every count of steps.")
    figure, ax = canvas(ax, size=(8.6, 4.4))
    ax.set_yscale("log")
    lines = []
    for number, (name, values) in enumerate(norms.items()):
        values = np.asarray(values, dtype=float)
        values = np.where(np.isfinite(values) & (values > 0), values, np.nan)
        if np.isnan(values).all(axis=1).any():
            raise BalletError(f"{name} has no positive gradient for some count of steps. Take more seeds.")
        colour = PALETTE[number % len(PALETTE)]
        ax.fill_between(steps, np.nanmin(values, 1), np.nanmax(values, 1), color=colour, alpha=0.16, lw=0)
        middle = np.nanmedian(values, axis=1)
        (line,) = ax.plot(steps, middle, color=colour, linestyle=DASHES[number % len(DASHES)], label=name)
        ax.plot(steps, middle, "o", color=colour, ms=5, mec="white")
        lines.append((middle[-1], line))
    name_lines(ax, lines)
    ax.set_xticks(list(steps))
    ax.set(xlabel="steps back", ylabel=label)
    ax.grid(axis="y")
    if title:
        ax.set_title(title)
    return figure


# --- Training ---------------------------------------------------------------------------------------------


@styled
def training_curves(histories: Histories, *, log: bool = False, title: str | None = None) -> "Figure":
    """Draw loss and accuracy over the epochs: training dashed, validation solid, the best epoch marked.

    Parameters
    ----------
    histories
        A table of `fit` by the run's name, with columns `loss` and `accuracy`, and `val_loss` and
        `val_accuracy` if there was a validation set; or several tables, one a seed, in one colour.
    log
        Whether the loss has a logarithmic axis, as for a run that explodes.
    title
        What the figure shows, as a finding.

    Raises
    ------
    BalletError
        If there is no run, or one without epochs or without its loss and accuracy.
    """
    runs: dict[str, list] = {
        name: list(run) if isinstance(run, list | tuple) else [run] for name, run in histories.items()
    }
    if not runs or not all(tables and all(map(len, tables)) for tables in runs.values()):
        raise BalletError("There is no epoch to draw. Give the history of at least one finished training.")
    figure, axes = subplots(1, 2, size=(11, 3.9))
    for number, (name, tables) in enumerate(runs.items()):
        for table in tables:
            if {"loss", "accuracy"} - set(table.columns):
                raise BalletError(f"The history of {name} has no loss and accuracy. Give a table of `fit`.")
            _draw_run(axes, table, PALETTE[number % len(PALETTE)], alone=len(tables) == 1)
    if log:
        axes[0].set_yscale("log")
    for ax, what in zip(axes, ("loss", "accuracy"), strict=True):
        ax.set_title(what, fontsize=10, fontweight="normal")
        ax.set_xlabel("epoch")
        ax.grid(axis="y")
        ax.xaxis.get_major_locator().set_params(integer=True)
    axes[1].set_ylim(0, 1.02)
    _explain_runs(figure, runs)
    _name(figure, title)
    return figure


def _draw_run(axes: Sequence["Axes"], table: "pd.DataFrame", colour: str, alone: bool) -> None:
    epochs = np.arange(1, len(table) + 1)
    look: dict[str, Any] = {"color": colour, "lw": 2.0 if alone else 1.1, "alpha": 1.0 if alone else 0.75}
    for ax, what in zip(axes, ("loss", "accuracy"), strict=True):
        ax.plot(epochs, table[what], **look | {"linestyle": DASHES[1], "lw": 0.8 * look["lw"]})
        if f"val_{what}" in table and table["val_loss"].notna().any():
            best = int(np.nanargmin(table["val_loss"]))
            ax.plot(epochs, table[f"val_{what}"], **look)
            ax.plot(best + 1, table[f"val_{what}"].iloc[best], "o", color=colour, mec="white", ms=8, zorder=4)


def _explain_runs(figure: "Figure", runs: Mapping[str, list]) -> None:
    from matplotlib.lines import Line2D

    keys = [Line2D([], [], color=PALETTE[n % len(PALETTE)], lw=3, label=name) for n, name in enumerate(runs)]
    keys += [Line2D([], [], color=QUIET, linestyle=DASHES[1], label="training")]
    if any("val_loss" in table for tables in runs.values() for table in tables):
        keys += [
            Line2D([], [], color=QUIET, label="validation"),
            Line2D([], [], color=QUIET, marker="o", ms=8, mec="white", lw=0, label="best epoch"),
        ]
    figure.legend(handles=keys, loc="outside lower center", ncols=min(len(keys), 6), handlelength=2.6)


# --- Attention --------------------------------------------------------------------------------------------


@styled
def attention(
    weights: np.ndarray,
    takes: "Sequence[Take]",
    *,
    n: int = 9,
    names: Sequence[str] | None = None,
    title: str | None = None,
) -> "Figure":
    """Draw where attention looks: skeletons of each take, and below them the weight of each frame.

    The frame with the largest weight is darker and has its time; the thin line is where every frame would be
    looked at alike.

    Parameters
    ----------
    weights
        (takes, T), each row of sum 1. T need not be the take's own number of frames.
    takes
        One row each.
    n
        Skeletons in a row.
    names
        What to write beside each row; the dancer and the French term by default.
    title
        What the figure shows, as a finding.

    Raises
    ------
    BalletError
        If there is not one row of weights and one name for each take.
    """
    weights = np.asarray(weights, dtype=float)
    if names is None:
        names = [f"{take.dancer}\n{french(take.movement)}" for take in takes]
    if weights.ndim != 2 or weights.size == 0 or not len(weights) == len(takes) == len(names):
        raise BalletError(
            f"There are {len(takes)} takes, {len(names)} names and weights of shape {weights.shape}. "
            "Give one name and one row of weights a take."
        )
    figure, axes = subplots(
        2 * len(takes), 1, size=(11, 2.25 * len(takes) + 0.6), height_ratios=[1.35, 0.8] * len(takes)
    )
    figure.get_layout_engine().set(h_pad=0.02, hspace=0)
    highest = 1.35 * np.nanmax(weights)
    for row, (take, name) in enumerate(zip(takes, names, strict=True)):
        above, below = axes[2 * row : 2 * row + 2]
        _skeletons(above, take, n)
        _weights(below, weights[row], take.poses.seconds, highest)
        below.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=9)
    axes[-1].set_xlabel("time (s)")
    name_sides(figure, loc="outside lower center", ncols=2)
    _name(figure, title)
    return figure


def _skeletons(ax: "Axes", take: "Take", n: int) -> None:
    """Stand `n` skeletons on a time axis, each at its own time."""
    from matplotlib.patches import Circle

    points = normalise(take.poses.landmarks, take.poses.size)
    ax.set(xlim=(0, take.poses.seconds), ylim=(0, 1))
    ax.set_axis_off()
    for place in range(n):
        middle = (place + 0.5) / n
        index = min(int(middle * len(take)), len(take) - 1)
        if not take.poses.found[index]:
            continue
        inset = ax.inset_axes((place / n, 0, 1 / n, 1))
        inset.set(xlim=(-HALF_WIDTH, HALF_WIDTH), ylim=(BELOW, -ABOVE), aspect="equal")
        inset.set_axis_off()
        draw_skeleton(inset, points[index, :, :2], points[index, :, 3], scale=0.66)
        inset.add_patch(
            Circle(np.nanmean(points[index, list(FACE), :2], axis=0), 0.29, fc="none", ec=INK, lw=1.1)
        )


def _weights(ax: "Axes", weights: np.ndarray, seconds: float, highest: float) -> None:
    from matplotlib.ticker import MaxNLocator

    width = seconds / len(weights)
    when = (np.arange(len(weights)) + 0.5) * width
    peak = int(np.nanargmax(weights))
    colours = [INK if frame == peak else PALETTE[3] for frame in range(len(weights))]
    ax.bar(when, weights, width=0.86 * width, color=colours)
    ax.axhline(1 / len(weights), color=QUIET, lw=0.9)
    ax.text(when[peak], weights[peak], f"{when[peak]:.1f} s", ha="center", va="bottom", fontsize=9)
    ax.set(xlim=(0, seconds), ylim=(0, highest), yticks=[])
    ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.spines["left"].set_visible(False)


def _name(figure: "Figure", title: str | None) -> None:
    if title:
        headline(figure, title)
