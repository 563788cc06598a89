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
from ballet_lib.plots.film_strip import film_strip
from ballet_lib.plots.generation import (
    asked_and_seen,
    error_by_horizon,
    motion_energy,
    temperature_sweep,
    two_futures,
)
from ballet_lib.plots.live import delays, passing, stream, threshold_costs, trade_off
from ballet_lib.plots.measures import error_by_group, pck_curve
from ballet_lib.plots.picture_saliency import picture_maps
from ballet_lib.plots.pictures import filmstrip, overlay
from ballet_lib.plots.recognition import recognition
from ballet_lib.plots.saliency import saliency, saliency_skeletons
from ballet_lib.plots.saliency_checks import deletion, group_shares, randomisation
from ballet_lib.plots.silhouettes import dance_map, number_grids
from ballet_lib.plots.space import orbit, skeleton_3d
from ballet_lib.plots.style import style, subplots
from ballet_lib.plots.style_scores import power_curve, sub_sampling, two_splits
from ballet_lib.plots.styles import over_time, pose_strips, rhythm
from ballet_lib.plots.takes import class_curves, take_strips, timelines
from ballet_lib.plots.technique import fault_rates, technique
from ballet_lib.plots.tuning import best_so_far, hyperparameters, optimism, successive_halving

__all__ = [
    "angle_curves",
    "asked_and_seen",
    "attention",
    "best_so_far",
    "class_curves",
    "confusion_matrix",
    "dance_map",
    "delays",
    "deletion",
    "differences",
    "error_by_group",
    "error_by_horizon",
    "fault_rates",
    "film_strip",
    "filmstrip",
    "gates",
    "gradient_norms",
    "group_shares",
    "hyperparameters",
    "learning_curve",
    "motion_energy",
    "number_grids",
    "optimism",
    "orbit",
    "over_time",
    "overlay",
    "passing",
    "pck_curve",
    "per_class",
    "picture_maps",
    "pose_strips",
    "power_curve",
    "randomisation",
    "recognition",
    "reliability",
    "rhythm",
    "saliency",
    "saliency_skeletons",
    "skeleton_3d",
    "stream",
    "style",
    "sub_sampling",
    "subplots",
    "successive_halving",
    "take_strips",
    "technique",
    "temperature_sweep",
    "threshold_costs",
    "threshold_curve",
    "timelines",
    "trade_off",
    "training_curves",
    "two_futures",
    "two_splits",
    "visibility_strip",
]
