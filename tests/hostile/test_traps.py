"""Files that were made to do harm, one example of each kind that the fuzzer or a reader of the code found."""

import json
import struct
import time
import zipfile
import zlib

import numpy as np
import pytest
from mutations import zipped
from readers import READERS

from ballet_lib import BalletError, video
from ballet_lib.array_files import read_npz
from ballet_lib.classifier import Classifier
from ballet_lib.formats import read_takes
from ballet_lib.formats.json_files import read_json
from ballet_lib.generation.autoencoder import Autoencoder
from ballet_lib.pose_model import check_bundle
from ballet_lib.silhouettes import Silhouettes
from ballet_lib.styles.classifier import StyleClassifier
from ballet_lib.takes import TakeSet
from ballet_lib.tuning.result import Search

# Films and pictures


@pytest.mark.parametrize("name", ["a.m3u8", "a.mp4"])
@pytest.mark.parametrize(
    "content",
    [
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{other}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile secret.mp4\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\n",
    ],
    ids=["playlist", "concat", "sdp"],
)
def test_a_list_that_names_other_films_is_no_film(tmp_path, name, content):
    frames = [np.full((48, 64, 3), n * 20, np.uint8) for n in range(6)]
    other = video.write_video(tmp_path / "secret.mp4", frames, 25)
    (tmp_path / name).write_text(content.format(other=other))
    with pytest.raises(BalletError, match="not a video"):
        video.probe(tmp_path / name)


def test_opening_a_film_leaves_the_environment_as_it_was(tmp_path, monkeypatch):
    monkeypatch.setenv(video._OPTIONS, "rtsp_transport;udp")
    film = video.write_video(tmp_path / "a.mp4", [np.zeros((48, 64, 3), np.uint8)] * 3, 25)
    assert video.probe(film).frames == 3
    assert video.os.environ[video._OPTIONS] == "rtsp_transport;udp"


