"""Skeletons drawn on pictures."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.plots.style import LEFT, MIDDLE, RIGHT, Side, canvas, headline, styled, subplots
from ballet_lib.skeleton import (
    FACE_CONNECTIONS,
    LANDMARKS,
    LEFT_CONNECTIONS,
    RIGHT_CONNECTIONS,
    TORSO_CONNECTIONS,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FAINTEST = 0.15  # a point of visibility 0 is still hinted at
FACE = tuple(range(11))


@styled
def overlay(
    image: np.ndarray,
    landmarks: np.ndarray | None = None,
    *,
    title: str | None = None,
    legend: bool = True,
    ax: "Axes | None" = None,
) -> "Figure":
    """Draw a skeleton on a picture; the less visible a landmark, the fainter.

    Parameters
    ----------
    image
        (height, width, 3) RGB, uint8 or float in [0, 1].
    landmarks
        (33, 2 to 4), or (people, 33, 2 to 4): x and y in [0, 1] of the picture, visibility last if there are
        four values. NaN points, and lines that end in one, are not drawn.
    title
        What the figure shows, as a finding.
    legend
        Whether to say which side is which.
    ax
        Axes to draw in; new ones when not given.

    Raises
    ------
    BalletError
        If the picture or the landmarks have another shape.
    """
    image = _picture(image)
    height, width = image.shape[:2]
    figure, ax = canvas(ax, size=(5.2 * width / max(width, height) + 0.1, 5.2 * height / max(width, height)))
    ax.imshow(image, interpolation="antialiased")
    ax.set(xlim=(0, width), ylim=(height, 0))
    ax.set_axis_off()
    if title:
        ax.set_title(title)
    people = [] if landmarks is None else _people(landmarks)
    for person in people:
        draw_skeleton(ax, person[:, :2] * (width, height), _visibility(person), scale=_scale(ax))
    if legend and len(people):
        name_sides(ax, loc="upper center", bbox_to_anchor=(0.5, 0.01), ncols=2)
    return figure


@styled
def filmstrip(
    frames: Sequence[np.ndarray] | np.ndarray,
    landmarks: np.ndarray | None = None,
    *,
    n: int = 8,
    titles: Sequence[str] | None = None,
    fps: float | None = None,
    title: str | None = None,
    rows: int = 1,
) -> "Figure":
    """Show `n` frames of a sequence side by side, evenly spaced from the first to the last.

    Parameters
    ----------
    frames
        (T, height, width, 3) RGB, or a list of T such pictures.
    landmarks
        (T, 33, 2 to 4) as in `overlay`, drawn on the frames if given.
    n
        How many frames to show at most.
    titles
        One short text a shown frame; with `fps` instead, the time in seconds.
    fps
        Frames per second of the sequence.
    title
        What the figure shows, as a finding.
    rows
        Over how many rows the frames are spread.

    Raises
    ------
    BalletError
        If there is no frame, or not one set of landmarks and one title for each.
    """
    if len(frames) == 0:
        raise BalletError("There is no frame to show. Give at least one picture.")
    if landmarks is not None and len(landmarks) != len(frames):
        raise BalletError(
            f"There are {len(frames)} frames and {len(landmarks)} sets of landmarks. Give one a frame."
        )
    chosen = np.unique(np.linspace(0, len(frames) - 1, n).round().astype(int))
    if titles is None:
        titles = [f"{index / fps:.1f} s" for index in chosen] if fps else [""] * len(chosen)
    if len(titles) != len(chosen):
        raise BalletError(
            f"{len(chosen)} frames are shown and {len(titles)} titles given. Give one a shown frame."
        )
    height, width = _picture(frames[0]).shape[:2]
    columns = -(-len(chosen) // rows)
    each = min(11 / columns, 3.2)
    room = 0.3 * bool(any(titles)) + 0.06
    size = (columns * each, rows * (each * height / width + room) + 0.35 * bool(title))
    figure, axes = subplots(rows, columns, size=size, squeeze=False)
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.02, wspace=0.01, hspace=0.01)
    for ax in axes.flat:
        ax.set_axis_off()
    for ax, index, text in zip(axes.flat, chosen, titles, strict=False):
        overlay(frames[index], None if landmarks is None else landmarks[index], legend=False, ax=ax)
        ax.set_title(text, fontsize=9, fontweight="normal", loc="center", pad=4)
    if title:
        headline(figure, title)
    if landmarks is not None:
        name_sides(figure, loc="outside lower center", ncols=2)
    return figure


def draw_skeleton(ax: "Axes", points: np.ndarray, visibility: np.ndarray, scale: float = 1.0) -> None:
    """Draw one person: points (33, 2) in the units of `ax`, visibility (33,); NaN points are left out."""
    groups = (
        (TORSO_CONNECTIONS, MIDDLE, 2.0),
        (FACE_CONNECTIONS, MIDDLE, 1.0),
        (RIGHT_CONNECTIONS, RIGHT, 2.6),
        (LEFT_CONNECTIONS, LEFT, 2.6),
    )
    for connections, side, width in groups:
        if connections is not FACE_CONNECTIONS or scale > 0.7:  # on a small picture they would hide the face
            _draw_lines(ax, points, visibility, connections, side, width * scale)
    for index, name in enumerate(LANDMARKS):
        if np.isfinite(points[index]).all():
            side = LEFT if "left" in name else RIGHT if "right" in name else MIDDLE
            ax.plot(
                *points[index],
                side.marker,
                color=side.colour,
                markersize=(2.4 if index in FACE else 5.0) * scale,
                markeredgecolor="white",
                markeredgewidth=0.0 if index in FACE else 0.7 * scale,
                alpha=_opacity(visibility[index]),
                zorder=4,
                gid=name,
            )


def name_sides(place: "Axes | Figure", **options) -> None:
    """Say in a legend how the dancer's left and right are drawn; `options` go to matplotlib's `legend`."""
    from matplotlib.lines import Line2D

    keys = [
        Line2D(
            [], [], color=side.colour, linestyle=side.dashes, marker=side.marker, lw=2.2, ms=5, mec="white"
        )
        for side in (LEFT, RIGHT)
    ]
    names = ["dancer's left", "dancer's right"]
    place.legend(keys, names, **({"handlelength": 2.4, "borderpad": 0.3, "fontsize": 9} | options))


def _draw_lines(
    ax: "Axes", points: np.ndarray, visibility: np.ndarray, connections: tuple, side: Side, width: float
) -> None:
    from matplotlib.collections import LineCollection

    whole = [(a, b) for a, b in connections if np.isfinite(points[[a, b]]).all()]
    if not whole:
        return
    segments = [points[[a, b]] for a, b in whole]
    opacity = [_opacity(min(visibility[a], visibility[b])) for a, b in whole]
    # A white line underneath keeps the skeleton readable on any picture.
    ax.add_collection(
        LineCollection(
            segments, colors="white", linewidths=1.5 * width, alpha=[0.6 * o for o in opacity], zorder=2
        )
    )
    lines = LineCollection(
        segments, colors=side.colour, linewidths=width, linestyles=[side.dashes], alpha=opacity, zorder=3
    )
    lines.set_gid(side.name)
    ax.add_collection(lines)


def _opacity(visibility: float) -> float:
    return float(FAINTEST + (1 - FAINTEST) * np.clip(visibility, 0, 1))


def _visibility(person: np.ndarray) -> np.ndarray:
    return np.nan_to_num(person[:, 3], nan=1.0) if person.shape[1] == 4 else np.ones(len(person))


def _scale(ax: "Axes") -> float:
    """Thinner lines on the small pictures of a filmstrip."""
    inches = ax.get_window_extent().height / ax.figure.dpi
    return float(np.clip(inches / 4.0, 0.45, 1.2))


def _picture(image: np.ndarray) -> np.ndarray:
    image = np.asarray(image)
    if image.ndim != 3 or image.shape[-1] != 3 or image.size == 0:
        raise BalletError(
            f"A picture has the shape (height, width, 3), not {image.shape}. Convert it to RGB."
        )
    return image


def _people(landmarks: np.ndarray) -> np.ndarray:
    people = np.asarray(landmarks, dtype=float)
    people = people[None] if people.ndim == 2 else people
    if people.ndim != 3 or people.shape[1] != 33 or not 2 <= people.shape[2] <= 4:
        raise BalletError(
            f"One frame's landmarks have the shape (33, 2 to 4), not {people.shape}. Pick a frame."
        )
    return people
