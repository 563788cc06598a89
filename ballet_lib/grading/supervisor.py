"""The process beside each worker: starts one notebook after the other, watches it from outside, ends it.

What it watches cannot be talked to: it reads the memory of the notebook's processes from the system, and it
believes no verdict that comes without the token it gave out after the last cell. On Linux it has loaded
Python's slow modules once and forks for each notebook; elsewhere each notebook is a fresh Python.
"""

import importlib
import json
import os
import pkgutil
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import psutil

from ballet_lib.grading.packets import packet, read_packet

FORKS = sys.platform == "linux"
WITH_THREADS = ("tensorflow", "keras", "mediapipe", "distributed")
EVERY = 0.02  # seconds between two looks at whether it has ended
EVERY_TREE = 0.25  # seconds between two looks at memory, processes and files
MOST_PROCESSES = 32
LARGEST_FOLDER = 500_000_000  # bytes
MOST_MESSAGES = 1_000_000  # bytes that a notebook's process may report
_PR_SET_CHILD_SUBREAPER = 36


def main() -> None:
    """Do the jobs that come in on standard input, one after the other, until it is closed."""
    jobs, results = os.fdopen(os.dup(0), "rb", buffering=0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the grader's to hear
    if FORKS:
        import ctypes

        # What a notebook leaves running becomes ours to end, whatever session it has moved to.
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        _load_slow_modules()
    with suppress(EOFError, BrokenPipeError):
        _send(results, {"ready": True})
        while True:
            _send(results, supervise(read_packet(jobs)))


def _end(*_) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one must not disturb the clearing up
    sys.exit(1)


def _send(stream: int, document: dict) -> None:
    rest = packet(document)
    while rest:
        rest = rest[os.write(stream, rest) :]


def _load_slow_modules() -> None:
    """Import what most notebooks need, so that forks have it, and what a notebook might change.

    Not what starts threads, since a fork has only one of them: a library module that cannot do without is
    left to the notebook.
    """
    import matplotlib

    matplotlib.use("agg")
    for name in ("IPython.core.interactiveshell", "ipywidgets", "matplotlib.pyplot", "pandas"):
        importlib.import_module(name)

    import ballet_lib
    from ballet_lib import checks

    nothing: dict[str, Any] = dict.fromkeys(WITH_THREADS)
    sys.modules.update(nothing)  # importing any of them fails from here on
    for package in (ballet_lib, checks):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            if not module.name.rsplit(".", 1)[1].startswith(("cli", "lesson_", "__main__")):
                with suppress(ImportError):
                    importlib.import_module(module.name)
    for name in WITH_THREADS:
        del sys.modules[name]


def supervise(job: dict) -> dict:
    """Run one notebook within its limits.

    Parameters
    ----------
    job
        ``lesson``, ``cells`` (code), ``seconds``, ``memory`` (bytes) and ``seed``.

    Returns
    -------
    dict
        ``verdicts`` by task, each with ``status`` and ``message``; ``stopped``, why it did not come to its
        end, or None; ``raised`` (cell and error); ``shown``; ``isolation``; ``seconds``; ``printed`` (bytes).
    """
    began = time.monotonic()
    folder, child = None, None
    try:
        with _undisturbed():
            folder = Path(tempfile.mkdtemp(prefix="ballet-grade-")).resolve()
            child = (_Forked if FORKS else _Spawned)(job | {"folder": str(folder)})
        stopped = _watch(child, job, folder, began)
        _end_all(child)
        return child.account(stopped, time.monotonic() - began)
    finally:
        if child:
            _end_all(child)
        if folder:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Hear of the grader's end only afterwards, so that nothing is begun that nobody could end."""
    if FORKS:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        yield
    finally:
        if FORKS:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def _watch(child: "_Child", job: dict, folder: Path, began: float) -> str | None:
    """Wait until the notebook has ended; return why it must be ended before."""
    grader, looked = psutil.Process(os.getppid()), 0.0
    while not child.has_ended():
        time.sleep(EVERY)
        now = time.monotonic()
        if now - began > job["seconds"]:
            return f"stopped after {job['seconds']:g} s"
        if child.too_talkative:
            return "reported more than any exercise has to"
        if now - looked > EVERY_TREE:
            looked = now
            if not grader.is_running():
                sys.exit(1)
            if problem := _overuse(child.pid, job["memory"], folder):
                return problem
    return None


def _overuse(pid: int, memory: int, folder: Path) -> str | None:
    family = []
    with suppress(psutil.Error):
        first = psutil.Process(pid)
        family = [first, *first.children(recursive=True)]
    if len(family) > MOST_PROCESSES:
        return f"started more than {MOST_PROCESSES} processes"
    # What forks share is counted once, which takes a longer look: only where the quick one says too much.
    if _memory_of(family, "rss") > memory and (len(family) == 1 or _memory_of(family, "pss") > memory):
        return f"took more than {memory / 1e6:.0f} MB of memory"
    if _bytes_in(folder) > LARGEST_FOLDER:
        return f"wrote more than {LARGEST_FOLDER / 1e6:.0f} MB"
    return None


def _memory_of(family: list[psutil.Process], kind: str) -> int:
    used = 0
    for one in family:
        with suppress(psutil.Error):  # ended in the meantime
            told = one.memory_info() if kind == "rss" else one.memory_full_info()
            used += getattr(told, kind, told.rss)  # only Linux tells the share of each
    return used


def _bytes_in(folder: Path) -> int:
    size = 0
    for place, _, files in os.walk(folder):
        for file in files:
            with suppress(OSError):
                size += os.lstat(os.path.join(place, file)).st_size
    return size


def _end_all(child: "_Child") -> None:
    """End the notebook and all that it started, also what left its session, and wait until they are gone."""
    for _ in range(100):
        with suppress(psutil.Error):
            # Taken anew each time: what forks quickly has children that were not there a moment ago. All
            # are halted before the first is ended, so that none can start others meanwhile.
            family = psutil.Process(os.getpid() if FORKS else child.pid).children(recursive=True)
            for act in ("suspend", "kill"):
                for one in family:
                    with suppress(psutil.Error):
                        getattr(one, act)()
        child.kill()
        if child.has_ended() and not _left_over():
            return
        time.sleep(0.01)


def _left_over() -> bool:
    """Collect orphans that have ended; tell whether others still run."""
    if not FORKS:
        return False
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


class _Child:
    """A notebook's process: its three streams, read by two threads, and what it has told so far."""

    pid: int

    def __init__(self, job: dict, control: BinaryIO, messages: BinaryIO, output: BinaryIO):
        self.too_talkative = False
        self._control, self._streams = control, (control, messages, output)
        self._seed, self._token = job["seed"], secrets.token_hex(16)
        self._told: dict = {"cell": 0, "raised": [], "shown": [], "isolation": {}}
        self._verdicts: dict[str, dict] = {}
        self._judging: str | None = None
        self._phase, self._printed = "cells", 0
        self._readers = [
            threading.Thread(target=self._listen, args=(messages,), daemon=True),
            threading.Thread(target=self._drain, args=(output,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        with suppress(BrokenPipeError):
            control.write(packet({name: value for name, value in job.items() if name != "seed"}))

    def account(self, stopped: str | None, seconds: float) -> dict:
        """Tell what became of the notebook, after its end."""
        for reader in self._readers:
            reader.join(timeout=2)
        for stream in self._streams:
            with suppress(OSError):
                stream.close()
        if stopped is None and self._phase != "end":
            stopped = "ended Python itself"
        if stopped:
            stopped += f" in cell {self._told['cell']}" if self._phase == "cells" else " while being judged"
        return self._told | {
            "verdicts": self._verdicts, "stopped": stopped, "judging": self._judging,
            "seconds": round(seconds, 2), "printed": self._printed,
        }  # fmt: skip

    def _drain(self, output: BinaryIO) -> None:
        """Count what is printed, and forget it."""
        with suppress(OSError, ValueError):
            while part := output.read(1 << 20):
                self._printed += len(part)

    def _listen(self, messages: BinaryIO) -> None:
        told, rest = 0, b""
        with suppress(OSError, ValueError):
            while part := messages.read(1 << 16):
                told += len(part)
                if told > MOST_MESSAGES:
                    self.too_talkative = True
                    return
                *lines, rest = (rest + part).split(b"\n")
                for line in lines:
                    with suppress(ValueError, TypeError, KeyError, AttributeError, RecursionError):
                        self._hear(json.loads(line))

    def _hear(self, message: dict) -> None:
        """Take a message in; anything may be in it, since a cell can write to the stream as well."""
        if self._phase == "cells":
            if message.get("phase") == "judging":
                self._phase = "judging"
                self._control.write(packet({"token": self._token, "seed": self._seed}))
            elif "raised" in message:
                self._told["raised"].append([int(message["raised"]), str(message["error"])[:1000]])
            elif "cell" in message:
                self._told["cell"] = int(message["cell"])
            elif not self._told["isolation"]:
                self._told["isolation"] = {str(k): v is True for k, v in message["isolation"].items()}
                self._told["shown"] = [str(key) for key in message["shown"]]
        elif secrets.compare_digest(str(message.get("token")), self._token):
            if message.get("phase") == "end":
                self._phase = "end"
            elif "key" in message:
                verdict = {name: str(message[name])[:1000] for name in ("status", "message")}
                self._verdicts[str(message["key"])] = verdict
                self._judging = None
            else:
                self._judging = str(message["judging"])

    def has_ended(self) -> bool:
        raise NotImplementedError

    def kill(self) -> None:
        raise NotImplementedError


class _Forked(_Child):
    """A fork of the supervisor."""

    def __init__(self, job: dict):
        pipes = [os.pipe() for _ in range(3)]
        (control_out, control_in), (messages_out, messages_in), (output_out, output_in) = pipes
        self.pid, self._ended = os.fork(), False
        if self.pid == 0:
            try:
                _become_runner(control_out, messages_in, output_in)
            finally:
                os._exit(1)
        for end in (control_out, messages_in, output_in):
            os.close(end)
        control = os.fdopen(control_in, "wb", buffering=0)
        super().__init__(
            job,
            control,
            os.fdopen(messages_out, "rb", buffering=0),
            os.fdopen(output_out, "rb", buffering=0),
        )

    def has_ended(self) -> bool:
        if not self._ended:
            with suppress(ChildProcessError):
                self._ended = os.waitpid(self.pid, os.WNOHANG)[0] == self.pid
                return self._ended
            self._ended = True
        return True

    def kill(self) -> None:
        if not self._ended:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)


class _Spawned(_Child):
    """A fresh Python, where forking is not to be had or not to be trusted."""

    def __init__(self, job: dict):
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "ballet_lib.grading.runner"], stdin=subprocess.PIPE, bufsize=0,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        self.pid = self._process.pid
        streams: Any = (self._process.stdin, self._process.stdout, self._process.stderr)
        super().__init__(job, *streams)

    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def kill(self) -> None:
        with suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self.pid, signal.SIGKILL)
            self._process.kill()


def _become_runner(control: int, messages: int, output: int) -> None:
    """Turn a fork into the notebook's process: a session of its own, three streams and nothing else open."""
    from ballet_lib.grading import runner

    os.setsid()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    # From above, so that none overwrites another.
    spare = [os.dup(stream) for stream in (control, messages, output)]
    for number, stream in enumerate(spare):
        os.dup2(stream, number)
    os.closerange(3, os.sysconf("SC_OPEN_MAX") if os.sysconf("SC_OPEN_MAX") > 0 else 1 << 16)
    runner.main()


if __name__ == "__main__":
    main()
