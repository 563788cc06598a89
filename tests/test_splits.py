"""Train and test: who is held out, what the paper's split tests on, and leaks of every kind."""

import subprocess
import sys
import zlib
from dataclasses import replace

import numpy as np
import pytest

from ballet_lib import BalletError
from ballet_lib.augmentation import augmented, mirror
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.splits import (
    LeakError,
    Split,
    accuracy_interval,
    check_leaks,
    find_leaks,
    leave_one_dancer_out,
    random_split,
    shared_dancers,
    split_by_dancer,
)
from ballet_lib.takes import Take, TakeSet
from ballet_lib.vocabulary import BALLET_MOVEMENTS


def take(take_id, dancer="d1", movement="releve", frames=8, source="", seed=None, **meta):
    seed = zlib.crc32(take_id.encode()) if seed is None else seed
    landmarks = np.random.default_rng(seed).random((frames, 33, 4), dtype=np.float32)
    return Take(PoseSequence(landmarks, None, 20, (640, 480), source), movement, dancer, take_id, meta)


def company(dancers=4, each=6):
    return TakeSet(
        take(f"d{d}-{n}", f"d{d}", BALLET_MOVEMENTS[n % 6], source=f"d{d}-{n}.mp4")
        for d in range(dancers)
        for n in range(each)
    )


def kinds(train, test):
    return [leak.kind for leak in find_leaks(train, test)]


def test_importing_the_rooms_of_takes_is_light():
    code = """
import sys
import ballet_lib.augmentation, ballet_lib.features, ballet_lib.quality
import ballet_lib.splits, ballet_lib.take_files
print(sorted({"pandas", "sklearn", "scipy", "matplotlib", "tensorflow"} & set(sys.modules)))
"""
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


# By dancer


@pytest.mark.parametrize(("share", "held"), [(0.25, 1), (0.5, 2), (0.01, 1), (0.99, 3)])
def test_a_share_of_the_dancers_and_at_least_one_on_each_side(share, held):
    split = split_by_dancer(company(), share)
    assert len(split.test.dancers) == held and len(split.train.dancers) == 4 - held
    assert not shared_dancers(split.train, split.test)
    assert len(split.train) + len(split.test) == 24 and split.train.labels == split.test.labels


def test_the_seed_chooses_and_repeats():
    chosen = [split_by_dancer(company(8), seed=seed).test.dancers for seed in range(6)]
    assert len(set(chosen)) > 1
    assert chosen == [split_by_dancer(company(8), seed=seed).test.dancers for seed in range(6)]


def test_named_dancers_are_held_out():
    split = split_by_dancer(company(), ["d1", "d3"])
    assert split.test.dancers == ("d1", "d3") and split.train.dancers == ("d0", "d2")
    assert split_by_dancer(company(), "d2").test.dancers == ("d2",)
    assert "12 takes of 2 dancers (d0, d2)" in repr(split) and "d1, d3 held out" in repr(split)


def test_a_split_can_be_split_again():
    first = split_by_dancer(company(), ["d0"])
    second = split_by_dancer(first.train, ["d1"])
    assert second.train.dancers == ("d2", "d3") and second.test.dancers == ("d1",)


def test_each_dancer_is_left_out_once():
    splits = list(leave_one_dancer_out(company()))
    assert [split.test.dancers for split in splits] == [("d0",), ("d1",), ("d2",), ("d3",)]
    assert all(len(split.train) == 18 for split in splits)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: split_by_dancer(company(1)), "second dancer"),
        (lambda: split_by_dancer(TakeSet()), "0 takes"),
        (lambda: split_by_dancer(company(), ["d1", "dx"]), "no dancer dx"),
        (lambda: split_by_dancer(company(), ["d0", "d1", "d2", "d3"]), "not all"),
        (lambda: split_by_dancer(company(), []), "at least one"),
        (lambda: split_by_dancer(company(), 1.0), "between 0 and 1"),
        (lambda: split_by_dancer(company(), float("nan")), "between 0 and 1"),
        (lambda: random_split(company(), 0), "between 0 and 1"),
        (lambda: random_split(company()[:1]), "Lower it"),
        (lambda: random_split(company()[:2], 0.9), "Lower it"),
        (lambda: accuracy_interval(3, 2), "no score"),
        (lambda: accuracy_interval(0, 0), "no score"),
    ],
)
def test_what_cannot_be_split_is_said(call, says):
    with pytest.raises(BalletError, match=says):
        call()


# At random


def test_the_papers_split_of_120_takes_is_a_test_on_six(capsys):
    takes = company(1, 120)
    split = random_split(takes)
    assert (len(split.train), len(split.test)) == (114, 6)
    said = capsys.readouterr().out
    assert "6 of 120 takes" in said and "who are in training too: 1 of 1" in said
    assert "Even 6 of 6 right" in said and "54 to 100%" in said
    for movement in BALLET_MOVEMENTS:
        count = sum(one.movement == movement for one in split.test)
        assert (f"{count} {movement}" in said) if count else (movement in said.split("Never tested:")[1])
    again, other = random_split(takes), random_split(takes, seed=1)
    ids = [[one.take_id for one in one_split.test] for one_split in (split, again, other)]
    assert ids[0] == ids[1] != ids[2]


def test_windows_of_the_same_takes_cannot_be_divided_at_random(capsys):
    takes = TakeSet(replace(one, meta={"timeline": [[0, 9, one.movement]]}) for one in company())
    for stride, kind in ((4, "performance"), (2, "overlap")):
        with pytest.raises(LeakError, match="performance d") as caught:
            random_split(takes.windows(4, stride), 0.25)
        assert {leak.kind for leak in caught.value.leaks} >= {kind}
    assert capsys.readouterr().out == "", "nothing is told about a split that leaks"
    by_dancer = split_by_dancer(takes.windows(4, 2))
    assert len(by_dancer.test) == 6 * 3, "windows divided by dancer are fine"


