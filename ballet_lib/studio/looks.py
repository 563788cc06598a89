"""How a dancer looks: skin, hair and clothes, over the whole range that a ballet class shows."""

from dataclasses import dataclass, replace

import numpy as np

from ballet_lib.errors import BalletError

Colour = tuple[float, float, float]
"""Red, green and blue in [0, 1], as on a screen (sRGB)."""


def colour(code: str) -> Colour:
    """Read a colour written as six hexadecimal digits."""
    return tuple(int(code[i : i + 2], 16) / 255 for i in (0, 2, 4))


MONK_SKIN_TONES: tuple[Colour, ...] = tuple(
    colour(code)
    for code in (
        "f6ede4",
        "f3e7db",
        "f7ead0",
        "eadaba",
        "d7bd96",
        "a07e56",
        "825c43",
        "604134",
        "3a312a",
        "292420",
    )
)
"""The ten tones of the Monk Skin Tone scale (Monk, 2019), light to dark."""

HAIR_COLOURS = tuple(
    map(colour, ("17120f", "241a14", "3b2617", "5a3a22", "8a6237", "b88f58", "7a3b1e", "a9a29a"))
)
LEOTARDS = tuple(map(colour, (
    "16161a", "1c1c22", "20263f", "5b1f33", "2f4a3c", "6d6f8c", "8a4b62", "b9c3d6", "e9e4e0", "34506f",
    "7a2f2a",
)))  # fmt: skip
TIGHTS = tuple(map(colour, ("efc9bd", "f1d3c9", "e8bfae", "1b1b1f", "202024", "f2eeea", "3a3b44")))
SHIRTS = tuple(map(colour, ("f2f2f0", "2a2b30", "8d949c", "3f5e7d", "8c3b3b", "c9a85d", "5f7a5a", "d9b8c4")))


@dataclass(frozen=True)
class Look:
    """One dancer's appearance. Colours are (3,) in [0, 1] as on a screen."""

    skin: Colour = MONK_SKIN_TONES[3]
    hair: Colour = HAIR_COLOURS[2]
    iris: Colour = (0.30, 0.18, 0.10)
    bun: str = "high"
    """"high", "low" or "none"."""
    bust: float = 0.6
    """0 flat to 1 full."""
    top: str = "leotard"
    """"leotard", "camisole" (thin straps, low back), "long_sleeves" or "shirt" (a loose T-shirt)."""
    legs: str = "tights"
    """"tights", "bare", "leg_warmers", "trousers" (loose) or "leggings" (to the ankle, over bare feet)."""
    top_colour: Colour = LEOTARDS[1]
    legs_colour: Colour = TIGHTS[0]
    shoes: Colour = (0.93, 0.74, 0.69)
    warmers: Colour = (0.55, 0.33, 0.42)

    def __post_init__(self):
        choices = {"bun": ("high", "low", "none"), "top": ("leotard", "camisole", "long_sleeves", "shirt"),
                   "legs": ("tights", "bare", "leg_warmers", "trousers", "leggings")}  # fmt: skip
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise BalletError(
                    f"A look has no {name} {getattr(self, name)!r}. Choose from {', '.join(allowed)}."
                )

    @classmethod
    def draw(cls, rng: np.random.Generator, masculine: bool | None = None) -> "Look":
        """Draw a dancer's looks: any skin tone, with hair and clothes as they are seen in ballet classes."""
        pick = lambda options, p=None: options[rng.choice(len(options), p=p)]  # noqa: E731
        tone = int(rng.integers(len(MONK_SKIN_TONES)))
        masculine = bool(rng.random() < 0.3) if masculine is None else masculine
        hair = pick(HAIR_COLOURS) if tone < 4 else pick(HAIR_COLOURS[:4] if tone < 6 else HAIR_COLOURS[:2])
        iris = (
            pick(((0.30, 0.18, 0.10), (0.22, 0.34, 0.45), (0.28, 0.36, 0.20)))
            if tone < 4
            else (0.20, 0.11, 0.06)
        )
        skin = np.clip(np.array(MONK_SKIN_TONES[tone]) * rng.normal(1, 0.02, 3), 0, 1)
        top = pick(("shirt", "leotard"), (0.6, 0.4)) if masculine else pick(
            ("leotard", "camisole", "long_sleeves", "shirt"), (0.4, 0.3, 0.18, 0.12))  # fmt: skip
        legs = pick(("tights", "bare", "leg_warmers", "trousers", "leggings"),
                    (0.5, 0.0, 0.05, 0.25, 0.2) if masculine else (0.5, 0.16, 0.12, 0.08, 0.14))  # fmt: skip
        legs_colour = pick(TIGHTS[3:5] if masculine or legs in ("trousers", "leggings") else TIGHTS)
        shoes = pick(((0.93, 0.74, 0.69), (0.95, 0.93, 0.90), (0.10, 0.10, 0.11)), (0.6, 0.2, 0.2))
        return cls(
            skin=tuple(skin), hair=hair, iris=iris,
            bun="none" if masculine else pick(("high", "low"), (0.6, 0.4)),
            bust=0.0 if masculine else float(rng.uniform(0.3, 0.9)), top=top, legs=legs,
            top_colour=pick(SHIRTS if top == "shirt" else LEOTARDS), legs_colour=legs_colour,
            shoes=shoes if not masculine else (0.10, 0.10, 0.11), warmers=pick(SHIRTS),
        )  # fmt: skip

    def with_skin(self, tone: int) -> "Look":
        """Return the same look with another of the ten tones of the Monk scale."""
        if not 0 <= tone < len(MONK_SKIN_TONES):
            raise BalletError(f"There is no skin tone {tone}. The Monk scale goes from 0 to 9.")
        return replace(self, skin=MONK_SKIN_TONES[tone])
