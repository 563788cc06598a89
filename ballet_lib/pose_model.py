"""Where the landmark models come from: a named file, the cache, MediaPipe's wheel, or its storage.

MediaPipe 1.x ships without models. Everything here ends in one ``.task`` bundle in the cache, put together
from the very files that MediaPipe publishes, each checked against its SHA-256.
"""

import hashlib
import json
import os
import sys
import tempfile
import time
import warnings
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from ballet_lib.array_files import check_directory
from ballet_lib.errors import BalletError
from ballet_lib.files import replacing
from ballet_lib.task_bundle import HOLISTIC_MEMBERS, POSE_MEMBERS, holistic_bundle, pose_bundle

VARIANTS = ("lite", "full", "heavy")
"""Sizes of the pose model: the larger, the slower and the more exact. The course uses ``full``."""

SHA256 = {
    "pose_detection.tflite": "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
    "pose_landmark_lite.tflite": "1150dc68a713b80660b90ef46ce4e85c1c781bb88b6e3512cc64e6a685ba5588",
    "pose_landmark_full.tflite": "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
    "pose_landmark_heavy.tflite": "59e42d71bcd44cbdbabc419f0ff76686595fd265419566bd4009ef703ea8e1fe",
    "face_detection_short_range.tflite": "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
    "face_landmark_with_attention.tflite": "e06a804e0144f9929eda782122916b35d60c697c3c9344013ca2bbe76a6ce2b4",
    "hand_landmark_full.tflite": "11c272b891e1a99ab034208e23937a8008388cf11ed2a9d776ed3d01d0ba00e3",
    "hand_recrop.tflite": "67d996ce96f9d36fe17d2693022c6da93168026ab2f028f9e2365398d8ac7d5d",
    "holistic_landmarker.task": "e2dab61191e2dcd0a15f943d8e3ed1dce13c82dfa597b9dd39f562975a50c3f8",
}
"""Of each published file, as MediaPipe's source tree lists them in ``third_party/external_files.bzl``."""

ASSETS = "https://storage.googleapis.com/mediapipe-assets/"
BY_HAND = "https://storage.googleapis.com/mediapipe-models/"
WHEEL = "mediapipe==0.10.21"
WHEEL_BYTES = 35_627_340
WHEEL_FOLDERS = {
    "pose_detection.tflite": "pose_detection",
    "pose_landmark_full.tflite": "pose_landmark",
    "face_detection_short_range.tflite": "face_detection",
    "face_landmark_with_attention.tflite": "face_landmark",
    "hand_landmark_full.tflite": "hand_landmark",
    "hand_recrop.tflite": "holistic_landmark",
}
"""Which folder of the wheel's ``mediapipe/modules`` holds each file; it holds no other of ours."""


@dataclass(frozen=True)
class ModelFile:
    """A model on disk: its path, where it came from, and its SHA-256."""

    path: Path
    source: str
    sha256: str


LARGEST = 200_000_000
"""Bytes that a bundle may unpack to; the largest of MediaPipe has 31 million."""


@dataclass(frozen=True)
class _Kind:
    """One bundle: its file in the cache, what it holds, what it is built from, how to name one's own."""

    file: str
    members: tuple[str, ...]
    parts: tuple[str, ...]
    build: Callable[[Mapping[str, bytes]], bytes]
    variable: str
    by_hand: str


def _pose(variant: str) -> _Kind:
    name = f"pose_landmarker_{variant}"
    parts = ("pose_detection.tflite", f"pose_landmark_{variant}.tflite")
    by_hand = f"{BY_HAND}pose_landmarker/{name}/float16/latest/{name}.task"
    return _Kind(f"{name}.task", POSE_MEMBERS, parts, pose_bundle, "BALLET_POSE_MODEL", by_hand)


_KINDS = {variant: _pose(variant) for variant in VARIANTS} | {
    "holistic": _Kind(
        "holistic_landmarker.task",
        HOLISTIC_MEMBERS,
        tuple(WHEEL_FOLDERS),
        holistic_bundle,
        "BALLET_HOLISTIC_MODEL",
        f"{BY_HAND}holistic_landmarker/holistic_landmarker/float16/latest/holistic_landmarker.task",
    )
}


