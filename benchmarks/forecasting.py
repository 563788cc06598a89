"""How well the next frames of a stranger's dance are forecast, and at what cost."""

import os
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

TEACHERS = ("r11", "r12", "r13", "r14")
STRANGERS = range(21, 27)
FRAMES = 150
SEEN, AHEAD, STEP = 5, 10, 5
"""Frames that every forecaster may see, that it forecasts, and by which the next clip begins later."""
SEEDS = 3
COST = """
import json, resource, sys, time
import numpy as np
from ballet_lib import DATASETS
from ballet_lib.quiet_tensorflow import import_keras
keras = import_keras()
from ballet_lib.generation.forecasting import grey_clips
from ballet_lib.networks import convlstm
name = sys.argv[1]
clips = np.concatenate([grey_clips(DATASETS / f"r0{film}_routine_1.mp4") for film in (1, 2)])[:20]
if name == "lean":
    clips = np.pad(clips, ((0, 0), (0, 0), (2, 2), (3, 3), (0, 0)))
model = getattr(convlstm, name)(clips.shape[2:4])
loss = "binary_crossentropy" if name == "paper" else keras.losses.BinaryCrossentropy(from_logits=True)
model.compile("adam", loss, jit_compile=False)
x, y = clips[:, :-1], clips[:, 1:]
if name == "lean":
    x, y = np.repeat(x, 6, axis=-1), np.repeat(y[:, :, None, ..., 0], 5, axis=2)
model.train_on_batch(x[:5], y[:5])
began = time.perf_counter()
for start in range(0, len(x), 5):
    model.train_on_batch(x[start : start + 5], y[start : start + 5])
print(json.dumps({"seconds": time.perf_counter() - began, "parameters": model.count_params(), "clips": len(x),
                  "gigabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6}))
"""
"""A process of its own, so that its peak of memory is its own."""


def measure() -> list[tuple]:
    """Train on four dancers, draw six strangers, judge by horizon; some five minutes."""
    from ballet_lib.silhouettes import Silhouettes

    teachers = Silhouettes.load("silhouettes").filter(TEACHERS)
    clips, groups = strangers().windows(SEEN + AHEAD, step=STEP)
    seen, truth = clips[:, :SEEN], clips[:, SEEN:]
    return [*forecasts(teachers, seen, truth, groups), *costs()]


def strangers():
    """Draw the first frames of six dancers whom nobody has looked at before."""
    from joblib import Parallel, delayed

    from ballet_lib.silhouettes import Silhouettes

    drawn = Parallel(n_jobs=-1)(delayed(drawn_stranger)(who) for who in STRANGERS)
    return Silhouettes({f"r{who}_1": frames for who, frames in zip(STRANGERS, drawn, strict=True)})


def drawn_stranger(who: int):
    """Draw one clip, framed as those that ship."""
    from pathlib import Path

    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))
    from make_silhouettes import masks

    from ballet_lib.silhouettes import frame_dancer

    return frame_dancer(list(masks(who, 1, range(FRAMES))))


def forecasts(teachers, seen, truth, groups) -> list[tuple]:
    """Return rows of improvements over repeating the last frame."""
    from ballet_lib.generation.forecasting import LinearExtrapolation, RepeatLast, fit_convlstm, roll
    from ballet_lib.generation.judges import by_horizon, improvement

    told, seconds = {}, []
    for seed in range(SEEDS):
        began = time.perf_counter()
        convlstm = fit_convlstm(teachers, seed=seed, bar=False)
        seconds.append(time.perf_counter() - began)
        told[f"ConvLSTM, seed {seed}"] = roll(convlstm, seen, AHEAD)
    for of in ("motion", "outline"):
        told[f"linear extrapolation of the {of}"] = roll(LinearExtrapolation(of), seen, AHEAD)
    told |= latent(teachers, seen)
    repeat = roll(RepeatLast(), seen, AHEAD)
    last, who = seen[:, -1], f"{len(seen)} clips of {len(set(groups))} strangers, interval over dancers"
    rows = [
        ("training the ConvLSTM", "≤ 45 s", ", ".join(f"{one:.0f}" for one in seconds) + " s",
         max(seconds) <= 45, f"{len(teachers)} silhouettes of four dancers, all cores, {SEEDS} seeds"),
    ]  # fmt: skip
    for name, forecast in told.items():
        for squared, error in ((False, "fewer errors"), (True, "less squared error")):
            gained = improvement(forecast, repeat, last, truth, groups, squared=squared)
            for horizon in (1, 5):
                one, barred = gained.loc[horizon - 1], name.startswith("ConvLSTM")
                rows.append((
                    f"{error} on moving pixels than repeating the last frame, horizon {horizon}: {name}",
                    "≥ 20%" if barred else "none",
                    f"{one.improvement:+.1%} [{one.low:+.0%}, {one.high:+.0%}]",
                    bool(one.improvement >= 0.2) if barred else None,
                    f"{who}; " + ("of the probabilities" if squared else "pixels taken as hers from 0.5"),
                ))  # fmt: skip
    shown = {"repeat": repeat, "ConvLSTM": told["ConvLSTM, seed 0"]}
    shown |= {name: each for name, each in told.items() if not name.startswith("ConvLSTM")}
    table = by_horizon(shown, last, truth, groups)
    for measure in ("moving_error", "moving_brier", "iou", "ssim", "brier"):
        lines = [
            f"{method} {' '.join(f'{value:.3f}' for value in rows_of[measure])}"
            for method, rows_of in table.groupby("method", sort=False)
        ]
        rows.append((f"{measure} at horizons 1 to {AHEAD}", "none", "; ".join(lines), None, who))
    return rows


def latent(teachers, seen) -> dict:
    """Forecast in latent space: the mean of what may come, and a draw from it close to the likeliest."""
    from ballet_lib.generation.autoencoder import Autoencoder
    from ballet_lib.generation.forecasting import roll
    from ballet_lib.generation.latent_dance import fit_latent

    autoencoder = Autoencoder.load("silhouettes")
    return {
        f"latent LSTM, {head} head": roll(fit_latent(autoencoder, teachers, head=head), seen, AHEAD)
        for head in ("mean", "mixture")
    }


def costs() -> list[tuple]:
    """Return seconds an epoch and memory of the paper's network and of the lean one, side by side."""
    import json

    found = {}
    for name in ("paper", "lean"):
        ran = subprocess.run([sys.executable, "-c", COST, name], capture_output=True, text=True, check=True)
        found[name] = json.loads(ran.stdout.splitlines()[-1])
    told = "; ".join(
        f"{name} {each['seconds']:.1f} s, {each['gigabytes']:.1f} GB, {each['parameters']:,} parameters"
        for name, each in found.items()
    )
    faster = found["paper"]["seconds"] / found["lean"]["seconds"]
    return [(
        "an epoch of the next-frame paper's ConvLSTM and of the lean one, and the process's peak of memory",
        "none", f"{told}: {faster:.0f} times as fast", None,
        f"{found['paper']['clips']} clips of 10 grey frames, 60 x 90 (lean: 64 x 96), 5 a batch, in one run",
    )]  # fmt: skip
