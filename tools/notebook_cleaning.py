"""Make an executed notebook fit to keep: nothing of this machine in it, small diffs between builds."""

import hashlib
import json
import re
import sys
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from notebook_runner import WIDGETS, widget_models
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
VIEW = "application/vnd.jupyter.widget-view+json"
FALLBACK = "An interactive widget stands here when this notebook runs in JupyterLab."
LINKS = ("LinkModel", "DirectionalLinkModel")

# What a machine's folders are called in a kept output; the longer path first, since one can hold another.
FOLDERS = dict(
    sorted(
        {
            str(ROOT): "ballet_lib",
            str(Path.home()): "~",
            sys.prefix: ".venv",
            tempfile.gettempdir(): "tmp",
        }.items(),
        key=lambda item: -len(item[0]),
    )
)
_FOLDER = re.compile(r"(?<![\w/.~-])(" + "|".join(map(re.escape, FOLDERS)) + r")(?=$|[\\/\s\"'<>):,;\]])")
_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,}")
_WIDGET_REPR = re.compile(r"[A-Za-z]\w*\(.*", re.DOTALL)


COLOURS_OF_A_PHOTO = 9500
"""A picture with more colours shows a dancer, and would suffer from a palette."""
QUALITY = 90
"""Of such a picture as JPEG, with colour at full resolution: thin coloured lines stay sharp."""


def smaller(data: dict) -> dict:
    """Return an output's data with its figure in fewer bytes, and looking the same.

    A figure of lines and letters gets a palette of 256 colours: a third of the bytes. One that shows a dancer
    becomes a JPEG where that is less than half as long.
    """
    if "image/png" not in data:
        return data
    png = data["image/png"]
    picture, less = Image.open(BytesIO(b64decode(png))), BytesIO()
    if picture.convert("RGB").getcolors(COLOURS_OF_A_PHOTO) is not None:
        palette = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
        palette.save(less, "PNG", optimize=True)
        return data | {"image/png": min(png, b64encode(less.getvalue()).decode(), key=len)}
    _on_white(picture).save(less, "JPEG", quality=QUALITY, subsampling=0, optimize=True)
    jpeg = b64encode(less.getvalue()).decode()
    if len(jpeg) > len(png) / 2:
        return data
    return {
        ("image/jpeg" if k == "image/png" else k): jpeg if k == "image/png" else v for k, v in data.items()
    }


def _on_white(picture: Image.Image) -> Image.Image:
    """Return an RGB picture, white where it is transparent, as a notebook's page shows it."""
    solid = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", solid.size, "white"), solid).convert("RGB")


def clean(notebook: NotebookNode, name: str) -> None:
    """Strip machine paths, addresses, noise and unused widget state from an executed notebook, in place.

    Cells get identifiers made from their text, widgets from the lesson's `name`: the same at every build.
    """
    for cell, identifier in zip(notebook.cells, _cell_ids(notebook), strict=True):
        cell.id = identifier
        cell.metadata.pop("lines_to_next_cell", None)
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            # Progress bars too: their speeds differ at every build, and a finished one tells nothing.
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
            _make_smaller(cell.outputs)
    notebook.metadata.pop("jupytext", None)
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    notebook.metadata.kernelspec = kernel
    notebook.metadata.language_info = {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"}
    _prune_widgets(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = _each_text(cell.outputs, _anonymous)
    for model in widget_models(notebook).values():
        _make_smaller(model["state"].get("outputs", ()))
        model["state"] = _each_text(model["state"], _anonymous)
    _number_widgets(notebook, name)


def _make_smaller(outputs) -> None:
    """Make the figures among outputs smaller, in place."""
    for output in outputs:
        if "data" in output:
            output["data"] = type(output["data"])(smaller(output["data"]))


def _cell_ids(notebook: NotebookNode) -> list[str]:
    """Make an identifier from each cell's text, so that a new cell does not rename those behind it."""
    ids = []
    for cell in notebook.cells:
        base = hashlib.sha256(f"{cell.cell_type} {cell.source}".encode()).hexdigest()[:8]
        twins = sum(other.startswith(base) for other in ids)
        ids.append(f"{base}-{twins}" if twins else base)
    return ids


def _anonymous(text: str) -> str:
    text = _FOLDER.sub(lambda found: FOLDERS[found[1]], text)
    return _ADDRESS.sub("at 0x…", text)


def _each_text(value, change: Callable[[str], str]):
    """Apply `change` to each string inside, save those of pictures, sound and video."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_each_text(item, change) for item in value]
    if isinstance(value, dict):
        pictures = ("image/png", "image/jpeg", "image/gif", "video/", "audio/")
        return type(value)(
            {k: v if k.startswith(pictures) else _each_text(v, change) for k, v in value.items()}
        )
    return value


def _prune_widgets(notebook: NotebookNode) -> None:
    """Keep the widgets on show and what they are made of; drop progress bars and closed widgets."""
    models = widget_models(notebook)
    shown = []
    for cell in notebook.cells:
        kept = []
        for output in cell.get("outputs", ()):
            view = output.get("data", {}).get(VIEW)
            if view is None:
                kept.append(output)
            elif view["model_id"] in models and not _is_progress_bar(view["model_id"], models):
                kept.append(output)
                shown.append(view["model_id"])
                if _WIDGET_REPR.fullmatch(output.data.get("text/plain", "")):
                    output.data["text/plain"] = FALLBACK
        if cell.cell_type == "code":
            cell.outputs = kept
    if not models:
        notebook.metadata.pop("widgets", None)
        return
    mentions = {key: _mentioned(model, models) - {key} for key, model in models.items()}
    needed, waiting = set(), list(shown)
    while waiting:
        key = waiting.pop()
        if key not in needed:
            needed.add(key)
            waiting += mentions[key]
            # A link is shown nowhere and mentioned by nobody; it is needed when both its ends are.
            waiting += [
                link for link in models if models[link]["model_name"] in LINKS and mentions[link] <= needed
            ]
    notebook.metadata.widgets[WIDGETS]["state"] = {key: models[key] for key in models if key in needed}


def _is_progress_bar(key: str, models: dict[str, dict]) -> bool:
    """Tell tqdm's bar, a row with a progress widget in it, which says nothing once it is full."""
    inside = _mentioned(models[key], models)
    return models[key]["model_name"] == "HBoxModel" and any(
        models[child]["model_name"] == "FloatProgressModel" for child in inside
    )


def _mentioned(model: dict, models: dict[str, dict]) -> set[str]:
    text = json.dumps(model["state"])
    return {key for key in re.findall(r"[0-9a-f]{32}", text) if key in models}


def _number_widgets(notebook: NotebookNode, name: str) -> None:
    """Give each widget an identifier that follows from the lesson's name and the order of appearance."""
    models = widget_models(notebook)
    if not models:
        return
    text = json.dumps(
        {"outputs": [c.get("outputs", []) for c in notebook.cells], "widgets": notebook.metadata.widgets}
    )
    order = dict.fromkeys(key for key in re.findall(r"[0-9a-f]{32}", text) if key in models)
    fresh = {key: hashlib.sha256(f"{name} {n}".encode()).hexdigest()[:32] for n, key in enumerate(order)}
    text = re.sub(r"[0-9a-f]{32}", lambda found: fresh.get(found[0], found[0]), text)
    renamed = nbformat.from_dict(json.loads(text))
    for cell, outputs in zip(notebook.cells, renamed["outputs"], strict=True):
        if cell.cell_type == "code":
            cell.outputs = outputs
    notebook.metadata.widgets = renamed["widgets"]
