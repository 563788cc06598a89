"""Film the dance styles that ship: three caricatures, 16 videos each, and write them into datasets/.

    python tools/make_styles.py
    python tools/make_styles.py --folder elsewhere --workers 4

Takes about ten minutes on two cores. The choreography is that of `ballet_lib/styles/caricature.py`.
"""

import argparse
from pathlib import Path

from ballet_lib import DATASETS
from ballet_lib.styles.filming import SHIPPED, film_all
from ballet_lib.styles.shipped import save_shipped


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", type=Path, default=DATASETS, help="where to put the two files")
    parser.add_argument("--workers", type=int, default=2, help="processes at the same time")
    arguments = parser.parse_args()
    videos = film_all(SHIPPED, arguments.workers)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for file in save_shipped(videos, arguments.folder):
        print(f"{file}: {file.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
