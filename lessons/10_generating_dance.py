# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 10 · Generating dance
#
# ![Above, five silhouettes of a dancer that a network was shown, and five that it forecast, ever greyer; below, six pictures of the studio's dancer in a dance that another network made](../docs/pictures/generation.jpg)
#
# **A network can say what comes next. Can it dance?**

# %% [markdown]
# **You will**
#
# - *judge* a forecast against standing still, where it counts,
# - *find* two ways in which a network reads the answer that it shall give, by their loss of zero,
# - *explain* why forecasts blur, and *compute* the likelihood of a mixture by hand,
# - *generate* twenty seconds of dance, and *measure* whether it freezes, copies, or falls apart,
# - *ask* for an exercise, have it danced, and *check* that what was asked is what is seen.
#
# **You need** lessons 03 and 09.
#
# **Time** {{minutes}}

# %%
from dataclasses import replace

import numpy as np
import pandas as pd
from IPython.display import Video
from ipywidgets import interact
from scipy.ndimage import label
from tqdm.auto import tqdm

from ballet_lib import plots
from ballet_lib.generation import grammar, judges, pose_dance
from ballet_lib.generation.autoencoder import Autoencoder
from ballet_lib.generation.exercises import (
    Bigram,
    draw_corpus,
    fit_exercises,
    generate,
    grammatical_share,
    ideal_perplexity,
    novelty,
    perplexity,
)
from ballet_lib.generation.forecasting import (
    LinearExtrapolation,
    RepeatLast,
    beside_truth,
    fit_convlstm,
    roll,
)
from ballet_lib.generation.latent_dance import fit_latent
from ballet_lib.generation.pose_dance import fit_pose_dance
from ballet_lib.generation.studio_exercise import stage, verify
from ballet_lib.networks import convlstm
from ballet_lib.networks.mixture import MixtureHead, fit_two_futures, two_futures
from ballet_lib.pace import choose
from ballet_lib.quiet_tensorflow import import_keras
from ballet_lib.silhouettes import Silhouettes
from ballet_lib.video import write_video

keras = import_keras()  # the usual `import keras`, in silence


def play(path):
    return Video(str(path), embed=True, html_attributes="controls loop")


# %% [markdown]
# ## Five frames
#
# The silhouettes of lesson 09: four dancers teach, one is a stranger to every network of this lesson. Here are five frames of her, half a second.

# %%
silhouettes = Silhouettes.load("silhouettes")
teachers, stranger = silhouettes.split(["r15"])
print(
    f"{len(teachers)} frames of {len(teachers.dancers)} dancers, {stranger.fps:.0f} a second"
)

start = 125
clip = stranger.clips["r15_1"]
seeds, future = clip[start : start + 5], clip[start + 5 : start + 15]
times = [f"{n / 10:+.1f} s" if n else "now" for n in range(-4, 11)]
plots.film_strip({"seen": seeds}, seen=5, names=times[:5])

# %% [markdown]
# *Five silhouettes of a dancer in profile, her arms overhead, who has put one foot back.*
#
# **Predict** What does she do next? Which of her pixels are easy to tell, and which hard?

# %%
plots.film_strip(
    {"danced": np.concatenate([seeds, future[:5]])}, seen=5, names=times[:10]
)

# %% [markdown]
# *The same five frames on blue, and the next five: the leg behind rises while everything else stands.*
#
# You knew that the leg would go on. How far, nobody can know from five frames.

# %% [markdown]
# ## The judge comes first
#
# The cheapest forecast of all: nothing moves. How good is it? Take the **IoU** of lesson 09, over all her dance.

# %%
windows, dancers = stranger.windows(15, step=4)
seen, truth = windows[:, :5], windows[:, 5:]
last = seen[:, -1]

standing = RepeatLast().forecast(seen, 10)
one_ahead = judges.by_horizon({"repeat": standing[:, :1]}, last, truth[:, :1], dancers)
half_still = np.mean([(a == b).mean() for a, b in zip(last, truth[:, 0], strict=True)])
print(f"IoU of standing still, 0.1 s ahead: {one_ahead.iou[0]:.2f}")
print(f"{half_still:.0%} of all pixels are the same in the next frame")

