"""The bench: tables that survive one another, bars that are seen to be missed."""

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bench(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("bench_under_test", ROOT / "benchmarks" / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "HERE", tmp_path)
    monkeypatch.setattr("sys.path", list(sys.path))
    monkeypatch.setattr(module, "RESULTS", tmp_path / "results.md")

    def subject(name, *rows):
        (tmp_path / f"{name}.py").write_text(f"def measure():\n    return {list(rows)!r}\n", encoding="utf-8")

    def run(*names):
        monkeypatch.setattr("sys.argv", ["run.py", *names])
        return module.main()

    module.subject, module.run = subject, run
    return module


def test_one_subject_keeps_the_others(bench):
    bench.subject("extraction", ("rate", ">= 90%", "95%", True, "a clip | a loop"))
    bench.subject("studio", ("speed", ">= 10/s", "14/s", True, "480×640"))
    assert bench.run() == 0
    studio = bench.kept_tables()["studio"]
    bench.subject("extraction", ("rate", ">= 90%", "80%", False, "again"))
    assert bench.run("extraction") == 1, "a missed bar shows in the exit status"
    text = bench.RESULTS.read_text(encoding="utf-8")
    assert studio in text and "80%" in text and "95%" not in text
    assert text.index("## extraction") < text.index("## studio")
    assert "cores, Python 3." in text


def test_pipes_do_not_break_the_table(bench):
    bench.subject("extraction", ("rate", ">= 90%", "95%", None, "a clip | a loop"))
    bench.run()
    row = bench.RESULTS.read_text(encoding="utf-8").splitlines()[-1]
    assert row == r"| rate | >= 90% | 95% | – | a clip \| a loop |"


def test_a_broken_subject_does_not_stop_the_rest(bench, tmp_path, capsys):
    (tmp_path / "broken.py").write_text("def measure():\n    raise OSError('no disk')\n", encoding="utf-8")
    bench.subject("studio", ("speed", ">= 10/s", "14/s", True, "480×640"))
    assert bench.run() == 1
    assert set(bench.kept_tables()) == {"studio"}
    assert "OSError: no disk" in capsys.readouterr().err


def test_unknown_subject_is_wrong_usage(bench):
    with pytest.raises(SystemExit) as ended:
        bench.run("weather")
    assert ended.value.code == 2


def test_a_subject_without_bars_has_its_own_headings(bench, tmp_path):
    text = 'HEADINGS = ("claim", "theirs", "ours")\n\ndef measure():\n    return [("a | b", "95%", "60%")]\n'
    (tmp_path / "papers.py").write_text(text, encoding="utf-8")
    assert bench.run() == 0
    lines = bench.RESULTS.read_text(encoding="utf-8").splitlines()
    assert lines[-3:] == ["| claim | theirs | ours |", "|---|---|---|", r"| a \| b | 95% | 60% |"]


def test_the_papers_table_quotes_what_is_there_and_keeps_runs_whole(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    papers = importlib.import_module("paper_pace")
    monkeypatch.setattr(papers, "KEPT", tmp_path / "kept.json")
    rows = papers.measure()
    assert all(len(row) == len(papers.HEADINGS) and all(row) for row in rows)
    missing = [row[2] for row in rows if row[2].startswith("not run yet")]
    assert len(missing) == len(papers.RUNS) == len(papers.MINUTES)
    papers.keep("three_styles", "16 of 48", 240.0)
    papers.keep("autoencoder", "IoU 0.6", 600.0)
    again = [row[2] for row in papers.measure()]
    assert any(cell.startswith("16 of 48 (4 min, ") for cell in again)
    assert sum(cell.startswith("not run yet") for cell in again) == len(missing) - 2
    with pytest.raises(LookupError, match="no row"):
        papers.quoted(papers.Quote("styles", "nothing"))
