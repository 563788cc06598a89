"""Scores of styles and how far they can be trusted: two ways to divide, fewer frames, few test clips."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.plots.measures import DASHES
from ballet_lib.plots.style import INK, PALETTE, QUIET, canvas, headline, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

QUIET_LINE: dict[str, Any] = {"color": QUIET, "lw": 0.9, "ls": (0, (4, 3)), "zorder": 1}
QUIET_TEXT: dict[str, Any] = {"color": QUIET, "fontsize": 8.5}
"""Of a level to compare with, and its name."""


@styled
def two_splits(
    table: "pd.DataFrame",
    *,
    chance: float | None = None,
    title: str | None = None,
    ax: "Axes | None" = None,
) -> "Figure":
    """Draw the same model's score under two ways to divide the same videos, a pair of rows for each test.

    Parameters
    ----------
    table
        A row for each score, with columns `name` (what was tested), `split` (how it was divided, at most
        three ways), `accuracy`, `low` and `high`, all from 0 to 1.
    chance
        The accuracy of guessing, drawn as a line.
    title
        What the figure shows, as a finding.
    ax
        Axes to draw in; new ones when not given.

    Raises
    ------
    BalletError
        If the table is empty, or lacks a column.
    """
    _need(table, "name", "split", "accuracy", "low", "high")
    names, splits = list(dict.fromkeys(table["name"])), list(dict.fromkeys(table["split"]))
    figure, ax = canvas(ax, size=(8.6, 1.0 + (0.34 * len(splits) + 0.2) * len(names)))
    looks = dict(zip(splits, zip((PALETTE[1], PALETTE[0], PALETTE[2]), "sov", strict=True), strict=False))
    for row in table.itertuples():
        place = names.index(row.name) + 0.3 * (splits.index(row.split) - (len(splits) - 1) / 2)
        colour, marker = looks[row.split]
        first = row.name == names[0]
        ax.plot(
            100 * np.array([row.low, row.high]), [place, place], color=colour, lw=2.6, alpha=0.4, zorder=2
        )
        ax.plot(100 * row.accuracy, place, marker, color=colour, mec="white", ms=8.5, zorder=3, ls="none",
                label=row.split if first else None)  # fmt: skip
        ax.annotate(
            f"{100 * row.accuracy:.0f}  [{100 * row.low:.0f}, {100 * row.high:.0f}]", (1.0, place),
            xycoords=("axes fraction", "data"), xytext=(8, 0), textcoords="offset points", va="center",
            fontsize=9, color=colour, annotation_clip=False,
        )  # fmt: skip
    if chance is not None:
        ax.axvline(100 * chance, **QUIET_LINE)
        ax.annotate("chance", (100 * chance, 1), xycoords=("data", "axes fraction"), xytext=(3, -2),
                    textcoords="offset points", va="top", **QUIET_TEXT)  # fmt: skip
    ax.set_yticks(range(len(names)), names)
    ax.set(ylim=(len(names) - 0.5, -0.5), xlim=(0, 101), xlabel="accuracy (%)")
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x")
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=len(splits))
    if title:
        headline(figure, title)
    return figure


@styled
def sub_sampling(
    table: "pd.DataFrame",
    *,
    fps: float = 10.0,
    needed: float | None = None,
    chance: float | None = None,
    title: str | None = None,
    ax: "Axes | None" = None,
) -> "Figure":
    """Draw accuracy against how many frames a second a model is shown.

    Parameters
    ----------
    table
        A row for each test, with columns `every` (each how many-th frame is kept), `accuracy`, `low` and
        `high` from 0 to 1, and perhaps `name` for several models.
    fps
        Frames per second of the videos.
    needed
        A rate to mark: twice as many frames a second as there are bounces, say.
    chance
        The accuracy of guessing, drawn as a line.
    title
        What the figure shows, as a finding.
    ax
        Axes to draw in; new ones when not given.

    Raises
    ------
    BalletError
        If the table is empty, or lacks a column.
    """
    _need(table, "every", "accuracy", "low", "high")
    figure, ax = canvas(ax, size=(8.6, 3.9))
    groups = table.groupby("name", sort=False) if "name" in table else [("", table)]
    for number, (name, each) in enumerate(groups):
        each = each.sort_values("every")
        rates, colour = fps / each["every"], PALETTE[number % len(PALETTE)]
        ax.fill_between(rates, 100 * each["low"], 100 * each["high"], color=colour, alpha=0.13, lw=0)
        ax.plot(rates, 100 * each["accuracy"], color=colour, ls=DASHES[number % len(DASHES)],
                marker="os^vPX"[number % 6], mec="white", ms=8, label=name)  # fmt: skip
    ax.set_xscale("log")
    steps = sorted(set(table["every"]))
    ax.set_xticks([fps / step for step in steps], [f"{fps / step:g}\n{_kept(step)}" for step in steps])
    ax.minorticks_off()
    if needed is not None:
        ax.axvline(needed, **QUIET_LINE)
        ax.annotate("two frames\na bounce", (needed, 0), xycoords=("data", "axes fraction"), xytext=(4, 4),
                    textcoords="offset points", **QUIET_TEXT)  # fmt: skip
    if chance is not None:
        ax.axhline(100 * chance, **QUIET_LINE)
        ax.annotate("chance", (1, 100 * chance), xycoords=("axes fraction", "data"), xytext=(-2, 3),
                    textcoords="offset points", ha="right", **QUIET_TEXT)  # fmt: skip
    ax.set(xlabel="frames a second", ylabel="named rightly (%)", ylim=(0, 102))
    ax.grid(axis="y")
    if "name" in table:
        ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), handlelength=3.2)
    if title:
        ax.set_title(title)
    return figure


@styled
def power_curve(
    clips: Sequence[int],
    leads: Mapping[str, Sequence[float]],
    *,
    marked: int | None = None,
    published: Mapping[str, tuple[int, float]] | None = None,
    title: str | None = None,
    ax: "Axes | None" = None,
) -> "Figure":
    """Draw the smallest lead of one model over another that a test of so many clips finds.

    Parameters
    ----------
    clips
        Numbers of test clips.
    leads
        By the name of a way to test, the smallest lead (0 to 1) for each number; NaN where none is found.
    marked
        A number of clips to mark.
    published
        Leads that somebody reports: by name, (clips, lead).
    title
        What the figure shows, as a finding.
    ax
        Axes to draw in; new ones when not given.

    Raises
    ------
    BalletError
        If there are no clips, or not one lead for each.
    """
    if not len(clips) or not leads or any(len(each) != len(clips) for each in leads.values()):
        raise BalletError(
            f"There are {len(clips)} numbers of clips. Give one lead for each, of one test at least."
        )
    figure, ax = canvas(ax, size=(8.6, 3.9))
    for (name, each), colour, dashes in zip(leads.items(), PALETTE, DASHES, strict=False):
        ax.plot(clips, 100 * np.asarray(each, float), color=colour, ls=dashes, label=name)
    for (name, (count, lead)), marker in zip((published or {}).items(), "DX*P^v", strict=False):
        ax.plot(count, 100 * lead, marker, color=INK, mec="white", ms=9, zorder=4, label=name, ls="none")
    ax.set_xscale("log")
    ticks = [count for count in (10, 30, 91, 300, 1000, 3000, 10000) if min(clips) <= count <= max(clips)]
    ax.set_xticks(ticks, [str(count) for count in ticks])
    ax.minorticks_off()
    if marked is not None:
        ax.axvline(marked, **QUIET_LINE)
    ax.set(xlabel="test clips", ylabel="smallest lead that is found (points)")
    ax.set_ylim(bottom=0)
    ax.grid(axis="y")
    ax.legend(loc="upper right", handlelength=3.2)
    if title:
        ax.set_title(title)
    return figure


def _need(table: "pd.DataFrame", *columns: str) -> None:
    missing = [column for column in columns if column not in table]
    if missing or not len(table):
        raise BalletError(
            f"The table lacks {', '.join(missing) or 'rows'}. Give a row for each score, with "
            f"{', '.join(columns)}."
        )


def _kept(every: int) -> str:
    """Say which frames are kept: all, every 2nd, every 5th."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(every % 10 if every % 100 not in (11, 12, 13) else 0, "th")
    return "all" if every == 1 else f"every {every:g}{ending}"
