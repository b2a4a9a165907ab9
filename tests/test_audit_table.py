"""Distances from the printed table, against arithmetic by hand and laws of chance."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lopsided.report import audit_table
from lopsided.report.audit_table import SETTING, Evidence, Printed


def test_the_printed_numbers_agree_with_each_other():
    printed = Printed()
    assert (printed.n_test, printed.positives) == (22_106, 4_464)
    assert (printed.tn + printed.tp) / printed.n_test == printed.test_accuracy
    f1 = 2 * printed.tp / (2 * printed.tp + printed.fp + printed.fn)
    assert f1 == printed.f1


def test_row_counts_are_a_fraction_and_its_multiples():
    found = audit_table.row_counts(3 / 7, 40)
    assert [*found] == [7, 14, 21, 28, 35]
    first, *others = audit_table.row_counts(Printed().train_accuracy, 300_000)
    assert [first, *others] == [88_421, 176_842, 265_263]


def test_the_limit_is_hotellings():
    for k in (4, 8, 30):
        quantile = stats.f.ppf(0.95, 2, k - 2)
        expected = (k + 1) / k * 2 * (k - 1) / (k - 2) * quantile
        assert audit_table.reach(k) ** 2 == pytest.approx(expected)


def test_one_more_draw_stays_below_the_limit_as_often_as_it_says():
    """The true law, with means and a covariance known from k draws."""
    rng, k, held, worlds = np.random.default_rng(0), 8, 0, 2000
    for _ in range(worlds):
        seen, new = rng.normal(size=(k, 2)), rng.normal(size=2)
        off = new - seen.mean(axis=0)
        held += off @ np.linalg.solve(np.cov(seen.T), off) <= audit_table.reach(k) ** 2
    assert held / worlds == pytest.approx(0.95, abs=0.015)


def test_two_tests_of_one_network_are_near_as_often_as_it_says():
    rng = np.random.default_rng(1)
    apart = np.hypot(*(rng.normal(size=(2, 20_000)) - rng.normal(size=(2, 20_000))))
    assert np.mean(apart <= audit_table.NEAR) == pytest.approx(0.95, abs=0.005)


def world(offsets, seeds=range(8)):
    """Make settings whose clouds lie so many standard errors from the table."""
    printed, rows = Printed(), []
    places = [-1.2, -0.8, -0.5, -0.2, 0.2, 0.5, 0.8, 1.2]
    for name, (away, spread) in offsets.items():
        for seed in seeds:
            off = away + spread * places[seed % len(places)]
            fpr = printed.rates[0] + off * printed.errors[0]
            fp, tn = round(17_642 * fpr), 17_642 - round(17_642 * fpr)
            row = {"features": name, "hidden_units": "3", "scheme": "he", "seed": seed}
            row |= {"reading": "uniform 1", "group_column": "none", "n_test": 22_106}
            for t in audit_table.THRESHOLDS:
                row |= {f"tn_{t}": tn, f"fp_{t}": fp, f"fn_{t}": 1460, f"tp_{t}": 3004}
                row[f"train_accuracy_{t}"] = 0.5
            row["recall_at_0.506745"] = printed.rates[1]
            rows.append(row)
    return Evidence(pd.DataFrame(rows), printed)


def test_a_setting_is_excluded_reached_or_left_open():
    evidence = world({"near": (0, 0.5), "far": (40, 1), "wide": (30, 18)})
    found = evidence.distances.drop_duplicates("features").set_index("features")
    assert found["verdict"].to_dict() == {
        "near": "reached",
        "far": "excluded",
        "wide": "not excluded",  # its seeds spread, and none comes near
    }
    assert found.loc["wide", "nearest"] > audit_table.NEAR
    assert found.loc["near", "d"] < 2
    assert found.loc["far", "d"] == pytest.approx(40, abs=2)
    assert [*evidence.distances["D"]] == sorted(evidence.distances["D"])


def test_one_or_two_seeds_exclude_nothing():
    assert np.isinf([audit_table.reach(1), audit_table.reach(2)]).all()
    found = world({"far": (40, 1)}, seeds=range(2)).distances
    assert set(found["verdict"]) == {"not excluded"}


def test_d_counts_standard_errors():
    evidence = world({"here": (3, 0)})
    assert evidence.points["d"].to_numpy() == pytest.approx(3, abs=0.02)
    assert evidence.points["height"].to_numpy() == pytest.approx(Printed().rates[1])


def test_fresh_seeds_have_no_part_in_the_search():
    evidence = world({"near": (0, 0.5)}, seeds=range(16))
    assert (evidence.distances["seeds"] == 8).all()
    assert (evidence.tabulate(evidence.fresh)["seeds"] == 8).all()
    assert not set(evidence.random["seed"]) & set(evidence.fresh["seed"])


def alike(rng, settings=20, seeds=16, away=2.0):
    """Make settings that lie equally far from the table, but for their luck."""
    printed, rows = Printed(), []
    for setting in range(settings):
        for seed in range(seeds):
            luck = rng.normal(size=2) * printed.errors
            fpr, tpr = printed.rates + away * printed.errors * [1, 0] + luck
            fp, tp = round(17_642 * fpr), round(4464 * tpr)
            row = {"features": str(setting), "hidden_units": "3", "scheme": "he"}
            row |= {"reading": "uniform 1", "group_column": "none", "seed": seed}
            for t in audit_table.THRESHOLDS:
                row |= {f"tn_{t}": 17_642 - fp, f"fp_{t}": fp}
                row |= {f"fn_{t}": 4464 - tp, f"tp_{t}": tp, f"train_accuracy_{t}": 0.5}
            row["recall_at_0.506745"] = tpr
            rows.append(row)
    return Evidence(pd.DataFrame(rows), printed)


def test_the_nearest_of_many_is_flattered_by_what_chose_it_and_not_by_fresh_seeds():
    rng, flattered, honest, usual = np.random.default_rng(2), [], [], []
    for _ in range(12):
        evidence = alike(rng)
        nearest = evidence.checked.iloc[0]
        flattered.append(nearest["D"])
        honest.append(nearest["D_fresh"])
        usual.append(evidence.tabulate(evidence.fresh)["D"].mean())
    error = np.std(honest) / np.sqrt(len(honest))
    assert abs(np.mean(honest) - np.mean(usual)) < 3 * error
    assert np.mean(usual) - np.mean(flattered) > 5 * error


def test_what_was_not_reached_or_met_no_fresh_seed_is_not_checked():
    offsets = {"near": (0, 0.5), "far": (40, 1)}
    assert set(world(offsets, seeds=range(16)).checked["features"]) == {"near"}
    assert world(offsets).checked.empty
    mixed = world(offsets, seeds=range(16))
    runs = mixed.runs[(mixed.runs["seed"] < 8) | (mixed.runs["features"] == "far")]
    assert Evidence(runs, mixed.printed).checked.empty


def test_the_committed_networks_keep_the_audits_claims():
    evidence = audit_table.evidence()
    reached = evidence.distances.query("verdict == 'reached'")
    assert set(zip(reached["reading"], reached["threshold"], strict=True)) == {
        ("uniform 1", 0.18),
        ("uniform 4", 0.18),
        ("positive 1.175", 0.205),
    }
    assert evidence.readings[0] == "uniform 1"
    assert evidence.readings[-1] == "balanced"
    wide = evidence.setting(
        {"features": "eight", "hidden_units": "3 3", "reading": "positive 1.175"},
        evidence.distances,
    )
    assert "reached" not in set(wide["verdict"])
    checked = evidence.checked
    assert set(checked["seeds"]) == set(checked["seeds_fresh"]) == {8}
    assert len(checked) == len(reached)
    assert set(SETTING) <= set(evidence.distances)
