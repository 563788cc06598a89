"""A video file in, its movements and its style out: upload, progress, results and downloads in one widget."""

import json
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import anywidget
import numpy as np
import traitlets

from ballet_lib.app.film_job import DRAWING, LOOKING, SENDING, FilmJob, Results, Stopped
from ballet_lib.app.pages import LIMIT
from ballet_lib.errors import BalletError
from ballet_lib.styles.naming import SHORTEST, STEP
from ballet_lib.vocabulary import french

if TYPE_CHECKING:
    import pandas as pd

    from ballet_lib.recognition import Recognition
    from ballet_lib.styles.naming import Naming
    from ballet_lib.technique import Finding

READY, DONE, FAILED = "ready", "done", "failed"
STAGES = (READY, SENDING, LOOKING, DRAWING, DONE, FAILED)
"""What the widget can be at; it takes a file in the first and in the last two."""

PIECE = 512 * 1024
"""Bytes that travel at a time; a server takes no message of unlimited length."""

SILENCE = 60.0
"""Seconds without a piece after which the page is taken for gone, and what came of the file is deleted."""

_HERE = Path(__file__).parent
_SCRIPTS = ("style_band.js", "film_analysis.js")  # a widget's script is one module; the last part exports


class FilmAnalysis(anywidget.AnyWidget):
    """Recognise movements and style of a video (or pose file) that is chosen in the page or dropped on it.

    The file is kept in a temporary folder only while it is analysed. Results are in memory until the next
    file; `results` has them.

    Parameters
    ----------
    limit
        Megabytes that a file may have.
    options
        For `recognition.recognise`: classifier, threshold, exercise, technique.

    Attributes
    ----------
    stage
        One of `STAGES`.
    results
        A `film_job.Results`, or None.
    """

    _esm = "\n".join((_HERE / part).read_text(encoding="utf-8") for part in _SCRIPTS)
    _css = _HERE / "film_analysis.css"
    limit = traitlets.Float(LIMIT, help="megabytes").tag(sync=True)
    piece = traitlets.Int(PIECE, help="bytes that travel at a time").tag(sync=True)
    stage = traitlets.Enum(STAGES, READY, help="what is going on").tag(sync=True)
    words = traitlets.Unicode("", help="the same in words, and what went wrong").tag(sync=True)
    share = traitlets.Float(0.0, help="of the stage's work that is done").tag(sync=True)
    left = traitlets.Unicode("", help="how long it will take, in words").tag(sync=True)
    found = traitlets.Dict(help="the results but for the film and the figure").tag(sync=True)

    def __init__(self, *, limit: float = LIMIT, **options):
        super().__init__(limit=float(limit))
        self.results: Results | None = None
        self._options = options
        self._busy = threading.RLock()
        self._job: FilmJob | None = None
        self._number = 0
        self._heard = self._begun = self._told = 0.0
        self.on_msg(self._receive)

    def __repr__(self) -> str:
        """Say what stands here where no widget can be drawn."""
        return "Here a video file can be chosen and analysed, in JupyterLab or the web app ('ballet app')."

    def stop(self) -> None:
        """Give up the file that is being received or analysed, and delete it."""
        with self._busy:
            if self._job is not None:
                self._end(READY, f"Stopped. {self._job.name} is deleted.")

    def close(self) -> None:
        """Stop, and remove the widget from the page."""
        with self._busy:
            if self._job is not None:
                self._job.stop()
                self._job = None
        super().close()

    # --- What the page says -----------------------------------------------------------------------------

    def _receive(self, _, message: dict, buffers: list) -> None:
        """Answer one message; what goes wrong is shown in the page, as output of a kernel is lost there."""
        try:
            with self._busy:
                if "begin" in message:
                    self._begin(message)
                elif "piece" in message:
                    self._take(message, buffers)
                elif "stop" in message:
                    self.stop()
                elif "want" in message:
                    self._give(message)
        except BalletError as error:
            self._end(FAILED, str(error))
        except Exception as error:
            self._end(FAILED, f"Something broke here ({type(error).__name__}: {error}).")
            raise

    def _begin(self, message: dict) -> None:
        """Agree to a file, or refuse it in words to the page that offers it."""
        page, offered = message["page"], message["begin"]
        try:
            if self._job is not None:
                raise BalletError("Another file is at work here. Wait until it is done, or cancel it.")
            job = FilmJob(offered["name"], offered["size"], self.limit)
        except BalletError as error:
            self.send({"refused": str(error), "page": page})
            return
        self.results, self.found = None, {}
        self._job, self._number, self._heard = job, self._number + 1, time.monotonic()
        self._enter(SENDING, f"Receiving {job.name}.")
        self.send({"go": self._number, "page": page})
        self._watch(job)

    def _take(self, message: dict, buffers: list) -> None:
        if self._job is None or message["job"] != self._number or self.stage != SENDING:
            return  # of a file that was given up
        self._heard = time.monotonic()
        self._job.receive(message["piece"], memoryview(buffers[0]).cast("B"))
        self.send({"got": self._job.received, "job": self._number})
        self._tell(self._job.received / self._job.size)
        if self._job.complete:
            threading.Thread(target=self._analyse, args=(self._job,), name="film", daemon=True).start()

    def _give(self, message: dict) -> None:
        """Send a piece of the film or the figure; the page asks for the next one itself."""
        what, at = message["want"], int(message["at"])
        if self.results is None or what not in ("film", "figure") or message["job"] != self._number:
            return
        content = getattr(self.results, what)
        reply = {"part": what, "at": at, "of": len(content), "job": self._number, "page": message["page"]}
        self.send(reply, [content[at : at + 2 * PIECE]])

    def _watch(self, job: FilmJob) -> None:
        """Look from time to time whether the page still sends."""
        with self._busy:
            if job is not self._job or self.stage != SENDING:
                return
            if time.monotonic() - self._heard > SILENCE:
                self._end(FAILED, f"The page stopped sending {job.name}. Choose the file again.")
                return
        timer = threading.Timer(SILENCE / 4, self._watch, [job])
        timer.daemon = True
        timer.start()

    # --- What the thread does ---------------------------------------------------------------------------

    def _analyse(self, job: FilmJob) -> None:
        with self._busy:
            if job is not self._job:
                return
            self._enter(LOOKING, f"Looking for the dancer in {job.name}.")
        stages = {DRAWING: f"Drawing the annotated film of {job.name}."}

        def tell(stage: str, share: float) -> None:
            with self._busy:
                if job is not self._job:
                    raise Stopped
                if stage in stages:
                    self._enter(stage, stages.pop(stage), anew=False)
                self._tell(share)

        try:
            results = job.run(tell, **self._options)
            found = _told(job.name, results)
        except Stopped:
            return
        except BalletError as error:
            self._finish(job, FAILED, str(error))
        except Exception as error:
            self._finish(job, FAILED, f"Something broke here ({type(error).__name__}: {error}).")
            raise
        else:
            self._finish(job, DONE, _summary(job.name, results.recognition), results, found)

    def _finish(
        self, job: FilmJob, stage: str, words: str, results: Results | None = None, found: dict | None = None
    ) -> None:
        with self._busy:
            if job is not self._job:
                return
            if results is not None:
                self.results, self.found = results, (found or {}) | {"job": self._number}
            self._end(stage, words)

    # --- What is shown ----------------------------------------------------------------------------------

    def _enter(self, stage: str, words: str, anew: bool = True) -> None:
        with self._busy, self.hold_sync():
            self.stage, self.words = stage, words
            if anew:
                self.share, self.left, self._begun, self._told = 0.0, "", time.monotonic(), 0.0

    def _end(self, stage: str, words: str) -> None:
        with self._busy:
            if self._job is not None:
                self._job.stop()
                self._job = None
            self._enter(stage, words)

    def _tell(self, share: float) -> None:
        """Show how far it is, five times a second at most: each change is a message."""
        now = time.monotonic()
        if now - self._told < 0.2 and share < 1:
            return
        self._told = now
        if not self.share:
            self._begun = now  # models were loaded until here
        passed = now - self._begun
        with self.hold_sync():
            self.share = round(share, 3)
            self.left = _duration(passed * (1 - share) / share) if passed > 2 else ""


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"about {max(5, round(seconds / 5) * 5)} s left"
    return f"about {round(seconds / 60)} min left"


