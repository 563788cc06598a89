"""Tasks and quiz of lesson 10: generating dance."""

import numpy as np

from ballet_lib.checks.base import Question, expect, expect_close, expect_shape, task
from ballet_lib.errors import BalletError

LENGTH, DIFFERENT = 8, 4
"""Movements of the exercise that is asked for, and how many different ones."""


@task(
    "10.1",
    "cut_pairs",
    "Which frame comes next?",
    level="fill in",
    minutes=3,
    hints=(
        "The first window holds frames 0 to seen − 1. Its last frame is now.",
        "So the first answer is frame seen − 1 + ahead, and every further window is one frame later.",
        "y is all of the dance from there: `dance[seen - 1 + ahead :]`",
    ),
)
def cut_pairs(answer, rng):
    """Judge a function (dance (T, H, W), seen, ahead) -> windows (N, seen, H, W), frames to forecast."""
    for frames, seen, ahead in ((20, 5, 1), (20, 5, 4), (12, 3, 2)):
        dance = np.arange(frames)[:, None, None] + np.zeros((1, 3, 2))
        pair = answer(dance, seen, ahead)
        expect(isinstance(pair, tuple) and len(pair) == 2, "Return both: `return x, y`.")
        x, y = (np.asarray(each, dtype=float) for each in pair)
        windows = frames - seen - ahead + 1
        expect_shape(x, (windows, seen, 3, 2))
        expect(y.ndim == 3 and len(y) > 0, "y holds single frames: (N, H, W).")
        late = float(y[0, 0, 0] - x[0, -1, 0, 0])
        expect(
            late > 0,
            f"The answer is among the inputs: the last frame shown is frame {seen - 1}, and you teach frame "
            f"{y[0, 0, 0]:.0f}. Such a network learns to copy.",
        )
        expect(
            late == ahead,
            f"Asked for {ahead} ahead, your answer lies {late:.0f} after the last frame shown. Count from "
            "the window's last frame, not from its first.",
        )
        expect(len(y) == windows, f"{windows} windows, and {len(y)} answers. Each window has one.")
        expect_close(y, x[:, -1] + ahead, "Each window's answer lies as far ahead as the first one's.")


@task(
    "10.2",
    "my_exercise",
    "An exercise for the class",
    level="fill in",
    minutes=5,
    hints=(
        "Begin with a demi-plié, end with a demi-plié or a relevé. In between, say right before left.",
        "A balance needs a demi-plié before it, or a tendu of the same leg.",
        "Fours must fill an eight: battement tendu right 4, battement tendu left 4. Half of it: "
        "demi-plié 8, attitude croisée right 8, demi-plié 8, attitude croisée left 8.",
    ),
)
def my_exercise(answer, rng):
    """Judge an exercise of difficulty 2: eight movements, four different ones, nothing a teacher minds."""
    from ballet_lib.generation import grammar

    expect(
        isinstance(answer, list | tuple), 'An exercise is what `grammar.parse("demi-plié 8, ...")` returns.'
    )
    exercise = tuple(answer)
    try:
        objections = grammar.check(exercise, difficulty=2)
    except BalletError as error:
        expect(False, str(error))
    if objections:
        first, *more = objections
        expect(False, f"A teacher objects: {first}{f' And to {len(more)} more.' if more else ''}")
    expect(
        len(exercise) >= LENGTH,
        f"A teacher would accept it, but {len(exercise)} movements are too short: give at least {LENGTH}.",
    )
    different = {token.movement for token in exercise}
    expect(
        len(different) >= DIFFERENT,
        f"A teacher would accept it and yawn: {len(different)} different movements. Show {DIFFERENT}.",
    )


@task(
    "10.3",
    "tempered",
    "Cold feet, hot feet",
    level="write",
    minutes=8,
    hints=(
        "Dividing a logarithm by T is taking the number to the power 1 / T.",
        "Powers of shares do not sum to 1 any more. Divide by their sum over the last axis, `keepdims=True`.",
        "The variance is the width squared. If it is multiplied by T, the width is multiplied by √T.",
    ),
)
def tempered(answer, rng):
    """Judge a function (shares (N, K), widths (N, K), temperature) -> both at that temperature."""
    shares = rng.dirichlet([4, 4, 4], size=6) * 0.85 + 0.05
    widths = rng.uniform(0.1, 2, (6, 3))
    for temperature in (0.25, 4.0, 1.0, 0.05):
        pair = answer(shares.copy(), widths.copy(), temperature)
        expect(isinstance(pair, tuple) and len(pair) == 2, "Return both: `return shares, widths`.")
        new_shares, new_widths = (np.asarray(each, dtype=float) for each in pair)
        expect_shape(new_shares, shares.shape)
        expect_shape(new_widths, widths.shape)
        _judge_shares(new_shares, shares, temperature)
        _judge_widths(new_widths, widths, temperature)


