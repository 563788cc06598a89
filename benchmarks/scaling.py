"""How many more videos two workers extract than one: joblib's processes, and Dask's.

One worker and two, turn by turn over the same clips, so that a busy machine slows both alike. The workers
are started, and have loaded MediaPipe, before the clock runs.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

CLIPS, FRAMES = 8, 80
ROUNDS = 3


def measure() -> list[tuple]:
    """Return rows of (what, bar, measured, met, how); takes about three minutes on two cores."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        clips = _clips(Path(folder))
        return [_cores(clips), *_workers(clips, Path(folder))]


def _clips(folder: Path) -> list[Path]:
    """Cut one routine into clips, one behind the other, from its start again when it ends."""
    from ballet_lib import DATASETS
    from ballet_lib.video import read_frames, write_video

    frames = list(read_frames(DATASETS / "r01_routine_1.mp4"))
    starts = [(number * FRAMES) % (len(frames) - FRAMES) for number in range(CLIPS)]
    return [
        write_video(folder / f"clip_{number:02}.mp4", frames[start : start + FRAMES], fps=20)
        for number, start in enumerate(starts)
    ]


def _seconds(clips: list[Path], **where) -> float:
    from ballet_lib.extraction import extract_all

    with tempfile.TemporaryDirectory() as output:
        began = time.perf_counter()
        outcomes = extract_all(clips, output, progress=False, **where)
        took = time.perf_counter() - began
    assert all(outcome.status == "done" for outcome in outcomes), outcomes
    return took


def _cores(clips: list[Path]) -> tuple:
    import psutil

    _seconds(clips[:1])
    before = psutil.Process().cpu_times()
    took = _seconds(clips[:4])
    after = psutil.Process().cpu_times()
    busy = (after.user + after.system - before.user - before.system) / took
    how = "processor time over wall time, four clips one after the other"
    return ("cores that one extracting process keeps busy", "-", f"{busy:.2f}", None, how)


def _workers(clips: list[Path], folder: Path) -> list[tuple]:
    with _cluster(folder / "one", 1) as one, _cluster(folder / "two", 2) as two:
        dask = _ratio(clips, lambda: {"scheduler": one.address}, lambda: {"scheduler": two.address})
    processes = _ratio(clips, lambda: {"workers": 1}, lambda: {"workers": 2})
    how = f"{CLIPS} clips of {FRAMES} frames, turn by turn, median of {ROUNDS} pairs, "
    return [
        ("extraction with two Dask workers against one", ">= 1.7x", dask[1], dask[0] >= 1.7, how
         + "workers of one thread on loopback, all warm"),
        ("extraction with two processes of joblib against one", "-", processes[1], None, how
         + "the second process and its MediaPipe are loaded within the time"),
    ]  # fmt: skip


def _ratio(clips: list[Path], one: Callable, two: Callable) -> tuple[float, str]:
    _seconds(clips, **one()), _seconds(clips, **two())
    pairs = [(_seconds(clips, **one()), _seconds(clips, **two())) for _ in range(ROUNDS)]
    ratios = sorted(slow / quick for slow, quick in pairs)
    ratio = statistics.median(ratios)
    rates = [CLIPS * FRAMES / statistics.median(times) for times in zip(*pairs, strict=True)]
    told = f"{ratio:.2f}x [{ratios[0]:.2f} to {ratios[-1]:.2f}] ({rates[0]:.0f} and {rates[1]:.0f} frames/s)"
    return ratio, told


class _cluster:
    """A scheduler and its workers, each a process of its own, ended with the block."""

    def __init__(self, folder: Path, workers: int):
        folder.mkdir()
        self._folder, self._workers, self._started = folder, workers, []

    def __enter__(self) -> "_cluster":
        from distributed import Client

        told = self._folder / "scheduler.json"
        self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", told)
        while not told.exists():
            time.sleep(0.05)
        for _ in range(self._workers):
            self._start("worker", "--scheduler-file", told, "--nthreads", "1", "--no-nanny")
        with Client(scheduler_file=str(told), set_as_default=False) as client:
            client.wait_for_workers(self._workers, timeout=60)
            self.address = client.scheduler.address
        return self

    def __exit__(self, *_) -> None:
        for process in self._started:
            process.kill()
            process.wait()

    def _start(self, what: str, *arguments) -> None:
        command = [
            sys.executable,
            "-m",
            f"distributed.cli.dask_{what}",
            "--no-dashboard",
            *map(str, arguments),
        ]
        self._started.append(
            subprocess.Popen(command, cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        )


if __name__ == "__main__":
    for row in measure():
        print(*row, sep=" | ")
