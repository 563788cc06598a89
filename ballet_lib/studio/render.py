"""Pictures of the dancer, drawn with a depth buffer in NumPy and OpenCV.

A frame takes five steps: the bones bend the skin (surface.py), light falls on it (stage.py), triangles become
pixels (`rasterise`), pixels are painted by where they lie on the resting body (paint.py), and laid over the
room.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.skeleton import LANDMARKS
from ballet_lib.studio.body import JOINT, Body, Motion
from ballet_lib.studio.camera import Camera, Size
from ballet_lib.studio.looks import Look
from ballet_lib.studio.paint import drape, paint
from ballet_lib.studio.stage import Stage
from ballet_lib.studio.surface import build_surface

_FLESH_MM = {
    "shoulder": 75, "elbow": 50, "wrist": 40, "pinky": 35, "index": 35, "thumb": 35,
    "hip": 130, "knee": 75, "ankle": 55, "heel": 50, "foot_index": 40,
}  # fmt: skip
FLESH = np.array([_FLESH_MM.get(name.split("_", 1)[-1], 25) / 1000 for name in LANDMARKS])
"""How deep under the skin each of the 33 landmarks may lie and still count as seen: metres."""

SMEAR = 4.0
"""Pixels between two exposures of a blurred frame; what lies farther apart shows as a double image."""
MOST_EXPOSURES = 24


@dataclass(frozen=True)
class Picture:
    """One frame and what it was made from."""

    rgb: np.ndarray
    """(H, W, 3) uint8."""
    mask: np.ndarray
    """(H, W) bool, the dancer."""
    depth: np.ndarray
    """(H, W) float32 metres along the viewing direction, infinite beside the dancer."""
    camera: Camera

    def hidden(self, points: np.ndarray, flesh: np.ndarray | float = FLESH) -> np.ndarray:
        """Tell which points (N, 3) are out of the picture or behind the dancer's own body: (N,) bool.

        A joint lies inside the flesh, so only what is further than `flesh` metres behind the skin is hidden;
        as it stands this is for the 33 landmarks, for other points give their depth.
        """
        height, width = self.mask.shape
        pixels, depth = self.camera.project(points, (width, height))
        column, row = np.floor(np.nan_to_num(pixels, nan=-1)).astype(int).T
        outside = (column < 0) | (row < 0) | (column >= width) | (row >= height)
        skin = self.depth[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
        return outside | ~np.isfinite(depth) | (depth > skin + flesh)


class Renderer:
    """Draws one dancer before one camera; what does not change from frame to frame is made once.

    `size` is (width, height) in pixels, `finesse` how many samples an edge pixel has in each direction.
    """

    def __init__(
        self, body: Body, look: Look | None = None, camera: Camera | None = None, stage: Stage | None = None,
        size: Size = (480, 640), finesse: int = 2,
    ):  # fmt: skip
        if min(size) < 16 or max(size) > 4096 or finesse not in (1, 2, 3):
            raise BalletError(
                f"Cannot draw {size} pixels with finesse {finesse}. Use 16 to 4096 pixels, 1 to 3."
            )
        self.body, self.look, self.size, self.finesse = body, look or Look(), size, finesse
        surface = build_surface(body, self.look.bust, self.look.bun)
        self._rest, lift = surface.vertices, drape(self.look, body, surface.vertices)
        self._surface = replace(surface, vertices=surface.vertices + surface.normals * lift[:, None])
        self._paint, self._gloss = paint(self.look, body, self._rest)
        self._fine = _needs_fine_paint(self._paint, surface, body)
        self.camera, self.stage = camera or Camera(), stage or Stage()
        self._room = self.stage.picture(self.camera, size)
        self._floor = _floor_under(self.camera, size)

    def frame(self, position: np.ndarray, rotation: np.ndarray) -> Picture:
        """Draw the dancer with joints at (21, 3) metres, turned from rest by (21, 3, 3)."""
        return self._draw(*self._surface.pose(position, rotation))

    def _draw(self, vertices: np.ndarray, normals: np.ndarray) -> Picture:
        width, height = self.size
        k = self.finesse
        pixels, depth = self.camera.project(vertices, self.size)
        picture = self._room * self._shadow_on_floor(vertices)[..., None]
        mask, far = np.zeros((height, width), bool), np.full((height, width), np.inf, np.float32)
        left, top, right, bottom = _box_around(pixels, self.size)
        if right > left and bottom > top:
            shape = ((bottom - top) * k, (right - left) * k)
            where, face, inside = rasterise((pixels - (left, top)) * k, depth, self._surface.faces, shape)
            layer = np.zeros((shape[0] * shape[1], 5), np.float32)
            layer[where, :4] = self._shade(vertices, normals, depth, face, inside)
            layer[where, 4] = 1
            layer = layer.reshape(*shape, 5)
            shade = _crevices(layer[..., 3], layer[..., 4], self.camera, height * k)
            if k > 1:
                layer = cv2.resize(layer, (right - left, bottom - top), interpolation=cv2.INTER_AREA)
            here, cover = np.s_[top:bottom, left:right], layer[..., 4]
            picture[here] *= (1 - cover)[..., None]
            picture[here] += layer[..., :3] * cv2.resize(shade, cover.shape[::-1])[..., None]
            mask[here] = cover >= 0.5
            far[here][mask[here]] = (layer[..., 3] / np.maximum(cover, 1e-6))[mask[here]]
        return Picture(_screen(picture), mask, far, self.camera)

    def _shade(self, vertices, normals, depth, face, inside) -> np.ndarray:
        """Light the vertices and paint what is seen: faces (N,), barycentric (3, N) to colour, depth (N, 4).

        Most of the skin has one colour and is painted at its vertices. Where edges and features run through
        a triangle, each pixel is painted by the point of the resting body that it shows.
        """
        view = self.camera.eye.astype(np.float32) - vertices
        view /= np.sqrt(np.einsum("ni,ni->n", view, view))[:, None]
        light, shine = self.stage.light.on(normals, view, _lit(vertices, normals, self.stage.light.direction))
        coarse = np.empty((len(vertices), 4), np.float32)
        coarse[:, :3] = self._paint**2 * light + self._gloss[:, None] * shine
        coarse[:, 3] = depth
        seen = _between(coarse, self._surface.faces, face, inside)
        fine = np.flatnonzero(self._fine[face])
        if len(fine):
            attributes = np.hstack([self._rest, light, shine]).astype(np.float32)
            point = _between(attributes, self._surface.faces, face[fine], inside[:, fine])
            pixel = float(np.median(depth)) / (self.camera.focal * self.size[1])
            colour, gloss = paint(self.look, self.body, point[:, :3], pixel)
            seen[fine, :3] = colour**2 * point[:, 3:6] + gloss[:, None] * point[:, 6:]
        return seen

    def _shadow_on_floor(self, vertices: np.ndarray) -> np.ndarray:
        """Return how much light the dancer leaves to each pixel of the room: (H, W) in [0, 1]."""
        step, reach = 0.02, 128
        x, y, z = vertices.T
        light = self.stage.light.direction
        middle = np.median(vertices[:, [0, 2]], axis=0)
        total = np.zeros((2 * reach, 2 * reach), np.float32)
        for lean, weight, blur, strength in (
            ((light[0] / light[1], light[2] / light[1]), np.ones_like(y), 2.2, 0.42),
            ((0, 0), np.exp(-np.maximum(y, 0) / 0.035), 1.2, 0.55),
            ((0, 0), np.exp(-np.maximum(y, 0) / 0.5), 7.0, 0.30),
        ):
            column = ((x - lean[0] * y - middle[0]) / step + reach).astype(int)
            row = ((z - lean[1] * y - middle[1]) / step + reach).astype(int)
            ok = (column >= 0) & (row >= 0) & (column < 2 * reach) & (row < 2 * reach)
            cells = np.bincount(row[ok] * 2 * reach + column[ok], weight[ok], minlength=total.size)
            dark = np.minimum(cells.reshape(total.shape), 1).astype(np.float32)
            dark = cv2.GaussianBlur(cv2.dilate(dark, np.ones((3, 3), np.uint8)), (0, 0), blur)
            total = 1 - (1 - total) * (1 - strength * dark)
        at = ((self._floor - middle) / step + reach - 0.5).astype(np.float32)
        return 1 - cv2.remap(total, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderValue=0)


def render(
    renderer: Renderer, motion: Motion, shutter: float = 0.0, only: Sequence[int] | None = None
) -> Iterator[Picture]:
    """Draw every frame of a motion, or only those given.

    `shutter` is how long the film is exposed, as a fraction of the time between frames: above 0, what moves
    is smeared along its way from the frame before. Mask and depth stay those of the frame.
    """
    if not 0 <= shutter <= 1:
        raise BalletError(f"A shutter cannot be open for {shutter} of a frame. Give a share from 0 to 1.")
    for frame in range(len(motion)) if only is None else only:
        if shutter and frame > 0:
            yield _exposed(renderer, motion, frame, shutter)
        else:
            yield renderer.frame(motion.position[frame], motion.rotation[frame])


def _exposed(renderer: Renderer, motion: Motion, frame: int, shutter: float) -> Picture:
    """Average pictures on the way from the frame before, so close that nothing shows twice."""
    before, now = (renderer._surface.pose(motion.position[i], motion.rotation[i]) for i in (frame - 1, frame))
    (start, _), (end, _) = (renderer.camera.project(pose[0], renderer.size) for pose in (before, now))
    moved = shutter * np.nanmax(np.linalg.norm(end - start, axis=1))
    steps = int(np.clip(np.ceil(moved / SMEAR), 1, MOST_EXPOSURES))
    picture = renderer._draw(*now)
    light = picture.rgb.astype(np.float32)
    for back in np.arange(1, steps + 1) / steps * np.float32(shutter):
        vertices, normals = (n + (b - n) * np.float32(back) for n, b in zip(now, before, strict=True))
        light += renderer._draw(vertices, normals).rgb
    return replace(picture, rgb=(light / (steps + 1) + 0.5).astype(np.uint8))


def rasterise(pixels: np.ndarray, depth: np.ndarray, faces: np.ndarray, shape: tuple[int, int]):
    """Find which triangle every pixel sees.

    Takes vertices in pixels (V, 2) and depth (V,), faces (F, 3) counter-clockwise from outside, and the
    picture's (rows, columns). Returns for each covered pixel its flat index (N,), its face (N,) and the
    barycentric coordinates in it (3, N). All triangles are tested at once, each in its bounding box.
    """
    rows, columns = shape
    corners = np.ascontiguousarray(faces.T)
    x, y = (np.ascontiguousarray(pixels[:, i], np.float32)[corners] - np.float32(0.5) for i in (0, 1))
    area = (x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0])
    seen = np.flatnonzero(area < -1e-6)  # y runs down, so what faces us turns clockwise
    x, y, area = x[:, seen], y[:, seen], area[seen]
    least = lambda a: np.minimum(np.minimum(a[0], a[1]), a[2])  # noqa: E731
    left, top = (np.maximum(np.ceil(least(a)), 0).astype(np.int32) for a in (x, y))
    wide = np.minimum(np.floor(-least(-x)), columns - 1).astype(np.int32) - left + 1
    high = np.minimum(np.floor(-least(-y)), rows - 1).astype(np.int32) - top + 1
    count = np.maximum(wide, 0) * np.maximum(high, 0)
    face = np.repeat(np.arange(len(seen), dtype=np.int32), count)
    step = np.arange(len(face), dtype=np.int32) - np.repeat(np.cumsum(count, dtype=np.int32) - count, count)
    down = step // wide[face]
    row, column = top[face] + down, left[face] + step - down * wide[face]
    # barycentric coordinates are linear in column and row
    u, v = column.astype(np.float32), row.astype(np.float32)
    first, second = (
        (((y[i] - y[j]) / area)[face] * (u - x[j][face]) + ((x[j] - x[i]) / area)[face] * (v - y[j][face]))
        for i, j in ((1, 2), (2, 0))
    )
    hit = np.flatnonzero((first >= 0) & (second >= 0) & (first + second <= 1))
    face, where = seen[face[hit]], row[hit] * columns + column[hit]
    inside = np.stack([first[hit], second[hit], 1 - first[hit] - second[hit]])
    z = _between(depth.astype(np.float32)[:, None], faces, face, inside)[:, 0]
    nearest = np.full(rows * columns, np.inf, np.float32)
    np.minimum.at(nearest, where, z)
    front = np.flatnonzero(z == nearest[where])
    return where[front], face[front], inside[:, front]


def _between(attributes: np.ndarray, faces: np.ndarray, face: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Interpolate attributes of vertices (V, A) inside faces (N,) at barycentric (3, N): (N, A)."""
    return sum(attributes[faces[face, i]] * inside[i][:, None] for i in range(3))


