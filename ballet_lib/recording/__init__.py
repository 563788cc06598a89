"""Making takes of your own: `Recorder` at the camera or a video, `LabelTool` for a video that exists.

Both store landmarks, and no pictures unless asked to. `TakeRecorder` and `LabelSession` are the same without
widgets, for scripts and tests.
"""

from typing import TYPE_CHECKING

from ballet_lib.recording.label_session import LabelSession, Mark
from ballet_lib.recording.recorder import Moment, TakeRecorder

if TYPE_CHECKING:
    from ballet_lib.recording.label_tool import LabelTool
    from ballet_lib.recording.recorder_widget import Recorder
    from ballet_lib.recording.source import Source, VideoSource

__all__ = ["LabelSession", "LabelTool", "Mark", "Moment", "Recorder", "Source", "TakeRecorder", "VideoSource"]

_HOMES = {
    "LabelTool": "label_tool",
    "Recorder": "recorder_widget",
    "Source": "source",
    "VideoSource": "source",
}


def __getattr__(name: str):
    """Import a widget when it is first asked for: ipywidgets alone takes longer than all of the rest."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
