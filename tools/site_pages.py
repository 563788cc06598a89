"""Turn the course's Markdown and notebooks into HTML that needs no script: for `make_site.py`."""

import os
import re
from html import escape
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import nbformat
from latex2mathml.converter import convert
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from notebook_cleaning import FALLBACK, VIEW
from notebook_runner import widget_models
from pygments.formatters import HtmlFormatter

FIGURES = ("image/png", "image/jpeg")
LIVE = "*In JupyterLab this can be played with. Here it stands still.*"
COPIED = (".png", ".jpg", ".jpeg", ".gif", ".svg", ".mp4", ".pdf")
_CHILD = re.compile(r"IPY_MODEL_([0-9a-f]{32})")


class Links:
    """Where the links of one page lead, in a site that has the shape of the repository.

    Parameters
    ----------
    root
        Folder of the repository.
    name
        The page's source, relative to it.
    pages
        What each source becomes, relative to the site.

    Attributes
    ----------
    shown
        Files that the page shows or links to, which must be copied into the site.
    """

    def __init__(self, root: Path, name: str, pages: dict[str, str]):
        self.root, self.name, self.pages = root, name, pages
        self.shown: set[str] = set()

    def to_page(self, page: str) -> str:
        """Return the address of a file of the site, as seen from this page."""
        return os.path.relpath(page, PurePosixPath(self.pages[self.name]).parent).replace(os.sep, "/")

    def to(self, source: str) -> str:
        """Return the address of the page that a source became, as seen from this page."""
        return self.to_page(self.pages[source])

    def resolve(self, url: str) -> str | None:
        """Return what a link of the source becomes; None where the site has nothing to link to."""
        parts = urlsplit(url)
        if parts.scheme or parts.netloc or not parts.path:
            return url
        source = os.path.normpath(PurePosixPath(self.name).parent / parts.path).replace(os.sep, "/")
        end = f"#{parts.fragment}" if parts.fragment else ""
        if source in self.pages:
            return self.to(source) + end
        if source.endswith(COPIED) and not source.startswith("..") and (self.root / source).is_file():
            self.shown.add(source)
            return self.to_page(source)
        return None


class Renderer(IPythonRenderer):
    """Markdown as HTML: formulas as MathML, links as the site has them, tables that a phone can scroll."""

    def __init__(self, links: Links):
        super().__init__(escape=True)
        self.links = links

    def block_math(self, body: str) -> str:
        """Return a formula on a line of its own."""
        return convert(body.strip(), display="block")

    def inline_math(self, body: str) -> str:
        """Return a formula within a line."""
        return convert(body.strip())

    def heading(self, text: str, level: int, **attributes) -> str:
        """Return a heading that can be linked to as on a code host."""
        words = re.sub(r"[^\w\- ]", "", re.sub(r"<[^>]+>", "", text)).strip().lower().replace(" ", "-")
        return f'<h{level} id="{escape(words)}">{text}</h{level}>\n'

    def link(self, text: str, url: str, title: str | None = None) -> str:
        """Return a link, or its words alone where the site has nothing to link to."""
        resolved = self.links.resolve(url)
        return text if resolved is None else super().link(text, resolved, title)

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """Return a picture, which is copied into the site."""
        return super().image(text, self.links.resolve(url) or url, title)

    def table(self, text: str) -> str:
        """Return a table in a box that scrolls where it is too wide."""
        return (
            f'<div class="table" role="region" aria-label="Table" tabindex="0"><table>{text}</table></div>\n'
        )


def html_of_markdown(source: str, links: Links) -> str:
    """Return a Markdown text as HTML."""
    return MarkdownWithMath(renderer=Renderer(links)).render(source)


def html_of_notebook(notebook: NotebookNode, links: Links) -> str:
    """Return a notebook's cells as HTML; its widgets stand still."""
    _still(notebook)
    _describe(notebook)
    exporter = HTMLExporter(
        template_name="basic", exclude_input_prompt=True, exclude_output_prompt=True,
        filters={"markdown2html": lambda source: html_of_markdown(source, links)},
    )  # fmt: skip
    html, _ = exporter.from_notebook_node(notebook)
    return html


def style_of_code() -> str:
    """Return the colours of code, as CSS."""
    return HtmlFormatter(style="default").get_style_defs(".highlight")


def title_of(path: Path) -> str:
    """Return the first heading of a Markdown text or notebook."""
    if path.suffix == ".ipynb":
        cells = nbformat.read(path, as_version=4).cells
        text = next((cell.source for cell in cells if cell.cell_type == "markdown"), "")
    else:
        text = path.read_text(encoding="utf-8")
    found = re.search(r"^# +(.+)$", text, re.MULTILINE)
    return re.sub(r"[*_`]", "", found[1]).strip() if found else path.stem


def _still(notebook: NotebookNode) -> None:
    """Put what a widget last showed in its place: its own fallback, or the figure it was kept with."""
    models = widget_models(notebook)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        outputs = []
        for output in cell.outputs:
            view = output.get("data", {}).pop(VIEW, None)
            kept = _kept_outputs(view["model_id"], models) if view else []
            if view and output.data.get("text/plain") == FALLBACK and kept:
                outputs += [*kept, nbformat.v4.new_output("display_data", {"text/markdown": LIVE})]
            else:
                outputs.append(output)
        cell.outputs = outputs
    notebook.metadata.pop("widgets", None)


def _kept_outputs(key: str, models: dict[str, dict]) -> list[NotebookNode]:
    """Return the outputs and pictures that a widget and those inside it hold, from top to bottom."""
    model = models.get(key)
    if model is None:
        return []
    if model["model_name"] == "OutputModel":
        return [nbformat.from_dict(output) for output in model["state"].get("outputs", ())]
    if model["model_name"] == "ImageModel":
        kind = f"image/{model['state'].get('format', 'png')}"
        held = [buffer["data"] for buffer in model.get("buffers", ()) if buffer["path"] == ["value"]]
        return [nbformat.v4.new_output("display_data", {kind: picture}) for picture in held]
    children = _CHILD.findall(str(model["state"].get("children", "")))
    return [output for child in children for output in _kept_outputs(child, models)]


def _describe(notebook: NotebookNode) -> None:
    """Give each figure words for those who cannot see it: its own, or at least where it stands."""
    heading = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            headings = re.findall(r"^#+ +(.+)$", cell.source, re.MULTILINE)
            heading = headings[-1].strip() if headings else heading
        for output in cell.get("outputs", ()):
            for kind in FIGURES:
                if kind in output.get("data", {}):
                    told = output.setdefault("metadata", NotebookNode()).setdefault(kind, NotebookNode())
                    told.setdefault(
                        "alt", f"Figure under “{heading}”. The text around it says what it shows."
                    )
