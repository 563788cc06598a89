"""A dancer's skin: one smooth closed surface that follows the bones.

The lofts of flesh.py, melted into one another, make a field that is negative inside the body. Its zero level
is polygonised once, on the dancer's left half, and mirrored. Each vertex then follows the bones near it by
dual quaternion skinning, which keeps the volume of bent knees; turn-out is spread along the thigh.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import map_coordinates
from scipy.sparse import coo_matrix
from scipy.spatial.transform import Rotation
from skimage.measure import marching_cubes

from ballet_lib.studio.body import ARM_REST_ANGLE, JOINT, JOINTS, PARENTS, Body
from ballet_lib.studio.flesh import Loft, flesh

BALLS = ("left_hip", "right_hip", "left_shoulder", "right_shoulder")
"""Joints that turn about their own bone; the skin next to them swings along but hardly twists."""

_ARM = (np.sin(ARM_REST_ANGLE), -np.cos(ARM_REST_ANGLE), 0)
PLANES = {
    "spine": ((0, 1, 0), 0.085, 0), "chest": ((0, 1, 0), 0.085, 0), "neck": ((0, 1, 0.15), 0.035, 0.01),
    "head": ((0, 1, -0.35), 0.03, 0), "collar": ((1, 0.35, 0), 0.06, 0.025),
    "shoulder": ((0.96, 0.25, 0), 0.028, -0.026), "elbow": (_ARM, 0.04, 0), "wrist": (_ARM, 0.022, 0),
    "hip": ((0.6, -0.8, 0), 0.075, 0), "knee": ((0, -1, 0), 0.06, 0), "ankle": ((0, -1, 0.55), 0.035, 0),
    "toes": ((0, 0, 1), 0.022, -0.004),
}  # fmt: skip
"""Where a joint's skin begins: the direction of the plane through it, half the width of the blend, how
far the plane is shifted; metres on the left half of a dancer of 1.68 m."""


@dataclass(frozen=True)
class Surface:
    """A closed triangle mesh in the rest pose, with the share of every joint in every vertex."""

    body: Body
    vertices: np.ndarray
    """(V, 3) metres."""
    normals: np.ndarray
    """(V, 3) unit vectors, outwards."""
    faces: np.ndarray
    """(F, 3) vertex indices, counter-clockwise seen from outside."""
    weights: np.ndarray
    """(V, 25) shares of the 21 joints and of the four `BALLS` without their twist; each row sums to 1."""

    def pose(self, position: np.ndarray, rotation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Bend the surface with the bones.

        Takes joint positions (21, 3) and rotations from rest (21, 3, 3); returns vertices and normals, (V, 3)
        each. Dual quaternion skinning: Kavan et al., *Geometric Skinning with Approximate Dual Quaternion
        Blending*, 2008.
        """
        position, rotation, rest = (_with_balls(a) for a in (position, rotation, self.body.rest))
        _untwist(rotation, self.body.rest)
        turn = _aligned(Rotation.from_matrix(rotation).as_quat(scalar_first=True))
        shift = position - np.einsum("jik,jk->ji", rotation, rest)
        moved = 0.5 * _product(np.column_stack([np.zeros(len(shift)), shift]), turn)
        blend = self.weights @ np.hstack([turn, moved]).astype(np.float32)
        blend /= np.linalg.norm(blend[:, :4], axis=1, keepdims=True)
        w, r, d0, d = blend[:, :1], blend[:, 1:4], blend[:, 4:5], blend[:, 5:]
        vertices = _turned(self.vertices, w, r) + 2 * (w * d - d0 * r + _cross(r, d))
        return vertices, _turned(self.normals, w, r)


def build_surface(body: Body, bust: float = 0.6, bun: str = "high") -> Surface:
    """Make the skin of a body.

    `bust` is 0 to 1, `bun` "high", "low" or "none".
    """
    lofts = flesh(body, bust, bun)
    axes = _grid(body)
    field = _field(lofts, axes, body)
    vertices, faces, _, _ = marching_cubes(field[1:], 0.0, gradient_direction="descent")
    gradient = np.gradient(field, *axes)
    index = vertices.T + np.array([[1], [0], [0]])
    normals = np.stack([map_coordinates(g, index, order=1) for g in gradient], axis=1)
    grids = (axes[0][1:], axes[1], axes[2])
    vertices = np.stack(
        [np.interp(v, np.arange(len(a)), a) for v, a in zip(vertices.T, grids, strict=True)], 1
    )
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    vertices, normals, faces = _mirrored(vertices, normals, faces)
    weights = _evened(skin_weights(body, vertices).astype(np.float32), faces)
    return Surface(
        body, vertices.astype(np.float32), normals.astype(np.float32), faces, weights.astype(np.float32)
    )


