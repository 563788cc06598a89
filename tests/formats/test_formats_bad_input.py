"""What readers say of files that are damaged, of another tool, or meant to do harm."""

import json
import os
import random
import struct
import warnings
import zipfile

import numpy as np
import pytest
from foreign_files import (
    SIZE,
    alphapose,
    body25,
    coco,
    dancer,
    lets_dance,
    mp_data,
    openpose,
    pixels,
    text51,
    write_json,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from ballet_lib import BalletError
from ballet_lib.formats import FORMATS, Reading, import_takes, json_files, reading, source, write_takes

CHOICES = {"size": SIZE, "sequence_length": 6, "people": 4}


def read(name, place, **choices):
    return import_takes(name, place, Reading(**(CHOICES | choices)))


def refused(name, place, said, **choices):
    with pytest.raises(BalletError, match=said) as caught:
        read(name, place, **choices)
    text = str(caught.value)
    assert text.rstrip().endswith(".") and text.count(". ") >= 1, f"what to do? {text}"
    return text


def good(name, folder):
    """A small valid set of files of each format."""
    people = [pixels(dancer())]
    if name == "mp-data":
        mp_data(folder, sequences=1)
    elif name == "coco17":
        write_json(folder / "releve" / "a.json", coco(dancer()))
        np.save(folder / "releve" / "b.npy", people[0])
    elif name == "alphapose":
        write_json(folder / "releve" / "a.json", alphapose(people, ids=[1]))
    elif name == "openpose":
        openpose(folder / "releve" / "a", [body25(dancer())])
    elif name == "text51":
        text51(folder)
    else:
        lets_dance(folder / "ballet", people)
    return folder


# Arrays


@pytest.mark.parametrize("name, file", [("mp-data", "releve/0/3.npy"), ("coco17", "releve/b.npy")])
@pytest.mark.parametrize(
    "content, said",
    [
        (b"", "is empty|damaged"),
        (b"hello", "damaged or no .npy"),
        (np.array([print], dtype=object), "pickled"),
        (np.zeros((3, 3)), r"\(3, 3\)"),
        (np.zeros(131), r"\(131,\)"),
        (np.full(132, "x"), "<U1"),
        (np.full((2, 17, 3), np.inf), r"\(2, 17, 3\)|beyond"),
        (np.full(132, 1e30), r"reaches 1e\+30|\(132,\)"),
        (np.zeros((0, 17, 3)), r"\(0, 17, 3\)|no frame"),
    ],
)
def test_bad_arrays_are_named(tmp_path, name, file, content, said):
    path = good(name, tmp_path / "in") / file
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        np.save(path, content, allow_pickle=True)
    assert path.name in refused(name, tmp_path / "in", said)


def test_array_that_claims_terabytes(tmp_path):
    path = good("mp-data", tmp_path) / "releve/0/3.npy"
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header)
    refused("mp-data", tmp_path, "claims an array")


@pytest.mark.parametrize("frame, said", [("title", "is no number"), ("99", "up to 99 and holds only 7"),
                                         ("03", "same frame"), ("9" * 60, "is no number")])  # fmt: skip
def test_bad_frame_names(tmp_path, frame, said):
    np.save(good("mp-data", tmp_path) / f"releve/0/{frame}.npy", np.zeros(132))
    refused("mp-data", tmp_path, said)


def test_npz_of_several_arrays(tmp_path):
    (tmp_path / "releve").mkdir()
    np.savez(tmp_path / "releve" / "a.npz", a=np.zeros(3), b=np.zeros(3))
    refused("coco17", tmp_path, "2 arrays .* none called keypoints")


# JSON


