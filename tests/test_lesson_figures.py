"""The drawings of the lessons, read back; and the toy world that some of them show."""

import ast
import re
from fractions import Fraction
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import same_color, to_hex
from matplotlib.path import Path as Outline
from matplotlib.quiver import Quiver
from matplotlib.text import Annotation

from lopsided.lesson import toy
from lopsided.lesson.loss import d_logits, objective
from lopsided.lesson.metrics import roc_auc
from lopsided.lesson.network import (
    Network,
    backward,
    forward,
    initialise,
    layer_views,
    sigmoid,
)
from lopsided.lesson.threshold import weighted_probability
from lopsided.report import (
    choice_figures,
    fold_figures,
    map_figures,
    matrix_figures,
    plane_figures,
    sampling_figures,
    slope_figures,
    threshold_figures,
    training_figures,
)
from lopsided.report.display import BLUE, GREEN, GREY, PURPLE, ink
from lopsided.report.lesson_drawings import (
    network_graph,
    neuron_graph,
    number,
    two_ways,
)

X, Y = toy.points(np.random.default_rng(3))
MODULES = sorted(Path(fold_figures.__file__).parent.glob("*.py"))


def rng_of(seed):
    return np.random.default_rng(seed)


def place(text):
    return text.xy if isinstance(text, Annotation) else text.get_position()


def is_key(text):
    return text.get_transform() == text.axes.transAxes


def texts(picture, colour):
    """Give what is written in a colour, each with its place."""
    (ax,) = picture.figure.axes
    notes = [t for t in ax.texts if not is_key(t) and t.get_text()]
    written = [t for t in notes if same_color(t.get_color(), ink(colour))]
    return [(t.get_text(), place(t)) for t in written]


def neuron(w1, x1, w2, x2, b):
    z = w1 * x1 + w2 * x2 + b
    steps = {"w1": w1, "x1": x1, "w2": w2, "x2": x2, "b": b}
    steps |= {"w1*x1": w1 * x1, "w2*x2": w2 * x2, "z": z, "a": sigmoid(z)}
    return steps | {"loss": -np.log(sigmoid(z))}


def test_a_neuron_has_each_value_above_and_each_derivative_below_its_edge():
    values = neuron(0.5, 2, 1.5, -1, 0.25)
    slopes = {name: 0.01 * (i + 1) for i, name in enumerate(values)}
    picture = neuron_graph(values, slopes)
    above, below = (dict(map(reversed, texts(picture, c))) for c in (BLUE, GREEN))
    assert sorted(above.values()) == sorted(number(v) for v in values.values())
    pairs = {above[at]: below[at] for at in above}
    for name, value in values.items():
        assert (
            f"{name} is {number(value)}, derivative {slopes[name]:.3f}" in picture.alt
        )
        if list(values.values()).count(value) == 1:
            assert pairs[number(value)] == number(slopes[name])


def test_a_neuron_forward_has_no_derivatives():
    picture = neuron_graph(neuron(0.5, 2, 1.5, -1, 0.25))
    assert not texts(picture, GREEN)
    assert "derivative" not in picture.alt


@pytest.mark.parametrize("seed", range(4))
def test_a_network_shows_the_derivatives_of_its_weights_and_greys_what_is_off(seed):
    rng = np.random.default_rng(seed)
    network = Network([2, 3, 1], rng.normal(size=13))
    x = rng.normal(size=(2, 1))
    passed = forward(network, x)
    dZ = {2: d_logits(np.ones((1, 1)), passed.A[2])}
    dA = {1: network.W[2].T @ dZ[2]}
    dZ[1] = dA[1] * (passed.Z[1] > 0)
    dW, _ = layer_views([2, 3, 1], backward(network, passed, dZ[2]))
    picture = network_graph(network, passed, dZ, dW, dA)
    (ax,) = picture.figure.axes
    off = (passed.Z[1][:, 0] <= 0).sum()
    assert picture.alt.count("(off)") == off
    dashed = [line for line in ax.lines if line.get_linestyle() == "--"]
    assert len(dashed) == 3 * off
    patches = [t.get_bbox_patch() for t in ax.texts if t.get_bbox_patch()]
    grey = [p for p in patches if to_hex(p.get_facecolor()) == "#dddddd"]
    assert len(grey) == off
    # Each weight stands over its derivative, whatever their colour.
    notes = [t for t in ax.texts if not is_key(t)]
    slanted = {place(t): t.get_text() for t in notes if t.get_fontstyle() == "italic"}
    shown = sorted(
        (t.get_text(), slanted[place(t)])
        for t in notes
        if place(t) in slanted
        and t.get_fontstyle() == "normal"
        and t.get_ha() == "center"
        and place(t)[0] % 1
    )
    wanted = [
        (number(w, 2), number(d, 2))
        for l in (1, 2)
        for w, d in zip(network.W[l].flat, dW[l].flat, strict=True)
    ]
    assert shown == sorted(wanted)
    units = [t.get_text() for t in notes if t.get_text().startswith("b ")]
    assert sorted(units) == sorted(
        f"b {number(b.item(), 2)}\nz {number(z.item(), 2)}"
        for l in (1, 2)
        for b, z in zip(network.b[l], passed.Z[l], strict=True)
    )
    below = [t.get_text() for t in notes if t.get_text().startswith("da ")]
    assert below == [
        f"da {number(a.item(), 2)}\ndz {number(z.item(), 2)}"
        for a, z in zip(dA[1], dZ[1], strict=True)
    ]
    assert {"x₁", "x₂", "ŷ"} <= {t.get_text() for t in notes}
    keys = [t.get_text() for t in ax.texts if is_key(t)]
    assert keys[0] == "on a line: the weight; in a circle: the activation"
    assert len(texts(picture, GREY)) >= 8 * off


def outlines(ax):
    """Give what each text covers as drawn: its circle, or its box as it is turned."""
    canvas = FigureCanvasAgg(ax.figure)
    canvas.draw()
    found = []
    for text in filter(lambda t: t.get_text(), ax.texts):
        if patch := text.get_bbox_patch():
            covered = patch.get_path().transformed(patch.get_transform())
        else:
            corners = text.get_window_extent(canvas.get_renderer()).corners()
            covered = Outline(corners[[0, 1, 3, 2, 0]])
        found.append((f"{text.get_text()} at {place(text)}", covered))
    return found


