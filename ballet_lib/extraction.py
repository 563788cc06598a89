"""Many videos to one pose file each: named without clashes, skipped when done, whole or not there."""

import hashlib
import os
import platform
import signal
import tempfile
import threading
import time
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from ballet_lib.errors import BalletError
from ballet_lib.files import remove_partial, writable_folder
from ballet_lib.pose import PoseExtractor, PoseSequence
from ballet_lib.pose_model import ModelFile, locate
from ballet_lib.video import probe


@dataclass(frozen=True)
class Settings:
    """What decides which landmarks come out of a video."""

    variant: str = "full"
    every: int = 1
    people: int = 1


@dataclass
class Outcome:
    """What became of one video; `status` is ``done``, ``skipped`` (done before) or ``failed``."""

    video: str
    poses: list[str]
    status: str
    frames: int = 0
    found: int = 0
    error: str | None = None
    warnings: list[str] = field(default_factory=list)


def extract_all(
    videos: Sequence[str | os.PathLike],
    folder: str | os.PathLike,
    settings: Settings | None = None,
    workers: int = 1,
    progress: bool = True,
    scheduler: str | None = None,
) -> list[Outcome]:
    """Extract the landmarks of every video into `folder`, one ``.npz`` a video and person.

    ``clip.mp4`` becomes ``clip.npz``, further people ``clip.person2.npz`` and so on. Videos of one name in
    different folders become ``monday_clip.npz`` and ``tuesday_clip.npz``. A pose file made before from
    the same video with the same settings is kept; one made from another video is never overwritten.

    Parameters
    ----------
    workers
        How many processes of this machine share the videos.
    scheduler
        Address of a Dask scheduler, such as ``tcp://127.0.0.1:8786``, whose workers share the videos
        instead. They must see videos and `folder` by the same paths. Dask runs what it is sent, so the
        scheduler must be one's own, see `ballet_lib.cluster`.

    Returns
    -------
    list of Outcome
        In the order of `videos`, each once. A video that fails does not stop the others.

    Raises
    ------
    BalletError
        If the pose model cannot be had, the names cannot be told apart, the cluster cannot do the work, or
        all workers died. What was finished is kept, and the same call goes on from there.
    """
    if workers != 1 and scheduler is not None:
        raise BalletError(
            f"workers={workers} is for this machine, scheduler={scheduler!r} for a cluster. Give one of them."
        )
    settings = settings or Settings()
    names = output_names(videos)
    folder = writable_folder(folder)
    targets = {
        video: [folder / (stem + (f".person{n + 1}" if n else "") + ".npz") for n in range(settings.people)]
        for video, stem in names.items()
    }
    files = [path.name.casefold() for poses in targets.values() for path in poses]
    if twice := [name for name, count in Counter(files).items() if count > 1]:
        raise BalletError(f"Two videos would both write {twice[0]}. Rename one, or extract them one by one.")
    outcomes = {video: _done_before(video, poses, settings) for video, poses in targets.items()}
    waiting = [video for video, outcome in outcomes.items() if outcome is None]
    if waiting:
        model = locate(settings.variant)  # fetched once, here, not by every worker
        jobs = [(video, targets[video], settings, model) for video in waiting]
        try:
            for outcome in _run(jobs, workers, progress, scheduler):
                outcomes[Path(outcome.video)] = outcome
        finally:  # workers ended by Ctrl-C had no time to tidy up
            for video in waiting:
                for poses in targets[video]:
                    remove_partial(poses)
    return [outcome for outcome in outcomes.values() if outcome is not None]  # they all are by now


