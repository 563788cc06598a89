"""JupyterLab and a real browser. `lab` is one server for the whole session."""

import os

import lab_session
import nbformat
import pytest
from lab_session import ROOT, Lab, running_lab

CAMERA = "camera check.ipynb"


@pytest.fixture(scope="session", autouse=True)
def browser_there():
    if lab_session.find_browser() is None:
        reason = "no Chromium or Chrome on this machine"
        if os.environ.get("CI"):
            pytest.fail(f"{reason}; .ci/run should have installed it")
        pytest.skip(reason)


@pytest.fixture
def camera_notebook() -> str:
    """A notebook in `lab` whose only output is the camera check."""
    return CAMERA


@pytest.fixture(scope="session")
def lab(browser_there, tmp_path_factory) -> Lab:
    home = tmp_path_factory.mktemp("lab")
    lessons = sorted((ROOT / "notebooks").glob("*.ipynb"))
    cell = nbformat.v4.new_code_cell(
        "from ballet_lib.webcam import CameraCheck\ncheck = CameraCheck(seconds=1)\ncheck"
    )
    kernel = {
        "kernelspec": {"name": "python3", "display_name": "Python 3"}
    }  # or JupyterLab would ask for one
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=kernel), home / CAMERA)
    with running_lab(home / "jupyter", [*lessons, home / CAMERA]) as served:
        yield served
