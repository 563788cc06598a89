"""What a split by chunk pretends: the same model, tested on chunks of known videos and on unknown videos.

The 16-style paper cuts its videos into chunks of 30 frames and then divides the chunks at random, so that
every video is on both sides. A model may then know the room, the clothes and the dancer, and needs no dance.
Here either split tests every chunk once, by models that learnt from equally many chunks.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib import intervals
from ballet_lib.errors import BalletError
from ballet_lib.splits import accuracy_interval
from ballet_lib.styles.videos import DanceVideos

if TYPE_CHECKING:
    import keras
    import pandas as pd

LENGTH = 30
"""Frames of a chunk, as in the 16-style paper: one second there, three of ours."""
SPLITS = ("by chunk", "by video")
STREAMS = ("pictures", "poses")

Fit = Callable[..., "keras.Model"]
"""Called as ``fit(X, y, classes, seed=..., again=...)``, see `recipes.fit_chunk_bilstm`; `again` is what it
has returned before, or None."""
Rows = tuple[np.ndarray, np.ndarray]
"""Numbers of the chunks to train on and to test on."""


@dataclass(frozen=True)
class ChunkFeatures:
    """Chunks of videos as numbers that a sequence model takes.

    Attributes
    ----------
    X
        float32 (M, length, F).
    y
        The style of each chunk as its number in `labels`: int (M,).
    groups
        The video of each chunk, int (M,); the same number for videos that share a dancer or a film.
    labels
        The styles.
    """

    X: np.ndarray
    y: np.ndarray
    groups: np.ndarray
    labels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.X)

    def __repr__(self) -> str:
        videos = len(np.unique(self.groups))
        return f"ChunkFeatures({len(self)} chunks of {videos} videos, {self.X.shape[1]} x {self.X.shape[2]})"


def chunk_features(videos: DanceVideos, stream: str = "pictures", length: int = LENGTH) -> ChunkFeatures:
    """Cut videos into chunks that do not overlap, and describe each frame by numbers.

    Parameters
    ----------
    videos
        To cut; what is shorter than a chunk is left out, with a warning.
    stream
        ``pictures``: what the course's encoder says of the whole frame, room and all. ``poses``: 51
        box-normalised columns for each person, which show no room.
    length
        Frames of a chunk.

    Raises
    ------
    BalletError
        If there is no such stream, a video has no pictures, or none is as long as a chunk.
    """
    from ballet_lib.styles.chunks import cut
    from ballet_lib.styles.skeletons import slots
    from ballet_lib.styles.streams import encoded

    if stream not in STREAMS:
        raise BalletError(f"There is no stream {stream!r}. There are: {', '.join(STREAMS)}.")
    chunks = cut(videos, length)
    if stream == "pictures":
        X = chunks.of(encoded(list(videos)))
    else:
        people = max(video.people for video in videos)
        X = chunks.of([slots(video.keypoints, people) for video in videos])
    return ChunkFeatures(
        X.reshape(len(X), length, -1), videos.y[chunks.video], videos.groups[chunks.video], videos.labels
    )


def shuffled(chunks: ChunkFeatures, seed: int = 0) -> ChunkFeatures:
    """Give each video the style of another one, drawn at random: nothing is left to be learnt but the video.

    A control. Whoever still names the style of a chunk has recognised the video that it was cut from.
    """
    _, first, group = np.unique(chunks.groups, return_index=True, return_inverse=True)
    styles = np.random.default_rng(seed).permutation(chunks.y[first])
    return replace(chunks, y=styles[group])


# --- Two ways to divide -----------------------------------------------------------------------------------


def split_by_chunk(chunks: ChunkFeatures, folds: int = 4, seed: int = 0) -> list[Rows]:
    """Hold out each chunk once, at random: other chunks of its video are trained on.

    Raises
    ------
    BalletError
        If a style has fewer chunks than there are folds.
    """
    from sklearn.model_selection import StratifiedKFold

    _check_folds(chunks, folds, np.arange(len(chunks)), "chunks")
    return list(StratifiedKFold(folds, shuffle=True, random_state=seed).split(chunks.X, chunks.y))


def split_by_video(chunks: ChunkFeatures, folds: int = 4, seed: int = 0) -> list[Rows]:
    """Hold out each video once, with all its chunks, and all videos of its dancers.

    Raises
    ------
    BalletError
        If a style has fewer videos than there are folds.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    _check_folds(chunks, folds, chunks.groups, "videos")
    split = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    return list(split.split(chunks.X, chunks.y, chunks.groups))


