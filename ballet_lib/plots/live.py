"""A stream of windows and what is made of it: decisions on a time line, what a threshold costs, how late."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.plots.recognition import REST, chief_word, hill_line, movement_colours
from ballet_lib.plots.style import FAINT, INK, PALETTE, QUIET, canvas, headline, ink_on, styled, subplots
from ballet_lib.vocabulary import BALLET_MOVEMENTS, french

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ballet_lib.event_scores import EventScores
    from ballet_lib.takes import Segment

_LINES = ("-", (0, (5, 1.6)), (0, (1.5, 1.2)), (0, (6, 1.5, 1.5, 1.5)))


@styled
def stream(
    when: np.ndarray,
    probabilities: np.ndarray,
    labels: Sequence[str],
    truth: "Sequence[Segment]",
    told: Mapping[str, Sequence[tuple[float, str]]] | None = None,
    *,
    threshold: float | None = None,
    title: str | None = None,
) -> "Figure":
    """Draw what one window after the other says, above what is danced and the moments at which rules tell it.

    Parameters
    ----------
    when
        (N,) seconds of each window's last frame.
    probabilities
        (N, K).
    labels
        K names of the columns.
    truth
        What is danced, and when.
    told
        By the name of a rule, what it told: (second, label).
    threshold
        A line to draw.
    title
        What the figure shows, as a finding.

    Raises
    ------
    BalletError
        If the arrays do not belong together.
    """
    if np.shape(probabilities) != (len(when), len(labels)):
        raise BalletError(
            f"The probabilities have the shape {np.shape(probabilities)}, for {len(when)} windows and "
            f"{len(labels)} labels. Give a row for each window and a column for each label."
        )
    told = told or {}
    rows, colours = 1 + len(told), movement_colours([*labels, *(segment.label for segment in truth)])
    figure, (above, below) = subplots(
        2, 1, size=(11, 3.2 + 0.4 * rows), sharex=True,
        gridspec_kw={"height_ratios": [2.3, 0.4 * rows + 0.1]},
    )  # fmt: skip
    figure.get_layout_engine().set(hspace=0.02)
    for label, column in zip(labels, np.transpose(probabilities), strict=True):
        rest = label == "other"
        line = {"lw": 1.0, "ls": (0, (2, 1.5)), "zorder": 1} if rest else {"lw": 1.8, "ls": hill_line(label)}
        above.plot(when, column, color=colours[label], label=french(label), **line)
        if not rest:
            above.fill_between(when, column, color=colours[label], alpha=0.12, lw=0)
    if threshold is not None:
        above.axhline(threshold, color=INK, lw=0.8, ls=(0, (6, 3)))
    above.set(ylim=(0, 1.02), yticks=np.linspace(0, 1, 6), ylabel="probability")
    above.grid(axis="y")
    above.tick_params(axis="x", length=0)
    below.set(ylim=(rows - 0.5, -0.5), xlim=(0, max(when[-1], *(segment.end for segment in truth), 0)))
    _draw_segments(below, truth, colours)
    for row, moments in enumerate(told.values(), start=1):
        _draw_moments(below, row, moments, colours)
    below.set_yticks(range(rows), ["danced", *told])
    below.set_xlabel("seconds")
    below.tick_params(axis="y", length=0)
    below.spines["left"].set_visible(False)
    figure.legend(*above.get_legend_handles_labels(), loc="outside lower center", ncols=len(labels),
                  handlelength=1.4, columnspacing=1.6)  # fmt: skip
    if title:
        headline(figure, title)
    return figure


def _draw_segments(ax: "Axes", truth: "Sequence[Segment]", colours: dict[str, str]) -> None:
    for start, end, label in truth:
        moves = label in BALLET_MOVEMENTS
        ax.barh(0, end - start, left=start, color=colours[label] if moves else FAINT, height=0.74)
        if moves:
            ax.text((start + end) / 2, 0, chief_word(label), ha="center", va="center", fontsize=8,
                    color=ink_on(colours[label]), clip_on=True)  # fmt: skip


def _draw_moments(
    ax: "Axes", row: int, moments: Sequence[tuple[float, str]], colours: dict[str, str]
) -> None:
    """Draw a mark for each moment, with its name wherever that fits before the next one."""
    end = ax.get_xlim()[1]
    letter = 0.0075 * end  # seconds that a letter is wide
    following = [second for second, _ in moments[1:]] + [end]
    for (second, label), then in zip(moments, following, strict=False):
        ax.plot(second, row, "o", ms=8, color=colours[label], clip_on=False, zorder=3)
        name = chief_word(label)
        if then - second > (len(name) + 2.5) * letter:
            ax.annotate(name, (second, row), (7, 0), textcoords="offset points", va="center", fontsize=8)


@styled
def threshold_costs(
    curves: "Mapping[str, Sequence[EventScores]]",
    thresholds: Sequence[float],
    *,
    marked: float | None = None,
    title: str | None = None,
) -> "Figure":
    """Draw which share of the movements is missed and how many events are false, over the threshold.

    Parameters
    ----------
    curves
        By the name of a rule or model, its scores at each threshold.
    thresholds
        Between 0 and 1.
    marked
        The threshold that is in use.
    title
        What the figure shows, as a finding.

    Raises
    ------
    BalletError
        If a curve has not one score for each threshold.
    """
    if any(len(scores) != len(thresholds) for scores in curves.values()):
        raise BalletError(f"There are {len(thresholds)} thresholds. Give each curve as many scores.")
    figure, (left, right) = subplots(1, 2, size=(11, 3.5), sharex=True)
    for (name, scores), colour, line in zip(curves.items(), PALETTE, _cycle(_LINES), strict=False):
        left.plot(thresholds, [100 * (1 - one.recall) for one in scores], ls=line, color=colour, label=name)
        right.plot(thresholds, [one.false_a_minute for one in scores], ls=line, color=colour, label=name)
    left.set(xlabel="threshold", ylabel="movements missed (%)", ylim=(0, None))
    right.set(xlabel="threshold", ylabel="false events a minute", ylim=(0, None))
    for ax in (left, right):
        ax.grid(axis="y")
        if marked is not None:
            ax.axvline(marked, color=QUIET, lw=1, ls=(0, (4, 3)))
            ax.text(marked, 1.0, f" {marked:g}", transform=ax.get_xaxis_transform(), va="top", color=QUIET)
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=len(curves))
    if title:
        headline(figure, title)
    return figure


@styled
def trade_off(
    curves: "Mapping[str, Sequence[EventScores]]", *, marked: int | None = None, title: str | None = None
) -> "Figure":
    """Draw misses against false events, a point for each threshold: the lower left corner is where to be.

    Parameters
    ----------
    curves
        By the name of a rule or model, its scores in the order of thresholds.
    marked
        Number of the threshold that is in use.
    title
        What the figure shows, as a finding.
    """
    figure, ax = canvas(None, (7, 3.8))
    for (name, scores), colour, line in zip(curves.items(), PALETTE, _cycle(_LINES), strict=False):
        false = [one.false_a_minute for one in scores]
        missed = [100 * (1 - one.recall) for one in scores]
        ax.plot(false, missed, ls=line, marker="o", ms=4, color=colour, label=name)
        if marked is not None:
            ax.plot(false[marked], missed[marked], "o", ms=10, color=colour, mec="white")
    ax.set(xlabel="false events a minute", ylabel="movements missed (%)", xlim=(0, None), ylim=(0, None))
    ax.grid()
    ax.legend()
    if title:
        ax.set_title(title)
    return figure


def _cycle(lines: Sequence) -> list:
    return [lines[number % len(lines)] for number in range(len(PALETTE))]


@styled
def delays(seconds: Sequence[float], parts: Mapping[str, float], *, title: str | None = None) -> "Figure":
    """Draw how late movements were told, as a histogram below what the delay is made of.

    Parameters
    ----------
    seconds
        From the middle of each movement to the moment at which it was told.
    parts
        What the delay should be made of, in seconds, in the order in which it adds up.
    title
        What the figure shows, as a finding.

    Raises
    ------
    BalletError
        If there is no delay to draw.
    """
    if len(seconds) == 0:
        raise BalletError("No movement was told, so none was late. Give at least one delay.")
    figure, (above, below) = subplots(
        2, 1, size=(8, 3.7), sharex=True, gridspec_kw={"height_ratios": [0.62, 2.2]}
    )
    figure.get_layout_engine().set(hspace=0.01)
    reckoned = _stack(above, parts)
    first, last = np.floor(5 * min(0, *seconds)) / 5, max(*seconds, reckoned)
    below.hist(seconds, bins=np.arange(first, last + 0.2, 0.2), color="#9fc5e0", edgecolor="white")
    median = float(np.median(seconds))
    below.axvline(reckoned, color=INK, lw=1.8, ls=(0, (4, 2)), label=f"reckoned: {reckoned:.2f} s")
    below.axvline(median, color=PALETTE[0], lw=2.4, label=f"median: {median:.2f} s")
    below.set(xlabel="seconds from a movement's middle until it is told", ylabel="movements")
    below.legend()
    if title:
        headline(figure, title)
    return figure


def _stack(ax: "Axes", parts: Mapping[str, float]) -> float:
    """Draw the parts one after the other, each with its name; return their sum."""
    begun = 0.0
    for (name, lasts), colour in zip(parts.items(), PALETTE, strict=False):
        ax.barh(0, lasts, left=begun, color=colour, edgecolor="white", height=0.8)
        inside = lasts > 0.5
        ax.text(
            begun + lasts / 2, 0 if inside else 0.5,
            f"{name} {lasts:.2f} s" if inside else f"{name}\n{lasts:.2f} s",
            ha="center", va="center" if inside else "bottom", fontsize=8.5, linespacing=1.05,
            color="white" if inside else INK,
        )  # fmt: skip
        begun += lasts
    ax.set(ylim=(-0.5, 1.6))
    ax.axis("off")
    return begun


@styled
def passing(
    offsets: np.ndarray,
    probabilities: Mapping[str, np.ndarray],
    *,
    title: str | None = None,
    name: str | None = None,
    ax: "Axes | None" = None,
) -> "Figure":
    """Draw what windows say while they pass over movements: the median, and the middle half as a band.

    Parameters
    ----------
    offsets
        (O,) seconds from a movement's middle to the window's middle.
    probabilities
        (movements, O) by what they are of; NaN where a performance had begun or ended.
    title
        What the figure shows, as a finding.
    name
        Of the axes, such as the model.

    Raises
    ------
    BalletError
        If an array has not one column for each offset.
    """
    if any(np.ndim(each) != 2 or np.shape(each)[1] != len(offsets) for each in probabilities.values()):
        raise BalletError(f"There are {len(offsets)} offsets. Give arrays of (movements, {len(offsets)}).")
    figure, ax = canvas(ax, (6.4, 3.4))
    colours = [PALETTE[0], REST, PALETTE[1], *PALETTE[2:]]
    for (label, each), colour, line in zip(probabilities.items(), colours, _cycle(_LINES), strict=False):
        low, middle, high = np.nanquantile(each, [0.25, 0.5, 0.75], axis=0)
        ax.fill_between(offsets, low, high, color=colour, alpha=0.15, lw=0)
        ax.plot(offsets, middle, color=colour, ls=line, label=label)
    ax.axvline(0, color=FAINT, lw=1, zorder=0)
    ax.set(ylim=(0, 1.02), ylabel="probability")
    ax.set_xlabel("window's middle, seconds from the movement's")
    ax.grid(axis="y")
    if name:
        ax.set_title(name, fontsize=10, fontweight="normal")
    if title:
        headline(figure, title)
    return figure
