"""Train the autoencoder that ships, on the four dancers of `datasets/silhouettes.zip` who teach.

    python tools/make_autoencoder.py

The fifth dancer, r15, is a stranger to it; she tells how good it is and is not learnt from.
"""

from ballet_lib.generation.autoencoder import fit_autoencoder
from ballet_lib.model_files import SHIPPED
from ballet_lib.silhouettes import Silhouettes, iou

STRANGER = "r15"
EPOCHS = 20


def main() -> None:
    """Train, judge by the stranger, write the model and its card."""
    teachers, stranger = Silhouettes.load("silhouettes").split(STRANGER)
    trained = fit_autoencoder(teachers.frames, epochs=EPOCHS, validation=stranger.frames)
    score = float(iou(trained.reconstruct(stranger.frames), stranger.frames).mean())
    trained.card |= {"dancers": list(teachers.dancers), "stranger": {STRANGER: round(score, 4)}}
    path = trained.save(SHIPPED / "silhouettes.keras")
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB, {trained.card['seconds']} s, IoU {score:.3f}")


if __name__ == "__main__":
    main()
