"""The static site: two kept notebooks and the texts around them, as pages that need nothing from outside."""

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from make_site import main, write_site

from ballet_lib.errors import BalletError

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("README.md", "docs", "notebooks/00_start_here.ipynb", "notebooks/03_lstm.ipynb",
          "exercises/03_lstm.ipynb", "solutions/03_lstm.ipynb")  # fmt: skip


class Tags(HTMLParser):
    """Every tag of a page with its attributes."""

    def __init__(self, page: Path):
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def having(self, attribute: str) -> list[tuple[str, str]]:
        return [(tag, given[attribute]) for tag, given in self.found if attribute in given]


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The course in small."""
    root = tmp_path_factory.mktemp("course")
    for name in COPIED:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile)(ROOT / name, root / name)
    return root


@pytest.fixture(scope="module")
def site(course):
    folder = course / "site"
    pages, size = write_site(course, folder)
    assert pages == len(list(folder.rglob("*.html"))) and size < 25e6
    return folder


@pytest.fixture(scope="module")
def pages(site):
    return {page: Tags(page) for page in sorted(site.rglob("*.html"))}


def test_nothing_comes_from_elsewhere_and_no_script_runs(pages):
    for page, tags in pages.items():
        assert not [tag for tag, _ in tags.found if tag in ("script", "iframe", "object")], page
        loaded = tags.having("src") + [link for link in tags.having("href") if link[0] == "link"]
        assert [url for _, url in loaded if urlsplit(url).scheme not in ("", "data")] == []
        assert not [name for _, given in tags.found for name in given if name.startswith("on")]


def test_every_link_leads_to_a_file_and_a_heading(site, pages):
    names = {page: {given["id"] for _, given in tags.found if "id" in given} for page, tags in pages.items()}
    for page, tags in pages.items():
        for _, url in tags.having("href") + tags.having("src"):
            parts = urlsplit(url)
            if parts.scheme:
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            assert target.is_relative_to(site) and target.is_file(), f"{page.name}: {url}"
            assert not parts.fragment or parts.fragment in names[target], f"{page.name}: {url}"
    assert "notebooks/00_start_here.html" in (site / "index.html").read_text(encoding="utf-8")


def test_every_picture_has_words(pages):
    described = [given.get("alt") for tags in pages.values() for tag, given in tags.found if tag == "img"]
    assert len(described) > 20 and all(described)


def test_formulas_are_mathml_and_none_is_left_as_tex(pages, site):
    lesson = (site / "notebooks" / "03_lstm.html").read_text(encoding="utf-8")
    assert 'display="block"' in lesson and "<mo>←</mo>" in lesson
    prose = re.sub(r"(?s)<pre>.*?</pre>|data:[^\"]+", "", lesson)
    assert "$" not in prose and "\\tanh" not in prose


def test_widgets_stand_still(site):
    first = (site / "notebooks" / "00_start_here.html").read_text(encoding="utf-8")
    assert "Here it stands still" in first and "widget-state" not in first
    assert "An interactive widget stands here" not in first
    assert "Where is it?" in first, "the quiz in words"


def test_solutions_come_only_when_asked_for(course, site, tmp_path):
    assert not (site / "solutions").exists()
    assert write_site(course, tmp_path / "all", with_solutions=True)[0] > len(list(site.rglob("*.html")))
    assert (tmp_path / "all" / "solutions" / "03_lstm.html").is_file()


def test_a_folder_of_somebody_elses_is_not_replaced(course, tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("my only copy")
    with pytest.raises(BalletError, match="not made by make site"):
        write_site(course, tmp_path)
    assert main(["-o", str(tmp_path)]) == 1 and "not replaced" in capsys.readouterr().err
    assert (tmp_path / "thesis.txt").read_text() == "my only copy"
    with pytest.raises(BalletError, match="no notebooks"):
        write_site(tmp_path, tmp_path / "site")
