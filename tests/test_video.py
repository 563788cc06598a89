import subprocess
import warnings
import zipfile

import imageio_ffmpeg
import numpy as np
import pytest

from ballet_lib import BalletError
from ballet_lib.video import probe, read_frames, read_image, write_video

RED, BLUE = (255, 0, 0), (0, 0, 255)


def flags(count, height=90, width=120):
    """Red above blue, and a white stripe that moves."""
    for i in range(count):
        frame = np.zeros((height, width, 3), np.uint8)
        frame[: height // 2], frame[height // 2 :] = RED, BLUE
        frame[:, 4 * i % width] = 255
        yield frame


def ffmpeg(*arguments):
    subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-loglevel", "error", *map(str, arguments)], check=True
    )


def near(pixel, colour):
    return np.abs(pixel.astype(int) - colour).max() < 40


@pytest.mark.parametrize("suffix", [".mp4", ".gif"])
@pytest.mark.parametrize("size", [(90, 120), (91, 121)])
def test_what_is_written_is_read_back(tmp_path, suffix, size):
    path = write_video(tmp_path / f"un été à l'opéra{suffix}", flags(20, *size), fps=25)
    even = tuple(side + side % 2 for side in size) if suffix == ".mp4" else size
    info = probe(path)
    assert (info.height, info.width) == even
    assert (info.frames, info.fps) == (20, 25)
    assert info.seconds == pytest.approx(0.8)
    frames = list(read_frames(path))
    assert len(frames) == 20
    assert frames[0].dtype == np.uint8 and frames[0].shape == (*even, 3)
    assert near(frames[3][5, 60], RED) and near(frames[3][-5, 60], BLUE)
    assert list(tmp_path.iterdir()) == [path]


def test_mp4_is_what_every_browser_plays(tmp_path):
    path = write_video(tmp_path / "clip.mp4", flags(5), fps=30)
    said = subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", path], capture_output=True, text=True
    ).stderr
    assert "h264" in said and "yuv420p" in said
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")  # plays before it is loaded to the end


@pytest.mark.parametrize("every, count", [(1, 20), (2, 10), (3, 7), (50, 1)])
def test_every_nth_frame(tmp_path, every, count):
    path = write_video(tmp_path / "clip.mp4", flags(20), fps=25)
    frames = list(read_frames(path, every))
    assert len(frames) == count
    np.testing.assert_array_equal(frames[-1], list(read_frames(path))[(count - 1) * every])


@pytest.mark.parametrize("angle, top_goes", [(90, "left"), (-90, "right"), (180, "down")])
def test_rotated_phone_video_is_read_upright(tmp_path, angle, top_goes):
    path = write_video(tmp_path / "flat.mp4", flags(5), fps=25)
    turned = tmp_path / "turned.mp4"
    ffmpeg("-display_rotation", angle, "-i", path, "-c", "copy", turned)
    frame = next(read_frames(turned))
    info = probe(turned)
    assert (info.height, info.width) == frame.shape[:2] == ((90, 120) if angle == 180 else (120, 90))
    where = {"left": frame[60, 5], "right": frame[60, -5], "down": frame[-5, 60]}
    assert near(where[top_goes], RED)


def test_recording_of_a_browser_without_length_is_read(tmp_path):
    path = tmp_path / "recorded.webm"
    source = write_video(tmp_path / "clip.mp4", flags(20), fps=25)
    ffmpeg("-i", source, "-c:v", "libvpx", "-live", "1", "-f", "webm", path)
    info = probe(path)
    assert info.frames is None and info.seconds is None and info.fps == pytest.approx(25)
    assert len(list(read_frames(path))) == 20


