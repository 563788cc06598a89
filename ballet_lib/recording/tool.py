"""What `Recorder` and `LabelTool` have in common: a frame, a message line, and errors that show."""

import html
from collections.abc import Callable
from functools import partial

import ipywidgets

from ballet_lib.errors import BalletError


class Tool(ipywidgets.VBox):
    """A box with a message line, whose buttons and keys never swallow an error.

    `error` is the last one that came up; `raise_error` raises it.
    """

    def __init__(self):
        super().__init__()
        self.add_class("ballet-tool")
        self.error: BaseException | None = None
        self.message = ipywidgets.HTML()
        self.message.add_class("ballet-message")
        self._tone = ""

    def raise_error(self) -> None:
        """Raise the last error that was shown in the message line, if there was one since the last call."""
        error, self.error = self.error, None
        if error is not None:
            raise error

    def say(self, text: str, tone: str = "") -> None:
        """Show a sentence; `tone` is good, warn, bad, or nothing."""
        self.message.value = html.escape(text)
        if tone != self._tone:
            for name in ("good", "warn", "bad"):
                self.message.remove_class(name)
            if tone:
                self.message.add_class(tone)
            self._tone = tone

    def complain(self, error: BaseException) -> None:
        """Show an error and remember it."""
        self.error = error
        known = isinstance(error, BalletError)
        self.say(str(error) if known else f"Something broke here ({type(error).__name__}: {error}).", "bad")

    def attempt(self, action: Callable[[], object]) -> None:
        """Do something for a button or a key: a user's mistake is shown, a fault of ours also raised."""
        try:
            action()
        except BalletError as error:
            self.complain(error)
        except Exception as error:
            self.complain(error)
            raise

    def button(self, text: str, action: Callable[[], object], tooltip: str, *looks: str) -> ipywidgets.Button:
        """Return a button that does `action`."""
        button = ipywidgets.Button(description=text, tooltip=tooltip)
        for look in looks:
            button.add_class(look)
        button.on_click(lambda _: self.attempt(action))
        return button

    def with_errors(self, actions: dict[str, Callable[[], None]]) -> dict[str, Callable[[], None]]:
        """Return the same actions, each with its errors shown."""
        return {key: partial(self.attempt, action) for key, action in actions.items()}


def row(*children, look: str) -> ipywidgets.HBox:
    """Put widgets side by side."""
    box = ipywidgets.HBox(children)
    box.add_class(look)
    return box


def column(*children, look: str) -> ipywidgets.VBox:
    """Put widgets below each other."""
    box = ipywidgets.VBox(children)
    box.add_class(look)
    return box
