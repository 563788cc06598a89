# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 09 · A silhouette autoencoder
#
# ![Nine silhouettes of a dancer, below each a little grid of 16 by 8 coloured cells, and below that the dancer drawn again from the grid alone](../docs/pictures/autoencoder.jpg)
#
# **How much of a dancer fits into 128 numbers, and what lies between two of her poses?**

# %% [markdown]
# **You will**
#
# - *squeeze* silhouettes to 128 numbers in four ways, and *judge* each way by a dancer it has never seen,
# - *explain* how a network can know its own dancers by heart and fail at a stranger,
# - *train* a convolutional autoencoder in a minute, and *name* what it loses,
# - *walk* through its numbers with sliders, and *draw* a dance as a way through them,
# - *test* what lies between two poses,
# - *cut* silhouettes out of a film of your own.
#
# **You need** lesson 03.
#
# **Time** {{minutes}}

# %%
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from IPython.display import Video
from ipywidgets import interact
from sklearn.decomposition import PCA

from ballet_lib import DATASETS, plots
from ballet_lib.generation.autoencoder import fit_autoencoder
from ballet_lib.generation.autoencoder_training import vary
from ballet_lib.generation.forecasting import beside_truth
from ballet_lib.networks.autoencoder import lean
from ballet_lib.pace import choose
from ballet_lib.quiet_tensorflow import import_keras
from ballet_lib.silhouettes import Silhouettes, iou, read_silhouettes

keras = import_keras()  # the usual `import keras`, in silence
from keras import layers

rng = np.random.default_rng(0)

# %% [markdown]
# ## A dance in black and white
#
# Ten silhouettes a second, 96 pixels high and 64 wide. Four dancers teach. The fifth is a stranger: nothing learns from her, she only judges.

# %%
everyone = Silhouettes.load("silhouettes")
teachers, stranger = everyone.split("r15")
known, unseen = teachers.frames, stranger.frames
print(f"{len(known)} frames of {', '.join(teachers.dancers)}; {len(unseen)} of r15")
print(f"a frame: {known[0].size} pixels, each yes or no; {known.mean():.0%} are yes")

# %%
plots.film_strip(
    {who: everyone.filter(who).frames[20:200:14] for who in everyone.dancers},
    title="Four who teach, and r15, who judges",
)

# %% [markdown]
# *Five rows of black figures, one and a half seconds from each to the next: arms and legs in many positions, no two dancers of one build.*
#
# How alike are two silhouettes? Count the pixels that both cover, and divide by those that at least one covers: **intersection over union**, IoU.


# %%
def overlap(a, b):
    return (a & b).sum() / (a | b).sum()


assert np.isclose(overlap(known[0], known[5]), iou(known[[0]], known[[5]])[0])
for later in (1, 3, 10):
    print(f"{later / 10} s later: {iou(known[:-later], known[later:]).mean():.2f}")
print(f"another dancer: {iou(known[:400], unseen).mean():.2f}")

# %% [markdown]
# ## 128 numbers without any network
#
# **Predict** You may keep 128 numbers of a frame. Which?
#
# The simplest: cut the picture into 16 × 8 patches of 6 × 8 pixels, and keep how much of each is covered.


# %%
def to_patches(frames):
    """(N, 96, 64) to (N, 16, 8, 48): the pixels of a patch become channels."""
    cut = frames.reshape(-1, 16, 6, 8, 8)
    return cut.transpose(0, 1, 3, 2, 4).reshape(-1, 16, 8, 48)


def to_frames(patches):
    cut = patches.reshape(-1, 16, 8, 6, 8)
    return cut.transpose(0, 1, 3, 2, 4).reshape(-1, 96, 64)


assert np.array_equal(to_frames(to_patches(unseen)), unseen)
covered = to_patches(unseen).mean(axis=-1, keepdims=True)
drawn = {"patches": to_frames(covered.repeat(48, axis=-1))}
print(f"IoU {iou(drawn['patches'], unseen).mean():.2f}")

# %% [markdown]
# Next, what a statistician would do: **principal components**, the 128 directions in which the teachers' pictures differ most.


# %%
def flat(frames):
    return frames.reshape(len(frames), -1).astype("float32")


pca = PCA(128, svd_solver="randomized", random_state=0).fit(flat(known))


def by_pca(frames):
    return pca.inverse_transform(pca.transform(flat(frames))).reshape(frames.shape)


