"""Marks in a video: which frames show which movement, with undo, in a small file that is always whole."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ballet_lib.errors import BalletError
from ballet_lib.files import replacing
from ballet_lib.names import check_label
from ballet_lib.vocabulary import french

FORMAT = "ballet_lib marks 1"
LARGEST = 10_000_000
SHORTEST = 2
"""Frames of a mark: one alone is no movement."""


@dataclass(frozen=True)
class Mark:
    """A stretch of a video: frames `start` to `end` (the first after it), and what is danced in them."""

    number: int
    """Its name for good: what was exported from it is found again by it."""
    start: int
    end: int
    movement: str

    def __len__(self) -> int:
        """Return the number of frames."""
        return self.end - self.start


class MarkList:
    """The marks of one video, in order and never overlapping: a frame shows one thing.

    Every change is written to `path` before it returns, and can be undone.

    Parameters
    ----------
    path
        A JSON file; what stands in it is gone on with.
    frames, fps, video
        How long the video is, its rate, and its name.

    `changed` is called after every change, written or not.

    Raises
    ------
    BalletError
        If the file is damaged, or belongs to another video.
    """

    def __init__(self, path: str | os.PathLike, frames: int, fps: float, video: str):
        self.path, self.frames, self.fps, self.video = Path(path), frames, fps, video
        self._marks: tuple[Mark, ...] = ()
        self._next = 1
        self._undo: list[tuple[Mark, ...]] = []
        self._redo: list[tuple[Mark, ...]] = []
        self._on_disk: bytes | None = None
        self.saved = True
        self.changed: Callable[[], None] = lambda: None
        if self.path.exists():
            self._on_disk = self._read()

    def __iter__(self):
        return iter(self._marks)

    def __len__(self) -> int:
        return len(self._marks)

    def __getitem__(self, place: int) -> Mark:
        return self._marks[place]

    def numbered(self, number: int) -> Mark:
        """Return the mark of that number."""
        for mark in self._marks:
            if mark.number == number:
                return mark
        raise BalletError(f"There is no mark {number}. There are: {', '.join(str(m.number) for m in self)}.")

    def at(self, frame: int) -> Mark | None:
        """Return the mark that holds a frame, or None."""
        return next((mark for mark in self._marks if mark.start <= frame < mark.end), None)

    def add(self, start: int, end: int, movement: str) -> Mark:
        """Mark frames `start` to `end`, the first after it."""
        mark = self._checked(Mark(self._next, start, end, movement))
        self._next += 1
        self._change((*self._marks, mark))
        return mark

    def move(self, number: int, start: int | None = None, end: int | None = None) -> Mark:
        """Give a mark another start, another end, or both."""
        old = self.numbered(number)
        mark = self._checked(
            replace(old, start=old.start if start is None else start, end=old.end if end is None else end)
        )
        self._change((*(other for other in self._marks if other.number != number), mark))
        return mark

    def relabel(self, number: int, movement: str) -> Mark:
        """Say that a mark shows another movement."""
        mark = self._checked(replace(self.numbered(number), movement=movement))
        self._change((*(other for other in self._marks if other.number != number), mark))
        return mark

    def delete(self, number: int) -> None:
        """Remove a mark."""
        gone = self.numbered(number)
        self._change(tuple(mark for mark in self._marks if mark != gone))

    def undo(self) -> bool:
        """Take back the last change; False if there is none."""
        return self._step(self._undo, self._redo)

    def redo(self) -> bool:
        """Make the change again that was taken back last; False if there is none."""
        return self._step(self._redo, self._undo)

    def save(self) -> None:
        """Write the file, whole or not at all.

        Raises
        ------
        BalletError
            If it cannot be written, or another program changed it; the marks stay in memory.
        """
        there = self.path.read_bytes() if self.path.exists() else None
        if there != self._on_disk:
            raise BalletError(
                f"{self.path} was changed by another program since it was read, and is not overwritten. "
                "Open the video again to go on with what stands there."
            )
        known = {
            "format": FORMAT,
            "video": self.video,
            "frames": self.frames,
            "fps": self.fps,
            "next": self._next,
            "marks": [
                {"number": m.number, "start": m.start, "end": m.end, "movement": m.movement} for m in self
            ],
        }
        content = json.dumps(known, ensure_ascii=False, indent=1).encode()
        with replacing(self.path) as temporary:
            temporary.write_bytes(content)
        self._on_disk, self.saved = content, True

    def _change(self, marks: tuple[Mark, ...]) -> None:
        if (marks := _sorted(marks)) == self._marks:
            return
        self._undo.append(self._marks)
        self._redo.clear()
        self._marks = marks
        self._write()

    def _step(self, source: list, target: list) -> bool:
        if not source:
            return False
        target.append(self._marks)
        self._marks = source.pop()
        self._write()
        return True

    def _write(self) -> None:
        self.saved = False
        try:
            self.save()
        finally:
            self.changed()

    def _checked(self, mark: Mark) -> Mark:
        movement = check_label(mark.movement, "movement")
        if any(isinstance(frame, bool) or frame % 1 != 0 for frame in (mark.start, mark.end)):
            raise BalletError(f"Frames {mark.start} to {mark.end} are no whole numbers. Count frames from 0.")
        mark = replace(mark, start=int(mark.start), end=int(mark.end), movement=movement)
        if not 0 <= mark.start < mark.end <= self.frames:
            raise BalletError(
                f"Frames {mark.start} to {mark.end} are not in the video, which has {self.frames}. "
                "A mark starts at 0 or later, and ends after its start."
            )
        if len(mark) < SHORTEST:
            raise BalletError(f"A mark of {len(mark)} frame is no movement. Move its end further on.")
        for other in self._marks:
            if other.number != mark.number and other.start < mark.end and mark.start < other.end:
                raise BalletError(
                    f"Frames {mark.start} to {mark.end} overlap the mark {french(other.movement)} "
                    f"({other.start} to {other.end}). Move or delete that one first."
                )
        return mark

    def _read(self) -> bytes:
        damaged = f"{self.path} holds no marks that can be read"
        mend = "Restore it from a copy, or delete it to begin anew."
        try:
            with self.path.open("rb") as file:
                content = file.read(LARGEST + 1)
            if len(content) > LARGEST:
                raise BalletError(f"{damaged}: it is larger than {LARGEST / 1e6:.0f} MB. {mend}")
            known = json.loads(content)
            if known["format"] != FORMAT:
                raise BalletError(f"{damaged}: its format is {str(known['format'])[:40]!r}. {mend}")
            if known["frames"] != self.frames:
                raise BalletError(
                    f"{self.path} was made for a video of {known['frames']} frames, and this one has "
                    f"{self.frames}. Give the video it was made for, or another file for the marks."
                )
            for entry in known["marks"]:
                number = entry["number"]
                if not isinstance(number, int) or number in {mark.number for mark in self._marks}:
                    raise BalletError(f"{damaged}: the number {number!r} is no number of its own. {mend}")
                self._marks = (*self._marks, self._checked(Mark(number, entry["start"], entry["end"],
                                                                entry["movement"])))  # fmt: skip
            self._marks = _sorted(self._marks)
            self._next = max([int(known["next"]), *(mark.number + 1 for mark in self._marks)])
            return content
        except OSError as error:
            raise BalletError(
                f"{self.path} cannot be read ({error.strerror}). Check that you may read it."
            ) from error
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise BalletError(f"{damaged} ({type(error).__name__}). {mend}") from error


def _sorted(marks: tuple[Mark, ...]) -> tuple[Mark, ...]:
    return tuple(sorted(marks, key=lambda mark: mark.start))
