"""What came of a search: its trials, what they cost, and the best one as a classifier."""

import os
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.tuning.folder import SearchFolder
from ballet_lib.tuning.hyperband import bracket_table
from ballet_lib.tuning.progress import as_text, table
from ballet_lib.tuning.records import COMPLETED, FAILED, Record, Records, best_of
from ballet_lib.tuning.spaces import NETWORK, SearchSpace

if TYPE_CHECKING:
    import pandas as pd

    from ballet_lib.classifier import Classifier


class Search:
    """A search that has ended, or that was stopped: its trials, what they cost, and the best one.

    Attributes
    ----------
    method
        ``hyperband`` or ``random``.
    space
        What was searched.
    seed
        Of everything that was drawn.
    budget
        Training epochs that were to be spent.
    labels
        What the outputs of the networks mean.
    folder
        Where it stands.
    """

    def __init__(self, folder: SearchFolder, keeping: object = None):
        self._folder, self._keeping = folder, keeping  # a temporary folder lives as long as this
        self.folder = folder.path
        self._settings = folder.plan["settings"]
        self.method: str = self._settings["method"]
        self.seed: int = self._settings["seed"]
        self.budget: int = self._settings["budget"]
        self.space = SearchSpace(self._settings["space"])
        self.labels = tuple(folder.plan["labels"])
        self._records = [record for record in Records(folder.path).read() if record.finished]
        best = best_of(self._records)
        if best is None:
            raise BalletError(_why_nothing(self._records, folder.path))
        self._best = best

    @classmethod
    def load(cls, folder: str | os.PathLike) -> "Search":
        """Read a search that `tune` has written, also one that is not finished.

        Raises
        ------
        BalletError
            If there is none, it is damaged, or no trial has come to a good end.
        """
        return cls(SearchFolder(folder).read())

    def __repr__(self) -> str:
        return (
            f"Search by {self.method}: {len(self._records)} trials, {self.epochs} of {self.budget} epochs, "
            f"{self.seconds:.0f} s, best validation accuracy {self.score:.1%}"
            f"{'' if self.finished else ' so far'}\n{as_text(table(self._records))}"
        )

    @property
    def finished(self) -> bool:
        """Whether it came to its end; if not, the same call of `tune` goes on."""
        return self._folder.finished

    @property
    def epochs(self) -> int:
        """Epochs that the trials trained; what a kill cut off and was begun again counts once."""
        return sum(len(record.rows) for record in self._records)

    @property
    def seconds(self) -> float:
        """How long it took, pauses between sessions left out."""
        ended = max((row["clock"] for record in self._records for row in record.rows), default=0.0)
        return max(self._folder.plan["seconds"], ended)

    @property
    def score(self) -> float:
        """The best validation accuracy. It was chosen from many, so it is too good: judge on others."""
        return self._best.rank[0]

    @property
    def trials(self) -> "pd.DataFrame":
        """A row a trial.

        Columns: trial, status (``completed`` or ``failed``), score (best validation accuracy since its first
        epoch, parents included), best_epoch, start and end (epochs behind it), bracket, round, parent (the
        trial that it continues), seconds, parameters, problem, seed, and the hyperparameters.
        """
        import pandas as pd

        whole = ("best_epoch", "start", "end", "bracket", "round", "parent", "parameters")
        rows = [
            {
                "trial": record.trial, "status": record.status,
                "score": record.score if record.status == COMPLETED else float("nan"),
                "best_epoch": record.best_epoch, "start": record.start, "end": record.end,
                "bracket": record.bracket, "round": record.round, "parent": record.parent,
                "seconds": sum(row["seconds"] for row in record.rows), "parameters": record.parameters,
                "problem": record.problem or "", "seed": record.seed,
            } | record.values
            for record in self._records
        ]  # fmt: skip
        return pd.DataFrame(rows).astype(dict.fromkeys(whole, "Int64"))

    @property
    def curve(self) -> "pd.DataFrame":
        """A row a training epoch, in the order in which they ended.

        Columns: epochs (spent so far), best (validation accuracy so far, of trials that did not fail),
        seconds (of the search).
        """
        import pandas as pd

        ended = sorted(
            (row["clock"], record.status == COMPLETED, row["val_accuracy"])
            for record in self._records for row in record.rows
        )  # fmt: skip
        frame = pd.DataFrame(ended, columns=["seconds", "counts", "best"])
        frame["best"] = frame["best"].where(frame["counts"]).cummax().ffill()
        frame["epochs"] = range(1, len(frame) + 1)
        return frame[["epochs", "best", "seconds"]]

    def learning_curves(self) -> "dict[str, list[np.ndarray]]":
        """Return the validation accuracy of each configuration, epoch by epoch, for each of the brackets.

        A configuration that went on from round to round is one curve, from its first epoch. Failed trials
        are left out. Random search is one bracket.
        """
        continued = {record.parent for record in self._records if record.status == COMPLETED}
        ends = [one for one in self._records if one.status == COMPLETED and one.trial not in continued]
        found: dict[str, list[np.ndarray]] = {}
        for record in sorted(ends, key=lambda one: (-(one.bracket or 0), one.trial)):
            name = self.method if record.bracket is None else f"bracket {record.bracket}"
            found.setdefault(name, []).append(
                np.array([row["val_accuracy"] for row in self._history(record)])
            )
        return found

    @property
    def best(self) -> dict:
        """The settings of the best trial, as `training.fit` takes them: ``fit(takes, **search.best)``.

        `epochs` is the best epoch. With the trial's seed (see `trials`), the same validation takes and no
        copies, `fit` comes to the very score of the trial.
        """
        from ballet_lib.tuning.trial import sizes_of

        return {
            "network": self._best.values[NETWORK], "sizes": sizes_of(self._best.values),
            "learning_rate": self._recipe.learning_rate, "batch_size": self._recipe.batch_size,
            "epochs": self._best.best_epoch, "schedule": None, "patience": None, "refit": False,
            "features": list(self._recipe.features), "frames": self._settings["frames"],
            "copies": self._settings["copies"],
        }  # fmt: skip

    @property
    def _recipe(self):
        from ballet_lib.tuning.trial import trial_recipe

        return trial_recipe(self._best.values, self._settings)

    def classifier(self) -> "Classifier":
        """Return the network of the best trial with the weights of its best epoch.

        Its card says what it was tuned on, and by which search.

        Raises
        ------
        BalletError
            If the search's files are gone.
        """
        import pandas as pd

        from ballet_lib.classifier import Classifier
        from ballet_lib.networks import build
        from ballet_lib.quiet_tensorflow import import_keras
        from ballet_lib.tuning.trial import State, sizes_of

        import_keras()
        shape = tuple(self._folder.plan["data"]["shape"])
        model = build(self._best.values[NETWORK], shape, len(self.labels), **sizes_of(self._best.values))
        model.set_weights(State.read(self._folder.trial(self._best.trial)).best)
        for layer in model.layers:
            if layer.name == "normalise":
                layer.finalize_state()
        return Classifier(model, self._card(), pd.DataFrame(self._history()))

    def _history(self, record: Record | None = None) -> list[dict]:
        """Return the epochs of a trial, the best one by default, and of those that it continues."""
        records, rows, record = {record.trial: record for record in self._records}, [], record or self._best
        while record is not None:
            rows = record.rows + rows
            record = records.get(record.parent) if record.parent is not None else None
        names = ("loss", "accuracy", "val_loss", "val_accuracy", "seconds")
        rate = {"learning_rate": self._recipe.learning_rate}
        return [{name: row[name] for name in names} | rate for row in rows]

    def _card(self) -> dict:
        from ballet_lib.classifier import CARD_FORMAT
        from ballet_lib.training_data import versions
        from ballet_lib.tuning.trial import sizes_of

        best, plan = self._best, self._folder.plan
        accuracy, minus_loss = best.rank
        scores = {"val_loss": round(-minus_loss, 4), "val_accuracy": round(accuracy, 4)}
        data = {name: value for name, value in plan["data"].items() if name != "shape"}
        return {
            "format": CARD_FORMAT, "network": best.values[NETWORK], "sizes": sizes_of(best.values),
            "parameters": best.parameters, "labels": list(self.labels),
            "features": list(self._recipe.features), "frames": self._settings["frames"],
            "missing": self._recipe.missing, "data": data, "split": plan["split"], "seed": best.seed,
            "recipe": asdict(self._recipe) | {"epochs": best.end},
            "epochs": {"most": best.end, "run": best.end, "best": best.best_epoch},
            "validation": scores, "interrupted": not self.finished, "refit": False, "held_out": None,
            "tuning": {
                "method": self.method, "seed": self.seed, "trials": len(self._records),
                "epochs": self.epochs, "budget": self.budget, "max_epochs": self._settings["max_epochs"],
                "factor": self._settings["factor"], "space": self._settings["space"], "trial": best.trial,
            },
            "versions": versions(), "seconds": round(self.seconds, 2),
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
        }  # fmt: skip

    def brackets_ran(self) -> "pd.DataFrame":
        """List Hyperband's rounds as `bracket_table` plans them, and beside it what ran.

        Columns: those of `bracket_table`, trials ran, failed, epochs ran. With a budget of several passes the
        plan is that of all of them; what the budget cut off is missing on the side of what ran. Random
        search, which has no brackets, is one row.
        """
        import pandas as pd

        settings = self._settings
        if self.method == "random":
            longest = settings["max_epochs"]
            planned = pd.DataFrame(
                [(pd.NA, 0, -(-self.budget // longest), 0, longest, self.budget)],
                columns=bracket_table().columns,
            )
        else:
            planned = bracket_table(settings["max_epochs"], settings["factor"])
            passes = -(-self.budget // int(planned["epochs spent"].sum()))
            planned[["trials", "epochs spent"]] *= passes
        ran = {}
        for record in self._records:
            ran.setdefault((record.bracket, record.round or 0), []).append(record)
        for row, one in planned.iterrows():
            there = ran.get((None if self.method == "random" else one["bracket"], one["round"]), [])
            planned.loc[row, "trials ran"] = len(there)
            planned.loc[row, "failed"] = sum(record.status == FAILED for record in there)
            planned.loc[row, "epochs ran"] = sum(len(record.rows) for record in there)
        return planned.astype({"trials ran": int, "failed": int, "epochs ran": int})


def _why_nothing(records: list[Record], path: Path) -> str:
    problems = [record.problem for record in records if record.problem]
    if not problems:
        return f"No trial of the search in {path} has ended yet. Let it run on: the same call does."
    return (
        f"Every trial of the search failed, the first because: {problems[0]}. "
        "Correct the values of the search space and choose another folder."
    )
