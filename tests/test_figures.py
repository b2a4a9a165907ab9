"""Figures are read back: each line, text and image against scikit-learn's and SciPy's.

Labels, classes and rules have values of their own, so that any two that are swapped,
and any curve in the place of another, differ. The words are read back too.
"""

import inspect
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from functools import cache
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT
from matplotlib.colors import rgb_to_hsv, same_color, to_hex, to_rgb
from matplotlib.text import Text
from scipy import stats
from sklearn import metrics
from sklearn.calibration import calibration_curve

from lopsided.lesson import threshold
from lopsided.lesson.training import History
from lopsided.report import display, figures, sweep_figures, sweep_table
from lopsided.report.display import (
    BLUE,
    COLOURS,
    GREY,
    ORANGE,
    PHONE,
    Picture,
    axes,
    ink,
)
from lopsided.report.intervals import curve_bands

rng = np.random.default_rng(0)


def sample(n):
    Y = (rng.random((1, n)) < 0.2).astype(float)
    return Y, np.clip(rng.normal(0.2 + 0.1 * Y, 0.1), 0.01, 0.99).round(2)


Y, P = sample(400)
Y_TEST, P_TEST = sample(300)
P_OTHER = np.clip(P + rng.normal(0, 0.05, P.shape), 0.01, 0.99).round(2)
HOSTILE = "<b>$x_1$</b>"
T = 0.205
MARKS = {"f1": 0.21, "capacity:9": 0.4, "recall:0.8": 0.13}
RULES = {rule.example: 0.1 + i / 20 for i, rule in enumerate(threshold.RULES.values())}
BANDS = curve_bands(Y, P, 50, rng)
LONG = History([0.9, 0.8, 0.75, *[0.7] * 9], [0.6, 0.55, 0.52, *[0.5] * 9])
WEIGHTED = History([0.7, 0.6], [0.65, 0.8])
CLOUDS = {"ours": (np.array([0.1, 0.2]), np.array([0.5, 0.7])), HOSTILE: ([0.4], [0.9])}
CURVES = {"eight": (np.array([0.0, 0.3, 1.0]), np.array([0.0, 0.6, 1.0]))}
MODELS = pd.DataFrame(
    {
        "group": ["rules", "networks", "networks"],
        "model": ["always", HOSTILE, "deep"],
        **{"f1": [0.1, 0.3, 0.35], "f1_low": [0.05, 0.2, 0.3]},
        **{"f1_high": [0.2, 0.45, 0.4], "brier": [0.3, 0.16, 0.15]},
        **{"brier_low": [0.28, 0.1, 0.12], "brier_high": [0.33, 0.2, 0.19]},
    }
)


def sweep():
    """Two choices and a seed, one setting missing, one point failed."""
    rows = []
    for w, units, seed in [
        *((w, units, seed) for w in ("1", "4") for units in ("[3]", "[9]", "[27]")
          for seed in (0, 1)),
    ]:  # fmt: skip
        counts = rng.integers(5, 60, 4)
        tn, fp, fn, tp = counts
        rows.append(
            {"w": w, "hidden_units": units, "seed": seed, "error": None}
            | {"test.fp": fp, "test.tn": tn, "test.recall": tp / (tp + fn)}
            | {f"test.{m}": rng.random() for m in sweep_figures.DRAWN if m != "recall"}
        )
    rows[-1]["error"] = "it failed"
    table = pd.DataFrame(rows)
    for name in ("w", "hidden_units", "seed"):
        table[name] = pd.Categorical(table[name], table[name].unique(), ordered=True)
    varied = ["w", "hidden_units", "seed"]
    return sweep_table.Sweep("s", "test.f1", varied, {}, table)


SWEEP = sweep()
HELD_OUT = {
    "epoch": [1.0, 2.0, 4.0, 20.0],
    "training": [0.7, 0.6, 0.5, 0.4],
    "validation": [0.71, 0.63, 0.61, 0.65],
}
EACH = {
    "cdf": lambda: figures.cdf(Y, P, T, HOSTILE, "no"),
    "cdf_rules": lambda: figures.cdf_rules(Y, P, MARKS, HOSTILE, "no"),
    "confusion": lambda: figures.confusion([[50, 30], [7, 13]], HOSTILE, "no"),
    "hundred": lambda: figures.hundred(
        {"ours": [[500, 301], [75, 124]], "b": [[801, 0], [199, 0]]}, HOSTILE, "came"
    ),
    "loss": lambda: figures.loss(LONG),
    "validation": lambda: figures.validation(HELD_OUT),
    "loss_of_readings": lambda: figures.loss_of_readings(
        {HOSTILE: WEIGHTED, "b": LONG}
    ),
    "roc": lambda: figures.roc(Y, P, T, BANDS, [P_OTHER]),
    "precision_recall": lambda: figures.precision_recall(Y, P, T, BANDS, [P_OTHER]),
    "cost_curve": lambda: figures.cost_curve(Y, P, MARKS),
    "rules": lambda: figures.rules((Y, P), (Y_TEST, P_TEST), RULES | {"accuracy": 0.5}),
    "measures_by_threshold": lambda: figures.measures_by_threshold(Y, P, MARKS),
    "reliability": lambda: figures.reliability(Y, {HOSTILE: P, "other": P_OTHER}),
    "plane": lambda: figures.plane(
        CLOUDS, CURVES, (0.3, 0.6), (0.01, 0.02), "plane", "The plane", 0.5
    ),
    "side_by_side": lambda: figures.side_by_side(
        MODELS, {"f1": "F1", "brier": "Brier score"}, ["deep"], "side_by_side", "Models"
    ),
    "sweep: dependence": lambda: sweep_figures.dependence(SWEEP, "hidden_units"),
    "sweep: plane": lambda: sweep_figures.plane(SWEEP),
}


