"""Scores from many trainings: every dancer held out once, and more and more dancers to learn from."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib import splits
from ballet_lib.errors import BalletError
from ballet_lib.evaluation import Predictions, Recogniser, evaluate

if TYPE_CHECKING:
    import pandas as pd

    from ballet_lib.takes import TakeSet

Train = Callable[["TakeSet"], Recogniser]
"""A function of training takes that returns a model."""


def leave_one_dancer_out(
    takes: "TakeSet", train: Train | None = None, *, bar: bool = True, **settings
) -> Predictions:
    """Train as many models as there are dancers, each tested on the one dancer that it never saw.

    Parameters
    ----------
    takes
        Takes of at least two dancers.
    train
        A function of training takes that returns a model; `training.fit` with the settings by default.
    bar
        Whether to show a progress bar.
    settings
        For `training.fit`.

    Returns
    -------
    Predictions
        The answers to every take, each by the model that had not seen its dancer.

    Raises
    ------
    BalletError
        If there are fewer than two dancers, or a label that one dancer alone dances.
    """
    from tqdm.auto import tqdm

    train = _training(train, settings)
    rounds = list(splits.leave_one_dancer_out(takes))
    answers = []
    for split in tqdm(rounds, desc="dancers held out", unit="dancer", disable=not bar):
        answers.append(evaluate(train(split.train), split.test))
    return _joined(answers, takes.labels)


def learning_curve(
    takes: "TakeSet",
    numbers: Iterable[int],
    test: float | str | Sequence[str] = 0.25,
    repeats: int = 3,
    train: Train | None = None,
    *,
    seed: int = 0,
    bar: bool = True,
    **settings,
) -> "pd.DataFrame":
    """Measure what more dancers in training bring, always tested on the same other dancers.

    Parameters
    ----------
    takes
        Takes of several dancers.
    numbers
        How many dancers to train on, such as `(2, 4, 8)`.
    test
        Share of the dancers to test on, or their names.
    repeats
        How often to draw the dancers anew; in each, the fewer are among the more.
    train
        A function of training takes that returns a model; `training.fit` with the settings by default.
    seed
        Of the draws.
    bar
        Whether to show a progress bar.
    settings
        For `training.fit`.

    Returns
    -------
    pandas.DataFrame
        One row a training: `dancers`, `repeat`, `accuracy`, `macro_f1`.

    Raises
    ------
    BalletError
        If there are not that many dancers, or those drawn do not dance all that is tested.
    """
    import pandas as pd
    from tqdm.auto import tqdm

    train = _training(train, settings)
    split = splits.split_by_dancer(takes, test, seed)
    there, numbers = np.array(split.train.dancers), list(numbers)
    if not numbers or repeats < 1 or not all(1 <= number <= len(there) for number in numbers):
        raise BalletError(
            f"Training on {', '.join(map(str, numbers)) or 'no'} dancers, {repeats} times, cannot be done. "
            f"Besides the test there are {len(there)}: give numbers from 1 to {len(there)}."
        )
    orders = [np.random.default_rng([seed, repeat]).permutation(there) for repeat in range(repeats)]
    rows = []
    rounds = [(number, repeat) for number in numbers for repeat in range(repeats)]
    for number, repeat in tqdm(rounds, desc="learning curve", unit="training", disable=not bar):
        drawn = split.train.filter(dancer=orders[repeat][:number].tolist())
        told = evaluate(train(drawn), split.test)
        rows.append({"dancers": number, "repeat": repeat, "accuracy": told.accuracy,
                     "macro_f1": told.macro_f1})  # fmt: skip
    return pd.DataFrame(rows)


def _training(train: Train | None, settings: dict) -> Train:
    """Return what trains: the given function, or `training.fit` without a bar of its own."""
    if train is not None and settings:
        raise BalletError(
            f"The settings {', '.join(settings)} are for training.fit. Put them into your own function."
        )
    if train is not None:
        return train
    from ballet_lib.training import fit

    return lambda takes: fit(takes, bar=False, **settings)


def _joined(answers: list[Predictions], labels: tuple[str, ...]) -> Predictions:
    """Join answers of several models, whose labels may differ, under one numbering."""
    labels = tuple(dict.fromkeys([*labels, *(label for told in answers for label in told.labels)]))
    answers = [told.with_labels(labels) for told in answers]
    return Predictions(
        y=np.concatenate([told.y for told in answers]),
        probabilities=np.concatenate([told.probabilities for told in answers]),
        groups=np.concatenate([told.groups for told in answers]),
        labels=labels,
        take_ids=tuple(take_id for told in answers for take_id in told.take_ids),
    )
