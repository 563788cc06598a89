"""Train the classifier of styles that ships, on the poses of the 48 videos of `datasets/styles.zip`.

    python tools/make_style_model.py

It names windows of three seconds, as the app asks for them. `benchmarks/styles.py` asks it about strangers.
"""

from ballet_lib.model_files import SHIPPED
from ballet_lib.styles.training import fit_style
from ballet_lib.styles.videos import DanceVideos

SECONDS, EPOCHS = 3.0, 120
SIZES = {"units": 48, "filters": 48}
"""Smaller than the course's, for a small file."""


def main() -> None:
    """Train, write the model and its card."""
    videos = DanceVideos.load("styles")
    trained = fit_style(
        videos, "lstm", "poses", settings="course", seconds=SECONDS, epochs=EPOCHS, sizes=SIZES
    )
    path = trained.save(SHIPPED / "styles.keras")
    right = (trained.probabilities(videos).argmax(axis=1) == videos.y).mean()
    size = path.stat().st_size / 1000
    print(f"{path}: {size:.0f} kB, {trained.card['seconds']} s, {right:.0%} of the videos that it has seen")


if __name__ == "__main__":
    main()