@cache
def drawn(name):
    return EACH[name]()


# Reading back


def lines(ax):
    """Read the named lines of a pair of axes."""
    named = [line for line in ax.lines if not line.get_label().startswith("_")]
    assert len({line.get_label() for line in named}) == len(named)
    return {line.get_label(): line for line in named}


def unnamed(ax):
    """Read the lines that no legend names."""
    return [line for line in ax.lines if line.get_label().startswith("_")]


def assert_line(line, x, y):
    np.testing.assert_allclose(line.get_xdata(), x, rtol=0, atol=1e-12)
    np.testing.assert_allclose(line.get_ydata(), y, rtol=0, atol=1e-12)


def assert_axes(ax, xlabel, ylabel):
    assert (ax.get_xlabel(), ax.get_ylabel()) == (xlabel, ylabel)


def assert_cdf(line, Y, p, y):
    """A line steps through the share of class y at or below each prediction."""
    assert line.get_drawstyle() == "steps-post"
    x = np.unique(p)
    expected = stats.ecdf(p[Y == y]).cdf.evaluate(x)
    assert_line(line, x, expected)


def assert_widest_gap(ax, Y, p):
    found = stats.ks_2samp(p[Y == 0], p[Y == 1])
    line = lines(ax)[f"widest gap {found.statistic:.3f}"]
    (x, same), ends = line.get_xdata(), line.get_ydata()
    assert x == same == pytest.approx(found.statistic_location)
    expected = [stats.ecdf(p[Y == y]).cdf.evaluate(x) for y in (0, 1)]
    np.testing.assert_allclose(sorted(ends), sorted(expected))


def assert_marks(ax, marks):
    """Each mark is a vertical line, and has its name and value at its own place."""
    at = [line.get_xdata()[0] for line in unnamed(ax) if line.get_linestyle() == ":"]
    assert sorted(at) == sorted(marks.values())
    marked = [text for text in ax.texts if text.get_gid() != "line-name"]
    found = {text.get_text(): text.xy[0] for text in marked}
    assert found == {f"{label}: {t:.3f}": t for label, t in marks.items()}


def assert_says(picture, *expected):
    for text in expected:
        assert text in picture.alt, text


def decided(Y, p, t):
    """scikit-learn's two arguments."""
    return np.ravel(Y), (np.ravel(p) >= t).astype(int)


def recall(Y, p, t, y=1):
    """The share of class y that lies at or above t."""
    labels, flagged = decided(Y, p, t)
    return metrics.recall_score(labels == y, flagged)


def read_cdf(picture):
    (ax,) = picture.figure.axes
    assert_axes(ax, "predicted probability", "share of the class at or below")
    found = lines(ax)
    assert_cdf(found["no"], Y, P, 0)
    assert_cdf(found[HOSTILE], Y, P, 1)
    assert set(found[f"threshold {T:.3g}"].get_xdata()) == {T}
    assert_widest_gap(ax, Y, P)
    gap = stats.ks_2samp(P[Y == 0], P[Y == 1])
    assert_says(picture, f"{gap.statistic:.3f}, at {gap.statistic_location:.3f}")
    assert_says(picture, f"{recall(Y, P, T):.1%} of {HOSTILE} and ")
    assert_says(picture, f"{recall(Y, P, T, y=0):.1%} of no.")


def read_cdf_rules(picture):
    (ax,) = picture.figure.axes
    assert_axes(ax, "predicted probability", "share of the class at or below")
    assert_cdf(lines(ax)["no"], Y, P, 0)
    assert_cdf(lines(ax)[HOSTILE], Y, P, 1)
    assert_widest_gap(ax, Y, P)
    assert_marks(ax, MARKS)
    assert ax.get_xlim()[0] < P.min()  # the curves begin inside
    assert_says(picture, *(f"{label} at {t:.3g}" for label, t in MARKS.items()))


def read_confusion(picture):
    (ax,) = picture.figure.axes
    assert_axes(ax, "predicted", "actual")
    labels, flagged = [0] * 80 + [1] * 20, [0] * 50 + [1] * 30 + [0] * 7 + [1] * 13
    counts = metrics.confusion_matrix(labels, flagged)
    shares = metrics.confusion_matrix(labels, flagged, normalize="true")
    (image,) = ax.images
    np.testing.assert_allclose(image.get_array(), shares)
    for axis in (ax.xaxis, ax.yaxis):
        names = [text.get_text() for text in axis.get_ticklabels()]
        assert ([*axis.get_ticklocs()], names) == ([0, 1], ["no", HOSTILE])
    assert ax.yaxis_inverted()  # the negative class stands above, as in the array
    texts = {text.get_position(): text.get_text() for text in ax.texts}
    assert texts == {
        (j, i): f"{counts[i, j]}\n{shares[i, j]:.1%}\nof {['no', HOSTILE][i]}"
        for i in (0, 1)
        for j in (0, 1)
    }
    assert_says(picture, f"actual no, 50 were predicted no and 30 {HOSTILE}")
    assert_says(picture, f"actual {HOSTILE}, 7 were predicted no and 13 {HOSTILE}")


