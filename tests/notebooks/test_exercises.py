"""Every exercise: it runs as a stub with nothing attempted, and as a solution that is right on any seed."""

import nbformat
import pytest
from notebook_runner import noise_in, run

import notebooks as builder

EXERCISES = [
    pytest.param(source, id=str(source)) for source in builder.exercise_sources() if source.kind == "exercise"
]
SOLUTIONS = [
    pytest.param(source, id=str(source)) for source in builder.exercise_sources() if source.kind == "solution"
]
ENOUGH = 120  # seconds; most take a tenth

# Runs as the last cell of a notebook: the library judges what stands there under each task's name.
VERDICTS = """
from ballet_lib.checks.base import judge, tasks
print([(one.key, seed, verdict.status, verdict.message)
       for one in tasks("{lesson}") for seed in range(3)
       if (verdict := judge(one.key, globals().get(one.name, ...), seed)).status != "{status}"])
"""


def verdicts(source, status: str):
    notebook = nbformat.read(source.notebook, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    notebook.metadata.pop("widgets", None)
    text = VERDICTS.format(lesson=source.number, status=status)
    notebook.cells.append(nbformat.v4.new_code_cell(text))
    result = run(notebook, source.notebook.parent)
    assert result.faults == []
    assert noise_in(notebook) == []
    assert result.seconds < ENOUGH
    return "".join(output["text"] for output in notebook.cells[-1].outputs)


@pytest.mark.parametrize("source", EXERCISES + SOLUTIONS)
def test_notebook_matches_its_source(source):
    assert builder.mismatch(source) == []
    kept = nbformat.read(source.notebook, as_version=4)
    nbformat.validate(kept)
    text = source.notebook.read_text(encoding="utf-8")
    assert "{{" not in text and "### " + "BEGIN" not in text and str(builder.ROOT) not in text
    assert kept.metadata.ballet["exercise"] == source.number


@pytest.mark.parametrize("source", EXERCISES)
def test_stub_runs_and_nothing_is_attempted(source):
    assert not any(cell.get("outputs") for cell in nbformat.read(source.notebook, as_version=4).cells)
    assert verdicts(source, "not attempted") == "[]\n"


@pytest.mark.parametrize("source", SOLUTIONS)
def test_solution_is_right_on_three_seeds(source):
    assert verdicts(source, "right") == "[]\n"


def test_what_solution_shows_is_what_the_sources_say():
    assert builder.SOLUTIONS.read_text(encoding="utf-8") == builder.shown_solutions()
