"""Other people's dances as videos: fixtures in each real layout, written by hand here and by the writer."""

import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from ballet_lib.errors import BalletError
from ballet_lib.formats.keypoints import COCO_NAMES
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.skeleton import INDEX
from ballet_lib.styles.pictures import letterboxed
from ballet_lib.styles.readers import (
    from_pose_sequence,
    from_takes,
    read_alphapose,
    read_lets_dance,
    read_text51,
    write_lets_dance,
)
from ballet_lib.styles.videos import DanceVideo, DanceVideos
from ballet_lib.takes import Take

SIZE = (320, 240)
BODY = np.array([
    (50, 10), (52, 8), (48, 8), (55, 9), (45, 9), (62, 30), (38, 30), (68, 50), (32, 50), (70, 70), (30, 70),
    (57, 75), (43, 75), (58, 100), (42, 100), (58, 125), (42, 125),
], float)  # fmt: skip


def dancer(frames=4, right=0.0, score=0.9):
    """A body that walks two pixels a frame and lifts its left hand: (frames, 17, 3) in pixels."""
    points = np.repeat(BODY[None], frames, axis=0)
    points[..., 0] += right + 2 * np.arange(frames)[:, None]
    points[:, 9, 1] -= 3 * np.arange(frames)
    return np.concatenate([points, np.full((frames, 17, 1), score)], axis=-1)


def put(path, document):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def jpg(path, size=SIZE, grey=200):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size, grey).convert("RGB").save(path)


def named(points):
    """Somebody as Let's Dance writes them."""
    return [
        "person",
        *([name, [float(x), float(y)]] for name, (x, y, _) in zip(COCO_NAMES, points, strict=True)),
    ]


def lets_dance(root, people, style="ballet", video="abcdefghijk_003", poses="densepose", frames=True):
    for number in range(len(people[0])):
        stem = f"{style}/{video}_{number + 1:04d}"
        put(root / poses / f"{stem}.json", [named(points[number]) for points in people])
        if frames:
            jpg(root / "rgb" / f"{stem}.jpg", grey=40 * number + 40)
    return root


# --- Let's Dance ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("poses", ["densepose", "skeleton", "densepose/rgb"])
def test_lets_dance_in_its_layout(tmp_path, poses):
    near, far = dancer(), dancer(right=150)
    lets_dance(tmp_path, [near, far], poses=poses)
    lets_dance(tmp_path, [far], "tango", "lmnopqrstuv_001", poses)
    videos = read_lets_dance(tmp_path)
    assert videos.labels == ("ballet", "tango") and videos.names.tolist() == [
        "abcdefghijk_003",
        "lmnopqrstuv_001",
    ]
    one = videos[0]
    assert (one.size, one.fps, one.people, len(one), one.film) == (SIZE, 30, 2, 4, "abcdefghijk")
    order = np.argsort(one.keypoints[0, :, 0, 0])
    np.testing.assert_allclose(one.keypoints[:, order[0], :, :2], near[..., :2], atol=1e-3)
    np.testing.assert_allclose(one.keypoints[:, order[1], :, :2], far[..., :2], atol=1e-3)
    assert (one.keypoints[..., 2] == 1).all()  # the files tell no score
    assert np.abs(one.pictures[:, 32, 32].astype(int) - [40, 80, 120, 160]).max() <= 1
    assert (one.pictures[:, 0] == 0).all()  # 320 x 240 has bars above and below


def test_a_frame_without_a_pose_file_shows_nobody(tmp_path):
    lets_dance(tmp_path, [dancer(6)])
    (tmp_path / "densepose/ballet/abcdefghijk_003_0003.json").unlink()
    put(tmp_path / "densepose/ballet/abcdefghijk_003_0005.json", [])
    (one,) = read_lets_dance(tmp_path)
    found = np.isfinite(one.keypoints[..., 0]).all(axis=(1, 2))
    assert found.tolist() == [True, True, False, True, False, True] and len(one.pictures) == 6


def test_a_video_without_pose_files_shows_nobody(tmp_path):
    lets_dance(tmp_path, [dancer()])
    for number in (1, 2, 3):
        jpg(tmp_path / f"rgb/tango/other_{number:04d}.jpg")
    with pytest.warns(
        UserWarning, match="1 of 2 videos, such as other, have no pose files: they show nobody"
    ):
        videos = read_lets_dance(tmp_path)
    assert videos[1].name == "other" and videos[1].keypoints.shape == (3, 0, 17, 3)