def read_hundred(picture):
    first, second = picture.figure.axes
    # 50.0, 30.1, 7.5 and 12.4 of a hundred: the largest remainder is rounded up.
    for ax, counts in ((first, [50, 30, 8, 12]), (second, [80, 0, 20, 0])):
        marks = [(line.get_marker(), len(line.get_xdata())) for line in ax.lines]
        assert marks == [*zip("oo^^", counts, strict=True)]
        places = {xy for line in ax.lines for xy in zip(*line.get_data(), strict=True)}
        assert places == {(x, y) for x in range(10) for y in range(10)}
        edges = [line.get_markeredgecolor() for line in ax.lines]
        assert edges == [GREY, GREY, ORANGE, ORANGE]  # of the class
        inside = [line.get_markerfacecolor() for line in ax.lines]
        assert inside == ["white", GREY, "white", ORANGE]  # full: called positive
    assert first.get_title() == "ours:\n62 of 100 right"
    assert_says(picture, f"ours: 50 came and 12 {HOSTILE}, as predicted")
    assert_says(picture, f"30 came and 8 {HOSTILE}, against the prediction")
    (legend,) = picture.figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "came, predicted right",
        "came, predicted wrong",
        f"{HOSTILE}, predicted wrong",
        f"{HOSTILE}, predicted right",
    ]


def test_tables_of_the_same_rows_show_the_same_hundred():
    rng = np.random.default_rng(0)
    for _ in range(200):
        negatives, positives = rng.integers(1, 2000, 2)
        for _ in range(3):
            fp, fn = rng.integers(0, [negatives + 1, positives + 1])
            counts = np.array([negatives - fp, fp, fn, positives - fn])
            exact = 100 * counts / counts.sum()
            tn, fp, fn, tp = drawn = figures._of_hundred(counts)
            assert sum(drawn) == 100
            assert min(drawn) >= 0
            assert fn + tp == round(exact[2] + exact[3])
            assert abs(tn + tp - exact[0] - exact[3]) <= 0.5 + 1e-9
            assert np.abs(drawn - exact).max() < 1


def assert_history(ax, history, objective):
    epochs = np.arange(1, len(history.objective) + 1)
    assert_line(lines(ax)[objective], epochs, history.objective)
    assert_line(lines(ax)["cross-entropy"], epochs, history.cross_entropy)
    assert to_hex(lines(ax)[objective].get_color()) == BLUE.lower()


def read_loss(picture):
    (ax,) = picture.figure.axes
    assert_axes(ax, "epoch", "mean loss (nats)")
    assert_history(ax, LONG, "objective")
    assert_says(picture, "objective goes from 0.9000 to 0.7000", "0.6000 to 0.5000")
    (single,) = figures.loss(History([0.7], [0.6])).figure.axes
    assert {line.get_marker() for line in single.lines} == {"o"}  # one point, no line


def read_validation(picture):
    (ax,) = picture.figure.axes
    assert_axes(ax, "epoch", "mean loss (nats)")
    assert_line(
        lines(ax)["training, with penalty"], HELD_OUT["epoch"], HELD_OUT["training"]
    )
    assert_line(lines(ax)["rows held out"], HELD_OUT["epoch"], HELD_OUT["validation"])
    assert_says(picture, "ends at 0.6500", "0.6100, after 4 of 20", "ends at 0.4000")


@pytest.mark.parametrize("draw", ["loss", "loss_of_readings"])
def test_losses_that_coincide_are_one_line_that_names_both(draw):
    same = History(LONG.objective, [value * (1 + 1e-9) for value in LONG.objective])
    given = same if draw == "loss" else {"a": same, "b": WEIGHTED}
    ax = getattr(figures, draw)(given).figure.axes[0]
    (line,) = ax.lines
    assert "objective" in line.get_label()
    assert "cross-entropy" in line.get_label()
    drawn_as = LONG if draw == "loss" else of_first(LONG)
    assert_line(line, np.arange(1, len(LONG.objective) + 1), drawn_as.objective)


def of_first(history):
    curves = history.objective, history.cross_entropy
    return History(*([value / curve[0] for value in curve] for curve in curves))


def test_curves_that_differ_by_a_factor_are_one_line():
    four_times = History([4 * value for value in LONG.objective], LONG.objective)
    picture = figures.loss_of_readings({"a": four_times, "b": WEIGHTED})
    assert [len(ax.lines) for ax in picture.figure.axes] == [1, 2]


def read_loss_of_readings(picture):
    first, second = picture.figure.axes
    assert [ax.get_title() for ax in (first, second)] == [HOSTILE, "b"]
    assert_history(first, of_first(WEIGHTED), "objective: descended")
    assert_history(second, of_first(LONG), "objective: descended")
    assert_axes(second, "epoch", "loss / its first")
    words = f"{HOSTILE}: objective 0.700 to 0.600, cross-entropy 0.650 to 0.800, so in "
    assert_says(
        picture, words + "parts of the first 0.857 and 1.231; b: objective 0.900"
    )


def assert_band(ax, curve):
    (band,) = ax.collections
    low, high = BANDS[f"{curve}_low"], BANDS[f"{curve}_high"]
    corners = {tuple(corner) for corner in band.get_paths()[0].vertices.round(12)}
    for end in (low, high):
        expected = {tuple(c) for c in np.column_stack([BANDS["x"], end]).round(12)}
        assert expected <= corners


