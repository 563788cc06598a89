"""The dance style of a film, with its probabilities over time, from the poses of the dancer in it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.pose_sequence import PoseSequence

if TYPE_CHECKING:
    from ballet_lib.styles.classifier import StyleClassifier

MODEL = "styles"
"""The classifier of styles that comes with the library; it looks at poses alone."""

SHORTEST = 3.0
"""Seconds that a dancer must be seen, as style is in the rhythm; a window is so long."""
STEP = 0.5
"""Seconds from one window to the next."""


@dataclass(frozen=True)
class Naming:
    """What style a film is taken for.

    Attributes
    ----------
    labels
        K styles.
    seconds
        Middles of M windows of `SHORTEST` seconds, float (M,), from the film's beginning; none where nobody
        is seen.
    probabilities
        float32 (M, K): of each window; a row adds up to 1.

    Raises
    ------
    BalletError
        If there is no window, they are not in the order of time, or a probability is none.
    """

    labels: tuple[str, ...]
    seconds: np.ndarray
    probabilities: np.ndarray

    def __post_init__(self) -> None:
        windows, shape = np.shape(self.seconds), np.shape(self.probabilities)
        if shape != (*windows, len(self.labels)) or not all(shape):
            raise BalletError(
                f"Probabilities {shape} of {len(self.labels)} styles at moments {windows} do not belong "
                "together. Give a row for each of one or more moments, and a column for each style."
            )
        if not (np.isfinite(self.probabilities).all() and (np.diff(self.seconds) > 0).all()):
            raise BalletError(
                "A probability is no number, or time does not go on. The classifier that named the style is "
                "damaged; train it again."
            )

    @property
    def mean(self) -> np.ndarray:
        """The probabilities of the whole film, float (K,): the mean of its windows."""
        return self.probabilities.mean(axis=0)

    @property
    def style(self) -> str:
        """The most probable style of the whole film."""
        return self.labels[int(self.mean.argmax())]

    def at(self, seconds: float | np.ndarray) -> np.ndarray:
        """Return the probabilities at any moment, float (..., K): between windows in proportion."""
        columns = [np.interp(seconds, self.seconds, column) for column in self.probabilities.T]
        return np.stack(columns, axis=-1)

    def to_json(self) -> dict:
        """Return all of it as JSON holds it; times in seconds."""
        return {
            "style": self.style,
            "labels": list(self.labels),
            "mean": np.round(self.mean, 4).tolist(),
            "seconds": np.round(self.seconds, 3).tolist(),
            "probabilities": np.round(self.probabilities.astype(float), 4).tolist(),
        }


def name_style(poses: PoseSequence, classifier: "StyleClassifier | None" = None) -> Naming:
    """Name the dance style of a film, as a whole and over time.

    Parameters
    ----------
    poses
        Of one person, in the order of time.
    classifier
        By default the one that comes with the library. It learnt from drawn caricatures of styles: what it
        says of a real dancer is a guess.

    Raises
    ------
    BalletError
        If the person is seen for less than `SHORTEST` seconds, or the classifier cannot be used.
    """
    seen = poses.found.sum() / poses.fps
    if seen < SHORTEST:
        raise BalletError(
            f"The dancer is seen for {np.floor(10 * seen) / 10:g} s, too short for a style, which is in the "
            f"rhythm. Give a film that shows the dancer for {SHORTEST:g} s or more."
        )
    from ballet_lib.styles.classifier import StyleClassifier
    from ballet_lib.styles.readers import from_pose_sequence

    classifier = classifier or StyleClassifier.load(MODEL)
    video = from_pose_sequence(poses, style="unknown", name="The film")
    seconds, probabilities = classifier.over_time(video, SHORTEST, STEP)
    return Naming(tuple(classifier.labels), seconds, probabilities)
