"""Watch how much memory a kernel takes, together with the processes that it starts."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

EVERY = 0.5  # seconds


@dataclass
class Peak:
    """The most bytes that were resident at once. What processes share is counted once, where Linux tells."""

    memory: int = 0


@contextmanager
def watched(process_id: int) -> Iterator[Peak]:
    """Look at a process and its children twice a second meanwhile; the yielded peak grows."""
    peak, done = Peak(), threading.Event()

    def look() -> None:
        while not done.wait(EVERY):
            peak.memory = max(peak.memory, resident(process_id))

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        done.set()
        watcher.join()
        peak.memory = max(peak.memory, resident(process_id))  # what ended sooner than the first look


def resident(process_id: int) -> int:
    """Return the bytes that a process and its children, theirs too, hold in memory now."""
    try:
        root = psutil.Process(process_id)
        family = [root, *root.children(recursive=True)]
    except psutil.Error:  # it has ended
        return 0
    return sum(size(process, shared=len(family) > 1) for process in family)


def size(process: psutil.Process, shared: bool) -> int:
    """Return a process's bytes: of those that n processes share an n-th, where Linux tells (its PSS).

    To ask for that walks through all its pages, which costs a large process 20 ms; so one alone is not asked.
    """
    try:
        if shared and psutil.LINUX:
            return process.memory_full_info().pss
        return process.memory_info().rss
    except psutil.Error:  # a child that has just ended
        return 0
