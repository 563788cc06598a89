"""The movements as other schools and stages show them: on demi-pointe, or with the foot at the knee's side.

The data sets that ship dance each movement one way, so that a learner knows what is meant. A model that is to
recognise real dancers should have seen more than one.
"""

from ballet_lib.studio.choreography import (
    Keys,
    Phrase,
    Style,
    at,
    attitude_croisee,
    first_arabesque,
    left,
    retire_devant,
    right,
)

DEMI_POINTE = 42.0
"""Degrees by which the supporting heel rises."""


def arabesque_on_demi_pointe(style: Style) -> Keys:
    """First arabesque, the supporting heel rising with the leg."""
    return _risen(first_arabesque(style), 2.1, 3.0, 4.0, 4.8)


def attitude_on_demi_pointe(style: Style) -> Keys:
    """Attitude, the supporting heel rising with the leg."""
    return _risen(attitude_croisee(style), 2.1, 3.0, 4.0, 4.8)


def retire_on_demi_pointe(style: Style) -> Keys:
    """Retiré devant in relevé, as at the beginning of a pirouette."""
    return _risen(retire_devant(style), 1.2, 2.2, 3.1, 4.1)


def retire_a_cote(style: Style) -> Keys:
    """Retiré with the foot at the side of the knee, as on the way through a passé."""
    aside = right(side=14, front=3, turnout=80)
    return [*retire_devant(style), at(2.2, aside), at(3.1, aside)]


def _risen(keys: Keys, leaves: float, there: float, stays: float, down: float) -> Keys:
    """Let the supporting heel rise between two counts and sink between two others."""
    flat, high = left(heel=0), left(heel=DEMI_POINTE)
    return [*keys, at(leaves, flat), at(there, high), at(stays, high), at(down, flat)]


VARIATIONS: dict[str, tuple[Phrase, ...]] = {
    "attitude_croisee": (attitude_on_demi_pointe,),
    "first_arabesque": (arabesque_on_demi_pointe,),
    "retire_devant": (retire_on_demi_pointe, retire_a_cote),
}
"""For a label of the vocabulary, further phrases that are danced under it."""
