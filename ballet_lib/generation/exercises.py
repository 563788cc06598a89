"""Language models of exercises: a bigram as the baseline, an LSTM, and what they generate.

Both learn from exercises that the grammar accepts and never see its rules. Both are told how many movements
are wanted, and give the probabilities of the next one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.generation import grammar
from ballet_lib.generation.grammar import LEVELS, LONGEST, TOKENS, Exercise
from ballet_lib.quiet_tensorflow import import_keras

if TYPE_CHECKING:
    import keras

SHORTEST = 5
"""Movements of the shortest exercise that every difficulty has."""

BEGIN = END = len(TOKENS)
"""The number before an exercise's first movement, and after its last."""

DRAWN, EPOCHS, BATCH, RATE, UNITS = 16_000, 6, 64, 1.5e-2, 128
TRIES = 50
"""Rounds in which grammatical exercises are looked for before it is given up."""

_NUMBER = {token: number for number, token in enumerate(TOKENS)}


@dataclass(frozen=True)
class Corpus:
    """Exercises to learn from or to judge by, each with the difficulty that it was drawn for."""

    exercises: tuple[Exercise, ...]
    difficulties: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.exercises)

    def __iter__(self) -> Iterator[tuple[Exercise, int]]:
        return zip(self.exercises, self.difficulties, strict=True)

    def without(self, other: "Corpus") -> "Corpus":
        """Return the exercises that another corpus does not hold, to judge by what was learnt from that."""
        known = set(other.exercises)
        pairs = [(exercise, difficulty) for exercise, difficulty in self if exercise not in known]
        return Corpus(tuple(one for one, _ in pairs), tuple(difficulty for _, difficulty in pairs))


def draw_corpus(number: int = DRAWN, seed: int = 0) -> Corpus:
    """Draw exercises of all lengths and difficulties, long and difficult ones more often.

    There are few short ones, which come again and again; of long ones there is more to learn.

    Parameters
    ----------
    number
        Of exercises.
    seed
        Draws.

    Raises
    ------
    BalletError
        If the number is not a whole one above 0.
    """
    if isinstance(number, bool) or number < 1 or number != int(number):
        raise BalletError(f"{number!r} exercises cannot be drawn. Give 1 or more.")
    rng = np.random.default_rng(seed)
    lengths, levels = np.arange(SHORTEST, LONGEST + 1), np.array(list(LEVELS))
    asked = zip(
        rng.choice(lengths, int(number), p=(lengths - 4) / (lengths - 4).sum()).tolist(),
        difficulties := rng.choice(levels, int(number), p=levels / levels.sum()).tolist(),
        strict=True,
    )
    return Corpus(tuple(grammar.sample(rng, *both) for both in asked), tuple(difficulties))


class LanguageModel(Protocol):
    """Whatever tells how likely the next movement is."""

    def next_movement(self, danced: np.ndarray, length: int, difficulty: int) -> np.ndarray:
        """Return probabilities (N, V) after the movements int (N, t) of exercises of `length` movements."""

    def log_likelihood(self, corpus: Corpus) -> np.ndarray:
        """Return the natural logarithm of each exercise's probability among those of its length: (N,)."""


# --- Bigram ---


class Bigram:
    """Counts which movement follows which, at each difficulty, and knows nothing older than the last one.

    It is asked for a length as well: among its own endless walks, those that end just there are chosen.

    Parameters
    ----------
    corpus
        Exercises to count in.
    smoothing
        Added to every count, so that what never followed is unlikely rather than impossible.

    Raises
    ------
    BalletError
        If there is nothing to count, or the smoothing is not above 0.
    """

    def __init__(self, corpus: Corpus, smoothing: float = 0.01):
        if len(corpus) == 0 or not 0 < smoothing < np.inf:
            raise BalletError(
                f"{len(corpus)} exercises smoothed by {smoothing!r} teach nothing. Give some, and 0.01."
            )
        counts = np.full((1 + len(LEVELS), END + 1, END + 1), float(smoothing))
        counts[:, BEGIN, END] = 0  # an exercise of nothing
        for exercise, difficulty in corpus:
            line = [BEGIN, *numbers(exercise), END]
            np.add.at(counts[difficulty], (line[:-1], line[1:]), 1)
        self.follows = counts / counts.sum(axis=2, keepdims=True)
        """Probability that a movement (third axis) follows another (second) at a difficulty (first)."""
        ends = [self.follows[:, :, END]]
        for _ in range(LONGEST):
            ends.append(np.einsum("dpn,dn->dp", self.follows[:, :, :END], ends[-1][:, :END]))
        self._ends = np.stack(ends)  # that the exercise ends after just so many movements more

    def next_movement(self, danced: np.ndarray, length: int, difficulty: int) -> np.ndarray:
        """Return probabilities (N, V) after the movements int (N, t) of exercises of `length` movements."""
        last = danced[:, -1] if danced.shape[1] else np.full(len(danced), BEGIN)
        left = length - danced.shape[1]
        ways = self.follows[difficulty][last, :END] * self._ends[left - 1][difficulty, :END]
        return ways / ways.sum(axis=1, keepdims=True)

    def log_likelihood(self, corpus: Corpus) -> np.ndarray:
        """Return the natural logarithm of each exercise's probability among those of its length: (N,)."""
        found = []
        for exercise, difficulty in corpus:
            line = [BEGIN, *numbers(exercise), END]
            whole = np.log(self.follows[difficulty][line[:-1], line[1:]]).sum()
            found.append(whole - np.log(self._ends[len(exercise)][difficulty, BEGIN]))
        return np.array(found)


