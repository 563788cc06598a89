"""A confusion matrix to look behind: choose a cell, and its takes dance beside it."""

from pathlib import Path

import anywidget
import numpy as np
import traitlets

from ballet_lib.errors import BalletError
from ballet_lib.evaluation import Predictions, confusion_matrix
from ballet_lib.takes import Take, TakeSet
from ballet_lib.vocabulary import french
from ballet_lib.widgets.clips import LINES, SHAPE, clip

AT_ONCE = 6
"""Takes that dance beside the matrix at one time."""

_HERE = Path(__file__).parent


class ConfusionMatrix(anywidget.AnyWidget):
    """A confusion matrix whose cells can be chosen, with the takes of the chosen one dancing beside it.

    Rows are what was danced, columns what the model answered. At first the largest confusion is chosen. Of
    mistakes the surest come first, of right answers the least sure. Only what dances at the moment is sent
    to the page.

    Parameters
    ----------
    predictions
        What a model answered for some takes, as `evaluation.evaluate` returns it.
    takes
        Those takes, and maybe others; they are found by their `take_id`.

    Attributes
    ----------
    cell
        (row, column) of the chosen cell; set it to choose another. `choose` does so by labels.
    page
        Which six of the cell's takes dance; set it to see the next.

    Raises
    ------
    BalletError
        If a predicted take is not among the takes.
    """

    _esm = _HERE / "confusion.js"
    _css = _HERE / "confusion.css"
    names = traitlets.List(traitlets.Unicode(), help="of the labels, for people").tag(sync=True)
    counts = traitlets.List(help="the matrix, row by row").tag(sync=True)
    cell = traitlets.Tuple(traitlets.Int(), traitlets.Int(), help="row and column").tag(sync=True)
    page = traitlets.Int(0, help="which six takes of the cell").tag(sync=True)
    shown = traitlets.Dict(help="what dances, and of which cell and page").tag(sync=True)
    points = traitlets.Bytes(b"", help="uint16 landmarks of what dances, see clips.clip").tag(sync=True)
    lines = traitlets.Dict(help="pairs of landmarks by side").tag(sync=True)
    shape = traitlets.Tuple(SHAPE, help="of the stage").tag(sync=True)
    message = traitlets.Unicode("", help="what went wrong").tag(sync=True)

    def __init__(self, predictions: Predictions, takes: TakeSet):
        self._predictions = predictions
        self._takes = _in_order_of(predictions.take_ids, takes)
        counts = confusion_matrix(predictions)
        super().__init__(
            names=[french(label) for label in predictions.labels],
            counts=counts.tolist(),
            cell=_largest_confusion(counts),
            lines={side: [list(pair) for pair in pairs] for side, pairs in LINES.items()},
        )
        self._show()
        self.observe(self._cell_chosen, "cell")
        self.observe(self._page_turned, "page")

    def __repr__(self) -> str:
        """Say in words what the matrix shows, for places where no widget can be drawn."""
        counts = np.array(self.counts)
        wrong = counts.sum() - np.trace(counts)
        if not wrong:
            return f"Confusion matrix of {counts.sum()} takes: every one is right."
        row, column = _largest_confusion(counts)
        return (
            f"Confusion matrix of {counts.sum()} takes, {wrong} of them wrong. Most often confused: "
            f"{counts[row, column]} of {counts[row].sum()} {self.names[row]} taken for {self.names[column]}."
        )

    @property
    def selected_takes(self) -> TakeSet:
        """The takes of the chosen cell, those that the page shows first at the beginning."""
        return TakeSet((self._takes[number] for number in self._numbers()), self._predictions.labels)

    def choose(self, danced: str, answered: str) -> None:
        """Choose the cell of two labels.

        Raises
        ------
        BalletError
            If a label is not in the matrix.
        """
        labels = self._predictions.labels
        if unknown := [label for label in (danced, answered) if label not in labels]:
            raise BalletError(
                f"There is no label {unknown[0]!r} in the matrix. There are: {', '.join(labels)}."
            )
        self.cell = labels.index(danced), labels.index(answered)

    @traitlets.validate("cell")
    def _in_the_matrix(self, proposal: dict) -> tuple[int, int]:
        if not all(0 <= place < len(self.names) for place in proposal["value"]):
            raise BalletError(
                f"There is no cell {proposal['value']} in a matrix of {len(self.names)} labels. "
                f"Choose a row and a column from 0 to {len(self.names) - 1}."
            )
        return proposal["value"]

    @traitlets.validate("page")
    def _a_page_there_is(self, proposal: dict) -> int:
        last = max(0, (len(self._numbers()) - 1) // AT_ONCE)
        return min(max(0, proposal["value"]), last)

    def _cell_chosen(self, _: dict) -> None:
        if self.page:
            self.page = 0  # shows it too
        else:
            self._attempt_to_show()

    def _page_turned(self, _: dict) -> None:
        self._attempt_to_show()

    def _attempt_to_show(self) -> None:
        """Show the chosen cell; say in the page what goes wrong, as output of a kernel is lost there."""
        try:
            self._show()
        except BalletError as error:
            self._complain(str(error))
        except Exception as error:
            self._complain(f"Something broke here ({type(error).__name__}: {error}).")
            raise

    def _complain(self, words: str) -> None:
        with self.hold_sync():
            self.message, self.points = words, b""
            self.shown = {"cell": list(self.cell), "page": self.page, "of": 0, "clips": []}

    def _show(self) -> None:
        numbers = self._numbers()
        first = self.page * AT_ONCE
        clips = [self._clip(number) for number in numbers[first : first + AT_ONCE]]
        with (
            self.hold_sync()
        ):  # one message, so that the page never draws one cell's points with another's names
            self.message = ""
            self.points = b"".join(points.tobytes() for _, points in clips)
            self.shown = {
                "cell": list(self.cell), "page": self.page, "first": first, "of": len(numbers),
                "clips": [facts for facts, _ in clips],
            }  # fmt: skip

    def _clip(self, number: int) -> tuple[dict, np.ndarray]:
        take, told = self._takes[number], self._predictions
        facts, points = clip(take)
        facts |= {
            "id": take.take_id, "dancer": take.dancer, "view": _view(take),
            "truth": float(told.probabilities[number, told.y[number]]),
            "answer": float(told.confidence[number]),
        }  # fmt: skip
        return facts, points

    def _numbers(self) -> np.ndarray:
        """Return the places of the cell's takes: of mistakes the surest first, of right answers the least."""
        (row, column), told = self.cell, self._predictions
        numbers = np.flatnonzero((told.y == row) & (told.predicted == column))
        sureness = told.probabilities[numbers, column]
        return numbers[np.argsort(sureness if row == column else -sureness, kind="stable")]


def _in_order_of(take_ids, takes: TakeSet) -> list[Take]:
    """Find each predicted take."""
    there = {take.take_id: take for take in takes}
    if lost := [str(name) for name in take_ids if name not in there]:
        some = f"{lost[0]} and {len(lost) - 1} others are" if len(lost) > 1 else f"{lost[0]} is"
        raise BalletError(f"{some} not among the takes. Give the takes that were evaluated.")
    return [there[name] for name in take_ids]


def _largest_confusion(counts: np.ndarray) -> tuple[int, int]:
    """Return the cell beside the diagonal with most takes; of equals, with the larger share of its row."""
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    wrong = np.where(np.eye(len(counts), dtype=bool), 0, counts + shares / 2)  # a share is never over 1
    row, column = np.unravel_index(int(wrong.argmax()), counts.shape)
    return int(row), int(column)


def _view(take: Take) -> str:
    """Say from where the camera saw it, as far as that is known."""
    if isinstance(yaw := take.meta.get("yaw"), int | float):
        return f"from {yaw:.0f}°"
    view = take.meta.get("view")
    return view[:40] if isinstance(view, str) else ""
