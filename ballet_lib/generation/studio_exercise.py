"""Exercises danced by the studio, and verified: does the recogniser see what was asked for?

The recogniser is that of live recognition, and knows nothing of the exercise. It tells movements, no sides
and no counts.
"""

import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.decisions import Event
from ballet_lib.errors import BalletError
from ballet_lib.generation.grammar import Exercise, Token
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.studio.camera import Camera, Damage
from ballet_lib.studio.choreography import Style
from ballet_lib.studio.recipes import LABEL_OF, Dancer
from ballet_lib.studio.routine import Figure, Routine, join
from ballet_lib.studio.scene import Scene
from ballet_lib.studio.stage import Stage
from ballet_lib.takes import ROUTINE, Segment

if TYPE_CHECKING:
    import pandas as pd

    from ballet_lib.classifier import Classifier

FPS, SIZE = 12.0, (240, 320)
"""Frames a second, and width and height of the pictures: fewer and smaller than a camera's, since they have
to be drawn, and enough for the pose model and the recogniser."""

TEMPO = 84.0
"""Counts of music a minute: an adagio. At 96 an arabesque is held too briefly for the recogniser."""

DANCER = 41
"""Number of a dancer whom nothing was trained on; so are all above it."""

CAMERA = Damage(grain=1.5, jpeg=85)
"""What a decent camera adds to a picture."""

FRONT = (-25.0, 25.0)
"""Degrees around the dancer within which the camera stands: she dances to it. From farther aside, what is
crossed for her looks open."""

DIAGONAL = {"attitude_croisee": 40.0, "first_arabesque": -60.0}
"""Degrees that she turns towards the side of her lifted leg: an attitude is crossed to the audience, an
arabesque open and nearly in profile. All else is danced to the front."""

REST = 0.25
"""Counts that she stands after a movement, if the music leaves them."""

QUICKEST = 0.65
"""Share of its usual counts in which a movement can be danced."""

PART = 24
"""Frames that a process draws at a time: making ready for them takes as long as drawing a few."""


# --- Dancing ---


def draw_dancer(number: int = DANCER) -> Dancer:
    """Draw the dancer of a number, as `studio.recipes.routines` does."""
    return Dancer.draw(f"r{number:02d}", _random("routines", number))


def choreograph(exercise: Exercise, style: Style) -> Routine:
    """Set an exercise to music: an opening of the arms, then each movement within its counts.

    Stepping into a movement takes of its counts. Where feet have far to go and counts are few, she is late,
    and catches up in the next rest.

    Parameters
    ----------
    exercise
        What to dance.
    style
        Of all movements, but for the side.

    Raises
    ------
    BalletError
        If the exercise has no movements.
    """
    if not exercise:
        raise BalletError("An exercise of no movements cannot be danced. Give at least one.")
    opening, *figures = _figures(exercise, style)
    starts, ends, _ = zip(*join([opening, *figures], LABEL_OF).timeline, strict=True)
    now = beat = ends[0]
    timed = [opening]
    for number, (token, figure) in enumerate(zip(exercise, figures, strict=True), start=1):
        step, usual = starts[number] - ends[number - 1], ends[number] - starts[number]
        beat += token.counts
        room = beat - now - step
        slower = float(np.clip((room - REST) / usual, QUICKEST, 1))
        pause = max(room - slower * usual, 0.0)
        timed.append(replace(figure, slower=slower, pause=pause))
        now += step + slower * usual + pause
    return join(timed, LABEL_OF)


def _figures(exercise: Exercise, style: Style) -> list[Figure]:
    """Return the opening and the movements, each facing where it is shown to."""
    figures, facing = [Figure("prepare", style, slower=0.7)], 0.0
    for token in exercise:
        wanted = _facing(token)
        side = "right" if token.side == "both" else token.side
        figures.append(Figure(token.movement, replace(style, side=side), turned=wanted - facing))
        facing = wanted
    return figures


def _facing(token: Token) -> float:
    """Return degrees to the dancer's left."""
    return DIAGONAL.get(token.movement, 0.0) * (1 if token.side == "left" else -1)