@pytest.mark.parametrize(("right", "of", "low"), [(6, 6, 0.541), (5, 5, 0.478), (9, 9, 0.664), (0, 4, 0.0)])
def test_a_perfect_score_on_few_says_little(right, of, low):
    assert accuracy_interval(right, of)[0] == pytest.approx(low, abs=0.001)
    assert accuracy_interval(of - right, of)[1] == pytest.approx(1 - low, abs=0.001)


# Leaks


def test_unrelated_takes_do_not_leak():
    assert find_leaks(company()[:12], company()[12:]) == []
    check_leaks(company()[:12], company()[12:])
    assert find_leaks([], company()) == []


def test_one_performance_on_both_sides():
    assert kinds([take("a", performance="p")], [take("b", performance="p")]) == ["performance"]
    assert kinds([take("a")], [take("b", performance="a", first_frame=20)]) == ["performance"]


@pytest.mark.parametrize(("first", "kind"), [(0, "overlap"), (7, "overlap"), (8, "performance")])
def test_windows_overlap_as_long_as_they_share_a_frame(first, kind):
    train = [take("a", performance="p", first_frame=0)]
    assert kinds(train, [take("b", performance="p", first_frame=first)]) == [kind]


def test_two_people_of_one_performance_leak_and_do_not_overlap():
    train, test = (
        take(name, dancer, source="duet.mp4", performance="duet", person=person, first_frame=0)
        for name, dancer, person in (("a", "d1", 0), ("b", "d2", 1))
    )
    assert kinds([train], [test]) == ["performance"], "told once"


def test_one_video_on_both_sides_even_with_two_dancers():
    with pytest.raises(LeakError, match=r"video duet\.mp4 is on both sides: a in training, b in the test"):
        check_leaks([take("a", "d1", source="duet.mp4")], [take("b", "d2", source="duet.mp4")])
    duets = TakeSet([take("a", "d1", source="duet.mp4"), take("b", "d2", source="duet.mp4")])
    with pytest.raises(LeakError):
        split_by_dancer(duets)
    with pytest.raises(LeakError):
        next(leave_one_dancer_out(duets))


@pytest.mark.parametrize("source", ["", " ", "unknown", "stream", "Studio", "webcam"])
def test_a_source_that_says_nothing_is_no_sign(source):
    assert find_leaks([take("a", source=source)], [take("b", source=source)]) == []


def test_copies_made_by_augmentation_are_told_as_such():
    more = augmented(company(2, 2), seed=1, change=lambda one, rng: mirror(one))
    leaks = find_leaks(more[:4], more[4:])
    assert [leak.kind for leak in leaks] == ["copy"] * 4
    assert leaks[0].train == ("d0-0",) and leaks[0].test == ("d0-0.a01",)
    assert "augmented copies" in str(leaks[0])
    with pytest.raises(LeakError):
        random_split(more, 0.5)


def test_equal_arrays_under_two_names():
    assert kinds([take("a", seed=1)], [take("b", seed=1)]) == ["duplicate"]
    assert kinds([take("a", seed=1)], [take("b", seed=2)]) == []


def test_a_window_that_forgot_where_it_came_from_is_found_by_its_frames():
    whole = take("whole", frames=40, seed=1)
    for start, stop, found in ((10, 30, True), (35, 40, True)):
        piece = replace(whole, poses=whole.poses[start:stop], take_id="piece")
        assert bool(find_leaks([whole], [piece])) is found
        assert bool(find_leaks([take("x"), whole], [take("y"), piece])) is found
    mixed = take("mixed", frames=40, seed=2)
    mixed.poses.landmarks[:9] = whole.poses.landmarks[:9]
    assert find_leaks([whole], [mixed]) == [], "less than a quarter may be chance"
    mixed.poses.landmarks[:10] = whole.poses.landmarks[:10]
    assert kinds([whole], [mixed]) == ["duplicate"]


@pytest.mark.parametrize("value", [np.nan, 0.0])
def test_takes_of_nobody_are_no_duplicates(value):
    train, test = take("a"), take("b")
    train.poses.landmarks[:] = test.poses.landmarks[:] = value
    assert find_leaks([train], [test]) == []


def test_frozen_takes_are_duplicates_only_of_the_same_picture():
    train, same, other = (take(name, seed=seed) for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    for one in (train, same, other):
        one.poses.landmarks[:] = one.poses.landmarks[0]
    assert kinds([train], [same]) == ["duplicate"] and kinds([train], [other]) == []


def test_a_long_list_of_leaks_is_cut_short_and_kept_whole():
    takes = company()
    copies = [replace(one, take_id=f"{one.take_id}.x", meta={"performance": one.take_id}) for one in takes]
    with pytest.raises(LeakError, match="and 21 more") as caught:
        check_leaks(takes, copies)
    assert len(caught.value.leaks) == 24 and len(str(caught.value)) < 600
    assert isinstance(caught.value, BalletError) and "split_by_dancer" in str(caught.value)


def test_a_split_made_by_hand_can_be_looked_at():
    split = Split(company(3)[:9], company(3)[9:], "by hand")
    assert repr(split).startswith("Split by hand: train on 9 takes of 2 dancers (d0, d1), test on 9 takes")
    assert shared_dancers(split.train, split.test) == ("d1",)