def output_names(videos: Sequence[str | os.PathLike]) -> dict[Path, str]:
    """Give each video a name of its own: its stem, led by as many folders as tell it from its namesakes.

    Two videos of one folder and stem, ``clip.mp4`` and ``clip.mov``, keep their suffix: ``clip.mp4``.
    Capital letters tell nothing apart, since many file systems do not heed them.
    """
    paths = list(dict.fromkeys(Path(video) for video in videos))
    places = {video: video.resolve() for video in paths}
    twins = Counter((place.parent, place.stem.casefold()) for place in set(places.values()))
    trails = {}
    for video, place in places.items():
        last = place.stem if twins[place.parent, place.stem.casefold()] == 1 else place.name
        trails[video] = (*place.parent.parts[1:], last)
    unique: dict[Path, Path] = {}
    for video in paths:
        unique.setdefault(places[video], video)
    depth = dict.fromkeys(unique.values(), 1)
    while True:
        names = {video: "_".join(trails[video][-depth[video] :]) for video in depth}
        shared = Counter(name.casefold() for name in names.values())
        clashing = [video for video, name in names.items() if shared[name.casefold()] > 1]
        if not clashing:
            return names
        for video in clashing:
            if depth[video] == len(trails[video]):
                raise BalletError(
                    f"{video} has the same name as another video. Extract it into another folder."
                )
            depth[video] += 1


def _done_before(video: Path, poses: list[Path], settings: Settings) -> Outcome | None:
    """Return the outcome of an earlier run, or a refusal to overwrite; None if there is work to do."""
    if not any(path.exists() for path in poses) or not video.is_file():
        return None
    fingerprint = _fingerprint(video)
    earlier = []
    for path in poses:
        try:
            earlier.append(PoseSequence.load(path))
        except BalletError:
            if zipfile.is_zipfile(path):
                return _failed(
                    video, f"{path} is there and is no pose file. Move it away or choose another folder."
                )
    for sequence in earlier:
        if sequence.meta.get("video") != fingerprint:
            return _failed(
                video,
                f"{poses[0]} was made from another video ({sequence.source}) and is not overwritten. "
                "Delete it, rename the video, or choose another folder.",
            )
    if len(earlier) < len(poses) or any(s.meta.get("settings") != asdict(settings) for s in earlier):
        return None
    return _outcome(video, poses, "skipped", earlier)


def _run(jobs: list[tuple], workers: int, progress: bool, scheduler: str | None) -> Iterator[Outcome]:
    """Yield outcomes as they come; the bar counts frames, with several workers a whole video at a time."""
    from tqdm.auto import tqdm

    lengths = {job[0]: _frames(job[0], job[2].every) for job in jobs}
    shown = {"total": sum(lengths.values()), "unit": "frame", "desc": "extract", "disable": not progress}
    with _cluster(scheduler) as client, tqdm(**shown) as bar:
        if workers == 1 and client is None:
            for video, poses, settings, model in jobs:
                yield _extract(video, poses, settings, model, bar.update)
            return
        for outcome in _in_processes(jobs, workers) if client is None else _on_cluster(jobs, client):
            bar.update(lengths[Path(outcome.video)])
            yield outcome


def _cluster(scheduler: str | None):
    """Return a context of a connected client, or of None."""
    if scheduler is None:
        return nullcontext()
    from ballet_lib import cluster

    return cluster.connected(scheduler)


def _in_processes(jobs: list[tuple], workers: int) -> Iterator[Outcome]:
    import joblib
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    parallel = joblib.Parallel(n_jobs=min(workers, len(jobs)), return_as="generator_unordered")
    try:
        yield from parallel(joblib.delayed(_extract_in_process)(*job) for job in jobs)
    except TerminatedWorkerError as error:
        raise BalletError(
            "A worker process was ended from outside, perhaps for lack of memory. What was finished is kept; "
            "run the same command again, with fewer workers."
        ) from error


