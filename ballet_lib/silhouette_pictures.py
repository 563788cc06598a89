"""What a silhouette is: a dancer framed 64 pixels wide and 96 high; how it is shown, and compared."""

from collections.abc import Sequence

import numpy as np

from ballet_lib.errors import BalletError

WIDTH, HEIGHT, FPS = 64, 96, 10.0
MARGIN = 1.04
"""How much higher the picture is than the range in which the dancer moves."""
FOLLOWED = 1.5
"""Seconds over which the window's way is smoothed, so that it glides and does not shake."""
FRAMED = 0.9
"""Share of a picture's height that a dancer fills in a clip that is framed already."""


def check_silhouettes(frames: np.ndarray) -> np.ndarray:
    """Return silhouettes or probabilities (N, 96, 64), or say that they are something else."""
    frames = np.asarray(frames)
    right = frames.dtype == bool or np.issubdtype(frames.dtype, np.floating)
    if not right or frames.shape[1:] != (HEIGHT, WIDTH):
        raise BalletError(
            f"Silhouettes are bool (N, {HEIGHT}, {WIDTH}), true on the dancer; this is {frames.dtype} "
            f"{frames.shape}. Cut them out of a film with read_silhouettes, or frame masks with frame_dancer."
        )
    return frames


# --- Framing ----------------------------------------------------------------------------------------------


def frame_dancer(masks: Sequence[np.ndarray], fps: float = FPS) -> np.ndarray:
    """Cut a dancer out of a clip by a window that is as high as all she does and follows her sideways.

    The window is 2:3 and keeps its height, so that a plié is lower than a relevé. Its middle is halfway
    between what reaches farthest to the left and to the right, smoothed over 1.5 s, so that it glides. What
    is wider than two thirds of its height, such as a long arabesque in profile, is cut at the hands or toes.
    A clip of 2:3 whose height she fills is framed already and stays as it is.

    Parameters
    ----------
    masks
        bool (T, H, W), or any sequence of bool (H, W): true on the dancer, who is in every one of them.
    fps
        Of the masks.

    Returns
    -------
        bool (T, 96, 64).

    Raises
    ------
    BalletError
        If there are no masks, or nobody is in one of them.
    """
    from scipy.ndimage import uniform_filter1d

    if not len(masks):
        raise BalletError("There is no mask to frame. Give at least one.")
    top, bottom, middle = np.array([_place(mask, number) for number, mask in enumerate(masks)]).T
    reach = bottom.max() - top.min()
    height, width = np.shape(masks[0])
    if abs(width / height - WIDTH / HEIGHT) < 0.01 and reach > FRAMED * height:
        return np.stack([_cut(mask, width / 2, height / 2, height) for mask in masks])
    centre = (top.min() + bottom.max()) / 2
    path = uniform_filter1d(middle, max(1, round(FOLLOWED * fps)), mode="nearest")
    return np.stack([_cut(mask, x, centre, MARGIN * reach) for mask, x in zip(masks, path, strict=True)])


def _place(mask: np.ndarray, number: int) -> tuple[float, float, float]:
    """Return the dancer's upper and lower edge, and the middle between left and right, in pixels."""
    mask = np.asarray(mask)
    if mask.dtype != bool or mask.ndim != 2:
        raise BalletError(f"A mask is bool (H, W), not {mask.dtype} {mask.shape}. Compare with a threshold.")
    rows = np.flatnonzero(mask.any(axis=1))
    if not len(rows):
        raise BalletError(f"Nobody is in mask {number}. Leave it out, or divide the clip there.")
    columns = np.flatnonzero(mask.any(axis=0))
    return rows[0], rows[-1] + 1, (columns[0] + columns[-1] + 1) / 2


def _cut(mask: np.ndarray, x: float, y: float, height: float) -> np.ndarray:
    """Resample the window around (x, y): a pixel is the dancer's if she covers at least half of it."""
    import cv2

    fine = 4  # samples a pixel and direction, so that thin arms do not break
    scale = fine * HEIGHT / height
    # OpenCV counts from the middle of the first pixel.
    shift = [fine * side / 2 - scale * (at - 0.5) - 0.5 for side, at in ((WIDTH, x), (HEIGHT, y))]
    window = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]], np.float32)
    large = cv2.warpAffine(mask.astype(np.float32), window, (fine * WIDTH, fine * HEIGHT))
    return cv2.resize(large, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA) > 0.5


# --- Pictures, and how alike two are ----------------------------------------------------------------------


def as_pictures(frames: np.ndarray, scale: int = 4) -> np.ndarray:
    """Show silhouettes, or probabilities of them, as pictures: black on white, grey where unsure.

    Parameters
    ----------
    frames
        bool, or float in [0, 1], (N, 96, 64).
    scale
        Pixels of the picture a pixel of the silhouette.

    Returns
    -------
        uint8 (N, 96 scale, 64 scale, 3), as `write_video` takes them.
    """
    grey = np.round(255 * (1 - np.clip(check_silhouettes(frames), 0, 1).astype(np.float32))).astype(np.uint8)
    large = grey.repeat(scale, axis=1).repeat(scale, axis=2)
    return np.repeat(large[..., None], 3, axis=-1)


def iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the intersection over union of silhouettes, frame by frame: float (N,), 1 for the same.

    Probabilities count as the dancer from 0.5. Two frames without anybody are the same.

    Raises
    ------
    BalletError
        If there are not as many of both.
    """
    a, b = (check_silhouettes(frames) >= 0.5 for frames in (a, b))
    if len(a) != len(b):
        raise BalletError(f"{len(a)} and {len(b)} silhouettes cannot be compared. Give as many of both.")
    common, either = ((a & b).sum(axis=(1, 2)), (a | b).sum(axis=(1, 2)))
    return np.where(either, common / np.maximum(either, 1), 1.0)
