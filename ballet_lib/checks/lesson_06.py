"""Lesson 06, Hyperband tuning: draw well, cast early, and do not believe the best score."""

import numpy as np

from ballet_lib.checks.base import Question, expect, expect_close, task
from ballet_lib.errors import BalletError

# --- How many tries? --------------------------------------------------------------------------------------


@task(
    "06.1", "tries_needed", "How many tries?", level="fill in", minutes=5,
    hints=(
        "One try misses the best `share` with probability 1 − share. All of n tries miss with that to the "
        "power of n.",
        "Look for the least n with (1 − share)ⁿ ≤ 1 − sure. Logarithms bring n down; both are negative.",
        "`ceil(log(1 - sure) / log(1 - share))`",
    ),
)  # fmt: skip
def tries_needed(answer, rng):
    """Judge a function of share and sure that returns how many random tries it takes."""
    cases = [(0.05, 0.95), (0.01, 0.95), (0.2, 0.9), *rng.uniform((0.01, 0.6), (0.3, 0.97), (6, 2))]
    for share, sure in cases:
        exact = np.log(1 - sure) / np.log(1 - share)
        wanted, got = int(np.ceil(exact)), answer(float(share), float(sure))
        expect(np.ndim(got) == 0, "One number was asked for.")
        case = f"To hit one of the best {share:.0%} with probability {sure:.0%}"
        expect(
            not np.isclose(got, np.ceil(1 / share)) or got == wanted,
            f"{case}: {got:g} tries hit it once *on average*. Often that is no time, and often twice.",
        )
        expect(
            not np.isclose(got, exact) or got == wanted,
            f"{case}: nobody can try {got:.2f} times. Round up.",
        )
        expect(
            got != int(np.ceil(np.log(1 - share) / np.log(1 - sure))) or got == wanted,
            f"{case}: {got:g} is too few. Are the two logarithms exchanged?",
        )
        hit = 1 - (1 - share) ** max(float(got), 0)
        expect(got >= wanted, f"{case}: {got:g} tries reach only {hit:.1%}.")
        expect(got <= wanted, f"{case}: {got:g} tries reach {hit:.1%}, and {wanted} would do.")


# --- A learning rate by lot -------------------------------------------------------------------------------


@task(
    "06.2", "draw_rate", "A learning rate by lot", level="write", minutes=8,
    hints=(
        "From 0.0001 to 0.001 is as large a step for a learning rate as from 0.01 to 0.1: ten times.",
        "So draw the exponent evenly, between the logarithms of `low` and `high`.",
        "`np.exp(rng.uniform(np.log(low), np.log(high)))`",
    ),
)  # fmt: skip
def draw_rate(answer, rng):
    """Judge a function of low, high, rng that draws a number evenly on a logarithmic scale."""
    low, high = 1e-4, 1e-1
    answers = [answer(low, high, rng) for _ in range(3000)]
    expect(all(np.ndim(one) == 0 for one in answers), "One number a call was asked for.")
    drawn = np.array(answers, dtype=float)
    expect(
        np.ptp(drawn) > 0,
        f"Every draw is {drawn[0]:.2g}. Has it a generator of its own, always with the same seed? Draw "
        "from the `rng` that is given.",
    )
    expect(
        drawn.min() > 0,
        f"A learning rate of {drawn.min():.2g} climbs the loss instead of descending. Is that the exponent?",
    )
    slack = 1 + 1e-6
    expect(
        drawn.min() >= low / slack and drawn.max() <= high * slack,
        f"Drawn between {low:g} and {high:g}, and it goes from {drawn.min():.2g} to {drawn.max():.2g}. Is "
        "the exponent undone by the same base by which it was made?",
    )
    values = len(np.unique(drawn))
    expect(
        values > 1000,
        f"Only {values} different values in 3000 draws: that is a choice from a list. Between two of its "
        "values there are others.",
    )
    _expect_even(drawn)
    same = answer(0.01, 0.011, rng)
    expect(
        0.0099 <= same <= 0.0111, f"Drawn between 0.01 and 0.011, and it is {same:.3g}. Use `low`, `high`."
    )


def _expect_even(drawn: np.ndarray) -> None:
    small = (drawn < 1e-3).mean()
    expect(
        small > 0.05,
        f"Only {small:.1%} of the draws are below 0.001. Drawn evenly, nine tenths lie above 0.01, where "
        "most networks diverge. Draw the *exponent* evenly.",
    )
    shares = np.histogram(np.log10(drawn), bins=[-4, -3, -2, -1])[0] / len(drawn)
    expect(
        np.abs(shares - 1 / 3).max() < 0.06,
        "Each factor of ten should come up as often as the others; yours come up in "
        f"{', '.join(f'{share:.0%}' for share in shares)} of the draws, from the smallest up.",
    )


