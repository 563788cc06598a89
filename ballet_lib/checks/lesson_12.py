"""Tasks and quiz of lesson 12: dance styles."""

from dataclasses import replace
from functools import cache

import numpy as np

from ballet_lib.checks.base import Question, expect, expect_close, expect_shape, task
from ballet_lib.styles.videos import DanceVideo, DanceVideos
from ballet_lib.vocabulary import STYLES

NUMBERS, ENOUGH = 4, 0.7
"""How many numbers may describe a video, and which share of strangers' videos must be named by them."""


@task(
    "12.1",
    "largest_step",
    "Every how many-th frame?",
    level="fill in",
    minutes=4,
    hints=(
        "Keeping every n-th frame leaves fps / n frames a second. That must be more than 2 × bounces.",
        "So n must be smaller than fps / (2 × bounces), not equal to it.",
        "The largest whole number below r is `int(np.ceil(r)) - 1`. And 1 is the least that n can be.",
    ),
)
def largest_step(answer, rng):
    """Judge a function (fps, bounces a second) -> the largest n of which every n-th frame is enough."""
    for fps, bounces in ((30, 2.0), (60, 1.7), (25, 0.4), (30, 3.0), (10, 2.5), (10, 3.0)):
        told = answer(fps, bounces)
        expect(
            np.ndim(told) == 0 and float(told) == int(told),
            f"{told!r}: every how many-th frame is a whole number.",
        )
        expect(told >= 1, f"One frame in {int(told)} cannot be. 1 keeps all there are.")
        left = fps / int(told)
        if int(told) > 1:
            expect(
                left >= bounces * 1.999,
                f"One frame in {int(told)} of {fps} leaves {left:.1f} a second: {left / bounces:.1f} for "
                "each bounce. A bounce needs more than two, or it seems another one.",
            )
            expect(
                left > 2 * bounces,
                f"One frame in {int(told)} of {fps} leaves exactly two a bounce. Both may fall where she "
                "passes the middle, and she seems to stand: it must be more than two.",
            )
        expect(
            fps / (int(told) + 1) <= 2 * bounces,
            f"For {bounces:g} bounces a second one frame in {int(told) + 1} of {fps} is still enough: you "
            f"answered {int(told)}.",
        )


@task(
    "12.2",
    "in_the_box",
    "In the box, with a hidden hand",
    level="write",
    minutes=8,
    hints=(
        "`np.nanmin(points, axis=1, keepdims=True)` is the lower corner of each frame's box, without what "
        "is missing.",
        "Stretch to −1 … 1 first, and put the zeros last: what is missing must not stretch the box.",
        "`np.nan_to_num(2 * (points - low) / (high - low) - 1)`.",
    ),
)
def in_the_box(answer, rng):
    """Judge a function (points (T, 17, 2), NaN where missing) -> (T, 17, 2) in -1 to 1, missing ones 0."""
    points = rng.uniform(100, 300, (6, 17, 2)) * (1, 2) + np.arange(6)[:, None, None] * 40
    gone = np.zeros((6, 17), bool)
    gone[np.arange(6), rng.integers(0, 17, 6)] = True
    gone[0] = False
    points[gone] = np.nan
    told = np.asarray(answer(points.copy()), dtype=float)
    expect_shape(told, points.shape)
    found = np.where(gone[..., None], np.nan, told)
    expect(
        np.isfinite(found[~gone]).all(),
        "One hidden point makes a whole skeleton NaN. The box is that of the points that were found.",
    )
    low, high = (edge(found, axis=1) for edge in (np.nanmin, np.nanmax))
    expect(
        np.allclose(low[0], -1) and np.allclose(high[0], 1),
        f"Across it runs from {low[0, 0]:.2f} to {high[0, 0]:.2f}, down from {low[0, 1]:.2f} to "
        f"{high[0, 1]:.2f}. Each of both must run from −1 to 1, by its own box of this frame.",
    )
    expect(
        np.allclose(low, -1) and np.allclose(high, 1),
        "Where a point is hidden, or in a later frame, the box is not the skeleton's: a missing point is no "
        "corner at 0, and every frame has a box of its own.",
    )
    expect(not np.isnan(told).any(), "A hidden point is still NaN. No network eats that: put 0 there.")
    expect(
        np.all(told[gone] == 0),
        f"A hidden point lies at {told[gone].ravel()[0]:.2f}. Put 0 there: the box's middle is the least "
        "misleading guess.",
    )
    stretch = points - np.nanmin(points, axis=1, keepdims=True)
    wanted = 2 * stretch / np.nanmax(stretch, axis=1, keepdims=True) - 1
    expect_close(told, np.nan_to_num(wanted), "The points between the edges are not where they belong.")


