"""Make ballet_lib/technique_table.py: how well a camera shows each fault, from each side.

    python tools/make_technique_table.py

Films dancers with planted faults, once, on all cores (half an hour; they are kept in the cache), and measures
what the pose model makes of them and of the sets that ship.
"""

from collections.abc import Callable
from pathlib import Path

from joblib import Parallel, delayed

from ballet_lib.files import replacing
from ballet_lib.pose_model import cache_folder, pose_model
from ballet_lib.studio.build import make_take
from ballet_lib.studio.faults import planted
from ballet_lib.studio.recipes import Recipe
from ballet_lib.take_files import read_take, write_take
from ballet_lib.takes import Take, TakeSet
from ballet_lib.technique_errors import Errors, measure_errors

TABLE = Path(__file__).resolve().parents[1] / "ballet_lib" / "technique_table.py"
SIZES = (5, 10, 15, 20, 28)
VIEWS = ("front", "diagonal", "side", "diagonal", "side", "behind")
DANCERS, DRAWN = range(1, 9), 24
HEAD = '''"""The table of `technique_errors`: for each movement, rule and view (gain, offset, spread).

Made by tools/make_technique_table.py of ballet6 and ballet6-paper, where they show the whole dancer, and of
eight drawn dancers with planted faults, 248 films from all sides.
A view that is missing is one in which nothing is said.
"""

# fmt: off
TABLE: dict[str, dict[str, dict[int, tuple[float, float, float]]]] = {
'''


def main() -> None:
    """Film, measure, write."""
    whole = (take for name in ("ballet6", "ballet6-paper") for take in TakeSet.load(name))
    takes = [take for take in whole if not take.meta.get("cropped")] + filmed()
    with replacing(TABLE) as temporary:
        temporary.write_text(HEAD + written(measure_errors(takes, dancers=DRAWN)) + "}\n", encoding="utf-8")
    print(f"{TABLE.name}: {len(takes)} takes")


def filmed() -> list[Take]:
    """Film the dancers with planted faults, or take them from the cache."""
    folder = cache_folder() / "planted_faults"
    folder.mkdir(parents=True, exist_ok=True)
    pose_model()  # fetched once, here, not by every worker
    recipes = planted("tune", DANCERS, SIZES, VIEWS)
    Parallel(n_jobs=-1)(delayed(_film)(folder, name, draw) for name, draw in recipes.items())
    return [read_take(folder / f"{name}.npz") for name in recipes]


def _film(folder: Path, name: str, draw: Callable[[], Recipe]) -> None:
    if not (folder / f"{name}.npz").exists():
        write_take(make_take(draw()), folder)


def written(errors: Errors) -> str:
    """Return the table's entries as Python."""
    lines = []
    for movement, rules in errors.items():
        lines.append(f'    "{movement}": {{')
        for rule, views in rules.items():
            lines.append(f'        "{rule}": {{')
            lines += [
                f"            {view}: ({one.gain:g}, {one.offset:g}, {one.spread:g}),"
                for view, one in views.items()
            ]
            lines.append("        },")
        lines.append("    },")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
