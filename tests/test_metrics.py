import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as theirs

from lopsided.lesson import metrics, threshold

repeatable = settings(deadline=None, derandomize=True)

#: Predictions with many ties, with 0 and 1, with neighbours, and any others.
PROBABILITIES = st.one_of(
    st.integers(0, 4).map(lambda k: k / 4),
    st.sampled_from([0.3, np.nextafter(0.3, 1), 1e-20, np.nextafter(1, 0)]),
    st.floats(0, 1),
)


@st.composite
def predictions(draw, both_classes=False):
    """Labels and probabilities, of shape (m,) or (1, m), labels of several types."""
    rows = draw(
        st.lists(st.tuples(st.integers(0, 1), PROBABILITIES), min_size=1, max_size=30)
    )
    if both_classes:
        rows += [(0, draw(PROBABILITIES)), (1, draw(PROBABILITIES))]
    Y = np.array([y for y, _ in rows], draw(st.sampled_from([float, int, bool])))
    p = np.array([p for _, p in rows])
    return (Y[None], p[None]) if draw(st.booleans()) else (Y, p)


def same(ours, reference):
    return ours == pytest.approx(reference, rel=1e-12, abs=1e-15, nan_ok=True)


# The report's own numbers


def labels_of(table):
    """Labels and decisions that give this confusion matrix."""
    (tn, fp), (fn, tp) = table
    Y = np.repeat([0, 0, 1, 1], [tn, fp, fn, tp])
    predicted = np.repeat([0, 1, 0, 1], [tn, fp, fn, tp])
    return Y, predicted


REPORTED = [[8702, 8940], [1460, 3004]]


def test_the_reports_test_numbers_follow_from_its_table():
    Y, predicted = labels_of(REPORTED)
    shuffled = np.random.default_rng(0).permutation(Y.size)
    table = metrics.confusion_matrix(Y[shuffled], predicted[shuffled])
    assert table.tolist() == REPORTED
    measures = metrics.count_metrics(*table.flat)
    assert measures["accuracy"] == 0.5295394915407582
    assert measures["f1"] == 0.36616284739151633
    assert measures["precision"] == 3004 / 11944
    assert measures["recall"] == 3004 / 4464
    assert measures["false_positive_rate"] == 8940 / 17642
    as_probabilities = metrics.summary(Y, predicted.astype(float), 0.5)
    assert as_probabilities["confusion_matrix"] == REPORTED
    assert as_probabilities["accuracy"] == 0.5295394915407582
    assert as_probabilities["f1"] == 0.36616284739151633


def test_the_reports_train_accuracy():
    right, wrong = 46557, 88421 - 46557
    assert float(metrics.ratio(46557, 88421)) == 0.5265378134153651
    Y, predicted = labels_of([[right, wrong], [0, 0]])
    table = metrics.confusion_matrix(Y, predicted)
    assert metrics.count_metrics(*table.flat)["accuracy"] == 0.5265378134153651


# Against scikit-learn


def test_confusion_matrix_has_actual_rows_and_negatives_first():
    Y = np.array([0, 0, 0, 1, 1, 1, 1, 1, 1, 1])
    predicted = np.array([1, 1, 0, 0, 0, 0, 1, 1, 1, 1])
    assert metrics.confusion_matrix(Y, predicted).tolist() == [[1, 2], [3, 4]]


@repeatable
@given(predictions(), PROBABILITIES)
def test_confusion_matrix_equals_scikit_learns(prediction, t):
    Y, p = prediction
    expected = theirs.confusion_matrix(Y.ravel(), p.ravel() >= t, labels=[0, 1])
    table = metrics.confusion_matrix(Y, p >= t)
    assert table.dtype.kind == "i"
    np.testing.assert_array_equal(table, expected)
    np.testing.assert_array_equal(
        metrics.confusion_matrix(Y.ravel(), (p >= t).astype(float)), expected
    )


