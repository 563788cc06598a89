"""Tasks and quiz of lesson 03: how long a memory lasts, a GRU, clipped gradients, and a cell of one's own."""

import inspect

import numpy as np

from ballet_lib.checks.base import Question, expect, expect_close, expect_shape, task

# --- 03.1 -------------------------------------------------------------------------------------------------


@task(
    "03.1",
    "memory_left",
    "What is left of a memory",
    level="fill in",
    minutes=3,
    hints=(
        "One frame leaves the share `forget`. The second leaves that share of what the first has left.",
        "Twice the same factor is its square.",
        "`forget**steps`",
    ),
)
def memory_left(answer, rng):
    """Judge a function (bias, steps) -> share of the cell state that is left."""
    bias, steps = float(rng.uniform(0.5, 3)), int(rng.integers(5, 40))
    forget = 1 / (1 + np.exp(-bias))
    got = answer(bias, steps)
    expect_shape(got, (), "One number is asked for.")
    for mistake, told in (
        (forget, "That is what a single frame leaves. Each further one takes its share again."),
        (forget * steps, f"A share of {forget * steps:.1f} is more than all. Each frame multiplies by the "
         "gate, so it is not times the number of frames."),
        (forget / steps, "Each frame multiplies by the gate. What is left does not fall like 1 / steps, it "
         "falls much faster."),
        ((1 - forget) ** steps, "The forget gate says what stays, in spite of its name. You counted what "
         "goes."),
        (1 - forget**steps, "That is what is lost. Asked is what is left."),
        (bias**steps, "The bias is not the gate: the gate is its sigmoid, `forget`."),
        (np.exp(-forget * steps), "Nearly. An exponential it is, but its base is the gate."),
    ):  # fmt: skip
        expect(not np.isclose(got, mistake, rtol=1e-6, atol=0), told)
    expect_close(
        got,
        forget**steps,
        f"A bias of {bias:.2f} makes a gate of {forget:.2f}. After two frames {forget**2:.2f} is left; and "
        f"after {steps}?",
        atol=0,
    )
    expect_close(
        answer(0.0, 3), 0.125, "With a bias of 0 each frame halves the memory: three leave 1/8.", atol=0
    )


# --- 03.2 -------------------------------------------------------------------------------------------------


@task(
    "03.2",
    "gru_step",
    "One step of a GRU",
    level="write",
    minutes=10,
    hints=(
        "Write the three lines from top to bottom, as in the lesson's LSTM: "
        "`z = sigmoid(x @ Wz + h @ Rz + bz)`.",
        "`r` weighs the memory before the candidate sees it: `(r * h) @ Rg`.",
        "The new state is a mixture: `z * h + (1 - z) * g`.",
    ),
)
def gru_step(answer, rng):
    """Judge a function (x, h, W, R, b) -> the next hidden state."""
    x, h = rng.normal(size=6), rng.uniform(-1, 1, 4)
    W, R, b = rng.normal(size=(6, 12)), rng.normal(size=(4, 12)), rng.normal(size=12)
    got = answer(x.copy(), h.copy(), W.copy(), R.copy(), b.copy())
    if isinstance(got, (tuple, list)):
        expect(len(got) == 4, "A GRU has one state, h. Return it alone: it has no cell state beside it.")
    expect_shape(got, (4,), f"Four units have a state of shape (4,), and yours has {np.shape(got)}.")
    z, r, _ = _gates(x, h, W, R, b)
    Wg, Rg, bg = W[:, 8:], R[:, 8:], b[8:]
    g = np.tanh(x @ Wg + (r * h) @ Rg + bg)
    after = np.tanh(x @ Wg + r * (h @ Rg) + bg)
    open_gate = np.tanh(x @ Wg + h @ Rg + bg)
    reset_by_z = np.tanh(x @ Wg + (z * h) @ Rg + bg)
    unbiased_z, unbiased_r, _ = _gates(x, h, W, R, 0 * b)
    unbiased = np.tanh(x @ Wg + (unbiased_r * h) @ Rg)
    squeezed = _sigmoid(x @ Wg + (r * h) @ Rg + bg)
    for mistake, told in (
        ((1 - z) * h + z * g, "You exchanged old and new. Here z is how much of the memory stays, as the "
         "forget gate in an LSTM: z = 1 keeps all of it."),
        (z * h + (1 - z) * after, "You reset after the product, `r * (h @ Rg)`. That is a GRU too, and "
         "Keras' default; here r weighs h first."),
        (z * h + (1 - z) * open_gate, "The reset gate does nothing: the candidate sees the whole memory. "
         "Weigh h by r."),
        (r * h + (1 - r) * reset_by_z, "You took the blocks in another order. Keras stores z, then r, then "
         "g."),
        (z * h + (1 - z) * squeezed, "A gate is a sigmoid, the candidate is not: with it the state could "
         "never be negative. Take tanh."),
        (unbiased_z * h + (1 - unbiased_z) * unbiased, "The bias is missing."),
        (z * h + g, "The memory is not made room for: z stays and all of g comes in, so h can leave -1 to "
         "1."),
        (g, "The old state is gone. A GRU mixes it with the candidate."),
        (h, "Nothing has changed: she could dance what she likes."),
    ):  # fmt: skip
        expect(not np.allclose(got, mistake, atol=1e-7), told)
    expect_close(
        got, z * h + (1 - z) * g, "The state is not right. Compare your lines with the three formulas."
    )


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def _gates(x, h, W, R, b) -> list[np.ndarray]:
    """Return z and r, and what a third gate would be."""
    return np.split(_sigmoid(x @ W + h @ R + b), 3)


