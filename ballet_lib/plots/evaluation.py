"""How good a model is: what it confuses, how sure one can be, and what more data brings."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.plots.measures import DASHES
from ballet_lib.plots.style import INK, PALETTE, QUIET, canvas, figure_of, headline, styled, subplots
from ballet_lib.vocabulary import french

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ballet_lib.comparison import Comparison
    from ballet_lib.evaluation import Predictions

MANY = 10
"""From so many labels on, a cell of the matrix has room for one number only."""

DARK = 0.88
"""The share from which white is easier to read on the blue than ink."""

DEEPEST_MISTAKE = 0.5
"""The share of a row at which a mistake has the full colour: few reach half, and all should be seen."""


@styled
def confusion_matrix(
    predictions: "Predictions | np.ndarray",
    labels: Sequence[str] | None = None,
    *,
    normalise: bool = True,
    unit: str = "takes",
    title: str | None = None,
    ax: "Axes | None" = None,
) -> "Figure":
    """Draw what was danced (rows) against what was recognised (columns): right in blue, confused in orange.

    Parameters
    ----------
    predictions
        Answers to takes; or a matrix of counts (K, K).
    labels
        Names of the K rows; those of the predictions by default. Ballet movements get their French terms.
    normalise
        Whether shade and second number are shares of the row, so that rare labels show as well as frequent
        ones; otherwise the shade is the count.
    unit
        What is counted.
    title
        What the figure shows, as a finding.
    ax
        Axes to draw in; new ones when not given.

    Raises
    ------
    BalletError
        If the counts are not square, or there is not one label for each row.
    """
    import seaborn

    from ballet_lib.evaluation import shares_of_rows

    counts, labels = _counts(predictions, labels)
    shares = shares_of_rows(counts)
    shades = shares if normalise else counts / max(counts.max(), 1)
    side = np.clip(0.82 * len(labels) + 1.8, 4.2, 11)
    figure, ax = canvas(ax, size=(side + 0.7, side))
    right = np.eye(len(labels), dtype=bool)
    for colour, hidden, deepest in ((PALETTE[0], ~right, 1), (PALETTE[1], right, DEEPEST_MISTAKE)):
        seaborn.heatmap(
            shades, mask=hidden | np.isnan(shades), cbar=False, ax=ax,
            vmin=0, vmax=deepest, cmap=_shades(colour), square=True, linewidths=1.5, linecolor="white",
        )  # fmt: skip
    _write_cells(ax, counts, shares if normalise else None, shades)
    for row in np.flatnonzero(counts.sum(axis=1) == 0):
        ax.text(
            len(labels) / 2, row + 0.5, "not in the test", ha="center", va="center", color=QUIET, fontsize=9
        )
    _frame_matrix(ax, labels, counts.sum(axis=1), unit)
    if title:
        _title_from_the_edge(ax, title)
    return figure


def _counts(predictions, labels) -> tuple[np.ndarray, Sequence[str]]:
    if hasattr(predictions, "probabilities"):
        from ballet_lib.evaluation import confusion_matrix

        return confusion_matrix(predictions), predictions.labels if labels is None else labels
    counts = np.asarray(predictions)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or len(labels or ()) != len(counts):
        raise BalletError(
            f"A matrix of counts of shape {counts.shape} and {len(labels or ())} labels do not fit. "
            "Give a square one, and a label for each row."
        )
    return counts, labels


def _write_cells(ax: "Axes", counts: np.ndarray, shares: np.ndarray | None, shades: np.ndarray) -> None:
    few = len(counts) < MANY
    for (row, column), count in np.ndenumerate(counts):
        if not count:
            continue
        text = f"{count}\n{100 * shares[row, column]:.0f}%" if few and shares is not None else f"{count}"
        dark = row == column and shades[row, column] > DARK
        ax.text(column + 0.5, row + 0.5, text, color="white" if dark else INK, ha="center", va="center",
                fontsize=10 if few else 8, linespacing=1.15)  # fmt: skip


def _shades(colour: str):
    """Return a colour map from almost white to a colour."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list(f"to {colour}", ["#f5f5f5", colour])


