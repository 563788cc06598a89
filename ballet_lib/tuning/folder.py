"""The folder of a search: its settings, its data, the lock that keeps a second search out, and its clock.

search.json    the settings, who taught and who validated, and how long it has taken
data.npz       what the networks eat, so that other processes need nothing else
oracle.json    Keras Tuner's own state      trial_0000/ ...    one folder a trial, see `records`
"""

import hashlib
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from ballet_lib.array_files import read_npz
from ballet_lib.errors import BalletError
from ballet_lib.files import PARTIAL, replacing, writable_folder
from ballet_lib.takes import Arrays
from ballet_lib.tuning.records import LARGEST_NUMBER

FORMAT = 1
LOCK = ".search.lock"
LARGEST = 1 << 33
"""Bytes of data.npz that are read, 8 GB: it is our own file."""


class SearchFolder:
    """A search on disk.

    Parameters
    ----------
    path
        The folder.

    Attributes
    ----------
    plan
        What ``search.json`` says; empty before `claim` or `read`.
    """

    def __init__(self, path: str | os.PathLike):
        self.path = Path(path).resolve()
        self.plan: dict = {}
        self._lock = FileLock(self.path / LOCK, timeout=0, thread_local=False)
        self._met: tuple[float, float] | None = None

    @property
    def finished(self) -> bool:
        """Whether the search has come to its end."""
        return bool(self.plan.get("finished"))

    def claim(self, plan: dict, arrays: Mapping[str, tuple[Arrays, Arrays]]) -> None:
        """Lock the folder and begin this search in it, or go on if it holds this very search.

        Parameters
        ----------
        plan
            Settings under ``settings``, a sum over the data under ``data``, and whatever else shall be kept.
        arrays
            For each way to fill in missing frames what to train and what to validate on.

        Raises
        ------
        BalletError
            If another process searches here, the folder holds another search, or cannot be written to.
        """
        writable_folder(self.path)
        try:
            self._lock.acquire()
        except Timeout:
            raise BalletError(
                f"Another process is searching in {self.path}. Wait for its end, or choose another folder."
            ) from None
        try:
            if (self.path / "search.json").exists():
                self.read()
                self._check_same(plan)
            else:
                self._check_empty()
                self._write_arrays(arrays)
                self.plan = {"format": FORMAT, "finished": False, "seconds": 0.0, **plan}
                self.write()
            for leftover in self.path.glob(f"**/.*{PARTIAL}*"):
                leftover.unlink(missing_ok=True)
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Let others in."""
        self._lock.release()

    def read(self) -> "SearchFolder":
        """Read the plan.

        Raises
        ------
        BalletError
            If there is no search, or its file is damaged.
        """
        file = self.path / "search.json"
        try:
            plan = json.loads(file.read_text(encoding="utf-8"))
            if plan["format"] != FORMAT:
                raise BalletError(
                    f"{file} is of version {plan['format']}, and {FORMAT} is read. Search anew."
                )
            _check_plan(plan)
        except FileNotFoundError:
            raise BalletError(f"There is no search in {self.path}. Check the spelling.") from None
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise BalletError(f"{file} is damaged. Remove {self.path} and search anew.") from error
        self.plan = plan
        return self

    def write(self) -> None:
        """Write the plan."""
        with replacing(self.path / "search.json") as temporary:
            temporary.write_text(json.dumps(self.plan, indent=1, ensure_ascii=False), encoding="utf-8")

    def trial(self, number: int) -> Path:
        """Return the folder of a trial, which Keras Tuner names by four digits."""
        return self.path / f"trial_{number:04d}"

    def arrays(self, missing: str) -> tuple[Arrays, Arrays]:
        """Return what to train and what to validate on."""
        stored = read_npz(self.path / "data.npz", LARGEST, lambda name: name.startswith(f"{missing}."))
        train, valid = (Arrays(*(stored[f"{missing}.{part}.{name}"] for name in Arrays._fields))
                        for part in ("train", "valid"))  # fmt: skip
        return train, valid

    def start_clock(self, behind: float) -> None:
        """Begin another session; `behind` are the seconds that earlier ones took."""
        self._met = None
        self.plan |= {"began": time.time(), "seconds": behind}
        self.write()

    def clock(self) -> float:
        """Return the seconds of the search, pauses between its sessions left out."""
        # The computer's clock, which somebody may set, is asked once, for it is all that processes share.
        self._met = self._met or (max(0.0, time.time() - self.plan["began"]), time.monotonic())
        before, met = self._met
        return self.plan["seconds"] + before + time.monotonic() - met

    def stop_clock(self) -> None:
        """End the session, and write down what it took."""
        self.plan |= {"seconds": round(self.clock(), 3), "began": None}
        self.write()

    def _write_arrays(self, arrays: Mapping[str, tuple[Arrays, Arrays]]) -> None:
        named = {
            f"{missing}.{part}.{name}": column
            for missing, both in arrays.items()
            for part, one in zip(("train", "valid"), both, strict=True)
            for name, column in one._asdict().items()
        }
        with replacing(self.path / "data.npz") as temporary, temporary.open("wb") as file:
            np.savez(file, **named)

    def _check_same(self, plan: dict) -> None:
        ours, theirs = _comparable(plan), _comparable(self.plan)
        if differing := [name for name in ours if ours[name] != theirs.get(name)]:
            raise BalletError(
                f"{self.path} holds another search: it differs in {', '.join(differing)}. "
                "Choose another folder, or give the same settings to go on with that one."
            )

    def _check_empty(self) -> None:
        if (self.path / "oracle.json").exists():
            raise BalletError(
                f"{self.path} holds a search of Keras Tuner that is not from here. Choose another folder."
            )


def _check_plan(plan: dict) -> None:
    """Raise TypeError or KeyError if this is no plan as `tune` writes it."""
    settings = plan["settings"]
    numbers = [settings[name] for name in ("seed", "budget", "max_epochs", "factor", "frames", "batch_size",
                                           "copies")]  # fmt: skip
    texts = [settings["method"], plan["data"]["sha256"], *plan["labels"], *settings["features"]]
    if (
        not all(type(one) is int and abs(one) < LARGEST_NUMBER for one in numbers)
        or min(settings["budget"], settings["max_epochs"]) < 1
        or not all(isinstance(one, str) for one in texts)
        or not all(isinstance(one, list) for one in (plan["labels"], settings["features"]))
        or type(plan["seconds"]) not in (int, float)
        or not abs(plan["seconds"]) < LARGEST_NUMBER
        or not isinstance(settings["space"], dict)
    ):
        raise TypeError("plan")


def _comparable(plan: dict) -> dict:
    """Return what must be the same for a search to go on, as JSON gives it back."""
    return json.loads(json.dumps(plan["settings"] | {"takes": plan["data"]["sha256"]}))


def digest(*parts) -> int:
    """Return a number from 1 to 2**31 - 1 that follows from the parts, which JSON can hold."""
    told = json.dumps(parts, sort_keys=True).encode()
    return int.from_bytes(hashlib.sha256(told).digest()[:8], "big") % (2**31 - 1) + 1
