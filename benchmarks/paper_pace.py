"""What the papers said, and ours: at the papers' settings and at the course's pace.

    python benchmarks/paper_pace.py                  which runs there are, and how long each takes
    python benchmarks/paper_pace.py three_styles     make this one, and write its row into the table anew
    python benchmarks/run.py paper_pace              write the table of what is kept; runs nothing

The course's column and some of the papers' settings are quoted from the other subjects of results.md. The
rest are runs of at most a quarter of an hour; paper_pace.json keeps their figures until a later run.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

HERE = Path(__file__).resolve().parent
KEPT = HERE / "paper_pace.json"
HEADINGS = ("claim", "the paper said", "ours, its settings", "ours, course's pace", "comparable")
TEACHERS = ("r11", "r12", "r13", "r14")
SEEDS = range(3)


class Quote(NamedTuple):
    """A figure of another subject, and the words to put it in."""

    subject: str
    row: str
    words: str = "{}"


@dataclass(frozen=True)
class Claim:
    """A row: what a paper claims and said, and where ours stands.

    Attributes
    ----------
    what, said, why_not
        Cells of the table; the last says why the figures are not comparable.
    papers
        The name of a run, or what is quoted, at the papers' settings.
    course
        What is quoted at the course's pace.
    """

    what: str
    said: str
    papers: str | Quote
    course: Quote
    why_not: str


BY_SPLIT = "chunks of pictures: accuracy by chunk / by video"
FLATTERED = "tuner's own score minus the winner's on strangers, as recorded"
FEWER = "fewer errors on moving pixels than repeating the last frame, horizon 1: ConvLSTM, seed 0"
ENERGY = "motion energy of the last 50 frames, real dance = 1: latent LSTM, "

CLAIMS = (
    Claim(
        "six ballet movements, live", "recognised live; six of 120 takes held out", "six_movements",
        Quote("models", "macro-F1 on three unseen dancers, median of 5 seeds", "macro-F1 {}, strangers"),
        "the paper asks nobody whom it has not trained on",
    ),
    Claim(
        "three dance styles, LSTM on AlphaPose", "62 and 85%", "three_styles",
        Quote("style_leak", "its accuracy on held-out videos, box-normalised"),
        "other films: 1 179 sequences there, 48 videos here",
    ),
    Claim(
        "sixteen styles, BiLSTM on chunks", "95.5%", "sixteen_styles",
        Quote("style_leak", BY_SPLIT, "by chunk / by video {}"), "other films, and three styles",
    ),
    Claim(
        "the same, tuned by Hyperband", "448, 320, 160, tanh, 1e-4", "hyperband",
        Quote("tuning", FLATTERED, "the tuner flatters itself by {}"), "movements, not styles",
    ),
    Claim(
        "next frame by ConvLSTM", "shown as pictures; its code fits x to x", "convlstm",
        Quote("forecasting", FEWER, "{} fewer errors than repeating the last frame"), "no measure there",
    ),
    Claim(
        "autoencoder of 128 numbers", "shown as pictures", "autoencoder",
        Quote("autoencoder", "IoU on dancers not trained on, lean", "IoU {} on six strangers"),
        "no measure there",
    ),
    Claim(
        "dancing on with 128 numbers", "shown as pictures",
        Quote("generation", ENERGY + "mean", "moves {} times as much as real dance, mean"),
        Quote("generation", ENERGY + "mixture, temperature 1", "{} times, mixture"), "no measure there",
    ),
    *(
        Claim(
            f"ten styles by two streams, {name}", said,
            Quote("styles", f"the report's settings, {network}: accuracy"),
            Quote("styles", f"{ours}, both streams: accuracy"), "real films of ten styles; three drawn here",
        )
        for name, said, network, ours in (
            ("LSTM", "65.9% (60 of 91)", "lstm", "LSTM"),
            ("attention", "63.7% (58 of 91)", "attention", "LSTM with attention"),
            ("TCN", "58.2% (53 of 91)", "tcn", "TCN"),
            ("frames that vote", "56.4%", "frame", "frames that vote"),
        )
    ),
)  # fmt: skip


def measure() -> list[tuple]:
    """Write the table of what is kept."""
    runs = kept()
    return [
        (one.what, one.said, told(one.papers, runs), told(one.course, runs), f"not comparable: {one.why_not}")
        for one in CLAIMS
    ]


def told(source: str | Quote, runs: dict) -> str:
    """Write a run's figure, or the one of results.md."""
    if isinstance(source, Quote):
        return quoted(source)
    if source not in runs:
        return f"not run yet: `benchmarks/paper_pace.py {source}`, some {MINUTES[source]} min"
    run = runs[source]
    return f"{run['measured']} ({run['seconds'] / 60:.0f} min, {run['on']})"


