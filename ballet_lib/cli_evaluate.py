"""`ballet evaluate`."""

import argparse
import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from ballet_lib.cli_command import command, counted, listed, probability
from ballet_lib.errors import BalletError

if TYPE_CHECKING:
    from ballet_lib.evaluation import Predictions
    from ballet_lib.intervals import Intervals


def _evaluate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL.keras", help="file, or the name of a model that ships")
    parser.add_argument("takes", metavar="TAKES", help="folder, .npz, or the name of a set that ships")
    parser.add_argument("--dancers", type=listed, metavar="A,B,...", help="only these dancers")
    parser.add_argument("--threshold", type=probability, default=0.8, metavar="P",
                        help="probability under which no answer is given (0.8)")  # fmt: skip
    parser.add_argument("--figure", metavar="FILE.png", help="draw the confusion matrix into a file")


@command(_evaluate_arguments)
def evaluate(arguments: argparse.Namespace) -> int:
    """Judge a model on takes: scores with intervals, what it confuses, how sure it is."""
    from ballet_lib.classifier import Classifier
    from ballet_lib.evaluation import evaluate
    from ballet_lib.takes import TakeSet

    if arguments.figure and os.path.splitext(arguments.figure)[1].lower() != ".png":
        raise BalletError(f"{arguments.figure} does not end in .png. Give the figure such a name.")
    began = time.perf_counter()
    classifier = Classifier.load(arguments.model)
    takes = TakeSet.load(arguments.takes)
    if arguments.dancers:
        takes = takes.filter(dancer=arguments.dancers)
    told = evaluate(classifier, takes)
    seconds = round(time.perf_counter() - began, 2)
    unseen, seen, warnings = _divided(told, classifier.card)
    judged = seen if unseen is None else unseen
    if arguments.figure:
        _draw(judged, arguments.figure, of_unseen=unseen is not None)
    if arguments.json:
        report = _report(unseen, seen, arguments.threshold)
        report |= {"seconds": seconds, "model": arguments.model, "warnings": warnings}
        print(json.dumps(report, indent=1, ensure_ascii=False))
        return 0
    for text in warnings:
        print(f"warning: {text}", file=sys.stderr)
    if unseen is not None and seen is not None:
        print(f"seen      {_takes(seen)}: accuracy {seen.accuracy:.3f}, macro-F1 {seen.macro_f1:.3f}")
    _tell(judged, "held out" if unseen is not None else "seen", arguments.threshold)
    if arguments.figure:
        print(f"\nwritten   {arguments.figure}")
    return 0


def _divided(told: "Predictions", card: dict) -> tuple[Any, Any, list[str]]:
    """Divide the answers into those about strangers and those about dancers known from training, and warn.

    Who chose the best epoch (validation) is known too: the model was picked to suit them. Either may be None,
    not both.
    """
    data = card.get("data") or {}
    if not (data.get("train") or {}).get("dancers"):
        return told, None, [
            "The model card does not say who was in training, so the score may be of dancers the model knows."
        ]  # fmt: skip
    names = {
        dancer for side in ("train", "validation") for dancer in (data.get(side) or {}).get("dancers", ())
    }
    known = np.isin(told.groups, sorted(names))
    if not known.any():
        return told, None, []
    seen = told[known]
    who = f"{_takes(seen)} with names that are in the model's training or validation too"
    if known.all():
        return None, seen, [
            f"All are {who}: the scores say nothing about strangers. Evaluate on other dancers."
        ]  # fmt: skip
    return told[~known], seen, [f"There are {who}: they are scored apart, and held_out is of the others."]


def _takes(told: "Predictions") -> str:
    dancers = told.dancers
    names = f" ({', '.join(dancers)})" if len(dancers) <= 4 else ""
    return f"{counted(len(told), 'take')} of {counted(len(dancers), 'dancer')}{names}"


