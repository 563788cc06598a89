"""What each reader makes of good files."""

import json
import os
import warnings

import numpy as np
import pytest
from foreign_files import (
    SIZE,
    alphapose,
    beside,
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

from ballet_lib.formats import FORMATS, Reading, import_takes, read_takes, write_takes
from ballet_lib.skeleton import COCO_17, INDEX
from ballet_lib.takes import TakeSet


def read(name, source, **choices):
    reading = Reading(**choices)
    return import_takes(name, source, reading), reading


def same(landmarks, expected, only=slice(None), atol=2e-3):
    np.testing.assert_allclose(landmarks[:, only, :2], expected[:, only, :2], atol=atol)


# MP_Data


@pytest.mark.parametrize("numbers, lost", [(132, None), (258, "hands"), (1662, "face and the hands")])
def test_mp_data_of_three_sizes(tmp_path, numbers, lost):
    takes, reading = read("mp-data", mp_data(tmp_path / "MP_Data", "demi-plié", numbers=numbers), fps=20)
    assert [take.movement for take in takes] == ["demi-plié"] * 2 and takes.dancers == ("unknown",)
    assert np.array_equal(takes[0].poses.landmarks, dancer()) and takes[0].poses.size == (640, 480)
    assert takes[0].poses.source == "demi-plié/0" == takes[0].performance != takes[1].performance
    assert any(lost in text for text in reading.lost) if lost else not reading.lost
    assert any("640x480" in note for note in reading.notes)


def test_mp_data_zeros_are_nobody_and_ten_comes_after_nine(tmp_path):
    folder = tmp_path / "releve" / "0"
    folder.mkdir(parents=True)
    for i in range(12):
        np.save(folder / f"{i}.npy", np.zeros(1662) if i == 3 else np.full(1662, (i + 1) / 100))
    np.save(folder / "7.npy", np.concatenate([np.zeros(132), np.ones(1662 - 132)]))  # hands without a body
    (take,), _ = read("mp-data", tmp_path)
    assert np.flatnonzero(~take.poses.found).tolist() == [3, 7]
    assert take.poses.landmarks[11, 0, 0] == np.float32(0.12)


def test_mp_data_says_which_frames_are_missing(tmp_path):
    mp_data(tmp_path, sequences=1)
    (tmp_path / "releve/0/2.npy").unlink()
    (take,), reading = read("mp-data", tmp_path)
    assert len(take) == 6 and take.poses.found.tolist() == [True, True, False, True, True, True]
    assert any("releve/0 lacks frames 2;" in note for note in reading.notes)


def test_frozen_and_empty_takes_are_named(tmp_path):
    mp_data(tmp_path, sequences=2)
    for i in range(6):
        np.save(tmp_path / f"releve/0/{i}.npy", dancer()[0].ravel())
        np.save(tmp_path / f"releve/1/{i}.npy", np.zeros(132))
    _, reading = read("mp-data", tmp_path)
    assert any("1 takes are frozen" in note and "releve.0" in note for note in reading.notes)
    assert any("1 takes show nobody" in note and "releve.1" in note for note in reading.notes)


# COCO-17


@pytest.mark.parametrize("form", ["npy", "flat", "npz", "xy", "json"])
def test_coco17_in_all_its_forms(tmp_path, form):
    points = pixels(dancer())
    folder = tmp_path / "releve"
    folder.mkdir()
    if form == "json":
        write_json(folder / "clip.json", coco(dancer()))
    elif form == "npz":
        np.savez(folder / "clip.npz", keypoints=points, boxes=np.zeros(4))
    else:
        np.save(
            folder / "clip.npy", {"npy": points, "flat": points.reshape(6, 51), "xy": points[..., :2]}[form]
        )
    (take,), reading = read("coco17", tmp_path, size=None if form == "json" else SIZE)
    same(take.poses.landmarks, dancer(), COCO_17)
    known = ~np.isnan(take.poses.landmarks[0, :, 0])
    assert sorted(np.flatnonzero(known)) == sorted(COCO_17)
    assert (take.poses.landmarks[:, known, 2] == 0).all() and (take.poses.landmarks[:, known, 3] == 1).all()
    assert take.poses.size == SIZE and take.movement == "releve"
    assert take.poses.source.startswith("releve/clip") and "16 of the 33" in reading.lost[0]


def test_coco_flags_are_missing_hidden_and_seen(tmp_path):
    document = coco(dancer())
    keypoints = document["annotations"][0]["keypoints"]
    keypoints[2], keypoints[5] = 0, 1  # nose unmarked, left eye hidden
    document["annotations"].append({"image_id": 10, "num_keypoints": 0, "keypoints": [0] * 51})
    (take,), _ = read("coco17", write_json(tmp_path / "releve" / "a.json", document).parent.parent)
    first = take.poses.landmarks[0]
    assert np.isnan(first[INDEX["nose"]]).all() and first[INDEX["left_eye"], 3] == 0.5
    assert first[INDEX["right_eye"], 3] == 1


def test_coco_people_are_told_apart_by_track(tmp_path):
    document = coco(dancer())
    twin = json.loads(json.dumps(document["annotations"]))
    for annotation in document["annotations"]:
        annotation["track_id"] = 3
    for annotation, points in zip(twin, pixels(beside(dancer())), strict=True):
        annotation |= {"track_id": 1, "keypoints": [*points.ravel()]}
    document["annotations"] += twin
    takes, _ = read("coco17", write_json(tmp_path / "duet.json", document), label="duet")
    assert [take.meta["person"] for take in takes] == [1, 3]
    assert len({take.performance for take in takes}) == 1 and takes[0].poses.source == "duet.json"
    same(takes[1].poses.landmarks, dancer(), COCO_17)


# AlphaPose


@pytest.mark.parametrize("ids", [None, [7, 4], [[7.0], [[4]]]])
def test_alphapose_two_people(tmp_path, ids):
    people = [pixels(dancer()), pixels(beside(dancer()))]
    results = alphapose(people, ids)
    rng = np.random.default_rng(0)
    rng.shuffle(results)
    write_json(tmp_path / "releve" / "film.json", results)
    takes, _ = read("alphapose", tmp_path, size=SIZE, fps=25)
    assert [take.meta["person"] for take in takes] == ([0, 1] if ids is None else [4, 7])
    large = takes[0] if ids is None else takes[1]
    same(large.poses.landmarks, dancer(), COCO_17)
    assert {take.performance for take in takes} == {"releve/film.json"} and large.poses.fps == 25
    assert large.meta["format"] == "alphapose"


def test_alphapose_feet_of_larger_models(tmp_path):
    for extra, toe in ((9, 20), (116, 17), (119, 20)):
        results = alphapose([pixels(dancer())], extra=extra)
        for result in results:
            result["keypoints"][3 * toe : 3 * toe + 3] = [48, 64, 0.9]
        (take,), reading = read("alphapose", write_json(tmp_path / "a.json", results), size=SIZE, label="x")
        toes = take.poses.landmarks[:, INDEX["left_foot_index"]]
        np.testing.assert_allclose(toes, np.broadcast_to([0.1, 0.1, 0, 0.9], (6, 4)), rtol=1e-6)
        same(take.poses.landmarks, dancer(), COCO_17)
        assert "12 of the 33" in reading.lost[0]


@pytest.mark.parametrize("outer, inner", [("people", "pose_keypoints_2d"), ("bodies", "joints")])
def test_alphapose_open_and_cmu_forms(tmp_path, outer, inner):
    body = body25(dancer())
    order = [*range(8), *range(9, 15), *range(15, 19)]  # BODY-25 without mid-hip and feet is COCO-18
    document = {f"{i}.jpg": {"version": "AlphaPose v0.3", outer: [{inner: [*frame[order].ravel()]}]}
                for i, frame in enumerate(body)}  # fmt: skip
    (take,), _ = read("alphapose", write_json(tmp_path / "a.json", document), size=SIZE, label="x")
    same(take.poses.landmarks, dancer(), COCO_17)


def test_alphapose_gaps_are_nan_and_a_take_begins_with_its_person(tmp_path):
    results = alphapose([pixels(dancer()), pixels(beside(dancer()))], ids=[1, 2])
    results = [r for r in results if not (r["idx"] == 2 and r["image_id"] in ("0.jpg", "1.jpg", "3.jpg"))]
    takes, _ = read("alphapose", write_json(tmp_path / "a.json", results), size=SIZE, label="x")
    assert [take.first_frame for take in takes] == [0, 2] and [len(take) for take in takes] == [6, 4]
    assert takes[1].poses.found.tolist() == [True, False, True, True]


def test_alphapose_results_folder_is_the_video(tmp_path):
    path = write_json(tmp_path / "afro" / "film7" / "alphapose-results.json", alphapose([pixels(dancer())]))
    write_json(path.parent / "sep-json" / "0.json", {"people": []})
    (take,), _ = read("alphapose", tmp_path, size=SIZE)
    assert (take.movement, take.poses.source) == ("afro", "afro/film7")


# OpenPose


def test_openpose_keeps_the_feet_and_two_people(tmp_path):
    people = [body25(dancer()), body25(beside(dancer()))]
    people[0][2, 14] = 0  # a left ankle not found
    openpose(tmp_path / "releve" / "anna_01", people)
    takes, reading = read("openpose", tmp_path, size=SIZE, people=2)
    assert len(takes) == 2 and takes[0].movement == "releve" and takes[0].poses.source == "releve/anna_01"
    feet = [INDEX[name] for name in ("left_heel", "right_foot_index", "left_knee", "right_ear")]
    same(takes[0].poses.landmarks, dancer(), feet)
    assert np.isnan(takes[0].poses.landmarks[2, INDEX["left_ankle"]]).all() and takes[0].poses.found.all()
    assert "12 of the 33" in reading.lost[0]


def test_openpose_two_films_in_one_folder_and_18_points(tmp_path):
    order = [*range(8), *range(9, 19)]
    for name in ("a", "b"):
        openpose(tmp_path / "releve", [body25(dancer())[:, order]], name)
    takes, _ = read("openpose", tmp_path, size=SIZE)
    assert [take.poses.source for take in takes] == ["releve/a", "releve/b"]
    same(takes[1].poses.landmarks, dancer(), COCO_17)


def test_openpose_shares_of_the_picture(tmp_path):
    openpose(tmp_path, [body25(dancer()) / (*SIZE, 1)])
    (take,), reading = read("openpose", tmp_path, size=SIZE, label="releve")
    same(take.poses.landmarks, dancer(), COCO_17)
    assert any("shares" in note for note in reading.notes)


# Text


def test_text51_blocks_labels_and_names(tmp_path):
    text51(tmp_path / "d", blocks=3, labels="1\n1\n3\n")
    takes, reading = read("text51", tmp_path / "d", sequence_length=6, size=SIZE)
    assert [take.movement for take in takes] == ["1", "1", "3"] and "Labels are numbers" in str(reading.notes)
    same(takes[2].poses.landmarks, dancer(), COCO_17)
    takes, _ = read("text51", tmp_path / "d", sequence_length=6, size=SIZE, label_names=("afro", "b", "hop"))
    assert [take.movement for take in takes] == ["afro", "afro", "hop"]
    (tmp_path / "d" / "labels.txt").write_text("1 grand écart\n3 hip hop\n")
    takes, _ = read("text51", tmp_path / "d" / "X_train.txt", sequence_length=6, size=SIZE)
    assert set(takes.labels) == {"grand écart", "hip hop"}


def test_text51_blanks_and_one_label_a_line(tmp_path):
    text51(tmp_path, blocks=2, labels="\n".join("a" * 6 + "b" * 6))
    path = tmp_path / "X_train.txt"
    path.write_text(path.read_text().replace(",", " "))
    takes, _ = read("text51", tmp_path, sequence_length=6, size=SIZE)
    assert [take.movement for take in takes] == ["a", "b"]


def test_text51_guesses_the_size_and_says_so(tmp_path):
    takes, reading = read("text51", text51(tmp_path), sequence_length=6)
    largest = np.ceil(pixels(dancer())[..., :2].max(axis=(0, 1)))
    assert takes[0].poses.size == tuple(largest) and any("--size" in note for note in reading.notes)


def test_text51_warns_of_dancers_who_take_turns(tmp_path):
    calm = read("text51", text51(tmp_path / "one"), sequence_length=6, size=SIZE)[1]
    assert not any("take turns" in note for note in calm.notes)
    two = np.stack([pixels(dancer()), pixels(beside(dancer(), 0.6))], axis=1).reshape(12, 51)
    (tmp_path / "two").mkdir()
    np.savetxt(tmp_path / "two" / "X.txt", two)
    reading = read("text51", tmp_path / "two", sequence_length=6, size=SIZE, label="x")[1]
    assert any("take turns" in note and "2 of 2 blocks" in note for note in reading.notes)


def test_text51_blocks_that_go_on_are_one_performance(tmp_path):
    whole = pixels(dancer(frames=24)).reshape(24, 51)
    away = whole + np.tile([150, 0, 0], 17)
    np.savetxt(tmp_path / "X.txt", np.concatenate([whole, away[:12]]))
    takes, _ = read("text51", tmp_path, sequence_length=12, size=SIZE, label="x")
    assert takes[0].performance == takes[1].performance != takes[2].performance
    assert [take.first_frame for take in takes] == [0, 12, 0]


# Let's Dance


@pytest.mark.parametrize("form", ["named", "rows", "dictionaries", "keypoints", "people"])
def test_lets_dance_in_all_its_forms(tmp_path, form):
    folder = lets_dance(tmp_path / "densepose" / "ballet", [pixels(dancer()), pixels(beside(dancer()))])
    for path in folder.iterdir():
        people = json.loads(path.read_text())
        rows = [[point for _, point in person[1:]] for person in people]
        other = {
            "named": people,
            "rows": rows,
            "dictionaries": [dict(person[1:]) for person in people],
            "keypoints": [{"keypoints": [v for point in person for v in (*point, 1)]} for person in rows],
            "people": {"people": rows},
        }
        path.write_text(json.dumps(other[form]))
    takes, reading = read("lets-dance", tmp_path, size=SIZE)
    assert [take.meta["person"] for take in takes] == [0, 1] and takes.labels == ("ballet",)
    assert {take.performance for take in takes} == {"densepose/ballet/6Y5JYh_001"}
    assert takes[0].poses.fps == 30 and not any("second" in note for note in reading.notes)
    same(takes[0].poses.landmarks, dancer(), COCO_17)


@pytest.mark.parametrize("place", ["densepose/ballet", "rgb/ballet", "rgb/rgb/ballet"])
def test_lets_dance_takes_the_size_from_a_picture(tmp_path, place):
    import cv2

    lets_dance(tmp_path / "densepose" / "ballet", [pixels(dancer())])
    (tmp_path / place).mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(tmp_path / place / "6Y5JYh_001_0001.jpg"), np.zeros((SIZE[1], SIZE[0], 3), np.uint8))
    (take,), _ = read("lets-dance", tmp_path)
    assert take.poses.size == SIZE


