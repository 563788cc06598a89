"""Tasks and quiz of lesson 11: live recognition."""

from functools import cache

import numpy as np

from ballet_lib.checks import own_movement
from ballet_lib.checks.base import Question, expect, expect_close, expect_shape, task
from ballet_lib.errors import BalletError
from ballet_lib.studio.balance import NEUTRAL
from ballet_lib.studio.body import Body
from ballet_lib.studio.camera import Camera
from ballet_lib.studio.choreography import Style
from ballet_lib.studio.recipes import LABEL_OF
from ballet_lib.studio.routine import Figure, join
from ballet_lib.studio.scene import Scene
from ballet_lib.takes import ROUTINE
from ballet_lib.vocabulary import french


@task(
    "11.1",
    "smoothed",
    "Smooth at any frame rate",
    level="fill in",
    minutes=4,
    hints=(
        "A long pause must forget nearly everything (a share near 1), two frames in a flash nearly nothing.",
        "What is left of the past falls by half again and again: an exponential of −gone / smoothing.",
        "That is what is left. What is new gets the rest: `1 - np.exp(-gone / smoothing)`.",
    ),
)
def smoothed(answer, rng):
    """Judge a function (before, answer, gone, smoothing) -> the average after `gone` seconds."""
    before, new = rng.dirichlet(np.ones(7)), rng.dirichlet(np.ones(7))

    def share(gone, smoothing=0.15):
        told = np.asarray(answer(before, new, gone, smoothing), dtype=float)
        expect_shape(told, before.shape)
        return float((told - before) @ (new - before) / ((new - before) @ (new - before)))

    expect(
        share(60.0) > 0.98,
        f"She was away for a minute, and the new answer counts {share(60.0):.0%}. After so long the past "
        "must not count any more.",
    )
    expect(
        share(60.0) < 1.02 and share(0.4) < 1.02,
        f"At a slow camera, 0.4 s from frame to frame, the new answer counts {share(0.4):.0%}: more than "
        "all of it. Shares stay below 1.",
    )
    expect(share(1e-5) < 0.02, "Two frames at the same moment, and the second one replaces the first.")
    halves = answer(np.asarray(answer(before, new, 0.05, 0.15)), new, 0.05, 0.15)
    expect_close(
        halves,
        answer(before, new, 0.1, 0.15),
        "At 20 frames a second it forgets at another pace than at 10: two steps of 0.05 s must do what one "
        "of 0.1 s does.",
    )
    expect_close(share(0.15), 1 - np.exp(-1), "After one `smoothing` of seconds 63% of the way must be gone.")
    expect(share(0.1, 0.5) < share(0.1, 0.1), "A longer smoothing must forget more slowly.")


@task(
    "11.2",
    "last_window",
    "The last two seconds",
    level="write",
    minutes=10,
    hints=(
        "First the moments: `np.linspace(seconds[-1] - length, seconds[-1], frames)`.",
        "`np.interp(when, seconds, values)` reads one number, interpolated, at these moments. There are 33 "
        "times 4 of them.",
        "`tracks = landmarks.reshape(len(landmarks), -1)`; interpolate each column of it, stack them along "
        "the last axis, and reshape to (frames, 33, 4).",
    ),
)
def last_window(answer, rng):
    """Judge a function (landmarks (T, 33, 4), seconds (T,), frames, length) -> (frames, 33, 4)."""
    for frames, length, rate in ((40, 1.95, 12.0), (40, 1.95, 30.0), (20, 1.5, 17.0)):
        seconds = np.cumsum(rng.uniform(0.5, 1.5, 90)) / rate + rng.uniform(0, 100)
        start, speed = rng.random((33, 4)), rng.uniform(0.5, 1, (33, 4))
        landmarks = start + speed * (seconds - seconds[-1])[:, None, None]
        told = np.asarray(answer(landmarks.copy(), seconds.copy(), frames, length), dtype=float)
        expect_shape(told, (frames, 33, 4))
        moments = (told - start) / speed  # when each number was so
        expect(np.ptp(moments, axis=(1, 2)).max() < 0.01, "Numbers of one landmark are in another's place.")
        _judge_moments(moments.mean(axis=(1, 2)), length, rate)


