"""The pictures show the dancer that the landmarks describe."""

import cv2
import numpy as np
import pytest

from ballet_lib import BalletError
from ballet_lib.skeleton import INDEX, LANDMARKS
from ballet_lib.studio.body import JOINT, Body, Motion, rest_motion
from ballet_lib.studio.camera import Camera
from ballet_lib.studio.looks import MONK_SKIN_TONES, Look
from ballet_lib.studio.paint import paint
from ballet_lib.studio.render import Renderer, rasterise, render
from ballet_lib.studio.stage import KINDS, Stage
from ballet_lib.studio.surface import build_surface

SIZE = (240, 320)


@pytest.fixture(scope="module")
def rest():
    motion = rest_motion(Body())
    return motion.position[0], motion.rotation[0]


@pytest.fixture(scope="module")
def surface():
    return build_surface(Body())


def picture(rest, yaw=0.0, body=None, **how):
    body = body or Body()
    motion = rest_motion(body)
    camera = Camera(yaw=yaw).framing(body.landmarks(motion), SIZE, 0.8)
    renderer = Renderer(body, how.pop("look", Look()), camera, how.pop("stage", Stage("plain", 2)), SIZE)
    return renderer.frame(motion.position[0], motion.rotation[0])


def volume(vertices, faces):
    a, b, c = (vertices[faces[:, i]].astype(float) for i in range(3))
    return np.einsum("fi,fi->f", a, np.cross(b, c)).sum() / 6


