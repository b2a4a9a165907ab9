"""The bootstrap: each draw is an honest test set; paired draws are the same rows."""

import numpy as np
import pytest
from sklearn import metrics as reference

from lopsided.report.intervals import (
    METRICS,
    Resampler,
    bootstrap,
    curve_bands,
    interval,
)


@pytest.fixture(scope="module")
def sample():
    rng = np.random.default_rng(0)
    Y = (rng.random((1, 500)) < 0.2).astype(float)
    p = np.clip(0.2 + 0.1 * Y + 0.15 * rng.standard_normal(Y.shape), 0, 1).round(2)
    return Y, p


@pytest.mark.parametrize(
    "how", [{}, {"by_class": True}, {"groups": np.arange(500) // 3}]
)
def test_each_draw_is_what_scikit_learn_measures_on_the_same_rows(sample, how):
    Y, p = sample
    (draws,) = bootstrap(Y, [(p, 0.25)], 20, np.random.default_rng(3), **how)
    resampler, rng = Resampler(Y, **how), np.random.default_rng(3)
    for _, draw in draws.iterrows():
        rows = np.repeat(np.arange(Y.size), resampler.draw(rng))
        y, q = Y[0, rows], p[0, rows]
        predicted = q >= 0.25
        expected = {
            "accuracy": reference.accuracy_score(y, predicted),
            "f1": reference.f1_score(y, predicted),
            "precision": reference.precision_score(y, predicted),
            "recall": reference.recall_score(y, predicted),
            "false_positive_rate": 1 - reference.recall_score(1 - y, ~predicted),
            "roc_auc": reference.roc_auc_score(y, q),
            "average_precision": reference.average_precision_score(y, q),
            "log_loss": reference.log_loss(y, q),
            "brier": reference.brier_score_loss(y, q),
        }
        assert list(draw.index) == METRICS
        for name in METRICS:
            assert draw[name] == pytest.approx(expected[name], abs=1e-12), name


def test_models_meet_the_same_draws(sample):
    Y, p = sample
    alone = bootstrap(Y, [(p, 0.25)], 50, np.random.default_rng(1))[0]
    a, b, c = bootstrap(
        Y, [(p, 0.25), (p, 0.25), (p**2, 0.25)], 50, np.random.default_rng(1)
    )
    assert a.equals(b)
    assert a.equals(alone)
    assert np.allclose(a["roc_auc"], c["roc_auc"])  # squaring keeps the order
    assert not np.allclose(a["brier"], c["brier"])


def test_class_counts_stay(sample):
    Y, p = sample
    (draws,) = bootstrap(Y, [(p, 0.0)], 50, np.random.default_rng(1), by_class=True)
    assert draws["precision"].nunique() == 1  # all flagged: precision is prevalence
    assert draws["precision"].iloc[0] == pytest.approx(Y.mean())


def test_undefined_draws_are_left_aside(sample):
    Y, p = sample
    (draws,) = bootstrap(Y, [(p, 1.1)], 30, np.random.default_rng(1))
    assert draws["precision"].isna().all()
    assert np.isnan(interval(draws["precision"])).all()
    assert interval(draws["recall"]) == (0, 0)


def test_an_interval_narrows_with_the_square_root_of_the_rows(sample):
    Y, p = sample
    widths = []
    for times in (1, 16):
        many = [np.tile(a, (1, times)) for a in (Y, p)]
        (draws,) = bootstrap(many[0], [(many[1], 0.25)], 600, np.random.default_rng(1))
        low, high = interval(draws["accuracy"])
        widths.append(high - low)
    assert widths[0] / widths[1] == pytest.approx(4, rel=0.2)


@pytest.mark.parametrize("groups", [None, np.arange(300) // 4], ids=["rows", "groups"])
@pytest.mark.parametrize("digits", [2, 15], ids=["ties", "no ties"])
@pytest.mark.parametrize("lowest", [0, 1], ids=["negatives last", "positives last"])
def test_bands_follow_the_curves_of_scikit_learn(lowest, digits, groups):
    """With one draw a band has no width: it is the curve of that draw."""
    from sklearn.metrics import precision_recall_curve, roc_curve

    rng = np.random.default_rng(3)
    Y = (rng.random(300) < 0.3).astype(float)
    p = np.clip(rng.normal(0.3 + 0.2 * Y, 0.15), 0.001, 1).round(digits)
    Y[np.argsort(p)[:20]] = lowest  # 1: so that the lowest rows still move recall
    Y[np.argsort(p)[-20:]] = np.arange(20) % 2 == 0  # and the highest does not
    for seed in range(4):
        bands = curve_bands(Y, p, 1, np.random.default_rng(seed), groups)
        times = Resampler(Y, groups).draw(np.random.default_rng(seed))
        drawn = np.repeat(np.arange(Y.size), times)
        fpr, tpr, _ = roc_curve(Y[drawn], p[drawn], drop_intermediate=False)
        assert np.array_equal(bands["x"], np.linspace(0, 1, 101))
        assert np.allclose(bands["roc_low"], np.interp(bands["x"], fpr, tpr))
        assert np.allclose(bands["roc_high"], bands["roc_low"])
        precision, recall, _ = precision_recall_curve(Y[drawn], p[drawn])
        assert bands["pr_low"][0] == pytest.approx(precision[-2])  # of the first row
        for x, low in zip(bands["x"][1:], bands["pr_low"][1:], strict=True):
            reached = np.flatnonzero(recall >= x)[-1]  # the highest threshold that does
            assert low == pytest.approx(precision[reached])
        assert np.array_equal(bands["pr_high"], bands["pr_low"])


@pytest.mark.ci
@pytest.mark.slow
def test_a_band_covers_the_true_curve_about_as_often_as_it_says():
    """Two normal classes, one apart: recall is Phi(1 + Phi^-1(FPR)), in closed form."""
    from scipy.stats import norm

    rng, hits, point = np.random.default_rng(1), [], 30
    Y = np.repeat([0.0, 1.0], [400, 200])
    for _ in range(150):
        p = norm.cdf(rng.normal(Y, 1))
        band = curve_bands(Y, p, 200, rng).loc[point]
        true = norm.cdf(1 + norm.ppf(band["x"]))
        hits.append(band["roc_low"] <= true <= band["roc_high"])
    assert 0.88 <= np.mean(hits) <= 0.99


def test_thresholds_of_one_network_share_its_draws(sample):
    Y, p = sample
    models = [(p, 0.3), (p**2, 0.1), (p, 0.1)]
    together = bootstrap(Y, models, 30, np.random.default_rng(1))
    for (q, t), draws in zip(models, together, strict=True):
        (alone,) = bootstrap(Y, [(q, t)], 30, np.random.default_rng(1))
        assert draws.equals(alone)


def test_what_is_drawn(sample):
    """Rows: so many of them. Classes: so many of each. Groups: whole, so many."""
    Y, _ = sample
    rng, groups = np.random.default_rng(0), np.arange(Y.size) // 7
    sizes = np.bincount(groups)
    for _ in range(20):
        assert Resampler(Y).draw(rng).sum() == Y.size
        times = Resampler(Y, by_class=True).draw(rng)
        assert [times[Y[0] == y].sum() for y in (0, 1)] == [*np.bincount(Y[0] == 1)]
        times = Resampler(Y, groups).draw(rng)
        whole = np.bincount(groups, times) / sizes
        np.testing.assert_array_equal(whole, np.round(whole))
        assert whole.sum() == len(sizes)
    positives = [Resampler(Y).draw(rng)[Y[0] == 1].sum() for _ in range(400)]
    expected = np.sqrt(Y.size * Y.mean() * (1 - Y.mean()))  # of a binomial count
    assert np.std(positives) == pytest.approx(expected, rel=0.15)
    with pytest.raises(ValueError, match=r"^groups cannot be drawn class by class$"):
        Resampler(Y, groups, by_class=True)


@pytest.mark.parametrize(
    "how", [{}, {"by_class": True}, {"groups": [0, 0, 1, 1, 2, 2, 3]}], ids=str
)
def test_each_row_is_drawn_as_often_as_another(how):
    Y, rng = np.array([0, 1, 1, 0, 1, 0, 0]), np.random.default_rng(0)
    resampler = Resampler(Y, **how)
    often = np.mean([resampler.draw(rng) for _ in range(2000)], axis=0)
    np.testing.assert_allclose(often, 1, atol=0.1)  # four standard errors and more


def test_a_perfect_order_is_perfect_in_each_draw():
    Y, p = np.array([0, 0, 1]), np.array([0.1, 0.2, 0.9])
    (draws,) = bootstrap(Y, [(p, 0.5)], 50, np.random.default_rng(0))
    known = draws["roc_auc"].dropna()
    assert 20 < len(known) < 50  # in the others a class is missing
    assert (known == 1).all()


def test_a_probability_of_zero_or_one_is_a_surprise_and_not_infinite():
    """Log loss cuts predictions off as scikit-learn does, at one float from 0 and 1."""
    Y, p = np.array([1.0, 0.0, 1.0, 0.0]), np.array([0.0, 1.0, 0.5, 0.5])
    (draws,) = bootstrap(Y, [(p, 0.5)], 9, np.random.default_rng(2))
    resampler, rng = Resampler(Y), np.random.default_rng(2)
    for value in draws["log_loss"]:
        rows = np.repeat(np.arange(4), resampler.draw(rng))
        expected = reference.log_loss(Y[rows], p[rows], labels=[0, 1])
        assert value == pytest.approx(expected)


def test_groups_of_one_row_are_rows(sample):
    Y, p = sample
    alone = np.random.default_rng(0).permutation(Y.size)
    a, b = (
        bootstrap(Y, [(p, 0.25)], 400, np.random.default_rng(1), groups)[0].std()
        for groups in (None, alone)
    )
    np.testing.assert_allclose(a, b, rtol=0.15)


def test_the_spread_of_accuracy_is_the_binomial_formula(sample):
    """Over rows the number of hits is binomial; class by class it is two of them."""
    Y, p = sample
    rows, classes = (
        bootstrap(Y, [(p, 0.25)], 2000, np.random.default_rng(1), by_class=by)[0]
        for by in (False, True)
    )
    right = (p >= 0.25) == Y
    variance = right.mean() * (1 - right.mean()) / Y.size
    assert rows["accuracy"].std() == pytest.approx(np.sqrt(variance), rel=0.05)
    parts = [right[Y == y] for y in (0, 1)]
    hits = sum(part.size * part.mean() * (1 - part.mean()) for part in parts)
    assert classes["accuracy"].std() == pytest.approx(np.sqrt(hits) / Y.size, rel=0.05)


@pytest.mark.ci
@pytest.mark.slow
def test_rows_that_go_together_need_groups():
    """Ten copies of each row: the rows' interval is too narrow by the root of ten."""
    rng = np.random.default_rng(5)
    held = {"rows": 0, "groups": 0}
    n, copies, true, worlds = 80, 10, 0.7, 200
    groups = np.repeat(np.arange(n), copies)
    for _ in range(worlds):
        right = np.repeat(rng.random(n) < true, copies)
        Y = np.repeat(rng.random(n) < 0.5, copies).astype(int)
        p = np.where(right, Y, 1 - Y) * 1.0
        for name, of in (("rows", None), ("groups", groups)):
            (draws,) = bootstrap(Y, [(p, 0.5)], 200, rng, of)
            low, high = interval(draws["accuracy"])
            held[name] += low <= true <= high
    assert held["groups"] / worlds == pytest.approx(0.95, abs=0.05)
    assert held["rows"] / worlds < 0.6  # 2 Phi(1.96 / sqrt(10)) - 1 is 0.46


def test_predictions_that_are_no_numbers_have_no_intervals(sample):
    Y, p = sample
    broken = p.copy()
    broken[0, 3] = np.nan
    with pytest.raises(ValueError, match="1 of 500 predictions are NaN"):
        bootstrap(Y, [(broken, 0.25)], 2, np.random.default_rng(0))
