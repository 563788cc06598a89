# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 05 · Attention and TCN
#
# ![Two dances, nine pictures each, a demi-plié and a first arabesque; pictures that the network hardly looks at are pale, and below them a curve rises where it looks](../docs/pictures/attention.jpg)
#
# **Which frames decide? And when one network scores higher than another, is it better, or luckier?**

# %% [markdown]
# **You will**
#
# - *compute* attention in NumPy, and check it against Keras,
# - *read* where a network looks, and *test* whether that is what it decides by,
# - *calculate* how far back a convolutional network hears, and *measure* it by gradient,
# - *catch* a network that peeks into the future,
# - *compare* networks of equal size, and *say* what 91 clips can tell apart.
#
# **You need** lesson 03.
#
# **Time** {{minutes}}

# %%
from itertools import combinations

import numpy as np
import pandas as pd
from ipywidgets import IntSlider, interact
from sklearn.model_selection import GroupKFold
from tqdm.auto import tqdm

from ballet_lib import plots
from ballet_lib.classifier import Classifier
from ballet_lib.comparison import compare, compare_counts, smallest_difference
from ballet_lib.evaluation import Predictions
from ballet_lib.networks import NETWORKS, build
from ballet_lib.networks.attention import attention_weights
from ballet_lib.networks.tcn import receptive_field, tcn
from ballet_lib.pace import choose
from ballet_lib.quiet_tensorflow import import_keras
from ballet_lib.recipes import RECIPES
from ballet_lib.takes import TakeSet
from ballet_lib.training import fit
from ballet_lib.vocabulary import french

keras = import_keras()  # the usual `import keras`, in silence
import tensorflow as tf
from keras import layers

rng = np.random.default_rng(0)

# %% [markdown]
# ## A question to every frame
#
# The LSTM of lesson 03 hands on one vector, its last. **Attention** goes back to all of them. A **query** $q$ says what is looked for, each frame has a **key** $k_t$ that says what it offers and a **value** $v_t$ that it gives:
#
# $$w = \mathrm{softmax}\left(\frac{q \cdot K}{\sqrt{d}}\right) \qquad \mathrm{context} = w \cdot V$$


