"""How well networks of two streams name the styles of sixty videos of strangers, beside frames that vote."""

import hashlib
import os
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

STRANGERS = tuple(tuple(range(first, first + 5)) for first in range(101, 121, 5))
"""Numbers of each style that are kept for judging, as they are filmed together."""
SEEDS = 3
EVERY = (1, 2, 5, 10, 20)
POINTS = 10


def measure() -> list[tuple]:
    """Train three times each on the 48 videos that ship, ask about sixty others; some ten minutes.

    Filming the sixty takes ten more, once, since they are kept in the cache.
    """
    from ballet_lib.styles.videos import DanceVideos

    videos, judges = DanceVideos.load("styles"), strangers()
    told = {
        (network, streams): answers(videos, judges, network, streams)
        for network, streams in (
            ("lstm", "both"), ("frame", "both"), ("attention", "both"), ("tcn", "both"),
            ("lstm", "poses"), ("frame", "poses"), ("lstm", "pictures"), ("frame", "pictures"),
        )
    }  # fmt: skip
    return [
        *leads(told, judges), *accuracies(told, judges), *reports(videos, judges), *curve(videos, judges),
        *shipped(judges),
    ]  # fmt: skip


def strangers():
    """Film sixty videos whose dancers are in no set, or take them from the cache."""
    from ballet_lib.pose_model import cache_folder
    from ballet_lib.styles.filming import film_all
    from ballet_lib.styles.videos import DanceVideos

    folder = cache_folder() / "benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for numbers in STRANGERS:
        kept = folder / f"styles_{numbers[0]}_{danced(numbers)}.npz"
        if not kept.exists():
            film_all(numbers).save(kept)
        parts.append(DanceVideos.load(kept))
    return DanceVideos(tuple(video for part in parts for video in part), parts[0].labels)


def danced(numbers) -> str:
    """Sum up what these videos show, so that another choreography or studio is filmed anew."""
    from ballet_lib.studio.build import fingerprint
    from ballet_lib.styles.filming import scene_of
    from ballet_lib.vocabulary import STYLES

    digest = hashlib.sha256(fingerprint().encode())
    for style in STYLES:
        for number in numbers:
            digest.update(scene_of(style, number).exact.round(1).tobytes())
    return digest.hexdigest()[:12]


def answers(videos, judges, network: str, streams: str, **settings) -> tuple:
    """Return which judges each training names rightly, bool (seeds, videos), and the seconds of training."""
    import numpy as np

    from ballet_lib.styles.training import fit_style

    right, seconds = [], []
    for seed in range(SEEDS):
        began = time.perf_counter()
        trained = fit_style(videos, network, streams, seed=seed, bar=False, **settings)
        seconds.append(time.perf_counter() - began)
        right.append(trained.probabilities(judges).argmax(axis=1) == judges.y)
    return np.array(right), seconds


def interval(right, judges) -> tuple[float, float, float]:
    """Return the mean over videos and its 95% interval over drawn videos; `right` is (seeds, videos)."""
    import numpy as np

    from ballet_lib.intervals import draw_dancers, percentiles

    of_video = np.asarray(right, float).mean(axis=0)
    drawn = draw_dancers(len(judges), 4000, 0) @ of_video / len(judges)
    return float(of_video.mean()), *percentiles(drawn, len(judges), 0.95)


def per_cent(right, judges) -> str:
    """Write an accuracy with its interval."""
    mean, low, high = (100 * value for value in interval(right, judges))
    return f"{mean:.1f}% [{low:.1f}, {high:.1f}]"


# --- Rows -------------------------------------------------------------------------------------------------


def leads(told: dict, judges) -> list[tuple]:
    """By how much the two-stream LSTM leads over the votes of frames: those it is held to, and the best."""
    best = max((key for key in told if key[0] == "frame"), key=lambda key: told[key][0].mean())
    rows = []
    for against, bar in ((("frame", "both"), True), (best, False)):
        lead = told["lstm", "both"][0].astype(float) - told[against][0]
        mean, low, high = (100 * value for value in interval(lead, judges))
        met = bool(mean >= POINTS and low > 0) if bar else None
        name = "frames that vote, same streams" if bar else f"the best frames that vote ({against[1]})"
        rows.append((
            f"two-stream LSTM before {name}, points", f"≥ {POINTS}, interval above 0" if bar else "none",
            f"{mean:+.1f} [{low:+.1f}, {high:+.1f}]", met,
            f"trained on the 48 videos that ship, asked about {len(judges)} of strangers; {SEEDS} seeds, "
            "paired, interval over videos",
        ))  # fmt: skip
    return rows


def accuracies(told: dict, judges) -> list[tuple]:
    """Each network's accuracy on strangers, and how long it learnt."""
    names = {"lstm": "LSTM", "frame": "frames that vote", "attention": "LSTM with attention", "tcn": "TCN"}
    return [
        (f"{names[network]}, {streams}{' streams' if streams == 'both' else ' alone'}: accuracy", "none",
         per_cent(right, judges), None,
         "seeds " + ", ".join(f"{100 * one:.0f}" for one in right.mean(axis=1))
         + f" %; training {statistics.median(seconds):.0f} s")
        for (network, streams), (right, seconds) in told.items()
    ]  # fmt: skip


def reports(videos, judges) -> list[tuple]:
    """The report's settings on the same videos."""
    rows = []
    for network in ("lstm", "attention", "tcn", "frame"):
        right, seconds = answers(videos, judges, network, "both", settings="paper")
        rows.append((
            f"the report's settings, {network}: accuracy", "none", per_cent(right, judges), None,
            f"chance 33.3%; whole videos, every {20 if network == 'lstm' else 10}th frame of 10 a second; "
            f"training {statistics.median(seconds):.0f} s",
        ))  # fmt: skip
    return rows


def curve(videos, judges) -> list[tuple]:
    """What is left of the LSTM on poses with fewer frames a second."""
    right = [answers(videos, judges, "lstm", "poses", every=every)[0] for every in EVERY]
    return [(
        f"LSTM on poses, every {', '.join(map(str, EVERY))} frames: accuracy", "none",
        "; ".join(per_cent(one, judges) for one in right), None,
        f"10 frames a second, so every {', '.join(str(3 * every) for every in EVERY)} of a film with 30",
    )]  # fmt: skip


def shipped(judges) -> list[tuple]:
    """The model that the app uses, on the same strangers."""
    from ballet_lib.model_files import SHIPPED
    from ballet_lib.styles.classifier import StyleClassifier

    model = StyleClassifier.load("styles")
    right = model.probabilities(judges).argmax(axis=1) == judges.y
    windows = [(video.style, *model.over_time(video)) for video in judges]
    hits = sum((told.argmax(axis=1) == model.labels.index(style)).sum() for style, _, told in windows)
    of = sum(len(told) for _, _, told in windows)
    size = sum((SHIPPED / f"styles.{end}").stat().st_size for end in ("keras", "json"))
    return [
        ("the classifier that ships: accuracy", "none", per_cent([right], judges), None,
         f"poses alone, whole videos; {100 * hits / of:.0f}% of {of} windows of 3 s"),
        ("its size", "< 0.4 MB", f"{size / 1e6:.2f} MB", bool(size < 0.4e6), "model and card"),
    ]  # fmt: skip
