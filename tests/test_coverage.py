"""Intervals hold the truth as often as they say: in small here, in full in a table."""

import numpy as np
import pytest
from conftest import ROOT
from scipy import stats

from lopsided.lesson import metrics
from lopsided.pipeline.rows import read_rows
from lopsided.pipeline.studies import coverage
from lopsided.pipeline.studies.coverage import Population, misses
from lopsided.report.intervals import METRICS

COMMITTED = ROOT / "notebooks/results/coverage.csv"


@pytest.fixture(scope="module")
def small():
    """Predictions with ties, of two classes that overlap; test sets of 500 rows."""
    rng = np.random.default_rng(0)
    classes = rng.beta(2, 8, 40_000).round(3), rng.beta(3, 7, 10_000).round(3)
    return Population(classes, (400, 100), {"0.2": 0.2, "0.5": 0.5})


def test_the_truth_of_a_population_is_that_of_its_rows():
    rng = np.random.default_rng(1)
    classes = rng.random(300).round(2), np.sqrt(rng.random(100)).round(2)
    truth = Population(classes, (600, 200), {"low": 0.3}).truth()  # the same mix
    Y = np.repeat([0, 1], [300, 100])
    expected = metrics.summary(Y, np.concatenate(classes), 0.3)
    (tn, fp), _ = expected["confusion_matrix"]
    expected["false_positive_rate"] = fp / (tn + fp)
    found = {name.removesuffix("_at_low"): value for name, value in truth.items()}
    assert set(found) == set(METRICS)
    assert found == pytest.approx({name: expected[name] for name in METRICS})


def test_the_truth_follows_the_mix_of_the_test_sets():
    classes = np.array([0.1, 0.6]), np.array([0.7, 0.2])
    population = Population(classes, (300, 100), {"half": 0.5})
    assert population.truth()["precision_at_half"] == pytest.approx(50 / (150 + 50))


def test_test_sets_have_the_class_counts(small):
    Y, p = small.draw(np.random.default_rng(0))
    assert np.bincount(Y).tolist() == [400, 100]
    assert np.isin(p[Y == 1], small.classes[1]).all()
    assert np.isin(p[Y == 0], small.classes[0]).all()


def test_misses_are_counted_on_their_side(small):
    truth = small.truth()
    far = {"recall_at_0.2": 2.0, "brier": -1.0, "roc_auc": truth["roc_auc"]}
    below, above = misses(small, far, [[0, k] for k in range(5)], 50)
    assert (below["recall_at_0.2"], above["recall_at_0.2"]) == (5, 0)
    assert (below["brier"], above["brier"]) == (0, 5)
    assert below["roc_auc"] + above["roc_auc"] < 5


@pytest.mark.slow
def test_intervals_of_small_test_sets_cover(small):
    n, resamples = 300, 200
    below, above = misses(small, small.truth(), [[2, k] for k in range(n)], resamples)
    low, high = stats.binom.interval(0.9999, n, 0.95)
    for name in below:
        assert low <= n - below[name] - above[name] <= high, name


def test_the_committed_table_is_as_declared():
    rows = read_rows(COMMITTED)
    declared = coverage.rows("simulated")
    assert [{name: row[name] for name in declared[0].settings} for row in rows] == [
        row.settings for row in declared
    ]
    assert sum(int(row["test_sets"]) for row in rows) >= 2000
    assert {int(row["population"]) for row in rows} == {10_000_000}
    truths = {tuple(v for k, v in row.items() if k.endswith("truth")) for row in rows}
    assert len(truths) == 1


def test_every_committed_interval_covers_between_93_and_97_percent():
    rows = read_rows(COMMITTED)
    n = sum(int(row["test_sets"]) for row in rows)
    names = [k.removesuffix("_truth") for k in rows[0] if k.endswith("_truth")]
    assert {name.partition("_at_")[0] for name in names} == set(METRICS)
    assert len({name.partition("_at_")[2] for name in names} - {""}) >= 4
    for name in names:
        missed = sum(
            int(row[f"{name}_{side}"]) for row in rows for side in ("below", "above")
        )
        assert 0.93 <= 1 - missed / n <= 0.97, name
