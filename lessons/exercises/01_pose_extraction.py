# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 01 · Pose extraction
#
# **You practise** which way y points, angles in space, torsos as a unit; and at the end you write a dance, film it, and let the pose model look.
#
# **Time** {{minutes}}
#
# Write where the `...` are, then run the cell with `check`. Stuck? `hint("01.1")` helps, once more each time, and `solution("01.1")` shows one way.

# %%
import numpy as np

from ballet_lib import plots
from ballet_lib.checks import check, hint, solution
from ballet_lib.pose import PoseExtractor
from ballet_lib.skeleton import INDEX, joint_angles
from ballet_lib.studio.camera import Camera
from ballet_lib.studio.choreography import (
    ARMS,
    at,
    both,
    first_position,
    left,
    right,
)
from ballet_lib.studio.scene import Scene
from ballet_lib.takes import Take, TakeSet

SIDES = "left", "right"

# %% [markdown]
# {{task 01.1}}
#
# *En couronne* both arms form a crown over the head. Return for each frame whether both wrists are above the nose: bool `(T,)`, False where nobody is seen. `wrists` has the shape `(T, 2)` and `nose` `(T, 1)`, both in image coordinates.


# %%
def arms_overhead(landmarks):
    """Return whether both wrists are above the nose: (T, 33, 4) -> bool (T,)."""
    wrists = landmarks[:, [INDEX["left_wrist"], INDEX["right_wrist"]], 1]
    nose = landmarks[:, [INDEX["nose"]], 1]
    ### BEGIN SOLUTION
    return (wrists < nose).all(axis=1)
    ### END SOLUTION


# %%
check("01.1", arms_overhead)

# %% [markdown]
# {{task 01.2}}
#
# How deep is her plié? Measure it yourself: the angle at one knee between thigh and shin, in degrees, `(T,)`, 180 for a straight leg. `world` is `(T, 33, 3)` in metres, `side` is `"left"` or `"right"`, and NumPy is all you need. A frame without a dancer stays NaN.


# %%
def knee_angle(world, side):
    """Return the angle at a knee in degrees: (T, 33, 3) -> (T,)."""
    ### BEGIN SOLUTION
    hip, knee, ankle = (
        world[:, INDEX[f"{side}_{joint}"]] for joint in ("hip", "knee", "ankle")
    )
    thigh, shin = hip - knee, ankle - knee
    lengths = np.linalg.norm(thigh, axis=-1) * np.linalg.norm(shin, axis=-1)
    cosine = (thigh * shin).sum(-1) / lengths
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))
    ### END SOLUTION


# %%
told = check("01.2", knee_angle)
told

# %% [markdown]
# A movement and its two knees, measured by the library; once yours is right, by you. **Predict** from the curves alone: what does she dance?

# %%
dance = Scene("retire_devant").exact
knees = {f"{side}_knee": joint_angles(dance.world)[f"{side}_knee"] for side in SIDES}
if told.status == "right":
    knees = {f"{side}_knee": knee_angle(dance.world, side) for side in SIDES}
plots.angle_curves(
    knees, dance.fps, title="One knee bends and waits and stretches, the other stands"
)

# %% [markdown]
# *Two curves over three and a half seconds. The left knee stays nearly straight; the right one folds sharply, stays there for a moment and stretches: a retiré.*

# %% [markdown]
# {{task 01.3}}
#
# A model should not learn how far away the camera stood. Bring image landmarks `(T, 33, 2)` into torsos: undo the stretch of the picture (multiply x by width / height), move the middle of the hips of *each frame* to 0, and divide by the torso. The torso is the distance from the middle of the shoulders to the middle of the hips, its **median over all frames** that show somebody. NaN stays NaN.


# %%
def in_torsos(landmarks, size):
    """Return landmarks from the hips' middle, in torsos: (T, 33, 2) -> (T, 33, 2)."""
    width, height = size
    ### BEGIN SOLUTION
    points = landmarks * (width / height, 1)
    hips = (points[:, [INDEX["left_hip"]]] + points[:, [INDEX["right_hip"]]]) / 2
    shoulders = (
        points[:, [INDEX["left_shoulder"]]] + points[:, [INDEX["right_shoulder"]]]
    )
    torso = np.linalg.norm(shoulders / 2 - hips, axis=-1)
    return (points - hips) / np.nanmedian(torso)
    ### END SOLUTION


# %%
check("01.3", in_torsos)

# %% [markdown]
# {{task 01.4}}
#
# The studio dances whatever you write. A dance is a list of **keys**: by this count, these channels have these values, and she glides from one to the next. Try a line of it in a cell of its own: `at(2, plie=60)`.
#
# | what | how |
# |---|---|
# | bend both knees | `plie=60`, in degrees |
# | rise to demi-pointe | `both(heel=50)`, in degrees |
# | arms | `ARMS["couronne"]`, `"bras bas"`, `"première"`, `"seconde"`, `"arabesque"`, … |
# | trunk and head | `tilt`, `bend`, `lean`, `twist`, `turn`, `nod`, in degrees |
# | one side only | `left(heel=50)`, `right(...)` |
#
# Compose 3 to 12 seconds at 90 counts a minute, that is 5 to 18 counts: she begins in first position, sinks into a plié, rises from it to a relevé with both arms overhead, **holds it for half a second**, and ends as she began. All else is yours.

# %%
my_dance = [
    at(0, first_position(55), ARMS["bras bas"]),
    ### BEGIN SOLUTION
    at(2, ARMS["première"], plie=60),
    at(4, both(heel=50), ARMS["couronne"], plie=0, bend=0, lean=0),
    at(5, both(heel=50), ARMS["couronne"], bend=-14, lean=8),
    at(6, both(heel=50), ARMS["couronne"], bend=0, lean=0),
    at(7, ARMS["seconde"]),
    at(8.5, first_position(55), ARMS["bras bas"]),
    ### END SOLUTION
]

# %%
told = check("01.4", my_dance)
told

# %% [markdown]
# Once it is right, the next cell films it and lets the real pose model look. Until then it shows an exercise of the studio's own. A few seconds.

# %%
if told.status == "right":
    scene = Scene("mine", keys=my_dance, camera=Camera(yaw=25))
else:
    scene = Scene("releve", camera=Camera(yaw=25))
video = scene.film("my_dance.mp4")

with PoseExtractor() as extractor:
    poses = extractor.video(video, progress=False)

shown = [
    Take(each, "mine", "me", name)
    for name, each in (("written", scene.exact), ("seen", poses))
]
plots.take_strips(
    shown, n=9, names=["written", "seen"], title="What was written, and what was seen"
)

# %% [markdown]
# *Two rows of nine skeletons: above the dance as it was written, below as the pose model saw it. They are nearly the same.*

# %% [markdown]
# It is a take like any other: `TakeSet([Take(poses, "mine", "me", "mine_1")])`. It can stand in a set beside the six movements, and a model can learn it.

# %% [markdown]
# ## Open question
#
# From which side is a knee measured best? Choose a movement, film it from four sides with `Scene(movement, camera=Camera(yaw=...))`, extract, and compare your `knee_angle` of `poses.world` with that of `scene.exact.world`, which holds the truth. Does the best view depend on the movement? Say how many films stand behind your answer.
