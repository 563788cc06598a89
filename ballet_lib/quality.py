"""A quality report: what in a set of takes would mislead a model, or whoever reads its score.

Published data sets hold frozen films, clips of other lengths and the same recording under two labels. An
"error" is a take to leave out or make anew; a "note" is worth knowing. The limits stand below, with their
reasons.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ballet_lib.augmentation import has_depth
from ballet_lib.errors import BalletError
from ballet_lib.splits import SHARED_FRAMES, frame_keys
from ballet_lib.takes import FRAMES, ROUTINE, Take, TakeSet

if TYPE_CHECKING:
    import pandas as pd

MISSING_NOTE, MISSING_ERROR = 0.1, 0.5
"""Share of frames without anybody. More than half interpolated is more guess than dance."""

VISIBILITY_NOTE = 0.5
"""Median visibility of a take below which the extractor itself doubts most of what it says."""

STILL = 5e-5
"""Shares of the picture. Where no landmark moves further from one frame to the next, the picture is taken to
be the same: half the step of a packed file, and far below the tremble of MediaPipe on a still person."""

FROZEN_NOTE, FROZEN_ERROR = 0.2, 0.5
"""Share of steps without change. A film of 15 frames a second stored as 30 repeats every other frame."""

FROZEN_RUN = 8
"""Repeated frames in a row worth a note however long the take: 0.4 s at 20 frames a second."""

OUTSIDE_NOTE, OUTSIDE_ERROR = 0.5, 2.0
"""How far x or y may leave the picture, in pictures. MediaPipe guesses feet a little below the edge; further
out are pixels that were never divided by the picture's size."""

FARTHEST = 3.0
"""Metres of a world landmark from the hips; nobody's arm is that long, but millimetres are."""

TOLERANCE = 1e-3
"""How far visibility may leave [0, 1] by rounding."""

FEWEST = 0.5
"""Share of the most frequent label's takes below which a label is called rare."""

WHOLE_SET = "(set)"
"""What stands for the take's id in a finding about the whole set."""


class Finding(NamedTuple):
    """One thing to know about a take, or about the set."""

    take_id: str
    finding: str
    severity: str
    detail: str


