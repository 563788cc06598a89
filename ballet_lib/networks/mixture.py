"""Mixture density: a head that answers with several possible futures, not with the mean of them.

A network that is asked for one number and pays for the square of its error learns the mean of all that may
follow. Where a leg may go left or right, the mean is a leg that stays. A mixture says how probable each way
is, where it leads and how far it scatters (Bishop 1994, "Mixture density networks"; Graves 2013, "Generating
sequences with recurrent neural networks", section 4).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.errors import BalletError

if TYPE_CHECKING:
    import keras

NARROWEST, WIDEST = -5.0, 3.0
"""Least and largest log of a standard deviation: a Gaussian that shrinks onto one example earns no more."""


@dataclass(frozen=True)
class MixtureHead:
    """A mixture of diagonal Gaussians over vectors, and how a network's outputs are read as one.

    The last axis of the outputs holds K logits of the components, then K means of D numbers each, then K logs
    of standard deviations of D numbers each: K (1 + 2 D) outputs.

    Parameters
    ----------
    dimensions
        D, numbers in a vector.
    components
        K, how many Gaussians are mixed.

    Raises
    ------
    BalletError
        If one of them is below 1.
    """

    dimensions: int
    components: int = 5

    def __post_init__(self):
        if self.dimensions < 1 or self.components < 1:
            raise BalletError(
                f"{self.components} Gaussians of {self.dimensions} dimensions mix to nothing. "
                "Give at least one of each."
            )

    @property
    def outputs(self) -> int:
        """How many numbers the network gives for one mixture."""
        return self.components * (1 + 2 * self.dimensions)

    def layer(self, name: str = "mixture") -> "keras.layers.Layer":
        """Return the dense layer that ends such a network; it starts with means that differ."""
        from keras import layers

        return layers.Dense(self.outputs, name=name)

    def loss(self, truth, outputs):
        """Return the negative log-likelihood of the truth, in nats: the loss to compile a model with.

        Parameters
        ----------
        truth
            Tensor (..., D).
        outputs
            Tensor (..., K (1 + 2 D)).

        Returns
        -------
            Tensor (...).
        """
        from keras import ops

        many = self.components * self.dimensions
        shape = (*truth.shape[1:-1], self.components, self.dimensions)
        logits = outputs[..., : self.components]
        means = ops.reshape(outputs[..., self.components : self.components + many], (-1, *shape))
        log_sigmas = ops.reshape(outputs[..., self.components + many :], (-1, *shape))
        log_sigmas = ops.clip(log_sigmas, NARROWEST, WIDEST)
        away = (ops.expand_dims(truth, -2) - means) * ops.exp(-log_sigmas)
        each = -0.5 * ops.square(away) - log_sigmas - 0.5 * float(np.log(2 * np.pi))
        return -ops.logsumexp(ops.log_softmax(logits) + ops.sum(each, axis=-1), axis=-1)

    def split(self, outputs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Read outputs (..., K (1 + 2 D)) as probabilities (..., K), means and deviations (..., K, D).

        Raises
        ------
        BalletError
            If there are more or fewer outputs.
        """
        outputs = np.asarray(outputs, dtype=float)
        if outputs.ndim == 0 or outputs.shape[-1] != self.outputs:
            raise BalletError(
                f"A mixture of {self.components} Gaussians of {self.dimensions} dimensions has "
                f"{self.outputs} outputs, and these are {outputs.shape}. "
                "Build the network with this head's layer."
            )
        logits, rest = np.split(outputs, [self.components], axis=-1)
        means, log_sigmas = np.moveaxis(
            rest.reshape(*outputs.shape[:-1], 2, self.components, self.dimensions), -3, 0
        )
        return _softmax(logits), means, np.exp(np.clip(log_sigmas, NARROWEST, WIDEST))

    def sample(self, outputs: np.ndarray, temperature: float, rng: np.random.Generator) -> np.ndarray:
        """Draw one vector from each mixture.

        The temperature divides the logits and multiplies the variances (Ha and Schmidhuber 2018, "Recurrent
        world models facilitate policy evolution"): towards 0 it leaves the middle of the likeliest
        component, at 1 the mixture as learnt, above it more of what is rare.

        Parameters
        ----------
        outputs
            (..., K (1 + 2 D)) from the network.
        temperature
            Above 0.
        rng
            Draws component and vector.

        Returns
        -------
            float64 (..., D).

        Raises
        ------
        BalletError
            If the temperature is not above 0, or the outputs are not those of such a head.
        """
        check_temperature(temperature)
        weights, means, sigmas = self.split(outputs)
        tempered = _softmax(np.log(np.maximum(weights, 1e-300)) / temperature)
        # The first component at which the summed probabilities pass a number drawn from 0 to 1.
        drawn = rng.random((*tempered.shape[:-1], 1))
        chosen = np.minimum((tempered.cumsum(axis=-1) < drawn).sum(axis=-1), self.components - 1)
        mean, sigma = (
            np.take_along_axis(each, chosen[..., None, None], axis=-2)[..., 0, :] for each in (means, sigmas)
        )
        return mean + sigma * np.sqrt(temperature) * rng.standard_normal(mean.shape)

    def mean(self, outputs: np.ndarray) -> np.ndarray:
        """Return the mean of each mixture (..., D): what a network without this head would learn."""
        weights, means, _ = self.split(outputs)
        return (weights[..., None] * means).sum(axis=-2)


def check_temperature(temperature: float) -> None:
    """Raise a BalletError unless a temperature is a finite number above 0."""
    if not 0 < temperature < np.inf:
        raise BalletError(
            f"A temperature of {temperature} draws nothing. "
            "Give a number above 0: 1 is as learnt, less is calmer."
        )


def _softmax(logits: np.ndarray) -> np.ndarray:
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


# --- A toy: two futures -----------------------------------------------------------------------------------


def two_futures(number: int = 1000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw moments of a leg that is lifted to the left or to the right, nobody knows which.

    Parameters
    ----------
    number
        How many moments.
    seed
        Of the moments, the sides and the scatter.

    Returns
    -------
        Times x float32 (N, 1) from 0 to 1, and where the foot is, y float32 (N, 1): about -x or about x.
    """
    rng = np.random.default_rng(seed)
    x = rng.random((number, 1))
    y = x * rng.choice([-1, 1], (number, 1)) + rng.normal(0, 0.05, (number, 1))
    return x.astype(np.float32), y.astype(np.float32)


def fit_two_futures(
    x: np.ndarray, y: np.ndarray, head: MixtureHead | None = None, epochs: int = 60, seed: int = 0
) -> "keras.Model":
    """Train a small dense network on `two_futures`: with a mixture head, or without one on the mean square.

    Its outputs are the mixture's (N, head.outputs), or what it takes for the answer (N, 1).
    """
    from ballet_lib.quiet_tensorflow import import_keras

    keras = import_keras()
    from keras import layers

    keras.utils.set_random_seed(seed)
    last = layers.Dense(y.shape[1]) if head is None else head.layer()
    dense = [layers.Dense(32, activation="tanh") for _ in range(2)]
    model = keras.Sequential([layers.Input((x.shape[1],)), *dense, last])
    loss = "mse" if head is None else head.loss
    model.compile(keras.optimizers.Adam(5e-3), loss, jit_compile=False)
    model.fit(x, y, batch_size=100, epochs=epochs, verbose=0)
    return model
