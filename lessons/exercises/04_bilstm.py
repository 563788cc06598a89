# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 04 · BiLSTM
#
# **You practise** to lay two readers side by side and to catch one that looks ahead. You choreograph a movement whose beginning gives nothing away, and build a network that waits just long enough to tell it.
#
# **Time** {{minutes}}
#
# Write where the `...` are, then run the cell with `check`. Stuck? `hint("04.1")` helps, once more each time, and `solution("04.1")` shows one way.

# %%
from inspect import getsource

import numpy as np

from ballet_lib import plots
from ballet_lib.checks import check, hint, progress, solution
from ballet_lib.checks.lesson_04 import FPS, dances, plie_and_bow, way_down
from ballet_lib.plots.style import PALETTE, QUIET
from ballet_lib.quiet_tensorflow import import_keras
from ballet_lib.studio.choreography import (
    ARMS,
    LOOK_AHEAD,
    ON_LEFT_LEG,
    Style,
    at,
    both,
    demi_plie,
    first_position,
    left,
    right,
)
from ballet_lib.studio.scene import Scene
from ballet_lib.takes import Take

keras = import_keras()
from keras import layers

# %% [markdown]
# {{task 04.1}}
#
# With `return_sequences=True` a BiLSTM answers at every frame. Each of its two readers has told its states in the order in which it read: `ahead` (T, units) from the first frame on, `back` (T, units) from the last frame on. Return what the BiLSTM says, (T, 2 · units): in row t what both know of frame t, the forward reader first.


# %%
def both_readers(ahead, back):
    """Return what both readers say at each frame."""
    ### BEGIN SOLUTION
    return np.concatenate([ahead, back[::-1]], axis=1)
    ### END SOLUTION


# %%
check("04.1", both_readers)

# %% [markdown]
# {{task 04.2}}
#
# Somebody hands you a recogniser and says that it is made for the camera. Does it peek? You cannot see into it, but you may let it watch any dance: `model(takes)` takes (N, T, F) and gives probabilities (N, T, labels), an answer for each frame; `take` is one dance (T, F).
#
# Return how many frames after its own an answer rests on, at most: 0 for a model that reads only forwards, T − 1 for a BiLSTM.


# %%
def frames_ahead(model, take):
    """Return how many frames after its own an answer of the model rests on, at most."""
    ### BEGIN SOLUTION
    said = np.asarray(model(take[None]))[0]
    furthest = 0
    for frame in range(len(take)):
        other = take.copy()
        other[frame] += 1
        changed = np.abs(np.asarray(model(other[None]))[0] - said).max(axis=-1) > 1e-6
        if changed.any():
            furthest = max(furthest, frame - np.flatnonzero(changed)[0])
    return furthest
    ### END SOLUTION


# %%
check("04.2", frames_ahead)

# %% [markdown]
# {{task 04.3}}
#
# Until count 2 everything is a demi-plié. What comes then is yours: rise, draw up a foot, open the arms. The studio dances it as you write it: `at(count, ...)` says what has been reached by a count, and everything glides there from the last key that names it. Here is one, from which she bows:

# %%
print(getsource(plie_and_bow))

# %% [markdown]
# For the legs there are `front`, `side` (degrees from hanging), `extension` (1 is straight), `point` and `heel`, given to `right(...)`, `left(...)` or `both(...)`, and `free=1` for a leg that carries nothing; for the trunk `plie`, `tilt`, `bend`, `lean`, `twist`, `turn`; `ARMS` names the arms: "première", "seconde", "couronne", "arabesque" and more.
#
# Write a phrase of six counts that begins with `way_down` and ends otherwise, at least 20 cm from a demi-plié and from the bow, in something that a dancer can do.


# %%
def my_plie(style):
    """Return keys that begin as a demi-plié and end otherwise."""
    ### BEGIN SOLUTION
    drawn_up = right(free=1, point=1, side=9, front=13, extension=0.43, turnout=76)
    return [
        *way_down(style),
        at(2.9, ON_LEFT_LEG, right(free=0), plie=35 * style.amplitude),
        at(4.2, drawn_up, ARMS["couronne"], LOOK_AHEAD, plie=0),
        at(4.6, drawn_up, ARMS["couronne"]),
        at(5.3, ARMS["première"]),
        at(6, first_position(style.turnout), ARMS["bras bas"], LOOK_AHEAD),
    ]
    ### END SOLUTION


# %%
verdict = check("04.3", my_plie)
verdict

# %%
# Until yours is right, the example is danced.
mine = my_plie if verdict.status == "right" else plie_and_bow


