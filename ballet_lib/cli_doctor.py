"""``ballet doctor``: what is amiss with this machine, and the mend."""

import argparse
import json
from dataclasses import asdict

from ballet_lib.cli_command import command


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
