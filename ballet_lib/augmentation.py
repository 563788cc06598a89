"""Augmentation: more takes from few, by changes that leave the movement what it is.

Each function takes a take and returns a new one; what it was given stays as it was. Random ones take a
`numpy.random.Generator`. A changed take remembers its performance, so that `splits.check_leaks` finds a copy
in the test set of what a model was trained on, and lists what was done to it in ``meta["augmented"]``.

Missing points stay missing. Masks are dropped, except by `mirror`.
"""

import zlib
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ballet_lib import skeleton
from ballet_lib.errors import BalletError
from ballet_lib.pose_sequence import PoseSequence, points_at
from ballet_lib.skeleton import INDEX
from ballet_lib.takes import Take, TakeSet

_OTHER_SIDE = {"left": "right", "right": "left"}
_HIPS = [INDEX["left_hip"], INDEX["right_hip"]]
_SHOULDERS = [INDEX["left_shoulder"], INDEX["right_shoulder"]]


# --- One change each --------------------------------------------------------------------------------------


def mirror(take: Take) -> Take:
    """Reflect the dance in a mirror: left becomes right, in the picture, in space and in ``meta["side"]``.

    Exact joints and masks are reflected too, and so are ``meta["yaw"]`` and the camera's roll, where told.
    """
    poses, meta = take.poses, dict(take.meta)
    if meta.get("side") in _OTHER_SIDE:
        meta["side"] = _OTHER_SIDE[meta["side"]]
    for known, name in ((meta, "yaw"), (camera := dict(meta.get("camera") or {}), "roll")):
        if isinstance(known.get(name), int | float):
            known[name] = -known[name]
    if camera:
        meta["camera"] = camera
    mirrored = replace(
        poses,
        landmarks=skeleton.mirror(poses.landmarks),
        world=None if poses.world is None else skeleton.mirror(poses.world, world=True),
        masks=None if poses.masks is None else poses.masks[:, :, ::-1],
    )
    exact = None if take.exact is None else skeleton.mirror(take.exact, world=True)
    return _changed(take, mirrored, "mirror", exact=exact, meta=meta)


def turn(take: Take, degrees: float) -> Take:
    """Turn the landmarks about the vertical through the hips, as if the camera had gone round the dancer.

    World landmarks and exact joints turn exactly. Image landmarks turn by their own x, y and z as if seen
    from far away (weak perspective): the hips stay where they are in the picture, near limbs grow no larger,
    and the way that the dancer travels is not turned. The vertical is the picture's, so a camera that looks
    down tilts it. Against the studio's own camera, 6 m from a tendu, 20 degrees are off by 0.014 torsos on
    average where not turning is off by 0.057 (x). Visibility stays as it was.

    Parameters
    ----------
    take
        With depth: z is not NaN throughout.
    degrees
        Positive shows more of the dancer's left side, as `studio.camera.Camera.yaw` counts.

    Raises
    ------
    BalletError
        If the take has no depth, or `degrees` is no number.
    """
    if not np.isfinite(degrees):
        raise BalletError(f"Nobody can turn by {degrees} degrees. Give a number.")
    landmarks = take.poses.landmarks
    if not has_depth(take.poses):
        raise BalletError(f"{take.take_id} has no depth (z), so it cannot be turned. Use the other changes.")
    # z has the scale of x, so the turn needs no aspect ratio; y does not take part.
    turned = landmarks.copy()
    turned[..., 0] -= (axis := _hips_across(landmarks))
    turned = _turned(turned, degrees)
    turned[..., 0] += axis
    space = None if take.poses.world is None else _turned(take.poses.world, degrees)
    exact = None
    if take.exact is not None:
        hips = take.exact[:, _HIPS].mean(axis=1, keepdims=True)
        exact = hips + _turned(take.exact - hips, degrees)
    poses = replace(take.poses, landmarks=turned, world=space, masks=None)
    meta = take.meta
    if isinstance(meta.get("yaw"), int | float):
        meta = meta | {"yaw": round((meta["yaw"] + degrees + 180) % 360 - 180, 1)}
    return _changed(take, poses, f"turn {degrees:.1f}", exact=exact, meta=meta)


