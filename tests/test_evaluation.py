"""Scores and their intervals, comparison of models, calibration, and many trainings in a row."""

import time
import zlib

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score

from ballet_lib import BalletError
from ballet_lib.calibration import (
    expected_calibration_error,
    fit_temperature,
    reliability_table,
    threshold_curve,
    with_temperature,
)
from ballet_lib.comparison import compare, compare_counts, mcnemar, power, smallest_difference
from ballet_lib.cross_validation import learning_curve, leave_one_dancer_out
from ballet_lib.evaluation import Predictions, confusion_matrix, evaluate
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.splits import accuracy_interval
from ballet_lib.takes import Take, TakeSet

LABELS = ("releve", "demi_plie", "other")  # on purpose in another order than the vocabulary's


class Oracle:
    """A stand-in for a Classifier: knows each take's label, and errs where it is told to."""

    def __init__(self, labels=LABELS, wrong=(), sure=0.9):
        self.labels, self.wrong, self.sure = labels, wrong, sure

    def probabilities(self, takes):
        rest = (1 - self.sure) / (len(self.labels) - 1)
        told = np.full((len(takes), len(self.labels)), rest)
        for row, take in zip(told, takes, strict=True):
            place = self.labels.index(take.movement) if take.movement in self.labels else 0
            row[(place + (take.take_id in self.wrong)) % len(self.labels)] = self.sure
        return told


class Answers:
    """A stand-in that answers with a given array."""

    labels = LABELS

    def __init__(self, array):
        self.array = array

    def probabilities(self, takes):
        return np.asarray(self.array)


def take(take_id, movement, dancer):
    landmarks = np.random.default_rng(zlib.crc32(take_id.encode())).random((4, 33, 4), dtype=np.float32)
    return Take(PoseSequence(landmarks, None, 20, (640, 480), f"{take_id}.mp4"), movement, dancer, take_id)


def company(dancers=4, each=2, labels=LABELS):
    return TakeSet(
        take(f"d{dancer}-{label}-{n}", label, f"d{dancer}")
        for dancer in range(dancers)
        for label in labels
        for n in range(each)
    )


def predictions(y, predicted, groups=None, sure=0.9, labels=LABELS, prefix="t"):
    y, predicted = np.asarray(y), np.asarray(predicted)
    told = np.full((len(y), len(labels)), (1 - sure) / (len(labels) - 1))
    told[np.arange(len(y)), predicted] = sure
    groups = ["d0"] * len(y) if groups is None else groups
    return Predictions(y, told, groups, labels, [f"{prefix}{n}" for n in range(len(y))])


def noisy(dancers=6, each=5, labels=LABELS, right=0.8, seed=0):
    rng = np.random.default_rng(seed)
    y = np.tile(np.repeat(np.arange(len(labels)), each), dancers)
    wrong = rng.random(len(y)) > right
    predicted = (y + wrong * rng.integers(1, len(labels), len(y))) % len(labels)
    return predictions(
        y, predicted, np.repeat([f"d{n}" for n in range(dancers)], each * len(labels)), labels=labels
    )


# --- evaluate ---------------------------------------------------------------------------------------------


def test_labels_are_matched_by_name_not_by_number():
    takes = company()
    assert takes.labels != LABELS
    told = evaluate(Oracle(wrong={"d1-other-0"}), takes)
    assert told.labels == LABELS and told.accuracy == 23 / 24
    assert told.take_ids[np.argmin(told.right)] == "d1-other-0"
    assert told.dancers == ("d0", "d1", "d2", "d3")


def test_a_label_the_model_never_saw_is_named():
    with pytest.raises(
        BalletError, match=r"show pirouette, which the model never saw; it knows releve, .* Leave"
    ):
        evaluate(Oracle(), company(labels=("releve", "pirouette")))


def test_labels_without_takes_do_no_harm():
    takes = company(labels=(*LABELS, "pirouette")).filter(movement=LABELS)
    assert "pirouette" in takes.labels
    assert evaluate(Oracle(), takes).accuracy == 1


@pytest.mark.parametrize(
    ("array", "says"),
    [
        (np.full((3, 3), np.nan), r"answers NaN for 3 of 3 takes, such as d0-releve-0"),
        (np.full((3, 3), 0.5), r"d0-releve-0 sum to 1.5 or are negative.* softmax"),
        ([[1.5, -0.5, 0]] * 3, r"negative"),
        (np.full((3, 4), 0.25), r"shape \(3, 4\), not \(3, 3\): 3 takes, 3 labels"),
        (np.full((2, 3), 1 / 3), r"shape \(2, 3\)"),
        (np.full(3, 1 / 3), r"shape \(3,\)"),
    ],
)
def test_answers_that_are_no_probabilities_are_refused(array, says):
    with pytest.raises(BalletError, match=says):
        evaluate(Answers(array), company(1, 1))


