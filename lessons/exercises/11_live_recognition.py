# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 11 · Live recognition
#
# **You practise** to smooth and to sample what comes at any rate, to count without a network, and to invent a movement that a body can dance and a network can learn.
#
# **Time** {{minutes}}
#
# Write your code in place of `...` and run the cell below it: `check` says what is right and what is not, `hint` helps a little more each time, `solution` shows one way.

# %%
import numpy as np

from ballet_lib import plots
from ballet_lib.checks import check, hint, own_movement, progress, solution
from ballet_lib.skeleton import INDEX
from ballet_lib.studio.camera import Camera
from ballet_lib.studio.choreography import (
    ARMS,
    LOOK_AHEAD,
    ON_BOTH_LEGS,
    ON_LEFT_LEG,
    PHRASES,
    Style,
    at,
    both,
    bow,
    first_position,
    left,
    right,
    third_position,
)
from ballet_lib.studio.scene import Scene
from ballet_lib.takes import TakeSet
from ballet_lib.training import fit
from ballet_lib.vocabulary import BALLET_MOVEMENTS, french

# %% [markdown]
# {{task 11.1}}
#
# The `Counter` of the lesson averages over the past at 20 frames a second. Cameras stutter. `gone` seconds have passed since the last answer: how large a **share** of the way to the new one shall the average go? The same second must forget as much in ten small steps as in one large one; after `smoothing` seconds, 63% of the way shall be gone.

# %%


def smoothed(before, answer, gone, smoothing):
    """Move an average of probabilities (K,) towards a new answer (K,), after so many seconds."""
    ### BEGIN SOLUTION
    share = 1 - np.exp(-gone / smoothing)
    ### END SOLUTION
    return before + share * (answer - before)


# %%
check("11.1", smoothed)

# %% [markdown]
# {{task 11.2}}
#
# A model has learnt that 40 frames are two seconds. This camera sends 12 frames a second, or 17, or whenever it can. `landmarks` `(T, 33, 4)` came at the moments `seconds` `(T,)`. Return the last `length` seconds as the model wants them: `(frames, 33, 4)` at evenly spaced moments, the last one being the newest frame. Between two frames each number lies on the line from one to the other.

# %%


def last_window(landmarks, seconds, frames=40, length=1.95):
    """Sample the last seconds anew: (T, 33, 4) at moments (T,) to (frames, 33, 4)."""
    ### BEGIN SOLUTION
    when = np.linspace(seconds[-1] - length, seconds[-1], frames)
    tracks = landmarks.reshape(len(landmarks), -1).T
    read = [np.interp(when, seconds, track) for track in tracks]
    return np.stack(read, axis=-1).reshape(frames, 33, 4)
    ### END SOLUTION


# %%
check("11.2", last_window)

# %% [markdown]
# {{task 11.3}}
#
# Count relevés from the positions alone. `world` is `(T, 33, 3)` in metres, y pointing *down*. In a relevé both heels leave the floor while the toes stay. Return how often that happens: an `int`. She may be small or tall, quick or slow, dance something else in between, and her landmarks tremble by a few millimetres.

# %%


def foot_rises(world):
    """Return how far each heel is above its toes, in metres: (T, 2), left and right."""
    toes = world[:, [INDEX["left_foot_index"], INDEX["right_foot_index"]], 1]
    heels = world[:, [INDEX["left_heel"], INDEX["right_heel"]], 1]
    return toes - heels


def count_releves(world):
    """Return how often both heels rise and sink again."""
    ### BEGIN SOLUTION
    risen, number = False, 0
    for rise in foot_rises(world).min(axis=1):
        if not risen and rise > 0.08:
            risen, number = True, number + 1
        elif rise < 0.04:
            risen = False
    return number
    ### END SOLUTION


# %%
check("11.3", count_releves)

# %% [markdown]
# So far the joints were exact. Here is a performance of half a minute and more, as it was and as MediaPipe saw it. Do your numbers survive the extractor?

# %%
routine = next(
    take for take in TakeSet.load("routines") if take.take_id == "r01_routine_4"
)
seconds = np.arange(len(routine)) / routine.poses.fps
seen = {"exact": routine.truth.world, "found by MediaPipe": routine.poses.world}
counted = [count_releves(np.nan_to_num(world)) for world in seen.values()]
danced = [part for part in routine.timeline if part.label == "releve"]

with plots.style():
    figure, ax = plots.subplots(1, 1, size=(9.4, 3))
    for (name, world), line in zip(seen.items(), ("-", ":"), strict=True):
        ax.plot(seconds, 100 * foot_rises(world).min(axis=1), line, label=name)
    for part in danced:
        ax.axvspan(part.start, part.end, color="0.9", label="relevé")
    ax.set(xlabel="seconds", ylabel="both heels up (cm)")
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    title = f"{len(danced)} relevé danced"
    if counted[0] is not None:
        title += f"; {counted[0]} counted in exact joints, {counted[1]} in those found"
    ax.set_title(title)
figure

