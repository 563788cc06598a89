"""From pictures to landmarks with MediaPipe: one picture, a video, or a live stream.

Image landmarks have x right and y down, in [0, 1] of the picture. World landmarks are in metres from the
middle of the hips; MediaPipe's y points *down* there too, so a head has a negative y.
"""

import os
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.pose_model import VARIANTS, check_bundle, locate
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.quiet_mediapipe import import_mediapipe, quiet
from ballet_lib.tracking import PeopleTracker, body_size
from ballet_lib.video import check_frame, probe, read_frames

__all__ = ["MASK_SIDE", "PoseExtractor", "PoseSequence", "PoseStream"]

MASK_SIDE = 256
"""Longer side of a mask in pixels: the model computes it on 256 x 256 and only stretches it beyond."""


class PoseExtractor:
    """Finds people's landmarks in pictures, with MediaPipe's pose model.

    Use it in a ``with`` block, or call `close` at the end: the model holds about 100 MB.

    Parameters
    ----------
    variant
        ``lite``, ``full`` or ``heavy``, see `pose_model`.
    people
        How many people to look for where a method does not say otherwise.
    confidence
        How sure the model must be of a person, to begin with and to go on, in [0, 1].
    model
        A ``.task`` file to use in place of `variant`.

    Raises
    ------
    BalletError
        If the model cannot be had or read.
    """

    def __init__(
        self,
        variant: str = "full",
        people: int = 1,
        confidence: float = 0.5,
        model: str | os.PathLike | None = None,
    ):
        self.variant = variant
        self.people = _count(people)
        self.confidence = confidence
        if variant not in VARIANTS:
            raise BalletError(f"There is no pose model '{variant}'. Choose one of {', '.join(VARIANTS)}.")
        self.model = (check_bundle(model) if model else locate(variant)).path
        self._open: list[_Landmarker] = []
        self._closed = False
        self._pictures: dict[tuple, _Landmarker] = {}

    def __enter__(self) -> "PoseExtractor":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """Release the model; streams of this extractor end with it."""
        self._closed = True
        while self._open:
            self._open.pop().close()
        self._pictures.clear()

    def image(self, rgb: np.ndarray, people: int | None = None, masks: bool = False) -> PoseSequence | Any:
        """Find the landmarks in one picture.

        Parameters
        ----------
        rgb
            uint8 (H, W, 3).
        people
            How many to look for; the extractor's own number if None.
        masks
            Whether to return the person's silhouette too.

        Returns
        -------
        PoseSequence
            Of one frame, NaN if there is nobody. With `people` above 1 a list of that many, the largest
            person first.
        """
        people = self._people(people)
        if (people, masks) not in self._pictures:
            self._pictures[people, masks] = self._landmarker(people, masks, video=False)
        found = self._pictures[people, masks].detect(rgb)
        slots = _Slots(people, _size(rgb), masks)
        slots.add(found)
        return slots.sequences(fps=1.0, source="picture", meta={"variant": self.variant})

    def video(
        self,
        path: str | os.PathLike,
        every: int = 1,
        progress: bool | Callable[[int], None] = True,
        people: int | None = None,
        masks: bool = False,
    ) -> PoseSequence | Any:
        """Find the landmarks in every frame of a video.

        Parameters
        ----------
        path
            A video that `read_frames` reads.
        every
            Take the first of each `every` frames; the sequence's fps falls with it.
        progress
            Whether to show a bar; or a function called with 1 after each frame.
        people
            How many to look for; the extractor's own number if None.
        masks
            Whether to return silhouettes too: they need about 40 kB a frame, all else 1 kB.

        Returns
        -------
        PoseSequence
            Of as many frames as were read, NaN where there is nobody. With `people` above 1 a list of that
            many, each following one person, the largest (median over the video) first; a slot that nobody
            took is all NaN.

        Raises
        ------
        BalletError
            If the video cannot be read.
        """
        info, frames_read = probe(path), read_frames(path, every)
        people, path = self._people(people), Path(path)
        slots = _Slots(people, (info.width, info.height), masks)
        fps = info.fps / every
        landmarker = self._landmarker(people, masks, video=True)
        try:
            with (
                progress_bar(progress, info.frames, every, path.name) as step,
                decoded_ahead(frames_read) as frames,
            ):
                for number, frame in enumerate(frames):
                    # Above 1000 frames/s whole milliseconds would stand still, and MediaPipe refuses that.
                    milliseconds = max(number, round(number * 1000 / fps))
                    slots.add(landmarker.detect(frame, milliseconds))
                    step(1)
        finally:
            self._release(landmarker)
        return slots.sequences(fps, path.name, {"variant": self.variant, "every": every, "people": people})

    def stream(self, people: int | None = None, masks: bool = False) -> "PoseStream":
        """Return a `PoseStream` for the frames of a camera, which follows people from frame to frame."""
        people = self._people(people)
        return PoseStream(self._landmarker(people, masks, video=True), people, masks)

    def _people(self, people: int | None) -> int:
        return self.people if people is None else _count(people)

    def _landmarker(self, people: int, masks: bool, video: bool) -> "_Landmarker":
        if self._closed:
            raise BalletError("This PoseExtractor is closed. Make a new one.")
        landmarker = _Landmarker(self.model, people, masks, video, self.confidence)
        self._open.append(landmarker)
        return landmarker

    def _release(self, landmarker: "_Landmarker") -> None:
        landmarker.close()
        if landmarker in self._open:
            self._open.remove(landmarker)


