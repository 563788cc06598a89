"""Silhouettes: framed, cut out of films, kept in zips, and read from anybody's."""

import io
import stat
import struct
import zipfile
import zlib
from itertools import islice

import make_silhouettes
import numpy as np
import pytest
from PIL import Image

from ballet_lib import DATASETS, silhouette_files
from ballet_lib.errors import BalletError
from ballet_lib.silhouette_files import SHIPPED
from ballet_lib.silhouette_pictures import MARGIN, _cut, _place
from ballet_lib.silhouettes import (
    FPS,
    Silhouettes,
    as_pictures,
    clip_name,
    frame_dancer,
    iou,
    join,
    read_silhouettes,
)
from ballet_lib.video import read_frames, write_video


@pytest.fixture(scope="module")
def shipped():
    return Silhouettes.load()


@pytest.fixture
def dance(shipped):
    """Twenty frames in which something moves."""
    return shipped.clips["r15_1"][100:120]


# --- The set that ships ---


def test_four_dancers_teach_and_a_stranger_judges(shipped):
    assert {name: len(frames) for name, frames in shipped.clips.items()} == {
        f"r{who}_{number}": 200 if who == 15 else 250 for who in range(11, 16) for number in (1, 2)
    }
    assert (shipped.fps, len(shipped), SHIPPED.stat().st_size < 1e6) == (FPS, 2400, True)
    area, height = shipped.frames.mean(axis=(1, 2)), shipped.frames.any(axis=2).sum(axis=1)
    assert area.min() > 0.04 and area.max() < 0.35
    assert height.max() <= 94 and height.min() < 70, "a dancer who bends is lower than one who rises"
    assert all((np.diff(frames, axis=0).any(axis=(1, 2))).sum() > 8 for frames in shipped.clips.values())


def test_what_ships_can_be_drawn_again(shipped):
    """Draw as many frames as the window's way needs; its height, which all frames decide, is tried out."""
    masks = np.stack(list(make_silhouettes.masks(15, 1, range(60, 76))))
    places = np.array([_place(mask, 0) for mask in masks])
    path = np.convolve(places[:, 2], np.ones(15) / 15, mode="valid")
    hers, drawn = shipped.clips["r15_1"][67:69], masks[7:9]
    rows = np.flatnonzero(hers[0].any(axis=1))
    scale = (places[7, 1] - places[7, 0]) / (rows[-1] + 1 - rows[0])  # pixels drawn a pixel kept, about
    middle = places[7, 0] + (48 - rows[0]) * scale
    pairs = list(zip(drawn, path, strict=True))
    same = [
        np.mean([_cut(mask, x, top + reach / 2, MARGIN * reach) for mask, x in pairs] == hers)
        for reach in np.arange(-4, 5) + round(96 * scale / MARGIN)
        for top in np.arange(-4, 5) + round(middle - reach / 2)
    ]
    assert max(same) > 0.999 > np.median(same)


# --- Framing ---


def _box(height, width, top, left, rows, columns):
    mask = np.zeros((height, width), dtype=bool)
    mask[top : top + rows, left : left + columns] = True
    return mask


def test_the_window_is_as_high_as_all_she_does_and_keeps_its_height():
    masks = np.stack([_box(200, 300, 40, 140, 120, 30)] * 10 + [_box(200, 300, 80, 140, 80, 30)] * 10)
    framed = frame_dancer(masks)
    heights = framed.any(axis=2).sum(axis=1)
    assert abs(heights[0] - 96 / 1.04) <= 1 and abs(heights[-1] - heights[0] * 80 / 120) <= 1
    assert (framed[:, -3].any(axis=1)).all(), "she stands on the ground in a plié too"
    assert abs(framed[0].sum() / framed[0].any(axis=1).sum() - 30 * heights[0] / 120) < 1.5, "not stretched"


