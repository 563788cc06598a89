"""`tune`: spend a budget of training epochs on finding good hyperparameters."""

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

from ballet_lib.errors import BalletError
from ballet_lib.recipes import RECIPES, check_count
from ballet_lib.takes import FRAMES, TakeSet
from ballet_lib.tuning.folder import SearchFolder
from ballet_lib.tuning.hyperband import brackets
from ballet_lib.tuning.progress import Progress
from ballet_lib.tuning.records import Record, Records, best_of
from ballet_lib.tuning.result import Search
from ballet_lib.tuning.spaces import NETWORK, SPACES, SearchSpace

METHODS = ("hyperband", "random")


def tune(
    takes: TakeSet,
    space: SearchSpace | Mapping[str, Sequence] | str | None = None,
    method: str = "hyperband",
    *,
    validation: float | str | Sequence[str] | TakeSet = 0.25,
    max_epochs: int = 9,
    factor: int = 3,
    budget: int | None = None,
    features: str | Sequence[str] | None = None,
    frames: int = FRAMES,
    copies: int = 0,
    batch_size: int | None = 32,
    seed: int = 0,
    folder: str | os.PathLike | None = None,
    workers: int = 1,
    bar: bool = True,
) -> Search:
    """Search for the network, learning rate and sizes that do best on the validation takes.

    Each trial is trained as `training.fit` trains its network, at a constant learning rate. Hyperband
    (Li et al. 2018) trains many trials shortly and goes on with the best of them; random search trains every
    trial `max_epochs`. Both begin with the same configurations if their seeds are the same, and both spend
    the same budget of epochs.

    A trial that goes on in Hyperband continues from its last epoch, with the state of its optimizer. A trial
    that fails (no memory, a loss that is no number) is recorded and counts as the worst. Ctrl-C ends the
    search after which what was found so far is returned. The seed of Python, NumPy and TensorFlow is another
    one from here on, as with `fit`.

    Parameters
    ----------
    takes
        All takes to tune on. Keep those that shall judge the winner out of it.
    space
        What may be chosen, or a name in `SPACES`; the course's by default.
    method
        ``hyperband`` or ``random``.
    validation
        Whom to score the trials by: a share of the dancers, their names, or takes that share no dance.
    max_epochs
        Epochs of the longest trials.
    factor
        Of Hyperband, see `brackets`.
    budget
        Training epochs in all, which are spent to the last: the last trial is shorter if need be. What one
        pass of Hyperband spends by default; Hyperband begins again if there is more.
    features, frames, copies, batch_size
        As for `fit`; by default the features of the course's LSTM, no augmented copies, and small batches, so
        that an epoch holds enough steps to learn something. None takes each network's batch size.
    seed
        Of the validation dancers, the configurations, first weights, dropout and the order of takes.
    folder
        Where to keep the search: the same call goes on there after a kill, and returns at once when it is
        finished. By default a temporary folder that goes with the `Search`.
    workers
        Processes that train at the same time. With more than one, which trials go on can depend on which
        ended first.
    bar
        Whether to show progress.

    Raises
    ------
    BalletError
        If takes, space or settings are unfit, the folder holds another search or is in use, every trial
        failed, or the workers' chief died. It says which.
    LeakError
        If validation would ask what training has shown.
    """
    settings = _settings(
        space, method, max_epochs, factor, budget, features, frames, copies, batch_size, seed
    )
    check_count("workers", workers)
    progress = Progress(method, settings["budget"], bar)  # the first sign, long before TensorFlow has loaded
    keeping = None
    if folder is None:
        keeping = tempfile.TemporaryDirectory(prefix="ballet-search-")
        folder = keeping.name
    there = SearchFolder(folder)
    try:
        there.claim(*_prepared(takes, validation, settings))
        progress.show(Records(there.path).read())
        if not there.finished:
            hint = "" if keeping else f" The same call goes on from {there.path}."
            _run(there, workers, progress, hint)
        return Search(there, keeping)
    finally:
        progress.close()
        there.release()