# --- Promised and kept ------------------------------------------------------------------------------------


@task(
    "06.3", "promised_too_much", "Promised and kept", level="write", minutes=7,
    hints=(
        "Who is chosen? The trial with the best score on the validation dancers, and only that one.",
        "`winner = validation.argmax()`. How well did *this* one do on strangers?",
        "The promise minus what was kept: `validation[winner] - strangers[winner]`.",
    ),
)  # fmt: skip
def promised_too_much(answer, rng):
    """Judge a function of two scores of each trial that returns the winner's promise minus what it kept."""
    validation, strangers = np.clip(rng.normal(0.8, 0.05, (2, 23)), 0, 1)
    winner = validation.argmax()
    strangers[winner] = 0.7 + 0.1 * rng.random()
    strangers[(winner + 5) % 23] = 0.97  # somebody else shines before strangers
    got = answer(validation.copy(), strangers.copy())
    expect(np.ndim(got) == 0, "One number was asked for: that of the trial which is chosen.")
    promise = validation[winner]
    expect(
        not np.isclose(got, promise - strangers.max()),
        "You compare with the best score among strangers, and so let the strangers choose. Then they have "
        "become validation. Who chooses cannot judge: ask them about the winner only.",
    )
    expect(
        not np.isclose(got, (validation - strangers).mean()),
        "That is the mean over all trials. Nobody is chosen there, so nothing is promised too much.",
    )
    expect(
        not np.isclose(got, validation[strangers.argmax()] - strangers.max()),
        "The winner was chosen by the strangers. They judge; the validation dancers choose.",
    )
    expect(
        not np.isclose(got, strangers[winner] - promise),
        "The sign is turned round: promise minus what was kept, above 0 if it was too much.",
    )
    expect(
        not np.isclose(got, promise - strangers.mean()),
        "You compare the winner's promise with what all trials did on average. How did the winner do?",
    )
    expect_close(
        got, promise - strangers[winner],
        "It should be the winner's validation score minus the same trial's score on strangers.",
    )  # fmt: skip


# --- A tuner of your own ----------------------------------------------------------------------------------

CANDIDATES, LONGEST, BUDGET = 81, 27, 324
"""Who wants the role, how long one can rehearse, and how many rehearsals the studio is booked for."""
AUDITIONS = 120
"""How many roles of each kind `cast` must cast in the check."""
MOST_LOST = {"soon": 0.03, "late": 0.08}
"""What it may lose on average against the best: random search 0.045 and 0.02, halving 0.007 and 0.18."""


class Audition:
    """81 candidates for a role, who get better with rehearsals: a search with its trials and epochs.

    Attributes
    ----------
    candidates, longest
        How many there are, numbered from 0, and how many rehearsals one can have at most.
    left
        Rehearsals for which the studio is still booked.
    seen
        What was seen so far: for each candidate {rehearsals: score}.
    told
        Whether somebody has asked for `curves`; a role cannot be cast then.
    """

    def __init__(self, rng: np.random.Generator, kind: str = "soon"):
        self.candidates, self.longest, self.left = CANDIDATES, LONGEST, BUDGET
        self.seen: dict[int, dict[int, float]] = {}
        self.told = False
        self._curves = _curves(rng, kind)
        self._rehearsed = np.zeros(CANDIDATES, dtype=int)

    def rehearse(self, candidate: int, until: int) -> float:
        """Return a candidate's score after so many rehearsals; only those that she has not had yet are paid.

        Raises
        ------
        BalletError
            If there is no such candidate or number, or the studio is not booked for so long.
        """
        candidate, until = int(candidate), int(until)
        if not (0 <= candidate < self.candidates and 1 <= until <= self.longest):
            raise BalletError(
                f"Candidate {candidate} cannot rehearse until {until}. There are candidates 0 to "
                f"{self.candidates - 1}, and 1 to {self.longest} rehearsals."
            )
        cost = max(until - int(self._rehearsed[candidate]), 0)
        if cost > self.left:
            raise BalletError(
                f"The studio is booked for {self.left} rehearsals more, and candidate {candidate} needs "
                f"{cost} to have {until}. Plan the rounds so that they cost at most {BUDGET} in all."
            )
        self.left -= cost
        self._rehearsed[candidate] = max(until, self._rehearsed[candidate])
        score = float(self._curves[candidate, until - 1])
        self.seen.setdefault(candidate, {})[until] = score
        return score

    def lost(self, candidate: int) -> float:
        """Return how far a candidate's last score lies below that of the best of all."""
        return float(self._curves[:, -1].max() - self._curves[candidate, -1])

    @property
    def curves(self) -> np.ndarray:
        """What everybody would have come to, (81, 27): for afterwards."""
        self.told = True
        return self._curves


