# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 08 · Saliency maps
#
# You practise reading a map, asking a network without looking inside, and deleting what a map points at; and you build a layer that blindfolds a network, to find out what it could do without.
#
# **Time** {{minutes}}
#
# Write your code in place of `...`, then run the check below it. Stuck? `hint("08.1")`, and again for more; `solution("08.1")` shows one way.

# %%
import numpy as np
from IPython.display import display

from ballet_lib import plots, saliency
from ballet_lib.checks import check, hint, progress, solution
from ballet_lib.classifier import Classifier
from ballet_lib.evaluation import Predictions
from ballet_lib.quiet_tensorflow import import_keras
from ballet_lib.saliency import GROUPS
from ballet_lib.saliency.answers import answers_of
from ballet_lib.skeleton import LANDMARKS
from ballet_lib.splits import split_by_dancer
from ballet_lib.takes import TakeSet
from ballet_lib.vocabulary import french

keras = import_keras()  # the usual `import keras`, in silence

reader = Classifier.load("lstm")
model, labels = reader.model, reader.labels
strangers = reader.card["data"]["held_out"]["dancers"]
split = split_by_dancer(TakeSet.load("ballet6"), test=strangers)
takes = split.test
X = reader.inputs(takes)
answers = reader.probabilities(takes).argmax(1)

number = [take.take_id for take in takes].index("d11_attitude_croisee_3")
take, x, answer = takes[number], X[[number]], answers[number]
average = np.ravel(model.get_layer("normalise").mean)  # the mean frame in training
nothing = np.zeros_like(x) + average
place = saliency.landmark_of_columns(reader.features)  # the landmark of each column
print(f"{take.take_id}: “{french(labels[answer])}”, says the network.")

# %% [markdown]
# {{task 08.1}}
#
# Everybody points at the dark purple cells, which speak *for* the answer. What spoke against it? `by_joint` is a signed map (T, 33): a row for each frame, `fps` a second, a column for each of `LANDMARKS`. Return the name of the landmark in the one cell that speaks most *against* the answer, and when that is, in seconds; frame 0 is at 0 s.


# %%
def speaks_against(by_joint, fps):
    """Return the name of a landmark, and seconds."""
    ### BEGIN SOLUTION
    frame, joint = np.unravel_index(by_joint.argmin(), by_joint.shape)
    ### END SOLUTION
    return LANDMARKS[joint], frame / fps


# %%
verdict = check("08.1", speaks_against)
verdict

# %%
maps = saliency.integrated_gradients(model, X)
signed = saliency.joint_maps(maps, reader.features)
if verdict.status == "right":
    joint, second = speaks_against(signed[number], take.poses.fps)
    words = f"Most against it: {joint.replace('_', ' ')}, {second:.1f} s into the take"
    display(plots.saliency(take, signed[number], GROUPS, detail="groups", title=words))

# %% [markdown]
# *Above, the dancer in nine moments; below, a row for each part of the body. Purple speaks for the answer, orange against it.*

# %% [markdown]
# {{task 08.2}}
#
# Maps look inside. Now ask like somebody who may only watch: hide a part of the body *throughout the take*, and see how far the logit falls. `logit(x)` takes one take (1, T, F) and returns a number. `parts` has for each name the numbers of its columns. What is hidden is replaced by `nothing` (1, T, F). Return the fall for each name: positive if the answer needs the part.


# %%
def falls(logit, x, parts, nothing):
    """Return by how much the logit falls when each part is hidden: a number by name."""
    found = {}
    for name, columns in parts.items():
        ### BEGIN SOLUTION
        hidden = x.copy()
        hidden[..., columns] = nothing[..., columns]
        found[name] = logit(x) - logit(hidden)
        ### END SOLUTION
    return found


# %%
verdict = check("08.2", falls)
verdict


# %%
def logit_of_answer(x):
    return float(answers_of(model).logits(x)[0, answer])


if verdict.status == "right":
    parts = {
        name: np.flatnonzero(np.isin(place, joints)) for name, joints in GROUPS.items()
    }
    fall = falls(logit_of_answer, x, parts, nothing)
    most = max(fall, key=fall.get)
    on_body = np.zeros((x.shape[1], 33))
    for name, joints in GROUPS.items():
        on_body[:, list(joints)] = fall[name]
    words = f"Without the {most} the logit falls by {fall[most]:.1f}"
    display(plots.saliency_skeletons([on_body], [take], n=6, title=words))

# %% [markdown]
# *The take in six moments: the darker a part of the body, the further the logit falls without it. Orange parts, if there are any, are better hidden.*

# %% [markdown]
# {{task 08.3}}
#
# Is a map true? Then the answer must suffer when the largest cells go first. Write the step that all deletion curves are made of. Of `x`, replace the given `share` of all its numbers by those of `nothing`: the numbers whose `size` is largest. All three arrays are (1, T, F). Round the count to the nearest whole number, and leave `x` itself as it is.


# %%
def without_largest(x, size, share, nothing):
    """Return a copy of x in which the largest numbers are gone: (1, T, F)."""
    gone = x.copy()
    ### BEGIN SOLUTION
    count = round(share * x.size)
    largest = np.argsort(-size, axis=None)[:count]
    gone.flat[largest] = nothing.flat[largest]
    ### END SOLUTION
    return gone


