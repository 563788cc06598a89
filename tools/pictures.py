"""Remake the pictures of the README and the lessons, and the one that the doctor looks at.

    python tools/pictures.py

Everything is rendered by the studio; the skeletons are what the real pose model finds.
"""

from pathlib import Path

import cv2
import matplotlib
import matplotlib.pyplot as plt
import numpy as np

from ballet_lib import DATASETS, plots
from ballet_lib.classifier import Classifier
from ballet_lib.evaluation import confusion_matrix, evaluate
from ballet_lib.generation import pose_dance
from ballet_lib.generation.autoencoder import Autoencoder
from ballet_lib.generation.forecasting import fit_convlstm, roll
from ballet_lib.generation.pose_dance import fit_pose_dance
from ballet_lib.networks.attention import attention_weights
from ballet_lib.plots.film_strip import SEEN, draw_silhouette
from ballet_lib.plots.recognition import chief_word, movement_colours
from ballet_lib.plots.saliency import colour_scale
from ballet_lib.plots.style import INK, PALETTE
from ballet_lib.pose import PoseExtractor
from ballet_lib.quiet_tensorflow import import_keras
from ballet_lib.recognition import recognise
from ballet_lib.saliency import integrated_gradients, joint_maps
from ballet_lib.silhouettes import Silhouettes
from ballet_lib.skeleton import LANDMARKS
from ballet_lib.splits import Split, split_by_dancer
from ballet_lib.studio.camera import Camera
from ballet_lib.studio.choreography import Style
from ballet_lib.studio.recipes import ballet6, ballet6_paper
from ballet_lib.studio.scene import Scene
from ballet_lib.styles.filming import scene_of
from ballet_lib.takes import TakeSet
from ballet_lib.training import fit
from ballet_lib.video import read_frames
from ballet_lib.vocabulary import BALLET_MOVEMENTS, MOVEMENTS, STYLES, french

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
ARABESQUE = Scene("first_arabesque", camera=Camera(yaw=60))


