"""A server of faults for each module of works, one to a file of tests."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent


class KillServer:
    """Sends orders to `kill_server`, and returns how each child ended."""

    def __init__(self, module: str):
        path = os.pathsep.join([str(HERE), str(HERE.parent)])
        environment = os.environ | {"PYTHONPATH": path, "TF_CPP_MIN_LOG_LEVEL": "3"}
        # What the children print goes nowhere: into a file it would count towards the limit of a full disk.
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "kill_server.py"), module], env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def order(self, work: str, folder: Path, kind: str = "none", number: float = 0) -> dict:
        """Let a work be done under a fault; see `kill_server`."""
        order = {"work": work, "folder": str(folder), "fault": [kind, number]}
        print(json.dumps(order), file=self._process.stdin, flush=True)
        answer = json.loads(self._process.stdout.readline())
        assert answer["ended"] != "broken", f"{order} ended with {answer['code']}: {answer.get('said')}"
        return answer

    def close(self) -> None:
        """End the server."""
        self._process.kill()
        self._process.communicate()


@pytest.fixture(scope="module")
def server() -> Iterator[KillServer]:
    """The server of `works`."""
    yield from _running("works")


@pytest.fixture(scope="module")
def second_server() -> Iterator[KillServer]:
    """Another one, for two processes at once."""
    yield from _running("works")


@pytest.fixture(scope="module")
def network_server() -> Iterator[KillServer]:
    """The server of `network_works`."""
    yield from _running("network_works")


def _running(module: str) -> Iterator[KillServer]:
    one = KillServer(module)
    yield one
    one.close()
