"""The skeleton in three dimensions, as a figure and as something to turn around."""

import threading
from typing import TYPE_CHECKING, cast

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.plots.pictures import FACE, name_sides
from ballet_lib.plots.style import LEFT, MIDDLE, QUIET, RIGHT, Side, canvas, png, styled
from ballet_lib.skeleton import LANDMARKS, LEFT_CONNECTIONS, RIGHT_CONNECTIONS, TORSO_CONNECTIONS

if TYPE_CHECKING:
    from ipywidgets import Widget
    from matplotlib.figure import Figure
    from mpl_toolkits.mplot3d import Axes3D

GRID = 0.25  # metres between the floor's lines


@styled
def skeleton_3d(
    world: np.ndarray,
    *,
    azimuth: float = 25.0,
    elevation: float = 10.0,
    title: str | None = None,
    legend: bool = True,
    span: np.ndarray | None = None,
    ax: "Axes3D | None" = None,
) -> "Figure":
    """Draw one frame's skeleton in space, standing on a floor of 25 cm squares.

    Parameters
    ----------
    world
        (33, 3) metres, y down, as in `PoseSequence.world`. NaN points are not drawn.
    azimuth, elevation
        Where we look from, in degrees: 0, 0 is the camera's own view, 90 the dancer from the picture's right,
        and a positive elevation looks down.
    title
        What the figure shows, as a finding.
    legend
        Whether to say which side is which.
    span
        (3, 2) lowest and highest value of x, depth and height in metres; fitted to the points when not given.
    ax
        3-D axes to draw in; new ones when not given.

    Raises
    ------
    BalletError
        If `world` is not 33 points in space.
    """
    points = upright(world)
    if points.ndim != 2:
        raise BalletError(
            f"One frame's world landmarks have the shape (33, 3), not {points.shape}. Pick a frame."
        )
    figure, ax = cast("tuple[Figure, Axes3D]", canvas(ax, size=(4.8, 5.2), subplot_kw={"projection": "3d"}))
    span = room(points) if span is None else np.asarray(span)
    _draw_floor(ax, span, points)
    for connections, side, width in (
        (TORSO_CONNECTIONS, MIDDLE, 2.4), (RIGHT_CONNECTIONS, RIGHT, 3.0), (LEFT_CONNECTIONS, LEFT, 3.0),
    ):  # fmt: skip
        _draw_limbs(ax, points, connections, side, width)
    _draw_head(ax, points)
    ax.set(xlim=span[0], ylim=span[1], zlim=span[2])
    ax.set_box_aspect(np.ptp(span, axis=1), zoom=1.15)
    ax.view_init(elev=elevation, azim=azimuth - 90)
    ax.set_proj_type("persp", focal_length=1.4)
    ax.set_axis_off()
    if title:
        ax.set_title(title, loc="left", x=0.02)
    if legend:
        name_sides(ax, loc="upper right")
    return figure


def orbit(
    world: np.ndarray, *, fps: float | None = None, frame: int | None = None, title: str | None = None
) -> "Widget":
    """Make a widget to turn the skeleton around and step through its frames.

    Parameters
    ----------
    world
        (T, 33, 3) metres, or (33, 3) for a single frame; as in `skeleton_3d`.
    fps
        Frames per second, to show the time beside the frame's number.
    frame
        Which frame to show first; the first that has a person when not given.
    title
        What to see in it.

    Returns
    -------
    ipywidgets.Widget
        A picture with three sliders: around, up and down, frame.

    Raises
    ------
    BalletError
        If the array has another shape, no frame has a person, or there is no such frame.
    """
    import ipywidgets as widgets

    points = upright(world)
    points = points[None] if points.ndim == 2 else points
    seen = np.isfinite(points).all(axis=-1).any(axis=-1)
    if not seen.any():
        raise BalletError("No frame of this sequence has a person. Choose another clip.")
    span, drawing = room(points), threading.Lock()
    first = int(np.argmax(seen)) if frame is None else int(frame)
    if not 0 <= first < len(points):
        raise BalletError(f"There is no frame {first}. Choose one from 0 to {len(points) - 1}.")
    layout, wide = widgets.Layout(width="26rem"), {"description_width": "6.5rem"}
    around = widgets.IntSlider(25, -180, 180, 5, description="around (°)", layout=layout, style=wide)
    height = widgets.IntSlider(10, -30, 90, 5, description="up, down (°)", layout=layout, style=wide)
    now = widgets.IntSlider(first, 0, len(points) - 1, description="frame", layout=layout, style=wide)
    picture = widgets.Image(format="png", layout=widgets.Layout(width="480px"))

    def draw(_=None) -> None:
        # Callbacks come from a second thread while a cell runs, and matplotlib's settings are shared.
        with drawing:
            label = f"frame {now.value}" + (f", {now.value / fps:.2f} s" if fps else "")
            text = "\n".join(filter(None, [title, label if seen[now.value] else label + ": no person"]))
            figure = skeleton_3d(
                as_world(points[now.value]),
                azimuth=around.value,
                elevation=height.value,
                title=text,
                span=span,
            )
            picture.value = png(figure, tight=False)

    for slider in (around, height, now):
        slider.observe(draw, "value")
    draw()
    return widgets.VBox([picture, around, height, *([now] if len(points) > 1 else [])])