@pytest.mark.parametrize("name, file", [
    ("coco17", "releve/a.json"), ("alphapose", "releve/a.json"),
    ("openpose", "releve/a/anna_01_000000000002_keypoints.json"),
    ("lets-dance", "ballet/6Y5JYh_001_0003.json"),
])  # fmt: skip
@pytest.mark.parametrize(
    "content, said",
    [
        ("", "is empty"),
        ('{"people": [', "line 1, column 13.*cut off"),
        ("[" * 100_000, "nested without end"),
        ('[{"a":' * 100_000, "nested without end"),
        ('"poses"', "should be a"),
        ("17", "should be a"),
        ('{"type": "FeatureCollection"}', "has no 'images'|should be an object|has no 'people'"),
        ("[1, 2, 3]", "should be an object|should be"),
        ("1" * 5000, "a number that cannot be"),
        (b"\xff\xfe\x00", "no UTF-8"),
    ],
)
def test_bad_json_is_named(tmp_path, name, file, content, said):
    path = good(name, tmp_path / "in") / file
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    if name in ("lets-dance", "coco17") and content == "[1, 2, 3]":
        said = "keypoints of the shape|should be an object"
    assert path.name in refused(name, tmp_path / "in", said)


def test_huge_json_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(json_files.read_json, "__defaults__", (1000,))
    whole = {"0.jpg": {"people": [{"pose_keypoints_2d": [9.0] * 54}] * 9}}
    write_json(tmp_path / "releve" / "open.json", whole)
    refused("alphapose", tmp_path, "is the most that is read")


@pytest.mark.parametrize(
    "change, said",
    [
        (lambda r: r[0].pop("keypoints"), "person 0 has no 'keypoints'"),
        (lambda r: r[3].update(keypoints=[0.5] * 50), "person 3 has 50 numbers"),
        (lambda r: r[3].update(keypoints=[0.5] * 45), "15 keypoints a person"),
        (lambda r: r[3].update(keypoints=["a"] * 51), "should hold numbers"),
        (lambda r: r[3].update(keypoints=[10.0**9] * 51), "beyond 1,000,000"),
        (lambda r: r[3].update(keypoints=[10**400] * 51), "should hold numbers"),
        (lambda r: r[3].update(keypoints=[1.0] * 78), "mixes people of 17 and 26"),
        (lambda r: r[3].update(image_id=None), "image_id"),
        (lambda r: r[3].update(idx="a"), "idx should be a whole number"),
        (lambda r: r[3].update(image_id="99999999.jpg"), "grow beyond"),
    ],
)
def test_alphapose_of_another_kind(tmp_path, change, said):
    results = alphapose([pixels(dancer())], ids=[1])
    change(results)
    refused("alphapose", write_json(tmp_path / "a.json", results), said, label="x")


@pytest.mark.parametrize(
    "change, said",
    [
        (lambda d: d["annotations"][0].update(image_id=999), "999, which is not listed"),
        (lambda d: d["annotations"][0].update(keypoints=[1] * 52), "52 numbers"),
        (lambda d: d["images"][0].update(width=0), "0x640"),
        (lambda d: d["images"][0].update(width="wide"), "width should be a whole number"),
        (lambda d: d["images"].append(d["images"][0]), "two images with one id"),
        (lambda d: d.update(images=[]), "lists no images"),
        (lambda d: d.update(images={}), "images should be a list and is an object"),
        (lambda d: [a.update(track_id="x") for a in d["annotations"]], "track_id"),
    ],
)
def test_coco_of_another_kind(tmp_path, change, said):
    document = coco(dancer())
    change(document)
    refused("coco17", write_json(tmp_path / "a.json", document), said, label="x")


def test_openpose_of_another_kind(tmp_path):
    openpose(tmp_path / "x", [body25(dancer())[:, :15]])
    refused("openpose", tmp_path, "45 numbers, not 75")
    (tmp_path / "x" / "title_keypoints.json").write_text("{}")
    refused("openpose", tmp_path, "no frame number")


# Text


