"""What was recognised in a film, and when: probabilities, the movements that counted, and the truth."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.plots.style import FAINT, INK, PALETTE, QUIET, headline, ink_on, styled, subplots
from ballet_lib.vocabulary import BALLET_MOVEMENTS, french

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ballet_lib.recognition import Recognition
    from ballet_lib.takes import Segment

REST = "#8c8c8c"
"""The colour of `other`, which is no movement."""

_TALL = 0.74  # height of a bar, where the rows are 1 apart


def movement_colours(labels: Sequence[str]) -> dict[str, str]:
    """Return a colour for each label: the six movements have theirs in every figure, `other` is grey."""
    strangers = [label for label in labels if label not in BALLET_MOVEMENTS and label != "other"]
    numbered = dict(zip(BALLET_MOVEMENTS, PALETTE, strict=True))
    numbered |= {label: PALETTE[number % len(PALETTE)] for number, label in enumerate(strangers)}
    return {label: numbered.get(label, REST) for label in labels}


@styled
def recognition(
    recognition: "Recognition", truth: "Sequence[Segment] | None" = None, title: str | None = None
) -> "Figure":
    """Draw how probable each movement was over time, and below it the movements that counted.

    Parameters
    ----------
    recognition
        What `recognition.recognise` returns.
    truth
        What was danced, such as the `timeline` of a take, as a second row.
    title
        What the figure shows, as a finding.
    """
    rows = 1 + (truth is not None)
    figure, (above, below) = subplots(
        2, 1, size=(11, 3.7 + 0.42 * rows), sharex=True,
        gridspec_kw={"height_ratios": [2.5, 0.42 * rows + 0.1]},
    )  # fmt: skip
    figure.get_layout_engine().set(hspace=0.02)
    labels = [*recognition.labels, *(segment.label for segment in truth or ())]
    colours = movement_colours(list(dict.fromkeys(labels)))
    _draw_probabilities(above, recognition, colours)
    bars = [(event.start, event.end, event.movement) for event in recognition.events]
    named = _draw_row(below, 0, bars, colours)
    if truth is not None:
        danced = [tuple(segment) for segment in truth if segment[2] != "other"]
        named += _draw_row(below, 1, danced, colours)
    below.set_yticks(range(rows), ["recognised", "danced"][:rows])
    below.set(ylim=(rows - 0.5, -0.5), xlim=(0, recognition.seconds), xlabel="seconds")
    below.tick_params(axis="y", length=0)
    below.spines["left"].set_visible(False)
    above.tick_params(axis="x", length=0)
    figure.legend(*above.get_legend_handles_labels(), loc="outside lower center", ncols=8,
                  handlelength=1.4, columnspacing=1.6)  # fmt: skip
    _fit_names(figure, below, named)
    if title:
        headline(figure, title)
    return figure


def _draw_probabilities(ax: "Axes", recognition: "Recognition", colours: dict[str, str]) -> None:
    when = np.arange(len(recognition.poses)) / recognition.fps
    for label, column in zip(recognition.labels, recognition.probabilities.T, strict=True):
        if label == "other":
            ax.plot(when, column, color=REST, lw=1.0, ls=(0, (2, 1.5)), zorder=1, label=french(label))
            continue
        ax.plot(when, column, color=colours[label], lw=1.8, ls=hill_line(label), label=french(label))
        ax.fill_between(when, column, color=colours[label], alpha=0.12, lw=0)
    ax.axhline(recognition.threshold, color=INK, lw=0.8, ls=(0, (6, 3)))
    ax.text(1.004, recognition.threshold, f"counts\nfrom {recognition.threshold:g}", fontsize=8, color=QUIET,
            va="center", transform=ax.get_yaxis_transform(), linespacing=1.1)  # fmt: skip
    _mark_absence(ax, when, recognition.poses.found)
    ax.set(ylim=(0, 1.02), yticks=np.linspace(0, 1, 6), ylabel="probability")
    ax.grid(axis="y")


def _mark_absence(ax: "Axes", when: np.ndarray, found: np.ndarray) -> None:
    """Shade where nobody was found."""
    words = "nobody is seen"
    edges = np.flatnonzero(np.diff(np.concatenate([[False], ~found, [False]]).astype(int)))
    step = when[1] - when[0] if len(when) > 1 else 0.0
    for first, end in edges.reshape(-1, 2):
        ax.axvspan(when[first], when[end - 1] + step, color=FAINT, alpha=0.7, lw=0, zorder=0, label=words)
        words = "_"  # named once in the legend


def _draw_row(ax: "Axes", row: int, bars: list[tuple], colours: dict[str, str]) -> list[tuple]:
    """Draw bars (start, end, label) in order; return the seconds that show of each, and its name."""
    named = []
    for (start, end, label), (following, *_) in zip(bars, [*bars[1:], (np.inf,)], strict=False):
        ax.barh(row, end - start, left=start, color=colours[label], height=_TALL, edgecolor="white", lw=1)
        seen = min(end, following) - start  # two may overlap, as the windows tell no edge sharply
        text = ax.text(start + seen / 2, row, french(label), ha="center", va="center", fontsize=8,
                       color=ink_on(colours[label]), clip_on=True)  # fmt: skip
        named.append((seen, label, text))
    return named


def _fit_names(figure: "Figure", ax: "Axes", named: list[tuple]) -> None:
    """Keep a name that fits into its bar, else its chief word, else none: the legend tells the colours."""
    figure.draw_without_rendering()  # lays it out, so that widths are known
    low, high = ax.get_xlim()
    room = ax.get_window_extent().width / (high - low)
    for seconds, label, text in named:
        short = chief_word(label)
        for words, size in ((french(label), 8), (short, 8), (short, 6.5), ("", 8)):
            text.set(text=words, fontsize=size)
            if not words or text.get_window_extent().width < room * seconds - 4:
                break


def hill_line(label: str) -> str | tuple:
    """Return how the probability of a label is drawn: dashed from the fourth movement on.

    Colours alone do not tell the first half of `PALETTE` from the second to every reader.
    """
    return (0, (5, 1.5)) if label in BALLET_MOVEMENTS[3:] else "-"


def chief_word(label: str) -> str:
    """Return the one word by which a movement is known, where there is little room."""
    return french(label).removeprefix("battement ").removeprefix("première ").split()[0]
