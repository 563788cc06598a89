"""Sets of takes on disk: folders that people edit and processes die over, and packed files."""

import csv
import errno
import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from ballet_lib import BalletError
from ballet_lib.files import PARTIAL
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.studio.scene import Scene
from ballet_lib.take_files import STEPS, read, read_take, recover, unpack, write_list, write_take
from ballet_lib.takes import Take, TakeSet

NAMES = ("landmarks", "world", "exact")


def take(take_id="t1", movement="releve", dancer="d1", frames=6, seed=0, **meta):
    rng = np.random.default_rng(seed)
    landmarks = rng.uniform(-0.2, 1.2, (frames, 33, 4)).astype(np.float32)
    poses = PoseSequence(landmarks, rng.normal(0, 0.5, (frames, 33, 3)), 12.5, (640, 480), "clip é.mp4",
                         meta={"model": "full"})  # fmt: skip
    return Take(poses, movement, dancer, take_id, meta)


def arrays(take):
    return {"landmarks": take.poses.landmarks, "world": take.poses.world, "exact": take.exact}


@pytest.fixture
def takes():
    """Three takes that differ in all that may differ; labels in an order of their own."""
    plain = take("a.00040", "grand écart", "Zoë", performance="p", timeline=[[0, 0.2, "plié"]])
    flat = take("b", "releve", "d2", frames=9, seed=1)
    flat = replace(flat, poses=replace(flat.poses, world=None))
    known = take("c", "other", "d2", seed=2, side="left", focal=1.35)
    known.poses.landmarks[2:4] = np.nan
    known.poses.world[2:4] = np.nan
    known.poses.landmarks[0, 7] = np.nan
    known.poses.landmarks[5, 8] = np.nan
    exact = np.random.default_rng(3).normal(0, 1, (6, 33, 3)).astype(np.float32)
    return TakeSet([plain, flat, replace(known, exact=exact)], ("releve", "grand écart", "never", "other"))


def assert_same(loaded, saved, tolerance=None):
    assert loaded.labels == saved.labels and len(loaded) == len(saved)
    for one, other in zip(loaded, saved, strict=True):
        for name in ("take_id", "movement", "dancer", "meta"):
            assert getattr(one, name) == getattr(other, name)
        for name in ("fps", "size", "source", "meta"):
            assert getattr(one.poses, name) == getattr(other.poses, name)
        for name in NAMES:
            ours, theirs = arrays(one)[name], arrays(other)[name]
            if theirs is None:
                assert ours is None
            elif tolerance is None:
                np.testing.assert_array_equal(ours, theirs)
            else:
                apart = np.abs(ours - theirs) <= np.array(tolerance[name]) * 0.501 + 1e-6
                assert (apart | (np.isnan(ours) & np.isnan(theirs))).all(), name


# A folder


def test_a_folder_comes_back_to_the_last_digit(tmp_path, takes):
    folder = takes.save(tmp_path / "mes prises")
    assert_same(TakeSet.load(folder), takes)
    assert_same(TakeSet.load(str(folder)), takes)
    files = sorted(path.name for path in folder.iterdir())
    assert files == ["a.00040.npz", "b.npz", "c.npz", "labels.json", "takes.csv"]
    assert_same(TakeSet([read_take(folder / "c.npz")], takes.labels), takes[2:])


def test_a_folder_can_be_written_again_and_not_over_others(tmp_path, takes):
    takes.save(tmp_path)
    changed = TakeSet([replace(takes[0], dancer="d9"), *takes[1:]], takes.labels)
    changed.save(tmp_path)
    assert TakeSet.load(tmp_path)[0].dancer == "d9"
    with pytest.raises(BalletError, match=r"holds other takes, such as a\.00040"):
        TakeSet([take("new")]).save(tmp_path)
    assert_same(TakeSet.load(tmp_path), changed)


def edited(folder, change):
    """Edit takes.csv as text."""
    path = folder / "takes.csv"
    path.write_bytes(change(path.read_text(encoding="utf-8")).encode("utf-8"))
    return folder


def test_the_list_decides_who_danced_what(tmp_path, takes):
    folder = edited(takes.save(tmp_path), lambda text: text.replace("b,releve,d2", "b,plié,Anaïs"))
    loaded = TakeSet.load(folder)
    assert (loaded[1].movement, loaded[1].dancer) == ("plié", "Anaïs")
    assert loaded.labels == (*takes.labels, "plié"), "typed labels come after the stored ones"
    np.testing.assert_array_equal(loaded[1].poses.landmarks, takes[1].poses.landmarks)


