"""Every figure of the course, in one look.

Each function returns the matplotlib Figure, so as the last line of a cell it is shown once. Given `ax`, it
draws there instead and returns that axes' figure; `subplots` makes such axes. Titles come from the caller,
since a title states the finding. The dancer's left is blue, solid and round; the right is orange, dashed and
square.
"""

from ballet_lib.plots.cells import attention, gates, gradient_norms, training_curves
from ballet_lib.plots.curves import angle_curves, visibility_strip
from ballet_lib.plots.evaluation import (
    confusion_matrix,
    differences,
    learning_curve,
    per_class,
    reliability,
    threshold_curve,
)
from ballet_lib.plots.measures import error_by_group, pck_curve
from ballet_lib.plots.pictures import filmstrip, overlay
from ballet_lib.plots.space import orbit, skeleton_3d
from ballet_lib.plots.style import style, subplots
from ballet_lib.plots.takes import class_curves, take_strips, timelines

__all__ = [
    "angle_curves",
    "attention",
    "class_curves",
    "confusion_matrix",
    "differences",
    "error_by_group",
    "filmstrip",
    "gates",
    "gradient_norms",
    "learning_curve",
    "orbit",
    "overlay",
    "pck_curve",
    "per_class",
    "reliability",
    "skeleton_3d",
    "style",
    "subplots",
    "take_strips",
    "threshold_curve",
    "timelines",
    "training_curves",
    "visibility_strip",
]
