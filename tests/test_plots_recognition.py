"""The figure of a recognition: what stands in it, whatever the film."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
from matplotlib.colors import to_hex

from ballet_lib import plots
from ballet_lib.decisions import Event
from ballet_lib.plots.recognition import REST, movement_colours
from ballet_lib.plots.style import PALETTE, png
from ballet_lib.takes import Segment
from ballet_lib.vocabulary import MOVEMENTS

LABELS = tuple(MOVEMENTS)


class Frames(SimpleNamespace):
    """Stands in for poses: only their number and whether somebody is seen are asked for."""

    def __len__(self):
        return len(self.found)


def told(*events, seconds=30.0, labels=LABELS, missing=slice(0)):
    frames = round(seconds * 20)
    found = np.ones(frames, bool)
    found[missing] = False
    rng = np.random.default_rng(0)
    return SimpleNamespace(
        events=[Event(movement, start, end, 0.9, end) for movement, start, end in events], labels=labels,
        probabilities=rng.random((frames, len(labels)), dtype=np.float32), fps=20.0, seconds=seconds,
        poses=Frames(found=found), threshold=0.7,
    )  # fmt: skip


def words(ax):
    return [text.get_text() for text in ax.texts if text.get_text()]


def test_probabilities_the_threshold_and_movements_by_their_french_names():
    shown = told(("releve", 2, 6), ("first_arabesque", 10, 18))
    figure = plots.recognition(shown, title="Two movements")
    above, below = figure.axes
    named = {line.get_label(): line for line in above.lines}
    np.testing.assert_allclose(named["relevé"].get_ydata(), shown.probabilities[:, LABELS.index("releve")])
    assert np.allclose(named["relevé"].get_xdata()[[0, -1]], [0, 29.95])
    assert any(np.allclose(line.get_ydata(), 0.7) for line in above.lines) and "from 0.7" in words(above)[0]
    assert words(below) == ["relevé", "première arabesque"]
    spans = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in below.patches]
    assert spans == [(2, 6), (10, 18)] and below.get_xlim() == (0, 30)
    assert figure.get_suptitle() == "Two movements"
    assert [text.get_text() for text in figure.legends[0].get_texts()][-1] == "autre"


def test_the_truth_is_a_row_of_its_own_in_the_same_colours_without_other():
    truth = [Segment(0, 3, "other"), Segment(3, 9, "releve"), Segment(9, 14, "demi_plie")]
    _, below = plots.recognition(told(("releve", 2, 8)), truth).axes
    assert [tick.get_text() for tick in below.get_yticklabels()] == ["recognised", "danced"]
    assert words(below) == ["relevé", "relevé", "demi-plié"]
    colours = [to_hex(bar.get_facecolor()) for bar in below.patches]
    assert colours[0] == colours[1] == movement_colours(LABELS)["releve"] != colours[2]


def test_names_never_run_over_their_bars():
    many = [("first_arabesque", 4 * n, 4 * n + 3) for n in range(75)]
    _, crowded = plots.recognition(told(*many, seconds=300)).axes
    assert words(crowded) == [] and len(crowded.patches) == 75, "a legend tells the colours"
    overlapping = told(("battement_tendu", 2, 12), ("releve", 7, 15), ("retire_devant", 16, 17.2))
    figure = plots.recognition(overlapping)
    png(figure)
    boxes = sorted(
        (text.get_window_extent() for text in figure.axes[1].texts if text.get_text()), key=lambda b: b.x0
    )
    assert len(boxes) >= 2
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))


def test_nobody_is_shaded_and_named_once_and_nothing_at_all_is_no_error():
    figure = plots.recognition(told(missing=np.r_[100:140, 300:310]))
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names.count("nobody is seen") == 1
    shaded = sorted((patch.get_x(), round(patch.get_width(), 6)) for patch in figure.axes[0].patches)
    assert shaded == [(5.0, 2.0), (15.0, 0.5)] and words(figure.axes[1]) == []
    assert png(plots.recognition(told(seconds=0.05), [])).startswith(b"\x89PNG"), "one frame"


def test_other_labels_have_colours_too():
    colours = movement_colours(("tango", "waltz", "other"))
    assert colours == {"tango": PALETTE[0], "waltz": PALETTE[1], "other": REST}
    figure = plots.recognition(told(("waltz", 2, 9), labels=("tango", "waltz", "other")))
    assert words(figure.axes[1]) == ["waltz"]