def read_roc(picture):
    (ax,) = picture.figure.axes
    assert_axes(ax, "false positive rate", "recall (true positive rate)")
    fpr, tpr, _ = metrics.roc_curve(Y[0], P[0], drop_intermediate=False)
    named = f"ROC AUC {metrics.roc_auc_score(Y[0], P[0]):.4f}"
    assert_line(lines(ax)[named], fpr, tpr)
    fpr, tpr, _ = metrics.roc_curve(Y[0], P_OTHER[0], drop_intermediate=False)
    assert_line(lines(ax)["other seeds"], fpr[1:], tpr[1:])
    assert_line(lines(ax)["knows nothing"], [0, 1], [0, 1])
    x, y = recall(Y, P, T, y=0), recall(Y, P, T)
    assert_line(lines(ax)[f"threshold {T:.3g}"], [x], [y])
    assert_band(ax, "roc")
    area, other = (metrics.roc_auc_score(Y[0], p[0]) for p in (P, P_OTHER))
    assert_says(picture, f"with area {area:.4f}", f"areas {other:.4f} to {other:.4f}")
    assert_says(picture, f"a false positive rate of {x:.3f} and a recall of {y:.3f}")


def read_precision_recall(picture):
    (ax,) = picture.figure.axes
    assert_axes(ax, "recall", "precision")
    named = f"average precision {metrics.average_precision_score(Y[0], P[0]):.4f}"
    curve = lines(ax)[named]
    assert curve.get_drawstyle() == "steps-pre"
    precision, reached, _ = metrics.precision_recall_curve(Y[0], P[0])
    assert_line(curve, reached[-2::-1], precision[-2::-1])
    precision, reached, _ = metrics.precision_recall_curve(Y[0], P_OTHER[0])
    assert_line(lines(ax)["other seeds"], reached[-2::-1], precision[-2::-1])
    share = Y.mean()
    assert_line(lines(ax)["knows nothing"], [0, 1], [share, share])
    x, y = recall(Y, P, T), metrics.precision_score(*decided(Y, P, T))
    assert_line(lines(ax)[f"threshold {T:.3g}"], [x], [y])
    assert_band(ax, "pr")
    area, other = (metrics.average_precision_score(Y[0], p[0]) for p in (P, P_OTHER))
    assert_says(picture, f"precision {area:.4f}", f"{other:.4f} to", f"{share:.4f}")
    assert_says(picture, f"gives recall {x:.3f} and precision {y:.3f}")


def read_cost_curve(picture):
    (ax,) = picture.figure.axes
    assert_axes(
        ax, "positives' share of what is at stake", "cost, as a share of the worst"
    )
    fpr, tpr, _ = metrics.roc_curve(Y[0], P[0], drop_intermediate=False)
    x = np.linspace(0, 1, 201)
    best = (np.outer(1 - tpr, x) + np.outer(fpr, 1 - x)).min(axis=0)
    constant = np.minimum(x, 1 - x)
    found = lines(ax)
    assert_line(found["best threshold"], x, best)
    assert_line(found["constant answers"], x, constant)
    for label, t in MARKS.items():
        missed, alarms = 1 - recall(Y, P, t), recall(Y, P, t, y=0)
        assert_line(found[f"{label}: {t:.3f}"], x, missed * x + alarms * (1 - x))
    gain = constant - best
    assert_says(picture, f"{gain.max():.3f}", f"at a share of {x[gain.argmax()]:.2f}")


def share_flagged(labels, flagged):
    return flagged.mean()


def informedness(labels, flagged):
    return metrics.balanced_accuracy_score(labels, flagged, adjusted=True)


def precision(labels, flagged):
    return metrics.precision_score(labels, flagged, zero_division=np.nan)


def cost(labels, flagged):
    (_, fp), (fn, _) = metrics.confusion_matrix(labels, flagged)
    return (5 * fn + fp) / len(labels)


#: What each rule looks at: its name on the axis, and scikit-learn's function.
LOOKS_AT = {
    "accuracy": ("accuracy", metrics.accuracy_score),
    "prevalence": ("recall - FPR", informedness),
    "youden": ("recall - FPR", informedness),
    "f1": ("F1", metrics.f1_score),
    "recall:0.8": ("recall", metrics.recall_score),
    "precision:0.3": ("precision", precision),
    "cost:5:1": ("cost per row", cost),
    "capacity:500": ("share flagged", share_flagged),
}


def read_rules(picture):
    panels = picture.figure.axes
    assert len(panels) == len(LOOKS_AT)
    for ax, (rule, t) in zip(panels, (RULES | {"accuracy": 0.5}).items(), strict=True):
        name, measure = LOOKS_AT[rule]
        assert ax.get_ylabel() == name
        assert ax.get_title() == f"{rule}: {t:.3f}"
        assert set(lines(ax)["chosen"].get_xdata()) == {t}
        assert lines(ax)["test"].get_lw() < lines(ax)["training"].get_lw() / 2
        for side, (labels, p) in (("training", (Y, P)), ("test", (Y_TEST, P_TEST))):
            x = lines(ax)[side].get_xdata()
            assert len(x) == len(np.unique(p)) + 1
            assert_line(
                lines(ax)[side], x, [measure(*decided(labels, p, t)) for t in x]
            )
        assert f"{rule} at {t:.3f}" in picture.alt
    assert [ax.get_xlabel() for ax in panels[-2:]] == ["threshold"] * 2