def _frame_matrix(ax: "Axes", labels: Sequence[str], totals: np.ndarray, unit: str) -> None:
    middles = np.arange(len(labels)) + 0.5
    names = [french(label) for label in labels]
    ax.set_xticks(middles, names, rotation=35, ha="right", rotation_mode="anchor")
    ax.set_yticks(
        middles, [f"{name}  ({count:g})" for name, count in zip(names, totals, strict=True)], rotation=0
    )
    ax.tick_params(length=0)
    ax.set(xlabel="recognised as", ylabel=f"danced ({unit})")


def _title_from_the_edge(ax: "Axes", title: str) -> None:
    """Write the title from the figure's left edge on, where long names of rows would push it to the right."""
    if len(ax.figure.axes) == 1:
        headline(figure_of(ax), title)
    else:
        ax.set_title(title)


@styled
def per_class(
    predictions: "Predictions | Mapping[str, Predictions]",
    *,
    level: float = 0.95,
    title: str | None = None,
    ax: "Axes | None" = None,
) -> "Figure":
    """Draw each label's recall with its interval over dancers, and its precision as a diamond.

    Parameters
    ----------
    predictions
        Answers to takes; or those of several models by name, of which only recall is drawn.
    level
        Of the intervals.
    title
        What the figure shows, as a finding.
    ax
        Axes to draw in; new ones when not given.

    Raises
    ------
    BalletError
        If there is no model, or models know other labels than each other.
    """
    models = dict(predictions) if isinstance(predictions, Mapping) else {"recall": predictions}
    if not models or len({told.labels for told in models.values()}) > 1:
        raise BalletError("Only models with the same labels can be drawn together. Give at least one.")
    labels = next(iter(models.values())).labels
    figure, ax = canvas(ax, size=(7.6, 1.5 + (0.3 + 0.16 * len(models)) * len(labels)))
    offsets = 0.24 * (np.arange(len(models)) - (len(models) - 1) / 2)
    for number, (name, told) in enumerate(models.items()):
        recall, ends = told.report().recall, told.intervals(level).recall
        colour, marker = PALETTE[number % len(PALETTE)], "os^vPX"[number % 6]
        places = np.arange(len(labels)) + offsets[number]
        for place, label in zip(places, labels, strict=True):
            ax.plot(100 * np.array(ends[label]), [place, place], color=colour, lw=2.6, alpha=0.4, zorder=2)
        ax.plot(100 * recall, places, marker, color=colour, mec="white", ms=8, zorder=4, label=name)
    if not isinstance(predictions, Mapping):
        precision = 100 * told.report().precision
        ax.plot(precision, places, "D", color="none", mec=PALETTE[1], ms=11, zorder=3, label="precision")
    support = next(iter(models.values())).report().support
    names = [f"{french(label)}  ({count})" for label, count in zip(labels, support, strict=True)]
    ax.set_yticks(range(len(labels)), names)
    ax.set(ylim=(len(labels) - 0.4, -0.6), xlabel=f"takes (%), recall with its {100 * level:g}% interval")
    ax.set_xlim(right=101.5)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x")
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0))
    if title:
        _title_from_the_edge(ax, title)
    return figure