def warp_time(take: Take, rng: np.random.Generator, strength: float = 0.2) -> Take:
    """Dance faster here and slower there: the same way, the same beginning, end and number of frames.

    The logarithm of the speed is a smooth random curve of three waves, so time never stands or runs back. A
    timeline in `meta` goes along.

    Parameters
    ----------
    take
        T frames.
    rng
        Where chance comes from.
    strength
        Standard deviation of the logarithm of the speed: 0.2 is about a fifth faster or slower.

    Raises
    ------
    BalletError
        If `strength` is negative.
    """
    _check_share("strength", strength, highest=2)
    frames = len(take)
    if frames < 3:
        return _changed(take, take.poses, "warp_time")
    share = (np.arange(frames - 1) + 0.5) / (frames - 1)
    waves = np.concatenate([(np.sin(k * np.pi * share), np.cos(k * np.pi * share)) for k in (1, 2, 3)])
    speed = np.exp(rng.normal(0, strength / np.sqrt(3), 6) @ waves)  # sin and cos share the variance
    when = np.concatenate([[0.0], np.cumsum(speed)])
    when *= (frames - 1) / when[-1]
    poses, exact = take.poses, take.exact
    warped = replace(poses, landmarks=points_at(poses.landmarks, when), masks=None,
                     world=None if poses.world is None else points_at(poses.world, when))  # fmt: skip
    exact = None if exact is None else points_at(exact, when)
    return _changed(take, warped, "warp_time", exact=exact, meta=_warped_timeline(take, when))


def jitter(take: Take, rng: np.random.Generator, size: float = 0.02) -> Take:
    """Shake every landmark in every frame by Gaussian noise; exact joints stay.

    World landmarks shake by the same draws in the same proportion to the body.

    Parameters
    ----------
    take
        T frames.
    rng
        Where chance comes from.
    size
        Standard deviation on each axis in torsos; 0.02 is about a centimetre, or 0.6% of the body's height.

    Raises
    ------
    BalletError
        If `size` is negative, or no frame shows shoulders and hips to measure a torso by.
    """
    _check_share("size", size, highest=10)
    poses = take.poses
    noise = rng.standard_normal((len(take), 33, 3), dtype=np.float32) * np.float32(size)
    width, height = poses.size
    upright = np.array([1, height / width, 1], dtype=np.float32)  # y in the scale of x, which z has
    torso = _torso(poses.landmarks[..., :2] * upright[:2])
    if not np.isfinite(torso):
        raise BalletError(f"{take.take_id} shows shoulders and hips in no frame. Leave it out.")
    landmarks = poses.landmarks.copy()
    landmarks[..., :3] += noise * torso / upright
    space = poses.world
    if space is not None and np.isfinite(metres := _torso(space)):
        space = space + noise * metres
    return _changed(take, replace(poses, landmarks=landmarks, world=space, masks=None), "jitter")


def lose_landmarks(
    take: Take,
    rng: np.random.Generator,
    share: float = 0.05,
    whole: float = 0.02,
    burst: float = 5,
    hidden: bool = False,
) -> Take:
    """Lose single landmarks, and whole frames, in bursts as extractors do.

    Parameters
    ----------
    take
        T frames. One in which the dancer was found always keeps one.
    rng
        Where chance comes from.
    share
        Share of its frames that each landmark loses, on average.
    whole
        Share of frames in which nobody is found.
    burst
        Mean length of a loss in frames.
    hidden
        A lost landmark becomes NaN; True leaves it where it is, as MediaPipe guesses what it cannot see, and
        lowers its visibility below 0.3 instead. Whole frames are NaN either way.

    Raises
    ------
    BalletError
        If a share is not in [0, 1), or `burst` is below 1.
    """
    _check_share("share", share)
    _check_share("whole", whole)
    if not burst >= 1:
        raise BalletError(f"A loss of {burst} frames cannot be. Give 1 or more.")
    points = _bursts(rng, len(take), 33, share, burst)
    frames = _bursts(rng, len(take), 1, whole, burst)[:, 0]
    if not (take.poses.found & ~frames).any():
        frames[:] = False
    landmarks = take.poses.landmarks.copy()
    space = None if take.poses.world is None else take.poses.world.copy()
    if hidden:
        dim = rng.uniform(0, 0.3, points.sum()).astype(np.float32)
        landmarks[points, 3] = np.minimum(landmarks[points, 3], dim)
        lost = np.broadcast_to(frames[:, None], points.shape)
    else:
        lost = points | frames[:, None]
    landmarks[lost] = np.nan
    if space is not None:
        space[lost] = np.nan
    return _changed(take, replace(take.poses, landmarks=landmarks, world=space, masks=None), "lose_landmarks")


