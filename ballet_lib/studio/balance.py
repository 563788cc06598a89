"""From a pose in a dancer's words to joints: feet on their spots, weight over the support, limbs rigid.

A *score* holds one number a frame for each channel of `NEUTRAL`. Directions are the dancer's own: *side* is
away from the body's middle, *front* is where the pelvis faces. `embody` solves the joints: supporting feet
stay on their spots, the pelvis is placed so that the centre of mass lies over the support and the supporting
knees bend as asked, and every other limb follows by two-bone inverse kinematics.
"""

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.studio.body import JOINT, JOINTS, PARENTS, Body, Motion

_LEG = {
    "weight": 0.5,  # share of the body's weight
    "free": 0.0,  # 0: the foot rests on its spot, 1: the leg follows side, front and extension
    "side": 0.0,  # degrees from hanging down, outwards
    "front": 0.0,  # degrees from hanging down, forwards; negative behind
    "extension": 1.0,  # hip to ankle, as a share of the straight leg
    "turnout": 55.0,  # degrees the knee turns out
    "point": 0.0,  # 0: sole parallel to the floor, 1: instep stretched
    "brush": 0.0,  # 1: the leg opens only as far as the toes stay on the floor
    "heel": 0.0,  # degrees the heel of a foot on its spot is raised
    "spot_out": 0.055,  # metres from the middle line to the ankle
    "spot_front": 0.0,  # metres in front of the middle
    "foot": 55.0,  # degrees the foot on its spot turns out
    "knee_in": 0.0,  # degrees the knee over a foot on its spot falls inwards of it
    "lift": 0.0,  # metres a stepping foot is raised above its spot
}
_ARM = {
    "hand_out": 0.1, "hand_up": -1.0, "hand_front": 0.1,  # direction from the shoulder to the wrist
    "reach": 0.97,  # shoulder to wrist, as a share of the straight arm
    "elbow_out": 0.4, "elbow_up": 0.0, "elbow_front": -1.0,  # where the elbow points
    "palm": 0.0,  # degrees the hand turns palm up
}  # fmt: skip
_TRUNK = {
    "plie": 0.0,  # degrees the supporting knees bend
    "facing": 0.0,  # degrees the pelvis faces to the dancer's left
    "tilt": 0.0,  # degrees the pelvis tips forward
    "hike": 0.0,  # degrees the left hip is raised
    "bend": 0.0,  # degrees the spine bends forward; negative backwards
    "lean": 0.0,  # degrees the spine bends to the left
    "twist": 0.0,  # degrees the chest turns to the left against the pelvis
    "turn": 0.0,  # degrees the head turns to the left
    "nod": 0.0,  # degrees the head bows
    "incline": 0.0,  # degrees the head inclines to the left
}
NEUTRAL: dict[str, float] = (
    {f"{side}_{name}": value for side in ("left", "right") for name, value in (_LEG | _ARM).items()}
) | _TRUNK
"""Every channel of a score with its resting value: standing in first position, arms hanging."""

_STRAIGHT = 4.0  # degrees a straight knee still bends, so that it knows where to go
_OUT = {"left": 1.0, "right": -1.0}

# Mass of each segment as a share of the body, and its ends (de Leva 1996, females).
_SEGMENTS = (
    (0.0668, "head", "head"), (0.1545, "chest", "neck"),
    (0.1465, "spine", "chest"), (0.1247, "pelvis", "spine"),
    *((mass, f"{side}_{a}", f"{side}_{b}") for side in _OUT for mass, a, b in (
        (0.0255, "shoulder", "elbow"), (0.0138, "elbow", "wrist"), (0.0056, "wrist", "wrist"),
        (0.1478, "hip", "knee"), (0.0481, "knee", "ankle"), (0.0129, "ankle", "toes"),
    )),
)  # fmt: skip


def embody(body: Body, score: dict[str, np.ndarray], fps: float) -> Motion:
    """Solve the joints of a dancer who follows a score.

    Parameters
    ----------
    body
        Whose limbs to move.
    score
        One array (T,) for each channel of `NEUTRAL`, or for some of them; the rest stay neutral.
    fps
        Frames a second.

    Returns
    -------
    Motion
        Joint positions (T, 21, 3) in metres and rotations (T, 21, 3, 3); the stage's middle is x = z = 0.

    Raises
    ------
    BalletError
        If a channel is unknown, or the arrays differ in length.
    """
    score = _complete(score)
    frames = len(score["plie"])
    joints = _Joints(body, frames)
    _turn_trunk(joints, score)
    feet = {side: _planted_foot(body, score, side) for side in _OUT}
    pelvis = _support_centre(score, feet)
    for _ in range(5):  # each round moves the centre of mass onto the support; two suffice for most poses
        pelvis[:, 1] = _pelvis_height(joints, score, feet, pelvis)
        joints.place_trunk(pelvis)
        for side in _OUT:
            _move_leg(joints, score, side, feet[side])
            _move_arm(joints, score, side)
        offset = _support_centre(score, feet) - centre_of_mass(joints.position)
        pelvis += offset * (1, 0, 1)
    return Motion(joints.position, joints.rotation, fps)


