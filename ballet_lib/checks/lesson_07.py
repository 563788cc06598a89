"""Tasks and quiz of lesson 07, confusion matrices."""

from functools import lru_cache

import numpy as np

from ballet_lib.checks.base import Question, expect, expect_close, expect_shape, task

_NAMES = ("releve", "retire_devant", "first_arabesque", "other")


@task(
    "07.1", "false_alarms", "How often does it cry wolf?", level="fill in", minutes=3,
    hints=(
        "The question is about answers, not about dances. Do answers stand along a row or down a column?",
        "Column `counts[:, label]` holds all answers `label`. One cell of it, `counts[label, label]`, is "
        "right.",
        "Precision is that cell divided by the sum of the column. You want the rest.",
    ),
)  # fmt: skip
def false_alarms(answer, rng):
    """Judge a function of counts (K, K) and a label -> share of its answers that are wrong."""
    counts = np.array([[8, 0, 2], [4, 6, 0], [0, 0, 10]])
    got = answer(counts.copy(), 0)
    expect_shape(got, (), "Return one number for the one label, such as 0.25.")
    near = {
        2 / 10: "You divided by the row, by what was danced: 0.2 is what the model misses of the first "
                "label, 1 − recall. Divide by what was answered.",
        8 / 12: "That is how often the answer is right: the precision. Asked is the rest.",
        4 / 30: "You divided by all takes. The loudspeaker called this label 12 times; divide by that.",
        4: "That is how many answers are wrong. Asked is their share of the answers of this label.",
        100 * 4 / 12: "Return a share from 0 to 1, not percent.",
    }  # fmt: skip
    for value, message in near.items():
        expect(not np.isclose(got, value), message)
    expect_close(
        got, 4 / 12, "In the column 8, 4, 0 four of twelve answers are wrong, and you say something else."
    )
    counts = rng.integers(1, 30, (6, 6))
    got = [answer(counts.copy(), label) for label in range(6)]
    wanted = 1 - counts.diagonal() / counts.sum(axis=0)
    expect_close(got, wanted, "It is right for one matrix of three labels, and not for another of six.")


@task(
    "07.2", "accuracy_interval", "Cast the dancers by lot", level="write", minutes=8,
    hints=(
        "One draw is a class list: as many names as there are dancers, some of them twice.",
        "`rng.choice(names, len(names))` draws with replacement. Then collect the takes of each name in "
        "turn.",
        "`right[dancers == name]` are one dancer's takes. Join those of all names drawn with "
        "`np.concatenate`, and take the mean.",
    ),
)  # fmt: skip
def accuracy_interval(answer, rng):
    """Judge a function of right (N,), dancers (N,), rng -> ends of the interval over dancers."""
    dancers = np.repeat([f"d{n:02}" for n in range(10)], 30)
    always = _ends(answer, np.ones(300, bool), dancers, rng)
    expect(not np.isclose(always[1], 100), "Return shares from 0 to 1, not percent.")
    expect_close(always, (1, 1), "Where every take is right, every draw is: the interval is from 1 to 1.")
    # Half of ten dancers know everything, the others nothing: a draw's accuracy is binomial, in tenths.
    right = np.repeat(rng.permutation(10) < 5, 30)
    low, high = _ends(answer, right, dancers, rng)
    expect(
        high - low > 1e-9,
        "All your draws are the same class. Who is drawn may be drawn again: draw with replacement.",
    )
    expect(
        high - low > 0.25,
        "You drew takes, not dancers. Takes of one dancer resemble each other: your interval is far too "
        "narrow.",
    )
    expect(
        low > 0.15 or high < 0.85,
        "These are the worst and the best draw. Leave 2.5% of the draws outside on either side.",
    )
    tenths = np.abs(10 * np.array([low, high]) - np.round([10 * low, 10 * high])).max()
    expect(tenths < 0.05, "Who is drawn twice counts twice: her takes belong into the draw two times.")
    expect(high - low > 0.55, _TOO_NARROW)
    expect_close(
        (low, high), (0.2, 0.8), "Half of the dancers are always right: 0.2 to 0.8 was expected.", atol=0.051
    )
    _judge_unequal_dancers(answer, rng)


