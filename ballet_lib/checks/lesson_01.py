"""Tasks and quiz of lesson 01: landmarks, angles, torsos, and a dance of one's own."""

import numpy as np

from ballet_lib.checks.base import Question, expect, expect_close, expect_shape, task
from ballet_lib.checks.own_dance import danced, expect_a_body_could, longest, when
from ballet_lib.skeleton import INDEX, joint_angles, normalise

# --- 01.1 -------------------------------------------------------------------------------------------------


@task(
    "01.1",
    "arms_overhead",
    "Arms en couronne",
    level="fill in",
    minutes=4,
    hints=(
        "In a picture y points down: the top edge is 0. What is higher has the smaller y.",
        "`wrists < nose` compares both wrists at once and has the shape (T, 2). One answer a frame is "
        "asked for.",
        "`.all(axis=1)` is True where both are. A comparison with NaN is False, so empty frames need no "
        "care.",
    ),
)
def arms_overhead(answer, rng):
    """Judge a function (T, 33, 4) -> bool (T,): whether both wrists are above the nose."""
    landmarks = _port_de_bras(rng)
    landmarks[[5, 6]] = np.nan
    got = answer(landmarks.copy())
    expect_shape(
        got,
        (len(landmarks),),
        f"One answer a frame is asked for, shape ({len(landmarks)},), and you gave {np.shape(got)}. Join "
        "the two wrists into one answer.",
    )
    got = np.asarray(got).astype(bool)
    wrists, nose = (
        landmarks[:, [INDEX["left_wrist"], INDEX["right_wrist"]], 1],
        landmarks[:, [INDEX["nose"]], 1],
    )
    above: np.ndarray = wrists < nose
    there = ~np.isnan(nose[:, 0])
    expect(
        not np.array_equal(got[there], np.all(wrists > nose, axis=1)[there]),
        "You found where both hands are below the nose. In a picture y points down: higher is smaller.",
    )
    expect(
        not np.array_equal(got[there], np.any(above, axis=1)[there]),
        "For you one arm is enough. In an attitude one arm is overhead and the other is not: ask for both.",
    )
    for number, side in enumerate(("left", "right")):
        expect(
            not np.array_equal(got[there], above[there, number]),
            f"You look at the {side} wrist only. Her other arm may be anywhere.",
        )
    expect(
        not got[~there].any(),
        "In frames 5 and 6 nobody is there, and yet you see arms overhead. A comparison with NaN is False, "
        "so ask for `<`, not for the opposite of `>`.",
    )
    wrong = np.flatnonzero(got != above.all(axis=1))
    if len(wrong):
        frame = wrong[0]
        left, right = wrists[frame]
        expect(
            False,
            f"In frame {frame} the wrists are at y = {left:.2f} and {right:.2f}, the nose at "
            f"{nose[frame, 0]:.2f}, and you say {got[frame]}.",
        )


def _port_de_bras(rng: np.random.Generator) -> np.ndarray:
    """Dance arms from low, over one up and both up, to the side, then with the other arm: (T, 33, 4)."""
    from ballet_lib.studio.body import Body
    from ballet_lib.studio.choreography import Style, at, first_position, port_de_bras
    from ballet_lib.studio.scene import Scene

    arms = port_de_bras(["bras bas", "attitude", "couronne", "seconde"], [0, 2, 4, 6])
    keys = [at(0, first_position(50)), *arms]
    body, seed = Body.draw(rng), int(rng.integers(1000))
    dances = [
        Scene("port de bras", body=body, style=Style(side=side, seed=seed), keys=keys)
        for side in ("left", "right")
    ]
    return np.concatenate([dance.exact.landmarks for dance in dances])


# --- 01.2 -------------------------------------------------------------------------------------------------