def _judge_moments(seen: np.ndarray, length: float, rate: float) -> None:
    expect(
        abs(seen[-1]) < 1e-3,
        f"Your window ends {-seen[-1]:.2f} s before the newest frame. It must end with it.",
    )
    expect(
        abs(seen[0] + length) < 0.15,
        f"At {rate:.0f} frames a second your window spans {-seen[0]:.2f} s, not {length} s: the model sees a "
        f"dance at {-seen[0] / length:.1f} times its tempo.",
    )
    expect(
        np.allclose(seen, np.linspace(-length, 0, len(seen)), atol=1e-3),
        "The moments are not evenly spaced: the camera's frames come irregularly, the model's must not. Read "
        "between two frames, do not take the nearest.",
    )


@cache
def _danced(
    names: tuple[str, ...], tempo: float, noise: float = 0.0, height: float = 1.68, amplitude: float = 1.0
) -> np.ndarray:
    """Dance phrases in a row: (T, 33, 3) metres, y down, with noise on every coordinate."""
    style = Style(amplitude=amplitude, tempo=tempo)
    keys = join([Figure(name, style) for name in names], LABEL_OF).keys
    scene = Scene(ROUTINE, Body(height=height), style, camera=Camera(yaw=15), keys=keys, fps=20)
    world = scene.exact.world.astype(float)
    return world + np.random.default_rng(len(world)).normal(0, noise, world.shape)


@task(
    "11.3",
    "count_releves",
    "Four in a row, without a network",
    level="build",
    minutes=15,
    hints=(
        "y points down: a foot's rise is `y of foot_index − y of heel`, in metres: 0.02 flat, 0.16 high.",
        "Both heels rise in a relevé: take the smaller rise of the two feet. In a tendu only one does.",
        "Go through the frames and remember whether she is up. Up from 0.08 on: count one. Down below 0.04. "
        "In between nothing changes.",
    ),
)
def count_releves(answer, rng):
    """Judge a function (world (T, 33, 3) metres, y down) -> how often both heels rose."""

    def count(names, tempo=100.0, **how):
        told = answer(_danced(tuple(names), tempo, **how).copy())
        expect(
            np.ndim(told) == 0 and isinstance(told, int | float | np.number) and told == int(told),
            f"Return one whole number, not {type(told).__name__}.",
        )
        return int(told)

    number = int(rng.integers(3, 6))
    told = count(["releve"] * number)
    expect(told != 0, f"She dances {number} relevés, and you count none. y points down: is up negative?")
    expect(
        told != 1 or number == 1,
        f"She dances {number} relevés without a pause, and you count one. A count ends when the heels are "
        "down again.",
    )
    expect(told <= 2 * number, f"{number} relevés, {told} counted: that is frames, not relevés.")
    expect(told == number, f"She dances {number} relevés, and you count {told}.")
    for name in ("demi_plie", "battement_tendu", "retire_devant", "first_arabesque", "walk"):
        told = count([name, "releve", name])
        expect(
            told == 1,
            f"One relevé between two of {french(name)}, and you count {told}. Look at both heels: where "
            "only one rises, she dances something else.",
        )
    expect(
        count(["releve"] * 3, height=1.40, amplitude=0.7) == 3,
        "A child of 1.40 m who rises low is not counted three times. Your threshold is too high for her.",
    )
    told = [count(["releve"] * 4, tempo, noise=0.007) for tempo in (45, 55, 65)]
    expect(
        told == [4, 4, 4],
        f"With landmarks that tremble by 7 mm, four slow relevés become {max(told)}: around one threshold "
        "every tremor counts. Take up at one height, let go at a lower one.",
    )


