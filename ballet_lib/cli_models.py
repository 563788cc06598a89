"""`ballet train`."""

import argparse
import json
import sys
from pathlib import Path

from ballet_lib.classifier import SUFFIX, Classifier
from ballet_lib.cli_command import INTERRUPTED, command, listed, positive
from ballet_lib.errors import BalletError
from ballet_lib.files import writable_folder
from ballet_lib.networks import NETWORKS
from ballet_lib.splits import LeakError, split_by_dancer
from ballet_lib.takes import TakeSet

HELD_OUT = 0.25
"""Share of the dancers on whom the model is judged, unless they are named."""
VALIDATION = 0.2
"""Share of the others by whom the best epoch is chosen."""


def _train_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("takes", metavar="TAKES", help="folder, .npz, or the name of a set that ships")
    parser.add_argument(
        "-o", "--output", required=True, metavar="MODEL.keras", help="the model card goes beside it"
    )
    parser.add_argument("--network", choices=NETWORKS, default="lstm", help="which network (lstm)")
    parser.add_argument("--hold-out", type=_held_out, metavar="dancer=ID,...",
                        help="whom to judge it on, or 'none' (a quarter of the dancers)")  # fmt: skip
    parser.add_argument("--epochs", type=positive, metavar="N", help="at most; early stopping may end sooner")
    parser.add_argument("--seed", type=int, default=0, help="the same seed, the same model (0)")
    parser.add_argument("--features", type=listed, metavar="A,B,...", help="what the network is fed")
    parser.add_argument("--logs", metavar="DIR", help="write logs for TensorBoard")
    parser.add_argument("--checkpoint", metavar="DIR", help="keep progress here, and go on from it")


def _held_out(text: str) -> tuple[str, ...]:
    if text == "none":
        return ()
    key, _, names = text.partition("=")
    if key != "dancer" or not names:
        raise ValueError(text)
    return listed(names)


_held_out.__name__ = "dancer=ID,... or none"  # argparse names the type in its message


@command(_train_arguments)
def train(arguments: argparse.Namespace) -> int:
    """Train a sequence model on takes, and judge it on dancers whom it has never seen."""
    from ballet_lib.training import fit, forget_progress

    output = Path(arguments.output)
    if output.suffix != SUFFIX:
        raise BalletError(f"{output} does not end in {SUFFIX}. Call it {output.stem}{SUFFIX}.")
    writable_folder(output.parent)
    learned, held_out = _divided(TakeSet.load(arguments.takes), arguments.hold_out, arguments.seed)
    classifier = fit(
        learned, arguments.network, validation=_validation(learned, arguments.seed),
        features=arguments.features, epochs=arguments.epochs, seed=arguments.seed, logs=arguments.logs,
        checkpoint=arguments.checkpoint, keep_progress=True, bar=not arguments.json,
    )  # fmt: skip
    if held_out is not None:
        told = {"takes": len(held_out), "dancers": list(held_out.dancers)}
        classifier.card["data"]["held_out"] = told
    interrupted = classifier.card["interrupted"]
    if interrupted:
        classifier.save(output)  # first of all: whoever presses Ctrl-C may do so again
    if held_out is not None:
        from ballet_lib.evaluation import evaluate

        classifier.card["held_out"] = evaluate(classifier, held_out).to_json()
    classifier.save(output)
    if arguments.checkpoint and not interrupted:
        forget_progress(arguments.checkpoint)
    _report(classifier, output, arguments.json)
    if interrupted:
        print(f"ballet: stopped. {output} holds the best weights so far; its card says so.", file=sys.stderr)
    return INTERRUPTED if interrupted else 0


def _divided(takes: TakeSet, hold_out: tuple[str, ...] | None, seed: int) -> tuple[TakeSet, TakeSet | None]:
    """Return the takes to learn from, and those to judge by if any dancer is held out."""
    from ballet_lib.formats.reading import NOBODY
    from ballet_lib.training import split_with_all_labels

    if hold_out == ():
        return takes, None
    if len(takes.dancers) < 2:
        named = takes.dancers != (NOBODY,)
        whose = f"All {len(takes)} takes are danced by {takes.dancers[0]}" if named else (
            f"Nothing says who dances in the {len(takes)} takes")  # fmt: skip
        more = "Record a second dancer" if named else "Name the dancers by ballet import --labels"
        raise BalletError(f"{whose}, so nobody is left to judge the model on. "
                          f"{more}, or train without a score by --hold-out none.")  # fmt: skip
    if hold_out is None:
        split = split_with_all_labels(takes, HELD_OUT, seed, least=2)
    else:
        split = split_by_dancer(takes, hold_out)
    unseen = {take.movement for take in split.test} - {take.movement for take in split.train}
    if unseen:
        raise BalletError(
            f"Only dancers who are held out show {', '.join(sorted(unseen))}, so it cannot be learned. "
            "Hold out others."
        )
    return split.train, split.test


def _validation(takes: TakeSet, seed: int) -> float | None:
    """Return the share of dancers to choose the best epoch by; None, and a word, if nobody can be spared."""
    from ballet_lib.training import split_with_all_labels

    try:
        split_with_all_labels(takes, VALIDATION, seed)
    except LeakError:
        raise
    except BalletError:
        print(
            "ballet: no dancer can be spared for validation; every epoch is trained and the last one kept.",
            file=sys.stderr,
        )
        return None
    return VALIDATION


def _report(classifier: Classifier, output: Path, as_json: bool) -> None:
    card = classifier.card
    if as_json:
        report = {"held_out": card["held_out"], "validation": card["validation"], "seconds": card["seconds"],
                  "interrupted": card["interrupted"], "model": str(output), "card": card}  # fmt: skip
        print(json.dumps(report, indent=1, ensure_ascii=False))
        return
    epochs, learned = card["epochs"], card["data"]["train"]
    print(f"trained   {card['network']} on {learned['takes']} takes of {_people(learned['dancers'])}: "
          f"{epochs['run']} epochs, the best was {epochs['best']}, {card['seconds']:.0f} s")  # fmt: skip
    if card["validation"]:
        chosen = card["data"]["validation"]
        print(f"chosen    by {chosen['takes']} takes of {_people(chosen['dancers'])}: "
              f"accuracy {card['validation']['val_accuracy']:.0%}")  # fmt: skip
    if card["held_out"]:
        scores, judged = card["held_out"], card["data"]["held_out"]
        print(f"held out  {judged['takes']} takes of {_people(judged['dancers'])}: "
              f"accuracy {scores['accuracy']:.0%}, macro-F1 {scores['macro_f1']:.2f}")  # fmt: skip
    else:
        print("held out  nobody, so nothing is known about strangers")
    print(f"written   {output}, {output.with_suffix('.json').name}")


def _people(dancers: list[str]) -> str:
    return ", ".join(dancers) if len(dancers) <= 4 else f"{len(dancers)} dancers"
