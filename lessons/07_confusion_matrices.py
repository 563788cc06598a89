# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 07 · Confusion matrices
#
# ![A confusion matrix with a dancer in every filled cell: right answers on a blue diagonal, mistakes on orange beside it](../docs/pictures/confusion.jpg)
#
# **A model is wrong now and then. When, how often, and does it know?**

# %% [markdown]
# **You will**
#
# - *compute* a confusion matrix, and read recall and precision off it,
# - *explain* a confusion as a dancer would, and find its cause in the landmarks,
# - *choose* a threshold, and *predict* what it costs,
# - *measure* whether a model is as sure as it is right, and mend it,
# - *decide* whether one model is better than another, or was lucky.
#
# **You need** lesson 03.
#
# **Time** {{minutes}}

# %%
from dataclasses import replace

import numpy as np
import pandas as pd
import seaborn
from ipywidgets import SelectionSlider, interact
from sklearn.model_selection import GroupKFold
from tqdm.auto import tqdm

from ballet_lib import plots
from ballet_lib.augmentation import turn
from ballet_lib.calibration import (
    expected_calibration_error,
    fit_temperature,
    threshold_curve,
    with_temperature,
)
from ballet_lib.classifier import Classifier
from ballet_lib.comparison import compare, smallest_difference
from ballet_lib.cross_validation import learning_curve
from ballet_lib.evaluation import Predictions, confusion_matrix, evaluate
from ballet_lib.features import fill_missing
from ballet_lib.pace import choose
from ballet_lib.skeleton import INDEX, joint_angles
from ballet_lib.splits import split_by_dancer
from ballet_lib.takes import TakeSet
from ballet_lib.training import fit
from ballet_lib.vocabulary import BALLET_MOVEMENTS, french
from ballet_lib.widgets import ConfusionMatrix

# %% [markdown]
# ## One number
#
# The course's LSTM ships with its **model card**, which says whom it has never seen. Those dancers are our test.

# %%
model = Classifier.load("lstm")
strangers = model.card["data"]["held_out"]["dancers"]
takes = TakeSet.load("ballet6")
split = split_by_dancer(takes, test=strangers)

told = evaluate(model, split.test)
print(f"{told.right.sum()} of {len(told)} right: {told.accuracy:.0%}")

# %% [markdown]
# **Predict** These three stand for all dancers. How far may the accuracy among all be from theirs?

# %%
rows = {dancer: told[told.groups == dancer] for dancer in told.dancers}
rows["all three"] = told
ends = {name: 100 * np.array(each.intervals().accuracy) for name, each in rows.items()}
low, high = ends["all three"]
plots.error_by_group(
    list(rows),
    [100 * each.accuracy for each in rows.values()],
    list(ends.values()),
    label="accuracy (%)",
    title=f"{100 * told.accuracy:.0f}% right, and anything from {low:.0f} to {high:.0f}% is possible",
    digits=0,
    reference=100 / len(told.labels),
)

# %% [markdown]
# *Four rows with 95% intervals: one for each dancer, one for all. The thin line is chance.*
#
# A dancer's own interval asks about more takes *of hers*. The last row asks about *other dancers*, so it draws dancers, not takes: three of them say little. And no row says *what* went wrong.

# %% [markdown]
# ## The matrix, by hand
#
# Count each pair of what was danced and what was answered. That is all a **confusion matrix** is.

# %%
labels = told.labels
counts = np.zeros((len(labels), len(labels)), int)
for danced, answered in zip(told.y, told.predicted, strict=True):
    counts[danced, answered] += 1

assert (counts == confusion_matrix(told)).all()
counts

# %% [markdown]
# Rows are what was danced, columns what the model said. Every score in this lesson is read off this table:

# %%
right = np.diag(counts)
with np.errstate(invalid="ignore"):  # 0 / 0 where a label is never answered
    recall = right / counts.sum(axis=1)  # of those danced, how many were found
    precision = right / counts.sum(axis=0)  # of those answered, how many were danced
print(f"accuracy {right.sum() / counts.sum():.2f}")
pd.DataFrame({"recall": recall, "precision": precision}, index=labels).round(2)