@pytest.mark.filterwarnings("ignore:.*have no picture")
def test_only_each_kth_frame_is_opened(tmp_path):
    lets_dance(tmp_path, [dancer(7)])
    for number in (2, 3, 5, 6):  # these would end the reading
        put(tmp_path / f"densepose/ballet/abcdefghijk_003_{number:04d}.json", "[")
        (tmp_path / f"rgb/ballet/abcdefghijk_003_{number:04d}.jpg").write_bytes(b"no picture")
    (one,) = read_lets_dance(tmp_path, every=3)
    assert one.fps == 10 and len(one) == 3
    np.testing.assert_allclose(one.keypoints[:, 0, :, :2], dancer(7)[::3, :, :2], atol=1e-3)
    with pytest.raises(BalletError, match="no valid JSON"):
        read_lets_dance(tmp_path)
    with pytest.warns(UserWarning, match="4 damaged files .* the first: .*0002.json is no valid JSON"):
        (one,) = read_lets_dance(tmp_path, skip_damaged=True)
    assert np.isfinite(one.keypoints[:, 0, 0, 0]).tolist() == [True, False, False, True, False, False, True]
    with pytest.raises(BalletError, match="Give 1 for all"):
        read_lets_dance(tmp_path, every=0)


def test_missing_pictures_are_repeated_and_said(tmp_path):
    lets_dance(tmp_path, [dancer(5)])
    for number in (1, 4):
        (tmp_path / f"rgb/ballet/abcdefghijk_003_{number:04d}.jpg").unlink()
    with pytest.warns(UserWarning, match="2 of 5 frames have no picture, such as 1"):
        (one,) = read_lets_dance(tmp_path)
    assert np.abs(one.pictures[:, 32, 32].astype(int) - [80, 80, 120, 120, 200]).max() <= 1
    assert read_lets_dance(tmp_path, pictures=False)[0].pictures is None


def test_without_frames_the_size_is_asked_for(tmp_path):
    lets_dance(tmp_path, [dancer()], frames=False)
    with pytest.raises(BalletError, match=r"size=\(1280, 720\)"):
        read_lets_dance(tmp_path)
    with pytest.warns(UserWarning, match="have no frames: they have no pictures"):
        (one,) = read_lets_dance(tmp_path, size=SIZE)
    assert one.pictures is None and one.size == SIZE


def test_mixed_resolutions_are_scaled_to_the_first(tmp_path):
    lets_dance(tmp_path, [dancer(4)])
    for number in (3, 4):  # twice as large, as the keypoints of these frames are
        jpg(tmp_path / f"rgb/ballet/abcdefghijk_003_{number:04d}.jpg", (640, 480))
        large = dancer(4)[number - 1] * (2, 2, 1)
        put(tmp_path / f"densepose/ballet/abcdefghijk_003_{number:04d}.json", [named(large)])
    with pytest.warns(UserWarning, match="frames of 2 sizes; its keypoints are scaled to the first, 320x240"):
        (one,) = read_lets_dance(tmp_path)
    np.testing.assert_allclose(one.keypoints[:, 0, :, :2], dancer(4)[..., :2], atol=1e-3)


def test_people_are_followed_or_taken_in_the_order_of_the_file(tmp_path):
    left, right = dancer(4), dancer(4, right=150)
    crossed = [np.where(np.arange(4)[:, None, None] % 2, *pair) for pair in ((left, right), (right, left))]
    lets_dance(tmp_path, crossed)
    (one,) = read_lets_dance(tmp_path)
    assert np.abs(np.diff(one.keypoints[:, :, 0, 0], axis=0)).max() < 3
    (one,) = read_lets_dance(tmp_path, follow=False)
    np.testing.assert_allclose(one.keypoints[..., :2], np.stack(crossed, axis=1)[..., :2], atol=1e-3)


