"""AlphaPose's lists are read block by block, and say the same as if they were read as a whole."""

import json
import tracemalloc

import numpy as np
import pytest
from foreign_files import SIZE, alphapose, beside, dancer, pixels, write_json
from hypothesis import given, settings
from hypothesis import strategies as st

from ballet_lib import BalletError
from ballet_lib.formats import Reading, import_takes, json_blocks
from ballet_lib.formats import alphapose as module
from ballet_lib.formats.alphapose import read_people
from ballet_lib.formats.json_blocks import NotInBlocks, read_blocks
from ballet_lib.formats.people import Detections, takes_of
from ballet_lib.tracking import PeopleTracker, is_one_person

DUET = alphapose([pixels(dancer(frames=20)), pixels(beside(dancer(frames=20)))], ids=[7, 4])


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(json_blocks, "BLOCK", 3000)  # two people


def each(**values):
    return [result | {key: value(i) for key, value in values.items()} for i, result in enumerate(DUET)]


def without(key):
    return [{name: value for name, value in result.items() if name != key} for result in DUET]


VERSIONS = {
    "as written": json.dumps(DUET),
    "compact": json.dumps(DUET, separators=(",", ":")),
    "indented": json.dumps(DUET, indent=2),
    "with a mark of UTF-8": "\ufeff\n" + json.dumps(DUET) + "\n",
    "no idx": json.dumps(without("idx")),
    "idx in lists": json.dumps(each(idx=lambda i: [[float(i % 2)]])),
    "some idx": json.dumps(each(idx=lambda i: None if i == 9 else i % 2)),
    "no score": json.dumps(without("score")),
    "score of another kind": json.dumps(each(score=lambda i: "high" if i == 9 else 2)),
    "numbers for pictures": json.dumps(each(image_id=lambda i: i // 2)),
    "named pictures": json.dumps(each(image_id=lambda i: f"in/clip{i % 2}_{i:03d}.png")),
    "a brace in a name": json.dumps(each(image_id=lambda i: f"{{a}}_{i // 2}.jpg")),
    "points not found": json.dumps(each(keypoints=lambda i: [None] * 3 + [float("nan")] * 3 + [9] * 45)),
    "rows": json.dumps(each(keypoints=lambda i: np.arange(51.0).reshape(17, 3).tolist())),
    "Halpe-26": json.dumps(alphapose([pixels(dancer())], extra=9)),
    "an object inside": json.dumps(each(box=lambda i: {"x": 1})),
    "a key twice": json.dumps(DUET).replace('"idx": 7', '"idx": 5, "idx": 7', 3),
    "none": "[ ]",
}


@pytest.mark.parametrize("version", VERSIONS)
def test_blocks_say_what_the_whole_file_says(tmp_path, monkeypatch, version):
    path = write_json(tmp_path / "film.json", VERSIONS[version])
    blocks = read_people(path)

    def nothing(*_):
        raise NotInBlocks

    monkeypatch.setattr(module, "read_blocks", nothing)
    whole = read_people(path)
    np.testing.assert_array_equal(blocks.points, whole.points)
    np.testing.assert_array_equal(blocks.frames, whole.frames)
    np.testing.assert_array_equal(blocks.scores, whole.scores)
    assert (blocks.pictures, blocks.clips, blocks.ids) == (whole.pictures, whole.clips, whole.ids)
    people = len(json.loads(VERSIONS[version].removeprefix("\ufeff")))
    assert len(blocks.points) == people and blocks.points.dtype == np.float32


def test_people_are_as_the_file_has_them(tmp_path):
    people = read_people(write_json(tmp_path / "film.json", DUET))
    np.testing.assert_allclose(
        people.points.reshape(-1, 51), [result["keypoints"] for result in DUET], rtol=1e-6
    )
    assert people.frames.tolist() == [i // 2 for i in range(40)] and people.ids == [7, 4] * 20
    assert people.scores.tolist() == [2.5, 1.5] * 20 and people.pictures[3] == "1.jpg"


def test_the_usual_file_takes_the_fast_way(tmp_path, monkeypatch):
    def slow(*_):
        raise AssertionError

    monkeypatch.setattr(module, "_unusual", slow)
    for version in ("as written", "compact", "indented", "no idx", "no score", "numbers for pictures"):
        assert len(read_people(write_json(tmp_path / "film.json", VERSIONS[version])).points) == 40


# Blocks


def test_progress_is_told_in_bytes_and_memory_stays_small(tmp_path, monkeypatch):
    monkeypatch.setattr(json_blocks, "BLOCK", 1 << 16)
    path = write_json(tmp_path / "film.json", json.dumps(DUET * 150))
    size, told = path.stat().st_size, []
    tracemalloc.start()
    objects = sum(bytes(block).count(b"image_id") for block in read_blocks(path, told.append))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert objects == 6000 and sum(told) == size > 5_000_000 and len(told) > 50
    assert peak < 2_000_000


def test_a_bar_shows_how_far_a_large_file_is_read(tmp_path, monkeypatch, capfd):
    write_json(tmp_path / "film.json", DUET)
    import_takes("alphapose", tmp_path, Reading(size=SIZE, label="x", bar=True))
    assert "film.json" not in capfd.readouterr().err
    monkeypatch.setattr("ballet_lib.formats.reading.LARGE", 1000)
    import_takes("alphapose", tmp_path, Reading(size=SIZE, label="x", bar=True))
    assert "film.json" in capfd.readouterr().err


OTHERS = ("", "[", "{}", '{"a": 1}', "[{}, {}", "[{} {}]", "[{},, {}]", "[{},]", "[{}]]", "[1, 2]", "[]]",
          "[[]]", "null", '[{"a": 1}] {}')  # fmt: skip


@pytest.mark.parametrize("text", OTHERS)
def test_what_is_no_list_of_objects_is_not_cut(tmp_path, text):
    path = write_json(tmp_path / "film.json", text)
    with pytest.raises((NotInBlocks, json.JSONDecodeError)):
        for block in read_blocks(path):
            json.loads(bytes(block))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.dictionaries(st.text(max_size=3), st.one_of(st.integers(), st.text("a,[] \n", max_size=4)))),
    st.sampled_from([None, 0, 2]), st.integers(1, 40),
)  # fmt: skip
def test_any_list_of_plain_objects_comes_back_whole(tmp_path_factory, objects, indent, size):
    path = write_json(tmp_path_factory.mktemp("any") / "a.json", json.dumps(objects, indent=indent))
    before, json_blocks.BLOCK = json_blocks.BLOCK, size
    try:
        read = [one for block in read_blocks(path) for one in json.loads(bytes(block))]
    except (NotInBlocks, json.JSONDecodeError):
        assert any("}" in key or "}" in str(value) for one in objects for key, value in one.items())
    else:
        assert read == objects
    finally:
        json_blocks.BLOCK = before


# Damage


@pytest.mark.parametrize("share", [0.001, 0.2, 0.5, 0.777, 0.99, 0.9999])
def test_a_file_cut_off_is_refused(tmp_path, share):
    text = json.dumps(DUET)
    path = write_json(tmp_path / "film.json", text[: int(len(text) * share)])
    with pytest.raises(BalletError, match=r"film.json is no valid JSON: line 1"):
        read_people(path)


def test_a_damaged_person_is_named_by_its_number_in_the_file(tmp_path):
    path = write_json(tmp_path / "film.json", each(keypoints=lambda i: [0.5] * (50 if i == 33 else 51)))
    with pytest.raises(BalletError, match="person 33 has 50 numbers"):
        read_people(path)
    path = write_json(tmp_path / "film.json", each(keypoints=lambda i: [0.5] * (78 if i > 9 else 51)))
    with pytest.raises(BalletError, match="mixes people of 17 and 26"):
        read_people(path)


def test_too_large_to_be_read_as_a_whole_is_still_read_in_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "LARGEST", 1000)
    path = write_json(tmp_path / "film.json", DUET)
    assert len(read_people(path).points) == 40
    path.write_text(json.dumps(DUET)[:-1])
    with pytest.raises(BalletError, match="cut off, damaged"):
        read_people(path)
    monkeypatch.setattr(module, "MOST_FRAMES", 20)
    with pytest.raises(BalletError, match="more than 20 people"):
        read_people(path)