def read_measures_by_threshold(picture):
    (ax,) = picture.figure.axes
    assert_axes(ax, "threshold", "precision, recall, F1")
    measures = {"recall": metrics.recall_score, "precision": precision}
    for name, measure in (measures | {"F1": metrics.f1_score}).items():
        x = lines(ax)[name].get_xdata()
        assert len(x) == len(np.unique(P)) + 1
        assert_line(lines(ax)[name], x, [measure(*decided(Y, P, t)) for t in x])
    assert_marks(ax, MARKS)
    assert_says(picture, *(f"{label} at {t:.3g}" for label, t in MARKS.items()))


def read_reliability(picture):
    (ax,) = picture.figure.axes
    assert_axes(ax, "mean predicted probability", "observed share of positives")
    for name, p in ((HOSTILE, P), ("other", P_OTHER)):
        observed, predicted = calibration_curve(
            Y[0], p[0], n_bins=10, strategy="quantile"
        )
        assert_line(lines(ax)[name], predicted, observed)
        worst = np.abs(observed - predicted).max()
        assert_says(picture, f"{name} is off by at most {worst:.3f}")
    diagonal = lines(ax)["perfect"]
    assert_line(diagonal, diagonal.get_ydata(), diagonal.get_xdata())


def read_plane(picture):
    (ax,) = picture.figure.axes
    assert_axes(ax, "false positive rate", "recall (true positive rate)")
    assert ax.get_title() == "The plane"
    for label, cloud in CLOUDS.items():
        assert_line(lines(ax)[label], *cloud)
        x, y = map(np.median, cloud)
        assert_says(picture, f"{label} at ({x:.3f}, {y:.3f})")
    assert_line(lines(ax)["ROC curve, eight"], *CURVES["eight"])
    (ellipse,) = unnamed(ax)
    x, y = ellipse.get_data()
    radius = ((x - 0.3) / 0.01) ** 2 + ((y - 0.6) / 0.02) ** 2
    np.testing.assert_allclose(stats.chi2(2).cdf(radius), 0.95)
    assert (*ax.get_xlim(), *ax.get_ylim()) == pytest.approx((-0.2, 0.8, 0.1, 1.1))
    assert_says(picture, "table is at (0.300, 0.600)")


def read_side_by_side(picture):
    pair = picture.figure.axes
    assert [ax.get_xlabel() for ax in pair] == ["F1", "Brier score"]
    first = pair[0]
    places = dict(
        zip(
            (text.get_text() for text in first.get_yticklabels()),
            first.get_yticks(),
            strict=True,
        )
    )
    assert [*places] == [*MODELS["model"]]
    assert sorted(places.values(), reverse=True) == [*places.values()]
    for ax, metric in zip(pair, ("f1", "brier"), strict=True):
        for i, row in MODELS.iterrows():
            interval, point = ax.lines[2 * i : 2 * i + 2]
            at = places[row.model]
            assert_line(
                interval, [row[f"{metric}_low"], row[f"{metric}_high"]], [at] * 2
            )
            assert_line(point, [row[metric]], [at])
            assert (point.get_marker() == "D") == (row.model == "deep")
    heads = {text.get_text(): text.get_position()[1] for text in first.texts}
    assert places["always"] < heads["rules"]
    assert places[HOSTILE] < heads["networks"] < places["always"]
    assert_says(picture, f"{HOSTILE} (networks) 0.300, 0.160; deep (networks) 0.350, ")


def read_dependence(picture):
    panels = picture.figure.axes
    done = SWEEP.table[SWEEP.table["error"].isna()].astype(
        {"w": str, "hidden_units": str}
    )
    # Compared are seeds that have a point for each value: one of w = 4 has not.
    done = done[(done["w"] != "4") | (done["seed"] != 1)]
    names = {"f1": "F1", "roc_auc": "ROC AUC", "log_loss": "log loss (nats)"}
    ticks = [text.get_text() for text in panels[-1].get_xticklabels()]
    assert ticks == ["[3]", "[9]", "[27]"]
    looks = sweep_figures.looks(SWEEP)
    for ax, metric in zip(panels, sweep_figures.DRAWN, strict=True):
        assert ax.get_ylabel() == names.get(metric, metric)
        for w, colour in ((w, looks["w", w][0]) for w in ("1", "4")):
            line = lines(ax)[w]
            part = done[done["w"] == w]
            expected = [
                part[part["hidden_units"] == u][f"test.{metric}"] for u in ticks
            ]
            assert_line(line, [0, 1, 2], [values.mean() for values in expected])
            assert to_hex(line.get_color()) == colour.lower()
            bands = {to_hex(c.get_facecolor()): c for c in ax.collections}
            if all(len(values) == 1 for values in expected):  # of one seed
                assert colour.lower() not in bands
                continue
            band = bands[colour.lower()]
            corners = {tuple(c) for c in band.get_paths()[0].vertices.round(12)}
            for end in (min, max):
                assert {
                    (i, round(end(v), 12)) for i, v in enumerate(expected)
                } <= corners
    for w in ("1", "4"):
        part = done[done["w"] == w]
        ends = [
            part[part["hidden_units"] == u]["test.f1"].mean() for u in ("[3]", "[27]")
        ]
        assert_says(picture, f"w {w}: {ends[0]:.3f} at [3], {ends[1]:.3f} at [27]")
    assert [ax.get_xlabel() for ax in panels[-2:]] == ["hidden_units"] * 2
    assert_says(picture, "means over seeds, with bands from the lowest to the highest")


