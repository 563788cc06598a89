# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 07 · Confusion matrices
#
# You practise reading a matrix, giving a score its interval, choosing thresholds that keep a promise, and you build a recogniser that asks from several seats before it answers.
#
# **Time** {{minutes}}
#
# Write your code in place of `...`, then run the check below it. Stuck? `hint("07.1")`, and again for more; `solution("07.1")` shows one way.

# %%
import numpy as np
from IPython.display import display

from ballet_lib import plots
from ballet_lib.augmentation import mirror, turn
from ballet_lib.checks import check, hint, progress, solution
from ballet_lib.classifier import Classifier
from ballet_lib.comparison import compare
from ballet_lib.evaluation import confusion_matrix, evaluate
from ballet_lib.takes import TakeSet
from ballet_lib.vocabulary import french

model = Classifier.load("lstm")
strangers = model.card["data"]["held_out"]["dancers"]
takes = TakeSet.load("ballet6").filter(dancer=strangers)
told = evaluate(model, takes)

# %% [markdown]
# {{task 07.1}}
#
# It is Friday, and the loudspeaker calls "relevé!" once more. How often is nobody on her toes? `counts` is a confusion matrix (K, K): rows are what was danced, columns what was answered. Return the share of the answers `label`, a number from 0 to K − 1, that are wrong.


# %%
def false_alarms(counts, label):
    """Return which share of the answers `label` is wrong."""
    ### BEGIN SOLUTION
    return 1 - counts[label, label] / counts[:, label].sum()
    ### END SOLUTION


# %%
verdict = check("07.1", false_alarms)
verdict

# %%
if verdict.status == "right":
    counts = confusion_matrix(told)
    for number, name in enumerate(told.labels):
        print(
            f"{false_alarms(counts, number):4.0%} of “{french(name)}!” are false alarms"
        )

# %% [markdown]
# {{task 07.2}}
#
# A score without an interval is half a score. Where would the accuracy lie if other dancers had come? Let chance cast them: draw as many dancers as there are, *with replacement*, 1000 times. Each draw has an accuracy, over all the takes of the dancers drawn; who is drawn twice counts twice. Return the 2.5% and the 97.5% quantile of these accuracies.
#
# `right` is bool (N,), `dancers` str (N,), the dancer of each take. Draw with `rng.choice`, so that a result can be repeated.


# %%
def accuracy_interval(right, dancers, rng):
    """Return (low, high), between which 95% of the draws lie."""
    names = np.unique(dancers)
    accuracies = []
    for _ in range(1000):
        ### BEGIN SOLUTION
        drawn = rng.choice(names, len(names))
        accuracies.append(
            np.concatenate([right[dancers == name] for name in drawn]).mean()
        )
        ### END SOLUTION
    return np.quantile(accuracies, [0.025, 0.975])


# %%
verdict = check("07.2", accuracy_interval)
verdict

# %%
if verdict.status == "right":
    yours = 100 * np.array(
        accuracy_interval(told.right, told.groups, np.random.default_rng(0))
    )
    library = 100 * np.array(told.intervals().accuracy)
    figure = plots.error_by_group(
        ["your bootstrap", "the library's"],
        [100 * told.accuracy] * 2,
        [yours, library],
        label="accuracy (%)",
        title=f"Three dancers: {np.ptp(yours):.0f} points wide, or {np.ptp(library):.0f}?",
        digits=0,
    )
    display(figure)

# %% [markdown]
# *Two rows with 95% intervals for the same model: yours, and a wider one of the library.*
#
# The library's is wider on purpose. Three dancers, drawn anew, resemble each other more than three new ones would, and plain quantiles do not know that.

# %% [markdown]
# {{task 07.3}}
#
# One threshold for all labels silences the clear movements for the sake of the doubtful ones. Give each label its own: the *lowest* of `THRESHOLDS` at which at least `promise` of its answers are right. An answer is given if its probability is at least the threshold. Where no threshold keeps the promise, leave `np.inf`: better never than wrong.
#
# You have `told.predicted`, int (N,), the label answered; `told.confidence`, float (N,), its probability; `told.right`, bool (N,).