def test_one_endless_object_is_not_gathered(tmp_path, monkeypatch):
    monkeypatch.setattr(json_blocks, "LARGEST_OBJECT", 10_000)
    path = write_json(tmp_path / "film.json", '[{"image_id": "' + "a" * 50_000)
    told = []
    with pytest.raises(NotInBlocks):
        list(read_blocks(path, told.append))
    assert sum(told) <= 10_000 + 2 * json_blocks.BLOCK


# Coordinates that cannot be right


def as_keypoints(points):
    return [{"image_id": f"{frame}.jpg", "keypoints": numbers.ravel().tolist()}
            for frame, numbers in enumerate(points)]  # fmt: skip


def test_columns_in_another_order_are_refused(tmp_path):
    points = pixels(dancer(frames=20))
    write_json(tmp_path / "film.json", as_keypoints(points[..., [2, 0, 1]]))
    with pytest.raises(BalletError, match=r"is no score: .* order x, y, score"):
        import_takes("alphapose", tmp_path, Reading(size=SIZE, label="x"))
    write_json(tmp_path / "film.json", as_keypoints(np.swapaxes(points, 1, 2)))  # all x, all y, all scores
    with pytest.raises(BalletError, match="is no score"):
        import_takes("alphapose", tmp_path, Reading(size=SIZE, label="x"))


