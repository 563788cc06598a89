"""A learner's own dance: read its keys, let the studio dance it, and ask whether a body could."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ballet_lib.checks.base import Wrong, expect
from ballet_lib.skeleton import LANDMARKS

if TYPE_CHECKING:
    from ballet_lib.studio.scene import Scene

TEMPO = 90
"""Counts a minute at which the studio dances the learner's keys."""

FASTEST = 9.0
"""Metres a second; a hand that is thrown up reaches 8."""


class Flight(NamedTuple):
    """What moves faster than a body can."""

    frame: int
    part: str
    speed: float
    """Metres a second."""


def danced(keys, seed: int) -> "Scene":
    """Let an average dancer dance the keys, if they can be read."""
    from ballet_lib.studio.balance import NEUTRAL
    from ballet_lib.studio.choreography import Style
    from ballet_lib.studio.scene import Scene

    readable = isinstance(keys, (list, tuple)) and all(
        isinstance(key, tuple) and len(key) == 2 and isinstance(key[1], dict) for key in keys
    )
    expect(readable and keys, "A dance is a list of keys, each made by `at(count, ...)`.")
    for count, change in keys:
        unknown = sorted(set(change) - set(NEUTRAL))
        expect(
            not unknown,
            f"At count {count} you name {', '.join(unknown)}, which no dancer has. Channels of a leg or an "
            "arm need a side: `both(heel=50)`, `left(...)`, `right(...)`.",
        )
        numbers = [count, *change.values()]
        expect(np.isfinite(np.asarray(numbers, float)).all(), f"At count {count} a value is no number.")
    seconds = max(count for count, _ in keys) * 60 / TEMPO
    expect(
        3 <= seconds <= 12,
        f"Your dance lasts {seconds:.1f} s at {TEMPO} counts a minute. Between 3 and 12 s are asked.",
    )
    return Scene("my dance", style=Style(tempo=TEMPO, seed=seed), keys=list(keys))


def flight(points: np.ndarray, fps: float, names: Sequence[str] = LANDMARKS) -> Flight | None:
    """Return the fastest of some points (T, N, 3) in metres if it is faster than `FASTEST`."""
    speed = np.linalg.norm(np.diff(points, axis=0), axis=-1) * fps
    frame, point = np.unravel_index(speed.argmax(), speed.shape)
    fastest = Flight(int(frame), names[int(point)].replace("_", " "), float(speed.max()))
    return fastest if fastest.speed > FASTEST else None


def expect_a_body_could(points: np.ndarray, fps: float) -> None:
    """Ask that nothing flies, and that she ends where she began."""
    if fast := flight(points, fps):
        raise Wrong(
            f"At {fast.frame / fps:.1f} s her {fast.part} flies at {fast.speed:.0f} m/s. Nobody can: give "
            "that glide more counts."
        )
    away = np.linalg.norm(points[-1] - points[0], axis=-1).max()
    expect(
        away <= 0.12,
        f"She does not end as she began: a landmark is {100 * away:.0f} cm off. End with "
        "`first_position(55)` and the arms of the beginning.",
    )


def when(flags: np.ndarray, fps: float) -> str:
    """Say from when to when the longest run of True lasts, in seconds."""
    start, end = longest(flags)
    return f"{start / fps:.1f} to {end / fps:.1f} s"


def longest(flags: np.ndarray) -> tuple[int, int]:
    """Return the longest run of True: its first frame, and the one after its last."""
    ends = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    if not len(ends):
        return 0, 0
    run = np.argmax(ends[1::2] - ends[::2])
    return int(ends[2 * run]), int(ends[2 * run + 1])
