"""Tasks and quiz of lesson 02: mirror images, holes, films that hang, and a split that can be believed."""

from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.checks.base import Question, expect, expect_close, expect_shape, task
from ballet_lib.skeleton import MIRRORED, mirror

if TYPE_CHECKING:
    from ballet_lib.takes import TakeSet

# --- 02.1 -------------------------------------------------------------------------------------------------


@task(
    "02.1",
    "mirrored",
    "In the mirror",
    level="fill in",
    minutes=4,
    hints=(
        "Raise your right hand before a mirror. Which hand does the dancer in the glass raise?",
        "Landmark 15 is the left wrist, and in the glass it is what was the right one, 16. `MIRRORED` "
        "names for each landmark its twin.",
        "Index the second axis with it: `other[:, MIRRORED]`.",
    ),
)
def mirrored(answer, rng):
    """Judge a function (T, 33, 4) -> (T, 33, 4): the mirror image of a dance."""
    landmarks = _some_takes(1, rng)[0].poses.landmarks
    given = landmarks.copy()
    got = answer(given)
    expect_shape(got, landmarks.shape)
    expect(
        np.array_equal(given, landmarks, equal_nan=True),
        "The take that you were given is now a mirror image itself. Work on a copy.",
    )
    flipped = landmarks * (-1, 1, 1, 1) + (1, 0, 0, 0)
    wanted = mirror(landmarks)
    for mistake, told in (
        (landmarks, "She dances as before. Return the mirror image."),
        (flipped, "The picture is mirrored and the names are not: what is called her left hand is now on "
         "the wrong side of her body. In the glass a raised right hand is a left one."),
        (landmarks[:, list(MIRRORED)], "Left and right have changed names and nothing moved: her arms are "
         "crossed. Mirror x as well."),
        (wanted - (1, 0, 0, 0), "She dances outside the picture, at x below 0. The mirror of x is 1 - x."),
        (landmarks[:, ::-1] * (-1, 1, 1, 1) + (1, 0, 0, 0), "You turned the list of landmarks round: her "
         "toes are called nose. Each landmark changes places with its twin."),
        (wanted[::-1], "She dances backwards. Leave the order of the frames."),
    ):  # fmt: skip
        expect(not np.allclose(got, mistake, atol=1e-5, equal_nan=True), told)
    expect_close(
        got, wanted, "This is not the mirror image: x becomes 1 - x, and twins change places.", atol=1e-5
    )


def _some_takes(count: int, rng: np.random.Generator) -> "TakeSet":
    """Draw whole takes of the course's set, in which somebody is seen in every frame."""
    from ballet_lib.takes import TakeSet

    takes = TakeSet.load("ballet6").filter(lambda take: bool(take.poses.found.all()))
    return takes[rng.choice(len(takes), count, replace=False)]


# --- 02.2 -------------------------------------------------------------------------------------------------


@task(
    "02.2",
    "bridged",
    "Bridge the dark",
    level="write",
    minutes=6,
    hints=(
        "`known = np.flatnonzero(~np.isnan(heights))` are the frames in which she was seen.",
        "`np.interp` draws straight lines between points. It wants to know where (every frame), and the "
        "points: frames and heights.",
        "`np.interp(np.arange(len(heights)), known, heights[known])`: before the first and after the last "
        "point it keeps their height.",
    ),
)
def bridged(answer, rng):
    """Judge a function (T,) with NaN -> (T,) without."""
    heights = 0.3 + np.cumsum(rng.uniform(0.002, 0.01, 40))  # rises, so that no two frames are alike
    holes = heights.copy()
    for start, end in ((0, 3), (12, 19), (30, 31), (37, 40)):
        holes[start:end] = np.nan
    known = np.flatnonzero(~np.isnan(holes))
    wanted = np.interp(np.arange(40), known, holes[known])
    given = holes.copy()
    got = answer(given)
    expect_shape(
        got, (40,), f"A height for each frame is asked for, shape (40,), and you gave {np.shape(got)}."
    )
    expect(
        np.array_equal(given, holes, equal_nan=True),
        "The heights that you were given are overwritten. Now nobody can tell what was measured: work on a "
        "copy.",
    )
    got = np.asarray(got, float)
    expect(
        np.allclose(got[known], holes[known]),
        "You changed frames in which she was seen. Fill the holes, and leave the rest.",
    )
    filled = got[12:19]
    expect(
        not np.allclose(filled, 0),
        "Zeros again: her nose leaps to the upper edge of the picture and back. Draw a line instead.",
    )
    expect(not np.isnan(filled).any(), "The hole in the middle is still open.")
    expect(
        not (np.isnan(got[:3]).any() or np.isnan(got[-3:]).any()),
        "The beginning or the end is still dark. There is only one side to go by: keep the nearest height.",
    )
    for value, told in (
        (np.nanmean(holes), "You fill with the mean of the take: a place in the middle, to which she jumps."),
        (holes[11], "In your film she freezes and then jumps to catch up. Move her evenly instead."),
        (holes[19], "In your film she jumps ahead and waits there. Move her evenly instead."),
    ):
        expect(not np.allclose(filled, value), told)
    expect_close(
        got,
        wanted,
        "The bridge is not straight: in a hole each step should be as large as the next, and beyond the "
        "ends the nearest height stays.",
    )


