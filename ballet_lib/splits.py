"""Train and test: ways to divide takes, and the check that nothing known is asked again.

Every function here passes its result through `check_leaks`, and so does every training. What counts as a
leak is that the *same dance* stands on both sides: a window of it, a copy, a second dancer in the same video.
The same *dancer* on both sides is no leak but another question: how well somebody is recognised whom the
model knows. `split_by_dancer` asks about strangers.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.takes import Take, TakeSet, in_order

UNKNOWN_SOURCES = frozenset({"", "unknown", "none", "stream", "picture", "webcam", "camera", "studio"})
"""Sources (in small letters) that say nothing about which video it was."""

SHARED_FRAMES = 0.25
"""Share of a test take's frames that must stand in training, bit for bit, to be called duplicated. Two films
never agree to the last digit; noise-free synthetic dances may, in a starting position."""


@dataclass(frozen=True)
class Split:
    """Two sets of takes that share no dance.

    Attributes
    ----------
    train, test
        The takes, with the same labels.
    name
        How they were divided.
    """

    train: TakeSet
    test: TakeSet
    name: str

    def __repr__(self) -> str:
        return f"Split {self.name}: train on {_who(self.train)}, test on {_who(self.test)}"


# --- Ways to divide ---------------------------------------------------------------------------------------


def split_by_dancer(takes: TakeSet, test: float | str | Sequence[str] = 0.25, seed: int = 0) -> Split:
    """Hold out whole dancers: is somebody recognised whom the model has never seen?

    Parameters
    ----------
    takes
        Takes of at least two dancers.
    test
        Share of the dancers to hold out, at least one and not all; or their names.
    seed
        Which dancers a share holds out.

    Raises
    ------
    BalletError
        If there are too few dancers, a name is unknown, or the share is not between 0 and 1.
    LeakError
        If dancers share a video, say.
    """
    dancers = takes.dancers
    if len(dancers) < 2:
        raise BalletError(f"{_who(takes)} cannot be split by dancer. Record a second dancer, at least.")
    if isinstance(test, str | Sequence):
        held_out = {test} if isinstance(test, str) else set(test)
        if unknown := sorted(held_out - set(dancers)):
            raise BalletError(f"There is no dancer {', '.join(unknown)}. There are: {', '.join(dancers)}.")
        if not held_out or held_out == set(dancers):
            raise BalletError("Training and test both need dancers. Hold out at least one, and not all.")
        name = f"by dancer ({', '.join(sorted(held_out))} held out)"
    else:
        _check_share(test)
        count = min(max(round(test * len(dancers)), 1), len(dancers) - 1)
        held_out = set(np.random.default_rng(seed).choice(dancers, count, replace=False).tolist())
        name = f"by dancer (seed {seed})"
    side = np.isin(takes.groups, sorted(held_out))
    return _checked(Split(takes[~side], takes[side], name))


def leave_one_dancer_out(takes: TakeSet) -> Iterator[Split]:
    """Hold out each dancer in turn: as many splits as dancers.

    Raises
    ------
    BalletError
        If there are fewer than two dancers.
    LeakError
        If dancers share a video, say.
    """
    for dancer in takes.dancers:
        yield split_by_dancer(takes, test=[dancer])


def random_split(takes: TakeSet, test: float = 0.05, seed: int = 0) -> Split:
    """Draw the test takes at random, as the ballet LSTM paper does, and print what that tests on.

    Of the paper's 120 takes, 5% are six, danced by people whom training knows.

    Parameters
    ----------
    takes
        At least two takes, none of them a piece or copy of another.
    test
        Share of the takes to test on, rounded up.
    seed
        Which takes.

    Raises
    ------
    BalletError
        If there are too few takes or the share is not between 0 and 1.
    LeakError
        If pieces of one performance fall on both sides, as with windows of a take.
    """
    from sklearn.model_selection import train_test_split

    _check_share(test)
    if len(takes) < 2 or np.ceil(test * len(takes)) >= len(takes):
        raise BalletError(f"{_who(takes)} leave nothing to train on at a test share of {test:g}. Lower it.")
    train, held_out = train_test_split(np.arange(len(takes)), test_size=test, random_state=seed)
    split = _checked(Split(takes[np.sort(train)], takes[np.sort(held_out)], f"at random (seed {seed})"))
    print(what_is_tested(split))
    return split


def _checked(split: Split) -> Split:
    check_leaks(split.train, split.test)
    return split


def what_is_tested(split: Split) -> str:
    """Say in three sentences what a score on the test takes would mean."""
    count, everything = len(split.test), len(split.train) + len(split.test)
    there = Counter(take.movement for take in split.test)
    movements = ", ".join(f"{there[label]} {label}" for label in in_order(there))
    absent = [label for label in split.test.labels if label not in there]
    never = f" Never tested: {', '.join(absent)}." if absent else ""
    known, dancers = len(shared_dancers(split.train, split.test)), len(split.test.dancers)
    low, _ = accuracy_interval(count, count)
    return (
        f"The test is {count} of {everything} takes: {movements}.{never}\n"
        f"Dancers of the test who are in training too: {known} of {dancers}.\n"
        f"Even {count} of {count} right would leave the true accuracy anywhere from {100 * low:.0f} to 100% "
        "(95% interval)."
    )


def accuracy_interval(right: int, of: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the exact (Clopper-Pearson) interval for an accuracy measured on independent takes.

    6 of 6 right gives (0.54, 1.0). Takes of one dancer resemble each other, so that in truth it is wider.

    Raises
    ------
    BalletError
        If `of` is not positive or `right` not between 0 and `of`.
    """
    from scipy.stats import binomtest

    if not (of >= 1 and 0 <= right <= of):
        raise BalletError(f"{right} of {of} is no score. Give how many are right, and of how many.")
    interval = binomtest(int(right), int(of)).proportion_ci(confidence, method="exact")
    return float(interval.low), float(interval.high)


