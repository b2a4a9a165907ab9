"""Pictures of the studies: what is drawn is what was counted, and so are the words."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import same_color

from lopsided.report import study_figures
from lopsided.report.coverage_table import Coverage
from lopsided.report.display import ORANGE


def in_orange(picture):
    """Name what is drawn in the colour of the positives."""
    drawn = picture.figure.axes[0].lines
    return [x.get_label() for x in drawn if same_color(x.get_color(), ORANGE)]


@pytest.fixture(scope="module")
def covered():
    rows = [("rows, class by class", 40, 8), ("rows", 40, 4), ("groups", 40, 2)]
    frame = pd.DataFrame(rows, columns=["drawn", "test_sets", "f1_at_0.5_below"])
    frame = frame.assign(roc_auc_below=1, roc_auc_above=0, roc_auc_truth=0.6)
    return Coverage(frame.assign(**{"f1_at_0.5_above": 0, "f1_at_0.5_truth": 0.3}))


def test_coverage_stands_beside_the_promise_and_its_luck(covered):
    picture = study_figures.coverage(covered)
    (ax,) = picture.figure.axes
    shares = {line.get_label(): line.get_xdata() for line in ax.lines}
    for name in covered.held:
        np.testing.assert_allclose(shares[name], 100 * covered.held[name])
        assert f"{name} {covered.held[name].min():.0%} to" in picture.alt
    ends = ax.patches[0].get_extents().transformed(ax.transData.inverted())
    luck = 196 * np.sqrt(0.95 * 0.05 / 40)
    assert (ends.x0, ends.x1) == pytest.approx((95 - luck, 95 + luck))
    assert len({line.get_marker() for line in ax.lines}) == 4
    assert not in_orange(picture)


def test_groups_stand_in_their_order_with_what_was_counted():
    names = ["missed, share", "came, flagged", "missed, phoned"]
    index = [("age", "0 to 17"), ("neighbourhoods by scholarship", "most")]
    shares = [[0.2, 0.4, 0.15], [0.25, 0.5, 0.2]]
    table = pd.DataFrame(shares, pd.MultiIndex.from_tuples(index), names)
    picture = study_figures.fairness(table, "A network, by group")
    (ax,) = picture.figure.axes
    drawn = {line.get_label(): [*line.get_xdata()] for line in ax.lines}
    assert drawn == {n: pytest.approx([*(100 * table[n])]) for n in names}
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels == ["age: 0 to 17", "neighbourhoods: most"]
    assert "age 0 to 17: 40%" in picture.alt
    assert in_orange(picture) == ["missed, share"]  # of positives, and of all


def test_each_kind_of_network_has_its_curve():
    curves = {"a": np.array([2.0, 1.0, 0.5]), "b": np.array([0.0, 3.0, 4.0])}
    words = "dead", "dead units", "Dead units"
    picture = study_figures.over_epochs(curves, [0, 10, 400], *words)
    (ax,) = picture.figure.axes
    for line, (name, curve) in zip(ax.lines, curves.items(), strict=True):
        assert line.get_label() == name
        np.testing.assert_array_equal(line.get_ydata(), curve)
    ticks = [label.get_text() for label in ax.get_xticklabels()]
    assert ticks == ["0", "10", "400"]
    assert "a: 2.00, in the end 0.50; b: 0.00, in the end 4.00" in picture.alt
    assert not in_orange(picture)
    alone = study_figures.over_epochs({"b": curves["b"]}, [0, 10, 400], *words, "ab")
    (line,), before = alone.figure.axes[0].lines, ax.lines[1]
    assert line.get_color() == before.get_color() != ax.lines[0].get_color()
    assert line.get_marker() == before.get_marker()