@repeatable
@given(predictions(), PROBABILITIES)
def test_rates_equal_scikit_learns(prediction, t):
    Y, p = prediction
    measures = metrics.summary(Y, p, t)
    pair = Y.ravel().astype(int), (p.ravel() >= t).astype(int)
    assert same(measures["accuracy"], theirs.accuracy_score(*pair))
    for name, function in (
        ("f1", theirs.f1_score),
        ("precision", theirs.precision_score),
        ("recall", theirs.recall_score),
    ):
        assert same(measures[name], function(*pair, zero_division=np.nan)), name


@repeatable
@given(predictions(both_classes=True))
def test_measures_over_all_thresholds_equal_scikit_learns(prediction):
    Y, p = prediction
    pair = Y.ravel().astype(int), p.ravel()
    assert same(metrics.roc_auc(Y, p), theirs.roc_auc_score(*pair))
    expected = theirs.average_precision_score(*pair)
    assert same(metrics.average_precision(Y, p), expected)
    assert same(metrics.log_loss(Y, p), theirs.log_loss(*pair))
    assert same(metrics.brier(Y, p), theirs.brier_score_loss(*pair))


@repeatable
@given(predictions(both_classes=True))
def test_roc_auc_is_the_chance_to_rank_a_pair_right(prediction):
    Y, p = prediction
    above, below = p[Y == 1][:, None], p[Y == 0][None, :]
    wins = np.mean((above > below) + 0.5 * (above == below))
    assert same(metrics.roc_auc(Y, p), wins)


@repeatable
@given(predictions())
def test_shapes_m_and_1_by_m_give_the_same(prediction):
    Y, p = prediction
    flat = metrics.summary(Y.ravel(), p.ravel(), 0.3)
    row = metrics.summary(Y.reshape(1, -1), p.reshape(1, -1), 0.3)
    np.testing.assert_equal(row, flat)


@repeatable
@given(predictions())
def test_counts_above_equal_a_count_at_every_value(prediction):
    Y, p = prediction
    values, fp, tp = metrics.counts_above(Y, p)
    np.testing.assert_array_equal(values, np.unique(p)[::-1])
    for value, n_fp, n_tp in zip(values, fp, tp, strict=True):
        assert n_fp == np.count_nonzero((p >= value) & (Y == 0))
        assert n_tp == np.count_nonzero((p >= value) & (Y == 1))


# By hand, and undefined


def test_measures_by_hand():
    Y = np.array([1, 0, 1, 0])
    p = np.array([0.8, 0.6, 0.4, 0.2])
    measures = metrics.summary(Y, p, 0.5)
    assert measures["confusion_matrix"] == [[1, 1], [1, 1]]
    assert measures["roc_auc"] == 3 / 4
    assert measures["average_precision"] == pytest.approx((1 + 2 / 3) / 2)
    assert measures["brier"] == pytest.approx((0.04 + 0.36 + 0.36 + 0.04) / 4)
    assert measures["log_loss"] == pytest.approx(-np.log(0.8 * 0.4 * 0.4 * 0.8) / 4)


def test_count_metrics_take_arrays_of_counts():
    counts = np.array([[8702, 8940, 1460, 3004], [1, 0, 3, 0], [0, 2, 0, 2]])
    measures = metrics.count_metrics(*counts.T)
    np.testing.assert_array_equal(measures["accuracy"], [0.5295394915407582, 0.25, 0.5])
    np.testing.assert_array_equal(measures["f1"], [0.36616284739151633, 0, 2 / 3])
    np.testing.assert_array_equal(measures["precision"], [3004 / 11944, np.nan, 0.5])
    np.testing.assert_array_equal(measures["recall"], [3004 / 4464, 0, 1])
    np.testing.assert_array_equal(measures["false_positive_rate"], [8940 / 17642, 0, 1])


def test_precision_is_nan_when_nothing_is_predicted_positive():
    measures = metrics.summary(np.array([0, 1]), np.array([0.1, 0.2]), 0.5)
    assert math.isnan(measures["precision"])
    assert measures["recall"] == 0
    assert measures["f1"] == 0
    assert measures["accuracy"] == 0.5