@pytest.mark.parametrize("back", [False, True])
def test_no_number_of_the_lessons_network_covers_another_or_a_circle(back):
    network, x = Network([2, 3, 1]), np.array([[-1.0], [0.5]])
    network.W[1][:] = [[0.5, 1.5], [-1.0, 0.25], [2.0, 0.0]]
    network.b[1][:, 0], network.W[2][:], network.b[2][:] = (
        (0.25, 0, -1),
        (1, -2, 0.5),
        -0.5,
    )
    passed = forward(network, x)
    dZ = {2: d_logits(np.ones((1, 1)), passed.A[2])}
    dA = {1: network.W[2].T @ dZ[2]}
    dZ[1] = dA[1] * (passed.Z[1] > 0)
    dW, _ = layer_views([2, 3, 1], backward(network, passed, dZ[2]))
    derivatives = (dZ, dW, dA) if back else ()
    (ax,) = network_graph(network, passed, *derivatives).figure.axes
    found = outlines(ax)
    assert len(found) == (37 if back else 23)
    for (one, here), (other, there) in combinations(found, 2):
        assert not here.intersects_path(there, filled=True), (one, other)


def cells(picture):
    """Give the numbers of each grid of a product, and the size of what is marked."""
    (ax,) = picture.figure.axes
    frames = [p for p in ax.patches if same_color(p.get_edgecolor(), BLUE)]
    plain = [p for p in ax.patches if same_color(p.get_edgecolor(), GREY)]
    grids = []
    for frame in frames:
        left = frame.get_x()
        end = min((f.get_x() for f in frames if f.get_x() > left), default=np.inf)
        mine = [p for p in plain if left <= p.get_x() < end]
        rows = {}
        for cell in mine:
            (text,) = (
                t for t in ax.texts if cell.get_bbox().contains(*t.get_position())
            )
            value = float(text.get_text().replace("−", "-"))
            rows.setdefault(cell.get_y(), []).append(value)
        marked = frame.get_height(), frame.get_width() / mine[0].get_width()
        assert frame.get_y() == min(rows)  # from the top left on
        grids.append((np.array([rows[y] for y in sorted(rows)]), marked))
    assert sum(grid.size for grid, _ in grids) == len(plain)
    return grids


def test_a_layers_product_marks_a_row_a_column_and_what_they_make():
    W = np.array([[0.5, 1.5], [-1.0, 0.25], [2.0, 0.0]])
    X = np.array([[2.0, 0.0, -1.0, 1.0], [-1.0, 1.0, 0.5, 3.0]])
    b = np.array([[0.25], [0.0], [-1.0]])
    picture = matrix_figures.layer_product(W, X, b)
    shown = cells(picture)
    for (grid, _), array in zip(shown, (W, X, b, W @ X + b), strict=True):
        assert np.array_equal(grid, array)
    assert [pytest.approx(marked) for _, marked in shown] == [
        (1, 2),
        (2, 1),
        (1, 1),
        (1, 1),
    ]
    worked = "0.5 × 2 + 1.5 × (−1) + 0.25 = −0.25"
    said = {t.get_text() for t in picture.figure.axes[0].texts}
    assert said >= {worked, "W\n(3, 2)", "X\n(2, 4)", "b\n(3, 1)", "Z\n(3, 4)"}
    assert worked in picture.alt


def test_the_gradients_product_adds_up_over_examples():
    dZ, A = np.array([[1.0, 10.0], [2.0, 20.0]]), np.array([[3.0, 5.0], [4.0, -6.0]])
    picture = matrix_figures.gradient_product(dZ, A)
    shown = cells(picture)
    both = np.outer(dZ[:, 0], A[:, 0]) + np.outer(dZ[:, 1], A[:, 1])
    for (grid, _), array in zip(shown, (dZ, A.T, both), strict=True):
        assert np.array_equal(grid, array)
    assert [pytest.approx(marked) for _, marked in shown] == [(1, 2), (2, 1), (1, 1)]
    assert "which they make: 1 × 3 + 10 × 5 = 53" in picture.alt


def test_the_numbers_of_a_product_stay_in_their_cells():
    W = np.array([[0.5, 1.5], [-1.0, 0.25], [2.0, 0.0]])
    X = np.array([[2.0, 0.0, -1.0, 1.0], [-1.0, 1.0, 0.5, 3.0]])
    picture = matrix_figures.layer_product(W, X, np.array([[0.25], [0.0], [-1.0]]))
    (ax,) = picture.figure.axes
    found = {name: covered.get_extents() for name, covered in outlines(ax)}
    numbers, names, signs, line = W.size + X.size + 3 + 12, 4, 3, 1
    assert len(found) == numbers + names + signs + line
    for one, other in combinations(found, 2):
        assert not found[one].overlaps(found[other]), (one, other)
    for grid in (p for p in ax.patches if same_color(p.get_edgecolor(), GREY)):
        cell = grid.get_window_extent()
        middles = {name: c.get_points().mean(axis=0) for name, c in found.items()}
        (name,) = (name for name, at in middles.items() if cell.contains(*at))
        assert cell.x0 < found[name].x0
        assert found[name].x1 < cell.x1


def test_what_comes_by_two_ways_is_the_weight_times_dz_and_adds_up():
    W, dz = np.array([[1.0, -2.0], [3.0, 0.5]]), np.array([0.1, -0.2])
    picture = two_ways(W, dz)
    weights = {at: text for text, at in texts(picture, BLUE)}
    back = {at: text for text, at in texts(picture, GREEN)}
    edges = {weights[at]: back[at] for at in weights}
    assert edges == {
        number(W[j, k], 1): f"← {number(W[j, k] * dz[j], 1)}"
        for j, k in np.ndindex(2, 2)
    }
    sums = sorted(set(back.values()) - set(edges.values()))
    assert sums == [
        "da = 0.1 − 0.6\n= −0.5",
        "da = −0.2 − 0.1\n= −0.3",
        "dz = 0.1",
        "dz = −0.2",
    ]
    assert np.allclose(W.T @ dz, [-0.5, -0.3])
    for j, k in np.ndindex(2, 2):  # each label on its own edge
        ((x, y),) = (p for p, text in weights.items() if text == number(W[j, k], 1))
        assert y == pytest.approx(-k + x * (k - j))


