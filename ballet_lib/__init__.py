"""Learn sequence models on ballet: from a video to landmarks, labelled takes, models, and a dance.

The modules read from the ground up: ``vocabulary`` and ``skeleton`` hold names and geometry, ``video`` and
``pose`` turn pictures into landmarks, ``takes`` labels them, ``features``, ``augmentation``, ``splits`` and
``quality`` make them fit for learning, ``studio`` renders dancers whose joints are known exactly;
``networks`` are sequence models, ``training`` makes a ``classifier`` of one, ``evaluation`` says how good it
is. Nothing heavy (TensorFlow, MediaPipe, matplotlib) is imported before a function needs it.
"""

from pathlib import Path

from ballet_lib.errors import BalletError

__all__ = ["DATASETS", "BalletError", "__version__"]
__version__ = "0.1.0"

_inside = Path(__file__).parent / "datasets"
DATASETS = _inside if _inside.is_dir() else Path(__file__).parents[1] / "datasets"
"""Folder of the data that ships: inside an installed package, beside it in a clone."""
