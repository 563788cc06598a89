"""What the two pages of the web app show; each is one call in a notebook that Voilà renders."""

import html
import os

from ballet_lib.errors import BalletError

LIMIT = 200
"""Megabytes that an uploaded file may have, unless the app is started with another limit."""

LIMIT_VARIABLE = "BALLET_APP_MAX_UPLOAD"
"""The environment variable by which the server hands its limit on to the pages."""


def live_page() -> None:
    """Display the live recogniser at the camera, and below it a few words on how to stand."""
    from IPython.display import HTML, display

    from ballet_lib.live import Recogniser
    from ballet_lib.webcam import Webcam

    try:
        display(Webcam(Recogniser()))
    except BalletError as error:  # Voilà would only say that there was one
        display(HTML(f'<div class="ballet-app-error" role="alert">{html.escape(str(error))}</div>'))
    else:
        display(HTML(_GUIDANCE))


def film_page() -> None:
    """Display the analysis of a video file."""
    from IPython.display import display

    from ballet_lib.app.film_analysis import FilmAnalysis

    display(FilmAnalysis(limit=float(os.environ.get(LIMIT_VARIABLE, LIMIT))))


_GUIDANCE = """
<section class="ballet-app-guidance" aria-label="How to stand before the camera">
  <div><b>The whole of you</b><span>Head to feet in the picture, with a hand's breadth to spare: about three
    metres from the camera, at the height of your hips.</span></div>
  <div><b>Light from the front</b><span>A window behind you makes a silhouette. Clothes that stand out from
    the wall help.</span></div>
  <div><b>One movement at a time</b><span>Two to three seconds each, and a moment of rest between them. After
    five the exercise is complete, and the next begins.</span></div>
</section>
"""
