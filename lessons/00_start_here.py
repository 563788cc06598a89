# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 00 · Start here
#
# ![A dancer in arabesque with the skeleton that a pose model has found drawn over her: blue on her left, orange on her right](../docs/pictures/first_arabesque.jpg)
#
# **How does a computer see a dancer?**

# %% [markdown]
# **You will**
#
# - *run* a video of a dancer through a real pose model,
# - *read* the numbers that come out,
# - *break* the model on purpose, and see how it fails,
# - *check* whether your browser lends the course a camera.
#
# **You need** Python, and to have trained one neural network. No camera, no graphics card and no network.
#
# **Time** {{minutes}}

# %%
import numpy as np

from ballet_lib import plots
from ballet_lib.pose import PoseExtractor
from ballet_lib.skeleton import LANDMARKS, joint_angles
from ballet_lib.studio.camera import Camera
from ballet_lib.studio.scene import Scene

# %% [markdown]
# Click into a cell and press **Shift + Enter** to run it. Every cell of this course can be run again and changed; nothing breaks that *Kernel → Restart* does not mend.

# %% [markdown]
# ## A dancer made of numbers
#
# Filming people needs their consent, and nobody knows where their joints *exactly* are. So the course has a dancer of its own: a body, a choreography and a camera, all in this library.

# %%
scene = Scene("first_arabesque", camera=Camera(yaw=60))
frames = [picture.rgb for picture in scene.pictures()]
plots.filmstrip(
    frames,
    n=7,
    fps=scene.fps,
    title="A first arabesque: the leg slides back, rises, and returns",
)

# %% [markdown]
# *Seven pictures of a synthetic dancer: from third position the right leg brushes back along the floor, rises behind her to hip height while the left arm reaches forward, and closes again.*
#
# It takes a few seconds, since each picture is drawn afresh. She is **synthetic**, and this course always says so.

# %% [markdown]
# ## What the computer sees
#
# We save the pictures as a video, as a phone would, and hand it to **MediaPipe**: a pose model that was trained on real people and has never seen our dancer.
#
# **Predict** Which joints will the model place best, and which worst: shoulders, knees, or toes?

# %%
video = scene.film("first_arabesque.mp4")

with PoseExtractor() as extractor:
    poses = extractor.video(video, progress=False)

plots.filmstrip(
    frames,
    poses.landmarks,
    n=7,
    fps=poses.fps,
    title="MediaPipe follows her through the whole arabesque",
)

# %% [markdown]
# *The same seven pictures with the skeleton that the model found. Blue and solid is the dancer's left, orange and dashed her right.*
#
# By eye, all of it looks right. Lesson 01 knows where her joints really are, and tells which guess of yours was right.
#
# The model returned one row of 33 **landmarks** for every frame.

# %%
poses.landmarks.shape

# %% [markdown]
# Frames × landmarks × 4 numbers: where a landmark is in the picture (x, y), how far from the camera (z; the hips are at 0), and how sure the model is that it can be seen. So a frame is 33 × 4 = 132 numbers, and **a dance is a sequence of them**. The rest of the course is about such sequences.

# %%
highest = int(np.nanargmin(poses.landmarks[:, LANDMARKS.index("right_ankle"), 1]))

for name in ("nose", "left_knee", "right_ankle"):
    x, y, z, visibility = poses.landmarks[highest, LANDMARKS.index(name)]
    print(f"{name:12} x {x:.2f}   y {y:.2f}   z {z:+.2f}   visibility {visibility:.2f}")

# %% [markdown]
# ## From points to a movement
#
# Three landmarks make an angle. A first arabesque has a signature: the leg swings back from the hip, and the knee stays straight.

# %%
angles = joint_angles(poses.world)
plots.angle_curves(
    angles,
    poses.fps,
    names=["right_knee", "right_hip"],
    title="The hip's angle falls and returns; the knee's changes far less",
)

# %% [markdown]
# *Two curves over the seconds of the clip: the angle at the right hip falls in two steps, stays low for a second and returns; that at the right knee changes far less.*
#
# **Why?** Look where the hip's curve turns flat. You can *see* when she holds the pose. A sequence model will learn to see it too.
#
# A straight knee reads 180°, or nearly. Does she bend it, or does the model? Only a synthetic dancer can answer.

