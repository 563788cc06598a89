"""Frames in and out of files: upright RGB pictures from any video, and files that a browser plays.

A frame is uint8 (H, W, 3) in RGB everywhere. Reading is lazy, so a film of any length needs the memory of
a few frames.
"""

import os
import re
import subprocess
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.files import replacing


@dataclass(frozen=True)
class VideoInfo:
    """What a video's header says, with width and height as seen upright; None where it does not say."""

    width: int
    height: int
    fps: float
    frames: int | None
    seconds: float | None


def probe(path: str | os.PathLike) -> VideoInfo:
    """Read a video's size (pixels, upright), frames per second, number of frames and length (seconds).

    The number of frames is the header's claim: a damaged file may hold fewer.

    Raises
    ------
    BalletError
        If the file is not a video that can be read.
    """
    capture = _open(path)
    try:
        found, first = capture.read()
        if not found:
            raise BalletError(f"{path} holds no frame that can be read. Record or copy it again.")
        height, width = first.shape[:2]
        frames = _stated_frames(capture)
        fps = _frame_rate(capture)
        return VideoInfo(width, height, fps, frames, frames / fps if frames else None)
    finally:
        capture.release()


def read_frames(path: str | os.PathLike, every: int = 1) -> Iterator[np.ndarray]:
    """Yield the frames of a video one after the other, the first of each `every`.

    Yields
    ------
    np.ndarray
        uint8 (H, W, 3), RGB, upright also where a phone recorded it lying on its side.

    Raises
    ------
    BalletError
        On the call, if `path` is no readable video or `every` is not a positive whole number.

    Warns
    -----
    UserWarning
        At the end, if the file breaks off before the number of frames that its header states.
    """
    if every < 1 or int(every) != every:
        raise BalletError(f"every={every} makes no sense. Give a whole number: 1 for all frames, 2 for half.")
    return _frames(path, _open(path), int(every))


def _frames(path, capture, every: int) -> Iterator[np.ndarray]:
    import cv2

    count = 0
    try:
        while capture.grab():
            if count % every == 0:
                readable, frame = capture.retrieve()
                if not readable:
                    break
                yield cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
            count += 1
        stated = _stated_frames(capture)
    finally:
        capture.release()
    if count == 0:
        raise BalletError(f"{path} holds no frame that can be read. Record or copy it again.")
    # Containers without an index state their length as an estimate, so a few frames less mean nothing.
    if stated and count < 0.95 * stated - 2:
        warnings.warn(
            f"{path} breaks off after {count} of {stated} frames. "
            "Those were read; copy the file again for the rest.",
            stacklevel=3,
        )


