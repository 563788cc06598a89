"""Every reader, fed damaged files in a process of its own: an object or one sentence, within bounds.

CI tries a few dozen of each, the same every time. ``BALLET_FUZZ_SECONDS=600`` spends so many seconds on all
readers together and keeps what breaks in ``BALLET_FUZZ_KEEP``.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from readers import READERS

HERE = Path(__file__).parent
SECONDS = float(os.environ.get("BALLET_FUZZ_SECONDS", 0))
NETWORKS = {"classifier", "style classifier", "autoencoder"}


@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured as Linux counts it")
@pytest.mark.parametrize("name", READERS)
def test_damaged_files_give_an_object_or_a_sentence(name):
    examples = 100 if SECONDS else 6 if name in NETWORKS else 25
    seconds = SECONDS / len(READERS)
    command = [sys.executable, HERE / "fuzz.py", name, str(examples), str(seconds)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 280)
    assert ran.returncode == 0, f"the process ended by itself ({ran.returncode}): {ran.stderr[-3000:]}"
    told = json.loads(ran.stdout.splitlines()[-1])
    print(f"{name}: {told['tried']} tried, {told['read']} read")
    assert not told["found"], "\n".join(one["error"] for one in told["found"])
    assert told["tried"] >= examples // 2