def pose_model(variant: str = "full") -> Path:
    """Return the path of a model's ``.task`` bundle, fetching it the first time.

    Looks at the file named by the environment variable BALLET_POSE_MODEL, then the cache (BALLET_CACHE, or
    the user's cache folder), then the ``mediapipe==0.10.21`` wheel on the package index (not for ``lite``
    and ``heavy``, which it does not hold), then MediaPipe's asset storage.

    Parameters
    ----------
    variant
        ``lite``, ``full`` or ``heavy`` for 33 body landmarks; ``holistic`` for body, face (478) and hands
        (21 each) with MediaPipe's HolisticLandmarker, whose own file is named by BALLET_HOLISTIC_MODEL.

    Raises
    ------
    BalletError
        If the variant is unknown, the named file is no such model, or no source could be reached; the
        message then lists each source with its reason, and how to put the file there by hand.
    """
    return locate(variant).path


def locate(variant: str = "full") -> ModelFile:
    """Do as `pose_model`, and also say where the model came from and its SHA-256."""
    if variant not in _KINDS:
        raise BalletError(f"There is no pose model '{variant}'. Choose one of {', '.join(_KINDS)}.")
    kind = _KINDS[variant]
    if named := os.environ.get(kind.variable):
        return check_bundle(named, variant)
    return _cached(kind, cache_folder()) or _fetch(kind)


def check_bundle(path: str | os.PathLike, variant: str = "full") -> ModelFile:
    """Return a named ``.task`` file as a `ModelFile`, or raise BalletError if it does not hold the model."""
    kind, path = _KINDS[variant], Path(path).expanduser()
    mend = f"Name a bundle such as {kind.by_hand}, or unset {kind.variable}."
    if not path.is_file():
        raise BalletError(f"The model {path} is not there. {mend}")
    try:
        check_directory(path, path)
        with zipfile.ZipFile(path) as bundle:
            if sum(member.file_size for member in bundle.infolist()) > LARGEST:
                raise OSError("it is far too large")
            missing = set(kind.members) - set(bundle.namelist())
            damaged = bundle.testzip()
        content = path.read_bytes()
    except BalletError:
        raise
    except Exception as error:  # zipfile and zlib fail in a dozen ways on a damaged archive
        raise BalletError(f"The model {path} cannot be read ({error}). {mend}") from error
    if missing or damaged:
        reason = f"holds no {min(missing)}" if missing else f"is damaged in {damaged}"
        raise BalletError(f"The model {path} {reason}. {mend}")
    return ModelFile(path, "a file you named", hashlib.sha256(content).hexdigest())


def cache_folder() -> Path:
    """Return the folder of fetched models: BALLET_CACHE, or ``ballet_lib`` in the user's cache folder."""
    if named := os.environ.get("BALLET_CACHE"):
        return Path(named).expanduser()
    import pooch

    return Path(pooch.os_cache("ballet_lib"))


# The cache: a bundle and, beside it, a note of where it came from and of its hash. Both come about the same
# way in every process, so whoever writes last changes nothing.


