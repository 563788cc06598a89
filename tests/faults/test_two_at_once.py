"""Two processes at the same work in the same folder: nothing half, nothing lost, and nobody hangs."""

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from cases import CASES, digests, unfinished

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows does not fork")

ROUNDS = 4


@pytest.mark.parametrize("work", CASES)
def test_two_processes_on_one_target(work, server, second_server, tmp_path):
    whole = CASES[work](tmp_path / "whole" / "work")
    server.order(work, whole.folder)
    outcome, of_whole, ended = whole.outcome(), digests(whole.folder), set()
    for number in range(ROUNDS):
        case = CASES[work](tmp_path / str(number) / "work", of_whole)
        with ThreadPoolExecutor(2) as both:
            answers = list(both.map(lambda one: one.order(work, case.folder), (server, second_server)))  # noqa: B023
        ended |= {answer["ended"] for answer in answers}
        case.check()
        assert unfinished(case.folder) == []
        assert server.order(work, case.folder)["ended"] == "done"
        case.check()
        assert case.outcome() == outcome
    assert "done" in ended, "two at once never come to an end"