# %%
verdict = check("08.3", without_largest)
verdict

# %%
shares = np.linspace(0, 0.5, 11)
orders = {
    "integrated gradients": maps,  # what speaks for the answer goes first
    "gradient": np.abs(saliency.gradient(model, X)),
    "random": saliency.random_order(X.shape),
}
few = np.flatnonzero(answers == answer)  # all her colleagues with the same answer
if verdict.status == "right":
    curves = {}
    for name, order in orders.items():
        given = [
            without_largest(X[[n]], order[[n]], share, nothing)
            for n in few
            for share in shares
        ]
        told = model.predict_on_batch(np.concatenate(given))[:, answer]
        told = told.reshape(len(few), len(shares))
        curves[name] = told / told[:, :1]
    tenth = {name: 100 * each[:, 2].mean() for name, each in curves.items()}
    words = (
        f"A tenth deleted: {tenth['integrated gradients']:.0f}% of the certainty "
        f"left, at random {tenth['random']:.0f}%"
    )
    display(plots.deletion(curves, shares, title=words))

# %% [markdown]
# *Three curves that fall as more numbers are deleted, for all takes with this answer: by integrated gradients at once, by the gradient hardly sooner than at random.*

# %% [markdown]
# {{task 08.4}}
#
# The map says that the feet count. For *this* network; does the dance need them? To find out, train a network that cannot see the feet. Build the layer that blindfolds it: in `columns` it puts the average frame, whatever is danced, and all other columns pass as they are.
#
# `average` is (F,), `x` a tensor (N, T, F). Use `keras.ops`, which gradients can pass.


# %%
class Blindfold(keras.layers.Layer):
    """Replaces some columns by their average."""

    def __init__(self, columns, average):
        super().__init__()
        self.average = np.float32(average)
        self.hidden = np.isin(np.arange(len(average)), columns)  # bool (F,)

    def call(self, x):
        ### BEGIN SOLUTION
        return keras.ops.where(self.hidden, self.average, x)
        ### END SOLUTION


# %%
verdict = check("08.4", Blindfold)
verdict

# %% [markdown]
# Now hide the feet, or everything *but* the face, and train the course's network on for eight epochs behind its blindfold: four seconds each. **Predict** How many of the strangers' takes does it recognise before, and how many after?


# %%
def of_takes(some):
    return reader.inputs(some), np.array([labels.index(t.movement) for t in some])


def recognised(network):
    """How many of the strangers' takes, in percent, with its interval."""
    told = Predictions(
        [labels.index(t.movement) for t in takes],
        network.predict_on_batch(X), takes.groups, labels, [t.take_id for t in takes],
    )  # fmt: skip
    return 100 * told.accuracy, 100 * np.array(told.intervals().accuracy)


def blindfolded(joints, epochs=8):
    keras.utils.set_random_seed(0)
    hidden = np.flatnonzero(np.isin(place, joints))
    network = keras.Sequential([
        keras.Input(X.shape[1:]), Blindfold(hidden, average), Classifier.load("lstm").model
    ])  # fmt: skip
    before = recognised(network)
    network.compile(
        keras.optimizers.Adam(0.001),
        "sparse_categorical_crossentropy",
        jit_compile=False,
    )
    network.fit(*of_takes(split.train), epochs=epochs, verbose=0)
    return before, recognised(network)


# %%
if verdict.status == "right":
    feet = GROUPS["left foot"] + GROUPS["right foot"]
    no_feet = blindfolded(feet)
    face_only = blindfolded([n for n in range(33) if n not in GROUPS["head"]])
    rows = {
        "sees everything": recognised(model),
        "feet hidden": no_feet[0],
        "… and trained so": no_feet[1],
        "all but the face hidden": face_only[0],
        "… and trained so ": face_only[1],
    }
    values, ends = zip(*rows.values(), strict=True)
    figure = plots.error_by_group(
        list(rows),
        values,
        ends,
        label="strangers' takes recognised (%)",
        title=f"Without feet {values[1]:.0f}%, and {values[2]:.0f}% after eight "
        "epochs; "
        f"the face alone {values[4]:.0f}%",
        digits=0,
        reference=100 / len(labels),
    )
    display(figure)

# %% [markdown]
# *Five rows with intervals over three dancers: with everything in sight, without feet, with nothing but the face, each before and after training; the thin line is chance.*
#
# **Why** does it recover? A map shows what *this* network leans on, not what the dance needs: when the heels rise, so does the nose.

# %% [markdown]
# ## Open question
#
# No check, no right answer. Integrated gradients depend on what you call *nothing*. Compute them with the first frame of each take as the baseline (`baseline=X[:, :1]`), so that only what moves can count. Which movements change their limbs, by `saliency.score_table`? And which baseline would a teacher choose who watches a *held* attitude?
#
# Then repeat the two tests that need no definition, deletion and randomised weights, for another of the course's models: `"bilstm"` or `"tcn"`.

# %%
progress()