def test_a_value_has_one_colour_and_marker_in_all_pictures_of_a_sweep():
    looks = sweep_figures.looks(SWEEP)
    assert len(set(looks.values())) == len(looks) == 5
    pictures = [sweep_figures.dependence(SWEEP, name) for name in SWEEP.choices]
    for picture in (*pictures, sweep_figures.plane(SWEEP)):
        for ax in picture.figure.axes:
            for (_, value), look in looks.items():
                line = lines(ax).get(value)
                assert not line or (line.get_color(), line.get_marker()) == look


def test_thresholds_of_a_sweep_are_one_line_where_none_matters():
    high = SWEEP.table.assign(threshold="0.5")
    high["test.f1"] = 0.9  # the threshold moves it the most
    table = pd.concat([SWEEP.table.assign(threshold="f1"), high])
    table["threshold"] = pd.Categorical(table["threshold"])
    varied = ["threshold", *SWEEP.varied]
    both = replace(SWEEP, table=table, varied=varied)
    picture = sweep_figures.dependence(both, "hidden_units")
    for ax, metric in zip(picture.figure.axes, sweep_figures.DRAWN, strict=True):
        alike = metric in ("roc_auc", "log_loss")
        assert len(lines(ax)) == (2 if alike else 4)
        assert ax.get_title() == ("at any threshold" if alike else "")


def test_words_of_a_sweep_are_of_what_is_drawn():
    """No panel shows the Brier score that such a sweep is sorted by."""
    table = SWEEP.table.assign(**{"test.brier": 0.5})
    by_brier = replace(SWEEP, metric="test.brier", table=table)
    picture = sweep_figures.dependence(by_brier, "hidden_units")
    line = lines(picture.figure.axes[sweep_figures.DRAWN.index("f1")])["1"].get_ydata()
    assert_says(picture, f"F1 on test rows, w 1: {line[0]:.3f} at [3]")


def read_sweep_plane(picture):
    first, second = picture.figure.axes
    assert_axes(first, "false positive rate", "recall")
    assert second.get_xlabel() == "false positive rate"
    done = SWEEP.table[SWEEP.table["error"].isna()]
    fpr = done["test.fp"] / (done["test.fp"] + done["test.tn"])
    for ax, name in ((first, "w"), (second, "hidden_units")):
        assert ax.get_legend().get_title().get_text() == name
        assert set(lines(ax)) == set(done[name])
        for value, line in lines(ax).items():
            here = done[name] == value
            assert_line(line, fpr[here], done["test.recall"][here])
            x, y = fpr[here].median(), done["test.recall"][here].median()
            assert_says(picture, f"{name} {value} at ({x:.3f}, {y:.3f})")


READ_BACK = {
    "cdf": read_cdf,
    "cdf_rules": read_cdf_rules,
    "confusion": read_confusion,
    "hundred": read_hundred,
    "loss": read_loss,
    "validation": read_validation,
    "loss_of_readings": read_loss_of_readings,
    "roc": read_roc,
    "precision_recall": read_precision_recall,
    "cost_curve": read_cost_curve,
    "rules": read_rules,
    "measures_by_threshold": read_measures_by_threshold,
    "reliability": read_reliability,
    "plane": read_plane,
    "side_by_side": read_side_by_side,
    "sweep: dependence": read_dependence,
    "sweep: plane": read_sweep_plane,
}


@pytest.mark.parametrize("name", EACH)
def test_a_figure_draws_what_scikit_learn_computes(name):
    READ_BACK[name](drawn(name))


def test_no_figure_is_left_out():
    def drawing(module):
        made = inspect.getmembers(module, inspect.isfunction)
        return {n for n, f in made if inspect.signature(f).return_annotation is Picture}

    expected = drawing(figures) | {f"sweep: {n}" for n in drawing(sweep_figures)}
    assert set(EACH) == set(READ_BACK) == expected


@pytest.mark.slow
@pytest.mark.parametrize("name", EACH)
def test_a_figure_is_the_same_each_time_and_carries_its_words(name):
    picture = drawn(name)
    root = ET.fromstring(picture.svg())
    assert root.get("aria-label") == picture.alt
    assert len(picture.alt) > 40
    assert "nan" not in picture.alt
    assert picture.svg() == EACH[name]().svg()
    assert picture.png()[:4] == b"\x89PNG"


def test_marks_of_one_style_say_it_once_and_stand_where_they_did(monkeypatch):
    def cloud():
        figure, ax = display.axes("x", "y")
        for colour, n in (("white", 60), ("black", 30), ("red", 7)):
            ax.scatter(range(n), range(n), color=colour, edgecolors="grey")
        return Picture("cloud", figure, "Three clouds.").svg()

    def marks(svg):
        parent = {child: above for above in svg.iter() for child in above}
        found = (use for use in svg.iter() if use.tag.endswith("use") and use.get("x"))
        return [
            (use.get("x"), use.get("y"), use.get("style") or parent[use].get("style"))
            for use in found
        ]

    gathered = cloud()
    monkeypatch.setattr(display, "_MARKS", re.compile(r"(?!)"))
    apart = cloud()
    assert marks(ET.fromstring(gathered)) == marks(ET.fromstring(apart))
    assert len(gathered) < len(apart) - 3000
    assert gathered.count(b"stroke: #808080") < 20 < apart.count(b"stroke: #808080")


