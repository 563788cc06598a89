"""`ballet import`, `train` and `evaluate` on people, styles and files that they have never seen.

benchmarks/style_import.py trains on each of the formats, with a TCN too.
"""

import json

import numpy as np
import strange_dancers
from strange_dancers import DANCERS, STYLES

from ballet_lib.cli import main
from ballet_lib.skeleton import COCO_17
from ballet_lib.takes import TakeSet

HELD_OUT = DANCERS[4:]


def ballet(capfd, *arguments):
    """Run a command that prints JSON; return it, and what went to standard error."""
    status = main([*map(str, arguments), "--json"])
    told = capfd.readouterr()
    assert status == 0, told.err
    return json.loads(told.out), told.err


def imported(folder, form, capfd, *more):
    labels = getattr(strange_dancers, form)(folder / "in")
    report, _ = ballet(capfd, "import", form, folder / "in", "-o", folder / "takes.npz", "--size", "1280x720",
                       "--fps", strange_dancers.FPS, "--labels", labels, *more)  # fmt: skip
    return report


def test_strangers_are_imported_learned_and_judged(tmp_path, capfd):
    report = imported(tmp_path, "alphapose", capfd, "--people", 1)
    assert report["labels"] == dict.fromkeys(sorted(STYLES), 12) and report["dancers"] == list(DANCERS)
    assert report["warnings"] == ["Of more than 1 people, those seen longest were kept (--people)."]

    model = tmp_path / "model.keras"
    report, said = ballet(capfd, "train", tmp_path / "takes.npz", "-o", model, "--network", "lstm",
                          "--hold-out", f"dancer={','.join(HELD_OUT)}", "--epochs", 2)  # fmt: skip
    assert said == "" and {"accuracy", "macro_f1", "n", "per_class"} <= set(report["held_out"])
    assert report["held_out"]["n"] == 12 and set(report["held_out"]["per_class"]) == set(STYLES)
    assert report["held_out"]["accuracy"] >= 0.75  # 12 of strangers; chance is 1/3

    held_out = TakeSet.load(tmp_path / "takes.npz").filter(dancer=HELD_OUT).save(tmp_path / "others.npz")
    judged, _ = ballet(capfd, "evaluate", model, held_out)
    assert judged["held_out"]["accuracy"] == report["held_out"]["accuracy"]
    assert judged["held_out"]["n"] == 12


def test_three_tools_tell_the_same_of_one_dance(tmp_path, capfd):
    dances = {}
    for form in ("coco17", "openpose", "alphapose"):
        report = imported(tmp_path / form, form, capfd, "--people", 1)
        assert form == "alphapose" or report["warnings"] == []  # nothing that would mislead
        dances[form] = TakeSet.load(tmp_path / form / "takes.npz")
    for takes in dances.values():
        assert len(takes) == 36 and takes.dancers == DANCERS
        for take, other in zip(takes, dances["coco17"], strict=True):
            assert (take.movement, take.dancer, len(take)) == (other.movement, other.dancer, len(other))
            np.testing.assert_allclose(
                take.poses.landmarks[:, COCO_17], other.poses.landmarks[:, COCO_17], rtol=1e-5
            )
    found = {form: ~np.isnan(takes[0].poses.landmarks[..., 0]) for form, takes in dances.items()}
    assert [found[form].any(axis=0).sum() for form in found] == [16, 20, 16]  # an ear is never found
    assert not found["openpose"][12:15].any() and np.isfinite(dances["openpose"].to_arrays().X).all()


def test_passers_by_are_told_of(tmp_path, capfd):
    report = imported(tmp_path, "alphapose", capfd)
    assert report["takes"] == 72
    assert any("36 of the 72 takes" in said and "--people 1" in said for said in report["warnings"])


def test_takes_that_name_no_dancer_say_how_to_name_them(tmp_path, capfd):
    strange_dancers.coco17(tmp_path / "in")
    takes = tmp_path / "takes.npz"
    ballet(capfd, "import", "coco17", tmp_path / "in", "-o", takes, "--size", "1280x720", "--fps", 15)
    assert main(["train", str(takes), "-o", str(tmp_path / "model.keras")]) == 1
    said = capfd.readouterr().err
    assert "Nothing says who dances in the 36 takes" in said and "--labels" in said