# --- LSTM ---


@dataclass(frozen=True)
class ExerciseLSTM:
    """An LSTM over movements, told the difficulty and how many movements are left."""

    model: "keras.Model"

    def next_movement(self, danced: np.ndarray, length: int, difficulty: int) -> np.ndarray:
        """Return probabilities (N, V) after the movements int (N, t) of exercises of `length` movements."""
        at = danced.shape[1]
        padded = np.zeros((len(danced), length), int)
        padded[:, :at] = danced
        inputs = _inputs(list(padded), [difficulty] * len(padded))
        return self.model.predict_on_batch(inputs)[:, at].astype(float)

    def log_likelihood(self, corpus: Corpus) -> np.ndarray:
        """Return the natural logarithm of each exercise's probability among those of its length: (N,)."""
        lines = [numbers(exercise) for exercise in corpus.exercises]
        told = self.model.predict(_inputs(lines, corpus.difficulties), batch_size=512, verbose=0)
        y, there = _targets(lines)
        each = np.log(np.maximum(np.take_along_axis(told, y[..., None], axis=2)[..., 0], 1e-30))
        return np.where(there, each, 0).sum(axis=1)


def fit_exercises(
    corpus: Corpus, *, units: int = UNITS, epochs: int = EPOCHS, seed: int = 0, bar: bool = True
) -> ExerciseLSTM:
    """Train an LSTM to tell the next movement; same seed, same machine: same weights.

    Parameters
    ----------
    corpus
        Exercises to learn from.
    units
        Size of the LSTM's state.
    epochs
        How often each exercise is shown.
    seed
        Of the first weights and of the order.
    bar
        Whether to show progress.

    Raises
    ------
    BalletError
        If there are no exercises, no units or no epochs.
    """
    if len(corpus) == 0 or epochs < 1 or units < 1:
        raise BalletError(
            f"{len(corpus)} exercises, {units} units and {epochs} epochs teach nothing. Give 1 or more each."
        )
    keras = import_keras()
    from tqdm.auto import tqdm

    keras.utils.set_random_seed(seed)
    model = _network(units)
    lines = [numbers(exercise) for exercise in corpus.exercises]
    X = _inputs(lines, corpus.difficulties)
    y, there = _targets(lines)
    weights = there.astype(np.float32)
    steps = epochs * -(-len(corpus) // BATCH)
    rate = keras.optimizers.schedules.CosineDecay(RATE, steps)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", jit_compile=False)
    for _ in (line := tqdm(range(epochs), desc="exercise LSTM", unit="epoch", disable=not bar)):
        told = model.fit(X, y, sample_weight=weights, batch_size=BATCH, verbose=0).history
        line.set_postfix_str(f"loss {told['loss'][0]:.3f}", refresh=False)
    return ExerciseLSTM(model)


def _network(units: int) -> "keras.Model":
    """Movement before, difficulty and movements left, each a small vector; LSTM; softmax over movements."""
    import keras
    from keras import layers

    before = layers.Input((LONGEST,), dtype="int32", name="before")
    difficulty = layers.Input((LONGEST,), dtype="int32", name="difficulty")
    left = layers.Input((LONGEST,), dtype="int32", name="left")
    joined = layers.Concatenate()(
        [
            layers.Embedding(BEGIN + 1, 32)(before),
            layers.Embedding(1 + len(LEVELS), 8)(difficulty),
            layers.Embedding(1 + LONGEST, 16)(left),
        ]
    )
    read = layers.LSTM(units, return_sequences=True, unroll=True)(joined)
    told = layers.Dense(len(TOKENS), activation="softmax")(read)
    return keras.Model([before, difficulty, left], told, name="exercise_lstm")


def _inputs(lines: Sequence, difficulties: Sequence[int]) -> list[np.ndarray]:
    """Return, for each place, the movement before it, the difficulty and the movements left: int (N, T)."""
    before = np.full((len(lines), LONGEST), BEGIN)
    left = np.zeros((len(lines), LONGEST), int)
    for row, line in enumerate(lines):
        before[row, 1 : len(line)] = line[:-1]
        left[row, : len(line)] = np.arange(len(line), 0, -1)
    return [before, np.repeat(np.asarray(difficulties)[:, None], LONGEST, axis=1), left]


def _targets(lines: Sequence) -> tuple[np.ndarray, np.ndarray]:
    """Return the movement at each place, int (N, T), and whether there is one, bool (N, T)."""
    y, there = np.zeros((len(lines), LONGEST), int), np.zeros((len(lines), LONGEST), bool)
    for row, line in enumerate(lines):
        y[row, : len(line)], there[row, : len(line)] = line, True
    return y, there


# --- Generating and judging ---


def generate(
    model: LanguageModel,
    length: int,
    difficulty: int = 2,
    *,
    n: int = 1,
    temperature: float = 1.0,
    seed: int = 0,
    only_grammatical: bool = False,
) -> list[Exercise]:
    """Let a model make exercises, movement by movement.

    Parameters
    ----------
    model
        A `Bigram`, or what `fit_exercises` returns.
    length
        Number of movements.
    difficulty
        1 to 3.
    n
        How many exercises.
    temperature
        Above 1 the unlikely becomes likelier, near 0 only the likeliest is left: probabilities are raised to
        the power 1 / temperature.
    seed
        Draws.
    only_grammatical
        Throw away what the grammar does not accept, and generate more until there are `n`.

    Raises
    ------
    BalletError
        If the temperature is not above 0, no exercise of this length and difficulty is grammatical, or the
        model makes hardly any that are.
    """
    if not 0 < temperature < np.inf:
        raise BalletError(
            f"A temperature of {temperature!r} cannot be. Give a number above 0; 1 is the model's own."
        )
    if isinstance(n, bool) or n < 1 or n != int(n):
        raise BalletError(f"{n!r} exercises cannot be generated. Give 1 or more.")
    grammar.check_possible(length, difficulty)
    rng, made = np.random.default_rng(seed), []
    for _ in range(TRIES if only_grammatical else 1):
        drawn = _draw(model, length, difficulty, n, temperature, rng)
        made += [one for one in drawn if not only_grammatical or grammar.is_grammatical(one, difficulty)]
        if len(made) >= n:
            return made[:n]
    raise BalletError(
        f"Of {TRIES * n} exercises that the model made, {len(made)} are grammatical, and {n} were asked for. "
        "Lower the temperature, or train it longer."
    )


def _draw(
    model: LanguageModel, length: int, difficulty: int, n: int, temperature: float, rng: np.random.Generator
) -> list[Exercise]:
    danced = np.zeros((n, 0), int)
    for _ in range(length):
        with np.errstate(divide="ignore"):  # what is impossible stays so at every temperature
            told = np.log(model.next_movement(danced, length, difficulty)) / temperature
        upto = np.cumsum(np.exp(told - told.max(axis=1, keepdims=True)), axis=1)
        drawn = (upto <= rng.random((n, 1)) * upto[:, -1:]).sum(axis=1)
        danced = np.concatenate([danced, drawn[:, None]], axis=1)
    return [tuple(TOKENS[number] for number in row) for row in danced]


def grammatical_share(exercises: Sequence[Exercise], difficulty: int = 2) -> float:
    """Return which share of the exercises the grammar accepts; NaN for none."""
    good = [grammar.is_grammatical(exercise, difficulty) for exercise in exercises]
    return sum(good) / len(good) if good else float("nan")


def novelty(exercises: Sequence[Exercise], training: Corpus) -> float:
    """Return which share of the exercises is not in the training corpus; NaN for none."""
    known = set(training.exercises)
    new = [exercise not in known for exercise in exercises]
    return sum(new) / len(new) if new else float("nan")


def perplexity(model: LanguageModel, corpus: Corpus) -> float:
    """Return among how many movements, equally likely, the model seems to choose at each place."""
    return float(np.exp(-model.log_likelihood(corpus).sum() / sum(map(len, corpus.exercises))))


def ideal_perplexity(corpus: Corpus) -> float:
    """Return the perplexity of who knows the grammar: all exercises of a length are equally likely."""
    logs = [np.log(grammar.number_of_exercises(len(one), difficulty)) for one, difficulty in corpus]
    return float(np.exp(sum(logs) / sum(map(len, corpus.exercises))))


def numbers(exercise: Exercise) -> list[int]:
    """Return each movement's place in `TOKENS`.

    Raises
    ------
    BalletError
        If one is not there.
    """
    try:
        return [_NUMBER[token] for token in exercise]
    except (KeyError, TypeError) as error:
        raise BalletError(
            f"{error.args[0]} is no movement of the vocabulary. Choose among grammar.TOKENS."
        ) from error