def a_zip(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("clip.mp4", "not really")


def a_sound(path):
    ffmpeg("-f", "lavfi", "-i", "sine=duration=1", "-c:a", "aac", "-f", "mp4", path)


def a_picture(path):
    import cv2

    path.write_bytes(cv2.imencode(".jpg", next(flags(1)))[1].tobytes())


def a_header_alone(path):
    source = write_video(path.with_name("source.mp4"), flags(20), fps=25)
    ffmpeg("-i", source, "-t", "0", "-movflags", "frag_keyframe+empty_moov", path)


def a_beginning(path):
    path.write_bytes(write_video(path.with_name("source.mp4"), flags(20), fps=25).read_bytes()[:400])


BAD = {
    "empty": (lambda path: path.write_bytes(b""), "empty"),
    "noise": (lambda path: path.write_bytes(np.random.default_rng(0).bytes(5000)), "not a video"),
    "text": (lambda path: path.write_text("plié\n" * 100, encoding="utf-8"), "not a video"),
    "zip": (a_zip, "zip archive"),
    "sound": (a_sound, "sound but no picture"),
    "picture": (a_picture, "is a picture"),
    "zero length": (a_header_alone, "holds no frame"),
    "cut off early": (a_beginning, "breaks off"),
    "folder": (lambda path: path.mkdir(), "is a folder"),
    "missing": (lambda path: None, "is not there"),
}


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("reader", [probe, lambda path: list(read_frames(path))])
def test_bad_input_is_named_and_mended_in_two_sentences(tmp_path, capfd, kind, reader):
    path = tmp_path / "clip é.mp4"
    make, said = BAD[kind]
    make(path)
    with pytest.raises(BalletError, match=said) as caught:
        reader(path)
    message = str(caught.value)
    assert message.startswith(str(path)) and message.endswith(".") and "\n" not in message
    assert len(message.removeprefix(str(path)).split(". ")) == 2
    assert capfd.readouterr().err == ""


def test_truncated_video_gives_what_is_there_and_says_so(tmp_path):
    rng = np.random.default_rng(0)
    noise = (rng.integers(0, 255, (90, 120, 3)).astype(np.uint8) for _ in range(60))
    whole = write_video(tmp_path / "whole.mp4", noise, fps=25)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.warns(UserWarning, match=r"breaks off after \d+ of 60 frames"):
        frames = list(read_frames(cut))
    assert 5 < len(frames) < 55


def test_whole_video_warns_of_nothing(tmp_path):
    path = write_video(tmp_path / "clip.mp4", flags(20), fps=25)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(list(read_frames(path, every=7))) == 3


@pytest.mark.parametrize("every", [0, -1, 1.5])
def test_senseless_every_is_refused_on_the_call(tmp_path, every):
    path = write_video(tmp_path / "clip.mp4", flags(2), fps=25)
    with pytest.raises(BalletError, match="every"):
        read_frames(path, every)


def test_a_file_that_is_left_half_way_is_closed(tmp_path):
    path = write_video(tmp_path / "clip.mp4", flags(20), fps=25)
    reader = read_frames(path)
    next(reader)
    reader.close()
    path.unlink()  # fails on Windows while anybody holds it open


@pytest.mark.parametrize(
    "name, frames, fps, said",
    [
        ("clip.avi", flags(2), 25, "no format"),
        ("clip.mp4", iter(()), 25, "no frame"),
        ("clip.mp4", flags(2), 0, "frames per second"),
        ("clip.mp4", flags(2), float("nan"), "frames per second"),
        ("clip.mp4", [np.zeros((8, 8, 3))], 25, "uint8"),
        ("clip.mp4", [np.zeros((8, 8, 4), np.uint8)], 25, "alpha"),
        ("clip.mp4", [*flags(2), np.zeros((8, 8, 3), np.uint8)], 25, "one size"),
    ],
)
def test_what_cannot_be_written_leaves_nothing_behind(tmp_path, name, frames, fps, said):
    with pytest.raises(BalletError, match=said):
        write_video(tmp_path / name, frames, fps)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_keeps_the_earlier_file(tmp_path):
    path = write_video(tmp_path / "clip.mp4", flags(4), fps=25)
    before = path.read_bytes()

    def breaks():
        yield from flags(2)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_video(path, breaks(), fps=25)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_picture_is_read_upright(tmp_path):
    from PIL import Image

    lying = Image.fromarray(next(flags(1)))
    exif = Image.Exif()
    exif[0x0112] = 6  # "turn right to see me", as phones write
    lying.save(tmp_path / "été.png")
    lying.save(tmp_path / "été.jpg", exif=exif)
    assert near(read_image(tmp_path / "été.png")[5, 60], RED)
    upright = read_image(tmp_path / "été.jpg")
    assert upright.shape == (120, 90, 3) and near(upright[60, -5], RED)


@pytest.mark.parametrize("kind", ["empty", "noise", "sound", "folder", "missing"])
def test_bad_picture(tmp_path, kind):
    path = tmp_path / "picture.jpg"
    BAD[kind][0](path)
    with pytest.raises(BalletError, match=r"\. [A-Z].*\.$"):
        read_image(path)
