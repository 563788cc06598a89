"""Tasks and quiz of lesson 08, saliency maps."""

import numpy as np

from ballet_lib.checks.base import Question, Wrong, expect, expect_close, expect_shape, task
from ballet_lib.skeleton import LANDMARKS


@task(
    "08.1", "speaks_against", "What spoke against it?", level="fill in", minutes=4,
    hints=(
        "Orange cells are negative. The one that speaks most against the answer is the smallest of the map.",
        "`by_joint.argmin()` counts all cells row by row, as if they stood in one long line.",
        "`np.unravel_index(by_joint.argmin(), by_joint.shape)` turns that into a frame and a joint.",
    ),
)  # fmt: skip
def speaks_against(answer, rng):
    """Judge a function of a signed map (T, 33) and fps -> name of a landmark, seconds."""
    for frames, fps in ((40, 20.0), (60, 30.0)):
        by_joint = rng.uniform(-0.1, 0.1, (frames, 33))
        against, long_against, for_it = rng.choice(33, 3, replace=False)
        when, when_for = rng.choice(np.arange(2, frames), 2, replace=False)
        by_joint[:, long_against] = -0.5  # the most in all, but never as much at once
        by_joint[when, against], by_joint[when_for, for_it] = -2.0, 5.0
        got = answer(by_joint.copy(), fps)
        expect(isinstance(got, (tuple, list)) and len(got) == 2, "Return two things: a name, and seconds.")
        name, second = got
        expect(isinstance(name, str), "The first is the name of a landmark: an entry of `LANDMARKS`.")
        expect(
            name != LANDMARKS[for_it],
            "That cell is the largest of all by size, but it speaks *for* the answer. Against it speak "
            "negative cells.",
        )
        expect(
            name != LANDMARKS[long_against],
            "That landmark speaks against it all the time, and never very loudly. Asked is the one cell.",
        )
        expect(
            name == LANDMARKS[against],
            f"The smallest cell belongs to another landmark than {name}. Rows are frames, columns landmarks.",
        )
        second = float(second)
        expect(
            not np.isclose(second, when),
            "That is the number of the frame. Divide it by the frames per second.",
        )
        expect_close(
            second,
            when / fps,
            "The landmark is right, the moment is not: frame n is at n / fps seconds.",
            atol=0.51 / fps,
        )


@task(
    "08.2", "falls", "Hide, and look again", level="write", minutes=8,
    hints=(
        "For each part, make a copy of the take first. What you hide in the original stays hidden for the "
        "next part.",
        "Columns are the last axis: `hidden[..., columns] = nothing[..., columns]`.",
        "The fall is what the logit was, less what is left: `logit(x) - logit(hidden)`.",
    ),
)  # fmt: skip
def falls(answer, rng):
    """Judge a function of logit, x (1, T, F), parts, nothing -> fall of the logit by name."""
    x, nothing = rng.normal(0, 1, (1, 14, 12)), rng.normal(2, 1, (1, 14, 12))
    weights = rng.normal(0, 1, (14, 12))
    parts = {"head": np.array([0, 5, 7]), "trunk": np.array([1, 2]), "feet": np.array([3, 4, 6, 8, 9])}

    def logit(take):
        expect_shape(take, (1, 14, 12), f"`logit` was given {np.shape(take)}; it takes one take (1, T, F).")
        return float((weights * take[0] ** 2).sum())

    given = x.copy()
    got = answer(logit, given, {name: columns.copy() for name, columns in parts.items()}, nothing.copy())
    expect(
        isinstance(got, dict) and set(got) == set(parts),
        "Return a dictionary with a number for each part's name.",
    )
    found = np.array([float(got[name]) for name in parts])

    def fall(hide, left=None, keep=False):
        hidden, values = x.copy(), []
        for columns in parts.values():
            hidden = hidden if keep else x.copy()
            hide(hidden, columns)
            values.append(logit(x) - logit(hidden))
        return np.array(values)

    def columns_of(take, columns):
        take[..., columns] = nothing[..., columns]

    def frames_of(take, columns):
        take[:, columns] = nothing[:, columns]

    def zeros_of(take, columns):
        take[..., columns] = 0

    def others_of(take, columns):
        kept = take[..., columns].copy()
        take[...] = nothing
        take[..., columns] = kept

    wanted = fall(columns_of)
    expect(
        not np.allclose(found, -wanted),
        "The sign is turned: a part that the answer needs lets the logit *fall*.",
    )
    expect(not np.allclose(found, fall(columns_of, keep=True)),
           "When the trunk is hidden, the head is still gone: every part needs a fresh copy of the "
           "take.")  # fmt: skip
    expect(not np.allclose(found, 0), "Nothing falls. Is `hidden` the same array as `x`? Make a copy first.")
    expect(not np.allclose(found, fall(frames_of)),
           "You hid frames, the second axis. A part of the body is columns, the last axis, in all "
           "frames.")  # fmt: skip
    expect(
        not np.allclose(found, fall(zeros_of)),
        "You put zeros. Zero is a place, somewhere at the hips: put what stands for nothing.",
    )
    expect(not np.allclose(found, fall(others_of)), "You hid everything but the part.")
    expect(
        not np.allclose(found, logit(x) - wanted), "That is the logit that is left. Asked is how far it fell."
    )
    expect_close(found, wanted, "These are not the falls of the logit when a part is hidden in all frames.")
    expect(np.array_equal(given, x), "The dancer is no longer whole: you changed `x` itself. Work on a copy.")


