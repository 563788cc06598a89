"""Random search against Hyperband: who divides, what is counted, and what a stop leaves."""

import json
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from ballet_lib import BalletError
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.takes import Take, TakeSet
from ballet_lib.tuning import experiment
from ballet_lib.tuning.experiment import Competition, Task, compete, divide

LABELS = ("releve", "demi_plie")


def company(dancers=9, each=4):
    rng = np.random.default_rng(0)
    return TakeSet([
        Take(PoseSequence(rng.random((5, 33, 4), np.float32), None, 20.0, (640, 480), ""), label, f"d{n}",
             f"d{n}_{label}_{k}")
        for n in range(dancers) for label in LABELS for k in range(each)
    ])  # fmt: skip


def ids(takes):
    return [take.take_id for take in takes]


def test_nobody_has_two_roles_and_every_seed_draws_anew():
    takes, roles = company(), set()
    for seed in range(4):
        parts = divide(takes, Task(teachers=3), seed)
        assert [len(part.dancers) for part in parts] == [3, 3, 3]
        assert len({dancer for part in parts for dancer in part.dancers}) == 9
        roles.add(parts.strangers.dancers)
        assert ids(parts.train) == ids(divide(takes, Task(teachers=3), seed).train)
    assert len(roles) > 1


def test_few_takes_are_as_many_of_each_movement_and_teacher_and_of_nobody_else():
    parts = divide(company(), Task(teachers=3, takes=2), 0)
    counts = Counter((take.dancer, take.movement) for take in parts.train)
    assert set(counts.values()) == {2} and len(counts) == 6
    assert len(parts.validation) == len(parts.strangers) == 24


def test_noise_is_as_large_as_told_and_spares_visibility_and_the_takes_given():
    takes = company()
    before = {take.take_id: take.poses.landmarks.copy() for take in takes}
    for part in divide(takes, Task(teachers=3, noise=0.02), 0):
        added = np.array([take.poses.landmarks - before[take.take_id] for take in part])
        assert added[..., :3].std() == pytest.approx(0.02, rel=0.05)
        assert not added[..., 3].any()
    assert all((take.poses.landmarks == before[take.take_id]).all() for take in takes)


def test_too_few_dancers_are_refused():
    with pytest.raises(BalletError, match="Give takes of 10 dancers"):
        divide(company(), Task(teachers=4), 0)


def run(method, seed, curve, epochs=20, task="easy", score=None):
    return {"task": task, "method": method, "seed": seed, "score": score or curve[-1][1], "strangers": 0.5,
            "epochs": epochs, "trials": 3, "seconds": 1.0, "curve": curve,
            "best": {"network": "lstm", "learning_rate": 1e-3, "sizes": {"units": 8}}}  # fmt: skip


def competition():
    return Competition([
        run("random search", 0, [[1, 0.3], [15, 0.8]]), run("Hyperband", 0, [[1, 0.5], [5, 0.8], [9, 0.9]]),
        run("random search", 1, [[2, 0.7]]), run("Hyperband", 1, [[1, 0.6]]),
    ])  # fmt: skip


def test_the_share_needed_is_that_of_the_first_epoch_as_good_as_the_others_end():
    told = competition()
    assert told.share_needed("easy").to_dict() == {0: 5 / 20, 1: np.inf}
    assert told.share_needed_by_random("easy").to_dict() == {0: np.inf, 1: 2 / 20}


def test_a_score_that_was_rounded_in_the_curve_still_counts():
    third = 1 / 3
    curves = [run("random search", 0, [[4, 0.3333]], score=third), run("Hyperband", 0, [[2, 0.3333]])]
    assert Competition(curves).share_needed("easy")[0] == 2 / 20


def test_curves_last_until_all_epochs_are_spent():
    curves = competition().curves
    assert (curves.groupby(["method", "seed"]).epochs.max() == 20).all()
    last = curves[(curves.epochs == 20) & (curves.method == "Hyperband")]
    assert last.best.tolist() == [0.9, 0.6]


