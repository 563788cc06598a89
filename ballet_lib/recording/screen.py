"""The picture of a tool with the keyboard around it, and the strip of time below it, as they are in the page.

Neither knows what it is used for: `Recorder` and `LabelTool` say what to show and what a key does.
"""

import threading
from collections.abc import Callable
from pathlib import Path

import anywidget
import traitlets

IN_FLIGHT = 3
"""Pictures that may be on their way to the page; more would queue up, and the view would lag behind."""

_HERE = Path(__file__).parent


class Screen(anywidget.AnyWidget):
    """A picture that can be replaced many times a second, with a badge, a large text, a bar, and keys.

    Pictures travel as messages: unlike a widget's state they are not saved with the notebook.

    Parameters
    ----------
    keys
        What each key does: functions by the key's name as the browser has it, such as ``i``, ``ArrowLeft``,
        ``Shift+ArrowLeft`` or ``Ctrl+z``.
    """

    _esm = _HERE / "screen.js"
    _css = _HERE / "tool.css"
    taken = traitlets.List(traitlets.Unicode(), help="keys that are taken").tag(sync=True)
    label = traitlets.Unicode("Picture. Press it to use the keys.", help="name of the place").tag(sync=True)
    alt = traitlets.Unicode("", help="what the picture shows, in words").tag(sync=True)
    badge = traitlets.Unicode("", help="a few words in the corner").tag(sync=True)
    kind = traitlets.Unicode("", help="how the badge looks: rec, review or plain").tag(sync=True)
    big = traitlets.Unicode("", help="a large text over the picture").tag(sync=True)
    share = traitlets.Float(0.0, help="how full the bar below is").tag(sync=True)
    height = traitlets.Int(400, help="of the picture, in pixels of the page").tag(sync=True)
    still = traitlets.Bytes(b"", help="a JPEG that is saved with the notebook").tag(sync=True)

    def __init__(self, keys: dict[str, Callable[[], None]], **traits):
        super().__init__(taken=list(keys), **traits)
        self.add_class("ballet-picture")
        self._actions = dict(keys)
        self._sending = threading.Lock()
        self._sent = self._drawn = 0
        self._waiting: bytes | None = None
        self._last: bytes | None = None
        self.on_msg(self._receive)

    def show(self, jpeg: bytes) -> None:
        """Show a picture; while the page is behind, only the newest is kept for it."""
        with self._sending:
            self._last = jpeg
            if self._sent - self._drawn >= IN_FLIGHT:
                self._waiting = jpeg
                return
            self._sent, self._waiting = self._sent + 1, None
            number = self._sent
        self.send({"picture": number}, [jpeg])

    def press(self, key: str) -> None:
        """Do what a key does; an unknown one does nothing."""
        if key in self._actions:
            self._actions[key]()

    def _receive(self, _, message: dict, __) -> None:
        if "key" in message:
            self.press(message["key"])
            return
        with self._sending:
            if "drawn" in message:
                self._drawn = max(self._drawn, min(int(message["drawn"]), self._sent))
            elif "ready" in message:  # a new view, which knows nothing of pictures sent before
                self._drawn, self._waiting = self._sent, self._last
            waiting = self._waiting
        if waiting is not None:
            self.show(waiting)


class Timeline(anywidget.AnyWidget):
    """The time of a film as a strip with its marks; dragging its line changes `frame`."""

    _esm = _HERE / "timeline.js"
    frames = traitlets.Int(1, help="length of the film").tag(sync=True)
    fps = traitlets.Float(20.0, help="frames per second").tag(sync=True)
    frame = traitlets.Int(0, help="the frame that is shown").tag(sync=True)
    start = traitlets.Int(-1, help="where a mark was begun; -1 for none").tag(sync=True)
    marks = traitlets.List(help="start, end, name, colour of each mark").tag(sync=True)

    @traitlets.validate("frame")
    def _within(self, proposal: dict) -> int:
        return max(0, min(self.frames - 1, proposal["value"]))


def shortcuts_line(pairs: list[tuple[str, str]]) -> str:
    """Return the HTML of a line that names keys and what they do; several keys stand apart by spaces."""
    said = (
        f"<span>{''.join(f'<kbd>{key}</kbd>' for key in keys.split())} {what}</span>" for keys, what in pairs
    )
    return f'<div class="ballet-keys">{"".join(said)}</div>'
