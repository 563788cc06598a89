"""What a teacher looks at, as it is on exact landmarks, and how it is read from a picture.

World landmarks are in metres with x right, y down and z away from the camera. MediaPipe guesses them with a
model of how people stand, and that model straightens what is bent: over 218 films of the studio's dancers, a
degree of bend in the supporting knee moves the world's knee by 0.01 degrees, while the knee in the picture
follows what the picture shows, mostly to 3 degrees. So the world says from where the dancer is seen, and the
picture says how she stands. What a picture shows of a quantity depends on the view: see `technique_errors`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.skeleton import INDEX, angle_between

UP = np.array([0.0, -1.0, 0.0])
SHANK = 38.6
"""Centimetres from knee to ankle of an average dancer, so that lengths can be said in centimetres."""
FOOT = 0.27
"""Length of a foot, heel to toes, as a share of the leg."""

_SIGN = {"left": 1.0, "right": -1.0}


@dataclass(frozen=True)
class Seen:
    """The frames in which a dancer was found, ready to be measured.

    Attributes
    ----------
    world
        float (T, 33, 3), metres.
    picture
        float (T, 33, 2), x and y in one unit, y down.
    working
        The leg that moves, "left" or "right"; "left" where both do.
    """

    world: np.ndarray
    picture: np.ndarray
    working: str = "left"

    @classmethod
    def of(cls, poses: PoseSequence, working: str = "left") -> "Seen":
        """Take the found frames of a sequence that has world landmarks."""
        found = cls.frames(poses)
        width, height = poses.size
        picture = poses.landmarks[found, :, :2].astype(float) * (width / height, 1.0)
        return cls(poses.world[found].astype(float), picture, working)

    @staticmethod
    def frames(poses: PoseSequence) -> np.ndarray:
        """Return the indices of those frames in the sequence."""
        return np.flatnonzero(poses.found & np.isfinite(poses.world).all(axis=(1, 2)))

    @property
    def supporting(self) -> str:
        """The leg that she stands on."""
        return "right" if self.working == "left" else "left"

    @property
    def towards_working(self) -> float:
        """Sign that turns "the left one higher" into "the working one higher"."""
        return _SIGN[self.working]


Measure = Callable[[Seen, str], np.ndarray]
"""From what is seen, and the side of a leg, to a number for each frame: (T,)."""


def point(points: np.ndarray, name: str) -> np.ndarray:
    """Return one landmark: (T, 33, D) to (T, D)."""
    return points[:, INDEX[name]]


def middle(points: np.ndarray, part: str) -> np.ndarray:
    """Return the middle between the left and the right of a part: (T, 33, D) to (T, D)."""
    return (point(points, f"left_{part}") + point(points, f"right_{part}")) / 2


def length(vector: np.ndarray) -> np.ndarray:
    """Return lengths: (..., D) to (...); a vanishing one is NaN, since something is divided by it."""
    size = np.linalg.norm(vector, axis=-1)
    return np.where(size > 1e-9, size, np.nan)


def knee(points: np.ndarray, side: str) -> np.ndarray:
    """Angle of a knee in degrees, 180 for a straight one."""
    at_knee = point(points, f"{side}_knee")
    return angle_between(point(points, f"{side}_hip") - at_knee, point(points, f"{side}_ankle") - at_knee)


def line_rise(points: np.ndarray, part: str) -> np.ndarray:
    """Degrees by which the left of a part is higher than the right."""
    across = point(points, f"left_{part}") - point(points, f"right_{part}")
    return np.degrees(np.arcsin(np.clip(-across[:, 1] / length(across), -1, 1)))


def rise_in_torsos(points: np.ndarray, part: str) -> np.ndarray:
    """How much the left of a part is higher than the right, in torsos: a line seen end on has no angle."""
    across = point(points, f"left_{part}") - point(points, f"right_{part}")
    return -across[:, 1] / length(trunk_line(points))


def trunk_line(points: np.ndarray) -> np.ndarray:
    """From the hips' middle to the shoulders'."""
    return middle(points, "shoulder") - middle(points, "hip")


def trunk_lean(points: np.ndarray) -> np.ndarray:
    """Degrees between the trunk and the vertical."""
    return angle_between(trunk_line(points), UP[: points.shape[-1]])


def leg_angle(points: np.ndarray, side: str) -> np.ndarray:
    """Degrees from a leg that hangs down to where it is, hip to ankle: 90 is horizontal."""
    return angle_between(
        point(points, f"{side}_ankle") - point(points, f"{side}_hip"), -UP[: points.shape[-1]]
    )


def ankle_height(points: np.ndarray, side: str) -> np.ndarray:
    """Height of an ankle above the other one, as a share of the standing leg."""
    other = "right" if side == "left" else "left"
    standing = length(point(points, f"{other}_ankle") - point(points, f"{other}_hip"))
    return (point(points, f"{other}_ankle") - point(points, f"{side}_ankle"))[:, 1] / standing


def foot_pitch(points: np.ndarray, side: str) -> np.ndarray:
    """Degrees by which a foot's heel is higher than its toes."""
    foot = point(points, f"{side}_foot_index") - point(points, f"{side}_heel")
    return np.degrees(np.arcsin(np.clip(foot[:, 1] / length(foot), -1, 1)))


