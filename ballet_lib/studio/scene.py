"""One filmed performance: who dances what, how it looks, where the camera stands, what is true."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.skeleton import INDEX
from ballet_lib.studio.body import Body, Motion
from ballet_lib.studio.camera import Camera, Damage, Size
from ballet_lib.studio.choreography import Keys, Style
from ballet_lib.studio.looks import Look
from ballet_lib.studio.performance import dance, perform
from ballet_lib.studio.render import Picture, Renderer, render
from ballet_lib.studio.stage import Stage
from ballet_lib.video import write_video


@dataclass(frozen=True)
class Scene:
    """A performance before a camera; everything has a plain default, and `draw` varies all of it.

    The same scene gives the same pictures, to the last grain.
    """

    movement: str
    body: Body = field(default_factory=Body)
    style: Style = field(default_factory=Style)
    look: Look = field(default_factory=Look)
    camera: Camera = field(default_factory=Camera)
    stage: Stage = field(default_factory=Stage)
    damage: Damage | None = None
    size: Size = (480, 640)
    fps: float = 20.0
    fill: float | None = 0.8
    """Share of the picture that the whole dance fills; None leaves the camera where it stands."""
    keys: Keys | None = None
    """Choreography danced instead of the movement's own, such as a `routine`."""

    @classmethod
    def draw(
        cls, movement: str, rng: np.random.Generator, yaw: tuple[float, float] = (-60, 60), **fixed
    ) -> "Scene":
        """Draw a dancer, a style, a look, a room, and a camera within `yaw` degrees; `fixed` stays."""
        drawn = {
            "body": Body.draw(rng), "style": Style.draw(rng), "look": Look.draw(rng),
            "camera": Camera.draw(rng, yaw), "stage": Stage.draw(rng), "damage": Damage.draw(rng),
            "fill": float(rng.uniform(0.68, 0.92)),
        }  # fmt: skip
        return cls(movement, **(drawn | fixed))

    @cached_property
    def motion(self) -> Motion:
        """What the body does."""
        if self.keys is not None:
            return perform(self.keys, self.body, self.style, self.fps)
        return dance(self.movement, self.body, self.style, self.fps)

    @cached_property
    def points(self) -> np.ndarray:
        """The exact landmarks in the studio's axes: (T, 33, 3) metres, y up."""
        return self.body.landmarks(self.motion)

    @cached_property
    def framed(self) -> Camera:
        """The camera after it has been moved to frame the whole dance."""
        if self.fill is None:
            return self.camera
        crown = self.points[:, INDEX["nose"]] + (0, 0.10 * self.body.height, 0)
        return self.camera.framing(
            np.concatenate([self.points, crown[:, None]], axis=1), self.size, self.fill
        )

    @cached_property
    def exact(self) -> PoseSequence:
        """What a perfect extractor would return: the landmarks of the contract, visibility 1 everywhere.

        `meta` tells the movement and the dancer's height as a share of the picture's.
        """
        image = self.framed.landmarks(self.points, self.size)
        hips = (self.points[:, INDEX["left_hip"]] + self.points[:, INDEX["right_hip"]]) / 2
        world = (self.points - hips[:, None]) @ self.framed.axes.T
        body_height = self.body.height * self.framed.focal / self.framed.distance
        landmarks = np.concatenate([image, np.ones_like(image[..., :1])], axis=-1)
        meta = {"movement": self.movement, "body_height": body_height}
        return PoseSequence(landmarks, world, self.fps, self.size, "studio", meta=meta)

    def pictures(self, shutter: float = 0.0, only: Sequence[int] | None = None) -> Iterator[Picture]:
        """Draw frame after frame, or only those given; `shutter` above 0 blurs what moves."""
        renderer = Renderer(self.body, self.look, self.framed, self.stage, self.size)
        grain = np.random.default_rng(self.style.seed)
        for picture in render(renderer, self.motion, shutter, only):
            yield replace(picture, rgb=self.damage(picture.rgb, grain)) if self.damage else picture

    def film(self, path: str | Path) -> Path:
        """Write the performance to an mp4 or a gif."""
        return write_video(path, (picture.rgb for picture in self.pictures()), self.fps)
