"""The live camera in a notebook: the browser's frames to the kernel, skeleton and movements back."""

import math
import os
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import anywidget
import traitlets

from ballet_lib import DATASETS
from ballet_lib.errors import BalletError
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.recording.film import smaller, to_jpeg
from ballet_lib.recording.source import OnEnd, OnFrame, VideoSource
from ballet_lib.vocabulary import french
from ballet_lib.webcam.camera_check import STATES as CHECKED
from ballet_lib.webcam.frames import Answer, FrameHandler, in_words
from ballet_lib.webcam.page import script

if TYPE_CHECKING:
    from ballet_lib.live import Reading, Recogniser

OBSTACLES = CHECKED[CHECKED.index("denied") :]
"""Reasons why there is no camera, as `CameraCheck` finds them."""

STATES = ("off", "loading", "camera", "film", "clip", *OBSTACLES)
"""What `Webcam.state` can be: frames come from the camera, a film of the page, or the recorded clip."""

RECORDED = DATASETS / "r01_routine_1.mp4"
"""The routine that is played where there is no camera."""

FALLBACK = (
    "Webcam: in JupyterLab, the camera's picture stands here, with the skeleton and the movements in it. "
    "Without a camera it plays a recorded routine."
)

_IN_FLIGHT = 3  # pictures of the clip that may be on their way to the page
_PATIENCE = 60.0  # seconds without a sign of the page after which the clip ends
_NEW_RUN = 2.0  # seconds between two runs on the clock: long enough for every window to begin anew


