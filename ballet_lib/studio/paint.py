"""Skin, clothes, hair and face, painted on the rest pose so that every edge stays crisp.

An edge is a signed distance: positive inside what is painted. `Places` knows where a point lies on the body,
a `Canvas` lays one colour over another, and the face stands exactly where its landmarks are.
"""

import numpy as np

from ballet_lib.skeleton import INDEX
from ballet_lib.studio.body import JOINT, Body
from ballet_lib.studio.looks import Colour, Look


def paint(look: Look, body: Body, points: np.ndarray, pixel: float = 0.002) -> tuple[np.ndarray, np.ndarray]:
    """Colour points of the rest pose: (N, 3) metres to colours (N, 3) in [0, 1] and gloss (N,).

    One colour passes into the next over the width of a `pixel` in metres.
    """
    place = Places(body, points)
    canvas = Canvas(_complexion(look.skin), len(points), pixel)
    _dress_legs(canvas, look, place)
    _dress_trunk(canvas, look, place)
    near_head = np.flatnonzero(points[:, 1] > body.rest[JOINT["head"]][1] - 0.05)
    if len(near_head):
        canvas.colour[near_head] = _face(look, body, points[near_head], canvas.colour[near_head], pixel)
    strands = 0.93 + 0.07 * np.sin(np.arctan2(place.x, place.y - place.head_height) * 50)
    canvas.lay(np.asarray(look.hair) * strands[:, None], place.hair, gloss=0.30)
    return np.clip(canvas.colour, 0, 1), canvas.gloss


def drape(look: Look, body: Body, points: np.ndarray) -> np.ndarray:
    """Return how far clothes and hair lift the skin off the body: (N, 3) metres in the rest pose to (N,)."""
    place = Places(body, points)
    lift = 0.004 * np.clip(place.hair / 0.012, 0, 1)
    if look.top == "shirt":
        lift = np.maximum(lift, 0.014 * np.clip(place.shirt / 0.02, 0, 1))
    if look.legs == "trousers":
        flare = 0.016 + 0.014 * np.clip(-place.from_knee / 0.4, 0, 1)
        lift = np.maximum(lift, np.where(place.on_leg, flare * np.clip(place.above_ankle / 0.02, 0, 1), 0))
    if look.legs == "leg_warmers":
        lift = np.maximum(lift, 0.007 * np.clip(place.warmer / 0.012, 0, 1))
    return (lift * body.height / 1.68).astype(np.float32)


class Canvas:
    """Points with a colour and a gloss, on which more colours are laid."""

    def __init__(self, colour: np.ndarray, count: int, pixel: float, gloss: float = 0.14):
        self.colour = np.broadcast_to(np.asarray(colour, np.float32), (count, 3)).copy()
        self.gloss = np.full(count, gloss, np.float32)
        self.pixel = pixel

    def lay(self, colour, edge: np.ndarray, strength: float = 1.0, gloss: float | None = None) -> None:
        """Lay a colour, (3,) or (N, 3), where the edge (N,) is positive."""
        cover = strength * np.clip(edge / self.pixel + 0.5, 0, 1).astype(np.float32)
        self.glaze(colour, cover)
        if gloss is not None:
            self.gloss += (gloss - self.gloss) * cover

    def glaze(self, colour, cover: np.ndarray) -> None:
        """Mix in a colour by the cover (N,) in [0, 1]."""
        self.colour += (np.asarray(colour, np.float32) - self.colour) * cover[:, None].astype(np.float32)