def skin_weights(body: Body, points: np.ndarray) -> np.ndarray:
    """Share points of the rest pose among the joints and `BALLS`: (V, 3) metres to (V, 25).

    From the pelvis outwards every joint takes, beyond a plane through it, what its parent held. Only hips and
    shoulders need more care, since their planes also cut through the trunk.
    """
    rest, scale = body.rest, body.height / 1.68
    held = {}
    for side, sign in (("left", 1), ("right", -1)):
        joint = f"{side}_shoulder"
        beside = _step((sign * points[:, 0] - 0.7 * abs(rest[JOINT[joint]][0])) / (0.025 * scale))
        held[joint] = _beyond(points, rest, joint, scale) * beside
    held["pelvis"] = 1 - held["left_shoulder"] - held["right_shoulder"]
    for name, parent in zip(JOINTS[1:], PARENTS[1:], strict=True):
        if name in held:
            continue  # hanging arms lie beside the trunk, so they are taken first
        share = _beyond(points, rest, name, scale)
        x = points[:, 0] * (-1 if name.startswith("right") else 1)
        if name.endswith("hip"):
            share *= _step(x / (0.012 * scale))
        if name.endswith("collar"):
            share *= _step((points[:, 1] - rest[JOINT[name]][1] + 0.07 * scale) / (0.09 * scale))
        if name == "neck":
            share *= _step((0.075 * scale - np.abs(x)) / (0.03 * scale))
        held[name] = share * held[JOINTS[parent]]
        held[JOINTS[parent]] = held[JOINTS[parent]] - held[name]
    weights = _with_balls(np.clip(np.stack([held[name] for name in JOINTS]), 0, 1))
    for i, name in enumerate(BALLS):
        joint, child = JOINT[name], PARENTS.index(JOINT[name])
        bone = rest[child] - rest[joint]
        twisted = _step(2 * ((points - rest[joint]) @ bone / (bone @ bone)) / 0.75 - 1)
        weights[len(JOINTS) + i] *= 1 - twisted
        weights[joint] *= twisted
    return weights.T


def _evened(weights: np.ndarray, faces: np.ndarray, rounds: int = 5) -> np.ndarray:
    """Even the shares out among neighbours on the skin, so that folds are soft: (V, 25) to the same."""
    a, b = faces[:, [0, 1, 2]].ravel(), faces[:, [1, 2, 0]].ravel()
    near = coo_matrix((np.ones(len(a), np.float32), (a, b)), shape=(len(weights),) * 2).tocsr()
    near = near.multiply(1 / near.sum(1)).tocsr()
    for _ in range(rounds):
        weights = 0.5 * weights + 0.5 * (near @ weights)
    return weights / weights.sum(1, keepdims=True)


def _beyond(points, rest, name: str, scale: float) -> np.ndarray:
    """Rise from 0 to 1 across the plane through a joint."""
    direction, width, shift = PLANES[name.split("_")[-1]]
    mirror = (-1, 1, 1) if name.startswith("right") else (1, 1, 1)
    return _step(((points - rest[JOINT[name]]) * mirror @ _unit(direction) / scale - shift) / width)


