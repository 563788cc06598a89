"""Recording takes in a notebook: the picture, the count-in, keep or discard, and how far each class is."""

import html
import os
import threading
import weakref
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import ipywidgets
import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.recording.film import BlankFilm, smaller, to_jpeg
from ballet_lib.recording.recorder import COUNT_IN, IDLE, RECORDING, REVIEW, Moment, TakeRecorder
from ballet_lib.recording.screen import Screen, shortcuts_line
from ballet_lib.recording.skeleton_drawing import draw_skeleton
from ballet_lib.recording.source import Source, VideoSource
from ballet_lib.recording.tool import Tool, column, row
from ballet_lib.takes import TakeSet
from ballet_lib.vocabulary import MOVEMENTS, french

_SHORTCUTS = [
    ("R", "record"), ("K", "keep"), ("A", "again"), ("D", "discard"), ("N", "next movement"), ("S", "stop"),
]  # fmt: skip
_BADGES = {IDLE: ("Live", ""), COUNT_IN: ("Take your place", ""), RECORDING: ("Recording", "rec"),
           REVIEW: ("Review: your landmarks", "review")}  # fmt: skip

_open: "weakref.WeakValueDictionary[Path, Recorder]" = weakref.WeakValueDictionary()


class Recorder(Tool):
    """Record takes of one dancer, movement by movement, into a folder.

    Run the cell again, or tomorrow, and it goes on where it stopped. Only landmarks are stored, unless
    `pixels` is on. `recorder` is the same without widgets.

    Parameters
    ----------
    folder, dancer, movements, options
        As in `TakeRecorder`.
    source
        Where frames come from: a `Source`, or the path of a video.

    Raises
    ------
    BalletError
        As `TakeRecorder`; or if the recorder that this one takes over from still has a take in review.
    """

    def __init__(
        self,
        folder: str | os.PathLike,
        dancer: str,
        source: Source | str | os.PathLike,
        movements: Sequence[str] = tuple(MOVEMENTS),
        **options,
    ):
        super().__init__()
        self.source = VideoSource(source) if isinstance(source, str | os.PathLike) else source
        _take_over(Path(folder).resolve())
        self.recorder = TakeRecorder(folder, dancer, movements, source=self.source.name, **options)
        _open[self.recorder.folder.resolve()] = self
        self._showing = threading.RLock()
        self._running = False
        self._shown: tuple = ()
        self._size = (480, 480)
        self._view = getattr(self.source, "view", None)
        self._build()
        self._show(self.recorder.moment)

    # --- What it does ---------------------------------------------------------------------------------

    def record(self) -> None:
        """Start the source if it stands, and begin the count-in."""
        self._check_open()
        if not self._running:
            self._running = True
            try:
                self.source.start(self._frame, self._ended)
            except BaseException:
                self._running = False
                raise
        self.recorder.start()

    def keep(self) -> None:
        """Store the take in review."""
        self.recorder.keep()

    def discard(self) -> None:
        """Throw the take in review away."""
        self.recorder.discard()

    def next_movement(self) -> None:
        """Go on to the next movement that wants takes."""
        self.recorder.next_movement()

    def stop(self) -> None:
        """Stop the source, and the take if one is being recorded; a take in review stays."""
        self._stop_source()
        self.recorder.stop()

    def close(self) -> None:
        """Stop, let others write into the folder, and remove the recorder from the page."""
        self._stop_source()
        self.recorder.close()
        super().close()

    @property
    def progress(self) -> dict[str, int]:
        """How many takes of this dancer are kept, by movement."""
        return self.recorder.progress

    @property
    def kept(self) -> TakeSet:
        """Every take of the folder."""
        return self.recorder.kept

    def _check_open(self) -> None:
        if self.comm is None:
            raise BalletError("This recorder is closed. Run its cell again; it goes on where it stopped.")

    def _stop_source(self) -> None:
        # Never under the lock: the source waits for its frame under way, which may wait for the lock.
        self.source.stop()
        self._running = False
        self._rest()

    # --- What the source does -------------------------------------------------------------------------

    def _frame(self, rgb: np.ndarray | None, pose: PoseSequence, seconds: float) -> None:
        moment, self._size = self.recorder.feed(pose, seconds, rgb), pose.size
        with self._showing:
            self._show(moment)
            if self._view is None or moment.state == REVIEW:
                self.screen.show(to_jpeg(self._picture(moment, rgb, pose, seconds)))

    def _ended(self, error: BaseException | None) -> None:
        self._running = False
        self.recorder.stop()
        self._rest()
        with self._showing:
            self._show(self.recorder.moment)
            if error is not None:
                self.complain(error)
            elif self.recorder.state == IDLE:
                self.say(f"{self.source.name} is over. Press Record to begin it again.")
        if error is not None and not isinstance(error, BalletError):
            raise error

    def _rest(self) -> None:
        """Show no camera's last picture on: the take in review, or nothing."""
        rgb = BlankFilm(1, self._size, 1.0)[0]
        if (take := self.recorder.take) is not None:
            rgb = draw_skeleton(rgb, self._as_seen(take.poses.landmarks[len(take) // 2]), face=True)
        self.screen.show(to_jpeg(rgb))

    def _picture(self, moment: Moment, rgb: np.ndarray | None, pose: PoseSequence, seconds) -> np.ndarray:
        if moment.state == REVIEW and (take := self.recorder.take) is not None:
            # The take again and again, as it would be stored: as landmarks.
            number = int(seconds * take.poses.fps) % len(take)
            landmarks = self._as_seen(take.poses.landmarks[number])
            return draw_skeleton(BlankFilm(1, pose.size, 1.0)[0], landmarks, face=True)
        if rgb is None:
            return draw_skeleton(BlankFilm(1, pose.size, 1.0)[0], pose.landmarks[0], face=True)
        return draw_skeleton(smaller(rgb), pose.landmarks[0])

    def _as_seen(self, landmarks: np.ndarray) -> np.ndarray:
        """Turn the review as the dancer saw herself: a camera may be shown as a mirror."""
        if not getattr(self._view, "mirror", False):
            return landmarks
        turned = landmarks.copy()
        turned[:, 0] = 1 - turned[:, 0]
        return turned

    # --- How it looks ---------------------------------------------------------------------------------

    def _build(self) -> None:
        recorder = self.recorder
        actions = {"r": self.record, "k": self.keep, "a": self.record, "d": self.discard,
                   "n": self.next_movement, "s": self.stop, "Escape": self.stop}  # fmt: skip
        actions = {key: partial(self._then_show, action) for key, action in actions.items()}
        self.screen = Screen(
            self.with_errors(actions), height=400, label="What is recorded. The keys below work here."
        )
        self._rest()
        where = f"dancer {html.escape(recorder.dancer)}, folder {html.escape(str(recorder.folder))}"
        notice = f'<span class="{"pixels" if recorder.pixels else ""}">{html.escape(recorder.notice)}</span>'
        head = ipywidgets.HTML(
            f'<div class="ballet-head"><b>Record takes</b><span>{where}</span></div>'
            f'<div class="ballet-head">{notice}</div>'
        )
        self.now, self.bars = ipywidgets.HTML(), ipywidgets.HTML()
        self.buttons = {
            "record": self._button("Record", self.record, "Count in and record (R)", "primary"),
            "keep": self._button("Keep", self.keep, "Store this take (K)"),
            "again": self._button("Again", self.record, "Throw it away and record it again (A)"),
            "discard": self._button("Discard", self.discard, "Throw this take away (D)"),
            "next": self._button("Next movement", self.next_movement, "Go on to the next (N)"),
            "stop": self._button("Stop", self.stop, "Stop the recording and the camera (S)", "stop"),
        }
        self.hands_free = ipywidgets.Checkbox(
            recorder.hands_free, description="Hands-free: keep good takes and go on by itself", indent=False,
            layout=ipywidgets.Layout(width="auto", margin="0"),
        )  # fmt: skip
        self.hands_free.observe(lambda change: setattr(recorder, "hands_free", change["new"]), "value")
        picture = self.screen if self._view is None else column(self._view, self.screen, look="ballet-views")
        side = column(self.now, self.bars, self.hands_free, look="ballet-side")
        self.children = [
            head,
            row(picture, side, look="ballet-middle"),
            row(*self.buttons.values(), look="ballet-buttons"),
            self.message,
            ipywidgets.HTML(shortcuts_line(_SHORTCUTS)),
        ]

    def _button(self, text: str, action, tooltip: str, *looks: str) -> ipywidgets.Button:
        return self.button(text, lambda: self._then_show(action), tooltip, *looks)

    def _then_show(self, action) -> None:
        """Do something and show what came of it; an error's words are shown after this, over the others."""
        try:
            action()
        finally:
            with self._showing:
                self._shown = ()
                self._show(self.recorder.moment)

    def _show(self, moment: Moment) -> None:
        """Change what is different from what is shown: each change is a message to the page."""
        screen = self.screen
        screen.big = str(moment.count) if moment.count else ""
        screen.share = round(20 * moment.share) / 20
        off = not self._running and moment.state != REVIEW
        screen.badge, screen.kind = (f"{self.source.name} is off", "") if off else _BADGES[moment.state]
        self._overlay(moment)
        known = (moment.state, moment.movement, moment.message, self._running)
        if known == self._shown:
            return
        self._shown = known
        screen.alt = f"{screen.badge}: {french(moment.movement)}"
        bad = moment.state == REVIEW and self.recorder.problems
        good = moment.state == REVIEW or moment.message.startswith("Kept")
        self.say(moment.message, "warn" if bad else "good" if good else "")
        self.hands_free.value = self.recorder.hands_free
        self.now.value, self.bars.value = self._now(moment), self._bars(moment)
        allowed = {
            "record": moment.state in (IDLE, REVIEW), "keep": moment.state == REVIEW,
            "again": moment.state == REVIEW, "discard": moment.state == REVIEW,
            "next": moment.state != REVIEW, "stop": self._running or moment.state in (COUNT_IN, RECORDING),
        }  # fmt: skip
        for name, button in self.buttons.items():
            button.disabled = not allowed[name]
        self._emphasise("keep" if moment.state == REVIEW and not bad else "record")

    def _overlay(self, moment: Moment) -> None:
        """Where the source shows itself, say the same on its picture; ours is there for the review alone."""
        if self._view is None:
            return
        review = moment.state == REVIEW
        for widget, shown in ((self._view, not review), (self.screen, review)):
            widget.layout.display = None if shown else "none"
        live = self._running and not review
        for name in ("badge", "kind", "big", "share"):
            if self._view.has_trait(name):
                value = getattr(self.screen, name)
                setattr(self._view, name, value if live else type(value)())

    def _emphasise(self, name: str) -> None:
        for other, button in self.buttons.items():
            (button.add_class if other == name else button.remove_class)("primary")

    def _now(self, moment: Moment) -> str:
        known = MOVEMENTS.get(moment.movement)
        said = html.escape(known.description if known else "")
        return f'<div class="ballet-now"><b>{html.escape(french(moment.movement))}</b><i>{said}</i></div>'

    def _bars(self, moment: Moment) -> str:
        wanted, rows = self.recorder.takes, []
        for movement, kept in self.recorder.progress.items():
            here = "here" if movement == moment.movement else ""
            full = "full" if kept >= wanted else ""
            part = f"width: {min(100, 100 * kept / wanted):.0f}%"
            rows.append(
                f'<span class="{here}">{html.escape(french(movement))}</span>'
                f'<div class="track {full}"><div style="{part}"></div></div>'
                f'<span class="count">{kept} of {wanted}</span>'
            )
        return f'<div class="ballet-bars">{"".join(rows)}</div>'


def _take_over(folder: Path) -> None:
    """Close a recorder of this notebook on the same folder, as when its cell is run again."""
    earlier = _open.get(folder)
    if earlier is None or not earlier.recorder.is_open:
        return
    if earlier.recorder.state == REVIEW:
        raise BalletError(
            "The recorder that is open on this folder has a take in review. Keep or discard it first."
        )
    earlier.close()
