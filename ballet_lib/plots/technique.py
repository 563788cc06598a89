"""A correction that can be seen: the frame, the limb, the angle, and how it came about over time."""

from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.plots.pictures import draw_skeleton
from ballet_lib.plots.style import FAINT, INK, PALETTE, QUIET, headline, styled, subplots
from ballet_lib.skeleton import INDEX
from ballet_lib.splits import accuracy_interval

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ballet_lib.pose_sequence import PoseSequence
    from ballet_lib.technique import Curve, Finding

FAULT, PASSES = "#b3005e", "#009e73"
_STAGE = "#f6f6f6"


@styled
def technique(
    poses: "PoseSequence",
    finding: "Finding",
    picture: np.ndarray | None = None,
    *,
    title: str | None = None,
) -> "Figure":
    """Show one finding: the frame in which it shows most, and its quantity over time.

    Parameters
    ----------
    poses
        What was judged.
    finding
        One of `technique.assess(poses, movement)` that is not unsure for want of a view.
    picture
        uint8 (H, W, 3), the frame `finding.frame` of the film; an empty stage if None.
    title
        What the figure shows, as a finding; the teacher's words if None.

    Raises
    ------
    BalletError
        If nothing was measured for the finding.
    """
    from ballet_lib.technique import curve

    over_time = curve(poses, finding)
    figure, (left, right) = subplots(1, 2, size=(10.5, 4.6), gridspec_kw={"width_ratios": [1, 1.25]})
    _draw_frame(left, poses, finding, picture)
    _draw_curve(right, poses, finding, over_time)
    headline(figure, title or finding.words)
    return figure


def _draw_frame(ax: "Axes", poses: "PoseSequence", finding: "Finding", picture: np.ndarray | None) -> None:
    width, height = poses.size
    points = poses.landmarks[finding.frame, :, :2].astype(float) * (width, height)
    if not np.isfinite(points).all():
        raise BalletError(f"Nobody is found in frame {finding.frame}. Take the poses that were judged.")
    if picture is None:
        ax.set_facecolor(_STAGE)
    else:
        ax.imshow(picture, extent=(0, width, height, 0), alpha=0.75)
    draw_skeleton(ax, points, np.clip(poses.landmarks[finding.frame, :, 3], 0.35, 1), scale=0.9)
    marked = points[list(finding.landmarks)]
    _draw_wanted(ax, points, finding)
    order = marked if len(marked) != 4 else marked[[0, 1, 3, 2, 0]]
    ax.plot(*order.T, color=FAULT, lw=4.5, solid_joinstyle="round", zorder=6)
    ax.plot(*marked.T, "o", color="white", mec=FAULT, mew=2.2, ms=8, zorder=7)
    _write_number(ax, points, marked, finding)
    _crop(ax, points, poses.size)


def _draw_wanted(ax: "Axes", points: np.ndarray, finding: "Finding") -> None:
    """Draw, dashed, where the limb should be: straight on, level, or upright."""
    marked = points[list(finding.landmarks)]
    size = np.linalg.norm(points[INDEX["left_shoulder"]] - points[INDEX["left_hip"]])
    if finding.rule in ("supporting_knee", "working_knee", "knees"):
        start, way = marked[1], marked[1] - marked[0]
        ends = [start, start + way / np.linalg.norm(way) * np.linalg.norm(marked[2] - marked[1])]
    elif finding.rule in ("hips", "shoulders"):
        middle, half = marked.mean(axis=0), 0.75 * size
        ends = [middle - np.array([half, 0]), middle + np.array([half, 0])]
    elif finding.rule == "back":
        foot = marked[2:].mean(axis=0)
        ends = [foot, foot - (0, 1.25 * size)]
    elif finding.rule == "leg_height":
        reach = np.linalg.norm(marked[1] - marked[0]) * np.sign(marked[1, 0] - marked[0, 0] or 1)
        ends = [marked[0], marked[0] + (reach, 0)]
    else:
        return
    ax.plot(*np.transpose(ends), color=PASSES, lw=2.6, ls=(0, (2.4, 1.4)), zorder=5)


