"""ConfusionMatrix, driven as the page drives it: the chosen cell and the page as changes of state."""

import subprocess
import sys

import numpy as np
import pytest

import ballet_lib.widgets.confusion as module
from ballet_lib import BalletError
from ballet_lib.evaluation import Predictions
from ballet_lib.plots.pictures import FACE
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.takes import Take, TakeSet
from ballet_lib.widgets import ConfusionMatrix
from ballet_lib.widgets.clips import LONGEST, MISSING, clip

LABELS = ("demi_plie", "releve", "my own")
ANSWERS = {(0, 0): 2, (0, 1): 8, (1, 1): 3, (1, 0): 1, (2, 2): 1}  # (danced, answered): takes


def take(name, movement="releve", frames=10, **meta):
    rng = np.random.default_rng(len(name))
    landmarks = rng.uniform(0.2, 0.8, (frames, 33, 4)).astype(np.float32)
    return Take(
        PoseSequence(landmarks, None, 20.0, (640, 480), "s"), movement, f"dancer of {name}", name, meta
    )


@pytest.fixture
def takes():
    names = [(row, f"{row}{column}{n}") for (row, column), count in ANSWERS.items() for n in range(count)]
    return TakeSet([take(name, LABELS[row], yaw=number) for number, (row, name) in enumerate(names)], LABELS)


@pytest.fixture
def predictions(takes):
    answered = np.array([int(each.take_id[1]) for each in takes])
    sureness = np.linspace(0.5, 0.9, len(takes))
    probabilities = np.repeat((1 - sureness[:, None]) / 2, 3, axis=1)
    probabilities[np.arange(len(takes)), answered] = sureness
    return Predictions(takes.y, probabilities, takes.groups, LABELS, [each.take_id for each in takes])


@pytest.fixture
def matrix(predictions, takes):
    return ConfusionMatrix(predictions, takes)


def shown(matrix):
    return [each["id"] for each in matrix.shown["clips"]]


def landmarks_sent(matrix):
    frames = sum(each["frames"] for each in matrix.shown["clips"])
    return np.frombuffer(matrix.points, np.uint16).reshape(frames, 34, 3)


# What is shown


def test_counts_and_names_are_those_of_the_predictions(matrix):
    assert matrix.counts == [[2, 8, 0], [1, 3, 0], [0, 0, 1]]
    assert matrix.names == ["demi-plié", "relevé", "my own"]


def test_the_largest_confusion_is_chosen_at_first_and_its_surest_takes_dance(matrix):
    assert matrix.cell == (0, 1)
    assert shown(matrix) == ["017", "016", "015", "014", "013", "012"]
    assert matrix.shown["of"] == 8
    first = matrix.shown["clips"][0]
    assert first["answer"] > first["truth"] > 0 and first["view"] == "from 9°"


def test_of_right_answers_the_least_sure_come_first(matrix):
    matrix.cell = (1, 1)
    assert shown(matrix) == ["110", "111", "112"]


def test_all_right_shows_a_cell_of_the_diagonal(predictions, takes):
    right = predictions.right
    matrix = ConfusionMatrix(predictions[right], takes)  # with more takes than were predicted
    assert matrix.cell[0] == matrix.cell[1] and shown(matrix)
    assert "every one is right" in repr(matrix)


def test_of_equal_confusions_that_with_the_larger_share_is_chosen():
    assert module._largest_confusion(np.array([[9, 1, 0], [0, 1, 1], [0, 0, 5]])) == (1, 2)


def test_words_stand_in_where_nothing_can_be_drawn(matrix):
    assert repr(matrix) == (
        "Confusion matrix of 15 takes, 9 of them wrong. Most often confused: "
        "8 of 10 demi-plié taken for relevé."
    )


# Choosing


def test_the_page_chooses_a_cell_and_turns_the_page(matrix):
    matrix.set_state({"page": 1})
    assert shown(matrix) == ["011", "010"] and matrix.shown["first"] == 6
    matrix.set_state({"cell": [1, 0], "page": 0})
    assert shown(matrix) == ["100"] and matrix.page == 0 and matrix.cell == (1, 0)
    assert [each.take_id for each in matrix.selected_takes] == ["100"]


def test_another_cell_begins_at_its_first_page(matrix):
    matrix.page = 1
    matrix.cell = (0, 0)
    assert matrix.page == 0 and shown(matrix) == ["000", "001"]


def test_pages_beyond_the_ends_are_the_ends(matrix):
    matrix.page = 99
    assert matrix.page == 1
    matrix.page = -3
    assert matrix.page == 0 and len(shown(matrix)) == 6


def test_selected_takes_are_all_of_the_cell_with_all_labels(matrix):
    assert len(matrix.selected_takes) == 8 and matrix.selected_takes.labels == LABELS


def test_an_empty_cell_can_be_chosen(matrix):
    matrix.choose("my own", "releve")
    assert matrix.shown["clips"] == [] and matrix.points == b"" and len(matrix.selected_takes) == 0