# --- 03.3 -------------------------------------------------------------------------------------------------


@task(
    "03.3",
    "clipped",
    "Shorten a leap",
    level="write",
    minutes=8,
    hints=(
        "All arrays together are one long vector. Its length is the root of the sum of all squares.",
        "One factor for all keeps the direction: `longest / length`, and never more than 1.",
        "`factor = longest / max(length, longest)` is 1 for a short step, and needs no case for a length "
        "of 0.",
    ),
)
def clipped(answer, rng):
    """Judge a function (gradients, longest) -> gradients whose length together is at most `longest`."""
    gradients = [rng.normal(size=shape) * size for shape, size in (((6, 4), 3), ((4,), 0.5), ((4, 2), 20))]
    longest = float(rng.uniform(0.5, 2))
    given = [each.copy() for each in gradients]
    got = _as_arrays(answer(given, longest), gradients)
    untouched = all(np.array_equal(a, b) for a, b in zip(given, gradients, strict=True))
    expect(untouched, "The gradients that you were given have changed. Return new arrays.")
    length = _length(gradients)
    wanted = [each * longest / length for each in gradients]
    ways = [each * min(1, longest / np.linalg.norm(each)) for each in gradients]
    for mistake, told in (
        (gradients, f"Together they are {length:.0f} long, and {longest:.1f} is allowed. Nothing was "
         "shortened."),
        (ways, "Each array is clipped for itself. Large and small ones come out alike, and the step points "
         "elsewhere. One factor for all keeps the direction."),
        ([np.clip(each, -longest, longest) for each in gradients], "Each number is clipped for itself. The "
         "step is still too long, and points elsewhere. Scale all by one factor."),
        ([each / length for each in gradients], "Every step is now of length 1. Allowed is `longest`."),
        ([each * longest / length**2 for each in gradients], "Too short: did you take the root of the sum "
         "of squares?"),
    ):  # fmt: skip
        expect(not _alike(got, mistake), told)
    expect(
        np.isclose(_length(got), longest, rtol=1e-5),
        f"Together your arrays are {_length(got):.2f} long, and {longest:.2f} was asked for.",
    )
    expect(
        _alike(got, wanted), "The length is right and the direction is not. Scale all arrays by one factor."
    )
    small = [each * 0.1 * longest / length for each in gradients]
    expect(
        _alike(_as_arrays(answer(small, longest), small), small),
        "A short step became longer. Clipping shortens what is too long, and leaves the rest as it is.",
    )
    nothing = _as_arrays(answer([0 * each for each in gradients], longest), gradients)
    expect(
        all(np.isfinite(each).all() for each in nothing),
        "A step of length 0 became NaN: you divided by its length. One NaN, and all weights are lost.",
    )