# %% [markdown]
# A network that reports such an IoU may have learnt nothing: most of a picture stands still. So judge only where something **moves**: pixels that change between the last frame seen and the one to forecast, and their neighbours.

# %%
region = judges.moving_region(last, truth)
own = judges.moving_region(seeds[-1:], future[None])[0]
plots.film_strip(
    {"danced": future[:5], "judged here": own[:5]},
    names=times[5:10],
    title=f"{own[0].mean():.0%} of the pixels are judged at first, "
    f"{own[4].mean():.0%} half a second ahead",
)

# %% [markdown]
# *Above, the five frames to forecast; below, in black, the pixels that are judged: a seam around her at first, later a whole sector where the leg rises.*
#
# A second cheap forecast: everything goes on as it went. Of black and white pixels this makes no sense, since nothing is blacker than black. So it is her *outline* that goes on.
#
# **Predict** Which of the two is better, at 0.1 and at 1 second?

# %%
forecasts = {
    "repeat the last frame": standing,
    "linear extrapolation": LinearExtrapolation().forecast(seen, 10),
}
table = judges.by_horizon(forecasts, last, truth, dancers)
error = table.pivot(index="horizon", columns="method", values="moving_error")
gap = 100 * (1 - error["linear extrapolation"] / error["repeat the last frame"])
plots.error_by_horizon(
    table,
    title=f"Going on errs {gap[1]:.0f}% less than standing still after 0.1 s, "
    f"{gap[10]:.0f}% less after 1 s",
)

# %% [markdown]
# *Two rising curves of the error over seconds ahead, from 0.1 to 1.*
#
# Most of what comes next is *momentum*, and it costs no training at all. A network that only beats standing still has learnt less than these two lines of arithmetic. This is the curve to beat.

# %% [markdown]
# ## Shift!
#
# To learn what comes next, a network is shown frames 0 to n−1 and taught frames 1 to n. So does a paper on the next frame of a dance (see Sources), says its text; its code does something else.

# %%
clips = teachers.windows(7, step=50)[0].astype("float32")
x, y = clips[:, :-1], clips[:, 1:]
assert (x[:, 1:] == y[:, :-1]).all()  # y is x, one frame later

# %% [markdown]
# Two things can go wrong here, and both *look* wonderful. Take the smallest network there is: one kernel of 3 × 3 pixels and 3 frames, as in the last layer of that paper's network. Its 27 best weights need no training, only least squares.


# %%
def inputs_of_kernel(x, frames):
    """The 3 x 3 neighbours of each pixel, in the frames named: 0 is now, 1 the next."""
    T, H, W = x.shape[1:]
    padded = np.pad(x, ((0, 0), (2, 2), (1, 1), (1, 1)))  # with 0, as Keras does
    return np.stack([padded[:, 2 + f : 2 + f + T, r : r + H, c : c + W]
                     for f in frames for r in range(3) for c in range(3)], axis=-1)  # fmt: skip


def best_kernel(frames, target):
    A = inputs_of_kernel(x, frames)[:, 2:5].reshape(-1, 27)
    b = target[:, 2:5].ravel()
    kernel = np.linalg.solve(A.T @ A + 1e-6 * np.eye(27), A.T @ b)
    return kernel, np.mean((A @ kernel - b) ** 2)


# %% [markdown]
# | | it sees | it is taught |
# |---|---|---|
# | as the paper's code | frames t−1, t, t+1 | frame t, since its code fits x to x |
# | shifted | frames t−1, t, t+1, as Keras' `Conv3D` does | frame t+1 |
# | shifted, and blind to the future | frames t−2, t−1, t | frame t+1 |
#
# **Predict** the loss of each.

# %%
around, behind = (-1, 0, 1), (-2, -1, 0)
kernels = {
    "x to x": (around, *best_kernel(around, x)),
    "shifted": (around, *best_kernel(around, y)),
    "shifted, blind to the future": (behind, *best_kernel(behind, y)),
}
for name, (_, _, loss) in kernels.items():
    print(f"{name:30} loss {loss:.6f}")

# %% [markdown]
# Two perfect networks! Now let them forecast. The frame after the last one does not exist yet, so a kernel that reaches for it finds zeros.

