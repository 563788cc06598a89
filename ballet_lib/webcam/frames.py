"""From the JPEG of one frame to what a page shows with it; no widget and no browser in it."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.pose_sequence import PoseSequence

if TYPE_CHECKING:
    from ballet_lib.live import Reading, Recogniser
    from ballet_lib.pose import PoseExtractor
    from ballet_lib.recording.source import OnFrame

LARGEST = 2_000_000
"""Bytes of a JPEG that are looked at; a camera's frame has about 11,000."""

WIDEST = 1920
"""Pixels on the longer side of a picture that is looked at; pages send 640."""


@dataclass
class Answer:
    """What a page is told of one frame."""

    facts: dict = field(default_factory=dict)
    """For JSON: whether there is a person, the probabilities and the movement; or the error, in words."""
    points: bytes = b""
    """float32 (33, 3): x, y and visibility of each landmark; nothing where nobody is."""


class FrameHandler:
    """Decodes frames, finds the dancer, feeds the recogniser, and judges the technique of what counts.

    Not for several threads at once. Close it at the end.

    Parameters
    ----------
    recogniser
        What recognises movements; without one, only the landmarks are found.
    technique
        Whether to say what a teacher would correct in each movement.
    extractor
        What finds the landmarks; one of its own, made for the first frame, by default.
    """

    def __init__(
        self,
        recogniser: "Recogniser | None" = None,
        *,
        technique: bool = True,
        extractor: "PoseExtractor | None" = None,
    ):
        self.recogniser, self.technique = recogniser, technique
        self.reading: Reading | None = None
        """What the recogniser said last."""
        self.correction: dict = {}
        """What a teacher would say of the last movement, as the page shows it; empty before the first."""
        self.error: BaseException | None = None
        """What went wrong with the last frame."""
        self._given = extractor
        self._extractor: PoseExtractor | None = None
        self._stream: Any = None  # a PoseStream once `load` was called
        self._unjudged = False

    @property
    def is_loaded(self) -> bool:
        """Whether the pose model is there, so that a frame is answered at once."""
        return self._stream is not None

    def load(self) -> None:
        """Load the pose model; the first frame does so too.

        Raises
        ------
        BalletError
            If it cannot be had.
        """
        from ballet_lib.pose import PoseExtractor

        if self._stream is None:
            self._extractor = self._given or PoseExtractor()
            self._stream = self._extractor.stream(people=1)

    def close(self) -> None:
        """Release the pose model; the next frame would load it again."""
        if self._stream is not None:
            self._stream.close()
        if self._extractor is not self._given and self._extractor is not None:
            self._extractor.close()
        self._stream = self._extractor = None

    def reset(self) -> None:
        """Begin anew: no events, no exercise, no correction."""
        if self.recogniser is not None:
            self.recogniser.reset()
        self.reading, self.correction, self._unjudged = None, {}, False

    def answer(self, jpeg: bytes, seconds: float, deliver: "OnFrame | None" = None) -> Answer:
        """Return what to show with a frame; never raises, since a page waits for every answer.

        Parameters
        ----------
        jpeg
            The picture.
        seconds
            When it was taken, on any clock that does not stop.
        deliver
            Called with the picture, its pose and `seconds`, as by a `Source`.
        """

        def look() -> Answer:
            rgb = decode(jpeg)
            self.load()
            pose = self._stream.frame(rgb, seconds)
            return self._told(rgb, pose, seconds, deliver)

        return self._in_words(look)

    def look(
        self, rgb: np.ndarray, pose: PoseSequence, seconds: float, deliver: "OnFrame | None" = None
    ) -> Answer:
        """Return what to show with a frame whose pose is known; else as `answer`."""
        return self._in_words(lambda: self._told(rgb, pose, seconds, deliver))

    def _in_words(self, look) -> Answer:
        self.error = None
        try:
            return look()
        except Exception as error:
            self.error = error
            return Answer({"error": in_words(error)})

    def _told(self, rgb, pose: PoseSequence, seconds: float, deliver: "OnFrame | None") -> Answer:
        person = bool(pose.found[0])
        facts: dict[str, Any] = {"person": person}
        if self.recogniser is not None:
            self.reading = reading = self.recogniser.feed(pose, seconds)
            facts["probabilities"] = [round(float(share), 3) for share in reading.probabilities]
            facts["movement"] = reading.movement
        if deliver is not None:
            deliver(rgb, pose, seconds)
        if self.recogniser is not None and self.technique:
            self._judge(reading, self.recogniser)
        points = np.ascontiguousarray(pose.landmarks[0][:, [0, 1, 3]]) if person else None
        return Answer(facts, b"" if points is None else points.tobytes())

    # --- Technique ------------------------------------------------------------------------------------

    def _judge(self, reading: "Reading", recogniser: "Recogniser") -> None:
        """Judge a movement once it is over: while it is danced, its end is not known."""
        if not self._unjudged:
            self._unjudged = reading.event is not None
            return
        last = recogniser.events[-1]
        if reading.event is None and reading.movement == last.movement:
            return
        over = last if reading.event is None else recogniser.events[-2]
        self._unjudged = reading.event is not None
        poses = recogniser.poses_of(over)
        if poses is not None:
            self.correction = self._said(poses, over.movement) or self.correction

    def _said(self, poses: PoseSequence, movement: str) -> dict | None:
        """Return what to show of one movement's technique; None where it has no rules."""
        from ballet_lib.technique import assess, correction
        from ballet_lib.vocabulary import french

        finding = correction(poses, movement)
        if finding is not None:
            return {
                "name": french(movement), "verdict": "fault", "words": finding.words,
                "marks": [int(point) for point in finding.landmarks], **_still(poses, finding.frame),
            }  # fmt: skip
        findings = assess(poses, movement)
        if not findings:
            return None
        good = any(one.verdict == "good" for one in findings)
        words = "Nothing to correct in what can be judged." if good else findings[0].words
        return {"name": french(movement), "verdict": "good" if good else "unsure", "words": words,
                "marks": [], "points": []}  # fmt: skip


