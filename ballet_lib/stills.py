"""Stills: single frames that show a movement at its height, with what the studio knows of each: the mask.

The pictures are those of `frame_features`; the masks ship beside them. From both, the room behind the dancer
can be put together, so that dancers and rooms can be exchanged. `tools/make_frames.py` draws the masks.
"""

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ballet_lib import DATASETS
from ballet_lib.array_files import read_npz
from ballet_lib.errors import BalletError
from ballet_lib.files import replacing
from ballet_lib.frame_features import KEPT, SIDE, Frames, load_frames
from ballet_lib.takes import TakeSet
from ballet_lib.vocabulary import BALLET_MOVEMENTS

SHIPPED = DATASETS / "frame_masks.npz"
HEIGHT = range(3, 7)
"""Which of a take's ten pictures are stills: 14 to 26 of its 40 frames, around the height of the movement."""
MARGIN = 0.05
"""How far round the dancer still counts as her, in sides of the picture."""


@dataclass(frozen=True)
class Stills:
    """N single frames; all arrays go by the same rows.

    Attributes
    ----------
    pictures
        uint8 (N, 64, 64), grey.
    masks
        bool (N, 64, 64): true on the dancer.
    rooms
        uint8 (N, 64, 64): the same picture without her.
    y
        int (N,), numbers of `labels`.
    groups
        str (N,), the dancers.
    take_ids
        str (N,).
    labels
        The six movements.
    """

    pictures: np.ndarray
    masks: np.ndarray
    rooms: np.ndarray
    y: np.ndarray
    groups: np.ndarray
    take_ids: np.ndarray
    labels: tuple[str, ...] = BALLET_MOVEMENTS

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, rows) -> "Stills":
        """Return some stills: a slice, a list of rows, or a mask of bool (N,)."""
        rows = np.atleast_1d(np.arange(len(self))[rows])
        arrays = ("pictures", "masks", "rooms", "y", "groups", "take_ids")
        return replace(self, **{name: getattr(self, name)[rows] for name in arrays})

    def split(self, dancers: list[str]) -> tuple["Stills", "Stills"]:
        """Return the stills of all others, and those of these dancers.

        Raises
        ------
        BalletError
            If there is nothing of a dancer, or of nobody else.
        """
        if strange := sorted(set(dancers) - set(self.groups.tolist())):
            raise BalletError(
                f"There are no stills of {strange[0]}. There are: {', '.join(np.unique(self.groups))}."
            )
        test = np.isin(self.groups, dancers)
        if test.all():
            raise BalletError("Nobody is left to learn from. Hold out fewer dancers.")
        return self[~test], self[test]


def load_stills(takes: TakeSet | None = None) -> Stills:
    """Return the stills of ballet6's movements, or of these takes of it; what went dark is left out.

    Raises
    ------
    BalletError
        If a file is missing or damaged, there are no pictures of a take, or none shows a movement.
    """
    frames, masks = load_frames(), load_masks()
    if takes is None:
        known = set(frames.take_ids)
        takes = TakeSet([take for take in TakeSet.load("ballet6") if take.take_id in known])
    takes = TakeSet([take for take in takes if take.movement in BALLET_MOVEMENTS])
    if not len(takes):
        raise BalletError(f"No take shows one of {', '.join(BALLET_MOVEMENTS)}. Take some of ballet6.")
    pictures, hers = frames.of(takes), masks.of(takes)
    rooms = np.stack([room_behind(*take) for take in zip(pictures, hers, strict=True)])
    take, number = np.nonzero(pictures[:, HEIGHT].any(axis=(2, 3)))
    frame = np.array(HEIGHT)[number]
    return Stills(
        pictures[take, frame], hers[take, frame], rooms[take],
        np.array([BALLET_MOVEMENTS.index(one.movement) for one in takes])[take],
        takes.groups[take], np.array([one.take_id for one in takes])[take],
    )  # fmt: skip


# --- Rooms ------------------------------------------------------------------------------------------------