def _summary(name: str, told: "Recognition") -> str:
    if not told.events:
        return (
            f"No movement in {name} was recognised with a probability of {told.threshold:g} or more. Film "
            "the whole dancer, one movement after the other, each two to three seconds long."
        )
    number = len(told.events)
    return f"{number} movement{'s' * (number > 1)} recognised in {told.seconds:.0f} s of {name}."


def _told(name: str, results: Results) -> dict:
    """Return what the page shows besides the film and the figure."""
    from ballet_lib.plots.recognition import movement_colours

    told = results.recognition
    colours = movement_colours(told.labels)
    naming = results.naming
    events = [
        {
            "name": french(event.movement), "start": event.start, "end": event.end,
            "probability": event.probability, "colour": colours[event.movement],
            "correction": _correction(finding, told.fps),
        }
        for event, finding in zip(told.events, told.corrections, strict=True)
    ]  # fmt: skip
    return {
        "name": name, "events": events, "length": told.length, "notes": results.notes,
        "seconds": told.seconds, "fps": told.fps, "seen": float(told.poses.found.mean()),
        "style": _style(naming, told.seconds) if naming else {"unnamed": results.unnamed},
        "csv": _table(told, naming).to_csv(index=False, lineterminator="\n"),
        "json": _json(told.to_json() | {"styles": naming and naming.to_json()}),
    }  # fmt: skip


