"""Training networks of two streams, what they say of a video and over time, and their files."""

import json
from dataclasses import replace

import numpy as np
import pytest

from ballet_lib.errors import BalletError
from ballet_lib.model_files import SHIPPED
from ballet_lib.styles import training
from ballet_lib.styles.classifier import StyleClassifier
from ballet_lib.styles.settings import COURSE, PAPER, recipe_of
from ballet_lib.styles.streams import VideoStreams, each_video
from ballet_lib.styles.training import fit_style
from ballet_lib.styles.variation import OTHER_SIDE, moments, read_at, varied
from ballet_lib.styles.videos import DanceVideo, DanceVideos

BODY = np.random.default_rng(1).uniform(60, 260, (17, 2))
"""Where the keypoints of everybody are at rest."""
QUICK = {"epochs": 2, "seconds": 2, "bar": False, "sizes": {"units": 8}}


def video(style: str, number: int, frames: int = 40, pictures: bool = False) -> DanceVideo:
    """Let somebody sway, quickly or slowly; any single posture may be of either."""
    rng = np.random.default_rng([number, style == "quick"])
    turns = np.arange(frames) / 10 * (2.5 if style == "quick" else 0.8) + rng.random()
    sway = 25 * np.sin(2 * np.pi * turns)[:, None, None] * np.sin(np.arange(34)).reshape(17, 2)
    places = BODY + sway + rng.normal(0, 2, (17, 2)) + rng.normal(0, 1, (frames, 17, 2))
    keypoints = np.concatenate([places, np.ones((frames, 17, 1))], axis=-1)[:, None]
    shown = rng.integers(0, 256, (frames, 64, 64), np.uint8) if pictures else None
    return DanceVideo(f"{style}_{number}", style, keypoints.astype(np.float32), 10, (320, 320), (), shown)


def some(count: int, first: int = 0, **more) -> DanceVideos:
    numbers = range(first, first + count)
    return DanceVideos(tuple(video(style, n, **more) for style in ("slow", "quick") for n in numbers))


@pytest.fixture(scope="module")
def learnt() -> StyleClassifier:
    return fit_style(some(8), streams="poses", settings="course", epochs=40, seconds=2, bar=False)


@pytest.fixture(scope="module")
def voting() -> StyleClassifier:
    return fit_style(some(8), "frame", streams="poses", settings="course", epochs=40, seconds=2, bar=False)


# --- Varied in training ---


def test_other_side_swaps_left_and_right():
    assert OTHER_SIDE[0] == 0 and [OTHER_SIDE[one] for one in OTHER_SIDE] == list(range(17))
    assert [OTHER_SIDE[one] for one in range(1, 17, 2)] == list(range(2, 17, 2))


def test_moments_stay_in_the_video_and_go_at_about_the_pace():
    rng = np.random.default_rng(0)
    drawn = np.array([moments(100, 12, 5, rng) for _ in range(200)])
    assert drawn.min() >= 0 and drawn.max() <= 99
    pace = np.diff(drawn, axis=1)
    assert np.ptp(pace, axis=1).max() < 1e-9 and pace.min() < 4.7 < 5.3 < pace.max() < 5.6
    assert drawn[:, 0].std() > 8, "they begin anywhere"
    assert max(moments(100, 100, 1, rng).max() for _ in range(20)) == pytest.approx(99)
    assert moments(7, 1, 3, rng).shape == (1,)


def test_reading_between_frames_loses_who_is_lost_in_one():
    row = each_video([video("slow", 0)], "poses")[0]
    row.poses[5] = 0
    np.testing.assert_allclose(read_at(row, np.arange(40.0)).poses, row.poses, atol=1e-6)
    half = read_at(row, np.array([2.5, 4.5, 5.5])).poses
    np.testing.assert_allclose(half[0], (row.poses[2] + row.poses[3]) / 2, atol=1e-6)
    assert not half[1:].any()
    pictures = read_at(VideoStreams("p", np.eye(3, dtype=np.float32), None), np.array([0.25])).pictures
    np.testing.assert_allclose(pictures, [[0.75, 0.25, 0]])


def test_varied_poses_are_the_same_posture_and_nobody_appears():
    poses = each_video([video("slow", 0)], "poses")[0].poses
    poses[3] = 0
    poses[:, :, 12:15] = 0  # one keypoint is never found
    rng = np.random.default_rng(0)
    points, mirrored = (varied(poses, flip, rng).reshape(40, 17, 3) for flip in (False, True))
    assert not points[3].any() and not points[:, 4].any()
    assert not mirrored[3].any() and not mirrored[:, OTHER_SIDE[4]].any()
    there = points[:, 0, 2] > 0
    assert 20 < there.sum() < 40, "sometimes somebody is lost"
    before = poses.reshape(40, 17, 3)[there]
    for one, like in ((points[there], before), (mirrored[mirrored[:, 0, 2] > 0], None)):
        assert np.abs(one[..., :2]).max() < 1.6
        if like is not None:
            np.testing.assert_allclose(one[..., :2], like[..., :2], atol=0.4)
            np.testing.assert_array_equal(one[..., 2], like[..., 2])
    flipped = before[:, OTHER_SIDE] * [-1, 1, 1]
    both = there & (mirrored[:, 0, 2] > 0)
    np.testing.assert_allclose(
        mirrored[both][..., :2], flipped[np.flatnonzero(both[there])][..., :2], atol=0.4
    )


