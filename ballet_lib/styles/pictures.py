"""A video's small pictures: the whole frame in grey, 64 pixels a side, with bars where it is no square."""

from pathlib import Path

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.styles.videos import SIDE

LARGEST_SIDE = 10_000
"""Pixels of a frame's longer side, at most."""


def letterboxed(frame: np.ndarray) -> np.ndarray:
    """Scale a frame so that all of it fits into the small square, and leave the rest black.

    Parameters
    ----------
    frame
        uint8 (H, W), grey, or (H, W, 3), RGB.

    Returns
    -------
        uint8 (64, 64).

    Raises
    ------
    BalletError
        If it is no picture of that kind.
    """
    import cv2

    frame = np.asarray(frame)
    if (
        frame.dtype != np.uint8
        or frame.ndim not in (2, 3)
        or frame.shape[2:] not in ((), (3,))
        or not frame.size
    ):
        raise BalletError(
            f"A frame is uint8 (H, W) or (H, W, 3), not {frame.dtype} {frame.shape}. Give it in grey or RGB."
        )
    grey = frame if frame.ndim == 2 else cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    left, top, width, height = shown((grey.shape[1], grey.shape[0]))
    small = np.zeros((SIDE, SIDE), np.uint8)
    small[top : top + height, left : left + width] = cv2.resize(
        grey, (width, height), interpolation=cv2.INTER_AREA
    )
    return small


def shown(size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return where a frame of (width, height) lies in its small picture: left, top, width, height."""
    width, height = (max(1, round(side * SIDE / max(size))) for side in size)
    return (SIDE - width) // 2, (SIDE - height) // 2, width, height


def read_picture(path: Path) -> tuple[np.ndarray, tuple[int, int]] | None:
    """Read a JPEG as a small picture, with the (width, height) of the whole; None if it cannot be read.

    It is decoded at an eighth to a half of its size where that is enough, several times as quickly.
    """
    from PIL import Image

    try:
        with Image.open(path, formats=["JPEG"]) as picture:
            size = picture.size
            if max(size) > LARGEST_SIDE:
                return None
            picture.draft("L", (2 * SIDE, 2 * SIDE))
            return letterboxed(np.asarray(picture.convert("L"))), size
    except Exception:  # a damaged picture fails in many ways, and is as good as missing
        return None


def picture_size(path: Path) -> tuple[int, int] | None:
    """Read (width, height) from a JPEG's header; None if it has none."""
    from PIL import Image

    try:
        with Image.open(path, formats=["JPEG"]) as picture:
            return picture.size
    except Exception:
        return None
