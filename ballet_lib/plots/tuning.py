"""How a tuner spends its epochs, what it finds for them, and how much of that strangers confirm."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.plots.measures import DASHES
from ballet_lib.plots.style import FAINT, INK, PALETTE, QUIET, canvas, headline, styled, subplots

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SURVIVOR, WINNER, DROPPED = PALETTE[0], PALETTE[1], "#b9b9b9"
JITTER = 0.11
"""How far a dot may stand beside its value, as a share of the distance between two values."""


@styled
def best_so_far(
    curves: "pd.DataFrame", *, title: str | None = None, ax: "Axes | None" = None, label: str | None = None
) -> "Figure":
    """Draw the best validation accuracy so far against the epochs spent: each method's median and range.

    Parameters
    ----------
    curves
        Columns ``method``, ``seed``, ``epochs`` (spent so far) and ``best`` (accuracy, 0 to 1), in any
        order. A row holds until the next one of its search; before its first row a search has no score, and
        its method is drawn only from where all its seeds have one.
    title
        What the figure shows, as a finding.
    ax
        Axes to draw in; new ones when not given.
    label
        Of the vertical axis, if it is not the validation accuracy.

    Raises
    ------
    BalletError
        If a column is missing or there is nothing to draw.
    """
    _check_columns(curves, ("method", "seed", "epochs", "best"))
    figure, ax = canvas(ax, size=(7.2, 4.0))
    last = int(curves.epochs.max())
    for number, (method, some) in enumerate(curves.groupby("method", sort=False)):
        epochs, scores = _on_one_axis(some, last)
        low, middle, high = 100 * np.quantile(scores, (0, 0.5, 1), axis=0)
        colour = PALETTE[number % len(PALETTE)]
        ax.fill_between(epochs, low, high, step="post", color=colour, alpha=0.15, lw=0)
        ax.step(epochs, middle, where="post", color=colour, linestyle=DASHES[number % len(DASHES)],
                lw=2.4, label=f"{method}, median of {len(scores)}")  # fmt: skip
    ax.set(xlim=(0, last), xlabel="epochs spent, all trials together")
    ax.set_ylabel(label or "best validation accuracy so far (%)")
    ax.grid(axis="y")
    ax.legend(loc="lower right", handlelength=3.2)
    if title:
        ax.set_title(title)
    return figure


@styled
def successive_halving(
    curves: "Sequence[np.ndarray] | Mapping[str, Sequence[np.ndarray]]",
    *,
    beyond: Sequence[np.ndarray] | None = None,
    title: str | None = None,
) -> "Figure":
    """Draw each trial's score over its epochs: pale to a cross if it was dropped, dark if it went on.

    The trial that was trained longest, and of these the one with the highest score, is the winner, in orange.

    Parameters
    ----------
    curves
        A (epochs,) array of scores from 0 to 1 for each trial, as long as the trial was trained; several
        brackets by name get a panel each.
    beyond
        For one bracket: what each trial would have come to, (more epochs,), drawn dotted.
    title
        What the figure shows, as a finding.

    Raises
    ------
    BalletError
        If a bracket has no trial, a trial no score, or `beyond` does not fit the curves.
    """
    brackets = dict(curves) if isinstance(curves, Mapping) else {"": list(curves)}
    if not brackets or any(len(one) == 0 or min(map(len, one)) == 0 for one in brackets.values()):
        raise BalletError("A bracket without scores cannot be drawn. Give each trial at least one epoch.")
    if beyond is not None and (len(brackets) > 1 or len(beyond) != len(next(iter(brackets.values())))):
        raise BalletError("`beyond` needs one bracket, and one curve for each of its trials.")
    every = [np.asarray(curve, dtype=float) for trials in brackets.values() for curve in trials]
    winner = max(every, key=lambda curve: (len(curve), np.nanmax(np.nan_to_num(curve))))
    longest = max(map(len, [*every, *(beyond if beyond is not None else ())]))
    wide = 7.2 if len(brackets) == 1 else 3.4 * len(brackets) + 0.6
    figure, axes = subplots(1, len(brackets), size=(wide, 3.9), sharey=True, squeeze=False)
    count = 0
    for ax, (name, trials) in zip(axes[0], brackets.items(), strict=True):
        for number, curve in enumerate(trials):
            if beyond is not None:
                _draw_beyond(ax, np.asarray(beyond[number], dtype=float), len(curve))
            _draw_trial(ax, every[count], max(map(len, trials)), every[count] is winner)
            count += 1
        ax.set(xlim=(0.8 - 0.02 * longest, 1.02 * longest + 0.2), xlabel="epochs of the trial")
        ax.set_xticks(sorted({1, longest, *map(len, trials)}))
        ax.set_title(name, fontsize=10, fontweight="normal", loc="center")
        ax.grid(axis="y")
    axes[0][0].set_ylabel("validation accuracy (%)")
    if title:
        headline(figure, title)
    return figure


@styled
def optimism(
    names: Sequence[str],
    claimed: Sequence[float],
    found: Sequence[float],
    *,
    interval: tuple[float, float] | None = None,
    labels: tuple[str, str] = ("the tuner’s own score", "on strangers"),
    title: str | None = None,
) -> "Figure":
    """Compare what a choice promised with what was found later: a row each, and their gaps beside them.

    Parameters
    ----------
    names
        The rows, a search each.
    claimed, found
        The score that the choice was made by, and the same model's score on takes that had no part in it:
        0 to 1.
    interval
        (low, high) of the mean gap, claimed minus found, drawn below the gaps.
    labels
        What the two scores are called.
    title
        What the figure shows, as a finding.

    Raises
    ------
    BalletError
        If there are not as many scores as rows, or none.
    """
    promised, kept = (100 * np.asarray(scores, dtype=float) for scores in (claimed, found))
    if len(names) == 0 or not promised.shape == kept.shape == (len(names),):
        raise BalletError(
            f"{len(names)} rows need as many scores, not {promised.shape} and {kept.shape}. Give two a row."
        )
    rows, gaps = np.arange(len(names)), promised - kept
    figure, (ax, beside) = subplots(
        1, 2, size=(8.6, 1.5 + 0.32 * len(names)), sharey=True, width_ratios=(1.7, 1)
    )
    ax.hlines(rows, promised, kept, color=FAINT, lw=3, zorder=1)
    ax.plot(promised, rows, "s", color="white", mec=PALETTE[1], mew=1.8, ms=7, label=labels[0], zorder=3)
    ax.plot(kept, rows, "o", color=PALETTE[0], mec="white", ms=9, label=labels[1], zorder=2)
    ax.set_yticks(rows, names)
    ax.set(ylim=(len(names) + 0.6, -0.6), xlabel="accuracy (%)")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderpad=0.1)
    beside.axvline(0, color=INK, lw=0.9, zorder=1)
    beside.plot(gaps, rows, "o", color=PALETTE[5], mec="white", ms=7, zorder=3)
    _draw_mean(beside, gaps.mean(), interval, len(names))
    beside.set_xlabel("the first minus the second (points)")
    for each in (ax, beside):
        each.grid(axis="x")
        each.tick_params(axis="y", length=0)
        each.spines["left"].set_visible(False)
    if title:
        headline(figure, title)
    return figure


@styled
def hyperparameters(
    trials: "pd.DataFrame",
    names: Sequence[str],
    *,
    score: str = "score",
    epochs: str = "end",
    title: str | None = None,
) -> "Figure":
    """Draw the score of every trial by each hyperparameter; the longer it was trained, the darker its dot.

    Parameters
    ----------
    trials
        A row a trial, such as `Search.trials`; a trial without a score is a cross at the bottom.
    names
        The columns to draw, a panel each.
    score, epochs
        The columns of the score (0 to 1) and of the epochs that a trial had been trained.
    title
        What the figure shows, as a finding.

    Raises
    ------
    BalletError
        If a column is missing or there is nothing to draw.
    """
    _check_columns(trials, (*names, score, epochs))
    if not names or trials[score].isna().all():
        raise BalletError("There is no score to draw. Give trials that were completed, and a hyperparameter.")
    columns = min(len(names), 4)
    count = -(-len(names) // columns)
    figure, axes = subplots(
        count, columns, size=(2.5 * columns + 0.8, 2.6 * count + 0.4), sharey=True, squeeze=False
    )
    values, failed = 100 * trials[score], trials[score].isna()
    low, best = values.min(), int(np.nanargmax(values))
    beside = np.random.default_rng(0).uniform(-JITTER, JITTER, len(trials))  # the same in every panel
    for ax, name in zip(axes.flat, names, strict=False):
        choices = sorted(trials[name].unique(), key=lambda value: (isinstance(value, str), value))
        places = trials[name].map({value: place for place, value in enumerate(choices)}) + beside
        ax.scatter(
            places[~failed], values[~failed], c=trials[epochs][~failed], cmap=_depths(), vmin=0,
            vmax=trials[epochs].max(), s=44, edgecolors="white", linewidths=0.8, zorder=2,
        )  # fmt: skip
        ax.plot(places[failed], [low - 4] * failed.sum(), "x", color=QUIET, ms=6, zorder=2)
        ax.plot(places.iloc[best], values.iloc[best], "o", mfc="none", mec=WINNER, mew=2.2, ms=11, zorder=3)
        ax.set_xticks(range(len(choices)), [_written(value) for value in choices])
        if sum(len(_written(value)) for value in choices) > 22:
            ax.tick_params(axis="x", labelrotation=40)
        ax.set(xlim=(-0.5, len(choices) - 0.5), xlabel=name.replace("_", " "))
        ax.grid(axis="y")
    for ax in list(axes.flat)[len(names) :]:
        ax.set_axis_off()
    for row in axes:
        row[0].set_ylabel("validation accuracy (%)")
    if title:
        headline(figure, title)
    return figure


# --- Parts ------------------------------------------------------------------------------------------------


def _check_columns(table: "pd.DataFrame", names: Sequence[str]) -> None:
    missing = [name for name in names if name not in table]
    if missing or len(table) == 0:
        raise BalletError(
            f"The table lacks {', '.join(missing) or 'rows'}. Give one with rows and {', '.join(names)}."
        )


def _on_one_axis(curves: "pd.DataFrame", last: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the epochs at which every search has a score, and the scores there: (searches, epochs)."""
    searches = [some.sort_values("epochs", kind="stable") for _, some in curves.groupby("seed")]
    first = max(int(some.epochs.iloc[0]) for some in searches)
    epochs = np.arange(first, last + 1)
    return epochs, np.array([
        some.best.to_numpy()[np.searchsorted(some.epochs.to_numpy(), epochs, side="right") - 1]
        for some in searches
    ])  # fmt: skip