def _cached(kind: _Kind, folder: Path) -> ModelFile | None:
    """Return the cached bundle if it is whole; None if it is missing or corrupt, to be fetched anew."""
    bundle = folder / kind.file
    try:
        note = json.loads(bundle.with_suffix(".json").read_text(encoding="utf-8"))
        if hashlib.sha256(bundle.read_bytes()).hexdigest() == note["sha256"]:
            return ModelFile(bundle, note["source"], note["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


def _fetch(kind: _Kind) -> ModelFile:
    wheel, storage = f"the wheel {WHEEL} from the package index", f"MediaPipe's asset storage ({ASSETS})"
    whole = kind.file in SHA256  # published as one file too
    failures = []
    for source, read, needed in (
        (wheel, _parts_from_wheel, kind.parts),
        (storage, _parts_from_storage, (kind.file,) if whole else kind.parts),
    ):
        try:
            with tempfile.TemporaryDirectory(prefix="ballet_lib-") as folder:
                parts = read(needed, Path(folder))
            _check_hashes(parts)
            return _store(kind, source, parts.get(kind.file) or kind.build(parts))
        except _Unavailable as error:
            failures.append(f"  {source}: {error}")
    raise BalletError(
        f"The model {kind.file} could not be fetched from anywhere.\n"
        + f"  the cache {cache_folder()}: no whole {kind.file} in it\n"
        + "\n".join(failures)
        + f"\nConnect to the network and try again; or download {kind.by_hand} "
        f"on another machine, copy it here, and set {kind.variable} to its path."
    )


def _store(kind: _Kind, source: str, content: bytes) -> ModelFile:
    """Write a bundle and its note into the cache, or into a temporary folder if the cache is read-only."""
    folder = cache_folder()
    try:
        return _write(folder / kind.file, source, content)
    except BalletError:
        # On Windows a file in use cannot be replaced; then another process has just stored the same one.
        if stored := _cached(kind, folder):
            return stored
        spare = _spare_folder()
        warnings.warn(
            f"The cache {folder} cannot be written to, so the model stays in {spare} for now. "
            "Set BALLET_CACHE to a folder you may write to.",
            stacklevel=2,
        )
        return _cached(kind, spare) or _write(spare / kind.file, source, content)


def _write(path: Path, source: str, content: bytes) -> ModelFile:
    stored = ModelFile(path, source, hashlib.sha256(content).hexdigest())
    with replacing(path) as temporary:
        temporary.write_bytes(content)
    note = asdict(stored) | {"path": path.name}
    with replacing(path.with_suffix(".json")) as temporary:
        temporary.write_text(json.dumps(note, indent=1) + "\n", encoding="utf-8")
    return stored


@cache
def _spare_folder() -> Path:
    import atexit
    import shutil

    folder = Path(tempfile.mkdtemp(prefix="ballet_lib-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


# The sources: each returns the content of the parts by name, or says why it cannot.


class _Unavailable(Exception):
    """Why a source did not give its files."""


def _check_hashes(parts: dict[str, bytes]) -> None:
    for name, content in parts.items():
        if hashlib.sha256(content).hexdigest() != SHA256[name]:
            raise _Unavailable(f"{name} arrived with another content than MediaPipe publishes")


def _parts_from_wheel(needed: tuple[str, ...], folder: Path) -> dict[str, bytes]:
    if missing := [name for name in needed if name not in WHEEL_FOLDERS]:
        raise _Unavailable(f"it does not hold {missing[0]}")
    _pip_download(folder)
    wheels = list(folder.glob("*.whl"))
    if not wheels:
        raise _Unavailable("pip downloaded nothing")
    try:
        with zipfile.ZipFile(wheels[0]) as wheel:
            return {name: wheel.read(f"mediapipe/modules/{WHEEL_FOLDERS[name]}/{name}") for name in needed}
    except (zipfile.BadZipFile, KeyError) as error:
        raise _Unavailable(f"the wheel cannot be read ({error})") from error


def _pip_download(folder: Path) -> None:
    """Have pip put the wheel into `folder`, with a bar fed by the growth of pip's temporary files."""
    import subprocess

    from tqdm.auto import tqdm

    unpacking = folder / "unpacking"
    unpacking.mkdir()
    # Always the wheel of one system, since only the model files are taken out of it.
    command = [
        *_pip(), "download", WHEEL, "--no-deps", "--only-binary=:all:", "--python-version=3.12",
        "--platform=manylinux_2_28_x86_64", f"--dest={folder}", "--no-input", "--quiet",
        "--disable-pip-version-check", "--retries=1", "--timeout=15",
    ]  # fmt: skip
    environment = os.environ | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(unpacking))
    with (folder / "pip.log").open("w+b") as log:
        pip = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)
        try:
            with tqdm(total=WHEEL_BYTES, unit="B", unit_scale=True, desc="pose model") as bar:
                while pip.poll() is None:
                    bar.update(max(0, min(_size(folder), WHEEL_BYTES) - bar.n))
                    time.sleep(0.1)
                if pip.returncode == 0:
                    bar.update(WHEEL_BYTES - bar.n)
        finally:
            pip.kill()
            pip.wait()
        log.seek(0)
        said = log.read().decode(errors="replace").strip().splitlines()
    if pip.returncode != 0:
        raise _Unavailable(said[-1] if said else f"pip ended with status {pip.returncode}")


def _pip() -> list[str]:
    """Return the command of this environment's pip, or of any on the path: the wheel is only downloaded."""
    import importlib.util
    import shutil

    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    if found := shutil.which("pip") or shutil.which("pip3"):
        return [found]
    raise _Unavailable("there is no pip in this environment (python -m ensurepip adds it)")


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:  # pip moves its files while we look
            continue
    return total


def _parts_from_storage(needed: tuple[str, ...], folder: Path) -> dict[str, bytes]:
    import pooch
    import requests

    pooch.get_logger().setLevel("ERROR")
    fetch = pooch.HTTPDownloader(progressbar=True, timeout=15)
    try:
        for name in needed:
            pooch.retrieve(ASSETS + name, f"sha256:{SHA256[name]}", fname=name, path=folder, downloader=fetch)
    except (requests.RequestException, OSError, ValueError) as error:
        raise _Unavailable(_short(error)) from error
    return {name: (folder / name).read_bytes() for name in needed}


def _short(error: Exception) -> str:
    """Cut an error of the network down to its reason, without its object addresses."""
    import requests

    if isinstance(error, requests.Timeout):
        return "it did not answer within 15 seconds"
    if isinstance(error, requests.ConnectionError):
        return "it cannot be reached"
    return str(error).splitlines()[0] if str(error) else type(error).__name__