@pytest.mark.parametrize(
    "change, said",
    [
        (lambda lines: lines.insert(2, "1, 2, 3"), "line 3: 3 numbers, not 51"),
        (lambda lines: lines.__setitem__(4, lines[4] + " 7"), "line 5: 52 numbers"),
        (lambda lines: lines.__setitem__(4, lines[4].replace("1", "x")), "line 5: .* is no coordinate"),
        (lambda lines: lines.__setitem__(4, "inf," * 50 + "1"), "line 5: 'inf' is no coordinate"),
        (lambda lines: lines.pop(), "11 lines, which make no whole blocks of 6"),
        (lambda lines: lines.clear(), "is empty"),
    ],
)
def test_text51_names_the_line(tmp_path, change, said):
    path = text51(tmp_path) / "X_train.txt"
    lines = path.read_text().splitlines()
    change(lines)
    path.write_text("\n".join(lines))
    refused("text51", tmp_path, said)


@pytest.mark.parametrize(
    "labels, said",
    [
        ("1\n", "1 labels for 2 blocks"),
        ("1\n2\n3\n", "3 labels for 2 blocks"),
        ("1\n../../x\n", "line 2: '../../x' cannot be"),
        ("\n".join("aaabbb" * 2), "line 1: the labels change within a block"),
        ("1\nCON\n", "line 2: .*Windows"),
    ],
)
def test_text51_labels_that_do_not_fit(tmp_path, labels, said):
    refused("text51", text51(tmp_path, labels=labels), said)


def test_text51_without_labels_or_with_too_few_names(tmp_path):
    text51(tmp_path)
    refused("text51", tmp_path, "2 has no name", label_names=("a",))
    (tmp_path / "Y_train.txt").unlink()
    refused("text51", tmp_path, "--labels")
    assert len(read("text51", tmp_path, label="x")) == 2


# Labels, sizes, places


@pytest.mark.parametrize("name", ["coco17", "alphapose", "openpose"])
def test_size_is_asked_for_and_must_fit(tmp_path, name):
    good(name, tmp_path)
    if name == "coco17":
        (tmp_path / "releve" / "a.json").unlink()
    refused(name, tmp_path, "--size 1280x720", size=None)
    refused(name, tmp_path, "--size 1280x720", size=None, skip_damaged=True)
    refused(name, tmp_path, "lie outside a picture of 64x48", size=(64, 48))


@pytest.mark.parametrize("name", FORMATS)
def test_label_is_needed(tmp_path, name):
    folder = good(name, tmp_path / "in")
    deep = {"mp-data": "releve/0", "openpose": "releve/a", "lets-dance": "ballet"}.get(name, "releve")
    if name != "text51":
        refused(name, folder / deep, "--label")
        assert read(name, folder / deep, label="relevé").labels == ("relevé",)


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_there(tmp_path, name):
    refused(name, tmp_path, "There is no")
    refused(name, tmp_path / "missing", "is not there")
    (tmp_path / "file.xyz").write_text("x")
    refused(name, tmp_path / "file.xyz", "There is no|one file")


@pytest.mark.parametrize("name", FORMATS)
def test_skip_damaged_keeps_the_rest(tmp_path, name):
    folder = good(name, tmp_path)
    broken = {"mp-data": "releve/0/3.npy", "coco17": "releve/b.npy", "alphapose": "releve/z.json",
              "openpose": "releve/a/anna_01_000000000003_keypoints.json", "text51": "X_bad.txt",
              "lets-dance": "ballet/6Y5JYh_001_0004.json"}[name]  # fmt: skip
    (folder / broken).write_text("broken")
    refused(name, folder, "broken|damaged|JSON|line 1")
    choices = Reading(**CHOICES, skip_damaged=True)
    takes = import_takes(name, folder, choices)
    assert len(choices.skipped) == 1 and os.path.basename(broken) in choices.skipped[0]
    if name in ("mp-data", "openpose", "lets-dance"):  # a frame is lost, not the take
        assert takes[0].poses.found.tolist() == [True, True, True, False, True, True]
    else:
        assert len(takes) >= 1
    assert any("1 damaged files were left out" in note for note in choices.notes)


