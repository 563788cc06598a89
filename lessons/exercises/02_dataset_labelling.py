# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 02 · Dataset labelling
#
# **You practise** to mirror a dance, to close its holes, to catch a film that hangs; and at the end you build a split whose score can be believed.
#
# **Time** {{minutes}}
#
# Write where the `...` are, then run the cell with `check`. Stuck? `hint("02.1")` helps, once more each time, and `solution("02.1")` shows one way.

# %%
from dataclasses import replace

import numpy as np
from sklearn.neighbors import KNeighborsClassifier

from ballet_lib import plots
from ballet_lib.augmentation import augmented, mirror
from ballet_lib.checks import check, hint, solution
from ballet_lib.skeleton import MIRRORED
from ballet_lib.splits import split_by_dancer
from ballet_lib.studio.measure import bootstrap_interval
from ballet_lib.takes import TakeSet

takes = TakeSet.load("ballet6")

# %% [markdown]
# {{task 02.1}}
#
# A mirror image doubles your takes, if it is a true one. The picture is mirrored below; what is missing are the *names*. `MIRRORED` holds for each of the 33 landmarks the number of its twin: `MIRRORED[15]`, the left wrist, is 16, the right one.


# %%
def mirrored(landmarks):
    """Return the mirror image of a dance: (T, 33, 4) -> (T, 33, 4)."""
    other = landmarks.copy()
    other[..., 0] = 1 - landmarks[..., 0]
    ### BEGIN SOLUTION
    return other[:, MIRRORED]
    ### END SOLUTION


# %%
told = check("02.1", mirrored)
told

# %% [markdown]
# A first arabesque and, once yours is right, your mirror image of it. Watch the colours.

# %%
arabesque = takes.filter(movement="first_arabesque")[7]
pair = {"as it was": arabesque}
if told.status == "right":
    glass = replace(arabesque.poses, landmarks=mirrored(arabesque.poses.landmarks))
    pair["mirrored"] = replace(arabesque, poses=glass, exact=None)
plots.take_strips(
    list(pair.values()),
    names=list(pair),
    title="In the glass the other leg rises, and the other colour with it",
)

# %% [markdown]
# *Seven skeletons of an arabesque, and below, once the task is solved, their mirror image: the lifted leg is on the other side of the picture and drawn in the other side's colour.*

# %% [markdown]
# {{task 02.2}}
#
# The light failed, and for some frames the height of her nose is NaN. Fill the holes with straight lines between the frames around them. Before the first known frame and after the last she stands still. `heights` is `(T,)`; the array that you are given stays as it is.


# %%
def bridged(heights):
    """Return heights (T,) whose holes are filled by straight lines."""
    ### BEGIN SOLUTION
    frames = np.arange(len(heights))
    known = np.flatnonzero(~np.isnan(heights))
    return np.interp(frames, known, heights[known])
    ### END SOLUTION


# %%
check("02.2", bridged)

# %% [markdown]
# {{task 02.3}}
#
# Some films *hang*: the same picture comes again and again, and nobody notices, since the dancer merely seems to hold her balance. But who stands still trembles, and a picture that is repeated does not. Return the share of the T - 1 steps, from each frame to the next, in which all of `landmarks` `(T, 33, 4)` stay exactly what they were. A step from or into the dark (NaN) does not hang.


# %%
def hangs(landmarks):
    """Return the share of steps in which nothing moves: (T, 33, 4) -> number."""
    ### BEGIN SOLUTION
    same = landmarks[1:] == landmarks[:-1]
    return same.all(axis=(1, 2)).mean()
    ### END SOLUTION


# %%
told = check("02.3", hangs)
told

# %% [markdown]
# Three films of one relevé: as it was, with a second in which it hung, and filmed at 10 frames a second but stored as 20. **Predict** the three shares.

# %%
if told.status == "right":
    releve = takes.filter(movement="releve")[2].poses
    hung = releve[[*range(15), *[15] * 20, *range(35, 40)]]
    stored_as_20 = releve[np.arange(40) // 2 * 2]
    films = {"as it was": releve, "hung": hung, "10 stored as 20": stored_as_20}
    for name, film in films.items():
        print(f"{name:16} {hangs(film.landmarks):.0%}")

# %% [markdown]
# The last is common, and no report of missing frames finds it: a model that looks at velocities sees her stop and go.

# %% [markdown]
# {{task 02.4}}
#
# Now the split of which the lesson speaks, from beginning to end. From a set of takes make training and test:
#
# - a quarter of the *dancers*, drawn by `seed`, are for the test, all others for training,
# - both sides are cut into windows of 20 frames that begin 10 frames apart,
# - training, and only training, gets one mirror image of each window as well.
#
# Return two `TakeSet`s, `train, test`. The lesson's tools will do: `split_by_dancer`, `.windows`, `augmented` and `mirror`. What counts is the order.


# %%
def divide(takes, seed):
    """Return windows of some dancers to train on, and of the others to test on."""
    ### BEGIN SOLUTION
    split = split_by_dancer(takes, test=0.25, seed=seed)
    train = split.train.windows(frames=20, stride=10)
    test = split.test.windows(frames=20, stride=10)
    train = augmented(train, copies=1, change=lambda take, rng: mirror(take))
    return train, test
    ### END SOLUTION


# %%
told = check("02.4", divide)
told

# %% [markdown]
# What is such a split worth? Three movements, the nearest neighbour, six seeds: how much does the accuracy hang on who is held out? Ten seconds or so, once yours is right. **Predict** the lowest and the highest.


# %%
def accuracy(seed):
    some = ["demi_plie", "battement_tendu", "releve"]
    train, test = divide(takes.filter(movement=some), seed)
    X, y, _ = train.to_arrays("world", frames=8)
    T, truth, dancers = test.to_arrays("world", frames=8)
    nearest = KNeighborsClassifier(1).fit(X.reshape(len(X), -1), y)
    right = 100.0 * (nearest.predict(T.reshape(len(T), -1)) == truth)
    return right.mean(), bootstrap_interval([right[dancers == d] for d in set(dancers)])


if told.status == "right":
    means, intervals = zip(*map(accuracy, range(6)), strict=True)
    figure = plots.error_by_group(
        [f"seed {seed}" for seed in range(6)],
        list(means),
        list(intervals),
        label="accuracy (%)",
        title=f"Who is held out decides: {min(means):.0f} to {max(means):.0f}%",
        digits=0,
        reference=100 / 3,
    )
else:
    figure = None
figure

# %% [markdown]
# *Six rows, a seed each, with an accuracy and an interval over the three dancers held out. They differ by several points. The thin line is chance.*
#
# **Why?** Some intervals do not even overlap, and yet each claims 95%. It redraws dancers, and of three there is little to redraw. More dancers mend it, more windows do not.

# %% [markdown]
# ## Open question
#
# Which dancer is the hardest for the others' data? In the lesson, use `right["by dancer"]`, find her, look at her takes with *Play*, and say in one sentence why. Then try `"angles"` in place of `"world"`: does the ranking of the three splits change?
