"""Tasks and quiz of lesson 09, a silhouette autoencoder."""

import numpy as np

from ballet_lib.checks.base import Question, Wrong, expect, expect_close, expect_shape, task


@task(
    "09.1", "ghost", "Ink where nobody is", level="fill in", minutes=3,
    hints=(
        "Two masks: where there is ink, and where nobody danced. A ghost is where both are true.",
        "`ink & ~danced` is the ghost. Count it with `.sum()`.",
        "Of the *drawn* pixels: divide by `ink.sum()`.",
    ),
)  # fmt: skip
def ghost(answer, rng):
    """Judge a function of danced (bool) and drawn (probabilities) -> share of ink beside the dancer."""
    danced = np.zeros((2, 96, 64), bool)
    danced[0, 20:60, 20:40], danced[1, 10:70, 30:50] = True, True  # 800 and 1200 pixels
    drawn = np.where(danced, 0.9, 0.1)
    drawn[:, 20:40, 30:40] = 0.2  # 200 lost in each
    drawn[0, 60:70, 20:30], drawn[1, 80:90, 0:20] = 0.8, 0.5  # 100 and 200 ghosts, the latter just about
    got = answer(danced.copy(), drawn.copy())
    expect_shape(got, (), "Return one number for all frames together.")
    ink, ghosts, lost, her = 1900, 300, 400, 2000
    near = {
        lost / her: "That is what got lost of the dancer. A ghost is the opposite: ink where she is not.",
        ghosts / her: "You divided by the dancer. Asked is the share of the *drawn* pixels.",
        1 - ghosts / ink: "That is the ink that is right. The ghost is the rest.",
        ghosts / danced.size: "You divided by all pixels, white ones too. Divide by those drawn.",
        ghosts / (ink + lost): "You divided by what is drawn or danced. Divide by what is drawn.",
        (ghosts + lost) / ink: "You counted every mistake. What is lost is no ghost.",
        (1 / 7 + 1 / 6) / 2: "That is the mean of the frames' shares. Count all pixels together.",
        ghosts: "That is how many pixels are ghosts. Asked is their share of the ink.",
        100 * ghosts / ink: "Return a share from 0 to 1, not percent.",
    }  # fmt: skip
    for value, message in near.items():
        expect(not np.isclose(got, value), message)
    expect_close(
        got, ghosts / ink, "Of 1900 drawn pixels 300 lie beside the dancer, and you say something else."
    )
    danced, drawn = rng.random((3, 96, 64)) < 0.3, rng.random((3, 96, 64))
    wanted = (drawn[~danced] >= 0.5).sum() / (drawn >= 0.5).sum()
    expect_close(answer(danced, drawn), wanted, "It is right for two frames, and not for three others.")


@task(
    "09.2", "speeds", "How still can she stand?", level="write", minutes=8,
    hints=(
        "`np.diff(numbers, axis=0)` is the step from each frame to the next: (N - 1, 128).",
        "`np.linalg.norm(steps, axis=1)` is how long each step is; ten steps are danced in a second.",
        "`np.diff(clip) != 0` is true where one clip ends and the next begins: `np.where` puts NaN there.",
    ),
)  # fmt: skip
def speeds(answer, rng):
    """Judge a function of numbers (N, D), clip (N,), fps -> speeds (N - 1,), NaN between clips."""
    numbers = np.cumsum(rng.normal(0, 1, (60, 16)), axis=0)
    clip = np.repeat([4, 0, 7], [25, 15, 20])  # numbers of clips need not count up
    steps = np.linalg.norm(np.diff(numbers, axis=0), axis=1)
    got = answer(numbers.copy(), clip.copy(), 10.0)
    expect(
        np.shape(got) != (57,),
        "You left the cuts out. Keep their place and put NaN, or no later speed belongs to its frame.",
    )
    expect(np.shape(got) != (60,), "There are N speeds. Between N frames lie N − 1 steps.")
    expect_shape(
        got, (59,), f"Return one speed for each of the 59 steps between 60 frames, not {np.shape(got)}."
    )
    got = np.asarray(got, float)
    cut = np.diff(clip) != 0
    expect(
        not np.isfinite(got).all(),
        "From one clip to the next nobody danced: put NaN at the two cuts. Otherwise the quickest movement "
        "is a pair of scissors.",
    )
    expect(
        np.isfinite(got[~cut]).all(),
        "There is NaN where she danced on. Only where the clip changes there is no speed.",
    )
    expect(
        np.isnan(got[cut]).all(),
        "One of the two cuts still has a speed. Clips differ; their numbers may go down as well as up.",
    )
    near = {
        "That is the way for each frame. Per second it is ten times as long: multiply by fps.": steps,
        "You divided by the frames per second. Ten steps are danced in a second, so multiply.": steps / 10,
        "You added the sizes of the differences. A distance is the root of the sum of their squares.":
            10 * np.abs(np.diff(numbers, axis=0)).sum(axis=1),
        "These are squared distances. Take the root.": 10 * steps**2,
    }  # fmt: skip
    for message, value in near.items():
        expect(not np.allclose(got[~cut], value[~cut]), message)
    expect_close(got[~cut], 10 * steps[~cut], "These are not the distances from frame to frame, per second.")
    again = np.asarray(answer(numbers.copy(), np.zeros(60, int), 25.0), float)
    expect_close(again, 25 * steps, "With a single clip of 25 frames per second something else came out.")