def doctors_picture() -> None:
    """A single dancer, half-way through an arabesque, on which `ballet doctor` tries the model."""
    rgb = next(ARABESQUE.pictures(only=[len(ARABESQUE.motion) // 2])).rgb
    cv2.imwrite(str(DATASETS / "dancer.jpg"), rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])


def first_arabesque(extractor: PoseExtractor) -> None:
    """The filmstrip that opens the README and lesson 00."""
    frames = [picture.rgb for picture in ARABESQUE.pictures()][10:-14]
    stream = extractor.stream()
    poses = [stream.frame(frame, i / ARABESQUE.fps).landmarks[0] for i, frame in enumerate(frames)]
    figure = plots.filmstrip(frames, np.array(poses), n=6)
    save(figure, "first_arabesque.jpg")


def dancers_tracked(extractor: PoseExtractor) -> None:
    """One dancer for each movement, no two alike, as lesson 01 opens."""
    figure, axes = plots.subplots(1, len(BALLET_MOVEMENTS), size=(11.4, 2.9))
    views = (5, -15, 25, 50, 75, -20)  # degrees, so that each movement shows what it is
    for number, (movement, yaw, ax) in enumerate(zip(BALLET_MOVEMENTS, views, axes, strict=True)):
        rng = np.random.default_rng([14, number])
        scene = Scene.draw(movement, rng, (yaw, yaw), style=Style(), fill=0.85)
        rgb = next(scene.pictures(only=[len(scene.motion) // 2])).rgb
        plots.overlay(rgb, extractor.image(rgb).landmarks[0], legend=False, ax=ax)
        ax.set_title(french(movement), fontsize=10, fontweight="normal", loc="center")
    save(figure, "dancers_tracked.jpg")


def dataset() -> None:
    """Two takes of each label of ballet6, no two dancers alike, with the landmarks that ship."""
    takes = {take.take_id: take for take in TakeSet.load("ballet6")}
    recipes = ballet6()
    figure, axes = plots.subplots(2, len(MOVEMENTS), size=(11.4, 4.6))
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.02)
    for row, (first, number) in enumerate(((1, 1), (8, 3))):
        for column, (movement, ax) in enumerate(zip(MOVEMENTS, axes[row], strict=True)):
            take_id = f"d{(first + column - 1) % 12 + 1:02d}_{movement}_{number + column % 2}"
            recipe = recipes[take_id]()
            rgb = next(recipe.scene.pictures(only=[recipe.start + 22])).rgb
            rgb, landmarks = _cut(rgb, takes[take_id].poses.landmarks[22])
            plots.overlay(rgb, landmarks, legend=False, ax=ax)
            if row == 0:
                ax.set_title(french(movement), fontsize=10, fontweight="normal", loc="center")
    save(figure, "dataset.jpg")


def bilstm() -> None:
    """A dance, and how sure two networks are of its name while it goes on, as lesson 04 opens."""
    split = split_by_dancer(TakeSet.load("ballet6"), ["d10", "d11", "d12"])
    number = [take.take_id for take in split.test].index("d12_retire_devant_2")
    take, kept, half = split.test[number], range(2, 40, 6), 0.143
    recipe = ballet6()[take.take_id]()
    figure, (strip, curves) = plots.subplots(2, 1, size=(11.4, 4.7), height_ratios=(2.35, 1.4), sharex=True)
    figure.get_layout_engine().set(h_pad=0.02)
    drawn = recipe.scene.pictures(only=[recipe.start + frame for frame in kept])
    for frame, picture in zip(kept, drawn, strict=True):
        rgb, _ = _cut(picture.rgb, take.poses.landmarks[20], 0.6)
        when = frame / take.poses.fps
        strip.imshow(rgb, extent=(when - half, when + half, 0, 1), aspect="auto")
    strip.set(ylim=(0, 1))
    strip.axis("off")
    seconds = np.arange(len(take)) / take.poses.fps
    for reads, line, colour in (("forwards", "-", PALETTE[0]), ("both ways", "--", PALETTE[1])):
        sure = 100 * _sure_of_the_truth(split, reads == "both ways")[number]
        curves.plot(seconds, sure, line, color=colour, lw=2.5, label=f"an LSTM that reads {reads}")
    curves.set(xlim=(-0.06, 2.06), ylim=(0, 104), xlabel="seconds")
    curves.set_ylabel(f"sure of\n{french(take.movement)} (%)")
    curves.legend(loc="lower right", fontsize=11)
    save(figure, "bilstm.jpg")


def _sure_of_the_truth(split: Split, both_ways: bool) -> np.ndarray:
    """Train an LSTM to answer at each frame, as lesson 04 does; its probability of the truth: (N, 40)."""
    keras = import_keras()
    layers = keras.layers
    keras.utils.set_random_seed(0)
    X, y, _ = split.train.to_arrays(["normalised", "velocities"])
    T, truth, _ = split.test.to_arrays(["normalised", "velocities"])
    scale = layers.Normalization()
    scale.adapt(X)
    reader = layers.LSTM(28 if both_ways else 48, return_sequences=True)
    reader = layers.Bidirectional(reader) if both_ways else reader
    answers = layers.Dense(len(split.train.labels), activation="softmax")
    model = keras.Sequential([scale, layers.Dropout(0.2), reader, layers.Dropout(0.3), answers])
    model.compile(keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy", jit_compile=False)
    model.fit(X, np.repeat(y[:, None], X.shape[1], axis=1), batch_size=32, epochs=20, verbose=0)
    return model.predict_on_batch(T)[np.arange(len(T)), :, truth]


def lstm() -> None:
    """A tendu, and what an LSTM keeps and remembers while it is danced, as lesson 03 opens."""
    takes = TakeSet.load("ballet6-paper")
    number = int(np.flatnonzero(takes.y == takes.label_map["battement_tendu"])[2])
    take, kept = takes[number], (3, 10, 17, 23, 30, 37)
    recipe = ballet6_paper()[take.take_id]()
    figure, (strip, *rows) = plots.subplots(3, 1, size=(11.4, 5.2), height_ratios=(2.6, 1, 1), sharex=True)
    figure.get_layout_engine().set(h_pad=0.02)
    drawn = recipe.scene.pictures(only=[recipe.start + frame for frame in kept])
    for column, (frame, picture) in enumerate(zip(kept, drawn, strict=True)):
        rgb, landmarks = _cut(picture.rgb, take.poses.landmarks[frame], 0.73)
        square = strip.inset_axes(((column + 0.02) / 6, 0, 0.96 / 6, 1))
        plots.overlay(rgb, landmarks, legend=False, ax=square)
        square.set_aspect("auto")
    strip.axis("off")
    seconds = (np.arange(len(take)) + 0.5) / take.poses.fps
    for ax, values, name in zip(
        rows, _inside_of_an_lstm(takes, number), ("forget gate", "cell state"), strict=True
    ):
        for unit, colour in zip(values.T, PALETTE, strict=False):
            ax.plot(seconds, unit, color=colour, lw=2.5)
            ax.fill_between(seconds, unit, color=colour, alpha=0.12, lw=0)
        ax.set_ylabel(name)
        ax.margins(y=0.06)
    rows[0].set(ylim=(0, 1.04), yticks=(0, 1))
    rows[1].set(xlim=(0, 2), xlabel="seconds")
    save(figure, "lstm.jpg", quality=80)


def _inside_of_an_lstm(takes: TakeSet, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Train an LSTM as lesson 03 does; forget gate and cell state over a take, (T, 3) each.

    The three units are those whose memory changes most among the six whose forget gate moves most.
    """
    keras = import_keras()
    layers = keras.layers
    keras.utils.set_random_seed(0)
    X, y, _ = takes.to_arrays("normalised")
    X = (X - X.mean((0, 1))) / (X.std((0, 1)) + 1e-6)
    model = keras.Sequential([layers.LSTM(16), layers.Dense(len(takes.labels), activation="softmax")])
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", jit_compile=False)
    model.fit(X, y, batch_size=16, epochs=30, verbose=0)
    cell = model.layers[0].cell
    W, R, b = (weight.numpy() for weight in model.layers[0].weights)
    states, gates, memories = cell.get_initial_state(1), [], []
    for x in X[number]:
        gates.append(1 / (1 + np.exp(-(x @ W + np.array(states[0])[0] @ R + b)[16:32])))
        _, states = cell(x[None], states)
        memories.append(np.array(states[1])[0])
    gates, memories = np.array(gates), np.array(memories)
    moving = np.ptp(gates, axis=0).argsort()[-6:]
    moving = moving[np.ptp(memories[:, moving], axis=0).argsort()[-3:]]
    return gates[:, moving], memories[:, moving]


def confusion() -> None:
    """A confusion matrix of the shipped LSTM with a dancer in each filled cell, as lesson 07 opens."""
    model = Classifier.load("lstm")
    takes = TakeSet.load("ballet6").filter(dancer=model.card["data"]["held_out"]["dancers"])
    told, recipes = evaluate(model, takes), ballet6()
    counts, side = confusion_matrix(told), len(told.labels)
    names = [french(label).replace(" ", "\n") for label in told.labels]
    figure, axes = plots.subplots(side, side, size=(7.2, 8.4))
    figure.get_layout_engine().set(w_pad=0.015, h_pad=0.015, wspace=0, hspace=0)
    figure.suptitle("recognised as", fontsize=10)
    figure.supylabel("danced", fontsize=10)
    for (row, column), ax in np.ndenumerate(axes):
        ax.set(xticks=[], yticks=[], facecolor="#f5f5f5")
        colour = "#0072b2" if row == column else "#d55e00"
        ax.spines[:].set(visible=bool(counts[row, column]), color=colour, linewidth=3)
        if row == 0:
            ax.set_title(names[column], fontsize=9, fontweight="normal", loc="center")
        if column == 0:
            ax.set_ylabel(names[row], fontsize=9, rotation=0, ha="right", va="center")
        if not counts[row, column]:
            continue
        inside = np.flatnonzero((told.y == row) & (told.predicted == column))
        take = takes[int(inside[told.confidence[inside].argmax()])]
        recipe = recipes[take.take_id]()
        rgb = next(recipe.scene.pictures(only=[recipe.start + 22])).rgb
        rgb, _ = _cut(rgb, take.poses.landmarks[22], shape=0.8)
        ax.imshow(rgb, aspect="auto")
        box = {"boxstyle": "round,pad=0.25", "fc": colour, "ec": "none"}
        style = {"color": "white", "fontsize": 11, "fontweight": "bold", "ha": "right", "va": "top"}
        ax.text(0.94, 0.93, counts[row, column], transform=ax.transAxes, bbox=box, **style)
    save(figure, "confusion.jpg")


LOOKED_AT = ("d10_demi_plie_3", "d10_first_arabesque_3")


def attention() -> None:
    """Two dances; pictures at which the network without memory hardly looks are pale, below them its look."""
    takes = TakeSet.load("ballet6")
    strangers = takes.filter(dancer=["d10", "d11", "d12"])
    teachers = takes.filter(lambda take: take.dancer not in strangers.dancers)
    looker = fit(
        teachers, "frame-attention", validation=None, epochs=40, copies=0, learning_rate=3e-3, bar=False
    )
    looks = attention_weights(looker.model, looker.inputs(strangers))
    figure, axes = plots.subplots(
        2 * len(LOOKED_AT), 1, size=(11.4, 2.62 * len(LOOKED_AT)), height_ratios=[1, 0.3] * 2
    )
    for row, take_id in enumerate(LOOKED_AT):
        number = [take.take_id for take in strangers].index(take_id)
        _pictures_by_weight(axes[2 * row], strangers[number], looks[number])
        _curve(axes[2 * row + 1], looks[number])
    save(figure, "attention.jpg")


def _pictures_by_weight(ax, take, weights: np.ndarray, n: int = 9) -> None:
    recipe = ballet6()[take.take_id]()
    chosen = ((np.arange(n) + 0.5) / n * len(take)).astype(int)
    frames = [picture.rgb for picture in recipe.scene.pictures(only=[recipe.start + int(i) for i in chosen])]
    top, bottom, left, right = _around(take.poses.landmarks[chosen][..., :2], frames[0].shape)
    looked = np.array([weights[max(0, i - 2) : i + 3].mean() for i in chosen])
    looked = 0.22 + 0.78 * (looked - looked.min()) / np.ptp(looked)
    pale = [
        255 - (255.0 - frame[top:bottom, left:right]) * share
        for frame, share in zip(frames, looked, strict=True)
    ]
    gap = np.full((bottom - top, max(1, (right - left) // 50), 3), 255.0)
    ax.imshow(np.hstack([part for picture in pale for part in (picture, gap)][:-1]).astype(np.uint8))
    ax.set_axis_off()


def _around(points: np.ndarray, shape: tuple, wide: float = 0.8) -> tuple[int, int, int, int]:
    """Return top, bottom, left, right around a whole dance, `wide` times as wide as high."""
    height, width = shape[:2]
    low, high = (
        np.nanmin(points, axis=(0, 1)) - (0.03, 0.09),
        np.nanmax(points, axis=(0, 1)) + np.array([0.03, 0.05]),
    )
    (left, top), (right, bottom) = (np.clip(end, 0, 1) * (width, height) for end in (low, high))
    more = ((bottom - top) * wide - (right - left)) / 2
    left, right = left - max(more, 0), right + max(more, 0)
    top, bottom = top - max(-more / wide, 0), bottom + max(-more / wide, 0)
    return max(0, int(top)), min(height, int(bottom)), max(0, int(left)), min(width, int(right))


def _curve(ax, weights: np.ndarray) -> None:
    smooth = np.convolve(np.pad(weights, 1, mode="edge"), [0.25, 0.5, 0.25], "valid")
    when = (np.arange(len(weights)) + 0.5) / len(weights)
    ax.fill_between(when, smooth, color="#9c5a97", alpha=0.85, lw=0)
    ax.axhline(1 / len(weights), color="#262626", lw=0.7, linestyle=(0, (4, 3)))
    ax.set(xlim=(0, 1), ylim=(0, 1.05 * smooth.max()))
    ax.set_axis_off()


def saliency() -> None:
    """A dancer in each movement, with dots on the joints that the shipped LSTM's answer is made of."""
    model, recipes = Classifier.load("lstm"), ballet6()
    shown = [f"d11_{movement}_2" for movement in BALLET_MOVEMENTS]
    takes = TakeSet.load("ballet6").filter(lambda take: take.take_id in shown)
    maps = integrated_gradients(model.model, model.inputs(takes))
    figure, axes = plots.subplots(1, len(takes), size=(11.4, 2.85))
    figure.get_layout_engine().set(w_pad=0.02, wspace=0)
    for ax, take, strength in zip(axes, takes, joint_maps(maps, model.features), strict=True):
        frame = int(np.clip(strength.clip(0).sum(axis=1).argmax(), 12, 27))
        recipe = recipes[take.take_id]()
        rgb = next(recipe.scene.pictures(only=[recipe.start + frame])).rgb
        rgb, landmarks = _cut(rgb, take.poses.landmarks[frame], 0.72)
        ax.imshow((255 - (255.0 - rgb) * 0.55).astype(np.uint8))
        ax.set_axis_off()
        ax.set_title(french(take.movement), fontsize=11, fontweight="normal", loc="center")
        _dots(ax, landmarks[:, :2] * rgb.shape[1::-1], strength.sum(axis=0))
    save(figure, "saliency.jpg", quality=80)


def _dots(ax, points: np.ndarray, strength: np.ndarray) -> None:
    """Lay a dot on each joint that speaks for the answer: the darker and larger, the more."""
    strength = strength.clip(0) / strength.max()
    for index in strength.argsort():
        look = {"color": colour_scale(False)(0.35 + 0.65 * strength[index]), "mec": "white"}
        if strength[index] > 0.04:
            ax.plot(*points[index], "o", ms=2 + 15 * np.sqrt(strength[index]), **look)


AUDITION = {1: range(9), 3: (2, 4, 6), 9: (4,)}
"""Who is still there after so many epochs."""


def tuning() -> None:
    """Nine dancers audition, three are asked to go on, one stays: as a tuner does with its trials."""
    pictures = [_at_audition(number) for number in range(len(AUDITION[1]))]
    figure = plt.figure(figsize=(9.4, 4.2))
    grid = figure.add_gridspec(
        3, 9, width_ratios=(1, 1, 1, 0.2, 1, 0.2, 1, 1, 1), wspace=0.05, hspace=0.05,
        left=0.005, right=0.995, bottom=0.005, top=0.92,
    )  # fmt: skip
    rounds = (
        ("nine trials, one epoch each", [grid[n // 3, n % 3] for n in range(9)], AUDITION[3]),
        ("three go on", [grid[n, 4] for n in range(3)], AUDITION[9]),
        ("one is trained to the end", [grid[:, 6:]], AUDITION[9]),
    )
    for (title, places, stay), there in zip(rounds, AUDITION.values(), strict=True):
        for place, number in zip(places, there, strict=True):
            ax = figure.add_subplot(place)
            pale = pictures[number] if number in stay else 255 - (255.0 - pictures[number]) * 0.28
            ax.imshow(pale.astype(np.uint8), aspect="auto")
            ax.set(xticks=(), yticks=())
            ax.spines[:].set(color=PALETTE[1], linewidth=3.5, visible=number in stay)
        left, right = (place.get_position(figure) for place in (places[0], places[-1]))
        figure.text((left.x0 + right.x1) / 2, 0.945, title, ha="center", fontsize=12)
    save(figure, "tuning.jpg", quality=68)


def _at_audition(number: int) -> np.ndarray:
    """Draw one of the dancers in her retiré: rgb."""
    rng = np.random.default_rng([6, number])
    scene = Scene.draw("retire_devant", rng, (15, 15), style=Style(), fill=0.72)
    picture = next(scene.pictures(only=[len(scene.motion) // 2]))
    return _cut(picture.rgb, np.argwhere(picture.mask)[:, ::-1] / picture.mask.shape[::-1], 1.0)[0]


SQUEEZED = (20, 110, 60, 328, 100, 140, 220, 260, 300)
"""Frames of the stranger among the silhouettes."""


def autoencoder() -> None:
    """Silhouettes of a stranger, 128 numbers of each, and each drawn again from them, as lesson 09 opens."""
    frames = Silhouettes.load("silhouettes").filter("r15").frames[list(SQUEEZED)]
    model = Autoencoder.load("silhouettes")
    numbers = model.encode(frames)
    rows = (1 - frames, numbers.reshape(-1, 16, 8), 1 - model.decode(numbers))
    most = np.abs(numbers).max()
    looks = ({"cmap": "gray"}, {"cmap": "PuOr", "vmin": -most, "vmax": most}, {"cmap": "gray"})
    figure, axes = plots.subplots(3, len(frames), size=(11.4, 5.9))
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.03, wspace=0, hspace=0)
    for (row, column), ax in np.ndenumerate(axes):
        ax.imshow(rows[row][column], aspect="auto", extent=(0, 64, 96, 0), **looks[row])
        ax.set(xticks=(), yticks=(), aspect="equal")
        ax.spines[:].set(visible=row == 1, color="#dcdcdc")
    for ax, name in zip(
        axes[:, 0], ("danced:\n6144 pixels", "kept:\n128 numbers", "drawn again"), strict=True
    ):
        ax.set_ylabel(name, fontsize=11, rotation=0, ha="right", va="center", labelpad=8)
    save(figure, "autoencoder.jpg")


def generation() -> None:
    """Five silhouettes that a network saw and five that it forecast; the studio dances what another made."""
    teachers, stranger = Silhouettes.load().split(["r15"])
    seeds = stranger.clips["r15_1"][125:130]
    made = roll(fit_convlstm(teachers, bar=False), seeds, 5)
    size, gap = (240, 160), np.full((240, 6, 3), 255, np.uint8)
    cells = [draw_silhouette(one, size, SEEN) for one in seeds] + [draw_silhouette(one, size) for one in made]
    upper = np.hstack([part for cell in cells for part in (cell, gap)][:-1])

    danced = pose_dance.routine_motions((15,), 1)["r15_routine_1"][:130]
    poser = fit_pose_dance(bar=False)
    motion = poser.dance(200, temperature=1.6, start=danced)[[4, 44, 64, 84, 104, 144]]
    lower = np.hstack(list(pose_dance.pictures(motion, camera=Camera(yaw=10), size=(360, 440))))

    heights = [row.shape[0] / row.shape[1] for row in (upper, lower)]
    figure, axes = plots.subplots(2, 1, size=(11.4, 11.4 * sum(heights) + 0.1), height_ratios=heights)
    for ax, row in zip(axes, (upper, lower), strict=True):
        ax.imshow(row)
        ax.set_axis_off()
    save(figure, "generation.jpg", quality=80)


ROUTINE = "r01_routine_1"


def live() -> None:
    """A routine: five pictures of it, what the model says of each window, what counts, as lesson 11 opens."""
    take = TakeSet.load("routines").filter(lambda take: take.take_id == ROUTINE)[0]
    told = recognise(take.poses, technique=False)
    danced = [part for part in take.timeline if part.label in BALLET_MOVEMENTS]
    colours, seconds = movement_colours(told.labels), take.poses.seconds
    figure, (strip, curves, row) = plots.subplots(
        3, 1, size=(11.4, 5.4), height_ratios=(2.9, 1.1, 0.32), sharex=True
    )
    figure.get_layout_engine().set(h_pad=0.015, hspace=0)
    _pictures_of(strip, take, danced, seconds, colours)
    when = np.arange(len(take)) / take.poses.fps
    for label, column in zip(told.labels, told.probabilities.T, strict=True):
        if label != "other":
            curves.plot(when, column, color=colours[label], lw=2.5)
            curves.fill_between(when, column, color=colours[label], alpha=0.15, lw=0)
    curves.axhline(told.threshold, color=INK, lw=1, ls=(0, (6, 3)))
    curves.set(xlim=(0, seconds), ylim=(0, 1.03), yticks=(0, told.threshold, 1))
    curves.set_ylabel("probability", fontsize=11)
    for event in told.events:
        row.barh(0, event.end - event.start, left=event.start, color=colours[event.movement], height=0.9)
        name = {"ha": "center", "va": "center", "color": "white", "fontsize": 10}
        row.text((event.start + event.end) / 2, 0, chief_word(event.movement), **name)
    row.set(ylim=(-0.6, 0.6), yticks=(), xlabel="seconds")
    row.spines["left"].set_visible(False)
    save(figure, "live.jpg", quality=85)


def _pictures_of(ax, take, danced: list, seconds: float, colours: dict[str, str]) -> None:
    """Show each movement at its height, with a line down to its moment."""
    moments = [(part.start + part.end) / 2 for part in danced]
    numbers = [int(moment * take.poses.fps) for moment in moments]
    frames = dict(enumerate(read_frames(DATASETS / f"{take.take_id}.mp4")))
    wide, count = 1 / len(danced), len(danced)
    for column, (number, part, moment) in enumerate(zip(numbers, danced, moments, strict=True)):
        rgb, landmarks = _cut(frames[number], take.poses.landmarks[number], 0.82)
        square = ax.inset_axes(((column + 0.03) * wide, 0.1, 0.94 * wide, 0.9))
        plots.overlay(rgb, landmarks, legend=False, ax=square)
        square.set_aspect("auto")
        place = (column + 0.5) / count * seconds
        ax.plot([place, moment], [0.1, 0], color=colours[part.label], lw=2.5, solid_capstyle="round")
    ax.set(ylim=(0, 1))
    ax.axis("off")


STYLES_SHOWN = {"classical": (7, 75), "hip_hop": (13, 50), "afrobeat": (5, 46)}
"""For each style a video with one dancer, and a frame of it."""


def dance_styles() -> None:
    """A puppet of each style, the way of its hands, and its hips up and down, as lesson 12 opens."""
    figure, axes = plots.subplots(2, len(STYLES), size=(11.4, 5.5), height_ratios=(3.4, 1), sharex="row")
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.02)
    marks = [LANDMARKS.index(f"{side}_wrist") for side in ("left", "right")]
    for (style, (number, frame)), picture, curve in zip(STYLES_SHOWN.items(), *axes, strict=True):
        scene = scene_of(style, number, (900, 900))
        rgb, points = next(scene.pictures([frame])), scene.exact[:, 0]
        part, moved = _cut(rgb, points[frame - 20 : frame + 1].reshape(-1, 2) / 900, 0.9)
        picture.imshow(part)
        moved = moved.reshape(21, 33, 2) * part.shape[1::-1]
        for mark, colour in zip(marks, (PALETTE[1], PALETTE[4]), strict=True):
            way = moved[:, mark]
            picture.plot(*way.T, color=colour, lw=2, alpha=0.5)
            picture.scatter(*way.T, s=np.linspace(3, 45, len(way)), color=colour, lw=0)
        picture.set_axis_off()
        picture.set_title(STYLES[style].name, fontsize=12, fontweight="normal", loc="center")
        hips = scene.points[frame - 20 : frame + 21, 0, 23:25, 1].mean(axis=1) * 100
        curve.plot(np.arange(-20, 21) / 10, hips - hips.mean(), color=INK, lw=2)
        curve.set(ylim=(-8, 8), xlim=(-2, 2), xlabel="seconds")
    axes[1, 0].set_ylabel("hips up and\ndown (cm)", fontsize=11)
    save(figure, "dance_styles.jpg", quality=85)


def scaling_out() -> None:
    """A dancer, then four, sixteen, and more than one can count, as lesson 13 opens."""
    dancers = [_square_picture(BALLET_MOVEMENTS[(n + 3) % len(BALLET_MOVEMENTS)], n) for n in range(16)]
    figure, axes = plots.subplots(1, 4, size=(11.4, 3.1))
    for ax, side in zip(axes, (1, 2, 4, 16), strict=True):
        order = np.random.default_rng(5).permutation(np.arange(side * side) % 16)
        small = [cv2.resize(dancers[n], (640 // side,) * 2, interpolation=cv2.INTER_AREA) for n in order]
        ax.imshow(np.vstack([np.hstack(small[row * side : (row + 1) * side]) for row in range(side)]))
        ax.set(xticks=(), yticks=())
        ax.spines[:].set_visible(False)
        ax.set_title(f"{side * side}", fontsize=12, fontweight="normal", loc="center")
    save(figure, "scaling_out.jpg", quality=80)


def _square_picture(movement: str, number: int) -> np.ndarray:
    """Draw a dancer of her own in the middle of a movement: rgb, as wide as high."""
    scene = Scene.draw(movement, np.random.default_rng([13, number]), (-25, 45), style=Style(), fill=0.8)
    picture = next(scene.pictures(only=[len(scene.motion) // 2]))
    return _cut(picture.rgb, np.argwhere(picture.mask)[:, ::-1] / picture.mask.shape[::-1], 1.0)[0]


def _cut(rgb: np.ndarray, landmarks: np.ndarray, shape: float = 0.78) -> tuple[np.ndarray, np.ndarray]:
    """Cut a picture around the dancer to a width of `shape` heights, landmarks with it."""
    height, width = rgb.shape[:2]
    wide, tall = min(width, round(height * shape)), min(height, round(width / shape))
    middle = (landmarks[:, :2].min(axis=0) - (0, 0.06) + landmarks[:, :2].max(axis=0)) / 2 * (width, height)
    left, top = (int(np.clip(m - side / 2, 0, whole - side))
                 for m, side, whole in zip(middle, (wide, tall), (width, height), strict=True))  # fmt: skip
    moved = landmarks.copy()
    moved[:, :2] = (landmarks[:, :2] * (width, height) - (left, top)) / (wide, tall)
    return rgb[top : top + tall, left : left + wide], moved


def save(figure, name: str, quality: int = 88) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    figure.savefig(PICTURES / name, dpi=120, bbox_inches="tight", pil_kwargs={"quality": quality})
    plt.close(figure)
    print(f"{name}: {(PICTURES / name).stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    matplotlib.use("Agg")
    doctors_picture()
    with PoseExtractor() as one:
        first_arabesque(one)
        dancers_tracked(one)
    dataset()
    lstm()
    bilstm()
    confusion()
    attention()
    tuning()
    saliency()
    autoencoder()
    generation()
    live()
    dance_styles()
    scaling_out()