@dataclass(frozen=True)
class QualityReport:
    """What `quality_report` found.

    Attributes
    ----------
    findings
        In the order of the takes, those about the whole set last.
    takes
        Number of takes looked at.
    """

    findings: tuple[Finding, ...]
    takes: int

    @property
    def ok(self) -> bool:
        """Whether nothing is an error."""
        return not any(finding.severity == "error" for finding in self.findings)

    @cached_property
    def table(self) -> "pd.DataFrame":
        """One finding a row: take_id, finding, severity, detail."""
        import pandas as pd

        return pd.DataFrame(self.findings, columns=Finding._fields)

    def summary(self) -> "pd.DataFrame":
        """Count the takes of each finding, errors first, with one of them as an example."""
        import pandas as pd

        kinds: dict[tuple[str, str], list[Finding]] = {}
        for finding in self.findings:
            kinds.setdefault((finding.severity, finding.finding), []).append(finding)
        rows = [
            {"finding": kind, "severity": severity,
             "takes": len({one.take_id for one in found} - {WHOLE_SET}),
             "example": f"{found[0].take_id}: {found[0].detail}"}
            for (severity, kind), found in sorted(kinds.items())
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=["finding", "severity", "takes", "example"])

    def __str__(self) -> str:
        lines = [self._verdict]
        for row in self.summary().itertuples():
            many = f" in {row.takes} takes" if row.takes > 1 else ""
            lines.append(f"  {row.severity}: {row.finding}{many}; {row.example}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        table = self.summary().to_html(index=False, border=0) if self.findings else ""
        return f"<p><b>{escape(self._verdict)}</b></p>{table}"

    @property
    def _verdict(self) -> str:
        bad = len({one.take_id for one in self.findings if one.severity == "error"} - {WHOLE_SET})
        if not self.ok:
            return f"{self.takes} takes, {bad} of them with errors: leave those out or make them anew."
        return f"{self.takes} takes, no errors" + (f", {len(self.findings)} notes." if self.findings else ".")


def quality_report(takes: TakeSet, frames: int | None = FRAMES) -> QualityReport:
    """Look through takes for what would mislead: gaps, frozen pictures, impossible values, duplicates.

    Parameters
    ----------
    takes
        The takes; a `routine` may have any length.
    frames
        Length that every other take should have; None if any will do.

    Raises
    ------
    BalletError
        If there is no take.
    """
    if not len(takes):
        raise BalletError("There is no take to report on. Check what was filtered out.")
    findings = []
    for take in takes:
        for kind, severity, detail in _of_take(take, frames):
            findings.append(Finding(take.take_id, kind, severity, detail))
    findings += _duplicates(takes)
    findings += [Finding(WHOLE_SET, *found) for found in (*_balance(takes), *_unlike(takes))]
    return QualityReport(tuple(findings), len(takes))


# --- One take ---------------------------------------------------------------------------------------------


def _of_take(take: Take, frames: int | None) -> Iterator[tuple[str, str, str]]:
    if frames is not None and take.movement != ROUTINE and len(take) != frames:
        yield "wrong length", "error", f"{len(take)} frames, not {frames}"
    if not take.poses.found.any():
        yield "nobody", "error", f"no person in any of {len(take)} frames"
        return
    if any(np.isinf(array).any() for array in _arrays(take)):
        yield "infinite", "error", "some coordinates are infinite"
        return
    yield from _gaps(take)
    yield from _frozen(take)
    yield from _out_of_range(take)


def _arrays(take: Take) -> list[np.ndarray]:
    return [array for array in (take.poses.landmarks, take.poses.world) if array is not None]


def _gaps(take: Take) -> Iterator[tuple[str, str, str]]:
    found, landmarks = take.poses.found, take.poses.landmarks
    missing = 1 - found.mean()
    if missing > MISSING_NOTE:
        severity = "error" if missing > MISSING_ERROR else "note"
        yield "missing frames", severity, f"{missing:.0%} of frames show nobody"
    never = np.isnan(landmarks[..., :2]).all(axis=0).any(axis=-1).sum()
    if never:
        yield "landmarks never found", "note", f"{never} of 33"
    if not has_depth(take.poses):
        yield "no depth", "note", "z is unknown throughout"
    visibility = landmarks[..., 3][~np.isnan(landmarks[..., 3])]
    if visibility.size and (middle := np.median(visibility)) < VISIBILITY_NOTE:
        yield "low visibility", "note", f"median {middle:.2f}"
    world = take.poses.world
    if world is not None and (gone := np.isnan(world[found]).all(axis=(1, 2)).sum()):
        yield "world missing", "note", f"in {gone} frames that show somebody"


def _frozen(take: Take) -> Iterator[tuple[str, str, str]]:
    """Compare each frame with the one before; pairs with a missing frame do not count."""
    if len(take) < 2:
        return
    points = take.poses.landmarks[..., :2]
    change = np.abs(np.diff(points, axis=0)).reshape(len(take) - 1, -1)
    both = ~np.isnan(change).all(axis=1)
    still = both & (np.where(np.isnan(change), 0, change).max(axis=1) <= STILL)
    share, run = still.sum() / max(both.sum(), 1), _longest(still)
    if share == 1:
        yield "frozen", "error", "every frame shows the same"
    elif share > FROZEN_ERROR:
        yield "frozen", "error", f"{share:.0%} of frames repeat the one before, {run} in a row"
    elif share > FROZEN_NOTE or run >= FROZEN_RUN:
        yield "repeated frames", "note", f"{share:.0%} of frames repeat the one before, {run} in a row"


def _longest(still: np.ndarray) -> int:
    ends = np.flatnonzero(np.diff(np.concatenate([[0], still.astype(np.int8), [0]])))
    return int((ends[1::2] - ends[::2]).max(initial=0))


def _out_of_range(take: Take) -> Iterator[tuple[str, str, str]]:
    landmarks, world = take.poses.landmarks, take.poses.world
    known = landmarks[take.poses.found]
    outside = np.nanmax(np.abs(known[..., :2] - 0.5)) - 0.5
    if outside > OUTSIDE_NOTE:
        severity = "error" if outside > OUTSIDE_ERROR else "note"
        yield "outside the picture", severity, f"by up to {outside:.1f} pictures"
    visibility = known[..., 3][~np.isnan(known[..., 3])]
    if visibility.size and (visibility.min() < -TOLERANCE or visibility.max() > 1 + TOLERANCE):
        yield "visibility", "error", f"{visibility.min():.2f} to {visibility.max():.2f}, not within 0 to 1"
    if world is not None and not np.isnan(world).all() and (far := np.nanmax(np.abs(world))) > FARTHEST:
        yield "world out of range", "error", f"a landmark {far:.1f} m from the hips"


# --- The set ----------------------------------------------------------------------------------------------


def _duplicates(takes: TakeSet) -> Iterator[Finding]:
    """Takes of different performances that share frames to the last bit; windows of one may."""
    homes: dict[int, Take] = {}
    for take in takes:
        keys = frame_keys(take.poses)
        shared = Counter(homes[key].take_id for key in keys if key in homes)
        known = {home.take_id: home for home in (homes[key] for key in keys if key in homes)}
        for twin, count in shared.items():
            other = known[twin]
            if other.performance != take.performance and count >= SHARED_FRAMES * len(take):
                label = "" if other.movement == take.movement else f", where it is called {other.movement}"
                detail = f"{count} of {len(take)} frames are in {twin}{label}"
                yield Finding(take.take_id, "duplicated", "error", detail)
        for key in keys:
            homes.setdefault(key, take)


def _balance(takes: TakeSet) -> Iterator[tuple[str, str, str]]:
    counts = Counter({label: 0 for label in takes.labels if label != ROUTINE})
    dances: dict[str, set[str]] = {}
    for take in takes:
        if take.movement != ROUTINE:
            counts[take.movement] += 1
            dances.setdefault(take.dancer, set()).add(take.movement)
    if not dances:
        return
    most = max(counts.values())
    for label, count in counts.items():
        if count < FEWEST * most:
            yield "rare label", "note", f"{label} has {count} takes, the most frequent label {most}"
        dancers = sum(label in movements for movements in dances.values())
        if count and dancers < 2:
            yield "one dancer only", "note", f"{label} is danced by one, so nobody new can test it"
    for dancer, movements in sorted(dances.items()):
        if absent := [label for label in counts if counts[label] and label not in movements]:
            yield "incomplete dancer", "note", f"{dancer} has no take of {', '.join(absent)}"


def _unlike(takes: TakeSet) -> Iterator[tuple[str, str, str]]:
    without = [take.take_id for take in takes if take.poses.world is None]
    if 0 < len(without) < len(takes):
        detail = f"in {len(without)} of {len(takes)} takes, such as {without[0]}"
        yield "no world coordinates", "note", detail
