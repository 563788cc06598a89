"""What must hold after a fault, for each of the works: nothing finished is lost, nothing half is there."""

import csv
import hashlib
import json
import time
import warnings
from pathlib import Path

import numpy as np
import psutil
import works

from ballet_lib.array_files import read_npz
from ballet_lib.files import PARTIAL
from ballet_lib.model_files import finish_writing
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.take_files import read_take
from ballet_lib.takes import TakeSet


def visible(folder: Path, pattern: str) -> list[Path]:
    """Return the files below a folder that bear a name of their own; pathlib matches hidden ones too."""
    return sorted(path for path in folder.rglob(pattern) if path.is_file() and not path.name.startswith("."))


def unfinished(folder: Path) -> list[str]:
    """Return the names of files that were begun under a temporary name and are still there."""
    _wait_for_encoders(folder)
    return [path.name for path in folder.rglob(f"*{PARTIAL}*")]


def _wait_for_encoders(folder: Path) -> None:
    """FFmpeg outlives the process that was killed by the moment it takes to end its file."""
    ends = time.monotonic() + 10
    while time.monotonic() < ends:
        started = (one.info["cmdline"] or [] for one in psutil.process_iter(["cmdline"]))
        if not any(words and words[-1].startswith(str(folder)) for words in started):
            return
        time.sleep(0.02)


def digests(folder: Path, pattern: str = "*") -> dict[str, str]:
    """Return a hash of every visible file."""
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in visible(folder, pattern)}  # fmt: skip


class Case:
    """One work in one folder, followed from fault to fault.

    `check` raises if anything is lost or half; `outcome` is what the work comes to, to be compared with that
    of a folder in which nothing happened.
    """

    def __init__(self, folder: Path, whole: "dict[str, str] | None" = None):
        self.folder, self.whole = folder, whole or {}
        self._kept: dict[str, object] = {}
        folder.parent.mkdir(parents=True)
        getattr(works, f"before_{self.work}", lambda folder: None)(folder)

    work = ""

    def check(self) -> None:
        """Raise AssertionError or BalletError if the folder is not as it should be."""
        raise NotImplementedError

    def outcome(self) -> object:
        """Return what is compared."""
        return digests(self.folder)

    def _stays(self, name: str, state: object) -> None:
        assert self._kept.setdefault(name, state) == state, f"{name} was finished, and is done again"

    def _films_are_whole(self) -> None:
        for name, digest in digests(self.folder, "*.mp4").items():
            assert not self.whole or digest in self.whole.values(), f"{name} is half"

    def _same_as_whole(self, pattern: str) -> None:
        for name, digest in digests(self.folder, pattern).items():
            assert digest == self.whole.get(name, digest), f"{name} is half"


class Recording(Case):
    work = "recording"

    def check(self):
        there = {}
        for path in visible(self.folder, "*.npz"):
            take = read_take(path)
            there[take.take_id] = seed = round(float(take.poses.landmarks[0, 0, 0]) * 10)
            expected = works.poses(seed).landmarks[1:]
            np.testing.assert_allclose(take.poses.landmarks[1:], expected, atol=1e-5)
        assert set(works.all_told(self.folder)) <= set(there), "a take that was kept is lost"
        self._films_are_whole()
        if (self.folder / "takes.csv").exists():
            self._listed()

    def _listed(self) -> list:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of takes that the next recorder will add to the list
            return sorted(round(float(t.poses.landmarks[0, 0, 0]) * 10) for t in TakeSet.load(self.folder))

    def outcome(self):
        return self._listed()


class Filming(Recording):
    work = "filming"


class Extracting(Case):
    work = "extracting"

    def check(self):
        for path in visible(self.folder, "*.npz"):
            video, _, person = path.stem.partition(".person")
            expected = works.poses(2 * int(video) + bool(person))
            np.testing.assert_array_equal(PoseSequence.load(path).landmarks, expected.landmarks)
        for number in range(works.VIDEOS):
            both = [self.folder / f"{number}{person}.npz" for person in ("", ".person2")]
            if all(path.exists() for path in both):
                self._stays(str(number), [path.stat().st_ino for path in both])


