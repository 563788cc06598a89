"""Kills of training and tuning: what was trained is not lost, and the numbers are those of a whole run.

Of the 1 to 3 seconds that one of these takes, most goes into the start of TensorFlow.
"""

import sys

import pytest
from cases import NETWORK_CASES
from killing import killed, report

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows neither forks nor kills by signals")

KILLS = {"training": 16, "tuning": 12}


@pytest.mark.parametrize("work", KILLS)
def test_killed_at_random_points(work, network_server, tmp_path):
    counted = killed(network_server, NETWORK_CASES[work], KILLS[work], tmp_path)
    report({work: counted})
    assert counted.total() >= KILLS[work]
