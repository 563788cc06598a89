"""Recognition of files: a film of any length, cut anywhere, and what becomes of what was recognised."""

import json
import sys
from dataclasses import replace
from itertools import pairwise
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from ballet_lib import BalletError
from ballet_lib.annotation import Annotator, annotated_video
from ballet_lib.classifier import Classifier
from ballet_lib.decisions import Event
from ballet_lib.live import AROUND
from ballet_lib.plots.recognition import movement_colours
from ballet_lib.plots.style import RIGHT
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.recognition import Recognition, recognise
from ballet_lib.takes import TakeSet
from ballet_lib.technique import Finding
from ballet_lib.video import probe, read_frames, write_video
from ballet_lib.vocabulary import BALLET_MOVEMENTS, MOVEMENTS

LABELS = tuple(MOVEMENTS)


BENT = Finding("knee", "left", np.float32(150), 175.0, "°", "fault", 7, "Stretch the left knee.", (25,))


@pytest.fixture(scope="module")
def lstm():
    return Classifier.load("lstm")


@pytest.fixture(scope="module")
def routine():
    return TakeSet.load("routines").filter(lambda take: take.take_id == "r01_routine_1")[0]


@pytest.fixture(scope="module")
def recognised(lstm, routine):
    return recognise(routine.poses, lstm, technique=False)


@pytest.fixture
def teacher(monkeypatch):
    """Stand in for `technique`: a teacher who notes whom she sees, and says the same of every relevé."""
    seen = []
    module = ModuleType("ballet_lib.technique")

    def correction(poses, movement):
        seen.append((movement, poses))
        return BENT if movement == "releve" else None

    module.correction = correction
    monkeypatch.setitem(sys.modules, "ballet_lib.technique", module)
    return seen


def danced(take):
    return [segment.label for segment in take.timeline if segment.label != "other"]


def names(recognition):
    return [event.movement for event in recognition.events]


def made(poses, *events, corrections=None, length=5):
    """Make a recognition as if these events, (movement, start, end), had been recognised."""
    told = np.zeros((len(poses), len(LABELS)), np.float32)
    for movement, start, end in events:
        told[round(start * poses.fps) : round(end * poses.fps), LABELS.index(movement)] = 0.9
    events = [Event(movement, start, end, 0.9, end) for movement, start, end in events]
    exercises = [tuple(event.movement for event in events[at : at + length])
                 for at in range(0, len(events), length)]  # fmt: skip
    corrections = corrections or [None] * len(events)
    return Recognition(events, exercises, corrections, poses, told, LABELS, 0.8, length)


def dancer(frames=60, size=(320, 240)):
    """Make a body that stands in the picture's left half, seen in every frame."""
    rng = np.random.default_rng(0)
    body = np.concatenate(
        [rng.uniform((0.1, 0.2), (0.4, 0.8), (33, 2)), np.zeros((33, 1)), np.ones((33, 1))], 1
    )
    return PoseSequence(np.repeat(body[None], frames, 0), None, 20, size, "stand.mp4")


# --- What is recognised -----------------------------------------------------------------------------------


def test_a_routine_of_a_stranger_becomes_the_exercise_that_was_danced(recognised, routine):
    assert names(recognised) == danced(routine) and recognised.exercises == [tuple(danced(routine))]
    for event, segment in zip(
        recognised.events, (s for s in routine.timeline if s.label != "other"), strict=True
    ):
        shared = min(event.end, segment.end) - max(event.start, segment.start)
        assert shared > 0.7 * (segment.end - segment.start)
    assert recognised.seconds == len(routine) / 20 and recognised.fps == 20


@pytest.mark.parametrize("movement", BALLET_MOVEMENTS)
def test_a_take_of_two_seconds_is_recognised_as_the_one_movement_that_it_shows(lstm, movement):
    take = TakeSet.load("ballet6-paper").filter(movement=movement)[3]
    told = recognise(take.poses, lstm, technique=False)
    assert names(told) == [movement]
    assert 0 <= told.events[0].start < told.events[0].end <= told.seconds == 2.0
    assert told.probabilities.shape == (40, 7) and told.probabilities.any(axis=1).all()
    half = recognise(take.poses.resample(fps=12.5), lstm, technique=False)
    assert names(half) == [movement] and half.fps == 12.5


