"""What a model answers about takes whose labels are known, and what that is worth.

`evaluate` asks a model about every take of a set and returns `Predictions`, which everything else is computed
from: scores and intervals here, `comparison` of two models, `calibration` of the probabilities.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ballet_lib import intervals
from ballet_lib.errors import BalletError
from ballet_lib.intervals import Intervals

if TYPE_CHECKING:
    import pandas as pd

    from ballet_lib.takes import TakeSet

OFF_ONE = 1e-3
"""How far the probabilities of a take may sum to something else than 1; float16 needs so much."""


class Recogniser(Protocol):
    """What can be evaluated: a `classifier.Classifier`, or anything else with these two."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the K labels."""

    def probabilities(self, takes: "TakeSet") -> np.ndarray:
        """Return float (N, K): how probable each of the K labels is for each of the N takes."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a model said about takes, beside what was danced.

    Attributes
    ----------
    y
        int (N,): what was danced, as a number of `labels`.
    probabilities
        float (N, K): how probable the model held each label; each row sums to 1.
    groups
        str (N,): the dancers.
    labels
        The K names that the numbers mean.
    take_ids
        Of the N takes, no two alike.

    Raises
    ------
    BalletError
        If there is no take, the shapes disagree, or the probabilities are none.
    """

    y: np.ndarray
    probabilities: np.ndarray
    groups: np.ndarray
    labels: tuple[str, ...]
    take_ids: tuple[str, ...]

    def __post_init__(self):
        convert = {
            "y": np.asarray(self.y), "probabilities": np.asarray(self.probabilities, dtype=float),
            "groups": np.asarray(self.groups, dtype=str), "labels": tuple(map(str, self.labels)),
            "take_ids": tuple(map(str, self.take_ids)),
        }  # fmt: skip
        for name, value in convert.items():
            object.__setattr__(self, name, value)
        _check_takes(self)
        _check_probabilities(self.probabilities, self.take_ids)

    def __len__(self) -> int:
        """Return the number of takes."""
        return len(self.y)

    def __getitem__(self, which) -> "Predictions":
        """Return some of the takes: a slice, a list of numbers, a mask of bool (N,)."""
        chosen = np.arange(len(self))[which]
        return replace(
            self, y=self.y[chosen], probabilities=self.probabilities[chosen], groups=self.groups[chosen],
            take_ids=tuple(self.take_ids[number] for number in chosen),
        )  # fmt: skip

    @property
    def dancers(self) -> tuple[str, ...]:
        """Everybody who dances, by the alphabet."""
        return tuple(np.unique(self.groups).tolist())

    @cached_property
    def predicted(self) -> np.ndarray:
        """int (N,): the most probable label of each take, as a number of `labels`."""
        return self.probabilities.argmax(axis=1)

    @property
    def confidence(self) -> np.ndarray:
        """float (N,): the probability of the most probable label."""
        return self.probabilities.max(axis=1)

    @property
    def right(self) -> np.ndarray:
        """bool (N,): whether the most probable label is what was danced."""
        return self.predicted == self.y

    @property
    def accuracy(self) -> float:
        """The share of takes recognised rightly."""
        return float(self.right.mean())

    @property
    def occurring(self) -> tuple[str, ...]:
        """The labels that are danced or answered at least once: those that macro-F1 is the mean over."""
        return tuple(self.labels[number] for number in np.union1d(self.y, self.predicted))

    @property
    def macro_f1(self) -> float:
        """The mean F1 of the labels that occur, in the truth or in the answers, each counting the same."""
        from sklearn.metrics import f1_score

        return float(f1_score(self.y, self.predicted, average="macro"))

    def report(self) -> "pd.DataFrame":
        """Return a row for each label: `precision`, `recall`, `f1`, NaN if undefined, `support` (takes)."""
        import pandas as pd
        from sklearn.metrics import precision_recall_fscore_support

        values = precision_recall_fscore_support(
            self.y, self.predicted, labels=np.arange(len(self.labels)), zero_division=np.nan
        )
        columns = dict(zip(("precision", "recall", "f1", "support"), values, strict=True))
        return pd.DataFrame(columns, index=pd.Index(self.labels, name="label"))

    def intervals(self, level: float = 0.95, draws: int = 1000, seed: int = 0) -> Intervals:
        """Estimate where accuracy, macro-F1 and recall would lie for other dancers, by a bootstrap over them.

        With one or two dancers there is nothing to draw from: `method` then names what stands in. A perfect
        macro-F1 has no interval, since no mistake is there to be drawn; look at that of the accuracy.

        Parameters
        ----------
        level
            The share of such intervals that should hold the truth.
        draws
            How often to draw as many dancers anew.
        seed
            Of the draws.
        """
        if not (0 < level < 1 and draws >= 1):
            raise BalletError(f"An interval of level {level} from {draws} draws cannot be. Give 0.95, say.")
        return intervals.bootstrap_scores(
            self.y, self.predicted, self.groups, self.labels, level, draws, seed
        )

    def to_json(self) -> dict:
        """Return the scores as JSON can hold them; null stands for what is undefined."""
        per_class = {
            label: {"precision": _plain(row.precision), "recall": _plain(row.recall), "f1": _plain(row.f1),
                    "n": int(row.support)}
            for label, row in zip(self.labels, self.report().itertuples(), strict=True)
        }  # fmt: skip
        return {
            "accuracy": _plain(self.accuracy), "macro_f1": _plain(self.macro_f1), "n": len(self),
            "dancers": list(self.dancers), "per_class": per_class, "intervals": self.intervals().to_json(),
        }  # fmt: skip

    def with_labels(self, labels: Sequence[str]) -> "Predictions":
        """Return the same with other numbers: labels in another order, or more of them, at probability 0.

        Raises
        ------
        BalletError
            If a label that the takes or the model know is not among the new ones.
        """
        labels = tuple(labels)
        if gone := [label for label in self.labels if label not in labels]:
            raise BalletError(f"The labels {', '.join(gone)} are not among the new ones. Add them.")
        places = np.array([labels.index(label) for label in self.labels])
        probabilities = np.zeros((len(self), len(labels)))
        probabilities[:, places] = self.probabilities
        return replace(self, y=places[self.y], probabilities=probabilities, labels=labels)


