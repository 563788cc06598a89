"""A process that forks workers and lets a fault befall each: a kill, a full disk, a closed folder.

Run as ``python kill_server.py MODULE``. For each line of JSON on standard input,
``{"work": NAME, "folder": PATH, "fault": [KIND, NUMBER]}``, it forks, the child lets ``MODULE.NAME(folder)``
run under the fault, and one line of JSON tells how the child ended. The server itself does nothing else, so
that its children, which have all libraries loaded, start in a few milliseconds with no thread running.

The faults, of which the number n says where:

file     killed before the n-th time that it opens a file for writing, renames or removes one in its folder
byte     killed when any file of its grows beyond n bytes, of which these n are written
moment   killed after n seconds
full     the disk is full from the n-th such file on (ENOSPC)
limit    no file of its can grow beyond n bytes (EFBIG), as on a disk that fills
closed   nothing in the folder may be written (EACCES)
clock    the clock is set back by n seconds, again and again
none     none; tells how many files and bytes there are to choose from
"""

import errno
import importlib
import itertools
import json
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

DONE, REFUSED, BROKEN = 0, 3, 4
"""How a child ends: with its work done, with a BalletError, with any other exception."""

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class Watch:
    """Counts what happens to the files of a folder, and strikes at the n-th time."""

    def __init__(self, folder: str, kind: str, number: int):
        self.folder, self.kind, self.number, self.count = folder + os.sep, kind, number, 0
        sys.addaudithook(self)

    def __call__(self, event: str, details: tuple) -> None:
        if not self._writes(event, details):
            return
        self.count += 1
        if self.kind == "file" and self.count == self.number:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.kind == "full" and self.count >= self.number and event == "open":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(details[0]))
        if self.kind == "closed" and event in ("open", "os.rename", "os.mkdir"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(details[0]))

    def _writes(self, event: str, details: tuple) -> bool:
        if event == "open" and not (isinstance(details[2], int) and details[2] & WRITES):
            return False
        if event not in ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir"):
            return False
        path = details[0]
        return isinstance(path, str | bytes | os.PathLike) and os.fsdecode(path).startswith(self.folder)


def _set_back(seconds: float) -> Callable[[], float]:
    """Return a clock that is set back every tenth time that somebody looks."""
    true, looks = time.time, itertools.count()
    return lambda: true() - seconds * (next(looks) // 10)


def work(module, order: dict, told: int) -> int:
    """Do the work of one order under its fault, in a child; return how it ended."""
    kind, number = order["fault"]
    if kind in ("byte", "limit"):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL if kind == "byte" else signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (number, number))
    signal.alarm(300)
    if kind == "clock":
        time.time = _set_back(number)
    watch = Watch(order["folder"], kind, number)
    said, ended = "", DONE
    try:
        getattr(module, order["work"])(Path(order["folder"]))
    except module.BalletError as error:
        said, ended = str(error), REFUSED
    except BaseException:
        said, ended = traceback.format_exc(), BROKEN
    os.write(told, json.dumps({"said": said, "files": watch.count}).encode())
    return ended


def run(module, order: dict) -> dict:
    """Fork a child for an order, and tell what became of it."""
    reader, writer = os.pipe()
    began = time.monotonic()
    child = os.fork()
    if not child:
        os.close(reader)
        os.setsid()
        os._exit(work(module, order, writer))
    os.close(writer)
    if order["fault"][0] == "moment":
        time.sleep(order["fault"][1])
        os.kill(child, signal.SIGKILL)
    with os.fdopen(reader, "rb") as pipe:
        told = json.loads(pipe.read() or "{}")
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    known = {DONE: "done", REFUSED: "refused", -signal.SIGKILL: "killed", -signal.SIGXFSZ: "killed"}
    return {"ended": known.get(code, "broken"), "code": code, "seconds": time.monotonic() - began} | told


def main() -> None:
    """Answer orders until there are no more."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the library prints is no answer
    module = importlib.import_module(sys.argv[1])
    for line in sys.stdin:
        print(json.dumps(run(module, json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()