def test_a_film_of_another_size_is_told_of(tmp_path):
    write_json(tmp_path / "x" / "film.json", DUET)
    width, height = SIZE
    right = Reading(size=SIZE)
    import_takes("alphapose", tmp_path, right)
    assert not any("lie outside" in note for note in right.notes)
    small = Reading(size=(width, int(height * 0.5)))
    import_takes("alphapose", tmp_path, small)
    assert any("film.json lie outside" in note and "of one size at a time" in note for note in small.notes)


# People


@pytest.mark.parametrize("tracked", [True, False])
def test_forty_people_are_twenty_takes(tmp_path, tracked):
    crowd = [pixels(beside(dancer(frames=3), 0.02 * i, 0.2)) + np.array([0, 4.0 * i, 0]) for i in range(40)]
    write_json(tmp_path / "film.json", alphapose(crowd, ids=range(40) if tracked else None))
    reading = Reading(size=SIZE, label="crowd")
    takes = import_takes("alphapose", tmp_path, reading)
    assert len(takes) == 20 and {len(take) for take in takes} == {3}
    assert any("20 people" in note for note in reading.notes)


def test_the_surer_of_two_with_one_id_stays():
    landmarks = np.tile(dancer(frames=1), (4, 1, 1))
    landmarks[:, :, 0] += 0.01 * np.arange(4)[:, None]
    found = Detections(np.array([1, 0, 1, 0]), landmarks, [5, 5, 5, 5], np.array([0.5, 0.4, 0.9, 0.4]))
    reading = Reading(size=SIZE, fps=25)
    (take,) = takes_of(found, "film", "x", SIZE, reading, "alphapose", 17)
    np.testing.assert_array_equal(take.poses.landmarks, landmarks[[1, 2]])  # the first of two alike
    assert any("share an id" in note for note in reading.notes)


@pytest.mark.parametrize("step", [0.005, 0.03, 0.06, 0.1])
def test_one_person_is_who_the_tracker_keeps_in_one_slot(step):
    rng = np.random.default_rng(0)
    answers = []
    for _ in range(40):
        walk = rng.uniform(0.3, 0.6, (1, 33, 2)) + np.cumsum(rng.normal(0, step, (20, 1, 2)), axis=0)
        frames = np.cumsum(rng.choice([1, 1, 1, 2, 3, 8], 20))
        tracker, kept, last = PeopleTracker(5, SIZE), True, frames[0] - 1
        for landmarks, frame in zip(walk, frames, strict=True):
            for _ in range(frame - last - 1):
                tracker.assign([])
            kept, last = kept and tracker.assign([landmarks])[0] == 0, frame
        answers.append(kept)
        assert is_one_person(walk, frames, SIZE) == kept
    assert any(answers) or step > 0.05


def test_a_jump_makes_two_people_and_a_walk_makes_one(tmp_path):
    walk = alphapose([pixels(dancer(frames=20))])
    reading = Reading(size=SIZE, label="x")
    assert len(import_takes("alphapose", write_json(tmp_path / "a.json", walk), reading)) == 1
    jump = alphapose([pixels(np.concatenate([dancer(frames=10), beside(dancer(frames=10), 0.8, 0.2)]))])
    assert len(import_takes("alphapose", write_json(tmp_path / "b.json", jump), reading)) == 2