class PoseStream:
    """Live frames in, landmarks out, one call a frame; made by `PoseExtractor.stream`."""

    def __init__(self, landmarker: "_Landmarker", people: int, masks: bool):
        self._landmarker = landmarker
        self._people, self._masks = people, masks
        self._last: int | None = None
        self._ahead = 0  # milliseconds by which the model's clock is ahead of the camera's
        self._tracker: PeopleTracker | None = None
        self._frame_size: tuple[int, int] | None = None

    def __enter__(self) -> "PoseStream":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """Release this stream's model; the extractor goes on."""
        self._landmarker.close()

    def frame(self, rgb: np.ndarray, seconds: float | None = None) -> PoseSequence | Any:
        """Find the landmarks in the next frame.

        Parameters
        ----------
        rgb
            uint8 (H, W, 3).
        seconds
            The camera's clock; this computer's if None. A clock that stands or jumps back is taken to have
            gone on by one millisecond, since the model refuses anything else, and to go on from there.

        Returns
        -------
        PoseSequence
            Of one frame, as from `PoseExtractor.image`; with several people a list whose places stay with
            the person.
        """
        milliseconds = round((time.monotonic() if seconds is None else seconds) * 1000) + self._ahead
        if self._last is not None and milliseconds <= self._last:
            self._ahead += self._last + 1 - milliseconds
            milliseconds = self._last + 1
        self._last = milliseconds
        found = self._landmarker.detect(rgb, milliseconds)
        if self._frame_size != _size(rgb):
            self._frame_size, self._tracker = _size(rgb), PeopleTracker(self._people, _size(rgb))
        slots = _Slots(self._people, self._frame_size, self._masks, self._tracker)
        slots.add(found)
        return slots.sequences(fps=1.0, source="stream", meta={}, by_size=False)


@dataclass
class _Person:
    """One person as found in one frame."""

    landmarks: np.ndarray
    world: np.ndarray
    mask: np.ndarray | None


class _Landmarker:
    """MediaPipe's PoseLandmarker, quiet and closed for good."""

    def __init__(self, model: Path, people: int, masks: bool, video: bool, confidence: float):
        with quiet():
            self._mediapipe = import_mediapipe()
            from mediapipe.tasks.python import BaseOptions, vision

            options = vision.PoseLandmarkerOptions(
                base_options=BaseOptions(model_asset_path=str(model)),
                running_mode=vision.RunningMode.VIDEO if video else vision.RunningMode.IMAGE,
                num_poses=people,
                min_pose_detection_confidence=confidence,
                min_pose_presence_confidence=confidence,
                min_tracking_confidence=confidence,
                output_segmentation_masks=masks,
            )
            try:
                self._landmarker = vision.PoseLandmarker.create_from_options(options)
            except (RuntimeError, ValueError, OSError) as error:
                raise BalletError(
                    f"MediaPipe cannot use the pose model {model} ({str(error).splitlines()[0]}). "
                    "Delete the file, so that it is fetched anew, or unset BALLET_POSE_MODEL."
                ) from error
        self._chatty = True

    def detect(self, rgb: np.ndarray, milliseconds: int | None = None) -> list[_Person]:
        if self._landmarker is None:
            raise BalletError("This PoseExtractor or PoseStream is closed. Make a new one.")
        image = self._mediapipe.Image(
            self._mediapipe.ImageFormat.SRGB, np.ascontiguousarray(check_frame(rgb))
        )
        # MediaPipe chatters once more when the first person goes through.
        with quiet(self._chatty):
            if milliseconds is None:
                result = self._landmarker.detect(image)
            else:
                result = self._landmarker.detect_for_video(image, milliseconds)
        self._chatty = self._chatty and not result.pose_landmarks
        masks = result.segmentation_masks or [None] * len(result.pose_landmarks)
        return [
            _Person(
                np.array([(p.x, p.y, p.z, p.visibility) for p in landmarks], dtype=np.float32),
                np.array([(p.x, p.y, p.z) for p in world], dtype=np.float32),
                None if mask is None else _small_mask(mask.numpy_view()),
            )
            for landmarks, world, mask in zip(
                result.pose_landmarks, result.pose_world_landmarks, masks, strict=True
            )
        ]

    def close(self) -> None:
        if self._landmarker is not None:
            self._landmarker.close()
            self._landmarker = None


