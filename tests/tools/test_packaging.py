"""What a user installs: wheel and sdist are whole, find their data, and need nothing of this folder."""

import os
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
LARGEST = 25_000_000  # bytes

USE = """
import ballet_lib
from ballet_lib.classifier import Classifier
from ballet_lib.takes import TakeSet
takes = TakeSet.load("ballet6")
told = Classifier.load("lstm").predict(takes.filter(dancer=["d10"]))
print(ballet_lib.__file__, len(takes), len(told))
"""


def run(*command, cwd: Path) -> str:
    """Run a command without what Python would be told from outside, and return what it printed."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run([str(one) for one in command], cwd=cwd, env=clean, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def build(folder: Path, kind: str, target: Path) -> Path:
    run(sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", target, cwd=folder)
    (built,) = target.iterdir()
    assert built.stat().st_size < LARGEST
    return built


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    return build(ROOT, "sdist", tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel(sdist, tmp_path_factory):
    """The wheel that is built from the sdist, as package indexes do."""
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (source,) = folder.iterdir()
    return build(source, "wheel", tmp_path_factory.mktemp("wheel"))


def test_the_wheel_has_all_of_the_library_and_its_data_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    listed = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "ballet_lib", "datasets"], capture_output=True, text=True
    )
    tracked = {name.replace("datasets/", "ballet_lib/datasets/", 1) if name.startswith("datasets/") else name
               for name in listed.stdout.splitlines() if (ROOT / name).is_file()}  # fmt: skip
    assert tracked <= names, sorted(tracked - names)[:5]
    assert all(name.startswith(("ballet_lib/", "ballet_lib-")) for name in names)
    assert not [name for name in names if "__pycache__" in name or ".half" in name]
    assert any(name.endswith("licenses/LICENSE-CONTENT") for name in names)


def test_the_sdist_is_the_source_of_all_that_it_builds(sdist):
    with tarfile.open(sdist) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", "LICENSE-CONTENT", "requirements.lock"} <= names
    assert {"lessons/00_start_here.py", "tools/notebooks.py", "tests/conftest.py"} <= names
    assert not [name for name in names if name.startswith((".venv", "notebooks/my_", ".git/"))]


def test_it_works_in_an_environment_of_its_own(wheel, tmp_path):
    run(sys.executable, "-m", "venv", "--without-pip", "own", cwd=tmp_path)
    python = tmp_path / "own" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", "--no-index")
    run(*pip, wheel, cwd=tmp_path)
    own = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path)
    place = Path(own.strip())
    # What the course depends on is here already; no .pth is followed there, so not the one of this folder.
    (place / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    where, takes, told = run(python, "-c", USE, cwd=tmp_path).split()[-3:]
    assert Path(where).is_relative_to(place) and (takes, told) == ("420", "35")
    ballet = python.with_name("ballet")
    assert "OK" in run(ballet, "doctor", "--brief", cwd=tmp_path)
    assert "ballet6" in run(ballet, "datasets", "list", cwd=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["own"]


def test_what_conda_and_make_install_is_what_the_package_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [Requirement(line) for line in project["dependencies"] + project["optional-dependencies"]["dev"]]
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    locked = [Requirement(line) for line in lines if line and not line.startswith("#")]
    for requirement in asked:
        versions = [next(iter(pin.specifier)).version for pin in locked if pin.name == requirement.name]
        assert versions, f"requirements.lock lacks {requirement.name}"
        assert all(requirement.specifier.contains(version) for version in versions), requirement.name
    listed = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    (python,) = [entry.split("=")[1] for entry in listed if str(entry).startswith("python=")]
    assert Requirement(f"python{project['requires-python']}").specifier.contains(python)
