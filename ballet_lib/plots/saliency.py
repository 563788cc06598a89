"""What a network looks at in a dance: maps of time and landmarks, and skeletons that carry them."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.plots.pictures import FACE
from ballet_lib.plots.style import FAINT, LEFT, PALETTE, RIGHT, headline, styled, subplots
from ballet_lib.plots.takes import ABOVE, BELOW, HALF_WIDTH
from ballet_lib.skeleton import (
    LANDMARKS,
    LEFT_CONNECTIONS,
    RIGHT_CONNECTIONS,
    TORSO_CONNECTIONS,
    normalise,
)
from ballet_lib.vocabulary import french

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

    from ballet_lib.takes import Take

LOOK = PALETTE[3]
"""Colour of what is looked at, as in `plots.attention`."""

GHOST = "#c4c4c4"
"""Limbs under their saliency."""

BRIGHTEST = 99.5
"""Percentile of a map's sizes that takes the full colour, so that one cell does not bleach the others."""

Groups = Mapping[str, Sequence[int]]


# --- Maps over time ---------------------------------------------------------------------------------------


@styled
def saliency(
    take: "Take",
    maps: np.ndarray | Mapping[str, np.ndarray],
    groups: Groups,
    *,
    n: int = 9,
    detail: str = "landmarks",
    title: str | None = None,
) -> "Figure":
    """Draw a dance as a row of skeletons, and below it, on the same time axis, a heat map of each map.

    The skeletons carry the first map: the larger and darker a joint, the more it matters then. Each map has
    its own scale. Maps with negative values are drawn in two colours, others in one.

    Parameters
    ----------
    take
        The dance.
    maps
        (T, 33), or several by name; T need not be the take's own number of frames.
    groups
        Landmarks by the part of the body, as `saliency.GROUPS`; the rows of the heat map, from the top.
    n
        Skeletons in the row.
    detail
        `"landmarks"` for a row each, `"groups"` for the sum over each part of the body.
    title
        What the figure shows, as a finding.

    Raises
    ------
    BalletError
        If there is no map, or one is not (T, 33), or holds values that are no numbers, or `detail` is
        neither.
    """
    maps = {name: _map(each) for name, each in (maps if isinstance(maps, Mapping) else {"": maps}).items()}
    if not maps or detail not in ("landmarks", "groups"):
        raise BalletError("Give at least one map, and 'landmarks' or 'groups' as the detail of its rows.")
    signed = any((each < 0).any() for each in maps.values())
    rows = sum(map(len, groups.values())) if detail == "landmarks" else len(groups)
    high = 0.12 * rows if detail == "landmarks" else 0.165 * rows
    figure, axes = subplots(
        1 + len(maps), 1, size=(11, 1.7 + high * len(maps) + 0.75), height_ratios=[1.7, *[high] * len(maps)]
    )
    figure.get_layout_engine().set(h_pad=0.02, hspace=0.01)
    _skeletons_in_time(axes[0], take, next(iter(maps.values())), n, signed)
    for ax, (name, each) in zip(axes[1:], maps.items(), strict=True):
        image = _heat_map(ax, each, groups, take.poses.seconds, signed, detail)
        ax.set_title(name, fontsize=10, fontweight="normal", pad=3)
        if ax is not axes[-1]:
            ax.tick_params(axis="x", bottom=False, labelbottom=False)
    axes[-1].set_xlabel("time (s)")
    _explain_colours(figure, axes[1:], image, signed)
    _name(figure, title)
    return figure


