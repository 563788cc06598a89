"""A fault is told when it is one and can be seen, in a teacher's words; otherwise nothing is said."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from ballet_lib import plots, technique
from ballet_lib.errors import BalletError
from ballet_lib.skeleton import INDEX
from ballet_lib.studio.camera import Camera
from ballet_lib.studio.choreography import Style
from ballet_lib.studio.faults import plant
from ballet_lib.studio.scene import Scene
from ballet_lib.takes import Take, TakeSet
from ballet_lib.technique_errors import FEWEST, STEP, exactly_seen, view_of
from ballet_lib.technique_measures import Seen, height_frames, stands_first, view_angle, working_leg
from ballet_lib.vocabulary import BALLET_MOVEMENTS


def danced(movement, fault="", size=0.0, yaw=0.0, side="right", **more):
    """Return the exact landmarks of a movement, filmed by a level camera."""
    style = Style(sway=0, side=side)
    keys = plant(fault, movement, size, style) if fault else None
    return Scene(movement, style=style, camera=Camera(yaw=yaw, pitch=0.0), keys=keys, **more).exact


def told(poses, movement):
    return {finding.rule for finding in technique.assess(poses, movement) if finding.verdict == "fault"}


# What is told


@pytest.mark.parametrize(
    ("movement", "fault", "size", "rule", "yaw"),
    [
        ("battement_tendu", "bent_supporting_knee", 25, "supporting_knee", 0),
        ("retire_devant", "bent_supporting_knee", 25, "supporting_knee", 0),
        ("first_arabesque", "bent_supporting_knee", 30, "supporting_knee", 0),
        ("releve", "bent_knees", 25, "knees", 0),
        ("battement_tendu", "leaning", 20, "back", 0),
        ("retire_devant", "lifted_hip", 30, "hips", 0),
        ("retire_devant", "low_foot", 20, "foot_at_knee", 0),
        ("first_arabesque", "dropped_back", 25, "back", -80),
        ("demi_plie", "leaning", 20, "back", 80),
    ],
)
def test_a_large_fault_is_told_and_a_good_dancer_is_not_blamed(movement, fault, size, rule, yaw):
    assert rule in told(danced(movement, fault, size, yaw), movement)
    assert rule not in told(danced(movement, yaw=yaw), movement)


def test_the_correction_is_a_teachers_sentence_with_its_frame_and_joints():
    poses = danced("retire_devant", "bent_supporting_knee", 25, side="left")
    finding = technique.correction(poses, "retire_devant")
    assert finding.words.startswith("Stretch your supporting right knee")
    assert finding.side == "right" and finding.unit == "°"
    assert finding.measured == pytest.approx(155, abs=8) and finding.wanted == 180
    assert finding.landmarks == tuple(INDEX[f"right_{joint}"] for joint in ("hip", "knee", "ankle"))
    seconds = finding.frame / poses.fps
    assert 1.2 < seconds < 2.5, "where the knee is bent, at the movement's height"


def test_the_supporting_leg_comes_first():
    style = Style(sway=0)
    keys = [
        *plant("leaning", "battement_tendu", 25, style),
        *plant("bent_supporting_knee", "battement_tendu", 25, style),
    ]
    poses = Scene("battement_tendu", style=style, camera=Camera(pitch=0.0), keys=keys).exact
    assert {"supporting_knee", "back"} <= told(poses, "battement_tendu")
    assert technique.correction(poses, "battement_tendu").rule == "supporting_knee"


def test_left_and_right_change_with_the_working_leg():
    for side in ("left", "right"):
        findings = technique.assess(danced("battement_tendu", side=side), "battement_tendu")
        sides = {finding.rule: finding.side for finding in findings}
        assert sides["working_knee"] == side and sides["supporting_knee"] != side and sides["back"] == ""


def test_one_bad_frame_changes_nothing():
    poses = danced("retire_devant")
    world, landmarks = poses.world.copy(), poses.landmarks.copy()
    landmarks[40, INDEX["left_knee"], 0] += 0.2
    assert told(replace(poses, landmarks=landmarks, world=world), "retire_devant") == set()


# When nothing is said


def test_a_knee_that_bends_towards_the_camera_is_not_judged():
    finding = judged(danced("battement_tendu", "bent_supporting_knee", 30, yaw=50), "supporting_knee")
    assert finding.verdict == "unsure" and "camera" in finding.words
    assert "supporting_knee" in told(
        danced("battement_tendu", "bent_supporting_knee", 30, yaw=-30), "battement_tendu"
    ), "from the other diagonal it bends across the picture"


def judged(poses, rule, movement="battement_tendu"):
    return next(finding for finding in technique.assess(poses, movement) if finding.rule == rule)


def test_what_is_outside_the_picture_or_hidden_is_not_judged():
    poses = danced("battement_tendu", "bent_supporting_knee", 30)
    low = poses.landmarks.copy()
    low[:, :, 1] += 0.3
    finding = judged(replace(poses, landmarks=low), "supporting_knee")
    assert finding.verdict == "unsure" and "outside the picture" in finding.words
    faint = poses.landmarks.copy()
    faint[:, INDEX["left_knee"], 3] = 0.1
    assert "hidden" in judged(replace(poses, landmarks=faint), "supporting_knee").words


def test_a_rise_without_its_beginning_is_not_measured():
    poses = danced("releve", fill=0.8)
    seen = Seen.of(poses)
    assert stands_first(seen, "releve", poses.fps)
    top = height_frames(seen, "releve")
    cut = poses[top[0] - 4 : top[-1] + 1]
    finding = judged(cut, "heel_height", "releve")
    assert finding.verdict == "unsure" and "stands" in finding.words


@pytest.mark.parametrize("movement", BALLET_MOVEMENTS)
def test_too_few_frames_or_no_world_are_no_crash(movement):
    poses = danced(movement)
    nobody = replace(poses, landmarks=np.full_like(poses.landmarks, np.nan))
    for some in (poses[:2], nobody, replace(poses, world=None), poses[:0]):
        findings = technique.assess(some, movement)
        assert findings and {finding.verdict for finding in findings} == {"unsure"}
        assert technique.correction(some, movement) is None


def test_what_is_no_ballet_movement_has_no_rules():
    assert technique.assess(danced("demi_plie"), "other") == []
    assert technique.correction(danced("demi_plie"), "pirouette") is None


# From where, when, which leg


@pytest.mark.parametrize("yaw", [-150, -90, -40, 0, 40, 90, 150])
def test_the_view_is_found_from_the_landmarks(yaw):
    assert abs((view_angle(Seen.of(danced("releve", yaw=yaw))) - yaw + 180) % 360 - 180) < 3


def test_views_are_named_as_the_leg_sees_them():
    assert view_of(40, "left") == 30 and view_of(40, "right") == -30
    assert view_of(179, "left") == view_of(-179, "left") == 180
    assert {view_of(angle, "left") for angle in range(-180, 181)} == set(range(-150, 181, STEP))


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(
    "movement", ["battement_tendu", "attitude_croisee", "first_arabesque", "retire_devant"]
)
def test_the_working_leg_is_found(movement, side):
    for yaw in (-30, 30):
        assert working_leg(Seen.of(danced(movement, side=side, yaw=yaw)), movement) == side


# Where the errors come from


@pytest.fixture(scope="module")
def some():
    takes = TakeSet.load("ballet6-paper")
    return [take for take in takes if take.movement == "releve"]


def test_measuring_errors_needs_exact_joints(some):
    with pytest.raises(BalletError, match="exact joints"):
        technique.measure_errors([replace(some[0], exact=None)])


def test_a_perfect_extractor_errs_only_by_what_the_view_hides(some, monkeypatch):
    perfect = [
        Take(take.truth, take.movement, take.dancer, take.take_id, take.meta, take.exact) for take in some
    ]
    one = {"releve": technique.RULES["releve"][:1]}
    monkeypatch.setattr("ballet_lib.technique_errors.RULES", one)
    real, ideal = (technique.measure_errors(takes, dancers=4)["releve"]["knees"] for takes in (some, perfect))
    assert set(real) <= {-30, 0, 30}, f"of views with fewer than {FEWEST} takes nothing is known"
    assert ideal[0].spread < real[0].spread


def test_trials_know_what_truly_passes(some):
    table = technique.trials(some[:3])
    assert set(table["rule"]) == {"knees", "heels_alike", "heel_height"}
    assert table[table["rule"] == "knees"]["truth"].between(170, 180).all()
    assert not table["planted"].any()


def test_correct_dancers_are_seldom_blamed(some):
    table = technique.trials([take for take in TakeSet.load("routines") for take in cut(take)])
    fine = table[table["passes"] & table["measured"].notna()]
    assert len(fine) > 150 and (fine["verdict"] == "fault").mean() < 0.05


def cut(take):
    for start, end, label in take.timeline:
        if label in BALLET_MOVEMENTS:
            yield take.cut(round(start * take.poses.fps), min(round(end * take.poses.fps), len(take)), label)


def test_exact_eyes_look_from_a_level_camera(some):
    tilted = replace(some[0], meta=some[0].meta | {"camera": {"pitch": 0.0, "roll": 0.0}})
    upright, as_filmed = (exactly_seen(take).world for take in (some[0], tilted))
    pitch = np.radians(some[0].meta["camera"]["pitch"])
    foot = INDEX["left_heel"]
    assert np.allclose(np.linalg.norm(upright, axis=-1), np.linalg.norm(as_filmed, axis=-1), atol=1e-6)
    turned = upright[0, foot, 1] - np.cos(pitch) * as_filmed[0, foot, 1]
    assert turned == pytest.approx(np.sin(pitch) * as_filmed[0, foot, 2], abs=1e-6)


# Figures


def test_a_finding_is_drawn_with_its_limits():
    poses = danced("battement_tendu", "bent_supporting_knee", 25)
    finding = technique.correction(poses, "battement_tendu")
    figure = plots.technique(poses, finding)
    texts = [text.get_text() for ax in figure.axes for text in ax.texts]
    assert f"{finding.measured:.0f}°" in texts and "passes" in texts and "told" in texts
    assert figure.get_suptitle() == finding.words
    over_time = technique.curve(poses, finding)
    assert len(over_time.values) == len(poses) and finding.frame in over_time.height


def test_nothing_is_drawn_where_nothing_was_measured():
    poses = danced("battement_tendu", yaw=50)
    with pytest.raises(BalletError, match="Nothing was measured"):
        plots.technique(poses, judged(poses, "supporting_knee"))


def test_rates_are_drawn_by_size_and_view(some):
    table = technique.trials(some[:4])
    figure = plots.fault_rates(table, "knees", title="Nobody is blamed")
    assert figure.axes[0].get_title(loc="left") == "Nobody is blamed"
    with pytest.raises(BalletError, match="No take"):
        plots.fault_rates(table, "turn_out")


def test_importing_it_is_light():
    heavy = {"scipy", "pandas", "matplotlib", "cv2"}
    code = f"import sys; from ballet_lib import technique; print({heavy} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"