def test_nothing_hides_the_ellipse_of_the_plane():
    """However small it is: no mark lies on it, and it lies over the clouds."""
    error = 0.0038, 0.007  # of the source's table
    ax = figures.plane(CLOUDS, CURVES, (0.3, 0.6), error, "p", "").figure.axes[0]
    (ellipse,) = unnamed(ax)
    box = ellipse.get_window_extent()
    assert min(box.width, box.height) > 3  # pixels
    above = [
        a for a in (*ax.lines, *ax.texts) if a.get_zorder() >= ellipse.get_zorder()
    ]
    (arrow,) = (a for a in above if a is not ellipse)
    assert arrow.get_text() == "the printed table"
    assert not box.overlaps(Text.get_window_extent(arrow))
    (tip,) = (
        arrow.arrow_patch.get_transform()
        .transform_path(arrow.arrow_patch.get_path())
        .vertices[-1:]
    )
    assert not box.contains(*tip)
    assert 0 < apart(ax, ellipse, tip) < 12


def test_the_first_cloud_of_the_plane_lies_on_top_and_all_are_open():
    """A cloud that others cover is not seen, and it may be the one that matters."""
    ax = figures.plane(CLOUDS, CURVES, (0.3, 0.6), (0.01, 0.02), "p", "").figure.axes[0]
    first, second = (lines(ax)[label] for label in CLOUDS)
    assert first.get_zorder() > second.get_zorder()
    assert {first.get_markerfacecolor(), second.get_markerfacecolor()} == {"none"}


def apart(ax, line, point):
    """Say how many pixels lie between a line and a point outside of it."""
    path = line.get_transform().transform_path(line.get_path())
    assert not path.contains_point(point)
    return np.hypot(*(path.vertices - point).T).min()


def near(window):
    """The source's table, from close by or from afar, with three marks about it."""
    clouds = {"on it": ([0.509], [0.6]), "outside": ([0.515], [0.62])}
    clouds["far off"] = [0.9], [0.9]
    curves = {"near": ([0, 0.5, 1], [0, 0.6, 1]), "far": ([0, 0.3, 1], [0, 0.8, 1])}
    error = 0.0038, 0.007
    picture = figures.plane(clouds, curves, (0.5, 0.6), error, "p", "", window)
    return picture.figure, picture.figure.axes[0]


def test_from_close_by_the_arrow_meets_the_ellipse_and_no_mark_is_cut():
    _, ax = near(0.04)
    (ellipse,) = unnamed(ax)
    (arrow,) = (text for text in ax.texts if text.get_text() == "the printed table")
    (tip,) = (
        arrow.arrow_patch.get_transform()
        .transform_path(arrow.arrow_patch.get_path())
        .vertices[-1:]
    )
    assert 0 < apart(ax, ellipse, tip) < 12
    marks = [line for line in ax.lines if line.get_marker() != "None"]
    assert all(mark.get_zorder() > ellipse.get_zorder() for mark in marks)
    assert not ellipse.get_path_effects()  # no halo, which would cut curves


@pytest.mark.parametrize(
    ("window", "left_out"), [(0.04, {"far off", "ROC curve, far"}), (None, set())]
)
def test_the_legend_of_the_plane_names_what_is_in_view(window, left_out):
    figure, ax = near(window)
    (legend,) = figure.legends
    named = {text.get_text() for text in legend.get_texts()}
    assert named == set(lines(ax)) - left_out


NAMED = ["cdf", "cdf_rules", "loss", "loss_of_readings", "roc", "precision_recall"]
NAMED += ["cost_curve", "measures_by_threshold", "reliability"]


@pytest.mark.parametrize("name", NAMED)
def test_lines_have_their_names_beside_them_in_their_colour(name):
    figure = drawn(name).figure
    for ax in figure.axes:
        said = {t.get_text(): t for t in ax.texts if t.get_gid() == "line-name"}
        assert set(said) == set(lines(ax))
        boxes = [text.get_window_extent() for text in ax.texts]
        assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
        for text, line in ((said[label], lines(ax)[label]) for label in said):
            assert same_color(text.get_color(), ink(line.get_color()))
            box = text.get_window_extent().padded(12)
            path = line.get_transform().transform_path(line.get_path())
            assert path.intersects_bbox(box, filled=False) or len(path.vertices) == 1
    assert not figure.legends


def test_text_in_a_colour_can_be_read_and_keeps_its_hue():
    def luminance(colour):  # as WCAG 2 has it
        linear = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
            for c in to_rgb(colour)
        ]
        return np.dot(linear, [0.2126, 0.7152, 0.0722])

    for colour in (*COLOURS, ORANGE):
        assert 1.05 / (luminance(ink(colour)) + 0.05) >= 4.5
        hues = [rgb_to_hsv(to_rgb(c))[0] for c in (colour, ink(colour))]
        assert hues[0] == pytest.approx(hues[1], abs=0.01)
    assert ink(BLUE) == BLUE.lower()  # no darker than needed
    figure, ax = axes("x", "y")
    ax.text(0, 0, "a name", color=COLOURS[1])
    Picture("x", figure, "")
    assert ax.texts[0].get_color() == ink(COLOURS[1])


