"""`ballet grade`."""

import argparse
import json
import os
import time
from dataclasses import asdict

from ballet_lib.cli_command import command, counted, positive

LAYOUT = """
FOLDER holds a folder a learner, or a file a learner:

    class/anna/01_pose_extraction.ipynb      class/ben_01_pose_extraction.ipynb
    class/anna/week_2/03_lstm.ipynb          class/carla.ipynb

Which lesson a notebook belongs to stands in it, else in its name, else in its check(...) calls. Of two
notebooks of one lesson each task counts as the better one has it. Links are not followed.

In the table a task is: right | wrong | error (its code raised) | not attempted | missing (nothing of that
name) | stopped (time, memory, or the notebook ended Python). as_shown counts right answers that are the
course's shown solution, names aside; tasks of one line are left out. It is information, no proof.

The same command goes on after a stop: what was run stands in a file beside the table, and runs again only if
the notebook, the checks or the limits have changed.
"""


def _grade_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = LAYOUT
    parser.add_argument("folder", metavar="FOLDER", help="what learners have handed in")
    parser.add_argument("-o", "--output", required=True, metavar="FILE.csv", help="one row a learner")
    parser.add_argument("--workers", type=positive, default=os.cpu_count() or 1, metavar="N",
                        help="notebooks at the same time (one a core)")  # fmt: skip
    parser.add_argument("--seconds", type=positive, default=120, metavar="S",
                        help="that a notebook may run; a cell, half of what is left (120)")  # fmt: skip
    parser.add_argument("--memory", type=positive, default=2000, metavar="MB",
                        help="that a notebook may take (2000)")  # fmt: skip


@command(_grade_arguments)
def grade(arguments: argparse.Namespace) -> int:
    """Run what learners handed in, each notebook locked in and limited, and write a table of grades."""
    from ballet_lib.grading import Limits
    from ballet_lib.grading import grade as grade_folder

    began = time.perf_counter()
    limits = Limits(arguments.seconds, arguments.memory)
    grades = grade_folder(arguments.folder, arguments.output, limits, arguments.workers, not arguments.json)
    seconds = round(time.perf_counter() - began, 2)
    if arguments.json:
        learners = [asdict(row) | {"right": row.right, "of": len(grades.tasks)} for row in grades.rows]
        report = {"output": grades.output, "isolation": grades.isolation, "tasks": grades.tasks,
                  "learners": learners, "seconds": seconds}  # fmt: skip
        print(json.dumps(report, indent=1))
        return 0
    for row in grades.rows:
        more = f"  {row.notes[0]}" if row.notes else ""
        print(_printable(f"{row.learner:20.20} {row.right:3} of {len(grades.tasks)}{more}"))
    in_force = ", ".join(f"{what}: {'yes' if kept else 'no'}" for what, kept in grades.isolation.items())
    print(f"\nisolation  {in_force}")
    print(f"written    {grades.output}: {counted(len(grades.rows), 'learner')}, "
          f"{counted(len(grades.tasks), 'task')}, {seconds:.0f} s")  # fmt: skip
    return 0


def _printable(text: str) -> str:
    """Take out what would move a terminal's cursor."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
