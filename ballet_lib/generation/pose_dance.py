"""Dancing on in pose space: the turns of all joints are generated, and a body of fixed bones dances them.

Silhouettes can melt; bones cannot. A frame is what the 21 joints of the studio's dancer are turned by. A
model of the next frame learns from many routines, whose motion the studio computes without drawing. What it
generates is made rigid again, see `pose_vectors`: the bones keep their lengths, and the foot that stands
stays where it stands.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ballet_lib.errors import BalletError
from ballet_lib.generation.known_poses import KnownPoses, usual_distance
from ballet_lib.generation.pose_judges import bend_limits
from ballet_lib.generation.pose_vectors import Limits, in_between, to_motion, to_vectors
from ballet_lib.generation.vectors import NextVector, fit_next
from ballet_lib.silhouettes import FPS, frame_dancer
from ballet_lib.skeleton import INDEX
from ballet_lib.studio.body import Body, Motion
from ballet_lib.studio.performance import reflect

if TYPE_CHECKING:
    from sklearn.decomposition import PCA

    from ballet_lib.studio.camera import Camera, Size
    from ballet_lib.studio.looks import Look
    from ballet_lib.studio.render import Picture
    from ballet_lib.studio.stage import Stage

VARIANCE = 0.99
"""Share of the turns' variance that the principal components keep: some thirty of 126 numbers."""
USUAL, PULL = 0.8, 0.5
"""A pose farther from all known ones than this share of real poses is from other routines' is pulled back."""
SETTINGS = {"noise": 0.3, "dropout": 0.0, "epochs": 45}
"""Of `vectors.fit_next`, chosen by dancer r15 and r05 to r09."""


# --- What it learns from ------------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def routine_motions(dancers: tuple[int, ...] = (11, 12, 13, 14), number: int = 4) -> dict[str, Motion]:
    """Compute the motion of routines of the studio, ten frames a second; kept for the next call.

    Parameters
    ----------
    dancers
        Their numbers, see `studio.recipes.routines`.
    number
        Routines of each, at most six.

    Returns
    -------
        Motions by take, such as ``r11_routine_1``.
    """
    from ballet_lib.studio.recipes import routines

    motions = {}
    for dancer in dancers:
        for take, draw in list(routines(range(dancer, dancer + 1)).items())[:number]:
            whole = draw().scene.motion
            every = round(whole.fps / FPS)
            motions[take] = replace(whole[::every], fps=FPS)
    return motions


# --- The dance ----------------------------------------------------------------------------------------------


@dataclass
class PoseDance:
    """Generates motions; `fit_pose_dance` makes one.

    Attributes
    ----------
    model
        What follows, in principal components of the turns.
    beginnings
        (B, context, components): how the routines begin that it learnt from.
    limits
        How far elbows and knees bend in these, and so in its dances.
    known
        To what a dance is pulled.
    """

    model: NextVector
    beginnings: np.ndarray
    limits: Limits
    known: KnownPoses
    _pca: "PCA"

    def dance(
        self,
        steps: int = 200,
        temperature: float = 1.0,
        seed: int = 0,
        *,
        start: Motion | None = None,
        body: Body | None = None,
        fps: float = FPS,
    ) -> Motion:
        """Generate a dance.

        Parameters
        ----------
        steps
            How many frames to make, ten a second.
        temperature
            Above 0; 1 is as varied as what was learnt, less is calmer.
        seed
            Of what is drawn, and of which routine's beginning the dance goes on from.
        start
            Go on from the end of this motion instead, at ten frames a second.
        body
            Who dances; the average dancer if not given.
        fps
            Frames a second of the motion returned: more than ten are put in between.

        Returns
        -------
            A motion without the frames that it went on from.

        Raises
        ------
        BalletError
            If the start is too short, there are no steps, or temperature or `fps` is not above 0.
        """
        if not 0 < fps <= 1000:
            raise BalletError(f"{fps} frames a second make no dance. Give a number such as {FPS:g}.")
        if start is None:
            drawn = np.random.default_rng(seed).integers(len(self.beginnings))
            seen = self.beginnings[drawn]
        else:
            seen = self._pca.transform(to_vectors(start))
        made = self._pca.inverse_transform(self.model.roll(seen, steps, temperature, seed, self.known))
        return to_motion(in_between(made, fps / FPS), body or Body(), fps, self.limits)