_TOO_NARROW = "Your interval is too narrow: 95% of the draws lie between the quantiles 0.025 and 0.975."


def _judge_unequal_dancers(answer, rng):
    """Dancers with 3 to 25 takes, of whom those with many are better."""
    takes = rng.permutation(np.arange(3, 27, 2))
    skill = 0.2 + takes / 35
    right = np.concatenate([np.arange(n) < round(share * n) for n, share in zip(takes, skill, strict=True)])
    dancers = np.repeat([f"d{n:02}" for n in range(len(takes))], takes)
    seeds = rng.integers(2**31, size=5)
    found = np.array([_ends(answer, right, dancers, np.random.default_rng(seed)) for seed in seeds])
    again = _ends(answer, right, dancers, np.random.default_rng(seeds[0]))
    expect_close(
        again, found[0], "The same seed gives another interval. Draw with `rng`, not with `np.random`."
    )
    expect(
        np.ptp(found, axis=0).max() > 1e-12,
        "Whatever seed you are given, you draw the same. Use the `rng` that you get, do not make one.",
    )
    of_each = np.array(
        [[right[dancers == name].sum(), (dancers == name).sum()] for name in np.unique(dancers)]
    )
    drawn = np.random.default_rng(1).multinomial(len(takes), np.full(len(takes), 1 / len(takes)), size=40_000)
    together = (drawn @ of_each[:, 0]) / (drawn @ of_each[:, 1])
    by_dancer = drawn @ (of_each[:, 0] / of_each[:, 1]) / len(takes)
    wanted, other = (np.quantile(draws, [0.025, 0.975]) for draws in (together, by_dancer))
    ends, slack = found.mean(axis=0), 0.2 * together.std()
    if np.allclose(ends, wanted, rtol=0, atol=slack):
        return
    expect(
        not np.allclose(ends, other, rtol=0, atol=slack),
        "You averaged the dancers' accuracies. A dancer with 25 takes counts for more than one with 3: put "
        "the takes together first.",
    )
    expect(np.ptp(ends) > 0.93 * np.ptp(wanted), _TOO_NARROW)
    expect(
        False,
        "With unequal numbers of takes your interval lies elsewhere. Is each draw as large as the class?",
    )


def _ends(answer, right, dancers, rng):
    ends = answer(right.copy(), dancers.copy(), rng)
    expect_shape(ends, (2,), "Return two numbers, the lower and the upper end.")
    return np.asarray(ends, float)


@task(
    "07.3", "threshold_of_each", "A threshold for each movement", level="write", minutes=10,
    hints=(
        "Take one label at a time. When the model is in use only its answer is known: `told.predicted == "
        "label`.",
        "Go through `THRESHOLDS` from below. Given are the answers of this label with `told.confidence >= "
        "threshold`.",
        "If any are given, and `told.right[given].mean() >= promise`, note the threshold in "
        "`lowest[label]` and `break`.",
    ),
)  # fmt: skip
def threshold_of_each(answer, rng):
    """Judge a function of Predictions and a promise -> lowest threshold (K,) that keeps it."""
    for promise in (0.8, 0.9):
        told = _made_up_answers(rng)
        got = answer(told, promise)
        expect_shape(
            got,
            (4,),
            f"Return one threshold for each of the four labels; yours has the shape {np.shape(got)}.",
        )
        _judge_thresholds(np.asarray(got, float), told, promise)


def _made_up_answers(rng):
    """400 takes, four labels: the first is always right, the last never answered."""
    from ballet_lib.evaluation import Predictions

    predicted = np.arange(400) % 3
    confidence = np.round(rng.uniform(0.4, 0.99, 400), 2) + 0.005  # between two thresholds
    right = (
        rng.random(400) < np.array([1.1, 0.9, 0.75])[predicted] * confidence ** np.array([0, 1, 1])[predicted]
    )
    # The surest twentieth is right, so that each of the first three labels can keep a promise.
    right |= confidence > 0.96
    right &= ~((predicted > 0) & (confidence < 0.55))
    probabilities = np.repeat((1 - confidence[:, None]) / 3, 4, axis=1)
    probabilities[np.arange(400), predicted] = confidence
    y = np.where(right, predicted, (predicted + rng.integers(1, 4, 400)) % 4)
    ids = tuple(f"take{n}" for n in range(400))
    return Predictions(y, probabilities, rng.choice(["d01", "d02", "d03"], 400), _NAMES, ids)


