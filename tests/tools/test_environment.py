"""The set-up on a clean clone: help before any installation, a sentence for each Python that cannot."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def environment():
    spec = importlib.util.spec_from_file_location("environment_under_test", ROOT / "tools" / "environment.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("version", [(2, 7), (3, 10), (3, 14)])
def test_wrong_python_is_told_which_one_to_take(environment, version, monkeypatch):
    monkeypatch.setattr(environment.shutil, "which", lambda name: name if name == "python3.12" else None)
    monkeypatch.setattr(environment, "runs", lambda python: True)
    with pytest.raises(SystemExit, match=r"3\.11, 3\.12 or 3\.13.*make lab PYTHON=python3\.12"):
        environment.check(version)


def test_python_without_venv_is_told_the_package(environment, monkeypatch):
    monkeypatch.setattr(environment, "find_spec", lambda name: None if name == "ensurepip" else object())
    with pytest.raises(SystemExit, match=r"sudo apt install python3\.13-venv"):
        environment.check((3, 13))


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13)])
def test_right_python_passes(environment, version):
    environment.check(version)


def test_failed_installation_leaves_no_stamp(environment, tmp_path, monkeypatch):
    stamp = tmp_path / ".ready"
    stamp.write_text("of an earlier installation", encoding="utf-8")
    monkeypatch.setattr(environment, "READY", str(stamp))
    monkeypatch.setattr(environment, "VENV_PYTHON", sys.executable)
    monkeypatch.setattr(environment, "answers", lambda python: True)
    monkeypatch.setattr(environment.subprocess, "call", lambda command: 1)
    with pytest.raises(SystemExit, match="Run the same make command"):
        environment.main()
    assert not stamp.exists()


@pytest.mark.skipif(shutil.which("make") is None, reason="no make here")
def test_make_alone_prints_help():
    shown = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in ("lab", "test", "course", "bench", "lint", "clean"):
        assert re.search(rf"make {target} +\w", shown)


def test_lab_asks_for_loopback_and_no_browser_without_a_display(monkeypatch):
    import lab

    monkeypatch.setattr(lab.sys, "platform", "linux")
    for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(variable, raising=False)
    assert {"--ServerApp.ip=127.0.0.1", "--no-browser"} <= set(lab.arguments([]))
    monkeypatch.setenv("DISPLAY", ":0")
    assert "--no-browser" not in lab.arguments([])
    assert not any("token" in argument for argument in lab.arguments([])), "Jupyter's own token stays on"
    if hasattr(os, "geteuid"):
        monkeypatch.setattr(os, "geteuid", lambda: 0)
        assert "--allow-root" in lab.arguments([])


def test_lock_pins_everything_and_names_no_index():
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pinned = [line for line in lines if line and not line.startswith("#")]
    assert all(re.match(r"[a-z0-9.-]+==[^ ;]+( ; .+)?$", line) for line in pinned)
    assert "://" not in "".join(lines)


def test_conda_file_reads_the_lock_and_repeats_nothing():
    import yaml

    listed = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    assert listed[-1] == {"pip": ["-r requirements.lock", "-e ."]}
    assert [entry.split("=")[0] for entry in listed[:-1]] == ["python", "pip"]
