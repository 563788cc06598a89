"""Takes without their pictures: skeletons side by side, one class as curves, performances on a time line."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.plots.pictures import FACE, draw_skeleton, name_sides
from ballet_lib.plots.style import FAINT, INK, PALETTE, QUIET, headline, ink_on, styled, subplots
from ballet_lib.skeleton import normalise
from ballet_lib.vocabulary import BALLET_MOVEMENTS, french

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.patches import Circle

    from ballet_lib.takes import Take

HALF_WIDTH, ABOVE, BELOW = 1.85, 2.35, 2.05  # torsos around the hips that a skeleton's cell shows


@styled
def take_strips(
    takes: "Sequence[Take]", *, n: int = 7, names: Sequence[str] | None = None, title: str | None = None
) -> "Figure":
    """Draw each take as a row of `n` skeletons, evenly spaced in time, all to one scale around the hips.

    Parameters
    ----------
    takes
        One row each. A frame without the person stays empty.
    n
        Skeletons in a row.
    names
        What to write beside each row; the dancer and the French term by default.
    title
        What the figure shows, as a finding.

    Raises
    ------
    BalletError
        If there is no take, or not one name for each.
    """
    if names is None:
        names = [f"{take.dancer}\n{french(take.movement)}" for take in takes]
    if len(takes) == 0 or len(names) != len(takes):
        raise BalletError(f"There are {len(takes)} takes and {len(names)} names. Give one name a take.")
    figure, axes = subplots(len(takes), n, size=(11, 1.42 * len(takes) + 0.7), squeeze=False)
    figure.get_layout_engine().set(w_pad=0.01, h_pad=0.01, wspace=0, hspace=0)
    for row, take, name in zip(axes, takes, names, strict=True):
        points = normalise(take.poses.landmarks, take.poses.size)
        chosen = np.linspace(0, len(take) - 1, n).round().astype(int)
        for ax, index in zip(row, chosen, strict=True):
            ax.set(xlim=(-HALF_WIDTH, HALF_WIDTH), ylim=(BELOW, -ABOVE), aspect="equal", xticks=[], yticks=[])
            ax.spines[:].set_visible(False)
            if take.poses.found[index]:
                draw_skeleton(ax, points[index, :, :2], points[index, :, 3], scale=0.69)
                ax.add_patch(_head(points[index, list(FACE), :2]))
            else:
                ax.text(0, 0, "nobody", ha="center", va="center", color=QUIET, fontsize=8)
            if ax in axes[0]:
                ax.set_title(f"{index / take.poses.fps:.1f} s", fontsize=9, fontweight="normal", loc="center")
        row[0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=9)
    if title:
        headline(figure, title)
    name_sides(figure, loc="outside lower center", ncols=2)
    return figure


def _head(face: np.ndarray) -> "Circle":
    from matplotlib.patches import Circle

    return Circle(np.nanmean(face, axis=0), 0.29, facecolor="none", edgecolor=INK, lw=1.1)


@styled
def class_curves(
    curves: Mapping[str, np.ndarray], fps: float, *, label: str, title: str | None = None
) -> "Figure":
    """Draw a measured quantity of many takes over time, one panel a class: each take thin, the median bold.

    Parameters
    ----------
    curves
        (takes, T) by class.
    fps
        Frames per second.
    label
        What is measured, with its unit.
    title
        What the figure shows, as a finding.

    Raises
    ------
    BalletError
        If there is no class, or a class without takes.
    """
    if not curves or any(np.ndim(each) != 2 or len(each) == 0 for each in curves.values()):
        raise BalletError("Class curves need an array (takes, frames) for each class. Leave empty ones out.")
    columns = min(len(curves), 4)
    rows = -(-len(curves) // columns)
    figure, axes = subplots(
        rows, columns, size=(11, 2.5 * rows + 0.4), sharex=True, sharey=True, squeeze=False
    )
    for ax in axes.flat[len(curves) :]:
        ax.set_axis_off()
    for ax, (name, each) in zip(axes.flat, curves.items(), strict=False):
        seconds = np.arange(np.shape(each)[1]) / fps
        ax.plot(seconds, np.transpose(each), color=PALETTE[0], lw=0.7, alpha=0.25)
        ax.plot(seconds, np.nanmedian(each, axis=0), color=INK, lw=2.4)
        ax.set_title(french(name), fontsize=10, fontweight="normal")
        ax.grid(axis="y")
    for ax in axes[-1]:
        ax.set_xlabel("seconds")
    for ax in axes[:, 0]:
        ax.set_ylabel(label)
    if title:
        headline(figure, title)
    return figure


@styled
def timelines(takes: "Sequence[Take]", *, title: str | None = None) -> "Figure":
    """Draw what is danced when in long performances: a row each, the movements named, the rest pale.

    Raises
    ------
    BalletError
        If there is no performance.
    """
    if len(takes) == 0:
        raise BalletError("There is no performance to draw. Give at least one take.")
    figure, ax = subplots(size=(11, 0.46 * len(takes) + 1.1))
    for row, take in enumerate(takes):
        ax.barh(row, take.poses.seconds, color="#f1f1f1", edgecolor=FAINT, height=0.7, zorder=1)
        for start, end, label in take.timeline:
            if label not in BALLET_MOVEMENTS:
                ax.barh(row, end - start, left=start, color=FAINT, height=0.7, zorder=2)
                continue
            colour = PALETTE[BALLET_MOVEMENTS.index(label) % len(PALETTE)]
            ax.barh(row, end - start, left=start, color=colour, height=0.7, zorder=2)
            short = french(label).removeprefix("battement ").removeprefix("première ").split()[0]
            ax.text((start + end) / 2, row, short, ha="center", va="center", fontsize=7.5,
                    color=ink_on(colour), clip_on=True)  # fmt: skip
    ax.set_yticks(range(len(takes)), [take.take_id for take in takes])
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel("seconds (grey: other; white: steps and pauses between)")
    ax.set_xlim(0, None)
    if title:
        ax.set_title(title)
    return figure
