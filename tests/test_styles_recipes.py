"""The two recipes of one stream: what they eat, how they are trained, and what they refuse."""

import numpy as np
import pytest

from ballet_lib.errors import BalletError
from ballet_lib.styles import recipes
from ballet_lib.styles.recipes import Training, answers, blocks, fit_chunk_bilstm, fit_style_lstm
from ballet_lib.styles.skeletons import box_normalised
from ballet_lib.styles.videos import DanceVideo, DanceVideos

STYLES = ("low", "high")


def video_of(name, style, people=1, frames=100, seed=0):
    """Make a video in which arms are low or high; person p stands at x = 100 (p + 1)."""
    rng = np.random.default_rng(seed)
    body = np.random.default_rng(9).uniform(-30, 30, (17, 2))
    body[9:11, 1] = 60 if style == "low" else -60  # wrists
    place = np.array([[100 * (person + 1), 150] for person in range(people)])
    points = place[:, None] + body + rng.normal(0, 3, (frames, people, 17, 2))
    keypoints = np.concatenate([points, np.full((frames, people, 17, 1), 0.9)], axis=-1)
    return DanceVideo(name, style, keypoints, 10, (480, 360))


def videos_of(count=6, **more):
    return DanceVideos(
        tuple(
            video_of(f"{s}{n}", s, seed=2 * n + (s == "low"), **more) for n in range(count) for s in STYLES
        ),
        STYLES,
    )


# --- Blocks ---


def test_each_dancer_has_a_block_of_his_own():
    videos = DanceVideos((video_of("duo", "low", people=2), video_of("solo", "high")))
    raw = blocks(videos, normalised=False)
    assert raw.X.shape == (3, 100, 51) and raw.X.dtype == np.float32 and raw.video.tolist() == [0, 0, 1]
    second = videos[0].keypoints[:, 1]
    np.testing.assert_array_equal(raw.X[1], second.reshape(100, 51))
    np.testing.assert_array_equal(blocks(videos).X[1], box_normalised(second).reshape(100, 51))
    assert np.abs(blocks(videos).X).max() <= 1 < raw.X.max()


def test_a_long_video_gives_several_blocks_and_its_rest_is_left_out():
    long = DanceVideos((video_of("long", "low", frames=250),))
    shown = blocks(long, normalised=False)
    assert shown.video.tolist() == [0, 0]
    np.testing.assert_array_equal(shown.X[1], long[0].keypoints[100:200, 0].reshape(100, 51))


def test_who_is_hardly_seen_is_no_dancer_unless_nobody_else_is():
    video = video_of("ghost", "low", people=2)
    video.keypoints[30:, 1] = np.nan
    assert blocks(DanceVideos((video,))).video.tolist() == [0]
    video.keypoints[20:, 0] = np.nan
    shown = blocks(DanceVideos((video,)), normalised=False)
    np.testing.assert_array_equal(shown.X[0, :30], video.keypoints[:30, 1].reshape(30, 51))
    assert len(shown.X) == 1 and not shown.X[0, 30:].any()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda video: video.keypoints.__setitem__(slice(None), np.nan), "Nobody is found in low0"),
        (lambda video: object.__setattr__(video, "keypoints", video.keypoints[:99]), "has 99 frames"),
    ],
)
def test_a_video_without_a_block_is_refused(change, says):
    videos = videos_of(1)
    change(videos[0])
    with pytest.raises(BalletError, match=says):
        fit_style_lstm(videos, bar=False)


# --- The style project's LSTM ---


@pytest.fixture(scope="module")
def trained():
    return fit_style_lstm(videos_of(), epochs=12, seed=4, bar=False)


def test_it_learns_to_tell_arms_that_are_low_from_high_ones(trained):
    others = DanceVideos(tuple(video_of(f"{s}{n}", s, seed=50 + n) for n in range(4) for s in STYLES), STYLES)
    told = trained.probabilities(others)
    assert told.shape == (8, 2) and told.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert (told.argmax(axis=1) == others.y).all()
    assert trained.history.epoch.tolist() == list(range(1, 13))
    assert trained.history.loss.iloc[-1] < trained.history.loss.iloc[0]
    assert trained.model.count_params() == 20 * 52 + 2 * 80 * 41 + 21 * 2


