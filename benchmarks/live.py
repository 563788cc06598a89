"""Live recognition: what is found in a stream, how late, at what cost, and for how long."""

import os
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

MODEL = "live"
RATE = 20.0
HOUR = 3600.0


def measure() -> list[tuple]:
    """Show every routine to the recogniser, count the cost of a frame, and go on for an hour."""
    return [*events(), *dolls(), *cost(), *loop(), *an_hour()]


def events() -> list[tuple]:
    """Movements found in performances of dancers on whom nothing was trained, and the tutorial's rule."""
    import numpy as np

    from ballet_lib.decisions import TutorialRule
    from ballet_lib.live import Recogniser
    from ballet_lib.takes import TakeSet

    takes = TakeSet.load("routines")
    ours = Recogniser(MODEL)
    of_takes = Recogniser("lstm")
    theirs = Recogniser(MODEL, rule=TutorialRule(ours.labels))
    scores = {name: [shown(one, take) for take in takes]
              for name, one in (("ours", ours), ("of takes", of_takes), ("tutorial", theirs))}  # fmt: skip
    pooled = {name: sum(some[1:], some[0]) for name, some in scores.items()}
    low, high = over_dancers(scores["ours"], takes.groups)
    best, rule, plain = pooled["ours"], pooled["tutorial"], pooled["of takes"]
    late = np.quantile(best.delays, 0.95)
    counted = f"{best.found} of {best.danced} movements found, {best.told - best.found} false events"
    seen = [abs(take.meta["yaw"]) for take in takes]
    front = [score for score, yaw in zip(scores["ours"], seen, strict=True) if yaw <= 60]
    in_front = sum(front[1:], front[0])
    return [
        ("event F1 on routines, threshold 0.8", "≥ 0.90", f"{best.f1:.3f} [{low:.2f}, {high:.2f}]",
         best.f1 >= 0.90, f"{len(takes)} performances of {len(takes.dancers)} dancers never trained on; "
         f"{counted}; an event is found when label and time agree (intersection over union ≥ 0.25); interval "
         "over dancers"),
        ("false events a minute", "≤ 1", f"{best.false_a_minute:.2f}", best.false_a_minute <= 1,
         f"over {best.seconds / 60:.0f} minutes"),
        ("median delay after a movement's end", "≤ 0.7 s",
         f"{best.median_delay:+.2f} s (95% within {late:+.2f} s)", best.median_delay <= 0.7,
         "until it is counted; below 0: before the movement has ended"),
        ("the tutorial's rule, same model and streams", "beside it",
         f"F1 {rule.f1:.3f}, {rule.false_a_minute:.2f} false a minute", None, "argmax over 0.8 and changed"),
        ("our rule, the LSTM of takes alone", "beside it",
         f"F1 {plain.f1:.3f}, {plain.false_a_minute:.2f} false a minute", None, "models/lstm.keras"),
        ("event F1, camera within 60° of the front", "none", f"{in_front.f1:.3f}", None,
         f"{len(front)} performances; the others are filmed from the side or behind"),
    ]  # fmt: skip


def shown(recogniser, take):
    """Show a performance from beginning to end, and score what was told."""
    from ballet_lib.event_scores import score_events

    recogniser.reset()
    for number in range(len(take)):
        recogniser.feed(take.poses[number], number / take.poses.fps)
    return score_events(recogniser.events, take.timeline, take.poses.seconds)


def over_dancers(scores: list, dancers) -> tuple[float, float]:
    """Return a 95% interval of the pooled F1, by drawing dancers anew."""
    import numpy as np

    rng, names = np.random.default_rng(0), np.unique(dancers)
    drawn = []
    for _ in range(2000):
        some = [score for name in rng.choice(names, len(names))
                for score, dancer in zip(scores, dancers, strict=True) if dancer == name]  # fmt: skip
        drawn.append(sum(some[1:], some[0]).f1)
    return tuple(np.quantile(drawn, [0.025, 0.975]))


