"""How fast AlphaPose's files are read, in how much memory, and whether dancers never seen can be learned."""

import contextlib
import io
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FRAMES = 85_000
SIZE = (1280, 720)
ROUNDS = 7
CHOICES = {"size": SIZE, "fps": 30.0, "label": "dance"}


def measure() -> list[tuple]:
    """Write films as AlphaPose would, read them turn by turn with the text loop; about three minutes."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        return [*speed(place), *other_films(place), *memory(place), *strangers(place)]


# --- Speed ---------------------------------------------------------------------------------------------


def speed(place: Path) -> list[tuple]:
    """Compare with the loop on the same numbers, as AlphaPose writes them and cut to four decimals."""
    rows = []
    for digits, told in ((None, "all digits, as AlphaPose writes them"), (4, "four decimals")):
        film, text = write_film(place / "film.json", digits=digits), place / "film.txt"
        writing = seconds(lambda film=film, text=text: as_the_style_project_writes(film, text))
        ours, whole, loop = turn_by_turn(film, text)
        bar = "≥ 10 times faster" if digits is None else "none"
        megabytes = [path.stat().st_size / 1e6 for path in (film, text)]
        how = (f"{megabytes[0]:.0f} MB of JSON against {megabytes[1]:.0f} MB of text, {told}; fastest of "
               f"{ROUNDS}, files in the system's cache, turn by turn in one process")  # fmt: skip
        rows += [
            (f"{FRAMES:,} frames to arrays against the style project's text loop", bar,
             f"{loop / ours:.1f} times ({ours:.2f} s against {loop:.2f} s)",
             None if digits else loop / ours >= 10, f"51 columns, frames, ids, scores; {how}"),
            ("the same to takes, whole read_takes", "none", f"{loop / whole:.1f} times ({whole:.2f} s)",
             None, "landmarks of 33, people, all checks included"),
            ("the same against its whole way, JSON to text to arrays", "none",
             f"{(writing + loop) / ours:.0f} times ({writing + loop:.1f} s)", None, "text written once"),
        ]  # fmt: skip
    return rows


def turn_by_turn(film: Path, text: Path) -> tuple[float, float, float]:
    """Least seconds of reading arrays, of reading takes, and of the loop."""
    from ballet_lib.formats import read_takes
    from ballet_lib.formats.alphapose import read_people

    with quietly():
        tasks = [lambda: read_people(film), lambda: read_takes("alphapose", film, **CHOICES),
                 lambda: as_the_style_project_reads(text)]  # fmt: skip
        times = [[seconds(task) for task in tasks] for _ in range(ROUNDS + 1)][1:]
    return tuple(map(min, zip(*times, strict=True)))


def as_the_style_project_reads(text: Path):
    """Split each line at its commas, let NumPy turn the texts into numbers, make blocks of 100."""
    import numpy as np

    with text.open() as lines:
        table = np.array([line.split(",") for line in lines], dtype=np.float32)
    return np.array(np.split(table, len(table) // 100))


def as_the_style_project_writes(film: Path, text: Path) -> None:
    """Write the keypoints of AlphaPose's JSON one person a line, as Python writes a list."""
    with film.open() as file, text.open("w") as lines:
        for person in json.load(file):
            lines.write(str(person["keypoints"])[1:-1] + "\n")


