"""Figures are looked at by people; these tests hold on to what is drawn and what is not."""

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb

from ballet_lib import BalletError, plots
from ballet_lib.plots.curves import BODY_PARTS
from ballet_lib.plots.style import LEFT, PALETTE, RIGHT
from ballet_lib.skeleton import CONNECTIONS, FACE_CONNECTIONS, INDEX, LANDMARKS

WIDTH, HEIGHT = 120, 160
PICTURE = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
WORLD = np.random.default_rng(3).uniform(-0.8, 0.8, (33, 3))


@pytest.fixture
def person():
    landmarks = np.random.default_rng(1).uniform(0.1, 0.9, (33, 4)).astype(np.float32)
    landmarks[:, 3] = 1
    return landmarks


def points_drawn(ax):
    return {line.get_gid(): line for line in ax.lines if line.get_gid() in INDEX}


def segments(ax, gid):
    return [s for c in ax.collections if c.get_gid() == gid for s in c.get_segments()]


def test_import_is_light():
    code = "import sys, ballet_lib.plots; assert not {'matplotlib', 'ipywidgets'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_overlay_draws_every_landmark_at_its_pixel(person):
    ax = plots.overlay(PICTURE, person, title="Found").axes[0]
    drawn = points_drawn(ax)
    assert set(drawn) == set(LANDMARKS)
    for name, line in drawn.items():
        np.testing.assert_allclose(line.get_xydata()[0], person[INDEX[name], :2] * (WIDTH, HEIGHT), rtol=1e-5)
    assert sum(len(segments(ax, gid)) for gid in ("left", "right", "middle")) == len(CONNECTIONS)
    assert ax.get_title(loc="left") == "Found"


def test_overlay_leaves_out_missing_points_and_their_lines(person):
    person[INDEX["left_knee"]] = np.nan
    ax = plots.overlay(PICTURE, person).axes[0]
    assert "left_knee" not in points_drawn(ax)
    ends = np.concatenate(segments(ax, "left"))
    assert np.isfinite(ends).all()
    assert len(segments(ax, "left")) == len(segments(ax, "right")) - 2


def test_overlay_of_nobody_is_the_picture():
    figure = plots.overlay(PICTURE, np.full((33, 4), np.nan))
    assert points_drawn(figure.axes[0]) == {}
    assert plots.overlay(PICTURE).axes[0].get_legend() is None


def test_left_and_right_differ_by_more_than_hue(person):
    ax = plots.overlay(PICTURE, person).axes[0]
    styles = {
        gid: {str(c.get_linestyle()) for c in ax.collections if c.get_gid() == gid}
        for gid in ("left", "right")
    }
    assert styles["left"].isdisjoint(styles["right"])
    drawn = points_drawn(ax)
    assert drawn["left_wrist"].get_marker() != drawn["right_wrist"].get_marker()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["dancer's left", "dancer's right"]
    assert abs(luminance(LEFT.colour) - luminance(RIGHT.colour)) > 0.03


def test_less_visible_is_fainter(person):
    person[INDEX["left_wrist"], 3] = 0.1
    drawn = points_drawn(plots.overlay(PICTURE, person).axes[0])
    assert drawn["left_wrist"].get_alpha() < 0.4 < drawn["right_wrist"].get_alpha()


def test_overlay_draws_several_people(person):
    both = np.stack([person, person])
    ax = plots.overlay(PICTURE, both).axes[0]
    assert sum(line.get_gid() == "nose" for line in ax.lines) == 2


def test_given_axes_are_used_and_returned(person):
    figure, axes = plots.subplots(1, 2)
    assert plots.overlay(PICTURE, person, ax=axes[1]) is figure
    assert not axes[0].images and axes[1].images


def test_filmstrip_shows_first_and_last_with_times(person):
    frames = [np.full((20, 16, 3), i, np.uint8) for i in range(21)]
    figure = plots.filmstrip(frames, np.stack([person] * 21), n=5, fps=10, title="A strip")
    shown = [int(ax.images[0].get_array()[0, 0, 0]) for ax in figure.axes]
    assert shown == [0, 5, 10, 15, 20]
    assert [ax.get_title() for ax in figure.axes] == ["0.0 s", "0.5 s", "1.0 s", "1.5 s", "2.0 s"]
    assert all(points_drawn(ax) for ax in figure.axes)