def test_the_window_follows_her_sideways_and_glides():
    at = np.concatenate([np.full(20, 40), np.linspace(40, 200, 40), np.full(20, 200)]).astype(int)
    framed = frame_dancer(np.stack([_box(200, 300, 40, left, 120, 30) for left in at]))
    middle = np.array([np.flatnonzero(frame.any(axis=0)).mean() for frame in framed])
    assert abs(middle[[0, -1]] - 31.5).max() < 1 and abs(middle - 31.5).max() < 14
    shaking = at[:20] + np.tile([0, 6], 10)
    framed = frame_dancer(np.stack([_box(200, 300, 40, left, 120, 30) for left in shaking]))
    middle = np.array([np.flatnonzero(frame.any(axis=0)).mean() for frame in framed])
    assert np.ptp(middle) > 3, "a window that shakes with her would hide that she shakes"


def test_a_clip_that_is_framed_stays_as_it_is(dance):
    assert np.array_equal(frame_dancer(dance), dance)
    large = dance.repeat(3, axis=1).repeat(3, axis=2)
    assert np.array_equal(frame_dancer(large), dance)


@pytest.mark.parametrize(
    ("masks", "message"),
    [
        (np.zeros((0, 9, 9), dtype=bool), "no mask"),
        (np.zeros((2, 9, 9), dtype=bool), "Nobody is in mask 0"),
        (np.ones((2, 9, 9)), r"bool \(H, W\)"),
    ],
)
def test_what_cannot_be_framed(masks, message):
    with pytest.raises(BalletError, match=message):
        frame_dancer(masks)


# --- Clips ---


def test_clips_are_divided_by_dancer(shipped):
    others, stranger = shipped.split(["r15"])
    assert set(others.dancers) == {"r11", "r12", "r13", "r14"} and stranger.dancers == ("r15",)
    assert len(others) == 2000 and set(stranger.groups) == {"r15"}
    assert np.array_equal(stranger.frames, shipped.frames[shipped.groups == "r15"])
    assert shipped.filter("r12").clips.keys() == {"r12_1", "r12_2"}
    assert repr(stranger) == "Silhouettes(400 frames of r15, 10 a second)"
    with pytest.raises(BalletError, match="no silhouettes of r99"):
        shipped.filter(["r99"])
    with pytest.raises(BalletError, match="Nobody is left"):
        stranger.split("r15")


def test_no_window_crosses_from_one_clip_to_the_next():
    clips = {"a_1": _numbered(0, 7), "a_2": _numbered(7, 4), "b": _numbered(11, 2)}
    windows, groups = Silhouettes(clips).windows(3, step=2)
    assert windows.shape == (4, 3, 96, 64) and groups.tolist() == ["a"] * 4
    assert [[int(frame.sum()) for frame in window] for window in windows] == [
        [1, 2, 3], [3, 4, 5], [5, 6, 7], [8, 9, 10]
    ]  # fmt: skip
    with pytest.raises(BalletError, match="No clip is 8 frames long; the longest has 7"):
        Silhouettes(clips).windows(8)
    with pytest.raises(BalletError, match="positive"):
        Silhouettes(clips).windows(3, step=0)


def _numbered(first, count):
    """Frames that tell their number: so many pixels plus one are the dancer's."""
    frames = np.zeros((count, 96, 64), dtype=bool)
    for number, frame in enumerate(frames):
        frame.ravel()[: first + number + 1] = True
    return frames


def test_sets_are_joined(dance):
    a, b = Silhouettes({"a": dance}), Silhouettes({"b": dance[:5]}, 10.5)
    assert (join([a, b]).clips.keys(), join([a, b]).fps) == ({"a", "b"}, 10.25)
    with pytest.raises(BalletError, match="named a"):
        join([a, a])
    with pytest.raises(BalletError, match=r"of 10 and of 12\.5 frames a second"):
        join([a, Silhouettes({"b": dance}, 12.5)])


@pytest.mark.parametrize(
    ("clips", "fps", "message"),
    [
        ({}, 10, "no clip"),
        ({"a": np.zeros((0, 96, 64), dtype=bool)}, 10, "holds no frame"),
        ({"a": np.zeros((3, 64, 96), dtype=bool)}, 10, r"bool \(N, 96, 64\)"),
        ({"a": np.zeros((3, 96, 64), dtype=np.uint8)}, 10, "uint8"),
        ({"../a": np.zeros((3, 96, 64), dtype=bool)}, 10, "cannot be a name of a clip"),
        ({"a": np.zeros((3, 96, 64), dtype=bool)}, 0, "0 frames per second"),
        ({"a": np.zeros((3, 96, 64), dtype=bool)}, np.nan, "nan frames per second"),
    ],
)
def test_what_is_no_set_of_silhouettes(clips, fps, message):
    with pytest.raises(BalletError, match=message):
        Silhouettes(clips, fps)


