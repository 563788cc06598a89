"""Dancing on in latent space: frames become a few numbers, and an LSTM goes on with these.

This is the silhouette paper's way: an autoencoder squeezes each frame, a recurrent network sees five of them
and dances on. The network says what follows as a mean or as a mixture density, see `networks.mixture`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.generation.baselines import check_seen
from ballet_lib.generation.known_poses import KnownPoses
from ballet_lib.generation.vectors import NextVector, fit_next
from ballet_lib.silhouettes import HEIGHT, WIDTH, Silhouettes

if TYPE_CHECKING:
    from sklearn.decomposition import PCA

COMPONENTS = 40
"""Principal components of the latent numbers that the LSTM reads: of all, it loses its way sooner."""
PULL = 0.15
"""How far towards known poses each one of a dance is pulled: twice that, and she hardly leaves them."""
FORECAST_TEMPERATURE = 0.3
"""At which a mixture forecasts: near its likeliest future."""


class Autoencoder(Protocol):
    """What turns silhouettes into numbers and back, such as `generation.autoencoder.Autoencoder`."""

    def encode(self, frames: np.ndarray) -> np.ndarray:
        """Return float32 (N, K) for frames (N, 96, 64)."""

    def decode(self, numbers: np.ndarray) -> np.ndarray:
        """Return probabilities, float32 (N, 96, 64), for numbers (N, K)."""


class Eigensilhouettes:
    """The best linear autoencoder: principal components of the pixels.

    Turk and Pentland (1991) did so with faces. It has no shape of a dancer in mind, only sums of ghosts; it
    costs a second, and is what a deep one is compared with.

    Parameters
    ----------
    frames
        bool or probabilities (N, 96, 64) to learn from.
    numbers
        How many a frame is squeezed to.

    Raises
    ------
    BalletError
        If there are fewer frames than numbers.
    """

    def __init__(self, frames: np.ndarray, numbers: int = 64):
        from sklearn.decomposition import PCA

        if len(frames) < numbers:
            raise BalletError(f"{len(frames)} frames do not make {numbers} components. Give more frames.")
        self._pca = PCA(numbers, svd_solver="randomized", random_state=0)
        self._pca.fit(np.reshape(frames, (len(frames), -1)).astype(np.float32))

    def encode(self, frames: np.ndarray) -> np.ndarray:
        """Return float32 (N, numbers)."""
        return self._pca.transform(np.reshape(frames, (len(frames), -1)).astype(np.float32))

    def decode(self, numbers: np.ndarray) -> np.ndarray:
        """Return float32 (N, 96, 64) in [0, 1]."""
        drawn = self._pca.inverse_transform(numbers).reshape(-1, HEIGHT, WIDTH)
        return np.clip(drawn, 0, 1).astype(np.float32)


@dataclass
class LatentForecaster:
    """Forecasts silhouettes by way of their latent numbers; `fit_latent` makes one.

    Attributes
    ----------
    autoencoder
        Turns frames into numbers and back.
    model
        What follows, in principal components of the numbers.
    known
        To what a dance is pulled.
    temperature
        At which `forecast` draws from a mixture; a mean has none.
    """

    autoencoder: Autoencoder
    model: NextVector
    known: KnownPoses
    _pca: "PCA"
    temperature: float = FORECAST_TEMPERATURE

    @property
    def context(self) -> int:
        """How many frames it must see."""
        return self.model.context

    def forecast(self, seen: np.ndarray, steps: int) -> np.ndarray:
        """Return the next `steps` frames of several dances, see `forecasting.Forecaster`.

        Parameters
        ----------
        seen
            bool or probabilities (N, context or more, 96, 64).
        steps
            How many frames to make.

        Returns
        -------
            Probabilities, float32 (N, steps, 96, 64).

        Raises
        ------
        BalletError
            If the frames are too few or of another size.
        """
        return self._go_on(check_seen(seen, self.context, steps), steps, self.temperature, 0, None)

    def dance(
        self, seed_frames: np.ndarray, steps: int = 200, temperature: float = 1.0, seed: int = 0
    ) -> np.ndarray:
        """Dance on from a few frames.

        What is made is pulled a little towards poses that were learnt from, see `known_poses`; a forecast is
        not.

        Parameters
        ----------
        seed_frames
            bool or probabilities (context or more, 96, 64).
        steps
            How many frames to make, ten a second.
        temperature
            Above 0; 1 is as varied as what was learnt, less is calmer.
        seed
            Of what is drawn: another seed, another dance.

        Returns
        -------
            Probabilities, float32 (steps, 96, 64); at least 0.5 is the dancer.

        Raises
        ------
        BalletError
            If the frames are too few or of another size, or the temperature is not above 0.
        """
        seen = check_seen(np.asarray(seed_frames)[None], self.context, steps)
        return self._go_on(seen, steps, temperature, seed, self.known)[0]

    def _go_on(self, seen: np.ndarray, steps: int, temperature: float, seed: int, mend) -> np.ndarray:
        known = self._pca.transform(self.autoencoder.encode(seen.reshape(-1, HEIGHT, WIDTH)))
        made = self.model.roll(known.reshape(*seen.shape[:2], -1), steps, temperature, seed, mend)
        numbers = self._pca.inverse_transform(made.reshape(-1, made.shape[-1]))
        drawn = self.autoencoder.decode(numbers.astype(np.float32))
        return drawn.reshape(len(seen), steps, HEIGHT, WIDTH)


def fit_latent(
    autoencoder: Autoencoder,
    silhouettes: Silhouettes,
    head: str = "mixture",
    *,
    components: int = COMPONENTS,
    mirrored: bool = True,
    seed: int = 0,
    bar: bool = True,
    **settings,
) -> LatentForecaster:
    """Train what dances on in the latent space of an autoencoder.

    Parameters
    ----------
    autoencoder
        Trained already; it is not changed.
    silhouettes
        Clips to learn from.
    head
        ``mixture`` or ``mean``, see `vectors.fit_next`.
    components
        Principal components of the latent numbers that the LSTM reads.
    mirrored
        Learn from each clip left to right as well.
    seed
        Of weights, windows and noise.
    bar
        Whether to show progress.
    settings
        Further ones of `vectors.fit_next`.

    Raises
    ------
    BalletError
        If clips or settings are unfit to learn from.
    """
    from sklearn.decomposition import PCA

    clips = list(silhouettes.clips.values())
    if mirrored:
        clips += [clip[:, :, ::-1] for clip in clips]
    numbers = [autoencoder.encode(clip) for clip in clips]
    together = np.concatenate(numbers)
    if not 1 <= components <= min(together.shape):
        raise BalletError(
            f"{len(together)} frames of {together.shape[1]} numbers have no {components} principal "
            "components. Give fewer components."
        )
    pca = PCA(components, svd_solver="full").fit(together)
    model = fit_next([pca.transform(one) for one in numbers], head, seed=seed, bar=bar, **settings)
    return LatentForecaster(autoencoder, model, KnownPoses(pca.transform(together), PULL), pca)
