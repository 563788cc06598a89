# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 08 · Saliency maps
#
# ![Six dancers, one in each movement, with dots on their joints: the darker and larger a dot, the more the network's answer rests on that joint](../docs/pictures/saliency.jpg)
#
# **What does a network look at? And how would we know that the picture is true?**

# %% [markdown]
# **You will**
#
# - *compute* a gradient by hand, and check it against TensorFlow's,
# - *write* integrated gradients in six lines, and *test* that the parts add up to the answer,
# - *judge* a map: by deletion, by forgotten weights, by what the movement is,
# - *explain* why a sharp picture need not tell anything about the network,
# - *catch* a network that looks at the room instead of the dancer, and mend it.
#
# **You need** lesson 05.
#
# **Time** {{minutes}}

# %%
import numpy as np
import pandas as pd
from IPython.display import Video, display
from ipywidgets import interact
from scipy.stats import spearmanr

from ballet_lib import plots, saliency
from ballet_lib.classifier import Classifier
from ballet_lib.errors import BalletError
from ballet_lib.features import feature_names
from ballet_lib.frame_training import answers as frame_answers
from ballet_lib.frame_training import fit_frame_cnn
from ballet_lib.pace import choose
from ballet_lib.pretrained import pretrained
from ballet_lib.quiet_tensorflow import import_keras
from ballet_lib.saliency import GROUPS, pictures
from ballet_lib.saliency_video import saliency_video
from ballet_lib.skeleton import LANDMARKS
from ballet_lib.stills import load_stills, with_marks
from ballet_lib.takes import TakeSet
from ballet_lib.vocabulary import BALLET_MOVEMENTS, french

keras = import_keras()  # the usual `import keras`, in silence
import tensorflow as tf

rng = np.random.default_rng(0)

# %% [markdown]
# ## Push one number
#
# The course's LSTM, three dancers whom it has never seen, and one of their arabesques.

# %%
reader = Classifier.load("lstm")
model, labels = reader.model, reader.labels
takes = TakeSet.load("ballet6").filter(dancer=["d10", "d11", "d12"])
assert not set(reader.card["data"]["train"]["dancers"]) & set(takes.dancers)

X = reader.inputs(takes)
answers = reader.probabilities(takes).argmax(1)
number = [take.take_id for take in takes].index("d10_first_arabesque_3")
take, x, answer = takes[number], X[[number]], answers[number]

print(f"{take.take_id}: “{french(labels[answer])}”, says the network. Why?")

# %% [markdown]
# We explain the **logit** of the answer, the number before the softmax. A probability cannot rise above 1, however clear the dance; a logit can.

# %%
before_last = keras.Model(model.inputs[0], model.layers[-1].input)
W, b = model.layers[-1].get_weights()


def logit(x):
    return tf.matmul(before_last(x), W)[:, answer] + b[answer]


print(f"{x.size} numbers in, one logit out: {float(logit(x)[0]):.2f}")

# %% [markdown]
# How much does one of these numbers matter? Push it a little up, a little down, and look. Here the angle at the ankle of the standing foot, 0.3 seconds into the take.

# %%
column = feature_names(reader.features).index("angles.right_ankle")
frame, step = 6, 0.01
up, down = x.copy(), x.copy()
up[0, frame, column] += step
down[0, frame, column] -= step
by_hand = float(logit(up)[0] - logit(down)[0]) / (2 * step)
print(f"the logit changes by {by_hand:+.3f} for each half turn of the ankle")

# %% [markdown]
# For every number we would need two such runs. **Backpropagation** gives all slopes in a single run backwards.


# %%
def gradient(x):
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        told = logit(x)
    return tape.gradient(told, x).numpy()


slopes = gradient(x)
print(f"by hand {by_hand:+.3f}, by TensorFlow {slopes[0, frame, column]:+.3f}")
assert np.isclose(by_hand, slopes[0, frame, column], rtol=0.05)

# %% [markdown]
# This is the oldest **saliency map**: the slope at each number. To draw it on a body, add up the sizes of the slopes that belong to each of the 33 landmarks. An angle counts for its joint.
#
# **Predict** Which limb will be dark, and when?

# %%
by_joint = saliency.joint_maps(slopes, reader.features, absolute=True)[0]
seconds = (np.arange(len(by_joint)) + 0.5) / take.poses.fps
lifted = seconds > 0.9
share = by_joint[~lifted].sum() / by_joint.sum()
plots.saliency(
    take,
    by_joint,
    GROUPS,
    title=f"{100 * share:.0f}% of the gradient come before 0.9 s, when the leg has hardly left the floor",
)

