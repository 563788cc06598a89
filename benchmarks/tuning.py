"""What a tuner's budget buys, how far its score can be believed, and what tuning costs beside training."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

SEEDS = 5
TEACHERS = [f"d{number:02d}" for number in range(1, 10)]
VALIDATING = TEACHERS[6:]
SEARCH = """
import json, sys
from ballet_lib.takes import TakeSet
from ballet_lib.tuning import tune
from ballet_lib.tuning.experiment import SETTINGS
options = json.loads(sys.argv[1])
takes = TakeSet.load("ballet6").filter(dancer=options.pop("teachers"))
found = tune(takes, **SETTINGS | options)
print(json.dumps({"seconds": found.seconds, "trials": len(found.trials), "epochs": found.epochs,
                  "clock": found.curve.seconds.tolist(), "ends": found.trials.end.tolist(),
                  "failed": int((found.trials.status == "failed").sum())}))
"""
"""A process of its own: as a learner's first call of `tune`, with everything still to be loaded."""


def measure() -> list[tuple]:
    """Compare the methods over seeds (a quarter of an hour, kept in the cache), then time single searches."""
    return [*methods(), *costs()]


def methods() -> list[tuple]:
    """Hyperband against random search under one budget, and both against strangers."""
    from scipy.stats import ttest_1samp

    from ballet_lib.pose_model import cache_folder
    from ballet_lib.takes import TakeSet
    from ballet_lib.tuning.experiment import SETTINGS, TASKS, compete

    kept = cache_folder() / "benchmarks" / "searches"
    told = compete(TakeSet.load("ballet6"), kept, seeds=range(SEEDS), bar=False)
    rows = []
    for task in TASKS:
        needed = told.share_needed(task)
        runs = told.runs[told.runs.task == task]
        scores = runs.pivot_table("score", "seed", "method")
        lead = (scores["Hyperband"] - scores["random search"]).mean()
        median = statistics.median(needed)
        rows.append((
            f"epochs until Hyperband has random search's final score, {task}", "≤ 50%", _share(median),
            median <= 0.5,
            f"median of {len(needed)} seeds ({', '.join(map(_share, sorted(needed)))}); {runs.epochs.max()} "
            f"epochs each, space {SETTINGS['space']}; at the end Hyperband leads by "
            f"{100 * lead:+.1f} points",
        ))  # fmt: skip
        gaps = (runs.score - runs.strangers).groupby(runs.seed).mean()
        low, high = ttest_1samp(gaps, 0).confidence_interval()
        rows.append((
            f"tuner's own score minus the winner's on strangers, {task}", "none",
            f"{100 * gaps.mean():+.1f} points [{100 * low:+.1f}, {100 * high:+.1f}]", None,
            f"{len(runs)} searches; interval over seeds, each of which draws the dancers anew",
        ))  # fmt: skip
    return rows


def costs() -> list[tuple]:
    """Seconds of a search, until something is seen, beside the training, and with two workers."""
    hyperband, seen, wall = search(method="hyperband")
    random, _, _ = search(method="random")
    both, _, together = search(method="hyperband", workers=2)
    overhead = beside_training(random["clock"], random["ends"])
    share = together / wall
    return [
        ("tuning at the course's pace, a fresh process", "≤ 150 s", f"{wall:.0f} s", wall <= 150,
         f"{hyperband['trials']} trials, {hyperband['epochs']} epochs; import of TensorFlow included"),
        ("until progress is visible", "≤ 3 s", f"{seen:.1f} s", seen <= 3, "of the same process"),
        ("beside the epochs of a trial", "none", f"{overhead:.2f} s a trial", None,
         "first epoch of a trial less the median of its others: building, tracing, writing; median of random "
         "search's trials"),
        ("chief and two workers, share of one process's time", "< 100%", _share(share), share < 1,
         f"{together:.0f} against {wall:.0f} s, same search in one run; {both['trials']} trials, "
         f"{both['epochs']} epochs, {both['failed']} failed"),
    ]  # fmt: skip


def search(**options) -> tuple[dict, float, float]:
    """Search in a fresh process: what came of it, seconds until its bar is seen, and seconds in all."""
    began, seen = time.perf_counter(), None
    with tempfile.TemporaryFile("w+") as answer:
        options = {"teachers": TEACHERS, "validation": VALIDATING, "seed": 0} | options
        child = subprocess.Popen([sys.executable, "-c", SEARCH, json.dumps(options)], stdout=answer,
                                 stderr=subprocess.PIPE)  # fmt: skip
        while child.stderr.read1(4096):  # tqdm writes its bar to standard error
            seen = seen or time.perf_counter() - began
        if child.wait():
            raise RuntimeError(f"the search with {options} ended with status {child.returncode}")
        wall = time.perf_counter() - began
        answer.seek(0)
        return json.loads(answer.read().splitlines()[-1]), seen, wall


def beside_training(clock: list[float], lengths: list[int]) -> float:
    """Median over trials of what the first epoch takes longer than the others; the first trial, which waits
    for TensorFlow, and trials of one epoch are left out."""
    found, first = [], lengths[0]
    for length in lengths[1:]:
        took = [clock[n] - clock[n - 1] for n in range(first, first + length)]
        if length > 1:
            found.append(took[0] - statistics.median(took[1:]))
        first += length
    return statistics.median(found)


def _share(part: float) -> str:
    return f"{part:.0%}" if part != float("inf") else "never"
