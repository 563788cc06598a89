"""A class on one machine: the hub of `teaching/hub/local` with three learners at once, and who may not in."""

import os
import re
import runpy
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

if os.name == "nt":
    pytest.skip("JupyterHub does not run on Windows", allow_module_level=True)

import nbformat
import psutil
import websocket
import yaml
from hub_session import CONFIG, ROOT, Kernel, Learner, running_hub
from jupyter_server.services.kernels.kernelmanager import MappingKernelManager
from jupyterhub.traitlets import ByteSpecification
from jupyterlab.labapp import LabApp
from notebook_runner import faults_in
from traitlets.config import Config

NAMES = ("ada", "ben", "cleo")
HUB = ROOT / "teaching" / "hub"
LESSON = "notebooks/00_start_here.ipynb"
PASSWORD = "a-releve-a-day"


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    with running_hub(tmp_path_factory.mktemp("hub")) as hub:
        yield hub


@pytest.fixture(scope="module")
def learners(hub):
    """Three learners with a server each, started side by side."""

    def enter(name):
        learner = Learner(hub, name)
        learner.start_server()
        return learner

    with ThreadPoolExecutor(len(NAMES)) as pool:
        return dict(zip(NAMES, pool.map(enter, NAMES), strict=True))


def settings(monkeypatch, tmp_path, **environment):
    """What the hub's configuration says under these variables, without starting the hub."""
    given = {"BALLET_HUB_PASSWORD": PASSWORD, "BALLET_HUB_FOLDER": str(tmp_path / "class")} | environment
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    config = Config()
    return SimpleNamespace(**runpy.run_path(str(CONFIG), {"get_config": lambda: config}))


def test_three_learners_run_the_first_lesson_at_once(hub, learners):
    with ThreadPoolExecutor(len(learners)) as pool:
        notebooks = list(pool.map(lambda learner: learner.run(LESSON), learners.values()))
    shipped = kinds_of_output(nbformat.read(ROOT / LESSON, as_version=4))
    for name, notebook in zip(learners, notebooks, strict=True):
        assert faults_in(notebook) == [], name
        assert kinds_of_output(notebook) == shipped, "figures and widgets came through the proxy"
        assert (hub.folder / "homes" / name / "notebooks" / "first_arabesque.mp4").stat().st_size > 10_000


