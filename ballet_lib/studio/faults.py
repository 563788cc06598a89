"""Mistakes of known size, planted into a movement: what a teacher corrects, to see whether it is noticed.

A fault changes keys of the choreography around the movement's height, so that the body still balances and the
exact landmarks show the size that was planted. Written for the right leg as the working leg, like every
movement.
"""

import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.studio.body import JOINT, Body
from ballet_lib.studio.camera import Camera, Damage
from ballet_lib.studio.choreography import PHRASES, Channels, Keys, Style, at, both, right
from ballet_lib.studio.performance import interpolate
from ballet_lib.studio.recipes import LANDSCAPE, PORTRAIT, Dancer, Recipe, Recipes
from ballet_lib.studio.scene import Scene
from ballet_lib.studio.stage import Stage

HEIGHTS: dict[str, tuple[float, float, float, float]] = {
    "demi_plie": (0.0, 2.0, 2.4, 4.4),
    "battement_tendu": (0.8, 1.9, 2.7, 3.8),
    "releve": (0.0, 1.8, 2.8, 4.4),
    "attitude_croisee": (2.1, 3.0, 4.0, 4.8),
    "first_arabesque": (2.1, 3.0, 4.0, 4.8),
    "retire_devant": (1.2, 2.2, 3.1, 4.1),
}
"""For each movement the counts at which its height begins to come, is there, ends, and is gone."""


@dataclass(frozen=True)
class Fault:
    """A mistake that can be planted.

    Attributes
    ----------
    name
        As a learner writes it.
    rule
        The key of the rule of `technique` that should notice it.
    unit
        Of its size: "°" or "cm".
    description
        What the dancer does.
    plant
        From the keys of the height as they should be, the size and the movement, to the channels that show
        the mistake.
    movements
        In which it can be planted.
    """

    name: str
    rule: str
    unit: str
    description: str
    plant: Callable[[Channels, float, str], Channels]
    movements: tuple[str, ...]


def plant(fault: str, movement: str, size: float, style: Style | None = None) -> Keys:
    """Return the keys of a movement with one mistake in it, for `Scene(movement, keys=...)` or `perform`.

    Parameters
    ----------
    fault
        A name of `FAULTS`.
    movement
        One of the fault's movements.
    size
        In the fault's unit; 0 plants nothing.
    style
        How the movement is danced otherwise.

    Raises
    ------
    BalletError
        If nobody knows the fault, or it cannot be planted into this movement.
    """
    if fault not in FAULTS:
        raise BalletError(f"Nobody knows the fault {fault!r}. Choose among {', '.join(FAULTS)}.")
    one = FAULTS[fault]
    if movement not in one.movements:
        raise BalletError(
            f"{fault} cannot be planted into {movement!r}, only into {', '.join(one.movements)}."
        )
    style = style or Style()
    keys = PHRASES[movement][0](style)
    if size == 0:
        return keys
    comes, there, stays, gone = HEIGHTS[movement]
    score = interpolate(keys, np.array([comes, there, gone]))
    good = {name: float(values[1]) for name, values in score.items()}
    faulty = one.plant(good, size, movement)
    # Where the height begins to come and is gone, nothing changes: the glide in between is the dancer's.
    before, after = ({name: float(score[name][when]) for name in faulty} for when in (0, 2))
    return [*keys, at(comes, before), at(there, faulty), at(stays, faulty), at(gone, after)]


def extension_of(bend: float) -> float:
    """Return hip to ankle as a share of the straight leg, for a knee that bends by `bend` degrees."""
    rest = Body().rest
    hip, knee, ankle = (rest[JOINT[f"left_{joint}"]] for joint in ("hip", "knee", "ankle"))
    thigh, shank = np.linalg.norm(hip - knee), np.linalg.norm(knee - ankle)
    return float(
        np.sqrt(thigh**2 + shank**2 + 2 * thigh * shank * np.cos(np.radians(bend))) / (thigh + shank)
    )


