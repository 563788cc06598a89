"""Dance videos: what they hold, how they are divided, and what their files keep."""

import zipfile

import numpy as np
import pytest

from ballet_lib import DATASETS
from ballet_lib.errors import BalletError
from ballet_lib.formats import read_takes
from ballet_lib.styles.shipped import FRAMES, TEXTS, load_shipped, save_shipped
from ballet_lib.styles.videos import SIDE, DanceVideo, DanceVideos


def video(name="one", style="waltz", frames=6, people=1, dancers=(), pictures=False, seed=0, **more):
    rng = np.random.default_rng([seed, *map(ord, name)])
    keypoints = np.round(rng.uniform(1, 300, (frames, people, 17, 3)), 1)
    keypoints[..., 2] = np.round(rng.uniform(0.1, 1, keypoints.shape[:-1]), 2)
    small = rng.integers(0, 32, (frames, SIDE, SIDE)).astype(np.uint8) * 8 if pictures else None
    return DanceVideo(name, style, keypoints, 10, (320, 240), dancers, small, **more)


def some(per_style=8, **more):
    return DanceVideos(
        tuple(video(f"{style}_{n}", style, **more) for style in ("waltz", "tango") for n in range(per_style))
    )


# --- One video --------------------------------------------------------------------------------------------


def test_a_point_is_found_or_it_is_not():
    keypoints = np.ones((2, 1, 17, 3))
    keypoints[0, 0, 3, 1] = np.nan  # without y there is no x either
    one = DanceVideo("a", "waltz", keypoints, 25, (64, 48))
    assert np.isnan(one.keypoints[0, 0, 3]).all() and np.isfinite(one.keypoints[1]).all()
    assert one.keypoints.dtype == np.float32 and (len(one), one.people, one.seconds) == (2, 1, 0.08)
    assert np.isfinite(keypoints[0, 0, 3, 0])  # the caller's array is as it was


def test_a_video_may_show_nobody():
    one = DanceVideo("a", "waltz", np.zeros((3, 0, 17, 3)), 25, (64, 48))
    assert one.people == 0 and len(one) == 3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"keypoints": np.zeros((4, 17, 3))}, r"keypoints\[:, None\]"),
        ({"keypoints": np.zeros((4, 1, 17, 2))}, "T, P, 17, 3"),
        ({"keypoints": np.zeros((0, 1, 17, 3))}, "holds no frame"),
        ({"keypoints": np.zeros((4, 40, 17, 3))}, "has 40 people, and 20"),
        ({"keypoints": np.full((4, 1, 17, 3), np.inf)}, "infinite"),
        ({"fps": 0}, "frames per second"),
        ({"fps": float("nan")}, "frames per second"),
        ({"size": (0, 48)}, "width and height"),
        ({"size": 48}, "width and height"),
        ({"name": "../a"}, "name of a video"),
        ({"style": ""}, "style"),
        ({"dancers": ("a/b",)}, "dancer"),
        ({"pictures": np.zeros((4, 32, 32), np.uint8)}, "Scale them"),
        ({"pictures": np.zeros((3, 64, 64), np.uint8)}, "4 frames"),
        ({"pictures": np.zeros((4, 64, 64))}, "uint8"),
    ],
)
def test_a_video_refuses(change, said):
    good = {"name": "a", "style": "waltz", "keypoints": np.zeros((4, 1, 17, 3)), "fps": 25, "size": (64, 48)}
    DanceVideo(**good)
    with pytest.raises(BalletError, match=said):
        DanceVideo(**good | change)


# --- Several ----------------------------------------------------------------------------------------------


def test_videos_are_chosen_by_number_slice_rows_and_mask():
    videos = some(2)
    assert videos[1].name == "waltz_1" and videos[np.int64(-1)].name == "tango_1"
    assert videos[1:3].names.tolist() == ["waltz_1", "tango_0"]
    assert videos[[3, 0]].names.tolist() == ["tango_1", "waltz_0"]
    assert videos[videos.y == 1].names.tolist() == ["tango_0", "tango_1"]
    assert videos[2:].labels == ("waltz", "tango") and videos[2:].y.tolist() == [1, 1]
    assert [one.style for one in videos] == ["waltz", "waltz", "tango", "tango"]
    with pytest.raises(BalletError, match="No video is left"):
        videos[videos.y == 2]