def test_a_list_that_went_through_a_spreadsheet(tmp_path, takes):
    folder = takes.save(tmp_path)
    rows = list(csv.reader(io.StringIO((folder / "takes.csv").read_text(encoding="utf-8"))))
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows([*rows, [""] * 7])
    (folder / "takes.csv").write_bytes(b"\xef\xbb\xbf" + text.getvalue().encode())
    assert_same(TakeSet.load(folder), takes)


def test_columns_that_are_moved_added_or_left_out(tmp_path, takes):
    folder = takes.save(tmp_path)
    lines = ["dancer,remark,take_id,movement", "d7,good,b,releve", '"d8","x, ""y""",c,other']
    (folder / "takes.csv").write_text("\n".join(lines), encoding="utf-8")
    with pytest.warns(UserWarning, match=r"1 takes that takes\.csv does not list, such as a\.00040"):
        loaded = TakeSet.load(folder)
    assert [one.dancer for one in loaded] == ["d7", "d8"]
    assert loaded[1].meta == takes[2].meta, "what the list does not tell stands in the take's file"


def test_a_deleted_line_leaves_the_take_out_and_recover_brings_it_back(tmp_path, takes):
    folder = edited(takes.save(tmp_path), lambda text: "\n".join(text.split("\n")[:2]))
    with pytest.warns(UserWarning, match="2 takes that"):
        assert len(TakeSet.load(folder)) == 1
    assert recover(folder) == ["b", "c"]
    assert_same(TakeSet.load(folder), takes)
    assert recover(folder) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda text: text.replace("b,releve", "../b,releve"), r"line 3: '../b' cannot be a take_id"),
        (lambda text: text.replace("b,releve", "/etc/passwd,releve"), "line 3"),
        (lambda text: text.replace("b,releve", "B,releve"), "line 3"),
        (lambda text: text.replace("b,releve", "gone,releve"), r"line 3: .*gone\.npz is not there"),
        (lambda text: text.replace("b,releve", ",releve"), "line 3"),
        (lambda text: text.replace("b,releve", "b,../../x"), "line 3: .* cannot be a movement"),
        (lambda text: text.replace("b,releve", "b,"), "line 3: .*movement: it is empty"),
        (lambda text: text.replace("b,releve,d2", "b,releve,aux"), "line 3: .*cannot be a dancer"),
        (lambda text: text.replace("\nb,releve", "\n\n\nb,"), "line 5"),
        (lambda text: text.split("\n")[0] + "\nb\n", "line 2"),
        (lambda text: text + text.split("\n")[2] + "\n", "line 5: b is listed twice"),
        (lambda text: text.replace("movement,", "move,"), "no column movement"),
        (lambda text: text.split("\n", 1)[1], "no column take_id, movement, dancer"),
        (lambda text: "", "no column"),
        (lambda text: text.replace("{}", "{"), "line 3: The column meta is no JSON object"),
        (lambda text: text.replace("{}", "[1]"), "line 3: The column meta"),
        (lambda text: text.replace("{}", "[" * 3000), "line 3: The column meta"),
        (lambda text: text.replace("{}", '"' + "x" * 200_000), r"takes\.csv is no table"),
    ],
)
def test_a_list_with_a_mistake_names_the_line(tmp_path, takes, change, says):
    folder = edited(takes.save(tmp_path / "in"), change)
    with pytest.raises(BalletError, match=f"(?s){says}"):
        TakeSet.load(folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]


def test_other_things_that_happen_to_a_folder(tmp_path, takes):
    with pytest.raises(BalletError, match=r"holds no takes\.csv"):
        TakeSet.load(tmp_path)
    with pytest.raises(BalletError, match=r"no takes at .*nowhere"):
        TakeSet.load(tmp_path / "nowhere")
    with pytest.raises(BalletError, match="no takes at"):
        TakeSet.load("../ballet_lib")
    folder = takes.save(tmp_path)
    (folder / "labels.json").write_text("[3, {", encoding="utf-8")
    assert TakeSet.load(folder).labels == ("releve", "other", "grand écart"), "made anew from the takes"
    (folder / "takes.csv").write_text("é", encoding="utf-16")
    with pytest.raises(BalletError, match="CSV UTF-8"):
        TakeSet.load(folder)