def _judge_shares(new: np.ndarray, shares: np.ndarray, temperature: float) -> None:
    powers = shares ** (1 / temperature)
    total = new.sum(axis=-1)
    expect(
        np.allclose(total, 1, atol=1e-6),
        f"At temperature {temperature:g} the shares of one moment sum to {total[0]:.3f}, not to 1. Divide "
        "by the sum of each row, not of the whole array.",
    )
    best = np.arange(len(shares)), shares.argmax(axis=-1)
    bolder = (new[best] < shares[best] - 1e-6).all() if temperature < 1 else False
    expect(
        not bolder,
        f"At temperature {temperature:g} the likeliest way becomes less likely. Cold means sure: the "
        "temperature divides the logarithm.",
    )
    expect_close(
        new,
        powers / powers.sum(axis=-1, keepdims=True),
        f"The shares at temperature {temperature:g} are not those whose logarithms were divided by it.",
    )


def _judge_widths(new: np.ndarray, widths: np.ndarray, temperature: float) -> None:
    if temperature != 1:
        expect(
            not np.allclose(new, widths * temperature),
            "Widths are standard deviations. The temperature multiplies the variance, which is a width "
            "squared.",
        )
        expect(not np.allclose(new, widths), "The shares change, the widths do not: the bells stay wide.")
    expect_close(
        new,
        widths * np.sqrt(temperature),
        f"At temperature {temperature:g} a variance shall be {temperature:g} times what it was.",
    )


@task(
    "10.4",
    "dance_on",
    "Dance on",
    level="write",
    minutes=10,
    hints=(
        "Keep a window of the last frames. Ask for the next one, append it, drop the oldest.",
        "In one line: `window = np.concatenate([window[1:], new[None]])`",
        "Collect what is new in a list, and return np.stack of it: the seed frames do not belong to it.",
    ),
)
def dance_on(answer, rng):
    """Judge a function (forecast, seen (n, H, W), steps) -> frames (steps, H, W) that it made itself."""
    for n, steps in ((5, 8), (3, 2)):
        seen = rng.random((n, 4, 3))
        kept, shown = seen.copy(), []

        def forecast(frames, shown=shown, n=n):
            shown.append(np.array(frames, dtype=float))
            expect(len(shown) <= 1000, "The forecaster was asked a thousand times. Does the loop end?")
            expect_shape(
                frames,
                (n, 4, 3),
                f"The forecaster was shown {np.shape(frames)}, and has learnt to read {(n, 4, 3)}: the "
                "last frames, as many as there were at first, and no more.",
            )
            return 0.7 * shown[-1][-1] + 0.3 * shown[-1][0] + 0.01  # not symmetric in time

        made = np.asarray(answer(forecast, seen, steps), dtype=float)
        _judge_rolled(made, kept, steps, shown)
        expect(np.array_equal(seen, kept), "You wrote into `seen`. Take a copy of it first.")


def _judge_rolled(made: np.ndarray, seen: np.ndarray, steps: int, shown: list) -> None:
    n = len(seen)
    expect(shown, "You never asked the forecaster.")
    expect(
        made.shape != (n + steps, *seen.shape[1:]),
        "The frames that were seen are in it, too. Return only what is new.",
    )
    expect_shape(made, (steps, *seen.shape[1:]))
    expect(
        len(shown) == steps,
        f"For {steps} frames the forecaster was asked {len(shown)} times. Each answer is one frame.",
    )
    expect(np.allclose(shown[0], seen), "At first it must be shown the frames that were seen, in order.")
    expect(
        len(shown) < 2 or not np.allclose(shown[1], seen),
        "It is shown the same frames again and again. It must read its own answer, or it never gets past "
        "the first one.",
    )
    danced = [*seen]
    for number, window in enumerate(shown):
        expect(
            np.allclose(window, danced[-n:]),
            f"At step {number + 1} it is not shown the last {n} frames in their order. The newest stands "
            "at the end, the oldest is dropped.",
        )
        danced.append(0.7 * window[-1] + 0.3 * window[0] + 0.01)
    expect_close(made, np.stack(danced[n:]), "What you return is not what the forecaster answered.")


