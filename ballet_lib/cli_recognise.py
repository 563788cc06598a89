"""`ballet recognise`."""

import argparse
import json
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ballet_lib.cli_command import command, counted, positive, probability
from ballet_lib.errors import BalletError
from ballet_lib.vocabulary import french

if TYPE_CHECKING:
    from ballet_lib.recognition import Recognition

WRITTEN = {"figure": ".png", "video": ".mp4", "csv": ".csv"}
"""What can be written besides, and how its name ends."""


def _recognise_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source", metavar="VIDEO|POSES.npz", help="a film, or what 'ballet extract' made of one"
    )
    parser.add_argument("--model", default="live", metavar="MODEL.keras",
                        help="file, or the name of a model that ships (live)")  # fmt: skip
    parser.add_argument("--threshold", type=probability, default=0.8, metavar="P",
                        help="probability from which a movement counts (0.8)")  # fmt: skip
    parser.add_argument(
        "--exercise", type=positive, default=5, metavar="N", help="movements that make an exercise (5)"
    )
    parser.add_argument("--figure", metavar="FILE.png", help="draw the probabilities over time into a file")
    parser.add_argument("--video", metavar="FILE.mp4", help="write the film with all that was recognised")
    parser.add_argument("--csv", metavar="FILE.csv", help="write a line a movement, for a spreadsheet")
    parser.add_argument("--no-technique", action="store_true", help="correct nothing")


@command(_recognise_arguments)
def recognise(arguments: argparse.Namespace) -> int:
    """Recognise the movements of a film, the exercise that they make, and what to correct."""
    from ballet_lib.recognition import recognise

    _check_outputs(arguments)
    with (
        _bar(f"looking at {Path(arguments.source).name}") as tell,
        warnings.catch_warnings(record=True) as warned,
    ):
        warnings.simplefilter("always", UserWarning)
        told = recognise(
            arguments.source, arguments.model, threshold=arguments.threshold, exercise=arguments.exercise,
            technique=not arguments.no_technique, progress=tell,
        )  # fmt: skip
    for warning in warned:
        print(f"warning: {warning.message}", file=sys.stderr)
    _write(told, arguments)
    if arguments.json:
        print(json.dumps(told.to_json(), indent=1, ensure_ascii=False))
        return 0
    _tell(told)
    for name in WRITTEN:
        if file := getattr(arguments, name):
            print(f"written   {file}")
    return 0


def _check_outputs(arguments: argparse.Namespace) -> None:
    """Look at the names of what is to be written, before a long film is looked at."""
    from ballet_lib.annotation import keep_film
    from ballet_lib.files import writable_folder

    for name, suffix in WRITTEN.items():
        file = getattr(arguments, name)
        if file is None:
            continue
        if Path(file).suffix.lower() != suffix:
            raise BalletError(f"{file} does not end in {suffix}. Give the {name} such a name.")
        keep_film(arguments.source, file)
        writable_folder(Path(file).parent)


@contextmanager
def _bar(words: str) -> Iterator[Callable[[float], None]]:
    """Show a bar on standard error; yield the function to call with the share that is done."""
    from tqdm import tqdm

    bars = []  # made with the first share, so that an error before it stands on a line of its own

    def tell(share: float) -> None:
        if not bars:
            form = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}"
            bars.append(tqdm(total=1.0, desc=words, leave=False, file=sys.stderr, bar_format=form))
        bars[0].update(max(0.0, min(share, 1.0) - bars[0].n))

    try:
        yield tell
    finally:
        for bar in bars:
            bar.close()


def _write(told: "Recognition", arguments: argparse.Namespace) -> None:
    from ballet_lib.files import replacing

    if arguments.figure:
        from ballet_lib import plots
        from ballet_lib.plots.style import png

        title = f"{counted(len(told.events), 'movement')} in {told.seconds:.0f} s of {told.poses.source}"
        figure = plots.recognition(told, title=title)
        with replacing(arguments.figure) as temporary:
            temporary.write_bytes(png(figure))
    if arguments.csv:
        with replacing(arguments.csv) as temporary:
            temporary.write_text(told.to_csv(), encoding="utf-8", newline="")
    if arguments.video:
        from ballet_lib.annotation import annotated_video

        film = None if arguments.source.lower().endswith(".npz") else arguments.source
        with _bar(f"drawing {Path(arguments.video).name}") as tell:
            annotated_video(told, film, arguments.video, tell)


# --- In words ---------------------------------------------------------------------------------------------


def _tell(told: "Recognition") -> None:
    poses = told.poses
    print(f"film      {poses.source}, {_clock(told.seconds)}, somebody in {poses.found.mean():.0%} of "
          f"{counted(len(poses), 'frame')}")  # fmt: skip
    if not told.events:
        surest = max((label for label in told.labels if label != "other"),
                     key=lambda label: told.probabilities[:, told.labels.index(label)].max())  # fmt: skip
        most = told.probabilities[:, told.labels.index(surest)].max()
        print(f"movements none; the likeliest was {french(surest)} with {most:.0%}, and "
              f"{told.threshold:.0%} count")  # fmt: skip
        return
    print(f"\n{_timeline(told)}\n")
    for number, exercise in enumerate(told.exercises, start=1):
        whole = "" if len(exercise) == told.length else f" ({len(exercise)} of {told.length})"
        name = f"exercise {number}" if len(told.exercises) > 1 else "exercise"
        print(f"{name:11} {', '.join(map(french, exercise))}{whole}")
    corrected = [(event, one) for event, one in zip(told.events, told.corrections, strict=True) if one]
    for number, (event, finding) in enumerate(corrected):
        name = "" if number else "correction"
        print(f"{name:11} {_clock(finding.frame / told.fps)}  {french(event.movement)}: {finding.words}")


def _timeline(told: "Recognition") -> str:
    width = max(len(french(event.movement)) for event in told.events)
    lines = [f"{'movement':{width}}     from       to   sure"]
    for event in told.events:
        lines.append(f"{french(event.movement):{width}}  {_clock(event.start):>7}  {_clock(event.end):>7}  "
                     f"{event.probability:>4.0%}")  # fmt: skip
    return "\n".join(lines)


def _clock(seconds: float) -> str:
    """Write a time as players show it, with tenths: 1:05.2."""
    tenths = round(seconds * 10)
    return f"{tenths // 600}:{tenths % 600 // 10:02d}.{tenths % 10}"