drawn["PCA"] = by_pca(unseen)
scores = {"PCA": (iou(by_pca(known), known).mean(), iou(drawn["PCA"], unseen).mean())}
print("IoU {:.2f} on its own dancers, {:.2f} on the stranger".format(*scores["PCA"]))

# %% [markdown]
# ## What went wrong on purpose
#
# Both halves of this can be a network. An **encoder** squeezes, a **decoder** draws, and the only teacher is the picture itself: that is an **autoencoder**. Here is one of dense layers, every pixel tied to everything. Training takes a quarter of a minute.

# %%
keras.utils.set_random_seed(0)
dense = keras.Sequential([
    layers.Input((96 * 64,)), layers.Dense(256, activation="relu"), layers.Dense(128),
    layers.Dense(256, activation="relu"), layers.Dense(96 * 64, activation="sigmoid"),
])  # fmt: skip
dense.compile(keras.optimizers.Adam(0.002), "binary_crossentropy", jit_compile=False)
epochs = choose(course=25, paper=200)
dense.fit(flat(known), flat(known), batch_size=32, epochs=epochs, verbose=0)
f"{dense.count_params():,} weights"

# %% [markdown]
# **Predict** Its IoU on the dancers it has learnt from, and on the stranger?


# %%
def by_dense(frames):
    return dense.predict_on_batch(flat(frames)).reshape(frames.shape)


drawn["dense network"] = by_dense(unseen)
scores["dense network"] = (
    iou(by_dense(known), known).mean(),
    iou(drawn["dense network"], unseen).mean(),
)
print(
    "{:.2f} on its own dancers, {:.2f} on the stranger".format(*scores["dense network"])
)

# %%
some = np.arange(10, 400, 31)
plots.film_strip(
    {"danced": unseen[some], **{name: each[some] for name, each in drawn.items()}},
    outline=unseen[some],
    title=f"It knows four dancers to {scores['dense network'][0]:.2f}, "
    f"and a stranger to {scores['dense network'][1]:.2f}",
)

# %% [markdown]
# *The stranger, and three drawings of her from 128 numbers with her outline in orange: coarse patches, a smeared but recognisable figure by PCA, and by the dense network figures with arms and legs missing or in other places.*
#
# **Why?** It has seen arms *where its dancers held theirs*. A hand two pixels higher lights up other weights, of which it knows nothing. It has learnt its dancers by heart, and draws the stranger as a mixture of them.

# %% [markdown]
# ## First mend: what holds here holds there
#
# A **convolution** uses the same weights everywhere: what it learns of a hand at one place holds at all others. Ours work on the patches from above, with 48 channels, and leave *one number for each patch*. Through its neighbours each number knows what lies around it.

# %%
network = lean()
halves = [network.get_layer(name) for name in ("encoder", "decoder")]
pd.DataFrame(
    [(half.name, layer.name, layer.output.shape[1:], layer.count_params())
     for half in halves for layer in half.layers if layer.count_params() > 300],
    columns=["half", "layer", "gives", "weights"],
)  # fmt: skip

# %%
print(f"{network.count_params():,} weights, {dense.count_params():,} before")
moved = np.roll(known[[60]], (6, 8), axis=(1, 2))  # by one patch
code, code_moved = (
    halves[0].predict_on_batch(each[..., None].astype("float32")).reshape(16, 8)
    for each in (known[[60]], moved)
)
inside = np.s_[4:-4, 3:-3]  # away from the edge
assert np.allclose(np.roll(code, (1, 1), (0, 1))[inside], code_moved[inside], atol=1e-5)

# %% [markdown]
# Even untrained: move the dancer by a patch, and the numbers move along, unchanged.
#
# ## Second mend: never the same picture twice
#
# In each epoch every frame is mirrored or not, moved by up to four pixels, stretched and sheared a little.

# %%
plots.film_strip(
    {"one frame, varied": vary(known[[60]].repeat(11, axis=0), rng)},
    title="What the network sees of one frame in eleven epochs",
)

# %% [markdown]
# *Eleven figures in the same pose, some mirrored, a little larger, smaller, slanted or moved.*
#
# Now train, for less than a minute. **Predict** the gap between teachers and stranger.

# %%
trained = fit_autoencoder(
    known, epochs=choose(course=11, paper=200), validation=unseen, seed=0
)
trained

# %%
drawn["autoencoder"] = trained.reconstruct(unseen)
scores["autoencoder"] = (
    iou(trained.reconstruct(known), known).mean(),
    iou(drawn["autoencoder"], unseen).mean(),
)
history, (at_home, abroad) = trained.history, scores["autoencoder"]