def stage(
    exercise: Exercise,
    dancer: int = DANCER,
    seed: int = 0,
    *,
    tempo: float = TEMPO,
    size: tuple[int, int] = SIZE,
    fps: float = FPS,
) -> Scene:
    """Put an exercise on a stage: a dancer, a room, and a camera somewhere in front.

    Parameters
    ----------
    exercise
        What to dance.
    dancer
        Number of the dancer, who is always the same under it.
    seed
        Draws the room and where the camera stands.
    tempo
        Counts a minute.
    size
        Width and height of the pictures.
    fps
        Frames a second.

    Raises
    ------
    BalletError
        If the exercise has no movements, or cannot be danced so fast.
    """
    who, rng = draw_dancer(dancer), _random("exercises", dancer, seed)
    style = Style(who.amplitude, tempo, turnout=who.turnout, sway=who.sway, seed=int(rng.integers(2**31)))
    dance = choreograph(exercise, style)
    return Scene(
        ROUTINE, who.body, style, who.look, Camera.draw(rng, FRONT), Stage.draw(rng), CAMERA,
        size=size, fps=fps, fill=0.88, keys=dance.keys,
    )  # fmt: skip


# --- Verifying ---


@dataclass(frozen=True)
class Verification:
    """What was asked, when it was danced, and what was seen.

    Attributes
    ----------
    exercise
        What was asked.
    timeline
        When each movement was danced, in seconds.
    events
        What the recogniser told.
    pairs
        Numbers of the asked movement and of the event that stand for each other, in order; None for a
        movement that was missed, or for an event that nobody asked for.
    poses
        What was found of the dancer.
    """

    exercise: Exercise
    timeline: tuple[Segment, ...]
    events: tuple[Event, ...]
    pairs: tuple[tuple[int | None, int | None], ...]
    poses: PoseSequence

    @property
    def right(self) -> int:
        """How many movements were seen as what they are, in their order."""
        return sum(self._is_right(*pair) for pair in self.pairs)

    @property
    def share(self) -> float:
        """Which share of the movements that is."""
        return self.right / len(self.exercise)

    @property
    def extra(self) -> int:
        """How many events are told that stand for no movement."""
        return sum(asked is None for asked, _ in self.pairs)

    @property
    def passed(self) -> bool:
        """Whether all that was asked is seen, and nothing else."""
        return self.right == len(self.exercise) == len(self.events)

    def table(self) -> "pd.DataFrame":
        """Return a row a movement, or event too many: asked, danced (second), seen, told (second), right."""
        import pandas as pd

        rows = []
        for asked, told in self.pairs:
            event = None if told is None else self.events[told]
            rows.append(
                {
                    "asked": "" if asked is None else str(self.exercise[asked]),
                    "danced": None if asked is None else round(self.timeline[asked].start, 1),
                    "seen": event.movement if event else "",
                    "told": round(event.start, 1) if event else None,
                    "right": self._is_right(asked, told),
                }
            )
        return pd.DataFrame(rows)

    def _is_right(self, asked: int | None, told: int | None) -> bool:
        if asked is None or told is None:
            return False
        return self.exercise[asked].movement == self.events[told].movement


def verify(
    exercise: Exercise,
    dancer: int = DANCER,
    seed: int = 0,
    *,
    classifier: "Classifier | str | None" = None,
    exact: bool = False,
    film: str | Path | None = None,
    bar: bool = True,
    **staged,
) -> Verification:
    """Dance an exercise, film it, find the dancer, recognise, and compare with what was asked.

    Parameters
    ----------
    exercise
        What to dance.
    dancer, seed
        Who dances it and where, see `stage`; further settings of that go there.
    classifier
        A `Classifier`, or the name or path of one; that of live recognition if None.
    exact
        Take the joints as the studio knows them in place of what the pose model finds in pictures. Nothing
        is drawn then, which takes a tenth of the time and tests the choreography alone.
    film
        Where to write what was seen, as mp4 or gif.
    bar
        Whether to show progress.

    Raises
    ------
    BalletError
        If the exercise cannot be danced, or a film is wanted of what is not drawn.
    """
    from ballet_lib.live import MODEL
    from ballet_lib.recognition import recognise

    if exact and film:
        raise BalletError(
            "With exact joints nothing is drawn that could be filmed. Leave out one of the two."
        )
    scene = stage(exercise, dancer, seed, **staged)
    poses = scene.exact if exact else _watch(scene, film, bar)
    events = recognise(poses, classifier or MODEL, technique=False).events
    pairs = align([token.movement for token in exercise], [event.movement for event in events])
    return Verification(exercise, _timeline(exercise, scene), tuple(events), tuple(pairs), poses)


