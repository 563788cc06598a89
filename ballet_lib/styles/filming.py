"""Film the caricatures: draw every frame, let the real pose model look, and keep small pictures.

Numbers 1 to 16 of each style ship. Numbers from 101 on are strangers: nobody may tune anything by them.
"""

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.frame_features import GREYS
from ballet_lib.studio.camera import Size
from ballet_lib.styles.ensemble import FPS, Ensemble, draw_ensemble
from ballet_lib.styles.pictures import letterboxed
from ballet_lib.styles.skeletons import coco17
from ballet_lib.styles.videos import DanceVideo, DanceVideos
from ballet_lib.vocabulary import STYLES

SHIPPED = range(1, 17)
"""Numbers of each style that ship."""
STRANGERS = 101
"""The first number that is kept for judging."""
FILM: Size = (320, 320)
"""Width and height of a film in pixels."""


def scene_of(style: str, number: int, size: Size = FILM) -> Ensemble:
    """Return who dances in a video, in which room, seen from where, with every joint known exactly.

    Parameters
    ----------
    style
        A key of `vocabulary.STYLES`.
    number
        Of the video, from 1; odd numbers show one dancer, even numbers two.
    size
        Width and height of the film in pixels.

    Raises
    ------
    BalletError
        If nobody knows the style, or the number is not from 1 to 9999.
    """
    return draw_ensemble(style, number, size)


def film(style: str, number: int, frames: int | None = None, size: Size = FILM) -> DanceVideo:
    """Film a video and find the dancers in it.

    Parameters
    ----------
    style, number, size
        As in `scene_of`.
    frames
        How many of the 100 frames; all if None.

    Returns
    -------
    DanceVideo
        Of 10 s at 10 frames a second: what MediaPipe finds in the damaged pictures, and clean small ones.

    Raises
    ------
    BalletError
        If there is no such video, or the pose model cannot be had.
    """
    from ballet_lib.pose import PoseExtractor

    ensemble = scene_of(style, number, size)
    people = len(ensemble.performers)
    wanted = range(len(ensemble) if frames is None else min(_count(frames, "frames"), len(ensemble)))
    small, found = [], []
    with PoseExtractor() as extractor, extractor.stream(people) as stream:
        for frame, rgb in zip(wanted, ensemble.pictures(wanted), strict=True):
            seen: Any = stream.frame(ensemble.damaged(rgb, frame), frame / FPS)
            found.append([one.landmarks[0] for one in (seen if people > 1 else [seen])])
            small.append(letterboxed(rgb) // GREYS * GREYS)
    landmarks = np.array(found)  # (T, P, 33, 4)
    slots = _who_is_who(landmarks, ensemble.exact[: len(wanted)], size)
    keypoints = np.stack([coco17(landmarks[:, slot], size) for slot in slots], axis=1)
    names = tuple(performer.name for performer in ensemble.performers)
    return DanceVideo(f"{style}_{number:02d}", style, keypoints, FPS, size, names, np.array(small))


def film_all(
    numbers: Sequence[int] = SHIPPED, workers: int = 2, bar: bool = True, styles: Sequence[str] = ()
) -> DanceVideos:
    """Film these numbers of every style, several at a time.

    Parameters
    ----------
    numbers
        Of the videos.
    workers
        Processes at the same time.
    bar
        Whether to show progress.
    styles
        Which styles; all if empty.

    Raises
    ------
    BalletError
        As `film`.
    """
    import joblib
    from tqdm.auto import tqdm

    from ballet_lib.pose_model import locate

    locate("full")  # fetched once, here, not by every worker
    styles = tuple(styles) or tuple(STYLES)
    jobs = [(style, int(number)) for style in styles for number in numbers]
    order = sorted(jobs, key=lambda job: job[1] % 2)  # the long ones first, so that all end together
    parallel = joblib.Parallel(n_jobs=_count(workers, "workers"), return_as="generator_unordered")
    done = parallel(joblib.delayed(film)(*job) for job in order)
    videos = {video.name: video for video in tqdm(done, "film", len(jobs), disable=not bar, unit="video")}
    return DanceVideos(tuple(videos[f"{style}_{number:02d}"] for style, number in jobs), tuple(styles))


def _who_is_who(landmarks: np.ndarray, exact: np.ndarray, size: Size) -> tuple[int, ...]:
    """Find which slot follows which performer for most of the time: slots in the performers' order."""
    pixels = landmarks[..., :2] * size
    people = exact.shape[1]

    def apart(slots: tuple[int, ...]) -> float:
        away = np.linalg.norm(pixels[:, list(slots)] - exact, axis=-1).mean(axis=(1, 2))
        return float(np.median(np.nan_to_num(away, nan=max(size))))

    return min(permutations(range(people)), key=apart)


def _count(number: int, what: str) -> int:
    if number < 1:
        raise BalletError(f"There is nothing to film with {what}={number}. Give at least 1.")
    return int(number)
