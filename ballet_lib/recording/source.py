"""Where frames come from: anything that can be a `Source`, and a video file as one."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.pose_sequence import PoseSequence

if TYPE_CHECKING:
    from ballet_lib.pose import PoseExtractor

OnFrame = Callable[[np.ndarray | None, PoseSequence, float], None]
"""Called with the picture (uint8 RGB, or None if the source shows it itself), its pose, and its second."""

OnEnd = Callable[[BaseException | None], None]
"""Called once when the source ends by itself: with None, or with what went wrong."""


class Source(Protocol):
    """What a `Recorder` records from.

    A source may have a `view`, a widget that shows what it sees; the recorder then shows that in place of
    pictures of its own.
    """

    name: str
    """Stands in the takes as their source."""

    def start(self, frame: OnFrame, ended: OnEnd) -> None:
        """Begin to deliver frames, from whatever thread; return at once."""

    def stop(self) -> None:
        """Deliver no more frames once this returns; does nothing if it stands already."""


class VideoSource:
    """A video file in place of a camera.

    Parameters
    ----------
    path
        A video that `read_frames` reads.
    pace
        Play as fast as the film does, leaving out frames when the extractor does not keep up; otherwise
        every frame, as fast as possible.
    loop
        Begin again at the end; the seconds go on.
    extractor
        What finds the landmarks; one of its own by default.

    Raises
    ------
    BalletError
        If the file is no video.
    """

    def __init__(
        self,
        path: str | os.PathLike,
        *,
        pace: bool = True,
        loop: bool = True,
        extractor: "PoseExtractor | None" = None,
    ):
        from ballet_lib.video import probe

        self.path, self.pace, self.loop = Path(path), pace, loop
        self.name, self.fps = self.path.name, probe(path).fps
        self._extractor = extractor
        self._thread: threading.Thread | None = None
        self._halt = threading.Event()

    def start(self, frame: OnFrame, ended: OnEnd) -> None:
        """Play from the beginning, in a thread."""
        if self._thread is not None and self._thread.is_alive():
            raise BalletError(f"{self.name} is playing already. Stop it first.")
        self._halt = threading.Event()
        arguments = (frame, ended, self._halt)
        self._thread = threading.Thread(target=self._run, args=arguments, name=self.name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop, and wait for the frame under way."""
        self._halt.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=10)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the film has ended, at most so many seconds; return whether it has."""
        if self._thread is not None:
            self._thread.join(seconds)
        return self._thread is None or not self._thread.is_alive()

    def _run(self, frame: OnFrame, ended: OnEnd, halt: threading.Event) -> None:
        from ballet_lib.pose import PoseExtractor

        error = None
        try:
            extractor = self._extractor or PoseExtractor()
            try:
                with extractor.stream(people=1) as stream:
                    self._play(stream, frame, halt)
            finally:
                if self._extractor is None:
                    extractor.close()
        except BaseException as raised:
            error = raised
        if error is not None or not halt.is_set():
            ended(error)

    def _play(self, stream, frame: OnFrame, halt: threading.Event) -> None:
        from ballet_lib.video import read_frames

        number, begun = 0, time.monotonic()
        while not halt.is_set():
            for rgb in read_frames(self.path):
                due, number = number / self.fps, number + 1
                late = time.monotonic() - begun - due
                if self.pace and late > 1.5 / self.fps and number % 8:  # some come through on any machine
                    continue
                if (self.pace and halt.wait(max(0.0, -late))) or halt.is_set():
                    return
                frame(rgb, stream.frame(rgb, due), due)
            if not self.loop:
                return
