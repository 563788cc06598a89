"""Phrases joined into one continuous dance, with the steps between them and a timeline of what is danced.

A phrase is written for a dancer at the stage's middle who faces front and works with the right leg. Here it
is mirrored for the left leg, stretched, and placed where the dancer stands. Between two phrases she steps
into the next starting position, one foot at a time, so that no foot slides under her weight.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.studio.balance import NEUTRAL
from ballet_lib.studio.choreography import ARMS, Channels, Keys, Style, at, both, far_apart
from ballet_lib.studio.performance import phrase, with_arms

_SIDEWAYS = ("facing", "hike", "lean", "twist", "turn", "incline")  # positive to the dancer's left
_ARM_CHANNELS = tuple(ARMS["bras bas"])
_OUT = {"left": 1, "right": -1}


@dataclass(frozen=True)
class Figure:
    """One phrase within a routine."""

    name: str
    """A label of the vocabulary, or the name of a single phrase such as `"walk"`."""
    style: Style = field(default_factory=Style)
    """Its side, amplitude, arms, turnout and seed; the tempo is the routine's."""
    slower: float = 1.0
    """Factor on the counts that the phrase takes."""
    turned: float = 0.0
    """Degrees that the dancer turns to her left on the way into it."""
    pause: float = 0.0
    """Counts that she waits after it."""


@dataclass(frozen=True)
class Routine:
    """Keys to dance (`Scene(keys=...)`), and what is danced when: (start, end, label) in counts."""

    keys: Keys
    timeline: tuple[tuple[float, float, str], ...]

    @property
    def counts(self) -> float:
        """Length in counts."""
        return max(count for count, _ in self.keys)


@dataclass
class _Place:
    """Where the dancer stands: metres to the left and in front of the stage's middle, degrees to her left."""

    left: float = 0.0
    front: float = 0.0
    facing: float = 0.0

    def turn(self, left: float, front: float) -> tuple[float, float]:
        c, s = np.cos(np.radians(self.facing)), np.sin(np.radians(self.facing))
        return self.left + c * left + s * front, self.front - s * left + c * front


def join(figures: list[Figure], label_of: dict[str, str]) -> Routine:
    """Join phrases into one dance.

    Parameters
    ----------
    figures
        What to dance, in order.
    label_of
        The label that the timeline gives to each figure's name.

    Raises
    ------
    BalletError
        If there is no figure, or nobody knows its name.
    """
    if not figures:
        raise BalletError("A routine of nothing cannot be danced. Give at least one figure.")
    keys: Keys = []
    timeline = []
    now, place, stands = 0.0, _Place(), None
    for figure in figures:
        local = _own_keys(figure)
        here = replace(place, facing=place.facing + figure.turned)
        placed = _placed(local, here)
        starts = _state(placed, first=True)
        if stands is not None:
            steps = _step_into(stands, starts, now)
            now = max(count for count, _ in steps)
            keys += steps
        length = max(count for count, _ in local)
        keys += [(now, starts), *((now + count, change) for count, change in placed)]
        timeline.append((now, now + length, label_of[figure.name]))
        now += length
        stands = _state(placed, first=False)
        place = _place_after(stands)
        keys += [(now, stands), (now + figure.pause, stands)]
        now += figure.pause
    return Routine(keys, tuple(timeline))


def _own_keys(figure: Figure) -> Keys:
    keys = with_arms(phrase(figure.name, figure.style)(figure.style), figure.style)
    if figure.style.side == "left":
        keys = [(count, _mirrored(change)) for count, change in keys]
    return sorted(((count * figure.slower, change) for count, change in keys), key=lambda key: key[0])


def _mirrored(change: Channels) -> Channels:
    """Exchange left and right in the channels of a key."""
    other = {"left": "right", "right": "left"}
    out = {}
    for name, value in change.items():
        side, _, part = name.partition("_")
        if side in other:
            out[f"{other[side]}_{part}"] = value
        else:
            out[name] = -value if name in _SIDEWAYS else value
    return out


def _placed(keys: Keys, place: _Place) -> Keys:
    """Move and turn keys to a place. A key that names part of a foot's spot then names all of it."""
    last = dict(_state(keys, first=True))
    placed = []
    for count, change in keys:
        last |= change
        moved = dict(change)
        if "facing" in change or not placed:
            moved["facing"] = last["facing"] + place.facing
        for side, out in _OUT.items():
            spot = [f"{side}_spot_out", f"{side}_spot_front", f"{side}_foot"]
            if any(name in change for name in spot):
                left, front = place.turn(out * last[spot[0]], last[spot[1]])
                moved |= dict(zip(spot, (out * left, front, last[spot[2]] + out * place.facing), strict=True))
        placed.append((count, moved))
    return placed


def _state(keys: Keys, first: bool) -> Channels:
    """Return every channel as it is at the beginning of sorted keys, or at their end."""
    state = {}
    for _, change in reversed(keys) if first else keys:
        state |= change
    return NEUTRAL | state


def _place_after(state: Channels) -> _Place:
    spots = [(out * state[f"{side}_spot_out"], state[f"{side}_spot_front"]) for side, out in _OUT.items()]
    left, front = np.mean(spots, axis=0)
    return _Place(float(left), float(front), state["facing"])


def _step_into(before: Channels, after: Channels, now: float) -> Keys:
    """Step from one standing position into another: 0.8 counts, and one more for each foot that moves."""
    feet = [side for side in _OUT if _foot_moves(before, after, side)]
    end = now + 0.8 + len(feet)
    keys = [(now, before)]
    standing = dict(before)
    for number, side in enumerate(feet):
        other = "left" if side == "right" else "right"
        off = {f"{side}_weight": 0.0, f"{other}_weight": 1.0}
        spot = [f"{side}_{part}" for part in ("spot_out", "spot_front", "foot")]
        beat = now + number
        keys += [
            at(beat + 0.35, off, {name: standing[name] for name in spot}, {f"{side}_lift": 0.0}, plie=9),
            at(beat + 0.62, off, {f"{side}_lift": 0.035, f"{side}_heel": 12.0}),
            at(beat + 0.95, off, {name: after[name] for name in spot}, both(lift=0, heel=0), plie=9),
        ]
        standing |= {name: after[name] for name in spot}
    if far_apart(before, after):
        keys.append(at((now + end) / 2, ARMS["première"]))
    keys.append(at(end - 0.15, {name: after[name] for name in _ARM_CHANNELS}))
    return [*keys, (end, after)]


def _foot_moves(before: Channels, after: Channels, side: str) -> bool:
    spot = np.array([[state[f"{side}_spot_out"], state[f"{side}_spot_front"]] for state in (before, after)])
    turned = abs(before[f"{side}_foot"] - after[f"{side}_foot"])
    return bool(np.linalg.norm(spot[1] - spot[0]) > 0.004 or turned > 2)