def shared_dancers(train: Iterable[Take], test: Iterable[Take]) -> tuple[str, ...]:
    """Return the dancers who are on both sides, which is no leak and worth knowing."""
    return tuple(sorted({take.dancer for take in train} & {take.dancer for take in test}))


# --- Leaks ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Leak:
    """One thing that stands on both sides.

    Attributes
    ----------
    kind
        `"performance"`, `"overlap"` (pieces of one performance that share frames), `"copy"` (made by
        augmentation), `"source"` (one video) or `"duplicate"` (equal arrays).
    what
        Which performance, which video; empty for duplicates.
    train, test
        Ids of the takes on either side.
    """

    kind: str
    what: str
    train: tuple[str, ...]
    test: tuple[str, ...]

    def __str__(self) -> str:
        sides = f"{_ids(self.train)} in training, {_ids(self.test)} in the test"
        return {
            "performance": f"performance {self.what} is on both sides: {sides}",
            "overlap": f"pieces of performance {self.what} overlap: {sides}",
            "copy": f"performance {self.what} and augmented copies of it are on both sides: {sides}",
            "source": f"video {self.what} is on both sides: {sides} "
            "(two videos of one name need different poses.source)",
            "duplicate": f"the same landmarks under two names: {sides}",
        }[self.kind]


class LeakError(BalletError):
    """Training and test share dances; `leaks` tells which."""

    def __init__(self, leaks: Sequence[Leak]):
        self.leaks = tuple(leaks)
        shown = "; ".join(str(leak) for leak in self.leaks[:3])
        more = f"; and {len(self.leaks) - 3} more" if len(self.leaks) > 3 else ""
        super().__init__(
            f"The test asks for what training has shown: {shown}{more}. "
            "Split whole performances before cutting and augmenting them, for example with split_by_dancer."
        )


def check_leaks(train: Iterable[Take], test: Iterable[Take]) -> None:
    """Do nothing if training and test share no dance.

    Raises
    ------
    LeakError
        If `find_leaks` finds any; it names them.
    """
    if leaks := find_leaks(train, test):
        raise LeakError(leaks)


