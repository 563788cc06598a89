"""What a split by chunk pretends, and what the style project's LSTM knows of videos that it never saw."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

SEEDS = (0, 100)
"""Of splits, first weights and shuffled styles; each is four folds."""
FOLDS = 4


def measure() -> list[tuple]:
    """Train 64 BiLSTMs and nine LSTMs on the 48 videos that ship; some six minutes."""
    from ballet_lib.styles.leak import chunk_features
    from ballet_lib.styles.videos import DanceVideos

    videos = DanceVideos.load("styles")
    pictures, poses = (chunk_features(videos, stream) for stream in ("pictures", "poses"))
    return [
        *split_rows(pictures, "pictures", bar=True),
        *split_rows(poses, "poses", bar=False),
        *lstm_rows(videos),
    ]


# --- The leak ---------------------------------------------------------------------------------------------


def split_rows(chunks, stream: str, bar: bool) -> list[tuple]:
    """Both splits and their margin, with the styles as they are and with styles drawn at random by video."""
    how = (
        f"{len(chunks)} chunks of 30 frames, networks.bilstm.paper at the course's pace, {FOLDS} folds, "
        f"{len(SEEDS)} seeds; interval over videos"
    )
    true, random = scores(chunks, mixed=False), scores(chunks, mixed=True)
    named = f"chunks of {stream}: accuracy by chunk / by video"
    control = "the same, each video with a style drawn at random"
    return [
        (named, "none", f"{interval(true, 'by chunk')} / {interval(true, 'by video')}", None, how),
        (f"chunks of {stream}: margin of the chunk split, points", "> 0" if bar else "none",
         interval(true, "margin"), bool(true.low["margin"] > 0) if bar else None,
         "same model, same videos, as many chunks to learn from"),
        (control, "none", f"{interval(random, 'by chunk')} / {interval(random, 'by video')}", None,
         "chance 33.3%: nothing but the video is left to be recognised"),
    ]  # fmt: skip


def scores(chunks, mixed: bool):
    """Join the answers of all seeds."""
    import pandas as pd

    from ballet_lib.styles.leak import leak, shuffled, summary

    asked = [leak(shuffled(chunks, seed) if mixed else chunks, folds=FOLDS, seed=seed, bar=False)
             for seed in SEEDS]  # fmt: skip
    return summary(pd.concat(asked, ignore_index=True))


def interval(table, row: str) -> str:
    """Write one row of a summary in per cent."""
    score, low, high = 100 * table.loc[row]
    return f"{score:.1f} [{low:.1f}, {high:.1f}]" + (" %" if row != "margin" else "")


# --- The style project's LSTM -----------------------------------------------------------------------------


def lstm_rows(videos) -> list[tuple]:
    """Seconds of one training on all videos, and who is recognised of those held out."""
    import time

    from ballet_lib.styles.recipes import fit_style_lstm

    began = time.perf_counter()
    fit_style_lstm(videos, bar=False)
    seconds = time.perf_counter() - began
    rows = [
        ("training the style project's two-layer LSTM on poses", "< 60 s", f"{seconds:.0f} s", seconds < 60,
         f"{len(videos)} videos, course's pace, all cores"),
    ]  # fmt: skip
    for name, normalised in (("box-normalised", True), ("raw pixels", False)):
        rows.append((
            f"its accuracy on held-out videos, {name}", "none", held_out(videos, normalised), None,
            f"{FOLDS} folds, each video asked once; chance 33.3%; settings chosen by such folds",
        ))  # fmt: skip
    rows.append((
        "the same, of a logistic regression on spectra of the same columns", "none", spectrum(videos), None,
        "amplitudes in 13 bands up to 3.9 Hz: the rhythm is there, and this LSTM does not find it",
    ))  # fmt: skip
    return rows


def held_out(videos, normalised: bool) -> str:
    """Ask about each video a model that has not seen it."""
    from ballet_lib.styles.recipes import fit_style_lstm

    right = 0
    for train, test in videos.folds(FOLDS):
        told = fit_style_lstm(train, normalised=normalised, bar=False).probabilities(test)
        right += int((told.argmax(axis=1) == test.y).sum())
    return share(right, len(videos))


def spectrum(videos) -> str:
    """Ask about each video a line through spectra, as a measure of what there is to be found."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    right = 0
    for train, test in videos.folds(FOLDS):
        (X, video), (asked, whose) = bands(train), bands(test)
        line = make_pipeline(StandardScaler(), LogisticRegression(C=0.05, max_iter=500))
        told = line.fit(X, train.y[video]).predict_proba(asked)
        right += sum(told[whose == row].mean(axis=0).argmax() == y for row, y in enumerate(test.y))
    return share(int(right), len(videos))


def bands(videos):
    """Return the amplitudes of each dancer's 51 columns in 13 bands of 0.3 Hz, and whose video it is."""
    import numpy as np

    from ballet_lib.styles.recipes import blocks

    X, video = blocks(videos)
    heights = np.abs(np.fft.rfft(X - X.mean(axis=1, keepdims=True), axis=1))[:, 1:40]
    return np.log1p(heights).reshape(len(X), 13, 3, -1).mean(axis=2).reshape(len(X), -1), video


def share(right: int, of: int) -> str:
    """Write how many are right, with the exact interval."""
    from ballet_lib.splits import accuracy_interval

    low, high = accuracy_interval(right, of)
    return f"{right} of {of} ({right / of:.0%}) [{low:.0%}, {high:.0%}]"
