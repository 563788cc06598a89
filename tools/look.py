"""Take pictures of notebooks as a learner sees them in JupyterLab: one PNG a screen, from top to bottom.

python tools/look.py notebooks/00_start_here.ipynb           run it in the browser, then take pictures
python tools/look.py --as-kept NOTEBOOK                      take pictures of the outputs it was saved with
python tools/look.py -o DIR NOTEBOOK...                      where to; default build/look
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from lab_session import (
    CAMERAS,
    ROOT,
    browser_page,
    faults_on,
    find_browser,
    open_notebook,
    run_all,
    running_lab,
    screenshots,
)


def main() -> int:
    """Take the pictures; return 1 when a notebook showed an error."""
    parser = argparse.ArgumentParser(description="Save notebooks as pictures, as JupyterLab shows them.")
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "build" / "look")
    parser.add_argument("--as-kept", action="store_true", help="do not run the cells")
    parser.add_argument("--camera", choices=CAMERAS, default="missing", help="what camera the browser has")
    parser.add_argument("--width", type=int, default=1000)
    options = parser.parse_args()
    if find_browser() is None:
        sys.exit("No Chromium or Chrome was found. Install one, on Debian with: apt install chromium")
    if missing := [str(path) for path in options.notebooks if not path.is_file()]:
        sys.exit(f"There is no notebook {', '.join(missing)}. Build it with: make notebooks")
    home, faults = Path(tempfile.mkdtemp(prefix="look-")), []
    try:
        with running_lab(home, options.notebooks) as lab, browser_page(options.camera, options.width) as page:
            for path in options.notebooks:
                open_notebook(page, lab, path.name)
                if not options.as_kept:
                    run_all(page)
                faults += [f"{path.name}: {fault}" for fault in faults_on(page)]
                for picture in screenshots(page, options.output, path.stem):
                    print(picture)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    print(*faults, sep="\n", end="\n" if faults else "")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