def find_leaks(train: Iterable[Take], test: Iterable[Take]) -> list[Leak]:
    """Find what stands on both sides: pieces and copies of one performance, one video, equal arrays.

    A source that is empty or says nothing (`UNKNOWN_SOURCES`) is no sign of one video. Takes are duplicates
    when at least a quarter of the test take's frames (`SHARED_FRAMES`) are in a training take to the last
    bit. Frames without a body, all NaN or all zero, are not compared, so that two takes of nobody are no
    duplicates; a frozen picture of somebody is.
    """
    train, test = list(train), list(test)
    leaks = _shared_performances(train, test)
    reported = {(a, b) for leak in leaks for a in leak.train for b in leak.test}
    leaks += _shared_sources(train, test, reported)
    return leaks + _duplicates(train, test, reported)


def _shared_performances(train: list[Take], test: list[Take]) -> list[Leak]:
    ours, theirs = _by(train, lambda take: take.performance), _by(test, lambda take: take.performance)
    leaks = []
    for performance in ours.keys() & theirs.keys():
        left, right = ours[performance], theirs[performance]
        both = (*left, *right)
        if any("augmented" in take.meta for take in both):
            kind = "copy"
        elif any("first_frame" in t.meta for t in both) and any(_overlap(a, b) for a in left for b in right):
            kind = "overlap"
        else:
            kind = "performance"
        leaks.append(Leak(kind, performance, _names(left), _names(right)))
    return sorted(leaks, key=lambda leak: leak.what)


def _shared_sources(train: list[Take], test: list[Take], reported: set[tuple[str, str]]) -> list[Leak]:
    ours, theirs = _by(train, lambda take: take.poses.source), _by(test, lambda take: take.poses.source)
    leaks = []
    for source in sorted(ours.keys() & theirs.keys()):
        if source.strip().lower() in UNKNOWN_SOURCES:
            continue
        left, right = _names(ours[source]), _names(theirs[source])
        if any((a, b) not in reported for a in left for b in right):
            leaks.append(Leak("source", source, left, right))
    return leaks


def _duplicates(train: list[Take], test: list[Take], reported: set[tuple[str, str]]) -> list[Leak]:
    homes: dict[int, int] = {}
    for number, take in enumerate(train):
        for key in frame_keys(take.poses):
            homes.setdefault(key, number)
    leaks = []
    for take in test:
        found = [homes[key] for key in frame_keys(take.poses) if key in homes]
        if found and len(found) >= SHARED_FRAMES * len(take):
            twins = tuple(train[number].take_id for number, _ in Counter(found).most_common())
            if any((twin, take.take_id) not in reported for twin in twins):
                leaks.append(Leak("duplicate", "", twins, (take.take_id,)))
    return leaks


def frame_keys(poses: PoseSequence) -> list[int]:
    """Return a number for each frame that shows a body; equal frames have equal numbers."""
    with_body = np.nan_to_num(poses.landmarks[..., :2]).any(axis=(1, 2))
    return [hash(frame.tobytes()) for frame in poses.landmarks[with_body]]


def _overlap(one: Take, other: Take) -> bool:
    """Tell whether two pieces of one performance, and of one person in it, share frames."""
    return (
        one.meta.get("person") == other.meta.get("person")
        and one.first_frame < other.first_frame + len(other)
        and other.first_frame < one.first_frame + len(one)
    )


def _by(takes: list[Take], key) -> dict[str, list[Take]]:
    groups = defaultdict(list)
    for take in takes:
        groups[key(take)].append(take)
    return groups


def _names(takes: list[Take]) -> tuple[str, ...]:
    return tuple(take.take_id for take in takes)


def _ids(names: tuple[str, ...]) -> str:
    return ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")


def _who(takes: TakeSet) -> str:
    dancers = takes.dancers
    names = f" ({', '.join(dancers)})" if 0 < len(dancers) <= 4 else ""
    some = f"{len(takes)} take{'s' * (len(takes) != 1)}"
    return f"{some} of {len(dancers)} dancer{'s' * (len(dancers) != 1)}{names}"


def _check_share(test: float) -> None:
    if not (isinstance(test, int | float | np.number) and 0 < test < 1):
        raise BalletError(f"A test share of {test!r} cannot be. Give a number between 0 and 1, such as 0.25.")