# --- 02.3 -------------------------------------------------------------------------------------------------


@task(
    "02.3",
    "hangs",
    "A film that hangs",
    level="write",
    minutes=8,
    hints=(
        "Compare each frame with the one before: `landmarks[1:]` and `landmarks[:-1]` are T - 1 pairs.",
        "A step hangs if all 33 landmarks stay where they were, to the last digit. Who merely stands still "
        "trembles.",
        "`(landmarks[1:] == landmarks[:-1]).all(axis=(1, 2)).mean()`. NaN is not equal to NaN, so dark "
        "frames do not count as hanging.",
    ),
)
def hangs(answer, rng):
    """Judge a function (T, 33, 4) -> share of steps in which the film hangs."""
    still = _standing_still(rng)
    expect(
        float(answer(still.copy())) == 0,
        _of_one_landmark(answer, still)
        or "She stands still, and her film does not hang: she trembles a little. Ask for no change.",
    )
    film = still.copy()
    for start, end in ((4, 9), (20, 30)):  # 4 and 9 steps that hang
        film[start:end] = film[start]
    got = float(answer(film.copy()))
    expect(not np.isclose(got, 13), "That is how many steps hang. Asked is their share of all steps.")
    expect(
        not np.isclose(got, (13 / 40, 14 / 40)).any(),
        "Forty frames have 39 steps. You divided by the frames, or counted the first frame as a step.",
    )
    expect(np.isclose(got, 13 / 39), f"13 of 39 steps hang, 33%, and you say {100 * got:.0f}%.")
    dark = film.copy()
    dark[32:38] = np.nan
    expect(
        np.isclose(float(answer(dark)), 13 / 39),
        "From frame 32 to 37 the light is out. You take the dark for a film that hangs, or lose it from "
        "the count: still 13 of 39 steps.",
    )


def _standing_still(rng: np.random.Generator) -> np.ndarray:
    """Draw 40 frames of one pose that trembles, as a pose model sees somebody in a balance."""
    frame = _some_takes(1, rng)[0].poses.landmarks[0].astype(float)
    film = frame + rng.normal(0, 1e-3, (40, 33, 4))
    film[:, 0] = frame[0]  # the nose alone stays, to the last digit
    return film


def _of_one_landmark(answer, still: np.ndarray) -> str:
    """Say so if the answer looks at one landmark, or is content with one that stays."""
    moved = still.copy()
    moved[:, 0] += np.arange(len(still))[:, None] * 1e-3
    return (
        "Her nose keeps still and all else trembles, and you say that the film hangs. Ask all 33 landmarks."
        if float(answer(moved)) == 0
        else ""
    )


# --- 02.4 -------------------------------------------------------------------------------------------------


@task(
    "02.4",
    "divide",
    "A split to believe",
    level="build",
    minutes=15,
    hints=(
        "The order is everything: first divide by dancer, then cut, then mirror.",
        "`split_by_dancer(takes, test=0.25, seed=seed)` has `.train` and `.test`; "
        "`.windows(frames=20, stride=10)` cuts either.",
        "`augmented(windows, copies=1, change=lambda take, rng: mirror(take))` adds a mirror image of "
        "each. Only to training.",
    ),
)
def divide(answer, rng):
    """Judge a function (takes, seed) -> (train, test), windows of takes divided by dancer."""
    takes = _small_set(rng)
    train, test = _both_sides(answer(takes, 0))
    _expect_no_leak(train, test)
    shared = sorted(set(train.dancers) & set(test.dancers))
    expect(
        not shared,
        f"{shared[0] if shared else ''} dances on both sides. Your test asks about somebody whom the model "
        "knows.",
    )
    _expect_quarter(takes, train, test)
    extra = sum("augmented" in window.meta for window in test)
    expect(
        not extra,
        f"{extra} windows of your test are mirror images. Nobody danced those: test on what was filmed.",
    )
    _expect_windows(takes.filter(dancer=test.dancers), test)
    originals = train.filter(lambda window: "augmented" not in window.meta)
    expect(len(originals), "Your training has mirror images only. Keep the windows themselves.")
    _expect_windows(takes.filter(dancer=originals.dancers), originals)
    _expect_mirror_images(train, originals)
    chosen = {answer(takes, seed)[1].dancers for seed in range(6)}
    expect(len(chosen) > 1, f"Whatever the seed, you hold out {', '.join(test.dancers)}. Let `seed` choose.")
    again = answer(takes, 0)[1].dancers
    expect(
        again == test.dancers,
        "The same seed gave other dancers the second time. Nobody could repeat your result.",
    )


def _small_set(rng: np.random.Generator) -> "TakeSet":
    """Draw eight dancers of the course's set, three labels and two takes of each: 48 takes."""
    from ballet_lib.takes import TakeSet

    takes = TakeSet.load("ballet6")
    dancers = sorted(rng.choice(takes.dancers, 8, replace=False))
    some = takes.filter(dancer=dancers, movement=sorted(rng.choice(takes.labels[:6], 3, replace=False)))
    return some.filter(lambda take: take.take_id.endswith(("_1", "_2")))


