"""Searches that train: one budget, failures that are survived, kills that are resumed, the same numbers."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_training import company

from ballet_lib import BalletError, training_data
from ballet_lib.networks import NETWORKS
from ballet_lib.quiet_tensorflow import import_keras
from ballet_lib.recipes import RECIPES, Recipe
from ballet_lib.splits import LeakError, split_by_dancer
from ballet_lib.training import fit
from ballet_lib.tuning import Search, bracket_table, tune
from ballet_lib.tuning.records import Records

keras = import_keras()
import tensorflow  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config", "ignore:currentThread")

QUICK = {"max_epochs": 4, "factor": 4, "frames": 6, "features": "normalised", "batch_size": 16, "bar": False}
SPACE = {"network": ("tiny", "tiny-normalised"), "units": (2, 3, 4, 5, 6, 7), "learning_rate": (1e-1, 1e-3)}


def tiny(shape, classes, units=4, trouble="none", *, normalised=False):
    """A network that is traced in no time, and gets into any trouble that is asked for."""
    layers = keras.layers
    if trouble == "memory":
        raise MemoryError
    if trouble == "value":
        raise ValueError("no such thing\nand a page about it")
    return keras.Sequential(
        [
            layers.Input(shape),
            *([layers.Normalization(name="normalise")] if normalised else []),
            layers.GlobalAveragePooling1D(),
            layers.Rescaling(float("nan") if trouble == "nan" else 1.0),
            layers.Dropout(0.1),
            layers.Dense(units, activation="tanh"),
            layers.Dense(classes, activation="softmax", name="probabilities"),
        ]
    )


def tiny_normalised(shape, classes, units=4):
    return tiny(shape, classes, units, normalised=True)


@pytest.fixture(scope="module", autouse=True)
def networks():
    with pytest.MonkeyPatch.context() as patch:
        for name, network in {"tiny": tiny, "tiny-normalised": tiny_normalised}.items():
            patch.setitem(NETWORKS, name, network)
            patch.setitem(RECIPES, name, Recipe(mixed=0.0))
        tensorflow.config.run_functions_eagerly(True)  # a trial of few steps takes longest to trace
        yield
        tensorflow.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def takes():
    return company(4, each=2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("searches") / "hyperband, été [1]"


@pytest.fixture(scope="module")
def search(takes, folder):
    return tune(takes, SPACE, **QUICK, folder=folder)


@pytest.fixture(scope="module")
def random_search(takes):
    return tune(takes, SPACE, "random", **QUICK)


HYPERPARAMETERS = ["network", "units", "learning_rate"]


def outcome(search):
    """Everything of a search but its times."""
    return search.trials.drop(columns="seconds")


# What a search tells


def test_hyperband_runs_what_its_brackets_say(search):
    table = search.brackets_ran()
    pd.testing.assert_frame_equal(table[list(bracket_table().columns)], bracket_table(4, 4))
    assert (table["trials ran"] == table["trials"]).all() and (table["failed"] == 0).all()
    assert (table["epochs ran"] == table["epochs spent"]).all()
    assert search.epochs == search.budget == table["epochs spent"].sum() == len(search.curve)
    assert (
        search.finished
        and search.method == "hyperband"
        and search.labels == ("developpe", "port_de_bras", "still")
    )


def test_random_search_spends_the_same_budget_on_whole_trainings(search, random_search):
    trials = random_search.trials
    assert random_search.epochs == search.epochs == 15
    assert list(trials["end"]) == [4] * 3 + [3] and (trials["start"] == 0).all()
    assert trials["bracket"].isna().all() and trials["parent"].isna().all()
    first = search.trials.query("start == 0")
    assert (first[HYPERPARAMETERS].to_numpy()[:4] == trials[HYPERPARAMETERS].to_numpy()).all()
    assert (first["seed"].to_numpy()[:4] == trials["seed"].to_numpy()).all()
    ran = random_search.brackets_ran()
    assert len(ran) == 1 and ran["trials ran"][0] == 4 and ran["epochs ran"][0] == 15


def test_the_curve_rises_to_the_score_epoch_by_epoch(search):
    curve = search.curve
    assert list(curve.columns) == ["epochs", "best", "seconds"]
    assert list(curve["epochs"]) == list(range(1, 16))
    assert curve["best"].is_monotonic_increasing and curve["seconds"].is_monotonic_increasing
    assert curve["best"].iloc[-1] == search.score == search.trials["score"].max()
    assert 0 < curve["seconds"].iloc[-1] <= search.seconds


def test_a_trial_goes_on_where_its_parent_ended_and_only_the_best_do(search):
    trials = search.trials.set_index("trial")
    for _, child in trials[trials["parent"].notna()].iterrows():
        parent = trials.loc[child["parent"]]
        assert (
            parent[[*HYPERPARAMETERS, "seed", "bracket"]] == child[[*HYPERPARAMETERS, "seed", "bracket"]]
        ).all()
        assert parent["end"] == child["start"] and parent["round"] + 1 == child["round"]
        assert child["score"] >= parent["score"], "the best epoch may be the parent's"
        rivals = trials.query("bracket == @parent.bracket and round == @parent['round']")
        left = rivals[~rivals.index.isin(trials["parent"].dropna())]
        assert (left["score"] <= parent["score"]).all()


def test_a_trial_that_goes_on_is_not_built_again(takes, monkeypatch):
    first_model, built = training_data.first_model, []
    monkeypatch.setattr(
        training_data, "first_model", lambda *given: built.append(given) or first_model(*given)
    )
    before = tensorflow.config.optimizer.get_experimental_options().get("disable_meta_optimizer", False)
    search = tune(takes, SPACE, **QUICK)
    assert len(built) == search.trials["parent"].isna().sum() < len(search.trials)
    now = tensorflow.config.optimizer.get_experimental_options()
    assert now.get("disable_meta_optimizer", False) == before, "TensorFlow is as it was"


def test_fit_comes_to_the_very_score_and_weights_of_the_best_trial(takes, search):
    """Also where the trial went through several rounds: nothing is lost on the way, Adam's state included."""
    split = split_by_dancer(takes, list(search.classifier().card["data"]["validation"]["dancers"]))
    went_on = search.trials.query("parent.notna()").iloc[0]
    rows = {r.trial: r for r in Records(search.folder).read()}
    best = search.best | {
        "network": went_on["network"], "sizes": {"units": int(went_on["units"])},
        "learning_rate": went_on["learning_rate"], "epochs": 4,
    }  # fmt: skip
    fitted = fit(split.train, validation=split.test, seed=int(went_on["seed"]), bar=False, **best)
    last = rows[went_on["trial"]].rows[-1]
    assert fitted.history["val_loss"].iloc[-1] == pytest.approx(last["val_loss"], abs=1e-6)
    assert fitted.history["loss"].iloc[-1] == pytest.approx(last["loss"], abs=1e-6)
    seed = int(search.trials.loc[search.trials["score"].idxmax(), "seed"])
    assert search.best["epochs"] <= 4 and seed > 0


