"""The movements, written as a dance teacher counts them: keys on musical counts, in the words of the class.

A key names a count and what has changed by then; every channel glides from one key that names it to the next
along a minimum-jerk curve, so an arm may arrive before a leg. Movements are written for the right leg as the
working leg; `performance.dance` mirrors them for the left. To add a movement, write a function that returns
its keys and put it into `PHRASES`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ballet_lib.skeleton import angle_between

Channels = dict[str, float]
Keys = list[tuple[float, Channels]]


@dataclass(frozen=True)
class Style:
    """How a phrase is danced; everything here varies independently of the movement."""

    amplitude: float = 1.0
    """Share of the full movement: depth of a plié, height of a leg or a heel. 0.4 to 1.15."""
    tempo: float = 90.0
    """Counts a minute."""
    side: str = "right"
    """The working leg."""
    arms: str | None = None
    """A name of `ARMS` held throughout, `"free"` for arms of their own, None for the movement's own."""
    facing: float = 0.0
    """Degrees the dancer faces to her left."""
    turnout: float = 55.0
    """Degrees each foot turns out in first position."""
    sway: float = 1.0
    """Strength of the small movements that nobody can suppress."""
    seed: int = 0
    """Of the sway and of the choices a phrase leaves open."""

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "Style":
        """Draw a style: any side, tempo and amplitude, and often arms that the movement does not ask for."""
        own_arms = rng.random() < 0.45
        return cls(
            amplitude=float(rng.uniform(0.55, 1.1)),
            tempo=float(rng.uniform(65, 130)),
            side=str(rng.choice(["left", "right"])),
            arms=None if own_arms else str(rng.choice([*ARMS, "free", "free"])),
            turnout=float(rng.uniform(30, 75)),
            sway=float(rng.uniform(0.5, 2)),
            seed=int(rng.integers(2**31)),
        )


Phrase = Callable[[Style], Keys]


# --- The vocabulary of positions -----------------------------------------------------------------------


def right(**channels: float) -> Channels:
    """Channels of the right, working side."""
    return {f"right_{name}": value for name, value in channels.items()}


def left(**channels: float) -> Channels:
    """Channels of the left, supporting side."""
    return {f"left_{name}": value for name, value in channels.items()}


def both(**channels: float) -> Channels:
    """The same channels on both sides."""
    return right(**channels) | left(**channels)


def _arm(hand: tuple[float, float, float], reach: float, elbow: tuple[float, float, float], palm: float = 0):
    names = ("hand_out", "hand_up", "hand_front", "elbow_out", "elbow_up", "elbow_front")
    return dict(zip(names, hand + elbow, strict=True)) | {"reach": reach, "palm": palm}


# Each arm: direction of the hand (out, up, front), how straight, direction of the elbow, turn of the palm.
_BRAS_BAS = _arm((0.02, -0.95, 0.31), 0.925, (1.0, 0.15, -0.35), 45)
_PREMIERE = _arm((0.0, -0.40, 0.92), 0.86, (1.0, -0.3, -0.1), 55)
_SECONDE = _arm((0.92, -0.18, 0.32), 0.955, (0.15, 0.25, -1.0), 20)
_DEMI_SECONDE = _arm((0.62, -0.75, 0.26), 0.95, (0.5, 0.2, -1.0), 20)
_COURONNE = _arm((-0.10, 0.96, 0.25), 0.91, (1.0, 0.0, 0.25), 45)
_FORWARD = _arm((0.05, 0.14, 0.99), 0.985, (0.5, -0.9, 0.0), 0)
_SIDEWAYS = _arm((0.97, -0.08, -0.16), 0.98, (0.0, -0.5, -0.9), 0)
_HANGING = _arm((0.14, -0.98, 0.06), 0.965, (0.4, 0.0, -1.0))
_ON_HIP = _arm((0.28, -0.95, 0.12), 0.74, (1.0, 0.1, -0.5), -30)
_OVERHEAD = _arm((0.22, 0.97, 0.06), 0.985, (0.8, 0.0, -0.4))

