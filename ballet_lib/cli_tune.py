"""`ballet tune`."""

import argparse
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ballet_lib.cli_command import INTERRUPTED, command, counted, listed, positive
from ballet_lib.cli_models import _divided, _held_out, _people
from ballet_lib.files import replacing
from ballet_lib.takes import TakeSet
from ballet_lib.tuning.search import METHODS
from ballet_lib.tuning.spaces import SPACES

if TYPE_CHECKING:
    from ballet_lib.classifier import Classifier
    from ballet_lib.tuning import Search

MODEL, TRIALS = "best.keras", "trials.csv"


def _tune_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("takes", metavar="TAKES", help="folder, .npz, or the name of a set that ships")
    parser.add_argument(
        "-o", "--output", required=True, metavar="FOLDER", help="the same command goes on in it after a stop"
    )
    parser.add_argument("--method", choices=METHODS, default="hyperband", help="how to search (hyperband)")
    parser.add_argument("--space", choices=SPACES, default="course", help="what to choose from (course)")
    parser.add_argument(
        "--max-epochs", type=positive, default=9, metavar="N", help="of the longest trials (9)"
    )
    parser.add_argument("--factor", type=positive, default=3, metavar="N",
                        help="one trial in N goes on, to N times the epochs (3)")  # fmt: skip
    parser.add_argument("--budget", type=positive, metavar="N",
                        help="training epochs in all (what Hyperband's brackets take)")  # fmt: skip
    parser.add_argument("--hold-out", type=_held_out, metavar="dancer=ID,...",
                        help="whom to judge the winner on, or 'none' (a quarter of the dancers)")  # fmt: skip
    parser.add_argument(
        "--workers", type=positive, default=1, metavar="N", help="trials at the same time (1)"
    )
    parser.add_argument(
        "--copies", type=int, default=0, metavar="N", help="augmented copies of every take (0)"
    )
    parser.add_argument("--seed", type=int, default=0, help="the same seed, the same configurations (0)")
    parser.add_argument("--features", type=listed, metavar="A,B,...", help="what the networks are fed")


@command(_tune_arguments)
def tune(arguments: argparse.Namespace) -> int:
    """Search for good hyperparameters, and judge the winner once on dancers whom nobody tuned on."""
    from ballet_lib.tuning import tune as search_for

    began = time.perf_counter()
    takes, held_out = _divided(TakeSet.load(arguments.takes), arguments.hold_out, arguments.seed)
    search = search_for(
        takes, arguments.space, arguments.method, max_epochs=arguments.max_epochs, factor=arguments.factor,
        budget=arguments.budget, features=arguments.features, copies=arguments.copies, seed=arguments.seed,
        folder=arguments.output, workers=arguments.workers, bar=not arguments.json,
    )  # fmt: skip
    folder, model = Path(arguments.output), search.classifier()
    with replacing(folder / TRIALS) as temporary:
        search.trials.to_csv(temporary, index=False)
    if held_out is not None:
        model.card["data"]["held_out"] = {"takes": len(held_out), "dancers": list(held_out.dancers)}
        if search.finished:  # a search that goes on must not have been judged already
            from ballet_lib.evaluation import evaluate

            model.card["held_out"] = evaluate(model, held_out).to_json()
    model.save(folder / MODEL)
    if arguments.json:
        report = _report(search, model) | {"model": str(folder / MODEL), "trials": str(folder / TRIALS),
                                           "seconds": round(time.perf_counter() - began, 2)}  # fmt: skip
        print(json.dumps(report, indent=1, ensure_ascii=False))
    else:
        _tell(search, model, folder)
    return 0 if search.finished else INTERRUPTED


def _report(search: "Search", model: "Classifier") -> dict:
    trials, brackets = search.trials, search.brackets_ran()
    return {
        "method": search.method, "finished": search.finished, "budget": search.budget,
        "epochs": search.epochs, "failed": int((trials["status"] == "failed").sum()),
        "validation": model.card["validation"], "held_out": model.card["held_out"], "best": search.best,
        "brackets": json.loads(brackets.to_json(orient="records")),
        "tried": json.loads(trials.to_json(orient="records")), "card": model.card,
    }  # fmt: skip


def _tell(search: "Search", model: "Classifier", folder: Path) -> None:
    card, ran = model.card, search.brackets_ran()
    failed = int(ran["failed"].sum())
    print(f"\nsearched  {search.method}, {counted(len(search.trials), 'trial')}"
          f"{f', {failed} of them failed' if failed else ''}, {search.epochs} of {search.budget} epochs, "
          f"{search.seconds:.0f} s, among {search.space.size:,} combinations\n")  # fmt: skip
    print(str(search).split("\n", 1)[1], end="\n\n")
    if search.method == "hyperband":
        print(f"{ran.to_string(index=False)}\n")
    for problem, rows in search.trials.query("problem != ''").groupby("problem"):
        print(f"failed    {', '.join(map(str, rows['trial']))}: {problem}")
    chosen, judged = card["data"]["validation"], card["data"]["held_out"]
    print(f"chosen    by {chosen['takes']} takes of {_people(chosen['dancers'])}: "
          f"accuracy {search.score:.0%}, the best of many and so too good")  # fmt: skip
    if card["held_out"]:
        low, high = card["held_out"]["intervals"]["accuracy"] or (float("nan"),) * 2
        print(f"held out  {judged['takes']} takes of {_people(judged['dancers'])}: accuracy "
              f"{card['held_out']['accuracy']:.0%} [{low:.0%}, {high:.0%}], "
              f"macro-F1 {card['held_out']['macro_f1']:.2f}")  # fmt: skip
    elif judged:
        print("held out  nobody is asked before the search has ended")
    else:
        print("held out  nobody, so nothing is known about strangers")
    print(f"again     fit(takes, {', '.join(f'{name}={value!r}' for name, value in search.best.items())})")
    print(f"written   {folder / MODEL}, {Path(MODEL).with_suffix('.json')}, {TRIALS}")
