"""Training: what is learned, what is refused, and the same numbers whatever interrupts."""

import json
import math
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ballet_lib import BalletError, pace
from ballet_lib.augmentation import augment, augmented
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.quiet_tensorflow import import_keras
from ballet_lib.skeleton import INDEX
from ballet_lib.splits import LeakError, split_by_dancer
from ballet_lib.takes import Take, TakeSet
from ballet_lib.training import RECIPES, _Training, fit, split_with_all_labels, tensorboard

keras = import_keras()

QUICK = {
    "sizes": {"units": 8},
    "frames": 8,
    "features": "normalised",
    "epochs": 4,
    "copies": 1,
    "refit": False,
    "bar": False,
}


def take(take_id, dancer, movement, frames=10):
    """One that anybody can tell apart: the label says which limbs go up."""
    rng = np.random.default_rng([len(take_id), *take_id.encode()])
    landmarks = np.tile(rng.normal(0.5, 0.01, (33, 4)), (frames, 1, 1)).astype(np.float32)
    for name, place in {"shoulder": 0.4, "hip": 0.6}.items():
        for side, across in {"left": 0.55, "right": 0.45}.items():
            landmarks[:, INDEX[f"{side}_{name}"], :2] = across, place
    limbs = {"port_de_bras": slice(13, 23), "developpe": slice(25, 33)}.get(movement, slice(0, 11))
    landmarks[:, limbs, 1] = np.linspace(0.6, 0.1, frames)[:, None]
    landmarks[..., :2] += rng.normal(0, 0.004, (frames, 33, 2))
    return Take(PoseSequence(landmarks, None, 20, (640, 480), ""), movement, dancer, take_id)


def company(dancers=4, each=4, movements=("port_de_bras", "developpe", "still"), frames=10):
    return TakeSet(
        take(f"d{d}-{movement[0]}-{n}", f"d{d}", movement, frames)
        for d in range(dancers)
        for movement in movements
        for n in range(each)
    )


def puzzle(dancers=4):
    """Takes whose labels were drawn by lot: validation soon gets worse."""
    takes = company(dancers)
    lots = np.random.default_rng(0).permutation([take.movement for take in takes])
    return TakeSet(replace(take, movement=str(lot)) for take, lot in zip(takes, lots, strict=True))


def weights(classifier):
    return [np.asarray(one) for one in classifier.model.weights]


def same(one, other):
    """Equal to the last bit."""
    return all(np.array_equal(a, b) for a, b in zip(weights(one), weights(other), strict=True))


NUMBERS = ["loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"]


# What is learned


def test_strangers_are_recognised():
    split = split_by_dancer(company(dancers=5), test=["d4"])
    trained = fit(split.train, validation=["d0"], epochs=25, learning_rate=0.01, patience=6,
                  **{k: v for k, v in QUICK.items() if k != "epochs"})  # fmt: skip
    right = trained.predict(split.test) == np.array([take.movement for take in split.test])
    assert right.mean() >= 0.9
    best = trained.card["epochs"]["best"] - 1
    assert best == trained.history.val_loss.argmin()
    assert trained.card["validation"]["val_loss"] == pytest.approx(trained.history.val_loss.min(), abs=1e-3)


def test_the_weights_of_the_best_epoch_are_kept():
    takes, valid = puzzle(), puzzle().filter(dancer="d3")
    trained = fit(
        takes.filter(dancer=["d0", "d1", "d2"]),
        validation=valid,
        **QUICK | {"epochs": 8, "learning_rate": 0.3, "patience": 2},
    )
    best = trained.card["epochs"]["best"]
    chosen = trained.probabilities(valid)[np.arange(len(valid)), valid.y]
    assert -np.log(chosen).mean() == pytest.approx(trained.history.val_loss[best - 1], rel=1e-4)
    assert trained.card["epochs"]["run"] - best <= 2


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others():
    one, again, other = (fit(company(), seed=seed, **QUICK) for seed in (3, 3, 4))
    assert same(one, again) and not same(one, other)
    assert one.history[NUMBERS].equals(again.history[NUMBERS])


