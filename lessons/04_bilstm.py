# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 04 · BiLSTM
#
# ![Seven pictures of a dancer who draws one foot up to her other knee; below them two curves over the same two seconds: an LSTM that reads forwards wavers and is sure of the retiré only near the end, one that reads both ways from the first picture on](../docs/pictures/bilstm.jpg)
#
# **What does it help to know how a movement ends, and what does it cost to wait for it?**

# %% [markdown]
# **You will**
#
# - *show* that a bidirectional LSTM is two LSTMs, one of which reads backwards,
# - *plot* what a network knows at each moment of a dance, with and without the future,
# - *measure* what it still knows when it may only wait half a second,
# - *compare* two networks on the same dancers, and *say* whether the difference is real,
# - *feed* a network with pictures instead of poses, as the paper on sixteen styles does.
#
# **You need** lesson 03.
#
# **Time** {{minutes}}

# %%
from time import perf_counter

import numpy as np
import pandas as pd
from ipywidgets import interact

from ballet_lib import plots
from ballet_lib.classifier import Classifier
from ballet_lib.comparison import compare
from ballet_lib.evaluation import Predictions, evaluate
from ballet_lib.frame_features import encoder, load_frames
from ballet_lib.networks import NETWORKS
from ballet_lib.pace import choose
from ballet_lib.plots.style import PALETTE, QUIET
from ballet_lib.quiet_tensorflow import import_keras
from ballet_lib.skeleton import INDEX
from ballet_lib.splits import accuracy_interval, split_by_dancer
from ballet_lib.takes import TakeSet
from ballet_lib.vocabulary import french

keras = import_keras()  # the usual `import keras`, in silence
from keras import layers

# %% [markdown]
# ## Two readers
#
# A **BiLSTM** has one LSTM that reads a take from its beginning, and another that reads it from its end. Both tell their last state, side by side. We take the one that ships, trained on nine dancers, and keep the other three for us.

# %%
takes = TakeSet.load("ballet6")
split = split_by_dancer(takes, ["d10", "d11", "d12"])

trained = Classifier.load("bilstm")
two = trained.model.get_layer("bilstm")
normalise = trained.model.get_layer("normalise")
frames = np.array(normalise(trained.inputs(split.test[:1])))[0]
frames.shape

# %% [markdown]
# The step is the one you wrote in lesson 03. **Predict** What must change in it so that it reads backwards?


