"""Lesson 04, BiLSTM: what a reader knows who has seen the end, and who waits for it."""

import numpy as np

from ballet_lib.checks.base import Question, Wrong, expect, expect_close, expect_shape, task
from ballet_lib.checks.own_dance import TEMPO, danced, flight
from ballet_lib.studio.body import JOINTS, Body
from ballet_lib.studio.choreography import (
    ARMS,
    LOOK_AHEAD,
    Keys,
    Phrase,
    Style,
    at,
    demi_plie,
    first_position,
)
from ballet_lib.studio.performance import perform

FPS = 10.0
"""Frames a second of the dances that `dances` returns."""
FRAMES = 40
"""Their length: six counts at `TEMPO`."""

# --- Both halves, frame by frame --------------------------------------------------------------------------


@task(
    "04.1", "both_readers", "Lay the two readers side by side", level="fill in", minutes=4,
    hints=(
        "The backward reader's first row was said when it had read one frame: which one of the dance?",
        "Turn its rows round, so that row t of both halves speaks of frame t; then join them along the "
        "units.",
        "`np.concatenate([ahead, back[::-1]], axis=1)`",
    ),
)  # fmt: skip
def both_readers(answer, rng):
    """Judge a function of two (T, units) in reading order that returns (T, 2 units) by frame."""
    ahead, back = rng.normal(size=(2, 7, 3))
    got = answer(ahead.copy(), back.copy())
    expect(
        np.shape(got) != (14, 3),
        "You have put one reader after the other in time, 14 frames from 7. They speak of the same seven: "
        "join them along the units.",
    )
    expect_shape(got, (7, 6), "The answer for 7 frames and twice 3 units has the shape (7, 6).")
    got = np.asarray(got, dtype=float)
    expect(
        not np.allclose(got, np.concatenate([ahead, back], axis=1)),
        "At the first frame stands what the backward reader said after it had read only the *last*. Its "
        "rows are in the order in which it read: turn them round.",
    )
    expect(
        not np.allclose(got, np.concatenate([ahead[::-1], back], axis=1)),
        "Now the forward reader runs backwards, and at the first frame it has already seen the end. Turn "
        "the other one round.",
    )
    wanted = np.concatenate([ahead, back[::-1]], axis=1)
    expect(
        not np.allclose(got, np.roll(wanted, 3, axis=1)),
        "The backward reader stands before the forward one. Keras puts the forward one first, and the "
        "layer after them has learnt it so.",
    )
    expect_close(
        got, wanted,
        "Row t should hold what the forward reader says at frame t, then what the backward one says there. "
        "Turn round the rows (frames) of `back`, not its columns (units).",
    )  # fmt: skip


# --- How far does it look ahead? --------------------------------------------------------------------------


def _window(weights: np.ndarray, before: int, after: int):
    """Return a reader whose answer rests on so many frames before and after its own."""

    def read(takes: np.ndarray) -> np.ndarray:
        padded = np.pad(takes, ((0, 0), (before, after), (0, 0)))
        seen = sum(padded[:, shift : shift + takes.shape[1]] for shift in range(before + after + 1))
        return _softmax(seen @ weights)

    return read


def _from_frame(weights: np.ndarray, reference: int):
    """Return a reader that measures every frame against one of them."""
    return lambda takes: _softmax((takes - takes[:, reference : reference + 1]) @ weights)


def _of_one_mind(weights: np.ndarray, after: int):
    """Return a reader that looks ahead, and names the same label whatever it sees."""
    sure = np.array([9.0, 0, 0])
    return lambda takes: _softmax(np.log(_window(weights, 0, after)(takes)) / 20 + sure)