def test_only_training_takes_say_what_is_normal_and_are_augmented():
    takes = company(3)
    trained = fit(takes, validation=["d2"], **QUICK | {"copies": 0})
    X = takes.filter(dancer=["d0", "d1"]).to_arrays("normalised", 8).X
    layer = trained.model.get_layer("normalise")
    assert np.allclose(np.asarray(layer.mean).ravel(), X.mean(axis=(0, 1)), atol=1e-5)
    card = fit(takes, validation=["d2"], **QUICK | {"copies": 2}).card
    assert card["data"]["train"] == {"takes": 24, "dancers": ["d0", "d1"]}  # copies are no takes
    assert card["data"]["validation"] == {"takes": 12, "dancers": ["d2"]}
    assert card["data"]["per_label"] == {"still": 8, "port_de_bras": 8, "developpe": 8}


def test_a_feature_that_never_changes_in_training_does_not_explode_later():
    flat = TakeSet(
        replace(t, poses=replace(t.poses, landmarks=t.poses.landmarks * np.float32([1, 1, 0, 1])))
        for t in company()
    )
    trained = fit(flat, **QUICK | {"copies": 0})
    assert np.allclose(np.asarray(trained.model.get_layer("normalise").variance).ravel()[2::3], 1)
    assert np.isfinite(trained.probabilities(company())).all()


def test_class_weights_are_balanced(monkeypatch):
    takes = company(3)
    rare = takes.filter(lambda t: t.movement != "still" or t.take_id.endswith("-0"))
    asked = {}
    from sklearn.utils import class_weight

    real = class_weight.compute_sample_weight
    monkeypatch.setattr(
        class_weight, "compute_sample_weight",
        lambda kind, y: asked.setdefault(kind, real(kind, y)),
    )  # fmt: skip
    balanced = fit(rare, validation=None, **QUICK | {"copies": 0})
    plain = fit(rare, validation=None, **QUICK | {"copies": 0, "class_weights": False})
    assert set(asked) == {"balanced", None} and not same(balanced, plain)
    assert sorted(set(asked["balanced"].round(3))) == [0.75, 3.0]


def test_takes_of_any_length_rate_and_label_train():
    mixed = TakeSet(
        replace(t, poses=replace(t.poses, fps=[12.5, 60][n % 2])[: 4 + n % 6])
        for n, t in enumerate(company(movements=("grand écart", "port_de_bras")))
    )
    trained = fit(mixed, **QUICK)
    assert set(trained.labels) == {"grand écart", "port_de_bras"}
    assert trained.probabilities(mixed).shape == (len(mixed), 2)


def test_gaps_are_closed_and_a_take_of_nobody_is_named():
    takes = company()
    landmarks = takes[0].poses.landmarks.copy()
    landmarks[3:6] = np.nan
    gappy = TakeSet([replace(takes[0], poses=replace(takes[0].poses, landmarks=landmarks)), *takes[1:]])
    assert np.isfinite(fit(gappy, **QUICK).history.loss).all()
    empty = replace(takes[0].poses, landmarks=np.full_like(landmarks, np.nan))
    with pytest.raises(BalletError, match=r"d0-p-0.*No frame shows a person"):
        fit(TakeSet([replace(takes[0], poses=empty), *takes[1:]]), **QUICK | {"copies": 0})


def test_after_the_best_epoch_is_known_everybody_teaches():
    takes = company()
    once, again = (fit(takes, **QUICK | {"refit": refit}) for refit in (False, True))
    assert again.card["refit"] and not once.card["refit"] and not same(once, again)
    assert again.history[NUMBERS].equals(once.history[NUMBERS]), "scores are those of the first training"
    X = augmented(takes, 1, 0, quietly).to_arrays("normalised", 8).X
    assert np.allclose(
        np.asarray(again.model.get_layer("normalise").mean).ravel(), X.mean(axis=(0, 1)), atol=1e-3
    )


def quietly(take, rng):
    return augment(take, rng, mirrored=0, warped=0.2, jittered=0.02)


