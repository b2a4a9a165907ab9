"""Intervals hold the truth as often as they say: in small here, in full in a table."""

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT
from scipy import stats

from lopsided.lesson import metrics
from lopsided.parameters import Parameters
from lopsided.pipeline.rows import read_rows
from lopsided.pipeline.studies import coverage
from lopsided.pipeline.studies.coverage import Population, misses
from lopsided.pipeline.studies.resampling import DRAWN
from lopsided.report.coverage_table import Coverage
from lopsided.report.coverage_table import coverage as committed
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


@pytest.mark.ci
@pytest.mark.slow
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


def test_the_truth_is_of_patients_that_the_network_never_met(tiny_clinic, monkeypatch):
    """And of more rows than a test set holds, each part from a seed of its own."""
    seeds, simulated = [], coverage.simulate.clinic

    def recorded(n_rows, seed):
        seeds.append(seed)
        return simulated(n_rows, seed)

    quick, load = Parameters(data=str(tiny_clinic), epochs=1), coverage.load
    monkeypatch.setattr(coverage, "load", lambda _: load(quick))
    monkeypatch.setattr(coverage.simulate, "clinic", recorded)
    monkeypatch.setattr(coverage, "CHUNK", 500)
    population, truth = coverage.clinic.__wrapped__(1200, 50)
    assert Parameters().data_seed not in seeds
    assert len({*seeds}) == len(seeds) == 3
    assert population.Y.size == population.starts[-1] == 1200
    assert truth == population.truth()


def test_test_sets_share_no_random_numbers_with_what_they_are_drawn_from(monkeypatch):
    """Nor with each other; and NumPy takes [s, 0] for s."""
    seeds, parts = [], range(1, int(coverage.SIZES["population"]) // coverage.CHUNK + 1)

    def recorded(population, truth, given, *how):
        seeds.append(given)
        return {}, {}

    monkeypatch.setattr(coverage, "clinic", lambda *_: (None, {}))
    monkeypatch.setattr(coverage, "misses", recorded)
    for row in coverage.rows("simulated"):
        coverage.measure(row.settings)

    def starts(seeds):
        return {int(np.random.default_rng(seed).integers(2**62)) for seed in seeds}

    used = [seed for given in seeds[:: len(DRAWN)] for seed in given]
    assert len(starts(used)) == len(used) == 25 * len(coverage.BATCHES)
    usual = Parameters()
    assert not starts(used) & starts([usual.seed, usual.data_seed, *parts])


def test_a_coverage_has_the_error_of_a_binomial_share():
    """Of batches by hand, and of shares drawn from a known coverage."""
    rows = [("rows", 60, 3, 1), ("groups", 60, 0, 2), ("rows", 40, 5, 1)]
    names = ["drawn", "test_sets", "f1_at_0.5_below", "f1_at_0.5_above"]
    found = Coverage(
        pd.DataFrame(rows, columns=names).assign(**{"f1_at_0.5_truth": 0.4})
    )
    key = ("f1", "0.5")
    assert found.n.to_dict() == {"rows": 100, "groups": 60}
    assert found.held.loc[key].to_dict() == pytest.approx(
        {"rows": 0.9, "groups": 58 / 60}
    )
    assert found.error.loc[key, "rows"] == pytest.approx(np.sqrt(0.9 * 0.1 / 100))
    assert found.table().loc[key, "rows"] == "90.0 ± 3.0"
    assert found.off.loc[key].to_dict() == {"rows": True, "groups": False}
    missed = np.random.default_rng(0).binomial(100, 0.05, 3000)
    draws = pd.DataFrame({"drawn": [*map(str, range(3000))], "test_sets": 100})
    draws = draws.assign(brier_below=missed, brier_above=0, brier_truth=0.1)
    found = Coverage(draws)
    spread = found.held.loc["brier"].to_numpy().std()
    assert found.error.loc["brier"].to_numpy().mean() == pytest.approx(spread, rel=0.1)
    inside = stats.binom.cdf([99, 90], 100, 0.95)  # the shares from .91 to .99
    assert found.off.to_numpy().mean() == pytest.approx(1 - inside @ [1, -1], abs=0.015)


def test_each_committed_coverage_is_shown_with_its_error():
    found = committed()
    assert found.table().map(lambda cell: " ± " in cell).to_numpy().all()
    assert set(found.held.columns) == set(DRAWN)
    away = (found.held - 0.95).abs().mean()
    assert away["groups"] < away["rows"] < away[DRAWN[0]]
    assert away["groups"] < found.luck["groups"]
