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
        _COMMANDS[run.__name__] = (declare, run)
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
    parser.add_argument(
        "--workers", type=_positive, default=1, metavar="N", help="videos at the same time (1)"
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
    outcomes = extract_all(_matching(arguments.videos), arguments.output, settings, arguments.workers)
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
