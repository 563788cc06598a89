"""How quick and how frugal the way from a video to landmarks is, against the bars of the course.

The frame rates are measured side by side in one process, turn by turn, so that a busy machine slows both
alike. The memory is the peak of a process of its own for each film.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

FPS = 25
ROUNDS = 3


def measure() -> list[tuple]:
    """Return rows of (what, bar, measured, met, how); takes about seven minutes on two cores."""
    with tempfile.TemporaryDirectory() as folder:
        return [*_imports(), *_speed(Path(folder)), *_memory(Path(folder))]


def _film(path: Path, seconds: int) -> Path:
    """Film a person who drifts over a 720p stage."""
    from skimage.data import astronaut

    from ballet_lib.video import write_video

    person = astronaut()
    stage = np.full((720, 1280, 3), 160, np.uint8)

    def frames():
        for i in range(seconds * FPS):
            frame = stage.copy()
            x = int(380 + 300 * np.sin(i / 40))
            frame[208:720, x : x + 512] = person
            yield frame

    return write_video(path, frames(), FPS)


def _imports() -> list[tuple]:
    code = (
        "import json, sys, time; begun = time.perf_counter(); import ballet_lib; "
        "took = time.perf_counter() - begun; "
        "print(json.dumps([took, sorted({'tensorflow', 'mediapipe'} & set(sys.modules))]))"
    )
    runs = [json.loads(subprocess.check_output([sys.executable, "-c", code])) for _ in range(7)]
    took = statistics.median(seconds for seconds, _ in runs)
    heavy = runs[0][1]
    return [
        ("import ballet_lib", "< 0.3 s", f"{took:.3f} s", took < 0.3, "median of 7 fresh processes"),
        (
            "TensorFlow and MediaPipe imported by it",
            "neither",
            ", ".join(heavy) or "neither",
            not heavy,
            "sys.modules afterwards",
        ),
    ]


def _bare_loop(film: Path) -> int:
    """Decode and call MediaPipe, nothing else: what the extractor is held against."""
    import cv2

    from ballet_lib.pose_model import pose_model
    from ballet_lib.quiet_mediapipe import import_mediapipe

    mediapipe = import_mediapipe()
    from mediapipe.tasks.python import BaseOptions, vision

    options = vision.PoseLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(pose_model())), running_mode=vision.RunningMode.VIDEO
    )
    count = 0
    with vision.PoseLandmarker.create_from_options(options) as landmarker:
        capture = cv2.VideoCapture(str(film))
        while True:
            found, frame = capture.read()
            if not found:
                break
            rgb = cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
            image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=rgb)
            landmarker.detect_for_video(image, count * 1000 // FPS)
            count += 1
        capture.release()
    return count


def _ours(film: Path) -> int:
    from ballet_lib.extraction import extract_all

    with tempfile.TemporaryDirectory() as folder:
        return extract_all([film], folder, progress=True)[0].frames


def _rate(run, film: Path) -> float:
    begun = time.perf_counter()
    frames = run(film)
    return frames / (time.perf_counter() - begun)


def _speed(folder: Path) -> list[tuple]:
    film = _film(folder / "twenty seconds.mp4", 20)
    short = _film(folder / "warm up.mp4", 1)
    _bare_loop(short), _ours(short)
    pairs = [(_rate(_ours, film), _rate(_bare_loop, film)) for _ in range(ROUNDS)]
    ratio = statistics.median(ours / bare for ours, bare in pairs)
    ours, bare = (statistics.median(rates) for rates in zip(*pairs, strict=True))
    return [
        (
            "ballet extract, 20 s of 720p, against a bare loop",
            ">= 90%",
            f"{100 * ratio:.0f}% ({ours:.0f} against {bare:.0f} frames/s)",
            ratio >= 0.9,
            f"one process, turn by turn, median of {ROUNDS} pairs; both open the model and the film",
        )
    ]


_PEAK = """
import sys
from ballet_lib.cli import main
status = main(["extract", sys.argv[1], "-o", sys.argv[2], "--json"])
try:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
except ImportError:  # Windows
    import psutil
    peak = psutil.Process().memory_info().peak_wset / 2**20
print("\\n", peak)
sys.exit(status)
"""


def _peak_megabytes(film: Path, output: Path) -> float:
    run = subprocess.run(
        [sys.executable, "-c", _PEAK, film, output], stdout=subprocess.PIPE, check=True, text=True
    )
    return float(run.stdout.splitlines()[-1])


def _memory(folder: Path) -> list[tuple]:
    import imageio_ffmpeg

    short = _film(folder / "ten seconds.mp4", 10)
    long = folder / "ten minutes.mp4"
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error"]
    subprocess.run([*ffmpeg, "-stream_loop", "59", "-i", short, "-c", "copy", long], check=True)
    of_short, of_long = (_peak_megabytes(film, folder / "poses") for film in (short, long))
    return [
        (
            "peak memory, ten minutes of 720p over ten seconds",
            "<= 300 MB more",
            f"{of_long - of_short:+.0f} MB ({of_long:.0f} against {of_short:.0f} MB)",
            of_long - of_short <= 300,
            "peak resident size of ballet extract, a process each",
        )
    ]


if __name__ == "__main__":
    for row in measure():
        print(*row, sep=" | ")