def heel_over_toes(points: np.ndarray, side: str) -> np.ndarray:
    """Height of a heel above its toes, in shanks."""
    foot = point(points, f"{side}_foot_index") - point(points, f"{side}_heel")
    return foot[:, 1] / length(point(points, f"{side}_knee") - point(points, f"{side}_ankle"))


def body_rise(points: np.ndarray, sinks: bool = False) -> np.ndarray:
    """How far the trunk's middle is above its lowest place, in legs; below its highest if she `sinks`.

    Within these frames, so that a still camera is needed, and frames in which she just stands.
    """
    height = -(middle(points, "hip") + middle(points, "shoulder"))[:, 1] / 2
    legs = [
        length(point(points, f"{side}_hip") - point(points, f"{side}_knee"))
        + length(point(points, f"{side}_knee") - point(points, f"{side}_ankle"))
        for side in _SIGN
    ]
    return (height - np.nanquantile(height, 0.95 if sinks else 0.05)) / np.nanmedian(legs)


def below_knee(points: np.ndarray, working: str) -> np.ndarray:
    """Centimetres from the supporting knee down to the working toes, for a dancer of average legs."""
    other = "right" if working == "left" else "left"
    shank = length(point(points, f"{other}_knee") - point(points, f"{other}_ankle"))
    return SHANK * (point(points, f"{working}_foot_index") - point(points, f"{other}_knee"))[:, 1] / shank


