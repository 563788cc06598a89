"""Takes and sets of them: labels, windows, timelines, resampling, arrays."""

from dataclasses import replace

import numpy as np
import pytest

from ballet_lib import BalletError
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.skeleton import INDEX
from ballet_lib.studio.camera import Camera
from ballet_lib.studio.scene import Scene
from ballet_lib.takes import ROUTINE, Segment, Take, TakeSet, in_order, most_common


def clock(frames=40, fps=20.0, world=True):
    """Landmarks that all tell the number of their frame."""
    landmarks = np.broadcast_to(np.arange(frames, dtype=np.float32)[:, None, None], (frames, 33, 4)).copy()
    return PoseSequence(landmarks, landmarks[..., :3].copy() if world else None, fps, (640, 480), "clock.mp4")


def take(take_id="t", movement="releve", dancer="d1", frames=40, **meta):
    return Take(clock(frames), movement, dancer, take_id, meta)


def times(sequence):
    return sequence.landmarks[:, 0, 0]


@pytest.fixture
def takes():
    return TakeSet(
        take(f"{dancer}-{movement}-{n}", movement, dancer)
        for dancer in ("bo", "al", "cy")
        for movement in ("other", "releve", "zeppelin", "demi_plie")
        for n in range(2)
    )


# Take


def test_a_take_knows_its_length_and_its_performance():
    whole = take(frames=12)
    assert (len(whole), whole.performance, whole.first_frame) == (12, "t", 0)
    assert take(performance="p", first_frame=7).first_frame == 7
    assert take(performance="p").performance == "p"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"movement": "../../x"}, "cannot be a movement"),
        ({"movement": ""}, "cannot be a movement: it is empty"),
        ({"dancer": "con"}, "cannot be a dancer"),
        ({"take_id": "../t"}, "cannot be a take_id"),
        ({"exact": np.zeros((3, 33, 3))}, r"\(3, 33, 3\), not \(40, 33, 3\)"),
    ],
)
def test_what_a_take_cannot_be(changes, says):
    with pytest.raises(BalletError, match=says):
        replace(take(), **changes)


def test_a_cut_remembers_where_it_came_from():
    whole = replace(take(frames=20, side="left"), exact=np.arange(20 * 99).reshape(20, 33, 3))
    piece = whole.cut(5, 15)
    assert times(piece.poses).tolist() == list(range(5, 15)) and len(piece.poses.world) == 10
    assert (piece.take_id, piece.performance, piece.first_frame) == ("t.00005", "t", 5)
    assert piece.meta["side"] == "left" and np.array_equal(piece.exact, whole.exact[5:15])
    again = piece.cut(2, 4, "other")
    assert (again.performance, again.first_frame, again.movement) == ("t", 7, "other")
    assert times(again.poses).tolist() == [7, 8] and "first_frame" not in whole.meta
    for start, stop in ((-1, 5), (5, 5), (0, 21)):
        with pytest.raises(BalletError, match="20 frames"):
            whole.cut(start, stop)


def test_without_a_timeline_a_take_shows_its_movement_throughout():
    assert take(frames=40).timeline == [Segment(0, 2, "releve")]
    assert set(take().frame_labels) == {"releve"}


def test_a_timeline_labels_the_frames_and_gaps_are_other():
    routine = take(movement=ROUTINE, frames=20, timeline=[[0.1, 0.3, "releve"], [0.5, 9, "demi_plie"]])
    labels = routine.frame_labels
    assert labels.tolist() == ["other"] * 2 + ["releve"] * 4 + ["other"] * 4 + ["demi_plie"] * 10
    cut = routine.cut(4, 12)
    assert cut.frame_labels.tolist() == labels[4:12].tolist()
    assert cut.timeline[0].start == 0 and cut.timeline[-1].end == pytest.approx(0.4)
    assert routine.cut(6, 10).timeline == [] and set(routine.cut(6, 10).frame_labels) == {"other"}


def test_the_truth_is_what_a_perfect_extractor_returns():
    scene = Scene("releve", camera=Camera(yaw=25))
    camera = scene.framed
    exact = ((scene.points - camera.eye) @ camera.axes.T).astype(np.float32)
    known = Take(scene.exact, "releve", "d1", "t", {"focal": camera.focal}, exact)
    np.testing.assert_allclose(known.truth.landmarks, scene.exact.landmarks, atol=1e-5)
    np.testing.assert_allclose(known.truth.world, scene.exact.world, atol=1e-5)
    with pytest.raises(BalletError, match="synthetic"):
        _ = take().truth


# Resampling