# %%
truth = joint_angles(scene.exact.world)["right_knee"][highest]
found = angles["right_knee"][highest]
print(f"the knee at the highest moment: {found:.0f}° found, {truth:.0f}° in truth")

# %% [markdown]
# So it is the model that bends the knee: it has to guess the depth of a leg that points away.

# %% [markdown]
# ## Play: walk around the skeleton
#
# Drag the sliders. The model guesses depth from a single picture: is the lifted leg really behind her?

# %%
plots.orbit(poses.world, fps=poses.fps, frame=highest)

# %% [markdown]
# In case the sliders do not show here, this is the same skeleton, seen from further round.

# %%
plots.skeleton_3d(
    poses.world[highest],
    azimuth=-30,
    title="From one picture, the model guesses all three dimensions",
)

# %% [markdown]
# *The skeleton in space at the highest moment: the right leg stretches back, the left arm forward.*

# %% [markdown]
# ## What went wrong on purpose
#
# A real film is rarely so tidy. Let us put the camera so near that her legs are out of the picture.
#
# **Predict** What will the model say about a foot that nobody can see?

# %%
near = Scene("demi_plie", camera=Camera(distance=1.4, target=(0, 1.25, 0)), fill=None)
picture = next(near.pictures(only=[0]))

with PoseExtractor() as extractor:
    cropped = extractor.image(picture.rgb).landmarks[0]

plots.overlay(
    picture.rgb, cropped, title="The picture ends at her hips. Does the model?"
)

# %% [markdown]
# *A close picture of the dancer from the hips up; the lines of the skeleton run out at the lower edge.*

# %%
x, y, z, visibility = cropped[LANDMARKS.index("left_ankle")]
print(f"left ankle: y {y:.2f}, visibility {visibility:.2f}")

# %% [markdown]
# It answers all the same! A y above 1 lies below the picture, and there the model has made the ankle up. It does tell us so, quietly, in the fourth number.

# %% [markdown]
# So **look at visibility before you believe a landmark**. Lesson 01 measures how far you can trust it.

# %% [markdown]
# ## Your camera
#
# In lesson 11 you may dance yourself. Whether that works depends on your browser, so check it now.

# %%
from ballet_lib.webcam import CameraCheck

CameraCheck()

# %% [markdown]
# No camera, or you would rather not? A recorded clip stands in for you, and you miss nothing that is taught.

# %% [markdown]
# ## The course
#
# | | you learn | on the way you meet |
# |---|---|---|
# | **01** | from a video to landmarks, and how far to trust them | MediaPipe, errors with intervals |
# | **02** | to record and label a data set that does not fool you | takes, splits, leaks |
# | **03–05** | sequence models, from one LSTM step in NumPy | LSTM, BiLSTM, attention, TCN |
# | **06–08** | to tune, judge and explain them | Hyperband, confusion matrices, saliency maps |
# | **09–10** | to squeeze a dancer into 128 numbers and let her dance on | autoencoder, generation |
# | **11** | to recognise an exercise live, and to correct it | thresholds, delay, technique |
# | **12** | to name a dance style, and to doubt a good score | two streams, chunks, a leak |
# | **13** | to share the work among many machines | joblib, Dask, JupyterHub |

# %% [markdown]
# Lessons 01 to 12 have exercises, whose answers are checked at once. What you have done stays on this machine, in one small file. Run the next cell whenever you want to see how far you are.

# %%
from ballet_lib.checks import progress

progress()

# %% [markdown]
# ## In this lesson you …
#
# - turned a video into 132 numbers a frame,
# - read a movement from an angle over time,
# - caught the model inventing feet, and found the number that gives it away.

# %% [markdown]
# ## Check yourself

# %%
from ballet_lib.checks import quiz

quiz("00")

# %% [markdown]
# ## Exercise
#
# Go back to the scene and try `"demi_plie"`, `"retire_devant"` or `"attitude_croisee"`, or another `yaw`. Which angle gives each of them away?

# %% [markdown]
# ## Sources
#
# - The pose model: Bazarevsky et al., *BlazePose* (2020), as published by MediaPipe.
# - The six movements, and 132 numbers a frame: the ballet LSTM paper. It recorded one dancer with a camera; we draw ours, so that you can run everything.
# - The smoothness of the dance: Flash and Hogan, *The coordination of arm movements* (1985).
