"""Recipes of the data sets that ship: who dances what, how, and how it is filmed, drawn from seeds.

A recipe costs nothing; `build` films it and lets the real pose model look. The sets vary what real dancers
and cameras vary: views all around, arms that do not belong to the legs' movement, both sides, bodies, speeds,
partial amplitude, feet below the picture's edge, and frames that went dark.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from ballet_lib.skeleton import INDEX
from ballet_lib.studio.body import Body
from ballet_lib.studio.camera import Camera, Damage
from ballet_lib.studio.choreography import ARMS, PHRASES, Style
from ballet_lib.studio.looks import Look
from ballet_lib.studio.performance import phrase
from ballet_lib.studio.routine import Figure, Routine, join
from ballet_lib.studio.scene import Scene
from ballet_lib.studio.stage import Stage
from ballet_lib.studio.variations import VARIATIONS
from ballet_lib.takes import FRAMES, ROUTINE
from ballet_lib.vocabulary import BALLET_MOVEMENTS, MOVEMENTS

FPS = 20.0
LANDSCAPE, PORTRAIT = (640, 480), (480, 640)
FILMED = ("r01_routine_1", "r02_routine_1")
"""Routines that also ship as mp4."""

ON_THE_FEET = ("releve", "battement_tendu")
"""Movements that cannot be told, by a teacher either, when the feet are below the picture's edge."""

LABEL_OF = {
    one.__name__: label
    for some in (PHRASES, VARIATIONS)
    for label, phrases in some.items()
    for one in phrases
}


@dataclass(frozen=True)
class Recipe:
    """One take to be: the scene, which of its frames are kept, and what is told about it."""

    take_id: str
    movement: str
    dancer: str
    scene: Scene
    start: int
    frames: int
    dark: tuple[int, ...] = ()
    """Numbers of the kept frames that show nothing, as when the light fails or a lens is covered."""
    meta: dict = field(default_factory=dict)
    film: bool = False
    """Whether the landmarks come from an mp4 that is kept."""


Recipes = dict[str, Callable[[], Recipe]]
"""For each take's id a function that draws its recipe: quick to list, and each drawn where it is filmed."""


@dataclass(frozen=True)
class Dancer:
    """A person: a body, an appearance, and habits that all her takes share."""

    name: str
    body: Body
    look: Look
    turnout: float
    amplitude: float
    tempo: float
    sway: float

    @classmethod
    def draw(cls, name: str, rng: np.random.Generator) -> "Dancer":
        """Draw a dancer."""
        return cls(
            name,
            Body.draw(rng),
            Look.draw(rng),
            turnout=float(rng.uniform(35, 70)),
            amplitude=float(rng.uniform(0.82, 1.04)),
            tempo=float(rng.uniform(88, 120)),
            sway=float(rng.uniform(0.5, 1.8)),
        )

    def style(self, rng: np.random.Generator) -> Style:
        """Draw how she dances this time."""
        own_arms = rng.random() < 0.5
        return Style(
            amplitude=float(np.clip(self.amplitude * rng.normal(1, 0.1), 0.65, 1.12)),
            tempo=float(np.clip(self.tempo * np.exp(rng.normal(0, 0.15)), 70, 160)),
            side=str(rng.choice(["left", "right"])),
            arms=None if own_arms else str(rng.choice([*ARMS, "free", "free"])),
            turnout=float(np.clip(self.turnout + rng.normal(0, 5), 25, 78)),
            sway=self.sway,
            seed=int(rng.integers(2**31)),
        )


def ballet6(dancers: range = range(1, 13)) -> Recipes:
    """Twelve dancers, each of seven labels, five takes: 420 takes of two seconds.

    Higher numbers are further dancers of the same kind, on whom nothing that ships was trained.
    """
    recipes: Recipes = {}
    for who in dancers:
        dancer = Dancer.draw(f"d{who:02d}", _random("ballet6", who))
        for what, movement in enumerate(MOVEMENTS):
            for number in range(5):
                take_id = f"{dancer.name}_{movement}_{number + 1}"
                rng = _random("ballet6", who, what, number)
                other = (5 * who - 5 + number) % len(PHRASES["other"])
                recipes[take_id] = partial(_ballet6_take, take_id, dancer, movement, number, other, rng)
    return recipes


