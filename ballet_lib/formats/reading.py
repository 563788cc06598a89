"""How foreign files are to be read, and what came up meanwhile."""

import csv
import io
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.names import check_id, check_label
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.takes import Take, TakeSet

MOST_PEOPLE = 20
"""People followed in a video; Let's Dance has up to twenty in a picture."""

MOST_FRAMES = 2_000_000
"""Frames of all takes together, about 1 GB of landmarks."""

LARGE = 8 << 20
"""Bytes of a file that has a bar of its own while it is read."""

LONGEST = 60
"""Seconds of a take from which it is taken for a film, not for one dance."""

USUAL_FPS = 30.0
"""What cameras and the tutorials have, where a file does not say."""


NOBODY = "unknown"
"""The dancer of a take of which nothing says who dances."""


class AnswerNeeded(BalletError):
    """Something that only the user can say, so that no file is to blame and none is left out for it."""


@dataclass
class Reading:
    """Choices for a reader, and what it has to say afterwards.

    Attributes
    ----------
    dancer
        Who dances, where no table of labels says otherwise.
    fps
        Frames per second, if the files do not say; 30 by default, with a note.
    size
        (width, height) of the pictures in pixels, if the files do not say.
    label
        What is danced, if it is the same in all files and no folder says so.
    labels
        A file of labels: for text51 one a block, else a table `source,label,dancer` (CSV, dancer optional).
    label_names
        Names for numbers in a file of labels, in order.
    sequence_length
        Lines of a block of text51.
    people
        How many are followed in a video, the largest first.
    skip_damaged
        Leave damaged files out and list them in `skipped`, where otherwise the first one ends the reading.
    bar
        Show progress on standard error.
    notes
        What the reader assumed or left out, one sentence each.
    lost
        What the takes cannot hold of what the files hold, or lack.
    skipped
        What was wrong with each damaged file that was left out.
    passers_by
        People who were seen only briefly beside somebody who was seen long.
    """

    dancer: str = NOBODY
    fps: float | None = None
    size: tuple[int, int] | None = None
    label: str | None = None
    labels: str | os.PathLike | None = None
    label_names: tuple[str, ...] = ()
    sequence_length: int = 100
    people: int = MOST_PEOPLE
    skip_damaged: bool = False
    bar: bool = False
    notes: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    passers_by: int = 0
    _ids: set[str] = field(default_factory=set, repr=False)
    _frames: int = field(default=0, repr=False)
    _table: dict | None = field(default=None, repr=False)

    def __post_init__(self):
        self.dancer = check_label(self.dancer, "dancer")
        self.label = None if self.label is None else check_label(self.label)
        self.label_names = tuple(check_label(name) for name in self.label_names)
        if self.fps is not None and not 0 < self.fps <= 1000:
            raise BalletError(f"{self.fps} frames per second cannot be. Give a number such as 25.")
        if self.size is not None and not all(0 < side <= 100_000 for side in self.size):
            raise BalletError(f"A picture of {self.size} cannot be. Give width and height in pixels.")
        if not 1 <= self.people <= MOST_PEOPLE:
            raise BalletError(f"{self.people} people cannot be followed. Give 1 to {MOST_PEOPLE}.")
        if self.sequence_length < 1:
            raise BalletError(f"Blocks of {self.sequence_length} lines cannot be. Give a number such as 100.")

    def note(self, text: str) -> None:
        """Say something once."""
        if text not in self.notes:
            self.notes.append(text)

    def lose(self, what: str) -> None:
        """Say once what does not reach the takes."""
        if what not in self.lost:
            self.lost.append(what)

    @contextmanager
    def sparing(self) -> Iterator[None]:
        """Let a damaged file end the reading, or put it on the list of those left out."""
        try:
            yield
        except BalletError as error:
            if not self.skip_damaged or isinstance(error, AnswerNeeded):
                raise
            self.skipped.append(str(error))

    def going_through(self, items: Iterable, what: str) -> Iterable:
        """Go through files with a bar, if one is wanted."""
        if not self.bar:
            return items
        from tqdm.auto import tqdm

        return tqdm(items, desc="import", unit=what)

    @contextmanager
    def going_into(self, path: Path) -> Iterator[Callable[[int], object] | None]:
        """Yield what to tell of bytes read of a large file, for a bar of its own, if one is wanted."""
        if not self.bar or (size := path.stat().st_size) < LARGE:
            yield None
            return
        from tqdm.auto import tqdm

        with tqdm(total=size, desc=path.name, unit="B", unit_scale=True, leave=False) as bar:
            yield bar.update

    @property
    def rate(self) -> float:
        """Frames per second as given, or the usual rate and a note."""
        if self.fps is None:
            self.note(f"The files do not say how many frames make a second; {USUAL_FPS:g} are assumed. "
                      "Give --fps if you know better.")  # fmt: skip
        return self.fps or USUAL_FPS

    def ask_size(self, where: str) -> tuple[int, int]:
        """Return the size of the pictures as given, or ask for it."""
        if self.size is None:
            raise AnswerNeeded(
                f"{where} counts in pixels and does not say of what picture. "
                "Give its width and height, for example --size 1280x720."
            )
        return self.size

    def who_and_what(self, source: str, folder: str | None) -> tuple[str, str]:
        """Return (movement, dancer) of a source: from the table, as given for all, or named by its folder.

        Raises
        ------
        BalletError
            If nothing says what is danced.
        """
        if self.labels is not None:
            if self._table is None:
                self._table = read_label_table(self.labels)
            name = PurePosixPath(source)
            for key in (source, str(name.with_suffix("")), name.name, name.stem):
                if key in self._table:
                    label, dancer = self._table[key]
                    return label, dancer or self.dancer
            raise AnswerNeeded(f"{self.labels} has no line for {source}. Add one, or move the file away.")
        if label := self.label or (check_label(folder) if folder else None):
            return label, self.dancer
        raise AnswerNeeded(
            f"Nothing says what is danced in {source}. Put it into a folder named by the label, "
            "or give --label or --labels."
        )

    def take(self, landmarks: np.ndarray, movement: str, source: str, form: str, **known) -> Take:
        """Make a take of (T, 33, 4) landmarks.

        `known` may hold `size`, `fps`, `dancer`, `poses` (meta of the sequence), and whatever else goes into
        the take's meta, such as `person` and `first_frame`.
        """
        size, fps = known.pop("size"), known.pop("fps", None) or self.rate
        dancer, about = known.pop("dancer", self.dancer), known.pop("poses", {})
        person = f".person{known['person']}" if "person" in known else ""
        return Take(
            PoseSequence(landmarks, None, fps, size, source, meta=about),
            movement,
            dancer,
            self._new_id(f"{source}{person}"),
            {"format": form, "performance": source} | known,
        )

    def count_frames(self, frames: int, source: str) -> None:
        """Refuse more frames than fit in memory, before they are made."""
        self._frames += frames
        if self._frames > MOST_FRAMES:
            raise AnswerNeeded(
                f"With {source} the takes grow beyond {MOST_FRAMES:,} frames. Import in parts."
            )

    def _new_id(self, name: str) -> str:
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        plain = re.sub(r"[^a-z0-9_.-]+", "_", re.sub(r"[/\\]+", ".", plain))[-80:].strip("_.-") or "take"
        try:
            check_id(plain)
        except BalletError:  # a name that Windows keeps for a device
            plain = f"take_{plain}"
        unique, twins = plain, 1
        while unique in self._ids:
            twins += 1
            unique = f"{plain}-{twins}"
        self._ids.add(unique)
        return unique

    def finish(self, takes: list[Take], what: str) -> TakeSet:
        """Make the set, and note what is odd in it; `what` names what was looked for, if there is none."""
        if not takes:
            if self.skipped:
                raise BalletError(f"Every {what} is damaged. The first: {self.skipped[0]}")
            raise BalletError(f"There is no {what}. Check the folder and the format.")
        if empty := [take for take in takes if not take.poses.found.any()]:
            self.note(f"{len(empty)} takes show nobody in any frame, such as {empty[0].take_id}.")
        if frozen := [take for take in takes if _frozen(take.poses.landmarks)]:
            self.note(
                f"{len(frozen)} takes are frozen, the same frame throughout, such as {frozen[0].take_id}."
            )
        if films := [take for take in takes if len(take) > LONGEST * take.poses.fps]:
            self.note(
                f"{len(films)} takes are longer than {LONGEST} s, such as {films[0].take_id}, and training "
                "squeezes each into 40 frames. Cut them into pieces with TakeSet.windows first."
            )
        if self.passers_by:
            self.note(
                f"{self.passers_by} of the {len(takes)} takes are of people seen for less than a quarter of "
                "the time of somebody beside them: passers-by, perhaps. Leave them out with --people 1."
            )
        if self.skipped:
            self.note(f"{len(self.skipped)} damaged files were left out, the first: {self.skipped[0]}")
        return TakeSet(takes)


