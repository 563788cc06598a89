"""`ballet datasets` as a user calls it."""

import json

import pytest

from ballet_lib.cli import main
from ballet_lib.studio import build


def test_list_describes_what_ships(capsys):
    assert main(["datasets", "list"]) == 0
    told = capsys.readouterr().out
    assert "420 takes, 16,800 frames, 12 dancers" in told and "120 takes, 4,800 frames, 1 dancers" in told
    assert main(["datasets", "list", "routines", "--json"]) == 0
    (routines,) = json.loads(capsys.readouterr().out)["sets"]
    assert routines["takes"] == 24 and len(routines["labels"]) == 7 and len(routines["dancers"]) == 4


def test_verify_remakes_a_take_of_each_set_as_it_ships(capsys):
    assert main(["datasets", "verify", "--takes", "1", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] and len(report["takes"]) == 3


def test_verify_fails_where_something_differs(monkeypatch, capsys):
    monkeypatch.setattr(build, "TOLERANCE", {"exact": -1.0})
    assert main(["datasets", "verify", "ballet6", "--takes", "1"]) == 1
    assert "DIFFERS" in capsys.readouterr().out


def test_build_writes_where_it_is_told_and_nothing_else_is_printed(monkeypatch, tmp_path, capsys):
    made = tmp_path / "ballet6.npz"
    made.write_bytes(b"x" * 100)
    asked = []
    monkeypatch.setattr(build, "build", lambda *arguments: asked.append(arguments) or [made])
    assert main(["datasets", "build", "ballet6", "-o", str(tmp_path), "--workers", "3", "--json"]) == 0
    assert asked == [(["ballet6"], str(tmp_path), 3)]
    assert json.loads(capsys.readouterr().out) == {"files": [str(made)]}


@pytest.mark.parametrize(
    "arguments", [["datasets"], ["datasets", "burn"], ["datasets", "verify", "--takes", "0"]]
)
def test_wrong_usage(arguments):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2


def test_unknown_set_is_named(capsys):
    assert main(["datasets", "verify", "swan-lake"]) == 1
    assert "swan-lake" in capsys.readouterr().err
