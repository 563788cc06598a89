"""Chunk split against video split, with a model that recognises rooms and one that sees the style."""

import numpy as np
import pytest

from ballet_lib.errors import BalletError
from ballet_lib.splits import accuracy_interval
from ballet_lib.styles.leak import (
    ChunkFeatures,
    chunk_features,
    leak,
    shuffled,
    split_by_chunk,
    split_by_video,
    summary,
)
from ballet_lib.styles.videos import DanceVideo, DanceVideos

LABELS = ("classical", "hip_hop", "afrobeat")


class NearestChunk:
    """Gives each chunk the style of the nearest one that it has learnt."""

    def __init__(self, X, y, classes):
        self.X, self.y, self.classes = X.mean(axis=1), y, classes

    def predict_on_batch(self, X):
        apart = ((X.mean(axis=1)[:, None] - self.X) ** 2).sum(axis=2)
        return np.eye(self.classes)[self.y[apart.argmin(axis=1)]]


def fit(X, y, classes, *, seed, again):
    return NearestChunk(X, y, classes)


def chunks_of(videos=8, each=3, room=1.0, style=0.0, seed=0, counts=None):
    """Make chunks that show the room of their video, and perhaps the style."""
    rng = np.random.default_rng(seed)
    counts = np.full(3 * videos, each) if counts is None else np.asarray(counts)
    groups = np.repeat(np.arange(3 * videos), counts)
    y = np.repeat(np.arange(3 * videos) % 3, counts)
    seen = room * rng.normal(size=(3 * videos, 16))[groups] + style * 20 * np.eye(3, 16)[y]
    X = seen[:, None] + 0.05 * rng.normal(size=(len(y), 5, 16))
    return ChunkFeatures(X.astype(np.float32), y, groups, LABELS)


def videos_of(count=2, frames=70, pictures=True, place=(200.0, 150.0)):
    """Make videos of somebody who moves at random before a grey of the video's own."""
    rng, made = np.random.default_rng(0), []
    for number, style in enumerate(np.repeat(LABELS, count)):
        points = place + 30 * rng.normal(size=(frames, 1, 17, 2))
        keypoints = np.concatenate([points, np.full((frames, 1, 17, 1), 0.9)], axis=-1)
        grey = np.full((frames, 64, 64), 20 * number + 20, np.uint8) if pictures else None
        made.append(DanceVideo(f"v{number}", str(style), keypoints, 10, (480, 360), pictures=grey))
    return DanceVideos(tuple(made), LABELS)


# --- Dividing ---


@pytest.mark.parametrize("split", [split_by_chunk, split_by_video])
def test_every_chunk_is_tested_once_and_each_style_in_each_fold(split):
    chunks = chunks_of()
    folds = split(chunks, folds=4, seed=3)
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(len(chunks)))
    for train, test in folds:
        assert sorted([*train, *test]) == list(range(len(chunks)))
        assert np.bincount(chunks.y[test]).tolist() == [6, 6, 6]


def test_only_the_split_by_video_keeps_videos_apart():
    chunks = chunks_of()
    for train, test in split_by_video(chunks):
        assert not set(chunks.groups[train]) & set(chunks.groups[test])
    known = [
        np.isin(chunks.groups[test], chunks.groups[train]).mean() for train, test in split_by_chunk(chunks)
    ]
    assert np.mean(known) > 0.8
    first, other = (np.concatenate([test for _, test in split_by_video(chunks, seed=s)]) for s in (0, 1))
    assert not np.array_equal(first, other)


# --- The leak ---


def test_who_sees_rooms_scores_by_chunk_and_guesses_by_video():
    told = leak(chunks_of(each=6), fit, bar=False)
    assert told.groupby("chunk").size().eq(2).all() and len(told) == 2 * 144
    scores = summary(told)
    assert scores.accuracy["by chunk"] > 0.95 and scores.accuracy["by video"] < 0.6
    assert scores.low["margin"] > 0.2
    assert scores.accuracy["margin"] == pytest.approx(
        scores.accuracy["by chunk"] - scores.accuracy["by video"]
    )


def test_who_sees_the_style_has_no_margin():
    told = leak(chunks_of(style=1.0), fit, bar=False)
    scores = summary(told)
    assert scores.accuracy["by chunk"] == scores.accuracy["by video"] == 1
    assert scores.accuracy["margin"] == 0 and not scores.low["margin"] > 0
    assert (scores.low["by video"], 1) == accuracy_interval(72, 72)


def test_styles_drawn_at_random_are_still_named_by_chunk():
    chunks = chunks_of(each=6, style=1.0)
    control = shuffled(chunks, seed=1)
    assert np.bincount(control.y).tolist() == np.bincount(chunks.y).tolist()
    assert all(len(np.unique(control.y[control.groups == group])) == 1 for group in range(24))
    assert (control.y != chunks.y).any() and control.X is chunks.X
    scores = summary(leak(control, fit, bar=False))
    assert (
        scores.accuracy["by chunk"] > 0.95
        and scores.accuracy["by video"] < 0.6
        and scores.low["margin"] > 0.2
    )