def quoted(quote: Quote) -> str:
    """Return what results.md holds, in words.

    Raises
    ------
    LookupError
        If there is no such row.
    """
    from run import kept_tables

    for line in kept_tables().get(quote.subject, "").splitlines():
        cells = [cell.strip() for cell in line.strip("| ").split(" | ")]
        if cells[0] == quote.row:
            return quote.words.format(cells[2])
    raise LookupError(
        f"results.md has no row {quote.row!r} under {quote.subject}. Run: benchmarks/run.py {quote.subject}"
    )


def kept() -> dict:
    """Return the runs that were made, by name."""
    return json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}


# --- The runs, at the papers' settings --------------------------------------------------------------------


def six_movements() -> str:
    """Train the ballet paper's network for 2 000 epochs; six takes of its dancer, then twelve strangers."""
    from ballet_lib.evaluation import evaluate
    from ballet_lib.splits import random_split
    from ballet_lib.takes import TakeSet
    from ballet_lib.training import fit

    takes, strangers = TakeSet.load("ballet6-paper"), TakeSet.load("ballet6")
    home, abroad = [], []
    for seed in SEEDS:
        split = random_split(takes, test=0.05, seed=seed)
        trained = fit(split.train, "lstm-paper", validation=None, seed=seed, bar=False)
        home.append(round(evaluate(trained, split.test).accuracy * len(split.test)))
        abroad.append(evaluate(trained, strangers.filter(movement=takes.labels)).accuracy)
    six = ", ".join(map(str, home))
    by_dancer = ", ".join(f"{100 * share:.0f}" for share in abroad)
    return f"right: {six} of six takes of its own dancer, {by_dancer}% of twelve strangers'; three seeds"


def three_styles() -> str:
    """Train the style project's LSTM as it does, and ask about videos that it has not seen."""
    from style_leak import held_out

    from ballet_lib.styles.videos import DanceVideos

    videos = DanceVideos.load("styles")
    return f"{held_out(videos, normalised=False)} in pixels, {held_out(videos, normalised=True)} in boxes"


def sixteen_styles() -> str:
    """Train the 16-style paper's BiLSTM as it does, on chunks of both splits."""
    from style_leak import interval, scores

    from ballet_lib.styles.leak import chunk_features
    from ballet_lib.styles.videos import DanceVideos

    table = scores(chunk_features(DanceVideos.load("styles")), mixed=False)
    return (
        f"{interval(table, 'by chunk')} by chunk, {interval(table, 'by video')} by video: "
        "20 epochs are 20 steps where there are 108 chunks"
    )


def hyperband() -> str:
    """Search the paper's space by Hyperband, and ask the winner about dancers that nobody tuned on."""
    from ballet_lib.evaluation import evaluate
    from ballet_lib.splits import split_by_dancer
    from ballet_lib.takes import TakeSet
    from ballet_lib.tuning import tune

    split = split_by_dancer(TakeSet.load("ballet6"), test=0.25)
    search = tune(split.train, "paper", max_epochs=10, batch_size=128, bar=False)
    judged, best = evaluate(search.classifier(), split.test).accuracy, search.best
    sizes = ", ".join(f"{name} {size}" for name, size in best["sizes"].items())
    found = f"{best['network']}, {sizes}, rate {best['learning_rate']:g}"
    return f"{found}; {search.score:.1%} by the tuner's takes, {judged:.1%} by dancers it never saw"


