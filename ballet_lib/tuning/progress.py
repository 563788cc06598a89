"""What is seen while a search runs: one bar of epochs, and in a notebook a table of the best trials.

Keras Tuner prints a page a trial, and neither a total nor the time left.
"""

import html
from collections.abc import Sequence

from ballet_lib.tuning.records import COMPLETED, FAILED, Record, best_of
from ballet_lib.tuning.spaces import LEARNING_RATE, NETWORK

SHOWN = 5
"""Trials in the table."""


class Progress:
    """A bar over the budget, which shows at once, and a table that is replaced as trials end.

    Parameters
    ----------
    name
        What stands before the bar.
    budget
        Epochs in all.
    enabled
        Whether to show anything.
    """

    def __init__(self, name: str, budget: int, enabled: bool = True):
        from tqdm.auto import tqdm

        self._bar = tqdm(
            total=budget, desc=name, unit="epoch", smoothing=0, dynamic_ncols=True, disable=not enabled,
            postfix="starting",
        )  # fmt: skip
        self._table = _notebook_display("") if enabled else None
        self._seen = (-1, -1)

    def show(self, records: Sequence[Record]) -> None:
        """Bring bar and table up to date."""
        spent = sum(len(record.rows) for record in records)
        seen = (spent, sum(record.finished for record in records))
        if seen == self._seen:
            return
        if self._seen == (-1, -1):  # what an earlier session did says nothing about the time that is left
            self._bar.initial = self._bar.n = self._bar.last_print_n = spent
        if self._table is not None and seen[1] != self._seen[1]:
            self._table.update(_as_html(table(records)))
        self._seen = seen
        best, failed = best_of(records), sum(record.status == FAILED for record in records)
        told = [f"best {best.score:.1%}"] if best else []
        told += [f"{failed} failed"] if failed else []
        if told:
            self._bar.set_postfix_str(", ".join(told), refresh=False)
        self._bar.update(spent - self._bar.n)

    def close(self) -> None:
        """Leave everything as it stands."""
        self._bar.refresh()
        self._bar.close()


def table(records: Sequence[Record], most: int = SHOWN) -> list[dict[str, str]]:
    """List the best completed trials: score, epochs, trial, network, learning rate, sizes.

    Of a trial and the one that continues it only the one that did better is listed, so that no
    configuration is shown twice.
    """
    completed = [record for record in records if record.status == COMPLETED]
    completed.sort(key=lambda record: (-record.rank[0], -record.rank[1], record.trial))
    rows, seen = [], set()
    for record in completed:
        if (known := tuple(sorted(record.values.items()))) in seen:
            continue
        seen.add(known)
        sizes = (
            f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
            for name, value in record.values.items()
            if name not in (NETWORK, LEARNING_RATE)
        )
        rate = record.values.get(LEARNING_RATE)
        rows.append({
            "accuracy": f"{record.score:.1%}", "epochs": str(record.end), "trial": str(record.trial),
            "network": record.values[NETWORK], "learning rate": "" if rate is None else f"{rate:g}",
            "sizes": ", ".join(sizes),
        })  # fmt: skip
    return rows[:most]


def as_text(rows: Sequence[dict[str, str]]) -> str:
    """Set the rows of `table` in columns."""
    if not rows:
        return "no trial has ended"
    widths = {name: max(len(name), *(len(row[name]) for row in rows)) for name in rows[0]}
    lines = [dict(zip(widths, widths, strict=True)), *rows]
    return "\n".join(
        "  ".join(line[n].ljust(width) for n, width in widths.items()).rstrip() for line in lines
    )


def _as_html(rows: Sequence[dict[str, str]]) -> str:
    if not rows:
        return ""
    head = "".join(f'<th style="text-align:left">{name}</th>' for name in rows[0])
    body = "".join(
        "<tr>" + "".join(f'<td style="text-align:left">{html.escape(v)}</td>' for v in row.values()) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


class _NotebookDisplay:
    """HTML in the cell's output that can be replaced."""

    def __init__(self, handle, kind):
        self._handle, self._kind = handle, kind

    def update(self, text: str) -> None:
        self._handle.update(self._kind(text))


def _notebook_display(text: str) -> _NotebookDisplay | None:
    """Put HTML below the cell and return what replaces it; None outside a notebook."""
    import sys

    if "ipykernel" not in sys.modules or "IPython" not in sys.modules:
        return None
    from IPython import get_ipython
    from IPython.display import HTML, display

    if getattr(get_ipython(), "kernel", None) is None:
        return None
    return _NotebookDisplay(display(HTML(text), display_id=True), HTML)
