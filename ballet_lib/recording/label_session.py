"""Labelling a video without a widget: its frames, its poses, its marks, and the takes cut from it."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.names import check_label, file_names
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.recording.film import BlankFilm, Film
from ballet_lib.recording.marks import Mark, MarkList
from ballet_lib.recording.take_folder import TakeFolder
from ballet_lib.takes import ROUTINE, Segment, Take, TakeSet
from ballet_lib.vocabulary import MOVEMENTS

__all__ = ["LabelSession", "Mark"]


class LabelSession:
    """A video, its poses, and the marks that say who dances what when.

    Parameters
    ----------
    video
        A video file; or a PoseSequence, where there are poses and no film.
    poses
        The video's poses, one a frame, if they are known. Otherwise they are extracted once and kept beside
        the marks, in a file whose name begins with a dot.
    marks
        The file of the marks; by default the video's name and ``.marks.json``, beside the video.
    movements
        The labels to choose from.
    progress
        Whether to show bars while the video is read and its poses are extracted.

    Raises
    ------
    BalletError
        If the video cannot be read or is too long, poses and video do not belong together, or the file of
        the marks is damaged.
    """

    def __init__(
        self,
        video: str | os.PathLike | PoseSequence,
        poses: PoseSequence | None = None,
        marks: str | os.PathLike | None = None,
        movements: Sequence[str] = tuple(MOVEMENTS),
        progress: bool = True,
    ):
        self.movements = tuple(file_names(movements))
        if isinstance(video, PoseSequence):
            self._open_poses(video, marks)
        else:
            self._open_video(Path(video), poses, marks, progress)
        if not self.movements:
            raise BalletError("There is no movement to choose from. Name at least one.")
        if len(self.film) != len(self.poses):
            raise BalletError(
                f"{self.name} has {len(self.film)} frames and {len(self.poses)} poses. Extract the poses of "
                "every frame (every=1), or leave them out."
            )
        self.marks = MarkList(self.path, len(self.poses), self.fps, self.name)

    def _open_poses(self, poses: PoseSequence, marks) -> None:
        if marks is None:
            raise BalletError("Poses alone have no place for their marks. Give marks='somewhere.marks.json'.")
        if len(poses) == 0:
            raise BalletError("These poses hold no frame. Give some that do.")
        self.path, self.name, self.poses = Path(marks), poses.source, poses
        self.film: Film | BlankFilm = BlankFilm(len(poses), poses.size, poses.fps)
        self._fingerprint = hashlib.sha256(np.ascontiguousarray(poses.landmarks).tobytes()).hexdigest()

    def _open_video(self, video: Path, poses: PoseSequence | None, marks, progress: bool) -> None:
        self.name = video.name
        self.path = Path(marks) if marks is not None else video.with_name(f"{video.name}.marks.json")
        self.film = Film(video, progress)
        with video.open("rb") as file:
            self._fingerprint = hashlib.file_digest(file, "sha256").hexdigest()
        self.poses = poses if poses is not None else self._extracted(video, progress)

    def _extracted(self, video: Path, progress: bool) -> PoseSequence:
        kept = self.path.with_name(f".{video.name}.poses.npz")
        if kept.is_file():
            try:
                poses = PoseSequence.load(kept)
                if poses.meta.get("video") == self._fingerprint:
                    return poses
            except BalletError:
                pass  # it is only kept to save time
        from ballet_lib.pose import PoseExtractor

        with PoseExtractor() as extractor:
            poses = extractor.video(video, progress=progress, people=1)
        poses.meta["video"] = self._fingerprint
        poses.save(kept)
        return poses

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.poses)

    @property
    def fps(self) -> float:
        """Frames per second."""
        return self.poses.fps

    @property
    def saved(self) -> bool:
        """Whether the last change of the marks is on disk."""
        return self.marks.saved

    def picture(self, frame: int, skeleton: bool = True) -> np.ndarray:
        """Return a frame with its skeleton: uint8 (h, w, 3), RGB."""
        from ballet_lib.recording.skeleton_drawing import draw_skeleton

        rgb = self.film[frame]
        blank = isinstance(self.film, BlankFilm)
        return draw_skeleton(rgb, self.poses.landmarks[frame], face=blank) if skeleton else rgb

    def add(self, start: int, end: int, movement: str) -> Mark:
        """Mark frames `start` to `end` (the first after it) as a movement, and write it down.

        Raises
        ------
        BalletError
            If the frames are not in the video, overlap another mark, or the label is not among `movements`;
            or if it cannot be written: then the mark stays in memory, and `save` tries again.
        """
        return self.marks.add(start, end, self._known(movement))

    def add_seconds(self, start: float, end: float, movement: str) -> Mark:
        """Mark a stretch given in seconds, see `add`."""
        return self.add(round(start * self.fps), round(end * self.fps), movement)

    def move(self, number: int, start: int | None = None, end: int | None = None) -> Mark:
        """Give a mark another start or end, in frames."""
        return self.marks.move(number, start, end)

    def relabel(self, number: int, movement: str) -> Mark:
        """Say that a mark shows another movement."""
        return self.marks.relabel(number, self._known(movement))

    def delete(self, number: int) -> None:
        """Remove a mark."""
        self.marks.delete(number)

    def undo(self) -> bool:
        """Take back the last change of the marks; False if there is none."""
        return self.marks.undo()

    def redo(self) -> bool:
        """Make the change again that was taken back; False if there is none."""
        return self.marks.redo()

    def save(self) -> None:
        """Write the marks; needed only after an error, since every change is written at once."""
        self.marks.save()

    @property
    def timeline(self) -> list[Segment]:
        """The marks in seconds."""
        return [Segment(mark.start / self.fps, mark.end / self.fps, mark.movement) for mark in self.marks]

    def takes(self, dancer: str, frames: int | None = None) -> TakeSet:
        """Return each mark as a take, in the video's own frames or resampled to `frames`."""
        cut = (self._take(mark, dancer, frames) for mark in self.marks)
        return TakeSet(cut, tuple(dict.fromkeys([*self.movements, *(m.movement for m in self.marks)])))

    def performance(self, dancer: str) -> Take:
        """Return the whole video as one take with a timeline, as the evaluation of streams wants it."""
        meta = {"source": self.name, "timeline": [list(segment) for segment in self.timeline]}
        return Take(self.poses, ROUTINE, dancer, f"video-{self._fingerprint[:12]}", meta)

    def export(self, folder: str | os.PathLike, dancer: str, frames: int | None = None) -> TakeSet:
        """Add each mark as a take to a folder; other takes in it stay.

        What was exported from this video before is replaced, so exporting again after a change, or under
        another dancer's name, doubles nothing and leaves nothing stale.

        Parameters
        ----------
        folder
            A folder of takes or a new one.
        dancer
            Who dances in the video.
        frames
            Length to resample each take to; None keeps the video's frames, and `TakeSet.to_arrays` resamples.

        Returns
        -------
        TakeSet
            What was exported.

        Raises
        ------
        BalletError
            If there is no mark, a recorder has the folder open, or it cannot be written.
        """
        takes = self.takes(dancer, frames)
        if not takes:
            raise BalletError("There is no mark to export. Mark the start and the end of a movement first.")
        there = TakeFolder(folder, f"the labels of {self.name}", self.movements)
        try:
            earlier = [t.take_id for t in there.takes if t.meta.get("video") == self._fingerprint]
            there.add(takes, instead_of=earlier)
        finally:
            there.close()
        return takes

    def _take(self, mark: Mark, dancer: str, frames: int | None) -> Take:
        check_label(dancer, "dancer")
        poses = self.poses[mark.start : mark.end]
        poses.source, poses.meta = self.name, {}
        meta = {
            "performance": f"{self.name} mark {mark.number}",
            "first_frame": mark.start,
            "source": self.name,
            "video": self._fingerprint,
            "found": round(float(poses.found.mean()), 3),
        }
        take_id = f"video-{self._fingerprint[:12]}-{mark.number:04d}"
        take = Take(poses, mark.movement, dancer, take_id, meta)
        return take if frames is None else take.resample(frames=frames)

    def _known(self, movement: str) -> str:
        if movement not in self.movements:
            raise BalletError(
                f"There is no movement {movement!r} here. Choose one of {', '.join(self.movements)}."
            )
        return movement
