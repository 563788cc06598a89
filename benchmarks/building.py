"""How long a take of the shipped data takes to make, on one core and on all."""

import os
import subprocess
import sys
import time

ONE_CORE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
TAKES = [
    "d01_demi_plie_2", "d02_battement_tendu_3", "d03_releve_4", "d04_attitude_croisee_5",
    "d05_first_arabesque_1", "d06_retire_devant_2",
]  # fmt: skip
SLOWEST = 6.0
SHARE = 0.8
"""Of the ideal speed-up that several cores must reach to count as scaling."""


def measure() -> list[tuple]:
    """Make the same six takes in a process bound to one core, then in as many as there are cores."""
    alone = [float(line) for line in _run(TAKES, core=0)]
    mean, worst = sum(alone) / len(alone), max(alone)
    rows = [
        ("seconds to render and extract one take, one core, mean of 6", f"< {SLOWEST:.0f}", f"{mean:.2f}",
         mean < SLOWEST, "40 frames, drawn dancer, room and camera; process bound to one core"),
        ("the same, slowest of the 6", f"< {SLOWEST:.0f}", f"{worst:.2f}", worst < SLOWEST, "as above"),
    ]  # fmt: skip
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(cores) < 2:
        return [*rows, ("takes a minute, all cores over one", "none", "one core only", None, "")]
    used = cores[:4]
    started = time.perf_counter()
    several = [_start(TAKES, core) for core in used]
    for process in several:
        process.communicate()
    together = len(used) * len(TAKES) / (time.perf_counter() - started)
    started = time.perf_counter()
    _run(TAKES, cores[0])
    single = len(TAKES) / (time.perf_counter() - started)
    ratio = together / single
    rows.append(
        (f"takes a minute, {len(used)} cores over one", f"≥ {SHARE * len(used):.1f}×",
         f"{ratio:.2f}× ({together * 60:.0f} over {single * 60:.0f})", ratio >= SHARE * len(used),
         "each process bound to a core, start-up included, side by side in one run")
    )  # fmt: skip
    return rows


def _start(takes: list[str], core: int) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, __file__, str(core), *takes], env={**os.environ, **ONE_CORE}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _run(takes: list[str], core: int) -> list[str]:
    process = _start(takes, core)
    printed, _ = process.communicate()
    if process.returncode:
        raise RuntimeError("the process that makes takes failed; run this file by itself to see why")
    return printed.split()


def _make(core: int, takes: list[str]) -> None:
    """Print the seconds that each take took."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})
    import cv2

    from ballet_lib.studio.build import make_take
    from ballet_lib.studio.recipes import ballet6

    cv2.setNumThreads(1)
    recipes = ballet6()
    for take_id in takes:
        started = time.perf_counter()
        make_take(recipes[take_id]())
        print(time.perf_counter() - started)


if __name__ == "__main__":
    _make(int(sys.argv[1]), sys.argv[2:])
