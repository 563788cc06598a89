"""How each network is trained, unless somebody wants it otherwise."""

from dataclasses import dataclass, replace

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.features import FEATURES
from ballet_lib.networks import NETWORKS
from ballet_lib.pace import choose

SCHEDULES = ("plateau", "exponential", "cosine")
"""Halve the learning rate when the loss stands still; times 0.96 an epoch; half a cosine down to 0."""
AS_IN_RECIPE = "recipe"
DECAY = 0.96
"""Of the exponential schedule: the style project's factor, once an epoch here.

By its parent's code the rate falls that much only every 100 000 blocks, so hardly at all: `styles.recipes`
does that."""

SEQUENCES = 3500
"""Takes and copies in an epoch, where a recipe leaves the number of copies open."""


@dataclass(frozen=True)
class Recipe:
    """How a network is trained unless `fit` is told otherwise.

    Attributes
    ----------
    features, missing
        See `features.feature_array`.
    epochs
        The most, at the course's pace and at the papers' (`BALLET_PACE`).
    batch_size, learning_rate
        Of Adam.
    schedule
        One of `SCHEDULES`, or None for a constant learning rate.
    patience
        Epochs without a lower validation loss after which training stops; None never stops and keeps the
        last weights instead of the best.
    class_weights
        Whether rare labels weigh more, so that all labels weigh the same.
    copies
        Augmented copies of each training take; None for as many as make `SEQUENCES` of all together, so that
        an epoch is worth the same whether there are fifty takes or a thousand.
    warped, jittered
        How much they are changed, see `augmentation.augment`, whose other settings stay.
    mixed
        Most of another take, and of its label, that is mixed into each take of a batch (mixup, Zhang et al.
        2018): the network is never quite sure, which it should not be of a few hundred takes. 0 mixes none.
    refit
        Whether to train once more on everybody, the dancers of validation included, for as many epochs as
        were best, with the learning rates squeezed into them.
    """

    features: tuple[str, ...] = ("centred", "angles")
    missing: str = "interpolate"
    epochs: tuple[int, int] = (20, 60)
    batch_size: int = 64
    learning_rate: float = 2e-3
    schedule: str | None = "cosine"
    patience: int | None = 12
    class_weights: bool = True
    copies: int | None = None
    warped: float = 0.2
    jittered: float = 0.02
    mixed: float = 0.5
    refit: bool = True

    def copies_of(self, takes: int) -> int:
        """Return how many copies each of so many takes gets."""
        return min(max(round(SEQUENCES / takes) - 1, 1), 100) if self.copies is None else self.copies

    @property
    def most_epochs(self) -> int:
        """Epochs at the pace that is set."""
        return choose(course=self.epochs[0], paper=self.epochs[1])


_PAPER = Recipe(
    ("raw",), "zero", (60, 2000), batch_size=32, learning_rate=1e-3, schedule=None, patience=None,
    class_weights=False, copies=0, mixed=0.0, refit=False,
)  # fmt: skip
RECIPES: dict[str, Recipe] = {name: Recipe() for name in NETWORKS} | {
    "lstm-paper": _PAPER,
    "lstm-style": replace(_PAPER, epochs=(60, 200), batch_size=512, learning_rate=5e-4,
                          schedule="exponential"),
    "bilstm-paper": replace(_PAPER, epochs=(20, 20), batch_size=128),
    "bilstm-tuned": replace(_PAPER, epochs=(20, 20), batch_size=128, learning_rate=1e-4),
    "lstm-tuned": replace(_PAPER, epochs=(20, 20), batch_size=128, learning_rate=1e-4),
}  # fmt: skip
"""The recipe of each network; the papers' are theirs."""


def recipe_of(network: str, *, schedule=AS_IN_RECIPE, patience=AS_IN_RECIPE, **given) -> Recipe:
    """Return the network's recipe with the ingredients that are given; None means not given.

    For `schedule` and `patience`, where None says something, `AS_IN_RECIPE` means not given.

    Raises
    ------
    BalletError
        If there is no such network, or an ingredient cannot be used.
    """
    if network not in RECIPES:
        raise BalletError(f"There is no network {network!r}. There are: {', '.join(RECIPES)}.")
    given = {name: value for name, value in given.items() if value is not None}
    given |= {name: value for name, value in {"schedule": schedule, "patience": patience}.items()
              if value != AS_IN_RECIPE}  # fmt: skip
    if "features" in given:
        features = given["features"]
        one = isinstance(features, str) or callable(features)
        given["features"] = (features,) if one else tuple(features)
    if "epochs" in given:
        given["epochs"] = (given["epochs"], given["epochs"])
    recipe = replace(RECIPES[network], **given)
    _check(recipe)
    return recipe


def _check(recipe: Recipe) -> None:
    unknown = [str(one) for one in recipe.features if one not in FEATURES]
    if unknown or not recipe.features:
        raise BalletError(
            f"There is no feature {', '.join(unknown) or 'given'}; a model remembers them by name. Choose "
            f"from {', '.join(FEATURES)}, or add your function to features.FEATURES."
        )
    if recipe.schedule not in (None, *SCHEDULES):
        raise BalletError(f"There is no schedule {recipe.schedule!r}. Choose {', '.join(SCHEDULES)} or None.")
    check_count("epochs", min(recipe.epochs))
    if not 0 <= recipe.mixed < 1:
        raise BalletError(f"mixed is {recipe.mixed!r}. Give a share of at least 0 and below 1.")
    check_count("batch_size", recipe.batch_size)
    if recipe.patience is not None:
        check_count("patience", recipe.patience)
    rate = recipe.learning_rate
    if not (isinstance(rate, int | float | np.number) and np.isfinite(rate) and rate > 0):
        raise BalletError(f"learning_rate is {rate!r}. Give a number above 0, such as 0.001.")


def check_count(name: str, value) -> None:
    """Refuse what is no whole number of at least 1.

    Raises
    ------
    BalletError
        If it is none.
    """
    if isinstance(value, bool) or not (isinstance(value, int | np.integer) and value >= 1):
        raise BalletError(f"{name} is {value!r}. Give a whole number of at least 1.")
