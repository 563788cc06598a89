"""The ``ballet`` command; what each subcommand does stands in a module of its own, ``cli_*``."""

import argparse
import json
import os
import sys
from collections.abc import Sequence

from ballet_lib import __version__
from ballet_lib.cli_app import app
from ballet_lib.cli_command import INTERRUPTED
from ballet_lib.cli_doctor import doctor
from ballet_lib.cli_evaluate import evaluate
from ballet_lib.cli_extract import extract
from ballet_lib.cli_grade import grade
from ballet_lib.cli_models import train
from ballet_lib.cli_progress import progress
from ballet_lib.cli_recognise import recognise
from ballet_lib.cli_silhouettes import silhouettes
from ballet_lib.cli_takes import datasets, export, import_
from ballet_lib.cli_tune import tune
from ballet_lib.errors import BalletError

COMMANDS = (
    doctor, extract, import_, export, datasets, train, evaluate, tune, recognise, silhouettes, app, progress,
    grade,
)  # fmt: skip
"""In the order of ``ballet --help``."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="ballet", description="Sequence models on ballet, from video to dance."
    )
    parser.add_argument("--version", action="version", version=f"ballet-lib {__version__}")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        subparser = subparsers.add_parser(command.name, help=command.about, description=command.about)
        subparser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
        subparser.set_defaults(run=command.run)
        command.declare(subparser)
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
