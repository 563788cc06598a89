"""Fewer frames and shorter pieces of videos."""

import numpy as np
import pytest

from ballet_lib.errors import BalletError
from ballet_lib.styles.chunks import EVERY, LENGTH, Chunks, cut, subsample
from ballet_lib.styles.videos import DanceVideo, DanceVideos


def video(name="one", frames=100, pictures=True):
    keypoints = np.ones((frames, 1, 17, 3)) * np.arange(frames)[:, None, None, None]
    small = np.zeros((frames, 64, 64), np.uint8) + np.arange(frames, dtype=np.uint8)[:, None, None]
    return DanceVideo(name, "waltz", keypoints, 30, (64, 64), (), small if pictures else None)


@pytest.mark.parametrize("every", EVERY)
def test_every_so_manieth_frame_is_kept(every):
    for first in {0, every - 1}:
        less = subsample(video(), every, first)
        wanted = [frame for frame in range(100) if frame >= first and (frame - first) % every == 0]
        assert less.keypoints[:, 0, 0, 0].tolist() == wanted
        assert less.pictures[:, 0, 0].tolist() == wanted and less.fps == 30 / every
    assert subsample(video(pictures=False), every).pictures is None


@pytest.mark.parametrize(("every", "first"), [(0, 0), (-1, 0), (5, 100), (5, -1)])
def test_subsample_refuses(every, first):
    with pytest.raises(BalletError, match="one of 100 frames has no frames"):
        subsample(video(), every, first)


def test_chunks_do_not_overlap_and_the_rest_is_left_out():
    videos = [video("a", 95), video("b", 30), video("c", 61)]
    chunks = cut(videos)
    assert (LENGTH, chunks.length, len(chunks)) == (30, 30, 3 + 1 + 2)
    assert chunks.video.tolist() == [0, 0, 0, 1, 2, 2] and chunks.start.tolist() == [0, 30, 60, 0, 0, 30]
    assert chunks.groups(["a", "b", "c"]).tolist() == ["a", "a", "a", "b", "c", "c"]
    stacked = chunks.of([one.keypoints for one in videos])
    assert stacked.shape == (6, 30, 1, 17, 3)
    np.testing.assert_array_equal(stacked[:, :, 0, 0, 0], chunks.start[:, None] + np.arange(30))


def test_chunks_overlap_by_their_step():
    chunks = cut(DanceVideos((video("a", 50),)), length=20, step=10)
    assert chunks.start.tolist() == [0, 10, 20, 30]
    some = chunks[chunks.start > 5]
    assert some.start.tolist() == [10, 20, 30] and some.length == 20
    assert chunks[-1].start.tolist() == [30] and chunks[:2].start.tolist() == [0, 10]


def test_a_video_shorter_than_a_chunk_is_left_out_and_named():
    with pytest.warns(UserWarning, match="^short: 1 of 2 videos are shorter than a chunk of 30"):
        chunks = cut([video("short", 29), video("long", 30)])
    assert chunks.video.tolist() == [1]
    with pytest.raises(BalletError, match="No video is 30 frames long; the longest has 29"):
        cut([video("short", 29), video("shorter", 5)])


def test_chunks_refuse():
    with pytest.raises(BalletError, match="positive"):
        cut([video()], length=0)
    with pytest.raises(BalletError, match="positive"):
        cut([video()], step=0)
    chunks = cut([video("a"), video("b")])
    with pytest.raises(BalletError, match="1 arrays and chunks of 2 videos"):
        chunks.of([np.zeros((100, 3))])
    with pytest.raises(BalletError, match="1 names and chunks of 2 videos"):
        chunks.groups(["a"])
    with pytest.raises(BalletError, match="of one kind"):
        chunks.of([np.zeros((100, 3)), np.zeros((100, 4))])
    with pytest.raises(BalletError, match="all frames"):
        chunks.of([np.zeros((100, 3)), np.zeros((60, 3))])
    with pytest.raises(BalletError, match="There is no chunk"):
        Chunks(np.zeros(0, int), np.zeros(0, int), 30).of([])
