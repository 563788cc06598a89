"""Tuning without training: the arithmetic of Hyperband, search spaces, and our use of Keras Tuner."""

import json
import math
import random
from collections import Counter
from itertools import product

import pytest

from ballet_lib import BalletError
from ballet_lib.networks import NETWORKS, build
from ballet_lib.tuning import SPACES, SearchSpace, bracket_table, brackets
from ballet_lib.tuning.records import COLUMNS, Record, Records, best_of

SPACE = {"network": ["lstm", "bilstm"], "units": list(range(4, 64)), "learning_rate": [1e-2, 1e-3],
         "dropout": [0.0, 0.1, 0.2]}  # fmt: skip


def settings(**changed):
    return {"method": "hyperband", "space": SPACE, "max_epochs": 9, "factor": 3, "budget": 75,
            "seed": 0} | changed  # fmt: skip


def epochs(max_epochs, factor):
    return sum(bracket.epochs for bracket in brackets(max_epochs, factor))


# The arithmetic


def test_the_usual_brackets_are_those_that_keras_tuner_was_seen_to_run():
    told = [[(r.trials, r.start, r.end) for r in bracket.rounds] for bracket in brackets(9, 3)]
    assert told == [[(9, 0, 1), (3, 1, 3), (1, 3, 9)], [(5, 0, 3), (2, 3, 9)], [(3, 0, 9)]]
    assert [bracket.number for bracket in brackets(9, 3)] == [2, 1, 0]
    assert sum(bracket.trials for bracket in brackets(9, 3)) == 23 and epochs(9, 3) == 75


@pytest.mark.parametrize(("max_epochs", "factor"), [*product((1, 2, 5, 10, 27, 100, 243), (2, 3, 4))])
def test_every_bracket_halves_and_costs_about_the_same(max_epochs, factor):
    for bracket in brackets(max_epochs, factor):
        assert len(bracket.rounds) == bracket.number + 1
        assert bracket.rounds[0].start == 0 and bracket.rounds[-1].end == max_epochs
        for one, after in zip(bracket.rounds, bracket.rounds[1:], strict=False):
            assert one.end == after.start <= after.end
            assert math.ceil(one.trials / factor) <= after.trials + 1 and after.trials <= one.trials
    table = bracket_table(max_epochs, factor)
    assert table["epochs spent"].sum() == epochs(max_epochs, factor)
    assert ((table["to epoch"] - table["from epoch"]) * table["trials"] == table["epochs spent"]).all()


@pytest.mark.parametrize(("wrong", "told"), [
    ({"max_epochs": 0}, "max_epochs is 0"), ({"max_epochs": 2.5}, "max_epochs is 2.5"),
    ({"factor": 1}, "no trial would ever be left behind"), ({"factor": "3"}, "factor is '3'"),
])  # fmt: skip
def test_impossible_brackets_are_refused(wrong, told):
    with pytest.raises(BalletError, match=told):
        brackets(**wrong)


def test_the_arithmetic_is_keras_tuners():
    from ballet_lib.tuning import tuner

    for max_epochs, factor in product([*range(1, 60), 81, 100, 125, 243, 343, 1000], (2, 3, 4, 5, 7, 10)):
        oracle = tuner._Hyperband("val_accuracy", max_epochs, factor)
        theirs = [
            [(oracle._get_size(b, r), oracle._get_epochs(b, r)) for r in range(oracle._get_num_rounds(b))]
            for b in reversed(range(oracle._get_num_brackets()))
        ]
        ours = [[(r.trials, r.end) for r in bracket.rounds] for bracket in brackets(max_epochs, factor)]
        assert ours == theirs, (max_epochs, factor)


# Spaces


def test_the_papers_tuned_network_lies_in_the_papers_space():
    paper = SPACES["paper"].choices
    tuned = {"network": "bilstm-tuned", "units": 448, "dense_1": 320, "dense_2": 160, "activation": "tanh",
             "learning_rate": 1e-4, "dropout": 0.2}  # fmt: skip
    assert set(paper) == set(tuned) == set(SPACES["course"].choices)
    assert all(value in paper[name] for name, value in tuned.items())
    assert SPACES["paper"].size == 2 * 16**3 * 3 * 3 * 6


@pytest.mark.parametrize("name", SPACES)
def test_the_spaces_are_sound_and_their_sizes_do_what_they_say(name):
    space = SPACES[name]
    space.check()
    for network in space.choices["network"]:
        model = build(network, (6, 5), 3, units=16, dense_1=32, dense_2=64, activation="relu", dropout=0.3)
        reader = next(
            layer for layer in model.layers if "lstm" in layer.name or "bidirectional" in layer.name
        )
        assert reader.output.shape[-1] == (32 if network.startswith("bi") else 16)
        dense = [layer for layer in model.layers if layer.name.startswith("dense")]
        assert [layer.units for layer in dense] == [32, 64]
        assert {layer.activation.__name__ for layer in dense} == {"relu"}
        assert model.get_layer(index=2).rate == 0.3


