"""Write the course as a static site: pages that open from a disk, without a server and without a network.

    python tools/make_site.py                     into site/; open site/index.html
    python tools/make_site.py --with-solutions    the solutions too

The site has the shape of the repository, so that the links in README.md, docs/ and the notebooks hold:
`notebooks/03_lstm.ipynb` becomes `notebooks/03_lstm.html`. Nothing is run; outputs are those that were kept.
"""

import argparse
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import nbformat
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from site_pages import Links, html_of_markdown, html_of_notebook, style_of_code, title_of
from whole_folder import half_written

from ballet_lib.errors import BalletError

ROOT = Path(__file__).resolve().parents[1]
TEMPLATES = Path(__file__).with_name("site_template")
STYLE = "site.css"
MARK = "<!-- made by make site -->"
"""Stands in the first page: by it a later run knows its own work."""
TEXTS = ("README.md", "docs/*.md", "datasets/README.md", "benchmarks/results.md")
ROOMS = ("notebooks", "exercises", "solutions")


@dataclass(frozen=True)
class Step:
    """A link in a page's head: where to, relative to the page, and what it says."""

    url: str
    title: str


def main(arguments: list[str] | None = None) -> int:
    """Write the site; return the exit status."""
    parser = argparse.ArgumentParser(description="Write the course as a static site.")
    parser.add_argument("--with-solutions", action="store_true", help="the solutions of the exercises too")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "site", metavar="FOLDER")
    options = parser.parse_args(arguments)
    try:
        pages, size = write_site(ROOT, options.output, options.with_solutions)
    except BalletError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{options.output / 'index.html'}: {pages} pages, {size / 1e6:.1f} MB. Open it in a browser.")
    return 0


def write_site(root: Path, output: Path, with_solutions: bool = False) -> tuple[int, int]:
    """Write the pages of the course in `root`, whole or not at all.

    Returns
    -------
    tuple
        The number of pages, and the bytes of the folder.

    Raises
    ------
    BalletError
        If there are no notebooks, or the output is not the work of an earlier run.
    """
    pages = pages_of(root, with_solutions)
    if not any(name.endswith(".ipynb") for name in pages):
        raise BalletError(f"There are no notebooks in {root}. Build them first: make notebooks.")
    check_output(output)
    with half_written(output) as (output, half):
        write_pages(root, half, pages)
        if output.exists():
            shutil.rmtree(output)
        half.rename(output)
    return len(pages), sum(path.stat().st_size for path in output.rglob("*") if path.is_file())


def check_output(output: Path) -> None:
    """Raise BalletError if anything stands there that no earlier run wrote."""
    first = output / "index.html"
    ours = first.is_file() and MARK in first.read_text(encoding="utf-8", errors="replace")
    if output.is_symlink() or (output.exists() and not output.is_dir()):
        raise BalletError(f"{output} is no folder. Choose another with -o.")
    if output.exists() and any(output.iterdir()) and not ours:
        raise BalletError(
            f"{output} was not made by make site, so it is not replaced. Choose another with -o."
        )


def pages_of(root: Path, with_solutions: bool) -> dict[str, str]:
    """Return the page that each text and notebook becomes, both relative to `root` and to the site."""
    rooms = ROOMS if with_solutions else ROOMS[:2]
    patterns = (*TEXTS, *(f"{room}/[0-9][0-9]_*.ipynb" for room in rooms))
    found = [path.relative_to(root).as_posix() for one in patterns for path in sorted(root.glob(one))]
    pages = {name: str(PurePosixPath(name).with_suffix(".html")) for name in found}
    return pages | ({"README.md": "index.html"} if "README.md" in pages else {})


def write_pages(root: Path, site: Path, pages: dict[str, str]) -> None:
    """Write every page, the files that pages show, and one style for all."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    template = environment.get_template("page.html.j2")
    titles = {name: title_of(root / name) for name in pages}
    for name, page in pages.items():
        links = Links(root, name, pages)
        source = (root / name).read_text(encoding="utf-8")
        if name.endswith(".ipynb"):
            content = html_of_notebook(nbformat.reads(source, as_version=4), links)
        else:
            content = html_of_markdown(source, links)
        steps = {
            kind: Step(links.to(other), titles[other]) for kind, other in neighbours(name, pages).items()
        }
        html = template.render(
            title=titles[name], content=content, style=links.to_page(STYLE), mark=MARK,
            home=links.to_page("index.html"), earlier=steps.get("earlier"), later=steps.get("later"),
        )  # fmt: skip
        (site / page).parent.mkdir(parents=True, exist_ok=True)
        (site / page).write_text(html, encoding="utf-8", newline="\n")
        for shown in links.shown:
            (site / shown).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / shown, site / shown)
    style = (TEMPLATES / STYLE).read_text(encoding="utf-8")
    (site / STYLE).write_text(style + style_of_code(), encoding="utf-8", newline="\n")


def neighbours(name: str, pages: dict[str, str]) -> dict[str, str]:
    """Name the notebook before and the one after in the same folder, where there is one."""
    room = [other for other in pages if other.endswith(".ipynb") and Path(other).parent == Path(name).parent]
    if name not in room:
        return {}
    place = room.index(name)
    found = {"earlier": room[place - 1] if place else None, "later": (*room, None)[place + 1]}
    return {kind: other for kind, other in found.items() if other}


if __name__ == "__main__":
    sys.exit(main())
