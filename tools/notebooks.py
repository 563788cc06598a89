"""Build the notebooks: lessons/*.py (py:percent) to notebooks/*.ipynb, executed, with their outputs.

    python tools/notebooks.py                      the lessons, exercises and solutions that changed
    python tools/notebooks.py 01_pose_extraction   this lesson, if it changed
    python tools/notebooks.py --exercises 01       its exercise and solution, if they changed
    python tools/notebooks.py --all                every lesson, and what else changed; tells what each takes
    python tools/notebooks.py --force              all, changed or not
    python tools/notebooks.py --check              run nothing; list what does not match its source

Each source in lessons/exercises/ becomes an exercise without outputs, a solution that is executed, and what
`solution` shows (`exercises.py`). A lesson writes `{{minutes}}` where its measured time shall stand.
BALLET_PACE=paper runs the sizes of the papers and writes to build/paper/, so that the notebooks that ship are
always those of the course's pace.
"""

import argparse
import json
import math
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import course_table
import jupytext
import nbformat
import schedules
from alt_text import describe
from nbformat import NotebookNode
from notebook_cleaning import clean
from notebook_runner import noise_in, run

import exercises
from ballet_lib.checks.session import SOLUTIONS

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
PLACEHOLDER = "{{minutes}}"
WORDS_A_MINUTE = 200
CELL_SECONDS = 20  # to read a code cell and look at what came out
LARGEST = 5_000_000  # bytes


@dataclass(frozen=True)
class Source:
    """A text file of cells and the notebook that it becomes: a lesson, an exercise, or its solution."""

    text: Path
    notebook: Path
    kind: str = "lesson"

    @property
    def name(self) -> str:
        return self.text.stem

    @property
    def number(self) -> str:
        return self.name.split("_")[0]

    def __str__(self) -> str:
        return f"{self.notebook.parent.name}/{self.name}"


def sources(pace: str = "course") -> list[Source]:
    """Every lesson with the place of its notebook."""
    built = ROOT if pace == "course" else ROOT / "build" / pace
    lessons = sorted((ROOT / "lessons").glob("[0-9][0-9]_*.py"))
    return [Source(text, built / "notebooks" / f"{text.stem}.ipynb") for text in lessons]


def exercise_sources() -> list[Source]:
    """Every exercise and its solution, with the places of their notebooks."""
    texts = sorted((ROOT / "lessons" / "exercises").glob("[0-9][0-9]_*.py"))
    places = {"exercise": ROOT / "exercises", "solution": ROOT / "solutions"}
    return [
        Source(text, folder / f"{text.stem}.ipynb", kind) for text in texts for kind, folder in places.items()
    ]


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Build the notebooks from lessons/.")
    parser.add_argument(
        "names", nargs="*", help="lessons to build, by name or number; all when none is given"
    )
    parser.add_argument("--exercises", action="store_true", help="their exercises and solutions instead")
    parser.add_argument("--all", action="store_true", help="every lesson, and a table of what they took")
    parser.add_argument("--force", action="store_true", help="build also what has not changed")
    parser.add_argument(
        "--check", action="store_true", help="only tell which notebooks do not match their source"
    )
    return parser.parse_args()


def main() -> int:
    """Build or check, as the arguments say; return the exit status."""
    options = arguments()
    pace = os.environ.get("BALLET_PACE", "course")
    everything = exercise_sources() if options.exercises else sources(pace)
    if not (options.exercises or options.names) and pace == "course":
        everything += exercise_sources()
    chosen = [source for source in everything if is_named(source, options.names)]
    if options.names and not chosen:
        there = ", ".join(source.name for source in sources())
        print(f"No lesson is called {' or '.join(options.names)}. There are: {there}.")
        return 1
    if options.check:
        faults = [fault for source in chosen for fault in mismatch(source)]
        faults += [] if options.names else orphans(pace)
        faults += [
            f"{path.relative_to(ROOT)} has other minutes than the notebooks. Run: make notebooks"
            for path in untimely()
        ]
        print("\n".join(faults) or f"{len(chosen)} notebooks match their sources.")
        return int(bool(faults))
    forced = ("lesson", "exercise", "solution") if options.force else ("lesson",) if options.all else ()
    changed = [source for source in chosen if source.kind in forced or mismatch(source)]
    print(f"{len(chosen) - len(changed)} of {len(chosen)} notebooks are kept as they are.", flush=True)
    if options.all:
        print(course_table.announced(costs()), flush=True)
    built = [build(source, pace) for source in changed]
    if options.all:
        print(course_table.closing(costs(pace)))
    if pace == "course":
        write_shown_solutions()
        for path, text in untimely().items():
            write(path, text)
    return int(not all(built))