def _bent_attitude(size: float) -> float:
    """Extension of a lifted leg that is straighter than an attitude's by `size` degrees."""
    bends = np.linspace(0, 120, 241)
    attitude = np.interp(0.74, [extension_of(bend) for bend in bends[::-1]], bends[::-1])
    return extension_of(attitude - size)


def _lower(heel: float, size: float) -> float:
    return max(heel - size / _SHARE_OF_HEEL, 0.0)


_ON_ONE_LEG = ("battement_tendu", "attitude_croisee", "first_arabesque", "retire_devant")
_LEG_LENGTH = 0.478 * 168  # cm, of an average dancer
_SHARE_OF_LEAN = 0.57  # of the spine's bend to the side, which the line from hips to shoulders shows
_SHARE_OF_HEEL = 0.86  # of a foot's turn about its ball, which the line from heel to toes shows
_SHARE_OF_FOOT = 1.16  # of a retiré's foot, which sinks more than its leg gets longer, as the knee sinks too

FAULTS: dict[str, Fault] = {
    one.name: one
    for one in (
        Fault(
            "bent_supporting_knee", "supporting_knee", "°", "the knee she stands on is bent by so much",
            lambda good, size, movement: {"plie": size}, _ON_ONE_LEG,
        ),
        Fault(
            "bent_knees", "knees", "°", "both knees are bent by so much at the top of the rise",
            lambda good, size, movement: {"plie": size}, ("releve",),
        ),
        Fault(
            "bent_working_knee", "working_knee", "°", "the knee of the moving leg is bent by so much",
            lambda good, size, movement: right(extension=extension_of(size)),
            ("battement_tendu", "first_arabesque"),
        ),
        Fault(
            "straight_attitude", "bent_knee", "°", "the lifted knee is so much straighter than an attitude's",
            lambda good, size, movement: right(extension=_bent_attitude(size)), ("attitude_croisee",),
        ),
        Fault(
            "lifted_hip", "hips", "°", "the hip of the moving leg is lifted by so much",
            lambda good, size, movement: {"hike": good["hike"] - size},
            ("battement_tendu", "attitude_croisee", "retire_devant"),
        ),
        Fault(
            "leaning", "back", "°", "the trunk leans by so much: forward, or away from the moving leg",
            lambda good, size, movement: {"tilt": size} if movement == "demi_plie"
            else {"lean": size / _SHARE_OF_LEAN}, ("demi_plie", "battement_tendu", "retire_devant"),
        ),
        Fault(
            "dropped_back", "back", "°", "the trunk tips forward by so much more",
            lambda good, size, movement: {"tilt": good["tilt"] + size}, ("first_arabesque",),
        ),
        Fault(
            "low_leg", "leg_height", "°", "the lifted leg is lower by so much",
            lambda good, size, movement: right(front=good["right_front"] + size),
            ("attitude_croisee", "first_arabesque"),
        ),
        Fault(
            "knees_in", "knees_over_toes", "°", "the knees point inwards of the toes by so much",
            lambda good, size, movement: both(knee_in=size), ("demi_plie",),
        ),
        Fault(
            "heels_up", "heels", "°", "the heels leave the floor, the feet tip forward by so much",
            lambda good, size, movement: both(heel=size / _SHARE_OF_HEEL), ("demi_plie",),
        ),
        Fault(
            "low_heels", "heel_height", "°", "the feet stop rising so much too early",
            lambda good, size, movement: both(heel=_lower(good["right_heel"], size)), ("releve",),
        ),
        Fault(
            "uneven_heels", "heels_alike", "°", "the right foot rises by so much less than the left",
            lambda good, size, movement: right(heel=_lower(good["right_heel"], size)), ("releve",),
        ),
        Fault(
            "low_foot", "foot_at_knee", "cm", "the foot stays so much below its place at the knee",
            lambda good, size, movement: right(
                extension=min(good["right_extension"] + size / _LEG_LENGTH / _SHARE_OF_FOOT, 1)
            ),
            ("retire_devant",),
        ),
        Fault(
            "uneven_shoulders", "shoulders", "°", "the shoulder over the moving leg is higher by so much",
            lambda good, size, movement: {"lean": good["lean"] + size}, ("first_arabesque",),
        ),
        Fault(
            "shallow_plie", "depth", "°", "the knees bend less by so much",
            lambda good, size, movement: {"plie": max(good["plie"] - size, 5)}, ("demi_plie",),
        ),
        Fault(
            "turned_in", "turn_out", "°", "the lifted knee comes forward by so much",
            lambda good, size, movement: right(turnout=good["right_turnout"] - size), ("retire_devant",),
        ),
    )
}  # fmt: skip
"""Every mistake that can be planted, by its name."""

