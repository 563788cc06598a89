"""Keras Tuner's two oracles and a tuner of our own, mended where a killed or unlucky search would suffer.

This module imports Keras Tuner, and with it TensorFlow. What is ours, against Keras Tuner 1.4.8:

- a trial that fails counts as the worst, so that Hyperband still has as many to choose from as it planned;
- its files are written under another name and moved, and a trial that a kill cut off is begun again;
- there is one budget of epochs, for random search too; the last trial may be shorter to meet it;
- an idle worker waits a moment before it asks again.
"""

import io
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ballet_lib.errors import BalletError
from ballet_lib.files import replacing
from ballet_lib.quiet_tensorflow import import_keras
from ballet_lib.tuning import trial as training
from ballet_lib.tuning.folder import SearchFolder, digest
from ballet_lib.tuning.hyperband import brackets
from ballet_lib.tuning.records import FAILED, Record

import_keras()
import keras_tuner  # noqa: E402
from keras_tuner.src.engine.base_tuner import BaseTuner  # noqa: E402
from keras_tuner.src.engine.trial import Trial  # noqa: E402

OBJECTIVE = "val_accuracy"
WORST = -1.0
"""What Keras Tuner is told of a trial that failed: less than any accuracy."""
IDLE_SECONDS = 0.2

PARENT, START, END = "tuner/trial_id", "tuner/initial_epoch", "tuner/epochs"
BRACKET, ROUND = "tuner/bracket", "tuner/round"


if TYPE_CHECKING:
    _Base: Any = keras_tuner.Oracle
else:
    _Base = object


class _Kept(_Base):
    """What both oracles get: a budget, files that a kill leaves whole, and no repeated configuration."""

    budget: int
    longest: int

    def populate_space(self, trial_id: str) -> dict:
        """Choose the next trial; the last one is cut to what is left of the budget."""
        left = self.budget - sum(map(_cost, self.trials.values()))
        if left <= 0:  # nobody leaves before the last one has ended: its worker may die
            return {"status": "IDLE" if self.ongoing_trials else "STOPPED"}
        answer = super().populate_space(trial_id)
        if answer["status"] == "RUNNING":
            values = answer["values"]
            values.setdefault(START, 0)
            values[END] = min(values.get(END, self.longest), values[START] + left)
            if PARENT in values:  # Keras Tuner writes the bracket that it fills meanwhile
                values[BRACKET] = self.trials[values[PARENT]].hyperparameters.values[BRACKET]
        return answer

    def _compute_values_hash(self, values: dict) -> str:
        told = {name: value for name, value in values.items() if name not in (START, END, BRACKET, ROUND)}
        return super()._compute_values_hash(told)

    def save(self) -> None:
        _write_json(self._get_oracle_fname(), self.get_state())

    def _save_trial(self, trial: Trial) -> None:
        _write_json(Path(self._get_trial_dir(trial.trial_id)) / "trial.json", trial.get_state())

    def reload(self) -> None:
        """Read the state; what was going on is begun again, what is known to nobody is forgotten."""
        file = Path(self._get_oracle_fname())
        try:
            state = json.loads(file.read_text(encoding="utf-8"))
            for trial_id in state["start_order"]:
                stored = Path(self._get_trial_dir(trial_id)) / "trial.json"
                self.trials[trial_id] = Trial.from_state(json.loads(stored.read_text(encoding="utf-8")))
            self.set_state(state)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BalletError(f"{file.parent} is damaged. Remove it and search anew.") from error
        self._retry_queue += [trial.trial_id for trial in self.ongoing_trials.values()]
        self.ongoing_trials.clear()


class _Hyperband(_Kept, keras_tuner.oracles.HyperbandOracle):
    pass


class _Random(_Kept, keras_tuner.oracles.RandomSearchOracle):
    pass


def _cost(trial: Trial) -> int:
    return trial.hyperparameters.values[END] - trial.hyperparameters.values[START]


def _write_json(path: str | Path, told: dict) -> None:
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(told), encoding="utf-8")


