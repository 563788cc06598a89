"""What a teacher would correct: each movement's rules, measured on the landmarks, and silence where they err.

`technique_rules` says what is wanted, `technique_measures` how it is read from a picture, `technique_errors`
how far such a reading is to be trusted in each view. Here they are put together: a fault is told if it is
beyond what passes by more than the error could make of a dancer who just passes (`technique_errors.K`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.takes import Take
from ballet_lib.technique_errors import ERRORS, K, Reading, exactly_seen, measure_errors, view_for
from ballet_lib.technique_measures import (
    QUANTITIES,
    Seen,
    height_frames,
    stands_first,
    view_angle,
    working_leg,
)
from ballet_lib.technique_rules import RULES, Rule

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ERRORS", "RULES", "Curve", "Finding", "assess", "correction", "curve", "measure_errors", "trials"]

FEWEST_FRAMES = 4
"""Of fewer in which the dancer was found, nothing is said."""

VISIBLE = 0.5
"""Visibility below which the model itself does not vouch for a landmark."""


@dataclass(frozen=True)
class Finding:
    """One rule, judged on one performance of a movement."""

    rule: str
    """Its key in `technique_rules`."""
    side: str
    """"left" or "right", whose leg it is; "" for the whole body."""
    measured: float
    """At the movement's height, in `unit`; NaN where nothing could be measured."""
    wanted: float
    """The ideal."""
    unit: str
    """"°" or "cm"."""
    verdict: str
    """"good", "fault", or "unsure"."""
    frame: int
    """Index of the pose that shows it most."""
    words: str
    """What a teacher says; for "unsure" why she says nothing."""
    landmarks: tuple[int, ...]
    """Which to mark."""
    movement: str = ""
    margin: float = float("nan")
    """How far beyond what passes a fault must be to be told from the extractor's error."""


class Curve(NamedTuple):
    """A rule's quantity over time."""

    values: np.ndarray
    """float (T,), in `unit`; NaN where nobody was found."""
    low: float
    """What passes, to both sides; infinite where there is no limit."""
    high: float
    margin: float
    unit: str
    height: np.ndarray
    """int, the frames of the movement's height."""


def assess(poses: PoseSequence, movement: str) -> list[Finding]:
    """Judge every rule of a movement, the most important first.

    Parameters
    ----------
    poses
        One performance of the movement, its height included: T frames with world landmarks.
    movement
        What is danced.

    Returns
    -------
    list of Finding
        One for each rule, or for each leg of a rule about both; empty for what is none of the six movements.
    """
    if movement not in RULES:
        return []
    look = _Look.at(poses, movement)
    if look is None:
        why = "Too little of the dancer was found to judge anything."
        return [_silent(rule, movement, "", why) for rule in RULES[movement]]
    return [look.judge(rule, side) for rule in RULES[movement] for side in rule.sides(look.seen.working)]


def correction(poses: PoseSequence, movement: str) -> Finding | None:
    """Return the one thing to say: the most important fault; None if there is none that can be told."""
    return next((finding for finding in assess(poses, movement) if finding.verdict == "fault"), None)


def curve(poses: PoseSequence, finding: Finding) -> Curve:
    """Return what a finding was judged on, over the whole performance.

    Raises
    ------
    BalletError
        If nothing was measured for it.
    """
    look = _Look.at(poses, finding.movement)
    if look is None or not np.isfinite(finding.measured):
        raise BalletError(f"Nothing was measured of {finding.rule}. Choose a finding that is not unsure.")
    rule = next(rule for rule in RULES[finding.movement] if rule.key == finding.rule)
    side = finding.side or look.seen.working
    values = np.full(len(poses), np.nan)
    if (reading := look.reading(rule, side)) is None:
        raise BalletError(f"{finding.rule} cannot be judged from this side. Choose a finding of these poses.")
    values[look.frames] = reading.truth(look.read(rule, side))
    return Curve(values, rule.low, rule.high, finding.margin, rule.unit, look.frames[look.height])


