"""docs/licences.md names what the lock holds, and nothing that the course runs on is under the GPL."""

import re
import subprocess

import licences
import pytest

ROWS = dict(re.findall(r"^\| ([a-z0-9-]+) \| [^|]+ \| ([^|]+) \|$", licences.PAGE.read_text("utf-8"), re.M))


def test_each_locked_package_is_named_with_a_licence():
    missing = [name for name in licences.locked() if name not in ROWS]
    assert not missing, f"run tools/licences.py: {missing}"
    assert not [name for name, stated in ROWS.items() if stated == "not stated"]
    assert len(ROWS) > 100


def test_nothing_that_runs_the_course_is_under_strong_copyleft():
    needed = licences.runtime()
    assert {"tensorflow", "mediapipe", "numpy", "jupyter-server"} <= needed and "playwright" not in needed
    assert not [name for name in needed & ROWS.keys() if licences.strong_copyleft(ROWS[name])]


@pytest.mark.parametrize(
    ("stated", "strong"),
    [("GPL-3.0-or-later", True), ("AGPL-3.0", True), ("GNU General Public License v3 (GPLv3)", True),
     ("LGPL-2.1", False), ("GNU Lesser General Public License v3", False), ("MIT OR GPL-2.0", False),
     ("MPL-2.0 AND MIT", False), ("GPL-3.0-or-later WITH GCC-exception-3.1", False)],
)  # fmt: skip
def test_strong_copyleft_is_told_from_weak(stated, strong):
    assert licences.strong_copyleft(stated) == strong


def test_the_page_says_what_the_packages_bring_along():
    import imageio_ffmpeg

    page = licences.PAGE.read_text("utf-8")
    said = subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-version"], capture_output=True, text=True
    ).stdout
    assert ("--enable-gpl" in said) == ("this program is under the **GPL" in page)
    assert "LGPL 2.1" in page and "Qt 5" in page
    assert not re.search(r"/work/|/root|/home/|simple/|index-url", page)
