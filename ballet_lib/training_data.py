"""From takes to what a network is trained on: who teaches, who validates, copies, first weights, batches.

`training.fit` and `tuning.tune` both begin here, so that a tuned network and a trained one see the same.
"""

import hashlib
import platform
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ballet_lib import __version__
from ballet_lib.augmentation import augment, augmented
from ballet_lib.errors import BalletError
from ballet_lib.networks import build
from ballet_lib.quiet_tensorflow import import_keras
from ballet_lib.recipes import Recipe
from ballet_lib.splits import Split, check_leaks, split_by_dancer
from ballet_lib.takes import Arrays, TakeSet
from ballet_lib.vocabulary import MOVEMENTS

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

SMALLEST_VARIANCE = 1e-8
"""Below it a feature counts as constant in training, and is not blown up to a variance of 1."""


class Divided(NamedTuple):
    """Takes to train and to validate on; `validation` is None if there is none."""

    train: TakeSet
    validation: TakeSet | None
    split: str
    labels: tuple[str, ...]


def split_with_all_labels(
    takes: TakeSet, test: float = 0.25, seed: int = 0, least: int = 1, tries: int = 50
) -> Split:
    """Hold out a share of the dancers, drawn again if a label would be left without takes to learn from.

    Parameters
    ----------
    takes
        Takes of at least two dancers.
    test
        Share of the dancers to hold out.
    seed
        The draw begins with this seed, and goes on with the next ones.
    least
        Takes of each label that training must keep.
    tries
        Draws before giving up.

    Raises
    ------
    BalletError
        If there are too few dancers, or no draw leaves training every label.
    """
    for number in range(tries):
        split = split_by_dancer(takes, test, seed + number)
        counts = Counter(take.movement for take in split.train)
        lacking = [label for label in _occurring(takes) if counts[label] < least]
        if not lacking:
            return split
    whose = "; ".join(f"{label}: {', '.join(takes.filter(movement=label).dancers)}" for label in lacking[:3])
    raise BalletError(
        f"Whichever dancers are held out, some label is left to nobody who trains ({whose}). "
        "Record it with more dancers, leave the label out, or name whom to hold out."
    )


def _occurring(takes: TakeSet) -> tuple[str, ...]:
    there = {take.movement for take in takes}
    return tuple(label for label in takes.labels if label in there)


def divide(takes: TakeSet, validation: float | str | Sequence[str] | TakeSet | None, seed: int) -> Divided:
    """Divide by dancer, and refuse what cannot be learned.

    Parameters
    ----------
    takes
        All takes.
    validation
        A share of the dancers, their names, a set of takes that shares no dance with `takes`, or None.
    seed
        Of the draw of the dancers.

    Raises
    ------
    BalletError
        If takes or validation are unfit to train on.
    LeakError
        If validation would ask what training has shown.
    """
    counts = Counter(take.movement for take in takes)
    if len(counts) < 2:
        raise BalletError(
            f"There is nothing to tell apart: all {len(takes)} takes show {next(iter(counts), 'nothing')}. "
            "Add takes with another label."
        )
    if single := [label for label in _occurring(takes) if counts[label] < 2]:
        raise BalletError(
            f"Only one take shows {', '.join(single)}, and nobody learns from a single example. "
            "Record more, or leave the label out with TakeSet.filter."
        )
    if isinstance(validation, TakeSet):
        check_leaks(takes, validation)
        train, valid, split = takes, validation, "validation takes were given"
    elif validation is None:
        train, valid, split = takes, None, "no validation"
    else:
        if len(takes.dancers) < 2:
            raise BalletError(
                f"All {len(takes)} takes are danced by {takes.dancers[0]}, so nobody is left to validate on. "
                "Record a second dancer, or pass validation=None: all epochs are trained, and nothing tells "
                "when to stop or how well strangers are recognised."
            )
        if isinstance(validation, str | Sequence):
            drawn = split_by_dancer(takes, validation)  # type: ignore[arg-type]  # a TakeSet was handled
        else:
            drawn = split_with_all_labels(takes, validation, seed)
        train, valid, split = drawn.train, drawn.test, drawn.name
    labels = _occurring(train)
    if valid is not None and (unseen := sorted({take.movement for take in valid} - set(labels))):
        raise BalletError(
            f"Validation shows {', '.join(unseen)}, which training never sees. "
            "Give training takes of it too, or leave the label out."
        )
    as_trained = None if valid is None else TakeSet(valid, labels)
    return Divided(TakeSet(train, labels), as_trained, split, labels)