def test_an_empty_set_is_refused():
    with pytest.raises(BalletError, match="no take to evaluate"):
        evaluate(Oracle(), TakeSet())
    told = noisy()
    with pytest.raises(BalletError, match="no predictions"):
        told[np.zeros(len(told), bool)]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"y": [0, 3]}, "whole numbers from 0 to 2"),
        ({"y": [0.0, 1.0]}, "whole numbers"),
        ({"take_ids": ["a", "a"]}, "of one take"),
        ({"groups": ["d0"]}, "as many dancers"),
        ({"labels": ["a", "a", "b"]}, "one name"),
    ],
)
def test_parts_that_do_not_fit_are_refused(change, says):
    parts = {"y": [0, 1], "probabilities": np.eye(3)[:2], "groups": ["d0", "d0"], "labels": LABELS,
             "take_ids": ["a", "b"]}  # fmt: skip
    Predictions(**parts)
    with pytest.raises(BalletError, match=says):
        Predictions(**parts | change)


# --- Scores -----------------------------------------------------------------------------------------------


def test_scores_are_those_computed_by_hand():
    told = predictions([0, 0, 0, 1, 1], [0, 0, 1, 1, 1])
    assert told.accuracy == 0.8
    assert told.occurring == ("releve", "demi_plie")  # `other` is neither danced nor answered
    assert told.macro_f1 == pytest.approx((2 * 2 / 5 + 2 * 2 / 5) / 2)
    np.testing.assert_array_equal(confusion_matrix(told), [[2, 1, 0], [0, 2, 0], [0, 0, 0]])
    shares = confusion_matrix(told, "true")
    np.testing.assert_allclose(shares[:2], [[2 / 3, 1 / 3, 0], [0, 1, 0]])
    assert np.isnan(shares[2]).all()
    report = told.report()
    assert report.loc["releve"].tolist() == pytest.approx([1, 2 / 3, 0.8, 3])
    assert report.loc["other", ["precision", "recall", "f1"]].isna().all()
    with pytest.raises(BalletError, match="pred"):
        confusion_matrix(told, "pred")


def test_a_label_that_is_answered_but_not_danced_lowers_macro_f1():
    assert predictions([0, 0, 1], [0, 2, 1]).macro_f1 == pytest.approx((2 / 3 + 1 + 0) / 3)


def test_json_holds_no_nan_and_all_labels():
    told = predictions([0, 0, 1], [0, 0, 1]).to_json()
    assert told["per_class"]["other"] == {"precision": None, "recall": None, "f1": None, "n": 0}
    assert told["per_class"]["releve"] == {"precision": 1, "recall": 1, "f1": 1, "n": 2}
    assert told["n"] == 3 and told["intervals"]["macro_f1"] is None and told["dancers"] == ["d0"]


def test_other_numbers_for_the_labels_change_no_score():
    told = noisy()
    more = told.with_labels(("new", "other", "demi_plie", "releve"))
    assert (more.accuracy, more.macro_f1) == (told.accuracy, told.macro_f1)
    assert [more.labels[n] for n in more.y] == [told.labels[n] for n in told.y]
    with pytest.raises(BalletError, match="releve, demi_plie"):
        told.with_labels(["other"])


# --- Intervals --------------------------------------------------------------------------------------------


def test_intervals_hold_the_score_and_are_the_same_each_time():
    told = noisy(8)
    ends = told.intervals()
    assert ends.accuracy[0] < told.accuracy < ends.accuracy[1]
    assert ends.macro_f1[0] < told.macro_f1 < ends.macro_f1[1]
    assert ends == told.intervals() and ends.method == "bootstrap over 8 dancers" and ends.note == ""
    with pytest.raises(BalletError, match="level 95"):
        told.intervals(level=95)
    wider = told.intervals(level=0.99).accuracy
    assert wider[0] < ends.accuracy[0] and wider[1] > ends.accuracy[1]


