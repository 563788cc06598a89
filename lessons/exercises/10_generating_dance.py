# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 10 · Generating dance
#
# **You practise** to cut a dance into what is seen and what comes, to compose an exercise, to draw boldly or coldly, to let a network read its own answers, and to build one that cannot read yours.
#
# **Time** {{minutes}}
#
# Write your code in place of `...` and run the cell below it: `check` says what is right and what is not, `hint` helps a little more each time, `solution` shows one way.

# %%
import numpy as np

from ballet_lib import plots
from ballet_lib.checks import check, hint, progress, solution
from ballet_lib.generation import grammar
from ballet_lib.generation.forecasting import LinearExtrapolation
from ballet_lib.generation.studio_exercise import stage, verify
from ballet_lib.networks.mixture import two_futures
from ballet_lib.quiet_tensorflow import import_keras
from ballet_lib.silhouettes import Silhouettes

keras = import_keras()  # the usual `import keras`, in silence
from keras import layers

silhouettes = Silhouettes.load("silhouettes")
teachers, stranger = silhouettes.split(["r15"])

# %% [markdown]
# {{task 10.1}}
#
# A forecaster is shown `seen` frames and asked for the one that comes `ahead` frames after the last of them: 1 is the very next. The windows are cut already. Write the line that cuts their answers `y`, one frame for each window.

# %%


def cut_pairs(dance, seen, ahead):
    """Cut a dance (T, H, W) into windows (N, seen, H, W) and the frames to forecast (N, H, W)."""
    windows = len(dance) - seen - ahead + 1
    x = np.stack([dance[first : first + seen] for first in range(windows)])
    ### BEGIN SOLUTION
    y = dance[seen - 1 + ahead :]
    ### END SOLUTION
    return x, y


# %%
check("10.1", cut_pairs)

# %% [markdown]
# {{task 10.2}}
#
# Be the teacher. Compose an exercise of difficulty 2 with at least eight movements, four of them different, that no rule of the grammar objects to. Difficulty 2 works towards the *attitude croisée*. Write it as `grammar.parse("demi-plié 8, battement tendu right 4, ...")`: a side for whatever one leg does, and 4 or 8 counts. The check objects as a teacher would.

# %%
my_exercise = (
    ### BEGIN SOLUTION
    grammar.parse(
        "demi-plié 8, battement tendu right 4, battement tendu left 4, relevé 8, "
        "demi-plié 8, attitude croisée right 8, demi-plié 8, attitude croisée left 8, "
        "relevé 8"
    )
    ### END SOLUTION
)

# %%
check("10.2", my_exercise)

# %% [markdown]
# Now see it danced. The studio dances it, and the recogniser of lesson 11 is asked what it saw. (Until yours is there, somebody else's.)

# %%
drawn = grammar.sample(np.random.default_rng(3), length=8, difficulty=2)
danced = drawn if my_exercise is ... else my_exercise
seen = verify(danced, exact=True)

scene = stage(danced)
middles = [int((part.start + part.end) / 2 * scene.fps) for part in seen.timeline]
pictures = [picture.rgb for picture in scene.pictures(only=middles)]
plots.asked_and_seen(
    seen, pictures, title=f"{seen.right} of {len(danced)} movements are seen as asked"
)

# %% [markdown]
# *A picture of the studio's dancer for each movement of the exercise; below it what was asked for, and what the recogniser saw.*

# %% [markdown]
# {{task 10.3}}
#
# A mixture says how probable each way on is (its **shares**), and how far each scatters (its **widths**, standard deviations). The **temperature** T makes the draw cold or bold: it *divides the logarithms of the shares*, which must then sum to 1 again, and it *multiplies the variances*. Return both as they are at that temperature. Both arrays are (N, K): N moments, K ways.

# %%


def tempered(shares, widths, temperature):
    """Return shares (N, K) and widths (N, K) of a mixture at a temperature above 0."""
    ### BEGIN SOLUTION
    powers = shares ** (1 / temperature)
    shares = powers / powers.sum(axis=-1, keepdims=True)
    return shares, widths * np.sqrt(temperature)
    ### END SOLUTION


# %%
check("10.3", tempered)

# %% [markdown]
# A foot that rises to the right three times in five, to the left twice, drawn with your function:

# %%
rng = np.random.default_rng(0)
time, foot = (each[:, 0] for each in two_futures(400))
shares, widths = np.tile([0.6, 0.4], (400, 1)), np.full((400, 2), 0.05)


def draw(temperature):
    """Draw a way and a place for each moment."""
    mixed = tempered(shares, widths, temperature) or (shares, widths)
    to_right = rng.random(400) < mixed[0][:, 0]
    middle = np.where(to_right, time, -time)
    return middle + rng.normal(size=400) * mixed[1][:, 0]


plots.two_futures(
    time,
    foot,
    {f"temperature {t:g}": draw(t) for t in (0.1, 1.0, 4.0)},
    labels=("time", "where the foot is"),
    title="Cold takes the likelier way, hot scatters",
)