def read_label_table(path: str | os.PathLike) -> dict[str, tuple[str, str | None]]:
    """Read a CSV table with the columns source, label and, if you like, dancer.

    Raises
    ------
    BalletError
        If it cannot be read, a column is missing, or a line has no label or an impossible one.
    """
    text = read_text(Path(path), 1 << 24)
    rows = csv.DictReader(io.StringIO(text, newline=""))
    table: dict[str, tuple[str, str | None]] = {}
    try:
        if missing := {"source", "label"} - set(rows.fieldnames or ()):
            raise BalletError(f"{path} has no column {', '.join(sorted(missing))}. "
                              "Its first line should be: source,label,dancer")  # fmt: skip
        for row in rows:
            where = f"{path}, line {rows.line_num}"
            try:
                dancer = check_label(row["dancer"], "dancer") if row.get("dancer") else None
                table[(row["source"] or "").strip()] = (check_label((row["label"] or "").strip()), dancer)
            except BalletError as error:
                raise BalletError(f"{where}: {error}") from error
    except csv.Error as error:
        raise BalletError(f"{path} is no table ({error}). Save it from your spreadsheet as CSV.") from error
    return table


def read_text(path: Path, largest: int = 50_000_000) -> str:
    """Read a text file of at most `largest` bytes as UTF-8."""
    try:
        if (size := path.stat().st_size) > largest:
            raise BalletError(
                f"{path} has {size / 1e6:,.0f} MB, and {largest / 1e6:,.0f} MB is the most that is read. "
                "Divide it into smaller files."
            )
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BalletError(f"{path} is not UTF-8 text. Check which file it is.") from error
    except OSError as error:
        raise BalletError(
            f"{path} cannot be read ({error.strerror}). Check the name and that you may."
        ) from error


def _frozen(landmarks: np.ndarray) -> bool:
    """Whether somebody is there and never moves by a hair."""
    somebody = len(landmarks) > 1 and not np.isnan(landmarks[0, :, 0]).all()
    if not somebody or not np.array_equal(landmarks[0], landmarks[len(landmarks) // 2], True):
        return False  # seen at a glance
    return np.array_equal(landmarks, np.broadcast_to(landmarks[:1], landmarks.shape), True)
