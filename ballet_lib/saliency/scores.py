"""Is a map right? A movement's definition names its limbs, and the studio knows which leg works in a take."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.saliency.answers import answers_of
from ballet_lib.saliency.joints import GROUPS, group_shares, joint_maps
from ballet_lib.takes import Take, TakeSet

if TYPE_CHECKING:
    import keras
    import pandas as pd


class Definition(NamedTuple):
    """The groups of `GROUPS` that make a movement what it is, and why; `working` stands for left or right."""

    groups: tuple[str, ...]
    because: str


_LEG = ("working leg", "working foot")

DEFINING: Mapping[str, Definition] = MappingProxyType({
    "demi_plie": Definition(
        ("left leg", "right leg"), "both knees bend over the toes, the heels stay down"),
    "battement_tendu": Definition(_LEG, "one straight leg slides out to a pointed foot"),
    "releve": Definition(("left foot", "right foot"), "both heels rise, and the knees stay straight"),
    "attitude_croisee": Definition(_LEG, "the leg behind is lifted and bent"),
    "first_arabesque": Definition(_LEG, "the leg behind is lifted and straight"),
    "retire_devant": Definition(_LEG, "one foot is drawn up to the other knee"),
})  # fmt: skip
"""What defines each movement in this course's data. The arms that a textbook adds (one reaches forward in the
first arabesque) are left out: in half of the takes the studio gives them another position on purpose."""

ONE_LEGGED = tuple(name for name, definition in DEFINING.items() if "working leg" in definition.groups)
"""Movements that have a working leg."""


def defining_groups(take: Take) -> tuple[str, ...]:
    """Return the groups that define what is danced, with the take's own sides; none for ``other``.

    Raises
    ------
    BalletError
        If the movement has a working leg, and the take does not tell which.
    """
    definition = DEFINING.get(take.movement)
    if definition is None:
        return ()
    if take.movement in ONE_LEGGED and take.meta.get("side") not in ("left", "right"):
        raise BalletError(
            f"{take.take_id} does not tell its working leg. Set take.meta['side'] to 'left' or 'right'."
        )
    return tuple(group.replace("working", str(take.meta.get("side"))) for group in definition.groups)


def definition_share(joint_maps: np.ndarray, takes: TakeSet) -> np.ndarray:
    """Return the share of a map that lies on the limbs that define the movement: (N,), NaN for ``other``.

    Parameters
    ----------
    joint_maps
        (N, T, 33), as `saliency.joint_maps` returns them.
    takes
        The N takes.

    Raises
    ------
    BalletError
        If there is not one map a take, or a take does not tell its working leg.
    """
    shares = _by_group(joint_maps, takes)
    return np.array([
        sum(row[group] for group in groups) if (groups := defining_groups(take)) else np.nan
        for row, take in zip(shares, takes, strict=True)
    ])  # fmt: skip


def working_leg_share(joint_maps: np.ndarray, takes: TakeSet) -> np.ndarray:
    """Return how much of what lies on both legs and feet lies on the working one: (N,), 0.5 if it is even.

    NaN for movements that have no working leg, see `ONE_LEGGED`.

    Parameters
    ----------
    joint_maps, takes
        As in `definition_share`.

    Raises
    ------
    BalletError
        As `definition_share`.
    """
    found = []
    for row, take in zip(_by_group(joint_maps, takes), takes, strict=True):
        legs = {side: row[f"{side} leg"] + row[f"{side} foot"] for side in ("left", "right")}
        one_legged = take.movement in ONE_LEGGED and defining_groups(take)
        found.append(legs[take.meta["side"]] / sum(legs.values()) if one_legged else np.nan)
    return np.array(found)


def departure(model: "keras.Model", X: np.ndarray, baseline=None) -> np.ndarray:
    """Return how far each number is from the baseline, in its own spread: float32 (N, T, F), not negative.

    A map that no network has drawn. A limb that moves lies far from the average, so this one scores well
    too; only what a network's map scores above it is the network's.

    Parameters
    ----------
    model, X, baseline
        As in `gradient_times_input`; of the model only the layer ``normalise`` is asked.

    Raises
    ------
    BalletError
        As `gradient_times_input`.
    """
    answers = answers_of(model)
    X = answers.inputs(X)
    spread = answers.deviation(X)
    return np.abs(X - answers.baseline(X, baseline)) / np.where(spread > 0, spread, 1)


def score_table(maps: np.ndarray, takes: TakeSet, features) -> "pd.DataFrame":
    """Score maps against the movements' definitions: a row a take.

    Columns: movement, dancer, definition (share on the defining limbs), even (the share that an even map
    would have there), lift (the first divided by the second) and working_leg. Compare with the scores of
    `departure`, which no network has drawn.

    Parameters
    ----------
    maps
        (N, T, F); their sizes count.
    takes
        The N takes.
    features
        As `Classifier.features`.

    Raises
    ------
    BalletError
        As `definition_share` and `saliency.joint_maps`.
    """
    import pandas as pd

    found, even = (joint_maps(each, features, absolute=True) for each in (maps, np.ones_like(maps)))
    table = pd.DataFrame({
        "movement": [take.movement for take in takes], "dancer": takes.groups,
        "definition": definition_share(found, takes), "even": definition_share(even, takes),
    }, index=pd.Index([take.take_id for take in takes], name="take_id"))  # fmt: skip
    table["lift"] = table["definition"] / table["even"]
    table["working_leg"] = working_leg_share(found, takes)
    return table


def _by_group(joint_maps: np.ndarray, takes: TakeSet) -> list[dict[str, float]]:
    if len(joint_maps) != len(takes):
        raise BalletError(
            f"There are {len(joint_maps)} maps and {len(takes)} takes. Give one map for each take."
        )
    return [dict(zip(GROUPS, row, strict=True)) for row in group_shares(joint_maps)]
