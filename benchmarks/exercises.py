"""Exercises as a language: how much of what models make a teacher accepts, and what is seen of it danced."""

import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

LENGTHS = range(5, 13)
EACH = 50
"""Exercises generated for each length and difficulty."""
DANCERS = range(46, 51)
"""Nobody else dances anything as these, and nothing was chosen by them."""


def measure() -> list[tuple]:
    """Train, generate, and let five dancers show two generated exercises each; about four minutes."""
    from ballet_lib.generation import exercises
    from ballet_lib.quiet_tensorflow import import_keras

    import_keras()
    corpus = exercises.draw_corpus()
    began = time.perf_counter()
    lstm = exercises.fit_exercises(corpus, bar=False)
    seconds = time.perf_counter() - began
    models = {"LSTM": lstm, "bigram": exercises.Bigram(corpus)}
    return [
        *training(seconds, corpus),
        *language(models, corpus),
        *grammatical(models, corpus),
        *danced(lstm),
    ]


def training(seconds: float, corpus) -> list[tuple]:
    """How long a learner waits."""
    return [("training the exercise LSTM", "≤ 15 s", f"{seconds:.1f} s", seconds <= 15,
             f"{len(corpus)} exercises sampled from the grammar, all cores")]  # fmt: skip


def language(models: dict, corpus) -> list[tuple]:
    """Perplexity a movement on exercises that are not in the training corpus."""
    from ballet_lib.generation.exercises import draw_corpus, ideal_perplexity, perplexity

    unseen = draw_corpus(2000, seed=1).without(corpus)
    told = [f"{name} {perplexity(model, unseen):.2f}" for name, model in models.items()]
    return [("perplexity a movement, the length being known", "beside it",
             f"{', '.join(told)}; the grammar's own {ideal_perplexity(unseen):.2f}", None,
             f"{len(unseen)} exercises that the training corpus does not hold")]  # fmt: skip


def grammatical(models: dict, corpus) -> list[tuple]:
    """Share of generated exercises that the grammar accepts, before and after filtering, and how new."""
    from ballet_lib.generation.exercises import generate, novelty

    asked = [(length, difficulty) for length in LENGTHS for difficulty in (1, 2, 3)]
    how = f"{EACH} of each length from {LENGTHS[0]} to {LENGTHS[-1]} and difficulty, temperature 1"
    rows = []
    for name, model in models.items():
        shares = {}
        for length, difficulty in asked:
            made = generate(model, length, difficulty, n=EACH, seed=length)
            shares[length, difficulty] = accepted(made, difficulty)
        mean, (where, worst) = sum(shares.values()) / len(shares), min(shares.items(), key=lambda one: one[1])
        rows.append((f"generated exercises that the grammar accepts, {name}", "≥ 90%" if name == "LSTM" else
                     "beside it", f"{mean:.1%} (least {worst:.0%}: length {where[0]}, difficulty {where[1]})",
                     mean >= 0.90 if name == "LSTM" else None, how))  # fmt: skip
    kept = {pair: generate(models["LSTM"], *pair, n=EACH, seed=0, only_grammatical=True) for pair in asked}
    share = sum(accepted(made, difficulty) for (_, difficulty), made in kept.items()) / len(kept)
    late = [
        one for (length, difficulty), made in kept.items() if length >= 10 and difficulty > 1 for one in made
    ]
    return [
        *rows,
        ("the same after filtering", "100%", f"{share:.0%}", share == 1, how + ", LSTM"),
        ("of these, not in the training corpus", "none", f"{novelty(late, corpus):.0%}", None,
         "lengths from 10, difficulties 2 and 3; of short ones the corpus holds nearly all there are"),
    ]  # fmt: skip


def accepted(made, difficulty: int) -> float:
    """Return the share that the grammar accepts."""
    from ballet_lib.generation.exercises import grammatical_share

    return grammatical_share(made, difficulty)


def danced(model) -> list[tuple]:
    """Generated exercises, danced by strangers before a camera and recognised."""
    import numpy as np
    from joblib import Parallel, delayed

    from ballet_lib.generation.exercises import generate

    asked = [(dancer, number, generate(model, 5 + number + dancer % 2, 2 + number, seed=dancer,
                                       only_grammatical=True)[0])
             for dancer in DANCERS for number in (0, 1)]  # fmt: skip
    seen = Parallel(n_jobs=2)(delayed(verified)(exercise, dancer, seed) for dancer, seed, exercise in asked)
    right, movements, extra = (np.array([row[k] for row in seen]) for k in range(3))
    each = [right[i : i + 2].sum() / movements[i : i + 2].sum() for i in range(0, len(seen), 2)]
    share = right.sum() / movements.sum()
    five = generate(model, 5, 3, seed=0, only_grammatical=True)[0]
    began = time.perf_counter()
    verified(five, DANCERS[0], 2)
    seconds = time.perf_counter() - began
    return [
        ("movements of generated exercises danced, and recognised in order", "≥ 90%",
         f"{share:.1%} ({right.sum()} of {movements.sum()}; by dancer {min(each):.0%} to {max(each):.0%})",
         share >= 0.90, f"{len(seen)} exercises of difficulty 2 and 3, dancers r{DANCERS[0]} to "
         f"r{DANCERS[-1]}, filmed within 25° of the front, pose model, live recogniser; no sides are told"),
        ("events that nobody asked for", "none", f"{extra.sum()}", None, "in the same films"),
        ("seconds to dance, film, extract and recognise five movements", "≤ 35 s", f"{seconds:.0f} s",
         seconds <= 35, "240×320 at 12 frames a second, one process on all cores"),
    ]  # fmt: skip


def verified(exercise, dancer: int, seed: int) -> tuple[int, int, int]:
    """Return how many movements were right, how many asked for, and how many events too many."""
    from ballet_lib.generation.studio_exercise import verify

    found = verify(exercise, dancer, seed, bar=False)
    return found.right, len(exercise), found.extra