def test_the_tuned_networks_share_their_defaults():
    import inspect

    both = (inspect.signature(NETWORKS[name]).parameters for name in ("lstm-tuned", "bilstm-tuned"))
    lstm, bilstm = ({name: one.default for name, one in list(told.items())[2:]} for told in both)
    assert lstm == bilstm
    assert bilstm == {"units": 448, "dense_1": 320, "dense_2": 160, "activation": "tanh", "dropout": 0.2}


@pytest.mark.parametrize(("choices", "told"), [
    ({"network": ("lstm",), "unit": (1, 2)}, "names unit, which the network lstm does not take.*units"),
    ({"network": ("lstm", "bilstm"), "filters": (8,)}, "filters, which the network bilstm does not take"),
    ({"network": ("lstn",)}, "There is no network 'lstn'"),
    ({"units": (1, 2)}, "names no network"),
    ({"network": ("lstm",), "learning_rate": (0.1, 0.0)}, "learning rate in the search space is 0.0"),
    ({"network": ("lstm",), "learning_rate": ("1e-3",)}, "learning rate in the search space is '1e-3'"),
    ({"network": ("lstm",), "units": ()}, "The values of units"),
    ({"network": ("lstm",), "units": (8, "8")}, "The values of units"),
    ({"network": ("lstm",), "units": (8, None)}, "The values of units"),
    ({"network": ("lstm",), "units": (8, 8.0)}, "stands twice"),
    ([("network", "lstm")], "made of names with their values"),
])  # fmt: skip
def test_a_space_that_no_trial_could_use_is_refused(choices, told):
    with pytest.raises(BalletError, match=told):
        SearchSpace(choices).check()


def test_a_space_keeps_plain_values_of_one_kind():
    import copy

    import numpy as np

    space = SearchSpace({"network": "lstm", "units": np.array([8, 16]), "dropout": (0, 0.5)})
    assert dict(space.choices) == {"network": ("lstm",), "units": (8, 16), "dropout": (0.0, 0.5)}
    assert type(space.choices["units"][0]) is int and type(space.choices["dropout"][0]) is float
    assert space.size == 4 and copy.deepcopy(space) == space and "4 combinations" in repr(space)


# The oracles, with trials that nobody trains


class Game:
    """Plays a search against an oracle with made-up scores, perhaps for several workers at once."""

    def __init__(self, folder, chosen, workers=1, seed=0, reload_every=0):
        from ballet_lib.tuning import tuner

        self.tuner, self.folder, self.chosen = tuner, folder, chosen
        self.random, self.reload_every = random.Random(seed), reload_every
        self.oracle, self.steps, self.busy = self.fresh(), 0, {}
        self.trials, self.failing = {}, lambda trial: False
        self.workers = [f"w{n}" for n in range(workers)]

    def fresh(self):
        oracle = self.tuner.oracle_of(self.chosen)
        oracle._set_project_dir(str(self.folder.parent), self.folder.name)
        return oracle

    def play(self):
        idle = 0
        while self.workers or self.busy:
            assert idle < 50, "everybody waits for ever"
            name = self.random.choice([*self.workers, *self.busy])
            if name in self.busy:
                self.end(name)
            else:
                trial = self.oracle.create_trial(name)
                idle = idle + 1 if trial.status == "IDLE" else 0
                if trial.status == "STOPPED":
                    self.workers.remove(name)
                elif trial.status == "RUNNING":
                    self.trials[trial.trial_id] = dict(trial.hyperparameters.values)
                    self.busy[name] = trial
                    self.workers.remove(name)
            self.steps += 1
            if self.reload_every and self.steps % self.reload_every == 0:  # a kill
                self.oracle = self.fresh()
                self.oracle.reload()
                self.workers += list(self.busy)
                self.busy = {}
        return self

    def end(self, name):
        trial = self.busy.pop(name)
        score = -1.0 if self.failing(trial) else self.random.random()
        self.oracle.update_trial(trial.trial_id, {"val_accuracy": score}, 1)
        trial.status = "COMPLETED"
        self.oracle.end_trial(trial)
        self.workers.append(name)

    @property
    def ran(self):
        """How many trials of each bracket and round went from where to where."""
        names = ("tuner/bracket", "tuner/round", "tuner/initial_epoch", "tuner/epochs")
        return Counter(tuple(values[name] for name in names) for values in self.trials.values())

    @property
    def spent(self):
        return sum(values["tuner/epochs"] - values["tuner/initial_epoch"] for values in self.trials.values())


def planned(max_epochs, factor, passes=1):
    return Counter({
        (bracket.number, number, one.start, one.end): one.trials * passes
        for bracket in brackets(max_epochs, factor) for number, one in enumerate(bracket.rounds)
    })  # fmt: skip