def test_videos_refuse_twins_strangers_and_nothing():
    with pytest.raises(BalletError, match="Two videos are named one"):
        DanceVideos((video(), video()))
    with pytest.raises(BalletError, match="one shows waltz, which is none of tango"):
        DanceVideos((video(),), ("tango",))
    with pytest.raises(BalletError, match="Two styles are named waltz"):
        DanceVideos((video(),), ("waltz", "waltz"))
    with pytest.raises(BalletError, match="no video"):
        DanceVideos(())


def test_split_by_name():
    videos = some(2)
    others, those = videos.split(["tango_1", "waltz_0"])
    assert set(those.names) == {"tango_1", "waltz_0"} and set(others.names) == {"tango_0", "waltz_1"}
    assert videos.split("tango_1")[1].names.tolist() == ["tango_1"]
    with pytest.raises(BalletError, match="There is no video salsa_1"):
        videos.split(["salsa_1"])
    with pytest.raises(BalletError, match="No video is left"):
        videos.split(videos.names)


def test_folds_hold_out_each_video_once_and_as_much_of_each_style():
    videos = some(8)
    held = []
    for train, test in videos.folds(4, seed=3):
        assert np.bincount(test.y).tolist() == [2, 2] and np.bincount(train.y).tolist() == [6, 6]
        assert not set(train.names) & set(test.names)
        held += test.names.tolist()
    assert sorted(held) == sorted(videos.names)
    first = [test.names.tolist() for _, test in videos.folds(4, seed=3)]
    assert first == [test.names.tolist() for _, test in videos.folds(4, seed=3)]
    assert first != [test.names.tolist() for _, test in videos.folds(4, seed=4)]


def test_folds_never_part_a_dancer_or_a_film():
    rng = np.random.default_rng(0)
    styles = ("waltz", "tango", "jive")
    videos = DanceVideos(tuple(
        video(f"v{n}", styles[n % 3], dancers=(f"d{rng.integers(40)}", f"e{n}"),
              film=f"f{rng.integers(30)}" if n % 2 else "")
        for n in range(60)
    ))  # fmt: skip
    for seed in range(5):
        parts = list(videos.folds(3, seed))
        assert sorted(name for _, test in parts for name in test.names) == sorted(videos.names)
        for train, test in parts:
            assert not set(train.dancers) & set(test.dancers)
            films = [{one.film for one in side} - {""} for side in (train, test)]
            assert not films[0] & films[1]
            assert set(train.y) == {0, 1, 2}


def test_a_chain_of_shared_dancers_is_one_group():
    chain = [("a", "b"), ("c",), ("b", "c"), ("d",)]
    videos = DanceVideos(tuple(video(f"v{n}", dancers=who) for n, who in enumerate(chain)))
    assert len(set(videos.groups[:3])) == 1 and videos.groups[3] != videos.groups[0]
    assert videos.dancers == ("a", "b", "c", "d")


def test_folds_name_the_style_with_too_few_videos():
    videos = DanceVideos((*some(4), video("lonely", "jive")))
    with pytest.raises(BalletError, match="jive has 1 video, too few for 4 folds"):
        videos.folds(4)
    together = DanceVideos(tuple(video(f"v{n}", dancers=("anna",)) for n in range(4)))
    with pytest.raises(BalletError, match="waltz has 1 video"):
        together.folds(2)
    with pytest.raises(BalletError, match="2 or more"):
        some(4).folds(1)


# --- Files ------------------------------------------------------------------------------------------------


def same(a, b):
    return (
        (a.name, a.style, a.fps, a.size, a.dancers, a.film)
        == (b.name, b.style, b.fps, b.size, b.dancers, b.film)
        and np.allclose(a.keypoints, b.keypoints, atol=1e-4, equal_nan=True)
        and np.array_equal(a.pictures, b.pictures)
    )