@task(
    "08.3", "without_largest", "Delete what the map points at", level="write", minutes=8,
    hints=(
        "How many numbers go? `round(share * x.size)`.",
        "`np.argsort(-size, axis=None)` are the places of all numbers in one long line, the largest size "
        "first.",
        "`gone.flat[places] = nothing.flat[places]` replaces numbers by their place in that line.",
    ),
)  # fmt: skip
def without_largest(answer, rng):
    """Judge a function of x, size (1, T, F), share, nothing -> x without the largest."""
    shape = (1, 10, 8)
    x, nothing = rng.normal(0, 1, shape), rng.normal(9, 1, shape)
    size = rng.permutation(np.arange(80.0)).reshape(shape)
    size[0, 3] += 200  # one loud frame, so that the largest of all are not the largest of each frame
    for share in (0.25, 0.5, 1.0, 0.0):
        given = x.copy()
        got = answer(given, size.copy(), share, nothing.copy())
        expect_shape(
            got, shape, f"A take without some numbers keeps its shape {shape}; yours has {np.shape(got)}."
        )
        expect(
            np.array_equal(given, x),
            "You changed `x` itself; the next share begins with a dance full of holes. Work on a copy.",
        )
        _judge_deleted(np.asarray(got, float), x, size, share, nothing)


def _judge_deleted(got, x, size, share, nothing):
    gone = ~np.isclose(got, x)
    expect(
        np.allclose(got[gone], nothing[gone]),
        "What goes is replaced by the number of `nothing` at the same place.",
    )
    count, order = round(share * x.size), np.argsort(size, axis=None)
    if share == 0:
        expect(
            not gone.all(),
            "With share 0 you deleted everything: `order[-0:]` is the whole list. Sort the largest first, "
            "and take `[:count]`.",
        )
    expect(gone.sum() == count, f"Of {x.size} numbers, {share:.0%} are {count}; you deleted {gone.sum()}.")
    smallest = np.zeros(x.size, bool)
    smallest[order[:count]] = True
    expect(
        share in (0, 1) or not np.array_equal(gone.ravel(), smallest),
        "You deleted what matters least. The largest sizes go first.",
    )
    wanted = np.zeros(x.size, bool)
    wanted[order[x.size - count :]] = True
    if np.array_equal(gone.ravel(), wanted):
        return
    each = gone[0].sum(axis=1)
    expect(
        np.ptp(each) > 0,
        "You deleted as many in each frame. Rank all numbers of the take together: some moments matter more.",
    )
    each = gone[0].sum(axis=0)
    expect(np.ptp(each) > 0, "You deleted as many in each column. Rank all numbers of the take together.")
    raise Wrong("These are not the numbers with the largest size.")


