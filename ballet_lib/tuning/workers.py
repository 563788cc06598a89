"""Several processes on one search: a chief that chooses the trials, and workers that train them.

This is Keras Tuner's own distributed mode, which three environment variables turn on (`VARIABLES`). Here the
processes are started, watched and ended: a worker that dies is started again under its name, and is handed
the trial it was in. Keras Tuner alone would wait for it for ever.

    python -m ballet_lib.tuning.workers FOLDER      one chief or worker, as the variables say
"""

import argparse
import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from ballet_lib.errors import BalletError
from ballet_lib.tuning.folder import SearchFolder
from ballet_lib.tuning.records import Records

ID, HOST, PORT = VARIABLES = ("KERASTUNER_TUNER_ID", "KERASTUNER_ORACLE_IP", "KERASTUNER_ORACLE_PORT")
CHIEF = "chief"
_WATCHED = "BALLET_TUNING_PARENT"
"""Set for processes that end with the one that started them, whose pipe they hold."""

LOOPBACK = "127.0.0.1"
MOST_DEATHS = 3
"""How often in a row a worker may die without ending a trial."""
POLL_SECONDS = 0.25
ENDING_SECONDS = 3.0
"""How long the chief still answers after our workers have left, so that those on other machines leave too."""


def run_workers(folder: SearchFolder, workers: int, tell: Callable[[], None] = lambda: None) -> None:
    """Start a chief and workers, and return when the search is done.

    The chief listens on the loopback interface and a free port, or where KERASTUNER_ORACLE_IP and _PORT say;
    workers on other machines may then join.

    Parameters
    ----------
    folder
        Of the search, claimed.
    workers
        How many to start.
    tell
        Is called several times a second.

    Raises
    ------
    BalletError
        If the chief dies, or a worker again and again. The search can go on later.
    """
    crew = _Crew(folder, workers)
    try:
        crew.start()
        while not crew.done():
            tell()
            time.sleep(POLL_SECONDS)
        if crew.others_join:
            time.sleep(ENDING_SECONDS)
    finally:
        crew.stop()


class _Crew:
    """The chief and the workers of one search."""

    def __init__(self, folder: SearchFolder, workers: int):
        self._folder = folder
        self.others_join = HOST in os.environ
        self._address = {
            HOST: os.environ.get(HOST, LOOPBACK),
            PORT: os.environ.get(PORT) or str(_free_port()),
        }
        threads = str(max(1, _cores() // workers))
        self._threads = dict.fromkeys(
            ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"), threads
        )
        self._names = [f"worker_{number}" for number in range(1, workers + 1)]
        self._running: dict[str, subprocess.Popen] = {}
        self._deaths, self._ended, self._died_in = Counter(), Counter(), Counter()

    def start(self) -> None:
        for name in (CHIEF, *self._names):
            self._start(name)

    def _start(self, name: str, *arguments: str) -> None:
        logs = self._folder.path / "logs"
        logs.mkdir(exist_ok=True)
        environment = os.environ | self._threads | self._address | {
            ID: name, _WATCHED: "1", "TF_CPP_MIN_LOG_LEVEL": "3",
            "no_grpc_proxy": self._address[HOST],  # gRPC would ask a proxy even for this machine
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        }  # fmt: skip
        if name == CHIEF:  # it only keeps books
            environment["CUDA_VISIBLE_DEVICES"] = ""
        command = [sys.executable, "-m", "ballet_lib.tuning.workers", str(self._folder.path), *arguments]
        with (logs / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                command, env=environment, stdin=subprocess.PIPE, stdout=log, stderr=log,
                start_new_session=True,  # Ctrl-C is for us, who then end them
            )  # fmt: skip

    def done(self) -> bool:
        """Start dead workers again; tell whether the search has come to its end."""
        if (code := self._running[CHIEF].poll()) == 0:
            return True  # even if a worker has not arrived yet: the others have done it all
        if code is not None:
            raise BalletError(
                f"The chief of the search died: {self._last_words(CHIEF)}. "
                "What has ended is kept; the same call with the same folder goes on."
            )
        for name in self._names:
            process = self._running[name]
            if process.poll() not in (None, 0):
                self._start_again(name)
        return all(self._running[name].poll() == 0 for name in self._names)

    def _start_again(self, name: str) -> None:
        records = [record for record in Records(self._folder.path).read() if record.worker == name]
        ended = sum(record.finished for record in records)
        self._deaths[name] = 1 if ended > self._ended[name] else self._deaths[name] + 1
        self._ended[name] = ended
        if self._deaths[name] > MOST_DEATHS:
            raise BalletError(
                f"{name} died {self._deaths[name]} times in a row: {self._last_words(name)}. "
                "Mend that; the same call with the same folder goes on."
            )
        lost = []
        for record in records:
            if not record.finished:
                self._died_in[record.trial] += 1
                if self._died_in[record.trial] > 1:
                    lost = ["--lost", str(record.trial)]
        _close_input(self._running[name])
        self._start(name, *lost)

    def _last_words(self, name: str) -> str:
        """Return how a process ended: the last line of its log, or its exit status."""
        code = self._running[name].poll()
        with contextlib.suppress(OSError):
            log = self._folder.path / "logs" / f"{name}.log"
            lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
            if code is not None and code > 0 and (words := [line.strip() for line in lines if line.strip()]):
                return words[-1][:200].rstrip(".")
        return f"signal {-code}" if code is not None and code < 0 else f"exit status {code}"

    def stop(self) -> None:
        """End whoever is still running."""
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            with contextlib.suppress(OSError):
                _close_input(process)


def _close_input(process: subprocess.Popen) -> None:
    if process.stdin is not None:
        process.stdin.close()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _free_port() -> int:
    with socket.socket() as one:
        one.bind((LOOPBACK, 0))
        return one.getsockname()[1]


# --- In a chief's or worker's process ---------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> int:
    """Be the chief or a worker of the search in a folder; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m ballet_lib.tuning.workers",
        description=f"Join a search as chief or worker. Set {', '.join(VARIABLES)} before.",
    )
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="of the search, which all can reach")
    parser.add_argument("--lost", type=int, metavar="TRIAL", help="a trial not to be tried again")
    chosen = parser.parse_args(arguments)
    if _WATCHED in os.environ:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        if absent := [name for name in VARIABLES if not os.environ.get(name)]:
            raise BalletError(f"{', '.join(absent)} is not set. See docs/tuning.md for what belongs there.")
        folder = SearchFolder(chosen.folder).read()
        from ballet_lib.tuning import tuner

        tuner.search(folder, lost=chosen.lost)
    except BalletError as error:
        print(f"ballet: {error}", file=sys.stderr)
        return 1
    return 0


def _end_with_parent() -> None:
    """End this process when the parent's end of the pipe closes, however the parent came to its end."""
    with contextlib.suppress(OSError):
        while os.read(0, 1):  # not sys.stdin, whose lock would abort the interpreter when it shuts down
            pass
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