def test_either_split_learns_from_as_many_chunks():
    counts = np.tile([1, 2, 3, 4, 5, 6, 7, 8], 3)
    told = leak(chunks_of(counts=counts), fit, folds=3, bar=False)
    sizes = told.groupby(["fold", "split"]).trained_on.unique().unstack()
    assert (sizes["by chunk"] == sizes["by video"]).all()
    assert told.groupby("split").chunk.nunique().eq(counts.sum()).all()


def test_the_model_of_before_is_offered_for_use_again():
    offered = []

    def remembering(X, y, classes, *, seed, again):
        offered.append((seed, again))
        return fit(X, y, classes, seed=seed, again=again)

    leak(chunks_of(), remembering, folds=2, seed=5, bar=False)
    assert [seed for seed, _ in offered] == [5, 5, 6, 6]
    assert offered[0][1] is None and all(isinstance(again, NearestChunk) for _, again in offered[1:])


# --- Counting ---


def test_intervals_draw_whole_videos():
    """A hundred chunks of ten videos, each right or wrong as a whole, are as sure as ten."""
    import pandas as pd

    groups = np.repeat(np.arange(10), 10)
    rows = {"chunk": np.arange(100), "group": groups, "fold": 0}
    told = pd.concat([
        pd.DataFrame(rows | {"split": "by chunk", "right": np.arange(100) % 10 < 9}),
        pd.DataFrame(rows | {"split": "by video", "right": groups < 5}),
    ])  # fmt: skip
    scores = summary(told)
    assert scores.accuracy.tolist() == pytest.approx([0.9, 0.5, 0.4])
    assert (scores.low["by chunk"], scores.high["by chunk"]) == accuracy_interval(90, 100)
    rng = np.random.default_rng(7)
    drawn = 0.9 - (rng.integers(0, 10, (20_000, 10)) < 5).mean(axis=1)
    plain = np.quantile(drawn, [0.025, 0.975])
    assert scores.low["margin"] <= plain[0] + 0.02 and scores.high["margin"] >= plain[1] - 0.02
    assert scores.high["by video"] - scores.low["by video"] > 0.5, "wider than that of 100 single chunks"


# --- From videos ---


def test_chunks_know_style_and_video():
    chunks = chunk_features(videos_of(), "poses", length=30)
    assert chunks.X.shape == (12, 30, 51) and len(chunks) == 12
    assert chunks.groups.tolist() == np.repeat(np.arange(6), 2).tolist()
    assert chunks.y.tolist() == np.repeat([0, 1, 2], 4).tolist() and chunks.labels == LABELS


def test_pictures_show_the_room_and_poses_do_not():
    pictures = chunk_features(videos_of(), "pictures")
    assert pictures.X.shape == (12, 30, 96)
    same, other = pictures.X[0] - pictures.X[1], pictures.X[0] - pictures.X[4]
    assert np.abs(same).max() < 1e-4 < np.abs(other).max()
    here, there = (chunk_features(videos_of(place=place), "poses") for place in ((200, 150), (300, 90)))
    np.testing.assert_allclose(here.X, there.X, atol=1e-4)


def test_videos_of_one_dancer_stay_together():
    from dataclasses import replace

    videos = videos_of(count=4)
    shared = [replace(video, dancers=(f"d{row // 2}",)) for row, video in enumerate(videos)]
    chunks = chunk_features(DanceVideos(tuple(shared), LABELS), "poses")
    assert len(np.unique(chunks.groups)) == 6
    for train, test in split_by_video(chunks, folds=2):
        assert not set(chunks.groups[train]) & set(chunks.groups[test])


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: split_by_video(chunks_of(videos=3), folds=4), "classical has 3 videos, too few for 4 folds"),
        (lambda: split_by_video(chunks_of(videos=1, each=5), folds=4), "classical has 1 video, too few"),
        (lambda: split_by_chunk(chunks_of(videos=1), folds=4), "has 3 chunks, too few"),
        (lambda: leak(chunks_of(videos=3), fit, folds=4, bar=False), "ask for fewer folds"),
        (lambda: split_by_chunk(chunks_of(), folds=1), "at least 2"),
        (lambda: split_by_chunk(chunks_of(), folds=2.5), "2.5 folds"),
        (lambda: chunk_features(videos_of(), "sound"), "no stream 'sound'"),
        (lambda: chunk_features(videos_of(pictures=False)), "has no pictures"),
        (lambda: chunk_features(videos_of(), "poses", length=71), "No video is 71 frames long"),
    ],
)
def test_what_cannot_be_divided_is_refused(ask, says):
    with pytest.raises(BalletError, match=says):
        ask()


def test_one_style_alone_is_refused():
    from dataclasses import replace

    with pytest.raises(BalletError, match="one style"):
        split_by_video(replace(chunks_of(), y=np.zeros(72, int)))


def test_a_video_shorter_than_a_chunk_is_left_out_with_a_warning():
    videos = videos_of()
    short = DanceVideo("brief", "hip_hop", videos[0].keypoints[:20], 10, (480, 360))
    with pytest.warns(UserWarning, match="brief"):
        chunks = chunk_features(DanceVideos((*videos, short), LABELS), "poses")
    assert len(chunks) == 12