def test_links_out_of_the_folder_are_not_followed(tmp_path):
    secret = good("alphapose", tmp_path / "secret")
    inside = good("alphapose", tmp_path / "in")
    (inside / "releve" / "b.json").symlink_to(secret / "releve" / "a.json")
    (inside / "all").symlink_to(secret, target_is_directory=True)
    (inside / "releve" / "loop.json").symlink_to(inside / "releve" / "loop.json")
    (inside / "releve" / "again.json").symlink_to(inside / "releve" / "a.json")
    choices = Reading(**CHOICES)
    takes = import_takes("alphapose", inside, choices)
    assert [take.poses.source for take in takes] == ["releve/a.json", "releve/again.json"]
    assert any("2 links" in note for note in choices.notes)


def test_too_many_frames(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "MOST_FRAMES", 5)
    for name in FORMATS:
        refused(name, good(name, tmp_path / name), "grow beyond 5 frames")


@pytest.mark.parametrize("choices", [{"fps": 0}, {"fps": float("nan")}, {"size": (0, 5)}, {"people": 21},
                                     {"dancer": "../x"}, {"label": ""}, {"sequence_length": 0}])  # fmt: skip
def test_choices_that_cannot_be(choices):
    with pytest.raises(BalletError):
        Reading(**choices)


# Zip archives


def zipped(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    "name", ["../evil.npy", "a/../../evil.npy", "/evil.npy", "C:/evil.npy", "..\\evil.npy"]
)
def test_archive_that_climbs_out(tmp_path, name):
    path = zipped(tmp_path / "a.zip", [("releve/0/0.npy", b""), (name, b"x")])
    refused("mp-data", path, "climb out")
    assert [p.name for p in tmp_path.rglob("*")] == ["a.zip"] and not (tmp_path.parent / "evil.npy").exists()


def test_archives_that_are_too_large_linked_encrypted_or_broken(tmp_path, monkeypatch):
    bomb = zipped(tmp_path / "bomb.zip", [("releve/0/0.npy", b"\0" * 3_000_000)])
    monkeypatch.setattr(source, "MOST_UNPACKED", 1 << 20)
    refused("mp-data", bomb, "unpacks to more than")
    monkeypatch.setattr(source, "MOST_MEMBERS", 1)
    refused("mp-data", zipped(tmp_path / "many.zip", [("a", ""), ("b", "")]), "has 2 members")
    link = zipfile.ZipInfo("releve/0/0.npy")
    link.external_attr = 0o120777 << 16
    refused("mp-data", zipped(tmp_path / "link.zip", [(link, "/etc/passwd")]), "is a link")
    (tmp_path / "none.zip").write_bytes(b"PK\x03\x04 nothing")
    refused("mp-data", tmp_path / "none.zip", "no zip archive")
    (tmp_path / "cut.zip").write_bytes(bomb.read_bytes()[:-30])
    refused("mp-data", tmp_path / "cut.zip", "no zip archive")


def test_errors_in_an_archive_name_the_archive(tmp_path):
    path = zipped(tmp_path / "poses.zip", [("releve/0/0.npy", b"broken")])
    assert str(tmp_path / "poses.zip/releve/0/0.npy") in refused("mp-data", path, "damaged")


# Writing


