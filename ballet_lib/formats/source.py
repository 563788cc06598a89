"""Where foreign files lie: a file, a folder, or a zip archive that is unpacked with care.

Nothing outside the given folder is read, whatever a link inside it says, and nothing outside a temporary
folder is written, whatever a member of an archive is called.
"""

import os
import re
import stat
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ballet_lib.array_files import check_directory
from ballet_lib.errors import BalletError

MOST_MEMBERS = 500_000
"""Members that an archive may have; Let's Dance has about 300 files a video."""

LARGEST_DIRECTORY = 1 << 25
"""Bytes of the list of an archive's members, 32 MB: enough for as many as Let's Dance has."""

MOST_UNPACKED = 2 << 30
"""Bytes that an archive may unpack to, 2 GB."""

_WANTED = (".npy", ".npz", ".json", ".txt", ".csv", ".jpg", ".jpeg")
_DAMAGED = "is damaged or no zip archive. Copy it again, or unpack it and give the folder"


@contextmanager
def opened(source: str | os.PathLike) -> Iterator[Path]:
    """Yield a file or folder as it is, and a ``.zip`` as a temporary folder with what it holds.

    Raises
    ------
    BalletError
        If nothing is there, or the archive is damaged, encrypted, too large, or climbs out of its folder.
    """
    path = Path(source)
    if not path.is_file() and not path.is_dir():
        raise BalletError(f"{path} is not there. Check the spelling and the folder.")
    if path.is_dir() or path.suffix.lower() != ".zip":
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="ballet-import-") as folder:
        _unpack(path, Path(folder))
        try:
            yield Path(folder)
        except BalletError as error:  # the temporary folder means nothing to anybody
            raise BalletError(str(error).replace(folder, str(path))) from error


def _unpack(path: Path, folder: Path) -> None:
    try:
        check_directory(path, path, LARGEST_DIRECTORY)
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > MOST_MEMBERS:
                raise BalletError(
                    f"{path} has {len(members):,} members, and {MOST_MEMBERS:,} are unpacked at most. "
                    "Unpack it yourself and give the folder."
                )
            left = MOST_UNPACKED
            for member in members:
                left -= _unpack_member(archive, member, path, folder, left)
    except BalletError:
        raise
    except OSError as error:
        raise BalletError(f"{path} cannot be unpacked ({error.strerror or error}). Make room, or unpack it "
                          "yourself and give the folder.") from error  # fmt: skip
    except Exception as error:  # zipfile, zlib and lzma fail in a dozen ways on a damaged archive
        raise BalletError(f"{path} {_DAMAGED}.") from error


def _unpack_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path, folder: Path, left: int):
    """Unpack one file, if it is of a kind that is read, and return its bytes, at most `left`."""
    where = f"{path}: the member {member.filename[:100]!r}"
    parts = re.split(r"[/\\]", member.filename)
    if ".." in parts or parts[0] == "" or ":" in parts[0]:
        raise BalletError(f"{where} would climb out of its folder. Do not trust this archive.")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise BalletError(f"{where} is a link. Unpack the archive yourself and give the folder.")
    if member.flag_bits & 1:
        raise BalletError(f"{where} is encrypted. Unpack the archive yourself and give the folder.")
    if member.is_dir() or not parts[-1].lower().endswith(_WANTED) or parts[0] == "__MACOSX":
        return 0
    target = folder.joinpath(*parts)
    if target.exists():
        raise BalletError(f"{where} is there twice. Unpack the archive yourself and give the folder.")
    target.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with archive.open(member) as packed, target.open("xb") as file:
        while piece := packed.read(1 << 20):  # the header may lie about the size, so what comes is counted
            written += len(piece)
            if written > left:
                raise BalletError(
                    f"{path} unpacks to more than {MOST_UNPACKED / 1e9:.1f} GB. "
                    "Unpack it yourself, look at it, and give the folder."
                )
            file.write(piece)
    return written


def find_files(root: Path, suffixes: tuple[str, ...], notes: list[str]) -> list[Path]:
    """List the files below a folder (or the one file given), sorted as people count: ``2`` before ``10``.

    Hidden files are passed over. Links to folders, and links to files that lie outside, are not followed;
    `notes` then says so.
    """
    if root.is_file():
        return [root] if root.name.lower().endswith(suffixes) else []
    inside = os.path.realpath(root)
    found, links = [], []
    for folder, folders, names in os.walk(root):
        links += [name for name in folders if os.path.islink(os.path.join(folder, name))]
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = os.path.join(folder, name)
            if name.startswith(".") or not name.lower().endswith(suffixes):
                continue
            if os.path.islink(path) and not os.path.realpath(path).startswith(inside + os.sep):
                links.append(name)
            elif os.path.isfile(path):
                found.append(Path(path))
    if links:
        notes.append(f"{len(links)} links, such as {links[0]}, were not followed. Copy what they point to.")
    return sorted(found, key=lambda path: [counting(part) for part in path.relative_to(root).parts])


def counting(text: str) -> list:
    """Return a key that sorts numbers in a text by their value."""
    return [int(part) if i % 2 else part for i, part in enumerate(re.split(r"([0-9]{1,18})", text))]


def relative(path: Path, root: Path) -> str:
    """Return a file's name from SRC on, with slashes: what takes remember, never a folder of the user's."""
    return path.relative_to(root if root.is_dir() else root.parent).as_posix()


def numbered(name: str) -> tuple[str, int | None]:
    """Part a frame's name from its number: ``clip_0012`` is ``("clip", 12)``, ``a`` is ``("a", None)``."""
    match = re.fullmatch(r"(.*?)[_\-. ]?([0-9]{1,12})", name, flags=re.DOTALL)
    return (match[1], int(match[2])) if match else (name, None)


def frames_by_video(
    paths: Iterable[Path], ending: str, example: str, sparing: Callable, nameless: bool = False
) -> dict[tuple[Path, str], dict[int, Path]]:
    """Group files that hold one frame each: {(folder, video): {frame: file}}.

    Parameters
    ----------
    paths
        The files, all with `ending`.
    example
        A name as it should be.
    sparing
        A context for each file, which may pass over an error.
    nameless
        Whether a number alone will do as a name.

    Raises
    ------
    BalletError
        If a name holds no frame number, or two files are the same frame.
    """
    videos: dict[tuple[Path, str], dict[int, Path]] = {}
    for path in paths:
        with sparing():
            video, number = numbered(path.name[: -len(ending)])
            if number is None or not (video or nameless):
                raise BalletError(
                    f"{path} has no frame number in its name, such as {example}. Rename it, or move it away."
                )
            frames = videos.setdefault((path.parent, video), {})
            if number in frames:
                raise BalletError(f"{path} and {frames[number].name} are the same frame. Move one away.")
            frames[number] = path
    return videos