def test_a_surface_shows_every_point_and_counts_what_lies_inside():
    panels = {"truth": toy.probability, "flat": lambda P: np.full((1, P.shape[1]), 0.2)}
    picture = plane_figures.surfaces(panels, X, Y)
    called = toy.probability(X)[0] >= 0.5
    positives = int(Y.sum())
    inside = [int((called & (Y[0] == y)).sum()) for y in (1, 0)]
    assert (
        f"{inside[0]} of {positives} positives and {inside[1]} of "
        f"{Y.size - positives} negatives. flat: predictions from 0.20 to 0.20; at or "
        f"above one half lie 0 of {positives}"
    ) in picture.alt
    truth = picture.figure.axes[0]
    drawn = [
        len(c.get_offsets()) for c in truth.collections if len(c.get_offsets()) > 1
    ]
    assert drawn == [Y.size - positives, positives]
    lines = truth.collections[1].get_paths()[0].vertices  # the line at one half
    assert np.allclose(toy.probability(lines.T), 0.5, atol=0.01)
    assert len(picture.figure.axes[1].collections) == 3  # no line where none is crossed
    for shown, named in ((panels, True), ({"flat": panels["flat"]}, False)):
        key = plane_figures.surfaces(shown, X, Y).figure.axes[-1].get_xlabel()
        assert ("line: one half" in key) == named


def test_a_surface_draws_the_line_of_each_unit_in_its_panel():
    W, b = np.array([[1.0, 2.0], [0.0, -1.0]]), np.array([[0.5], [1.0]])
    panels = {"with": toy.probability, "without": toy.probability}
    picture = plane_figures.surfaces(panels, X, Y, units={"with": (W, b)})
    shown, bare = picture.figure.axes[:2]
    assert len(shown.lines) == 2
    assert not bare.lines
    for line, w, at in zip(shown.lines, W, b, strict=True):
        assert np.allclose(w @ line.get_data() + at, 0)
        assert line.get_linestyle() == "--"
    assert shown.get_xlim() == bare.get_xlim()
    assert "dashed" in picture.figure.axes[-1].get_xlabel()
    assert picture.alt.count("dashed lines where its hidden units switch on") == 1
    assert_filled(picture)


def test_a_line_that_encloses_no_point_is_told():
    peak = lambda P: 0.6 * np.exp(-300 * np.sum((P - 0.1) ** 2, axis=0))[None]  # noqa: E731
    apart = X[:, np.abs(X - 0.1).max(axis=0) > 0.5]
    labels = np.zeros((1, apart.shape[1]))
    for height, told in ((1, True), (0.5, False)):
        panels = {"p": lambda P, height=height: height * peak(P)}
        alt = plane_figures.surfaces(panels, apart, labels).alt
        assert ("though the surface reaches it between points" in alt) == told


@pytest.mark.parametrize("panels", [1, 2, 3, 4])
def test_a_surface_fills_its_figure(panels):
    truth = {str(i): toy.probability for i in range(panels)}
    assert_filled(plane_figures.surfaces(truth, X, Y))


def test_two_clouds_fill_their_figure():
    p = toy.probability(X)
    assert_filled(threshold_figures.law({"near": (p, p), "far": (p, p)}, 0.25))


def assert_filled(picture):
    """Above and below what is drawn, a tenth of an inch is left at most."""
    drawn, height = picture.figure.get_tightbbox(), picture.figure.get_figheight()
    assert 0 <= drawn.y0 < 0.1
    assert 0 <= height - drawn.y1 < 0.1


def test_level_lines_lie_on_their_levels_and_name_them():
    levels = (0.2, 0.5)
    picture = plane_figures.surfaces({"t": toy.probability}, X, Y, "levels", levels)
    assert picture.alt.endswith("0.5, each around the next.")
    ax = picture.figure.axes[0]
    for path, level in zip(ax.collections[1].get_paths(), levels, strict=True):
        assert np.allclose(toy.probability(path.vertices.T), level, atol=0.02)
    assert {t.get_text() for t in ax.texts} == {"0.2", "0.5"}


def test_a_tangent_touches_the_curve_and_the_step_lands_on_it():
    picture = slope_figures.tangent(np.square, 1.5, 3.0, -0.4, "v")
    curve, line, before, after = picture.figure.axes[0].lines
    assert np.allclose(curve.get_ydata(), np.square(curve.get_xdata()))
    x, y = line.get_data()
    assert np.allclose(np.diff(y) / np.diff(x), 3)
    assert np.isclose(np.interp(1.5, x, y), 2.25)
    assert [*before.get_xydata()[0], *after.get_xydata()[0]] == pytest.approx(
        [1.5, 2.25, 1.1, 1.21]
    )


@pytest.mark.parametrize("said", [0.01, 0.3])
def test_two_losses_have_the_slopes_of_their_tangents(said):
    picture = slope_figures.two_losses(said)
    lines = picture.figure.axes[0].lines
    for curve, line, dot in (lines[:3], lines[3:]):
        at, here = dot.get_xydata()[0]
        assert at == pytest.approx(np.log(said / (1 - said)))
        x, y = line.get_data()
        assert np.interp(at, x, y) == pytest.approx(here)
        z, loss = curve.get_data()
        near = np.interp([at - 0.1, at + 0.1], z, loss)
        slope = np.diff(y)[0] / np.diff(x)[0]
        assert np.diff(near)[0] / 0.2 == pytest.approx(slope, abs=2e-3)
        assert number(slope, 4) in picture.alt


@pytest.mark.parametrize(
    ("weighted", "cosine", "half"),
    [([3, 4, 0], 0.6, "other"), ([-1, 1, 0], -np.sqrt(0.5), "shaded")],
)
def test_two_gradients_are_drawn_at_their_angle(weighted, cosine, half):
    plain = np.array([7.0, 0.0, 0.0])
    picture = slope_figures.directions(plain, np.array(weighted, float))
    (ax,) = picture.figure.axes
    flat, turned, against = (t for t in ax.texts if getattr(t, "arrow_patch", None))
    across = np.sqrt(1 - cosine**2)
    assert flat.xy == (1, 0)
    assert turned.xy == pytest.approx((cosine, across))
    assert against.xy == pytest.approx((-cosine / 2, -across / 2))
    assert same_color(turned.arrow_patch.get_edgecolor(), PURPLE)
    drop, foot = ax.lines
    assert np.allclose(drop.get_xdata(), cosine)
    assert foot.get_xydata()[0] == pytest.approx([cosine, 0])
    assert f"cosine {number(cosine)}" in {t.get_text() for t in ax.texts}
    assert f"ends in the {half} half" in picture.alt