def _check_folds(chunks: ChunkFeatures, folds: int, units: np.ndarray, what: str) -> None:
    if isinstance(folds, bool) or not (isinstance(folds, int | np.integer) and folds >= 2):
        raise BalletError(f"{folds!r} folds cannot be. Give a whole number of at least 2.")
    if len(np.unique(chunks.y)) < 2:
        raise BalletError("All chunks are of one style. Add videos of another.")
    for number in np.unique(chunks.y):
        if (count := len(np.unique(units[chunks.y == number]))) < folds:
            one = what.removesuffix("s") if count == 1 else what
            raise BalletError(
                f"{chunks.labels[number]} has {count} {one}, too few for {folds} folds. "
                "Add videos, leave the style out, or ask for fewer folds."
            )


# --- The leak ---------------------------------------------------------------------------------------------


def leak(
    chunks: ChunkFeatures, fit: Fit | None = None, folds: int = 4, seed: int = 0, bar: bool = True
) -> "pd.DataFrame":
    """Ask about every chunk twice: a model that knows its video, and one that does not.

    In each fold both models learn from equally many chunks; where one split has more, some are left out.

    Parameters
    ----------
    chunks
        See `chunk_features`.
    fit
        How to train, `recipes.fit_chunk_bilstm` by default.
    folds
        How many models either split trains.
    seed
        Of the splits and of the trainings.
    bar
        Whether to show progress.

    Returns
    -------
    pandas.DataFrame
        A row for each chunk and split: `split` (``by chunk`` or ``by video``), `fold`, `chunk`, `group`,
        `style`, `told`, `right`, and `trained_on`, the number of chunks. See `summary`.

    Raises
    ------
    BalletError
        If a style has fewer videos than there are folds.
    """
    from tqdm.auto import tqdm

    from ballet_lib.styles.recipes import fit_chunk_bilstm

    fit = fit or fit_chunk_bilstm
    divided = [split_by_chunk(chunks, folds, seed), split_by_video(chunks, folds, seed)]
    rows, model, rng = [], None, np.random.default_rng(seed)
    with tqdm(total=2 * folds, desc="chunk split and video split", unit="model", disable=not bar) as line:
        for fold, pair in enumerate(zip(*divided, strict=True)):
            least = min(len(train) for train, _ in pair)
            for split, (train, test) in zip(SPLITS, pair, strict=True):
                train = np.sort(rng.permutation(train)[:least])
                X, y = chunks.X[train], chunks.y[train]
                model = fit(X, y, len(chunks.labels), seed=seed + fold, again=model)
                row = _tested(model, chunks, test)
                rows.append(row.assign(split=split, fold=fold, trained_on=len(train)))
                line.update()
    return _joined(rows)


def _tested(model: "keras.Model", chunks: ChunkFeatures, test: np.ndarray) -> "pd.DataFrame":
    """Ask a model about chunks; a row for each."""
    import pandas as pd

    from ballet_lib.styles.recipes import answers

    told, y = answers(model, chunks.X[test]).argmax(axis=1), chunks.y[test]
    names = np.array(chunks.labels)
    return pd.DataFrame({
        "chunk": test, "group": chunks.groups[test], "style": names[y], "told": names[told],
        "right": told == y,
    })  # fmt: skip


def _joined(rows: list) -> "pd.DataFrame":
    import pandas as pd

    told = pd.concat(rows, ignore_index=True).sort_values(["split", "chunk"], ignore_index=True)
    return told[["split", "fold", "chunk", "group", "style", "told", "right", "trained_on"]]


def summary(told: "pd.DataFrame", level: float = 0.95, draws: int = 2000, seed: int = 0) -> "pd.DataFrame":
    """Say how accurate either split claims the model is, and by how much the first claims more.

    Chunks of one video resemble each other, so whole videos are drawn again, the same ones for both splits;
    an accuracy's interval is never narrower than that of as many independent chunks.

    Parameters
    ----------
    told
        What `leak` returned, or several of them with other seeds, one below the other.
    level
        Share of such intervals that should hold the truth.
    draws, seed
        Of the bootstrap.

    Returns
    -------
    pandas.DataFrame
        Rows ``by chunk``, ``by video``, ``margin``; columns `accuracy`, `low`, `high`.
    """
    import pandas as pd

    counts = told.pivot_table(index="group", columns="split", values="right", aggfunc=["sum", "count"])
    drawn = intervals.draw_dancers(len(counts), draws, seed)

    def share(weights: np.ndarray) -> np.ndarray:
        right, of = (weights @ counts[what][list(SPLITS)].to_numpy(float) for what in ("sum", "count"))
        return right / of

    score, spread = share(np.ones(len(counts))), share(drawn)
    margin, of = np.diff(spread[:, ::-1])[:, 0], told.chunk.nunique()
    ends = [intervals.percentiles(one, len(counts), level) for one in (*spread.T, margin)]
    for number in range(2):
        exact = accuracy_interval(round(score[number] * of), of, level)
        ends[number] = intervals.hull(ends[number], exact)
    low, high = np.transpose(ends)
    return pd.DataFrame(
        {"accuracy": [*score, score[0] - score[1]], "low": low, "high": high}, index=[*SPLITS, "margin"]
    )
