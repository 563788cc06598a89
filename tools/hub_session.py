"""A JupyterHub on loopback and the learners' browsers, in Python: for the hub's test and its bench.

The hub is the local trial of `teaching/hub/local`; a learner logs in by its form, as a browser would, and
runs a notebook by the kernel's REST and websocket interface, through the hub's proxy.
"""

import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import psutil
import requests
import websocket
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[1]
CONFIG = ROOT / "teaching" / "hub" / "local" / "jupyterhub_config.py"
STARTED_WITHIN = 120  # seconds, for the hub as for a learner's server


@dataclass
class Hub:
    """A running hub: its address, what learners log in with, its folder and its process."""

    address: str
    password: str
    folder: Path
    process: psutil.Popen = field(repr=False)

    def family(self) -> list[psutil.Process]:
        """Return the hub, its proxy, and all servers and kernels."""
        return [self.process, *self.process.children(recursive=True)]

    def family_of(self, learner: str) -> list[psutil.Process]:
        """Return a learner's server and kernels."""
        return [one for one in self.family() if _owner(one) == learner]

    def stop(self, patience: float = 60) -> list[psutil.Process]:
        """End the hub as Ctrl-C or a system does; return the processes that outlived it, which are killed."""
        if self.process.poll() is not None:
            return []
        family = self.family()
        self.process.send_signal(signal.SIGTERM)
        _, left = psutil.wait_procs(family, timeout=patience)
        for process in left:
            process.kill()
        return left

    def log(self) -> str:
        """Return what the hub, its proxy and all servers have said."""
        return (self.folder / "hub.log").read_text(encoding="utf-8", errors="replace")


def _owner(process: psutil.Process) -> str | None:
    try:
        return process.environ().get("JUPYTERHUB_USER")
    except psutil.Error:
        return None


