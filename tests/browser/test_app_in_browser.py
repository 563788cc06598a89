"""The web app in a real browser: films in, results and downloads out, the camera, and no other server."""

import csv
import json
import os
import re
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import psutil
import pytest
from lab_session import ROOT, browser_page, camera_film

from ballet_lib.takes import TakeSet
from ballet_lib.video import write_video

ROUTINE = ROOT / "datasets" / "r01_routine_1.mp4"
LIMIT = 30
IDLE = 8


@dataclass
class App:
    process: subprocess.Popen
    url: str
    temporary: Path

    def page(self, name: str) -> str:
        base, token = self.url.split("?")
        return f"{base}{name}?{token}"

    def films(self) -> list[Path]:
        """Whatever is left of films that were uploaded."""
        return [path for path in self.temporary.rglob("film-*") if path.exists()]

    def kernels(self) -> int:
        found = 0
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess):  # as one that has ended is, too
                found += "ipykernel_launcher" in child.cmdline()
        return found


@pytest.fixture(scope="module")
def app(browser_there, tmp_path_factory):
    temporary = tmp_path_factory.mktemp("app")
    serve = (
        "import json; from ballet_lib.app import serve; "
        f"serve(8960, limit={LIMIT}, idle={IDLE}, ready=lambda url: print(json.dumps(url), flush=True))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", serve],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(temporary)},
    )
    try:
        yield App(process, json.loads(process.stdout.readline()), temporary)
    finally:
        process.terminate()
        assert process.wait(20) == 0
        assert list(temporary.iterdir()) == []


@pytest.fixture(scope="module")
def films(tmp_path_factory) -> dict[str, Path]:
    """Files that a user might choose."""
    folder = tmp_path_factory.mktemp("films")
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error"]
    dance = folder / "Évaluation &lt;1.mp4"
    subprocess.run([*ffmpeg, "-ss", "14", "-i", ROUTINE, "-t", "8", dance], check=True)
    empty_room = np.full((240, 320, 3), 90, dtype=np.uint8)
    write_video(folder / "room.mp4", [empty_room] * 30, 20)
    TakeSet.load("routines")[0].poses[:50].save(folder / "poses.npz")  # 2.5 s: too short for a style
    for name, size in (("large.mp4", 31_000_000), ("long.mp4", 29_000_000)):
        with (folder / name).open("wb") as file:
            file.truncate(size)
    return {path.stem: path for path in folder.iterdir()} | {"dance": dance}


def watched(page, app) -> dict:
    """Note what the page asks for elsewhere, and what breaks in it."""
    seen = {"elsewhere": [], "broken": []}
    base = app.url.split("?")[0]
    inside = (base, base.replace("http", "ws"), "blob:", "data:")

    def ask(route):
        if route.request.url.startswith(inside):
            return route.continue_()
        seen["elsewhere"].append(route.request.url)
        return route.abort()

    page.route("**/*", ask)
    page.on("pageerror", lambda error: seen["broken"].append(str(error)))
    return seen


def says(page, words: str, seconds: float = 60) -> None:
    page.wait_for_function(
        "words => document.querySelector('.ballet-film .ballet-message').textContent.includes(words)",
        arg=words, timeout=1000 * seconds,
    )  # fmt: skip


def drop(page, name: str, content: str) -> None:
    files = page.evaluate_handle(
        """([name, content]) => {
            const files = new DataTransfer();
            files.items.add(new File([content], name));
            return files;
        }""",
        [name, content],
    )
    page.dispatch_event(".ballet-drop", "drop", {"dataTransfer": files})


def downloaded(page, name: str) -> bytes:
    with page.expect_download() as waiting:
        page.get_by_role("link", name=name).click()
    return Path(waiting.value.path()).read_bytes()


def check_style(page, styles: dict) -> None:
    """The style and its band: read by eye, by pointer and by keyboard, and never without its warning."""
    box = page.get_by_role("region", name="Dance style")
    said = box.locator("p").first
    shares = [int(share) for share in re.findall(r"(\d+)%", box.get_by_role("heading").inner_text())]
    assert shares == pytest.approx(sorted(100 * np.array(styles["mean"]), reverse=True), abs=0.51)
    assert "a guess" in box.inner_text()
    assert box.locator("polygon").count() == len(shares)
    assert "Most probable: " in box.get_by_role("img").get_attribute("aria-label")

    assert said.inner_text().startswith("0:00.0: ") and "%" in said.inner_text()
    slider = box.get_by_role("slider", name="Style over time")
    for _ in range(20):
        slider.press("ArrowRight")
    page.wait_for_function("() => Math.abs(document.querySelector('video').currentTime - 2) < 0.01")
    assert slider.get_attribute("aria-valuetext") == said.inner_text()
    then = [np.interp(2, styles["seconds"], column) for column in np.transpose(styles["probabilities"])]
    heard = [int(share) for share in re.findall(r"(\d+)%", said.inner_text())]
    assert said.inner_text().startswith("0:02.0: ")
    assert sorted(heard) == pytest.approx(sorted(100 * np.array(then)), abs=1)
    place = slider.bounding_box()
    page.mouse.move(place["x"] + 0.75 * place["width"], place["y"] + 9)
    assert said.inner_text().startswith("0:06.0: ")
    assert page.evaluate("() => document.querySelector('video').currentTime") == pytest.approx(2, abs=0.01)


