"""Make datasets/models/live.keras, which recognises movements in a stream.

    python tools/make_live_model.py

A model of takes has never seen what lies between two movements, nor a pose that is only held, as in a
photograph. This one learns from ballet6 and from rehearsals: further dancers, filmed for this and kept in the
cache, cut into windows. About forty minutes on two cores, nearly all of it for filming, once.
"""

import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed

from ballet_lib.calibration import fit_temperature
from ballet_lib.classifier import SHIPPED, Classifier
from ballet_lib.evaluation import Predictions, evaluate
from ballet_lib.pose_model import cache_folder, pose_model
from ballet_lib.studio.build import make_take
from ballet_lib.studio.recipes import Recipe, rehearsals
from ballet_lib.take_files import read_take, write_take
from ballet_lib.takes import FRAMES, Take, TakeSet
from ballet_lib.training import fit

STRIDE = 8
"""Frames from one window of a rehearsal to the next."""
HELD = 3
"""Of so many windows one is also shown as a single frame, held."""
VALIDATION = ("d10", "d11", "d12", "h10", "h11", "h12")
"""Dancers by whom the best epoch and the temperature are chosen; afterwards they teach too."""
SIZES = {"units": 96, "filters": 96}


def main() -> None:
    """Film, train, calibrate, save."""
    takes = lessons()
    print(takes, flush=True)
    first = fit(takes, validation=VALIDATION, refit=False, sizes=SIZES)
    temperature = round(fit_temperature(streamed(first, takes)), 3)
    print(f"temperature {temperature}")
    final = fit(takes, validation=VALIDATION, sizes=SIZES)
    final.card |= {"temperature": temperature, "fps": 20.0}
    print(final.save(SHIPPED / "live.keras"))


def lessons() -> TakeSet:
    """Return everything that the model learns from."""
    windows = TakeSet(filmed()).windows(FRAMES, STRIDE)
    seen = windows.filter(lambda take: take.poses.found.mean() >= 0.6)
    takes = TakeSet.load("ballet6")
    poses = [*(held(take) for take in takes), *(held(take) for take in seen[::HELD])]
    return takes + seen + TakeSet([take for take in poses if take is not None], takes.labels)


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


def streamed(classifier: Classifier, takes: TakeSet) -> Predictions:
    """Return what a classifier says of the validation dancers' windows, as a stream shows them."""
    windows = takes.filter(
        lambda take: take.dancer in VALIDATION and take.dancer.startswith("h") and "held" not in take.take_id
    )
    return evaluate(classifier, windows)


if __name__ == "__main__":
    main()
