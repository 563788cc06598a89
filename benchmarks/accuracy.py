"""How well the real pose model finds the synthetic dancer: films that nothing was tuned on."""

from dataclasses import replace

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from ballet_lib.pose import PoseExtractor
from ballet_lib.studio.measure import bootstrap_interval, measure_scene, pck
from ballet_lib.studio.scene import Scene
from ballet_lib.vocabulary import BALLET_MOVEMENTS

CLIPS = 8  # a movement
LIFTED = ("attitude_croisee", "first_arabesque")
VIEWS = {"front and three-quarter": 0, "side": 90, "back": 180}


def measure() -> list[tuple]:
    """Film, extract as a stream, and compare; about five minutes on two cores."""
    films = pd.concat(
        Parallel(n_jobs=2)(delayed(_film)(m, k) for m in BALLET_MOVEMENTS for k in range(CLIPS))
    )
    rows = [_found(films)]
    for movement, bar in {m: 0.85 if m in LIFTED else 0.97 for m in BALLET_MOVEMENTS}.items():
        rows.append(_pck(films[films["movement"] == movement], f"PCK at 5% of image height, {movement}", bar))
    views = pd.concat(Parallel(n_jobs=2)(delayed(_view)(m, v) for m in BALLET_MOVEMENTS for v in VIEWS))
    for view, some in views.groupby("view", sort=False):
        rows.append(_pck(some, f"PCK by view: {view}", None))
    tones = pd.concat(Parallel(n_jobs=2)(delayed(_tone)(t, n) for t in (0, 9) for n in range(18)))
    return [*rows, _tones(tones)]


def _film(movement: str, number: int) -> pd.DataFrame:
    rng = np.random.default_rng([2026, BALLET_MOVEMENTS.index(movement), number])
    return _measured(Scene.draw(movement, rng), None, clip=f"{movement} {number}", movement=movement)


def _view(movement: str, view: str) -> pd.DataFrame:
    rng = np.random.default_rng([2027, BALLET_MOVEMENTS.index(movement)])
    yaw = VIEWS[view]
    scene = Scene.draw(movement, rng, yaw=(yaw - 10, yaw + 10))
    return _measured(scene, 10, clip=f"{movement} {view}", view=view)


def _tone(tone: int, number: int) -> pd.DataFrame:
    scene = Scene.draw(BALLET_MOVEMENTS[number % 6], np.random.default_rng([2028, number]), damage=None)
    return _measured(replace(scene, look=scene.look.with_skin(tone)), 5, clip=number, tone=tone)


def _measured(scene: Scene, frames: int | None, **labels) -> pd.DataFrame:
    with PoseExtractor() as extractor:
        return measure_scene(scene, extractor, frames, **labels)


def _found(films: pd.DataFrame) -> tuple:
    share = films["error"].notna().mean()
    how = f"{films['clip'].nunique()} films of drawn dancers within ±60°, every frame, as a stream"
    return ("person found", "≥ 99% of frames", f"{share:.2%}", share >= 0.99, how)


def _pck(films: pd.DataFrame, what: str, bar: float | None) -> tuple:
    clips = [clip["error_in_picture"].to_numpy() for _, clip in films.groupby("clip")]
    share = pck(np.concatenate(clips), 5)
    low, high = bootstrap_interval(clips, lambda errors: pck(errors, 5))
    median = films["error"].median()
    how = f"{len(clips)} films; median error {median:.2f}% of body height"
    met = None if bar is None else share >= bar
    return (what, f"≥ {bar}" if bar else "none", f"{share:.3f} [{low:.3f}, {high:.3f}]", met, how)


def _tones(tones: pd.DataFrame) -> tuple:
    table = tones.pivot_table(index="clip", columns="tone", values="error")
    difference = (table[9] - table[0]).to_numpy()
    low, high = bootstrap_interval([np.array([d]) for d in difference], np.mean)
    measured = f"{difference.mean():+.2f} points of body height [{low:+.2f}, {high:+.2f}]"
    how = f"{len(difference)} scenes drawn twice, only the skin differs"
    return ("mean error, darkest minus lightest of ten skin tones", "none", measured, None, how)
