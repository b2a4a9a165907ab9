"""Whom a network flags: groups are told apart, counts add up, and no row is kept."""

import json

import numpy as np
import pytest
from conftest import ROOT

from lopsided.pipeline.rows import read_rows
from lopsided.pipeline.studies import fairness, resampling, selection
from lopsided.report import results
from lopsided.report.intervals import METRICS
from lopsided.table.simulate import clinic

COUNTS = ("n", "missed", "flagged_came", "flagged_missed", "phoned_came")


@pytest.fixture(scope="module")
def small_clinic(tmp_path_factory):
    """Path of a simulated clinic with 3,000 rows."""
    path = tmp_path_factory.mktemp("fairness") / "clinic.csv"
    clinic(3000, seed=1)[0].to_csv(path, index=False)
    return str(path)


@pytest.fixture(scope="module")
def counted(small_clinic):
    """Counts of each group, for a quick network."""
    declared = selection.read() | {"folds": 2}
    settings = {"features": "report", "hidden_units": [3], "epochs": 1}
    patch = pytest.MonkeyPatch()
    patch.setattr(selection, "read", lambda: declared)
    found = {
        (attribute, group): fairness.measure(
            *(small_clinic, 0, fairness.REPORTED, json.dumps(settings)),
            *(attribute, group),
        )
        for attribute, groups in fairness.GROUPS.items()
        for group in groups
    }
    patch.undo()
    return {key: {k: int(v) for k, v in row.items()} for key, row in found.items()}


def test_groups_add_up_to_all(counted):
    whole = counted["all", "all"]
    for attribute in fairness.GROUPS:
        rows = [row for key, row in counted.items() if key[0] == attribute]
        for name in COUNTS:
            assert sum(row[name] for row in rows) == whole[name], (attribute, name)


def test_counts_are_of_those_who_came_and_those_who_did_not(counted):
    for row in counted.values():
        assert 0 <= row["missed"] <= row["n"]
        assert row["flagged_came"] <= row["n"] - row["missed"]
        assert row["flagged_missed"] <= row["missed"]
    whole = counted["all", "all"]
    assert whole["phoned_came"] + whole["phoned_missed"] <= 0.1 * whole["n"]


def test_counts_by_hand(monkeypatch):
    """Ten rows, of which one is phoned; a threshold of one half; two groups of age."""
    Y = np.array([0, 0, 1, 1, 0, 0, 0, 1, 1, 1])
    p = np.array([0.1, 0.6, 0.7, 0.2, 0.8, 0.3, 0.9, 0.4, 0.55, 0.95])
    age = np.repeat(["0 to 17", "18 to 39"], 5)
    monkeypatch.setattr(fairness, "_judged", lambda *_: (Y, p, 0.5))
    monkeypatch.setattr(fairness, "memberships", lambda *_: {"age": age})
    young, old = (
        fairness.measure("", 0, fairness.REPORTED, "{}", "age", group)
        for group in ("0 to 17", "18 to 39")
    )
    names = ("n", "missed", "expected", "flagged_came", "flagged_missed")
    names += ("phoned_came", "phoned_missed")
    assert [young[name] for name in names] == ["5", "2", "2", "2", "1", "0", "0"]
    assert [old[name] for name in names] == ["5", "3", "3", "1", "2", "0", "1"]


def test_membership_is_what_the_columns_say(small_clinic):
    from lopsided.pipeline.studies.selection import dataset_of
    from lopsided.table.reader import read

    found = fairness.memberships(small_clinic, 0)
    d = dataset_of(small_clinic, 0, "report", selection.read())
    frame = read(small_clinic).frame.iloc[d.test.rows]
    age = frame["Age"].to_numpy()
    assert (found["age"][age < 18] == "0 to 17").all()
    assert (found["age"][age >= 60] == "60 and over").all()
    assert (found["age"][(age >= 18) & (age < 40)] == "18 to 39").all()
    np.testing.assert_array_equal(
        found["scholarship"] == "yes", frame["Scholarship"] == 1
    )
    fifths = found["neighbourhoods by scholarship"]
    for name in frame["Neighbourhood"].unique():  # a neighbourhood is in one of them
        assert len({*fifths[(frame["Neighbourhood"] == name).to_numpy()]}) == 1


def test_the_committed_groups_are_large_and_complete():
    rows = read_rows(ROOT / "notebooks/results/fairness.csv")
    assert min(int(row["n"]) for row in rows) >= 1000  # aggregates, never a person
    splits = {row["split_seed"] for row in rows}
    groups = sum(map(len, fairness.GROUPS.values()))
    assert len(rows) == len(splits) * 2 * groups
    assert len(splits) == 5


def test_the_committed_widths_are_those_of_an_independent_check():
    """Half-widths on the real file: class by class, over rows, over patients."""
    rows = {
        row["drawn"]: row
        for row in read_rows(ROOT / "notebooks/results/resampling.csv")
    }
    assert [*rows] == [*resampling.DRAWN]
    expected = {
        "f1": (0.0068, 0.0096, 0.0097),
        "precision": (0.0048, 0.0080, 0.0079),
        "false_positive_rate": (0.0072, 0.0070, 0.0081),
    }
    for name, widths in expected.items():
        found = [float(row[name]) for row in rows.values()]
        assert found == pytest.approx(widths, rel=0.06), name
    assert set(METRICS) <= set(next(iter(rows.values())))


def test_the_committed_widths_of_single_rates_are_those_of_the_binomial_formula():
    rows = read_rows(ROOT / "notebooks/results/resampling.csv")
    widths = {row["drawn"]: row for row in rows}
    real = results.read_json(ROOT / "notebooks/results/real.json")["test"]
    (tn, fp), (fn, tp) = real["confusion_matrix"]
    by_class, alone, _ = resampling.DRAWN
    for drawn, name, hits, n in (
        (by_class, "false_positive_rate", fp, tn + fp),
        (by_class, "recall", tp, fn + tp),
        (alone, "accuracy", tn + tp, tn + fp + fn + tp),
    ):
        half = 1.96 * np.sqrt(hits / n * (1 - hits / n) / n)
        assert float(widths[drawn][name]) == pytest.approx(half, rel=0.02), name
