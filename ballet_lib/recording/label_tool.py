"""Labelling a video in a notebook: scrub, mark, name, export; all of it by keyboard too."""

import html
import os
import threading
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial

import ipywidgets

from ballet_lib.errors import BalletError
from ballet_lib.plots.style import PALETTE
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.recording.film import to_jpeg
from ballet_lib.recording.label_session import LabelSession
from ballet_lib.recording.marks import Mark
from ballet_lib.recording.screen import Screen, Timeline, shortcuts_line
from ballet_lib.recording.tool import Tool, column, row
from ballet_lib.takes import TakeSet, in_order
from ballet_lib.vocabulary import MOVEMENTS, french

COLOURS = (*PALETTE[:5], "#3aa0dd")  # the palette's last, nearly black, is lost on a dark page
OTHER_COLOUR = "#8a8a8a"

_SHORTCUTS = [
    ("Space", "play"), ("← →", "one frame"), ("⇧← ⇧→", "ten"), ("I O", "mark start, end"),
    ("⇧I ⇧O", "move start, end here"), ("1–{n}", "movement"), ("U", "undo"), ("⇧U", "redo"),
    ("Del", "delete mark"),
]  # fmt: skip


class LabelTool(Tool):
    """Mark in a video who dances what when, and export the marks as takes.

    The mark under the line is the one that number keys rename, Delete removes, and ⇧I and ⇧O move. Every
    change is on disk before the next; `session` is the same without widgets.

    Parameters
    ----------
    video, poses, marks, movements, progress
        As in `LabelSession`.
    folder, dancer
        What stands in the fields of the export at first.

    Raises
    ------
    BalletError
        As `LabelSession`.
    """

    def __init__(
        self,
        video: str | os.PathLike | PoseSequence,
        poses: PoseSequence | None = None,
        marks: str | os.PathLike | None = None,
        movements: Sequence[str] = tuple(MOVEMENTS),
        *,
        folder: str | os.PathLike = "my_takes",
        dancer: str = "me",
        progress: bool = True,
    ):
        super().__init__()
        self.session = LabelSession(video, poses, marks, movements, progress)
        self._busy = threading.RLock()
        self._player: threading.Thread | None = None
        self._playing = threading.Event()
        self._build(str(folder), dancer)
        self.session.marks.changed = self._show_marks
        self._show_marks()
        self._show_frame()
        self.screen.still = to_jpeg(self.session.picture(self.frame))
        self.say("Go to where a movement begins and press I, then to its end and press O.")

    # --- What it does ---------------------------------------------------------------------------------

    @property
    def frame(self) -> int:
        """The frame that is shown; set it to go there."""
        return self.timeline.frame

    @frame.setter
    def frame(self, frame: int) -> None:
        self.timeline.frame = int(frame)

    @property
    def mark(self) -> Mark | None:
        """The mark under the line."""
        return self.session.marks.at(self.frame)

    def step(self, frames: int) -> None:
        """Go some frames on or back."""
        self.pause()
        self.frame += frames

    def play(self) -> None:
        """Play from here, or from the beginning if this is the end; pause if it plays."""
        if self._playing.is_set():
            self.pause()
            return
        self._playing.set()
        self.play_button.description = "Pause"
        if self.frame >= len(self.session) - 1:
            self.frame = 0
        self._player = threading.Thread(target=self._play, args=(self.frame,), name="film", daemon=True)
        self._player.start()

    def pause(self) -> None:
        """Stop playing; does nothing if it stands."""
        self._playing.clear()
        self.play_button.description = "Play"
        if self._player is not None and self._player is not threading.current_thread():
            self._player.join(timeout=2)

    def mark_start(self) -> None:
        """Begin a mark at this frame."""
        if there := self.mark:
            raise BalletError(
                f"This frame is in the mark {french(there.movement)} already. "
                "Go beyond its end, or move its start with ⇧I."
            )
        self.timeline.start = self.frame
        self.say(f"Start at {self._time(self.frame)}. Go to the last frame of the movement and press O.")

    def mark_end(self) -> None:
        """End the mark that was begun, with this frame in it."""
        if self.timeline.start < 0:
            raise BalletError("No mark was begun. Go to where the movement begins and press I first.")
        first, last = sorted((self.timeline.start, self.frame))
        mark = self.session.add(first, last + 1, self.movement.value)
        self.timeline.start = -1
        self.say(
            f"Marked {french(mark.movement)}, {len(mark) / self.session.fps:.1f} s. "
            "A number key names it otherwise; U takes it back.", "good"
        )  # fmt: skip

    def move_start(self) -> None:
        """Let the mark under the line, or the next one, begin here."""
        later = [mark for mark in self.session.marks if mark.end > self.frame]
        if not later:
            raise BalletError("There is no mark here or further on. Mark one with I and O.")
        mark = self.session.move(later[0].number, start=self.frame)
        self.say(f"{french(mark.movement)} begins at {self._time(mark.start)}.", "good")

    def move_end(self) -> None:
        """Let the mark under the line, or the last one before it, end here."""
        earlier = [mark for mark in self.session.marks if mark.start <= self.frame]
        if not earlier:
            raise BalletError("There is no mark here or before. Mark one with I and O.")
        mark = self.session.move(earlier[-1].number, end=self.frame + 1)
        self.say(f"{french(mark.movement)} ends at {self._time(mark.end)}.", "good")

    def name(self, movement: str) -> None:
        """Choose a movement, for the mark under the line and for the next."""
        self.movement.value = movement
        if self.mark:
            self.session.relabel(self.mark.number, movement)
            self.say(f"This mark shows {french(movement)}.", "good")
        else:
            self.say(f"The next mark shows {french(movement)}.")

    def delete(self) -> None:
        """Remove the mark under the line, or the start of one that was begun."""
        if self.timeline.start >= 0:
            self.timeline.start = -1
            self.say("The start is forgotten.")
        elif self.mark:
            gone = self.mark
            self.session.delete(gone.number)
            self.say(f"Deleted {french(gone.movement)}. U brings it back.")
        else:
            raise BalletError("There is no mark under the line. Go into the mark that you want to delete.")

    def undo(self) -> None:
        """Take back the last change."""
        self.say(
            "Taken back. ⇧U makes it again." if self.session.undo() else "There is nothing to take back."
        )

    def redo(self) -> None:
        """Make the change again that was taken back."""
        self.say("Made again." if self.session.redo() else "There is nothing to make again.")

    def export(self) -> TakeSet:
        """Write the marks as takes into the folder that the field names, and return them."""
        takes = self.session.export(self.folder.value.strip() or "my_takes", self.dancer.value.strip())
        some = "1 take" if len(takes) == 1 else f"{len(takes)} takes"
        self.say(f"Exported: {some} of {self.dancer.value} in the folder {self.folder.value}.", "good")
        return takes

    def close(self) -> None:
        """Stop playing and remove the tool from the page."""
        self.pause()
        super().close()

    # --- How it looks ---------------------------------------------------------------------------------

    def _build(self, folder: str, dancer: str) -> None:
        session = self.session
        self.screen = Screen(
            self.with_errors(self._actions()), height=400, label="The film. The keys below work here."
        )
        self.timeline = Timeline(frames=len(session), fps=session.fps)
        self.timeline.observe(lambda _: self.attempt(self._show_frame), "frame")
        self.time, self.counts = ipywidgets.HTML(), ipywidgets.HTML()
        self.play_button = self.button("Play", self.play, "Space", "primary")
        head = ipywidgets.HTML(
            f'<div class="ballet-head"><b>{html.escape(session.name)}</b>'
            f"<span>{len(session) / session.fps:.1f} s, {session.fps:.4g} frames a second, "
            f"dancer found in {session.poses.found.mean():.0%}</span></div>"
        )
        keys = [(keys.format(n=min(9, len(session.movements))), what) for keys, what in _SHORTCUTS]
        self.children = [
            head,
            row(self.screen, self._side(folder, dancer), look="ballet-middle"),
            column(self.timeline, self.counts, look="ballet-strip"),
            self.message,
            ipywidgets.HTML(shortcuts_line(keys)),
        ]

    def _side(self, folder: str, dancer: str) -> ipywidgets.VBox:
        """Make what stands beside the picture: play, mark, name, export."""
        named = [(f"{n}   {french(m)}", m) for n, m in enumerate(self.session.movements, start=1)]
        wide, left = ipywidgets.Layout(width="auto", margin="0"), {"description_width": "70px"}
        self.movement = ipywidgets.Dropdown(options=named, description="movement", layout=wide, style=left)
        self.folder = ipywidgets.Text(folder, description="folder", layout=wide, style=left)
        self.dancer = ipywidgets.Text(dancer, description="dancer", layout=wide, style=left)
        marking = (
            self.button("Start", self.mark_start, "Begin a mark at this frame (I)"),
            self.button("End", self.mark_end, "End it with this frame (O)"),
            self.button("Delete", self.delete, "Delete the mark under the line (Delete)"),
        )
        changing = (
            self.button("Undo", self.undo, "Take back the last change (U)"),
            self.button("Redo", self.redo, "Make it again (Shift+U)"),
            self.button("Rename", self._rename, "Give the mark under the line this movement (1, 2, …)"),
        )
        return column(
            row(self.play_button, self.time, look="ballet-buttons"),
            column(_heading("Mark a movement"), self.movement, look="ballet-fields"),
            row(*marking, look="ballet-thirds"),
            row(*changing, look="ballet-thirds"),
            column(_heading("Export the marks as takes"), self.folder, self.dancer, look="ballet-fields"),
            row(self.button("Export takes", self.export, "Write the takes"), look="ballet-buttons"),
            look="ballet-side",
        )

    def _rename(self) -> None:
        self.name(self.movement.value)

    def _actions(self) -> dict:
        actions = {
            " ": self.play,
            "ArrowLeft": lambda: self.step(-1), "ArrowRight": lambda: self.step(1),
            "Shift+ArrowLeft": lambda: self.step(-10), "Shift+ArrowRight": lambda: self.step(10),
            "Home": lambda: self.step(-len(self.session)), "End": lambda: self.step(len(self.session)),
            "i": self.mark_start, "[": self.mark_start, "o": self.mark_end, "]": self.mark_end,
            "Shift+i": self.move_start, "Shift+o": self.move_end,
            "u": self.undo, "Ctrl+z": self.undo, "Shift+u": self.redo, "Ctrl+Shift+z": self.redo,
            "Ctrl+y": self.redo, "Delete": self.delete, "Backspace": self.delete,
        }  # fmt: skip
        for number, movement in enumerate(self.session.movements[:9], start=1):
            actions[str(number)] = partial(self.name, movement)
        return actions

    def _show_marks(self) -> None:
        colours = {m: (*COLOURS, OTHER_COLOUR)[n % 7] for n, m in enumerate(self.session.movements)}
        if "other" in colours:
            colours["other"] = OTHER_COLOUR
        keys = {movement: str(n) for n, movement in enumerate(self.session.movements[:9], start=1)}
        marks = list(self.session.marks)
        self.timeline.marks = [
            {"start": m.start, "end": m.end, "name": french(m.movement), "key": keys.get(m.movement, ""),
             "colour": colours.get(m.movement, OTHER_COLOUR)}
            for m in marks
        ]  # fmt: skip
        counts = Counter(mark.movement for mark in marks)
        said = [
            f'<span style="--mark: {colours.get(m, OTHER_COLOUR)}">'
            f"{keys.get(m, '')} {html.escape(french(m))}: {counts[m]}</span>"
            for m in in_order(counts)
        ]
        state = "saved" if self.session.saved else "not saved"
        summary = f"{len(marks)} mark{'s' * (len(marks) != 1)}, {state}"
        self.counts.value = f'<div class="ballet-counts"><b>{summary}</b>{"".join(said)}</div>'

    def _show_frame(self) -> None:
        with self._busy:
            frame = self.frame
            self.screen.show(to_jpeg(self.session.picture(frame)))
            self.time.value = (
                f'<div class="ballet-time">{frame / self.session.fps:.2f} s '
                f"<span>frame {frame} of {len(self.session)}</span></div>"
            )
            there = self.mark
            self.screen.alt = f"Frame {frame} of {self.session.name}" + (
                f", marked {french(there.movement)}" if there else ""
            )

    def _play(self, first: int) -> None:
        begun, shown, last = time.monotonic(), first, len(self.session) - 1
        while self._playing.is_set() and self.frame < last:
            if self.frame != shown:  # somebody dragged the line: on from there
                begun, first = time.monotonic(), self.frame
            shown = self.frame = min(last, first + int((time.monotonic() - begun) * self.session.fps))
            time.sleep(0.5 / self.session.fps)
        self._playing.clear()
        self.play_button.description = "Play"

    def _time(self, frame: int) -> str:
        return f"{frame / self.session.fps:.2f} s"

    def _repr_mimebundle_(self, **options):
        """Show the first frame as a picture wherever widgets do not live."""
        import base64

        shown = super()._repr_mimebundle_(**options)
        data, metadata = shown if isinstance(shown, tuple) else (shown, {})
        marks = ", ".join(f"{french(s.label)} {s.start:.1f} to {s.end:.1f} s" for s in self.session.timeline)
        data["text/plain"] = f"LabelTool on {self.session.name}, marks: {marks or 'none yet'}"
        data["image/jpeg"] = base64.b64encode(self.screen.still).decode()
        return data, metadata


def _heading(text: str) -> ipywidgets.HTML:
    return ipywidgets.HTML(f'<span class="ballet-quiet">{text}</span>')