def _as_arrays(got, gradients: list[np.ndarray]) -> list[np.ndarray]:
    """Ask for a list of arrays of the same shapes."""
    expect(isinstance(got, (list, tuple)), "A list of arrays came in, and a list of arrays should go out.")
    shapes = [each.shape for each in gradients]
    expect(
        [np.shape(each) for each in got] == shapes,
        f"The shapes should be {shapes}, as they came, and yours are {[np.shape(each) for each in got]}.",
    )
    return [np.asarray(each, float) for each in got]


def _length(arrays: list[np.ndarray]) -> float:
    return float(np.sqrt(sum((each**2).sum() for each in arrays)))


def _alike(some: list[np.ndarray], others: list[np.ndarray]) -> bool:
    return all(np.allclose(a, b, rtol=1e-5, atol=1e-12) for a, b in zip(some, others, strict=True))


# --- 03.4 -------------------------------------------------------------------------------------------------

FORGET = 4.0
"""The bias of the forget gate at the start."""


@task(
    "03.4",
    "SlowMemory",
    "A memory cell of your own",
    level="build",
    minutes=20,
    hints=(
        'In `build`: `self.W = self.add_weight(shape=(shape[-1], self.units), name="W")`, and so `b` and '
        '`forget` of shape `(self.units,)`. They begin by `initializer="zeros"` and '
        "`initializer=keras.initializers.Constant(4.0)`.",
        "In `call`: `states` is a list of one array, so `c = states[0]`. The gate is "
        "`keras.ops.sigmoid(self.forget)`.",
        "What comes in is `(1 - f) * keras.ops.tanh(x @ self.W + self.b)`. Return what it shows and what "
        "it keeps: `return c, [c]`.",
    ),
)
def slow_memory(answer, rng):
    """Judge a Keras cell: c <- f c + (1 - f) tanh(x W + b), with f one trained number a unit."""
    from ballet_lib.quiet_tensorflow import import_keras

    keras = import_keras()
    expect(
        inspect.isclass(answer) and issubclass(answer, keras.layers.Layer),
        "A class is asked for, which inherits from `keras.layers.Layer`.",
    )
    cell = answer(8)
    zero, one = np.zeros((3, 8), "float32"), np.ones((3, 8), "float32")
    x = rng.normal(size=(3, 5)).astype("float32")
    _run(cell, x, zero)
    _expect_weights(cell)
    kept = _run(cell, 0 * x, one)
    _expect_gate(kept)
    _expect_new(_run(cell, x, zero), _run(cell, 2e3 * x, zero), 1 - kept)
    both = _run(cell, x, one)
    expect_close(
        both,
        kept + _run(cell, x, zero),
        "Memory and news each do what they should, but not together: c is the sum of the two.",
        atol=1e-4,
    )
    dance = rng.normal(size=(2, 40, 5)).astype("float32")
    states = np.asarray(keras.layers.RNN(answer(8), return_sequences=True)(dance))
    expect_shape(states, (2, 40, 8))
    expect(
        np.abs(states).max() < 1,
        "Over 40 frames the memory leaves -1 to 1. Where does more come in than goes?",
    )