#: Where a colour stands for a class: negatives grey, positives orange.
OF_CLASSES = {"cdf", "cdf_rules", "hundred"}


@pytest.mark.parametrize("name", EACH)
def test_orange_is_the_positive_class_and_nothing_else(name):
    used = [line for ax in drawn(name).figure.axes for line in ax.lines]
    looks = [(line.get_color(), line.get_markeredgecolor()) for line in used]
    orange = any(ORANGE.lower() in map(to_hex, look) for look in looks)
    assert orange == (name in OF_CLASSES)


@pytest.mark.parametrize("name", ["roc", "precision_recall"])
def test_a_threshold_is_black_as_a_point_and_as_a_line(name):
    at = f"threshold {T:.3g}"
    point = lines(drawn(name).figure.axes[0])[at]
    line = lines(drawn("cdf").figure.axes[0])[at]
    assert point.get_color() == line.get_color() == "black"
    assert point.get_marker() == "D"


@pytest.mark.parametrize(
    "name", ["cdf", "loss", "validation", "roc", "reliability", "rules"]
)
def test_lines_of_one_picture_differ_without_their_colour(name):
    """On a grey print, style or marker tells them apart."""
    (ax, *_) = drawn(name).figure.axes
    named = lines(ax).values()
    looks = [(line.get_linestyle(), line.get_marker(), line.get_lw()) for line in named]
    assert len(set(looks)) == len(looks)


@pytest.mark.parametrize("name", EACH)
def test_figures_are_of_one_width(name):
    assert drawn(name).figure.get_figwidth() == PHONE[0]


@pytest.mark.parametrize("name", EACH)
def test_axes_say_what_they_show(name):
    picture = drawn(name)
    assert re.fullmatch(r"[a-z_]+", picture.name)
    for ax in picture.figure.axes:
        if ax.axison:  # in a column or a row of panels, one carries it
            column = [a for a in picture.figure.axes if a.get_xlabel()]
            row = [a for a in picture.figure.axes if a.get_ylabel()]
            assert column
            assert row or name == "side_by_side"  # whose models have their names


@pytest.mark.parametrize(
    "draw",
    [
        lambda: figures.confusion([[0, 3], [0, 1]], HOSTILE, "no"),
        lambda: figures.precision_recall(Y, P, 1.0),  # nothing is flagged
        lambda: figures.loss(History([0.7], [0.7])),
    ],
)
def test_nothing_undefined_is_said(draw):
    assert "nan" not in draw().alt


def test_the_best_costs_of_the_cost_curve_follow_from_the_ks_distance():
    """Both classes weighing alike, the best cost is (1 - KS) / 2."""
    best = lines(figures.cost_curve(Y, P, {}).figure.axes[0])["best threshold"]
    gap = stats.ks_2samp(P[Y == 0], P[Y == 1]).statistic
    assert np.interp(0.5, *best.get_data()) == pytest.approx((1 - gap) / 2)


def test_each_bin_of_the_reliability_diagram_has_its_own_interval():
    """Ties stay together, so bins differ in size, and so do their intervals."""
    rng = np.random.default_rng(0)
    p = np.concatenate([np.full(600, 0.2), rng.uniform(0.3, 0.9, 400)])
    Y = (rng.random(1000) < p).astype(int)
    sizes = figures.bin_sizes(p, 10)
    assert sizes.sum() == 1000
    assert sizes.max() >= 600 > 5 * sizes.min()
    observed, _ = calibration_curve(Y, p, n_bins=10, strategy="quantile")
    assert len(observed) == len(sizes)
    np.testing.assert_allclose(observed * sizes, np.round(observed * sizes))
    assert (observed * sizes).sum() == pytest.approx(Y.sum())
    ends = [figures.share_interval(s, n) for s, n in zip(observed, sizes, strict=True)]
    for (low, high), share, n in zip(ends, observed, sizes, strict=True):
        z = stats.norm.ppf(0.975)  # each end is where a score test just does not reject
        for end in (low, high):
            assert abs(share - end) == pytest.approx(z * np.sqrt(end * (1 - end) / n))
    picture = figures.reliability(Y, {"one": p})
    assert "misses the intervals of" in picture.alt
    report = (ROOT / "notebooks/05_report.py").read_text(encoding="utf-8")
    assert "equal size" not in report
    assert "so sizes differ. Bars are 95% intervals." in report


@pytest.mark.parametrize(("m", "bins"), [(18, 2), (70, 3), (400, 10)])
def test_bins_of_few_rows_are_fewer(m, bins):
    p = np.linspace(0.01, 0.99, m)[None]
    picture = figures.reliability((p > 0.6).astype(float), {"one": p})
    (line,) = (x for x in picture.figure.axes[0].lines if x.get_label() == "one")
    assert len(line.get_xdata()) == bins


def test_a_third_curve_of_the_reliability_diagram_is_seen_around_the_first():
    three = {"one": P, "other": P_OTHER, "as one": P}
    (ax,) = figures.reliability(Y, three).figure.axes
    first, last = lines(ax)["one"], lines(ax)["as one"]
    assert np.array_equal(first.get_xydata(), last.get_xydata())
    assert last.get_markersize() > 1.5 * first.get_markersize()
    assert last.get_markerfacecolor() == "none" != first.get_markerfacecolor()
    assert last.get_zorder() < first.get_zorder()
