"""A chief and two workers on loopback: who dies, who is started again, and that nothing is lost."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
from test_training import company

from ballet_lib import BalletError
from ballet_lib.tuning import Search, bracket_table, tune, workers
from ballet_lib.tuning.progress import Progress

SPACE = {"network": ("bilstm",), "units": (2, 3, 4, 5, 6, 7, 8), "dropout": (0.0, 0.2)}
SETTINGS = {"max_epochs": 4, "factor": 4, "frames": 4, "features": "normalised", "bar": False}


def crew():
    """Our chief and workers, by name."""
    named = {}
    for process in psutil.Process().children():
        try:
            if "ballet_lib.tuning.workers" in process.cmdline():
                named[process.environ()[workers.ID]] = process
        except psutil.Error:
            continue
    return named


def kill(name, when, monkeypatch):
    """Kill a process as soon as `when(records)`; return a list that then holds its number."""
    killed, show = [], Progress.show

    def watching(self, records):
        show(self, records)
        if not killed and when(records) and name in crew():
            killed.append(crew()[name].pid)
            os.kill(killed[0], signal.SIGKILL)

    monkeypatch.setattr(Progress, "show", watching)
    return killed


@pytest.mark.skipif(os.name == "nt", reason="kill -9")
def test_a_search_survives_the_death_of_its_chief_and_of_a_worker(tmp_path, monkeypatch):
    """First the chief dies, which ends the session, then in a second one a worker, which does not."""
    takes, folder = company(4, each=2), tmp_path / "s"
    dead = kill("chief", lambda records: any(record.finished for record in records), monkeypatch)
    with pytest.raises(BalletError, match=r"chief of the search died: signal 9.*goes on"):
        tune(takes, SPACE, **SETTINGS, folder=folder, workers=2)
    assert dead and not crew(), "nobody is left behind"
    monkeypatch.undo()
    before = {row.trial: row.seed for row in Search.load(folder).trials.itertuples()}
    assert before and not Search.load(folder).finished

    dead = kill(
        "worker_1",
        lambda records: any(r.worker == "worker_1" and not r.finished for r in records[len(before) :]),
        monkeypatch,
    )
    search = tune(takes, SPACE, **SETTINGS, folder=folder, workers=2)
    assert dead and not crew()
    ran = search.brackets_ran()
    assert search.finished and (ran["trials ran"] == bracket_table(4, 4)["trials"]).all()
    assert (ran["epochs ran"] == ran["epochs spent"]).all() and search.epochs == search.budget == 15
    assert (search.trials["status"] == "completed").all()
    assert before.items() <= {row.trial: row.seed for row in search.trials.itertuples()}.items()
    assert search.classifier().card["tuning"]["trials"] == 7


class Fleeting:
    """Stands for a process of a crew that has ended, or has not."""

    def __init__(self, code):
        self.code, self.stdin = code, open(os.devnull, "wb")  # noqa: SIM115
        self.pid = 0

    def poll(self):
        return self.code


@pytest.fixture
def staff(tmp_path, monkeypatch):
    """A crew of which no process is ever started, and what was to be started."""
    from ballet_lib.tuning.folder import SearchFolder

    monkeypatch.delenv(workers.HOST, raising=False)
    one, started = workers._Crew(SearchFolder(tmp_path), 2), []
    monkeypatch.setattr(one, "_start", lambda name, *arguments: started.append((name, *arguments)))
    one._running = {"chief": Fleeting(None), "worker_1": Fleeting(None), "worker_2": Fleeting(None)}
    return one, started


def test_a_worker_that_dies_again_and_again_ends_the_search(staff):
    one, started = staff
    one._running["worker_2"].code = -9
    for _ in range(workers.MOST_DEATHS):
        assert not one.done()
    assert started == [("worker_2",)] * workers.MOST_DEATHS
    with pytest.raises(BalletError, match="worker_2 died 4 times in a row: signal 9"):
        one.done()


def test_a_trial_that_kills_its_process_twice_is_given_up(staff, tmp_path):
    from ballet_lib.tuning.records import Record

    one, started = staff
    values = {"network": "lstm"}
    Record(5, values, 1, 0, 1, worker="worker_1").write(tmp_path / "trial_0005")
    one._running["worker_1"].code = -9
    one.done(), one.done()
    assert started == [("worker_1",), ("worker_1", "--lost", "5")]
    for trial in (6, 7, 8, 9):  # who ends trials in between may die more often
        ended = Record(trial, values, 1, 0, 1, worker="worker_1", status="completed")
        ended.score, ended.loss, ended.best_epoch = 0.5, 1.0, 1
        ended.write(tmp_path / f"trial_{trial:04d}")
        one.done()


def test_the_search_ends_with_its_chief_or_its_workers(staff):
    one, started = staff
    assert not one.done()
    one._running["worker_1"].code = 0
    assert not one.done()
    one._running["worker_2"].code = 0
    assert one.done()
    one._running = {"chief": Fleeting(0), "worker_1": Fleeting(None), "worker_2": Fleeting(None)}
    assert one.done() and not started, "one worker had not even arrived"


def test_the_last_words_of_a_process_are_told(staff, tmp_path):
    one, _ = staff
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "chief.log").write_text("Traceback\nRuntimeError: Failed to bind to address.\n\n")
    one._running["chief"].code = 1
    with pytest.raises(BalletError, match="The chief of the search died: RuntimeError: Failed to bind"):
        one.done()


def test_a_worker_ends_with_the_process_that_started_it(tmp_path):
    """Whatever ends that one: all that counts is its end of a pipe."""
    environment = os.environ | {workers._WATCHED: "1"} | dict.fromkeys(workers.VARIABLES, "1")
    program = (
        "import sys, time; from ballet_lib.tuning import workers; "
        "workers.SearchFolder = lambda _: time.sleep(60); workers.main([sys.argv[1]])"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE) as process:
        time.sleep(0.5)
        assert process.poll() is None
        process.stdin.close()
        assert process.wait(30) == 1


def test_who_joins_must_say_where_and_which(tmp_path, monkeypatch, capsys):
    for name in workers.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    assert workers.main([str(tmp_path)]) == 1
    assert "KERASTUNER_TUNER_ID" in capsys.readouterr().err
    for name in workers.VARIABLES:
        monkeypatch.setenv(name, "1")
    assert workers.main([str(tmp_path)]) == 1
    assert "There is no search" in capsys.readouterr().err
