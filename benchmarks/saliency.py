"""Saliency of sequences: what maps cost, whether they add up, and whether they point at what is needed.

The shipped models explain the 105 takes of three dancers whom they have never seen.
"""

import time
from functools import cache

import numpy as np

NETWORKS = ("lstm", "bilstm", "attention", "tcn")
STRANGERS = ("d10", "d11", "d12")
STEPS = 50
TAKES, REPEATS = 8, 5


def measure() -> list[tuple]:
    """Return the rows of this subject."""
    return [*speed(), *complete(), *deletions(), *forgetting(), *definitions()]


@cache
def explained(name: str):
    """Return a shipped model, the strangers' takes, X and the maps by method."""
    from ballet_lib import saliency
    from ballet_lib.classifier import Classifier
    from ballet_lib.takes import TakeSet

    takes, classifier = TakeSet.load("ballet6").filter(dancer=STRANGERS), Classifier.load(name)
    X = classifier.inputs(takes)
    maps = {method: ask(classifier.model, X) for method, ask in methods().items()}
    return classifier, takes, X, maps | {"no network": saliency.departure(classifier.model, X)}


def methods() -> dict:
    """Return the methods by gradient, by name."""
    from ballet_lib import saliency

    return {
        "gradient": saliency.gradient, "SmoothGrad": saliency.smoothgrad,
        "gradient × input": saliency.gradient_times_input,
        "integrated gradients": saliency.integrated_gradients,
    }  # fmt: skip


def speed() -> list[tuple]:
    """Seconds a take of integrated gradients, one at a time and several together."""
    from ballet_lib.networks import build
    from ballet_lib.saliency import integrated_gradients

    X = np.random.default_rng(0).normal(size=(TAKES, 40, 132)).astype(np.float32)
    alone, together = {}, {}
    for name in (*NETWORKS, "lstm-paper"):
        model = build(name, (40, 132), 7)
        integrated_gradients(model, X[:1], steps=STEPS, tolerance=None)  # the first builds the graph
        alone[name] = _seconds(
            lambda model=model: integrated_gradients(model, X[:1], steps=STEPS, tolerance=None)
        )
        together[name] = (
            _seconds(lambda model=model: integrated_gradients(model, X, steps=STEPS, tolerance=None)) / TAKES
        )
    slowest = max(alone, key=alone.get)
    ratio = np.median([alone[name] / together[name] for name in alone])
    return [
        ("integrated gradients of 40 × 33 × 4 in 50 steps, after the first", "< 0.5 s a take",
         f"{alone[slowest]:.2f} s ({slowest}, the slowest), {min(alone.values()):.2f} s the fastest",
         alone[slowest] < 0.5,
         f"median of {REPEATS}; {TAKES} takes at once are {ratio:.1f} times as fast each"),
    ]  # fmt: skip


def _seconds(ask) -> float:
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        ask()
        times.append(time.perf_counter() - began)
    return float(np.median(times))


def complete() -> list[tuple]:
    """How far integrated gradients miss the difference of the logits."""
    from ballet_lib import saliency

    rows = []
    for name in NETWORKS:
        classifier, _, X, maps = explained(name)
        model, whom = classifier.model, f"{len(X)} takes of {', '.join(STRANGERS)}"
        once = saliency.integrated_gradients(model, X, steps=STEPS, tolerance=None)
        missed = saliency.completeness(model, X, once)
        barred = name != "tcn"
        rows.append((
            f"completeness of integrated gradients, {name}, {STEPS} steps",
            "≤ 1% on every take" if barred else "none (the other three)", _missed(missed),
            bool(missed.max() <= 0.01) if barred else None, whom,
        ))  # fmt: skip
    missed = saliency.completeness(model, X, maps["integrated gradients"])
    rows.append((
        "the same, tcn, takes that miss by more done again on a finer line", "≤ 1% on every take",
        _missed(missed), bool(missed.max() <= 0.01),
        f"{whom}; 12 layer norms with ReLU make many kinks; what still misses rises by next to nothing",
    ))  # fmt: skip
    return rows


def _missed(missed: np.ndarray) -> str:
    return (
        f"{np.median(missed):.2%} median, {missed.max():.2%} worst, {(missed <= 0.01).mean():.0%} within 1%"
    )