def test_names_of_clips():
    assert [clip_name(text) for text in ("Anna (2)", "Pli\u00e9_3", "IMG 0042", "r11_1")] == [
        "anna_2", "plie_3", "img_0042", "r11_1"
    ]  # fmt: skip
    for text in ("..", "CON", "\u820c"):
        with pytest.raises(BalletError):
            clip_name(text)


# --- Pictures ---


def test_pictures_are_dark_on_light_and_grey_where_unsure():
    frame = np.zeros((1, 96, 64), dtype=bool)
    frame[0, 10, 20] = True
    picture = as_pictures(frame, scale=3)
    assert picture.shape == (1, 288, 192, 3) and picture.dtype == np.uint8
    assert (picture[0, 30:33, 60:63] == 0).all() and (picture == 255).sum() == picture.size - 27
    assert (as_pictures(np.full((1, 96, 64), 0.5, np.float32), 1) == 128).all()
    with pytest.raises(BalletError, match="96, 64"):
        as_pictures(frame[0])


def test_iou_by_hand():
    a, b = np.zeros((3, 96, 64), dtype=bool), np.zeros((3, 96, 64), dtype=np.float32)
    a[0, :10, :10], b[0, :10, 5:15] = True, 0.5
    a[1, 0, 0] = True
    assert np.allclose(iou(a, b), [50 / 150, 0, 1])
    assert (iou(a, a) == 1).all()
    with pytest.raises(BalletError, match="3 and 2"):
        iou(a, b[:2])


# --- Zips ---


def test_a_zip_comes_back_and_is_the_same_every_time(shipped, dance, tmp_path):
    some = Silhouettes({"b_1": dance, "a": dance[::-1], "b_2": ~dance[:3]}, 12.5)
    back = Silhouettes.load(some.save(tmp_path / "some.zip"))
    assert list(back.clips) == ["b_1", "a", "b_2"] and back.fps == 12.5
    assert all(np.array_equal(back.clips[name], some.clips[name]) for name in some.clips)
    assert back.frames.dtype == bool
    again = some.save(tmp_path / "again.zip").read_bytes()
    assert again == (tmp_path / "some.zip").read_bytes()
    assert np.array_equal(Silhouettes.load("silhouettes").frames, shipped.frames)


def test_its_pictures_are_one_bit_black_on_white(dance, tmp_path):
    path = Silhouettes({"a": dance}).save(tmp_path / "a.zip")
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist()[:2] == ["a/00001.png", "a/00002.png"]
        picture = Image.open(io.BytesIO(archive.read("a/00001.png")))
        assert (picture.mode, picture.size) == ("1", (64, 96))
        assert np.array_equal(np.asarray(picture), ~dance[0])


def test_what_cannot_be_written(dance, tmp_path, monkeypatch):
    with pytest.raises(BalletError, match="does not end in"):
        Silhouettes({"a": dance}).save(tmp_path / "a.npz")
    monkeypatch.setattr(silhouette_files, "MOST_FRAMES", 10)
    with pytest.raises(BalletError, match="20 silhouettes are too many"):
        Silhouettes({"a": dance}).save(tmp_path / "a.zip")


