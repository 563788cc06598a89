"""Takes: one performance of one movement each, and sets of takes in memory and on disk.

A take is a `PoseSequence` that knows what was danced and by whom. What is known about how it came to be
(the performance it was cut from, the side, the tempo, the camera) stands in its `meta`; `splits` needs the
first of these to keep train and test apart.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.names import check_id, check_label
from ballet_lib.pose_sequence import PoseSequence, WhenAsked
from ballet_lib.skeleton import INDEX
from ballet_lib.vocabulary import MOVEMENTS

if TYPE_CHECKING:
    import pandas as pd

FRAMES = 40
"""Frames of a take, as in the ballet LSTM paper."""

ROUTINE = "routine"
"""The label of a long performance of many movements; its `timeline` says which and when."""


class Segment(NamedTuple):
    """A stretch of a performance, in seconds from its beginning, and what is danced in it."""

    start: float
    end: float
    label: str


class Arrays(NamedTuple):
    """What networks eat: `X` float32 (N, T, F), `y` int (N,), `groups` str (N,), the dancers."""

    X: np.ndarray
    y: np.ndarray
    groups: np.ndarray


@dataclass
class Take:
    """One performance of one movement by one dancer.

    Attributes
    ----------
    poses
        The landmarks over time.
    movement
        What is danced: a key of `vocabulary.MOVEMENTS`, or any label of yours.
    dancer
        Who dances. Splits keep a dancer on one side.
    take_id
        Unlike any other in a set; names the take's file.
    meta
        Anything else that JSON can hold. Known keys: `performance` and `first_frame` (which dance it was cut
        from, and where; without them the take is a performance of its own), `timeline`, `side`, `tempo`,
        `camera`, `seed`.
    exact
        float32 (T, 33, 3): where the landmarks truly were, in metres from the camera (x right, y down, z
        away); only for synthetic dancers. `meta["focal"]` is then the focal length in picture heights. May
        be given as a function that returns it, called when it is first asked for.
    """

    poses: PoseSequence
    movement: str
    dancer: str
    take_id: str
    meta: dict = field(default_factory=dict)
    exact: Any = WhenAsked()  # noqa: RUF009  (an array, None, or a function that returns one)

    def __post_init__(self):
        self.movement = check_label(self.movement, "movement")
        self.dancer = check_label(self.dancer, "dancer")
        check_id(self.take_id)
        exact = self.__dict__["_exact"]
        if exact is not None and not callable(exact) and np.shape(exact) != (len(self.poses), 33, 3):
            raise BalletError(
                f"The exact landmarks of {self.take_id} have the shape {np.shape(exact)}, "
                f"not {(len(self.poses), 33, 3)}. Give one point for each landmark in each frame."
            )

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.poses)

    @property
    def performance(self) -> str:
        """The dance it was cut from; its own `take_id` if it is a whole one."""
        return str(self.meta.get("performance", self.take_id))

    @property
    def first_frame(self) -> int:
        """Where in the performance the take begins."""
        return int(self.meta.get("first_frame", 0))

    @property
    def timeline(self) -> list[Segment]:
        """What is danced when; for a take without a timeline its movement from beginning to end."""
        stored = self.meta.get("timeline")
        if stored is None:
            return [Segment(0.0, self.poses.seconds, self.movement)]
        return [Segment(float(start), float(end), str(label)) for start, end, label in stored]

    @property
    def frame_labels(self) -> np.ndarray:
        """str (T,): the label of each frame by the timeline; `other` where it says nothing."""
        when = (np.arange(len(self)) + 0.5) / self.poses.fps
        labels = np.full(len(self), "other", dtype=object)
        for start, end, label in self.timeline:
            labels[(when >= start) & (when < end)] = label
        return labels.astype(str)

    @property
    def truth(self) -> PoseSequence:
        """What a perfect extractor would have returned, visibility 1 everywhere.

        Raises
        ------
        BalletError
            If the exact joints are not known, as with every real dancer.
        """
        if self.exact is None:
            raise BalletError(f"Nobody knows the exact joints of {self.take_id}. Take a synthetic dancer's.")
        hips = (self.exact[:, INDEX["left_hip"]] + self.exact[:, INDEX["right_hip"]]) / 2
        world = self.exact - hips[:, None]
        (width, height), focal = self.poses.size, float(self.meta["focal"])
        x, y = np.moveaxis(focal * self.exact[..., :2] / self.exact[..., 2:], -1, 0)
        z = world[..., 2] / hips[:, None, 2] * focal
        image = [0.5 + x * height / width, 0.5 + y, z * height / width, np.ones_like(x)]
        return replace(self.poses, landmarks=np.stack(image, axis=-1), world=world, masks=None)

    def cut(self, start: int, stop: int, movement: str | None = None) -> "Take":
        """Return frames `start` to `stop` as a take of its own that remembers where it came from."""
        if not 0 <= start < stop <= len(self):
            raise BalletError(
                f"{self.take_id} has {len(self)} frames; {start} to {stop} cannot be cut from it."
            )
        meta = self.meta | {"performance": self.performance, "first_frame": self.first_frame + start}
        if "timeline" in meta:
            low, high = start / self.poses.fps, stop / self.poses.fps
            meta["timeline"] = [
                [max(begin, low) - low, min(end, high) - low, label]
                for begin, end, label in self.timeline
                if begin < high and end > low
            ]
        return replace(
            self,
            poses=self.poses[start:stop],
            movement=movement or self.movement,
            take_id=f"{self.take_id}.{self.first_frame + start:05d}",
            meta=meta,
            exact=None if self.__dict__["_exact"] is None else lambda: self.exact[start:stop],
        )

    def resample(self, fps: float | None = None, frames: int | None = None) -> "Take":
        """Return the same dance in other frames, see `PoseSequence.resample`; exact joints are dropped."""
        poses = self.poses.resample(fps, frames)
        meta = self.meta
        if "first_frame" in meta:
            meta = meta | {"first_frame": round(meta["first_frame"] * poses.fps / self.poses.fps)}
        return replace(self, poses=poses, meta=meta, exact=None)


class TakeSet(Sequence[Take]):
    """Takes and the labels that they may bear.

    Parameters
    ----------
    takes
        In any order, each with a `take_id` of its own.
    labels
        What the numbers of `y` mean, in order. By default the labels that occur: those of the vocabulary in
        its order, then others by the alphabet.

    Raises
    ------
    BalletError
        If two takes share a `take_id`, or one bears a label that is not in `labels`.
    """

    def __init__(self, takes: Iterable[Take] = (), labels: Sequence[str] | None = None):
        self._takes = list(takes)
        self.labels = tuple(labels) if labels is not None else in_order(t.movement for t in self._takes)
        seen: set[str] = set()
        for take in self._takes:
            if take.take_id in seen:
                raise BalletError(f"Two takes are called {take.take_id}. Rename one.")
            seen.add(take.take_id)
            if take.movement not in self.labels:
                raise BalletError(
                    f"{take.take_id} shows {take.movement!r}, which is not among the labels "
                    f"{', '.join(self.labels)}. Correct the label, or add it to the labels."
                )

    def __len__(self) -> int:
        """Return the number of takes."""
        return len(self._takes)

    def __iter__(self) -> Iterator[Take]:
        """Go through the takes."""
        return iter(self._takes)

    def __getitem__(self, which):
        """Return one take by number, or a set of some: a slice, a list of numbers, a mask of bool (N,)."""
        if isinstance(which, int | np.integer):
            return self._takes[which]
        if isinstance(which, slice):
            return TakeSet(self._takes[which], self.labels)
        which = np.asarray(which)
        numbers = np.flatnonzero(which) if which.dtype == bool else which.astype(int)
        if which.dtype == bool and len(which) != len(self):
            raise BalletError(f"The mask has {len(which)} values and the set {len(self)} takes.")
        return TakeSet((self._takes[number] for number in numbers), self.labels)

    def __add__(self, other: "TakeSet") -> "TakeSet":
        """Join two sets; the labels of both."""
        return TakeSet([*self, *other], with_labels(self.labels, other.labels))

    def __repr__(self) -> str:
        return f"TakeSet of {len(self)} takes, {len(self.dancers)} dancers, labels {', '.join(self.labels)}"

    @property
    def label_map(self) -> dict[str, int]:
        """The number of each label in `y`."""
        return {label: number for number, label in enumerate(self.labels)}

    @property
    def y(self) -> np.ndarray:
        """int (N,): the label of each take as a number."""
        numbers = self.label_map
        return np.array([numbers[take.movement] for take in self], dtype=int)

    @property
    def groups(self) -> np.ndarray:
        """str (N,): the dancer of each take."""
        return np.array([take.dancer for take in self], dtype=str)

    @property
    def dancers(self) -> tuple[str, ...]:
        """Everybody who dances, by the alphabet."""
        return tuple(sorted({take.dancer for take in self}))

    def filter(self, where: Callable[[Take], bool] | None = None, *, movement=None, dancer=None) -> "TakeSet":
        """Return the takes for which everything given holds; the labels stay.

        Parameters
        ----------
        where
            A function of a take that says whether to keep it.
        movement, dancer
            One label, or several, of which a take must bear one.

        Raises
        ------
        BalletError
            If a movement or dancer is named that no take has, as after a slip of the finger.
        """
        movements = self._known(movement, self.labels, "movement")
        dancers = self._known(dancer, self.dancers, "dancer")
        kept = (
            t for t in self if t.movement in movements and t.dancer in dancers and (not where or where(t))
        )
        return TakeSet(kept, self.labels)

    @staticmethod
    def _known(wanted, there: Sequence[str], what: str) -> set[str]:
        if wanted is None:
            return set(there)
        wanted = {wanted} if isinstance(wanted, str) else set(wanted)
        if unknown := sorted(wanted - set(there)):
            raise BalletError(f"There is no {what} {', '.join(unknown)}. There are: {', '.join(there)}.")
        return wanted

    def table(self) -> "pd.DataFrame":
        """List the takes, one a row: id, movement, dancer, frames, fps, seconds, found, source and `meta`."""
        import pandas as pd

        rows = [
            {
                "take_id": take.take_id, "movement": take.movement, "dancer": take.dancer,
                "frames": len(take), "fps": take.poses.fps, "seconds": take.poses.seconds,
                "found": float(take.poses.found.mean()) if len(take) else 0.0, "source": take.poses.source,
            } | {key: value for key, value in take.meta.items() if not isinstance(value, dict | list)}
            for take in self
        ]  # fmt: skip
        return pd.DataFrame(rows).set_index("take_id") if rows else pd.DataFrame()

    def summary(self) -> "pd.DataFrame":
        """Count the takes: a row for each dancer, a column for each label, and the sums."""
        import pandas as pd

        counts = pd.crosstab(
            pd.Series([take.dancer for take in self], name="dancer"),
            pd.Series([take.movement for take in self], name="movement"),
        )
        counts = counts.reindex(columns=list(self.labels), fill_value=0)
        counts["all"] = counts.sum(axis=1)
        counts.loc["all"] = counts.sum()
        return counts

    def resample(self, fps: float | None = None, frames: int | None = None) -> "TakeSet":
        """Resample every take to a rate, or to a number of frames such as 40."""
        return TakeSet((take.resample(fps, frames) for take in self), self.labels)

    def windows(self, frames: int = FRAMES, stride: int | None = None) -> "TakeSet":
        """Cut every take into windows, each labelled by what most of its frames show.

        Parameters
        ----------
        frames
            Length of a window. A take that is shorter yields none.
        stride
            Frames from one window's beginning to the next; `frames` by default, so that none overlap.
        """
        stride = stride or frames
        if not (frames >= 1 and stride >= 1):
            raise BalletError(f"Windows of {frames} frames, {stride} apart, cannot be cut. Give 1 or more.")
        cut = []
        for take in self:
            labels = take.frame_labels
            for start in range(0, len(take) - frames + 1, stride):
                cut.append(take.cut(start, start + frames, most_common(labels[start : start + frames])))
        kept = [label for label in self.labels if label != ROUTINE or not cut]
        return TakeSet(cut, with_labels(kept, (window.movement for window in cut)))

    def to_arrays(self, features="raw", frames: int | None = FRAMES, missing: str = "interpolate") -> Arrays:
        """Return what networks eat: X float32 (N, T, F), y int (N,), groups str (N,).

        Parameters
        ----------
        features
            A name of `features.FEATURES`, several in a list (they are joined), or a function of a
            PoseSequence that returns (T, F).
        frames
            Length to which every take is resampled; None if all have one length already.
        missing
            What to put where nobody was found: `"interpolate"` between the frames around, `"zero"` as the
            papers do, or `"nan"` to leave it open.

        Raises
        ------
        BalletError
            If the set is empty, takes differ in length, or a take holds no person at all to interpolate.
        """
        from ballet_lib.features import feature_array

        if not self:
            raise BalletError("There is no take to make arrays of. Check what was filtered out.")
        takes = (
            self if frames is None else [t if len(t) == frames else t.resample(frames=frames) for t in self]
        )
        if len(lengths := {len(take) for take in takes}) > 1:
            raise BalletError(f"The takes have {min(lengths)} to {max(lengths)} frames. Give frames=40, say.")
        rows = []
        for take in takes:
            try:
                rows.append(feature_array(take.poses, features, missing))
            except BalletError as error:
                raise BalletError(f"{take.take_id}: {error}") from error
        return Arrays(np.stack(rows).astype(np.float32, copy=False), self.y, self.groups)

    def save(self, where: str | os.PathLike) -> Path:
        """Write the set: into a folder (`takes.csv` and one ``.npz`` a take), or packed if it ends in .npz.

        The folder keeps every digit and can be edited by hand; the packed file rounds to
        `take_files.STEPS`, such as two millimetres, and loads at once.

        Raises
        ------
        BalletError
            If it cannot be written, or the folder holds other takes.
        """
        from ballet_lib import take_files

        where = Path(where)
        return take_files.pack(self, where) if where.suffix == ".npz" else take_files.write(self, where)

    @classmethod
    def load(cls, where: str | os.PathLike) -> "TakeSet":
        """Read a set: a folder with `takes.csv`, a packed ``.npz``, or the name of a set that ships.

        Raises
        ------
        BalletError
            If nothing is there, or it is damaged or holds no takes.
        """
        from ballet_lib import take_files

        return take_files.load(where)


def in_order(labels: Iterable[str]) -> tuple[str, ...]:
    """Put labels in the course's order: those of the vocabulary first, then others by the alphabet."""
    labels = set(labels)
    return (*(key for key in MOVEMENTS if key in labels), *sorted(labels - set(MOVEMENTS)))


def with_labels(labels: Iterable[str], more: Iterable[str]) -> tuple[str, ...]:
    """Add labels: in the course's order if the given ones stand in it, else at the end."""
    labels = tuple(labels)
    if labels == in_order(labels):
        return in_order([*labels, *more])
    return (*labels, *in_order(set(more) - set(labels)))


def most_common(labels: np.ndarray) -> str:
    """Return the label that occurs most often; of equals the one that comes first."""
    names, first, counts = np.unique(labels, return_index=True, return_counts=True)
    return str(names[np.lexsort((first, -counts))[0]])