def test_the_classifier_has_the_weights_of_the_best_epoch(takes, search, tmp_path):
    classifier = search.classifier()
    card = classifier.card
    validation = takes.filter(dancer=card["data"]["validation"]["dancers"])
    right = np.mean(classifier.predict(validation) == [take.movement for take in validation])
    assert right == pytest.approx(search.score) and card["validation"]["val_accuracy"] == round(
        search.score, 4
    )
    assert card["tuning"]["method"] == "hyperband" and card["tuning"]["epochs"] == 15
    assert not set(card["data"]["train"]["dancers"]) & set(card["data"]["validation"]["dancers"])
    assert len(classifier.history) == card["epochs"]["run"]
    again = type(classifier).load(classifier.save(tmp_path / "best.keras"))
    assert np.array_equal(again.probabilities(takes), classifier.probabilities(takes))


def test_the_same_seed_gives_the_same_search_and_another_gives_another(takes, search):
    assert outcome(tune(takes, SPACE, **QUICK)).equals(outcome(search))
    other = tune(takes, SPACE, **QUICK, seed=1)
    assert not (outcome(other)["units"] == outcome(search)["units"]).all()


def test_a_finished_search_is_read_and_not_run_again(takes, folder, search, monkeypatch):
    from ballet_lib.tuning import tuner

    monkeypatch.setattr(tuner, "search", lambda *_: pytest.fail("it trains again"))
    assert outcome(tune(takes, SPACE, **QUICK, folder=folder)).equals(outcome(search))
    loaded = Search.load(folder)
    assert outcome(loaded).equals(outcome(search)) and loaded.best == search.best
    assert len(list(Path(folder).glob("trial_*/state.npz"))) == 1, "only the best weights are kept"
    assert "best validation accuracy" in repr(loaded) and "learning rate" in repr(loaded)


# What goes wrong


def test_trials_that_fail_are_recorded_and_the_search_goes_on(takes):
    space = {"network": ("tiny",), "units": (2, 3, 4, 5), "trouble": ("none", "memory", "nan", "value")}
    search = tune(takes, space, **QUICK, seed=3)
    trials = search.trials
    failed = trials[trials["status"] == "failed"]
    assert (failed["trouble"] != "none").all() and set(failed["trouble"]) == {"memory", "nan", "value"}
    told = dict(zip(failed["trouble"], failed["problem"], strict=True))
    assert told["memory"] == "ran out of memory" and told["nan"] == "loss was nan after epoch 1"
    assert told["value"] == "ValueError: no such thing"
    assert failed["score"].isna().all() and (trials.query("trouble == 'none'")["status"] == "completed").all()
    ran = search.brackets_ran()
    assert (ran["trials ran"] == ran["trials"]).all() and ran["failed"].sum() == len(failed)
    assert search.best["sizes"]["trouble"] == "none" and search.epochs < search.budget
    assert search.curve["best"].iloc[-1] == search.score


