"""What every forecaster of the next frames does, and two that learn nothing, for others to beat."""

from typing import Protocol

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.silhouettes import HEIGHT, WIDTH


class Forecaster(Protocol):
    """What forecasts frames from frames."""

    context: int

    def forecast(self, seen: np.ndarray, steps: int) -> np.ndarray:
        """Return float32 (N, steps, 96, 64) from (N, context or more, 96, 64)."""


class RepeatLast:
    """The forecast that a learnt one has to beat: nothing moves."""

    context = 1

    def forecast(self, seen: np.ndarray, steps: int) -> np.ndarray:
        """Return the last frame, `steps` times.

        Raises
        ------
        BalletError
            As `check_seen`.
        """
        seen = check_seen(seen, self.context, steps)
        return np.repeat(seen[:, -1:], steps, axis=1)


class LinearExtrapolation:
    """Everything goes on as in the last step.

    What "goes on" means decides a lot. Black and white pixels that go on linearly, ``last + h (last - the one
    before)`` clipped to [0, 1], are the last frame again: what has become black becomes blacker than black.
    So by default it is the motion that goes on: optical flow between the last two frames (Farneback 2003)
    carries every pixel along, step by step. In between stands the outline: the distance to it, positive
    within the dancer and negative beside her, goes on linearly (level sets, Osher and Sethian 1988).

    Parameters
    ----------
    of
        ``motion``, ``outline`` or ``pixels``.

    Raises
    ------
    BalletError
        If `of` is something else.
    """

    context = 2

    def __init__(self, of: str = "motion"):
        if of not in ("motion", "outline", "pixels"):
            raise BalletError(f"'{of}' cannot be extrapolated. Choose motion, outline or pixels.")
        self.of = of

    def forecast(self, seen: np.ndarray, steps: int) -> np.ndarray:
        """Return `steps` frames that go on as the last two did.

        Raises
        ------
        BalletError
            As `check_seen`.
        """
        last_two = check_seen(seen, self.context, steps)[:, -2:]
        if self.of == "motion":
            return np.stack([carried_on(before, last, steps) for before, last in last_two])
        if self.of == "outline":
            last_two = signed_distance(last_two >= 0.5)
        before, last = last_two[:, :1], last_two[:, 1:]
        gone_on = last + np.arange(1, steps + 1, dtype=np.float32)[:, None, None] * (last - before)
        return np.clip(gone_on, 0, 1) if self.of == "pixels" else (gone_on > 0).astype(np.float32)


def carried_on(before: np.ndarray, last: np.ndarray, steps: int) -> np.ndarray:
    """Carry a frame on by the optical flow (Farneback 2003) that led to it.

    Parameters
    ----------
    before, last
        float32 (H, W) in [0, 1], one frame and the next.
    steps
        How often to go as far as from one to the other.

    Returns
    -------
    np.ndarray
        float32 (steps, H, W).
    """
    import cv2

    # Flow asks for slopes, and a silhouette has none before it is blurred.
    now, then = (cv2.GaussianBlur((255 * frame).astype(np.uint8), (0, 0), 1.0) for frame in (last, before))
    flow = np.zeros((*last.shape, 2), np.float32)
    cv2.calcOpticalFlowFarneback(now, then, flow, 0.5, 2, 11, 3, 7, 1.5, 0)
    y, x = np.mgrid[: last.shape[0], : last.shape[1]].astype(np.float32)
    drawn, soft = [], cv2.GaussianBlur(last, (0, 0), 0.5)
    for _ in range(steps):
        # Where a pixel's content comes from is found by going back along the flow, a step at a time.
        back = cv2.remap(flow, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        x, y = x + back[..., 0], y + back[..., 1]
        drawn.append(cv2.remap(soft, x, y, cv2.INTER_LINEAR))
    return np.stack(drawn)


def signed_distance(masks: np.ndarray) -> np.ndarray:
    """Return how far each pixel is from the outline, in pixels, negative beside the mask: float32.

    The outline is taken half a pixel before the nearest pixel of the other colour.

    Parameters
    ----------
    masks
        bool (..., H, W). A picture of one colour has no outline: all of it is far away.
    """
    import cv2

    height, width = masks.shape[-2:]
    far = float(height + width)
    distances = np.empty((masks.size // (height * width), height, width), np.float32)
    for distance, mask in zip(distances, masks.reshape(distances.shape), strict=True):
        inside, outside = (
            np.minimum(cv2.distanceTransform(one.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE), far)
            for one in (mask, ~mask)
        )
        distance[:] = np.where(mask, inside - 0.5, 0.5 - outside)
    return distances.reshape(masks.shape)


def check_seen(seen: np.ndarray, context: int, steps: int) -> np.ndarray:
    """Return frames (N, T, 96, 64) as float32, if they can be gone on from.

    Raises
    ------
    BalletError
        If they are fewer than the context, of another size, no probabilities, or `steps` is no positive whole
        number.
    """
    seen = np.asarray(seen)
    if seen.ndim != 4 or seen.shape[2:] != (HEIGHT, WIDTH):
        raise BalletError(
            f"Frames of silhouettes are (N, T, {HEIGHT}, {WIDTH}), not {seen.shape}. "
            "Make them with read_silhouettes, and give several dances or one."
        )
    if seen.shape[1] < context:
        raise BalletError(
            f"{seen.shape[1]} frames are too few to go on from: this forecaster must see {context}. "
            "Give more of the dance."
        )
    if not isinstance(steps, int | np.integer) or isinstance(steps, bool) or steps < 1:
        raise BalletError(f"{steps} frames cannot be forecast. Give a whole number from 1.")
    frames = seen.astype(np.float32)
    if not (len(frames) and frames.min() >= 0 and frames.max() <= 1):  # NaN compares as false
        raise BalletError(
            "Frames of silhouettes are true and false, or probabilities from 0 to 1. "
            "Divide grey values by 255, and turn them if the dancer is dark."
        )
    return frames
