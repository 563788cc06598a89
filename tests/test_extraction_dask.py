"""A real scheduler and real workers on loopback: who dies, who never was there, and that nothing is lost."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from ballet_lib import DATASETS, BalletError, cluster
from ballet_lib.cli import main
from ballet_lib.extraction import Settings, _extract_on_cluster, extract_all
from ballet_lib.pose import PoseSequence
from ballet_lib.pose_model import locate
from ballet_lib.video import read_frames, write_video

FRAMES = 40
DIARY = """
import os, signal
from ballet_lib import extraction

def keeping_a_diary(extract):
    def note(what, video):
        with open(os.environ["DIARY"], "a") as diary:
            diary.write(f"{what} {os.getpid()} {video.name}\\n")

    def noted(video, *rest):
        note("begins", video)
        if video.name.startswith("deadly"):
            os.kill(os.getpid(), signal.SIGKILL)
        outcome = extract(video, *rest)
        note(outcome.status, video)
        return outcome

    return noted

if extraction._extract.__name__ != "noted":  # Dask loads this more than once
    extraction._extract = keeping_a_diary(extraction._extract)
"""
"""What each worker loads first, so that the tests can count what was really run, and where."""

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kill -9")


class Crew:
    """A scheduler and its workers, each a process of its own, and a diary of what they do."""

    def __init__(self, folder: Path, **environment: str):
        self.diary, self.preload = folder / "diary", folder / "preload.py"
        self.diary.touch()
        self.preload.write_text(DIARY)
        self.environment = os.environ | {"DIARY": str(self.diary)} | environment
        self.workers, self.told = [], folder / "scheduler.json"
        self.scheduler = self._start(
            "scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", self.told
        )
        self._wait(lambda: self.told.exists() and "tcp://127.0.0.1:" in self.told.read_text())
        self.address = "tcp://127.0.0.1:" + self.told.read_text().split("tcp://127.0.0.1:")[1].split('"')[0]

    def hire(self, count: int, threads: int = 1) -> "Crew":
        for _ in range(count):
            chosen = ("--no-nanny", "--nthreads", threads, "--preload", self.preload, "--local-directory",
                      self.preload.parent)  # fmt: skip
            self.workers.append(self._start("worker", self.address, *chosen))
        with cluster.Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(sum(worker.poll() is None for worker in self.workers), timeout=60)
        return self

    def notes(self) -> list[tuple[str, int, str]]:
        lines = [line.split() for line in self.diary.read_text().splitlines()]
        return [(what, int(pid), video) for what, pid, video in lines]

    def at_work(self) -> list[int]:
        """Process ids of the workers that are in the middle of a video."""
        last = {pid: what for what, pid, _ in self.notes()}
        return [pid for pid, what in last.items() if what == "begins"]

    def kill_when(self, ready) -> threading.Thread:
        """Kill the workers that `ready` names, as soon as it names any."""

        def watch():
            for pid in self._wait(ready):
                os.kill(pid, signal.SIGKILL)

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        return thread

    def dismiss(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()

    def _start(self, what, *arguments) -> subprocess.Popen:
        command = [
            sys.executable,
            "-m",
            f"distributed.cli.dask_{what}",
            "--no-dashboard",
            *map(str, arguments),
        ]
        return subprocess.Popen(
            command, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def _wait(self, ready):
        deadline = time.monotonic() + 60
        while not (found := ready()):
            assert time.monotonic() < deadline, "nothing happened for a minute"
            time.sleep(0.01)
        return found


@pytest.fixture
def crew(tmp_path):
    (tmp_path / "crew").mkdir()
    crew = Crew(tmp_path / "crew")
    yield crew
    crew.dismiss()


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Six clips of two seconds out of one routine."""
    folder = tmp_path_factory.mktemp("clips")
    frames = read_frames(DATASETS / "r01_routine_1.mp4")
    for number in range(6):
        write_video(folder / f"clip_{number}.mp4", [next(frames) for _ in range(FRAMES)], fps=20)
    return sorted(folder.iterdir())