@task(
    "01.2",
    "knee_angle",
    "The angle of a knee",
    level="write",
    minutes=8,
    hints=(
        "The angle lies at the knee, between the thigh (knee to hip) and the shin (knee to ankle).",
        "Its cosine is the dot product of the two, divided by both lengths. `(u * v).sum(-1)` keeps the "
        "frames.",
        "For a straight leg rounding gives a cosine a little below -1. `np.clip(cosine, -1, 1)` before "
        "`np.arccos`, and `np.degrees` after it.",
    ),
)
def knee_angle(answer, rng):
    """Judge a function ((T, 33, 3), side) -> (T,) degrees."""
    from ballet_lib.studio.scene import Scene

    world = Scene.draw("retire_devant", rng, damage=None).exact.world.astype(float)
    both = {side: joint_angles(world)[f"{side}_knee"] for side in ("left", "right")}
    for side, other in (("left", "right"), ("right", "left")):
        got = answer(world.copy(), side)
        expect_shape(
            got,
            (len(world),),
            f"One angle a frame is asked for, shape ({len(world)},), and you gave {np.shape(got)}. Sum over "
            "the last axis only.",
        )
        _angle_mistakes(np.asarray(got, float), world, side, both[side], both[other])
        expect_close(
            got, both[side], f"The {side} knee is not right: {_first_off(got, both[side])}.", atol=0.1
        )
    legs = _straight_legs(rng)
    expect(
        np.isfinite(answer(legs.copy(), "left")).all(),
        "A straight leg gives NaN. Rounding makes its cosine -1.0000000000000002, and there is no such "
        "angle. Keep the cosine between -1 and 1.",
    )
    legs[3] = np.nan
    expect(
        np.isnan(answer(legs.copy(), "left")[3]),
        "In a frame without a dancer there is no knee: its angle should stay NaN.",
    )


def _angle_mistakes(
    got: np.ndarray, world: np.ndarray, side: str, wanted: np.ndarray, twin: np.ndarray
) -> None:
    """Name the mistake if the angles are those of a well-known one."""
    flat = joint_angles(world[..., :2])[f"{side}_knee"]
    hip = joint_angles(world)[f"{side}_hip"]
    for mistake, told in (
        (np.radians(wanted), "These are radians. A dance teacher counts in degrees: `np.degrees`."),
        (180 - wanted, "You measure how far the knee is bent: 0 for a straight leg. Asked is the angle "
         "between thigh and shin, 180 for a straight leg. Do both vectors begin at the knee?"),
        (twin, f"You were asked for the {side} knee, and this is the other one. Use `side`."),
        (flat, "That is the angle of her shadow on the picture. Keep the depth: x, y and z."),
        (hip, "That is the angle at the hip. The middle point is the knee."),
    ):  # fmt: skip
        expect(not np.allclose(got, mistake, atol=0.1 if np.ptp(mistake) > 4 else 1e-3), told)


def _first_off(got, wanted: np.ndarray) -> str:
    got = np.asarray(got, float)
    frame = int(np.argmax(np.nan_to_num(np.abs(got - wanted), nan=np.inf)))
    return f"in frame {frame} thigh and shin make {wanted[frame]:.0f}°, and you say {got[frame]:.0f}"


def _straight_legs(rng: np.random.Generator) -> np.ndarray:
    """Draw 500 frames whose left leg is straight, in any direction: (500, 33, 3)."""
    world = rng.normal(size=(500, 33, 3))
    way = rng.normal(size=(500, 3))
    world[:, INDEX["left_knee"]] = world[:, INDEX["left_hip"]] + way * 0.4
    world[:, INDEX["left_ankle"]] = world[:, INDEX["left_hip"]] + way * 0.8
    return world


# --- 01.3 -------------------------------------------------------------------------------------------------


