"""The ``ballet`` command: each subcommand is one function that declares itself with `command`.

Exit status 0 when done, 1 when the input is at fault (one line says what and what to do), 2 for wrong usage.
With ``--json`` exactly one JSON document goes to standard output; bars and messages go to standard error.
"""

import argparse
import glob
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict

from ballet_lib import BalletError, __version__

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""

_COMMANDS: dict[str, tuple[Callable, Callable]] = {}


def command(declare: Callable[[argparse.ArgumentParser], None]):
    """Register the decorated function under its name; `declare` adds its arguments to the parser.

    The function's first docstring line is its help. It takes the parsed arguments and returns the exit
    status.
    """

    def register(run: Callable[[argparse.Namespace], int]):
        _COMMANDS[run.__name__.rstrip("_")] = (declare, run)  # `import_`, since `import` is Python's
        return run

    return register


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="ballet", description="Sequence models on ballet, from video to dance."
    )
    parser.add_argument("--version", action="version", version=f"ballet-lib {__version__}")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, (declare, run) in _COMMANDS.items():
        about = run.__doc__.strip().splitlines()[0]
        subparser = subparsers.add_parser(name, help=about, description=about)
        subparser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
        subparser.set_defaults(run=run)
        declare(subparser)
    chosen = parser.parse_args(arguments)
    try:
        return chosen.run(chosen)
    except BalletError as error:
        if chosen.json:
            print(json.dumps({"error": str(error)}))
        print(f"ballet: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            "ballet: stopped. What was finished is kept; run the same command again to go on.",
            file=sys.stderr,
        )
        return INTERRUPTED
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive whole number")
    return number


_positive.__name__ = "whole number"  # argparse names the type in its message


def _probability(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 1:
        raise ValueError(text)
    return number


_probability.__name__ = "probability from 0 to 1"


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


def _doctor_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--brief", action="store_true", help="print only what fails, and a count")


@command(_doctor_arguments)
def doctor(arguments: argparse.Namespace) -> int:
    """Check the environment, the model and the disk; say how to mend what fails."""
    from ballet_lib.doctor import examine

    checks = []
    for check in examine():
        checks.append(check)
        if not arguments.json and not (arguments.brief and check.ok):
            print(check, flush=True)
    failed = [check for check in checks if not check.ok]
    if arguments.json:
        print(json.dumps({"ok": not failed, "checks": [asdict(check) for check in checks]}, indent=1))
    elif failed:
        print(f"\n{len(failed)} of {len(checks)} checks failed:", *failed, sep="\n")
    else:
        print(f"\nAll {len(checks)} checks are OK.")
    return 1 if failed else 0


def _extract_arguments(parser: argparse.ArgumentParser) -> None:
    from ballet_lib.pose_model import VARIANTS

    parser.add_argument("videos", nargs="+", metavar="VIDEO")
    parser.add_argument("-o", "--output", required=True, metavar="DIR", help="folder for the .npz files")
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--workers", type=_positive, default=1, metavar="N", help="videos at the same time (1)"
    )
    where.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="Dask scheduler whose workers share the videos, such as tcp://127.0.0.1:8786. Your own only: on "
        "this machine, in a network you trust, or behind tls://, since whoever reaches it can run code here",
    )
    parser.add_argument("--every", type=_positive, default=1, metavar="N", help="take every Nth frame (1)")
    parser.add_argument(
        "--people",
        type=int,
        choices=range(1, 7),
        default=1,
        metavar="N",
        help="people to follow, at most 6 (1)",
    )
    parser.add_argument("--variant", choices=VARIANTS, default="full", help="size of the pose model (full)")


def _matching(names: list[str]) -> list[str]:
    """Expand ``*.mp4`` where the shell does not, as on Windows."""
    found = []
    for name in names:
        matches = [] if os.path.exists(name) else sorted(glob.glob(name))
        found += matches or [name]
    return found