def test_saving_keeps_videos_of_all_lengths_and_people(tmp_path):
    lost = np.full((3, 2, 17, 3), np.nan)
    videos = DanceVideos(
        (video("a", people=3, frames=9, dancers=("anna", "ben", "cleo"), pictures=True), video("b", frames=2),
         DanceVideo("c", "tango", lost, 29.97, (7, 9)),
         video("d", people=0, frames=4, pictures=True, film="f")),
        ("jive", "tango", "waltz"),
    )  # fmt: skip
    path = videos.save(tmp_path / "new" / "all.npz")
    again = DanceVideos.load(path)
    assert again.labels == videos.labels and all(map(same, videos, again))
    assert np.array_equal(again[0].keypoints, videos[0].keypoints)  # to the last bit
    assert [one.name for one in path.parent.iterdir()] == ["all.npz"]
    with pytest.raises(BalletError, match=r"does not end in \.npz"):
        videos.save(tmp_path / "all.zip")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("names", None),
        ("names", np.array(["a"])),
        ("frames", np.array([6, 6, 6, 7])),
        ("frames", np.array([-6, 6, 6, 18])),
        ("frames", np.array([10**12] * 4)),
        ("people", np.array([1.0, 1, 1, 1])),
        ("keypoints", np.zeros((24, 17, 2), np.float32)),
        ("pictures", np.zeros((3, 64, 64), np.uint8)),
        ("labels", np.array([1, 2])),
        ("dancing", np.array([0, 0, 0, 1])),
        ("styles", np.array(["waltz"] * 4)[:, None]),
    ],
)
def test_loading_refuses_what_does_not_fit(tmp_path, name, value):
    path = some(2).save(tmp_path / "all.npz")
    with np.load(path) as file:
        arrays = dict(file)
    arrays[name] = value
    np.savez(path, **{key: array for key, array in arrays.items() if array is not None})
    with pytest.raises(BalletError, match="holds no dance videos"):
        DanceVideos.load(path)


def test_loading_refuses_no_file(tmp_path):
    with pytest.raises(BalletError, match="is not there"):
        DanceVideos.load(tmp_path / "none.npz")
    (tmp_path / "bad.npz").write_bytes(b"PK no archive")
    with pytest.raises(BalletError, match="damaged"):
        DanceVideos.load(tmp_path / "bad.npz")


@pytest.fixture
def shipped(tmp_path):
    videos = DanceVideos(
        (video("w_1", "waltz", dancers=("anna",), pictures=True),
         video("t_1", "tango", people=2, dancers=("ben", "cleo"), pictures=True),
         video("w_2", "waltz", people=2, dancers=("dora", "emil"), pictures=True)),
        ("tango", "waltz"),
    )  # fmt: skip
    keypoints = videos[1].keypoints
    keypoints[2, 1] = np.nan  # nobody
    keypoints[3, 0, 4] = np.nan  # a point
    save_shipped(videos, tmp_path)
    return videos, tmp_path


def test_what_ships_comes_back(shipped):
    videos, folder = shipped
    again = load_shipped(folder)
    assert again.labels == ("tango", "waltz") and again.y.tolist() == [1, 0, 1]
    assert all(map(same, videos, again))
    before = [(folder / name).read_bytes() for name in (TEXTS, FRAMES)]
    save_shipped(videos, folder)
    assert before == [(folder / name).read_bytes() for name in (TEXTS, FRAMES)]


def test_what_ships_is_text_of_51_columns(shipped):
    videos, folder = shipped
    with zipfile.ZipFile(folder / TEXTS) as archive:
        lines = archive.read("X.txt").decode().splitlines()
        assert archive.read("Y.txt").decode().split() == ["2", "1", "1", "2", "2"]
        assert archive.read("labels.txt").decode() == "1 tango\n2 waltz\n"
        table = archive.read("videos.csv").decode().splitlines()
    assert len(lines) == 5 * 6 and {line.count(",") for line in lines} == {50}
    first = [float(cell) for cell in lines[0].split(",")]
    np.testing.assert_allclose(first, videos[0].keypoints[0, 0].ravel(), atol=1e-4)
    assert set(lines[6 + 6 + 2].split(",")) == {"0"}  # the second dancer of t_1 in the third frame
    assert table[0] == "block,video,style,dancer,slot,first_line,width,height,fps"
    assert table[3] == "3,t_1,tango,cleo,1,13,320,240,10"
    # and the importer of takes reads it as it reads the style project's own files
    with pytest.warns(UserWarning):
        takes = read_takes("text51", folder / TEXTS, sequence_length=6, size=(320, 240))
    assert len(takes) == 5 and [take.movement for take in takes] == [
        "waltz", "tango", "tango", "waltz", "waltz"
    ]  # fmt: skip
    left_hip = takes[0].poses.landmarks[:, 23, :2] * (320, 240)
    np.testing.assert_allclose(left_hip, videos[0].keypoints[:, 0, 11, :2], atol=1e-3)