@task(
    "12.3",
    "by_lot",
    "Styles by lot",
    level="write",
    minutes=8,
    hints=(
        "The unit is the video. First find the style of each: "
        "`np.unique(groups, return_index=True, return_inverse=True)`.",
        "`styles = y[first]` has one style a video. Shuffle these with `rng.permutation`.",
        "Hand them back to the chunks: `rng.permutation(y[first])[group]`.",
    ),
)
def by_lot(answer, rng):
    """Judge a function (y (M,), groups (M,), rng) -> y (M,) in which whole videos have exchanged styles."""
    videos = rng.permutation(30) + 100
    of_video = rng.permutation(np.repeat([0, 1, 2], 10))
    chunk = rng.permutation(np.repeat(np.arange(30), rng.integers(2, 5, 30)))
    y, groups = of_video[chunk], videos[chunk]
    drawn = []
    for seed in range(4):
        told = np.asarray(answer(y.copy(), groups.copy(), np.random.default_rng(seed)))
        expect_shape(told, y.shape)
        styles = [np.unique(told[groups == video]) for video in videos]
        expect(
            all(len(each) == 1 for each in styles),
            "Chunks of one video bear different styles. Then even who recognises the video cannot name "
            "them, and the control would find no leak where there is one.",
        )
        new = np.array([each[0] for each in styles])
        expect(
            np.array_equal(np.sort(new), np.sort(of_video)),
            f"There were 10 videos of each style, and now {np.bincount(new.astype(int), minlength=3)}. Give "
            "out the styles that there are, or chance is no third any more.",
        )
        drawn.append(new)
    same = np.mean([(new == of_video).mean() for new in drawn])
    expect(same < 0.7, f"{same:.0%} of the videos keep their style: there is still something to be learnt.")
    swapped = [len({(a, b) for a, b in zip(of_video, new, strict=True)}) for new in drawn]
    expect(
        max(swapped) > 3,
        "All videos of one style got the same new one: renamed is not shuffled, all of it can be learnt.",
    )
    expect(
        any((new != drawn[0]).any() for new in drawn),
        "Every draw is the same. Draw with the `rng` that is handed over.",
    )


@task(
    "12.4",
    "describe",
    "Four numbers for a dance",
    level="build",
    minutes=15,
    hints=(
        "Rhythm tells these styles apart: how often the hips go up and down. Measure how high they are above "
        "the feet in every frame, then look at how that changes.",
        "The share of frames in which the way turns round: `np.mean(step[1:] * step[:-1] < 0)` with "
        "`step = np.diff(height)`. Or how often the height crosses its mean.",
        "Divide lengths by that of the torso. Points 5 and 6 are shoulders, 11 and 12 hips, 15 and 16 "
        "ankles; use `np.nanmean` over people and frames.",
    ),
)
def describe(answer, rng):
    """Judge a function DanceVideo -> at most four numbers by which strangers' styles can be named."""
    videos = _hidden()
    X = [np.atleast_1d(np.asarray(answer(video), dtype=float)) for video in videos]
    expect(
        all(row.ndim == 1 and len(row) == len(X[0]) for row in X),
        "Describe every video by equally many numbers, in one row.",
    )
    expect(1 <= len(X[0]) <= NUMBERS, f"{len(X[0])} numbers. Describe a dance by {NUMBERS} at most.")
    lost = [video.name for video, row in zip(videos, X, strict=True) if not np.isfinite(row).all()]
    expect(
        not lost,
        f"{lost[0] if lost else ''} and {len(lost) - 1} more are described by NaN. Some points are missing: "
        "use np.nanmean and its family.",
    )
    _judge_distance(answer, videos, np.stack(X))
    told, y = _named(np.stack(X)), _styles().y
    right = float((told == y).mean())
    pairs = [(int(((y == a) & (told == b)).sum()), a, b) for a in range(3) for b in range(3) if a != b]
    most, danced, called = max(pairs)
    names = [STYLES[label].name for label in _styles().labels]
    expect(
        right >= ENOUGH,
        f"By these numbers {right:.0%} of strangers' videos are named rightly; by lot it is 33%, asked are "
        f"{ENOUGH:.0%}. Most often, {most} times, {names[danced]} is called {names[called]}: what would tell "
        "these two apart?",
    )


