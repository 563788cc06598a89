"""How fast takes are loaded, and made from others."""

import gc
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ONE_CORE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
ROUNDS = 15
COPIES = 2000


def measure() -> list[tuple]:
    """Load the shipped set turn by turn with the tutorial's folder, then augment; about half a minute."""
    load, arrays, loop, takes = loading("ballet6")
    run = subprocess.run(
        [sys.executable, __file__], env={**os.environ, **ONE_CORE}, capture_output=True, text=True, check=True
    )
    per_minute = float(run.stdout)
    warm = f"median of {ROUNDS}, files in the system's cache, turn by turn in one process"
    return [
        ("loading ballet6", "< 0.3 s", f"{load:.3f} s", load < 0.3, f"{takes} takes; {warm}"),
        (
            "the same and X, y, groups of it",
            "none",
            f"{load + arrays:.3f} s",
            None,
            "raw features, 132 values",
        ),
        (
            "loading against the loop of the tutorial",
            "≥ 20 times faster",
            f"{loop / load:.0f} times ({loop:.2f} s)",
            loop / load >= 20,
            f"np.load of {takes * 40} files of 132 values, frame by frame into lists; ours unpacks world and "
            "exact coordinates when they are asked for",
        ),
        (
            "augmented takes a minute on one core",
            "≥ 10 000",
            f"{per_minute:,.0f}",
            per_minute >= 10_000,
            f"{COPIES} copies of takes of 40 frames, every change of `augment`, world and exact too",
        ),
    ]


def loading(name: str) -> tuple[float, float, float, int]:
    """Seconds to load a set, to make arrays of it, to read its MP_Data folder; and its number of takes."""
    from ballet_lib.takes import TakeSet

    takes = TakeSet.load(name)
    times: dict[str, list[float]] = {"load": [], "arrays": [], "loop": []}
    with tempfile.TemporaryDirectory() as folder:
        as_the_tutorial_stores(takes, Path(folder))
        as_the_tutorial_reads(folder)  # warms the system's cache
        for _ in range(ROUNDS):
            loaded = None
            gc.collect()  # nobody pays for what the other left behind
            started = time.perf_counter()
            loaded = TakeSet.load(name)
            times["load"].append(time.perf_counter() - started)
            started = time.perf_counter()
            loaded.to_arrays()
            times["arrays"].append(time.perf_counter() - started)
            gc.collect()
            started = time.perf_counter()
            as_the_tutorial_reads(folder)
            times["loop"].append(time.perf_counter() - started)
    return *(statistics.median(times[what]) for what in ("load", "arrays", "loop")), len(takes)


def as_the_tutorial_stores(takes, folder: Path) -> None:
    """Write MP_Data: a folder a movement, a numbered folder a take, a numbered file a frame."""
    import numpy as np

    for number, take in enumerate(takes):
        place = folder / take.movement / str(number)
        place.mkdir(parents=True)
        for frame, landmarks in enumerate(take.poses.landmarks):
            np.save(place / f"{frame}.npy", landmarks.reshape(132).astype(float))  # MediaPipe's own are float


def as_the_tutorial_reads(folder: str) -> tuple[list, list]:
    """Read MP_Data as the ballet paper's tutorial does (ActionDetectionforSignLanguage, section 6)."""
    import numpy as np

    actions = sorted(os.listdir(folder))
    label_map = {label: number for number, label in enumerate(actions)}
    sequences, labels = [], []
    for action in actions:
        for sequence in np.array(os.listdir(os.path.join(folder, action))).astype(int):
            window = []
            for frame_number in range(40):
                path = os.path.join(folder, action, str(sequence), f"{frame_number}.npy")
                window.append(np.load(path))
            sequences.append(window)
            labels.append(label_map[action])
    return sequences, labels


def _augment() -> None:
    """Print how many takes `augment` makes in a minute; the best of three runs."""
    import numpy as np

    from ballet_lib.augmentation import augmented
    from ballet_lib.studio.scene import Scene
    from ballet_lib.takes import Take, TakeSet
    from ballet_lib.vocabulary import BALLET_MOVEMENTS

    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    takes = []
    for movement in BALLET_MOVEMENTS:
        poses = Scene(movement).exact.resample(frames=40)
        exact = poses.world + np.array([0, 0, 4], dtype=np.float32)
        takes.append(Take(poses, movement, "d1", movement, {"side": "right", "focal": 1.35}, exact))
    copies = COPIES // len(takes)
    fastest = float("inf")
    for seed in range(3):
        started = time.perf_counter()
        made = augmented(TakeSet(takes), copies, seed)
        fastest = min(fastest, (time.perf_counter() - started) / (len(made) - len(takes)))
    print(60 / fastest)


if __name__ == "__main__":
    _augment()
