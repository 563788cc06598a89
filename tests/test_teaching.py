import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from schedules import blocks, filled, overfull

from ballet_lib.takes import TakeSet
from ballet_lib.vocabulary import MOVEMENTS

ROOT = Path(__file__).resolve().parents[1]
TEACHING = ROOT / "teaching"
LESSONS = sorted((ROOT / "lessons").glob("[0-9][0-9]_*.py"))
SCHEDULES = TEACHING / "schedules.md"


def read(path):
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", sorted(TEACHING.rglob("*.md")), ids=lambda page: page.stem)
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)\s#]+)", read(page)):
        there = (page.parent / link).resolve()
        source = ROOT / "lessons" / "exercises" / f"{there.stem}.py"  # of a notebook that is built from it
        assert "://" in link or there.exists() or source.exists(), link


def asked(lesson):
    """Each Predict and Why? of a lesson, with its section."""
    section, found = "", []
    for line in read(lesson).splitlines():
        if heading := re.match(r"# ##+ (.*)", line):
            section = heading[1].strip()
        found += [(word, section) for word in re.findall(r"\*\*(Predict|Why\??)\*\*", line)]
    return found


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem)
def test_a_guide_answers_every_question_of_its_lesson_in_order(lesson):
    guide = read(TEACHING / "guides" / f"{lesson.stem}.md")
    answers = re.findall(r"^- \*\*(Predict|Why\??)\*\* · (.*)$", guide, re.MULTILINE)
    assert [word for word, _ in answers] == [word for word, _ in asked(lesson)]
    for (_, section), (_, answer) in zip(asked(lesson), answers, strict=True):
        assert answer.startswith(f"*{section}*") and len(answer) > len(section) + 12, section
    for part in ("**What it is for.**", "**Before class.**", "## The thread", "## Where learners stumble",
                 "## At the end, ask"):  # fmt: skip
        assert part in guide


def test_the_timetables_hold_the_measured_minutes_and_fit():
    text = read(SCHEDULES)
    assert filled(text) == text, "Run: python tools/schedules.py"
    assert not overfull(text)
    for block in blocks(text):
        assert sum(row.minutes for row in block.rows) == block.length, block.heading
        assert block.room >= block.length // 20, f"{block.heading} leaves {block.room} minutes for questions"


def test_the_timetables_are_the_four_that_are_promised():
    length = {block.heading: block.length for block in blocks(read(SCHEDULES))}
    assert length["Taster · 90 min"] == 90 and length["Half-day · 240 min"] == 240
    assert sum(name.startswith("Day") for name in length) == 4
    assert [name.split(" · ")[1] for name in length if name.startswith("Week")] == ["90 min"] * 12
    weeks = read(SCHEDULES).split("## Six weeks")[1]
    named = re.findall(r"\]\(\.\./notebooks/(\w+)\.ipynb\)", weeks)
    assert named == sorted(set(named)) and {lesson.stem for lesson in LESSONS} <= set(named)


def test_a_timetable_takes_new_minutes_and_tells_when_it_is_full(tmp_path):
    (tmp_path / "notebooks").mkdir()
    notebook = tmp_path / "notebooks" / "99_x.ipynb"
    text = (
        "### Short · 60 min\n\n| from | minutes | what |\n|---|---|---|\n| 0:00 | 5 | Welcome |\n"
        "| 0:00 | 1 | [99](../notebooks/99_x.ipynb) |\n| 0:00 | 0 | Room for questions |\n\n"
        "### Not one\n\n| 7 | 7 | x |\n"
    )
    assert "| 0:05 | 1 | [99]" in filled(text, tmp_path)  # no notebook yet: as typed
    notebook.write_text('{"metadata": {"ballet": {"minutes": "about 21 min: 20 min to read, 1 min"}}}')
    made = filled(text, tmp_path)
    assert "| 0:05 | 21 | [99]" in made and "| 0:26 | 34 | Room" in made and "| 7 | 7 | x |" in made
    assert filled(made, tmp_path) == made and not overfull(made, tmp_path)
    notebook.write_text('{"metadata": {"ballet": {"minutes": "about 70 min: 70 min to read, 1 min"}}}')
    assert overfull(made, tmp_path) == ["Short · 60 min: 15 minutes too long."]


def test_the_glossary_has_every_movement_in_its_own_words():
    rows = read(TEACHING / "glossary.md").splitlines()
    for movement in MOVEMENTS.values():
        row = next(line for line in rows if line.startswith(f"| **{movement.french}** (`{movement.key}`)"))
        assert movement.description in row


def test_the_glossary_is_in_order_and_names_no_term_twice():
    for part in read(TEACHING / "glossary.md").split("\n## ")[1:]:
        terms = [line.split("|")[1].strip() for line in part.splitlines() if line.startswith("| ")][1:]
        plain = [term.casefold() for term in terms if not term.startswith("**")]
        assert len(plain) == len(set(plain))
        assert plain == sorted(plain, key=lambda term: term.replace("é", "e").replace("è", "e")), part[:20]


def test_taking_consent_back_deletes_one_dancer_and_nobody_else(tmp_path):
    """Run the very lines that consent.md gives to the teacher."""
    (lines,) = re.findall(r"```python\n(.*?)```", read(TEACHING / "consent.md"), re.DOTALL)
    shipped = TakeSet.load("ballet6")
    some = TakeSet([*shipped.filter(dancer="d07")[:3], *shipped.filter(dancer="d02")[:2]])
    some.save(tmp_path / "my_takes")
    (tmp_path / "my_takes" / f"{some[0].take_id}.mp4").write_bytes(b"a film")
    told = subprocess.run([sys.executable, "-c", lines], cwd=tmp_path, capture_output=True, text=True,
                          env=os.environ | {"PYTHONPATH": str(ROOT)})  # fmt: skip
    assert told.stdout.strip() == "3 takes deleted; left: d02", told.stderr
    assert not list((tmp_path / "my_takes").glob("d07*"))
    assert "d07" not in read(tmp_path / "my_takes" / "takes.csv")
    left = TakeSet.load(tmp_path / "my_takes")
    assert left.dancers == ("d02",) and np.array_equal(left.y, some.filter(dancer="d02").y)


def test_commands_of_the_emergency_plan_exist():
    from ballet_lib.cli import main

    plan = read(TEACHING / "when_things_fail.md")
    for name in sorted(set(re.findall(r"`?ballet ([a-z]+)\b(?= datasets| film|`)", plan))):
        with pytest.raises(SystemExit) as ended:
            main([name, "--help"])
        assert ended.value.code == 0
    for path in re.findall(r"(?:datasets|tools)/[\w.]+\.(?:mp4|py)", plan):
        assert (ROOT / path).is_file(), path