def with_copies(takes: TakeSet, recipe: Recipe, seed: int) -> TakeSet:
    """Add changed copies; mirrored ones only of ballet, where left and right bear one name."""
    change = partial(
        augment, mirrored=0.5 if set(takes.labels) <= set(MOVEMENTS) else 0.0,
        warped=recipe.warped, jittered=recipe.jittered,
    )  # fmt: skip
    return augmented(takes, recipe.copies_of(len(takes)), seed, change)


def first_model(network: str, X: np.ndarray, classes: int, sizes: dict | None, seed: int) -> "keras.Model":
    """Build a network with first weights of the seed, that knows what normal is."""
    import_keras().utils.set_random_seed(seed)
    model = build(network, X.shape[1:], classes, **(sizes or {}))
    _learn_normalisation(model, X)
    return model


def _learn_normalisation(model: "keras.Model", X: np.ndarray) -> None:
    """Tell a first layer of normalisation what normal is; a feature that never changes is left as it is.

    A batch normalisation learns it by itself, with a moving average over hundreds of steps. Few takes make
    few steps, and until then validation is judged with wrong averages; so these begin at the right ones.
    """
    for layer in model.layers:
        if layer.name == "normalise":
            layer.adapt(X)
            variance = np.asarray(layer.adapt_variance)
            layer.adapt_variance.assign(np.where(variance < SMALLEST_VARIANCE, 1, variance))
            layer.finalize_state()
    first = model.layers[0]
    if hasattr(first, "moving_mean"):
        first.moving_mean.assign(X.mean(axis=(0, 1)))
        first.moving_variance.assign(X.var(axis=(0, 1)))


def one_hot(y: np.ndarray, classes: int) -> np.ndarray:
    """Return float32 (N, classes), 1 where the label is."""
    return np.eye(classes, dtype=np.float32)[y]


def batches(
    arrays: Arrays, classes: int, recipe: Recipe, seed: int, first: int, last: int
) -> "tf.data.Dataset":
    """Shuffle and mix by seed and epoch, so that a resumed training sees what it would have seen.

    Parameters
    ----------
    arrays
        What to train on.
    classes
        Number of labels.
    recipe
        Its `batch_size`, `class_weights` and `mixed` count here.
    seed
        Of the order and the mixing.
    first, last
        Epochs, counted from 0; the last is left out.
    """
    import tensorflow as tf
    from sklearn.utils.class_weight import compute_sample_weight

    weights = compute_sample_weight("balanced" if recipe.class_weights else None, arrays.y)
    columns = [tf.constant(c) for c in (arrays.X, one_hot(arrays.y, classes), weights.astype(np.float32))]

    @tf.autograph.experimental.do_not_convert
    def mixup(rows, partners, share):
        some = [tf.gather(column, rows) for column in columns]
        others = [tf.gather(column, partners) for column in columns]
        shares = [tf.reshape(share, [-1] + [1] * (len(column.shape) - 1)) for column in columns]
        return tuple(a + (b - a) * s for a, b, s in zip(some, others, shares, strict=True))

    @tf.autograph.experimental.do_not_convert
    def epoch_of_batches(epoch):
        numbers = tf.range(len(arrays.y))
        order = tf.random.experimental.stateless_shuffle(numbers, [seed, epoch])
        partners = tf.random.experimental.stateless_shuffle(numbers, [seed, epoch + 2**20])
        shares = tf.random.stateless_uniform([len(arrays.y)], [seed, epoch], 0, recipe.mixed)
        rows = tf.data.Dataset.from_tensor_slices((order, partners, shares))
        return rows.batch(recipe.batch_size).map(mixup)

    return tf.data.Dataset.range(first, max(last, first + 1)).flat_map(epoch_of_batches).prefetch(2)


def told(data: Divided, train: Arrays, valid: Arrays | None) -> dict:
    """Describe the data: how many takes of whom, and a sum that tells other data from these."""
    digest = hashlib.sha256()
    for arrays in (train, *([valid] if valid else [])):
        digest.update(np.ascontiguousarray(arrays.X).tobytes())
        digest.update(arrays.y.astype("<i8").tobytes())
    counts = np.bincount(data.train.y, minlength=len(data.labels)).tolist()
    return {
        "takes": len(data.train) + len(data.validation or ()),
        "train": {"takes": len(data.train), "dancers": list(data.train.dancers)},
        "validation": data.validation and {
            "takes": len(data.validation), "dancers": list(data.validation.dancers)},
        "held_out": None,
        "per_label": dict(zip(data.labels, counts, strict=True)),
        "sha256": digest.hexdigest(),
    }  # fmt: skip


def versions() -> dict[str, str]:
    """Return the versions of what trains."""
    import keras
    import tensorflow

    return {"ballet_lib": __version__, "python": platform.python_version(), "keras": keras.__version__,
            "tensorflow": tensorflow.__version__, "numpy": np.__version__}  # fmt: skip