def _report(unseen: "Predictions | Any", seen: "Predictions | Any", threshold: float) -> dict:
    from ballet_lib.calibration import expected_calibration_error, threshold_curve
    from ballet_lib.evaluation import confusion_matrix

    judged = seen if unseen is None else unseen
    at = threshold_curve(judged, [threshold]).iloc[0]
    return {
        "held_out": unseen.to_json() if unseen is not None else None,
        "seen": seen.to_json() if seen is not None else None,
        "confusion_matrix": {
            "of": "held_out" if unseen is not None else "seen",
            "labels": list(judged.labels), "counts": confusion_matrix(judged).tolist(),
        },
        "calibration": {
            "expected_calibration_error": round(expected_calibration_error(judged), 6),
            **{name: None if np.isnan(value) else round(float(value), 6) for name, value in at.items()},
        },
    }  # fmt: skip


def _draw(judged: "Predictions", file: str, of_unseen: bool) -> None:
    from ballet_lib import plots
    from ballet_lib.files import replacing
    from ballet_lib.plots.style import png

    whom = "dancers it never saw" if of_unseen else "dancers it knows from training"
    right = int(judged.right.sum())
    figure = plots.confusion_matrix(judged, title=f"{right} of {len(judged)} takes recognised, of {whom}")
    with replacing(file) as temporary:
        temporary.write_bytes(png(figure))


# --- In words ---------------------------------------------------------------------------------------------


def _tell(judged: "Predictions", name: str, threshold: float) -> None:
    from ballet_lib.calibration import expected_calibration_error, threshold_curve

    spread = judged.intervals()
    print(f"{name:9} {_takes(judged)}")
    print(f"accuracy  {judged.accuracy:.3f}{_ends(spread.accuracy)}")
    print(f"macro-F1  {judged.macro_f1:.3f}{_ends(spread.macro_f1)}, "
          f"the mean over {counted(len(judged.occurring), 'label')} that occur")  # fmt: skip
    print(f"          [] {100 * spread.level:g}% intervals, {spread.method}")
    if spread.note:
        print(f"          {spread.note}")
    print(f"\n{_class_table(judged, spread)}\n\n{_matrix(judged)}\n")
    at = threshold_curve(judged, [threshold]).iloc[0]
    right = f", {at.accuracy:.0%} of the answers are right" if at.answered else ""
    print(f"threshold {threshold:g}: {at.answered:.0%} of the takes get an answer{right}")
    if not np.isnan(at.other_accepted):
        print(f"          {at.other_accepted:.0%} of the takes of 'other' are called a movement")
    print(f"ECE       {expected_calibration_error(judged):.3f}, "
          "the mean distance between probability and accuracy")  # fmt: skip


def _ends(ends: tuple[float, float]) -> str:
    return f" [{ends[0]:.2f}, {ends[1]:.2f}]" if np.isfinite(ends).all() else ""


def _class_table(judged: "Predictions", spread: "Intervals") -> str:
    table = judged.report()
    width = max(map(len, judged.labels))
    lines = [f"{'':{width}}  takes  precision  recall                 F1"]
    for label, row in table.iterrows():
        recall = f"{_share(row.recall)}{_ends(spread.recall[label])}"
        lines.append(
            f"{label:{width}}  {row.support:5.0f}  {_share(row.precision):9}  {recall:19}  {_share(row.f1)}"
        )
    return "\n".join(lines)


def _share(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.2f}"


def _matrix(judged: "Predictions") -> str:
    """Write the confusion matrix with numbered columns, since names of any length would not fit."""
    from ballet_lib.evaluation import confusion_matrix

    counts = confusion_matrix(judged)
    width = max(map(len, judged.labels))
    wide = max(3, len(str(counts.max())))
    lines = [f"{'danced':{width}}      recognised as"]
    lines.append(" " * (width + 5) + "".join(f" {number:{wide}}" for number in range(1, len(counts) + 1)))
    for number, (label, row) in enumerate(zip(judged.labels, counts, strict=True), start=1):
        cells = "".join(f" {count or '.':>{wide}}" for count in row)
        lines.append(f"{label:{width}}  {number:3}{cells}")
    return "\n".join(lines)
