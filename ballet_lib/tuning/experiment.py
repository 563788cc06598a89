"""Random search against Hyperband: the same takes, the same seeds, the same epochs.

One search says little, since luck decides when a good trial is drawn. So `compete` searches with several
seeds, each of which also divides the dancers anew: some teach, some validate, and some are strangers, who
judge the winner once.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.files import replacing, writable_folder
from ballet_lib.takes import TakeSet
from ballet_lib.tuning.search import tune

if TYPE_CHECKING:
    import pandas as pd

METHODS = {"random": "random search", "hyperband": "Hyperband"}
DANCERS = 3
"""Who validate, and as many strangers."""
SETTINGS = {"space": "course", "max_epochs": 9, "factor": 3, "copies": 3, "batch_size": 32}
"""Of every search, as lesson 06 uses them."""


@dataclass(frozen=True)
class Task:
    """How much there is to learn from.

    Attributes
    ----------
    teachers
        Dancers to learn from.
    takes
        Of each movement and teacher; None for all.
    noise
        Standard deviation of what is added to every landmark, of teachers and others, in picture widths.
    """

    teachers: int = 6
    takes: int | None = None
    noise: float = 0.0


TASKS = {"as recorded": Task(), "harder": Task(teachers=3, takes=3, noise=0.01)}


class Division(NamedTuple):
    """Takes of three groups of dancers, nobody in two of them."""

    train: TakeSet
    validation: TakeSet
    strangers: TakeSet


def divide(takes: TakeSet, task: Task, seed: int) -> Division:
    """Draw who teaches, who validates and who are strangers, and make the takes as hard as the task says.

    Parameters
    ----------
    takes
        Takes of as many dancers as the task has teachers, and six more.
    task
        How much there is to learn from.
    seed
        Of the draw, and of the noise.

    Raises
    ------
    BalletError
        If there are too few dancers.
    """
    rng = np.random.default_rng([seed, 6])
    dancers = rng.permutation(takes.dancers).tolist()
    if len(dancers) < task.teachers + 2 * DANCERS:
        raise BalletError(
            f"{len(dancers)} dancers cannot be {task.teachers} teachers, {DANCERS} who validate and "
            f"{DANCERS} strangers. Give takes of {task.teachers + 2 * DANCERS} dancers."
        )
    noisy = TakeSet([_with_noise(take, task.noise, rng) for take in takes], takes.labels)
    validating, strangers = dancers[:DANCERS], dancers[DANCERS : 2 * DANCERS]
    teachers = dancers[2 * DANCERS : 2 * DANCERS + task.teachers]
    train = _some(noisy.filter(dancer=teachers), task.takes, rng)
    return Division(train, noisy.filter(dancer=validating), noisy.filter(dancer=strangers))


def _with_noise(take, noise: float, rng: np.random.Generator):
    if not noise:
        return take
    landmarks = take.poses.landmarks.copy()
    landmarks[..., :3] += noise * rng.normal(size=landmarks[..., :3].shape)
    return replace(take, poses=replace(take.poses, landmarks=landmarks))


def _some(takes: TakeSet, each: int | None, rng: np.random.Generator) -> TakeSet:
    if each is None:
        return takes
    kept, counts = set(), {}
    for number in rng.permutation(len(takes)):
        who = takes[int(number)].dancer, takes[int(number)].movement
        counts[who] = counts.get(who, 0) + 1
        if counts[who] <= each:
            kept.add(int(number))
    return takes[sorted(kept)]


# --- Searches ---------------------------------------------------------------------------------------------


def compete(
    takes: TakeSet,
    folder: str | os.PathLike,
    *,
    tasks: Mapping[str, Task] = TASKS,
    seeds: Iterable[int] = range(5),
    bar: bool = True,
    **settings,
) -> "Competition":
    """Search with both methods, for each task and seed, and judge each winner once on strangers.

    Parameters
    ----------
    takes
        Takes of twelve dancers, if the tasks are those of `TASKS`.
    folder
        Where searches and results are kept: the same call goes on there after a stop.
    tasks
        By name.
    seeds
        One division of the dancers, and one search a method, for each.
    bar
        Whether to show the progress of each search.
    settings
        For `tune`; by default `SETTINGS`.

    Raises
    ------
    BalletError
        If there are too few dancers, a search fails, or the folder holds other searches.
    """
    settings = SETTINGS | settings
    runs = []
    for task, seed in ((task, seed) for seed in seeds for task in tasks):
        for method in METHODS:
            home = writable_folder(Path(folder) / f"{list(tasks).index(task)}_{seed}_{method}")
            run = _known(home / "run.json", settings, tasks[task])
            if run is None:
                division = divide(takes, tasks[task], seed)
                run = _search(division, method, seed, home / "search", settings, bar)
                run |= {"task": task, "settings": _plain(settings), "made": asdict(tasks[task])}
                with replacing(home / "run.json") as temporary:
                    temporary.write_text(json.dumps(run), encoding="utf-8")
            runs.append(run)
    return Competition(runs)


def _search(division: Division, method: str, seed: int, folder: Path, settings: dict, bar: bool) -> dict:
    """Search once, and judge the winner."""
    from ballet_lib.evaluation import evaluate

    search = tune(
        division.train, method=method, validation=division.validation, seed=seed, folder=folder, bar=bar,
        **settings,
    )  # fmt: skip
    judged = evaluate(search.classifier(), division.strangers)
    curve = search.curve.fillna({"best": -1.0})  # no score before a first trial has ended well
    rises = curve[curve.best > curve.best.shift(fill_value=-1.0)]
    return {
        "method": METHODS[method], "seed": seed, "score": search.score, "strangers": judged.accuracy,
        "validated on": len(division.validation), "judged on": len(judged), "taught by": len(division.train),
        "epochs": search.epochs, "trials": len(search.trials), "seconds": round(search.seconds, 1),
        "best": {name: search.best[name] for name in ("network", "learning_rate", "sizes", "epochs")},
        "curve": [[int(row.epochs), round(row.best, 4)] for row in rises.itertuples()],
    }  # fmt: skip


def _known(file: Path, settings: dict, task: Task) -> dict | None:
    if not file.exists():
        return None
    run = json.loads(file.read_text(encoding="utf-8"))
    if (run["settings"], run["made"]) != (_plain(settings), asdict(task)):
        raise BalletError(f"{file} was made with other settings. Choose another folder.")
    return run


def _plain(settings: dict) -> dict:
    """Return the settings as JSON gives them back."""
    return json.loads(json.dumps(settings, default=lambda space: dict(space.choices)))


def _told(best: dict) -> str:
    """Write hyperparameters on one line."""
    sizes = (f"{name} {value}" for name, value in best["sizes"].items())
    return ", ".join([best["network"], f"learning rate {best['learning_rate']:g}", *sizes])


# --- Results ----------------------------------------------------------------------------------------------


class Competition:
    """What came of the searches.

    Attributes
    ----------
    runs
        A row a search: task, method, seed, score (the best validation accuracy), strangers (the winner's
        accuracy on dancers who had no part in the search), winner (its hyperparameters), epochs, trials,
        seconds, and how many takes taught, validated and judged.
    curves
        A row for each time that a search found something better, and one for its end: task, method, seed,
        epochs (spent so far), best (validation accuracy).
    """

    def __init__(self, runs: list[dict]):
        import pandas as pd

        self._runs = runs
        kept = [
            {n: v for n, v in run.items() if n not in ("curve", "settings", "made", "best")} for run in runs
        ]
        self.runs = pd.DataFrame(kept).assign(winner=[_told(run["best"]) for run in runs])
        self.curves = pd.DataFrame(
            [
                (run["task"], run["method"], run["seed"], *row)
                for run in runs
                for row in (*run["curve"], (run["epochs"], run["curve"][-1][1]))
            ],
            columns=["task", "method", "seed", "epochs", "best"],
        )

    def save(self, path: str | os.PathLike) -> None:
        """Write one JSON file, a search a line."""
        lines = ",\n".join(json.dumps(run, ensure_ascii=False) for run in self._runs)
        with replacing(path) as temporary:
            temporary.write_text(f"[\n{lines}\n]\n", encoding="utf-8")

    @classmethod
    def load(cls, path: str | os.PathLike) -> "Competition":
        """Read it back.

        Raises
        ------
        BalletError
            If there is no such file, or it holds something else.
        """
        try:
            return cls(json.loads(Path(path).read_text(encoding="utf-8")))
        except FileNotFoundError:
            raise BalletError(f"There is no {path}. Make it with: python tools/make_searches.py") from None
        except (
            OSError, ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError
        ) as error:  # fmt: skip
            raise BalletError(f"{path} holds no searches. Make it with: tools/make_searches.py") from error

    def share_needed(self, task: str) -> "pd.Series":
        """Tell after which share of the epochs Hyperband was as good as random search at its end, by seed.

        Infinite where it never was.
        """
        return self._needed(task, "Hyperband", "random search")

    def share_needed_by_random(self, task: str) -> "pd.Series":
        """Tell the same with the methods exchanged."""
        return self._needed(task, "random search", "Hyperband")

    def _needed(self, task: str, method: str, other: str) -> "pd.Series":
        import pandas as pd

        runs, curves = (table[table.task == task] for table in (self.runs, self.curves))
        goal = runs[runs.method == other].set_index("seed")
        found = {}
        for seed, curve in curves[curves.method == method].groupby("seed"):
            there = curve[curve.best >= goal.score[seed] - 1e-4].epochs  # curves are rounded
            found[seed] = there.min() / goal.epochs[seed] if len(there) else np.inf
        return pd.Series(found, name="share of the epochs")