def shift_and_zoom(take: Take, right: float = 0.0, down: float = 0.0, zoom: float = 1.0) -> Take:
    """Put the dancer elsewhere in the picture, larger or smaller; world landmarks stay, exact joints go.

    Parameters
    ----------
    take
        T frames.
    right, down
        How far, in shares of the picture's width and height. Points may leave the picture.
    zoom
        Factor on the size, about the median place of the hips.

    Raises
    ------
    BalletError
        If `zoom` is not above 0, or a number is infinite or NaN.
    """
    if not (np.isfinite([right, down, zoom]).all() and zoom > 0):
        raise BalletError(
            f"A dancer cannot be shifted by ({right}, {down}) and zoomed by {zoom}. Zoom above 0."
        )
    landmarks = take.poses.landmarks.copy()
    hips = landmarks[:, _HIPS, :2].reshape(-1, 2)
    hips = hips[~np.isnan(hips).any(axis=1)]
    centre = np.median(hips, axis=0) if len(hips) else np.full(2, 0.5)
    landmarks[..., :3] *= np.float32(zoom)
    landmarks[..., :2] += (centre * (1 - zoom) + (right, down)).astype(np.float32)
    poses = replace(take.poses, landmarks=landmarks, masks=None)
    return _changed(take, poses, "shift_and_zoom", exact=None)


# --- Several at once --------------------------------------------------------------------------------------


def augment(
    take: Take,
    rng: np.random.Generator,
    mirrored: float = 0.5,
    turned: float = 15.0,
    warped: float = 0.15,
    jittered: float = 0.01,
    lost: float = 0.03,
    shifted: float = 0.08,
    zoomed: float = 0.15,
) -> Take:
    """Draw a mild combination of all changes; 0 switches one off.

    Parameters
    ----------
    take
        T frames. One without depth is not turned.
    rng
        Where chance comes from.
    mirrored
        Probability of `mirror`.
    turned
        Most degrees of `turn`, to either side.
    warped
        Strength of `warp_time`.
    jittered
        Size of `jitter`, in torsos.
    lost
        Share of `lose_landmarks`; whole frames are lost a third as often, and every other time the landmarks
        are hidden instead.
    shifted, zoomed
        Most of `shift_and_zoom`: shares of the picture, and of the size.

    Raises
    ------
    BalletError
        If a number is out of its range, or no frame shows shoulders and hips.
    """
    if not 0 <= zoomed < 1:
        raise BalletError(f"A size cannot change by up to {zoomed}. Give a share of at least 0 and below 1.")
    # Every draw is made, whether used or not, so that switching one change off leaves the others as they are.
    chance, hide = rng.random(2)
    degrees, right, down, size = rng.uniform(-1, 1, 4)
    own = rng.spawn(3)
    if chance < mirrored:
        take = mirror(take)
    if turned and has_depth(take.poses):
        take = turn(take, turned * degrees)
    if warped:
        take = warp_time(take, own[0], warped)
    if shifted or zoomed:
        take = shift_and_zoom(take, shifted * right, shifted * down, (1 + zoomed) ** size)
    if jittered:
        take = jitter(take, own[1], jittered)
    if lost:
        take = lose_landmarks(take, own[2], lost, lost / 3, hidden=hide < 0.5)
    return take


