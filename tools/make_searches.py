"""Let random search and Hyperband compete, and write what lesson 06 shows: datasets/searches.json.

    python tools/make_searches.py               five seeds, two tasks: about a quarter of an hour
    python tools/make_searches.py --seeds 2     fewer, to a file of your choice with -o

Searches are kept in the cache, so that a stop loses nothing and the bench need not repeat them; --anew begins
from nothing.
"""

import argparse
import shutil
from pathlib import Path

from ballet_lib import DATASETS
from ballet_lib.pose_model import cache_folder
from ballet_lib.takes import TakeSet
from ballet_lib.tuning.experiment import compete

FOLDER = cache_folder() / "benchmarks" / "searches"


def main() -> None:
    """Search, and write the file."""
    parser = argparse.ArgumentParser(description="Let random search and Hyperband compete.")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the searches are kept")
    parser.add_argument("-o", "--output", type=Path, default=DATASETS / "searches.json")
    parser.add_argument("--anew", action="store_true", help="remove the searches that are kept")
    options = parser.parse_args()
    if options.anew:
        shutil.rmtree(options.folder, ignore_errors=True)
    told = compete(TakeSet.load("ballet6"), options.folder, seeds=range(options.seeds))
    told.save(options.output)
    print(told.runs.drop(columns=["validated on", "judged on", "taught by"]).round(3).to_string(index=False))
    for task in told.runs.task.unique():
        print(f"{task}: Hyperband needs {told.share_needed(task).median():.0%} of random search's epochs")


if __name__ == "__main__":
    main()
