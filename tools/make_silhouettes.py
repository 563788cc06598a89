"""Make what lessons 09 and 10 learn from: datasets/silhouettes.zip, the silhouettes of five drawn dancers.

    python tools/make_silhouettes.py

Four dancers teach, the fifth is a stranger to judge by. Takes a minute and a half on two cores.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from joblib import Parallel, delayed

from ballet_lib.silhouette_files import SHIPPED
from ballet_lib.silhouettes import FPS, Silhouettes, frame_dancer
from ballet_lib.studio.recipes import routines

DANCERS = range(11, 16)
"""Of `routines`; none of them is in the set of takes of that name."""
STRANGER = 15
CLIPS = (1, 2)
"""Which of a dancer's routines are drawn."""
FRAMES = {"teaches": 250, "judges": 200}
"""Of each clip, from the routine's beginning."""
SIZE = (240, 288)
"""Pixels in which a routine is drawn before it is made small."""


def main() -> None:
    """Draw all clips and write them into one zip."""
    clips = {f"r{who}_{number}": (who, number) for who in DANCERS for number in CLIPS}
    drawn = Parallel(n_jobs=-1)(delayed(draw)(*clip) for clip in clips.values())
    path = Silhouettes(dict(zip(clips, drawn, strict=True))).save(SHIPPED)
    print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB")


def draw(who: int, number: int) -> np.ndarray:
    """Draw one clip: bool (T, 96, 64)."""
    frames = FRAMES["judges" if who == STRANGER else "teaches"]
    return frame_dancer(list(masks(who, number, range(frames))))


def masks(who: int, number: int, frames: Iterable[int]) -> Iterator[np.ndarray]:
    """Draw which pixels show the dancer, without anything that ails a picture: bool (288, 240) each."""
    recipe = routines(range(who, who + 1))[f"r{who:02d}_routine_{number}"]()
    scene = replace(recipe.scene, size=SIZE, damage=None, fps=FPS, fill=0.95)
    return (picture.mask for picture in scene.pictures(only=list(frames)))


if __name__ == "__main__":
    main()