VIEWS: dict[str, tuple[float, float]] = {
    "front": (0, 30), "diagonal": (30, 60), "side": (60, 120), "behind": (120, 180),
}  # fmt: skip
"""Degrees between the dancer's front and the camera, to either side."""

FPS, FRAMES = 10.0, 20


def planted(
    name: str,
    dancers: Iterable[int],
    sizes: Sequence[float],
    views: Sequence[str],
    faults: Sequence[str] = (*FAULTS, ""),
) -> Recipes:
    """Return recipes of takes with planted faults by freshly drawn dancers, nobody of a set that ships.

    Every dancer shows each fault in each of its movements once; the sizes and the views take turns, so that
    each size meets each view.

    Parameters
    ----------
    name
        Of the draw: other names are other dancers.
    dancers
        Their numbers.
    sizes
        Of the faults, in their units.
    views
        Names of `VIEWS`.
    faults
        Names of `FAULTS`; "" for each movement without a fault.
    """
    pairs = [(fault, movement) for fault in faults
             for movement in (FAULTS[fault].movements if fault else HEIGHTS)]  # fmt: skip
    recipes: Recipes = {}
    for who in dancers:
        seed = [zlib.crc32(name.encode()), who]
        for what, (fault, movement) in enumerate(pairs):
            size = sizes[(what + who) % len(sizes)] if fault else 0.0
            view = views[(what + who + who // len(sizes)) % len(views)]
            take_id = f"{name}{who:02d}_{fault or 'none'}_{movement}_1"
            dancer = partial(Dancer.draw, f"{name}{who:02d}", np.random.default_rng(seed))
            rng = np.random.default_rng([*seed, zlib.crc32(f"{fault} {movement}".encode()), 0])
            recipes[take_id] = partial(_recipe, take_id, dancer, fault, movement, size, view, rng)
    return recipes


def _recipe(take_id, dancer, fault: str, movement: str, size: float, view: str, rng) -> Recipe:
    """Draw how one take is danced and filmed: two seconds around the movement's height."""
    dancer = dancer()
    style = dancer.style(rng)
    yaw = float(rng.uniform(*VIEWS[view]) * rng.choice([-1, 1]))
    keys = plant(fault, movement, size, style) if fault else None
    scene = Scene(
        movement, dancer.body, style, dancer.look,
        Camera.draw(rng, (yaw, yaw)), Stage.draw(rng), Damage.draw(rng),
        size=LANDSCAPE if rng.random() < 0.6 else PORTRAIT, fps=FPS, fill=float(rng.uniform(0.62, 0.93)),
        keys=keys,
    )  # fmt: skip
    _, there, stays, _ = HEIGHTS[movement]
    frames = min(FRAMES, len(scene.motion))
    middle = (there + stays) / 2 * 60 / style.tempo * FPS + rng.uniform(-3, 3)
    start = int(np.clip(round(middle - frames / 2), 0, len(scene.motion) - frames))
    camera = scene.framed
    meta = {
        "fault": fault, "size": size, "view": view,
        "side": style.side, "amplitude": round(style.amplitude, 2),
        "yaw": round(yaw, 1), "focal": round(camera.focal, 4),
        "camera": {"pitch": round(camera.pitch, 1), "roll": round(camera.roll, 1)},
    }  # fmt: skip
    return Recipe(take_id, movement, dancer.name, scene, start, frames, meta=meta)