def test_a_number_of_frames_keeps_the_ends_and_the_seconds_between_them():
    poses = clock(31)
    for frames in (40, 31, 16, 2):
        resampled = poses.resample(frames=frames)
        np.testing.assert_allclose(times(resampled), np.linspace(0, 30, frames), atol=1e-4)
        assert (frames - 1) / resampled.fps == pytest.approx(30 / 20)
    assert len(poses.resample(frames=1)) == 1 and poses.resample(frames=1).fps == 20
    assert len(clock(1).resample(frames=5)) == 5


def test_another_rate_ends_no_later():
    for fps in (10, 12.5, 20, 30, 60):
        resampled = clock(31).resample(fps)
        np.testing.assert_allclose(times(resampled) / 20, np.arange(len(resampled)) / fps, atol=1e-4)
        assert 30 - times(resampled)[-1] < 20 / fps and resampled.fps == fps
        assert np.array_equal(resampled.world[..., 0], resampled.landmarks[..., 0])


def test_missing_frames_stay_missing_and_do_not_spread():
    poses = clock(9)
    poses.landmarks[4] = np.nan
    thrice = times(poses.resample(60))
    assert np.flatnonzero(np.isnan(thrice)).tolist() == [11, 12, 13]
    assert thrice[10] == 3 and thrice[14] == 5, "the nearest stands in"
    half = poses.resample(frames=3)
    assert np.isnan(times(half)).tolist() == [False, True, False]


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"fps": 10, "frames": 3},
        {"frames": 0},
        {"frames": -2},
        {"fps": np.nan},
        {"fps": 0},
        {"fps": np.inf},
    ],
)
def test_resampling_that_makes_no_sense(wrong):
    with pytest.raises(BalletError, match="Resampling"):
        clock().resample(**wrong)
    with pytest.raises(BalletError, match="Resampling"):
        clock(0).resample(frames=5)


def test_a_resampled_take_knows_its_place_and_drops_exact_joints_and_masks():
    masks = np.zeros((20, 4, 4), np.uint8)
    whole = replace(take(frames=20), exact=np.zeros((20, 33, 3)))
    piece = replace(whole, poses=replace(whole.poses, masks=masks)).cut(10, 20).resample(10)
    assert piece.exact is None and piece.poses.masks is None
    assert piece.first_frame == 5 and whole.resample(10).meta == {}


# TakeSet


def test_labels_come_in_the_courses_order(takes):
    assert takes.labels == ("demi_plie", "releve", "other", "zeppelin")
    assert takes.label_map["releve"] == 1
    assert [takes.labels[number] for number in takes.y] == [one.movement for one in takes]
    assert takes.dancers == ("al", "bo", "cy") and takes.groups[0] == "bo"
    assert "24 takes, 3 dancers" in repr(takes)
    assert in_order(["b", "other", "a", "releve", "a"]) == ("releve", "other", "a", "b")


def test_labels_of_your_own_order_and_those_that_are_not_danced():
    own = TakeSet([take()], labels=("releve", "never"))
    assert own.labels == ("releve", "never") and own.y.tolist() == [0]
    with pytest.raises(BalletError, match=r"'releve', which is not among the labels demi_plie\."):
        TakeSet([take()], labels=("demi_plie",))
    with pytest.raises(BalletError, match="Two takes are called t"):
        TakeSet([take(), take()])


def test_some_of_the_takes(takes):
    assert takes[3].take_id == "bo-releve-1" and takes[np.int64(-1)].dancer == "cy"
    assert [one.take_id for one in takes[[5, 0]]] == [takes[5].take_id, takes[0].take_id]
    assert len(takes[2:6]) == 4 and takes[2:3].labels == takes.labels
    mask = takes.groups == "al"
    assert len(takes[mask]) == 8 and takes[mask].dancers == ("al",)
    assert len(takes[[]]) == 0 and len(takes[:0]) == 0
    with pytest.raises(BalletError, match="mask has 3 values"):
        takes[[True, False, True]]


def test_sets_are_joined(takes):
    both = takes[:2] + TakeSet([take("new", "attitude_croisee")])
    assert len(both) == 3 and both.labels[2] == "attitude_croisee"
    with pytest.raises(BalletError, match="Two takes"):
        takes + takes[:1]


def test_numbers_of_an_order_of_your_own_stay_when_sets_grow():
    own = TakeSet([take("a", "releve"), take("b", "zeppelin")], labels=("zeppelin", "releve"))
    grown = own + TakeSet([take("c", "demi_plie"), take("d", "releve")])
    assert grown.labels == ("zeppelin", "releve", "demi_plie")
    assert own.windows(20).labels == own.labels
    routine = take("r", ROUTINE, timeline=[[0, 2, "demi_plie"]])
    both = TakeSet([*own, routine], (*own.labels, ROUTINE)).windows(20)
    assert both.labels == ("zeppelin", "releve", "demi_plie")


