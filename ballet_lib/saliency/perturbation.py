"""Maps without a gradient: hide a part, and see how far the answer falls."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.recipes import check_count
from ballet_lib.saliency.answers import answers_of
from ballet_lib.saliency.joints import GROUPS, landmark_of_columns

if TYPE_CHECKING:
    import keras


def occlusion(
    model: "keras.Model",
    X: np.ndarray,
    features,
    groups: Mapping[str, Sequence[int]] = GROUPS,
    windows: int = 1,
    target=None,
    baseline=None,
) -> np.ndarray:
    """Return how far the answer's logit falls when a group is hidden: float32 (N, windows, groups).

    After Zeiler and Fergus 2014, section 4.2. It asks the model nothing but its answers, which makes it the
    reference for maps that look inside. What is hidden is replaced by the baseline.

    Parameters
    ----------
    model, X, target, baseline
        As in `gradient_times_input`.
    features
        As `Classifier.features`. Hiding a group hides every column that counts for its landmarks, see
        `landmark_of_columns`: with a leg go the angles at its knee and hip.
    groups
        Landmarks by name, in the order of the last axis.
    windows
        Stretches of equal length into which the frames are cut; one at a time is hidden.

    Raises
    ------
    BalletError
        As `gradient_times_input`, if the features are not the model's, a group has a landmark that does not
        exist, or there are more windows than frames.
    """
    check_count("windows", windows)
    answers = answers_of(model)
    X = answers.inputs(X)
    start, target = answers.baseline(X, baseline), answers.target(X, target)
    place, (_, frames, columns) = landmark_of_columns(features), X.shape
    if len(place) != columns:
        raise BalletError(
            f"These features have {len(place)} columns, and X has {columns}. Give Classifier.features."
        )
    if windows > frames:
        raise BalletError(f"{frames} frames cannot be cut into {windows} windows. Ask for fewer.")
    if unknown := sorted({n for group in groups.values() for n in group} - set(range(33))):
        raise BalletError(f"There are no landmarks {unknown}. They are numbered from 0 to 32.")
    rows = np.arange(len(X))
    whole = answers.logits(X)[rows, target]
    fall = np.zeros((len(X), windows, len(groups)), dtype=np.float32)
    for window, when in enumerate(np.array_split(np.arange(frames), windows)):
        for group, landmarks in enumerate(groups.values()):
            hidden = X.copy()
            where = np.ix_(rows, when, np.flatnonzero(np.isin(place, list(landmarks))))
            hidden[where] = start[where]
            fall[:, window, group] = whole - answers.logits(hidden)[rows, target]
    return fall