@task(
    "10.5",
    "build_forecaster",
    "A network that cannot peek",
    level="build",
    minutes=15,
    hints=(
        '`Conv3D` with `padding="same"` pads time on both sides. Pad the past yourself, then use '
        '`padding="valid"`.',
        "`layers.ZeroPadding3D(((2, 0), (1, 1), (1, 1)))` puts two empty frames before the first one, none "
        "after the last, and one pixel around each.",
        "Twice: such a padding, then `layers.Conv3D(8, 3, activation='relu')`; the second with 1 filter and "
        "`activation='sigmoid'`.",
    ),
)
def build_forecaster(answer, rng):
    """Judge a function (frames, height, width) -> keras.Model that forecasts each next frame, blind ahead."""
    frames, height, width = 7, 12, 10
    model = answer(frames, height, width)
    expect(
        hasattr(model, "count_params") and hasattr(model, "input_shape"),
        f"Return a keras.Model, not {type(model).__name__}.",
    )
    shape = (frames, height, width, 1)
    x = rng.random((4, *shape)).astype("float32")
    expect(
        len(model.input_shape) == 5
        and all(a in (None, b) for a, b in zip(model.input_shape[1:], shape, strict=True)),
        f"The network takes {model.input_shape[1:]}. A dance is {shape}: frames, height, width, one channel.",
    )
    expect_shape(
        _told(model, x),
        x.shape,
        f"It answers with {model.output_shape[1:]}. Each of the {frames} frames needs the frame after it: "
        f"{shape}. Where frames get lost, the past is not padded.",
    )
    expect(model.count_params() <= 500_000, "More than half a million weights: try with fewer.")
    # New networks may begin with zeros, which would hide what is connected to what.
    model.set_weights([w + rng.normal(0, 0.1, w.shape).astype(w.dtype) for w in model.get_weights()])
    told = _told(model, x)
    expect(
        told.min() >= 0 and told.max() <= 1,
        "Its answers leave 0 to 1. A pixel is dark with a probability: end with a sigmoid.",
    )
    _judge_reach(model, x, told, now=3)


def _told(model, x: np.ndarray) -> np.ndarray:
    """Ask a network at once: `predict` would trace it anew, which takes longer than all else here."""
    return np.asarray(model(x, training=False))


def _judge_reach(model, x: np.ndarray, told: np.ndarray, now: int) -> None:
    """Change one frame or pixel after the other, and see whether the answer for `now` changes."""

    def matters(where: tuple) -> bool:
        changed = x.copy()
        changed[:, *where] = 1 - changed[:, *where] + 0.5
        answers = _told(model, changed)
        return bool(np.abs(answers - told)[:, now, 5, 5].max() > 1e-7)

    peeks = [ahead for ahead in (1, 2, 3) if matters((now + ahead,))]
    expect(
        not peeks,
        f"It looks ahead: the answer for frame t changes with frame t + {peeks[0] if peeks else 1}, which "
        'is what it shall forecast. padding="same" and Bidirectional read the future.',
    )
    expect(matters((now,)), "The answer for frame t does not change with frame t: it is blind to now.")
    expect(
        matters((now - 1,)) and matters((now - 2,)),
        "It does not see two frames back. From one picture nobody can tell which way a leg is going.",
    )
    beside = [(frame, 5, column) for frame in (now, now - 1) for column in (4, 6)]
    expect(
        any(map(matters, beside)),
        "Each pixel sees only itself, so nothing can move into it. Give the kernel width and height.",
    )


QUIZ = (
    Question(
        "A paper reports an IoU of 0.9 for the next frame of a video at 30 frames a second. What do you "
        "ask for?",
        {
            "What standing still scores there, and the error on pixels that move": "Yes: at 30 frames a "
            "second hardly anything moves between two frames.",
            "The number of weights": "A large network and the last frame played again score much the same "
            "here. First ask what doing nothing scores.",
            "Nothing, 0.9 is superb": "So is standing still, by this measure. Most of a picture does.",
        },
        right="What standing still scores there, and the error on pixels that move",
    ),
    Question(
        "Your next-frame network reaches a loss of 0.0001 on training and on test dancers. What do you try "
        "first?",
        {
            "Change the frames after now, and see whether the answer for now changes": "Yes, and check that "
            "the target is not the input. A loss of zero is a question.",
            "Split by dancer": "You should, and it does not help here: whoever reads the answer reads it "
            "with every dancer.",
            "Publish": "Then somebody else will change the future, and write to you.",
        },
        right="Change the frames after now, and see whether the answer for now changes",
    ),
    Question(
        "A generated dance has the energy of real dance and a copying score of 3. Is it an original dance?",
        {
            "Perhaps not even a dance: look at it": "Yes. Being far from all real dance is easy; being far "
            "from every single one and yet like all of them is the art.",
            "Yes, it copies nobody and does not freeze": "So does noise, which is the most lively and the "
            "most original of all.",
            "No, it copies": "A high score means far from the training set. 0 would be a copy.",
        },
        right="Perhaps not even a dance: look at it",
    ),
)
