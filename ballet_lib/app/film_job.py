"""One uploaded file, from its first piece to its results; no widget and no page in it.

The file lies in a temporary folder of its own under a name of ours, and the folder is gone as soon as the
results are there, or the job was stopped, or it failed. What is kept is in memory.
"""

import shutil
import tempfile
import threading
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ballet_lib.errors import BalletError

if TYPE_CHECKING:
    from ballet_lib.pose_sequence import PoseSequence
    from ballet_lib.recognition import Recognition
    from ballet_lib.styles.naming import Naming

MEGABYTE = 1_000_000

SENDING, LOOKING, DRAWING = "sending", "looking", "drawing"
"""What a job is at: its file arrives, the dancer is looked for, the annotated film is drawn."""

_LOOKING_SHARE = 0.7  # of the time from the last piece to the results


class Stopped(Exception):
    """The job was stopped; nobody waits for it any more."""


@dataclass(frozen=True)
class Results:
    """What came of a file."""

    recognition: "Recognition"
    film: bytes
    """An mp4 with all that was recognised."""
    figure: bytes
    """A PNG: probabilities over time, and the movements that counted."""
    naming: "Naming | None"
    """The dance style over time, or None."""
    unnamed: str
    """Why the style could not be named, in sentences."""
    notes: list[str] = field(default_factory=list)
    """What was odd about the file, in sentences."""


class FilmJob:
    """Receives a file in pieces, then recognises what is danced in it.

    Parameters
    ----------
    name
        What the file is called where it comes from; only shown, never a path.
    size
        Bytes that will come.
    limit
        Megabytes that a file may have.

    Raises
    ------
    BalletError
        If the file is empty or too large, or there is no room for it.
    """

    def __init__(self, name: str, size: int, limit: float):
        self.name = "".join(sign for sign in str(name)[:120] if sign.isprintable()) or "The file"
        if not isinstance(size, int) or size <= 0:
            raise BalletError(f"{self.name} is empty (0 bytes). Record or copy it again.")
        if size > limit * MEGABYTE:
            raise BalletError(
                f"{self.name} has {_megabytes(size)} MB, and {limit:g} MB is the most. "
                "Cut the film, or make its picture smaller."
            )
        self.size, self.received = size, 0
        self._stopped = threading.Event()
        self._folder = tempfile.TemporaryDirectory(prefix="film-", ignore_cleanup_errors=True)
        self._file = Path(self._folder.name, "uploaded")
        if shutil.disk_usage(self._folder.name).free < 2 * size:  # the annotated film needs room too
            self.stop()
            raise BalletError(
                f"There is no room for {_megabytes(size)} MB on the disk. Make some, then retry."
            )
        self._file.touch()

    @property
    def complete(self) -> bool:
        """Whether every piece is there."""
        return self.received == self.size

    def receive(self, at: int, piece: bytes | memoryview) -> None:
        """Add the piece that begins at byte `at`.

        Raises
        ------
        BalletError
            If it is not the next one, or more than what was announced.
        """
        if self._stopped.is_set():
            raise Stopped
        if at != self.received or not 0 < len(piece) <= self.size - at:
            raise BalletError(f"A piece of {self.name} got lost on its way here. Choose the file again.")
        with self._file.open("ab") as file:
            file.write(piece)
        self.received += len(piece)

    def stop(self) -> None:
        """Give up, and delete what came of the file; what is under way ends at its next frame."""
        self._stopped.set()
        self._folder.cleanup()

    def run(self, tell: Callable[[str, float], None], **options) -> Results:
        """Analyse the file, which must be `complete`; it is deleted in any case.

        Parameters
        ----------
        tell
            Called with the stage and the share of the whole that is done, from 0 to 1.
        options
            For `recognition.recognise`.

        Raises
        ------
        BalletError
            If the file is neither a video nor poses, or nobody is seen in it. It names the file as its
            owner does.
        Stopped
            If `stop` was called.
        """
        try:
            with warnings.catch_warnings(record=True) as warned:
                warnings.simplefilter("always", UserWarning)
                results = self._analysed(tell, options)
            notes = [str(one.message) for one in warned if self._file.name in str(one.message)]
            return replace(results, notes=list(map(self._in_words, notes)))
        except Exception as error:
            if self._stopped.is_set():  # what it broke at, with its file taken away, is of no interest
                raise Stopped from None
            if isinstance(error, BalletError):
                raise BalletError(self._in_words(str(error))) from error
            raise
        finally:
            self._folder.cleanup()

    def _analysed(self, tell: Callable[[str, float], None], options: dict) -> Results:
        from ballet_lib.annotation import annotated_video
        from ballet_lib.recognition import recognise

        def step(stage: str, begin: float, end: float) -> Callable[[float], None]:
            def told(share: float) -> None:
                if self._stopped.is_set():
                    raise Stopped
                tell(stage, begin + (end - begin) * share)

            return told

        poses = _holds_arrays(self._file)
        self._file = self._file.rename(self._file.with_suffix(".npz" if poses else ".video"))
        recognition = recognise(self._file, progress=step(LOOKING, 0.0, _LOOKING_SHARE), **options)
        naming, unnamed = _named(recognition.poses)
        film = Path(self._folder.name, "annotated.mp4")
        annotated_video(recognition, None if poses else self._file, film, step(DRAWING, _LOOKING_SHARE, 1.0))
        return Results(recognition, film.read_bytes(), _figure(recognition), naming, unnamed)

    def _in_words(self, sentence: str) -> str:
        """Call the file by its owner's name for it, in place of ours."""
        return sentence.replace(str(self._file), self.name).replace(self._file.name, self.name)


def _holds_arrays(file: Path) -> bool:
    """Tell a pose file, which is a zip archive, by its first bytes: the name may say anything."""
    with file.open("rb") as opened:
        return opened.read(4) == b"PK\x03\x04"


def _named(poses: "PoseSequence") -> "tuple[Naming | None, str]":
    """Name the style, or say why not; whatever breaks at it, the movements are there and stay."""
    try:
        from ballet_lib.styles.naming import name_style

        return name_style(poses), ""
    except BalletError as error:
        return None, str(error)
    except Exception as error:
        traceback.print_exc()  # for the terminal of the app; the page shows the sentence
        return None, f"Something broke here ({type(error).__name__}: {error})."


def _figure(recognition: "Recognition") -> bytes:
    from ballet_lib import plots
    from ballet_lib.plots.style import png

    return png(plots.recognition(recognition))


def _megabytes(size: int) -> str:
    return f"{max(0.1, size / MEGABYTE):.{0 if size > 10 * MEGABYTE else 1}f}"
