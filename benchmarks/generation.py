"""Two hundred frames danced by networks: do they freeze, do they copy, is there a dancer in them."""

import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

STRANGERS = tuple(range(21, 27))
STEPS, LAST, SEEDS = 200, 50, (0, 1)
SEEN = 10
"""Frames of a stranger's dance that a dance goes on from; they are taken from its fifth second."""
SWEEP = (0.3, 0.6, 1.0, 1.5)
FREEZES = "0.5 to 2"


def measure() -> list[tuple]:
    """Train three models, let them dance on from strangers' beginnings, judge; about four minutes."""
    return [*latent(), *pose()]


# --- Latent space -----------------------------------------------------------------------------------------


def latent() -> list[tuple]:
    """Dances of silhouettes, with and without a mixture, at several temperatures."""
    from ballet_lib.generation.autoencoder import Autoencoder
    from ballet_lib.generation.latent_dance import fit_latent
    from ballet_lib.silhouettes import Silhouettes

    teachers, stranger = Silhouettes.load("silhouettes").split(["r15"])
    starts = [clip[at : at + SEEN] for clip in stranger.clips.values() for at in (50, 120)]
    autoencoder = Autoencoder.load("silhouettes")
    apart = between_dancers(teachers)
    rows = []
    for head in ("mean", "mixture"):
        seconds, forecaster = timed(lambda head=head: fit_latent(autoencoder, teachers, head, bar=False))
        rows.append((f"training the latent LSTM, {head}", "≤ 25 s", f"{seconds:.0f} s", seconds <= 25,
                     f"{len(teachers)} silhouettes of four dancers, and mirrored; all cores"))  # fmt: skip
        for temperature in SWEEP if head == "mixture" else (1.0,):
            dances = [forecaster.dance(start, STEPS, temperature, seed) for start in starts for seed in SEEDS]
            barred = head == "mixture" and temperature == 1
            name = f"latent LSTM, {head}" + (f", temperature {temperature:g}" if head == "mixture" else "")
            rows += judged(name, dances, teachers, apart, barred)
    return rows


def between_dancers(real) -> float:
    """Return how far the clips of each dancer are from the nearest of another dancer, on average."""
    import numpy as np

    from ballet_lib.generation.judges import nearest_clip

    away = []
    for dancer in real.dancers:
        others, hers = real.split([dancer])
        away += [nearest_clip(clip, others) for clip in hers.clips.values()]
    return float(np.concatenate(away).mean())


def judged(name: str, dances: list, real, apart: float, barred: bool) -> list[tuple]:
    """Judge dances of silhouettes: motion energy at the end, and distance from what was learnt from."""
    from ballet_lib.generation.judges import freezing, nearest_clip

    energy = [freezing(dance, real, LAST) for dance in dances]
    away = [nearest_clip(dance, real).mean() / apart for dance in dances]
    how = f"{len(dances)} dances of {STEPS} frames from a stranger's {SEEN} (r15)"
    return [
        (f"motion energy of the last {LAST} frames, real dance = 1: {name}", FREEZES if barred else "none",
         spread(energy), within(energy) if barred else None, how),
        (f"distance to the nearest clip learnt from, real dance = 1: {name}", "≥ 0.5" if barred else "none",
         spread(away), min(away) >= 0.5 if barred else None, how),
    ]  # fmt: skip


# --- Pose space -------------------------------------------------------------------------------------------


def pose() -> list[tuple]:
    """Dances of rigid bones, drawn by the studio and looked at by the pose model."""
    from ballet_lib.generation import pose_judges
    from ballet_lib.generation.pose_dance import fit_pose_dance, routine_motions, silhouettes_of

    drawing, motions = timed(routine_motions)
    seconds, dancer = timed(lambda: fit_pose_dance(motions, bar=False))
    frames = sum(len(motion) for motion in motions.values())
    rows = [
        ("training the pose-space LSTM", "≤ 40 s", f"{seconds:.0f} s", seconds <= 40,
         f"{frames} frames of {len(motions)} routines by four dancers, and mirrored; all cores; "
         f"computing their motion took {drawing:.0f} s"),
    ]  # fmt: skip
    strangers = {name: motion[50 : 50 + STEPS] for name, motion in routine_motions(STRANGERS, 1).items()}
    truth = [silhouettes_of(motion[-2 * LAST :]) for motion in strangers.values()]
    apart = pose_judges.between_dancers(motions)
    for temperature in SWEEP:
        dances = [
            dancer.dance(STEPS, temperature, seed, start=motion[:SEEN])
            for seed, motion in enumerate(strangers.values())
        ]
        rows += rigid(dances, motions, apart, truth, temperature)
    return rows


def rigid(dances: list, motions: dict, apart: float, truth: list, temperature: float) -> list[tuple]:
    """Judge pose-space dances at one temperature: energy, copying, bends; at 1 what the pose model finds."""
    import numpy as np

    from ballet_lib.generation.judges import found_share, freezing
    from ballet_lib.generation.pose_dance import pictures, silhouettes_of
    from ballet_lib.generation.pose_judges import bend_limits, nearest_motion

    real, made = bend_limits(motions.values()), bend_limits(dances)
    barred, name = temperature == 1, f"pose-space LSTM, temperature {temperature:g}"
    how = f"{len(dances)} dances of {STEPS} frames from {SEEN} of strangers r21 to r26"
    energy = [freezing(silhouettes_of(dance[-LAST:]), truth, LAST) for dance in dances]
    away = [nearest_motion(dance, list(motions.values())).mean() / apart for dance in dances]
    rows = [
        (f"motion energy of the last {LAST} frames, real dance = 1: {name}", FREEZES if barred else "none",
         spread(energy), within(energy) if barred else None, how + ", drawn as silhouettes"),
        (f"distance to the nearest clip learnt from, real dance = 1: {name}", "≥ 0.5" if barred else "none",
         spread(away), min(away) >= 0.5 if barred else None, how + ", joints seen from the pelvis"),
        (f"bends: {name}", "within training's", degrees(made),
         all(real[joint][0] - 1 <= made[joint][0] and made[joint][1] <= real[joint][1] + 1 for joint in real),
         f"in training {degrees(real)}"),
    ]  # fmt: skip
    if barred:
        found = [found_share(pictures(dance, size=(240, 320))) for dance in dances[:3]]
        rows.append((
            f"frames in which the pose model finds a person: {name}", "≥ 80%", f"{np.mean(found):.1%}",
            np.mean(found) >= 0.8,
            f"{len(found)} dances of {STEPS} frames, drawn by the studio, each frame by itself",
        ))  # fmt: skip
    return rows


def degrees(limits: dict[str, tuple[float, float]]) -> str:
    """Write between what joints bend."""
    return ", ".join(f"{joint} {least:.0f} to {most:.0f}°" for joint, (least, most) in limits.items())


# --- Rows -------------------------------------------------------------------------------------------------


def timed(work):
    """Return seconds and what the work gave."""
    began = time.perf_counter()
    done = work()
    return time.perf_counter() - began, done


def spread(values: list[float]) -> str:
    """Write a median and between what the values lie."""
    import numpy as np

    return f"{np.median(values):.2f} [{min(values):.2f} to {max(values):.2f}]"


def within(values: list[float]) -> bool:
    """Tell whether the mean over dances is within a factor of two."""
    import numpy as np

    return bool(0.5 <= np.mean(values) <= 2)
