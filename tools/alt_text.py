"""Alternative texts: what a figure of a kept notebook is to those who do not see it.

    python tools/alt_text.py    puts them into the kept notebooks; nothing runs

A lesson says below each figure what it shows, in one italic paragraph. `tools/notebooks.py` puts those words
into the output's metadata too, where nbconvert looks for them. Where no such paragraph can stand, the cell's
own mark says it: ``# %% alt="..."``. What a slider draws again and again is called `PLAYED`.
"""

import html
import re

from nbformat import NotebookNode
from notebook_runner import widget_models

PICTURES = ("image/png", "image/jpeg", "image/gif")
PLAYED = "The figure as it stands for the chosen values; what it shows is told beside the controls."
_CAPTION = re.compile(r"\*(?!\*)(.+)\*", re.DOTALL)
_FILM = re.compile(r"<video\b(?![^>]*\baria-label=)")


def describe(notebook: NotebookNode) -> list[str]:
    """Give every figure and film its words, in place; return the beginnings of the cells that have none."""
    silent = []
    for cell, following in zip(notebook.cells, [*notebook.cells[1:], None], strict=True):
        if cell.cell_type != "code":
            continue
        words = cell.metadata.get("alt") or caption(following)
        for output in cell.outputs:
            if shown(output) and not words:
                silent.append(cell.source[:60])
            elif shown(output):
                _tell(output, words)
    for model in widget_models(notebook).values():
        for output in model["state"].get("outputs", ()):
            if shown(output):
                _tell(output, PLAYED)
    return silent


def caption(cell: NotebookNode | None) -> str:
    """Return what the italic paragraph at a text cell's beginning says, without its marks; or nothing."""
    if cell is None or cell.cell_type != "markdown":
        return ""
    found = _CAPTION.fullmatch(cell.source.split("\n\n")[0].strip())
    return re.sub(r"[*`$]|\\", "", found[1]).strip() if found else ""


def shown(output: dict) -> list[str]:
    """Return the kinds of picture or film among an output's data."""
    data = output.get("data", {})
    kinds = [kind for kind in PICTURES if kind in data]
    return kinds + (["text/html"] if "<video" in data.get("text/html", "") else [])


def words_of(output: dict) -> list[str]:
    """Return the alternative text of each picture or film in an output; empty where it has none."""
    told = []
    for kind in shown(output):
        if kind == "text/html":
            label = re.search(r'<video\b[^>]*\baria-label="([^"]*)"', output["data"][kind])
            told.append(html.unescape(label[1]) if label else "")
        else:
            told.append(output.get("metadata", {}).get(kind, {}).get("alt", ""))
    return told


def _tell(output: dict, words: str) -> None:
    for kind in shown(output):
        if kind == "text/html":
            page = output["data"][kind]
            if found := _FILM.search(page):
                at = found.end()
                output["data"][kind] = f'{page[:at]} aria-label="{html.escape(words)}"{page[at:]}'
        else:
            output["metadata"].setdefault(kind, {})["alt"] = words


def main() -> int:
    """Describe the figures of every kept notebook; return 1 where a figure lacks its words."""
    import nbformat

    from notebooks import exercise_sources, read, sources, write

    missing = 0
    for source in [*sources(), *exercise_sources()]:
        before = source.notebook.read_text(encoding="utf-8")
        kept = nbformat.reads(before, as_version=4)
        marks = {cell.source: cell.metadata.get("alt") for cell in read(source).cells}
        for cell in kept.cells:
            if alt := marks.get(cell.source):
                cell.metadata["alt"] = alt
        for beginning in describe(kept):
            print(f"{source}: no words for the figure of: {beginning!r}")
            missing += 1
        if (text := nbformat.writes(kept) + "\n") != before:
            write(source.notebook, text)
            print(f"{source}: written")
    return int(missing > 0)


if __name__ == "__main__":
    raise SystemExit(main())
