# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 06 · Hyperband tuning
#
# **You practise** to draw by lot and to doubt a best score. At the end you build a tuner of your own: it casts a role, with less time in the studio than it would like.
#
# **Time** {{minutes}}
#
# Write where the `...` are, then run the cell with `check`. Stuck? `hint("06.1")` helps, once more each time, and `solution("06.1")` shows one way.

# %%
from math import ceil, log

import numpy as np

from ballet_lib import plots
from ballet_lib.checks import check, hint, progress, solution
from ballet_lib.checks.lesson_06 import MOST_LOST, Audition

# %% [markdown]
# {{task 06.1}}
#
# A random search shall hit one of the best `share` of all combinations, 0.05 for the best 5%, with probability `sure`. How many tries does that take at least? One line.


# %%
def tries_needed(share, sure):
    """Return how many random tries hit one of the best with probability `sure`."""
    ### BEGIN SOLUTION
    return ceil(log(1 - sure) / log(1 - share))
    ### END SOLUTION


# %%
check("06.1", tries_needed)

# %% [markdown]
# {{task 06.2}}
#
# The lesson's space knows three learning rates. Between them there are others. Draw one between `low` and `high` so that each factor of ten comes up equally often: 0.0001 to 0.001 as often as 0.01 to 0.1. Draw from `rng`, a NumPy generator, and return one number.


# %%
def draw_rate(low, high, rng):
    """Draw a learning rate between low and high."""
    ### BEGIN SOLUTION
    return np.exp(rng.uniform(np.log(low), np.log(high)))
    ### END SOLUTION


# %%
check("06.2", draw_rate)

# %% [markdown]
# {{task 06.3}}
#
# A search has tried some networks. `validation` tells how each did on the dancers by whom the tuner chooses, `strangers` how it does on dancers who had no part in it; both (trials,), from 0 to 1. By how much did the tuner promise too much?


# %%
def promised_too_much(validation, strangers):
    """Return the winner's promise minus what it kept."""
    ### BEGIN SOLUTION
    winner = validation.argmax()
    return validation[winner] - strangers[winner]
    ### END SOLUTION


# %%
verdict = check("06.3", promised_too_much)
verdict

# %% [markdown]
# The lesson's curse was measured on models that are all equally good. Real ones are not. Here they differ, by more and more. **Predict** What becomes of the curse?

# %%
rng = np.random.default_rng(0)
spreads = np.array([0, 1, 2, 4, 6, 8, 10])


def curse(spread, trials=23, takes=105, searches=400):
    """Return by how many points searches promise too much, on average."""
    found = []
    for _ in range(searches):
        quality = np.clip(rng.normal(0.8, spread / 100, trials), 0, 1)
        found.append(
            promised_too_much(*rng.binomial(takes, quality, (2, trials)) / takes)
        )
    return 100 * np.mean(found)


def draw(too_much):
    with plots.style():
        figure, ax = plots.subplots(size=(6.6, 3.2))
        ax.plot(spreads, too_much, "o-")
        ax.set(
            xlabel="how much the networks truly differ (points, standard deviation)",
            ylabel="promised too much (points)",
            ylim=(0, None),
        )
        ax.set_title(
            f"All alike: {too_much[0]:.0f} points too much; very unlike: {too_much[-1]:.0f}"
        )
    return figure


draw([curse(spread) for spread in spreads]) if verdict.status == "right" else None

# %% [markdown]
# *A curve that falls with the spread of the networks, and stays above 0.*
#
# Where networks differ much, the winner is good and not only lucky. That is comforting at the beginning of a search, and no comfort at its end, when all that are left are nearly alike.

# %% [markdown]
# {{task 06.4}}
#
# A role is to be cast: 81 dancers want it, and nobody knows whose learning curve will end highest. `audition.rehearse(candidate, until)` lets candidate 0 … 80 rehearse until she has had so many rehearsals, 1 to 27, and returns her score then. She goes on where she stopped, so only what is new costs. `audition.left` tells how many rehearsals the studio is still booked for: 324 at first, of the 2187 that all would need.
#
# Write a tuner: return the candidate who is to be cast. It will cast 120 roles of each of two kinds, and does not know which. Where talent shows *soon*, it may lose 3 points on average against the best of 81; where the best begin slowly and show it *late*, 8. Random search fails the first, successive halving the second.


# %%
def cast(audition):
    """Return the candidate who is to be cast."""
    ### BEGIN SOLUTION
    finals, newcomer = {}, 0
    for many, rehearsals in ((27, 1), (9, 3), (6, 9), (3, 27)):
        left = list(range(newcomer, newcomer + many))
        newcomer += many
        while True:
            scores = {one: audition.rehearse(one, rehearsals) for one in left}
            if rehearsals == audition.longest:
                break
            best_first = sorted(left, key=scores.get, reverse=True)
            left = best_first[: len(left) // 3]
            rehearsals *= 3
        finals |= scores
    return max(finals, key=finals.get)
    ### END SOLUTION


# %%
verdict = check("06.4", cast)
verdict

# %% [markdown]
# Watch one of its auditions. Until yours is right, you see the simplest one: twelve candidates to the end.


# %%
def twelve_to_the_end(audition):
    """Cast by random search."""
    scores = [audition.rehearse(one, audition.longest) for one in range(12)]
    return int(np.argmax(scores))


tuner = cast if verdict.status == "right" else twelve_to_the_end
audition = Audition(np.random.default_rng(3), "late")
chosen = tuner(audition)
rehearsed = {one: max(scores) for one, scores in audition.seen.items()}
plots.successive_halving(
    [audition.curves[one, :most] for one, most in rehearsed.items()],
    beyond=[audition.curves[one] for one in rehearsed],
    title=f"{len(rehearsed)} of 81 seen, {sum(rehearsed.values())} rehearsals, "
    f"{100 * audition.lost(chosen):.1f} points below the best",
)

# %% [markdown]
# *Rising curves, one for each candidate who was seen. Most end in a pale cross; those that were seen to the end go on, the best of them in orange. Dotted: what the others would have come to.*
#
# How does it compare with random search and with halving on a thousand roles? Both are a few lines. And could a tuner notice, while it watches, of which kind a cast is?

# %%
for kind, allowed in MOST_LOST.items():
    lost = []
    for seed in range(100):
        audition = Audition(np.random.default_rng(seed), kind)
        lost.append(audition.lost(tuner(audition)))
    print(
        f"talent shows {kind}: {100 * np.mean(lost):.1f} points lost ({100 * allowed:.0f} allowed)"
    )

# %% [markdown]
# ## Open question
#
# Give Hyperband half its budget, `budget=37`, with three seeds, and random search the same. Who is ahead now? Before you run it, write down what you expect from the figure of five seeds. Then use `SearchSpace({**space.choices, "learning_rate": (1e-2, 1e-3)})` to leave out the learning rate 1e-4, and say whether the comparison is still the same one.

# %%
progress()