def test_a_writing_that_is_interrupted_leaves_the_old_file(dance, tmp_path, monkeypatch):
    path = Silhouettes({"a": dance}).save(tmp_path / "a.zip")
    before, encoded = path.read_bytes(), silhouette_files._encoded
    written = iter(range(5))

    def interrupted(frame):
        if next(written, None) is None:
            raise KeyboardInterrupt
        return encoded(frame)

    monkeypatch.setattr(silhouette_files, "_encoded", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Silhouettes({"a": ~dance}).save(path)
    assert path.read_bytes() == before and [file.name for file in tmp_path.iterdir()] == ["a.zip"]


def _png(frame=None, mode="1", size=(64, 96), **options):
    picture = Image.new(mode, size, "white") if frame is None else Image.fromarray(~frame).convert(mode)
    content = io.BytesIO()
    picture.save(content, "PNG", **options)
    return content.getvalue()


def _zip(path, members, comment=b"", compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.comment = comment
        for name, content in members:
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    ("name", "first", "clip"),
    [
        ("{}.png", 1, "her_dance"),
        ("{:04}.png", 0, "her_dance"),
        ("frame_{}.png", 1, "her_dance"),
        ("My Dance/Take 2 - {}.PNG", 0, "my_dance"),
        ("export/Take 2/{:05}.png", 1, "take_2"),
    ],
)
def test_other_peoples_zips(name, first, clip, dance, tmp_path):
    members = [(name.format(number), _png(frame, "RGB")) for number, frame in enumerate(dance, first)]
    members += [("__MACOSX/._1.png", b"what a Mac adds"), (".DS_Store", b"x"), ("My Dance/", b"")]
    back = Silhouettes.load(_zip(tmp_path / "Her Dance.zip", sorted(members)))
    assert (list(back.clips), back.fps) == ([clip], FPS)
    assert np.array_equal(back.frames, dance)


def _bomb():
    """A PNG of a few kilobytes that would take 900 MB decoded."""
    head = struct.pack(">2I5B", 30_000, 30_000, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(1 << 20))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([], "holds no picture"),
        ([("../1.png", _png())], "leads out of it"),
        ([("/etc/1.png", _png())], "leads out of it"),
        ([("C:/1.png", _png())], "leads out of it"),
        ([("a\\1.png", _png())], "leads out of it"),
        ([("a/../../1.png", _png())], "leads out of it"),
        ([("1.png", _png()), ("notes.txt", b"hello")], "'notes.txt', which is no numbered PNG"),
        ([("dance.png", _png())], "no numbered PNG"),
        ([("1.png", _png()), ("3.png", _png()), ("5.png", _png())], "misses picture 2:"),
        ([("a/7.png", _png())], r"\(a\) misses picture 1:"),
        ([("1.png", _png()), ("01.png", _png())], "two pictures number 1"),
        ([("a_1.png", _png()), ("b_1.png", _png())], "two names, 'a_' and 'b_'"),
        ([("a/b/1.png", _png()), ("c/b/1.png", _png())], "two folders for one clip, b"),
        ([("1.png", _png(size=(96, 64)))], "96 x 64 pixels; silhouettes are 64 wide and 96 high"),
        ([("1.png", _bomb())], "30000 x 30000 pixels"),
        ([("1.png", b"GIF89a")], "no PNG, whatever its name"),
        ([("1.png", _png()[:50])], "1.png.* is damaged"),
        ([("1.png", _png(np.zeros((96, 64), bool), "RGB")[:-1] + bytes(1 << 17))], "over 64 kB"),
        ([("1.png", _png(mode="L")), ("2.png", _png(mode="L", size=(64, 96)))], None),
    ],
)
def test_what_a_zip_must_not_hold(members, message, tmp_path):
    path = _zip(tmp_path / "bad.zip", members)
    if message is None:
        assert len(Silhouettes.load(path)) == len(members)
        return
    with pytest.raises(BalletError, match=message):
        Silhouettes.load(path)
    assert [file.name for file in tmp_path.iterdir()] == ["bad.zip"], "nothing is unpacked to disk"


def test_grey_pictures_and_negatives_are_refused(dance, tmp_path):
    grey = Image.fromarray(np.full((96, 64), 200, np.uint8))
    content = io.BytesIO()
    grey.save(content, "PNG")
    with pytest.raises(BalletError, match="holds grey"):
        Silhouettes.load(_zip(tmp_path / "grey.zip", [("1.png", content.getvalue())]))
    with pytest.raises(BalletError, match="light dancer on a dark ground"):
        Silhouettes.load(_zip(tmp_path / "negative.zip", [("1.png", _png(~dance[0]))]))


