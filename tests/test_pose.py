import json
import subprocess
import sys
import warnings
import zipfile

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from ballet_lib import BalletError
from ballet_lib.pose import MASK_SIDE, PoseExtractor, PoseSequence
from ballet_lib.skeleton import INDEX
from ballet_lib.tracking import PeopleTracker
from ballet_lib.video import write_video

PERSON = astronaut()  # the one photograph of a person at hand: upper body, facing the camera
EMPTY = np.full((512, 512, 3), 128, np.uint8)
SMALL = cv2.resize(PERSON, (400, 400), interpolation=cv2.INTER_AREA)


def two_people(small_at=0, large=True):
    """The person small on the left and, if wanted, large on the right."""
    stage = np.full((512, 1000, 3), 200, np.uint8)
    stage[112:, small_at : small_at + 400] = SMALL
    if large:
        stage[:, 488:] = PERSON
    return stage


@pytest.fixture(scope="module")
def extractor():
    with PoseExtractor() as extractor:
        yield extractor


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Twelve frames: the person, six frames of an empty stage, the person again."""
    frames = [PERSON] * 4 + [EMPTY] * 6 + [PERSON] * 2
    return write_video(tmp_path_factory.mktemp("vidéos avec espace") / "clip é.mp4", frames, fps=10)


def sequence(frames=5, **changes):
    rng = np.random.default_rng(0)
    values = {
        "landmarks": rng.random((frames, 33, 4), dtype=np.float32),
        "world": rng.random((frames, 33, 3), dtype=np.float32),
        "fps": 12.5,
        "size": (640, 480),
        "source": "clip é.mp4",
        "meta": {"dancer": "d1"},
    }
    return PoseSequence(**values | changes)


# PoseSequence


@pytest.mark.parametrize("changes", [{}, {"world": None}, {"masks": np.ones((5, 4, 6), np.uint8)}])
def test_sequence_survives_the_disk(tmp_path, changes):
    saved = sequence(**changes)
    saved.landmarks[2] = np.nan
    loaded = PoseSequence.load(saved.save(tmp_path / "d'été.npz"))
    np.testing.assert_array_equal(loaded.landmarks, saved.landmarks)
    for name in ("world", "masks"):
        before, after = getattr(saved, name), getattr(loaded, name)
        assert (before is None and after is None) or np.array_equal(before, after)
    assert (loaded.fps, loaded.size, loaded.source) == (12.5, (640, 480), "clip é.mp4")
    assert loaded.meta == {"dancer": "d1"} and loaded.landmarks.dtype == np.float32
    assert loaded.found.tolist() == [True, True, False, True, True] and loaded.seconds == 0.4
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"landmarks": np.zeros((5, 17, 4))}, r"\(5, 17, 4\)"),
        ({"landmarks": np.full((5, 33, 4), "x")}, "not numbers"),
        ({"world": np.zeros((4, 33, 3))}, "world"),
        ({"masks": np.zeros((5, 3))}, "masks"),
        ({"fps": 0}, "frames per second"),
        ({"size": (0, 480)}, "no area"),
    ],
)
def test_sequence_refuses_what_breaks_the_contract(changes, said):
    with pytest.raises(BalletError, match=said):
        sequence(**changes)


def _cut_off(path):
    path.write_bytes(sequence().save(path).read_bytes()[:500])


def _other_arrays(path):
    np.savez(path, X=np.zeros(3))


def _wrong_shape(path):
    np.savez(path, landmarks=np.zeros((5, 17, 4)), fps=1.0, size=[1, 1], source="x")


def _pickled(path):
    np.savez(path, landmarks=np.array([print], dtype=object), fps=1.0, size=[1, 1], source="x")


@pytest.mark.parametrize(
    "make, said",
    [
        (lambda path: None, "is not there"),
        (lambda path: path.write_bytes(b""), "damaged or no .npz"),
        (lambda path: path.write_bytes(b"hello"), "damaged or no .npz"),
        (_cut_off, "damaged or no .npz"),
        (_other_arrays, "holds no 'landmarks'"),
        (_wrong_shape, r"\(5, 17, 4\)"),
        (_pickled, "pickled Python objects"),
    ],
)
def test_bad_pose_file_is_named(tmp_path, make, said):
    path = tmp_path / "poses.npz"
    make(path)
    with pytest.raises(BalletError, match=said) as caught:
        PoseSequence.load(path)
    assert any(mend in str(caught.value) for mend in ("ballet extract", "Copy it again", "plain numbers"))


def test_save_wants_npz_and_a_writable_place(tmp_path):
    with pytest.raises(BalletError, match=r"\.npz"):
        sequence().save(tmp_path / "poses.csv")
    (tmp_path / "file").write_text("")
    with pytest.raises(BalletError, match="cannot be written"):
        sequence().save(tmp_path / "file" / "poses.npz")


# One picture


def test_person_in_a_picture(extractor):
    pose = extractor.image(PERSON)
    assert pose.landmarks.shape == (1, 33, 4) and pose.world.shape == (1, 33, 3)
    assert pose.landmarks.dtype == pose.world.dtype == np.float32
    assert pose.size == (512, 512) and pose.masks is None and pose.found.all()
    nose = pose.landmarks[0, INDEX["nose"]]
    assert 0.36 < nose[0] < 0.50 and 0.15 < nose[1] < 0.32 and nose[3] > 0.9
    # The dancer's left, which is at the right of the picture.
    assert pose.landmarks[0, INDEX["left_shoulder"], 0] > pose.landmarks[0, INDEX["right_shoulder"], 0]
    # World y points down too: the head is above the hips.
    assert -0.9 < pose.world[0, INDEX["nose"], 1] < -0.3


def test_nobody_is_nan_and_never_zero(extractor):
    pose = extractor.image(EMPTY)
    assert len(pose) == 1 and np.isnan(pose.landmarks).all() and np.isnan(pose.world).all()
    assert not pose.found.any()


def test_two_people_largest_first(extractor):
    large, small = extractor.image(two_people(), people=2)
    assert large.landmarks[0, 0, 0] > 0.5 > small.landmarks[0, 0, 0]
    alone, nobody = extractor.image(PERSON, people=2)
    assert alone.found.all() and not nobody.found.any()


def test_masks_only_when_asked(extractor):
    pose = extractor.image(np.pad(PERSON, ((0, 0), (144, 144), (0, 0)), mode="edge"), masks=True)
    assert pose.masks.shape == (1, 164, MASK_SIDE) and pose.masks.dtype == np.uint8
    body, corner = pose.masks[0, 90:160, 110:130], pose.masks[0, :40, :40]
    assert body.mean() > 200 > 40 > corner.mean()
    assert extractor.image(EMPTY, masks=True).masks.max() == 0


@pytest.mark.parametrize("picture", [EMPTY / 255, EMPTY[..., 0], np.zeros((4, 4, 4), np.uint8), None])
def test_what_is_no_picture(extractor, picture):
    with pytest.raises(BalletError, match="uint8"):
        extractor.image(picture)


@pytest.mark.parametrize("people", [-1, 7])
def test_people_are_counted(people):
    with pytest.raises(BalletError, match="1 to 6"):
        PoseExtractor(people=people)


# Video


def test_video_keeps_every_frame_and_nan_where_nobody_is(extractor, clip):
    poses = extractor.video(clip, progress=False)
    assert len(poses) == 12 and poses.fps == 10 and poses.source == "clip é.mp4"
    assert poses.found.tolist() == [True] * 4 + [False] * 6 + [True] * 2
    assert np.isnan(poses.landmarks[4:10]).all() and np.isnan(poses.world[4:10]).all()
    assert np.isfinite(poses.landmarks[:4]).all()


def test_every_other_frame_and_progress(extractor, clip, capsys):
    steps = []
    poses = extractor.video(clip, every=2, progress=steps.append)
    assert len(poses) == 6 and poses.fps == 5 and sum(steps) == 6
    assert capsys.readouterr().err == ""
    extractor.video(clip, every=3)
    assert "4/4" in capsys.readouterr().err


def test_one_video_does_not_colour_the_next(extractor, clip):
    first, second = (extractor.video(clip, progress=False) for _ in range(2))
    np.testing.assert_array_equal(first.landmarks, second.landmarks)


def test_two_people_in_a_video_come_as_two_sequences(extractor, tmp_path):
    frames = (two_people(8 * i, large=i >= 3) for i in range(10))
    path = write_video(tmp_path / "two.mp4", frames, 25)
    large, small = extractor.video(path, progress=False, people=2, masks=True)
    assert large.found.sum() >= 6 and not large.found[:3].any() and small.found.all()
    assert (large.landmarks[large.found, 0, 0] > 0.5).all()
    assert (np.diff(small.landmarks[:, 0, 0]) > -0.01).all() and small.landmarks[-1, 0, 0] < 0.5
    assert large.masks.shape == small.masks.shape == (10, 131, 256)


def test_bad_video_leaves_the_extractor_usable(extractor, tmp_path, clip):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(clip.read_bytes()[:300])
    with pytest.raises(BalletError, match="breaks off"):
        extractor.video(broken, progress=False)
    with pytest.raises(BalletError, match="every"):
        extractor.video(clip, every=0, progress=False)
    assert extractor.image(PERSON).found.all()


def test_truncated_video_warns_from_the_decoding_thread(extractor, tmp_path):
    rng = np.random.default_rng(0)
    noise = (rng.integers(0, 255, (90, 120, 3)).astype(np.uint8) for _ in range(60))
    whole = write_video(tmp_path / "whole.mp4", noise, fps=25)
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.warns(UserWarning, match="breaks off after"):
        poses = extractor.video(whole, progress=False)
    assert 5 < len(poses) < 55


def test_stopping_half_way_stops_the_decoder(extractor, clip):
    import threading

    def stop(_):
        raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        extractor.video(clip, progress=stop)
    assert not any("decoder" in thread.name for thread in threading.enumerate())
    assert threading.active_count() <= before


# Stream


def test_stream_takes_clocks_that_stand_or_jump_back(extractor):
    stream = extractor.stream()
    for seconds in (10.0, 10.0, 9.0, 10.0001, 11.0, None):
        assert stream.frame(PERSON, seconds).found.all()
    assert not extractor.stream().frame(EMPTY).found.any()


def test_stream_keeps_the_slots_of_two_people(extractor):
    stream = extractor.stream(people=2)
    for i in range(6):
        first, second = stream.frame(two_people(large=i >= 3), i / 25)
    assert first.landmarks[0, 0, 0] < 0.5 < second.landmarks[0, 0, 0]


# The extractor itself


def test_closed_extractor_says_so(clip):
    with PoseExtractor() as extractor:
        stream = extractor.stream()
        assert stream.frame(PERSON).found.all()
    extractor.close()
    for use in (
        lambda: extractor.image(PERSON),
        lambda: extractor.video(clip, progress=False),
        lambda: stream.frame(PERSON),
        extractor.stream,
    ):
        with pytest.raises(BalletError, match="closed"):
            use()


def test_closed_stream_leaves_the_extractor_open(extractor):
    with extractor.stream() as stream:
        assert stream.frame(PERSON).found.all()
    with pytest.raises(BalletError, match="closed"):
        stream.frame(PERSON)
    assert extractor.stream().frame(PERSON).found.all()


def test_model_that_mediapipe_cannot_read(tmp_path):
    path = tmp_path / "model.task"
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr("pose_detector.tflite", b"nonsense")
        bundle.writestr("pose_landmarks_detector.tflite", b"nonsense")
    with (
        PoseExtractor(model=path) as extractor,
        pytest.raises(BalletError, match="cannot use the pose model"),
    ):
        extractor.image(PERSON)


def test_extraction_is_silent_and_needs_no_tensorflow(tmp_path):
    code = """