def test_the_bootstrap_of_tallies_is_that_of_drawing_takes_of_whole_dancers():
    from ballet_lib import intervals

    told = noisy(5, right=0.6)
    counts = intervals.tally(told.y, told.predicted, told.groups, 3)
    drawn = intervals.draw_dancers(5, 20, seed=1)
    found = intervals.scores(intervals.Tally(*(drawn @ each for each in counts)))
    for row, times in enumerate(drawn):
        chosen = np.concatenate(
            [np.flatnonzero(told.groups == f"d{n}") for n, t in enumerate(times) for _ in range(t)]
        )
        y, predicted = told.y[chosen], told.predicted[chosen]
        assert found.accuracy[row] == pytest.approx((y == predicted).mean())
        assert found.macro_f1[row] == pytest.approx(f1_score(y, predicted, average="macro"))


def test_dancers_who_differ_widen_the_interval_more_than_takes_who_do():
    y, groups = np.zeros(60, int), np.repeat([f"d{n}" for n in range(6)], 10)
    by_dancer = predictions(y, np.repeat([0, 0, 0, 1, 1, 1], 10), groups).intervals().accuracy
    by_take = predictions(y, np.tile([0, 1], 30), groups).intervals().accuracy
    assert by_dancer[1] - by_dancer[0] > 0.8
    assert by_take == pytest.approx(accuracy_interval(30, 60))  # dancers alike: as of independent takes


def test_a_perfect_score_still_has_an_interval():
    ends = noisy(4, right=1.0).intervals()
    assert ends.accuracy == pytest.approx(accuracy_interval(60, 60))
    assert ends.recall["releve"] == pytest.approx(accuracy_interval(20, 20))
    assert np.isnan(ends.macro_f1).all()
    assert "4 dancers are few" in ends.note


@pytest.mark.parametrize("dancers", [1, 2])
def test_one_or_two_dancers_say_nothing_about_others_and_the_interval_admits_it(dancers):
    told = noisy(dancers, each=5)
    ends = told.intervals()
    assert ends.accuracy == pytest.approx(accuracy_interval(told.right.sum(), len(told)))
    assert ends.macro_f1[0] < told.macro_f1 < ends.macro_f1[1]
    assert ends.method == f"exact (Clopper-Pearson) as of {len(told)} independent takes"
    assert "nothing can be said about others" in ends.note


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    rng, held = np.random.default_rng(1), 0
    for _ in range(100):
        skill = np.repeat(rng.beta(40, 10, 6), 15)  # six dancers, on average 80% right
        y = np.tile(np.repeat(np.arange(3), 5), 6)
        predicted = (y + (rng.random(90) > skill)) % 3
        low, high = predictions(y, predicted, np.repeat(list("abcdef"), 15)).intervals(draws=300).accuracy
        held += low <= 0.8 <= high
    assert held >= 88


def test_a_thousand_draws_take_less_than_a_second():
    told = noisy(50, each=20, labels=tuple(f"s{n}" for n in range(16)))
    began = time.perf_counter()
    told.intervals(draws=1000)
    assert time.perf_counter() - began < 1


# --- Comparison -------------------------------------------------------------------------------------------


def test_a_comparison_counts_pairs_and_does_mcnemars_test():
    groups = np.repeat(["a", "b", "c", "d"], 5)
    y = np.zeros(20, int)
    first = predictions(y, [0] * 16 + [1] * 4, groups)
    second = predictions(y, [0] * 9 + [1] * 9 + [0, 0], groups)
    found = compare(first, second, ("LSTM", "TCN"))
    assert (found.both_right, found.only_first, found.only_second, found.neither) == (9, 7, 2, 2)
    assert found.p_value == pytest.approx(2 * (1 + 9 + 36) / 2**9)
    assert found.accuracy == pytest.approx(0.25)
    assert found.accuracy_interval[0] < 0.25 < found.accuracy_interval[1]
    assert "LSTM has 7, TCN 2: p = 0.18" in str(found)


def test_a_model_compared_with_itself_does_not_differ():
    told = noisy()
    found = compare(told, told)
    assert (found.accuracy, found.macro_f1, found.p_value) == (0, 0, 1)
    assert np.isnan(found.accuracy_interval).all()


def test_takes_in_another_order_under_other_numbers_are_matched():
    first, second = noisy(seed=1), noisy(seed=2)
    turned = second[np.arange(len(second))[::-1]].with_labels(LABELS[::-1])
    found, wanted = compare(first, turned), compare(first, second)
    assert (found.only_first, found.only_second) == (wanted.only_first, wanted.only_second)
    assert found.macro_f1 == pytest.approx(wanted.macro_f1)
    assert found.macro_f1_interval == pytest.approx(wanted.macro_f1_interval)