@task(
    "01.3",
    "in_torsos",
    "From pixels to torsos",
    level="write",
    minutes=12,
    hints=(
        "Three steps: undo the stretch of the picture (x times width / height), take the middle of the "
        "hips away from every point of its frame, divide by the torso.",
        "The middle of the hips is `(points[:, [LEFT]] + points[:, [RIGHT]]) / 2`; the list in the index "
        "keeps the shape (T, 1, 2), so that it can be taken away from (T, 33, 2).",
        "The torso is one number for the take: `np.nanmedian` over the frames of the distance between the "
        "middle of the shoulders and the middle of the hips.",
    ),
)
def in_torsos(answer, rng):
    """Judge a function ((T, 33, 2), (width, height)) -> (T, 33, 2) in torsos."""
    from ballet_lib.studio.scene import Scene

    size = (640, 480) if rng.random() < 0.5 else (480, 640)
    bow = Scene.draw("bow", rng, damage=None, size=size)
    landmarks = bow.exact.landmarks[..., :2].astype(float)
    landmarks[[9, 10]] = np.nan
    given = landmarks.copy()
    got = answer(given, size)
    expect_shape(got, landmarks.shape)
    expect(
        np.array_equal(given, landmarks, equal_nan=True),
        "The landmarks that you were given are no longer what they were. Work on a copy.",
    )
    got = np.asarray(got, float)
    expect(
        not np.isnan(got).all(),
        "Two frames without a dancer, and your whole take is NaN: the median of NaN is NaN. `np.nanmedian` "
        "passes over them.",
    )
    expect(
        np.isnan(got[9]).all(),
        "In frames 9 and 10 nobody is there, and now there is. NaN must stay NaN here.",
    )
    _torso_mistakes(got, landmarks, size)
    expect_close(
        got,
        normalise(landmarks, size),
        "The points are not where they should be. With shoulders and hips in a line of length 1, look at "
        "one frame: which of the three steps is missing?",
        rtol=1e-2,
        atol=2e-3,
    )


def _torso_mistakes(got: np.ndarray, landmarks: np.ndarray, size: tuple[int, int]) -> None:
    """Name the mistake if the points are those of a well-known one."""
    upright = landmarks * (size[0] / size[1], 1)
    centred, torso = _from_hips(upright)
    for mistake, told in (
        (normalise(landmarks, (1, 1)), "Your dancer is stretched: in a picture of {} by {} one step of x "
         "is not "
         "as long as one of y. Undo that before you measure the torso.".format(*size)),
        (centred, "The hips are at 0, but the unit is still the picture's height. Divide by the torso."),
        (centred / torso[:, None, None], "You divide each frame by its own torso. When she bows, her torso "
         "looks short, and so all of her grows. Take one torso for the take: the median."),
        (upright / np.nanmedian(torso), "The unit is right, but she still stands where she stood. Take the "
         "middle of the hips away."),
        (normalise(landmarks, size, centre="sequence"), "You move the whole take at once. Here every frame "
         "goes to its own hips."),
    ):  # fmt: skip
        expect(not np.allclose(got, mistake, rtol=1e-2, atol=2e-3, equal_nan=True), told)
    hips = got[:, [INDEX["left_hip"], INDEX["right_hip"]]].mean(axis=1)
    expect(
        np.nanmax(np.abs(hips)) < 1e-3,
        "The middle of her hips should be at (0, 0) in every frame. Is it the middle of both, and not one "
        "hip?",
    )


