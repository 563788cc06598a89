"""`ballet silhouettes`."""

import argparse
import json
import sys
import time
import warnings
from pathlib import Path

from ballet_lib.cli_command import command, counted, matching, positive
from ballet_lib.files import writable_folder
from ballet_lib.silhouettes import (
    CUTS,
    HEIGHT,
    WIDTH,
    Silhouettes,
    check_together,
    clip_name,
    join,
    read_silhouettes,
    step_between,
)
from ballet_lib.video import probe


def _silhouettes_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("videos", nargs="+", metavar="VIDEO", help="up to its first _ a name is the dancer's")
    parser.add_argument("-o", "--output", required=True, metavar="FILE.zip", help="numbered PNGs in order")
    parser.add_argument("--every", type=positive, metavar="N",
                        help="take every Nth frame (so that 10 a second remain, or nearly)")  # fmt: skip
    parser.add_argument("--cut", choices=CUTS, default=CUTS[0],
                        help="threshold is for a dark dancer on a light ground (person)")  # fmt: skip


@command(_silhouettes_arguments)
def silhouettes(arguments: argparse.Namespace) -> int:
    """Cut the dancer out of videos, as 64 x 96 black figures on white that a network can learn to draw."""
    from ballet_lib.silhouette_files import check_output

    began = time.perf_counter()
    output = check_output(arguments.output)
    writable_folder(output.parent)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always", UserWarning)
        cut = _cut(arguments)
    path = cut.save(output)
    for warning in warned:
        print(f"warning: {warning.message}", file=sys.stderr)
    if arguments.json:
        report = {
            "output": str(path), "clips": {name: len(frames) for name, frames in cut.clips.items()},
            "dancers": list(cut.dancers), "frames": len(cut), "fps": cut.fps, "width": WIDTH,
            "height": HEIGHT, "bytes": path.stat().st_size,
            "warnings": [str(warning.message) for warning in warned],
            "seconds": round(time.perf_counter() - began, 2),
        }  # fmt: skip
        print(json.dumps(report, indent=1))
        return 0
    _tell(cut, path)
    return 0


def _cut(arguments: argparse.Namespace) -> Silhouettes:
    from ballet_lib.extraction import output_names

    names = output_names(matching(arguments.videos))
    # Before anything is cut, since that takes minutes.
    rates = [probe(video).fps for video in names]
    rates = [fps / (arguments.every or step_between(fps)) for fps in rates]
    check_together([clip_name(name) for name in names.values()], rates)
    bar = not arguments.json
    return join([read_silhouettes(video, arguments.every, arguments.cut, name=name, progress=bar)
                 for video, name in names.items()])  # fmt: skip


def _tell(cut: Silhouettes, path: Path) -> None:
    for name, frames in cut.clips.items():
        print(f"clip     {name}: {counted(len(frames), 'frame')}, {len(frames) / cut.fps:.1f} s")
    print(f"written  {path}: {counted(len(cut), 'picture')} of {WIDTH} x {HEIGHT}, {cut.fps:.4g} a second, "
          f"{path.stat().st_size / 1e3:.0f} kB")  # fmt: skip
    print(f"""
Train on it:

    from ballet_lib.generation.autoencoder import fit_autoencoder
    from ballet_lib.silhouettes import Silhouettes

    autoencoder = fit_autoencoder(Silhouettes.load({str(path)!r}).frames)""")