@task(
    "09.3", "Draw", "A layer that draws lots", level="build", minutes=12,
    hints=(
        "In use, `if not training: return mean`.",
        "`noise = keras.random.normal(keras.ops.shape(mean), seed=self.seed)` is standard normal, another "
        "for each number.",
        "The standard deviation is the root of the variance: `keras.ops.exp(log_variance / 2)`. Multiply "
        "the noise by it, and add the mean.",
    ),
)  # fmt: skip
def draw(answer, rng):
    """Judge a layer of [mean, log variance] (N, D) that draws in training and returns the mean in use."""
    from ballet_lib.quiet_tensorflow import import_keras

    keras = import_keras()
    expect(
        isinstance(answer, type) and issubclass(answer, keras.layers.Layer),
        "Give the class itself, `Draw`, and let it be a `keras.layers.Layer`.",
    )
    layer = answer()
    mean = rng.normal(0, 5, (500, 64)).astype(np.float32)
    log_variance = np.full((500, 64), np.log(4), np.float32)
    log_variance[:, ::2] = np.log(0.25)
    used = layer((mean, log_variance), training=False)
    expect(used is not None, "`call` returned None. Is a `return` missing?")
    expect_shape(used, mean.shape)
    expect_close(
        used, mean, "In use it must return the mean: else the same pose looks different each time.", atol=1e-4
    )
    first, second = (np.asarray(layer((mean, log_variance), training=True), float) for _ in range(2))
    expect_shape(first, mean.shape)
    expect(not np.allclose(first, mean, atol=1e-4), "In training nothing is drawn: the mean comes back.")
    expect(
        not np.allclose(first, second, atol=1e-4),
        "Every call draws the same noise. Give `seed=self.seed`, which moves on, not a number.",
    )
    _judge_noise((first - mean) / np.exp(log_variance / 2), first - mean)
    _judge_slopes(layer, mean[:50], log_variance[:50])
    _judge_in_training(keras, answer)


def _judge_noise(noise, difference):
    """Noise (500, 64) in standard deviations; 16 000 draws of each variance tell them to 1%."""
    small, large = difference[:, ::2].std(), difference[:, 1::2].std()
    expect(
        np.abs(noise - noise[:1]).max() > 1e-3,
        "All frames get the same noise. Draw as many numbers as the mean has: `keras.ops.shape(mean)`.",
    )
    expect(
        np.abs(noise - noise[:, :1]).max() > 1e-3,
        "All numbers of a frame get the same noise. Draw one for each.",
    )
    expect(abs(noise.mean()) < 0.05, "The noise is not around zero: what is drawn lies beside the mean.")
    if not np.allclose((small, large), (0.5, 2), rtol=0.06):
        near = {
            (0.25, 4): "You multiplied by the variance. The spread is its root: exp(log_variance / 2).",
            (np.log(4), np.log(4)): "You multiplied by the logarithm itself. First make a spread of it.",
            (np.log(2), np.log(2)): "You halved the logarithm and forgot the `exp`.",
            (1, 1): "The spread does not count at all: every number is shaken alike.",
        }  # fmt: skip
        for value, message in near.items():
            expect(not np.allclose((small, large), value, rtol=0.06), message)
        expect(
            False,
            f"With variances of 0.25 and 4 the spreads are 0.5 and 2; yours are {small:.2g} and {large:.2g}.",
        )
    beyond = (np.abs(noise) > 2).mean()
    expect(
        0.03 < beyond < 0.06,
        "The spread is right, the noise is not normal: 1 draw in 22 lies beyond two standard deviations.",
    )


def _judge_slopes(layer, mean, log_variance):
    import tensorflow as tf

    inputs = [tf.constant(mean), tf.constant(log_variance)]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        told = tf.reduce_sum(layer(inputs, training=True) ** 2)
    slopes = tape.gradient(told, inputs)
    for name, slope in zip(("mean", "log variance"), slopes, strict=True):
        expect(slope is not None and np.abs(slope).max() > 0,
               f"No gradient reaches the {name}: the encoder cannot learn it. Write the draw as mean + "
               "spread × noise.")  # fmt: skip


def _judge_in_training(keras, answer):
    try:
        mean, spread = keras.Input((4,)), keras.Input((4,))
        network = keras.Model([mean, spread], keras.layers.Dense(1)(answer()([mean, spread], training=True)))
        network.compile("sgd", "mse", jit_compile=False)
        network.train_on_batch([np.ones((6, 4)), np.zeros((6, 4))], np.ones((6, 1)))
    except Exception as error:
        raise Wrong(
            "On numbers your layer works, in the training of a model it does not: there the number of "
            f"frames is not known yet. Use `keras.ops.shape(mean)` for the shape. ({type(error).__name__})"
        ) from error


