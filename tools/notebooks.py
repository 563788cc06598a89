"""Build the notebooks: lessons/*.py (py:percent) to notebooks/*.ipynb, executed, with their outputs.

    python tools/notebooks.py                      the lessons that changed
    python tools/notebooks.py 01_pose_extraction   this one, if it changed
    python tools/notebooks.py --force              all, changed or not
    python tools/notebooks.py --check              run nothing; list what does not match its source

A lesson writes `{{minutes}}` where its measured time shall stand. BALLET_PACE=paper runs the sizes of the
papers and writes to build/paper/, so that the notebooks that ship are always those of the course's pace.
"""

import argparse
import math
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode
from notebook_cleaning import clean
from notebook_runner import noise_in, run

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
PLACEHOLDER = "{{minutes}}"
WORDS_A_MINUTE = 200
CELL_SECONDS = 20  # to read a code cell and look at what came out
LARGEST = 5_000_000  # bytes


@dataclass(frozen=True)
class Source:
    """A text file of cells and the notebook that it becomes."""

    text: Path
    notebook: Path

    @property
    def name(self) -> str:
        return self.text.stem


def sources(pace: str = "course") -> list[Source]:
    """Every lesson with the place of its notebook. Exercises and solutions will be two more such lists."""
    built = ROOT if pace == "course" else ROOT / "build" / pace
    lessons = sorted((ROOT / "lessons").glob("[0-9][0-9]_*.py"))
    return [Source(text, built / "notebooks" / f"{text.stem}.ipynb") for text in lessons]


def main() -> int:
    """Build or check, as the arguments say; return the exit status."""
    parser = argparse.ArgumentParser(description="Build the notebooks from lessons/.")
    parser.add_argument(
        "names", nargs="*", help="lessons to build, by name or number; all when none is given"
    )
    parser.add_argument("--force", action="store_true", help="build also what has not changed")
    parser.add_argument(
        "--check", action="store_true", help="only tell which notebooks do not match their source"
    )
    options = parser.parse_args()
    pace = os.environ.get("BALLET_PACE", "course")
    chosen = [source for source in sources(pace) if is_named(source, options.names)]
    if options.names and not chosen:
        there = ", ".join(source.name for source in sources())
        print(f"No lesson is called {' or '.join(options.names)}. There are: {there}.")
        return 1
    if options.check:
        faults = [fault for source in chosen for fault in mismatch(source)]
        faults += [] if options.names else orphans(pace)
        if mapped() != README.read_text(encoding="utf-8"):
            faults.append("README.md has other minutes than the notebooks. Run: make course")
        print("\n".join(faults) or f"{len(chosen)} notebooks match their sources.")
        return int(bool(faults))
    changed = [source for source in chosen if options.force or mismatch(source)]
    print(f"{len(chosen) - len(changed)} of {len(chosen)} notebooks are up to date.", flush=True)
    built = [build(source, pace) for source in changed]
    if pace == "course" and mapped() != README.read_text(encoding="utf-8"):
        write(README, mapped())
    return int(not all(built))


def is_named(source: Source, names: list[str]) -> bool:
    return not names or any(
        source.name == Path(name).stem or source.name.startswith(f"{name}_") for name in names
    )


def build(source: Source, pace: str) -> bool:
    """Run one lesson and write its notebook; return False, and leave the old one, when there is a fault."""
    notebook = read(source)
    source.notebook.parent.mkdir(parents=True, exist_ok=True)
    result = run(
        notebook, source.notebook.parent, environment={"BALLET_PACE": pace}, progress=Progress(source.name)
    )
    for line in noise_in(notebook):
        print(f"  left out, mend it at its source: standard error of {line}")
    text, faults = "", result.faults
    if not faults:
        clean(notebook, source.name)
        notebook.metadata.ballet = {
            "minutes": minutes(notebook, result.seconds),
            "seconds": round(result.seconds),
        }
        fill(notebook)
        text = nbformat.writes(notebook) + "\n"
        if len(text) > LARGEST:
            faults = [f"the notebook has {len(text) / 1e6:.1f} MB; the limit is {LARGEST / 1e6:.0f} MB"]
    if faults:
        print(f"  {source.name} was not written:", *faults, sep="\n    ")
        return False
    write(source.notebook, text)
    print(f"  {source.name}: {notebook.metadata.ballet['minutes']}; {len(text) / 1e6:.1f} MB", flush=True)
    return True