class Places:
    """Where points of the rest pose lie on the body: distances in metres on a dancer of 1.68 m."""

    def __init__(self, body: Body, points: np.ndarray):
        scale = np.float32(1.68 / body.height)
        rest = {name: (body.rest[i] * scale).astype(np.float32) for name, i in JOINT.items()}
        p = points.astype(np.float32) * scale
        self.x, self.y, self.z = np.abs(p[:, 0]), p[:, 1], p[:, 2]
        self.head_height = rest["head"][1]
        self._limbs(rest)
        self._garments(rest["left_shoulder"], rest["left_hip"], rest["left_knee"], rest["left_ankle"])
        self._hair(rest["head"], body.head)

    def _limbs(self, rest: dict) -> None:
        shoulder, hip, wrist = rest["left_shoulder"], rest["left_hip"], rest["left_wrist"]
        self.arm_length = np.linalg.norm(wrist - shoulder)
        arm = (wrist - shoulder) / self.arm_length
        # a line that falls more steeply than the arm runs between it and the ribs
        self.beside = self.x - (shoulder[0] - 0.022 + 0.35 * (shoulder[1] - self.y) * arm[0] / -arm[1])
        self.on_arm = (self.beside > 0) & (self.y < shoulder[1] + 0.08)
        down_arm = (self.x - shoulder[0]) * arm[0] + (self.y - shoulder[1]) * arm[1]
        self.down_arm = np.where(self.on_arm, down_arm, np.float32(-0.1))
        self.on_leg = (self.y < hip[1] + 0.16) & ~self.on_arm
        self.above_ankle = self.y - (rest["left_ankle"][1] + 0.03)
        self.from_knee = self.y - rest["left_knee"][1]

    def _garments(self, shoulder, hip, knee, ankle) -> None:
        x, y, front = self.x, self.y, self.z > -0.01
        scoop = 1 - np.minimum(x / 0.105, 1) ** 2.5
        self.leg_line = y - (hip[1] - 0.115 + 1.05 * x)
        self.neckline = (shoulder[1] + 0.03 + 6 * np.maximum(x - 0.10, 0) - y) - np.where(
            front, 0.075, 0.10
        ) * scoop
        self.collar = shoulder[1] + 0.062 - y
        self.strap = np.minimum(0.010 - np.abs(x - 0.098), self.collar)
        dip = np.where(front, 0.02 * (1 - np.minimum(x / 0.07, 1) ** 2), 0.09)
        under_arm = 0.8 * shoulder[0] - x + 0.9 * np.maximum(shoulder[1] - 0.05 - y, 0)
        self.camisole = np.minimum(shoulder[1] - 0.045 - dip - y, under_arm)
        self.shirt = np.minimum(np.minimum(y - (hip[1] + 0.01), self.collar), 0.17 - self.down_arm)
        self.warmer = np.minimum(
            np.minimum(knee[1] - 0.05 - y, y - (ankle[1] + 0.02)), np.where(self.on_leg, 1, -1)
        )
        # a shoe opens behind the heel bone, runs low past the ankle and ends at the roots of the toes
        top = np.interp(self.z, [-0.10, -0.03, 0.03, 0.09, 0.11], [0.075, 0.052, 0.040, 0.046, 0.12])
        self.shoe = np.where(y < 0.2, top.astype(np.float32) - y, -1)

    def _hair(self, head, size: float) -> None:
        y, z = (self.y - head[1]) / size, (self.z - head[2]) / size
        nape_to_brow = [-0.10, -0.05, -0.012, 0.012, 0.03, 0.045, 0.062, 0.09]
        line = np.interp(z, nape_to_brow, [-0.01, 0.0, 0.012, 0.055, 0.095, 0.112, 0.128, 0.138])
        ear = 0.02 * (np.hypot((y - 0.047) / 0.033, (z + 0.002) / 0.021) - 1)
        edge = np.where(self.x > 0.068, np.minimum(y - line, ear), y - line)
        self.hair = np.where((self.y > head[1] - 0.03) & ~self.on_arm, edge, -1).astype(np.float32)


def _complexion(skin: Colour) -> np.ndarray:
    """Turn the tone that a camera sees into what the skin returns of full light, a little warmer."""
    lit = np.asarray(skin) ** 2 * (1.0, 0.92, 0.87) + (0.030, 0.016, 0.010)
    return np.sqrt(lit).clip(0, 1).astype(np.float32)


def _dress_legs(canvas: Canvas, look: Look, place: Places) -> None:
    if look.legs in ("tights", "trousers", "leggings"):
        ends = 1.0 if look.legs == "tights" else place.above_ankle
        canvas.lay(look.legs_colour, np.where(place.on_leg, ends, -1), gloss=0.07)
    if look.legs != "leggings":
        canvas.lay(look.shoes, place.shoe, gloss=0.22)
    if look.legs == "leg_warmers":
        ribs = 0.92 + 0.08 * np.sin(place.y * 700)
        canvas.lay(np.asarray(look.warmers) * ribs[:, None], place.warmer, gloss=0.04)