ARMS: dict[str, Channels] = {
    "bras bas": both(**_BRAS_BAS),
    "première": both(**_PREMIERE),
    "seconde": both(**_SECONDE),
    "demi-seconde": both(**_DEMI_SECONDE),
    "couronne": both(**_COURONNE),
    "attitude": right(**_COURONNE) | left(**_SECONDE),
    "troisième": left(**_PREMIERE) | right(**_SECONDE),
    "arabesque": left(**_FORWARD) | right(**_SIDEWAYS),
    "arms at sides": both(**_HANGING),
    "hands on hips": both(**_ON_HIP),
    "arms up": both(**_OVERHEAD),
}
"""Positions of both arms by name; where the arms differ, the left is the supporting side's."""

STANDING = both(weight=0.5, free=0, heel=0, lift=0, point=0, brush=0, side=0, front=0, extension=1) | {
    "plie": 0, "tilt": 0, "hike": 0, "bend": 0, "lean": 0, "twist": 0,
}  # fmt: skip
LOOK_AHEAD: Channels = {"turn": 0, "nod": 0, "incline": 0}
ON_LEFT_LEG: Channels = left(weight=1) | right(weight=0)
ON_BOTH_LEGS: Channels = both(weight=0.5)


def first_position(turnout: float) -> Channels:
    """Heels together, feet turned out."""
    return STANDING | both(spot_out=0.05, spot_front=0, foot=turnout, turnout=turnout)


def third_position(turnout: float) -> Channels:
    """The right foot behind the left, its instep at the left heel."""
    place = left(spot_out=0.03, spot_front=0.055) | right(spot_out=0.03, spot_front=-0.055)
    return STANDING | both(foot=turnout, turnout=turnout) | place


def at(count: float, *changes: Channels, **more: float) -> tuple[float, Channels]:
    """Write a key: by this count, these channels have these values."""
    merged: Channels = {}
    for change in changes:
        merged |= change
    return count, merged | more


def port_de_bras(names: list[str], counts: list[float]) -> Keys:
    """Carry the arms from position to position, through first where the way is long, as every class does."""
    keys = [at(counts[0], ARMS[names[0]])]
    for before, after, start, end in zip(names, names[1:], counts, counts[1:], strict=False):
        if far_apart(ARMS[before], ARMS[after]):
            keys.append(at((start + end) / 2, ARMS["première"]))
        keys.append(at(end, ARMS[after]))
    return keys


def far_apart(before: Channels, after: Channels) -> bool:
    """Tell whether an arm would pass through the body if it went straight from one position to another."""
    return max(angle_between(_hand(before, side), _hand(after, side)) for side in ("left", "right")) > 100


def _hand(arms: Channels, side: str) -> np.ndarray:
    return np.array([arms[f"{side}_hand_{axis}"] for axis in ("out", "up", "front")])


# --- The six movements ---------------------------------------------------------------------------------


def demi_plie(style: Style) -> Keys:
    """Demi-plié in first: down on 1-2, up on 3-4, heels on the floor throughout."""
    return [
        at(0, first_position(style.turnout), ARMS["demi-seconde"], LOOK_AHEAD),
        at(2, plie=62 * style.amplitude),
        at(2, ARMS["bras bas"], nod=8),
        at(2.4, plie=62 * style.amplitude),
        at(4.4, first_position(style.turnout), ARMS["demi-seconde"], LOOK_AHEAD),
    ]


def battement_tendu(style: Style) -> Keys:
    """Battement tendu to the side: brush out on 1, hold, close on 4; the toes never leave the floor."""
    stretch = min(0.4 + 0.6 * style.amplitude, 1)
    return [
        at(0, first_position(style.turnout), ARMS["seconde"], LOOK_AHEAD),
        at(0.4, ON_LEFT_LEG, right(free=0, brush=1, point=0, side=30)),
        at(0.8, right(free=1, brush=1, point=0)),
        at(1.9, right(point=stretch, turnout=style.turnout + 10), turn=-20),
        at(2.7, right(point=stretch, turnout=style.turnout + 10), turn=-20),
        at(3.8, right(free=1, brush=1, point=0), LOOK_AHEAD),
        at(4.2, ON_LEFT_LEG, right(free=0, brush=1, side=30)),
        at(4.6, first_position(style.turnout), ARMS["seconde"]),
    ]