def kinds_of_output(notebook):
    """For each code cell the kinds of what it shows; PNG or JPEG is the builder's choice."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    kinds = [{kind for output in cell.outputs for kind in output.get("data", ())} for cell in cells]
    return [{"image" if kind.startswith("image/") else kind for kind in shown} for shown in kinds]


def test_each_has_a_home_and_progress_of_their_own(hub, learners):
    asked = "import os; from ballet_lib.checks.progress import where; print(os.environ['HOME'], where())"
    for name, learner in learners.items():
        with learner.kernel("notebooks/asking.ipynb") as kernel:
            (answer,) = kernel.execute(asked)
            home, progress = answer.text.split()
            assert home == str(hub.folder / "homes" / name) and progress.startswith(home + os.sep)
            (answer,) = kernel.execute("print('BALLET_HUB_PASSWORD' in os.environ)")
            assert answer.text == "False\n", "the kernel is not told the password"
    assert sorted(path.name for path in (hub.folder / "homes").iterdir()) == sorted(NAMES)


def test_nobody_reaches_the_server_of_another(hub, learners):
    ada, ben = learners["ada"], learners["ben"]
    assert ada.get("api/contents/notebooks").status_code == 200
    assert ada.get("api/contents/notebooks", owner="ben").status_code in (403, 404)
    assert ada.change("post", "api/sessions", {"path": "x.ipynb"}, owner="ben").status_code in (403, 404)
    with ben.kernel("notebooks/secret.ipynb"):
        assert ada.get("api/kernels", owner="ben").status_code in (403, 404)
        (kernel,) = ben.get("api/kernels").json()
        stranger = SimpleNamespace(browser=ada.browser, url=lambda path: ada.url(path, owner="ben"))
        with pytest.raises(websocket.WebSocketException):
            Kernel(stranger, kernel["id"])


def test_the_lab_opens_as_make_lab_does(learners):
    page = learners["ada"].get("lab/tree/notebooks/00_start_here.ipynb")
    assert page.status_code == 200 and "jupyter-config-data" in page.text
    cells = learners["ada"].get("api/contents/notebooks/03_lstm.ipynb").json()["content"]["cells"]
    assert all(cell["metadata"]["trusted"] for cell in cells if cell["cell_type"] == "code"), "widgets show"
    told = learners["ada"].get("lab/api/settings/@jupyterlab/apputils-extension:notification").json()
    assert told["schema"]["properties"]["fetchNews"]["default"] == "false", "no news from outside"


def test_a_learner_may_save_and_finds_it_again(hub, learners):
    cleo = learners["cleo"]
    path = f"api/contents/{LESSON}"
    notebook = cleo.get(path).json()["content"]
    notebook["cells"][0]["source"] = "# My own notes"
    assert cleo.change("put", path, {"type": "notebook", "format": "json", "content": notebook}).ok
    assert cleo.get(path).json()["content"]["cells"][0]["source"] == "# My own notes"
    assert "My own notes" not in learners["ada"].get(path).text


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("ada", "not the password"),
        ("ada", ""),
        ("..", None),
        ("../ada", None),
        ("%2e%2e", None),
        ("ada lovelace", None),
        ("a" * 40, None),
    ],
)
def test_who_may_not_log_in(hub, name, password):
    stranger = Learner(hub, name, password)
    assert stranger.answer.status_code in (400, 403) or "Invalid username or password" in stranger.answer.text
    assert "/hub/login" in stranger.browser.get(f"{hub.address}/hub/home", timeout=30).url


def test_everything_listens_on_this_machine_only(hub, learners):
    ports = [
        socket.laddr
        for process in hub.family()
        for socket in process.net_connections(kind="inet")
        if socket.status == psutil.CONN_LISTEN
    ]
    assert len(ports) >= 3 + len(NAMES) and {port.ip for port in ports} <= {"127.0.0.1", "::1"}


def test_without_a_password_the_hub_does_not_start(tmp_path):
    environment = {name: value for name, value in os.environ.items() if name != "BALLET_HUB_PASSWORD"}
    hub = subprocess.run(
        [sys.executable, "-m", "jupyterhub", "-f", CONFIG], cwd=tmp_path, capture_output=True, text=True,
        timeout=60, env=environment | {"BALLET_HUB_FOLDER": str(tmp_path / "class")},
    )  # fmt: skip
    assert hub.returncode == 1 and "Set BALLET_HUB_PASSWORD to eight or more" in hub.stderr


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("BALLET_HUB_PASSWORD", "short", "eight or more"),
        ("BALLET_HUB_PASSWORD", "battement tendu jeté", "ASCII"),
        ("BALLET_HUB_PORT", "http", "no port"),
        ("BALLET_HUB_PORT", "70000", "no port"),
    ],
)
def test_settings_that_cannot_work_are_refused(monkeypatch, tmp_path, variable, value, says):
    with pytest.raises(SystemExit, match=says):
        settings(monkeypatch, tmp_path, **{variable: value})


def test_the_course_is_handed_out_once(monkeypatch, tmp_path):
    hand_out = settings(monkeypatch, tmp_path).hand_out
    home = tmp_path / "home"
    new = hand_out(home)
    assert len(new) == sum(
        1 for folder in ("notebooks", "exercises") for _ in (ROOT / folder).glob("*.ipynb")
    )
    lesson = home / LESSON
    assert lesson.read_bytes() == (ROOT / LESSON).read_bytes()
    assert (home / "docs" / "pictures" / "first_arabesque.jpg").exists()
    lesson.write_text("mine")
    (home / "notebooks" / "03_lstm.ipynb").unlink()
    assert hand_out(home) == [str(home / "notebooks" / "03_lstm.ipynb")], "what was deleted comes fresh"
    assert lesson.read_text() == "mine"
    assert not list(home.rglob("*.half"))


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("runuser"), reason="reads as other users")
def test_collecting_takes_a_learners_own_notebooks_and_nothing_by_a_link(tmp_path):
    """Bert links to Anna's notebook, to her whole folder and to a system file; he gets none of them."""
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        anna, bert, carl = (Path(place) / f"jupyter-{name}" for name in ("anna", "bert", "carl"))
        for home in (anna / "class", bert / "class", carl):
            home.mkdir(parents=True)
        (anna / "class" / "01 plié.ipynb").write_text("hers")
        (anna / "class" / "notes.txt").write_text("not asked for")
        (bert / "class" / "01.ipynb").write_text("his")
        (bert / "class" / "02.ipynb").symlink_to(anna / "class" / "01 plié.ipynb")
        (bert / "class" / "03.ipynb").symlink_to("/etc/shadow")
        (carl / "class").symlink_to(anna / "class")
        for home, owner in ((anna, "daemon"), (bert, "bin"), (carl, "nobody")):
            subprocess.run(["chown", "-Rh", owner, home], check=True)
            home.chmod(0o700)
        subprocess.run(
            ["bash", HUB / "tljh" / "collect.sh", "class", tmp_path / "in"],
            env=os.environ | {"HOMES": place}, check=True, timeout=60,
        )  # fmt: skip
    found = {str(path.relative_to(tmp_path / "in")): path.read_text() for path in tmp_path.rglob("*.ipynb")}
    assert found == {"anna/01 plié.ipynb": "hers", "bert/01.ipynb": "his"}