def _judge_thresholds(got, told, promise):
    expect(
        got[3] >= 1,
        f"“{_NAMES[3]}” is never answered, so no threshold can keep a promise for it: leave `np.inf`.",
    )
    wanted = [_lowest(told, told.predicted == label, promise) for label in range(3)]
    if np.allclose(got[:3], wanted, atol=0.011):
        return
    danced = [_lowest(told, told.y == label, promise) for label in range(3)]
    expect(
        not np.allclose(got[:3], danced, atol=1e-9),
        "You chose by what was danced. Tomorrow nobody knows that; known is what the model answers.",
    )
    together = _lowest(told, told.predicted >= 0, promise)
    expect(
        not np.allclose(got[:3], together, atol=1e-9),
        "All labels have the same threshold. The sure ones pay for the doubtful ones: choose for each "
        "label among its own answers.",
    )
    expect(
        not np.allclose(got[:3], promise),
        f"A promise is no threshold: of what the model says with {promise:.0%}, perhaps less is right. "
        "Count.",
    )
    for label, threshold in enumerate(got[:3]):
        given = (told.predicted == label) & (told.confidence >= threshold)
        expect(
            given.any(),
            f"With {threshold:.2f} “{_NAMES[label]}” is never answered, though a lower threshold keeps the "
            "promise.",
        )
        share = told.right[given].mean()
        expect(share >= promise,
               f"Promised were {promise:.0%}; at your threshold {threshold:.2f} for “{_NAMES[label]}” "
               f"{share:.0%} of the answers are right.")  # fmt: skip
        expect(threshold <= wanted[label] + 0.011,
               f"For “{_NAMES[label]}” {wanted[label]:.2f} keeps the promise already. {threshold:.2f} "
               "silences it for nothing: take the lowest.")  # fmt: skip
    expect(False, "These are not the lowest thresholds of the grid that keep the promise.")


def _lowest(told, answers, promise):
    for threshold in np.linspace(0, 1, 101):
        given = answers & (told.confidence >= threshold)
        if given.any() and told.right[given].mean() >= promise:
            return threshold
    return np.inf


@task(
    "07.4", "FromSeveralSeats", "A recogniser that looks from several seats", level="build", minutes=12,
    hints=(
        "For one seat: show the model a `TakeSet` of every take as seen from there.",
        "`TakeSet([seat(take) for take in takes])` is that set, and `self.model.probabilities` answers.",
        "You get one array (N, K) for each seat. Their mean over the seats, `axis=0`, has rows that sum to "
        "1.",
    ),
)  # fmt: skip
def from_several_seats(answer, rng):
    """Judge a class made from a model and seats, that has `labels` and `probabilities(takes)`."""
    from ballet_lib.augmentation import mirror
    from ballet_lib.evaluation import evaluate
    from ballet_lib.takes import TakeSet

    takes = TakeSet([_takes()[int(n)] for n in rng.choice(len(_takes()), 9, replace=False)])
    model, seats = _LeftFootReader(), (_here, mirror)
    across = TakeSet([mirror(take) for take in takes])
    one, other = model.probabilities(takes), model.probabilities(across)
    model.asked.clear()
    recogniser = answer(model, seats)
    expect(
        tuple(getattr(recogniser, "labels", ())) == model.labels,
        "`evaluate` matches labels by name: your recogniser needs the model's as `self.labels`.",
    )
    got = recogniser.probabilities(takes)
    expect(got is not None, "`probabilities` returned None. Is a `return` missing?")
    _judge_votes(np.asarray(got, float) if np.ndim(got) else got, one, other)
    alone = np.asarray(answer(model, (mirror,)).probabilities(takes), float)
    expect_close(
        alone,
        other,
        "With one seat only, the mirror, something else came out than the model says of mirrored takes.",
    )
    seen = np.asarray(recogniser.probabilities(across), float)
    expect_close(
        seen,
        got,
        "She may dance it to the other side: with a seat and its mirror the answer must not change.",
    )
    expect(
        evaluate(recogniser, takes).probabilities.shape == (9, 3), "`evaluate` cannot use your recogniser."
    )