# %%
told = {}
for name, (frames, kernel, _) in kernels.items():
    told[name] = (
        inputs_of_kernel(seen.astype("float32"), frames)[:, -1:] @ kernel
    ).clip(0, 1)

at_once = judges.by_horizon(
    {"repeat the last frame": standing[:, :1], **told}, last, truth[:, :1], dancers
)
scores = ["iou", "moving_error", "moving_brier"]
at_once.set_index("method")[scores].mul(100).round(0).astype(int)

# %%
row = int(np.argmax(region[:, 0].sum(axis=(1, 2))))
plots.film_strip(
    {
        "": np.stack(
            [last[row], truth[row, 0], *(each[row, 0] for each in told.values())]
        )
    },
    seen=1,
    names=["last seen", "danced next", *("\n".join(n.split(", ")) for n in told)],
    title="No loss at all: one stands still, one sees nobody",
)

# %% [markdown]
# *Five silhouettes: the last frame seen; the next one; a copy of the last; an empty picture; and one that is a little blurred.*
#
# **Why?** The first learnt to copy, which is what it was taught. The second learnt to copy *the answer*: frame t+1 was among its inputs. When it must forecast there is none, and it draws nobody. **A loss of zero is not good news; it is a question.** The third has no loss to be proud of, and is the only one that forecasts. In black and white it does no better than standing still. But its edges are soft, since it does not know which way they will move, and the squared error of its greys (`moving_brier`) is the smallest.
#
# There is a test for any network: change the future, and see whether the present answer changes.


# %%
def looks_ahead(network):
    rng = np.random.default_rng(0)
    frames = rng.random((2, 6, *network.input_shape[2:]), "float32")
    frames[1, :3] = frames[0, :3]  # the same past, another future
    told = np.array(network(frames))[:, :3]
    return bool(np.abs(told[0] - told[1]).max() > 1e-6)


size = seeds.shape[1:]
for network in (convlstm.paper(size, filters=2), convlstm.lean(size)):
    print(f"{network.name}: {'looks ahead' if looks_ahead(network) else 'is honest'}")

# %% [markdown]
# The paper's network looks ahead, and so does every other that shifts its frames and ends in a `Conv3D` of 3 frames. Only its very last output is a forecast.

# %% [markdown]
# ## A network that forecasts
#
# **ConvLSTM**: an LSTM whose state is a picture, and whose products are convolutions. Three of them, as in the paper, but on cells of 16 × 16 pixels. It is fed each pixel's distance to her outline, and where that outline would be if it went on as it went. So untaught it says what the curve to beat says; training is for what momentum does not know. Less than a minute.

# %%
network = fit_convlstm(teachers, epochs=choose(course=2, paper=60))
forecasts["ConvLSTM"] = network.forecast(seen, 10)

# %%
table = judges.by_horizon(forecasts, last, truth, dancers)
error = table.pivot(index="horizon", columns="method", values="moving_error")
less = 100 * (1 - error["ConvLSTM"] / error.T)[5]
still, going_on = less[["repeat the last frame", "linear extrapolation"]]
plots.error_by_horizon(
    table,
    title=f"After 0.5 s ConvLSTM errs {still:.0f}% less than standing still, "
    f"{going_on:.0f}% less than going on",
)

# %% [markdown]
# *Three rising curves; the network's begins beside that of linear extrapolation and ends below it.*
#
# No bands: one stranger ships, and a single dancer has no interval. `make bench` draws six more, and gives intervals over them. What do the forecasts look like? The orange line is the truth.

# %%
ahead = roll(network, seeds, 10)
plots.film_strip(
    {"danced": np.concatenate([seeds, future[:5]]), "forecast": ahead[:5]},
    seen=5,
    outline=future[:5],
    names=times[:10],
)

# %% [markdown]
# *Above, the frames danced; below, five forecasts: nearly sharp at first, ever greyer and broader later. The rising leg leaves the grey behind.*

# %%
grey = [
    np.mean((each > 0.1) & (each < 0.9), axis=(1, 2)) for each in forecasts["ConvLSTM"]
]
first, tenth = 100 * np.mean(grey, axis=0)[[0, 9]]
print(f"grey pixels: {first:.1f}% after 0.1 s, {tenth:.1f}% after 1 s")

