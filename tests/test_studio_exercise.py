"""Exercises danced by the studio: in time, on the right leg, turned as a stage asks, and seen as asked."""

from functools import cache

import numpy as np
import pytest

from ballet_lib.decisions import Event
from ballet_lib.errors import BalletError
from ballet_lib.generation import studio_exercise as module
from ballet_lib.generation.grammar import parse, sample
from ballet_lib.generation.studio_exercise import Verification, align, choreograph, draw_dancer, stage, verify
from ballet_lib.skeleton import INDEX
from ballet_lib.studio.choreography import Style
from ballet_lib.studio.recipes import routines
from ballet_lib.takes import Segment
from ballet_lib.video import probe

FIVE = parse(
    "demi-plié 8, attitude croisée right 8, battement tendu left 8, attitude croisée left 8, relevé 8"
)


def test_movements_keep_to_the_music():
    dance = choreograph(FIVE, Style())
    opening, *danced = dance.timeline
    assert [label for _, _, label in danced] == [token.movement for token in FIVE]
    beats = opening[1] + np.arange(6) * 8
    for (start, end, _), from_, until in zip(danced, beats, beats[1:], strict=False):
        assert from_ < start < end <= until + 1e-6
    assert np.isclose(dance.counts, beats[-1])


def test_who_is_late_catches_up():
    words = (
        "demi-plié 8, attitude croisée right 8, demi-plié 4, relevé 4, demi-plié 8, attitude croisée left 8"
    )
    late, caught = (
        choreograph(parse(words), Style()).timeline[3:5],
        choreograph(parse(words), Style()).timeline[5],
    )
    opening = choreograph(parse(words), Style()).timeline[0][1]
    assert late[0][1] > opening + 20 and caught[1] <= opening + 32 + 1e-6


def test_the_named_leg_works_and_faces_as_the_pose_is_shown():
    for side, other in (("left", "right"), ("right", "left")):
        for name, crossed in (("attitude croisée", True), ("première arabesque", False)):
            scene = stage(parse(f"demi-plié 8, {name} {side} 8"), 42)
            start, end, _ = choreograph(parse(f"demi-plié 8, {name} {side} 8"), scene.style).timeline[2]
            frame = int((start + end) / 2 * 60 / scene.style.tempo * scene.fps)
            points = scene.points[frame]
            assert points[INDEX[f"{side}_ankle"], 1] > points[INDEX[f"{other}_ankle"], 1] + 0.3
            lifted, standing = points[INDEX[f"{side}_hip"]], points[INDEX[f"{other}_hip"]]
            assert (lifted[2] < standing[2]) == crossed  # z towards the audience


def test_a_number_is_a_dancer():
    who = next(iter(routines(range(41, 42)).values()))().scene
    assert draw_dancer(41).body == who.body and draw_dancer(41).look == who.look
    one, same, other = stage(FIVE, 41, 1), stage(FIVE, 41, 1), stage(FIVE, 41, 2)
    assert one.camera == same.camera != other.camera and one.body == other.body
    assert all(abs(stage(FIVE, number).camera.yaw) <= 25 for number in range(41, 46))


def test_what_is_danced_is_seen():
    right = movements = 0
    for number in range(3):
        exercise = sample(np.random.default_rng(number), 6, 1 + number) if number else FIVE
        found = verify(exercise, 41 + number, exact=True)
        right, movements = right + found.right, movements + len(exercise)
        assert len(found.table()) == len(exercise) + found.extra
    assert right >= 0.9 * movements
    for segment, token in zip(found.timeline, exercise, strict=True):
        assert segment.label == token.movement and segment.end <= found.poses.seconds


def test_before_a_camera_too_and_the_film_is_kept(tmp_path):
    found = verify(
        parse("demi-plié 8, relevé 4"),
        tempo=110,
        fps=10,
        size=(180, 240),
        film=tmp_path / "two.mp4",
        bar=False,
    )
    assert found.passed and found.share == 1
    assert found.table()["seen"].tolist() == ["demi_plie", "releve"]
    assert found.poses.found.mean() > 0.95 and found.poses.size == (180, 240)
    film = probe(tmp_path / "two.mp4")
    assert abs(film.frames - len(found.poses)) <= 1 and film.fps == 10


@pytest.mark.parametrize("seed", range(30))
def test_pairs_are_in_order_complete_and_as_few_differ_as_possible(seed):
    rng = np.random.default_rng(seed)
    asked, told = ("".join(rng.choice(list("abc"), rng.integers(0, 7))) for _ in range(2))

    @cache
    def distance(i, j):
        if not i or not j:
            return i + j
        return min(distance(i - 1, j) + 1, distance(i, j - 1) + 1,
                   distance(i - 1, j - 1) + (asked[i - 1] != told[j - 1]))  # fmt: skip

    pairs = align(asked, told)
    assert [a for a, _ in pairs if a is not None] == list(range(len(asked)))
    assert [b for _, b in pairs if b is not None] == list(range(len(told)))
    assert (None, None) not in pairs
    wrong = sum(a is None or b is None or asked[a] != told[b] for a, b in pairs)
    assert wrong == distance(len(asked), len(told))


def test_missed_wrong_and_extra_movements_are_told_apart():
    exercise = parse("demi-plié, battement tendu right, battement tendu left, relevé")
    told = ["demi_plie", "battement_tendu", "retire_devant", "releve", "demi_plie"]
    events = tuple(Event(name, n * 5.0, n * 5.0 + 3, 0.9, n * 5.0 + 2) for n, name in enumerate(told))
    timeline = tuple(Segment(n * 5.0, n * 5.0 + 4, token.movement) for n, token in enumerate(exercise))
    pairs = tuple(align([token.movement for token in exercise], told))
    found = Verification(exercise, timeline, events, pairs, None)
    assert (found.right, found.share, found.extra, found.passed) == (3, 0.75, 1, False)
    table = found.table()
    assert table["right"].tolist() == [True, True, False, True, False]
    assert table["asked"].tolist() == [*map(str, exercise), ""]
    assert table["seen"].tolist() == told
    missed = Verification(
        exercise, timeline, events[:1], tuple(align([one.label for one in timeline], told[:1])), None
    )
    assert (missed.right, missed.extra) == (1, 0) and missed.table()["seen"].tolist() == [
        "demi_plie",
        "",
        "",
        "",
    ]


def test_what_cannot_be_danced_is_refused(tmp_path):
    with pytest.raises(BalletError, match="no movements"):
        verify(())
    with pytest.raises(BalletError, match="nothing is drawn"):
        verify(FIVE, exact=True, film=tmp_path / "film.mp4")
    with pytest.raises(BalletError, match="Nobody can dance at 0 counts"):
        verify(FIVE, exact=True, tempo=0)
    with pytest.raises(BalletError, match="Nobody can dance"):
        verify(FIVE, exact=True, fps=-1)
    assert module.DANCER > 26


def test_what_all_cores_draw_is_what_one_draws():
    scene = stage(parse("relevé 4"), tempo=130, fps=12, size=(90, 120))
    one = [picture.rgb for picture in scene.pictures()]
    assert len(one) > module.PART
    for drawn, wanted in zip(module._drawn(scene), one, strict=True):
        assert np.array_equal(drawn, wanted)