# %% [markdown]
# *Above, nine skeletons: the larger and darker a joint, the steeper the logit there. Below, a row for each landmark over the same time. Head, trunk and both legs are dark early on, before the leg lifts; while it is up all is pale.*
#
# An arabesque is a leg held up behind, and just then the map has little to say. Is the network a fool?

# %% [markdown]
# ## What would change is not what counts
#
# Hide the lifted leg: put the average frame of all training takes in its place. Then let it come back, bit by bit, from the average pose to what was danced.
#
# **Predict** What does the network answer on the way?

# %%
nothing = np.zeros_like(x) + np.ravel(model.get_layer("normalise").mean)
leg = GROUPS["left leg"] + GROUPS["left foot"]
of_leg = np.isin(saliency.landmark_of_columns(reader.features), leg)

along = np.linspace(0, 1, 41, dtype="float32")
returning = np.where(of_leg, nothing + along[:, None, None] * (x - nothing), x)
rising = logit(returning).numpy()
told = model.predict_on_batch(returning).argmax(1)
at_the_end = float((gradient(x) * (x - nothing))[..., of_leg].sum())

# %%
with plots.style():
    figure, ax = plots.subplots(size=(8, 3.6))
    ax.plot(100 * along, rising)
    line = rising[-1] + at_the_end * (along - 1)
    ax.plot(100 * along, line, "--", label="its slope at the end")
    starts = np.flatnonzero(np.diff(told, prepend=-1))
    for first, until in zip(starts, [*starts[1:], len(told)], strict=True):
        ax.axvline(100 * along[first], color="#dcdcdc", lw=1, zorder=0)
        if until - first > 4:  # else its name would not fit
            where = {"x": 100 * along[first] + 1, "y": 0.03}
            name = f"“{french(labels[told[first]])}”"
            ax.text(s=name, transform=ax.get_xaxis_transform(), **where)
    ax.set_ylim(rising.min() - 0.7, None)
    ax.set(
        xlabel="the leg's way from average to danced (%)", ylabel="logit of arabesque"
    )
    ax.set_title(
        f"The leg brings {rising[-1] - rising[0]:.1f}; "
        f"the slope at the end tells of {at_the_end:.1f}"
    )
    ax.legend(loc="center right")
figure

# %% [markdown]
# *The logit rises steeply at first and flattens towards the end; the dashed line, its slope there, is far flatter than the whole rise. Below, what the network answers on the way.*
#
# **Why?** Once the leg is high enough the network is convinced, and higher does not convince it more: it is **saturated**. A gradient asks *what would change the answer now?* We wanted *what is the answer made of?*

# %% [markdown]
# ## Integrated gradients
#
# The steep part lies on the way. So let the *whole* dance grow out of the average frame, average the gradient along this way, and multiply it by the way:
#
# $$\mathrm{IG} = (x - x_0) \cdot \int_0^1 \nabla f\big(x_0 + a\,(x - x_0)\big)\, da$$


# %%
def integrated_gradients(x, nothing, steps=50):
    total = np.zeros_like(x)
    for a in (np.arange(steps) + 0.5) / steps:
        total += gradient(nothing + a * (x - nothing))
    return (x - nothing) * total / steps


# %% [markdown]
# Now there is something to check. All cells together must give what the logit has risen by: **completeness**.
#
# **Predict** By how much will fifty steps miss it?

# %%
ours = integrated_gradients(x, nothing)
risen = float(logit(x)[0] - logit(nothing)[0])
print(f"the logit rose by {risen:.3f}, the map adds up to {ours.sum():.3f}")
theirs = saliency.integrated_gradients(model, x)
missed = saliency.completeness(model, x, theirs)[0]
print(f"the library, with better chosen steps, misses it by {100 * missed:.2f}%")
assert np.abs(ours.sum() - risen) < 0.02 * risen and missed < 0.01

# %%
by_joint = saliency.joint_maps(ours, reader.features)[0]
share = by_joint[lifted][:, leg].sum() / by_joint.sum()
plots.saliency(
    take,
    by_joint,
    GROUPS,
    title=f"The lifted leg, after 0.9 s, brings {100 * share:.0f}% of the logit",
)

# %% [markdown]
# *The same take. The knee and foot of the lifted leg are dark purple while it is up; some cells are orange, above all the shoulders at the beginning and the standing foot.*
#
# Purple speaks for the answer, orange against it, and the title may exceed 100% because the orange is taken off. The stripes in time are the network's: its convolutions keep every other frame.