@pytest.mark.parametrize("cell", [(0, 3), (-1, 0)])
def test_a_cell_outside_is_refused_and_nothing_changes(matrix, cell):
    with pytest.raises(BalletError, match="from 0 to 2"):
        matrix.cell = cell
    assert matrix.cell == (0, 1) and len(shown(matrix)) == 6


def test_a_label_that_is_not_there_is_refused(matrix):
    with pytest.raises(BalletError, match="pirouette"):
        matrix.choose("releve", "pirouette")


def test_a_predicted_take_that_is_missing_is_named(predictions, takes):
    with pytest.raises(BalletError, match="000 and 1 others are not among"):
        ConfusionMatrix(predictions, takes[2:])


# Errors


def test_a_users_mistake_is_said_in_the_page_and_the_next_choice_mends_it(matrix, monkeypatch):
    def broken(_):
        raise BalletError("The file is cut off. Load it again.")

    with monkeypatch.context() as patch:
        patch.setattr(module, "clip", broken)
        matrix.set_state({"cell": [1, 1]})
    assert matrix.message == "The file is cut off. Load it again."
    assert matrix.shown["clips"] == [] and matrix.shown["cell"] == [1, 1]
    matrix.set_state({"cell": [1, 0]})
    assert matrix.message == "" and shown(matrix) == ["100"]


def test_a_fault_of_ours_is_said_and_raised(matrix, monkeypatch):
    monkeypatch.setattr(module, "clip", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        matrix.cell = (1, 1)
    assert "ZeroDivisionError" in matrix.message


# What travels


def test_points_and_names_travel_in_one_message_and_are_small(matrix, monkeypatch):
    sent = []
    monkeypatch.setattr(matrix, "send_state", lambda key=None: sent.append(set(key or ())))
    matrix.cell = (0, 0)
    assert sum({"points", "shown"} <= keys for keys in sent) == 1
    assert not any("points" in keys for keys in sent if "shown" not in keys)
    assert len(matrix.points) == 2 * 10 * 34 * 3 * 2


def test_a_clip_holds_the_take_at_one_scale():
    one = take("t")
    one.poses.landmarks[5:, :, 1] += 0.1  # she sinks
    facts, numbers = clip(one)
    assert numbers.dtype == np.uint16 and numbers.shape == (10, 34, 3) and facts["fps"] == 20
    points = numbers[:, :33, :2] / (MISSING - 1)
    assert points.min() >= 0 and points.max() <= 1
    # Lengths keep their proportions: the stage is 4 wide and 5 high, the picture 4 and 3.
    on_stage = np.ptp(points[0], axis=0) * (4, 5)
    in_picture = np.ptp(one.poses.landmarks[0, :, :2], axis=0) * (4, 3)
    np.testing.assert_allclose(on_stage / in_picture, on_stage[0] / in_picture[0], rtol=0.03)
    assert points[5:, :, 1].mean() - points[:5, :, 1].mean() > 0.05
    np.testing.assert_allclose(
        points[3, list(FACE)].mean(axis=0), numbers[3, 33, :2] / (MISSING - 1), atol=1e-3
    )


def test_what_was_not_found_is_marked():
    one = take("t")
    one.poses.landmarks[2] = np.nan
    one.poses.landmarks[3, 25, :2] = np.nan
    _, numbers = clip(one)
    assert (numbers[2] == MISSING).all() and (numbers[3, 25] == MISSING).all()
    assert (numbers[3, 26] != MISSING).all()


def test_a_take_with_nobody_in_it_travels(recwarn):
    one = take("t")
    one.poses.landmarks[:] = np.nan
    facts, numbers = clip(one)
    assert (numbers == MISSING).all() and facts["head"] == 0 and not recwarn.list


def test_a_take_without_hands_and_depth_travels(recwarn):
    one = take("t")
    one.poses.landmarks[:, [*range(1, 11), *range(17, 23)]] = np.nan
    one.poses.landmarks[..., 2:] = np.nan
    facts, numbers = clip(one)
    assert facts["head"] > 0 and (numbers[:, 33] != MISSING).all() and not recwarn.list
    assert (numbers[:, 0, 2] == MISSING - 1).all()  # visibility that is not known counts as seen


def test_a_landmark_that_flies_off_does_not_make_the_dancer_small():
    one, wild = take("t", frames=40), take("t", frames=40)
    wild.poses.landmarks[7, 15, :2] = 30
    assert clip(wild)[0]["head"] == pytest.approx(clip(one)[0]["head"], rel=0.15)


def test_a_long_take_keeps_its_duration_in_fewer_frames():
    facts, numbers = clip(take("t", frames=LONGEST * 2 + 1))
    assert len(numbers) == facts["frames"] <= LONGEST
    assert facts["frames"] / facts["fps"] == pytest.approx((LONGEST * 2 + 1) / 20, abs=0.15)


def test_a_view_is_told_where_it_is_known():
    assert module._view(take("t", yaw=28.6)) == "from 29°"
    assert module._view(take("t", view="side")) == "side"
    assert module._view(take("t", yaw=[1])) == module._view(take("t")) == ""


def test_the_package_is_there_without_importing_a_widget():
    code = "import ballet_lib.widgets, sys; assert 'anywidget' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
