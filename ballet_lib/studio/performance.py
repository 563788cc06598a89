"""From choreography to motion: glide through the keys, add arms and sway, and let a body follow."""

from dataclasses import replace

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.studio.balance import NEUTRAL, embody
from ballet_lib.studio.body import JOINTS, Body, Motion
from ballet_lib.studio.choreography import ARMS, PHRASES, Keys, Phrase, Style, at, port_de_bras
from ballet_lib.studio.variations import VARIATIONS


def dance(movement: str, body: Body | None = None, style: Style | None = None, fps: float = 20.0) -> Motion:
    """Dance one movement from beginning to end.

    Parameters
    ----------
    movement
        A label of the vocabulary, or the name of a single phrase such as `"walk"`.
    body, style
        Who dances, and how; an average dancer and a plain style if not given.
    fps
        Frames a second; the number of frames T follows from the tempo.

    Raises
    ------
    BalletError
        If the movement is unknown, or tempo, fps or amplitude cannot be danced.
    """
    body, style = body or Body(), style or Style()
    return perform(phrase(movement, style)(style), body, style, fps)


def perform(keys: Keys, body: Body, style: Style, fps: float = 20.0) -> Motion:
    """Dance any keys, your own included: interpolate, add arms and sway, solve, choose the side."""
    if not (style.tempo > 0 and fps > 0 and 0 < style.amplitude <= 1.5):
        raise BalletError(
            f"Nobody can dance at {style.tempo:g} counts a minute, {fps:g} frames a second and amplitude "
            f"{style.amplitude:g}. Give positive numbers, and an amplitude of at most 1.5."
        )
    if style.side not in ("left", "right"):
        raise BalletError(f"A dancer has no {style.side!r} leg. Choose 'left' or 'right'.")
    keys = with_arms(keys, style)
    beats = max(count for count, _ in keys)
    seconds = beats * 60 / style.tempo
    counts = np.linspace(0, beats, max(round(seconds * fps), 2))
    score = _sway(interpolate(keys, counts), style, fps)
    motion = embody(body, score, fps)
    if style.side == "left":
        motion = reflect(motion)
    return turn_stage(motion, style.facing)


def interpolate(keys: Keys, counts: np.ndarray) -> dict[str, np.ndarray]:
    """Glide every channel through the keys that name it: counts (T,) to a score of arrays (T,)."""
    score = {}
    for name, rest in NEUTRAL.items():
        points = sorted({count: change[name] for count, change in keys if name in change}.items())
        when, value = np.array(points).T if points else (np.zeros(1), np.full(1, rest))
        after = np.clip(np.searchsorted(when, counts, side="right"), 1, len(when) - 1) if len(when) > 1 else 0
        before = np.maximum(after - 1, 0)
        share = (counts - when[before]) / np.maximum(when[after] - when[before], 1e-9)
        score[name] = value[before] + (value[after] - value[before]) * minimum_jerk(share)
    return score


def minimum_jerk(share: np.ndarray) -> np.ndarray:
    """Share of the way done after a share of the time, as reaching arms do it (Flash and Hogan 1985)."""
    u = np.clip(share, 0, 1)
    return u**3 * (10 - 15 * u + 6 * u**2)


def reflect(motion: Motion) -> Motion:
    """Dance on the other side: reflect a motion left to right."""
    twin = [JOINTS.index(_other_side(name)) for name in JOINTS]
    flip = np.array([-1.0, 1, 1])
    rotation = motion.rotation[:, twin] * flip[:, None] * flip
    return replace(motion, position=motion.position[:, twin] * flip, rotation=rotation)


def turn_stage(motion: Motion, degrees: float) -> Motion:
    """Turn a whole motion about the vertical, to the dancer's left."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    return replace(motion, position=motion.position @ turn.T, rotation=turn @ motion.rotation)


def phrase(movement: str, style: Style) -> Phrase:
    """Find the phrase danced under a label; where a label has several, the style's seed chooses."""
    every = {
        one.__name__: one for some in (PHRASES, VARIATIONS) for phrases in some.values() for one in phrases
    }
    if movement in PHRASES:
        choices = PHRASES[movement]
        return choices[style.seed % len(choices)]
    if movement in every:
        return every[movement]
    raise BalletError(f"Nobody here knows the movement {movement!r}. Choose among {', '.join(every)}.")


def with_arms(keys: Keys, style: Style) -> Keys:
    """Replace the arms of the phrase by those of the style."""
    if style.arms is None:
        return keys
    names = set(ARMS["bras bas"])
    keys = [(count, {name: v for name, v in change.items() if name not in names}) for count, change in keys]
    if style.arms == "free":
        rng = np.random.default_rng(style.seed)
        when = np.linspace(0, max(count for count, _ in keys), 3)
        return keys + port_de_bras(list(rng.choice(list(ARMS), 3)), list(when))
    if style.arms not in ARMS:
        raise BalletError(
            f"There are no arms called {style.arms!r}. Choose among {', '.join(ARMS)}, or 'free'."
        )
    return [*keys, at(0, ARMS[style.arms])]


def _sway(score: dict[str, np.ndarray], style: Style, fps: float) -> dict[str, np.ndarray]:
    """Add breath and sway: slow sums of sines of a degree or less, different for every seed."""
    rng = np.random.default_rng([style.seed, 1])
    seconds = np.arange(len(score["plie"])) / fps
    sizes = {"tilt": 0.5, "bend": 0.9, "lean": 0.8, "twist": 0.8, "turn": 1.5, "nod": 1.2, "incline": 1.0}
    sizes |= {f"{side}_hand_{axis}": 0.012 for side in ("left", "right") for axis in ("out", "up", "front")}
    for name, size in sizes.items():
        for period in (rng.uniform(0.9, 1.6), rng.uniform(2.2, 4.5)):
            score[name] = score[name] + style.sway * size / 2 * np.sin(
                2 * np.pi * (seconds / period + rng.random())
            )
    return score


def _other_side(name: str) -> str:
    return name.replace("left", "?").replace("right", "left").replace("?", "right")