@command(_extract_arguments)
def extract(arguments: argparse.Namespace) -> int:
    """Turn videos into pose files, one .npz a video."""
    from ballet_lib.extraction import Settings, extract_all

    settings = Settings(arguments.variant, arguments.every, arguments.people)
    videos = _matching(arguments.videos)
    outcomes = extract_all(
        videos, arguments.output, settings, arguments.workers, scheduler=arguments.scheduler
    )
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    if arguments.json:
        print(json.dumps({"videos": [asdict(outcome) for outcome in outcomes]}, indent=1))
        return 1 if failed else 0
    for outcome in outcomes:
        if outcome.status != "failed":
            print(f"{outcome.status:8}{outcome.video} -> {', '.join(outcome.poses)}"
                  f"  (person in {outcome.found} of {outcome.frames} frames)")  # fmt: skip
    for warning in (warning for outcome in outcomes for warning in outcome.warnings):
        print(f"warning: {warning}", file=sys.stderr)
    for outcome in failed:
        print(f"failed: {outcome.error}", file=sys.stderr)
    return 1 if failed else 0


def _datasets_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("list", "build", "verify"), help="what to do")
    parser.add_argument("names", nargs="*", metavar="NAME", help="sets, all by default")
    parser.add_argument("-o", "--output", metavar="DIR", help="build: where to put them (datasets/)")
    parser.add_argument("--workers", type=_positive, metavar="N", help="build: processes (one a core)")
    parser.add_argument(
        "--takes", type=_positive, default=3, metavar="N", help="verify: takes to remake of each set (3)"
    )
    parser.add_argument("--seed", type=int, default=0, help="verify: which takes to choose (0)")


@command(_datasets_arguments)
def datasets(arguments: argparse.Namespace) -> int:
    """List the data sets that ship, build them anew, or verify a sample of them."""
    from ballet_lib.studio import build

    if arguments.what == "list":
        described = [build.describe(name) for name in build.check_names(arguments.names)]
        if arguments.json:
            print(json.dumps({"sets": described}, indent=1, ensure_ascii=False))
        else:
            print("\n".join(map(_data_set_line, described)))
        return 0
    if arguments.what == "build":
        files = build.build(arguments.names, arguments.output, arguments.workers)
        print(json.dumps({"files": [str(file) for file in files]}) if arguments.json else
              "\n".join(f"{file}  {file.stat().st_size / 1e6:.1f} MB" for file in files))  # fmt: skip
        return 0
    tell = (lambda *_: None) if arguments.json else _tell_comparison
    compared = build.verify(arguments.names, arguments.takes, arguments.seed, tell)
    if arguments.json:
        rows = [asdict(one) | {"ok": one.ok} for one in compared]
        print(json.dumps({"ok": all(one.ok for one in compared), "takes": rows}, indent=1))
    else:
        good = sum(one.ok for one in compared)
        print(f"{good} of {len(compared)} takes came out as they ship, within the tolerance: "
              f"{', '.join(f'{name} {most:g}' for name, most in build.TOLERANCE.items())}.")  # fmt: skip
    return 0 if all(one.ok for one in compared) else 1


def _data_set_line(told: dict) -> str:
    head = f"{told['name']:14} {told['about']}\n{'':14} "
    if told["takes"] is None:
        return f"{head}not built: ballet datasets build {told['name']}"
    return (f"{head}{told['takes']} takes, {told['frames']:,} frames, {len(told['dancers'])} dancers, "
            f"{told['megabytes']} MB: {told['file']}")  # fmt: skip


def _tell_comparison(name: str, one) -> None:
    print(f"{'same' if one.ok else 'DIFFERS':8}{name}/{one.take_id}  exact within {one.exact * 1000:.1f} mm, "
          f"landmarks within {one.landmarks:.5f}, found differs in {one.found:.0%}", flush=True)  # fmt: skip


def _import_arguments(parser: argparse.ArgumentParser) -> None:
    from ballet_lib.formats import FORMATS
    from ballet_lib.formats.reading import MOST_PEOPLE

    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "formats:\n" + "\n".join(f"  {name:12}{form.about}" for name, form in FORMATS.items())
    parser.add_argument("format", choices=FORMATS, metavar="FORMAT", help=", ".join(FORMATS))
    parser.add_argument("source", metavar="SRC", help="file, folder, or zip archive")
    parser.add_argument("-o", "--output", required=True, metavar="TAKES", help="folder, or a name in .npz")
    parser.add_argument("--dancer", default="unknown", metavar="NAME", help="who dances (unknown)")
    parser.add_argument("--fps", type=float, metavar="N", help="frames per second, if the files do not say")
    parser.add_argument("--size", type=_size, metavar="WxH", help="pixels of the pictures, such as 1280x720")
    parser.add_argument("--label", metavar="NAME", help="what is danced, the same in all files")
    parser.add_argument(
        "--labels", metavar="FILE", help="text51: a label a block; else CSV with source,label,dancer"
    )
    parser.add_argument("--label-names", type=_names, default=(), metavar="A,B,...",
                        help="names for numbers in a file of labels")  # fmt: skip
    parser.add_argument("--sequence-length", type=_positive, default=100, metavar="N",
                        help="lines of a block of text51 (100)")  # fmt: skip
    parser.add_argument("--people", type=int, choices=range(1, MOST_PEOPLE + 1), default=MOST_PEOPLE,
                        metavar="N", help=f"people to follow in a video, at most {MOST_PEOPLE}")  # fmt: skip
    parser.add_argument("--skip-damaged", action="store_true", help="leave damaged files out and list them")