# %% [markdown]
# ## Four maps of one dance
#
# | | what it is |
# |---|---|
# | gradient | the slope at the dance |
# | SmoothGrad | the mean slope at 25 noisy copies of it |
# | gradient × input | the slope, times the way from nothing |
# | integrated gradients | the mean slope on that way, times the way |

# %%
maps = {
    "gradient": saliency.gradient(model, X),
    "SmoothGrad": saliency.smoothgrad(model, X),
    "gradient × input": saliency.gradient_times_input(model, X),
    "integrated gradients": saliency.integrated_gradients(model, X),
}
sizes = {
    name: saliency.joint_maps(each, reader.features, absolute=True)
    for name, each in maps.items()
}
agree = {
    (a, b): np.mean(saliency.agreement(sizes[a], sizes[b])) for a in maps for b in maps
}
twins = max((pair for pair in agree if pair[0] != pair[1]), key=agree.get)
apart = min(agree, key=agree.get)
plots.saliency(
    take,
    {name: each[number] for name, each in list(sizes.items())[::-1]},
    GROUPS,
    detail="groups",
    title=f"Alike are {twins[0]} and {twins[1]} ({agree[twins]:.2f}), "
    f"least alike {apart[0]} and {apart[1]} ({agree[apart]:.2f})",
)

# %% [markdown]
# *Four heat maps of the same take, a row for each part of the body. The numbers in the title are rank correlations, averaged over all takes of the three dancers.*
#
# Here are integrated gradients for a take of each movement.

# %%
signed = saliency.joint_maps(maps["integrated gradients"], reader.features)
shown = [
    next(n for n, t in enumerate(takes) if t.take_id == f"d11_{movement}_2")
    for movement in BALLET_MOVEMENTS
]
for n in shown:
    joint = LANDMARKS[signed[n].sum(axis=0).argmax()].replace("_", " ")
    print(f"{french(takes[n].movement):20} most of all: {joint}")

plots.saliency_skeletons(
    signed[shown],
    [takes[n] for n in shown],
    n=5,
    title="Six answers, and the joints that they are made of",
)

# %% [markdown]
# *Six rows of skeletons. In a demi-plié the knees are dark, in a tendu the foot that slides, in attitude and arabesque the foot behind, in a retiré the raised knee; in the relevé shoulders, hips and knees.*
#
# A teacher would point at the same joints, save one. It is a beautiful figure, and this is the moment to be careful: nothing so far has shown that it is *true*.

# %% [markdown]
# ## Ask without looking inside
#
# **Occlusion** needs no gradient. Hide a part of the body for a quarter of a second, and see how far the logit falls. It asks nothing but answers, so it is our reference.

# %%
windows = 8
fall = saliency.occlusion(model, X, reader.features, windows=windows)
pd.DataFrame(
    fall[number].T, index=list(GROUPS), columns=np.linspace(0, 1.75, windows)
).rename_axis(columns="hidden from (s)").round(2)

# %% [markdown]
# Sum each map over the same parts and times, and compare: a rank correlation for each take.
#
# **Predict** Whose order comes closest to the reference?


# %%
def in_cells(each):
    parts = np.array_split(saliency.joint_maps(each, reader.features), windows, axis=1)
    return np.stack(
        [[w[..., list(g)].sum((1, 2)) for g in GROUPS.values()] for w in parts]
    )


def mean_of(values, groups):
    """The mean over takes, with an interval over dancers; NaN is left out."""
    known = np.isfinite(values)
    return saliency.advantage(np.zeros(known.sum()), values[known], groups[known])


def ranks_alike(some, others):
    pairs = zip(some, others, strict=True)
    each = [spearmanr(a.ravel(), b.ravel()).statistic for a, b in pairs]
    return mean_of(np.array(each), takes.groups)


def draw_means(means, **more):
    ends = [(each.low, each.high) for each in means.values()]
    return plots.error_by_group(
        list(means), [each.mean for each in means.values()], ends, **more
    )


with_reference = {
    name: ranks_alike(np.moveaxis(in_cells(each), -1, 0), fall)
    for name, each in maps.items()
}

# %%
best = max(with_reference, key=lambda name: with_reference[name].mean)
draw_means(
    with_reference,
    label="rank correlation with occlusion",
    title=f"{best.capitalize()} comes closest ({with_reference[best].mean:.2f})",
    digits=2,
    reference=0,
)

# %% [markdown]
# *Four rows with 95% intervals over dancers. The gradient and SmoothGrad lie on the line of no correlation; the two that multiply by the way lie far to the right.*
#
# **Why?** A slope says what a push would do; it does not know in which direction the dancer has gone, or how far.