def releve(style: Style) -> Keys:
    """Relevé in first: rise to demi-pointe on 1-2, hold, lower on 4."""
    return [
        at(0, first_position(style.turnout), ARMS["bras bas"], LOOK_AHEAD),
        at(1.8, both(heel=54 * style.amplitude), ARMS["première"], nod=-4),
        at(2.8, both(heel=54 * style.amplitude), ARMS["première"]),
        at(4.4, first_position(style.turnout), ARMS["bras bas"], LOOK_AHEAD),
    ]


def _through_tendu_derriere(style: Style) -> Keys:
    """How a leg leaves third position to the back: the weight first, then the toes along the floor."""
    return [
        at(0, third_position(style.turnout), ARMS["bras bas"], LOOK_AHEAD),
        at(0.4, ON_LEFT_LEG, right(free=0, brush=1, point=0, front=-30)),
        at(0.8, right(free=1, brush=1, point=0)),
        at(1.2, ARMS["première"]),
        at(1.6, right(brush=1, point=1, side=0, front=-30, extension=1, turnout=75)),
    ]


def _close_from_derriere(style: Style, count: float) -> Keys:
    """The way back: toes to the floor, the foot to its spot, the weight last."""
    return [
        at(count, right(brush=1, point=1, side=0, front=-30, extension=1, turnout=75)),
        at(count, tilt=0, bend=0, lean=0, twist=0, hike=0),
        at(count + 0.8, right(free=1, brush=1, point=0, turnout=style.turnout)),
        at(count + 1.2, ON_LEFT_LEG, right(free=0, brush=1, front=-30)),
        at(count + 1.7, third_position(style.turnout), ARMS["bras bas"], LOOK_AHEAD),
    ]


def attitude_croisee(style: Style) -> Keys:
    """Attitude croisée derrière: the bent leg rises behind, the arm of its side over the head.

    Croisée to whoever sits at her supporting side: `Style(facing=-40)`, or a camera at a yaw of 40.
    """
    height = 50 + 30 * style.amplitude
    lifted = right(brush=0, point=1, side=16, front=-height, extension=0.74, turnout=82)
    carriage = {"tilt": 12, "bend": -24, "lean": 4, "twist": -6, "hike": -8}
    return [
        *_through_tendu_derriere(style),
        at(2.1, right(brush=0, front=-34, extension=1)),
        at(3.0, lifted, ARMS["attitude"], carriage, turn=16, incline=6),
        at(4.0, lifted, ARMS["attitude"], carriage),
        at(4.8, right(brush=0, side=4, front=-34, extension=1)),
        *_close_from_derriere(style, 5.3),
    ]


def first_arabesque(style: Style) -> Keys:
    """First arabesque: the straight leg rises behind, the arm of the supporting side reaches forward."""
    height = 45 + 45 * style.amplitude
    lifted = right(brush=0, point=1, side=4, front=-height, extension=1, turnout=72)
    carriage = {"tilt": 12 + 16 * style.amplitude, "bend": -34, "lean": 0, "twist": -5, "hike": -5}
    return [
        *_through_tendu_derriere(style),
        at(2.1, right(brush=0, front=-34, extension=1)),
        at(3.0, lifted, ARMS["arabesque"], carriage, nod=-8),
        at(4.0, lifted, ARMS["arabesque"], carriage),
        at(4.8, right(brush=0, front=-34, extension=1)),
        *_close_from_derriere(style, 5.3),
    ]


def retire_devant(style: Style) -> Keys:
    """Retiré devant: the pointed foot is drawn up the front of the supporting leg to the knee."""
    top = 1.0 - 0.57 * min(style.amplitude, 1.05)
    drawn_up = right(free=1, point=1, side=9, front=13, extension=top, turnout=76)
    at_ankle = right(free=1, point=1, side=1, front=6, extension=0.86, turnout=70)
    return [
        at(0, first_position(style.turnout), ARMS["bras bas"], LOOK_AHEAD),
        at(0.5, ON_LEFT_LEG, right(free=0, point=0, extension=1, turnout=style.turnout)),
        at(1.2, at_ankle),
        at(2.2, drawn_up, ARMS["première"]),
        at(3.1, drawn_up, ARMS["première"]),
        at(4.1, at_ankle),
        at(4.8, right(free=0, point=0, side=0, front=0, extension=1), ON_LEFT_LEG),
        at(5.2, first_position(style.turnout), ARMS["bras bas"], LOOK_AHEAD),
    ]