def dolls() -> list[tuple]:
    """Takes of unseen dancers, drawn as paper dolls: a look that nothing here has learned from."""
    import numpy as np
    from models import further_dancers

    from ballet_lib.classifier import Classifier
    from ballet_lib.splits import accuracy_interval
    from ballet_lib.takes import TakeSet

    classifier = Classifier.load(MODEL)
    takes = further_dancers().filter(movement=[label for label in classifier.labels if label != "other"])
    drawn = TakeSet([filmed for take in takes if (filmed := as_doll(take)).poses.found.mean() >= 0.6])
    held = TakeSet([one for take in drawn if (one := as_photograph(take)) is not None])
    lifted = held.filter(movement=["first_arabesque", "retire_devant"])
    rows = []
    for name, some in (("in motion", drawn), ("one frame held, as in a photograph", held),
                       ("the same, arabesque and retiré alone", lifted)):  # fmt: skip
        told = classifier.probabilities(some)
        six = [number for number, label in enumerate(classifier.labels) if label != "other"]
        named = np.array(classifier.labels)[six][told[:, six].argmax(axis=1)]
        right = int((named == [take.movement for take in some]).sum())
        low, high = accuracy_interval(right, len(some))
        rows.append((f"named among six on paper dolls, {name}", "none",
                     f"{right / len(some):.0%} [{low:.0%}, {high:.0%}]", None,
                     f"{len(some)} takes of {', '.join(some.dancers)}, redrawn flat and extracted anew; "
                     "exact interval as of independent takes"))  # fmt: skip
    return rows


def as_doll(take):
    """Draw a take as a paper doll, and let the pose model look."""
    from dataclasses import replace

    import numpy as np

    from ballet_lib.pose import PoseExtractor
    from ballet_lib.studio.paper_doll import draw_doll

    with PoseExtractor() as extractor, extractor.stream() as stream:
        seen = [stream.frame(rgb, number / RATE) for number, rgb in enumerate(draw_doll(take))]
    points = {name: np.concatenate([getattr(one, name) for one in seen]) for name in ("landmarks", "world")}
    return replace(take, poses=replace(take.poses, **points, masks=None))


