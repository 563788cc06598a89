"""A movement of one's own: is it danced by a body that could stand, and can it be told from the six?

Everything is taken from the studio's exact joints, so nothing has to be drawn or found.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np

from ballet_lib.checks.own_dance import flight
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.skeleton import INDEX, angle_between, joint_angles
from ballet_lib.studio.balance import centre_of_mass
from ballet_lib.studio.body import JOINT, Body, Motion
from ballet_lib.studio.camera import Camera
from ballet_lib.studio.choreography import PHRASES, Keys, Phrase, Style
from ballet_lib.studio.performance import perform
from ballet_lib.studio.scene import Scene
from ballet_lib.takes import Take, TakeSet
from ballet_lib.vocabulary import BALLET_MOVEMENTS

FPS = 20.0
ON_FLOOR = 0.05
"""Metres over the floor below which a heel or a ball of the foot carries weight."""
BESIDE = 0.04
"""Metres by which the centre of mass may lie beside the feet: half a foot's breadth."""
FLAT = 0.12
"""Metres of the floor that a foot covers unless it is pointed."""
SHARPEST_KNEE = 25.0
"""Degrees between thigh and shank where the calf meets the thigh."""
MOMENTS = 16
"""At which a dance is compared with another."""
TAUGHT, ASKED = (0, 1, 2), (3, 4, 5, 6)
"""Numbers of the dancers who show the movements, and of those who are asked."""
CLEARLY = 1.6
"""How much farther than its own kind the nearest of the six must be."""

_SIDES = ("left", "right")


def dancer(number: int) -> tuple[Body, Style]:
    """Draw a dancer who dances as taught: the size of a movement, its tempo and turnout vary a little."""
    rng = np.random.default_rng([11, number])
    style = Style(
        amplitude=float(rng.uniform(0.8, 1.05)),
        tempo=float(rng.uniform(75, 110)),
        turnout=float(rng.uniform(45, 65)),
        seed=int(rng.integers(1000)),
    )
    return Body.draw(rng), style


def takes(phrases: dict[str, Callable[[Style], Keys]], dancers: range, yaw: float = 40.0) -> TakeSet:
    """Let dancers dance each of some movements before a camera, joints as the studio knows them.

    Parameters
    ----------
    phrases
        For each label, a function from a style to keys.
    dancers
        Their numbers.
    yaw
        Degrees around the dancer within which the camera stands.
    """
    danced = []
    for number in dancers:
        body, style = dancer(number)
        rng = np.random.default_rng([12, number])
        for label, phrase in phrases.items():
            camera = Camera(yaw=float(rng.uniform(-yaw, yaw)))
            side = str(rng.choice(_SIDES))
            scene = Scene(label, body, replace(style, side=side), camera=camera, keys=phrase(style), fps=FPS)
            poses = replace(scene.exact, source="studio", meta={})
            danced.append(Take(_like_extracted(poses), label, f"d{number:02d}", f"d{number:02d}_{label}"))
    return TakeSet(danced)


def _like_extracted(poses: PoseSequence) -> PoseSequence:
    return poses.resample(frames=40)


def stumbles(keys: Keys, body: Body, style: Style) -> str | None:
    """Return what a body cannot do in these keys, in a sentence; None if it could dance them.

    Raises
    ------
    BalletError
        If the keys cannot be read at all.
    """
    motion = perform(keys, body, style, FPS)
    count = np.linspace(0, max(when for when, _ in keys), len(motion))
    points = body.landmarks(motion)
    for judge in (_falls, _breaks_a_knee, _flies):
        found = judge(motion, points)
        if found:
            frame, words = found
            return f"On count {count[frame]:.1f} {words}"
    return None


def _falls(motion: Motion, points: np.ndarray) -> tuple[int, str] | None:
    feet = [INDEX[f"{side}_{part}"] for side in _SIDES for part in ("heel", "foot_index")]
    balls = motion.position[:, [JOINT[f"{side}_toes"] for side in _SIDES]]
    soles = np.concatenate([points[:, feet], balls], axis=1)
    centre = centre_of_mass(motion.position)[:, [0, 2]]
    for frame, (sole, middle) in enumerate(zip(soles, centre, strict=True)):
        down = sole[sole[:, 1] < ON_FLOOR][:, [0, 2]]
        if not len(down):
            return frame, "neither foot is on the floor. The studio knows no jumps: leave one leg free=0."
        beside = distance_to_support(middle, down)
        if beside > BESIDE:
            return frame, (
                f"she falls: her weight is {100 * beside:.0f} cm beside her feet. Before a leg leaves the "
                "floor the weight goes over: ON_LEFT_LEG."
            )
    return None