def evaluate(classifier: Recogniser, takes: "TakeSet") -> Predictions:
    """Ask a model about takes whose labels are known.

    Labels are matched by name, so that the model and the set may number them differently.

    Parameters
    ----------
    classifier
        Anything with `labels` and `probabilities(takes)`.
    takes
        At least one, which the model should not have been trained on.

    Raises
    ------
    BalletError
        If there is no take, a take bears a label that the model does not know, or what the model answers are
        not probabilities.
    """
    if not takes:
        raise BalletError("There is no take to evaluate on. Check what was filtered out.")
    numbers = {label: number for number, label in enumerate(classifier.labels)}
    if unknown := sorted({take.movement for take in takes} - set(numbers)):
        raise BalletError(
            f"The takes show {', '.join(unknown)}, which the model never saw; it knows "
            f"{', '.join(classifier.labels)}. Leave those takes out, or train a model on them too."
        )
    return Predictions(
        y=np.array([numbers[take.movement] for take in takes]),
        probabilities=np.asarray(classifier.probabilities(takes)),
        groups=takes.groups,
        labels=tuple(classifier.labels),
        take_ids=tuple(take.take_id for take in takes),
    )


def confusion_matrix(predictions: Predictions, normalise: str | None = None) -> np.ndarray:
    """Count what was danced (rows) against what was recognised (columns): (K, K) in the order of `labels`.

    Parameters
    ----------
    predictions
        Answers to at least one take.
    normalise
        None for counts, int; `"true"` for the shares of each row, float, NaN in the row of a label that
        nobody danced.

    Raises
    ------
    BalletError
        If `normalise` is anything else.
    """
    from sklearn import metrics

    if normalise not in (None, "true"):
        raise BalletError(f"A matrix cannot be normalised by {normalise!r}. Give 'true' or None.")
    numbers = np.arange(len(predictions.labels))
    return shares_of_rows(
        metrics.confusion_matrix(predictions.y, predictions.predicted, labels=numbers), normalise is not None
    )


def shares_of_rows(counts: np.ndarray, wanted: bool = True) -> np.ndarray:
    """Divide each row by its sum, NaN where that is 0; or return the counts as they are."""
    if not wanted:
        return counts
    sums = counts.sum(axis=1, keepdims=True)
    return np.divide(counts, sums, out=np.full(counts.shape, np.nan), where=sums > 0)


def _check_takes(told: Predictions) -> None:
    count, classes = len(told.y), len(told.labels)
    if count == 0:
        raise BalletError("There are no predictions to judge. Evaluate on at least one take.")
    if told.probabilities.shape != (count, classes):
        raise BalletError(
            f"The model answered with an array of shape {told.probabilities.shape}, not {(count, classes)}: "
            f"{count} takes, {classes} labels. Check that its last layer has one unit for each label."
        )
    if len(set(told.labels)) < classes:
        raise BalletError(f"Two labels have one name among {', '.join(told.labels)}. Rename one.")
    if told.groups.shape != (count,) or len(told.take_ids) != count or told.y.shape != (count,):
        raise BalletError(
            f"{count} takes need as many dancers and ids, not {len(told.groups)} and {len(told.take_ids)}. "
            "Give one of each a take."
        )
    if len(set(told.take_ids)) < count:
        raise BalletError("Two predictions are of one take. Evaluate each take once.")
    if not np.issubdtype(told.y.dtype, np.integer) or told.y.min() < 0 or told.y.max() >= classes:
        raise BalletError(f"Labels are whole numbers from 0 to {classes - 1}. Check what y holds.")


def _check_probabilities(probabilities: np.ndarray, take_ids: tuple[str, ...]) -> None:
    finite = np.isfinite(probabilities).all(axis=1)
    if not finite.all():
        raise BalletError(
            f"The model answers NaN for {(~finite).sum()} of {len(finite)} takes, such as "
            f"{take_ids[finite.argmin()]}. Its training diverged, or a take holds NaN: train it again, "
            "with a lower learning rate."
        )
    sums = probabilities.sum(axis=1)
    proper = (np.abs(sums - 1) <= OFF_ONE) & (probabilities >= -OFF_ONE).all(axis=1)
    if not proper.all():
        number = proper.argmin()
        raise BalletError(
            f"The model's answers to {take_ids[number]} sum to {sums[number]:.3g} or are negative, so they "
            "are no probabilities. Give its last layer softmax as activation."
        )


def _plain(value: float) -> float | None:
    return round(float(value), 6) if np.isfinite(value) else None