def test_the_class_servers_files_are_what_it_reads(monkeypatch):
    """No TLJH here, so: the keys that its documentation names, and options that the servers really have."""
    told = yaml.safe_load((HUB / "tljh" / "config.yaml").read_text(encoding="utf-8"))
    assert told.keys() <= {"users", "auth", "https", "http", "limits", "services", "user_environment"}
    assert told["https"]["enabled"] and told["services"]["cull"]["enabled"]
    assert ByteSpecification().validate(None, told["limits"]["memory"]) >= 2 * 2**30
    assert isinstance(told["limits"]["cpu"], int)
    c = Config()
    runpy.run_path(str(HUB / "tljh" / "jupyterhub_config.d" / "ballet.py"), {"get_config": lambda: c})
    assert c.Spawner.environment["OMP_NUM_THREADS"] == str(told["limits"]["cpu"])
    known = {"LabApp": LabApp, "MappingKernelManager": MappingKernelManager}
    for option in c.Spawner.args:
        owner, trait = option.removeprefix("--").split("=")[0].split(".")
        assert known[owner].class_traits()[trait].metadata["config"]


def test_the_guides_link_is_one_that_its_own_code_writes(tmp_path, monkeypatch, capsys):
    guide = (HUB / "README.md").read_text(encoding="utf-8")
    (tmp_path / "ballet-class" / "notebooks").mkdir(parents=True)
    (tmp_path / "ballet-class" / LESSON).touch()
    monkeypatch.chdir(tmp_path)
    exec(re.search(r"```python\n(.*?)```", guide, re.DOTALL)[1], {})
    link = capsys.readouterr().out.strip()
    assert "/hub/user-redirect/git-pull?repo=https%3A%2F%2F" in link and f"    {link}\n" in guide


def test_idle_servers_are_stopped_where_the_culler_is_installed(monkeypatch, tmp_path):
    config = settings(monkeypatch, tmp_path)
    assert config.find_spec("jupyterhub_idle_culler") or "services" not in config.c.JupyterHub
    (tmp_path / "jupyterhub_idle_culler.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    config = settings(monkeypatch, tmp_path)
    (service,), (role,) = config.c.JupyterHub.services, config.c.JupyterHub.load_roles
    assert role["services"] == [service["name"]] and "delete:servers" in role["scopes"]
    assert "admin" not in service, "it may stop servers, and no more"


def test_stopping_leaves_nobody_behind(hub, learners):
    """The last test, since it ends the hub: a kernel that loops for ever must not outlive it."""
    with learners["ada"].kernel("notebooks/loop.ipynb") as kernel:
        kernel.send("while True: pass")
        family = hub.family()
        assert len(hub.family_of("ada")) == 2 and len(family) >= 2 + 2 + 1 + 1
        assert hub.stop() == []
        assert not [process for process in family if process.is_running()]