# %% [markdown]
# *Four panels of feet that go up to the right or to the left: as they do, then drawn at temperatures of 0.1, 1 and 4. Cold draws lie nearly all on the line to the right, hot ones lie broadly around both.*

# %% [markdown]
# {{task 10.4}}
#
# Every generator of the lesson has this loop at its heart. `forecast` takes the last frames, as many as `seen` has, `(n, H, W)`, and returns the next one, `(H, W)`. Let it dance on by `steps` frames: each answer is read again as the newest frame. Return the new frames `(steps, H, W)`, and leave `seen` as it is.

# %%


def dance_on(forecast, seen, steps):
    """Let a forecaster read its own answers: (n, H, W) to (steps, H, W)."""
    ### BEGIN SOLUTION
    window, made = seen, []
    for _ in range(steps):
        new = forecast(window)
        made.append(new)
        window = np.concatenate([window[1:], new[None]])
    return np.stack(made)
    ### END SOLUTION


# %%
check("10.4", dance_on)

# %% [markdown]
# The stranger of the lesson puts a leg behind her. Linear extrapolation goes on from there: at once, and frame by frame in your loop. **Predict** Which of them is sharper after a second?

# %%
momentum = LinearExtrapolation()
clip = stranger.clips["r15_1"]
seeds, future = clip[125:130], clip[130:140]


def one_frame(frames):
    return momentum.forecast(frames[None], 1)[0, 0]


rows = {
    "danced": future[1::2],
    "at once": momentum.forecast(seeds[None], 10)[0, 1::2],
}
rolled = dance_on(one_frame, seeds.astype(float), 10)
if rolled is not None:
    rows["frame by frame"] = rolled[1::2]
plots.film_strip(
    rows,
    names=[f"+{tenths / 10:.1f} s" for tenths in (2, 4, 6, 8, 10)],
    title="One second from the same five frames",
)

# %% [markdown]
# *Rows of five silhouettes over one second: what she danced, her outline carried on at once, and carried on frame by frame, which blurs a little more with each reading.*

# %% [markdown]
# {{task 10.5}}
#
# Build a Keras model that forecasts *each* next frame: it takes `(frames, height, width, 1)` and answers with the same shape, at place t with the probabilities of frame t + 1. It may read frames t, t − 1, t − 2 and their neighbours, and nothing that comes later. The check changes the future and looks whether the present flinches. No training is needed for it; `height` and `width` are small.

# %%


def build_forecaster(frames, height, width):
    """Return a keras.Model that forecasts each next frame and cannot look ahead."""
    ### BEGIN SOLUTION

    def past():
        return layers.ZeroPadding3D(((2, 0), (1, 1), (1, 1)))  # time, height, width

    return keras.Sequential(
        [
            layers.Input((frames, height, width, 1)),
            past(),
            layers.Conv3D(8, 3, activation="relu"),
            past(),
            layers.Conv3D(8, 3, activation="relu"),
            past(),
            layers.Conv3D(1, 3, activation="sigmoid"),
        ]
    )
    ### END SOLUTION


# %%
check("10.5", build_forecaster)

# %% [markdown]
# Let it learn from the four teachers, on silhouettes of 24 × 16 cells, and ask it about the stranger. Some ten seconds. (Until yours is there, you see standing still alone.)


# %%
def small(windows):
    cells = windows.reshape(*windows.shape[:2], 24, 4, 16, 4).mean(axis=(3, 5))
    return cells[..., None].astype("float32")


learn, ask = (small(some.windows(8, step=6)[0]) for some in (teachers, stranger))
last, after = ask[:, -2], ask[:, -1]
told = {"standing still": last}

keras.utils.set_random_seed(0)
network = build_forecaster(7, 24, 16)
if network is not None:
    adam = keras.optimizers.Adam(1e-2)
    network.compile(adam, "binary_crossentropy", jit_compile=False)
    x, y = learn[:, :-1], learn[:, 1:]
    network.fit(x, y, batch_size=16, epochs=8, verbose=0)
    told["your network"] = network.predict(ask[:, :-1], verbose=0)[:, -1]

# %%
moves = np.abs(after - last) > 0.05
error = {
    name: np.mean((each[moves] - after[moves]) ** 2) for name, each in told.items()
}
most = np.sort(moves.sum(axis=(1, 2, 3)).argsort()[-6:])
plots.film_strip(
    {name: each[most, ..., 0] for name, each in {"danced next": after, **told}.items()},
    title="Squared error where it moves: "
    + ", ".join(f"{name} {each:.3f}" for name, each in error.items()),
)

# %% [markdown]
# *Rows of six small grey silhouettes, moments in which much moves: what was danced next, the last frame seen, and the network's forecast, whose arms and legs fade where they might go.*

# %% [markdown]
# ## Open question
#
# Roll the ConvLSTM of the lesson on for 200 frames from `seeds` with `roll`. Does it freeze, wander off or fall apart? Judge it as there. Then feed it pixels of 0 and 1 only, by rounding each forecast before it is read again: your `dance_on` needs one word more. What changes, and which kind of error have you exchanged for which?

# %%
progress()
