"""What a network looks at: maps of its inputs, and ways to tell a true map from a pretty one.

A map is float32 (N, T, F) like the inputs, signed: how much each number speaks for an answer. What is
explained is the answer's logit, the number before the softmax, so that a network's certainty does not flatten
its maps.

``gradients`` follows the derivative, ``perturbation`` hides parts and looks again, ``attention`` reads the
weights that a network gives itself. ``joints`` brings a map to the body. ``faithfulness`` and
``randomisation`` ask whether a map is true, ``scores`` whether the network looks at what defines the
movement. ``pictures`` has the methods for convolutional networks on pictures.
"""

from ballet_lib.saliency.attention import attention_rollout, rollout
from ballet_lib.saliency.faithfulness import (
    Advantage,
    Deletion,
    advantage,
    completeness,
    deletion,
    insertion,
    random_order,
)
from ballet_lib.saliency.gradients import (
    gradient,
    gradient_times_input,
    integrated_gradients,
    smoothgrad,
)
from ballet_lib.saliency.joints import GROUPS, group_shares, joint_maps, landmark_of_columns, spread
from ballet_lib.saliency.perturbation import occlusion
from ballet_lib.saliency.randomisation import agreement, randomised
from ballet_lib.saliency.scores import (
    DEFINING,
    definition_share,
    departure,
    score_table,
    working_leg_share,
)

__all__ = [
    "DEFINING", "GROUPS", "Advantage", "Deletion", "advantage", "agreement", "attention_rollout",
    "completeness", "definition_share", "deletion", "departure", "gradient", "gradient_times_input",
    "group_shares", "insertion", "integrated_gradients", "joint_maps", "landmark_of_columns", "occlusion",
    "random_order", "randomised", "rollout", "score_table", "smoothgrad", "spread", "working_leg_share",
]  # fmt: skip


def __getattr__(name: str):
    if name == "pictures":
        import importlib

        return importlib.import_module("ballet_lib.saliency.pictures")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
