"""Lesson 05, attention and TCN: who is looked at, how far back is heard, and what was luck."""

from dataclasses import replace

import numpy as np

from ballet_lib.checks.base import Question, expect, expect_close, expect_shape, task
from ballet_lib.networks.tcn import receptive_field
from ballet_lib.takes import Take, TakeSet

FRAMES = 20
"""Of the dances that `down_and_up` returns."""

# --- Nobody there, nothing to see -------------------------------------------------------------------------


def softmax(scores: np.ndarray) -> np.ndarray:
    """Return positive weights that sum to 1 along the last axis."""
    e = np.exp(scores - scores.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


@task(
    "05.1", "look_at_the_found", "Nobody there, nothing to see", level="fill in", minutes=5,
    hints=(
        "A score of 0 is an ordinary score: softmax still gives it a share, e to the power of 0.",
        "Which score would leave a weight of exactly 0? The one whose exponential is 0.",
        "Minus infinity: `scores = np.where(found, scores, -np.inf)`. It also replaces what is NaN.",
    ),
)  # fmt: skip
def look_at_the_found(answer, rng):
    """Judge a function of a query (d,), keys (T, d) and found (T,) that returns weights (T,)."""
    found = np.array([1, 1, 0, 1, 0, 0, 1, 1], dtype=bool)
    query, keys = rng.normal(size=4), rng.normal(size=(8, 4))
    keys[~found] += 0.5 * query  # an absent dancer must not win by her looks
    scores = keys @ query / 2
    got = answer(query.copy(), keys.copy(), found.copy())
    expect_shape(got, (8,), "One weight a frame was asked for, (8,) for eight frames.")
    _diagnose(np.asarray(got, dtype=float), scores, found)
    keys[~found] = np.nan
    got = np.asarray(answer(query.copy(), keys.copy(), found.copy()), dtype=float)
    expect(
        np.isfinite(got).all(),
        "Where nobody was found the keys are NaN, and now so are the weights: NaN times 0, or NaN minus a "
        "million, is still NaN. *Replace* those scores.",
    )
    _diagnose(got, scores, found)


def _diagnose(got: np.ndarray, scores: np.ndarray, found: np.ndarray) -> None:
    """Say which of the usual mistakes these weights come from."""
    empty = got[~found].sum()
    expect(not np.allclose(got, softmax(scores)), "The weights are as if everybody were there.")
    expect(
        not np.allclose(got, softmax(scores * found)),
        f"The empty frames still take {empty:.0%} of the look: a score of 0 is not a weight of 0.",
    )
    expect(
        not np.allclose(got, softmax(scores) * found),
        f"The empty frames have weight 0, but the rest sums to {got.sum():.2f}: what they had is lost. "
        "Hide them *before* the softmax, so that it shares out the whole.",
    )
    expect(
        not np.allclose(got, softmax(np.where(found, -np.inf, scores))),
        "You look only where nobody is. `found` is True where somebody was found.",
    )
    expect(empty < 1e-6, f"The empty frames take {empty:.0%} of the look; it should be nothing.")
    wanted = softmax(np.where(found, scores, -np.inf))
    expect_close(got, wanted, "The weights of the other frames are not the softmax of their scores.")


# --- How deep for a phrase? -------------------------------------------------------------------------------


@task(
    "05.2", "blocks_for", "How deep for a phrase?", level="write", minutes=8,
    hints=(
        "The last output hears its own frame, and each convolution adds (kernel − 1) · dilation frames "
        "before it. A block has two convolutions of one dilation.",
        "The dilations of b blocks, 1 + 2 + 4 + …, sum to 2 to the power of b, minus 1.",
        "Count up: begin with one block, and while `1 + 2 * (kernel - 1) * (2**blocks - 1)` is less than "
        "`seconds * fps`, take one more.",
    ),
)  # fmt: skip
def blocks_for(answer, rng):
    """Judge a function of seconds, fps and kernel that returns the least number of blocks."""

    def reach(blocks: int, kernel: int) -> int:
        return receptive_field(kernel, [2**block for block in range(blocks)])

    for seconds, fps, kernel in ((4, 20, 3), (2, 20, 3), (12, 25, 2), (3, 30, 5), (61, 1, 3), (62, 1, 3)):
        frames = seconds * fps
        wanted = next(blocks for blocks in range(1, 30) if reach(blocks, kernel) >= frames)
        got = answer(seconds, fps, kernel)
        expect(np.ndim(got) == 0 and got == round(got), "A whole number of blocks was asked for.")
        case = f"A phrase of {seconds} s at {fps} frames/s is {frames} frames. With a kernel of {kernel}, "
        expect(
            got <= wanted or frames != reach(wanted, kernel),
            f"{case}{wanted} blocks hear exactly that many: the present frame is one of them. You say {got}.",
        )
        expect(
            got <= wanted,
            f"{case}{wanted} blocks hear {reach(wanted, kernel)}, so {got} are more than it takes. Has "
            "each block its two convolutions, with all (kernel − 1) taps?",
        )
        expect(
            got >= wanted,
            f"{case}your {got:g} blocks hear only {reach(int(got), kernel) if got >= 1 else 1} of them. By "
            "the end it has forgotten how she began.",
        )


# --- Was it luck? -----------------------------------------------------------------------------------------


def _answers(rng, dancers: int, takes: int, difficulty: float, lead: np.ndarray):
    """Make up which takes two networks recognise: hard and easy dancers, and a lead for each dancer."""
    base = np.clip(0.5 + difficulty * np.linspace(-1, 1, dancers), 0, 1)
    first, second = np.zeros((2, dancers, takes), dtype=bool)
    for dancer in range(dancers):
        first[dancer, : round(takes * np.clip(base[dancer] + lead[dancer] / 2, 0, 1))] = True
        second[dancer, : round(takes * np.clip(base[dancer] - lead[dancer] / 2, 0, 1))] = True
    names = np.repeat([f"d{number:02}" for number in range(dancers)], takes)
    order = rng.permutation(len(names))
    return first.ravel()[order], second.ravel()[order], names[order]


def _interval(first, second, dancers, draws: int = 4000, paired: bool = True, by_take: bool = False):
    """Return the percentile interval, in the right way or in one of the wrong ones."""
    rng = np.random.default_rng(0)
    units = np.arange(len(dancers)) if by_take else np.unique(dancers, return_inverse=True)[1]
    size = np.bincount(units)
    rates = [np.bincount(units, right) / size for right in (first, second)]
    drawn = rng.integers(len(size), size=(2, draws, len(size)))
    differences = rates[0][drawn[0]].mean(1) - rates[1][drawn[0 if paired else 1]].mean(1)
    return np.percentile(differences, [2.5, 97.5])


CLOSE = 0.055
"""How near the ends must be to ours; both are drawn by lot."""


@task(
    "05.3", "interval_of_difference", "Is it better, or was it luck?", level="write", minutes=15,
    hints=(
        "Draw as many dancers as there are, with replacement: `rng.choice(names, len(names))`. Then take "
        "the difference of the two accuracies on all takes of those dancers.",
        "Both networks meet the same drawn dancers. So it is enough to know each dancer's own difference: "
        "`first[dancers == name].mean() - second[dancers == name].mean()`.",
        "The mean of the drawn differences, a thousand times; then `np.percentile(means, [2.5, 97.5])`.",
    ),
)  # fmt: skip
def interval_of_difference(answer, rng):
    """Judge a function of first, second (N,) bool, dancers (N,), rng that returns (low, high)."""
    unlike = rng.permutation(np.linspace(-0.45, 0.65, 12))
    cases = (
        _answers(rng, 12, 20, 0.4, np.full(12, 0.1)),  # alike on everybody: pairing counts
        _answers(rng, 12, 20, 0.0, unlike),  # unlike from dancer to dancer: dancers count
    )
    for first, second, dancers in cases:
        given = first.copy(), second.copy(), dancers.copy(), np.random.default_rng(rng.integers(2**31))
        got = answer(*given)
        expect_shape(got, (2,), "Two numbers were asked for, (low, high).")
        got = np.asarray(got, dtype=float)

        right = _interval(first, second, dancers)
        if np.abs(got - right).max() >= CLOSE:
            _diagnose_interval(got, right, first, second, dancers)


def _diagnose_interval(got, right, first, second, dancers) -> None:
    """Say which of the usual mistakes an interval comes from."""

    def like(low_high, tolerance=CLOSE):
        return np.abs(got - low_high).max() < tolerance

    told = f"You say {got[0]:+.2f} to {got[1]:+.2f}"
    expect(not like(100 * right, 100 * CLOSE), f"{told}: those are points. Give shares, 0.1 for ten points.")
    expect(got[0] <= got[1], f"{told}. The low end comes first.")
    expect(
        not like(_interval(second, first, dancers)),
        f"{told}: the sign is turned round. It is first minus second.",
    )
    expect(
        not like(_interval(first, second, dancers, by_take=True)),
        f"{told}, and that is too narrow: these are takes drawn one by one. Takes of one dancer "
        "resemble each other; another class brings other *dancers*.",
    )
    expect(
        not like(_interval(first, second, dancers, paired=False)),
        f"{told}, and that is too wide: you have drawn other dancers for each network. One may then "
        "meet the easy dancers, the other the hard ones. Let both meet the same.",
    )
    width, wanted = np.ptp(got), np.ptp(right)
    expect(
        width > 0.01 or wanted < 0.02,
        f"{told}: no width at all. Draw dancers with replacement, as many as there are.",
    )
    wider = "narrow" if width < wanted else "wide"
    expect(
        False,
        f"{told}; drawing dancers gives {right[0]:+.2f} to {right[1]:+.2f}. Yours is too {wider}, or "
        "lies elsewhere. Percentiles 2.5 and 97.5 of the drawn differences?",
    )


# --- Down or up? ------------------------------------------------------------------------------------------


def down_and_up(dancers: int, rng: np.random.Generator) -> TakeSet:
    """Let so many new dancers sink into a demi-plié, and run each film backwards as well.

    The takes are labelled ``down`` and ``up``, a second each, filmed from somewhere in front by a camera that
    errs by half a percent of the picture's height.
    """
    from ballet_lib.studio.body import Body
    from ballet_lib.studio.camera import Camera
    from ballet_lib.studio.choreography import Style
    from ballet_lib.studio.scene import Scene

    takes = []
    for number in range(dancers):
        style = Style(
            amplitude=float(rng.uniform(0.8, 1.05)), tempo=120, turnout=float(rng.uniform(40, 65)),
            seed=int(rng.integers(2**31)),
        )  # fmt: skip
        camera = Camera(yaw=float(rng.uniform(-40, 40)))
        film = Scene("demi_plie", Body.draw(rng), style, camera=camera).exact[:FRAMES]
        landmarks = film.landmarks.copy()
        landmarks[..., :2] += rng.normal(0, 0.005, landmarks[..., :2].shape).astype(np.float32)
        name = f"n{number + 1:02}"
        down = replace(film, landmarks=landmarks, world=None)
        up = replace(down, landmarks=landmarks[::-1].copy())
        takes += [Take(down, "down", name, f"{name}_down"), Take(up, "up", name, f"{name}_up")]
    return TakeSet(takes, ("down", "up"))


def learn(model, takes: TakeSet, seed: int = 0) -> None:
    """Train a model on dances that go down or up; some seconds."""
    from ballet_lib.quiet_tensorflow import import_keras

    keras = import_keras()
    keras.utils.set_random_seed(seed)
    X, y, _ = takes.to_arrays("centred", frames=FRAMES)
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", jit_compile=False)
    model.fit(np.tile(X, (15, 1, 1)), np.tile(y, 15), batch_size=len(X), epochs=5, verbose=0)


@task(
    "05.4", "down_or_up", "Down or up?", level="build", minutes=20,
    hints=(
        "Begin with `frame_attention` of lesson 05. Its only fault here: each frame is encoded for "
        "itself, and a mean does not know in which order its terms came.",
        "So tell each frame when it is. A layer of your own can own one row of numbers a frame and add it: "
        "`self.add_weight(shape=shape[1:])` in `build(self, shape)`, `frames + self.time` in `call`.",
        "Add the time to the encoded frames, and put one more `Dense` with tanh behind it: a pose and "
        "its hour have to meet. Or give each frame its velocity: the frame before it, subtracted.",
    ),
)  # fmt: skip
def down_or_up(answer, rng):
    """Judge a function of a shape (T, F) that returns a model with attention, which learns the order."""
    known, strangers = down_and_up(24, rng), down_and_up(12, rng)
    X, y, _ = strangers.to_arrays("centred", frames=FRAMES)
    model = answer(X.shape[1:])
    expect(hasattr(model, "layers") and callable(model), "Return a `keras.Model`, not its output.")
    said = np.asarray(model(X))
    expect_shape(said, (len(X), 2), f"Two probabilities a take were asked for; the shape is {said.shape}.")
    expect(np.allclose(said.sum(1), 1, atol=1e-3), "The two answers do not sum to 1. End with a softmax.")
    _expect_attention(model, X)
    learn(model, known, int(rng.integers(2**31)))
    right = (np.asarray(model(X)).argmax(1) == y).mean()
    if right >= 0.85:
        return
    mixed = X[:, rng.permutation(FRAMES)]
    moved = np.abs(np.asarray(model(X)) - np.asarray(model(mixed))).max()
    expect(
        moved > 1e-4,
        f"{right:.0%} of strangers. Shuffle the frames of a take, and its answer does not change by a "
        "hair: for your network, down and up are the same heap of poses. Tell each frame when it is.",
    )
    expect(
        False,
        f"It sees the order, but names only {right:.0%} of the strangers' dances rightly; 85% are "
        "asked. Has what it learns of time reached the layer that the look weighs? Are its weights "
        "trained at all?",
    )


def _expect_attention(model, X: np.ndarray) -> None:
    """Ask that nothing in the model remembers, and that its look can be read."""
    from ballet_lib.networks.attention import WEIGHTS, attention_weights

    kinds = {type(layer).__name__ for layer in model._flatten_layers()}
    memory = kinds & {"LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "ConvLSTM1D"}
    expect(
        not memory,
        f"There is memory in it: {', '.join(sorted(memory))}. That tells down from up, to be sure. Here it "
        "is out of order, and attention has to do without.",
    )
    expect(
        any(layer.name == WEIGHTS for layer in model.layers),
        'No layer is called "attention". Name the softmax over the frames so, and its look can be drawn.',
    )
    looks = attention_weights(model, X)
    expect_shape(looks, (len(X), FRAMES), f"The look has the shape {looks.shape}, not one weight a frame.")
    expect(
        np.allclose(looks.sum(1), 1, atol=1e-3),
        "The weights of a take do not sum to 1. Is the softmax over the frames?",
    )


QUIZ = (
    Question(
        'A colleague shows you the attention of her LSTM: "it looks at the foot\'s landing". What do you ask '
        "for?",
        {
            "Equal weights in place of hers": "Yes, or another take's: do the answers change? And the same "
            "frames removed, against random ones.",
            "A picture of more takes": "More stories of the same kind. Whether the look *matters* no picture "
            "tells.",
            "A network with more heads": "Then there are more pictures. After an LSTM, each output still "
            "remembers all that was before.",
        },
        right="Equal weights in place of hers",
    ),
    Question(
        "A TCN with kernel 3 and one convolution for each of the dilations 1, 2, 4, 8, 16: would it hear a "
        "phrase of four seconds at 20 frames a second?",
        {
            "No: it hears 63 frames": "Right: 1 + 2 · 31, and 80 would be needed. One layer more, with "
            "dilation 32, hears 127.",
            "Yes: it hears 125 frames": "That is with two convolutions a dilation, as the course's TCN has. "
            "Here there is one.",
            "Yes: dilated convolutions hear everything": "They hear far, and then there is a cliff: the "
            "gradient beyond it is 0, exactly.",
        },
        right="No: it hears 63 frames",
    ),
    Question(
        "Network A has 66%, network B 58% on 91 clips. Which is better?",
        {
            "It cannot be told": "Right: the interval of the difference holds 0. On 91 clips a lead must be "
            "about 20 points to be found four times in five.",
            "A, by eight points": "By seven clips. Draw other clips, and they may change sides.",
            "A, if it has been trained with three seeds": "Seeds tell about the trainings. These are still "
            "the same 91 clips.",
        },
        right="It cannot be told",
    ),
)
