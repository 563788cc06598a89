"""What a learner costs on a class server: seconds, memory and CPU of a lesson through a real JupyterHub.

The hub is the local trial of `teaching/hub/local`. Memory is a learner's server and kernels together, looked
at twice a second: USS is what that learner alone occupies, RSS counts the shared libraries as well.
"""

import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

import psutil
from hub_session import Hub, Learner, running_hub
from notebook_runner import errors_in, faults_in

LESSON = "notebooks/00_start_here.ipynb"
HEAVIEST = "notebooks/10_generating_dance.ipynb"  # of memory and of computing, as far as we know
AT_ONCE = ("ben", "cleo", "dora")
CLASS = 30
GB = 1e9
TRAINING = """
from ballet_lib.pose import PoseExtractor
from ballet_lib.quiet_tensorflow import import_keras
from ballet_lib.takes import TakeSet

keras = import_keras()
X, y, _ = TakeSet.load("ballet6-paper").to_arrays("normalised")
network = keras.Sequential([keras.layers.LSTM(64), keras.layers.Dense(6, activation="softmax")])
network.compile("adam", "sparse_categorical_crossentropy")
network.fit(X, y, batch_size=16, epochs=20, verbose=0)
"""
"""As lessons 03 to 07: TensorFlow is loaded, and a small LSTM is trained."""


def measure() -> list[tuple]:
    """Run lesson 00 for one learner, for three at once, for one again; then what takes more memory."""
    with tempfile.TemporaryDirectory() as folder, running_hub(Path(folder) / "hub") as hub:
        ada = entered(hub, "ada")
        idle = Usage.of(hub, "ada")
        first, lesson = timed(hub, [ada])
        three, _ = timed(hub, [entered(hub, name) for name in AT_ONCE])
        own = sum(process.memory_full_info().uss for process in (hub.process, *proxies(hub)))
        second, _ = timed(hub, [ada])
        training = trained(hub, ada)
        _, heaviest = timed(hub, [ada], HEAVIEST)
    alone = (first + second) / 2
    return [*seconds(alone, three, first, second), *memory(idle, lesson, training, heaviest, own)]


def seconds(alone: float, three: float, first: float, second: float) -> list[tuple]:
    """Return the rows on time."""
    return [
        ("lesson 00 for three learners at once, over one alone", "≤ 3.5×", f"{three / alone:.2f}×",
         three / alone <= 3.5, f"{three:.0f} s until the last is done, over {alone:.0f} s: the mean of one "
         f"run before ({first:.0f} s) and one after ({second:.0f} s), all through the hub's proxy"),
    ]  # fmt: skip


def memory(idle: "Usage", lesson: "Usage", training: "Usage", heaviest: "Usage", own: int) -> list[tuple]:
    """Return the rows on memory and CPU, and what follows for a class."""
    third = CLASS // 3
    few = (own + third * heaviest.uss + (CLASS - third) * lesson.uss) / GB
    return [
        ("a learner's server, no notebook open", "none", idle.memory(), None, "JupyterLab opened once"),
        ("a learner in lesson 00, at the peak", "none", lesson.memory(), None,
         "server and kernel; pose model and figures, no TensorFlow"),
        ("CPU seconds of a learner for lesson 00", "none", f"{lesson.cpu:.0f} s", None,
         "server and kernel, user and system"),
        ("a learner who trains a small LSTM, at the peak", "none", training.memory(), None,
         "TensorFlow and MediaPipe loaded, 20 epochs of ballet6-paper"),
        ("a learner in lesson 10, at the peak", "none", heaviest.memory(), None, "all of the lesson"),
        ("the hub and its proxy, four servers running", "none", f"{own / GB:.2f} GB", None, "USS"),
        (f"memory for {CLASS} learners who are all in lesson 10", "none",
         f"{(own + CLASS * heaviest.uss) / GB:.0f} GB", None, f"hub + {CLASS} × {heaviest.uss / GB:.2f} GB"),
        (f"memory for {CLASS} learners of whom a third is", "none", f"{few:.0f} GB", None,
         f"hub + {third} × {heaviest.uss / GB:.2f} GB + {CLASS - third} × {lesson.uss / GB:.2f} GB"),
    ]  # fmt: skip


def trained(hub: Hub, learner: Learner) -> "Usage":
    """Train a small network in a kernel of its own, and return what it took."""
    with watched(hub, [learner.name]) as (usage,), learner.kernel("notebooks/training.ipynb") as kernel:
        if errors := errors_in(kernel.execute(TRAINING)):
            raise RuntimeError(f"the training failed: {errors[0]}")
    return usage


def entered(hub: Hub, name: str) -> Learner:
    """Log a learner in and start the server."""
    learner = Learner(hub, name)
    learner.start_server()
    return learner


def timed(hub: Hub, learners: list[Learner], path: str = LESSON) -> tuple[float, "Usage"]:
    """Run a lesson for all learners at once: seconds until the last is done, and the largest usage."""
    names = [learner.name for learner in learners]
    with watched(hub, names) as usages, ThreadPoolExecutor(len(learners)) as pool:
        began = time.perf_counter()
        notebooks = list(pool.map(lambda learner: learner.run(path), learners))
        took = time.perf_counter() - began
    if faults := [fault for notebook in notebooks for fault in faults_in(notebook)]:
        raise RuntimeError(f"{path} failed: {faults[0]}")
    return took, max(usages, key=lambda usage: usage.uss)


def proxies(hub: Hub) -> list[psutil.Process]:
    """Return the processes that belong to the hub and to no learner."""
    return [one for one in hub.process.children() if "configurable-http-proxy" in " ".join(one.cmdline())]


@dataclass
class Usage:
    """The most that a learner's processes took: bytes, and CPU seconds."""

    uss: int = 0
    rss: int = 0
    cpu: float = 0.0

    @classmethod
    def of(cls, hub: Hub, name: str) -> "Usage":
        """Look at a learner's processes now."""
        usage = cls()
        for process in hub.family_of(name):
            try:
                memory, times = process.memory_full_info(), process.cpu_times()
            except psutil.Error:  # it has just ended
                continue
            usage.uss += memory.uss
            usage.rss += memory.rss
            usage.cpu += sum(times[:4])  # user and system, and those of children that have ended
        return usage

    def memory(self) -> str:
        """Write the memory."""
        return f"{self.uss / GB:.2f} GB USS, {self.rss / GB:.2f} GB RSS"


@contextmanager
def watched(hub: Hub, names: list[str]) -> Iterator[list[Usage]]:
    """Watch learners' processes meanwhile; the yielded usages hold the largest values seen."""
    most, before, done = (
        [Usage() for _ in names],
        [Usage.of(hub, name).cpu for name in names],
        threading.Event(),
    )

    def look() -> None:
        while not done.wait(0.5):
            for usage, name, start in zip(most, names, before, strict=True):
                now = Usage.of(hub, name)
                usage.uss, usage.rss = max(usage.uss, now.uss), max(usage.rss, now.rss)
                usage.cpu = max(usage.cpu, now.cpu - start)

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield most
    finally:
        done.set()
        watcher.join()
