"""What a picture shows of a quantity, and how far the pose model errs in it, from every side.

In one view and movement,

    reading = offset + gain * truth + error

Two things make it up. The view: a knee that bends towards the camera does not show, one that bends across the
picture shows whole; that is geometry, and drawn dancers with planted faults tell it exactly. And the pose
model: its landmarks against the exact ones, in films of the studio. Where the error, in the quantity's unit,
is larger than a rule's `blur`, there is no entry, and nothing is said.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.takes import Take
from ballet_lib.technique_measures import (
    QUANTITIES,
    Seen,
    height_frames,
    stands_first,
    view_angle,
    working_leg,
)
from ballet_lib.technique_rules import RULES, Rule
from ballet_lib.technique_table import TABLE

K = 1.645
"""A fault is told if it is beyond what passes by more than `K` spreads of the error. Nine in ten errors are
smaller and half of the others are to the dancer's favour, so that one in twenty dancers whose technique just
passes is told a fault, and fewer of the better ones."""

NINE_IN_TEN = 0.9

STEP = 30
"""Degrees from one view to the next."""

FEWEST = 8
"""Of fewer films from one side nothing is known."""


class Reading(NamedTuple):
    """How a quantity is read in one view, and how far one reading errs."""

    gain: float
    offset: float
    spread: float
    """Of the error, in the quantity's unit: nine in ten errors are below `K` spreads."""

    def truth(self, reading):
        """Estimate the quantity from a reading."""
        return (reading - self.offset) / self.gain


Errors = dict[str, dict[str, dict[int, Reading]]]
"""By movement, rule and view (see `view_of`); no entry where nothing can be judged."""


def view_of(angle: float, side: str) -> int:
    """Return the view nearest to an angle: degrees in steps, above 0 if the camera is at this leg's side.

    0 is the front, 180 behind; `angle` is as `technique_measures.view_angle` returns it.
    """
    near = angle if side == "left" else -angle
    return (round(near / STEP) * STEP + 150) % 360 - 150


def view_for(movement: str, rule: Rule, angle: float, side: str) -> int:
    """Return the view for a rule; the whole body of a symmetrical movement has no far side."""
    if not rule.legs and movement in ("demi_plie", "releve"):
        return view_of(abs(angle), "left")
    return view_of(angle, side)


# --- Measuring -----------------------------------------------------------------------------------------


class _Look(NamedTuple):
    """One rule on one take."""

    estimated: float
    """The angle of view, towards the leg's side, as estimated; and as it is."""
    true: float
    reading: float
    """From the pose model's landmarks; and as it would be from exact ones."""
    exact: float
    truth: float


def measure_errors(takes: Iterable[Take], dancers: int = 40, seed: int = 0) -> Errors:
    """Measure what is read in every rule and view, and how far it errs; `ERRORS` was made by this.

    Parameters
    ----------
    takes
        Films with exact joints, which tell the pose model's part. Some should have faults planted
        (`studio.faults.planted`): correct dancers alone cannot tell whether a landmark follows a fault.
    dancers
        How many to draw for the view's part; they need no film.
    seed
        Of that draw.

    Raises
    ------
    BalletError
        If no take has exact joints and one of the six movements.
    """
    looks = _looks(takes)
    if not looks:
        raise BalletError("No take here has exact joints. Film dancers with studio.faults.planted.")
    follows = _follows(looks)
    rng = np.random.default_rng(seed)
    errors: Errors = {}
    for movement, rules in RULES.items():
        errors[movement] = {}
        for rule in rules:
            some = np.array(looks[movement, rule.key])
            shown = _shown(movement, rule, dancers, rng)
            views = range(0, 181, STEP) if _folded(movement, rule) else range(-150, 181, STEP)
            found = {view: _measured(some, follows[rule.key], shown, view, rng) for view in views}
            errors[movement][rule.key] = {
                view: reading
                for view, reading in found.items()
                if reading and K * reading.spread <= rule.blur
            }
    return errors


def _folded(movement: str, rule: Rule) -> bool:
    return not rule.legs and movement in ("demi_plie", "releve")


def _looks(takes: Iterable[Take]) -> dict[tuple[str, str], list[_Look]]:
    found = defaultdict(list)
    for take in takes:
        if take.movement not in RULES or take.exact is None or take.poses.found.sum() < len(take) / 2:
            continue
        seen, exact = Seen.of(take.poses), exactly_seen(take)
        seen = replace(seen, working=working_leg(seen, take.movement))
        frames, exact_frames = height_frames(seen, take.movement), height_frames(exact, take.movement)
        angles = view_angle(seen), view_angle(exact)
        for rule in RULES[take.movement]:
            for side, true_side in zip(rule.sides(seen.working), rule.sides(exact.working), strict=True):
                quantity = QUANTITIES[rule.quantity]
                if quantity.from_standing and not stands_first(seen, take.movement, take.poses.fps):
                    continue
                near, far = (
                    angle if one == "left" else -angle
                    for angle, one in zip(angles, (side, true_side), strict=True)
                )
                if _folded(take.movement, rule):
                    near, far = map(abs, angles)
                found[take.movement, rule.key].append(_Look(
                    near,
                    far,
                    np.median(quantity.reading(seen, side)[frames]),
                    np.median(quantity.reading(exact, true_side)[exact_frames]),
                    np.median(quantity.truth(exact, true_side)[exact_frames]),
                ))  # fmt: skip
    return found


