"""Search spaces: which networks, learning rates and sizes a tuner may choose from."""

import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ballet_lib import networks
from ballet_lib.errors import BalletError
from ballet_lib.tuning.records import LARGEST_NUMBER

NETWORK, LEARNING_RATE = "network", "learning_rate"
"""The two names that are no size of a network."""

Value = str | bool | int | float


@dataclass(frozen=True)
class SearchSpace:
    """The values that a tuner may combine.

    Attributes
    ----------
    choices
        Every name with its values. ``network`` are names of `networks.NETWORKS`, ``learning_rate`` is
        Adam's, and every other name is a size that all of these networks take, such as ``units``.
    """

    choices: Mapping[str, tuple[Value, ...]]

    def __post_init__(self):
        if not isinstance(self.choices, Mapping):
            raise BalletError(
                f"A search space is made of names with their values, not of {self.choices!r}. "
                "Give such as {'network': ('lstm', 'bilstm'), 'units': (16, 32)}."
            )
        listed = {name: _values(name, given) for name, given in self.choices.items()}
        object.__setattr__(self, "choices", MappingProxyType(listed))

    def __repr__(self) -> str:
        named = ", ".join(f"{name} {len(values)}" for name, values in self.choices.items())
        return f"SearchSpace of {self.size:,} combinations: {named}"

    def __reduce__(self):
        return SearchSpace, (dict(self.choices),)  # a mapping proxy cannot be copied or pickled

    @property
    def size(self) -> int:
        """Number of combinations."""
        return math.prod(len(values) for values in self.choices.values())

    def check(self) -> None:
        """Refuse what no trial could be built from.

        Raises
        ------
        BalletError
            If no network is named, one is unknown or does not take a size that is named, or a learning rate
            is no number above 0.
        """
        if NETWORK not in self.choices:
            raise BalletError(
                "The search space names no network. Add such as 'network': ('lstm-tuned', 'bilstm-tuned')."
            )
        for network in self.choices[NETWORK]:
            if network not in networks.NETWORKS:
                raise BalletError(
                    f"There is no network {network!r}. There are: {', '.join(networks.NETWORKS)}."
                )
            taken = list(inspect.signature(networks.NETWORKS[network]).parameters)[2:]
            if unknown := sorted(set(self.choices) - {NETWORK, LEARNING_RATE, *taken}):
                raise BalletError(
                    f"The search space names {', '.join(unknown)}, which the network {network} does not "
                    f"take. Correct or remove it; besides {NETWORK} and {LEARNING_RATE} it takes: "
                    f"{', '.join(taken) or 'nothing'}."
                )
        for rate in self.choices.get(LEARNING_RATE, ()):
            if isinstance(rate, bool | str) or not (math.isfinite(rate) and rate > 0):
                raise BalletError(
                    f"A learning rate in the search space is {rate!r}. Give numbers above 0, such as 0.001."
                )


def _values(name: str, given) -> tuple[Value, ...]:
    """Return the values as plain Python ones of a single type, which is what Keras Tuner asks for."""
    if isinstance(given, str | bool | int | float) or given is None:
        given = (given,)
    values = tuple(one.item() if hasattr(one, "item") else one for one in given)
    kinds = {type(one) for one in values}
    huge = any(type(one) is int and abs(one) >= LARGEST_NUMBER for one in values)
    if kinds == {int, float} and not huge:
        values, kinds = tuple(map(float, values)), {float}
    if len(kinds) != 1 or not kinds <= {str, bool, int, float} or huge:
        raise BalletError(
            f"The values of {name} in the search space are {given!r}. Give numbers, or texts, at least one."
        )
    if len(set(values)) < len(values):
        raise BalletError(f"A value of {name} stands twice in the search space: {values}. Leave one out.")
    return values


_TUNED = ("lstm-tuned", "bilstm-tuned")
_ACTIVATIONS = ("relu", "selu", "tanh")

SPACES: dict[str, SearchSpace] = {
    "course": SearchSpace({
        "network": _TUNED, "units": (16, 32, 48, 64), "dense_1": (16, 32, 64), "dense_2": (16, 32, 64),
        "activation": _ACTIVATIONS, "learning_rate": (1e-2, 1e-3, 1e-4), "dropout": (0.0, 0.2, 0.4),
    }),
    "paper": SearchSpace({
        "network": _TUNED, "units": tuple(range(32, 513, 32)), "dense_1": tuple(range(32, 513, 32)),
        "dense_2": tuple(range(32, 513, 32)), "activation": _ACTIVATIONS,
        "learning_rate": (1e-2, 1e-3, 1e-4), "dropout": (0.0, 0.1, 0.2, 0.3, 0.4, 0.5),
    }),
}  # fmt: skip
"""The space of the 16-style paper (widths 32 to 512 by 32; relu, selu, tanh; 1e-2, 1e-3, 1e-4), in which its
tuned network lies, with an LSTM in one direction and dropout beside it; and a smaller one for two cores."""
