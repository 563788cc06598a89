"""The studio's camera: where it stands, what it projects, and the damage that real pictures suffer."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.skeleton import INDEX

Size = tuple[int, int]
"""(width, height) of a picture in pixels."""


@dataclass(frozen=True)
class Camera:
    """A pin-hole camera that looks at the dancer's middle."""

    yaw: float = 0.0
    """Degrees around the dancer: 0 in front, 90 at the dancer's left, 180 behind."""
    pitch: float = 4.0
    """Degrees from which it looks down; negative looks up."""
    distance: float = 3.2
    """Metres to the point that it looks at."""
    focal: float = 1.35
    """Focal length in picture heights: 0.8 is a phone, 2 a portrait lens."""
    target: tuple[float, float, float] = (0.0, 0.88, 0.0)
    """The point that it looks at, metres in the studio's axes."""
    roll: float = 0.0
    """Degrees by which the camera is tilted clockwise."""

    def __post_init__(self):
        if self.distance <= 0 or self.focal <= 0:
            raise BalletError(
                "A camera needs a positive distance and focal length. Give metres and picture heights."
            )
        if abs(self.pitch) >= 85:
            raise BalletError(
                f"A camera at a pitch of {self.pitch} degrees stands on its head. Stay within 85."
            )

    @property
    def eye(self) -> np.ndarray:
        """Where the camera stands: (3,), metres."""
        return np.array(self.target) - self.distance * self.axes[2]

    @property
    def axes(self) -> np.ndarray:
        """The directions right, down and forwards of the picture in the studio's axes: (3, 3), one a row."""
        yaw, pitch, roll = np.radians([self.yaw, self.pitch, self.roll])
        ahead = -np.array([np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)])
        right = np.array([np.cos(yaw), 0, -np.sin(yaw)])
        down = np.cross(ahead, right)
        tilted = np.cos(roll) * right - np.sin(roll) * down
        return np.stack([tilted, np.cross(ahead, tilted), ahead])

    def project(self, points: np.ndarray, size: Size) -> tuple[np.ndarray, np.ndarray]:
        """Project (..., 3) metres to pixels (..., 2) and depth (...) in metres along the viewing direction.

        Pixel (0, 0) is the upper left corner of the picture, y runs down. A point behind the camera is NaN.
        """
        right, down, depth = np.moveaxis((np.asarray(points) - self.eye) @ self.axes.T, -1, 0)
        depth = np.where(depth > 1e-3, depth, np.nan)
        width, height = size
        scale = self.focal * height / depth
        return np.stack([width / 2 + right * scale, height / 2 + down * scale], axis=-1), depth

    def landmarks(self, points: np.ndarray, size: Size) -> np.ndarray:
        """Project the 33 landmarks as MediaPipe gives them: (..., 33, 3) metres to (..., 33, 3).

        x and y are in [0, 1] of the picture (outside it when out of sight), z is depth in the scale of x,
        nearer is smaller, with 0 at the middle of the hips.
        """
        pixels, depth = self.project(points, size)
        hips = (depth[..., INDEX["left_hip"]] + depth[..., INDEX["right_hip"]])[..., None] / 2
        z = (depth - hips) * self.focal * size[1] / hips / size[0]
        return np.concatenate([pixels / size, z[..., None]], axis=-1)

    def rays(self, size: Size) -> np.ndarray:
        """Return the direction through every pixel's centre: (height, width, 3), not of unit length."""
        width, height = size
        right = (np.arange(width) + 0.5 - width / 2) / (self.focal * height)
        down = (np.arange(height) + 0.5 - height / 2) / (self.focal * height)
        axes = self.axes
        return right[None, :, None] * axes[0] + down[:, None, None] * axes[1] + axes[2]

    def framing(self, points: np.ndarray, size: Size, fill: float = 0.86) -> "Camera":
        """Return this camera moved so that all points (..., 3) fill that fraction of the picture."""
        points = np.asarray(points, float).reshape(-1, 3)
        points = points[np.isfinite(points).all(-1)]
        if not len(points) or not 0 < fill <= 4:
            raise BalletError("There is nothing to frame. Give finite points and a fill between 0 and 1.")
        camera = replace(self, target=tuple((points.min(0) + points.max(0)) / 2))
        for _ in range(12):
            pixels, _ = camera.project(points, size)
            if not np.isfinite(pixels).all():
                camera = replace(camera, distance=camera.distance * 1.5)
                continue
            low, high = pixels.min(0), pixels.max(0)
            middle = ((low + high) / 2 - np.array(size) / 2) * camera.distance / (camera.focal * size[1])
            target = np.array(camera.target) + middle @ camera.axes[:2]
            zoom = ((high - low) / size).max() / fill
            camera = replace(camera, target=tuple(target), distance=camera.distance * zoom)
        return camera

    @classmethod
    def draw(cls, rng: np.random.Generator, yaw: tuple[float, float] = (-180, 180)) -> "Camera":
        """Draw a camera as people hold them: at breast height or so, phone to portrait lens."""
        return cls(
            yaw=float(rng.uniform(*yaw)),
            pitch=float(np.clip(rng.normal(4, 5), -5, 20)),
            focal=float(np.exp(rng.uniform(np.log(0.85), np.log(2.0)))),
            roll=float(np.clip(rng.normal(0, 1), -3, 3)),
        )


@dataclass(frozen=True)
class Damage:
    """What a cheap camera, bad light and compression do to a film."""

    exposure: float = 0.0
    """Stops: +1 doubles the light."""
    contrast: float = 1.0
    cast: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Factors of red, green and blue."""
    blur: float = 0.0
    """Standard deviation of the lens' blur in pixels."""
    grain: float = 0.0
    """Standard deviation of the sensor's noise in grey levels of 255."""
    jpeg: int = 0
    """Quality from 1 to 100; 0 leaves the picture uncompressed."""

    def __post_init__(self):
        if not 0 <= self.jpeg <= 100 or self.grain < 0 or self.blur < 0:
            raise BalletError("Damage needs a JPEG quality of 0 to 100 and no negative grain or blur.")

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "Damage":
        """Draw the damage of an ordinary video, from hardly any to plainly visible."""
        warm = rng.normal(0, 0.035)
        return cls(
            exposure=float(rng.normal(0, 0.22)),
            contrast=float(np.clip(rng.normal(1, 0.08), 0.8, 1.2)),
            cast=(float(np.exp(warm)), 1.0, float(np.exp(-warm))),
            blur=float(rng.uniform(0, 0.9)),
            grain=float(rng.gamma(2, 1.6)),
            jpeg=int(rng.integers(45, 96)),
        )

    def __call__(self, rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Damage one picture: (H, W, 3) uint8 to the same; the grain comes from the generator."""
        levels = np.arange(256)[:, None] / 255 * np.array(self.cast)
        levels = (levels * 2 ** (self.exposure / 2.2) - 0.5) * self.contrast + 0.5
        out = cv2.LUT(np.ascontiguousarray(rgb), np.clip(levels * 255 + 0.5, 0, 255).astype(np.uint8)[None])
        if self.blur:
            out = cv2.GaussianBlur(out, (0, 0), self.blur)
        if self.grain:
            noise = rng.standard_normal(out.shape[:2], dtype=np.float32)[..., None] * self.grain
            noise = noise + rng.standard_normal(out.shape, dtype=np.float32) * (self.grain / 3)
            out = np.clip(out + noise, 0, 255).astype(np.uint8)
        if self.jpeg:
            _, packed = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, self.jpeg])
            out = cv2.imdecode(packed, cv2.IMREAD_UNCHANGED)
        return out
