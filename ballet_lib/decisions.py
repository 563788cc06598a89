"""From probabilities to decisions: when does a stream of windows mean that a movement was danced, once?

Both rules are given the probabilities of one window after the other, each with the second of the window's
last frame, and return an `Event` when they count one.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from ballet_lib.errors import BalletError

THRESHOLD = 0.8
"""The probability at which the ballet LSTM paper takes a movement for recognised."""

EXERCISE = 5
"""Movements that make an exercise, as in the ballet LSTM paper."""

WINDOW = 1.95
"""Seconds from the first frame of a window to its last: 40 frames at 20 a second."""

BEFORE, AFTER = 0.65, 0.3
"""Seconds that a movement goes on before the middle of the first window that shows it, and after that of the
last one: medians over the rehearsals (`studio.recipes`). Less after than before, since smoothing lags."""


@dataclass(frozen=True)
class Event:
    """One movement, counted once."""

    movement: str
    start: float
    """Second at which it began, as far as the windows tell."""
    end: float
    """Second at which it ended; while it is still danced, the last second known."""
    probability: float
    """The highest that it reached."""
    counted: float
    """Second of the frame with which it was counted."""

    def to_json(self) -> dict:
        """Return what is told to others: movement, start, end, probability."""
        return {"movement": self.movement, "start": round(self.start, 3), "end": round(self.end, 3),
                "probability": round(self.probability, 4)}  # fmt: skip


class MovementCounter:
    """Counts a movement once: threshold, smoothing, hysteresis, and a rest before the same again.

    Probabilities are smoothed over time. A label whose smoothed probability reaches `threshold` is held until
    it falls below a share of that, `release`, or another one reaches the threshold; held for `hold` seconds,
    it counts. The same label counts again only after it had been let go for `rest` seconds.

    Parameters
    ----------
    labels
        What the probabilities mean.
    rejection
        The label of what is no movement; it never counts.
    threshold
        Probability at which a label is taken up; can be set while dancing.
    release
        Share of the threshold below which it is let go.
    smoothing
        Seconds: the time constant of the average over the past.
    hold
        Seconds that a label must be held before it counts.
    rest
        Seconds before the same label may count again.
    window
        Length of the windows in seconds.
    before, after
        Seconds that a movement goes on around the middles of the windows that show it.
    """

    def __init__(
        self,
        labels: tuple[str, ...],
        *,
        rejection: str = "other",
        threshold: float = THRESHOLD,
        release: float = 0.5,
        smoothing: float = 0.15,
        hold: float = 0.5,
        rest: float = 0.5,
        window: float = WINDOW,
        before: float = BEFORE,
        after: float = AFTER,
    ):
        if not (0 < threshold <= 1 and 0 <= release <= 1):
            raise BalletError(
                f"threshold={threshold!r} and release={release!r} make no sense. Give a probability, and a "
                "share of it from 0 to 1."
            )
        if min(smoothing, hold, rest) < 0 or not all(map(math.isfinite, (smoothing, hold, rest))):
            raise BalletError("smoothing, hold and rest are seconds. Give numbers of 0 or more.")
        self.labels, self.rejection, self.window = tuple(labels), rejection, window
        self.threshold, self.release = float(threshold), float(release)
        self.smoothing, self.hold, self.rest = float(smoothing), float(hold), float(rest)
        self.before, self.after = float(before), float(after)
        self.reset()

    def reset(self) -> None:
        """Forget everything, as after a pause."""
        self.smoothed = np.zeros(len(self.labels))
        self._last: float | None = None
        self._held: int | None = None
        self._since = self._peak = 0.0
        self._counted: Event | None = None
        self._above = np.full(len(self.labels), np.nan)  # since when each label is above `_low`
        self._let_go = np.full(len(self.labels), -np.inf)

    @property
    def held(self) -> str | None:
        """The movement that is danced now, as far as is known."""
        return None if self._held is None else self.labels[self._held]

    @property
    def latest(self) -> Event | None:
        """The event that was counted last, with the end that is known by now."""
        return self._counted

    @property
    def _low(self) -> float:
        return self.release * self.threshold

    def step(self, probabilities: np.ndarray, seconds: float) -> Event | None:
        """Take in the probabilities of one window, and return an event if one counts with it."""
        self._smooth(probabilities, seconds)
        self._note(seconds)
        if self._held is not None and self.smoothed[self._held] < self._low:
            self._held = None
        top = int(np.argmax(self.smoothed))
        if self.labels[top] != self.rejection and self.smoothed[top] >= self.threshold and top != self._held:
            self._held, self._since, self._peak = top, seconds, 0.0
        return self._consider(seconds)

    def _smooth(self, probabilities: np.ndarray, seconds: float) -> None:
        gone = 0.0 if self._last is None else seconds - self._last
        share = 1.0 if self._last is None or self.smoothing == 0 else 1 - math.exp(-gone / self.smoothing)
        self.smoothed = self.smoothed + share * (np.asarray(probabilities, dtype=float) - self.smoothed)
        self._last = seconds

    def _note(self, seconds: float) -> None:
        """Remember since when each label is above the lower threshold, and when it last was."""
        above = self.smoothed >= self._low
        fallen = ~above & np.isfinite(self._above)
        self._let_go[fallen] = seconds
        self._above = np.where(above, np.where(np.isnan(self._above), seconds, self._above), np.nan)

    def _consider(self, seconds: float) -> Event | None:
        held = self._held
        if held is None:
            return None
        probability = float(self.smoothed[held])
        self._peak = max(self._peak, probability)
        middle = seconds - self.window / 2
        if self._counted is not None and self._counted.movement == self.labels[held]:
            again = self._above[held] - self._let_go[held] >= self.rest
            begun = self._above[held] > self._counted.counted
            if not (begun and again):
                self._counted = replace(
                    self._counted,
                    end=max(self._counted.end, middle + self.after),
                    probability=max(self._counted.probability, self._peak),
                )
                return None
        if seconds - self._since < self.hold:
            return None
        self._counted = Event(
            self.labels[held],
            float(self._above[held] - self.window / 2 - self.before),
            middle + self.after,
            self._peak,
            seconds,
        )
        return self._counted


class TutorialRule:
    """The rule of the sign-language tutorial that the ballet paper follows, in its plainer form.

    The most probable label of the last window is appended when its probability is above the threshold and it
    differs from the one appended last. (The tutorial's other form compares with the smallest number among the
    last ten, and so favours low ones.) One frame is enough, and nothing counts twice running.
    """

    def __init__(
        self,
        labels: tuple[str, ...],
        *,
        rejection: str = "other",
        threshold: float = THRESHOLD,
        window: float = WINDOW,
    ):
        self.labels, self.rejection = tuple(labels), rejection
        self.threshold, self.window = float(threshold), window
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.smoothed = np.zeros(len(self.labels))
        self.held: str | None = None
        self.latest: Event | None = None

    def step(self, probabilities: np.ndarray, seconds: float) -> Event | None:
        """Take in the probabilities of one window, and return an event if one counts with it."""
        self.smoothed = np.asarray(probabilities, dtype=float)
        top = int(np.argmax(self.smoothed))
        label, probability = self.labels[top], float(self.smoothed[top])
        if probability <= self.threshold or label == self.held:
            return None
        self.held = label
        if label == self.rejection:
            return None
        self.latest = Event(label, seconds - self.window, seconds, probability, seconds)
        return self.latest
