"""The camera check in JupyterLab, with a camera, one that is denied, and none."""

import time

import pytest
from lab_session import browser_page, open_notebook, run_all

EXPECTED = {
    "works": ("works", "Your camera works"),
    "denied": ("denied", "was not allowed"),
    "missing": ("no camera", "No camera was found"),
}

# Every stream that the page is given, so that the test can see whether its tracks end.
REMEMBER_STREAMS = """() => {
    window.streams = [];
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wanted) => {
        const stream = await ask(wanted);
        window.streams.push(stream);
        return stream;
    };
}"""
ALL_ENDED = "() => window.streams.every(s => s.getTracks().every(t => t.readyState === 'ended'))"


@pytest.mark.parametrize("camera", EXPECTED)
def test_it_says_what_it_found(lab, camera_notebook, camera):
    state, words = EXPECTED[camera]
    with browser_page(camera) as page:
        open_notebook(page, lab, camera_notebook)
        run_all(page)
        page.evaluate(REMEMBER_STREAMS)
        check = page.locator(".ballet-camera")
        assert "The picture stays in this page" in check.inner_text()
        check.get_by_role("button", name="Check my camera").press("Enter")  # by keyboard
        page.wait_for_function(
            "state => document.querySelector('.ballet-camera').dataset.state === state", arg=state
        )
        status = check.get_by_role("status")
        assert status.get_attribute("aria-live") == "polite"
        assert words in status.inner_text()
        assert ("recorded clip" in status.inner_text()) == (state != "works")
        if state == "works":
            assert page.evaluate("() => window.streams.length") == 1
            assert "pixels" in status.inner_text()
        page.wait_for_function(ALL_ENDED)
        assert check.locator("video").is_hidden()
        assert kernel_comes_to_say(page, "check.state", f"'{state}'")


def test_camera_goes_off_when_the_output_is_cleared(lab, camera_notebook):
    with browser_page("works") as page:
        open_notebook(page, lab, camera_notebook)
        run_all(page)
        page.evaluate(REMEMBER_STREAMS)
        kernel_says(page, "setattr(check, 'seconds', 600.0)")
        page.get_by_role("button", name="Check my camera").click()
        page.wait_for_function("() => document.querySelector('.ballet-camera').dataset.state === 'works'")
        assert page.locator(".ballet-camera video").is_visible()
        assert not page.evaluate(ALL_ENDED)
        page.evaluate("() => window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
        page.wait_for_function(ALL_ENDED)


REFUSE = "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', '%s') }"
OBSTACLES = {
    "not secure": "Object.defineProperty(window, 'isSecureContext', { value: false })",
    "host cannot": "Object.defineProperty(navigator, 'mediaDevices', { value: undefined })",
    "in use": REFUSE % "NotReadableError",
    "blocked": REFUSE % "SecurityError",
}


def test_each_obstacle_has_its_own_words(lab, camera_notebook):
    seen = set()
    with browser_page("works") as page:
        for state, obstacle in OBSTACLES.items():
            open_notebook(page, lab, camera_notebook)
            run_all(page)
            page.evaluate(f"() => {{ {obstacle} }}")
            page.get_by_role("button", name="Check my camera").click()
            page.wait_for_function(
                "state => document.querySelector('.ballet-camera').dataset.state === state", arg=state
            )
            words = page.locator(".ballet-camera").get_by_role("status").inner_text()
            assert "recorded clip" in words
            seen.add(words)
    assert len(seen) == len(OBSTACLES)


def kernel_says(page, expression: str) -> str:
    """Evaluate a Python expression in the open notebook's kernel and return its repr."""
    return page.evaluate(
        """async (expression) => {
            const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
            const future = kernel.requestExecute({ code: "", user_expressions: { said: expression } });
            return (await future.done).content.user_expressions.said.data["text/plain"];
        }""",
        expression,
    )


def kernel_comes_to_say(page, expression: str, wanted: str, seconds: float = 15) -> bool:
    """Ask until the kernel has caught up: the page sends a change only after the last was answered."""
    deadline = time.monotonic() + seconds
    while kernel_says(page, expression) != wanted and time.monotonic() < deadline:
        page.wait_for_timeout(100)
    return kernel_says(page, expression) == wanted
