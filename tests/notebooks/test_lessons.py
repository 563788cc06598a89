"""Every lesson: its notebook matches its source, runs without any error, and keeps to its time."""

import nbformat
import pytest
from notebook_runner import faults_in, noise_in, run_notebook

import notebooks as builder

BUDGET = 180  # seconds for a lesson on two cores
SLACK = 3  # a shared machine may take so many times as long

LESSONS = [pytest.param(source, id=source.name) for source in builder.sources()]


def test_no_notebook_without_a_lesson():
    assert builder.orphans("course") == []


@pytest.mark.parametrize("lesson", LESSONS)
def test_notebook_matches_its_source(lesson):
    assert builder.mismatch(lesson) == []
    assert lesson.notebook.stat().st_size <= builder.LARGEST
    kept = nbformat.read(lesson.notebook, as_version=4)
    nbformat.validate(kept)
    assert faults_in(kept) == []
    assert "{{" not in kept.cells[0].source
    assert str(builder.ROOT) not in lesson.notebook.read_text(encoding="utf-8")


@pytest.mark.parametrize("lesson", LESSONS)
def test_lesson_runs_and_its_widgets_work(lesson):
    if not lesson.notebook.exists():
        pytest.fail(f"{lesson.notebook.name} is missing. Build it with: make notebooks")
    result = run_notebook(lesson.notebook, drive=True)
    assert result.faults == []
    assert noise_in(result.notebook) == []
    assert result.seconds < BUDGET * SLACK, f"{lesson.name} took {result.seconds:.0f} s"