def distance_to_support(point: np.ndarray, corners: np.ndarray) -> float:
    """Return how far a point (2,) is from the area that corners (n, 2) span, 0 within it."""
    around = np.sort(np.arctan2(*(corners - point).T))
    widest = np.diff([*around, around[0] + 2 * np.pi]).max()
    if len(corners) > 2 and widest <= np.pi:  # there are corners on all sides
        return 0.0
    one, other = np.triu_indices(len(corners))
    along = corners[other] - corners[one]
    length = np.maximum((along**2).sum(axis=1), 1e-9)
    share = np.clip(((point - corners[one]) * along).sum(axis=1) / length, 0, 1)
    nearest = corners[one] + share[:, None] * along
    return float(np.linalg.norm(nearest - point, axis=1).min())


def _breaks_a_knee(motion: Motion, points: np.ndarray) -> tuple[int, str] | None:
    angles = joint_angles(points)
    for side in _SIDES:
        knee = angles[f"{side}_knee"]
        if knee.min() < SHARPEST_KNEE:
            return int(knee.argmin()), (
                f"the {side} knee is folded to {knee.min():.0f}°: the calf has met the thigh. Less plie, or "
                "more extension."
            )
        hip, middle, ankle, heel, toes = (
            points[:, INDEX[f"{side}_{name}"]] for name in ("hip", "knee", "ankle", "heel", "foot_index")
        )
        foot, bend = ((toes - heel) * (1, 0, 1), (middle - (hip + ankle) / 2) * (1, 0, 1))
        planted = (toes[:, 1] < ON_FLOOR) & (np.linalg.norm(foot, axis=-1) > FLAT) & (knee < 150)
        against = planted & (angle_between(foot, bend) > 110)
        if against.any():
            return int(against.argmax()), (
                f"the {side} knee bends against its foot. Knees bend over the toes: look at knee_in, foot "
                "and turnout."
            )
    return None


def _flies(motion: Motion, points: np.ndarray) -> tuple[int, str] | None:
    if (fast := flight(points, motion.fps)) is None:
        return None
    return fast.frame, f"the {fast.part} flies at {fast.speed:.0f} m/s. Give it more counts from key to key."


def nearest_of_six(phrase: Phrase) -> tuple[str, float, str | None]:
    """Compare a movement with the six, danced by the same dancers.

    Each dance of dancers who are asked is compared with all that others have shown, by where the landmarks
    are at `MOMENTS` moments of the dance, over the hips and the floor.

    Returns
    -------
    tuple
        The nearest of the six; how many times farther it is than the movement's own kind; and which of the
        six is now taken for the movement, None if none is.
    """
    shown = np.stack([_shape(phrase, number) for number in TAUGHT])
    asked = np.stack([_shape(phrase, number) for number in ASKED])
    own = _apart(asked, shown).min(axis=1)
    others = {label: _apart(asked, _six(label, TAUGHT)).min(axis=1) for label in BALLET_MOVEMENTS}
    nearest = min(others, key=lambda label: others[label].mean())
    taken = [
        label
        for label in BALLET_MOVEMENTS
        if (
            _apart(_six(label, ASKED), shown).min(axis=1)
            < _apart(_six(label, ASKED), _six(label, TAUGHT)).min(axis=1)
        ).any()
    ]
    return nearest, float((others[nearest] / np.maximum(own, 1e-9)).mean()), taken[0] if taken else None


def _shape(phrase: Callable[[Style], Keys], number: int) -> np.ndarray:
    """Describe a dance by its landmarks, in bodies: (MOMENTS * 99,)."""
    body, style = dancer(number)
    points = body.landmarks(perform(phrase(style), body, style, FPS)) / body.height
    points = points[np.linspace(0, len(points) - 1, MOMENTS).round().astype(int)]
    hips = points[:, [INDEX["left_hip"], INDEX["right_hip"]]].mean(axis=1, keepdims=True)
    return (points - hips * (1, 0, 1)).ravel()


@cache
def _six(label: str, numbers: tuple[int, ...]) -> np.ndarray:
    return np.stack([_shape(PHRASES[label][0], number) for number in numbers])


def _apart(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    return np.linalg.norm(some[:, None] - others[None], axis=-1)
