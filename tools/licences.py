"""List what the course stands on with its licence, from what is installed here: docs/licences.md."""

import argparse
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "licences.md"
LONGEST = 60

STATED_ELSEWHERE = {"namex": "Apache-2.0", "pysimdjson": "MIT"}
"""What a package's licence file says where its metadata says nothing."""

# ruff: noqa: E501 -- a paragraph of the page is one line
ABOUT = """# Licences of what the course stands on

Written by `python tools/licences.py` from what is installed; a test sees that it is whole. The course's own licences are in the [README](../README.md#licences).

These packages are installed on your machine by `make lab`, from the package index. None of them is part of this repository, so this repository passes on none of them. Whoever builds an image with all of them, a class server say, passes them on, and has to keep their licence texts with them.

## Programs inside packages

Two packages bring FFmpeg as a compiled program, under other terms than their own Python code:

- **opencv-contrib-python** (Apache 2.0) bundles FFmpeg's libraries, under the LGPL 2.1. They are used as they come, as separate shared libraries. On Linux it bundles Qt 5 as well (LGPL 3). Its `LICENSE-3RD-PARTY.txt` lists them.
- **imageio-ffmpeg** (BSD 2-clause) brings the `ffmpeg` program itself, built with `--enable-gpl` and x264: this program is under the **GPL {gpl}**. The course starts it as a process of its own to write films, and links nothing to it. So no code here comes under the GPL, but who passes the program on has to offer its source. To do without it, point `IMAGEIO_FFMPEG_EXE` at another ffmpeg; writing `.mp4` needs an H.264 encoder.

NumPy, SciPy and OpenCV bring GCC's Fortran library (GPL 3 with the runtime exception, which lets any program use it).

No package that the course runs on is itself under the GPL or AGPL. {weak}

## Packages

"Runs the course" is what `pip install ballet-lib` brings. "Makes and tests it" is needed only in this repository.

{tables}
"""


def locked() -> list[str]:
    """Names of the lock's packages that this platform needs."""
    lines = (line.split("#")[0].strip() for line in (ROOT / "requirements.lock").read_text().splitlines())
    requirements = [Requirement(line) for line in lines if line and not line.startswith("-")]
    return sorted(
        {canonicalize_name(one.name) for one in requirements if not one.marker or one.marker.evaluate()}
    )


def runtime() -> set[str]:
    """Names of what the course itself requires, directly or not."""
    import tomllib

    waiting = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    found: set[str] = set()
    waiting = [(Requirement(one), "") for one in waiting]
    while waiting:
        one, extra = waiting.pop()
        if one.marker and not one.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(one.name)
        again = name in found and not one.extras
        found.add(name)
        try:
            more = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        if not again:
            waiting += [(Requirement(text), extra) for text in more for extra in (*one.extras, "")]
    return found


def licence(name: str) -> str:
    """What a package says its licence is: an SPDX expression, its classifiers, or its own short words."""
    about = metadata.metadata(name)
    if stated := STATED_ELSEWHERE.get(name):
        return stated
    if expression := about.get("License-Expression"):
        return expression
    classes = [
        one.split(" :: ")[-1] for one in about.get_all("Classifier") or [] if one.startswith("License ::")
    ]
    words = " ".join((about.get("License") or "").split())
    if words and len(words) <= LONGEST and not classes:
        return words
    kept = [one for one in classes if one != "OSI Approved"]
    return ", ".join(dict.fromkeys(kept)) or words[:LONGEST] or "not stated"


def table(names: list[str]) -> str:
    rows = [f"| {name} | {metadata.version(name)} | {licence(name)} |" for name in names]
    return "\n".join(["| package | version | licence |", "|---|---|---|", *rows])


def strong_copyleft(stated: str) -> bool:
    """Whether a licence is the GPL or AGPL and offers no other."""
    gpl = re.search(r"(?<!L)(?<!Lesser )\bA?GPL|(?<!Lesser )General Public License", stated)
    return bool(gpl) and not re.search(r"\bOR\b|LGPL|Lesser|[Ee]xception", stated)


def page() -> str:
    import imageio_ffmpeg

    needed, installed = runtime(), {canonicalize_name(one.name) for one in metadata.distributions()}
    there = [name for name in locked() if name in installed]
    missing = [name for name in locked() if name not in installed]
    said = subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-L"], capture_output=True, text=True).stdout
    version = re.search(r"version (\d) of the License", said)
    weak = [name for name in there if name in needed and re.search(r"LGPL|Lesser|MPL|Mozilla", licence(name))]
    groups = {
        "Runs the course": [name for name in there if name in needed],
        "Makes and tests it": [name for name in there if name not in needed],
    }
    tables = "\n\n".join(f"### {title} ({len(names)})\n\n{table(names)}" for title, names in groups.items())
    left = (
        f"\n\nIn the lock for this platform and not installed here: {', '.join(missing)}." if missing else ""
    )
    gpl = f"{version[1]} or later" if version else "as its `-L` says"
    named = f"Weak copyleft, which asks for changes to the package itself to stay open: {', '.join(weak)}."
    return ABOUT.format(tables=tables + left, gpl=gpl, weak=named if weak else "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="say whether the page is as it would be written")
    told = page()
    if parser.parse_args().check:
        sys.exit(
            0 if PAGE.read_text(encoding="utf-8") == told else f"{PAGE.name} is old: run tools/licences.py"
        )
    PAGE.write_text(told, encoding="utf-8")


if __name__ == "__main__":
    main()
