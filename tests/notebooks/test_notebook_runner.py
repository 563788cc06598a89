"""The runner must see every hidden error: each of these notebooks looks fine to nbclient, save the first."""

import asyncio
from queue import Empty

import nbformat
import pytest
from notebook_runner import look_often, noise_in, run, run_notebook

SETUP = "import ipywidgets as w\nfrom IPython.display import display\n"

HIDDEN = {
    "a cell that raises": "1 / 0",
    "a traceback printed": "import traceback\ntry:\n    1 / 0\nexcept Exception:\n    traceback.print_exc()",
    "interact at its first value": "@w.interact(n=(0, 5))\ndef f(n=2):\n    return 1 / (n - 2)",
    "interact at an end of the slider": "@w.interact(n=(0, 5))\ndef f(n=2):\n    return 1 / n",
    "interact at one choice": "@w.interact(n=[1, 2, 0, 3])\ndef f(n):\n    return 1 / n",
    "a click": "b = w.Button(description='Go')\nb.on_click(lambda _: 1 / 0)\ndisplay(b)",
    "a click under an Output": (
        "b, out = w.Button(), w.Output()\n"
        "def go(_):\n    with out:\n        1 / 0\n"
        "b.on_click(go)\ndisplay(b, out)"
    ),
    "a block under an Output": "out = w.Output()\ndisplay(out)\nwith out:\n    1 / 0",
    "an observer": "s = w.IntSlider(max=9)\ns.observe(lambda c: 1 / (c['new'] - 9), 'value')\ndisplay(s)",
    "an observer of a dropdown": (
        "d = w.Dropdown(options=['a', 'b'])\nd.observe(lambda c: {'a': 1}[c['new']], 'value')\ndisplay(d)"
    ),
    "a check box": "c = w.Checkbox()\nc.observe(lambda c: 1 / (not c['new']), 'value')\ndisplay(c)",
    "a text field": "t = w.Text('5')\nt.observe(lambda c: float(c['new']), 'value')\ndisplay(t)",
    "play": "p = w.Play(max=3)\np.observe(lambda c: [0, 1, 2][c['new']], 'value')\ndisplay(p)",
    "a widget that a click makes": (
        "box, b = w.VBox(), w.Button()\n"
        "def go(_):\n    inner = w.Button()\n    inner.on_click(lambda _: 1 / 0)\n"
        "    box.children = [inner]\n"
        "b.on_click(go)\ndisplay(b, box)"
    ),
    "a thread that a click starts": (
        "import threading\nb = w.Button()\n"
        "b.on_click(lambda _: threading.Thread(target=lambda: 1 / 0).start())\ndisplay(b)"
    ),
    "a task that a click starts": (
        "import asyncio\nb = w.Button()\nasync def work():\n    1 / 0\n"
        "b.on_click(lambda _: asyncio.ensure_future(work()))\ndisplay(b)"
    ),
}

CLEAN = """
@w.interact(n=(1, 5), word=["plié", "tendu"], fast=False)
def f(n, word, fast):
    print(n, word, fast)

b, out, s = w.Button(), w.Output(), w.FloatRangeSlider(min=0, max=1)
def go(_):
    with out:
        print("clicked")
b.on_click(go)
display(b, out, s, w.Play(), w.IntProgress(), w.Tab([w.HTML("a"), w.HTML("b")]), w.Button(disabled=True))
"""


def notebook(*sources):
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])


@pytest.mark.parametrize("kind", HIDDEN)
def test_hidden_error_is_found(kind, tmp_path):
    result = run(notebook(SETUP, HIDDEN[kind]), tmp_path, drive=True)
    assert result.faults, f"the error in {kind} went unnoticed"
    wanted = {"an observer of a dropdown": "KeyError", "a text field": "ValueError", "play": "IndexError"}
    assert any(wanted.get(kind, "ZeroDivisionError") in fault for fault in result.faults), result.faults


def test_clean_notebook_passes_and_widgets_were_used(tmp_path):
    result = run(notebook(SETUP, CLEAN, "print('end')"), tmp_path, drive=True)
    assert result.faults == []
    assert len(result.notebook.cells) == 3, "the driving cell must not stay in the notebook"
    assert "clicked" in str(result.notebook.metadata.widgets), "the button was not clicked"


def test_error_on_purpose_is_allowed(tmp_path):
    wrong = notebook("1 / 0", "print('after')")
    wrong.cells[0].metadata["tags"] = ["raises-exception"]
    result = run(wrong, tmp_path)
    assert result.faults == []
    assert result.notebook.cells[1].outputs[0]["text"] == "after\n"


def test_endless_cell_is_stopped(tmp_path):
    result = run(notebook("import time", "while True:\n    time.sleep(0.1)"), tmp_path, timeout=2)
    assert result.faults[0] == "cell 2: took more than 2 s"


def test_dead_kernel_is_told(tmp_path):
    result = run(notebook("import os", "os._exit(1)"), tmp_path)
    assert result.faults == ["cell 2: the kernel died"]


def test_standard_error_is_noise_and_a_progress_bar_is_not(tmp_path):
    source = (
        "import sys\nprint('W0000 00:00:17 feedback manager', file=sys.stderr)",
        "from tqdm import tqdm\nlist(tqdm(range(3)))",
    )
    result = run(notebook(*source), tmp_path)
    assert result.faults == []
    assert noise_in(result.notebook) == ["cell 1: W0000 00:00:17 feedback manager"]


def test_old_outputs_do_not_count_and_the_file_is_left_alone(tmp_path):
    path = tmp_path / "déjà vu.ipynb"
    stale = notebook("from pathlib import Path\nprint(Path.cwd().name, end='')")
    stale.cells[0].outputs = [nbformat.v4.new_output("error", ename="Old", evalue="error", traceback=[])]
    nbformat.write(stale, path)
    before = path.read_bytes()
    result = run_notebook(path)
    assert result.faults == []
    assert result.notebook.cells[0].outputs[0]["text"] == tmp_path.name
    assert path.read_bytes() == before


class Deaf:
    """A channel that misses the arrival of its message, as ZeroMQ may make it."""

    def __init__(self, looks):
        self.looks, self.waited = looks, []

    async def get_msg(self, timeout=None):
        self.waited.append(timeout)
        self.looks -= 1
        if self.looks:
            await asyncio.sleep(timeout)
            raise Empty
        return "reply"


def test_a_reply_whose_arrival_was_missed_is_found_soon():
    channel = Deaf(looks=3)
    look_often(channel, seconds=0.01)
    assert asyncio.run(channel.get_msg(timeout=600)) == "reply"
    assert max(channel.waited) <= 0.01


def test_no_reply_is_still_told_at_the_end_of_the_time():
    channel = Deaf(looks=10**9)
    look_often(channel, seconds=0.01)
    with pytest.raises(Empty):
        asyncio.run(channel.get_msg(timeout=0.05))