def test_ctrl_c_while_everybody_teaches_keeps_the_first_training(monkeypatch, tmp_path):
    settings = QUICK | {"refit": True}
    first, through = fit(company(), **QUICK), fit(company(), **settings)
    whole, calls = _Training.run, []

    def second_is_stopped(self, *arrays):
        calls.append(arrays)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return whole(self, *arrays)

    monkeypatch.setattr(_Training, "run", second_is_stopped)
    stopped = fit(company(), **settings, checkpoint=tmp_path)
    assert stopped.card["interrupted"] and not stopped.card["refit"] and same(stopped, first)
    monkeypatch.undo()
    assert same(fit(company(), **settings, checkpoint=tmp_path), through), "the same call goes on"
    assert not list(tmp_path.rglob("*.npz")), "and cleans up"


def test_only_ballet_is_mirrored(monkeypatch):
    asked = []
    monkeypatch.setattr(
        "ballet_lib.training_data.augmented",
        lambda takes, copies, seed, change: asked.append(change.keywords["mirrored"]) or takes,
    )
    fit(company(movements=("left_wave", "right_wave")), **QUICK | {"epochs": 1})
    fit(company(movements=("releve", "other")), **QUICK | {"epochs": 1})
    assert asked == [0.0, 0.5]


def test_few_takes_get_more_copies_than_many():
    recipe = RECIPES["lstm"]
    assert recipe.copies_of(350) == 9 and recipe.copies_of(5) == 100 and recipe.copies_of(10_000) == 1
    assert RECIPES["lstm-paper"].copies_of(350) == 0


def test_mixing_is_a_setting_of_the_recipe():
    with pytest.raises(BalletError, match="mixed is 1"):
        fit(company(), **QUICK, mixed=1.0)
    assert not same(fit(company(), **QUICK, mixed=0.0), fit(company(), **QUICK, mixed=0.4))


# Schedules, pace, logs


def test_schedules_change_the_learning_rate_as_they_say():
    rates = {
        schedule: fit(company(), schedule=schedule, learning_rate=0.01, **QUICK).history.learning_rate
        for schedule in ("exponential", "cosine", None)
    }
    assert np.allclose(rates["exponential"], 0.01 * 0.96 ** np.arange(4))
    assert np.allclose(rates["cosine"], 0.01 * (1 + np.cos(np.pi * np.arange(4) / 4)) / 2)
    assert np.allclose(rates[None], 0.01)


def test_the_plateau_schedule_halves_when_nothing_gets_better():
    trained = fit(company(3), schedule="plateau", learning_rate=1e-12, patience=9, **QUICK | {"epochs": 8})
    assert trained.history.learning_rate.iloc[-1] <= 0.5e-12


def test_without_patience_the_last_epoch_is_kept():
    trained = fit(company(3), patience=None, **QUICK)
    assert trained.card["epochs"] == {"most": 4, "run": 4, "best": 4}


def test_the_pace_decides_how_long_a_recipe_trains(monkeypatch):
    monkeypatch.delenv("BALLET_PACE", raising=False)
    assert pace.choose(course=60, paper=2000) == 60
    monkeypatch.setenv("BALLET_PACE", "paper")
    assert pace.choose(course=60, paper=2000) == 2000
    monkeypatch.setenv("BALLET_PACE", "presto")
    with pytest.raises(BalletError, match=r"'presto'.*course or paper"):
        fit(company(), **{k: v for k, v in QUICK.items() if k != "epochs"})


