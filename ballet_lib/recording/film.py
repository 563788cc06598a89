"""A video in memory, so that any of its frames is there at once."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from ballet_lib.errors import BalletError

LARGEST = 400_000_000
"""Bytes of JPEG that a film may take: about ten minutes at 20 frames a second."""

TALLEST = 640
"""Longer side in pixels at which frames are kept: enough to see a foot, and quick to draw."""

_QUALITY = 88


class Film:
    """Every frame of a video as a JPEG in memory.

    A video file can only be read quickly from front to back, and scrubbing goes back and forth: decoding one
    JPEG takes about 2 ms wherever it lies.

    Parameters
    ----------
    path
        A video that `read_frames` reads.
    progress
        Whether to show a bar while it is read.
    largest
        Bytes that the JPEGs may take together.

    Raises
    ------
    BalletError
        If it is no video, or too long to be held.
    """

    def __init__(self, path: str | os.PathLike, progress: bool = True, largest: int = LARGEST):
        from tqdm.auto import tqdm

        from ballet_lib.video import probe, read_frames

        self.path, info = Path(path), probe(path)
        self.fps = info.fps
        self._frames: list[bytes] = []
        held = 0
        for rgb in tqdm(
            read_frames(path),
            total=info.frames,
            unit="frame",
            desc=f"{self.path.name}: reading",
            disable=not progress,
            leave=False,
        ):
            self._frames.append(to_jpeg(smaller(rgb), _QUALITY))
            held += len(self._frames[-1])
            # Judged early where the header tells the length, so that nobody waits for a refusal.
            expected = held / len(self._frames) * (info.frames or 0) if len(self._frames) == 100 else 0
            if max(held, expected) > largest:
                raise BalletError(
                    f"{self.path} is too long to be held in memory: {largest / 1e6:,.0f} MB is the most, "
                    f"about {self._seconds_for(largest, held):,.0f} seconds of it. Cut it into parts first."
                )

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, number: int) -> np.ndarray:
        """Return one frame: uint8 (h, w, 3), RGB, at most `TALLEST` on its longer side."""
        import cv2

        packed = np.frombuffer(self._frames[number], np.uint8)
        picture: Any = cv2.imdecode(packed, cv2.IMREAD_COLOR)  # which it packed itself
        return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)

    def _seconds_for(self, largest: int, held: int) -> float:
        return largest / (held / len(self._frames)) / self.fps


class BlankFilm:
    """Stands in for a film where only its poses are known: as many empty pictures of one size."""

    def __init__(self, frames: int, size: tuple[int, int], fps: float):
        self._frames, self.fps = frames, fps
        scale = TALLEST / max(size)
        self._picture = np.full((round(size[1] * scale), round(size[0] * scale), 3), 246, np.uint8)

    def __len__(self) -> int:
        return self._frames

    def __getitem__(self, number: int) -> np.ndarray:
        """Return an empty picture: uint8 (h, w, 3)."""
        return self._picture.copy()


def to_jpeg(rgb: np.ndarray, quality: int = 80) -> bytes:
    """Return a picture, uint8 (H, W, 3) RGB, as the bytes of a JPEG file."""
    import cv2

    _, packed = cv2.imencode(
        ".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    return packed.tobytes()


def smaller(rgb: np.ndarray, side: int = TALLEST) -> np.ndarray:
    """Return a picture whose longer side is at most `side` pixels."""
    import cv2

    scale = side / max(rgb.shape[:2])
    return cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else rgb
