# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 09 · A silhouette autoencoder
#
# You practise judging a drawing and measuring a dance in numbers; and you build a layer that draws lots, and a movement of your own, from pose to pose.
#
# **Time** {{minutes}}
#
# Write your code in place of `...`, then run the check below it. Stuck? `hint("09.1")`, and again for more; `solution("09.1")` shows one way.

# %%
from itertools import pairwise

import numpy as np
from IPython.display import Video, display
from scipy.sparse.csgraph import dijkstra
from scipy.spatial.distance import cdist

from ballet_lib import plots
from ballet_lib.checks import check, hint, progress, solution
from ballet_lib.generation.autoencoder import Autoencoder
from ballet_lib.generation.forecasting import beside_truth
from ballet_lib.quiet_tensorflow import import_keras
from ballet_lib.silhouettes import Silhouettes, iou

keras = import_keras()  # the usual `import keras`, in silence

trained = Autoencoder.load("silhouettes")  # the lesson's network, trained longer
teachers, stranger = Silhouettes.load("silhouettes").split("r15")
known, unseen = teachers.frames, stranger.frames
numbers = trained.encode(unseen)  # (400, 128)
clip = np.repeat([0, 1], [len(frames) for frames in stranger.clips.values()])
trained, stranger

# %% [markdown]
# {{task 09.1}}
#
# In the lesson thin hands were lost. The opposite is a **ghost**: ink where nobody is. `danced` is bool (N, 96, 64); `drawn`, of the same shape, holds probabilities, and a pixel counts as drawn from 0.5 on. Which share of the drawn pixels is ghost?


# %%
def ghost(danced, drawn):
    """Return the share of the drawn pixels that are not on the dancer: one number."""
    ink = drawn >= 0.5
    ### BEGIN SOLUTION
    return (ink & ~danced).sum() / ink.sum()
    ### END SOLUTION


# %%
verdict = check("09.1", ghost)
verdict

# %%
if verdict.status == "right":
    drawn = trained.reconstruct(unseen)
    of_frame = np.array([ghost(*pair) for pair in zip(unseen, drawn, strict=True)])
    worst = of_frame.argsort()[:-40:-5]
    share = ghost(unseen, drawn)
    words = f"{share:.0%} of the ink is ghost, at worst {of_frame.max():.0%}"
    display(
        plots.film_strip(
            {"danced": unseen[worst], "drawn": drawn[worst]},
            outline=unseen[worst],
            names=[f"{share:.0%}" for share in of_frame[worst]],
            title=words,
        )
    )

# %% [markdown]
# *Eight frames of the stranger with the most ghost: above as danced, below as drawn, with her outline in orange and the share of ghost.*

# %% [markdown]
# {{task 09.2}}
#
# A dancer's stillness is part of the dance. In `numbers` (N, 128) each frame is a place, so a dance has a **speed**: the distance from each frame to the next (the root of the sum of squared differences), times the frames per second. Return (N − 1,) speeds. `clip` (N,) tells which clip a frame is of; from one clip to another nobody danced, so put NaN there.


# %%
def speeds(numbers, clip, fps):
    """Return how far the numbers move in a second, from each frame to the next: (N - 1,)."""
    ### BEGIN SOLUTION
    speed = np.linalg.norm(np.diff(numbers, axis=0), axis=1) * fps
    return np.where(np.diff(clip) == 0, speed, np.nan)
    ### END SOLUTION


# %%
verdict = check("09.2", speeds)
verdict


# %%
def apart(frames, n=9, gap=12):
    """The first n of some frames that are at least so many frames from each other."""
    chosen = []
    for frame in frames:
        if len(chosen) < n and all(abs(frame - other) >= gap for other in chosen):
            chosen.append(int(frame))
    return sorted(chosen)


if verdict.status == "right":
    speed = speeds(numbers, clip, stranger.fps)
    order = np.argsort(speed)  # NaN comes last
    still, quick = apart(order), apart(order[: np.isfinite(speed).sum()][::-1])
    slow = speed[still].max() / np.nanmedian(speed)
    words = (
        f"Nine moments at less than {slow:.0%} of her usual speed, and nine quick ones"
    )
    display(
        plots.film_strip(
            {"stillest": unseen[still], "quickest": unseen[quick]}, title=words
        )
    )

# %% [markdown]
# *Two rows of nine frames: among the stillest she stands and balances, among the quickest arms and legs are under way.*

# %% [markdown]
# {{task 09.3}}
#
# The variational form tells two things of each number, a mean and the logarithm of a variance, and *draws* while it learns. Build the layer: in training it returns the mean plus noise of that variance, drawn anew for every number of every frame; in use it returns the mean, so that nobody looks different each time. Gradients must reach both inputs, therefore write the draw as *mean + standard deviation × standard normal noise*.
#
# `inputs` are two tensors (N, 128). `keras.random.normal(shape, seed=self.seed)` draws; `self.seed` moves on with each draw.


# %%
class Draw(keras.layers.Layer):
    """Draws numbers from mean and spread while it learns; returns the mean in use."""

    def __init__(self):
        super().__init__()
        self.seed = keras.random.SeedGenerator(0)

    def call(self, inputs, training=False):
        mean, log_variance = inputs
        ### BEGIN SOLUTION
        if not training:
            return mean
        noise = keras.random.normal(keras.ops.shape(mean), seed=self.seed)
        return mean + keras.ops.exp(log_variance / 2) * noise
        ### END SOLUTION


# %%
verdict = check("09.3", Draw)
verdict

# %% [markdown]
# What does a decoder make of numbers that are half a standard deviation off? And what if it practises with your noise for two epochs, some ten seconds? **Predict** What does it gain, and what does it pay?