def _run(cell, x: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Take one step and return the state, if the cell returns what `keras.layers.RNN` expects."""
    got = cell(x, [c])
    pair = isinstance(got, tuple) and len(got) == 2 and isinstance(got[1], (list, tuple)) and len(got[1]) == 1
    expect(
        pair,
        "`call` returns two things: what the cell shows, and a list of what it keeps. Here both are c: "
        "`return c, [c]`.",
    )
    shown, kept = np.asarray(got[0]), np.asarray(got[1][0])
    expect_shape(
        shown, c.shape, f"3 takes and 8 units give a state of shape (3, 8), and yours has {shown.shape}."
    )
    expect(np.array_equal(shown, kept), "What the cell shows and what it keeps should be the same new c.")
    return shown


def _expect_weights(cell) -> None:
    shapes = sorted(tuple(weight.shape) for weight in cell.trainable_weights)
    expect(
        (5, 8) in shapes,
        f"W should weigh 5 numbers for 8 units: a weight of shape (5, 8). There are {shapes}.",
    )
    vectors = sum(shape == (8,) for shape in shapes)
    expect(
        vectors >= 2,
        "b and the bias of the forget gate should be trained, one number a unit: two weights of shape "
        f"(8,). There are {shapes}. What Keras is to learn must come from `self.add_weight`.",
    )
    expect(
        len(shapes) == 3, f"Three weights are enough: W, b and the forget gate's bias. There are {shapes}."
    )


def _expect_gate(kept: np.ndarray) -> None:
    """Ask that of a memory of 1 the gate leaves sigmoid(4), if nothing comes in."""
    gate = float(_sigmoid(np.array(FORGET)))
    for share, told in (
        (0.5, "The gate begins at 0.5 and halves the memory at each frame: after 40 frames nothing is "
         "left. Its bias should begin at 4."),
        (float(_sigmoid(np.array(1.0))), "The gate begins at 0.73, as Keras' LSTM does. Here its bias "
         "should begin at 4."),
        (1.0, "Nothing is ever forgotten: f is 1. It should be the sigmoid of its bias."),
        (FORGET, "The memory grows fourfold at each frame: you took the bias for the gate. The gate is its "
         "sigmoid."),
        (1 - gate, "The gate lets go what it should keep: f is what stays."),
        ((1 + gate) / 2, "Of a frame of zeros something comes in: sigmoid(0) is 0.5. Squeeze the frame by "
         "tanh."),
        (0.0, "The old memory is gone after a single frame. Read it from `states[0]`."),
    ):  # fmt: skip
        expect(not np.allclose(kept, share, atol=1e-3), told)
    expect(
        np.allclose(kept, gate, atol=1e-3),
        f"A memory of 1, and a frame of zeros: {gate:.3f} of it should be left, the sigmoid of 4, and yours "
        f"leaves {kept.min():.3f} to {kept.max():.3f}. Does b begin at 0?",
    )


def _expect_new(news: np.ndarray, loud: np.ndarray, room: np.ndarray) -> None:
    """Ask that what comes in is tanh of the frame, and takes the room that was made."""
    expect(
        np.abs(news).max() > 1e-6,
        "The frame leaves no trace: nothing new comes in. Do W's weights begin at 0?",
    )
    expect(
        np.abs(loud).max() < 2,
        "A loud frame makes a huge memory. Squeeze it: tanh of x W + b.",
    )
    expect(
        np.abs(loud).max() < 2 * room.max(),
        "What comes in is not weighed by 1 - f. The memory adds up over the frames and ends at 1 / (1 - "
        "f), about 55.",
    )
    expect(
        loud.min() < 0, "Nothing negative comes in. Squeeze the frame by tanh, not by a sigmoid or a ReLU."
    )


# --- The quiz ---------------------------------------------------------------------------------------------

QUIZ = (
    Question(
        "A training with ReLU reaches 98% and ends at 20%, without an error. What do you change first?",
        {
            "Bound the state: tanh": "Yes. A step met a state that grows from frame to frame, and threw "
            "the weights away. To keep the best epoch instead of the last would have helped, too.",
            "More epochs": "It had learnt already. Each further epoch is another step on the same ridge.",
            "More takes": "They would not hold the state: it grows from frame to frame, whoever dances.",
        },
        right="Bound the state: tanh",
    ),
    Question(
        "Your model has 100% on its training takes. What do you know?",
        {
            "That there was room to learn them by heart": "Yes. It does so with shuffled labels as well.",
            "That it has learnt the movements": "Perhaps. With shuffled labels there was nothing to learn, "
            "and it reached nearly as much.",
            "That it will do well with strangers": "Ask strangers. The paper's network was as sure at home.",
        },
        right="That there was room to learn them by heart",
    ),
    Question(
        "The validation loss rises for ten epochs, the validation accuracy stays. Is it harmless to go on?",
        {
            "No": "Right: it becomes surer of its mistakes, and whoever uses a threshold will see them.",
            "Yes: accuracy is what counts": "It counts each mistake once, however sure. A threshold of 80 "
            "% sees the difference.",
            "Yes: the training loss still falls": "That is what learning by heart looks like.",
        },
        right="No",
    ),
)
