"""What changes over time: angles as curves, visibility as a strip."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.plots.style import LEFT, PALETTE, RIGHT, canvas, styled
from ballet_lib.skeleton import LANDMARKS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def _of(side: str, parts: str) -> list[int]:
    return [
        i
        for i, name in enumerate(LANDMARKS)
        if name.startswith(side) and name.split("_", 1)[1] in parts.split()
    ]


BODY_PARTS = {
    "face": list(range(11)),
    "left arm": _of("left", "shoulder elbow wrist pinky index thumb"),
    "right arm": _of("right", "shoulder elbow wrist pinky index thumb"),
    "left leg": _of("left", "hip knee ankle heel foot_index"),
    "right leg": _of("right", "hip knee ankle heel foot_index"),
}
"""Landmark indices by part of the body, from the head down; every landmark stands in one."""


@styled
def angle_curves(
    angles: Mapping[str, np.ndarray],
    fps: float | None = None,
    *,
    names: Sequence[str] | None = None,
    title: str | None = None,
    ax: "Axes | None" = None,
) -> "Figure":
    """Draw joint angles over time, left solid and right dashed, each curve named at its end.

    Parameters
    ----------
    angles
        (T,) degrees by name, as `skeleton.joint_angles` returns. NaN leaves a gap.
    fps
        Frames per second; the axis counts frames when not given.
    names
        Which angles to draw; all when not given. One joint has the colours of the sides, several joints have
        one colour each.
    title
        What the figure shows, as a finding.
    ax
        Axes to draw in; new ones when not given.

    Raises
    ------
    BalletError
        If a name is not among the angles.
    """
    names = list(angles if names is None else names)
    unknown = [name for name in names if name not in angles]
    if unknown or not names:
        raise BalletError(
            f"No angle is called {', '.join(unknown) or '(none given)'}. There are: {', '.join(angles)}."
        )
    figure, ax = canvas(ax, size=(7.2, 3.6))
    joints = list(dict.fromkeys(_joint(name) for name in names))
    ends = []
    for name in names:
        values = np.asarray(angles[name], dtype=float)
        side = RIGHT if name.startswith("right") else LEFT
        colour = side.colour if len(joints) == 1 else PALETTE[joints.index(_joint(name)) % len(PALETTE)]
        time = np.arange(len(values)) / (fps or 1)
        ax.plot(time, values, color=colour, linestyle=side.dashes, label=name)
        if np.isfinite(values).any():
            ends.append((values[np.isfinite(values)][-1], time[-1], name.replace("_", " "), colour))
    ax.set_xlabel("time (s)" if fps else "frame")
    ax.set_ylabel("angle (°)")
    ax.grid(axis="y")
    ax.margins(x=0)
    if title:
        ax.set_title(title)
    name_curves(ax, ends)
    return figure


@styled
def visibility_strip(
    landmarks: np.ndarray,
    fps: float | None = None,
    *,
    title: str | None = None,
    ax: "Axes | None" = None,
) -> "Figure":
    """Show how visible each landmark is in each frame, from head to foot; frames without a person hatched.

    Parameters
    ----------
    landmarks
        (T, 33, 4) of one person, visibility last.
    fps
        Frames per second; the axis counts frames when not given.
    title
        What the figure shows, as a finding.
    ax
        Axes to draw in; new ones when not given.

    Raises
    ------
    BalletError
        If the array has no visibility, or another shape.
    """
    landmarks = np.asarray(landmarks)
    if landmarks.ndim != 3 or landmarks.shape[1:] != (33, 4) or len(landmarks) == 0:
        raise BalletError(
            f"A sequence of landmarks has the shape (T, 33, 4), not {landmarks.shape}. Check the axes."
        )
    figure, ax = canvas(ax, size=(7.6, 3.8))
    length = len(landmarks) / (fps or 1)
    top, ticks = 0.0, []
    for part, indices in BODY_PARTS.items():
        strip = np.ma.masked_invalid(landmarks[:, indices, 3].T)
        bottom = top + len(indices)
        image = ax.imshow(
            strip, cmap=_shades(), vmin=0, vmax=1, aspect="auto", interpolation="nearest",
            extent=(0, length, bottom, top),
        )  # fmt: skip
        ticks.append(((top + bottom) / 2, part))
        top = bottom + 0.8
    missing = ~np.isfinite(landmarks[:, :, 3]).any(axis=1)
    for start, end in _stretches(missing):
        ax.axvspan(
            start / (fps or 1), end / (fps or 1), fc="#ededed", ec="#a8a8a8", hatch="////", lw=0, zorder=3
        )
    if missing.any():
        start, end = max(_stretches(missing), key=lambda s: s[1] - s[0])
        if end - start >= 0.12 * len(landmarks):
            ax.text(
                (start + end) / 2 / (fps or 1), top / 2, "no person", ha="center", va="center", zorder=4,
                fontsize=9, bbox={"fc": "white", "ec": "none", "pad": 3},
            )  # fmt: skip
    ax.set(xlim=(0, length), ylim=(top - 0.8, 0), xlabel="time (s)" if fps else "frame")
    ax.set_yticks([y for y, _ in ticks], [part for _, part in ticks])
    ax.tick_params(axis="y", length=0)
    ax.spines[["left", "bottom"]].set_visible(False)
    bar = figure.colorbar(image, ax=ax, shrink=0.75, aspect=16, pad=0.02, ticks=[0, 0.5, 1])
    bar.set_label("visibility")
    bar.outline.set_visible(False)
    if title:
        ax.set_title(title)
    return figure


def name_curves(ax: "Axes", ends: list[tuple[float, float, str, str]], gap: float = 0.075) -> None:
    """Write each curve's name at its right end: (y, x, name, colour), apart where they would overlap."""
    low, high = ax.get_ylim()
    gap *= high - low
    ends = sorted(ends)
    places = [end[0] for end in ends]
    for i in range(1, len(ends)):
        places[i] = max(places[i], places[i - 1] + gap)
    ceiling = high - gap / 3
    for i in reversed(range(len(ends))):
        ceiling = places[i] = min(places[i], ceiling)
        ceiling -= gap
    for (y, x, name, colour), place in zip(ends, places, strict=True):
        ax.annotate(
            name,
            (x, y),
            xytext=(1.035, place),
            textcoords=ax.get_yaxis_transform(),
            va="center",
            fontsize=9,
            color=colour,
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": colour,
                "lw": 0.7,
                "relpos": (0, 0.5),
                "shrinkA": 1,
                "shrinkB": 0,
            },
        )


def _joint(name: str) -> str:
    return name.removeprefix("left_").removeprefix("right_")


def _stretches(flags: np.ndarray) -> list[tuple[int, int]]:
    """Return (start, end) of every run of True, end excluded."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(int), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _shades():
    """Pale to dark blue, evenly in lightness, so that it also reads in grey."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("visibility", ["#fbeedc", "#a9c7dd", "#3f83b5", "#0b3c5d"])