with plots.style():
    figure, ax = plots.subplots(size=(7.6, 3.6))
    ax.plot(history.seconds, history.iou, "--", label="teachers, varied")
    ax.plot(history.seconds, history.val_iou, label="stranger")
    ax.axhline(scores["PCA"][1], color="#6b6b6b", lw=0.9)
    where = {"xy": (1, scores["PCA"][1]), "xycoords": ("axes fraction", "data")}
    ax.annotate("PCA, stranger", **where, ha="right", va="bottom", color="#6b6b6b")
    ax.set(xlabel="seconds", ylabel="IoU", ylim=(0.6, 1))
    ax.set_title(f"{abroad:.2f} on the stranger, {at_home:.2f} on its own dancers")
    ax.legend(loc="lower right")
figure

# %% [markdown]
# *Two curves over the seconds of training that rise together, the stranger's close to the teachers', and soon above the line of PCA.*
#
# The teachers are asked with their varied pictures, which are harder: that is why the stranger's curve can lie above theirs.

# %%
patches_known = to_patches(known).mean(axis=-1, keepdims=True).repeat(48, axis=-1)
scores["patches"] = (
    iou(to_frames(patches_known), known).mean(),
    iou(drawn["patches"], unseen).mean(),
)
table = pd.DataFrame(scores, index=["own dancers", "stranger"]).T
table["gap"] = table["own dancers"] - table["stranger"]
table.sort_values("stranger").round(2)

# %% [markdown]
# All four keep 128 numbers. Patches learn nothing, so there is no gap. PCA and the dense network may tie any pixel to any other: they are near perfect at home, and the gap is wide. The last one learns a few weights and uses them everywhere.
#
# One stranger is one dancer. The course's bench draws six more: see the table at the end.

# %% [markdown]
# ## What is kept, and what is lost
#
# The stranger's best frames, and her worst.

# %%
score = iou(drawn["autoencoder"], unseen)
order = score.argsort()
chosen = np.r_[order[-5:][::-1], order[[0, 8, 16, 24, 32, 40]]]
plots.film_strip(
    {"danced": unseen[chosen], "drawn": drawn["autoencoder"][chosen]},
    outline=unseen[chosen],
    names=[f"{value:.2f}" for value in score[chosen]],
    title=f"The worst frame still has {score.min():.2f}",
)

# %% [markdown]
# *Eleven frames with their IoU: the best five compact, with thick limbs; among the worst, arms and legs stretched far out, drawn with frayed hands, too short or too thick.*
#
# Thin things seem to go first. Is that so? A pixel is *thin* if no square of 5 × 5 pixels around it fits into the dancer.

# %%
square = np.ones((5, 5), np.uint8)
thick = np.stack([
    cv2.morphologyEx(frame, cv2.MORPH_OPEN, square) for frame in unseen.astype("uint8")
]).astype(bool)  # fmt: skip
found = drawn["autoencoder"] >= 0.5
kept_thin = found[unseen & ~thick].mean()
kept_thick = found[unseen & thick].mean()
print(f"{(unseen & ~thick).sum() / unseen.sum():.0%} of the dancer are thin")
print(f"kept: {kept_thin:.0%} of what is thin, {kept_thick:.0%} of the rest")

# %% [markdown]
# Hands and forearms are few pixels, so an IoU of 0.9 can hide a lost hand. Always look, too.
#
# **How many numbers?** PCA can be cut anywhere. The network must be trained for each size: here with 8 and 32, half a minute for both. **Predict** Does the 32-number network beat PCA with 128?

# %%
sizes = np.array([8, 16, 32, 64, 128])


def cut_pca(frames, size):
    code = pca.transform(flat(frames))[:, :size]
    return (pca.mean_ + code @ pca.components_[:size]).reshape(frames.shape)


linear = [
    [iou(cut_pca(each, size), each).mean() for size in sizes]
    for each in (known[::10], unseen)
]
small = {
    size: fit_autoencoder(known, epochs=choose(course=5, paper=100), numbers=size)
    for size in (8, 32)
}
curve = [iou(small[size].reconstruct(unseen), unseen).mean() for size in small]
curve.append(abroad)

