"""Run the doctor, then open JupyterLab at the first lesson: on 127.0.0.1, with a token of its own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FIRST = ROOT / "notebooks" / "00_start_here.ipynb"


def main() -> int:
    print("Checking this machine; the first time, the pose model is fetched ...", flush=True)
    subprocess.call([sys.executable, "-m", "ballet_lib", "doctor", "--brief"])  # the lab opens even on a FAIL
    rooms = (ROOT / room for room in ("notebooks", "exercises", "solutions"))
    notebooks = [str(path) for room in rooms for path in sorted(room.glob("*.ipynb"))]
    if notebooks:  # without a signature JupyterLab hides the widgets of a notebook that came with git
        subprocess.run([sys.executable, "-m", "jupyter", "trust", *notebooks], capture_output=True)
    print("\nOpening JupyterLab. Leave this window open; Ctrl-C here ends it.\n", flush=True)
    try:
        return subprocess.call([sys.executable, "-m", "jupyterlab", *arguments(sys.argv[1:])], cwd=ROOT)
    except KeyboardInterrupt:
        return 0


def arguments(extra: list[str]) -> list[str]:
    """What JupyterLab is told; `extra` comes last and wins."""
    start = f"/lab/tree/notebooks/{FIRST.name}" if FIRST.exists() else "/lab"
    return [
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.root_dir={ROOT}",
        f"--LabApp.default_url={start}",
        f"--LabApp.app_settings_dir={ROOT / 'tools' / 'lab_settings'}",
        *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
        *([] if has_display() else ["--no-browser"]),
        *extra,
    ]


def has_display() -> bool:
    return not sys.platform.startswith("linux") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


if __name__ == "__main__":
    sys.exit(main())
