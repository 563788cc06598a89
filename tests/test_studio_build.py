"""The shipped sets are what their recipes say, and a build survives being stopped."""

from collections import Counter
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from ballet_lib import DATASETS, BalletError
from ballet_lib.quality import quality_report
from ballet_lib.splits import find_leaks, leave_one_dancer_out
from ballet_lib.studio import build, recipes
from ballet_lib.studio.choreography import PHRASES
from ballet_lib.takes import TakeSet
from ballet_lib.vocabulary import BALLET_MOVEMENTS, MOVEMENTS


@pytest.fixture(scope="module")
def shipped():
    return {name: TakeSet.load(name) for name in recipes.SETS}


# What ships


def test_ballet6_is_balanced_and_varied(shipped):
    takes = shipped["ballet6"]
    assert set(Counter((t.dancer, t.movement) for t in takes).values()) == {5}
    assert len(takes) == 12 * 7 * 5 and takes.labels == tuple(MOVEMENTS)
    assert {(len(t), t.poses.fps) for t in takes} == {(40, 20.0)}
    table = takes.table()
    assert {"side", "tempo", "yaw", "seed"} <= set(table.columns)
    views = np.histogram(table["yaw"], bins=np.arange(-180, 181, 45))[0]
    assert (views > 8).all(), f"views from all around, not {views}"
    assert table["side"].value_counts(normalize=True).min() > 0.4
    assert np.ptp(table["amplitude"]) > 0.4 and np.ptp(table["tempo"]) > 60
    assert (table["arms"] == "own").mean() < 0.6, "arms do not give the movement away"
    assert 0.05 < table["cropped"].mean() < 0.2 and 0.05 < (table["dark"] > 0).mean() < 0.2
    assert set(table["phrase"][table["movement"] == "other"]) == {f.__name__ for f in PHRASES["other"]}


def test_ballet6_paper_is_one_dancer_from_the_front(shipped):
    takes = shipped["ballet6-paper"]
    assert Counter(t.movement for t in takes) == dict.fromkeys(BALLET_MOVEMENTS, 20)
    assert len(takes.dancers) == 1 and sum(map(len, takes)) == 4800


def test_routines_are_long_and_hold_five_movements(shipped):
    for take in shipped["routines"]:
        danced = [label for _, _, label in take.timeline if label != "other"]
        assert 30 <= take.poses.seconds <= 60.1
        assert len(danced) == len(set(danced)) == 5
        starts, ends = zip(*((start, end) for start, end, _ in take.timeline), strict=True)
        assert (
            all(a <= b for a, b in zip(ends, starts[1:], strict=False))
            and ends[-1] <= take.poses.seconds + 0.05
        )
    assert Counter(t.dancer for t in shipped["routines"]).most_common() == [
        (f"r{n:02d}", 6) for n in range(1, 5)
    ]


def test_no_dancer_is_in_two_sets(shipped):
    dancers = [dancer for takes in shipped.values() for dancer in takes.dancers]
    assert len(dancers) == len(set(dancers)) == 12 + 1 + 4


def test_shipped_sets_pass_their_own_quality_report_and_leak_check(shipped):
    for name, takes in shipped.items():
        report = quality_report(takes, frames=None if name == "routines" else 40)
        assert report.ok, f"{name}: {report}"
    assert len(list(leave_one_dancer_out(shipped["ballet6"]))) == 12  # each passes the leak check
    assert not find_leaks(shipped["ballet6"], shipped["routines"])
    assert not find_leaks(shipped["ballet6"], shipped["ballet6-paper"])


def test_the_landmarks_are_a_real_extractors_and_the_truth_lies_beside(shipped):
    takes = shipped["ballet6"].filter(lambda take: abs(take.meta["yaw"]) < 45)
    errors = [
        np.abs(take.poses.landmarks - take.truth.landmarks)[take.poses.found][..., :2] for take in takes
    ]
    median = np.median(np.concatenate([error.ravel() for error in errors]))
    assert 0.001 < median < 0.01, "near the truth, and not the truth"


def test_datasets_are_small():
    sizes = [path.stat().st_size for path in DATASETS.rglob("*") if path.is_file()]
    assert sum(sizes) < 16e6 and max(sizes) < 5e6


def test_films_show_what_their_landmarks_say(shipped):
    from ballet_lib.video import probe

    films = sorted(DATASETS.glob("*_routine_*.mp4"))
    assert [film.stem for film in films] == ["r01_routine_1"]
    for path in films:
        (take,) = shipped["routines"].filter(lambda take: take.take_id == path.stem)  # noqa: B023
        film = probe(path)
        assert (film.width, film.height) == take.poses.size and film.frames == len(take)
        assert film.fps == take.poses.fps