def _judge_distance(answer, videos: list[DanceVideo], X: np.ndarray) -> None:
    """Put the camera at half the distance: pixels double, the dance stays."""
    chosen, doubled = range(0, len(videos), 8), np.array([2, 2, 1], np.float32)
    near = [
        replace(videos[row], keypoints=videos[row].keypoints * doubled, size=(640, 640)) for row in chosen
    ]
    change = np.abs([np.atleast_1d(answer(video)) for video in near] - X[list(chosen)]).mean(axis=0)
    expect(
        (change <= 0.05 * np.abs(X).mean(axis=0) + 1e-6).all(),
        "When she comes nearer your numbers grow: they are pixels. Divide lengths by that of her torso.",
    )


@cache
def _styles() -> DanceVideos:
    return DanceVideos.load("styles")


@cache
def _hidden() -> list[DanceVideo]:
    """Return the videos without anything that names their style."""
    return [
        replace(video, name=f"video_{row:02d}", style="hidden", dancers=(), film="")
        for row, video in enumerate(_styles())
    ]


def _named(X: np.ndarray) -> np.ndarray:
    """Name each video by a logistic regression that has seen no dancer of it."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    videos = _styles()
    told = np.zeros(len(videos), int)
    for _, test in videos.folds(3):
        new = np.isin(videos.names, test.names)
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=3000))
        told[new] = model.fit(X[~new], videos.y[~new]).predict(X[new])
    return told


QUIZ = (
    Question(
        "A colleague's model is right in 97% of the chunks of videos, divided at random. She gives each "
        "video a random style and trains again: 90%. What has the model learnt?",
        {
            "To recognise videos": "Yes: room, clothes, people. The labels of the control hold nothing else. "
            "What it knows about style, only new videos can tell.",
            "Style, with 7% of luck": "In the control there is no style to be learnt, and it is nearly as "
            "good.",
            "Nothing, it guesses": "Guessing would be right a third of the time. It knows something: which "
            "video it sees.",
        },
        right="To recognise videos",
    ),
    Question(
        "A dance bounces 3 times a second, your films have 30 frames a second. Every how many-th may you "
        "keep?",
        {
            "Every 4th": "Yes: 7.5 a second are more than 6.",
            "Every 5th": "That leaves exactly 6, two a bounce. Both may fall where the dancer passes the "
            "middle. More than two are needed.",
            "Every 10th": "That leaves one a bounce: always the same posture, and no bounce at all.",
        },
        right="Every 4th",
    ),
    Question(
        "Two networks name 60 and 53 of the same 91 clips. What do you ask the authors for?",
        {
            "The answers clip by clip": "Yes: then McNemar's test can look at the clips that only one of the "
            "two named rightly.",
            "A third decimal": "Of 91 clips one is a whole point. More decimals only look exact.",
            "Nothing, 60 is more than 53": "By clips of their own that is chance's daily work. On the same "
            "clips it depends on which ones.",
        },
        right="The answers clip by clip",
    ),
)
