"""Use every live widget of this kernel once, as a learner would, and display the exceptions that came up.

`notebook_runner.py` runs this file as a last cell. Values are set the way the browser sets them, and the
places where ipywidgets buries a callback's exception are watched: `showtraceback` (click handlers, interact,
`with Output()`), the logs (comms), threads, and the event loop (tasks).
"""

import asyncio
import gc
import logging
import sys
import threading
import time

import ipywidgets
from IPython import get_ipython
from IPython.display import display
from ipywidgets.widgets import widget as widget_module

ROUNDS = 3  # using a widget can make new ones, and using those more
OPTIONS = 12  # of a longer list, the first and the last are enough
SETTLE = 0.3  # seconds that threads and tasks get to finish


class WidgetDriver:
    """Moves, clicks and chooses; remembers which widget raised what."""

    def __init__(self):
        self.faults, self.current = [], "a widget"

    def note(self, error):
        self.faults.append(f"{self.current}: {type(error).__name__}: {error}")

    def drive_all(self):
        seen = set()
        for _ in range(ROUNDS):
            waiting = [w for key, w in list(widget_module._instances.items()) if key not in seen]
            for widget in waiting:
                seen.add(widget.model_id)
                if widget.comm is not None and not getattr(widget, "disabled", False):
                    self.drive(widget)

    def drive(self, widget):
        label = getattr(widget, "description", "") or ""
        self.current = f"{type(widget).__name__} {label!r}" if label else type(widget).__name__
        if isinstance(widget, ipywidgets.Button):
            self.attempt(widget.click)
            return
        name, values = _inputs_of(widget)
        if not values:
            return
        before = getattr(widget, name)
        for value in values:
            self.attempt(widget.set_state, {name: value})
        self.attempt(setattr, widget, name, before)

    def attempt(self, action, *arguments):
        if len(self.faults) < 50:
            try:
                action(*arguments)
            except Exception as error:
                self.note(error)


def _inputs_of(widget):
    """Name the trait that the browser sets on this widget, and the values to try: its ends or options."""
    kind = ipywidgets
    if isinstance(widget, kind.FloatLogSlider):
        return "value", [widget.base**widget.min, widget.base**widget.max]
    if isinstance(widget, (kind.IntRangeSlider, kind.FloatRangeSlider)):
        return "value", [(widget.min, widget.min), (widget.min, widget.max), (widget.max, widget.max)]
    if isinstance(widget, (kind.IntProgress, kind.FloatProgress)):
        return "value", []
    if isinstance(
        widget,
        (kind.IntSlider, kind.FloatSlider, kind.BoundedIntText, kind.BoundedFloatText, kind.Play),
    ):
        return "value", [widget.min, widget.max]
    if isinstance(
        widget, (kind.Dropdown, kind.RadioButtons, kind.Select, kind.ToggleButtons, kind.SelectionSlider)
    ):
        return "index", _ends(range(len(widget.options)))
    if isinstance(widget, (kind.SelectMultiple, kind.SelectionRangeSlider)):
        return "index", [(i, i) for i in _ends(range(len(widget.options)))]
    if isinstance(widget, (kind.ToggleButton, kind.Checkbox)):
        return "value", [not widget.value, widget.value]
    if isinstance(widget, (kind.Tab, kind.Accordion, kind.Stack)):
        return "selected_index", _ends(range(len(widget.children)))
    if isinstance(widget, (kind.Text, kind.Textarea, kind.Combobox)):
        return "value", ["", "ballet"]
    return "value", []


def _ends(options):
    return list(options) if len(options) <= OPTIONS else [options[0], options[-1]]


class _Log(logging.Handler):
    def __init__(self, driver):
        super().__init__(logging.WARNING)
        self.driver = driver

    def emit(self, record):
        if record.exc_info and record.exc_info[1] is not None:
            self.driver.note(record.exc_info[1])


async def drive_widgets():
    """Drive every widget with all the ears open, and return the faults."""
    driver, shell, loop = WidgetDriver(), get_ipython(), asyncio.get_running_loop()
    log = _Log(driver)
    loggers = [
        logging.getLogger(),
        logging.getLogger("traitlets"),
        logging.getLogger("ipykernel.comm"),
        shell.log,
    ]
    kept = shell.showtraceback, threading.excepthook, loop.get_exception_handler()
    shell.showtraceback = lambda exc_tuple=None, *_, **__: driver.note((exc_tuple or sys.exc_info())[1])
    threading.excepthook = lambda event: driver.note(event.exc_value)
    loop.set_exception_handler(lambda _, context: driver.note(context.get("exception") or context["message"]))
    for logger in loggers:
        logger.addHandler(log)
    threads = set(threading.enumerate())
    try:
        driver.drive_all()
        deadline = time.monotonic() + SETTLE
        while time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        for thread in set(threading.enumerate()) - threads:
            thread.join(timeout=SETTLE)
        gc.collect()  # a task's exception is reported when the task is collected
        await asyncio.sleep(0)
    finally:
        shell.showtraceback, threading.excepthook = kept[:2]
        loop.set_exception_handler(kept[2])
        for logger in loggers:
            logger.removeHandler(log)
    return driver.faults


_driven = await drive_widgets()  # noqa: F704
display({"application/vnd.ballet.driven+json": {"faults": list(dict.fromkeys(_driven))}}, raw=True)