def _dress_trunk(canvas: Canvas, look: Look, place: Places) -> None:
    if look.top == "shirt":
        edge = place.shirt
    elif look.top == "camisole":
        edge = np.minimum(np.maximum(place.camisole, place.strap), place.leg_line)
        edge = np.where(place.on_arm, -1, edge)
    else:
        sleeve = place.arm_length - 0.012 if look.top == "long_sleeves" else 0.055
        edge = np.minimum(np.minimum(place.neckline, place.collar),
                          np.where(place.on_arm, sleeve - place.down_arm, place.leg_line))  # fmt: skip
    canvas.lay(look.top_colour, edge, gloss=0.07)


def _face(look: Look, body: Body, points: np.ndarray, skin: np.ndarray, pixel: float) -> np.ndarray:
    """Paint a face over the skin, in metres of a head of the usual size around its landmarks."""
    size = body.head * body.height / 1.68
    marks = {name: body.rest_landmarks[1][i] for name, i in INDEX.items()}
    front = points[:, 2] > body.rest[JOINT["head"]][2] + 0.02
    tone = _complexion(look.skin)
    canvas = Canvas(tone, len(points), pixel / size)

    def around(name: str) -> tuple[np.ndarray, np.ndarray]:
        side = np.abs(points[:, 0]) - abs(marks[name][0])
        return side / size, (points[:, 1] - marks[name][1]) / size

    canvas.colour[:] = skin
    _eyes(canvas, look, tone, *around("left_eye"))
    _, y = around("nose")
    x = np.abs(points[:, 0]) / size
    canvas.lay(tone * 0.45, 0.0036 - np.hypot(x - 0.0075, (y + 0.0085) * 1.5), 0.8)  # nostrils
    _lips(canvas, tone, x, around("mouth_left")[1], marks["mouth_left"][0] / size)
    return np.where(front[:, None], canvas.colour, skin)


def _eyes(canvas: Canvas, look: Look, tone: np.ndarray, x: np.ndarray, y: np.ndarray) -> None:
    """Paint both eyes and what is around them; x outwards and y upwards from their middle."""
    canvas.glaze(tone * 0.6, 0.5 * np.exp(-((x / 0.022) ** 2) - ((y - 0.004) / 0.014) ** 2))  # the socket
    canvas.glaze(tone * (1.0, 0.72, 0.70), 0.3 * np.exp(-((x - 0.006) ** 2 + (y + 0.042) ** 2) / 0.018**2))
    arch = 1 - np.minimum((x / 0.0155) ** 2, 1.5)
    lid, radius = 0.0068 * arch - np.abs(y), np.hypot(x, y)
    canvas.lay(np.array([0.74, 0.725, 0.71]) + 0.15 * tone, lid)
    canvas.lay(look.iris, np.minimum(0.0062 - radius, lid))
    canvas.lay((0.03, 0.03, 0.03), np.minimum(0.0030 - radius, lid))
    lash = 0.0019 - np.abs(y - 0.0068 * np.maximum(arch, -0.15))
    canvas.lay(tone * 0.22, np.minimum(lash, 0.0175 - np.abs(x)))
    brow = 0.0027 - np.abs(y - 0.0185 + 12 * (x - 0.004) ** 2)
    hair = np.minimum(np.asarray(look.hair) * 0.8, tone * 0.6)
    canvas.lay(hair, np.minimum(brow, 0.0195 - np.abs(x - 0.001)), 0.85)


def _lips(canvas: Canvas, tone: np.ndarray, x: np.ndarray, y: np.ndarray, corner: float) -> None:
    """Paint a closed mouth; x outwards and y upwards from its middle, up to its corners."""
    bow = 1 - (x / corner) ** 2
    upper = 0.0075 * bow - 0.0022 * np.exp(-((x / 0.004) ** 2))
    rose = tone * (0.86, 0.56, 0.55) if tone.mean() > 0.35 else tone * (1.25, 0.85, 0.85)
    canvas.lay(rose, np.minimum(np.minimum(upper - y, y + 0.0095 * bow), 1.05 * corner - x))
    parting = np.minimum(0.0011 - np.abs(y - 0.001 * np.cos(x * 300)), 1.02 * corner - x)
    canvas.lay(tone * 0.31, parting, 0.8)
