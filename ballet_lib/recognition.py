"""Recognition of a whole film: the movements in it, the exercises that they make, and what to correct.

A file goes through the same `live.Recogniser` as a camera, frame by frame; only what is known afterwards is
added: where a movement ended, and what was danced in the film's first and last second.
"""

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.classifier import Classifier
from ballet_lib.decisions import EXERCISE, THRESHOLD, Event
from ballet_lib.errors import BalletError
from ballet_lib.frames_in_time import LONGEST_GAP
from ballet_lib.live import AROUND, MODEL, Reading, Recogniser
from ballet_lib.pose_sequence import PoseSequence

if TYPE_CHECKING:
    import pandas as pd

    from ballet_lib.technique import Finding

COLUMNS = ("movement", "start", "end", "probability", "correction")
"""Of the table, a row an event: a label, two times in seconds, the highest probability, and words or none."""

_EXTRACTION = 0.95  # share of the time that a film takes until its poses are known


@dataclass(frozen=True)
class Recognition:
    """What was recognised in one film or sequence of poses.

    Attributes
    ----------
    events
        The movements in their order, within the source's time.
    exercises
        The same movements' keys, as many at a time as an exercise has; the last may lack some.
    corrections
        What a teacher would say of each event, or None; `frame` counts in `poses`.
    poses
        Of T frames.
    probabilities
        float32 (T, K): of the window whose middle the frame is, smoothed; near the film's ends, of the window
        nearest to that. Live, they come half a window later.
    labels
        K names of the columns.
    threshold
        Probability from which a movement was taken for recognised.
    length
        How many movements make an exercise.
    """

    events: list[Event]
    exercises: list[tuple[str, ...]]
    corrections: "list[Finding | None]"
    poses: PoseSequence
    probabilities: np.ndarray
    labels: tuple[str, ...]
    threshold: float = THRESHOLD
    length: int = EXERCISE

    @property
    def fps(self) -> float:
        """Frames of the source per second."""
        return self.poses.fps

    @property
    def seconds(self) -> float:
        """Length of the source."""
        return self.poses.seconds

    def to_json(self) -> dict:
        """Return events, exercises and corrections as JSON holds them; times in seconds.

        `exercise` is the first of the `exercises`. `corrections` has one entry an event: an object, or null.
        """
        return {
            "events": [event.to_json() for event in self.events],
            "exercise": list(self.exercises[0]) if self.exercises else [],
            "exercises": [list(exercise) for exercise in self.exercises],
            "corrections": [finding and self._told(finding) for finding in self.corrections],
            "fps": round(self.fps, 3),
            "seconds": round(self.seconds, 3),
        }

    def _told(self, finding: "Finding") -> dict:
        told = {
            name: value.item() if isinstance(value, np.generic) else value
            for name, value in asdict(finding).items()
        }
        return told | {"seconds": round(finding.frame / self.fps, 3)}

    def table(self) -> "pd.DataFrame":
        """Return a row an event, see `COLUMNS`."""
        import pandas as pd

        rows = [
            {**event.to_json(), "correction": finding.words if finding else ""}
            for event, finding in zip(self.events, self.corrections, strict=True)
        ]
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def to_csv(self) -> str:
        """Return the table as CSV text, for a spreadsheet."""
        return self.table().to_csv(index=False, lineterminator="\n")


def recognise(
    source: PoseSequence | str | os.PathLike,
    classifier: Classifier | str | os.PathLike = MODEL,
    *,
    threshold: float = THRESHOLD,
    exercise: int = EXERCISE,
    technique: bool = True,
    progress: Callable[[float], None] | None = None,
) -> Recognition:
    """Recognise the movements in a film, or in poses that were extracted before.

    Parameters
    ----------
    source
        Poses of one person, or the path of a video or of a pose file (``.npz``).
    classifier
        A `Classifier`, or the name or path of one.
    threshold
        Probability from which a movement is taken for recognised.
    exercise
        How many movements make an exercise.
    technique
        Whether to say what a teacher would correct.
    progress
        Called with the share that is done, from 0 to 1.

    Raises
    ------
    BalletError
        If the source is no film and no poses of one person, nobody is seen in it, it has too few frames a
        second to follow a movement, or the classifier cannot be used.
    """
    tell = progress or (lambda share: None)
    poses = _known_poses(source)
    classifier = classifier if isinstance(classifier, Classifier) else Classifier.load(classifier)
    recogniser = Recogniser(classifier, threshold=threshold, exercise=exercise)
    begun = 0.0
    if poses is None:
        begun = _EXTRACTION
        video = Path(source)  # type: ignore[arg-type]  # it is no PoseSequence, or its poses were known
        poses = _extracted(video, lambda share: tell(begun * share))
    _check(poses)
    half = (classifier.frames - 1) / classifier.fps / 2
    lasting = (len(poses) - 1) / poses.fps  # from the first frame to the last
    settling = 2 * max(recogniser.delay - half, 0.0)  # an average over time takes longer than its delay
    readings = _readings(recogniser, poses, settling + max(half - lasting / 2, 0.0), classifier.fps,
                         lambda share: tell(begun + (1 - begun) * share))  # fmt: skip
    events = [_within(event, poses.seconds) for event in recogniser.events]
    corrections = [_correction(poses, event) if technique else None for event in events]
    tell(1.0)
    return Recognition(
        events, recogniser.exercises, corrections, poses, _in_the_middle(readings, poses, half),
        tuple(recogniser.labels), recogniser.threshold, recogniser.length,
    )  # fmt: skip