def test_a_worker_dies_and_every_video_is_done_once(crew, clips, tmp_path):
    crew.hire(2)
    killer = crew.kill_when(lambda: crew.at_work()[:1] if len(crew.notes()) > 4 else [])
    outcomes = extract_all(clips, tmp_path / "poses", progress=False, scheduler=crew.address)
    killer.join()

    assert [Path(outcome.video) for outcome in outcomes] == clips
    assert {outcome.status for outcome in outcomes} == {"done"}
    for outcome in outcomes:
        poses = PoseSequence.load(outcome.poses[0])
        assert len(poses) == outcome.frames == FRAMES and poses.found.sum() == outcome.found > 0
    assert sorted(path.name for path in (tmp_path / "poses").iterdir()) == [f"{c.stem}.npz" for c in clips]

    dead = [worker.pid for worker in crew.workers if worker.poll() is not None]
    (interrupted,) = {v for _, pid, v in crew.notes() if pid in dead} - {
        v for what, pid, v in crew.notes() if pid in dead and what == "done"
    }
    begun = Counter(video for what, _, video in crew.notes() if what == "begins")
    assert begun == {clip.name: 1 + (clip.name == interrupted) for clip in clips}
    done = Counter(video for what, _, video in crew.notes() if what == "done")
    assert done == dict.fromkeys(begun, 1)

    alone = extract_all(clips[:1], tmp_path / "alone", progress=False)
    ours, theirs = (PoseSequence.load(each[0].poses[0]).landmarks for each in (alone, outcomes))
    assert (ours == theirs).all()


def test_all_workers_die_and_what_is_finished_is_kept(crew, clips, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 1.0)
    crew.hire(1)
    killer = crew.kill_when(lambda: crew.at_work() if len(crew.notes()) > 2 else [])
    with pytest.raises(BalletError, match=r"All workers are gone.*kept.*start workers"):
        extract_all(clips[:3], tmp_path, progress=False, scheduler=crew.address)
    killer.join()
    finished = [Path(video).stem + ".npz" for what, _, video in crew.notes() if what == "done"]
    assert len(finished) == 1 and [path.name for path in tmp_path.glob("*.npz")] == finished

    crew.hire(1)
    again = extract_all(clips[:3], tmp_path, progress=False, scheduler=crew.address)
    assert Counter(outcome.status for outcome in again) == {"skipped": 1, "done": 2}
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_the_scheduler_dies(crew, clips, tmp_path):
    crew.hire(1)
    killer = crew.kill_when(lambda: crew.at_work() and [crew.scheduler.pid])
    with pytest.raises(BalletError, match=r"scheduler is gone.*kept"):
        extract_all(clips[:3], tmp_path, progress=False, scheduler=crew.address)
    killer.join()
    assert not list(tmp_path.glob(".ballet-*"))


def test_a_video_that_kills_its_worker_does_not_stop_the_others(clips, tmp_path):
    (tmp_path / "crew").mkdir()
    deadly = tmp_path / "deadly.mp4"
    deadly.write_bytes(clips[0].read_bytes())
    crew = Crew(tmp_path / "crew", DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0")
    try:
        crew.hire(2)
        outcomes = extract_all([deadly, clips[1], clips[2]], tmp_path, progress=False, scheduler=crew.address)
    finally:
        crew.dismiss()
    assert [outcome.status for outcome in outcomes] == ["failed", "done", "done"]
    assert "deadly.mp4: 1 workers died while they had it" in outcomes[0].error


def test_ctrl_c_ends_cleanly_and_frees_the_workers(crew, clips, tmp_path):
    crew.hire(1)
    long = tmp_path / "long.mp4"
    frames = list(read_frames(clips[0]))
    write_video(long, (frame for _ in range(15) for frame in frames), fps=20)
    command = [sys.executable, "-m", "ballet_lib", "extract", str(long), "-o", str(tmp_path / "out")]
    process = subprocess.Popen([*command, "--scheduler", crew.address], stderr=subprocess.PIPE, text=True)
    crew._wait(crew.at_work)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=30)[1]
    assert process.returncode == 130 and "Traceback" not in said and "same command again" in said
    assert "distributed" not in said and not list((tmp_path / "out").iterdir())
    crew._wait(lambda: not crew.at_work())
    assert [what for what, _, _ in crew.notes()] == ["begins", "failed"], "it did not go on to the end"


# Refusals