def _softmax(scores: np.ndarray) -> np.ndarray:
    e = np.exp(scores - scores.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


@task(
    "04.2", "frames_ahead", "How far does it look ahead?", level="write", minutes=10,
    hints=(
        "Change one frame of a copy of the take. Which answers are no longer what they were?",
        "If the answer at frame 4 changes with frame 9, that answer looks five frames ahead.",
        "Try every frame: `other = take.copy(); other[frame] += 1`. The earliest answer that has changed "
        "is `np.flatnonzero(changed)[0]`, and `frame` minus that is how far it looked.",
    ),
)  # fmt: skip
def frames_ahead(answer, rng):
    """Judge a function of a model and a take (T, F) that returns how many frames an answer looks ahead."""
    take, weights = rng.normal(size=(16, 4)), rng.normal(size=(4, 3))

    def asked(model):
        given = take.copy()
        got = answer(model, given)
        expect(np.allclose(given, take), "You changed the take itself. Change a `.copy()` of it.")
        expect(np.ndim(got) == 0 and np.isreal(got), "One whole number was asked for: frames after its own.")
        return got

    got = asked(_window(weights, 6, 0))
    expect(
        got == 0,
        f"A model that reads only forwards looks 0 frames ahead; you say {got}. Have you counted how far "
        "it remembers? If an answer changes *after* the frame that you touched, that is memory.",
    )
    got = asked(_of_one_mind(weights, 3))
    expect(
        got == 3,
        f"A model that is sure of one label all along, and yet looks 3 frames ahead: you say {got}. The "
        "label stays, the probabilities move. Compare those.",
    )
    got = asked(_window(weights, 2, 3))
    expect(got == 3, f"A model whose every answer waits for three more frames: you say {got}, not 3.")
    got = asked(_from_frame(weights, 5))
    expect(
        got == 5,
        "A model that measures every pose against frame 5 of the take: its first answer needs a frame "
        f"five later, you say {got}. Touch every frame, not only one, and keep the furthest.",
    )
    got = asked(_window(weights, 15, 15))
    expect(got == 15, f"A BiLSTM's first answer rests on all 15 frames that follow; you say {got}.")


# --- A plié that ends otherwise ---------------------------------------------------------------------------


def way_down(style: Style) -> Keys:
    """The first two counts of a demi-plié; the last key names every channel, so that what follows is free."""
    return [
        at(0, first_position(style.turnout), ARMS["demi-seconde"], LOOK_AHEAD),
        at(2, first_position(style.turnout), ARMS["bras bas"], LOOK_AHEAD, plie=62 * style.amplitude, nod=8),
    ]


def plie_and_bow(style: Style) -> Keys:
    """An example: down as in a demi-plié, and from there into a bow."""
    return [
        *way_down(style),
        at(4, tilt=34, bend=38, nod=14, plie=0),
        at(6, first_position(style.turnout), ARMS["demi-seconde"], LOOK_AHEAD),
    ]


def dances(phrases: list[Phrase], dancers: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Let every one of so many new dancers dance each of these phrases before a camera that errs by 1 cm.

    Returns
    -------
        X, float32 (N, 40, 99): the landmarks from where the hips began, in body heights, ten frames a second;
        and y, int (N,): the number of the phrase. Who has finished stands still.
    """
    X, y = [], []
    for _ in range(dancers):
        for number, phrase in enumerate(phrases):
            body, style = Body.draw(rng), _style(rng)
            points = body.landmarks(perform(phrase(style), body, style, FPS))
            points = points[np.minimum(np.arange(FRAMES), len(points) - 1)]
            points = points - points[:1, 23:25].mean(axis=1, keepdims=True)
            points = points + rng.normal(0, 0.01, points.shape)
            X.append(points.reshape(FRAMES, 99) / body.height)
            y.append(number)
    return np.array(X, dtype=np.float32), np.array(y)


def _style(rng: np.random.Generator) -> Style:
    return Style(
        amplitude=float(rng.uniform(0.8, 1.05)),
        tempo=TEMPO,
        turnout=float(rng.uniform(40, 65)),
        seed=int(rng.integers(2**31)),
    )


@task(
    "04.3", "my_plie", "A plié that ends otherwise", level="build", minutes=15,
    hints=(
        "Begin with `*way_down(style)`, and add keys from count 3 on: `at(4, both(heel=54), plie=0)` "
        "rises.",
        "Arms carry far: `at(4, ARMS['couronne'])`. For a leg of her own give the weight to the other one "
        "first: `at(2.8, ON_LEFT_LEG)`, then `at(4, right(free=1, front=40, point=1))`.",
        "Close as every class does: `at(6, first_position(style.turnout), ARMS['bras bas'], LOOK_AHEAD)`.",
    ),
)  # fmt: skip
def my_plie(answer, rng):
    """Judge a phrase that is a demi-plié for two counts and something else afterwards."""
    for style in (Style(tempo=TEMPO, sway=0), _style(rng), _style(rng)):
        keys = answer(style)
        danced(keys, seed=0)
        plie, bow, mine = (
            perform(some, Body(), style).position for some in (demi_plie(style), plie_and_bow(style), keys)
        )
        count = TEMPO / 60 / 20  # counts a frame
        _expect_together(plie, mine, count)
        _expect_danceable(mine, count)
        for other, name in ((plie, "a demi-plié to the end"), (bow, "the example's bow")):
            apart = _apart(other, mine).max()
            expect(
                apart > 0.2,
                f"It begins as a demi-plié and remains {name}: no joint is ever more than "
                f"{100 * apart:.0f} cm from there. Let something end 20 cm elsewhere.",
            )


def _apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return for each joint and frame how far two dances are apart, in metres; who has ended stands still."""
    frames = np.arange(max(len(one), len(other)))
    both = [dance[np.minimum(frames, len(dance) - 1)] for dance in (one, other)]
    return np.linalg.norm(both[0] - both[1], axis=-1)


def _expect_together(plie: np.ndarray, mine: np.ndarray, count: float) -> None:
    apart = _apart(plie, mine)[: int(2 / count) - 1]
    frame, joint = np.unravel_index(apart.argmax(), apart.shape)
    expect(
        apart.max() < 0.02,
        f"At count {frame * count:.1f} the {JOINTS[joint].replace('_', ' ')} is {100 * apart.max():.0f} cm "
        "from where a demi-plié has it, so a forward reader could know. Until count 2 they must be alike: "
        "begin with `*way_down(style)`, and let your first key come after.",
    )


def _expect_danceable(mine: np.ndarray, count: float) -> None:
    if fast := flight(mine, 20, JOINTS):
        raise Wrong(
            f"At count {fast.frame * count:.1f} the {fast.part} flies at {fast.speed:.0f} m/s. Nobody can "
            "dance that: give it more counts, and carry arms through `ARMS['première']` on a long way."
        )
    feet = [JOINTS.index(f"{side}_toes") for side in ("left", "right")]
    height = mine[:, feet, 1].min(axis=1)
    expect(
        height.max() < 0.08,
        f"At count {height.argmax() * count:.1f} both feet hang in the air. One leg must carry her: "
        "leave its `free` at 0.",
    )


# --- A reader who waits -----------------------------------------------------------------------------------


@task(
    "04.4", "patient_reader", "A reader who waits half a second", level="build", minutes=20,
    hints=(
        "An LSTM with `return_sequences=True` reads forwards. What remains is to let its answer at frame t "
        "hear a few later outputs of the LSTM.",
        "A convolution over `ahead + 1` frames without padding, `padding='valid'`, hears the frame "
        "itself and `ahead` later ones, if the zeros are put only at the end.",
        "`layers.ZeroPadding1D((0, ahead))`, then `layers.Conv1D(32, ahead + 1, activation='relu')`, "
        "then a `Dense` with softmax, which answers each frame by itself.",
    ),
)  # fmt: skip
def patient_reader(answer, rng):
    """Judge a function (features, labels, ahead) that returns a model answering each frame `ahead` late."""
    for ahead in (3, 6):
        model = answer(5, 3, ahead)
        takes = rng.normal(size=(8, 40, 5)).astype(np.float32)
        expect(hasattr(model, "trainable_weights"), "Return a `keras.Model`, not its output.")
        said = np.asarray(model(takes))
        expect(
            said.shape != (8, 3), "One answer a take: an answer at *every* frame was asked for. "
            "Has the LSTM `return_sequences=True`?",
        )  # fmt: skip
        expect(
            said.shape != (8, 40 - ahead, 3),
            f"The last {ahead} frames have no answer. Put zeros behind the dance, so that they get one too.",
        )
        expect_shape(said, (8, 40, 3))
        expect(
            np.allclose(said.sum(-1), 1, atol=1e-3) and said.min() >= 0,
            "The answers are no probabilities: at each frame they should sum to 1. End with a softmax.",
        )
        expect(model.trainable_weights, "There is nothing to learn in it.")
        _expect_reach(_reach(model, takes, said), ahead)


def _reach(model, takes: np.ndarray, said: np.ndarray, frame: int = 16) -> np.ndarray:
    """Return which answers change with one frame, counted from that frame."""
    other = takes.copy()
    other[:, frame] += 3
    changed = np.abs(np.asarray(model(other)) - said).max(axis=(0, 2)) > 1e-6
    return np.flatnonzero(changed) - frame


def _expect_reach(reach: np.ndarray, ahead: int) -> None:
    first = -reach.min(initial=40)
    expect(
        first <= ahead,
        f"Asked to wait {ahead} frames, an answer rests on {first} frames after its own. Live it would "
        "have to wait for those, too. Does something read backwards, or is the padding on both sides?",
    )
    expect(
        first >= ahead,
        f"Asked to wait {ahead} frames, it looks only {max(first, 0)} ahead: "
        + ("it does not wait at all. " if first <= 0 else "the delay is paid for and not used. ")
        + "A kernel that hears the frame and `ahead` more has `ahead + 1` taps, and all zeros go to the end.",
    )
    expect(
        reach.max() > ahead,
        "It sees what comes and forgets what was: a frame no longer matters shortly after it has passed. "
        "Keep a reader with memory.",
    )


QUIZ = (
    Question(
        "A BiLSTM is right in 95% of all frames of recorded videos. What do you ask before you put it "
        "behind a camera?",
        {
            "How many frames of the future it saw for each answer": "Yes. And what it scores when it sees "
            "none of them, or as few as you can wait for.",
            "Whether the camera has as many frames a second": "That is worth knowing, too. But on file every "
            "answer had read the dance to its end, and no camera delivers that.",
            "Whether it can be made faster": "It is fast enough. What it lacks has not been danced yet.",
        },
        right="How many frames of the future it saw for each answer",
    ),
    Question(
        "Would a computer ten times as fast remove the delay?",
        {
            "No": "Right: it is spent on waiting for a dancer to move, and hardly on computing.",
            "Yes, nine tenths of it": "Of the computing, yes: that is a millisecond or so. The dancer is not "
            "hurried by it.",
            "Yes, with a graphics card": "No card knows how she will land.",
        },
        right="No",
    ),
    Question(
        "Why does shuffling chunks flatter a network fed with pictures more than one fed with poses?",
        {
            "Both halves of a take share room, light and clothes": "Yes. A picture shows them, and poses "
            "have thrown them away.",
            "Pictures have more pixels than poses have landmarks": "A larger input alone gives nothing away. "
            "What matters is what both halves have in common.",
            "InceptionV3 has seen the dancers before": "It has seen photographs, of nobody here. The leak is "
            "between our two halves.",
        },
        right="Both halves of a take share room, light and clothes",
    ),
)
