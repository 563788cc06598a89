"""The last seconds of a camera as a sequence at the rate of the training data, whatever the camera's."""

import math
from collections import deque

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.frames_in_time import even_frames
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.skeleton import INDEX

LONGEST_PAUSE = 1.0
"""Seconds without a frame, or without the dancer, after which the window begins anew: nobody knows what was
danced meanwhile."""

SEEN_ENOUGH = 0.6
"""Share of the window's frames in which the dancer must be found."""

LONGEST_LEAP = 1.5
"""Torsos that the hips may move in a quarter of a second; beyond it, the model has found somebody else."""

_CORNERS = [INDEX[f"{side}_{part}"] for part in ("shoulder", "hip") for side in ("left", "right")]


class SlidingWindow:
    """Frames come in when they come; `poses` is the last `frames` of them at even steps of time.

    Memory is bounded by the window's length. A clock that stands or goes back a little is passed over; after
    a pause, a jump of the clock, another size of the picture or another person the window begins anew.

    Parameters
    ----------
    frames, fps
        Length of the window and frames per second in it: those of the takes that the model was trained on.
    """

    def __init__(self, frames: int, fps: float):
        if not (frames >= 2 and fps > 0):
            raise BalletError(f"A window of {frames} frames at {fps} a second cannot be. Give 40 at 20, say.")
        self.frames, self.fps = int(frames), float(fps)
        self._kept: deque[tuple[float, PoseSequence]] = deque()
        self._seen: tuple[float, np.ndarray] | None = None
        self.restarts = 0
        """How often the window began anew after something was in it."""

    @property
    def seconds(self) -> float:
        """From the first frame of the window to its last."""
        return (self.frames - 1) / self.fps

    @property
    def is_empty(self) -> bool:
        """Whether nobody was seen lately."""
        return self._seen is None

    def clear(self) -> None:
        """Forget every frame."""
        self.restarts += bool(self._kept)
        self._kept.clear()
        self._seen = None

    def add(self, pose: PoseSequence, seconds: float) -> bool:
        """Take in one frame; return whether it counts, which it does not if it is no later than the last.

        Raises
        ------
        BalletError
            If `pose` is not one frame.
        """
        if len(pose) != 1:
            raise BalletError("The window takes one frame at a time. Feed each frame alone.")
        if not math.isfinite(seconds):
            return False
        if self._kept:
            step = seconds - self._kept[-1][0]
            if -LONGEST_PAUSE < step <= 0:
                return False
            if not 0 < step <= LONGEST_PAUSE or pose.size != self._kept[-1][1].size:
                self.clear()
        if pose.found[0]:
            self._follow(pose, seconds)
        elif self._seen is not None and seconds - self._seen[0] > LONGEST_PAUSE:
            self.clear()
        self._kept.append((seconds, pose))
        # One frame more than the window is long, so that its first moment lies between two.
        while len(self._kept) > 2 and self._kept[1][0] <= seconds - self.seconds:
            self._kept.popleft()
        return True

    @property
    def poses(self) -> PoseSequence | None:
        """The window, or None while it is not full or the dancer is hardly seen in it."""
        if len(self._kept) < 2 or self._kept[-1][0] - self._kept[0][0] < self.seconds - 1e-6:
            return None
        when = np.array([second for second, _ in self._kept])
        first = when[-1] - self.seconds
        # The frame before the window only serves to interpolate its first one.
        window = even_frames([pose for _, pose in self._kept], when, self.fps, self.frames, first)
        return window if window.found.mean() >= SEEN_ENOUGH else None

    def _follow(self, pose: PoseSequence, seconds: float) -> None:
        """Begin anew if the person of this frame cannot be the one of the last."""
        width, height = pose.size
        torso = pose.landmarks[0, _CORNERS, :2] * (width / height, 1)
        if np.isfinite(torso).all():
            if self._seen is not None and seconds - self._seen[0] <= 0.25:
                before = self._seen[1]
                size = float(np.linalg.norm(before[:2].mean(axis=0) - before[2:].mean(axis=0)))
                if np.linalg.norm((torso - before).mean(axis=0)) > LONGEST_LEAP * max(size, 1e-3):
                    self.clear()
            self._seen = seconds, torso
        elif self._seen is not None:  # somebody, cut off: where the torso was seen last still counts
            self._seen = seconds, self._seen[1]