def trials(takes: Iterable[Take]) -> "pd.DataFrame":
    """Judge takes whose exact joints are known, to see how often a fault is told, rightly or wrongly.

    Returns
    -------
    pandas.DataFrame
        One row for each finding: `take_id`, `movement`, `rule`, `side`, `verdict`, `measured`; `truth`, the
        quantity on the exact joints, and `passes`, whether a teacher would let it; `fault`, `size` and `view`
        from the take's meta, if it has them; `planted`, whether the rule is that of the planted fault.
    """
    import pandas as pd

    from ballet_lib.studio.faults import FAULTS

    rows = []
    for take in takes:
        if take.movement not in RULES:
            continue
        exact = exactly_seen(take)
        height = height_frames(exact, take.movement)
        name = take.meta.get("fault", "")
        told = {"fault": name, "size": take.meta.get("size", 0.0), "view": take.meta.get("view", "")}
        legs = [(rule, side) for rule in RULES[take.movement] for side in rule.sides(exact.working)]
        findings = assess(take.poses, take.movement)
        for finding in findings:
            rule, side = next(
                ((rule, side) for rule, side in legs
                 if rule.key == finding.rule and (rule.legs != "both" or side == finding.side)),
            )  # fmt: skip
            truth = float(np.median(QUANTITIES[rule.quantity].truth(exact, side)[height]))
            rows.append(
                {"take_id": take.take_id, "movement": take.movement, "rule": rule.key, "side": finding.side,
                 "verdict": finding.verdict, "measured": finding.measured, "truth": truth,
                 "passes": bool(rule.excess(truth) <= 0), **told,
                 "planted": bool(name) and FAULTS[name].rule == rule.key}
            )  # fmt: skip
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class _Look:
    """A performance, made ready to be judged."""

    poses: PoseSequence
    movement: str
    seen: Seen
    frames: np.ndarray
    """Indices in `poses` of the frames in `seen`."""
    height: np.ndarray
    """Indices in `seen` of the movement's height."""
    angle: float

    @classmethod
    def at(cls, poses: PoseSequence, movement: str) -> "_Look | None":
        if poses.world is None:
            return None
        seen, frames = Seen.of(poses), Seen.frames(poses)
        if len(frames) < FEWEST_FRAMES:
            return None
        seen = Seen(seen.world, seen.picture, working_leg(seen, movement))
        return cls(poses, movement, seen, frames, height_frames(seen, movement), view_angle(seen))

    def reading(self, rule: Rule, side: str) -> Reading | None:
        return ERRORS[self.movement][rule.key].get(view_for(self.movement, rule, self.angle, side))

    def read(self, rule: Rule, side: str) -> np.ndarray:
        return QUANTITIES[rule.quantity].reading(self.seen, side)

    def judge(self, rule: Rule, side: str) -> Finding:
        """Judge one rule on one leg."""
        about = rule.about(side)
        if hidden := self._hidden(rule.marked(side)):
            return _silent(rule, self.movement, side, f"The {about} is {hidden}, so nothing is said of it.")
        if QUANTITIES[rule.quantity].from_standing and not stands_first(
            self.seen, self.movement, self.poses.fps
        ):
            why = f"The {about} is told from how she stands before and after, and neither was seen."
            return _silent(rule, self.movement, side, why)
        reading = self.reading(rule, side)
        if reading is None:
            where = _in_words(view_for(self.movement, rule, self.angle, side))
            why = f"{where} the camera does not show the {about} well enough to judge it."
            return _silent(rule, self.movement, side, why)
        values = reading.truth(self.read(rule, side)[self.height])
        measured, margin = float(np.median(values)), K * reading.spread
        most = self.height[int(np.nanargmax(rule.excess(values)))]
        verdict, words = self._verdict(rule, side, measured, margin)
        return Finding(
            rule.key, side if rule.legs else "", round(measured, 1), rule.wanted, rule.unit, verdict,
            int(self.frames[most]), words, rule.marked(side), self.movement, round(margin, 1),
        )  # fmt: skip

    def _verdict(self, rule: Rule, side: str, measured: float, margin: float) -> tuple[str, str]:
        """Decide what the error allows to say."""
        excess, about = float(rule.excess(measured)), rule.about(side)
        error = f"{margin:.0f}{'' if rule.unit == '°' else ' '}{rule.unit}"
        if excess > margin:
            return "fault", rule.words(side, measured)
        if excess > 0:
            return "unsure", f"The {about} may be off, but from here the camera errs by up to {error}."
        if margin > rule.blur / 2:
            return (
                "unsure",
                f"The {about} shows no plain fault, but from here one below {error} would not show.",
            )
        return "good", f"The {about} is good."

    def _hidden(self, marked: tuple[int, ...]) -> str:
        """Say why landmarks cannot be measured, or nothing."""
        points = self.poses.landmarks[self.frames[self.height]][:, list(marked)]
        if (np.median(points[..., :2], axis=0) < 0).any() or (np.median(points[..., :2], axis=0) > 1).any():
            return "outside the picture"
        if (np.median(points[..., 3], axis=0) < VISIBLE).any():
            return "hidden"
        return ""


def _silent(rule: Rule, movement: str, side: str, why: str) -> Finding:
    side = side if rule.legs else ""
    return Finding(
        rule.key, side, float("nan"), rule.wanted, rule.unit, "unsure", 0, why,
        rule.marked(side or "left"), movement,
    )  # fmt: skip


def _in_words(view: int) -> str:
    """Say from where a leg is seen."""
    turned = abs(view)
    if turned <= 15:
        return "From the front"
    if turned >= 165:
        return "From behind"
    whose = "on this leg's side" if view > 0 else "across the other leg"
    return f"From {turned}° {whose}"