@pytest.mark.parametrize("p", [[0.1, 0.1, 0.7], [0.0, 1.0, 1.0], [0.4, 0.4, 0.4]])
def test_without_positives(p):
    Y, p = np.zeros((1, 3)), np.array([p])
    measures = metrics.summary(Y, p, 0.9)
    assert math.isnan(measures["recall"])
    assert math.isnan(measures["roc_auc"])
    assert math.isnan(measures["average_precision"])
    assert measures["brier"] == pytest.approx(np.mean(p**2))
    assert math.isfinite(measures["log_loss"])
    nothing_flagged = metrics.summary(Y, p, 1.1)
    assert math.isnan(nothing_flagged["f1"])
    assert nothing_flagged["accuracy"] == 1


@pytest.mark.parametrize("p", [[0.1, 0.1, 0.7], [0.0, 1.0, 1.0], [0.4, 0.4, 0.4]])
def test_without_negatives(p):
    Y, p = np.ones((1, 3)), np.array([p])
    measures = metrics.summary(Y, p, 0.4)
    assert math.isnan(measures["roc_auc"])
    assert measures["average_precision"] == 1
    assert measures["precision"] == 1
    assert measures["recall"] == np.mean(p >= 0.4)
    counts = metrics.confusion_matrix(Y, p >= 0.4).flat
    assert math.isnan(metrics.count_metrics(*counts)["false_positive_rate"])


def test_constant_predictions_tell_nothing():
    Y, p = np.array([0, 1, 0, 0]), np.full(4, 0.25)
    assert metrics.roc_auc(Y, p) == 0.5
    assert metrics.average_precision(Y, p) == 0.25


def test_log_loss_of_a_certain_mistake_is_finite():
    epsilon = np.finfo(float).eps
    for y in (0, 1):
        loss = metrics.log_loss(np.array([y]), np.array([1.0 - y]))
        assert loss == pytest.approx(-np.log(epsilon), rel=1e-12)
        assert metrics.log_loss(np.array([y]), np.array([float(y)])) < 1e-15


def test_ratio_of_nothing_is_nan():
    assert math.isnan(metrics.ratio(0, 0))
    assert metrics.ratio(1, 4) == 0.25
    np.testing.assert_array_equal(
        metrics.ratio(np.array([0, 1]), np.array([0, 2])), [np.nan, 0.5]
    )


def test_a_prediction_at_the_threshold_is_positive():
    table = metrics.summary(np.array([0, 1]), np.array([0.5, 0.5]), 0.5)
    assert table["confusion_matrix"] == [[0, 1], [0, 1]]


def test_summarys_keys_and_types():
    measures = metrics.summary(np.array([0, 1]), np.array([0.2, 0.7]), 0.5)
    assert list(measures) == [
        "accuracy",
        "f1",
        "precision",
        "recall",
        "roc_auc",
        "average_precision",
        "log_loss",
        "brier",
        "confusion_matrix",
    ]
    assert measures["confusion_matrix"] == [[1, 0], [0, 1]]
    assert all(type(n) is int for row in measures["confusion_matrix"] for n in row)
    del measures["confusion_matrix"]
    assert all(type(value) is float for value in measures.values())


@pytest.mark.parametrize("where", [0, 1, -1])
def test_a_prediction_that_is_no_number_has_no_rank(where):
    """Everything that ranks refuses it, in place of a plausible number."""
    Y, p = np.array([0, 1, 0, 1]), np.array([0.1, 0.4, 0.3, 0.8])
    p[where] = np.nan
    ranks = [
        lambda: metrics.roc_auc(Y, p),
        lambda: metrics.average_precision(Y, p),
        lambda: metrics.summary(Y, p, 0.5),
        lambda: threshold.class_cdfs(Y, p),
        lambda: threshold.ks_distance(Y, p),
        *(
            lambda rule=rule: threshold.choose(rule, Y, p, p)
            for rule in ("f1", "youden", "recall:0.5", "precision:0.5", "cost:5:1")
        ),
        lambda: threshold.choose("capacity:1", Y, Y / 2, p),
    ]
    for rank in ranks:
        with pytest.raises(ValueError, match="1 of 4 predictions are NaN"):
            rank()
