"""Marks in a video and the takes cut from it, without a widget."""

import errno
import json
import shutil

import numpy as np
import pytest

from ballet_lib import BalletError
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.recording import LabelSession, TakeRecorder
from ballet_lib.recording.film import Film
from ballet_lib.recording.marks import MarkList
from ballet_lib.recording.skeleton_drawing import draw_skeleton
from ballet_lib.skeleton import INDEX
from ballet_lib.takes import ROUTINE, Take, TakeSet
from ballet_lib.video import write_video

FRAMES, FPS = 60, 20.0


def poses(frames=FRAMES, source="x"):
    rng = np.random.default_rng(1)
    landmarks = rng.random((frames, 33, 4), np.float32)
    landmarks[:, 0, 0] = np.arange(frames)  # a frame tells its number
    return PoseSequence(landmarks, rng.random((frames, 33, 3), np.float32), FPS, (64, 48), source)


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Sixty frames, each grey as its number says."""
    frames = (np.full((48, 64, 3), 4 * number, np.uint8) for number in range(FRAMES))
    return write_video(tmp_path_factory.mktemp("films") / "Répétition 1.mp4", frames, FPS)


@pytest.fixture
def video(film, tmp_path):
    return shutil.copy(film, tmp_path / film.name)


@pytest.fixture
def session(video):
    return LabelSession(video, poses(), progress=False)


def marks(session):
    return [(mark.start, mark.end, mark.movement) for mark in session.marks]


# Marks


def test_marks_are_in_order_and_in_seconds_too(session):
    session.add(40, 60, "releve")
    session.add_seconds(0.0, 1.0, "demi_plie")
    assert marks(session) == [(0, 20, "demi_plie"), (40, 60, "releve")]
    assert session.timeline == [(0.0, 1.0, "demi_plie"), (2.0, 3.0, "releve")]
    assert session.marks.at(39) is None and session.marks.at(40).movement == "releve"


@pytest.mark.parametrize("start, end", [(15, 25), (5, 12), (12, 18), (0, 60), (10, 20), (19, 21)])
def test_marks_do_not_overlap(session, start, end):
    session.add(10, 20, "releve")
    with pytest.raises(BalletError, match="overlap the mark relevé"):
        session.add(start, end, "demi_plie")
    assert marks(session) == [(10, 20, "releve")]


def test_marks_may_touch(session):
    session.add(10, 20, "releve")
    session.add(20, 30, "releve")
    session.add(0, 10, "releve")
    assert len(session.marks) == 3


@pytest.mark.parametrize(
    "start, end, movement, said",
    [
        (-1, 5, "releve", "not in the video"),
        (50, 61, "releve", "not in the video"),
        (20, 10, "releve", "not in the video"),
        (5, 5, "releve", "not in the video"),
        (5, 6, "releve", "no movement"),
        (0.5, 9, "releve", "whole numbers"),
        (0, 9, "grand_jete", "grand_jete"),
        (0, 9, "../x", "../x"),
    ],
)
def test_marks_that_cannot_be(session, start, end, movement, said):
    with pytest.raises(BalletError, match=said):
        session.add(start, end, movement)
    assert marks(session) == [] and not session.path.exists()


def test_move_relabel_delete_undo_redo(session):
    one = session.add(10, 20, "releve").number
    two = session.add(30, 40, "other").number
    session.move(one, start=5)
    session.move(one, end=30)
    session.relabel(two, "demi_plie")
    assert marks(session) == [(5, 30, "releve"), (30, 40, "demi_plie")]
    with pytest.raises(BalletError, match="overlap"):
        session.move(one, end=31)
    session.delete(two)
    states = [marks(session)]
    while session.undo():
        states.append(marks(session))
    assert states[1] == [(5, 30, "releve"), (30, 40, "demi_plie")] and states[-1] == [] and len(states) == 7
    back = [marks(session)]
    while session.redo():
        back.append(marks(session))
    assert back == states[::-1]
    session.undo()
    session.add(50, 60, "other")
    assert not session.redo(), "a new change ends what could be made again"
    with pytest.raises(BalletError, match="no mark 99"):
        session.delete(99)


def test_a_relabel_that_changes_nothing_is_no_step(session):
    number = session.add(10, 20, "releve").number
    session.relabel(number, "releve")
    session.undo()
    assert marks(session) == []


# On disk


def test_every_change_is_on_disk_at_once(session, video):
    def on_disk():
        return marks(LabelSession(video, poses(), progress=False))

    number = session.add(10, 20, "releve").number
    assert on_disk() == marks(session)
    session.move(number, end=25)
    assert on_disk() == marks(session)
    session.undo()
    assert on_disk() == [(10, 20, "releve")]
    session.delete(number)
    assert on_disk() == []
    assert session.path.name == "Répétition 1.mp4.marks.json"


def test_numbers_are_never_given_twice(session, video):
    session.delete(session.add(10, 20, "releve").number)
    again = LabelSession(video, poses(), progress=False)
    assert again.add(10, 20, "other").number == 2


def test_a_full_disk_keeps_the_mark_in_memory(session, monkeypatch):
    session.add(10, 20, "releve")
    before = session.path.read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.write_bytes", full)
        with pytest.raises(BalletError, match="No space left"):
            session.add(30, 40, "other")
    assert session.path.read_bytes() == before
    assert len(session.marks) == 2 and not session.saved
    session.save()
    assert session.saved and len(json.loads(session.path.read_bytes())["marks"]) == 2


def test_two_at_once_do_not_overwrite_each_other(session, video):
    other = LabelSession(video, poses(), progress=False)
    other.add(30, 40, "other")
    with pytest.raises(BalletError, match="changed by another program"):
        session.add(10, 20, "releve")
    assert marks(LabelSession(video, poses(), progress=False)) == [(30, 40, "other")]


@pytest.mark.parametrize(
    "change, said",
    [
        (lambda known: "", "no marks that can be read"),
        (lambda known: "{", "no marks that can be read"),
        (lambda known: "[" * 100_000, "no marks that can be read"),
        (lambda known: [known], "no marks that can be read"),
        (lambda known: known | {"format": "AlphaPose"}, "format"),
        (lambda known: known | {"frames": 61}, "61 frames"),
        (lambda known: known | {"marks": [{"start": 1, "end": 9}]}, "KeyError"),
        (lambda known: known | {"marks": [known["marks"][0] | {"end": 99}]}, "not in the video"),
        (lambda known: known | {"marks": [known["marks"][0] | {"movement": "../../x"}]}, "cannot be"),
        (lambda known: known | {"marks": known["marks"] * 2}, "number"),
        (lambda known: known | {"marks": [known["marks"][0], known["marks"][0] | {"number": 7}]}, "overlap"),
        (lambda known: known | {"next": None}, "TypeError"),
    ],
)
def test_marks_edited_by_hand(session, video, change, said):
    session.add(10, 20, "releve")
    changed = change(json.loads(session.path.read_bytes()))
    text = changed if isinstance(changed, str) else json.dumps(changed)
    session.path.write_text(text, encoding="utf-8")
    with pytest.raises(BalletError, match=said):
        LabelSession(video, poses(), progress=False)
    assert session.path.read_text(encoding="utf-8") == text


# What is labelled


def test_poses_and_film_belong_together(video):
    with pytest.raises(BalletError, match="60 frames and 30 poses"):
        LabelSession(video, poses(30), progress=False)


def test_poses_alone(tmp_path):
    with pytest.raises(BalletError, match="marks="):
        LabelSession(poses())
    session = LabelSession(poses(source="routine 7"), marks=tmp_path / "routine.marks.json")
    session.add(0, 40, "releve")
    assert session.picture(3).shape == (480, 640, 3)
    (take,) = session.export(tmp_path / "takes", "anna")
    assert take.meta["source"] == "routine 7" and len(take) == 40


def test_any_frame_at_once(session):
    for frame in (59, 0, 31, 30):
        assert abs(int(session.picture(frame, skeleton=False)[20, 20, 0]) - 4 * frame) < 8


def test_a_film_too_long_for_memory_is_refused_early(film):
    with pytest.raises(BalletError, match=r"too long .* seconds"):
        Film(film, progress=False, largest=5000)


def test_no_video(tmp_path):
    (tmp_path / "a.mp4").write_text("hello")
    with pytest.raises(BalletError, match="not a video"):
        LabelSession(tmp_path / "a.mp4", progress=False)


def test_poses_are_extracted_once(tmp_path, monkeypatch):
    from ballet_lib.pose import PoseExtractor

    video = write_video(tmp_path / "empty.mp4", [np.full((64, 64, 3), 128, np.uint8)] * 5, 10)
    first = LabelSession(video, progress=False)
    assert len(first.poses) == 5 and not first.poses.found.any()
    monkeypatch.setattr(PoseExtractor, "video", lambda *_, **__: pytest.fail("extracted again"))
    LabelSession(video, progress=False)
    assert [path.name for path in tmp_path.glob(".*")] == [".empty.mp4.poses.npz"]
    monkeypatch.undo()
    write_video(video, [np.full((64, 64, 3), 90, np.uint8)] * 7, 10)  # another film under the same name
    assert len(LabelSession(video, progress=False).poses) == 7


# Export


def test_takes_know_where_they_came_from(session, tmp_path):
    session.add(10, 50, "releve")
    session.add(50, 60, "other")
    session.export(tmp_path / "takes", "anna")
    first, second = TakeSet.load(tmp_path / "takes")
    assert (first.movement, first.dancer, len(first)) == ("releve", "anna", 40)
    assert first.poses.landmarks[:, 0, 0].tolist() == list(range(10, 50))
    assert first.meta["source"] == first.poses.source == "Répétition 1.mp4"
    assert (first.first_frame, second.first_frame) == (10, 50)
    assert first.performance == "Répétition 1.mp4 mark 1" != second.performance
    assert first.poses.fps == FPS and "releve" not in first.take_id
    (resampled, _) = session.export(tmp_path / "short", "anna", frames=20)
    assert len(resampled) == 20


def test_exporting_twice_doubles_nothing_and_leaves_nothing_stale(session, tmp_path):
    folder = tmp_path / "takes"
    mine = Take(poses(40), "demi_plie", "berta", "take-of-berta")
    TakeSet([mine]).save(folder)

    def there():
        return sorted((t.take_id[-4:], t.movement, t.dancer, len(t)) for t in TakeSet.load(folder))

    one, two = session.add(0, 20, "releve").number, session.add(20, 50, "other").number
    session.export(folder, "anna")
    hers = ("erta", "demi_plie", "berta", 40)
    wanted = [("0001", "releve", "anna", 20), ("0002", "other", "anna", 30), hers]
    assert there() == wanted
    session.export(folder, "anna")
    assert there() == wanted
    session.move(one, end=15)
    session.delete(two)
    session.add(30, 45, "retire_devant")
    session.export(folder, "Anna")
    assert there() == [("0001", "releve", "Anna", 15), ("0003", "retire_devant", "Anna", 15), hers]
    assert len(list(folder.glob("*.npz"))) == 3
    assert TakeSet.load(folder).filter(dancer="berta")[0].poses.landmarks[5, 0, 0] == 5


def test_two_films_of_one_name_do_not_overwrite_each_other(session, tmp_path):
    session.add(0, 20, "releve")
    session.export(tmp_path / "takes", "anna")
    frames = (np.full((48, 64, 3), 200 - number, np.uint8) for number in range(FRAMES))
    namesake = write_video(tmp_path / "other" / session.name, frames, FPS)
    other = LabelSession(namesake, poses(), progress=False)
    other.add(0, 20, "releve")
    other.export(tmp_path / "takes", "anna")
    assert len(TakeSet.load(tmp_path / "takes")) == 2


def test_export_asks_for_marks_a_name_and_a_free_folder(session, tmp_path):
    with pytest.raises(BalletError, match="no mark"):
        session.export(tmp_path / "takes", "anna")
    session.add(0, 20, "releve")
    with pytest.raises(BalletError, match="dancer"):
        session.export(tmp_path / "takes", "../anna")
    assert not (tmp_path / "takes").exists()
    with (
        TakeRecorder(tmp_path / "takes", "berta"),
        pytest.raises(BalletError, match="recorder of berta"),
    ):
        session.export(tmp_path / "takes", "anna")
    session.export(tmp_path / "takes", "anna")
    with TakeRecorder(tmp_path / "takes", "berta") as recorder:
        assert len(recorder.kept) == 1


def test_export_beside_the_video_does_not_take_the_kept_poses_for_a_take(tmp_path):
    video = write_video(tmp_path / "empty.mp4", [np.full((64, 64, 3), 128, np.uint8)] * 5, 10)
    session = LabelSession(video, progress=False)
    session.add(0, 4, "other")
    session.export(tmp_path, "anna")
    session.export(tmp_path, "anna")
    assert len(TakeSet.load(tmp_path)) == 1


def test_the_whole_video_with_its_timeline(session):
    session.add(10, 30, "releve")
    take = session.performance("anna")
    assert take.movement == ROUTINE and len(take) == FRAMES
    assert take.frame_labels.tolist() == ["other"] * 10 + ["releve"] * 20 + ["other"] * 30


# The drawing


def test_left_and_right_differ_in_more_than_hue():
    landmarks = np.full((33, 4), np.nan)
    for side, x in (("left", 0.7), ("right", 0.3)):
        landmarks[INDEX[f"{side}_hip"]] = x, 0.1, 0, 1
        landmarks[INDEX[f"{side}_knee"]] = x, 0.9, 0, 1
    ground = np.full((400, 400, 3), 128, np.uint8)
    drawn = draw_skeleton(ground, landmarks)
    assert (ground == 128).all()

    def changes(x):
        column = drawn[90:310, round(400 * x)].astype(int)
        coloured = np.abs(column - column.mean(axis=1, keepdims=True)).max(axis=1) > 40
        return int((coloured[1:] != coloured[:-1]).sum())

    assert changes(0.7) == 0 and changes(0.3) > 8, "the left is one line, the right is dashed"
    assert drawn[200, 280, 2] > drawn[200, 280, 0], "the left is blue"


def test_points_that_are_missing_guessed_or_far_outside():
    ground = np.full((100, 100, 3), 128, np.uint8)
    assert (draw_skeleton(ground, np.full((33, 4), np.nan)) == 128).all()
    guessed = np.tile([0.5, 0.5, 0, 0.1], (33, 1))
    assert (draw_skeleton(ground, guessed) == 128).all()
    draw_skeleton(ground, np.tile([1e9, -1e9, 0, 1.0], (33, 1)))


def test_marklist_refuses_a_huge_file(tmp_path):
    path = tmp_path / "m.json"
    with path.open("wb") as file:
        file.truncate(20_000_000)
    with pytest.raises(BalletError, match="larger than"):
        MarkList(path, 10, 20.0, "x")
