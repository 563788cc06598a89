"""The camera check's Python side; what it does in a page is tested in tests/browser."""

import re

import pytest
import traitlets

from ballet_lib.webcam import CameraCheck
from ballet_lib.webcam.camera_check import FALLBACK, STATES


def script() -> str:
    return str(CameraCheck._esm)


def test_page_has_words_for_every_state_and_no_other():
    advice = re.search(r"const ADVICE = \{(.*?)^\};", script(), re.DOTALL | re.MULTILINE)[1]
    assert tuple(re.findall(r'^  "?([a-z ]+?)"?: \[', advice, re.MULTILINE)) == STATES


def test_state_starts_unchecked_and_takes_only_known_ones():
    check = CameraCheck()
    assert check.state == "not checked"
    with pytest.raises(traitlets.TraitError):
        check.state = "perhaps"


def test_text_stands_in_where_widgets_do_not_render():
    shown, _ = CameraCheck()._repr_mimebundle_()
    assert shown["text/plain"] == FALLBACK
    assert "recorded clip" in FALLBACK


def test_no_frame_leaves_the_page():
    code = re.sub(r"//.*", "", script())
    assert set(re.findall(r"model\.(\w+)\(", code)) == {"set", "save_changes", "get", "on", "off"}
    assert re.findall(r'model\.set\("(\w+)"', code) == ["state"]
    assert not re.search(r"canvas|fetch\(|XMLHttpRequest|WebSocket|toDataURL|MediaRecorder", code)