def _known_poses(source) -> PoseSequence | None:
    """Return the poses if they are known; None for a video, which is only looked at here.

    Whatever is wrong with the source shall be said before a model is loaded.
    """
    from ballet_lib.video import probe

    if isinstance(source, PoseSequence):
        return source
    if not isinstance(source, str | os.PathLike):
        raise BalletError(
            f"A {type(source).__name__} cannot be recognised. Give poses of one person (the `poses` of a "
            "take, say), or the path of a video or pose file."
        )
    path = Path(source)
    if path.is_dir() and (path / "takes.csv").is_file():
        raise _set_of_takes(path)
    if path.suffix.lower() != ".npz" or path.is_dir():
        probe(path)
        return None
    try:
        return PoseSequence.load(path)
    except BalletError:
        if _is_packed(path):
            raise _set_of_takes(path) from None
        raise


def _set_of_takes(path: Path) -> BalletError:
    return BalletError(
        f"{path} is a set of takes, and recognition wants one film. Judge a model on the set by "
        f"'ballet evaluate MODEL {path}', or give one video or pose file."
    )


def _is_packed(path: Path) -> bool:
    from ballet_lib.array_files import read_npz

    try:
        return "head" in read_npz(path, only=lambda name: name == "head")
    except BalletError:
        return False


def _extracted(video: Path, tell: Callable[[float], None]) -> PoseSequence:
    """Find the dancer in every frame of a film."""
    from ballet_lib.pose import PoseExtractor
    from ballet_lib.video import probe

    expected, done = probe(video).frames, 0

    def step(frames: int) -> None:
        nonlocal done
        done += frames
        if expected:  # a header states it, and may be wrong
            tell(min(1.0, done / expected))

    with PoseExtractor() as extractor:
        return extractor.video(video, progress=step)


def _check(poses: PoseSequence) -> None:
    if not poses.found.any():
        raise BalletError(
            f"Nobody is found in the {len(poses)} frames of {poses.source}. Film the whole dancer, from head "
            "to feet, in good light."
        )
    if len(poses) > 1 and poses.fps * LONGEST_GAP < 1 - 1e-6:
        raise BalletError(
            f"{poses.source} has {poses.fps:g} frames a second, too few to follow a movement. Give one with "
            f"at least {1 / LONGEST_GAP:.0f}, better 20."
        )


def _readings(
    recogniser: Recogniser, poses: PoseSequence, pad: float, rate: float, tell: Callable[[float], None]
) -> list[Reading]:
    """Feed every frame to the recogniser, and the first and the last for `pad` seconds more.

    A camera runs on before and after a dance, a film is cut. Its first pose is held before it and its last
    one after it: a film shorter than a window would never fill one, and the last movement of any needs a
    moment more to count. No longer than that, since nobody stands so still: to hold a pose for a second
    brought movements that were not there.
    """
    held = np.arange(1, int(np.ceil(pad * rate)) + 1) / rate
    own = np.arange(len(poses)) / poses.fps
    before, after = -held[::-1], own[-1] + held
    frames = np.concatenate([np.zeros(len(before)), np.arange(len(own)), np.full(len(after), len(own) - 1)])
    readings = []
    for seconds, frame in zip(np.concatenate([before, own, after]), frames.astype(int), strict=True):
        readings.append(recogniser.feed(poses[frame], float(seconds)))
        tell(len(readings) / len(frames))
    return readings


def _in_the_middle(readings: list[Reading], poses: PoseSequence, half: float) -> np.ndarray:
    """Return the probabilities of the window around each frame: float32 (T, K)."""
    told = np.array([reading.probabilities for reading in readings])
    first = int(told.any(axis=1).argmax())  # before it no window was full
    when, told = np.array([reading.seconds for reading in readings])[first:], told[first:]
    middles = np.arange(len(poses)) / poses.fps + half
    return np.stack([np.interp(middles, when, column) for column in told.T], axis=1).astype(np.float32)


def _within(event: Event, seconds: float) -> Event:
    """Cut off what an event has of the time before and after the film."""
    start = min(max(event.start, 0.0), seconds)
    return replace(event, start=start, end=min(max(event.end, start), seconds))


def _correction(poses: PoseSequence, event: Event) -> "Finding | None":
    """Return what a teacher would say of one movement; its frame counts from the film's beginning."""
    from ballet_lib.technique import correction

    first = min(int(max(event.start - AROUND, 0.0) * poses.fps), len(poses) - 1)
    danced = poses[first : max(first + 1, int(np.ceil((event.end + AROUND) * poses.fps)))]
    finding = correction(danced, event.movement)
    return finding and replace(finding, frame=first + finding.frame)