@task(
    "11.4",
    "my_movement",
    "A movement of your own",
    level="build",
    minutes=25,
    hints=(
        "Begin from a movement that the studio knows: `print(inspect.getsource(retire_devant))` after "
        "`import inspect`. Change its height, and where the leg goes.",
        "Stay safe on two feet: a grand plié is `plie=115` with `both(heel=35)`, a cambré is `bend=-35` with "
        '`ARMS["couronne"]`, a deep side bend is `lean=30`.',
        "On one leg: first `ON_LEFT_LEG`, half a count later `right(free=1, point=1, ...)`. `side` and "
        "`front` are degrees from hanging down, `extension` is 1 for a straight leg. Come back the same way.",
    ),
)
def my_movement(answer, rng):
    """Judge a function Style -> keys: a body can dance them, and nobody takes them for one of the six."""
    try:
        _judge_keys(answer(Style()))
        bodies = [(Body(), Style())]
        bodies += [
            (Body.draw(rng), Style(float(rng.uniform(0.7, 1.0)), float(rng.uniform(70, 100))))
            for _ in range(3)
        ]
        for body, style in bodies:
            trouble = own_movement.stumbles(answer(style), body, style)
            expect(trouble is None, trouble or "")
        nearest, ratio, taken = own_movement.nearest_of_six(answer)
    except BalletError as error:
        expect(False, str(error))
    expect(
        ratio >= own_movement.CLEARLY,
        f"It cannot be told from a {french(nearest)}: that is only {ratio:.1f} times as far from it as your "
        "own dancers are from each other. Make it differ where everybody can see it.",
    )
    expect(taken is None, f"Now some {french(taken or nearest)} is taken for it. Go farther away from it.")


def _judge_keys(keys) -> None:
    readable = isinstance(keys, list | tuple) and all(
        isinstance(key, tuple) and len(key) == 2 and isinstance(key[1], dict) for key in keys
    )
    expect(readable, "Return a list of keys: `[at(0, ...), at(2, ...), ...]`.")
    expect(
        len(keys) >= 2, "One key is a pose. A movement needs a way there and a way back: give more of them."
    )
    for count, channels in keys:
        for name, value in channels.items():
            expect(
                name in NEUTRAL,
                f"On count {count}: a body has no channel {name!r}. `studio.balance.NEUTRAL` lists them; "
                "those of a side are written right(...), left(...) or both(...).",
            )
            expect(np.isfinite(value), f"On count {count}: {name} is {value}, which is no number.")
    last = max(count for count, _ in keys)
    expect(
        min(count for count, _ in keys) == 0 and 2 <= last <= 16,
        f"It must begin on count 0 and take 2 to 16 counts; yours ends on {last:g}.",
    )
    changed = [name for name in NEUTRAL if len({change[name] for _, change in keys if name in change}) > 1]
    expect(changed, "Nothing changes from key to key: she stands still.")


QUIZ = (
    Question(
        "A rule has a hold of one second. What happens to a quick relevé?",
        {
            "It may be missed": "Yes: its hill can be over before the second is. Hold buys quiet with misses "
            "and with delay.",
            "It is counted twice": "Hold makes a rule slower to count, never quicker.",
            "It is told one second earlier": "Nobody tells before they have waited. Later, if at all.",
        },
        right="It may be missed",
    ),
    Question(
        "The camera sends 12 frames a second instead of 20, and somebody hands the last 40 frames to the "
        "model as they are. What does the model see?",
        {
            "A dance that is too fast, with two movements in one window": "Yes: more than three seconds as "
            "if they were two. The library samples the last two seconds anew.",
            "The same, a frame is a frame": "The model has learnt that 40 frames are two seconds. It cannot "
            "know that they are three.",
            "A dance in slow motion": "The other way round: more time is squeezed into the same frames.",
        },
        right="A dance that is too fast, with two movements in one window",
    ),
    Question(
        "The app says nothing about your supporting knee. Is it straight?",
        {
            "Perhaps; or the view does not allow to say": "Yes: silence is no praise. `assess` tells the two "
            "apart: good, or unsure.",
            "Yes, or it would complain": "It complains only where its error is smaller than your fault. Ask "
            "from where the camera looks.",
            "No, it is bent": "Then it might say so. Silence holds neither praise nor blame.",
        },
        right="Perhaps; or the view does not allow to say",
    ),
)
