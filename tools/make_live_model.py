"""Make datasets/models/live.keras, which recognises movements in a stream.

    python tools/make_live_model.py

A model of takes has never seen what lies between two movements, nor a pose that is only held, as in a
photograph. This one learns from ballet6 and from rehearsals: further dancers, filmed for this and kept in the
cache, cut into windows. About twenty minutes on two cores, nearly all of it for filming, once.
"""

import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed

from ballet_lib.classifier import Classifier
from ballet_lib.event_scores import EventScores, score_events
from ballet_lib.live import Recogniser
from ballet_lib.model_files import SHIPPED
from ballet_lib.pose_model import cache_folder, pose_model
from ballet_lib.sliding_window import SEEN_ENOUGH
from ballet_lib.studio.build import make_take
from ballet_lib.studio.recipes import Recipe, rehearsals
from ballet_lib.take_files import read_take, write_take
from ballet_lib.takes import FRAMES, Take, TakeSet
from ballet_lib.training import fit

STRIDE = 8
"""Frames from one window of a rehearsal to the next."""
MOST, LEAST, ASIDE = 0.6, 0.25, 0.75
"""A window shows a movement if at least so much of it does, and the movement's middle is at most so many
seconds from its own; it shows none if at most so much of it does. What lies between teaches nothing clear."""
HELD, EXACT = 3, 4
"""Of so many windows one is also shown as a single frame, held; one with its exact landmarks, as another
extractor might find them."""
VALIDATION = ("d10", "d11", "d12", "h10", "h11", "h12")
"""Dancers by whom the best epoch and the temperature are chosen; afterwards they teach too."""
TEMPERATURES = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2)
COPIES = 2


def main() -> None:
    """Film, train, calibrate, save."""
    takes = lessons()
    print(takes, flush=True)
    first = fit(takes, validation=VALIDATION, copies=COPIES, refit=False)
    temperature = best_temperature(first)
    print(f"temperature {temperature}")
    final = fit(takes, validation=VALIDATION, copies=COPIES)
    final.card |= {"temperature": temperature, "fps": 20.0}
    print(final.save(SHIPPED / "live.keras"))


def lessons() -> TakeSet:
    """Return everything that the model learns from."""
    takes, windows = TakeSet.load("ballet6"), clear_windows(filmed())
    poses = [*(held(take) for take in takes), *(held(take) for take in windows[::HELD])]
    poses += [*(exact(take) for take in takes[::2]), *(exact(take) for take in windows[::EXACT])]
    return takes + windows + TakeSet([take for take in poses if take is not None], takes.labels)


def clear_windows(rehearsals: list[Take]) -> TakeSet:
    """Cut rehearsals into windows that show a movement, or none."""
    cut = []
    for take in rehearsals:
        for start in range(0, len(take) - FRAMES + 1, STRIDE):
            label = shown(take, start)
            if label and take.poses.found[start : start + FRAMES].mean() >= SEEN_ENOUGH:
                cut.append(take.cut(start, start + FRAMES, label))
    return TakeSet(cut)


def shown(take: Take, start: int) -> str | None:
    """Say what the window from this frame on shows; None if that is not clear."""
    low, high = start / take.poses.fps, (start + FRAMES) / take.poses.fps
    shares = {
        segment: max(0.0, min(high, segment.end) - max(low, segment.start)) / (high - low)
        for segment in take.timeline
        if segment.label != "other"
    }
    best = max(shares, key=shares.get)
    if shares[best] <= LEAST:
        return "other"
    apart = abs((low + high) / 2 - (best.start + best.end) / 2)
    return best.label if shares[best] >= MOST and apart <= ASIDE else None


def filmed() -> list[Take]:
    """Film the rehearsals, or take them from the cache."""
    folder = cache_folder() / "rehearsals"
    folder.mkdir(parents=True, exist_ok=True)
    pose_model()  # fetched once, here, not by every worker
    recipes = rehearsals()
    Parallel(n_jobs=-1)(delayed(_film)(folder, name, draw) for name, draw in recipes.items())
    return [read_take(folder / f"{name}.npz") for name in recipes]


def _film(folder: Path, name: str, draw: Callable[[], Recipe]) -> None:
    if not (folder / f"{name}.npz").exists():
        write_take(make_take(draw()), folder)


def held(take: Take) -> Take | None:
    """Return one frame from the middle of a take, held as long as the take; None if nobody is in it."""
    rng = np.random.default_rng(zlib.crc32(take.take_id.encode()))
    middle = np.arange(len(take) // 2 - 5, len(take) // 2 + 6)
    frames = middle[take.poses.found[middle] & (take.frame_labels[middle] == take.movement)]
    if len(frames) == 0:
        return None
    meta = {key: value for key, value in take.meta.items() if key != "timeline"}
    return replace(
        take, poses=take.poses[[int(rng.choice(frames))] * len(take)], take_id=f"{take.take_id}.held",
        meta=meta | {"performance": take.performance}, exact=None,
    )  # fmt: skip


def exact(take: Take) -> Take:
    """Return a take with its exact landmarks in place of those that were extracted."""
    meta = {key: value for key, value in take.meta.items() if key != "timeline"}
    return replace(
        take, poses=take.truth, take_id=f"{take.take_id}.exact",
        meta=meta | {"performance": take.performance}, exact=None,
    )  # fmt: skip


def best_temperature(classifier: Classifier) -> float:
    """Return the temperature with which most is recognised of the validation dancers' rehearsals.

    `calibration.fit_temperature` makes the probability of a window right. What counts here is whether a
    movement passes the threshold and nothing else does. Of equally good ones, the middle one.
    """
    takes = [take for take in filmed() if take.dancer in VALIDATION]
    f1 = []
    for temperature in TEMPERATURES:
        recogniser = Recogniser(Classifier(classifier.model, classifier.card | {"temperature": temperature}))
        scores = [_scored(recogniser, take) for take in takes]
        f1.append(sum(scores[1:], scores[0]).f1)
    best = [t for t, score in zip(TEMPERATURES, f1, strict=True) if score > max(f1) - 1e-9]
    return best[(len(best) - 1) // 2]


def _scored(recogniser: Recogniser, take: Take) -> EventScores:
    recogniser.reset()
    for number in range(len(take)):
        recogniser.feed(take.poses[number], number / take.poses.fps)
    return score_events(recogniser.events, take.timeline, take.poses.seconds)


if __name__ == "__main__":
    main()