# %%
log_variance = 2 * np.log(0.5 * trained.encode(known).std(axis=0))


def shaken(draw, some):
    spread = np.broadcast_to(log_variance, some.shape)
    return trained.decode(np.asarray(draw((some, spread), training=True)))


def practise(draw, epochs=2):
    """Train the decoder on numbers that are drawn, not exact; the encoder stays."""
    trained.encoder.trainable = False
    seen = keras.Input((96, 64, 1))
    mean = trained.encoder(seen)
    drawing = trained.decoder(draw([mean, keras.ops.zeros_like(mean) + log_variance]))
    pupil = keras.Model(seen, drawing)
    pupil.compile(
        keras.optimizers.Adam(0.0005), "binary_crossentropy", jit_compile=False
    )
    pictures = known[::2, ..., None].astype("float32")
    pupil.fit(pictures, pictures, batch_size=16, epochs=epochs, verbose=0)


if verdict.status == "right":
    keras.utils.set_random_seed(0)
    draw, one = Draw(), numbers[[137]].repeat(9, axis=0)
    exact = [iou(trained.decode(numbers), unseen).mean()]
    drawn = {"shaken": shaken(draw, one)}
    rough = [iou(shaken(draw, numbers), unseen).mean()]
    practise(draw)
    exact.append(iou(trained.decode(numbers), unseen).mean())
    drawn["shaken, after\npractice"] = shaken(draw, one)
    rough.append(iou(shaken(draw, numbers), unseen).mean())
    words = "IoU when shaken: {:.2f}, after practice {:.2f}".format(*rough)
    display(plots.film_strip(drawn, title=words))
    print("IoU of exact numbers: {:.2f}, after practice {:.2f}".format(*exact))

# %% [markdown]
# *Two rows of nine drawings of one arabesque from shaken numbers: at first with holes and loose parts; after practice whole, and a little blurred.*
#
# What it has learnt is to distrust a number that its neighbours contradict. That makes numbers smoother, and edges less sharp.

# %% [markdown]
# {{task 09.4}}
#
# A straight line through the numbers lifts no leg. A dancer does not take the straight line: she goes through *poses*. Build a way from the pose `first` to the pose `last` whose every station is a pose that was danced. Let a step cost the *squared* distance between its two poses, so that three small steps are cheaper than one leap, and find the way whose steps cost least in all.
#
# `numbers` is (N, 128). Return the frames in order, whole numbers from 0 to N − 1, `first` and `last` among them. `cdist(numbers, numbers, "sqeuclidean")` has all costs, and `dijkstra` finds cheapest ways.


# %%
def way(numbers, first, last):
    """Return the frames of the cheapest way from first to last, in order."""
    costs = cdist(numbers, numbers, "sqeuclidean")
    ### BEGIN SOLUTION
    _, before = dijkstra(costs, indices=first, return_predecessors=True)
    frames = [last]
    while frames[-1] != first:
        frames.append(int(before[frames[-1]]))
    return frames[::-1]
    ### END SOLUTION


# %%
verdict = check("09.4", way)
verdict

# %% [markdown]
# The lesson's question again: she lifts a leg, in frames 129 to 137. Hide what lies between, and let your way find another. **Predict** Where will it find poses?

# %%
trained = Autoencoder.load("silhouettes")  # as it was before it practised
there = np.r_[0:130, 137:400]  # frames 130 to 136 are hidden
if verdict.status == "right":
    found = there[way(numbers[there], 129, 130)]  # of those that are there
    steps = np.linspace(0, 1, len(found), dtype="float32")[:, None]
    line = trained.decode((1 - steps) * numbers[129] + steps * numbers[137])
    display(
        plots.film_strip(
            {"straight line": line, "your way": unseen[found]},
            names=[str(frame) for frame in found],
            title="The straight line draws ghosts, the way goes through poses",
        )
    )

# %% [markdown]
# *Two rows from the same pose to the same arabesque: by the straight line the leg crumbles and grows again, by the way it rises. The numbers are frames.*
#
# Read the numbers: with the rise hidden, the way uses her *descent*, backwards.
#
# Now a dance of your own. Choose poses, in any order: your way finds what lies between, and the decoder draws three frames a step.

# %%
poses = [83, 137, 194, 318, 27]  # yours; task 09.2 found some worth holding

if verdict.status == "right":
    frames = [poses[0]]
    for one, other in pairwise(poses):
        frames += way(numbers, one, other)[1:]
    when = np.arange(0, len(frames) - 1, 1 / 3)
    whole, part = when.astype(int), (when % 1)[:, None]
    stations = numbers[frames]
    danced = trained.decode((1 - part) * stations[whole] + part * stations[whole + 1])
    film = beside_truth(unseen[frames][whole], danced, "my_movement.mp4", scale=3)
    between = danced[len(danced) // 10 :: len(danced) // 5][:5]
    display(
        plots.film_strip(
            {"your poses": unseen[poses[:5]], "between": between},
            title=f"{len(poses)} poses of yours, {len(danced) / 10:.0f} seconds of dance",
        )
    )
    display(Video(str(film), embed=True, html_attributes="controls loop muted"))

# %% [markdown]
# *Your poses, some frames that were drawn between them, and a film: left the pose that was danced last, right the movement.*

# %% [markdown]
# ## Open question
#
# No check, no right answer. Train the variational form, `fit_autoencoder(known, variational=True)`: its encoder tells a mean and a spread for each number, and draws from it while it learns, as your layer does. Repeat three measurements of the lesson: IoU on the stranger, the walk, and `halfway`. What do you pay for smoother numbers, and what do you get?
#
# Then take the paper's network, `fit_autoencoder(known, "paper", seconds=60)`. How long would it need?

# %%
progress()