def test_what_a_wrong_prediction_costs_is_capped_by_epsilon_alone():
    picture = plane_figures.certainty(1e-4)
    left, right = picture.figure.axes
    x, y = left.lines[0].get_data()
    assert np.allclose(y, -np.log(x))
    exact, capped = (line.get_ydata() for line in right.lines)
    assert exact.max() == pytest.approx(40)
    assert capped.max() == pytest.approx(-np.log(1e-4), rel=1e-3)
    assert all("loss" in ax.get_ylabel() for ax in (left, right))
    assert "cuts off at 9.2" in picture.alt


def test_a_bell_stands_over_the_numbers_that_it_describes():
    values = np.append(np.linspace(-0.95, 0.95, 60), np.linspace(1.05, 1.95, 40))
    picture = sampling_figures.bell(values)
    (ax,) = picture.figure.axes
    tall = [bar.get_height() for bar in ax.patches if hasattr(bar, "get_height")]
    assert sum(tall) == values.size
    x, height = ax.lines[0].get_data()
    assert x[height.argmax()] == 0
    assert np.trapezoid(height, x) == pytest.approx(0.1 * values.size, rel=1e-3)
    assert {t.get_text() for t in ax.texts} >= {"60% within ±1", "100% within ±2"}
    assert "60% within ±1; 100% within ±2" in picture.alt


def test_means_are_drawn_beside_the_values_that_they_are_of():
    of = np.array([[1, 3], [3, 5], [1, 5], [3, 3]])
    picture = sampling_figures.means(of[:, 0], of)
    single, mean = picture.figure.axes
    bars = single.collections[0].get_segments()
    assert [(x, h) for (x, _), (_, h) in bars] == [(1, 0.5), (3, 0.5)]
    bars = mean.collections[0].get_segments()
    assert [(x, h) for (x, _), (_, h) in bars] == [(2, 0.25), (3, 0.5), (4, 0.25)]
    assert "one value: around 2.00, ± 1.00" in picture.alt
    assert "the mean of 2 values: around 3.00, ± 0.71" in picture.alt


@pytest.mark.parametrize(("below", "above"), [(-2, 2), (-1, 3)])
def test_a_chord_lies_above_the_curve(below, above):
    picture = slope_figures.chord(below, above)
    (ax,) = picture.figure.axes
    curve, line, _, mean, low = ax.lines
    z, loss = curve.get_data()
    assert np.allclose(
        np.interp(line.get_xdata(), z, loss), line.get_ydata(), atol=1e-3
    )
    assert mean.get_xdata() == low.get_xdata() == [(below + above) / 2]
    assert mean.get_ydata()[0] == np.mean(line.get_ydata())
    (under,) = low.get_ydata()
    assert under == pytest.approx(np.log(1 + np.exp(-(below + above) / 2)))
    assert f"the curve below it at {under:.2f}" in picture.alt


def test_a_slit_gets_a_small_map_with_equal_scales():
    def wide(w, b):
        return w**2 + b**2

    def slit(w, b):
        return 400 * w**2 + (b - 10) ** 2

    paths = {"wide": (wide, np.array([[4.0, 4.0], [1.0, 1.0]]))}
    paths["slit"] = slit, np.array([[0.5, 0.0], [0.2, 0.0]])
    picture = map_figures.valleys(paths)
    left, right = picture.figure.axes[:2]
    assert not left.child_axes
    (small,) = right.child_axes
    box = small.get_window_extent()
    wide_in_pixels = box.width / np.ptp(small.get_xlim())
    high_in_pixels = box.height / np.ptp(small.get_ylim())
    assert wide_in_pixels == pytest.approx(high_in_pixels, rel=0.35)
    assert "equal scales" in picture.alt.partition("slit")[2]
    assert "equal scales" not in picture.alt.partition("slit")[0]


def test_sizes_of_signals_are_drawn_as_they_are():
    sizes = {"a": [1.0, 2.0, 4.0], "b": [1.0, 1.0, 1.1]}
    picture = plane_figures.signal_sizes(sizes)
    (ax,) = picture.figure.axes
    assert [list(line.get_ydata()) for line in ax.lines] == [*sizes.values()]
    assert "a: 1 to 4; b: 1 to 1.1" in picture.alt
    assert all("$" not in t.get_text() for t in ax.get_yticklabels())


def test_a_feature_is_cut_into_parts_that_hold_every_row_once():
    rng = np.random.default_rng(0)
    few = rng.integers(0, 3, 500) * 1.5
    assert [name for name, _ in training_figures.parts(few)] == ["0", "1.5", "3"]
    tied = np.where(rng.random(999) < 0.5, 0, rng.integers(0, 100, 999))
    for values in (few, tied, rng.normal(size=1000), rng.integers(0, 6, 60)):
        cut = training_figures.parts(values)
        rows = np.array([inside for _, inside in cut])
        assert (rows.sum(axis=0) == 1).all()
        assert 1 < len(cut) <= 5
        ends = [(values[r].min(), values[r].max()) for r in rows]
        assert all(a[1] < b[0] for a, b in pairwise(ends))


def test_a_question_shows_the_shares_as_counted():
    labels = np.array([[1, 0, 0, 0, 1, 1, 0, 0, 0, 0]], float)
    value = np.array([0] * 4 + [1] * 6)
    cut = training_figures.parts(value)
    picture = training_figures.question(labels, cut, "f", "<b>late", "rows")
    bar, below = picture.figure.axes
    assert [p.get_width() for p in bar.patches] == pytest.approx([0.7, 0.3])
    assert np.allclose(below.containers[0][0].get_ydata(), [1 / 4, 2 / 6])
    assert "30.0% of all rows are" in picture.alt
    assert "0: 25.0%; 1: 33.3%" in picture.alt


