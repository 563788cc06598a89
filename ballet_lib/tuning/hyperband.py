"""The arithmetic of Hyperband: how many trials are trained for how many epochs, before any is trained.

Hyperband (Li et al. 2018, algorithm 1) runs several *brackets* of successive halving. A bracket begins with
many trials and few epochs; after each round the best 1 / `factor` go on to `factor` times as many epochs. The
last bracket halves nothing: it trains a few trials to the end, as random search does. The rounding is that of
Keras Tuner 1.4.8, worked out here in whole numbers and not asked of it, so that the two can be compared.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ballet_lib.errors import BalletError
from ballet_lib.recipes import check_count

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Round:
    """Trials that are trained from one epoch to another.

    Attributes
    ----------
    trials
        How many.
    start, end
        Epochs that each has behind it before and after.
    """

    trials: int
    start: int
    end: int

    @property
    def epochs(self) -> int:
        """Epochs that the round costs."""
        return self.trials * (self.end - self.start)


@dataclass(frozen=True)
class Bracket:
    """One run of successive halving.

    Attributes
    ----------
    number
        How often it halves; the largest comes first.
    rounds
        From many trials to few.
    """

    number: int
    rounds: tuple[Round, ...]

    @property
    def trials(self) -> int:
        """Trials of all rounds; one that goes on counts again, as Keras Tuner counts."""
        return sum(one.trials for one in self.rounds)

    @property
    def epochs(self) -> int:
        """Epochs of all rounds."""
        return sum(one.epochs for one in self.rounds)


def brackets(max_epochs: int = 9, factor: int = 3) -> list[Bracket]:
    """Return the brackets of one pass of Hyperband, in the order in which they run.

    Parameters
    ----------
    max_epochs
        Epochs that the best trials get.
    factor
        One in so many trials goes on, to so many times the epochs.

    Raises
    ------
    BalletError
        If `max_epochs` is no whole number of at least 1, or `factor` none of at least 2.
    """
    check_count("max_epochs", max_epochs)
    check_count("factor", factor)
    if factor < 2:
        raise BalletError("factor is 1, so no trial would ever be left behind. Give 2 or more; 3 is usual.")
    halvings = 0
    while factor ** (halvings + 1) <= max_epochs:
        halvings += 1
    # 1 + log(max_epochs), rounded up: trials of the last bracket, and of every bracket's share of the budget.
    fewest = 1 + halvings + (factor**halvings < max_epochs)
    return [_bracket(number, fewest, max_epochs, factor) for number in range(halvings, -1, -1)]


def _bracket(number: int, fewest: int, max_epochs: int, factor: int) -> Bracket:
    ends = [_up(max_epochs, factor ** (number - n)) for n in range(number + 1)]
    sizes = [_up(fewest * factor ** (number - n), number + 1) for n in range(number + 1)]
    return Bracket(number, tuple(map(Round, sizes, [0, *ends], ends)))


def _up(number: int, divisor: int) -> int:
    return -(-number // divisor)


def bracket_table(max_epochs: int = 9, factor: int = 3) -> "pd.DataFrame":
    """List what `brackets` returns, one round a row.

    Columns: bracket, round, trials, from epoch, to epoch, epochs spent.

    Raises
    ------
    BalletError
        As `brackets`.
    """
    import pandas as pd

    columns = ["bracket", "round", "trials", "from epoch", "to epoch", "epochs spent"]
    return pd.DataFrame(
        [(bracket.number, number, one.trials, one.start, one.end, one.epochs)
         for bracket in brackets(max_epochs, factor)
         for number, one in enumerate(bracket.rounds)],
        columns=columns,
    )  # fmt: skip