def _draw_trial(ax: "Axes", curve: np.ndarray, longest: int, winner: bool) -> None:
    epochs, dropped = np.arange(1, len(curve) + 1), len(curve) < longest
    colour = WINNER if winner else DROPPED if dropped else SURVIVOR
    above = 4 if winner else 2 + (not dropped)
    ax.plot(epochs, 100 * curve, color=colour, lw=2.8 if winner else 1.4 if dropped else 2, zorder=above)
    marker = "D" if winner else "X" if dropped else "o"
    ax.plot(epochs[-1], 100 * curve[-1], marker, color=colour, mec="white", ms=7, mew=0.8,
            zorder=above + 1, clip_on=False)  # fmt: skip


def _draw_beyond(ax: "Axes", whole: np.ndarray, trained: int) -> None:
    epochs = np.arange(1, len(whole) + 1)[trained - 1 :]
    ax.plot(epochs, 100 * whole[trained - 1 :], ":", color=DROPPED, lw=1.2, zorder=1)


def _draw_mean(ax: "Axes", mean: float, interval: tuple[float, float] | None, row: int) -> None:
    ends = "" if interval is None else f"  [{100 * interval[0]:+.1f}, {100 * interval[1]:+.1f}]"
    if interval is not None:
        ax.plot(np.multiply(100, interval), [row, row], color=PALETTE[1], lw=2.6, alpha=0.5, zorder=2)
    ax.plot(mean, row, "D", color=PALETTE[1], mec="white", ms=8, zorder=3)
    ax.annotate(
        f"mean {mean:+.1f}{ends}".replace("-", "−"), (1.0, row), xycoords=("axes fraction", "data"),
        xytext=(8, 0), textcoords="offset points", va="center", fontsize=9, color=QUIET,
        annotation_clip=False,
    )  # fmt: skip


def _written(value) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _depths():
    """Pale to dark blue: a trial of one epoch can still be seen."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("epochs", ["#c9dcea", "#6fa5cb", "#0b3c5d"])