def test_what_ships_needs_pictures_names_and_one_length(tmp_path):
    good = video("a", dancers=("anna",), pictures=True)
    for bad, said in (
        (video("b", dancers=("ben",)), "no pictures"),
        (video("b", people=2, dancers=("ben",), pictures=True), "1 names for 2 people"),
        (video("b", frames=7, dancers=("ben",), pictures=True), "differ in length"),
    ):
        with pytest.raises(BalletError, match=said):
            save_shipped(DanceVideos((good, bad)), tmp_path)
    assert not list(tmp_path.iterdir())


def rewritten(path, name, content):
    with zipfile.ZipFile(path) as archive:
        members = {one: archive.read(one) for one in archive.namelist()}
    members[name] = content
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for one, text in members.items():
            if text is not None:
                archive.writestr(one, text)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("../evil.txt", b"x", "damaged or no set of styles"),
        ("labels.txt", None, "damaged or no set of styles"),
        ("X.txt", b"0," * 50 + b"0\n", "1 lines for 5 blocks"),
        ("X.txt", b"1 2 3\n", "line 1: 3 numbers"),
        ("X.txt", b"\xff\xfe", "damaged or no set of styles"),
        ("X.txt", b"0" * ((1 << 26) + 1), "unpacks to more than"),
        ("videos.csv", b"block,video\n", "other columns"),
        ("videos.csv", b"block,video,style,dancer,slot,first_line,width,height,fps\n", "number its blocks"),
        ("videos.csv", b"block,video,style,dancer,slot,first_line,width,height,fps\n1,a,b,c,x,1,1,1,1\n",
         "is damaged"),
        ("videos.csv", b"block,video,style,dancer,slot,first_line,width,height,fps\n1,a,b,c,-1,1,1,1,1\n",
         "holds a slot"),
        ("labels.txt", b"1 waltz\n", "t_1 shows tango"),
    ],
)  # fmt: skip
def test_a_damaged_set_is_refused(shipped, name, content, said):
    _, folder = shipped
    rewritten(folder / TEXTS, name, content)
    with pytest.raises(BalletError, match=said):
        load_shipped(folder)


def test_pictures_of_other_videos_are_refused(shipped):
    _, folder = shipped
    with np.load(folder / FRAMES) as file:
        changes = file["changes"]
    np.savez(folder / FRAMES, changes=changes, names=np.array(["x", "y", "z"]))
    with pytest.raises(BalletError, match="no pictures of these videos"):
        load_shipped(folder)
    (folder / FRAMES).unlink()
    with pytest.raises(BalletError, match="is not there"):
        load_shipped(folder)
    (folder / TEXTS).unlink()
    with pytest.raises(BalletError, match="is not there"):
        load_shipped(folder)


@pytest.mark.filterwarnings("ignore:Lost")
def test_the_set_that_ships():
    videos = DanceVideos.load("styles")
    assert videos.labels == ("classical", "hip_hop", "afrobeat")
    assert np.bincount(videos.y).tolist() == [16, 16, 16] and len(set(videos.groups)) == 48
    assert {(len(one), one.fps, one.pictures.shape) for one in videos} == {(100, 10.0, (100, SIDE, SIDE))}
    assert len(videos.dancers) == sum(one.people for one in videos)
    takes = read_takes("text51", DATASETS / TEXTS, size=videos[0].size, fps=10)
    assert len(takes) == len(videos.dancers) and takes[0].movement == videos[0].style