def centre_of_mass(position: np.ndarray) -> np.ndarray:
    """Return the centre of mass: (T, 21, 3) joints to (T, 3), segment masses of de Leva (1996)."""
    ends = ((position[:, JOINT[a]] + position[:, JOINT[b]]) * (mass / 2) for mass, a, b in _SEGMENTS)
    return sum(ends) / sum(mass for mass, _, _ in _SEGMENTS)


class _Joints:
    """Positions and rotations being solved, with the rest pose at hand."""

    def __init__(self, body: Body, frames: int):
        self.body, self.rest = body, body.rest
        self.rotation = np.broadcast_to(np.eye(3), (frames, len(JOINTS), 3, 3)).copy()
        self.position = np.broadcast_to(self.rest, (frames, len(JOINTS), 3)).copy()

    def offset(self, name: str) -> np.ndarray:
        """Joint minus its parent, turned with the parent's bone: (T, 3)."""
        joint = JOINT[name]
        parent = PARENTS[joint]
        return self.rotation[:, parent] @ (self.rest[joint] - self.rest[parent])

    def place_trunk(self, pelvis: np.ndarray) -> None:
        self.position[:, JOINT["pelvis"]] = pelvis
        names = ["spine", "chest", "neck", "head"]
        names += [f"{side}_{part}" for side in _OUT for part in ("collar", "shoulder", "hip")]
        for name in names:
            self.position[:, JOINT[name]] = self.position[:, PARENTS[JOINT[name]]] + self.offset(name)

    def bone(self, start: str, end: str, hinge: np.ndarray, rest_hinge: np.ndarray) -> np.ndarray:
        """Rotation that carries a bone and its hinge axis from the rest pose to its solved ends."""
        posed = self.position[:, JOINT[end]] - self.position[:, JOINT[start]]
        rest = self.rest[JOINT[end]] - self.rest[JOINT[start]]
        return _frame(posed, hinge) @ _frame(rest, rest_hinge).T


