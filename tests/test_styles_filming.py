"""Two bodies share a picture, films are seen by the real pose model, and everybody is somebody else."""

from dataclasses import replace

import numpy as np
import pytest

from ballet_lib.errors import BalletError
from ballet_lib.frame_features import GREYS
from ballet_lib.skeleton import COCO_17
from ballet_lib.studio.camera import Camera
from ballet_lib.studio.render import Picture
from ballet_lib.styles.ensemble import FPS, FRAMES, TEMPO, draw_ensemble, join
from ballet_lib.styles.filming import SHIPPED, STRANGERS, film, film_all, scene_of
from ballet_lib.styles.videos import SIDE, DanceVideos
from ballet_lib.vocabulary import STYLES


def picture(rgb, depth):
    rgb, depth = np.array(rgb, np.uint8)[None], np.array(depth, np.float32)[None]
    return Picture(rgb, np.isfinite(depth), depth, Camera())


def test_the_nearer_body_is_seen_and_all_shadows_fall():
    red, green, room, dim, dark = [200, 0, 0], [0, 200, 0], [100] * 3, [60] * 3, [20] * 3
    far = np.inf
    first = picture([red, red, room, room, dark], [2.0, 3.0, far, far, far])
    second = picture([green, green, green, dim, dim], [3.0, 2.0, 2.0, far, far])
    for order in ((first, second), (second, first)):
        assert join(order)[0].tolist() == [red, green, green, dim, dark]
    assert join([first])[0].tolist() == first.rgb[0].tolist()


@pytest.mark.parametrize("style", STYLES)
def test_a_number_always_gives_the_same_video(style):
    first, again, other = (draw_ensemble(style, number) for number in (2, 2, 4))
    assert np.array_equal(first.points, again.points)
    assert first.framed == again.framed
    assert first.stage == again.stage
    assert not np.allclose(first.points, other.points)
    assert first.stage != other.stage


def test_videos_last_ten_seconds_and_even_numbers_show_two():
    for style in STYLES:
        for number in (1, 2):
            ensemble = scene_of(style, number)
            people = 2 - number % 2
            assert ensemble.points.shape == (FRAMES, people, 33, 3)
            assert len(ensemble) / FPS == 10
            assert TEMPO[0] <= ensemble.tempo <= TEMPO[1]
            pixels = ensemble.exact
            assert pixels.min() > 0
            assert (pixels < ensemble.size).all(), "all of everybody is in the picture"


def test_no_two_dancers_are_the_same():
    who = [
        one for style in STYLES for number in (1, 2, 16, STRANGERS, STRANGERS + 1)
        for one in scene_of(style, number).performers
    ]  # fmt: skip
    assert len({one.name for one in who}) == len({one.body for one in who}) == len(who)
    assert len({one.habits for one in who}) == len(who)
    assert STRANGERS not in SHIPPED


def test_two_dancers_stand_apart_and_dance_the_same():
    for style in STYLES:
        ensemble = scene_of(style, 2)
        middles = ensemble.points.mean(axis=2)[..., [0, 2]]
        assert np.linalg.norm(middles[:, 0] - middles[:, 1], axis=-1).min() > 0.6
        assert ensemble.performers[0].motion.fps == ensemble.performers[1].motion.fps == FPS


def test_the_drawn_bodies_are_where_their_joints_are():
    both = scene_of("hip_hop", 2, (120, 120))
    alone = replace(both, performers=both.performers[:1], camera=both.framed, fill=None)
    first = next(both.pictures([0])).astype(int)
    changed = np.abs(next(alone.pictures([0])) - first).sum(-1) > 60
    assert changed.sum() > 100, "the second dancer is drawn"
    column = np.nonzero(changed)[1]
    assert abs(np.median(column) - both.exact[0, 1, :, 0].mean()) < 12, "where her joints are"


def test_a_film_finds_its_dancers_where_they_are():
    video = film("classical", 2, frames=4)
    assert video.name == "classical_02"
    assert video.dancers == ("classical_02a", "classical_02b")
    assert video.keypoints.shape == (4, 2, 17, 3)
    truth = scene_of("classical", 2).exact[:4][:, :, COCO_17]
    away = np.linalg.norm(video.keypoints[..., :2] - truth, axis=-1)
    assert np.nanmedian(away) < 6, "pixels of 320"
    assert np.isfinite(video.keypoints).all(axis=(2, 3)).mean() > 0.7
    assert video.pictures.shape == (4, SIDE, SIDE)
    assert (video.pictures % GREYS == 0).all()
    assert np.ptp(video.pictures) > 80


def test_filming_again_gives_what_ships():
    shipped = {video.name: video for video in DanceVideos.load("styles")}
    assert set(shipped) == {f"{style}_{number:02d}" for style in STYLES for number in SHIPPED}
    assert len({dancer for video in shipped.values() for dancer in video.dancers}) == 72
    again = film("hip_hop", 3, frames=3)
    before = shipped[again.name]
    assert before.dancers == again.dancers
    assert np.median(np.abs(before.keypoints[:3] - again.keypoints)[..., :2]) < 1
    assert np.abs(before.pictures[:3].astype(int) - again.pictures).mean() < 1


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: scene_of("polka", 1), "style 'polka'"),
        (lambda: scene_of("hip_hop", 0), "no video 0"),
        (lambda: film("hip_hop", 1, frames=0), "frames=0"),
        (lambda: film_all([1], workers=0), "workers=0"),
    ],
)
def test_mistakes_are_named(call, says):
    with pytest.raises(BalletError, match=says):
        call()
