"""Drawings of saliency: what is drawn is what was given, and what does not fit is refused."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from ballet_lib import BalletError, plots
from ballet_lib.plots.saliency import colour_scale
from ballet_lib.plots.style import png
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.saliency_video import saliency_video
from ballet_lib.skeleton import INDEX
from ballet_lib.takes import Take
from ballet_lib.video import read_frames

T = 12
GROUPS = {"head": range(11), "left foot": (27, 29, 31), "right foot": (28, 30, 32)}


@pytest.fixture(scope="module")
def take():
    rng = np.random.default_rng(0)
    landmarks = rng.uniform(0.2, 0.8, (T, 33, 4)).astype(np.float32)
    landmarks[3] = np.nan
    return Take(PoseSequence(landmarks, None, 10.0, (640, 480), "s"), "releve", "d1", "t1")


@pytest.fixture
def values():
    return np.random.default_rng(1).uniform(0.1, 0.5, (T, 33))


def heat_maps(figure):
    return [image for ax in figure.axes for image in ax.images if ax.get_yticklabels()]


def joints(inset):
    return {line.get_gid(): line for line in inset.lines if line.get_gid()}


# --- On the body ------------------------------------------------------------------------------------------


def test_rows_stand_in_the_order_of_the_groups_on_the_takes_own_time(take, values):
    figure = plots.saliency(take, values, GROUPS, n=4, title="It looks at the feet")
    ax = figure.axes[1]
    order = [n for part in GROUPS.values() for n in part]
    drawn = ax.images[0].get_array()
    np.testing.assert_allclose(drawn / drawn.max(), values[:, order].T / values[:, order].max())
    assert ax.images[0].get_extent()[:2] == [0, T / 10] == list(figure.axes[0].get_xlim())
    assert [label.get_text() for label in ax.get_yticklabels()] == list(GROUPS)
    assert figure.get_suptitle() == "It looks at the feet" and png(figure)


def test_groups_are_summed_and_several_maps_share_the_skeletons(take, values):
    figure = plots.saliency(take, {"a": values, "b": 9 * values}, GROUPS, detail="groups")
    first, second = heat_maps(figure)[:2]
    summed = np.stack([values[:, list(part)].sum(1) for part in GROUPS.values()])
    np.testing.assert_allclose(first.get_array() / first.get_array().max(), summed / summed.max())
    np.testing.assert_allclose(second.get_array(), first.get_array(), err_msg="each has its own scale")
    assert [ax.get_title(loc="left") for ax in figure.axes[1:3]] == ["a", "b"]


def test_signs_are_told_by_two_colours_and_zero_is_the_same_on_both_sides(take, values):
    values[:, 27] *= -1
    image = heat_maps(plots.saliency(take, values, GROUPS))[0]
    assert image.get_clim() == (-1, 1)
    assert image.get_array().min() < 0 < image.get_array().max()
    against, nothing, for_it = (np.array(colour_scale(True)(share)[:3]) for share in (0.1, 0.5, 0.9))
    assert nothing.min() > 0.9, "white where nothing matters"
    assert against[0] > against[2] and for_it[2] > for_it[1], "orange against, purple for"


def test_the_stronger_a_joint_the_larger_it_is_and_the_sides_differ_in_shape(take):
    values = np.zeros((T, 33))
    values[:, INDEX["left_knee"]], values[:, INDEX["right_knee"]] = 1.0, 0.25
    insets = plots.saliency(take, values, GROUPS, n=2).axes[0].child_axes
    assert len(insets) == 1, "the frame without a person, the first of the two, stays empty"
    found = joints(insets[0])
    left, right, wrist = (found[name] for name in ("left_knee", "right_knee", "left_wrist"))
    assert left.get_markersize() > right.get_markersize() > wrist.get_markersize()
    assert left.get_marker() != right.get_marker()
    dark, pale = (sum(to_rgb(line.get_color())) for line in (left, right))
    assert dark < pale


def test_a_skeleton_carries_the_mean_over_its_share_of_the_time(take):
    values = np.zeros((T, 33))
    values[8, INDEX["left_knee"]] = 4.0  # one of the last six frames
    values[6:, INDEX["left_elbow"]] = 1.0
    (inset,) = plots.saliency_skeletons([values], [take], n=2).axes[0].child_axes
    found = joints(inset)
    assert found["left_elbow"].get_markersize() > found["left_knee"].get_markersize()


def test_every_row_of_skeletons_is_named(take, values):
    figure = plots.saliency_skeletons([values, -values], [take, take], title="Two")
    assert [ax.texts[0].get_text() for ax in figure.axes] == ["d1\nrelevé"] * 2
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "against it" in words, "colours are explained where there are two"
    assert png(figure)


@pytest.mark.parametrize("maps", [np.zeros((T, 32)), np.zeros(33), np.full((T, 33), np.nan), {}])
def test_a_map_that_cannot_be_drawn_is_refused(take, maps):
    with pytest.raises(BalletError, match=r"33|no numbers|at least one map"):
        plots.saliency(take, maps, GROUPS)


def test_a_map_of_zeros_is_drawn_pale(take):
    figure = plots.saliency(take, np.zeros((T, 33)), GROUPS)
    assert not heat_maps(figure)[0].get_array().any() and png(figure)


def test_skeletons_want_as_many_takes_as_maps(take, values):
    with pytest.raises(BalletError, match="2 maps, 1 takes"):
        plots.saliency_skeletons([values, values], [take])


# --- Whether a map is true --------------------------------------------------------------------------------

SHARES = (0, 0.1, 0.5, 1.0)


def test_deletion_draws_the_mean_and_a_band_of_the_mean():
    rng = np.random.default_rng(0)
    curves = {"ours": rng.uniform(0, 1, (30, 4)), "random": np.full((30, 4), 0.5)}
    ax = plots.deletion(curves, SHARES, title="Falls").axes[0]
    lines = {line.get_label(): line for line in ax.lines}
    np.testing.assert_allclose(lines["ours"].get_ydata(), 100 * curves["ours"].mean(axis=0))
    np.testing.assert_allclose(lines["ours"].get_xdata(), [0, 10, 50, 100])
    band = ax.collections[0].get_paths()[0].vertices
    at_ten = band[np.isclose(band[:, 0], 10), 1]
    expected = 1.96 * 100 * curves["ours"][:, 1].std() / np.sqrt(30)
    assert np.ptp(at_ten) / 2 == pytest.approx(expected, rel=0.15)
    assert lines["random"].get_color() != lines["ours"].get_color()
    assert lines["random"].get_linestyle() != lines["ours"].get_linestyle()
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    means = {name: each.mean() for name, each in curves.items()}
    assert legend[0] == max(means, key=means.get) or abs(np.subtract(*means.values())) < 0.05


def test_deletion_wants_a_column_a_share():
    with pytest.raises(BalletError, match="4 shares"):
        plots.deletion({"ours": np.zeros((3, 5))}, SHARES)
    with pytest.raises(BalletError, match="4 shares"):
        plots.deletion({}, SHARES)


def test_randomisation_begins_at_1_and_leaves_out_flat_maps():
    agreement = {"gradient": [np.array([0.2, 0.4, np.nan]), np.array([0.1, 0.1, 0.1])]}
    ax = plots.randomisation(agreement, ["probabilities", "conv1d_2"]).axes[0]
    line = next(line for line in ax.lines if line.get_label() == "gradient")
    np.testing.assert_allclose(line.get_ydata(), [1, 0.3, 0.1])
    assert len(ax.get_xticks()) == 3
    with pytest.raises(BalletError, match="each of the 3 layers"):
        plots.randomisation(agreement, ["a", "b", "c"])


def test_shares_are_bars_and_what_defines_the_movement_stands_out():
    shares = {"releve": [0.2, 0.5, 0.3], "demi_plie": [0.6, 0.1, 0.3]}
    figure = plots.group_shares(
        shares, list(GROUPS), defining={"releve": ("left foot", "right foot")}, even=(0.4, 0.3, 0.3)
    )
    releve, plie = figure.axes[:2]
    assert [bar.get_width() for bar in releve.patches] == pytest.approx([20, 50, 30])
    head, left, right = (bar.get_facecolor() for bar in releve.patches)
    assert left == right != head and plie.patches[1].get_facecolor() == head
    assert [text.get_fontweight() for text in releve.get_yticklabels()] == ["normal", "bold", "bold"]
    assert plie.get_title(loc="left") == "demi-plié"
    with pytest.raises(BalletError, match="3 groups"):
        plots.group_shares({"releve": [0.5, 0.5]}, list(GROUPS))


# --- Pictures ---------------------------------------------------------------------------------------------


@pytest.fixture
def pictures():
    return np.random.default_rng(0).integers(0, 255, (2, 16, 16), dtype=np.uint8)


def test_pictures_stand_above_their_maps_with_the_outline_on_all(pictures):
    masks = np.zeros((2, 16, 16), bool)
    masks[:, 4:12, 6:10] = True
    signed = np.random.default_rng(1).normal(size=(2, 16, 16, 1))
    high = np.zeros((2, 16, 16))
    high[:, 5, 7] = 1
    figure = plots.picture_maps(
        pictures[..., None], {"guided": signed, "Grad-CAM": high}, masks=masks, names=["a", "b"], title="T"
    )
    axes = np.reshape(figure.axes, (3, 2))
    assert [ax.get_ylabel() for ax in axes[:, 0]] == ["picture", "guided", "Grad-CAM"]
    assert all(ax.collections for ax in axes.flat), "the outline"
    np.testing.assert_allclose(axes[0, 1].images[0].get_array(), pictures[1] / 255)
    grey = axes[1, 0].images[0].get_array()
    assert np.corrcoef(grey.ravel(), signed[0].ravel())[0, 1] > 0.98
    assert grey.ravel()[np.abs(signed[0]).argmin()] == pytest.approx(0.5, abs=0.02), "zero is grey"
    tinted = np.asarray(axes[2, 0].images[0].get_array())
    saturation = np.ptp(tinted, axis=-1)
    assert saturation.argmax() == 5 * 16 + 7 and np.isclose(saturation, 0).sum() == 255
    assert png(figure)


@pytest.mark.parametrize(
    "wrong", [{"maps": np.zeros((2, 8, 8))}, {"masks": np.zeros((1, 16, 16), bool)}, {"names": ["one"]}]
)
def test_maps_of_another_size_are_refused(pictures, wrong):
    maps = {"map": wrong.get("maps", np.zeros((2, 16, 16)))}
    with pytest.raises(BalletError, match="2 pictures of 16 by 16"):
        plots.picture_maps(pictures, maps, masks=wrong.get("masks"), names=wrong.get("names"))


# --- The clip ---------------------------------------------------------------------------------------------


def purple(frame):
    """Pixels in which red and blue lie well above green."""
    r, g, b = (frame[..., n].astype(int) for n in range(3))
    return (r - g > 30) & (b - g > 30)


def test_a_clip_has_a_frame_a_frame_and_its_dark_joint_stands_where_it_is(take, tmp_path):
    values = np.zeros((T, 33))
    values[:, INDEX["left_knee"]] = 1.0
    path = saliency_video(take, values, tmp_path / "clip.gif", size=120)
    frames = list(read_frames(path))
    assert len(frames) == T and frames[0].shape == (150, 120, 3)
    stage = [frame[:125].sum(axis=2, dtype=int) < 300 for frame in frames]  # only it is dark
    assert not stage[3].any(), "nobody is seen in this frame"
    others = [n for n in range(T) if n != 3]
    knee = np.array([np.argwhere(stage[n]).mean(axis=0)[::-1] for n in others])
    true = take.poses.landmarks[others][:, INDEX["left_knee"], :2] * (640, 480)
    for axis in range(2):
        assert np.corrcoef(knee[:, axis], true[:, axis])[0, 1] > 0.99


def test_bars_fill_up_while_the_dance_goes_on(take, values, tmp_path):
    frames = list(read_frames(saliency_video(take, values, tmp_path / "clip.gif", size=120)))
    filled = [purple(frame[125:]).sum() for frame in frames]
    assert filled[0] < filled[5] < filled[-1]


def test_a_signed_clip_can_be_written_as_mp4(take, values, tmp_path):
    values[:, 20:] *= -1
    path = saliency_video(take, values, tmp_path / "clip.mp4", speed=1)
    assert len(list(read_frames(path))) == T


@pytest.mark.parametrize("wrong", [
    {"joint_map": np.zeros((T - 1, 33))}, {"joint_map": np.full((T, 33), np.nan)}, {"size": 10}, {"speed": 0},
])  # fmt: skip
def test_a_clip_that_does_not_fit_is_refused_and_leaves_nothing(take, tmp_path, wrong):
    given = {"joint_map": np.ones((T, 33))} | wrong
    with pytest.raises(BalletError, match=r"frames and the map|cannot be drawn"):
        saliency_video(take, path=tmp_path / "clip.gif", **given)
    assert not list(tmp_path.iterdir())


def test_a_clip_of_nobody_is_refused(tmp_path):
    nobody = PoseSequence(np.full((T, 33, 4), np.nan, np.float32), None, 10.0, (640, 480), "s")
    with pytest.raises(BalletError, match="No frame shows a person"):
        saliency_video(Take(nobody, "releve", "d1", "t"), np.ones((T, 33)), tmp_path / "clip.gif")