# %% [markdown]
# ### And attention?
#
# Lesson 05 read the weights of an attention network. **Attention roll-out** also counts what passes beside the attention: half of the answer comes from the last state. Does it find the frames that count? Hide them one by one.

# %%
looker = Classifier.load("attention")
X_looker = looker.inputs(takes)
anywhere = {"body": range(33)}
hidden = saliency.occlusion(
    looker.model, X_looker, looker.features, anywhere, windows=X.shape[1]
)[..., 0]

by_frame = {
    "attention roll-out": saliency.attention_rollout(looker.model, X_looker),
    "integrated gradients": saliency.integrated_gradients(looker.model, X_looker).sum(
        axis=2
    ),
}
for name, each in by_frame.items():
    found = ranks_alike(each, hidden)
    print(f"{name:21} {found.mean:.2f} [{found.low:.2f}, {found.high:.2f}]")

# %% [markdown]
# Roll-out knows *when* at best, and never *which joint* nor *for or against*. Integrated gradients, asked about the same network, know more.

# %% [markdown]
# ## Is it true? Delete what it points at
#
# If a map is right, the answer must fall when its darkest cells go first. Replace them by the average frame, and compare with deleting at random.

# %%
order = {name: np.abs(each) if each is maps["gradient"] or each is maps["SmoothGrad"] else each
         for name, each in maps.items()}  # fmt: skip
order["random"] = saliency.random_order(X.shape)
deleted = {name: saliency.deletion(model, X, each) for name, each in order.items()}


def half(deletion):
    """The share that is gone when half of the certainty is."""
    mean = deletion.certainty.mean(axis=0)
    return 100 * np.interp(-0.5, -mean, deletion.shares)


ours, chance = half(deleted["integrated gradients"]), half(deleted["random"])
plots.deletion(
    {name: each.certainty for name, each in deleted.items()},
    deleted["random"].shares,
    title=f"Half of its certainty rests on {ours:.0f}% of the numbers; "
    f"of random ones it takes {chance:.0f}%",
)

# %% [markdown]
# *Five falling curves with bands over takes: deleting at random falls last, gradient and SmoothGrad sooner, gradient × input and integrated gradients at once.*
#
# One doubt remains: integrated gradients were *computed* with the average frame as nothing, and are now tested with it. So delete in another way too: freeze what is deleted as it was in the first frame, so that only its movement goes.

# %%
rows = {}
for way, baseline in {"average frame": None, "frozen": X[:, :1]}.items():
    by_chance = saliency.deletion(model, X, order["random"], baseline=baseline).area
    for name in maps:
        area = saliency.deletion(model, X, order[name], baseline=baseline).area
        rows[way, name] = saliency.advantage(area, by_chance, takes.groups)
pd.DataFrame(rows, index=["points below random", "low", "high"]).T.mul(100).round(0)

# %% [markdown]
# The area between the curves, in points of certainty, with an interval over dancers. Where it holds 0, the map may be no better than chance.

# %% [markdown]
# ## Does it know the weights?
#
# A second test is cruder. Forget the network layer by layer, from the top down, with fresh random weights. A map that stays as it was does not show what was *learnt*.
#
# One method more: the gradient for a push of one *spread*, the standard deviation of each number in training, instead of one torso or one half turn.

# %%
spread = np.sqrt(np.ravel(model.get_layer("normalise").variance))
methods = {
    "gradient": saliency.gradient,
    "gradient × spread": lambda *given: saliency.gradient(*given) * spread,
    "gradient × input": saliency.gradient_times_input,
    "integrated gradients": saliency.integrated_gradients,
}
few, layers = X[::5], []
as_trained = {name: method(model, few) for name, method in methods.items()}
kept = {name: [] for name in methods}
for layer, forgetful in saliency.randomised(model):
    layers.append(layer)
    for name, method in methods.items():
        now = method(forgetful, few, answers[::5])
        kept[name].append(saliency.agreement(now, as_trained[name]))

left = {name: np.median(each[-1]) for name, each in kept.items()}
least, most = min(left, key=left.get), max(left, key=left.get)
plots.randomisation(
    kept,
    layers,
    title=f"All forgotten: {most} {left[most]:.2f}, {least} {left[least]:.2f}",
)

# %% [markdown]
# *Four curves that fall from 1 as more layers are randomised. One ends near 0, the others well above.*
#
# **Why?** All four notice. But part of each map is made before the first weight: the inputs are divided by their spread, so that numbers that vary little have steep slopes in *any* network; and a map that is multiplied by the way shows where the dance is far from average, whatever was learnt. Only the gradient in spreads shows nothing but the weights.

