"""Measure what the course promises, subject by subject, and write the figures to benchmarks/results.md.

    python benchmarks/run.py               every subject
    python benchmarks/run.py extraction    this one; the other subjects' tables stay as they are

A subject is a file beside this one whose `measure()` returns rows: what was measured, the bar, the figure,
whether the bar is met (None where there is no bar), and how it was measured. A subject without bars names its
own `HEADINGS`, and returns rows of as many cells.
"""

import argparse
import importlib
import os
import platform
import re
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.md"
HEADINGS = ("what", "bar", "measured", "met", "how")
PACKAGES = ("mediapipe", "tensorflow", "numpy", "opencv-contrib-python")


class Row(NamedTuple):
    """One line of a subject's table."""

    what: str
    bar: str
    measured: str
    met: bool | None
    how: str


def main() -> int:
    """Measure the named subjects, or all; return 1 when a bar is missed or a subject fails."""
    parser = argparse.ArgumentParser(description="Measure what the course promises.")
    parser.add_argument(
        "subjects", nargs="*", help=f"any of: {', '.join(subjects())}; all when none is given"
    )
    chosen = parser.parse_args().subjects or subjects()
    if unknown := [name for name in chosen if name not in subjects()]:
        parser.error(f"there is no subject {', '.join(unknown)}; there are: {', '.join(subjects())}")
    tables, failed = kept_tables(), []
    for name in chosen:
        print(f"{name} ...", flush=True)
        started = time.monotonic()
        try:
            subject = load(name)
            headings, rows = getattr(subject, "HEADINGS", HEADINGS), subject.measure()
        except Exception as error:  # one broken subject must not cost the others their figures
            failed.append(name)
            print(f"  failed: {type(error).__name__}: {error}", file=sys.stderr)
            continue
        if headings == HEADINGS:
            rows = [Row(*row) for row in rows]
            failed += [name for row in rows if row.met is False]
            rows = [(*row[:3], mark(row.met), row.how) for row in rows]
        tables[name] = table(name, headings, rows, time.monotonic() - started)
        print(*("  " + " | ".join(map(str, row)) for row in rows), sep="\n", flush=True)
        write(tables)  # after each subject, so that an interrupted run keeps what it has
    return int(bool(failed))


def subjects() -> list[str]:
    """Names of the files beside this one that measure something."""
    return sorted(path.stem for path in HERE.glob("[a-z]*.py") if path != Path(__file__).resolve())


def load(name: str):
    """Import a subject from its file, under its own name, so that worker processes can import it too."""
    if str(HERE) not in sys.path:
        sys.path.insert(0, str(HERE))
    sys.modules.pop(name, None)
    return importlib.import_module(name)


def table(name: str, headings: tuple[str, ...], rows: list[tuple], seconds: float) -> str:
    """Write a subject's section: heading, when and where, and one line a row."""
    lines = [
        f"## {name}",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {seconds:.0f} s. {machine()}",
        "",
        "| " + " | ".join(headings) + " |",
        "|" + "---|" * len(headings),
        *("| " + " | ".join(map(cell, row)) + " |" for row in rows),
    ]
    return "\n".join(lines)


def mark(met: bool | None) -> str:
    """Write whether a bar is met."""
    return {True: "yes", False: "**no**", None: "–"}[None if met is None else bool(met)]


def cell(text: object) -> str:
    """Write a text so that it stays in its cell of a Markdown table."""
    return str(text).replace("|", "\\|").replace("\n", " ")


def machine() -> str:
    """Say what the figures were measured on."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    packages = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    python = platform.python_version()
    return f"{platform.system()} {platform.machine()}, {cores} cores, Python {python}, {packages}."


def kept_tables() -> dict[str, str]:
    """Return the sections that are in the results now, by subject."""
    text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
    sections = re.split(r"^(?=## )", text, flags=re.MULTILINE)[1:]
    return {section.split("\n", 1)[0].removeprefix("## ").strip(): section.strip() for section in sections}


def write(tables: dict[str, str]) -> None:
    """Write all sections, whole or not at all."""
    head = (
        "# What the course promises, measured\n\nWritten by `make bench`; each table says when and on what.\n"
    )
    half = RESULTS.with_suffix(".half")
    half.write_text("\n".join([head, *(tables[name] + "\n" for name in sorted(tables))]), encoding="utf-8")
    half.replace(RESULTS)


if __name__ == "__main__":
    sys.exit(main())