def upright(world: np.ndarray) -> np.ndarray:
    """Turn (..., 33, 3) from camera axes (x right, y down, z away) into x right, depth away, height up."""
    world = np.asarray(world, dtype=float)
    if world.ndim not in (2, 3) or world.shape[-2:] != (33, 3):
        raise BalletError(
            f"World landmarks have the shape (33, 3) or (T, 33, 3), not {world.shape}. "
            "Use a sequence's `world`, not its `landmarks`."
        )
    return np.stack([world[..., 0], world[..., 2], -world[..., 1]], axis=-1)


def as_world(points: np.ndarray) -> np.ndarray:
    """Undo `upright`."""
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], axis=-1)


def room(points: np.ndarray) -> np.ndarray:
    """Return (3, 2) the span of x, depth and height that holds every point: a square floor under the feet."""
    flat = points.reshape(-1, 3)
    flat = flat[np.isfinite(flat).all(axis=1)]
    if len(flat) == 0:
        flat = np.array([[-0.5, -0.5, -0.9], [0.5, 0.5, 0.8]])
    low, high = flat.min(axis=0), flat.max(axis=0)
    middle, half = (low + high)[:2] / 2, max((high - low)[:2].max() / 2 + 0.15, 0.5)
    half = np.ceil(half / GRID) * GRID
    return np.array([*np.stack([middle - half, middle + half], axis=1), [low[2] - 0.02, high[2] + 0.05]])


def _draw_floor(ax: "Axes3D", span: np.ndarray, points: np.ndarray) -> None:
    (left, right), (near, far), (floor, _) = span
    for x in np.arange(left, right + GRID / 2, GRID):
        ax.plot([x, x], [near, far], [floor, floor], color="#dddddd", lw=0.7, zorder=0)
    for y in np.arange(near, far + GRID / 2, GRID):
        ax.plot([left, right], [y, y], [floor, floor], color="#dddddd", lw=0.7, zorder=0)
    for a, b in TORSO_CONNECTIONS + LEFT_CONNECTIONS + RIGHT_CONNECTIONS:
        if np.isfinite(points[[a, b]]).all():
            ax.plot(*points[[a, b], :2].T, [floor, floor], color="#c4c4c4", lw=2.2, zorder=1, gid="shadow")
    ax.text2D(0.02, 0.0, "floor in squares of 25 cm", transform=ax.transAxes, color=QUIET, fontsize=8)


def _draw_limbs(ax: "Axes3D", points: np.ndarray, connections: tuple, side: Side, width: float) -> None:
    for a, b in connections:
        if np.isfinite(points[[a, b]]).all():
            hand = (
                any(part in LANDMARKS[b] for part in ("pinky", "thumb", "index"))
                and "foot" not in LANDMARKS[b]
            )
            ax.plot(
                *points[[a, b]].T, linestyle=side.dashes, color=side.colour, lw=width / 2 if hand else width,
                zorder=3, gid=side.name,
            )  # fmt: skip
    joints = sorted({index for pair in connections for index in pair if np.isfinite(points[index]).all()})
    if side is not MIDDLE and joints:
        ax.plot(
            *points[joints].T, linestyle="none", marker=side.marker, ms=4.5, mfc=side.colour, mec="white",
            mew=0.7, zorder=4,
        )  # fmt: skip


def _draw_head(ax: "Axes3D", points: np.ndarray) -> None:
    """A line from the shoulders to the head, the face's points, and a longer nose to see where it looks."""
    face = points[list(FACE)]
    face = face[np.isfinite(face).all(axis=1)]
    ears, shoulders = points[[7, 8]].mean(axis=0), points[[11, 12]].mean(axis=0)
    if np.isfinite([ears, shoulders]).all():
        ax.plot(*np.stack([shoulders, ears]).T, color=MIDDLE.colour, lw=2.4, zorder=3)
        if np.isfinite(points[0]).all():
            ax.plot(*np.stack([ears, points[0]]).T, color=MIDDLE.colour, lw=2.4, zorder=3)
    if len(face):
        ax.plot(*face.T, linestyle="none", marker="o", ms=2.5, color=MIDDLE.colour, zorder=4)