# %% [markdown]
# ## Why forecasts blur
#
# Is the network too small? Think of a dancer who lifts a leg to her left or to her right, and nothing tells which. Two futures, and one picture to draw.
#
# **Predict** Which picture has the smallest mean squared error?

# %%
left = stranger.clips["r15_2"][63]
right = left[:, ::-1]
neither = (left.astype(float) + right) / 2
cost = {
    "one of them": np.mean(
        [np.mean((left - each * 1.0) ** 2) for each in (left, right)]
    ),
    "their mean": np.mean([np.mean((neither - each) ** 2) for each in (left, right)]),
}
plots.film_strip(
    {"": np.stack([left, right, neither])},
    names=["one future", "the other", "their mean"],
    title=f"Their mean costs {cost['their mean'] / cost['one of them']:.0%} "
    "of what a clear answer costs",
)

# %% [markdown]
# *A dancer with one foot drawn up to the other knee; her mirror image; and both laid over each other, the raised legs and arms in grey.*
#
# The ghost is what squared error asks for, and cross-entropy asks for the same. A larger network would only draw it more exactly. The mend is not to answer with *one* future.
#
# In small: a foot rises with time, to the left or to the right.

# %%
x_toy, y_toy = two_futures(600)
head = MixtureHead(dimensions=1, components=2)
one_number = fit_two_futures(x_toy, y_toy, epochs=40)
mixture = fit_two_futures(x_toy, y_toy, head, epochs=40)

# %% [markdown]
# Both networks are two small dense layers. The first ends in a number. The second ends in a **mixture density**: how probable is each of two bells, where does it stand, and how wide is it? The likelihood of what happened, by hand:

# %%
outputs = mixture.predict(x_toy, verbose=0)
share, middle, width = (each.reshape(-1, 2) for each in head.split(outputs))

bells = np.exp(-((y_toy - middle) ** 2) / (2 * width**2)) / (np.sqrt(2 * np.pi) * width)
likelihood = (share * bells).sum(axis=1)
by_hand = -np.log(likelihood).mean()

by_keras = float(np.mean(head.loss(y_toy, outputs)))
print(
    f"mean negative log-likelihood: {by_hand:.4f} by hand, {by_keras:.4f} in training"
)
assert np.isclose(by_hand, by_keras, atol=1e-3)

# %%
rng = np.random.default_rng(1)
told = {
    "one number": one_number.predict(x_toy, verbose=0)[:, 0],
    "mixture, drawn": head.sample(outputs, 1.0, rng)[:, 0],
    "mixture, cold (0.01)": head.sample(outputs, 0.01, rng)[:, 0],
}
late = x_toy[:, 0] > 0.5
wrong = np.abs(told["one number"][late]).mean()
plots.two_futures(
    x_toy[:, 0],
    y_toy[:, 0],
    told,
    labels=("time", "where the foot is"),
    title=f"One number stays within {wrong:.2f} of the middle, where no foot ever is",
)

# %% [markdown]
# *Four panels: feet that go up to the left or right along two lines; a network that answers with the middle between them; draws from a mixture, on both lines; cold draws, each on the line that is held for likelier at that time.*
#
# The **temperature** says how bold to draw: 1 as learnt, near 0 the middle of the likeliest bell, above 1 more of what is rare.

# %% [markdown]
# ## Dance on
#
# A mixture over 6 144 pixels would not know that pixels make a leg. Lesson 09 has the remedy: 128 numbers a frame. So do as the silhouette paper does: an LSTM reads the numbers of five frames, says those of the next four, reads its own answer, and so on. We train it with both heads, some ten seconds each.

# %%
autoencoder = Autoencoder.load("silhouettes")
assert "r15" not in autoencoder.card["dancers"]
epochs = choose(course=12, paper=20)
mean = fit_latent(autoencoder, teachers, "mean", epochs=epochs)
mixed = fit_latent(autoencoder, teachers, "mixture", epochs=epochs)

# %% [markdown]
# From the same five frames, twenty seconds each. **Predict** What does a network do that always answers with the mean, and reads its own answers?

# %%
alone = {"LSTM": mean, "LSTM and mixture": mixed}
dances = {
    name: replace(model, known=None).dance(seeds, 200, seed=1)  # more on `known` below
    for name, model in alone.items()
}
plots.film_strip(
    {name: dance[9::20] for name, dance in dances.items()},
    names=[f"{number / 10:.0f} s" for number in range(10, 201, 20)],
)