def as_photograph(take):
    """Hold the frame nearest to the middle in which the dancer is found; None if there is none."""
    from dataclasses import replace

    import numpy as np

    found = np.flatnonzero(take.poses.found)
    if len(found) == 0:
        return None
    middle = int(found[np.abs(found - len(take) // 2).argmin()])
    return replace(take, poses=take.poses[[middle] * len(take)], exact=None)


def cost() -> list[tuple]:
    """Milliseconds a frame, turn by turn in one process."""
    from ballet_lib.classifier import Classifier
    from ballet_lib.compiled import CompiledClassifier
    from ballet_lib.pose import PoseExtractor
    from ballet_lib.takes import TakeSet

    take = TakeSet.load("routines")[0]
    classifier = Classifier.load(MODEL)
    compiled, window = CompiledClassifier(classifier), take.poses[100:140]
    X = classifier.inputs(TakeSet([take.cut(100, 140, "other")]))
    frames = list(_film(120))
    times = {"predict": [], "compiled": [], "with features": [], "extraction": []}
    with PoseExtractor() as extractor, extractor.stream() as stream:
        for number, rgb in enumerate(frames):
            for name, action in (
                ("predict", lambda: classifier.model.predict(X, verbose=0)),
                ("compiled", lambda: compiled(X[0])),
                ("with features", lambda: compiled.probabilities(window)),
                ("extraction", lambda rgb=rgb, number=number: stream.frame(rgb, number / RATE)),
            ):
                begun = time.perf_counter()
                action()
                times[name].append(1000 * (time.perf_counter() - begun))
    middle = {name: statistics.median(some[20:]) for name, some in times.items()}
    between, share = middle["predict"] / middle["compiled"], middle["with features"] / middle["extraction"]
    slow, quick = (_in_a_row(action) for action in (
        lambda: classifier.model.predict(X, verbose=0), lambda: compiled(X[0])))  # fmt: skip
    ratio = slow / quick
    return [
        ("classifier, times cheaper than `model.predict`", "≥ 80", f"{ratio:.0f}", ratio >= 80,
         f"{quick:.2f} ms against {slow:.0f} ms, medians of 100 in a row"),
        ("the same, once a frame between two extractions", "none", f"{between:.0f}", None,
         f"{middle['compiled']:.2f} ms against {middle['predict']:.0f} ms: caches are cold by then, which "
         "costs either a millisecond"),
        ("features and classifier, share of pose extraction", "< 10%", f"{share:.1%}", share < 0.10,
         f"{middle['with features']:.2f} ms against {middle['extraction']:.1f} ms a frame of 640×480"),
    ]  # fmt: skip


def _in_a_row(action, times: int = 100) -> float:
    """Return the median milliseconds of an action."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        action()
        taken.append(1000 * (time.perf_counter() - begun))
    return statistics.median(taken)


def loop() -> list[tuple]:
    """From a JPEG of the camera to the answer that the page draws, and what part of it is the pose model."""
    from unittest.mock import patch

    from ballet_lib.live import Recogniser
    from ballet_lib.pose import PoseStream
    from ballet_lib.recording.film import to_jpeg
    from ballet_lib.webcam.frames import FrameHandler

    jpegs = [to_jpeg(rgb, 70) for rgb in _film(600)]
    handler = FrameHandler(Recogniser(MODEL))
    whole, extraction, find = [], [], PoseStream.frame

    def timed(stream, *given):
        begun = time.perf_counter()
        try:
            return find(stream, *given)
        finally:
            extraction.append(time.perf_counter() - begun)

    with patch.object(PoseStream, "frame", timed):
        for number, jpeg in enumerate(jpegs):
            begun = time.perf_counter()
            answer = handler.answer(jpeg, number / RATE)
            whole.append(time.perf_counter() - begun)
            if "error" in answer.facts:
                raise handler.error
    handler.close()
    whole, extraction = whole[60:], extraction[60:]  # the window is full, and everything is warm
    rate, share = len(whole) / sum(whole), sum(extraction) / sum(whole)
    return [
        ("whole loop in the kernel, JPEG of 640×480 to answer", "≥ 20 frames/s", f"{rate:.0f} frames/s",
         rate >= 20, f"mean of {len(whole)} frames of a routine, technique included; all cores"),
        ("share of the loop that is pose extraction", "≥ 80%", f"{share:.0%}", share >= 0.80, "same frames"),
    ]  # fmt: skip


def an_hour() -> list[tuple]:
    """An hour of dance on a simulated clock: what it costs in memory, and whether it gets later."""
    import gc

    import psutil

    from ballet_lib.event_scores import score_events
    from ballet_lib.live import Recogniser
    from ballet_lib.takes import TakeSet

    takes = [take for take in TakeSet.load("routines") if abs(take.meta["yaw"]) <= 60]
    recogniser, process = Recogniser(MODEL), psutil.Process()
    clock, rounds, memory = 0.0, [], []
    while clock < HOUR:
        take = takes[len(rounds) % len(takes)]
        before = len(recogniser.events)
        for number in range(len(take)):
            recogniser.feed(take.poses[number], clock + number / RATE)
        told = [_earlier(event, clock) for event in recogniser.events[before:]]
        rounds.append(score_events(told, take.timeline, take.poses.seconds))
        clock += len(take) / RATE + 2.0
        if len(rounds) % 10 == 0:
            gc.collect()
            memory.append((clock, process.memory_info().rss / 1e6))
    first, last = rounds[: len(takes)], rounds[-len(takes) :]
    drift = sum(last[1:], last[0]).median_delay - sum(first[1:], first[0]).median_delay
    grown = memory[-1][1] - memory[0][1]
    return [
        ("an hour of stream: memory at the end against the first minutes", "flat", f"{grown:+.1f} MB",
         grown < 10, f"{memory[0][1]:.0f} MB after {memory[0][0] / 60:.0f} minutes"),
        ("an hour of stream: drift of the delay", "none", f"{drift:+.2f} s", abs(drift) <= 0.1,
         f"median of the last {len(takes)} performances against the first {len(takes)}, "
         f"{len(recogniser.events)} movements told in all"),
    ]  # fmt: skip


def _earlier(event, seconds: float):
    from dataclasses import replace

    moments = {name: getattr(event, name) - seconds for name in ("start", "end", "counted")}
    return replace(event, **moments)


def _film(count: int):
    from itertools import islice

    from ballet_lib import DATASETS
    from ballet_lib.video import read_frames

    return islice(read_frames(DATASETS / "r01_routine_1.mp4"), count)