# %%
def softmax(scores):
    e = np.exp(scores - scores.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def attend(query, keys, values):
    weights = softmax(keys @ query / np.sqrt(len(query)))
    return weights @ values, weights


# %% [markdown]
# Three frames, two numbers each. **Predict** Which of them gets the largest weight?

# %%
keys = np.array([[1, 0], [0, 1], [2, 2]])
values = np.array([10, 20, 30])
context, weights = attend(np.array([0, 3]), keys, values)
weights.round(2), context.round(1)

# %% [markdown]
# The weights are positive and sum to 1: the context is a *mean* of the values, weighted by how well each key fits the query.
#
# Why divide by $\sqrt{d}$? Take forty random keys, and see how much weight the winner takes.

# %%
for d in (4, 64, 1024):
    scores = rng.normal(size=(200, 40, d)) @ rng.normal(size=d)
    bare, scaled = (softmax(s).max(1).mean() for s in (scores, scores / np.sqrt(d)))
    print(f"d = {d:4}: the winner takes {bare:4.0%} bare, {scaled:4.0%} scaled")

# %% [markdown]
# **Why?** The more numbers a dot product sums, the larger it gets, about as $\sqrt{d}$, and softmax makes of large scores all or nothing. Nothing is learnt from a frame whose weight is 0.

# %% [markdown]
# ## Equal to Keras
#
# The course's attention network is an LSTM with one addition: the last state asks, all outputs answer, keys and values alike. Here is one that has been trained, and three dancers whom it has never seen.

# %%
takes = TakeSet.load("ballet6")
reader = Classifier.load("attention")
strangers = takes.filter(dancer=["d10", "d11", "d12"])
teachers = takes.filter(lambda take: take.dancer not in strangers.dancers)
assert not set(reader.card["data"]["train"]["dancers"]) & set(strangers.dancers)

X = reader.inputs(strangers)
truth = np.array([reader.labels.index(take.movement) for take in strangers])
theirs = reader.probabilities(strangers)
print(f"{len(strangers)} takes, {(theirs.argmax(1) == truth).mean():.0%} recognised")

# %% [markdown]
# We take the LSTM's outputs and the last layer's weights from it, and do what lies between by hand.

# %%
model = reader.model
lstm = keras.Model(model.input, model.get_layer("lstm").output)
outputs, last, _ = (part.numpy() for part in lstm(X))
D, b = model.get_layer("probabilities").get_weights()

context, weights = attend(last[0], outputs[0], outputs[0])
ours = softmax(np.concatenate([context, last[0]]) @ D + b)
difference = np.abs(ours - theirs[0]).max()
assert difference < 1e-5
print(f"largest difference: {difference:.0e}")

# %% [markdown]
# ## Where does it look?
#
# **Predict** A demi-plié goes down and comes up again. Which frames should matter?

# %%
looks = attention_weights(model, X)
movements = ("demi_plie", "retire_devant", "battement_tendu")
shown = [np.flatnonzero(strangers.y == takes.label_map[m])[0] for m in movements]

plots.attention(
    looks[shown],
    strangers[shown],
    title=f"Its longest look at any frame takes {looks[shown].max():.0%}, "
    f"an even look {1 / len(looks[0]):.1%}",
)

# %% [markdown]
# *Three dances as rows of skeletons, and below each frame a bar for its weight. The thin line is where the bars would stand if all frames counted alike; the darkest bar is the highest.*
#
# It is tempting to tell a story now: "it looks here, because …". Stories are cheap. Can it be tested?

# %% [markdown]
# ## Does attention mean importance?
#
# If the weights matter, other weights must give other answers. We have the network in our hands, so we give it equal weights, and those of another take.
#
# **Predict** What will be left of the accuracy?


# %%
def with_memory(weights):
    context = np.einsum("nt,ntd->nd", weights, outputs)
    return softmax(np.concatenate([context, last], axis=1) @ D + b)


def exchange(answer, weights):
    other = {
        "its own": weights,
        "equal weights": np.full_like(weights, 1 / weights.shape[1]),
        "another take's": weights[rng.permutation(len(weights))],
    }
    return {name: (answer(w).argmax(1) == truth).mean() for name, w in other.items()}


after_lstm = exchange(with_memory, looks)
print(pd.Series(after_lstm).map("{:.0%}".format).to_string())

# %% [markdown]
# Compare the three lines. If they are nearly alike, the network would have said the same without looking anywhere.
#
# **Why?** An LSTM's output at frame $t$ is no picture of frame $t$. It remembers all frames before, and the last one has read the whole dance. Nothing forces the network to look for what it already knows.

# %% [markdown]
# ## Attention without memory
#
# So we take the memory away. Each frame is encoded *for itself*, by the same two small layers; one query, the same for all takes, is learnt; and attention is the only way from the frames to the answer.


# %%
def frame_attention(shape, classes, units=64, dropout=0.3):
    takes = layers.Input(shape)
    frames = layers.Normalization(name="normalise")(takes)
    frames = layers.Dense(units, activation="relu")(frames)
    frames = layers.Dropout(dropout)(frames)
    values = layers.Dense(units, activation="tanh", name="values")(frames)
    scores = layers.Flatten()(layers.Dense(1, use_bias=False, name="query")(values))
    weights = layers.Softmax(name="attention")(scores)
    context = layers.Dropout(dropout)(layers.Dot(axes=(1, 1))([weights, values]))
    answer = layers.Dense(classes, activation="softmax", name="probabilities")(context)
    return keras.Model(takes, answer, name="frame_attention")


NETWORKS["my-attention"] = frame_attention  # now `fit` knows it
RECIPES["my-attention"] = RECIPES["attention"]

# %% [markdown]
# The library has it too, as `frame-attention`. All trainings of this lesson share these settings; this one takes some seconds.

# %%
settings = {
    "validation": None,
    "epochs": choose(course=40, paper=200),
    "copies": choose(course=0, paper=3),
    "learning_rate": 3e-3,
    "schedule": "cosine",
    "features": RECIPES["attention"].features,
}
looker = fit(teachers, "my-attention", **settings)
X_looker = looker.inputs(strangers)
looks_alone = attention_weights(looker.model, X_looker)

# %%
plots.attention(
    looks_alone[shown],
    strangers[shown],
    title=f"Without memory its longest look takes {looks_alone[shown].max():.0%}",
)

# %% [markdown]
# *The same three dances; now the bars stand in groups, high over some frames and low over the others.*
#
# Now look again at what the dancer does under the high bars. Then test it, as before.

# %%
values = looker.model.get_layer("values").output
alone_values = keras.Model(looker.model.input, values)(X_looker).numpy()
D_alone, b_alone = looker.model.get_layer("probabilities").get_weights()


def without_memory(weights):
    return softmax(np.einsum("nt,ntd->nd", weights, alone_values) @ D_alone + b_alone)


alone = exchange(without_memory, looks_alone)
both = pd.DataFrame({"after an LSTM": after_lstm, "without memory": alone})
for name, column in both.items():
    cost = column["its own"] - column["equal weights"]
    print(f"{name}: equal weights cost {100 * cost:.0f} points")
both.map("{:.0%}".format)

# %% [markdown]
# One take of 105 is one point. The formula is the same, and so are the bars; what differs is whether there is a way around them. **Attention shows what a network decides by only as far as there is none.**

# %% [markdown]
# ## Take frames away
#
# A second test needs no insight into the network: replace the frames it looks at most by an average frame, and see how sure it still is of its answer. A fair test also removes as many *at random*, and, since an LSTM may remember best what came last, simply *the last*.


# %%
def sure_without(classifier, X, gone):
    average = np.ravel(classifier.model.get_layer("normalise").mean)
    blank = X.copy()
    blank[np.arange(len(X))[:, None], gone] = average
    before, after = (np.asarray(classifier.model(each)) for each in (X, blank))
    rows = np.arange(len(X)), before.argmax(1)
    return after[rows].mean() / before[rows].mean()


def removal(classifier, X, looks):
    frames = np.tile(np.arange(looks.shape[1]), (len(X), 1))
    orders = {
        "most looked at": np.argsort(-looks, axis=1),
        "the last": frames[:, ::-1],
        "at random": rng.permuted(frames, axis=1),
    }
    return {
        name: [sure_without(classifier, X, order[:, :n]) for n in removed]
        for name, order in orders.items()
    }


removed = [0, 2, 4, 8, 12, 16, 20]
curves = {
    "after an LSTM": removal(reader, X, looks),
    "without memory": removal(looker, X_looker, looks_alone),
}

# %%
with plots.style():
    figure, axes = plots.subplots(1, 2, size=(10, 3.6), sharey=True)
    for ax, (name, kinds) in zip(axes, curves.items(), strict=True):
        for line, (kind, sure) in zip(("-", "--", ":"), kinds.items(), strict=True):
            ax.plot(removed, np.multiply(sure, 100), line, marker="o", label=kind)
        gap = 100 * (kinds["at random"][3] - kinds["most looked at"][3])
        ax.set(
            xlabel="frames removed, of 40",
            title=f"{name}: {gap:.0f} points below random",
        )
        ax.set_xticks(removed)
    axes[0].set(ylabel="of its certainty is left (%)", ylim=(0, 108))
    axes[0].legend(title="removed frames", loc="lower left")
figure

# %% [markdown]
# *Two panels, each with three falling curves: how sure a network remains when more and more frames are replaced. The titles say how far the most looked-at lie below random ones, for eight frames.*
#
# An average frame is not *no* frame: a network may be upset by a pose that nobody dances. So the distance from random counts, not the fall.

# %% [markdown]
# Now read both tests together. A network can need the very frames it looks at *without needing the look*: they also reach the answer through its memory. Where the last frames cost as much as the most looked-at, the look tells no more than the clock.

# %% [markdown]
# ## Play: two ways to look
#
# The same take, above after an LSTM, below without memory. Do they look at the same frames?


# %%
@interact(
    movement=[(french(label), label) for label in takes.labels],
    dancer=list(strangers.dancers),
    take=(1, 5),
)
def look(movement="first_arabesque", dancer="d10", take=1):
    wanted = (movement, dancer)
    same = [n for n, t in enumerate(strangers) if (t.movement, t.dancer) == wanted]
    number = same[take - 1]
    return plots.attention(
        np.stack([looks[number], looks_alone[number]]),
        [strangers[number]] * 2,
        names=["after an LSTM", "without\nmemory"],
    )


# %% [markdown]
# ## Convolution in time
#
# A third family neither remembers nor asks. A **temporal convolutional network** (TCN) slides a small kernel over the frames. It is **causal**: the output at frame $t$ hears $t$ and what was before. It is **dilated**: the taps of the kernel stand $d$ frames apart.


# %%
def causal_convolution(x, kernel, dilation):
    before = np.zeros((len(kernel) - 1) * dilation)
    padded = np.concatenate([before, x])
    taps = [padded[i * dilation :][: len(x)] for i in range(len(kernel))]
    return np.tensordot(kernel, taps, axes=1)


x, kernel = rng.normal(size=40), np.array([1.0, -2.0, 0.5])
convolution = layers.Conv1D(1, 3, padding="causal", dilation_rate=4, use_bias=False)
convolution.build((None, 40, 1))
convolution.set_weights([kernel.reshape(3, 1, 1)])

theirs = convolution(x.reshape(1, 40, 1).astype("float32")).numpy().ravel()
print(
    f"largest difference: {np.abs(theirs - causal_convolution(x, kernel, 4)).max():.0e}"
)

# %% [markdown]
# ## Which frames are heard?
#
# Stack such layers, and double the dilation each time. To know what the last output hears, go down from it, layer by layer.


# %%
def heard(layers, kernel):
    """Frames back that are heard in each layer, from the top to the input."""
    levels = [{0}]
    for layer in reversed(range(layers)):
        taps = [i * 2**layer for i in range(kernel)]
        levels.append({back + tap for back in levels[-1] for tap in taps})
    return levels


# %% [markdown]
# **Predict** Three layers with a kernel of 3: how many frames?


# %%
def draw_tree(layers, kernel):
    levels = heard(layers, kernel)
    width = max(levels[-1]) + 4
    with plots.style():
        figure, ax = plots.subplots(size=(10, 0.75 * layers + 1.2))
        for height, level in zip(range(layers, -1, -1), levels, strict=True):
            ax.plot(range(1 - width, 1), [height] * width, "o", color="#dcdcdc", ms=4)
            ax.plot(
                np.negative(list(level)), [height] * len(level), "o", color="#0072b2"
            )
            for back in level if height else ():
                for tap in range(0, kernel * 2 ** (height - 1), 2 ** (height - 1)):
                    ends = [-back, -back - tap]
                    ax.plot(
                        ends, [height, height - 1], color="#0072b2", lw=0.9, zorder=0
                    )
        names = [f"dilation {2**layer}" for layer in range(layers)]
        ax.set_yticks(range(layers + 1), ["input", *names])
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.set(xlabel="frames from the present")
        ax.set_title(f"The last output hears {len(levels[-1])} frames")
    return figure


draw_tree(layers=3, kernel=3)

# %% [markdown]
# *A tree that grows downwards from one blue dot at the right: three lines to the layer below, then nine, until every frame of a stretch of the input is reached.*
#
# **Play** Add layers. By how much does each one lengthen the reach? And what does the kernel do?


# %%
@interact(layers=(1, 5), kernel=(2, 3))
def tree(layers=4, kernel=2):
    return draw_tree(layers, kernel)


# %% [markdown]
# ## The receptive field, by calculation
#
# Each convolution adds (kernel − 1) · dilation frames. The course's TCN has six blocks of two convolutions each.

# %%
reach = 1 + (3 - 1) * 2 * (1 + 2 + 4 + 8 + 16 + 32)
assert reach == receptive_field()
print(reach, "frames, or", reach / 20, "seconds at 20 frames/s")

# %% [markdown]
# ## The receptive field, by gradient
#
# If an input cannot change the output, the gradient there is 0, exactly. So we build networks that have learnt nothing, give them 300 frames of noise, and ask which frames have a gradient.
#
# **Predict** Which of the 253 frames will count most?


# %%
def gradient_by_frame(model, frames=300):
    noise = tf.random.normal((8, frames, 8))
    with tf.GradientTape() as tape:
        tape.watch(noise)
        answer = model(noise)[:, 0]
    return np.linalg.norm(tape.gradient(answer, noise), axis=-1).mean(axis=0)


keras.utils.set_random_seed(0)
networks = {
    "TCN, 6 blocks": tcn((300, 8), 7),
    "TCN, 4 blocks": tcn((300, 8), 7, dilations=(1, 2, 4, 8)),
    "LSTM": keras.Sequential([layers.LSTM(32), layers.Dense(1)]),
}
gradients = {name: gradient_by_frame(model) for name, model in networks.items()}
for name, gradient in gradients.items():
    print(f"{name}: {300 - np.flatnonzero(gradient)[0]} frames with a gradient")

assert 300 - np.flatnonzero(gradients["TCN, 6 blocks"])[0] == receptive_field()

# %%
six = gradients["TCN, 6 blocks"]
share = six[-40:].sum() / six.sum()
with plots.style():
    figure, ax = plots.subplots(size=(9, 3.6))
    for (name, each), line in zip(gradients.items(), ("-", "--", ":"), strict=True):
        size = np.where(each > 0, each / each.max(), np.nan)
        ax.semilogy(np.arange(-299, 1), size, line, label=name)
    ax.set(xlabel="frames from the present", ylabel="gradient (largest = 1)")
    ax.set_ylim(1e-8, 3)
    ax.set_title(f"It hears 253 frames; the last 40 make {share:.0%} of the gradient")
    ax.legend(loc="upper left")
figure

# %% [markdown]
# *Three curves over 300 frames on a logarithmic axis. Both TCNs end in a cliff, at 253 and at 61 frames back; the LSTM fades in a straight line and has no cliff.*
#
# The calculation says how far a network *can* hear. What it does hear lies mostly in the near past: this is called the **effective** receptive field. The LSTM's has no border, it fades, as lesson 03 measured.

# %% [markdown]
# Our takes have 40 frames. How many blocks are enough?

# %%
for blocks in range(1, 7):
    print(blocks, receptive_field(dilations=[2**i for i in range(blocks)]))

# %% [markdown]
# Four. A fifth and a sixth would listen to the zeros before the beginning.

# %% [markdown]
# ## What went wrong on purpose
#
# Keras' own padding is not `"causal"` but `"same"`: half the kernel hears backwards, half forwards. Let us forecast: from the legs so far, where do they go in the next frame?


# %%
def legs(takes):
    points = takes.to_arrays("normalised").X.reshape(len(takes), 40, 33, 3)
    return points[:, :, 23:, :2].reshape(len(takes), 40, 20)


known, unknown = legs(teachers), legs(strangers)
mean, spread = known.mean((0, 1)), known.std((0, 1))
step = np.diff((known - mean) / spread, axis=1).std()


def so_far_and_next(points):
    points = (points - mean) / spread
    return points[:, :-1], np.diff(points, axis=1) / step


# %% [markdown]
# Three convolutions, dilations 1, 2, 4, and nothing to choose but the padding.


# %%
def forecaster(padding):
    keras.utils.set_random_seed(0)
    convolutions = [
        layers.Conv1D(48, 3, padding=padding, dilation_rate=d, activation="relu")
        for d in (1, 2, 4)
    ]
    model = keras.Sequential(
        [layers.Input((None, 20)), *convolutions, layers.Dense(20)]
    )
    model.compile(keras.optimizers.Adam(3e-3), "mse", jit_compile=False)
    model.fit(*so_far_and_next(known), epochs=25, verbose=0)
    return model


def explained(model):
    """The share of the steps' variance that it forecasts, frame by frame."""
    so_far, steps = so_far_and_next(unknown)
    error = np.asarray(model(so_far)) - steps
    return 1 - (error**2).mean((0, 2)) / (steps**2).mean((0, 2))


# %% [markdown]
# Training takes about ten seconds. Who says "they stay where they are" explains nothing.

# %%
forecasters = {padding: forecaster(padding) for padding in ("same", "causal")}
shares = {padding: explained(model) for padding, model in forecasters.items()}
for padding, share in shares.items():
    print(f"{padding:6} explains {share.mean():4.0%} of the next step of strangers")

# %% [markdown]
# A fine result for `"same"`, on dancers it has never seen! No split was wrong. **Predict** What will it do live, where the next frame does not exist yet?
#
# The *last* frame of each take is such a case: nothing stands behind it. Beside it, the gradient of the output in the middle.


# %%
def gradient_in_the_middle(model):
    so_far = tf.constant(so_far_and_next(unknown)[0])
    with tf.GradientTape() as tape:
        tape.watch(so_far)
        middle = tf.reduce_sum(model(so_far)[:, 19])
    return np.linalg.norm(tape.gradient(middle, so_far), axis=-1).mean(axis=0)


with plots.style():
    figure, (left, right) = plots.subplots(1, 2, size=(11, 3.6))
    for line, (padding, model) in zip(("-", "--"), forecasters.items(), strict=True):
        left.plot(np.arange(1, 40), 100 * shares[padding], line, label=padding)
        size = gradient_in_the_middle(model)
        right.plot(np.arange(-19, 20), size / size.max(), line, label=padding)
    before, live = 100 * shares["same"][10:30].mean(), 100 * shares["same"][-1]
    left.set(xlabel="frame", ylabel="of the next step explained (%)")
    left.set_title(f"“same”: {before:.0f}% on file, {live:.0f}% live".replace("-", "−"))
    right.axvspan(0.5, 19, color="#f1f1f1")
    right.set(xlabel="frames from the present (grey: future)", ylabel="gradient")
    right.set_title("It had read the answer")
    right.legend(loc="upper left")
figure

# %% [markdown]
# *Left, the share explained over the frames: “same” lies far above “causal” and falls steeply at the end. Right, the gradient: that of “causal” is zero in the grey future; that of “same” is highest at the frame that was to be forecast.*
#
# The score came from a file, where the future lies beside the past. The gradient needs no score to tell: **whatever has a gradient in the future will not be there live.** `padding="causal"` mends it, and shows how much can honestly be said about the next twentieth of a second: little, since what moves from frame to frame is mostly the jitter of the landmarks.

# %% [markdown]
# ## A fair comparison: equal size
#
# Four networks: LSTM, attention after an LSTM, attention without memory, TCN with four blocks. A larger one may win by size alone, so they get the same number of parameters. And the LSTM has to read the frames themselves, so its convolutions are left out (`filters=0`).
#
# Parameters grow as a square of the width: three counts give the curve, and the curve gives the width.

# %%
shape = (40, takes.to_arrays(settings["features"]).X.shape[-1])


def parameters(network, **sizes):
    return build(network, shape, len(takes.labels), **sizes).count_params()


def width_for(budget, network, name, **more):
    tried = (8, 16, 32)
    counts = [parameters(network, **{name: width}, **more) for width in tried]
    return round(max((np.poly1d(np.polyfit(tried, counts, 2)) - budget).roots))


# %%
budget = parameters("lstm", units=32, filters=0)
sizes = {}
for name, network, width, more in (
    ("LSTM", "lstm", "units", {"filters": 0}),
    ("attention", "attention", "units", {}),
    ("frame attention", "my-attention", "units", {}),
    ("TCN", "tcn", "channels", {"dilations": (1, 2, 4, 8)}),
):
    size = {width: width_for(budget, network, width, **more), **more}
    sizes[name] = network, size
    print(f"{name:16}{parameters(network, **size):7,} parameters {size}")

# %% [markdown]
# One test on three dancers would leave intervals as wide as a barn door. So each dancer is a stranger once: we divide the dancers into groups, and train on all groups but one.


# %%
groups = GroupKFold(choose(course=3, paper=12), shuffle=True, random_state=0)
folds = list(groups.split(takes, groups=takes.groups))


def ask_strangers(name, frames=40, seed=0):
    network, size = sizes[name]
    answers = np.zeros((len(takes), len(takes.labels)))
    seconds = []
    for train, test in tqdm(folds, desc=f"{name}, {frames} frames", unit="training"):
        more = {"frames": frames, "seed": seed, "sizes": size, "bar": False}
        classifier = fit(takes[train], network, **settings, **more)
        answers[test] = classifier.probabilities(takes[test])
        seconds.append(classifier.card["seconds"])
    ids = [take.take_id for take in takes]
    told = Predictions(takes.y, answers, takes.groups, takes.labels, ids)
    return told, np.mean(seconds)


# %% [markdown]
# Now train: about ten to twenty seconds each. **Predict** the order.

# %%
told, seconds = {}, {}
for name in ("LSTM", "attention"):
    told[name], seconds[name] = ask_strangers(name)

# %%
for name in ("frame attention", "TCN"):
    told[name], seconds[name] = ask_strangers(name)

# %% [markdown]
# And the control that comparisons often leave out: the *same* LSTM once more, with another seed.

# %%
told["LSTM, another seed"], seconds["LSTM, another seed"] = ask_strangers(
    "LSTM", seed=1
)

# %%
scores = {name: 100 * each.accuracy for name, each in told.items()}
best, worst = max(scores, key=scores.get), min(scores, key=scores.get)
plots.error_by_group(
    [f"{name}, {seconds[name]:.0f} s" for name in told],
    list(scores.values()),
    [tuple(100 * np.array(each.intervals().accuracy)) for each in told.values()],
    label="accuracy (%), seconds a training",
    title=f"From {scores[worst]:.0f}% ({worst}) to {scores[best]:.0f}% ({best})",
    digits=0,
    reference=100 / 7,
)

# %% [markdown]
# *Five rows, each with its accuracy on twelve dancers, a 95% interval over dancers, and the seconds a training took. The thin line is chance.*
#
# Do overlapping intervals mean that nothing can be told apart? No: all answered about the *same* takes.

# %% [markdown]
# ## Is the difference real?
#
# `compare` looks at the same takes for both. It draws dancers anew, both networks with the same draw, and asks McNemar's question: of the takes that only one of the two recognised, how unevenly are they shared?

# %%
pairs = [("LSTM", "LSTM, another seed"), *combinations(sizes, 2)]
comparisons = [compare(told[a], told[b], names=(a, b)) for a, b in pairs]
real = sum(np.prod(each.accuracy_interval) > 0 for each in comparisons[1:])
plots.differences(
    comparisons,
    title=f"{real} of 6 differences between networks leave 0 outside their interval",
)

# %% [markdown]
# *Seven rows, one for each pair: the difference in points of accuracy with its interval over dancers, and McNemar's p value. The first row is the LSTM against itself.*
#
# Read the first row first: *one* network, trained twice. So wide is the interval between two that are equally good, and another pair of seeds would put the dot elsewhere in it.
#
# And six questions are six chances to be fooled. To be safe, multiply each p by six (Bonferroni).

# %% [markdown]
# What is left holds for these synthetic dancers, this size and this recipe. It does not say that one family is better: nobody has tuned any of the four.
#
# **Predict** The frame network does not know the order of its frames. Shuffle the frames of each take: what will it say?

# %%
shuffled = X_looker[:, rng.permutation(40)]
as_danced, mixed = (np.asarray(looker.model(each)) for each in (X_looker, shuffled))
print(f"largest difference of a probability: {np.abs(as_danced - mixed).max():.0e}")

# %% [markdown]
# **Why** does it do so well, then? One frame of a deep plié is a plié: the features, centred as in lesson 03, tell each frame how low its hips are against the rest of the take. Movements that differ only in their *order* would need more.

# %% [markdown]
# ## What can 91 clips tell apart?
#
# The two-stream report compares the same three families on 91 clips: LSTM 65.9%, attention 63.7%, TCN 58.2%. That is 60, 58 and 53 clips. **Predict** Is LSTM against TCN, 7.7 points, a difference?

# %%
published = compare_counts({"LSTM": 60, "attention": 58, "TCN": 53}, of=91)
published.round(3)

# %% [markdown]
# Each row is a pair: the difference with its 95% interval, and the p value at best and at worst. It depends on *which* clips each network got right, and the report does not say.

# %%
widest = published.iloc[published.difference.argmax()]
print(
    f"{widest.better} against {widest.worse}: {100 * widest.difference:.1f} points, "
    f"interval {100 * widest.low:+.0f} to {100 * widest.high:+.0f}"
)
print(f"p between {widest.p_least:.2f} and {widest.p_most:.2f}")

# %% [markdown]
# Only if the TCN had found *nothing* that the LSTM missed would p be below 0.05. Of the other two pairs not even that could help. Publish the answers, not only the score.
#
# Now the other way round: how large must a lead be, to be found four times in five?

# %%
clips = np.array([30, 50, 91, 150, 250, 420, 700, 1000])
leads = {
    "errors independent": [smallest_difference(n, 0.6) for n in clips],
    "they disagree on 20%": [smallest_difference(n, 0.6, 0.2) for n in clips],
}


def leads_at(n):
    with plots.style():
        figure, ax = plots.subplots(size=(8, 3.6))
        for line, (name, each) in zip(("-", "--"), leads.items(), strict=True):
            ax.plot(clips, np.multiply(each, 100), line, marker="o", label=name)
        ax.set_xscale("log")
        ax.set_xticks(clips, [str(count) for count in clips], minor=False)
        ax.minorticks_off()
        ax.axvline(n, color="#6b6b6b", lw=1)
        lead = 100 * smallest_difference(n, 0.6)
        ax.set(xlabel="test clips", ylabel="smallest lead found (points)", ylim=(0, 45))
        ax.set_title(f"{n} clips find a lead of {lead:.0f} points over 60%")
        ax.legend()
    return figure


leads_at(91)

# %% [markdown]
# *Two falling curves over the number of clips, from 30 to 1000 on a logarithmic axis. A thin line marks 91.*
#
# Four times the clips halve the lead that can be found. Networks that err on the same clips are told apart a little sooner.
#
# **Play** You expect a gain of five points. How many clips do you need?


# %%
@interact(clips=IntSlider(420, 30, 1000, continuous_update=False))
def leads_found(clips):
    return leads_at(clips)


# %% [markdown]
# And these are *independent* clips. Thirty-five takes of one dancer are fewer than thirty-five clips of strangers.

# %% [markdown]
# ## Sub-sampling: how many frames?
#
# The two-stream report's best LSTM sees five frames of a clip, its attention ten. The rate is a hyper-parameter: fewer frames cost less. So we give the LSTM 40, 20, 10 and 5 of each two seconds; the first we have, the others take half a minute.
#
# **Predict** What happens to the accuracy from 40 frames to 5?

# %%
sampled = {40: told["LSTM"]}
sampled_seconds = {40: seconds["LSTM"]}
for frames in (20, 10, 5):
    sampled[frames], sampled_seconds[frames] = ask_strangers("LSTM", frames=frames)

# %%
fewest = compare(sampled[5], sampled[40], names=("5 frames", "40 frames"))
low, high = 100 * np.array(fewest.accuracy_interval)
gain = f"{100 * fewest.accuracy:+.0f} points [{low:+.0f}, {high:+.0f}]"
plots.error_by_group(
    [f"{n} frames, {sampled_seconds[n]:.0f} s" for n in sampled],
    [100 * each.accuracy for each in sampled.values()],
    [tuple(100 * np.array(each.intervals().accuracy)) for each in sampled.values()],
    label="accuracy (%), seconds a training",
    title=f"5 frames against 40: {gain}".replace("-", "−"),
    digits=0,
    reference=100 / 7,
)

# %% [markdown]
# *Four rows, from 40 frames a take to 5: accuracy with its interval, and the seconds of a training.*
#
# If the interval in the title holds 0, these takes cannot tell 5 frames from 40. Does it lie above 0? Then fewer frames are *better*.
#
# **Why** might five be enough? An LSTM of five steps has little to forget, and what happens from one frame to the next is mostly jitter, as the forecast showed. But movements that last two seconds and hold their pose are kind to such a network: a *frappé* would fall between its frames.
#
# To *choose* the best of four rates by these scores would be to tune on the test. That takes dancers who are neither in training nor in the test.

# %% [markdown]
# ## In this lesson you …
#
# - computed attention by hand, and saw that it shows what a network decides by only where there is no way around it,
# - calculated and measured a receptive field, and caught a network that read the future,
# - compared networks of equal size with a control, and know what a test can tell apart.

# %% [markdown]
# ## Check yourself

# %%
from ballet_lib.checks import quiz

quiz("05")

# %% [markdown]
# ## Exercise
#
# In [exercises/05_attention_and_tcn](../exercises/05_attention_and_tcn.ipynb) you make attention look away from empty frames, plan a network for a phrase, ask whether a lead was luck, and build attention that knows, without memory, whether a dancer sinks or rises.

# %% [markdown]
# ## Sources
#
# | | they | here |
# |---|---|---|
# | two-stream report | LSTM 65.9, attention 63.7, TCN 58.2% on 91 clips, without intervals | four networks of equal size, 420 takes of twelve strangers, intervals, a second seed |
# | its LSTM and its attention see | every 60th frame (5), every 30th (10) | 40, 20, 10 and 5 frames of two seconds |
# | its TCN | six levels, 128 channels, kernel 3 | four blocks, which hear 61 frames, or six, which hear 253 |
# | its seconds an epoch (5 to 60 steps) | LSTM 0.17 to 0.78, attention 0.16 to 0.86, TCN 0.70 to 1.81 | seconds a training: see the figures |
#
# - Vaswani and others, *Attention is all you need* (2017), section 3.2.1. Our network without memory: Bahdanau and others (2015) without their recurrent encoder.
# - Jain and Wallace, *Attention is not explanation* (2019); Wiegreffe and Pinter, *Attention is not not explanation* (2019): exchanging weights. DeYoung and others, *ERASER* (2020): removing what was looked at.
# - Bai, Kolter and Koltun, *An empirical evaluation of generic convolutional and recurrent networks* (2018). Luo and others, *Understanding the effective receptive field* (2016).
# - McNemar (1947). Newcombe (1998), method 10: the interval of a difference from counts.
