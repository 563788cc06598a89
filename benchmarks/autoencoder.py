"""How well a minute's autoencoder draws strangers, beside the paper's network and what needs no training."""

import os
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

TEACHERS = ("r11", "r12", "r13", "r14")
SHIPPED_STRANGER = "r15"
SECONDS = 55.0
"""Of a training; the rest of the minute is for starting."""
SEEDS = 3


def measure() -> list[tuple]:
    """Train three times for a minute, and the paper's network once; draw six strangers; some six minutes."""
    from forecasting import strangers

    from ballet_lib.silhouettes import Silhouettes

    everyone = Silhouettes.load("silhouettes")
    teachers, judges = everyone.filter(TEACHERS), strangers()
    stranger = everyone.filter(SHIPPED_STRANGER).frames
    trained = [timed_training(teachers.frames, "lean", seed) for seed in range(SEEDS)]
    paper = timed_training(teachers.frames, "paper", 0)
    return [
        *lean(trained, judges, stranger),
        *papers(paper, judges),
        *simpler(teachers.frames, judges),
        *shipped(judges, stranger),
    ]


def timed_training(frames, network: str, seed: int) -> tuple:
    """Train for `SECONDS`; return the autoencoder and the seconds that a learner waited."""
    from ballet_lib.generation.autoencoder import fit_autoencoder

    began = time.perf_counter()
    trained = fit_autoencoder(frames, network, seconds=SECONDS, seed=seed, bar=False)
    return trained, time.perf_counter() - began


def lean(trained: list[tuple], judges, stranger) -> list[tuple]:
    """The course's network: time, and intersection over union on strangers."""
    import numpy as np

    from ballet_lib.silhouettes import iou

    waited = [seconds for _, seconds in trained]
    models = [model for model, _ in trained]
    scores = np.array([overlap(model.reconstruct(judges.frames), judges) for model in models])
    mean, (low, high) = scores.mean(), spread(scores.mean(axis=0))
    each = ", ".join(
        f"{who} {score:.3f}" for who, score in zip(judges.dancers, scores.mean(axis=0), strict=True)
    )
    by_seed = ", ".join(f"{score:.3f}" for score in scores.mean(axis=1))
    known = [iou(model.reconstruct(stranger), stranger).mean() for model in models]
    first = models[0].card
    return [
        ("training the lean autoencoder", "≤ 60 s", ", ".join(f"{one:.0f}" for one in waited) + " s",
         max(waited) <= 60, f"{first['frames']} silhouettes of four dancers, all cores, {SEEDS} seeds, "
         f"{statistics.median(model.card['epochs'] for model in models):.0f} epochs"),
        ("IoU on dancers not trained on, lean", "≥ 0.90", f"{mean:.3f} [{low:.3f}, {high:.3f}]",
         bool(mean >= 0.9),
         f"{len(judges)} silhouettes of six strangers, interval over dancers: {each}; seeds {by_seed}"),
        ("the same on the stranger who ships", "none", ", ".join(f"{one:.3f}" for one in known), None,
         f"{SHIPPED_STRANGER}, {len(stranger)} silhouettes, {SEEDS} seeds"),
        ("parameters, lean", "none", f"{first['parameters']:,}", None, "6144 bits to 128 numbers"),
    ]  # fmt: skip


def papers(trained: tuple, judges) -> list[tuple]:
    """The paper's network after the same wall time, in the same run."""
    model, waited = trained
    score = overlap(model.reconstruct(judges.frames), judges)
    low, high = spread(score)
    steps = model.history.iloc[-1]
    return [(
        "the paper's network after the same wall time", "none",
        f"{score.mean():.3f} [{low:.3f}, {high:.3f}]", None,
        f"{model.card['parameters']:,} parameters, {waited:.0f} s, in its epoch {steps.epoch:.0f}; "
        "taught with the same varied silhouettes",
    )]  # fmt: skip


def simpler(known, judges) -> list[tuple]:
    """What needs no training: always the same picture, the most alike known one, coarser pixels, PCA."""
    import numpy as np

    from ballet_lib.generation.latent_dance import Eigensilhouettes

    seen, linear = judges.frames, Eigensilhouettes(known, 128)
    patches = seen.reshape(-1, 16, 6, 8, 8).mean(axis=(2, 4))
    told = {
        "the mean picture": np.repeat(known.mean(axis=0, keepdims=True), len(seen), axis=0),
        "the most alike of the pictures learnt from": known[most_alike(seen, known)],
        "128 patches, each as dark as its mean": patches.repeat(6, axis=1).repeat(8, axis=2),
        "PCA with 128 numbers": linear.decode(linear.encode(seen)),
    }
    rows = []
    for name, drawn in told.items():
        score = overlap(drawn, judges)
        low, high = spread(score)
        rows.append((f"the same: {name}", "none", f"{score.mean():.3f} [{low:.3f}, {high:.3f}]", None, ""))
    return rows


def shipped(judges, stranger) -> list[tuple]:
    """The model that ships."""
    from ballet_lib.generation.autoencoder import SHIPPED, Autoencoder
    from ballet_lib.silhouettes import iou

    model = Autoencoder.load("silhouettes")
    score = overlap(model.reconstruct(judges.frames), judges)
    low, high = spread(score)
    size = (SHIPPED / "silhouettes.keras").stat().st_size
    return [(
        "the one that ships, on strangers", "≥ 0.90", f"{score.mean():.3f} [{low:.3f}, {high:.3f}]",
        bool(score.mean() >= 0.9),
        f"{size / 1000:.0f} kB; {iou(model.reconstruct(stranger), stranger).mean():.3f} on r15",
    )]  # fmt: skip


def overlap(drawn, judges):
    """Mean intersection over union of each dancer: float (dancers,)."""
    import numpy as np

    from ballet_lib.silhouettes import iou

    scores = iou(np.asarray(drawn, np.float32), judges.frames)
    return np.array([scores[judges.groups == who].mean() for who in judges.dancers])


def spread(scores) -> tuple[float, float]:
    """Return the 95% interval of a mean over dancers, by Student's t."""
    from scipy.stats import ttest_1samp

    return ttest_1samp(scores, 0).confidence_interval()


def most_alike(frames, known):
    """Return for each silhouette the number of the known one with the largest intersection over union."""
    import numpy as np

    a, b = (each.reshape(len(each), -1).astype(np.float32) for each in (frames, known))
    common = a @ b.T
    return (common / (a.sum(1)[:, None] + b.sum(1) - common)).argmax(axis=1)
