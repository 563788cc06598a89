"""How good is a recogniser of events in a stream? Found, missed, false, and how late.

An event and a danced segment belong together when they bear the same label and overlap enough: by
intersection over union, as the segmental F1 of Lea et al. (2017) counts it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ballet_lib.decisions import Event
from ballet_lib.errors import BalletError
from ballet_lib.takes import Segment

OVERLAP = 0.25
"""Intersection over union from which an event counts as found."""


@dataclass(frozen=True)
class EventScores:
    """What became of the movements of one or more performances, and of the events that were told."""

    found: int
    """Movements with an event of their label."""
    danced: int
    """Movements in all."""
    told: int
    """Events in all."""
    seconds: float
    """Length of the performances."""
    delays: tuple[float, ...]
    """Seconds from a movement's end to the moment at which it was counted, of those found; below 0 when it
    was counted before it ended."""

    def __add__(self, other: "EventScores") -> "EventScores":
        """Pool two."""
        return EventScores(
            self.found + other.found, self.danced + other.danced, self.told + other.told,
            self.seconds + other.seconds, self.delays + other.delays,
        )  # fmt: skip

    @property
    def recall(self) -> float:
        """The share of the movements that were found; NaN if none was danced."""
        return self.found / self.danced if self.danced else float("nan")

    @property
    def precision(self) -> float:
        """The share of the events that were right; NaN if none was told."""
        return self.found / self.told if self.told else float("nan")

    @property
    def f1(self) -> float:
        """The harmonic mean of both; NaN if nothing was danced or told."""
        both = self.danced + self.told
        return 2 * self.found / both if both else float("nan")

    @property
    def false_a_minute(self) -> float:
        """Events a minute that belong to no movement."""
        return (self.told - self.found) / self.seconds * 60

    @property
    def median_delay(self) -> float:
        """The median of `delays`; NaN if nothing was found."""
        return float(np.median(self.delays)) if self.delays else float("nan")


def score_events(
    events: Sequence[Event],
    timeline: Sequence[Segment],
    seconds: float,
    *,
    overlap: float = OVERLAP,
    rejection: str = "other",
) -> EventScores:
    """Compare the events of one performance with what was danced, one to one.

    Parameters
    ----------
    events
        What was recognised.
    timeline
        What was danced; segments labelled `rejection` are passed over.
    seconds
        Length of the performance.
    overlap
        Intersection over union that an event needs, above 0.

    Raises
    ------
    BalletError
        If a number makes no sense.
    """
    from scipy.optimize import linear_sum_assignment

    if not (0 < overlap <= 1 and seconds > 0):
        raise BalletError(f"overlap={overlap!r} over {seconds!r} seconds makes no sense. Give 0.25, say.")
    danced = [segment for segment in timeline if segment.label != rejection]
    shared = np.array([[_shared(event, segment) for segment in danced] for event in events])
    delays = []
    if shared.size:
        for row, column in zip(
            *linear_sum_assignment(-np.where(shared >= overlap, 1 + shared, 0)), strict=True
        ):
            if shared[row, column] >= overlap:
                delays.append(events[row].counted - danced[column].end)
    return EventScores(len(delays), len(danced), len(events), float(seconds), tuple(delays))


def _shared(event: Event, segment: Segment) -> float:
    """Return intersection over union in time, 0 for another label."""
    if event.movement != segment.label:
        return 0.0
    both = min(event.end, segment.end) - max(event.start, segment.start)
    either = max(event.end, segment.end) - min(event.start, segment.start)
    return max(both, 0.0) / max(either, 1e-9)