def oracle_of(settings: dict) -> keras_tuner.Oracle:
    """Return the oracle of a search; the same seed gives both methods the same first configurations."""
    space = keras_tuner.HyperParameters()
    for name, values in settings["space"].items():
        space.Choice(name, list(values))
    common = {
        "objective": keras_tuner.Objective(OBJECTIVE, "max"), "hyperparameters": space,
        # Keras Tuner draws with seed, seed + 1, ...: neighbouring seeds would share their draws. And 0 is
        # no seed to it.
        "seed": digest("oracle", settings["seed"]),
        "max_consecutive_failed_trials": 10**9,
    }  # fmt: skip
    if settings["method"] == "random":
        oracle = _Random(max_trials=None, **common)
    else:
        once = sum(bracket.epochs for bracket in brackets(settings["max_epochs"], settings["factor"]))
        oracle = _Hyperband(
            max_epochs=settings["max_epochs"], factor=settings["factor"],
            hyperband_iterations=-(-settings["budget"] // once), **common,
        )  # fmt: skip
    oracle.budget, oracle.longest = settings["budget"], settings["max_epochs"]
    oracle.verbose = 0
    oracle._max_collisions = 10_000  # draws of a known configuration before the space counts as exhausted
    return oracle


class Tuner(BaseTuner):
    """Trains what the oracle asks for, alone or as a worker of a chief.

    Parameters
    ----------
    folder
        Of the search, its plan read.
    tell
        Is called with the record after every epoch.
    lost
        The number of a trial that has killed its process before, and is not tried again.
    """

    def __init__(
        self,
        folder: SearchFolder,
        tell: Callable[[Record], None] = lambda record: None,
        lost: int | None = None,
    ):
        self._folder, self._tell, self._lost = folder, tell, lost
        self._networks = {}
        self._idle = False
        with redirect_stdout(io.StringIO()):  # "Reloading Tuner from ..."
            super().__init__(oracle_of(folder.plan["settings"]), None, folder.path.parent, folder.path.name)

    def _get_tuner_fname(self) -> str:
        return str(self._folder.path / "oracle.json")  # one, whether a chief or a tuner alone wrote it

    def save(self) -> None:
        """Save the oracle, unless this is a worker, whose chief does."""
        if not self._is_worker():
            self.oracle.save()

    def reload(self) -> None:
        """Reload the oracle, unless this is a worker."""
        if not self._is_worker():
            self.oracle.reload()

    def pre_create_trial(self) -> None:
        """Wait a moment if the oracle had nothing to do."""
        if self._idle:
            time.sleep(IDLE_SECONDS)
        self._idle = True

    def on_trial_begin(self, trial: Trial) -> None:
        """Remember that there was something to do."""
        self._idle = False

    def run_trial(self, trial: Trial) -> float:
        """Train a trial, or tell again how it went if it has finished before; return its score."""
        folder = self._folder.trial(int(trial.trial_id))
        known = Record.read(folder)
        if known is not None and known.finished:
            return _score(known)
        record = self._record(trial)
        record.write(folder)
        try:
            if record.trial == self._lost:
                raise training.TrialFailed(
                    "its process died in it twice; it may need more memory than there is"
                )
            training.run(record, self._folder, self._tell, self._networks)
        except BalletError as error:  # such as a full disk: every other trial would meet it too
            raise keras_tuner.errors.FatalError(str(error)) from error
        except Exception as error:
            record.status, record.problem = FAILED, _problem(error)
        record.write(folder)
        self._tell(record)
        return _score(record)

    def _record(self, trial: Trial) -> Record:
        values = dict(trial.hyperparameters.values)
        told = {name: values.pop(name, None) for name in (START, END, BRACKET, ROUND, PARENT)}
        return Record(
            trial=int(trial.trial_id), values=values,
            seed=digest("trial", self._folder.plan["settings"]["seed"], values),
            start=told[START], end=told[END], bracket=told[BRACKET], round=told[ROUND],
            parent=None if told[PARENT] is None else int(told[PARENT]), worker=self.tuner_id,
        )  # fmt: skip


def _score(record: Record) -> float:
    return WORST if record.status == FAILED or record.score is None else record.score


def _problem(error: Exception) -> str:
    """Say in one line why a trial failed."""
    import tensorflow as tf

    if isinstance(error, training.TrialFailed):
        return str(error)
    if isinstance(error, MemoryError | tf.errors.ResourceExhaustedError):
        return "ran out of memory"
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}"[:200].rstrip(": ")


@contextmanager
def _quickly_built() -> Iterator[None]:
    """Leave TensorFlow's graphs as they are written: to improve them takes longer than short trials gain."""
    import tensorflow as tf

    switch = "disable_meta_optimizer"
    before = tf.config.optimizer.get_experimental_options().get(switch, False)
    tf.config.optimizer.set_experimental_options({switch: True})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({switch: before})


def search(folder: SearchFolder, tell: Callable[[Record], None] = lambda record: None, lost=None) -> None:
    """Search until the plan is done, or, as a chief, until the process is ended.

    Raises
    ------
    BalletError
        If the search cannot go on, as with a full disk.
    """
    try:
        with _quickly_built():
            Tuner(folder, tell, lost).search()
    except keras_tuner.errors.FatalError as error:
        raise error.__cause__ or error from None
