"""What keeps a learner's code to its own folder, without being root: on Linux Landlock and seccomp.

Landlock (Linux 5.13 and newer) says which files a process and its children may open; seccomp takes system
calls away from them. Neither can be undone from inside. Where they are missing, `confine` says so and goes
on: the limits of time and memory do not depend on them.
"""

import ctypes
import os
import platform
import struct
import sys
import sysconfig
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

SYSTEM = (
    "/usr", "/bin", "/lib", "/lib64", "/proc", "/sys/devices/system", "/etc/ld.so.cache", "/etc/localtime",
    "/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/mime.types", "/etc/fonts", "/etc/alternatives",
    "/dev/random", "/dev/urandom",
)  # fmt: skip
"""What any Python reads of a Linux system. Not /etc as a whole, nor /home, /root or /tmp."""
DEVICES = ("/dev/null", "/dev/zero", "/dev/full")
ONE_CORE = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
                          "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1")  # fmt: skip
"""Environment of a notebook: it computes on one core, so that its time does not depend on its neighbours."""
LARGEST_FILE = 200_000_000  # bytes
ROOM_TO_MAP = 1_000_000_000  # bytes that TensorFlow reserves and does not touch


def confine(folder: Path, memory: int, seconds: float) -> dict[str, bool]:
    """Take from this process, and from all it starts, what no exercise needs. There is no way back.

    Parameters
    ----------
    folder
        The only place where it may still write.
    memory
        Bytes; the backstop is somewhat above, since what counts is measured from outside.
    seconds
        Of wall time; the backstop is in seconds of CPU.

    Returns
    -------
    dict
        What is in force: ``files`` (nothing outside `folder` can be written, nothing of other learners
        read), ``network`` (no socket can be opened) and ``signals`` (no other process can be ended).
    """
    _limit_resources(memory, seconds)
    if sys.platform != "linux":
        return dict.fromkeys(("files", "network", "signals"), False)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, 9, 0, 0, 0)
    _drop_capabilities(libc)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return dict.fromkeys(("files", "network", "signals"), False)
    version = _restrict_files(libc, folder, readable_folders())
    return {"files": version > 0, "network": _deny_calls(libc), "signals": version >= 6}


