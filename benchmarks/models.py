"""How well the default network recognises strangers, and how soon against the ballet paper's recipe."""

import os
import statistics

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

FURTHER = range(13, 16)
"""Numbers of the dancers who are filmed for the test."""
SEEDS = range(5)
REACHED = 0.95
PAPER_EPOCHS = 400


def measure() -> list[tuple]:
    """Train the default network on ballet6, and race it against the paper's; about half an hour."""
    return [*strangers(), *everybody(), *race()]


def strangers() -> list[tuple]:
    """Twelve dancers teach, three whom nobody has seen are drawn and filmed for the test; five seeds."""
    from ballet_lib.evaluation import evaluate
    from ballet_lib.takes import TakeSet
    from ballet_lib.training import fit

    takes, test = TakeSet.load("ballet6"), further_dancers()
    trained = [fit(takes, seed=seed, bar=False) for seed in SEEDS]
    predictions = sorted((evaluate(one, test) for one in trained), key=lambda one: one.macro_f1)
    scores = [one.macro_f1 for one in predictions]
    middle = statistics.median(scores)
    low, high = predictions[len(scores) // 2].intervals().macro_f1
    seconds = max(one.card["seconds"] for one in trained)
    who = (
        f"{len(test)} takes of {', '.join(test.dancers)}, drawn by ballet6's recipe and filmed for this test"
    )
    return [
        ("macro-F1 on three unseen dancers, median of 5 seeds", "≥ 0.95",
         f"{middle:.3f} [{low:.2f}, {high:.2f}]", middle >= 0.95,
         f"default LSTM trained on ballet6; {who}; interval over dancers, of the median seed"),
        ("the same, worst seed", "≥ 0.92", f"{min(scores):.3f}", min(scores) >= 0.92,
         "all seeds: " + ", ".join(f"{score:.3f}" for score in scores)),
        ("training it, slowest seed", "≤ 60 s", f"{seconds:.0f} s", seconds <= 60,
         "augmentation, the first training and the second on everybody, all cores"),
    ]  # fmt: skip


def further_dancers():
    """Film three dancers who are in no set; some minutes, once, since they are kept in the cache."""
    import joblib

    from ballet_lib.pose_model import cache_folder
    from ballet_lib.studio.build import fingerprint, make_take
    from ballet_lib.studio.recipes import ballet6
    from ballet_lib.takes import TakeSet

    kept = cache_folder() / "benchmarks" / f"further_dancers_{fingerprint()}.npz"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        recipes = ballet6(FURTHER)
        made = joblib.Parallel(n_jobs=-1)(joblib.delayed(_made)(make_take, draw) for draw in recipes.values())
        TakeSet(made).save(kept)
    return TakeSet.load(kept)


def _made(make_take, draw):
    return make_take(draw())


def everybody() -> list[tuple]:
    """Every dancer is a stranger once, and so is every view."""
    import numpy as np
    from sklearn.model_selection import GroupKFold
    from sklearn.neighbors import KNeighborsClassifier

    from ballet_lib.evaluation import Predictions, evaluate
    from ballet_lib.takes import TakeSet
    from ballet_lib.training import fit

    takes = TakeSet.load("ballet6")
    folds = list(GroupKFold(4).split(takes.y, takes.y, takes.groups))
    found = [evaluate(fit(takes[train], bar=False), takes[test]) for train, test in folds]
    pooled = Predictions(
        np.concatenate([one.y for one in found]), np.concatenate([one.probabilities for one in found]),
        np.concatenate([one.groups for one in found]), takes.labels,
        tuple(take_id for one in found for take_id in one.take_ids),
    )  # fmt: skip
    yaw = {take.take_id: abs(take.meta["yaw"]) for take in takes}
    seen = np.array([yaw[take_id] for take_id in pooled.take_ids])
    low, high = pooled.intervals().macro_f1
    X = takes.to_arrays("normalised").X.reshape(len(takes), -1)
    nearest = np.concatenate([
        KNeighborsClassifier(1).fit(X[train], takes.y[train]).predict(X[test]) == takes.y[test]
        for train, test in folds
    ])  # fmt: skip
    rows = [
        ("macro-F1 on all twelve, each unseen", "none", f"{pooled.macro_f1:.3f} [{low:.2f}, {high:.2f}]",
         None, "four trainings on nine dancers each; recipe chosen on these; interval over dancers"),
        ("accuracy of the nearest neighbour, the same folds", "none",
         f"{nearest.mean():.1%} (default network {pooled.accuracy:.1%})", None, "normalised landmarks"),
    ]  # fmt: skip
    for name, least, most in (("front, 0 to 40°", 0, 40), ("diagonal and side, 40 to 110°", 40, 110),
                              ("behind, 110 to 180°", 110, 181)):  # fmt: skip
        some = pooled[(seen >= least) & (seen < most)]
        rows.append((f"accuracy by view: {name}", "none", f"{some.accuracy:.1%}", None, f"{len(some)} takes"))
    return rows


def race() -> list[tuple]:
    """Seconds until 95% of the same validation takes are right, turn by turn in one process."""
    from sklearn.model_selection import train_test_split

    from ballet_lib.takes import TakeSet
    from ballet_lib.training import fit

    takes = TakeSet.load("ballet6-paper")
    ours, theirs = [], []
    for seed in SEEDS:
        train, valid = train_test_split(
            range(len(takes)), test_size=0.25, stratify=takes.y, random_state=seed
        )
        for network, times in (("lstm", ours), ("lstm-paper", theirs)):
            epochs = PAPER_EPOCHS if network == "lstm-paper" else None
            fitted = fit(takes[train], network, validation=takes[valid], epochs=epochs, seed=seed,
                         patience=None, refit=False, bar=False)  # fmt: skip
            times.append(seconds_until(fitted.history))
    ratio = statistics.median(seconds for seconds, _ in theirs) / statistics.median(s for s, _ in ours)
    return [
        ("seconds to 0.95 validation accuracy, against the paper's recipe", "≥ 20 times sooner",
         f"{ratio:.0f} times ({_median(ours)} against {_median(theirs)})", ratio >= 20,
         f"ballet6-paper, {len(train)} takes teach and {len(valid)} validate, 5 seeds turn by turn; reached "
         f"by {_reached(ours)} and {_reached(theirs)} of 5; who does not within {PAPER_EPOCHS} epochs "
         "counts with the time that these took"),
    ]  # fmt: skip


def seconds_until(history) -> tuple[float, bool]:
    """Seconds of training until `REACHED`, and whether it ever was; all of them if not."""
    there = (history["val_accuracy"] >= REACHED).to_numpy()
    last = int(there.argmax()) + 1 if there.any() else len(there)
    return float(history["seconds"][:last].sum()), bool(there.any())


def _median(times: list[tuple[float, bool]]) -> str:
    return f"{statistics.median(seconds for seconds, _ in times):.1f} s"


def _reached(times: list[tuple[float, bool]]) -> int:
    return sum(reached for _, reached in times)
