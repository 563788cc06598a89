"""Frames in and out of files: upright RGB pictures from any video, and files that a browser plays.

A frame is uint8 (H, W, 3) in RGB everywhere. Reading is lazy, so a film of any length needs the memory of
a few frames.
"""

import os
import re
import subprocess
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.files import replacing

MOST_PIXELS = 36_000_000
"""Pixels of a picture or a film: as many as 8K has. A small file may claim far more than a machine holds."""

_FILMS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,gif,apng,mpegts,mpeg,mpegvideo,m4v,h264,hevc,av1,ivf," \
         "flv,asf,ogg,mxf,dv,mjpeg,nut,rm,yuv4mpegpipe"  # fmt: skip
_OPTIONS = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
"""Where OpenCV takes options for FFmpeg from."""


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
    _check_picture(path)
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
        _encode(temporary, chain([first], frames), size, fps)
    return path


# One palette made from the whole film: its 256 colours are those of this stage and skin.
_OWN_PALETTE = "split[a][b];[a]palettegen=stats_mode=diff[p];[b][p]paletteuse=dither=bayer:bayer_scale=4"
_ENCODING = {
    ".mp4": ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "20", "-movflags", "+faststart"],
    ".gif": ["-c:v", "gif", "-pix_fmt", "pal8", "-filter_complex", _OWN_PALETTE],
}


def _encode(path: Path, frames: Iterable[np.ndarray], size: tuple[int, ...], fps: float) -> None:
    """Hand the frames to FFmpeg; OSError if it fails.

    `imageio_ffmpeg.write_frames` would do, but for FFmpeg's exit status, which it drops: that alone tells
    when the disk was full at the end.
    """
    suffix = path.suffix.lower()
    odd = (size[0] % 2, size[1] % 2) if suffix == ".mp4" else (0, 0)
    picture = f"{size[1] + odd[1]}x{size[0] + odd[0]}"
    with _encoder(path, picture, fps, _ENCODING[suffix]) as pipe:
        for frame in frames:
            if check_frame(frame).shape != size:
                raise BalletError(
                    f"A frame of {frame.shape} follows frames of {size}. Resize them to one size first."
                )
            pipe.write(np.pad(frame, ((0, odd[0]), (0, odd[1]), (0, 0)), mode="edge").data)


@contextmanager
def _encoder(path: Path, picture: str, fps: float, encoding: list[str]) -> Iterator[BinaryIO]:
    """Yield a pipe for raw frames into FFmpeg, and see to it that it comes to its end."""
    import imageio_ffmpeg

    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", picture, "-framerate", f"{fps:.8g}", "-i", "-"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-v", "error", *raw, "-an", *encoding, str(path)]
    with tempfile.TemporaryFile() as said:
        ffmpeg = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said,
            start_new_session=True, creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # no Ctrl-C
        )  # fmt: skip
        pipe: Any = ffmpeg.stdin
        try:
            with suppress(BrokenPipeError):  # it ended by itself, and its status says how
                yield pipe
                pipe.close()
            if ffmpeg.wait():
                said.seek(0)
                words = said.read().decode(errors="replace").strip().splitlines()
                status = f"the encoder ended with status {ffmpeg.returncode}"
                raise OSError(re.sub(r"^(\[[^]]*\] )+", "", words[-1]) if words else status)
        finally:
            ffmpeg.kill()  # when the frames broke off; otherwise it is gone
            with suppress(OSError):
                pipe.close()
            ffmpeg.wait()


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
        with _only_films():
            capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, _patience())
    finally:
        cv2.utils.logging.setLogLevel(level)
    if not capture.isOpened():
        capture.release()
        raise BalletError(f"{path} {_what_is_wrong(path)}")
    width, height = (int(capture.get(side)) for side in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
    if width * height > MOST_PIXELS:
        capture.release()
        raise BalletError(_too_large(path, width, height))
    return capture


def _patience() -> list[int]:
    """Give up on a file that FFmpeg reads without end."""
    import cv2

    seconds = 10_000
    return [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, seconds, cv2.CAP_PROP_READ_TIMEOUT_MSEC, seconds]


@contextmanager
def _only_films() -> Iterator[None]:
    """Let FFmpeg open files that are films themselves, not lists that name other files or addresses."""
    before = os.environ.get(_OPTIONS)
    os.environ[_OPTIONS] = f"format_whitelist;{_FILMS}|protocol_whitelist;file"
    try:
        yield
    finally:
        os.environ.pop(_OPTIONS)
        if before is not None:
            os.environ[_OPTIONS] = before


def _check_picture(path: Path) -> None:
    """Refuse a picture by the size in its header, before OpenCV asks for its memory."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of sizes that are refused here
            with Image.open(path) as picture:
                width, height = picture.size
    except Image.DecompressionBombError:
        raise BalletError(_too_large(path)) from None
    except Exception:  # a format that OpenCV may know, or a damaged file of which it says so
        return
    if width * height > MOST_PIXELS:
        raise BalletError(_too_large(path, width, height))


def _too_large(path: Path, width: int = 0, height: int = 0) -> str:
    size = f"{width} x {height} pixels" if width else "a picture without bounds"
    return f"{path} holds {size}, more than {MOST_PIXELS / 1e6:.0f} million. Scale it down first."


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
        only = ["-format_whitelist", _FILMS, "-protocol_whitelist", "file"]
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", *only, "-i", str(path.absolute())]
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
