"""The quality report: each flaw is found, named and graded; sound takes pass."""

from dataclasses import replace

import numpy as np
import pytest

from ballet_lib import BalletError
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.quality import FROZEN_RUN, WHOLE_SET, quality_report
from ballet_lib.takes import ROUTINE, Take, TakeSet


def take(take_id, seed=0, movement="releve", dancer="d1", frames=40, world=True):
    rng = np.random.default_rng(seed)
    landmarks = rng.uniform(0.2, 0.9, (frames, 33, 4)).astype(np.float32)
    landmarks[..., 3] = rng.uniform(0.7, 1, (frames, 33))
    space = rng.uniform(-0.8, 0.8, (frames, 33, 3)).astype(np.float32) if world else None
    return Take(PoseSequence(landmarks, space, 20, (640, 480), ""), movement, dancer, take_id)


@pytest.fixture
def sound():
    return TakeSet(
        take(f"{dancer}-{movement}", number, movement, dancer)
        for number, (dancer, movement) in enumerate(
            (d, m) for d in ("d1", "d2") for m in ("releve", "demi_plie")
        )
    )


def flaws(changed, sound, frames=40):
    """(finding, severity) of the take `changed`, reported on among sound ones."""
    report = quality_report(TakeSet([*sound, changed]), frames)
    return {(one.finding, one.severity) for one in report.findings if one.take_id == changed.take_id}


def test_sound_takes_pass(sound):
    report = quality_report(sound)
    assert report.ok and report.findings == () and str(report) == "4 takes, no errors."
    assert report.table.empty and report.summary().empty and "no errors" in report._repr_html_()


def nobody(poses):
    poses.landmarks[:] = np.nan


def half_missing(poses):
    poses.landmarks[5:30] = np.nan


def some_missing(poses):
    poses.landmarks[5:12] = np.nan


def dim(poses):
    poses.landmarks[..., 3] = 0.3


def frozen(poses):
    poses.landmarks[:] = poses.landmarks[0]


def nearly_frozen(poses):
    poses.landmarks[:] = poses.landmarks[0]
    poses.landmarks[..., 0] += np.arange(40)[:, None] % 2 * 4e-5


def mostly_frozen(poses):
    poses.landmarks[10:35] = poses.landmarks[10]


def a_run_of_repeats(poses):
    poses.landmarks[10 : 11 + FROZEN_RUN] = poses.landmarks[10]


def every_other_frame_repeats(poses):
    poses.landmarks[1::2] = poses.landmarks[::2]


def zeros(poses):
    poses.landmarks[:] = 0


def flat(poses):
    poses.landmarks[..., 2] = 0


def infinite(poses):
    poses.landmarks[3, 3, 2] = np.inf


def infinite_world(poses):
    poses.world[3, 3, 2] = -np.inf


def pixels(poses):
    poses.landmarks[..., 0] *= 640


def feet_below(poses):
    poses.landmarks[:, 29:, 1] = 1.8


def percent(poses):
    poses.landmarks[..., 3] *= 100


def millimetres(poses):
    poses.world *= 1000


def world_gone(poses):
    poses.world[2:4] = np.nan


def keypoints(poses):
    poses.landmarks[:, [1, 3, 17]] = np.nan
    poses.landmarks[..., 2] = np.nan


@pytest.mark.parametrize(
    ("flaw", "found"),
    [
        (nobody, {("nobody", "error")}),
        (half_missing, {("missing frames", "error")}),
        (some_missing, {("missing frames", "note")}),
        (dim, {("low visibility", "note")}),
        (frozen, {("frozen", "error")}),
        (nearly_frozen, {("frozen", "error")}),
        (mostly_frozen, {("frozen", "error")}),
        (a_run_of_repeats, {("repeated frames", "note")}),
        (every_other_frame_repeats, {("frozen", "error")}),
        (zeros, {("frozen", "error"), ("low visibility", "note"), ("no depth", "note")}),
        (flat, {("no depth", "note")}),
        (infinite, {("infinite", "error")}),
        (infinite_world, {("infinite", "error")}),
        (pixels, {("outside the picture", "error")}),
        (feet_below, {("outside the picture", "note")}),
        (percent, {("visibility", "error")}),
        (millimetres, {("world out of range", "error")}),
        (world_gone, {("world missing", "note")}),
        (keypoints, {("landmarks never found", "note"), ("no depth", "note")}),
    ],
)
@pytest.mark.filterwarnings("error")
def test_each_flaw_is_found_and_nothing_else(sound, flaw, found):
    changed = take("flawed", 99)
    flaw(changed.poses)
    assert flaws(changed, sound) == found
    report = quality_report(TakeSet([*sound, changed]))
    assert report.ok == all(severity == "note" for _, severity in found)


