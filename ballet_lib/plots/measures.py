"""Measurements with their uncertainty: how many joints are right, and how large the errors are."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.plots.style import PALETTE, QUIET, canvas, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DASHES = ("-", (0, (5, 1.5)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5)), (0, (3, 3)), (0, (8, 2)))


@styled
def pck_curve(
    errors: Mapping[str, np.ndarray],
    *,
    threshold: float = 0.05,
    limit: float = 0.15,
    unit: str = "body height",
    title: str | None = None,
    ax: "Axes | None" = None,
) -> "Figure":
    """Draw the percentage of correct keypoints (PCK) against the distance that still counts as correct.

    Parameters
    ----------
    errors
        Distances from the true joints by group, any shape, as fractions of `unit`. NaN, a joint that was not
        found, is never correct.
    threshold
        The distance to mark, and at which each group's PCK is written.
    limit
        Where the horizontal axis ends.
    unit
        What the errors are fractions of.
    title
        What the figure shows, as a finding.
    ax
        Axes to draw in; new ones when not given.

    Raises
    ------
    BalletError
        If there is no group, or one without errors.
    """
    if not errors or any(np.size(values) == 0 for values in errors.values()):
        raise BalletError("A PCK curve needs at least one error in each group. Leave empty groups out.")
    figure, ax = canvas(ax, size=(7.2, 4.0))
    distances = np.linspace(0, limit, 301)
    ax.axvline(100 * threshold, color=QUIET, lw=0.9, zorder=1)
    shares = {}
    for number, (name, values) in enumerate(errors.items()):
        ordered = np.sort(np.ravel(values).astype(float))  # NaN goes last, beyond every distance
        share = np.searchsorted(ordered, distances, side="right") / ordered.size
        at = np.searchsorted(ordered, threshold, side="right") / ordered.size
        colour = PALETTE[number % len(PALETTE)]
        dashes = DASHES[(number + number // len(PALETTE)) % len(DASHES)]  # no pair twice among 36 groups
        (line,) = ax.plot(100 * distances, 100 * share, color=colour, linestyle=dashes, label=name)
        ax.plot(100 * threshold, 100 * at, "o", color=colour, mec="white", ms=6.5, zorder=4)
        shares[name] = at, line
    ax.set(xlim=(0, 100 * limit), ylim=(0, 102))
    ax.set_xlabel(f"distance from the true joint (% of {unit})")
    ax.set_ylabel("joints within it (%)")
    ax.grid(axis="y")
    best_first = sorted(shares, key=lambda name: -shares[name][0])
    ax.legend(
        [shares[name][1] for name in best_first],
        [f"{100 * shares[name][0]:.0f}%  {name}" for name in best_first],
        title=f"within {100 * threshold:g}%",
        alignment="left",
        handlelength=3.2,
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
    )
    if title:
        ax.set_title(title)
    return figure


@styled
def error_by_group(
    names: Sequence[str],
    estimates: Sequence[float],
    intervals: Sequence[tuple[float, float]] | None = None,
    *,
    label: str = "error (% of body height)",
    title: str | None = None,
    order: bool = False,
    digits: int = 1,
    reference: float | None = None,
    ax: "Axes | None" = None,
) -> "Figure":
    """Compare groups: one row each, a dot for the estimate and a line for its interval.

    Parameters
    ----------
    names, estimates
        The groups and one number each; NaN is written as "no data".
    intervals
        (low, high) around each estimate, 95% as the course's rule.
    label
        What the number is, with its unit.
    title
        What the figure shows, as a finding.
    order
        Whether to sort the rows, the smallest on top.
    digits
        Decimals of the numbers written at the right.
    reference
        A value to compare with, drawn as a thin line.
    ax
        Axes to draw in; new ones when not given.

    Raises
    ------
    BalletError
        If there are not as many estimates and intervals as groups.
    """
    middles = np.asarray(estimates, dtype=float)
    bounds = np.full((len(names), 2), np.nan) if intervals is None else np.asarray(intervals, dtype=float)
    if len(names) == 0 or middles.shape != (len(names),) or bounds.shape != (len(names), 2):
        raise BalletError(
            f"{len(names)} groups need as many estimates and (low, high) intervals, not {middles.shape}, "
            f"{bounds.shape}. Give one of each a group."
        )
    rows = np.argsort(middles, kind="stable") if order else np.arange(len(names))
    figure, ax = canvas(ax, size=(7.2, 0.9 + 0.38 * len(names)))
    for place, row in enumerate(rows):
        ax.plot(bounds[row], [place, place], color=PALETTE[0], lw=2.6, alpha=0.45, zorder=2)
        ax.plot(middles[row], place, "o", color=PALETTE[0], mec="white", ms=8, zorder=3)
        known = np.isfinite(middles[row])
        text = f"{middles[row]:.{digits}f}" if known else "no data"
        if np.isfinite(bounds[row]).all():
            text += f"  [{bounds[row, 0]:.{digits}f}, {bounds[row, 1]:.{digits}f}]"
        ax.annotate(
            text, (1.0, place), xycoords=("axes fraction", "data"), xytext=(8, 0), textcoords="offset points",
            va="center", fontsize=9, color=QUIET, annotation_clip=False,
        )  # fmt: skip
    if reference is not None:
        ax.axvline(reference, color=QUIET, lw=0.9, zorder=1)
    ax.set_yticks(range(len(names)), [names[row] for row in rows])
    ax.set(ylim=(len(names) - 0.4, -0.6), xlabel=label)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x")
    highest = np.nanmax(np.append(bounds, middles))
    if np.isfinite(highest) and np.nanmin(np.append(bounds, middles)) >= 0:
        ax.set_xlim(0, highest * 1.06 or 1)
    if title:
        ax.set_title(title)
    return figure
