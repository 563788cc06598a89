"""A button that tells whether this browser gives the course a camera, and what to do when it does not."""

import anywidget
import traitlets

from ballet_lib.webcam.page import script

STATES = (
    "not checked",
    "asking",
    "works",
    "denied",
    "no camera",
    "in use",
    "not secure",
    "blocked",
    "host cannot",
)
"""What `CameraCheck.state` can be; every one after "works" is a reason why there is no camera."""

FALLBACK = (
    "Camera check: in JupyterLab, a button stands here. "
    "Without a camera nothing is lost: every lesson then uses a recorded clip."
)


class CameraCheck(anywidget.AnyWidget):
    """A button that opens the camera for three seconds, shows its picture, and says in words how it went.

    The picture stays in the page: no frame reaches the kernel or the disk. `state` is one of `STATES` and
    follows what the page found; where widgets do not render, the text of `FALLBACK` stands in its place.
    """

    _esm = script("camera_obstacles.js", "camera_check.js")
    state = traitlets.Enum(STATES, "not checked", help="what the last check found").tag(sync=True)
    seconds = traitlets.Float(3.0, min=0, help="how long the preview is shown").tag(sync=True)

    def __repr__(self) -> str:
        return FALLBACK