def test_the_surface_is_closed_symmetric_and_as_large_as_the_body(surface):
    edges = np.sort(surface.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    _, times = np.unique(edges, axis=0, return_counts=True)
    assert (times == 2).all(), "every edge joins two faces"
    inside = volume(surface.vertices, surface.faces)
    assert 0.045 < inside < 0.065, "cubic metres of a dancer of 1.68 m, and faces that look outwards"
    assert np.allclose(surface.vertices[:, 0].min(), -surface.vertices[:, 0].max(), atol=1e-5)
    assert abs(surface.vertices[:, 1].min()) < 0.01, "the soles are on the floor"


def test_every_vertex_belongs_wholly_to_the_joints(surface):
    assert surface.weights.min() >= 0 and np.allclose(surface.weights.sum(1), 1, atol=1e-5)


def test_bones_at_rest_leave_the_surface_alone_and_moving_all_moves_it(surface, rest):
    position, rotation = rest
    assert np.allclose(surface.pose(position, rotation)[0], surface.vertices, atol=1e-5)
    step = np.array([0.3, 0, -1])
    moved, _ = surface.pose(position + step, rotation)
    assert np.allclose(moved, surface.vertices + step, atol=1e-5)


def test_a_turned_hand_leaves_the_other_side_alone(surface, rest):
    position, rotation = rest[0], rest[1].copy()
    rotation[JOINT["left_wrist"]] = [[1, 0, 0], [0, 0, -1], [0, 1, 0]]
    moved = np.linalg.norm(surface.pose(position, rotation)[0] - surface.vertices, axis=1)
    assert moved.max() > 0.05 and moved[surface.vertices[:, 0] < 0.3].max() < 1e-6


def test_a_bent_knee_keeps_its_volume(surface, rest):
    body, (position, rotation) = Body(), (rest[0].copy(), rest[1].copy())
    bend = np.radians(120)
    turn = np.array([[1, 0, 0], [0, np.cos(bend), -np.sin(bend)], [0, np.sin(bend), np.cos(bend)]])
    knee = body.rest[JOINT["left_knee"]]
    for name in ("knee", "ankle", "toes"):
        joint = JOINT[f"left_{name}"]
        position[joint], rotation[joint] = knee + turn @ (body.rest[joint] - knee), turn
    bent, _ = surface.pose(position, rotation)
    assert abs(volume(bent, surface.faces) / volume(surface.vertices, surface.faces) - 1) < 0.02


@pytest.mark.parametrize("yaw", [0, 50, 180])
def test_landmarks_lie_on_the_dancer(rest, yaw):
    seen = picture(rest, yaw)
    points = Body().landmarks(rest_motion(Body()))[0]
    pixels, _ = seen.camera.project(points, SIZE)
    column, row = pixels.astype(int).T
    near = [seen.mask[r - 2 : r + 3, c - 2 : c + 3].any() for r, c in zip(row, column, strict=True)]
    assert all(near), [name for name, ok in zip(LANDMARKS, near, strict=True) if not ok]
    assert 0.05 < seen.mask.mean() < 0.4


def test_the_near_side_hides_the_far_side(rest):
    points = Body().landmarks(rest_motion(Body()))[0]
    side = picture(rest, 90).hidden(points)
    assert side[INDEX["right_hip"]] and side[INDEX["right_eye"]] and side[INDEX["right_wrist"]]
    assert not side[INDEX["left_knee"]] and not side[INDEX["left_wrist"]] and not side[INDEX["left_eye"]]
    front = {LANDMARKS[i] for i in np.flatnonzero(picture(rest, 0).hidden(points))}
    assert front <= {"left_heel", "right_heel", "left_pinky", "right_pinky"}, "only what turns away is hidden"
    assert picture(rest, 180).hidden(points)[INDEX["nose"]]


def test_depth_is_that_of_the_skin(rest):
    seen = picture(rest)
    assert np.isinf(seen.depth[~seen.mask]).all()
    nose = Body().landmarks(rest_motion(Body()))[0, INDEX["nose"]]
    pixel, depth = seen.camera.project(nose, SIZE)
    assert abs(seen.depth[int(pixel[1]), int(pixel[0])] - depth) < 0.02


def test_the_same_seed_gives_the_same_picture(rest):
    def drawn(seed):
        rng = np.random.default_rng(seed)
        return picture(rest, 20, Body.draw(rng), look=Look.draw(rng), stage=Stage.draw(rng)).rgb

    assert np.array_equal(drawn(1), drawn(1)) and not np.array_equal(drawn(1), drawn(2))


@pytest.mark.parametrize("kind", KINDS)
def test_every_room_can_be_seen_from_all_sides(kind):
    for yaw in (0, 95, 180, -95):
        room = Stage(kind, 5).picture(Camera(yaw=yaw), (60, 80))
        assert room.shape == (80, 60, 3) and np.isfinite(room).all()
        assert room.min() >= 0 and room.max() <= 1 and room.std() > 1e-3


def test_the_dancer_casts_a_shadow_on_the_floor(rest):
    body, stage = Body(), Stage("plain", 0)
    camera = Camera(pitch=10).framing(body.landmarks(rest_motion(body)), SIZE, 0.7)
    seen = Renderer(body, Look(), camera, stage, SIZE).frame(*rest)
    empty = np.sqrt(stage.picture(camera, SIZE)) * 255
    darker = (empty.mean(-1) - seen.rgb.mean(-1)) > 8
    assert (darker & ~seen.mask)[SIZE[1] // 2 :].sum() > 50
    assert not (darker & ~seen.mask)[: SIZE[1] // 8].any()


def test_eyes_are_painted_where_the_landmarks_are():
    body, look = Body(), Look(iris=(0, 0, 1))
    marks = body.rest_landmarks[1]
    pupil, _ = paint(look, body, marks[[INDEX["left_eye"], INDEX["right_eye"]]] + (0.0046, 0, 0))
    assert (pupil[:, 2] > pupil[:, 0] + 0.3).all(), "4.6 mm beside the middle of the eye lies the iris"


def test_skin_tones_go_from_light_to_dark(rest):
    brightness = []
    for tone in range(len(MONK_SKIN_TONES)):
        colour, _ = paint(Look().with_skin(tone), Body(), Body().rest[[JOINT["left_elbow"]]])
        brightness.append(colour.mean())
    assert (np.diff(brightness) < 0.03).all() and brightness[0] > 3 * brightness[-1]


def test_a_person_partly_or_wholly_out_of_the_picture(rest):
    body = Body()
    points = body.landmarks(rest_motion(body))[0]
    close = Renderer(body, camera=Camera(target=(0, 1.5, 0), distance=1.2), size=SIZE).frame(*rest)
    hidden = close.hidden(points)
    assert hidden[INDEX["left_ankle"]] and not hidden[INDEX["nose"]] and close.mask.any()
    away = Renderer(body, camera=Camera(target=(9, 1, 0)), size=SIZE).frame(*rest)
    assert not away.mask.any() and away.hidden(points).all()


def test_an_open_shutter_blurs_only_what_moves(rest):
    position, rotation = rest
    motion = Motion(np.stack([position, position + np.array([0.02, 0, 0])]), np.stack([rotation] * 2), 20)
    renderer = Renderer(Body(), camera=Camera(), stage=Stage("plain"), size=SIZE)
    (still, sharp), (_, blurred) = (list(render(renderer, motion, shutter)) for shutter in (0, 0.8))
    assert np.array_equal(sharp.mask, blurred.mask)
    changed = np.abs(sharp.rgb.astype(int) - blurred.rgb).max(-1) > 20
    near = cv2.dilate((sharp.mask | still.mask).astype(np.uint8), np.ones((5, 5))) > 0
    assert changed.sum() > 100 and not (changed & ~near)[: SIZE[1] // 2].any()


def test_a_fast_limb_leaves_a_smear_and_no_double_image(rest):
    position, rotation = rest
    far = np.stack([position, position + np.array([0.45, 0, 0])])  # three heads in one frame
    renderer = Renderer(Body(), camera=Camera(), stage=Stage("plain"), size=SIZE)
    motion = Motion(far, np.stack([rotation] * 2), 20)
    (picture,) = render(renderer, motion, shutter=1.0, only=[1])
    away = position[None] + np.array([50, 0, 0])
    (room,) = render(renderer, Motion(away, rotation[None], 20))
    head = np.flatnonzero(picture.mask.any(1))[0] + 12
    touched = np.abs(picture.rgb[head].astype(int) - room.rgb[head]).max(-1) > 8
    assert touched.sum() > picture.mask[head].sum() + 25, "smeared along the way"
    assert np.diff(np.flatnonzero(touched)).max() <= 2, "no gap between one exposure and the next"


def test_rasterise_finds_the_nearer_triangle_and_its_barycentric_coordinates():
    pixels = np.array([[0, 0], [0, 10], [10, 0], [0, 0], [0, 10], [10, 0]], float)
    depth = np.array([2, 2, 2, 1, 1, 1], float)
    where, face, inside = rasterise(pixels, depth, np.array([[0, 1, 2], [3, 4, 5]]), (12, 12))
    assert (face == 1).all() and len(where) == 55
    place = inside.T @ pixels[3:]
    assert np.allclose(place, np.stack([where % 12 + 0.5, where // 12 + 0.5], axis=1), atol=1e-4)
    turned_away = rasterise(pixels, depth, np.array([[0, 2, 1]]), (12, 12))
    assert len(turned_away[0]) == 0


def test_impossible_wishes_are_refused(rest):
    with pytest.raises(BalletError):
        Renderer(Body(), size=(0, 10))
    with pytest.raises(BalletError):
        Renderer(Body(), camera=Camera(distance=0.05), size=SIZE).frame(*rest)
    with pytest.raises(BalletError):
        Look(bun="mohawk")
    with pytest.raises(BalletError):
        Stage("moon")
    with pytest.raises(BalletError):
        Look().with_skin(10)