# %% [markdown]
# **Predict** Which movement is taken for which other most often?

# %%
wrong = counts - np.diag(right)
danced, answered = np.unravel_index(wrong.argmax(), wrong.shape)
worst = labels[danced], labels[answered]
finding = f"{wrong.max()} of {counts[danced].sum()} {french(worst[0])} are called {french(worst[1])}"
plots.confusion_matrix(told, title=finding)

# %% [markdown]
# *Seven rows, seven columns: counts and shares of the row, right answers blue, mistakes orange.*
#
# Figures use the French names, so that `other` is *autre*. Where two cells are equal, the title names the upper one.

# %% [markdown]
# ## Counts or shares?
#
# Our test shows every label equally often. A real class does not: most of the time nobody dances any of the six. Let `other` come twenty times as often, with the same mistakes.

# %%
often = np.where(np.array(labels) == "other", 20, 1)
evening = counts * often[:, None]

unseen = evening[np.array(labels) != "other"].sum() / evening.sum()
plots.confusion_matrix(
    evening,
    labels,
    normalise=False,
    title=f"One row outshines the other six, which hold {100 * unseen:.0f}% of the takes",
)

# %% [markdown]
# *The same matrix with its last row twenty times as large, shaded by counts: the other six rows turn pale.*
#
# In shares of a row the picture would be the one above. A row's share on the diagonal is **recall**, and it did not move. What of **precision**?

# %%
kept = evening.diagonal() / np.maximum(evening.sum(axis=0), 1)
rare = pd.DataFrame({"in our test": precision, "in the evening": kept}, index=labels)
rare.round(2)

# %% [markdown]
# Where `other` is sometimes taken for a movement, that movement's precision falls: the same model, on a longer evening, is wrong more often when it speaks. A precision without its *how often* says nothing.

# %% [markdown]
# ## Play: look behind a cell
#
# Click a cell and its takes dance: of mistakes the surest first, of right answers the least sure. Arrow keys move.

# %%
ConfusionMatrix(told, split.test)

# %% [markdown]
# Choose an orange cell and slow it down. Would *you* have known? Then turn to the diagonal: which right answers were luck?

# %% [markdown]
# ## How sure of each label?

# %%
of_each = told.intervals().recall
widest = max(of_each, key=lambda label: np.ptp(of_each[label]))
low, high = 100 * np.array(of_each[widest])
plots.per_class(
    told,
    title=f"Fifteen takes a label: {french(widest)} lies between {low:.0f} and {high:.0f}%",
)

# %% [markdown]
# *A row for each label: recall as a dot with its interval over dancers, precision as a diamond.*
#
# Rankings made from such a figure ("the model is weak in X, strong in Y") mostly rank luck. F1, the harmonic mean of the two, inherits it.

# %%
told.report().round(2)

# %% [markdown]
# ## Everybody once
#
# Three dancers tested, nine only trained. In **cross-validation** each is a stranger once: the nine are divided into **folds**, and each fold is judged by a model trained on the other folds. The shipped model has judged the three already. This takes about twenty seconds.

# %%
probabilities = np.zeros((len(takes), len(labels)))
held_out = np.isin(takes.groups, strangers)
probabilities[held_out] = told.probabilities

nine = np.flatnonzero(~held_out)
quick = {"validation": None, "copies": choose(course=3, paper=None)}
folds = GroupKFold(choose(course=3, paper=9), shuffle=True, random_state=0)
for train, test in tqdm(list(folds.split(nine, groups=takes.groups[nine]))):
    of_fold = fit(takes[nine[train]], "lstm", bar=False, **quick)
    probabilities[nine[test]] = of_fold.probabilities(takes[nine[test]])

take_ids = [take.take_id for take in takes]
pooled = Predictions(takes.y, probabilities, takes.groups, labels, take_ids)

# %%
both = {"3 dancers": told, "12 dancers": pooled}
ends = [100 * np.array(each.intervals().accuracy) for each in both.values()]
before, after = np.ptp(ends, axis=1)
plots.error_by_group(
    list(both),
    [100 * each.accuracy for each in both.values()],
    ends,
    label="accuracy (%)",
    title=f"The interval: {before:.0f} points from three dancers, {after:.0f} from twelve",
    digits=0,
)

