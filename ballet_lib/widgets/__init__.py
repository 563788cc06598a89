"""Pictures of a model's answers that can be played with."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ballet_lib.widgets.confusion import ConfusionMatrix

__all__ = ["ConfusionMatrix"]


def __getattr__(name: str):
    """Import a widget when it is first asked for: ipywidgets alone takes longer than all of the rest."""
    if name != "ConfusionMatrix":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ballet_lib.widgets.confusion import ConfusionMatrix

    return ConfusionMatrix