def _own_axes(world: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return unit vectors along the floor: to the dancer's left, and to her front; (T, 2) each, x and z."""
    left = (point(world, "left_hip") - point(world, "right_hip"))[:, [0, 2]]
    left = left / length(left)[:, None]
    return left, np.stack([left[:, 1], -left[:, 0]], axis=-1)


def _opening(world: np.ndarray, vector: np.ndarray, side: str) -> np.ndarray:
    """Degrees by which a vector, seen from above, points from the front to the outside."""
    left, front = _own_axes(world)
    along = vector[:, [0, 2]]
    return np.degrees(np.arctan2(_SIGN[side] * (along * left).sum(-1), (along * front).sum(-1)))


def thigh_opening(world: np.ndarray, side: str) -> np.ndarray:
    """Degrees by which a thigh, seen from above, opens from the front to the side."""
    return _opening(world, point(world, f"{side}_knee") - point(world, f"{side}_hip"), side)


def knee_inside_foot(world: np.ndarray, side: str) -> np.ndarray:
    """Degrees by which a knee, seen from above, points inwards of its foot."""
    foot = _opening(world, point(world, f"{side}_foot_index") - point(world, f"{side}_heel"), side)
    return (foot - thigh_opening(world, side) + 180) % 360 - 180


def knee_beside_hip(picture: np.ndarray, side: str) -> np.ndarray:
    """How far a knee is to the outside of its hip in the picture, in torsos."""
    outwards = np.sign((point(picture, "left_shoulder") - point(picture, "right_shoulder"))[:, 0])
    away = (point(picture, f"{side}_knee") - point(picture, f"{side}_hip"))[:, 0]
    return _SIGN[side] * outwards * away / length(trunk_line(picture))


def knee_inside_foot_in_picture(picture: np.ndarray, side: str) -> np.ndarray:
    """Degrees by which a knee points inwards of its foot, from how far each is to the side.

    How far forward a knee is follows from how deep she has sunk.
    """
    outwards = _SIGN[side] * np.sign(
        (point(picture, "left_shoulder") - point(picture, "right_shoulder"))[:, 0]
    )
    hip, at_knee, ankle = (point(picture, f"{side}_{joint}") for joint in ("hip", "knee", "ankle"))
    leg = np.nanmax(length(at_knee - hip) + length(ankle - at_knee))
    shorter = np.clip(1 + body_rise(picture, sinks=True), 0, 0.999)
    reach = leg / 2 * np.sqrt(1 - shorter**2)
    knee_out = (at_knee - (hip + ankle) / 2)[:, 0] / reach
    foot = (point(picture, f"{side}_foot_index") - point(picture, f"{side}_heel"))[:, 0] / (FOOT * leg)
    return np.degrees(
        np.arcsin(np.clip(outwards * foot, -1, 1)) - np.arcsin(np.clip(outwards * knee_out, -1, 1))
    )


def _difference(measure: Callable[[np.ndarray, str], np.ndarray], points: np.ndarray) -> np.ndarray:
    return measure(points, "left") - measure(points, "right")


def _mean(measure: Callable[[np.ndarray, str], np.ndarray], points: np.ndarray) -> np.ndarray:
    return (measure(points, "left") + measure(points, "right")) / 2


@dataclass(frozen=True)
class Quantity:
    """Something to measure: what it is, and how it shows in a picture."""

    truth: Measure
    """In its own unit, from the world's landmarks if they were exact and the camera level."""
    reading: Measure
    """From the picture, in whatever unit; `technique_errors` leads from the one to the other."""
    from_standing: bool = False
    """Whether the reading needs frames in which she just stands, to count from."""


QUANTITIES: dict[str, Quantity] = {
    "knee": Quantity(lambda seen, side: knee(seen.world, side), lambda seen, side: knee(seen.picture, side)),
    "bend": Quantity(
        lambda seen, side: 180 - _mean(knee, seen.world),
        lambda seen, side: -body_rise(seen.picture, sinks=True),
        from_standing=True,
    ),
    "hips": Quantity(
        lambda seen, side: seen.towards_working * line_rise(seen.world, "hip"),
        lambda seen, side: seen.towards_working * rise_in_torsos(seen.picture, "hip"),
    ),
    "shoulders": Quantity(
        lambda seen, side: seen.towards_working * line_rise(seen.world, "shoulder"),
        lambda seen, side: seen.towards_working * rise_in_torsos(seen.picture, "shoulder"),
    ),
    "trunk": Quantity(lambda seen, side: trunk_lean(seen.world), lambda seen, side: trunk_lean(seen.picture)),
    "leg": Quantity(
        lambda seen, side: leg_angle(seen.world, side), lambda seen, side: ankle_height(seen.picture, side)
    ),
    "foot": Quantity(
        lambda seen, side: foot_pitch(seen.world, side), lambda seen, side: heel_over_toes(seen.picture, side)
    ),
    "feet": Quantity(
        lambda seen, side: _mean(foot_pitch, seen.world),
        lambda seen, side: body_rise(seen.picture),
        from_standing=True,
    ),
    "feet_alike": Quantity(
        lambda seen, side: _difference(foot_pitch, seen.world),
        lambda seen, side: _difference(heel_over_toes, seen.picture),
    ),
    "below_knee": Quantity(
        lambda seen, side: below_knee(seen.world, side), lambda seen, side: below_knee(seen.picture, side)
    ),
    "opening": Quantity(
        lambda seen, side: thigh_opening(seen.world, side),
        lambda seen, side: knee_beside_hip(seen.picture, side),
    ),
    "knee_in": Quantity(
        lambda seen, side: knee_inside_foot(seen.world, side),
        lambda seen, side: knee_inside_foot_in_picture(seen.picture, side),
        from_standing=True,
    ),
}
"""Every quantity of the rules."""


# --- When it is measured, and from where it is seen ------------------------------------------------------

_ENOUGH = 0.8  # of the way to a movement's height: what is nearer counts as its height

HEIGHT: dict[str, Measure] = {
    "demi_plie": lambda seen, side: -body_rise(seen.picture, sinks=True),
    "releve": lambda seen, side: body_rise(seen.picture),
    "battement_tendu": lambda seen, side: leg_angle(seen.world, side),
    "attitude_croisee": lambda seen, side: ankle_height(seen.picture, side),
    "first_arabesque": lambda seen, side: ankle_height(seen.picture, side),
    "retire_devant": lambda seen, side: ankle_height(seen.picture, side),
}
"""For each movement what is largest at its height."""


def working_leg(seen: Seen, movement: str) -> str:
    """Find the leg that moves; "left" in movements of both."""
    if movement in ("demi_plie", "releve"):
        return "left"
    reached = {side: np.nanquantile(_calm(HEIGHT[movement](seen, side)), 0.9) for side in _SIGN}
    return max(reached, key=lambda side: reached[side])


def height_frames(seen: Seen, movement: str) -> np.ndarray:
    """Return the frames around a movement's height: int indices, one stretch without a gap."""
    height = _calm(HEIGHT[movement](seen, seen.working))
    top = int(np.nanargmax(height))
    enough = np.nanmin(height) + _ENOUGH * (height[top] - np.nanmin(height))
    low = np.flatnonzero(~(height >= enough))
    first = low[low < top].max(initial=-1) + 1
    end = low[low > top].min(initial=len(height))
    return np.arange(first, end)


def stands_first(seen: Seen, movement: str, fps: float) -> bool:
    """Tell whether she is seen standing, before or after the movement: a quarter of a second near its lowest.

    A movement that is cut off on its way is moving there.
    """
    height = _calm(HEIGHT[movement](seen, seen.working))
    low = height <= np.nanmin(height) + 0.12 * np.ptp(height)
    return bool(low.sum() / fps >= 0.25)


def view_angle(seen: Seen) -> float:
    """Estimate how far she is turned from the camera: 0 to the camera, 90 with her left towards it, 180 away.

    From the lines of hips and shoulders, the median over all frames.
    """
    lines = [
        point(seen.world, f"left_{part}") - point(seen.world, f"right_{part}") for part in ("hip", "shoulder")
    ]
    across = np.nanmedian(sum(line / length(line)[:, None] for line in lines), axis=0)
    return float(np.degrees(np.arctan2(-across[2], across[0])))


def _calm(values: np.ndarray) -> np.ndarray:
    """Take the median of each three neighbours, so that one bad frame is not the height."""
    padded = np.pad(values, 1, mode="edge")
    return np.median(np.stack([padded[:-2], padded[1:-1], padded[2:]]), axis=0)
