"""Damage one reader's files over and over: ``python fuzz.py READER EXAMPLES [SECONDS]``.

After each example: the reader returned or raised BalletError, within ten seconds and a gigabyte, wrote
nothing outside its folder, started nothing and reached for no network. What broke is printed as JSON.
"""

import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from mutations import damaged, other_json, other_table, other_zip
from readers import READERS, Reader

from ballet_lib import BalletError

SECONDS, MEMORY = 10, 1 << 30
"""What one file may cost: seconds of computing, bytes."""

WAITING = 60
"""Seconds in which it must be done on a busy machine too."""

BY_SUFFIX: dict[str, Callable] = {
    ".json": other_json, ".ipynb": other_json, ".csv": other_table, ".npz": other_zip, ".zip": other_zip,
    ".keras": other_zip, ".task": other_zip,
}  # fmt: skip


class Forbidden(Exception):
    """Something happened that no reader may do."""


class _Watch:
    """Listens to what Python does, and remembers what is forbidden while it is on."""

    def __init__(self, folder: Path):
        self._inside, self._on, self.seen = (str(folder), "/dev/null"), False, []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple) -> None:
        if not self._on:
            return
        if event == "open" and isinstance(arguments[0], str):
            writing = (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
            if writing and not arguments[0].startswith(self._inside) and "__pycache__" not in arguments[0]:
                self.seen.append(f"writes {arguments[0]}")
        elif event in ("os.system", "socket.connect", "pickle.find_class", "marshal.loads.code"):
            self.seen.append(f"{event} {arguments!r:.200}")
        elif event == "subprocess.Popen" and "ffmpeg" not in str(arguments[0]):
            self.seen.append(f"starts {arguments[0]}")
        elif event in ("os.rename", "os.remove", "os.symlink", "os.link", "os.mkdir"):
            path = os.fspath(arguments[1 if event in ("os.rename", "os.symlink", "os.link") else 0])
            if isinstance(path, str) and os.path.isabs(path) and not path.startswith(self._inside):
                self.seen.append(f"{event} {path}")

    @contextmanager
    def on(self) -> Iterator[None]:
        self.seen.clear()
        self._on = True
        try:
            yield
        finally:
            self._on = False
        if self.seen:
            raise Forbidden("; ".join(self.seen))


def _peak() -> int:
    """Most bytes that were in memory since `_forget_peak`."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))


def _forget_peak() -> int:
    Path("/proc/self/clear_refs").write_text("5")
    return _peak()


def _too_slow(number: int, frame: object) -> None:
    raise TimeoutError(f"takes more than {SECONDS} s")


def bounded(read: Callable[[], object], watch: _Watch) -> bool:
    """Read within all bounds; False if it was refused in a sentence."""
    before = _forget_peak()
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    signal.setitimer(signal.ITIMER_REAL, WAITING)
    try:
        with watch.on():
            read()
        whole = True
    except BalletError as error:
        if not str(error).strip():
            raise Forbidden("an empty sentence") from error
        whole = False
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
    if (grown := _peak() - before) > MEMORY:
        raise Forbidden(f"takes {grown / 1e6:.0f} MB")
    return whole


@st.composite
def _examples(draw: st.DrawFn, files: dict[str, bytes]) -> tuple[str, bytes]:
    name = draw(st.sampled_from(sorted(files)))
    return name, draw(BY_SUFFIX.get(Path(name).suffix, damaged)(files[name]))


def fuzz(reader: Reader, examples: int, seconds: float, folder: Path) -> dict:
    """Try examples, in further rounds until the time is over; with 0 seconds the same ones every time."""
    whole = folder / "whole"
    whole.mkdir()
    reader.make(whole)
    damageable = {path for pattern in reader.files for path in whole.glob(pattern) if path.is_file()}
    files = {str(path.relative_to(whole)): path.read_bytes() for path in damageable}
    watch = _Watch(folder)
    place = folder / "place"
    shutil.copytree(whole, place)
    reader.read(place)  # imports what it needs, which may take longer than any file
    shutil.rmtree(place)
    shutil.copytree(whole, place)
    assert bounded(lambda: reader.read(place), watch), "what is whole is refused"
    count = {"tried": 0, "read": 0}
    last: dict = {}

    def one(example: tuple[str, bytes]) -> None:
        shutil.rmtree(place)
        shutil.copytree(whole, place)
        (place / example[0]).write_bytes(example[1])
        last.update(file=example[0], content=example[1])
        count["tried"] += 1
        count["read"] += bounded(lambda: reader.read(place), watch)

    stop, found = time.monotonic() + seconds, []
    while True:
        round_ = settings(
            max_examples=examples, deadline=None, database=None, derandomize=not seconds,
            suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink],
        )(given(_examples(files))(one))  # fmt: skip
        try:
            round_()
        except Exception as error:
            kept = (
                Path(os.environ.get("BALLET_FUZZ_KEEP", folder)) / f"{len(found)}-{Path(last['file']).name}"
            )
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(last["content"])
            found.append({"file": last["file"], "kept": str(kept), "error": _told(error)})
        if time.monotonic() >= stop or len(found) > 3:
            return {**count, "found": found}


def _told(error: BaseException) -> str:
    """Say what broke and where, each kind once; hypothesis puts several into a group."""
    if isinstance(error, BaseExceptionGroup):
        return "\n".join(map(_told, error.exceptions))
    where = "".join(traceback.format_tb(error.__traceback__)[-4:])
    return f"{where}{type(error).__name__}: {str(error)[:300]}"


def main() -> None:
    name, examples, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]) if len(sys.argv) > 3 else 0.0
    signal.signal(signal.SIGPROF, _too_slow)
    signal.signal(signal.SIGALRM, _too_slow)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory(prefix="ballet-fuzz-") as folder:
        os.environ |= dict.fromkeys(("TMPDIR", "TEMP", "TMP", "HOME"), folder)
        tempfile.tempdir = folder
        os.chdir(folder)
        print(json.dumps(fuzz(READERS[name], examples, seconds, Path(folder).resolve())))


if __name__ == "__main__":
    main()
