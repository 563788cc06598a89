"""What a network for single frames looks at, before and after two mends, and which maps know its weights."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

STRANGERS = ("d10", "d11", "d12")
MARKED_EPOCHS = 15
FORGOTTEN = ("movements", "convolution_4", "convolution_3", "convolution_1")
"""Layers down to which the weights are drawn anew."""
SEED = 0


def measure() -> list[tuple]:
    """Train four networks on nine dancers, look through their eyes at three others; about two minutes."""
    from ballet_lib.frame_training import fit_frame_cnn
    from ballet_lib.stills import load_stills

    train, test = load_stills().split(list(STRANGERS))
    seconds, kept = timed(lambda: fit_frame_cnn(train, bar=False, seed=SEED))
    models = {
        "as drawn": fit_frame_cnn(train, rooms=False, price=0, bar=False, seed=SEED),
        "other rooms": fit_frame_cnn(train, price=0, bar=False, seed=SEED),
        "other rooms, and a price on what is beside the dancer": kept,
    }
    return [*training(seconds, train), *within(models, test), *shortcut(train, test), *sanity(kept, test)]


def timed(work):
    """Return seconds and what the work gave."""
    import time

    began = time.perf_counter()
    done = work()
    return time.perf_counter() - began, done


def training(seconds: float, train) -> list[tuple]:
    """How long a learner waits."""
    return [
        ("training the frame CNN", "≤ 60 s", f"{seconds:.0f} s", seconds <= 60,
         f"{len(train)} pictures of nine dancers, 40 epochs, all cores"),
    ]  # fmt: skip


def within(models: dict, test) -> list[tuple]:
    """Share of Grad-CAM's mass on the dancer, training by training, and the accuracy beside it."""
    import keras

    from ballet_lib.frame_training import answers
    from ballet_lib.networks.frame_cnn import frame_cnn
    from ballet_lib.saliency.pictures import dilated, grad_cam, mass_within

    keras.utils.set_random_seed(SEED)
    chance = dilated(test.masks).mean()
    rows = [
        ("Grad-CAM's mass within the dancer's mask dilated by 5%: a flat map", "none", f"{chance:.1%}", None,
         f"{len(test)} pictures of {', '.join(STRANGERS)}, and the share of them that the masks cover"),
        ("the same: a network with random weights", "none", mean_interval(
            mass_within(grad_cam(frame_cnn(), test.pictures), test.masks), test.groups), None, ""),
    ]  # fmt: skip
    for number, (name, model) in enumerate(models.items()):
        mass = mean_interval(mass_within(grad_cam(model, test.pictures), test.masks), test.groups)
        last = number == len(models) - 1
        met = float(mass.split("%")[0]) >= 80 if last else None
        rows += [
            (f"the same: trained, {name}", "≥ 80%" if last else "none", mass, met, "its own answers"),
            (f"accuracy on strangers, {name}", "none", accuracy(answers(model, test.pictures), test), None,
             "one frame shows one of six movements; chance 16.7%; interval over dancers"),
        ]  # fmt: skip
    return rows


def shortcut(train, test) -> list[tuple]:
    """A poster on the wall for each movement: believed, seen by Grad-CAM, mended."""
    import numpy as np

    from ballet_lib.frame_training import answers, fit_frame_cnn
    from ballet_lib.saliency.pictures import grad_cam, mass_within
    from ballet_lib.stills import dilated, with_marks

    def marked(stills, seed, **how):
        return with_marks(stills, np.random.default_rng(seed), **how)

    (posters, _), (seen, shown), (mixed, _) = (
        marked(train, 1), marked(test, 2), marked(test, 2, shuffled=True),
    )  # fmt: skip
    rows = [
        ("a flat map's mass on the poster, dilated by 5%", "none", f"{dilated(shown).mean():.1%}", None, "")
    ]
    for name, model in (
        ("learnt with posters", fit_frame_cnn(
            posters, rooms=False, price=0, epochs=MARKED_EPOCHS, bar=False, seed=SEED)),
        ("the same, posters shuffled in training", fit_frame_cnn(
            marked(train, 1, shuffled=True)[0], rooms=False, price=0, bar=False, seed=SEED)),
    ):  # fmt: skip
        right = [
            f"{(answers(model, one.pictures).argmax(1) == test.y).mean():.1%}" for one in (seen, test, mixed)
        ]
        mass = np.nanmean(mass_within(grad_cam(model, seen.pictures), shown))
        rows += [
            (f"accuracy on strangers with their posters / without / with any, {name}", "none",
             " / ".join(right), None, "a planted shortcut"),
            (f"Grad-CAM's mass on the poster, {name}", "none", f"{mass:.1%}", None, "dilated by 5%"),
        ]  # fmt: skip
    return rows


def sanity(model, test) -> list[tuple]:
    """Rank correlation of each map with itself as the network forgets, from the top down."""
    import numpy as np

    from ballet_lib.saliency.pictures import edges, grad_cam, gradient, guided_backpropagation
    from ballet_lib.saliency.randomisation import agreement, randomised

    some = test[::4].pictures
    target = np.asarray(test[::4].y)
    models = [one for name, one in randomised(model, seed=SEED) if name in FORGOTTEN]
    rows = []
    for method in (gradient, guided_backpropagation, grad_cam):
        before = method(model, some, target)
        kept = [np.nanmean(agreement(before, method(one, some, target))) for one in models]
        like_edges = np.nanmean(agreement(before, edges(some)))
        rows.append((
            f"{method.__name__}: agreement after forgetting the answers / and the last convolution / and the "
            "one before / everything", "none", " / ".join(f"{one:.2f}" for one in kept), None,
            f"rank correlation of sizes, {len(some)} pictures; with a Sobel filter {like_edges:.2f}",
        ))  # fmt: skip
    return rows


def mean_interval(shares, groups) -> str:
    """Write a mean over pictures, and from which dancer to which it goes."""
    import numpy as np

    each = [np.nanmean(shares[groups == one]) for one in np.unique(groups)]
    return f"{np.nanmean(shares):.1%} [{min(each):.0%} to {max(each):.0%} by dancer]"


def accuracy(probabilities, test) -> str:
    """Write the accuracy with its interval for other dancers."""
    from ballet_lib.intervals import bootstrap_scores

    told = probabilities.argmax(axis=1)
    low, high = bootstrap_scores(test.y, told, test.groups, test.labels).accuracy
    return f"{(told == test.y).mean():.1%} [{low:.0%}, {high:.0%}]"