def test_twenty_people_are_followed(tmp_path):
    crowd = [beside(dancer(), x=0.04 * i, shrink=0.15) for i in range(20)]
    lets_dance(tmp_path / "latin", [pixels(one) for one in crowd])
    takes, _ = read("lets-dance", tmp_path, size=SIZE)
    assert len(takes) == 20 and all(take.poses.found.all() for take in takes)
    for take in takes:  # nobody is confused with a neighbour
        assert np.ptp(take.poses.landmarks[:, INDEX["left_hip"], 0]) < 0.02


# All of them


def test_writers_and_readers_are_inverse(tmp_path):
    source = mp_data(tmp_path / "MP_Data", "relevé", sequences=3)
    np.save(source / "relevé/1/4.npy", np.zeros(132))
    takes, _ = read("mp-data", source, fps=20, size=SIZE)
    for name in (name for name, form in FORMATS.items() if form.write):
        lost = write_takes(name, takes, tmp_path / name)
        back, _ = read(name, tmp_path / name, size=SIZE, sequence_length=6, label=None)
        only = slice(None) if name == "mp-data" else list(COCO_17)
        assert len(back) == 3 and lost, name
        for a, b in zip(takes, back, strict=True):
            assert a.poses.found.tolist() == b.poses.found.tolist(), name
            np.testing.assert_allclose(
                a.poses.landmarks[:, only, :2], b.poses.landmarks[:, only, :2], atol=1e-5
            )
    assert sorted(path.name for path in (tmp_path / "mp-data").iterdir()) == ["releve"]
    assert np.load(tmp_path / "mp-data/releve/1/4.npy").tolist() == [0.0] * 132
    assert (tmp_path / "text51/Y.txt").read_text() == "1\n1\n1\n"
    assert back.labels == ("relevé",)