def augmented(
    takes: TakeSet,
    copies: int = 1,
    seed: int = 0,
    change: Callable[[Take, np.random.Generator], Take] = augment,
) -> TakeSet:
    """Return the takes and changed copies of each, called ``<take_id>.a01``, ``.a02`` and so on.

    Augment the training part of a split, never the whole before splitting. A copy depends on the seed, its
    number and the take's id alone, not on which other takes are in the set.

    Parameters
    ----------
    takes
        N takes.
    copies
        Copies of each; the result has N * (1 + copies) takes.
    seed
        The same seed, the same copies.
    change
        What makes a copy: `augment`, or a function of a take and a generator.

    Raises
    ------
    BalletError
        If `copies` is negative, or the set holds such copies already.
    """
    if copies < 0:
        raise BalletError(f"There cannot be {copies} copies of a take. Give 0 or more.")
    made = list(takes)
    there = {take.take_id for take in takes}
    for take in takes:
        for number in range(1, copies + 1):
            if (take_id := f"{take.take_id}.a{number:02d}") in there:
                raise BalletError(f"The set holds {take_id} already. Augment the originals alone.")
            rng = np.random.default_rng((seed, number, zlib.crc32(take.take_id.encode())))
            copy = change(take, rng)
            # Also where `change` is somebody's own and says nothing: the leak check lives on this.
            told = {"performance": take.performance, "augmented": copy.meta.get("augmented", ["changed"])}
            made.append(replace(copy, take_id=take_id, meta=copy.meta | told))
    return TakeSet(made, takes.labels)


def has_depth(poses: PoseSequence) -> bool:
    """Tell whether any landmark has a z other than 0, which stands for unknown in imported files."""
    return bool(np.nan_to_num(poses.landmarks[..., 2]).any())


_KEEP = object()


def _changed(take: Take, poses: PoseSequence, what: str, *, exact=_KEEP, meta: dict | None = None) -> Take:
    """Return the take with other poses, which remembers its performance and what was done."""
    meta = take.meta if meta is None else meta
    done = [*meta.get("augmented", ()), what]
    return replace(
        take,
        poses=poses,
        meta=meta | {"performance": take.performance, "augmented": done},
        exact=take.exact if exact is _KEEP else exact,
    )


def _turned(points: np.ndarray, degrees: float) -> np.ndarray:
    """Turn x and z of points around the origin: (T, 33, 3 or 4)."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turned = points.copy()
    turned[..., 0] = c * points[..., 0] + s * points[..., 2]
    turned[..., 2] = c * points[..., 2] - s * points[..., 0]
    return turned


def _hips_across(landmarks: np.ndarray) -> np.ndarray:
    """Return x of the hips' middle, (T, 1), carried over frames in which a hip is missing."""
    x = landmarks[:, _HIPS, 0].mean(axis=1)
    known = np.flatnonzero(np.isfinite(x))
    if not len(known):
        return np.full((len(x), 1), 0.5, dtype=np.float32)
    return np.interp(np.arange(len(x)), known, x[known]).astype(np.float32)[:, None]


def _torso(points: np.ndarray) -> float:
    """Median distance of the shoulders' middle from the hips' over the frames: (T, 33, C); NaN if unknown."""
    way = points[:, _SHOULDERS].mean(axis=1) - points[:, _HIPS].mean(axis=1)
    lengths = np.linalg.norm(way, axis=-1)
    lengths = lengths[np.isfinite(lengths)]
    return float(np.median(lengths)) if len(lengths) else np.nan


def _bursts(rng: np.random.Generator, frames: int, tracks: int, share: float, burst: float) -> np.ndarray:
    """Draw what is lost: bool (frames, tracks), `share` of it True in runs of `burst` on average."""
    before = int(4 * burst)  # losses that began earlier and last into the take
    starts = rng.random((before + frames, tracks)) < -np.log1p(-share) / burst
    lengths = rng.geometric(1 / burst, starts.shape)
    row = np.arange(before + frames)[:, None]
    ends = np.maximum.accumulate(np.where(starts, row + lengths, 0), axis=0)
    return (row < ends)[before:]


def _warped_timeline(take: Take, when: np.ndarray) -> dict:
    if "timeline" not in take.meta:
        return take.meta
    fps, frames = take.poses.fps, len(take)
    # Frame i stands for the time from i / fps to (i + 1) / fps, so its place is the middle.
    old = (np.concatenate([[-0.5], when, [frames - 0.5]]) + 0.5) / fps
    new = (np.concatenate([[-0.5], np.arange(frames), [frames - 0.5]]) + 0.5) / fps
    timeline = [
        [float(np.interp(start, old, new)), float(np.interp(end, old, new)), label]
        for start, end, label in take.timeline
    ]
    return take.meta | {"timeline": timeline}


def _check_share(name: str, value: float, highest: float = 1) -> None:
    if not 0 <= value < highest:
        raise BalletError(f"{name} is {value:g}. Give a number of at least 0 and below {highest:g}.")