def read(source: Source) -> NotebookNode:
    """Turn a lesson's text into a notebook without outputs."""
    notebook = jupytext.read(source.text, fmt="py:percent")
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def minutes(notebook: NotebookNode, seconds: float) -> str:
    """Say how long a lesson takes: the cells' time as measured, the reader's from words and cells."""
    words = sum(len(cell.source.split()) for cell in notebook.cells if cell.cell_type == "markdown")
    code_cells = sum(cell.cell_type == "code" for cell in notebook.cells)
    reading = words / WORDS_A_MINUTE + code_cells * CELL_SECONDS / 60
    spent = "under 1" if seconds < 55 else math.ceil(seconds / 60)
    total = math.ceil(reading + seconds / 60)
    return f"about {total} min: {math.ceil(reading)} min to read, {spent} min of computing"


def fill(notebook: NotebookNode) -> None:
    """Write the minutes that stand in the metadata where the lesson asks for them."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = cell.source.replace(
                PLACEHOLDER, notebook.metadata.get("ballet", {}).get("minutes", "?")
            )


def write(path: Path, text: str) -> None:
    """Write whole or not at all."""
    half = path.with_name(path.name + ".half")
    half.write_text(text, encoding="utf-8", newline="\n")
    half.replace(path)


def mismatch(source: Source) -> list[str]:
    """Say in what a notebook differs from its source: an empty list, or one sentence."""
    where = f"notebooks/{source.notebook.name}"
    if not source.notebook.exists():
        return [f"{where} is missing. Build it with: make course"]
    kept, wanted = nbformat.read(source.notebook, as_version=4), read(source)
    wanted.metadata.ballet = kept.metadata.get("ballet", {})
    fill(wanted)
    if [_content(cell) for cell in kept.cells] != [_content(cell) for cell in wanted.cells]:
        return [f"{where} does not match lessons/{source.text.name}. Build it with: make course"]
    return []


def _content(cell: NotebookNode) -> tuple:
    return cell.cell_type, cell.source, tuple(cell.metadata.get("tags", ()))


def orphans(pace: str) -> list[str]:
    """Name the generated notebooks that no lesson stands behind."""
    wanted = {source.notebook for source in sources(pace)}
    there = (ROOT / "notebooks").glob("*.ipynb") if pace == "course" else ()
    return [
        f"{path.relative_to(ROOT)} has no source in lessons/. Remove it."
        for path in there
        if path not in wanted
    ]


def mapped() -> str:
    """README.md with every lesson's measured minutes in the last column of its row of the course map."""
    text = README.read_text(encoding="utf-8")
    for source in sources():
        if source.notebook.exists():
            kept = nbformat.read(source.notebook, as_version=4).metadata.get("ballet", {})
            total = kept.get("minutes", "?").split(":")[0].removeprefix("about ")
            row = rf"(\(notebooks/{source.name}\.ipynb\).*\| )[^|\n]*( \|)$"
            text = re.sub(row, rf"\g<1>{total}\g<2>", text, flags=re.MULTILINE)
    return text


class Progress:
    """One line that follows the cells of a lesson; on a terminal it is rewritten in place."""

    def __init__(self, name: str):
        self.name = name

    def __call__(self, done: int, cells: int) -> None:
        if sys.stdout.isatty():
            print(f"\r  {self.name}: cell {done} of {cells} ", end="\n" if done == cells else "", flush=True)
        elif done == 1:
            print(f"  {self.name}: {cells} cells ...", flush=True)


if __name__ == "__main__":
    sys.exit(main())
