"""The process of one notebook: runs its cells, then lets the library judge what they left.

It is started by `supervisor` with three streams: a job comes in on 0, messages go out on 1, and what the
notebook prints goes to 2, which the supervisor counts and drops. Each message is one line of JSON.
"""

import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ballet_lib.grading.as_shown import as_shown
from ballet_lib.grading.isolation import ONE_CORE, confine
from ballet_lib.grading.library_guard import LibraryGuard
from ballet_lib.grading.packets import read_packet

LONGEST_MESSAGE = 600  # characters of an error or a diagnosis


_ENCODE, _WRITE = json.JSONEncoder().encode, os.write  # kept, since a cell may replace what modules hold
_OURS = (__file__, contextlib.__file__)


class TooLong(BaseException):
    """A cell or an answer took more than its share. `except Exception` in a notebook lets it by."""


def main() -> None:
    """Take the streams, do the job, and end without a word to anybody else."""
    sys.stdout.flush()
    control, messages = os.fdopen(os.dup(0), "rb", buffering=0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    # New text layers: those of the supervisor hold its own buffers.
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", errors="replace", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="replace", closefd=False)
    with contextlib.suppress(BrokenPipeError, EOFError):  # the supervisor is gone
        _Run(read_packet(control), control, messages).run()
    os._exit(0)  # threads and exit handlers that the notebook left do not count


class _Run:
    """One notebook from its first cell to its last verdict."""

    def __init__(self, job: dict, control, messages: int):
        self.job, self._control, self._messages = job, control, messages
        self._ends = time.monotonic() + job["seconds"]
        self._raised: dict[int, str] = {}

    def run(self) -> None:
        from ballet_lib.checks import base, session

        tasks = base.tasks(self.job["lesson"])
        solutions = {
            task.key: code
            for task in tasks
            if (code := session.shown_solutions().get(task.key)) and task.level != "fill in"
        }
        guard = LibraryGuard()
        isolation = _settle(self.job)
        cells = self.job["cells"]
        self._tell(isolation=isolation, shown=sorted(as_shown(cells, solutions)))
        guard.set_checks_aside()
        namespace = self._run_cells(cells)
        guard.restore()
        self._tell(phase="judging")
        reply = read_packet(self._control)  # token and seed come only now, when no cell can see them
        for task in tasks:
            self._tell(token=reply["token"], judging=task.key)
            status, message = self._judged(task, namespace, reply["seed"], base.judge)
            guard.restore()
            self._tell(token=reply["token"], key=task.key, status=status, message=message)
        self._tell(token=reply["token"], phase="end")

    def _run_cells(self, cells: Sequence[str]) -> dict[str, Any]:
        shell = _shell()
        for number, source in enumerate(cells, start=1):
            self._tell(cell=number)
            problem = self._run_cell(shell, source)
            if problem:
                self._raised[number] = problem
                self._tell(raised=number, error=problem[:LONGEST_MESSAGE])
        return shell.user_ns

    def _run_cell(self, shell, source: str) -> str | None:
        """Return what was raised, in a line; None if all went well."""
        try:
            with self._half_the_time():
                result = shell.run_cell(source, store_history=False)
            error = result.error_before_exec or result.error_in_exec
        except BaseException as raised:  # whatever a cell does to the shell
            error = raised
        if isinstance(error, TooLong):
            return str(error)
        if isinstance(error, MemoryError):
            return f"asked for more than {self.job['memory'] / 1e6:.0f} MB"
        return None if error is None else _line(error)

    def _judged(self, task, namespace: dict, seed: int, judge: Callable) -> tuple[str, str]:
        if task.name not in namespace:
            return "missing", self._why_missing(task.name)
        try:
            with self._half_the_time():
                feedback = judge(task.key, namespace[task.name], seed)
            return feedback.status, str(feedback.message)[:LONGEST_MESSAGE]
        except TooLong as error:
            return "stopped", f"`{task.name}` {error}"
        except BaseException as error:  # an answer may be an object that raises whatever is asked of it
            return "error", _line(error)[:LONGEST_MESSAGE]

    def _why_missing(self, name: str) -> str:
        for number, problem in self._raised.items():
            if name in self.job["cells"][number - 1]:
                return f"no `{name}`, since cell {number} raised {problem}"[:LONGEST_MESSAGE]
        return f"no `{name}` in this notebook: was it renamed?"

    @contextlib.contextmanager
    def _half_the_time(self):
        """Let the block use half of the time that is left, then stop it as a learner would."""
        if not hasattr(signal, "setitimer"):  # Windows: only the whole notebook can be stopped
            yield
            return
        seconds = max(0.5, (self._ends - time.monotonic()) / 2)

        def stop(_, frame):
            if frame.f_code.co_filename not in _OURS:
                raise TooLong(f"stopped after {seconds:.0f} s")

        signal.signal(signal.SIGALRM, stop)
        # Again and again, since code that catches everything may catch this.
        signal.setitimer(signal.ITIMER_REAL, seconds, 0.5)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, signal.SIG_IGN)

    def _tell(self, **message) -> None:
        body = _ENCODE(message).encode() + b"\n"
        while body:
            body = body[_WRITE(self._messages, body) :]


def _settle(job: dict) -> dict[str, bool]:
    """Move into the notebook's own folder, forget the teacher's environment, lock the door."""
    from ballet_lib.pose_model import cache_folder

    folder = Path(job["folder"])
    keep = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "PYTHONPATH",
                                                "BALLET_POSE_MODEL") if name in os.environ}  # fmt: skip
    models = str(cache_folder())
    own = dict.fromkeys(("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP", "IPYTHONDIR"), job["folder"])
    isolation = confine(folder, job["memory"], job["seconds"])  # while the teacher's home is still known
    os.environ.clear()
    os.environ.update(keep | own | ONE_CORE | {
        "BALLET_CACHE": models, "BALLET_PROGRESS": str(folder / "progress.json"), "MPLBACKEND": "agg",
        "CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3",
    })  # fmt: skip
    os.chdir(folder)
    return isolation


def _shell() -> Any:
    """Return IPython's interpreter without history, pictures or pages."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    shell: Any = InteractiveShell.instance(config=config)  # much of it is replaced here
    shell.display_formatter.active_types = ["text/plain"]
    shell.showtraceback = shell.showsyntaxerror = lambda *_, **__: None
    shell.enable_gui = shell.enable_matplotlib = lambda *_, **__: (None, "agg")
    shell.ask_exit = lambda: None
    shell.system = shell.system_raw  # the other way needs a terminal of its own
    shell.register_magic_function(lambda line: None, "line", "matplotlib")
    return shell


def _line(error: BaseException) -> str:
    """Write an error in one line, even one whose text cannot be had."""
    try:
        text = " ".join(str(error).split())
    except BaseException:
        text = ""
    return f"{type(error).__name__}: {text}".rstrip(": ")


if __name__ == "__main__":
    main()