def _ballet6_take(
    take_id: str, dancer: Dancer, movement: str, number: int, other: int, rng: np.random.Generator
) -> Recipe:
    style = dancer.style(rng)
    if movement == "other":  # the seed chooses what is shown; in turn, so that everything comes up
        style = replace(style, seed=style.seed // 100 * len(PHRASES["other"]) + other)
    view = _view(movement, number, style.side, rng)
    scene = Scene(
        movement, dancer.body, style, dancer.look, Camera.draw(rng, view), Stage.draw(rng), Damage.draw(rng),
        size=LANDSCAPE if rng.random() < 0.6 else PORTRAIT, fps=FPS, fill=float(rng.uniform(0.62, 0.93)),
    )  # fmt: skip
    scene, start = _cut(scene, rng)
    cropped = bool(rng.random() < 0.14) and movement not in ON_THE_FEET
    if cropped:
        scene = _without_feet(scene, rng)
    dark: tuple[int, ...] = ()
    if rng.random() < 0.12:
        first = int(rng.integers(2, FRAMES - 8))
        dark = tuple(range(first, first + int(rng.integers(2, 8))))
    meta = _told(scene) | {"cropped": cropped, "dark": len(dark)}
    return Recipe(take_id, movement, dancer.name, scene, start, FRAMES, dark, meta)


def _view(movement: str, number: int, working: str, rng: np.random.Generator) -> tuple[float, float]:
    """Three of five takes from the front, one from a side, one from anywhere.

    For a leg that is lifted behind, the front is where the name of the pose puts the audience. An attitude is
    croisée to those who sit at the supporting side; from the other side her bent leg points at the camera
    and looks like an arabesque's. A first arabesque is open: in profile, the lifted leg nearest.
    """
    side = rng.choice([-1, 1])
    near = 1 if working == "left" else -1  # the yaw at which the lifted leg is nearest
    if movement == "attitude_croisee":
        front, side = sorted((-near * 20, -near * 60)), -near
    elif movement == "first_arabesque":
        front = sorted((near * 45, near * 100))
    else:
        front = (-40, 40)
    return [front, front, front, sorted((side * 40, side * 110)), (-180, 180)][number]


def _cut(scene: Scene, rng: np.random.Generator) -> tuple[Scene, int]:
    """Find where to cut: around the time when the dancer is farthest from where she began.

    A dance shorter than a take begins and ends with standing still.
    """
    keys = phrase(scene.movement, scene.style)(scene.style)
    beat = scene.style.tempo / 60 / FPS  # counts a frame
    length = max(count for count, _ in keys) / beat
    wait = max(FRAMES + 8 - length, 0) * beat / 2
    end: dict[str, float] = {}
    for _, change in sorted(keys, key=lambda key: key[0]):
        end |= change
    keys = [(count + wait, change) for count, change in keys]
    last = max(count for count, _ in keys)
    scene = replace(scene, keys=[*keys, (last, end), (last + wait, end)] if wait else None)
    away = np.linalg.norm(scene.points - scene.points[0], axis=-1).mean(axis=1)
    height = (away * np.arange(len(away))).sum() / max(away.sum(), 1e-9)
    start = round(height - FRAMES / 2 + rng.uniform(-6, 6))
    return scene, int(np.clip(start, 0, len(away) - FRAMES))


def _without_feet(scene: Scene, rng: np.random.Generator) -> Scene:
    """Bring the camera nearer, as at a laptop on a table, until feet and some shin leave the picture."""
    camera = scene.framed
    nearer = replace(camera, distance=camera.distance * 0.85)
    middle = scene.points.mean(axis=0)
    side = min(("left", "right"), key=lambda side: middle[INDEX[f"{side}_heel"], 1])  # the one she stands on
    foot, knee = middle[INDEX[f"{side}_heel"]], middle[INDEX[f"{side}_knee"]]
    edge = foot + (knee - foot) * rng.uniform(0.1, 0.55)
    pixels, depth = nearer.project(edge, scene.size)
    down = (pixels[1] - scene.size[1]) * depth / (nearer.focal * scene.size[1])
    target = np.array(nearer.target) + down * nearer.axes[1]
    return replace(scene, camera=replace(nearer, target=tuple(map(float, target))), fill=None)


def ballet6_paper() -> Recipes:
    """One dancer before one camera, 20 takes of each of the six movements, as the ballet paper recorded."""
    dancer, stage = Dancer.draw("p01", _random("ballet6-paper")), Stage.draw(_random("ballet6-paper", 0))
    recipes: Recipes = {}
    for what, movement in enumerate(BALLET_MOVEMENTS):
        for number in range(20):
            take_id = f"p01_{movement}_{number + 1:02d}"
            rng = _random("ballet6-paper", what, number)
            recipes[take_id] = partial(_paper_take, take_id, dancer, stage, movement, rng)
    return recipes


def _paper_take(
    take_id: str, dancer: Dancer, stage: Stage, movement: str, rng: np.random.Generator
) -> Recipe:
    # Croisé is crossed to the audience by its name, and an arabesque is shown from the side.
    facing = {"attitude_croisee": -40.0, "first_arabesque": 55.0}.get(movement, 0.0)
    style = Style(
        amplitude=float(np.clip(rng.normal(0.95, 0.05), 0.8, 1.1)),
        tempo=float(np.clip(rng.normal(112, 8), 90, 135)),
        facing=facing + float(rng.normal(0, 4)),
        turnout=dancer.turnout,
        sway=dancer.sway,
        seed=int(rng.integers(2**31)),
    )
    camera = Camera(yaw=float(rng.normal(0, 2)), pitch=5.0, focal=1.15)
    scene = Scene(movement, dancer.body, style, dancer.look, camera, stage, Damage(grain=2.0, jpeg=80),
                  size=LANDSCAPE, fps=FPS, fill=0.82)  # fmt: skip
    scene, start = _cut(scene, rng)
    return Recipe(take_id, movement, dancer.name, scene, start, FRAMES, meta=_told(scene))


def routines(dancers: range = range(1, 5)) -> Recipes:
    """Four further dancers, six performances each, of five movements and whatever lies between.

    Higher numbers are further dancers of the same kind: nothing that ships holds them.
    """
    recipes: Recipes = {}
    for who in dancers:
        dancer = Dancer.draw(f"r{who:02d}", _random("routines", who))
        for number in range(6):
            take_id = f"{dancer.name}_routine_{number + 1}"
            rng = _random("routines", who, number)
            recipes[take_id] = partial(_routine, take_id, dancer, rng, film=take_id in FILMED)
    return recipes


def _routine(take_id: str, dancer: Dancer, rng: np.random.Generator, film: bool) -> Recipe:
    longest = 36 if film else 60
    while True:
        dance, style = _choreograph(dancer, rng)
        if 30 <= dance.counts * 60 / style.tempo <= longest:
            break
    anywhere = rng.random() < 0.18
    camera = Camera.draw(rng, (-180, 180) if anywhere and not film else (-35, 35))
    return _filmed(take_id, dancer, dance, style, camera, rng, film)


def _filmed(
    take_id: str,
    dancer: Dancer,
    dance: Routine,
    style: Style,
    camera: Camera,
    rng: np.random.Generator,
    film: bool = False,
) -> Recipe:
    """Draw how a routine is filmed: the room, what ails the picture, dark moments, feet out of sight."""
    scene = Scene(
        ROUTINE, dancer.body, style, dancer.look, camera, Stage.draw(rng),
        None if film else Damage.draw(rng), size=LANDSCAPE, fps=FPS, fill=float(rng.uniform(0.78, 0.93)),
        keys=dance.keys,
    )  # fmt: skip
    frames = len(scene.motion)
    dark: list[int] = []
    if not film and rng.random() < 0.35:
        for first in rng.integers(40, frames - 40, size=rng.integers(1, 3)):
            dark += range(first, first + int(rng.integers(3, 14)))
    cropped = not film and rng.random() < 0.08
    if cropped:
        scene = _without_feet(scene, rng)
    second = 60 / style.tempo
    timeline = [[round(a * second, 3), round(b * second, 3), label] for a, b, label in dance.timeline]
    meta = _told(scene) | {"timeline": timeline, "cropped": cropped, "dark": len(dark)}
    return Recipe(take_id, ROUTINE, dancer.name, scene, 0, frames, tuple(sorted(set(dark))), meta, film)


def _choreograph(dancer: Dancer, rng: np.random.Generator, widely: bool = False) -> tuple[Routine, Style]:
    """Five of the six movements in any order, with preparations, steps, pauses and other things between.

    `widely` takes all six, two of them twice, and varies them more than a class would.

    She turns to the diagonal that the name of a pose asks for, as on a stage: an attitude is croisée, the
    lifted leg at the far side; a first arabesque is open, the lifted leg nearest the audience.
    """

    facing = 0.0

    def figure(name: str) -> Figure:
        nonlocal facing
        style = dancer.style(rng)
        across = float(rng.uniform(20, 60)) * (1 if style.side == "left" else -1)
        straight = float(rng.normal(0, 14))
        wanted = {"attitude_croisee": across, "first_arabesque": -across}.get(name, straight)
        turned = float(np.clip(wanted - facing, -60, 60))
        facing += turned
        if name == "turn_about":
            facing += 55 * style.amplitude * (1 if style.side == "right" else -1)
        slower = float(rng.uniform(0.85, 1.25))
        if widely and name in BALLET_MOVEMENTS:
            style = replace(style, amplitude=float(rng.uniform(0.65, 1.35)))
            slower *= float(rng.uniform(0.85, 1.5))
            if name in VARIATIONS and rng.random() < 0.5:
                name = str(rng.choice([one.__name__ for one in VARIATIONS[name]]))
        return Figure(
            name,
            style,
            slower=slower,
            turned=turned,
            pause=float(rng.choice([0, rng.uniform(0.2, 1), rng.uniform(1, 3.5)], p=(0.35, 0.4, 0.25))),
        )

    between = [one.__name__ for one in PHRASES["other"]]
    figures = [figure(str(rng.choice(["stand", "prepare", "walk"])))]
    danced = rng.permutation(BALLET_MOVEMENTS)
    danced = [*danced, *rng.permutation(BALLET_MOVEMENTS)[:2]] if widely else danced[:5]
    for movement in danced:
        if rng.random() < 0.4:
            figures.append(figure(str(rng.choice(between))))
        figures.append(figure(str(movement)))
    if rng.random() < 0.6:
        figures.append(figure(str(rng.choice(["bow", "stand", "walk"]))))
    style = Style(
        tempo=float(np.clip(dancer.tempo * np.exp(rng.normal(0, 0.1)), 75, 130)),
        sway=dancer.sway,
        seed=int(rng.integers(2**31)),
    )
    return join(figures, LABEL_OF), style


def rehearsals(dancers: range = range(1, 13)) -> Recipes:
    """Twelve further dancers to learn from what lies before, between and after the movements.

    As `routines`, and wider: all six movements and then some once more, legs lower and higher, slower and
    quicker, on demi-pointe, the camera more often at a side or behind. They do not ship.
    """
    recipes: Recipes = {}
    for who in dancers:
        dancer = Dancer.draw(f"h{who:02d}", _random("rehearsals", who))
        take_id = f"{dancer.name}_rehearsal_1"
        recipes[take_id] = partial(_rehearsal, take_id, dancer, _random("rehearsals", who, 0))
    return recipes


def _rehearsal(take_id: str, dancer: Dancer, rng: np.random.Generator) -> Recipe:
    dance, style = _choreograph(dancer, rng, widely=True)
    yaw = (-35, 35) if rng.random() < 0.6 else (-180, 180)
    return _filmed(take_id, dancer, dance, style, Camera.draw(rng, yaw), rng)


def _told(scene: Scene) -> dict:
    """What is told about a take: how it was danced and filmed."""
    style, camera = scene.style, scene.framed
    yaw = (camera.yaw - style.facing + 180) % 360 - 180
    told = {
        "tempo": round(style.tempo, 1),
        "yaw": round(yaw, 1),
        "height": round(scene.body.height, 3),
        "focal": round(camera.focal, 4),
        "seed": style.seed,
        "camera": {"pitch": round(camera.pitch, 1), "distance": round(float(camera.distance), 2),
                   "roll": round(camera.roll, 1), "stage": scene.stage.kind},
    }  # fmt: skip
    if scene.movement == ROUTINE:
        return told
    danced = phrase(scene.movement, style).__name__
    return {
        "side": style.side,
        "amplitude": round(style.amplitude, 2),
        "arms": style.arms or "own",
        "phrase": danced,
    } | told


def _random(name: str, *numbers: int) -> np.random.Generator:
    return np.random.default_rng([zlib.crc32(name.encode()), *numbers])


@dataclass(frozen=True)
class DataSet:
    """A data set that ships: its name, what it is, and the recipes of its takes."""

    name: str
    about: str
    recipes: Callable[[], Recipes]
    frames: int
    """Frames of a take, on average."""


SETS: dict[str, DataSet] = {
    one.name: one
    for one in (
        DataSet(
            "ballet6", "12 dancers × 7 labels × 5 takes of 40 frames, seen from all around", ballet6, FRAMES
        ),
        DataSet(
            "ballet6-paper",
            "one dancer, 20 takes of each of six movements, front view",
            ballet6_paper,
            FRAMES,
        ),
        DataSet(
            "routines", "24 performances of 30 to 60 s by four other dancers, with timelines", routines, 880
        ),
    )
}
"""The data sets that ship, by name."""