def read_image(path: str | os.PathLike) -> np.ndarray:
    """Read one picture: uint8 (H, W, 3), RGB, turned upright as its EXIF data says.

    Raises
    ------
    BalletError
        If the file is missing, empty, or not a picture.
    """
    import cv2

    path = _existing(path)
    # Decoding from memory, because OpenCV on Windows does not open paths with accents.
    picture = cv2.imdecode(np.fromfile(path, dtype=np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise BalletError(
            f"{path} is not a picture that can be read. Give a JPEG or PNG; for a video use read_frames."
        )
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def write_video(path: str | os.PathLike, frames: Iterable[np.ndarray], fps: float) -> Path:
    """Write frames as a file that every browser plays: ``.mp4`` (H.264, yuv420p) or ``.gif``.

    Parameters
    ----------
    path
        Where to; the suffix chooses the format.
    frames
        uint8 (H, W, 3), RGB, all of one size. An iterator will do: one frame is held at a time. H.264
        needs even sizes, so an odd edge is repeated once.
    fps
        Frames per second.

    Returns
    -------
    Path
        `path`, complete: it appears under its name only when the last frame is in.

    Raises
    ------
    BalletError
        If the suffix, the frame rate or a frame does not fit, or the file cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() not in _ENCODING:
        raise BalletError(f"'{path.suffix}' is no format to write. End the name in .mp4 or .gif.")
    if not (np.isfinite(fps) and 0 < fps <= 1000):
        raise BalletError(f"{fps} frames per second cannot be played. Give a number such as 25.")
    frames = iter(frames)
    first = next(frames, None)
    if first is None:
        raise BalletError("There is no frame to write. Give at least one picture.")
    size = check_frame(first).shape
    with replacing(path) as temporary:
        try:
            _encode(temporary, first, frames, size, fps)
        except OSError as error:  # the encoder's own words stand in the last lines
            said = str(error).strip().splitlines()
            raise OSError(said[-1] if said else "the encoder stopped") from error
    return path


# One palette made from the whole film: its 256 colours are those of this stage and skin.
_OWN_PALETTE = "split[a][b];[a]palettegen=stats_mode=diff[p];[b][p]paletteuse=dither=bayer:bayer_scale=4"
_ENCODING = {
    ".mp4": {
        "codec": "libx264",
        "pix_fmt_out": "yuv420p",
        "output_params": ["-crf", "20", "-preset", "medium", "-movflags", "+faststart"],
    },
    ".gif": {"codec": "gif", "pix_fmt_out": "pal8", "output_params": ["-filter_complex", _OWN_PALETTE]},
}


def _encode(path: Path, first, rest, size, fps: float) -> None:
    import imageio_ffmpeg

    height, width = size[0], size[1]
    odd = (height % 2, width % 2) if path.suffix.lower() == ".mp4" else (0, 0)
    writer = imageio_ffmpeg.write_frames(
        str(path),
        (width + odd[1], height + odd[0]),
        fps=fps,
        quality=None,
        macro_block_size=1,
        ffmpeg_log_level="error",
        **_ENCODING[path.suffix.lower()],
    )
    writer.send(None)
    try:
        for frame in chain([first], rest):
            if check_frame(frame).shape != size:
                raise BalletError(
                    f"A frame of {frame.shape} follows frames of {size}. Resize them to one size first."
                )
            writer.send(np.pad(frame, ((0, odd[0]), (0, odd[1]), (0, 0)), mode="edge"))
    finally:
        writer.close()


def check_frame(frame: np.ndarray) -> np.ndarray:
    """Return a picture as an array, or raise BalletError if it is not uint8 (H, W, 3)."""
    frame = np.asarray(frame)
    if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3 or 0 in frame.shape:
        raise BalletError(
            f"A picture is uint8 (H, W, 3) in RGB, not {frame.dtype} {frame.shape}. "
            "Multiply by 255 and convert, or cut off the alpha channel."
        )
    return frame


def _open(path):
    """Open a checked video for reading; the caller releases it."""
    path = _existing(path)
    _refuse_other_formats(path)
    # FFmpeg inside OpenCV writes to the terminal by itself; our one sentence says more.
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    import cv2

    level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    finally:
        cv2.utils.logging.setLogLevel(level)
    if not capture.isOpened():
        capture.release()
        raise BalletError(f"{path} {_what_is_wrong(path)}")
    return capture


def _existing(path) -> Path:
    path = Path(path)
    if path.is_dir():
        raise BalletError(f"{path} is a folder. Name the files in it, for example {path / '*.mp4'}.")
    if not path.is_file():
        raise BalletError(f"{path} is not there. Check the spelling and the folder.")
    if path.stat().st_size == 0:
        raise BalletError(f"{path} is empty (0 bytes). Record or copy it again.")
    return path


_PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"BM", b"II*\x00", b"MM\x00*")
_PICTURE_BRANDS = (b"heic", b"heix", b"mif1", b"avif")


def _refuse_other_formats(path: Path) -> None:
    """Tell by the first bytes what FFmpeg would take for a film of one frame, or not name well."""
    with path.open("rb") as file:
        head = file.read(16)
    if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
        raise BalletError(f"{path} is a zip archive, not a video. Unpack it and give the video inside.")
    webp = head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    if webp or head.startswith(_PICTURES) or (head[4:8] == b"ftyp" and head[8:12] in _PICTURE_BRANDS):
        raise BalletError(f"{path} is a picture, not a video. Read it with read_image, or give a video.")


def _what_is_wrong(path: Path) -> str:
    """Ask FFmpeg why a file does not open, and say it in one sentence, with one on what to do."""
    import imageio_ffmpeg

    try:
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", str(path.absolute())]
        said = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=10, text=True, errors="replace"
        ).stderr
    except (OSError, RuntimeError, subprocess.TimeoutExpired):
        said = ""
    if re.search(r"Stream #.*Audio:", said) and not re.search(r"Stream #.*Video:", said):
        return "holds sound but no picture. Give the file with the video in it."
    with path.open("rb") as file:
        if file.read(8)[4:] == b"ftyp":
            return (
                "is damaged or breaks off before its index, so no frame can be read. Copy or record it again."
            )
    return (
        "is not a video that can be read. Give an .mp4, .mov, .webm, .avi or .gif, or convert it with ffmpeg."
    )


def _stated_frames(capture) -> int | None:
    import cv2

    count = capture.get(cv2.CAP_PROP_FRAME_COUNT)
    return int(count) if 0 < count < 1e8 else None


def _frame_rate(capture) -> float:
    """Return the stated frame rate, or measure it where the header holds none (recordings of browsers)."""
    import cv2

    stated = capture.get(cv2.CAP_PROP_FPS)
    if 0 < stated <= 240:
        return float(stated)
    times = []
    while len(times) < 60 and capture.grab():
        times.append(capture.get(cv2.CAP_PROP_POS_MSEC))
    steps = np.diff(times)
    steps = steps[steps > 0]
    return float(1000 / np.mean(steps)) if len(steps) else 30.0
