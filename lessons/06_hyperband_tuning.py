# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 06 · Hyperband tuning
#
# ![Nine small pictures of dancers at an audition, three of them framed; then those three, one framed; then that one alone, large](../docs/pictures/tuning.jpg)
#
# **Seven settings, thousands of combinations, two minutes of computing. Which do you try, and how good is the best one really?**

# %% [markdown]
# **You will**
#
# - *describe* a search space, and *calculate* how large it is,
# - *write* successive halving in NumPy, and *predict* when it drops the wrong ones,
# - *calculate* what Hyperband will do, and *check* that it did,
# - *compare* two tuners under one budget, over several seeds,
# - *explain* why a tuner's own score is too good, and *measure* by how much.
#
# **You need** lesson 03.
#
# **Time** {{minutes}}

# %%
import subprocess
import sys
import time
from math import ceil
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import numpy as np
import pandas as pd
from ipywidgets import interact
from scipy.stats import spearmanr, ttest_1samp

from ballet_lib import DATASETS, plots
from ballet_lib.evaluation import evaluate
from ballet_lib.pace import choose
from ballet_lib.takes import TakeSet
from ballet_lib.tuning import SPACES, bracket_table, tune
from ballet_lib.tuning.experiment import SETTINGS, Competition

rng = np.random.default_rng(0)

# %% [markdown]
# ## What a training does not learn
#
# Gradients find the weights. Nothing finds the learning rate, the number of units, the share of dropout: somebody sets these **hyperparameters** before. The **search space** says what may be set. This is the one of the paper on 16 dance styles, with an LSTM in one direction beside its BiLSTM:

# %%
paper = SPACES["paper"]
for name, values in paper.choices.items():
    shown = values if len(values) < 7 else (*values[:2], "…", values[-1])
    print(f"{name:14}", *shown)

# %% [markdown]
# **Predict** How many combinations are these? And how long would it take to try them all, at ten seconds each?

# %%
combinations = np.prod([len(values) for values in paper.choices.values()])
assert combinations == paper.size
days = combinations * 10 / (24 * 3600)
print(f"{combinations:,} combinations, {days:.0f} days")

# %% [markdown]
# The paper's tuner settled on one of them:

# %%
tuned = {"network": "bilstm-tuned", "units": 448, "dense_1": 320, "dense_2": 160}
tuned |= {"activation": "tanh", "learning_rate": 1e-4, "dropout": 0.2}
assert all(value in paper.choices[name] for name, value in tuned.items())

# %% [markdown]
# We search among the same names, with smaller networks, since we have two cores and a minute:

# %%
space = SPACES[choose(course="course", paper="paper")]
space

# %% [markdown]
# ## Random search
#
# The simplest tuner draws each value by lot, trains, and keeps the best. The drawing:


# %%
def draw(space):
    return {name: rng.choice(values) for name, values in space.choices.items()}


pd.DataFrame([draw(space) for _ in range(4)])

# %% [markdown]
# **Predict** Somebody asks for *one of the best 5%* of all combinations. How many tries make this 95% sure, in a space of thousands? And in one of millions?

# %%
tries = np.arange(1, 200)
sure = 1 - 0.95**tries  # all tries miss with probability 0.95 to that power
int(tries[sure >= 0.95][0])

# %% [markdown]
# **Why?** Each try is one of the best 5% with probability 1/20, however many combinations there are. A grid of the same size would spend itself on settings that do not matter; a lot tries a new value of *every* setting each time.

# %% [markdown]
# ## Most trials are lost early
#
# Most of these trainings are hopeless after an epoch, and are trained to the end all the same. Here are made-up **learning curves**: each has a height that it will reach and a speed.


# %%
def learning_curves(trials, epochs=27):
    height = rng.uniform(0.3, 0.95, (trials, 1))
    speed = rng.uniform(0.1, 0.6, (trials, 1))
    curves = height * (1 - np.exp(-speed * np.arange(1, epochs + 1)))
    return np.clip(curves + rng.normal(0, 0.01, curves.shape), 0, 1)