# Building


def small(name, take_id, movement="releve"):
    recipe = recipes.SETS[name].recipes()[take_id]()
    return replace(recipe, scene=replace(recipe.scene, size=(120, 160)), frames=4, take_id=take_id)


@pytest.fixture
def tiny_sets(monkeypatch, tmp_path):
    """Two sets of few small takes, one with a film, and a cache and a folder of their own."""
    calls = []

    def make(name, take_id, film=False):
        calls.append(take_id)
        return replace(small(name, take_id), film=film)

    ids = ["d01_releve_1", "d02_releve_1", "d03_releve_1"]
    sets = {
        "ballet6": recipes.DataSet(
            "ballet6", "small", lambda: {i: partial(make, "ballet6", i) for i in ids}, 4
        ),
        "routines": recipes.DataSet(
            "routines",
            "one",
            lambda: {"r01_routine_1": partial(make, "routines", "r01_routine_1", True)},
            4,
        ),
    }
    monkeypatch.setattr(build, "SETS", sets)
    monkeypatch.setattr(build, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(build, "DATASETS", tmp_path / "data")
    return calls


def test_build_verify_and_describe(tiny_sets, tmp_path, capsys):
    files = build.build(workers=1, progress=False)
    assert [file.name for file in files] == ["ballet6.npz", "routines.npz"]
    assert sorted(p.name for p in (tmp_path / "data").iterdir()) == [
        "ballet6.npz", "r01_routine_1.mp4", "routines.npz",
    ]  # fmt: skip
    assert [one.ok for one in build.verify(["ballet6"], takes=2)] == [True, True]
    assert capsys.readouterr().out.count("ballet6") == 2
    told = build.describe("ballet6")
    assert (told["takes"], told["frames"], told["labels"]) == (3, 12, ["releve"])
    assert told["dancers"] == ["d01", "d02", "d03"]


def test_verify_notices_other_landmarks(tiny_sets, tmp_path):
    build.build(["ballet6"], workers=1, progress=False)
    takes = TakeSet.load(tmp_path / "data" / "ballet6.npz")
    for take in takes:
        take.poses.landmarks[..., 0] += 0.02
    takes.save(tmp_path / "data" / "ballet6.npz")
    assert not any(one.ok for one in build.verify(["ballet6"], tell=lambda *_: None))


def test_a_stopped_build_goes_on_where_it_was(tiny_sets, tmp_path, monkeypatch):
    real, made = build.make_take, []

    def stops(recipe, *more):
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(recipe.take_id)
        return real(recipe, *more)

    monkeypatch.setattr(build, "make_take", stops)
    with pytest.raises(KeyboardInterrupt):
        build.build(["ballet6"], workers=1, progress=False)
    assert not (tmp_path / "data" / "ballet6.npz").exists()
    monkeypatch.setattr(build, "make_take", real)
    tiny_sets.clear()
    build.build(["ballet6"], workers=1, progress=False)
    assert len(tiny_sets) == 1, "only what was missing is made"
    assert len(TakeSet.load(tmp_path / "data" / "ballet6.npz")) == 3


def test_unknown_names_and_closed_folders_are_said_before_the_work(tiny_sets, tmp_path):
    with pytest.raises(BalletError, match="no data set 'ballet7'"):
        build.build(["ballet7"])
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BalletError, match="cannot be written"):
        build.build(["ballet6"], tmp_path / "file" / "folder", workers=1)
    assert tiny_sets == []
    with pytest.raises(BalletError, match="not there"):
        build.verify(["ballet6"])


def test_recipes_are_the_same_every_time():
    first, again = (recipes.ballet6()["d05_other_3"]() for _ in range(2))
    assert first.scene == again.scene and first.meta == again.meta and first.dark == again.dark
    assert np.array_equal(first.scene.points, again.scene.points)


def test_an_attitude_is_croisee_and_an_arabesque_open_to_the_camera():
    made = recipes.ballet6(range(13, 15))
    assert not set(made) & set(recipes.ballet6()), "further dancers are others"
    for take_id, draw in made.items():
        if ("attitude" not in take_id and "arabesque" not in take_id) or take_id[-1] not in "123":
            continue
        meta = draw().meta
        from_working_side = meta["yaw"] * (1 if meta["side"] == "left" else -1)
        low, high = (-60, -20) if "attitude" in take_id else (45, 100)
        assert low - 1 <= from_working_side <= high + 1, take_id