# %% [markdown]
# *Two rows of ten silhouettes, two seconds apart: bodies that lose a head or an arm, and parts that float beside them.*

# %%
real = [judges.motion_energy(each) for each in teachers.clips.values()]
energy = {name: judges.motion_energy(dance) for name, dance in dances.items()}
ends = {name: judges.freezing(dance, teachers) for name, dance in dances.items()}
plots.motion_energy(
    energy,
    real,
    title="In the last five seconds the LSTM moves {:.2f} times as much as real dancers,\n"
    "with the mixture {:.2f} times".format(*ends.values()),
)

# %% [markdown]
# *How much moves, over twenty seconds; the grey band is real dance.*
#
# **Why?** From a pose there are many ways on, and their mean is a step that no dancer takes. The LSTM reads it, answers with the next mean, and soon stands where nobody ever stood; some such networks freeze there, others sway for ever. The mixture decides for one way. Its energy alone does not tell whether it dances.

# %% [markdown]
# ## Judges of a dance
#
# There is no truth to compare with. Three questions can still be answered:
#
# | | measured as | a dance should have |
# |---|---|---|
# | does it freeze? | motion in the last five seconds, over real dance's | ½ to 2 |
# | does it copy? | distance of each second to the most similar one of the training set, over that of real performances to each other | above ½ |
# | is it *one* dancer? | frames in which all that is dark hangs together | 100% |


# %%
def in_one_piece(dance):
    together = np.ones((3, 3))  # corners touch, too
    sizes = [np.bincount(label(f, together)[0].flat)[1:] for f in dance >= 0.5]
    return 100 * np.mean([len(s) > 0 and s.max() > 0.99 * s.sum() for s in sizes])


# %% [markdown]
# How far are real performances from each other? Eight of them, each against the other seven:

# %%
performed = list(teachers.clips.values())
apart = [
    judges.nearest_clip(one, [other for other in performed if other is not one]).mean()
    for one in performed
]
print(f"{np.mean(apart):.2f} on average; 0 is the same, 1 shares no pixel")

# %% [markdown]
# **Predict** all three for the training set played back, and for noise.

# %%
judged = {
    "a training clip, played back": performed[0][:200],
    "noise": rng.random((200, *size)) < 0.5,
    "the stranger": clip,
    **dances,
}


def judge(dance):
    return {
        "freezing": judges.freezing(dance, teachers),
        "copying": judges.nearest_clip(dance, teachers).mean() / np.mean(apart),
        "in one piece (%)": in_one_piece(dance),
    }


verdicts = pd.DataFrame({name: judge(dance) for name, dance in judged.items()})
verdicts.T.round(2)

# %% [markdown]
# No judge is enough by itself: noise is the most lively and the most original of all. And the dances fall apart. The decoder of lesson 09 was taught to draw dancers from the numbers *of dancers*. What the LSTM makes lies beside them, and nobody told the decoder what to draw there.
#
# A mend: pull whatever was made part of the way back, to the nearest poses of the training set, before it is drawn and read again. `dance` does so by itself; above we took it out.
#
# **Predict** Which judge will be pleased, and which will not?

# %%
dances["and pulled back"] = mixed.dance(seeds, 200, seed=1)
verdicts["and pulled back"] = pd.Series(judge(dances["and pulled back"]))

before, after = verdicts["LSTM and mixture"], verdicts["and pulled back"]
whole, new = "in one piece (%)", "copying"
plots.film_strip(
    {name: dances[name][9::20] for name in ("LSTM and mixture", "and pulled back")},
    names=[f"{number / 10:.0f} s" for number in range(10, 201, 20)],
    title=f"In one piece: {before[whole]:.0f} and {after[whole]:.0f}%; "
    f"distance from the training set: {before[new]:.2f} and {after[new]:.2f}",
)

# %% [markdown]
# *Two rows of ten silhouettes: the same network from the same five frames, left to itself above, pulled back below.*
#
# Nothing is free: what is pulled towards the training set is nearer to it. The first five seconds of both:

# %% alt="Film: two silhouettes dance, one left to itself, one pulled back"
left, right = (dances[name][:50] for name in ("LSTM and mixture", "and pulled back"))
play(beside_truth(left, right, "pulled.mp4", scale=2))

# %% [markdown]
# ### Play: temperature
#
# Three dances at each of four temperatures.

# %%
temperatures = (0.3, 0.6, 1.0, 1.5)
swept = {
    (warm, seed): mixed.dance(seeds, 200, temperature=warm, seed=seed)
    for warm in tqdm(temperatures)
    for seed in range(3)
}
sweep = pd.DataFrame(
    [
        {
            "temperature": warm,
            "energy": judges.freezing(dance, teachers),
            "whole": in_one_piece(dance),
        }
        for (warm, _), dance in swept.items()
    ]
)
plots.temperature_sweep(
    sweep,
    {
        "energy": ("energy over real dance's", 0.5, 2),
        "whole": ("frames in one piece (%)", None, None),
    },
    title=f"{(sweep.energy.between(0.5, 2)).sum()} of {len(sweep)} dances are alive at their end; "
    f"{sweep.whole.median():.0f}% of a dance's frames are in one piece",
)

# %% [markdown]
# *Two panels over the temperature, a point for each dance and a line through their means: motion in the last five seconds, with what we accept in green, and how many frames hang together.*


# %%
@interact(temperature=list(temperatures), seed=(0, 2))
def look(temperature=1.0, seed=1):
    dance = swept[temperature, seed]
    alive = judges.freezing(dance, teachers)
    return plots.film_strip(
        {"": dance[9::20]},
        names=[f"{number / 10:.0f} s" for number in range(10, 201, 20)],
        title=f"At temperature {temperature}, dance {seed}: energy {alive:.2f} of real dance's",
    )


# %% [markdown]
# ## Bones
#
# Silhouettes can melt. Bones cannot. So let a network of the same kind generate what the *joints* turn by, 21 of them, and hang a body on it. It learns from routines of the same four dancers, as the studio computed them. Less than half a minute.

# %%
poser = fit_pose_dance()
danced = pose_dance.routine_motions((15,), 1)["r15_routine_1"]
motion = poser.dance(200, seed=1, start=danced[: start + 5])

# %% [markdown]
# The stranger again, the same leg behind her, and twenty seconds from there. We draw the last eight, in which a dance that goes wrong has gone wrong. Does MediaPipe find a dancer?

# %%
drawn = pose_dance.pictures(motion[120:], size=(150, 200))
frames = list(tqdm(drawn, total=80))
found = judges.found_share(frames)

plots.filmstrip(
    frames[9::10],
    n=8,
    titles=[f"{second} s" for second in range(13, 21)],
    title=f"A dancer is found in {found:.0%} of {len(frames)} pictures that nobody has danced",
)

# %% [markdown]
# *Eight pictures of the studio's dancer in poses of the generated dance.*

# %% alt="Film: the studio's dancer dances what the network made up"
play(write_video("nobody_danced_this.mp4", frames, 10))

# %% [markdown]
# Always one dancer, but is it *ballet*? She drifts from one movement into another, as a stream of words without a sentence. What is missing is a plan longer than a few seconds.

# %% [markdown]
# ## Exercises as a language
#
# A teacher does not plan joints; she says "demi-plié, tendu to the right, and to the left". Words with a **grammar**: knees are warmed first, what one leg does the other repeats, balances are prepared, the music comes in eights. Ours is a caricature of a class.

# %%
exercise = grammar.sample(np.random.default_rng(2), length=7, difficulty=2)
print(grammar.text(exercise))

# %% [markdown]
# **Predict** What does a teacher say if you exchange the first two movements and leave the last one out?

# %%
spoilt = (exercise[1], exercise[0], *exercise[2:-1])
for violation in grammar.check(spoilt, difficulty=2):
    print(violation)

# %% [markdown]
# Two models that never see the rules, only exercises that keep them. A **bigram** knows what follows what. An LSTM remembers the exercise so far. Both are told how many movements are left. Some ten seconds.

# %%
learn = draw_corpus(choose(course=8000, paper=16_000))
test = draw_corpus(1000, seed=1).without(learn)
models = {"bigram": Bigram(learn), "LSTM": fit_exercises(learn)}