# --- Training ---


def test_a_sequence_tells_rhythm_and_single_frames_do_not(learnt, voting):
    strangers = some(8, first=100)
    right, votes = (
        (one.probabilities(strangers).argmax(axis=1) == strangers.y).mean() for one in (learnt, voting)
    )
    assert right >= 0.9 and votes <= 0.8
    assert set(learnt.predict(strangers)) == {"slow", "quick"}
    assert learnt.history.loss.iloc[-1] < learnt.history.loss.iloc[0]


def test_same_seed_same_numbers():
    first, again, other = (
        fit_style(some(2), "frame", "poses", seed=seed, **QUICK).model.get_weights() for seed in (3, 3, 4)
    )
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
    assert any(not np.array_equal(one, two) for one, two in zip(first, other, strict=True))


@pytest.mark.parametrize("streams", ["both", "pictures"])
def test_pictures_are_learnt_from_too(streams):
    videos = some(2, frames=24, pictures=True)
    told = fit_style(videos, "frame", streams=streams, **QUICK)
    np.testing.assert_allclose(told.probabilities(videos).sum(axis=1), 1, atol=1e-6)


def test_the_reports_settings_learn_too():
    videos = some(2, frames=90)
    told = fit_style(videos, streams="poses", settings="paper", epochs=2, bar=False)
    assert (told.card["every"], told.card["steps"], told.card["recipe"]["rate"]) == (20, 5, 0.0167)
    assert told.model.get_layer("lstm").units == 128 and told.probabilities(videos).shape == (4, 2)


def test_ctrl_c_keeps_what_is_learnt(monkeypatch):
    epoch, calls = training._epoch, []

    def stopping(*given):
        if len(calls) == 2:
            raise KeyboardInterrupt
        calls.append(1)
        return epoch(*given)

    monkeypatch.setattr(training, "_epoch", stopping)
    told = fit_style(some(2), streams="poses", **QUICK | {"epochs": 9})
    assert told.card["interrupted"] and len(told.history) == 2
    assert np.isfinite(told.probabilities(some(2))).all()


def test_recipes_are_those_of_the_pace(monkeypatch):
    assert recipe_of("lstm") == COURSE["lstm"]
    monkeypatch.setenv("BALLET_PACE", "paper")
    assert recipe_of("attention") == PAPER["attention"]
    changed = recipe_of("lstm", "course", every=2, seconds=None, epochs=None, vary=False, sizes={"units": 7})
    assert (changed.every, changed.seconds, changed.epochs) == (2, None, COURSE["lstm"].epochs)
    assert changed.sizes == COURSE["lstm"].sizes | {"units": 7} and changed.vary is False


def test_a_step_takes_as_long_at_other_frame_rates():
    films = DanceVideos(tuple(replace(one, fps=30.0) for one in some(2, frames=90)))
    told = fit_style(films, streams="poses", **QUICK)
    assert (told.card["every"], told.card["steps"], told.card["fps"], told.seconds) == (3, 20, 30, 2)
    seconds, _ = told.over_time(films[0], window=2)
    np.testing.assert_allclose(seconds, [1, 1.5, 2])


def lost(one: DanceVideo) -> DanceVideo:
    return replace(one, keypoints=np.full_like(one.keypoints, np.nan))


@pytest.mark.parametrize(
    ("videos", "settings", "message"),
    [
        (lambda: DanceVideos(some(2).videos, ("slow", "quick", "still")), {}, "No video shows still"),
        (lambda: DanceVideos(some(3).videos[:3]), {}, "all 3 videos show slow"),
        (lambda: DanceVideos((*some(2).videos, lost(video("slow", 9)))), {}, "slow_9 shows nobody in any"),
        (lambda: some(2), {"streams": "both"}, "has no pictures"),
        (lambda: some(2, frames=15), {}, "slow_0 has 15 steps, too short for sequences of 20"),
        (lambda: some(2), {"every": 2, "seconds": 5}, "slow_0 has 20 steps, too short for sequences of 25"),
        (lambda: some(2), {"seconds": 0}, "Sequences of 0 s cannot be"),
        (lambda: some(2), {"every": 40, "seconds": None}, "a sequence has one step"),
        (lambda: some(2), {"network": "gru"}, "no network 'gru'"),
        (lambda: some(2), {"settings": "fast"}, "settings course and paper"),
        (lambda: some(2), {"streams": "sound"}, "no stream 'sound'"),
        (lambda: some(2), {"epochs": 0}, "epochs is 0"),
        (lambda: some(2), {"sizes": {"heads": 2}}, "no size heads"),
    ],
)  # fmt: skip
def test_what_cannot_be_learnt_is_refused(videos, settings, message):
    with pytest.raises(BalletError, match=message):
        fit_style(videos(), **QUICK | {"streams": "poses"} | settings)


# --- What it says ---