def readable_folders() -> list[Path]:
    """Return what a confined notebook may read: the system's part, Python, the library and its data."""
    from ballet_lib.pose_model import cache_folder

    library = Path(__file__).resolve().parents[1]
    models = os.environ.get("BALLET_POSE_MODEL")
    places = [
        *SYSTEM, sys.prefix, sys.base_prefix, library, library.parent / "datasets", cache_folder(),
        Path.home() / ".keras" / "models", *([models] if models else []),
        *(sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")),
    ]  # fmt: skip
    return [Path(place) for place in dict.fromkeys(map(str, places)) if os.path.exists(place)]


def _limit_resources(memory: int, seconds: float) -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    limits = {
        "RLIMIT_CORE": 0,
        "RLIMIT_FSIZE": LARGEST_FILE,
        "RLIMIT_DATA": memory + ROOM_TO_MAP,
        "RLIMIT_CPU": int(seconds * (os.cpu_count() or 1)) + 60,
    }
    for name, most in limits.items():
        with suppress(AttributeError, OSError, ValueError):  # not every system knows each
            which = getattr(resource, name)
            hard = resource.getrlimit(which)[1]
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(which, (most, most))


# --- Landlock: https://docs.kernel.org/userspace-api/landlock.html ----------------------------------------

_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 22, 38
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_TRUNCATE, _DEVICE_CALLS = 1 << 14, 1 << 15
_OF_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _DEVICE_CALLS
_RIGHTS_BY_VERSION = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_NO_TCP, _NO_SIGNALS_OUT = 3, 3


def _restrict_files(libc: ctypes.CDLL, folder: Path, readable: Iterable[Path]) -> int:
    """Return the version of Landlock in force, 0 if there is none."""
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return 0
    rights = _RIGHTS_BY_VERSION[max(known for known in _RIGHTS_BY_VERSION if known <= version)]
    words = [rights, *([_NO_TCP] if version >= 4 else []), *([_NO_SIGNALS_OUT] if version >= 6 else [])]
    wanted = struct.pack(f"{len(words)}Q", *words)
    rules = libc.syscall(_CREATE_RULESET, wanted, ctypes.c_size_t(len(wanted)), 0)
    if rules < 0:
        return 0
    allowed = dict.fromkeys(readable, _EXECUTE | _READ_FILE | _READ_DIR)
    allowed |= {Path(place): _READ_FILE | _WRITE_FILE for place in DEVICES}
    allowed[folder] = rights
    try:
        for place, right in allowed.items():
            _allow(libc, rules, place, right & rights)
        return version if libc.syscall(_RESTRICT_SELF, rules, 0) == 0 else 0
    finally:
        os.close(rules)


def _allow(libc: ctypes.CDLL, rules: int, place: Path, right: int) -> None:
    with suppress(OSError):  # what cannot be opened is not allowed either
        handle = os.open(place, os.O_PATH | os.O_CLOEXEC)
        try:
            right = right if place.is_dir() else right & _OF_A_FILE
            libc.syscall(_ADD_RULE, rules, 1, struct.pack("=Qi", right, handle), 0)
        finally:
            os.close(handle)


# --- seccomp: https://docs.kernel.org/userspace-api/seccomp_filter.html -----------------------------------

_DENIED = {
    "x86_64": (0xC000003E, {"socket": 41, "io_uring_setup": 425, "ptrace": 101, "truncate": 76,
                            "process_vm_readv": 310, "process_vm_writev": 311}),
    "aarch64": (0xC00000B7, {"socket": 198, "io_uring_setup": 425, "ptrace": 117, "truncate": 45,
                             "process_vm_readv": 270, "process_vm_writev": 271}),
}  # fmt: skip
_DONE_WITHOUT_EFFECT = {
    "x86_64": {"chmod": 90, "chown": 92, "lchown": 94, "fchownat": 260, "fchmodat": 268, "fchmodat2": 452},
    "aarch64": {"fchmodat": 53, "fchownat": 54, "fchmodat2": 452},
}
"""Landlock does not govern these; programs that copy files call them and would stumble over a refusal."""
_ALLOW, _ERROR, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_X32_CALLS = 0x40000000  # a second way to make the same calls on x86_64
_ACCESS_DENIED = 13


def _deny_calls(libc: ctypes.CDLL) -> bool:
    """Install the filter; return whether it is in force."""
    machine = platform.machine()
    if machine not in _DENIED or sys.byteorder != "little" or sys.maxsize < 2**32:
        return False
    architecture, denied = _DENIED[machine]
    steps = [(_LOAD, 0, 0, 4), (_IF_EQUAL, 1, 0, architecture), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, 0)]
    if machine == "x86_64":
        steps += [(_IF_AT_LEAST, 0, 1, _X32_CALLS), (_RETURN, 0, 0, _KILL)]
    for call in denied.values():
        steps += [(_IF_EQUAL, 0, 1, call), (_RETURN, 0, 0, _ERROR | _ACCESS_DENIED)]
    for call in _DONE_WITHOUT_EFFECT[machine].values():
        steps += [(_IF_EQUAL, 0, 1, call), (_RETURN, 0, 0, _ERROR)]
    steps += [(_RETURN, 0, 0, _ALLOW)]
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    head = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(program))
    return libc.prctl(_PR_SET_SECCOMP, 2, head, 0, 0) == 0


def _drop_capabilities(libc: ctypes.CDLL) -> None:
    """Take from root what makes it more than the owner of its files."""
    libc.capset(struct.pack("Ii", 0x20080522, 0), bytes(24))