def test_a_film_that_begins_and_ends_with_a_movement_has_both(lstm, routine):
    first, *_, last = (segment for segment in routine.timeline if segment.label != "other")
    cut = routine.cut(round(first.start * 20), round(last.end * 20))
    assert names(recognise(cut.poses, lstm, technique=False)) == danced(routine)


def test_one_picture_and_a_pose_that_is_held_are_answered_and_go_on_no_longer_than_they_do(lstm, routine):
    for poses in (routine.poses[0], replace(routine.poses[0], fps=1.0), routine.poses[0:3]):
        told = recognise(poses, lstm, technique=False)
        assert told.events == [] and told.exercises == []
        assert len(told.probabilities) == len(poses)
        np.testing.assert_allclose(told.probabilities.sum(axis=1), 1, atol=1e-4)


def test_probabilities_stand_where_the_movement_is_not_where_a_camera_learns_of_it(recognised, routine):
    for start, end, label in routine.timeline:
        if label in BALLET_MOVEMENTS:
            column = recognised.probabilities[:, LABELS.index(label)]
            inside = column[round(start * 20) : round(end * 20)].mean()
            assert inside > 2 * column[round((end + 0.5) * 20) : round((2 * end - start + 0.5) * 20)].mean()
    assert recognised.probabilities.shape == (len(routine), 7)


def test_frames_that_are_missing_and_a_rate_of_its_own_change_nothing_that_counts(lstm, routine):
    rng = np.random.default_rng(0)
    holes = replace(routine.poses, landmarks=routine.poses.landmarks.copy(), world=routine.poses.world.copy())
    lost = rng.random(len(holes)) < 0.15
    holes.landmarks[lost], holes.world[lost] = np.nan, np.nan
    assert names(recognise(holes, lstm, technique=False)) == danced(routine)
    assert names(recognise(routine.poses.resample(fps=29.97), lstm, technique=False)) == danced(routine)


def pause(take):
    """Return the frames of the longest stretch between two movements."""
    parts = [segment for segment in take.timeline if segment.label != "other"]
    before, after = max(pairwise(parts), key=lambda two: two[1].start - two[0].end)
    return slice(round((before.end + 0.8) * take.poses.fps), round((after.start - 0.8) * take.poses.fps))


def test_nobody_for_a_while_or_somebody_else_leaves_the_movements_around_as_they_are(lstm, routine):
    gap, other = pause(routine), TakeSet.load("routines")[-1].poses
    for landmarks, world in (
        (np.nan, np.nan),
        (np.add(other.landmarks[:1], (0.4, 0, 0, 0)), other.world[:1]),
    ):
        poses = replace(
            routine.poses, landmarks=routine.poses.landmarks.copy(), world=routine.poses.world.copy()
        )
        poses.landmarks[gap], poses.world[gap] = landmarks, world
        told = recognise(poses, lstm, technique=False)
        assert names(told) == danced(routine)
        assert all(event.end <= told.seconds for event in told.events)


def test_threshold_and_exercise_are_those_asked_for(lstm, routine, recognised):
    strict = recognise(routine.poses, lstm, threshold=0.999, technique=False)
    assert strict.events == [] and strict.threshold == 0.999
    np.testing.assert_allclose(strict.probabilities, recognised.probabilities)
    low = recognise(routine.poses, lstm, threshold=0.3, exercise=2, technique=False)
    assert len(low.events) >= len(recognised.events)
    assert [len(exercise) for exercise in low.exercises[:-1]] == [2] * (len(low.exercises) - 1)


def test_the_teacher_sees_each_movement_and_her_frame_counts_from_the_films_beginning(lstm, routine, teacher):
    shares = []
    told = recognise(routine.poses, lstm, progress=shares.append)
    assert [movement for movement, _ in teacher] == names(told)
    for (_, poses), event in zip(teacher, told.events, strict=True):
        first, last = max(event.start - AROUND, 0), min(event.end + AROUND, told.seconds)
        assert len(poses) == pytest.approx((last - first) * 20, abs=2)
    (finding,) = (one for one in told.corrections if one)
    event = told.events[names(told).index("releve")]
    assert finding.frame == int((event.start - AROUND) * 20) + 7 and finding.words == BENT.words
    assert shares == sorted(shares) and shares[-1] == 1.0 and min(shares) >= 0


