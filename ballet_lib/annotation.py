"""A film with what was recognised in it: the skeleton on the dancer, the rest in a panel beside her."""

import functools
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.plots.recognition import movement_colours
from ballet_lib.plots.style import FAINT, INK, QUIET, RIGHT, rgb_of
from ballet_lib.recording.skeleton_drawing import draw_skeleton
from ballet_lib.vocabulary import french

if TYPE_CHECKING:
    from ballet_lib.decisions import Event
    from ballet_lib.recognition import Recognition
    from ballet_lib.technique import Finding

LOWEST, HIGHEST = 360, 720
"""Pixels between which the height of the dancer's picture is brought: below, words could not be read; above,
the film would only grow."""

WIDEST = 1280
"""Pixels that the dancer's picture may be wide."""

MARKED = 0.6
"""Seconds before and after the frame of a correction in which its joints are ringed."""

_STAGE, _PAPER, _TRACK = "#f6f6f6", "#ffffff", "#ececec"
_ALERT = RIGHT.colour
_MARGIN, _PANEL, _STRIP = 18, 288, 26  # at a height of 480, as every number in `_Panel`
_MOST_SLOTS, _MOST_BARS = 6, 8


def annotated_video(
    recognition: "Recognition",
    video: str | os.PathLike | None,
    path: str | os.PathLike,
    progress: Callable[[float], None] | None = None,
) -> Path:
    """Write a film with the skeleton, the probabilities, the movement, the exercise and the corrections.

    Unlike at a camera all is known beforehand, so that each is shown when it is danced, without delay.

    Parameters
    ----------
    recognition
        What was recognised.
    video
        The film that it was recognised in; None for the skeleton on an empty stage.
    path
        Where to, ending in .mp4 (or .gif).
    progress
        Called with the share that is done, from 0 to 1.

    Raises
    ------
    BalletError
        If the film cannot be read or written, or `path` is the film itself.
    """
    from ballet_lib.video import probe, write_video

    keep_film(video, path)
    fps = recognition.fps if video is None else probe(video).fps
    return write_video(path, _frames(recognition, video, fps, progress or (lambda share: None)), fps)


def keep_film(video: str | os.PathLike | None, path: str | os.PathLike) -> None:
    """Raise BalletError if `path` is the film itself, which a dancer may have only once."""
    if video is not None and os.path.exists(video) and os.path.exists(path) and os.path.samefile(video, path):
        raise BalletError(f"{path} is the film itself, which is not overwritten. Choose another name.")


def _frames(
    recognition: "Recognition", video, fps: float, tell: Callable[[float], None]
) -> Iterator[np.ndarray]:
    """Yield the finished pictures: uint8 (H, W, 3)."""
    from ballet_lib.video import read_frames

    poses = recognition.poses
    annotator = Annotator(recognition)
    pictures = iter(lambda: None, 0) if video is None else read_frames(video)  # None for ever, or the film
    for number, picture in enumerate(pictures):
        frame = int(number * poses.fps / fps + 1e-6)
        if frame >= len(poses):
            break
        yield annotator.picture(picture, frame)
        tell(min(1.0, (frame + 1) / len(poses)))


