"""What a teacher wants of each movement, as numbers, and what she says when it is missing.

The numbers are a teacher's, with a teacher's patience in them: a knee that bends by 6 degrees passes for
straight. They are limits to correct from, not ideals. Heights are judged softly: a low leg is a style, unless
it is clearly below what makes the movement.
"""

from dataclasses import dataclass
from math import inf

import numpy as np

from ballet_lib.skeleton import INDEX


@dataclass(frozen=True)
class Rule:
    """One thing that a teacher looks at in a movement.

    Attributes
    ----------
    key
        As in `Finding.rule`.
    quantity
        What is measured: a key of `technique_measures.QUANTITIES`.
    legs
        Whose: "supporting", "working", "both" (each leg by itself), or "" for the whole body.
    wanted
        The ideal, in `unit`.
    low, high
        What still passes.
    unit
        "°", or "cm" for a dancer of average legs.
    subject
        What is looked at, in words after "the"; `{side}` is the leg's.
    too_low, too_high
        What to say if it is below `low`, or above `high`; `{off}` is how far from `wanted`, `{measured}` how
        much it is.
    joints
        The landmarks to mark: names with `{side}` for the leg's own, `{other}` for the other's.
    blur
        If the extractor may err by more than this, nothing is said; below, only what is plain.
    """

    key: str
    quantity: str
    legs: str
    wanted: float
    subject: str
    joints: tuple[str, ...]
    low: float = -inf
    high: float = inf
    too_low: str = ""
    too_high: str = ""
    unit: str = "°"
    blur: float = 20.0

    def sides(self, working: str) -> tuple[str, ...]:
        """Return the legs to look at; for the whole body the working one, from whose side it is seen."""
        supporting = "right" if working == "left" else "left"
        return {"supporting": (supporting,), "both": ("left", "right")}.get(self.legs, (working,))

    def marked(self, side: str) -> tuple[int, ...]:
        """Return the indices of the landmarks to mark."""
        other = "right" if side == "left" else "left"
        return tuple(INDEX[name.format(side=side, other=other)] for name in self.joints)

    def excess(self, measured):
        """How far a measurement is beyond what passes; 0 or less if it passes."""
        return np.maximum(measured - self.high, self.low - measured)

    def about(self, side: str) -> str:
        """Name what is looked at, to follow "the"."""
        return self.subject.format(side=side)

    def words(self, side: str, measured: float) -> str:
        """Say what to mend."""
        text = self.too_low if measured < self.low else self.too_high
        return text.format(side=side, off=round(abs(measured - self.wanted)), measured=round(abs(measured)))


_LEG = ("{side}_hip", "{side}_knee", "{side}_ankle")
_TRUNK = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")
_HIPS = ("left_hip", "right_hip")


def _straight(key: str, legs: str, subject: str, words: str, low: float = 174) -> Rule:
    return Rule(key, "knee", legs, 180, subject, _LEG, low=low, too_low=words)


_SUPPORTING = _straight(
    "supporting_knee", "supporting", "supporting knee",
    "Stretch your supporting {side} knee: it is bent by about {off}°.",
)  # fmt: skip


def _hips(high: float) -> Rule:
    return Rule(
        "hips", "hips", "working", 0, "line of the hips", _HIPS, high=high,
        too_high="Keep your hips level: the {side} one is lifted by about {off}°.",
    )  # fmt: skip


def _back(high: float, words: str = "Keep your back upright: it leans by about {measured}°.") -> Rule:
    return Rule("back", "trunk", "", 0, "back", _TRUNK, high=high, too_high=words)


def _leg_height(low: float, wanted: float) -> Rule:
    return Rule(
        "leg_height", "leg", "working", wanted, "height of the leg", ("{side}_hip", "{side}_ankle"), low=low,
        too_low="Lift your {side} leg higher: it is at about {measured}°, and horizontal is 90°.",
    )  # fmt: skip


RULES: dict[str, tuple[Rule, ...]] = {
    "demi_plie": (
        Rule(
            "knees_over_toes", "knee_in", "both", 0, "line of the {side} knee over the toes",
            ("{side}_hip", "{side}_knee", "{side}_foot_index"), high=8, blur=30,
            too_high="Open your {side} knee over the toes: it falls inwards by about {off}°.",
        ),
        _back(8),
        Rule(
            "heels", "foot", "both", 0, "{side} heel",
            ("{side}_heel", "{side}_ankle", "{side}_foot_index"), high=8,
            too_high="Keep your {side} heel on the floor: it comes up by about {off}°.",
        ),
        Rule(
            "depth", "bend", "", 60, "depth", ("left_knee", "right_knee"), low=35,
            too_low="Bend your knees more: by about {measured}° they hardly make a plié.",
        ),
    ),
    "battement_tendu": (
        _SUPPORTING,
        _straight("working_knee", "working", "working knee",
                  "Stretch your working {side} knee to the end: it is bent by about {off}°."),
        _hips(4),
        _back(8),
    ),
    "releve": (
        _straight("knees", "both", "{side} knee",
                  "Pull up your {side} knee: at the top of the rise it is bent by about {off}°."),
        Rule(
            "heels_alike", "feet_alike", "", 0, "evenness of the heels",
            ("left_heel", "left_foot_index", "right_heel", "right_foot_index"), low=-8, high=8,
            too_low="Lift both heels alike: the left one is lower by about {off}°.",
            too_high="Lift both heels alike: the right one is lower by about {off}°.",
        ),
        Rule(
            "heel_height", "feet", "", 45, "height of the heels",
            ("left_heel", "right_heel", "left_ankle", "right_ankle"), low=28,
            too_low="Rise higher: your heels are up by about {measured}°, which is half a relevé.",
        ),
    ),
    "attitude_croisee": (
        _SUPPORTING,
        _hips(18),
        Rule(
            "bent_knee", "knee", "working", 95, "bend of the lifted knee", _LEG, low=70, high=115,
            too_low="Open the knee of your lifted {side} leg: at about {measured}° it is folded too far.",
            too_high="Bend your lifted {side} knee more: at about {measured}° it is half an arabesque.",
        ),
        _leg_height(60, 80),
    ),
    "first_arabesque": (
        _SUPPORTING,
        _back(20, "Lift your back against the leg: it tips forward by about {measured}°."),
        Rule(
            "shoulders", "shoulders", "working", 0, "line of the shoulders",
            ("left_shoulder", "right_shoulder"), high=13,
            too_high="Keep your shoulders level: the {side} one is higher by about {off}°.",
        ),
        _straight("working_knee", "working", "lifted knee",
                  "Stretch your lifted {side} knee: it is bent by about {off}°.", low=170),
        _leg_height(65, 90),
    ),
    "retire_devant": (
        _SUPPORTING,
        _hips(4),
        _back(8),
        Rule(
            "turn_out", "opening", "working", 72, "turn-out of the lifted leg", _LEG, low=58, blur=30,
            too_low="Open your {side} knee to the side: it has come forward by about {off}°.",
        ),
        Rule(
            "foot_at_knee", "below_knee", "working", 4, "place of the foot",
            ("{side}_foot_index", "{other}_knee"), high=13, unit="cm", blur=10,
            too_high="Draw your {side} foot up to the knee: the toes are about {measured} cm below it.",
        ),
    ),
}  # fmt: skip
"""The rules of each movement, the most important first: what she stands on, how she holds herself, and then
how high and how finished the movement is."""