def test_logs_are_written_and_tensorboard_takes_the_next_port(tmp_path, capsys):
    fit(company(3), logs=tmp_path / "logs", **QUICK | {"epochs": 2})
    assert list((tmp_path / "logs").rglob("events.out.tfevents*"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        board = tensorboard(tmp_path / "logs", port)
    try:
        assert board.port > port
        assert f"{board.url} (port {port} is in use)" in capsys.readouterr().out
        assert b"TensorBoard" in urllib.request.urlopen(board.url, timeout=10).read()
    finally:
        board.stop()
    assert board.process.poll() is not None


def test_tensorboard_needs_logs(tmp_path):
    with pytest.raises(BalletError, match="no logs"):
        tensorboard(tmp_path / "none")


# What is refused


@pytest.mark.parametrize(
    ("takes", "settings", "message"),
    [
        (company(movements=["still"]), {}, "nothing to tell apart"),
        (TakeSet(), {}, "nothing to tell apart"),
        (company(1), {}, r"danced by d0.*validation=None"),
        (TakeSet([*company(), take("lone", "d0", "attitude")]), {}, "Only one take shows attitude"),
        (company(), {"network": "gru"}, "no network 'gru'"),
        (company(), {"features": ["normalised", "smell"]}, "no feature smell"),
        (company(), {"features": [lambda poses: poses]}, "remembers them by name"),
        (company(), {"features": []}, "no feature"),
        (company(), {"schedule": "linear"}, "no schedule 'linear'"),
        (company(), {"epochs": 0}, "epochs is 0"),
        (company(), {"frames": 0}, "frames is 0"),
        (company(), {"batch_size": 2.5}, "batch_size is 2.5"),
        (company(), {"patience": -1}, "patience is -1"),
        (company(), {"learning_rate": math.nan}, "learning_rate is nan"),
        (company(), {"copies": -1}, "-1 copies"),
        (company(), {"sizes": {"layers": 2}}, "no size layers"),
        (company(), {"validation": 1.5}, "between 0 and 1"),
        (company(), {"validation": ["nobody"]}, "no dancer nobody"),
    ],
)
def test_bad_input_is_refused_with_a_way_out(takes, settings, message):
    with pytest.raises(BalletError, match=message):
        fit(takes, **QUICK | settings)


def test_one_dancer_trains_without_validation():
    trained = fit(company(1), validation=None, **QUICK)
    assert trained.card["validation"] is None and trained.card["epochs"]["run"] == 4
    assert "val_loss" not in trained.history


def test_a_label_that_training_never_sees_is_named():
    other = company(5, movements=("still", "jump")).filter(dancer="d4")
    with pytest.raises(BalletError, match="Validation shows jump"):
        fit(company(), validation=other, **QUICK)


def test_validation_takes_that_training_has_are_a_leak():
    takes = company()
    with pytest.raises(LeakError):
        fit(takes, validation=takes[:3], **QUICK)


def test_dancers_are_drawn_again_until_training_knows_every_label():
    rare = TakeSet([*company(4), *(take(f"r-{n}", "d1", "attitude") for n in range(3))])
    for seed in range(6):
        split = split_with_all_labels(rare, 0.5, seed)
        assert "d1" in split.train.dancers and len(split.test.dancers) == 2


def test_a_label_for_every_dancer_cannot_be_divided():
    takes = TakeSet(take(f"d{d}-{n}", f"d{d}", f"m{d}") for d in range(3) for n in range(3))
    with pytest.raises(BalletError, match=r"m[012]: d[012]"):
        fit(takes, **QUICK)


# What interrupts


def stop_in(epoch, monkeypatch):
    from ballet_lib.training_callbacks import Rows

    begin = Rows.on_epoch_begin

    def interrupt(self, number, logs=None):
        begin(self, number, logs)
        if number == epoch:
            raise KeyboardInterrupt

    monkeypatch.setattr(Rows, "on_epoch_begin", interrupt)


def test_ctrl_c_keeps_the_best_weights_and_says_so(monkeypatch, capsys):
    through = fit(company(), **QUICK | {"epochs": 3, "schedule": None})
    stop_in(3, monkeypatch)
    stopped = fit(company(), **QUICK | {"schedule": None})
    assert stopped.card["interrupted"] and stopped.card["epochs"]["run"] == 3 and same(stopped, through)
    assert "Stopped after epoch 3; kept the weights of epoch 3." in capsys.readouterr().err


def test_ctrl_c_before_anything_is_learned_stops(monkeypatch):
    stop_in(0, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        fit(company(), **QUICK)


def test_ctrl_c_and_the_same_call_again_end_as_if_nothing_had_happened(monkeypatch, tmp_path, capsys):
    settings = QUICK | {"epochs": 6, "learning_rate": 0.2, "schedule": "plateau", "patience": 6}
    through = fit(company(), **settings)
    with monkeypatch.context() as patch:
        stop_in(2, patch)
        assert fit(company(), checkpoint=tmp_path, **settings).card["interrupted"]
    assert str(tmp_path) in capsys.readouterr().err
    resumed = fit(company(), checkpoint=tmp_path, **settings)
    assert same(resumed, through) and resumed.history[NUMBERS].equals(through.history[NUMBERS])
    assert not resumed.card["interrupted"] and not list(tmp_path.iterdir())


RESUMED = QUICK | {"epochs": 12, "learning_rate": 0.1, "schedule": "plateau", "patience": 8, "seed": 1}

KILLED = """
import os, signal
from test_training import RESUMED, fit, puzzle
from ballet_lib.training_callbacks import Rows

def kill(self, batch, logs=None):
    if len(self.rows) == 4 and batch == 1:
        os.kill(os.getpid(), signal.SIGKILL)

Rows.on_train_batch_end = kill
fit(puzzle(), checkpoint={folder!r}, **RESUMED)
"""


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_a_killed_training_resumed_is_equal_to_the_last_bit(tmp_path):
    through = fit(puzzle(), **RESUMED)
    assert len(through.history) > 5  # or it would be stopped before it is killed
    assert through.history.learning_rate.nunique() > 1  # so that the plateau has something to remember
    here = Path(__file__).parent
    path = os.pathsep.join([str(here), str(here.parent)])
    killed = subprocess.run(
        [sys.executable, "-c", KILLED.format(folder=str(tmp_path))], env=os.environ | {"PYTHONPATH": path}
    )
    assert killed.returncode == -signal.SIGKILL and (tmp_path / "progress.npz").exists()
    resumed = fit(puzzle(), checkpoint=tmp_path, **RESUMED)
    assert same(resumed, through)
    assert resumed.history[NUMBERS].equals(through.history[NUMBERS])
    assert resumed.card["epochs"] == through.card["epochs"]


def test_progress_of_another_training_is_not_gone_on_with(monkeypatch, tmp_path):
    stop_in(2, monkeypatch)
    fit(company(), checkpoint=tmp_path, **QUICK)
    with pytest.raises(BalletError, match="other takes or settings"):
        fit(company(), checkpoint=tmp_path, **QUICK | {"seed": 9})
    (tmp_path / "progress.npz").write_bytes(b"PK\x03\x04 nonsense")
    with pytest.raises(BalletError, match="damaged"):
        fit(company(), checkpoint=tmp_path, **QUICK)


# The card and the bar


def test_the_card_is_json_and_names_no_path_of_this_machine(tmp_path):
    card = fit(company(), checkpoint=tmp_path / "c", logs=tmp_path / "l", **QUICK | {"epochs": 1}).card
    text = json.dumps(card)
    assert str(tmp_path) not in text and str(Path.home()) not in text.replace('"/"', "")
    assert card["recipe"]["epochs"] == 1 and card["held_out"] is None and card["network"] == "lstm"
    assert {"keras", "tensorflow", "numpy", "python", "ballet_lib"} == set(card["versions"])
    assert len(card["data"]["sha256"]) == 64 and card["seconds"] > 0


def test_other_data_have_another_sum():
    sums = {fit(takes, **QUICK | {"epochs": 1}).card["data"]["sha256"] for takes in (company(), company(5))}
    assert len(sums) == 2


def test_the_bar_is_one_line_with_the_score_and_silent_when_off(capfd):
    fit(company(), **QUICK | {"bar": True})
    told = capfd.readouterr()
    assert "validation accuracy" in told.err and "4/4" in told.err and told.err.count("\n") <= 1
    fit(company(), **QUICK)
    silent = capfd.readouterr()
    assert silent.out == "" and silent.err == ""


def test_importing_training_is_light():
    code = """
import sys
import ballet_lib.training, ballet_lib.classifier, ballet_lib.networks, ballet_lib.cli
print(sorted({"pandas", "sklearn", "scipy", "matplotlib", "tensorflow", "keras", "tqdm"} & set(sys.modules)))
"""
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_the_papers_recipes_are_theirs():
    paper, style, tuned = (RECIPES[name] for name in ("lstm-paper", "lstm-style", "bilstm-tuned"))
    assert (paper.features, paper.missing, paper.copies, paper.epochs[1]) == (("raw",), "zero", 0, 2000)
    assert paper.schedule is None and paper.patience is None and not paper.class_weights
    assert (style.learning_rate, style.schedule, style.batch_size) == (5e-4, "exponential", 512)
    assert (tuned.learning_rate, tuned.batch_size) == (1e-4, 128)
    card = fit(company(), "lstm-paper", frames=8, epochs=1, bar=False).card
    assert card["features"] == ["raw"] and card["missing"] == "zero" and card["recipe"]["copies"] == 0
