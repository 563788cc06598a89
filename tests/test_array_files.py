"""Arrays from files that anybody may have made: read, or refused in a sentence."""

import io
import pickle
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ballet_lib import BalletError
from ballet_lib.array_files import read_npy, read_npz, write_npz

GOOD = np.arange(12, dtype=np.float32).reshape(3, 4)


def npy(array=GOOD, **more):
    file = io.BytesIO()
    np.save(file, array, **more)
    return file.getvalue()


def header(text, version=(1, 0)):
    text = text.encode("latin1")
    return b"\x93NUMPY" + bytes(version) + struct.pack("<H", len(text)) + text


def claiming(shape, descr="<f4", order=False, content=b""):
    return header(f"{{'descr': {descr!r}, 'fortran_order': {order}, 'shape': {shape}, }}\n") + content


class Trap:
    """Leaves a mark when unpickled."""

    fell = False

    def __reduce__(self):
        return (setattr, (Trap, "fell", True))


@pytest.fixture
def file(tmp_path):
    def write(content, name="a.npy"):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return write


@pytest.mark.parametrize(
    "array",
    [GOOD, np.asfortranarray(GOOD), GOOD.astype(">i8"), np.array("é"), np.zeros((0, 33, 4)), np.array(3.5)],
)
def test_ordinary_arrays_come_back(file, array):
    read = read_npy(file(npy(array)))
    assert read.dtype == array.dtype and np.array_equal(read, array)


def test_an_npz_comes_back_whole(tmp_path):
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "a.npz", X=GOOD, name=np.array("plié"))
        arrays = read_npz(tmp_path / "a.npz")
        assert set(arrays) == {"X", "name"} and str(arrays["name"]) == "plié"
        assert np.array_equal(arrays["X"], GOOD)


def test_nothing_is_unpickled(file, tmp_path):
    objects = np.array([Trap(), None], dtype=object)
    with pytest.raises(BalletError, match="pickled"):
        read_npy(file(npy(objects, allow_pickle=True)))
    np.savez(tmp_path / "a.npz", X=objects)
    with pytest.raises(BalletError, match="pickled"):
        read_npz(tmp_path / "a.npz")
    with pytest.raises(BalletError, match="damaged"):
        read_npy(file(pickle.dumps(Trap())))
    hidden = claiming((1,), [("x", "<f4"), ("y", "|O")], content=pickle.dumps(Trap())).replace(b'"', b"")
    with pytest.raises(BalletError):
        read_npy(file(hidden))
    assert not Trap.fell


@pytest.mark.parametrize(
    "content",
    [
        claiming((10**12,), content=bytes(64)),
        claiming((2**62, 2**62), content=bytes(64)),
        claiming((-1,), content=bytes(64)),
        claiming((-1, -16), content=bytes(64)),
        claiming((10**18,), "|V0"),
        claiming((10**9,), "<U0"),
        claiming((16,), content=bytes(60)),
        claiming((16,), content=bytes(68)),
        claiming((16.0,), content=bytes(64)),
        claiming("'x'", content=bytes(64)),
        claiming((16,), "<q9", content=bytes(64)),
        claiming((16,), "import os", content=bytes(64)),
        header("{'descr': '<f4'}"),
        header("{" * 5000),
        header("(" * 200 + ")" * 200),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (3,)"),
        header("'''"),
        header("\n\t  x\n y"),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", version=(3, 0)),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", version=(9, 0)),
        npy()[:-1],
        npy()[:40],
        npy()[:7],
        b"",
        b"\x93NUMPX" + npy()[6:],
        b"PK\x03\x04 no zip",
        b"1.0,2.0\n",
    ],
    ids=range(27),
)
def test_headers_that_lie_and_files_that_break_off(file, content):
    with pytest.raises(BalletError, match=r"(?i)copy it again|smaller files"):
        read_npy(file(content))


def test_an_array_larger_than_allowed_is_not_read(file, tmp_path):
    with pytest.raises(BalletError, match="the most that is read"):
        read_npy(file(npy(np.zeros(1000))), largest=4000)
    np.savez(tmp_path / "a.npz", a=np.zeros(300), b=np.zeros(300))
    assert len(read_npz(tmp_path / "a.npz", largest=8000)) == 2
    with pytest.raises(BalletError, match="the most that is read"):
        read_npz(tmp_path / "a.npz", largest=4000)


