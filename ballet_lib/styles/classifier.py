"""A classifier of dance styles: a network of two streams that names a video, and says how it changes."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.model_files import given_or_shipped, read_parts, write_model
from ballet_lib.styles.streams import STREAMS, VideoStreams, at_rate, check_length, each_video, stacked
from ballet_lib.styles.videos import DanceVideo

if TYPE_CHECKING:
    import keras
    import pandas as pd

KIND, FORMAT = "dance style classifier", 1
"""What a model card says of such a model, and the card's version."""
AT_A_TIME = 64
"""Sequences that are computed at a time."""
SEEN_ENOUGH = 1 / 3
"""Share of a window in which somebody must be seen for it to be named."""


@dataclass
class StyleClassifier:
    """A trained network of two streams with its card.

    Attributes
    ----------
    model
        Takes the streams that its card names, see `networks.two_stream`; any number of steps and people.
    card
        What `fit_style` wrote about the training, as JSON holds it.
    history
        A row an epoch: epoch, seconds from the beginning, loss, accuracy. None if unknown.
    """

    model: "keras.Model"
    card: dict
    history: "pd.DataFrame | None" = None

    def __repr__(self) -> str:
        return f"StyleClassifier {self.card['network']} on {self.card['streams']}: {', '.join(self.labels)}"

    @property
    def labels(self) -> tuple[str, ...]:
        """The styles, in the order of the probabilities."""
        return tuple(self.card["labels"])

    @property
    def seconds(self) -> float:
        """How long the sequences are that it learnt from."""
        return self.card["steps"] * self.card["every"] / self.card["fps"]

    def probabilities(self, videos: Iterable[DanceVideo]) -> np.ndarray:
        """Return how probable each style is for each video: float32 (N, labels), every row sums to 1.

        Sequences of the length that it learnt from are cut out, each half a length after the one before, and
        their probabilities are averaged; those without anybody are left out. The network ``frame`` lets all
        frames in which somebody is seen vote: a style's probability is its share of the votes.

        Raises
        ------
        BalletError
            If a video is shorter than a sequence, shows nobody, or lacks pictures that the network needs.
        """
        whole = self.card["network"] == "frame"
        told = []
        for video in videos:
            row = self._read(video)
            steps = len(row) if whole else self.card["steps"]
            told.append(self._windows(row, steps, max(1, steps // 2))[1].mean(axis=0))
        return np.stack(told)

    def predict(self, videos: Iterable[DanceVideo]) -> np.ndarray:
        """Return the likeliest style of each video: str (N,). Raises as `probabilities`."""
        return np.array(self.labels)[self.probabilities(videos).argmax(axis=1)]

    def over_time(
        self, video: DanceVideo, window: float = 3.0, step: float = 0.5
    ) -> tuple[np.ndarray, np.ndarray]:
        """Slide a window over a video, and name what it shows.

        Parameters
        ----------
        video
            At any frame rate; it is read at that of the videos learnt from.
        window
            Seconds that are named together.
        step
            Seconds from one window to the next.

        Returns
        -------
            The middles of M windows in seconds, float (M,), and float32 (M, labels). Windows that show
            nobody are left out.

        Raises
        ------
        BalletError
            If the video is shorter than the window or shows nobody, the window is shorter than two steps, or
            a number is not above 0.
        """
        if not (0 < window < np.inf and 0 < step < np.inf):
            raise BalletError(f"A window of {window} s every {step} s cannot be. Give positive numbers.")
        rate = self.card["fps"] / self.card["every"]
        steps = round(window * rate)
        if steps < 2:
            raise BalletError(f"A window of {window} s holds {steps} steps, too few. Give a longer one.")
        starts, told = self._windows(self._read(video), steps, max(1, round(step * rate)))
        return (starts + steps / 2) / rate, told

    def _windows(self, row: VideoStreams, steps: int, stride: int) -> tuple[np.ndarray, np.ndarray]:
        """Return where windows begin, int (M,), and their probabilities, float32 (M, labels)."""
        check_length(row, steps)
        starts = np.arange(0, len(row) - steps + 1, stride)
        seen = np.stack([row.seen[start : start + steps] for start in starts])
        enough = seen.mean(axis=1) >= SEEN_ENOUGH
        if not enough.any():
            raise BalletError(
                f"{row.name} shows nobody for long enough. Give a video in which dancers are seen."
            )
        starts, seen = starts[enough], seen[enough]
        told = self._answers([row[start : start + steps] for start in starts])
        if self.card["network"] == "frame":
            votes = np.eye(len(self.labels), dtype=np.float32)[told.argmax(axis=-1)]
            told = (votes * seen[..., None]).sum(axis=1) / seen.sum(axis=1, keepdims=True)
        return starts, told.astype(np.float32, copy=False)

    def _read(self, video: DanceVideo) -> VideoStreams:
        card = self.card
        return each_video([at_rate(video, card["fps"])], card["streams"], card["encoder"], card["every"])[0]

    def _answers(self, rows: list[VideoStreams]) -> np.ndarray:
        self.model.jit_compile = False  # XLA would compile for seconds what runs in milliseconds
        parts = [stacked(rows[start : start + AT_A_TIME]) for start in range(0, len(rows), AT_A_TIME)]
        fed = [[stream for stream in part if stream is not None] for part in parts]
        told = [self.model.predict_on_batch(one if len(one) > 1 else one[0]) for one in fed]
        return np.concatenate(told).astype(np.float32, copy=False)

    def save(self, path: str | os.PathLike) -> Path:
        """Write ``path``, which ends in .keras, and its card beside it; both are new or both as they were.

        Raises
        ------
        BalletError
            If the name ends otherwise, or the files cannot be written.
        """
        return write_model(self.model, self.card, self.history, path)

    @classmethod
    def load(cls, path: str | os.PathLike = "styles") -> "StyleClassifier":
        """Read what `save` wrote; ``"styles"`` is the one that ships.

        Raises
        ------
        BalletError
            If a file is missing or damaged, is another kind of model, would run code of its own, or model and
            card do not belong together.
        """
        file = given_or_shipped(path, "styles", "StyleClassifier.save")
        return cls(*read_parts(file, _problem, _check_model))


def _problem(card: dict) -> str | None:
    """Say what keeps a card from being that of a classifier of styles."""
    from ballet_lib.networks.two_stream import NETWORKS

    if card.get("kind") != KIND:
        return f"it is not that of a {KIND}"
    if card.get("network") not in NETWORKS or card.get("streams") not in STREAMS:
        return "it does not say which network it is, on which streams"
    labels = card.get("labels")
    if not (isinstance(labels, list) and len(labels) > 1 and all(isinstance(one, str) for one in labels)):
        return "its labels are missing"
    if len(set(labels)) != len(labels):
        return "a label stands twice in it"
    if not isinstance(card.get("encoder"), str):
        return "it does not say what its pictures were encoded by"
    for name in ("every", "steps"):
        value = card.get(name)
        if isinstance(value, bool) or not (isinstance(value, int) and 1 <= value <= 100_000):
            return f"its {name} is {value!r}"
    fps = card.get("fps")
    if isinstance(fps, bool) or not (isinstance(fps, int | float) and 0 < fps <= 1000):
        return f"its fps is {fps!r}"
    return None


def _check_model(model: "keras.Model", card: dict, path: Path) -> None:
    """Refuse a model that does not turn the streams of its card into its labels."""
    names = ["pictures", "poses"] if card["streams"] == "both" else [card["streams"]]
    inputs = [one.name for one in model.inputs]
    ranks = [len(one.shape) for one in model.inputs]
    frames = card["network"] == "frame"
    outputs = [tuple(one.shape) for one in model.outputs]
    wanted = (None, None, len(card["labels"])) if frames else (None, len(card["labels"]))
    if inputs != names or ranks != [3 if name == "pictures" else 4 for name in names] or outputs != [wanted]:
        raise BalletError(
            f"{path} turns {', '.join(inputs)} into {outputs}, and its card speaks of {', '.join(names)} and "
            f"{len(card['labels'])} styles. Copy model and card together, or train again."
        )