# %%
with plots.style():
    figure, ax = plots.subplots(size=(7.6, 3.6))
    ax.plot(sizes, linear[0], ":", color="#0072b2", label="PCA, own dancers")
    ax.plot(sizes, linear[1], "-", color="#0072b2", label="PCA, stranger")
    ax.plot([*small, 128], curve, "s--", color="#d55e00", label="network, stranger")
    ax.set_xscale("log", base=2)
    ax.set_xticks(sizes, sizes)
    ax.set(xlabel="numbers for a frame", ylabel="IoU", ylim=(0.6, 1))
    ax.set_title(
        f"32 numbers by the network: {curve[1]:.2f}; by PCA: {linear[1][2]:.2f}"
    )
    ax.legend(loc="lower right")
figure

# %% [markdown]
# *IoU over the number of numbers. PCA on its own dancers lies far above PCA on the stranger; the network, asked about the stranger, comes near the upper line.*

# %% [markdown]
# ## The numbers are a picture
#
# Each number stands for a place, so they can be laid out like the patches.

# %%
codes, stranger_codes = trained.encode(known), trained.encode(unseen)
six = [20, 60, 100, 140, 180, 220]
plots.number_grids(
    unseen[six],
    stranger_codes[six],
    (16, 8),
    title="Where nothing is, the numbers say so; along an edge they tell how it runs",
)

# %% [markdown]
# *Six silhouettes, and below each a grid of 16 by 8 coloured cells in which the figure can be made out: one pale level outside, strong colours within, others along the outline.*
#
# 128 numbers with a place for each cannot be just any numbers: neighbours must agree on an edge that runs through both. How many *ways to differ* are there among real dances?

# %%
ways = PCA(24).fit(codes)
share = ways.explained_variance_ratio_
print(f"24 directions of 128 hold {share.sum():.0%} of how dances differ")
print(f"the first three: {', '.join(f'{one:.0%}' for one in share[:3])}")

# %% [markdown]
# ## Walk
#
# Start at one of the stranger's poses and step along the first of these directions, up to two standard deviations to either side. **Predict** Will a direction be a limb?

# %%
spread = np.sqrt(ways.explained_variance_)[:, None]
steps = spread * ways.components_  # one standard deviation along each direction
line = np.linspace(-2, 2, 11, dtype="float32")[:, None]
start = stranger_codes[100]
walks = {
    f"direction {n + 1}": trained.decode(start + line * steps[n]) for n in range(3)
}
plots.film_strip(
    walks,
    names=[f"{step:+.1f}" for step in line.ravel()],
    title="From one pose along three directions: no limb moves by itself",
)

# %% [markdown]
# *Three rows of eleven figures with the same pose in the middle. To the sides the body leans, swells or thins out; at the ends parts come loose, and there are heads beside the head.*
#
# The directions do not know of arms and legs. They are what goes together in these dances. Combine them yourself, from any pose:


# %%
@interact(pose=(0, 390, 10), first=(-2.0, 2.0), second=(-2.0, 2.0), third=(-2.0, 2.0))
def walk(pose=100, first=1.0, second=0.0, third=0.0):
    here = stranger_codes[pose] + np.array([first, second, third]) @ steps[:3]
    nearest = np.linalg.norm(codes - here, axis=1).argmin()
    drawing = trained.decode(here[None])
    return plots.film_strip(
        {"start": unseen[[pose]], "here": drawing, "nearest": known[[nearest]]}
    )


# %% [markdown]
# *Three figures: her pose, what the numbers draw a step away, and the most similar frame of the teachers.*
#
# *Nearest* is the teachers' frame whose numbers are closest. Where do you still get a dancer, and where a ghost? Far from all that was danced the decoder draws something all the same.

# %% [markdown]
# ## Between two poses
#
# The stranger lifts a leg, 0.8 seconds. Take her first and last frame only, and fade from one to the other: in pixels, or in numbers. **Predict** Which of the two lifts the leg?

# %%
first, last = 129, 137
line = np.linspace(0, 1, last - first + 1, dtype="float32")[:, None]
in_pixels = (1 - line[..., None]) * unseen[first] + line[..., None] * unseen[last]
in_numbers = trained.decode(
    (1 - line) * stranger_codes[first] + line * stranger_codes[last]
)
plots.film_strip(
    {"danced": unseen[first : last + 1], "pixels": in_pixels, "numbers": in_numbers},
    title="A straight line through the numbers draws one dancer, and lifts no leg",
)

# %% [markdown]
# *Three rows of nine figures. Danced: the leg rises. Pixels: two pale dancers, one over the other. Numbers: one dark dancer throughout, but half-way the leg crumbles below and grows again above.*
#
# Neither. One example can be unlucky, so test it on her whole first clip: how well does the middle of the line match what was danced half-way?