# --- What is refused --------------------------------------------------------------------------------------


def test_sets_of_takes_are_sent_to_evaluate(tmp_path):
    takes = TakeSet.load("ballet6-paper")[:2]
    for where in (takes.save(tmp_path / "folder"), takes.save(tmp_path / "packed.npz")):
        with pytest.raises(BalletError, match="ballet evaluate MODEL"):
            recognise(where)
    with pytest.raises(BalletError, match="A TakeSet cannot be recognised"):
        recognise(takes)
    assert names(recognise(next((tmp_path / "folder").glob("*.npz")), technique=False)) == ["demi_plie"]


def test_what_is_no_film_is_said_before_a_model_is_loaded(tmp_path, monkeypatch):
    monkeypatch.setattr(Classifier, "load", lambda path: pytest.fail("loaded"))
    (tmp_path / "a.mp4").write_bytes(b"no film at all, but some bytes")
    (tmp_path / "a.npz").write_bytes(b"no poses")
    for name, said in (("a.mp4", "not a video"), ("a.npz", "a.npz"), ("gone.mp4", "is not there"),
                       ("gone.npz", "is not there"), (".", "is a folder")):  # fmt: skip
        with pytest.raises(BalletError, match=said):
            recognise(tmp_path / name)


def test_nobody_and_too_few_frames_a_second(lstm):
    poses = dancer()
    empty = replace(poses, landmarks=poses.landmarks * np.nan)
    with pytest.raises(BalletError, match=r"Nobody is found in the 60 frames of stand.mp4"):
        recognise(empty, lstm)
    with pytest.raises(BalletError, match="2 frames a second, too few"):
        recognise(replace(poses, fps=2), lstm)
    with pytest.raises(BalletError, match="threshold"):
        recognise(poses, lstm, threshold=0)


# --- What is told -----------------------------------------------------------------------------------------


def test_json_and_csv_tell_the_same(tmp_path):
    told = made(dancer(), ("releve", 0.5, 1.5), ("demi_plie", 1.6, 2.8), corrections=[BENT, None], length=1)
    document = json.loads(json.dumps(told.to_json()))
    assert document["events"] == [
        {"movement": "releve", "start": 0.5, "end": 1.5, "probability": 0.9},
        {"movement": "demi_plie", "start": 1.6, "end": 2.8, "probability": 0.9},
    ]
    assert document["exercise"] == ["releve"] and document["exercises"] == [["releve"], ["demi_plie"]]
    assert (document["fps"], document["seconds"]) == (20, 3)
    assert document["corrections"][0]["words"] == BENT.words and document["corrections"][1] is None
    assert document["corrections"][0]["seconds"] == 0.35 and document["corrections"][0]["measured"] == 150
    (tmp_path / "told.csv").write_text(told.to_csv())
    read = pd.read_csv(tmp_path / "told.csv")
    assert list(read.movement) == ["releve", "demi_plie"] and list(read.end) == [1.5, 2.8]
    assert read.correction[0] == BENT.words and pd.isna(read.correction[1])
    nothing = made(dancer())
    assert nothing.to_json()["exercise"] == [] and nothing.to_csv().count("\n") == 1


# --- The film ---------------------------------------------------------------------------------------------


def count(picture, colour):
    """Return how many pixels of the panel have a colour."""
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return int((picture == wanted).all(axis=-1).sum())


def panel(picture):
    return picture[:360, 480:]


def test_the_panel_tells_the_movement_while_it_is_danced_and_fills_the_exercise():
    told = made(dancer(120), ("releve", 1.0, 3.0), ("demi_plie", 4.0, 6.0))
    annotator, green = Annotator(told), movement_colours(LABELS)["releve"]
    grey = np.full((240, 320, 3), 90, np.uint8)
    before, during, after = (annotator.picture(grey, frame) for frame in (5, 50, 70))
    assert before.shape == (380, 696, 3), "small films are made large enough to read"
    assert count(panel(before), green) == 0
    bar = count(panel(during), green) - count(panel(after), green)
    assert bar > 500, "the bar and the name in large letters"
    assert 50 < count(panel(after), green) < 400, "the first place of the exercise stays filled"
    assert count(during[360:], green) == pytest.approx(count(before[360:], green), rel=0.05), "the time strip"


