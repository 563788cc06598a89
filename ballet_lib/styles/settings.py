"""How networks of two streams are trained: the report's settings, and those that learn from few videos."""

from dataclasses import dataclass, field, replace

from ballet_lib.errors import BalletError
from ballet_lib.pace import PACES, pace

FPS = 10.0
"""Frames a second of the videos that ship. Let's Dance has 30: its every 60th frame is our every 20th."""
LIKE_RECIPE = -1
"""For `seconds`, which may be None."""
FEWEST = 5
"""Steps that a sequence has at least, if the video is long enough."""


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes
    ----------
    every
        How many frames further the next step is, at `FPS` frames a second.
    seconds
        How long a sequence is, but for `FEWEST`; None for the whole video.
    optimizer
        ``nesterov``, which is gradient descent with a momentum of 0.9, or ``adam``.
    rate
        The learning rate; of Adam, the first, which falls along a cosine to nothing.
    batch_size
        Videos at a time.
    epochs
        How often each video is shown.
    vary
        Whether videos are varied, see `variation`.
    sizes
        Of the network, where they are not its defaults.
    """

    every: int
    seconds: float | None
    optimizer: str
    rate: float
    batch_size: int
    epochs: int
    vary: bool
    sizes: dict = field(default_factory=dict)

    def steps(self, fps: float, frames: int) -> int:
        """Return how many steps a sequence has, where the shortest video has so many frames."""
        most = -(-frames // self.every)
        if self.seconds is None:
            return most
        return max(round(self.seconds * fps / self.every), min(FEWEST, most))


PAPER = {
    "lstm": Recipe(20, None, "nesterov", 0.0167, 64, 200, False),
    "attention": Recipe(10, None, "nesterov", 0.0591, 16, 200, False),
    "tcn": Recipe(10, None, "nesterov", 0.01, 16, 200, False),
    "frame": Recipe(10, None, "nesterov", 0.01, 16, 200, False),
}
"""The report's settings as far as we know them; the epochs, and rate and batch of the last two, are ours."""
_SIZES = {"units": 64, "dropout": 0.3, "decay": 0.0, "changes": True, "unseen": 0.5}
COURSE = {
    "lstm": Recipe(1, 5.0, "adam", 2e-3, 12, 80, True, _SIZES | {"filters": 64}),
    "attention": Recipe(1, 5.0, "adam", 2e-3, 12, 80, True, _SIZES | {"filters": 64}),
    "tcn": Recipe(1, 5.0, "adam", 2e-3, 12, 80, True, _SIZES | {"units": 48, "dropout": 0.1}),
    "frame": Recipe(1, 5.0, "adam", 2e-3, 12, 40, True, {"unseen": 0.5}),
}
"""What learns from 36 videos."""


def recipe_of(network: str, settings: str | None = None, fps: float = FPS, **changed) -> Recipe:
    """Return a network's recipe with some settings changed; None and `LIKE_RECIPE` leave them as they are.

    Its `every` counts frames of videos with `fps` frames a second, so that a step takes as long as at `FPS`.

    Raises
    ------
    BalletError
        If there is no such network, there are no such settings, or a number is below 1.
    """
    settings = settings or pace()
    if network not in COURSE or settings not in PACES:
        raise BalletError(
            f"There is no network {network!r} with settings {settings!r}. Networks are {', '.join(COURSE)}, "
            f"settings {' and '.join(PACES)}."
        )
    recipe = {"course": COURSE, "paper": PAPER}[settings][network]
    recipe = replace(recipe, every=max(1, round(recipe.every * fps / FPS)))
    if changed.get("sizes"):
        changed["sizes"] = recipe.sizes | changed["sizes"]
    if "seconds" in changed and changed["seconds"] is None:
        recipe = replace(recipe, seconds=None)
    recipe = replace(recipe, **{
        name: value for name, value in changed.items() if value is not None and value != LIKE_RECIPE
    })  # fmt: skip
    for name in ("every", "epochs"):
        value = getattr(recipe, name)
        if value < 1 or value != int(value):
            raise BalletError(f"{name} is {value}. Give a whole number from 1.")
    if recipe.seconds is not None and not 0 < recipe.seconds < float("inf"):
        raise BalletError(f"Sequences of {recipe.seconds} s cannot be. Give a positive number, or None.")
    return recipe
