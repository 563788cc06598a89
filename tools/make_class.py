"""Write a class's own repository: the course, a cover page, and, if wished, no solutions.

    python tools/make_class.py --title "Dance and data" --teacher "Ada Example" --dates "3 to 14 March" \\
        --repository https://github.com/NAME/REPO --withhold-solutions

The folder (`build/class`) holds what git tracks, as it lies here, without what only developers need. It is
written whole or not at all, and a folder that was not made here, or was changed since, is never replaced.
"""

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from class_cover import Cover, Repository
from whole_folder import half_written

from ballet_lib.errors import BalletError

ROOT = Path(__file__).resolve().parents[1]
MADE = ".ballet_class.json"
"""Lists the files that were written, with their hashes: by it a later run knows its own work."""

DEVELOPERS = (".ci/", ".github/", "benchmarks/", "tests/", "README.md", MADE)
"""What a class does not need; the cover page takes the README's place."""
KEPT = ("benchmarks/results.md",)
"""Lessons refer to it."""
SOLUTIONS = ("solutions/", "lessons/exercises/", "ballet_lib/checks/solutions.json", "teaching/")
"""What is withheld: solutions in each of their forms, and the teacher's guides."""
FOR_LEARNERS = ("teaching/glossary.md", "teaching/consent.md", "teaching/forms/")
TARGETS = ("test", "bench", "lint", "class")
"""Targets of the Makefile whose files are left out."""

SOURCES = (
    "ballet_lib/", "datasets/", "docs/", "exercises/", "lessons/", "notebooks/", "solutions/", "teaching/",
    "tools/", "benchmarks/results.md", ".gitignore", "LICENSE", "LICENSE-CONTENT", "Makefile",
    "environment.yml", "pyproject.toml", "requirements.lock",
)  # fmt: skip
"""What the course is made of where git cannot tell."""
LEFTOVERS = re.compile(
    r"(^|/)(__pycache__|\.ipynb_checkpoints|\..*_cache)/|\.egg-info/"
    r"|^(notebooks|exercises|solutions)/(\.?my_|.*\.(mp4|npz)$)"
)
"""What running the course leaves beside those files."""


def main(arguments: list[str] | None = None) -> int:
    """Write the folder; return the exit status."""
    parser = argparse.ArgumentParser(description="Write a class's own repository.")
    parser.add_argument("--title", default="Sequence models on ballet", help="of the class")
    parser.add_argument("--teacher", default="", help="who teaches it")
    parser.add_argument("--dates", default="", help="when it is")
    parser.add_argument(
        "--repository", default="", metavar="URL", help="https://HOST/NAME/REPO, for the links"
    )
    parser.add_argument("--branch", default="main", help="the branch that you will push (main)")
    parser.add_argument("--withhold-solutions", action="store_true", help="leave out solutions and guides")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "build" / "class", metavar="FOLDER")
    options = parser.parse_args(arguments)
    try:
        repository = Repository.parse(options.repository, options.branch) if options.repository else None
        cover = Cover(options.title, options.teacher, options.dates, repository, options.withhold_solutions)
        count = write_class(ROOT, options.output, cover)
    except BalletError as error:
        print(error, file=sys.stderr)
        return 1
    solutions = "without solutions" if options.withhold_solutions else "with solutions"
    print(f"{options.output}: {count} files, {solutions}. Look at its README.md, then push it.")
    return 0


def write_class(root: Path, output: Path, cover: Cover) -> int:
    """Write the class's folder, whole or not at all, and return the number of its files.

    Raises
    ------
    BalletError
        If the course here is incomplete, or the output holds anything that was not written by an earlier run.
    """
    files = chosen(course_files(root), cover.withhold)
    if not any(name.startswith("notebooks/") and name.endswith(".ipynb") for name in files):
        raise BalletError(f"There are no notebooks in {root}. Build them first: make notebooks.")
    check_output(output)
    with half_written(output) as (output, half):
        for name in files:
            copy(root / name, half / name)
        makefile = half / "Makefile"
        makefile.write_text(
            without_targets(makefile.read_text(encoding="utf-8"), cover.withhold), encoding="utf-8"
        )
        page = cover.page((root / "README.md").read_text(encoding="utf-8"), files)
        (half / "README.md").write_text(page, encoding="utf-8", newline="\n")
        made = {name: digest(half / name) for name in [*files, "README.md"]}
        (half / MADE).write_text(json.dumps({"made by": "make class", "files": made}, indent=1) + "\n")
        put(half, output)
    return len(made)


def course_files(root: Path) -> list[str]:
    """Return the course's files, relative to its folder: those that git tracks, else those of `SOURCES`."""
    if (root / ".git").exists() and shutil.which("git"):
        told = subprocess.run(["git", "-C", str(root), "ls-files", "-z"], capture_output=True, text=True)
        if told.returncode == 0 and told.stdout:
            return [name for name in told.stdout.split("\0") if name and (root / name).is_file()]
    every = (path.relative_to(root).as_posix() for part in SOURCES for path in files_under(root / part))
    return sorted(name for name in every if not LEFTOVERS.search(name))


def files_under(path: Path) -> Iterable[Path]:
    """Return the file itself, or all files below a folder."""
    return [path] if path.is_file() else (below for below in path.rglob("*") if below.is_file())


def chosen(files: Iterable[str], withhold: bool) -> list[str]:
    """Leave out what is the developers', and, if told so, the solutions."""
    out = DEVELOPERS + (SOLUTIONS if withhold else ())
    kept = KEPT + (FOR_LEARNERS if withhold else ())
    return [name for name in files if name.startswith(kept) or not name.startswith(out)]


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)


def without_targets(makefile: str, withhold: bool) -> str:
    """Return a Makefile without the targets whose files are left out."""
    names = "|".join((*TARGETS, "course", "notebooks") if withhold else TARGETS)
    parts = [part for part in makefile.split("\n\n") if not re.match(rf"({names}):", part)]
    listed = (re.sub(rf" ({names})\b", "", part) if ".PHONY" in part else part for part in parts)
    return "\n\n".join(listed)


def check_output(output: Path) -> None:
    """Raise BalletError if anything stands there that an earlier run did not write as it is."""
    advice = "Choose another folder with -o."
    if output.is_symlink() or (output.exists() and not output.is_dir()):
        raise BalletError(f"{output} is no folder. {advice}")
    if not output.exists() or not any(output.iterdir()):
        return
    try:
        made = json.loads((output / MADE).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        raise BalletError(f"{output} was not made by make class, so it is not replaced. {advice}") from None
    for path in output.rglob("*"):
        name = path.relative_to(output).as_posix()
        own = name == MADE or PurePosixPath(name).parts[0] == ".git" or "__pycache__" in name
        if path.is_file() and not own and made.get(name) != digest(path):
            raise BalletError(f"{output} holds {name}, written or changed since. Take it away, or use -o.")


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def put(half: Path, output: Path) -> None:
    """Move the finished folder into place; the teacher's `.git` stays."""
    old = half.with_name(half.name + ".old")
    if output.exists():
        output.rename(old)
    try:
        half.rename(output)
    except OSError:
        if old.exists():
            old.rename(output)
        raise
    if (old / ".git").exists():
        (old / ".git").rename(output / ".git")
    shutil.rmtree(old, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