def test_filmstrip_of_fewer_frames_than_asked():
    assert len(plots.filmstrip([PICTURE] * 3, n=8).axes) == 3


def test_skeleton_stands_upright_with_equal_axes():
    world = WORLD.copy()
    world[:, 1] = np.linspace(-0.8, 0.8, 33)  # y down: the last landmark is the lowest
    world[5] = np.nan
    ax = plots.skeleton_3d(world, azimuth=0, elevation=0).axes[0]
    low, high = ax.get_zlim()
    assert low < -0.8 and high > 0.8
    lines = [line for line in ax.lines if line.get_gid() == "left"]
    heights = {round(float(z), 6) for line in lines for z in line.get_data_3d()[2]}
    assert round(-world[INDEX["left_ankle"], 1], 6) in heights
    spans = [np.ptp(ax.get_xlim()), np.ptp(ax.get_ylim()), np.ptp(ax.get_zlim())]
    np.testing.assert_allclose(spans / ax._box_aspect, spans[0] / ax._box_aspect[0])
    styles = {
        gid: {str(line.get_linestyle()) for line in ax.lines if line.get_gid() == gid}
        for gid in ("left", "right")
    }
    assert styles["left"].isdisjoint(styles["right"])


def test_orbit_redraws_and_names_the_frame():
    world = np.stack([np.full((33, 3), np.nan), WORLD, -WORLD])
    widget = plots.orbit(world, fps=10)
    picture, around, height, frame = widget.children
    assert frame.value == 1, "the first frame with a person"
    for slider, value in ((around, -180), (around, 180), (height, 90), (frame, 2), (frame, 0)):
        before = picture.value
        slider.value = value
        assert bytes(picture.value).startswith(b"\x89PNG")
        assert picture.value != before or value == 180


def test_orbit_of_one_frame_has_no_frame_slider():
    assert len(plots.orbit(WORLD).children) == 3


def test_figures_do_not_pile_up_in_pyplot(person):
    import matplotlib.pyplot as plt

    plots.overlay(PICTURE, person)
    plots.orbit(WORLD)
    assert plt.get_fignums() == []


def test_figure_shows_itself_in_jupyter(person):
    assert plots.overlay(PICTURE, person)._repr_png_().startswith(b"\x89PNG")


def test_style_leaves_the_callers_settings_alone(person):
    import matplotlib

    before = dict(matplotlib.rcParams)
    plots.overlay(PICTURE, person)._repr_png_()
    assert dict(matplotlib.rcParams) == before


def test_angle_curves_have_units_gaps_and_sides():
    knee = np.linspace(180, 90, 30)
    knee[10:13] = np.nan
    angles = {"left_knee": knee, "right_knee": np.full(30, 175.0), "left_hip": knee}
    ax = plots.angle_curves(angles, 30, names=["left_knee", "right_knee"], title="It bends").axes[0]
    left, right = ax.lines
    assert left.get_linestyle() == "-" and right.get_linestyle() == "--"
    assert left.get_color() != right.get_color()
    assert np.isnan(left.get_ydata()).sum() == 3
    assert left.get_xdata()[-1] == pytest.approx(29 / 30)
    assert ax.get_xlabel() == "time (s)" and ax.get_ylabel() == "angle (°)"
    assert {text.get_text() for text in ax.texts} == {"left knee", "right knee"}
    assert plots.angle_curves(angles).axes[0].get_xlabel() == "frame"


def test_curve_names_do_not_overlap():
    angles = {
        f"left_{joint}": np.full(5, 170.0 + i / 10)
        for i, joint in enumerate(("knee", "hip", "elbow", "ankle"))
    }
    figure = plots.angle_curves(angles)
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    boxes.sort(key=lambda box: box.y0)
    assert all(lower.y0 + 0.6 * lower.height < upper.y0 for lower, upper in pairwise(boxes))


def test_visibility_strip_hatches_frames_without_a_person(person):
    landmarks = np.stack([person] * 20)
    landmarks[5:12] = np.nan
    figure = plots.visibility_strip(landmarks, 10, title="Gone for a moment")
    ax = figure.axes[0]
    assert sorted(i for part in BODY_PARTS.values() for i in part) == list(range(33))
    assert [label.get_text() for label in ax.get_yticklabels()] == list(BODY_PARTS)
    assert [image.get_array().shape for image in ax.images] == [
        (len(part), 20) for part in BODY_PARTS.values()
    ]
    assert ax.images[0].get_array().mask[:, 5:12].all() and not ax.images[0].get_array().mask[:, :5].any()
    spans = [patch for patch in ax.patches if patch.get_hatch()]
    assert [(span.get_x(), span.get_width()) for span in spans] == [(0.5, pytest.approx(0.7))]
    assert figure.axes[1].get_ylabel() == "visibility"
    assert "no person" in [text.get_text() for text in ax.texts]


