"""What is known about each trial: one JSON file, written anew after every epoch.

Keras Tuner keeps a score a trial. These records keep every epoch, so that a search can be watched from
another process, resumed, and drawn against the epochs that it spent.
"""

import json
import math
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ballet_lib.errors import BalletError
from ballet_lib.files import replacing

FILE = "epochs.json"
RUNNING, COMPLETED, FAILED = "running", "completed", "failed"
COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "seconds", "clock")
"""What is known of each epoch."""
LARGEST_NUMBER = 1 << 53
"""No whole number of a search comes near; a table of floats would not tell larger ones apart."""


@dataclass
class Record:
    """One trial: what it tries, and how it went.

    Attributes
    ----------
    trial
        Its number, as in the names of Keras Tuner's folders.
    values
        The hyperparameters.
    seed
        Of its first weights, dropout and the order of the takes; follows from seed and hyperparameters.
    start, end
        Epochs behind it when it begins and when it ends.
    bracket, round
        Of Hyperband; None in random search.
    parent
        The trial whose training it goes on with, or None.
    worker
        The process that trains it, as Keras Tuner calls it.
    status
        One of `RUNNING`, `COMPLETED`, `FAILED`.
    score, loss, best_epoch
        The best validation accuracy since the first epoch, parents included; its validation loss and epoch.
    parameters
        Weights of the network.
    problem
        Why it failed.
    rows
        A dictionary an epoch: epoch, loss, accuracy, val_loss, val_accuracy, seconds (of the epoch) and clock
        (seconds of the search when it ended).
    """

    trial: int
    values: dict
    seed: int
    start: int
    end: int
    bracket: int | None = None
    round: int | None = None
    parent: int | None = None
    worker: str = ""
    status: str = RUNNING
    score: float | None = None
    loss: float | None = None
    best_epoch: int | None = None
    parameters: int | None = None
    problem: str | None = None
    rows: list[dict[str, float]] = field(default_factory=list)

    @property
    def finished(self) -> bool:
        """Whether it has come to its end, good or bad."""
        return self.status != RUNNING

    @property
    def rank(self) -> tuple[float, float]:
        """Score and negative loss, of which the larger is the better; least before the first epoch."""
        if self.score is None or self.loss is None:
            return -math.inf, -math.inf
        return self.score, -self.loss

    def checked(self) -> "Record":
        """Return the record, or raise TypeError or KeyError if it is none that a trial has written."""
        whole = (self.trial, self.seed, self.start, self.end)
        or_none = (self.bracket, self.round, self.parent, self.best_epoch, self.parameters)
        scores = (self.score, self.loss, self.best_epoch) if self.status == COMPLETED else ()
        told = [row[name] for row in self.rows for name in COLUMNS]
        numbers = (*whole, *or_none, *scores, *told, *self.values.values())
        if (
            not all(type(one) is int for one in (*whole, *(one for one in or_none if one is not None)))
            or not all(type(one) in (int, float) for one in (*scores, *told))
            or not isinstance(self.problem or "", str) or not isinstance(self.values["network"], str)
            or not all(isinstance(one, str | bool | int | float) for one in self.values.values())
            or any(type(one) is int and abs(one) >= LARGEST_NUMBER for one in numbers)
        ):  # fmt: skip
            raise TypeError(self.trial)
        return self

    def write(self, folder: Path) -> None:
        """Write the record into the trial's folder."""
        with replacing(folder / FILE) as temporary:
            temporary.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "Record | None":
        """Read the record from a trial's folder; None if it has not begun.

        Raises
        ------
        BalletError
            If the file is damaged.
        """
        file = folder / FILE
        try:
            return cls(**json.loads(file.read_text(encoding="utf-8"))).checked()
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise BalletError(f"{file} is damaged. Remove {folder.name}, or the whole search.") from error


class Records:
    """The records of a search, of which only those that have changed are read again."""

    def __init__(self, folder: str | os.PathLike):
        self._folder = Path(folder)
        self._known: dict[Path, tuple[tuple[int, int], Record]] = {}

    def read(self) -> list[Record]:
        """Return all records in the order of their numbers."""
        for file in self._folder.glob(f"trial_*/{FILE}"):
            try:
                told = file.stat()
            except FileNotFoundError:
                continue
            stamp = (told.st_mtime_ns, told.st_ino)
            if self._known.get(file, (None,))[0] != stamp and (record := Record.read(file.parent)):
                self._known[file] = stamp, record
        return sorted((record for _, record in self._known.values()), key=lambda record: record.trial)


def best_of(records: Iterable[Record]) -> Record | None:
    """Return the completed trial with the best score; of equals the one with the smallest loss."""
    completed = [record for record in records if record.status == COMPLETED]
    return max(completed, key=lambda record: record.rank, default=None)