import sys, skimage.data, numpy
from ballet_lib.pose import PoseExtractor
person = skimage.data.astronaut()
with PoseExtractor() as extractor:
    stream = extractor.stream()
    assert not stream.frame(numpy.zeros_like(person)).found.any()
    assert stream.frame(person).found.all()
    assert extractor.image(person).found.all()
assert "tensorflow" not in sys.modules
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_importing_the_rooms_is_quick_and_light():
    code = """
import json, sys, time
begun = time.perf_counter()
import ballet_lib
took = time.perf_counter() - begun
import ballet_lib.pose, ballet_lib.video, ballet_lib.cli, ballet_lib.doctor, ballet_lib.extraction
heavy = {"tensorflow", "mediapipe", "matplotlib", "cv2", "pooch", "joblib"} & set(sys.modules)
print(json.dumps([took, sorted(heavy)]))
"""
    runs = [json.loads(subprocess.check_output([sys.executable, "-c", code])) for _ in range(3)]
    assert min(took for took, _ in runs) < 0.3 and runs[0][1] == []


# Following people


def body(x, y=0.5, height=0.4, lean=0.0):
    """A stick figure: (33, 4) landmarks around (x, y)."""
    rng = np.random.default_rng(1)
    landmarks = np.zeros((33, 4), np.float32)
    landmarks[:, 0] = x + rng.uniform(-0.1, 0.1, 33) * height + lean
    landmarks[:, 1] = y + np.linspace(-0.5, 0.5, 33) * height
    return landmarks


