import importlib.metadata
import json
import sys

import pytest
from skimage.data import astronaut
from skimage.io import imsave

from ballet_lib import BalletError, doctor
from ballet_lib.cli import main


def by_name(checks):
    return {check.name: check for check in checks}


def test_every_package_of_the_lock_with_found_and_wanted():
    checks = by_name(doctor.packages())
    numpy = checks["numpy"]  # stands twice in the lock, once for each range of Pythons
    assert numpy.found == numpy.wanted == importlib.metadata.version("numpy")
    assert {"mediapipe", "tensorflow", "jupyterlab"} <= set(checks)
    assert "appnope" not in checks or sys.platform == "darwin"


def test_missing_and_wrong_versions_fail_with_the_mend(tmp_path):
    lock = tmp_path / "requirements.lock"
    lock.write_text("# pinned\nnumpy==1.0.0\nno-such-package==2.0\nnumpy==9 ; python_full_version < '3'\n")
    wrong, missing = doctor.packages(lock)
    assert not wrong.ok and wrong.wanted == "1.0.0" and wrong.found == importlib.metadata.version("numpy")
    assert not missing.ok and missing.found is None and "missing, wanted 2.0" in str(missing)
    assert "pip install -r requirements.lock" in str(wrong)


def test_without_a_lock_the_package_knows_its_requirements(tmp_path):
    checks = by_name(doctor.packages(tmp_path / "absent.lock"))
    assert checks["mediapipe"].ok and ">=1.2" in checks["mediapipe"].wanted
    assert "playwright" not in checks  # a tool of the developers


def test_extraction_of_a_picture(tmp_path):
    imsave(tmp_path / "person.png", astronaut())
    (check,) = doctor.extraction(tmp_path / "person.png")
    assert check.ok and "33 landmarks" in check.detail
    imsave(tmp_path / "empty.png", astronaut() * 0, check_contrast=False)
    (check,) = doctor.extraction(tmp_path / "empty.png")
    assert not check.ok and "no person" in check.detail and check.mend
    (check,) = doctor.extraction(tmp_path / "absent.png")
    assert not check.ok and "missing" in check.detail and check.mend


def test_pose_model_says_where_from_and_its_hash():
    check, _ = doctor.model()
    assert check.ok and len(check.found) == 64 and check.found in check.detail


def test_without_a_model_the_extraction_is_not_tried(monkeypatch, tmp_path):
    monkeypatch.setenv("BALLET_POSE_MODEL", str(tmp_path / "absent.task"))
    without, untried = doctor.model()
    assert not without.ok and "absent.task" in without.detail
    assert not untried.ok and "not tried" in untried.detail


def test_full_disk_fails(monkeypatch):
    monkeypatch.setattr(doctor, "FREE_GB", 1e9)
    assert all(not check.ok and "Free at least" in check.mend for check in doctor.disk())


def test_missing_libgl_names_the_package(monkeypatch):
    class NoLibGL:
        def find_spec(self, name, *_):
            if name == "cv2":
                raise ImportError("libGL.so.1: cannot open shared object file")

    monkeypatch.delitem(sys.modules, "cv2", raising=False)
    monkeypatch.setattr(sys, "meta_path", [NoLibGL(), *sys.meta_path])
    monkeypatch.setattr(sys, "platform", "linux")
    (check,) = doctor.opencv()
    assert not check.ok and "libgl1" in check.mend


def test_a_check_that_breaks_is_a_finding():
    def unlucky():
        raise ZeroDivisionError("by zero")
        yield

    def wrong():
        raise BalletError("No model. Fetch one.")
        yield

    for function, said in ((unlucky, "ZeroDivisionError"), (wrong, "No model. Fetch one.")):
        (check,) = doctor._guarded(function)
        assert not check.ok and said in str(check) and str(check).startswith("FAIL")


@pytest.mark.parametrize("ok", [True, False])
def test_exit_status_and_json(monkeypatch, capsys, ok):
    found = [doctor.Check("Python", True, "3.12"), doctor.Check("disk", ok, "1 GB free.", "Free some.")]
    monkeypatch.setattr(doctor, "examine", lambda: iter(found))
    assert main(["doctor", "--json"]) == (0 if ok else 1)
    document = json.loads(capsys.readouterr().out)
    assert document["ok"] is ok and [check["name"] for check in document["checks"]] == ["Python", "disk"]
    assert main(["doctor"]) == (0 if ok else 1)
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith(("OK ", "FAIL ")) for line in lines[:2])
    assert ("Free some." in lines[-1]) is not ok


def test_examine_reaches_every_check(monkeypatch):
    names = [check.name for check in doctor.examine()]
    for wanted in (
        "Python",
        "cores",
        "disk, cache",
        "OpenCV and libGL",
        "camera",
        "pose model",
        "extraction",
    ):
        assert names.count(wanted) == 1
    assert len(names) > 100


def test_brief_prints_only_what_fails_and_a_count(capsys, monkeypatch):
    from ballet_lib import cli, doctor

    checks = [doctor.Check("fine", True, "so"), doctor.Check("amiss", False, "so.", "Mend it so.")]
    monkeypatch.setattr(doctor, "examine", lambda: iter(checks))
    assert cli.main(["doctor", "--brief"]) == 1
    printed = capsys.readouterr().out
    assert "fine" not in printed and "amiss: so.  Mend it so." in printed and "1 of 2" in printed
