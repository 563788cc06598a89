"""A JupyterHub on this machine alone, to try a class with: no root, and no walls between the learners.

    BALLET_HUB_PASSWORD=... .venv/bin/jupyterhub -f teaching/hub/local/jupyterhub_config.py

BALLET_HUB_PASSWORD   what all learners log in with; eight characters or more, and there is no default
BALLET_HUB_FOLDER     where the homes and the hub's own files live; ~/ballet-hub if not set
BALLET_HUB_PORT       of the address that learners open; 8000 if not set

Everybody's server runs as you, so anybody here can read everybody's files: for a trial, not for a class.
"""

import os
import re
import shutil
import socket
import sys
from importlib.util import find_spec
from pathlib import Path

import nbformat
from nbformat.sign import NotebookNotary

from ballet_lib import BalletError
from ballet_lib.pose_model import pose_model

COURSE = Path(__file__).resolve().parents[3]
HANDED_OUT = ("notebooks/*.ipynb", "exercises/*.ipynb", "docs/pictures/*")
IDLE = 3600  # seconds until a server that nobody uses is stopped


def password() -> str:
    """Return the password, or refuse to start without a good one."""
    given = os.environ.get("BALLET_HUB_PASSWORD", "")
    if len(given) < 8 or not given.isascii():
        sys.exit(
            "The hub has no password, or one that is too short. Set BALLET_HUB_PASSWORD to eight or more "
            "ASCII characters, and start again."
        )
    return given


def port() -> int:
    """Return the port that learners open."""
    given = os.environ.get("BALLET_HUB_PORT", "8000")
    if not re.fullmatch(r"\d{1,5}", given) or not 0 < int(given) < 65536:
        sys.exit(f"BALLET_HUB_PORT is '{given}', which is no port. Set it to a number such as 8000.")
    return int(given)


def free_ports(count: int) -> list[int]:
    """Return ports on loopback that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    found = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return found


def hand_out(home: Path) -> list[str]:
    """Copy the course into a home and return the new notebooks; what is there stays as it is."""
    new = []
    for source in sorted(path for pattern in HANDED_OUT for path in COURSE.glob(pattern)):
        target = home / source.relative_to(COURSE)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            half = target.with_name(f".{target.name}.half")
            shutil.copyfile(source, half)
            half.replace(target)  # so that a copy which is cut short is not taken for the learner's work
            new += [str(target)] if target.suffix == ".ipynb" else []
    return new


def sign(notebooks: list[str], data: Path) -> None:
    """Sign notebooks as the learner's own: JupyterLab hides the widgets of one that came from elsewhere."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    notary = NotebookNotary(data_dir=str(data))
    for path in notebooks:
        notary.sign(nbformat.read(path, as_version=4))
    notary.store.close()


def jupyter_data(spawner) -> str:
    """Name the folder in which a learner's Jupyter keeps signatures, on every system the same."""
    return str(Path(spawner.home_dir) / ".local" / "share" / "jupyter")


def prepare_home(spawner) -> None:
    """Hand out the course before a server starts."""
    sign(hand_out(Path(spawner.home_dir)), Path(jupyter_data(spawner)))


def shared_pose_model() -> dict[str, str]:
    """Name one pose model for all, fetched now, so that thirty learners do not fetch thirty."""
    try:
        return {"BALLET_POSE_MODEL": str(pose_model())}
    except BalletError as error:  # the lessons that need it will say the same
        print(error, file=sys.stderr)
        return {}


def command(name: str) -> list[str]:
    """Return a program of this environment, or of the same name on the path."""
    return [shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name) or name]


c = get_config()  # noqa: F821 (JupyterHub provides it)

folder = Path(os.environ.get("BALLET_HUB_FOLDER", "~/ballet-hub")).expanduser().resolve()
folder.mkdir(mode=0o700, parents=True, exist_ok=True)

# Who may log in: any name, with the one password. A name becomes a folder, so it is kept plain.
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = password()
c.SharedPasswordAuthenticator.allow_all = True
c.Authenticator.username_pattern = r"[a-z0-9][a-z0-9_-]{0,31}\Z"

# Where the hub listens: on loopback only, where browsers lend a camera without https as well.
hub_port, proxy_port = free_ports(2)
c.JupyterHub.bind_url = f"http://127.0.0.1:{port()}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{hub_port}"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{proxy_port}"
c.ConfigurableHTTPProxy.command = command("configurable-http-proxy")
c.ConfigurableHTTPProxy.pid_file = str(folder / "proxy.pid")
c.JupyterHub.cookie_secret_file = str(folder / "cookie_secret")
c.JupyterHub.db_url = f"sqlite:///{folder / 'jupyterhub.sqlite'}"

# What a learner gets: a home, the course in it, and JupyterLab as `make lab` opens it.
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(folder / "homes" / "{username}")
c.Spawner.pre_spawn_hook = prepare_home
c.Spawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]
c.Spawner.default_url = "/lab/tree/notebooks/00_start_here.ipynb"
c.Spawner.args = [
    f"--LabApp.app_settings_dir={COURSE / 'tools' / 'lab_settings'}",
    *(["--allow-root"] if os.geteuid() == 0 else []),
]
c.Spawner.environment = {
    "JUPYTER_DATA_DIR": jupyter_data,
    "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
    **shared_pose_model(),
    **{name: os.environ[name] for name in ("BALLET_PACE",) if name in os.environ},
}
c.Spawner.start_timeout = 120
c.Spawner.http_timeout = 120

if find_spec("jupyterhub_idle_culler"):
    cull = [sys.executable, "-m", "jupyterhub_idle_culler", f"--timeout={IDLE}"]
    scopes = ["list:users", "read:users:activity", "read:servers", "delete:servers"]
    c.JupyterHub.services = [{"name": "idle-culler", "command": cull}]
    c.JupyterHub.load_roles = [{"name": "idle-culler", "scopes": scopes, "services": ["idle-culler"]}]