def _needs_fine_paint(colour: np.ndarray, surface, body: Body) -> np.ndarray:
    """Tell which faces no single colour paints: (F,) bool."""
    corners = colour[surface.faces]
    features = surface.vertices[:, 1] > body.rest[JOINT["head"]][1] - 0.04 * body.height
    return (np.ptp(corners, axis=1).max(1) > 0.015) | features[surface.faces].any(1)


def _box_around(pixels: np.ndarray, size: Size) -> tuple[int, int, int, int]:
    if not np.isfinite(pixels).all():
        raise BalletError("The dancer reaches behind the camera. Move the camera away.")
    left, top = np.floor(np.clip(pixels.min(0) - 1, 0, size)).astype(int)
    right, bottom = np.ceil(np.clip(pixels.max(0) + 1, 0, size)).astype(int)
    return left, top, right, bottom


def _crevices(depth: np.ndarray, cover: np.ndarray, camera: Camera, height: int) -> np.ndarray:
    """Darken what lies behind its surroundings, where light hardly gets in: factors, a quarter as large."""
    small = (max(depth.shape[1] // 4, 1), max(depth.shape[0] // 4, 1))
    z, there = (cv2.resize(a, small, interpolation=cv2.INTER_AREA) for a in (depth, cover))
    reach = 0.05 * camera.focal * height / camera.distance / 4  # 5 cm in these pixels
    around = cv2.GaussianBlur(z, (0, 0), reach) / np.maximum(cv2.GaussianBlur(there, (0, 0), reach), 1e-3)
    behind = z / np.maximum(there, 1e-3) - around
    return 1 - np.clip(behind * 5, 0, 0.45)


def _lit(vertices: np.ndarray, normals: np.ndarray, light: np.ndarray) -> np.ndarray:
    """Return how much of the key light reaches each vertex past the rest of the body: (V,) in [0, 1]."""
    step = 0.018
    across = np.cross(light, (0, 1, 0))
    across /= np.linalg.norm(across)
    axes = np.stack([across, np.cross(light, across), light], axis=1).astype(np.float32)
    seen = vertices @ axes
    origin = seen[:, :2].min(0) - 4 * step
    cell = ((seen[:, :2] - origin) / step).astype(np.int32)
    width, height = cell.max(0) + 5
    top = np.full(height * width, -1e3, np.float32)
    np.maximum.at(top, cell[:, 1] * width + cell[:, 0], seen[:, 2])
    top = cv2.dilate(top.reshape(height, width), np.ones((3, 3), np.uint8))
    lifted = seen + (normals * np.float32(0.02)) @ axes  # a surface must not shade itself
    at = (lifted[:, :2] - origin) / step - np.float32(0.5)
    square = (-(-len(at) // 256), 256)  # OpenCV samples pictures, not lists
    u, v, own = (np.resize(a, square) for a in (at[:, 0], at[:, 1], lifted[:, 2]))
    dark = np.zeros(square, np.float32)
    for angle in np.arange(8, dtype=np.float32) * np.float32(2.4):
        above = cv2.remap(top, u + 1.6 * np.cos(angle), v + 1.6 * np.sin(angle), cv2.INTER_LINEAR) - own
        dark += np.clip((above - 0.04) / 0.05, 0, 1)
    return 1 - dark.ravel()[: len(at)] / 8


def _floor_under(camera: Camera, size: Size) -> np.ndarray:
    """Return the point of the floor that each pixel sees: (H, W, 2) x and z in metres, far away above it."""
    rays = camera.rays(size)
    down = np.minimum(rays[..., 1], -1e-6)
    hit = camera.eye[[0, 2]] - camera.eye[1] * rays[..., [0, 2]] / down[..., None]
    return np.where(rays[..., 1:2] < -1e-6, np.clip(hit, -1e3, 1e3), 1e3)


def _screen(linear: np.ndarray) -> np.ndarray:
    """Turn linear light into what a screen shows: float32 to uint8."""
    return (np.sqrt(np.clip(linear, 0, 1)) * 255 + 0.5).astype(np.uint8)