class Annotator:
    """Draws any frame of a recognised film; a picture costs a few milliseconds.

    Parameters
    ----------
    recognition
        What was recognised.
    """

    def __init__(self, recognition: "Recognition"):
        self._recognition = recognition
        self._stage = _stage_size(recognition.poses.size)
        height = self._stage[1]
        colours = movement_colours(recognition.labels)
        surest = np.argsort(-np.nan_to_num(recognition.probabilities).max(axis=0), kind="stable")
        self._bars = np.sort(surest[:_MOST_BARS])  # of many labels those that ever come near
        named = [recognition.labels[column] for column in self._bars]
        self._panel = _Panel(named, colours, recognition.threshold, recognition.length, height)
        self._strip = _strip(recognition, colours, self._stage[0] + self._panel.width, height)

    def picture(self, rgb: np.ndarray | None, frame: int) -> np.ndarray:
        """Return the picture of one frame with everything on it: uint8 (H, W, 3).

        Parameters
        ----------
        rgb
            uint8 (h, w, 3), of any size; None for an empty stage.
        frame
            Which of the poses belongs to it.
        """
        told = self._recognition
        panel = self._panel.picture(_state(told, frame), told.probabilities[frame, self._bars])
        above = np.hstack([self._dancer(rgb, frame), panel])
        strip = self._strip.copy()
        head = round((frame + 0.5) / len(told.poses) * (strip.shape[1] - 1))
        wide = max(1, self._stage[1] // 320)
        strip[:, max(0, head - wide) : head + wide + 1] = rgb_of(INK)
        return np.vstack([above, strip])

    def _dancer(self, rgb: np.ndarray | None, frame: int) -> np.ndarray:
        told = self._recognition
        width, height = told.poses.size if rgb is None else (rgb.shape[1], rgb.shape[0])
        scale = min(self._stage[0] / width, self._stage[1] / height)
        size = max(2, round(width * scale)), max(2, round(height * scale))
        picture = _blank(size, _STAGE) if rgb is None else _resized(rgb, size)
        picture = draw_skeleton(picture, told.poses.landmarks[frame], face=rgb is None)
        for finding in told.corrections:
            if finding is not None and abs(frame - finding.frame) <= MARKED * told.fps:
                _ring(picture, told.poses.landmarks[frame], finding.landmarks)
        if size == self._stage:
            return picture
        stage = _blank(self._stage, _STAGE)
        left, top = (self._stage[0] - size[0]) // 2, (self._stage[1] - size[1]) // 2
        stage[top : top + size[1], left : left + size[0]] = picture
        return stage


# --- What to show when ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _State:
    """What the panel says in words; the same over many frames."""

    now: str | None
    person: bool
    exercise: tuple[str, ...]
    correction: str


def _state(told: "Recognition", frame: int) -> _State:
    seconds = frame / told.fps
    return _State(
        _danced(told.events, seconds), bool(told.poses.found[frame]), _exercise(told, seconds),
        _correction(told.corrections, frame + MARKED * told.fps),
    )  # fmt: skip


def _danced(events: "Sequence[Event]", seconds: float) -> str | None:
    """Return what is danced; where two overlap, the one that began later."""
    running = [event.movement for event in events if event.start <= seconds <= event.end]
    return running[-1] if running else None


def _exercise(told: "Recognition", seconds: float) -> tuple[str, ...]:
    """Return the movements of the running exercise; one takes its place when half of it is danced."""
    done = sum((event.start + event.end) / 2 <= seconds for event in told.events)
    for exercise in told.exercises:
        if done <= len(exercise):
            return tuple(exercise[:done])
        done -= len(exercise)
    return ()


def _correction(corrections: "Sequence[Finding | None]", frame: float) -> str:
    """Return the words of the last correction that shows by then."""
    said = [finding for finding in corrections if finding is not None and finding.frame <= frame]
    return max(said, key=lambda finding: finding.frame).words if said else ""


# --- The panel --------------------------------------------------------------------------------------------


class _Panel:
    """The words and bars beside the dancer: white paper, drawn anew only when its words change."""

    def __init__(
        self, labels: list[str], colours: dict[str, str], threshold: float, length: int, height: int
    ):
        self._labels, self._colours, self._threshold = labels, colours, threshold
        self._length, self._height, self._scale = length, height, height / 480
        self.width = self._px(_PANEL)
        self._row = 20 if len(labels) < _MOST_BARS else 18
        self._drawn: tuple[_State, np.ndarray] | None = None

    def picture(self, state: _State, probabilities: np.ndarray) -> np.ndarray:
        """Return the panel: uint8 (height, width, 3)."""
        if self._drawn is None or self._drawn[0] != state:
            self._drawn = state, self._words(state)
        picture = self._drawn[1].copy()
        left, right = self._px(150), self.width - self._px(_MARGIN)
        for row, (label, probability) in enumerate(zip(self._labels, probabilities, strict=True)):
            middle, half = self._px(self._bar(row)), max(1, self._px(self._row * 0.24))
            end = left + round((right - left) * float(np.clip(np.nan_to_num(probability), 0, 1)))
            picture[middle - half : middle + half, left:right] = rgb_of(_TRACK)
            picture[middle - half : middle + half, left:end] = rgb_of(self._colours[label])
        tick = left + round((right - left) * self._threshold)
        top, bottom = self._bar(-0.5), self._bar(len(self._labels) - 0.5)
        picture[self._px(top) : self._px(bottom), tick : tick + max(1, self._px(1))] = rgb_of(INK)
        return picture

    def _px(self, number: float) -> int:
        return round(number * self._scale)

    def _bar(self, row: float) -> float:
        return 92 + self._row * (row + 0.5)

    def _words(self, state: _State) -> np.ndarray:
        """Draw everything but the bars. OpenCV's letters have no accents, so these are Pillow's."""
        from PIL import Image, ImageDraw

        image = Image.new("RGB", (self.width, self._height), _PAPER)
        draw = ImageDraw.Draw(image)
        if not state.person:
            self._text(draw, 18, "nobody is seen", 20, QUIET)
        elif state.now is None:
            self._text(draw, 18, "…", 20, QUIET)
        else:
            self._text(draw, 18, french(state.now), 20, self._colours.get(state.now, INK), bold=True)
        self._heading(draw, 66, "how probable")
        for row, label in enumerate(self._labels):
            self._text(draw, self._bar(row) - 7, french(label), 11.5, INK, room=126)
        self._draw_exercise(draw, 256, state.exercise)
        if state.correction:
            self._draw_correction(draw, state.correction)
        return np.array(image)

    def _draw_exercise(self, draw, top: float, exercise: tuple[str, ...]) -> None:
        """Draw a numbered place for each movement, filled as they come; of a long exercise the last ones."""
        done = f"exercise   {len(exercise)} of {self._length}"
        self._heading(draw, top, done if len(exercise) < self._length else "exercise complete")
        first = max(0, min(self._length, len(exercise) + 1) - _MOST_SLOTS)
        step = 21 if self._length <= 5 else 17.5
        for place, number in enumerate(range(first, min(self._length, first + _MOST_SLOTS))):
            middle = top + 33 + step * place
            there = number < len(exercise)
            colour = self._colours.get(exercise[number], INK) if there else FAINT
            box = [self._px(one) for one in (_MARGIN, middle - 7.5, _MARGIN + 20, middle + 7.5)]
            draw.rounded_rectangle(box, self._px(4), fill=colour)
            draw.text(((box[0] + box[2]) / 2, self._px(middle)), str(number + 1), anchor="mm",
                      fill=_PAPER if there else QUIET, font=_font(self._px(9.5), bold=True))  # fmt: skip
            if there:
                self._text(draw, middle - 7, french(exercise[number]), 11.5, INK, left=_MARGIN + 30)

    def _draw_correction(self, draw, words: str) -> None:
        """Write the last correction at the foot, as large as it fits."""
        top, left, lowest = 404, _MARGIN + 10, 472
        for size in (12, 11, 10, 9, 8):
            lines = _wrapped(words, _font(self._px(size)), self._px(_PANEL - left - _MARGIN))
            if top + len(lines) * size * 1.35 <= lowest:
                break
        for number, line in enumerate(lines):
            self._text(draw, top + number * size * 1.35, line, size, INK, left=left)
        bottom = min(lowest, top + len(lines) * size * 1.35)
        box = [self._px(one) for one in (_MARGIN, top, _MARGIN + 3, bottom)]
        draw.rectangle(box, fill=_ALERT)

    def _heading(self, draw, top: float, words: str) -> None:
        draw.line(
            [self._px(_MARGIN), self._px(top - 8), self.width - self._px(_MARGIN), self._px(top - 8)],
            fill=FAINT, width=max(1, self._px(1)),
        )  # fmt: skip
        self._text(draw, top, words, 10, QUIET)

    def _text(
        self, draw, top: float, words: str, size: float, colour: str, *, bold: bool = False,
        left: float = _MARGIN, room: float | None = None,
    ) -> None:  # fmt: skip
        """Write one line, smaller where it would be too wide."""
        room = self._px(_PANEL - _MARGIN - left if room is None else room)
        font = _font(self._px(size), bold)
        while font.getlength(words) > room and font.size > 6:
            font = _font(font.size - 1, bold)
        draw.text((self._px(left), self._px(top)), words, fill=colour, font=font)


def _wrapped(words: str, font, room: int) -> list[str]:
    """Break a sentence into lines of at most `room` pixels."""
    lines = [""]
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= room or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


@functools.cache
def _font(size: int, bold: bool = False):
    """Return the font that comes with matplotlib, which has every accent and is on every system."""
    import matplotlib
    from PIL import ImageFont

    name = f"DejaVuSans{'-Bold' if bold else ''}.ttf"
    return ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts", "ttf", name), max(6, size))


# --- Pixels -----------------------------------------------------------------------------------------------


def _stage_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return width and height of the dancer's picture in the film, both even."""
    width, height = size
    high: float = min(max(height, LOWEST), HIGHEST)
    wide: float = width * high / height
    if wide > WIDEST:  # a panorama keeps its width and stands on a stage of the lowest height
        wide, high = WIDEST, max(LOWEST, height * WIDEST / width)
    wide = max(wide, high / 4)
    return round(wide / 2) * 2, round(high / 2) * 2


def _strip(recognition: "Recognition", colours: dict[str, str], width: int, height: int) -> np.ndarray:
    """Return the film's time from left to right, each movement a field of its colour: uint8 (h, width, 3)."""
    strip = _blank((width, round(_STRIP * height / 480 / 2) * 2), _TRACK)
    gap = max(1, round(height / 480))
    for event in recognition.events:
        start, end = (round(second / recognition.seconds * width) for second in (event.start, event.end))
        strip[3 * gap : -3 * gap, start : max(start + 2, end - gap)] = rgb_of(
            colours.get(event.movement, QUIET)
        )
    return strip


def _ring(picture: np.ndarray, landmarks: np.ndarray, which: Sequence[int]) -> None:
    """Circle the joints that a correction is about."""
    import cv2

    height, width = picture.shape[:2]
    for x, y in landmarks[list(which), :2] * (width, height):
        if np.isfinite(x) and np.isfinite(y) and abs(x) < 1e4 and abs(y) < 1e4:
            for colour, thick in (("#ffffff", 5), (_ALERT, 2)):
                cv2.circle(
                    picture, (round(x), round(y)), round(height / 28), rgb_of(colour),
                    max(1, round(thick * height / 480)), cv2.LINE_AA,
                )  # fmt: skip


def _resized(rgb: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    import cv2

    if (rgb.shape[1], rgb.shape[0]) == size:
        return rgb
    smaller = size[0] < rgb.shape[1]
    return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)


def _blank(size: tuple[int, int], colour: str) -> np.ndarray:
    return np.full((size[1], size[0], 3), rgb_of(colour), dtype=np.uint8)
