"""Whether a planted fault is told, by size and view, and how often one is told that is none."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

VIEWS = ("front", "diagonal", "side")
KNEE = "bent_supporting_knee"


def measure() -> list[tuple]:
    """Film dancers with planted faults, a few minutes once, and judge them and the routines."""
    from ballet_lib.studio.faults import FAULTS
    from ballet_lib.technique import trials

    planted = filmed()
    of_knee = trials(take for take in planted if take.meta["fault"] == KNEE)
    others = trials(take for take in planted if take.meta["fault"] not in ("", KNEE))
    right = trials([*(take for take in planted if not take.meta["fault"]), *routines()])
    rows = [*knee_rows(of_knee), *alarm_rows(right)]
    for fault in FAULTS:
        if fault != KNEE:
            rows.append(fault_row(fault, others))
    return rows


def filmed():
    """Film 18 dancers with a bent knee, three with everything else; once, as they are kept in the cache."""
    import joblib

    from ballet_lib.pose_model import cache_folder
    from ballet_lib.studio.build import fingerprint, make_take
    from ballet_lib.studio.faults import FAULTS, planted
    from ballet_lib.takes import TakeSet

    kept = cache_folder() / "benchmarks" / f"planted_faults_{fingerprint()}.npz"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        recipes = planted("bench", range(1, 19), (8, 15, 25), VIEWS, (KNEE,))
        recipes |= planted(
            "bench", range(1, 4), (15, 25), VIEWS, (*(one for one in FAULTS if one != KNEE), "")
        )
        made = joblib.Parallel(n_jobs=2)(joblib.delayed(_made)(make_take, draw) for draw in recipes.values())
        TakeSet(made).save(kept)
    return TakeSet.load(kept)


def _made(make_take, draw):
    return make_take(draw())


def routines():
    """Cut the movements out of the routines: dancers and cameras that no error was measured on."""
    from ballet_lib.takes import TakeSet
    from ballet_lib.vocabulary import BALLET_MOVEMENTS

    for take in TakeSet.load("routines"):
        for start, end, label in take.timeline:
            if label in BALLET_MOVEMENTS:
                first, last = (round(second * take.poses.fps) for second in (start, end))
                yield take.cut(first, min(last, len(take)), label)


def knee_rows(trials) -> list[tuple]:
    """The bent supporting knee, which every movement on one leg can have."""
    mine, rows = trials[trials["planted"]], []
    for size in (8, 15, 25):
        some = mine[mine["size"] == size]
        views = ", ".join(f"{view} {share(some[some['view'] == view])}" for view in VIEWS)
        rows.append((
            f"a supporting knee bent by {size}°, told", "none", share(some), None,
            f"{views}; {silent(some)}; tendu, attitude, arabesque and retiré of dancers drawn for this",
        ))  # fmt: skip
    return rows


def alarm_rows(trials) -> list[tuple]:
    """What is told of dancers in whom nothing was planted, where a teacher with exact eyes lets it pass."""
    fine = trials[trials["passes"]]
    told, judged = fine[fine["verdict"] == "fault"], int((fine["measured"].notna()).sum())
    rate, takes = len(told) / judged, trials["take_id"].nunique()
    wrong = told["take_id"].nunique()
    knee = fine[fine["rule"] == "supporting_knee"]
    return [
        ("false alarms, of all that could be measured", "≤ 5%", f"{rate:.1%} ({len(told)} of {judged})",
         rate <= 0.05, f"movements of routines and of drawn dancers without a fault; {silent(fine)}"),
        ("performances with a false correction", "none", f"{wrong / takes:.1%} ({wrong} of {takes})", None,
         "at least one rule in them tells a fault that is none"),
        ("a straight supporting knee told as bent", "none", share(knee), None, silent(knee)),
    ]  # fmt: skip


def fault_row(fault: str, trials) -> tuple:
    """Any other fault, as far as its size is one that a teacher would not let pass."""
    from ballet_lib.studio.faults import FAULTS

    mine = trials[trials["planted"] & (trials["fault"] == fault) & ~trials["passes"]]
    by_size = "; ".join(
        f"{size:g} {FAULTS[fault].unit}: {share(some)}" for size, some in mine.groupby("size")
    )
    return (
        f"{fault.replace('_', ' ')}, told",
        "none",
        share(mine),
        None,
        f"{by_size}; {silent(mine)}".strip("; "),
    )


def share(some) -> str:
    """Write how many are told as a fault; a rule about both legs counts each."""
    return f"{int((some['verdict'] == 'fault').sum())} of {len(some)}"


def silent(some) -> str:
    """Write how often nothing could be measured, or nothing be said."""
    return f"{int(some['measured'].isna().sum())} of {len(some)} not to be judged from there"