# %% [markdown]
# *Two rows: the interval from three dancers, and the one from twelve.*
#
# The price: it is the *recipe* that is judged, not one model, and here with fewer dancers and fewer copies than the shipped model had. `leave_one_dancer_out` does the same with one dancer a fold.

# %%
pair = [labels.index(name) for name in ("attitude_croisee", "first_arabesque")]
many = confusion_matrix(pooled)
mixed = many[pair[0], pair[1]] + many[pair[1], pair[0]]
share = mixed / max((~pooled.right).sum(), 1)
plots.confusion_matrix(
    pooled, title=f"Attitude and arabesque make {100 * share:.0f}% of the mistakes"
)

# %% [markdown]
# *The matrix of all 420 takes, sixty a row.*

# %% [markdown]
# ## What would a dancer say?
#
# | mixed up | what differs | what hides it |
# |---|---|---|
# | attitude, arabesque | one knee: bent or straight | a view along the thigh |
# | relevé, other | a hand's breadth under the heels | feet at the picture's edge; a shift of weight |
# | battement tendu, other | a foot that leaves, points, returns | the first step of a walk |
# | demi-plié, retiré | two bent knees or one | one leg behind the other |
#
# Which of these stand in your matrix, and which do not?

# %% [markdown]
# ## A knee that points at the camera
#
# However rare it is, of one confusion the cause can be measured. In an attitude and an arabesque the leg goes up behind alike; the knee alone differs. **Predict** When a model mixes them up: did the dancer bend too little, or did the extractor see badly?
#
# Our dancers are synthetic, so we can ask: their exact joints are known.


# %%
def lifted_knee(take):
    """The lifted knee while it is up, in degrees: as it was danced, and as the extractor saw it."""
    exact = take.truth.world
    higher = (
        exact[:, INDEX["right_ankle"], 1] - exact[:, INDEX["left_ankle"], 1]
    )  # y points down
    up = np.abs(higher) > 0.8 * np.abs(higher).max()
    knee = "left_knee" if higher[up].mean() > 0 else "right_knee"
    seen = fill_missing(take.poses).world
    return [np.median(joint_angles(world)[knee][up]) for world in (exact, seen)]


behind = np.flatnonzero(np.isin(takes.y, pair))
both = [lifted_knee(takes[int(number)]) for number in behind]
knees = pd.DataFrame(both, columns=["danced", "seen"], index=behind)
off = (knees.seen - knees.danced).abs().median()
print(f"The extractor's knee is off by {off:.0f}° (median).")

# %%
knees["movement"] = [french(takes[int(number)].movement) for number in behind]
knees["answer"] = np.where(pooled.right[behind], "right", "wrong")
bent = knees[takes.y[behind] == pair[0]]
with plots.style():
    figure, ax = plots.subplots(size=(8, 3.2))
    seaborn.stripplot(knees, x="seen", y="movement", hue="answer", hue_order=["right", "wrong"],
                      palette=["#0072b2", "#d55e00"], dodge=True, size=7, ax=ax)  # fmt: skip
    for row, (_, mine) in enumerate(knees.groupby("movement", sort=False)):
        ax.vlines(mine.danced.median(), row - 0.4, row + 0.4, "#262626", lw=2.5)
    ax.set(xlabel="lifted knee as seen (degrees; 180 is straight)", ylabel="")
    seen = f"seen at {bent.seen.min():.0f} to {bent.seen.max():.0f}°"
    ax.set_title(f"Attitudes danced at {bent.danced.median():.0f}° are {seen}")
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
figure

# %% [markdown]
# *A dot for each take, those answered wrongly in a line of their own; the black bars are the knees as they were danced, in every take nearly the same.*
#
# The bars are far apart, the dots are not: the dancers are clear, their landmarks are less so. What saves the model is that it sees forty frames and thirty-two other landmarks.

# %% [markdown]
# Look at an attitude whose knee was seen straight, and at an arabesque from nearly the same side. Below them the same attitude with its *exact* joints, from a quarter turn further round.

