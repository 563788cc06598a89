"""Recording take after take: count-in, frames, review, the next movement; no widget and no camera in it.

Poses come in with `TakeRecorder.feed`, each with the second at which it was taken, at whatever rate the
camera has. What is kept goes into a folder of takes at once: the take's file, then the list.
"""

import functools
import math
import os
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.frames_in_time import even_frames, nearest_frames
from ballet_lib.names import check_label, file_names
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.recording.take_folder import TakeFolder
from ballet_lib.recording.take_problems import problems
from ballet_lib.takes import FRAMES, Take, TakeSet
from ballet_lib.vocabulary import MOVEMENTS, french

IDLE, COUNT_IN, RECORDING, REVIEW = "idle", "count-in", "recording", "review"
STATES = (IDLE, COUNT_IN, RECORDING, REVIEW)
"""What a recorder can be at, in the order in which a take goes through them."""

LONGEST_PAUSE = 1.0
"""Seconds between two frames beyond which a take is begun anew: nobody knows what was danced meanwhile."""


@dataclass(frozen=True)
class Moment:
    """What to show: the state, the movement, and how far the count-in or the take has come."""

    state: str
    movement: str
    count: int | None = None
    """During the count-in: 3, 2, 1."""
    share: float = 0.0
    """During a recording: how much of the take is there, in [0, 1]."""
    message: str = ""


def _one_at_a_time(method: Callable) -> Callable:
    @functools.wraps(method)
    def locked(self, *args, **kwargs):
        with self._busy:
            return method(self, *args, **kwargs)

    return locked