class Building(Case):
    work = "building"

    def check(self):
        for path in visible(self.folder / "cache", "*.npz"):
            take = read_take(path)
            expected = works.poses(len(take.take_id)).landmarks
            np.testing.assert_array_equal(take.poses.landmarks, expected)
            self._stays(path.stem, path.stat().st_ino)
        for path in visible(self.folder / "data", "*.npz"):
            assert TakeSet.load(path)
        self._films_are_whole()
        self._same_as_whole("*")


class Saving(Case):
    work = "saving"

    def check(self):
        model = self.folder / "model.keras"
        finish_writing(model)  # as whoever reads the model does first
        assert model.exists() or not works.all_told(self.folder), "the model is lost"
        if model.exists():
            card = json.loads(model.with_suffix(".json").read_text())
            assert card["model_sha256"] == hashlib.sha256(model.read_bytes()).hexdigest(), "card of another"


class Clips(Case):
    work = "clips"

    def check(self):
        assert set(works.all_told(self.folder)) <= set(digests(self.folder)), "a film is lost"
        self._same_as_whole("*")


class Grading(Case):
    work = "grading"

    def check(self):
        events = works.all_told(self.folder)
        kept = {event.removeprefix("kept:") for event in events if event.startswith("kept:")}
        for digest in kept:
            assert f"ran:{digest}" not in events[events.index(f"kept:{digest}") :], (
                "was run, and is run again"
            )
        finished = self.folder / "grades.finished.json"
        if kept or finished.exists():
            assert kept <= set(json.loads(finished.read_text())["runs"]), "a run that was kept is lost"
        for table in visible(self.folder, "*.csv"):
            with open(table, encoding="utf-8", newline="") as file:
                assert len(list(csv.DictReader(file))) == works.LEARNERS

    def outcome(self):
        return digests(self.folder, "*.csv")


class Training(Case):
    work = "training"

    def check(self):
        from ballet_lib.classifier import Classifier

        rows = [self._rows("progress.npz"), self._rows("everybody/progress.npz")]
        if self._trained():  # the progress is removed once the model is safe
            self._kept.clear()
            Classifier.load(self.folder / "model.keras")
        else:
            for name, done in zip(("first", "again"), rows, strict=True):
                assert done >= self._kept.get(name, 0), "epochs that were trained are lost"
                self._kept[name] = done

    def _trained(self) -> bool:
        return (self.folder / "model.keras").exists()

    def _rows(self, name: str) -> int:
        file = self.folder / "checkpoint" / name
        return len(json.loads(read_npz(file)["state"].tobytes())["rows"]) if file.exists() else 0

    def outcome(self):
        from ballet_lib.classifier import Classifier

        assert not visible(self.folder / "checkpoint", "*")
        classifier = Classifier.load(self.folder / "model.keras")
        weights = [array.tobytes() for array in classifier.model.get_weights()]
        return weights, classifier.card["epochs"], classifier.card["validation"]


class Tuning(Case):
    work = "tuning"

    def check(self):
        from ballet_lib.tuning.records import Records

        for path in visible(self.folder, "*.json"):
            json.loads(path.read_text())
        for path in visible(self.folder, "*.npz"):
            read_npz(path)
        for record in Records(self.folder).read():
            if record.finished:
                trained = works.all_told(self.folder).count(f"trains:{record.trial}")
                self._stays(f"trial {record.trial}", trained)

    def outcome(self):
        from ballet_lib.tuning import Search

        return Search.load(self.folder).trials.drop(columns="seconds").to_dict("records")


CASES = {case.work: case for case in (Recording, Filming, Extracting, Building, Saving, Clips, Grading)}
NETWORK_CASES = {case.work: case for case in (Training, Tuning)}