def test_pairing_makes_the_interval_narrower():
    rng = np.random.default_rng(0)
    groups = np.repeat([f"d{n}" for n in range(8)], 20)
    hard = rng.random(160) < np.repeat(np.linspace(0, 0.9, 8), 20)  # hard for both models
    first = predictions(np.zeros(160, int), hard.astype(int), groups)
    second = predictions(np.zeros(160, int), (hard | (rng.random(160) < 0.1)).astype(int), groups)
    low, high = compare(first, second).accuracy_interval
    alone = first.intervals().accuracy
    assert low > 0 and high - low < (alone[1] - alone[0]) / 3


def test_different_takes_or_labels_are_not_compared():
    told = noisy()
    with pytest.raises(BalletError, match="different takes: t89 had one"):
        compare(told, told[:-1])
    other = Predictions((told.y + 1) % 3, told.probabilities, told.groups, told.labels, told.take_ids)
    with pytest.raises(BalletError, match="t0 is 'releve' by d0 for one model and 'demi_plie' by d0"):
        compare(told, other)
    with pytest.raises(BalletError, match="different names"):
        compare(told, told, ("a", "a"))


def test_published_counts_bound_what_mcnemar_could_say():
    table = compare_counts({"TCN": 53, "LSTM": 60, "attention": 58}, 91).set_index(["better", "worse"])
    assert list(table.index) == [("LSTM", "attention"), ("LSTM", "TCN"), ("attention", "TCN")]
    widest = table.loc[("LSTM", "TCN")]
    assert widest.difference == pytest.approx(7 / 91)
    assert widest.low < 0 < widest.high
    assert widest.p_least == pytest.approx(2 / 2**7) and widest.p_most == pytest.approx(mcnemar(38, 31))
    assert table.loc[("LSTM", "attention")].p_least == 0.5
    with pytest.raises(BalletError, match="two models or more"):
        compare_counts({"LSTM": 60}, 91)
    with pytest.raises(BalletError, match="0 to 50 each"):
        compare_counts({"LSTM": 60, "TCN": 50}, 50)


def test_the_interval_of_a_difference_is_newcombes():
    (row,) = compare_counts({"a": 9, "b": 3}, 10).itertuples()
    assert (row.low, row.high) == pytest.approx((0.1705, 0.8090), abs=1e-4)  # an example of his paper


def test_power_agrees_with_a_simulation():
    rng = np.random.default_rng(0)
    first, second = rng.random((2000, 91)) < 0.75, rng.random((2000, 91)) < 0.55
    only = (first & ~second).sum(axis=1), (~first & second).sum(axis=1)
    simulated = np.mean([mcnemar(int(a), int(b)) <= 0.05 for a, b in zip(*only, strict=True)])
    assert power(91, (0.75, 0.55)) == pytest.approx(simulated, abs=0.03)
    assert power(91, (0.6, 0.6)) <= 0.05
    assert power(91, (0.7, 0.6), disagreement=0.1) > power(91, (0.7, 0.6))


def test_the_smallest_difference_shrinks_with_more_clips():
    few, many = smallest_difference(91, 0.6), smallest_difference(910, 0.6)
    assert 0.15 < few < 0.25 and many < few / 2.5
    assert power(91, (0.6 + few, 0.6)) >= 0.8 > power(91, (0.6 + few - 1 / 91, 0.6))
    assert np.isnan(smallest_difference(5, 0.9))
    for bad in ({"n": 0, "accuracy": 0.5}, {"n": 9, "accuracy": 1.5}):
        with pytest.raises(BalletError):
            smallest_difference(**bad)
    with pytest.raises(BalletError, match="cannot disagree"):
        power(91, (0.9, 0.5), disagreement=0.1)


# --- Calibration ------------------------------------------------------------------------------------------


def test_reliability_bins_hold_their_takes():
    told = predictions([0] * 10, [0] * 6 + [1] * 4, sure=0.9)
    table = reliability_table(told)
    (filled,) = table[table.n > 0].itertuples()
    assert (filled.low, filled.high, filled.n) == (pytest.approx(0.8), pytest.approx(0.9), 10)
    assert (filled.confidence, filled.accuracy) == (pytest.approx(0.9), 0.6)
    assert (filled.accuracy_low, filled.accuracy_high) == accuracy_interval(6, 10)
    assert table.n.sum() == 10 and table[table.n == 0].accuracy.isna().all()
    assert expected_calibration_error(told) == pytest.approx(0.3)
    with pytest.raises(BalletError, match="whole number"):
        reliability_table(told, bins=0)


def test_certainty_falls_into_the_last_bin():
    table = reliability_table(predictions([0, 1], [0, 1], sure=1.0), bins=5)
    assert table.n.tolist() == [0, 0, 0, 0, 2]
    assert expected_calibration_error(predictions([0, 1], [0, 1], sure=1.0)) == 0