@contextmanager
def running_hub(folder: Path, **settings: str) -> Iterator[Hub]:
    """Run the local hub with its homes in `folder`; `settings` go into its environment."""
    folder.mkdir(parents=True, exist_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    password = uuid.uuid4().hex
    environment = os.environ | {
        "BALLET_HUB_PASSWORD": password,
        "BALLET_HUB_FOLDER": str(folder),
        "BALLET_HUB_PORT": str(port),
        **settings,
    }
    with (folder / "hub.log").open("w") as log:
        process = psutil.Popen(
            [sys.executable, "-m", "jupyterhub", "-f", str(CONFIG)],
            cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    hub = Hub(f"http://127.0.0.1:{port}", password, folder, process)
    try:
        _until(lambda: _answers(f"{hub.address}/hub/health"), hub, "the hub did not start")
        yield hub
    finally:
        hub.stop()


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).status_code == 200
    except requests.ConnectionError:
        return False


def _until(holds, hub: Hub, otherwise: str):
    """Wait until `holds()` says something and return it; raise RuntimeError, with the hub's log, if never."""
    deadline = time.monotonic() + STARTED_WITHIN
    while not (said := holds()):
        if time.monotonic() > deadline or hub.process.poll() is not None:
            raise RuntimeError(f"{otherwise}:\n{hub.log()[-4000:]}")
        time.sleep(0.2)
    return said


class Learner:
    """A learner's browser: logged in at the hub, and with the learner's own server behind it."""

    def __init__(self, hub: Hub, name: str, password: str | None = None):
        self.hub, self.name, self.browser = hub, name, requests.Session()
        form = {"username": name, "password": hub.password if password is None else password}
        self.browser.get(f"{hub.address}/hub/login", timeout=30)
        self.answer = self.browser.post(
            f"{hub.address}/hub/login?next=/hub/home",
            data=form | {"_xsrf": self._token("/hub/")},
            timeout=30,
        )

    def _token(self, path: str) -> str:
        """Return the cookie against cross-site requests that a page under `path` was given."""
        tokens = [one.value for one in self.browser.cookies if one.name == "_xsrf" and one.path == path]
        return tokens[-1] if tokens else ""

    def start_server(self) -> None:
        """Start the learner's server and wait until JupyterLab answers behind the hub's own log-in."""
        self.browser.get(f"{self.hub.address}/hub/spawn", timeout=60)
        _until(self._in_the_lab, self.hub, f"the server of {self.name} did not start")

    def _in_the_lab(self) -> bool:
        page = self.get("lab")
        return page.status_code == 200 and page.url.startswith(self.url("lab"))

    def url(self, path: str, owner: str | None = None) -> str:
        """Return an address on the learner's own server, or on that of another `owner`."""
        return f"{self.hub.address}/user/{owner or self.name}/{path}"

    def get(self, path: str, owner: str | None = None) -> requests.Response:
        """Ask the learner's server, or another's."""
        return self.browser.get(self.url(path, owner), timeout=60)

    def change(
        self, verb: str, path: str, told: dict | None = None, owner: str | None = None
    ) -> requests.Response:
        """Have the learner's server, or another's, change something: `verb` is post, put or delete."""
        headers = {"X-XSRFToken": self._token(f"/user/{self.name}/")}
        return self.browser.request(verb, self.url(path, owner), json=told, headers=headers, timeout=60)

    @contextmanager
    def kernel(self, notebook: str) -> Iterator["Kernel"]:
        """Start a notebook's kernel, as opening it in JupyterLab does; shut it down at the end."""
        told = {"path": notebook, "name": notebook, "type": "notebook", "kernel": {"name": "python3"}}
        answer = self.change("post", "api/sessions", told)
        answer.raise_for_status()
        session = answer.json()
        try:
            with Kernel(self, session["kernel"]["id"]) as kernel:
                yield kernel
        finally:
            with suppress(requests.ConnectionError):  # if the hub was stopped meanwhile
                self.change("delete", f"api/sessions/{session['id']}")

    def run(self, path: str) -> NotebookNode:
        """Run the learner's notebook at `path` in a fresh kernel and return it with its outputs."""
        answer = self.get(f"api/contents/{path}?type=notebook")
        answer.raise_for_status()
        notebook = nbformat.from_dict(answer.json()["content"])
        with self.kernel(path) as kernel:
            for cell in notebook.cells:
                if cell.cell_type == "code":
                    cell.outputs = kernel.execute(cell.source)
        return notebook


class Kernel:
    """A kernel behind the hub's proxy, spoken to by websocket."""

    def __init__(self, learner: Learner, number: str):
        sent = requests.Request("GET", learner.url(f"api/kernels/{number}"))
        cookies = learner.browser.prepare_request(sent).headers["Cookie"]
        address = re.sub("^http", "ws", learner.url(f"api/kernels/{number}/channels"))
        self.session = uuid.uuid4().hex
        self.socket = websocket.create_connection(address, cookie=cookies, timeout=300)

    def __enter__(self) -> "Kernel":
        return self

    def __exit__(self, *_) -> None:
        self.socket.close()

    def send(self, code: str) -> str:
        """Have code run and return its message's number, without waiting for an answer."""
        number = uuid.uuid4().hex
        header = {"msg_id": number, "msg_type": "execute_request", "session": self.session}
        content = {"code": code, "silent": False, "allow_stdin": False, "stop_on_error": False}
        message = {
            "channel": "shell",
            "header": header | {"username": "", "version": "5.3"},
            "parent_header": {},
            "metadata": {},
            "content": content,
        }
        self.socket.send(json.dumps(message))
        return number

    def execute(self, code: str) -> list[NotebookNode]:
        """Run code and return its outputs, an error among them; wait until the kernel is idle again."""
        number, outputs, awaited = self.send(code), [], {"execute_reply", "idle"}
        while awaited:
            message = self._receive()
            if message["parent_header"].get("msg_id") != number:
                continue
            kind, content = message["header"]["msg_type"], message["content"]
            awaited -= {content["execution_state"] if kind == "status" else kind}
            if kind in ("stream", "display_data", "execute_result", "error"):
                outputs.append(nbformat.v4.output_from_msg(nbformat.from_dict(message)))
        return outputs

    def _receive(self) -> dict:
        """Return the next message; a widget's comes as bytes, with its pictures behind the text."""
        said = self.socket.recv()
        if isinstance(said, bytes):
            count, start = struct.unpack_from("!II", said)
            end = struct.unpack_from("!I", said, 8)[0] if count > 1 else len(said)
            said = said[start:end]
        return json.loads(said)