def test_a_path_ends_where_descent_does_and_the_map_is_the_loss():
    path = np.array([[0.0, 0.0], [1.0, -0.5], [1.5, -1.0]])
    bowl = lambda w, b: (w - 2) ** 2 + 3 * (b + 1) ** 2  # noqa: E731
    picture = map_figures.valleys({"one": (bowl, path), "two": (bowl, path[:2])})
    first, second = picture.figure.axes
    assert first.get_xlim() == second.get_xlim()  # one loss has one window
    assert first.get_xlim()[0] < 0 < 2 < first.get_xlim()[1]
    line, dots, start, star, end = first.lines
    assert np.allclose(line.get_xydata(), path)
    assert np.allclose(dots.get_xydata(), path)
    assert np.allclose([start.get_xydata()[0], end.get_xydata()[0]], path[[0, -1]])
    assert np.allclose(star.get_xydata(), [[2, -1]], atol=1e-4)
    assert first.collections[0].get_cmap().name == "Greys_r"  # blue is a prediction
    assert "one: from 7.000 to 0.250, lowest 0.000; two: from 7.000 to 1" in picture.alt
    contour = first.collections[1]
    written = {t.get_text() for t in first.texts}
    assert written
    assert written <= {f"{level:.2f}" for level in contour.levels}
    for level, drawn in zip(contour.levels, contour.get_paths(), strict=True):
        if len(drawn.vertices):
            assert np.allclose(bowl(*drawn.vertices.T), level, atol=0.05)


def test_a_batchs_step_is_an_arrow_from_where_it_begins():
    bowl = lambda w, b: (w - 2) ** 2 + 3 * (b + 1) ** 2  # noqa: E731
    steps = np.array([[0.5, -0.25], [0.75, 0.5], [-0.25, 0.0]])
    panels = {
        "few": {(0.0, 1.0): steps, (2.0, -1.0): -steps},
        "many": {(0.0, 1.0): steps},
    }
    picture = map_figures.batch_steps(bowl, panels)
    few, many = picture.figure.axes
    assert few.get_xlim() == many.get_xlim()
    first, second = (c for c in few.collections if isinstance(c, Quiver))
    for arrows, begin, moved in ((first, (0, 1), steps), (second, (2, -1), -steps)):
        assert np.allclose(arrows.get_offsets(), np.tile(begin, (3, 1)))
        assert np.allclose(np.column_stack([arrows.U, arrows.V]), moved)
        assert (arrows.angles, arrows.scale_units, arrows.scale) == ("xy", "xy", 1)
    assert np.allclose(few.lines[0].get_xydata(), [[2, -1]], atol=1e-4)
    assert "few, from w = 0.0 and b = 1.0: 3 arrows" in picture.alt
    assert "67% of them within a right angle of their mean" in picture.alt


def test_the_lowest_loss_aside_is_marked():
    train, aside, epochs = [3.0, 2, 1, 0.5], [3.0, 2.5, 2, 2.2], [1, 2, 5, 9]
    a = pd.DataFrame({"train": train, "aside": aside}, index=epochs)
    curves = {"a": a, "b": a.assign(aside=aside[::-1])}
    picture = fold_figures.kept_aside(curves, 1.9)
    for ax, best in zip(picture.figure.axes, (5, 2), strict=True):
        seen, held, truth, mark = ax.lines
        assert [*seen.get_ydata()] == train
        assert [*seen.get_xdata()] == epochs
        assert truth.get_ydata()[0] == 1.9
        assert mark.get_xydata().tolist() == [[best, min(held.get_ydata())]]
        assert all("$" not in t.get_text() for t in ax.get_xticklabels())
    assert "lowest, 2.00, after 5 epochs and ends at 2.20" in picture.alt


def test_each_fold_is_asked_once_and_learned_from_by_the_others():
    picture = fold_figures.turns(np.array([0, 1, 2, 0, 1, 2, 0]))  # of 3, 2 and 2
    (ax,) = picture.figure.axes
    asked = {t.get_position() for t in ax.texts if t.get_text() == "asked"}
    assert asked == {(1.5, 0), (4, 1), (6, 2)}
    covered = np.zeros((3, 7), int)  # by what was learned from
    for bars in ax.containers:
        for bar in bars if bars.get_label() == "learned from" else ():
            row = round(bar.get_y() + bar.get_height() / 2)
            first = round(bar.get_x())
            covered[row, first : first + round(bar.get_width())] += 1
    assert covered.tolist() == [
        [0, 0, 0, 1, 1, 1, 1],
        [1, 1, 1, 0, 0, 1, 1],
        [1, 1, 1, 1, 1, 0, 0],
    ]
    assert "3 networks: the same 7 points" in picture.alt


def test_a_validation_curve_marks_what_is_lowest_and_how_sure_that_is():
    tried = pd.Index([0, 0.001, 0.01, 0.1], name="l2")
    losses = {"seen": [1, 2, 3, 4], "held": [5, 4, 3, 5], "aside": [4.0, 2, 3, 4]}
    losses, errors = pd.DataFrame(losses, tried), pd.Series([0.9, 0.6, 0, 1.1], tried)
    picture = fold_figures.validation_curve(losses, errors)
    (ax,) = picture.figure.axes
    curves, marks = ax.lines[:6:2], ax.lines[1:6:2]
    for name, curve, mark, best in zip(losses, curves, marks, (0, 2, 1), strict=True):
        assert np.allclose(curve.get_xydata(), list(losses[name].items()))
        assert np.allclose(mark.get_xydata(), [[tried[best], losses[name].min()]])
    (bars,) = (b.lines[2][0].get_segments() for b in ax.containers)
    drawn = {x: (low, high) for (x, low), (_, high) in bars}
    wanted = {0: (3.2, 6.8), 0.001: (2.8, 5.2), 0.1: (2.8, 7.2)}
    assert drawn == {x: pytest.approx(ends) for x, ends in wanted.items()}
    places = [0, 0.0005, 0.001, 0.01, 0.1]
    steps = np.diff(ax.transData.transform([(x, 3) for x in places])[:, 0])
    assert steps[0] == pytest.approx(steps[1])  # zero has its place
    assert steps[2] == pytest.approx(steps[3])
    assert [t.get_text() for t in ax.get_xticklabels()] == ["0", "0.001", "0.01", "0.1"]
    assert "linear up to 0.001" in ax.get_xlabel()
    assert "aside: 4.00, 2.00, 3.00, 4.00, lowest at 0.001" in picture.alt
    assert "3 other ones have bars of two standard errors; 2 of the bars" in picture.alt


