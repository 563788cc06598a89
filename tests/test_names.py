"""Labels that people type: what is refused, and which file names come of the rest."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ballet_lib import BalletError
from ballet_lib.names import LONGEST, check_id, check_label, file_names

RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}


@pytest.mark.parametrize(
    "label", ["demi_plie", "grand écart", "plié à la seconde", "Straße", "x", "2.position", "a" * LONGEST]
)
def test_ordinary_labels_pass(label):
    assert check_label(label) == label


def test_one_form_of_unicode():
    decomposed = unicodedata.normalize("NFD", "relevé")
    assert decomposed != "relevé" and check_label(decomposed) == "relevé"


@pytest.mark.parametrize(
    "label",
    ["", " ", "\t", "../../x", "..", ".", "a/b", "a\\b", "/etc", "C:x", "a*", 'a"b', "a|b", "a?", "a<b",
     "a\x00b", "a\nb", "\u202egpj", "con", "CON", "Con.txt", "nul .x", "lpt9", "COM1.tar.gz", ".hidden",
     "end.", " lead", "trail ", "a" * (LONGEST + 1), "_", "---..", "!!!", "\ud800", None, 3, b"bytes"],
)  # fmt: skip
def test_what_no_file_could_be_called_is_refused(label):
    with pytest.raises(BalletError, match="demi_plie"):
        check_label(label)


@pytest.mark.parametrize("label", ["cön", "CÖN", "_con_", "äux", "COM¹", "nül.x"])
def test_what_folds_to_a_reserved_name_is_refused(label):
    with pytest.raises(BalletError, match="Windows keeps"):
        check_label(label)


def test_a_script_that_cannot_be_folded_says_so():
    with pytest.raises(BalletError, match="Latin"):
        check_label("芭蕾")


def test_the_error_says_what_it_is_about():
    with pytest.raises(BalletError, match="cannot be a dancer: it is empty"):
        check_label("", "dancer")


def test_labels_fold_to_plain_file_names():
    assert file_names(["demi_plie", "grand écart", "Œuvre", "a b  c"]) == {
        "demi_plie": "demi_plie", "grand écart": "grand_ecart", "Œuvre": "OEuvre", "a b  c": "a_b_c",
    }  # fmt: skip
    assert file_names([]) == {} and file_names(["x", "x"]) == {"x": "x"}


@pytest.mark.parametrize("pair", [("plié", "plie"), ("Plie", "plie"), ("a b", "a_b"), ("œuf", "OEUF")])
def test_two_labels_of_one_file_name(pair):
    with pytest.raises(BalletError, match="share the file name"):
        file_names(pair)


@pytest.mark.parametrize("text", ["a", "d01_plie_1", "x.00040", "x.a01", "a" * 100, "0"])
def test_ids_that_are_file_names_as_they_are(text):
    assert check_id(text) == text


@pytest.mark.parametrize(
    "text",
    ["", "A", "é", "a/b", "../a", "a\\b", ".a", "a.", "-a", "a-", "a b", "a\n",
      "a" * 101, "con", "nul.x", None, 7],
)  # fmt: skip
def test_ids_that_are_not(text):
    with pytest.raises(BalletError, match="names a file"):
        check_id(text)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(max_size=12), max_size=5))
def test_whatever_is_typed_becomes_a_safe_name_or_an_error(labels):
    try:
        names = file_names(labels)
    except BalletError:
        return
    for name in names.values():
        assert name.isascii() and not set(name) - set(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
        )
        assert name.strip("._") == name and name.split(".")[0].lower() not in RESERVED
    assert len({name.casefold() for name in names.values()}) == len(names)