@task(
    "09.4", "way", "A movement, from pose to pose", level="build", minutes=15,
    hints=(
        "`_, before = dijkstra(costs, indices=first, return_predecessors=True)` tells for each frame which "
        "one comes before it on the cheapest way from `first`.",
        "So the way is found backwards: begin with `frames = [last]`, and append `before[frames[-1]]`.",
        "Stop when `frames[-1] == first`, and return `frames[::-1]`.",
    ),
)  # fmt: skip
def way(answer, rng):
    """Judge a function of numbers (N, D), first, last -> frames of the way with the least squared steps."""
    # Poses on a horseshoe, in any order: squared, the leap between its ends is dearer than the way round.
    turn = np.linspace(0.9, 2 * np.pi - 0.9, 40)
    order = rng.permutation(40)
    horseshoe = 3 * np.c_[np.cos(turn), np.sin(turn), np.zeros((40, 4))][order]
    at = np.argsort(order)
    _judge_way(answer, horseshoe, int(at[0]), int(at[39]))
    cloud = rng.normal(0, 1, (60, 6))
    for _ in range(3):
        first, last = (int(n) for n in rng.choice(60, 2, replace=False))
        _judge_way(answer, cloud, first, last)
    found = np.asarray(answer(cloud.copy(), 5, 5)).ravel()
    expect(set(found.tolist()) == {5}, "From a pose to itself the way is that pose alone.")


def _judge_way(answer, numbers, first, last):
    from scipy.sparse.csgraph import dijkstra
    from scipy.spatial.distance import cdist

    costs = cdist(numbers, numbers, "sqeuclidean")
    cheapest = dijkstra(costs, indices=first)[last]
    found = np.asarray(answer(numbers.copy(), first, last))
    expect(
        found.ndim == 1 and len(found) >= 2,
        "Return the frames of the way, a list of whole numbers with both ends.",
    )
    expect(np.issubdtype(found.dtype, np.integer), "Return frames, whole numbers, not poses or distances.")
    expect(
        found.min() >= 0 and found.max() < len(numbers),
        f"Frame {found.max() if found.max() >= len(numbers) else found.min()} does not exist: the last is "
        f"{len(numbers) - 1}.",
    )
    ends = found[0], found[-1]
    expect(
        ends != (last, first),
        "The way runs from `last` to `first`: you followed it backwards. Turn it round.",
    )
    expect(found[0] == first, f"The way begins with frame {found[0]}, not with `first`, which is {first}.")
    expect(found[-1] == last, f"The way ends with frame {found[-1]}, not with `last`, which is {last}.")
    cost = costs[found[:-1], found[1:]].sum()
    if cost <= 1.001 * cheapest:
        return
    expect(
        len(found) > 2,
        "She leaps from the first pose to the last. Go through poses between: squared, many small steps "
        "are cheaper.",
    )
    lengths = cdist(numbers, numbers)
    expect(lengths[found[:-1], found[1:]].sum() > 1.001 * dijkstra(lengths, indices=first)[last],
           "Your steps cost their plain distance. Squared, a detour of small steps is cheaper than a "
           "leap.")  # fmt: skip
    expect(
        False,
        f"There is a cheaper way: {cheapest:.3g}, and yours costs {cost:.3g}. Who always takes the nearest "
        "pose gets lost; `dijkstra` looks at whole ways.",
    )


QUIZ = (
    Question(
        "A dense autoencoder has an IoU of 0.94 on the frames it learnt from. You shuffle the frames of "
        "all dancers, hold out every tenth, and get 0.93. Is it good?",
        {
            "Yes: it has never seen those frames": "It has seen the ones a tenth of a second before and "
            "after: nearly the same picture.",
            "Nobody knows yet": "Right. The neighbours of each held-out frame were learnt. Hold out whole "
            "dancers.",
            "No: 0.93 is less than 0.94": "It is, by a finger. The question is whose.",
        },
        right="Nobody knows yet",
    ),
    Question(
        "PCA with 128 numbers reaches 0.95 on its own dancers. Why not on the stranger?",
        {
            "She differs in ways of her own": "Yes. Its directions are the ways in which these 2000 pictures "
            "differ. What does not lie in the 128 is gone.",
            "She moves too fast": "Every frame is squeezed by itself. It does not know what came before.",
            "128 numbers are too few": "For the teachers they are enough. The network needs no more for her.",
        },
        right="She differs in ways of her own",
    ),
    Question(
        "You slide one direction far out and a second head appears. Has the network seen two-headed dancers?",
        {
            "Yes, a partner behind her": "All dance alone in this set.",
            "No: its training was too short": "Trained longer, it draws a sharper second head.",
            "No: nobody has asked it about such numbers": "Right. Real dances fill a small part of that "
            "space. The decoder was never asked about the rest, and answers all the same.",
        },
        right="No: nobody has asked it about such numbers",
    ),
)