# --- Everything else -----------------------------------------------------------------------------------


def stand(style: Style) -> Keys:
    """Stand and shift the weight a little from leg to leg."""
    parallel = both(spot_out=0.09, foot=12, turnout=12)
    return [
        at(0, STANDING, parallel, ARMS["arms at sides"], LOOK_AHEAD),
        at(2, left(weight=0.65), right(weight=0.35), turn=14, hike=2),
        at(4.5, left(weight=0.4), right(weight=0.6), turn=-10, hike=-2),
    ]


def _step(side: str, count: float, before: Channels, after: Channels) -> Keys:
    """Take the weight off one foot, lift it, and set it down elsewhere, all within one count."""
    other = "left" if side == "right" else "right"
    off = {f"{side}_weight": 0.0, f"{other}_weight": 1.0}
    foot = both(lift=0, heel=0) | {f"{side}_heel": 16.0}
    return [
        at(count + 0.25, off, foot, {f"{side}_{name}": value for name, value in before.items()}),
        at(count + 0.6, off, {f"{side}_lift": 0.05}),
        at(
            count + 0.95,
            off,
            both(lift=0, heel=0),
            {f"{side}_{name}": value for name, value in after.items()},
        ),
    ]


def walk(style: Style) -> Keys:
    """Walk three steps forward and close, arms swinging against the legs."""
    stride = 0.30 * style.amplitude
    keys = [
        at(0, STANDING, both(spot_out=0.07, foot=15, turnout=15), ARMS["arms at sides"], LOOK_AHEAD, plie=12)
    ]
    place = {"left": 0.0, "right": 0.0}
    for count, stretch in enumerate((0.5, 1.0, 1.0, 0.5)):
        side, other = ("right", "left") if count % 2 == 0 else ("left", "right")
        start, place[side] = place[side], place[side] + stretch * stride
        keys += _step(side, count, {"spot_front": start}, {"spot_front": place[side]})
        keys += [at(count + 0.6, {f"{side}_hand_front": -0.42, f"{other}_hand_front": 0.3}, plie=18)]
        keys += [at(count + 1, plie=13)]
    return [*keys, at(4.7, ON_BOTH_LEGS, ARMS["arms at sides"], plie=12)]


def gesture(style: Style) -> Keys:
    """Move the arms through three positions while the legs stand: port de bras without a movement."""
    rng = np.random.default_rng(style.seed)
    first, second, third = rng.permutation([name for name in ARMS if name != "arms at sides"])[:3]
    feet = first_position(style.turnout) if rng.random() < 0.5 else both(spot_out=0.09, foot=15, turnout=15)
    return [
        at(0, STANDING, feet, LOOK_AHEAD),
        *port_de_bras(["bras bas", first, second, third], [0, 1.5, 3.5, 5.5]),
        at(1.5, turn=rng.uniform(-25, 25), nod=rng.uniform(-8, 12)),
        at(3.5, turn=rng.uniform(-25, 25), lean=rng.uniform(-12, 12)),
        at(5.5, LOOK_AHEAD, lean=0),
    ]


def bow(style: Style) -> Keys:
    """Bend forward from the hips, as in a bow or a stretch."""
    return [
        at(0, first_position(style.turnout), ARMS["demi-seconde"], LOOK_AHEAD),
        at(2.2, ARMS["bras bas"], tilt=34 * style.amplitude, bend=38 * style.amplitude, nod=14),
        at(2.8, tilt=34 * style.amplitude, bend=38 * style.amplitude),
        at(4.6, first_position(style.turnout), ARMS["demi-seconde"], LOOK_AHEAD),
    ]