def empty_png(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes that claims any size."""

    def chunk(kind: bytes, inside: bytes) -> bytes:
        return struct.pack(">I", len(inside)) + kind + inside + struct.pack(">I", zlib.crc32(kind + inside))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(bytes(999))), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize("size", [(30_000, 30_000), (6001, 6000), (2**31 - 1, 1)])
def test_a_picture_that_claims_gigabytes_is_refused_by_its_header(tmp_path, size):
    (tmp_path / "a.png").write_bytes(empty_png(*size))
    with pytest.raises(BalletError, match="more than 36 million"):
        video.read_image(tmp_path / "a.png")


def test_a_film_larger_than_8k_is_refused(tmp_path, monkeypatch):
    film = video.write_video(tmp_path / "a.mp4", [np.zeros((48, 64, 3), np.uint8)] * 3, 25)
    monkeypatch.setattr(video, "MOST_PIXELS", 64 * 48 - 1)
    for read in (video.probe, video.read_frames):
        with pytest.raises(BalletError, match="64 x 48 pixels"):
            read(film)


# Networks


@pytest.fixture
def network(tmp_path):
    """Change the configuration of a network, and load it."""

    def load(change) -> Classifier:
        READERS["classifier"].make(tmp_path)
        path = tmp_path / "a.keras"
        with zipfile.ZipFile(path) as archive:
            members = [(name, archive.read(name)) for name in archive.namelist()]
        config = json.loads(dict(members)["config.json"])
        change(config["config"]["layers"])
        path.write_bytes(
            zipped([(n, json.dumps(config) if n == "config.json" else inside) for n, inside in members])
        )
        return Classifier.load(path)

    return load


def test_what_is_whole_loads(network):
    assert network(lambda layers: None).labels


def test_layers_that_ask_for_more_than_any_memory_are_never_made(network):
    for units in (10**8, 10**15):
        with pytest.raises(BalletError, match="MB of weights"):
            network(lambda layers, units=units: layers[-1]["config"].update(units=units))


def test_layers_that_take_hours_to_build_are_refused_at_once(network):
    def many(layers):
        for number in range(120):
            layers.append(json.loads(json.dumps(layers[-1])))
            layers[-1]["config"]["name"] = f"more_{number}"

    begun = time.process_time()
    with pytest.raises(BalletError, match="more layers than can be built"):
        network(many)
    with pytest.raises(BalletError, match="or one that is unrolled"):
        network(lambda layers: layers[-1]["config"].update(unroll=True))
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    "entry",
    [
        {"module": "trap_for_keras", "class_name": "X", "registered_name": None},
        {"module": "trap_for_keras", "class_name": "X", "registered_name": "X"},
        {"module": "trap_for_keras", "class_name": "function", "config": "X", "registered_name": "function"},
        {"module": "builtins", "class_name": "function", "config": "eval", "registered_name": "function"},
        {"module": "os", "class_name": "system", "config": "touch fell", "registered_name": None},
        {"module": "keras.utils", "class_name": "get_file", "registered_name": "get_file",
         "config": {"fname": "x", "origin": "http://127.0.0.1:1/x"}},
        {"module": "keras.config", "class_name": "enable_unsafe_deserialization", "registered_name": None},
        {"module": "keras.layers", "class_name": "StringLookup", "config": {"vocabulary": "/etc/hostname"}},
    ],
    ids=range(8),
)  # fmt: skip
def test_a_network_brings_no_code_and_reads_no_file(network, tmp_path, monkeypatch, entry):
    (tmp_path / "trap_for_keras.py").write_text("open('fell', 'w')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BalletError, match=r"cannot read|does not know"):
        network(lambda layers: layers[-1].update(entry))
    assert not (tmp_path / "fell").exists()


@pytest.mark.parametrize(
    ("reader", "kind"),
    [("classifier", Classifier), ("style classifier", StyleClassifier), ("autoencoder", Autoencoder)],
)
def test_a_card_of_other_kinds_of_values_is_refused(tmp_path, reader, kind):
    READERS[reader].make(tmp_path)
    card = tmp_path / "a.json"
    whole = json.loads(card.read_text())
    for name in ("network", "streams", "missing"):
        if name in whole and (reader, name) != ("classifier", "network"):
            card.write_text(json.dumps(whole | {name: [["x"]]}))
            with pytest.raises(BalletError, match="is no model card"):
                kind.load(tmp_path / "a.keras")
    (tmp_path / "a.keras").write_bytes(b"PK\x03\x04")
    card.write_text(json.dumps(whole | {"versions": ["9.1"]}))
    with pytest.raises(BalletError, match="damaged"):
        kind.load(tmp_path / "a.keras")


# Notes and archives


def test_a_member_without_a_name(tmp_path):
    READERS["silhouettes"].make(tmp_path)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        members = [(one, archive.read(one)) for one in archive.infolist()]
    members[0][0].filename = members[0][0].orig_filename = ""
    (tmp_path / "a.zip").write_bytes(zipped(members))
    with pytest.raises(BalletError, match=r"leads out of it|damaged"):
        Silhouettes.load(tmp_path / "a.zip")


@pytest.mark.parametrize("tries", ["../x", 10**400, float("inf"), [], {"x": 1}])
@pytest.mark.parametrize("version", [1, 10**400, -1])
def test_a_progress_file_is_set_aside_under_a_name_of_ours(tmp_path, tries, version):
    told = {"right": True, "tries": tries, "hints": 0, "shown": False}
    kept = {"version": version, "tasks": {"01.1": told}, "quizzes": {}}
    (tmp_path / "progress.json").write_text(json.dumps(kept))
    READERS["progress file"].read(tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert names - {"progress.json.lock"} <= {"progress.json", "progress.json.damaged"}


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("search.json", lambda plan: plan["settings"].pop("method")),
        ("search.json", lambda plan: plan.update(seconds=[])),
        ("search.json", lambda plan: plan["settings"].update(space=3)),
        ("trial_0000/epochs.json", lambda record: record.update(score="high")),
        ("trial_0000/epochs.json", lambda record: record["rows"][0].pop("clock")),
        ("trial_0000/epochs.json", lambda record: record.update(values={})),
    ],
)
def test_a_damaged_search_is_refused(tmp_path, file, change):
    READERS["search"].make(tmp_path)
    document = json.loads((tmp_path / file).read_text())
    change(document)
    (tmp_path / file).write_text(json.dumps(document))
    with pytest.raises(BalletError, match="is damaged"):
        Search.load(tmp_path)


def test_json_that_unfolds_twentyfold_is_refused_before_it_is_read(tmp_path):
    (tmp_path / "a.json").write_bytes(b"[" + b"[]," * 14_500_000 + b"[]]")
    with pytest.raises(BalletError, match=r"would fill 1,9.* MB of memory"):
        read_json(tmp_path / "a.json")


def archive_of(count: int) -> bytes:
    """An archive of nothing but a list of `count` empty members, twenty seconds to open."""
    entry = b"PK\1\2" + struct.pack("<6H3I5H2I", 20, 20, 0, 0, 0, 33, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"x"
    size = len(entry) * count
    end = b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, count, count, size, 0)
    end += b"PK\6\7" + struct.pack("<IQI", 0, size, 1)
    return entry * count + end + b"PK\5\6" + struct.pack("<4H2IH", 0, 0, *[0xFFFF] * 2, *[0xFFFFFFFF] * 2, 0)


def test_an_archive_of_a_million_members_is_refused_before_it_is_listed(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(archive_of(1_400_000))
    begun = time.process_time()
    for read in (read_npz, Silhouettes.load, lambda path: read_takes("coco17", path), check_bundle):
        with pytest.raises(BalletError, match=r"more members than can be listed|larger than 67 MB"):
            read(path)
    assert time.process_time() - begun < 2


@pytest.mark.parametrize("name", ["takes.csv", "labels.csv"])
def test_a_table_that_is_far_too_long_is_not_read(tmp_path, name):
    (tmp_path / name).write_bytes(b"take_id,movement,dancer\n" + b"a,b,c\n" * 3_000_000)
    with pytest.raises(BalletError, match=r"far too long|is the most that is read"):
        (TakeSet.load if name == "takes.csv" else READERS["label table"].read)(tmp_path)
