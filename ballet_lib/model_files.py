"""Reading model files that somebody else may have made: bounded, checked, and without running their code."""

import hashlib
import json
import math
import os
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ballet_lib import DATASETS
from ballet_lib.array_files import check_directory
from ballet_lib.errors import BalletError
from ballet_lib.features import MISSING
from ballet_lib.files import leftovers, replacing
from ballet_lib.quiet_tensorflow import import_keras

if TYPE_CHECKING:
    import keras
    import pandas as pd

SHIPPED = DATASETS / "models"
SUFFIX = ".keras"
LARGEST = 200_000_000
"""Bytes that a model may unpack to; the course's have less than one million."""
LARGEST_CARD = 20_000_000
MOST_OBJECTS = 3000
"""Layers, initialisers and the like in one network; ResNet50 has about 1500."""

RUNS_CODE = frozenset({"Lambda", "__lambda__", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"})
"""What Keras writes of a layer that carries a program of its own, or fetches one."""


def given_or_shipped(path: str | os.PathLike, ships: str, written_by: str) -> Path:
    """Return a model's file, whether given as a path or as the name of the one that ships.

    Raises
    ------
    BalletError
        If it is neither; `written_by` is what writes such files.
    """
    given = Path(path)
    if given.is_file():
        return given
    if str(path) == ships and (shipped := SHIPPED / f"{ships}{SUFFIX}").is_file():
        return shipped
    raise BalletError(
        f"There is no model at {path}. Give a {SUFFIX} file that {written_by} has written, "
        f'or "{ships}" for the one that ships.'
    )


def write_model(
    model: "keras.Model", card: dict, history: "pd.DataFrame | None", path: str | os.PathLike
) -> Path:
    """Write a network and its card, which gets the network's hash; both are new or both as they were.

    The card holds the history of the training too, a row an epoch.

    Raises
    ------
    BalletError
        If the name does not end in .keras, or the files cannot be written.
    """
    path = Path(path)
    if path.suffix != SUFFIX:
        raise BalletError(
            f"{path} does not end in {SUFFIX}, which Keras asks for. Call it {path.stem}{SUFFIX}."
        )
    rows = None if history is None else history.round(7).to_dict("records")
    if rows:  # JSON knows no NaN
        rows = [{name: None if value != value else value for name, value in row.items()} for row in rows]
    # Both are written before either is moved into place: a full disk leaves the old pair. After a kill
    # between the two moves, `finish_writing` makes up for the second.
    with replacing(path.with_suffix(".json")) as card_file, replacing(path) as model_file:
        model.save(model_file)
        digest = hashlib.sha256(model_file.read_bytes()).hexdigest()
        text = json.dumps(card | {"model_sha256": digest, "history": rows}, indent=1, ensure_ascii=False)
        card_file.write_text(text, encoding="utf-8")
    return path


def finish_writing(path: Path) -> None:
    """Move the card into place if `write_model` was killed between its two moves."""
    card = path.with_suffix(".json")
    with suppress(OSError, ValueError, TypeError, KeyError, RecursionError):
        for left in leftovers(card):
            if left.stat().st_size <= LARGEST_CARD:
                known = json.loads(left.read_bytes())
                if known["model_sha256"] == hashlib.sha256(path.read_bytes()).hexdigest():
                    os.replace(left, card)


def read_card(path: Path, model: Path, problem_of: Callable[[dict], str | None] | None = None) -> dict:
    """Read the model card at `path`, which belongs to the file `model`.

    `problem_of` says what is wrong with a card, or None; by default, with that of a classifier.

    Raises
    ------
    BalletError
        If it is missing, damaged, or of a later version than this one knows.
    """
    from ballet_lib.classifier import CARD_FORMAT

    if not path.is_file():
        raise BalletError(
            f"{model} has no model card {path.name} beside it, which says what its outputs mean. "
            "Copy both files, or train with 'ballet train'."
        )
    try:
        if path.stat().st_size > LARGEST_CARD:
            raise ValueError("it is far too long")
        card = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(card, dict) or not isinstance(card.get("format"), int):
            raise ValueError("it has no format")
        if card["format"] > CARD_FORMAT:
            raise BalletError(
                f"{path} was written by a later ballet_lib (format {card['format']}, this one reads up to "
                f"{CARD_FORMAT}). Update ballet_lib, or train the model again."
            )
        if problem := (problem_of or _card_problem)(card):
            raise ValueError(problem)
        rows = card.get("history")
        if rows is not None and not (isinstance(rows, list) and all(isinstance(row, dict) for row in rows)):
            raise ValueError("its history is damaged")
    except OSError as error:
        raise BalletError(f"{path} cannot be read ({error.strerror}). Check that you may.") from error
    except (ValueError, TypeError, RecursionError) as error:
        raise BalletError(f"{path} is no model card: {error}. Train the model again.") from error
    return card


def _card_problem(card: dict) -> str | None:
    texts: dict[str, Any] = {"labels": card.get("labels"), "features": card.get("features")}
    for name, several in texts.items():
        if not (isinstance(several, list) and several and all(isinstance(one, str) for one in several)):
            return f"its {name} are missing"
    if len(set(texts["labels"])) != len(texts["labels"]):
        return "a label stands twice in it"
    if not (isinstance(card.get("frames"), int) and card["frames"] >= 1):
        return "it does not say how many frames a take has"
    if card.get("missing") not in MISSING:
        return "it does not say how missing landmarks are treated"
    for name in ("temperature", "fps"):
        value = card.get(name, 1.0)
        if isinstance(value, bool) or not (isinstance(value, int | float) and 0.01 <= value <= 1000):
            return f"its {name} is {value!r}"
    return None


def read_parts(
    path: Path,
    problem_of: Callable[[dict], str | None] | None = None,
    check: Callable[["keras.Model", dict, Path], None] | None = None,
) -> tuple["keras.Model", dict, "pd.DataFrame | None"]:
    """Read what `write_model` wrote: the network, its card, and the history of its training.

    `problem_of` judges the card, as in `read_card`; `check` raises if the network is not the one that the
    card speaks of, by default if it is no classifier's.

    Raises
    ------
    BalletError
        As `read_card`, `read_network` and `check`.
    """
    finish_writing(path)
    card = read_card(path.with_suffix(".json"), path, problem_of)
    model = read_network(path, card)
    (check or _check_classifier)(model, card, path)
    return model, card, _take_history(card)


def _take_history(card: dict) -> "pd.DataFrame | None":
    import pandas as pd

    rows = card.pop("history", None)
    # What JSON holds as null was no number.
    return None if rows is None else pd.DataFrame(rows).fillna(float("nan")).infer_objects()


def _check_classifier(model: "keras.Model", card: dict, path: Path) -> None:
    """Raise if a classifier has other inputs or outputs than its card says."""
    shapes = [tuple(one.shape[1:]) for one in (*model.inputs, *model.outputs)]
    frames, labels = card["frames"], len(card["labels"])
    eaten, told = shapes if len(shapes) == 2 else ((), ())
    if len(eaten) != 2 or eaten[0] not in (frames, None) or told != (labels,):
        raise BalletError(
            f"{path} turns {eaten} into {told}, and its card speaks of {frames} frames and {labels} "
            "labels. Copy model and card together, or train again."
        )


def read_network(path: Path, card: dict) -> "keras.Model":
    """Read any network at `path`, with Keras' safe mode on.

    Raises
    ------
    BalletError
        If it is damaged, too large, another than the card was written for, holds code, or Keras cannot read
        it.
    """
    keras = import_keras()
    config = _check_archive(path, card)
    try:
        if (declared := _declared_bytes(config)) > LARGEST:
            raise BalletError(
                f"The network in {path} asks for {declared / 1e6:,.0f} MB of weights. Use a smaller one."
            )
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
        _ = model.input_shape, model.output_shape  # one that was never built has none
    except BalletError:
        raise
    except Exception as error:  # Keras raises nearly anything, for files of other versions above all
        versions = card.get("versions")
        written = versions.get("keras") if isinstance(versions, dict) else None
        first = str(error).strip().splitlines() or [""]
        raise BalletError(
            f"Keras {keras.__version__} cannot read {path}, which Keras {written or '(unknown)'} wrote "
            f"({type(error).__name__}: {first[0][:150]}). Train it again, or install that Keras."
        ) from error
    return model


def _declared_bytes(config: dict) -> int:
    """Add up the weights that a network will ask memory for, without asking for it.

    The file may hold none of them. Keras builds the network as it does inside a traced function, where
    variables get their values later; what it notes of them for later goes with the thread.
    """
    import keras

    def build() -> int:
        with keras.StatelessScope(initialize_variables=False):
            network = keras.saving.deserialize_keras_object(_uncompiled(config), safe_mode=True)
            return sum(4 * math.prod(map(int, variable.shape)) for variable in network.variables)

    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(build).result()


def _uncompiled(config: Any) -> Any:
    """Return a configuration without optimisers, which would make variables of their own."""
    if isinstance(config, list):
        return [_uncompiled(one) for one in config]
    if isinstance(config, dict):
        return {name: _uncompiled(one) for name, one in config.items() if name != "compile_config"}
    return config


def _check_archive(path: Path, card: dict) -> dict:
    """Return the configuration in a file that is the card's, is bounded and brings no code; without Keras."""
    try:
        check_directory(path, path)
        with zipfile.ZipFile(path) as archive:
            sizes = {member.filename: member.file_size for member in archive.infolist()}
            if max(sum(sizes.values()), path.stat().st_size) > LARGEST:
                raise BalletError(
                    f"{path} would unpack to more than {LARGEST // 1_000_000} MB. Use a smaller network."
                )
            if sizes["config.json"] > LARGEST_CARD:
                raise ValueError("config.json is far too long")
            config = json.loads(archive.read("config.json"))
            _check_weights(path, archive)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except BalletError:
        raise
    except OSError as error:
        raise BalletError(f"{path} cannot be read ({error}). Check the file, or train again.") from error
    except Exception as error:  # zlib, zipfile, h5py and json each have their own
        raise BalletError(
            f"{path} is damaged, or no Keras model ({type(error).__name__}). Copy it again, or train again."
        ) from error
    objects = list(_objects(config))
    if len(objects) > MOST_OBJECTS or sum(map(_effort, objects)) > MOST_OBJECTS:
        raise BalletError(
            f"{path} holds more layers than can be built in a moment, or one that is unrolled. "
            "Build a smaller network, with unroll=False."
        )
    if brought := sorted({item["class_name"] for item in objects} & RUNS_CODE):
        raise BalletError(
            f"{path} holds {', '.join(brought)}, which would run code from the file, so it is not loaded. "
            "Build the network from Keras' own layers, and train it again."
        )
    if unknown := sorted({item["class_name"] for item in objects if _unknown(item)}):
        raise BalletError(
            f"{path} holds {', '.join(unknown)}, which Keras does not know and the file does not bring. "
            "Build the network from Keras' own layers, and train it again."
        )
    if card.get("model_sha256", digest) != digest:
        raise BalletError(
            f"{path} is not the model that its card speaks of. Copy both files together, or train again."
        )
    return config


def _check_weights(path: Path, archive: zipfile.ZipFile) -> None:
    """Add up the arrays as the file declares them: compressed ones may be much larger than the file."""
    import h5py

    sizes: list[int] = []
    with archive.open("model.weights.h5") as file, h5py.File(file, "r") as weights:
        weights.visititems(lambda _, item: sizes.append(getattr(item, "nbytes", 0)))
    if sum(sizes) > LARGEST:
        raise BalletError(
            f"The weights of {path} take more than {LARGEST // 1_000_000} MB. Use a smaller network."
        )


def _objects(config) -> Iterator[dict]:
    """Yield every object that a nested configuration describes, each with its `class_name`."""
    waiting = [config]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            if isinstance(item.get("class_name"), str):
                yield item
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item


def _effort(item: dict) -> int:
    """Count what Keras builds for one object more than once: a layer that is unrolled may mean any number."""
    inside = item.get("config")
    if not isinstance(inside, dict):
        return 0
    layers = inside.get("layers") if item["class_name"] == "Sequential" else None
    again = len(layers) ** 2 // 2 if isinstance(layers, list) else 0  # all of it anew with each layer
    return MOST_OBJECTS + 1 if inside.get("unroll") else again


def _unknown(item: dict) -> bool:
    """Tell whether an object is somebody's own, and nobody has told Keras of it."""
    name, home = item.get("registered_name"), str(item.get("module"))
    own = isinstance(name, str) and home.split(".")[0] not in ("keras", "builtins")
    return own and import_keras().saving.get_registered_object(name) is None