def test_a_threshold_trades_answers_for_accuracy():
    y = [0, 0, 0, 2, 2]
    told = np.array([[0.9, 0.1, 0], [0.8, 0.2, 0], [0.3, 0.7, 0], [0.95, 0.05, 0], [0.1, 0, 0.9]])
    told = Predictions(y, told, ["d"] * 5, LABELS, list("abcde"))
    table = threshold_curve(told, [0, 0.8, 0.94, 1]).set_index("threshold")
    assert table.answered.tolist() == [1, 0.8, 0.2, 0]
    assert table.accuracy.tolist()[:3] == [0.6, 0.75, 0] and np.isnan(table.accuracy[1.0])
    assert table.wrong.tolist() == pytest.approx([0.4, 0.2, 0.2, 0])
    assert table.other_accepted.tolist() == [0.5, 0.5, 0.5, 0]
    assert threshold_curve(told, rejection="nothing").other_accepted.isna().all()
    with pytest.raises(BalletError, match="0 to 1"):
        threshold_curve(told, [80])


def test_a_temperature_mends_a_model_that_is_too_sure():
    told = predictions([0] * 100, [0] * 60 + [1] * 40, sure=0.99)
    temperature = fit_temperature(told)
    cooled = with_temperature(told, temperature)
    assert temperature > 1
    assert expected_calibration_error(cooled) < 0.12 < 0.3 < expected_calibration_error(told)
    np.testing.assert_array_equal(cooled.predicted, told.predicted)
    same = with_temperature(told, 1.0).probabilities
    np.testing.assert_allclose(same, told.probabilities, atol=1e-9)
    for bad in (0, -1, float("nan")):
        with pytest.raises(BalletError, match="above 0"):
            with_temperature(told, bad)


# --- Many trainings ---------------------------------------------------------------------------------------


def test_every_dancer_is_asked_of_a_model_that_never_saw_her():
    takes, asked = company(4), []

    def train(learned):
        model = Oracle(labels=LABELS if len(asked) % 2 else LABELS[::-1])  # models may number differently
        asked.append(set(takes.dancers) - set(learned.dancers))
        return model

    told = leave_one_dancer_out(takes, train, bar=False)
    assert asked == [{"d0"}, {"d1"}, {"d2"}, {"d3"}]
    assert sorted(told.take_ids) == sorted(take.take_id for take in takes)
    assert told.labels == takes.labels and told.accuracy == 1
    with pytest.raises(BalletError, match="second dancer"):
        leave_one_dancer_out(company(1), train, bar=False)


def test_a_learning_curve_tests_the_same_dancers_and_nests_those_it_trains_on():
    takes, seen = company(8), []

    def train(learned):
        seen.append(learned.dancers)
        wrong = {t.take_id for t in takes if t.movement == "other"} if len(learned.dancers) < 4 else ()
        return Oracle(wrong=wrong)

    table = learning_curve(takes, (2, 4), test=["d0", "d1"], repeats=3, train=train, bar=False)
    assert table.columns.tolist() == ["dancers", "repeat", "accuracy", "macro_f1"]
    assert table.dancers.tolist() == [2, 2, 2, 4, 4, 4]
    assert table.accuracy.tolist() == pytest.approx([2 / 3] * 3 + [1] * 3)
    assert not {"d0", "d1"} & set().union(*seen)
    assert all(set(few) < set(more) for few, more in zip(seen[:3], seen[3:], strict=True))
    assert len(set(seen[:3])) > 1  # repeats draw anew
    pd.testing.assert_frame_equal(
        table, learning_curve(takes, (2, 4), test=["d0", "d1"], repeats=3, train=train, bar=False)
    )


def test_learning_curves_that_cannot_be_are_refused():
    for numbers in ((2, 9), (0,), ()):
        with pytest.raises(BalletError, match="numbers from 1 to 6"):
            learning_curve(company(8), numbers, train=lambda takes: Oracle(), bar=False)
    with pytest.raises(BalletError, match="epochs are for training"):
        learning_curve(company(4), (1,), train=lambda takes: Oracle(), epochs=3)


def test_without_a_function_the_courses_own_training_is_used(monkeypatch):
    from ballet_lib import training

    given = []
    monkeypatch.setattr(training, "fit", lambda takes, **settings: given.append(settings) or Oracle())
    leave_one_dancer_out(company(3), bar=False, network="tcn", epochs=2)
    assert given == [{"bar": False, "network": "tcn", "epochs": 2}] * 3