def test_filter_keeps_what_fits_all_that_is_asked(takes):
    some = takes.filter(movement=["releve", "other"], dancer="al")
    assert len(some) == 4 and some.labels == takes.labels
    assert len(takes.filter(lambda one: one.take_id.endswith("1"), movement="zeppelin")) == 3
    assert len(takes.filter()) == 24
    with pytest.raises(BalletError, match=r"no movement relevee\. There are: demi_plie"):
        takes.filter(movement="relevee")
    with pytest.raises(BalletError, match=r"no dancer dx\. There are: al, bo, cy"):
        takes.filter(dancer=["al", "dx"])


def test_table_and_summary(takes):
    more = takes + TakeSet([take("last", "releve", "bo", 20, side="left", timeline=[[0, 1, "releve"]])])
    table = more.table()
    assert table.loc["last", ["movement", "frames", "seconds", "side"]].tolist() == [
        "releve",
        20,
        1.0,
        "left",
    ]
    assert "timeline" not in table and len(table) == 25 and (table["found"] == 1).all()
    counts = more.summary()
    assert counts.loc["bo", "releve"] == 3 and counts.loc["all", "all"] == 25
    assert list(counts.columns) == [*more.labels, "all"]
    assert TakeSet().table().empty


def test_windows_tell_what_most_of_their_frames_show():
    routine = take("r", ROUTINE, frames=50, timeline=[[0, 0.7, "releve"], [0.7, 2.5, "demi_plie"]])
    windows = TakeSet([routine]).windows(20, 10)
    assert [one.movement for one in windows] == ["releve", "demi_plie", "demi_plie", "demi_plie"]
    assert [one.first_frame for one in windows] == [0, 10, 20, 30]
    assert windows.labels == ("demi_plie", "releve") and {one.performance for one in windows} == {"r"}
    assert [times(one.poses)[0] for one in windows] == [0, 10, 20, 30]
    apart = TakeSet([routine]).windows(20)
    assert [one.first_frame for one in apart] == [0, 20], "what is left over is dropped"
    assert len(TakeSet([take(frames=5)]).windows(20)) == 0
    assert len({one.take_id for one in windows.windows(5)}) == 16
    for wrong in ({"frames": 0}, {"frames": 5, "stride": -1}):
        with pytest.raises(BalletError, match="1 or more"):
            TakeSet([routine]).windows(**wrong)


def test_the_label_that_comes_first_wins_a_draw():
    assert most_common(np.array(["b", "a", "a", "b"])) == "b"
    assert most_common(np.array(["b", "a", "a"])) == "a"


def test_arrays_have_the_shape_of_the_contract(takes):
    X, y, groups = takes.to_arrays()
    assert X.shape == (24, 40, 132) and X.dtype == np.float32
    assert y.dtype.kind == "i" and groups.dtype.kind == "U" and len(y) == len(groups) == 24
    assert np.array_equal(X[0], takes[0].poses.landmarks.reshape(40, 132))


def test_arrays_of_takes_that_differ_in_length():
    takes = TakeSet([take("a", frames=30), take("b", frames=50)])
    X = takes.to_arrays(frames=25).X
    assert X.shape == (2, 25, 132)
    assert X[0, -1, 0] == pytest.approx(29) and X[1, -1, 0] == pytest.approx(49)
    with pytest.raises(BalletError, match="30 to 50 frames"):
        takes.to_arrays(frames=None)
    assert takes[:1].to_arrays(frames=None).X.shape == (1, 30, 132)
    assert takes.resample(frames=12).to_arrays(frames=None).X.shape == (2, 12, 132)
    with pytest.raises(BalletError, match="no take"):
        TakeSet().to_arrays()


def test_arrays_pass_features_and_missing_on(takes):
    def knee(poses):
        return poses.landmarks[:, INDEX["left_knee"], :2]

    takes[0].poses.landmarks[3] = np.nan
    assert takes.to_arrays(knee).X.shape == (24, 40, 2)
    assert takes.to_arrays(knee).X[0, 3, 0] == 3
    assert takes.to_arrays(knee, missing="zero").X[0, 3, 0] == 0
    assert np.isnan(takes.to_arrays(knee, missing="nan").X[0, 3, 0])
    with pytest.raises(BalletError, match="bo-other-0: There are no world"):
        TakeSet([replace(takes[0], poses=clock(world=False))]).to_arrays("world")