def test_largest_newcomer_gets_the_first_slot():
    tracker = PeopleTracker(2, (640, 480))
    assert tracker.assign([body(0.2, height=0.3), body(0.8, height=0.6)]) == [1, 0]


@pytest.mark.parametrize("order", ["same", "reversed", "random"])
def test_people_who_cross_keep_their_slots(order):
    rng = np.random.default_rng(0)
    tracker = PeopleTracker(2, (640, 480))
    for i in range(60):
        people = [body(0.1 + i / 75, height=0.5), body(0.9 - i / 75, 0.55, height=0.45)]
        swap = (order == "reversed" and i % 2) or (order == "random" and rng.random() < 0.5)
        slots = tracker.assign(people[::-1] if swap else people)
        assert slots == ([1, 0] if swap else [0, 1]), i


def test_person_hidden_for_a_while_comes_back_to_the_slot():
    tracker = PeopleTracker(2, (640, 480))
    for i in range(50):
        walker, stander = body(0.1 + i / 100), body(0.8, height=0.5)
        if 20 <= i < 28:
            assert tracker.assign([stander]) == [0, None]
        else:
            assert tracker.assign([walker, stander]) == [1, 0]


def test_newcomer_takes_a_free_slot_before_that_of_somebody_lost():
    tracker = PeopleTracker(3, (640, 480))
    assert tracker.assign([body(0.2, height=0.5), body(0.5)]) == [0, 1, None]
    assert tracker.assign([body(0.5)]) == [None, 0, None]
    assert tracker.assign([body(0.5), body(0.95)]) == [None, 0, 1]


def test_one_body_found_twice_counts_once():
    tracker = PeopleTracker(2, (640, 480))
    twin = body(0.5)
    twin[:, :2] += 0.004
    assert tracker.assign([body(0.5), twin]) in ([0, None], [1, None])


def test_nobody():
    assert PeopleTracker(2, (640, 480)).assign([]) == [None, None]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tracker = PeopleTracker(1, (640, 480))
        assert tracker.assign([body(0.5)]) == [0] and tracker.assign([]) == [None]
