"""A folder of takes while somebody adds to it: its list stays in memory and is written whole each time."""

import os
import warnings
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from ballet_lib import take_files
from ballet_lib.errors import BalletError
from ballet_lib.recording.folder_claim import FolderClaim
from ballet_lib.takes import Take, TakeSet


class TakeFolder:
    """A folder of takes that this process alone writes into, until `close`.

    Finished takes that a kill kept out of the list are added to it on opening; `recovered` names them.

    Parameters
    ----------
    folder
        A folder of takes or a new one.
    who
        What another is told who wants to write here too.
    labels
        Come into the label map after those that stand in it already.

    Raises
    ------
    BalletError
        If another writes there, the folder cannot be written to, or what is in it is damaged.
    """

    def __init__(self, folder: str | os.PathLike, who: str, labels: Sequence[str]):
        self.folder = Path(folder)
        self._claim = FolderClaim(self.folder, who)
        try:
            self.recovered = take_files.recover(self.folder)
            self._takes: list[Take] = []
            self._labels: tuple[str, ...] = ()
            self._wanted = tuple(labels)
            self._seen: tuple[int, int, int] | None = None
            self._read()
        except BaseException:
            self.close()
            raise

    @property
    def takes(self) -> TakeSet:
        """Every take that is listed."""
        return TakeSet(self._takes, self._labels)

    def add(self, takes: Iterable[Take], instead_of: Iterable[str] = ()) -> None:
        """Write takes, in place of those whose ids are in `instead_of` or equal theirs.

        If it fails, the list is as it was; `withdraw` then removes the files that were written.
        """
        self._open()
        self._read()
        takes = list(takes)
        gone = set(instead_of) | {take.take_id for take in takes}
        listed = [take for take in self._takes if take.take_id not in gone] + takes
        labels = tuple(dict.fromkeys([*self._labels, *(take.movement for take in takes)]))
        for take in takes:
            take_files.write_take(take, self.folder)
        take_files.write_list(TakeSet(listed, labels), self.folder)
        self._takes, self._labels, self._seen = listed, labels, self._stamp()
        for take_id in gone - {take.take_id for take in takes}:
            self._remove(take_id)

    def write_video(self, take_id: str, pictures: Sequence[np.ndarray], fps: float) -> Path:
        """Write the pictures of a take beside where its landmarks will be."""
        from ballet_lib.video import write_video

        self._open()
        return write_video(self.folder / f"{take_id}.mp4", pictures, fps)

    def withdraw(self, take_id: str) -> None:
        """Remove what a failed `add` or `write_video` left of a take, so that it never comes back."""
        if take_id not in {take.take_id for take in self._takes}:
            self._remove(take_id)

    def close(self) -> None:
        """Let others write here."""
        self._claim.release()

    @property
    def is_open(self) -> bool:
        """Whether takes can still be added."""
        return self._claim.held

    def _open(self) -> None:
        if not self.is_open:
            raise BalletError(f"{self.folder} was closed here. Open it again; everything kept is in it.")

    def _read(self) -> None:
        """Read the list if it is another than we left, as when somebody corrected a label by hand."""
        stamp = self._stamp()
        if stamp is None:
            self._takes = []
        elif stamp != self._seen:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # unlisted takes were recovered, or their lines deleted since
                there = take_files.read(self.folder)
            self._takes, self._labels = list(there), there.labels
        self._labels, self._seen = tuple(dict.fromkeys([*self._labels, *self._wanted])), stamp

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            status = (self.folder / take_files.LIST).stat()
            return status.st_mtime_ns, status.st_size, status.st_ino
        except FileNotFoundError:
            return None

    def _remove(self, take_id: str) -> None:
        for suffix in (".npz", ".mp4"):
            with suppress(OSError):
                (self.folder / f"{take_id}{suffix}").unlink(missing_ok=True)