@pytest.mark.parametrize("follow", [True, False])
def test_of_forty_people_twenty_are_kept_and_it_is_said(tmp_path, follow):
    crowd = [dancer(3) * (0.3, 0.3, 1) + (right % 280, right // 280 * 60, 0) for right in range(0, 1120, 28)]
    lets_dance(tmp_path, crowd)
    with pytest.warns(UserWarning, match="more than 20 people"):
        (one,) = read_lets_dance(tmp_path, follow=follow)
    assert one.people == 20 and np.isfinite(one.keypoints[:, :, 0]).all()


def test_a_name_in_two_styles_is_two_videos_of_one_film(tmp_path):
    lets_dance(tmp_path, [dancer()], "ballet")
    lets_dance(tmp_path, [dancer()], "tango")
    videos = read_lets_dance(tmp_path)
    assert videos.names.tolist() == ["abcdefghijk_003", "abcdefghijk_003-2"]
    assert len(set(videos.groups)) == 1


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("densepose/ballet/readme.json", "no frame number"),
        ("skeleton/ballet/abcdefghijk_003_0002.json", "are the same frame"),
        ("loose_0001.json", "no folder tells its style"),
        ("densepose/ballet/abcdefghijk_003_99999999999.json", "Check the names of its files"),
    ],
)
def test_lets_dance_refuses(tmp_path, name, said):
    put(lets_dance(tmp_path, [dancer()]) / name, [])
    with pytest.raises(BalletError, match=said):
        read_lets_dance(tmp_path)


def test_lets_dance_refuses_an_empty_folder_and_a_file(tmp_path):
    with pytest.raises(BalletError, match="Give the folder around rgb and densepose"):
        read_lets_dance(tmp_path)
    with pytest.raises(BalletError, match="is one file"):
        read_lets_dance(put(tmp_path / "a_0001.json", []))
    with pytest.raises(BalletError, match="is not there"):
        read_lets_dance(tmp_path / "none")


def test_a_zip_is_read_as_the_folder_in_it(tmp_path):
    lets_dance(tmp_path / "in" / "letsdance", [dancer()])
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for path in (tmp_path / "in").rglob("*.*"):
            archive.write(path, path.relative_to(tmp_path / "in"))
    (one,) = read_lets_dance(tmp_path / "all.zip")
    assert one.style == "ballet" and one.pictures is not None


def test_what_is_written_is_read_again(tmp_path):
    points = np.stack([dancer(3), dancer(3, right=120)], axis=1)
    points[1, 0] = np.nan
    points[2, 1, 4] = np.nan
    inside = letterboxed(np.full(SIZE[::-1], 1, np.uint8))
    ramp = np.tile(np.linspace(0, 255, 64).astype(np.uint8), (3, 64, 1)) * inside
    videos = DanceVideos((
        DanceVideo("Anna 2", "cha cha", points, 30, SIZE, pictures=ramp),
        DanceVideo("b", "tango", points[:, :1], 30, SIZE),
    ))  # fmt: skip
    assert "scores" in write_lets_dance(videos, tmp_path / "out")[0]
    first = json.loads((tmp_path / "out/densepose/cha_cha/Anna_2_0001.json").read_text())
    assert first[0][:2] == ["person", ["nose", [50.0, 10.0]]] and len(first) == 2
    assert len(json.loads((tmp_path / "out/densepose/cha_cha/Anna_2_0002.json").read_text())) == 1
    with Image.open(tmp_path / "out/rgb/cha_cha/Anna_2_0003.jpg") as picture:
        assert picture.size == SIZE
    with pytest.warns(UserWarning, match="1 of 2 videos, such as b, have no frames"):
        again = read_lets_dance(tmp_path / "out", size=SIZE)
    np.testing.assert_allclose(again[0].keypoints[..., :2], points[..., :2], atol=0.01)
    assert np.abs(again[0].pictures.astype(int) - videos[0].pictures)[:, 10:-10].max() < 8
    with pytest.raises(BalletError, match="is not overwritten"):
        write_lets_dance(videos, tmp_path / "out")


def test_a_picture_is_letterboxed():
    wide = np.zeros((100, 200, 3), np.uint8)
    wide[:, 100:] = 255
    small = letterboxed(wide)
    assert (small[:16] == 0).all() and (small[48:] == 0).all()
    assert (small[16:48, :32] == 0).all() and (small[16:48, 32:] == 255).all()
    assert letterboxed(np.full((500, 10), 9, np.uint8)).max() == 9
    for bad in (np.zeros((4, 4)), np.zeros((4, 4, 4), np.uint8), np.zeros((0, 4), np.uint8)):
        with pytest.raises(BalletError, match="in grey or RGB"):
            letterboxed(bad)


# --- AlphaPose --------------------------------------------------------------------------------------------


def result(picture, points, **more):
    return {"image_id": picture, "category_id": 1, "keypoints": points.ravel().tolist(), "score": 2.9} | more


