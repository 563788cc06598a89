"""The web app, `ballet app`: pages for the camera and for a video file, served by Voilà on this machine.

`live_page`, `seated_page` and `film_page` are all that stands in the notebooks of the pages. `FilmAnalysis`,
the widget of the last, works in any notebook.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ballet_lib.app.film_analysis import FilmAnalysis
    from ballet_lib.app.pages import film_page, live_page, seated_page
    from ballet_lib.app.server import serve

__all__ = ["FilmAnalysis", "film_page", "live_page", "seated_page", "serve"]

_HOMES = {"FilmAnalysis": "film_analysis", "serve": "server"}
_HOMES |= dict.fromkeys(("film_page", "live_page", "seated_page"), "pages")


def __getattr__(name: str):
    """Import a part when it is first asked for: the server needs no widget, a widget no server."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