# %% [markdown]
# ## Is it right? What a teacher would say
#
# A map may be true, and the network still wrong-headed. The studio knows which leg works in each take, and ballet defines which limbs make a movement. So the maps can be *scored*.

# %%
for name, (limbs, because) in saliency.DEFINING.items():
    print(f"{french(name):20}{' and '.join(limbs)}: {because}")

# %%
own = takes.filter(movement=BALLET_MOVEMENTS)
rows = np.isin([take.take_id for take in takes], [take.take_id for take in own])
drawn_by_none = {"no network": saliency.departure(model, X)}
scores = {
    name: saliency.score_table(each[rows], own, reader.features)
    for name, each in (maps | drawn_by_none).items()
}
working = {
    name: mean_of(100 * table.working_leg.to_numpy(), table.dancer.to_numpy())
    for name, table in scores.items()
}
draw_means(
    working,
    label="of what lies on both legs, on the working one (%)",
    title=f"Of the legs' part, {working['gradient'].mean:.0f}% of the gradient and "
    f"{working['integrated gradients'].mean:.0f}% of IG lie on the leg that works",
    digits=0,
    reference=50,
)

# %% [markdown]
# *Five rows with intervals; the line at 50% is a map that cannot tell the legs apart. The last row comes close to integrated gradients.*
#
# **Why** is the gradient blind to it? The network has to know both sides, and learnt from mirrored copies. A push to the standing leg would matter just as much; only which leg *went* somewhere tells them apart.
#
# And that is seen without any network: the last row is a **control**, how far each number lies from the average frame. A working leg goes far, whoever looks on. What does the network add to it?

# %%
units = {"working_leg": "of the legs' part", "lift": "even maps on the defining limbs"}
for column, unit in units.items():
    none, ig = (scores[name][column] for name in ("no network", "integrated gradients"))
    known = none.notna().to_numpy()
    more = saliency.advantage(none[known], ig[known], own.groups[known])
    print(f"{more.mean:+.2f} [{more.low:+.2f}, {more.high:+.2f}] {unit}")

# %% [markdown]
# A score is only worth what it leaves above its control. The working leg says little; the limbs that define the movement say more.

# %% [markdown]
# Now by movement. Take for each the share of integrated gradients on each limb, with the working side in place of left and right.

# %%
by_group = saliency.group_shares(
    saliency.joint_maps(
        maps["integrated gradients"][rows], reader.features, absolute=True
    )
)
limbs = ["head", "trunk", "working arm", "other arm", "working leg", "other leg",
         "working foot", "other foot"]  # fmt: skip
swap = [0, 1, 3, 2, 5, 4, 7, 6]
right = np.array([take.meta["side"] == "right" for take in own])
by_group[right] = by_group[right][:, swap]
even = saliency.group_shares(saliency.joint_maps(np.ones_like(X[:1]), reader.features))[
    0
]

danced = np.array([take.movement for take in own])
shares = {name: by_group[danced == name].mean(axis=0) for name in BALLET_MOVEMENTS}
defining = {
    name: [part.replace("left", "working").replace("right", "other") for part in named]
    for name, (named, _) in saliency.DEFINING.items()
}
lift = scores["integrated gradients"].groupby("movement").lift.mean()
weakest, strongest = lift.idxmin(), lift.idxmax()
plots.group_shares(
    shares,
    limbs,
    defining=defining,
    even=even,
    title=f"On the limbs that define it: {french(strongest)} {lift[strongest]:.1f} times an even map, "
    f"{french(weakest)} {lift[weakest]:.1f} times",
)

# %% [markdown]
# *Six panels, a bar for each part of the body; purple bars are limbs that the definition names, black ticks what an even map would have.*
#
# One movement is recognised by what a teacher would *not* name. A finding, or a fault of the map? Hide parts of the body in every take, and count the right answers.

# %%
average = np.ravel(model.get_layer("normalise").mean)
place = saliency.landmark_of_columns(reader.features)
pairs = {
    "nothing": (),
    "head": ("head",),
    "trunk": ("trunk",),
    "arms": ("left arm", "right arm"),
    "knees": ("left leg", "right leg"),
    "feet": ("left foot", "right foot"),
}
truth = np.array([labels.index(take.movement) for take in takes])
found = {}
for name, hidden_groups in pairs.items():
    gone = np.isin(place, [n for group in hidden_groups for n in GROUPS[group]])
    told = model.predict_on_batch(np.where(gone, average, X)).argmax(1)
    found[name] = pd.Series(told == truth).groupby([t.movement for t in takes]).mean()
pd.DataFrame(found).mul(100).round(0).astype(int).loc[list(BALLET_MOVEMENTS)]