def test_a_damaged_take_is_named_with_its_line(tmp_path, takes):
    folder = takes.save(tmp_path)
    content = (folder / "b.npz").read_bytes()
    (folder / "b.npz").write_bytes(content[: len(content) // 2])
    with pytest.raises(BalletError, match=r"line 3: .*b\.npz .*Or delete"):
        TakeSet.load(folder)


def test_poses_are_no_take_until_somebody_says_who_danced_what(tmp_path, takes):
    folder = takes.save(tmp_path)
    takes[0].poses.save(folder / "poses.npz")
    with pytest.raises(BalletError, match="not who danced what"):
        read_take(folder / "poses.npz")
    write_take(take("d"), folder)
    os.rename(folder / "d.npz", folder / "renamed.npz")
    write_take(take("e"), folder)
    with pytest.warns(UserWarning) as told:
        assert recover(folder) == ["e"], "a stray file does not keep the others lost"
    assert {"poses.npz" in str(one.message) for one in told} == {True, False}
    assert any("renamed.npz holds the take d" in str(one.message) for one in told)
    with pytest.warns(UserWarning, match="2 takes that"):
        assert len(TakeSet.load(folder)) == 4


@pytest.mark.parametrize("where", ["folder", "packed.npz"])
def test_meta_that_json_cannot_hold(tmp_path, where):
    odd = TakeSet([take("odd", array=np.zeros(3))])
    with pytest.raises(BalletError, match="meta of odd cannot be stored"):
        odd.save(tmp_path / where)
    assert not list(tmp_path.rglob("*.npz"))


# Disks


def full(*_, **__):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("where", ["folder", "packed.npz"])
def test_a_full_disk_loses_nothing_that_was_there(tmp_path, takes, monkeypatch, where):
    takes.save(tmp_path / where)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    def half(file, **_):
        with open(file, "wb") as out:
            out.write(b"PK half")
        full()

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez_compressed", half)  # writes takes
        patch.setattr(np.lib.format, "write_array", full)  # writes packed files
        with pytest.raises(BalletError, match="cannot be written: No space left"):
            TakeSet([replace(one, dancer="new") for one in takes], takes.labels).save(tmp_path / where)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    tolerance = STEPS if where.endswith("npz") else None
    assert_same(TakeSet.load(tmp_path / where), takes, tolerance)


def test_a_disk_that_fills_while_the_list_is_written(tmp_path, takes, monkeypatch):
    folder = takes[:2].save(tmp_path)
    write_take(takes[2], folder)
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(BalletError, match="No space left"):
            write_list(takes, folder)
    assert [one.name for one in folder.iterdir() if PARTIAL in one.name] == []
    with pytest.warns(UserWarning, match="does not list, such as c"):
        assert len(TakeSet.load(folder)) == 2
    assert recover(folder) == ["c"]


def test_where_nothing_may_be_written(tmp_path, takes):
    (tmp_path / "file").write_text("in the way")
    for where in ("file/folder", "file/packed.npz"):
        with pytest.raises(BalletError, match="cannot be written"):
            takes.save(tmp_path / where)
    if os.geteuid():  # root may write anywhere
        os.chmod(tmp_path, 0o500)
        with pytest.raises(BalletError, match="cannot be written"):
            takes.save(tmp_path / "folder")


WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
from ballet_lib.take_files import recover, write_list, write_take, read
from ballet_lib.takes import TakeSet
from tests_takes import take
folder = Path(sys.argv[1])
takes = list(read(folder)) if (folder / "takes.csv").exists() else []
for number in range(len(takes), 10_000):
    one = take(f"take_{number:04d}", frames=40, seed=number)
    write_take(one, folder)
    print(one.take_id, flush=True)
    takes.append(one)
    write_list(TakeSet(takes), folder)
"""


def test_a_kill_at_any_moment_loses_no_finished_take(tmp_path):
    folder, code = tmp_path / "takes", tmp_path / "code"
    code.mkdir()
    (code / "tests_takes.py").write_text(_source(), encoding="utf-8")
    rng = np.random.default_rng(0)
    finished: set[str] = set()
    for _ in range(12):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(code)}, text=True,
        )  # fmt: skip
        finished.add(process.stdout.readline().strip())
        time.sleep(rng.uniform(0, 0.15))
        process.send_signal(signal.SIGKILL)
        # Not communicate(), which passes over what readline has read ahead.
        out, err = process.stdout.read(), process.stderr.read()
        process.wait()
        assert err == ""
        finished |= set(out.split("\n")[:-1])
        recover(folder)
        loaded = read(folder)  # reads every file to the end
        ids = {one.take_id for one in loaded}
        assert finished <= ids and len(ids - finished) <= 1, "at most the one that was not yet announced"
        finished |= ids
        for one in list(loaded)[-3:]:
            expected = take(one.take_id, frames=40, seed=int(one.take_id[-4:]))
            np.testing.assert_array_equal(one.poses.landmarks, expected.poses.landmarks)
    assert len(finished) > 20


def _source():
    import inspect

    head = "import numpy as np\nfrom ballet_lib.pose_sequence import PoseSequence\n"
    return head + "from ballet_lib.takes import Take\n\n" + inspect.getsource(take)


# A packed file


def test_a_packed_file_rounds_as_it_says(tmp_path, takes):
    path = takes.save(tmp_path / "set.npz")
    assert_same(TakeSet.load(path), takes, STEPS)
    assert_same(unpack(path), takes, STEPS)
    again = TakeSet.load(TakeSet.load(path).save(tmp_path / "again.npz"))
    for one, other in zip(again, TakeSet.load(path), strict=True):
        np.testing.assert_array_equal(one.poses.landmarks, other.poses.landmarks, "rounding twice is once")


def test_leaps_from_one_end_of_the_range_to_the_other(tmp_path):
    wild = take("wild", frames=50)
    wild.poses.landmarks[..., :2] = np.random.default_rng(5).choice([-3.27, 3.27, 0], (50, 33, 2))
    saved = TakeSet([wild, take("tame")])
    assert_same(TakeSet.load(saved.save(tmp_path / "set.npz")), saved, STEPS)


def test_a_packed_take_without_depth_keeps_its_x_and_y(tmp_path):
    flat = take("flat")
    flat.poses.landmarks[..., 2] = np.nan
    flat.poses.landmarks[1, :, 3] = np.nan
    flat.poses.landmarks[2] = np.nan
    flat.poses.landmarks[:, [1, 20]] = np.nan
    saved = TakeSet([flat, take("x", seed=4)])
    assert_same(TakeSet.load(saved.save(tmp_path / "set.npz")), saved, STEPS)


def test_a_dance_packs_small(tmp_path):
    scene = Scene("demi_plie").exact
    poses = replace(scene, meta={})
    packed = TakeSet([Take(poses, "demi_plie", "d1", f"t{n}") for n in range(10)]).save(tmp_path / "s.npz")
    assert packed.stat().st_size < 0.15 * 10 * (poses.landmarks.nbytes + poses.world.nbytes)


def test_nothing_and_nobody_can_be_packed(tmp_path):
    empty = take("empty")
    empty.poses.landmarks[:] = empty.poses.world[:] = np.nan
    saved = TakeSet([empty, take("none", frames=0)])
    assert_same(TakeSet.load(saved.save(tmp_path / "set.npz")), saved, STEPS)
    assert len(TakeSet.load(TakeSet().save(tmp_path / "void.npz"))) == 0


@pytest.mark.parametrize("value", [5.0, np.inf])
def test_numbers_that_do_not_fit_are_refused(tmp_path, value):
    large = take("large")
    large.poses.landmarks[2, 3, 1] = value
    with pytest.raises(BalletError, match="too large to pack"):
        TakeSet([large]).save(tmp_path / "set.npz")
    assert not list(tmp_path.iterdir())


def repacked(path, change_head=None, **change):
    """Write the packed file anew with another head or other arrays."""
    with np.load(path) as file:
        content = {name: file[name] for name in file.files}
    head = json.loads(content["head"].tobytes())
    if change_head:
        head = change_head(head) or head
    content["head"] = np.frombuffer(json.dumps(head).encode(), np.uint8)
    for name, value in change.items():
        content[name] = value(content[name]) if callable(value) else value
    np.savez_compressed(path, **{name: value for name, value in content.items() if value is not None})
    return path


def first(**values):
    return lambda head: head["takes"][0].update(values)


@pytest.mark.parametrize(
    ("head", "arrays"),
    [
        (first(frames=-1), {}),
        (first(frames=10**15), {}),
        (first(frames=5), {}),
        (first(frames=7), {}),
        (first(frames=6.0), {}),
        (first(frames="6"), {}),
        (first(frames=True), {}),
        (first(fps=0), {}),
        (first(size=[0, 3]), {}),
        (first(size=5), {}),
        (first(take_id="../x"), {}),
        (first(take_id="b"), {}),
        (first(movement="a/b"), {}),
        (first(movement="unheard"), {}),
        (first(meta=3), {}),
        (first(has=["landmarks", "masks"]), {}),
        (first(has=[]), {}),
        (first(has=["landmarks", "landmarks"]), {}),
        (lambda head: head.pop("takes") and None, {}),
        (lambda head: head.update(takes=head["takes"][:1]), {}),
        (lambda head: head.update(format="movement 3"), {}),
        (lambda head: [1, 2], {}),
        (None, {"head": np.frombuffer(b"{", np.uint8)}),
        (None, {"head": np.frombuffer(b"[" * 100_000, np.uint8)}),
        (None, {"head": None}),
        (None, {"landmarks_high": None}),
        (None, {f"landmarks_{part}": lambda a: a[:, :-1] for part in ("low", "low2", "high")}),
        (None, {"landmarks_low": lambda a: a[:-4], "landmarks_high": lambda a: a[:-4]}),
        (None, {"landmarks_low": np.zeros((20_000, 1), np.uint8),
                "landmarks_low2": np.zeros((20_000, 1), np.uint8),
                "landmarks_high": np.zeros((1, 40_000), np.uint8)}),
        (None, {"landmarks_low2": None}),
        (None, {"landmarks_low": lambda a: a.astype(np.float64)}),
        (None, {"landmarks_missing": lambda a: a.astype(np.int64)}),
    ],
    ids=range(32),
)  # fmt: skip
def test_a_packed_file_that_lies(tmp_path, takes, head, arrays):
    path = repacked(takes.save(tmp_path / "set.npz"), head, **arrays)
    with pytest.raises(BalletError):
        TakeSet.load(path)


def other_tool(path):
    np.savez(path, X=np.zeros((3, 40, 132)), y=np.zeros(3))


def text(path):
    path.write_text("take_id,movement,dancer\n")


def pickled(path):
    np.savez(path, head=np.array([{"format": "ballet_lib takes 1"}], dtype=object))


def no_arrays(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("takes.csv", "a,b")


@pytest.mark.parametrize("make", [other_tool, text, pickled, no_arrays])
def test_a_file_of_another_tool(tmp_path, make):
    make(tmp_path / "set.npz")
    with pytest.raises(BalletError, match=r"set\.npz"):
        TakeSet.load(tmp_path / "set.npz")


def test_poses_of_one_video_are_told_from_a_set(tmp_path):
    take().poses.save(tmp_path / "video.npz")
    with pytest.raises(BalletError, match="PoseSequence"):
        TakeSet.load(tmp_path / "video.npz")


def test_a_packed_file_cut_off_anywhere(tmp_path, takes):
    path = takes.save(tmp_path / "set.npz")
    content = path.read_bytes()
    for length in np.linspace(0, len(content) - 1, 25).astype(int):
        path.write_bytes(content[:length])
        with pytest.raises(BalletError, match="damaged"):
            TakeSet.load(path)


def test_metres_are_unpacked_when_they_are_asked_for(tmp_path, takes, monkeypatch):
    from ballet_lib import take_files

    path = takes.save(tmp_path / "set.npz")
    unfolded = []
    real = take_files._unfold
    monkeypatch.setattr(take_files, "_unfold", lambda a, name, s: unfolded.append(name) or real(a, name, s))
    loaded = TakeSet.load(path)
    path.unlink()
    assert unfolded == ["landmarks"]
    assert loaded[0].exact is None and loaded[1].poses.world is None and unfolded[1:] == []
    np.testing.assert_allclose(loaded[2].poses.world, takes[2].poses.world, atol=0.0011)
    np.testing.assert_allclose(loaded[2].exact, takes[2].exact, atol=0.0011)
    np.testing.assert_allclose(loaded[2].cut(1, 3).exact, takes[2].exact[1:3], atol=0.0011)
    assert unfolded[1:] == ["world", "exact"]


def test_damaged_metres_are_said_when_they_are_asked_for(tmp_path, takes):
    path = takes.save(tmp_path / "set.npz")
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in stored.files}
    arrays["exact_low"] = arrays["exact_low"][:, :-1]
    np.savez_compressed(path, **arrays)
    loaded = TakeSet.load(path)
    assert loaded[2].poses.found.any()
    with pytest.raises(BalletError, match=r"exact coordinates in .* are damaged"):
        loaded[2].truth  # noqa: B018
