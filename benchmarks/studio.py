"""How fast the studio draws on one core."""

import os
import subprocess
import sys
import time

SIZE = (480, 640)
FRAMES = 40
ONE_CORE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def measure() -> list[tuple]:
    """Draw in a process of its own that has one core; about half a minute."""
    run = subprocess.run(
        [sys.executable, __file__], env={**os.environ, **ONE_CORE}, capture_output=True, text=True, check=True
    )
    ready, slowest, mean = (float(word) for word in run.stdout.split())
    how = f"{FRAMES} frames each of 6 drawn dancers and rooms; the dance fills 86% of the picture"
    return [
        ("frames a second at 480×640 on one core, mean", "≥ 10", f"{mean:.1f}", mean >= 10, how),
        ("the same, slowest of six dancers", "≥ 10", f"{slowest:.1f}", slowest >= 10, how),
        (
            "seconds until a dancer is ready to draw",
            "none",
            f"{ready:.2f}",
            None,
            "skin, paint and room; mean of 6",
        ),
    ]


def _draw() -> None:
    """Print the seconds to get ready, and the frames a second of the slowest dancer and of all."""
    import cv2
    import numpy as np

    from ballet_lib.studio.render import Renderer
    from ballet_lib.studio.scene import Scene
    from ballet_lib.vocabulary import BALLET_MOVEMENTS

    cv2.setNumThreads(1)
    ready, speeds = [], []
    for number, movement in enumerate(BALLET_MOVEMENTS):
        scene = Scene.draw(movement, np.random.default_rng(number), size=SIZE, fill=0.86, damage=None)
        motion = scene.motion[np.linspace(0, len(scene.motion) - 1, FRAMES).astype(int)]
        framed = scene.framed
        started = time.perf_counter()
        renderer = Renderer(scene.body, scene.look, framed, scene.stage, scene.size)
        ready.append(time.perf_counter() - started)
        started = time.perf_counter()
        for position, rotation in zip(motion.position, motion.rotation, strict=True):
            renderer.frame(position, rotation)
        speeds.append(FRAMES / (time.perf_counter() - started))
    print(np.mean(ready), min(speeds), len(speeds) / sum(1 / speed for speed in speeds))


if __name__ == "__main__":
    _draw()