# %% [markdown]
# Right answers in percent when a part is hidden, fifteen takes a row. A relevé does not need the feet! When the heels rise, everything rises; shoulders and hips are seen better than heels, and in some takes the feet lie below the picture's edge. The network is right about dancers. It would not be of use to a teacher who wants to know whether the *heels* are up.

# %% [markdown]
# ## Pictures
#
# Papers draw such maps on pictures. The course ships its takes as grey pictures of 64 × 64 pixels too, and the studio knows which pixels are the dancer. A small convolutional network shall name the movement from a *single* picture; it trains in about twenty seconds.

# %%
learners, strangers = load_stills().split(["d10", "d11", "d12"])
epochs = choose(course=18, paper=100)
as_drawn = fit_frame_cnn(learners, rooms=False, price=0, epochs=epochs)


# %%
def hits(model, stills):
    """100 for each picture that is recognised, 0 for each other."""
    return 100.0 * (frame_answers(model, stills.pictures).argmax(1) == stills.y)


def tested(model, stills):
    """How many are recognised, in percent."""
    return mean_of(hits(model, stills), stills.groups)


def on(masks, model, stills):
    """How much of Grad-CAM lies on the masks, or within 5% of them, in percent."""
    cam = pictures.grad_cam(model, stills.pictures)
    return mean_of(100 * pictures.mass_within(cam, masks), stills.groups)


found = tested(as_drawn, strangers)
print(f"{found.mean:.0f}% [{found.low:.0f}, {found.high:.0f}] of strangers' pictures")

# %% [markdown]
# Three maps of pictures:
#
# | | what it is |
# |---|---|
# | gradient | the slope at each pixel |
# | guided backpropagation | a slope that passes each ReLU only where it is positive |
# | Grad-CAM | where the channels of the last convolution are active, weighted by what they are worth to the answer |
#
# **Predict** Which of them looks best? Which looks truest?

# %%
shown_here = ("battement_tendu", "attitude_croisee", "first_arabesque", "retire_devant")
numbers = [strangers.labels.index(name) for name in shown_here]
hers = strangers.groups == "d11"
rows = [np.flatnonzero(hers & (strangers.y == number))[5] for number in numbers]
few = strangers[rows]
drawers = {
    "gradient": pictures.gradient,
    "guided\nbackpropagation": pictures.guided_backpropagation,
    "Grad-CAM": pictures.grad_cam,
}
on_her = on(strangers.masks, as_drawn, strangers)
plots.picture_maps(
    few.pictures,
    {name: draw(as_drawn, few.pictures) for name, draw in drawers.items()},
    masks=few.masks,
    names=[french(name) for name in shown_here],
    title=f"{on_her.mean:.0f}% of Grad-CAM lie on the dancer; she fills "
    f"{100 * pictures.dilated(strangers.masks).mean():.0f}% of the picture",
)

# %% [markdown]
# *Four pictures with the dancer's outline in green. The gradient is grain; guided backpropagation draws her edges, and those of the room; Grad-CAM is a coarse patch that lies mostly on her.*
#
# Both numbers count a margin of 5% around her. The rest lies on the room. Does the network need the room? Then another room must disturb it. What a network shall not use, it should not be able to learn from. Two mends:
#
# - **exchange the rooms**: a new one behind each dancer in each epoch,
# - and **ask a price**: since the masks are known, let the loss charge for what the last channels show beside the dancer.
#
# **Predict** Which of the two helps to recognise strangers? Two trainings, some twenty seconds each.

# %%
new_rooms = fit_frame_cnn(learners, price=0, epochs=epochs)

# %%
elsewhere = fit_frame_cnn(learners, epochs=epochs)  # rooms exchanged, and a price

# %%
trained = {"as drawn": as_drawn, "new rooms": new_rooms, "and a price": elsewhere}
mass = {name: on(strangers.masks, each, strangers) for name, each in trained.items()}
right = {name: tested(each, strangers) for name, each in trained.items()}

with plots.style():
    figure, axes = plots.subplots(1, 2, size=(11, 2.6))
    draw_means(mass, label="of Grad-CAM on the dancer (%)", digits=0, ax=axes[0])
    draw_means(right, label="strangers recognised (%)", digits=0, ax=axes[1])
    for ax, each in zip(axes, (mass, right), strict=True):
        steps = [f"{one.mean - each['as drawn'].mean:+.0f}" for one in each.values()]
        ax.set_title(f"New rooms: {steps[1]} points, and a price: {steps[2]}")
figure