def other_films(place: Path) -> list[tuple]:
    """Read two people a frame, people without ids, and many files."""
    from ballet_lib.formats import read_takes

    rows = []
    for what, people, tracked, parts in (
        ("two people a frame", 2, True, 1),
        ("one person, no ids", 1, False, 1),
        ("in 850 files", 1, True, 850),
    ):
        folder = place / what
        for part in range(parts):
            write_film(folder / f"{part}.json", FRAMES // parts, people, tracked)
        with quietly():
            takes = read_takes("alphapose", folder, **CHOICES)
            spent = seconds(lambda folder=folder: read_takes("alphapose", folder, **CHOICES))
        told = f"{spent:.2f} s, {len(takes)} takes"
        rows.append((f"read_takes, {FRAMES:,} frames, {what}", "none", told, None, "second reading"))
    return rows


# --- Memory --------------------------------------------------------------------------------------------


def memory(place: Path) -> list[tuple]:
    """Compare the peak beyond the result for one film and one twice as long, each in a process of its own."""
    beyond, calls = [], []
    for times in (1, 2):
        film = write_film(place / f"long{times}.json", times * FRAMES)
        run = subprocess.run([sys.executable, __file__, film], capture_output=True, text=True, check=True)
        peak, pieces = json.loads(run.stdout)
        beyond.append(peak / 1e6)
        calls.append(pieces)
    grown = beyond[1] - beyond[0]
    return [
        (f"peak memory beyond the result, {2 * FRAMES:,} frames against {FRAMES:,}", "≤ 150 MB more",
         f"{grown:.0f} MB more ({beyond[0]:.0f} and {beyond[1]:.0f} MB)", grown <= 150,
         "read_takes; largest resident set, less that before and less the landmarks returned"),
        ("progress within the file", "told", f"{calls[0]} and {calls[1]} times", min(calls) > 100,
         "calls with the bytes read since; the bar of `ballet import` shows them"),
    ]  # fmt: skip


def peak_of(film: Path) -> tuple[int, int]:
    """Bytes at the peak of reading takes beyond those of the takes, and how often progress was told."""
    import resource

    from ballet_lib.formats import read_takes
    from ballet_lib.formats.alphapose import read_people

    def peak() -> int:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

    read_takes("alphapose", write_film(film.with_name("warm.json"), 100), **CHOICES)
    before = peak()
    takes = read_takes("alphapose", film, **CHOICES)
    beyond = peak() - before - sum(take.poses.landmarks.nbytes for take in takes)
    told: list[int] = []
    read_people(film, told.append)
    return beyond, len(told)


# --- Dancers never seen --------------------------------------------------------------------------------


def strangers(place: Path) -> list[tuple]:
    """Import, train and evaluate invented styles of invented dancers from three formats."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
    import strange_dancers

    rows = []
    for form, network in (("coco17", "lstm"), ("openpose", "lstm"), ("alphapose", "tcn")):
        folder = place / form
        labels = getattr(strange_dancers, form)(folder / "in")
        takes, model = folder / "takes.npz", folder / "model.keras"
        ballet("import", form, folder / "in", "-o", takes, "--size", "1280x720", "--fps", strange_dancers.FPS,
               "--labels", labels, "--people", 1)  # fmt: skip
        told = ballet("train", takes, "-o", model, "--network", network, "--epochs", 10,
                      "--hold-out", "dancer=dancer4,dancer5")["held_out"]  # fmt: skip
        rows.append(
            (f"ballet train --network {network} on {form} never seen", "runs, above chance (33%)",
             f"{told['accuracy']:.0%} of {told['n']}", told["accuracy"] > 1 / 3,
             "import, train, evaluate by the command; 3 invented styles, 6 invented dancers, 17 joints in "
             "metres through a camera; two dancers held out")
        )  # fmt: skip
        ballet("evaluate", model, takes)
    return rows


def ballet(*arguments) -> dict:
    """Run the command and return what it prints as JSON."""
    from ballet_lib.cli import main

    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        status = main([*map(str, arguments), "--json"])
    if status:
        raise RuntimeError(f"ballet {arguments[0]} ended with {status}")
    return json.loads(told.getvalue())


# --- Films ---------------------------------------------------------------------------------------------


def write_film(
    path: Path, frames: int = FRAMES, people: int = 1, tracked: bool = True, digits: int | None = None
) -> Path:
    """Write joints that wander as AlphaPose writes people: float32 numbers with all their digits."""
    import numpy as np

    rng = np.random.default_rng(0)
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as file:
        file.write("[")
        place = rng.uniform(300, 420, (people, 17, 2)) + 400 * np.arange(people)[:, None, None]
        for frame in range(frames):
            place = np.clip(place + rng.normal(0, 1, place.shape), 1, (SIZE[0] - 1, SIZE[1] - 1))
            points = np.concatenate([place, rng.uniform(0.3, 0.98, (people, 17, 1))], axis=2)
            for person, numbers in enumerate(points.astype(np.float32).reshape(people, 51).tolist()):
                numbers = numbers if digits is None else [round(number, digits) for number in numbers]
                result = {"image_id": f"{frame}.jpg", "category_id": 1, "keypoints": numbers, "score": 2.75,
                          "box": numbers[:4]} | ({"idx": person + 1} if tracked else {})  # fmt: skip
                file.write((", " if frame or person else "") + json.dumps(result))
        file.write("]")
    return path


def seconds(task) -> float:
    """Seconds that a task takes; what it returns is let go after the clock is stopped."""
    started = time.perf_counter()
    kept = task()
    spent = time.perf_counter() - started
    del kept
    return spent


@contextlib.contextmanager
def quietly():
    """Say nothing of what is assumed."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


if __name__ == "__main__":
    print(json.dumps(peak_of(Path(sys.argv[1]))))
