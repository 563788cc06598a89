"""The judge: not attempted, wrong and error are told apart, and nothing gets past it."""

import functools

import numpy as np
import pytest

from ballet_lib.checks import base
from ballet_lib.checks.base import expect, expect_close, expect_shape, judge
from ballet_lib.errors import BalletError


@pytest.fixture(autouse=True)
def sum_task(monkeypatch):
    monkeypatch.setattr(base, "_TASKS", {})

    @base.task("00.1", "total", "Add up", level="write", minutes=2, hints=("Add.", "`sum`."))
    def total(answer, rng):
        numbers = rng.random(5)
        expect_close(answer(numbers), numbers.sum(), "this is not the sum")


def stub(x):
    """Add up."""
    ...


def half_a_stub(x):
    scaled = x * 2
    scaled += ...
    return scaled


def right(x):
    return x[..., :].sum()


def forgets(x):
    x.sum()


def breaks(x):
    return x.undefined


class Refuses:
    def __init__(self):
        raise NotImplementedError


@pytest.mark.parametrize("answer", [None, ..., stub, half_a_stub, NotImplemented, functools.partial(stub)])
def test_not_attempted(answer):
    assert judge("00.1", answer).status == "not attempted"


@pytest.mark.parametrize("answer", [right, np.sum, functools.partial(np.sum, axis=0), lambda x: x.sum()])
def test_right_on_any_seed(answer):
    assert {judge("00.1", answer, seed).status for seed in range(3)} == {"right"}


def test_not_implemented_inside_is_not_attempted():
    def later(x):
        raise NotImplementedError

    assert judge("00.1", later).status == "not attempted"


@pytest.mark.parametrize(
    ("answer", "status", "phrase"),
    [
        (forgets, "wrong", "Is a `return` missing?"),
        (lambda x: x.mean(), "wrong", "this is not the sum"),
        (lambda x: x, "wrong", "The shape is (5,); the task asks for ()"),
        (lambda x: "five", "wrong", "Numbers were asked for"),
        (breaks, "error", "AttributeError"),
        (breaks, "error", "`return x.undefined`"),
        (lambda: 3, "error", "takes 0 positional arguments"),
        (lambda x: exit(3), "error", "SystemExit"),
        (lambda x: right(right), "error", "TypeError"),
    ],
)
def test_wrong_and_error_are_told_apart(answer, status, phrase):
    feedback = judge("00.1", answer)
    assert (feedback.status, phrase in feedback.message) == (status, True), feedback


def test_of_what_keras_wraps_around_an_error_its_reason_is_left():
    def in_a_layer(x):
        raise AttributeError(
            "Exception when calling L.call().\n\n\x1b[1mno attribute 'plié'\x1b[0m\n\nArguments: …"
        )

    assert judge("00.1", in_a_layer).message.startswith("AttributeError: no attribute 'plié' in line")


def test_endless_recursion_is_an_error_in_your_code():
    def again(x):
        return again(x)

    assert judge("00.1", again).status == "error"


def test_what_the_answer_prints_is_not_shown(capfd):
    def loud(x):
        print("x" * 100_000)
        return x.sum()

    assert judge("00.1", loud).status == "right"
    assert capfd.readouterr().out == ""


def test_an_interrupt_stops_the_check():
    def pressed(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        judge("00.1", pressed)


def test_unknown_task_is_named():
    with pytest.raises(BalletError, match=r"no task '00\.9'"):
        judge("00.9", right)
    with pytest.raises(BalletError, match="no lesson '77'"):
        judge("77.1", right)


def test_a_class_that_refuses_is_not_attempted(monkeypatch):
    @base.task("00.2", "made", "Make", level="build", minutes=2)
    def made(answer, rng):
        expect(answer().size, "no size")

    assert judge("00.2", Refuses).status == "not attempted"


@pytest.mark.parametrize(("shape", "ok"), [((5, 3), True), ((-1, 3), True), ((5,), False), ((5, 4), False)])
def test_expect_shape(shape, ok):
    if ok:
        expect_shape(np.zeros((5, 3)), shape)
    else:
        with pytest.raises(base.Wrong, match="asks for"):
            expect_shape(np.zeros((5, 3)), shape)


def test_expect_close_wants_nan_where_nan_is():
    expect_close([1, np.nan], [1 + 1e-6, np.nan], "no")
    with pytest.raises(base.Wrong, match=r"^no$"):
        expect_close([1, 0], [1, np.nan], "no")
    with pytest.raises(base.Wrong, match="different lengths"):
        expect_close([[1], [1, 2]], [1, 2], "no")


def test_feedback_reads_as_text_and_is_safe_as_html():
    def nasty(x):
        raise ValueError("<script>alert(1)</script>")

    feedback = judge("00.1", nasty)
    assert repr(feedback).startswith("! 00.1 Error in your code: ValueError")
    assert "<script>" not in feedback._repr_html_() and "&lt;script&gt;" in feedback._repr_html_()