def test_small_trouble_is_no_finding(sound):
    changed = take("fine", 99)
    changed.poses.landmarks[5:8] = np.nan  # 7% of frames
    changed.poses.landmarks[20:24] = changed.poses.landmarks[20]
    changed.poses.landmarks[:, 29:, 1] = 1.3  # feet cut off by the picture
    assert flaws(changed, sound) == set()


def test_length_counts_for_takes_and_not_for_routines(sound):
    assert flaws(take("short", 9, frames=39), sound) == {("wrong length", "error")}
    assert flaws(take("short", 9, frames=39), sound, frames=None) == set()
    routine = take("long", 9, movement=ROUTINE, frames=300)
    assert flaws(routine, sound) == set()
    assert quality_report(TakeSet([*sound, routine])).ok


def test_duplicates_are_told_with_the_label_that_disagrees(sound):
    twin = replace(sound[0], take_id="twin", movement="demi_plie")
    report = quality_report(TakeSet([*sound, twin]))
    (found,) = [one for one in report.findings if one.severity == "error"]
    assert (found.take_id, found.finding) == ("twin", "duplicated")
    assert found.detail == "40 of 40 frames are in d1-releve, where it is called releve"
    windows = TakeSet([take("a", frames=80)]).windows(40, 20)
    assert quality_report(windows).ok, "windows of one performance may overlap"
    strangers = TakeSet(replace(one, meta={}) for one in windows)
    assert not quality_report(strangers).ok, "unless they deny it"
    nobodies = [take("x", 1), take("y", 2)]
    for one in nobodies:
        one.poses.landmarks[:] = np.nan
    assert "duplicated" not in set(quality_report(TakeSet(nobodies)).table["finding"])


def test_balance_is_noted_and_fails_nothing(sound):
    more = [take(f"more{n}", 50 + n, "releve", "d2") for n in range(6)]
    lone = take("lone", 77, "first_arabesque", "d1")
    report = quality_report(
        TakeSet([*sound, *more, lone], labels=[*sound.labels, "first_arabesque", "other"])
    )
    assert report.ok
    notes = {(one.finding, one.detail) for one in report.findings if one.take_id == WHOLE_SET}
    assert ("rare label", "other has 0 takes, the most frequent label 8") in notes
    assert ("rare label", "first_arabesque has 1 takes, the most frequent label 8") in notes
    assert ("incomplete dancer", "d2 has no take of first_arabesque") in notes
    assert any(kind == "one dancer only" and "first_arabesque" in detail for kind, detail in notes)
    assert not any("releve has" in detail for _, detail in notes)


def test_world_in_some_takes_only(sound):
    report = quality_report(TakeSet([*sound, take("flat", 9, world=False)]))
    assert report.ok and "no world coordinates in 1 of 5 takes" in str(report).replace("; (set): in", " in")
    without = TakeSet(replace(one, poses=replace(one.poses, world=None)) for one in sound)
    assert quality_report(without).findings == (), "in none is no trouble"


def test_the_report_reads_well(sound):
    bad, worse = take("bad", 8), take("worse", 9, frames=12)
    frozen(bad.poses), dim(bad.poses), pixels(worse.poses)
    report = quality_report(TakeSet([*sound, bad, worse]))
    assert not report.ok
    assert list(report.table.columns) == ["take_id", "finding", "severity", "detail"]
    assert set(report.table["take_id"]) == {"bad", "worse"}
    summary = report.summary()
    assert summary["severity"].tolist() == sorted(summary["severity"]), "errors first"
    assert summary.set_index("finding").loc["frozen", "takes"] == 1
    text = str(report)
    assert text.startswith("6 takes, 2 of them with errors")
    assert "error: wrong length; worse: 12 frames, not 40" in text
    page = replace(report, findings=(*report.findings, report.findings[0]._replace(detail="<script>")))
    assert "<table" in page._repr_html_() and "<script>" not in page._repr_html_()


def test_no_take_at_all():
    with pytest.raises(BalletError, match="no take to report on"):
        quality_report(TakeSet())