# %%
fooled = bent[pooled.predicted[bent.index] == pair[1]]
knee = (fooled if len(fooled) else bent).sort_values("seen").iloc[-1]
attitude = takes[int(knee.name)]
whole = takes.filter(lambda take: take.poses.found.all(), movement="first_arabesque")
arabesque = min(whole, key=lambda take: abs(take.meta["yaw"] - attitude.meta["yaw"]))
round_her = turn(replace(attitude, poses=attitude.truth), 90)

answer = french(labels[pooled.predicted[knee.name]])
plots.take_strips(
    [attitude, arabesque, round_her],
    names=["attitude", "arabesque", "the attitude,\n90° further"],
    title=f"Danced at {knee.danced:.0f}°, seen at {knee.seen:.0f}°, called {answer}",
)

# %% [markdown]
# *Three rows of skeletons: an attitude and an arabesque from one side, then the same attitude from elsewhere.*
#
# "*Croisée* means crossed to the audience," the dancer would say. "You filmed from the wrong seat." The mend is not a larger network but another camera.

# %% [markdown]
# ## From which side does it fail?
#
# All takes by the place of the camera: 0° is in front of the dancer, 180° behind. Left and right count together.

# %%
turned = np.abs([take.meta["yaw"] for take in takes])
view = pd.cut(turned, [-1, 45, 110, 180], labels=["front", "side", "back"])
seen_from = {name: pooled[view == name] for name in view.categories}
spread = [100 * each.accuracy for each in seen_from.values()]
best, least = (view.categories[find(spread)] for find in (np.argmax, np.argmin))
plots.error_by_group(
    [f"{name} ({len(each)} takes)" for name, each in seen_from.items()],
    spread,
    [100 * np.array(each.intervals().accuracy) for each in seen_from.values()],
    label="accuracy (%)",
    title=f"Best from the {best}, worst from the {least}: {max(spread):.0f} and {min(spread):.0f}%",
    digits=0,
)

# %% [markdown]
# *Three rows: front within 45°, side to 110°, back beyond.*
#
# **Why?** Is it the view, or *what* is filmed from there? An arabesque is shown in profile, a relevé from the front. Compare within a row:

# %%
danced = [take.movement for take in takes]
table = pd.DataFrame({"danced": danced, "view": view, "right": pooled.right})
by_view = table.pivot_table(
    "right", "danced", "view", ["mean", "size"], observed=True, sort=False
)
by_view.round(2)

# %% [markdown]
# Some cells hold about five takes: there, 0.2 is a single one.

# %% [markdown]
# ## The 0.8 rule
#
# The ballet paper shows an answer only if its probability is at least 0.8. **Predict** How many takes get no answer then? How many answers are right?

# %%
at = threshold_curve(told, [0, 0.8]).set_index("threshold").mul(100)
plots.threshold_curve(
    told,
    threshold=0.8,
    title=f"At 0.8, {at.answered[0.8]:.0f}% are answered; "
    f"{at.accuracy[0]:.0f}% right becomes {at.accuracy[0.8]:.0f}%",
)

# %% [markdown]
# *Three curves over the threshold: answers that are right, takes that get an answer, and `other` that is called a movement.*
#
# A threshold buys accuracy and pays with silence. Where 0.8 stands on these curves depends on the model: it is a number to choose, not to copy.

# %% [markdown]
# **Play** Move the threshold and watch which cells empty first.


# %%
@interact(
    threshold=SelectionSlider(
        options=[0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9], value=0.8
    )
)
def answered_only(threshold):
    answered = told.confidence >= threshold
    if not answered.any():
        return print("No take gets an answer.")
    sure = told[answered]
    title = f"{len(sure)} of {len(told)} answered, {sure.accuracy:.0%} of them right"
    return plots.confusion_matrix(sure, normalise=False, title=title)


# %% [markdown]
# ## What is none of the six
#
# The ballet paper's network knows six movements and nothing else. We train one like it, without `other`, and show it the takes in which nobody dances.

# %%
learners = split.train.filter(movement=BALLET_MOVEMENTS)
six = fit(learners, "lstm", validation=None, bar=False)
idle = split.test.filter(movement="other")

