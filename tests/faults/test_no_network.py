"""Without a network: what a learner does on a train, with the pose model in the cache."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from test_training import company

from ballet_lib import BalletError
from ballet_lib.pose_model import locate

ON_A_TRAIN = """
import errno, json, os, sys

tried = []

def no_network(event, details):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        tried.append(str(details[1 if event == "socket.connect" else 0]))
        raise OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))

sys.addaudithook(no_network)
sys.path[:0] = {tests!r}
import network_works
from ballet_lib.cli import main

for command in {commands!r}:
    if status := main(command):
        sys.exit(f"{{command}} ended with {{status}}")
print(json.dumps(tried), file=sys.stderr)
"""


@pytest.fixture
def model_in_cache():
    try:
        locate()
    except BalletError:
        pytest.skip("there is no pose model in the cache, and no network to fetch it")


def test_doctor_train_evaluate_recognise_and_extract(model_in_cache, tmp_path):
    takes, model = tmp_path / "takes.npz", tmp_path / "model.keras"
    company(4, each=2).save(takes)
    next(iter(company(1, each=1))).poses.resample(frames=80).save(tmp_path / "poses.npz")
    commands = [
        ["doctor", "--json"],
        ["train", str(takes), "-o", str(model), "--network", "tiny", "--epochs", "2"],
        ["evaluate", str(model), str(takes)],
        ["recognise", str(tmp_path / "poses.npz"), "--model", str(model)],
    ]
    here = Path(__file__).parent
    program = ON_A_TRAIN.format(tests=[str(here), str(here.parent)], commands=commands)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=280, env=os.environ
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stderr.splitlines()[-1]) == [], "nothing even asks for the network"
    assert model.exists()