@styled
def saliency_skeletons(
    maps: Sequence[np.ndarray],
    takes: "Sequence[Take]",
    *,
    n: int = 7,
    names: Sequence[str] | None = None,
    title: str | None = None,
) -> "Figure":
    """Draw a row of skeletons for each map: the larger and darker a joint, the more it matters at that time.

    Parameters
    ----------
    maps
        (T, 33) each; every row has its own scale.
    takes
        The dance of each map.
    n
        Skeletons in a row.
    names
        What to write beside each row; the dancer and the French term by default.
    title
        What the figure shows, as a finding.

    Raises
    ------
    BalletError
        If there is no map, or not one take and one name for each, or one is not (T, 33).
    """
    maps = [_map(each) for each in maps]
    if names is None:
        names = [f"{take.dancer}\n{french(take.movement)}" for take in takes]
    if not maps or not len(maps) == len(takes) == len(names):
        raise BalletError(
            f"There are {len(maps)} maps, {len(takes)} takes and {len(names)} names. Give as many of each."
        )
    signed = any((each < 0).any() for each in maps)
    figure, axes = subplots(len(maps), 1, size=(11, 1.62 * len(maps) + 0.75), squeeze=False)
    figure.get_layout_engine().set(h_pad=0.01, hspace=0)
    for ax, each, take, name in zip(axes[:, 0], maps, takes, names, strict=True):
        _skeletons_in_time(ax, take, each, n, signed)
        ax.text(-0.005, 0.45, name, transform=ax.transAxes, ha="right", va="center", fontsize=9)
    _name_joints(figure, signed)
    _name(figure, title)
    return figure


def _map(values: np.ndarray) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    if values.ndim != 2 or values.shape[1] != len(LANDMARKS) or len(values) == 0:
        raise BalletError(
            f"A map has the shape (T, 33), not {values.shape}. Sum it over the coordinates: "
            "saliency.joint_maps(maps, features)[0]."
        )
    if not np.isfinite(values).all():
        raise BalletError("The map holds values that are no numbers. Look at the model and its input.")
    return values


def colour_scale(signed: bool) -> "Colormap":
    """Return the colours of a map: from white through purple, or, if signed, from orange (against) to purple.

    Both are safe for colour-blind readers. A signed scale takes (value + 1) / 2.
    """
    from matplotlib import colormaps
    from matplotlib.colors import LinearSegmentedColormap

    if signed:
        return colormaps["PuOr"]
    return LinearSegmentedColormap.from_list("look", ["#ffffff", "#d9bfd8", LOOK, "#3a1b39"])


def _brightest(values: np.ndarray) -> float:
    return float(np.percentile(np.abs(values), BRIGHTEST)) or float(np.abs(values).max()) or 1.0


def _heat_map(ax: "Axes", values: np.ndarray, groups: Groups, seconds: float, signed: bool, detail: str):
    parts = [values[:, list(part)] for part in groups.values()]
    parts = parts if detail == "landmarks" else [part.sum(axis=1, keepdims=True) for part in parts]
    rows, limit = np.concatenate(parts, axis=1).T, _brightest(np.concatenate(parts, axis=1))
    image = ax.imshow(
        rows / limit, cmap=colour_scale(signed), vmin=-1 if signed else 0, vmax=1, aspect="auto",
        interpolation="nearest", extent=(0, seconds, len(rows), 0),
    )  # fmt: skip
    ends = np.cumsum([part.shape[1] for part in parts])
    for end in ends[:-1]:
        ax.axhline(end, color="white", lw=2.0)
        ax.axhline(end, color=FAINT, lw=0.8)
    ax.set_yticks(ends - np.diff(ends, prepend=0) / 2, list(groups), fontsize=8)
    ax.tick_params(axis="y", length=0)
    ax.spines[:].set(visible=True, color=FAINT)
    return image


def _explain_colours(figure: "Figure", axes: Sequence["Axes"], image, signed: bool) -> None:
    bar = figure.colorbar(image, ax=list(axes), pad=0.012, aspect=26, shrink=0.9, fraction=0.025)
    bar.set_ticks(
        [-0.94, 0, 0.94] if signed else [0.03, 0.97],
        labels=["against", "0", "for the\nanswer"] if signed else ["0", "most"],
    )
    bar.ax.tick_params(length=0)
    bar.outline.set_visible(False)
    _name_joints(figure)