def _write_number(ax: "Axes", points: np.ndarray, marked: np.ndarray, finding: "Finding") -> None:
    unit = finding.unit if finding.unit == "°" else f" {finding.unit}"
    place = marked[len(marked) // 2] if len(marked) == 3 else marked.mean(axis=0)
    aside = 1 if place[0] >= np.median(points[:, 0]) else -1
    ax.annotate(
        f"{finding.measured:.0f}{unit}", place, xytext=(34 * aside, 0), textcoords="offset points",
        ha="left" if aside > 0 else "right", va="center", fontsize=15, fontweight="bold", color=FAULT,
        zorder=9,
        bbox={"boxstyle": "round,pad=0.25", "fc": "white", "ec": FAULT, "lw": 1.2, "alpha": 0.92},
        arrowprops={"arrowstyle": "-", "color": FAULT, "lw": 1.2, "shrinkB": 6},
    )  # fmt: skip


def _crop(ax: "Axes", points: np.ndarray, size: tuple[int, int]) -> None:
    """Show the whole dancer in a frame of three by four and a half, whatever the film's."""
    low, high = points.min(axis=0), points.max(axis=0)
    low = low - (0, 0.13 * (high - low)[1])  # no landmark is on the crown
    middle, half = (low + high) / 2, 0.54 * max((high - low)[1], (high - low)[0] * 1.1, 1)
    ax.set(xlim=(middle[0] - 0.92 * half, middle[0] + 0.92 * half), ylim=(middle[1] + half, middle[1] - half))
    ax.set_aspect("equal")
    ax.set(xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set_visible(False)


def _draw_curve(ax: "Axes", poses: "PoseSequence", finding: "Finding", over_time: "Curve") -> None:
    when = np.arange(len(poses)) / poses.fps
    values, height = over_time.values, over_time.height
    ax.plot(when, values, color=INK, lw=1.6, zorder=3)
    ax.axvspan(when[height[0]], when[height[-1]], color=FAINT, alpha=0.5, lw=0, zorder=0)
    span = [when[height[0]], when[height[-1]]]
    ax.plot(
        span, [finding.measured] * 2, color=FAULT if finding.verdict == "fault" else PASSES, lw=4, zorder=4
    )
    inner = values[np.isfinite(values)]
    ends = [inner.min(), inner.max(), finding.measured, finding.wanted]
    for limit, sign in ((over_time.low, -1), (over_time.high, 1)):
        if np.isfinite(limit):
            told = limit + sign * over_time.margin
            ax.axhspan(limit, told, color=PALETTE[4], alpha=0.16, lw=0, zorder=1)
            ax.axhline(limit, color=PASSES, lw=1.2, zorder=2)
            ax.axhline(told, color=FAULT, lw=1.2, ls=(0, (5, 2)), zorder=2)
            _name(ax, limit, "passes", PASSES, above=sign < 0)
            _name(ax, told, "told", FAULT, above=sign > 0)
            _name(ax, (limit + told) / 2, "may be the\ncamera's error", QUIET, above=None)
            ends += [told + sign * 0.15 * over_time.margin, limit - sign * 0.4 * over_time.margin]
    room = 0.06 * (max(ends) - min(ends))
    ax.set(ylim=(min(ends) - room, max(ends) + room), xlim=(when[0], when[-1]), xlabel="seconds")
    whose = f"{finding.side} " if finding.side else ""
    ax.set_ylabel(f"{whose}{finding.rule.replace('_', ' ')} ({finding.unit})")
    ax.text(np.mean(span), 0.02, "height", transform=ax.get_xaxis_transform(), ha="center", fontsize=8,
            color=QUIET)  # fmt: skip
    words = f"measured {finding.measured:.0f}, wanted {finding.wanted:g} {finding.unit}"
    ax.set_title(words.replace("-", "−").replace(" °", "°"), fontsize=10, fontweight="normal", color=QUIET)


def _name(ax: "Axes", level: float, words: str, colour: str, above: bool | None) -> None:
    lift, anchor = {True: (3, "bottom"), False: (-3, "top"), None: (0, "center")}[above]
    ax.annotate(words, (1.0, level), xycoords=("axes fraction", "data"), xytext=(5, lift),
                textcoords="offset points", fontsize=8, color=colour, va=anchor, annotation_clip=False,
                linespacing=1.1)  # fmt: skip


@styled
def fault_rates(trials: "pd.DataFrame", rule: str, *, title: str | None = None) -> "Figure":
    """Show how often a planted fault is told, by its size and the view; size 0 are false alarms.

    Parameters
    ----------
    trials
        What `technique.trials` returns, of takes with and without this rule's fault.
    rule
        Which rule.
    title
        What the figure shows, as a finding.

    Raises
    ------
    BalletError
        If no take was judged by this rule.
    """
    mine = trials[(trials["rule"] == rule) & (trials["planted"] | (trials["size"] == 0))]
    if not len(mine):
        raise BalletError(f"No take was judged by the rule {rule!r}. Film some with studio.faults.planted.")
    figure, ax = subplots(size=(7.6, 4.0))
    sizes = sorted(mine["size"].unique())
    views = [view for view in ("front", "diagonal", "side", "behind", "") if (mine["view"] == view).any()]
    for number, view in enumerate(views):
        aside = (number - (len(views) - 1) / 2) * 0.2
        some = mine[mine["view"] == view]
        _draw_rates(
            ax, [some[some["size"] == size] for size in sizes], aside, PALETTE[number], view or "anywhere"
        )
    ax.set(ylim=(0, 104), ylabel="told as a fault (%)", xlabel="size of the planted fault")
    ax.set_xticks(range(len(sizes)), [f"{size:g}" if size else "none" for size in sizes])
    ax.grid(axis="y")
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1), title="seen from", alignment="left")
    if title:
        ax.set_title(title)
    return figure


def _draw_rates(
    ax: "Axes", groups: list["pd.DataFrame"], aside: float, colour: str, name: str | None
) -> None:
    """Draw one view: a dot a size, with the interval that its few takes leave."""
    for place, some in enumerate(groups):
        if not len(some):
            continue
        told, count = int((some["verdict"] == "fault").sum()), len(some)
        low, high = accuracy_interval(told, count)
        ax.plot([place + aside] * 2, [100 * low, 100 * high], color=colour, lw=2.4, alpha=0.35)
        ax.plot(place + aside, 100 * told / count, "o", color=colour, mec="white", ms=9, zorder=3, label=name)
        name = None
        ax.annotate(f"{told}/{count}", (place + aside, 100 * told / count), xytext=(7, 0),
                    textcoords="offset points", va="center", fontsize=7, color=QUIET)  # fmt: skip
