"""One or two puppets in one picture: who dances what and where, and which body hides the other."""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.skeleton import INDEX
from ballet_lib.studio.body import Body, Motion
from ballet_lib.studio.camera import Camera, Damage, Size
from ballet_lib.studio.choreography import Style
from ballet_lib.studio.looks import Look
from ballet_lib.studio.performance import perform
from ballet_lib.studio.render import Picture, Renderer
from ballet_lib.studio.stage import Stage
from ballet_lib.styles.caricature import BLOCK, Habits, choreograph

FPS = 10.0
FRAMES = 100
TEMPO = (90.0, 125.0)
"""Counts a minute, from and to; all styles are danced at the same."""


@dataclass(frozen=True)
class Performer:
    """One of those who dance: a body, an appearance, habits, and what it does."""

    name: str
    body: Body
    look: Look
    habits: Habits
    motion: Motion

    @property
    def points(self) -> np.ndarray:
        """The exact landmarks in the studio's axes: (T, 33, 3) metres, y up."""
        return self.body.landmarks(self.motion)


@dataclass(frozen=True)
class Ensemble:
    """Performers before one camera, in one room. The same ensemble gives the same pictures."""

    style: str
    performers: tuple[Performer, ...]
    tempo: float
    camera: Camera
    stage: Stage
    damage: Damage | None = None
    size: Size = (320, 320)
    fill: float | None = 0.86
    """Share of the picture that the whole dance fills; None leaves the camera where it stands."""
    seed: int = 0
    """Of the grain."""

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.performers[0].motion)

    @cached_property
    def points(self) -> np.ndarray:
        """The exact landmarks of all in the studio's axes: (T, P, 33, 3) metres."""
        return np.stack([performer.points for performer in self.performers], axis=1)

    @cached_property
    def framed(self) -> Camera:
        """The camera after it has been moved to frame the whole dance."""
        if self.fill is None:
            return self.camera
        tallest = max(performer.body.height for performer in self.performers)
        crowns = self.points[..., [INDEX["nose"]], :] + (0, 0.10 * tallest, 0)
        return self.camera.framing(np.concatenate([self.points, crowns], axis=-2), self.size, self.fill)

    @cached_property
    def exact(self) -> np.ndarray:
        """Where a perfect extractor would find the landmarks: (T, P, 33, 2) pixels."""
        return self.framed.project(self.points, self.size)[0]

    def pictures(self, only: Sequence[int] | None = None) -> Iterator[np.ndarray]:
        """Draw frame after frame, or only those given, clean: uint8 (height, width, 3).

        Bodies are joined at twice the size without soft edges, so that no edge keeps the room behind it,
        and made smaller then.
        """
        import cv2

        twice = (2 * self.size[0], 2 * self.size[1])
        renderers = [
            Renderer(one.body, one.look, self.framed, self.stage, twice, finesse=1) for one in self.performers
        ]
        for frame in range(len(self)) if only is None else only:
            drawn = [
                renderer.frame(one.motion.position[frame], one.motion.rotation[frame])
                for renderer, one in zip(renderers, self.performers, strict=True)
            ]
            yield cv2.resize(join(drawn), self.size, interpolation=cv2.INTER_AREA)

    def damaged(self, rgb: np.ndarray, frame: int) -> np.ndarray:
        """Return what the camera makes of a clean picture; each frame has its own grain."""
        return self.damage(rgb, np.random.default_rng([self.seed, frame])) if self.damage else rgb


def join(pictures: Sequence[Picture]) -> np.ndarray:
    """Join pictures of one room with one body each: the nearest body is seen, all shadows fall.

    Parameters
    ----------
    pictures
        Of the same size, by the same camera, without soft edges.

    Returns
    -------
        uint8 (height, width, 3).
    """
    rgb = np.stack([picture.rgb for picture in pictures])
    depth = np.stack([picture.depth for picture in pictures])
    nearest = np.take_along_axis(rgb, depth.argmin(0)[None, ..., None], axis=0)[0]
    return np.where(np.isfinite(depth).any(0)[..., None], nearest, rgb.min(0))


def draw_ensemble(style: str, number: int, size: Size = (320, 320)) -> Ensemble:
    """Draw the video of this number in a style: who dances, in which room, seen from where.

    An odd number has one dancer, an even number two. All dancers
    of all styles and numbers are different people.

    Raises
    ------
    BalletError
        If nobody knows the style, or the number is not from 1 to 9999.
    """
    if not 1 <= number <= 9999:
        raise BalletError(f"There is no video {number} of {style}. Give a number from 1 to 9999.")
    rng = _random(style, number)
    tempo = float(rng.uniform(*TEMPO))
    camera = Camera.draw(rng, (-50, 50))
    stage, damage, fill = Stage.draw(rng), Damage.draw(rng), float(rng.uniform(0.78, 0.92))
    performers = tuple(
        _performer(style, number, place, tempo) for place in range(1 + (number % 2 == 0))
    )  # fmt: skip
    if len(performers) == 2:
        performers = _apart(performers, camera.yaw + float(rng.uniform(-25, 25)), rng)
    return Ensemble(style, performers, tempo, camera, stage, damage, size, fill, number)


def _performer(style: str, number: int, place: int, tempo: float) -> Performer:
    rng = _random(style, number, place + 1)
    body, look, habits = Body.draw(rng), Look.draw(rng), Habits.draw(style, rng)
    group = _random(style, number, 100)  # both dance the same
    phase, canon, mirrored = group.uniform(0, BLOCK), group.choice([0, 2, BLOCK]), group.random() < 0.5
    counts = FRAMES / FPS * tempo / 60
    keys = choreograph(style, habits, int(np.ceil((counts + 2 * BLOCK) / BLOCK)), group)
    manner = Style(
        habits.amplitude, tempo, sway=float(rng.uniform(0.5, 1.8)), seed=int(rng.integers(2**31)),
        side="left" if mirrored and place else "right", facing=float(rng.normal(0, 10)),
    )  # fmt: skip
    start = phase + (BLOCK - canon if place else BLOCK)
    first = round(start * 60 / tempo * FPS)
    motion = perform(keys, body, manner, FPS)[first : first + FRAMES]
    return Performer(f"{style}_{number:02d}{'ab'[place]}", body, look, habits, motion)


def _apart(performers: tuple[Performer, ...], yaw: float, rng: np.random.Generator) -> tuple[Performer, ...]:
    """Put two dancers beside each other as seen from `yaw`; sometimes they change front and back."""
    width, depth = float(rng.uniform(0.95, 1.35)), float(rng.uniform(-0.45, 0.45))
    share = np.linspace(1, -1 if rng.random() < 0.3 else 1, FRAMES)
    c, s = np.cos(np.radians(yaw)), np.sin(np.radians(yaw))
    turn = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    placed = []
    for performer, way in zip(performers, rng.permutation([-1, 1]), strict=True):
        offset = np.stack([np.full(FRAMES, way * width / 2), np.zeros(FRAMES), way * depth / 2 * share], -1)
        position = performer.motion.position + (offset @ turn.T)[:, None]
        placed.append(replace(performer, motion=replace(performer.motion, position=position)))
    return tuple(placed)


def _random(*names: str | int) -> np.random.Generator:
    return np.random.default_rng([zlib.crc32(n.encode()) if isinstance(n, str) else n for n in names])
