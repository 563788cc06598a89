# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 12 · Dance styles
#
# **You practise** to choose a frame rate, to box skeletons with hidden points, to give out styles by lot, and to catch a dance in four numbers.
#
# **Time** {{minutes}}
#
# Write your code in place of `...` and run the cell below it: `check` says what is right and what is not, `hint` helps a little more each time, `solution` shows one way.

# %%
import numpy as np

from ballet_lib import plots
from ballet_lib.checks import check, hint, progress, solution
from ballet_lib.plots.styles import style_colours
from ballet_lib.styles.leak import chunk_features
from ballet_lib.styles.skeletons import box_normalised
from ballet_lib.styles.videos import DanceVideos
from ballet_lib.vocabulary import STYLES

videos = DanceVideos.load("styles")

# %% [markdown]
# {{task 12.1}}
#
# A dance goes up and down `bounces` times a second, the film has `fps` frames a second, and disk is dear. Return the largest `n` for which every `n`-th frame is still enough by the sampling theorem; if not even all frames are, 1.

# %%


def largest_step(fps, bounces):
    """Return the largest n: every n-th frame still tells the rhythm."""
    ### BEGIN SOLUTION
    n = max(int(np.ceil(fps / (2 * bounces))) - 1, 1)
    ### END SOLUTION
    return n


# %%
check("12.1", largest_step)

# %% [markdown]
# {{task 12.2}}
#
# The lesson stretched one whole skeleton to its box. A hand behind the back is not found: its x and y are NaN. Return the points `(T, 17, 2)` of one dancer in boxes, each frame in its own, x and y each from −1 to 1. The box is that of the points that were found; missing ones shall be 0 in the end.

# %%


def in_the_box(points):
    """Stretch each frame's skeleton to its box: (T, 17, 2) pixels to (T, 17, 2)."""
    ### BEGIN SOLUTION
    low = np.nanmin(points, axis=1, keepdims=True)
    high = np.nanmax(points, axis=1, keepdims=True)
    return np.nan_to_num(2 * (points - low) / (high - low) - 1)
    ### END SOLUTION


# %%
check("12.2", in_the_box)

# %% [markdown]
# The library's does the same, for several people and their scores:

# %%
points = videos[0].keypoints[:, 0]
mine, ours = in_the_box(points[..., :2]), box_normalised(points)[..., :2]
if mine is not None:
    print(f"largest difference: {np.abs(mine - ours).max():.6f}")

# %% [markdown]
# {{task 12.3}}
#
# The control of the lesson: give each *video* the style of another one, by lot, so that nothing is left to be learnt but the video. `y` `(M,)` holds the style of each chunk and `groups` `(M,)` the video that it was cut from; all chunks of a video share its style. Return the new styles `(M,)`, drawn with `rng`.

# %%


def by_lot(y, groups, rng):
    """Give whole videos the styles of others: (M,) to (M,)."""
    ### BEGIN SOLUTION
    _, first, group = np.unique(groups, return_index=True, return_inverse=True)
    return rng.permutation(y[first])[group]
    ### END SOLUTION


# %%
check("12.3", by_lot)

# %% [markdown]
# What would a network without any eyes score, that is told which video a chunk is from and looks up what others of its chunks were called? Once chunks are divided at random, once whole videos:

# %%
chunks = chunk_features(videos, "poses")
lots = by_lot(chunks.y, chunks.groups, np.random.default_rng(0))


def looks_up(y, test):
    """Name each chunk as the first training chunk of its video, else as the first style."""
    known = dict(zip(chunks.groups[~test], y[~test], strict=True))
    told = np.array([known.get(video, 0) for video in chunks.groups[test]])
    return np.mean(told == y[test])


rng = np.random.default_rng(1)
held_chunks = rng.random(len(chunks)) < 0.25
held_videos = np.isin(chunks.groups, rng.permutation(len(videos))[:12])
for name, y in (("true styles", chunks.y), ("styles by lot", lots)):
    if y is not None:
        through, between = looks_up(y, held_chunks), looks_up(y, held_videos)
        print(f"{name:14} by chunk {through:.0%}    by video {between:.0%}")

# %% [markdown]
# It has never seen a dance. That is how much a split by chunk gives away.

# %% [markdown]
# {{task 12.4}}
#
# Catch a dance in at most **four numbers**. A logistic regression learns from your numbers of 32 videos which style they are, and names the other 16, three times, until every video was a stranger's once. By lot a third would be right; reach 70%. You get a `DanceVideo`: `keypoints` `(T, people, 17, 3)` in pixels (x, y downwards, score; NaN where hidden), and `fps`. The number of people differs, and so does how near they are. The name of its style is taken off.

# %%


def describe(video):
    """Describe a dance by at most four numbers."""
    ### BEGIN SOLUTION
    x_y = video.keypoints[..., :2]
    shoulders, hips, feet = (x_y[:, :, [k, k + 1]].mean(axis=2) for k in (5, 11, 15))
    torso = np.nanmedian(np.linalg.norm(hips - shoulders, axis=-1), axis=0)
    height = (feet - hips)[..., 1] / torso
    step = np.diff(height, axis=0)
    turns = np.nanmean(step[1:] * step[:-1] < 0)  # how often up becomes down
    middle = np.sign(height - np.nanmean(height, axis=0))
    crossings = np.nanmean(np.abs(np.diff(middle, axis=0)))
    return [turns, crossings, np.nanmean(np.abs(step))]
    ### END SOLUTION


# %%
check("12.4", describe)

# %% [markdown]
# Two of your numbers, a point for each video:

# %%
described = [describe(video) for video in videos]
if described[0] is None:
    described = [[video.people, video.fps] for video in videos]  # until yours are there
numbers = np.array([np.resize(np.ravel(row), 2) for row in described], dtype=float)

with plots.style():
    figure, ax = plots.subplots(1, 1, size=(5.6, 4.2))
    colours = style_colours(videos.labels)
    for label, marker in zip(videos.labels, "os^", strict=True):
        chosen = [video.style == label for video in videos]
        ax.plot(
            *numbers[chosen].T,
            marker,
            color=colours[label],
            alpha=0.8,
            label=STYLES[label].name,
        )
    ax.set(xlabel="your first number", ylabel="your second number")
    ax.set_title("48 videos by two numbers each")
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
figure

# %% [markdown]
# *Points for 48 videos in three colours and shapes, one for each style; the clearer the three groups lie apart, the better the two numbers.*
#
# You chose these numbers after looking at the videos that they are tested on. So did we. Lesson 07 says what such a score is worth, and what would settle it.

# %% [markdown]
# ## Open question
#
# Do poses leak as much as pictures? Box-normalised poses show no room. `chunks` above holds them. Run `leak` of the lesson on it, and on `shuffled(chunks, seed=1)` for the control. Then say what else of a video stays the same from chunk to chunk.

# %%
progress()