def _judge_votes(got, one, other):
    summed = one + other
    expect(
        not (np.shape(got) == (3,) or np.shape(got) == (2, 3)),
        "You averaged over the takes. Every take keeps its row; average over the seats.",
    )
    expect(np.shape(got) != (2, 9, 3), "There is an answer for each seat. Average them: one row a take.")
    expect_shape(got, one.shape)
    expect(not np.allclose(got, summed), "Each row sums to 2: you added the seats. Take the mean.")
    expect(not np.allclose(got, one), "You looked from the first seat only.")
    expect(
        not np.allclose(got, other), "You looked from the last seat only: does the loop forget the others?"
    )
    votes = (np.eye(3)[one.argmax(1)] + np.eye(3)[other.argmax(1)]) / 2
    expect(
        not np.allclose(got, votes),
        "Each seat cast one vote, however sure it was. Average the probabilities.",
    )
    product = one * other / (one * other).sum(axis=1, keepdims=True)
    expect(
        not np.allclose(got, product),
        "You multiplied: one seat that sees nothing can forbid an answer. Take the mean.",
    )
    expect(
        not np.allclose(got, np.maximum(one, other)),
        "You took the surest seat for each label; rows no longer sum to 1.",
    )
    expect_close(got, summed / 2, "This is not the mean over the seats of what the model says.", atol=1e-5)


def _here(take):
    return take


class _LeftFootReader:
    """A stand-in for a model, which answers by where the left foot is."""

    labels = ("releve", "retire_devant", "first_arabesque")

    def __init__(self):
        self.asked = []

    def probabilities(self, takes):
        self.asked.append(len(takes))
        left = np.array([np.nanmean(take.poses.landmarks[:, 27, :2], axis=0) for take in takes])
        scores = 4 * np.c_[left[:, 0], 1 - left[:, 0], left[:, 1] / 2]
        shares = np.exp(scores)
        return shares / shares.sum(axis=1, keepdims=True)


@lru_cache(maxsize=1)
def _takes():
    from ballet_lib.takes import TakeSet

    takes = TakeSet.load("ballet6").filter(dancer=["d10"])
    return TakeSet([take for take in takes if take.movement in _LeftFootReader.labels])


QUIZ = (
    Question(
        "A model has a recall of 0.9 for relevé in a balanced test. In class it calls “relevé!” all the "
        "time, mostly wrongly. How can both be true?",
        {
            "In class relevés are rare": "Yes. Recall asks about relevés only. A few false alarms among "
            "all the rest outnumber the true ones: precision is low.",
            "The test was wrong": "It need not be: recall does not ask how often she calls “relevé” at "
            "other times.",
            "In class the model forgets": "It has no memory of Monday. Other takes come, and in other "
            "numbers.",
        },
        right="In class relevés are rare",
    ),
    Question(
        "A network that knows six movements says demi-plié with 0.97 while the dancer ties her shoe. Is "
        "its calibration at fault?",
        {
            "Yes: fit a temperature": "Then it says demi-plié with 0.8. She still ties her shoe.",
            "No: it has no word for shoes": "Right. Calibration is about takes of the labels that were "
            "trained. For something else no probability over the six is right; it needs a label of its own.",
            "No: tying a shoe is a plié": "The knees agree with you. The teacher does not.",
        },
        right="No: it has no word for shoes",
    ),
    Question(
        "Model A has 92 of 105 right, model B 88 of the same 105. What do you want to see before you choose?",
        {
            "Nothing: A is better": "By four takes of 105. Three dancers more, and it may be B.",
            "Both learning curves": "They tell how it went, not on which takes the two differ.",
            "On which takes they differ": "Yes. 4 to 0 and 14 to 10 both give this difference. And see "
            "whether the lead holds from dancer to dancer.",
        },
        right="On which takes they differ",
    ),
)