def test_each_loss_of_a_validation_curve_is_named_beside_it():
    tried = pd.Index([0, 0.01, 0.1], name="l2")
    losses = {"seen": [1, 1.2, 4], "held": [5, 4, 5], "aside": [2, 2.4, 4]}
    picture = fold_figures.validation_curve(
        pd.DataFrame(losses, tried), pd.Series([0.1, 0, 0.1], tried)
    )
    (ax,) = picture.figure.axes
    named = {t.get_text(): t for t in ax.texts}
    for curve, (name, values) in zip(ax.lines[::2], losses.items(), strict=False):
        assert same_color(named[name].get_color(), ink(curve.get_color()))
        assert named[name].xy == pytest.approx((0.005, np.mean(values[:2])))
        assert named[name].get_va() == ("top" if name == "seen" else "bottom")


def test_a_unit_that_dies_is_shown_on_both_sides_of_its_step():
    before = Network([2, 2, 1])
    before.W[1][:] = [[1, 0], [0, -2]]
    before.b[1][:, 0] = [-1, 1]
    after = Network([2, 2, 1], before.theta)
    after.b[1][0] = -5  # beyond every point
    picture = training_figures.dying(before, after, X, Y)
    for ax, place in zip(picture.figure.axes, (1, 5), strict=True):
        thick, thin = sorted(ax.lines, key=lambda line: -line.get_linewidth())
        assert np.allclose(thick.get_xdata(), place)
        assert np.allclose(thin.get_ydata(), 0.5)
        (side,) = ax.patches
        assert side.get_xy()[:, 0].min() == pytest.approx(place)  # it is on above it
        (arrow,) = (t for t in ax.texts if t.arrow_patch)
        assert arrow.xy[0] > place
    on = int((X[0] > 1).sum())
    assert f"it is on for {on} of {X.shape[1]} points, after the step for none" in (
        picture.alt
    )
    assert "1.0 from the middle before and 5.0 from the middle after" in picture.alt


def test_a_reversal_shows_both_ways_of_all_and_of_each_part():
    true = lambda n, of: np.arange(of) < n  # noqa: E731
    groups = {"any": (true(10, 50), true(20, 50)), "few": (true(3, 20), true(0, 0))}
    groups["many"] = true(7, 30), true(20, 50)
    picture = training_figures.reversal(groups, ("without", "with"))
    (ax,) = picture.figure.axes
    marks = [c.lines[0].get_xydata()[0] for c in ax.containers]
    assert np.allclose(marks[0], [-0.16, 0.2])
    assert np.allclose(marks[1], [0.16, 0.4])
    assert len(marks) == 5
    joined = [line for line in ax.lines if same_color(line.get_color(), "black")]
    assert np.allclose(joined[0].get_ydata(), [0.2, 0.4])
    assert [t.get_text() for t in ax.texts] == ["nobody\nwith"]
    assert "any: 20.0% of 50 without missed it; any: 40.0% of 50 with" in picture.alt
    assert "few: nobody with" in picture.alt


def test_a_unit_switches_on_at_its_line_towards_its_arrow():
    network = Network([2, 3, 1])
    network.W[1][:] = [[1, 0], [0, -2], [3, 3]]
    network.b[1][:, 0] = [-1, 1, 99]  # the third line lies outside
    network.W[2][:] = [[1, -1, 1]]
    picture = training_figures.creases(network, X, Y)
    (ax,) = picture.figure.axes
    for line, w, b in zip(ax.lines, network.W[1], network.b[1], strict=True):
        assert np.allclose(w @ line.get_data() + b, 0)
        assert line.get_linestyle() == "--"  # a whole line is one half elsewhere
    arrows = [t for t in ax.texts if t.arrow_patch]
    signs = [t.get_text() for t in ax.texts if t.get_text()]
    assert signs == ["+", "−"]
    for arrow, w, b in zip(arrows, network.W[1], network.b[1], strict=False):
        assert w @ arrow.xy + b > 0
    assert "1 lower it and 1 raise it" in picture.alt


@pytest.mark.parametrize("shape", [(40, 9), (1, 3), (5, 200)])
def test_a_square_is_as_large_as_its_weight(shape):
    W = np.random.default_rng(0).normal(size=shape)
    names = [f"feature {i} of many that are long" for i in range(shape[1])]
    picture = training_figures.weights_map(W, names, "Weights")
    (ax,) = picture.figure.axes
    rows = np.argsort(-np.mean(W**2, axis=0))[:12]
    strongest = np.abs(W).sum(axis=1).argmax()
    first = [line for line in ax.lines if line.get_xdata()[0] == 0]
    assert len(first) == len(rows)
    sizes = np.array([line.get_markersize() for line in first])
    wanted = np.abs(W[strongest, rows])
    assert np.allclose(sizes**2 / sizes.max() ** 2, wanted / wanted.max())
    filled = [same_color(line.get_markerfacecolor(), BLUE) for line in first]
    assert filled == (W[strongest, rows] > 0).tolist()


def test_no_weights_can_be_drawn_where_all_are_zero():
    assert training_figures.weights_map(np.zeros((2, 2)), ["a", "b"], "None").alt


def test_a_weight_moves_the_line_of_one_half_onto_the_threshold():
    weighted = lambda P: weighted_probability(toy.probability(P), 4)  # noqa: E731
    picture = threshold_figures.weight_and_threshold(toy.probability, weighted, 4, X, Y)
    for ax, level in zip(picture.figure.axes, (0.5, 0.2), strict=True):
        lines = [c for c in ax.collections if hasattr(c, "levels")][1:]
        (half,), (dashed,) = (c.get_paths() for c in lines)
        assert np.allclose(toy.probability(half.vertices.T), level, atol=0.02)
        assert np.allclose(toy.probability(dashed.vertices.T), 0.2, atol=0.02)
        assert same_color(lines[1].get_edgecolor()[0], "white")  # colours are taken
        assert lines[1].get_path_effects()  # by a black edge it is seen
    assert "alike on 100% of the plane" in picture.alt
    picture.figure.draw_without_rendering()  # only then is a title where it is seen
    top = picture.figure.bbox.y1
    assert all(a.title.get_window_extent().y1 < top - 4 for a in picture.figure.axes)


