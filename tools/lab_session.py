"""JupyterLab on loopback with a browser in front of it, for the browser tests and for `look.py`.

Nothing of the user's is touched: Jupyter's settings live in a temporary folder, and the notebooks are copies.
"""

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from notebook_runner import errors_in

ROOT = Path(__file__).resolve().parents[1]
STARTED_WITHIN = 90  # seconds

CAMERAS = {
    "works": ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"],
    "denied": ["--use-fake-ui-for-media-stream=deny", "--use-fake-device-for-media-stream"],
    "missing": ["--use-fake-ui-for-media-stream"],
}
"""Flags that give Chromium a camera, a camera the user denies, or none; `browser_page` also takes a film."""

_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

_SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},  # every cell is in the page
}


@dataclass
class Lab:
    """A running JupyterLab: its address, its token, and the folder of its notebooks."""

    address: str
    token: str
    folder: Path

    def url(self, notebook: str) -> str:
        """Address of one notebook alone, without the file browser."""
        return f"{self.address}doc/tree/notebooks/{quote(notebook)}?token={self.token}&reset"

    def url_in_notebook(self, notebook: str) -> str:
        """Address of the same in Notebook 7, which the same server serves where it is installed."""
        return f"{self.address}notebooks/notebooks/{quote(notebook)}?token={self.token}"


