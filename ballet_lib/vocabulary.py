"""The six movements of the course, and ``other`` for everything between and beside them.

The six are those of the ballet LSTM paper. Keys are ASCII and serve as labels; French terms and
descriptions are for people.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Movement:
    """A movement's names and what a dancer does in it."""

    key: str
    french: str
    description: str


_ALL = (
    Movement(
        "demi_plie", "demi-plié", "both knees bend over the toes, heels stay on the floor, and stretch again"
    ),
    Movement(
        "battement_tendu", "battement tendu", "a straight leg slides out along the floor to a pointed foot"
    ),
    Movement("releve", "relevé", "both heels rise from the floor, knees straight, and lower again"),
    Movement("attitude_croisee", "attitude croisée", "on one leg, the other lifted behind with a bent knee"),
    Movement("first_arabesque", "première arabesque", "on one leg, the other stretched straight behind"),
    Movement(
        "retire_devant", "retiré devant", "on one leg, the other foot drawn up to the front of the knee"
    ),
    Movement("other", "autre", "standing, walking, gestures, preparations: none of the six"),
)

MOVEMENTS: dict[str, Movement] = {movement.key: movement for movement in _ALL}
"""Every label of the course by its key, the six movements first, ``other`` last."""

BALLET_MOVEMENTS: tuple[str, ...] = tuple(key for key in MOVEMENTS if key != "other")
"""Keys of the six movements alone."""


_ARMS = (
    Movement("bras_bas", "bras bas", "both arms low and rounded, the hands before the thighs"),
    Movement("premiere", "première", "both arms rounded before the body, at the height of the ribs"),
    Movement("seconde", "seconde", "both arms open to the sides, a little below the shoulders"),
    Movement("couronne", "couronne", "both arms rounded above the head; fifth, or third, by school"),
)

ARM_POSITIONS: dict[str, Movement] = {position.key: position for position in _ARMS}
"""Positions of the arms, which are danced standing or seated, by key."""


def french(key: str) -> str:
    """Return the French term of a label, or the label itself where the vocabulary does not know it."""
    known = MOVEMENTS.get(key) or ARM_POSITIONS.get(key)
    return known.french if known else key


@dataclass(frozen=True)
class DanceStyle:
    """A dance style's name and what its drawn caricature does."""

    key: str
    name: str
    description: str


_STYLES = (
    DanceStyle("classical", "classical", "gliding: carried arms, slow pliés, a leg that is raised and held"),
    DanceStyle("hip_hop", "hip-hop", "snapping: the knees give on every beat, arms and chest jump to angles"),
    DanceStyle("afrobeat", "afrobeat", "rolling: three bounces in two counts, swinging arms, small steps"),
)

STYLES: dict[str, DanceStyle] = {style.key: style for style in _STYLES}
"""The three styles that the studio draws, as caricatures, by key."""
