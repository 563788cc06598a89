"""Run the ``ballet`` command as ``python -m ballet_lib``."""

import sys

from ballet_lib.cli import main

if __name__ == "__main__":
    sys.exit(main())