def _grid(body: Body) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Choose where to sample: finely at head, hands and feet; x starts one step left of 0."""
    scale = body.height / 1.68
    reach = body.rest[JOINT["left_wrist"]]
    tip = reach + 0.19 * scale * body.arms * np.array([np.sin(0.7), -np.cos(0.7), 0])
    head = body.rest[JOINT["head"]][1]
    x = _steps([0, 0.09 * scale, reach[0] - 0.03, tip[0] + 0.03], [0.0055, 0.010, 0.006])
    y = _steps([-0.03, 0.09, tip[1] - 0.02, reach[1] + 0.02, head - 0.06, body.height + 0.05],
               [0.008, 0.012, 0.007, 0.012, 0.0055])  # fmt: skip
    z = _steps([-0.20 * scale, -0.06, 0.08, 0.22 * scale], [0.009, 0.0058, 0.0075])
    return np.concatenate([[-x[1]], x]), y, z


def _steps(edges, steps) -> np.ndarray:
    runs = [np.linspace(a, b, max(int(np.ceil((b - a) / s)), 1), endpoint=False)
            for a, b, s in zip(edges[:-1], edges[1:], steps, strict=True)]  # fmt: skip
    return np.concatenate([*runs, [edges[-1]]])


def _field(lofts: list[Loft], axes, body: Body) -> np.ndarray:
    """Melt the lofts together on the grid; only the box around each is touched."""
    field = np.full([len(a) for a in axes], 0.06, np.float32)
    x, y, z = (a.astype(np.float32) for a in axes)
    hip = body.rest[JOINT["left_hip"]][1]
    for loft in lofts:
        low, high = loft.box()
        i, j, k = (
            slice(*np.searchsorted(a, ends))
            for a, ends in zip(axes, zip(low, high, strict=True), strict=True)
        )
        d = loft.distance(x[i, None, None], y[None, j, None], z[None, None, k])
        part = field[i, j, k]
        near = np.maximum(1 - np.abs(part - d) / loft.melt, 0)
        field[i, j, k] = np.minimum(part, d) - near**2 * (loft.melt / 4)
    # the legs stay apart at the middle, however sturdy: below the crotch nothing lies within 4 mm of x = 0
    crotch = hip - 0.058 * body.height
    below = np.clip((crotch - y) / 0.02, -1, 1)[None, :, None] * 0.05
    slit = np.minimum(0.004 - np.abs(x)[:, None, None], below)
    field = np.maximum(field, slit)
    field[0] = field[2]
    return field


def _mirrored(vertices, normals, faces):
    """Add the right half; vertices in the middle plane are shared."""
    middle = np.abs(vertices[:, 0]) < 1e-6
    normals[middle, 0] = 0
    normals[middle] /= np.linalg.norm(normals[middle], axis=1, keepdims=True)
    twin = np.where(middle, np.arange(len(vertices)), len(vertices) + np.cumsum(~middle) - 1)
    flip = np.array([-1, 1, 1])
    return (np.vstack([vertices, vertices[~middle] * flip]), np.vstack([normals, normals[~middle] * flip]),
            np.vstack([faces, twin[faces][:, ::-1]]))  # fmt: skip


def _with_balls(values: np.ndarray) -> np.ndarray:
    """Append copies of the four `BALLS` to values by joint: (21, ...) to (25, ...)."""
    return np.concatenate([values, values[[JOINT[name] for name in BALLS]]])


def _untwist(rotation: np.ndarray, rest: np.ndarray) -> None:
    """Take from the rotations of the appended `BALLS` (25, 3, 3) the turn about their own bone."""
    for i, name in enumerate(BALLS, start=len(JOINTS)):
        joint, child = JOINT[name], PARENTS.index(JOINT[name])
        parent = rotation[PARENTS[joint]]
        w, *v = Rotation.from_matrix(parent.T @ rotation[i]).as_quat(scalar_first=True)
        bone = _unit(rest[child] - rest[joint])
        twist = Rotation.from_rotvec(2 * np.arctan2(np.dot(v, bone), w) * bone).as_matrix()
        rotation[i] = rotation[i] @ twist.T


def _aligned(turn: np.ndarray) -> np.ndarray:
    """Give each quaternion the sign that lies nearer to its parent's."""
    for joint, parent in enumerate(_with_balls(np.array(PARENTS))):
        if parent >= 0 and turn[joint] @ turn[parent] < 0:
            turn[joint] *= -1
    return turn


def _product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    w = a[:, :1] * b[:, :1] - (a[:, 1:] * b[:, 1:]).sum(1, keepdims=True)
    return np.hstack([w, a[:, :1] * b[:, 1:] + b[:, :1] * a[:, 1:] + np.cross(a[:, 1:], b[:, 1:])])


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    out = np.empty(np.broadcast_shapes(a.shape, b.shape), np.float32)
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        out[:, i] = a[:, j] * b[:, k] - a[:, k] * b[:, j]
    return out


def _turned(v: np.ndarray, w: np.ndarray, r: np.ndarray) -> np.ndarray:
    return v + 2 * _cross(r, _cross(r, v) + w * v)


def _step(x: np.ndarray) -> np.ndarray:
    """Rise smoothly from 0 at x = -1 to 1 at x = 1."""
    t = np.clip((x + 1) / 2, 0, 1)
    return t * t * (3 - 2 * t)


def _unit(v) -> np.ndarray:
    return np.asarray(v, float) / np.linalg.norm(v)
