"""Make what lessons 04 and 08 show and use: the pictures of ballet6, and the encoder that reads them.

    python tools/make_frames.py frames     draw datasets/frames.npz: some takes of ballet6, ten pictures each
    python tools/make_frames.py masks      draw datasets/frame_masks.npz: what in them is the dancer
    python tools/make_frames.py encoder    draw other dancers, and train datasets/models/encoder.keras on them

Each takes five to ten minutes on two cores. The encoder never sees a dancer of ballet6.
"""

import argparse
import hashlib
import json
from collections.abc import Callable

import numpy as np
from joblib import Parallel, delayed

from ballet_lib.files import replacing
from ballet_lib.frame_features import (
    KEPT,
    MODEL,
    Frames,
    draw_frames,
    draw_frames_with_masks,
    save_frames,
)
from ballet_lib.networks.encoder import encoder, joint_finder
from ballet_lib.quiet_tensorflow import import_keras
from ballet_lib.skeleton import mirror
from ballet_lib.stills import save_masks
from ballet_lib.studio.recipes import Recipe, ballet6
from ballet_lib.studio.scene import Scene
from ballet_lib.vocabulary import MOVEMENTS

TAKES = ("_1", "_2", "_3")
"""Of each dancer's five takes of a movement, those seen from where it shows best; all would take 2 MB."""
SCENES, PICTURES = 700, 8
"""Scenes that the encoder learns from, and pictures of each."""
TESTED = 100
"""Scenes, the last ones, that only measure it."""
SEED, EPOCHS, BATCH = 904, 60, 64


def main() -> None:
    """Make what the argument names."""
    parser = argparse.ArgumentParser(description="Make the pictures of ballet6, or the encoder.")
    parser.add_argument("what", choices=["frames", "masks", "encoder"])
    {"frames": make_frames, "masks": make_masks, "encoder": make_encoder}[parser.parse_args().what]()


# --- Pictures ---------------------------------------------------------------------------------------------


def make_frames() -> None:
    """Draw the takes of ballet6 that ship as pictures."""
    path = save_frames(draw_each(draw_take))
    print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB")


def make_masks() -> None:
    """Draw which pixels of these pictures show the dancer."""
    path = save_masks(draw_each(draw_masks))
    print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB")


def draw_each(draw: Callable) -> Frames:
    """Draw all takes that ship as pictures."""
    recipes = {name: one for name, one in ballet6().items() if name.endswith(TAKES)}
    drawn = Parallel(n_jobs=-1)(delayed(draw)(recipe) for recipe in recipes.values())
    return Frames(np.stack(drawn), tuple(recipes))


def draw_take(recipe: Callable[[], Recipe], kept=KEPT) -> np.ndarray:
    """Draw the pictures of one take, black where its recipe says that the light failed: (10, 64, 64)."""
    one = recipe()
    pictures, _ = draw_frames(one.scene, [one.start + number for number in kept])
    pictures[np.isin(list(kept), one.dark)] = 0
    return pictures


def draw_masks(recipe: Callable[[], Recipe], kept=KEPT) -> np.ndarray:
    """Draw the masks of one take, nobody where the light failed: bool (10, 64, 64)."""
    one = recipe()
    masks = draw_frames_with_masks(one.scene, [one.start + number for number in kept])[2]
    masks[np.isin(list(kept), one.dark)] = False
    return masks


# --- The encoder ------------------------------------------------------------------------------------------


def make_encoder() -> None:
    """Train the joint finder on drawn strangers, and keep the part that sees."""
    drawn = Parallel(n_jobs=-1)(delayed(stranger)(number) for number in range(SCENES))
    pictures, joints = (np.concatenate(part) for part in zip(*drawn, strict=True))
    finder, pixels = train(pictures, joints)
    save(finder, pixels)


def stranger(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw pictures and joints of a dancer whom nobody meets again, from anywhere, cut out carelessly."""
    rng = np.random.default_rng([SEED, number])
    size = (240, 320) if rng.random() < 0.5 else (320, 240)
    movement = list(MOVEMENTS)[number % len(MOVEMENTS)]
    scene = Scene.draw(movement, rng, (-180, 180), size=size)
    kept = np.sort(rng.choice(len(scene.motion), PICTURES, replace=len(scene.motion) < PICTURES))
    return draw_frames(scene, kept, rng.uniform(1.05, 1.35), tuple(rng.uniform(-0.05, 0.05, 2)))


def train(pictures: np.ndarray, joints: np.ndarray, epochs: int = EPOCHS):
    """Train a joint finder; return it and its median error on the last scenes, in pixels."""
    keras = import_keras()
    keras.utils.set_random_seed(SEED)
    border = len(pictures) - TESTED * PICTURES
    model = joint_finder(pictures.shape[1], joints.shape[1])
    model.compile(keras.optimizers.Adam(), "mae", jit_compile=False)
    rng = np.random.default_rng(SEED)
    for epoch in range(epochs):
        model.optimizer.learning_rate = 2e-3 * (1 + np.cos(np.pi * epoch / epochs)) / 2
        seen, places = varied(pictures[:border], joints[:border], rng)
        loss = model.fit(seen, places, batch_size=BATCH, verbose=0).history["loss"][0]
        if epoch % 10 == 9:
            print(f"epoch {epoch + 1}: mean error {loss * pictures.shape[1]:.2f} pixels", flush=True)
    found = model.predict(pictures[border:, ..., None].astype(np.float32), verbose=0)
    apart = np.linalg.norm(found - joints[border:], axis=-1) * pictures.shape[1]
    return model, float(np.median(apart))


def varied(pictures: np.ndarray, joints: np.ndarray, rng: np.random.Generator):
    """Mirror half of the pictures; change the light and add grain to all."""
    seen, places = pictures[..., None].astype(np.float32), joints.copy()
    mirrored = rng.random(len(seen)) < 0.5
    seen[mirrored] = seen[mirrored][:, :, ::-1]
    places[mirrored] = mirror(places[mirrored])
    contrast = rng.uniform(0.6, 1.3, (len(seen), 1, 1, 1))
    light = rng.normal(0, 20, (len(seen), 1, 1, 1))
    grain = rng.normal(0, 5, seen.shape)
    return np.clip((seen - 127.5) * contrast + 127.5 + light + grain, 0, 255).astype(np.float32), places


def save(finder, pixels: float) -> None:
    """Write the encoder, and a card that tells how it came to be."""
    with replacing(MODEL.with_suffix(".json")) as card_file, replacing(MODEL) as model_file:
        encoder(finder).save(model_file)
        card = {
            "what": "grey pictures of 64 x 64 pixels, 0 to 255, to 96 numbers",
            "about": f"the course's own, trained to find the joints of {SCENES - TESTED} drawn strangers",
            "trained_on": f"{(SCENES - TESTED) * PICTURES} pictures of {SCENES - TESTED} scenes; "
                          f"no dancer of ballet6 among them; seed {SEED}",
            "median_joint_error_pixels": round(pixels, 2),
            "measured_on": f"{TESTED * PICTURES} pictures of {TESTED} further scenes",
            "made_by": "python tools/make_frames.py encoder",
            "model_sha256": hashlib.sha256(model_file.read_bytes()).hexdigest(),
        }  # fmt: skip
        card_file.write_text(json.dumps(card, indent=1), encoding="utf-8")
    print(f"{MODEL.name}: median joint error {pixels:.2f} pixels, {MODEL.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