def test_links_and_encryption_are_refused(tmp_path):
    link = zipfile.ZipInfo("1.png")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(BalletError, match="a link and no picture"):
        Silhouettes.load(_zip(tmp_path / "link.zip", [(link, b"/etc/passwd")]))
    path = _zip(tmp_path / "secret.zip", [("1.png", _png())])
    content = bytearray(path.read_bytes())
    content[6] |= 1
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(BalletError, match="is encrypted"):
        Silhouettes.load(path)


def test_no_more_is_unpacked_than_a_picture_needs(tmp_path, monkeypatch):
    """A member that unpacks to far more than the archive claims."""
    padded = _png() + bytes(50_000_000)
    path = _zip(tmp_path / "bomb.zip", [("1.png", padded)], compression=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 100_000
    asked = []
    read = zipfile.ZipExtFile.read
    monkeypatch.setattr(zipfile.ZipExtFile, "read", lambda self, n=-1: asked.append(n) or read(self, n))
    with pytest.raises(BalletError, match="over 64 kB"):
        Silhouettes.load(path)
    assert asked and all(0 < count <= silhouette_files.LARGEST_PICTURE + 1 for count in asked)


def test_what_is_no_zip(tmp_path, monkeypatch):
    path = tmp_path / "x.zip"
    with pytest.raises(BalletError, match="is not there"):
        Silhouettes.load(path)
    path.write_bytes(b"PK\x03\x04 and then nothing")
    with pytest.raises(BalletError, match="damaged or no zip"):
        Silhouettes.load(path)
    _zip(path, [("1.png", _png())])
    whole = path.read_bytes()
    for end in range(len(whole) - 1, 0, -7):
        path.write_bytes(whole[:end])
        with pytest.raises(BalletError):
            Silhouettes.load(path)
    path.write_bytes(whole.replace(b"IDAT", b"JDAT", 1))
    with pytest.raises(BalletError, match="damaged"):
        Silhouettes.load(path)
    path.write_bytes(whole)
    monkeypatch.setattr(silhouette_files, "LARGEST", 10)
    with pytest.raises(BalletError, match="larger than"):
        Silhouettes.load(path)


def test_more_pictures_than_an_hour_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(silhouette_files, "MOST_FRAMES", 2)
    with pytest.raises(BalletError, match="more than 2 pictures"):
        Silhouettes.load(_zip(tmp_path / "x.zip", [(f"{number}.png", _png()) for number in range(3)]))


@pytest.mark.parametrize(
    ("comment", "fps"),
    [(b"", 10), (b"made by me", 10), (b"... frames per second", 10), (b"at 24 frames per second", 24)],
)
def test_the_comment_tells_the_rate(comment, fps, tmp_path):
    assert Silhouettes.load(_zip(tmp_path / "x.zip", [("1.png", _png())], comment)).fps == fps


# --- Films ---


def _film(path, frames, fps=10):
    return write_video(path, as_pictures(frames), fps)


def test_a_dark_dancer_on_light_comes_back(dance, tmp_path):
    film = _film(tmp_path / "Anna 1.mp4", dance.repeat(2, axis=0), fps=20)
    back = read_silhouettes(film, cut="threshold", progress=False)
    assert (list(back.clips), back.fps, len(back)) == (["anna_1"], 10.0, 20)
    assert iou(back.frames, dance).min() > 0.97
    every = read_silhouettes(film, every=4, cut="threshold", name="x", progress=False)
    assert (every.fps, len(every)) == (5.0, 10) and iou(every.frames, dance[::2]).min() > 0.97


@pytest.mark.parametrize(("fps", "every"), [(20, 2), (25, 2), (30, 3), (60, 6), (10, 1), (5, 1)])
def test_about_ten_frames_a_second_remain(fps, every, dance, tmp_path):
    film = _film(tmp_path / "a.mp4", dance.repeat(3, axis=0), fps)
    assert read_silhouettes(film, cut="threshold", progress=False).fps == pytest.approx(fps / every)


def test_a_wide_film_is_framed(dance, tmp_path):
    wide = np.zeros((20, 240, 400), dtype=bool)
    for number, frame in enumerate(dance):
        wide[number, 60:156, 100 + 5 * number : 164 + 5 * number] = frame
    shown = np.where(wide[..., None], 40, 210).repeat(3, axis=-1).astype(np.uint8)
    shown[:, 5:20, 5:20] = 40  # something else that is dark
    film = write_video(tmp_path / "wide.mp4", shown, 10)
    back = read_silhouettes(film, cut="threshold", progress=False)
    assert iou(back.frames, frame_dancer(wide)).min() > 0.85, "a film is looked at in 256 pixels"
    assert abs(back.frames.any(axis=(0, 2)).sum() - 96 / 1.04) <= 2


def test_short_absences_are_filled_and_long_ones_divide(shipped, tmp_path):
    frames = shipped.clips["r15_2"][60:110].copy()
    frames[[0, 5, 6, 7]] = False  # three in a row are filled
    frames[20:24] = False  # four are not
    frames[30:34] = False  # six frames between are too few
    film = _film(tmp_path / "gaps.mp4", frames)
    with pytest.warns(UserWarning, match="15 of 50 frames are left out"):
        back = read_silhouettes(film, cut="threshold", progress=False)
    assert {name: len(some) for name, some in back.clips.items()} == {"gaps_1": 19, "gaps_2": 16}
    first = back.clips["gaps_1"]
    assert first.any(axis=(1, 2)).all() and back.clips["gaps_2"].any(axis=(1, 2)).all()
    # The window glides on over filled frames, so they are as they were but for a shift of a pixel or two.
    assert iou(first[[4, 5, 6]], first[[3, 7, 7]]).min() > 0.8
    assert first[4].sum() == pytest.approx(first[3].sum(), rel=0.02)


@pytest.mark.parametrize("ground", [0, 128, 255])
def test_nobody_on_an_empty_ground(ground, tmp_path):
    film = write_video(tmp_path / "empty.mp4", np.full((12, 96, 64, 3), ground, np.uint8), 10)
    with pytest.raises(BalletError, match=r"a dark dancer on a light ground in 0 of 12 frames.*cut='person'"):
        read_silhouettes(film, cut="threshold", progress=False)


def test_a_light_dancer_on_dark_is_not_taken_for_the_ground(dance, tmp_path):
    film = write_video(tmp_path / "negative.mp4", 255 - as_pictures(dance), 10)
    with pytest.raises(BalletError, match="in 0 of 20 frames"):
        read_silhouettes(film, cut="threshold", progress=False)


def test_what_cannot_be_cut(tmp_path, dance):
    film = _film(tmp_path / "a.mp4", dance)
    with pytest.raises(BalletError, match="no cut 'scissors'"):
        read_silhouettes(film, cut="scissors")
    with pytest.raises(BalletError, match="every=0"):
        read_silhouettes(film, every=0, cut="threshold")
    with pytest.raises(BalletError, match="is not there"):
        read_silhouettes(tmp_path / "b.mp4")


def test_a_film_that_is_too_long_is_refused_before_it_is_read(dance, tmp_path, monkeypatch):
    film = _film(tmp_path / "a.mp4", dance)
    monkeypatch.setattr("ballet_lib.silhouettes.MOST_FRAMES", 15)
    with pytest.raises(BalletError, match=r"20 silhouettes, and 15 is the most.*every=2"):
        read_silhouettes(film, cut="threshold", progress=False)
    assert len(read_silhouettes(film, every=2, cut="threshold", progress=False)) == 10


def test_the_pose_model_cuts_a_person_out_of_any_room(tmp_path):
    frames = list(islice(read_frames(DATASETS / "r01_routine_1.mp4"), 100, 124))
    film = write_video(tmp_path / "room.mp4", frames, 20)
    seen = []
    back = read_silhouettes(film, progress=seen.append)
    assert (len(back), sum(seen), back.fps) == (12, 12, 10.0)
    heights = back.frames.any(axis=2).sum(axis=1)
    assert (heights > 85).all() and (back.frames.mean(axis=(1, 2)) > 0.05).all()
    wall = write_video(tmp_path / "wall.mp4", [np.full((240, 320, 3), 90, np.uint8)] * 12, 10)
    with pytest.raises(BalletError, match=r"a dancer in 0 of 12 frames.*cut='threshold'"):
        read_silhouettes(wall, progress=False)
