"""``ballet extract``: videos into pose files."""

import argparse
import json
import sys
from dataclasses import asdict

from ballet_lib.cli_command import command, matching, positive


def _extract_arguments(parser: argparse.ArgumentParser) -> None:
    from ballet_lib.pose_model import VARIANTS

    parser.add_argument("videos", nargs="+", metavar="VIDEO")
    parser.add_argument("-o", "--output", required=True, metavar="DIR", help="folder for the .npz files")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--workers", type=positive, default=1, metavar="N", help="videos at the same time (1)")
    where.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="Dask scheduler whose workers share the videos, such as tcp://127.0.0.1:8786. Your own only: on "
        "this machine, in a network you trust, or behind tls://, since whoever reaches it can run code here",
    )
    parser.add_argument("--every", type=positive, default=1, metavar="N", help="take every Nth frame (1)")
    parser.add_argument(
        "--people",
        type=int,
        choices=range(1, 7),
        default=1,
        metavar="N",
        help="people to follow, at most 6 (1)",
    )
    parser.add_argument("--variant", choices=VARIANTS, default="full", help="size of the pose model (full)")


@command(_extract_arguments)
def extract(arguments: argparse.Namespace) -> int:
    """Turn videos into pose files, one .npz a video."""
    from ballet_lib.extraction import Settings, extract_all

    settings = Settings(arguments.variant, arguments.every, arguments.people)
    videos = matching(arguments.videos)
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
