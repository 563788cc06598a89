"""Kill a work again and again, at points drawn by chance, and hold it to its case after each."""

import math
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from cases import Case, digests, unfinished

SEED = 10
FAULTS = {"file": 5, "byte": 3, "moment": 2}
"""How often each sort is tried; see `kill_server`."""
_MOSTLY_MOMENTS = {"clips": {"file": 1, "moment": 9}}  # since another process writes, FFmpeg


def draw(rng: random.Random, work: str, whole: dict, largest: int) -> tuple[str, float]:
    """Draw a fault: the file, byte or moment at which the kill comes."""
    chances = _MOSTLY_MOMENTS.get(work, FAULTS)
    kind = rng.choices(list(chances), chances.values())[0]
    number = {
        "file": rng.randint(1, max(3, whole["files"] // 2)),
        "byte": int(math.exp(rng.uniform(0, math.log(largest)))),
        "moment": rng.uniform(0, whole["seconds"]),
    }
    return kind, number[kind]


def killed(server, case_of: Callable[..., Case], kills: int, folder: Path) -> Counter:
    """Kill a work so often, and return how many kills of each sort befell it."""
    case = case_of(folder / "whole" / "work")
    whole = server.order(case.work, case.folder)
    case.check()
    outcome = case.outcome()
    files = [path for path in case.folder.rglob("*") if path.is_file()]
    of_whole = digests(case.folder)
    largest = max(path.stat().st_size for path in files)
    rng, count, history, number = random.Random(f"{SEED} {case.work}"), Counter(), [], 0
    case = case_of(folder / "0" / "work", of_whole)
    while count.total() < kills:
        assert len(history) < 4 * kills, f"the kills miss their aim: {count}"
        fault = draw(rng, case.work, whole, largest)
        history.append(fault)
        told = f"seed {SEED}, {case.folder}, faults {history}"
        answer = server.order(case.work, case.folder, *fault)
        if answer["ended"] == "killed":
            count[fault[0]] += 1
        else:  # FFmpeg is killed in place of the one that started it
            assert answer["ended"] == "done" or fault[0] == "byte", told
        try:
            case.check()
            if answer["ended"] == "done":
                assert case.outcome() == outcome and unfinished(case.folder) == []
                number += 1
                case = case_of(folder / str(number) / "work", of_whole)
        except Exception as error:
            raise AssertionError(told) from error
    unfinished(case.folder)
    assert server.order(case.work, case.folder)["ended"] == "done"
    case.check()
    assert case.outcome() == outcome and unfinished(case.folder) == []
    return count


def report(counted: dict[str, Counter]) -> None:
    """Print a table of the kills."""
    print(f"\n{'kills':12}" + "".join(f"{sort:>8}" for sort in FAULTS) + f"{'all':>8}")
    for work, count in counted.items():
        print(f"{work:12}" + "".join(f"{count[sort]:8}" for sort in FAULTS) + f"{count.total():8}")
    print(f"{'together':12}{sum(count.total() for count in counted.values()):32}")