def test_zip_is_read_like_its_folder_and_leaves_nothing(tmp_path, monkeypatch):
    import shutil
    import tempfile

    mp_data(tmp_path / "in" / "MP_Data")
    archive = shutil.make_archive(str(tmp_path / "poses"), "zip", tmp_path / "in")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    takes, _ = read("mp-data", archive)
    assert len(takes) == 2 and takes[0].poses.source == "MP_Data/releve/0"
    assert not any((tmp_path / "temporary").iterdir())


def test_takes_of_every_reader_are_kept_in_a_set(tmp_path):
    write_json(tmp_path / "in" / "CON.json", alphapose([pixels(dancer()), pixels(beside(dancer()))]))
    write_json(tmp_path / "in" / "ÉTÉ 1.json", alphapose([pixels(dancer())]))
    takes, _ = read("alphapose", tmp_path / "in", size=SIZE, label="x")
    for where in (tmp_path / "takes", tmp_path / "takes.npz"):
        back = TakeSet.load(takes.save(where))
        assert [take.take_id for take in back] == [take.take_id for take in takes]
        same(back[0].poses.landmarks, takes[0].poses.landmarks, atol=1e-3)
        assert back[0].poses.meta["z"] and not os.path.isabs(back[0].poses.source)


def test_table_of_labels(tmp_path):
    for name in ("a", "b"):
        write_json(tmp_path / "in" / f"{name}.json", alphapose([pixels(dancer())]))
    table = tmp_path / "labels.csv"
    table.write_text("source,label,dancer\na.json,releve,Anna\nb,arabesque,\n")
    takes, _ = read("alphapose", tmp_path / "in", size=SIZE, labels=table, dancer="somebody")
    assert [(t.movement, t.dancer) for t in takes] == [("releve", "Anna"), ("arabesque", "somebody")]
    table.write_text("source,label\na.json,releve\n")
    with pytest.raises(Exception, match=r"no line for b\.json"):
        read("alphapose", tmp_path / "in", size=SIZE, labels=table)


def test_the_library_warns(tmp_path):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        takes = read_takes("mp-data", mp_data(tmp_path, numbers=258), size=SIZE)
    said = [str(warning.message) for warning in caught]
    assert len(takes) == 2 and any("Lost: the hands" in text for text in said)
    assert any("30 are assumed" in text for text in said)
