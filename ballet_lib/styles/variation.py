"""How dance videos are varied in training: begun elsewhere, faster, mirrored, tilted, lost now and then.

The order of the people needs no variation, since the networks do not see it.
"""

import numpy as np

from ballet_lib.skeleton import COCO_17, MIRRORED
from ballet_lib.styles.streams import VideoStreams

OTHER_SIDE = tuple(COCO_17.index(MIRRORED[landmark]) for landmark in COCO_17)
"""For each COCO keypoint, the one on the body's other side."""
TEMPO = 0.1
"""By which share a dance may become faster or slower."""
TILT = 8.0
"""Degrees by which people are turned in the picture at most, to either side."""
STRETCH, NOISE = 0.1, 0.02
"""Most of a stretch, and standard deviation of the noise, in half boxes of the person."""
LOST = 0.05
"""Share of frames, in runs, in which a person is lost."""
RUN = 4
"""Frames of such a run."""


def moments(frames: int, steps: int, every: int, rng: np.random.Generator) -> np.ndarray:
    """Draw from where, and how quickly, a dance of `frames` is read: float (steps,), frame numbers."""
    longest = (frames - 1) / max(1, steps - 1)
    pace = min(every * np.exp(rng.uniform(-TEMPO, TEMPO)), longest)
    return rng.uniform(0, frames - 1 - pace * (steps - 1)) + pace * np.arange(steps)


def read_at(video: VideoStreams, when: np.ndarray) -> VideoStreams:
    """Return a video at moments between its frames: float (n,); people who are lost in one stay lost."""
    low = np.minimum(when.astype(int), len(video) - 1)
    high = np.minimum(np.ceil(when).astype(int), len(video) - 1)
    share = (when - low).astype(np.float32)
    pictures, poses = video.pictures, video.poses
    if pictures is not None:
        pictures = pictures[low] + (pictures[high] - pictures[low]) * share[:, None]
    if poses is not None:
        before, after = _points(poses[low]), _points(poses[high])
        poses = before + (after - before) * share[:, None, None, None]
        there = before.any(axis=-1, keepdims=True) & after.any(axis=-1, keepdims=True)
        poses = (poses * there).reshape(*poses.shape[:2], -1)
    return VideoStreams(video.name, pictures, poses)


def varied(poses: np.ndarray, mirrored: bool, rng: np.random.Generator) -> np.ndarray:
    """Vary normalised poses, float32 (T, P, 51), of one video: mirrored, tilted, stretched, noisy, lost."""
    points = _points(poses)
    there = points.any(axis=-1, keepdims=True)
    angle = np.radians(rng.uniform(-TILT, TILT))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]], np.float32)
    places = points[..., :2] @ (turn * np.exp(rng.uniform(-STRETCH, STRETCH, 2)).astype(np.float32))
    places = places + rng.standard_normal(places.shape, np.float32) * np.float32(NOISE)
    points = np.concatenate([places, points[..., 2:]], axis=-1) * there
    if mirrored:
        points = points[:, :, OTHER_SIDE] * np.array([-1, 1, 1], np.float32)
    frames, people = poses.shape[:2]
    starts = rng.random((frames, people)) < LOST / RUN
    lost = np.stack([np.roll(starts, shift, axis=0) for shift in range(RUN)]).any(axis=0)
    return (points * ~np.asarray(lost)[..., None, None]).reshape(poses.shape)


def _points(poses: np.ndarray) -> np.ndarray:
    return poses.reshape(*poses.shape[:-1], -1, 3)
