"""Run a notebook from top to bottom and find every error in it, those that widgets swallow among them.

nbclient alone notices an exception only when it ends a cell. One raised in `@interact`, in `on_click` or
under `with Output():` is printed somewhere and forgotten, so here the outputs and the widget state are
searched too, and with `drive=True` every widget is used once, as a learner would (`widget_driver.py`).
"""

import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty

import nbformat
from kernel_memory import watched
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

DRIVER = Path(__file__).with_name("widget_driver.py")
DRIVEN = "application/vnd.ballet.driven+json"
WIDGETS = "application/vnd.jupyter.widget-state+json"

_ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_PROGRESS = re.compile(r"\d+%\||\d+it \[|\r")


@dataclass
class Run:
    """What a run left behind: the notebook with its outputs, seconds, peak of bytes, a sentence per error."""

    notebook: NotebookNode
    seconds: float = 0.0
    memory: int = 0
    faults: list[str] = field(default_factory=list)


def run_notebook(
    path: Path,
    drive: bool = False,
    timeout: float = 600,
    environment: dict[str, str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Run:
    """Run the notebook file at `path` in its own folder; see `run`. Its stored outputs are dropped first."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    notebook.metadata.pop("widgets", None)
    return run(notebook, path.parent, drive, timeout, environment, progress)


def run(
    notebook: NotebookNode,
    folder: Path,
    drive: bool = False,
    timeout: float = 600,
    environment: dict[str, str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Run:
    """Run every cell in a fresh kernel that works in `folder`, and collect the faults.

    `timeout` is seconds for one cell. `environment` adds to the kernel's variables. `progress(done, cells)`
    is called after each cell. With `drive`, the widgets are used after the last cell; the returned seconds
    and memory do not count that. Nothing is raised for an error in a cell: it is among the faults.
    """
    result = Run(notebook)
    number = 0
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
        resources={"metadata": {"path": str(folder)}},
    )
    # Figures come out inline whatever backend the caller uses.
    variables = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"} | (
        environment or {}
    )
    try:
        with client.setup_kernel(env=variables):
            look_often(client.kc.shell_channel)
            started = time.monotonic()
            with watched(client.km.provisioner.pid) as peak:
                for number, cell in enumerate(notebook.cells, start=1):
                    client.execute_cell(cell, number - 1)
                    if progress:
                        progress(number, len(notebook.cells))
            result.seconds, result.memory = time.monotonic() - started, peak.memory
            client.set_widgets_metadata()
            if drive:
                result.faults += _drive(client)
                client.set_widgets_metadata()
    except CellExecutionError:
        pass  # it stands in the outputs, where the search below finds it
    except CellTimeoutError:
        result.faults.append(f"cell {number}: took more than {timeout:g} s")
    except DeadKernelError:
        result.faults.append(f"cell {number}: the kernel died")
    result.faults += faults_in(notebook)
    return result


def look_often(channel, seconds: float = 1.0) -> None:
    """Let a kernel's channel look every second whether a message is there.

    nbclient answers an output widget by a plain send on the channel that it waits on. ZeroMQ tells of a new
    message once, and that send may swallow it: about one lesson with `interact` in ten then waits for the
    whole timeout, although the kernel has long answered.
    """
    wait = channel.get_msg

    async def get_msg(timeout: float | None = None):
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            left = seconds if deadline is None else min(seconds, deadline - time.monotonic())
            try:
                return await wait(timeout=max(left, 0))
            except Empty:
                if deadline is not None and time.monotonic() >= deadline:
                    raise

    channel.get_msg = get_msg


def faults_in(notebook: NotebookNode) -> list[str]:
    """List the errors that stand in a notebook's cell outputs and in its widgets' state, one sentence each.

    A cell tagged `raises-exception` shows its error on purpose and is passed over.
    """
    faults = []
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "code" and "raises-exception" not in cell.metadata.get("tags", ()):
            faults += [f"cell {number}: {fault}" for fault in errors_in(cell.outputs)]
    for model in widget_models(notebook).values():
        faults += [f"output widget: {fault}" for fault in errors_in(model["state"].get("outputs", ()))]
    return faults


def noise_in(notebook: NotebookNode) -> list[str]:
    """List what was written to standard error, progress bars aside: logs that a reader should not see."""
    return [
        f"cell {number}: {line.strip()[:120]}"
        for number, cell in enumerate(notebook.cells, start=1)
        for output in cell.get("outputs", ())
        if is_noise(output)
        for line in output["text"].splitlines()[:3]
    ]


def is_noise(output: NotebookNode) -> bool:
    """Tell whether an output is text on standard error other than a progress bar."""
    return output.output_type == "stream" and output.name == "stderr" and not _PROGRESS.search(output["text"])


def widget_models(notebook: NotebookNode) -> dict[str, dict]:
    """Return the stored widget models by their id; empty for a notebook without widgets."""
    return notebook.metadata.get("widgets", {}).get(WIDGETS, {}).get("state", {})


def errors_in(outputs: list) -> list[str]:
    found = []
    for output in outputs:
        if output["output_type"] == "error":
            found.append(f"{output['ename']}: {_ESCAPES.sub('', output['evalue'])[:300]}")
        elif output["output_type"] == "stream" and "Traceback (most recent call last)" in output["text"]:
            found.append("a traceback was printed, ending " + output["text"].strip().splitlines()[-1][:300])
    return found


def _drive(client: NotebookClient) -> list[str]:
    """Use every widget of the running kernel once and return what went wrong."""
    cell = nbformat.v4.new_code_cell(DRIVER.read_text(encoding="utf-8"))
    client.nb.cells.append(cell)  # nbclient files outputs by the cell's place in its notebook
    try:
        client.execute_cell(cell, len(client.nb.cells) - 1)
    except CellExecutionError:
        return [f"driving the widgets failed: {fault}" for fault in errors_in(cell.outputs)]
    finally:
        client.nb.cells.pop()
    reports = [output.data[DRIVEN] for output in cell.outputs if DRIVEN in output.get("data", {})]
    return reports[0]["faults"] if reports else ["driving the widgets gave no report"]
