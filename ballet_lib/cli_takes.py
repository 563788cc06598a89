"""``ballet datasets``, ``import`` and ``export``: takes that ship, and those of other programs."""

import argparse
import json
import sys
from dataclasses import asdict

from ballet_lib.cli_command import command, listed, positive


def _datasets_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("list", "build", "verify"), help="what to do")
    parser.add_argument("names", nargs="*", metavar="NAME", help="sets, all by default")
    parser.add_argument("-o", "--output", metavar="DIR", help="build: where to put them (datasets/)")
    parser.add_argument("--workers", type=positive, metavar="N", help="build: processes (one a core)")
    parser.add_argument(
        "--takes", type=positive, default=3, metavar="N", help="verify: takes to remake of each set (3)"
    )
    parser.add_argument("--seed", type=int, default=0, help="verify: which takes to choose (0)")


@command(_datasets_arguments)
def datasets(arguments: argparse.Namespace) -> int:
    """List the data sets that ship, build them anew, or verify a sample of them."""
    from ballet_lib.files import alone
    from ballet_lib.pose_model import cache_folder
    from ballet_lib.studio import build

    if arguments.what == "list":
        described = [build.describe(name) for name in build.check_names(arguments.names)]
        if arguments.json:
            print(json.dumps({"sets": described}, indent=1, ensure_ascii=False))
        else:
            print("\n".join(map(_data_set_line, described)))
        return 0
    if arguments.what == "build":
        with alone(cache_folder() / "build.lock", "is building data sets"):
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
    parser.add_argument("--label-names", type=listed, default=(), metavar="A,B,...",
                        help="names for numbers in a file of labels")  # fmt: skip
    parser.add_argument("--sequence-length", type=positive, default=100, metavar="N",
                        help="lines of a block of text51 (100)")  # fmt: skip
    parser.add_argument("--people", type=int, choices=range(1, MOST_PEOPLE + 1), default=MOST_PEOPLE,
                        metavar="N", help=f"people to follow in a video, at most {MOST_PEOPLE}")  # fmt: skip
    parser.add_argument("--skip-damaged", action="store_true", help="leave damaged files out and list them")


def _size(text: str) -> tuple[int, int]:
    width, height = text.lower().split("x")
    return positive(width), positive(height)


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
    parser.add_argument("--frames", type=positive, metavar="N", help="resample every take to N frames")


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