def _extract_in_process(*job) -> Outcome:
    """Leave Ctrl-C to the parent, which ends its workers without a traceback from each."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return _extract(*job)


def _on_cluster(jobs: list[tuple], client) -> Iterator[Outcome]:
    """Send the jobs with absolute paths, since a worker has a folder of its own, and undo that at the end."""
    from ballet_lib import cluster

    here = {video.absolute(): (video, poses) for video, poses, *_ in jobs}
    with _sign(jobs[0][1][0].parent) as sign:
        away = [
            (video.absolute(), [path.absolute() for path in poses], settings, model, sign)
            for video, poses, settings, model in jobs
        ]
        for outcome in cluster.run(client, _extract_on_cluster, away, _lost):
            video, poses = here[Path(outcome.video)]
            written = [str(path) for path in poses[: len(outcome.poses)]]
            yield replace(outcome, video=str(video), poses=written)


def _lost(job: tuple, reason: str) -> Outcome:
    return _failed(job[0], f"{job[0]}: {reason}.")


@contextmanager
def _sign(folder: Path) -> Iterator[Path]:
    """Put up a file that workers see if they share the folder, and only while the run goes on."""
    with tempfile.NamedTemporaryFile(dir=folder.absolute(), prefix=".ballet-extract-") as file:
        yield Path(file.name)


_ONE_AT_A_TIME = threading.Lock()  # warnings and MediaPipe's chatter are caught for the whole process


def _extract_on_cluster(
    video: Path, poses: list[Path], settings: Settings, model: ModelFile, sign: Path
) -> Outcome:
    """Do one video, unless a worker before did it and died before it could tell."""
    for needed in (sign, video):
        if not needed.is_file():
            return _failed(
                video,
                f"A worker on {platform.node()} does not see {needed if needed == video else sign.parent}. "
                "Put videos and output into a folder that all machines share, by the same path on each.",
            )
    with _ONE_AT_A_TIME:
        if outcome := _done_before(video, poses, settings):
            return replace(outcome, status="done") if outcome.status == "skipped" else outcome
        try:
            return _extract(video, poses, settings, _same_model(model, settings), _as_long_as(sign))
        except BalletError as error:
            return _failed(video, str(error))
        except Exception as error:  # one that cannot be unpickled would never arrive
            return _failed(video, f"{video}: {type(error).__name__} on {platform.node()}: {error}")


def _same_model(model: ModelFile, settings: Settings) -> ModelFile:
    """Return the model as this machine has it."""
    mine = model if model.path.is_file() else locate(settings.variant)
    if mine.sha256 != model.sha256:
        raise BalletError(
            f"A worker on {platform.node()} has another pose model ({mine.path}). "
            "Put the model into the shared folder, and set BALLET_POSE_MODEL to it."
        )
    return mine


def _as_long_as(sign: Path) -> Callable[[int], None]:
    """Return what to call after each frame: it ends the work once nobody waits for it any more."""
    looked = time.monotonic()

    def look(_frames: int) -> None:
        nonlocal looked
        if time.monotonic() - looked > 1:
            looked = time.monotonic()
            if not sign.exists():
                raise BalletError("The run was stopped. Run the same command again to go on.")

    return look


def _extract(video: Path, poses: list[Path], settings: Settings, model: ModelFile, progress=False) -> Outcome:
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", UserWarning)
            with PoseExtractor(settings.variant, model=model.path) as extractor:
                sequences = extractor.video(video, settings.every, progress=progress, people=settings.people)
        sequences = sequences if isinstance(sequences, list) else [sequences]
        made_from = {"video": _fingerprint(video), "settings": asdict(settings)}
        for path, sequence in zip(poses, sequences, strict=True):
            sequence.meta = made_from
            sequence.save(path)
    except BalletError as error:
        return _failed(video, str(error))
    outcome = _outcome(video, poses, "done", sequences)
    outcome.warnings += [str(warning.message) for warning in caught]
    return outcome


def _outcome(video: Path, poses: list[Path], status: str, sequences: list[PoseSequence]) -> Outcome:
    found = int(sequences[0].found.sum())
    notes = [] if found else [f"{video}: no person in any frame. Check that a dancer is in the picture."]
    return Outcome(
        str(video), [str(path) for path in poses], status, len(sequences[0]), found, warnings=notes
    )


def _failed(video: Path, reason: str) -> Outcome:
    return Outcome(str(video), [], "failed", error=reason)


def _frames(video: Path, every: int) -> int:
    try:
        return (probe(video).frames or 0) // every
    except BalletError:
        return 0


def _fingerprint(video: Path) -> str:
    """Return a hash of a video's length, head and tail: as good as of the whole, and quick on a long one."""
    end = 1 << 20
    size = video.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with video.open("rb") as file:
        digest.update(file.read(end))
        file.seek(max(0, size - end))
        digest.update(file.read(end))
    return digest.hexdigest()