def test_probabilities_are_means_of_windows(learnt):
    told = learnt.probabilities([video("slow", 50)])[0]
    poses = each_video([video("slow", 50)], "poses")[0].poses
    windows = np.stack([poses[start : start + 20] for start in (0, 10, 20)])
    np.testing.assert_allclose(told, learnt.model.predict_on_batch(windows).mean(axis=0), atol=1e-5)
    assert told.sum() == pytest.approx(1, abs=1e-5)


def test_frames_vote_if_they_show_somebody(voting):
    one = video("slow", 50, frames=30)
    answers = voting.model.predict_on_batch(each_video([one], "poses")[0].poses[None])[0].argmax(axis=1)
    votes = np.bincount(answers, minlength=2) / 30
    np.testing.assert_allclose(voting.probabilities([one])[0], votes, atol=1e-6)
    one.keypoints[:5] = np.nan
    votes = np.bincount(answers[5:], minlength=2) / 25
    np.testing.assert_allclose(voting.probabilities([one])[0], votes, atol=1e-6)


def test_over_time_follows_a_change(learnt):
    slow, quick = video("slow", 60, frames=60), video("quick", 60, frames=60)
    film = replace(slow, keypoints=np.concatenate([slow.keypoints, quick.keypoints]))
    seconds, told = learnt.over_time(film, window=2, step=0.5)
    np.testing.assert_allclose(seconds, np.arange(1, 11.01, 0.5))
    assert told.shape == (21, 2)
    assert told[:9, 0].mean() > 0.6 and told[-9:, 1].mean() > 0.6


def test_films_of_other_rates_and_sizes_are_read_alike(learnt):
    one = video("quick", 70)
    film = replace(
        one, keypoints=one.keypoints.repeat(3, axis=0) * np.float32([2, 2, 1]), fps=30, size=(640, 640)
    )
    for mine, theirs in zip(learnt.over_time(one, 2), learnt.over_time(film, 2), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-4)


def test_windows_without_anybody_are_left_out(learnt):
    one = video("quick", 80, frames=80)
    one.keypoints[20:60] = np.nan
    seconds, told = learnt.over_time(one, window=2, step=1)
    np.testing.assert_array_equal(seconds, [1, 2, 6, 7])
    assert np.isfinite(told).all()
    with pytest.raises(BalletError, match="quick_1 shows nobody for long enough"):
        learnt.over_time(lost(video("quick", 1)))
    with pytest.raises(BalletError, match="quick_1 has 9 steps, too short"):
        learnt.over_time(video("quick", 1, frames=9))
    with pytest.raises(BalletError, match="too short"):
        learnt.probabilities([video("quick", 1, frames=19)])
    for window, step in ((0, 1), (2, -1), (np.nan, 1)):
        with pytest.raises(BalletError, match="positive numbers"):
            learnt.over_time(one, window, step)
    with pytest.raises(BalletError, match="holds 1 steps, too few"):
        learnt.over_time(one, 0.1)


# --- Files ---


def test_saved_and_read_again(learnt, tmp_path):
    path = learnt.save(tmp_path / "styles.keras")
    again = StyleClassifier.load(path)
    strangers = some(1, first=30)
    np.testing.assert_allclose(again.probabilities(strangers), learnt.probabilities(strangers), atol=1e-6)
    assert again.labels == ("slow", "quick") and again.seconds == 2
    assert again.history.accuracy.iloc[-1] == pytest.approx(learnt.history.accuracy.iloc[-1], abs=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "silhouette autoencoder"}, "not that of a dance style classifier"),
        ({"network": "gru"}, "which network"),
        ({"labels": ["slow", "slow"]}, "stands twice"),
        ({"labels": ["slow", "quick", "other"]}, "speaks of poses and 3 styles"),
        ({"streams": "both"}, "speaks of pictures, poses and 2 styles"),
        ({"steps": 0}, "its steps is 0"),
        ({"fps": "ten"}, "its fps is 'ten'"),
        ({"encoder": None}, "encoded by"),
        ({"model_sha256": "0"}, "not the model that its card speaks of"),
    ],
)
def test_cards_that_do_not_fit_are_refused(learnt, tmp_path, change, message):
    path = learnt.save(tmp_path / "styles.keras")
    card = path.with_suffix(".json")
    card.write_text(json.dumps(json.loads(card.read_text()) | change))
    with pytest.raises(BalletError, match=message):
        StyleClassifier.load(path)


def test_the_one_that_ships_knows_its_videos_and_is_small():
    shipped, videos = StyleClassifier.load(), DanceVideos.load("styles")
    assert shipped.card["streams"] == "poses" and shipped.labels == videos.labels and shipped.seconds == 3
    assert set(shipped.card["videos"]) == set(videos.names)
    assert (shipped.probabilities(videos).argmax(axis=1) == videos.y).mean() > 0.9
    assert sum((SHIPPED / f"styles.{end}").stat().st_size for end in ("keras", "json")) < 400_000


def test_a_model_that_is_not_there():
    with pytest.raises(BalletError, match=r"There is no model at nowhere\.keras"):
        StyleClassifier.load("nowhere.keras")