@contextmanager
def running_lab(home: Path, notebooks: list[Path]) -> Iterator[Lab]:
    """Serve copies of `notebooks` from a folder in `home`; stop the server and its kernels at the end."""
    folder, runtime = home / "course" / "notebooks", home / "runtime"
    for place in (folder, runtime):
        place.mkdir(parents=True)
    for path in notebooks:
        shutil.copy(path, folder)
    if (ROOT / "docs").is_dir():  # the pictures that lessons show
        shutil.copytree(ROOT / "docs", home / "course" / "docs")
    for name, values in _SETTINGS.items():
        file = home / "settings" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values), encoding="utf-8")
    token = secrets.token_hex(16)
    environment = os.environ | {
        "JUPYTER_TOKEN": token,
        "JUPYTER_RUNTIME_DIR": str(runtime),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
    }
    environment.pop("MPLBACKEND", None)
    copies = [str(folder / path.name) for path in notebooks]
    if copies:  # as `make lab` does; JupyterLab hides the kept widgets of a notebook it does not trust
        trust = [sys.executable, "-m", "jupyter", "trust", *copies]
        subprocess.run(trust, env=environment, capture_output=True, check=True)
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1",
        "--ServerApp.port=0", f"--ServerApp.root_dir={folder.parent}", "--LabApp.expose_app_in_browser=True",
        "--JupyterNotebookApp.expose_app_in_browser=True",
    ]  # fmt: skip
    with (home / "server.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            yield Lab(_address(server, runtime, home / "server.log"), token, folder)
        finally:
            server.terminate()  # JupyterLab ends its kernels before itself
            try:
                server.wait(timeout=20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _address(server: subprocess.Popen, runtime: Path, log: Path) -> str:
    deadline = time.monotonic() + STARTED_WITHIN
    while time.monotonic() < deadline and server.poll() is None:
        for file in runtime.glob("jpserver-*.json"):
            try:
                return json.loads(file.read_text(encoding="utf-8"))["url"]
            except ValueError:
                pass  # half written
        time.sleep(0.2)
    raise RuntimeError(
        "JupyterLab did not start:\n" + log.read_text(encoding="utf-8", errors="replace")[-2000:]
    )


def find_browser() -> str | None:
    """Return the path of a Chromium or Chrome on this machine, or None."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"):
        if found := shutil.which(name):
            return found
    places = [Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")]
    for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
        if variable in os.environ:
            places.append(Path(os.environ[variable]) / "Google" / "Chrome" / "Application" / "chrome.exe")
    return next((str(place) for place in places if place.exists()), None)


@contextmanager
def browser_page(camera: str | Path = "missing", width: int = 1000, height: int = 1300) -> Iterator:
    """Open a page of a headless browser whose camera is one of `CAMERAS`, or shows a `camera_film`."""
    from playwright.sync_api import sync_playwright

    if isinstance(camera, Path):
        flags = [*CAMERAS["works"], f"--use-file-for-fake-video-capture={camera.resolve()}"]
    else:
        flags = CAMERAS[camera]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(), headless=True, args=_FLAGS + flags
        )
        try:
            context = browser.new_context(viewport={"width": width, "height": height})
            page = context.new_page()  # from a context, so that a test can open another tab beside it
            page.set_default_timeout(60_000)
            yield page
        finally:
            browser.close()


def camera_film(video: Path, folder: Path, start: float = 0, seconds: float | None = None) -> Path:
    """Make a film of a part of a video, which Chromium's fake camera shows again and again."""
    import imageio_ffmpeg

    film = folder / f"{video.stem}-{start:g}.mjpeg"
    part = ["-ss", f"{start:g}", *([] if seconds is None else ["-t", f"{seconds:g}"])]
    # Chromium takes every such film to have 30 frames a second.
    shape = ["-vf", "scale=640:480", "-r", "30", "-q:v", "4", "-an"]
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-y"]
    command = [*ffmpeg, *part, "-i", str(video), *shape, str(film)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return film


def open_notebook(page, lab: Lab, notebook: str) -> None:
    """Open a notebook in JupyterLab and wait until its kernel is idle."""
    open_at(page, lab.url(notebook))


def open_at(page, url: str) -> None:
    """Open the address of a notebook, in JupyterLab or Notebook 7, and wait until its kernel is idle."""
    page.goto(url)
    page.wait_for_function(
        """() => {
            const panel = window.jupyterapp?.shell.currentWidget;
            return panel?.content?.widgets?.length > 0 && panel.sessionContext?.isReady
                && panel.sessionContext.session?.kernel?.status === "idle";
        }""",
        timeout=90_000,
    )
    page.wait_for_timeout(1500)  # kept widgets are drawn


def run_all(page, seconds: float = 600) -> None:
    """Run every cell of the open notebook and wait for the last one."""
    page.evaluate(
        "() => { window.ran = false; "
        "window.jupyterapp.commands.execute('notebook:run-all-cells').finally(() => window.ran = true); }"
    )
    page.wait_for_function("() => window.ran", timeout=1000 * seconds)
    page.wait_for_timeout(1500)  # the widgets of the last cell get their pictures


def run_cell(page, words: str, seconds: float = 60) -> None:
    """Run the first code cell of the open notebook that contains `words`, and wait until it is done."""
    page.evaluate(
        """async (words) => {
            const content = window.jupyterapp.shell.currentWidget.content;
            content.activeCellIndex = content.widgets.findIndex(
                (cell) => cell.model.type === "code" && cell.model.sharedModel.source.includes(words));
            window.ran = false;
            window.jupyterapp.commands.execute("notebook:run-cell").finally(() => (window.ran = true));
        }""",
        words,
    )
    page.wait_for_function("() => window.ran", timeout=1000 * seconds)


def end_kernel(page) -> None:
    """End the open notebook's kernel: one that is left runs until the server ends."""
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")


def outputs(page) -> list[dict]:
    """Return the outputs of every code cell in the open notebook, as stored in nbformat."""
    return page.evaluate(
        """() => window.jupyterapp.shell.currentWidget.content.model.toJSON().cells
            .filter(cell => cell.cell_type === "code").flatMap(cell => cell.outputs)"""
    )


def faults_on(page) -> list[str]:
    """List the errors in the open notebook: in its outputs, and widgets that the page could not draw."""
    broken = page.locator(".jupyter-widgets-error-widget").count()
    missing = page.locator(".jp-OutputArea-output", has_text="Error displaying widget").count()
    return errors_in(outputs(page)) + ["a widget could not be drawn"] * (broken + missing)


def screenshots(page, folder: Path, name: str) -> list[Path]:
    """Save the open notebook as pictures of one screen each, from top to bottom."""
    folder.mkdir(parents=True, exist_ok=True)
    scroller = "document.querySelector('.jp-WindowedPanel-outer')"
    page.evaluate(f"() => {{ {scroller}.scrollTop = 0; }}")
    total, seen = page.evaluate(
        f"""() => [
            Math.max(...[...document.querySelectorAll(".jp-Cell")].map(c => c.getBoundingClientRect().bottom))
                - {scroller}.getBoundingClientRect().top,
            {scroller}.clientHeight,
        ]"""
    )
    step = max(seen - 40, 100)
    saved = []
    for number, top in enumerate(range(0, max(int(total) - 40, 1), step), start=1):
        page.evaluate(f"() => {{ {scroller}.scrollTop = {top}; }}")
        page.wait_for_timeout(300)
        saved.append(folder / f"{name}-{number:02d}.png")
        page.locator(".jp-WindowedPanel-outer").first.screenshot(path=saved[-1])
    return saved