@pytest.mark.parametrize(
    ("max_epochs", "factor"), [(1, 3), (4, 2), (9, 3), (10, 3), (16, 4), (27, 3), (20, 2)]
)
@pytest.mark.parametrize("workers", [1, 3])
def test_what_keras_tuner_runs_is_what_the_brackets_say(max_epochs, factor, workers, tmp_path):
    chosen = settings(max_epochs=max_epochs, factor=factor, budget=epochs(max_epochs, factor))
    assert Game(tmp_path / "s", chosen, workers).play().ran == planned(max_epochs, factor)


@pytest.mark.parametrize("every", [1, 2, 3, 7])
def test_a_search_that_is_killed_again_and_again_runs_what_was_planned(every, tmp_path):
    game = Game(tmp_path / "s", settings(), 1, seed=every, reload_every=every + 2)
    assert game.play().ran == planned(9, 3)
    undisturbed = Game(tmp_path / "u", settings(), 1).play()
    first = lambda game: [v for v in game.trials.values() if v["tuner/round"] == 0]  # noqa: E731
    assert first(game) == first(undisturbed), "and draws the same configurations"


def test_a_trial_that_a_kill_left_half_written_is_forgotten(tmp_path):
    game = Game(tmp_path / "s", settings())
    game.busy["w0"] = game.oracle.create_trial("w0")
    stray = tmp_path / "s" / "trial_0001"
    stray.mkdir()
    (stray / "trial.json").write_text("{")
    game.oracle = game.fresh()
    game.oracle.reload()
    assert list(game.oracle.trials) == ["0000"] and game.oracle._retry_queue == ["0000"]
    (tmp_path / "s" / "oracle.json").write_text('{"start_order": ["0')
    with pytest.raises(BalletError, match="is damaged"):
        game.fresh().reload()


@pytest.mark.parametrize("method", ["hyperband", "random"])
@pytest.mark.parametrize("budget", [1, 5, 75, 76, 100, 160])
def test_the_budget_is_spent_to_the_last_epoch(method, budget, tmp_path):
    game = Game(tmp_path / "s", settings(method=method, budget=budget), workers=2).play()
    assert game.spent == budget
    if method == "random":
        lengths = [values["tuner/epochs"] for values in game.trials.values()]
        assert lengths == [9] * (budget // 9) + [budget % 9] * (budget % 9 > 0)
    if budget == 75 and method == "hyperband":
        assert game.ran == planned(9, 3)


def test_failed_trials_do_not_end_brackets_and_are_the_first_to_go(tmp_path):
    game = Game(tmp_path / "s", settings())
    game.failing = lambda trial: int(trial.trial_id) < 5  # of the nine of the first round
    assert game.play().ran == planned(9, 3)
    went_on = {values.get("tuner/trial_id") for values in game.trials.values()} - {None}
    assert not went_on & {f"{n:04d}" for n in range(5)}


def test_both_methods_try_the_same_configurations_first(tmp_path):
    def first(method, seed, folder):
        trials = Game(tmp_path / folder, settings(method=method, seed=seed)).play().trials.values()
        return [{n: v for n, v in values.items() if n in SPACE} for values in trials][:8]

    ours = first("hyperband", 0, "a")
    assert ours == first("random", 0, "b") == first("hyperband", 0, "c"), "seed 0 is a seed"
    other = first("hyperband", 1, "d")
    assert ours != other
    drawn = lambda trials: [values["units"] for values in trials]  # noqa: E731
    assert not set(zip(drawn(ours), drawn(ours)[1:], strict=False)) & set(
        zip(drawn(other), drawn(other)[1:], strict=False)
    )


def test_no_configuration_is_tried_twice_even_in_a_small_space(tmp_path):
    small = {"network": ["lstm"], "units": list(range(1, 18))}
    for method in ("hyperband", "random"):
        game = Game(tmp_path / method, settings(method=method, space=small)).play()
        new = [values["units"] for values in game.trials.values() if not values.get("tuner/trial_id")]
        assert len(new) == len(set(new)) == (17 if method == "hyperband" else 9)


# Records


def test_records_are_read_as_they_were_written_and_again_when_they_change(tmp_path):
    folder = tmp_path / "trial_0003"
    record = Record(3, {"network": "lstm", "units": 8}, 1, 0, 9, 2, 0, worker="w")
    record.write(folder)
    records = Records(tmp_path)
    assert records.read() == [record] and not record.finished
    record.rows.append(dict.fromkeys(COLUMNS, 0.5))
    record.status, record.score, record.loss, record.best_epoch = "completed", 0.5, 1.0, 1
    record.write(folder)
    assert records.read() == [record] and best_of(records.read()) == record
    json.loads((folder / "epochs.json").read_text())
    (folder / "epochs.json").write_text("{")
    with pytest.raises(BalletError, match="damaged"):
        records.read()


def test_of_equal_scores_the_smaller_loss_is_best_and_failed_trials_never():
    told = [("completed", 0.9, 2.0), ("completed", 0.9, 1.0), ("failed", 1.0, 0.0), ("running", 1.0, 0.0)]
    records = [Record(n, {}, 1, 0, 1, status=s, score=v, loss=w) for n, (s, v, w) in enumerate(told)]
    assert best_of(records).trial == 1 and best_of(records[2:]) is None