@task(
    "08.4", "Blindfold", "Blindfold a network", level="build", minutes=12,
    hints=(
        "For each number there are two candidates: the average, where its column is hidden, and the number "
        "itself.",
        "`keras.ops.where(condition, a, b)` chooses between two; `self.hidden` (F,) fits the last axis by "
        "itself.",
        "`keras.ops.where(self.hidden, self.average, x)`",
    ),
)  # fmt: skip
def blindfold(answer, rng):
    """Judge a layer made from columns and average (F,), which hides these columns."""
    from ballet_lib.quiet_tensorflow import import_keras

    keras = import_keras()
    import tensorflow as tf

    expect(
        isinstance(answer, type) and issubclass(answer, keras.layers.Layer),
        "Give the class itself, `Blindfold`, and let it be a `keras.layers.Layer`.",
    )
    average = rng.normal(3, 1, 6)
    hidden = np.array([False, True, False, False, True, False])
    layer = answer(np.flatnonzero(hidden), average)
    for shape in ((2, 6, 6), (5, 4, 6)):  # the first could mix up frames and columns
        x = rng.normal(0, 1, shape).astype(np.float32)
        got = layer(tf.constant(x))
        expect(got is not None, "`call` returned None. Is a `return` missing?")
        expect_shape(got, shape)
        _judge_hidden(np.asarray(got, float), x, hidden, average)
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        told = tf.reduce_sum(layer(x) ** 2)
    slopes = tape.gradient(told, x)
    expect(slopes is not None, "No gradient passes your layer: did NumPy get in between? Use `keras.ops`.")
    expect_close(
        np.asarray(slopes)[..., hidden],
        np.zeros((5, 4, 2)),
        "Something of the hidden columns still gets through.",
    )
    _judge_within_a_model(keras, answer, np.flatnonzero(hidden), average)


def _judge_hidden(got, x, hidden, average):
    expect(not np.allclose(got, x), "Everything passes. The dancer peeps from under the blindfold.")
    expect(
        not np.allclose(got, np.where(hidden, x, average)),
        "You hid what should be seen, and show what should be hidden.",
    )
    expect(
        not np.allclose(got, np.where(hidden, 0, x)),
        "You put zeros. Zero is a place too, and one where no foot ever was: put the average.",
    )
    if x.shape[1] == len(hidden):
        expect(not np.allclose(got, np.where(hidden[:, None], average[:, None], x)) and
               not np.allclose(got, np.where(hidden[:, None], average, x)),
               "You hid frames, the second axis. Columns are the last one.")  # fmt: skip
    batch = np.where(hidden, x.mean(axis=(0, 1)), x)
    expect(
        not np.allclose(got, batch, atol=1e-4),
        "You put the mean of what just comes in. Put the average that you were given, which no dance "
        "changes.",
    )
    expect_close(got[..., ~hidden], x[..., ~hidden], "Columns that nobody hid came out changed.", atol=1e-5)
    expect_close(got[..., hidden], np.broadcast_to(average[hidden], got[..., hidden].shape),
                 "The hidden columns do not hold their average.", rtol=1e-3)  # fmt: skip


def _judge_within_a_model(keras, answer, columns, average):
    try:
        network = keras.Sequential([keras.Input((4, 6)), answer(columns, average), keras.layers.Flatten()])
        told = network.predict_on_batch(np.zeros((3, 4, 6), np.float32))
    except Exception as error:
        raise Wrong(
            "On numbers your layer works, within a model it does not: there `x` has no numbers yet. Use "
            f"`keras.ops` on it. ({type(error).__name__})"
        ) from error
    expect_shape(told, (3, 24))


QUIZ = (
    Question(
        "A paper shows guided backpropagation of its dance network: the dancer's outline, razor-sharp. "
        "“The network looks at the dancer.” What do you ask for?",
        {
            "The same picture from a network with random weights": "Yes, and one from an edge detector. If "
            "they look alike, it shows the dancer because the photograph does.",
            "A larger print": "It would be razor-sharp, and larger.",
            "The same picture of another dancer": "She would have an outline too. What if the network knew "
            "nothing?",
        },
        right="The same picture from a network with random weights",
    ),
    Question(
        "The gradient at a standing leg is large in an arabesque. Does the network think that the standing "
        "leg makes the arabesque?",
        {
            "Yes: large is important": "Large means that a push would matter. Nobody has pushed.",
            "No: only a push there would change the answer": "Right. What it contributed is the slope "
            "times the way it has gone, summed along that way.",
            "No: gradients are noise": "They are exact. They answer another question than yours.",
        },
        right="No: only a push there would change the answer",
    ),
    Question(
        "Integrated gradients of your network put a third of the map on the head. You expected legs. Is "
        "the map wrong?",
        {
            "Yes: ballet is danced with the legs": "Tell the network. It may have found heads more reliable.",
            "No: such a map is always true": "It may be. It has not been tested yet.",
            "Not yet: test it": "Is it complete, does deletion by it beat random, do answers fall without "
            "the head? Then it is true, and it is the network that looks at heads. Ask what your data have "
            "there.",
        },
        right="Not yet: test it",
    ),
)
