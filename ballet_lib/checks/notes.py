"""What the learner reads: short notes that show well in a notebook and read well as plain text."""

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ballet_lib.checks.base import Task

# The mark says it without the colour; each colour has a contrast of at least 3 on white and on black.
_LOOKS = {
    "right": ("✓", "Right", "#1b8a5a"),
    "wrong": ("✗", "Not yet", "#d55e00"),
    "error": ("!", "Error in your code", "#c2418c"),
    "not attempted": ("·", "Not attempted yet", "#7a7a7a"),
}
_HINT = ("?", "", "#0072b2")


@dataclass(frozen=True)
class Note:
    """A mark, a heading and a text, with a piece of code below if there is one."""

    mark: str
    head: str
    text: str
    colour: str
    code: str = ""

    def __repr__(self) -> str:
        first = " ".join(part for part in (self.mark, self.head, self.text) if part)
        first = first.replace(" \n", "\n")
        return "\n".join([first, *("    " + line for line in self.code.splitlines())])

    def _repr_html_(self) -> str:
        code = f"<pre style='margin:.4em 0 0'>{html.escape(self.code)}</pre>" if self.code else ""
        return (
            f"<div role='status' style='border-left:4px solid {self.colour};padding:.35em .8em;margin:.2em 0;"
            f"max-width:52em'><b style='color:{self.colour}'>{self.mark} {html.escape(self.head)}</b> "
            f"{in_html(self.text)}{code}</div>"
        )


@dataclass(frozen=True, repr=False)
class Feedback:
    """The verdict on an answer: `status`, and in `message` what is wrong with it."""

    task: "Task"
    status: str
    message: str

    @property
    def note(self) -> Note:
        """The same as the learner reads it."""
        mark, word, colour = _LOOKS[self.status]
        return Note(mark, f"{self.task.key} {word}" + (":" if self.message else ""), self.message, colour)

    def __repr__(self) -> str:
        return repr(self.note)

    def _repr_html_(self) -> str:
        return self.note._repr_html_()


def hint_note(head: str, text: str, code: str = "") -> Note:
    """Return a note that helps and judges nothing."""
    mark, _, colour = _HINT
    return Note(mark, head, text, colour, code)


def trouble(text: str) -> Note:
    """Return a note on something that was asked for and is not there."""
    mark, _, colour = _LOOKS["wrong"]
    return Note(mark, "", text, colour)


def in_html(text: str) -> str:
    """Return plain text with `code` in backticks as safe HTML."""
    marked = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))
    return marked.replace("\n", "<br>")
