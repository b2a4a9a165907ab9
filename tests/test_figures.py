"""The figures draw what they say, for any names, and say it in words."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from lopsided.lesson import threshold
from lopsided.lesson.training import History
from lopsided.report import figures
from lopsided.report.intervals import curve_bands

rng = np.random.default_rng(0)
Y = (rng.random((1, 400)) < 0.2).astype(float)
P = np.clip(rng.normal(0.2 + 0.1 * Y, 0.1), 0.01, 0.99).round(2)
HOSTILE = "<b>$x_1$</b>"
MARKS = {"accuracy": 0.5, "f1": 0.21, "capacity:9": 0.4}
BANDS = curve_bands(Y, P, 50, rng)
EACH = {
    "cdf": lambda: figures.cdf(Y, P, 0.2, HOSTILE, "no"),
    "cdf_rules": lambda: figures.cdf_rules(Y, P, MARKS, HOSTILE, "no"),
    "confusion_matrix": lambda: figures.confusion([[0, 3], [0, 1]], HOSTILE, "no"),
    "loss": lambda: figures.loss(History([0.7], [0.7])),
    "loss_of_readings": lambda: figures.loss_of_readings(
        {HOSTILE: History([0.7, 0.6], [0.7, 0.8]), "b": History([1.0], [0.5])}
    ),
    "roc": lambda: figures.roc(Y, P, 0.2, BANDS),
    "precision_recall": lambda: figures.precision_recall(Y, P, 1.0, seeds=[P, P / 2]),
    "cost_curve": lambda: figures.cost_curve(Y, P, MARKS),
    "rules": lambda: figures.rules((Y, P), (Y, P), MARKS),
    "measures_by_threshold": lambda: figures.measures_by_threshold(Y, P, MARKS),
    "reliability": lambda: figures.reliability(Y, {HOSTILE: P}),
    "law": lambda: figures.law(Y, {HOSTILE: P}, {"1/2": 0.5}, "no above yes"),
}


@pytest.mark.parametrize("name", EACH)
def test_a_figure_is_the_same_each_time_and_carries_its_words(name):
    picture = EACH[name]()
    assert picture.name == name
    root = ET.fromstring(picture.svg())
    assert root.get("aria-label") == picture.alt
    assert len(picture.alt) > 40
    assert "nan" not in picture.alt
    assert picture.svg() == EACH[name]().svg()
    assert picture.png()[:4] == b"\x89PNG"


@pytest.mark.parametrize("name", EACH)
def test_axes_say_what_they_show(name):
    picture = EACH[name]()
    for ax in picture.figure.axes:
        if ax.axison:
            shared = name in ("rules", "loss_of_readings")  # the bottom carries it
            assert ax.get_ylabel()
            assert ax.get_xlabel() or shared


def test_the_best_costs_of_the_cost_curve_follow_from_the_ks_distance():
    """Both classes weighing alike, the best cost is (1 - KS) / 2."""
    ax = figures.cost_curve(Y, P, {}).figure.axes[0]
    best = {line.get_label(): line for line in ax.lines}["best threshold"]
    gap, _ = threshold.ks_distance(Y, P)
    assert np.interp(0.5, *best.get_data()) == pytest.approx((1 - gap) / 2)
    roof = np.minimum(best.get_xdata(), 1 - best.get_xdata())
    assert (best.get_ydata() <= roof + 1e-12).all()


def test_a_single_threshold_costs_its_two_error_rates():
    ax = figures.cost_curve(Y, P, {"here": 0.25}).figure.axes[0]
    (line,) = (line for line in ax.lines if line.get_label().startswith("here"))
    cost = line.get_ydata()
    assert cost[0] == pytest.approx(np.mean(P[Y == 0] >= 0.25))
    assert cost[-1] == pytest.approx(np.mean(P[Y == 1] < 0.25))