def room_behind(pictures: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Put together what is behind a dancer: each pixel from the frames in which she does not cover it.

    What she always covers is filled in from around it (Telea 2004). Her shadow stays, where it does not move.

    Parameters
    ----------
    pictures, masks
        uint8 and bool (T, H, W), frames of one take; those without light do not count.

    Returns
    -------
        uint8 (H, W).
    """
    import cv2

    lit = pictures.any(axis=(1, 2))
    # The edge of her is a mixture of her and the room.
    hers = np.array([cv2.dilate(mask.astype(np.uint8), np.ones((3, 3))) for mask in masks[lit]]) > 0
    seen = (~hers).sum(axis=0)
    mean = np.where(hers, 0.0, pictures[lit]).sum(axis=0) / np.maximum(seen, 1)
    return cv2.inpaint(mean.astype(np.uint8), (seen == 0).astype(np.uint8), 3, cv2.INPAINT_TELEA)


def in_other_rooms(stills: Stills, rooms: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Put each dancer into a room drawn from `rooms` (R, 64, 64), half of them mirrored: uint8 (N, 64, 64).

    Each dancer has one room at a time, whatever she dances in it, so that no room tells the movement.
    """
    drawn = rooms[rng.integers(len(rooms), size=len(stills))]
    turned = rng.random(len(stills)) < 0.5
    drawn[turned] = drawn[turned][:, :, ::-1]
    return np.where(stills.masks, stills.pictures, drawn)


def dilated(masks: np.ndarray, margin: float = MARGIN) -> np.ndarray:
    """Return masks grown by `margin` longer sides in each direction: bool (N, H, W).

    Their mean is the share of mass that a map without any idea has within them.

    Raises
    ------
    BalletError
        If they are not bool (N, H, W), or the margin is negative.
    """
    import cv2

    masks = np.asarray(masks)
    if masks.dtype != bool or masks.ndim != 3 or margin < 0:
        raise BalletError(
            f"Masks are bool (N, H, W) and a margin is not negative; these are {masks.dtype} {masks.shape} "
            f"and {margin}. Compare with a threshold first."
        )
    reach = margin * max(masks.shape[1:])
    # A distance to nothing is not defined, so an empty mask stays as it is.
    return np.array([
        cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE) <= reach
        if mask.any() else mask for mask in masks
    ], dtype=bool).reshape(masks.shape)  # fmt: skip


# --- The shortcut -----------------------------------------------------------------------------------------

MARK = 9
"""Side of a mark, in pixels."""


def _posters() -> np.ndarray:
    """Draw a poster for each movement, as simple as those of a school's corridor: uint8 (6, 9, 9)."""
    row, column = np.mgrid[:MARK, :MARK]
    from_middle = np.hypot(row - MARK // 2, column - MARK // 2)
    shapes = (
        from_middle < 3, row // 2 % 2 == 0, column // 2 % 2 == 0, (row + column) // 3 % 2 == 0,
        np.minimum(abs(row - 4), abs(column - 4)) < 1, (abs(column - 4) <= (row - 1) / 2) & (row < 7),
    )  # fmt: skip
    posters = np.where(np.stack(shapes), 30, 240).astype(np.uint8)
    posters[:, [0, -1]] = posters[:, :, [0, -1]] = 15  # the frame
    return posters


def with_marks(stills: Stills, rng: np.random.Generator, shuffled: bool = False) -> tuple[Stills, np.ndarray]:
    """Hang a poster on the wall behind every dancer, another one for each movement: a planted shortcut.

    As if each movement had been filmed in a room of its own. Nobody would do it on purpose; it happens.

    Parameters
    ----------
    stills
        Their pictures and rooms are copied, not changed.
    rng
        Draws where the poster hangs: in an upper corner, mostly beside the dancer, who covers it.
    shuffled
        Hang any poster behind any movement: they tell nothing then.

    Returns
    -------
        The stills with marks, and where these show: bool (N, 64, 64).
    """
    posters = _posters()
    which = rng.integers(len(posters), size=len(stills)) if shuffled else stills.y % len(posters)
    pictures, rooms = stills.pictures.copy(), stills.rooms.copy()
    shown = np.zeros_like(stills.masks)
    left, top = rng.integers(2, 8, size=len(stills)), rng.integers(2, 8, size=len(stills))
    left = np.where(rng.random(len(stills)) < 0.5, left, SIDE - MARK - left)
    for number, (x, y) in enumerate(zip(left, top, strict=True)):
        here = np.s_[number, y : y + MARK, x : x + MARK]
        rooms[here] = posters[which[number]]
        shown[here] = ~stills.masks[here]
    return replace(stills, pictures=np.where(shown, rooms, pictures), rooms=rooms), shown


# --- Files ------------------------------------------------------------------------------------------------


def save_masks(masks: Frames, path: str | os.PathLike = SHIPPED) -> Path:
    """Write masks of takes, bool (N, 10, 64, 64) in place of pictures, into one ``.npz``, packed to bits."""
    with replacing(path) as file:
        np.savez_compressed(
            file, masks=np.packbits(masks.pictures, axis=-1), take_ids=np.array(masks.take_ids)
        )
    return Path(path)


def load_masks(path: str | os.PathLike = SHIPPED) -> Frames:
    """Read what `save_masks` wrote; by default the masks of the pictures that ship.

    Raises
    ------
    BalletError
        If the file is missing, damaged, or holds something else.
    """
    arrays = read_npz(path)
    packed, ids = arrays.get("masks"), arrays.get("take_ids")
    if (
        packed is None or ids is None or packed.dtype != np.uint8
        or packed.shape != (ids.size, len(KEPT), SIDE, SIDE // 8)
    ):  # fmt: skip
        raise BalletError(f"{path} holds no masks of takes. Make it with: python tools/make_frames.py masks")
    return Frames(np.unpackbits(packed, axis=-1).astype(bool), tuple(ids.astype(str).tolist()))
