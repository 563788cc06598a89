"""Print a Makefile's targets, one line each, from the `##` comments behind them."""

import re
import sys

with open(sys.argv[1], encoding="utf-8") as makefile:
    print("ballet_lib: learn sequence models on ballet\n")
    for target, meaning in re.findall(r"^([a-z]+):[^#\n]*## (.+)$", makefile.read(), re.MULTILINE):
        print("  make {:<9} {}".format(target, meaning))  # noqa: UP032 - older Pythons get help too
