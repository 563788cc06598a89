"""The scripts of this room's widgets, each put together from the parts that several of them share."""

import json
from pathlib import Path

from ballet_lib.skeleton import FACE_CONNECTIONS, LEFT_CONNECTIONS, RIGHT_CONNECTIONS, TORSO_CONNECTIONS

_HERE = Path(__file__).parent
_LINES = {
    "face": FACE_CONNECTIONS,
    "middle": TORSO_CONNECTIONS,
    "right": RIGHT_CONNECTIONS,
    "left": LEFT_CONNECTIONS,
}


def script(*parts: str) -> str:
    """Return one JavaScript module made of the files named, the one that exports last.

    A widget's script is a single module that cannot import its neighbours. `LINES`, the pairs of landmarks
    that a skeleton joins, by side and in the order in which they are drawn, is known to all of it.
    """
    lines = f"const LINES = {json.dumps(_LINES)};\n"
    return lines + "\n".join((_HERE / part).read_text(encoding="utf-8") for part in parts)
