"""The web app's server: Voilà, for this machine alone, with a notebook of one cell behind each page."""

import json
import os
import secrets
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ballet_lib.app.pages import LIMIT, LIMIT_VARIABLE
from ballet_lib.errors import BalletError

HOST = "127.0.0.1"
"""The only address that is listened to: this machine's own."""

PORT = 8866
"""The port that is tried first, Voilà's own."""

PORTS = 20
"""How many ports are tried, one after another."""

IDLE = 60
"""Seconds after which the kernel of a page that is closed ends. One that is open keeps its kernel."""

PAGES = {
    "live": ("/", "Live · Ballet"),
    "seated": ("/seated", "Live, seated · Ballet"),
    "film": ("/film", "A video file · Ballet"),
}
"""Address and title of each page; the function of its name in `pages` makes it."""

_EXTENSIONS = ["@jupyter-widgets/jupyterlab-manager", "@voila-dashboards/widgets-manager8", "anywidget"]
_TEMPLATE = Path(__file__).parent / "template"


def serve(
    port: int = PORT,
    *,
    limit: float = LIMIT,
    idle: float = IDLE,
    ready: Callable[[str], None] = lambda url: None,
) -> None:
    """Serve the app until it is interrupted; then end every kernel and remove every temporary file.

    Only who knows the address with its token gets in, so that neither another user of this machine nor a
    page from elsewhere can look through the camera.

    Parameters
    ----------
    port
        The first to try; the next ones are tried too.
    limit
        Megabytes that an uploaded file may have.
    idle
        Seconds after which the kernel of a closed page ends.
    ready
        Called with the address once the app can be opened.

    Raises
    ------
    BalletError
        If no port is free.
    """
    port, token = _free_port(port), secrets.token_urlsafe(16)
    with _own_folder(limit) as folder:
        app = _voila(folder, port, token, idle)
        app.initialize([])
        if hasattr(signal, "SIGHUP"):  # the terminal was closed
            signal.signal(signal.SIGHUP, app._handle_signal_stop)
        app.when_listening(lambda: ready(f"http://{HOST}:{port}/?token={token}"))
        app.start()


def open_browser(url: str) -> None:
    """Open the page in the user's browser, without waiting for it."""
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()


def _free_port(first: int) -> int:
    from ballet_lib.tensorboard_server import in_use

    free = next((port for port in range(first, first + PORTS) if not in_use(port)), None)
    if free is None:
        raise BalletError(
            f"Ports {first} to {first + PORTS - 1} are all in use. Give another: ballet app --port NUMBER."
        )
    return free


@contextmanager
def _own_folder(limit: float) -> Iterator[Path]:
    """Yield a folder with the pages' notebooks, in which kernels also put whatever is temporary.

    It goes at the end, so that no film stays behind whatever becomes of a kernel. Settings of the user's
    IPython have no say in the app, and its history none of the app's lines.
    """
    with tempfile.TemporaryDirectory(prefix="ballet-app-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        for page, (_, title) in PAGES.items():
            _write(folder / f"{page}.ipynb", _notebook(page, title))
        # Else each kernel warns in the terminal that what it tells the server is not encrypted. It does not
        # leave the machine, and is signed.
        quiet = {"IPKernelApp": {"log_level": "ERROR"}}
        _write(folder / "ipython" / "profile_default" / "ipython_kernel_config.json", quiet)
        temporary = folder / "temporary"
        temporary.mkdir()
        changed = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))
        with _environment(**changed, IPYTHONDIR=str(folder / "ipython"), **{LIMIT_VARIABLE: str(limit)}):
            yield folder


def _write(path: Path, content: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


@contextmanager
def _environment(**changed: str) -> Iterator[None]:
    """Change the environment that kernels inherit."""
    before = {variable: os.environ.get(variable) for variable in changed}
    os.environ.update(changed)
    try:
        yield
    finally:
        for variable, value in before.items():
            os.environ.pop(variable, None)
            if value is not None:
                os.environ[variable] = value


def _notebook(page: str, title: str) -> dict:
    cell = {
        "cell_type": "code", "id": page, "metadata": {}, "execution_count": None, "outputs": [],
        "source": f"from ballet_lib.app import {page}_page\n\n{page}_page()",
    }  # fmt: skip
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    about = {"kernelspec": kernel, "title": title, "page": page}
    return {"cells": [cell], "metadata": about, "nbformat": 4, "nbformat_minor": 5}


def _voila(folder: Path, port: int, token: str, idle: float):
    """Return the Voilà application of the pages, not yet initialised."""
    from tornado.ioloop import IOLoop
    from traitlets.config import Config
    from voila.app import Voila
    from voila.tornado.handler import TornadoVoilaHandler

    class App(Voila):
        config_file_paths: tuple[str, ...] = ()  # a voila.py of the user's is not for this app

        def setup_template_dirs(self) -> None:
            super().setup_template_dirs()
            self.template_paths.insert(0, str(_TEMPLATE))

        def init_handlers(self) -> list:
            known = {"template_paths": self.template_paths, "config": self.config,
                     "voila_configuration": self.voila_configuration}  # fmt: skip
            pages = [
                (address, TornadoVoilaHandler, {**known, "notebook_path": f"{page}.ipynb"})
                for page, (address, _) in PAGES.items()
            ]
            return pages + super().init_handlers()

        def when_listening(self, tell: Callable[[], None]) -> None:
            IOLoop.current().add_callback(tell)  # runs when the loop does, which is after the port is open

    return App(config=Config(_settings(folder, port, token, idle)))


def _settings(folder: Path, port: int, token: str, idle: float) -> dict:
    return {
        "Voila": {
            "ip": HOST, "port": port, "port_retries": 0, "token": token,
            "open_browser": False, "log_level": "ERROR",
            "root_dir": str(folder), "notebook_path": str(folder / "live.ipynb"),
            # Refuses other host names: a page from elsewhere could let one of its own lead to this machine.
            # The time-out is the server's own interval: its default is longer, of which tornado complains.
            "tornado_settings": {"allow_remote_access": False, "ws_ping_timeout": 30_000},
        },
        "VoilaConfiguration": {
            "template": "lab", "theme": "light",
            "allow_template_override": "NO", "allow_theme_override": "NO",
            "extension_allowlist": _EXTENSIONS, "file_allowlist": [],
        },
        # Voilà leaves the kernel of a closed page running (an open bug of theirs).
        "MappingKernelManager": {
            "cull_idle_timeout": max(1, int(idle)), "cull_interval": max(1, int(idle) // 4),
        },
        "KernelSpecManager": {"kernel_dirs": []},  # the kernel of this Python, whatever else is installed
    }  # fmt: skip