# %%
def halfway(gap):
    a = np.arange(0, 200 - gap)  # her first clip
    truth, (one, other) = unseen[a + gap // 2], (unseen[a], unseen[a + gap])
    middle = trained.decode((stranger_codes[a] + stranger_codes[a + gap]) / 2)
    fades = {"pixels, both": one & other, "pixels, either": one | other}
    told = {"first pose": one, **fades, "numbers": middle}
    return {name: iou(each, truth).mean() for name, each in told.items()}


between = pd.DataFrame({f"{gap / 10} s": halfway(gap) for gap in (2, 4, 8)})
between.round(2)

# %% [markdown]
# A fade in pixels can only keep what *both* poses cover, or what *either* covers. The numbers do better, and still miss most of a large movement: a number that belongs to a place cannot carry a leg to another place. To lift a leg, one must know of legs. Lesson 10 comes back to that.

# %% [markdown]
# ## A dance as a way
#
# Two directions make a map. The stranger's second clip, twenty seconds, as a way through it; the dots are the four teachers.

# %%
where = ways.transform(stranger_codes)[200:, :2]
far = np.linalg.norm(np.diff(where, axis=0), axis=1)
plots.dance_map(
    where,
    unseen[200:],
    background=ways.transform(codes)[::3, :2],
    title=f"Poses that are held are knots, the quickest tenth brings "
    f"{np.sort(far)[-len(far) // 10 :].sum() / far.sum():.0%} of the way",
)

# %% [markdown]
# *A winding line, dark at the beginning and yellow at the end, that comes back to the same places; small figures stand along it, standing ones on one side, those with a leg or arms far out on the others.*

# %% [markdown]
# ## Your own film
#
# In a terminal: `ballet silhouettes my_dance.mp4 -o my_dance.zip`, and here `Silhouettes.load("my_dance.zip")`. Or at once, as below. There is no `my_dance.mp4`? Then a film that ships dances for you.

# %%
film = Path("my_dance.mp4")
film = film if film.exists() else DATASETS / "r01_routine_1.mp4"
mine = read_silhouettes(film).frames[:150]
redrawn = trained.reconstruct(mine)
print(f"{film.name}: {len(mine)} silhouettes, IoU {iou(redrawn, mine).mean():.2f}")

# %%
clip = beside_truth(mine[:50], redrawn[:50], "redrawn.mp4", scale=2)
Video(str(clip), embed=True, html_attributes="controls loop muted")

# %% [markdown]
# *Left the silhouettes as they were cut out of the film, right as drawn from 128 numbers a frame.*
#
# A mask that the pose model finds is rougher than a drawn one; what the network makes of it is smoother, since that is all it knows.

# %% [markdown]
# ## In this lesson you …
#
# - kept 128 numbers of a dancer in four ways, and believed only what a stranger's dance said of them,
# - saw a network learn four dancers by heart, and mended it by convolutions and by varied pictures,
# - walked through the numbers, drew a dance as a way, and found that a straight line between two poses lifts no leg.

# %% [markdown]
# ## Check yourself

# %%
from ballet_lib.checks import quiz

quiz("09")

# %% [markdown]
# ## Exercise
#
# Four tasks wait in [exercises/09_silhouette_autoencoder](../exercises/09_silhouette_autoencoder.ipynb): find ghosts in a drawing, measure how still she stands, and build a layer that draws lots, and a movement of your own, from pose to pose.

# %% [markdown]
# ## Sources
#
# | | they | here |
# |---|---|---|
# | silhouette paper | nine convolutions, two dense layers, 128 numbers behind a sigmoid | three convolutions on patches, one number a patch |
# | parameters | 896 641 | 167 857 |
# | judged by | the eye | intersection over union, on dancers not trained on |
# | strangers after the same minute | the bench trains both, and draws six strangers: `benchmarks/results.md` | the same run |
#
# - The silhouette paper: a convolutional autoencoder of 64 × 96 silhouettes, and a recurrent network that dances on with its numbers (lesson 10 does so).
# - Hinton and Salakhutdinov, *Reducing the dimensionality of data with neural networks* (2006). Shi and others, *Real-time single image super-resolution* (2016): pixels to channels and back.
# - Milletari and others, *V-Net* (2016): the soft Dice loss. Kingma and Welling, *Auto-encoding variational Bayes* (2014).