def filmed(name, phrase):
    style = Style(tempo=90)
    keys = [*phrase(style), at(6)]  # who has finished stands still
    return Take(Scene(name, keys=keys, style=style).exact, name, "studio", name)


plots.take_strips(
    [filmed("demi_plie", demi_plie), filmed("other", mine)],
    names=["demi-plié", "yours"],
    title="Alike until 1.3 s, count 2",
)

# %% [markdown]
# *Two rows of skeletons over time. Both go down into a plié; from then on they differ.*
#
# Now the class must learn it. Twenty-four dancers dance a demi-plié and your phrase, twelve others test. An LSTM and a BiLSTM, both from scratch, answer at each frame. **Predict** both curves, and where they bend.

# %%
X, y = dances([demi_plie, mine], 24, np.random.default_rng(1))
X_new, y_new = dances([demi_plie, mine], 12, np.random.default_rng(2))


def named_rightly(model):
    """Train a model that answers each frame; return its share of right answers by frame."""
    adam = keras.optimizers.Adam(0.005)
    model.compile(adam, "sparse_categorical_crossentropy", jit_compile=False)
    each_frame = np.repeat(y[:, None], X.shape[1], axis=1)
    model.fit(10 * X, each_frame, batch_size=16, epochs=15, verbose=0)
    said = model.predict_on_batch(10 * X_new).argmax(-1)
    return (said == y_new[:, None]).mean(axis=0)


def reader(recurrent):
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [layers.Input((None, 99)), recurrent, layers.Dense(2, activation="softmax")]
    )


curves = {
    "LSTM": named_rightly(reader(layers.LSTM(24, return_sequences=True))),
    "BiLSTM": named_rightly(
        reader(layers.Bidirectional(layers.LSTM(12, return_sequences=True)))
    ),
}


# %%
def draw(curves):
    seconds = np.arange(X.shape[1]) / FPS
    with plots.style():
        figure, ax = plots.subplots(size=(7.6, 3.4))
        for (name, curve), colour, line in zip(
            curves.items(), PALETTE, ("-", "--", "-."), strict=False
        ):
            ax.plot(seconds, 100 * curve, line, color=colour, label=name)
        ax.axvline(2 * 60 / 90, color=QUIET, lw=1)
        ax.text(1.37, 6, "count 2: they part", color=QUIET)
        ax.set(xlabel="seconds", ylabel="named rightly (%)", ylim=(0, 104))
        known = ", ".join(f"{name} {curve[12]:.0%}" for name, curve in curves.items())
        ax.set_title(f"Just before they part: {known}")
        ax.legend(loc="lower right")
    return figure


draw(curves)

# %% [markdown]
# *Accuracy over four seconds. The LSTM tosses a coin until the movements part and then climbs; the BiLSTM knows from the first frame on.*
#
# No training will help the LSTM before count 2: there is nothing to know yet. What the BiLSTM says of the plié's first frame, it has read in its end.

# %% [markdown]
# {{task 04.4}}
#
# Between the two lies a reader who waits: an LSTM that reads forwards, and answers about frame t when it has heard `ahead` frames more. It can stand behind a camera, as late as you allow.
#
# Return a `keras.Model`, not compiled, that takes float32 (N, T, features) and gives probabilities (N, T, labels). The answer at frame t rests on all frames before it, on itself, and on exactly `ahead` after it. The last frames have no future: put zeros there.


# %%
def patient_reader(features, labels, ahead):
    """Return a model whose answer at each frame has waited for `ahead` more."""
    ### BEGIN SOLUTION
    return keras.Sequential([
        layers.Input((None, features)),
        layers.LSTM(24, return_sequences=True),
        layers.ZeroPadding1D((0, ahead)),
        layers.Conv1D(24, ahead + 1, activation="relu"),
        layers.Dense(labels, activation="softmax"),
    ])  # fmt: skip
    ### END SOLUTION


# %%
verdict = check("04.4", patient_reader)
verdict

# %%
if verdict.status == "right":
    keras.utils.set_random_seed(0)
    waits = named_rightly(patient_reader(99, 2, 5))
    figure = draw(curves | {"patient": waits})
else:
    figure = draw(curves)
figure

# %% [markdown]
# *The same two curves and a third, of the patient reader: it climbs half a second before the LSTM does, and at the last frames both have seen as much.*
#
# Half a second of patience moves the curve by half a second, and by no more. Which delay would you choose, for a teacher who calls out corrections?

# %% [markdown]
# ## Open question
#
# Which movement gains most from the future? Take `right(model, T)[:, 0]` of lesson 04 for an LSTM and a BiLSTM, and compute the share of takes named rightly for each label of `truth`. Then look at the two movements that gain most with *Play*, and say in one sentence what they have in common at their beginning.

# %%
progress()