# %% [markdown]
# **Successive halving** is an audition. All begin; after an epoch the best third goes on to three times the epochs, and so on until one is left. (It halves with `factor=2`; thirds are usual.)


# %%
def successive_halving(curves, factor=3):
    left, epochs = np.arange(len(curves)), 1
    reached = np.ones(len(curves), int)
    while len(left) > 1:
        best_first = np.argsort(-curves[left, epochs - 1])
        left = left[best_first][: max(1, len(left) // factor)]
        epochs = min(factor * epochs, curves.shape[1])
        reached[left] = epochs
    return left[0], reached


# %% [markdown]
# **Predict** 27 trials, 27 epochs. All to the end would cost 729 epochs. What does halving cost?

# %%
curves = learning_curves(27)
chosen, reached = successive_halving(curves)
place = (curves[:, -1] > curves[chosen, -1]).sum() + 1
plots.successive_halving(
    [curve[:epochs] for curve, epochs in zip(curves, reached, strict=True)],
    beyond=curves,
    title=f"{reached.sum()} epochs instead of {curves.size}, and the choice was number {place} of 27",
)

# %% [markdown]
# *27 rising curves. Most end in a pale cross after one epoch, the others after 3 or 9; one, in orange, goes on to 27. Dotted: what the dropped ones would have come to.*
#
# Each round costs about the same: many trials for one epoch, or few for many.

# %% [markdown]
# ## When the slow ones are the good ones
#
# A low learning rate starts slowly, and may end higher. Let us make the higher curves the slower ones, so that they **cross**.


# %%
def crossing_curves(trials, epochs=27):
    height = rng.uniform(0.3, 0.95, (trials, 1))
    speed = 0.02 + 0.9 * (0.95 - height) ** 2 / 0.65**2
    curves = height * (1 - np.exp(-speed * np.arange(1, epochs + 1)))
    return np.clip(curves + rng.normal(0, 0.01, curves.shape), 0, 1)


# %% [markdown]
# **Predict** Which ones will be left?

# %%
curves = crossing_curves(27)
chosen, reached = successive_halving(curves)
lost = 100 * (curves[:, -1].max() - curves[chosen, -1])
plots.successive_halving(
    [curve[:epochs] for curve, epochs in zip(curves, reached, strict=True)],
    beyond=curves,
    title=f"The winner ends {lost:.0f} points below the best, which was dropped",
)

# %% [markdown]
# *The same figure for curves that cross: steep ones are kept and flatten out; dotted ones rise above them later.*
#
# One draw is luck. So five hundred, against a random search that spends as many epochs: three whole trials.


# %%
def lost_by(tuner, kind, draws=500):
    lost = []
    for _ in range(draws):
        curves = kind(27)
        lost.append(curves[:, -1].max() - curves[tuner(curves), -1])
    return 100 * np.mean(lost)


tuners = {
    "successive halving": lambda curves: successive_halving(curves)[0],
    "three whole trials": lambda curves: curves[:3, -1].argmax(),
}
kinds = {"as drawn": learning_curves, "crossing": crossing_curves}
pd.DataFrame({
    name: {tuner: lost_by(choice, kind) for tuner, choice in tuners.items()}
    for name, kind in kinds.items()
}).round(1)  # fmt: skip

# %% [markdown]
# Points lost against the best of 27. Halving is a bet that **who leads early leads late**. Where the bet is wrong, blind luck does better.

# %% [markdown]
# ## Hyperband: several bets at once
#
# Nobody knows beforehand whether curves will cross. Hyperband (Li and others, 2018) therefore auditions several times. The first **bracket** begins with many trials and halves often; the next begin with fewer and give each more time; the last halves nothing and is a random search. All cost about the same.


# %%
def brackets_by_hand(max_epochs, factor):
    rounds = []
    most = max(s for s in range(20) if factor**s <= max_epochs)
    fewest = 1 + most + (factor**most < max_epochs)  # trials of the last bracket
    for s in range(most, -1, -1):  # the bracket halves s times
        before = 0
        for i in range(s + 1):
            trials = ceil(fewest * factor ** (s - i) / (s + 1))
            epochs = ceil(max_epochs / factor ** (s - i))
            rounds.append([s, i, trials, before, epochs, trials * (epochs - before)])
            before = epochs
    return pd.DataFrame(rounds, columns=bracket_table().columns)


# %%
max_epochs, factor = SETTINGS["max_epochs"], SETTINGS["factor"]
plan = brackets_by_hand(max_epochs, factor)
assert (plan == bracket_table(max_epochs, factor)).all(axis=None)
plan

# %%
total = plan[["trials", "epochs spent"]].sum()
print(f"{total.trials} trials, {total['epochs spent']} epochs")

# %% [markdown]
# A trial that goes on is counted once for each round. Drawn as stairs, the area is the cost:


# %%
def draw_brackets(max_epochs, factor):
    plan = bracket_table(max_epochs, factor)
    brackets = plan.groupby("bracket", sort=False)
    with plots.style():
        figure, axes = plots.subplots(1, len(brackets), size=(9, 2.7), sharey=True)
        for ax, (number, rounds) in zip(np.atleast_1d(axes), brackets, strict=True):
            edges = [0, *rounds["to epoch"]]
            ax.stairs(rounds.trials, edges, fill=True, color="#0072b2", alpha=0.3)
            ax.stairs(rounds.trials, edges, color="#0072b2", lw=2)
            cost = rounds["epochs spent"].sum()
            ax.set_title(f"bracket {number}: {cost} epochs", fontweight="normal")
            ax.set(xlabel="epochs of a trial", xticks=edges[1:])
        np.atleast_1d(axes)[0].set(ylabel="trials that train")
        trials, epochs = plan[["trials", "epochs spent"]].sum()
        bold = {"x": 0.01, "ha": "left", "fontweight": "bold"}
        figure.suptitle(f"{trials} trials, {epochs} epochs", **bold)
    return figure


draw_brackets(max_epochs, factor)

# %% [markdown]
# *A panel for each bracket: how many trials are trained up to which epoch, as falling stairs; the last bracket is a flat block.*
#
# **Play** What does a larger factor save? How fast does the whole grow with the longest training?


# %%
@interact(longest=[3, 9, 10, 27, 81], factor=(2, 5))
def brackets(longest=27, factor=3):
    return draw_brackets(longest, factor)


# %% [markdown]
# ## Hyperband for real
#
# Six dancers teach, three **validate**: by these the tuner chooses. Three more have no part in it, until the end.

# %%
takes = TakeSet.load("ballet6")
strangers = takes.filter(dancer=["d10", "d11", "d12"])
known = takes.filter(lambda take: take.dancer not in strangers.dancers)
settings = SETTINGS | {"space": space, "validation": ["d07", "d08", "d09"], "seed": 0}

# %% [markdown]
# About a minute. The bar counts epochs, of all trials together.
#
# **Predict** Which of the seven settings will matter most?

# %%
home = Path(mkdtemp(prefix="lesson-06-"))
search = tune(known, method="hyperband", folder=home / "hyperband", **settings)

# %% [markdown]
# Did it do what was calculated?

# %%
ran = search.brackets_ran()
assert (ran["trials ran"] == plan.trials).all() and search.epochs == search.budget
ran[["bracket", "round", "trials", "trials ran", "epochs spent", "epochs ran"]]

# %%
curves = search.learning_curves()
lengths = [len(curve) for bracket in curves.values() for curve in bracket]
full = lengths.count(max_epochs)
plots.successive_halving(
    curves,
    title=f"{len(lengths)} configurations were tried, {full} of them trained to the end",
)

# %% [markdown]
# *A panel for each bracket: validation accuracy over the epochs of each trial. Dropped ones end in a pale cross; those trained to the end are blue, the winner orange.*
#
# Now random search, with the same seed and the same budget. It takes somewhat less.

# %%
by_lot = tune(known, method="random", folder=home / "random", **settings)
assert by_lot.epochs == search.epochs
for each in (search, by_lot):
    print(
        f"{each.method:10}{len(each.trials):3} trials, {each.epochs} epochs, "
        f"{each.seconds:.0f} s: best {each.score:.1%}"
    )

# %% [markdown]
# The same epochs, but not the same seconds: every trial has to be built before its first epoch, and these networks are so small that building one takes longer than an epoch or two.

# %% [markdown]
# ## Do ours cross?
#
# Random search trained its trials to the end, so it can tell: would the order after one epoch, or after three, have told the order after nine?

# %%
whole = np.array(
    [c for c in by_lot.learning_curves()["random"] if len(c) == max_epochs]
)
for epochs in (1, 3):
    agreement = spearmanr(whole[:, epochs - 1], whole[:, -1]).statistic
    print(
        f"rank correlation of epoch {epochs} with epoch {max_epochs}: {agreement:.2f}"
    )

# %% [markdown]
# 1 would be the same order, 0 no relation. The nearer to 1, the safer is Hyperband's bet. But these are few trials, and one budget.

# %% [markdown]
# ## Which setting matters?

# %%
trials = pd.concat([search.trials, by_lot.trials], ignore_index=True)
matured = trials[trials.end >= 3]
names = list(space.choices)
moved = {name: np.ptp(matured.groupby(name).score.mean()) for name in names}
most = max(moved, key=moved.get)
plots.hyperparameters(
    trials,
    names,
    title=f"The {most.replace('_', ' ')} moves the mean most, by {100 * moved[most]:.0f} points",
)

# %% [markdown]
# *A panel for each hyperparameter, a dot for each trial above its value; the longer it was trained, the darker. The best trial wears a ring.*
#
# The mean is over trials of three epochs and more. Look at the low learning rate: is it worse, or only slower? With a budget of nine epochs there is no difference. **A tuner finds what is best within its budget.** The paper's 1e-4 was found with many more steps to an epoch than our takes make.

# %% [markdown]
# ## One seed says nothing
#
# Which of the two searches was better just now may be luck. So: five seeds, each with other dancers in every role, other configurations and other first weights. That takes a quarter of an hour, so the results ship; `tools/make_searches.py` repeats them. A second task is made harder: three teachers, three takes of each movement, noise on every landmark.

# %%
competition = Competition.load(DATASETS / "searches.json")
tasks = list(competition.runs.task.unique())
needed = {task: competition.share_needed(task) for task in tasks}
seeds = competition.runs.seed.nunique()

# %% [markdown]
# The measure: after which share of its epochs does Hyperband reach what random search has reached *at its end*? If it never does, we count that as infinity, and take the median.
#
# **Predict** A half? And on the harder task, more or less?


# %%
def in_words(share):
    return f"after {share:.0%} of the epochs" if np.isfinite(share) else "not at all"


with plots.style():
    figure, axes = plots.subplots(1, len(tasks), size=(10, 3.9), sharey=True)
    for ax, task in zip(axes, tasks, strict=True):
        curves = competition.curves[competition.curves.task == task]
        plots.best_so_far(curves, ax=ax)
        ax.set_title(f"{task}: as good {in_words(needed[task].median())}")
    axes[1].set_ylabel("")
figure

# %% [markdown]
# *Two panels: best validation accuracy so far against epochs spent. Lines are medians over the seeds, bands reach from the worst seed to the best. Random search is solid and blue, Hyperband dashed and orange.*
#
# The titles tell the median. Seed by seed, and the other way round, after which share of the epochs random search has what Hyperband ends with:

# %%
other_way = {task: competition.share_needed_by_random(task) for task in tasks}
table = pd.DataFrame({f"Hyperband, {task}": needed[task] for task in tasks})
for task in tasks:
    table[f"random, {task}"] = other_way[task]
table.T.map("{:.0%}".format).replace("inf%", "never")

# %%
half = {task: (needed[task] <= 0.5).sum() for task in tasks}
for task in tasks:
    scores = competition.runs.query("task == @task").pivot_table(
        "score", "seed", "method"
    )
    lead = 100 * (scores["Hyperband"] - scores["random search"])
    print(
        f"{task}: half the epochs were enough in {half[task]} of {seeds} seeds;\n"
        f"    Hyperband ends {lead.mean():+.1f} points ahead "
        f"({lead.min():+.1f} to {lead.max():+.1f})"
    )

# %% [markdown]
# How often did both end with the very same network?

# %%
winners = competition.runs.groupby(["task", "seed"]).winner.nunique()
print(f"in {(winners == 1).sum()} of {len(winners)} pairs of searches")

# %% [markdown]
# **Why?** One seed draws the same configurations for both, in the same order. Random search trains the first to its end, then the second. Hyperband glances at nine of them before it trains any further, so it comes to the good one sooner; in the end random search has been there too. What Hyperband saves is *time to a good answer*. Its later brackets, which halve less, mostly pay for the bet that it might have been wrong.

# %% [markdown]
# ## What went wrong on purpose
#
# "Our tuned network recognises …" and then the tuner's score. Every number in this lesson so far was a *best of many*. Imagine models that are all **equally good**: each recognises any take with probability 0.8. The tuner asks them for 105 takes.
#
# **Predict** What will the best of 23 score?

# %%
scores = rng.binomial(105, 0.8, size=(2000, 23)) / 105
fresh = rng.binomial(105, 0.8, size=2000) / 105  # the winner's, on other takes
print(f"any one:        {scores[:, 0].mean():.1%}")
print(f"the best of 23: {scores.max(1).mean():.1%}")
print(f"on other takes: {fresh.mean():.1%}")

# %% [markdown]
# Nothing was tuned, and the score rose. This is the **winner's curse**: the highest score belongs to who is good *and* was lucky, and the luck stays behind.
#
# **Play** How does the promise grow with the number of models? With fewer takes?


# %%
def promised(takes=105, accuracy=0.8):
    models = np.unique(np.geomspace(1, 300, 14).astype(int))
    found = rng.binomial(takes, accuracy, size=(500, models[-1])) / takes
    best = [100 * found[:, :count].max(axis=1).mean() for count in models]
    with plots.style():
        figure, ax = plots.subplots(size=(6.6, 3.4))
        ax.semilogx(models, best, "o-", label="promised: the best score")
        ax.axhline(
            100 * accuracy, ls="--", color="#262626", label="found: on other takes"
        )
        ax.set(
            xlabel="models, all equally good", ylabel="accuracy (%)", ylim=(None, 101)
        )
        ax.set_xticks([1, 3, 10, 30, 100, 300], ["1", "3", "10", "30", "100", "300"])
        too_much = best[-1] - 100 * accuracy
        ax.set_title(
            f"{takes} takes, {models[-1]} models: {too_much:.0f} points too much"
        )
        ax.legend(loc="lower right")
    return figure


promised()

# %% [markdown]
# *A curve that climbs with the number of models, on a logarithmic axis, and a flat dashed line: what they are worth.*


# %%
@interact(takes=[21, 105, 420, 2000], accuracy=(0.5, 0.95, 0.05))
def play_promised(takes=105, accuracy=0.8):
    return promised(takes, accuracy)


# %% [markdown]
# Real trials differ in quality, and make their mistakes on the *same* takes. So the curse is smaller than this, and we measure it. Our winner is judged **once**, by dancers who had no part in choosing it:

# %%
told = evaluate(search.classifier(), strangers)
low, high = told.intervals().accuracy
print(
    f"the tuner's own score: {search.score:.1%} on {len(settings['validation'])} dancers"
)
print(f"on strangers:          {told.accuracy:.1%} [{low:.0%}, {high:.0%}]")

# %% [markdown]
# One pair says little again: strangers can be easier than those who validate. In the shipped searches every seed has drawn both anew.

# %%
runs = competition.runs.query("task == @tasks[0]")
by_seed = (runs.score - runs.strangers).groupby(runs.seed).mean()
ends = ttest_1samp(by_seed, 0).confidence_interval()
plots.optimism(
    [f"{run.method}, seed {run.seed}" for run in runs.itertuples()],
    runs.score,
    runs.strangers,
    interval=(ends.low, ends.high),
    title=f"Promised minus confirmed by strangers: {100 * by_seed.mean():+.1f} points",
)

# %% [markdown]
# *A row for each search: its own score as a square, the winner's score on strangers as a dot; at the right the gaps, and below them their mean with its 95% interval over seeds.*
#
# Does the interval hold 0? Then so few seeds cannot tell the curse from the luck of the draw of dancers. It is there all the same: a maximum is never unbiased.
#
# And if we choose among the trials *by the strangers*, to be safe? Then they have become validation, the curse moves to them, and there is nobody left to ask. **Who chooses cannot judge.** Three groups of dancers: some teach, some choose, some judge once.

# %% [markdown]
# ## Stopped, and gone on
#
# A real search takes a night, and nights are interrupted. A search in a folder goes on where it stopped. We start a small one in another process, and kill it without warning in its third trial.

# %%
command = [sys.executable, "-m", "ballet_lib", "tune", "ballet6", "--max-epochs", "3"]
command += ["--hold-out", "dancer=d10,d11,d12", "-o", str(home / "small")]
running = subprocess.Popen(
    command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
)
while len(list(home.glob("small/trial_*/epochs.json"))) < 3 and running.poll() is None:
    time.sleep(0.05)
running.kill()

# %% [markdown]
# The same command again:

# %%
again = subprocess.run(command, capture_output=True, text=True)
print(again.stdout.strip().splitlines()[0])

# %% [markdown]
# All trials are there, the one that was killed as well: it began again from its start. And a search that is finished is read, not repeated:

# %%
began = time.perf_counter()
same = tune(known, method="hyperband", folder=home / "hyperband", bar=False, **settings)
assert same.score == search.score
print(f"{time.perf_counter() - began:.1f} s")
rmtree(home)

# %% [markdown]
# More cores, or more machines? `ballet tune ballet6 -o my_search --workers 2` trains two trials at a time: a **chief** process hands them out, workers train them. How to spread it over several machines, and what happens when a worker dies, stands in [docs/tuning.md](../docs/tuning.md).

# %% [markdown]
# ## In this lesson you …
#
# - wrote successive halving, and saw it win where early leaders stay ahead, and lose where curves cross,
# - calculated Hyperband's brackets, ran them, and compared them with random search over seeds, epoch for epoch,
# - know that a tuner's own score is a best of many, and whom to ask instead.

# %% [markdown]
# ## Check yourself

# %%
from ballet_lib.checks import quiz

quiz("06")

# %% [markdown]
# ## Exercise
#
# In [exercises/06_hyperband_tuning](../exercises/06_hyperband_tuning.ipynb) you draw learning rates as they should be drawn, measure what a best score promises too much, and build a tuner of your own: with a limited time in the studio it casts a role among 81 dancers.

# %% [markdown]
# ## Sources
#
# | | they | here |
# |---|---|---|
# | paper on 16 styles | Hyperband, `max_epochs=10`, factor 3; widths 32 to 512, relu, selu, tanh, 1e-2 to 1e-4; found 448, 320, 160, tanh, 1e-4 | the same names; smaller widths at the course's pace |
# | its score | the tuner's validation score, on chunks of videos that training also holds | validation by dancers; the winner judged once by other dancers |
# | Keras Tuner | a trial that goes on begins at its best epoch, without the optimizer's memory | it goes on from its last epoch, with it |
#
# - Li, Jamieson, DeSalvo, Rostamizadeh, Talwalkar, *Hyperband: a novel bandit-based approach to hyperparameter optimization* (2018).
# - Jamieson and Talwalkar, *Non-stochastic best arm identification and hyperparameter optimization* (2016): successive halving.
# - Bergstra and Bengio, *Random search for hyper-parameter optimization* (2012).
# - Cawley and Talbot, *On over-fitting in model selection and subsequent selection bias in performance evaluation* (2010).
