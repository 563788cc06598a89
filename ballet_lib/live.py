"""Live recognition: poses in as they come, movements out, each once, and the exercise that they make.

There is no camera and no widget in it. `webcam` feeds it from a browser, `recognition` from a file.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.arms import ArmPositions
from ballet_lib.classifier import Classifier
from ballet_lib.decisions import AFTER, BEFORE, EXERCISE, THRESHOLD, Event, MovementCounter
from ballet_lib.errors import BalletError
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.sliding_window import SlidingWindow

if TYPE_CHECKING:
    from ballet_lib.compiled import CompiledClassifier

MODEL = "live"
"""The classifier that ships for live recognition."""

REMEMBERED = 12.0
"""Seconds of poses that are kept, to look back at a movement."""


AROUND = 0.5
"""Seconds before and after a movement in which a dancer is seen to stand."""


@dataclass(frozen=True)
class Reading:
    """What is known with one frame."""

    seconds: float
    person: bool
    """Whether somebody was found in this frame."""
    probabilities: np.ndarray
    """float (K,), smoothed; 0 everywhere while the window is not full."""
    movement: str | None
    """What is danced now, or None."""
    event: Event | None
    """The movement that counts with this frame, or None."""
    exercise: tuple[str, ...]
    """The movements of the exercise so far, at most as many as it has."""
    complete: bool
    """Whether the exercise is whole; the next movement begins another."""


class Recogniser:
    """Recognises movements in a stream of poses, at whatever rate they come.

    Parameters
    ----------
    classifier
        A `Classifier`, or the name or path of one.
    threshold
        Probability at which a movement is taken for recognised.
    exercise
        How many movements make an exercise.
    rule
        What decides when a movement counts, in place of a `MovementCounter` with this threshold.
    seated
        Recognise positions of the arms instead of movements (`arms.ArmPositions`): head, shoulders, arms and
        hands must be in view, hips and legs need not be. The classifier is not used.

    Raises
    ------
    BalletError
        If the classifier cannot be read or used, or a number makes no sense.
    """

    def __init__(
        self,
        classifier: "Classifier | str" = MODEL,
        *,
        threshold: float = THRESHOLD,
        exercise: int = EXERCISE,
        rule=None,
        seated: bool = False,
    ):
        if exercise < 1:
            raise BalletError(f"An exercise of {exercise} movements cannot be. Give 5, say.")
        self.seated, self.length = bool(seated), int(exercise)
        self._classifier = judge = ArmPositions() if seated else _compiled(classifier)
        self.labels, self._window = judge.labels, SlidingWindow(judge.frames, judge.fps)
        # A position is there for as long as its windows show it; a movement goes on around them.
        before, after = (0.0, 0.0) if seated else (BEFORE, AFTER)
        self._rule = rule or MovementCounter(
            self.labels, threshold=threshold, window=self._window.seconds, before=before, after=after
        )
        self.reset()

    def reset(self) -> None:
        """Begin anew: no events, no exercise, an empty window."""
        self._window.clear()
        self._rule.reset()
        self._events: list[Event] = []
        self._past: deque[tuple[float, PoseSequence]] = deque()
        self._slot = 0

    @property
    def threshold(self) -> float:
        """Probability at which a movement is taken for recognised; can be set while dancing."""
        return self._rule.threshold

    @threshold.setter
    def threshold(self, value: float) -> None:
        if not 0 < value <= 1:
            raise BalletError(f"A threshold of {value!r} cannot be. Give a probability such as 0.8.")
        self._rule.threshold = float(value)

    @property
    def delay(self) -> float:
        """Seconds by which the answer lags behind the dancer: from the middle of a window to its decision."""
        rule = self._rule
        return self._window.seconds / 2 + getattr(rule, "smoothing", 0.0) + getattr(rule, "hold", 0.0)

    @property
    def events(self) -> list[Event]:
        """Every movement so far, the last one with the end that is known by now."""
        self._settle()
        return list(self._events)

    @property
    def exercises(self) -> list[tuple[str, ...]]:
        """The movements, in exercises; the last one may lack some."""
        names = [event.movement for event in self._events]
        return [tuple(names[at : at + self.length]) for at in range(0, len(names), self.length)]

    def feed(self, pose: PoseSequence | Sequence[PoseSequence], seconds: float) -> Reading:
        """Take in the next frame, and return what is known with it.

        Parameters
        ----------
        pose
            Of one frame; or a list of them, one for each person whom a stream follows: the one whom it
            found first is recognised, until she has left.
        seconds
            When the frame was taken, on any clock that does not stop. A frame that is not later than the last
            is passed over.

        Raises
        ------
        BalletError
            If it is not one frame.
        """
        if not isinstance(pose, PoseSequence):
            pose = self._followed(list(pose))
        before = self._window.restarts
        counts = self._window.add(pose, seconds)
        if self._window.restarts != before:
            self._settle()
            self._rule.reset()
            self._past.clear()
        event = self._decide(pose, seconds) if counts else None
        return self._reading(seconds, bool(pose.found[0]), event)

    def _decide(self, pose: PoseSequence, seconds: float) -> Event | None:
        """Remember the pose, and ask the rule about the window that ends with it."""
        self._past.append((seconds, pose))
        while seconds - self._past[0][0] > REMEMBERED:
            self._past.popleft()
        window = self._window.poses
        if window is None:
            return None
        self._settle()
        event = self._rule.step(self._classifier.probabilities(window), seconds)
        if event is not None:
            self._events.append(event)
        return event

    def _settle(self) -> None:
        """Note the end of the last movement, as far as it is known by now."""
        if self._events and self._rule.latest is not None:
            self._events[-1] = self._rule.latest

    def poses_of(self, event: Event) -> PoseSequence | None:
        """Return the poses of a movement danced less than `REMEMBERED` seconds ago, at the training rate.

        From `AROUND` seconds before it to as long after it: how high she rises is measured against how she
        stands. None if they are forgotten.
        """
        from ballet_lib.frames_in_time import even_frames

        first, last = event.start - AROUND, event.end + AROUND
        kept = [(when, pose) for when, pose in self._past if first <= when <= last]
        if len(kept) < 2:
            return None
        when = np.array([moment for moment, _ in kept])
        frames = int((when[-1] - when[0]) * self._window.fps + 1e-6) + 1
        return even_frames([pose for _, pose in kept], when, self._window.fps, frames)

    def _followed(self, people: list[PoseSequence]) -> PoseSequence:
        """Choose the person who is followed; another when she has left."""
        if not people:
            raise BalletError("There is no pose in the list. Feed one frame of each person.")
        chosen = self._slot
        if chosen >= len(people) or (not people[chosen].found[0] and self._window.is_empty):
            chosen = next((slot for slot, one in enumerate(people) if one.found[0]), 0)
        self._slot = chosen
        return people[chosen]

    def _reading(self, seconds: float, person: bool, event: Event | None) -> Reading:
        begun = max(len(self._events) - 1, 0) // self.length * self.length
        exercise = tuple(event.movement for event in self._events[begun:])
        complete = len(exercise) == self.length
        return Reading(
            seconds, person, self._rule.smoothed.copy(), self._rule.held, event, exercise, complete
        )


def _compiled(classifier: "Classifier | str") -> "CompiledClassifier":
    from ballet_lib.compiled import CompiledClassifier

    return CompiledClassifier(
        classifier if isinstance(classifier, Classifier) else Classifier.load(classifier)
    )
