"""Remake the pictures of the README and the lessons, and the one that the doctor looks at.

    python tools/pictures.py

Everything is rendered by the studio; the skeletons are what the real pose model finds.
"""

from pathlib import Path

import cv2
import matplotlib
import matplotlib.pyplot as plt
import numpy as np

from ballet_lib import DATASETS, plots
from ballet_lib.pose import PoseExtractor
from ballet_lib.studio.camera import Camera
from ballet_lib.studio.choreography import Style
from ballet_lib.studio.recipes import ballet6
from ballet_lib.studio.scene import Scene
from ballet_lib.takes import TakeSet
from ballet_lib.vocabulary import BALLET_MOVEMENTS, MOVEMENTS, french

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
ARABESQUE = Scene("first_arabesque", camera=Camera(yaw=60))


def doctors_picture() -> None:
    """A single dancer, half-way through an arabesque, on which `ballet doctor` tries the model."""
    rgb = next(ARABESQUE.pictures(only=[len(ARABESQUE.motion) // 2])).rgb
    cv2.imwrite(str(DATASETS / "dancer.jpg"), rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])


def first_arabesque(extractor: PoseExtractor) -> None:
    """The filmstrip that opens the README and lesson 00."""
    frames = [picture.rgb for picture in ARABESQUE.pictures()][10:-14]
    stream = extractor.stream()
    poses = [stream.frame(frame, i / ARABESQUE.fps).landmarks[0] for i, frame in enumerate(frames)]
    figure = plots.filmstrip(frames, np.array(poses), n=6)
    save(figure, "first_arabesque.jpg")


def dancers_tracked(extractor: PoseExtractor) -> None:
    """One dancer for each movement, no two alike, as lesson 01 opens."""
    figure, axes = plots.subplots(1, len(BALLET_MOVEMENTS), size=(11.4, 2.9))
    views = (5, -15, 25, 50, 75, -20)  # degrees, so that each movement shows what it is
    for number, (movement, yaw, ax) in enumerate(zip(BALLET_MOVEMENTS, views, axes, strict=True)):
        rng = np.random.default_rng([14, number])
        scene = Scene.draw(movement, rng, (yaw, yaw), style=Style(), fill=0.85)
        rgb = next(scene.pictures(only=[len(scene.motion) // 2])).rgb
        plots.overlay(rgb, extractor.image(rgb).landmarks[0], legend=False, ax=ax)
        ax.set_title(french(movement), fontsize=10, fontweight="normal", loc="center")
    save(figure, "dancers_tracked.jpg")


def dataset() -> None:
    """Two takes of each label of ballet6, no two dancers alike, with the landmarks that ship."""
    takes = {take.take_id: take for take in TakeSet.load("ballet6")}
    recipes = ballet6()
    figure, axes = plots.subplots(2, len(MOVEMENTS), size=(11.4, 4.6))
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.02)
    for row, (first, number) in enumerate(((1, 1), (8, 3))):
        for column, (movement, ax) in enumerate(zip(MOVEMENTS, axes[row], strict=True)):
            take_id = f"d{(first + column - 1) % 12 + 1:02d}_{movement}_{number + column % 2}"
            recipe = recipes[take_id]()
            rgb = next(recipe.scene.pictures(only=[recipe.start + 22])).rgb
            rgb, landmarks = _cut(rgb, takes[take_id].poses.landmarks[22])
            plots.overlay(rgb, landmarks, legend=False, ax=ax)
            if row == 0:
                ax.set_title(french(movement), fontsize=10, fontweight="normal", loc="center")
    save(figure, "dataset.jpg")


def _cut(rgb: np.ndarray, landmarks: np.ndarray, shape: float = 0.78) -> tuple[np.ndarray, np.ndarray]:
    """Cut a picture around the dancer to a width of `shape` heights, landmarks with it."""
    height, width = rgb.shape[:2]
    wide, tall = min(width, round(height * shape)), min(height, round(width / shape))
    middle = (landmarks[:, :2].min(axis=0) - (0, 0.06) + landmarks[:, :2].max(axis=0)) / 2 * (width, height)
    left, top = (int(np.clip(m - side / 2, 0, whole - side))
                 for m, side, whole in zip(middle, (wide, tall), (width, height), strict=True))  # fmt: skip
    moved = landmarks.copy()
    moved[:, :2] = (landmarks[:, :2] * (width, height) - (left, top)) / (wide, tall)
    return rgb[top : top + tall, left : left + wide], moved


def save(figure, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    figure.savefig(PICTURES / name, dpi=120, bbox_inches="tight", pil_kwargs={"quality": 88})
    plt.close(figure)
    print(f"{name}: {(PICTURES / name).stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    matplotlib.use("Agg")
    doctors_picture()
    with PoseExtractor() as one:
        first_arabesque(one)
        dancers_tracked(one)
    dataset()