@styled
def reliability(
    predictions: "Predictions | Mapping[str, Predictions]", *, bins: int = 10, title: str | None = None
) -> "Figure":
    """Draw accuracy against confidence, below it how many takes are how confident.

    Parameters
    ----------
    predictions
        Answers to takes; or several by name, such as before and after a temperature was fitted.
    bins
        Of equal width, from 0 to 1.
    title
        What the figure shows, as a finding.
    """
    from ballet_lib.calibration import expected_calibration_error, reliability_table

    models = dict(predictions) if isinstance(predictions, Mapping) else {"": predictions}
    if not models:
        raise BalletError("There are no predictions to draw. Give at least one.")
    figure, (ax, below) = subplots(2, 1, size=(5.4, 5.6), sharex=True, height_ratios=(3.2, 1))
    ax.plot([0, 100], [0, 100], color=QUIET, lw=0.9, zorder=1)
    ax.annotate("as sure as right", (3, 3), xytext=(0, 4), textcoords="offset points", color=QUIET,
                fontsize=9, rotation=45, rotation_mode="anchor", transform_rotates_text=True)  # fmt: skip
    width = 100 / bins / len(models)
    for number, (name, told) in enumerate(models.items()):
        table = reliability_table(told, bins)
        filled = table[table.n > 0]
        colour = PALETTE[number % len(PALETTE)]
        ends = 100 * np.abs(filled[["accuracy_low", "accuracy_high"]].sub(filled.accuracy, axis=0).T)
        text = f"{name}  ECE {expected_calibration_error(told, bins):.3f}".strip()
        ax.errorbar(100 * filled.confidence, 100 * filled.accuracy, ends, fmt="os^vPX"[number % 6], ms=7,
                    color=colour, mec="white", elinewidth=2, ecolor=colour, alpha=0.9, label=text,
                    linestyle=DASHES[number % len(DASHES)], lw=1)  # fmt: skip
        below.bar(100 * table.low + number * width, table.n, width=0.92 * width, align="edge", color=colour)
    ax.set(xlim=(0, 100), ylim=(0, 103), ylabel="recognised rightly (%)")
    below.set(xlabel="probability of the answer (%)", ylabel="takes")
    ax.grid(axis="y")
    ax.legend(loc="lower right")
    if title:
        headline(figure, title)
    return figure


@styled
def threshold_curve(
    predictions: "Predictions",
    *,
    threshold: float = 0.8,
    rejection: str = "other",
    title: str | None = None,
    ax: "Axes | None" = None,
) -> "Figure":
    """Draw what a threshold buys: how many takes still get an answer, and how many answers are right.

    Parameters
    ----------
    predictions
        Answers to takes.
    threshold
        The one to mark, and at which the numbers are written; 0.8 is the ballet LSTM paper's.
    rejection
        The label of what is no movement; how often it is called one is drawn if the takes hold it.
    title
        What the figure shows, as a finding.
    ax
        Axes to draw in; new ones when not given.
    """
    from ballet_lib.calibration import threshold_curve

    table = 100 * threshold_curve(predictions, rejection=rejection)
    marked = 100 * threshold_curve(predictions, [threshold], rejection).iloc[0]
    curves = {
        "accuracy": "of the answers are right", "answered": "of the takes get an answer",
        "other_accepted": f"of ‘{french(rejection)}’ are called a movement",
    }  # fmt: skip
    figure, ax = canvas(ax, size=(8.2, 4.0))
    ax.axvline(marked.threshold, color=QUIET, lw=0.9, zorder=1)
    for number, (column, text) in enumerate(curves.items()):
        if table[column].isna().all():
            continue
        share = "nothing answered:" if np.isnan(marked[column]) else f"{marked[column]:.0f}%"
        ax.plot(table.threshold, table[column], color=PALETTE[number], linestyle=DASHES[number],
                label=f"{share} {text}", drawstyle="steps-post")  # fmt: skip
        ax.plot(marked.threshold, marked[column], "o", color=PALETTE[number], mec="white", ms=6.5, zorder=4)
    ax.set(xlim=(0, 100), ylim=(0, 103), xlabel="threshold (probability in %)", ylabel="share (%)")
    ax.grid(axis="y")
    ax.legend(
        title=f"at {marked.threshold:g}%", alignment="left", loc="upper left", bbox_to_anchor=(1.01, 1),
        handlelength=3.2,
    )  # fmt: skip
    if title:
        _title_from_the_edge(ax, title)
    return figure