def test_writers_refuse_and_leave_nothing_half(tmp_path, monkeypatch):
    takes = read("mp-data", mp_data(tmp_path / "in"))
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "mine.txt").write_text("x")
    (tmp_path / "file").write_text("x")
    for place, said in (
        ("there", "is not overwritten"),
        ("file", "not overwritten"),
        ("file/x", "cannot be written"),
    ):
        with pytest.raises(BalletError, match=said):
            write_takes("mp-data", takes, tmp_path / place)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(BalletError, match="No space left"):
        write_takes("mp-data", takes, tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "in", "there"]
    with pytest.raises(BalletError, match="is read and not written"):
        write_takes("alphapose", takes, tmp_path / "out")
    with pytest.raises(BalletError, match="no format 'bvh'"):
        write_takes("bvh", takes, tmp_path / "out")
    with pytest.raises(BalletError, match="--frames"):
        write_takes("text51", takes + takes.__class__([takes[0].cut(0, 3)]), tmp_path / "out")


# Anything at all: takes or a clear refusal, never another exception


def mutated(content: bytes, seed: int) -> bytes:
    """Damage a file as disks, editors and other tools do."""
    rng = random.Random(seed)
    content = bytearray(content)
    for _ in range(rng.randint(1, 2)):
        place = rng.randrange(len(content) + 1)
        kind = rng.choice([0, 1, 2, 3, 4, 5, 5, 5])
        if kind == 0:
            content = content[:place]
        elif kind == 1:
            content[place : place + rng.randint(1, 40)] = b""
        elif kind == 2:
            content[place:place] = rng.choice(
                [b"null", b"[]", b"-", b"NaN", b"1e999", b'"a"', b"{}", b",", b"\n"]
            )
        elif kind == 3:
            content[place:place] = rng.randbytes(rng.randint(1, 8))
        elif kind == 4:
            for old in (b"keypoints", b"image_id", b'"id"', b"people", b"person", b"width", b"f8"):
                if rng.random() < 0.3:
                    content = bytearray(bytes(content).replace(old, b"x", 1))
        elif numbers := [i for i, byte in enumerate(content) if 48 <= byte <= 57]:
            content[rng.choice(numbers)] = rng.choice(b"0123456789012345678901234567890.-eE[{")
    return bytes(content)


@pytest.mark.parametrize("name", FORMATS)
def test_any_file_gives_takes_or_a_clear_refusal(tmp_path, name):
    folder = good(name, tmp_path / "in")
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    whole = {path: path.read_bytes() for path in files}
    seen = {True: 0, False: 0}

    @settings(max_examples=60, deadline=None, derandomize=True)
    @given(
        st.integers(0, len(files) - 1), st.integers(0, 10**6), st.one_of(st.none(), st.binary(max_size=300))
    )
    def attempt(which, seed, noise):
        path = files[which]
        path.write_bytes(mutated(whole[path], seed) if noise is None else noise)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                takes = read(name, folder, label_names=("a", "b"))
            assert len(takes) and all(take.poses.landmarks.dtype == np.float32 for take in takes)
            assert not any(np.isinf(take.poses.landmarks).any() for take in takes)
            seen[True] += 1
        except BalletError as error:
            assert str(error).strip()
            seen[False] += 1
        finally:
            path.write_bytes(whole[path])

    attempt()
    assert min(seen.values()) > 0, seen  # both ends are reached, or the test tests nothing


@pytest.mark.parametrize("name", ["coco17", "alphapose", "openpose", "lets-dance"])
def test_any_json_gives_takes_or_a_clear_refusal(tmp_path, name):
    folder = good(name, tmp_path / "in")
    path = next(path for path in sorted(folder.rglob("*.json")))
    words = (
        "people keypoints images annotations id image_id nose idx width height track_id bodies joints 0.jpg"
    )
    keys = st.sampled_from([*words.split(), "pose_keypoints_2d"])
    leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5),
                       st.just([0.5] * 51), st.just([5] * 75), st.just("person"))  # fmt: skip
    trees = st.recursive(
        leaves,
        lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=5)),
        max_leaves=12,
    )

    @settings(max_examples=60, deadline=None, derandomize=True)
    @given(trees)
    def attempt(tree):
        path.write_text(json.dumps(tree))
        try:
            read(name, folder)
        except BalletError as error:
            assert str(error).strip()

    attempt()