def test_alphapose_by_idx_and_by_place(tmp_path):
    left, right = dancer(4), dancer(4, right=150)
    tracked = [
        result(f"{frame}.jpg", points[frame], idx=idx)
        for frame in range(4)
        for idx, points in ((7, right), (2, left))
        if not (frame == 1 and idx == 2)
    ]
    put(tmp_path / "afrobeat/one.json", tracked)
    put(tmp_path / "hiphop/two/alphapose-results.json", [result(f"{n}.jpg", left[n]) for n in range(4)])
    videos = read_alphapose(tmp_path, SIZE, fps=25)
    assert [(one.name, one.style, one.fps, one.size) for one in videos] == [
        ("one", "afrobeat", 25, SIZE), ("two", "hiphop", 25, SIZE)
    ]  # fmt: skip
    np.testing.assert_allclose(videos[0].keypoints[:, 1], right, atol=1e-3)
    np.testing.assert_allclose(videos[0].keypoints[[0, 2, 3], 0], left[[0, 2, 3]], atol=1e-3)
    assert np.isnan(videos[0].keypoints[1, 0]).all()
    np.testing.assert_allclose(videos[1].keypoints[:, 0], left, atol=1e-3)


def test_alphapose_of_another_version(tmp_path):
    order = (0, 15, 14, 17, 16, 5, 2, 6, 3, 7, 4, 11, 8, 12, 9, 13, 10)  # COCO-17's in OpenPose's 18
    eighteen = np.zeros((4, 18, 3))
    eighteen[:, order] = dancer(4)
    bodies = [[{"joints": points.ravel().tolist()}] for points in eighteen]
    old = {f"{n}.jpg": {"version": "AlphaPose v0.2", "bodies": body} for n, body in enumerate(bodies)}
    put(tmp_path / "jive/a.json", old)
    with pytest.warns(UserWarning, match="30 are assumed"):
        (one,) = read_alphapose(tmp_path, SIZE)
    np.testing.assert_allclose(one.keypoints[:, 0], dancer(4), atol=1e-3)
    put(tmp_path / "jive/b.json", [result("0.jpg", np.ones((21, 3)))])
    with pytest.raises(BalletError, match="21 keypoints a person"):
        read_alphapose(tmp_path, SIZE)


def test_alphapose_needs_a_style(tmp_path):
    path = put(tmp_path / "one.json", [result("0.jpg", dancer(1)[0])])
    with pytest.raises(BalletError, match="Nothing says what is danced"):
        read_alphapose(path, SIZE, fps=25)
    assert read_alphapose(path, SIZE, fps=25, style="jive")[0].style == "jive"


# --- Text of 51 columns -----------------------------------------------------------------------------------


def text(path, points, labels, header=None):
    lines = [",".join(f"{value:.6g}" for value in line) for line in points.reshape(-1, 51)]
    put(path / "X_train.txt", "\n".join([*([header] if header else []), *lines, ""]))
    put(path / "Y_train.txt", "\n".join([*labels, ""]))
    put(path / "labels.txt", "1 afrobeat\n2 hiphop\n")
    return path


HEADER = [f"{name}_{what}" for name in COCO_NAMES for what in ("x", "y", "score")]


def test_text51_blocks_are_videos(tmp_path):
    blocks = np.stack([dancer(5), dancer(5, right=150), dancer(5, right=90)])
    blocks[0, 2, 4] = 0
    videos = read_text51(text(tmp_path, blocks, "122"), steps=5, size=SIZE, fps=10)
    assert videos.labels == ("afrobeat", "hiphop") and videos.y.tolist() == [0, 1, 1]
    assert videos.names.tolist() == ["X_train_0001", "X_train_0002", "X_train_0003"]
    blocks[0, 2, 4] = np.nan
    np.testing.assert_allclose(np.stack([one.keypoints[:, 0] for one in videos]), blocks, atol=1e-3)
    assert len(set(videos.groups)) == 3


def test_text51_blocks_that_go_on_stay_together(tmp_path):
    videos = read_text51(text(tmp_path, dancer(10), "11"), steps=5, size=SIZE, fps=10)
    assert len(videos) == 2 and len(set(videos.groups)) == 1


