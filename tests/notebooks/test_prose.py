"""The lessons' prose: no result is typed by hand, no sentence comes twice, and every link leads somewhere.

A number that a run measures belongs into what its cell prints, or into the title of its figure, where it
cannot go stale. So a statement with a share, a probability, an angle, a size or a time in digits must name
the paper that it quotes, or stand in `GIVEN` under the reason why no run of the lesson could change it. A
question claims nothing. Numbers without a unit are not seen: whoever writes "most of them" must look at the
output.
"""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import jupytext
import pytest

import notebooks as builder

WORDS = (
    "half|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|"
    "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred"
)
NUMBER = re.compile(
    rf"(\d|\b({WORDS}))\s*(%|per cent\b|points?\b|°|degrees\b|[kMG]B\b|times as\b)"
    r"|\d\s*(s|ms|seconds?|minutes?|m|metres?|cm|mm)\b"
    r"|(?<![\d.,/\-])0?\.\d",
    re.IGNORECASE,
)
QUOTES = re.compile(r"\b(paper|report|project)s?\b", re.IGNORECASE)
LEVEL = re.compile(r"\b95% intervals?\b")  # which interval it is, not what it holds

GIVEN = {
    "a setting of the cells beside it": (
        "filmed from 3 metres and from 6",
        "We take 5% of the picture's height",
        "Here 5% of her own height",
        "5% of the takes for the test",
        "a movement only if the model is 80% sure",
        "recognises any take with probability 0.8",
        "come twenty times as often",
        "its last row twenty times as large",
        "front within 45°, side to 110°",
        "The dots are the 0.8 rule",
        "the ankle of the standing foot, 0.3 seconds",
        "a margin of 5% around her",
        "The stranger lifts a leg, 0.8 seconds",
        "from 0.1 to 1",
        "at a threshold of 0.5",
        "The large points are 0.8",
        "bent by 0, 15 and 30°",
        "frames in which all that is dark hangs together",
    ),
    "a definition, or arithmetic on numbers that are given": (
        "A straight knee reads 180°",
        "one mistake costs 17 points",
        r"$\sigma(0) = 0.5$",
        r"$\sigma(1) = 0.73$",
        "A frame lasts 50 ms",
        "a frame may take 33 ms",
        "One take of 105 is one point",
        "*nothing* that the LSTM missed would p be below 0.05",
        "*one of the best 5%*",
        "one of the best 5% with probability 1/20",
        "0° is in front of the dancer",
        "there, 0.2 is a single one",
        "**Softmax** shares 100%",
        "so one of them is seven points",
        "Of a hundred answers given with 80%",
        "up to one figure in seven shows a p below 0.05",
        "may exceed 100%",
        "the line at 50% is a map that cannot tell the legs apart",
        "an IoU of 0.9 can hide",
        "At −45° the camera is where",
        "Silence at 0° is not praise",
        "16 videos, each is six points",
        "A bar that reaches 100%",
    ),
    "a number of others, named beside it": (
        "The weights of InceptionV3 take 88 MB",
        "Where 0.8 stands on these curves",
        "Its vote has 56.4%",
        "95.5% answers a question",
        "85% of three styles, 95.5% of sixteen and 65.9% of ten",
    ),
    "no result: a wish": ("You expect a gain of five points",),
}

LESSONS = [pytest.param(source, id=source.number) for source in builder.sources()]
TAUGHT = [*builder.sources(), *(one for one in builder.exercise_sources() if one.kind == "exercise")]
PAGES = [
    path
    for pattern in ("*.md", "docs/*.md", "datasets/*.md", "benchmarks/*.md")  # teaching/: test_teaching.py
    for path in sorted(builder.ROOT.glob(pattern))
]


@cache
def text_cells(source: builder.Source) -> list[str]:
    cells = jupytext.read(source.text, fmt="py:percent").cells
    return [cell.source for cell in cells if cell.cell_type == "markdown"]


def sentences(source: builder.Source) -> Iterator[str]:
    """The sentences of a lesson's text cells, without headings, up to its sources."""
    for text in text_cells(source):
        if text.startswith("## Sources"):
            return
        text = re.sub(r"^#+ .*", "", text, flags=re.MULTILINE)
        yield from filter(None, re.split(r"(?<=[.!?])\s+|\n+", text))


def claims(source: builder.Source) -> list[str]:
    """The statements with a number that names no paper."""
    return [
        sentence
        for sentence in sentences(source)
        if NUMBER.search(LEVEL.sub("", sentence))
        and not sentence.rstrip('*")').endswith("?")
        and not QUOTES.search(sentence)
    ]


@pytest.mark.parametrize("sentence", ["It is 81% right.", "It gains five points.", "p is 0.04.", "In 0.3 s."])
def test_a_typed_result_is_seen(sentence):
    assert NUMBER.search(LEVEL.sub("", sentence))


@pytest.mark.parametrize("lesson", LESSONS)
def test_no_result_is_typed(lesson):
    given = [fragment for fragments in GIVEN.values() for fragment in fragments]
    typed = [claim for claim in claims(lesson) if not any(fragment in claim for fragment in given)]
    assert typed == [], "Print it from the cell, name the paper, or give the reason in GIVEN."


def test_what_is_given_is_still_said():
    said = [claim for source in builder.sources() for claim in claims(source)]
    unused = [
        fragment
        for fragments in GIVEN.values()
        for fragment in fragments
        if not any(fragment in claim for claim in said)
    ]
    assert unused == []


def test_no_sentence_comes_twice():
    counts: Counter[str] = Counter()
    for source in builder.sources():
        words = [re.findall(r"\w+", sentence.lower()) for sentence in sentences(source)]
        counts.update(" ".join(each) for each in words if len(each) >= 6)
    assert [sentence for sentence, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("source", TAUGHT, ids=lambda source: str(source))
def test_text_cells_hold_text_alone(source):
    """A line that lost its `#` would split a sentence, and its quotes would show."""
    inside = False
    for line in source.text.read_text(encoding="utf-8").splitlines():
        if line.startswith("# %%"):
            inside = "[markdown]" in line
        assert not inside or not line or line.startswith("#"), line


def dangling(page: Path, text: str) -> list[str]:
    """The relative links of a page that lead to no file, or to no heading of it."""
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    return [link for link in links if "://" not in link and not leads(page, link)]


def leads(page: Path, link: str) -> bool:
    path, _, heading = link.partition("#")
    there = (page.parent / path).resolve() if path else page
    if heading and there.suffix == ".md":
        titles = re.findall(r"^#+ (.*)", there.read_text(encoding="utf-8"), flags=re.MULTILINE)
        return heading in {
            re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-") for title in titles
        }
    return there.exists() or any(source.notebook == there for source in builder.exercise_sources())


@pytest.mark.parametrize("source", TAUGHT, ids=lambda source: str(source))
def test_links_of_lessons_lead_somewhere(source):
    assert dangling(source.notebook, "\n".join(text_cells(source))) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_of_pages_lead_somewhere(page):
    assert dangling(page, page.read_text(encoding="utf-8")) == []