def turn_about(style: Style) -> Keys:
    """Turn on the spot by small steps, one foot at a time."""
    feet = both(spot_out=0.07, foot=12, turnout=12)
    keys = [at(0, STANDING, feet, ARMS["demi-seconde"], LOOK_AHEAD, facing=0, plie=20)]
    angle = {"left": 0.0, "right": 0.0}
    for count in range(4):
        side, out = ("left", 1) if count % 2 == 0 else ("right", -1)
        start, angle[side] = angle[side], 55 * style.amplitude * (count + 1) / 4
        keys += _step(side, count, _foot_turned(out, start), _foot_turned(out, angle[side]))
        keys += [at(count + 0.95, facing=angle[side])]
    return [*keys, at(4.7, ON_BOTH_LEGS, ARMS["demi-seconde"], plie=20)]


def _foot_turned(out: int, degrees: float) -> Channels:
    """A foot a little apart from the middle, after the dancer has turned to her left about it."""
    turn = np.radians(degrees)
    return {
        "spot_out": 0.07 * np.cos(turn),
        "spot_front": -out * 0.07 * np.sin(turn),
        "foot": 12 + out * degrees,
    }


def march(style: Style) -> Keys:
    """March on the spot, knees forward: a lifted knee that is no retiré."""
    feet = both(spot_out=0.07, foot=10, turnout=10)
    knee_up = {"free": 1, "point": 0.3, "side": 3, "front": 34 + 34 * style.amplitude, "extension": 0.80}
    passing = {"free": 1, "point": 0.3, "side": 2, "front": 16, "extension": 0.86}
    keys = [at(0, STANDING, feet, ARMS["arms at sides"], LOOK_AHEAD, plie=6)]
    for number, (side, other) in enumerate((("right", "left"), ("left", "right"), ("right", "left"))):
        beat = 2.8 * number
        off = {f"{side}_weight": 0, f"{other}_weight": 1}
        down = {f"{side}_{name}": value for name, value in (
            ("free", 0), ("point", 0), ("side", 0), ("front", 0), ("extension", 1))}  # fmt: skip
        keys += [
            at(beat + 0.45, off, down),
            at(beat + 0.95, {f"{side}_{name}": value for name, value in passing.items()}),
            at(beat + 1.4, off, {f"{side}_{name}": value for name, value in knee_up.items()}),
            at(beat + 1.4, {f"{other}_hand_front": 0.5, f"{side}_hand_front": -0.3}),
            at(beat + 1.8, {f"{side}_{name}": value for name, value in passing.items()}),
            at(beat + 2.4, off, down),
        ]
    return [*keys, at(8.8, STANDING, feet, ARMS["arms at sides"], plie=6)]


def reach(style: Style) -> Keys:
    """Stretch to one side and the other, an arm overhead, as before class."""
    lean = 24 * style.amplitude
    feet = both(spot_out=0.15, foot=25, turnout=25)
    to_right = left(**_OVERHEAD) | right(**_ON_HIP)
    to_left = right(**_OVERHEAD) | left(**_ON_HIP)
    return [
        at(0, STANDING, feet, ARMS["demi-seconde"], LOOK_AHEAD),
        at(1.8, to_right, lean=-lean, incline=-8),
        at(2.4, to_right, lean=-lean),
        at(4.4, to_left, lean=lean, incline=8),
        at(5.0, to_left, lean=lean),
        at(6.6, STANDING, feet, ARMS["demi-seconde"], LOOK_AHEAD),
    ]


def prepare(style: Style) -> Keys:
    """Open the arms through first to second, as before an exercise, and close them."""
    return [
        at(0, first_position(style.turnout), ARMS["bras bas"], LOOK_AHEAD),
        at(1.4, ARMS["première"], nod=5),
        at(2.8, ARMS["seconde"], turn=-18, nod=0),
        at(4.4, ARMS["bras bas"], LOOK_AHEAD),
    ]


PHRASES: dict[str, tuple[Phrase, ...]] = {
    "demi_plie": (demi_plie,),
    "battement_tendu": (battement_tendu,),
    "releve": (releve,),
    "attitude_croisee": (attitude_croisee,),
    "first_arabesque": (first_arabesque,),
    "retire_devant": (retire_devant,),
    "other": (stand, walk, gesture, bow, turn_about, prepare, march, reach),
}
"""For each label of the vocabulary, the phrases that are danced under it."""
