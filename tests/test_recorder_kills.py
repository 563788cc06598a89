"""Fifty kills of a recorder that writes take after take: what it said it kept is there, and nothing is half.

The recorder runs in a process of its own and is killed a random few milliseconds after it tells that it
begins to keep a take, which is when it writes; some kills come before and after. The processes come from a
server that has the library loaded (`forkserver`; elsewhere each starts anew), all on one folder in turn, so
that every one also goes on where the one before was killed.
"""

import multiprocessing
import random
import time

import numpy as np

from ballet_lib import take_files
from ballet_lib.files import PARTIAL
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.recording import TakeRecorder
from ballet_lib.takes import TakeSet

KILLS = 50
FRAMES = 40


def poses(seed):
    """Noise, which compresses badly, so that writing takes its time."""
    rng = np.random.default_rng(seed)
    landmarks, world = rng.random((FRAMES, 33, 4), np.float32), rng.random((FRAMES, 33, 3), np.float32)
    landmarks[0, 0, 0] = seed  # the take tells which it is
    return [PoseSequence(landmarks[n : n + 1], world[n : n + 1], 1.0, (64, 48), "x") for n in range(FRAMES)]


def record_until_killed(folder, pipe, seed):
    with TakeRecorder(folder, "anna", ["releve"], takes=9999, count_in=0, frames=FRAMES) as recorder:
        clock = 0.0
        while True:
            recorder.start()
            for pose in poses(seed):
                clock += 1 / recorder.fps
                recorder.feed(pose, clock)
            pipe.send(("keeping", seed, recorder.take.take_id))
            recorder.keep()
            pipe.send(("kept", seed, recorder.take and recorder.take.take_id))
            seed += 1


def killed_once(context, folder, rng, seed) -> tuple[dict[int, str], int]:
    """Run a recorder and kill it; return what it kept for certain, by seed, and the next free seed."""
    mine, its = context.Pipe(duplex=False)
    child = context.Process(target=record_until_killed, args=(folder, its, seed))
    child.start()
    its.close()
    begun, kept, last = {}, {}, rng.randint(1, 3)
    while len(begun) < last:
        event, number, take_id = mine.recv()
        if event == "keeping":
            begun[number] = take_id
        else:
            kept[number] = begun[number]
    # Where the writing happens: a few milliseconds from here.
    time.sleep(rng.uniform(0, 0.012))
    child.kill()
    child.join()
    while True:  # what it still managed to say
        try:
            event, number, take_id = mine.recv()
        except (EOFError, OSError):
            break
        if event == "keeping":
            begun[number] = take_id
        else:
            kept[number] = begun[number]
    return kept, max(begun) + 1


def test_fifty_kills_lose_no_finished_take(tmp_path):
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    if "forkserver" in methods:
        context.set_forkserver_preload(["ballet_lib.recording", "test_recorder_kills"])
    rng = random.Random(3)
    kept, seed = {}, 0
    traces = {"half file": 0, "not in list": 0, "whole": 0}
    for _ in range(KILLS):
        new, seed = killed_once(context, tmp_path, rng, seed)
        kept |= new
        traces["half file"] += any(tmp_path.glob(f".*{PARTIAL}*"))
        listed = len((tmp_path / "takes.csv").read_text().splitlines()) - 1 if kept else 0
        files = list(tmp_path.glob("take-*.npz"))
        traces["not in list" if len(files) > listed else "whole"] += 1
        for path in files:
            take = take_files.read_take(path)  # raises for a half one
            assert len(take) == FRAMES and take.take_id == path.stem
        assert {path.stem for path in files} >= set(kept.values())
    with TakeRecorder(tmp_path, "anna", ["releve"], takes=9999):
        pass  # the last kill left the folder open to this one, which puts it in order
    assert not any(tmp_path.glob(f".*{PARTIAL}*"))
    there = {take.take_id: take for take in TakeSet.load(tmp_path)}
    assert set(kept.values()) <= set(there)
    assert len(there) - len(kept) <= KILLS, "a kill can leave at most one take of which nobody was told"
    for number, take_id in kept.items():
        expected = np.concatenate([pose.landmarks for pose in poses(number)])
        np.testing.assert_allclose(there[take_id].poses.landmarks, expected, atol=1e-5)
    assert len(kept) > KILLS / 2
    assert traces["half file"] >= 3 and traces["whole"] >= 3, f"the kills missed the writing: {traces}"