def test_text51_columns_in_another_order_are_put_right_by_their_names(tmp_path):
    points = dancer(5).reshape(5, 51)
    order = np.random.default_rng(0).permutation(51)
    names = [
        HEADER[column].replace("_", " ", 1) if column % 2 else HEADER[column].upper() for column in order
    ]
    mixed = points[:, order]
    path = text(tmp_path, mixed, "1", header=", ".join(names))
    (one,) = read_text51(path, steps=5, size=SIZE, fps=10)
    np.testing.assert_allclose(one.keypoints[:, 0], dancer(5), atol=1e-3)
    # further columns are passed over
    lines = (path / "X_train.txt").read_text().splitlines()
    more = [lines[0] + ",frame", *(f"{line},{number}" for number, line in enumerate(lines[1:]))]
    put(path / "X_train.txt", "\n".join(more))
    (one,) = read_text51(path, steps=5, size=SIZE, fps=10)
    np.testing.assert_allclose(one.keypoints[:, 0], dancer(5), atol=1e-3)
    put(path / "X_train.txt", "\n".join([more[0], more[1], lines[2], *more[3:]]))
    with pytest.raises(BalletError, match="line 3: 51 numbers, not 52"):
        read_text51(path, steps=5, size=SIZE, fps=10)


@pytest.mark.parametrize(
    ("points", "labels", "header", "said"),
    [
        (np.ones((5, 48)), "1", None, "line 1: 48 numbers, not 51"),
        (dancer(5), "", None, "has 0 labels for 1 blocks of 5 lines"),
        (np.concatenate([dancer(5)] * 3), "12", None, "has 2 labels for 3 blocks of 5 lines"),
        (dancer(6), "1", None, "6 lines, which make no whole blocks of 5"),
        (dancer(5), "1", ",".join(HEADER[:-3]), "names no column right_ankle_x; 3 of 51 are missing"),
        (dancer(5), "3", None, "3 has no name"),
    ],
)
def test_text51_refuses(tmp_path, points, labels, header, said):
    if points.shape[-1] == 48:
        put(tmp_path / "X_train.txt", "\n".join(",".join(map(str, line)) for line in points))
        put(tmp_path / "Y_train.txt", labels)
    else:
        text(tmp_path, points, labels, header)
    with pytest.raises(BalletError, match=said):
        read_text51(tmp_path, steps=5, size=SIZE, fps=10)


def test_text51_says_where_two_dancers_take_turns(tmp_path):
    turns = np.stack([dancer(10), dancer(10, right=200)], axis=1).reshape(1, 20, 17, 3)
    with pytest.warns(UserWarning, match="several dancers take turns"):
        read_text51(text(tmp_path, turns, "1"), steps=20, size=SIZE, fps=10)


# --- This library's own -----------------------------------------------------------------------------------


def poses(frames=5, fps=25.0, seed=0):
    landmarks = np.random.default_rng(seed).uniform(0, 1, (frames, 33, 4)).astype(np.float32)
    return PoseSequence(landmarks, None, fps, SIZE, "My film (2).mp4")


def test_a_video_of_extracted_poses():
    one, other = poses(), poses(seed=1)
    video = from_pose_sequence([one, other], "jive", dancers=("anna", "ben"))
    assert (video.name, video.fps, video.size, video.dancers) == ("My film (2)", 25, SIZE, ("anna", "ben"))
    wrist = one.landmarks[:, INDEX["left_wrist"], :2] * SIZE
    np.testing.assert_allclose(video.keypoints[:, 0, 9, :2], wrist, rtol=1e-5)
    alone = from_pose_sequence(one, "jive", "solo", pictures=np.zeros((5, 64, 64), np.uint8))
    assert (alone.name, alone.people) == ("solo", 1) and alone.pictures is not None
    for bad, said in (([], "0 sequences"), ([one] * 21, "21 sequences"), ([one, poses(6)], "of one film")):
        with pytest.raises(BalletError, match=said):
            from_pose_sequence(bad, "jive")


def test_takes_of_one_performance_are_one_video():
    def take(name, person, first, frames, movement="jive", who="unknown"):
        meta = {"performance": "jive/a.json", "person": person, "first_frame": first}
        return Take(poses(frames, seed=person), movement, who, name, meta)

    videos = from_takes([take("a", 0, 10, 5), take("b", 1, 12, 6, who="ben"), take("c", 2, 0, 4, "waltz")])
    assert [(one.name, one.style, one.keypoints.shape[:2]) for one in videos] == [
        ("a", "jive", (8, 2)), ("jive_a", "waltz", (4, 1))
    ]  # fmt: skip
    jive = videos[0]
    assert np.isfinite(jive.keypoints[:, :, 0, 0]).T.tolist() == [[True] * 5 + [False] * 3,
                                                                  [False] * 2 + [True] * 6]  # fmt: skip
    assert jive.dancers == ("ben",)
    with pytest.raises(BalletError, match="no video"):
        from_takes([])