def test_what_is_asked_for_is_the_lowest_of_the_curve():
    picture = threshold_figures.asked_for(0.2, (1, 4))
    one, at_one, four, at_four = picture.figure.axes[0].lines
    for w, curve, mark in ((1, one, at_one), (4, four, at_four)):
        q, loss = curve.get_data()
        assert np.allclose(loss, -w * 0.2 * np.log(q) - 0.8 * np.log(1 - q))
        assert mark.get_xdata()[0] == pytest.approx(weighted_probability(0.2, w))
    assert "w = 1: lowest at 0.2, where it is 0.500" in picture.alt
    assert "w = 4: lowest at 0.5" in picture.alt
    assert one.get_linestyle() != four.get_linestyle()


def test_groups_lie_on_the_curve_of_the_law():
    p = np.array([0.05, 0.2, 0.4])
    q = weighted_probability(p, 3)
    picture = threshold_figures.exact_law(p, q, 3, [*"abc"])
    (ax,) = picture.figure.axes
    curve, _, dots, _ = ax.lines
    x, y = curve.get_data()
    assert np.allclose(np.interp(p, x, y), q, atol=1e-3)
    assert np.allclose(dots.get_xydata(), np.column_stack([p, q]))
    assert "b: 0.200 becomes 0.429" in picture.alt
    said = {t.get_text(): t.xy for t in ax.texts}
    assert "1/2 on q is 0.250 on p" in said
    assert said["a"] == (p[0], q[0])
    assert said["c"] == (p[2], q[2])


def test_lines_stand_beside_the_shares_that_they_miss():
    shares = {"early": 0.1, "middle": 0.4, "late": 0.3}
    told = {"one": np.array([0.2, 0.25, 0.35]), "other": np.array([0.2, 0.3, 0.35])}
    picture = threshold_figures.one_line(shares, told)
    (ax,) = picture.figure.axes
    diamonds, *lines = ax.lines
    assert list(diamonds.get_ydata()) == [*shares.values()]
    for line, (name, p) in zip(lines, told.items(), strict=True):
        assert line.get_label() == name
        assert np.array_equal(line.get_ydata(), p)
    assert [t.get_text() for t in ax.get_xticklabels()] == [*shares]
    assert "one: up to 0.150 from a group's share" in picture.alt
    assert "Between the lines lie up to 0.050" in picture.alt


@pytest.mark.parametrize(("miss", "p"), [(5, 0.25), (3, 0.5)])
def test_what_a_call_costs_crosses_what_it_saves_where_theory_says(miss, p):
    picture = choice_figures.cost_lines(miss, p)
    (ax,) = picture.figure.axes
    call, leave, upright, crossing, example = ax.lines
    t = crossing.get_xdata()[0]
    assert t == pytest.approx(1 / (1 + miss))
    for x, cost in call.get_xydata():
        assert cost == pytest.approx(1 - x)
    for x, cost in leave.get_xydata():
        assert cost == pytest.approx(miss * x)
    for line in (call, leave):
        assert np.interp(t, *line.get_data()) == pytest.approx(crossing.get_ydata()[0])
    assert np.allclose(upright.get_xdata(), t)
    assert np.allclose(example.get_xydata(), [(p, 1 - p), (p, miss * p)])
    assert call.get_linestyle() != leave.get_linestyle()
    (shaded,) = ax.patches
    assert (shaded.get_x(), shaded.get_x() + shaded.get_width()) == pytest.approx(
        (t, ax.get_xlim()[1])
    )
    where = {note.get_text(): note.get_position()[0] for note in ax.texts}
    assert where["do not call"] < t < where["call"]
    assert f"They cross at {t:.3f}, where both are {1 - t:.3f}" in picture.alt


@pytest.mark.parametrize(
    ("labels", "said", "won"),
    [
        ([1, 1, 0, 0, 0], [0.7, 0.3, 0.5, 0.3, 0.1], 4.5),
        ([1, 0, 1, 0], [0.9, 0.6, 0.4, 0.2], 3),
    ],
)
def test_each_pair_has_a_cell_and_the_curve_parts_won_from_lost(labels, said, won):
    labels, said = np.array(labels), np.array(said)
    picture = choice_figures.pairs(labels, said)
    (ax,) = picture.figure.axes
    (curve,) = ax.lines
    x, y = curve.get_data()
    shaded, *cells = ax.patches
    assert len(cells) == len(ax.texts) == labels.sum() * (labels == 0).sum()
    area = np.trapezoid(y, x)
    assert area == pytest.approx(won / len(cells)) == roc_auc(labels, said)
    counted = 0
    for cell, text in zip(cells, ax.texts, strict=True):
        assert cell.get_bbox().contains(*text.get_position())
        pair, count = text.get_text().split("\n")
        high, sign, low = pair.split()
        assert {float(high), float(low)} <= {*said}
        middle = np.mean(cell.get_bbox().get_points(), axis=0)
        below = middle[1] - np.interp(middle[0], x, y)
        if sign == "=":
            assert below == pytest.approx(0)
        else:
            assert (below < 0) == (sign == ">") == (float(high) > float(low))
        counted += {">": 1, "=": 0.5, "<": 0}[sign]
        assert Fraction(count) == {">": 1, "=": Fraction(1, 2), "<": 0}[sign]
    assert counted == won
    across, up = shaded.get_xy().T  # closed: the last corner is the first
    assert np.trapezoid(up, across) == pytest.approx(area)
    assert [*zip(x, y, strict=True)] == [*zip(across, up, strict=True)][: x.size]
    assert f"The shaded area is {won:g} of {len(cells)} cells" in picture.alt
    assert ("cuts in half: 1" in picture.alt) == (won == 4.5)


def test_rows_are_drawn_against_each_other_and_the_decisions_counted():
    p = np.array([[0.1, 0.2, 0.3, 0.4]])
    picture = threshold_figures.law({"near": (p, p), "far": (p, p[:, ::-1])}, 0.25)
    near, far = picture.figure.axes
    assert np.allclose(near.lines[1].get_xydata(), np.column_stack([p[0], p[0]]))
    assert np.allclose(far.lines[1].get_ydata(), p[0, ::-1])
    assert "each of 4 test rows" in picture.alt
    some = threshold_figures.law({"near": (p, p)}, 0.25, most=3)
    assert "each of 3 test rows" in some.alt
    assert "near: 0.0000 apart on average, 100.0% decided alike" in picture.alt
    assert "far: 0.2000 apart on average, 0.0% decided alike" in picture.alt


