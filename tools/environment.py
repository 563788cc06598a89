"""Make .venv: every package at the version in requirements.lock, then this package itself, editable.

Run by whatever Python `make` was given, so it stays readable to old ones and can tell them what is needed.
"""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
VENV_PYTHON = os.path.join(VENV, *(("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")))
READY = os.path.join(VENV, ".ready")
OLDEST, NEWEST = (3, 11), (3, 13)


def main():
    if not answers(VENV_PYTHON):
        check(sys.version_info[:2])
        print("Making .venv with Python {}.{} ...".format(*sys.version_info[:2]), flush=True)
        run(sys.executable, "-m", "venv", "--clear", VENV)
    if os.path.exists(READY):
        os.remove(READY)
    print("Installing the locked packages: once, 3.5 GB on disk, a few minutes ...", flush=True)
    pip("install", "--requirement", os.path.join(ROOT, "requirements.lock"))
    pip("install", "--quiet", "--no-deps", "--no-build-isolation", "--editable", ROOT)
    with open(READY, "w", encoding="utf-8") as stamp:
        stamp.write("Installed whole; make removes this file when requirements.lock changes.\n")


def answers(python):
    """Tell whether a usable virtual environment is there: a Python in range, with pip."""
    wanted = "import sys, pip; sys.exit(not {} <= sys.version_info[:2] <= {})".format(OLDEST, NEWEST)  # noqa: UP032
    return os.path.exists(python) and subprocess.call([python, "-c", wanted], stderr=subprocess.DEVNULL) == 0


def runs(python):
    """Tell whether a command really is a Python: a version manager also answers for one that it lacks."""
    return subprocess.call([python, "-c", ""], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0


def check(version):
    """Stop with a sentence on what to do when this Python cannot make the environment."""
    if not OLDEST <= version <= NEWEST:
        others = ["python3.{}".format(minor) for minor in (13, 12, 11)]  # noqa: UP032
        found = next((name for name in others if shutil.which(name) and runs(name)), None)
        advice = (
            "Here is one: make lab PYTHON=" + found
            if found
            else "Install one, then: make lab PYTHON=python3.12"
        )
        sys.exit("The course needs Python 3.11, 3.12 or 3.13; this is {}.{}. {}".format(*version, advice))
    if find_spec("venv") is None or find_spec("ensurepip") is None:
        package = "python{}.{}-venv".format(*version)
        sys.exit(
            "This Python cannot make virtual environments. On Debian or Ubuntu: sudo apt install " + package
        )


def pip(*arguments):
    run(VENV_PYTHON, "-m", "pip", "--disable-pip-version-check", *arguments)


def run(*command):
    status = subprocess.call(command)
    if status:
        sys.exit("The set-up stopped; the lines above say why. Run the same make command to go on from here.")


if __name__ == "__main__":
    main()