def align(asked: Sequence[str], told: Sequence[str]) -> list[tuple[int | None, int | None]]:
    """Pair two sequences with as few differences as possible, in order (Levenshtein 1966).

    Returns
    -------
    list
        Places in both; None where one has nothing to stand for the other's. Where there is a choice, places
        are paired rather than left alone.
    """
    rows, columns = len(asked) + 1, len(told) + 1
    cost = np.zeros((rows, columns), int)
    cost[:, 0], cost[0, :] = range(rows), range(columns)
    for i in range(1, rows):
        for j in range(1, columns):
            paired = cost[i - 1, j - 1] + (asked[i - 1] != told[j - 1])
            cost[i, j] = min(paired, cost[i - 1, j] + 1, cost[i, j - 1] + 1)
    pairs: list[tuple[int | None, int | None]] = []
    i, j = rows - 1, columns - 1
    while i or j:
        if i and j and cost[i, j] == cost[i - 1, j - 1] + (asked[i - 1] != told[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif i and cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
            pairs.append((i, None))
        else:
            j -= 1
            pairs.append((None, j))
    return pairs[::-1]


def _watch(scene: Scene, film: str | Path | None, bar: bool) -> PoseSequence:
    """Draw picture after picture, and let the pose model look at each as it would at a camera's.

    Drawing takes several times as long as looking, so all cores draw.
    """
    from tqdm.auto import tqdm

    from ballet_lib.pose import PoseExtractor
    from ballet_lib.video import write_video

    found: list[PoseSequence] = []

    def shown() -> Iterator[np.ndarray]:
        line = tqdm(_drawn(scene), "danced and filmed", len(scene.motion), disable=not bar, unit="frame")
        for number, picture in enumerate(line):
            found.append(stream.frame(picture, number / scene.fps))
            yield picture

    with PoseExtractor() as extractor, extractor.stream() as stream:
        if film:
            write_video(film, shown(), scene.fps)
        else:
            deque(shown(), maxlen=0)
    landmarks, world = (
        np.concatenate([getattr(one, name) for one in found]) for name in ("landmarks", "world")
    )
    return PoseSequence(landmarks, world, scene.fps, scene.size, "studio")


def _drawn(scene: Scene) -> Iterator[np.ndarray]:
    """Draw a scene on all cores; its pictures come in order, and as `Scene.pictures` draws them."""
    from joblib import Parallel, delayed

    clean, frames = replace(scene, damage=None), range(len(scene.motion))
    parts = [frames[start : start + PART] for start in range(0, len(frames), PART)]
    drawn = Parallel(n_jobs=-1, return_as="generator")(delayed(_part)(clean, part) for part in parts)
    grain = np.random.default_rng(scene.style.seed)
    for picture in chain.from_iterable(drawn):
        yield scene.damage(picture, grain) if scene.damage else picture


def _part(scene: Scene, frames: range) -> list[np.ndarray]:
    return [picture.rgb for picture in scene.pictures(only=frames)]


def _timeline(exercise: Exercise, scene: Scene) -> tuple[Segment, ...]:
    second = 60 / scene.style.tempo
    danced = choreograph(exercise, scene.style).timeline[1:]
    return tuple(Segment(start * second, end * second, label) for start, end, label in danced)


def _random(name: str, *numbers: int) -> np.random.Generator:
    return np.random.default_rng([zlib.crc32(name.encode()), *numbers])