@styled
def learning_curve(
    table: "pd.DataFrame | Mapping[str, pd.DataFrame]",
    *,
    score: str = "macro_f1",
    title: str | None = None,
    ax: "Axes | None" = None,
) -> "Figure":
    """Draw a score against the dancers in training: a dot a training, a line through the means, their range.

    Parameters
    ----------
    table
        Of `cross_validation.learning_curve`; or several by name.
    score
        A column of it: `"macro_f1"` or `"accuracy"`.
    title
        What the figure shows, as a finding.
    ax
        Axes to draw in; new ones when not given.

    Raises
    ------
    BalletError
        If there is nothing to draw, or no such score.
    """
    tables = dict(table) if isinstance(table, Mapping) else {"": table}
    if not tables or any(len(each) == 0 or score not in each for each in tables.values()):
        raise BalletError(f"There is no {score!r} to draw. Give the table of a learning curve.")
    figure, ax = canvas(ax, size=(7.0, 4.0))
    for number, (name, each) in enumerate(tables.items()):
        colour = PALETTE[number % len(PALETTE)]
        grouped = each.groupby("dancers")[score].agg(["mean", "min", "max"])
        ax.fill_between(grouped.index, grouped["min"], grouped["max"], color=colour, alpha=0.14, lw=0)
        ax.plot(grouped.index, grouped["mean"], color=colour, linestyle=DASHES[number % len(DASHES)],
                marker="os^vPX"[number % 6], mec="white", ms=8, label=name, zorder=3)  # fmt: skip
        ax.plot(each.dancers, each[score], ".", color=colour, ms=5, alpha=0.55, zorder=2)
    ax.set_xticks(sorted({int(count) for each in tables.values() for count in each.dancers}))
    ax.set(xlabel="dancers in training", ylabel={"macro_f1": "macro-F1"}.get(score, score))
    ax.set_ylim(top=1.01)
    ax.grid(axis="y")
    if any(tables):
        ax.legend(loc="lower right", handlelength=3.2)
    if title:
        ax.set_title(title)
    return figure


@styled
def differences(
    comparisons: "Sequence[Comparison]",
    *,
    score: str = "accuracy",
    title: str | None = None,
    ax: "Axes | None" = None,
) -> "Figure":
    """Draw differences of models with their intervals as a forest: what crosses 0 may be luck.

    Parameters
    ----------
    comparisons
        Of `comparison.compare`, a row each.
    score
        `"accuracy"`, with McNemar's p value beside it, or `"macro_f1"`.
    title
        What the figure shows, as a finding.
    ax
        Axes to draw in; new ones when not given.

    Raises
    ------
    BalletError
        If there is no comparison, or no such score.
    """
    if not comparisons or score not in ("accuracy", "macro_f1"):
        raise BalletError(f"No comparison by {score!r} can be drawn. Give at least one, and a score.")
    figure, ax = canvas(ax, size=(7.6, 1.2 + 0.5 * len(comparisons)))
    ax.axvline(0, color=INK, lw=0.9, zorder=1)
    for row, each in enumerate(comparisons):
        value, ends = 100 * getattr(each, score), 100 * np.array(getattr(each, f"{score}_interval"))
        ax.plot(ends, [row, row], color=PALETTE[0], lw=2.6, alpha=0.45, zorder=2)
        ax.plot(value, row, "o", color=PALETTE[0], mec="white", ms=8, zorder=3)
        text = f"{value:+.1f}" + (f"  [{ends[0]:+.1f}, {ends[1]:+.1f}]" if np.isfinite(ends).all() else "")
        text = text.replace("-", "−")
        if score == "accuracy":
            text += f"   p = {each.p_value:.2g}" if each.p_value >= 0.001 else "   p < 0.001"
        ax.annotate(
            text, (1.0, row), xycoords=("axes fraction", "data"), xytext=(8, 0), textcoords="offset points",
            va="center", fontsize=9, color=QUIET, annotation_clip=False,
        )  # fmt: skip
    furthest = max(abs(end) for end in ax.get_xlim())
    ax.set_xlim(-furthest, furthest)
    ax.set_yticks(range(len(comparisons)), [f"{each.names[0]} − {each.names[1]}" for each in comparisons])
    ax.set(ylim=(len(comparisons) - 0.4, -0.6))
    ax.set_xlabel(f"difference in {'macro-F1' if score == 'macro_f1' else 'accuracy'} (points)")
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x")
    if title:
        _title_from_the_edge(ax, title)
    return figure