def test_nobody_answers_at_the_address(clips, tmp_path, capsys):
    began = time.monotonic()
    assert main(["extract", str(clips[0]), "-o", str(tmp_path), "--scheduler", "tcp://127.0.0.1:9"]) == 1
    said = capsys.readouterr().err
    assert "No Dask scheduler answers at tcp://127.0.0.1:9" in said and "dask scheduler" in said
    assert "Traceback" not in said and "distributed" not in said and time.monotonic() - began < 10


@pytest.mark.parametrize("address", ["nonsense", "tcp://127.0.0.1", "ftp://127.0.0.1:8786", "", "tcp://:x"])
def test_what_is_no_address(clips, tmp_path, address):
    with pytest.raises(BalletError, match="No Dask scheduler answers at"):
        extract_all(clips[:1], tmp_path, progress=False, scheduler=address)


def test_a_web_server_is_no_scheduler(clips, tmp_path):
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with pytest.raises(BalletError, match="No Dask scheduler answers at"):
        extract_all(clips[:1], tmp_path, progress=False, scheduler=f"tcp://127.0.0.1:{server.server_port}")
    server.shutdown()


def test_no_workers_and_workers_of_two_threads(crew, clips, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 0.2)
    with pytest.raises(BalletError, match=r"has no workers\. Start some: dask worker tcp"):
        extract_all(clips[:1], tmp_path, progress=False, scheduler=crew.address)
    crew.hire(1, threads=2)
    with pytest.raises(BalletError, match="has 2 threads, and each video needs a process"):
        extract_all(clips[:1], tmp_path, progress=False, scheduler=crew.address)
    assert not list(tmp_path.glob("*.npz")) and not crew.notes()


@pytest.mark.parametrize(
    "python, library, message",
    [
        ("3.12.1.final.0", "1.0", r"has Python 3\.12, and here is Python 3\.11"),
        ("3.11.9.final.0", "0.9", r"has ballet_lib 0\.9, and here is ballet_lib 1\.0"),
        ("3.11.9.final.0", None, "has no ballet_lib, and here is"),
    ],
)
def test_workers_of_other_versions(python, library, message):
    def told(python, library):
        return {"host": {"python": python}, "packages": {"ballet_lib": library, "mediapipe": "1.2"}}

    versions = {"client": told("3.11.7.final.0", "1.0"), "workers": {"tcp://w:1": told(python, library)}}
    client = SimpleNamespace(
        wait_for_workers=lambda *_, **__: None, get_versions=lambda packages: versions, nthreads=dict
    )
    with pytest.raises(BalletError, match=message):
        cluster._check_workers(client, "tcp://127.0.0.1:8786")


def test_workers_and_a_scheduler_together(clips, tmp_path, capsys):
    with pytest.raises(BalletError, match="Give one of them"):
        extract_all(clips[:1], tmp_path, workers=2, scheduler="tcp://127.0.0.1:9")
    with pytest.raises(SystemExit) as caught:
        main(["extract", "a.mp4", "-o", str(tmp_path), "--workers", "2", "--scheduler", "tcp://127.0.0.1:9"])
    assert caught.value.code == 2 and "not allowed with argument" in capsys.readouterr().err


def test_a_worker_does_not_see_the_video_or_the_folder(clips, tmp_path):
    sign = tmp_path / ".sign"
    job = ([tmp_path / "clip.npz"], Settings(), locate("full"), sign)
    outcome = _extract_on_cluster(clips[0], *job)
    assert outcome.status == "failed" and f"does not see {tmp_path}. Put" in outcome.error
    sign.touch()
    outcome = _extract_on_cluster(tmp_path / "gone.mp4", *job)
    assert outcome.status == "failed" and f"does not see {tmp_path / 'gone.mp4'}. Put" in outcome.error
    assert not (tmp_path / "clip.npz").exists()


def test_a_worker_with_another_pose_model_refuses(clips, tmp_path):
    (sign := tmp_path / ".sign").touch()
    other = replace(locate("full"), path=tmp_path / "not here.task", sha256="0" * 64)
    outcome = _extract_on_cluster(clips[0], [tmp_path / "clip.npz"], Settings(), other, sign)
    assert outcome.status == "failed" and "has another pose model" in outcome.error