def _both_sides(got) -> "tuple[TakeSet, TakeSet]":
    from ballet_lib.takes import TakeSet

    if hasattr(got, "train") and hasattr(got, "test"):
        got = got.train, got.test
    pair = isinstance(got, (tuple, list)) and len(got) == 2 and all(isinstance(side, TakeSet) for side in got)
    expect(pair, "Two sets of takes are asked for: `return train, test`.")
    expect(len(got[0]) and len(got[1]), "One side is empty. Training and test both need somebody who dances.")
    return tuple(got)


def _expect_no_leak(train: "TakeSet", test: "TakeSet") -> None:
    """Say in what way one dance stands on both sides."""
    from ballet_lib.splits import find_leaks

    filmed, known = (side.filter(lambda window: "augmented" not in window.meta) for side in (train, test))
    leaks = find_leaks(filmed, known) or find_leaks(train, test)
    if not leaks:
        return
    leak = leaks[0]
    told = {
        "copy": f"A leak: {leak.what} is in the test, and its mirror image in training, or the other way "
        "round. You mirrored before you divided.",
        "overlap": f"A leak: windows of {leak.what} are on both sides, and some of them share frames. You "
        "cut before you divided.",
        "performance": f"A leak: windows of one take, {leak.what}, are on both sides. You cut before you "
        "divided.",
    }
    expect(False, told.get(leak.kind, f"A leak: {leak}. Divide by dancer before anything else."))


def _expect_quarter(takes: "TakeSet", train: "TakeSet", test: "TakeSet") -> None:
    lost = sorted(set(takes.dancers) - set(train.dancers) - set(test.dancers))
    expect(not lost, f"{', '.join(lost)} are on neither side. Takes are too dear to throw away.")
    count = len(takes.dancers)
    expect(
        len(test.dancers) == round(count / 4),
        f"You hold out {len(test.dancers)} of {count} dancers. A quarter are {round(count / 4)}.",
    )


def _expect_windows(takes: "TakeSet", windows: "TakeSet") -> None:
    """Ask for windows of 20 frames, 10 apart, of all these takes."""
    lengths = sorted({len(window) for window in windows})
    expect(
        lengths == [20], f"Windows of 20 frames are asked for, and yours have {', '.join(map(str, lengths))}."
    )
    steps = {window.first_frame for window in windows}
    expect(
        steps == {0, 10, 20},
        f"Windows should begin at frames 0, 10 and 20 of each take; yours begin at {sorted(steps)}. Is the "
        "stride 10?",
    )
    expect(
        len(windows) == 3 * len(takes),
        f"{len(takes)} takes give {3 * len(takes)} windows, and you have {len(windows)}.",
    )


def _expect_mirror_images(train: "TakeSet", originals: "TakeSet") -> None:
    """Ask for one mirror image of every window in training."""
    by_place = {(window.performance, window.first_frame): window for window in originals}
    copies = [window for window in train if "augmented" in window.meta]
    expect(copies, "There is no mirror image in training. Add one of each window.")
    expect(
        len(copies) == len(originals),
        f"{len(originals)} windows and {len(copies)} copies: one mirror image of each is asked for.",
    )
    for copy in copies:
        own = by_place.get((copy.performance, copy.first_frame))
        same = own is not None and np.allclose(
            copy.poses.landmarks, mirror(own.poses.landmarks), atol=1e-5, equal_nan=True
        )
        expect(
            same, f"The copy {copy.take_id} is no mirror image of its window. Change nothing else about it."
        )


# --- The quiz ---------------------------------------------------------------------------------------------

QUIZ = (
    Question(
        "A friend cuts ten videos into a thousand chunks, shuffles them, and reaches 96%. What do you ask "
        "her?",
        {
            "Whether chunks of one video are on both sides": "Yes. With shuffled chunks nearly every video "
            "is, and the test asks for what training has shown.",
            "Which network she used": "The nearest neighbour would do: it learns nothing, and reaches as "
            "much. Ask about the split.",
            "For more chunks": "A second thousand from the same ten videos brings no new dance, and the "
            "same leak.",
        },
        right="Whether chunks of one video are on both sides",
    ),
    Question(
        "Five of five test takes are right. What is the least that the true accuracy could reasonably be?",
        {
            "About 48%": "Yes: `accuracy_interval(5, 5)` says so, and only for more takes of the same kind.",
            "About 83%": "So much one mistake in six would leave. Five takes say less than that.",
            "100%": "Then heads, five times in a row, would prove a coin without tails.",
        },
        right="About 48%",
    ),
    Question(
        "Why does `ballet6` give attitudes the arms of other movements?",
        {
            "So that a model cannot take the arms for the movement": "Yes. What always comes along with a "
            "label is learnt with it.",
            "Its dancers are beginners": "They know their arms. Whoever drew the takes did not want the "
            "arms to give the leg away.",
            "To make the set larger": "It has as many takes as before. They differ more from each other, "
            "which is the point.",
        },
        right="So that a model cannot take the arms for the movement",
    ),
)
