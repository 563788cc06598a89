"""Three dance styles as a drawn puppet can hold them: caricatures, not the dances themselves.

Each style is a manner of moving through much the same positions. The classical puppet glides and holds, the
hip-hop puppet drops on every beat and snaps from angle to angle, the afrobeat puppet bounces three times in
two counts, off the beat, with rolling hips and swinging arms. Neither the steps nor the meaning of these
dances are in here, and who dances them would not recognise themselves. The habits of a puppet (how low, how
wide, how turned out) vary more from dancer to dancer than from style to style, and a quarter of the time all
three dance the same figures: one frame says little about the style, the rhythm says much.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.studio.choreography import (
    ARMS,
    LOOK_AHEAD,
    STANDING,
    Channels,
    Keys,
    at,
    both,
    far_apart,
    left,
    right,
)
from ballet_lib.vocabulary import STYLES

BLOCK = 4
"""Counts after which a dancer begins another figure."""
SHARED = 0.25
"""Share of figures that all styles dance alike."""
SNAP = 0.3
"""Counts within which a hip-hop puppet goes from one angle to the next."""
BOUNCE = 2 / 3
"""Counts from one bounce of the afrobeat puppet to the next."""


def _bent(hand: tuple[float, float, float], reach: float, elbow: tuple[float, float, float]) -> Channels:
    """An arm: direction of the hand (out, up, front), how straight, direction of the elbow."""
    names = ("hand_out", "hand_up", "hand_front", "elbow_out", "elbow_up", "elbow_front")
    return dict(zip(names, hand + elbow, strict=True)) | {"reach": reach, "palm": 0.0}


_GUARD = _bent((0.10, -0.30, 0.80), 0.66, (0.8, -0.7, -0.3))
_LOW = _bent((0.40, -0.80, 0.42), 0.80, (0.7, 0.0, -0.9))
_SQUARE = _bent((0.80, 0.52, 0.35), 0.76, (0.9, -0.7, 0.0))
_SIDE = _bent((0.97, -0.05, 0.12), 0.95, (0.1, -0.4, -0.9))
POSITIONS: dict[str, Channels] = ARMS | {
    "guard": both(**_GUARD),
    "low": both(**_LOW),
    "square": both(**_SQUARE),
    "guard and side": left(**_GUARD) | right(**_SIDE),
    "square and low": left(**_SQUARE) | right(**_LOW),
}
"""Arms by name: those of the class, and some that are bent."""

_COMMON = ("arms at sides", "demi-seconde", "première", "seconde", "low", "guard", "hands on hips")
_OWN_ARMS = {
    "classical": ("bras bas", "couronne", "attitude", "troisième", "arabesque"),
    "hip_hop": ("square", "guard and side", "square and low", "arms up", "troisième"),
    "afrobeat": ("low", "guard", "square and low", "guard and side"),
}


@dataclass(frozen=True)
class Habits:
    """How a dancer carries herself, whatever she dances."""

    low: float
    """Degrees by which her knees never stretch."""
    wide: float
    """Metres from the middle line to each ankle."""
    turnout: float
    """Degrees each foot turns out."""
    forward: float
    """Degrees her trunk bends forward."""
    arms: float
    """By how much higher than taught she carries her hands, in lengths of an arm."""
    amplitude: float
    """Share of the full movement."""
    late: float
    """Counts by which she is behind the beat."""

    @classmethod
    def draw(cls, style: str, rng: np.random.Generator) -> "Habits":
        """Draw a dancer's habits; the styles' means differ less than the dancers of a style do."""
        low, wide, turnout, forward = _USUAL[_check(style)]
        return cls(
            low=float(np.clip(rng.normal(low, 9), 4, 50)),
            wide=float(np.clip(rng.normal(wide, 0.03), 0.05, 0.19)),
            turnout=float(np.clip(rng.normal(turnout, 14), 2, 65)),
            forward=float(np.clip(rng.normal(forward, 6), -8, 26)),
            arms=float(rng.normal(0, 0.12)),
            amplitude=float(rng.uniform(0.5, 1.1)),
            late=float(rng.uniform(0, 0.08)),
        )


_USUAL = {  # low, wide, turnout, forward
    "classical": (15, 0.085, 36, 2),
    "hip_hop": (23, 0.110, 20, 7),
    "afrobeat": (29, 0.105, 20, 11),
}


def choreograph(style: str, habits: Habits, blocks: int, rng: np.random.Generator) -> Keys:
    """Make up a dance of figures of four counts, as keys for `studio.performance.perform`.

    Parameters
    ----------
    style
        A key of `vocabulary.STYLES`.
    habits
        Of who dances; the same generator gives the same figures to dancers of other habits.
    blocks
        How many figures.
    rng
        Makes up the dance.

    Raises
    ------
    BalletError
        If nobody knows the style, or there is no figure.
    """
    manner = _MANNERS[_check(style)]
    if blocks < 1:
        raise BalletError(f"A dance of {blocks} figures cannot be seen. Give at least 1.")
    arms = "low"
    keys: Keys = [at(0, _home(habits), POSITIONS[arms], LOOK_AHEAD)]
    for block in range(blocks):
        own = np.random.default_rng(rng.integers(2**31))  # so that no figure shifts the draws of the next
        dances = _shared if own.random() < SHARED else manner
        figure, arms = dances(habits, own, arms)
        keys += [(block * BLOCK + count + habits.late, _raised(change, habits)) for count, change in figure]
    return keys


Manner = Callable[[Habits, np.random.Generator, str], tuple[Keys, str]]
"""Dances four counts; takes and returns the name of the arms at their beginning and end."""


# --- What all share --------------------------------------------------------------------------------------


def _home(habits: Habits) -> Channels:
    return STANDING | both(
        spot_out=habits.wide, spot_front=0, foot=habits.turnout, turnout=habits.turnout
    ) | {"plie": habits.low, **_trunk(habits)}  # fmt: skip


def _trunk(habits: Habits, **more: float) -> Channels:
    """Hold the trunk as this dancer does, and add to it."""
    trunk = {"tilt": 0.4 * habits.forward, "bend": 0.6 * habits.forward, "lean": 0, "twist": 0, "hike": 0}
    return {name: value + more.get(name, 0) for name, value in trunk.items()}


def _shared(habits: Habits, rng: np.random.Generator, arms: str) -> tuple[Keys, str]:
    """Stand, walk or step aside, as everybody does between figures."""
    feet = (_stand, _walk, _side_step)[rng.integers(3)](habits, rng)
    after = str(rng.choice(_COMMON))
    keys = [at(0.2, POSITIONS[arms], plie=habits.low), *_carry(arms, after, 0.5, 2.2)]
    still = at(0.8, _trunk(habits), LOOK_AHEAD)
    return [*keys, at(4, POSITIONS[after], plie=habits.low), still, *feet], after


def _carry(before: str, after: str, start: float, end: float) -> Keys:
    """Carry the arms from one position to another, through first where the way is long."""
    middle = POSITIONS["première"]
    way = [at((start + end) / 2, middle)] if far_apart(POSITIONS[before], POSITIONS[after]) else []
    return [at(start, POSITIONS[before]), *way, at(end, POSITIONS[after])]


def _weight(on_left: float) -> Channels:
    return {"left_weight": on_left, "right_weight": 1 - on_left}


def _stand(habits: Habits, rng: np.random.Generator) -> Keys:
    on_left = float(rng.choice([0.35, 0.65]))
    return [at(0.6, _home_feet(habits), _weight(0.5)), at(2.4, _weight(on_left)), at(4, _weight(0.5))]


def _home_feet(habits: Habits) -> Channels:
    return both(spot_out=habits.wide, spot_front=0, lift=0, free=0, heel=0)


def _walk(habits: Habits, rng: np.random.Generator) -> Keys:
    """Two steps forward, two back."""
    stride = 0.20 * habits.amplitude
    places = [(habits.wide, 0.0), (habits.wide, stride)]
    sides = ("right", "left") if rng.random() < 0.5 else ("left", "right")
    keys: Keys = []
    for count, (side, before) in enumerate(zip(sides * 2, (0, 0, 1, 1), strict=True)):
        keys += _step(side, count, count + 1, places[before], places[1 - before])
    return keys


def _side_step(habits: Habits, rng: np.random.Generator) -> Keys:
    """One foot aside, the other follows; and back."""
    far = 0.06 + 0.10 * habits.amplitude
    first, second = ("right", "left") if rng.random() < 0.5 else ("left", "right")
    home, out, across = ((habits.wide + move, 0.0) for move in (0, far, -far))
    return [
        *_step(first, 0, 1, home, out), *_step(second, 1, 2, home, across),
        *_step(second, 2, 3, across, home), *_step(first, 3, 4, out, home),
    ]  # fmt: skip


def _step(
    side: str, start: float, end: float, before: tuple[float, float], after: tuple[float, float],
    lift: float = 0.05,
) -> Keys:  # fmt: skip
    """Take the weight off a foot, lift it, and set it down by `end`; places are (out, front) in metres."""
    long = end - start
    off, landing = (_weight(share if side == "left" else 1 - share) for share in (0.0, 0.35))
    level = both(lift=0, heel=0)
    here, there = ({f"{side}_spot_out": out, f"{side}_spot_front": front} for out, front in (before, after))
    return [
        at(start + 0.52 * long, off, level, {f"{side}_heel": 14}, here),
        at(start + 0.70 * long, off, {f"{side}_lift": lift}),
        at(start + 0.88 * long, off, level, there),
        at(end, landing),
    ]


def _leg(which: str, start: float, top: float, leave: float, end: float, **gesture: float) -> Keys:
    """Raise a leg from the floor to a gesture, hold it, and set it down where it was."""
    off = _weight(0.0 if which == "left" else 1.0)

    def own(**channels: float) -> Channels:
        return {f"{which}_{name}": value for name, value in channels.items()}

    down = own(free=0, point=0, side=0, front=0, extension=1)
    passing = own(
        free=1, point=0.5 * gesture.get("point", 0), extension=min(0.9, gesture.get("extension", 1)),
        side=0.3 * gesture.get("side", 0), front=0.3 * gesture.get("front", 0),
    )  # fmt: skip
    raised = own(**({"free": 1, "point": 0, "side": 0, "front": 0, "extension": 1} | gesture))
    part = 0.35
    return [
        at(start + part * (top - start), off, down),
        at(start + 0.65 * (top - start), passing),
        at(top, off, raised),
        at(leave, off, raised),
        at(leave + part * (end - leave), passing),
        at(end - 0.3 * (end - leave), off, down),
        at(end, _weight(0.5)),
    ]


def _raised(change: Channels, habits: Habits) -> Channels:
    """Carry the hands as high as this dancer does."""
    return {name: v + habits.arms * name.endswith("hand_up") for name, v in change.items()}


def _check(style: str) -> str:
    if style not in STYLES:
        raise BalletError(f"Nobody here knows the style {style!r}. Choose among {', '.join(STYLES)}.")
    return style


def _other(rng: np.random.Generator, style: str, arms: str, near: bool = False) -> str:
    """Choose the next arms: half of the time arms that every style knows."""
    choice = _COMMON if rng.random() < 0.45 else _OWN_ARMS[style]
    names = [n for n in choice if n != arms and not (near and far_apart(POSITIONS[arms], POSITIONS[n]))]
    return str(rng.choice(names)) if names else arms


# --- The three manners -----------------------------------------------------------------------------------


def _classical(habits: Habits, rng: np.random.Generator, arms: str) -> tuple[Keys, str]:
    """Glide: arms carried over two to four counts, a slow plié or a leg that is held."""
    amplitude = habits.amplitude
    lean, twist = (float(rng.normal(0, size)) * amplitude for size in (7, 8))
    turn = float(rng.normal(0, 18))
    keys = [at(0.3, plie=habits.low), at(3.4, _trunk(habits, lean=lean, twist=twist), turn=turn, nod=4)]
    after = _other(rng, "classical", arms)
    if rng.random() < 0.5:
        between = _other(rng, "classical", arms)
        keys += [*_carry(arms, between, 0, 2), *_carry(between, after, 2, 4)]
    else:
        keys += _carry(arms, after, 0, float(rng.choice([3, 4])))
    side = str(rng.choice(["left", "right"]))
    figure = rng.random()
    if figure < 0.3:
        keys += [*_stand(habits, rng), at(2, plie=habits.low + 38 * amplitude), at(4, plie=habits.low)]
    elif figure < 0.5:
        keys += [*_side_step(habits, rng), at(4, plie=habits.low)]
    else:
        height = (22 if figure < 0.75 else 38) * amplitude + 6
        way = {"front": height} if rng.random() < 0.5 else {"side": height}
        keys += _leg(side, 0, 1.8, 3.0, 4, point=1, extension=1, turnout=max(habits.turnout, 45), **way)
        keys += [at(1.8, plie=0.5 * habits.low), at(3, plie=0.5 * habits.low), at(4, plie=habits.low)]
    return keys, after


def _hip_hop(habits: Habits, rng: np.random.Generator, arms: str) -> tuple[Keys, str]:
    """Snap: the knees give on every beat, arms and chest jump to an angle and stay there."""
    amplitude = habits.amplitude
    keys: Keys = []
    for beat in range(BLOCK):
        high, deep = habits.low, habits.low + 16 + 26 * amplitude
        keys += [at(beat, plie=deep), at(beat + 0.45, plie=high), at(beat + 1 - SNAP, plie=high)]
    trunk = _trunk(habits)
    for hit in np.sort(rng.choice(np.arange(1, 2 * BLOCK + 1) / 2, 5, replace=False, p=_ON_THE_BEAT)):
        after = _other(rng, "hip_hop", arms, near=True)
        keys += [at(hit - SNAP, POSITIONS[arms]), at(hit, POSITIONS[after])]
        arms = after
        if rng.random() < 0.6:
            lean, twist, hike = (float(rng.normal(0, size)) * amplitude for size in (9, 20, 5))
            moved = _trunk(habits, lean=lean, twist=twist, hike=hike)
            keys += [at(hit - SNAP, trunk), at(hit, moved, turn=-0.6 * twist)]
            trunk = moved
    keys += [at(BLOCK, POSITIONS[arms], trunk)]
    return [*keys, *_hip_hop_feet(habits, rng)], arms


_ON_THE_BEAT = np.array([0.06, 0.19] * BLOCK)


def _hip_hop_feet(habits: Habits, rng: np.random.Generator) -> Keys:
    side = str(rng.choice(["left", "right"]))
    home, out = (habits.wide, 0.0), (habits.wide + 0.05 + 0.11 * habits.amplitude, 0.02)
    figure = rng.random()
    if figure < 0.5:  # aside on 2, back on 4
        away = _step(side, 1.2, 2, home, out)
        return [
            at(0.5, _weight(0.5), _home_feet(habits)), at(1.2, _weight(0.5)), *away, at(2.3, _weight(0.5)),
            at(3.2, _weight(0.5)), *_step(side, 3.2, 4, out, home),
        ]  # fmt: skip
    if figure < 0.75:  # the weight jumps from leg to leg
        way = 0.75 if side == "left" else 0.25
        return [
            at(0.5, _weight(0.5), _home_feet(habits)), at(0.7, _weight(0.5)), at(1, _weight(way)),
            at(1.7, _weight(way)), at(2, _weight(1 - way)), at(3.7, _weight(1 - way)), at(4, _weight(0.5)),
        ]  # fmt: skip
    kick = _leg(side, 1, 2, 2.2, 3, front=14 + 18 * habits.amplitude, extension=0.95)
    return [at(0.5, _weight(0.5), _home_feet(habits)), at(1, _weight(0.5)), *kick]


def _afrobeat(habits: Habits, rng: np.random.Generator, arms: str) -> tuple[Keys, str]:
    """Roll: three bounces in two counts, up on the beat; hips and arms swing on and on."""
    amplitude = habits.amplitude
    keys: Keys = []
    for bounce in range(round(BLOCK / BOUNCE)):
        up = bounce * BOUNCE
        keys += [at(up, plie=habits.low), at(up + BOUNCE / 2, plie=habits.low + 14 + 20 * amplitude)]
    keys += [at(BLOCK, plie=habits.low)]
    after = _other(rng, "afrobeat", arms, near=True)
    swing = 0.20 + 0.35 * amplitude
    way = 1 if rng.random() < 0.5 else -1
    for half in range(2 * BLOCK + 1):
        share, side = half / (2 * BLOCK), way * (-1) ** half
        swung = _between(POSITIONS[arms], POSITIONS[after], share)
        swung |= {f"{name}_hand_front": swung[f"{name}_hand_front"] + s * side * swing
                  for name, s in (("left", 1), ("right", -1))}  # fmt: skip
        roll = _trunk(habits, hike=-side * (3 + 7 * amplitude), twist=-side * 9 * amplitude, bend=3 * side)
        keys += [at(half / 2, swung), at(half / 2 + 0.12, roll, turn=side * 5)]
    if rng.random() < 0.3:
        return [*keys, *_stand(habits, rng)], after
    return [*keys, *_afrobeat_steps(habits, rng, way)], after


def _afrobeat_steps(habits: Habits, rng: np.random.Generator, way: int) -> Keys:
    sides = ("left", "right") if way > 0 else ("right", "left")
    away = (habits.wide + float(rng.uniform(0, 0.06)), float(rng.uniform(-0.04, 0.08)))
    home = (habits.wide, 0.0)
    keys: Keys = []
    for count, side in enumerate(sides * 2):
        before, after = (home, away) if count < 2 else (away, home)
        keys += _step(side, count, count + 1, before, after, lift=0.03 + 0.05 * habits.amplitude)
    return keys


def _between(before: Channels, after: Channels, share: float) -> Channels:
    return {name: (1 - share) * before[name] + share * after[name] for name in before}


_MANNERS: dict[str, Manner] = {"classical": _classical, "hip_hop": _hip_hop, "afrobeat": _afrobeat}
