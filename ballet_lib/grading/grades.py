"""A class's notebooks to one table: run each in a process of its own, judge, write."""

import hashlib
import json
import os
import queue
import secrets
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import BinaryIO

import psutil

from ballet_lib.errors import BalletError
from ballet_lib.files import alone, replacing, writable_folder
from ballet_lib.grading.class_folder import Notebook, handed_in
from ballet_lib.grading.isolation import ONE_CORE, readable_folders
from ballet_lib.grading.packets import packet, read_packet
from ballet_lib.grading.table import Grades, grades_of

FINISHED = ".finished.json"
"""Ends the name of the file beside the table that keeps what was run, so that a second run goes on."""
VERSION = 1


@dataclass(frozen=True)
class Limits:
    """What one notebook may use: seconds of wall time, and megabytes of memory with all it starts."""

    seconds: float = 120.0
    memory: int = 2000

    def __post_init__(self):
        if not 1 <= self.seconds <= 86_400:
            raise BalletError(f"{self.seconds:g} seconds are no limit. Give 1 to 86400.")
        if not 200 <= self.memory <= 1_000_000:
            raise BalletError(f"{self.memory} MB are no limit. Give 200 or more; TensorFlow takes 800.")


def grade(
    folder: str | os.PathLike,
    output: str | os.PathLike,
    limits: Limits | None = None,
    workers: int = 1,
    progress: bool = True,
) -> Grades:
    """Run what learners handed in, judge it by the library's own checks, and write one row a learner.

    What was run before is not run again as long as the notebook, the checks and the limits are the same.

    Parameters
    ----------
    folder
        Holds a folder or a file a learner, see `class_folder.handed_in`.
    output
        The table, a name in ``.csv``. Beside it a file in ``.finished.json`` keeps what was run.
    limits
        Of one notebook.
    workers
        Notebooks at the same time; each computes on one core.
    progress
        Whether to show a bar.

    Raises
    ------
    BalletError
        If there is nothing to grade, the table cannot be written, or another process is writing it.
    """
    limits, output = limits or Limits(), _checked_output(output)
    for place in (Path(folder), output.parent):
        _check_place(place)
    learners, notebooks = handed_in(folder)
    notebooks = [_known_lesson(notebook) for notebook in notebooks]
    writable_folder(output.parent)
    with alone(output.with_name(f".{output.stem}.lock"), f"is grading into {output}"):
        finished = _Finished(output.with_suffix(FINISHED), limits)
        waiting = {
            one.digest: one for one in notebooks if one.problem is None and one.digest not in finished.runs
        }
        from tqdm.auto import tqdm

        done = len({one.digest for one in notebooks if one.problem is None}) - len(waiting)
        with tqdm(
            total=done + len(waiting), initial=done, unit="notebook", desc="grading", disable=not progress
        ) as bar:

            def keep(notebook: Notebook, run: dict) -> None:
                finished.keep(notebook.digest, run)
                bar.update()

            _run_all(list(waiting.values()), limits, finished.seed, workers, keep)
        grades = grades_of(learners, notebooks, finished.runs)
        grades.save(output)
    return replace(grades, output=str(output))


def _checked_output(output: str | os.PathLike) -> Path:
    output = Path(output)
    if output.suffix.lower() != ".csv":
        raise BalletError(f"{output} is no name for the table. Give one that ends in .csv.")
    if output.is_dir():
        raise BalletError(f"{output} is a folder. Give the name of a file.")
    return output


def _check_place(folder: Path) -> None:
    """Refuse a folder that every notebook may read, for what learners handed in and for the table."""
    place = folder.resolve()
    if inside := [each for each in readable_folders() if place.is_relative_to(each.resolve())]:
        raise BalletError(f"{folder} lies in {inside[0]}, which every notebook may read. Put it elsewhere.")


def _known_lesson(notebook: Notebook) -> Notebook:
    from ballet_lib.checks.base import lessons, tasks

    if notebook.problem or (notebook.lesson in lessons() and tasks(notebook.lesson)):
        return notebook
    return replace(notebook, lesson=None, problem=f"{notebook.name}: lesson {notebook.lesson} has no tasks")


class _Finished:
    """What was run before, by the notebook's digest, and the seed that is the same for a whole class."""

    def __init__(self, path: Path, limits: Limits):
        self._path, self._lock = path, threading.Lock()
        self._about = {"version": VERSION, "checks": _checks_digest(), "limits": asdict(limits)}
        self.runs: dict[str, dict] = {}
        self.seed = secrets.randbits(32)
        with suppress(
            OSError, ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError
        ):
            kept = json.loads(path.read_text(encoding="utf-8"))
            if {name: kept[name] for name in self._about} == self._about:
                self.seed, self.runs = int(kept["seed"]), dict(kept["runs"])

    def keep(self, digest: str, run: dict) -> None:
        with self._lock:
            self.runs[digest] = run
            with replacing(self._path) as temporary:
                temporary.write_text(json.dumps(self._about | {"seed": self.seed, "runs": self.runs}))