# %%
THRESHOLDS = np.linspace(0, 1, 101)


def threshold_of_each(told, promise):
    """Return for each of `told.labels` its threshold: float (K,)."""
    lowest = np.full(len(told.labels), np.inf)
    ### BEGIN SOLUTION
    for label in range(len(told.labels)):
        answers = told.predicted == label
        for threshold in THRESHOLDS:
            given = answers & (told.confidence >= threshold)
            if given.any() and told.right[given].mean() >= promise:
                lowest[label] = threshold
                break
    ### END SOLUTION
    return lowest


# %%
verdict = check("07.3", threshold_of_each)
verdict

# %%
if verdict.status == "right":
    first, second, third = (told[told.groups == name] for name in strangers)
    chosen = threshold_of_each(told[told.groups != strangers[2]], promise=0.95)
    for name, threshold in zip(told.labels, chosen, strict=True):
        print(f"{french(name):20} {threshold:.2f}")
    given = third.confidence >= chosen[third.predicted]
    print(
        f"{strangers[2]}, on whom nothing was chosen: "
        f"{given.mean():.0%} answered, {third.right[given].mean():.0%} of them right"
    )

# %% [markdown]
# {{task 07.4}}
#
# "You filmed from the wrong seat," said the dancer. Then ask from several! Build a recogniser that shows a model each take as seen from every seat, and averages the answers. A **seat** is a function that takes a take and returns one: `mirror` is across the hall, `lambda take: turn(take, 20)` is twenty degrees round the dancer, and `lambda take: take` stays where it is.
#
# `evaluate` accepts whatever has `labels` and `probabilities(takes)`, which returns float (N, K), rows that sum to 1. A `TakeSet` is made from a list of takes.


# %%
class FromSeveralSeats:
    """A recogniser that looks from every seat before it answers."""

    def __init__(self, model, seats):
        self.model, self.seats, self.labels = model, seats, model.labels

    def probabilities(self, takes):
        """Return the mean over the seats of what the model says: float (N, K)."""
        ### BEGIN SOLUTION
        views = [TakeSet([seat(take) for take in takes]) for seat in self.seats]
        return np.mean([self.model.probabilities(view) for view in views], axis=0)
        ### END SOLUTION


# %%
verdict = check("07.4", FromSeveralSeats)
verdict

# %% [markdown]
# **Predict** Which choice of seats helps: across the hall, a little round the dancer, or far round?


# %%
def here(take):
    return take


def round_her(degrees):
    return lambda take: turn(take, degrees)


choices = {
    "and mirrored": (here, mirror),
    "and ±10°": (here, round_her(-10), round_her(10)),
    "and ±40°": (here, round_her(-40), round_her(40)),
}
if verdict.status == "right":
    comparisons = [
        compare(
            evaluate(FromSeveralSeats(model, seats), takes), told, (name, "one seat")
        )
        for name, seats in choices.items()
    ]
    best = max(comparisons, key=lambda each: each.accuracy)
    display(
        plots.differences(
            comparisons,
            title=f"At best {100 * best.accuracy:+.1f} points, of {len(takes)} takes",
        )
    )

# %% [markdown]
# *A row for each choice of seats: the difference from the model that looks once, with its interval.*
#
# **Why** so little? This model has learnt from mirrored and turned copies: it has sat in those seats already. And a turned skeleton shows nothing that the first camera did not see. Only a second camera would.

# %% [markdown]
# ## Open question
#
# No check, no right answer. In lesson 07, take `pooled` and find the dancer with the lowest accuracy. Open `ConfusionMatrix(pooled[pooled.groups == dancer], takes)` and say in one sentence what is wrong: her dancing, the view, or the landmarks. Then choose with `threshold_of_each` on the other eleven dancers, and test whether it serves her better than 0.8.

# %%
progress()