def _from_hips(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return points (T, 33, 2) from the middle of the hips, and the torso's length (T,)."""
    hips = points[:, [INDEX["left_hip"], INDEX["right_hip"]]].mean(axis=1)
    shoulders = points[:, [INDEX["left_shoulder"], INDEX["right_shoulder"]]].mean(axis=1)
    return points - hips[:, None], np.linalg.norm(shoulders - hips, axis=-1)


# --- 01.4 -------------------------------------------------------------------------------------------------


@task(
    "01.4",
    "my_dance",
    "A dance of your own",
    level="build",
    minutes=15,
    hints=(
        "A channel glides from one key that names it to the next that names it. To hold something, name it "
        "twice: `at(5, both(heel=50))` and `at(6, both(heel=50))`.",
        '`plie` bends both knees, in degrees; 60 is a good demi-plié. `ARMS["couronne"]` are the arms '
        "overhead. On demi-pointe the knees are straight: `plie=0`.",
        'One way: at 2 `plie=60`; at 4 `plie=0`, `both(heel=50)` and `ARMS["couronne"]`; at 5.5 the same '
        "again; at 8 `first_position(55)` with the arms low.",
    ),
)
def my_dance(answer, rng):
    """Judge keys for the studio: a plié, then a relevé with the arms overhead, and back."""
    scene = danced(answer, seed=int(rng.integers(1000)))
    points, fps = scene.points, scene.fps
    knees = np.stack([joint_angles(points)[f"{side}_knee"] for side in ("left", "right")])
    heels = points[:, [INDEX["left_heel"], INDEX["right_heel"]], 1]
    wrists, nose = points[:, [INDEX["left_wrist"], INDEX["right_wrist"]], 1], points[:, [INDEX["nose"]], 1]
    bent = (knees < 145).all(axis=0)
    on_toes = np.all(heels > heels[0] + 0.06, axis=1)
    overhead = np.all(wrists > nose, axis=1)
    expect(
        bent.any(),
        f"No plié yet: her knees bend to {knees.max(axis=0).min():.0f}° at the deepest, and 145° is asked.",
    )
    expect(
        on_toes.any(),
        "She never stands on demi-pointe: both heels should rise by 6 cm. `both(heel=50)` does it.",
    )
    expect(overhead.any(), "Her arms are never overhead: both wrists should be above the nose.")
    expect(
        (on_toes & overhead).any(),
        f"Her heels are up at {when(on_toes, fps)} and her arms at {when(overhead, fps)}, but never "
        "together.",
    )
    expect(
        (on_toes & overhead & (knees > 160).all(axis=0)).any(),
        "On demi-pointe her knees are still bent. A relevé is straight: `plie=0` by the same count.",
    )
    start, end = longest(on_toes & overhead & (knees > 160).all(axis=0))
    held = (end - start) / fps
    expect(
        held >= 0.5,
        f"She holds the relevé for {held:.2f} s; half a second is asked. Name `heel` and the arms again, a "
        "count later.",
    )
    expect(
        np.flatnonzero(bent)[0] < start,
        "The plié comes after the relevé. It is where she takes off: put it first.",
    )
    expect_a_body_could(points, fps)


# --- The quiz ---------------------------------------------------------------------------------------------

QUIZ = (
    Question(
        "A friend fills missing frames with zeros and finds her dancers very fast. Why?",
        {
            "They leap to a corner of the picture and back": "Yes. Zero is a place, the upper left corner, "
            "and they get there within one frame.",
            "Zeros count twice in the mean": "They count once, like any number. That is the trouble: they "
            "*are* numbers, and so a place.",
            "The missing frames were the fast ones": "Perhaps they were. But with zeros even a dancer who "
            "stands still seems to leap.",
        },
        right="They leap to a corner of the picture and back",
    ),
    Question(
        "Why does the interval redraw clips, and not frames?",
        {
            "Frames of one clip resemble each other": "Yes. They share the dancer, the dress, the room and "
            "the view. Seven of them are not seven independent looks.",
            "There are too many frames to redraw": "A thousand times a few thousand is nothing to a "
            "computer. It would be quick, and far too narrow.",
            "Clips make the interval narrower": "They make it wider, and that is honest: you have as many "
            "looks as clips, not as many as frames.",
        },
        right="Frames of one clip resemble each other",
    ),
    Question(
        "You want the angle of a knee that points at the camera. Which coordinates?",
        {
            "World, and look at the visibility": "Yes. The image has the angle of the knee's shadow. And "
            "even in the world the depth is a guess, so ask how sure the model is.",
            "Image: they are what the camera saw": "It saw a leg foreshortened. The angle on the picture "
            "is that of its shadow.",
            "Either: an angle is an angle": "Only when nothing points at the camera. Turn the skeleton of "
            "this lesson and watch the knee on the screen.",
        },
        right="World, and look at the visibility",
    ),
)