def exactly_seen(take: Take) -> Seen:
    """Return what a perfect extractor would see, behind a camera that is level."""
    exact = Seen.of(take.truth)
    camera = take.meta.get("camera", {})
    pitch, roll = np.radians([camera.get("pitch", 0.0), camera.get("roll", 0.0)])
    x, y, z = np.moveaxis(exact.world, -1, 0)
    x, y = np.cos(roll) * x + np.sin(roll) * y, np.cos(roll) * y - np.sin(roll) * x
    world = np.stack(
        [x, np.cos(pitch) * y + np.sin(pitch) * z, np.cos(pitch) * z - np.sin(pitch) * y], axis=-1
    )
    return replace(exact, world=world, working=working_leg(exact, take.movement))


def _follows(looks: dict[tuple[str, str], list[_Look]]) -> dict[str, float]:
    """Measure how far the pose model's landmarks follow exact ones, by rule: 1 entirely, 0 not at all.

    What of the readings varies with the truth, over what of the exact ones does (a line through two noisy
    things, with the truth as instrument); without what is far off, since where legs cross blunders happen.
    """
    some = defaultdict(list)
    for (_, key), few in looks.items():
        columns = np.array(few).T[2:]
        some[key].append(columns - np.median(columns, axis=1, keepdims=True))
    follows = {}
    for key, movements in some.items():
        reading, exact, truth = np.concatenate(movements, axis=1)
        missed = np.abs(reading - exact)
        usual = missed <= 6 * np.median(missed)
        follows[key] = float(reading[usual] @ truth[usual] / (exact[usual] @ truth[usual]))
    return follows


def _shown(movement: str, rule: Rule, dancers: int, rng: np.random.Generator) -> np.ndarray:
    """Draw dances with this rule's fault, and return what exact landmarks show of it from all around.

    Rows of (angle of view towards the leg's side, truth, exact reading).
    """
    from ballet_lib.studio.faults import FAULTS, HEIGHTS, plant
    from ballet_lib.studio.performance import perform
    from ballet_lib.studio.recipes import Dancer

    fault = next(one for one in FAULTS.values() if one.rule == rule.key and movement in one.movements)
    _, there, stays, _ = HEIGHTS[movement]
    rows = []
    for number in range(dancers):
        dancer = Dancer.draw(f"m{number}", rng)
        for size in (0.0, rng.uniform(0, 15), rng.uniform(10, 30)):
            style = dancer.style(rng)
            motion = perform(plant(fault.name, movement, size, style), dancer.body, style, fps=10)
            height = min(round((there + stays) / 2 * 60 / style.tempo * 10), len(motion) - 1)
            points = dancer.body.landmarks(motion[[0, height]])  # with how she stood before
            working = "left" if movement in ("demi_plie", "releve") else style.side
            rows += [_filmed(rule, points, working, rng) for _ in range(12)]
    return np.array(rows)


def _filmed(rule: Rule, points: np.ndarray, working: str, rng) -> tuple[float, float, float]:
    from ballet_lib.studio.camera import Camera

    side, size = rule.sides(working)[0], (640, 480)
    near = rng.uniform(-180, 180)
    camera = Camera.draw(rng, (near, near) if side == "left" else (-near, -near))
    camera = replace(camera, distance=2.9 * camera.focal)  # from where she fills most of the picture
    image = camera.landmarks(points, size)[..., :2] * (size[0] / size[1], 1.0)
    level = replace(camera, pitch=0.0, roll=0.0)
    seen = Seen((points - points[:, [23, 24]].mean(axis=1, keepdims=True)) @ level.axes.T, image, working)
    quantity = QUANTITIES[rule.quantity]
    return near, quantity.truth(seen, side)[-1], quantity.reading(seen, side)[-1]


def _measured(looks: np.ndarray, follows: float, shown: np.ndarray, view: int, rng) -> Reading | None:
    """Put the pose model's error and the view's together: looks (N, 5), shown (M, 3)."""
    estimated, true, reading, exact, _ = looks.T
    near = np.abs(_turn(estimated - view)) <= STEP
    if near.sum() < FEWEST:
        return None
    missed = (reading - follows * exact)[near]
    # The angle of view is itself an estimate: take what is seen under it for what it may be.
    seen_from = shown[:, 0] + rng.choice(_turn(estimated - true)[near], len(shown))
    here = np.abs(_turn(seen_from - view)) <= STEP / 2
    truths, shows = shown[here, 1], shown[here, 2]
    slope, level = np.polyfit(truths, shows, 1)
    gain = follows * slope
    bias = float(np.median(missed))
    error = follows * (shows - slope * truths - level) + rng.choice(missed - bias, len(shows))
    spread = np.quantile(np.abs(error), NINE_IN_TEN) / K / max(abs(gain), 1e-9)
    return Reading(*(float(f"{number:.4g}") for number in (gain, follows * level + bias, spread)))


def _turn(degrees):
    return (degrees + 180) % 360 - 180


ERRORS: Errors = {
    movement: {
        key: {view: Reading(*numbers) for view, numbers in views.items()} for key, views in rules.items()
    }
    for movement, rules in TABLE.items()
}
"""What is known, as `measure_errors` measured it."""
