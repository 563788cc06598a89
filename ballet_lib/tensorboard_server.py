"""TensorBoard, started beside Python on this machine alone."""

import atexit
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from ballet_lib.errors import BalletError

HOST = "127.0.0.1"
PORTS = 20
"""How many ports are tried, one after another."""
PATIENCE = 60.0
"""Seconds in which TensorBoard must answer."""


@dataclass(frozen=True)
class TensorBoard:
    """A running TensorBoard; it ends with Python, or by `stop`."""

    url: str
    port: int
    process: subprocess.Popen

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(timeout=10)


def tensorboard(logs: str | os.PathLike, port: int = 6006) -> TensorBoard:
    """Show the logs that `training.fit` wrote; print where, and start it on the next port if one is in use.

    Parameters
    ----------
    logs
        The folder given to `fit`.
    port
        The first to try.

    Raises
    ------
    BalletError
        If the folder is not there, no port is free, or TensorBoard does not start.
    """
    logs = Path(logs)
    if not logs.is_dir():
        raise BalletError(f"There are no logs in {logs}. Train with logs={str(logs)!r} first.")
    for candidate in range(port, port + PORTS):
        if in_use(candidate):
            continue
        started = _started(logs, candidate)
        if started is not None:
            because = "" if candidate == port else f" (port {port} is in use)"
            print(f"TensorBoard: {started.url}{because}")
            return started
    raise BalletError(
        f"Ports {port} to {port + PORTS - 1} are all in use. Give another, or end a TensorBoard."
    )


def in_use(port: int) -> bool:
    """Return whether something listens at this port of this machine, or may not."""
    with socket.socket() as test:
        if os.name == "posix":  # a port that was closed a moment ago is free; on Windows the option steals
            test.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            test.bind((HOST, port))
        except (OSError, OverflowError):
            return True
        return False


def _started(logs: Path, port: int) -> TensorBoard | None:
    """Start it and wait until it answers; None if another program took the port in the meantime."""
    command = [
        sys.executable,
        "-m",
        "tensorboard.main",
        "--logdir",
        str(logs),
        "--host",
        HOST,
        "--port",
        str(port),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    atexit.register(process.terminate)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            said = (process.communicate()[1] or "").strip().splitlines() or ["it said nothing"]
            if "in use" in said[-1]:
                return None
            raise BalletError(f"TensorBoard did not start: {said[-1][:200]}. Run 'ballet doctor'.")
        with socket.socket() as test:
            if test.connect_ex((HOST, port)) == 0:
                return TensorBoard(f"http://{HOST}:{port}", port, process)
        time.sleep(0.2)
    process.terminate()
    raise BalletError(f"TensorBoard did not answer within {PATIENCE:.0f} s. Look at {logs} in a terminal.")
