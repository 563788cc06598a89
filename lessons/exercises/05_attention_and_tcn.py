# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 05 · Attention and TCN
#
# **You practise** to look away from empty frames, to plan how far a network hears, and to tell a better network from a luckier one. Then you build one that must find out, without memory, whether a dancer sinks or rises.
#
# **Time** {{minutes}}
#
# Write where the `...` are, then run the cell with `check`. Stuck? `hint("05.1")` helps, once more each time, and `solution("05.1")` shows one way.

# %%
import numpy as np

from ballet_lib import plots
from ballet_lib.checks import check, hint, progress, solution
from ballet_lib.checks.lesson_05 import FRAMES, down_and_up, learn, softmax
from ballet_lib.classifier import Classifier
from ballet_lib.comparison import compare
from ballet_lib.evaluation import evaluate
from ballet_lib.networks.attention import attention_weights, frame_attention
from ballet_lib.quiet_tensorflow import import_keras
from ballet_lib.takes import TakeSet

keras = import_keras()
from keras import layers

# %% [markdown]
# {{task 05.1}}
#
# She walked out of the picture for some frames. There the pose model found nobody: the keys are NaN, and the network should not look. `query` is (d,), `keys` (T, d), and `found` (T,) is True where somebody was found. Make one line of it, so that the empty frames get a weight of 0 and the others share the whole look.


# %%
def look_at_the_found(query, keys, found):
    """Return the weight of each frame, 0 where nobody was found: (T,)."""
    scores = keys @ query / np.sqrt(len(query))
    ### BEGIN SOLUTION
    scores = np.where(found, scores, -np.inf)
    ### END SOLUTION
    return softmax(scores)


# %%
check("05.1", look_at_the_found)

# %% [markdown]
# {{task 05.2}}
#
# You want a TCN to hear a whole phrase, and not a layer more. Its blocks have the dilations 1, 2, 4, 8 and so on, each block two convolutions of one kernel. How many blocks does it take until the last frame hears all `seconds` of the phrase, its own frame included?


# %%
def blocks_for(seconds, fps, kernel):
    """Return the least number of blocks that hear so many seconds at so many frames a second."""
    ### BEGIN SOLUTION
    blocks = 1
    while 1 + 2 * (kernel - 1) * (2**blocks - 1) < seconds * fps:
        blocks += 1
    return blocks
    ### END SOLUTION


# %%
check("05.2", blocks_for)

# %% [markdown]
# {{task 05.3}}
#
# Two networks have been asked about the same takes; `first` and `second` (bool, (N,)) tell which ones each recognised, `dancers` (N,) who danced. How large is the difference of their accuracies, first minus second, and how large might it be for another class?
#
# Draw a class of as many dancers, with replacement, many times (1000 will do), with the `rng` that is given. Return (low, high), between which 95% of the differences lie, as shares.


# %%
def interval_of_difference(first, second, dancers, rng):
    """Return (low, high) of accuracy of the first minus the second, for other dancers."""
    ### BEGIN SOLUTION
    names = np.unique(dancers)
    leads = np.array([
        first[dancers == name].mean() - second[dancers == name].mean() for name in names
    ])  # fmt: skip
    drawn = rng.choice(leads, size=(1000, len(names))).mean(axis=1)
    return np.percentile(drawn, [2.5, 97.5])
    ### END SOLUTION


# %%
verdict = check("05.3", interval_of_difference)
verdict

# %% [markdown]
# Ask it about two networks that ship, on three dancers whom neither has seen. The library draws dancers and single takes, and keeps the wider of both, since three dancers may happen to be alike.

# %%
strangers = TakeSet.load("ballet6").filter(dancer=["d10", "d11", "d12"])
tcn, lstm = (evaluate(Classifier.load(name), strangers) for name in ("tcn", "lstm"))
theirs = compare(tcn, lstm, names=("TCN", "LSTM"))
print(theirs)
if verdict.status == "right":
    rng = np.random.default_rng(0)
    low, high = interval_of_difference(tcn.right, lstm.right, tcn.groups, rng)
    print(f"yours: {100 * low:+.1f} to {100 * high:+.1f} points")

# %% [markdown]
# {{task 05.4}}
#
# Each of these dancers sinks into a demi-plié, and each film is also run backwards. Both films hold exactly the same poses; only the order tells whether she goes down or up.

# %%
known = down_and_up(24, np.random.default_rng(1))
strangers = down_and_up(12, np.random.default_rng(2))
plots.take_strips(
    strangers[:2], n=7, names=["down", "up"], title="The same poses in another order"
)

# %% [markdown]
# *Two rows of seven skeletons of one dancer. Above she sinks into a plié; below the same pictures run backwards, and she rises.*
#
# **Predict** What will attention without memory make of it?

# %%
X, y, _ = strangers.to_arrays("centred", frames=FRAMES)
blind = frame_attention(X.shape[1:], 2)
learn(blind, known)
print(f"{(np.asarray(blind(X)).argmax(1) == y).mean():.0%} of strangers")

# %% [markdown]
# A coin would do as well: a weighted mean of the same frames is the same. Build a network that knows.
#
# Return a `keras.Model`, not compiled, that takes (N, T, F) and gives two probabilities, for down and for up. It must have no memory (no LSTM, no GRU), and a softmax layer called `"attention"` that gives one weight a frame, (N, T). Trained as the blind one was, it must name at least 85% of the strangers' dances rightly.


# %%
### BEGIN SOLUTION
class Clock(layers.Layer):
    """Adds to each frame what is learnt about its time."""

    def build(self, shape):
        self.time = self.add_weight(shape=shape[1:], name="time")

    def call(self, frames):
        return frames + self.time


### END SOLUTION


def down_or_up(shape):
    """Return a model that tells down from up, and has attention in place of memory."""
    ### BEGIN SOLUTION
    takes = layers.Input(shape)
    frames = Clock()(layers.Dense(32, activation="relu")(takes))
    values = layers.Dense(32, activation="tanh")(frames)
    scores = layers.Flatten()(layers.Dense(1)(values))
    weights = layers.Softmax(name="attention")(scores)
    context = layers.Dot(axes=(1, 1))([weights, values])
    return keras.Model(takes, layers.Dense(2, activation="softmax")(context))
    ### END SOLUTION


# %%
verdict = check("05.4", down_or_up)
verdict

# %% [markdown]
# Some seconds. When it is right: where does it look?

# %%
keras.utils.set_random_seed(0)
seeing = down_or_up(X.shape[1:]) if verdict.status == "right" else blind
if seeing is not blind:
    learn(seeing, known)
told = (np.asarray(seeing(X)).argmax(1) == y).mean()
looks = attention_weights(seeing, X)[:2]
plots.attention(
    looks,
    strangers[:2],
    names=["down", "up"],
    title=f"{told:.0%} of strangers; its longest look takes {looks.max():.0%}",
)

# %% [markdown]
# *The two dances again, with a bar for the weight of each frame.*
#
# A plié is deep at its end or at its beginning: it is enough to know *when* she is low. What would you have to do to the dances so that only the direction of movement tells?

# %% [markdown]
# ## Open question
#
# The network without memory cannot see a direction of movement, unless a feature holds it. In lesson 05, train `"LSTM"` and `"frame attention"` with `settings["features"] = "normalised"`, then with `["normalised", "velocities"]`, on the same folds. Which of the two gains more, and how sure are you?

# %%
progress()