def test_nothing_is_drawn_over_the_dancer_but_her_skeleton():
    told = made(dancer(), ("releve", 1.0, 2.0), corrections=[replace(BENT, frame=30)])
    annotator, grey = Annotator(told), np.full((240, 320, 3), 90, np.uint8)
    right_half = annotator.picture(grey, 30)[:360, 250:480]
    assert (right_half == 90).all()
    nobody = replace(told.poses, landmarks=told.poses.landmarks * np.nan)
    assert (Annotator(replace(told, poses=nobody)).picture(grey, 30)[:360, :480] == 90).all()


def test_a_correction_rings_its_joint_when_it_shows_and_stays_in_words():
    poses = dancer(200)
    told = made(poses, ("releve", 1.0, 3.0), corrections=[replace(BENT, frame=40)])
    plain, corrected = Annotator(replace(told, corrections=[None])), Annotator(told)
    assert np.array_equal(plain.picture(None, 20), corrected.picture(None, 20)), "not before"
    x, y = (poses.landmarks[0, 25, :2] * (480, 360)).round().astype(int)
    around = slice(y - 16, y + 17), slice(x - 16, x + 17)
    assert (
        count(corrected.picture(None, 40)[around], RIGHT.colour)
        > count(plain.picture(None, 40)[around], RIGHT.colour) + 30
    )
    late = corrected.picture(None, 150)
    assert np.array_equal(late[:360, :480], plain.picture(None, 150)[:360, :480])
    assert count(panel(late), RIGHT.colour) > count(panel(plain.picture(None, 150)), RIGHT.colour)


@pytest.mark.parametrize("size", [(64, 48), (321, 241), (270, 480), (1081, 1921), (1000, 90), (51, 777)])
def test_films_of_any_shape_come_out_even_and_readable(size):
    height, width = Annotator(made(dancer(size=size))).picture(None, 3).shape[:2]
    assert height % 2 == width % 2 == 0 and 360 < height <= 800 and 400 < width < 1800


def test_long_sentences_many_labels_and_long_exercises_find_room():
    poses, labels = dancer(40), tuple(f"a style of dance {n}" for n in range(16))
    events = [Event(labels[n], n / 10, n / 10 + 0.1, 0.9, 2) for n in range(12)]
    unknown, words = np.full((40, 16), np.nan, np.float32), [replace(BENT, words="Stretch! " * 40)]
    told = Recognition(events, [labels[:12]], words + [None] * 11, poses, unknown, labels, 0.8, 12)
    picture = panel(Annotator(told).picture(None, 39))
    assert (picture[-6:] == 255).all() and (picture[:, -10:] == 255).all(), "the margins stay white"


def test_the_film_has_the_frames_and_the_rate_of_its_source(tmp_path):
    film = write_video(tmp_path / "in.mp4", np.full((60, 90, 120, 3), 90, np.uint8), 30)
    told, shares = made(dancer(40, (120, 90)), ("releve", 0.2, 1.5)), []
    out = annotated_video(told, film, tmp_path / "out.mp4", shares.append)
    assert (probe(out).frames, probe(out).fps) == (60, 30), "poses of every other frame serve as well"
    assert shares == sorted(shares) and shares[-1] == 1.0
    blank = annotated_video(told, None, tmp_path / "blank.mp4")
    assert (probe(blank).frames, probe(blank).fps) == (40, 20)
    last = list(read_frames(blank))[-1]
    assert last[:300, 250:450].min() > 235, "an empty stage is pale"


def test_the_film_itself_is_never_overwritten(tmp_path):
    film = write_video(tmp_path / "only.mp4", np.full((4, 48, 64, 3), 90, np.uint8), 20)
    content = film.read_bytes()
    with pytest.raises(BalletError, match="film itself"):
        annotated_video(made(dancer(4)), film, tmp_path / "." / "only.mp4")
    assert film.read_bytes() == content