def deletions() -> list[tuple]:
    """How much sooner certainty falls when a map says what to delete than by chance."""
    from ballet_lib import saliency

    rows = []
    for name in NETWORKS:
        classifier, takes, X, maps = explained(name)

        def area(order, model=classifier.model, X=X):
            return saliency.deletion(model, X, order).area

        random = np.mean([area(saliency.random_order(X.shape, seed=seed)) for seed in range(3)], axis=0)
        better = saliency.advantage(area(maps["integrated gradients"]), random, takes.groups)
        rows.append((
            f"deletion by integrated gradients against random order, {name}", "interval above 0",
            _interval(better), bool(better.low > 0),
            f"what speaks most for the answer first; certainty left {random.mean():.2f} at random; interval "
            f"over {len(takes.dancers)} dancers",
        ))  # fmt: skip
        sizes = {method: area(np.abs(each)) for method, each in maps.items()}
        told = ", ".join(f"{method} {each.mean():.2f}" for method, each in sizes.items())
        more = saliency.advantage(sizes["integrated gradients"], sizes["no network"], takes.groups)
        rows.append((
            f"certainty left when the largest sizes go first, {name}", "none", told, None,
            "sign left out; 'no network' deletes what is furthest from the average; integrated gradients "
            f"against it {_interval(more)}",
        ))  # fmt: skip
    return rows


def _interval(better) -> str:
    return f"{better.mean:+.2f} [{better.low:+.2f}, {better.high:+.2f}] of area"


def forgetting() -> list[tuple]:
    """How like maps remain when the network forgets."""
    from ballet_lib import saliency
    from ballet_lib.saliency.answers import answers_of

    rows = []
    for name in ("lstm", "attention"):
        classifier, _, X, maps = explained(name)
        target = answers_of(classifier.model).target(X)
        found = {method: [] for method in methods()}
        for _, forgotten in saliency.randomised(classifier.model):
            for method, ask in methods().items():
                alike = saliency.agreement(maps[method], ask(forgotten, X, target))
                found[method].append(float(np.median(alike)))
        steps = "; ".join(
            f"{method} {' → '.join(f'{each:.2f}' for each in alike)}" for method, alike in found.items()
        )
        rows.append((f"agreement with maps of randomised weights, {name}", "none", steps, None,
                     "Spearman of sizes, median take; one layer more forgotten at each arrow"))  # fmt: skip
    return rows


def definitions() -> list[tuple]:
    """Whether maps lie on what defines the movement, beside a map that no network drew."""
    from ballet_lib import saliency
    from ballet_lib.saliency.answers import answers_of

    rows = []
    for name in ("lstm", "attention"):
        classifier, takes, X, maps = explained(name)
        *_, (_, forgotten) = saliency.randomised(classifier.model)
        unlearnt = saliency.integrated_gradients(forgotten, X, answers_of(classifier.model).target(X))
        tables = {
            method: saliency.score_table(each, takes, classifier.features)
            for method, each in (maps | {"integrated gradients of random weights": unlearnt}).items()
        }
        legs = ", ".join(f"{method} {table['working_leg'].mean():.2f}" for method, table in tables.items())
        rows.append((f"of what lies on both legs, on the working one, {name}", "none", legs, None,
                     "0.50 is even; the four movements on one leg"))  # fmt: skip
        lifts = [
            tables[method].groupby("movement", sort=False)["lift"].mean().dropna()
            for method in ("integrated gradients", "no network")
        ]
        told = ", ".join(
            f"{movement} {network:.1f} ({without:.1f})"
            for movement, network, without in zip(lifts[0].index, *lifts, strict=True)
        )
        rows.append((f"share on the defining limbs, as a multiple of an even one, {name}", "none", told, None,
                     "integrated gradients (in brackets: no network)"))  # fmt: skip
        rows.append(beside_occlusion(name))
    return rows


def beside_occlusion(name: str) -> tuple:
    """How like the shares of eight groups are to what hiding each of them costs."""
    from ballet_lib import saliency

    classifier, _, X, maps = explained(name)
    fall = saliency.occlusion(classifier.model, X, classifier.features)[:, 0]
    alike = {}
    for method, each in maps.items():
        on_joints = saliency.joint_maps(each, classifier.features, absolute=True)
        alike[method] = np.median(saliency.agreement(saliency.group_shares(on_joints), fall))
    told = ", ".join(f"{method} {each:.2f}" for method, each in alike.items())
    return (f"agreement with occlusion over eight groups, {name}", "none", told, None,
            "Spearman of sizes, median take")  # fmt: skip