# %% [markdown]
# *Three rows in each panel, with intervals over three dancers: trained on the pictures as drawn, with new rooms, and with new rooms and a price.*
#
# Here the map was worth something: it said that the room mattered. Is mending that worth anything with strangers? The intervals of the right panel overlap, but all three networks saw the *same* pictures. So compare picture by picture:

# %%
before = hits(as_drawn, strangers)
for name, each in list(trained.items())[1:]:
    gain = saliency.advantage(before, hits(each, strangers), strangers.groups)
    print(f"{name:12} {gain.mean:+.1f} points [{gain.low:+.1f}, {gain.high:+.1f}]")

# %% [markdown]
# An interval that holds 0 is no proof of a gain, and three dancers draw a wide one. Mind the last row, too. A map that a network was *paid* for is no evidence any more; whether the price was worth it is told by the right panel alone.

# %% [markdown]
# ## The pretty picture
#
# The two-stream report shows guided backpropagation, averaged over the features of its network's last layer. We draw the same; below it, once more for a network whose *upper half* has been forgotten; and last an edge detector from 1968, which has learnt nothing.


# %%
def drawn_by(model):
    return pictures.guided_backpropagation(model, few.pictures, layer="channels")


def alike(some, others):
    return np.nanmedian(saliency.agreement(some, others))


half_forgotten = dict(saliency.randomised(elsewhere))["convolution_3"]
ours, forgotten = drawn_by(elsewhere), drawn_by(half_forgotten)
both = (elsewhere, half_forgotten)
places = [pictures.grad_cam(each, few.pictures, few.y) for each in both]
plots.picture_maps(
    few.pictures,
    {
        "as trained": ours,
        "upper half\nforgotten": forgotten,
        "Sobel's edges": -pictures.edges(few.pictures),  # dark on grey
    },
    title=f"Drawings agree by {alike(ours, forgotten):.2f}, "
    f"Grad-CAM by {alike(*places):.2f}",
)

# %% [markdown]
# *The four pictures, and three rows of line drawings of the dancer. The second shows her at least as clearly as the first. The title compares the network before and after it forgot.*
#
# "The network attends to the dancer's outline." So does a network that cannot tell a plié from a retiré. **Why?** The lowest layers find edges, guided backpropagation lets only what is positive through and so sharpens them, and the upper layers hardly have a say. Go down layer by layer:

# %%
kept = {name.replace("\n", " "): [] for name in drawers}
layers, some = [], strangers[::6]
told = frame_answers(elsewhere, some.pictures).argmax(1)
for layer, forgetful in saliency.randomised(elsewhere):
    if "convolution" not in layer and layer != "movements":
        continue  # one point for each convolution with its normalisation
    layers.append(layer)
    for name, draw in drawers.items():
        each = saliency.agreement(
            draw(forgetful, some.pictures, told), draw(elsewhere, some.pictures, told)
        )
        kept[name.replace("\n", " ")].append(each)

after = {name: np.nanmedian(each[2]) for name, each in kept.items()}
stays = max(after, key=after.get)
plots.randomisation(
    kept, layers, title=f"Upper half forgotten: {stays} keeps {after[stays]:.2f}"
)

# %% [markdown]
# *Three curves over the layers, from the top: guided backpropagation stays above the other two until the lowest layers are forgotten as well.*
#
# A map is only as good as the network that it would *refuse*. Always draw the same picture for a network that knows nothing.

# %% [markdown]
# The report drew a large network, trained on photographs. Where the weights of one are at hand, here it is; nothing is downloaded.

# %%
try:
    large = pretrained()
    maps_of_large = pictures.guided_backpropagation(
        large.model, large.prepare(few.pictures), layer=large.layer
    )
    small = tf.image.resize(maps_of_large, few.pictures.shape[1:]).numpy()
    display(plots.picture_maps(few.pictures, {large.name: small}))
except BalletError:
    print("No weights of ResNet50 or InceptionV3 here: the small network must do.")

# %% [markdown]
# ## What went wrong on purpose
#
# A school films each movement in another room, and in each room hangs another poster. We hang them into our pictures, mostly beside the dancer, and train for a quarter of a minute.

# %%
with_posters, _ = with_marks(learners, rng)
at_school, posters = with_marks(strangers, rng)
on_tour, _ = with_marks(strangers, rng, shuffled=True)

fooled = fit_frame_cnn(
    with_posters, rooms=False, price=0, epochs=choose(course=12, paper=30)
)
before, after = (tested(fooled, each) for each in (at_school, on_tour))
print(f"at school {before.mean:.0f}%, where posters hang anywhere {after.mean:.0f}%")

# %% [markdown]
# On three dancers it has never seen, in the same rooms, all is well. No test by dancer would have found out. **Predict** What does Grad-CAM show?