def _checks_digest() -> str:
    """Return what changes when a check does."""
    from ballet_lib import __version__, checks

    digest = hashlib.sha256(__version__.encode())
    for path in sorted(Path(checks.__file__).parent.iterdir()):
        if path.suffix in (".py", ".json"):  # the latter: the shown solutions
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _run_all(
    notebooks: Sequence[Notebook],
    limits: Limits,
    seed: int,
    workers: int,
    keep: Callable[[Notebook, dict], None],
) -> None:
    """Let each worker take the next notebook until none is left; end the workers whatever happens."""
    waiting: queue.SimpleQueue = queue.SimpleQueue()
    for notebook in notebooks:
        waiting.put(notebook)
    together = [_Worker(waiting, limits, seed, keep) for _ in range(min(workers, len(notebooks)))]
    try:
        for worker in together:
            worker.start()
        for worker in together:
            while worker.is_alive():
                worker.join(timeout=0.2)  # so that Ctrl-C is heard
        if problems := [worker.problem for worker in together if worker.problem]:
            raise problems[0]
    finally:
        for worker in together:
            worker.end()


class _Worker(threading.Thread):
    """Hands notebooks to a supervisor of its own, and starts another one should it ever die."""

    def __init__(self, waiting: queue.SimpleQueue, limits: Limits, seed: int, keep: Callable):
        super().__init__(daemon=True)
        self._waiting, self._limits, self._seed, self._keep = waiting, limits, seed, keep
        self._supervisor: subprocess.Popen | None = None
        self.problem: Exception | None = None
        self._ended = False

    def run(self) -> None:
        try:
            while not self._ended:
                notebook = self._waiting.get_nowait()
                run = self._run_of(notebook)
                if not self._ended:
                    self._keep(notebook, run)
        except queue.Empty:
            pass
        except Exception as error:  # a full disk; told by the main thread
            self.problem = error
        finally:
            self.end()

    def _run_of(self, notebook: Notebook) -> dict:
        job = {"lesson": notebook.lesson, "cells": notebook.cells, "seconds": self._limits.seconds,
               "memory": self._limits.memory * 1_000_000, "seed": self._seed}  # fmt: skip
        if self._supervisor is None:
            self._supervisor = _supervisor()
        try:
            job_in, run_out = _pipes(self._supervisor)
            job_in.write(packet(job))
            job_in.flush()
            return read_packet(run_out)
        except (EOFError, OSError, ValueError):
            self._supervisor.kill()
            self._supervisor.wait()
            self._supervisor = None
            return {"stopped": "ended the process that watched it", "verdicts": {}, "raised": [],
                    "shown": [], "isolation": {}, "seconds": 0.0, "printed": 0, "judging": None}  # fmt: skip

    def end(self) -> None:
        """End the supervisor, which ends what it started."""
        self._ended = True
        if supervisor := self._supervisor:
            if os.name == "nt":  # where a supervisor is not asked to end but ended
                for one in psutil.Process(supervisor.pid).children(recursive=True):
                    with suppress(psutil.Error):
                        one.kill()
            supervisor.terminate()
            with suppress(subprocess.TimeoutExpired):
                supervisor.wait(timeout=10)
            supervisor.kill()


def _pipes(process: subprocess.Popen) -> tuple[BinaryIO, BinaryIO]:
    return process.stdin, process.stdout  # type: ignore[return-value]  # it was started with both


def _supervisor() -> subprocess.Popen:
    """Start one without the teacher's environment, in which there may be keys; only what Python needs."""
    kept = (
        "PATH", "HOME", "LANG", "LC_ALL", "SYSTEMROOT", "USERPROFILE", "LOCALAPPDATA", "APPDATA", "TMPDIR",
        "TEMP", "TMP", "XDG_CACHE_HOME", "BALLET_CACHE", "BALLET_POSE_MODEL",
    )  # fmt: skip
    environment = {name: os.environ[name] for name in kept if name in os.environ} | ONE_CORE
    environment["PYTHONPATH"] = str(Path(__file__).resolve().parents[2])
    # -P: a json.py in the folder where the command is given must not become part of this.
    started = subprocess.Popen(
        [sys.executable, "-P", "-m", "ballet_lib.grading.supervisor"], bufsize=0, env=environment,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        read_packet(_pipes(started)[1])
    except EOFError:
        raise BalletError(
            "The process that runs notebooks does not start; what it said stands above. Run: ballet doctor"
        ) from None
    return started