def _complete(score: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    unknown = sorted(set(score) - set(NEUTRAL))
    if unknown:
        raise BalletError(f"A body has no channel {unknown[0]!r}. Choose among studio.balance.NEUTRAL.")
    lengths = {len(np.atleast_1d(values)) for values in score.values()}
    if len(lengths) != 1:
        raise BalletError(f"The channels of a score last {sorted(lengths)} frames. Give all the same length.")
    (frames,) = lengths
    return {name: np.asarray(score.get(name, np.full(frames, rest)), float) for name, rest in NEUTRAL.items()}


def _turn_trunk(joints: _Joints, score: dict[str, np.ndarray]) -> None:
    turn = joints.rotation
    turn[:, JOINT["pelvis"]] = (
        _about("y", score["facing"]) @ _about("x", score["tilt"]) @ _about("z", score["hike"])
    )
    half = {name: score[name] / 2 for name in ("twist", "bend", "lean")}
    segment = _about("y", half["twist"]) @ _about("x", half["bend"]) @ _about("z", -half["lean"])
    turn[:, JOINT["spine"]] = turn[:, JOINT["pelvis"]] @ segment
    turn[:, JOINT["chest"]] = turn[:, JOINT["spine"]] @ segment
    for joint, parent, share in (("neck", "chest", 0.4), ("head", "neck", 0.6)):
        look = _about("y", share * score["turn"]) @ _about("x", share * score["nod"])
        turn[:, JOINT[joint]] = turn[:, JOINT[parent]] @ look @ _about("z", -share * score["incline"])
    for side, out in _OUT.items():
        # The shoulder blade helps an arm above the shoulder: about a third of the way.
        up = np.clip(_direction(score, side, "hand")[:, 1], 0, 1)
        turn[:, JOINT[f"{side}_collar"]] = turn[:, JOINT["chest"]] @ _about("z", out * 24 * up)


def _planted_foot(body: Body, score: dict[str, np.ndarray], side: str) -> dict[str, np.ndarray]:
    """Where a foot on its spot is: ankle, rotation of foot and toes, and the point that carries weight."""
    rest = body.rest
    ankle, ball = rest[JOINT[f"{side}_ankle"]], rest[JOINT[f"{side}_toes"]]
    out = _OUT[side]
    flat = _about("y", out * score[f"{side}_foot"])
    foot = flat @ _about("x", score[f"{side}_heel"])
    spot = np.stack([out * score[f"{side}_spot_out"], score[f"{side}_lift"], score[f"{side}_spot_front"]], -1)
    ball_on_floor = spot + flat @ ((ball - ankle) * (1, 0, 1)) + (0, ball[1], 0)
    raised = np.clip(score[f"{side}_heel"] / 25, 0, 1)[:, None]
    middle = spot + flat @ ((ball - ankle) * (0.45, 0, 0.45))
    return {
        "ankle": ball_on_floor + foot @ (ankle - ball),
        "foot": foot,
        "toes": flat,
        "support": (1 - raised) * middle + raised * ball_on_floor,
    }


def _support_centre(score: dict[str, np.ndarray], feet: dict) -> np.ndarray:
    weights = {side: np.maximum(score[f"{side}_weight"], 0)[:, None] for side in _OUT}
    total = sum(weights.values())
    if (total < 1e-6).any():
        raise BalletError("Nobody floats: in some frames neither leg carries weight. Give one leg weight=1.")
    return sum(weights[side] * feet[side]["support"] for side in _OUT) / total


def _pelvis_height(
    joints: _Joints, score: dict[str, np.ndarray], feet: dict, pelvis: np.ndarray
) -> np.ndarray:
    """Height at which the supporting knees bend by `plie` and no foot on its spot is out of reach: (T,)."""
    heights, limits, weights = [], [], []
    for side in _OUT:
        thigh, shank = _lengths(joints, side, "hip", "knee", "ankle")
        offset = joints.offset(f"{side}_hip")
        across = (pelvis + offset - feet[side]["ankle"])[:, [0, 2]]
        across = (across**2).sum(-1)
        bend = np.maximum(score["plie"], _STRAIGHT)
        base = feet[side]["ankle"][:, 1] - offset[:, 1]
        heights.append(base + np.sqrt(np.maximum(_reach(thigh, shank, bend) ** 2 - across, 0.01)))
        limit = base + np.sqrt(np.maximum(_reach(thigh, shank, _STRAIGHT) ** 2 - across, 0.01))
        limits.append(np.where(score[f"{side}_free"] > 0, np.inf, limit))
        weights.append(np.maximum(score[f"{side}_weight"], 0))
    weights = np.array(weights) / np.sum(weights, axis=0)
    return np.minimum((weights * np.array(heights)).sum(0), np.min(limits, axis=0))


def _move_leg(joints: _Joints, score: dict[str, np.ndarray], side: str, planted: dict) -> None:
    lengths = _lengths(joints, side, "hip", "knee", "ankle")
    hip = joints.position[:, JOINT[f"{side}_hip"]]
    free = score[f"{side}_free"][:, None]
    side_angle, front_angle = score[f"{side}_side"], score[f"{side}_front"]
    angle = np.hypot(side_angle, front_angle)
    heading = np.arctan2(side_angle, front_angle)
    extension = np.minimum(score[f"{side}_extension"], _reach(*lengths, _STRAIGHT) / sum(lengths))

    def leg(angle: np.ndarray, raise_ankle: np.ndarray) -> None:
        gesture = _gesture(score["facing"], _OUT[side], heading, angle)
        wanted = _blend_polar(planted["ankle"] - hip, gesture * (sum(lengths) * extension)[:, None], free)
        target = hip + wanted + raise_ankle[:, None] * (0, 1, 0)
        over_foot = score[f"{side}_foot"] - score[f"{side}_knee_in"]
        knee_on_spot = _about("y", _OUT[side] * over_foot)[:, :, 2]
        knee_in_air = _knee(score["facing"], _OUT[side], heading, angle, score[f"{side}_turnout"])
        pole = (1 - free) * knee_on_spot + free * knee_in_air
        _bend_limb(joints, side, ("hip", "knee", "ankle"), target, pole, np.array([0, 0, 1.0]))
        _turn_foot(joints, score, side, planted)

    level = np.zeros(len(hip))
    brush = score[f"{side}_brush"] * score[f"{side}_free"]
    if (brush > 0).any():
        low, high = np.zeros_like(angle), np.full_like(angle, 60.0)
        for _ in range(12):
            leg((low + high) / 2, level)
            through = _lowest(joints, side) < 0
            low, high = np.where(through, (low + high) / 2, low), np.where(through, high, (low + high) / 2)
        angle = (1 - brush) * angle + brush * high
    leg(angle, level)
    for _ in range(8):  # a free foot that would go through the floor bends the knee instead
        sunk = np.clip(-_lowest(joints, side), 0, None) * (score[f"{side}_free"] > 0)
        if sunk.max() < 0.001:
            break
        level = level + sunk
        leg(angle, level)


def _turn_foot(joints: _Joints, score: dict[str, np.ndarray], side: str, planted: dict) -> None:
    shank = joints.rotation[:, JOINT[f"{side}_knee"]]
    point = score[f"{side}_point"]
    stretched = shank @ _about("x", np.full(len(point), 62.0))
    flat_toes = planted["toes"]
    foot = _blend_rotation(planted["foot"], stretched, point)
    joints.rotation[:, JOINT[f"{side}_ankle"]] = foot
    curled = _blend_rotation(flat_toes, stretched @ _about("x", np.full(len(point), 14.0)), point)
    joints.rotation[:, JOINT[f"{side}_toes"]] = curled
    joints.position[:, JOINT[f"{side}_toes"]] = joints.position[:, JOINT[f"{side}_ankle"]] + joints.offset(
        f"{side}_toes"
    )


def _lowest(joints: _Joints, side: str) -> np.ndarray:
    """Height of the lowest of heel, ball and toe tip over the floor: (T,)."""
    height = joints.body.height
    ankle, toes = JOINT[f"{side}_ankle"], JOINT[f"{side}_toes"]
    drop = joints.rest[ankle][1]
    heel = joints.position[:, ankle] + joints.rotation[:, ankle] @ np.array([0, -drop, -0.030 * height])
    ball = joints.position[:, toes] + joints.rotation[:, toes] @ np.array([0, -joints.rest[toes][1], 0])
    tip = joints.position[:, toes] + joints.rotation[:, toes] @ np.array(
        [0, -joints.rest[toes][1], 0.045 * height]
    )
    return np.minimum(np.minimum(heel[:, 1], ball[:, 1]), tip[:, 1])


def _move_arm(joints: _Joints, score: dict[str, np.ndarray], side: str) -> None:
    lengths = _lengths(joints, side, "shoulder", "elbow", "wrist")
    chest = joints.rotation[:, JOINT["chest"]]
    reach = np.minimum(score[f"{side}_reach"], 0.999) * sum(lengths)
    hand = np.einsum("tij,tj->ti", chest, _direction(score, side, "hand")) * reach[:, None]
    pole = np.einsum("tij,tj->ti", chest, _direction(score, side, "elbow"))
    target = joints.position[:, JOINT[f"{side}_shoulder"]] + hand
    _bend_limb(joints, side, ("shoulder", "elbow", "wrist"), target, pole, np.array([0, 0, -1.0]))
    forearm = joints.rotation[:, JOINT[f"{side}_elbow"]]
    along = joints.rest[JOINT[f"{side}_wrist"]] - joints.rest[JOINT[f"{side}_elbow"]]
    palm = -_OUT[side] * np.radians(score[f"{side}_palm"])
    joints.rotation[:, JOINT[f"{side}_wrist"]] = forearm @ _about_axis(along, palm)
    joints.rotation[:, JOINT[f"{side}_elbow"]] = forearm @ _about_axis(along, palm / 2)


def _bend_limb(joints: _Joints, side: str, parts: tuple[str, str, str], target, pole, rest_pole) -> None:
    """Two-bone inverse kinematics: put the limb's end on the target, its middle joint towards the pole."""
    root, middle, end = (f"{side}_{part}" for part in parts)
    upper, lower = _lengths(joints, side, *parts)
    start = joints.position[:, JOINT[root]]
    line = target - start
    length = np.linalg.norm(line, axis=-1, keepdims=True)
    length = np.clip(length, abs(upper - lower) + 0.01, (upper + lower) * 0.9998)
    axis = _unit(line)
    towards = _unit(pole - (pole * axis).sum(-1, keepdims=True) * axis)
    along = (upper**2 + length**2 - lower**2) / (2 * length)
    joints.position[:, JOINT[middle]] = (
        start + axis * along + towards * np.sqrt(np.maximum(upper**2 - along**2, 0))
    )
    joints.position[:, JOINT[end]] = start + axis * length
    hinge = np.cross(-axis, towards)
    rest_line = joints.rest[JOINT[end]] - joints.rest[JOINT[root]]
    rest_hinge = _unit(np.cross(-rest_line, rest_pole))
    for first, second in ((root, middle), (middle, end)):
        joints.rotation[:, JOINT[first]] = joints.bone(first, second, hinge, rest_hinge)


def _lengths(joints: _Joints, side: str, *parts: str) -> tuple[float, float]:
    a, b, c = (joints.rest[JOINT[f"{side}_{part}"]] for part in parts)
    return float(np.linalg.norm(b - a)), float(np.linalg.norm(c - b))


def _reach(upper: float, lower: float, bend) -> np.ndarray:
    """Distance from end to end of a limb whose joint bends by `bend` degrees (law of cosines)."""
    return np.sqrt(upper**2 + lower**2 + 2 * upper * lower * np.cos(np.radians(bend)))


def _gesture(facing, out: float, heading: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Unit vector of a leg `angle` degrees from hanging down, towards `heading` (radians, front to side)."""
    a = np.radians(angle)
    own = np.stack([out * np.sin(heading) * np.sin(a), -np.cos(a), np.cos(heading) * np.sin(a)], -1)
    return np.einsum("tij,tj->ti", _about("y", facing), own)


def _knee(facing, out: float, heading, angle, turnout) -> np.ndarray:
    """Where a turned-out knee points: with the leg hanging, then swung with it by the shortest way."""
    t, a = np.radians(turnout), np.radians(angle)[:, None]
    hanging = np.stack([out * np.sin(t), np.zeros_like(t), np.cos(t)], -1)
    axis = np.stack([-np.cos(heading), np.zeros_like(heading), out * np.sin(heading)], -1)
    along = (axis * hanging).sum(-1, keepdims=True) * axis
    swung = hanging * np.cos(a) + np.cross(axis, hanging) * np.sin(a) + along * (1 - np.cos(a))
    return np.einsum("tij,tj->ti", _about("y", facing), swung)


def _direction(score: dict[str, np.ndarray], side: str, what: str) -> np.ndarray:
    """Unit vector of a hand or an elbow in the chest's axes: (T, 3)."""
    out, up, front = (score[f"{side}_{what}_{axis}"] for axis in ("out", "up", "front"))
    return _unit(np.stack([_OUT[side] * out, up, front], -1))


def _about(axis: str, degrees: np.ndarray) -> np.ndarray:
    """Rotations about a coordinate axis: (T,) degrees to (T, 3, 3)."""
    i = "xyz".index(axis)
    j, k = (i + 1) % 3, (i + 2) % 3
    angle = np.radians(np.asarray(degrees, float))
    turn = np.zeros((*angle.shape, 3, 3))
    turn[..., i, i] = 1
    turn[..., j, j] = turn[..., k, k] = np.cos(angle)
    turn[..., k, j], turn[..., j, k] = np.sin(angle), -np.sin(angle)
    return turn


def _about_axis(axis: np.ndarray, angle) -> np.ndarray:
    """Rotations about one axis (3,): () or (T,) radians to (..., 3, 3) (Rodrigues)."""
    x, y, z = axis / np.linalg.norm(axis)
    skew = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = np.asarray(angle, float)[..., None, None]
    return np.eye(3) + np.sin(angle) * skew + (1 - np.cos(angle)) * (skew @ skew)


def _frame(bone: np.ndarray, hinge: np.ndarray) -> np.ndarray:
    """Axes of a bone as columns (hinge, against the bone, front): (..., 3) and (..., 3) to (..., 3, 3)."""
    up = -_unit(bone)
    left = _unit(hinge - (hinge * up).sum(-1, keepdims=True) * up)
    return np.stack([left, up, np.cross(left, up)], axis=-1)


def _blend_polar(a: np.ndarray, b: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Blend vectors by direction and by length, so that a straight leg stays straight: (T, 3)."""
    length = (1 - share) * np.linalg.norm(a, axis=-1, keepdims=True) + share * np.linalg.norm(
        b, axis=-1, keepdims=True
    )
    return _unit((1 - share) * _unit(a) + share * _unit(b)) * length


def _blend_rotation(a: np.ndarray, b: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Blend rotations (T, 3, 3) by the nearest rotation to their weighted mean."""
    mixed = (1 - share)[:, None, None] * a + share[:, None, None] * b
    u, _, vt = np.linalg.svd(mixed)
    u[..., -1] *= np.linalg.det(u @ vt)[..., None]
    return u @ vt


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.maximum(np.linalg.norm(vector, axis=-1, keepdims=True), 1e-9)