def _size(text: str) -> tuple[int, int]:
    width, height = text.lower().split("x")
    return _positive(width), _positive(height)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(","))


_size.__name__ = "size, such as 640x480,"


@command(_import_arguments)
def import_(arguments: argparse.Namespace) -> int:
    """Turn other people's pose files into takes; say what was assumed and what was lost."""
    from ballet_lib.formats import Reading, check_output, import_takes

    chosen = ("dancer", "fps", "size", "label", "labels", "label_names", "sequence_length", "people",
              "skip_damaged")  # fmt: skip
    reading = Reading(**{name: getattr(arguments, name) for name in chosen}, bar=not arguments.json)
    check_output(arguments.output)
    takes = import_takes(arguments.format, arguments.source, reading)
    check_output(arguments.output, takes)
    output = takes.save(arguments.output)
    report = {
        "format": arguments.format, "output": str(output), "takes": len(takes),
        "labels": {label: int((takes.y == number).sum()) for label, number in takes.label_map.items()},
        "dancers": list(takes.dancers),
        "frames": sum(len(take) for take in takes),
        "found": sum(int(take.poses.found.sum()) for take in takes),
        "lost": reading.lost, "warnings": reading.notes, "skipped": reading.skipped,
    }  # fmt: skip
    if arguments.json:
        print(json.dumps(report, indent=1))
        return 0
    counts = ", ".join(f"{label} {count}" for label, count in report["labels"].items())
    print(f"read     {len(takes)} takes ({counts}), {len(takes.dancers)} dancers")
    print(f"frames   {report['frames']}, with a person in {report['found']}")
    for what in reading.lost:
        print(f"lost     {what}")
    print(f"written  {output}")
    for text in (*reading.notes, *(f"left out: {problem}" for problem in reading.skipped)):
        print(f"warning: {text}", file=sys.stderr)
    return 0


def _export_arguments(parser: argparse.ArgumentParser) -> None:
    from ballet_lib.formats import FORMATS

    written = [name for name, form in FORMATS.items() if form.write]
    parser.add_argument("format", choices=written, metavar="FORMAT", help=", ".join(written))
    parser.add_argument("takes", metavar="TAKES", help="folder, .npz, or the name of a set that ships")
    parser.add_argument("-o", "--output", required=True, metavar="DEST", help="folder that is not there yet")
    parser.add_argument("--frames", type=_positive, metavar="N", help="resample every take to N frames")


@command(_export_arguments)
def export(arguments: argparse.Namespace) -> int:
    """Write takes in another program's format; say what is lost."""
    from ballet_lib.formats import write_takes
    from ballet_lib.takes import TakeSet

    takes = TakeSet.load(arguments.takes)
    if arguments.frames:
        takes = takes.resample(frames=arguments.frames)
    lost = write_takes(arguments.format, takes, arguments.output)
    if arguments.json:
        report = {"format": arguments.format, "output": arguments.output, "takes": len(takes), "lost": lost}
        print(json.dumps(report, indent=1))
        return 0
    print(f"written  {len(takes)} takes to {arguments.output}")
    for what in lost:
        print(f"lost     {what}")
    return 0


from ballet_lib import (  # noqa: E402  (they register their commands)
    cli_app,  # noqa: F401
    cli_evaluate,  # noqa: F401
    cli_grade,  # noqa: F401
    cli_models,  # noqa: F401
    cli_progress,  # noqa: F401
    cli_recognise,  # noqa: F401
    cli_silhouettes,  # noqa: F401
    cli_tune,  # noqa: F401
)
