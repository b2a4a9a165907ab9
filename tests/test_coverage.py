"""Intervals hold the truth as often as they say: in small here, in full in a table."""

import numpy as np
import pytest
from conftest import ROOT
from scipy import stats

from lopsided.lesson import metrics
from lopsided.pipeline.rows import read_rows
from lopsided.pipeline.studies import coverage
from lopsided.pipeline.studies.coverage import Population, misses
from lopsided.pipeline.studies.resampling import DRAWN
from lopsided.report.intervals import METRICS

COMMITTED = ROOT / "notebooks/results/coverage.csv"


@pytest.fixture(scope="module")
def small():
    """Patients whose visits go together strongly, with ties; tests of 150 patients."""
    rng = np.random.default_rng(0)
    n, sizes = 8000, np.random.default_rng(1).integers(1, 8, 8000)
    p = np.repeat(rng.beta(2, 5, n), sizes)
    own = np.repeat(rng.random(n), sizes)  # one draw decides all of a patient's visits
    Y, p = (own < p).astype(int), (p**0.5).round(2)
    starts = np.append(0, np.cumsum(sizes))
    return Population(Y, p, starts, 150, {"0.5": 0.5, "0.6": 0.6})


def test_the_truth_of_a_population_is_that_of_its_rows(small):
    truth = small.truth()
    expected = metrics.summary(small.Y, small.p, 0.5)
    (tn, fp), _ = expected["confusion_matrix"]
    expected["false_positive_rate"] = fp / (tn + fp)
    found = {
        n.removesuffix("_at_0.5"): v for n, v in truth.items() if "_at_0.6" not in n
    }
    assert set(found) == set(METRICS)
    assert found == pytest.approx({name: expected[name] for name in METRICS})


def test_test_sets_are_whole_patients():
    """Told apart by their predictions: one of one visit, one of two, one of three."""
    starts = np.array([0, 1, 3, 6])
    p = np.array([0.1, 0.2, 0.2, 0.3, 0.3, 0.3])
    population = Population(np.array([0, 0, 1, 1, 0, 1]), p, starts, 50, {})
    Y, p, whose = population.draw(np.random.default_rng(0))
    assert [*np.unique(whose)] == [*range(50)]
    for patient in range(50):
        here = whose == patient
        kind = {1: ([0.1], [0]), 2: ([0.2] * 2, [0, 1]), 3: ([0.3] * 3, [1, 0, 1])}
        assert ([*p[here]], [*Y[here]]) == kind[here.sum()]


def test_misses_are_counted_on_their_side(small):
    truth = small.truth()
    far = {"recall_at_0.5": 2.0, "brier": -1.0, "roc_auc": truth["roc_auc"]}
    below, above = misses(small, far, [[0, k] for k in range(5)], 50, "groups")
    assert (below["recall_at_0.5"], above["recall_at_0.5"]) == (5, 0)
    assert (below["brier"], above["brier"]) == (0, 5)
    assert below["roc_auc"] + above["roc_auc"] < 5


def test_intervals_over_groups_cover_and_those_over_rows_do_not(small):
    n, resamples = 200, 150
    names = ("accuracy_at_0.5", "f1_at_0.5", "precision_at_0.6", "brier", "roc_auc")
    truth = {name: small.truth()[name] for name in names}
    held = {}
    for drawn in DRAWN:
        sides = misses(small, truth, [[2, k] for k in range(n)], resamples, drawn)
        held[drawn] = {name: n - sum(side[name] for side in sides) for name in names}
    low, high = stats.binom.interval(0.9999, n, 0.94)  # draws are few
    for name in names:
        assert low <= held["groups"][name] <= high, name
        assert held["rows"][name] < 0.85 * n, name
        assert held[DRAWN[0]][name] <= held["rows"][name] + 0.05 * n, name


def test_the_committed_table_is_as_declared():
    rows = read_rows(COMMITTED)
    declared = [row.settings for row in coverage.rows("simulated")]
    assert [{name: row[name] for name in declared[0]} for row in rows] == declared
    truths = {tuple(v for k, v in row.items() if k.endswith("truth")) for row in rows}
    assert len(truths) == 1


def test_committed_intervals_over_groups_cover_and_fixed_counts_do_not():
    rows = read_rows(COMMITTED)
    names = [k.removesuffix("_truth") for k in rows[0] if k.endswith("_truth")]
    assert {name.partition("_at_")[0] for name in names} == set(METRICS)
    assert len({name.partition("_at_")[2] for name in names} - {""}) >= 4
    held = {}
    for drawn in DRAWN:
        of = [row for row in rows if row["drawn"] == drawn]
        n = sum(int(row["test_sets"]) for row in of)
        for name in names:
            missed = sum(
                int(row[f"{name}_{s}"]) for row in of for s in ("below", "above")
            )
            held[drawn, name] = 1 - missed / n
    low, high = stats.binom.interval(0.9999, n, 0.95)
    for name in names:
        assert low <= n * held["groups", name] <= high, name
    assert held[DRAWN[0], "precision_at_0.18"] < 0.85
