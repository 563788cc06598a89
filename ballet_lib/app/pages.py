"""What the pages of the web app show; each is one call in a notebook that Voilà renders."""

import html
import os

from ballet_lib.errors import BalletError

LIMIT = 200
"""Megabytes that an uploaded file may have, unless the app is started with another limit."""

LIMIT_VARIABLE = "BALLET_APP_MAX_UPLOAD"
"""The environment variable by which the server hands its limit on to the pages."""


def live_page() -> None:
    """Display the live recogniser at the camera, and below it a few words on how to stand."""
    _show_camera(_STANDING)


def seated_page() -> None:
    """Display the recogniser of arm positions, for somebody who sits, and a few words on how."""
    _show_camera(_SEATED, seated=True)


def _show_camera(guidance: str, seated: bool = False) -> None:
    from IPython.display import HTML, display

    from ballet_lib.live import Recogniser
    from ballet_lib.webcam import Webcam

    try:
        display(Webcam(Recogniser(seated=seated)))
    except BalletError as error:  # Voilà would only say that there was one
        display(HTML(f'<div class="ballet-app-error" role="alert">{html.escape(str(error))}</div>'))
    else:
        display(HTML(guidance))


def film_page() -> None:
    """Display the analysis of a video file."""
    from IPython.display import display

    from ballet_lib.app.film_analysis import FilmAnalysis

    display(FilmAnalysis(limit=float(os.environ.get(LIMIT_VARIABLE, LIMIT))))


_STANDING = """
<section class="ballet-app-guidance" aria-label="How to stand before the camera">
  <div><b>The whole of you</b><span>Head to feet in the picture, with a hand's breadth to spare: about three
    metres from the camera, at the height of your hips.</span></div>
  <div><b>Light from the front</b><span>A window behind you makes a silhouette. Clothes that stand out from
    the wall help.</span></div>
  <div><b>One movement at a time</b><span>Two to three seconds each, and a moment of rest between them. After
    five the exercise is complete, and the next begins.</span></div>
</section>
"""

_SEATED = """
<section class="ballet-app-guidance" aria-label="How to sit before the camera">
  <div><b>Head, arms and hands</b><span>All three in the picture, also when you raise them. Hips and legs need
    not be: a chair, a wheelchair or a desk may hide them.</span></div>
  <div><b>Face the camera</b><span>Turned by up to about sixty degrees, positions are told well. It must stand
    upright, not tilted.</span></div>
  <div><b>Bras bas, première, seconde, couronne</b><span>Hold each for a second.
    Hands that hang or rest on the hips count as bras bas. The six movements are not told here: they are in
    the legs.</span></div>
</section>
"""