# %% [markdown]
# *The height of the lower of both heels over its toes during a routine. Exact: flat, but for one hill where the relevé is danced. As found: hardly a hill there, and as large ones at steps.*
#
# **Why?** Heels and toes lie a hand apart, and the pose model places feet least well. A rule on two points stands or falls with them. The network of the lesson reads the whole body, which rises too.

# %% [markdown]
# {{task 11.4}}
#
# The studio dances whatever you can count. Write a movement that is none of the six: a développé, a grand plié, a cambré, a dégagé with a bow, or something that nobody has named. A **key** says what has changed by a count, and everything glides from key to key:
#
# | channel | meaning |
# |---|---|
# | `plie` | degrees both supporting knees bend |
# | `tilt`, `bend`, `lean`, `twist` | degrees: pelvis forward, spine forward, to the left, turned to the left |
# | `ON_LEFT_LEG`, `ON_BOTH_LEGS` | where the weight is |
# | `right(free=1, side=…, front=…, extension=…, point=…)` | a leg in the air: degrees outwards and forwards (behind: negative), 1 for straight, 1 for a pointed foot |
# | `both(heel=…)`, `left(heel=…)` | degrees a heel rises |
# | `ARMS["couronne"]` and ten more; `turn`, `nod`, `incline` | arms; head |
#
# Use `style.amplitude` (about 1) for how large it is danced, so that no two dancers dance it alike. The check asks whether she stands, whether knees bend as knees do, and whether a spectator could take it for one of the six.

# %%


def my_movement(style):
    """Return the keys of a movement of my own."""
    ### BEGIN SOLUTION
    # Développé à la seconde: the foot is drawn up to the knee and unfolds to the side.
    drawn_up = right(free=1, point=1, side=9, front=13, extension=0.43, turnout=76)
    unfolded = right(side=70 + 15 * style.amplitude, front=8, extension=1)
    return [
        at(0, first_position(style.turnout), ARMS["bras bas"], LOOK_AHEAD),
        at(
            0.5, ON_LEFT_LEG, right(free=0, point=0, extension=1, turnout=style.turnout)
        ),
        at(1.2, right(free=1, point=1, side=1, front=6, extension=0.86, turnout=70)),
        at(2.2, drawn_up, ARMS["première"]),
        at(3.6, unfolded, ARMS["seconde"], turn=-20),
        at(4.4, unfolded, turn=-20),
        at(5.4, right(side=20, front=4), LOOK_AHEAD),
        at(6.2, right(free=0, point=0, side=0, front=0), ON_LEFT_LEG),
        at(6.6, first_position(style.turnout), ARMS["bras bas"]),
    ]
    ### END SOLUTION


# %%
check("11.4", my_movement)

# %% [markdown]
# Here it is. (Until yours is there, a bow.)

# %%
style = Style()
movement = my_movement if my_movement(style) is not None else bow
keys, camera = movement(style), Camera(yaw=20)
scene = Scene("other", style=style, keys=keys, camera=camera, size=(240, 320))
moments = np.linspace(0, len(scene.motion) - 1, 8).astype(int)
pictures = [picture.rgb for picture in scene.pictures(only=moments)]
times = [f"{moment / scene.fps:.1f} s" for moment in moments]
plots.filmstrip(
    pictures, n=8, titles=times, title="Keys on counts, and a body to dance them"
)

# %% [markdown]
# *Eight pictures of the studio's dancer in your movement, from its beginning to its end.*
#
# Now the class's model must learn it. Seven dancers show all seven movements, once each, and an LSTM that knows nothing learns from them; four others are asked. Some ten seconds. **Predict** For which of the six will it be taken, if for any?

# %%
phrases = {label: PHRASES[label][0] for label in BALLET_MOVEMENTS} | {"mine": movement}
shown = own_movement.takes(phrases, range(7))
asked = own_movement.takes(phrases, range(7, 11))
plain = {"validation": None, "refit": False, "patience": None, "schedule": None}
plain |= {"features": "centred", "copies": 0, "bar": False}
model = fit(shown, "lstm", epochs=25, learning_rate=3e-3, **plain)

# %%
names = list(phrases)
y = [names.index(take.movement) for take in asked]
told = [names.index(name) for name in model.predict(asked)]
counts = np.zeros((len(names), len(names)), int)
np.add.at(counts, (y, told), 1)
plots.confusion_matrix(
    counts,
    [french(name) for name in names],
    title=f"Yours is recognised {counts[-1, -1]} of {counts[-1].sum()} times",
)

# %% [markdown]
# *A table of seven movements danced by seven told: right answers blue, mistakes orange.*
#
# These joints are exact, and every dancer dances as she was taught. Before you believe the matrix: film it, extract it, and let somebody dance it who has not read your keys.

# %% [markdown]
# ## Open question
#
# Let the studio dance four *tendus* in a row, without a pause (`Figure("battement_tendu", style)`), and feed them to the `Counter` of the lesson. How many are counted? Change its `numbers` until all four are. Then judge the same numbers on `streams`: what did it cost? And could you count them by the positions alone, as the relevés?

# %%
progress()
