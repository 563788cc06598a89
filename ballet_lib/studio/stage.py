"""Where the dancer dances: a room, which can be seen from any side, and its light."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.studio.camera import Camera, Size
from ballet_lib.studio.rooms import CEILING, HALF, ROOMS, Spots

KINDS: tuple[str, ...] = tuple(ROOMS)
"""Dance studio, plain backdrop, theatre, gym, living room."""


@dataclass(frozen=True)
class Light:
    """A key light, the light of sky and floor, and a weak fill from the other side; colours are linear."""

    direction: np.ndarray
    """(3,) unit vector towards the key light."""
    key: np.ndarray
    sky: np.ndarray
    ground: np.ndarray

    def on(self, normal: np.ndarray, view: np.ndarray, reached: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the light that falls on points and the shine that glossy ones add: linear, (N, 3) each.

        Takes unit normals and directions to the camera (N, 3), and how much of the key light reaches the
        points (N,). A point of colour c and gloss g shows c * light + g * shine.
        """
        key = self.direction.astype(np.float32)
        other = np.float32([-key[0], 0.25, key[2]]) / np.float32(np.hypot(np.hypot(key[0], key[2]), 0.25))
        wrapped = np.clip((normal @ key + 0.22) / 1.22, 0, 1) * (0.25 + 0.75 * reached)
        up = 0.5 + 0.5 * normal[:, 1]
        toward_camera = np.clip(np.einsum("ni,ni->n", normal, view), 0, 1)
        fill = 0.12 * np.clip(normal @ other, 0, 1) + 0.10 * toward_camera
        light = np.stack([wrapped, up + fill, 1 - up + fill], axis=1) @ np.stack(
            [self.key, self.sky, self.ground]
        )
        half = view + key
        half /= np.sqrt(np.einsum("ni,ni->n", half, half))[:, None]
        spark = np.clip(np.einsum("ni,ni->n", normal, half), 0, 1) ** 16 * reached
        rim = (1 - toward_camera) ** 4 * up
        return light, np.stack([0.8 * spark, 0.9 * rim], axis=1) @ np.stack([self.key, self.sky])


@dataclass(frozen=True)
class Stage:
    """A room and its light; the same kind and seed make the same room."""

    kind: str = "studio"
    """One of `KINDS`."""
    seed: int = 0

    def __post_init__(self):
        if self.kind not in KINDS:
            raise BalletError(f"There is no stage {self.kind!r}. Choose from {', '.join(KINDS)}.")

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "Stage":
        """Draw any room."""
        return cls(KINDS[rng.choice(len(KINDS), p=(0.35, 0.2, 0.12, 0.15, 0.18))], int(rng.integers(2**31)))

    @cached_property
    def light(self) -> Light:
        """The light of this room; seed 0 lights from the front left."""
        rng = np.random.default_rng([self.seed, 1])
        turn, height, warmth = rng.uniform(-75, 75), rng.uniform(0.7, 1.6), rng.normal(0.8, 1.2)
        if self.seed == 0:
            turn, height, warmth = -40, 1.0, 1.0
        direction = np.array([np.sin(np.radians(turn)), height, np.cos(np.radians(turn))])
        warm = np.array([1.03, 1.0, 0.95]) ** warmth
        key, sky, ground = {
            "studio": (0.72, 0.42, 0.26), "plain": (0.74, 0.40, 0.28), "theatre": (0.98, 0.26, 0.14),
            "gym": (0.66, 0.44, 0.24), "living_room": (0.70, 0.36, 0.22),
        }[self.kind]  # fmt: skip
        colours = (key * warm, sky / warm, ground * np.array([1.06, 1.0, 0.92]))
        return Light(direction / np.linalg.norm(direction), *map(np.float32, colours))

    def picture(self, camera: Camera, size: Size) -> np.ndarray:
        """Return the empty room in linear light: (H, W, 3) float32 in [0, 1]."""
        rng = np.random.default_rng([self.seed, 2])
        spots = Spots(camera, size, rng, walls=self.kind != "plain")
        out = ROOMS[self.kind](spots)
        if self.kind != "plain":
            gaps = HALF - np.abs(spots.x), HALF - np.abs(spots.z), spots.h, CEILING - spots.h
            corner = np.maximum(np.sort(gaps, axis=0)[1], 0)
            out = out * (1 - 0.35 * np.exp(-corner / 0.25))[..., None]  # corners are darker
            out = cv2.GaussianBlur(out.astype(np.float32), (0, 0), 0.0022 * size[1])  # behind the focus
        grain = rng.normal(0, 0.004, out.shape[:2])[..., None]
        return np.clip(out + grain * np.sqrt(np.clip(out, 0, 1)), 0, 1).astype(np.float32)