# %%
on_poster = on(posters, fooled, at_school)
area = pictures.dilated(posters).mean()
few_posters = at_school[rows]
plots.picture_maps(
    few_posters.pictures,
    {"Grad-CAM": pictures.grad_cam(fooled, few_posters.pictures)},
    masks=few_posters.masks,
    title=f"{on_poster.mean:.0f}% of Grad-CAM lie on a poster "
    f"that fills {100 * area:.0f}% of the picture",
)

# %% [markdown]
# *Four pictures with posters in an upper corner, and below them Grad-CAM: a bright patch on each poster, and little on the dancer.*
#
# This is what saliency maps are for. The mends are those from above, on the very same spoilt pictures: exchange the rooms, posters and all, and charge for what lies beside the dancer.

# %%
mended = fit_frame_cnn(with_posters, epochs=choose(course=12, paper=60))
table = {
    name: {
        "at school (%)": tested(each, at_school).mean,
        "on tour (%)": tested(each, on_tour).mean,
        "Grad-CAM on posters (%)": on(posters, each, at_school).mean,
    }
    for name, each in {"fooled": fooled, "mended": mended}.items()
}
pd.DataFrame(table).T.round().astype(int)

# %% [markdown]
# The score at school was the fooled network's boast, the score on tour is what an audience sees.

# %% [markdown]
# ## Play: one dance, four maps
#
# Choose a dance and a method. Where do two methods tell different stories, and which one would you have believed?


# %%
@interact(
    movement=[(french(label), label) for label in labels],
    dancer=list(takes.dancers),
    repetition=(1, 5),
    method=list(maps),
)
def look(
    movement="retire_devant", dancer="d11", repetition=2, method="integrated gradients"
):
    wanted = f"{dancer}_{movement}_{repetition}"
    n = next(n for n, take in enumerate(takes) if take.take_id == wanted)
    each = saliency.joint_maps(maps[method][[n]], reader.features)[0]
    told = f"“{french(labels[answers[n]])}”, by {method}"
    return plots.saliency(takes[n], each, GROUPS, detail="groups", title=told)


# %% [markdown]
# The same as a clip, at half speed: joints swell when they speak for the answer, or against it, and the bars below say how much is going on.

# %% alt="Film: a retiré whose joints swell where the network looks"
clip = saliency_video(
    takes[shown[-1]], signed[shown[-1]], "retire_saliency.mp4", size=240
)
Video(str(clip), embed=True, html_attributes="controls loop")


# %% [markdown]
# ## In this lesson you …
#
# - computed a gradient by hand, and saw that it tells what would change an answer, not what the answer is made of,
# - wrote a map whose parts add up, and judged maps by deletion, by forgotten weights and by ballet's own definitions,
# - saw a beautiful picture that hardly depends on the network, and caught a network that looked at the room.

# %% [markdown]
# ## Check yourself

# %%
from ballet_lib.checks import quiz

quiz("08")

# %% [markdown]
# ## Exercise
#
# Four tasks wait in [exercises/08_saliency_maps](../exercises/08_saliency_maps.ipynb): find what spoke against an answer, hide parts of a body, delete what a map points at, and build a blindfold for a network, to see what it could do without.

# %% [markdown]
# ## Sources
#
# | | they | here |
# |---|---|---|
# | two-stream report | guided backpropagation, averaged over the last layer's features, as what the network attends to | the same, and once more after the network has forgotten its upper half |
# | sanity checks (2018) | on photographs, guided backpropagation hardly notices that upper layers are randomised | the same finding in a network of four convolutions; at the lowest layers it notices |
# | integrated gradients (2017) | 20 to 300 steps come within 5% of the sum | 50 better chosen steps, within 1% |
# | papers of this course | show maps, test none | deletion, forgotten weights, the movement's definition, the dancer's mask |
#
# - Simonyan, Vedaldi and Zisserman, *Deep inside convolutional networks* (2014). Smilkov and others, *SmoothGrad* (2017). Sundararajan, Taly and Yan, *Axiomatic attribution for deep networks* (2017).
# - Springenberg and others, *Striving for simplicity* (2015). Selvaraju and others, *Grad-CAM* (2017). Abnar and Zuidema, *Quantifying attention flow in transformers* (2020).
# - Adebayo and others, *Sanity checks for saliency maps* (2018). Zeiler and Fergus (2014): occlusion. Petsiuk, Das and Saenko, *RISE* (2018): deletion.
# - Ross, Hughes and Doshi-Velez, *Right for the right reasons* (2017): a price for looking elsewhere. Geirhos and others, *Shortcut learning in deep neural networks* (2020).
