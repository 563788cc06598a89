"""The rooms, painted as stage painters do: windows, barres and shelves are flat on the walls.

A room is a function that colours `Spots`, the points of a box that the camera sees. Colours are linear light.
To add a room, write such a function and put it into `ROOMS`.
"""

import cv2
import numpy as np

from ballet_lib.studio.camera import Camera, Size

HALF, CEILING = 3.6, 3.4  # metres from the middle to each wall, and up


class Spots:
    """What each pixel sees of an empty box around the dancer, and the brushes to paint it with."""

    def __init__(self, camera: Camera, size: Size, rng: np.random.Generator, walls: bool = True):
        eye, rays = camera.eye, camera.rays(size)
        with np.errstate(divide="ignore", invalid="ignore"):
            sides = np.where(rays > 0, np.array([HALF, CEILING, HALF]), np.array([-HALF, 0, -HALF]))
            time = np.where(rays == 0, np.inf, (sides - eye) / rays)
        if not walls:
            time[..., [0, 2]] = np.inf
        self.axis = time.argmin(-1)
        self.way = np.sign(np.take_along_axis(rays, self.axis[..., None], -1))[..., 0]
        reach = np.clip(np.take_along_axis(time, self.axis[..., None], -1)[..., 0], 0, 1e3)
        self.x, self.h, self.z = np.moveaxis(eye + reach[..., None] * rays, -1, 0)
        self.pixel = np.maximum(reach / (camera.focal * size[1]), 1e-3)
        self.rng = rng

    def room(self, floor: np.ndarray, ceiling, wall, painters=()) -> np.ndarray:
        """Put together floor, ceiling and walls, and paint over each wall: painter(spots, s, h, colours)."""
        below = ((self.axis == 1) & (self.way < 0))[..., None]
        out = np.where(below, floor, np.where((self.axis == 1)[..., None], ceiling, wall))
        for number, painter in enumerate(painters):
            axis, way = (2, 0)[number % 2], (-1, 1)[number // 2]
            here = (self.axis == axis) & (self.way == way)
            if here.any():
                painted = painter(self, self.x if axis == 2 else self.z, self.h, out)
                out = np.where(here[..., None], painted, out)
        return out

    def cover(self, edge: np.ndarray) -> np.ndarray:
        """Turn the signed distance to an edge (H, W), in metres, into coverage without stairs (H, W, 1)."""
        return np.clip(edge / self.pixel + 0.5, 0, 1)[..., None]

    def panel(self, s, h, left, right, bottom, top) -> np.ndarray:
        """Cover a rectangle of a wall."""
        return self.cover(np.minimum(np.minimum(s - left, right - s), np.minimum(h - bottom, top - h)))

    def tint(self, colour, spread: float = 0.05) -> np.ndarray:
        """Vary a colour as on a screen, and make it linear."""
        drawn = np.asarray(colour) + self.rng.normal(0, 0.5 * spread, 3) + self.rng.normal(0, spread)
        return np.clip(drawn, 0.02, 0.98) ** 2

    def pick(self, colours, spread: float = 0.05) -> np.ndarray:
        """Choose one of several colours and vary it."""
        return self.tint(colours[self.rng.integers(len(colours))], spread)

    def cloud(self, u, v, scale: float) -> np.ndarray:
        """Return smooth noise around 0, with spots of `scale` metres: (H, W, 1) in [-1, 1]."""
        tile = cv2.GaussianBlur(self.rng.standard_normal((64, 64)).astype(np.float32), (0, 0), 1) * 3
        at = ((np.asarray(a, np.float32) / scale) % 64 for a in (u, v))
        return np.clip(cv2.remap(tile, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP), -1, 1)[..., None]

    def planks(self, tone, across: float = 0.11, along: float = 1.9, contrast: float = 0.10) -> np.ndarray:
        """Lay a wooden floor."""
        row = np.floor(self.x / across).astype(int)
        board = np.floor(self.z / along + self.rng.random(512)[row % 512]).astype(int)
        each = self.rng.standard_normal(4096)[(row * 37 + board * 101) % 4096][..., None]
        wood = np.asarray(tone) * (1 + contrast * each + 0.06 * self.cloud(self.x * 14, self.z, 0.12))
        gap = np.abs((self.x / across) % 1 - 0.5) * across - across / 2 + 0.003
        fade = np.clip(0.004 / self.pixel, 0, 1)[..., None]
        return wood * (1 - 0.45 * fade * self.cover(gap))


def studio(spots: Spots) -> np.ndarray:
    """A ballet studio: barre all around, mirrors on one wall, windows on the next."""
    if spots.rng.random() > 0.7:
        floor = spots.tint((0.52, 0.53, 0.56), 0.03) * (1 + 0.05 * spots.cloud(spots.x, spots.z, 0.5))
    else:
        floor = spots.planks(spots.tint((0.72, 0.57, 0.40), 0.03))
    wall = spots.tint((0.83, 0.82, 0.80), 0.025)
    walls = [_barre, _mirrors, _windows, _barre]
    return spots.room(floor, 0.75, wall, walls if spots.rng.random() < 0.6 else walls[::-1])


def plain(spots: Spots) -> np.ndarray:
    """A photographer's paper that bends from the floor into the wall."""
    tones = ((0.72, 0.74, 0.77), (0.86, 0.84, 0.81), (0.55, 0.62, 0.70), (0.78, 0.66, 0.62),
             (0.52, 0.58, 0.52), (0.30, 0.32, 0.36))  # fmt: skip
    tone = spots.pick(tones, 0.04)
    away = np.where((spots.axis == 1) & (spots.way < 0), np.hypot(spots.x, spots.z), 50)
    sweep = 1 / (1 + np.exp((5.0 - away) / 1.2))
    height, width = away.shape
    v, u = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return tone * ((0.92 + 0.08 * sweep) * (1.12 - 0.22 * (u**2 + (v + 0.2) ** 2)))[..., None]


def theatre(spots: Spots) -> np.ndarray:
    """A dark stage with a velvet curtain and a pool of light."""
    velvet = spots.pick(((0.36, 0.08, 0.12), (0.14, 0.14, 0.20), (0.10, 0.16, 0.30)), 0.03)
    pool = 0.5 + 1.5 * np.exp(-((np.hypot(spots.x, spots.z) / 2.0) ** 2))
    floor = spots.planks(spots.tint((0.24, 0.22, 0.22), 0.03), 0.2, 4, 0.05) * pool[..., None]

    def curtain(spots, s, h, out):
        fold = s * 9 + 1.2 * np.sin(s * 2.3) + 0.15 * h
        shade = np.maximum(0.55 + 0.45 * np.sin(fold) + 0.12 * np.sin(2.7 * fold + 1), 0.05)
        return velvet * (shade * (0.55 + 0.9 * np.exp(-h / 1.6)))[..., None]

    return spots.room(floor, 0.004, 0.004, [curtain] * 4)


def gym(spots: Spots) -> np.ndarray:
    """A school gym: court lines, wall bars, mats."""
    upper, lower = spots.tint((0.80, 0.80, 0.76), 0.04), spots.tint((0.42, 0.52, 0.60), 0.08)
    floor = spots.planks(spots.tint((0.74, 0.55, 0.34), 0.04), 0.07, 1.1, 0.06)
    for line in ((0.08, 0.16, 0.42), (0.6, 0.55, 0.5)):
        across = spots.x * 0.8 + spots.z * 0.6 - spots.rng.uniform(-2.4, 2.4)
        floor = _lay(floor, line, spots.cover(0.025 - np.abs(across)))
    mats = [(*spots.rng.uniform((-3, 0.8), (2, 1.6)), spots.tint((0.25, 0.35, 0.6), 0.15)) for _ in range(3)]

    def wall(spots, s, h, out):
        out = _lay(out, lower, spots.cover(1.5 - h))
        joint = np.minimum(np.abs(s % 0.4 - 0.2), np.abs(h % 0.2 - 0.1))
        return out * (1 - 0.10 * spots.cover(0.006 - joint))

    def wall_bars(spots, s, h, out):
        inside = np.minimum(2.6 - np.abs(s), np.minimum(h - 0.1, 2.6 - h))
        bars = np.maximum(0.02 - np.abs(h % 0.16 - 0.08), 0.04 - np.abs(s % 0.9 - 0.45))
        return _lay(wall(spots, s, h, out), (0.44, 0.28, 0.14), spots.cover(np.minimum(inside, bars)))

    def wall_mats(spots, s, h, out):
        out = wall(spots, s, h, out)
        for left, wide, tone in mats:
            out = _lay(out, tone, spots.panel(s, h, left, left + wide, 0.0, 1.9))
        return out

    return spots.room(floor, 0.6, upper, [wall_bars, wall, wall_mats, wall_bars])


def living_room(spots: Spots) -> np.ndarray:
    """A living room with its clutter: rug, sofa, plant, pictures, books, a window."""
    paper = spots.pick(((0.80, 0.77, 0.70), (0.66, 0.72, 0.70), (0.76, 0.66, 0.60), (0.60, 0.66, 0.74)))
    floor = spots.planks(spots.tint((0.58, 0.42, 0.29), 0.06), 0.14, 1.4)
    rug = 1.55 - np.hypot(spots.x, spots.z * 1.25)
    weave = spots.tint((0.52, 0.44, 0.42), 0.06) * (1 + 0.08 * spots.cloud(spots.x, spots.z, 0.03))
    floor = _lay(floor, weave, spots.cover(rug))
    floor = _lay(floor, spots.tint((0.8, 0.76, 0.7)), spots.cover(0.05 - np.abs(rug - 0.2)))
    places = spots.rng.uniform((-3, 1.3, 0.35, 0.35), (2.4, 1.9, 0.9, 0.9), (5, 4))
    hung = [(*place, spots.tint((0.5, 0.5, 0.5), 0.16)) for place in places]
    sofa, books = spots.tint((0.42, 0.44, 0.46), 0.15), 0.06 + 0.3 * spots.rng.random((40, 3)) ** 2

    def pictures(spots, s, h, out):
        for left, bottom, wide, high, tone in hung:
            right, top = left + wide, bottom + high
            paint = tone * (1 + 0.5 * spots.cloud(s, h, 0.15))
            out = _lay(out, (0.07, 0.06, 0.05), spots.panel(s, h, left, right, bottom, top))
            out = _lay(out, paint, spots.panel(s, h, left + 0.04, right - 0.04, bottom + 0.04, top - 0.04))
        return _lay(out, (0.78, 0.77, 0.75), spots.cover(0.09 - h))

    def seat(spots, s, h, out):
        return _sofa_and_plant(spots, s, h, pictures(spots, s, h, out), sofa)

    def shelf(spots, s, h, out):
        return _bookshelf(spots, s, h, out, books)

    return spots.room(floor, 0.72, paper, [seat, shelf, _window, pictures])


def _barre(spots, s, h, out):
    for height in (1.04, 0.80):
        tube = 0.65 + 0.35 * np.clip((h - height) / 0.02, -1, 1)[..., None]
        out = out * (1 - 0.25 * spots.cover(0.03 - np.abs(h - height + 0.09)))
        out = _lay(out, np.array([0.42, 0.27, 0.15]) * tube, spots.cover(0.021 - np.abs(h - height)))
    post = np.minimum(0.02 - np.abs((s % 1.6) - 0.8), np.minimum(h, 1.06 - h))
    out = _lay(out, (0.30, 0.30, 0.32), spots.cover(post))
    return _lay(out, (0.45, 0.43, 0.40), spots.cover(0.10 - h))


def _mirrors(spots, s, h, out):
    glass = np.array([0.46, 0.51, 0.54]) * (0.75 + 0.25 * np.sin(s * 0.9 + h * 0.5))[..., None]
    glass = glass + 0.10 * np.exp(-(((h - 1.1) / 0.5) ** 2))[..., None]
    glass = glass * (1 - 0.3 * spots.cover(0.006 - np.abs(s % 1.2 - 0.6)))
    return _barre(spots, s, h, _lay(out, glass, spots.panel(s, h, -3.3, 3.3, 0.16, 2.3)))


def _windows(spots, s, h, out):
    for middle in (-2.1, 0.0, 2.1):
        bar = 0.02 - np.minimum(np.abs(s - middle), np.abs(h - 1.9))
        pane = np.array([0.90, 0.95, 1.0]) * np.clip(0.62 + 0.16 * h, 0, 1)[..., None]
        pane = _lay(pane, (0.55, 0.55, 0.55), spots.cover(bar))
        out = _lay(out, (0.72, 0.71, 0.70), spots.panel(s, h, middle - 0.72, middle + 0.72, 1.18, 2.82))
        out = _lay(out, pane, spots.panel(s, h, middle - 0.64, middle + 0.64, 1.26, 2.74))
    return _barre(spots, s, h, out)


def _sofa_and_plant(spots, s, h, out, tone):
    out = _lay(out, tone * 0.8, spots.panel(s, h, -1.9, 0.6, 0.05, 0.88))
    for left in (-1.7, -0.62):
        out = _lay(out, tone * 1.15, spots.panel(s, h, left, left + 1.02, 0.42, 0.80))
    leaf = 0.42 - np.hypot(s - 1.9, (h - 1.25) * 0.8) - 0.12 * np.sin(9 * np.arctan2(h - 1.1, s - 1.9))
    out = _lay(out, (0.05, 0.13, 0.05), spots.cover(leaf))
    return _lay(out, (0.35, 0.16, 0.10), spots.panel(s, h, 1.7, 2.1, 0.0, 0.45))


def _bookshelf(spots, s, h, out, books):
    row, column = np.floor(h / 0.38).astype(int), np.floor(s / 0.06).astype(int)
    standing = h % 0.38 < 0.25 + 0.08 * np.sin(column * 2.0)
    spine = books[(row * 7 + column * 13) % 40] * (0.15 + 0.85 * standing)[..., None]
    frame = spots.panel(s, h, -1.2, 1.5, 0, 2.1)
    out = _lay(_lay(out, (0.20, 0.11, 0.05), frame), spine, spots.panel(s, h, -1.15, 1.45, 0.05, 2.05))
    return _lay(out, (0.20, 0.11, 0.05), frame * spots.cover(0.02 - np.abs(h % 0.38 - 0.36)))


def _window(spots, s, h, out):
    out = _lay(out, (0.80, 0.80, 0.79), spots.panel(s, h, -1.1, 1.1, 0.85, 2.55))
    for left in (-1.0, 0.04):
        out = _lay(out, (0.80, 0.90, 1.0), spots.panel(s, h, left, left + 0.96, 0.95, 2.45))
    return out


def _lay(under, over, amount):
    return under + (np.asarray(over) - under) * amount


ROOMS = {"studio": studio, "plain": plain, "theatre": theatre, "gym": gym, "living_room": living_room}
"""The rooms by name."""