def _style(naming: "Naming", length: float) -> dict:
    """Return what the page shows of the style, the most probable one first."""
    from ballet_lib.plots.styles import style_colours, style_name

    order = np.argsort(-naming.mean, kind="stable")
    colours = style_colours(naming.labels)
    moments, shares = _band(naming, length)
    return {
        "names": [style_name(naming.labels[one]) for one in order],
        "colours": [colours[naming.labels[one]] for one in order],
        "mean": naming.mean[order].tolist(),
        "moments": moments.tolist(),
        "shares": shares[:, order].tolist(),
    }


def _band(naming: "Naming", length: float) -> tuple[np.ndarray, np.ndarray]:
    """Return moments (N,) of a film and the shares (N, K) of the styles then, 0 where nobody is seen.

    The first and the last window of a stretch stand for what they show before and after their middles.
    """
    reach = SHORTEST / 2 + STEP
    breaks = np.flatnonzero(np.diff(naming.seconds) > 2 * reach) + 1
    moments: list[np.ndarray | list[float]] = []
    shares: list[np.ndarray] = []
    for middles, rows in zip(
        np.split(naming.seconds, breaks), np.split(naming.probabilities, breaks), strict=True
    ):
        begin, end = max(middles[0] - reach, 0.0), min(middles[-1] + reach, length)
        nobody = np.zeros_like(rows[:1])
        moments += [[begin, begin], middles, [end, end]]
        shares += [nobody, rows[:1], rows, rows[-1:], nobody]
    return np.concatenate(moments).round(3), np.concatenate(shares).astype(float).round(3)


def _table(told: "Recognition", naming: "Naming | None") -> "pd.DataFrame":
    """Return a row an event, with the most probable style in its middle where the style is named."""
    table = told.table()
    if naming is None:
        return table.assign(style="", style_probability="")
    then = naming.at(((table["start"] + table["end"]) / 2).to_numpy(float))
    styles = [naming.labels[one] for one in then.argmax(axis=1)]
    return table.assign(style=styles, style_probability=then.max(axis=1).round(3))


def _json(told: dict) -> str:
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def _correction(finding: "Finding | None", fps: float) -> dict | None:
    return None if finding is None else {"words": finding.words, "at": finding.frame / fps}