def test_a_search_of_which_every_trial_fails_says_why(takes, tmp_path):
    space = {"network": ("tiny",), "units": (2, 3, 4, 5, 6, 7, 8), "trouble": ("memory", "nan")}
    for _ in range(2):  # a finished search that found nothing finds nothing the second time
        with pytest.raises(BalletError, match=r"Every trial of the search failed, .*(memory|nan)"):
            tune(takes, space, **QUICK, folder=tmp_path / "s")


def test_a_diverging_learning_rate_costs_its_trial_only(takes):
    space = {"network": ("tiny",), "units": (2, 3, 4, 5, 6, 7), "learning_rate": (1e38, 1e-2)}
    search = tune(takes, space, **QUICK)
    assert search.best["learning_rate"] == 1e-2 and search.epochs <= search.budget


@pytest.mark.parametrize(("wrong", "told"), [
    ({"method": "grid"}, "no method 'grid'"), ({"space": "large"}, "no search space 'large'"),
    ({"space": {"network": ("tiny",), "layers": (1,)}}, "layers, which the network tiny does not take"),
    ({"space": {"network": ("tiny",), "units": (1, 2)}}, "has 2 combinations, and this search draws 6"),
    ({"budget": 0}, "budget is 0"), ({"factor": 1}, "factor is 1"), ({"max_epochs": -1}, "max_epochs is -1"),
    ({"copies": -1}, "copies is -1"), ({"seed": "a"}, "seed is 'a'"), ({"workers": 0}, "workers is 0"),
    ({"validation": None}, "Nothing can be tuned"), ({"features": "colour"}, "feature colour"),
])  # fmt: skip
def test_what_cannot_be_searched_is_refused_before_anything_is_trained(takes, wrong, told, monkeypatch):
    from ballet_lib.tuning import trial

    monkeypatch.setattr(trial, "run", lambda *_: pytest.fail("it trains"))
    with pytest.raises(BalletError, match=told):
        tune(takes, **{"space": SPACE} | QUICK | wrong)


def test_validation_takes_that_training_has_seen_are_refused(takes):
    with pytest.raises(LeakError):
        tune(takes, SPACE, **QUICK, validation=takes[:6])


def test_another_search_does_not_enter_the_folder(takes, folder, search, tmp_path):
    for changed in ({"seed": 1}, {"method": "random"}, {"max_epochs": 3}, {"budget": 16}):
        with pytest.raises(BalletError, match=f"another search: it differs in .*{next(iter(changed))}"):
            tune(takes, SPACE, **QUICK | changed, folder=folder)
    with pytest.raises(BalletError, match="differs in takes"):
        tune(company(5, each=2), SPACE, **QUICK, validation=["d0"], folder=folder)
    with pytest.raises(BalletError, match="There is no search"):
        Search.load(tmp_path)
    (tmp_path / "search.json").write_text("{")
    with pytest.raises(BalletError, match="damaged"):
        tune(takes, SPACE, **QUICK, folder=tmp_path)