# %%
def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def last_state(frames, weights):
    W, R, b = weights
    h = c = np.zeros(len(R))
    for x in frames:
        i, f, g, o = np.split(x @ W + h @ R + b, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
    return h


ahead, back = two.forward_layer.get_weights(), two.backward_layer.get_weights()
ours = np.concatenate([last_state(frames, ahead), last_state(frames[::-1], back)])
theirs = np.array(two(frames[None]))[0]
difference = np.abs(ours - theirs).max()
assert difference < 1e-5
print(f"largest difference from Keras: {difference:.0e}")

# %% [markdown]
# Nothing: only the frames are turned round. The two never speak to each other; the layer after them hears both.

# %% [markdown]
# ## What the future adds
#
# So far one answer a take. Now we ask at *every* frame: what is being danced? The forward reader has then seen the take up to here. The backward reader comes from the end, and has seen everything that is still to come.
#
# For once `centred` will not do: it measures from the middle of the hips' way through the *whole* take, so already its first frame tells whether they will sink. We measure from where they are at first.


# %%
def from_the_first_frame(X):
    """`centred`, from the hips of the first frame instead of those of the whole take."""
    points = X[..., :66].reshape(*X.shape[:2], 33, 2)  # behind them stand the angles
    both_hips = points[:, :1, [INDEX["left_hip"], INDEX["right_hip"]]]
    points = points - both_hips.mean(axis=2, keepdims=True)
    return np.concatenate([points.reshape(*X.shape[:2], 66), X[..., 66:]], axis=2)


X = from_the_first_frame(trained.inputs(split.train))
T = from_the_first_frame(trained.inputs(split.test))

# %% [markdown]
# We train both readers from scratch, at nearly the same number of weights: an LSTM of 48 units, and a BiLSTM of 28 and 28.

# %%
y, truth, dancers = split.train.y, split.test.y, split.test.groups
fps = 20


def answering_each_frame(reader, seed):
    keras.utils.set_random_seed(seed)
    scale = layers.Normalization()
    scale.adapt(X)
    model = keras.Sequential([
        layers.Input((None, X.shape[2])), scale, layers.Dropout(0.2),
        reader(), layers.Dropout(0.3), layers.Dense(len(takes.labels), activation="softmax"),
    ])  # fmt: skip
    adam = keras.optimizers.Adam(0.003)
    model.compile(adam, "sparse_categorical_crossentropy", jit_compile=False)
    each_frame = np.repeat(y[:, None], X.shape[1], axis=1)
    epochs = choose(course=20, paper=60)
    model.fit(X, each_frame, batch_size=32, epochs=epochs, verbose=0)
    return model


# %% [markdown]
# Three trainings of each, since one may be lucky: half a minute in all. **Predict** two curves over the take: how often is each right at the first frame, in the middle, at the last?

# %%
readers = {
    "LSTM": lambda: layers.LSTM(48, return_sequences=True),
    "BiLSTM": lambda: layers.Bidirectional(layers.LSTM(28, return_sequences=True)),
}
models = {
    name: [answering_each_frame(reader, seed) for seed in range(3)]
    for name, reader in readers.items()
}
{name: f"{some[0].count_params():,} weights" for name, some in models.items()}


# %%
def right(model, takes_seen):
    """Which frames it names rightly: (takes, frames)."""
    return model.predict_on_batch(takes_seen).argmax(-1) == truth[:, None]


def curves(x, some, level, title, xlabel):
    """Draw a thick line and thin ones by name, and a level with its name."""
    with plots.style():
        figure, ax = plots.subplots(size=(7.6, 3.8))
        for (name, (thick, thin)), colour, line in zip(
            some.items(), PALETTE, ("-", "--"), strict=False
        ):
            ax.plot(x, np.transpose(thin), color=colour, lw=0.8, alpha=0.4)
            ax.plot(x, thick, line, color=colour, label=name)
        ax.axhline(level[1], color=QUIET, lw=0.9)
        ax.text(x[-1], level[1] + 1, level[0], color=QUIET, ha="right")
        ax.set(xlabel=xlabel, ylabel="named rightly (%)", ylim=(0, 100), title=title)
        ax.legend(loc="lower center", ncols=2)
    return figure


# %%
by_frame = {
    name: 100 * np.stack([right(model, T).mean(axis=0) for model in some])
    for name, some in models.items()
}
first = {name: some[:, 0].mean() for name, some in by_frame.items()}
last = {name: some[:, -1].mean() for name, some in by_frame.items()}

curves(
    np.arange(T.shape[1]) / fps,
    {name: (some.mean(axis=0), some) for name, some in by_frame.items()},
    ("chance", 100 / len(takes.labels)),
    f"First frame: {first['LSTM']:.0f}% without the future, "
    f"{first['BiLSTM']:.0f}% with it",
    "seconds from the take's beginning",
)

# %% [markdown]
# *Two thick curves over two seconds, each with thin ones for its three trainings. The LSTM begins lower and climbs; the BiLSTM is nearly level, about as good at the first frame as at the last.*
#
# **Why?** At the first frame the dance has hardly begun. The BiLSTM knows all the same, since its backward half comes from the end.

# %%
print(f"LSTM at the last frame:     {last['LSTM']:.0f}%")
print(f"BiLSTM at the first frame:  {first['BiLSTM']:.0f}%")
print(f"BiLSTM at the last frame:   {last['BiLSTM']:.0f}%")

# %% [markdown]
# Compare these three. All have seen the same forty frames. The future is no better than the past, it is *more*: what counts is how much of the dance has been seen.

# %% [markdown]
# ## What went wrong on purpose
#
# "Right at every frame, from the first one on!" You put the BiLSTM behind a camera. There the future has not happened yet: at each frame the take ends *now*.


# %%
def answer(model, frame, ahead):
    """What it says of a frame when it sees only so many frames after it."""
    seen = T[:, : frame + ahead + 1]
    return np.array(model(seen))[:, frame].argmax(-1)


first_second = list(range(0, 20, 4))
model = models["BiLSTM"][0]
promised = right(model, T)[:, first_second].mean()
live = np.mean([answer(model, frame, 0) == truth for frame in first_second])
print(f"in the first second: promised {promised:.0%}, live {live:.0%}")

# %% [markdown]
# The model is the same, and so are the dancers. The first number was measured on something that the camera will never deliver. **A score is worth something only if it was measured as the model will be used.**

# %% [markdown]
# ## How long must it wait?
#
# A compromise: wait for a few frames, then answer about the one that is past. The backward half sees only those few. The fair opponent is an LSTM that waits just as long, and answers with what it knows *then*.
#
# **Predict** Who wins, at half a second of delay?

# %%
delays = [0, 5, 10, 20]
waits = "LSTM that waits as long"
peeks = "BiLSTM that sees so far ahead"
hits = {waits: [], peeks: []}
for ahead in delays:
    later = [frame + ahead for frame in first_second]
    hits[waits].append([right(model, T)[:, later] for model in models["LSTM"]])
    hits[peeks].append([
        np.transpose([answer(model, frame, ahead) == truth for frame in first_second])
        for model in models["BiLSTM"]
    ])  # fmt: skip

# share of right answers: (delays, test takes), over trainings and frames
by_delay = {name: 100 * np.mean(some, axis=(1, 3)) for name, some in hits.items()}

# %% [markdown]
# Three dancers are too few for an interval worth its name, so each of them has a thin line.

# %%
half = {name: some[delays.index(10)].mean() for name, some in by_delay.items()}
whole = 100 * np.mean([right(model, T)[:, first_second] for model in models["BiLSTM"]])

curves(
    np.array(delays) / fps,
    {
        name: (
            some.mean(axis=1),
            [some[:, dancers == one].mean(axis=1) for one in split.test.dancers],
        )
        for name, some in by_delay.items()
    },
    ("BiLSTM with the whole take", whole),
    f"Half a second late: LSTM {half[waits]:.0f}%, BiLSTM {half[peeks]:.0f}%; "
    f"the promise was {whole:.0f}%",
    "delay (s)",
)

# %% [markdown]
# *Accuracy against delay: two thick curves rise, each with thin ones for the three dancers, towards a level line, the BiLSTM that has seen the whole take.*
#
# Who is ahead at equal delay? **Why?** Our backward half was trained on whole takes, and now begins in the middle of one. What buys accuracy is the delay; reading backwards is one way to spend it, and simply waiting is another.

# %% [markdown]
# ## And the computer?
#
# A live LSTM makes *one* step a frame: it keeps its state. A backward reader cannot keep anything, for with each new frame its reading begins somewhere else. It reads all frames ahead anew. **Predict** Is that the obstacle, at 20 frames a second?


# %%
def milliseconds(steps):
    times = []
    for _ in range(20):
        began = perf_counter()
        last_state(frames[:steps], back)
        times.append(1000 * (perf_counter() - began))
    return np.median(times)


one = milliseconds(1)
costs = {
    f"{ahead / fps:.2f} s": {
        "wait (ms)": 1000 * ahead / fps,
        "compute (ms)": one + milliseconds(ahead + 1),
    }
    for ahead in delays
}
pd.DataFrame(costs).T.rename_axis("delay").round(2)

# %% [markdown]
# No. A frame lasts 50 ms; even our slow NumPy is done long before the next. The wait cannot be computed away by any machine: it is waiting for a dancer to move.

# %% [markdown]
# ## Play: one take, some delay
#
# How sure is the BiLSTM of the true label, frame by frame? The dashed line knows the whole take.


# %%
def sure(model, seen, frame, number):
    """How probable it holds a label at a frame of one take."""
    return float(model(seen)[0, frame, number])


at_once = models["BiLSTM"][0].predict_on_batch(T)[range(len(T)), 0, truth]
late = models["LSTM"][0].predict_on_batch(T)[range(len(T)), 0, truth]
most = int(np.argmax(at_once - late)) + 1  # the take that gains most by the future


@interact(take=(1, len(T)), ahead=(0, 20))
def follow(take=most, ahead=5):
    model, one, number = models["BiLSTM"][0], T[take - 1 : take], truth[take - 1]
    shown = np.arange(0, len(one[0]) - ahead, 2)
    seen = [sure(model, one[:, : f + ahead + 1], f, number) for f in shown]
    whole = np.array(model(one))[0, shown, number]
    with plots.style():
        figure, ax = plots.subplots(size=(7.6, 3))
        ax.plot(
            shown / fps, seen, "o-", color=PALETTE[0], label=f"{ahead} frames ahead"
        )
        ax.plot(shown / fps, whole, "--", color=PALETTE[1], label="the whole take")
        ax.set(xlabel="seconds", ylabel="probability of the truth", ylim=(0, 1.02))
        ax.set_title(f"{french(takes.labels[number])}, {dancers[take - 1]}")
        ax.legend()
    return figure


# %% [markdown]
# ## Is the difference real?
#
# Where the whole take may be seen, nobody minds the delay. Is a BiLSTM better *then*? It must not win by having more weights, and the ones that can be chosen from have very different numbers:

# %%
shape, classes = X.shape[1:], len(takes.labels)
names = ["lstm", "bilstm", "bilstm-paper", "bilstm-tuned"]
counts = {name: NETWORKS[name](shape, classes).count_params() for name in names}
pd.Series(counts, name="weights").to_frame().style.format("{:,}")

# %% [markdown]
# So we take the two that we trained, of nearly equal size, where each has seen all forty frames: the LSTM at the last, the BiLSTM in the middle. The three trainings of each vote together.

# %%
ids = [take.take_id for take in split.test]


def vote(name, frame):
    told = np.mean([model.predict_on_batch(T)[:, frame] for model in models[name]], 0)
    return Predictions(truth, told, dancers, takes.labels, ids)


lstm, both = vote("LSTM", -1), vote("BiLSTM", 20)
difference = compare(both, lstm, ("BiLSTM", "LSTM"))
verdict = "could be luck" if difference.p_value > 0.05 else "is hardly luck"
plots.differences(
    [difference],
    title=f"BiLSTM {both.accuracy:.0%}, LSTM {lstm.accuracy:.0%} of {len(lstm)} takes: {verdict}",
)

# %% [markdown]
# *One row: the difference of accuracy, BiLSTM minus LSTM, with its interval over three dancers; the black line is no difference.*

# %%
print(difference)

# %% [markdown]
# McNemar's test looks only at takes that *one* of the two recognised. The interval is drawn from three dancers: where they happen to be alike it is too short, so believe it only if McNemar agrees. Both speak of these trainings, not of all LSTMs. Lesson 05 asks how many takes would be needed.

# %% [markdown]
# ## Pictures instead of poses
#
# The paper on sixteen dance styles has no poses. It shows each frame to **InceptionV3**, a network trained on photographs, takes the 2 048 numbers before its last layer, and lets a BiLSTM read those. InceptionV3 itself is **frozen**: it learns nothing any more.
#
# `frames.npz` holds small grey pictures of `ballet6`: three takes of each dancer and label, ten pictures a take, cut out around the dancer.

# %%
pictures = load_frames()
shown = takes.filter(lambda take: take.take_id in pictures.take_ids)
strips = pictures.of(shown[[9, 100, 205]])

with plots.style():
    figure, axes = plots.subplots(3, 1, size=(9, 2.9))
    for ax, strip in zip(axes, strips, strict=True):
        ax.imshow(np.hstack(strip), cmap="gray", vmin=0, vmax=255)
        ax.axis("off")
    axes[0].set_title("What the encoder sees: 64 × 64 pixels, five a second")
figure

# %% [markdown]
# *Three rows of ten small grey pictures: in each row one drawn dancer in a room, from beginning to end of a movement.*
#
# The weights of InceptionV3 take 88 MB. Where they cannot be had at once, the course's own **encoder** stands in: a small convolutional network that was trained to find the joints of drawn strangers. `BALLET_ENCODER=inception` or `course` chooses.

# %%
encode = encoder()
F = encode(pictures.of(shown))
mirrored = encode(pictures.of(shown)[..., ::-1])
print(
    f"{encode.about}: {encode.values} numbers a picture, {F.shape[1]} pictures a take"
)

# %% [markdown]
# Now the paper's network, layer by layer: batch normalisation, BiLSTM of 64, dropout 0.2, dense 32, dense 16, softmax. Takes are few, so each also trains as its mirror image.


# %%
def style_paper(X, y, seed=0):
    keras.utils.set_random_seed(seed)
    model = NETWORKS["bilstm-paper"](X.shape[1:], len(takes.labels))
    adam = keras.optimizers.Adam(0.001)
    model.compile(adam, "sparse_categorical_crossentropy", jit_compile=False)
    model.fit(X, y, batch_size=32, epochs=choose(60, 100), verbose=0)
    return model


strangers = np.isin(shown.groups, split.test.dancers)
twice = np.concatenate([F[~strangers], mirrored[~strangers]])
from_pictures = style_paper(twice, np.tile(shown.y[~strangers], 2))

# %% [markdown]
# **Predict** Poses: 40 frames, found by a network that has seen many thousand people. Pictures: 10 frames of 64 pixels. How far apart will they be on dancers that neither has seen?

# %%
tested = shown[strangers]
seen = Predictions(
    tested.y,
    from_pictures.predict_on_batch(F[strangers]),
    tested.groups,
    takes.labels,
    [take.take_id for take in tested],
)
posed = evaluate(trained, tested)
gap = compare(posed, seen, ("poses", "pictures"))
plots.differences(
    [gap],
    title=f"Poses {posed.accuracy:.0%}, pictures {seen.accuracy:.0%} on {len(tested)} takes",
)

# %% [markdown]
# *One row: the difference of accuracy, poses minus pictures, with its interval over three dancers.*
#
# Who loses what? One row each, as in lesson 07.

# %%
plots.confusion_matrix(seen, title=f"From pictures, {seen.accuracy:.0%} right")

# %% [markdown]
# *A table of seven by seven: what was danced, in rows, against what was recognised from pictures, in columns.*
#
# **Why?** Whatever tells a tendu from a relevé lies in a few of these pixels. And the pose model has already been told what a body is: its landmarks keep that, and throw the room away. From pictures the network must learn this too, from few takes.

# %% [markdown]
# ## The paper's split
#
# The paper cuts its videos into chunks of 30 frames, shuffles the *chunks*, and then divides them. We do the same with halves of our takes: one second each. Network, encoder and chunks are the same in both rows below; only the division differs.
#
# **Predict** both numbers.

# %%
halves = np.concatenate([F[:, :5], F[:, 5:]])
labels, people = np.tile(shown.y, 2), np.tile(shown.groups, 2)
at_random = np.random.default_rng(0).random(len(halves)) < strangers.mean()

scores = {}
for name, test in {
    "chunks at random": at_random,
    "by dancer": np.isin(people, split.test.dancers),
}.items():
    model = style_paper(halves[~test], labels[~test])
    hits = model.predict_on_batch(halves[test]).argmax(-1) == labels[test]
    scores[name] = hits

# %%
plots.error_by_group(
    list(scores),
    [100 * hits.mean() for hits in scores.values()],
    [
        np.multiply(100, accuracy_interval(int(h.sum()), len(h)))
        for h in scores.values()
    ],
    label="accuracy (%)",
    title=" or ".join(f"{hits.mean():.0%}" for hits in scores.values())
    + ": the same network, divided in two ways",
    digits=0,
    reference=100 / 7,
)

# %% [markdown]
# *Two rows, accuracy with an interval over takes: chunks divided at random score higher than chunks divided by dancer.*
#
# **Why?** The other half of the same take is in training: the same room, the same leotard, the same side. An encoder that looks at pictures sees all of that, so a leak pays more than with poses. These intervals take chunks as independent, which they are not: they are too narrow.

# %% [markdown]
# ## In this lesson you …
#
# - took a BiLSTM apart into two LSTMs, equal to Keras,
# - saw what it knows at each frame, and that it knows so only of dances that are over,
# - measured delay against accuracy, and fed the paper's network with pictures, honestly divided.

# %% [markdown]
# ## Check yourself

# %%
from ballet_lib.checks import quiz

quiz("04")

# %% [markdown]
# ## Exercise
#
# In [exercises/04_bilstm](../exercises/04_bilstm.ipynb) you catch a model that looks ahead, choreograph a plié whose beginning does not tell how it ends, and build a network that waits half a second to know.

# %% [markdown]
# ## Sources
#
# | | they | here |
# |---|---|---|
# | paper on 16 styles | InceptionV3 → BatchNorm, BiLSTM 64, dropout 0.2, dense 32 and 16; batch 128, Adam 1e-4, 20 epochs; chunks of 30 frames shuffled: 95.5% | the same layers, batch 32, Adam 1e-3, 60 epochs, since we have few takes; at random and by dancer: see the figure |
# | the same, tuned by Hyperband | 448, 320, 160, tanh | its weights: see the table |
# | Graves and Schmidhuber (2005) | phonemes frame by frame: both directions beat one, and an LSTM may answer late instead | delay against accuracy: see the figure |
#
# - Schuster and Paliwal, *Bidirectional recurrent neural networks* (1997). Graves and Schmidhuber, *Framewise phoneme classification with bidirectional LSTM* (2005). Szegedy and others, *Rethinking the Inception architecture* (2016).
# - How the pictures and the encoder were made: `python tools/make_frames.py frames` and `encoder`; what it was trained on stands in its card, `datasets/models/encoder.json`.
