"""The web app without a browser: what becomes of an uploaded file, and the server with its kernels."""

import csv
import http.cookiejar
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from ballet_lib import annotation, recognition, styles
from ballet_lib.app import FilmAnalysis, film_analysis
from ballet_lib.app.film_job import FilmJob, Stopped
from ballet_lib.decisions import Event
from ballet_lib.errors import BalletError
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.recognition import Recognition
from ballet_lib.styles.naming import Naming
from ballet_lib.tensorboard_server import in_use

FILM = b"not really a film, but long enough for three pieces"


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch) -> Path:
    """The only place for temporary files, so that the tests see whether one is left."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    return place


def films_in(temporary: Path) -> list[Path]:
    return [path for path in temporary.rglob("*") if path.is_file()]


def poses(frames=40) -> PoseSequence:
    landmarks = np.full((frames, 33, 4), 0.5, dtype=np.float32)
    return PoseSequence(landmarks, None, 20.0, (64, 48), "poses")


def recognised(source, *, progress, **_) -> Recognition:
    progress(0.5)
    events = [Event("releve", 0.2, 1.4, 0.93, 0.9)]
    labels = ("releve", "other")
    return Recognition(events, [("releve",)], [None], poses(), np.full((40, 2), 0.5, np.float32), labels)


@pytest.fixture
def quick(monkeypatch):
    """Recognition at once, of one relevé, whatever the file holds."""
    monkeypatch.setattr(recognition, "recognise", recognised)
    draw = lambda told, video, path, progress: path.write_bytes(b"an mp4")  # noqa: E731
    monkeypatch.setattr(annotation, "annotated_video", draw)


class Page:
    """What the page does, in Python: sends a file in pieces, and hears what the widget answers."""

    def __init__(self, monkeypatch, **options):
        self.widget, self.heard = FilmAnalysis(**options), []
        monkeypatch.setattr(self.widget, "send", lambda said, buffers=(): self.heard.append((said, buffers)))

    def say(self, message: dict, *buffers: bytes) -> dict | None:
        self.heard.clear()
        self.widget._receive(None, message, list(buffers))
        return self.heard[-1][0] if self.heard else None

    def begin(self, size=None, name="plié.mp4") -> dict:
        return self.say({"begin": {"name": name, "size": size or len(FILM)}, "page": "a"})

    def upload(self, content=FILM, name="plié.mp4", piece=20) -> None:
        job = self.begin(len(content), name)["go"]
        for at in range(0, len(content), piece):
            self.say({"piece": at, "job": job}, content[at : at + piece])

    def wait_for(self, stage: str) -> None:
        deadline = time.monotonic() + 20
        while self.widget.stage != stage and time.monotonic() < deadline:
            time.sleep(0.01)
        assert self.widget.stage == stage, self.widget.words


# --- One file -----------------------------------------------------------------------------------------------


def test_pieces_make_the_file_and_only_in_order(temporary):
    job = FilmJob("../../etc/passwd\n", len(FILM), limit=1)
    job.receive(0, FILM[:20])
    with pytest.raises(BalletError, match="got lost"):
        job.receive(0, FILM[:20])
    with pytest.raises(BalletError, match="got lost"):
        job.receive(20, FILM)  # more than announced
    job.receive(20, FILM[20:])
    assert job.complete
    (file,) = films_in(temporary)
    assert file.read_bytes() == FILM and file.name == "uploaded"  # nothing of the name that was sent
    job.stop()
    assert films_in(temporary) == []
    with pytest.raises(Stopped):
        job.receive(0, FILM)


@pytest.mark.parametrize(("size", "words"), [(0, "is empty"), (1_000_001, "1.0 MB, and 1 MB is the most")])
def test_a_file_that_cannot_be_taken_is_refused_before_it_comes(temporary, size, words):
    with pytest.raises(BalletError, match=words):
        FilmJob("plié.mp4", size, limit=1)
    assert films_in(temporary) == []


@pytest.mark.parametrize("content", [b"just some text", b"\x89PNG and so on", b"PK\x03\x04 a broken archive"])
def test_what_is_no_film_is_named_as_its_owner_does_and_deleted(temporary, content):
    job = FilmJob("homework.mp4", len(content), limit=1)
    job.receive(0, content)
    with pytest.raises(BalletError, match=r"^homework\.mp4") as raised:
        job.run(lambda *_: None)
    assert str(temporary) not in str(raised.value) and "uploaded" not in str(raised.value)
    assert films_in(temporary) == []


def test_a_job_that_is_stopped_ends_at_the_next_frame(temporary, monkeypatch):
    begun = threading.Event()

    def endless(source, *, progress, **_):
        while True:
            begun.set()
            progress(0.5)
            time.sleep(0.001)

    monkeypatch.setattr(recognition, "recognise", endless)
    job = FilmJob("long.mp4", 4, limit=1)
    job.receive(0, b"film")
    ended = []

    def run():
        with pytest.raises(Stopped):
            job.run(lambda *_: None)
        ended.append(True)

    thread = threading.Thread(target=run)
    thread.start()
    begun.wait(10)
    job.stop()
    thread.join(10)
    assert ended and films_in(temporary) == []


# --- The widget ---------------------------------------------------------------------------------------------


def test_a_film_becomes_results_and_is_deleted(monkeypatch, temporary, quick):
    page = Page(monkeypatch)
    page.upload()
    page.wait_for("done")
    assert films_in(temporary) == []
    assert "1 movement recognised" in page.widget.words
    found = page.widget.found
    assert [(event["name"], event["start"]) for event in found["events"]] == [("relevé", 0.2)]
    assert json.loads(found["json"])["events"][0]["movement"] == "releve"
    assert found["csv"].splitlines()[1].startswith("releve,0.2,1.4,0.9")
    said = page.say({"want": "film", "job": found["job"], "at": 0, "page": "a"})
    assert said["of"] == 6 and page.heard[-1][1] == [b"an mp4"]
    page.say({"want": "figure", "job": found["job"], "at": 0, "page": "a"})
    assert page.heard[-1][1][0].startswith(b"\x89PNG")
    assert page.say({"want": "_job", "job": found["job"], "at": 0, "page": "a"}) is None


def naming(_poses=None) -> Naming:
    """First sure of one style, in the end of the other."""
    shares = np.array([[1.0, 0.0], [0.75, 0.25], [0.5, 0.5], [0.0, 1.0]], dtype=np.float32)
    return Naming(("classical", "hip_hop"), np.array([0.5, 1.0, 1.5, 2.0]), shares)


def test_the_style_is_shown_and_goes_into_both_files(monkeypatch, quick):
    monkeypatch.setattr(styles.naming, "name_style", naming)
    page = Page(monkeypatch)
    page.upload()
    page.wait_for("done")
    found, told = page.widget.found, json.loads(page.widget.found["json"])["styles"]
    shown = found["style"]
    assert shown["names"] == ["classical", "hip-hop"] and len(set(shown["colours"])) == 2
    assert shown["mean"] == pytest.approx([0.5625, 0.4375])
    assert told["style"] == "classical" and told["labels"] == ["classical", "hip_hop"]
    assert told["seconds"] == [0.5, 1.0, 1.5, 2.0] and told["probabilities"][-1] == [0, 1]
    (row,) = csv.DictReader(found["csv"].splitlines())
    assert row["movement"] == "releve" and row["style"] == "classical"
    assert float(row["style_probability"]) == pytest.approx(
        1 - 0.25 * 0.6, abs=1e-3
    )  # in the middle, at 0.8 s
    assert page.widget.results.naming.style == "classical" and page.widget.results.unnamed == ""


def test_the_page_shows_the_most_probable_style_first(monkeypatch, quick):
    turned = replace(naming(), labels=("hip_hop", "classical"), probabilities=naming().probabilities[:, ::-1])
    monkeypatch.setattr(styles.naming, "name_style", lambda _: turned)
    page = Page(monkeypatch)
    page.upload()
    page.wait_for("done")
    shown = page.widget.found["style"]
    assert shown["names"] == ["classical", "hip-hop"] and shown["shares"][1] == [1, 0]


def test_the_band_of_styles_is_empty_where_nobody_is_seen():
    told = Naming(("a", "b"), np.array([4.0, 4.5, 9.5]), np.array([[1, 0], [0.4, 0.6], [0, 1]], np.float32))
    moments, shares = film_analysis._band(told, 10.0)
    assert moments.tolist() == [2, 2, 4, 4.5, 6.5, 6.5, 7.5, 7.5, 9.5, 10, 10]  # windows and half of them
    assert shares.sum(axis=1).tolist() == [0, 1, 1, 1, 1, 0, 0, 1, 1, 1, 0]
    assert shares[4].tolist() == [0.4, 0.6] and shares[7].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (None, "seen for 2 s, too short for a style"),  # the film of `poses`
        (BalletError("There is no model. Make one."), "There is no model"),
        (KeyError("lstm"), r"Something broke here \(KeyError: 'lstm'\)"),
    ],
)
def test_without_a_style_the_movements_are_there(monkeypatch, quick, capsys, broken, words):
    def breaks(_):
        raise broken

    if broken:
        monkeypatch.setattr(styles.naming, "name_style", breaks)
    page = Page(monkeypatch)
    page.upload()
    page.wait_for("done")
    found = page.widget.found
    assert re.search(words, found["style"]["unnamed"]) and [one["name"] for one in found["events"]] == [
        "relevé"
    ]
    assert json.loads(found["json"])["styles"] is None and page.widget.results.naming is None
    (row,) = csv.DictReader(found["csv"].splitlines())
    assert row["style"] == row["style_probability"] == ""
    assert ("Traceback" in capsys.readouterr().err) == isinstance(broken, KeyError)  # a bug is never hidden


def test_what_breaks_in_telling_the_results_is_said_too(monkeypatch, quick):
    page = Page(monkeypatch)
    monkeypatch.setattr(film_analysis, "_told", lambda *_: 1 / 0)
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    page.upload()
    page.wait_for("failed")
    assert "ZeroDivisionError" in page.widget.words


def test_a_job_that_is_stopped_at_its_style_ends(monkeypatch, temporary, quick):
    job = FilmJob("long.mp4", 4, limit=1)
    job.receive(0, b"film")
    monkeypatch.setattr(styles.naming, "name_style", lambda _: job.stop() or naming())
    with pytest.raises(Stopped):
        job.run(lambda *_: None)
    assert films_in(temporary) == []


def test_an_error_is_said_and_the_next_file_is_taken(monkeypatch, temporary, quick):
    page = Page(monkeypatch)
    with monkeypatch.context() as broken:
        broken.setattr(recognition, "recognise", lambda *_, **__: 1 / 0)
        broken.setattr(threading, "excepthook", lambda _: None)  # it is raised in its thread too
        page.upload()
        page.wait_for("failed")
    assert "ZeroDivisionError" in page.widget.words and films_in(temporary) == []
    page.upload()
    page.wait_for("done")


def test_only_one_file_at_a_time(monkeypatch, temporary):
    page = Page(monkeypatch)
    assert page.begin()["go"] == 1
    refused = page.begin(name="other.mp4")
    assert "Another file is at work" in refused["refused"] and page.widget.stage == "sending"


def test_cancelling_in_the_middle_deletes_the_file_and_ignores_late_pieces(monkeypatch, temporary):
    page = Page(monkeypatch)
    job = page.begin()["go"]
    page.say({"piece": 0, "job": job}, FILM[:20])
    assert films_in(temporary)
    page.say({"stop": True})
    assert page.widget.stage == "ready" and "deleted" in page.widget.words
    assert films_in(temporary) == []
    assert page.say({"piece": 20, "job": job}, FILM[20:40]) is None
    assert page.widget.stage == "ready"


def test_a_page_that_goes_leaves_no_file(monkeypatch, temporary):
    monkeypatch.setattr(film_analysis, "SILENCE", 0.2)
    page = Page(monkeypatch)
    job = page.begin()["go"]
    page.say({"piece": 0, "job": job}, FILM[:20])
    page.wait_for("failed")
    assert "stopped sending" in page.widget.words and films_in(temporary) == []


def test_a_file_above_the_limit_is_refused_in_words(monkeypatch):
    page = Page(monkeypatch, limit=0.5)
    assert "0.5 MB is the most" in page.begin(size=600_000)["refused"]
    assert page.widget.stage == "ready"


# --- The server ---------------------------------------------------------------------------------------------


@contextmanager
def running(temporary: Path, *command: str):
    """Start the app; yield its process and its address, and end it if the test did not."""
    environment = os.environ | {"TMPDIR": str(temporary), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True, env=environment)
    try:
        yield process, json.loads(process.stdout.readline())["url"]
    finally:
        process.terminate()
        process.wait(20)


def kernels_of(process: subprocess.Popen) -> list[psutil.Process]:
    kernels = []
    for child in psutil.Process(process.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # as one that has ended is, too
            kernels += [child] * ("ipykernel_launcher" in child.cmdline())
    return kernels


def status(url: str, **headers: str) -> int:
    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    try:
        return urllib.request.build_opener(Stay).open(urllib.request.Request(url, headers=headers)).status
    except urllib.error.HTTPError as error:
        return error.code


def test_the_app_is_open_to_its_owner_alone_and_leaves_nothing(temporary):
    first = next(port for port in range(8900, 9000) if not in_use(port))
    command = ("-m", "ballet_lib", "app", "--json", "--no-browser", "--port", str(first))
    with running(temporary, *command) as (process, url), running(temporary, *command) as (_, other):
        assert f":{first}/" in url and f":{first + 1}/" in other  # the port was taken
        base, token = url.split("?")
        assert status(base) == 302 and status(f"{base}film") == 302  # to the login
        assert status(url, Host="elsewhere.example") == 403
        assert status(f"{base}voila/files/live.ipynb?{token}") in (403, 404)
        open_ports = psutil.Process(process.pid).net_connections()
        assert {one.laddr.ip for one in open_ports if one.status == "LISTEN"} == {"127.0.0.1"}
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        shown = urllib.request.build_opener(cookies).open(f"{base}film?{token}", timeout=60).read().decode()
        assert "A video file · Ballet" in shown and "application/vnd.jupyter.widget-view+json" in shown
        assert re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="(?:https?:)?//[^"]*"', shown) == []
        kernels = kernels_of(process)
        assert len(kernels) == 1
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert psutil.wait_procs(kernels, timeout=5)[1] == []
    assert [path.name for path in temporary.iterdir()] == []


def test_the_kernel_of_a_page_that_is_gone_ends(temporary):
    serve = (
        "import json, sys; from ballet_lib.app import serve; "
        "serve(8950, idle=1, ready=lambda url: print(json.dumps({'url': url}), flush=True))"
    )
    with running(temporary, "-c", serve) as (process, url):
        base, token = url.split("?")
        urllib.request.urlopen(f"{base}film?{token}", timeout=60).read()
        deadline = time.monotonic() + 20
        while kernels_of(process) and time.monotonic() < deadline:
            time.sleep(0.2)
        assert kernels_of(process) == [] and process.poll() is None