def test_a_bomb_that_says_its_size_and_one_that_lies(tmp_path):
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", claiming((20_000_000,), "|u1", content=bytes(20_000_000)))
    assert path.stat().st_size < 50_000
    with pytest.raises(BalletError, match="the most that is read"):
        read_npz(path, largest=1 << 20)
    content = path.read_bytes()
    size = struct.pack("<I", 20_000_000 + len(claiming((20_000_000,), "|u1")))
    assert content.count(size) == 2, "in the local header and in the directory"
    path.write_bytes(content.replace(size, struct.pack("<I", 1000)))
    with pytest.raises(BalletError, match=r"damaged|claims"):
        read_npz(path, largest=1 << 20)


def test_members_that_are_no_arrays_are_passed_over_and_none_is_extracted(tmp_path):
    path = tmp_path / "in" / "a.npz"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../outside.npy", npy())
        archive.writestr("readme.txt", b"hello")
    assert np.array_equal(read_npz(path)["../../outside"], GOOD)
    assert [one.name for one in tmp_path.rglob("*") if one.is_file()] == ["a.npz"]


def broken_npz(kind):
    file = io.BytesIO()
    np.savez_compressed(file, X=np.random.default_rng(0).random(500))
    content = file.getvalue()
    return {
        "cut": content[: len(content) // 2],
        "flipped": content[:200] + bytes([content[200] ^ 255]) + content[201:],
        "empty": b"",
        "text": b"take_id,movement\n",
        "npy": npy(),
    }[kind]


@pytest.mark.parametrize("kind", ["cut", "flipped", "empty", "text", "npy"])
def test_a_damaged_npz(file, kind):
    with pytest.raises(BalletError, match="damaged"):
        read_npz(file(broken_npz(kind), "a.npz"))


def test_an_encrypted_or_strangely_packed_member(file):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("x.npy", npy())
    content = packed.getvalue()
    directory = content.index(b"PK\x01\x02")
    locked = bytearray(content)
    locked[6] |= 1
    locked[directory + 8] |= 1
    strange = bytearray(content)
    strange[8] = strange[directory + 10] = 97
    for one in (locked, strange):
        with pytest.raises(BalletError, match="damaged"):
            read_npz(file(bytes(one), "a.npz"))


@pytest.mark.parametrize("read", [read_npy, read_npz])
def test_what_is_not_there(tmp_path, read):
    for path in (tmp_path / "nothing.npy", tmp_path):
        with pytest.raises(BalletError, match="is not there"):
            read(path)


MUTATIONS = st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=6)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=MUTATIONS, cut=st.none() | st.integers(0, 600), packed=st.booleans())
@example(changes=[(299, 8), (318, 24)], cut=None, packed=True)  # a name that is no UTF-8
@pytest.mark.filterwarnings("ignore")
def test_mutated_bytes_give_an_array_or_a_sentence(file, changes, cut, packed):
    if packed:
        whole = io.BytesIO()
        np.savez_compressed(whole, X=GOOD, y=np.array("plié"))
        content = bytearray(whole.getvalue())
    else:
        content = bytearray(npy())
    for place, value in changes:
        content[place % len(content)] = value
    path = file(bytes(content[:cut]), "a.npz" if packed else "a.npy")
    try:
        read = read_npz(path) if packed else read_npy(path)
    except BalletError:
        return
    assert all(isinstance(one, np.ndarray) for one in (read.values() if packed else [read]))


def test_written_arrays_come_back_and_the_same_arrays_are_the_same_bytes(tmp_path):
    arrays = {"soon": GOOD, "later": np.zeros((50, 33), np.uint8), "names": np.array(["é", "b"])}
    one, two = (write_npz(tmp_path / f"{name}.npz", arrays, soon=("soon",)) for name in "ab")
    back = read_npz(one)
    assert list(back) == list(arrays)
    assert all(np.array_equal(back[name], array) for name, array in arrays.items())
    assert one.read_bytes() == two.read_bytes()
    packing = {member.filename: member.compress_type for member in zipfile.ZipFile(one).infolist()}
    assert packing == {"soon.npy": zipfile.ZIP_DEFLATED, "later.npy": zipfile.ZIP_LZMA,
                       "names.npy": zipfile.ZIP_LZMA}  # fmt: skip


def test_objects_are_not_written(tmp_path):
    with pytest.raises(ValueError, match="pickle"):
        write_npz(tmp_path / "a.npz", {"trap": np.array([Trap()], dtype=object)})