def test_a_video_is_answered_by_the_mean_of_its_dancers(trained):
    solos = [video_of("a", "low"), video_of("b", "high", seed=1)]
    both = np.concatenate([video.keypoints for video in solos], axis=1)
    duo = DanceVideo("duo", "low", both, 10, (480, 360))
    alone = trained.probabilities(DanceVideos(tuple(solos), STYLES))
    told = trained.probabilities(DanceVideos((duo, solos[1]), STYLES))
    assert told[0] == pytest.approx(alone.mean(axis=0), abs=1e-5)
    assert told[1] == pytest.approx(alone[1], abs=1e-5)


def test_the_same_seed_gives_the_same_model(trained):
    again = fit_style_lstm(videos_of(), epochs=12, seed=4, bar=False)
    for mine, other in zip(again.model.get_weights(), trained.model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, other)


def test_the_pace_chooses_the_training_and_the_projects_rate_falls_with_what_was_shown(monkeypatch):
    monkeypatch.setenv("BALLET_PACE", "paper")
    paper = recipes.style_lstm_training()
    assert paper == Training(200, 512, 5e-4)
    assert recipes.chunk_bilstm_training() == Training(20, 128, 1e-4)
    monkeypatch.delenv("BALLET_PACE")
    assert recipes.style_lstm_training().batch_size < 512
    rate = recipes._falling(paper)
    assert float(rate(195)) == pytest.approx(5e-4) and 195 * 512 < 100_000 < 196 * 512
    assert float(rate(196)) == pytest.approx(5e-4 * 0.96)
    at_the_end = -(-849 * 200 // 512)  # 849 blocks in the project's notebook
    assert float(rate(at_the_end)) == pytest.approx(5e-4 * 0.96), "the rate falls once in the whole training"


# --- The 16-style paper's BiLSTM on chunks ---


def test_a_model_that_is_trained_again_is_as_a_new_one():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(27, 5, 4)).astype(np.float32), np.arange(27) % 3
    new = fit_chunk_bilstm(X, y, 3, epochs=2, seed=1)
    expected = answers(new, X)
    used = fit_chunk_bilstm(X[::-1] * 2, y, 3, epochs=2, seed=0)
    assert np.abs(answers(used, X) - expected).max() > 1e-3
    assert fit_chunk_bilstm(X, y, 3, epochs=2, seed=1, again=used) is used
    np.testing.assert_array_equal(answers(used, X), expected)
    with pytest.raises(BalletError, match="cannot be trained again"):
        fit_chunk_bilstm(X[:, :, :2], y, 3, epochs=1, again=used)


def test_it_learns_in_which_order_frames_come():
    rng = np.random.default_rng(0)
    y = np.arange(60) % 2
    X = 0.3 * rng.normal(size=(60, 8, 3)) + np.linspace(-1, 1, 8)[:, None] * np.where(y, 1, -1)[:, None, None]
    model = fit_chunk_bilstm(X[:40], y[:40], 2, epochs=15)
    assert (answers(model, X[40:]).argmax(axis=1) == y[40:]).mean() > 0.9


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: fit_style_lstm(DanceVideos((video_of("a", "low"),)), bar=False), "all show low"),
        (lambda: fit_style_lstm(videos_of(1), epochs=0, bar=False), "epochs is 0"),
        (lambda: fit_style_lstm(videos_of(1), units=2.5, bar=False), "units is 2.5"),
        (lambda: fit_chunk_bilstm(np.zeros((4, 5, 2)), np.zeros(4, int), 2), "nothing to tell apart"),
        (lambda: fit_chunk_bilstm(np.zeros((4, 5, 2)), np.arange(3), 3), "with M styles"),
        (lambda: fit_chunk_bilstm(np.full((4, 5, 2), np.nan), np.arange(4), 4), "finite"),
        (lambda: fit_chunk_bilstm(np.zeros((4, 5, 2)), np.arange(4), 3), "from 0 to 2"),
    ],
)
def test_what_teaches_nothing_is_refused(ask, says):
    with pytest.raises(BalletError, match=says):
        ask()