def test_a_learning_curve_has_a_line_for_each_loss_and_the_truths():
    losses = pd.DataFrame(
        {"training rows": [-0.2, -0.1], "points aside": [0.4, 0.3]}, index=[100, 400]
    )
    picture = fold_figures.learning_curve(losses)
    (ax,) = picture.figure.axes
    known, new, truth = ax.lines
    assert [*known.get_ydata()] == [-0.2, -0.1]
    assert [*new.get_ydata()] == [0.4, 0.3]
    assert truth.get_ydata()[0] == 0
    assert known.get_linestyle() != new.get_linestyle()
    assert "points aside: 0.400, 0.300" in picture.alt


def test_draws_are_a_hill_and_a_bar_of_the_interval():
    values = np.linspace(0.5, 0.7, 400)
    picture = sampling_figures.bootstrap_draws(values, 0.6, (0.505, 0.695))
    (ax,) = picture.figure.axes
    assert sum(bar.get_height() for bar in ax.patches) == values.size
    assert ax.lines[0].get_xdata()[0] == 0.6
    (bar,) = (t for t in ax.texts if isinstance(t, Annotation) and not t.get_text())
    assert (bar.xy[0], bar.xyann[0]) == (0.505, 0.695)
    assert same_color(bar.arrow_patch.get_edgecolor(), "black")  # orange is positive
    assert "goes from 0.505 to 0.695" in picture.alt


def test_a_remedy_shows_what_it_copied_and_what_it_made():
    twice, once = X[:, :10], X[:, 10:20]
    ones, zeros = np.ones((1, 10)), np.zeros((1, 10))
    tables = {"as it is": (np.hstack([twice, once]), np.hstack([ones, zeros]))}
    copied = np.hstack([twice, twice, once]), np.hstack([ones, ones, zeros])
    made = np.hstack([twice, twice + 0.01, once]), np.hstack([ones, ones, zeros])
    tables |= {"fewer": tables["as it is"], "copied": copied, "made": made}
    says = dict.fromkeys(tables, toy.probability)
    picture = sampling_figures.resampling(tables, says, toy.probability, 0.5)
    drawn = {
        ax.get_title(): [len(c.get_offsets()) for c in ax.collections[:4]]
        for ax in picture.figure.axes
    }
    # Negatives and positives that came once, those that came again, and new ones.
    assert drawn["as it is"] == drawn["fewer"] == [10, 10, 0, 0]
    assert drawn["copied"] == [10, 0, 10, 0]
    assert drawn["made"] == [10, 10, 0, 10]
    assert "made: 20 positives, 10 of them new, 10 negatives" in picture.alt
    assert picture.alt.count("alike on 100% of the plane") == 4
    for ax in picture.figure.axes:  # dashed as where a weight moves the line
        (dashed,) = (c for c in ax.collections if c.get_path_effects())
        assert same_color(dashed.get_edgecolor()[0], "white")


@pytest.mark.slow
@pytest.mark.parametrize(
    "draw",
    [
        lambda: threshold_figures.law({"a": (toy.probability(X), Y)}, 0.5),
        lambda: training_figures.creases(initialise([2, 4, 1], rng_of(1)), X, Y),
        lambda: training_figures.weights_map(X[:, :9], [*"abcdefghi"], "W"),
        plane_figures.activations,
        lambda: plane_figures.certainty(1e-8),
        lambda: plane_figures.surfaces({"t": toy.probability}, X, Y),
        lambda: neuron_graph(neuron(1, 2, 3, 4, 5)),
        lambda: two_ways(np.eye(2), np.ones(2)),
        lambda: matrix_figures.layer_product(np.eye(2), np.eye(2), np.ones((2, 1))),
        lambda: slope_figures.directions(np.ones(3), np.arange(3.0)),
    ],
)
def test_a_drawing_is_the_same_each_time(draw):
    assert draw().svg() == draw().svg()
    assert draw().alt.encode() in draw().svg().replace(b"&lt;", b"<")


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_words_name_no_ink_that_the_dark_turns(module):
    """The site inverts figures in the dark: black is white there, hues stay."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    nodes = [node for node in ast.walk(tree) if isinstance(node, documented)]
    told = {ast.get_docstring(node, clean=False) for node in nodes}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
            if " " in text and text not in told:  # words, not a colour's name
                assert not re.search(r"\b(black|white)\b", text), text


def test_the_toy_world_keeps_its_law():
    many, labels = toy.points(np.random.default_rng(0), 200_000)
    p = toy.probability(many)
    assert np.abs(many).max() <= 3
    assert set(np.unique(labels)) == {0, 1}
    for low, high in ((0, 0.1), (0.1, 0.4), (0.4, 0.7), (0.7, 1)):
        inside = (p >= low) & (p < high)
        error = 4 * np.sqrt(0.25 / inside.sum())
        assert abs(labels[inside].mean() - p[inside].mean()) < error
    assert 0.19 < labels.mean() < 0.22
    again, _ = toy.points(np.random.default_rng(0), 200_000)
    assert np.array_equal(many, again)


def test_no_line_parts_the_toy_world_and_a_hidden_layer_does():
    """A neuron's best is no better than the rate alone; eight bends come near."""
    rate = -np.mean(Y * np.log(Y.mean()) + (1 - Y) * np.log(1 - Y.mean()))
    best = -np.mean(
        Y * np.log(toy.probability(X)) + (1 - Y) * np.log(1 - toy.probability(X))
    )
    reached = {}
    for dims in ([2, 1], [2, 8, 1]):
        network = initialise(dims, np.random.default_rng(2))
        for _ in range(1000):
            passed = forward(network, X)
            network.theta -= 0.5 * backward(
                network, passed, d_logits(Y, passed.A[network.L])
            )
        reached[len(dims)] = objective(forward(network, X).Z[network.L], Y)
    assert 0.97 * rate < reached[2] <= rate
    assert reached[3] < (rate + best) / 2