def fit_pose_dance(
    motions: dict[str, Motion] | None = None,
    head: str = "mixture",
    *,
    variance: float = VARIANCE,
    mirrored: bool = True,
    seed: int = 0,
    bar: bool = True,
    **settings,
) -> PoseDance:
    """Train what dances on in pose space.

    Parameters
    ----------
    motions
        Ten frames a second, by name; `routine_motions` if not given.
    head
        ``mixture`` or ``mean``, see `vectors.fit_next`.
    variance
        Share of the turns' variance that the principal components keep.
    mirrored
        Learn from each motion on the other side as well.
    seed
        Of weights, windows and noise.
    bar
        Whether to show progress.
    settings
        Further ones of `vectors.fit_next`.

    Raises
    ------
    BalletError
        If motions or settings are unfit to learn from.
    """
    from sklearn.decomposition import PCA

    shown = list((motions or routine_motions()).values())
    if strange := [motion.fps for motion in shown if abs(motion.fps - FPS) > 0.5]:
        raise BalletError(
            f"Motions to learn from have {FPS:g} frames a second, and one has {strange[0]:g}. Take every "
            "other frame of the studio's."
        )
    if not 0 < variance < 1:
        raise BalletError(f"Components cannot keep {variance} of the variance. Give a share below 1.")
    if mirrored:
        shown += [reflect(motion) for motion in shown]
    turns = [to_vectors(motion) for motion in shown]
    pca = PCA(variance, svd_solver="full").fit(np.concatenate(turns))
    sequences = [pca.transform(one) for one in turns]
    model = fit_next(sequences, head, seed=seed, bar=bar, **(SETTINGS | settings))
    beginnings = np.stack([one[: model.context] for one in sequences])
    known = KnownPoses(np.concatenate(sequences), PULL, usual_distance(sequences, USUAL))
    return PoseDance(model, beginnings, bend_limits(shown), known, pca)


# --- Seen ---------------------------------------------------------------------------------------------------


def pictures(
    motion: Motion,
    body: Body | None = None,
    look: "Look | None" = None,
    *,
    camera: "Camera | None" = None,
    stage: "Stage | None" = None,
    size: "Size" = (480, 640),
    finesse: int = 2,
) -> Iterator[np.ndarray]:
    """Draw a motion, frame by frame, the whole dance in the picture: uint8 (H, W, 3), as `write_video` takes.

    Parameters
    ----------
    motion, body
        What is danced, and by whom: the body that the motion was made for.
    look, camera, stage
        Of the dancer, whence she is seen, and where; plain ones if not given.
    size
        (width, height) in pixels.
    finesse
        Samples of an edge pixel in each direction.
    """
    drawn = _drawn(motion, body or Body(), look, camera, stage, size, finesse)
    return (picture.rgb for picture in drawn)


def silhouettes_of(motion: Motion, body: Body | None = None) -> np.ndarray:
    """Draw a motion as silhouettes, so that the judges of these can judge it: bool (T, 96, 64)."""
    drawn = _drawn(motion, body or Body(), None, None, None, size=(240, 288), finesse=1)
    return frame_dancer([picture.mask for picture in drawn])


def _drawn(
    motion: Motion,
    body: Body,
    look: "Look | None",
    camera: "Camera | None",
    stage: "Stage | None",
    size: "Size",
    finesse: int,
) -> Iterator["Picture"]:
    from ballet_lib.studio.camera import Camera
    from ballet_lib.studio.render import Renderer, render

    points = body.landmarks(motion)
    crown = points[:, [INDEX["nose"]]] + (0, 0.10 * body.height, 0)
    framed = (camera or Camera()).framing(np.concatenate([points, crown], axis=1), size, 0.9)
    return render(Renderer(body, look, framed, stage, size, finesse), motion)