class Webcam(anywidget.AnyWidget):
    """The browser's camera, with the dancer's skeleton; with a `Recogniser`, also what she dances.

    The page sends small JPEGs, each is answered with its landmarks, and the page draws the two together. No
    picture is stored, in the notebook or elsewhere. Where there is no camera, the page says why, and plays a
    recorded routine or a film. It is also a `Source`: `Recorder(folder, dancer, Webcam())`.

    Parameters
    ----------
    recogniser
        A `live.Recogniser`; without one there are only picture and skeleton.
    recorded
        The video to play where there is no camera; a routine of the course by default.
    mirror
        Whether the camera is shown as in a mirror. Left stays the dancer's left.
    technique
        Whether to say what a teacher would correct; nothing is said of the arms of `Recogniser(seated=True)`.

    Attributes
    ----------
    state
        One of `STATES`.
    error
        The last exception of a frame; its words stand on the picture.

    Raises
    ------
    BalletError
        If `recorded` is no video.
    """

    _esm = script("camera_obstacles.js", "skeleton.js", "camera_session.js", "webcam.js")
    _css = Path(__file__).with_suffix(".css")
    state = traitlets.Enum(STATES, "off", help="where frames come from, or why there are none").tag(sync=True)
    owner = traitlets.Unicode("", help="the page whose frames are recognised").tag(sync=True)
    mirror = traitlets.Bool(True, help="whether the camera is shown mirrored").tag(sync=True)
    threshold = traitlets.Float(0.8, help="probability from which a movement counts").tag(sync=True)
    labels = traitlets.List(traitlets.Unicode(), help="of the recogniser").tag(sync=True)
    names = traitlets.List(traitlets.Unicode(), help="of the labels, for people").tag(sync=True)
    length = traitlets.Int(5, help="movements of an exercise").tag(sync=True)
    delay = traitlets.Float(0.0, help="seconds, as the recogniser states it").tag(sync=True)
    exercise = traitlets.Dict(help="number, movements, and whether it is complete").tag(sync=True)
    technique = traitlets.Bool(True, help="whether movements are corrected").tag(sync=True)
    seated = traitlets.Bool(False, help="whether arms alone are looked at").tag(sync=True)
    correction = traitlets.Dict(help="what a teacher would say of the last movement").tag(sync=True)
    badge = traitlets.Unicode("", help="a few words in the corner, in place of where frames come from").tag(
        sync=True
    )
    kind = traitlets.Unicode("", help="how the badge looks: rec, review or plain").tag(sync=True)
    big = traitlets.Unicode("", help="a large text over the picture").tag(sync=True)
    share = traitlets.Float(0.0, help="how full the bar below the picture is").tag(sync=True)

    name = "camera"

    def __init__(
        self,
        recogniser: "Recogniser | None" = None,
        *,
        recorded: str | os.PathLike | None = None,
        mirror: bool = True,
        technique: bool = True,
    ):
        from ballet_lib.video import probe

        seated = recogniser is not None and recogniser.seated
        technique = technique and not seated  # its rules are about legs
        self._busy = threading.RLock()  # over everything below: messages may come while a cell runs
        self._handler = FrameHandler(recogniser, technique=technique)
        self._recorded = Path(recorded or RECORDED)
        self._deliver: OnFrame | None = None
        self._ended: OnEnd | None = None
        self._wanted = False
        self._page = ""  # the page that was last heard of
        self._clip: VideoSource | None = None
        self._sent, self._drawn, self._drawn_at = 0, 0, 0.0  # pictures of the clip, and when one was drawn
        self._latest: float | None = None
        self._shift: float | None = None
        self.error: BaseException | None = None
        if recorded is not None:
            probe(recorded)
        labels = [] if recogniser is None else list(recogniser.labels)
        super().__init__(
            mirror=mirror,
            technique=technique,
            seated=seated,
            labels=labels,
            names=[french(label) for label in labels],
            exercise=_exercise(recogniser),
            **({} if recogniser is None else _settings(recogniser)),
        )
        self.observe(self._threshold_chosen, "threshold")
        self.on_msg(self._receive)

    def __repr__(self) -> str:
        """Say in words what stands here, for places where no widget can be drawn."""
        danced = [french(event.movement) for event in self.recogniser.events] if self.recogniser else []
        return FALLBACK + (f" Recognised so far: {', '.join(danced)}." if danced else "")

    @property
    def recogniser(self) -> "Recogniser | None":
        """What recognises the movements."""
        return self._handler.recogniser

    @property
    def reading(self) -> "Reading | None":
        """What the recogniser said of the last frame; None before the first."""
        return self._handler.reading

    @property
    def view(self) -> "Webcam":
        """What shows the frames, for a `Recorder`: this widget itself."""
        return self

    # --- As a source ----------------------------------------------------------------------------------

    def start(self, frame: OnFrame | None = None, ended: OnEnd | None = None) -> None:
        """Ask the page for the camera, unless frames come already, and hand every frame to `frame`.

        Returns at once. If no page shows this widget yet, the first one to do so is asked; a browser may ask
        its user. `ended` is called when the page stops the camera, or has none.

        Raises
        ------
        BalletError
            If this widget is closed.
        """
        if self.comm is None:
            raise BalletError("This camera is closed. Run its cell again.")
        with self._busy:
            self._deliver, self._ended = frame, ended
            self._wanted = not self.owner
            page = self._page
        if self._wanted and page:
            self.send({"kind": "start", "client": page})

    def stop(self) -> None:
        """Release the camera; no frame is handed over once this returns."""
        with self._busy:
            page, self._deliver, self._ended, self._wanted = self.owner, None, None, False
            clip = self._release("off")
        if clip is not None:
            clip.stop()
        for client in {page, self._page} - {""}:
            self.send({"kind": "stop", "client": client})

    def close(self) -> None:
        """Release the camera and the pose model, and remove the widget from the page."""
        self.stop()
        with self._busy:
            self._handler.close()
        super().close()

    def _release(self, state: str) -> VideoSource | None:
        """Take no more frames; return the clip that played, to be stopped without the lock."""
        clip, self._clip = self._clip, None
        self.owner, self.state = "", state
        return clip

    # --- What pages say -------------------------------------------------------------------------------

    def _receive(self, _, message: dict, buffers: list) -> None:
        actions: dict[str, Callable] = {
            "hello": self._hello, "begin": self._begin, "frame": self._frame, "end": self._end,
            "obstacle": self._obstacle, "clip": self._play, "drawn": self._was_drawn, "anew": self._anew,
        }  # fmt: skip
        client = message.get("client") if isinstance(message, dict) else None
        if not isinstance(client, str) or (action := actions.get(str(message.get("kind")))) is None:
            return
        try:
            action(client, message, buffers)
        except Exception as error:  # what a callback raises reaches no cell
            self.error = error
            self.send({"kind": "error", "client": client, "words": in_words(error)})

    def _hello(self, client: str, _: dict, __: list) -> None:
        with self._busy:
            self._page, wanted = client, self._wanted
        if wanted:
            self.send({"kind": "start", "client": client})

    def _begin(self, client: str, message: dict, _: list) -> None:
        state = "film" if message.get("from") == "film" else "camera"
        self._take_over(client, state)

    def _take_over(self, client: str, state: str, clip: VideoSource | None = None) -> None:
        """Let this page be the one whose frames count, and tell the one before."""
        with self._busy:
            before = self.owner
            playing = self._release(state)
            self.owner, self._page, self._clip = client, client, clip
            self._wanted, self._shift = False, None
        if playing is not None:
            playing.stop()
        if before not in ("", client):
            self.send({"kind": "gone", "client": before})

    def _frame(self, client: str, message: dict, buffers: list) -> None:
        reply = {"kind": "answer", "client": client, "number": message.get("number")}
        with self._busy:
            if client != self.owner or self._clip is not None:
                self.send(reply | {"refused": True})
                return
            answer = self._answer(buffers, message.get("seconds"))
        self.send(reply | answer.facts, [answer.points])

    def _answer(self, buffers: list, seconds) -> Answer:
        if not buffers:
            return Answer({"empty": True})  # the page knows what to say
        if not isinstance(seconds, int | float) or not math.isfinite(seconds):
            return Answer({"error": "A frame came without its time. Start the camera again."})
        state = self.state
        if not self._handler.is_loaded:
            self.state = "loading"
            self.send({"kind": "loading", "client": self.owner})
        answer = self._handler.answer(bytes(buffers[0]), self._clock(seconds), self._deliver)
        self.state = state
        self._follow()
        return answer

    def _clock(self, seconds: float) -> float:
        """Return a page's time on one clock that never goes back, whichever page or film it comes from."""
        if self._shift is None:
            self._shift = 0.0 if self._latest is None else self._latest + _NEW_RUN - seconds
        self._latest = seconds + self._shift
        return self._latest

    def _follow(self) -> None:
        """Tell the pages what changes seldom: the exercise, and what a teacher would say."""
        self.error = self._handler.error or self.error
        self.exercise, self.correction = _exercise(self.recogniser), self._handler.correction

    def _end(self, client: str, message: dict, _: list) -> None:
        self._finish(client, "off", None)

    def _obstacle(self, client: str, message: dict, _: list) -> None:
        state = message.get("state")
        words = str(message.get("words", ""))[:500] or "There is no camera. Play the recorded routine."
        self._finish(client, state if state in OBSTACLES else "host cannot", BalletError(words))

    def _finish(self, client: str, state: str, error: BaseException | None) -> None:
        """Note that a page has no more frames, and tell whom they were handed to."""
        with self._busy:
            if self.owner not in ("", client):
                return
            clip = self._release(state)
            ended, self._deliver, self._ended, self._wanted = self._ended, None, None, False
        if clip is not None:
            clip.stop()
        if ended is not None:
            ended(error)

    def _anew(self, _: str, __: dict, ___: list) -> None:
        with self._busy:
            self._handler.reset()
            self._follow()

    def _threshold_chosen(self, change: dict) -> None:
        if self.recogniser is not None:
            with self._busy:
                self.recogniser.threshold = change["new"]

    @traitlets.validate("threshold")
    def _a_probability(self, proposal: dict) -> float:
        if not 0 < proposal["value"] <= 1:
            raise BalletError(
                f"A threshold of {proposal['value']!r} cannot be. Give a probability such as 0.8."
            )
        return proposal["value"]

    # --- The recorded clip ----------------------------------------------------------------------------

    def _play(self, client: str, _: dict, __: list) -> None:
        """Play the clip from here: that works also where a page can send no pictures."""
        try:
            clip = VideoSource(self._recorded)
        except BalletError as error:
            self.error = error
            self.send({"kind": "over", "client": client, "words": str(error)})
            return
        self._take_over(client, "clip", clip)
        with self._busy:
            self._sent, self._drawn, self._drawn_at = 0, 0, time.monotonic()
        self.send({"kind": "loading", "client": client})
        clip.start(partial(self._clip_frame, clip, client), partial(self._clip_ended, clip, client))

    def _clip_frame(self, clip: VideoSource, client: str, rgb, pose: PoseSequence, seconds: float) -> None:
        with self._busy:
            if self._clip is not clip:
                return
            answer = self._handler.look(rgb, pose, self._clock(seconds), self._deliver)
            self._follow()
            number = self._sent + 1
            room, silence = number - self._drawn <= _IN_FLIGHT, time.monotonic() - self._drawn_at
            self._sent += room
        if room:
            self.send({"kind": "picture", "client": client, "number": number, **answer.facts},
                       [answer.points, to_jpeg(smaller(rgb), 75)])  # fmt: skip
        elif silence > _PATIENCE:
            self._finish(client, "off", None)

    def _was_drawn(self, client: str, message: dict, _: list) -> None:
        number = message.get("number")
        with self._busy:
            if client == self.owner and isinstance(number, int):
                self._drawn, self._drawn_at = max(self._drawn, min(number, self._sent)), time.monotonic()

    def _clip_ended(self, clip: VideoSource, client: str, error: BaseException | None) -> None:
        with self._busy:
            if self._clip is not clip:
                return
        self._finish(client, "off", error)
        self.error = error or self.error
        self.send({"kind": "over", "client": client, "words": "" if error is None else in_words(error)})


def _settings(recogniser: "Recogniser") -> dict:
    return {"threshold": recogniser.threshold, "length": recogniser.length, "delay": float(recogniser.delay)}


def _exercise(recogniser: "Recogniser | None") -> dict:
    """Return the exercise that is danced, as the page shows it."""
    exercises = [] if recogniser is None else recogniser.exercises
    movements = list(exercises[-1]) if exercises else []
    complete = recogniser is not None and len(movements) == recogniser.length
    return {"number": max(1, len(exercises)), "movements": movements, "complete": complete}