def _settings(space, method, max_epochs, factor, budget, features, frames, copies, batch_size, seed) -> dict:
    """Check all that can be checked before anything is computed, and fill in what was not given."""
    if method not in METHODS:
        raise BalletError(f"There is no method {method!r}. Choose {' or '.join(METHODS)}.")
    passes = brackets(max_epochs, factor)
    once = sum(bracket.epochs for bracket in passes)
    for name, number in {"budget": budget, "batch_size": batch_size}.items():
        if number is not None:
            check_count(name, number)
    check_count("frames", frames)
    if isinstance(copies, bool) or not isinstance(copies, int) or copies < 0:
        raise BalletError(f"copies is {copies!r}. Give a whole number of at least 0.")
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise BalletError(f"seed is {seed!r}. Give a whole number.")
    space = _space(space)
    budget = once if budget is None else int(budget)
    drawn = -(-budget // max_epochs)
    if method == "hyperband":
        drawn = sum(bracket.rounds[0].trials for bracket in passes) * -(-budget // once)
    if space.size < drawn:
        raise BalletError(
            f"The search space has {space.size} combinations, and this search draws {drawn}. "
            "Give more values, or a smaller budget or max_epochs."
        )
    features = RECIPES["lstm"].features if features is None else features
    return {
        "method": method, "space": {name: list(values) for name, values in space.choices.items()},
        "max_epochs": int(max_epochs), "factor": int(factor), "budget": budget,
        "features": [features] if isinstance(features, str) else list(features), "frames": int(frames),
        "copies": int(copies), "batch_size": batch_size, "seed": int(seed),
    }  # fmt: skip


def _space(space) -> SearchSpace:
    if space is None or isinstance(space, str):
        name = space or "course"
        if name not in SPACES:
            raise BalletError(f"There is no search space {name!r}. There are: {', '.join(SPACES)}.")
        space = SPACES[name]
    if not isinstance(space, SearchSpace):
        space = SearchSpace(space)
    space.check()
    return space


def _prepared(takes: TakeSet, validation, settings: dict) -> tuple[dict, dict]:
    """Return the plan of a search, and the arrays that its trials will train and validate on."""
    from ballet_lib.training_data import divide, told, with_copies
    from ballet_lib.tuning.trial import trial_recipe

    if validation is None:
        raise BalletError("Nothing can be tuned without validation. Give a share of the dancers, or names.")
    data = divide(takes, validation, settings["seed"])
    valid: Any = data.validation  # not None, since some was asked for
    networks = settings["space"][NETWORK]
    recipes = [trial_recipe({NETWORK: network}, settings) for network in networks]
    train = with_copies(data.train, recipes[0], settings["seed"])
    arrays = {}
    for missing in dict.fromkeys(recipe.missing for recipe in recipes):
        eaten = (recipes[0].features, settings["frames"], missing)
        arrays[missing] = train.to_arrays(*eaten), valid.to_arrays(*eaten)
    first = next(iter(arrays.values()))
    plan = {
        "settings": settings, "labels": list(data.labels), "split": data.split,
        "data": told(data, *first) | {"shape": list(first[0].X.shape[1:])},
    }  # fmt: skip
    return plan, arrays


def _run(folder: SearchFolder, workers: int, progress: Progress, hint: str) -> None:
    """Spend what is left of the budget, here or in worker processes."""
    records = Records(folder.path)
    behind = [row["clock"] for record in records.read() for row in record.rows]
    folder.start_clock(max([*behind, folder.plan["seconds"]]))
    try:
        if workers == 1 and not _is_chief_named():
            from ballet_lib.tuning import tuner

            tuner.search(folder, lambda record: progress.show(records.read()))
        else:
            from ballet_lib.tuning.workers import run_workers

            run_workers(folder, workers, lambda: progress.show(records.read()))
        _check_complete(folder, records.read())
        folder.plan["finished"] = True
    except KeyboardInterrupt:
        ended = [record for record in records.read() if record.finished]
        if not best_of(ended):
            raise  # nothing is found yet
        spent, budget = sum(len(record.rows) for record in ended), folder.plan["settings"]["budget"]
        print(f"Stopped after {len(ended)} trials, {spent} of {budget} epochs.{hint}", file=sys.stderr)
    finally:
        folder.stop_clock()
    progress.show(records.read())
    _tidy(folder, records.read())


def _check_complete(folder: SearchFolder, records: list[Record]) -> None:
    """Count the trials that ended against the budget: a lost one must not pass for a finished search."""
    ended = sum(record.end - record.start for record in records if record.finished)
    if ended != (budget := folder.plan["settings"]["budget"]):
        raise BalletError(
            f"The search stopped with trials for {ended} of {budget} epochs, so some were lost. "
            "The same call with the same folder goes on."
        )


def _is_chief_named() -> bool:
    return "KERASTUNER_ORACLE_IP" in os.environ


def _tidy(folder: SearchFolder, records: list[Record]) -> None:
    """Remove the weights of all trials but the best, once nobody can go on with them."""
    from ballet_lib.tuning.trial import STATE

    if folder.finished and (best := best_of(records)):
        for record in records:
            if record.trial != best.trial:
                (folder.trial(record.trial) / STATE).unlink(missing_ok=True)
