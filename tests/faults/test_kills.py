"""More than two hundred kills: what was finished is there, what is there is whole, and the same call goes on.

``pytest -s`` prints how many kills of which sort befell which work. A failure names its seed and its faults.
"""

import sys
from collections import Counter

import pytest
from cases import CASES
from killing import killed, report

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows neither forks nor kills by signals")

KILLS = {"recording": 50, "filming": 12, "extracting": 36, "building": 36, "saving": 20, "clips": 28,
         "grading": 36}  # fmt: skip
_counted: dict[str, Counter] = {}


@pytest.mark.parametrize("work", KILLS)
def test_killed_at_random_points(work, server, tmp_path):
    _counted[work] = killed(server, CASES[work], KILLS[work], tmp_path)


def test_there_were_two_hundred_kills():
    if set(_counted) != set(KILLS):
        pytest.skip("counts the kills of the tests above, which were not all run")
    report(_counted)
    assert sum(count.total() for count in _counted.values()) >= 200
    assert all(count.total() >= KILLS[work] for work, count in _counted.items())
