"""Two streams of dance videos: frames chosen, people in slots, pictures encoded, other frame rates."""

from dataclasses import replace

import numpy as np
import pytest

from ballet_lib.errors import BalletError
from ballet_lib.frame_features import encoder
from ballet_lib.styles import streams
from ballet_lib.styles.skeletons import box_normalised
from ballet_lib.styles.streams import at_rate, each_video, picture_encoder, stacked
from ballet_lib.styles.videos import DanceVideo, DanceVideos


def video(name: str = "a_1", frames: int = 20, people: int = 2, seed: int = 0, fps: float = 10) -> DanceVideo:
    rng = np.random.default_rng(seed)
    keypoints = rng.uniform(50, 250, (frames, people, 17, 3)).astype(np.float32)
    pictures = rng.integers(0, 256, (frames, 64, 64), np.uint8)
    return DanceVideo(name, name.split("_")[0], keypoints, fps, (320, 320), (), pictures)


@pytest.fixture
def videos() -> DanceVideos:
    return DanceVideos((video("a_1"), video("b_1", 23, 1, seed=1), video("a_2", 21, 3, seed=2)))


def test_every_k_th_frame_of_both_streams(videos):
    told = each_video(videos, every=5)
    assert [row.name for row in told] == ["a_1", "b_1", "a_2"] and [len(row) for row in told] == [4, 5, 5]
    for row, one in zip(told, videos, strict=True):
        shown = range(0, len(one), 5)
        boxes = box_normalised(one.keypoints[shown]).reshape(len(shown), one.people, 51)
        np.testing.assert_array_equal(row.poses, boxes)
        np.testing.assert_allclose(row.pictures, encoder("course")(one.pictures[shown]), atol=1e-5)


def test_a_stream_can_be_left_out(videos):
    poses, pictures = (each_video(videos, streams) for streams in ("poses", "pictures"))
    assert all(row.pictures is None and row.poses is not None for row in poses)
    assert all(row.poses is None and row.pictures is not None for row in pictures)


def test_pictures_are_encoded_once(monkeypatch):
    asked = []

    def encode(pictures):
        asked.append(pictures.copy())
        return pictures.reshape(len(pictures), -1)[:, :4].astype(np.float32)

    monkeypatch.setattr(streams, "picture_encoder", lambda which: encode)
    one, other = video(), video("b_1")
    first, again, mirrored = (
        streams.encoded([one], mirrored=mirrored)[0] for mirrored in (False, False, True)
    )
    assert first is again and len(asked) == 2 and not first.flags.writeable
    np.testing.assert_array_equal(asked[1], one.pictures[:, :, ::-1])
    np.testing.assert_array_equal(mirrored, one.pictures[:, 0, :-5:-1])
    streams.encoded([other, one])
    streams.encoded([one], every=2)
    assert [len(pictures) for pictures in asked] == [20, 20, 20, 10]


def test_missing_people_are_zeros_and_are_known(videos):
    keypoints = videos[0].keypoints.copy()
    keypoints[3:6] = np.nan
    row = each_video([replace(videos[0], keypoints=keypoints)], "poses")[0]
    np.testing.assert_array_equal(np.flatnonzero(~row.seen), [3, 4, 5])
    assert not row.poses[3:6].any() and len(row) == 20
    assert each_video(videos, "pictures")[0].seen.all(), "pictures cannot tell whether somebody is there"


def test_rows_with_other_numbers_of_people_are_stacked(videos):
    rows = [row[:20] for row in each_video(videos, "poses")]
    pictures, poses = stacked(rows)
    assert pictures is None and poses.shape == (3, 20, 3, 51)
    np.testing.assert_array_equal(poses[1, :, :1], rows[1].poses)
    assert not poses[1, :, 1:].any()


def test_another_frame_rate_takes_what_was_shown_then():
    film = video(frames=30, fps=30)
    slow = at_rate(film, 10)
    assert (len(slow), slow.fps, slow.seconds) == (10, 10, 1)
    np.testing.assert_array_equal(slow.keypoints, film.keypoints[::3])
    np.testing.assert_array_equal(slow.pictures, film.pictures[::3])
    again = at_rate(slow, 30)
    assert len(again) == 30
    assert {tuple(frame.ravel()) for frame in again.pictures} == {
        tuple(frame.ravel()) for frame in slow.pictures
    }
    assert at_rate(film, 30) is film
    odd = at_rate(replace(film, fps=25.0), 10)  # 1.2 s: no frame is further off than half of one
    chosen = [np.flatnonzero((film.keypoints == one).all(axis=(1, 2, 3)))[0] for one in odd.keypoints]
    assert np.abs(np.array(chosen) / 25 - np.arange(12) / 10).max() <= 0.5 / 25 + 1e-9


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"streams": "sound"}, "no stream 'sound'. There are: both, poses, pictures"),
        ({"encoder": "vgg"}, "no encoder 'vgg'. There are: course, resnet50, inception"),
    ],
)
def test_settings_that_cannot_be_are_refused(videos, wrong, message):
    with pytest.raises(BalletError, match=message):
        each_video(videos, **wrong)


def test_a_video_can_be_too_short(videos):
    (row,) = each_video(videos[:1], "poses")
    streams.check_length(row, 20)
    with pytest.raises(BalletError, match="a_1 has 20 steps, too short for sequences of 21"):
        streams.check_length(row, 21)


def test_pictures_must_be_there_if_they_are_asked_for(videos):
    blind = replace(videos[1], pictures=None)
    with pytest.raises(BalletError, match="b_1 has no pictures"):
        each_video([videos[0], blind])
    assert each_video([blind], "poses")[0].pictures is None


def test_large_encoders_are_never_downloaded(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    for which in ("resnet50", "inception"):
        with pytest.raises(BalletError, match="The weights are not in"):
            picture_encoder(which)
    assert not list(tmp_path.rglob("*.h5"))


def test_a_large_encoder_averages_its_last_map(monkeypatch, videos):
    from ballet_lib import pretrained

    class Large:
        def prepare(self, pictures):
            return pictures[..., None].astype(np.float32)

        @property
        def model(self):
            return self

        def predict_on_batch(self, pictures):
            return pictures * np.float32([1, 2])

    monkeypatch.setattr(pretrained, "pretrained", lambda which: Large())
    told = each_video(videos, "pictures", "resnet50")[0]
    mean = videos[0].pictures.mean(axis=(1, 2))
    np.testing.assert_allclose(told.pictures, np.stack([mean, 2 * mean], axis=1), rtol=1e-5)