def test_what_was_saved_is_read_back(tmp_path):
    told = competition()
    told.save(tmp_path / "searches.json")
    again = Competition.load(tmp_path / "searches.json")
    pd.testing.assert_frame_equal(again.runs, told.runs)
    pd.testing.assert_frame_equal(again.curves, told.curves)


def test_the_winner_is_written_on_one_line():
    assert competition().runs.winner[0] == "lstm, learning rate 0.001, units 8"


@pytest.mark.parametrize("text", ["", "[{}]", '[{"curve": 1}]', "3"])
def test_a_file_of_something_else_is_refused(tmp_path, text):
    (tmp_path / "other.json").write_text(text)
    with pytest.raises(BalletError, match="holds no searches"):
        Competition.load(tmp_path / "other.json")


def test_a_missing_file_tells_how_to_make_it(tmp_path):
    with pytest.raises(BalletError, match=r"tools/make_searches.py"):
        Competition.load(tmp_path / "none.json")


@pytest.fixture
def searched(monkeypatch):
    """Search without training; return who was asked for what."""
    calls = []

    def tune(takes, method, validation, seed, folder, **settings):
        calls.append((method, seed, takes.dancers, validation.dancers))
        curve = pd.DataFrame({"epochs": [1, 2, 3, 4], "best": [np.nan, 0.2, 0.2, 0.6], "seconds": 0.0})
        best = {"network": "lstm-tuned", "learning_rate": 0.01, "sizes": {}, "epochs": 2}
        return SimpleNamespace(
            score=0.6, epochs=4, seconds=1.0, trials=pd.DataFrame(index=range(2)), best=best, curve=curve,
            classifier=lambda: "winner",
        )  # fmt: skip

    monkeypatch.setattr(experiment, "tune", tune)
    monkeypatch.setattr("ballet_lib.evaluation.evaluate", lambda model, takes: _Judged())
    return calls


class _Judged:
    accuracy = 0.5

    def __len__(self):
        return 24


TASKS = {"easy": Task(teachers=3), "hard": Task(teachers=2, noise=0.1)}


def test_both_methods_meet_the_same_dancers_in_every_search(searched, tmp_path):
    told = compete(company(), tmp_path, tasks=TASKS, seeds=range(2), bar=False)
    assert len(searched) == len(told.runs) == 8
    for method, other in zip(searched[::2], searched[1::2], strict=True):
        assert (method[0], other[0]) == ("random", "hyperband") and method[1:] == other[1:]
    assert told.curves.groupby(["task", "method", "seed"]).size().eq(3).all()  # two rises and the end
    assert told.runs.strangers.eq(0.5).all()


def test_a_stop_loses_no_search(searched, tmp_path):
    compete(company(), tmp_path, tasks=TASKS, seeds=[0], bar=False)
    (tmp_path / "1_0_random" / "run.json").unlink()
    searched.clear()
    told = compete(company(), tmp_path, tasks=TASKS, seeds=[0], bar=False)
    assert [call[0] for call in searched] == ["random"] and len(told.runs) == 4


def test_searches_by_other_settings_are_not_mixed_in(searched, tmp_path):
    compete(company(), tmp_path, tasks=TASKS, seeds=[0], bar=False)
    with pytest.raises(BalletError, match="other settings"):
        compete(company(), tmp_path, tasks=TASKS, seeds=[0], bar=False, copies=1)
    with pytest.raises(BalletError, match="other settings"):
        compete(company(), tmp_path, tasks={"easy": Task(2), "hard": Task(2)}, seeds=[0], bar=False)


def test_the_shipped_searches_are_five_seeds_of_both_methods_and_tasks():
    from ballet_lib import DATASETS

    told = Competition.load(DATASETS / "searches.json")
    assert (DATASETS / "searches.json").stat().st_size < 150_000
    assert told.runs.groupby(["task", "method"]).seed.nunique().eq(5).all()
    assert set(told.runs.task) == set(experiment.TASKS)
    assert told.runs.epochs.nunique() == 1  # one budget
    for run in json.loads((DATASETS / "searches.json").read_text()):
        assert run["curve"][-1][1] == pytest.approx(run["score"], abs=1e-4)