# --- Skeletons that carry a map ---------------------------------------------------------------------------


def _skeletons_in_time(ax: "Axes", take: "Take", values: np.ndarray, n: int, signed: bool) -> None:
    """Stand `n` skeletons on a time axis, each with the mean of the map over its share of the time."""
    points = normalise(take.poses.landmarks, take.poses.size)
    ends = np.linspace(0, len(values), n + 1).round().astype(int)
    slots = np.array([values[a : max(a + 1, b)].mean(axis=0) for a, b in pairwise(ends)])
    slots /= np.abs(slots).max() or 1.0
    ax.set(xlim=(0, take.poses.seconds), ylim=(0, 1))
    ax.set_axis_off()
    for place, strength in enumerate(slots):
        index = min(int((place + 0.5) / n * len(take)), len(take) - 1)
        if not take.poses.found[index]:
            continue
        inset = ax.inset_axes((place / n, 0, 1 / n, 1))
        inset.set(xlim=(-HALF_WIDTH, HALF_WIDTH), ylim=(BELOW, -ABOVE), aspect="equal")
        inset.set_axis_off()
        _draw_strength(inset, points[index, :, :2], strength, colour_scale(signed), signed)


def _draw_strength(ax: "Axes", points: np.ndarray, strength: np.ndarray, colours, signed: bool) -> None:
    """Draw pale limbs, and joints by strength (33,) in [-1, 1]; the head counts as one."""
    from matplotlib.collections import LineCollection
    from matplotlib.patches import Circle

    for connections, dashes in (
        (TORSO_CONNECTIONS, "-"), (LEFT_CONNECTIONS, LEFT.dashes), (RIGHT_CONNECTIONS, RIGHT.dashes),
    ):  # fmt: skip
        lines = [points[[a, b]] for a, b in connections if np.isfinite(points[[a, b]]).all()]
        ax.add_collection(
            LineCollection(lines, colors=GHOST, linewidths=1.5, linestyles=[dashes], clip_on=False)
        )

    def shade(value: float):
        return colours((value + 1) / 2 if signed else value)

    face = strength[list(FACE)]
    head = face[np.abs(face).argmax()]
    middle = points[list(FACE)]
    if np.isfinite(middle).any():
        ax.add_patch(
            Circle(
                np.nanmean(middle, axis=0), 0.29, fc=shade(head), ec=GHOST, lw=1.1, zorder=3, clip_on=False
            )
        )
    order = sorted(set(range(len(LANDMARKS))) - set(FACE), key=lambda index: abs(strength[index]))
    for index in order:  # the strongest on top
        if np.isfinite(points[index]).all():
            side = LEFT if "left" in LANDMARKS[index] else RIGHT
            value = strength[index]
            ax.plot(
                *points[index], side.marker, color=shade(value), ms=1.6 + 8.4 * np.sqrt(abs(value)),
                mec=GHOST if abs(value) < 0.25 else "white", mew=0.6, zorder=4, clip_on=False,
                gid=LANDMARKS[index],
            )  # fmt: skip


def _name_joints(figure: "Figure", signed: bool = False) -> None:
    from matplotlib.lines import Line2D

    names = ["dancer's left", "dancer's right"]
    keys = [
        Line2D([], [], color=GHOST, ls=side.dashes, marker=side.marker, lw=1.8, ms=7, mfc=LOOK, mec="white")
        for side in (LEFT, RIGHT)
    ]
    for word, end in (("for the answer", 0.96), ("against it", 0.2)) if signed else ():
        keys.append(Line2D([], [], lw=0, marker="D", ms=7, color=colour_scale(signed)(end)))
        names.append(word)
    figure.legend(keys, names, loc="outside lower center", ncols=len(keys), handlelength=2.6)


def _name(figure: "Figure", title: str | None) -> None:
    if title:
        headline(figure, title)