answers = six.probabilities(idle)
called = pd.DataFrame({
    "what she does": [take.meta["phrase"].replace("_", " ") for take in idle],
    "it is called": [french(six.labels[n]) for n in answers.argmax(1)],
    "probability": answers.max(1).round(2),
})  # fmt: skip
called.sort_values("probability", ascending=False, ignore_index=True)

# %% [markdown]
# It has no word for "none of these", so it says the nearest. **Softmax** shares 100% among the words it has: a high probability means *more like this than like the five others*.
#
# Two remedies: a threshold, or a label for the rest. **Predict** which one works better.


# %%
def answers_at(thresholds, model, some):
    """The label of each take; `other` where the model is not sure enough."""
    p = model.probabilities(some)
    likeliest = np.array(model.labels)[p.argmax(axis=1)]
    return [np.where(p.max(axis=1) >= t, likeliest, "other") for t in thresholds]


moving = split.test.filter(movement=BALLET_MOVEMENTS)
truth = np.array([take.movement for take in moving])
thresholds = np.linspace(0, 1, 101)
curves = {}
for name, one in {"six labels": six, "six and ‘other’": model}.items():
    alarms = [(words != "other").mean() for words in answers_at(thresholds, one, idle)]
    known = [(words == truth).mean() for words in answers_at(thresholds, one, moving)]
    curves[name] = 100 * np.transpose([alarms, known])

# %%
alarms = [curve[80, 0] for curve in curves.values()]
with plots.style():
    figure, ax = plots.subplots(size=(7, 4.2))
    for (name, curve), colour, line in zip(
        curves.items(), ("#d55e00", "#0072b2"), ("--", "-"), strict=True
    ):
        ax.plot(*curve.T, line, color=colour, label=name)
        ax.plot(*curve[80], "o", color=colour, mec="white", ms=10)
    ax.set(xlim=(-2, 102), ylim=(0, 103))
    ax.set(xlabel="idle takes called a movement (%)", ylabel="movements recognised (%)")
    ax.set_title(
        f"At 0.8: {alarms[0]:.0f}% false alarms with six labels, {alarms[1]:.0f}% with ‘other’"
    )
    ax.legend(loc="lower right")
figure

# %% [markdown]
# *Two curves, a point for every threshold: to the left fewer false alarms, upwards more movements recognised. The dots are the 0.8 rule.*
#
# The upper left corner is where to be. Only fifteen idle takes stand behind this figure, so one of them is seven points. And `other` can only be learnt from the *others* that somebody thought of recording.

# %% [markdown]
# ## As sure as right?
#
# Of a hundred answers given with 80%, eighty should be right: then a model is **calibrated**. The distance from that, averaged over all takes, is the **expected calibration error** (ECE).

# %%
error = expected_calibration_error(told)
sure, hit = told.confidence.mean(), told.accuracy
plots.reliability(
    told, title=f"{100 * sure:.0f}% sure on average, {100 * hit:.0f}% right"
)

# %% [markdown]
# *Above, how often answers of each probability are right, with intervals; below, how many there are. On the line, a model is as sure as it is right; below it, too sure.*
#
# Would a perfectly calibrated model have an ECE of 0? Let chance decide each take by the model's own probabilities, so that they are true by construction:

# %%
P = told.probabilities / told.probabilities.sum(axis=1, keepdims=True)


def error_by_chance(rng):
    """The ECE if what is danced were drawn by the model's own probabilities."""
    drawn = np.array([rng.choice(len(labels), p=row) for row in P])
    return expected_calibration_error(replace(told, y=drawn))


rng = np.random.default_rng(0)
by_chance = [error_by_chance(rng) for _ in range(200)]
low, high = np.quantile(by_chance, [0.025, 0.975])
print(f"ours: {error:.3f}    calibrated, by chance alone: {low:.3f} to {high:.3f}")

# %% [markdown]
# With so few takes, an ECE inside that range is no sign of anything.

# %% [markdown]
# ## Temperature
#
# If a model is too sure, divide what goes into its softmax by a number $T$ above 1: its probabilities move towards the middle. If it is too timid, as where the points lie above the line, a $T$ below 1 moves them outwards. No answer changes either way.
#
# **Predict** $T$ is fitted on takes whose labels are known. On those that the model has learnt from, or on strangers'?