# %% [markdown]
# **Predict** How many of their exercises would a teacher accept? (Perplexity says among how many movements a model seems to choose, on exercises that it has not seen.)

# %%
made = {name: generate(model, 10, 3, n=200, seed=1) for name, model in models.items()}
accepted = {name: grammatical_share(each, 3) for name, each in made.items()}
pd.DataFrame(
    {
        name: {
            "grammatical (%)": 100 * accepted[name],
            "not in training (%)": 100 * novelty(made[name], learn),
            "perplexity": perplexity(model, test),
        }
        for name, model in models.items()
    }
).T.round(1)

# %%
print(f"a model that knows the grammar: perplexity {ideal_perplexity(test):.1f}")
for violation in grammar.check(made["bigram"][0], 3)[:3]:
    print(violation)

# %% [markdown]
# **Why?** "And to the left" refers to something that may lie three movements back, and a bigram has forgotten it. What is still wrong after the LSTM, the grammar throws away.

# %% [markdown]
# ## Ask, dance, check
#
# The ballet paper strings five recognised movements into an exercise and leaves open whether they are the right ones. Here the circle closes: the LSTM writes, the studio dances, MediaPipe finds the joints, and the recogniser of lesson 11, which knows nothing of the exercise, says what it saw. Of twenty exercises we take one with the most different movements, and of these the shortest. Half a minute.

# %%
written = generate(models["LSTM"], 7, 2, n=20, seed=4, only_grammatical=True)
written.sort(key=lambda one: sum(token.counts for token in one))  # the shortest first
asked = max(written, key=lambda one: len({token.movement for token in one}))
print(grammar.text(asked))

# %%
result = verify(asked)

# %%
scene = replace(stage(asked), damage=None)  # the same, without the camera's grain
middles = [(part.start + part.end) / 2 for part in result.timeline]
shown = scene.pictures(only=[int(second * scene.fps) for second in middles])
plots.asked_and_seen(
    result,
    [picture.rgb for picture in shown],
    title=f"{result.right} of {len(asked)} movements are seen as asked",
)

# %% [markdown]
# *A picture for each movement; below it what was asked for, and what was seen.*
#
# One exercise proves little: `make bench` has ten danced by five dancers. And mind what is *not* checked. The recogniser tells neither side nor counts, and would pass a dancer who does everything with the right leg.

# %% [markdown]
# ## In this lesson you …
#
# - judged forecasts against standing still, on pixels that move, and found two networks that had read the answer,
# - saw that one answer to two futures is neither, and let a mixture choose,
# - generated dances in pixels, in bones and in words, each with judges that can fail it.

# %% [markdown]
# ## Check yourself

# %%
from ballet_lib.checks import quiz

quiz("10")

# %% [markdown]
# ## Exercise
#
# [exercises/10_generating_dance](../exercises/10_generating_dance.ipynb): compose an exercise that a teacher accepts and see it danced, draw coldly and boldly, write the loop in which a network reads its own answers, and build a forecaster that cannot peek.

# %% [markdown]
# ## Sources
#
# | | they | here |
# |---|---|---|
# | next-frame paper (ConvLSTM) | 64 filters, 60 × 90 grey; its code fits x to x, its last layer sees the next frame, no baseline | shifted, blind to the future, judged on moving pixels against standing still |
# | silhouette paper | an RNN dances on from five silhouettes; shown as pictures | the same with and without a mixture; whether it freezes, copies, or falls apart |
# | dancenet | 128 numbers, mixture of 24; its LSTM sees sequences of length 1 and keeps no state | five bells, an LSTM that remembers |
# | ballet LSTM paper | wishes for a discriminator of generated exercises | the recogniser of lesson 11 |
#
# - Shi and others, *Convolutional LSTM network* (2015). Mathieu, Couprie and LeCun, *Deep multi-scale video prediction beyond mean square error* (2016): why forecasts blur.
# - Bishop, *Mixture density networks* (1994). Graves, *Generating sequences with recurrent neural networks* (2013). Ha and Schmidhuber, *Recurrent world models facilitate policy evolution* (2018): temperature.
# - Zhou and others, *On the continuity of rotation representations in neural networks* (2019): joints as six numbers.
# - Vaganova, *Basic principles of classical ballet*: the order of a class, of which our grammar is a caricature.