def test_pck_counts_a_missing_joint_as_wrong():
    errors = {
        "plié": np.array([0.01, 0.02, 0.03, 0.2]),
        "arabesque": np.array([0.01, np.nan, np.nan, np.nan]),
    }
    ax = plots.pck_curve(errors, threshold=0.05, limit=0.15).axes[0]
    curves = {line.get_label(): line.get_ydata() for line in ax.lines if not line.get_label().startswith("_")}
    assert curves["plié"][-1] == 75 and curves["arabesque"][-1] == 25
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["75%  plié", "25%  arabesque"]
    assert ax.get_legend().get_title().get_text() == "within 5%"
    assert len({str(line.get_linestyle()) for line in ax.lines if line.get_label() in errors}) == 2
    assert "body height" in ax.get_xlabel()


def test_pck_curves_of_many_groups_stay_apart():
    ax = plots.pck_curve({str(i): np.full(3, 0.01 * i) for i in range(12)}).axes[0]
    looks = [(line.get_color(), str(line._dash_pattern)) for line in ax.lines if line.get_label().isdigit()]
    assert len(set(looks)) == 12


def test_error_by_group_keeps_rows_together_when_sorted():
    ax = plots.error_by_group(
        ["side", "front", "gone"], [3.0, 1.0, np.nan], [(2.5, 3.6), (0.9, 1.1), (np.nan, np.nan)], order=True
    ).axes[0]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["front", "side", "gone"]
    assert [text.get_text() for text in ax.texts] == ["1.0  [0.9, 1.1]", "3.0  [2.5, 3.6]", "no data"]
    assert ax.get_xlim()[0] == 0 and ax.get_xlim()[1] > 3.6


def luminance(colour):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


@pytest.mark.parametrize("colour", PALETTE)
def test_colours_stand_out_on_white(colour):
    assert 1.05 / (luminance(colour) + 0.05) >= 3


@pytest.mark.parametrize(
    "call",
    [
        lambda: plots.overlay(PICTURE[..., 0]),
        lambda: plots.overlay(PICTURE, np.zeros((17, 3))),
        lambda: plots.filmstrip([]),
        lambda: plots.filmstrip([PICTURE] * 3, np.zeros((2, 33, 4))),
        lambda: plots.filmstrip([PICTURE] * 3, titles=["one"]),
        lambda: plots.skeleton_3d(np.zeros((4, 33, 3))),
        lambda: plots.skeleton_3d(np.zeros((33, 4))),
        lambda: plots.orbit(np.full((3, 33, 3), np.nan)),
        lambda: plots.angle_curves({"left_knee": np.zeros(3)}, names=["left_toe"]),
        lambda: plots.visibility_strip(np.zeros((5, 33, 3))),
        lambda: plots.pck_curve({}),
        lambda: plots.pck_curve({"plié": []}),
        lambda: plots.error_by_group(["a", "b"], [1.0]),
        lambda: plots.error_by_group(["a"], [1.0], [(0.5, 1.5), (1, 2)]),
    ],
)
def test_mistakes_are_told_in_words(call):
    with pytest.raises(BalletError, match=r"\. \w.*\.$"):
        call()


def test_face_lines_are_left_out_of_small_pictures(person):
    frames = [np.full((200, 150, 3), 50, np.uint8)] * 8
    ax = plots.filmstrip(frames, np.stack([person] * 8)).axes[0]
    middle = [c for c in ax.collections if isinstance(c, LineCollection) and c.get_gid() == "middle"]
    assert sum(len(c.get_segments()) for c in middle) == len(CONNECTIONS) - len(FACE_CONNECTIONS) - 22


def test_orbit_starts_at_the_frame_asked_for():
    world = np.random.default_rng(0).normal(size=(5, 33, 3))
    slider = plots.orbit(world, frame=3).children[-1]
    assert slider.value == 3
    with pytest.raises(BalletError, match="no frame 5"):
        plots.orbit(world, frame=5)