def test_two_processes_do_not_search_in_one_folder(takes, tmp_path):
    holding = (
        "import sys; from filelock import FileLock; lock = FileLock(sys.argv[1]); lock.acquire(); "
        "print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", holding, str(tmp_path / ".search.lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(BalletError, match="Another process is searching"):
            tune(takes, SPACE, **QUICK, folder=tmp_path)
        other.stdin.close()


def test_a_full_disk_ends_the_search_which_goes_on_when_there_is_room(takes, search, tmp_path, monkeypatch):
    from ballet_lib.tuning.trial import State

    whole, calls = State.write, []

    def full(self, folder):
        calls.append(folder)
        if len(calls) == 3:
            raise BalletError("no space left")
        whole(self, folder)

    monkeypatch.setattr(State, "write", full)
    with pytest.raises(BalletError, match="no space left"):
        tune(takes, SPACE, **QUICK, folder=tmp_path / "s")
    assert outcome(tune(takes, SPACE, **QUICK, folder=tmp_path / "s")).equals(outcome(search))


# Stopped, killed, resumed


def test_ctrl_c_returns_what_was_found_and_the_same_call_goes_on(
    takes, search, tmp_path, monkeypatch, capsys
):
    from ballet_lib.tuning import trial

    whole, calls = trial.run, []

    def stopped(*arguments):
        calls.append(1)
        if len(calls) == 6:
            raise KeyboardInterrupt
        whole(*arguments)

    monkeypatch.setattr(trial, "run", stopped)
    found = tune(takes, SPACE, **QUICK, folder=tmp_path / "s")
    told = capsys.readouterr().err
    assert "Stopped after 5 trials, 7 of 15 epochs" in told and f"goes on from {tmp_path / 's'}" in told
    assert not found.finished and len(found.trials) == 5 and found.classifier().card["interrupted"]
    assert outcome(tune(takes, SPACE, **QUICK, folder=tmp_path / "s")).equals(outcome(search))
    assert len(calls) == 6 + 2, "what had ended is not trained again"


class Killed(BaseException):
    """Ends a process at once, as far as a test can do so within its own."""


def test_a_kill_before_any_write_loses_no_finished_trial(takes, search, tmp_path, monkeypatch):
    """The process ends before its n-th file is moved into place, is started again, and ends again."""
    whole, writes, trained = os.replace, [], []

    def killing(*arguments):
        writes.append(1)
        if len(writes) > 12 + kills:
            raise Killed
        whole(*arguments)

    from ballet_lib.tuning import trial

    training = trial.run
    monkeypatch.setattr(
        trial, "run", lambda record, *rest: trained.append(record.trial) or training(record, *rest)
    )
    finished: dict[int, int] = {}
    kills = 0
    for _ in range(40):
        writes.clear()
        monkeypatch.setattr(os, "replace", killing)
        try:
            ended = tune(takes, SPACE, **QUICK, folder=tmp_path / "s")
        except Killed:
            ended, kills = None, kills + 1
        monkeypatch.setattr(os, "replace", whole)
        for record in Records(tmp_path / "s").read():
            if record.finished:
                assert finished.setdefault(record.trial, trained.count(record.trial)) == trained.count(
                    record.trial
                )
        if ended:
            break
    assert kills > 2
    assert outcome(ended).equals(outcome(search)), "and ends as if it had never been"


SEARCH = """
import sys
sys.path.insert(0, {tests!r})
import test_tuning_search as here
for name, network in {{"tiny": here.tiny, "tiny-normalised": here.tiny_normalised}}.items():
    here.NETWORKS[name], here.RECIPES[name] = network, here.Recipe(mixed=0.0)
here.tensorflow.config.run_functions_eagerly(True)
here.tune(here.company(4, each=2), here.SPACE, **here.QUICK, folder={folder!r})
"""


def test_a_process_killed_at_any_moment_goes_on(takes, search, tmp_path):
    """With kill -9, as soon as so many epochs are on disk; the last session is ours."""
    import time

    folder = tmp_path / "s"
    program = SEARCH.format(tests=str(Path(__file__).parent), folder=str(folder))
    for epochs in (2, 8):
        process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE)
        with process:
            records, ends = Records(folder), time.monotonic() + 120
            while sum(len(record.rows) for record in records.read()) < epochs:
                assert process.poll() is None, process.stderr.read().decode()
                assert time.monotonic() < ends
                time.sleep(0.01)
            process.kill()
    clock = max(row["clock"] for record in Records(folder).read() for row in record.rows)
    ended = tune(takes, SPACE, **QUICK, folder=folder)
    assert outcome(ended).equals(outcome(search))
    assert ended.seconds > clock and ended.curve["seconds"].is_monotonic_increasing
    json.loads((folder / "oracle.json").read_text())


# What is shown


def test_the_first_sign_comes_before_tensorflow(tmp_path):
    program = (
        "import sys, time; began = time.monotonic()\n"
        "from ballet_lib.tuning.progress import Progress\n"
        "import ballet_lib.tuning\n"
        "shown = Progress('hyperband', 75); shown.close()\n"
        "assert 'tensorflow' not in sys.modules and 'keras' not in sys.modules\n"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "0/75" in told.stderr and told.stdout == ""


def test_the_bar_counts_epochs_and_keras_tuner_is_silent(takes, tmp_path, capfd):
    tune(takes, SPACE, **QUICK | {"bar": True}, folder=tmp_path / "s", budget=3)
    told = capfd.readouterr()
    assert "3/3" in told.err and "best" in told.err and "Trial" not in told.err
    assert told.out == ""
    tune(takes, SPACE, **QUICK, folder=tmp_path / "s", budget=3)
    assert capfd.readouterr() == ("", "")


def test_the_table_shows_each_configuration_once_and_escapes(search):
    from ballet_lib.tuning import progress

    records = Records(search.folder).read()
    rows = progress.table(records)
    assert len(rows) == 5 and rows[0]["accuracy"] == f"{search.score:.1%}"
    assert len({(row["network"], row["learning rate"], row["sizes"]) for row in rows}) == 5
    records[0].values["network"] = "<b>"
    assert "<b>" not in progress._as_html(progress.table(records, 100))
    assert progress.as_text([]) == "no trial has ended"