def convlstm() -> str:
    """Show the next-frame paper's network all silhouettes once; its ten epochs take ten times as long."""
    from forecasting import AHEAD, SEEN, STEP, strangers

    from ballet_lib.generation import judges
    from ballet_lib.generation.forecasting import RepeatLast, fit_convlstm
    from ballet_lib.silhouettes import Silhouettes

    teachers = Silhouettes.load("silhouettes").filter(TEACHERS)
    trained = fit_convlstm(teachers, "paper", epochs=1, bar=False)
    clips, groups = strangers().windows(SEEN + AHEAD, step=STEP)
    seen, truth = clips[:, :SEEN], clips[:, SEEN : SEEN + 1]
    forecasts = {"paper": trained.forecast(seen, 1), "repeat": RepeatLast().forecast(seen, 1)}
    table = judges.by_horizon(forecasts, seen[:, -1], truth, groups).set_index("method").moving_error
    fewer = 100 * (1 - table["paper"] / table["repeat"])
    whole = 10 * trained.history.seconds.iloc[-1] / 60
    return (
        f"{fewer:+.1f}% fewer errors than repeating the last frame, after 1 of 10 epochs; "
        f"all would take {whole:.0f} min"
    )


def autoencoder() -> str:
    """Train the silhouette paper's network for ten minutes."""
    from autoencoder import overlap, spread
    from forecasting import strangers

    from ballet_lib.generation.autoencoder import fit_autoencoder
    from ballet_lib.silhouettes import Silhouettes

    judges, teachers = strangers(), Silhouettes.load("silhouettes").filter(TEACHERS)
    trained = fit_autoencoder(teachers.frames, "paper", seconds=600, bar=False)
    score = overlap(trained.reconstruct(judges.frames), judges)
    low, high = spread(score)
    return (
        f"IoU {score.mean():.3f} [{low:.3f}, {high:.3f}] on six strangers, in epoch {trained.card['epochs']}"
    )


RUNS = {
    run.__name__: run
    for run in (six_movements, three_styles, sixteen_styles, hyperband, convlstm, autoencoder)
}
MINUTES = {
    "six_movements": 9, "three_styles": 4, "sixteen_styles": 2, "hyperband": 5, "convlstm": 9,
    "autoencoder": 11,
}  # fmt: skip
"""On two idle cores, reckoned from rates that other subjects have measured: 400 epochs of the ballet paper's
network in 33 s, 20 clips by the next-frame paper's in 37 s, 360 steps of the style project's in 26 s."""


# --- Making them ------------------------------------------------------------------------------------------


def main() -> int:
    """Make the named runs, each in a process of its own at the papers' pace, and write the table."""
    parser = argparse.ArgumentParser(description="Run the papers' settings.")
    parser.add_argument("names", nargs="*", help=f"any of: {', '.join(RUNS)}")
    names = parser.parse_args().names
    if unknown := [name for name in names if name not in RUNS]:
        parser.error(f"there is no run {', '.join(unknown)}; there are: {', '.join(RUNS)}")
    for name in names:
        began = time.monotonic()
        measured = made(name)
        keep(name, measured, time.monotonic() - began)
    for name in RUNS:
        print(f"{name:16} {told(name, kept())}")
    return subprocess.run([sys.executable, HERE / "run.py", "paper_pace"]).returncode if names else 0


def made(name: str) -> str:
    """Make a run in a process of its own, at the papers' pace; return its figure."""
    print(f"{name}: some {MINUTES[name]} min on two idle cores ...", flush=True)
    call = f"import paper_pace; print(paper_pace.RUNS[{name!r}]())"
    environment = os.environ | {"BALLET_PACE": "paper", "PYTHONPATH": str(HERE)}
    ran = subprocess.run(
        [sys.executable, "-c", call], env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return ran.stdout.strip().splitlines()[-1]


def keep(name: str, measured: str, seconds: float) -> None:
    """Put a run's figure among those kept, whole or not at all."""
    run = {"measured": measured, "seconds": round(seconds), "on": f"{datetime.now(UTC):%Y-%m-%d}"}
    half = KEPT.with_suffix(".half")
    half.write_text(json.dumps(kept() | {name: run}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    half.replace(KEPT)


if __name__ == "__main__":
    sys.exit(main())
