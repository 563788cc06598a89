"""`ballet progress`."""

import argparse
import json
from dataclasses import asdict

from ballet_lib.cli_command import command


def _progress_arguments(parser: argparse.ArgumentParser) -> None:
    pass


@command(_progress_arguments)
def progress(arguments: argparse.Namespace) -> int:
    """Show which exercises are done, lesson by lesson."""
    from ballet_lib.checks.progress import progress as report
    from ballet_lib.checks.progress import where

    done = report()
    if arguments.json:
        document = {"file": str(where()), "right": done.right, "tasks": done.tasks}
        print(json.dumps(document | {"lessons": [asdict(row) for row in done.rows]}, indent=1))
    else:
        print(done)
    return 0