def decode(jpeg: bytes) -> np.ndarray:
    """Return the picture of a JPEG from a page: uint8 (H, W, 3), RGB.

    Raises
    ------
    BalletError
        If it is none, or larger than a camera's; its header is read before anything is unpacked.
    """
    import cv2

    size = _stated_size(bytes(jpeg)) if 0 < len(jpeg) <= LARGEST else None
    if size is None or max(size) > WIDEST or min(size) < 16:
        raise BalletError(
            f"A frame came that is no JPEG of at most {WIDEST} pixels and {LARGEST / 1e6:.0f} MB. "
            "Stop the camera and start it again."
        )
    bgr = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if bgr is None:
        raise BalletError("A frame arrived damaged. The next one may be whole; else start the camera again.")
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)


def in_words(error: BaseException) -> str:
    """Say what went wrong: a user's mistake in its own sentence, anything else with its type."""
    if isinstance(error, BalletError):
        return str(error)
    return f"Something broke here ({type(error).__name__}: {error})."


def _stated_size(jpeg: bytes) -> tuple[int, int] | None:
    from io import BytesIO

    from PIL import Image

    try:
        with Image.open(BytesIO(jpeg), formats=["JPEG"]) as picture:
            return picture.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def _still(poses: PoseSequence, frame: int) -> dict:
    """Return one frame's skeleton as JSON holds it: no picture is kept."""
    frame = min(max(int(frame), 0), len(poses) - 1)
    points = [
        [round(float(value), 4) if np.isfinite(value) else None for value in point]
        for point in poses.landmarks[frame][:, [0, 1, 3]]
    ]
    return {"points": points, "aspect": poses.size[0] / poses.size[1]}
