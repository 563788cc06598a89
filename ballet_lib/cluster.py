"""A Dask cluster behind joblib: refused clearly when it cannot do the work, left when its workers are dead.

joblib's own Dask backend waits for ever when the last worker dies, and when Dask gives a task up because
the workers that took it died; a cluster of one worker it does not use at all. `Backend` mends these three.

Whoever can speak to a scheduler can run code on its workers and on whoever connects to it: Dask unpickles
what it is sent. So a scheduler is one's own, on loopback, in a trusted network, or behind ``tls://``.
"""

import asyncio
import concurrent.futures
import logging
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import joblib
from distributed import Client, Security
from distributed.core import connect
from distributed.scheduler import KilledWorker
from joblib._dask import DaskDistributedBackend

from ballet_lib.errors import BalletError

PATIENCE = 10.0
"""Seconds that a cluster may be without any worker."""

ANSWER = 5.0
"""Seconds that a scheduler may take to answer."""

START_WORKERS = "dask worker {} --nthreads 1 --nworkers N"


@contextmanager
def connected(address: str) -> Iterator[Client]:
    """Yield a client of the scheduler at `address`, once all its workers are found fit.

    Raises
    ------
    BalletError
        If nobody answers there, there are no workers, or a worker has other versions or several threads.
    """
    with _quiet_dask():
        try:
            # In a thread of its own, since a notebook's runs a loop already.
            with concurrent.futures.ThreadPoolExecutor(1) as thread:
                thread.submit(asyncio.run, _call(address)).result()
            client = Client(address, timeout=ANSWER, set_as_default=False)
        except (OSError, ValueError, TypeError, RuntimeError, TimeoutError) as error:
            raise BalletError(
                f"No Dask scheduler answers at {address} ({_first_line(error)}). Start one with "
                "'dask scheduler --host 127.0.0.1', and give the address that it prints."
            ) from error
        try:
            _check_workers(client, address)
            yield client
        finally:
            client.close()


async def _call(address: str) -> None:
    """Ring at the address: a client would go on ringing for ever at a server of another kind."""
    security = Security().get_connection_args("client")
    (await asyncio.wait_for(connect(address, timeout=ANSWER, **security), ANSWER)).abort()


def run(
    client: Client, function: Callable, jobs: Iterable[tuple], lost: Callable[[tuple, str], object]
) -> Iterator:
    """Yield ``function(*job)`` of every job, in the order in which the workers finish.

    Parameters
    ----------
    function
        One that the workers can import.
    lost
        Called with a job and a reason where the workers that took the job died; what it returns takes the
        result's place.

    Raises
    ------
    BalletError
        If the scheduler is gone, or there has been no worker for `PATIENCE` seconds.
    """
    # One task a worker and no queue behind it: Dask blames whoever waits at a worker that dies.
    with joblib.parallel_config(backend=Backend(client=client, lost=lost), n_jobs=-1):
        parallel = joblib.Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch="n_jobs")
    yield from parallel(joblib.delayed(function)(*job) for job in jobs)


class _Failure(NamedTuple):
    """What a callback gets in place of a result."""

    job: tuple
    error: BaseException


class Backend(DaskDistributedBackend):
    """joblib's Dask backend that tells of tasks given up, and of a cluster without workers."""

    def __init__(self, *, client: Client, lost: Callable[[tuple, str], object]):
        super().__init__(client=client)
        self._lost = lost
        self._waiting: set[concurrent.futures.Future] = set()

    def effective_n_jobs(self, n_jobs: int) -> int:
        """Return how many jobs to hand out at a time; for one, joblib would do the work here."""
        return max(2, super().effective_n_jobs(n_jobs))

    def start_call(self) -> None:
        """Begin a call of joblib.Parallel."""
        super().start_call()
        self.client.loop.add_callback(self._watch)

    def submit(self, func, callback=None) -> concurrent.futures.Future:
        """Hand a batch of one job to the cluster."""
        future = super().submit(func, callback)
        _, job, _ = func.items[0]

        def settled(future: concurrent.futures.Future) -> None:
            self._waiting.discard(future)
            if error := future.exception():  # joblib's backend tells of results only
                callback(_Failure(job, error))

        self._waiting.add(future)
        future.add_done_callback(settled)
        return future

    def retrieve_result_callback(self, out):
        """Return the results of a batch, or raise what ends the whole call."""
        if isinstance(out, _Failure):
            if isinstance(out.error, BalletError):
                raise out.error
            return [self._lost(out.job, _reason(out.error))]
        if isinstance(out, asyncio.CancelledError | concurrent.futures.CancelledError):
            raise _gone()
        return super().retrieve_result_callback(out)

    async def _watch(self) -> None:
        """End the call when there is nobody left to work on it."""
        alone = 0.0
        while self._continue:
            await asyncio.sleep(0.5)
            if not self._continue or self.client.scheduler is None:  # the call ended meanwhile
                return
            try:
                alone = 0.0 if await self.client.scheduler.ncores() else alone + 0.5
                trouble = _no_workers() if alone >= PATIENCE else None
            except (OSError, asyncio.CancelledError):
                trouble = _gone()
            if trouble and self._waiting and self._continue:
                self._waiting.pop().set_exception(trouble)
                return


def _check_workers(client: Client, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError as error:
        raise BalletError(
            f"The scheduler at {address} has no workers. Start some: {START_WORKERS.format(address)}."
        ) from error
    versions: Any = client.get_versions(packages=["ballet_lib", "mediapipe"])
    ours = _versions(versions["client"])
    for worker, told in versions["workers"].items():
        for what, version in _versions(told).items():
            if version != ours[what]:
                theirs = f"{what} {version}" if version else f"no {what}"
                raise BalletError(
                    f"The worker at {worker} has {theirs}, and here is {what} {ours[what]}. "
                    "Install the same versions on all machines."
                )
    for worker, threads in client.nthreads().items():
        if threads > 1:
            raise BalletError(
                f"The worker at {worker} has {threads} threads, and each video needs a process of its own. "
                f"Start workers of one thread, as many as there are cores: {START_WORKERS.format(address)}."
            )


def _versions(told: dict) -> dict[str, str | None]:
    """Return what decides whether two machines can do the same work."""
    python = ".".join(told["host"]["python"].split(".")[:2])
    packages = told["packages"]
    return {"Python": python, "ballet_lib": packages["ballet_lib"], "mediapipe": packages["mediapipe"]}


def _reason(error: BaseException) -> str:
    if isinstance(error, KilledWorker):
        return (
            f"{error.allowed_failures + 1} workers died while they had it. Give them more memory, "
            "or look at the video by itself"
        )
    return f"a worker failed ({type(error).__name__}: {_first_line(error)})"


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _no_workers() -> BalletError:
    return BalletError(
        "All workers are gone. What was finished is kept; start workers, and run the same command again."
    )


def _gone() -> BalletError:
    return BalletError(
        "The scheduler is gone. What was finished is kept; start it and its workers, and run the same "
        "command again."
    )


@contextmanager
def _quiet_dask() -> Iterator[None]:
    """Keep Dask's pages of logs to itself: what matters of them comes as a `BalletError`."""
    loggers = [logging.getLogger(name) for name in sys.modules if name.split(".")[0] == "distributed"]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="distributed")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