def test_a_film_is_analysed_and_nothing_of_it_stays(app, films, tmp_path):
    with browser_page(width=1280, height=900) as page:
        seen = watched(page, app)
        page.goto(app.page("film"))
        field = page.locator(".ballet-film input[type=file]")
        field.wait_for(state="attached")

        field.set_input_files(films["large"])
        says(page, "31 MB, and 30 MB is the most")
        drop(page, "homework.mp4", "no film at all")
        says(page, "homework.mp4 is not a video that can be read")
        field.set_input_files(films["long"])
        page.get_by_role("button", name="Cancel").click()
        says(page, "long.mp4 is deleted")
        assert page.get_by_role("button", name="Choose a file").is_enabled()
        field.set_input_files(films["room"])
        says(page, "Nobody is found")
        field.set_input_files(films["poses"])
        page.wait_for_selector(".ballet-film[data-shown]")
        assert app.films() == []
        assert "Not named. The dancer is seen for 2.5 s" in page.locator(".ballet-style").inner_text()
        assert json.loads(downloaded(page, "Data (JSON)"))["styles"] is None
        before = page.locator(".ballet-film").get_attribute("data-shown")

        field.set_input_files(films["dance"])
        page.wait_for_function("() => document.querySelector('.ballet-film').dataset.stage === 'looking'")
        bar = page.get_by_role("progressbar")
        page.wait_for_function("() => Number(document.querySelector('.ballet-bar').ariaValueNow) > 0")
        assert bar.is_visible()
        page.wait_for_selector(f".ballet-film[data-shown]:not([data-shown='{before}'])")
        assert app.films() == []
        status = page.locator(".ballet-film").get_by_role("status")
        assert status.get_attribute("aria-live") == "polite"
        assert "Évaluation &lt;1.mp4" in status.inner_text()  # a name is never HTML
        page.wait_for_function("() => document.querySelector('.ballet-film video').readyState >= 2")
        length, width = page.evaluate(
            "() => { const v = document.querySelector('video'); return [v.duration, v.videoWidth]; }"
        )
        assert length == pytest.approx(8, abs=0.2) and width > 640

        told = json.loads(downloaded(page, "Data (JSON)"))
        rows = list(csv.DictReader(downloaded(page, "Table (CSV)").decode("utf-8-sig").splitlines()))
        assert told["events"] and [row["movement"] for row in rows] == [e["movement"] for e in told["events"]]
        assert told["seconds"] == pytest.approx(8, abs=0.2)
        assert b"ftyp" in downloaded(page, "Film (MP4)")[:16]
        assert page.locator(".ballet-events tbody tr").count() == len(rows)
        assert page.locator(".ballet-exercises li.there").count() == len(rows)
        assert page.locator(".ballet-figure").evaluate("image => image.naturalWidth") > 500

        styles = told["styles"]
        assert np.sum(styles["probabilities"], axis=1) == pytest.approx(1, abs=1e-3)
        assert styles["style"] == styles["labels"][int(np.argmax(styles["mean"]))]
        assert {row["style"] for row in rows} <= set(styles["labels"])
        check_style(page, styles)

        play = page.locator(".ballet-events tbody button").first
        play.press("Enter")
        page.wait_for_function(
            "at => document.querySelector('video').currentTime >= at", arg=told["events"][0]["start"]
        )
        assert seen == {"elsewhere": [], "broken": []}


def test_the_camera_is_recognised_and_its_kernel_goes_with_the_page(app, tmp_path):
    film = camera_film(ROUTINE, tmp_path, start=5, seconds=6)
    with browser_page(film, width=1280, height=900) as page:
        seen = watched(page, app)
        page.goto(app.page(""))
        page.get_by_role("button", name="Start camera").click()
        page.wait_for_function("() => Number(document.querySelector('.ballet-webcam').dataset.drawn) >= 10")
        assert page.get_by_role("link", name="Live", exact=True).get_attribute("aria-current") == "page"
        assert seen == {"elsewhere": [], "broken": []}
        assert app.kernels() >= 1
    deadline = time.monotonic() + 3 * IDLE
    while app.kernels() and time.monotonic() < deadline:
        time.sleep(0.3)
    assert app.kernels() == 0
