"""The flesh on a dancer's bones, as a sculptor would measure it.

A body is a few dozen *lofts*: tubes through elliptical rings, in millimetres on a dancer of 1.68 m, that melt
into one another. Only the left half is described. The face stands where the landmarks are.
"""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from ballet_lib.skeleton import LANDMARKS
from ballet_lib.studio.body import JOINT, Body

# Rings: how far along the bone (0 to 1), half width, half depth, the centre's shift sideways and forwards.
TRUNK = (  # from the crotch to the neck
    (-0.06, 76, 58, 0, -16), (-0.01, 124, 80, 0, -16), (0.06, 142, 88, 0, -14), (0.17, 138, 88, 0, -8),
    (0.30, 121, 84, 0, 0), (0.40, 113, 80, 0, 0), (0.56, 122, 87, 0, 2), (0.72, 136, 94, 0, 2),
    (0.85, 139, 84, 0, -6), (0.94, 112, 62, 0, -14), (1.02, 56, 48, 0, -16),
)  # fmt: skip
NECK = ((0.0, 54, 52, 0, -8), (0.35, 48, 51, 0, -6), (0.7, 47, 52, 0, -8), (1.15, 50, 58, 0, -10))
TRAPEZIUS = ((0.0, 27, 27, 0, 0), (0.5, 21, 27, 0, 0), (1.0, 24, 32, 0, 0))
PECTORAL = ((0.0, 32, 26, 0, 0), (1.0, 20, 22, 0, 0))
LATISSIMUS = ((0.0, 28, 24, 0, 0), (1.0, 17, 20, 0, 0))
UPPER_ARM = (
    (0.0, 38, 42, -2, 0), (0.22, 39, 42, 2, 0), (0.45, 37, 39, 0, 2), (0.75, 33, 35, 0, 1),
    (1.0, 29, 30, 0, 0),
)  # fmt: skip
FOREARM = (
    (0.0, 29, 30, 0, 0), (0.22, 34, 36, 0, 0), (0.5, 30, 32, 0, 0), (0.8, 22, 26, 0, 0), (1.0, 18, 26, 0, 0),
)  # fmt: skip
PALM = ((0.0, 18, 26, 0, 0), (0.35, 17, 33, 0, 2), (0.75, 15, 39, 0, 0), (1.0, 12, 38, 0, -1))
FINGERS = (  # where each starts along and across the hand, its length, its bend towards the palm
    (84, 29, 74, 8), (90, 10, 80, 22), (87, -9, 76, 18), (80, -27, 62, 10),
)  # fmt: skip
THIGH = (
    (0.0, 78, 84, 0, 0), (0.12, 82, 90, 1, 0), (0.35, 75, 83, 3, 3), (0.6, 65, 71, 1, 3),
    (0.82, 54, 57, 0, 1), (1.0, 45, 49, 0, 1),
)  # fmt: skip
SHANK = (
    (0.0, 44, 48, 0, 0), (0.1, 46, 51, 0, -4), (0.3, 53, 56, 0, -12), (0.5, 46, 48, 0, -11),
    (0.75, 33, 37, 0, -4), (0.92, 29, 33, 0, -2), (1.0, 30, 34, 0, 0),
)  # fmt: skip
FOOT = (  # from the heel to the tips of the toes; here depth is height
    (0.0, 27, 29, 0, 31), (0.15, 30, 36, 0, 37), (0.33, 32, 36, 0, 37), (0.5, 36, 30, -1, 31),
    (0.68, 42, 24, -1, 26), (0.82, 44, 18, -2, 20), (1.0, 30, 12, -9, 14),
)  # fmt: skip
FACE = (  # from the chin up to the brow
    (0.0, 30, 32, 0, 46), (0.22, 46, 54, 0, 30), (0.42, 57, 70, 0, 16), (0.6, 64, 79, 0, 9),
    (0.8, 67, 82, 0, 6), (1.0, 66, 84, 0, 4),
)  # fmt: skip
NOSE = ((0.0, 8, 7, 0, 0), (1.0, 12, 13, 0, 0))
EAR = ((0.0, 7, 10, 0, 0), (1.0, 8, 17, 0, 0))