class TakeRecorder:
    """Records takes of one dancer into a folder, and goes on where the folder left off.

    May be fed from one thread and directed from another. Close it, or use it in a ``with`` block, so that
    others may write into the folder.

    Parameters
    ----------
    folder
        Where the takes go: a folder as `TakeSet.load` reads it, or a new one.
    dancer
        Who dances; splits keep a dancer on one side.
    movements
        The labels to record, in this order.
    takes
        How many of each are wanted; 20 as in the ballet LSTM paper.
    frames, fps
        Length of a take in frames, and frames per second to which the camera's are resampled.
    count_in
        Seconds between `start` and the first frame.
    pixels
        Store the pictures too, as an mp4 beside each take. Otherwise only landmarks are ever stored.
    hands_free
        Keep a take without a flaw by itself, repeat another, and go on to the next, until all are there.
    source
        What the frames come from; stands in the takes.

    Raises
    ------
    BalletError
        If a number or label makes no sense, the folder cannot be written to, holds a damaged list, or
        another recorder has it open.
    """

    review_seconds = 2.0
    """How long a take is shown before `hands_free` decides."""

    def __init__(
        self,
        folder: str | os.PathLike,
        dancer: str,
        movements: Sequence[str] = tuple(MOVEMENTS),
        *,
        takes: int = 20,
        frames: int = FRAMES,
        fps: float = 20.0,
        count_in: float = 3.0,
        pixels: bool = False,
        hands_free: bool = False,
        source: str = "camera",
    ):
        self.dancer = check_label(dancer, "dancer")
        self.movements = tuple(file_names([movements] if isinstance(movements, str) else movements))
        _check_numbers(self.movements, takes, frames, fps, count_in)
        self.takes, self.frames, self.fps, self.count_in = int(takes), int(frames), float(fps), count_in
        self.pixels, self.hands_free, self.source = bool(pixels), bool(hands_free), source
        self._busy = threading.RLock()
        self._folder = TakeFolder(folder, f"the recorder of {self.dancer}", self.movements)
        self.folder = self._folder.folder
        self.state = IDLE
        self.take: Take | None = None
        self.problems: tuple[str, ...] = ()
        self.movement, self.message = self._next_wanted(after=None), self._welcome()
        self._pictures_of_take: list[np.ndarray] = []
        self._clock = 0.0
        self._last_seconds: float | None = None
        self._begun: float | None = None
        self._forget()

    def _welcome(self) -> str:
        kept = sum(take.dancer == self.dancer for take in self._folder.takes)
        said = "Press Record; the count-in gives you time to take your place."
        if kept:
            said = f"Going on where you stopped: {kept} takes of {self.dancer} are here."
        if found := len(self._folder.recovered):
            said += f" Finished takes that were missing from the list: {found}, now added."
        return said

    # --- What a dancer does ---------------------------------------------------------------------------

    @_one_at_a_time
    def start(self) -> Moment:
        """Begin the count-in; a take in review is recorded again."""
        self._open()
        self._drop_review()
        self._enter(COUNT_IN, "Take your place.")
        return self.moment

    again = start

    @_one_at_a_time
    def feed(self, pose: PoseSequence, seconds: float, rgb: np.ndarray | None = None) -> Moment:
        """Take the next frame of the camera, and return what to show.

        Parameters
        ----------
        pose
            Of one frame.
        seconds
            When it was taken, on any clock. A frame that is not later than the last is passed over, and
            after a pause of more than `LONGEST_PAUSE`, or a jump of the clock, a take is begun anew.
        rgb
            uint8 (H, W, 3); needed only where `pixels` is on.

        Raises
        ------
        BalletError
            If `pose` is not one frame of one person, or the picture is missing where `pixels` is on.
        """
        if not isinstance(pose, PoseSequence) or len(pose) != 1:
            raise BalletError("The recorder takes one frame of one person at a time. Feed each frame alone.")
        if self.pixels and rgb is None:
            raise BalletError("pixels=True needs the pictures. Feed them, or record with pixels=False.")
        step = self._step(float(seconds))
        if step == 0:
            return self.moment
        if step is None:
            self._pause()
            step = 1 / self.fps
        self._clock += step
        if self.state != IDLE and self._begun is None:
            self._begun = self._clock
        if self.state == COUNT_IN and self._elapsed >= self.count_in - 1e-9:
            self._enter(RECORDING, f"{french(self.movement)} …")
            self._begun = self._clock
        if self.state == RECORDING:
            self._collect(pose, rgb)
        elif self.state == REVIEW and self.hands_free and self._elapsed >= self.review_seconds:
            self._decide()
        return self.moment

    @_one_at_a_time
    def keep(self) -> Take:
        """Store the take in review and return it; if that fails, it stays in review.

        Raises
        ------
        BalletError
            If there is no take to keep, nobody was seen in it, or it cannot be written.
        """
        self._open()
        take = self.take
        if self.state != REVIEW or take is None:
            raise BalletError("There is no take to keep. Record one first.")
        if not take.poses.found.any():
            raise BalletError("Nobody is in this take, so it teaches nothing. Record it again.")
        if self.pixels:
            self._folder.write_video(take.take_id, self._pictures_of_take, self.fps)
        self._folder.add([take])
        self._drop_review()
        self.movement = self._next_wanted(after=take.movement)
        name = french(take.movement)
        kept = f"Kept {name}, {self.progress[take.movement]} of {self.takes}."
        self._enter(IDLE, f"{kept} All takes are there; more are welcome." if self.done else kept)
        return take

    @_one_at_a_time
    def discard(self) -> None:
        """Throw the take in review away."""
        if self.state != REVIEW:
            raise BalletError("There is no take to discard. Record one first.")
        self._drop_review()
        self._enter(IDLE, "Discarded. Press Record to dance it again.")

    @_one_at_a_time
    def choose(self, movement: str) -> None:
        """Record this movement next; a take that is being recorded is broken off.

        Raises
        ------
        BalletError
            If it is not among `movements`, or a take waits for its review.
        """
        if movement not in self.movements:
            raise BalletError(
                f"There is no movement {movement!r} here. Choose one of {', '.join(self.movements)}."
            )
        if self.state == REVIEW:
            raise BalletError("A take waits for your decision. Keep or discard it first.")
        self.movement = movement
        self._enter(IDLE, f"Next: {french(movement)}.")

    @_one_at_a_time
    def next_movement(self) -> None:
        """Go on to the movement after this one that still wants takes; to the very next if none does."""
        place = self.movements.index(self.movement)
        rest = self.movements[place + 1 :] + self.movements[: place + 1]
        self.choose(next((m for m in rest if self.progress[m] < self.takes), rest[0]))

    @_one_at_a_time
    def stop(self) -> None:
        """Break off the count-in or the recording; a take in review stays."""
        if self.state in (COUNT_IN, RECORDING):
            self._enter(IDLE, "Stopped. Nothing of this take was stored.")

    @_one_at_a_time
    def close(self) -> None:
        """Let others write into the folder; a take that was not kept is lost."""
        self._drop_review()
        self._enter(IDLE, "This recorder is closed. Everything kept is in the folder.")
        self._folder.close()

    def __enter__(self) -> "TakeRecorder":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    # --- What there is to see -------------------------------------------------------------------------

    @property
    @_one_at_a_time
    def moment(self) -> Moment:
        """What to show now."""
        count = math.ceil(self.count_in - self._elapsed - 1e-9) if self.state == COUNT_IN else None
        share = min(1.0, self._elapsed / self._length) if self.state == RECORDING else 0.0
        return Moment(self.state, self.movement, count, share, self.message)

    @property
    @_one_at_a_time
    def progress(self) -> dict[str, int]:
        """How many takes of this dancer are kept, by movement."""
        kept = Counter(take.movement for take in self._folder.takes if take.dancer == self.dancer)
        return {movement: kept[movement] for movement in self.movements}

    @property
    def done(self) -> bool:
        """Whether every movement has the takes that are wanted."""
        return all(kept >= self.takes for kept in self.progress.values())

    @property
    @_one_at_a_time
    def kept(self) -> TakeSet:
        """Every take of the folder, other dancers' too."""
        return self._folder.takes

    @property
    def is_open(self) -> bool:
        """Whether takes can still be kept."""
        return self._folder.is_open

    @property
    def notice(self) -> str:
        """What is stored, in words that a dancer should read before the first take."""
        if self.pixels:
            return (
                f"PICTURES ARE STORED: every take that you keep is also filmed, as an mp4 in {self.folder}."
            )
        return "Only landmarks are stored. Pictures stay in memory and are gone after each take."

    # --- How it goes on -------------------------------------------------------------------------------

    @property
    def _elapsed(self) -> float:
        return 0.0 if self._begun is None else self._clock - self._begun

    @property
    def _length(self) -> float:
        """Seconds from the first frame of a take to its last."""
        return (self.frames - 1) / self.fps

    def _enter(self, state: str, message: str) -> None:
        self.state, self.message, self._begun = state, message, None
        self._forget()

    def _forget(self) -> None:
        self._poses: list[PoseSequence] = []
        self._seconds: list[float] = []
        self._pictures: list[np.ndarray] = []

    def _open(self) -> None:
        if not self.is_open:
            raise BalletError("This recorder is closed. Make a new one on the same folder; it goes on there.")

    def _step(self, seconds: float) -> float | None:
        """Seconds since the last frame: 0 for a frame to pass over, None after a pause or a jump."""
        last = self._last_seconds
        if not math.isfinite(seconds) or (last is not None and last - LONGEST_PAUSE < seconds <= last):
            return 0
        self._last_seconds = seconds
        return seconds - last if last is not None and 0 < seconds - last <= LONGEST_PAUSE else None

    def _pause(self) -> None:
        if self.state == RECORDING:
            self._enter(COUNT_IN, "The camera paused or its clock jumped, so this take begins again.")

    def _collect(self, pose: PoseSequence, rgb: np.ndarray | None) -> None:
        if self._poses and pose.size != self._poses[0].size:
            self._enter(COUNT_IN, "The picture changed its size, so this take begins again.")
            return
        self._poses.append(pose)
        self._seconds.append(self._clock)
        if self.pixels:
            self._pictures.append(np.array(rgb))
        if self._elapsed >= self._length - 1e-9:
            self._finish()

    def _finish(self) -> None:
        seconds = np.array(self._seconds)
        measured = float((len(seconds) - 1) / (seconds[-1] - seconds[0]))
        poses = even_frames(self._poses, seconds, self.fps, self.frames)
        poses = replace(poses, source=self.source, meta={})
        now = datetime.now(UTC)
        meta = {
            "recorded": now.isoformat(timespec="seconds"),
            "source": self.source,
            "camera_fps": round(measured, 1),
            "found": round(float(poses.found.mean()), 3),
        }
        chosen = nearest_frames(seconds, self.fps, self.frames) if self.pixels else ()
        pictures = [self._pictures[number] for number in chosen]
        take_id = f"take-{now:%Y%m%dt%H%M%S}-{secrets.token_hex(3)}"
        self.take = Take(poses, self.movement, self.dancer, take_id, meta)
        said = problems(poses, measured)
        self._enter(REVIEW, " ".join(said) or "A good take. Keep it?")
        self.problems, self._pictures_of_take = tuple(said), pictures

    def _decide(self) -> None:
        if self.problems:
            said = self.message
            self.start()
            self.message = f"{said} Once more."
            return
        try:
            self.keep()
        except BalletError as error:
            self.hands_free, self.message = False, str(error)
            return
        if not self.done:
            said = self.message
            self.start()
            self.message = said

    def _drop_review(self) -> None:
        if self.take is not None and self.is_open:
            self._folder.withdraw(self.take.take_id)  # a full disk may have left a part of it
        self.take, self.problems, self._pictures_of_take = None, (), []

    def _next_wanted(self, after: str | None) -> str:
        """The same movement until it has its takes, then the next that lacks some."""
        place = 0 if after is None else self.movements.index(after)
        order = self.movements[place:] + self.movements[:place]
        return next((m for m in order if self.progress[m] < self.takes), after or order[0])


def _check_numbers(movements: tuple, takes: int, frames: int, fps: float, count_in: float) -> None:
    if not movements:
        raise BalletError("There is no movement to record. Name at least one.")
    for name, value, low, high in (
        ("takes", takes, 1, 10_000), ("frames", frames, 2, 2000), ("fps", fps, 1, 120),
        ("count_in", count_in, 0, 60),
    ):  # fmt: skip
        if not (isinstance(value, int | float | np.number) and low <= value <= high):
            raise BalletError(f"{name}={value!r} makes no sense. Give a number from {low} to {high}.")