def _curves(rng: np.random.Generator, kind: str) -> np.ndarray:
    """Make up learning curves, (81, 27): the good ones show it ``soon``, or are slow and show it ``late``."""
    height = rng.uniform(0.3, 0.95, (CANDIDATES, 1))
    soon = rng.uniform(0.1, 0.6, (CANDIDATES, 1))
    late = 0.02 + 0.9 * (0.95 - height) ** 2 / 0.65**2
    speed = {"soon": soon, "late": late}[kind]
    curves = height * (1 - np.exp(-speed * np.arange(1, LONGEST + 1)))
    return np.clip(curves + rng.normal(0, 0.01, curves.shape), 0, 1)


@task(
    "06.4", "cast", "A tuner of your own", level="build", minutes=25,
    hints=(
        "Twelve candidates to the end, 12 · 27 = 324, is random search. 81 for one rehearsal each, the "
        "best third for three, and so on, is successive halving, 167 in all. Each fails one of the two "
        "casts.",
        "Hedge, as Hyperband does: an audition that begins with many candidates and one rehearsal, one "
        "with fewer that begins later, and some who are seen to the end. New candidates each time.",
        "Four brackets, of 27, 9, 6 and 3 new candidates that begin with 1, 3, 9 and 27 rehearsals, cost "
        "315 when a third goes on each time. Return who was best after 27.",
    ),
)  # fmt: skip
def cast(answer, rng):
    """Judge a tuner: a function of an audition that returns the candidate to be cast."""
    lost = {}
    for kind in MOST_LOST:
        lost[kind] = []
        for _ in range(AUDITIONS):
            audition = Audition(rng, kind)
            chosen = answer(audition)
            one = np.ndim(chosen) == 0 and isinstance(chosen, int | np.integer)
            expect(one and 0 <= chosen < CANDIDATES, "Return one candidate: a whole number from 0 to 80.")
            expect(not audition.told, "You have asked how all curves end. Nobody can tell beforehand.")
            expect(audition.seen, "You have cast without having seen anybody.")
            lost[kind].append(audition.lost(int(chosen)))
    soon, late = (100 * np.mean(lost[kind]) for kind in ("soon", "late"))
    told = f"On {AUDITIONS} roles each you lose {soon:.1f} points where talent shows soon, {late:.1f} late"
    expect(
        late <= 100 * MOST_LOST["late"] or soon > 100 * MOST_LOST["soon"],
        f"{told}; 8 are allowed there. Where the best are slow, you drop them before they can show it. "
        "Keep a part of the budget for candidates who begin later, or are seen to the end.",
    )
    expect(
        soon <= 100 * MOST_LOST["soon"] or late > 100 * MOST_LOST["late"],
        f"{told}; 3 are allowed where it shows soon. You see too few candidates: spend a part of the "
        "budget on many for a short time.",
    )
    expect(
        soon <= 100 * MOST_LOST["soon"] and late <= 100 * MOST_LOST["late"],
        f"{told}; 3 and 8 are allowed. Do you choose by a score after 27 rehearsals, and whom you have seen?",
    )


QUIZ = (
    Question(
        "A colleague adds ten values of dropout to the space, and fears that random search now needs ten "
        "times the trials. Does it?",
        {
            "No": "Right: how many tries hit one of the best 5% does not depend on the number of "
            "combinations. What the best 5% are may change.",
            "Yes": "A grid would. A lot does not count combinations: each try is one of the best 5% with "
            "probability 1/20.",
            "Only if dropout matters": "Not even then. If it matters, the best 5% are others, and just as "
            "easy to hit.",
        },
        right="No",
    ),
    Question(
        "Hyperband always drops your favourite network, which has a low learning rate and many units. What "
        "do you change?",
        {
            "A larger max_epochs, or a smaller factor": "Yes: the first cut comes later. Or look at the last "
            "brackets, which cut late or not at all; and ask whether it is worth its epochs.",
            "The seed": "Then others audition beside it. A slow starter is dropped all the same.",
            "The validation dancers, until it stays": "That is choosing the jury. The promise will be hers, "
            "and so will the disappointment.",
        },
        right="A larger max_epochs, or a smaller factor",
    ),
    Question(
        "Two tuners report 94% on the same validation takes, one after 20 trials and one after 2000. "
        "Which winner would you rather take to class?",
        {
            "That of the 20 trials": "Right: the best of 2000 had more luck on its side. Better still: ask "
            "strangers, once.",
            "That of the 2000 trials": "It has been searched for longer, and has come to the same score. "
            "More of it is luck.",
            "Either: the scores are equal": "The scores are, and the luck in them is not.",
        },
        right="That of the 20 trials",
    ),
)