@dataclass(frozen=True)
class Loft:
    """A tube of elliptical rings around a straight axis, with rounded ends; metres."""

    start: np.ndarray
    end: np.ndarray
    rings: np.ndarray
    """(N, 5) fraction of the axis, half width, half depth, shift sideways, shift forwards."""
    forward: tuple[float, float, float] = (0.0, 0.0, 1.0)
    """The direction that the depth is measured in, made perpendicular to the axis."""
    melt: float = 0.015
    """How far from what is there already the loft begins to blend into it."""

    def box(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the corners of a box around the loft, with room for blending."""
        reach = self.rings[:, 1:].max() + np.abs(self.rings[:, 3:]).max() + self.melt + 0.02
        tips = self.start + (self.end - self.start) * self.rings[[0, -1], :1]
        return tips.min(0) - reach, tips.max(0) + reach

    def distance(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Return roughly how far points are from the surface, negative inside; x, y, z broadcast."""
        axis = self.end - self.start
        length = np.linalg.norm(axis)
        along = axis / length
        depth = np.asarray(self.forward) - np.dot(self.forward, along) * along
        depth /= np.linalg.norm(depth)
        width = np.cross(depth, along)
        rel = (x - self.start[0], y - self.start[1], z - self.start[2])
        t, u, v = (
            sum(r * float(c) for r, c in zip(rel, d, strict=True)) for d in (along / length, width, depth)
        )
        first, last = self.rings[[0, -1], 0]
        inside = np.clip(t, first, last)
        table = PchipInterpolator(self.rings[:, 0], self.rings[:, 1:])(np.linspace(first, last, 128))
        ring = ((inside - first) * (127 / (last - first)) + 0.5).astype(np.int16)
        half_width, half_depth, du, dv = (column[ring] for column in table.T.astype(np.float32))
        size = np.sqrt(half_width * half_depth)
        beyond = (t - inside) * length / size
        return (np.sqrt(((u - du) / half_width) ** 2 + ((v - dv) / half_depth) ** 2 + beyond**2) - 1) * size


class Sculptor:
    """Collects lofts given in millimetres."""

    def __init__(self, scale: float):
        self.mm, self.lofts = scale / 1000, []

    def tube(self, start, end, rings, girth: float = 1.0, melt: float = 15, forward=(0, 0, 1)) -> None:
        """Add a tube from start to end (3,) in metres."""
        rings = np.array(rings, float) * np.array([1, girth, girth, 1, 1])
        rings[:, 1:] *= self.mm
        self.lofts.append(
            Loft(np.asarray(start, float), np.asarray(end, float), rings, forward, melt * self.mm)
        )

    def egg(self, centre, width: float, height: float, depth: float, melt: float = 15) -> None:
        """Add an upright egg around a centre (3,) in metres; half width, height and depth in millimetres."""
        pole = np.array([0, max(height - np.sqrt(width * depth), 1) * self.mm, 0])
        self.tube(centre - pole, centre + pole, [(t, width, depth, 0, 0) for t in (0, 1)], melt=melt)


def flesh(body: Body, bust: float, bun: str) -> list[Loft]:
    """Put flesh on the left half of a body: lofts, each melting into those before it.

    `bust` is 0 to 1, `bun` "high", "low" or "none".
    """
    clay = Sculptor(body.height / 1.68)
    rest = {name: body.rest[i] for name, i in JOINT.items()}
    _trunk(clay, body, rest, bust)
    _limbs(clay, body, rest)
    _hand(Sculptor(body.height / 1.68 * body.arms), rest["left_elbow"], rest["left_wrist"], clay.lofts)
    _head(Sculptor(body.height / 1.68 * body.head), body, bun, clay.lofts)
    return clay.lofts


def _trunk(clay: Sculptor, body: Body, rest: dict, bust: float) -> None:
    girth, mm = body.build**0.8, clay.mm
    low, high = rest["left_hip"] * (0, 1, 0), rest["neck"] * (0, 1, 0)
    rings = np.array(TRUNK, float)
    breadth = [body.hips, 1, body.shoulders / girth**0.6]  # ribs follow the shoulders more than the girth
    rings[:, 1] *= np.interp(rings[:, 0], [0.1, 0.4, 0.85], breadth)
    clay.tube(low, high, rings, girth)
    neck, shoulder = rest["neck"], rest["left_shoulder"]
    clay.tube(neck - (0, 40 * mm, 0), rest["head"] + (0, 20 * mm, 0), NECK, 0.94 + 0.06 * girth, melt=25)
    clay.tube(neck + np.array([22, 4, -12]) * mm, shoulder + np.array([-18, 8, -6]) * mm, TRAPEZIUS, melt=25)
    for muscle, rings in ((np.array([0.5, -78, 24]), PECTORAL), (np.array([0.55, -105, -46]), LATISSIMUS)):
        origin = shoulder * (muscle[0], 1, 1) + muscle * (0, 1, 1) * mm
        clay.tube(origin, shoulder + np.array([-24, -20, 0.2 * muscle[2]]) * mm, rings, girth**0.5, melt=30)
    seat = rest["left_hip"] + np.array([-14, -12, -62]) * mm
    clay.egg(seat, 66 * girth, 78 * girth, 50 * girth, melt=35)
    if bust:
        size = 30 + 26 * bust
        place = low + 0.72 * (high - low) + np.array([58 * girth, 0, 100 * girth - 0.85 * size]) * mm
        clay.egg(place, size, size, size, melt=28)


def _limbs(clay: Sculptor, body: Body, rest: dict) -> None:
    girth, mm = body.build**0.8, clay.mm
    hip, knee, ankle = rest["left_hip"], rest["left_knee"], rest["left_ankle"]
    shoulder, elbow, wrist = rest["left_shoulder"], rest["left_elbow"], rest["left_wrist"]
    clay.tube(shoulder, elbow, UPPER_ARM, girth, melt=28)
    clay.tube(elbow, wrist, FOREARM, girth**0.8)
    clay.tube(hip, knee, THIGH, girth, melt=30)
    clay.tube(knee, ankle, SHANK, girth**0.9)
    sole = ankle * (1, 0, 1)
    ahead = np.array([0, 0, mm])
    clay.tube(sole - 42 * ahead, sole + 172 * ahead, FOOT, forward=(0, 1, 0), melt=22)


def _hand(clay: Sculptor, elbow, wrist, lofts: list[Loft]) -> None:
    along = (wrist - elbow) / np.linalg.norm(wrist - elbow)
    palm = np.array([along[1], -along[0], 0])  # it looks at the thigh

    def place(down, across, towards_palm=0.0):
        return wrist + (down * along + across * np.array([0, 0, 1]) + towards_palm * palm) * clay.mm

    clay.tube(place(0, 0), place(88, 0), PALM, melt=10)
    for start, across, length, bend in FINGERS:
        knuckle, middle = place(start - 8, across), place(start + length / 2, across * 0.92, bend * 0.3)
        clay.tube(knuckle, middle, ((0, 9, 9, 0, 0), (1, 7.5, 8, 0, 0)), melt=5)
        clay.tube(
            middle, place(start + length, across * 0.75, bend), ((0, 7.5, 8, 0, 0), (1, 6, 6, 0, 0)), melt=5
        )
    clay.tube(place(12, 18, 3), place(46, 40, 9), ((0, 13, 14, 0, 0), (1, 10, 10, 0, 0)), melt=8)
    clay.tube(place(46, 40, 9), place(76, 44, 14), ((0, 10, 10, 0, 0), (1, 7, 7, 0, 0)), melt=5)
    lofts += clay.lofts


def _head(clay: Sculptor, body: Body, bun: str, lofts: list[Loft]) -> None:
    head = body.rest[JOINT["head"]]
    marks = dict(zip(LANDMARKS, body.rest_landmarks[1], strict=True))
    nose, mouth, ear = marks["nose"], marks["mouth_left"], marks["left_ear"]
    middle = mouth * (0, 1, 1)
    at = lambda x, y, z, origin=head: origin + np.array([x, y, z]) * clay.mm  # noqa: E731
    crown = (body.height - head[1]) / clay.mm
    clay.egg(at(0, crown - 101, -11), 76, 102, 97, melt=12)
    clay.tube(at(0, -32, 0), at(0, 104, 0), FACE, melt=14)
    clay.tube(at(0, 60, 84), at(0, -1, -14, nose), NOSE, melt=10)
    clay.egg(at(13, -6, -23, nose), 8, 8, 8, melt=7)
    clay.tube(at(0, 4, -6, middle), at(15, 3, -10, middle), ((0, 7, 8, 0, 0), (1, 7, 8, 0, 0)), melt=8)
    clay.tube(at(0, -5, -7, middle), at(11, -5, -10, middle), ((0, 7, 8, 0, 0), (1, 7, 8, 0, 0)), melt=8)
    clay.tube(at(-1, -14, -5, ear), at(2, 12, -11, ear), EAR, melt=6)
    if bun != "none":
        clay.egg(at(0, crown - 26, -84) if bun == "high" else at(0, 82, -112), 41, 41, 36, melt=6)
    lofts += clay.lofts