# %%
learnt = fit_temperature(evaluate(model, split.train))
by_two = {
    dancer: fit_temperature(told[told.groups != dancer]) for dancer in told.dancers
}
print(f"on takes it has learnt: T = {learnt:.2f}")
print("on two of the strangers:", *(f"T = {each:.2f}" for each in by_two.values()))

# %% [markdown]
# The smaller $T$, the surer the model becomes. Of the takes that it has learnt nearly all are answered rightly, so no certainty is too much for them. Only strangers show how it will do tomorrow. So each stranger gets the temperature that was fitted on the *other two*.

# %%
probabilities = told.probabilities.copy()
for dancer, temperature in by_two.items():
    hers = told.groups == dancer
    probabilities[hers] = with_temperature(told[hers], temperature).probabilities

tempered = replace(told, probabilities=probabilities)
mended = expected_calibration_error(tempered)
plots.reliability(
    {"as trained": told, "tempered": tempered},
    title=f"ECE {error:.3f} as trained, {mended:.3f} with a temperature",
)

# %% [markdown]
# *The same diagram twice: as trained, and with the temperature.*
#
# One number learnt from few dancers can help strangers, or not: compare the change with the range of chance above. And a threshold that was chosen before means something else now:

# %%
for name, each in {"as trained": told, "tempered": tempered}.items():
    print(f"{name:17} {(each.confidence >= 0.8).mean():4.0%} of the takes reach 0.8")

# %% [markdown]
# ## What went wrong on purpose
#
# "Of the answers we show, half of the mistakes are gone." To promise this, choose the lowest threshold at which it is true. On which takes? Let us do what is often done, and choose and report on the same three dancers; then see what the other nine say. Two hundred times, each with another three.


# %%
def lowest_threshold(predictions, promise):
    curve = threshold_curve(predictions)
    kept = curve[curve.accuracy >= promise]
    return kept.threshold.min() if len(kept) else 1.0


def accuracy_of_answers(predictions, threshold):
    return threshold_curve(predictions, [threshold]).accuracy[0]


promise = (1 + pooled.accuracy) / 2
rng = np.random.default_rng(0)
reported, found = [], []
for _ in range(200):
    three = np.isin(pooled.groups, rng.choice(pooled.dancers, 3, replace=False))
    threshold = lowest_threshold(pooled[three], promise)
    reported.append(accuracy_of_answers(pooled[three], threshold))
    found.append(accuracy_of_answers(pooled[~three], threshold))

# %%
reported, found = 100 * np.array(reported), 100 * np.array(found)
kept = (found >= 100 * promise).sum()
every = np.append(reported, found) - 100 * promise
bins = 100 * promise + np.arange(np.floor(np.nanmin(every)), np.nanmax(every) + 1)
colours, names = ["#d55e00", "#0072b2"], ["where it was chosen", "on the nine others"]
with plots.style():
    figure, ax = plots.subplots(size=(7.4, 3.4))
    ax.hist([reported, found], bins, color=colours, label=names)
    ax.axvline(100 * promise, color="#262626", lw=1.2)
    ax.set(xlabel="answers that are right (%)", ylabel="of 200 draws")
    ax.set_title(
        f"Promised {100 * promise:.0f}%, kept for strangers in {kept} of 200 draws"
    )
    ax.legend()
figure

# %% [markdown]
# *Two histograms and a line, the promise: reported scores begin at it, scores of the other dancers lie on both sides.*
#
# The reported score *cannot* lie below the promise: it was chosen so. A number that was chosen on some takes is no measurement of these takes. The mend: choose on validation dancers, report on dancers that no choice has seen. That holds for thresholds, temperatures, epochs and networks alike.

# %% [markdown]
# ## Two models
#
# The course ships other networks, which lessons 04 and 05 explain. Which is best? Takes on which two models agree say nothing:

# %%
others = {
    name: evaluate(Classifier.load(name), split.test)
    for name in ("bilstm", "attention", "tcn")
}
verdict = {True: "right", False: "wrong"}
pd.crosstab(
    pd.Series(told.right, name="lstm").map(verdict),
    pd.Series(others["attention"].right, name="attention").map(verdict),
)

# %% [markdown]
# **McNemar's test** looks at the two corners where one model alone is right. If both were equally good, each such take would be a toss of a coin. The **paired bootstrap** draws dancers, the same for both models.

# %%
comparisons = [compare(told, other, ("lstm", name)) for name, other in others.items()]
print(comparisons[1])

# %%
ends = [each.accuracy_interval for each in comparisons]
luck = sum(not (low > 0 or high < 0) for low, high in ends)
plots.differences(
    comparisons,
    title=f"{luck} of {len(comparisons)} differences could be zero for other dancers",
)

# %% [markdown]
# *A row for each pair: the difference in accuracy with its interval, and McNemar's p value. What crosses the line may be luck.*
#
# Where the two disagree, trust the more cautious: McNemar's test takes the takes as independent, the bootstrap draws from three dancers only. And of three comparisons without any difference, up to one figure in seven shows a p below 0.05.
#
# "Not significant" is not "equal". Suppose that somebody has a *better* network than the LSTM. By how much must it lead before this test notices?

# %%
lead = smallest_difference(len(told), told.accuracy)
noticed = (
    f"{100 * lead:.0f} points"
    if np.isfinite(lead)
    else "more than there is left to win"
)
print(f"{len(told)} takes notice, in four of five tries, a lead of {noticed}")

# %% [markdown]
# The fewer mistakes are left, the less there is to win, and the more takes it needs to see somebody win it. A *worse* network has more room to differ.

# %% [markdown]
# ## More dancers, or more epochs?
#
# When a score disappoints, what should you collect? Train on few dancers and on more, always tested on the same strangers. About twenty seconds.

# %%
curve = learning_curve(
    takes,
    numbers=choose(course=(1, 3, 9), paper=range(1, 10)),
    test=strangers,
    repeats=choose(course=2, paper=5),
    **quick,
)
means = 100 * curve.groupby("dancers").accuracy.mean()
plots.learning_curve(
    curve,
    score="accuracy",
    title=f"From {means.index[0]} to {means.index[-1]} dancers: {means.iloc[0]:.0f} to {means.iloc[-1]:.0f}% right",
)

# %% [markdown]
# *Accuracy on three strangers against the number of dancers in training; a dot for each training.*
#
# A curve that still climbs at its right end asks for dancers. One that is flat asks for better landmarks, or better labels.

# %% [markdown]
# ## In this lesson you …
#
# - counted a confusion matrix, and found a camera in the wrong seat behind one of its cells,
# - chose thresholds, a label for the rest, and a temperature, each judged on dancers that it was not chosen on,
# - compared models with their uncertainty, and know what this many takes can tell apart.

# %% [markdown]
# ## Check yourself

# %%
from ballet_lib.checks import quiz

quiz("07")

# %% [markdown]
# ## Exercise
#
# Four tasks wait in [exercises/07_confusion_matrices](../exercises/07_confusion_matrices.ipynb): count false alarms, cast dancers by lot, give each movement a threshold of its own, and build a recogniser that looks from several seats before it answers.

# %% [markdown]
# ## Sources
#
# | | they report | here |
# |---|---|---|
# | ballet LSTM paper | a matrix of six test takes; answers from 0.8 on | the same rule on three dancers: what it answers, and how often that is right |
# | paper on 16 styles | 95.5%, chunks of a video on both sides | by dancer, with an interval |
# | two-stream report | 65.9, 63.7, 58.2% on 91 clips, no interval | lesson 05: what 91 clips can tell apart |
# | AlphaPose style project | 62 and 85%, one split | folds by dancer, pooled |
#
# - McNemar, *Note on the sampling error of the difference between correlated proportions* (1947).
# - Calibration and temperature: Guo and others, *On calibration of modern neural networks* (2017).
# - Intervals from few dancers: Hesterberg, *What teachers should know about the bootstrap* (2015).
# - The right to be silent: Chow, *On optimum recognition error and reject tradeoff* (1970).
