"""Remove what make made, and nothing that anybody wrote."""

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

for name in (".venv", "build", "dist", "site", ".cache", ".pytest_cache", ".ruff_cache"):
    shutil.rmtree(ROOT / name, ignore_errors=True)
for room in ("ballet_lib", "tests", "tools", "benchmarks", "lessons", "notebooks"):
    for name in ("__pycache__", ".ipynb_checkpoints"):
        for leftover in sorted((ROOT / room).rglob(name)):
            shutil.rmtree(leftover, ignore_errors=True)
