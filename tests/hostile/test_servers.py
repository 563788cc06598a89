"""Everything that listens does so on this machine alone, with a token where its server knows one.

The app and the class's hub are started for real in test_app.py and test_hub.py, their ports and tokens tried.
Here stands what each is told, and that nothing in the repository tells one otherwise.
"""

import ast
import re
import subprocess
from pathlib import Path

import lab
import pytest

from ballet_lib import BalletError, tensorboard_server
from ballet_lib.app import server
from ballet_lib.app.film_job import FilmJob
from ballet_lib.app.pages import LIMIT

ROOT = Path(__file__).parents[2]
SOURCES = [
    path
    for room in ("ballet_lib", "tools", "lessons", "teaching", "benchmarks")
    for path in sorted((ROOT / room).rglob("*"))
    if path.suffix in (".py", ".md", ".sh", ".yml", ".yaml", ".cfg", ".json") and path.is_file()
]


def test_make_lab_listens_here_and_leaves_the_token_on():
    told = lab.arguments([])
    assert "--ServerApp.ip=127.0.0.1" in told
    assert not [one for one in told if re.search(r"token|password|allow_origin|disable_check", one)]


def test_the_tests_own_lab_has_a_token_of_its_own():
    source = (ROOT / "tools" / "lab_session.py").read_text()
    assert '"--ServerApp.ip=127.0.0.1"' in source
    assert "token = secrets.token_hex(16)" in source and '"JUPYTER_TOKEN": token' in source


def test_the_app_listens_here_with_a_new_token_each_time(monkeypatch):
    seen = []

    def stop(folder, port, token, idle):
        seen.append((server._settings(folder, port, token, idle)["Voila"], token))
        raise KeyboardInterrupt

    monkeypatch.setattr(server, "_voila", stop)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            server.serve()
    (first, token), (_, other) = seen
    assert first["ip"] == "127.0.0.1" and first["token"] == token
    assert first["tornado_settings"]["allow_remote_access"] is False
    assert token != other and len(token) >= 20


def test_an_upload_above_the_apps_limit_is_refused_in_a_sentence():
    assert LIMIT == 200
    with pytest.raises(BalletError, match=r"long\.mp4 has 201 MB, and 200 MB is the most\. Cut the film"):
        FilmJob("long.mp4", 201_000_000, LIMIT)
    job = FilmJob("short.mp4", 10, LIMIT)
    with pytest.raises(BalletError, match="got lost"):
        job.receive(0, bytes(11))  # more than was announced
    job.stop()


def test_tensorboard_listens_here(monkeypatch, tmp_path):
    told = []

    class Started:
        def __init__(self, command, **_):
            told.extend(command)

        def poll(self):
            return 1

        def communicate(self):
            return "", "in use"

        terminate = communicate

    monkeypatch.setattr(subprocess, "Popen", Started)
    tensorboard_server._started(tmp_path, 6006)
    assert told[told.index("--host") + 1] == "127.0.0.1"


def test_a_search_of_several_processes_listens_here(monkeypatch):
    from ballet_lib.tuning import workers

    assert workers.LOOPBACK == "127.0.0.1"
    source = Path(workers.__file__).read_text()
    assert re.search(r"HOST: .*LOOPBACK|HOST, LOOPBACK", source), "unless KERASTUNER_ORACLE_IP says otherwise"


def _calls(path: Path, name: str) -> list[dict]:
    called = [one for one in ast.walk(ast.parse(path.read_text())) if isinstance(one, ast.Call)]
    return [
        {one.arg: ast.unparse(one.value) for one in call.keywords}
        for call in called
        if ast.unparse(call.func).split(".")[-1] == name
    ]


def test_every_dask_cluster_that_the_course_starts_listens_here():
    clusters = [call for path in SOURCES if path.suffix == ".py" for call in _calls(path, "LocalCluster")]
    assert clusters, "lesson 13 starts one"
    for told in clusters:
        assert told["host"] == "'127.0.0.1'" and told["dashboard_address"] == "None"


def test_every_command_for_a_scheduler_says_where_it_listens():
    text = "\n".join(path.read_text(encoding="utf-8") for path in [*SOURCES, *(ROOT / "docs").glob("*.md")])
    commands = re.findall(r"^[#\s]*dask scheduler .*", text, re.M)
    assert commands and all("--host" in command for command in commands)


def test_the_hub_on_one_machine_listens_here():
    config = (ROOT / "teaching" / "hub" / "local" / "jupyterhub_config.py").read_text()
    urls = re.findall(r"c\.\w+\.(?:bind_url|hub_bind_url|api_url) = f?\"([^\"]+)\"", config)
    assert len(urls) == 3 and all(url.startswith("http://127.0.0.1:") for url in urls)


def test_nothing_tells_a_server_to_listen_everywhere_or_to_ask_for_no_token():
    open_to_all = re.compile(
        r"0\.0\.0\.0|ip ?= ?['\"]?\*|--ip[= ]\*|token ?= ?['\"]{2}|allow_origin ?= ?['\"]\*"
    )
    found = [path for path in SOURCES if open_to_all.search(path.read_text(encoding="utf-8"))]
    assert found == []