def is_named(source: Source, names: list[str]) -> bool:
    return not names or any(
        source.name == Path(name).stem or source.name.startswith(f"{name}_") for name in names
    )


def build(source: Source, pace: str) -> bool:
    """Make one notebook and write it; return False, and leave the old one, when there is a fault."""
    notebook = read(source)
    source.notebook.parent.mkdir(parents=True, exist_ok=True)
    if source.kind == "exercise":  # the learner runs it
        clean(notebook, str(source))
        faults = []
    else:
        faults = executed(notebook, source, pace)
    text = "" if faults else nbformat.writes(notebook) + "\n"
    if len(text) > LARGEST:
        faults = [f"the notebook has {len(text) / 1e6:.1f} MB; the limit is {LARGEST / 1e6:.0f} MB"]
    if faults:
        print(f"  {source} was not written:", *faults, sep="\n    ")
        return False
    write(source.notebook, text)
    print(f"  {source}: {notebook.metadata.ballet['minutes']}; {len(text) / 1e6:.1f} MB", flush=True)
    return True


def executed(notebook: NotebookNode, source: Source, pace: str) -> list[str]:
    """Run a notebook in place, fill in its minutes, and return its faults."""
    with tempfile.TemporaryDirectory() as folder:  # the progress of whoever builds is not a learner's
        environment = {"BALLET_PACE": pace, "BALLET_PROGRESS": str(Path(folder, "progress.json"))}
        result = run(
            notebook, source.notebook.parent, environment=environment, progress=Progress(str(source))
        )
    for line in noise_in(notebook):
        print(f"  left out, mend it at its source: standard error of {line}")
    if result.faults:
        return result.faults
    clean(notebook, source.name if source.kind == "lesson" else str(source))
    if silent := describe(notebook):
        return [f"no caption in italics stands below the figure of: {beginning}" for beginning in silent]
    told = notebook.metadata.setdefault("ballet", {})
    told["seconds"], told["memory"] = round(result.seconds), round(result.memory, -8)
    if source.kind == "lesson":
        told["minutes"] = minutes(notebook, result.seconds)
    fill(notebook)
    return []


def read(source: Source) -> NotebookNode:
    """Turn a source's text into a notebook without outputs."""
    notebook = jupytext.read(source.text, fmt="py:percent")
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    if source.kind != "lesson":
        (exercises.cut if source.kind == "exercise" else exercises.solved)(notebook)
        exercises.entitle(notebook)
        notebook.metadata.ballet = {"exercise": source.number, "minutes": exercises.minutes(source.number)}
        fill(notebook)
    return notebook


def shown_solutions() -> str:
    """Return what the file that `solution` reads shall hold."""
    found = {}
    for source in exercise_sources():
        if source.kind == "solution":
            found |= exercises.solutions(jupytext.read(source.text, fmt="py:percent"))
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def write_shown_solutions() -> None:
    """Write that file, where the sources hold solutions; a class may have been given none."""
    if exercise_sources():
        write(SOLUTIONS, shown_solutions())


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
    where = f"{source}.ipynb"
    if not source.notebook.exists():
        return [f"{where} is missing. Build it with: make notebooks"]
    kept, wanted = nbformat.read(source.notebook, as_version=4), read(source)
    wanted.metadata.ballet = kept.metadata.get("ballet", {})
    fill(wanted)
    if [_content(cell) for cell in kept.cells] != [_content(cell) for cell in wanted.cells]:
        return [
            f"{where} does not match {source.text.parent.name}/{source.text.name}. "
            "Build it with: make notebooks"
        ]
    return []


def _content(cell: NotebookNode) -> tuple:
    return cell.cell_type, cell.source, tuple(cell.metadata.get("tags", ()))


def orphans(pace: str) -> list[str]:
    """Name the generated notebooks that no source stands behind."""
    if pace != "course":
        return []
    wanted = {source.notebook for source in [*sources(pace), *exercise_sources()]}
    there = [
        path for room in ("notebooks", "exercises", "solutions") for path in (ROOT / room).glob("*.ipynb")
    ]
    return [
        f"{path.relative_to(ROOT)} has no source in lessons/. Remove it."
        for path in there
        if path not in wanted
    ]


def untimely() -> dict[Path, str]:
    """Return what the files shall hold that tell minutes, where they tell others than the notebooks."""
    timetables = schedules.SCHEDULES.read_text(encoding="utf-8")
    readme = course_table.mapped(README.read_text(encoding="utf-8"), costs())
    wanted = {README: readme, schedules.SCHEDULES: schedules.filled(timetables)}
    return {path: text for path, text in wanted.items() if text != path.read_text(encoding="utf-8")}


def costs(pace: str = "course") -> list[course_table.Cost]:
    """What each lesson took when its notebook was built."""
    return [course_table.Cost.of(source.notebook) for source in sources(pace)]


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
