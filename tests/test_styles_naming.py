"""The style of a film from its poses: means, moments between windows, and films that are too short."""

import numpy as np
import pytest

from ballet_lib.errors import BalletError
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.styles.naming import SHORTEST, Naming, name_style

LABELS = ("classical", "hip_hop", "afrobeat")


class Classifier:
    """In place of a trained one: turns evenly from the first style to the last, and keeps what it saw."""

    labels = LABELS

    def over_time(self, video, window, step):
        self.video, self.window = video, window
        seconds = np.arange(window / 2, video.seconds - window / 2 + 1e-6, step)
        share = np.linspace(0, 1, len(seconds), dtype=np.float32)
        return seconds, np.stack([1 - share, 0 * share, share], axis=1)


def poses(frames: int = 120, fps: float = 20.0, size=(64, 48)) -> PoseSequence:
    landmarks = np.random.default_rng(0).uniform(0.2, 0.8, (frames, 33, 4)).astype(np.float32)
    return PoseSequence(landmarks, None, fps, size, "a film of mine.mp4")


def test_the_classifier_sees_the_dancer_in_pixels_and_missing_frames_as_missing():
    film, classifier = poses(size=(640, 480)), Classifier()
    film.landmarks[10:20] = np.nan
    name_style(film, classifier)
    video = classifier.video
    assert video.keypoints.shape == (120, 1, 17, 3) and video.fps == 20 and video.size == (640, 480)
    assert classifier.window == SHORTEST
    assert np.isnan(video.keypoints[10:20]).all() and not np.isnan(video.keypoints[:10]).any()
    nose, ankle = film.landmarks[0, 0], film.landmarks[0, 28]  # MediaPipe's nose and right ankle
    np.testing.assert_allclose(video.keypoints[0, 0, 0, :2], nose[:2] * (640, 480), rtol=1e-5)
    np.testing.assert_allclose(video.keypoints[0, 0, 16, :2], ankle[:2] * (640, 480), rtol=1e-5)


def test_the_style_of_the_film_is_that_of_its_mean():
    shares = np.array([[0.6, 0.4, 0.0], [0.6, 0.4, 0.0], [0.0, 1.0, 0.0]])
    naming = Naming(LABELS, np.array([1.5, 2.0, 2.5]), shares)
    np.testing.assert_allclose(naming.mean, shares.mean(axis=0))
    assert naming.style == "hip_hop"  # though most windows are called classical


def test_between_windows_the_probabilities_are_in_proportion_and_beyond_them_held():
    naming = name_style(poses(), Classifier())
    np.testing.assert_allclose(naming.at(naming.seconds), naming.probabilities, atol=1e-6)
    middle = naming.at((naming.seconds[2] + naming.seconds[3]) / 2)
    np.testing.assert_allclose(middle, naming.probabilities[2:4].mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(naming.at([0.0, 99.0]), naming.probabilities[[0, -1]])


def test_a_film_must_show_the_dancer_long_enough():
    with pytest.raises(BalletError, match=r"seen for 2\.5 s, too short for a style"):
        name_style(poses(50), Classifier())
    gaps = poses(120)
    gaps.landmarks[::2] = np.nan
    gaps.landmarks[1:20] = np.nan
    with pytest.raises(BalletError, match=r"seen for 2\.5 s"):
        name_style(gaps, Classifier())
    assert name_style(poses(60), Classifier()).style == "classical"


def test_a_dancer_who_is_seen_now_and_then_only_has_no_style():
    class Strict(Classifier):
        def over_time(self, video, window, step):
            raise BalletError(f"{video.name} shows nobody for long enough.")

    with pytest.raises(BalletError, match=r"^The film shows nobody"):
        name_style(poses(), Strict())


@pytest.mark.parametrize(
    ("seconds", "shares"),
    [
        ([], np.zeros((0, 3))),
        ([1.0, 2.0], np.ones((1, 3))),
        ([1.0], np.ones((1, 2))),
        ([1.0], [[0.5, np.nan, 0.5]]),
        ([2.0, 1.0], np.ones((2, 3))),
    ],
)
def test_what_is_no_naming_is_refused(seconds, shares):
    with pytest.raises(BalletError):
        Naming(LABELS, np.array(seconds), np.asarray(shares))


def test_its_json_holds_plain_numbers():
    told = name_style(poses(), Classifier()).to_json()
    assert set(told) == {"style", "labels", "mean", "seconds", "probabilities"}
    assert len(told["seconds"]) == len(told["probabilities"]) == 7
    assert {type(one) for one in told["probabilities"][0]} == {float}