class _Slots:
    """Gathers the people of each frame into one sequence a slot."""

    def __init__(self, people: int, size: tuple[int, int], masks: bool, tracker: PeopleTracker | None = None):
        self._tracker = tracker or PeopleTracker(people, size)
        self._size = size
        self._people = people
        self._frames: list[list[_Person]] = [[] for _ in range(people)]
        self._nobody = _Person(
            np.full((33, 4), np.nan, dtype=np.float32),
            np.full((33, 3), np.nan, dtype=np.float32),
            np.zeros(_mask_shape(size), dtype=np.uint8) if masks else None,
        )

    def add(self, found: list[_Person]) -> None:
        seats = [0 if found else None]
        if self._people > 1:
            seats = self._tracker.assign([person.landmarks for person in found])
        for slot, seat in zip(self._frames, seats, strict=True):
            slot.append(self._nobody if seat is None else found[seat])

    def sequences(self, fps: float, source: str, meta: dict, by_size: bool = True):
        sequences = [
            PoseSequence(
                np.array([person.landmarks for person in slot]).reshape(-1, 33, 4),
                np.array([person.world for person in slot]).reshape(-1, 33, 3),
                fps,
                self._size,
                source,
                None if self._nobody.mask is None else np.array([person.mask for person in slot]),
                dict(meta),
            )
            for slot in self._frames
        ]
        if self._people == 1:
            return sequences[0]
        return sorted(sequences, key=self._largest_first) if by_size else sequences

    def _largest_first(self, sequence: PoseSequence) -> float:
        seen = sequence.landmarks[sequence.found]
        aspect = self._size[0] / self._size[1]
        return -float(np.median([body_size(frame, aspect) for frame in seen])) if len(seen) else 0.0


@contextmanager
def decoded_ahead(frames: Iterator[np.ndarray]) -> Iterator[Iterator[np.ndarray]]:
    """Decode in a thread, a few frames ahead: decoding takes as long as it takes the model to look."""
    waiting: queue.Queue = queue.Queue(maxsize=4)
    stop = threading.Event()

    def put(item) -> None:
        while not stop.is_set():
            try:
                return waiting.put(item, timeout=0.1)
            except queue.Full:
                continue

    def decode() -> None:
        try:
            for frame in frames:
                put((frame, None))
                if stop.is_set():
                    return
            put((None, None))
        except BaseException as error:
            put((None, error))
        finally:
            frames.close()  # type: ignore[attr-defined]  # a generator, whose file is closed with it

    def frames_in_order():
        while True:
            frame, error = waiting.get()
            if error is not None:
                raise error
            if frame is None:
                return
            yield frame

    thread = threading.Thread(target=decode, name="ballet_lib decoder", daemon=True)
    thread.start()
    try:
        yield frames_in_order()
    finally:
        stop.set()
        thread.join()


@contextmanager
def progress_bar(progress, frames: int | None, every: int, name: str):
    """Yield the function to call after each frame."""
    if callable(progress):
        yield progress
        return
    from tqdm.auto import tqdm

    total = -(-frames // every) if frames else None
    with tqdm(total=total, unit="frame", desc=name, disable=not progress) as bar:
        yield bar.update


def _size(rgb: np.ndarray) -> tuple[int, int]:
    return rgb.shape[1], rgb.shape[0]


def _mask_shape(size: tuple[int, int]) -> tuple[int, int]:
    scale = min(1.0, MASK_SIDE / max(size))
    return max(1, round(size[1] * scale)), max(1, round(size[0] * scale))


def _small_mask(mask: np.ndarray) -> np.ndarray:
    import cv2

    mask = mask.reshape(mask.shape[:2])
    height, width = _mask_shape(_size(mask))
    small = cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA)
    return (np.clip(small, 0, 1) * 255).round().astype(np.uint8)


def _count(people: int) -> int:
    if not 1 <= people <= 6:
        raise BalletError(f"The extractor cannot look for {people} people. Give a number from 1 to 6.")
    return int(people)
